from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("evaluations", "0012_answers_name_their_item")]

    operations = [
        migrations.AddField(
            "vetofile",
            "kind",
            models.CharField(
                choices=[
                    ("finding", "認定文書"),
                    ("result", "處理結果、復查意見"),
                    ("other", "其他材料"),
                ],
                default="other",
                max_length=8,
                verbose_name="材料種類",
            ),
        ),
        migrations.AddField(
            "vetorelease",
            "no_paper_reason",
            models.CharField(blank=True, max_length=300, verbose_name="沒有處理結果的原因"),
        ),
    ]
