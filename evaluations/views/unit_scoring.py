"""評分單位的一頁：本單位負責的幾條，對各單位一起評；沒有評完的存成草稿。"""

import secrets
from contextlib import suppress
from dataclasses import dataclass

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, JsonResponse, QueryDict
from django.shortcuts import redirect, render
from django.utils.timezone import localtime
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST

from campaigns.standing import Standing
from evaluations.models import AssessmentRound
from evaluations.scoring_draft import across_key, drafts_across
from evaluations.services.unit_scoring import (
    RefusedAcross,
    StaleAcross,
    discard_draft_across,
    save_across,
    save_draft_across,
    version_of,
)
from evaluations.unit_scoring import UnitScoring, scores_lines
from evaluations.views.round_doors import crumbs_to, round_or_404, standing_of_request
from pingtan_civ import ui
from pingtan_civ.form_pages import posted
from pingtan_civ.lib import clock
from pingtan_civ.saved_pages import expected_version, page_token, remember_version
from tasks.models import WrongState


@dataclass(frozen=True)
class _Opened:
    """此人打開的一頁。"""

    standing: Standing
    round: AssessmentRound
    page: UnitScoring


@require_http_methods(["GET", "POST"])
def unit_scoring(request: HttpRequest, code: str) -> HttpResponse:
    opened = _open(request, code, posted(request))
    if request.method != "POST":
        return _page(request, opened)
    try:
        return _take(request, opened)
    except StaleAcross as stale:
        opened.page.lay_beside(stale.held)
        fresh = drafts_across(opened.round, request.user.pk)
        return _page(request, opened, refusal=str(stale), version=fresh.version_on(stale.held))
    except WrongState as stopped:
        return _page(request, opened, refusal=str(stopped))


def _open(request: HttpRequest, code: str, data: QueryDict | None) -> _Opened:
    round_ = round_or_404(request, code)
    standing = standing_of_request(request)
    if not scores_lines(standing, round_):
        raise PermissionDenied(_("考核辦法沒有指定本單位評分。"))
    drafts = drafts_across(round_, standing.user_id)
    return _Opened(standing, round_, UnitScoring.read(standing, round_, data, drafts))


def _take(request: HttpRequest, opened: _Opened) -> HttpResponse:
    """收下一次提交。存不了的留在頁上說清楚，填的字存進草稿，關了頁也在。

    Raises StaleAcross、WrongState。
    """
    page, action, actor = opened.page, request.POST.get("action", ""), request.user
    again = redirect("evaluations:unit-scoring", opened.round.code)
    if not page.cells:
        raise WrongState(_("現在不在初評階段，不能評分。"))
    if action == "discard":
        discard_draft_across(actor=actor, lines=page.lines, at=clock.now())
        ui.say(request, _("草稿已丟棄，表上是保存過的。"))
        return again
    if action == "draft":
        _keep_draft(request, opened)
        ui.say(request, _("草稿已保存，還沒有記進評分表。"))
        return again
    marks = page.marks()
    if marks is None:
        return _refused(request, opened, {})
    try:
        changed = save_across(actor=actor, marks=marks, at=clock.now())
    except RefusedAcross as refusal:
        return _refused(request, opened, refusal.errors)
    words = ngettext("已保存 %(count)d 條。", "已保存 %(count)d 條。", changed) % {"count": changed}
    ui.say(request, words if changed else _("沒有改動。"))
    return again


def _refused(
    request: HttpRequest, opened: _Opened, errors: dict[tuple[int, int], str]
) -> HttpResponse:
    """哪張表也沒有存：重新打開，別人剛改過的寫在旁邊，看過再保存就以這一頁為準。"""
    # 字都還在頁上，草稿沒存成不用再說一遍。
    with suppress(StaleAcross, WrongState, PermissionDenied):
        _keep_draft(request, opened)
    data = request.POST.copy()
    fresh = _open(request, opened.round.code, data)
    fresh.page.accept_as_seen(data)
    for cell in fresh.page.cells:
        cell.form.is_valid()
    fresh.page.refuse(errors.items())
    return _page(request, fresh)


def _keep_draft(request: HttpRequest, opened: _Opened) -> int:
    """把交來的字存進此人的草稿，返回存好的版本。

    Raises PermissionDenied、WrongState、StaleAcross。
    """
    page, key = opened.page, across_key(opened.round)
    if not page.cells:
        raise WrongState(_("現在不在初評階段，不能評分。"))
    held = save_draft_across(
        actor=request.user,
        typed=page.typed(),
        lines=page.lines,
        version=expected_version(request, key, page.version, is_own=True),
        at=clock.now(),
    )
    version = version_of(held.values())
    remember_version(request, key, version)
    return version


@require_POST
def unit_scoring_draft(request: HttpRequest, code: str) -> HttpResponse:
    """自動保存（約定見 docs/frontend.md）：在另一處存過、已經不能評時回 409，不覆蓋。"""
    opened = _open(request, code, request.POST)
    try:
        version = _keep_draft(request, opened)
    except (StaleAcross, WrongState) as refusal:
        return JsonResponse({"error": str(refusal)}, status=409)
    token = page_token(request)
    answer = {
        "saved_at": f"{localtime(clock.now()):%H:%M}",
        "version": f"{version}.{token}" if token else str(version),
        "note": " ".join(opened.page.colleagues),
    }
    return JsonResponse(answer)


def _page(
    request: HttpRequest, opened: _Opened, *, refusal: str = "", version: int | None = None
) -> HttpResponse:
    """refusal 是剛才沒辦成的原因；version 是現在庫裏草稿的，與打開時不同才給。"""
    page, token = opened.page, page_token(request) or secrets.token_hex(4)
    context = {
        "round": opened.round,
        "page": page,
        "version": f"{page.version if version is None else version}.{token}",
        "draft_key": across_key(opened.round),
        "refusal": refusal,
        "crumbs": crumbs_to(opened.round, (_("本單位評的各條"), "")),
    }
    status = 409 if refusal else 422 if page.faulty else 200
    return render(request, "evaluations/unit_scoring_page.html", context, status=status)
