"""等着某人辦的督辦：菜單上的數字、工作台的待辦與清單同出一處，各活動合在一起。"""

from django.db.models import Exists, F, OuterRef, Q, QuerySet

from campaigns.models import Seat
from campaigns.standing import Standing
from supervision.models import Extension, Order, OrderQuerySet, addressed

State = Order.State


def to_handle(standing: Standing) -> Q:
    """本單位要領辦、要反饋的。"""
    unsent = Q(state=State.ISSUED) | Q(state=State.ACCEPTED, current__submitted_at__isnull=True)
    return Q(lead_department__in=standing.departments) & unsent


def to_sign(standing: Standing) -> Q:
    """待本人簽發的；與 policies.can_sign 同一規則。"""
    mine = Q(lead_department__in=standing.headed) | Q(
        current__by_colleague=True, lead_department__in=standing.clerked
    )
    waiting = Q(
        state=State.ACCEPTED, current__submitted_at__isnull=False, current__signed_at__isnull=True
    )
    return mine & waiting & ~Q(current__submitted_by=standing.user_id)


def to_read(standing: Standing) -> Q:
    """反饋回到本人、還沒閱示的批示。"""
    return Q(state=State.ANSWERED, instruction__isnull=False, current__verdict="") & addressed(
        standing, "instruction__"
    )


def to_settle(standing: Standing) -> Q:
    """辦公室的：批示待轉辦、反饋待審定（批示的要領導閱示之後）、延期待裁定。"""
    offices = [pk for pk in standing.seats if standing.is_office(pk)]
    me = standing.user_id
    pending = _pending().exclude(requested_by=me)
    hands_off = ~Q(current__submitted_by=me) & ~Q(current__signed_by=me)
    ready = Q(instruction__isnull=True) | ~Q(current__verdict="")
    return Q(campaign__in=offices) & (
        Q(state=State.DRAFT, instruction__isnull=False)
        | (Q(state=State.ANSWERED) & ready & hands_off)
        | (Q(state__in=Order.IN_HAND) & Exists(pending))
    )


def to_decide_above(standing: Standing) -> Q:
    """組長的：延期待裁定，而辦公室只有申請的那個人；與 policies.can_decide_extension 同一規則。"""
    chaired = [pk for pk in standing.seats if standing.is_chair(pk)]
    others = (
        Seat.objects.on(standing.on)
        .filter(campaign=OuterRef("order__campaign"), role__in=Seat.OFFICE_ROLES)
        .filter(user__is_active=True)
        .exclude(user=OuterRef("requested_by"))
    )
    alone = _pending().exclude(requested_by=standing.user_id).filter(~Exists(others))
    return Q(campaign__in=chaired, state__in=Order.IN_HAND) & Exists(alone)


def _pending() -> QuerySet[Extension]:
    return Extension.objects.filter(order=OuterRef("pk"), state=Extension.State.PENDING)


def waiting(standing: Standing) -> OrderQuerySet:
    """等着此人辦的督辦單，時限近的在前。"""
    mine = to_settle(standing)
    if standing.departments:
        mine |= to_handle(standing) | to_sign(standing)
    mine |= to_read(standing) | to_decide_above(standing)
    return Order.objects.running().filter(mine).order_by(F("due_date").asc(nulls_last=True), "pk")
