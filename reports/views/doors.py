"""進門：找到這個活動的這一份彙報；看不見的與不存在的一樣是 404，看得見而不能動的是 403。"""

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.text import Truncator
from django.utils.translation import gettext as _

from campaigns.current import campaign_or_404
from campaigns.models import Campaign
from campaigns.standing import Standing, standing_of
from pingtan_civ.lib import clock
from reports import policies
from reports.models import Report


def standing_of_request(request: HttpRequest) -> Standing:
    return standing_of(request.user, clock.today())


def list_url(campaign: Campaign) -> str:
    return reverse("reports:report-list", args=[campaign.code])


def report_url(report: Report, view: str) -> str:
    return reverse(f"reports:{view}", args=[report.campaign.code, report.pk])


def readable_report(request: HttpRequest, campaign_code: str, pk: int) -> Report:
    campaign = campaign_or_404(request, campaign_code)
    rows = Report.objects.visible_to(standing_of_request(request), campaign)
    report = get_object_or_404(
        rows.select_related("issued_by", "supersedes", "submitted_by", "reviewed_by"), pk=pk
    )
    report.campaign = campaign
    return report


def editable_report(request: HttpRequest, campaign_code: str, pk: int) -> Report:
    """辦公室能改的一份；已印發的仍進得來，由服務用一句話拒絕。"""
    report = readable_report(request, campaign_code, pk)
    if not policies.can_compile(standing_of_request(request), report.campaign):
        raise PermissionDenied(_("只有本活動辦公室能編製彙報。"))
    return report


def remarkable_report(request: HttpRequest, campaign_code: str, pk: int) -> Report:
    """領導和辦公室能提意見的一份；已鎖定的仍進得來，由服務用一句話拒絕。"""
    report = readable_report(request, campaign_code, pk)
    if not policies.can_read_history(standing_of_request(request), report):
        raise PermissionDenied(_("由領導和辦公室在草稿上提意見。"))
    return report


def _short(title: str) -> str:
    """所在位置裏的標題：太長的只留開頭，全名在頁上。"""
    return Truncator(title).chars(24)


def crumbs_to(report: Report) -> list[tuple[str, str]]:
    """到這份彙報為止，都可點；表單頁會自己補上末項。"""
    listed = (_("彙報"), list_url(report.campaign))
    return [listed, (_short(report.title), report.get_absolute_url())]


def crumbs_of(report: Report, last: str = "") -> list[tuple[str, str]]:
    if last:
        return [*crumbs_to(report), (last, "")]
    return [crumbs_to(report)[0], (_short(report.title), "")]
