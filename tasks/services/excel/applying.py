"""把核對過的表寫進去：一個事務，一格不成就全部不成。"""

from datetime import datetime

from django.db import transaction
from django.utils import timezone

from campaigns.models import Campaign
from people.models import User
from tasks.models import WrongState
from tasks.services.breakdown import Invalid, Stale, create_measure, permit, update_measure
from tasks.services.excel.checking import (
    CellError,
    CheckedSheet,
    RowChange,
    check_sheet,
    key_of,
)
from tasks.services.excel.reading import Sheet


class _Refused(Exception):
    """只為退回整個事務。"""


def apply_sheet(
    *, actor: User, campaign: Campaign, sheet: Sheet, at: datetime, dry_run: bool = False
) -> CheckedSheet:
    """核對並寫入。返回的 errors 不為空時什麼也沒有寫。

    dry_run 走完同樣的一遍再全部退回：預覽時就能說出服務會拒絕的地方（如時限晚於活動結束）。
    與頁面上逐行修改用同一組服務，所以通知、留痕和各期報送都一樣。
    Raises PermissionDenied：不是本活動辦公室的人。
    """
    permit(actor, campaign, at)
    checked = check_sheet(campaign, sheet, today=timezone.localdate(at))
    if checked.errors:
        return checked
    try:
        with transaction.atomic():
            for change in checked.changes:
                _write(actor, campaign, change, checked, at)
            if checked.errors or dry_run:
                raise _Refused
    except _Refused:
        pass
    return checked


def _write(
    actor: User, campaign: Campaign, change: RowChange, checked: CheckedSheet, at: datetime
) -> None:
    try:
        with transaction.atomic():
            if change.measure is None:
                create_measure(actor=actor, campaign=campaign, values=change.values, at=at)
            else:
                update_measure(
                    actor=actor,
                    measure_id=change.measure.pk,
                    values=change.values,
                    version=change.measure.version,
                    at=at,
                )
    except Invalid as refusal:
        for name, sentence in refusal.errors.items():
            _error(checked, change, key_of(name), sentence)
    except (Stale, WrongState) as refusal:
        _error(checked, change, "title", str(refusal))


def _error(checked: CheckedSheet, change: RowChange, key: str, sentence: str) -> None:
    number = change.row.number
    checked.errors.append(
        CellError(checked.sheet.address(key, number), number, sentence, change.row.text(key))
    )
