"""編製頁：正文一段一段地改；以及重新彙集、簽發、更正、作廢。"""

from collections.abc import Callable

from django.core.exceptions import ValidationError
from django.forms import Form
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.timezone import localtime
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from pingtan_civ import ui
from pingtan_civ.form_pages import Done, FormPage, form_page
from pingtan_civ.lib import clock
from pingtan_civ.lib.numbers import read_int
from reports import policies, services
from reports.editor import editor_of
from reports.forms import CorrectionForm, IssueForm, NewParagraphForm, ParagraphForm, ReportForm
from reports.issue_checks import issue_checks
from reports.models import Paragraph, Report
from reports.reading import reading_of
from reports.views.doors import (
    crumbs_of,
    crumbs_to,
    editable_report,
    list_url,
    readable_report,
    report_url,
    standing_of_request,
)
from tasks.beside import panels_beside

GET_OR_POST = require_http_methods(["GET", "POST"])


@require_GET
def report_detail(request: HttpRequest, campaign_code: str, pk: int) -> HttpResponse:
    """辦公室打開草稿是編製頁；其餘的人和已印發的是閱讀頁。"""
    report = readable_report(request, campaign_code, pk)
    standing = standing_of_request(request)
    if policies.can_edit(standing, report):
        return _editor(request, report, at=read_int(request.GET.get("at")))
    context = {
        "report": report,
        "reading": reading_of(report),
        "crumbs": crumbs_of(report),
        "may_correct": policies.can_correct(standing, report),
        "newer": report.corrections.filter(state=Report.State.ISSUED).first(),
        "beside": panels_beside(request, report),
    }
    return render(request, "reports/report_page.html", context)


def _editor(
    request: HttpRequest,
    report: Report,
    *,
    at: int | None = None,
    form: ParagraphForm | None = None,
    theirs: Paragraph | None = None,
    status: int = 200,
) -> HttpResponse:
    """編製頁；at 是正在改的一段。htmx 取一段時只給這一段和右邊欄。"""
    editor = editor_of(report)
    row = editor.row(at)
    if row and form is None:
        form = ParagraphForm(initial={"text": row.paragraph.text, "version": row.paragraph.version})
    context = {
        "report": report,
        "editor": editor,
        "chosen": row,
        "form": form,
        "theirs": theirs,
    }
    template = "reports/editor_page.html"
    if request.htmx and row and not request.htmx.boosted:
        template = "reports/paragraph_opened.html"
    return render(request, template, context, status=status)


@GET_OR_POST
def paragraph(request: HttpRequest, campaign_code: str, pk: int, paragraph_pk: int) -> HttpResponse:
    """改一段。自動保存（fetch）回 JSON，衝突回 409；人按「保存」後回到這一段。"""
    report, row = _paragraph(request, campaign_code, pk, paragraph_pk)
    if request.method == "GET":
        if request.htmx and report.is_draft:
            return _editor(request, report, at=row.pk)
        return redirect(_at(report, row.pk, opened=True))
    form = ParagraphForm(request.POST)
    is_autosave = request.headers.get("X-Requested-With") == "fetch"
    if not form.is_valid():
        if is_autosave:
            return HttpResponse(status=422)
        return _editor(request, report, at=row.pk, form=form, status=422)
    return _save(request, report, row, form, is_autosave=is_autosave)


def _save(
    request: HttpRequest, report: Report, row: Paragraph, form: ParagraphForm, *, is_autosave: bool
) -> HttpResponse:
    try:
        saved = services.edit_paragraph(
            actor=request.user,
            paragraph_id=row.pk,
            text=form.cleaned_data["text"],
            version=form.cleaned_data["version"],
            at=clock.now(),
            is_draft=is_autosave,
        )
    except services.Conflict as conflict:
        return _conflict(request, report, form, conflict, is_autosave=is_autosave)
    except (ValidationError, services.AlreadyIssued) as refusal:
        if is_autosave:
            return HttpResponse(status=422)
        return _refuse(request, report, refusal)
    if is_autosave:
        at = localtime(saved.edited_at) if saved.edited_at else clock.now()
        return JsonResponse({"saved_at": f"{at:%H:%M}", "version": saved.version})
    return redirect(_at(report, row.pk))


def _conflict(
    request: HttpRequest,
    report: Report,
    form: ParagraphForm,
    conflict: services.Conflict,
    *,
    is_autosave: bool,
) -> HttpResponse:
    """別人先改了：兩份文字都擺出來，再按一次保存才用自己的。"""
    if is_autosave:
        return HttpResponse(status=409)
    theirs = conflict.paragraph
    again = ParagraphForm({"text": form.cleaned_data["text"], "version": theirs.version})
    again.is_valid()
    again.add_error(None, str(conflict))
    return _editor(request, report, at=theirs.pk, form=again, theirs=theirs, status=409)


ACTS: dict[str, Callable[..., Paragraph]] = {
    "leave-out": services.leave_out,
    "restore": services.restore,
    "revert": services.revert,
    "update-figures": services.update_figures,
    "up": lambda **given: services.move(up=True, **given),
    "down": lambda **given: services.move(up=False, **given),
}


@require_POST
def paragraph_act(
    request: HttpRequest, campaign_code: str, pk: int, paragraph_pk: int, act: str
) -> HttpResponse:
    """不採用、恢復、上移、下移、更新數據、恢復原文：辦完回到這一段。"""
    report, row = _paragraph(request, campaign_code, pk, paragraph_pk)
    if act not in ACTS:
        raise Http404
    return _perform(
        request,
        report,
        lambda: ACTS[act](actor=request.user, paragraph_id=row.pk, at=clock.now()),
        then=_at(report, row.pk),
    )


@GET_OR_POST
def paragraph_add(
    request: HttpRequest, campaign_code: str, pk: int, section_pk: int
) -> HttpResponse:
    report = editable_report(request, campaign_code, pk)
    section = get_object_or_404(report.sections, pk=section_pk)
    form = NewParagraphForm(request.POST or None)
    page = FormPage(
        title=_("加一段"),
        submit=_("加到這一節末尾"),
        back=f"{report.get_absolute_url()}#s{section.pk}",
        crumbs=crumbs_to(report),
        intro=section.heading,
    )

    def act() -> Done:
        added = services.add_paragraph(
            actor=request.user,
            report_id=report.pk,
            section_id=section.pk,
            text=form.cleaned_data["text"],
            at=clock.now(),
        )
        return "", _at(report, added.pk)

    return _form(request, report, page, form, act)


@require_POST
def report_recompile(request: HttpRequest, campaign_code: str, pk: int) -> HttpResponse:
    report = editable_report(request, campaign_code, pk)

    def act() -> None:
        services.recompile(actor=request.user, report_id=report.pk, at=clock.now())
        ui.say(request, _("已按此刻審核通過的內容重新彙集，您改過的段落沒有動。"))

    return _perform(request, report, act, then=report.get_absolute_url())


@GET_OR_POST
def report_settings(request: HttpRequest, campaign_code: str, pk: int) -> HttpResponse:
    report = editable_report(request, campaign_code, pk)
    before = {name: getattr(report, name) for name in ReportForm.Meta.fields}
    form = ReportForm(request.POST or None, initial=before)
    page = FormPage(
        title=_("標題、期間和落款"),
        submit=_("保存"),
        back=report.get_absolute_url(),
        crumbs=crumbs_to(report),
        intro=_("期間改了就重新彙集，您改過的段落不動。"),
    )

    def act() -> Done:
        services.change_settings(
            actor=request.user, report_id=report.pk, settings=form.settings, at=clock.now()
        )
        return _("已保存。"), report.get_absolute_url()

    return _form(request, report, page, form, act)


@GET_OR_POST
def report_issue(request: HttpRequest, campaign_code: str, pk: int) -> HttpResponse:
    """簽發前再看一遍：哪些地方還沒處理，簽發之後什麼不能再動。"""
    report = editable_report(request, campaign_code, pk)
    form = IssueForm(request.POST or None, initial={"version": report.version})
    if request.method == "POST" and form.is_valid():
        return _issue(request, report, form.cleaned_data["version"])
    if not report.is_draft:
        return redirect(report)
    editor = editor_of(report)
    context = {
        "report": report,
        "form": form,
        "checks": issue_checks(editor),
        "crumbs": crumbs_of(report, _("簽發")),
    }
    return render(request, "reports/issue_page.html", context)


def _issue(request: HttpRequest, report: Report, version: int) -> HttpResponse:
    try:
        issued = services.issue(
            actor=request.user, report_id=report.pk, version=version, at=clock.now()
        )
    except services.Changed as changed:
        ui.say(request, str(changed), level=ui.messages.WARNING)
        return redirect(report_url(report, "report-issue"))
    except (services.AlreadyIssued, ValidationError) as refusal:
        return _refuse(request, report, refusal)
    words = _("已簽發為第 %(number)s 期，全文和數據已凍結，領導小組和各單位已收到通知。")
    ui.say(request, words % {"number": issued.number})
    return redirect(report)


@GET_OR_POST
def report_correct(request: HttpRequest, campaign_code: str, pk: int) -> HttpResponse:
    report = editable_report(request, campaign_code, pk)
    form = CorrectionForm(request.POST or None)
    page = FormPage(
        title=_("出更正版"),
        submit=_("起草更正版"),
        back=report.get_absolute_url(),
        crumbs=crumbs_to(report),
        intro=_("已印發的這一份一字不動；更正版是新的一期，開頭寫明更正並取代哪一期。"),
    )

    def act() -> Done:
        fresh = services.correct(
            actor=request.user,
            report_id=report.pk,
            note=form.cleaned_data["note"],
            at=clock.now(),
        )
        return _("已起草更正版，改好後再簽發。"), fresh.get_absolute_url()

    return _form(request, report, page, form, act)


@GET_OR_POST
def report_discard(request: HttpRequest, campaign_code: str, pk: int) -> HttpResponse:
    report = editable_report(request, campaign_code, pk)
    page = FormPage(
        title=_("作廢這份草稿"),
        submit=_("作廢"),
        back=report.get_absolute_url(),
        crumbs=crumbs_to(report),
        warning=_("作廢後不再列出，改過的文字也不能再編輯。單位報送的原件不受影響。"),
        danger=True,
    )

    def act() -> Done:
        services.discard(actor=request.user, report_id=report.pk, at=clock.now())
        return _("草稿已作廢。"), list_url(report.campaign)

    return _form(request, report, page, Form(request.POST or None), act)


# —— 共用 ——


def _paragraph(
    request: HttpRequest, campaign_code: str, pk: int, paragraph_pk: int
) -> tuple[Report, Paragraph]:
    report = editable_report(request, campaign_code, pk)
    rows = Paragraph.objects.filter(section__report=report)
    return report, get_object_or_404(rows, pk=paragraph_pk)


def _at(report: Report, paragraph_pk: int, *, opened: bool = False) -> str:
    query = f"?at={paragraph_pk}" if opened else ""
    return f"{report.get_absolute_url()}{query}#p{paragraph_pk}"


def _form(
    request: HttpRequest, report: Report, page: FormPage, form: Form, act: Callable[[], Done]
) -> HttpResponse:
    try:
        return form_page(request, page, form, act)
    except services.AlreadyIssued as refusal:
        return _refuse(request, report, refusal)


def _perform(
    request: HttpRequest, report: Report, act: Callable[[], object], *, then: str
) -> HttpResponse:
    try:
        act()
    except (services.AlreadyIssued, ValidationError) as refusal:
        return _refuse(request, report, refusal)
    return redirect(then)


def _refuse(request: HttpRequest, report: Report, refusal: Exception) -> HttpResponse:
    """此刻不能這樣辦：回到這份彙報，說清為什麼。"""
    words = " ".join(getattr(refusal, "messages", None) or [str(refusal)])
    ui.say(request, words, level=ui.messages.ERROR)
    return redirect(reverse("reports:report-detail", args=[report.campaign.code, report.pk]))
