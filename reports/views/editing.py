"""編製頁：正文一段一段地改；以及重新彙集、更正、作廢。"""

from collections.abc import Callable
from dataclasses import dataclass

from django.core.exceptions import ValidationError
from django.forms import Form
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.timezone import localtime
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST
from django_htmx.http import trigger_client_event

from campaigns.standing import Standing
from pingtan_civ import ui
from pingtan_civ.form_pages import Done, FormPage
from pingtan_civ.lib import clock
from pingtan_civ.lib.numbers import read_int
from reports import policies, services
from reports.difference import ChangedParagraph, changed_between
from reports.drafts import paper_of
from reports.editor import editor_of, remarks_of
from reports.forms import CorrectionForm, NewParagraphForm, ParagraphForm, ReportForm
from reports.models import STAGES, Paragraph, Report
from reports.reading import Reading, reading_of
from reports.views.acting import GET_OR_POST, at_paragraph, form_at, perform
from reports.views.doors import (
    crumbs_of,
    crumbs_to,
    editable_report,
    list_url,
    readable_report,
    standing_of_request,
)
from tasks.beside import panels_beside


@dataclass(frozen=True)
class Can:
    """此人對這一份能辦什麼；頁面據此給鈕。"""

    edit: bool
    comment: bool
    suggest: bool
    submit: bool
    review: bool
    send_back: bool
    sign: bool
    register: bool
    correct: bool
    history: bool

    @classmethod
    def of(cls, standing: Standing, report: Report) -> "Can":
        edit = policies.can_edit(standing, report)
        sign = policies.can_sign(standing, report)
        return cls(
            edit=edit,
            comment=policies.can_comment(standing, report),
            suggest=policies.can_suggest(standing, report),
            submit=edit and not report.is_submitted,
            review=policies.can_review(standing, report),
            send_back=policies.can_send_back(standing, report),
            sign=sign,
            register=not sign and policies.can_register_signature(standing, report),
            correct=policies.can_correct(standing, report),
            history=policies.can_read_history(standing, report),
        )


@require_GET
def report_detail(request: HttpRequest, campaign_code: str, pk: int) -> HttpResponse:
    """辦公室打開草稿是編製頁；其餘的人和已印發的是閱讀頁。"""
    report = readable_report(request, campaign_code, pk)
    standing = standing_of_request(request)
    if policies.can_comment(standing, report):
        return _editor(request, report, at=read_int(request.GET.get("at")))
    printed = reading_of(report)
    context = {
        "report": report,
        "reading": printed,
        "crumbs": crumbs_of(report),
        "can": Can.of(standing, report),
        "newer": report.corrections.filter(state=Report.State.ISSUED).first(),
        "changed": _changed(report, printed),
        "remarks": remarks_of(report) if not report.is_issued else None,
        "beside": panels_beside(request, report),
    }
    return render(request, "reports/report_page.html", context)


def _changed(report: Report, reading: Reading) -> list[ChangedParagraph]:
    """更正版：比原件改了哪些段落。"""
    if report.supersedes is None:
        return []
    return changed_between(paper_of(report.supersedes), reading.paper)


def _editor(
    request: HttpRequest,
    report: Report,
    *,
    at: int | None = None,
    form: ParagraphForm | None = None,
    theirs: Paragraph | None = None,
    status: int = 200,
) -> HttpResponse:
    """編製頁；at 是要改的一段。領導看的是同一頁，能提意見和建議，不能改。

    htmx 取一段時只給這一段和右邊欄。打開就佔住這一節；別人佔着的不打開，說清是誰。
    """
    standing, now = standing_of_request(request), clock.now()
    can = Can.of(standing, report)
    held = _hold(request, report, at) if at and can.edit and form is None else ""
    editor = editor_of(report, now, viewer=request.user.pk)
    row = editor.row(at) if can.edit and not held else None
    if row and form is None:
        form = ParagraphForm(initial={"text": row.paragraph.text, "version": row.paragraph.version})
    context = {
        "report": report,
        "editor": editor,
        "chosen": row,
        "form": form,
        "theirs": theirs,
        "can": can,
        "stages": STAGES,
        "beside": [] if can.edit else panels_beside(request, report),
    }
    if request.htmx and not request.htmx.boosted:
        if held:
            context |= {"row": editor.row(at), "held": held}
            return render(request, "reports/paragraph_held.html", context)
        if row:
            opened = render(request, "reports/paragraph_opened.html", context, status=status)
            focus = {"on": f"#p{row.paragraph.pk} textarea"}
            return trigger_client_event(opened, "focus-on", focus, after="settle")
    if held:
        ui.say(request, held, level=ui.messages.WARNING)
    return render(request, "reports/editor_page.html", context, status=status)


def _hold(request: HttpRequest, report: Report, paragraph_pk: int) -> str:
    """佔住要改的一節；不成時返回一句話。"""
    if not Paragraph.objects.filter(section__report=report, pk=paragraph_pk).exists():
        return ""
    try:
        services.open_for_editing(actor=request.user, paragraph_id=paragraph_pk, at=clock.now())
    except (services.Held, services.AlreadyIssued) as refusal:
        return " ".join(getattr(refusal, "messages", None) or [str(refusal)])
    return ""


@GET_OR_POST
def paragraph(request: HttpRequest, campaign_code: str, pk: int, paragraph_pk: int) -> HttpResponse:
    """改一段。自動保存（fetch）回 JSON，衝突回 409；人按「保存」後回到這一段。"""
    report, row = _paragraph(request, campaign_code, pk, paragraph_pk)
    if request.method == "GET":
        if request.htmx and report.is_draft:
            return _editor(request, report, at=row.pk)
        return redirect(at_paragraph(report, row.pk, opened=True))
    form = ParagraphForm(request.POST)
    if "collapse" in request.POST and (request.POST.get("text", "").strip() in ("", row.text)):
        services.close_paragraph(actor=request.user, paragraph_id=row.pk, at=clock.now())
        return redirect(at_paragraph(report, row.pk))
    is_autosave = request.headers.get("X-Requested-With") == "fetch"
    if not form.is_valid():
        if is_autosave:
            return HttpResponse(status=422)
        return _editor(request, report, at=row.pk, form=form, status=422)
    return _save(request, report, row, form, is_autosave=is_autosave)


def _save(
    request: HttpRequest, report: Report, row: Paragraph, form: ParagraphForm, *, is_autosave: bool
) -> HttpResponse:
    """存下。存不成的，寫的字都還在頁上：別人改過的對照，別人佔着的等他，已鎖定的抄走。"""
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
            return HttpResponse(status=409 if isinstance(refusal, services.Held) else 422)
        return _not_saved(request, report, row, form, refusal)
    if is_autosave:
        at = localtime(saved.edited_at) if saved.edited_at else clock.now()
        return JsonResponse({"saved_at": f"{at:%H:%M}", "version": saved.version})
    return redirect(at_paragraph(report, row.pk))


def _not_saved(
    request: HttpRequest, report: Report, row: Paragraph, form: ParagraphForm, refusal: Exception
) -> HttpResponse:
    """別人佔着、或已鎖定：說清為什麼，寫的字擺出來，可以抄走。"""
    context = {
        "report": report,
        "words": " ".join(getattr(refusal, "messages", None) or [str(refusal)]),
        "typed": form.cleaned_data["text"],
        "row": row,
        "may_try_again": isinstance(refusal, services.Held),
        "version": form.cleaned_data["version"],
        "crumbs": crumbs_of(report, _("沒有存上")),
    }
    return render(request, "reports/not_saved_page.html", context, status=409)


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
    return perform(
        request,
        report,
        lambda: ACTS[act](actor=request.user, paragraph_id=row.pk, at=clock.now()),
        then=at_paragraph(report, row.pk),
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
        return "", at_paragraph(report, added.pk)

    return form_at(request, report, page, form, act)


@require_POST
def report_recompile(request: HttpRequest, campaign_code: str, pk: int) -> HttpResponse:
    report = editable_report(request, campaign_code, pk)

    def act() -> None:
        services.recompile(actor=request.user, report_id=report.pk, at=clock.now())
        ui.say(request, _("已按此刻審核通過的內容重新彙集，您改過的段落沒有動。"))

    return perform(request, report, act, then=report.get_absolute_url())


@require_POST
def figures_update(request: HttpRequest, campaign_code: str, pk: int) -> HttpResponse:
    report = editable_report(request, campaign_code, pk)

    def act() -> None:
        count = services.update_all_figures(actor=request.user, report_id=report.pk, at=clock.now())
        ui.say(request, _("已更新 %(count)d 段裏的數，別的字沒有動。") % {"count": count})

    return perform(request, report, act, then=report.get_absolute_url())


@GET_OR_POST
def report_settings(request: HttpRequest, campaign_code: str, pk: int) -> HttpResponse:
    report = editable_report(request, campaign_code, pk)
    before = {name: getattr(report, name) for name in ReportForm.Meta.fields}
    form = ReportForm(request.POST or None, initial=before)
    page = FormPage(
        title=_("標題、期間、落款和附件"),
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

    return form_at(request, report, page, form, act)


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

    return form_at(request, report, page, form, act)


@GET_OR_POST
def report_discard(request: HttpRequest, campaign_code: str, pk: int) -> HttpResponse:
    report = editable_report(request, campaign_code, pk)
    page = FormPage(
        title=_("作廢這份草稿"),
        submit=_("作廢"),
        back=report.get_absolute_url(),
        crumbs=crumbs_to(report),
        intro=report.title,
        warning=_("作廢後不再列出，改過的文字也不能再編輯。單位報送的原件不受影響。"),
        danger=True,
    )

    def act() -> Done:
        services.discard(actor=request.user, report_id=report.pk, at=clock.now())
        return _("草稿已作廢。"), list_url(report.campaign)

    return form_at(request, report, page, Form(request.POST or None), act)


def _paragraph(
    request: HttpRequest, campaign_code: str, pk: int, paragraph_pk: int
) -> tuple[Report, Paragraph]:
    report = editable_report(request, campaign_code, pk)
    rows = Paragraph.objects.filter(section__report=report)
    return report, get_object_or_404(rows, pk=paragraph_pk)
