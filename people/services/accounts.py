"""賬號：開戶、改信息、重置密碼、停用和恢復。密碼從不留痕，也不進日誌。"""

import secrets
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from axes.utils import reset as unlock
from django.db import transaction
from django.utils.translation import gettext as _

from journal.changes import apply_changes
from journal.services import record
from people.models import User
from people.services.permission import (
    Refused,
    require_governor,
    require_lock_out,
    require_maintainer,
)

# 去掉容易看錯的 0 o 1 l i，念給人聽、抄在紙上都不會錯。
_ALPHABET = "abcdefghjkmnpqrstuvwxyz23456789"


def one_time_password() -> str:
    """一次性密碼，如 k7mq-3xvd-h9tp（約 59 位隨機）。"""
    return "-".join("".join(secrets.choice(_ALPHABET) for _n in range(4)) for _m in range(3))


@transaction.atomic
def create_user(*, actor: User, values: Mapping[str, Any], at: datetime) -> tuple[User, str]:
    """開一個賬號，返回它和一次性密碼。密碼只在這裏出現一次，首次登錄必須改掉。"""
    require_maintainer(actor, at.date())
    password = one_time_password()
    user = User(**values, must_change_password=True, date_joined=at)
    user.set_password(password)
    user.full_clean()
    user.save()
    record(
        actor=actor,
        action="people.user_created",
        target=user,
        summary=f"開設賬號 {user.username}（{user.name}）",
        at=at,
    )
    return user, password


@transaction.atomic
def update_user(*, actor: User, user_id: int, values: Mapping[str, Any], at: datetime) -> User:
    """改別人的姓名、聯繫方式、排序。本人會收到通知。"""
    user = User.objects.select_for_update().get(pk=user_id)
    require_governor(actor, user, at.date())
    return _change(actor, user, values, at)


@transaction.atomic
def update_own_contact(*, actor: User, phone: str, email: str, at: datetime) -> User:
    """本人改自己的手機號和郵箱。"""
    user = User.objects.select_for_update().get(pk=actor.pk)
    return _change(actor, user, {"phone": phone, "email": email}, at)


def _change(actor: User, user: User, values: Mapping[str, Any], at: datetime) -> User:
    changes = apply_changes(user, values)
    if not changes:
        return user
    user.full_clean(exclude={"password"})
    user.save(update_fields=list(values))
    record(
        actor=actor,
        action="people.user_changed",
        target=user,
        # 手機號和郵箱不寫進留痕：留痕人人可查，聯繫方式不必人人可見。
        summary=f"修改 {user.name} 的{'、'.join(changes)}",
        changes={key: pair for key, pair in changes.items() if key in _PUBLIC},
        at=at,
        notify=[user],
    )
    return user


_PUBLIC = {"姓名", "排序"}


@transaction.atomic
def reset_password(*, actor: User, user_id: int, at: datetime) -> tuple[User, str]:
    """忘了密碼時由辦公室重置：返回一次性密碼，原密碼和已登錄的瀏覽器立即失效，
    因輸錯密碼被鎖的也隨之解開。
    """
    user = User.objects.select_for_update().get(pk=user_id)
    require_governor(actor, user, at.date())
    if user.pk == actor.pk:
        raise Refused(_("自己的密碼請在「我的賬號」裏修改。"))
    require_lock_out(actor, user, at.date())
    password = one_time_password()
    user.set_password(password)
    user.must_change_password = True
    user.save(update_fields=["password", "must_change_password"])
    unlock(username=user.username)
    record(
        actor=actor,
        action="people.password_reset",
        target=user,
        summary=f"重置 {user.name} 的密碼",
        at=at,
        notify=[user],
    )
    return user, password


@transaction.atomic
def change_own_password(*, actor: User, password: str, at: datetime) -> User:
    """本人改密碼。強度已由表單按 AUTH_PASSWORD_VALIDATORS 查過。"""
    user = User.objects.select_for_update().get(pk=actor.pk)
    user.set_password(password)
    user.must_change_password = False
    user.save(update_fields=["password", "must_change_password"])
    record(
        actor=user,
        action="people.password_changed",
        target=user,
        summary=f"{user.name} 修改了密碼",
        at=at,
    )
    return user


@transaction.atomic
def deactivate_user(*, actor: User, user_id: int, reason: str, at: datetime) -> User:
    """停用賬號：立刻不能登錄、不再收通知，也不再算任何職務的在任人。記錄都留着。

    Raises Refused：停用自己，或最後一個管理員。
    """
    user = User.objects.select_for_update().get(pk=user_id)
    require_governor(actor, user, at.date())
    if user.pk == actor.pk:
        raise Refused(_("不能停用自己的賬號，請由另一位管理員來辦。"))
    require_lock_out(actor, user, at.date())
    others = User.objects.filter(is_superuser=True, is_active=True).exclude(pk=user.pk)
    if user.is_superuser and not others.exists():
        raise Refused(_("這是最後一個管理員，停用後就沒有人能管系統了。"))
    return _set_active(actor, user, active=False, reason=reason, at=at)


@transaction.atomic
def activate_user(*, actor: User, user_id: int, reason: str, at: datetime) -> User:
    """恢復停用的賬號；職務還在任期內的，權限隨即恢復。"""
    user = User.objects.select_for_update().get(pk=user_id)
    require_governor(actor, user, at.date())
    return _set_active(actor, user, active=True, reason=reason, at=at)


def _set_active(actor: User, user: User, *, active: bool, reason: str, at: datetime) -> User:
    if user.is_active == active:
        return user
    user.is_active = active
    user.save(update_fields=["is_active"])
    record(
        actor=actor,
        action="people.user_activated" if active else "people.user_deactivated",
        target=user,
        summary=f"{'恢復' if active else '停用'}賬號 {user.username}（{user.name}）",
        reason=reason,
        at=at,
        notify=[user],
    )
    return user
