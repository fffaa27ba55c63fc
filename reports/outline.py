"""提綱是數據：一份彙報有哪幾章，每章流入什麼。

四章的名稱和次序照局裏自己的文件（提高認識、工作目標、主要任務、組織領導）；方案裏該類一節
另有名稱的，用方案的。後兩章在有內容時才印。
"""

from dataclasses import dataclass

from campaigns.models import Clause
from reports.models import Outline, Report

_KIND = Clause.SectionKind


@dataclass(frozen=True)
class Chapter:
    """一章。flow 是流入的內容（見 composing）；section_kind 是方案裏對應的一節。"""

    key: str
    heading: str
    flow: str
    section_kind: str = ""


SITUATION = (
    Chapter("preface", "", "preface"),
    Chapter("principle", "提高認識", "principles", _KIND.PRINCIPLE),
    Chapter("objective", "工作目標", "objectives", _KIND.OBJECTIVE),
    Chapter("task", "主要任務", "tasks", _KIND.TASK),
    Chapter("organisation", "組織領導", "leading_group", _KIND.ORGANISATION),
    Chapter("problems", "存在問題", "problems"),
    Chapter("reporting", "報送情況", "reporting"),
)

OUTLINES: dict[str, tuple[Chapter, ...]] = {"situation": SITUATION}
"""內置的提綱；沒有列出的種類用情況彙報的。"""


def built_in(kind: str) -> tuple[Chapter, ...]:
    return OUTLINES.get(kind, SITUATION)


def chapters_of(outline: Outline | None, kind: str) -> tuple[Chapter, ...]:
    if outline is None:
        return built_in(kind)
    return tuple(
        Chapter(row.key, row.heading, row.flow, row.section_kind) for row in outline.rows.all()
    )


def chapters_in(report: Report) -> tuple[Chapter, ...]:
    """這份文件的各章；早先建立、沒有抄過的用內置的。"""
    if report.chapters:
        return tuple(Chapter(**row) for row in report.chapters)
    return built_in(report.kind)
