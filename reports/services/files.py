"""導出的文件：小的當場做，長的（或照片多的）作後台任務，有進度。印發的每次都出自同一份快照。"""

import hashlib
import os
import shutil
import tempfile
from dataclasses import asdict, dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any

from django.core.exceptions import ObjectDoesNotExist
from django.urls import reverse
from django.utils.timezone import localtime
from django.utils.translation import gettext as _

from background.models import Job
from background.services import JobRefused, Outcome, Progress, order_job
from campaigns.standing import Standing, standing_of
from people.models import User
from pingtan_civ.lib.script import simplify
from reports.drafts import paper_of, with_names
from reports.models import PaperTemplate, Report
from reports.paper import Paper, fingerprint
from reports.printing import Sources, document_of
from reports.rendering import (
    MissingGlyphs,
    OfficialDocument,
    Picture,
    RenderingFailed,
    Table,
    UnreadablePicture,
    to_docx,
    to_html,
    to_pdf,
    write_docx,
    write_pdf,
)
from reports.rendering.document import Script
from reports.templating import UnusableTemplate, fill_template

KIND = "report_file"
FORMATS = ("docx", "pdf", "html")
#: 當場做至多這麼多段（表格十行算一段）、這麼多張照片；再多的在後台。
BLOCKS_AT_ONCE, PICTURES_AT_ONCE, ROWS_A_BLOCK = 500, 12, 10
#: 後台排一份 PDF 最多等這麼久。
JOB_SECONDS = 600


@dataclass(frozen=True)
class Wanted:
    """要哪一種文件。missing 為 mark 時缺的字、讀不出的照片以記號代替。"""

    format: str = "docx"
    script: Script = "hant"
    sources: Sources = "none"
    missing: str = "refuse"
    template_id: int | None = None


class CannotMake(Exception):
    """做不成。參數是給人看的一句話；characters 是印不出的字，can_mark 為真時可以照樣導出。"""

    def __init__(self, sentence: str, characters: str = "", *, can_mark: bool = False) -> None:
        super().__init__(sentence)
        self.characters, self.can_mark = characters, can_mark


def printed_of(report: Report) -> Paper:
    """印發的人名已凍結在快照裏；草稿現查。"""
    printed = paper_of(report)
    return printed if report.is_issued else with_names(printed)


def document_for(report: Report, wanted: Wanted) -> OfficialDocument:
    return document_of(
        printed_of(report),
        script=wanted.script,
        sources=wanted.sources,
        is_draft=not report.is_issued,
    )


def is_large(document: OfficialDocument) -> bool:
    blocks, pictures = 0, 0
    for block in document.all_blocks():
        blocks += 1 + len(block.rows) // ROWS_A_BLOCK if isinstance(block, Table) else 1
        pictures += isinstance(block, Picture)
    return blocks > BLOCKS_AT_ONCE or pictures > PICTURES_AT_ONCE


def templates_for(report: Report) -> list[PaperTemplate]:
    """這一種文件能選的模板。"""
    rows = PaperTemplate.objects.filter(
        campaign_id=report.campaign_id, paper=report.kind, retired_at=None
    )
    return list(rows.defer("content"))


def make(report: Report, document: OfficialDocument, wanted: Wanted) -> bytes:
    """當場做一份。Raises CannotMake。"""
    try:
        if wanted.template_id:
            return fill_template(_template(report, wanted), document, missing=_missing(wanted))
        if wanted.format == "html":
            return to_html(document).encode()
        if wanted.format == "docx":
            return to_docx(document, missing=_missing(wanted))
        return to_pdf(document, missing=_missing(wanted))
    except _FAILURES as error:
        raise _cannot(error) from error


_FAILURES = (MissingGlyphs, UnreadablePicture, RenderingFailed, UnusableTemplate)


def _cannot(error: Exception) -> CannotMake:
    can_mark = isinstance(error, MissingGlyphs | UnreadablePicture)
    return CannotMake(str(error), getattr(error, "characters", ""), can_mark=can_mark)


def _missing(wanted: Wanted) -> Any:
    return "mark" if wanted.missing == "mark" else "refuse"


def _template(report: Report, wanted: Wanted) -> PaperTemplate:
    """已停用的也還能用來重印：選的時候它還在。"""
    rows = PaperTemplate.objects.filter(campaign_id=report.campaign_id, paper=report.kind)
    try:
        return rows.get(pk=wanted.template_id)
    except ObjectDoesNotExist as error:
        raise UnusableTemplate([_("沒有這份模板，請按標準版式導出，或另選一份。")]) from error


def file_name(report: Report, wanted: Wanted) -> str:
    number = f"第{report.number}期" if report.number else "草稿"
    suffix = {"notes": "（附腳註）", "annex": "（附來源）"}.get(wanted.sources, "")
    name = f"{report.title}（{number}）{suffix}".replace("/", "／").replace("\\", "＼")
    return f"{simplify(name) if wanted.script == 'hans' else name}.{wanted.format}"


def order_file(*, actor: User, report: Report, wanted: Wanted, at: datetime) -> Job:
    """長的一份在後台做。同一個人要同樣的、內容也沒有變的，就是已有的那一件。"""
    content = report.sha256 or fingerprint(printed_of(report).as_json())
    key = hashlib.sha256(f"{report.pk}/{wanted}/{content}".encode()).hexdigest()
    return order_job(
        owner=actor,
        kind=KIND,
        key=key,
        title=_("導出「%(title)s」") % {"title": report.title[:150]},
        params={"report": report.pk, **asdict(wanted)},
        at=at,
    )


def run_file(job: Job, progress: Progress) -> Outcome:
    """辦：按此刻的身份重查看不看得到，邊排邊報進度。Raises JobRefused。"""
    report = _readable(job, standing_of(job.owner, localtime(job.started_at).date()))
    if report is None:
        raise JobRefused(_("您現在看不到這份彙報了，沒有導出。"))
    wanted = _wanted(job)
    document = document_for(report, wanted)
    handle, path = tempfile.mkstemp(suffix=f".{wanted.format}")
    os.close(handle)
    try:
        _write(report, document, wanted, Path(path), progress)
    except _FAILURES as error:
        os.unlink(path)
        raise JobRefused(str(error)) from error
    except BaseException:
        os.unlink(path)
        raise
    return Outcome(path=path, name=file_name(report, wanted), is_temporary=True)


def _write(
    report: Report, document: OfficialDocument, wanted: Wanted, path: Path, progress: Progress
) -> None:
    """照片一張張過手，不整份進內存。"""

    def tell(done: int, total: int) -> None:
        progress.tell(done, total + 1, _("正在排版"))

    if wanted.template_id or wanted.format == "html":
        progress.tell(0, 1, _("正在排版"))
        path.write_bytes(make(report, document, wanted))
    elif wanted.format == "docx":
        with path.open("wb") as target:
            write_docx(document, target, missing=_missing(wanted), tell=tell)
    else:
        with tempfile.TemporaryDirectory(prefix="official-") as folder:
            made = write_pdf(
                document, Path(folder), missing=_missing(wanted), tell=tell, seconds=JOB_SECONDS
            )
            shutil.move(made, path)


def refusal(job: Job, on: date) -> str:
    """做好的還能不能給：這份彙報現在還看得到。"""
    if _readable(job, standing_of(job.owner, on)) is None:
        return _("您現在看不到這份彙報了。")
    return ""


def page(job: Job, on: date) -> str:
    report = _readable(job, standing_of(job.owner, on))
    return (
        reverse("reports:report-preview", args=[report.campaign.code, report.pk]) if report else ""
    )


def _readable(job: Job, standing: Standing) -> Report | None:
    report = Report.objects.select_related("campaign").filter(pk=job.params["report"]).first()
    if report is None:
        return None
    rows = Report.objects.visible_to(standing, report.campaign)
    return report if rows.filter(pk=report.pk).exists() else None


def _wanted(job: Job) -> Wanted:
    return Wanted(**{name: job.params[name] for name in Wanted.__dataclass_fields__})
