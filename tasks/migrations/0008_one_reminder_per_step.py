import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    """提醒記錄由新的各列保證唯一，撤去舊的兩列。"""

    dependencies = [
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
        ("tasks", "0007_split_reminder_codes"),
    ]

    operations = [
        migrations.RemoveField(model_name="reminder", name="round"),
        migrations.RemoveField(model_name="reminder", name="code"),
        # 說它的那條通知由人和日期就找得到（key 是 digest:日期）。
        migrations.RemoveField(model_name="reminder", name="notice"),
        migrations.AlterField(
            model_name="reminder",
            name="subject_id",
            field=models.BigIntegerField("哪一件"),
        ),
        migrations.AlterField(
            model_name="reminder",
            name="due_date",
            field=models.DateField("當時的時限"),
        ),
        migrations.AlterField(
            model_name="reminder",
            name="step",
            field=models.SmallIntegerField(
                "級", help_text="負數是時限之前，0 是當日，正數是逾期第幾個工作日。"
            ),
        ),
        # 人的索引換成「某人某日」的，兩個索引都以人開頭沒有必要。
        migrations.AlterField(
            model_name="reminder",
            name="person",
            field=models.ForeignKey(
                db_constraint=False,
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddIndex(
            model_name="reminder",
            index=models.Index(fields=["person", "on"], name="reminder_of_day"),
        ),
        migrations.AddConstraint(
            model_name="reminder",
            constraint=models.UniqueConstraint(
                fields=["track", "subject_id", "due_date", "person", "step"],
                name="reminder_once",
            ),
        ),
    ]
