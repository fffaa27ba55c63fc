"""審閱意見和改字建議：領導和辦公室提，辦公室辦。"""

from django.core.exceptions import PermissionDenied, ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from pingtan_civ import ui
from pingtan_civ.form_pages import Done, FormPage
from pingtan_civ.lib import clock
from pingtan_civ.lib.numbers import read_int
from reports import policies, services
from reports.difference import changes
from reports.forms import CommentForm, DecisionForm, ReplyForm, SuggestionForm
from reports.models import Paragraph, Report, Suggestion
from reports.views.acting import GET_OR_POST, at_paragraph, form_at, perform, refuse
from reports.views.doors import (
    crumbs_of,
    crumbs_to,
    remarkable_report,
    standing_of_request,
)


@GET_OR_POST
def comment_add(request: HttpRequest, campaign_code: str, pk: int) -> HttpResponse:
    """提意見：?paragraph= 是哪一段；沒有的是對全文。"""
    report = remarkable_report(request, campaign_code, pk)
    row = _paragraph(report, read_int(request.GET.get("paragraph")))
    form = CommentForm(request.POST or None, initial={"quote": row.text[:200] if row else ""})
    if row is None:
        del form.fields["quote"]
    back = at_paragraph(report, row.pk if row else None)
    page = FormPage(
        title=_("提意見"),
        submit=_("提交意見"),
        back=back,
        crumbs=crumbs_to(report),
        intro="" if row else _("對全文的意見；針對一段的，從那一段旁邊提。"),
    )

    def act() -> Done:
        services.add_comment(
            actor=request.user,
            report_id=report.pk,
            paragraph_id=row.pk if row else None,
            quote=form.cleaned_data.get("quote"),
            body=form.cleaned_data["body"],
            at=clock.now(),
        )
        return _("意見已提交。"), back

    return form_at(request, report, page, form, act)


@GET_OR_POST
def comment_reply(
    request: HttpRequest, campaign_code: str, pk: int, comment_pk: int
) -> HttpResponse:
    report = remarkable_report(request, campaign_code, pk)
    comment = get_object_or_404(report.comments, pk=comment_pk)
    form = ReplyForm(request.POST or None)
    back = at_paragraph(report, comment.paragraph_id)
    page = FormPage(
        title=_("答覆意見"),
        submit=_("提交答覆"),
        back=back,
        crumbs=crumbs_to(report),
        intro=comment.body,
    )

    def act() -> Done:
        services.reply(
            actor=request.user,
            comment_id=comment.pk,
            body=form.cleaned_data["body"],
            at=clock.now(),
        )
        return _("答覆已送到。"), back

    return form_at(request, report, page, form, act)


@require_POST
def comment_settle(
    request: HttpRequest, campaign_code: str, pk: int, comment_pk: int
) -> HttpResponse:
    report = remarkable_report(request, campaign_code, pk)
    comment = get_object_or_404(report.comments, pk=comment_pk)
    return perform(
        request,
        report,
        lambda: services.settle(actor=request.user, comment_id=comment.pk, at=clock.now()),
        then=at_paragraph(report, comment.paragraph_id),
    )


@GET_OR_POST
def paragraph_suggest(
    request: HttpRequest, campaign_code: str, pk: int, paragraph_pk: int
) -> HttpResponse:
    """領導在原文上改字，作為建議。"""
    report = remarkable_report(request, campaign_code, pk)
    if not standing_of_request(request).is_leader(report.campaign_id):
        raise PermissionDenied(_("改字建議由組長、副組長提；辦公室直接改。"))
    row = get_object_or_404(Paragraph.objects.filter(section__report=report), pk=paragraph_pk)
    form = SuggestionForm(request.POST or None, initial={"text": row.text, "base_text": row.text})
    back = at_paragraph(report, row.pk)
    page = FormPage(
        title=_("改字建議"),
        submit=_("提交建議"),
        back=back,
        crumbs=crumbs_to(report),
    )

    def act() -> Done:
        services.suggest(
            actor=request.user,
            paragraph_id=row.pk,
            text=form.cleaned_data["text"],
            reason=form.cleaned_data["reason"],
            base_text=form.cleaned_data["base_text"],
            at=clock.now(),
        )
        return _("建議已交辦公室，採納不採納您都會收到通知。"), back

    return form_at(request, report, page, form, act)


@GET_OR_POST
def suggestion(
    request: HttpRequest, campaign_code: str, pk: int, suggestion_pk: int
) -> HttpResponse:
    """一條建議：改了哪裏、為什麼；辦公室採納或不採納。正文又改過的，三份文字並排，由人定。"""
    report = remarkable_report(request, campaign_code, pk)
    rows = Suggestion.objects.filter(paragraph__section__report=report)
    row = get_object_or_404(
        rows.select_related("author", "decided_by", "paragraph__section"), pk=suggestion_pk
    )
    standing = standing_of_request(request)
    form = DecisionForm(request.POST or None, initial=_as_now(row))
    if request.method == "POST":
        if not policies.can_compile(standing, report.campaign):
            raise PermissionDenied(_("建議由辦公室採納或不採納。"))
        if form.is_valid() and (done := _decide(request, report, row, form)):
            return done
        row.paragraph.refresh_from_db()
    text = row.paragraph.text
    has_moved = row.state == Suggestion.State.PENDING and text not in (row.base_text, row.text)
    context = {
        "report": report,
        "suggestion": row,
        "changes": changes(row.base_text, row.text),
        "has_moved": has_moved,
        "form": form,
        "may_decide": policies.can_edit(standing, report) and row.state == Suggestion.State.PENDING,
        "crumbs": crumbs_of(report, _("改字建議")),
    }
    status = 422 if form.errors else 200
    return render(request, "reports/suggestion_page.html", context, status=status)


def _as_now(row: Suggestion) -> dict[str, object]:
    return {"merged": row.text, "version": row.paragraph.version}


def _decide(
    request: HttpRequest, report: Report, row: Suggestion, form: DecisionForm
) -> HttpResponse | None:
    """辦成了返回去哪裏；不成的把話寫在表單上，返回 None。"""
    given = {"actor": request.user, "suggestion_id": row.pk, "at": clock.now()}
    typed = form.cleaned_data
    try:
        if "decline" in request.POST:
            services.decline_suggestion(note=typed["note"], **given)
            ui.say(request, _("沒有採納，說明已送給提建議的領導。"))
        else:
            by_hand = {"merged": typed["merged"], "version": typed["version"]}
            services.take_suggestion(**given, **(by_hand if "merge" in request.POST else {}))
            ui.say(request, _("已採納，正文換成建議的文字。"))
    except services.AlreadyIssued as refusal:
        return refuse(request, report, refusal)
    except services.Conflict as conflict:
        _look_again(form, row, str(conflict))
        return None
    except ValidationError as refusal:
        form.add_error(None, refusal)
        return None
    return redirect(at_paragraph(report, row.paragraph_id))


def _look_again(form: DecisionForm, row: Suggestion, words: str) -> None:
    """別人又改過：寫的還在，版本換成現在的，看過再按一次。"""
    row.paragraph.refresh_from_db()
    form.data = form.data.copy()
    form.data["version"] = row.paragraph.version
    form.add_error(None, words)


def _paragraph(report: Report, pk: int | None) -> Paragraph | None:
    if pk is None:
        return None
    return get_object_or_404(Paragraph.objects.filter(section__report=report), pk=pk)
