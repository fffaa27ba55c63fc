from django.db import migrations, models


class Migration(migrations.Migration):
    """「before_3@2026-12-11」拆成幾列：先加列，舊的還在。"""

    dependencies = [
        ("tasks", "0005_chasing"),
    ]

    operations = [
        migrations.RemoveConstraint(model_name="reminder", name="reminder_once_per_step"),
        migrations.RenameField(model_name="reminder", old_name="step", new_name="code"),
        # 退回到這一步之前時，這兩列要能先空着，再由下一個遷移的反向補上。
        migrations.AlterField(
            model_name="reminder",
            name="code",
            field=models.CharField("步", max_length=30, null=True),
        ),
        migrations.AlterField(
            model_name="reminder",
            name="round",
            field=models.ForeignKey(
                null=True, on_delete=models.PROTECT, related_name="reminders", to="tasks.round"
            ),
        ),
        migrations.AddField(
            model_name="reminder",
            name="track",
            field=models.CharField(
                "時限",
                choices=[
                    ("report", "填報和初審"),
                    ("acknowledge", "簽收"),
                    ("review", "辦公室審核"),
                    ("supervision", "督辦答覆"),
                    ("weekly", "每週一覽"),
                ],
                default="report",
                max_length=12,
            ),
            preserve_default=False,
        ),
        migrations.AddField(
            model_name="reminder",
            name="subject_id",
            field=models.BigIntegerField("哪一件", null=True),
        ),
        migrations.AddField(
            model_name="reminder",
            name="due_date",
            field=models.DateField("當時的時限", null=True),
        ),
        migrations.AddField(
            model_name="reminder",
            name="step",
            field=models.SmallIntegerField(
                "級",
                help_text="負數是時限之前，0 是當日，正數是逾期第幾個工作日。",
                null=True,
            ),
        ),
    ]
