from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("journal", "0002_actors"),
    ]

    operations = [
        migrations.CreateModel(
            name="Gateway",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("kind", models.CharField(choices=[("wecom", "企業微信群機器人"), ("dingtalk", "釘釘群機器人"), ("feishu", "飛書群機器人"), ("webhook", "通用接口")], max_length=10, verbose_name="類別")),
                ("scope", models.CharField(choices=[("group", "工作群"), ("personal", "個人短信")], default="group", max_length=10, verbose_name="發給誰")),
                ("name", models.CharField(max_length=40, unique=True, verbose_name="名稱")),
                ("sealed", models.TextField(editable=False, verbose_name="密鑰")),
                ("is_active", models.BooleanField(default=True, verbose_name="啟用")),
                ("tested_at", models.DateTimeField(blank=True, editable=False, null=True, verbose_name="最近一次測試")),
                ("test_error", models.CharField(blank=True, editable=False, max_length=300, verbose_name="測試未成的原因")),
            ],
            options={
                "verbose_name": "渠道",
                "verbose_name_plural": "渠道",
                "ordering": ["scope", "name"],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("scope", "group"), ("kind", "webhook"), _connector="OR"),
                        name="only_webhooks_reach_one_person",
                        violation_error_message="群機器人只能發到工作群；短信請選「通用接口」。",
                    )
                ],
            },
        ),
    ]
