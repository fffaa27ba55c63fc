"""榮譽的證書和文件：收文件走填報佐證同一條路。誰記榮譽誰加、誰撤。"""

from datetime import datetime
from typing import BinaryIO

from django.db import transaction
from django.utils.translation import gettext_lazy

from evaluations.models import Honour, HonourFile
from evaluations.services.honours import permit
from evaluations.services.papers import hang
from journal.services import record, source_script
from people.models import User
from pingtan_civ.ui import Text
from tasks.services.evidence import receive


def attach(
    *,
    actor: User,
    honour_id: int,
    file: BinaryIO,
    name: str,
    at: datetime,
    kind: str = HonourFile.Kind.CERTIFICATE,
) -> HonourFile:
    """加一份；同一份內容已有時返回已有的。Raises RefusedUpload、PermissionDenied。"""
    permit(actor, at)
    received = receive(file, name)
    with transaction.atomic():
        honour = Honour.objects.select_for_update().get(pk=honour_id)
        permit(actor, at)
        added, is_new = hang(honour.files, received, actor=actor, at=at, kind=kind)
        if is_new:
            _note(actor, added, "added", gettext_lazy("加材料「%(name)s」（%(kind)s）。"), at)
    return added


@transaction.atomic
def detach(*, actor: User, file_id: int, at: datetime) -> HonourFile:
    """撤下一份；文件和記錄都留着，已定稿的考核照舊。Raises PermissionDenied。"""
    permit(actor, at)
    found = HonourFile.objects.select_for_update().get(pk=file_id)
    if found.removed_at is None:
        found.removed_at = at
        found.save(update_fields=["removed_at"])
        _note(actor, found, "removed", gettext_lazy("撤下材料「%(name)s」（%(kind)s）。"), at)
    return found


@source_script()
def _note(actor: User, file: HonourFile, action: str, said: Text, at: datetime) -> None:
    record(
        actor=actor,
        action=f"evaluations.honour_file_{action}",
        target=file.honour,
        at=at,
        summary=str(said) % {"name": file.name, "kind": file.get_kind_display()},
    )
