from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True

    dependencies = []

    operations = [
        migrations.CreateModel(
            name="CalendarDay",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("date", models.DateField(unique=True, verbose_name="日期")),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("holiday", "放假"),
                            ("make_up", "調休上班"),
                            ("local_closure", "本地停辦"),
                        ],
                        max_length=20,
                        verbose_name="類別",
                    ),
                ),
                (
                    "name",
                    models.CharField(
                        blank=True,
                        help_text="如：國慶節、颱風停辦",
                        max_length=60,
                        verbose_name="名稱",
                    ),
                ),
                (
                    "source",
                    models.CharField(
                        blank=True,
                        help_text="通知的文號或說明，便於日後查對。",
                        max_length=200,
                        verbose_name="依據",
                    ),
                ),
                (
                    "imported_at",
                    models.DateTimeField(
                        blank=True, editable=False, null=True, verbose_name="錄入時間"
                    ),
                ),
            ],
            options={
                "verbose_name": "日曆日",
                "verbose_name_plural": "放假與調休",
                "ordering": ["date"],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            ("kind__in", ["holiday", "make_up", "local_closure"])
                        ),
                        name="workdays_calendarday_kind_known",
                        violation_error_message="類別只能是放假、調休上班或本地停辦。",
                    )
                ],
            },
        ),
    ]
