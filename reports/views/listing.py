"""彙報的列表和新編一份。"""

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from campaigns.current import campaign_or_404
from campaigns.models import Campaign
from people.naming import bureau_name
from pingtan_civ.form_pages import Done, FormPage, form_page
from pingtan_civ.lib import clock
from reports import policies, services
from reports.composing import title_from
from reports.forms import ReportForm, default_period
from reports.models import Report
from reports.views.doors import list_url, standing_of_request


@require_GET
def report_list(request: HttpRequest, campaign_code: str) -> HttpResponse:
    campaign = campaign_or_404(request, campaign_code)
    standing = standing_of_request(request)
    rows = Report.objects.visible_to(standing, campaign).defer("snapshot")
    reports = list(rows.select_related("issued_by", "created_by", "supersedes"))
    replaced = {report.supersedes_id for report in reports if report.is_issued}
    for report in reports:
        report.campaign = campaign
        report.is_replaced = report.pk in replaced
    issued = [report for report in reports if report.is_issued]
    context = {
        "campaign": campaign,
        "drafts": [report for report in reports if not report.is_issued],
        "issued": sorted(issued, key=lambda report: report.number, reverse=True),
        "may_compile": policies.can_compile(standing, campaign),
        "may_see_drafts": standing.is_office(campaign) or standing.is_leader(campaign),
    }
    return render(request, "reports/report_list_page.html", context)


@require_http_methods(["GET", "POST"])
def report_create(request: HttpRequest, campaign_code: str) -> HttpResponse:
    campaign = campaign_or_404(request, campaign_code)
    if not policies.can_compile(standing_of_request(request), campaign):
        raise PermissionDenied(_("只有本活動辦公室能編製和簽發情況彙報。"))
    form = ReportForm(request.POST or None, initial=_initial(campaign))
    page = FormPage(
        title=_("編製情況彙報"),
        submit=_("彙集並開始編輯"),
        back=list_url(campaign),
        crumbs=[(_("情況彙報"), list_url(campaign))],
        intro=_("把這一期間審核通過的內容按提綱彙集成一份草稿，您再修改、簽發。"),
    )

    def act() -> Done:
        report = services.create_report(
            actor=request.user, campaign=campaign, settings=form.settings, at=clock.now()
        )
        return _("已彙集到此刻為止審核通過的內容。"), reverse(
            "reports:report-detail", args=[campaign.code, report.pk]
        )

    return form_page(request, page, form, act)


def _initial(campaign: Campaign) -> dict[str, object]:
    """標題沿用方案的，期間是本季度，主送和落款照上一份。"""
    start, end = default_period(clock.today(), campaign.start_date, campaign.end_date)
    plan = campaign.plan_versions.values_list("title", flat=True).first()
    last = campaign.reports.defer("snapshot").first()
    return {
        "title": last.title if last else title_from(plan or "", campaign.name),
        "period_start": start,
        "period_end": end,
        "salutation": last.salutation if last else "",
        "signature": last.signature if last else bureau_name(),
        "script": last.script if last else Report.Script.HANT,
    }
