from django.apps.registry import Apps
from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.models import Max

STEPS = ("programme_opened", "vote_opened", "vote_closed", "publicity_started", "submitted")


def take_from_the_journal(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    """在辦的項目是哪一刻走到這一步的，留痕裏有；沒有的（導入的）從建立那天數。"""
    entries = apps.get_model("journal", "Entry").objects.filter(
        topic_type="recommendations.programme",
        action__in=[f"recommendations.{step}" for step in STEPS],
    )
    latest = dict(entries.order_by().values_list("topic_id").annotate(latest=Max("at")))
    programmes = apps.get_model("recommendations", "Programme").objects
    for row in programmes.exclude(state="draft"):
        row.turned_at = latest.get(row.pk, row.created_at)
        row.save(update_fields=["turned_at"])


class Migration(migrations.Migration):
    dependencies = [
        ("recommendations", "0005_when_it_turned"),
        ("journal", "0006_preference"),
    ]

    operations = [migrations.RunPython(take_from_the_journal, migrations.RunPython.noop)]
