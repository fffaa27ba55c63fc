"""預覽、下載，和一個數背後的清單。"""

from io import BytesIO

from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from pingtan_civ.lib.script import simplify
from reports import policies
from reports.drafts import paper_of, with_names
from reports.links import url_of_item
from reports.models import Report
from reports.pages import paginate
from reports.paper import Paper
from reports.printing import document_of
from reports.rendering import (
    MissingGlyphs,
    OfficialDocument,
    RenderingFailed,
    UnreadablePicture,
    advice,
    to_docx,
    to_pdf,
)
from reports.views.doors import crumbs_of, readable_report, report_url, standing_of_request

DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
SCRIPTS = {"hant": "hant", "hans": "hans"}


@require_GET
def report_preview(request: HttpRequest, campaign_code: str, pk: int) -> HttpResponse:
    report = readable_report(request, campaign_code, pk)
    script = _script(request, report)
    with_sources = request.GET.get("sources") == "1"
    document = _document(report, script, with_sources=with_sources)
    context = {
        "report": report,
        "pages": paginate(document),
        "script": script,
        "with_sources": with_sources,
        "advice": _font_words(request, report, script),
        "may_edit": policies.can_edit(standing_of_request(request), report),
    }
    return render(request, "reports/preview_page.html", context)


@require_GET
def report_download(request: HttpRequest, campaign_code: str, pk: int) -> HttpResponse:
    """導出 Word 或 PDF。印發的每次都出自同一份快照，內容不會變。"""
    report = readable_report(request, campaign_code, pk)
    script, format_ = _script(request, report), request.GET.get("format", "docx")
    if format_ not in ("docx", "pdf"):
        raise Http404(_("沒有這種格式，請選 Word 或 PDF。"))
    with_sources = request.GET.get("sources") == "1"
    document = _document(report, script, with_sources=with_sources)
    name = f"{_file_name(report, script, with_sources=with_sources)}.{format_}"
    if format_ == "docx":
        return _file(to_docx(document), name, DOCX)
    missing = "mark" if request.GET.get("missing") == "mark" else "refuse"
    try:
        return _file(to_pdf(document, missing=missing), name, "application/pdf")
    except (MissingGlyphs, UnreadablePicture, RenderingFailed) as error:
        return _cannot_print(request, report, script, error)


def _cannot_print(
    request: HttpRequest, report: Report, script: str, error: Exception
) -> HttpResponse:
    """排不出 PDF：說清是哪些字或哪張照片，給出還能走的路。"""
    context = {
        "report": report,
        "script": script,
        "sentence": str(error),
        "characters": getattr(error, "characters", ""),
        "crumbs": crumbs_of(report, _("導出 PDF")),
        "sources": request.GET.get("sources", ""),
    }
    return render(request, "reports/cannot_print_page.html", context, status=422)


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


def _script(request: HttpRequest, report: Report) -> str:
    return SCRIPTS.get(request.GET.get("script", ""), report.script)


def _document(report: Report, script: str, *, with_sources: bool) -> OfficialDocument:
    return document_of(
        _named(report), script=script, with_sources=with_sources, is_draft=not report.is_issued
    )


def _named(report: Report) -> Paper:
    """印發的人名已凍結在快照裏；草稿現查。"""
    printed = paper_of(report)
    return printed if report.is_issued else with_names(printed)


def _file_name(report: Report, script: str, *, with_sources: bool) -> str:
    number = f"第{report.number}期" if report.number else "草稿"
    suffix = "（附來源）" if with_sources else ""
    name = f"{report.title}（{number}）{suffix}".replace("/", "／").replace("\\", "＼")
    return simplify(name) if script == "hans" else name


def _file(data: bytes, name: str, content_type: str) -> FileResponse:
    return FileResponse(BytesIO(data), as_attachment=True, filename=name, content_type=content_type)
