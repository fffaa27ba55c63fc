from django.apps.registry import Apps
from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

DOER, HEAD, LEADER, CHAIR, OFFICE = "doer", "head", "leader", "chair", "office"
Step = tuple[str, int, str, int]
_WATCHED: list[Step] = [(OFFICE, 1, "urge", 5)]
_CHAIR: list[Step] = [(CHAIR, 5, "urge", 5)]
_HEAD: list[Step] = [(HEAD, 1, "urge", 0), (HEAD, 2, "urge", 0), (HEAD, 3, "urge", 5)]


def _doers(*before: int) -> list[Step]:
    late: list[Step] = [(DOER, 1, "urge", 0), (DOER, 2, "urge", 0), (DOER, 3, "urge", 5)]
    return [(DOER, offset, "remind", 0) for offset in (*before, 0)] + late


STEPS: dict[str, list[Step]] = {
    "self_score": [
        *_doers(-3, -1),
        (HEAD, -1, "remind", 0),
        (HEAD, 0, "remind", 0),
        *_HEAD,
        *_WATCHED,
        (LEADER, 5, "urge", 5),
    ],
    "round_phase": [*_doers(-3, -1), *_WATCHED, *_CHAIR],
    "site_visit": [*_doers(-3, -1), *_WATCHED],
    "letter": [*_doers(-1), *_WATCHED, *_CHAIR],
    "objection": [*_doers(-3, -1), *_WATCHED, (CHAIR, 3, "urge", 5)],
    "inquiry": [(OFFICE, 1, "urge", 5), (CHAIR, 10, "urge", 10)],
    "veto": [*_doers(-3, -1), (HEAD, 0, "remind", 0), *_HEAD, *_WATCHED, *_CHAIR],
}


def seed(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    """改過提醒規則的活動各有自己一份，裏面還沒有考核的各條階梯：照默認的補上。

    沒有改過的用默認的，不必補。
    """
    steps = apps.get_model("tasks", "ReminderStep").objects
    for policy in apps.get_model("tasks", "ReminderPolicy").objects.all():
        steps.bulk_create(
            steps.model(
                policy=policy,
                track=track,
                audience=audience,
                offset=offset,
                level=level,
                repeat_every=every,
            )
            for track, found in STEPS.items()
            for audience, offset, level, every in found
        )


def take_away(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    """這幾種時限的階梯和記錄，舊版不認得。"""
    for name in ("ReminderStep", "Reminder"):
        apps.get_model("tasks", name).objects.filter(track__in=STEPS).delete()


class Migration(migrations.Migration):
    dependencies = [
        ("evaluations", "0007_objections"),
        ("tasks", "0014_tracks_are_registered"),
    ]

    operations = [migrations.RunPython(seed, take_away)]
