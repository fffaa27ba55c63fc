"""放假安排公佈之後，按工作日定的時限重新算，並告訴承辦單位。"""

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext_lazy

from campaigns.models import Campaign
from pingtan_civ.lib.dates import long_date
from pingtan_civ.lib.working_days import WorkingCalendar
from supervision.models import Order, Round
from supervision.services.orders import locked_order
from supervision.services.telling import day_of, handlers, leaders, tell


def recalculate_limits(before: WorkingCalendar, after: WorkingCalendar, at: datetime) -> int:
    """把還在辦、按工作日數定時限的單子照新日曆重算，返回改了幾張。

    只動照舊日曆算出來的：延過期的、指定了日期的不碰。每張一個事務，鎖住再看一遍。
    """
    rows = Order.objects.filter(
        state__in=Order.IN_HAND,
        campaign__state=Campaign.State.ACTIVE,
        limit_days__isnull=False,
        current__limit_days__isnull=False,
    )
    return sum(
        _recalculate(pk, before, after, at)
        for pk in rows.order_by("pk").values_list("pk", flat=True)
    )


@transaction.atomic
def _recalculate(pk: int, before: WorkingCalendar, after: WorkingCalendar, at: datetime) -> bool:
    order = locked_order(pk)
    round_ = order.current
    if order.state not in Order.IN_HAND or not order.limit_days:
        return False
    start = day_of(round_.opened_at)
    old, due = order.due_date, after.add(start, order.limit_days)
    if due == old or before.add(start, order.limit_days) != old:
        return False
    order.due_date, order.version = due, order.version + 1
    if order.first_due_date == old:
        order.first_due_date = due
    order.save(update_fields=["due_date", "first_due_date", "version"])
    Round.objects.filter(pk=round_.pk).update(due_date=due)
    tell(
        actor=None,
        order=order,
        action="recalculated",
        at=at,
        summary=gettext_lazy(
            "放假安排公佈，%(number)s 的 %(days)d 個工作日重新算到 %(due)s（原為 %(old)s）。"
        ),
        days=order.limit_days,
        due=long_date(due),
        old=long_date(old),
        changes={"due_date": [old.isoformat(), due.isoformat()]},
        notify=[*handlers(order, at), *leaders(order, at)],
    )
    return True
