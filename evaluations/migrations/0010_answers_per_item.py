import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("evaluations", "0009_word_veto_events"),
        ("tasks", "0014_tracks_are_registered"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.RemoveConstraint("inquiryanswer", "inquiry_asks_once_per_department"),
        migrations.AddField(
            "inquiryanswer",
            "item",
            models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="evaluations.vetoitem",
                verbose_name="情形",
            ),
        ),
        migrations.CreateModel(
            name="InquiryFile",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("name", models.CharField(max_length=200, verbose_name="文件名")),
                ("added_at", models.DateTimeField(verbose_name="上傳時間")),
                (
                    "removed_at",
                    models.DateTimeField(blank=True, null=True, verbose_name="撤下時間"),
                ),
                (
                    "added_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "file",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="tasks.evidencefile",
                    ),
                ),
                (
                    "inquiry",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="files",
                        to="evaluations.authorityinquiry",
                    ),
                ),
            ],
            options={
                "verbose_name": "復函",
                "verbose_name_plural": "復函",
                "ordering": ["inquiry", "pk"],
            },
        ),
    ]
