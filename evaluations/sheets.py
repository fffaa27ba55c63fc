"""評分表：一張表的每一行、合計、等次怎樣得來，全在這裏算。

頁面、預覽、導出、命令和定稿都調 read_sheets，所以永遠是同一個數；定稿之後讀的是凍結的
那一份（SheetView.from_json），不再碰評分和辦法的表。
"""

import json
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from decimal import Decimal
from functools import cached_property
from itertools import groupby
from operator import attrgetter
from typing import Any

from django.utils.translation import gettext as _

from evaluations.findings import from_json, outcome_of
from evaluations.models import (
    AssessmentRound,
    Criterion,
    Grade,
    ResultSnapshot,
    Scheme,
    Score,
    Scorer,
    Section,
    Sheet,
)
from evidence.completeness import links_by_indicator
from pingtan_civ.lib.scoring import ZERO, Line, Outcome, Part, Total, add_up, show
from tasks.specification import Span

Stage = Score.Stage
SELF_SCORED = (Scorer.OFFICE, Scorer.INSPECTION, Scorer.DEPARTMENT)
"""要單位自評的：憑材料、看現場的。系統取數、主管部門、問卷的單位評不了，自評的合計裏不算。"""
MOST_GAPS = 5
"""「下一步最值得補的」最多列幾條。"""


@dataclass(frozen=True)
class Entry:
    """一格：一次評分得多少、為什麼、誰評的。score_id 為 0 的是沒有評過的。"""

    points: Decimal = ZERO
    why: str = ""
    reason: str = ""
    by: str = ""
    at: str = ""
    is_not_applicable: bool = False
    is_missing: bool = False
    finding: Mapping[str, Any] = field(default_factory=dict)
    score_id: int = 0


@dataclass(frozen=True)
class EvidenceItem:
    """一份採用了的佐證。"""

    link_id: int
    name: str
    sha256: str


@dataclass(frozen=True)
class StepView:
    """規則裏的一檔，寫進定稿。"""

    label: str
    points: Decimal | None
    percent: Decimal | None
    at_least: Decimal | None


@dataclass(frozen=True)
class SheetLine:
    """一條測評內容在一張表上的一行。result 是算數的那一格：定分，沒有時是初評，都沒有按 0 分。"""

    criterion_id: int
    number: str
    text: str
    note: str
    domain_number: str
    domain: str
    section_number: str
    section: str
    part: str
    full: Decimal
    rule: str
    each: Decimal
    steps: tuple[StepView, ...]
    scorer: str
    scoring_department_id: int | None
    scoring_department: str
    figure: str
    may_not_apply: bool
    self_entry: Entry | None
    first: Entry | None
    final: Entry | None
    result: Entry
    evidence: tuple[EvidenceItem, ...]

    @property
    def is_base(self) -> bool:
        return self.part == Part.BASE

    @property
    def lost(self) -> Decimal:
        """比滿分少多少；加分、扣分的不說少。"""
        if not self.is_base or self.result.is_not_applicable:
            return ZERO
        return self.full - self.result.points

    @property
    def scorer_words(self) -> str:
        """由誰評：「局辦公室」「創建辦」「系統取數」。"""
        return self.scoring_department or Scorer(self.scorer).label

    @property
    def rule_words(self) -> str:
        """計分規則的一句話。"""
        return Criterion.Rule(self.rule).label

    @property
    def is_unlimited(self) -> bool:
        """加分、扣分裏不設上限的。"""
        return not self.is_base and not self.full

    def entry_of(self, stage: str) -> Entry | None:
        return {Stage.SELF: self.self_entry, Stage.FIRST: self.first, Stage.FINAL: self.final}[
            Stage(stage)
        ]


@dataclass(frozen=True)
class Previous:
    """上一次同類考核的定稿裏，這個單位的結果。"""

    title: str
    total: Decimal
    grade: str
    rank: int


@dataclass(frozen=True)
class SheetView:
    """一張評分表，連同三欄的合計和等次。"""

    department_id: int
    department: str
    profile: str
    lines: tuple[SheetLine, ...]
    self_total: Total
    first_total: Total
    result: Total
    grade: str
    grade_at_least: Decimal
    is_failing: bool
    previous: Previous | None
    is_self_submitted: bool

    @property
    def total(self) -> Decimal:
        return self.result.total

    @property
    def delta(self) -> Decimal | None:
        """比上一次多多少；上一次沒有的為 None。"""
        return None if self.previous is None else self.total - self.previous.total

    @property
    def domains(self) -> list["Domain"]:
        """按測評項目分組，次序不變。"""
        grouped = groupby(self.lines, key=lambda line: (line.domain_number, line.domain, line.part))
        return [Domain(*key, tuple(lines)) for key, lines in grouped]

    @property
    def missing(self) -> list[SheetLine]:
        """按 0 分計的缺項：沒有人評過。"""
        return [line for line in self.lines if line.result.is_missing]

    @property
    def gaps(self) -> list[SheetLine]:
        """丟分最多的幾條，先補最值得的。"""
        lost = [line for line in self.lines if line.lost > 0]
        return sorted(lost, key=lambda line: -line.lost)[:MOST_GAPS]

    @cached_property
    def by_criterion(self) -> dict[int, SheetLine]:
        return {line.criterion_id: line for line in self.lines}

    def to_json(self) -> dict[str, Any]:
        """全是文字、整數、真假的一份，寫進定稿；與 from_json 互逆。"""
        return plain(self)

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> "SheetView":
        previous = data["previous"]
        read = {
            "previous": Previous(**_decimals(previous, ("total",))) if previous else None,
            "lines": tuple(_read_line(line) for line in data["lines"]),
            **{name: _read_total(data[name]) for name in _TOTALS},
        }
        return cls(**_decimals(data, ("grade_at_least",)) | read)


@dataclass(frozen=True)
class Domain:
    """一個測評項目和它的各行。"""

    number: str
    title: str
    part: str
    lines: tuple[SheetLine, ...]

    @property
    def full(self) -> Decimal:
        return sum((line.full for line in self.lines), ZERO)

    def points(self, stage: str) -> Decimal:
        entries = (line.entry_of(stage) for line in self.lines)
        return sum((entry.points for entry in entries if entry), ZERO)

    @property
    def self_points(self) -> Decimal:
        return self.points(Stage.SELF)

    @property
    def first_points(self) -> Decimal:
        return self.points(Stage.FIRST)

    @property
    def result_points(self) -> Decimal:
        return sum((line.result.points for line in self.lines), ZERO)


def read_sheets(
    round_: AssessmentRound, sheets: Collection[Sheet], *, with_evidence: bool = True
) -> list[SheetView]:
    """這些評分表現在的樣子，按 sheets 的次序。查詢次數固定，與單位、條數無關。

    這是沒有定稿的活數；定稿之後的頁面讀 frozen_sheets。不要佐證的（排名）少查兩次。
    """
    rows = list(sheets)
    book = _Book(round_)
    scores = _current_scores([sheet.pk for sheet in rows])
    departments = [sheet.department_id for sheet in rows]
    evidence = book.evidence(departments) if with_evidence else {}
    previous = previous_results(round_)
    return [
        book.view(sheet, scores.get(sheet.pk, {}), evidence, previous.get(sheet.department_id))
        for sheet in rows
    ]


Scores = dict[tuple[int, str], tuple]
"""（測評內容、階段）→ 一行評分。"""


def _current_scores(sheet_ids: list[int]) -> dict[int, Scores]:
    found: dict[int, Scores] = {}
    rows = Score.objects.filter(sheet__in=sheet_ids, replaced_at=None).order_by()
    for sheet_id, criterion_id, stage, *rest in rows.values_list(
        "sheet_id",
        "criterion_id",
        "stage",
        "pk",
        "finding",
        "is_not_applicable",
        "reason",
        "by__name",
        "at",
    ):
        found.setdefault(sheet_id, {})[criterion_id, stage] = tuple(rest)
    return found


class _Book:
    """一次考核所用的辦法：各條、規則、等次，一次取好；同樣的事實只算一遍。"""

    def __init__(self, round_: AssessmentRound) -> None:
        self.round = round_
        self.scheme = round_.scheme
        self.grades = list(Grade.objects.filter(scheme=self.scheme))
        rows = (
            Criterion.objects.filter(section__scheme=self.scheme)
            .select_related("section__parent", "scoring_department")
            .prefetch_related("steps")
        )
        self.criteria = sorted(rows, key=_place)
        self.rules = {row.pk: row.scoring_rule() for row in self.criteria}
        self._outcomes: dict[tuple[int, str], Outcome] = {}
        self._frames: dict[int, list[tuple[Criterion, dict[str, Any]]]] = {}

    def criteria_of(self, profile_id: int) -> list[tuple[Criterion, dict[str, Any]]]:
        """這一類單位要考的各條，連同一行裏不隨單位變的部分。"""
        if profile_id not in self._frames:
            self._frames[profile_id] = [
                (row, self._frame(row))
                for row in self.criteria
                if _domain(row).profile_id in (None, profile_id)
            ]
        return self._frames[profile_id]

    def _frame(self, row: Criterion) -> dict[str, Any]:
        rule, domain, section = self.rules[row.pk], _domain(row), row.section
        return {
            "criterion_id": row.pk,
            "number": row.number,
            "text": row.text,
            "note": row.note,
            "domain_number": domain.number,
            "domain": domain.title,
            "section_number": section.number if section.parent_id else "",
            "section": section.title if section.parent_id else "",
            "part": str(rule.part),
            "full": rule.full,
            "rule": row.rule,
            "each": rule.each,
            "steps": tuple(
                StepView(step.label, step.points, step.percent, step.at_least)
                for step in rule.steps
            ),
            "scorer": row.scorer,
            "scoring_department_id": row.scoring_department_id,
            "scoring_department": row.scoring_department.name if row.scoring_department else "",
            "figure": row.figure,
            "may_not_apply": row.may_not_apply,
        }

    def view(
        self,
        sheet: Sheet,
        scores: Scores,
        evidence: Mapping[tuple[int, int], tuple[EvidenceItem, ...]],
        previous: Previous | None,
    ) -> SheetView:
        lines = tuple(
            self._line(row, frame, scores, evidence.get((sheet.department_id, row.pk), ()))
            for row, frame in self.criteria_of(sheet.profile_id)
        )
        return SheetView(
            department_id=sheet.department_id,
            department=sheet.department_name,
            profile=sheet.profile.name,
            lines=lines,
            previous=previous,
            is_self_submitted=sheet.self_submitted_at is not None,
            **_summed(lines, self.scheme, self.grades),
        )

    def _line(
        self,
        row: Criterion,
        frame: dict[str, Any],
        scores: Scores,
        evidence: tuple[EvidenceItem, ...],
    ) -> SheetLine:
        own, first, final = (
            self._entry(row.pk, scores.get((row.pk, stage)))
            for stage in (Stage.SELF, Stage.FIRST, Stage.FINAL)
        )
        return SheetLine(
            **frame,
            self_entry=own,
            first=first,
            final=final,
            result=final or first or self._missing(row.pk),
            evidence=evidence,
        )

    def _missing(self, criterion_id: int) -> Entry:
        outcome = self._outcome(criterion_id, {})
        return Entry(outcome.points, outcome.why, is_missing=outcome.is_missing)

    def _entry(self, criterion_id: int, row: tuple | None) -> Entry | None:
        if row is None:
            return None
        score_id, finding, is_not_applicable, reason, by, at = row
        if is_not_applicable:
            points, why = ZERO, _("不適用，不計入。")
        else:
            outcome = self._outcome(criterion_id, finding)
            points, why = outcome.points, outcome.why
        moment = at.isoformat() if isinstance(at, datetime) else at
        return Entry(
            points, why, reason, by or "", moment, is_not_applicable, False, finding, score_id
        )

    def _outcome(self, criterion_id: int, finding: Mapping[str, Any]) -> Outcome:
        key = (criterion_id, json.dumps(finding, sort_keys=True))
        if key not in self._outcomes:
            self._outcomes[key] = outcome_of(self.rules[criterion_id], from_json(finding))
        return self._outcomes[key]

    def evidence(
        self, departments: Collection[int]
    ) -> dict[tuple[int, int], tuple[EvidenceItem, ...]]:
        """（單位、測評內容）→ 採用了的佐證：該條所考指標、考核期裏的。"""
        through = Criterion.indicators.through.objects.filter(
            criterion__section__scheme=self.scheme
        )
        pairs = list(through.order_by("pk").values_list("criterion_id", "indicator_id"))
        if not pairs:
            return {}
        links = links_by_indicator(
            self.round.campaign,
            {indicator_id for _criterion, indicator_id in pairs},
            Span(self.round.period_start, self.round.period_end),
            None,
            departments,
        )
        found: dict[tuple[int, int], dict[str, EvidenceItem]] = {}
        for criterion_id, indicator_id in pairs:
            for link in links.get(indicator_id, ()):
                key = (link.round.submission.assignment.department_id, criterion_id)
                item = EvidenceItem(link.pk, link.name, link.file.sha256)
                found.setdefault(key, {}).setdefault(item.sha256, item)
        return {key: tuple(items.values()) for key, items in found.items()}


def with_lines(
    view: SheetView, lines: tuple[SheetLine, ...], scheme: Scheme, grades: Iterable[Grade]
) -> SheetView:
    """換了幾行的一張表：合計、等次隨之重算，別的不動。"""
    return replace(view, lines=lines, **_summed(lines, scheme, grades))


def _summed(lines: Iterable[SheetLine], scheme: Scheme, grades: Iterable[Grade]) -> dict[str, Any]:
    """三欄的合計，和總分所屬的等次。"""
    columns = {
        "self_total": attrgetter("self_entry"),
        "first_total": attrgetter("first"),
        "result": attrgetter("result"),
    }
    totals = {
        name: add_up(
            (_counted(line, entry_of(line), is_self=name == "self_total") for line in lines),
            full=scheme.full,
            bonus_cap=scheme.bonus_cap,
            penalty_cap=scheme.penalty_cap,
        )
        for name, entry_of in columns.items()
    }
    grade = grade_of(totals["result"].total, grades)
    return totals | {
        "grade": grade.name if grade else "",
        "grade_at_least": grade.at_least if grade else ZERO,
        "is_failing": bool(grade and grade.is_failing),
    }


def _domain(row: Criterion) -> Section:
    return row.section.parent or row.section


def _place(row: Criterion) -> tuple:
    domain, section = _domain(row), row.section
    is_child = section.parent_id is not None
    return (
        list(Part).index(Part(domain.part)),
        domain.position,
        domain.pk,
        (section.position, section.pk) if is_child else (0, 0),
        row.position,
        row.pk,
    )


def _counted(line: SheetLine, entry: Entry | None, *, is_self: bool) -> Line:
    points, is_applicable = ZERO, True
    if is_self and line.scorer not in SELF_SCORED:
        is_applicable = False
    if entry is not None:
        points, is_applicable = entry.points, not entry.is_not_applicable
    return Line(Part(line.part), line.full, points, is_applicable)


def grade_of(total: Decimal, grades: Iterable[Grade]) -> Grade | None:
    """總分屬哪一等：下限不超過它的最高一等。"""
    reached = [grade for grade in grades if grade.at_least <= total]
    return max(reached, key=lambda grade: grade.at_least, default=None)


# ── 定稿 ──────────────────────────────────────────────


def latest_snapshot(round_: AssessmentRound) -> ResultSnapshot | None:
    return round_.snapshots.order_by("-edition").first()


def frozen_sheets(
    snapshot: ResultSnapshot, departments: Collection[int] | None = None
) -> list[SheetView]:
    """一版定稿裏的評分表（可只要幾個單位的），原樣讀出。"""
    return [
        SheetView.from_json(each["sheet"])
        for each in json.loads(snapshot.body)["sheets"]
        if departments is None or each["sheet"]["department_id"] in departments
    ]


def sheets_of(
    round_: AssessmentRound, sheets: Collection[Sheet], *, with_evidence: bool = True
) -> list[SheetView]:
    """給人看的評分表：定稿了的讀定稿，沒有定稿的現算。"""
    if round_.is_frozen and (snapshot := latest_snapshot(round_)):
        return frozen_sheets(snapshot, {sheet.department_id for sheet in sheets})
    return read_sheets(round_, sheets, with_evidence=with_evidence)


def previous_results(round_: AssessmentRound) -> dict[int, Previous]:
    """上一次同類考核的定稿裏各單位的結果；沒有上一次的為空。一次查詢。"""
    snapshot = (
        ResultSnapshot.objects.filter(
            round__campaign=round_.campaign_id,
            round__kind=round_.kind,
            round__period_end__lt=round_.period_start,
        )
        .order_by("-round__period_end", "-edition")
        .first()
    )
    if snapshot is None:
        return {}
    body = json.loads(snapshot.body)
    return {
        each["sheet"]["department_id"]: Previous(
            title=body["round"]["title"],
            total=Decimal(each["sheet"]["result"]["total"]),
            grade=each["sheet"]["grade"],
            rank=each["rank"],
        )
        for each in body["sheets"]
    }


# ── 排名：先等次，後名次 ──────────────────────────────


@dataclass(frozen=True)
class Ranked:
    """一個單位在同類單位裏的名次；總分相同的並列。"""

    rank: int
    view: SheetView

    @property
    def moved(self) -> int | None:
        """比上一次升了幾位；降的為負。"""
        return None if self.view.previous is None else self.view.previous.rank - self.rank

    @property
    def compared(self) -> str:
        """「多 2.5 分，升 1 位」；上一次沒有的為空。"""
        moved, delta = self.moved, self.view.delta
        if moved is None or delta is None:
            return ""
        said = _("分數持平")
        if delta:
            words = {"points": show(abs(delta))}
            said = (_("多 %(points)s 分") if delta > 0 else _("少 %(points)s 分")) % words
        if not moved:
            return said
        words = {"said": said, "places": abs(moved)}
        return (
            _("%(said)s，升 %(places)d 位") if moved > 0 else _("%(said)s，降 %(places)d 位")
        ) % words


@dataclass(frozen=True)
class Tier:
    """一個等次裏的單位。"""

    grade: str
    rows: tuple[Ranked, ...]


@dataclass(frozen=True)
class RankGroup:
    """同一張表的單位排在一起：窗口單位和科室不混排。"""

    profile: str
    rows: tuple[Ranked, ...]

    @property
    def tiers(self) -> list[Tier]:
        grouped = groupby(self.rows, key=lambda row: row.view.grade)
        return [Tier(grade, tuple(rows)) for grade, rows in grouped]


def rank_sheets(views: Iterable[SheetView]) -> list[RankGroup]:
    """各類單位裏先分等次、再排名次。與 views 的次序無關。"""
    groups: dict[str, list[SheetView]] = {}
    for view in views:
        groups.setdefault(view.profile, []).append(view)
    return [RankGroup(profile, tuple(_ranked(groups[profile]))) for profile in sorted(groups)]


def _ranked(views: list[SheetView]) -> Iterator[Ranked]:
    ordered = sorted(
        views, key=lambda view: (-view.grade_at_least, -view.total, view.department_id)
    )
    rank, reached = 0, None
    for place, view in enumerate(ordered, start=1):
        if view.total != reached:
            rank, reached = place, view.total
        yield Ranked(rank, view)


# ── 為什麼是這個分 ────────────────────────────────────


def explain(view: SheetView) -> list[str]:
    """「為什麼是 86.4 分」：先合計，後一條一條。"""
    return [*_explain_total(view), *(_explain_line(line) for line in view.lines if _matters(line))]


def _explain_total(view: SheetView) -> Iterator[str]:
    total = view.result
    words = {
        "full": show(total.full),
        "earned": show(total.earned),
        "applicable": show(total.applicable),
        "left": show(total.full - total.applicable),
        "base": show(total.base),
    }
    if total.is_rescaled and total.applicable:
        yield (
            _(
                "基本分：不適用的 %(left)s 分不計，適用的 %(applicable)s 分裏得 %(earned)s 分，"
                "折算到 %(full)s 分是 %(base)s 分。"
            )
            % words
        )
    else:
        yield _("基本分：%(full)s 分裏得 %(base)s 分。") % words
    if total.bonus_before_cap:
        yield _capped(
            _("加分：合計 %(points)s 分。"),
            _("加分：合計 %(before)s 分，超過封頂，按 %(points)s 分計。"),
            total.bonus_before_cap,
            total.bonus,
        )
    if total.penalty_before_cap:
        yield _capped(
            _("扣分：合計扣 %(points)s 分。"),
            _("扣分：合計 %(before)s 分，超過上限，按扣 %(points)s 分計。"),
            -total.penalty_before_cap,
            -total.penalty,
        )
    yield _sum_of(view)


def _capped(plain: str, capped: str, before: Decimal, after: Decimal) -> str:
    words = {"before": show(before), "points": show(after)}
    return (plain if before == after else capped) % words


def _sum_of(view: SheetView) -> str:
    total = view.result
    terms = show(total.base)
    if total.bonus:
        terms += f" ＋ {show(total.bonus)}"
    if total.penalty:
        terms += f" － {show(-total.penalty)}"
    words = {"terms": terms, "total": show(total.total), "grade": view.grade}
    if terms == words["total"]:
        return _("總分 %(total)s 分，屬「%(grade)s」。") % words
    return _("總分：%(terms)s ＝ %(total)s 分，屬「%(grade)s」。") % words


def _matters(line: SheetLine) -> bool:
    """要解釋的行：丟了分的、不適用的、有加減分的。"""
    if line.is_base:
        return line.lost > 0 or line.result.is_not_applicable
    return bool(line.result.points)


def _explain_line(line: SheetLine) -> str:
    words = {
        "number": line.number,
        "text": line.text,
        "points": show(line.result.points),
        "full": show(line.full),
        "lost": show(line.lost),
        "why": line.result.why,
        "reason": line.result.reason,
    }
    if line.result.is_not_applicable or not line.is_base:
        said = _("%(number)s %(text)s：%(why)s") % words
    else:
        said = (
            _("%(number)s %(text)s：滿分 %(full)s 分，得 %(points)s 分，少 %(lost)s 分。%(why)s")
            % words
        )
    return said + (_("理由：%(reason)s") % words if line.result.reason else "")


def difference(lower: Entry | None, upper: Entry | None) -> str:
    """初評與自評的差，用話說：「比自評少 2」。一樣的、沒有自評的為空。"""
    if lower is None or upper is None or lower.points == upper.points:
        return ""
    gap = upper.points - lower.points
    if gap < 0:
        return _("比自評少 %(points)s") % {"points": show(-gap)}
    return _("比自評多 %(points)s") % {"points": show(gap)}


# ── 讀寫 ──────────────────────────────────────────────

_TOTALS = ("self_total", "first_total", "result")
_TOTAL_FIELDS = tuple(Total.__dataclass_fields__)


def plain(value: Any) -> Any:
    """數據類 → 字典，Decimal → 文字；別的照舊。"""
    if isinstance(value, Decimal):
        return str(value)
    if isinstance(value, tuple | list):
        return [plain(each) for each in value]
    if isinstance(value, Mapping):
        return {key: plain(each) for key, each in value.items()}
    if hasattr(value, "__dataclass_fields__"):
        return {name: plain(getattr(value, name)) for name in value.__dataclass_fields__}
    return value


def _decimals(data: Mapping[str, Any], names: Sequence[str]) -> dict[str, Any]:
    """data 的一份抄本，names 各項的文字換回 Decimal。"""
    return {
        **data,
        **{name: None if data[name] is None else Decimal(data[name]) for name in names},
    }


def _read_total(data: Mapping[str, Any]) -> Total:
    return Total(**_decimals(data, _TOTAL_FIELDS))


def _read_entry(data: Mapping[str, Any] | None) -> Entry | None:
    return None if data is None else Entry(**_decimals(data, ("points",)))


def _read_line(data: Mapping[str, Any]) -> SheetLine:
    entries = ("self_entry", "first", "final", "result")
    return SheetLine(
        **_decimals(data, ("full", "each"))
        | {name: _read_entry(data[name]) for name in entries}
        | {
            "evidence": tuple(EvidenceItem(**each) for each in data["evidence"]),
            "steps": tuple(
                StepView(**_decimals(each, ("points", "percent", "at_least")))
                for each in data["steps"]
            ),
        }
    )
