"""讀回：收下、核對、確認後全部寫入或一格不寫。行多的在後台辦。"""

import os
import secrets
import tempfile
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from datetime import date, datetime, timedelta
from functools import partial
from typing import BinaryIO

from django.core.exceptions import PermissionDenied
from django.core.files import File
from django.core.files.storage import default_storage
from django.db import transaction
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _

from background.models import Job
from background.services import JobRefused, Outcome, Progress, order_job
from campaigns.models import Campaign
from exchange import checking
from exchange.checking import Findings, Tell, silent
from exchange.kinds import Scope, SheetKind, kind_of
from exchange.layout import HEADING_ROWS
from exchange.models import Upload
from exchange.reading import (
    QUICK_SECONDS,
    SECONDS,
    Sheet,
    UnreadableSheet,
    inspect_workbook,
    open_sheet,
)
from exchange.returning import annotated_copy
from exchange.services.exporting import scope_of
from journal.services import record, source_script
from people.models import User
from pingtan_civ.lib.confined import upload_on_disk
from pingtan_civ.lib.stored import on_disk

CHECK, APPLY, COPY = "exchange.check", "exchange.apply", "exchange.copy"
#: 原件留多久。
KEPT = timedelta(days=7)


class Gone(Exception):
    """這一份已經導入、不要了或過期，或還沒有核對完；參數是一句話。"""


#: 再試也沒用的，後台照原話說。
_REFUSALS = (UnreadableSheet, Gone, PermissionDenied)


def receive(
    *,
    actor: User,
    kind: SheetKind,
    campaign: Campaign | None,
    file: BinaryIO,
    name: str,
    at: datetime,
) -> Upload:
    """收下一份。是什麼表憑隱藏的那一張，不憑文件名，所以可能與 kind 不同。

    Raises UnreadableSheet、PermissionDenied。
    """
    size = inspect_workbook(file, name)
    with upload_on_disk(file) as path, open_sheet(path, kind, most=HEADING_ROWS) as sheet:
        found, rows, exported_at = sheet.kind, sheet.row_count, sheet.exported_at
        _check_place(sheet, campaign)
    scope = Scope(actor, timezone.localdate(at), campaign if found.of_campaign else None)
    found.require_import(scope)
    if rows > found.most_rows:
        raise UnreadableSheet(
            _("有 %(rows)d 行，超過 %(most)d 行，請分成幾份導入。")
            % {"rows": rows, "most": found.most_rows}
        )
    purge(at)
    file.seek(0)
    return Upload.objects.create(
        kind=found.code,
        campaign=scope.campaign,
        owner=actor,
        # 存到已有的名字是整個換掉，所以一份一個名字。
        file=default_storage.save(f"uploads/{secrets.token_hex(16)}.xlsx", File(file)),
        name=name.replace("\x00", "")[-200:],
        size=size,
        rows=rows,
        exported_at=_moment(exported_at, at),
        uploaded_at=at,
        expires_at=at + KEPT,
    )


def _moment(text: str, at: datetime) -> datetime | None:
    """表裏寫的導出時間：看不懂的、不會有的（在將來的）不理會。"""
    try:
        found = parse_datetime(text)
    except ValueError:
        return None
    if found is None or timezone.is_naive(found) or not 2000 <= found.year <= at.year:
        return None
    return found


def _check_place(sheet: Sheet, campaign: Campaign | None) -> None:
    """別的活動導出的表不收。"""
    if not sheet.kind.of_campaign:
        return
    if campaign is None:
        raise UnreadableSheet(
            _("這是「%(title)s」，屬於某一個活動；請到那個活動的頁面上導入。")
            % {"title": sheet.kind.title}
        )
    if sheet.campaign and sheet.campaign != campaign.code:
        raise UnreadableSheet(
            _("這份表是另一個活動（%(code)s）導出的，請到那個活動的頁面上導入。")
            % {"code": sheet.campaign[:30]}
        )


def check(*, upload: Upload, at: datetime, tell: Tell = silent) -> Findings:
    """核對並存下結果；什麼也不寫。Raises PermissionDenied、UnreadableSheet。"""
    scope = _scope(upload, at)
    with source_script(), _opened(upload) as (_path, sheet):
        found = checking.preview(sheet, scope, at=at, tell=tell)
    _keep(upload, found, at)
    return found


def _keep(upload: Upload, found: Findings, at: datetime) -> None:
    """記下核對的結果，等人看。Raises Gone：其間已不要了。"""
    upload.findings, upload.checked_at = found.to_json(), at
    upload.state = Upload.State.CHECKED
    open_ones = Upload.objects.filter(pk=upload.pk, state__in=Upload.OPEN)
    if not open_ones.update(
        findings=upload.findings, checked_at=at, state=Upload.State.CHECKED, problem=""
    ):
        raise Gone(_gone())


def apply(*, upload: Upload, at: datetime, tell: Tell = silent) -> Findings:
    """重新核對，全部寫入並留痕；有一格不行就一格不寫，錯處存在 upload 上。

    拆開、篩出要寫的行都在事務之外，鎖着的只是寫的工夫。
    同一份只寫一次：連按兩下、後台重來，第二次 Raises Gone。
    """
    _require_checked(upload)
    scope = _scope(upload, at)
    with (
        source_script(),
        _opened(upload) as (_path, sheet),
        checking.prepared(sheet, scope, at=at, tell=tell) as write,
    ):
        found = _written(upload, write, sheet.kind, at)
    upload.refresh_from_db()
    if found.faults:
        _keep(upload, found, at)
    else:
        _forget(upload)
    return found


class _TakenBack(Exception):
    """有一格不行：整個事務退回。"""


def _written(
    upload: Upload, write: Callable[[], Findings], kind: SheetKind, at: datetime
) -> Findings:
    try:
        with transaction.atomic():
            held = Upload.objects.select_for_update().get(pk=upload.pk)
            _require_checked(held)
            found = write()
            if found.faults:
                found.made.clear()
                raise _TakenBack
            held.findings, held.checked_at = found.to_json(), at
            held.state, held.done_at = Upload.State.DONE, at
            # 逐格的新舊已在各行的留痕裏；聯繫方式這類不留痕的，這裏也不留。
            held.findings |= {"changes": []}
            _record(held, kind, found, at)
            held.save(update_fields=["findings", "checked_at", "state", "done_at"])
    except _TakenBack:
        pass
    return found


def _require_checked(upload: Upload) -> None:
    """Raises Gone。"""
    if upload.state == Upload.State.WAITING:
        raise Gone(_("這份表還沒有核對完，請等核對完、看過改動再確認。"))
    if not upload.is_open:
        raise Gone(_gone())


def _record(upload: Upload, kind: SheetKind, found: Findings, at: datetime) -> None:
    """逐行的改動各有自己的留痕；這裏記下這一次導入。"""
    if not found.changed and not found.created:
        return
    record(
        actor=upload.owner,
        action="exchange.imported",
        target=upload,
        topic=upload.campaign,
        at=at,
        summary=_("從 Excel 導入%(title)s：改了 %(changed)d 行，新增 %(created)d 行。")
        % {"title": kind.title, "changed": found.changed, "created": found.created},
    )


def drop(*, upload: Upload, at: datetime) -> None:
    """不要了。"""
    if Upload.objects.filter(pk=upload.pk, state__in=Upload.OPEN).update(
        state=Upload.State.DROPPED, findings={}
    ):
        _forget(upload)


def purge(at: datetime) -> None:
    """過期的原件刪去。"""
    for upload in Upload.objects.filter(expires_at__lte=at).exclude(file="")[:50]:
        Upload.objects.filter(pk=upload.pk, state__in=Upload.OPEN).update(
            state=Upload.State.DROPPED, findings={}
        )
        _forget(upload)


def _forget(upload: Upload) -> None:
    """原件刪去；等這一步真的成了再刪，退回來的文件還在。"""
    if upload.file:
        transaction.on_commit(partial(default_storage.delete, upload.file))
        Upload.objects.filter(pk=upload.pk).update(file="")


def kept_among(names: Collection[str]) -> set[str]:
    """這些文件裏，哪些是等人確認的原件。"""
    return set(Upload.objects.filter(file__in=names).values_list("file", flat=True))


def returned_copy(upload: Upload) -> str:
    """標出錯處的一份，寫在臨時文件裏，返回它的路徑；用完由調用者刪去。

    Raises Gone、UnreadableSheet。
    """
    handle, target = tempfile.mkstemp(suffix=".xlsx")
    os.close(handle)
    try:
        with _opened(upload, most=HEADING_ROWS) as (path, sheet):
            annotated_copy(path, target, sheet, upload.findings.get("errors", []))
    except BaseException:
        os.unlink(target)
        raise
    return target


def copy_name(upload: Upload) -> str:
    return f"{upload.name.rsplit('.', 1)[0]}{_('（需要修改）')}.xlsx"


def kind_of_upload(upload: Upload) -> SheetKind:
    kind = kind_of(upload.kind)
    if kind is None:
        raise Gone(_("這種表已經沒有了，請重新導出再改。"))
    return kind


def _scope(upload: Upload, at: datetime) -> Scope:
    """此刻還有沒有權改，再問一遍。Raises PermissionDenied。"""
    code = upload.campaign.code if upload.campaign else ""
    scope = scope_of(upload.owner, timezone.localdate(at), code)
    kind_of_upload(upload).require_import(scope)
    return scope


@contextmanager
def _opened(upload: Upload, most: int | None = None) -> Iterator[tuple[str, Sheet]]:
    """原件在本機的路徑，和認出的表。"""
    if not upload.file:
        raise Gone(_gone())
    seconds = SECONDS if upload.is_large else QUICK_SECONDS
    with (
        on_disk(upload.file) as path,
        open_sheet(path, kind_of_upload(upload), most=most, seconds=seconds) as sheet,
    ):
        yield path, sheet


def _gone() -> str:
    return _("這份表已經導入，或者不要了、過期刪去了；要再改，請重新導出。")


# ── 後台 ──────────────────────────────────────────────


def order_check(upload: Upload, *, at: datetime) -> Job:
    return _order(upload, CHECK, _("核對%(title)s"), at)


def order_apply(upload: Upload, *, at: datetime) -> Job:
    return _order(upload, APPLY, _("導入%(title)s"), at)


def order_copy(upload: Upload, *, at: datetime) -> Job:
    return _order(upload, COPY, _("標出%(title)s的錯處"), at)


def _order(upload: Upload, kind: str, title: str, at: datetime) -> Job:
    with source_script():
        words = title % {"title": kind_of_upload(upload).title}
    key = f"{upload.pk}:{at:%Y%m%d%H%M}"
    return order_job(
        owner=upload.owner, kind=kind, key=key, title=words, at=at, params={"upload": upload.pk}
    )


def run_check(job: Job, progress: Progress) -> Outcome:
    upload = _upload_of(job)
    try:
        check(upload=upload, at=timezone.localtime(job.started_at), tell=progress.tell)
    except _REFUSALS as refusal:
        if isinstance(refusal, UnreadableSheet):
            drop(upload=upload, at=timezone.localtime(job.started_at))
        raise JobRefused(str(refusal)) from refusal
    return Outcome(result={"url": upload.get_absolute_url(), "label": _("看核對的結果")})


def run_apply(job: Job, progress: Progress) -> Outcome:
    upload = _upload_of(job)
    label = _("看導入的結果")
    try:
        # 全部寫入是一個事務，裏面報的進度別人要等寫完才看得到，所以另用一個連接報。
        with progress.apart() as tell:
            found = apply(upload=upload, at=timezone.localtime(job.started_at), tell=tell)
        if found.faults:
            label = _("有 %(count)d 處要改，整份都沒有保存，去看看") % {"count": found.faults}
    except _REFUSALS as refusal:
        # 上一次其實寫成了，只是沒來得及說。
        upload.refresh_from_db()
        if upload.state != Upload.State.DONE:
            raise JobRefused(str(refusal)) from refusal
    return Outcome(result={"url": upload.get_absolute_url(), "label": label})


def run_copy(job: Job, progress: Progress) -> Outcome:
    upload = _upload_of(job)
    try:
        return Outcome(returned_copy(upload), copy_name(upload), is_temporary=True)
    except _REFUSALS as refusal:
        raise JobRefused(str(refusal)) from refusal


def page(job: Job, _on: date) -> str:
    """這份表的頁；已經刪去的為空。"""
    found = Upload.objects.filter(pk=job.params["upload"], owner=job.owner).first()
    return found.get_absolute_url() if found else ""


def _upload_of(job: Job) -> Upload:
    found = Upload.objects.filter(pk=job.params["upload"], owner=job.owner).first()
    if found is None:
        raise JobRefused(_gone())
    return found
