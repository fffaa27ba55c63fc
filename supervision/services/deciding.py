"""反饋之後：批示的領導閱示，辦公室退回或銷號。"""

from datetime import datetime

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from campaigns.standing import standing_of
from people.models import User
from pingtan_civ.lib.dates import long_date
from supervision import policies
from supervision.models import Order, Round, office_is_tied, readers_of, terms_of
from supervision.services.answering import next_round
from supervision.services.orders import Limit, locked_order
from supervision.services.telling import day_of, handlers, leaders, office, tell
from tasks.models import WrongState
from tasks.services.handing_in import Incomplete
from workdays.services import calendar

State = Order.State
Decision, Verdict = Round.Decision, Round.Verdict


def _require_round(order: Order, seen: int) -> Round:
    order.require(State.ANSWERED)
    if order.current.number != seen:
        raise WrongState(
            _("您打開之後單位又報來新的一輪，剛才的決定沒有執行；請看過第 %(number)d 輪再定。")
            % {"number": order.current.number}
        )
    return order.current


def _permit_reading(actor: User, order: Order, at: datetime) -> None:
    readers = readers_of(order.instruction, day_of(at)) if order.instruction else []
    if actor not in readers:
        raise PermissionDenied(_("這份反饋由批示的領導（或繼任者）閱示。"))


@transaction.atomic
def give_verdict(
    *,
    actor: User,
    order_id: int,
    round_number: int,
    verdict: str,
    at: datetime,
    words: str = "",
) -> Order:
    """批示的領導看過反饋：已閱或滿意。之後辦公室才能銷號。

    Raises PermissionDenied、WrongState（已閱過，或不在已反饋）、Incomplete。
    """
    order = locked_order(order_id)
    _permit_reading(actor, order, at)
    round_ = _require_round(order, round_number)
    if verdict not in (Verdict.SEEN, Verdict.SATISFIED):
        raise Incomplete({"verdict": _("選「已閱」或「滿意」；不滿意請選「再辦」。")})
    if round_.verdict:
        raise WrongState(_("這份反饋已經閱示過，等辦公室銷號。"))
    round_.verdict, round_.verdict_words = verdict, words.strip()[:300]
    round_.verdict_at, round_.verdict_by = at, actor
    # 辦公室的審定時限從領導閱示起算：等領導的日子不算它的。
    days = terms_of(order.campaign).review_days
    round_.review_due_date = calendar().add(day_of(at), days)
    round_.save()
    order.version += 1
    order.save(update_fields=["version"])
    tell(
        actor=actor,
        order=order,
        action="read",
        at=at,
        summary=gettext_lazy("閱示 %(number)s 的%(report)s：%(verdict)s。"),
        title=gettext_lazy("領導%(verdict)s，請銷號：%(number)s「%(title)s」"),
        reason=round_.verdict_words,
        verdict=Verdict(verdict).label,
        notify=office(order, at),
    )
    return order


@transaction.atomic
def redo(
    *, actor: User, order_id: int, round_number: int, reason: str, limit: Limit, at: datetime
) -> Order:
    """批示的領導要求再辦：新的一輪，有自己的時限和理由。"""
    order = locked_order(order_id)
    _permit_reading(actor, order, at)
    _require_round(order, round_number)
    return _back(actor, order, Decision.REDO, reason, limit, at)


@transaction.atomic
def send_back(
    *, actor: User, order_id: int, round_number: int, reason: str, limit: Limit, at: datetime
) -> Order:
    """辦公室退回重辦：新的一輪，有自己的時限和理由。"""
    order = locked_order(order_id)
    _permit_reviewing(actor, order, at)
    _require_round(order, round_number)
    return _back(actor, order, Decision.SENT_BACK, reason, limit, at)


def _permit_reviewing(actor: User, order: Order, at: datetime) -> None:
    standing, now = standing_of(actor, day_of(at)), order.current
    is_tied = order.state == State.ANSWERED and office_is_tied(order, now.hands, day_of(at))
    can_review = policies.can_review(standing, order, now, is_office_tied=is_tied)
    if not (can_review or policies.can_manage(standing, order.campaign)):
        words = {"slip": order.words.slip, "settle": order.words.settle}
        raise PermissionDenied(_("%(slip)s由本活動辦公室%(settle)s。") % words)
    if order.state == State.ANSWERED and not can_review:
        words = {"report": order.words.report, "settle": order.words.settle}
        raise PermissionDenied(
            _("自己送簽或簽發的%(report)s，請辦公室的另一位來%(settle)s。") % words
        )


def _back(
    actor: User, order: Order, decision: str, reason: str, limit: Limit, at: datetime
) -> Order:
    errors = {}
    if not reason.strip():
        errors["reason"] = _("寫明還差什麼，承辦單位要據此再辦。")
    default = terms_of(order.campaign).days_of(order.source)
    days = limit.days if limit.days or limit.day else default
    limit = Limit(days, limit.day)
    due = limit.due(day_of(at))
    if due <= day_of(at):
        errors["due_date"] = _("再辦的時限要晚於今天。")
    if errors:
        raise Incomplete(errors)
    order.due_date, order.limit_days = due, limit.days
    order.save(update_fields=["due_date", "limit_days"])
    next_round(order, decision, actor, reason, at)
    tell(
        actor=actor,
        order=order,
        action=str(decision),
        at=at,
        summary=gettext_lazy("%(what)s %(number)s，%(due)s前再%(give)s。"),
        title=gettext_lazy("%(what)s：%(number)s「%(title)s」，%(due)s前再%(give)s"),
        reason=reason.strip(),
        what=order.words.send_back if decision == Decision.SENT_BACK else Decision(decision).label,
        due=long_date(due),
        notify=[*handlers(order, at), *leaders(order, at), *office(order, at)],
    )
    return order


@transaction.atomic
def close_order(
    *, actor: User, order_id: int, round_number: int, at: datetime, words: str = ""
) -> Order:
    """銷號。批示的單子要等領導閱示之後；整改單要寫明復查情況。

    Raises PermissionDenied、WrongState（還沒反饋，或領導還沒看過）、Incomplete。
    """
    order = locked_order(order_id)
    _permit_reviewing(actor, order, at)
    round_ = _require_round(order, round_number)
    if order.instruction and not round_.verdict:
        raise WrongState(_("這是領導批示的事，等批示的領導閱示之後再銷號。"))
    if order.is_rectification and not words.strip():
        raise Incomplete({"words": _("寫明怎樣復查的、是不是改到位了，再銷號。")})
    round_.decision, round_.reason = Decision.CLOSED, words.strip()
    round_.decided_at, round_.decided_by = at, actor
    round_.save(update_fields=["decision", "reason", "decided_at", "decided_by"])
    order.state, order.closed_at, order.version = State.CLOSED, at, order.version + 1
    order.save(update_fields=["state", "closed_at", "version"])
    tell(
        actor=actor,
        order=order,
        action="closed",
        at=at,
        summary=gettext_lazy("%(number)s「%(title)s」辦結銷號。"),
        reason=words.strip(),
        notify=[*handlers(order, at), *leaders(order, at)],
    )
    return order
