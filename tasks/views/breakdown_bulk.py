"""選中多行一起辦：先說清楚會告訴誰，確認之後才辦。"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.core.exceptions import PermissionDenied
from django.forms import Form
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods
from django_htmx.http import HttpResponseClientRedirect

from campaigns.current import campaign_or_404
from campaigns.models import Campaign
from campaigns.standing import standing_of
from pingtan_civ import ui
from pingtan_civ.lib import clock
from pingtan_civ.lib.numbers import read_int
from tasks import policies
from tasks.breakdown_forms import (
    ChaseForm,
    DeadlineForm,
    LeaderForm,
    LeadForm,
    NothingForm,
    ReasonForm,
)
from tasks.breakdown_query import BreakdownQuery, visible
from tasks.bulk_preview import Preview, preview
from tasks.services import bulk as services
from tasks.services.chasing import chase
from tasks.services.issuing import issue_measures
from tasks.views.breakdown import back_query, keep_refusals, rule_of

MOST = 5000


@dataclass(frozen=True)
class Action:
    """批量條上的一件事。title 裏的 %(count)d 是選中的項數。"""

    title: Any
    verb: Any
    form: type[Form]
    danger: bool = False


ACTIONS = {
    "issue": Action(gettext_lazy("下達 %(count)d 項措施？"), gettext_lazy("下達"), NothingForm),
    "chase": Action(gettext_lazy("催辦 %(count)d 項措施？"), gettext_lazy("發送催辦"), ChaseForm),
    "deadline": Action(
        gettext_lazy("改 %(count)d 項的完成時限"), gettext_lazy("改時限"), DeadlineForm
    ),
    "lead": Action(gettext_lazy("改 %(count)d 項的牽頭單位"), gettext_lazy("改牽頭單位"), LeadForm),
    "leader": Action(
        gettext_lazy("改 %(count)d 項的責任領導"), gettext_lazy("改責任領導"), LeaderForm
    ),
    "suspend": Action(gettext_lazy("中止 %(count)d 項措施？"), gettext_lazy("中止"), ReasonForm),
    "resume": Action(gettext_lazy("恢復 %(count)d 項措施？"), gettext_lazy("恢復"), ReasonForm),
    "cancel": Action(
        gettext_lazy("撤銷 %(count)d 項措施？"), gettext_lazy("撤銷"), ReasonForm, danger=True
    ),
    "delete": Action(
        gettext_lazy("刪除 %(count)d 項未下達的措施？"),
        gettext_lazy("刪除"),
        NothingForm,
        danger=True,
    ),
}


@require_http_methods(["POST"])
def bulk(request: HttpRequest, campaign_code: str) -> HttpResponse:
    """第一次 POST 給出確認（對話框或整頁），帶 confirm 的才真辦。"""
    campaign = campaign_or_404(request, campaign_code)
    standing = standing_of(request.user, clock.today())
    if not policies.can_break_down(standing, campaign):
        raise PermissionDenied(_("批量辦理由本活動辦公室進行，活動結束後不再改動。"))
    query = back_query(request.POST.get("back", ""))
    picked = _picked(request, campaign, query)
    name = request.POST.get("act", "")
    if name == "export" and picked:
        return _export(request, campaign, query, picked)
    if name not in ACTIONS or not picked:
        ui.say(request, _nothing_to_do(name), level=ui.messages.WARNING)
        return redirect(_list_url(campaign, query))
    form = _form(request, name, campaign)
    if "confirm" in request.POST and form.is_valid():
        sentence, refused = RUN[name](request, picked, form.cleaned_data)
        keep_refusals(request, campaign, refused)
        _report(request, sentence, refused)
        return redirect(_list_url(campaign, query))
    told = preview(name, picked, clock.now(), _chosen_units(request))
    context = _context(campaign, query, picked, name, form, told)
    template = "tasks/breakdown_confirm_dialog.html" if request.htmx else CONFIRM_PAGE
    return render(request, template, context)


CONFIRM_PAGE = "tasks/breakdown_confirm_page.html"


def _nothing_to_do(name: str) -> str:
    if name and name not in ACTIONS and name != "export":
        return _("沒有這種批量辦理，請從批量條上選。")
    return _("還沒有選中任何一項，請先在表格左邊勾選。")


def _picked(request: HttpRequest, campaign: Campaign, query: BreakdownQuery) -> list[int]:
    """選中的：勾選的、確認頁帶回的，或符合篩選的全部。只認本活動裏看得見的。"""
    rows = visible(standing_of(request.user, clock.today()), campaign)
    if request.POST.get("all"):
        standing = standing_of(request.user, clock.today())
        rows = query.apply(rows, standing=standing, rule=rule_of(campaign))
        return list(rows.values_list("pk", flat=True)[:MOST])
    given = [*request.POST.getlist("pick"), *request.POST.get("ids", "").split(",")]
    wanted = {int(pk) for pk in given[:MOST] if pk.isascii() and pk.isdigit() and len(pk) < 10}
    known = set(rows.values_list("pk", flat=True))
    return sorted(wanted & known)


def _form(request: HttpRequest, name: str, campaign: Campaign) -> Form:
    kwargs: dict[str, Any] = {}
    if name in ("lead", "leader"):
        kwargs["today"] = clock.today()
    if name == "leader":
        kwargs["campaign"] = campaign
    data = request.POST if "confirm" in request.POST else None
    return ACTIONS[name].form(data, **kwargs)


def _context(
    campaign: Campaign,
    query: BreakdownQuery,
    picked: list[int],
    name: str,
    form: Form,
    told: Preview,
) -> dict[str, Any]:
    action = ACTIONS[name]
    if name == "chase" and not told.again:
        form.fields.pop("confirmed", None)
    return {
        "campaign": campaign,
        "name": name,
        "form": form,
        "title": action.title % {"count": len(picked)},
        "verb": action.verb,
        "danger": action.danger,
        "told": told,
        "ids": ",".join(str(pk) for pk in picked),
        "back": query.url(page=query.page).removeprefix("?"),
        "back_url": _list_url(campaign, query),
        "crumbs": [
            (_("任務分解"), reverse("tasks:breakdown", args=[campaign.code])),
            (action.verb, ""),
        ],
    }


def _list_url(campaign: Campaign, query: BreakdownQuery) -> str:
    words = query.url(page=query.page)
    return reverse("tasks:breakdown", args=[campaign.code]) + (words if words != "?" else "")


def _export(
    request: HttpRequest, campaign: Campaign, query: BreakdownQuery, picked: list[int]
) -> HttpResponse:
    """下載不能局部刷新：轉到導出的地址。全選的帶條件，勾選的帶主鍵。"""
    words = (
        query.url().removeprefix("?")
        if request.POST.get("all")
        else urlencode({"pick": picked}, doseq=True)
    )
    url = reverse("exchange:export", args=["breakdown"]) + f"?campaign={campaign.code}&{words}"
    return HttpResponseClientRedirect(url) if request.htmx else redirect(url)


# ── 真辦 ──────────────────────────────────────────────

Result = tuple[str, dict[int, str]]


def _issue(request: HttpRequest, picked: list[int], data: dict[str, Any]) -> Result:
    result = issue_measures(actor=request.user, measure_ids=picked, at=clock.now())
    done = len(result.measures)
    return _("已下達 %(done)d 項，各單位已收到通知。") % {
        "done": done
    } if done else "", result.refused


def _chase(request: HttpRequest, picked: list[int], data: dict[str, Any]) -> Result:
    units = _chosen_units(request)
    if units is not None and not units:
        return _("一個單位也沒有勾選，沒有催。"), {}
    result = chase(
        departments=units,
        actor=request.user,
        measure_ids=picked,
        words=data["words"],
        at=clock.now(),
        confirmed=data.get("confirmed", False),
    )
    words = {"done": len(result.measures), "people": len(result.people)}
    sentence = _("已催辦 %(done)d 項，通知了 %(people)d 人。") % words if result.measures else ""
    return sentence, result.refused


def _chosen_units(request: HttpRequest) -> set[int] | None:
    """確認框裏勾的單位；不是從確認框來的為 None，即全部欠報的。"""
    if "has_units" not in request.POST:
        return None
    keys = (read_int(text) for text in request.POST.getlist("unit"))
    return {key for key in keys if key is not None}


def _change(values: Callable[[dict[str, Any]], dict[str, Any]]) -> Callable[..., Result]:
    def run(request: HttpRequest, picked: list[int], data: dict[str, Any]) -> Result:
        outcome = services.change_many(
            actor=request.user,
            measure_ids=picked,
            values=values(data),
            reason=data.get("reason", ""),
            at=clock.now(),
        )
        return _done(outcome)

    return run


def _step(act: Callable[..., services.Outcome]) -> Callable[..., Result]:
    def run(request: HttpRequest, picked: list[int], data: dict[str, Any]) -> Result:
        reason = {"reason": data["reason"]} if "reason" in data else {}
        return _done(act(actor=request.user, measure_ids=picked, at=clock.now(), **reason))

    return run


def _done(outcome: services.Outcome) -> Result:
    parts = []
    if outcome.done:
        parts.append(_("已辦 %(done)d 項。") % {"done": len(outcome.done)})
    if outcome.unchanged:
        parts.append(_("%(same)d 項本來就是這樣，沒有改。") % {"same": outcome.unchanged})
    return "".join(parts), outcome.refused


RUN: dict[str, Callable[..., Result]] = {
    "issue": _issue,
    "chase": _chase,
    "deadline": _change(lambda data: {"due_date": data["due_date"]}),
    "lead": _change(lambda data: {"lead_department": data["lead_department"]}),
    "leader": _change(lambda data: {"accountable_seat": data["accountable_seat"]}),
    "suspend": _step(services.suspend),
    "resume": _step(services.resume),
    "cancel": _step(services.cancel),
    "delete": _step(services.delete_drafts),
}


def _report(request: HttpRequest, sentence: str, refused: dict[int, str]) -> None:
    if sentence:
        ui.say(request, sentence)
    if refused:
        ui.say(
            request,
            _("%(count)d 項沒有辦，原因寫在各行裏。") % {"count": len(refused)},
            level=ui.messages.WARNING,
        )
