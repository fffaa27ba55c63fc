"""佐證：收下、撤下、說明。文件按內容只存一份，圖片先轉正、壓小、去掉位置信息。"""

from datetime import datetime
from pathlib import PurePosixPath
from typing import BinaryIO

from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.core.files import File
from django.core.files.storage import default_storage
from django.db import transaction
from django.utils.translation import gettext as _

from campaigns.models import EvidenceForm
from campaigns.standing import standing_of
from journal.services import record
from people.models import User
from pingtan_civ.lib.images import normalise_picture
from pingtan_civ.lib.uploads import Inspected, inspect
from tasks import policies
from tasks.models import EvidenceFile, EvidenceLink, Round, Submission, WrongState
from tasks.services.handing_in import current_round, locked_submission

NAME_LIMIT = 120


def add_evidence(
    *,
    actor: User,
    submission_id: int,
    file: BinaryIO,
    name: str,
    at: datetime,
    form_id: int | None = None,
    caption: str = "",
) -> EvidenceLink:
    """給當前一輪加一份佐證。

    先在事務外看內容、壓圖片、落盤（都慢），再在事務裏掛到這一輪：慢文件不佔住鎖。同一輪
    裏已有同一份內容時返回已有的那一份，連點或斷線重傳不會出現兩份。
    Raises RefusedUpload（一句話說明怎麼辦）、PermissionDenied、WrongState。
    """
    _permit(actor, Submission.objects.with_measure().get(pk=submission_id), at)
    content, found = _prepared(file, name)
    path = _store(content, found)
    with transaction.atomic():
        submission = locked_submission(submission_id)
        _permit(actor, submission, at)
        round_ = current_round(submission)
        stored, _created = EvidenceFile.objects.get_or_create(
            sha256=found.sha256,
            defaults={
                "size": found.size,
                "content_type": found.content_type,
                "extension": found.extension,
                "path": path,
                "width": found.width,
                "height": found.height,
                "captured_at": found.captured_at,
                "stored_at": at,
            },
        )
        existing = round_.evidence.filter(file=stored, removed_at__isnull=True).first()
        if existing:
            return existing
        return _link(
            actor, submission, round_, stored, _readable_name(name, found), at, form_id, caption
        )


def _link(
    actor: User,
    submission: Submission,
    round_: Round,
    stored: EvidenceFile,
    name: str,
    at: datetime,
    form_id: int | None,
    caption: str,
) -> EvidenceLink:
    link = EvidenceLink.objects.create(
        round=round_,
        file=stored,
        form_id=form_id or _likely_form(stored),
        name=name,
        caption=caption,
        position=round_.evidence.count(),
        added_at=at,
        added_by=actor,
    )
    record(
        actor=actor,
        action="tasks.evidence_added",
        target=link,
        topic=submission.assignment.measure,
        at=at,
        summary=_("上傳佐證「%(name)s」。") % {"name": name},
    )
    return link


def _likely_form(stored: EvidenceFile) -> int | None:
    """圖片先歸到「實景圖片」，其餘由人選。"""
    if not stored.is_picture:
        return None
    return (
        EvidenceForm.objects.filter(is_picture=True, is_active=True)
        .values_list("pk", flat=True)
        .first()
    )


def _permit(actor: User, submission: Submission, at: datetime) -> None:
    if not policies.can_fill_in(standing_of(actor, at.date()), submission):
        raise PermissionDenied(_("只有本單位的人能給這一期上傳佐證。"))
    if submission.state != Submission.State.OPEN:
        raise WrongState(_("這一期已經報出，不能再改佐證；要改請負責人退回。"))


def _prepared(file: BinaryIO, name: str) -> tuple[BinaryIO, Inspected]:
    found = inspect(file, name, max_bytes=settings.UPLOAD_MAX_MB * 1024 * 1024)
    if found.content_type.startswith("image/"):
        file.seek(0)
        return normalise_picture(file)
    return file, found


def _store(content: BinaryIO, found: Inspected) -> str:
    """按哈希存放；已在則不再寫。先寫臨時名再改名由存儲後端保證，讀者不會看到半個文件。"""
    path = f"evidence/{found.sha256[:2]}/{found.sha256}.{found.extension}"
    if not default_storage.exists(path):
        content.seek(0)
        saved = default_storage.save(path, File(content))
        if saved != path:  # 兩人同時存同一份，後到的一份是多餘的
            default_storage.delete(saved)
    return path


def _readable_name(name: str, found: Inspected) -> str:
    """只留文件名本身，去掉路徑和控制字符；轉過格式的圖片換成新的擴展名。"""
    plain = "".join(ch for ch in PurePosixPath(name.replace("\\", "/")).name if ch.isprintable())
    stem = plain.rsplit(".", 1)[0].strip() or _("佐證")
    return f"{stem[:NAME_LIMIT]}.{found.extension}"


@transaction.atomic
def remove_evidence(*, actor: User, link_id: int, at: datetime) -> EvidenceLink:
    """撤下一份還沒報出的佐證。文件和記錄都留着，只是不再算在這一輪裏。"""
    link = EvidenceLink.objects.select_related("round").get(pk=link_id)
    submission = locked_submission(link.round.submission_id)
    _permit(actor, submission, at)
    if link.round.number != submission.round_number:
        raise WrongState(_("這份佐證屬於已報出的一輪，留作記錄，不能撤下。"))
    if link.removed_at is None:
        link.removed_at = at
        link.save(update_fields=["removed_at"])
        record(
            actor=actor,
            action="tasks.evidence_removed",
            target=link,
            topic=submission.assignment.measure,
            at=at,
            summary=_("撤下佐證「%(name)s」。") % {"name": link.name},
        )
    return link


@transaction.atomic
def describe_evidence(
    *, actor: User, link_id: int, caption: str, form_id: int | None, at: datetime
) -> EvidenceLink:
    """改一份佐證的形式和說明（報出之前）。"""
    link = EvidenceLink.objects.select_related("round").get(pk=link_id)
    _permit(actor, locked_submission(link.round.submission_id), at)
    link.caption, link.form_id = caption.strip(), form_id
    link.save(update_fields=["caption", "form"])
    return link
