"""體檢：全部單位的表，一個單位的清單，導出。"""

from io import BytesIO

from django.core.exceptions import PermissionDenied
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from campaigns.current import campaign_or_404, current_campaign
from campaigns.models import Campaign
from campaigns.standing import Standing
from evidence.checkup import Checkup, run
from evidence.checkup.exporting import write_findings
from evidence.checkup.facts import Unit
from evidence.checkup.page import (
    CheckupQuery,
    Summary,
    department_context,
    summarise,
    summary_context,
)
from evidence.checkup.policies import can_see_checkup, can_see_department, scope_of
from evidence.checkup.telling import line_of
from pingtan_civ import ui
from pingtan_civ.lib.media_types import XLSX
from tasks.remembered import remembered
from tasks.views.doors import standing_of_request

#: 一次最多導出這麼多行；再多的不導一半，請人先篩一下。
MOST_ROWS = 20_000


@require_GET
def current(request: HttpRequest) -> HttpResponse:
    """沒寫明活動時，去看當前的那一個。"""
    campaign = current_campaign(request)
    if campaign is None:
        return redirect("desk:home")
    return redirect(_kept(request, reverse("evidence:checkup", args=[campaign.code])))


def _kept(request: HttpRequest, url: str) -> str:
    """轉去別的頁，條件帶着走。"""
    return f"{url}?{request.GET.urlencode()}" if request.GET else url


@require_GET
def checkup(request: HttpRequest, campaign_code: str) -> HttpResponse:
    """看得到幾個單位的看表；只看得到一個單位的直接看它的清單。"""
    campaign, standing = _enter(request, campaign_code)
    scope = scope_of(standing, campaign)
    if scope is not None and len(scope) == 1:
        url = reverse("evidence:checkup-department", args=[campaign.code, *scope])
        return redirect(_kept(request, url))
    query = CheckupQuery.read(request.GET)
    summary = _summary(campaign, standing, query)
    context = summary_context(summary, campaign, query) | {"today": standing.on}
    return render(request, "evidence/checkup_page.html", context)


def _summary(campaign: Campaign, standing: Standing, query: CheckupQuery) -> Summary:
    """大活動的數記住片刻；看得到什麼不同的人各記各的。"""
    scope = scope_of(standing, campaign)
    whose = "all" if scope is None else "-".join(map(str, sorted(scope)))
    own = "-".join(map(str, sorted(standing.departments)))
    return remembered(
        ("checkup", campaign.pk, standing.on, whose, own, query.url()),
        lambda: summarise(_run(campaign, standing), query),
        size=lambda summary: summary.entries,
    )


def _run(campaign: Campaign, standing: Standing) -> Checkup:
    scope = scope_of(standing, campaign)
    return run(campaign, on=standing.on, standing=standing, departments=scope)


@require_GET
def department(request: HttpRequest, campaign_code: str, pk: int) -> HttpResponse:
    """一個單位的清單：按輕重、措施排，每一處有怎麼辦、去哪裏改。"""
    campaign, standing = _enter(request, campaign_code)
    found, unit = _of_department(campaign, standing, pk)
    query = CheckupQuery.read(request.GET)
    context = department_context(found, campaign, unit, query)
    scope = scope_of(standing, campaign)
    context |= {"today": standing.on, "is_among_several": scope is None or len(scope) > 1}
    return render(request, "evidence/checkup_department_page.html", context)


def _of_department(campaign: Campaign, standing: Standing, pk: int) -> tuple[Checkup, Unit]:
    if not can_see_department(standing, campaign, pk):
        raise PermissionDenied(_("只看得到本單位和分管單位的體檢；別的單位的請問創建辦。"))
    found = run(campaign, on=standing.on, standing=standing, departments=[pk])
    if pk not in found.facts.units:
        raise Http404
    return found, found.facts.units[pk]


@require_GET
def checkup_export(request: HttpRequest, campaign_code: str) -> HttpResponse:
    campaign, standing = _enter(request, campaign_code)
    return _export(request, campaign, _run(campaign, standing))


@require_GET
def department_export(request: HttpRequest, campaign_code: str, pk: int) -> HttpResponse:
    campaign, standing = _enter(request, campaign_code)
    found, _unit = _of_department(campaign, standing, pk)
    return _export(request, campaign, found)


def _export(request: HttpRequest, campaign: Campaign, found: Checkup) -> HttpResponse:
    """導出：與頁面同一組條件、同一份結果。"""
    query = CheckupQuery.read(request.GET)
    marks = query.matching(found)
    if len(marks) > MOST_ROWS:
        said = _("篩選出來的超過 %(most)d 處，一次導不完；請先按規則、目標或期篩一下再導出。")
        ui.say(request, said % {"most": MOST_ROWS}, level=ui.messages.WARNING)
        return redirect(_kept(request, reverse("evidence:checkup", args=[campaign.code])))
    today = found.facts.on
    data = write_findings((line_of(found, each) for each in marks), today=today)
    name = f"{_('佐證體檢')}-{today:%Y%m%d}.xlsx"
    return FileResponse(BytesIO(data), as_attachment=True, filename=name, content_type=XLSX)


def _enter(request: HttpRequest, campaign_code: str) -> tuple[Campaign, Standing]:
    campaign, standing = campaign_or_404(request, campaign_code), standing_of_request(request)
    if not can_see_checkup(standing, campaign):
        raise PermissionDenied(
            _("體檢說的是各單位還沒定下來的材料，要有任職或領導小組席位才看得到。")
        )
    return campaign, standing
