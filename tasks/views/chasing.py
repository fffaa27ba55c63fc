"""催報台：矩陣，以及 勾選 → 預覽 → 發送。"""

import hashlib
from collections.abc import Iterable
from typing import Any

from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from campaigns.current import campaign_or_404
from campaigns.models import Campaign
from campaigns.standing import Standing
from journal import letters
from journal.services import source_script
from people.models import User
from pingtan_civ import ui
from pingtan_civ.lib import clock
from pingtan_civ.lib.numbers import read_int
from tasks import policies
from tasks.chase_board import Board, build_board
from tasks.chase_forms import PHRASES, ChaseWordsForm, read_batch
from tasks.chase_page import page_context
from tasks.chase_query import ChaseQuery
from tasks.lights import LightRule
from tasks.models import Submission
from tasks.services.chase_group import work_groups
from tasks.services.chase_people import Letter
from tasks.services.chase_words import chase_message, group_text
from tasks.services.chasing import ChasePlan, chase_submissions, plan_chase
from tasks.views.doors import standing_of_request
from workdays.services import calendar

#: 一次最多催這麼多份：六十個單位、一百五十項措施全欠着也夠。
MOST = 10_000
_SAID = 6


@require_GET
def chase_board(request: HttpRequest, campaign_code: str) -> HttpResponse:
    campaign, standing = enter(request, campaign_code)
    board = board_of(campaign, ChaseQuery.read(request.GET))
    return render(request, "tasks/chase_board.html", page_context(board, campaign, standing))


@require_POST
def chase_send(request: HttpRequest, campaign_code: str) -> HttpResponse:
    """先看清誰會收到什麼話；話、勾選與看過的一樣才發。"""
    campaign, standing = enter(request, campaign_code)
    require_running(standing, campaign)
    query = back_query(request)
    ids = selection(request, campaign, query)
    if not ids:
        ui.say(request, _("還沒有選中任何一項，請先勾選。"), level=ui.messages.WARNING)
        return redirect(board_url(campaign, query))
    now = clock.now()
    plan = plan_chase(submission_ids=ids, at=now)
    groups = work_groups()
    form = ChaseWordsForm(
        request.POST if "seen" in request.POST else None,
        has_again=bool(plan.again),
        groups=[(each.gateway.pk, each.gateway.name) for each in groups],
    )
    if form.is_valid():
        if "send" in request.POST and request.POST["seen"] == _fingerprint(form):
            return _send(request, campaign, query, ids, form)
        confirmed = form.cleaned_data.get("confirmed", False)
        plan = plan_chase(submission_ids=ids, at=now, confirmed=confirmed)
    failing = [each.gateway.name for each in groups if each.has_failed]
    return _preview(request, campaign, query, plan, form, failing)


def _fingerprint(form: ChaseWordsForm) -> str:
    """預覽時的話和勾選；發送時不一樣，就再給看一遍。"""
    data = form.cleaned_data if form.is_bound and form.is_valid() else {}
    seen = [data.get(name) or "" for name in ("words", "confirmed")]
    seen += sorted(form.chosen_groups) if data else []
    return hashlib.sha256(repr(seen).encode()).hexdigest()[:16]


def _preview(
    request: HttpRequest,
    campaign: Campaign,
    query: ChaseQuery,
    plan: ChasePlan,
    form: ChaseWordsForm,
    failing: list[str],
) -> HttpResponse:
    is_read = form.is_bound and form.is_valid()
    words = form.cleaned_data["words"] if is_read else ""
    groups = form.chosen_groups if is_read and plan.rows else {}
    batch = read_batch(request.POST.get("batch"))
    is_changed = "send" in request.POST and is_read
    again = {row.pk for row in plan.again}
    today = clock.today()
    with source_script():
        copies = [
            _letter(
                each,
                chase_message(each.rows, words, today, batch, each.stand_in),
                request.user,
            )
            for each in plan.letters
        ]
        post = group_text(plan.rows, words, today) if groups else ""
    context = {
        "campaign": campaign,
        "plan": plan,
        "letters": copies,
        "group_post": post,
        "group_names": "、".join(groups.values()),
        "failing_groups": "、".join(failing),
        "people": sum(not copy["is_self"] for copy in copies),
        "form": form,
        "phrases": PHRASES,
        "again": len(again),
        "refused": [text for pk, text in plan.refused.items() if pk not in again],
        "ids": ",".join(str(pk) for pk in [*(row.pk for row in plan.rows), *again]),
        "batch": batch,
        "seen": _fingerprint(form),
        "is_changed": is_changed,
        "back": query.words,
        "back_url": board_url(campaign, query),
        "crumbs": [(_("催報台"), board_url(campaign, query)), (_("預覽"), "")],
    }
    status = 422 if form.is_bound and form.errors else 200
    return render(request, "tasks/chase_preview.html", context, status=status)


def _letter(letter: Letter, message: Any, actor: User) -> dict[str, Any]:
    """預覽裏的一條：給誰、經哪些渠道、標題和正文（與將要存下的一字不差）。"""
    by_mail = settings.MAIL_ENABLED and bool(letter.person.email)
    units = dict.fromkeys(row.assignment.department.name for row in letter.rows)
    return {
        "person": letter.person,
        "units": "、".join(units),
        "count": len(letter.rows),
        "channels": [_("站內"), _("郵件")] if by_mail else [_("站內")],
        "message": message,
        "paragraphs": letters.paragraphs(message.body),
        "is_self": letter.person == actor,
        "is_stand_in": bool(letter.stand_in),
    }


def _send(
    request: HttpRequest,
    campaign: Campaign,
    query: ChaseQuery,
    ids: list[int],
    form: ChaseWordsForm,
) -> HttpResponse:
    data = form.cleaned_data
    plan = chase_submissions(
        actor=request.user,
        submission_ids=ids,
        words=data["words"],
        at=clock.now(),
        batch=read_batch(request.POST.get("batch")),
        confirmed=data.get("confirmed", False),
        group_ids=form.chosen_groups,
    )
    report(request, plan, people=len([each for each in plan.people if each != request.user]))
    return redirect(board_url(campaign, query))


# ── 各頁共用 ──────────────────────────────────────────


def enter(request: HttpRequest, campaign_code: str) -> tuple[Campaign, Standing]:
    """進催報台：本活動辦公室；同事 403，看不見活動的 404。"""
    campaign = campaign_or_404(request, campaign_code)
    standing = standing_of_request(request)
    if not policies.can_see_chase_board(standing, campaign):
        raise PermissionDenied(_("催報台由本活動辦公室使用。"))
    return campaign, standing


def require_running(standing: Standing, campaign: Campaign) -> None:
    if not policies.can_break_down(standing, campaign):
        raise PermissionDenied(_("活動已經結束，不再催辦。"))


def board_of(campaign: Campaign, query: ChaseQuery) -> Board:
    rule = LightRule.on(clock.today(), calendar(), campaign.warn_days)
    return build_board(query, campaign, rule)


def back_query(request: HttpRequest) -> ChaseQuery:
    """表單帶回來的篩選條件；重新讀一遍，不信任原文。"""
    return ChaseQuery.read(QueryDict(request.POST.get("back", "")[:2000]))


def board_url(campaign: Campaign, query: ChaseQuery) -> str:
    url = reverse("tasks:chase-board", args=[campaign.code])
    return f"{url}?{query.words}" if query.words else url


def selection(request: HttpRequest, campaign: Campaign, query: ChaseQuery) -> list[int]:
    """選中的各份報送：勾的格子、整行整列、符合篩選的全部。只認本活動的；別的當沒有選。"""
    data = request.POST
    texts = [text for value in data.getlist("pick")[:MOST] for text in value.split("-")]
    texts += data.get("ids", "").split(",")[:MOST]
    ids = {pk for text in texts if (pk := read_int(text)) is not None}
    units, columns = _keys(data.getlist("unit")), _keys(data.getlist("column"))
    if units or columns or data.get("all"):
        board = board_of(campaign, query)
        ids |= set(board.picked(units, columns))
        if data.get("all"):
            ids |= {item.pk for item in (board.to_chase if data["all"] == "near" else board.rest)}
    # 活動在取回之後再比：兩個條件一起問，SQLite 會先翻遍整個活動。
    known = Submission.objects.filter(pk__in=sorted(ids)[:MOST]).order_by("pk")
    pairs = known.values_list("pk", "assignment__measure__campaign_id")
    return [pk for pk, campaign_id in pairs if campaign_id == campaign.pk]


def _keys(values: Iterable[str]) -> list[int]:
    return [key for key in map(read_int, values) if key is not None]


def report(request: HttpRequest, plan: ChasePlan, *, people: int | None = None) -> None:
    """辦完說一句；其間已報出而沒有催的，也說。"""
    if plan.is_repeat:
        ui.say(request, _("這一次已經辦過，沒有重複。"), level=ui.messages.INFO)
        return
    words = {"count": len(plan.rows), "people": people}
    if plan.rows:
        said = (
            _("已記下 %(count)d 份的催辦。")
            if people is None
            else _("已催辦 %(count)d 份，通知了 %(people)d 人。")
        )
        ui.say(request, said % words)
    if plan.again:
        said = _("有 %(count)d 份本工作日已經催過，沒有重複催。")
        ui.say(request, said % {"count": len(plan.again)}, level=ui.messages.INFO)
    again = {row.pk for row in plan.again}
    left_out = [text for pk, text in plan.refused.items() if pk not in again]
    if left_out:
        more = len(left_out) - _SAID
        tail = _("等 %(count)d 份。") % {"count": len(left_out)} if more > 0 else ""
        ui.say(request, " ".join([*left_out[:_SAID], tail]).strip(), level=ui.messages.WARNING)
