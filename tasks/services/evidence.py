"""佐證：收下、撤下、說明。文件按內容只存一份，圖片先轉正、壓小、去掉位置信息。"""

from dataclasses import dataclass
from datetime import datetime
from typing import BinaryIO

from django.conf import settings
from django.core.files import File
from django.core.files.storage import default_storage
from django.db import transaction
from django.utils.translation import gettext as _

from campaigns.models import EvidenceForm
from journal.services import record, source_script
from people.models import User
from pingtan_civ.lib.file_names import safe_name
from pingtan_civ.lib.images import normalise_picture
from pingtan_civ.lib.uploads import Inspected, RefusedUpload, inspect
from pingtan_civ.lib.virus_scan import refuse_infected
from tasks.models import EvidenceFile, EvidenceLink, Round, Submission, WrongState
from tasks.services.handing_in import current_round, locked_submission, permit_filling

CAPTION_LIMIT = 200


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
    submission = Submission.objects.with_measure().get(pk=submission_id)
    permit_filling(actor, submission, at)
    _refuse_too_many(submission)
    received = receive(file, name)
    with transaction.atomic():
        submission = locked_submission(submission_id)
        permit_filling(actor, submission, at)
        round_ = current_round(submission)
        stored = received.keep(at)
        existing = round_.evidence.filter(file=stored, removed_at__isnull=True).first()
        if existing:
            return existing
        _refuse_too_many(submission)
        return _link(actor, submission, round_, stored, received.name, at, form_id, caption)


def _refuse_too_many(submission: Submission) -> None:
    most = settings.EVIDENCE_MAX_FILES
    held = EvidenceLink.objects.filter(
        round__submission=submission,
        round__number=submission.round_number,
        removed_at__isnull=True,
    )
    if held.count() >= most:
        raise RefusedUpload(
            _("這一期已經掛了 %(most)d 份佐證，到了上限；請先撤下不要的，或把幾張合成一份 PDF。")
            % {"most": most}
        )


@dataclass(frozen=True)
class Received:
    """看過、壓過、已落盤的一份文件，還沒掛到哪裏；name 是給人看的文件名。"""

    name: str
    path: str
    found: Inspected

    def keep(self, at: datetime) -> EvidenceFile:
        """登記這份內容（已有同樣的就用那一份）；在掛上去的那個事務裏調用。"""
        found = self.found
        stored, _created = EvidenceFile.objects.get_or_create(
            sha256=found.sha256,
            defaults={
                "size": found.size,
                "content_type": found.content_type,
                "extension": found.extension,
                "path": self.path,
                "width": found.width,
                "height": found.height,
                "captured_at": found.captured_at,
                "stored_at": at,
            },
        )
        return stored


def receive(file: BinaryIO, name: str) -> Received:
    """收下一份文件的內容；慢，所以在事務外調用。督辦的佐證也從這裏進來。

    Raises RefusedUpload（一句話說明怎麼辦）。
    """
    content, found = _prepared(file, name)
    return Received(_readable_name(name, found), _store(content, found), found)


@source_script()
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


def _prepared(file: BinaryIO, name: str) -> tuple[BinaryIO, Inspected]:
    found = inspect(file, name, max_bytes=settings.UPLOAD_MAX_MB * 1024 * 1024)
    refuse_infected(file)
    if found.is_picture:
        file.seek(0)
        return normalise_picture(file)
    return file, found


def _store(content: BinaryIO, found: Inspected) -> str:
    """按哈希存放；已整個在那裏就不再寫。存儲保證要麼整個出現，要麼不在（lib/storage.py）。"""
    path = f"evidence/{found.sha256[:2]}/{found.sha256}.{found.extension}"
    if not _is_whole(path, found.size):
        content.seek(0)
        default_storage.save(path, content if hasattr(content, "chunks") else File(content))
    return path


def _is_whole(path: str, size: int) -> bool:
    try:
        return default_storage.size(path) == size
    except FileNotFoundError:
        return False


@source_script()
def _readable_name(name: str, found: Inspected) -> str:
    return safe_name(name, found.extension, otherwise=_("佐證"))


@transaction.atomic
def remove_evidence(*, actor: User, link_id: int, at: datetime) -> EvidenceLink:
    """撤下一份還沒報出的佐證。文件和記錄都留着，只是不再算在這一輪裏。"""
    link = EvidenceLink.objects.select_related("round").get(pk=link_id)
    submission = locked_submission(link.round.submission_id)
    permit_filling(actor, submission, at)
    if link.round.number != submission.round_number:
        raise WrongState(_("這份佐證屬於已報出的一輪，留作記錄，不能撤下。"))
    if link.removed_at is None:
        link.removed_at = at
        link.save(update_fields=["removed_at"])
        with source_script():
            record(
                actor=actor,
                action="tasks.evidence_removed",
                target=link,
                topic=submission.assignment.measure,
                at=at,
                summary=_("撤下佐證「%(name)s」。") % {"name": link.name},
            )
    return link


@dataclass(frozen=True)
class Description:
    """經辦人給一份佐證寫的形式和說明。"""

    form_id: int | None
    caption: str


@transaction.atomic
def describe_evidence(
    *, actor: User, submission_id: int, descriptions: dict[int, Description], at: datetime
) -> None:
    """改當前一輪各份佐證的形式和說明（報出之前）；不在這一輪的不理會。

    Raises PermissionDenied、WrongState。
    """
    submission = locked_submission(submission_id)
    permit_filling(actor, submission, at)
    forms = set(EvidenceForm.objects.filter(is_active=True).values_list("pk", flat=True))
    changed = []
    for link in current_round(submission).evidence.filter(
        pk__in=descriptions, removed_at__isnull=True
    ):
        wanted = descriptions[link.pk]
        form_id = wanted.form_id if wanted.form_id in forms else link.form_id
        if wanted.form_id is None:
            form_id = None
        caption = wanted.caption.strip()[:CAPTION_LIMIT]
        if (link.form_id, link.caption) != (form_id, caption):
            link.form_id, link.caption = form_id, caption
            changed.append(link)
    EvidenceLink.objects.bulk_update(changed, ["form", "caption"])
