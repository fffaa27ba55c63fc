"""評分表：自評、初評、定分並列；能填的那一欄就在表上填。"""

import secrets
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import FileResponse, Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.utils.timezone import localtime
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from campaigns.standing import Standing
from evaluations import policies
from evaluations.exporting import write_sheet
from evaluations.figures import FigureValue, read_figures
from evaluations.forms_marks import MarkForm, mark_forms, read_marks, seen_now
from evaluations.models import Criterion, Score, Sheet, SystemFigure
from evaluations.services import rounds as services
from evaluations.services.rounds import RefusedMarks, SelfUnfinished, StaleDraft
from evaluations.sheet_after import after_of
from evaluations.sheet_draft import (
    Colleague,
    Drafts,
    colleague_words,
    draft_key,
    drafts_of,
    lay_beside,
    lay_out,
    left_over,
    typed_in,
    words_of_draft,
    words_of_saved,
)
from evaluations.sheet_guide import Guides, guides_of
from evaluations.sheet_page import (
    Beside,
    Block,
    Opening,
    Progress,
    blocks_of,
    draft_version,
    dressed,
    lines_to_fill,
    next_line,
    stage_to_fill,
)
from evaluations.sheets import SheetLine, SheetView, explain, seen_by, self_words, sheets_of
from evaluations.views.files import attachment
from evaluations.views.round_doors import (
    crumbs_to,
    sheet_or_404,
    standing_of_request,
)
from pingtan_civ import ui
from pingtan_civ.lib import clock
from pingtan_civ.lib.file_names import safe_name
from pingtan_civ.lib.media_types import XLSX
from pingtan_civ.saved_pages import expected_version, page_token, remember_version
from tasks.models import WrongState

SAVERS: dict[str, Callable[..., int]] = {
    Score.Stage.SELF: services.save_self_scores,
    Score.Stage.FIRST: services.save_first_scores,
    Score.Stage.FINAL: services.save_final_scores,
}


@dataclass(frozen=True)
class _Opened:
    """此人打開的一張表。lines 是現在歸他填的各條；only_own：別的科室來評的，只看得到這幾條。"""

    standing: Standing
    sheet: Sheet
    view: SheetView
    stage: str
    lines: list[SheetLine]
    only_own: bool
    drafts: Drafts

    @property
    def sees_first(self) -> bool:
        return self.only_own or policies.can_see_first_scores(self.standing, self.sheet.round)

    @property
    def colleagues(self) -> list[Colleague]:
        """也在填歸此人填的那幾條的人。"""
        return self.drafts.colleagues({line.criterion_id: line.number for line in self.lines})

    @property
    def said(self) -> list[str]:
        """還有待評的，說不了為什麼是這個分。"""
        is_told = self.sees_first and not self.only_own and not self.view.is_waiting
        return explain(self.view) if is_told else []

    def blocks(self, forms: dict[int, Any]) -> list[Block]:
        return blocks_of(self.view, forms, can_see_first=self.sees_first, only_own=self.only_own)


@require_http_methods(["GET", "POST"])
def sheet(request: HttpRequest, code: str, department_id: int) -> HttpResponse:
    opened = _open(request, code, department_id)
    if request.method == "POST":
        return _take(request, opened)
    forms = mark_forms(
        opened.lines,
        opened.stage,
        None,
        sheet=opened.sheet,
        like_self=request.GET.get("fill") == "self",
        typed=opened.drafts.typed,
    )
    lay_out(forms.values())
    return _page(request, opened, forms)


def _take(request: HttpRequest, opened: _Opened) -> HttpResponse:
    """收下一次提交。存不了的留在頁上說清楚，填的字存進草稿，關了頁也在。"""
    found, stage = opened.sheet, opened.stage
    if moved := _moved_on(request, stage):
        return _page(request, opened, {}, refusal=moved)
    forms = mark_forms(opened.lines, stage, request.POST, sheet=found)
    action = request.POST.get("action", "")
    if action == "discard":
        services.discard_draft(actor=request.user, sheet_id=found.pk, stage=stage, at=clock.now())
        ui.say(request, _("草稿已丟棄，表上是保存過的。"))
        return redirect(_address(request, found))
    try:
        if action == "draft":
            _keep_draft(request, opened, forms)
            ui.say(request, _("草稿已保存，還沒有記進評分表。"))
            return redirect(_address(request, found))
        _save(request, found, stage, forms)
        return redirect(_address(request, found, next_line(forms, stage)))
    except SelfUnfinished as unfinished:
        return _saved_not_submitted(request, found, unfinished)
    except RefusedMarks as refusal:
        return _refused(request, opened, forms, refusal.errors)
    except StaleDraft as stale:
        lay_beside(forms, stale.draft.typed)
        return _page(request, opened, forms, refusal=str(stale))
    except WrongState as stopped:
        return _page(request, opened, forms, refusal=str(stopped))


def _moved_on(request: HttpRequest, stage: str) -> str:
    """頁上填的那一欄已經不能填了，交來的不能當作下一欄存。沒有動的為空。"""
    posted = request.POST.get("stage", stage)
    if posted == stage or posted not in Score.Stage.values:
        return ""
    words = {"stage": Score.Stage(posted).label}
    return _("%(stage)s現在不能填了：已經提交，或考核往下走了。剛才填的沒有存，列在下面。") % words


def _typed_too_late(request: HttpRequest, opened: _Opened) -> list[tuple[str, str]]:
    """交來時那一欄已經不能填了：填的是什麼，一條一條說，不能丟。"""
    if request.method != "POST" or not _moved_on(request, opened.stage):
        return []
    forms = mark_forms(opened.view.lines, request.POST["stage"], request.POST, sheet=opened.sheet)
    typed = typed_in(forms, opened.sheet, request.POST["stage"])
    return [
        (forms[int(key)].line.number, words_of_draft(forms[int(key)], typed[key])) for key in typed
    ]


def _address(request: HttpRequest, found: Sheet, line_id: int | None = None) -> str:
    """回到這張表：照原來展開的樣子，落在下一條沒有填的。全部收起的，填完一塊還是打開下一塊。"""
    opened = request.GET.get("open", "")
    address = found.get_absolute_url()
    if opened == Opening.ALL or (opened == Opening.NONE and line_id is None):
        address += f"?open={opened}"
    return f"{address}#line-{line_id}" if line_id else address


def _refused(
    request: HttpRequest, opened: _Opened, forms: dict[int, MarkForm], errors: Mapping[int, str]
) -> HttpResponse:
    """一條也沒有存。重新打開表：有人剛改過的，他存的寫在旁邊，看過再保存就以這一頁為準。"""
    fresh = _open(request, opened.sheet.round.code, opened.sheet.department_id)
    # 字都還在頁上，草稿沒存成不用再說一遍。
    with suppress(StaleDraft, WrongState, PermissionDenied):
        fresh = replace(fresh, drafts=_keep_draft(request, fresh, forms))
    data = seen_now(request.POST, fresh.lines, fresh.stage)
    again = mark_forms(fresh.lines, fresh.stage, data, sheet=fresh.sheet)
    for key, form in again.items():
        form.is_valid()
        if key in errors:
            form.add_error(None, errors[key])
        if key in forms and request.POST.get(f"{form.prefix}-seen") != data[f"{form.prefix}-seen"]:
            form.other = words_of_saved(form)
    return _page(request, fresh, again)


def _keep_draft(request: HttpRequest, opened: _Opened, forms: dict[int, MarkForm]) -> Drafts:
    """把交來的字存進此人的草稿，返回存好的。Raises PermissionDenied、WrongState、StaleDraft。"""
    found, stage, drafts = opened.sheet, opened.stage, opened.drafts
    if not forms:
        raise PermissionDenied(_("這張表現在沒有歸您填的。"))
    key = draft_key(found, stage)
    kept = services.save_draft(
        actor=request.user,
        sheet_id=found.pk,
        stage=stage,
        typed=typed_in(forms, found, stage),
        version=expected_version(request, key, drafts.version, is_own=True),
        at=clock.now(),
    )
    remember_version(request, key, kept.version)
    return replace(drafts, mine=kept)


@require_POST
def sheet_draft(request: HttpRequest, code: str, department_id: int) -> HttpResponse:
    """自動保存（約定見 docs/frontend.md）：在另一處存過、那一欄已經不能填時回 409，不覆蓋。"""
    opened = _open(request, code, department_id)
    if moved := _moved_on(request, opened.stage):
        return JsonResponse({"error": moved}, status=409)
    forms = mark_forms(opened.lines, opened.stage, request.POST, sheet=opened.sheet)
    try:
        drafts = _keep_draft(request, opened, forms)
    except (StaleDraft, WrongState) as refusal:
        return JsonResponse({"error": str(refusal)}, status=409)
    token = page_token(request)
    answer = {
        "saved_at": f"{localtime(clock.now()):%H:%M}",
        "version": f"{drafts.version}.{token}" if token else str(drafts.version),
        "note": " ".join(colleague_words(row) for row in opened.colleagues),
    }
    return JsonResponse(answer)


def _saved_not_submitted(
    request: HttpRequest, found: Sheet, unfinished: SelfUnfinished
) -> HttpResponse:
    """填過的已經存了，只是不能提交：照存好的重新打開，合計是新的，再保存也不會說被別人改過。"""
    opened = _open(request, found.round.code, found.department_id)
    forms = mark_forms(opened.lines, opened.stage, None, sheet=opened.sheet)
    return _page(request, opened, forms, refusal=str(unfinished), missing=unfinished.missing)


@require_GET
def sheet_export(request: HttpRequest, code: str, department_id: int) -> FileResponse:
    """導出 Excel：與屏幕上同一張表、同樣的行，看不到的欄同樣空着。"""
    opened = _open(request, code, department_id)
    shown = dict.fromkeys(line.criterion_id for line in opened.lines)
    title = f"{opened.sheet.department_name}{_('評分表')}"
    data = write_sheet(
        opened.view,
        opened.blocks(shown),
        opened.said,
        heading=f"{opened.sheet.round.title} {title}",
        only_own=opened.only_own,
    )
    name = safe_name(f"{code}-{title}.xlsx", "xlsx", otherwise=_("評分表"))
    return attachment(data, name, XLSX)


def _open(request: HttpRequest, code: str, department_id: int) -> _Opened:
    found = sheet_or_404(request, code, department_id)
    standing, round_ = standing_of_request(request), found.round
    # 上一次的總分與初評一起看得到，看不到的不查。
    sees_first = policies.can_see_first_scores(standing, round_)
    views = sheets_of(round_, [found], with_previous=sees_first)
    (view,) = seen_by(standing, round_, views)
    stage = stage_to_fill(standing, found)
    lines = lines_to_fill(standing, found, view, stage, is_on_team=found.is_on_team)
    sees_sheet = policies.can_see_sheet(standing, round_, department_id)
    if not sees_sheet and not lines:
        raise PermissionDenied(_("評分表只有本單位、評分的人和領導看得到。"))
    drafts = drafts_of(found, stage, standing.user_id)
    return _Opened(standing, found, view, stage, lines, only_own=not sees_sheet, drafts=drafts)


def _save(request: HttpRequest, found: Sheet, stage: str, forms: dict[int, MarkForm]) -> None:
    """存好了說一句。按「保存並提交」的接着提交自評。

    Raises RefusedMarks（讀不懂的也是：錯已經寫在那一張上）、WrongState、SelfUnfinished。
    """
    if not forms:
        raise PermissionDenied(_("這張表現在沒有歸您填的。"))
    marks = read_marks(forms)
    if marks is None:
        raise RefusedMarks({})
    actor, at = request.user, clock.now()
    changed = SAVERS[stage](actor=actor, sheet_id=found.pk, marks=marks, at=at)
    if request.POST.get("submit") == "1":
        services.submit_self(actor=actor, sheet_id=found.pk, at=at)
        ui.say(request, _("自評已提交，辦公室收到了消息。"))
        return
    words = ngettext("已保存 %(count)d 條。", "已保存 %(count)d 條。", changed) % {"count": changed}
    ui.say(request, words if changed else _("沒有改動。"))


def _page(
    request: HttpRequest,
    opened: _Opened,
    forms: dict[int, MarkForm],
    *,
    refusal: str = "",
    missing: Sequence[Criterion] = (),
) -> HttpResponse:
    """評分表的頁。refusal 是剛才沒辦成的原因，missing 是提交自評還缺的各條。"""
    drafts, token = opened.drafts, page_token(request) or secrets.token_hex(4)
    found, standing, view, only_own = opened.sheet, opened.standing, opened.view, opened.only_own
    faulty = [form for form in forms.values() if form.is_bound and form.errors]
    after = None if only_own else after_of(standing, found, view)
    stage = opened.stage if forms else ""
    opening = request.GET.get("open", "")
    blocks = dressed(opened.blocks(forms), _beside(opened, stage, after, opening))
    context = {
        "round": found.round,
        "sheet": found,
        "view": view,
        "blocks": blocks,
        "progress": Progress.of(blocks),
        "stage": stage,
        "opening": opening if opening in list(Opening) else "",
        "drafts": drafts,
        "version": f"{drafts.version}.{token}",
        "colleagues": [colleague_words(row) for row in opened.colleagues],
        "left_over": _typed_too_late(request, opened)
        or left_over(found, drafts, stage, view.lines),
        "draft_version": draft_version(view, stage),
        "faulty": faulty,
        "said": opened.said,
        "self_words": self_words(view),
        "scored": sum(not line.result.is_missing for line in view.asked),
        "sees_first": opened.sees_first,
        "only_own": only_own,
        "missing": missing,
        "changes": [] if only_own else _changes(found, sees_first=opened.sees_first),
        "crumbs": crumbs_to(found.round, (found.department_name, "")),
        "after": after,
        "refusal": refusal,
        **_can(standing, found),
    }
    status = 409 if refusal else 422 if faulty else 200
    return render(request, "evaluations/sheet_page.html", context, status=status)


def _beside(opened: _Opened, stage: str, after: Any, opening: str) -> Beside:
    """各行另要的。after：看不到結果的為 None。"""
    return Beside(
        stage,
        _guides(opened),
        {row.criterion_id: row for row in after.objections} if after else {},
        is_collecting=policies.can_collect(opened.standing, opened.sheet),
        sees_collected=policies.can_see_collected(opened.standing, opened.sheet),
        opening=opening,
    )


def _can(standing: Standing, found: Sheet) -> dict[str, bool]:
    """此人現在能對自評辦的。"""
    can_run = policies.can_run_round(standing, found.round)
    return {
        "can_submit": policies.can_submit_self(standing, found),
        "can_withdraw": policies.can_withdraw_self(standing, found),
        "can_return": can_run and policies.can_be_returned(found),
    }


def _guides(opened: _Opened) -> Guides:
    """每一條的依據；本單位的人在審定以前，另說到哪裏補佐證。"""
    found = opened.sheet
    is_own = found.department_id in opened.standing.departments
    asked_of = found.department_id if is_own and not found.round.is_frozen else None
    lines = opened.lines if opened.only_own else opened.view.lines
    period = (found.round.period_start, found.round.period_end)
    return guides_of(lines, asked_of=asked_of, period=period)


def _changes(found: Sheet, *, sees_first: bool) -> list[Score]:
    """被改過的評分：舊分、誰評的、為什麼，照時間倒着列。"""
    if not found.has_changes:
        return []
    rows = Score.objects.filter(sheet=found, replaced_at__isnull=False)
    if not sees_first:
        rows = rows.filter(stage=Score.Stage.SELF)
    return list(rows.select_related("criterion", "by").order_by("-replaced_at", "-pk"))


@require_POST
def self_return(request: HttpRequest, code: str, department_id: int) -> HttpResponse:
    found = sheet_or_404(request, code, department_id)
    said = _("已退回%(unit)s補正自評，負責人收到了消息。")
    if found.is_past_due:
        said = _("已開放%(unit)s補填自評，負責人收到了消息。")
    try:
        services.return_self(
            actor=request.user,
            sheet_id=found.pk,
            reason=request.POST.get("reason", ""),
            at=clock.now(),
        )
    except WrongState as refusal:
        ui.say(request, str(refusal), level=messages.WARNING)
    else:
        ui.say(request, said % {"unit": found.department_name})
    return redirect(found)


@require_POST
def self_withdraw(request: HttpRequest, code: str, department_id: int) -> HttpResponse:
    found = sheet_or_404(request, code, department_id)
    try:
        services.withdraw_self(actor=request.user, sheet_id=found.pk, at=clock.now())
    except WrongState as refusal:
        ui.say(request, str(refusal), level=messages.WARNING)
    else:
        ui.say(request, _("已撤回自評，改好再提交。"))
    return redirect(found)


@require_GET
def figure(request: HttpRequest, code: str, department_id: int, name: str) -> HttpResponse:
    """一個系統數後面的名單：一件一行，做到沒有。"""
    if name not in SystemFigure.values:
        raise Http404
    found = sheet_or_404(request, code, department_id)
    round_ = found.round
    if not policies.can_see_sheet(standing_of_request(request), round_, department_id):
        raise PermissionDenied(_("評分表只有本單位、評分的人和領導看得到。"))
    values = read_figures(round_, [department_id], [name], on=clock.today())
    label = SystemFigure(name).label
    context = {
        "round": round_,
        "sheet": found,
        "label": label,
        "value": values.get((department_id, name), FigureValue()),
        "crumbs": crumbs_to(round_, (found.department_name, found.get_absolute_url()), (label, "")),
    }
    return render(request, "evaluations/figure_page.html", context)
