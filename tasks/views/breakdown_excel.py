"""任務分解表的導出和讀回。"""

import base64
import binascii
from typing import Any
from urllib.parse import quote

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from campaigns.current import campaign_or_404
from campaigns.models import Campaign
from campaigns.standing import standing_of
from people.models import Department
from pingtan_civ import ui
from pingtan_civ.lib import clock
from pingtan_civ.lib.numbers import read_int
from tasks import policies
from tasks.breakdown_forms import UploadForm
from tasks.breakdown_query import BreakdownQuery, visible
from tasks.services.excel import (
    CheckedSheet,
    UnreadableSheet,
    annotated_copy,
    apply_sheet,
    read_sheet,
    write_sheet,
)
from tasks.services.excel.reading import MAX_BYTES
from tasks.views.breakdown import rule_of

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
PAGE = "tasks/breakdown_import_page.html"
_SHOWN = 200


@require_GET
def export_table(request: HttpRequest, campaign_code: str) -> HttpResponse:
    """屏幕上篩選出什麼，就導出什麼，次序也一樣。"""
    campaign = campaign_or_404(request, campaign_code)
    standing = standing_of(request.user, clock.today())
    query = BreakdownQuery.read(request.GET)
    rows = query.apply(visible(standing, campaign), standing=standing, rule=rule_of(campaign))
    picked = [read_int(pk) for pk in request.GET.getlist("pick")]
    if any(pk is not None for pk in picked):
        rows = rows.filter(pk__in=[pk for pk in picked if pk is not None])
    return table_response(campaign, rows.order_by(*query.ordering()))


def table_response(campaign: Campaign, rows: Any) -> HttpResponse:
    today = clock.today()
    departments = Department.objects.existing(today)
    data = write_sheet(campaign, rows, today=today, departments=departments)
    return _download(data, f"{campaign.name}{_('任務分解表')}{today:%Y%m%d}.xlsx")


def _download(data: bytes, name: str) -> HttpResponse:
    disposition = f"attachment; filename=\"breakdown.xlsx\"; filename*=UTF-8''{quote(name)}"
    headers = {"Content-Disposition": disposition, "X-Content-Type-Options": "nosniff"}
    return HttpResponse(data, content_type=XLSX, headers=headers)


@require_http_methods(["GET", "POST"])
def import_table(request: HttpRequest, campaign_code: str) -> HttpResponse:
    """上傳 → 逐格預覽 → 確認。文件隨表單帶着走，確認之前什麼也不存。"""
    campaign = campaign_or_404(request, campaign_code)
    if not policies.can_break_down(standing_of(request.user, clock.today()), campaign):
        raise PermissionDenied(_("任務分解表由本活動辦公室編製，活動結束後不再改動。"))
    if request.method == "GET":
        return _page(request, campaign, UploadForm())
    form = UploadForm(request.POST, request.FILES)
    carried = _carried(request)
    if carried is None and not form.is_valid():
        return _page(request, campaign, form)
    name = "" if carried is not None else form.cleaned_data["file"].name
    try:
        data = carried if carried is not None else _uploaded(form)
        sheet = read_sheet(data, name)
    except UnreadableSheet as refusal:
        form = UploadForm(None if carried is not None else request.POST, request.FILES or None)
        return _page(request, campaign, form, problem=str(refusal))
    is_confirmed = "confirm" in request.POST
    checked = apply_sheet(
        actor=request.user,
        campaign=campaign,
        sheet=sheet,
        at=clock.now(),
        dry_run=not is_confirmed,
    )
    return _answer(request, campaign, data, checked, is_confirmed)


def _answer(
    request: HttpRequest, campaign: Campaign, data: bytes, checked: CheckedSheet, confirmed: bool
) -> HttpResponse:
    if "annotated" in request.POST and checked.errors:
        return _download(annotated_copy(data, checked), _("任務分解表（需要修改）") + ".xlsx")
    if confirmed and not checked.errors:
        ui.say(
            request,
            _("已導入：改了 %(edited)d 項，新增 %(created)d 項待下達的措施。")
            % {"edited": len(checked.edited), "created": len(checked.created)},
        )
        return redirect("tasks:breakdown", campaign.code)
    carried = base64.urlsafe_b64encode(data).decode()
    return _page(request, campaign, UploadForm(), checked=checked, carried=carried)


def _uploaded(form: UploadForm) -> bytes:
    file = form.cleaned_data["file"]
    # 多讀一個字節：超過上限的由 read_sheet 說一句話，不整個讀進內存。
    return file.read(MAX_BYTES + 1)


def _carried(request: HttpRequest) -> bytes | None:
    """預覽頁帶回來的那份文件；沒有帶時為 None。"""
    text = request.POST.get("carried", "")
    if not text:
        return None
    try:
        return base64.urlsafe_b64decode(text.encode("ascii"))
    except (binascii.Error, ValueError):
        return b""


def _page(
    request: HttpRequest,
    campaign: Campaign,
    form: UploadForm,
    *,
    checked: CheckedSheet | None = None,
    carried: str = "",
    problem: str = "",
) -> HttpResponse:
    url = reverse("tasks:breakdown", args=[campaign.code])
    context = {
        "campaign": campaign,
        "form": form,
        "problem": problem,
        "checked": checked,
        "shown": checked.changes[:_SHOWN] if checked else [],
        "hidden": max(len(checked.changes) - _SHOWN, 0) if checked else 0,
        "errors": checked.errors[:_SHOWN] if checked else [],
        "carried": carried,
        "crumbs": [(_("任務分解"), url), (_("導入任務分解表"), "")],
        "back_url": url,
    }
    return render(request, PAGE, context)
