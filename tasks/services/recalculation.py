"""工作日曆改了：簽收、補報、每期報送和審核的時限裏，按工作日數出來而還開着的跟着走。

手定的日期（完成時限、准予延期、另定的補報時限）不動：只挪「按舊日曆數出來正是這一天」的。
"""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, datetime

from django.db.models import F, OuterRef, Q, QuerySet, Subquery
from django.utils import timezone
from django.utils.translation import gettext as _

from campaigns.models import Cycle, Seat
from journal.services import source_script
from people.models import User
from people.services import holders
from pingtan_civ.lib.periods import due_date as period_due_date
from pingtan_civ.lib.periods import periods
from pingtan_civ.lib.working_days import WorkingCalendar
from tasks.models import Assignment, ChangeRequest, Measure, Round, Submission, in_progress
from tasks.services.issuing import lock_measures, refresh_measure, set_due_date
from tasks.services.review import SEND_BACK_DAYS
from workdays.recalculation import CalendarShift, MovedLimit

#: 挪了的時限，和它所屬的任務（由它找該辦的人）。
Move = tuple[Assignment, MovedLimit]


@source_script()
def move_limits(before: WorkingCalendar, after: WorkingCalendar, at: datetime) -> list[MovedLimit]:
    """挪動並存好，返回挪了的。在改日曆的事務裏調用；先鎖措施，次序與別處一樣。"""
    shift = CalendarShift.between(before, after, timezone.localdate(at))
    if shift is None:
        return []
    lock_measures(pk__in=_concerned(shift).values("pk"))
    moves = [*_to_sign(shift), *_to_report(shift), *_to_review(shift)]
    return _with_people(moves, shift.today)


def _concerned(shift: CalendarShift) -> QuerySet[Measure]:
    """可能有時限要挪的措施。時限早於變了的第一天的，數到那裏與日曆的改動無關。"""
    unsigned = Assignment.objects.filter(
        in_progress(), state=Assignment.State.ISSUED, acknowledge_due_date__gte=shift.first
    )
    owed = Submission.objects.owed().filter(due_date__gte=shift.first)
    return Measure.objects.filter(
        Q(pk__in=unsigned.values("measure")) | Q(pk__in=owed.values("assignment__measure"))
    )


def _to_sign(shift: CalendarShift) -> Iterator[Move]:
    """簽收：下達之後 N 個工作日；異議沒有同意的從裁定那天起數。"""
    refused = ChangeRequest.objects.filter(
        assignment=OuterRef("pk"),
        kind=ChangeRequest.Kind.OBJECTION,
        state=ChangeRequest.State.REFUSED,
    ).order_by("-decided_at")
    rows = (
        Assignment.objects.filter(
            in_progress(), state=Assignment.State.ISSUED, acknowledge_due_date__gte=shift.first
        )
        .select_related("measure__campaign", "department")
        .annotate(refused_at=Subquery(refused.values("decided_at")[:1]))
        .order_by("pk")
    )
    for row in rows:
        start = max(filter(None, [row.issued_at, row.refused_at]))
        old, days = row.acknowledge_due_date, row.measure.campaign.acknowledge_days
        if new := shift.moved(timezone.localdate(start), days, old):
            row.acknowledge_due_date = new
            row.save(update_fields=["acknowledge_due_date"])
            yield (
                row,
                MovedLimit(
                    target=row,
                    topic=row.measure,
                    label=_("簽收時限"),
                    subject=f"{row.measure.code} {row.measure.title}",
                    url=row.measure.get_absolute_url(),
                    old=old,
                    new=new,
                ),
            )


def _to_report(shift: CalendarShift) -> Iterator[Move]:
    """報送：退回後的補報時限，和遇休息日順延的每期報送日。"""
    sent_back = Round.objects.filter(
        submission=OuterRef("pk"), decision=Round.Decision.SENT_BACK
    ).order_by("-number")
    rows = (
        Submission.objects.owed()
        .filter(due_date__gte=shift.first)
        .filter(Q(round_number__gt=1) | ~Q(assignment__measure__cycle=Cycle.ONCE))
        .with_measure()
        .annotate(sent_back_at=Subquery(sent_back.values("decided_at")[:1]))
        .order_by("pk")
    )
    touched: dict[int, Measure] = {}
    moves = []
    for row in rows:
        old, new = row.due_date, _reporting_date(row, row.sent_back_at, shift)
        if new is None:
            continue
        measure = row.assignment.measure
        set_due_date(row, new)
        touched[measure.pk] = measure
        label = _("補報時限") if row.sent_back_at else _("報送時限")
        moves.append(_about(row, label, old, new))
    for measure in touched.values():
        refresh_measure(measure)
    yield from moves


def _reporting_date(
    row: Submission, sent_back_at: datetime | None, shift: CalendarShift
) -> date | None:
    if sent_back_at:
        return shift.moved(timezone.localdate(sent_back_at), SEND_BACK_DAYS, row.due_date)
    measure = row.assignment.measure
    raw = _planned(row, measure)
    new = shift.rolled(raw, row.due_date) if raw else None
    # 順延不越過完成時限：與 issuing.submission_due_date 同一規則。
    return new if new and new <= measure.due_date else None


def _planned(row: Submission, measure: Measure) -> date | None:
    """這一期沒有順延的報送日。"""
    for period in periods(measure.cycle, row.period_start, row.period_end):
        if period.label == row.label:
            return period_due_date(period, measure.campaign.report_day, last=measure.due_date)
    return None


def _to_review(shift: CalendarShift) -> Iterator[Move]:
    """審核時限不存庫，隨用隨算；變了的告訴辦公室。"""
    rows = (
        Round.objects.filter(
            in_progress("submission__assignment__"),
            number=F("submission__round_number"),
            submission__state=Submission.State.ENDORSED,
            endorsed_at__isnull=False,
        )
        .select_related(
            "submission__assignment__measure__campaign", "submission__assignment__department"
        )
        .defer("narrative", "problems", "needs", "reason")
        .order_by("pk")
    )
    for row in rows:
        days = row.submission.assignment.measure.campaign.review_days
        received = timezone.localdate(row.endorsed_at)
        old = shift.before.add(received, days)
        if old >= shift.first and (new := shift.moved(received, days, old)):
            yield _about(row.submission, _("審核時限"), old, new, is_live=True)


def _about(row: Submission, label: str, old: date, new: date, *, is_live: bool = False) -> Move:
    measure = row.assignment.measure
    return row.assignment, MovedLimit(
        target=row,
        topic=measure,
        label=label,
        subject=f"{measure.code} {measure.title}（{row.name}）",
        url=row.get_absolute_url(),
        old=old,
        new=new,
        is_live=is_live,
    )


def _with_people(moves: list[Move], today: date) -> list[MovedLimit]:
    """補上今天該辦的人：審核是辦公室，其餘是承辦單位在任的人。各查一次。"""
    if not moves:
        return []
    staff = holders({assignment.department_id for assignment, _limit in moves}, today)
    office: dict[int, list[User]] = {}
    seats = Seat.objects.on(today).filter(role__in=Seat.OFFICE_ROLES, user__is_active=True)
    for seat in seats.select_related("user"):
        office.setdefault(seat.campaign_id, []).append(seat.user)
    found = []
    for assignment, limit in moves:
        offices = office.get(assignment.measure.campaign_id, [])
        people = offices if limit.is_live else staff.get(assignment.department_id, [])
        found.append(replace(limit, people=tuple(people)))
    return found
