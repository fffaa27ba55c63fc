"""體檢的兩頁：全部單位的表，一個單位的清單。篩選寫在網址裏，數字等於點開的條數。"""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, fields, replace
from itertools import groupby
from typing import Any
from urllib.parse import urlencode

from django.core.paginator import Paginator
from django.http import QueryDict
from django.urls import reverse
from django.utils.translation import gettext as _

from campaigns.models import Campaign
from evidence.checkup.engine import LEVELS, Checkup, Filter
from evidence.checkup.facts import Unit
from evidence.checkup.rules import RULES, Mark
from evidence.checkup.telling import Line, line_of
from evidence.completeness import Tally
from tasks.breakdown_page import Chip, Choice, Tab
from tasks.breakdown_query import Reader
from tasks.specification import Level

PAGE_SIZE = 100
_LONGEST_PERIOD = 12


@dataclass(frozen=True)
class CheckupQuery:
    """網址裏的條件。ignored 是讀不懂而沒有用上的參數名。"""

    level: str = ""
    rule: str = ""
    objective: int | None = None
    period: str = ""
    page: int = 1
    ignored: tuple[str, ...] = field(default=(), compare=False)

    @classmethod
    def read(cls, data: QueryDict) -> "CheckupQuery":
        reader = Reader(data)
        period = data.get("period", "").replace("\x00", "").strip()
        return cls(
            level=reader.one("level", ["", *Level.values], ""),
            rule=reader.one("rule", ["", *RULES], ""),
            objective=reader.number("objective"),
            period=period[:_LONGEST_PERIOD],
            page=reader.number("page") or 1,
            ignored=tuple(reader.ignored),
        )

    def as_dict(self) -> dict[str, Any]:
        """只含與默認不同的條件。"""
        return {
            each.name: getattr(self, each.name)
            for each in fields(self)
            if each.name != "ignored" and getattr(self, each.name) != each.default
        }

    def url(self, **changes: Any) -> str:
        """換幾個條件以後的查詢串；換了條件就回到第一頁。"""
        return "?" + urlencode(replace(self, **{"page": 1, **changes}).as_dict())

    @property
    def filter(self) -> Filter:
        return Filter(self.rule, self.objective, self.period)

    @property
    def is_filtered(self) -> bool:
        return replace(self, page=1) != CheckupQuery()

    def matching(self, checkup: Checkup) -> list[Mark]:
        """頁面、計數、導出同一份。"""
        found = checkup.matching(self.filter)
        return [each for each in found if not self.level or each.level == self.level]


# ── 全部單位 ──────────────────────────────────────────


@dataclass(frozen=True)
class Count:
    """一格的數和點開它的網址。"""

    level: Level
    count: int
    url: str


@dataclass(frozen=True)
class Row:
    """一個單位：各級幾處，完整度多少。"""

    unit: Unit
    url: str
    counts: tuple[Count, ...]
    tally: Tally

    @property
    def bar(self) -> str:
        return "ok" if self.tally.percent == 100 else ""


@dataclass(frozen=True)
class RuleCount:
    label: str
    level: Level
    count: int
    url: str
    current: bool


@dataclass
class Summary:
    """數好的：只有編號和數，可以記住片刻。"""

    units: list[Unit]
    counts: Counter[tuple[int, str]]
    rules: Counter[tuple[str, str]]
    tallies: dict[int, Tally]
    periods: list[tuple[str, str]]
    objectives: list[tuple[int, str]]
    entries: int


def summarise(checkup: Checkup, query: CheckupQuery) -> Summary:
    """按條件數一遍。按規則的數不分規則，看得到別的規則各有幾處。"""
    marks = query.matching(checkup)
    others = replace(query, rule="").matching(checkup)
    tallies = checkup.tallies(query.filter)
    shown = {each.department_id for each in marks} | tallies.keys()
    return Summary(
        units=[unit for unit in checkup.units if unit.pk in shown],
        counts=Counter((each.department_id, each.level.value) for each in marks),
        rules=Counter((each.code, each.level.value) for each in others),
        tallies=tallies,
        periods=periods_of(checkup),
        objectives=objectives_of(checkup),
        entries=len(checkup.facts.entries_by_pk),
    )


def periods_of(checkup: Checkup) -> list[tuple[str, str]]:
    """已開始的各期（代碼、名稱），新的在前。"""
    found = {entry.label: (entry.start, entry.period) for entry in checkup.facts.entries}
    order = sorted(found.items(), key=lambda row: (row[1][0], row[0]), reverse=True)
    return [(label, name) for label, (_start, name) in order]


def objectives_of(checkup: Checkup) -> list[tuple[int, str]]:
    found = {
        row.objective_id: f"{row.objective_code} {row.objective_title}"
        for row in checkup.facts.measures.values()
        if row.objective_id
    }
    return sorted(found.items(), key=lambda row: row[1])


def summary_context(summary: Summary, campaign: Campaign, query: CheckupQuery) -> dict[str, Any]:
    """全部單位一頁要的一切。"""
    rows = [_row(unit, summary, campaign, query) for unit in summary.units]
    total = Tally()
    for tally in summary.tallies.values():
        total.add(tally)
    totals = [
        Count(level, sum(summary.counts[unit.pk, level.value] for unit in summary.units), "")
        for level in LEVELS
    ]
    return {
        "campaign": campaign,
        "query": query,
        "rows": rows,
        "whole": total,
        "totals": totals,
        "heading": heading(totals, total, query) if rows else _("佐證體檢"),
        "rules": list(_rule_counts(summary.rules, query)),
        "export_url": reverse("evidence:checkup-export", args=[campaign.code]) + query.url(),
        **choices(query, summary.periods, summary.objectives),
    }


def _row(unit: Unit, summary: Summary, campaign: Campaign, query: CheckupQuery) -> Row:
    base = reverse("evidence:checkup-department", args=[campaign.code, unit.pk])
    counts = tuple(
        Count(level, summary.counts[unit.pk, level.value], base + query.url(level=level.value))
        for level in LEVELS
    )
    return Row(unit, base + query.url(), counts, summary.tallies.get(unit.pk, Tally()))


def heading(totals: Iterable[Count], tally: Tally, query: CheckupQuery) -> str:
    """先說要改的：「12 處錯誤，3 處注意」；沒有查出、而還不齊的，不說「都合要求」。"""
    words = {count.level: count.count for count in totals}
    errors, warnings, hints = (words.get(level, 0) for level in LEVELS)
    if errors and warnings:
        return _("%(errors)d 處錯誤，%(warnings)d 處注意") % {
            "errors": errors,
            "warnings": warnings,
        }
    if errors:
        return _("%(errors)d 處錯誤") % {"errors": errors}
    if warnings:
        return _("沒有錯誤，%(warnings)d 處注意") % {"warnings": warnings}
    if hints:
        return _("沒有錯誤，%(hints)d 處提示") % {"hints": hints}
    if query.is_filtered:
        return _("按這些條件沒有查出不合的")
    left = tally.wanted - tally.counted
    if left:
        return _("沒有查出不合的，還有 %(count)d 份未報或等審核") % {"count": left}
    return _("都合要求")


def _rule_counts(found: Counter[tuple[str, str]], query: CheckupQuery) -> Iterator[RuleCount]:
    """各規則幾處，要緊的在前；正在看的那條再點一次就去掉。"""
    for level in LEVELS:
        for rule in RULES.values():
            count = found[rule.code, level.value]
            is_current = query.rule == rule.code and query.level in ("", level)
            if count:
                url = query.url(rule="" if is_current else rule.code)
                yield RuleCount(str(rule.label), level, count, url, is_current)


def choices(
    query: CheckupQuery, periods: list[tuple[str, str]], objectives: list[tuple[int, str]]
) -> dict[str, Any]:
    """篩選片和期的下拉。"""
    rules = [(rule.code, str(rule.label)) for rule in RULES.values()]
    known = dict(periods)
    if query.period and query.period not in known:
        periods = [(query.period, query.period), *periods]
    return {
        "chips": [
            _chip(_("規則"), query, "rule", rules),
            _chip(_("工作目標"), query, "objective", objectives),
        ],
        "periods": [("", _("全部各期")), *periods],
        "carried": [(k, v) for k, v in query.as_dict().items() if k not in ("period", "page")],
    }


def _chip(label: str, query: CheckupQuery, name: str, pairs: list[tuple[Any, str]]) -> Chip:
    chosen = getattr(query, name)
    value = dict(pairs).get(chosen, str(chosen)) if chosen else ""
    cleared = query.url(**{name: None if name == "objective" else ""})
    options = [Choice(text, query.url(**{name: key}), key == chosen) for key, text in pairs]
    return Chip(label, value, cleared, options, minor=False)


# ── 一個單位 ──────────────────────────────────────────


@dataclass(frozen=True)
class Group:
    """一級之下一項措施的各處。"""

    measure: str
    title: str
    tally: Tally
    lines: list[Line]


@dataclass(frozen=True)
class Section:
    """一級：錯誤、注意或提示。total 是全部幾處（可能分幾頁）。"""

    level: Level
    total: int
    groups: list[Group]


def department_context(
    checkup: Checkup, campaign: Campaign, unit: Unit, query: CheckupQuery
) -> dict[str, Any]:
    """一個單位的清單要的一切。"""
    marks = query.matching(checkup)
    counts = Counter(each.level for each in replace(query, level="").matching(checkup))
    page = Paginator(marks, PAGE_SIZE).get_page(query.page)
    tally = checkup.tallies(query.filter).get(unit.pk, Tally())
    found = Counter(
        (each.code, each.level.value) for each in replace(query, rule="").matching(checkup)
    )
    export = reverse("evidence:checkup-department-export", args=[campaign.code, unit.pk])
    return {
        "campaign": campaign,
        "unit": unit,
        "query": query,
        "page": page,
        "sections": _sections(checkup, unit, query, page.object_list),
        "tally": tally,
        "heading": heading([Count(level, counts[level], "") for level in LEVELS], tally, query),
        "tabs": _tabs(query, counts),
        "rules": list(_rule_counts(found, query)),
        "export_url": export + query.url(),
        **choices(query, periods_of(checkup), objectives_of(checkup)),
    }


def _tabs(query: CheckupQuery, counts: Counter[Level]) -> list[Tab]:
    tabs = [Tab(_("全部"), query.url(level=""), counts.total(), not query.level)]
    for level in LEVELS:
        tabs.append(
            Tab(
                str(level.label),
                query.url(level=level.value),
                counts[level],
                query.level == level,
                bad=level == Level.ERROR,
            )
        )
    return tabs


def _sections(
    checkup: Checkup, unit: Unit, query: CheckupQuery, marks: Iterable[Mark]
) -> list[Section]:
    """本頁的各處，按輕重、措施分組；每一級寫明一共幾處，不止本頁的。"""
    totals = Counter(each.level for each in query.matching(checkup))
    tallies = checkup.measure_tallies(unit.pk, query.filter)
    sections = []
    for level, of_level in groupby(marks, key=lambda each: each.level):
        groups = []
        for measure_id, rows in groupby(of_level, key=lambda each: each.measure_id):
            measure = checkup.facts.measures[measure_id]
            lines = [line_of(checkup, each) for each in rows]
            tally = tallies.get(measure_id, Tally())
            groups.append(Group(measure.code, measure.title, tally, lines))
        sections.append(Section(level, totals[level], groups))
    return sections
