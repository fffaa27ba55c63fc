"""督辦的提醒：給提醒引擎的一個來源（約定見 tasks.duties）。只讀，查詢次數固定。

每張在辦的單子此刻只有一件事等着人辦：交辦、領辦、反饋、簽發、閱示、審定，各有自己的時限。
各按當日在任的人算；單位撤併了、沒有人在任的，告訴辦公室，事情不能無聲無息地沒人管。
"""

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from django.db.models import QuerySet
from django.utils.timezone import localtime
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from campaigns.models import Seat
from people.models import Appointment, Department, User
from people.services import holders
from pingtan_civ.lib.dates import short_date
from supervision.models import Order
from tasks.duties import Call, Line, Scope
from tasks.lights import LightRule
from tasks.rungs import Audience, Ladder, Level, Track, position, rungs_of
from tasks.tracks import TrackKind

State = Order.State
TRACK = "supervision"
#: 督辦反饋的時限。
KIND = TrackKind(
    track=TRACK,
    place=1,
    label=gettext_lazy("督辦反饋"),
    noun=gettext_lazy("督辦反饋"),
    intro=gettext_lazy("數到督辦單反饋、整改單報送整改情況的時限。"),
    rungs=(
        *rungs_of(Audience.DOER, -3, -1, 0, level=Level.REMIND),
        *rungs_of(Audience.DOER, 1, 2, 3, 4, level=Level.URGE, every=5),
        *rungs_of(Audience.HEAD, 0, level=Level.REMIND),
        *rungs_of(Audience.HEAD, 1, 2, 3, 4, level=Level.URGE, every=5),
        *rungs_of(Audience.OFFICE, 1, level=Level.URGE, every=5),
        *rungs_of(Audience.LEADER, 2, level=Level.URGE, every=5),
        *rungs_of(Audience.CHAIR, 5, level=Level.CIRCULAR, every=5),
    ),
)
_INNER_QUOTES = str.maketrans("「」", "『』")


class Stage(StrEnum):
    """單子此刻等着辦的那一件事。"""

    PLACE = "place"
    ACKNOWLEDGE = "acknowledge"
    ANSWER = "answer"
    SIGN = "sign"
    READ = "read"
    SETTLE = "settle"


class Capacity(StrEnum):
    """以什麼身份被找；寫句子時用。次序即 rank：一人幾種身份時按前面的說。"""

    READER = "reader"
    DOER = "doer"
    SIGNER = "signer"
    SETTLER = "settler"
    HEAD = "head"
    STAND_IN = "stand_in"
    WATCHER = "watcher"
    LEADER = "leader"


RANK = {capacity: rank for rank, capacity in enumerate(Capacity)}
#: 別人正等着他的。
BLOCKING = (Capacity.READER, Capacity.SIGNER, Capacity.SETTLER)


@dataclass(frozen=True)
class Duty:
    """一張單子上等着辦的一件事，和它自己的時限。"""

    order: Order
    stage: Stage
    due: date

    def ladder(self, scope: Scope) -> Ladder:
        """領辦、審定照任務的簽收、審核那兩條階梯；反饋走督辦自己的一條。"""
        track = {
            Stage.ACKNOWLEDGE: Track.ACKNOWLEDGE,
            Stage.PLACE: Track.REVIEW,
            Stage.READ: Track.REVIEW,
            Stage.SETTLE: Track.REVIEW,
        }.get(self.stage, TRACK)
        return scope.ladders.of(self.order.campaign_id, track)


class SupervisionSource:
    """督辦反饋這條階梯的來源。subject_id 是當前一輪的主鍵：退回再辦就從頭算。"""

    tracks: Collection[str] = (TRACK,)

    def calls(self, scope: Scope) -> Iterable[Call]:
        """這些人今天走到某一級的事。一人在同一張單子上有幾種身份，只留最該他辦的那一種。"""
        return self._one_each(_orders(scope), scope)

    def _one_each(self, orders: Iterable[Order], scope: Scope) -> list[Call]:
        found: dict[tuple[int, int], Call] = {}
        for call in self._all_calls(orders, scope):
            key = (call.person_id, call.subject_id)
            if key not in found or call.rank < found[key].rank:
                found[key] = call
        return list(found.values())

    def _all_calls(self, orders: Iterable[Order], scope: Scope) -> Iterator[Call]:
        duties = [duty for order in orders for duty in _duties(order, scope)]
        roster = Roster((duty.order for duty in duties), scope.on)
        for duty in duties:
            ladder, here = duty.ladder(scope), position(duty.due, scope.on, scope.calendar)
            for capacity, audience, person_id in roster.answerable(duty):
                reached = ladder.reached(audience, here) if scope.wants(person_id) else None
                if reached is None:
                    continue
                yield Call(
                    person_id=person_id,
                    campaign_id=duty.order.campaign_id,
                    track=TRACK,
                    subject_id=duty.order.current_id,
                    due=duty.due,
                    step=reached.step,
                    level=_own_level(reached.level),
                    capacity=capacity,
                    rank=RANK[capacity],
                    is_blocking=capacity in BLOCKING,
                )

    def lines(self, calls: Collection[Call], scope: Scope) -> Mapping[Call, Line]:
        """寫成話。其間領辦了、反饋了、改了時限、換了人的，此刻不必再說。"""
        wanted = frozenset(call.key for call in calls)
        narrowed = Scope(
            on=scope.on,
            calendar=scope.calendar,
            ladders=scope.ladders,
            people=frozenset(call.person_id for call in calls),
            only=wanted,
        )
        orders = {order.current_id: order for order in _orders(narrowed)}
        still = {
            (call.person_id, call.subject_id, call.due, call.capacity)
            for call in self._one_each(orders.values(), narrowed)
        }
        return {
            call: _line(call, orders[call.subject_id], scope)
            for call in calls
            if (call.person_id, call.subject_id, call.due, call.capacity) in still
        }

    def people(self, campaign_id: int, on: date) -> Collection[int]:
        """承辦單位裏的人。"""
        orders = Order.objects.running().filter(campaign=campaign_id).order_by()
        units = set(orders.values_list("lead_department", flat=True)) - {None}
        return {person.pk for people in holders(units, on).values() for person in people}


def _own_level(level: str) -> str:
    """這裏說的本來就是督辦單，沒有「轉督辦單」這一級；請創建辦的、告訴領導的都是催辦。"""
    return Level.URGE.value if level == Level.SUPERVISE else level


def _orders(scope: Scope) -> QuerySet[Order]:
    """在辦的單子：活動進行中，沒有辦結、中止、撤銷；辦公室自己起草的還不欠誰。"""
    rows = (
        Order.objects.running()
        .exclude(state=State.DRAFT, instruction__isnull=True)
        .select_related("lead_department", "current", "instruction__seat", "accountable_seat")
        .order_by("pk")
    )
    subjects = scope.subjects(TRACK)
    return rows if subjects is None else rows.filter(current__in=subjects)


def _duties(order: Order, scope: Scope) -> Iterator[Duty]:
    """此刻等着辦的；領辦逾期和反饋臨期可以同時在，由 calls 按身份留一件。"""
    now = order.current
    if order.state == State.DRAFT:
        # 批示當天就該轉辦；同時按批示的時限讓領導看得到拖了沒有。
        placed_by = scope.calendar.add(_day(order.instruction.at), 1)
        yield Duty(order, Stage.PLACE, placed_by)
        if order.due_date:  # 辦公室把時限空着時，還沒有可說的日子
            yield Duty(order, Stage.ANSWER, order.due_date)
    elif order.state == State.ISSUED:
        if order.acknowledge_due_date and order.acknowledge_due_date < scope.on <= order.due_date:
            yield Duty(order, Stage.ACKNOWLEDGE, order.acknowledge_due_date)
        else:
            yield Duty(order, Stage.ANSWER, order.due_date)
    elif order.state == State.ACCEPTED:
        yield Duty(order, Stage.SIGN if now.submitted_at else Stage.ANSWER, order.due_date)
    elif order.state == State.ANSWERED and now.review_due_date:
        is_unread = order.instruction is not None and not now.verdict
        yield Duty(order, Stage.READ if is_unread else Stage.SETTLE, now.review_due_date)


class Roster:
    """當日在任的人：一次取齊，逐件只查內存。"""

    def __init__(self, orders: Iterable[Order], on: date) -> None:
        rows = list(orders)
        units = {order.lead_department_id for order in rows if order.lead_department_id}
        self.existing = frozenset(
            Department.objects.existing(on).order_by("pk").values_list("pk", flat=True)
        )
        self._heads = holders(units, on, role=Appointment.Role.HEAD)
        self._clerks = holders(units, on, role=Appointment.Role.CLERK)
        campaigns = {order.campaign_id for order in rows}
        seats = Seat.objects.on(on).filter(campaign__in=campaigns, user__is_active=True)
        self._seats = list(seats.select_related("user").prefetch_related("departments"))

    def answerable(self, duty: Duty) -> Iterator[tuple[Capacity, str, int]]:
        """這件事該找的人：（身份, 走階梯的哪一種人, 人）。"""
        order = duty.order
        if duty.stage == Stage.PLACE:
            yield from self._each(Capacity.SETTLER, Audience.OFFICE, self._office(order))
        elif duty.stage == Stage.READ:
            # 反饋等着他看，走的是「等着審的人」那一條。
            yield from self._each(Capacity.READER, Audience.OFFICE, self.readers(order))
        elif duty.stage == Stage.SETTLE:
            now, office = order.current, self._office(order)
            hands = (now.submitted_by_id, now.signed_by_id)
            free = [person for person in office if person.pk not in hands]
            # 辦公室的人都經過手的，輪到組長審定（policies.can_review）。
            settlers = free or self._chairs(order)
            yield from self._each(Capacity.SETTLER, Audience.OFFICE, settlers)
            yield from self._each(Capacity.LEADER, Audience.CHAIR, self._chairs(order))
        else:
            yield from self._handling(duty)
        if duty.stage in (Stage.ANSWER, Stage.SIGN, Stage.ACKNOWLEDGE):
            yield from self._each(Capacity.LEADER, Audience.LEADER, self._leaders(order))
            yield from self._each(Capacity.LEADER, Audience.CHAIR, self._chairs(order))

    def _handling(self, duty: Duty) -> Iterator[tuple[Capacity, str, int]]:
        """承辦單位的人；單位不在了、沒有人在任時告訴辦公室。"""
        order = duty.order
        unit, office = order.lead_department_id, self._office(order)
        alive = unit in self.existing
        heads = self._heads.get(unit, []) if alive else []
        clerks = self._clerks.get(unit, []) if alive else []
        capacity, doers = Capacity.DOER, clerks or heads
        if duty.stage == Stage.SIGN:
            capacity, doers = Capacity.SIGNER, self._signers(order, heads, clerks)
        if doers:
            yield from self._each(capacity, Audience.DOER, doers)
        else:
            yield from self._each(Capacity.STAND_IN, Audience.DOER, office)
        if duty.stage != Stage.SIGN:
            yield from self._each(Capacity.HEAD, Audience.HEAD, heads)
        yield from self._each(Capacity.WATCHER, Audience.OFFICE, office)

    @staticmethod
    def _signers(order: Order, heads: list[User], clerks: list[User]) -> list[User]:
        """能簽發的人，與 policies.can_sign 同一規則。"""
        now = order.current
        found = [head for head in heads if head.pk != now.submitted_by_id]
        if not found and now.by_colleague:
            found = [clerk for clerk in clerks if clerk.pk != now.submitted_by_id]
        return found

    @staticmethod
    def _each(
        capacity: Capacity, audience: str, people: Iterable[User]
    ) -> Iterator[tuple[Capacity, str, int]]:
        return ((capacity, audience, person.pk) for person in people)

    def _office(self, order: Order) -> list[User]:
        return self._seated(order, *Seat.OFFICE_ROLES)

    def _chairs(self, order: Order) -> list[User]:
        return self._seated(order, Seat.Role.CHAIR)

    def _seated(self, order: Order, *roles: str) -> list[User]:
        return [
            seat.user
            for seat in self._seats
            if seat.campaign_id == order.campaign_id and seat.role in roles
        ]

    def readers(self, order: Order) -> list[User]:
        """反饋給誰讀，與 models.readers_of 同一規則。"""
        wrote = order.instruction.seat
        same = [
            seat.user
            for seat in self._seats
            if (seat.campaign_id, seat.role, seat.post)
            == (order.campaign_id, wrote.role, wrote.post)
        ]
        return same or self._chairs(order)

    def _leaders(self, order: Order) -> list[User]:
        """過問的領導：批示的領導；單上的責任領導；都沒有時是分管的副組長，再沒有則組長。"""
        found = self.readers(order) if order.instruction else []
        named = [seat.user for seat in self._seats if seat.pk == order.accountable_seat_id]
        if found or named:
            return [*found, *named]
        deputies = [
            seat.user
            for seat in self._seats
            if seat.campaign_id == order.campaign_id
            and seat.role == Seat.Role.DEPUTY
            and order.lead_department_id in {unit.pk for unit in seat.departments.all()}
        ]
        return deputies or self._chairs(order)


def _line(call: Call, order: Order, scope: Scope) -> Line:
    """一句話：急不急、什麼事、請他做什麼；鏈接直達督辦單。"""
    rule = LightRule(today=scope.on, warn_until=scope.on, calendar=scope.calendar)
    title = order.title.translate(_INNER_QUOTES)
    words = {
        "note": _note(call, order, rule.note(call.due)),
        "what": f"{order.full_number}「{title}」"
        if order.number
        else _("批示「%(title)s」") % {"title": title},
        "due": short_date(call.due),
        "unit": order.lead_department.label if order.lead_department else _("還沒有承辦單位"),
        **vars(order.words),
    }
    return Line(_sentence(call, order) % words, order.get_absolute_url())


def _is_untaken(call: Call, order: Order) -> bool:
    """說的是領辦的時限，不是反饋的。"""
    return order.state == State.ISSUED and call.due == order.acknowledge_due_date


def _note(call: Call, order: Order, note: str) -> str:
    """「逾期 4 個工作日」；領辦（整改的簽收）的寫「領辦逾期 4 個工作日」，免得當作反饋逾期。"""
    if not _is_untaken(call, order):
        return note
    return _("%(acknowledge)s%(note)s") % {"acknowledge": order.words.acknowledge, "note": note}


def _sentence(call: Call, order: Order) -> str:
    """督辦、整改同一句，字從 wording 取。"""
    is_untaken = _is_untaken(call, order)
    sentences = {
        Capacity.READER: _("%(note)s：%(unit)s對%(what)s的%(report)s等您閱示。"),
        Capacity.DOER: _("%(note)s：%(what)s，應於%(due)s前%(acknowledge)s，請%(take)s。")
        if is_untaken
        else _("%(note)s：%(what)s，時限%(due)s，請%(give)s。"),
        Capacity.SIGNER: _("%(note)s：%(what)s的%(report)s已擬好，時限%(due)s，等您簽發。"),
        Capacity.SETTLER: _("%(note)s：%(what)s，請定承辦單位並%(issue)s。")
        if order.state == State.DRAFT
        else _("%(note)s：%(unit)s對%(what)s的%(report)s，請%(settle)s。"),
        Capacity.HEAD: _("%(note)s：%(what)s本單位尚未%(acknowledge)s，請督促。")
        if is_untaken
        else _("%(note)s：%(what)s本單位尚未%(give)s，時限%(due)s，請督促。"),
        Capacity.STAND_IN: _("%(note)s：%(unit)s的%(what)s，該單位沒有在任的人可提醒，請改派。"),
        Capacity.WATCHER: _("%(note)s：%(unit)s的%(what)s尚未%(acknowledge)s，請催辦。")
        if is_untaken
        else _("%(note)s：%(unit)s的%(what)s尚未%(give)s，請催辦。"),
        Capacity.LEADER: _("%(note)s：%(unit)s的%(what)s尚未%(acknowledge)s，請過問。")
        if is_untaken
        else _("%(note)s：%(unit)s的%(what)s尚未%(done)s，請過問。"),
    }
    return sentences[Capacity(call.capacity)]


def _day(at: datetime) -> date:
    return localtime(at).date()
