from django.db import migrations, models


class Migration(migrations.Migration):
    """公示開始時凍結公示稿。"""

    dependencies = [("recommendations", "0001_recommendations")]

    operations = [
        migrations.AddField(
            model_name="programme",
            name="notice",
            field=models.JSONField(blank=True, default=dict, verbose_name="公示稿"),
        ),
    ]
