from django.apps.registry import Apps
from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.models import Count


def keep_what_was_repeated(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    """從前沒有攔：已有單位按兩種類別推薦了的項目，當時是許可的，照舊算許可。"""
    candidates = apps.get_model("recommendations", "Candidate").objects
    repeated = (
        candidates.filter(person__isnull=True)
        .exclude(state="withdrawn")
        .order_by()
        .values("programme", "department")
        .annotate(times=Count("pk"))
        .filter(times__gt=1)
    )
    programmes = {row["programme"] for row in repeated}
    found = apps.get_model("recommendations", "Programme").objects.filter(pk__in=programmes)
    found.update(may_repeat_kinds=True)


class Migration(migrations.Migration):
    dependencies = [("recommendations", "0003_candidate_place_once")]

    operations = [
        migrations.AddField(
            model_name="programme",
            name="may_repeat_kinds",
            field=models.BooleanField(
                default=False,
                help_text="上級通知寫明可以時才選；不選的，一個單位在這個項目裏只推薦一次。",
                verbose_name="同一單位可以按不同類別各推薦一次",
            ),
        ),
        migrations.RunPython(keep_what_was_repeated, migrations.RunPython.noop),
    ]
