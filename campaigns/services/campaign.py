"""創建活動的建立、修改、開始、結束和重新打開。"""

import re
from collections.abc import Callable, Iterable, Mapping
from datetime import date, datetime
from typing import Any

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.utils.translation import gettext as _

from campaigns import policies
from campaigns.models import Campaign, FocusArea, Seat
from campaigns.standing import forget_standing, office_members, standing_of
from journal.services import Message, record
from people.models import Appointment, User
from people.services import Refused, apply_changes

# 不能作代碼的詞：網址 /campaigns/new/ 已另有用處。
RESERVED = frozenset({"new"})

_AFTER_CHANGE: list[Callable[[Campaign], None]] = []


def register_after_change(callback: Callable[[Campaign], None]) -> None:
    """活動改動後要跟着重算的，由右邊的應用登記；本應用不認識它們。可以重複登記。"""
    if callback not in _AFTER_CHANGE:
        _AFTER_CHANGE.append(callback)


def after_change(campaign: Campaign) -> None:
    """告訴登記過的：活動的狀態或設置改了。在改動的同一事務裏調用。"""
    for callback in _AFTER_CHANGE:
        callback(campaign)


def propose_code(start_date: date) -> str:
    """按上一個活動的字頭和年份擬一個代碼，如 pt2027；已有人用就加 -2、-3。"""
    latest = Campaign.objects.order_by("-start_date", "-pk").values_list("code", flat=True).first()
    prefix = re.match(r"[a-z]*", latest or "").group() or "wm"
    code, number = f"{prefix}{start_date.year}", 1
    taken = set(Campaign.objects.filter(code__startswith=code).values_list("code", flat=True))
    while (proposal := code if number == 1 else f"{code}-{number}") in taken:
        number += 1
    return proposal


@transaction.atomic
def create_campaign(
    *,
    actor: User,
    values: Mapping[str, Any],
    focus_areas: Iterable[str] = (),
    copy_from: Campaign | None = None,
    at: datetime,
) -> Campaign:
    """建一個籌備中的活動，照搬 copy_from 現任的領導小組席位。

    這樣還沒有辦公室的人時，建活動的人先任辦公室主任，免得活動沒有人管。
    Raises ValidationError：代碼重複、日期顛倒等。
    """
    if not policies.can_create_campaign(standing_of(actor, at.date())):
        raise PermissionDenied(_("只有領導小組辦公室、組長和管理員可以建立創建活動。"))
    campaign = Campaign(**values, state=Campaign.State.DRAFT, created_at=at)
    campaign.full_clean()
    campaign.save()
    _set_focus_areas(campaign, focus_areas)
    if copy_from:
        _copy_seats(copy_from, campaign, at.date())
    if not office_members(campaign, at.date()):
        Seat.objects.create(
            campaign=campaign,
            role=Seat.Role.OFFICE_DIRECTOR,
            post="創建工作領導小組辦公室主任",
            user=actor,
            start_date=at.date(),
        )
    forget_standing(actor)
    record(
        actor=actor,
        action="campaigns.created",
        target=campaign,
        summary=f"建立創建活動「{campaign.name}」",
        at=at,
        notify=office_members(campaign, at.date()),
        message=_message(campaign, f"您在「{campaign.name}」的辦公室，活動已開始籌備"),
    )
    return campaign


def _copy_seats(source: Campaign, campaign: Campaign, on: date) -> None:
    for seat in source.seats.on(on).prefetch_related("departments"):
        copy = Seat.objects.create(
            campaign=campaign,
            role=seat.role,
            post=seat.post,
            user=seat.user,
            position=seat.position,
            start_date=on,
        )
        copy.departments.set(seat.departments.all())


def _set_focus_areas(campaign: Campaign, names: Iterable[str]) -> list[str]:
    """按給定的次序排好重點；名稱沒變的那行不動（別處可能已引用它）。"""
    wanted = list(dict.fromkeys(names))
    campaign.focus_areas.exclude(name__in=wanted).delete()
    for position, name in enumerate(wanted):
        FocusArea.objects.update_or_create(
            campaign=campaign, name=name, defaults={"position": position}
        )
    return wanted


@transaction.atomic
def update_campaign(
    *,
    actor: User,
    campaign_id: int,
    values: Mapping[str, Any],
    focus_areas: Iterable[str],
    at: datetime,
) -> Campaign:
    """修改活動信息。代碼定下後不改（網址、任務編號都靠它）。結束後不能再改。"""
    campaign = _lock(campaign_id)
    _require_manager(actor, campaign, at)
    if campaign.state == Campaign.State.CLOSED:
        raise Refused(_("活動已結束，不能再改；確有需要請先重新打開。"))
    old_areas = list(campaign.focus_areas.values_list("name", flat=True))
    changes = apply_changes(campaign, {k: v for k, v in values.items() if k != "code"})
    campaign.full_clean()
    campaign.save()
    new_areas = _set_focus_areas(campaign, focus_areas)
    if old_areas != new_areas:
        changes["重點"] = ["、".join(old_areas), "、".join(new_areas)]
    if changes:
        after_change(campaign)
        record(
            actor=actor,
            action="campaigns.changed",
            target=campaign,
            summary=f"修改「{campaign.name}」的{'、'.join(changes)}",
            changes=changes,
            at=at,
            notify=office_members(campaign, at.date()),
            message=_message(campaign, f"「{campaign.name}」的{'、'.join(changes)}已修改"),
        )
    return campaign


@transaction.atomic
def start_campaign(*, actor: User, campaign_id: int, at: datetime) -> Campaign:
    """籌備中→進行中：從此人人可見，可以下達任務，提醒照常發。告訴領導小組的人。"""
    campaign = _lock(campaign_id)
    _require_manager(actor, campaign, at)
    if campaign.state != Campaign.State.DRAFT:
        raise Refused(_("活動已經開始或結束，不用再開始。"))
    if not office_members(campaign, at.date()):
        raise Refused(_("辦公室還沒有人，任務下達後無人審核。請先在領導小組裏安排辦公室的人。"))
    return _move(
        campaign,
        Campaign.State.ACTIVE,
        actor=actor,
        action="campaigns.started",
        summary=f"創建活動「{campaign.name}」開始",
        at=at,
        notify=_seated(campaign, at.date()),
    )


@transaction.atomic
def close_campaign(*, actor: User, campaign_id: int, reason: str, at: datetime) -> Campaign:
    """進行中→已結束：提醒停止，不再接收報送，內容全部保留。告訴領導小組和各單位負責人。"""
    campaign = _lock(campaign_id)
    _require_manager(actor, campaign, at)
    if campaign.state != Campaign.State.ACTIVE:
        raise Refused(_("只有進行中的活動可以結束。"))
    return _move(
        campaign,
        Campaign.State.CLOSED,
        actor=actor,
        action="campaigns.closed",
        summary=f"創建活動「{campaign.name}」結束，不再提醒和接收報送",
        reason=reason,
        at=at,
        notify=[*_seated(campaign, at.date()), *_heads(at.date())],
    )


@transaction.atomic
def reopen_campaign(*, actor: User, campaign_id: int, reason: str, at: datetime) -> Campaign:
    """已結束→進行中：提醒恢復。誤按了結束，或收尾的事還沒辦完。"""
    campaign = _lock(campaign_id)
    _require_manager(actor, campaign, at)
    if campaign.state != Campaign.State.CLOSED:
        raise Refused(_("活動沒有結束，不用重新打開。"))
    return _move(
        campaign,
        Campaign.State.ACTIVE,
        actor=actor,
        action="campaigns.reopened",
        summary=f"創建活動「{campaign.name}」重新打開",
        reason=reason,
        at=at,
        notify=[*_seated(campaign, at.date()), *_heads(at.date())],
    )


def _move(
    campaign: Campaign,
    state: str,
    *,
    actor: User,
    action: str,
    summary: str,
    at: datetime,
    notify: Iterable[User],
    reason: str = "",
) -> Campaign:
    campaign.state = state
    campaign.save(update_fields=["state"])
    after_change(campaign)
    forget_standing(actor)
    record(
        actor=actor,
        action=action,
        target=campaign,
        summary=summary,
        reason=reason,
        at=at,
        notify=notify,
        message=_message(campaign, summary, reason),
    )
    return campaign


def _lock(campaign_id: int) -> Campaign:
    return Campaign.objects.select_for_update().get(pk=campaign_id)


def _require_manager(actor: User, campaign: Campaign, at: datetime) -> None:
    if not policies.can_manage_campaign(standing_of(actor, at.date()), campaign):
        raise PermissionDenied(_("只有本活動的辦公室和管理員可以這樣辦。"))


def _seated(campaign: Campaign, on: date) -> list[User]:
    seats = campaign.seats.on(on).filter(user__isnull=False).select_related("user")
    return [seat.user for seat in seats]


def _heads(on: date) -> list[User]:
    posts = Appointment.objects.on(on).filter(role=Appointment.Role.HEAD)
    return [post.user for post in posts.select_related("user")]


def _message(campaign: Campaign, title: str, body: str = "") -> Message:
    return Message(title=title, body=body, url=campaign.get_absolute_url())
