"""負面清單：看、從方案列入、加、改、停用。規則人人可看；各項出過幾件事只數看得見的。"""

from django.core.exceptions import ValidationError
from django.db.models import Count, Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from campaigns.current import campaign_or_404
from campaigns.models import Campaign
from evaluations import policies
from evaluations.eligibility import effect_words
from evaluations.forms_vetoes import VetoItemForm
from evaluations.models import VetoEvent, VetoItem
from evaluations.services import veto_items as services
from evaluations.views.veto_doors import at_its_field, maintained_campaign
from pingtan_civ import ui
from pingtan_civ.form_pages import Done, FormPage, form_page, posted
from pingtan_civ.lib import clock
from tasks.views.doors import standing_of_request


@require_GET
def negative_list(request: HttpRequest, campaign_code: str) -> HttpResponse:
    campaign = campaign_or_404(request, campaign_code)
    standing = standing_of_request(request)
    visible = VetoEvent.objects.visible_to(standing).order_by().values("pk")
    states = {
        state: Count("events", filter=Q(events__state=state, events__in=visible))
        for state in VetoEvent.State.values
    }
    items = list(
        campaign.veto_items.select_related("indicator")
        .annotate(**{f"n_{state}": count for state, count in states.items()})
        .order_by("position", "pk")
    )
    for item in items:
        item.words = effect_words(item)
    context = {
        "campaign": campaign,
        "listed": [item for item in items if not item.retired_at],
        "retired": [item for item in items if item.retired_at],
        "can_maintain": policies.can_maintain_negative_list(standing, campaign),
    }
    return render(request, "evaluations/negative_list_page.html", context)


@require_POST
def seed(request: HttpRequest, campaign_code: str) -> HttpResponse:
    campaign = maintained_campaign(request, campaign_code)
    added = services.seed_from_plan(actor=request.user, campaign=campaign, at=clock.now())
    said = _("方案裏沒有還沒列入的「無……」款。")
    if added:
        said = ngettext(
            "從方案列入 %(count)d 項，請逐項核對認定機關和後果。",
            "從方案列入 %(count)d 項，請逐項核對認定機關和後果。",
            len(added),
        ) % {"count": len(added)}
    ui.say(request, said)
    return redirect("evaluations:negative-list", campaign_code)


@require_http_methods(["GET", "POST"])
def item_create(request: HttpRequest, campaign_code: str) -> HttpResponse:
    campaign = maintained_campaign(request, campaign_code)
    form = VetoItemForm(posted(request))

    def act() -> Done:
        item = services.add_item(
            actor=request.user, campaign=campaign, values=form.values(), at=clock.now()
        )
        return _("已列入「%(item)s」。") % {"item": item}, item.get_absolute_url()

    page = _page(campaign, _("加一項"), _("列入"))
    return form_page(request, page, form, at_its_field(form, act))


@require_http_methods(["GET", "POST"])
def item_edit(request: HttpRequest, campaign_code: str, pk: int) -> HttpResponse:
    campaign = maintained_campaign(request, campaign_code)
    item = get_object_or_404(campaign.veto_items, pk=pk)
    form = VetoItemForm(posted(request), instance=item)

    def act() -> Done:
        services.update_item(actor=request.user, item_id=pk, values=form.values(), at=clock.now())
        return _("「%(item)s」已保存。") % {"item": item}, item.get_absolute_url()

    page = _page(campaign, _("修改一項"), _("保存"))
    if item.events.exists():
        page.warning = _("這一項已有登記的事件，只能改認定機關；別的要改，請停用這一項，另列一項。")
    return form_page(request, page, form, at_its_field(form, act))


@require_POST
def item_retire(request: HttpRequest, campaign_code: str, pk: int) -> HttpResponse:
    campaign = maintained_campaign(request, campaign_code)
    item: VetoItem = get_object_or_404(campaign.veto_items, pk=pk)
    try:
        services.retire_item(actor=request.user, item_id=pk, at=clock.now())
    except ValidationError as refusal:
        ui.say(request, refusal.messages[0])
    else:
        ui.say(request, _("已停用「%(item)s」；登記過的事照舊算數。") % {"item": item})
    return redirect("evaluations:negative-list", campaign_code)


def _page(campaign: Campaign, title: str, submit: str) -> FormPage:
    url = reverse("evaluations:negative-list", args=[campaign.code])
    return FormPage(
        title=title,
        submit=submit,
        back=url,
        crumbs=[(_("負面清單"), url)],
    )
