"""辦公室審核：通過、退回（連同每份佐證的理由）、批量通過、撤回通過、銷號。"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.utils.translation import gettext as _

from campaigns.standing import standing_of
from journal.services import Message, record, source_script
from people.models import User
from people.services import staff_of
from pingtan_civ.lib.dates import long_date
from tasks import policies
from tasks.models import Assignment, EvidenceLink, Measure, Round, Submission, WrongState
from tasks.services.handing_in import (
    Incomplete,
    current_round,
    is_lead,
    locked_submission,
    open_next_round,
    require_in_progress,
    require_round,
)
from tasks.services.issuing import refresh_measure, settle_pending
from tasks.specification import dated
from workdays.services import calendar

SEND_BACK_DAYS = 3
"""退回後默認的補報時限（工作日）。"""

EVIDENCE_ACCEPTED = "evidence_accepted"
"""留痕的 changes 裏，採用了哪幾份佐證的鍵。"""

FINDINGS_WITHDRAWN = "findings_withdrawn"
"""留痕的 changes 裏，隨通過一起撤回的認定的鍵。"""

WITHDRAW_WITHIN = timedelta(minutes=10)
"""點錯了「通過」，本人在這段時間內可以撤回。"""


@dataclass(frozen=True)
class EvidenceVerdict:
    """對一份佐證的認定：採用，或不採用及理由。"""

    is_accepted: bool
    reason: str = ""
    ticks: tuple[tuple[str, bool], ...] | None = None
    """逐條看的結果：（要求, 看到沒有）。None 表示沒有逐條看（如批量通過），記錄不動。"""


@transaction.atomic
def accept(
    *,
    actor: User,
    submission_id: int,
    at: datetime,
    verdicts: dict[int, EvidenceVerdict] | None = None,
    remark: str = "",
    round_number: int | None = None,
) -> Round:
    """審核通過。verdicts 為 {EvidenceLink.pk: 認定}，沒有提到的佐證視為採用。

    round_number 是頁面上看的那一輪；已不是當前一輪時不通過（StaleRound）。

    Raises PermissionDenied（不是辦公室，或本人報出、初審過）、WrongState（已有人辦了）、
    Incomplete（某份佐證不採用而沒寫理由）。
    """
    if errors := missing_reasons(verdicts):
        raise Incomplete(errors)
    submission, round_ = _take(actor, submission_id, at, round_number)
    _judge_evidence(round_, verdicts or {}, default=EvidenceLink.State.ACCEPTED)
    _decide(round_, Round.Decision.ACCEPTED, remark, actor, at)
    submission.move(
        Submission.State.ENDORSED, Submission.State.ACCEPTED, why_not_waiting(submission)
    )
    submission.accepted_at = at
    submission.save(update_fields=["accepted_at"])
    measure = submission.assignment.measure
    if is_lead(submission) and round_.percent is not None:
        measure.percent = round_.percent
        measure.save(update_fields=["percent"])
    refresh_measure(measure)
    _tell(actor, submission, round_, at, action="tasks.accepted", due=None)
    return round_


@transaction.atomic
def send_back(
    *,
    actor: User,
    submission_id: int,
    reason: str,
    at: datetime,
    verdicts: dict[int, EvidenceVerdict] | None = None,
    due_date: date | None = None,
    round_number: int | None = None,
) -> Round:
    """退回補正：整體理由必填，不採用的佐證各有理由；開新的一輪並重新計時。返回新的一輪。

    Raises PermissionDenied、WrongState、Incomplete（沒寫理由，或某份佐證沒寫理由）。
    """
    errors = {} if reason.strip() else {"reason": _("填寫退回理由，經辦人要據此修改。")}
    errors |= missing_reasons(verdicts)
    due_date = due_date or calendar().add(at.date(), SEND_BACK_DAYS)
    if due_date < at.date():
        errors["due_date"] = _("補報時限已經過去，請選今天或以後的日期。")
    if errors:
        raise Incomplete(errors)
    submission, round_ = _take(actor, submission_id, at, round_number)
    _judge_evidence(round_, verdicts or {}, default=EvidenceLink.State.PENDING)
    _decide(round_, Round.Decision.SENT_BACK, reason, actor, at)
    fresh = open_next_round(submission, round_, due_date=due_date, at=at)
    _tell(actor, submission, round_, at, action="tasks.sent_back", due=due_date)
    return fresh


def missing_reasons(verdicts: dict[int, EvidenceVerdict] | None) -> dict[str, str]:
    """不採用而沒寫理由的佐證：{evidence_編號: 怎麼補}。"""
    return {
        f"evidence_{link_id}": _("說明這份佐證為什麼不採用、要換成什麼。")
        for link_id, verdict in (verdicts or {}).items()
        if not verdict.is_accepted and not verdict.reason.strip()
    }


def why_not_waiting(submission: Submission) -> str:
    """為什麼這一期不在待審核：說出剛由誰辦了，後到的人才知道發生了什麼。"""
    decided = submission.rounds.exclude(decided_at=None).select_related("decided_by")
    last = decided.order_by("-number").first()
    words = {"unit": submission.assignment.department.name, "period": submission.name}
    if last is None or submission.state == Submission.State.SUBMITTED:
        return _("%(unit)s%(period)s進展不在待審核，要等單位初審之後。") % words
    words |= {"who": str(last.decided_by), "outcome": last.get_decision_display()}
    return _("%(unit)s%(period)s進展剛由%(who)s辦了：%(outcome)s。") % words


def _take(
    actor: User, submission_id: int, at: datetime, seen: int | None
) -> tuple[Submission, Round]:
    submission = locked_submission(submission_id)
    round_ = current_round(submission)
    if submission.state != Submission.State.ENDORSED:
        raise WrongState(why_not_waiting(submission))
    require_in_progress(submission)
    require_round(submission, seen)
    if not policies.can_review(standing_of(actor, at.date()), round_):
        raise PermissionDenied(_("審核要由本活動辦公室的人來做，且不能審核自己報出或初審的。"))
    return submission, round_


def _judge_evidence(round_: Round, verdicts: dict[int, EvidenceVerdict], *, default: str) -> None:
    links = list(round_.evidence.filter(removed_at__isnull=True))
    for link in links:
        verdict = verdicts.get(link.pk)
        if verdict is None:
            link.state = default
        elif verdict.is_accepted:
            link.state, link.reason = EvidenceLink.State.ACCEPTED, ""
        else:
            link.state, link.reason = EvidenceLink.State.REJECTED, verdict.reason
        if verdict and verdict.ticks is not None:
            # 連要求的原話一起存：要求以後改了，當時看的是什麼還查得到。
            link.ticks = [{"text": text, "ok": is_seen} for text, is_seen in verdict.ticks]
    EvidenceLink.objects.bulk_update(links, ["state", "reason", "ticks"])


def _decide(round_: Round, decision: str, reason: str, actor: User, at: datetime) -> None:
    round_.decision, round_.reason = decision, reason
    round_.decided_at, round_.decided_by = at, actor
    round_.save(update_fields=["decision", "reason", "decided_at", "decided_by"])


@source_script()
def _tell(
    actor: User,
    submission: Submission,
    round_: Round,
    at: datetime,
    *,
    action: str,
    due: date | None,
) -> None:
    measure = submission.assignment.measure
    words = {
        "code": measure.code,
        "unit": submission.assignment.department.name,
        "period": submission.name,
        "due": long_date(due) if due else "",
    }
    if due:
        summary = _("退回%(unit)s%(period)s進展，限 %(due)s 前補報。") % words
        title = _("%(code)s %(period)s進展被退回，請在 %(due)s 前補報") % words
    else:
        summary = _("審核通過%(unit)s%(period)s進展。") % words
        title = _("%(code)s %(period)s進展審核通過") % words
    lines = [round_.reason, *_evidence_reasons(round_)]
    record(
        actor=actor,
        action=action,
        target=submission,
        topic=measure,
        at=at,
        summary=summary,
        reason=round_.reason,
        changes=_accepted_evidence(round_) if not due else {},
        notify=_readers(submission, round_, at),
        message=Message(
            title=title,
            body="\n".join(line for line in lines if line),
            url=submission.get_absolute_url(),
        ),
    )


def _readers(submission: Submission, round_: Round, at: datetime) -> list[User]:
    """該知道審核結果的人：報出的、初審的，和這個單位現在的人。"""
    staff = staff_of(submission.assignment.department_id, at.date())
    return [round_.submitted_by, round_.endorsed_by, *staff]


def _evidence_reasons(round_: Round) -> list[str]:
    rejected = round_.evidence.filter(removed_at__isnull=True, state=EvidenceLink.State.REJECTED)
    return [f"{link.name}：{link.reason}" for link in rejected]


def _accepted_evidence(round_: Round) -> dict[str, list[str]]:
    """留痕裏的一筆：採用了哪幾份，文號、材料日期、逐條看的結果。"""
    accepted = round_.evidence.filter(removed_at__isnull=True, state=EvidenceLink.State.ACCEPTED)
    lines = [judged_words(link) for link in accepted.select_related("file")]
    return {EVIDENCE_ACCEPTED: ["", "；".join(lines)]} if lines else {}


def judged_words(link: EvidenceLink) -> str:
    """「收費目錄.pdf（嵐民〔2026〕12號，2026年11月3日；看過：紅頭齊全；沒勾：印章清楚）」。"""
    day = dated(link)
    facts = "，".join(filter(None, [link.number, long_date(day) if day else ""]))
    seen = "、".join(tick["text"] for tick in link.ticks if tick["ok"])
    unseen = "、".join(tick["text"] for tick in link.ticks if not tick["ok"])
    parts = [
        facts,
        _("不採用：%(reason)s") % {"reason": link.reason}
        if link.state == EvidenceLink.State.REJECTED
        else "",
        _("看過：%(lines)s") % {"lines": seen} if seen else "",
        _("沒勾：%(lines)s") % {"lines": unseen} if unseen else "",
    ]
    said = "；".join(filter(None, parts))
    return f"{link.name}（{said}）" if said else link.name


@dataclass
class BulkAccepted:
    """批量通過的結果。"""

    submissions: list[int] = field(default_factory=list)
    refused: dict[int, str] = field(default_factory=dict)


def accept_many(*, actor: User, submission_ids: Iterable[int], at: datetime) -> BulkAccepted:
    """逐件通過，每件一個事務；某件此刻不能通過只影響它自己，理由按件返回。"""
    result = BulkAccepted()
    for submission_id in submission_ids:
        try:
            accept(actor=actor, submission_id=submission_id, at=at)
        except (WrongState, PermissionDenied, Submission.DoesNotExist) as error:
            result.refused[submission_id] = str(error)
        else:
            result.submissions.append(submission_id)
    return result


@transaction.atomic
def withdraw_acceptance(*, actor: User, submission_id: int, at: datetime) -> Round:
    """撤回剛才的通過：只限本人、十分鐘以內、任務還沒銷號。回到待審核，佐證回到未定。

    認定、理由和逐條勾的是那一次看到的，一併撤下，重新審核要重新看、重新勾；原話留在留痕裏。
    牽頭單位的已核定進度退回到前一次通過的；收到過通過通知的人都會得知撤回。
    Raises PermissionDenied（不是本人通過的）、WrongState（已不在通過、過了時間、已銷號）。
    """
    submission = locked_submission(submission_id)
    round_ = current_round(submission)
    _permit_withdrawing(actor, submission, round_, at)
    findings = _withdraw_findings(round_)
    round_.decision, round_.reason = Round.Decision.NONE, ""
    round_.decided_at = round_.decided_by = None
    round_.save(update_fields=["decision", "reason", "decided_at", "decided_by"])
    submission.state, submission.accepted_at = Submission.State.ENDORSED, None
    submission.save(update_fields=["state", "accepted_at"])
    measure = submission.assignment.measure
    if is_lead(submission):
        measure.percent = _accepted_percent(measure)
        measure.save(update_fields=["percent"])
    refresh_measure(measure)
    _tell_withdrawn(actor, submission, round_, findings, at)
    return round_


@source_script()
def _withdraw_findings(round_: Round) -> dict[str, list[str]]:
    """佐證回到未定；返回留痕用的一筆：撤下的認定。"""
    links = round_.evidence.filter(removed_at__isnull=True)
    lines = [judged_words(link) for link in links.select_related("file")]
    links.update(state=EvidenceLink.State.PENDING, reason="", ticks=[])
    return {FINDINGS_WITHDRAWN: ["；".join(lines), ""]} if lines else {}


def _permit_withdrawing(actor: User, submission: Submission, round_: Round, at: datetime) -> None:
    is_office = standing_of(actor, at.date()).is_office(submission.assignment.measure.campaign_id)
    if not is_office:
        raise PermissionDenied(_("通過只能由審核的本人撤回。"))
    if submission.state != Submission.State.ACCEPTED:
        raise WrongState(_("這一期已不在審核通過，不用撤回。"))
    if round_.decided_by_id != actor.pk:
        raise PermissionDenied(_("通過只能由審核的本人撤回。"))
    if at - round_.decided_at > WITHDRAW_WITHIN:
        raise WrongState(
            _("通過已超過 %(minutes)s 分鐘，單位可能已據此安排，不能再撤回。")
            % {"minutes": WITHDRAW_WITHIN.seconds // 60}
        )
    if submission.assignment.measure.state != Measure.State.ISSUED:
        raise WrongState(_("這項任務已經銷號或中止，不能再撤回通過。"))
    require_in_progress(submission)


def _accepted_percent(measure: Measure) -> int:
    """牽頭單位最近一次通過的進度；一次也沒有時為 0。"""
    percents = Round.objects.filter(
        submission__assignment__measure=measure,
        submission__assignment__role=Assignment.Role.LEAD,
        decision=Round.Decision.ACCEPTED,
        percent__isnull=False,
    ).order_by("-decided_at", "-pk")
    return percents.values_list("percent", flat=True).first() or 0


@source_script()
def _tell_withdrawn(
    actor: User,
    submission: Submission,
    round_: Round,
    findings: dict[str, list[str]],
    at: datetime,
) -> None:
    measure = submission.assignment.measure
    words = {
        "code": measure.code,
        "unit": submission.assignment.department.name,
        "period": submission.name,
    }
    record(
        actor=actor,
        action="tasks.acceptance_withdrawn",
        target=submission,
        topic=measure,
        at=at,
        summary=_("撤回對%(unit)s%(period)s進展的通過，重新審核。") % words,
        changes=findings,
        notify=_readers(submission, round_, at),
        message=Message(
            title=_("%(code)s %(period)s進展的通過已撤回，將重新審核") % words,
            body=measure.title,
            url=submission.get_absolute_url(),
        ),
    )


@transaction.atomic
def close_out(*, actor: User, measure_id: int, at: datetime) -> Measure:
    """銷號：牽頭和配合單位的每一期都審核通過後，辦公室銷號。

    Raises PermissionDenied、WrongState（還有誰沒報完）。
    """
    measure = (
        Measure.objects.select_for_update(of=("self",))
        .select_related("campaign")
        .get(pk=measure_id)
    )
    if not policies.can_break_down(standing_of(actor, at.date()), measure.campaign):
        raise PermissionDenied(_("只有本活動辦公室能銷號。"))
    if measure.state != Measure.State.ISSUED:
        raise WrongState(_("這項任務不在辦理中，不用銷號。"))
    live = measure.assignments.live()
    missing = list(
        live.filter(submissions__in=Submission.objects.exclude(state=Submission.State.ACCEPTED))
        .distinct()
        .values_list("department__name", flat=True)
    )
    if missing:
        raise WrongState(
            _("還不能銷號：%(units)s尚有沒審核通過的報送。") % {"units": "、".join(missing)}
        )
    with source_script():
        reason = _("任務已銷號，這份申請隨之了結。")
    settle_pending(live, actor=actor, reason=reason, at=at)
    live.update(state=Assignment.State.CLOSED, closed_at=at)
    measure.state, measure.closed_at, measure.percent = Measure.State.CLOSED, at, 100
    measure.version += 1
    measure.save(update_fields=["state", "closed_at", "percent", "version"])
    refresh_measure(measure)
    departments = measure.assignments.values_list("department_id", flat=True)
    with source_script():
        record(
            actor=actor,
            action="tasks.closed_out",
            target=measure,
            at=at,
            summary=_("各期都已審核通過，銷號。"),
            notify=[person for pk in departments for person in staff_of(pk, at.date())],
            message=Message(
                title=_("任務 %(code)s 已銷號") % {"code": measure.code},
                body=measure.title,
                url=measure.get_absolute_url(),
            ),
        )
    return measure
