"""填報：存草稿、報出、本單位初審或退回。"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.utils.timezone import localtime
from django.utils.translation import gettext as _

from campaigns.standing import office_members, standing_of
from journal.services import Message, record, source_script
from people.models import User
from people.services import heads_and_staff
from tasks import policies
from tasks.models import (
    Assignment,
    EvidenceLink,
    FigureValue,
    Measure,
    Round,
    Submission,
    WrongState,
)
from tasks.services import describing
from tasks.services.describing import Description
from tasks.services.issuing import lock_measures, refresh_measure

NARRATIVE_LIMIT = 500
"""說明報告的字數上限（國家測評體系：每項說明一般不超過 500 字）。"""


@dataclass(frozen=True)
class Draft:
    """一輪裏人填的東西。figures 為 {MeasureFigure.pk: 整數百分之一}，未填的不出現。"""

    narrative: str = ""
    problems: str = ""
    needs: str = ""
    percent: int | None = None
    is_nil: bool = False
    nil_reason: str = ""
    gap_reason: str = ""
    figures: dict[int, int] = field(default_factory=dict)


class Conflict(Exception):
    """別人（或另一個窗口）在此期間保存過；round 是現在庫裏的內容，絕不覆蓋它。"""

    def __init__(self, round_: Round) -> None:
        super().__init__(
            _("%(who)s 在 %(when)s 保存過這份填報，您的內容沒有覆蓋它，請對照後再保存。")
            % {
                "who": round_.saved_by or _("另一位同事"),
                "when": f"{localtime(round_.saved_at):%H:%M}" if round_.saved_at else "",
            }
        )
        self.round = round_


class StaleRound(WrongState):
    """頁面上看的那一輪已經不是當前這一輪：決定不算，要看過新的一輪再定。"""


class Incomplete(Exception):
    """還不能報出：errors 為 {字段: 怎麼補}。"""

    def __init__(self, errors: dict[str, str]) -> None:
        super().__init__("；".join(errors.values()))
        self.errors = errors


def locked_submission(submission_id: int) -> Submission:
    """鎖住一期報送（連同它所屬的任務、措施、活動一起取出）。

    先鎖措施再鎖報送，處處如此：同一措施的事一件一件辦，不會互相等死，也不會各按各的
    舊數字重算「最早該報的」。
    """
    lock_measures(assignments__submissions=submission_id)
    return Submission.objects.select_for_update(of=("self",)).with_measure().get(pk=submission_id)


def current_round(submission: Submission) -> Round:
    """當前這一輪。"""
    round_ = submission.rounds.select_related("saved_by").get(number=submission.round_number)
    round_.submission = submission
    return round_


def draft_of(round_: Round) -> Draft:
    """一輪裏現存的內容。"""
    return Draft(
        narrative=round_.narrative,
        problems=round_.problems,
        needs=round_.needs,
        percent=round_.percent,
        is_nil=round_.is_nil,
        nil_reason=round_.nil_reason,
        gap_reason=round_.gap_reason,
        figures={value.figure_id: value.hundredths for value in round_.figure_values.all()},
    )


@transaction.atomic
def save_draft(
    *,
    actor: User,
    submission_id: int,
    draft: Draft,
    version: int,
    at: datetime,
    descriptions: Mapping[int, Description] | None = None,
) -> Round:
    """存草稿，連同各份佐證的形式、說明、文號、材料日期（descriptions：{EvidenceLink.pk: 寫的}）。

    version 是此人打開時看到的保存次數，對不上就拋 Conflict，一處也不覆蓋。內容與庫裏一樣的
    不算衝突也不再存一遍：連點兩下、回應在路上丟了再送，都是這種。
    Raises PermissionDenied、WrongState（已報出）、Conflict。
    """
    submission = locked_submission(submission_id)
    permit_filling(actor, submission, at)
    round_ = current_round(submission)
    links = describing.redescribed(round_, descriptions or {})
    if not links and _same(draft_of(round_), draft):
        return round_
    if round_.version != version:
        raise Conflict(round_)
    EvidenceLink.objects.bulk_update(links, describing.FIELDS)
    _write(round_, draft, actor, at)
    return round_


def _same(one: Draft, other: Draft) -> bool:
    """兩份內容存進庫裏是否一樣；零報告不存進度，所以不比它。"""
    if one.is_nil and other.is_nil:
        one, other = replace(one, percent=None), replace(other, percent=None)
    return one == other


@transaction.atomic
def submit(*, actor: User, submission_id: int, draft: Draft, version: int, at: datetime) -> Round:
    """報出本輪，交本單位負責人初審。

    同一個人同一份內容連點兩次，第二次原樣返回，不重複報。報出的人是唯一負責人時由
    同事復核；單位只有他一人時視為已初審，直接到辦公室。
    Raises PermissionDenied、WrongState、Conflict、Incomplete。
    """
    submission = locked_submission(submission_id)
    round_ = current_round(submission)
    is_same = _same(draft_of(round_), draft)
    is_second_press = round_.submitted_by_id == actor.pk and is_same
    if submission.state != Submission.State.OPEN and is_second_press:
        return round_
    permit_filling(actor, submission, at)
    if round_.version != version and not is_same:
        raise Conflict(round_)
    errors = why_incomplete(submission.assignment.measure, draft)
    errors |= _why_lower(submission, draft)
    if errors:
        raise Incomplete(errors)
    _write(round_, draft, actor, at)
    round_.submitted_at, round_.submitted_by = at, actor
    department_id = submission.assignment.department_id
    heads, staff = heads_and_staff(department_id, at.date())
    others = [head for head in heads if head != actor]
    colleagues = [person for person in staff if person != actor]
    round_.by_colleague = not others and bool(colleagues)
    round_.save(update_fields=["submitted_at", "submitted_by", "by_colleague"])
    submission.move(
        Submission.State.OPEN,
        Submission.State.SUBMITTED,
        _("這一期已經報出，不能再改；要改請負責人退回。"),
    )
    _record_submitted(actor, submission, round_, others or colleagues, at)
    if not others and not colleagues:
        _pass_on(actor, submission, round_, at, alone=True)
    refresh_measure(submission.assignment.measure)
    return round_


def why_incomplete(measure: Measure, draft: Draft) -> dict[str, str]:
    """還缺什麼才能報出：{字段: 怎麼補}。"""
    errors: dict[str, str] = {}
    if len(draft.narrative) > NARRATIVE_LIMIT:
        errors["narrative"] = _(
            "說明超過 %(limit)s 字，現有 %(count)s 字，請刪去 %(over)s 字。"
        ) % {
            "limit": NARRATIVE_LIMIT,
            "count": len(draft.narrative),
            "over": len(draft.narrative) - NARRATIVE_LIMIT,
        }
    if draft.is_nil:
        if not draft.nil_reason.strip():
            errors["nil_reason"] = _("本期沒有進展也可以，請寫明理由，辦公室要據此審核。")
        return errors
    if not draft.narrative.strip():
        errors["narrative"] = _("寫一兩句本期做了什麼；確實沒有進展，勾選「零報告」並說明理由。")
    if measure.asks_percent and draft.percent is None:
        errors["percent"] = _("填寫到目前為止的完成進度，0 至 100。")
    for figure in measure.figures.all():
        if figure.pk not in draft.figures:
            errors[f"figure_{figure.pk}"] = _("填寫「%(name)s」，沒有發生就填 0。") % {
                "name": figure.name
            }
    return errors


def _why_lower(submission: Submission, draft: Draft) -> dict[str, str]:
    """牽頭單位報的進度低於已核定的，要在「存在的問題」裏說明；不說明不能報出。"""
    last = submission.assignment.measure.percent
    is_lower = not draft.is_nil and draft.percent is not None and draft.percent < last
    if not is_lead(submission) or not is_lower or draft.problems.strip():
        return {}
    return {
        "percent": _(
            "進度 %(now)s%% 低於已核定的 %(last)s%%；確需調低，請在「存在的問題」裏寫明原因。"
        )
        % {"now": draft.percent, "last": last}
    }


def permit_filling(actor: User, submission: Submission, at: datetime) -> None:
    """此刻此人能不能填這一期。Raises PermissionDenied、WrongState。"""
    if not policies.can_fill_in(standing_of(actor, at.date()), submission):
        raise PermissionDenied(
            _("只有%(unit)s的人能填報這一期。") % {"unit": submission.assignment.department.name}
        )
    if submission.state != Submission.State.OPEN:
        raise WrongState(_("這一期已經報出，不能再改；要改請負責人退回。"))
    require_in_progress(submission)


def require_in_progress(submission: Submission) -> None:
    """所屬任務在辦、措施已下達、活動進行中；填報、初審、審核都先問它。Raises WrongState。"""
    submission.assignment.require_in_progress()


def require_round(submission: Submission, seen: int | None) -> None:
    """人看着第 seen 輪定的，就只能定這一輪；seen 為 None 表示沒有經過頁面。Raises StaleRound。"""
    if seen is not None and seen != submission.round_number:
        raise StaleRound(
            _("您打開之後單位又報來新的一輪，剛才的決定沒有執行；請看過第 %(number)s 輪再定。")
            % {"number": submission.round_number}
        )


def _write(round_: Round, draft: Draft, actor: User, at: datetime) -> None:
    round_.narrative, round_.problems, round_.needs = draft.narrative, draft.problems, draft.needs
    round_.percent = None if draft.is_nil else draft.percent
    round_.is_nil, round_.nil_reason = draft.is_nil, draft.nil_reason
    round_.gap_reason = draft.gap_reason
    round_.version += 1
    round_.saved_at, round_.saved_by = at, actor
    round_.save(
        update_fields=[
            "narrative",
            "problems",
            "needs",
            "percent",
            "is_nil",
            "nil_reason",
            "gap_reason",
            "version",
            "saved_at",
            "saved_by",
        ]
    )
    round_.figure_values.exclude(figure_id__in=draft.figures).delete()
    for figure_id, hundredths in draft.figures.items():
        FigureValue.objects.update_or_create(
            round=round_, figure_id=figure_id, defaults={"hundredths": hundredths}
        )


@source_script()
def _record_submitted(
    actor: User, submission: Submission, round_: Round, readers: list[User], at: datetime
) -> None:
    measure = submission.assignment.measure
    words = {
        "unit": submission.assignment.department.name,
        "period": submission.name,
        "code": measure.code,
        "late": _("（逾期報出）") if round_.is_late else "",
        "nil": _("零報告") if round_.is_nil else _("進展"),
    }
    record(
        actor=actor,
        action="tasks.submitted",
        target=submission,
        topic=measure,
        at=at,
        summary=_("%(unit)s報出%(period)s%(nil)s%(late)s。") % words,
        notify=readers,
        message=Message(
            title=_("請初審：%(code)s %(period)s%(nil)s") % words,
            body=measure.title,
            url=submission.get_absolute_url(),
        ),
    )


@transaction.atomic
def endorse(
    *, actor: User, submission_id: int, at: datetime, round_number: int | None = None
) -> Round:
    """負責人初審通過，交辦公室審核。round_number 是頁面上看的那一輪。

    Raises PermissionDenied（不是負責人，或就是本人報出的）、WrongState（已有人辦了）。
    """
    submission = locked_submission(submission_id)
    round_ = current_round(submission)
    _permit_endorsing(actor, submission, round_, at, round_number)
    _pass_on(actor, submission, round_, at, alone=False)
    return round_


def _permit_endorsing(
    actor: User, submission: Submission, round_: Round, at: datetime, seen: int | None
) -> None:
    if submission.state != Submission.State.SUBMITTED:
        raise WrongState(_("這一期不在待初審：可能剛由別人辦了，請刷新看看。"))
    require_in_progress(submission)
    require_round(submission, seen)
    if not policies.can_endorse(standing_of(actor, at.date()), round_):
        raise PermissionDenied(_("初審要由本單位負責人來做，且不能初審自己報出的。"))


def _pass_on(
    actor: User, submission: Submission, round_: Round, at: datetime, *, alone: bool
) -> None:
    measure = submission.assignment.measure
    round_.endorsed_at, round_.endorsed_by = at, actor
    round_.save(update_fields=["endorsed_at", "endorsed_by"])
    submission.move(
        Submission.State.SUBMITTED,
        Submission.State.ENDORSED,
        _("這一期不在待初審：可能剛由別人辦了，請刷新看看。"),
    )
    with source_script():
        words = {
            "unit": submission.assignment.department.name,
            "period": submission.name,
            "code": measure.code,
        }
        record(
            actor=actor,
            action="tasks.endorsed",
            target=submission,
            topic=measure,
            at=at,
            summary=(
                _("%(unit)s只有一人，%(period)s報出即送審核。")
                if alone
                else _("%(unit)s負責人初審通過%(period)s進展，送辦公室審核。")
            )
            % words,
            notify=office_members(measure.campaign, at.date()),
            message=Message(
                title=_("待審核：%(code)s %(unit)s%(period)s進展") % words,
                body=measure.title,
                url=submission.get_absolute_url(),
            ),
        )


@transaction.atomic
def give_back(
    *,
    actor: User,
    submission_id: int,
    reason: str,
    at: datetime,
    round_number: int | None = None,
) -> Round:
    """負責人退回給經辦人，開新的一輪，時限不變。返回新的一輪。round_number 同初審。

    Raises PermissionDenied、WrongState、Incomplete（沒寫理由）。
    """
    if not reason.strip():
        raise Incomplete({"reason": _("填寫退回理由，經辦人要據此修改。")})
    submission = locked_submission(submission_id)
    round_ = current_round(submission)
    _permit_endorsing(actor, submission, round_, at, round_number)
    round_.decision, round_.reason = Round.Decision.GIVEN_BACK, reason
    round_.decided_at, round_.decided_by = at, actor
    round_.save(update_fields=["decision", "reason", "decided_at", "decided_by"])
    measure = submission.assignment.measure
    with source_script():
        words = {"code": measure.code, "period": submission.name}
        record(
            actor=actor,
            action="tasks.given_back",
            target=submission,
            topic=measure,
            at=at,
            summary=_("負責人退回%(period)s進展。") % words,
            reason=reason,
            notify=[round_.submitted_by],
            message=Message(
                title=_("%(code)s %(period)s進展被負責人退回") % words,
                body=reason,
                url=submission.get_absolute_url(),
            ),
        )
    return open_next_round(submission, round_, due_date=submission.due_date, at=at)


def open_next_round(submission: Submission, last: Round, *, due_date: date, at: datetime) -> Round:
    """開新的一輪：帶上一輪填的內容和沒有被否的佐證，人在此基礎上改。"""
    submission.round_number = last.number + 1
    submission.state = Submission.State.OPEN
    submission.due_date = due_date
    submission.save(update_fields=["round_number", "state", "due_date"])
    fresh = Round.objects.create(
        submission=submission,
        number=submission.round_number,
        opened_at=at,
        due_date=due_date,
        narrative=last.narrative,
        problems=last.problems,
        needs=last.needs,
        percent=last.percent,
        is_nil=last.is_nil,
        nil_reason=last.nil_reason,
        gap_reason=last.gap_reason,
    )
    FigureValue.objects.bulk_create(
        FigureValue(round=fresh, figure_id=value.figure_id, hundredths=value.hundredths)
        for value in last.figure_values.all()
    )
    kept = last.evidence.filter(removed_at__isnull=True).exclude(state=EvidenceLink.State.REJECTED)
    EvidenceLink.objects.bulk_create(
        EvidenceLink(
            round=fresh,
            file_id=link.file_id,
            indicator_id=link.indicator_id,
            form_id=link.form_id,
            name=link.name,
            caption=link.caption,
            number=link.number,
            dated=link.dated,
            origin_id=link.origin_id,
            replaces_id=link.replaces_id,
            position=link.position,
            added_at=link.added_at,
            added_by_id=link.added_by_id,
        )
        for link in kept
    )
    refresh_measure(submission.assignment.measure)
    return fresh


def is_lead(submission: Submission) -> bool:
    return submission.assignment.role == Assignment.Role.LEAD
