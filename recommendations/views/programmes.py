"""推薦項目：清單、一個的頁、擬和改、條件、發佈、中止。"""

from collections.abc import Callable
from typing import Any

from django.db.models import Count, Q
from django.forms import BaseForm
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from campaigns.current import campaign_or_404
from pingtan_civ import ui
from pingtan_civ.form_pages import Done, FormPage, form_page, posted
from pingtan_civ.lib import clock
from recommendations import policies
from recommendations.forms import ConditionForm, CopyForm, ProgrammeForm, ReasonForm
from recommendations.models import Candidate, Condition, Programme
from recommendations.programme_page import ProgrammePage
from recommendations.services import programmes as services
from recommendations.views.doors import (
    at_its_field,
    crumbs_to,
    list_crumb,
    managed_programme,
    programme_or_404,
    require,
    standing_of_request,
    timely_form,
)
from tasks.models import WrongState

GET_OR_POST = require_http_methods(["GET", "POST"])


@require_GET
def programme_list(request: HttpRequest, campaign_code: str) -> HttpResponse:
    campaign = campaign_or_404(request, campaign_code)
    standing = standing_of_request(request)
    in_hand = Q(candidates__isnull=False) & ~Q(candidates__state=Candidate.State.WITHDRAWN)
    rows = (
        Programme.objects.visible_to(standing)
        .filter(campaign=campaign)
        .annotate(nominated=Count("candidates", filter=in_hand))
    )
    context = {
        "campaign": campaign,
        "rows": rows,
        "can_manage": policies.can_manage(standing, campaign),
        "sees_counts": policies.can_see_drafts(standing, campaign),
    }
    return render(request, "recommendations/programme_list_page.html", context)


@require_GET
def programme(request: HttpRequest, pk: int) -> HttpResponse:
    return show_programme(request, programme_or_404(request, pk))


def show_programme(
    request: HttpRequest, row: Programme, *, refusal: str = "", status: int = 200
) -> HttpResponse:
    page = ProgrammePage(row, standing_of_request(request), clock.now())
    context = {
        "programme": row,
        "page": page,
        "refusal": refusal,
        "crumbs": crumbs_to(row),
        "is_draft": row.state == Programme.State.DRAFT,
    }
    return render(request, "recommendations/programme_page.html", context, status=status)


def press(request: HttpRequest, pk: int, act: Callable[[], Any], words: ui.Text) -> HttpResponse:
    """項目頁上一個按鈕的一步；此刻不能辦的，給出現在的樣子，說清為什麼。"""
    try:
        act()
    except WrongState as refusal:
        fresh = programme_or_404(request, pk)
        return show_programme(request, fresh, refusal=str(refusal), status=409)
    ui.say(request, words)
    return redirect("recommendations:programme", pk)


# ── 擬和改 ────────────────────────────────────────────


@GET_OR_POST
def programme_create(request: HttpRequest, campaign_code: str) -> HttpResponse:
    campaign = campaign_or_404(request, campaign_code)
    require(
        policies.can_manage(standing_of_request(request), campaign),
        _("推薦項目由本活動辦公室擬訂，活動要在進行中。"),
    )
    form = ProgrammeForm(posted(request))

    def act() -> Done:
        row = services.draft_programme(
            actor=request.user, campaign=campaign, values=form.cleaned_data, at=clock.now()
        )
        return _("已擬好，下面定條件，或抄往年的。"), row.get_absolute_url()

    listed = list_crumb(campaign)
    page = FormPage(
        title=_("擬推薦項目"),
        submit=_("保存"),
        back=listed[1],
        crumbs=[listed],
        intro=_("本局只向上級推薦；稱號由上級授予。"),
    )
    return form_page(request, page, form, at_its_field(form, act))


def programme_form(
    request: HttpRequest,
    row: Programme,
    page: FormPage,
    form: BaseForm,
    act: Callable[[], Done],
    refusal: str = "",
) -> HttpResponse:
    """項目名下的一張表單。refusal 是此刻為什麼不能辦：打開的給出項目頁，交來的寫在表單上，填過的都在。"""
    if refusal and request.method == "GET":
        return show_programme(request, row, refusal=refusal, status=409)
    page.crumbs = crumbs_to(row, ("", ""))[:-1]
    page.back = row.get_absolute_url()
    return timely_form(request, page, form, act, refusal)


@GET_OR_POST
def programme_edit(request: HttpRequest, pk: int) -> HttpResponse:
    row = managed_programme(request, pk)
    form = ProgrammeForm(posted(request), instance=row)
    is_open = row.state == Programme.State.OPEN
    if is_open:
        form.only_deadline()

    def act() -> Done:
        services.revise_programme(
            actor=request.user, programme_id=pk, values=form.cleaned_data, at=clock.now()
        )
        return _("已保存。"), row.get_absolute_url()

    intro = _("已經發佈，只能把申報截止往後推，各單位負責人會收到通知。") if is_open else ""
    page = FormPage(title=_("改推薦項目"), submit=_("保存"), back="", intro=intro)
    refusal = row.refusal(Programme.State.DRAFT, Programme.State.OPEN)
    return programme_form(request, row, page, form, act, refusal)


@require_POST
def programme_open(request: HttpRequest, pk: int) -> HttpResponse:
    managed_programme(request, pk)
    return press(
        request,
        pk,
        lambda: services.open_programme(actor=request.user, programme_id=pk, at=clock.now()),
        _("已發佈，各單位負責人會收到通知。"),
    )


@GET_OR_POST
def programme_cancel(request: HttpRequest, pk: int) -> HttpResponse:
    row = managed_programme(request, pk)
    form = ReasonForm(posted(request))

    def act() -> Done:
        services.cancel_programme(
            actor=request.user,
            programme_id=pk,
            reason=form.cleaned_data["reason"],
            at=clock.now(),
        )
        return _("已中止，推薦過的單位會收到通知。"), row.get_absolute_url()

    page = FormPage(
        title=_("中止這個項目"),
        submit=_("中止"),
        back="",
        warning=_("中止以後不再往下走；名單、表決和異議都留着。"),
        danger=True,
    )
    refusal = row.refusal(Programme.State.DRAFT, *Programme.RUNNING)
    return programme_form(request, row, page, form, act, refusal)


# ── 條件 ──────────────────────────────────────────────


def _opened(row: Programme) -> str:
    """發佈以後條件不再改：打開表單時就說，不等填完。"""
    if row.state == Programme.State.DRAFT:
        return ""
    return _("條件在發佈以前定；已經發佈的不再改，各單位照它申報。要改的，中止以後另擬一個項目。")


@GET_OR_POST
def condition_create(request: HttpRequest, pk: int) -> HttpResponse:
    row = managed_programme(request, pk)
    return _condition(request, row, None)


@GET_OR_POST
def condition_edit(request: HttpRequest, pk: int, condition_pk: int) -> HttpResponse:
    row = managed_programme(request, pk)
    condition = get_object_or_404(row.conditions, pk=condition_pk)
    return _condition(request, row, condition)


def _condition(request: HttpRequest, row: Programme, condition: Condition | None) -> HttpResponse:
    form = ConditionForm(posted(request), campaign=row.campaign, instance=condition)
    condition_id = condition.pk if condition else None

    def act() -> Done:
        services.put_condition(
            actor=request.user,
            programme_id=row.pk,
            values=form.values(),
            condition_id=condition_id,
            at=clock.now(),
        )
        return _("條件已保存。"), row.get_absolute_url() + "#conditions"

    page = FormPage(
        title=_("改條件") if condition else _("加條件"),
        submit=_("保存"),
        back="",
        intro=_("種類決定系統怎樣查；下面各樣只填這個種類用得着的。"),
    )
    return programme_form(request, row, page, form, act, _opened(row))


@require_POST
def condition_remove(request: HttpRequest, pk: int, condition_pk: int) -> HttpResponse:
    row = managed_programme(request, pk)
    get_object_or_404(row.conditions, pk=condition_pk)
    return press(
        request,
        pk,
        lambda: services.remove_condition(
            actor=request.user, programme_id=pk, condition_id=condition_pk, at=clock.now()
        ),
        _("已去掉這一項。"),
    )


@GET_OR_POST
def conditions_copy(request: HttpRequest, pk: int) -> HttpResponse:
    row = managed_programme(request, pk)
    sources = (
        Programme.objects.visible_to(standing_of_request(request))
        .filter(conditions__isnull=False)
        .exclude(pk=pk)
        .select_related("campaign")
        .distinct()
    )
    form = CopyForm(posted(request), sources=sources)

    def act() -> Done:
        count = services.copy_conditions(
            actor=request.user,
            programme_id=pk,
            source_id=form.cleaned_data["source"].pk,
            at=clock.now(),
        )
        words = _("抄入 %(count)d 項，請逐項核對；看考核的改指本活動最近一次。")
        return words % {"count": count}, row.get_absolute_url() + "#conditions"

    page = FormPage(
        title=_("抄往年的條件"),
        submit=_("抄入"),
        back="",
        intro=_("這裏已有的同一句不重複抄。"),
    )
    return programme_form(request, row, page, form, act, _opened(row))
