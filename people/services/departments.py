"""科室和窗口單位的設立、改名、撤併、恢復，以及示範點身份。"""

from collections.abc import Iterable, Mapping
from datetime import date, datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from journal.changes import apply_changes
from journal.services import record
from people.models import Appointment, DemonstrationStatus, Department, DepartmentPeriod, User
from people.services.holders import heads_of, staff_of
from people.services.permission import Refused, require_maintainer


@transaction.atomic
def create_department(
    *,
    actor: User,
    values: Mapping[str, Any],
    at: datetime,
    start_date: date | None = None,
    reason: str = "",
) -> Department:
    """設一個單位。給了 start_date 就從那天起算存在，否則視為一直存在。"""
    require_maintainer(actor, at.date())
    department = Department(**values)
    department.full_clean()
    department.save()
    if start_date:
        DepartmentPeriod.objects.create(department=department, start_date=start_date, reason=reason)
    record(
        actor=actor,
        action="people.department_created",
        target=department,
        summary=f"設立 {department.name}",
        reason=reason,
        at=at,
    )
    return department


@transaction.atomic
def update_department(
    *, actor: User, department_id: int, values: Mapping[str, Any], at: datetime
) -> Department:
    """改名稱、類別、上級等。沒有真改就不留痕；告訴該單位的負責人。

    Raises ValidationError：名稱重複，或上下級繞成一圈。
    """
    require_maintainer(actor, at.date())
    department = Department.objects.select_for_update().get(pk=department_id)
    changes = apply_changes(department, values)
    if not changes:
        return department
    department.full_clean()
    department.save(update_fields=list(values))
    record(
        actor=actor,
        action="people.department_changed",
        target=department,
        summary=f"修改 {department.name} 的{'、'.join(changes)}",
        changes=changes,
        at=at,
        notify=heads_of(department.pk, at.date()),
    )
    return department


@transaction.atomic
def close_department(
    *,
    actor: User,
    department_id: int,
    end_date: date,
    reason: str,
    at: datetime,
    merged_into: Department | None = None,
) -> Department:
    """撤銷或併入別處：end_date 是最後一天。當時在任的職務同日終止，歷史都留着。

    Raises Refused：已經撤銷、還有下級，或併入的單位屆時也不存在。
    """
    require_maintainer(actor, at.date())
    department = Department.objects.select_for_update().get(pk=department_id)
    _check_can_close(department, end_date, merged_into)
    _end_period(department, end_date, reason)
    posts = Appointment.objects.filter(department=department).filter(
        Q(end_date__isnull=True) | Q(end_date__gt=end_date)
    )
    holders = staff_of(department.pk, end_date)
    # 還沒開始的任職沒有發生過任何事，直接取消；已開始的只記終止，歷史留着。
    posts.filter(start_date__gt=end_date).delete()
    posts.update(end_date=end_date)
    whither = f"，併入 {merged_into.name}" if merged_into else ""
    record(
        actor=actor,
        action="people.department_closed",
        target=department,
        summary=f"{department.name} 自 {end_date.isoformat()} 之後撤銷{whither}",
        reason=reason,
        at=at,
        notify=[*holders, *(heads_of(merged_into.pk, at.date()) if merged_into else [])],
    )
    return department


def _check_can_close(department: Department, end_date: date, into: Department | None) -> None:
    if not Department.objects.existing(end_date).filter(pk=department.pk).exists():
        raise Refused(_("這個單位在那一天並不存在，不用再撤。請核對日期。"))
    after = end_date + timedelta(days=1)
    children = Department.objects.existing(after).filter(parent=department)
    if children:
        names = "、".join(child.name for child in children)
        raise Refused(_("它下面還有 %(names)s，請先把它們改歸別處或撤銷。") % {"names": names})
    if into and (
        into.pk == department.pk
        or not Department.objects.existing(after).filter(pk=into.pk).exists()
    ):
        raise Refused(_("併入的單位屆時也不存在，請另選一個。"))


def _end_period(department: Department, end_date: date, reason: str) -> None:
    """在現有的那段期間上記下終止；從來沒有記過期間的，補一段「一直到那天」。"""
    period = department.periods.on(end_date).order_by("-start_date").first()
    if period is None:
        department.periods.create(end_date=end_date, reason=reason)
        return
    period.end_date, period.reason = end_date, reason or period.reason
    period.save(update_fields=["end_date", "reason"])


@transaction.atomic
def add_period(
    *,
    actor: User,
    department_id: int,
    start_date: date | None,
    end_date: date | None,
    reason: str,
    at: datetime,
) -> DepartmentPeriod:
    """補記一段存續期間（恢復設置、或補錄成立日期）。

    Raises ValidationError：終止早於起始；Refused：與已有的期間重疊。
    """
    require_maintainer(actor, at.date())
    department = Department.objects.select_for_update().get(pk=department_id)
    period = DepartmentPeriod(
        department=department, start_date=start_date, end_date=end_date, reason=reason
    )
    period.full_clean()
    if _overlapping(department.periods.all(), start_date, end_date):
        raise Refused(_("與已有的一段存續期間重疊，請核對起止日期。"))
    period.save()
    record(
        actor=actor,
        action="people.period_added",
        target=department,
        summary=f"記入 {department.name} 的存續期間 {span(start_date, end_date)}",
        reason=reason,
        at=at,
        notify=heads_of(department.pk, at.date()),
    )
    return period


def _overlapping(periods: Iterable[DepartmentPeriod], start: date | None, end: date | None) -> bool:
    return any(
        (start is None or period.end_date is None or start <= period.end_date)
        and (end is None or period.start_date is None or period.start_date <= end)
        for period in periods
    )


def span(start: date | None, end: date | None) -> str:
    """「2026-01-06 至 2026-12-31」；空的一端寫成「設立」「至今」。"""
    return f"{start.isoformat() if start else '設立'} 至 {end.isoformat() if end else '今'}"


@transaction.atomic
def add_demonstration_status(
    *, actor: User, department_id: int, values: Mapping[str, Any], at: datetime
) -> DemonstrationStatus:
    """記下上級授予的示範點身份。本局只記載，不授予。"""
    require_maintainer(actor, at.date())
    department = Department.objects.select_for_update().get(pk=department_id)
    status = DemonstrationStatus(department=department, **values)
    status.full_clean()
    status.save()
    record(
        actor=actor,
        action="people.demonstration_added",
        target=department,
        summary=f"記入 {department.name} 為示範點，{status.granted_by} 授予",
        at=at,
        notify=staff_of(department.pk, at.date()),
    )
    return status


@transaction.atomic
def end_demonstration_status(
    *, actor: User, status_id: int, end_date: date, reason: str, at: datetime
) -> DemonstrationStatus:
    """示範點身份到期或被取消；end_date 是最後一天。"""
    require_maintainer(actor, at.date())
    status = DemonstrationStatus.objects.select_for_update().get(pk=status_id)
    status.end_date = end_date
    status.full_clean()
    status.save(update_fields=["end_date"])
    record(
        actor=actor,
        action="people.demonstration_ended",
        target=status.department,
        summary=f"{status.department.name} 的示範點身份到 {end_date.isoformat()} 為止",
        reason=reason,
        at=at,
        notify=staff_of(status.department_id, at.date()),
    )
    return status
