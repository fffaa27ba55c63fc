"""下達：把分解表的行變成各單位的任務和每期的報送。"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import Min
from django.utils.translation import gettext as _

from campaigns.models import Campaign
from campaigns.standing import standing_of
from journal.services import Message, record, source_script
from people.models import Department, User
from people.services import holders
from pingtan_civ.lib.dates import long_date
from pingtan_civ.lib.periods import ONCE, Period, periods
from pingtan_civ.lib.periods import due_date as period_due_date
from tasks import policies
from tasks.lights import behind_date
from tasks.models import Assignment, ChangeRequest, Measure, Round, Submission
from workdays.services import calendar


@dataclass
class Issued:
    """批量下達的結果：下達了哪些，哪些沒有、為什麼。"""

    measures: list[Measure] = field(default_factory=list)
    refused: dict[int, str] = field(default_factory=dict)


def lock_measures(**which: object) -> list[Measure]:
    """鎖住找到的措施，按編號先後，同時辦的人不會互相等死。

    凡動一項措施的任務、報送、申請，都先鎖這一行，再鎖別的：次序處處一樣。
    """
    rows = Measure.objects.select_for_update(of=("self",)).filter(**which)
    return list(rows.select_related("campaign").order_by("pk"))


def why_not_issuable(measure: Measure, on: date) -> str | None:
    """這天還不能下達的理由；能下達時為 None。"""
    if measure.campaign.state == Campaign.State.DRAFT:
        return _("活動還沒開始，先在活動頁點「開始」再下達。")
    if measure.state != Measure.State.DRAFT:
        return _("「%(code)s」已經下達過，不用再下達。") % {"code": measure.code}
    missing = []
    if not measure.lead_department_id:
        missing.append(_("牽頭單位"))
    if not measure.due_date:
        missing.append(_("完成時限"))
    if missing:
        return _("「%(code)s」還沒有%(missing)s，補上後再下達。") % {
            "code": measure.code,
            "missing": _("和").join(missing),
        }
    if measure.due_date > measure.campaign.end_date:
        return _("「%(code)s」的完成時限晚於活動結束日 %(end)s，請改早。") % {
            "code": measure.code,
            "end": long_date(measure.campaign.end_date),
        }
    if measure.due_date < on:
        return _("「%(code)s」的完成時限 %(due)s 已經過了，改到今天或以後再下達。") % {
            "code": measure.code,
            "due": long_date(measure.due_date),
        }
    return None


@transaction.atomic
def issue_measures(*, actor: User, measure_ids: Iterable[int], at: datetime) -> Issued:
    """下達若干具體措施，為牽頭和配合單位建立任務與各期報送，並告訴各單位的人。

    缺牽頭單位或時限、時限已過、活動還沒開始的不下達，理由按行返回，其餘照常下達。
    Raises PermissionDenied：不是本活動辦公室的人，或活動已結束。
    """
    result = Issued()
    measures = lock_measures(pk__in=list(measure_ids))
    for measure in sorted(measures, key=lambda row: (row.position, row.pk)):
        _permit(actor, measure, at)
        refusal = why_not_issuable(measure, at.date())
        if refusal:
            result.refused[measure.pk] = refusal
            continue
        _issue(actor, measure, at)
        result.measures.append(measure)
    return result


def _permit(actor: User, measure: Measure, at: datetime) -> None:
    if not policies.can_break_down(standing_of(actor, at.date()), measure.campaign):
        raise PermissionDenied(_("只有本活動辦公室能下達任務；活動結束後不再下達。"))


def _issue(actor: User, measure: Measure, at: datetime) -> None:
    measure.state = Measure.State.ISSUED
    measure.issued_at = at
    measure.start_date = measure.start_date or at.date()
    measure.version += 1
    measure.save(update_fields=["state", "issued_at", "start_date", "version"])
    sync_assignments(actor=actor, measure=measure, at=at)


@transaction.atomic
def sync_assignments(*, actor: User, measure: Measure, at: datetime) -> list[Assignment]:
    """讓已下達措施的任務與「牽頭、配合單位」一致：新增的下達，去掉的撤銷，換牽頭的重下。

    返回新下達的任務。已交來的東西不動，留在原單位名下。
    """
    wanted = {measure.lead_department_id: Assignment.Role.LEAD}
    for department_id in measure.supporting_departments.values_list("pk", flat=True):
        wanted.setdefault(department_id, Assignment.Role.SUPPORTING)
    existing = {assignment.department_id: assignment for assignment in measure.assignments.all()}
    for department_id, assignment in existing.items():
        if wanted.get(department_id) != assignment.role and assignment.is_live:
            _cancel(actor, measure, assignment, at)
    fresh = []
    for department_id, role in wanted.items():
        assignment = existing.get(department_id)
        if assignment and assignment.is_live:
            continue
        fresh.append(_assign(measure, department_id, role, assignment, at))
    _tell_departments(actor, measure, fresh, at)
    refresh_measure(measure)
    return fresh


@source_script()
def _cancel(actor: User, measure: Measure, assignment: Assignment, at: datetime) -> None:
    reason = _("任務不再由本單位辦理，這份申請隨之了結。")
    settle_pending([assignment], actor=actor, reason=reason, at=at)
    assignment.state = Assignment.State.CANCELLED
    assignment.save(update_fields=["state"])
    staff = holders([assignment.department_id], at.date())
    record(
        actor=actor,
        action="tasks.cancelled",
        target=assignment,
        topic=measure,
        at=at,
        summary=_("「%(title)s」不再由%(unit)s辦理。")
        % {"title": measure.title, "unit": assignment.department.name},
        notify=staff.get(assignment.department_id, []),
        message=Message(
            title=_("任務 %(code)s 不再由貴單位辦理") % {"code": measure.code},
            body=measure.title,
            url=measure.get_absolute_url(),
        ),
    )


def settle_pending(
    assignments: Iterable[Assignment], *, actor: User, reason: str, at: datetime
) -> None:
    """任務停了，待裁定的異議和延期隨之了結：算撤回，記下是誰、何時、為什麼。"""
    ChangeRequest.objects.filter(
        assignment__in=assignments, state=ChangeRequest.State.PENDING
    ).update(
        state=ChangeRequest.State.WITHDRAWN, decided_by=actor, decided_at=at, decision_reason=reason
    )


def _assign(
    measure: Measure,
    department_id: int,
    role: str,
    earlier: Assignment | None,
    at: datetime,
) -> Assignment:
    assignment = earlier or Assignment(measure=measure, department_id=department_id)
    assignment.role = role
    assignment.state = Assignment.State.ISSUED
    assignment.due_date = measure.due_date
    assignment.issued_at = at
    assignment.acknowledged_at = assignment.acknowledged_by = None
    assignment.acknowledge_due_date = calendar().add(at.date(), measure.campaign.acknowledge_days)
    assignment.save()
    if earlier:
        _catch_up(assignment, at)
    open_submissions(assignment, at=at)
    return assignment


def _catch_up(assignment: Assignment, at: datetime) -> None:
    """撤銷過又重新下達的：沒報出的各期改按措施現在的時限；退回後另定得更晚的不提前。"""
    planned = planned_due_dates(assignment.measure, at)
    for submission in assignment.submissions.filter(state=Submission.State.OPEN):
        due = planned.get(submission.label, assignment.measure.due_date)
        if submission.round_number > 1:
            due = max(due, submission.due_date)
        if due != submission.due_date:
            set_due_date(submission, due)


def planned_due_dates(measure: Measure, at: datetime) -> dict[str, date]:
    """按措施現在的週期和完成時限，各期的報送時限：{期: 時限}。"""
    start = measure.start_date or at.date()
    return {
        period.label: submission_due_date(measure, period)
        for period in periods(measure.cycle, min(start, measure.due_date), measure.due_date)
    }


def set_due_date(submission: Submission, due_date: date) -> None:
    """把一期和它當前一輪的時限改到 due_date。原定時限永遠保留。"""
    submission.due_date = due_date
    # 要材料的那一期是材料所屬的時期，不隨時限走。
    if submission.label == ONCE and not submission.assignment.measure.is_request:
        submission.period_end = due_date
    submission.save(update_fields=["due_date", "period_end"])
    submission.rounds.filter(number=submission.round_number).update(due_date=due_date)


def submission_due_date(measure: Measure, period: Period) -> date:
    """該期的報送時限：遇休息日順延到下一個工作日，但不晚於措施的完成時限。

    一次性的就是完成時限本身，是辦公室親手定的日子，不挪動。
    """
    due = period_due_date(period, measure.campaign.report_day, last=measure.due_date)
    if period.label == "once":
        return due
    rolled = calendar().next_working(due)
    return rolled if rolled <= measure.due_date else due


def open_submissions(assignment: Assignment, *, at: datetime) -> None:
    """為任務補齊到完成時限為止的各期報送；已有的期不動，下達前就已過時限的期不建。"""
    measure = assignment.measure
    start = measure.start_date or at.date()
    known = set(assignment.submissions.values_list("label", flat=True))
    planned = [
        (period, submission_due_date(measure, period))
        for period in periods(measure.cycle, min(start, measure.due_date), measure.due_date)
    ]
    wanted = [row for row in planned if row[1] >= at.date()] or planned[-1:]
    created = Submission.objects.bulk_create(
        Submission(
            assignment=assignment,
            label=period.label,
            name=period.name,
            period_start=measure.asked_from if measure.is_request else period.start,
            period_end=measure.asked_to if measure.is_request else period.end,
            due_date=due,
            first_due_date=due,
        )
        for period, due in wanted
        if period.label not in known
    )
    Round.objects.bulk_create(
        Round(submission=submission, number=1, opened_at=at, due_date=submission.due_date)
        for submission in created
    )


@source_script()
def _tell_departments(
    actor: User, measure: Measure, assignments: list[Assignment], at: datetime
) -> None:
    staff = holders([assignment.department_id for assignment in assignments], at.date())
    names = dict(
        Department.objects.filter(
            pk__in=[assignment.department_id for assignment in assignments]
        ).values_list("pk", "name")
    )
    for assignment in assignments:
        lead = assignment.role == Assignment.Role.LEAD
        words = {
            "code": measure.code,
            "title": measure.title,
            "unit": names[assignment.department_id],
            "role": assignment.get_role_display(),
            "due": long_date(assignment.due_date),
            "sign": long_date(assignment.acknowledge_due_date),
        }
        record(
            actor=actor,
            action="tasks.issued",
            target=assignment,
            topic=measure,
            at=at,
            summary=_("下達給%(unit)s（%(role)s），完成時限 %(due)s。") % words,
            notify=staff.get(assignment.department_id, []),
            message=Message(
                title=(
                    _("新任務 %(code)s 由貴單位牽頭：%(title)s") % words
                    if lead
                    else _("新任務 %(code)s 請貴單位配合：%(title)s") % words
                ),
                body=_("完成時限 %(due)s。請在 %(sign)s 前簽收；不屬本單位職責的可以提異議。")
                % words,
                url=measure.get_absolute_url(),
            ),
        )


def refresh_measure(measure: Measure) -> None:
    """重算隨辦理變化的日期事實（見 Measure 的說明）。每次改動之後在同一事務裏調用。"""
    measure.owed_date = (
        Submission.objects.owed()
        .filter(assignment__measure=measure, assignment__role=Assignment.Role.LEAD)
        .aggregate(nearest=Min("due_date"))["nearest"]
    )
    measure.behind_date = (
        behind_date(
            start=measure.start_date,
            due=measure.due_date,
            percent=measure.percent,
            behind_points=measure.campaign.behind_points,
        )
        if measure.state == Measure.State.ISSUED and measure.asks_percent
        else None
    )
    measure.save(update_fields=["owed_date", "behind_date"])
