"""新增一項措施、改一項措施。有腳本時在行下展開，沒有時是單獨一頁。"""

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods
from django_htmx.http import reswap, retarget, trigger_client_event

from campaigns.current import campaign_or_404
from campaigns.evidence_specs import requirements_of
from campaigns.models import Campaign, EvidenceRequirement, Indicator
from campaigns.spec_forms import (
    as_typed,
    spec_context,
    step_of,
    stepped_rows,
    typed_rows,
    with_specs,
)
from campaigns.standing import standing_of
from pingtan_civ import ui
from pingtan_civ.lib import clock
from tasks import policies
from tasks.breakdown_forms import ROW_FIELDS, MeasureForm, initial_of
from tasks.breakdown_query import visible
from tasks.models import Measure, WrongState
from tasks.services.breakdown import Invalid, Stale, create_measure, update_measure
from tasks.views.breakdown import PAGE, back_query, list_context

FORM_PAGE = "tasks/measure_form_page.html"
FORM_ROW = "tasks/measure_form_row.html"


def _only_the_office(request: HttpRequest, campaign: Campaign) -> None:
    if not policies.can_break_down(standing_of(request.user, clock.today()), campaign):
        raise PermissionDenied(_("任務分解表由本活動辦公室編製，活動結束後不再改動。"))


@require_http_methods(["GET", "POST"])
def new_measure(request: HttpRequest, campaign_code: str) -> HttpResponse:
    campaign = campaign_or_404(request, campaign_code)
    _only_the_office(request, campaign)
    if step := _step(request):
        return _stepped(request, campaign, None, step)
    initial = {"cycle": "once", "asks_percent": True, "main_task": request.GET.get("task")}
    form = MeasureForm(
        request.POST or None, campaign=campaign, today=clock.today(), initial=initial
    )
    if request.method == "POST" and form.is_valid():
        try:
            measure = create_measure(
                actor=request.user, campaign=campaign, values=form.values(), at=clock.now()
            )
        except Invalid as refusal:
            form.show_errors(refusal.errors)
        else:
            ui.say(request, _("已新增 %(code)s，還沒有下達。") % {"code": measure.code})
            return redirect(_list_url(campaign, "", measure))
    return render(request, FORM_PAGE, _context(request, campaign, form, None))


@require_http_methods(["GET", "POST"])
def edit_measure(request: HttpRequest, campaign_code: str, code: str) -> HttpResponse:
    campaign = campaign_or_404(request, campaign_code)
    standing = standing_of(request.user, clock.today())
    measure = get_object_or_404(visible(standing, campaign), code=code)
    measure.campaign = campaign
    _only_the_office(request, campaign)
    if request.htmx and "close" in request.GET:
        response = render(request, f"{FORM_ROW}#closed", {"measure": measure})
        # 收起之後，焦點回到點開它的那一個鏈接，不掉回頁首。
        link = {"on": f"#m-{measure.pk} a.c-icobtn"}
        return trigger_client_event(response, "focus-on", link, after="settle")
    if step := _step(request):
        return _stepped(request, campaign, measure, step)
    if request.method == "POST":
        return _save(request, campaign, measure)
    initial = initial_of(measure) | {"back": request.GET.get("back", "")[:2000]}
    form = _form(request, campaign, measure, initial=initial)
    if request.htmx:
        form.fields["title"].widget.attrs["autofocus"] = True
    return _show(request, campaign, measure, form)


def _step(request: HttpRequest) -> tuple[str, int] | None:
    return step_of(request.POST) if request.method == "POST" else None


def _stepped(
    request: HttpRequest, campaign: Campaign, measure: Measure | None, step: tuple[str, int]
) -> HttpResponse:
    """按了「加一種佐證」一類的：帶着已寫的重排各行，什麼也不保存。"""
    rows = stepped_rows(request.POST, step)
    if step[0] == "indicators":
        rows = with_specs(typed_rows(request.POST), _wants_of(request, campaign))
    options = {"campaign": campaign, "today": clock.today(), "measure": measure}
    typed = as_typed(MeasureForm(**options), request.POST)
    form = MeasureForm(**options, initial=typed, specs=rows)
    context = _context(request, campaign, form, measure, step) | {"is_unsaved": True}
    template = "tasks/measure_form_specs.html" if request.htmx else FORM_PAGE
    return render(request, template, context)


def _wants_of(request: HttpRequest, campaign: Campaign) -> list[EvidenceRequirement]:
    """表單上勾着的指標要的佐證。"""
    picked = [pk for pk in request.POST.getlist("indicators") if pk.isascii() and pk.isdigit()]
    own = Indicator.objects.filter(objective__campaign=campaign, pk__in=[pk[:9] for pk in picked])
    return requirements_of(own.values_list("pk", flat=True))


def _form(
    request: HttpRequest, campaign: Campaign, measure: Measure, **kwargs: object
) -> MeasureForm:
    only = ROW_FIELDS if request.htmx else ()
    if request.htmx:
        # 可以同時展開幾行：各用各的元素編號，標籤才點得對。
        kwargs["auto_id"] = f"id_{measure.pk}_%s"
    return MeasureForm(campaign=campaign, today=clock.today(), measure=measure, only=only, **kwargs)


def _save(request: HttpRequest, campaign: Campaign, measure: Measure) -> HttpResponse:
    form = _form(request, campaign, measure, data=request.POST, initial=initial_of(measure))
    if not form.is_valid():
        return _show(request, campaign, measure, form)
    # 版次讀不懂或沒帶的按 -1 算：寧可說一句「別人改過」，也不覆蓋。
    version = form.cleaned_data["version"]
    try:
        saved = update_measure(
            actor=request.user,
            measure_id=measure.pk,
            values=form.values(),
            version=-1 if version is None else version,
            reason=form.cleaned_data.get("reason", ""),
            at=clock.now(),
        )
    except Invalid as refusal:
        form.show_errors(refusal.errors)
    except (Stale, WrongState) as refusal:
        measure.refresh_from_db()
        return _show(request, campaign, measure, form, conflict=str(refusal))
    else:
        words = _what_was_saved(saved, is_changed=saved.version != version)
        return _saved(request, campaign, saved, form.cleaned_data.get("back", ""), words)
    return _show(request, campaign, measure, form)


def _what_was_saved(measure: Measure, *, is_changed: bool) -> str:
    if not is_changed:
        sentence = _("%(code)s 沒有改動。")
    elif measure.state == Measure.State.ISSUED:
        sentence = _("%(code)s 已保存，改動與各單位有關的已通知他們。")
    else:
        sentence = _("%(code)s 已保存。")
    return sentence % {"code": measure.code}


def _saved(
    request: HttpRequest, campaign: Campaign, measure: Measure, back: str, words: str
) -> HttpResponse:
    if not request.htmx:
        ui.say(request, words)
        return redirect(_list_url(campaign, back, measure))
    # 整張列表重排一次：計數、分組、燈號都可能隨之改變。
    context = list_context(request, campaign, QueryDict(back[:2000]), focus=measure.pk)
    response = retarget(render(request, f"{PAGE}#rows", context), "#rows")
    return trigger_client_event(reswap(response, "outerHTML"), "said", {"text": words})


def _list_url(campaign: Campaign, back: str, measure: Measure) -> str:
    query = back_query(back)
    url = reverse("tasks:breakdown", args=[campaign.code])
    words = query.url(page=query.page)
    return f"{url}{words if words != '?' else ''}#m-{measure.pk}"


def _show(
    request: HttpRequest,
    campaign: Campaign,
    measure: Measure,
    form: MeasureForm,
    *,
    conflict: str = "",
) -> HttpResponse:
    context = _context(request, campaign, form, measure) | {"conflict": conflict}
    bad = bool(form.errors or conflict)
    # 422 讓 htmx 也換上這段；整頁的照常 200，瀏覽器才肯顯示。
    status = 422 if bad and request.htmx else 200
    return render(request, FORM_ROW if request.htmx else FORM_PAGE, context, status=status)


def _context(
    request: HttpRequest,
    campaign: Campaign,
    form: MeasureForm,
    measure: Measure | None,
    step: tuple[str, int] | None = None,
) -> dict[str, object]:
    title = _("修改 %(code)s") % {"code": measure.code} if measure else _("新增措施")
    back = str(form["back"].value() or "")
    url = reverse("tasks:breakdown", args=[campaign.code])
    rows = spec_context(form.specs, step) if form.specs else {}
    return rows | {
        "campaign": campaign,
        "form": form,
        "errors": ui.error_summary(*form.all_forms) if form.is_bound else "",
        "measure": measure,
        "title": title,
        "back_url": url + back_query(back).url(),
        "crumbs": [(_("任務分解"), url), (title, "")],
        "width": 11,
    }
