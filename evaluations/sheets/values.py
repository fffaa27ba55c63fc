"""一張評分表的樣子：表、行、格，都是不變的值；寫成 JSON 進定稿，再原樣讀回。"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum
from functools import cached_property
from itertools import groupby
from typing import Any

from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy

from evaluations.eligibility import words_of
from evaluations.models import Criterion, Score, Scorer, VetoItem
from pingtan_civ.lib.scoring import ZERO, Part, Total

Stage = Score.Stage
MOST_GAPS = 5
"""「下一步最值得補的」最多列幾條。"""


class Gap(StrEnum):
    """一條沒有評分，是怎麼回事：評分的人還沒評，單位沒有提交，還是沒有材料可評；
    主管部門沒有答覆的是未確認，不是沒有意見。
    """

    WAITING = "waiting"
    UNSCORED = "unscored"
    UNSUBMITTED = "unsubmitted"
    NO_MATERIAL = "no_material"
    UNCONFIRMED = "unconfirmed"


GAP_LABELS: Mapping[str, Promise] = {
    Gap.WAITING: gettext_lazy("待評"),
    Gap.UNSCORED: gettext_lazy("未評，0"),
    Gap.UNSUBMITTED: gettext_lazy("未提交，0"),
    Gap.NO_MATERIAL: gettext_lazy("缺材料，0"),
    Gap.UNCONFIRMED: gettext_lazy("未確認，0"),
}


@dataclass(frozen=True)
class Entry:
    """一格：一次評分得多少、為什麼、誰評的。score_id 為 0 的是沒有評過的，gap 說是哪一種。

    舊的定稿沒有記是哪一種，gap 是空的。
    """

    points: Decimal = ZERO
    why: str = ""
    reason: str = ""
    by: str = ""
    at: str = ""
    is_not_applicable: bool = False
    is_missing: bool = False
    finding: Mapping[str, Any] = field(default_factory=dict)
    score_id: int = 0
    gap: str = ""

    @property
    def is_waiting(self) -> bool:
        """還在評，不當作 0 分。"""
        return self.gap == Gap.WAITING

    @property
    def gap_words(self) -> str:
        """沒有評分的一格寫什麼；評過的為空。"""
        if not self.is_missing:
            return ""
        return str(GAP_LABELS.get(self.gap) or gettext_lazy("缺，0"))


@dataclass(frozen=True)
class EvidenceItem:
    """一份採用了的佐證。"""

    link_id: int
    name: str
    sha256: str


class SourceKind(StrEnum):
    """一條的分從哪裏來：台賬裏的榮譽、一次問卷、主管部門的一份意見，和問卷合起來的數。"""

    HONOUR = "honour"
    SURVEY = "survey"
    OPINION = "opinion"
    POOLED = "pooled"


_PAPER_URLS: Mapping[str, str] = {
    SourceKind.HONOUR: "evaluations:honour-file",
    SourceKind.SURVEY: "evaluations:survey-paper",
    SourceKind.OPINION: "evaluations:opinion-paper",
}


@dataclass(frozen=True)
class Paper:
    """來源所附的一份文件：證書、問卷的掃描件、復函。file_id 是掛它的那一行。"""

    kind: str
    file_id: int
    name: str
    sha256: str

    @property
    def url(self) -> str:
        return reverse(_PAPER_URLS[self.kind], args=[self.file_id])


@dataclass(frozen=True)
class Source:
    """這一條的分的一個來源，一句話說清；隨定稿凍結，所附的文件記着哈希。

    is_doubtful：還不能作數的（主管部門沒有答覆、榮譽已撤銷）。
    """

    kind: str
    row_id: int
    sentence: str
    papers: tuple[Paper, ...] = ()
    is_doubtful: bool = False


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
    sources: tuple[Source, ...] = ()

    @property
    def is_unconfirmed(self) -> bool:
        """徵求了意見而主管部門還沒有答覆。"""
        return any(each.kind == SourceKind.OPINION and each.is_doubtful for each in self.sources)

    @property
    def is_surveyed(self) -> bool:
        """記了問卷。"""
        return any(each.kind == SourceKind.SURVEY for each in self.sources)

    @property
    def is_base(self) -> bool:
        return self.part == Part.BASE

    @property
    def lost(self) -> Decimal:
        """比滿分少多少；加分、扣分的不說少，還沒評的不算丟。"""
        if not self.is_base or self.result.is_not_applicable or self.result.is_waiting:
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
class Veto:
    """負面清單上的一件事對這張表的後果，隨定稿凍結。

    待認定的（is_confirmed 為假）不扣分、不動等次，也不能當作沒有。
    event_id 為 0 的，此人看不到那件事的頁。
    """

    event_id: int
    campaign_id: int
    effect: str
    points: Decimal
    grade: str
    sentence: str
    is_confirmed: bool

    @property
    def url(self) -> str:
        return reverse("evaluations:veto-detail", args=[self.event_id]) if self.event_id else ""

    @property
    def stops_recommendation(self) -> bool:
        return self.effect in VetoItem.STOPPING

    @property
    def effect_words(self) -> str:
        return words_of(self.effect, self.grade, self.points)


@dataclass(frozen=True)
class SheetView:
    """一張評分表，連同三欄的合計和等次。

    grade 是定的等次；earned_grade 是按總分所屬的等次，負面清單封頂時比 grade 高。
    unmatched_grades 是清單上要封頂到、辦法裏卻沒有的等次，封不了，要人定。
    沒有這幾樣的舊定稿（格式 1）讀作沒有負面清單的事。
    """

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
    earned_grade: str = ""
    unmatched_grades: tuple[str, ...] = ()
    vetoes: tuple[Veto, ...] = ()

    @property
    def is_capped(self) -> bool:
        return bool(self.earned_grade) and self.earned_grade != self.grade

    @property
    def confirmed_vetoes(self) -> list[Veto]:
        return [veto for veto in self.vetoes if veto.is_confirmed]

    @property
    def pending_vetoes(self) -> list[Veto]:
        return [veto for veto in self.vetoes if not veto.is_confirmed]

    @property
    def veto_points(self) -> Decimal:
        """負面清單扣了幾分，正數。"""
        return -self.result.veto

    @property
    def is_stopped(self) -> bool:
        """不得推薦：已認定的事裏有不得推薦、中止、撤銷的。"""
        return any(veto.stops_recommendation for veto in self.confirmed_vetoes)

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
        """缺項：沒有人評過。審定以前是待評，審定起按 0 分計。"""
        return [line for line in self.lines if line.result.is_missing]

    @property
    def is_waiting(self) -> bool:
        """還有待評的：合計、等次都還算不得數。"""
        return any(line.result.is_waiting for line in self.lines)

    @property
    def self_sum(self) -> Decimal:
        """自評的合計，照各條相加，不折算：只有一部分歸單位自評，折算成 100 分沒有意思。"""
        total = self.self_total
        return total.earned + total.bonus + total.penalty

    @property
    def asked(self) -> list[SheetLine]:
        """一定要評的：基本分的各條。"""
        return [line for line in self.lines if line.is_base]

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
            "unmatched_grades": tuple(data.get("unmatched_grades", ())),
            "vetoes": tuple(
                Veto(**_decimals(each, ("points",))) for each in data.get("vetoes", ())
            ),
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

    @property
    def is_waiting(self) -> bool:
        return any(line.result.is_waiting for line in self.lines)

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
    """格式 1 的定稿還沒有後來添的幾項，讀作 0。"""
    return Total(**_decimals(data, [name for name in _TOTAL_FIELDS if name in data]))


def _read_entry(data: Mapping[str, Any] | None) -> Entry | None:
    return None if data is None else Entry(**_decimals(data, ("points",)))


def _read_source(data: Mapping[str, Any]) -> Source:
    return Source(**{**data, "papers": tuple(Paper(**each) for each in data["papers"])})


def _read_line(data: Mapping[str, Any]) -> SheetLine:
    entries = ("self_entry", "first", "final", "result")
    return SheetLine(
        **_decimals(data, ("full", "each"))
        | {name: _read_entry(data[name]) for name in entries}
        | {
            "evidence": tuple(EvidenceItem(**each) for each in data["evidence"]),
            "sources": tuple(_read_source(each) for each in data.get("sources", ())),
            "steps": tuple(
                StepView(**_decimals(each, ("points", "percent", "at_least")))
                for each in data["steps"]
            ),
        }
    )
