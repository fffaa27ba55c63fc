"""填報一期進展：表單、草稿、提交，以及不能填的人看到的各輪。"""

import re
import secrets
from dataclasses import dataclass, field
from typing import Any

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.timezone import localtime
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from pingtan_civ import ui
from pingtan_civ.lib import clock
from pingtan_civ.lib.uploads import RefusedUpload
from pingtan_civ.saved_pages import (
    expected_version,
    forget_version,
    page_token,
    remember_version,
)
from tasks import policies, report_page
from tasks.beside import panels_beside
from tasks.chase_history import answer_url
from tasks.models import EvidenceLink, Measure, Round, Submission, WrongState
from tasks.services import evidence, handing_in
from tasks.services.handing_in import Conflict, Draft, Incomplete, current_round, draft_of
from tasks.views.doors import light_rule, optional_url, standing_of_request, submission_or_404
from tasks.work_forms import ReportForm, read_descriptions

Failed = list[tuple[str, str]]


# 登錄過期時也要進到這裏：交上來的字要還給他，不能被一個跳轉吃掉。
@login_not_required
@never_cache
@require_http_methods(["GET", "POST"])
def submission(request: HttpRequest, pk: int) -> HttpResponse:
    if not request.user.is_authenticated:
        return _signed_out(request)
    row = submission_or_404(request, pk)
    if request.method == "POST":
        return _take(request, row)
    if not _is_open_to(request, row):
        return _read(request, row)
    rounds = report_page.rounds_of(row)
    form = _form(row, initial=draft_of(rounds[-1]))
    return _fill(request, Report(row, rounds[-1], form, secrets.token_hex(4), rounds=rounds))


@require_POST
def submission_draft(request: HttpRequest, pk: int) -> HttpResponse:
    """自動保存（約定見 docs/frontend.md）：別人改過或已報出時回 409，不覆蓋。"""
    row = submission_or_404(request, pk)
    report = Report(row, current_round(row), _form(row, request.POST), "")
    try:
        version = _save(request, report)
        _describe(request, report)
    except (Conflict, WrongState) as refusal:
        return JsonResponse({"error": str(refusal)}, status=409)
    return JsonResponse({"saved_at": f"{localtime(clock.now()):%H:%M}", "version": version})


@dataclass
class Report:
    """正在填的一份：哪一期、哪一輪、表單，以及這次打開的頁的標識。"""

    submission: Submission
    round: Round
    form: ReportForm
    page_token: str
    failed: Failed | None = None
    bad_dates: dict[int, str] = field(default_factory=dict)
    rounds: list[Round] | None = None
    """已取好的各輪；存過之後要重取，所以留空。"""

    @property
    def measure(self) -> Measure:
        return self.submission.assignment.measure


def _form(row: Submission, data: Any = None, initial: Draft | None = None) -> ReportForm:
    measure = row.assignment.measure
    return ReportForm(
        data,
        measure=measure,
        figures=list(measure.figures.all()),
        initial=ReportForm.initial_of(initial) if initial else None,
    )


def _is_open_to(request: HttpRequest, row: Submission) -> bool:
    """此刻此人能填：本單位的，待填報，任務在辦，活動進行中。"""
    try:
        handing_in.permit_filling(request.user, row, clock.now())
    except (PermissionDenied, WrongState):
        return False
    return True


# ── 收下 ──────────────────────────────────────────────


def _take(request: HttpRequest, row: Submission) -> HttpResponse:
    """收下一次提交：先收文件、存草稿，再談報出。哪一步不成，前面的都已存下。"""
    if not policies.can_fill_in(standing_of_request(request), row):
        words = {"unit": row.assignment.department.name}
        raise PermissionDenied(_("只有%(unit)s的人能填報這一期。") % words)
    token = page_token(request) or secrets.token_hex(4)
    report = Report(row, current_round(row), _form(row, request.POST), token)
    wants_submit = request.POST.get("action") == "submit"
    try:
        _keep(request, report)
    except Conflict as conflict:
        return _conflict(request, report, conflict)
    except WrongState as refusal:
        # 連點兩下提交時第一下已經報出；是不是連點，由報出的服務判斷。
        if not wants_submit:
            return _refused(request, row, refusal)
    return _submit(request, report) if wants_submit else _saved(request, report)


def _keep(request: HttpRequest, report: Report) -> None:
    """收下隨表單來的文件，存草稿，再存佐證的形式和說明。

    一件文件不收不影響別的。先存草稿：有衝突時說明也不覆蓋別人的。
    """
    row = report.submission
    report.failed = _take_files(request, row)
    _save(request, report)
    _describe(request, report)
    _remove(request, row)


def _take_files(request: HttpRequest, row: Submission) -> Failed:
    failed: Failed = []
    for field_name, files in request.FILES.lists():
        replaces = re.fullmatch(r"replace_(\d{1,12})", field_name, re.ASCII)
        if field_name != "file" and not replaces:
            continue
        for file in files:
            try:
                evidence.add_evidence(
                    actor=request.user,
                    submission_id=row.pk,
                    file=file,
                    name=file.name,
                    replaces_id=int(replaces[1]) if replaces else None,
                    at=clock.now(),
                )
            except (RefusedUpload, evidence.NotReplaceable) as refusal:
                failed.append((file.name, str(refusal)))
    return failed


def _save(request: HttpRequest, report: Report) -> str:
    """存草稿；讀不懂的那幾處沿用庫裏的，別處都存。返回寫回表單的版本。"""
    report.round = handing_in.save_draft(
        actor=request.user,
        submission_id=report.submission.pk,
        draft=report.form.draft(draft_of(report.round)),
        version=_expected_version(request, report.round),
        at=clock.now(),
    )
    return remember_version(request, str(report.round.pk), report.round.version)


def _describe(request: HttpRequest, report: Report) -> None:
    row = report.submission
    described = read_descriptions(request.POST, row.period_end.year)
    report.bad_dates = described.bad_dates
    if described.descriptions:
        evidence.describe_evidence(
            actor=request.user,
            submission_id=row.pk,
            descriptions=described.descriptions,
            at=clock.now(),
        )


def _remove(request: HttpRequest, row: Submission) -> None:
    """沒有腳本時的「移除」：是同一張表單的一個按鈕，別處填的不丟。"""
    verb, _sep, number = request.POST.get("action", "").partition("-")
    if verb != "remove" or not (number.isascii() and number.isdigit() and len(number) < 12):
        return
    link = EvidenceLink.objects.filter(pk=number, round__submission=row).first()
    if link:
        evidence.remove_evidence(
            actor=request.user,
            link_id=link.pk,
            reason=request.POST.get(f"why_{link.pk}", ""),
            at=clock.now(),
        )


def _submit(request: HttpRequest, report: Report) -> HttpResponse:
    form, row = report.form, report.submission
    draft = form.draft(draft_of(report.round))
    gaps = _unexplained_gaps(report, draft)
    if form.errors or report.failed or report.bad_dates or gaps:
        form.add_problems(handing_in.why_incomplete(report.measure, draft) | gaps)
        return _saved(request, report)
    try:
        round_ = handing_in.submit(
            actor=request.user,
            submission_id=row.pk,
            draft=draft,
            version=_expected_version(request, report.round),
            at=clock.now(),
        )
    except Incomplete as refusal:
        form.add_problems(refusal.errors)
        return _saved(request, report)
    except Conflict as conflict:
        return _conflict(request, report, conflict)
    except WrongState as refusal:
        return _refused(request, row, refusal)
    forget_version(request, str(round_.pk))
    ui.say(request, _submitted_words(round_, row))
    return redirect(row.get_absolute_url())


def _unexplained_gaps(report: Report, draft: Draft) -> dict[str, str]:
    """佐證沒有交齊而沒有說明的：不攔着不讓交，只是要寫一句原因，審核的人看得到。"""
    if draft.is_nil or draft.gap_reason.strip():
        return {}
    links = report.round.evidence.filter(removed_at=None).select_related("file__reading", "form")
    checked = report_page.evidence_part(report.submission, list(links)).checked
    if not checked.gaps:
        return {}
    words = _("佐證還沒齊：%(gaps)s。補上，或寫一句為什麼交不齊，再提交。")
    return {"gap_reason": words % {"gaps": checked.gap_words}}


def _submitted_words(round_: Round, row: Submission) -> str:
    words = {"period": row.name}
    if round_.endorsed_at:
        return _("%(period)s進展已報出。本單位只有一人，已直接送辦公室審核。") % words
    if round_.by_colleague:
        return _("%(period)s進展已提交，等本單位同事復核。") % words
    return _("%(period)s進展已提交，等負責人初審。") % words


def _saved(request: HttpRequest, report: Report) -> HttpResponse:
    """草稿已存下。有要改的地方就留在表單上說清楚，沒有就說一句已保存。"""
    form = report.form
    for name, sentence in report.failed or []:
        form.add_error(None, _("「%(name)s」沒有收下：%(why)s") % {"name": name, "why": sentence})
    for typed in report.bad_dates.values():
        words = _("材料日期「%(typed)s」看不出是哪一天，請寫成 2026-11-23 這樣。")
        form.add_error(None, words % {"typed": typed[:40]})
    if form.errors:
        return _fill(request, report, status=422)
    ui.say(request, _("草稿已保存，還沒有提交。"))
    return redirect(report.submission.get_absolute_url())


def _expected_version(request: HttpRequest, round_: Round) -> int:
    is_own = round_.saved_by_id == request.user.pk
    return expected_version(request, str(round_.pk), round_.version, is_own=is_own)


# ── 頁面 ──────────────────────────────────────────────


def _fill(
    request: HttpRequest, report: Report, *, status: int = 200, **more: object
) -> HttpResponse:
    row, measure = report.submission, report.measure
    rounds = report.rounds or report_page.rounds_of(row)
    now = next(each for each in rounds if each.number == row.round_number)
    links = report_page.live_evidence(now)
    last = rounds[-2] if len(rounds) > 1 else None
    part = report_page.evidence_part(row, links, report_page.to_replace(rounds), report.bad_dates)
    rule = light_rule(measure)
    context = {
        "submission": row,
        "measure": measure,
        "form": report.form,
        "version": f"{report.round.version}.{report.page_token}",
        "round": now,
        "part": part,
        "failed": report.failed or [],
        "last_round": last,
        "answer_url": answer_url(standing_of_request(request), [row]),
        "previous": report_page.previous_round(row),
        "next_readers": report_page.next_readers(
            request.user, row.assignment.department_id, rule.today
        ),
        "light": rule.of_due(row.due_date),
        "light_note": rule.note(row.due_date),
        "accept": report_page.ACCEPT,
        "upload_limit": settings.UPLOAD_MAX_MB,
        "crumbs": _crumbs(row, is_own=True),
        **more,
    }
    return render(request, "tasks/submission_form.html", context, status=status)


def _conflict(request: HttpRequest, report: Report, conflict: Conflict) -> HttpResponse:
    """別人先存了：您寫的留在表單裏，他寫的放在旁邊，看過之後再存。"""
    mine = report.form.draft(draft_of(conflict.round))
    report.round = conflict.round
    return _fill(
        request,
        report,
        status=409,
        conflict=str(conflict),
        differences=report_page.differences(mine, conflict.round, report.measure),
    )


def _read(
    request: HttpRequest,
    row: Submission,
    *,
    refusal: str = "",
    typed: list[tuple[str, str]] | None = None,
    status: int = 200,
) -> HttpResponse:
    standing = standing_of_request(request)
    row.refresh_from_db(fields=["state", "round_number", "due_date"])
    rounds = report_page.rounds_of(row)
    measure = row.assignment.measure
    rule = light_rule(measure)
    last = rounds[-1]
    code = measure.campaign.code
    item = f"?item={row.pk}"
    is_waiting = row.state == Submission.State.SUBMITTED
    context = {
        "submission": row,
        "measure": measure,
        "views": report_page.round_views(standing, rounds),
        "steps": report_page.steps(row, rounds),
        "refusal": refusal,
        "typed": typed or [],
        "light": rule.of_due(row.due_date) if row.state == Submission.State.OPEN else "",
        "light_note": rule.note(row.due_date),
        "endorse_url": optional_url("tasks:endorse-inbox", code, fragment=item)
        if is_waiting and policies.can_endorse(standing, last)
        else "",
        "review_url": optional_url("tasks:review-inbox", code, fragment=item)
        if row.state == Submission.State.ENDORSED and policies.can_review(standing, last)
        else "",
        "crumbs": _crumbs(row, policies.is_own(standing, row.assignment)),
        "beside": panels_beside(request, row),
    }
    return render(request, "tasks/submission_page.html", context, status=status)


def _refused(request: HttpRequest, row: Submission, refusal: WrongState) -> HttpResponse:
    """此刻不能填了（剛由別人報出，或任務中止）：說明原因，把他寫的字還給他。"""
    return _read(request, row, refusal=str(refusal), typed=_typed(request), status=409)


def _crumbs(row: Submission, is_own: bool) -> list[tuple[str, str]]:
    """本單位的從填報清單來，旁人從任務分解來。"""
    measure = row.assignment.measure
    view = "tasks:my-reports" if is_own else "tasks:breakdown"
    return [
        (_("填報進展") if is_own else _("任務分解"), reverse(view, args=[measure.campaign.code])),
        (measure.code, measure.get_absolute_url()),
        (row.name, ""),
    ]


def _signed_out(request: HttpRequest) -> HttpResponse:
    """登錄過期。打開頁面的去登錄；交表單的先把他寫的字還給他，登錄後再填回。"""
    if request.method == "GET":
        return redirect_to_login(request.get_full_path())
    context = {
        "typed": _typed(request),
        "has_files": bool(request.FILES),
        "sign_in": redirect_to_login(request.path).url,
    }
    return render(request, "tasks/submission_expired.html", context, status=401)


def _typed(request: HttpRequest) -> list[tuple[str, str]]:
    """填過的字，按字段的中文名列出。"""
    labels = {name: field.label for name, field in ReportForm.base_fields.items()}
    return [
        (str(labels.get(name, _("其他"))), value)
        for name, value in request.POST.items()
        if value.strip() and (name in labels or name.startswith(("caption_", "figure_", "number_")))
    ]
