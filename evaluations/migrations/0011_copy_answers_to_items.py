from django.apps.registry import Apps
from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.models import Case, IntegerField, Value, When


def copy(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    """一個單位一個答覆的，照抄到函上的每一種情形；已登記的事件跟着它自己那一種。

    「有情況」而不知道說的是哪一種的，每一種都還等着登記或改記，不會當作「無」。
    """
    answers = apps.get_model("evaluations", "InquiryAnswer").objects
    for row in answers.filter(item=None).select_related("event", "inquiry"):
        items = list(row.inquiry.items.order_by("position", "pk").values_list("pk", flat=True))
        happened, number = row.event_id and row.event.item_id, row.event_id
        for place, item in enumerate(items):
            row.pk = row.pk if place == 0 else None
            row.item_id = item
            row.event_id = number if happened == item or happened not in items else None
            row.save()


def merge(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    """舊版一個單位只有一個答覆：有情況的留下，其次未確認的，都是「無」才是「無」。"""
    answers = apps.get_model("evaluations", "InquiryAnswer").objects
    weight = Case(
        When(event__isnull=False, then=Value(0)),
        When(answer="event", then=Value(1)),
        When(answer="", then=Value(2)),
        default=Value(3),
        output_field=IntegerField(),
    )
    kept = set()
    for row in answers.order_by(weight, "pk"):
        if (row.inquiry_id, row.department_id) in kept:
            row.delete()
        kept.add((row.inquiry_id, row.department_id))
    answers.update(item=None)


class Migration(migrations.Migration):
    dependencies = [("evaluations", "0010_answers_per_item")]

    operations = [migrations.RunPython(copy, merge)]
