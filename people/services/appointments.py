"""任職：任命、終止、交接。權限跟着當日在任的人走，改這裏就是改權限。"""

from datetime import date, datetime, timedelta

from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from journal.services import Message, record
from people.models import Appointment, Department, User
from people.services.permission import Refused, require_maintainer


@transaction.atomic
def appoint(
    *,
    actor: User,
    user: User,
    department: Department,
    role: str,
    at: datetime,
    post: str = "",
    start_date: date | None = None,
    end_date: date | None = None,
    is_primary: bool = True,
    position: int = 100,
) -> Appointment:
    """任命一個人。可兼數職；設為主要職務時，此人原來的主要職務改為兼任。

    Raises ValidationError：終止早於起始；Refused：重複任職、單位不在、賬號停用。
    """
    require_maintainer(actor, at.date())
    Department.objects.select_for_update().get(pk=department.pk)
    appointment = Appointment(
        user=user,
        department=department,
        role=role,
        post=post,
        start_date=start_date,
        end_date=end_date,
        is_primary=is_primary,
        position=position,
    )
    appointment.full_clean()
    _check_can_hold(appointment, at.date())
    if is_primary:
        user.appointments.filter(is_primary=True).update(is_primary=False)
    appointment.save()
    _tell(
        actor=actor,
        appointment=appointment,
        action="people.appointed",
        summary=f"{user.name} 任{appointment.title}{_from(start_date)}",
        at=at,
    )
    return appointment


def _check_can_hold(appointment: Appointment, today: date) -> None:
    first_day = appointment.start_date or today
    if not appointment.user.is_active:
        raise Refused(_("這個賬號已停用，請先恢復賬號，或另選一人。"))
    existing = Department.objects.existing(first_day)
    if not existing.filter(pk=appointment.department_id).exists():
        raise Refused(_("這個單位在任職開始那天不存在，請核對日期。"))
    same = Appointment.objects.filter(
        user=appointment.user, department=appointment.department, role=appointment.role
    ).filter(Q(end_date__isnull=True) | Q(end_date__gte=first_day))
    if appointment.end_date:
        same = same.filter(Q(start_date__isnull=True) | Q(start_date__lte=appointment.end_date))
    if same.exists():
        raise Refused(_("此人這段時間已經擔任這個職務，不用重複任命。"))


@transaction.atomic
def end_appointment(
    *, actor: User, appointment_id: int, end_date: date, reason: str, at: datetime
) -> Appointment:
    """終止任職；end_date 是最後一天，次日起不再有這個職務的權限。"""
    require_maintainer(actor, at.date())
    appointment = _lock(appointment_id)
    appointment.end_date = end_date
    appointment.full_clean()
    appointment.save(update_fields=["end_date"])
    _tell(
        actor=actor,
        appointment=appointment,
        action="people.appointment_ended",
        summary=f"{appointment.user.name} 任{appointment.title}到 {end_date.isoformat()} 為止",
        reason=reason,
        at=at,
    )
    return appointment


@transaction.atomic
def hand_over_appointment(
    *,
    actor: User,
    appointment_id: int,
    successor: User,
    last_day: date,
    at: datetime,
    reason: str = "",
) -> Appointment:
    """換人：原任到 last_day 為止，繼任從次日起，職務不變。返回繼任者的任職。

    中間不空一天也不重一天，在辦的事自然轉到繼任者名下。告訴前後兩人。
    """
    require_maintainer(actor, at.date())
    old = _lock(appointment_id)
    _check_can_hand_over(old, successor, last_day)
    until = old.end_date
    old.end_date = last_day
    old.full_clean()
    old.save(update_fields=["end_date"])
    new = Appointment(
        user=successor,
        department=old.department,
        role=old.role,
        post=old.post,
        position=old.position,
        start_date=last_day + timedelta(days=1),
        end_date=until,
        is_primary=not successor.appointments.filter(is_primary=True).exists(),
    )
    _check_can_hold(new, at.date())
    new.save()
    _tell(
        actor=actor,
        appointment=new,
        action="people.appointment_handed_over",
        summary=(
            f"{old.title}由 {old.user.name} 交接給 {successor.name}，"
            f"自 {new.start_date.isoformat()} 起"
        ),
        reason=reason,
        at=at,
        also=[old.user],
    )
    return new


def _check_can_hand_over(old: Appointment, successor: User, last_day: date) -> None:
    if successor.pk == old.user_id:
        raise Refused(_("繼任者就是現任本人，請另選一人。"))
    if old.end_date and old.end_date <= last_day:
        raise Refused(
            _("這個任職到 %(day)s 已經終止，請直接任命新人。") % {"day": old.end_date.isoformat()}
        )


def _lock(appointment_id: int) -> Appointment:
    return (
        Appointment.objects.select_for_update(of=("self",))
        .select_related("user", "department")
        .get(pk=appointment_id)
    )


def _from(day: date | None) -> str:
    return f"，自 {day.isoformat()} 起" if day else ""


def _tell(
    *,
    actor: User,
    appointment: Appointment,
    action: str,
    summary: str,
    at: datetime,
    reason: str = "",
    also: list[User] | None = None,
) -> None:
    """留痕記在單位名下，告訴本人。"""
    record(
        actor=actor,
        action=action,
        target=appointment,
        topic=appointment.department,
        summary=summary,
        reason=reason,
        at=at,
        notify=[appointment.user, *(also or [])],
        message=Message(title=summary, body=reason, url=appointment.department.get_absolute_url()),
    )
