"""催辦：辦公室告訴還欠着報送的單位的人。一人一次只收一條，把他欠的幾項寫在一起。"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from datetime import date, datetime

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from journal.models import Entry, Notice
from journal.services import Message, announce, record, source_script
from people.models import Appointment, Department, User
from people.services import holders
from pingtan_civ.lib.clock import at_hour
from pingtan_civ.lib.dates import near_date
from tasks.models import Assignment, Measure, Submission
from tasks.services.breakdown import permit
from workdays.services import calendar

ACTION = "tasks.chased"


@dataclass
class Chase:
    """一次催辦：催了誰，哪些沒有催、為什麼。preview_chase 只算不發。"""

    owed: dict[int, list[Submission]] = field(default_factory=dict)
    people: dict[User, list[Submission]] = field(default_factory=dict)
    measures: list[Measure] = field(default_factory=list)
    refused: dict[int, str] = field(default_factory=dict)
    again: list[Measure] = field(default_factory=list)

    @property
    def departments(self) -> list[str]:
        """欠着的單位，按出現先後。"""
        names = (row.assignment.department.name for rows in self.owed.values() for row in rows)
        return list(dict.fromkeys(names))


@dataclass(frozen=True)
class Owing:
    """還欠着的一個單位。is_urgent：有已逾期的，或離時限不超過活動的臨期天數。"""

    department: Department
    is_urgent: bool


def owing_units(result: Chase, today: date) -> list[Owing]:
    """這次催辦涉及的單位，按出現先後，連同急不急。"""
    near: dict[int, date] = {}
    found: dict[int, Owing] = {}
    for row in (row for rows in result.owed.values() for row in rows):
        assignment = row.assignment
        days = assignment.measure.campaign.warn_days
        until = near.setdefault(days, calendar().add(today, days))
        before = found.get(assignment.department_id)
        is_urgent = row.due_date <= until or bool(before and before.is_urgent)
        found[assignment.department_id] = Owing(assignment.department, is_urgent)
    return list(found.values())


def preview_chase(
    *,
    measure_ids: Iterable[int],
    at: datetime,
    confirmed: bool = False,
    departments: Collection[int] | None = None,
) -> Chase:
    """若現在催這些措施，會告訴誰、哪些不催。不寫任何東西。departments 給定時只催這些單位。"""
    measures = list(
        Measure.objects.filter(pk__in=list(measure_ids))
        .select_related("campaign", "owner")
        .order_by("position", "pk")
    )
    today = timezone.localdate(at)
    chase = Chase()
    open_rows = _open_submissions(measures, today)
    passed_over = set(open_rows)
    if departments is not None:
        open_rows = _only_of(open_rows, departments)
    passed_over -= set(open_rows)
    handed_in = _handed_in(measures)
    chased = _chased_since(measures, _start_of_working_day(today))
    for measure in measures:
        rows = open_rows.get(measure.pk, [])
        if measure.pk in passed_over:
            continue  # 欠着，只是這次沒有選它的單位
        if not rows:
            chase.refused[measure.pk] = _why_not(measure, measure.pk in handed_in)
        elif measure.pk in chased and not confirmed:
            chase.again.append(measure)
            chase.refused[measure.pk] = _("本工作日已催過「%(code)s」，沒有重複催。") % {
                "code": measure.code
            }
        else:
            chase.measures.append(measure)
            chase.owed[measure.pk] = rows
    _find_people(chase, {measure.pk: measure for measure in measures}, today)
    return chase


@transaction.atomic
def chase(
    *,
    actor: User,
    measure_ids: Iterable[int],
    words: str,
    at: datetime,
    confirmed: bool = False,
    departments: Collection[int] | None = None,
) -> Chase:
    """催辦若干措施：告訴欠報單位的責任人（沒有定責任人的是經辦人）和負責人，並留痕。

    departments 給定時只催其中的單位，None 是全部欠報的。

    已報出、等初審或審核的不催，按行說明；同一措施一個工作日只催一次，confirmed 時除外。
    Raises PermissionDenied：不是本活動辦公室的人。
    """
    ids = list(measure_ids)
    # 先鎖住這些行：兩個人同時點催辦，後到的看得見先到的那一次。
    for measure in (
        Measure.objects.select_for_update(of=("self",))
        .filter(pk__in=ids)
        .select_related("campaign")
        .order_by("pk")
    ):
        permit(actor, measure.campaign, at)
    result = preview_chase(measure_ids=ids, at=at, confirmed=confirmed, departments=departments)
    entries = {
        measure.pk: _record(actor, measure, result.owed[measure.pk], words, at)
        for measure in result.measures
    }
    for person, rows in result.people.items():
        first = entries[rows[0].assignment.measure_id]
        with source_script():
            announce(
                message=_message(rows, words, timezone.localdate(at)),
                recipients=[person] if person != actor else [],
                at=at,
                entry=first,
            )
    return result


def _open_submissions(measures: list[Measure], today: date) -> dict[int, list[Submission]]:
    """已開始而還沒報出的各期（牽頭的在前）。還沒到的期不催。"""
    rows = (
        Submission.objects.owed()
        .filter(assignment__measure__in=measures, period_start__lte=today)
        .with_measure()
        .order_by("assignment__role", "due_date", "pk")
    )
    found: dict[int, list[Submission]] = {}
    for row in rows:
        found.setdefault(row.assignment.measure_id, []).append(row)
    return found


def _only_of(
    rows: dict[int, list[Submission]], departments: Collection[int]
) -> dict[int, list[Submission]]:
    kept = {
        key: [row for row in group if row.assignment.department_id in departments]
        for key, group in rows.items()
    }
    return {key: group for key, group in kept.items() if group}


def _handed_in(measures: list[Measure]) -> set[int]:
    rows = Submission.objects.filter(
        assignment__measure__in=measures,
        state__in=[Submission.State.SUBMITTED, Submission.State.ENDORSED],
    )
    return set(rows.values_list("assignment__measure_id", flat=True))


def _chased_since(measures: list[Measure], since: datetime) -> set[int]:
    entries = Entry.objects.filter(
        action=ACTION,
        target_type=Measure._meta.label_lower,
        target_id__in=[measure.pk for measure in measures],
        at__gte=since,
    )
    return set(entries.values_list("target_id", flat=True))


def _start_of_working_day(today: date) -> datetime:
    """本工作日從何時算起：休息日算在前一個工作日裏。"""
    return at_hour(calendar().previous_working(today), 0)


def _why_not(measure: Measure, is_handed_in: bool) -> str:
    words = {"code": measure.code, "state": measure.get_state_display()}
    if measure.state != Measure.State.ISSUED:
        return _("「%(code)s」%(state)s，沒有可催的。") % words
    if is_handed_in:
        return _("「%(code)s」已經報出，在等初審或審核，沒有催。") % words
    return _("「%(code)s」現在沒有欠報的，沒有催。") % words


def _find_people(result: Chase, measures: dict[int, Measure], today: date) -> None:
    rows = [row for group in result.owed.values() for row in group]
    departments = {row.assignment.department_id for row in rows}
    heads = holders(departments, today, role=Appointment.Role.HEAD)
    clerks = holders(departments, today, role=Appointment.Role.CLERK)
    for row in rows:
        department_id = row.assignment.department_id
        own = clerks.get(department_id, [])
        owner = measures[row.assignment.measure_id].owner
        everyone = own + heads.get(department_id, [])
        if row.assignment.role == Assignment.Role.LEAD and owner in everyone:
            own = [owner]
        for person in dict.fromkeys(own + heads.get(department_id, [])):
            result.people.setdefault(person, []).append(row)


@source_script()
def _record(
    actor: User, measure: Measure, rows: list[Submission], words: str, at: datetime
) -> Entry:
    missing = dict.fromkeys(f"{row.assignment.department.name}（{row.name}）" for row in rows)
    return record(
        actor=actor,
        action=ACTION,
        target=measure,
        at=at,
        summary=_("催辦：%(missing)s。") % {"missing": "、".join(missing)},
        reason=words,
    )


def _message(rows: list[Submission], words: str, today: date) -> Message:
    """一項的直達那一項；幾項的列在正文裏，每項下面一行是站內鏈接。"""
    measures = {row.assignment.measure_id: row.assignment.measure for row in rows}
    lines = [words] if words else []
    for row in rows:
        measure = row.assignment.measure
        lines += [f"{measure.code} {measure.title}（{row.name}，{_when(row, today)}）"]
        if len(measures) > 1:
            lines.append(measure.get_absolute_url())
    only = rows[0].assignment.measure
    title = (
        _("催辦 %(code)s：%(title)s") % {"code": only.code, "title": only.title}
        if len(measures) == 1
        else _("催辦：貴單位有 %(count)d 項任務還沒有報送") % {"count": len(measures)}
    )
    return Message(
        title=title,
        body="\n".join(lines),
        url=only.get_absolute_url() if len(measures) == 1 else "",
        kind=Notice.Kind.CHASE,
    )


def _when(row: Submission, today: date) -> str:
    words = {"due": near_date(row.due_date, today)}
    if row.due_date < today:
        days = max(calendar().between(row.due_date, today), 1)
        return _("時限 %(due)s，已逾期 %(days)d 個工作日") % (words | {"days": days})
    return _("時限 %(due)s") % words
