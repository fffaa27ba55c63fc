"""榮譽台賬：記一項，改一項。榮譽由上級授予，這裏只作記載。"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from campaigns.standing import standing_of
from evaluations import policies
from evaluations.models import Honour
from journal.changes import apply_changes
from journal.services import record, source_script
from people.models import User
from people.services import staff_of


@transaction.atomic
def record_honour(*, actor: User, values: Mapping[str, Any], at: datetime) -> Honour:
    """記一項榮譽，告訴獲獎的人或單位。Raises PermissionDenied、ValidationError。"""
    permit(actor, at)
    honour = Honour(**values)
    _check(honour, at)
    honour.save()
    with source_script():
        record(
            actor=actor,
            action="evaluations.honour_recorded",
            target=honour,
            at=at,
            summary=_("記入榮譽：%(honour)s，授予%(recipient)s，%(granted_by)s授予")
            % {
                "honour": honour,
                "recipient": honour.recipient,
                "granted_by": honour.granted_by,
            },
            notify=_told(honour, at),
        )
    return honour


@transaction.atomic
def update_honour(
    *, actor: User, honour_id: int, values: Mapping[str, Any], at: datetime
) -> Honour:
    """改一項榮譽的記載。沒有真改就不留痕。Raises PermissionDenied、ValidationError。"""
    permit(actor, at)
    honour = Honour.objects.select_for_update().get(pk=honour_id)
    changes = apply_changes(honour, values)
    if not changes:
        return honour
    _check(honour, at)
    honour.save(update_fields=list(values))
    with source_script():
        record(
            actor=actor,
            action="evaluations.honour_changed",
            target=honour,
            at=at,
            summary=_("修改榮譽 %(honour)s 的%(fields)s。")
            % {"honour": honour, "fields": "、".join(changes)},
            changes=changes,
        )
    return honour


def permit(actor: User, at: datetime) -> None:
    """記榮譽、加材料的人。Raises PermissionDenied。"""
    if not policies.can_record_honours(standing_of(actor, timezone.localdate(at))):
        raise PermissionDenied(_("榮譽台賬由領導小組辦公室和管理員記載。"))


def _check(honour: Honour, at: datetime) -> None:
    honour.full_clean()
    if honour.granted_date > timezone.localdate(at):
        raise ValidationError({"granted_date": _("授予日期還沒有到，請核對。")})
    same = Honour.objects.filter(
        name=honour.name,
        level=honour.level,
        granted_date=honour.granted_date,
        department=honour.department,
        person=honour.person,
    ).exclude(pk=honour.pk)
    if same.exists():
        raise ValidationError(
            {
                "name": _("已記過同一天授給%(recipient)s的這項榮譽，不用再記。")
                % {"recipient": honour.recipient}
            }
        )


def _told(honour: Honour, at: datetime) -> list[User]:
    if honour.person:
        return [honour.person]
    on = timezone.localdate(at)
    return staff_of(honour.department_id, on) if honour.department_id else []
