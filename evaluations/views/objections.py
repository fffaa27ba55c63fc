"""異議：清單、提出、一件的頁、補佐證、撤回、答覆、裁定。"""

from collections.abc import Callable, Iterable
from typing import Any

from django.core.exceptions import PermissionDenied, ValidationError
from django.core.paginator import Paginator
from django.forms import BaseForm
from django.http import HttpRequest, HttpResponse, HttpResponseBase
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
from evaluations.forms_marks import MarkForm
from evaluations.forms_objections import (
    AnswerObjectionForm,
    DecideObjectionForm,
    ObjectionForm,
)
from evaluations.honour_picks import Register
from evaluations.models import Objection, ObjectionFile, Score, objection_window
from evaluations.objection_page import WARN_DAYS, ObjectionPage, ObjectionQuery, light_of
from evaluations.services import objections as services
from evaluations.services.objections import citable_links, permit_answering, permit_deciding
from evaluations.services.rounds import Mark
from evaluations.sheets import frozen_sheets, latest_snapshot
from evaluations.views.round_doors import (
    crumbs_to,
    sheet_or_404,
    standing_of_request,
)
from evaluations.views.rounds import show_round
from pingtan_civ import ui
from pingtan_civ.form_pages import Done, FormPage, form_page, posted
from pingtan_civ.lib import clock
from pingtan_civ.lib.numbers import read_int
from pingtan_civ.lib.uploads import RefusedUpload
from tasks.breakdown_page import Chip, Choice
from tasks.labels import choice_label
from tasks.lights import LightRule
from tasks.models import WrongState
from tasks.report_page import ACCEPT
from tasks.services.handing_in import Incomplete
from tasks.views.evidence import send_original, send_thumbnail
from workdays.services import calendar

GET_OR_POST = require_http_methods(["GET", "POST"])
PER_PAGE = 30


def _rule(request: HttpRequest) -> LightRule:
    return LightRule.on(standing_of_request(request).on, calendar(), WARN_DAYS)


# ── 清單 ──────────────────────────────────────────────


@require_GET
def objection_list(request: HttpRequest) -> HttpResponse:
    """看得見的異議，篩選都在網址裏。"""
    query, rule = ObjectionQuery.read(request.GET), _rule(request)
    visible = Objection.objects.visible_to(standing_of_request(request))
    rows = query.apply(visible).with_everything().prefetch_related("sheet__round__phases")
    page = Paginator(rows, PER_PAGE).get_page(query.page)
    waiting = visible.open().count()
    context = {
        "query": query,
        "page": page,
        "rows": [(row, *light_of(row, rule)) for row in page.object_list],
        "chips": _chips(query, visible),
        "waiting": waiting,
    }
    return render(request, "evaluations/objection_list_page.html", context)


def _chips(query: ObjectionQuery, visible: Any) -> list[Chip]:
    """考核、單位只列有異議的。"""
    facts = list(
        visible.order_by()
        .values_list(
            "sheet__round__code",
            "sheet__round__title",
            "sheet__department",
            "sheet__department_name",
        )
        .distinct()
    )
    states = [("open", _("沒有裁定的"))]
    states += [(value, choice_label(Objection.State, value)) for value in Objection.State.values]
    return [
        _chip(
            _("考核"), query, "round", {code: title for code, title, _pk, _name in facts}.items()
        ),
        _chip(_("單位"), query, "department", {pk: name for *_round, pk, name in facts}.items()),
        _chip(_("狀態"), query, "state", states),
    ]


def _chip(label: str, query: ObjectionQuery, name: str, pairs: Iterable[tuple[Any, str]]) -> Chip:
    chosen, pairs = getattr(query, name), list(pairs)
    value = dict(pairs).get(chosen, str(chosen)) if chosen else ""
    cleared = query.url(**{name: "" if isinstance(chosen, str) else None})
    options = [Choice(text, query.url(**{name: key}), key == chosen) for key, text in pairs]
    return Chip(label, value, cleared, options, minor=False)


# ── 提出 ──────────────────────────────────────────────


@GET_OR_POST
def objection_create(request: HttpRequest, code: str, department_id: int) -> HttpResponse:
    """單位負責人提一件；?criterion= 時那一條已選好（從評分表上點來）。"""
    sheet = sheet_or_404(request, code, department_id)
    round_ = sheet.round
    if not policies.can_see_sheet(standing_of_request(request), round_, department_id):
        raise PermissionDenied(_("評分表只有本單位、評分的人和領導看得到。"))
    try:
        services.permit_filing(request.user, sheet, clock.now())
    except WrongState as refusal:
        return show_round(request, round_, refusal=str(refusal), status=409)
    (view,) = frozen_sheets(latest_snapshot(round_), {department_id})
    form = ObjectionForm(
        posted(request),
        lines=view.lines,
        taken=services.objected_in(sheet) - _just_sent(request),
        citable=citable_links(sheet),
        initial={"criterion": request.GET.get("criterion")},
    )
    if request.method == "POST" and form.is_valid():
        uploads = [(file, file.name) for file in request.FILES.getlist("file")]

        def act() -> Objection:
            return services.file_objection(
                actor=request.user,
                sheet_id=sheet.pk,
                claim=form.claim(),
                files=uploads,
                at=clock.now(),
            )

        row = _tried(form, act)
        if row is not None:
            ui.say(request, _("異議已提出，辦公室將收到通知。"))
            return redirect(row)
    last = objection_window(round_)
    context = {
        "form": form,
        "sheet": sheet,
        "window": last,
        "days_left": calendar().between(clock.today(), last),
        "accept": ACCEPT,
        "crumbs": crumbs_to(
            round_, (sheet.department_name, sheet.get_absolute_url()), (_("提異議"), "")
        ),
    }
    status = 422 if form.errors else 200
    return render(request, "evaluations/objection_form_page.html", context, status=status)


def _just_sent(request: HttpRequest) -> set[int]:
    """交來的那一條留在可選的裏面：剛被別人先提了的，由服務說，不說成「選項無效」。"""
    chosen = read_int(request.POST.get("criterion"), low=1, high=10**12)
    return {chosen} if chosen else set()


def _tried(form: BaseForm, act: Callable[[], Objection]) -> Objection | None:
    """服務說缺什麼寫在那一項；時機不對、文件不收的寫在上方，填過的都還在。"""
    try:
        return act()
    except Incomplete as refusal:
        for name, sentence in refusal.errors.items():
            form.add_error(name if name in form.fields else None, sentence)
    except RefusedUpload as refusal:
        form.add_error(None, refusal.sentence)
    except WrongState as refusal:
        form.add_error(None, str(refusal))
    return None


# ── 一件 ──────────────────────────────────────────────


def objection_or_404(request: HttpRequest, pk: int) -> Objection:
    rows = Objection.objects.visible_to(standing_of_request(request)).with_everything()
    rows = rows.select_related("before", "after").prefetch_related("sheet__round__phases")
    objection = get_object_or_404(rows, pk=pk)
    remember_campaign(request, objection.sheet.round.campaign)
    return objection


@require_GET
def objection(request: HttpRequest, pk: int) -> HttpResponse:
    return _show(request, objection_or_404(request, pk))


def _show(
    request: HttpRequest, row: Objection, *, refusal: str = "", status: int = 200
) -> HttpResponse:
    page = ObjectionPage(row, standing_of_request(request), _rule(request), clock.now())
    context = {
        "objection": row,
        "page": page,
        "accept": ACCEPT,
        "refusal": refusal,
        "crumbs": [
            (_("異議"), reverse("evaluations:objection-list")),
            (str(row), ""),
        ],
    }
    return render(request, "evaluations/objection_page.html", context, status=status)


@require_POST
def objection_withdraw(request: HttpRequest, pk: int) -> HttpResponse:
    row = objection_or_404(request, pk)
    try:
        services.withdraw_objection(actor=request.user, objection_id=pk, at=clock.now())
    except WrongState as refusal:
        return _show(request, objection_or_404(request, pk), refusal=str(refusal), status=409)
    ui.say(request, _("異議已撤回，辦公室將收到通知。"))
    return redirect(row)


@require_POST
def objection_files(request: HttpRequest, pk: int) -> HttpResponse:
    """補佐證，可一次選幾件。"""
    row = objection_or_404(request, pk)
    uploads = [(file, file.name) for file in request.FILES.getlist("file")]
    if not uploads:
        return _show(request, row, refusal=_("沒有收到文件，請重新選擇。"), status=422)
    try:
        services.add_files(actor=request.user, objection_id=pk, files=uploads, at=clock.now())
    except RefusedUpload as refusal:
        return _show(request, row, refusal=refusal.sentence, status=422)
    except WrongState as refusal:
        return _show(request, objection_or_404(request, pk), refusal=str(refusal), status=409)
    return redirect(row)


@require_safe
def objection_file(request: HttpRequest, pk: int) -> HttpResponseBase:
    found = _file_or_404(request, pk)
    return send_original(request, found.file, found.name)


@require_safe
def objection_file_thumb(request: HttpRequest, pk: int) -> HttpResponseBase:
    return send_thumbnail(request, _file_or_404(request, pk).file)


def _file_or_404(request: HttpRequest, pk: int) -> ObjectionFile:
    visible = Objection.objects.visible_to(standing_of_request(request))
    rows = ObjectionFile.objects.filter(objection__in=visible).select_related("file")
    return get_object_or_404(rows, pk=pk)


# ── 答覆和裁定 ────────────────────────────────────────


@GET_OR_POST
def objection_answer(request: HttpRequest, pk: int) -> HttpResponse:
    row = objection_or_404(request, pk)
    permit_answering(request.user, row, clock.now())
    if not row.is_open:
        return _too_late(request, row)
    form = AnswerObjectionForm(
        posted(request), initial={"proposal": row.proposal, "answer": row.answer}
    )
    page = FormPage(
        title=_("答覆異議"),
        submit=_("報領導小組裁定"),
        back=row.get_absolute_url(),
        intro=_("%(unit)s：%(reason)s") % {"unit": row.sheet.department_name, "reason": row.reason},
        crumbs=_crumbs(row),
    )

    def act() -> Objection:
        return services.answer_objection(
            actor=request.user, objection_id=pk, at=clock.now(), **form.cleaned_data
        )

    def careful() -> Done:
        if _tried(form, act) is None:
            raise ValidationError([])
        return _("已答覆，請領導小組裁定。"), page.back

    return form_page(request, page, form, careful)


@GET_OR_POST
def objection_decide(request: HttpRequest, pk: int) -> HttpResponse:
    """裁定：成立的，在這裏填改後的事實，分數由它算出。"""
    row = objection_or_404(request, pk)
    permit_deciding(request.user, row, clock.now())
    if row.state != Objection.State.ANSWERED:
        return _too_late(request, row)
    page = ObjectionPage(row, standing_of_request(request), _rule(request), clock.now())
    line = _live_line(row)
    data = posted(request)
    form = DecideObjectionForm(data, initial={"outcome": row.proposal})
    sheet = row.sheet
    register = Register.of(sheet.round, [sheet], Score.Stage.FINAL, [line])
    facts = MarkForm(
        line,
        Score.Stage.FINAL,
        data,
        prefill=line.result,
        offers=register.offers(sheet, line),
    )
    if data is not None and form.is_valid() and _decided(request, row, form, facts):
        ui.say(request, _("已裁定，單位和辦公室將收到通知。"))
        return redirect(row)
    context = {
        "objection": row,
        "page": page,
        "form": form,
        "facts": facts,
        "crumbs": [*_crumbs(row), (_("裁定"), "")],
    }
    status = 422 if form.errors or (facts.is_bound and facts.errors) else 200
    return render(request, "evaluations/objection_decide_page.html", context, status=status)


def _too_late(request: HttpRequest, row: Objection) -> HttpResponse:
    """不在這一步：給出它現在的樣子。"""
    words = _("這件異議現在是「%(state)s」，不能辦這一步。") % {"state": row.get_state_display()}
    return _show(request, row, refusal=words, status=409)


def _live_line(row: Objection) -> Any:
    """最新一版定稿裏的這一條：另一件異議可能剛改過這張表。"""
    snapshot = latest_snapshot(row.sheet.round)
    return services.line_of(snapshot, row.sheet, row.criterion_id)


def _decided(
    request: HttpRequest, row: Objection, form: DecideObjectionForm, facts: MarkForm
) -> bool:
    outcome = form.cleaned_data["outcome"]
    mark: Mark | None = None
    if outcome in Objection.GRANTED:
        if not facts.is_valid():
            return False
        mark = facts.mark()

    def act() -> Objection:
        return services.decide_objection(
            actor=request.user,
            objection_id=row.pk,
            outcome=outcome,
            reason=form.cleaned_data["reason"],
            mark=mark,
            at=clock.now(),
        )

    return _tried(form, act) is not None


def _crumbs(row: Objection) -> list[tuple[str, str]]:
    return [
        (_("異議"), reverse("evaluations:objection-list")),
        (str(row), row.get_absolute_url()),
    ]
