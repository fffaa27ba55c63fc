"""承辦單位：領辦、寫反饋、送負責人簽發、簽發、退回修改。

督辦的書面反饋要單位主要負責人簽字，所以經辦人寫好只是送簽，負責人簽發了才算反饋；
不簽發自己送簽的，單位只有一個人時送簽即簽發（與初審同一規則）。
"""

from datetime import datetime

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.utils.timezone import localtime
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from campaigns.standing import standing_of
from people.models import User
from people.services import heads_of, staff_of
from supervision import policies
from supervision.models import Attachment, Order, Round, readers_of, terms_of
from supervision.services.orders import locked_order, settle_extensions
from supervision.services.telling import day_of, handlers, office, tell
from tasks.models import WrongState
from tasks.services.handing_in import Incomplete
from workdays.services import calendar

ANSWER_LIMIT = 2000
State = Order.State


class StaleAnswer(WrongState):
    """別人（或另一個窗口）在此期間保存過；round 是現在庫裏的內容，絕不覆蓋它。"""

    def __init__(self, round_: Round) -> None:
        super().__init__(
            _("%(who)s 在 %(when)s 保存過這份%(report)s，您的內容沒有覆蓋它，請對照後再保存。")
            % {
                "report": round_.order.words.report,
                "who": round_.saved_by or _("另一位同事"),
                "when": f"{localtime(round_.saved_at):%H:%M}" if round_.saved_at else "",
            }
        )
        self.round = round_


def permit_answering(actor: User, order: Order, at: datetime) -> None:
    """此刻此人能不能寫這一輪。Raises PermissionDenied、WrongState。"""
    _permit_own(actor, order, at)
    order.require(State.ACCEPTED)
    if order.current.submitted_at:
        words = {"report": order.words.report}
        raise WrongState(_("這份%(report)s已經送簽，不能再改；要改請負責人退回。") % words)


def _permit_own(actor: User, order: Order, at: datetime) -> None:
    if not policies.can_answer(standing_of(actor, day_of(at)), order):
        unit = order.lead_department.name if order.lead_department else ""
        words = {"slip": order.words.slip, "unit": unit}
        raise PermissionDenied(_("這張%(slip)s由%(unit)s承辦，只有該單位的人能辦。") % words)


@transaction.atomic
def acknowledge(*, actor: User, order_id: int, at: datetime) -> Order:
    """領辦。同一單位的人再點一次不算錯，原樣返回。Raises PermissionDenied、WrongState。"""
    order = locked_order(order_id)
    _permit_own(actor, order, at)
    if order.state == State.ACCEPTED and order.acknowledged_by_id == actor.pk:
        return order
    order.require(State.ISSUED)
    order.state, order.acknowledged_at, order.acknowledged_by = State.ACCEPTED, at, actor
    order.version += 1
    order.save(update_fields=["state", "acknowledged_at", "acknowledged_by", "version"])
    tell(
        actor=actor,
        order=order,
        action="acknowledged",
        at=at,
        summary=gettext_lazy("%(unit)s%(acknowledge)s %(number)s。"),
    )
    return order


@transaction.atomic
def save_answer(*, actor: User, order_id: int, text: str, version: int, at: datetime) -> Round:
    """存草稿。version 是打開時看到的保存次數，對不上就拋 StaleAnswer，不覆蓋；內容相同不算。"""
    order = locked_order(order_id)
    permit_answering(actor, order, at)
    return _save(actor, order, text, version, at)


def _save(actor: User, order: Order, text: str, version: int, at: datetime) -> Round:
    round_ = order.current
    if round_.text == text:
        return round_
    if round_.version != version:
        raise StaleAnswer(round_)
    round_.text, round_.saved_at, round_.saved_by = text, at, actor
    round_.version += 1
    round_.save(update_fields=["text", "saved_at", "saved_by", "version"])
    return round_


@transaction.atomic
def submit_answer(*, actor: User, order_id: int, text: str, version: int, at: datetime) -> Round:
    """送簽。送簽的是唯一負責人時由同事復核；單位只有他一人時送簽即簽發。

    同一個人同一份內容連點兩次，第二次原樣返回。
    Raises PermissionDenied、WrongState（含 StaleAnswer）、Incomplete。
    """
    order = locked_order(order_id)
    round_ = order.current
    if round_.submitted_by_id == actor.pk and round_.text == text:
        return round_
    permit_answering(actor, order, at)
    _require_text(order, text)
    round_ = _save(actor, order, text, version, at)
    unit, today = order.lead_department_id, day_of(at)
    others = [head for head in heads_of(unit, today) if head != actor]
    colleagues = [person for person in staff_of(unit, today) if person != actor]
    round_.submitted_at, round_.submitted_by = at, actor
    round_.by_colleague = not others and bool(colleagues)
    round_.save(update_fields=["submitted_at", "submitted_by", "by_colleague"])
    tell(
        actor=actor,
        order=order,
        action="submitted",
        at=at,
        summary=gettext_lazy("%(unit)s擬好 %(number)s 的%(report)s，送簽。"),
        title=gettext_lazy("請簽發：%(number)s「%(title)s」的%(report)s"),
        notify=others or colleagues,
    )
    if not others and not colleagues:
        _pass_on(actor, order, at)
    return round_


def _require_text(order: Order, text: str) -> None:
    if not text.strip():
        raise Incomplete({"text": _("寫明辦了什麼、結果怎樣；佐證傳在下面。")})
    if len(text) > ANSWER_LIMIT:
        words = {"report": order.words.report, "limit": ANSWER_LIMIT, "count": len(text)}
        raise Incomplete(
            {
                "text": _(
                    "%(report)s最多 %(limit)d 字，現有 %(count)d 字，請刪短，長材料傳成附件。"
                )
                % words
            }
        )


@transaction.atomic
def sign_answer(*, actor: User, order_id: int, round_number: int, at: datetime) -> Order:
    """負責人簽發反饋，報辦公室；批示的單子同時回到批示的領導。

    round_number 是頁面上看的那一輪。Raises PermissionDenied、WrongState。
    """
    order = locked_order(order_id)
    _permit_signing(actor, order, round_number, at)
    _pass_on(actor, order, at)
    return order


def _permit_signing(actor: User, order: Order, seen: int, at: datetime) -> None:
    _permit_own(actor, order, at)
    order.require(State.ACCEPTED)
    round_ = order.current
    if round_.number != seen or not round_.waits_for_signature:
        raise WrongState(
            _("這份%(report)s不在待簽發：可能剛由別人辦了，請刷新看看。")
            % {"report": order.words.report}
        )
    if not policies.can_sign(standing_of(actor, day_of(at)), order, round_):
        raise PermissionDenied(
            _("%(report)s要由單位負責人簽發，且不能簽發自己送簽的。")
            % {"report": order.words.report}
        )


def _pass_on(actor: User, order: Order, at: datetime) -> None:
    round_ = order.current
    days = terms_of(order.campaign).review_days
    round_.signed_at, round_.signed_by = at, actor
    round_.review_due_date = calendar().add(day_of(at), days)
    round_.save(update_fields=["signed_at", "signed_by", "review_due_date"])
    order.state, order.version = State.ANSWERED, order.version + 1
    order.save(update_fields=["state", "version"])
    settle_extensions(order, at)
    readers = readers_of(order.instruction, day_of(at)) if order.instruction else []
    tell(
        actor=actor,
        order=order,
        action="answered",
        at=at,
        summary=gettext_lazy("%(unit)s%(give)s %(number)s%(late)s。"),
        title=gettext_lazy("%(unit)s已%(give)s：%(number)s「%(title)s」"),
        reason="",
        notify=[*readers, *office(order, at)],
        late=gettext_lazy("（逾期）") if round_.is_late else "",
    )


@transaction.atomic
def give_back(*, actor: User, order_id: int, round_number: int, reason: str, at: datetime) -> Order:
    """負責人退回修改：單位內部的事，時限不變，另開一輪，字和佐證都帶過去。"""
    order = locked_order(order_id)
    _permit_signing(actor, order, round_number, at)
    if not reason.strip():
        raise Incomplete({"reason": _("寫明要改什麼，經辦人據此修改。")})
    writer, unit = order.current.submitted_by, handlers(order, at)
    next_round(order, Round.Decision.GIVEN_BACK, actor, reason, at)
    tell(
        actor=actor,
        order=order,
        action="given_back",
        at=at,
        summary=gettext_lazy("%(unit)s負責人退回 %(number)s 的%(report)s修改。"),
        title=gettext_lazy("%(report)s退回修改：%(number)s「%(title)s」"),
        reason=reason.strip(),
        # 擬稿的人離任了，告訴接手的。
        notify=[writer] if writer in unit else unit,
    )
    return order


def next_round(order: Order, decision: str, actor: User, reason: str, at: datetime) -> Round:
    """了結當前一輪，另開一輪；時限沿用，要改的由調用者改。寫過的字和佐證帶過去，只改要改的。"""
    old = order.current
    old.decision, old.reason = decision, reason.strip()
    old.decided_at, old.decided_by = at, actor
    old.save(update_fields=["decision", "reason", "decided_at", "decided_by"])
    fresh = Round.objects.create(
        order=order,
        number=old.number + 1,
        opened_at=at,
        due_date=order.due_date,
        limit_days=order.limit_days,
        text=old.text,
    )
    Attachment.objects.bulk_create(
        Attachment(
            order=order,
            round=fresh,
            file_id=each.file_id,
            name=each.name,
            added_at=each.added_at,
            added_by_id=each.added_by_id,
        )
        for each in old.evidence.filter(removed_at__isnull=True)
    )
    order.current, order.state = fresh, State.ACCEPTED
    order.version += 1
    order.save(update_fields=["current", "state", "version"])
    return fresh
