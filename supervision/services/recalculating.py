"""工作日曆改了，按工作日數定時限而還在辦的督辦單跟着走：領辦、反饋、閱示和審定。"""

from collections.abc import Iterable, Iterator
from datetime import date, datetime

from django.db.models import Q
from django.utils.translation import gettext as _

from journal.services import source_script
from people.models import User
from pingtan_civ.lib.working_days import WorkingCalendar
from supervision.models import Order, Round, readers_of, terms_of
from supervision.services.orders import counted_from, locked_order
from supervision.services.telling import day_of, handlers, leaders, office
from workdays.recalculation import CalendarShift, MovedLimit

State = Order.State


@source_script()
def move_limits(before: WorkingCalendar, after: WorkingCalendar, at: datetime) -> list[MovedLimit]:
    """挪動並存好，返回挪了的（在 supervision.apps 登記）。在改日曆的事務裏調用。

    只挪照舊日曆數出來的：延過期的、指定了日期的不動。
    """
    shift = CalendarShift.between(before, after, day_of(at))
    if shift is None:
        return []
    concerned = (
        Q(state__in=Order.IN_HAND, limit_days__isnull=False, due_date__gte=shift.first)
        | Q(state=State.ISSUED, acknowledge_due_date__gte=shift.first)
        | Q(state=State.ANSWERED, current__review_due_date__gte=shift.first)
    )
    pks = Order.objects.running().filter(concerned).order_by("pk").values_list("pk", flat=True)
    return [moved for pk in pks for moved in _move(locked_order(pk), shift, at)]


def _move(order: Order, shift: CalendarShift, at: datetime) -> Iterator[MovedLimit]:
    """這張單子上開着的時限，一個一個挪。"""
    doers = (*handlers(order, at), *leaders(order, at))
    if order.state == State.ISSUED and (new := _acknowledging(order, shift)):
        old, order.acknowledge_due_date = order.acknowledge_due_date, new
        order.save(update_fields=["acknowledge_due_date"])
        yield _moved(
            order,
            _("%(acknowledge)s時限") % {"acknowledge": order.words.acknowledge},
            old,
            new,
            handlers(order, at),
        )
    if order.state in Order.IN_HAND and (new := _answering(order, shift)):
        old, order.due_date = order.due_date, new
        if order.first_due_date == old:
            order.first_due_date = new
        order.version += 1
        order.save(update_fields=["due_date", "first_due_date", "version"])
        Round.objects.filter(pk=order.current_id).update(due_date=new)
        yield _moved(order, _("督辦時限"), old, new, doers)
    if order.state == State.ANSWERED and (new := _reviewing(order, shift)):
        old = order.current.review_due_date
        Round.objects.filter(pk=order.current_id).update(review_due_date=new)
        is_unread = order.instruction and not order.current.verdict
        people = readers_of(order.instruction, day_of(at)) if is_unread else office(order, at)
        yield _moved(order, _("閱示時限") if is_unread else _("審定時限"), old, new, people)


def _acknowledging(order: Order, shift: CalendarShift) -> date | None:
    """交辦（改派的從改派那天）之後 N 個工作日。"""
    days, start = terms_of(order.campaign).acknowledge_days, day_of(order.current.opened_at)
    return shift.moved(start, days, order.acknowledge_due_date)


def _answering(order: Order, shift: CalendarShift) -> date | None:
    if not order.limit_days:
        return None
    return shift.moved(counted_from(order), order.limit_days, order.due_date)


def _reviewing(order: Order, shift: CalendarShift) -> date | None:
    """簽發之後 N 個工作日；領導閱示了的從閱示那天起。"""
    now = order.current
    start = day_of(now.verdict_at or now.signed_at)
    return shift.moved(start, terms_of(order.campaign).review_days, now.review_due_date)


def _moved(order: Order, label: str, old: date, new: date, people: Iterable[User]) -> MovedLimit:
    return MovedLimit(
        target=order,
        topic=order,
        label=label,
        subject=f"{order.full_number} {order.title}",
        url=order.get_absolute_url(),
        old=old,
        new=new,
        people=tuple(people),
    )
