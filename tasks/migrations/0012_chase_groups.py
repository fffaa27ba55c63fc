from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("tasks", "0011_round_gap_reason")]

    operations = [
        migrations.AddField(
            model_name="chase",
            name="groups",
            field=models.TextField(
                blank=True,
                help_text="發到工作群的，當時各群的名稱，用頓號隔開。",
                verbose_name="哪些工作群",
            ),
        ),
    ]
