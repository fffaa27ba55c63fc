"""填報一期進展：表單、草稿、提交，以及不能填的人看到的各輪。"""

import re
import secrets
from dataclasses import dataclass, field
from typing import Any

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
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
from tasks.models import EvidenceLink, Measure, Round, Submission, WrongState
from tasks.report_page import Rounds
from tasks.services import evidence, handing_in
from tasks.services.handing_in import Conflict, Draft, Incomplete, current_round, draft_of
from tasks.views.doors import (
    enter,
    light_rule,
    optional_url,
    standing_of_request,
    submission_or_404,
)
from tasks.work_forms import Described, ReportForm, read_descriptions

Failed = list[tuple[str, str]]


# 登錄過期時也要進到這裏：交上來的字要還給他，不能被一個跳轉吃掉。
@login_not_required
@never_cache
@require_http_methods(["GET", "POST"])
def submission(request: HttpRequest, pk: int) -> HttpResponse:
    if not request.user.is_authenticated:
        return _signed_out(request)
    if request.method == "POST":
        return _take(request, submission_or_404(request, pk))
    rounds = _rounds_or_404(request, pk)
    if not _is_open_to(request, rounds.submission):
        return _read(request, rounds)
    form = _form(rounds.submission, initial=draft_of(rounds.current))
    report = Report(rounds.submission, rounds.current, form, secrets.token_hex(4))
    return _fill(request, report, rounds)


def _rounds_or_404(request: HttpRequest, pk: int) -> Rounds:
    """進門，連同各輪一次取齊。"""
    rounds = report_page.rounds_of(pk)
    if rounds is None:
        raise Http404
    enter(request, rounds.submission.assignment.measure)
    return rounds


@require_POST
def submission_draft(request: HttpRequest, pk: int) -> HttpResponse:
    """自動保存（約定見 docs/frontend.md）：別人改過或已報出時回 409，不覆蓋。"""
    row = submission_or_404(request, pk)
    report = Report(row, current_round(row), _form(row, request.POST), "", _described(request, row))
    try:
        version = _save(request, report)
    except (Conflict, WrongState) as refusal:
        return JsonResponse({"error": str(refusal)}, status=409)
    return JsonResponse({"saved_at": f"{localtime(clock.now()):%H:%M}", "version": version})


@dataclass
class Report:
    """正在填的一份：哪一期、哪一輪、表單，這次打開的頁的標識，各份佐證上寫的。"""

    submission: Submission
    round: Round
    form: ReportForm
    page_token: str
    described: Described = field(default_factory=Described)
    failed: Failed | None = None

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
    described = _described(request, row)
    report = Report(row, current_round(row), _form(row, request.POST), token, described)
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
    """收下隨表單來的文件，再存草稿。一件文件不收不影響別的。"""
    row = report.submission
    report.failed = _take_files(request, row)
    _save(request, report)
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
    """存草稿，連同各份佐證上寫的；讀不懂的那幾處沿用庫裏的，別處都存。返回寫回表單的版本。"""
    report.round = handing_in.save_draft(
        actor=request.user,
        submission_id=report.submission.pk,
        draft=report.form.draft(draft_of(report.round)),
        descriptions=report.described.descriptions,
        version=_expected_version(request, report.round),
        at=clock.now(),
    )
    return remember_version(request, str(report.round.pk), report.round.version)


def _described(request: HttpRequest, row: Submission) -> Described:
    return read_descriptions(request.POST, row.period_end.year)


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
    if form.errors or report.failed or report.described.bad_dates or gaps:
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
    for typed in report.described.bad_dates.values():
        words = _("材料日期「%(typed)s」看不出是哪一天，請寫成 2026-11-23 這樣。")
        form.add_error(None, words % {"typed": typed[:40]})
    if form.errors:
        return _fill(request, report, _rounds_or_404(request, report.submission.pk), status=422)
    ui.say(request, _("草稿已保存，還沒有提交。"))
    return redirect(report.submission.get_absolute_url())


def _expected_version(request: HttpRequest, round_: Round) -> int:
    is_own = round_.saved_by_id == request.user.pk
    return expected_version(request, str(round_.pk), round_.version, is_own=is_own)


# ── 頁面 ──────────────────────────────────────────────


def _fill(
    request: HttpRequest,
    report: Report,
    rounds: Rounds,
    *,
    conflict: Conflict | None = None,
    status: int = 200,
) -> HttpResponse:
    row, measure, now = report.submission, report.measure, rounds.current
    links = report_page.live_evidence(now)
    stored = {link.pk: report_page.described_as(link) for link in links} if conflict else {}
    part = report_page.evidence_part(
        row, links, rejected=report_page.to_replace(rounds.own), described=report.described
    )
    rule = light_rule(measure)
    context = {
        "submission": row,
        "measure": measure,
        "form": report.form,
        "version": f"{report.round.version}.{report.page_token}",
        "round": now,
        "part": part,
        "failed": report.failed or [],
        "last_round": rounds.own[-2] if len(rounds.own) > 1 else None,
        "answer_url": optional_url("tasks:chase-received", rounds.unanswered)
        if rounds.unanswered
        else "",
        "previous": rounds.previous,
        "next_readers": report_page.next_readers(
            request.user, row.assignment.department_id, rule.today
        ),
        "light": rule.of_due(row.due_date),
        "light_note": rule.note(row.due_date),
        "accept": report_page.ACCEPT,
        "upload_limit": settings.UPLOAD_MAX_MB,
        "crumbs": _crumbs(row, is_own=True),
    }
    if conflict:
        mine = report.form.draft(draft_of(now))
        context |= {
            "conflict": str(conflict),
            "differences": report_page.differences(mine, now, measure)
            + report_page.evidence_differences(stored, part.links),
        }
    return render(request, "tasks/submission_form.html", context, status=status)


def _conflict(request: HttpRequest, report: Report, conflict: Conflict) -> HttpResponse:
    """別人先存了：您寫的留在表單裏，他寫的放在旁邊，看過之後再存。"""
    report.round = conflict.round
    return _fill(
        request,
        report,
        _rounds_or_404(request, report.submission.pk),
        conflict=conflict,
        status=409,
    )


def _read(
    request: HttpRequest,
    rounds: Rounds,
    *,
    refusal: str = "",
    typed: list[tuple[str, str]] | None = None,
    status: int = 200,
) -> HttpResponse:
    standing = standing_of_request(request)
    row, last = rounds.submission, rounds.current
    measure = row.assignment.measure
    rule = light_rule(measure)
    code = measure.campaign.code
    item = f"?item={row.pk}"
    is_waiting = row.state == Submission.State.SUBMITTED
    context = {
        "submission": row,
        "measure": measure,
        "views": report_page.round_views(standing, rounds.own),
        "steps": report_page.steps(row, rounds.own),
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
    rounds = _rounds_or_404(request, row.pk)
    return _read(request, rounds, refusal=str(refusal), typed=_typed(request), status=409)


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
