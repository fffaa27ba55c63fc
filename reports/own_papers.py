"""本應用自己的公文：彙報的各種、任務分解表、催辦單。"""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from django.db.models import Count, Exists, F, Max, OuterRef, Window
from django.db.models.functions import RowNumber
from django.urls import reverse
from django.utils.timezone import localtime
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from campaigns.models import Campaign
from campaigns.standing import Standing
from reports import policies
from reports.models import Report
from reports.paper_kinds import (
    Link,
    PaperFamily,
    PaperGroup,
    PaperKind,
    PaperRow,
    Shelf,
    register_papers,
)
from reports.placeholders import TemplateFields
from tasks.models import Chase
from tasks.policies import can_break_down

_HINTS = {
    Report.Kind.SITUATION: gettext_lazy(
        "向上級報告一段時期的創建情況，各單位審核通過的內容按提綱彙集。"
    ),
    Report.Kind.MONTHLY: gettext_lazy("每月一份，報領導小組。"),
    Report.Kind.QUARTERLY: gettext_lazy("每季一份，報領導小組和上級。"),
    Report.Kind.BULLETIN: gettext_lazy("隨時編發，交流做法、通報進度。"),
    Report.Kind.TOPICAL: gettext_lazy("就一項工作專門報告。"),
    Report.Kind.NOTICE: gettext_lazy("向各單位通報情況、提出要求。"),
    Report.Kind.MEETING: gettext_lazy("開會用的一包材料：議題、情況和附件。"),
}


# ── 彙報 ──────────────────────────────────────────────


def _report_kinds() -> Iterator[PaperKind]:
    for value, label in Report.Kind.choices:
        yield PaperKind(
            key=f"report-{value}",
            label=label,
            hint=_HINTS.get(value, ""),
            group=PaperGroup.REPORTS,
            create=_compile(value),
            full_list=lambda campaign: reverse("reports:report-list", args=[campaign.code]),
            template=TemplateFields(value),
        )


def _compile(kind: str) -> Callable[[Standing, Campaign], Link | None]:
    def create(standing: Standing, campaign: Campaign) -> Link | None:
        if not policies.can_compile(standing, campaign):
            return None
        return Link(
            _("新擬"), f"{reverse('reports:report-create', args=[campaign.code])}?kind={kind}"
        )

    return create


def _reports(standing: Standing, campaign: Campaign, limit: int) -> Mapping[str, Shelf]:
    """各種最近的幾份，一次查詢。"""
    place = Window(
        RowNumber(), partition_by="kind", order_by=[F("created_at").desc(), F("pk").desc()]
    )
    rows = (
        Report.objects.visible_to(standing, campaign)
        .annotate(
            place=place,
            total=Window(Count("pk"), partition_by="kind"),
            is_replaced=Exists(
                Report.objects.filter(supersedes=OuterRef("pk"), state=Report.State.ISSUED)
            ),
        )
        .filter(place__lte=limit)
        .defer("snapshot")
        .order_by("kind", "place")
    )
    found: dict[str, list[Report]] = {value: [] for value in Report.Kind.values}
    for row in rows:
        row.campaign = campaign
        found.setdefault(row.kind, []).append(row)
    return {
        f"report-{kind}": Shelf([_report_row(row) for row in each], each[0].total if each else 0)
        for kind, each in found.items()
    }


def _report_row(row: Report) -> PaperRow:
    at = row.issued_at or row.saved_at
    number = row.document_number or (_("第 %(n)s 期") % {"n": row.number} if row.number else "")
    return PaperRow(
        title=row.title,
        url=row.get_absolute_url(),
        number=number,
        day=localtime(at).date(),
        state=_("已被更正版取代") if row.is_replaced else str(row.stage_name),
        tone="plain" if row.is_replaced else "ok" if row.is_issued else "act",
        download=reverse("reports:report-download", args=[row.campaign.code, row.pk]),
    )


# ── 任務分解表、催辦單 ────────────────────────────────


def _task_kinds() -> Iterator[PaperKind]:
    yield PaperKind(
        key="breakdown",
        label=gettext_lazy("任務分解表"),
        hint=gettext_lazy(
            "方案的主要任務分解到單位：措施、牽頭、配合、完成時限；照分解表現在的內容排。"
        ),
        group=PaperGroup.TASKS,
        create=_filtered,
        full_list=lambda campaign: reverse("tasks:breakdown", args=[campaign.code]),
    )
    yield PaperKind(
        key="chase",
        label=gettext_lazy("催辦單"),
        hint=gettext_lazy("欠報的單位一個一張，附回執；送達以後記下的列在這裏。"),
        group=PaperGroup.TASKS,
        create=_chase,
        full_list=lambda campaign: "",
    )


def _filtered(standing: Standing, campaign: Campaign) -> Link | None:
    """篩選過的也能印：到分解表上篩好再排。"""
    return Link(_("篩選後再排"), reverse("tasks:breakdown", args=[campaign.code]))


def _chase(standing: Standing, campaign: Campaign) -> Link | None:
    if not (can_break_down(standing, campaign) and campaign.is_open):
        return None
    return Link(_("新擬"), reverse("tasks:chase-paper", args=[campaign.code]))


def _tasks(standing: Standing, campaign: Campaign, limit: int) -> Mapping[str, Shelf]:
    found = {"breakdown": _breakdowns(standing, campaign)}
    if (units := _chased_units(standing, campaign)) is None or units:
        found["chase"] = _chases(campaign, units, limit)
    return {key: shelf for key, shelf in found.items() if shelf is not None}


def _breakdowns(standing: Standing, campaign: Campaign) -> Shelf | None:
    """全部的一份，和本單位的一份；現排，所以沒有號和日期。看得見分解表的人都有，不查庫。"""
    is_seated = campaign.pk in standing.seats
    if not (standing.is_admin or standing.departments or is_seated):
        return None
    paper = reverse("reports:breakdown-paper", args=[campaign.code])
    listed = reverse("tasks:breakdown", args=[campaign.code])
    rows = [PaperRow(_("全部任務"), listed, download=paper)]
    post = standing.main_post
    if post and post.department_id in standing.departments:
        title = _("%(unit)s承擔的任務") % {"unit": post.unit}
        own = f"{paper}?unit={post.department_id}"
        rows.append(PaperRow(title, f"{listed}?view=own", download=own))
    return Shelf(rows, len(rows))


def _chased_units(standing: Standing, campaign: Campaign) -> frozenset[int] | None:
    """看得到哪些單位的催辦，與 can_see_chases 同一規則；None 是全部。"""
    if standing.is_office(campaign) or standing.is_chair(campaign):
        return None
    return standing.departments | standing.charge_of(campaign)


def _chases(campaign: Campaign, units: frozenset[int] | None, limit: int) -> Shelf:
    """書面催過的：一次一個單位一行。"""
    unit = "submission__assignment__department"
    rows = Chase.objects.filter(
        channel=Chase.Channel.PAPER, submission__assignment__measure__campaign=campaign
    )
    if units is not None:
        rows = rows.filter(**{f"{unit}__in": units})
    rows = (
        rows.values("batch", unit, f"{unit}__name")
        .annotate(on=Max("at"), count=Count("pk"), answered=Count("answered_at"))
        .order_by("-on", f"{unit}__position")
    )
    shown = list(rows[: limit + 1])
    return Shelf(
        [_chase_row(row, row[unit], row[f"{unit}__name"]) for row in shown[:limit]],
        len(shown[:limit]),
    )


def _chase_row(row: dict[str, Any], unit_id: int, unit: str) -> PaperRow:
    is_answered = row["answered"] >= row["count"]
    return PaperRow(
        title=_("%(unit)s：%(count)d 項") % {"unit": unit, "count": row["count"]},
        url=reverse("tasks:chase-received", args=[row["batch"]]),
        day=localtime(row["on"]).date(),
        state=_("已答覆") if is_answered else _("已送達"),
        tone="ok" if is_answered else "plain",
        download=f"{reverse('reports:chase-recorded', args=[row['batch']])}?to={unit_id}",
    )


def register() -> None:
    register_papers(PaperFamily("reports", _report_kinds, _reports, 10))
    register_papers(PaperFamily("tasks", _task_kinds, _tasks, 20))
