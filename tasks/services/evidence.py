"""佐證：收下、撤下、說明。文件按內容只存一份，圖片先轉正、壓小、去掉位置信息。"""

from dataclasses import dataclass
from datetime import date, datetime
from typing import BinaryIO

from django.conf import settings
from django.core.files import File
from django.core.files.storage import default_storage
from django.db import transaction
from django.utils.timezone import localdate
from django.utils.translation import gettext as _

from campaigns.models import EvidenceForm
from journal.services import record, source_script
from people.models import User
from pingtan_civ.lib.document_numbers import find_number
from pingtan_civ.lib.file_names import safe_name
from pingtan_civ.lib.images import normalise_picture
from pingtan_civ.lib.uploads import Inspected, RefusedUpload, inspect
from pingtan_civ.lib.virus_scan import refuse_infected
from tasks.models import EvidenceFile, EvidenceLink, Round, Submission, WrongState
from tasks.services.handing_in import current_round, locked_submission, permit_filling

REASON_LIMIT = 200


class NotReplaceable(WrongState):
    """要換的那一份已經換過或撤下：這份文件沒有收，別處填的照存。"""


def add_evidence(
    *,
    actor: User,
    submission_id: int,
    file: BinaryIO,
    name: str,
    at: datetime,
    form_id: int | None = None,
    caption: str = "",
    number: str = "",
    dated: date | None = None,
    replaces_id: int | None = None,
) -> EvidenceLink:
    """給當前一輪加一份佐證；replaces_id 是被它換下的一份（本輪的，或以前各輪不採用的）。

    先在事務外看內容、壓圖片、落盤（都慢），再在事務裏掛到這一輪：慢文件不佔住鎖。同一輪
    裏已有同一份內容時返回已有的那一份，連點或斷線重傳不會出現兩份。文號沒給的從文件名裏認，
    材料日期沒給的取照片的拍攝日期；換上的照被換的那一份填好，都可以再改。
    Raises RefusedUpload（一句話說明怎麼辦）、PermissionDenied、WrongState。
    """
    submission = Submission.objects.with_measure().get(pk=submission_id)
    permit_filling(actor, submission, at)
    if replaces_id is None:
        refuse_too_many(submission)
    received = receive(file, name)
    with transaction.atomic():
        submission = locked_submission(submission_id)
        permit_filling(actor, submission, at)
        round_ = current_round(submission)
        stored = received.keep(at)
        old = _replaceable(submission, round_, replaces_id) if replaces_id else None
        if existing := _already_here(round_, stored, old):
            return existing
        if old is None:
            refuse_too_many(submission)
        link = EvidenceLink(
            round=round_,
            file=stored,
            form_id=form_id or (old.form_id if old else None) or _likely_form(stored),
            name=received.name,
            caption=caption or (old.caption if old else ""),
            number=number or find_number(received.name) or (old.number if old else ""),
            dated=dated or captured_on(stored) or (old.dated if old else None),
            replaces=_stood_for(old, round_) if old else None,
            position=old.position if old else round_.evidence.count(),
            added_at=at,
            added_by=actor,
        )
        return _attach(actor, submission, link, old, at)


def _already_here(
    round_: Round, stored: EvidenceFile, old: EvidenceLink | None
) -> EvidenceLink | None:
    """本輪已有的同一份內容。拿它來換別的一份，等於沒有換，要說出來。"""
    existing = round_.evidence.filter(file=stored, removed_at__isnull=True).first()
    if existing and old:
        raise RefusedUpload(
            _("換上的與已有的「%(name)s」一模一樣，沒有換。") % {"name": existing.name}
        )
    return existing


def captured_on(stored: EvidenceFile) -> date | None:
    """照片的拍攝日期，按北京時間。"""
    return localdate(stored.captured_at) if stored.captured_at else None


def _replaceable(submission: Submission, round_: Round, link_id: int) -> EvidenceLink:
    """被換的一份：本輪在用的，或以前各輪不採用、本輪還沒有換過的。"""
    old = (
        EvidenceLink.objects.select_related("round", "replaces")
        .filter(pk=link_id, round__submission=submission, removed_at__isnull=True)
        .first()
    )
    if old and old.round_id == round_.pk:
        return old
    is_rejected = old is not None and old.state == EvidenceLink.State.REJECTED
    if is_rejected and not round_.evidence.filter(replaces=old, removed_at=None).exists():
        return old
    raise NotReplaceable(_("要換的那一份已經換過或撤下了，請刷新看看；這份可以另外上傳。"))


def _stood_for(old: EvidenceLink, round_: Round) -> EvidenceLink:
    """本輪的一份若是替不採用的一份補的，再換時仍算替那一份：不然那一份又成了沒有換的。"""
    first = old.replaces
    if old.round_id == round_.pk and first and first.state == EvidenceLink.State.REJECTED:
        return first
    return old


def refuse_too_many(submission: Submission) -> None:
    """再掛一份就超過一期的上限時拒絕；取用的也問這裏。Raises RefusedUpload。"""
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
def _attach(
    actor: User,
    submission: Submission,
    link: EvidenceLink,
    old: EvidenceLink | None,
    at: datetime,
) -> EvidenceLink:
    """掛上一份；換下的（old）是本輪的，隨即撤下並寫明換成了哪一份。"""
    link.save()
    if old and old.round_id == link.round_id:
        _take_down(old, actor, _("換成「%(name)s」") % {"name": link.name}, at)
    words = {"name": link.name, "old": old.name if old else ""}
    record(
        actor=actor,
        action="tasks.evidence_replaced" if old else "tasks.evidence_added",
        target=link,
        topic=submission.assignment.measure,
        at=at,
        summary=(_("用「%(name)s」換下佐證「%(old)s」。") if old else _("上傳佐證「%(name)s」。"))
        % words,
    )
    return link


def _take_down(link: EvidenceLink, actor: User, reason: str, at: datetime) -> None:
    link.removed_at, link.removed_by, link.removed_reason = at, actor, reason[:REASON_LIMIT]
    link.save(update_fields=["removed_at", "removed_by", "removed_reason"])


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
def remove_evidence(*, actor: User, link_id: int, at: datetime, reason: str = "") -> EvidenceLink:
    """撤下一份還沒報出的佐證，可以寫明為什麼。文件和記錄都留着，只是不再算在這一輪裏。"""
    link = EvidenceLink.objects.select_related("round").get(pk=link_id)
    submission = locked_submission(link.round.submission_id)
    permit_filling(actor, submission, at)
    if link.round.number != submission.round_number:
        raise WrongState(_("這份佐證屬於已報出的一輪，留作記錄，不能撤下。"))
    if link.removed_at is None:
        _take_down(link, actor, reason.strip(), at)
        with source_script():
            record(
                actor=actor,
                action="tasks.evidence_removed",
                target=link,
                topic=submission.assignment.measure,
                at=at,
                summary=_("撤下佐證「%(name)s」。") % {"name": link.name},
                reason=link.removed_reason,
            )
    return link
