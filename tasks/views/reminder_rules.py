"""提醒規則：辦公室改階梯、免打擾和每週一覽，並看某一天誰會收到什麼。"""

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from campaigns.current import campaign_or_404
from campaigns.models import Campaign
from campaigns.standing import standing_of
from pingtan_civ import ui
from pingtan_civ.form_pages import posted
from pingtan_civ.lib import clock
from pingtan_civ.lib.numbers import read_int
from tasks import policies
from tasks.reminder_forms import RulesForms
from tasks.reminder_preview import Preview, read_day
from tasks.services.reminder_settings import RulesChanged, reset_rules, rules_of, save_rules
from workdays.services import calendar


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


@require_http_methods(["GET", "POST"])
def reminder_policy(request: HttpRequest, campaign_code: str) -> HttpResponse:
    campaign = _managed(request, campaign_code)
    rules, version = rules_of(campaign)
    forms = RulesForms(rules, version, posted(request))
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
    context = {
        "campaign": campaign,
        "forms": forms,
        "version": version,
        "errors": ui.error_summary(*forms.all_forms) if request.method == "POST" else "",
        "has_errors": request.method == "POST",
        "crumbs": _crumbs(campaign, _("提醒規則")),
    }
    return render(request, "tasks/reminder_policy_page.html", context)


@require_POST
def reminder_reset(request: HttpRequest, campaign_code: str) -> HttpResponse:
    """恢復默認的規則。"""
    campaign = _managed(request, campaign_code)
    try:
        saved = reset_rules(
            actor=request.user,
            campaign_id=campaign.pk,
            version=read_int(request.POST.get("version")) or 0,
            at=clock.now(),
        )
    except RulesChanged as refusal:
        ui.say(request, refusal.messages[0], level=messages.WARNING)
    else:
        words = _("已恢復默認的提醒規則。")
        ui.say(request, words if saved else _("現行的就是默認的規則。"))
    return redirect("tasks:reminder-policy", campaign.code)


@require_GET
def reminder_preview(request: HttpRequest, campaign_code: str) -> HttpResponse:
    """某一天誰會收到什麼，與真發時一樣算，什麼也不寫。"""
    campaign = _managed(request, campaign_code)
    today = clock.today()
    day, error = read_day(request.GET.get("on", ""), today, calendar())
    context = {
        "campaign": campaign,
        "error": error,
        "typed": request.GET.get("on", ""),
        "preview": Preview(campaign, day, today, calendar()),
        "crumbs": [*_crumbs(campaign, _("誰會收到什麼"))],
    }
    return render(request, "tasks/reminder_preview_page.html", context)
