"""實地考察：清單、抽籤、安排、現場記錄和照片。手機上能辦完。"""

import secrets

from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import (
    require_GET,
    require_http_methods,
    require_POST,
    require_safe,
)

from campaigns.current import remember_campaign
from evaluations import policies
from evaluations.forms_visits import DrawForm, NotesForm, UnitForm, VisitForm
from evaluations.models import AssessmentRound, Sheet, SiteVisit, VisitPhoto
from evaluations.services import visits as services
from evaluations.views.round_doors import (
    Crumbs,
    crumbs_to,
    round_or_404,
    standing_of_request,
)
from evaluations.views.round_steps import at_fields
from pingtan_civ import ui
from pingtan_civ.form_pages import Done, FormPage, form_page, posted
from pingtan_civ.lib import clock
from pingtan_civ.lib.numbers import read_int
from pingtan_civ.lib.uploads import RefusedUpload
from tasks.models import WrongState
from tasks.views.evidence import send_original, send_thumbnail


@require_GET
def visit_list(request: HttpRequest, code: str) -> HttpResponse:
    """看得到全部的人看全部；考核組的人看自己去的；單位看去過自己的。"""
    round_ = round_or_404(request, code)
    standing = standing_of_request(request)
    rows = SiteVisit.objects.filter(sheet__round=round_).select_related("sheet", "draw")
    visits = []
    for visit in rows.prefetch_related("team"):
        visit.sheet.round = round_
        is_on_team = any(person.pk == request.user.pk for person in visit.team.all())
        if policies.can_see_visit(standing, visit, is_on_team=is_on_team):
            visits.append(visit)
    sees_all = policies.sees_whole_round(standing, round_)
    context = {
        "round": round_,
        "visits": visits,
        "draws": round_.draws.select_related("by") if sees_all else [],
        "can_plan": policies.can_run_round(standing, round_) and round_.phase in services.VISITING,
        "crumbs": crumbs_to(round_, (_("實地考察"), "")),
    }
    return render(request, "evaluations/visit_list_page.html", context)


def _planned_round(request: HttpRequest, code: str) -> AssessmentRound:
    round_ = round_or_404(request, code)
    if not policies.can_run_round(standing_of_request(request), round_):
        raise PermissionDenied(_("考察由本活動辦公室安排，活動要在進行中。"))
    return round_


def _visit_crumbs(round_: AssessmentRound) -> Crumbs:
    return crumbs_to(round_, (_("實地考察"), services.list_url(round_)))


@require_http_methods(["GET", "POST"])
def visit_draw(request: HttpRequest, code: str) -> HttpResponse:
    """抽籤：種子當場生成，連同名單記下。"""
    round_ = _planned_round(request, code)
    form = DrawForm(posted(request), round_=round_, on=clock.today())

    def act() -> Done:
        drawn = services.draw_visits(
            actor=request.user,
            round_id=round_.pk,
            sheet_ids=[sheet.pk for sheet in form.cleaned_data["pool"]],
            count=form.cleaned_data["count"],
            plan=form.plan(),
            seed=secrets.token_hex(8),
            at=clock.now(),
        )
        return _("抽中 %(count)d 個單位，種子 %(seed)s。") % {
            "count": len(drawn.picked),
            "seed": drawn.seed,
        }, services.list_url(round_)

    page = FormPage(
        title=_("抽籤考察"),
        submit=_("抽籤"),
        back=services.list_url(round_),
        crumbs=_visit_crumbs(round_),
        intro=_("種子、名單和抽中的單位都留存，誰都可以重抽核對。"),
    )
    return form_page(request, page, form, at_fields(form, act))


@require_http_methods(["GET", "POST"])
def visit_create(request: HttpRequest, code: str) -> HttpResponse:
    """兩步：先選單位，再選誰去；去的單位寫在網址裏（?sheet=），刷新、返回都在。"""
    round_ = _planned_round(request, code)
    sheet = _chosen_sheet(request, round_)
    if sheet is None:
        return _choose_unit(request, round_)
    on = clock.today()
    recused = services.recused_for(sheet, on)
    form = VisitForm(posted(request), round_=round_, on=on, sheet=sheet, recused=recused)

    def act() -> Done:
        visit = services.plan_visit(
            actor=request.user,
            sheet_id=sheet.pk,
            plan=form.plan(),
            at=clock.now(),
        )
        return _("已安排，考核組收到了消息。"), visit.get_absolute_url()

    page = FormPage(
        title=_("安排到%(unit)s考察") % {"unit": sheet.department_name},
        submit=_("安排"),
        back=reverse("evaluations:visit-create", args=[round_.code]),
        crumbs=_visit_crumbs(round_),
    )
    return form_page(request, page, form, at_fields(form, act))


def _chosen_sheet(request: HttpRequest, round_: AssessmentRound) -> Sheet | None:
    """網址裏選好的單位；沒有選、選的不在這次考核裏的為空。"""
    key = read_int(request.GET.get("sheet", ""))
    return Sheet.objects.filter(round=round_, pk=key).first() if key else None


def _choose_unit(request: HttpRequest, round_: AssessmentRound) -> HttpResponse:
    form = UnitForm(posted(request), round_=round_)

    def act() -> Done:
        address = reverse("evaluations:visit-create", args=[round_.code])
        return "", f"{address}?sheet={form.cleaned_data['sheet'].pk}"

    page = FormPage(
        title=_("安排考察"),
        submit=_("下一步：選誰去"),
        back=services.list_url(round_),
        crumbs=_visit_crumbs(round_),
    )
    return form_page(request, page, form, act)


def _visit_or_404(request: HttpRequest, pk: int) -> tuple[SiteVisit, bool]:
    """（考察，此人在不在考核組裏）；看不見的與不存在的一樣。"""
    rows = SiteVisit.objects.select_related("sheet__round__campaign", "draw", "done_by")
    visit = get_object_or_404(rows.prefetch_related("team"), pk=pk)
    is_on_team = any(person.pk == request.user.pk for person in visit.team.all())
    if not policies.can_see_visit(standing_of_request(request), visit, is_on_team=is_on_team):
        raise Http404
    remember_campaign(request, visit.sheet.round.campaign)
    return visit, is_on_team


@require_http_methods(["GET", "POST"])
def visit(request: HttpRequest, pk: int) -> HttpResponse:
    """現場記錄：存着，或者寫好辦完。選了照片的一併收下，上傳照片時寫了的也一併存下。"""
    found, is_on_team = _visit_or_404(request, pk)
    form = NotesForm(posted(request), initial={"notes": found.notes})
    if request.method == "POST" and _keep(request, found, form):
        return redirect(found)
    standing = standing_of_request(request)
    round_ = found.sheet.round
    context = {
        "visit": found,
        "round": round_,
        "form": form,
        "photos": found.photos.filter(removed_at__isnull=True).select_related("file"),
        "can_record": policies.can_record_visit(standing, found, is_on_team=is_on_team),
        "can_rectify": policies.can_order_rectification(
            standing, found.sheet, is_visit_done=found.done_at is not None
        ),
        "can_score": policies.sees_whole_round(standing, round_)
        or (is_on_team and round_.phase in policies.FIRST_PHASES),
        "crumbs": [*_visit_crumbs(round_), (str(found), "")],
    }
    return render(request, "evaluations/visit_page.html", context)


def _keep(request: HttpRequest, found: SiteVisit, form: NotesForm) -> bool:
    """存下這一頁交來的；字存不了的為假，錯寫在那一欄。有照片沒收下的先不辦完。"""
    added, refused = _add_photos(request, found)
    is_done = request.POST.get("done") == "1" and not refused
    if not form.is_valid():
        return False
    try:
        services.record_visit(
            actor=request.user,
            visit_id=found.pk,
            notes=form.cleaned_data["notes"],
            at=clock.now(),
            is_done=is_done,
        )
    except ValidationError as refusal:
        form.add_error("notes", refusal.messages)
        return False
    except WrongState as refusal:
        ui.say(request, str(refusal), level=messages.WARNING)
        return True
    if is_done:
        ui.say(request, _("考察已辦完。"))
    elif added:
        ui.say(request, _("收下 %(count)d 張，現場情況已保存。") % {"count": added})
    else:
        ui.say(request, _("現場情況已保存。"))
    return True


def _add_photos(request: HttpRequest, found: SiteVisit) -> tuple[int, int]:
    """（收下幾張，不收幾張）；不收的說為什麼。"""
    files = request.FILES.getlist("file")
    if not files and "upload" in request.POST:
        ui.say(request, _("沒有收到文件，請重新選擇。"), level=messages.WARNING)
    added = 0
    for file in files:
        try:
            services.add_photo(
                actor=request.user, visit_id=found.pk, file=file, name=file.name, at=clock.now()
            )
        except RefusedUpload as refusal:
            ui.say(request, f"{file.name}：{refusal.sentence}", level=messages.WARNING)
        except WrongState:
            break
        else:
            added += 1
    return added, len(files) - added


def _photo_or_404(request: HttpRequest, pk: int) -> VisitPhoto:
    photo = get_object_or_404(VisitPhoto.objects.select_related("file"), pk=pk, removed_at=None)
    _visit_or_404(request, photo.visit_id)
    return photo


@require_safe
def photo(request: HttpRequest, pk: int) -> HttpResponseBase:
    found = _photo_or_404(request, pk)
    return send_original(request, found.file, found.name)


@require_safe
def photo_thumb(request: HttpRequest, pk: int) -> HttpResponseBase:
    return send_thumbnail(request, _photo_or_404(request, pk).file)


@require_POST
def photo_remove(request: HttpRequest, pk: int) -> HttpResponse:
    found = _photo_or_404(request, pk)
    form = NotesForm(request.POST)
    try:
        services.remove_photo(actor=request.user, photo_id=pk, at=clock.now())
        if "notes" in request.POST and form.is_valid():
            # 撤照片的按鈕與現場情況在一張表單裏：寫了的一併存下。
            services.record_visit(
                actor=request.user,
                visit_id=found.visit_id,
                notes=form.cleaned_data["notes"],
                at=clock.now(),
            )
    except WrongState as refusal:
        ui.say(request, str(refusal), level=messages.WARNING)
    else:
        ui.say(request, _("已撤下「%(name)s」。") % {"name": found.name})
    return redirect("evaluations:visit", found.visit_id)
