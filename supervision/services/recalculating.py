"""工作日曆改了，按工作日數定時限而還在辦的督辦單跟着走。"""

from datetime import datetime

from django.utils.translation import gettext as _

from campaigns.models import Campaign
from journal.services import source_script
from pingtan_civ.lib.working_days import WorkingCalendar
from supervision.models import Order, Round
from supervision.services.orders import counted_from, locked_order
from supervision.services.telling import day_of, handlers, leaders
from workdays.recalculation import CalendarShift, MovedLimit


@source_script()
def move_limits(before: WorkingCalendar, after: WorkingCalendar, at: datetime) -> list[MovedLimit]:
    """挪動並存好，返回挪了的（在 supervision.apps 登記）。在改日曆的事務裏調用。

    只挪照舊日曆數出來的：延過期的、指定了日期的不動。
    """
    shift = CalendarShift.between(before, after, day_of(at))
    if shift is None:
        return []
    rows = Order.objects.running().filter(
        state__in=Order.IN_HAND,
        campaign__state=Campaign.State.ACTIVE,
        limit_days__isnull=False,
        current__limit_days__isnull=False,
        due_date__gte=shift.first,
    )
    found = (_move(pk, shift, at) for pk in rows.order_by("pk").values_list("pk", flat=True))
    return [moved for moved in found if moved]


def _move(pk: int, shift: CalendarShift, at: datetime) -> MovedLimit | None:
    order = locked_order(pk)
    round_, old = order.current, order.due_date
    if order.state not in Order.IN_HAND or not order.limit_days:
        return None
    new = shift.moved(counted_from(order), order.limit_days, old)
    if new is None:
        return None
    order.due_date, order.version = new, order.version + 1
    if order.first_due_date == old:
        order.first_due_date = new
    order.save(update_fields=["due_date", "first_due_date", "version"])
    Round.objects.filter(pk=round_.pk).update(due_date=new)
    return MovedLimit(
        target=order,
        topic=order,
        label=_("督辦時限"),
        subject=f"{order.full_number} {order.title}",
        url=order.get_absolute_url(),
        old=old,
        new=new,
        people=(*handlers(order, at), *leaders(order, at)),
    )
