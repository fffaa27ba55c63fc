import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("journal", "0004_group_notices"),
    ]

    operations = [
        migrations.AlterField(
            model_name="delivery",
            name="channel",
            field=models.CharField(choices=[("mail", "郵件"), ("sms", "短信"), ("group", "群消息")], max_length=10, verbose_name="渠道"),
        ),
        migrations.AlterField(
            model_name="delivery",
            name="state",
            field=models.CharField(choices=[("waiting", "等待發送"), ("sending", "發送中"), ("sent", "已發送"), ("cancelled", "不再需要"), ("given_up", "放棄"), ("uncertain", "結果不明")], default="waiting", max_length=10, verbose_name="狀態"),
        ),
        migrations.AddField(
            model_name="delivery",
            name="gateway",
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name="deliveries", to="journal.gateway", verbose_name="經由"),
        ),
        migrations.AddConstraint(
            model_name="delivery",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("channel", "mail"), ("gateway__isnull", True)),
                    models.Q(models.Q(("channel", "mail"), _negated=True), ("gateway__isnull", False)),
                    _connector="OR",
                ),
                name="delivery_knows_its_way",
            ),
        ),
    ]
