"""導入方案：貼入 → 核對結構 → 看差異 → 保存。沒有腳本時每一步是一個小表單。"""

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from campaigns import policies
from campaigns.current import campaign_or_404
from campaigns.models import Campaign, Clause, PlanDraft
from campaigns.services.plan import SamePlan, current_version, same_version
from campaigns.services.plan_changes import changes_between
from campaigns.services.plan_drafts import (
    DraftGone,
    Preview,
    adjust_draft,
    discard_draft,
    draft_of,
    preview_of,
    start_draft,
    undo_adjustment,
)
from campaigns.standing import standing_of
from pingtan_civ import ui
from pingtan_civ.lib import clock
from pingtan_civ.lib.numbers import read_int
from pingtan_civ.lib.plan.adjust import CLAUSE
from tasks.plan_forms import AdjustForm, PlanSourceForm
from tasks.services.plan import EmptyPlan, PlanMoved, import_plan
from tasks.services.plan_table import TableRefused, check_table, import_table, table_json

Response = HttpResponse | TemplateResponse


def office_campaign(request: HttpRequest, code: str) -> Campaign:
    """本人可以導入方案的活動；看得見而無權的回 403。"""
    campaign = campaign_or_404(request, code)
    if not policies.can_import_plan(standing_of(request.user, clock.today()), campaign):
        raise PermissionDenied(_("只有本活動辦公室的人可以導入方案，活動結束後不能再導入。"))
    return campaign


@require_http_methods(["GET", "POST"])
def plan_import(request: HttpRequest, campaign_code: str) -> Response:
    campaign = office_campaign(request, campaign_code)
    form = PlanSourceForm(
        request.POST or None, request.FILES or None, year=campaign.start_date.year
    )
    if request.method == "POST" and form.is_valid():
        return _take(request, campaign, form)
    context = {
        "form": form,
        "campaign": campaign,
        "draft": draft_of(request.user, campaign),
        "current": current_version(campaign),
        "crumbs": _crumbs(campaign, _("導入方案")),
    }
    status = 422 if form.errors else 200
    return render(request, "plans/import_page.html", context, status=status)


def _take(request: HttpRequest, campaign: Campaign, form: PlanSourceForm) -> HttpResponse:
    same = None if form.table else same_version(campaign, form.source_text)
    if same:
        ui.say(
            request,
            _("這份原文與第 %(number)d 版一字不差，方案沒有改動。") % {"number": same.number},
            level=messages.INFO,
        )
        return redirect("tasks:plan", campaign.code)
    start_draft(
        actor=request.user,
        campaign_id=campaign.pk,
        source_name=form.source_name,
        source_text=form.source_text,
        table=table_json(form.table) if form.table else None,
        at=clock.now(),
    )
    return redirect("tasks:plan-table" if form.table else "tasks:plan-preview", campaign.code)


@require_GET
def plan_preview(request: HttpRequest, campaign_code: str) -> Response:
    campaign = office_campaign(request, campaign_code)
    draft = draft_of(request.user, campaign)
    if draft is None or draft.table:
        return _start_over(request, campaign, draft)
    edit = request.GET.get("edit", "")
    context = _preview_context(campaign, preview_of(draft), edit)
    context["touched"] = request.GET.get("touched", "")
    if request.htmx:
        template = "row_editor.html" if context["row"] else "preview_page.html#step"
        return render(request, f"plans/{template}", context)
    return render(request, "plans/preview_page.html", context)


@require_POST
def plan_adjust(request: HttpRequest, campaign_code: str) -> Response:
    campaign = office_campaign(request, campaign_code)
    draft, form = draft_of(request.user, campaign), AdjustForm(request.POST)
    if draft is None:
        return _start_over(request, campaign, None)
    changed = form.is_valid() and adjust_draft(
        actor=request.user, draft_id=draft.pk, operation=form.operation(), at=clock.now()
    )
    return _after_step(request, campaign, form.data.get("row", ""), unchanged=not changed)


@require_POST
def plan_undo(request: HttpRequest, campaign_code: str) -> Response:
    campaign = office_campaign(request, campaign_code)
    draft = draft_of(request.user, campaign)
    if draft is None:
        return _start_over(request, campaign, None)
    last = undo_adjustment(actor=request.user, draft_id=draft.pk, at=clock.now())
    return _after_step(request, campaign, str((last or {}).get("row") or ""))


def _after_step(
    request: HttpRequest, campaign: Campaign, key: str, *, unchanged: bool = False
) -> Response:
    """改完一步：htmx 只換樹和上面的數，其餘回到預覽頁的那一行。"""
    draft = draft_of(request.user, campaign)
    if draft is None:
        return _start_over(request, campaign, None)
    if request.htmx:
        context = _preview_context(campaign, preview_of(draft), "")
        context |= {"touched": _touched(context["preview"], key), "unchanged": unchanged}
        return render(request, "plans/preview_page.html#step", context)
    if unchanged:
        ui.say(request, _("這一處沒有改動：選的與現在一樣。"), level=messages.INFO)
    address = redirect("tasks:plan-preview", campaign.code)
    address["Location"] += f"#r{key}"
    return address


def _touched(preview: Preview, key: str) -> str:
    """焦點回到剛改的一行；它併走了，就落在前一行。"""
    if preview.row(key):
        return key
    digits = "".join(filter(str.isdigit, key))
    offset = read_int(digits) or 0
    before = [row.key for row in preview.rows if row.offset <= offset]
    return before[-1] if before else ""


@require_GET
def plan_differences(request: HttpRequest, campaign_code: str) -> Response:
    campaign = office_campaign(request, campaign_code)
    draft, current = draft_of(request.user, campaign), current_version(campaign)
    if draft is None or draft.table or current is None:
        return _start_over(request, campaign, draft)
    preview = preview_of(draft)
    context = {
        "campaign": campaign,
        "current": current,
        "preview": preview,
        "changes": changes_between(current, preview.plan),
        "crumbs": _crumbs(campaign, _("與現行方案的差異")),
    }
    return render(request, "plans/differences_page.html", context)


@require_POST
def plan_save(request: HttpRequest, campaign_code: str) -> HttpResponse:
    campaign = office_campaign(request, campaign_code)
    draft = draft_of(request.user, campaign)
    based_on = request.POST.get("based_on", "")
    try:
        imported = import_plan(
            actor=request.user,
            campaign_id=campaign.pk,
            draft_id=draft.pk if draft else 0,
            at=clock.now(),
            with_measures=bool(request.POST.get("with_measures")),
            based_on=read_int(based_on) or 0,
            pairs=request.POST.getlist("pair") if "has_pairs" in request.POST else None,
        )
    except (DraftGone, SamePlan) as reason:
        ui.say(request, str(reason), level=messages.INFO)
        return redirect("tasks:plan", campaign.code)
    except PlanMoved as reason:
        ui.say(request, str(reason), level=messages.WARNING)
        return redirect("tasks:plan-differences", campaign.code)
    except EmptyPlan as reason:
        ui.say(request, str(reason), level=messages.WARNING)
        return redirect("tasks:plan-preview", campaign.code)
    ui.say(request, imported.sentence)
    return redirect("tasks:plan", campaign.code)


@require_POST
def plan_discard(request: HttpRequest, campaign_code: str) -> HttpResponse:
    campaign = office_campaign(request, campaign_code)
    draft = draft_of(request.user, campaign)
    if draft:
        discard_draft(actor=request.user, draft_id=draft.pk)
    ui.say(request, _("已放棄這次導入，方案沒有改動。"))
    return redirect("tasks:plan-import", campaign.code)


# ── 任務分解表 ────────────────────────────────────────


@require_GET
def plan_table(request: HttpRequest, campaign_code: str) -> Response:
    campaign = office_campaign(request, campaign_code)
    draft = draft_of(request.user, campaign)
    if draft is None or not draft.table:
        return _start_over(request, campaign, draft)
    context = {
        "campaign": campaign,
        "draft": draft,
        "table": check_table(draft, clock.today()),
        "crumbs": _crumbs(campaign, _("核對任務分解表")),
    }
    return render(request, "plans/table_page.html", context)


@require_POST
def plan_table_save(request: HttpRequest, campaign_code: str) -> HttpResponse:
    campaign = office_campaign(request, campaign_code)
    draft = draft_of(request.user, campaign)
    try:
        sentence = import_table(
            actor=request.user,
            campaign_id=campaign.pk,
            draft_id=draft.pk if draft else 0,
            at=clock.now(),
        )
    except TableRefused as reason:
        ui.say(request, str(reason), level=messages.WARNING)
        return redirect("tasks:plan-table", campaign.code)
    except DraftGone as reason:
        ui.say(request, str(reason), level=messages.INFO)
        return redirect("tasks:plan", campaign.code)
    ui.say(request, sentence)
    return redirect("tasks:breakdown", campaign.code)


# ── 共用 ──────────────────────────────────────────────


def _start_over(
    request: HttpRequest, campaign: Campaign, draft: PlanDraft | None
) -> HttpResponseRedirect:
    """沒有草稿，或草稿是另一種：去該去的一頁，說明為什麼。"""
    if draft is not None:
        return redirect("tasks:plan-table" if draft.table else "tasks:plan-preview", campaign.code)
    ui.say(request, _("沒有未保存的導入，請先貼入或上傳方案。"), level=messages.INFO)
    return redirect("tasks:plan-import", campaign.code)


def _preview_context(campaign: Campaign, preview: Preview, edit: str) -> dict[str, object]:
    current = current_version(campaign)
    row = preview.row(edit)
    context: dict[str, object] = {
        "campaign": campaign,
        "preview": preview,
        "counts": preview.counts,
        "current": current,
        "based_on": current.number if current else 0,
        "row": row,
        "editing": edit if row else "",
        "kinds": Clause.SectionKind.choices,
        "levels": Clause.Level.choices,
        "crumbs": _crumbs(campaign, _("核對結構")),
    }
    if row:
        context |= {
            "code": preview.codes.get(row.key, ""),
            "heading_points": preview.heading_points(row.key),
            "heading_at": len(row.body + row.separator),
            "can_merge": row.level == CLAUSE and preview.can_merge(row.key),
        }
    return context


def _crumbs(campaign: Campaign, here: str) -> list[tuple[str, str]]:
    return [
        (_("方案與目標"), reverse("tasks:plan", args=[campaign.code])),
        (here, ""),
    ]
