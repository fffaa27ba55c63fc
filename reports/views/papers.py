"""公文一覽；任務分解表、催辦單（擬的和記下了的）的 Word、PDF，繁簡兩體。"""

import re
from collections.abc import Iterator
from datetime import date
from io import BytesIO
from uuid import UUID
from zipfile import ZIP_DEFLATED

from django.http import FileResponse, Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.timezone import localtime
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods
from zipstream import ZipStream

from campaigns.current import campaign_or_404
from campaigns.models import Campaign
from journal.services import source_script
from people.models import Department
from pingtan_civ import ui
from pingtan_civ.lib import clock
from pingtan_civ.lib.media_types import DOCX, PDF
from pingtan_civ.lib.numbers import read_int
from pingtan_civ.lib.script import simplify
from reports.paper_kinds import papers_for
from reports.papers.breakdown import Breakdown, breakdown_paper, printed_measures
from reports.papers.chase import TITLE as CHASE_TITLE
from reports.papers.chase import chase_document
from reports.papers.recorded_chase import recorded_papers
from reports.rendering import (
    MissingGlyphs,
    OfficialDocument,
    RenderingFailed,
    to_docx,
    to_pdf,
)
from reports.rendering.document import Script
from reports.views.doors import standing_of_request
from tasks.breakdown_query import BreakdownQuery, visible
from tasks.chase_papers import Paper, papers_of
from tasks.chase_query import ChaseQuery
from tasks.models import Chase
from tasks.services.chasing import plan_chase
from tasks.views.breakdown import rule_of
from tasks.views.chase_records import visible_chases
from tasks.views.chasing import (
    back_query,
    board_of,
    board_url,
    enter,
    require_running,
    selection,
)

LATEST = 3
_UNSAFE = re.compile(r"[/\\:*?\"<>|\x00-\x1f]")


@require_GET
def paper_list(request: HttpRequest, campaign_code: str) -> HttpResponse:
    """辦公室出的各種公文，最近的幾份；只列此人看得見的。"""
    campaign = campaign_or_404(request, campaign_code)
    groups = papers_for(standing_of_request(request), campaign, LATEST)
    return render(
        request,
        "reports/paper_list_page.html",
        {
            "campaign": campaign,
            "groups": [(group.value, group.label, shown) for group, shown in groups],
            "is_empty": not any(shown for _group, shown in groups),
        },
    )


# ── 任務分解表 ────────────────────────────────────────


@require_GET
def breakdown(request: HttpRequest, campaign_code: str) -> HttpResponseBase:
    """任務分解表：網址裏的條件與屏幕上的分解表相同；unit 是只要一個單位牽頭或配合的。"""
    campaign = campaign_or_404(request, campaign_code)
    standing, query = standing_of_request(request), BreakdownQuery.read(request.GET)
    rows = query.apply(visible(standing, campaign), standing=standing, rule=rule_of(campaign))
    unit = None
    if "unit" in request.GET:
        unit = get_object_or_404(Department, pk=read_int(request.GET["unit"]))
        rows = rows.concerning(frozenset({unit.pk}))
    back = f"{reverse('tasks:breakdown', args=[campaign.code])}{query.url()}"
    measures = printed_measures(rows)
    if not measures:
        ui.say(request, _("沒有符合條件的任務，沒有可排的。"), level=ui.messages.WARNING)
        return redirect(back)
    is_excerpt = query.view != "all" or query.is_filtered
    table = Breakdown(campaign, measures, unit, is_excerpt)
    document = breakdown_paper(table, day=clock.today(), script=_script(request))
    return _send(request, document, table.title, back)


# ── 催辦單 ────────────────────────────────────────────


@require_http_methods(["GET", "POST"])
def chase(request: HttpRequest, campaign_code: str) -> HttpResponseBase:
    """催辦單：與催報台的打印頁同一道門、同一批。一個單位的一張；幾個單位的打成一個 zip。

    GET 按網址裏的篩選取逾期和臨期的，?all=1 取全部欠報的；POST 用 ids。to 是只要這個單位的。
    """
    campaign, standing = enter(request, campaign_code)
    require_running(standing, campaign)
    query, ids = _chosen(request, campaign)
    papers = _papers(campaign, ids)
    if wanted := _param(request, "to"):
        papers = [paper for paper in papers if str(paper.unit_id) == wanted]
    if not papers:
        ui.say(request, _("選中的現在都不用催，沒有可寫的。"), level=ui.messages.WARNING)
        return redirect(board_url(campaign, query))
    return _send_chases(request, papers, clock.today(), board_url(campaign, query))


@require_GET
def chase_recorded(request: HttpRequest, batch: UUID) -> HttpResponseBase:
    """送達以後記下的催辦單，照那一天的樣子；與「催辦和答覆」那一頁同一道門。to 是只要這個單位的。"""
    chases = [
        row
        for row in visible_chases(standing_of_request(request), batch)
        if row.channel == Chase.Channel.PAPER
    ]
    if wanted := request.GET.get("to"):
        chases = [row for row in chases if str(row.submission.assignment.department_id) == wanted]
    if not chases:
        raise Http404(_("這一次沒有書面的催辦單。"))
    day = localtime(chases[0].at).date()
    back = reverse("tasks:chase-received", args=[batch])
    return _send_chases(request, recorded_papers(chases), day, back)


def _send_chases(
    request: HttpRequest, papers: list[Paper], day: date, back: str
) -> HttpResponseBase:
    """一個單位的一張；幾個單位的打成一個 zip。"""
    script = _script(request)
    if len(papers) > 1:
        return _zip(papers, day, script)
    document = chase_document(papers[0], day=day, script=script)
    return _send(request, document, _chase_name(papers[0]), back)


def _chosen(request: HttpRequest, campaign: Campaign) -> tuple[ChaseQuery, list[int]]:
    if request.method == "POST":
        query = back_query(request)
        return query, selection(request, campaign, query)
    query = ChaseQuery.read(request.GET)
    board = board_of(campaign, query)
    items = board.owed if request.GET.get("all") == "1" else board.for_papers
    return query, [item.pk for item in items]


@source_script()
def _papers(campaign: Campaign, ids: list[int]) -> list[Paper]:
    plan = plan_chase(submission_ids=ids, at=clock.now(), confirmed=True)
    return papers_of(plan.rows, campaign, clock.today())


def _chase_name(paper: Paper) -> str:
    return f"{CHASE_TITLE} {paper.unit} {paper.day}"


def _zip(papers: list[Paper], day: date, script: Script) -> FileResponse:
    """幾個單位的 Word 打成一個 zip；輪到哪一張才排哪一張。"""
    packed = ZipStream(compress_type=ZIP_DEFLATED)

    def word(paper: Paper) -> Iterator[bytes]:
        yield to_docx(chase_document(paper, day=day, script=script))

    for paper in papers:
        packed.add(word(paper), f"{_named(_chase_name(paper), script)}.docx")
    name = f"{_named(f'{CHASE_TITLE} {papers[0].day}', script)}.zip"
    return FileResponse(packed, as_attachment=True, filename=name, content_type="application/zip")


# ── 共用 ──────────────────────────────────────────────


def _param(request: HttpRequest, name: str) -> str:
    return request.POST.get(name) or request.GET.get(name, "")


def _asked(request: HttpRequest) -> tuple[str, str]:
    """（格式, 字形）：網址裏分兩個參數，表單的一個按鈕合寫成「docx-hans」。"""
    if together := request.POST.get("as"):
        format_, _dash, script = together.partition("-")
        return format_, script
    return _param(request, "format") or "docx", _param(request, "script")


def _script(request: HttpRequest) -> Script:
    return "hans" if _asked(request)[1] == "hans" else "hant"


def _named(name: str, script: Script) -> str:
    """文件名：轉成要的字形，去掉文件系統不認的字。"""
    return _UNSAFE.sub("＿", simplify(name) if script == "hans" else name)


def _send(
    request: HttpRequest, document: OfficialDocument, name: str, back: str
) -> HttpResponseBase:
    """排成 Word 或 PDF；PDF 排不成的回到來處，說明原因。"""
    format_, _script_name = _asked(request)
    if format_ not in ("docx", "pdf"):
        raise Http404(_("沒有這種格式，請選 Word 或 PDF。"))
    name = f"{_named(name, document.script)}.{format_}"
    if format_ == "docx":
        return _file(to_docx(document), name, DOCX)
    try:
        return _file(to_pdf(document), name, PDF)
    except (MissingGlyphs, RenderingFailed) as error:
        ui.say(request, f"{error}{_('也可以先導出 Word。')}", level=ui.messages.ERROR)
        return redirect(back)


def _file(data: bytes, name: str, content_type: str) -> FileResponse:
    return FileResponse(BytesIO(data), as_attachment=True, filename=name, content_type=content_type)
