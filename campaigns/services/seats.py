"""領導小組席位：增設、調整、終止、交接、按各科室負責人補齊成員。"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.utils.translation import gettext as _

from campaigns import policies
from campaigns.models import Campaign, Seat
from campaigns.standing import forget_standing, standing_of
from journal.services import Message, record
from people.models import Appointment, Department, User
from people.services import Refused, apply_changes


@transaction.atomic
def add_seat(
    *,
    actor: User,
    campaign_id: int,
    values: Mapping[str, Any],
    departments: Iterable[Department] = (),
    at: datetime,
) -> Seat:
    """增設一個席位；user 為空就是虛位，只顯示職務。組長同時只能有一位。"""
    campaign = _open_campaign(actor, campaign_id, at)
    seat = Seat(campaign=campaign, **values)
    seat.full_clean()
    _check_one_chair(seat)
    seat.save()
    seat.departments.set(departments)
    _tell(actor, seat, "campaigns.seat_added", f"領導小組增設{named(seat)}", at)
    return seat


@transaction.atomic
def update_seat(
    *,
    actor: User,
    seat_id: int,
    values: Mapping[str, Any],
    departments: Iterable[Department],
    at: datetime,
) -> Seat:
    """改職務名稱、排序、分管單位。人只能補缺，換人走交接，歷任才查得到。"""
    seat = _lock(seat_id)
    _open_campaign(actor, seat.campaign_id, at)
    if seat.user_id and "user" in values and values["user"] != seat.user:
        raise Refused(_("這個席位已有人，換人請用「交接」，前任的記錄才會保留。"))
    changes = apply_changes(seat, values)
    seat.full_clean()
    seat.save()
    before = list(seat.departments.all())
    seat.departments.set(departments)
    after = list(seat.departments.all())
    if before != after:
        changes["分管單位"] = [_names(before), _names(after)]
    if changes:
        summary = f"調整{named(seat)}的{'、'.join(changes)}"
        _tell(actor, seat, "campaigns.seat_changed", summary, at, changes=changes)
    return seat


@transaction.atomic
def end_seat(*, actor: User, seat_id: int, end_date: date, reason: str, at: datetime) -> Seat:
    """終止席位；end_date 是最後一天，次日起不再有它的權限。"""
    seat = _lock(seat_id)
    _open_campaign(actor, seat.campaign_id, at)
    seat.end_date = end_date
    seat.full_clean()
    _check_office_stays(seat, end_date)
    seat.save(update_fields=["end_date"])
    summary = f"{named(seat)}到 {end_date.isoformat()} 為止"
    _tell(actor, seat, "campaigns.seat_ended", summary, at, reason=reason)
    return seat


@transaction.atomic
def hand_over_seat(
    *,
    actor: User,
    seat_id: int,
    successor: User,
    last_day: date,
    reason: str = "",
    at: datetime,
) -> Seat:
    """換人：原任到 last_day 為止，繼任從次日起，職務和分管單位不變。

    席位這一行留給繼任者（各項措施的「責任領導」指着它，自然跟着換），前任另存一行歷史。
    """
    seat = _lock(seat_id)
    _open_campaign(actor, seat.campaign_id, at)
    former = seat.user
    if former is None:
        raise Refused(_("這個席位空着，直接在「調整」裏選人即可。"))
    if successor == former:
        raise Refused(_("繼任者就是現任本人，請另選一人。"))
    if seat.end_date and seat.end_date <= last_day:
        raise Refused(_("這個席位屆時已經終止，請增設新席位。"))
    history = Seat(
        campaign=seat.campaign,
        role=seat.role,
        post=seat.post,
        user=former,
        position=seat.position,
        start_date=seat.start_date,
        end_date=last_day,
    )
    history.full_clean()
    history.save()
    history.departments.set(seat.departments.all())
    seat.user, seat.start_date = successor, last_day + timedelta(days=1)
    seat.full_clean()
    seat.save(update_fields=["user", "start_date"])
    summary = (
        f"{seat.post}（{_role(seat)}）由 {former.name} 交接給 {successor.name}，"
        f"自 {seat.start_date.isoformat()} 起"
    )
    _tell(actor, seat, "campaigns.seat_handed_over", summary, at, reason=reason, also=[former])
    forget_standing(former)
    return seat


@dataclass(frozen=True)
class Candidate:
    """可補為成員的一個單位和它的負責人（空缺時 head 為 None）。"""

    department: Department
    head: User | None
    post: str


def candidates(campaign: Campaign, on: date) -> list[Candidate]:
    """還沒有成員席位的單位；負責人已在領導小組裏任別的席位的不再列。"""
    seats = campaign.seats.on(on).filter(role=Seat.Role.MEMBER)
    covered = set(seats.values_list("departments", flat=True))
    seated = set(campaign.seats.on(on).values_list("user", flat=True)) - {None}
    heads: dict[int, Appointment] = {}
    posts = Appointment.objects.on(on).filter(role=Appointment.Role.HEAD, user__is_active=True)
    for post in posts.select_related("user", "department"):
        heads.setdefault(post.department_id, post)
    departments = Department.objects.existing(on).exclude(kind=Department.Kind.BUREAU)
    found = []
    for department in departments:
        post = heads.get(department.pk)
        if department.pk in covered or (post and post.user_id in seated):
            continue
        title = post.title if post else f"{department.name}負責人"
        found.append(Candidate(department, post.user if post else None, title))
    return found


@transaction.atomic
def fill_members(
    *, actor: User, campaign_id: int, department_ids: Iterable[int], at: datetime
) -> list[Seat]:
    """按各單位負責人補齊成員：一個單位一個席位，負責人空缺的先設虛位。重複按不會重設。"""
    campaign = _open_campaign(actor, campaign_id, at)
    wanted = set(department_ids)
    seats = []
    for candidate in candidates(campaign, at.date()):
        if candidate.department.pk not in wanted:
            continue
        seat = Seat.objects.create(
            campaign=campaign,
            role=Seat.Role.MEMBER,
            post=candidate.post,
            user=candidate.head,
            position=candidate.department.position,
            start_date=at.date(),
        )
        seat.departments.add(candidate.department)
        seats.append(seat)
    if seats:
        record(
            actor=actor,
            action="campaigns.members_filled",
            target=campaign,
            summary=f"按單位負責人補齊領導小組成員 {len(seats)} 名",
            reason="、".join(seat.post for seat in seats),
            at=at,
            notify=[seat.user for seat in seats],
            message=_message(campaign, f"您已列為「{campaign.name}」領導小組成員"),
        )
    return seats


def named(seat: Seat) -> str:
    """「副組長 王某（副局長）」；空缺時「副組長（副局長，暫缺）」。"""
    if seat.user:
        return f"{_role(seat)} {seat.user.name}（{seat.post}）"
    return f"{_role(seat)}（{seat.post}，暫缺）"


def _role(seat: Seat) -> str:
    """留痕用的原文，不隨操作者的繁簡變。"""
    return _ROLE_NAMES[seat.role]


_ROLE_NAMES: dict[str, str] = {
    Seat.Role.CHAIR: "組長",
    Seat.Role.DEPUTY: "副組長",
    Seat.Role.MEMBER: "成員",
    Seat.Role.OFFICE_DIRECTOR: "辦公室主任",
    Seat.Role.OFFICE_STAFF: "辦公室人員",
}


def _names(departments: Iterable[Department]) -> str:
    return "、".join(department.name for department in departments)


def _check_one_chair(seat: Seat) -> None:
    if seat.role != Seat.Role.CHAIR:
        return
    others = Seat.objects.filter(campaign=seat.campaign, role=Seat.Role.CHAIR)
    overlapping = [
        other
        for other in others
        if (not other.end_date or not seat.start_date or other.end_date >= seat.start_date)
        and (not seat.end_date or not other.start_date or other.start_date <= seat.end_date)
    ]
    if overlapping:
        raise Refused(_("這段時間已有組長，換人請在組長席位上用「交接」。"))


def _check_office_stays(seat: Seat, end_date: date) -> None:
    """進行中的活動，辦公室不能一個人都不剩：任務會無人審核、活動也無人能管。"""
    if seat.role not in Seat.OFFICE_ROLES or not seat.campaign.is_open:
        return
    after = Seat.objects.on(end_date + timedelta(days=1)).filter(
        campaign=seat.campaign, role__in=Seat.OFFICE_ROLES, user__is_active=True
    )
    if not after.exclude(pk=seat.pk).exists():
        raise Refused(_("辦公室只剩這一個人，活動還在進行。請先安排別人，或用「交接」。"))


def _lock(seat_id: int) -> Seat:
    return (
        Seat.objects.select_for_update(of=("self",))
        .select_related("campaign", "user")
        .get(pk=seat_id)
    )


def _open_campaign(actor: User, campaign_id: int, at: datetime) -> Campaign:
    campaign = Campaign.objects.select_for_update().get(pk=campaign_id)
    if not policies.can_manage_campaign(standing_of(actor, at.date()), campaign):
        raise PermissionDenied(_("只有本活動的辦公室和管理員可以調整領導小組。"))
    if campaign.state == Campaign.State.CLOSED:
        raise Refused(_("活動已結束，領導小組不再調整。"))
    return campaign


def _tell(
    actor: User,
    seat: Seat,
    action: str,
    summary: str,
    at: datetime,
    *,
    reason: str = "",
    changes: dict[str, list[str]] | None = None,
    also: Iterable[User] = (),
) -> None:
    forget_standing(actor)
    record(
        actor=actor,
        action=action,
        target=seat,
        topic=seat.campaign,
        summary=summary,
        reason=reason,
        changes=changes,
        at=at,
        notify=[seat.user, *also],
        message=_message(seat.campaign, summary, reason),
    )


def _message(campaign: Campaign, title: str, body: str = "") -> Message:
    return Message(title=title, body=body, url=f"{campaign.get_absolute_url()}leading-group/")
