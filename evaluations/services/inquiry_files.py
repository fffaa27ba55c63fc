"""徵詢函的復函：主管部門蓋了章退回的答覆單，掃描掛在函上。"""

from datetime import datetime
from typing import BinaryIO

from django.db import transaction
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy

from evaluations.models import AuthorityInquiry, InquiryFile
from evaluations.services.inquiries import locked_inquiry, permit, require_running
from evaluations.services.papers import hang
from journal.services import record, source_script
from people.models import User
from tasks.services.evidence import receive


def attach(*, actor: User, inquiry_id: int, file: BinaryIO, name: str, at: datetime) -> InquiryFile:
    """掛上一份復函；同一份內容已有時返回已有的。

    Raises RefusedUpload、PermissionDenied、ValidationError。
    """
    inquiry = AuthorityInquiry.objects.select_related("campaign").get(pk=inquiry_id)
    permit(actor, inquiry.campaign, at)
    received = receive(file, name)
    with transaction.atomic():
        inquiry = locked_inquiry(inquiry_id)
        permit(actor, inquiry.campaign, at)
        require_running(inquiry)
        added, is_new = hang(inquiry.files, received, actor=actor, at=at)
        if is_new:
            _tell(actor, added, "file_added", gettext_lazy("上傳復函「%(name)s」。"), at)
    return added


@transaction.atomic
def detach(*, actor: User, file_id: int, at: datetime) -> InquiryFile:
    """撤下一份；文件和記錄都留着。Raises PermissionDenied。"""
    inquiry = locked_inquiry(InquiryFile.objects.get(pk=file_id).inquiry_id)
    permit(actor, inquiry.campaign, at)
    found = inquiry.files.get(pk=file_id)
    if found.removed_at is None:
        found.removed_at = at
        found.save(update_fields=["removed_at"])
        _tell(actor, found, "file_removed", gettext_lazy("撤下復函「%(name)s」。"), at)
    return found


@source_script()
def _tell(actor: User, file: InquiryFile, action: str, said: Promise, at: datetime) -> None:
    record(
        actor=actor,
        action=f"evaluations.inquiry_{action}",
        target=file.inquiry,
        at=at,
        summary=str(said) % {"name": file.name},
    )
