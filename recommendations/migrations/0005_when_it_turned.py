from django.db import migrations, models


class Migration(migrations.Migration):
    """走到這一步、這一輪都表決完的時間：幾天裏該辦從它數起。"""

    dependencies = [("recommendations", "0004_kinds_may_repeat")]

    operations = [
        migrations.AddField(
            model_name="programme",
            name="turned_at",
            field=models.DateTimeField(blank=True, null=True, verbose_name="走到這一步的時間"),
        ),
        migrations.AddField(
            model_name="programme",
            name="voted_at",
            field=models.DateTimeField(blank=True, null=True, verbose_name="這一輪都表決完的時間"),
        ),
    ]
