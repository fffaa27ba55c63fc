"""工作台上的督辦：領辦、反饋、簽發、閱示、轉辦、裁定、銷號，等着本人的各一條。一次查詢。"""

from collections.abc import Iterable

from django.utils.translation import gettext as _

from campaigns.standing import Standing
from desk.todo import LISTED, Todo
from supervision import policies
from supervision.inbox import waiting
from supervision.models import Extension, Order, OrderQuerySet
from supervision.register import light_of, rule_on
from tasks.lights import Light, LightRule
from workdays.services import calendar

State = Order.State


def order_rows(standing: Standing, campaign_ids: list[int]) -> OrderQuerySet:
    return waiting(standing).filter(campaign__in=campaign_ids)


def order_todos(rows: OrderQuerySet, standing: Standing) -> Iterable[Todo]:
    """等着此人辦的督辦單；批示等着轉辦、反饋等着閱示的一律黃燈：有人在等。"""
    rule = rule_on(standing.on, calendar())
    return [_todo(order, standing, rule) for order in rows.with_everything()[:LISTED]]


def _todo(order: Order, standing: Standing, rule: LightRule) -> Todo:
    verb, label, is_mine = _act(order, standing)
    light = light_of(order, rule)
    if not is_mine and light != Light.BAD:
        light = Light.WARN
    words = {
        "kind": order.words.kind,
        "number": order.full_number,
        "unit": order.lead_department or _("還沒有承辦單位"),
        "who": order.instruction.signed if order.instruction else "",
        "measure": str(order.measure or order.report or ""),
    }
    why = _("%(kind)s %(number)s · %(unit)s") % words
    if order.instruction:
        why = _("督辦 %(number)s · %(unit)s · %(who)s批示 · %(measure)s") % words
    return Todo(
        light=light,
        note="",
        label=rule.note(order.due_date) if is_mine else label,
        title=order.title,
        why=why,
        verb=verb,
        url=order.get_absolute_url(),
        # 等此人閱示、銷號的，單子的時限是承辦單位的：不拿它同今天截止的比先後。
        due=order.due_date if is_mine else None,
        campaign_id=order.campaign_id,
    )


def _act(order: Order, standing: Standing) -> tuple[str, str, bool]:
    """（按鈕的動詞, 燈旁的字, 是不是承辦單位自己的事）。"""
    now, own = order.current, policies.is_own(standing, order)
    if own and order.state == State.ISSUED:
        return str(order.words.acknowledge), "", True
    if own and order.state == State.ACCEPTED and not now.submitted_at:
        return _("寫%(report)s") % {"report": order.words.report}, "", True
    if own and order.state == State.ACCEPTED and policies.can_sign(standing, order, now):
        return _("簽發"), "", True
    if order.state == State.DRAFT:
        return _("交辦"), _("批示待交辦"), False
    if order.state == State.ANSWERED and order.instruction and not now.verdict:
        return _("閱示"), _("待閱示"), False
    if order.state == State.ANSWERED and order.is_rectification:
        return _("復查"), order.state_label, False
    if order.state == State.ANSWERED:
        return _("審定銷號"), _("待銷號"), False
    return _("裁定"), Extension.State.PENDING.label, False
