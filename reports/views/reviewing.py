"""送審、審核、退回修改、簽發：每一步先看核對清單，再按下去。"""

from collections.abc import Callable
from dataclasses import dataclass

from django.core.exceptions import PermissionDenied, ValidationError
from django.forms import Form
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy

from pingtan_civ import ui
from pingtan_civ.form_pages import Done, FormPage
from pingtan_civ.lib import clock
from reports import policies, services
from reports.editor import editor_of
from reports.forms import PaperSignatureForm, SendBackForm, VersionForm
from reports.issue_checks import all_checks
from reports.models import Report
from reports.views.acting import GET_OR_POST, form_at, refuse
from reports.views.doors import (
    crumbs_of,
    crumbs_to,
    editable_report,
    remarkable_report,
    standing_of_request,
)


@dataclass(frozen=True)
class Step:
    """一步的頁上的字。"""

    title: str | Promise
    button: str | Promise
    says: tuple[str | Promise, ...]


STEPS = {
    "submit": Step(
        _lazy("送審"),
        _lazy("送審"),
        (
            _lazy("辦公室主任、組長和副組長會收到通知，可以逐段提意見、提改字建議。"),
            _lazy("審核通過以前，您還可以照意見修改；送審的人自己不能審。"),
        ),
    ),
    "review": Step(
        _lazy("審核"),
        _lazy("審核通過"),
        (_lazy("通過後文字鎖定，誰也不能改；要改只能退回修改。接着由組長或副組長簽發。"),),
    ),
    "sign": Step(
        _lazy("簽發"),
        _lazy("簽發"),
        (
            _lazy("簽發後給定期號，文字、數據和來源全部凍結，誰也不能再改；要改只能出更正版。"),
            _lazy("領導小組全體和各單位會收到通知，局內人人可以閱讀。"),
        ),
    ),
    "register": Step(
        _lazy("登記紙上簽發"),
        _lazy("登記並印發"),
        (
            _lazy("領導在紙上簽了的，照紙上登記；請留好簽字的原件。"),
            _lazy("印發後給定期號，文字、數據和來源全部凍結；領導小組全體和各單位會收到通知。"),
        ),
    ),
}
"""各步的標題、按鈕和按下去會怎樣。"""


@GET_OR_POST
def report_submit(request: HttpRequest, campaign_code: str, pk: int) -> HttpResponse:
    """送審：辦公室看過核對清單，交辦公室主任或領導審核。"""
    report = editable_report(request, campaign_code, pk)
    if not report.is_draft or report.is_submitted:
        return redirect(report)

    def act(version: int) -> str:
        services.submit_for_review(
            actor=request.user, report_id=report.pk, version=version, at=clock.now()
        )
        return _("已送審，辦公室主任和領導收到通知。審核通過以前還可以照意見修改。")

    return _step(request, report, "submit", act)


@GET_OR_POST
def report_review(request: HttpRequest, campaign_code: str, pk: int) -> HttpResponse:
    """審核通過：文字鎖定，等領導簽發。"""
    report = remarkable_report(request, campaign_code, pk)
    standing = standing_of_request(request)
    if not policies.is_reviewer(standing, report.campaign_id):
        raise PermissionDenied(_("由辦公室主任、組長或副組長審核。"))
    if not policies.can_review(standing, report):
        if report.is_submitted:
            raise PermissionDenied(_("送審的人自己不能審，請由別人審核。"))
        return redirect(report)

    def act(version: int) -> str:
        services.pass_review(
            actor=request.user, report_id=report.pk, version=version, at=clock.now()
        )
        return _("已審核通過，文字已鎖定，等領導簽發。")

    return _step(request, report, "review", act)


@GET_OR_POST
def report_return(request: HttpRequest, campaign_code: str, pk: int) -> HttpResponse:
    report = remarkable_report(request, campaign_code, pk)
    if not policies.can_send_back(standing_of_request(request), report):
        if report.is_submitted or report.is_reviewed:
            raise PermissionDenied(_("送審的、審核過的彙報，由審核的人或送審的人退回修改。"))
        return redirect(report)
    form = SendBackForm(request.POST or None)
    page = FormPage(
        title=_("退回修改"),
        submit=_("退回修改"),
        back=report.get_absolute_url(),
        crumbs=crumbs_to(report),
        intro=_("回到草稿，辦公室改好再送審。已提的意見和建議都還在。"),
    )

    def act() -> Done:
        services.send_back(
            actor=request.user,
            report_id=report.pk,
            reason=form.cleaned_data["reason"],
            at=clock.now(),
        )
        return _("已退回修改，辦公室收到您寫的理由。"), report.get_absolute_url()

    return form_at(request, report, page, form, act)


@GET_OR_POST
def report_issue(request: HttpRequest, campaign_code: str, pk: int) -> HttpResponse:
    """簽發：領導按下去；領導在紙上簽了的，辦公室登記。"""
    report = remarkable_report(request, campaign_code, pk)
    if not report.is_reviewed:
        return redirect(report)
    may_sign = policies.can_sign(standing_of_request(request), report)

    def act(version: int, **signed: object) -> str:
        issued = services.issue(
            actor=request.user, report_id=report.pk, version=version, at=clock.now(), **signed
        )
        words = _("已簽發為第 %(number)s 期，全文和數據已凍結，領導小組和各單位已收到通知。")
        return words % {"number": issued.number}

    kind = "sign" if may_sign else "register"
    return _step(request, report, kind, act, VersionForm if may_sign else PaperSignatureForm)


def _step(
    request: HttpRequest,
    report: Report,
    kind: str,
    act: Callable[..., str],
    form_class: type[Form] = VersionForm,
) -> HttpResponse:
    form = form_class(request.POST or None, initial={"version": report.version})
    if request.method == "POST" and form.is_valid():
        try:
            ui.say(request, act(**form.cleaned_data))
            return redirect(report)
        except services.Changed as changed:
            ui.say(request, str(changed), level=ui.messages.WARNING)
            return redirect(request.path)
        except services.AlreadyIssued as refusal:
            return refuse(request, report, refusal)
        except ValidationError as refusal:
            form.add_error(None, refusal)
    editor = editor_of(report, clock.now(), request.user.pk, with_remarks=False)
    context = {
        "report": report,
        "form": form,
        "kind": kind,
        "step": STEPS[kind],
        "checks": all_checks(editor, clock.now()),
        "crumbs": crumbs_of(report, str(STEPS[kind].title)),
        "may_send_back": policies.can_send_back(standing_of_request(request), report),
    }
    return render(request, "reports/issue_page.html", context, status=422 if form.errors else 200)
