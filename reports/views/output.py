"""預覽、下載，和一個數背後的清單。"""

from io import BytesIO

from django.http import FileResponse, Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_safe

from pingtan_civ.lib import clock
from pingtan_civ.lib.media_types import DOCX, PDF
from reports import policies
from reports.drafts import paper_of
from reports.links import url_of_item
from reports.models import Report
from reports.pages import paginate
from reports.printing import Sources
from reports.rendering import advice
from reports.rendering.document import Script
from reports.services import files
from reports.services.files import CannotMake, Wanted
from reports.views.doors import crumbs_of, readable_report, report_url, standing_of_request
from tasks.models import EvidenceFile
from tasks.views.evidence import send_thumbnail

TYPES = {
    "docx": DOCX,
    "pdf": PDF,
    "html": "text/html; charset=utf-8",
}
SCRIPTS: dict[str, Script] = {"hant": "hant", "hans": "hans"}
#: 1 是早先的寫法，還在人家的書簽裏。
SOURCES: dict[str, Sources] = {"notes": "notes", "annex": "annex", "none": "none", "1": "annex"}


@require_GET
def report_preview(request: HttpRequest, campaign_code: str, pk: int) -> HttpResponse:
    report = readable_report(request, campaign_code, pk)
    wanted = _wanted(request, report)
    # 預覽的頁是估算的，腳註排不準，照來源說明列在文後。
    shown = "annex" if wanted.sources == "notes" else wanted.sources
    document = files.document_for(report, Wanted(script=wanted.script, sources=shown))
    context = {
        "report": report,
        "pages": paginate(document),
        "script": wanted.script,
        "sources": wanted.sources,
        "templates": files.templates_for(report),
        "advice": _font_words(request, report, wanted.script),
        "may_edit": policies.can_edit(standing_of_request(request), report),
    }
    return render(request, "reports/preview_page.html", context)


@require_GET
def report_download(request: HttpRequest, campaign_code: str, pk: int) -> HttpResponseBase:
    """導出 Word、PDF 或網頁；長的在後台做。印發的每次都出自同一份快照，內容不會變。"""
    report = readable_report(request, campaign_code, pk)
    wanted = _wanted(request, report)
    document = files.document_for(report, wanted)
    if files.is_large(document):
        return redirect(
            files.order_file(actor=request.user, report=report, wanted=wanted, at=clock.now())
        )
    try:
        data = files.make(report, document, wanted)
    except CannotMake as error:
        return _cannot_print(request, report, wanted, error)
    return FileResponse(
        BytesIO(data),
        as_attachment=True,
        filename=files.file_name(report, wanted),
        content_type=TYPES[wanted.format],
    )


@require_safe
def report_picture(
    request: HttpRequest, campaign_code: str, pk: int, sha256: str
) -> HttpResponseBase:
    """預覽裏的一張照片：看得到這份文件，就看得到印在裏面的照片，別的一張也看不到。"""
    report = readable_report(request, campaign_code, pk)
    printed = {p.sha256 for annex in paper_of(report).annexes for p in annex.pictures}
    if sha256 not in printed:
        raise Http404
    return send_thumbnail(request, get_object_or_404(EvidenceFile, sha256=sha256))


def _cannot_print(
    request: HttpRequest, report: Report, wanted: Wanted, error: CannotMake
) -> HttpResponse:
    """做不成：說清是哪些字或哪張照片，給出還能走的路。"""
    context = {
        "report": report,
        "wanted": wanted,
        "sentence": str(error),
        "characters": error.characters,
        "can_mark": error.can_mark,
        "crumbs": crumbs_of(report, _("導出")),
    }
    return render(request, "reports/cannot_print_page.html", context, status=422)


def _wanted(request: HttpRequest, report: Report) -> Wanted:
    """網址裏要的是哪一種。認不得的格式、模板是 404。"""
    asked = request.GET
    format_, template = asked.get("format", "docx"), asked.get("template", "")
    if format_ not in files.FORMATS or (
        template and not (template.isascii() and template.isdigit())
    ):
        raise Http404(_("沒有這種格式，請選 Word、PDF 或網頁。"))
    return Wanted(
        format="docx" if template else format_,
        script=SCRIPTS.get(asked.get("script", ""), report.script),
        sources=SOURCES.get(asked.get("sources", ""), "none"),
        missing="mark" if asked.get("missing") == "mark" else "refuse",
        template_id=int(template[:9]) if template else None,
    )


@require_GET
def report_figure(request: HttpRequest, campaign_code: str, pk: int, key: str) -> HttpResponse:
    """一個數背後的清單，照截止那一刻的樣子。"""
    report = readable_report(request, campaign_code, pk)
    figure = paper_of(report).figure(key)
    if figure is None:
        raise Http404(_("這份彙報裏沒有這個數，可能所在的段落已不採用。"))
    context = {
        "report": report,
        "figure": figure,
        "items": [(item, url_of_item(item, campaign_code)) for item in figure.items],
        "has_periods": any(item.period for item in figure.items),
        "has_notes": any(item.note for item in figure.items),
        "crumbs": crumbs_of(report, figure.label),
        "back": report_url(report, "report-detail"),
    }
    return render(request, "reports/figure_page.html", context)


def _font_words(request: HttpRequest, report: Report, script: str) -> str:
    """缺字體時，怎樣裝只對管理員說；編報的人知道 PDF 用了代替的字體就夠了，旁人不必知道。"""
    words, standing = advice(script), standing_of_request(request)
    if standing.is_admin or not words:
        return words
    if standing.is_office(report.campaign_id):
        return _("PDF 有字體以宋體代替，Word 不受影響。")
    return ""
