"""起草、交辦、改派、中止、撤銷：辦公室的事。"""

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from campaigns.models import Campaign
from campaigns.standing import standing_of
from journal.services import source_script
from people.models import Department, User
from pingtan_civ.lib.dates import long_date
from reports.numbering import lock_book, next_number
from supervision import policies
from supervision.models import Extension, Instruction, Order, Round, terms_of
from supervision.services.telling import day_of, handlers, leaders, supporters, tell
from tasks.models import WrongState
from tasks.services.handing_in import Incomplete
from workdays.services import calendar

State = Order.State
#: 同一個人在同一處寫同樣的話，這麼久以內算連點，不再另開一單。
SAME_PRESS = timedelta(minutes=10)
#: 改動之後要讓承辦單位知道的幾項，和它們在留痕裏的名字。
WATCHED = {
    "title": gettext_lazy("督辦事項"),
    "demand": gettext_lazy("辦理要求"),
    "lead_department": gettext_lazy("承辦單位"),
    "supporting_departments": gettext_lazy("配合單位"),
    "urgency": gettext_lazy("緊急程度"),
    "due_date": gettext_lazy("辦理時限"),
    "accountable_seat": gettext_lazy("責任領導"),
}
#: 太長，只說改了，不把新舊寫在一句裏。
LONG = ("title", "demand")


@dataclass(frozen=True)
class Limit:
    """時限：幾個工作日，或一個日期，兩者取一。"""

    days: int | None = None
    day: date | None = None

    def due(self, start: date) -> date | None:
        return calendar().add(start, self.days) if self.days else self.day


@dataclass(frozen=True)
class Matter:
    """一張督辦單上寫的東西。外鍵寫主鍵。"""

    title: str
    demand: str = ""
    limit: Limit = field(default_factory=Limit)
    lead_department_id: int | None = None
    supporting_ids: Collection[int] = ()
    accountable_seat_id: int | None = None
    urgency: str = Order.Urgency.NORMAL
    source: str = Order.Source.OFFICE
    measure_id: int | None = None
    submission_id: int | None = None
    report_id: int | None = None


def locked_order(order_id: int) -> Order:
    """鎖住一張督辦單（連同活動、單位、當前一輪取出）：同一張單子的事一件一件辦。

    先鎖再取：等鎖的時候別人改過的當前一輪，PostgreSQL 只給鎖住的那張表看新的，同一句裏
    連帶取出的還是等之前的樣子。
    """
    Order.objects.select_for_update().only("pk").get(pk=order_id)
    return Order.objects.select_related(
        "campaign",
        "lead_department",
        "accountable_seat",
        "instruction__seat",
        "instruction__by",
        "current",
    ).get(pk=order_id)


def permit_managing(actor: User, order: Order, at: datetime) -> None:
    if not policies.can_manage(standing_of(actor, day_of(at)), order.campaign):
        words = {"slip": order.words.slip, "issue": order.words.issue}
        raise PermissionDenied(_("%(slip)s由本活動辦公室%(issue)s和銷號。") % words)


def create_order(*, actor: User, campaign: Campaign, matter: Matter, at: datetime) -> Order:
    """起草一張督辦單，還不交辦，只有辦公室看得見。

    Raises PermissionDenied、Incomplete（{字段: 怎麼補}）。
    """
    if not policies.can_open_order(standing_of(actor, day_of(at)), campaign):
        raise PermissionDenied(_("督辦單由本活動辦公室開，活動要在進行中。"))
    return open_order(actor=actor, campaign=campaign, matter=matter, at=at)


def just_opened(*, actor: User, campaign: Campaign, matter: Matter, at: datetime) -> Order | None:
    """連點兩下（沒有腳本時）的第二下：本人剛開的、一樣的那一張。必須在事務裏調用，直到提交都排着隊。"""
    lock_book(terms_of(campaign).mark_of(matter.source), day_of(at).year)
    same = Order.objects.filter(
        created_by=actor,
        campaign=campaign,
        title=matter.title.strip(),
        demand=matter.demand.strip(),
        lead_department=matter.lead_department_id,
        source=matter.source,
        created_at__gt=at - SAME_PRESS,
    )
    return same.filter(state__in=[State.DRAFT, State.ISSUED]).first()


@transaction.atomic
def open_order(
    *,
    actor: User,
    campaign: Campaign,
    matter: Matter,
    at: datetime,
    instruction: Instruction | None = None,
) -> Order:
    """落一張草擬的單子和它的第一輪；權限由調用者問過。批示的單子草擬時就從批示那天起算時限。"""
    _check(matter)
    _check_limit(matter.limit, day_of(at), day_of(at), campaign)
    order = Order(
        campaign=campaign,
        year=day_of(at).year,
        created_at=at,
        created_by=actor,
        instruction=instruction,
        measure_id=matter.measure_id,
        submission_id=matter.submission_id,
        report_id=matter.report_id,
        source=matter.source,
    )
    _write(order, matter)
    order.due_date = matter.limit.due(day_of(at)) if instruction else matter.limit.day
    order.save()
    order.supporting_departments.set(matter.supporting_ids)
    order.current = Round.objects.create(
        order=order,
        number=1,
        opened_at=at,
        limit_days=order.limit_days,
        due_date=order.due_date,
    )
    order.save(update_fields=["current"])
    if instruction is None:
        tell(
            actor=actor,
            order=order,
            action="drafted",
            at=at,
            summary=gettext_lazy("起草%(slip)s「%(title)s」。"),
        )
    return order


def _check(matter: Matter) -> None:
    """寫得全不全、對不對；時限兩樣都填時說不清按哪個，請人留一樣。"""
    errors: dict[str, str] = {}
    if not matter.title.strip():
        errors["title"] = _("寫明是什麼事，一單一事。")
    if matter.limit.days and matter.limit.day:
        errors["due_date"] = _("工作日數和日期只填一樣：按天數的清空日期，按日期的清空天數。")
    if matter.lead_department_id and matter.lead_department_id in matter.supporting_ids:
        errors["supporting_departments"] = _("承辦單位不能同時配合，請從配合單位裏去掉。")
    if errors:
        raise Incomplete(errors)


def _check_limit(limit: Limit, start: date, today: date, campaign: Campaign) -> None:
    """時限從 start 數起，不能早於今天、晚於活動結束。只查新定的：沒有改的照舊，逾期了也不逼人改。"""
    name, due = "due_date" if limit.day else "limit_days", limit.due(start)
    if due and due < today:
        words = {"due": long_date(due)}
        sentence = (
            _("辦理時限不能早於今天 %(today)s。") % {"today": long_date(today)}
            if limit.day
            else _("這樣算下來時限是 %(due)s，已經過了，請把時限改到今天或以後。") % words
        )
        raise Incomplete({name: sentence})
    if due and due > campaign.end_date:
        words = {"end": long_date(campaign.end_date)}
        raise Incomplete({name: _("辦理時限晚於活動結束日 %(end)s，請改早。") % words})


def _write(order: Order, matter: Matter) -> None:
    order.title, order.demand = matter.title.strip(), matter.demand.strip()
    order.lead_department_id = matter.lead_department_id
    order.accountable_seat_id = matter.accountable_seat_id
    order.urgency = matter.urgency
    order.limit_days = matter.limit.days


@transaction.atomic
def issue_order(*, actor: User, order_id: int, at: datetime) -> Order:
    """交辦：給號，時限從今天起算，承辦單位、配合單位和有關領導收到通知。

    連點兩次，第二次原樣返回。Raises PermissionDenied、WrongState、Incomplete。
    """
    order = locked_order(order_id)
    permit_managing(actor, order, at)
    if order.state == State.ISSUED and order.issued_by_id == actor.pk:
        return order
    order.require(State.DRAFT)
    return put_in_hand(actor=actor, order=order, at=at)


def put_in_hand(*, actor: User, order: Order, at: datetime) -> Order:
    """給號並交到承辦單位；order 已鎖住，權限和狀態由調用者問過。"""
    today = day_of(at)
    limit = Limit(order.limit_days, None if order.limit_days else order.due_date)
    due = limit.due(today)
    _require_complete(order, due, today)
    _check_limit(limit, today, today, order.campaign)
    terms = terms_of(order.campaign)
    order.mark, order.year = terms.mark_of(order.source), today.year
    order.number = next_number(order.mark, order.year)
    order.state, order.issued_at, order.issued_by = State.ISSUED, at, actor
    order.due_date = order.first_due_date = due
    order.acknowledge_due_date = calendar().add(today, terms.acknowledge_days)
    order.version += 1
    order.save()
    Round.objects.filter(pk=order.current_id).update(
        opened_at=at, due_date=due, limit_days=order.limit_days
    )
    tell(
        actor=actor,
        order=order,
        action="issued",
        at=at,
        summary=gettext_lazy("%(issue)s %(number)s，由%(unit)s承辦，%(due)s前%(give)s。"),
        title=gettext_lazy("%(kind)s：%(number)s「%(title)s」，請%(take)s並於 %(due)s前%(give)s"),
        reason=order.demand,
        notify=[*handlers(order, at), *supporters(order, at), *leaders(order, at)],
        due=long_date(due),
    )
    return order


def _require_complete(order: Order, due: date | None, today: date) -> None:
    errors: dict[str, str] = {}
    if order.lead_department_id is None:
        errors["lead_department"] = _("選定承辦單位才能交辦。")
    elif not Department.objects.existing(today).filter(pk=order.lead_department_id).exists():
        errors["lead_department"] = _("%(unit)s已撤併，請另選承辦單位。") % {
            "unit": order.lead_department.name
        }
    if due is None:
        errors["limit_days"] = _("定下時限才能交辦：寫幾個工作日，或選一個日期。")
    if errors:
        raise Incomplete(errors)


@transaction.atomic
def change_order(
    *, actor: User, order_id: int, matter: Matter, version: int, at: datetime
) -> Order:
    """改草擬的單子，或調整已交辦的：改派單位、改時限都留痕並告訴新舊兩家。

    version 是打開時看到的改動次數，對不上就不存。改派後從領辦重新開始，另開一輪：
    原單位沒簽發的草稿不隨單子走。Raises PermissionDenied、WrongState、Incomplete。
    """
    order = locked_order(order_id)
    permit_managing(actor, order, at)
    order.require(State.DRAFT, *Order.IN_HAND)
    if order.version != version:
        words = {"slip": order.words.slip}
        raise WrongState(_("您打開之後別人改過這張%(slip)s，請刷新後再改，您填的沒有存。") % words)
    _check(matter)
    if order.state == State.DRAFT:
        _check_limit(matter.limit, day_of(at), day_of(at), order.campaign)
        _write(order, matter)
        order.version += 1
        order.due_date = _draft_due(order, matter)
        return _keep(order, matter)
    former, before = handlers(order, at), _watched(order)
    moved = order.lead_department_id != matter.lead_department_id
    _change_issued(order, matter, at)
    order = _keep(order, matter)
    after = _watched(order)
    changes = {name: [before[name], after[name]] for name in WATCHED if before[name] != after[name]}
    if changes:
        told = [] if moved else [*former, *supporters(order, at)]
        _tell_changes(actor, order, changes, told, at)
    if moved:
        _tell_both(actor, order, former, at)
    return order


@source_script()
def _watched(order: Order) -> dict[str, str]:
    """留痕裏寫的樣子：單位、日期、領導都寫成字。"""
    seat = order.accountable_seat
    return {
        "title": order.title,
        "demand": order.demand,
        "lead_department": str(order.lead_department or ""),
        "supporting_departments": "、".join(
            unit.name for unit in order.supporting_departments.all()
        ),
        "urgency": order.get_urgency_display(),
        "due_date": long_date(order.due_date) if order.due_date else "",
        "accountable_seat": seat.post if seat else "",
    }


@source_script()
def _tell_changes(
    actor: User, order: Order, changes: dict[str, list[str]], people: list[User], at: datetime
) -> None:
    """「調整 …：辦理時限（2026年11月30日→2026年12月8日）。」單位沒有換的，告訴承辦和配合的人。"""
    said = [
        str(WATCHED[name])
        if name in LONG
        else f"{WATCHED[name]}（{old or _('無')}→{new or _('無')}）"
        for name, (old, new) in changes.items()
    ]
    tell(
        actor=actor,
        order=order,
        action="changed",
        at=at,
        summary=gettext_lazy("調整 %(number)s：%(what)s。"),
        what="、".join(said),
        changes=changes,
        notify=people,
    )


def _tell_both(actor: User, order: Order, former: list[User], at: datetime) -> None:
    """改派：新單位照交辦的話說；原單位知道不用再辦，單子已不給它看，不帶鏈接。"""
    mine = handlers(order, at)
    tell(
        actor=actor,
        order=order,
        action="reassigned",
        at=at,
        summary=gettext_lazy("%(number)s 改由%(unit)s承辦，%(due)s前%(give)s。"),
        title=gettext_lazy("%(kind)s：%(number)s「%(title)s」，請%(take)s並於 %(due)s前%(give)s"),
        reason=order.demand,
        notify=[*mine, *supporters(order, at), *leaders(order, at)],
        due=long_date(order.due_date),
    )
    tell(
        actor=actor,
        order=order,
        action="taken_over",
        at=at,
        summary=gettext_lazy("%(number)s「%(title)s」已改派%(unit)s，原承辦單位不再辦理。"),
        notify=[person for person in former if person not in mine],
        is_linked=False,
    )


def _draft_due(order: Order, matter: Matter) -> date | None:
    """批示的單子還沒交辦時，時限從批示那天算起，好讓領導看得出拖了沒有。"""
    if order.instruction and matter.limit.days:
        return matter.limit.due(day_of(order.instruction.at))
    return matter.limit.day


def _keep(order: Order, matter: Matter) -> Order:
    """存好，連同改過的單位、領導重新取出。"""
    order.save()
    order.supporting_departments.set(matter.supporting_ids)
    Round.objects.filter(pk=order.current_id).update(
        due_date=order.due_date, limit_days=order.limit_days
    )
    return locked_order(order.pk)


def _change_issued(order: Order, matter: Matter, at: datetime) -> None:
    """已交辦的：時限改了才重算；換了單位就從領辦重新開始。"""
    old, today = order.current, day_of(at)
    moved = order.lead_department_id != matter.lead_department_id
    before = Limit(old.limit_days, None if old.limit_days else old.due_date)
    start = today if moved else counted_from(order)
    _write(order, matter)
    order.version += 1
    _require_complete_department(order, today)
    if matter.limit == Limit():
        raise Incomplete({"limit_days": _("寫幾個工作日，或選一個日期。")})
    if moved or matter.limit != before:
        _check_limit(matter.limit, start, today, order.campaign)
        order.due_date = matter.limit.due(start)
    if moved:
        _start_over(order, at)


def counted_from(order: Order) -> date:
    """這一輪的時限從哪天數起。負責人退回修改是單位內部的事，時限沿用，仍從退回之前那一輪起。"""
    rows = order.rounds.order_by("-number").values_list("number", "decision", "opened_at")
    start = order.current.opened_at
    for number, decision, opened_at in rows:
        if number < order.current.number:
            if decision != Round.Decision.GIVEN_BACK:
                break
            start = opened_at
    return day_of(start)


def _require_complete_department(order: Order, today: date) -> None:
    units = Department.objects.existing(today)
    if not units.filter(pk=order.lead_department_id).exists():
        raise Incomplete({"lead_department": _("選定一個現有的承辦單位。")})


def _start_over(order: Order, at: datetime) -> None:
    old = order.current
    old.decision, old.decided_at = Round.Decision.REASSIGNED, at
    old.save(update_fields=["decision", "decided_at"])
    order.current = Round.objects.create(
        order=order,
        number=old.number + 1,
        opened_at=at,
        due_date=order.due_date,
        limit_days=order.limit_days,
    )
    order.state, order.acknowledged_at, order.acknowledged_by = State.ISSUED, None, None
    days = terms_of(order.campaign).acknowledge_days
    order.acknowledge_due_date = calendar().add(day_of(at), days)
    settle_extensions(order, at)


def settle_extensions(order: Order, at: datetime) -> None:
    """單子已經簽發、停下或改派，沒裁定的延期申請隨之了結。"""
    order.extensions.filter(state=Extension.State.PENDING).update(
        state=Extension.State.WITHDRAWN, decided_at=at
    )


@transaction.atomic
def cancel_order(*, actor: User, order_id: int, reason: str, at: datetime) -> Order:
    """撤銷：不再辦，號留着。Raises PermissionDenied、WrongState、Incomplete。"""
    order = locked_order(order_id)
    permit_managing(actor, order, at)
    order.require(*Order.LIVE, State.SUSPENDED)
    _require_reason(reason, _("寫明為什麼撤銷，承辦單位和批示的領導要看到。"))
    order.state, order.version = State.CANCELLED, order.version + 1
    order.save(update_fields=["state", "version"])
    settle_extensions(order, at)
    tell(
        actor=actor,
        order=order,
        action="cancelled",
        at=at,
        summary=gettext_lazy("撤銷 %(number)s「%(title)s」。"),
        reason=reason.strip(),
        notify=[*handlers(order, at), *leaders(order, at)],
    )
    return order


@transaction.atomic
def suspend_order(*, actor: User, order_id: int, reason: str, at: datetime) -> Order:
    """中止：時限停走，不再提醒；恢復時剩幾個工作日還給幾個。"""
    order = locked_order(order_id)
    permit_managing(actor, order, at)
    order.require(*Order.IN_HAND)
    _require_reason(reason, _("寫明為什麼中止，承辦單位要看到。"))
    order.suspended_from, order.suspended_at = order.state, at
    order.state, order.version = State.SUSPENDED, order.version + 1
    order.save(update_fields=["state", "suspended_from", "suspended_at", "version"])
    settle_extensions(order, at)
    tell(
        actor=actor,
        order=order,
        action="suspended",
        at=at,
        summary=gettext_lazy("中止 %(number)s「%(title)s」。"),
        reason=reason.strip(),
        notify=[*handlers(order, at), *leaders(order, at)],
    )
    return order


@transaction.atomic
def resume_order(*, actor: User, order_id: int, at: datetime) -> Order:
    """恢復：中止時還剩幾個工作日，從今天起再給幾個；中止前已逾期的仍是逾期。"""
    order = locked_order(order_id)
    permit_managing(actor, order, at)
    order.require(State.SUSPENDED)
    days = calendar()
    stopped, today = day_of(order.suspended_at), day_of(at)
    if order.due_date >= stopped:
        order.due_date = days.add(today, days.between(stopped, order.due_date))
        order.limit_days = None
    if order.suspended_from == State.ISSUED and order.acknowledge_due_date >= stopped:
        left = days.between(stopped, order.acknowledge_due_date)
        order.acknowledge_due_date = days.add(today, left)
    order.state, order.suspended_from, order.suspended_at = order.suspended_from, "", None
    order.version += 1
    order.save()
    Round.objects.filter(pk=order.current_id).update(
        due_date=order.due_date, limit_days=order.limit_days
    )
    tell(
        actor=actor,
        order=order,
        action="resumed",
        at=at,
        summary=gettext_lazy("恢復 %(number)s，時限改為 %(due)s。"),
        notify=[*handlers(order, at), *leaders(order, at)],
        due=long_date(order.due_date),
    )
    return order


def _require_reason(reason: str, sentence: str) -> None:
    if not reason.strip():
        raise Incomplete({"reason": sentence})
