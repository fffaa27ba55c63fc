"""迎檢資料包：選範圍、看預覽、生成。"""

from django.core.exceptions import PermissionDenied, ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import get_language
from django.views.decorators.http import require_http_methods

from campaigns.current import campaign_or_404
from campaigns.models import Campaign
from campaigns.standing import Standing, standing_of
from evidence.packing import policies
from evidence.packing.forms import PackForm
from evidence.packing.scope import HANS, HANT
from evidence.packing.services import order_pack, who_may
from evidence.packing.survey import active_indicators, look
from people.models import Department
from pingtan_civ.lib import clock


@require_http_methods(["GET", "POST"])
def pack(request: HttpRequest, campaign_code: str) -> HttpResponse:
    """GET 按網址裏的條件給出預覽；POST 照同樣的條件生成，去看進度。"""
    campaign = campaign_or_404(request, campaign_code)
    standing = standing_of(request.user, clock.today())
    if not policies.can_pack(standing, campaign):
        raise PermissionDenied(who_may(standing))
    form = _form(request, campaign, standing)
    if form.is_bound and form.is_valid() and request.method == "POST":
        try:
            job = order_pack(
                actor=request.user, campaign=campaign, scope=form.scope, at=clock.now()
            )
        except ValidationError as error:
            form.add_error(None, error)
        else:
            return redirect(job)
    context = {"campaign": campaign, "form": form, "mine_only": _mine_only(standing, campaign)}
    if form.is_bound and form.is_valid():
        context["scope"] = form.scope
        context["survey"] = look(campaign, form.scope, standing, form.indicators)
        context["chosen"] = _chosen(form)
    return render(request, "evidence/pack_page.html", context)


def _form(request: HttpRequest, campaign: Campaign, standing: Standing) -> PackForm:
    departments = Department.objects.all()
    if _mine_only(standing, campaign):
        departments = departments.filter(pk__in=standing.headed)
    script = HANS if get_language() == "zh-hans" else HANT
    data = (request.POST if request.method == "POST" else request.GET).copy()
    if data:
        data.setdefault("script", script)
    return PackForm(
        data or None,
        campaign=campaign,
        standing=standing,
        indicators=active_indicators(campaign),
        departments=departments,
        script=script,
    )


def _mine_only(standing: Standing, campaign: Campaign) -> bool:
    return not policies.can_pack_all(standing, campaign)


def _chosen(form: PackForm) -> list[tuple[str, str]]:
    """預覽的條件原樣帶去生成。"""
    return [(name, value) for name in form.fields for value in form.data.getlist(name) if value]
