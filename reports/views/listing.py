"""彙報的列表和新編一份。"""

from typing import Any

from django.core.exceptions import PermissionDenied, ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from campaigns.current import campaign_or_404
from campaigns.models import Campaign
from people.naming import bureau_name
from pingtan_civ import ui
from pingtan_civ.form_pages import posted
from pingtan_civ.lib import clock
from pingtan_civ.lib.numbers import read_int
from reports import policies, services
from reports.composing import title_from
from reports.forms import NewReportForm
from reports.models import Outline, Report
from reports.outline import ANNEXES, KIND_HINTS, chapters_of
from reports.periods import default_period
from reports.views.doors import list_url, standing_of_request
from tasks.models import Measure, Round

FOLDED = ("head_text", "copied_to", "has_seal_place", "prints_marks")


@require_GET
def report_list(request: HttpRequest, campaign_code: str) -> HttpResponse:
    """各種文件排在一起，新的在前；?kind= 只看一種。"""
    campaign = campaign_or_404(request, campaign_code)
    standing = standing_of_request(request)
    rows = Report.objects.visible_to(standing, campaign).defer("snapshot")
    reports = list(rows.select_related("issued_by", "created_by", "supersedes"))
    replaced = {report.supersedes_id for report in reports if report.is_issued}
    for report in reports:
        report.campaign = campaign
        report.is_replaced = report.pk in replaced
    kind = _kind(request)
    shown = [report for report in reports if not kind or report.kind == kind]
    issued = [report for report in shown if report.is_issued]
    context = {
        "campaign": campaign,
        "kind": Report.Kind(kind) if kind else None,
        "tabs": _tabs(reports, kind),
        "drafts": [report for report in shown if not report.is_issued],
        "issued": sorted(issued, key=lambda row: (row.issued_at, row.pk), reverse=True),
        "may_compile": policies.can_compile(standing, campaign),
        "may_see_drafts": standing.is_office(campaign) or standing.is_leader(campaign),
    }
    return render(request, "reports/report_list_page.html", context)


def _kind(request: HttpRequest) -> str:
    """網址裏的種類；不認得的不用。"""
    kind = request.GET.get("kind", "")
    return kind if kind in Report.Kind.values else ""


def _tabs(reports: list[Report], kind: str) -> list[dict[str, Any]]:
    """有過的種類才列；只有一種時不必分。"""
    counts: dict[str, int] = {}
    for report in reports:
        counts[report.kind] = counts.get(report.kind, 0) + 1
    if kind:
        counts.setdefault(kind, 0)
    if len(counts) < 2 and not kind:
        return []
    every = {"label": _("全部"), "url": "?", "count": len(reports), "current": not kind}
    return [
        every,
        *(
            {
                "label": each.label,
                "url": f"?kind={each.value}",
                "count": counts[each.value],
                "current": each.value == kind,
            }
            for each in Report.Kind
            if each.value in counts
        ),
    ]


@require_http_methods(["GET", "POST"])
def report_create(request: HttpRequest, campaign_code: str) -> HttpResponse:
    """編一份。種類和提綱在網址裏（?kind=&outline=），各有各的默認，不用腳本。"""
    campaign = campaign_or_404(request, campaign_code)
    if not policies.can_compile(standing_of_request(request), campaign):
        raise PermissionDenied(_("只有本活動辦公室能編製彙報。"))
    kind = _kind(request) or Report.Kind.SITUATION
    outlines = list(
        campaign.outlines.filter(kind=kind, retired_at__isnull=True).prefetch_related("rows")
    )
    outline = _outline(request, outlines)
    flows = {chapter.flow for chapter in chapters_of(outline, kind)}
    form = NewReportForm(
        posted(request),
        initial=_initial(campaign, kind, outline),
        tasks=_task_choices(campaign) if kind == Report.Kind.TOPICAL else None,
        highlights=_told_measures(campaign) if "highlights" in flows else None,
    )
    if request.method == "POST" and form.is_valid():
        try:
            report = services.create_report(
                actor=request.user,
                campaign=campaign,
                settings=form.settings,
                at=clock.now(),
                kind=kind,
                outline=outline,
                **form.scope,
            )
        except ValidationError as refusal:
            form.add_error(None, refusal)
        else:
            ui.say(request, _("已彙集到此刻為止審核通過的內容。"))
            return redirect(reverse("reports:report-detail", args=[campaign.code, report.pk]))
    context = _create_context(campaign, kind, outline, outlines, form)
    return render(request, "reports/report_create_page.html", context)


def _outline(request: HttpRequest, outlines: list[Outline]) -> Outline | None:
    """?outline= 指定的一份；0 是內置的；不寫的用默認的，沒有默認的用內置的。"""
    given = request.GET.get("outline", "")
    if not given:
        return next((row for row in outlines if row.is_default), None)
    if given == "0":
        return None
    pk = read_int(given)
    for row in outlines:
        if row.pk == pk:
            return row
    raise Http404(_("沒有這份提綱，可能已經停用。"))


def _initial(campaign: Campaign, kind: str, outline: Outline | None) -> dict[str, object]:
    """標題、主送和落款照上一份同類的；期間隨種類；紅頭、抄送和附件隨提綱。"""
    start, end = default_period(campaign, kind, clock.today())
    last = campaign.reports.filter(kind=kind).defer("snapshot").first()
    title = last.title if last else ""
    if not title:
        plan = campaign.plan_versions.values_list("title", flat=True).first()
        title = title_from(plan or "", campaign.name, kind)
    return {
        "title": title,
        "period_start": start,
        "period_end": end,
        "salutation": last.salutation if last else "",
        "signature": last.signature if last else bureau_name(),
        "script": last.script if last else Report.Script.HANT,
        "head_text": outline.head_text if outline else "",
        "copied_to": outline.copied_to if outline else "",
        "has_seal_place": last.has_seal_place if last else False,
        "prints_marks": last.prints_marks if last else False,
        "annexes": list(outline.annexes if outline else ANNEXES.get(kind, ())),
    }


def _task_choices(campaign: Campaign) -> list[tuple[str, str]]:
    rows = campaign.main_tasks.filter(retired_at__isnull=True)
    return [(row.code, str(row)) for row in rows]


def _told_measures(campaign: Campaign) -> list[tuple[str, str]]:
    """有審核通過文字的措施，帶上牽頭單位。"""
    told = Round.objects.filter(decision=Round.Decision.ACCEPTED).exclude(narrative="")
    rows = (
        campaign.measures.counted()
        .filter(pk__in=told.values("submission__assignment__measure"))
        .select_related("lead_department")
        .order_by("position", "pk")
    )
    return [(row.code, _measure_label(row)) for row in rows]


def _measure_label(row: Measure) -> str:
    unit = row.lead_department.name if row.lead_department else ""
    return f"{row.code} {row.title}" + (f"（{unit}）" if unit else "")


def _create_context(
    campaign: Campaign,
    kind: str,
    outline: Outline | None,
    outlines: list[Outline],
    form: NewReportForm,
) -> dict[str, Any]:
    label = Report.Kind(kind).label
    kinds = [
        {"label": each.label, "url": f"?kind={each.value}", "current": each.value == kind}
        for each in Report.Kind
    ]
    choices = [{"label": _("內置的提綱"), "url": f"?kind={kind}&outline=0", "current": not outline}]
    choices += [
        {"label": row.name, "url": f"?kind={kind}&outline={row.pk}", "current": row == outline}
        for row in outlines
    ]
    return {
        "campaign": campaign,
        "title": _("編製%(kind)s") % {"kind": label},
        "crumbs": [(_("彙報"), list_url(campaign)), (_("編製%(kind)s") % {"kind": label}, "")],
        "back": list_url(campaign),
        "kinds": kinds,
        "hint": KIND_HINTS[kind],
        "outlines": choices if outlines else [],
        "chapters": [row.heading for row in chapters_of(outline, kind) if row.heading],
        "mark": outline.mark if outline else "",
        "form": form,
        "shown": [
            bound for bound in form if bound.name not in (*FOLDED, "period_start", "period_end")
        ],
        "folded": [form[name] for name in FOLDED],
        "unfold": any(form[name].errors or form.initial.get(name) for name in FOLDED),
    }
