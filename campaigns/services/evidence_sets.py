"""常用的佐證要求：辦公室維護，整組保存並留痕。已經選用過的不受影響。"""

from datetime import datetime
from typing import Any

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from campaigns import policies
from campaigns.models import EvidenceSet, EvidenceSetLine
from campaigns.standing import standing_of
from journal.services import record, source_script
from people.models import User

_FIELDS = ("name", "note", "position", "is_active", "is_usual")


@transaction.atomic
def save_evidence_set(
    *,
    actor: User,
    values: dict[str, Any],
    lines: list[dict[str, Any]],
    at: datetime,
    set_id: int | None = None,
) -> EvidenceSet:
    """新設或改一組常用要求。values 的鍵是 name、note、position、is_active、is_usual；
    lines 是各種佐證的要求（鍵見 evidence_specs.FIELDS）。

    勾了「起草時照它」的，原來照用的那一組隨之讓出。
    Raises PermissionDenied（不是辦公室的人）、ValidationError（一種佐證也沒有）。
    """
    if not policies.can_maintain_evidence_sets(standing_of(actor, at.date())):
        raise PermissionDenied(_("常用佐證要求由領導小組辦公室維護。"))
    if not lines:
        raise ValidationError(_("至少要有一種佐證；不再用的，把「可選用」的勾去掉。"))
    row = EvidenceSet.objects.select_for_update().get(pk=set_id) if set_id else EvidenceSet()
    before = _said(row) if row.pk else []
    for name in _FIELDS:
        setattr(row, name, values[name])
    if row.is_usual:
        EvidenceSet.objects.filter(is_usual=True).exclude(pk=row.pk).update(is_usual=False)
    row.save()
    row.lines.all().delete()
    EvidenceSetLine.objects.bulk_create(
        EvidenceSetLine(evidence_set=row, **values) for values in lines
    )
    after = _said(row)
    if before != after:
        _record(actor, row, before, after, at)
    return row


@source_script()
def _said(row: EvidenceSet) -> list[str]:
    """這一組的名稱、用處和各條要求，一條一行。"""
    state = [_("起草時照它")] if row.is_usual else []
    state += [] if row.is_active else [_("停用")]
    lines = [each.line for each in row.lines.select_related("form")]
    return [row.name, row.note, *state, *lines]


@source_script()
def _record(
    actor: User, row: EvidenceSet, before: list[str], after: list[str], at: datetime
) -> None:
    summary = _("改了常用佐證要求「%(name)s」。") if before else _("新設常用佐證要求「%(name)s」。")
    record(
        actor=actor,
        action="campaigns.evidence_set_saved",
        target=row,
        at=at,
        summary=summary % {"name": row.name},
        changes={"evidence": ["；".join(filter(None, said)) for said in (before, after)]},
    )
