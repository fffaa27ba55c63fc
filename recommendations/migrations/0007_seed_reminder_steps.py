from django.apps.registry import Apps
from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

DOER, CHAIR, OFFICE = "doer", "chair", "office"
Step = tuple[str, int, str, int]
_DOERS: list[Step] = [
    *[(DOER, offset, "remind", 0) for offset in (-3, -1, 0)],
    (DOER, 1, "urge", 0),
    (DOER, 2, "urge", 0),
    (DOER, 3, "urge", 5),
]
_WATCHED: list[Step] = [(OFFICE, 1, "urge", 5)]
_CHAIR: list[Step] = [(CHAIR, 5, "urge", 5)]

STEPS: dict[str, list[Step]] = {
    "rec_nominate": [(DOER, -3, "remind", 0), (DOER, 0, "remind", 0)],
    "rec_vote": [*_DOERS, *_WATCHED, *_CHAIR],
    "rec_step": [*_DOERS, *_CHAIR],
    "rec_objected": [*_DOERS, *_WATCHED, (CHAIR, 3, "urge", 5)],
    "rec_answer": [(OFFICE, 0, "remind", 10)],
}


def seed(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    """改過提醒規則的活動各有自己一份，裏面還沒有推薦的各條階梯：照默認的補上。"""
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
        ("recommendations", "0006_turned_from_the_journal"),
        ("tasks", "0014_tracks_are_registered"),
    ]

    operations = [migrations.RunPython(seed, take_away)]
