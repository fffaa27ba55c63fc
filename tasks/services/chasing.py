"""催辦：辦公室告訴還欠着報送的單位的人。一人一次只收一條，把他欠的幾項寫在一起。

催的是一份份報送：催報台按格子選，分解表和措施頁按措施選，走的是這裏同一個服務。
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from datetime import date, datetime
from uuid import UUID, uuid4

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from journal.models import Entry, Gateway
from journal.services import announce, record, source_script
from people.models import Department, User
from pingtan_civ.lib.clock import at_hour
from pingtan_civ.lib.dates import near_date
from tasks.models import Chase, Measure, Submission
from tasks.services.breakdown import permit
from tasks.services.chase_group import chosen_groups, post_to_groups
from tasks.services.chase_people import Letter, letters_for
from tasks.services.chase_words import chase_message, group_text, key_of
from tasks.services.reminder_policy import quiet_until
from workdays.services import calendar

ACTION = "tasks.chased"


@dataclass
class ChasePlan:
    """一次催辦：催哪些、各人收到什麼，哪些沒有催、為什麼。只是算，不寫。"""

    rows: list[Submission] = field(default_factory=list)
    letters: list[Letter] = field(default_factory=list)
    refused: dict[int, str] = field(default_factory=dict)
    """報送的主鍵 → 為什麼不催；本工作日催過的也在內。"""
    again: list[Submission] = field(default_factory=list)
    """本工作日催過的，confirmed 才再催。"""
    is_repeat: bool = False
    """這一次先前已經發過（連點、重發的表單），沒有再發。"""

    @property
    def measures(self) -> list[Measure]:
        found = {row.assignment.measure_id: row.assignment.measure for row in self.rows}
        return sorted(found.values(), key=lambda measure: (measure.position, measure.pk))

    @property
    def people(self) -> dict[User, tuple[Submission, ...]]:
        return {letter.person: letter.rows for letter in self.letters}

    @property
    def departments(self) -> list[str]:
        """催的單位，按出現先後。"""
        return list(dict.fromkeys(row.assignment.department.name for row in self.rows))


@dataclass(frozen=True)
class MeasureChase:
    """按措施選的一次催辦；refused、again 按措施說。"""

    plan: ChasePlan
    refused: dict[int, str]
    again: list[Measure]

    @property
    def measures(self) -> list[Measure]:
        return self.plan.measures

    @property
    def people(self) -> dict[User, tuple[Submission, ...]]:
        return self.plan.people

    @property
    def departments(self) -> list[str]:
        return self.plan.departments


@dataclass(frozen=True)
class Owing:
    """還欠着的一個單位。is_urgent：有已逾期的，或離時限不超過活動的臨期天數。"""

    department: Department
    is_urgent: bool


def owing_units(plan: ChasePlan, today: date) -> list[Owing]:
    """這次催辦涉及的單位，按出現先後，連同急不急。"""
    near: dict[int, date] = {}
    found: dict[int, Owing] = {}
    for row in plan.rows:
        assignment = row.assignment
        days = assignment.measure.campaign.warn_days
        until = near.setdefault(days, calendar().add(today, days))
        before = found.get(assignment.department_id)
        is_urgent = row.due_date <= until or bool(before and before.is_urgent)
        found[assignment.department_id] = Owing(assignment.department, is_urgent)
    return list(found.values())


# ── 按報送 ────────────────────────────────────────────


def plan_chase(
    *, submission_ids: Iterable[int], at: datetime, confirmed: bool = False
) -> ChasePlan:
    """若現在催這些報送，各人會收到什麼、哪些不催。不寫任何東西；查詢次數固定。"""
    rows = (
        Submission.objects.filter(pk__in=set(submission_ids))
        .with_measure()
        .select_related("assignment__measure__owner")
        .order_by("assignment__role", "due_date", "pk")
    )
    return _plan(list(rows), at, confirmed)


@transaction.atomic
def chase_submissions(
    *,
    actor: User,
    submission_ids: Iterable[int],
    words: str,
    at: datetime,
    batch: UUID,
    confirmed: bool = False,
    group_ids: Collection[int] = (),
) -> ChasePlan:
    """催辦若干份報送：每人一條通知，每份報送一行催辦記錄，每項措施一條留痕。

    臨發再看一遍：已報出、等初審或審核的不催；一份報送一個工作日只催一次，confirmed 時除外。
    group_ids 是選中的工作群，同一段事也發到那裏。batch 相同的第二次（連點）什麼也不做，返回的 is_repeat 為真。
    Raises PermissionDenied：不是本活動辦公室的人。
    """
    ids = set(submission_ids)
    if is_done_before(actor, ids, at, batch):
        return ChasePlan(is_repeat=True)
    plan = plan_chase(submission_ids=ids, at=at, confirmed=confirmed)
    _send(actor, plan, words, at, batch)
    if plan.rows and (groups := chosen_groups(group_ids)):
        _send_to_groups(actor, plan, groups, words, at, batch)
    return plan


def is_done_before(actor: User, submission_ids: Collection[int], at: datetime, batch: UUID) -> bool:
    """鎖住、核對權限，再看這一次是不是已經辦過（連點、重發的表單）。"""
    measures = Measure.objects.filter(assignments__submissions__in=submission_ids)
    lock_measures(actor, measures, at)
    return Chase.objects.filter(batch=batch).exists()


def lock_measures(actor: User, measures: Iterable[Measure], at: datetime) -> None:
    """先鎖住這些行：兩個人同時點催辦，後到的看得見先到的那一次。順便核對權限。"""
    rows = (
        Measure.objects.select_for_update(of=("self",))
        .filter(pk__in=[measure.pk for measure in measures])
        .select_related("campaign")
        .order_by("pk")
    )
    for campaign in {row.campaign_id: row.campaign for row in rows}.values():
        permit(actor, campaign, at)


# ── 按措施 ────────────────────────────────────────────


def preview_chase(
    *,
    measure_ids: Iterable[int],
    at: datetime,
    confirmed: bool = False,
    departments: Collection[int] | None = None,
) -> MeasureChase:
    """若現在催這些措施，會告訴誰、哪些不催。不寫任何東西。departments 給定時只催這些單位。"""
    measures = list(Measure.objects.filter(pk__in=list(measure_ids)).order_by("position", "pk"))
    owed = _owed_of(measures, timezone.localdate(at))
    chosen = [
        row for row in owed if departments is None or row.assignment.department_id in departments
    ]
    plan = _plan(chosen, at, confirmed)
    planned = {row.assignment.measure_id for row in plan.rows}
    asked = {row.assignment.measure_id for row in chosen}
    owing = {row.assignment.measure_id for row in owed}
    handed_in = _handed_in(measures)
    again = [measure for measure in measures if measure.pk in asked - planned]
    refused = {measure.pk: _said_today(measure.code) for measure in again}
    refused |= {
        measure.pk: _why_not_measure(measure, measure.pk in handed_in)
        for measure in measures
        if measure.pk not in owing  # 欠着而沒有選它的單位的，不說
    }
    return MeasureChase(plan, refused, again)


@transaction.atomic
def chase(
    *,
    actor: User,
    measure_ids: Iterable[int],
    words: str,
    at: datetime,
    confirmed: bool = False,
    departments: Collection[int] | None = None,
) -> MeasureChase:
    """催辦若干措施裏欠報的單位（departments 給定時只催其中的）。見 chase_submissions。"""
    ids = list(measure_ids)
    lock_measures(actor, Measure.objects.filter(pk__in=ids), at)
    result = preview_chase(measure_ids=ids, at=at, confirmed=confirmed, departments=departments)
    _send(actor, result.plan, words, at, uuid4())
    return result


def _owed_of(measures: list[Measure], today: date) -> list[Submission]:
    """已開始而還沒報出的各期（牽頭的在前）。還沒到的期不催。"""
    rows = (
        Submission.objects.owed()
        .filter(assignment__measure__in=measures, period_start__lte=today)
        .with_measure()
        .select_related("assignment__measure__owner")
        .order_by("assignment__role", "due_date", "pk")
    )
    return list(rows)


def _handed_in(measures: list[Measure]) -> set[int]:
    rows = Submission.objects.filter(
        assignment__measure__in=measures,
        state__in=[Submission.State.SUBMITTED, Submission.State.ENDORSED],
    )
    return set(rows.values_list("assignment__measure_id", flat=True))


def _why_not_measure(measure: Measure, is_handed_in: bool) -> str:
    words = {"code": measure.code, "state": measure.get_state_display()}
    if measure.state != Measure.State.ISSUED:
        return _("「%(code)s」%(state)s，沒有可催的。") % words
    if is_handed_in:
        return _("「%(code)s」已經報出，在等初審或審核，沒有催。") % words
    return _("「%(code)s」現在沒有欠報的，沒有催。") % words


# ── 共用 ──────────────────────────────────────────────


def _plan(rows: list[Submission], at: datetime, confirmed: bool) -> ChasePlan:
    today = timezone.localdate(at)
    plan = ChasePlan()
    chased = chased_since(rows, start_of_working_day(today))
    for row in rows:
        if reason := why_not(row, today):
            plan.refused[row.pk] = reason
        elif row.pk in chased and not confirmed:
            plan.again.append(row)
            plan.refused[row.pk] = _said_today(row.assignment.measure.code)
        else:
            plan.rows.append(row)
    plan.letters = letters_for(plan.rows, today)
    return plan


def why_not(row: Submission, today: date) -> str:
    """這份報送現在為什麼不能催；能催時為空。"""
    assignment, measure = row.assignment, row.assignment.measure
    words = {"code": measure.code, "unit": assignment.department.name}
    if not measure.campaign.is_open:
        return _("活動不在進行中，沒有可催的。")
    if measure.state != Measure.State.ISSUED or not assignment.is_live:
        stopped = measure if measure.state != Measure.State.ISSUED else assignment
        words["state"] = stopped.get_state_display()
        return _("%(unit)s的「%(code)s」%(state)s，沒有可催的。") % words
    if row.state != Submission.State.OPEN:
        return _HANDED_IN[Submission.State(row.state)](words)
    if row.period_start > today:
        words |= {"period": row.name, "day": near_date(row.period_start, today)}
        return _("%(unit)s的「%(code)s」%(period)s要到 %(day)s才開始，現在不催。") % words
    return ""


_HANDED_IN = {
    Submission.State.SUBMITTED: lambda words: (
        _("%(unit)s的「%(code)s」已經報出，在等本單位初審，沒有催。") % words
    ),
    Submission.State.ENDORSED: lambda words: (
        _("%(unit)s的「%(code)s」已經報到，在等辦公室審核，不能催單位。") % words
    ),
    Submission.State.ACCEPTED: lambda words: (
        _("%(unit)s的「%(code)s」已經審核通過，沒有催。") % words
    ),
}


def _said_today(code: str) -> str:
    return _("本工作日已催過「%(code)s」，沒有重複催。") % {"code": code}


def chased_since(rows: Collection[Submission], since: datetime) -> set[int]:
    """其中從那時起已催過的，不論哪種方式；一次查詢。"""
    if not rows:
        return set()
    found = Chase.objects.filter(submission__in=[row.pk for row in rows], at__gte=since)
    return set(found.order_by().values_list("submission_id", flat=True))


def start_of_working_day(today: date) -> datetime:
    """本工作日從何時算起：休息日算在前一個工作日裏。"""
    return at_hour(calendar().previous_working(today), 0)


def _send(actor: User, plan: ChasePlan, words: str, at: datetime, batch: UUID) -> None:
    """寫下催辦和每人的通知，同一事務。站內立刻看得到，站外過了免打擾時段再發。"""
    entries = write_chases(
        actor=actor, rows=plan.rows, channel=Chase.Channel.NOTICE, words=words, at=at, batch=batch
    )
    on, earliest = timezone.localdate(at), quiet_until(_campaigns(plan), at)
    with source_script():
        for letter in plan.letters:
            announce(
                message=chase_message(letter.rows, words, on, batch, letter.stand_in),
                recipients=[letter.person] if letter.person != actor else [],
                at=at,
                entry=entries[letter.rows[0].assignment.measure_id],
                not_before=earliest,
            )


def _campaigns(plan: ChasePlan) -> set[int]:
    return {row.assignment.measure.campaign_id for row in plan.rows}


def _send_to_groups(
    actor: User, plan: ChasePlan, groups: list[Gateway], words: str, at: datetime, batch: UUID
) -> None:
    with source_script():
        text = group_text(plan.rows, words, timezone.localdate(at))
    key, campaigns = key_of(batch), _campaigns(plan)
    post_to_groups(groups=groups, text=text, at=at, key=key, campaigns=campaigns)
    write_chases(
        actor=actor,
        rows=plan.rows,
        channel=Chase.Channel.GROUP,
        words=words,
        at=at,
        batch=batch,
        groups="、".join(group.name for group in groups),
    )


def write_chases(
    *,
    actor: User,
    rows: Collection[Submission],
    channel: str,
    words: str,
    at: datetime,
    batch: UUID,
    spoken_to: str = "",
    answer: str = "",
    groups: str = "",
    happened_at: datetime | None = None,
) -> dict[int, Entry]:
    """每份報送一行催辦記錄，每項措施一條留痕；返回 {措施: 留痕}。

    happened_at 是電話打的時候，留痕的時間仍是記下它的 at。
    """
    by_measure: dict[int, list[Submission]] = {}
    for row in rows:
        by_measure.setdefault(row.assignment.measure_id, []).append(row)
    entries = {
        key: _record(actor, mine, channel, words, at, groups) for key, mine in by_measure.items()
    }
    when = happened_at or at
    Chase.objects.bulk_create(
        Chase(
            submission=row,
            round_number=row.round_number,
            batch=batch,
            channel=channel,
            at=when,
            by=actor,
            words=words,
            groups=groups,
            spoken_to=spoken_to,
            answer=answer,
            answered_at=when if answer else None,
            entry=entries[row.assignment.measure_id],
        )
        for row in rows
    )
    return entries


@source_script()
def _record(
    actor: User, rows: list[Submission], channel: str, words: str, at: datetime, groups: str
) -> Entry:
    missing = dict.fromkeys(f"{row.assignment.department.name}（{row.name}）" for row in rows)
    how = Chase.Channel(channel).label
    said = {"missing": "、".join(missing), "how": f"{how}：{groups}" if groups else how}
    if channel == Chase.Channel.NOTICE:
        summary = _("催辦：%(missing)s。") % said
    else:
        summary = _("催辦（%(how)s）：%(missing)s。") % said
    return record(
        actor=actor,
        action=ACTION,
        target=rows[0].assignment.measure,
        at=at,
        summary=summary,
        reason=words,
    )
