from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("campaigns", "0007_common_evidence_sets")]

    operations = [
        migrations.AddField(
            model_name="campaign",
            name="signature",
            field=models.CharField(
                blank=True,
                help_text=(
                    "催辦單和督辦通知單上的落款。留空則用本局名稱加「創建工作領導小組辦公室」。"
                ),
                max_length=60,
                verbose_name="落款單位",
            ),
        ),
    ]
