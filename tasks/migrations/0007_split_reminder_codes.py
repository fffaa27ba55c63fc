from collections.abc import Iterator
from datetime import date

from django.apps.registry import Apps
from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

BATCH = 2000
PREFIXES = {"ack_": "acknowledge", "review_": "review"}


def split_codes(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    """把舊的步標識拆到各列。

    因漏跑而略過的步（沒有通知的）不再單獨留行：記了後面的一級，前面的就都算已過。
    簽收的原來掛在第一期的第一輪上，改掛任務；換過第一期的可能因此重複，留最早的一行。
    """
    reminders = apps.get_model("tasks", "Reminder").objects
    reminders.filter(notice=None).delete()
    seen: set[tuple[int, str, int]] = set()
    for rows in _batches(reminders.select_related("round__submission")):
        doubled = []
        for row in rows:
            row.track, row.step, row.due_date = _read(row.code)
            row.subject_id = row.round_id
            if row.track == "acknowledge":
                row.subject_id = row.round.submission.assignment_id
                key = (row.subject_id, row.code, row.person_id)
                if key in seen:
                    doubled.append(row.pk)
                seen.add(key)
        reminders.bulk_update(rows, ["track", "step", "due_date", "subject_id"])
        reminders.filter(pk__in=doubled).delete()


def join_codes(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    """退回去：拼回步標識，簽收的掛回第一期的第一輪；舊版沒有的時限（督辦、一覽）刪去。"""
    reminders = apps.get_model("tasks", "Reminder").objects
    rounds = apps.get_model("tasks", "Round").objects
    notices = apps.get_model("journal", "Notice").objects
    reminders.exclude(track__in=["report", "acknowledge", "review"]).delete()
    for rows in _batches(reminders.all()):
        of_round = set(rounds.filter(pk__in=[row.subject_id for row in rows]).values_list("pk", flat=True))
        told = {
            (person, key): pk
            for pk, person, key in notices.filter(
                recipient__in={row.person_id for row in rows},
                key__in={f"digest:{row.on.isoformat()}" for row in rows},
            ).values_list("pk", "recipient_id", "key")
        }
        for row in rows:
            row.notice_id = told.get((row.person_id, f"digest:{row.on.isoformat()}"))
            row.code = _write(row.track, row.step, row.due_date)
            if row.track == "acknowledge":
                row.round_id = _first_round(rounds, row.subject_id)
            else:
                row.round_id = row.subject_id if row.subject_id in of_round else None
        reminders.bulk_update(rows, ["code", "round", "notice"])
    reminders.filter(round=None).delete()


def _batches(rows: models.QuerySet) -> Iterator[list[models.Model]]:
    """按編號一批一批取：提醒可能有幾百萬行。"""
    after = 0
    while batch := list(rows.filter(pk__gt=after).order_by("pk")[:BATCH]):
        after = batch[-1].pk
        yield batch


def _read(code: str) -> tuple[str, int, date]:
    """「ack_after_1@2026-11-20」→ (acknowledge, 1, 2026-11-20)。"""
    name, _at, due = code.partition("@")
    prefix = next((prefix for prefix in PREFIXES if name.startswith(prefix)), "")
    side, _sep, number = name.removeprefix(prefix).partition("_")
    step = {"before": -1, "after": 1}.get(side, 0) * (int(number) if number.isdigit() else 0)
    return PREFIXES.get(prefix, "report"), step, date.fromisoformat(due)


def _write(track: str, step: int, due: date) -> str:
    prefix = next((prefix for prefix, name in PREFIXES.items() if name == track), "")
    side = "before" if step < 0 else "after"
    name = f"{side}_{abs(step)}" if step else "on_day"
    return f"{prefix}{name}@{due.isoformat()}"


def _first_round(rounds: models.Manager, assignment_id: int) -> int | None:
    first = rounds.filter(submission__assignment=assignment_id, number=1)
    return first.order_by("submission__period_start", "pk").values_list("pk", flat=True).first()


class Migration(migrations.Migration):
    dependencies = [
        ("tasks", "0006_say_reminder_steps_in_columns"),
    ]

    operations = [migrations.RunPython(split_codes, join_codes)]
