"""提綱是數據：一份彙報有哪幾章，每章流入什麼。

情況彙報四章的名稱和次序照局裏自己的文件（提高認識、工作目標、主要任務、組織領導）；方案裏該類一節
另有名稱的，用方案的。別的種類按各自的用處。沒有內容的一章不印。
"""

from dataclasses import dataclass
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from campaigns.models import Clause
from reports.models import Outline, Report

_KIND = Clause.SectionKind


@dataclass(frozen=True)
class Chapter:
    """一章。flow 是流入的內容（reports.flows）；section_kind 是方案裏對應的一節。

    scope 是建文件時選定的幾項（主要任務或具體措施的編碼），空着的不限。
    """

    key: str
    heading: str
    flow: str
    section_kind: str = ""
    scope: tuple[str, ...] = ()


SITUATION = (
    Chapter("preface", "", "preface"),
    Chapter("principle", "提高認識", "principles", _KIND.PRINCIPLE),
    Chapter("objective", "工作目標", "objectives", _KIND.OBJECTIVE),
    Chapter("task", "主要任務", "tasks", _KIND.TASK),
    Chapter("organisation", "組織領導", "leading_group", _KIND.ORGANISATION),
    Chapter("problems", "存在問題", "problems"),
    Chapter("reporting", "報送情況", "reporting"),
)
_MONTHLY = (
    Chapter("preface", "", "preface"),
    Chapter("advances", "本期工作進展", "advances"),
    Chapter("progress", "主要數據", "progress"),
    Chapter("extensions", "延期情況", "extensions"),
    Chapter("problems", "存在問題", "problems"),
    Chapter("next", "下期安排", "next_due"),
    Chapter("reporting", "報送情況", "reporting"),
)
_QUARTERLY = (
    Chapter("preface", "", "preface"),
    Chapter("progress", "總體進度", "progress"),
    Chapter("figures", "各項任務進度", "task_figures"),
    Chapter("advances", "本期工作進展", "advances"),
    Chapter("orders", "督辦和整改", "orders"),
    Chapter("results", "考核情況", "results"),
    Chapter("honours", "獲得榮譽", "honours"),
    Chapter("problems", "存在問題", "problems"),
    Chapter("extensions", "延期情況", "extensions"),
    Chapter("next", "下期安排", "next_due"),
    Chapter("reporting", "報送情況", "reporting"),
)
_BULLETIN = (
    Chapter("news", "工作動態", "by_unit"),
    Chapter("highlights", "經驗交流", "highlights"),
    Chapter("honours", "榮譽", "honours"),
)
_TOPICAL = (
    Chapter("preface", "", "preface"),
    Chapter("progress", "總體情況", "progress"),
    Chapter("advances", "進展情況", "advances"),
    Chapter("problems", "存在問題", "problems"),
    Chapter("extensions", "延期情況", "extensions"),
    Chapter("risk", "逾期和臨期", "overdue_risk"),
    Chapter("next", "下步安排", "next_due"),
)
_NOTICE = (
    Chapter("preface", "", "preface"),
    Chapter("progress", "總體情況", "progress"),
    Chapter("reporting", "報送情況", "reporting_counts"),
    Chapter("risk", "逾期和退回", "overdue_risk"),
    Chapter("orders", "督辦和整改", "orders"),
    Chapter("results", "考核結果", "results"),
    Chapter("demands", "有關要求", "own"),
)
_MEETING = (
    Chapter("progress", "總體進度", "progress"),
    Chapter("decisions", "需要研究決定的事項", "decisions"),
    Chapter("risk", "逾期與風險", "overdue_risk"),
    Chapter("new", "上次會議以來新增", "new_since"),
    Chapter("next", "下步安排", "next_due"),
)

OUTLINES: dict[str, tuple[Chapter, ...]] = {
    "situation": SITUATION,
    "monthly": _MONTHLY,
    "quarterly": _QUARTERLY,
    "bulletin": _BULLETIN,
    "topical": _TOPICAL,
    "notice": _NOTICE,
    "meeting": _MEETING,
}
"""內置的提綱；沒有列出的種類用情況彙報的。"""

ANNEXES: dict[str, tuple[str, ...]] = {
    "quarterly": ("breakdown",),
    "notice": ("results",),
}
"""內置提綱默認帶的附件。"""

KIND_HINTS: dict[str, str | Promise] = {
    "situation": _("向上級全面彙報：目標、任務、組織領導，各單位審核通過的文字逐項在內。"),
    "monthly": _("一個月的進展、數據、問題和下月安排。"),
    "quarterly": _("一個季度的總體進度、督辦整改、考核、榮譽和下季安排。"),
    "bulletin": _("一期簡報：各單位的工作動態、經驗和榮譽，短。"),
    "topical": _("只說選定的一項或幾項主要任務。"),
    "notice": _("發給各單位：誰報了、誰逾期、督辦整改和考核結果。"),
    "meeting": _("領導小組開會用的一頁：進度、要決定的、風險、新增和下步。"),
}


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
        return tuple(_read(row) for row in report.chapters)
    return built_in(report.kind)


def _read(row: dict[str, Any]) -> Chapter:
    return Chapter(**{**row, "scope": tuple(row.get("scope", ()))})
