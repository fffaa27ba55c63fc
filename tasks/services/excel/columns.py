"""任務分解表有哪些列，每一格怎麼寫。導出和讀回對着同一張表，所以沒改的格一定相同。"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.core.signing import Signer
from django.utils.translation import gettext_lazy as _

from campaigns.models import Cycle
from tasks.labels import choice_label, seat_label
from tasks.models import Measure

_signer = Signer(salt="tasks.breakdown.sheet")


@dataclass(frozen=True)
class Column:
    """一列。name 是措施的字段，空的只供看、讀回時不理；width 是列寬（字符）。"""

    key: str
    heading: Any
    width: int
    name: str = ""


COLUMNS = (
    Column("code", _("序號"), 8),
    Column("objective", _("創建目標"), 20, "objective"),
    Column("main_task", _("主要任務"), 20, "main_task"),
    Column("title", _("具體措施"), 36, "title"),
    Column("leader", _("責任領導"), 14, "accountable_seat"),
    Column("lead", _("牽頭科室"), 14, "lead_department"),
    Column("supporting", _("配合科室"), 20, "supporting"),
    Column("owner", _("責任人"), 10, "owner"),
    Column("due", _("完成時限"), 12, "due_date"),
    Column("cycle", _("考核週期"), 10, "cycle"),
    Column("evidence", _("佐證材料"), 22, "evidence"),
    Column("progress", _("進展情況"), 32),
    Column("completion", _("完成情況"), 14),
    Column("note", _("備註"), 18, "note"),
)
#: 隱藏的鑰匙列：主鍵、改動次數、校驗。
KEYS = (
    Column("id", _("系統編號"), 8),
    Column("version", _("版次"), 6),
    Column("signature", _("校驗"), 20),
)
#: 出錯時附上的一列。
MESSAGE = Column("message", _("需要修改的地方"), 48)
EDITABLE = {column.key: column for column in COLUMNS if column.name}
SHEET = _("任務分解表")
LISTS = _("名單")


def signature(campaign_id: int, pk: int, version: int) -> str:
    """鑰匙列的校驗：別的活動的表、手改過的鑰匙都認得出。"""
    return _signer.signature(f"{campaign_id}:{pk}:{version}")


def headed(row: Any) -> str:
    """目標和主要任務的寫法：「G1 組織領導有力」。"""
    return f"{row.code} {row.title}" if row else ""


def evidence_words(rows: Iterable[tuple[Any, int]]) -> str:
    return "、".join(f"{form.name}{count}份" for form, count in rows)


_TEXT: dict[str, Callable[[Measure], Any]] = {
    "code": lambda row: row.code,
    "objective": lambda row: headed(row.objective),
    "main_task": lambda row: headed(row.main_task),
    "title": lambda row: row.title,
    "leader": lambda row: seat_label(row.accountable_seat),
    "lead": lambda row: row.lead_department.name if row.lead_department else "",
    "supporting": lambda row: "、".join(unit.name for unit in row.supporting_departments.all()),
    "owner": lambda row: row.owner.name if row.owner else "",
    "due": lambda row: row.due_date,
    "cycle": lambda row: choice_label(Cycle, row.cycle),
    "evidence": lambda row: evidence_words(
        (wanted.form, wanted.count) for wanted in row.evidence_wanted.all()
    ),
    "note": lambda row: row.note,
}


def cell_value(key: str, measure: Measure) -> str | date | None:
    """這一格的值：文字，或日期（完成時限）。"""
    return _TEXT[key](measure)


def with_everything(rows: Any) -> Any:
    """導出和核對要的對象一次取齊。"""
    return rows.select_related(
        "campaign", "objective", "main_task", "lead_department", "accountable_seat__user", "owner"
    ).prefetch_related("supporting_departments", "evidence_wanted__form")
