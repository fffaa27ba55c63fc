import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("journal", "0003_gateway"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AlterField(
            model_name="notice",
            name="recipient",
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name="notices", to=settings.AUTH_USER_MODEL, verbose_name="收件人"),
        ),
        migrations.AddField(
            model_name="notice",
            name="gateway",
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name="notices", to="journal.gateway", verbose_name="工作群"),
        ),
        migrations.AddConstraint(
            model_name="notice",
            constraint=models.UniqueConstraint(fields=("gateway", "key"), name="notice_once_per_group_key"),
        ),
        migrations.AddConstraint(
            model_name="notice",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("gateway__isnull", True), ("recipient__isnull", False)),
                    models.Q(("gateway__isnull", False), ("recipient__isnull", True)),
                    _connector="OR",
                ),
                name="notice_to_a_person_or_a_group",
            ),
        ),
        migrations.AddIndex(
            model_name="notice",
            index=models.Index(fields=["-created_at"], name="notice_outbox"),
        ),
    ]
