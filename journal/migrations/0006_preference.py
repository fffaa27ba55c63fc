import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("journal", "0005_delivery_channels"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Preference",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("mail", models.BooleanField(default=True, verbose_name="發郵件")),
                ("sms", models.BooleanField(default=False, verbose_name="發短信")),
                ("digest_hour", models.PositiveSmallIntegerField(default=8, verbose_name="每日提醒幾點發")),
                ("user", models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, related_name="preference", to=settings.AUTH_USER_MODEL, verbose_name="人員")),
            ],
            options={
                "verbose_name": "消息設置",
                "verbose_name_plural": "消息設置",
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("digest_hour__gte", 8), ("digest_hour__lte", 18)),
                        name="digest_in_office_hours",
                        violation_error_message="每日提醒在 8 點到 18 點之間發。",
                    )
                ],
            },
        ),
    ]
