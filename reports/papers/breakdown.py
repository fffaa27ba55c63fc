"""任務分解表：主要任務、具體措施、牽頭和配合單位、完成時限，按主要任務分組，排成公文。

照屏幕上的分解表排：同一個篩選條件、同一道權限。撤銷的和補要材料的不是分解的任務，不列；
還沒下達的（只有辦公室和領導看得見）列出來，標題下寫明，供送審。
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from campaigns.models import Campaign
from campaigns.naming import signature_of
from journal.services import source_script
from people.models import Department
from pingtan_civ.lib.dates import long_date
from reports import prose
from reports.papers.words import close_up, converter
from reports.prose import chapter_number
from reports.rendering import Column, OfficialDocument, Paragraph, Table
from reports.rendering.document import Script
from tasks.models import Measure
from tasks.models.plan import MeasureQuerySet

#: 欄名和欄寬（毫米），合計是版心的寬。
COLUMNS = (
    ("序號", 12.0),
    ("主要任務", 26.0),
    ("具體措施", 41.0),
    ("牽頭單位", 24.0),
    ("配合單位", 29.0),
    ("完成時限", 24.0),
)
_CENTRED = ("序號", "完成時限")
UNSET = "未定"


@dataclass(frozen=True)
class Breakdown:
    """要印的：哪個活動、哪個單位（不是全部時）、是不是節選、哪些措施。"""

    campaign: Campaign
    measures: Sequence[Measure]
    unit: Department | None = None
    is_excerpt: bool = False

    @property
    def title(self) -> str:
        name = close_up(self.campaign.name)
        return f"{self.unit.name}承擔的{name}任務分解表" if self.unit else f"{name}任務分解表"


def printed_measures(rows: MeasureQuerySet) -> list[Measure]:
    """要列的各項，按主要任務、按次序；兩次查詢。rows 已按權限和篩選取好。"""
    return list(
        rows.exclude(state=Measure.State.CANCELLED)
        .filter(is_request=False)
        .select_related("main_task", "lead_department")
        .prefetch_related("supporting_departments")
        .order_by("main_task__number", "main_task_id", "position", "pk")
    )


def breakdown_paper(
    breakdown: Breakdown, *, day: date, script: Script = "hant"
) -> OfficialDocument:
    says = converter(script)
    with source_script():
        signature = signature_of(breakdown.campaign)
    notes = _notes(breakdown)
    columns = tuple(
        Column(says(title), width, "center" if title in _CENTRED else "left")
        for title, width in COLUMNS
    )
    rows = tuple(tuple(says(cell) for cell in row) for row in rows_of(breakdown.measures))
    return OfficialDocument(
        title=says(breakdown.title),
        place_line=says(f"（{'，'.join(notes)}）") if notes else None,
        blocks=(Paragraph(says(_opening(breakdown))), Table("", columns, rows)),
        signature=says(signature),
        date=day,
        script=script,
    )


def _notes(breakdown: Breakdown) -> list[str]:
    drafts = sum(row.state == Measure.State.DRAFT for row in breakdown.measures)
    notes = ["節選"] if breakdown.is_excerpt else []
    return [*notes, f"含未下達的{drafts}項，供審核"] if drafts else notes


def _opening(breakdown: Breakdown) -> str:
    rows = breakdown.measures
    tasks = len({row.main_task_id for row in rows})
    if breakdown.unit:
        led = sum(row.lead_department_id == breakdown.unit.pk for row in rows)
        parts = [
            f"牽頭{led}項" if led else "",
            f"配合{len(rows) - led}項" if led < len(rows) else "",
        ]
        return (
            f"{breakdown.unit.name}承擔具體措施{len(rows)}項，其中{'、'.join(filter(None, parts))}，"
            f"分屬主要任務{tasks}項。"
        )
    leads = len({row.lead_department_id for row in rows if row.lead_department_id})
    return f"主要任務{tasks}項，分解為具體措施{len(rows)}項，由{leads}個單位牽頭。"


def rows_of(measures: Sequence[Measure]) -> list[tuple[str, ...]]:
    """表裏的各行。一項主要任務的名稱寫在它的第一行，以下各行只寫序數，跨了頁也認得出。"""
    found, above = [], None
    for number, row in enumerate(measures, 1):
        task = row.main_task
        ordinal = chapter_number(2, task.number)
        named = ordinal + prose.typeset(task.title) if task.pk != above else ordinal
        above = task.pk
        supporting = "、".join(unit.name for unit in row.supporting_departments.all())
        found.append(
            (
                str(number),
                named,
                f"{row.code} {prose.typeset(row.title)}",
                row.lead_department.name if row.lead_department else UNSET,
                supporting or "—",
                _due(row.due_date),
            )
        )
    return found


def _due(day: date | None) -> str:
    """「2026年」「12月31日」分兩行，欄才不必寬。"""
    return long_date(day).replace("年", "年\n", 1) if day else UNSET
