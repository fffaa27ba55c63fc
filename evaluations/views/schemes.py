"""考核辦法：列表，一份，擬、抄、導入導出、啟用、刪。改一處在 scheme_parts。"""

from typing import Any

from django import forms
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from campaigns.current import campaign_or_404
from campaigns.models import Campaign
from campaigns.standing import standing_of
from evaluations import policies
from evaluations.forms_schemes import CopyForm, SchemeForm, SchemeUploadForm
from evaluations.models import Scheme
from evaluations.scheme_cells import Names
from evaluations.scheme_page import scheme_page
from evaluations.scheme_reading import Found, UnreadableScheme, read_workbook
from evaluations.scheme_sheets import write_workbook
from evaluations.schemes import read_tree
from evaluations.services import schemes as services
from pingtan_civ import ui
from pingtan_civ.form_pages import Done, FormPage, form_page, posted
from pingtan_civ.lib import clock
from pingtan_civ.lib.file_names import safe_name
from pingtan_civ.lib.media_types import XLSX
from pingtan_civ.lib.numbers import read_int

GET_OR_POST = require_http_methods(["GET", "POST"])
#: 一次列這麼多處讀不懂的，其餘的報數。
FAULTS_SHOWN = 200


# ── 進門 ──────────────────────────────────────────────


def scheme_or_404(request: HttpRequest, pk: int) -> Scheme:
    """一份看得見的辦法。擬訂中的只有辦公室和組長、副組長知道有它。"""
    rows = Scheme.objects.select_related("campaign", "adopted_by", "created_by", "copied_from")
    scheme = get_object_or_404(rows, pk=pk)
    scheme.campaign = campaign_or_404(request, scheme.campaign.code)
    if scheme.is_draft and not _sees_drafts(request, scheme.campaign):
        raise Http404(_("沒有這份考核辦法。"))
    return scheme


def draft_or_refuse(request: HttpRequest, pk: int) -> Scheme:
    """一份可以改的草稿。"""
    scheme = scheme_or_404(request, pk)
    require_office(request, scheme.campaign)
    if not scheme.is_draft:
        raise PermissionDenied(_("這份考核辦法已經啟用，一個字也不能改。要修改，先複製成下一版。"))
    return scheme


def require_office(request: HttpRequest, campaign: Campaign) -> None:
    if not may_manage(request, campaign):
        raise PermissionDenied(_("考核辦法由本活動的辦公室擬訂，活動結束後不再改。"))


def may_manage(request: HttpRequest, campaign: Campaign) -> bool:
    return policies.can_manage_schemes(standing_of(request.user, clock.today()), campaign)


def _sees_drafts(request: HttpRequest, campaign: Campaign) -> bool:
    return policies.can_see_scheme_drafts(standing_of(request.user, clock.today()), campaign)


def list_url(campaign: Campaign) -> str:
    return reverse("evaluations:scheme-list", args=[campaign.code])


def crumbs_to(scheme: Scheme) -> list[tuple[ui.Text, str]]:
    return [(_("考核辦法"), list_url(scheme.campaign)), (str(scheme), scheme.get_absolute_url())]


# ── 看 ────────────────────────────────────────────────


@require_GET
def scheme_list(request: HttpRequest, campaign_code: str) -> HttpResponse:
    campaign = campaign_or_404(request, campaign_code)
    rows = Scheme.objects.filter(campaign=campaign).select_related("adopted_by", "copied_from")
    if not _sees_drafts(request, campaign):
        rows = rows.exclude(state=Scheme.State.DRAFT)
    context = {"schemes": rows, "campaign": campaign, "can_manage": may_manage(request, campaign)}
    return render(request, "evaluations/scheme_list_page.html", context)


@require_GET
def scheme(request: HttpRequest, pk: int) -> HttpResponse:
    """一份辦法排成一張表；?profile= 只看一類單位考的。"""
    found = scheme_or_404(request, pk)
    standing = standing_of(request.user, clock.today())
    page = scheme_page(found, read_int(request.GET.get("profile")), standing)
    can_manage = may_manage(request, found.campaign)
    context = {
        "page": page,
        "scheme": found,
        "can_manage": can_manage,
        "can_edit": can_manage and found.is_draft,
        "adopt_words": adopt_words(found),
        "crumbs": [(_("考核辦法"), list_url(found.campaign)), (str(found), "")],
    }
    return render(request, "evaluations/scheme_page.html", context)


@require_GET
def scheme_export(request: HttpRequest, pk: int) -> HttpResponse:
    found = scheme_or_404(request, pk)
    response = HttpResponse(write_workbook(read_tree(found), year=found.year), content_type=XLSX)
    name = safe_name(f"{found}.xlsx", "xlsx", otherwise=_("考核辦法"))
    response["Content-Disposition"] = content_disposition_header(True, name)
    response["X-Content-Type-Options"] = "nosniff"
    response["Cache-Control"] = "private, no-store"
    return response


# ── 擬、抄、導入 ──────────────────────────────────────


@GET_OR_POST
def scheme_create(request: HttpRequest, campaign_code: str) -> HttpResponse:
    campaign = campaign_or_404(request, campaign_code)
    require_office(request, campaign)
    title = _("%(campaign)s考核辦法") % {"campaign": campaign.name}
    initial = {"year": campaign.start_date.year, "title": title}
    form = SchemeForm(posted(request), initial=initial)

    def act() -> Done:
        made = services.create_scheme(
            actor=request.user, campaign_id=campaign.pk, values=form.cleaned_data, at=clock.now()
        )
        return _("已擬出「%(scheme)s」，接着設計分類別和測評項目。") % {
            "scheme": made
        }, made.get_absolute_url()

    page = FormPage(
        title=_("新擬考核辦法"),
        submit=_("擬出"),
        back=list_url(campaign),
        crumbs=[(_("考核辦法"), list_url(campaign))],
        intro=_("先定名稱和總分。已有一份的，從那一份抄，或從 Excel 導入，更快。"),
    )
    return form_page(request, page, form, act)


@GET_OR_POST
def scheme_edit(request: HttpRequest, pk: int) -> HttpResponse:
    found = draft_or_refuse(request, pk)
    form = SchemeForm(posted(request), scheme=found)

    def act() -> Done:
        services.update_scheme(
            actor=request.user, scheme_id=pk, values=form.cleaned_data, at=clock.now()
        )
        return _("名稱和總分已保存。"), found.get_absolute_url()

    return form_page(request, page_of(found, _("修改名稱和總分"), _("保存")), form, act)


@GET_OR_POST
def scheme_copy(request: HttpRequest, pk: int) -> HttpResponse:
    found = scheme_or_404(request, pk)
    require_office(request, found.campaign)
    form = CopyForm(posted(request), initial={"year": found.year, "title": found.title})

    def act() -> Done:
        copy = services.copy_scheme(
            actor=request.user, scheme_id=pk, at=clock.now(), **form.cleaned_data
        )
        return _("已複製成「%(scheme)s」，修改好再啟用。") % {
            "scheme": copy
        }, copy.get_absolute_url()

    page = page_of(found, _("複製考核辦法"), _("複製"))
    page.intro = _("內容全部複製，成為一份草稿；原來的一份不變，啟用新的一版時才停用。")
    return form_page(request, page, form, act)


@GET_OR_POST
def scheme_import(request: HttpRequest, campaign_code: str) -> HttpResponse:
    """上傳一份：讀得懂就成一份新的草稿，有一格讀不懂就逐格列出，什麼也不存。"""
    campaign = campaign_or_404(request, campaign_code)
    require_office(request, campaign)
    form = SchemeUploadForm(request.POST, request.FILES) if request.method == "POST" else None
    found: Found | None = None
    if form and form.is_valid():
        file = form.cleaned_data["file"]
        try:
            found = read_workbook(file, file.name, Names.of(campaign))
        except UnreadableScheme as refusal:
            form.add_error("file", str(refusal))
    if found and found.tree:
        made = services.import_scheme(
            actor=request.user,
            campaign_id=campaign.pk,
            year=found.year or campaign.start_date.year,
            tree=found.tree,
            source=file.name,
            at=clock.now(),
        )
        ui.say(request, _("已導入成草稿「%(scheme)s」，核對後再啟用。") % {"scheme": made})
        return redirect(made)
    faults = found.faults if found else ()
    context = {
        "form": form or SchemeUploadForm(),
        "faults": faults[:FAULTS_SHOWN],
        "more": max(len(faults) - FAULTS_SHOWN, 0),
        "back_url": list_url(campaign),
        "crumbs": [(_("考核辦法"), list_url(campaign)), (_("從 Excel 導入"), "")],
    }
    status = 422 if faults or (form and form.errors) else 200
    return render(request, "evaluations/scheme_import_page.html", context, status=status)


# ── 啟用、刪 ──────────────────────────────────────────


@GET_OR_POST
def scheme_adopt(request: HttpRequest, pk: int) -> HttpResponse:
    found = draft_or_refuse(request, pk)

    def act() -> Done:
        services.adopt_scheme(actor=request.user, scheme_id=pk, at=clock.now())
        return _("已啟用「%(scheme)s」，參加考核的單位已收到通知。") % {
            "scheme": found
        }, found.get_absolute_url()

    page = page_of(found, _("啟用考核辦法"), _("啟用"))
    page.warning = adopt_words(found)
    return form_page(request, page, forms.Form(posted(request)), act)


def adopt_words(found: Scheme) -> str:
    return _(
        "啟用以後一個字也不能改，要修改只能複製成下一版。%(year)d 年如有使用中的一版，隨之停用，"
        "參加考核的各單位負責人會收到通知。"
    ) % {"year": found.year}


@GET_OR_POST
def scheme_discard(request: HttpRequest, pk: int) -> HttpResponse:
    found = draft_or_refuse(request, pk)

    def act() -> Done:
        services.discard_scheme(actor=request.user, scheme_id=pk, at=clock.now())
        return _("草稿已刪去。"), list_url(found.campaign)

    page = page_of(found, _("刪去草稿"), _("刪去"))
    page.warning, page.danger = _("整份草稿連同全部測評內容一併刪去，不能恢復。"), True
    return form_page(request, page, forms.Form(posted(request)), act)


def page_of(found: Scheme, title: str, submit: str, **more: Any) -> FormPage:
    return FormPage(
        title=title,
        submit=submit,
        back=found.get_absolute_url(),
        crumbs=crumbs_to(found),
        **more,
    )
