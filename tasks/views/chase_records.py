"""催辦的各頁：一個單位、一份報送、記電話、催辦單、群文本，以及單位收到之後的答覆。"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from django.core.exceptions import PermissionDenied, ValidationError
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from campaigns.current import remember_campaign
from campaigns.models import Campaign
from campaigns.standing import Standing
from people.models import Department
from people.services import staff_of
from pingtan_civ import ui
from pingtan_civ.form_pages import Done, FormPage, form_page
from pingtan_civ.lib import clock
from pingtan_civ.lib.numbers import read_int
from tasks import policies
from tasks.chase_board import Board
from tasks.chase_forms import ANSWER_PHRASES, AnswerForm, PhoneForm, read_batch
from tasks.chase_history import chases_of, steps
from tasks.chase_papers import papers_of
from tasks.chase_query import ChaseQuery
from tasks.models import Chase, Submission, WrongState
from tasks.services import chase_notes
from tasks.services.chase_words import act_on, group_text, when_words
from tasks.services.chasing import ChasePlan, plan_chase
from tasks.views.chasing import (
    back_query,
    board_of,
    board_url,
    enter,
    report,
    require_running,
    selection,
)
from tasks.views.doors import posted, standing_of_request, submission_or_404

PER_PAGE = 40


# ── 一個單位 ──────────────────────────────────────────


@require_GET
def chase_unit(request: HttpRequest, campaign_code: str, pk: int) -> HttpResponse:
    """一個單位欠的、最近怎樣催的，和催過的經過。"""
    campaign, standing = enter(request, campaign_code)
    unit = get_object_or_404(Department, pk=pk)
    board, url = _unit_board(request, campaign, unit)
    rows = chases_of(
        Chase.objects.filter(
            submission__assignment__department=unit,
            submission__assignment__measure__campaign=campaign,
        )
    )
    page = Paginator(rows, PER_PAGE).get_page(request.GET.get("page"))
    page.object_list = steps(page.object_list, standing, board.rule.today)
    context = {
        "campaign": campaign,
        "unit": unit,
        "board": board,
        "mine": board.lists[0] if board.lists else None,
        "page": page,
        "people": staff_of(unit.pk, board.rule.today),
        "can_chase": policies.can_break_down(standing, campaign) and campaign.is_open,
        "phone_url": reverse("tasks:chase-phone", args=[campaign.code, unit.pk]),
        "back": board.query.words,
        "crumbs": [(_("催報台"), url), (unit.name, "")],
    }
    return render(request, "tasks/chase_unit.html", context)


def _unit_board(request: HttpRequest, campaign: Campaign, unit: Department) -> tuple[Board, str]:
    """這個單位欠的；網址裏的 measure 只看那一項措施。"""
    measure = ChaseQuery.read(request.GET).measure
    board = board_of(campaign, ChaseQuery(unit=unit.pk, measure=measure))
    return board, reverse("tasks:chase-board", args=[campaign.code])


@require_GET
def chase_history(request: HttpRequest, pk: int) -> HttpResponse:
    """一份報送的全部催辦；本單位和過問它的上級看得到。"""
    row = submission_or_404(request, pk)
    standing = standing_of_request(request)
    if not policies.can_see_chases(standing, row):
        raise PermissionDenied(_("催辦和答覆只有被催的單位和它的上級看得到。"))
    measure, today = row.assignment.measure, clock.today()
    is_office = policies.can_see_chase_board(standing, measure.campaign)
    found = list(chases_of(Chase.objects.filter(submission=row)))
    unanswered = next((each for each in found if not each.answer), None)
    is_own = policies.can_answer_chase(standing, row)
    plan = plan_chase(submission_ids=[row.pk], at=clock.now(), confirmed=True)
    context = {
        "row": row,
        "measure": measure,
        "campaign": measure.campaign,
        "items": steps(found, standing, today),
        "refusal": plan.refused.get(row.pk, ""),
        "due": row.due_date,
        "is_office": is_office and policies.can_break_down(standing, measure.campaign),
        "phone_url": reverse(
            "tasks:chase-phone", args=[measure.campaign.code, row.assignment.department_id]
        )
        + f"?item={row.pk}",
        "answer_url": reverse("tasks:chase-received", args=[unanswered.batch])
        if is_own and unanswered and plan.rows
        else "",
        "fill_url": row.get_absolute_url() if is_own and plan.rows else "",
        "crumbs": _history_crumbs(row, is_office),
    }
    return render(request, "tasks/chase_history.html", context)


def _history_crumbs(row: Submission, is_office: bool) -> list[tuple[str, str]]:
    measure, unit = row.assignment.measure, row.assignment.department
    last = (_("催辦記錄"), "")
    if not is_office:
        return [(f"{measure.code} {measure.title}", measure.get_absolute_url()), last]
    code = measure.campaign.code
    return [
        (_("催報台"), reverse("tasks:chase-board", args=[code])),
        (unit.name, reverse("tasks:chase-unit", args=[code, unit.pk])),
        last,
    ]


# ── 記電話 ────────────────────────────────────────────


@require_http_methods(["GET", "POST"])
def chase_phone(request: HttpRequest, campaign_code: str, pk: int) -> HttpResponse:
    campaign, standing = enter(request, campaign_code)
    require_running(standing, campaign)
    unit = get_object_or_404(Department, pk=pk)
    board = board_of(campaign, ChaseQuery(unit=unit.pk))
    url = reverse("tasks:chase-unit", args=[campaign.code, unit.pk])
    if not board.owed:
        ui.say(request, _("%(unit)s現在沒有欠報的。") % {"unit": unit.name})
        return redirect(url)
    choices = [
        (item.pk, f"{item.code} {item.title}（{item.period}，{item.words}）") for item in board.owed
    ]
    wanted = read_int(request.GET.get("item"))
    form = PhoneForm(posted(request), choices=choices, now=clock.now())
    form.fields["items"].initial = [str(key) for key, _label in choices if wanted in (None, key)]
    page = FormPage(
        title=_("記下給%(unit)s的催辦電話") % {"unit": unit.name},
        submit=_("記下"),
        back=url,
        intro=_("記入催辦記錄和留痕，不另發通知。"),
        crumbs=[
            (_("催報台"), reverse("tasks:chase-board", args=[campaign.code])),
            (unit.name, url),
        ],
    )
    return form_page(request, page, form, lambda: _note_call(request, form, url))


def _note_call(request: HttpRequest, form: PhoneForm, url: str) -> Done:
    data = form.cleaned_data
    plan = chase_notes.note_call(
        actor=request.user,
        submission_ids=form.chosen(),
        spoken_to=data["spoken_to"],
        words=data["words"],
        answer=data["answer"],
        called_at=data["called_at"],
        at=clock.now(),
        batch=data["batch"],
    )
    report(request, plan)
    return "", url


# ── 催辦單和群文本 ────────────────────────────────────


@require_http_methods(["GET", "POST"])
def chase_paper(request: HttpRequest, campaign_code: str) -> HttpResponse:
    """每個單位一張催辦單，打印後送達；送達後可以記下。"""
    return _given(request, campaign_code, Chase.Channel.PAPER)


@require_http_methods(["GET", "POST"])
def chase_group(request: HttpRequest, campaign_code: str) -> HttpResponse:
    """發到工作群的一段現成的話；發了以後可以記下。"""
    return _given(request, campaign_code, Chase.Channel.GROUP)


def _given(request: HttpRequest, campaign_code: str, channel: str) -> HttpResponse:
    """GET 按網址裏的篩選取逾期和臨期的，?all=1 取全部欠報的；POST 用勾選的，帶 record 的是記下。"""
    campaign, standing = enter(request, campaign_code)
    require_running(standing, campaign)
    scope = None
    if request.method == "POST":
        query = back_query(request)
        ids = selection(request, campaign, query)
    else:
        query = ChaseQuery.read(request.GET)
        board = board_of(campaign, query)
        scope = _scope(board, request)
        ids = [item.pk for item in (board.owed if scope.is_whole else board.for_papers)]
    if "record" in request.POST and ids:
        return _record_given(request, campaign, query, ids, channel)
    plan = plan_chase(submission_ids=ids, at=clock.now(), confirmed=True)
    if not plan.rows:
        ui.say(request, _("選中的現在都不用催，沒有可寫的。"), level=ui.messages.WARNING)
        return redirect(board_url(campaign, query))
    return render(
        request,
        _TEMPLATES[channel],
        _given_context(request, campaign, query, plan) | {"scope": scope},
    )


@dataclass(frozen=True)
class Scope:
    """寫哪些：逾期和臨期的，還是全部；另一頭的份數和網址。"""

    is_whole: bool
    other: int
    url: str


def _scope(board: Board, request: HttpRequest) -> Scope:
    is_whole = request.GET.get("all") == "1"
    words = "&".join(filter(None, [board.query.words, "" if is_whole else "all=1"]))
    chosen, whole = len(board.for_papers), len(board.owed)
    other = chosen if is_whole else whole
    return Scope(is_whole, other if chosen < whole else 0, f"?{words}")


_TEMPLATES = {
    Chase.Channel.PAPER: "tasks/chase_paper.html",
    Chase.Channel.GROUP: "tasks/chase_group.html",
}


def _given_context(
    request: HttpRequest, campaign: Campaign, query: ChaseQuery, plan: ChasePlan
) -> dict[str, Any]:
    today = clock.today()
    return {
        "campaign": campaign,
        "plan": plan,
        "papers": papers_of(plan.rows, campaign, today),
        "text": group_text(plan.rows, "", today),
        "refused": list(plan.refused.values()),
        "ids": ",".join(str(row.pk) for row in plan.rows),
        "batch": read_batch(request.POST.get("batch")),
        "back": query.words,
        "back_url": board_url(campaign, query),
        "crumbs": [(_("催報台"), board_url(campaign, query)), (_("群文本"), "")],
    }


def _record_given(
    request: HttpRequest, campaign: Campaign, query: ChaseQuery, ids: Sequence[int], channel: str
) -> HttpResponse:
    plan = chase_notes.record_chase(
        actor=request.user,
        submission_ids=ids,
        channel=channel,
        words="",
        at=clock.now(),
        batch=read_batch(request.POST.get("batch")),
    )
    report(request, plan)
    return redirect(board_url(campaign, query))


# ── 單位收到之後 ──────────────────────────────────────


@require_http_methods(["GET", "POST"])
def chase_received(request: HttpRequest, batch: UUID) -> HttpResponse:
    """一次催辦裏催本單位的幾項：去填報，或答覆一句。辦公室只看。"""
    standing = standing_of_request(request)
    shown = visible_chases(standing, batch)
    campaign = shown[0].submission.assignment.measure.campaign
    remember_campaign(request, campaign)
    latest = {row.submission_id: row for row in reversed(shown)}  # 站內和工作群各一行的只留一行
    mine = [
        row
        for row in latest.values()
        if policies.can_answer_chase(standing, row.submission) and chase_notes.awaits_answer(row)
    ]
    choices = [(row.pk, _what(row.submission)) for row in mine]
    form = AnswerForm(posted(request), choices=choices) if choices else None
    if request.method == "POST":
        if not any(policies.can_answer_chase(standing, row.submission) for row in shown):
            raise PermissionDenied(_("只有被催單位的人能答覆。"))
        if form is None:
            ui.say(request, _("這次催的都已經報出或不再辦理，不用答覆了。"))
            return redirect(request.path)
        if form.is_valid() and _answer(request, form):
            return redirect(request.path)
    context = {
        "campaign": campaign,
        "rows": [_received_row(row, mine, clock.today()) for row in latest.values()],
        "paper_units": _paper_units(shown),
        "first": shown[0],
        "form": form,
        "phrases": ANSWER_PHRASES,
        "open_count": len(mine),
        "is_answered": bool(mine) and all(row.answer for row in mine),
        "is_own": any(policies.can_answer_chase(standing, row.submission) for row in shown),
    }
    status = 422 if form is not None and form.is_bound and form.errors else 200
    return render(request, "tasks/chase_received.html", context, status=status)


def visible_chases(standing: Standing, batch: UUID) -> list[Chase]:
    """這一次裏此人看得到的各行。沒有這一次的 404；一行也不給他看的 403。"""
    rows = Chase.objects.filter(batch=batch)
    if not rows.exists():
        raise Http404
    if not standing.seats:  # 沒有席位的人只看得到自己單位的，不必取出整次的幾千份
        rows = rows.filter(submission__assignment__department__in=standing.departments)
    shown = [row for row in chases_of(rows) if policies.can_see_chases(standing, row.submission)]
    if not shown:
        raise PermissionDenied(_("催辦和答覆只有被催的單位和它的上級看得到。"))
    return shown


def _paper_units(shown: list[Chase]) -> list[Department]:
    """書面催過的單位，一個單位一張催辦單。"""
    units = [
        row.submission.assignment.department for row in shown if row.channel == Chase.Channel.PAPER
    ]
    return sorted(dict.fromkeys(units), key=lambda unit: (unit.position, unit.pk))


def _answer(request: HttpRequest, form: AnswerForm) -> bool:
    data = form.cleaned_data
    try:
        done = chase_notes.answer_chases(
            actor=request.user, chase_ids=form.chosen(), answer=data["answer"], at=clock.now()
        )
    except WrongState as refusal:
        form.add_error(None, ValidationError(str(refusal)))
        return False
    ui.say(
        request,
        _("已答覆 %(count)d 項，催的人會收到通知。")
        % {"count": len({row.submission_id for row in done})},
    )
    return True


def _received_row(row: Chase, mine: list[Chase], today: date) -> dict[str, Any]:
    verb, url = act_on(row.submission, today) if row in mine else ("", "")
    return {
        "chase": row,
        "submission": row.submission,
        "measure": row.submission.assignment.measure,
        "unit": row.submission.assignment.department,
        "when": when_words(row.submission, today),
        "verb": verb,
        "url": url,
    }


def _what(row: Submission) -> str:
    measure = row.assignment.measure
    return f"{measure.code} {measure.title}（{row.name}）"
