"""一件事的材料（認定文書、處理結果）：收文件走填報佐證同一條路。"""

from datetime import datetime
from typing import BinaryIO

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.utils.timezone import localdate
from django.utils.translation import gettext as _

from campaigns.standing import standing_of
from evaluations import policies
from evaluations.models import VetoEvent, VetoFile
from evaluations.services.papers import hang
from evaluations.services.vetoes import locked_event
from journal.services import record, source_script
from people.models import User
from tasks.services.evidence import receive


def attach(
    *,
    actor: User,
    event_id: int,
    file: BinaryIO,
    name: str,
    at: datetime,
    kind: str = VetoFile.Kind.OTHER,
) -> VetoFile:
    """加一份材料；同一份內容已有時返回已有的。Raises RefusedUpload、PermissionDenied。"""
    _permit(actor, VetoEvent.objects.with_everything().get(pk=event_id), at)
    received = receive(file, name)
    with transaction.atomic():
        event = locked_event(event_id)
        _permit(actor, event, at)
        added, is_new = hang(event.files, received, actor=actor, at=at, kind=kind)
        if not is_new:
            return added
        with source_script():
            said = _("加材料「%(name)s」（%(kind)s）。") % {
                "name": added.name,
                "kind": added.get_kind_display(),
            }
            record(
                actor=actor, action="evaluations.veto_file_added", target=event, at=at, summary=said
            )
    return added


@transaction.atomic
def detach(*, actor: User, file_id: int, at: datetime) -> VetoFile:
    """撤下一份；文件和記錄都留着。誰加的由誰撤下，辦公室都可以。Raises PermissionDenied。"""
    event = locked_event(VetoFile.objects.get(pk=file_id).event_id)
    found = event.files.get(pk=file_id)
    if not policies.can_detach_from_veto(standing_of(actor, localdate(at)), found):
        raise PermissionDenied(_("別人加的材料由加的人或辦公室撤下。"))
    if found.removed_at is None:
        found.removed_at = at
        found.save(update_fields=["removed_at"])
        with source_script():
            said = _("撤下材料「%(name)s」。") % {"name": found.name}
            record(
                actor=actor,
                action="evaluations.veto_file_removed",
                target=event,
                at=at,
                summary=said,
            )
    return found


def _permit(actor: User, event: VetoEvent, at: datetime) -> None:
    if not policies.can_attach_to_veto(standing_of(actor, localdate(at)), event):
        raise PermissionDenied(_("材料由辦公室加，涉及的單位在認定以前也可以加。"))
