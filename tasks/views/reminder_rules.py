"""提醒規則：辦公室改階梯、免打擾和每週一覽，並看某一天誰會收到什麼。"""

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from campaigns.current import campaign_or_404
from campaigns.models import Campaign
from campaigns.standing import standing_of
from pingtan_civ import ui
from pingtan_civ.form_pages import Done, FormPage, form_page, posted
from pingtan_civ.lib import clock
from tasks import policies
from tasks.reminder_forms import ResetForm, RulesForms
from tasks.reminder_preview import Preview, read_day
from tasks.services.reminder_settings import (
    RulesChanged,
    policy_from,
    reset_rules,
    rules_of,
    save_rules,
)
from workdays.services import calendar

GET_OR_POST = require_http_methods(["GET", "POST"])


def _managed(request: HttpRequest, code: str) -> Campaign:
    campaign = campaign_or_404(request, code)
    if not policies.can_set_reminders(standing_of(request.user, clock.today()), campaign):
        raise PermissionDenied(_("提醒規則由本活動辦公室定，活動結束後不再改動。"))
    return campaign


def _crumbs(campaign: Campaign, here: str) -> list[tuple[str, str]]:
    return [
        (_("創建活動"), reverse("campaigns:campaign-list")),
        (campaign.name, campaign.get_absolute_url()),
        (here, ""),
    ]


@GET_OR_POST
def reminder_policy(request: HttpRequest, campaign_code: str) -> HttpResponse:
    """看和改。從預覽回來的帶 action=edit：接着改，改過的都還在，不保存。"""
    campaign = _managed(request, campaign_code)
    rules, version = rules_of(campaign)
    forms = RulesForms(rules, version, posted(request))
    if request.POST.get("action") == "edit":
        return _policy_page(request, campaign, forms, version)
    if request.method == "POST" and forms.is_valid():
        try:
            saved = save_rules(
                actor=request.user,
                campaign_id=campaign.pk,
                rules=forms.rules,
                version=forms.hours.cleaned_data["version"],
                at=clock.now(),
            )
        except RulesChanged as refusal:
            forms.hours.add_error(None, refusal)
        else:
            words = _("提醒規則已保存，從下一次提醒起照新的來。")
            ui.say(request, words if saved else _("規則沒有變動。"))
            return redirect("tasks:reminder-policy", campaign.code)
    return _policy_page(request, campaign, forms, version)


def _policy_page(
    request: HttpRequest, campaign: Campaign, forms: RulesForms, version: int
) -> HttpResponse:
    context = {
        "campaign": campaign,
        "forms": forms,
        "version": version,
        "is_unsaved": request.method == "POST",
        "errors": ui.error_summary(*forms.all_forms) if request.method == "POST" else "",
        "crumbs": _crumbs(campaign, _("提醒規則")),
    }
    return render(request, "tasks/reminder_policy_page.html", context)


@GET_OR_POST
def reminder_reset(request: HttpRequest, campaign_code: str) -> HttpResponse:
    """恢復默認的規則：先說清楚，再辦。"""
    campaign = _managed(request, campaign_code)
    form = ResetForm(posted(request), initial={"version": rules_of(campaign)[1]})
    back = reverse("tasks:reminder-policy", args=[campaign.code])
    page = FormPage(
        title=_("恢復默認的提醒規則"),
        submit=_("恢復默認"),
        back=back,
        intro=campaign.name,
        warning=_("本活動改過的各級、免打擾和每週一覽都換回默認的，改過的不保留。"),
        crumbs=[*_crumbs(campaign, "")[:2], (_("提醒規則"), back)],
        danger=True,
    )

    def act() -> Done:
        seen = form.cleaned_data["version"] or 0
        try:
            saved = reset_rules(
                actor=request.user, campaign_id=campaign.pk, version=seen, at=clock.now()
            )
        except RulesChanged as refusal:
            ui.say(request, refusal.messages[0], level=messages.WARNING)
            return "", back
        return _("已恢復默認的提醒規則。") if saved else _("現行的就是默認的規則。"), back

    return form_page(request, page, form, act)


@GET_OR_POST
def reminder_preview(request: HttpRequest, campaign_code: str) -> HttpResponse:
    """某一天誰會收到什麼，與真發時一樣算，什麼也不寫。

    從規則頁交來的（POST）照還沒有保存的規則算，各項隨頁帶着，回去接着改。
    """
    campaign = _managed(request, campaign_code)
    today, policy, asked = clock.today(), None, request.GET
    if request.method == "POST":
        rules, version = rules_of(campaign)
        forms, asked = RulesForms(rules, version, request.POST), request.POST
        if not forms.is_valid():
            return _policy_page(request, campaign, forms, version)
        policy = policy_from(forms.rules)
    day, error = read_day(asked.get("on", ""), today, calendar())
    context = {
        "campaign": campaign,
        "error": error,
        "typed": asked.get("on", ""),
        "preview": Preview(campaign, day, today, calendar(), policy),
        "carried": _carried(request) if policy else [],
        "crumbs": [*_crumbs(campaign, _("誰會收到什麼"))],
    }
    return render(request, "tasks/reminder_preview_page.html", context)


def _carried(request: HttpRequest) -> list[tuple[str, str]]:
    """規則頁上填的各項，原樣帶着。"""
    left_out = ("csrfmiddlewaretoken", "on", "action")
    return [(name, value) for name, value in request.POST.items() if name not in left_out]
