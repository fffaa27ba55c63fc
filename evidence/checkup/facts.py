"""體檢要的事實：各期報送、讀得到的內容和佐證、要求、單位。一次取齊，查詢次數固定。"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from typing import Any

from django.db.models import Case, F, Q, When

from campaigns.models import Campaign
from campaigns.standing import Standing
from evidence.completeness import (
    COUNTED_MEASURES,
    CURRENT_ROUND,
    STANDING_ASSIGNMENTS,
    Lives,
    Tally,
    is_counted,
    readable_links,
    readable_rounds,
    says_nothing,
    tally_of,
)
from people.models import Department
from people.models import unit_label as label_of
from tasks.models import Assignment, EvidenceLink, MeasureEvidence, Round, Submission
from tasks.specification import Finding, Held, Span, faults_of, holdings


@dataclass(frozen=True, slots=True)
class Unit:
    """一個單位。is_gone：這一天已不在。"""

    pk: int
    code: str
    name: str
    label: str
    is_gone: bool


@dataclass(frozen=True, slots=True)
class MeasureName:
    """一項措施的名字、次序和所屬目標。"""

    pk: int
    code: str
    title: str
    position: int
    objective_id: int | None
    objective_code: str | None
    objective_title: str | None

    @property
    def place(self) -> tuple[int, int]:
        return self.position, self.pk


@dataclass(frozen=True, slots=True)
class Content:
    """當前一輪裏填的；讀不到的沒有這一項。"""

    narrative: str
    is_nil: bool
    nil_reason: str


@dataclass(frozen=True, slots=True)
class Figure:
    name: str
    unit: str
    hundredths: int


@dataclass(slots=True)
class Entry:
    """一個單位一項措施一期的報送。

    links 是當前一輪在用的佐證（沒有撤下、沒有不採用），rejected 是不採用的；都只有讀得到的。
    """

    measure_id: int
    pk: int
    assignment_id: int
    department_id: int
    assignment_state: str
    label: str
    period: str
    start: date
    end: date
    due: date
    state: str
    content: Content | None = None
    links: list[EvidenceLink] = field(default_factory=list)
    rejected: list[EvidenceLink] = field(default_factory=list)
    figures: list[Figure] = field(default_factory=list)
    held: list[Held] | None = None

    @property
    def span(self) -> Span:
        return Span(self.start, self.end)

    @property
    def is_open(self) -> bool:
        return self.state == Submission.State.OPEN

    @property
    def is_accepted(self) -> bool:
        return self.state == Submission.State.ACCEPTED

    @property
    def is_closed(self) -> bool:
        """任務已辦結。"""
        return self.assignment_state == Assignment.State.CLOSED

    @property
    def is_nil(self) -> bool:
        return bool(self.content and self.content.is_nil)


@dataclass(frozen=True, slots=True)
class Fault:
    """一份佐證的一處毛病。"""

    entry: Entry
    link: EvidenceLink
    finding: Finding


_MEASURE = (
    "_id",
    "__code",
    "__title",
    "__position",
    "__objective_id",
    "__objective__code",
    "__objective__title",
)
_ENTRY = (
    "_id",
    "__assignment_id",
    "__assignment__department_id",
    "__assignment__state",
    "__label",
    "__name",
    "__period_start",
    "__period_end",
    "__due_date",
    "__state",
)
_FIGURES = "figure_values__figure__"


def _standing(to_assignment: str, campaign: Campaign) -> dict[str, Any]:
    """還算數的：本活動計入分母的措施，沒有撤銷、中止的任務。"""
    return {
        f"{to_assignment}measure__campaign": campaign,
        f"{to_assignment}measure__state__in": COUNTED_MEASURES,
        f"{to_assignment}state__in": STANDING_ASSIGNMENTS,
    }


class Facts:
    """一個活動（或其中幾個單位）這一天的全部事實。

    departments 為 None 是全部單位。standing 是看的人：讀不到的內容不在其中，查出的毛病也就
    洩露不了；None 是命令行，與創建辦讀到的一樣多。
    """

    def __init__(
        self,
        campaign: Campaign,
        on: date,
        standing: Standing | None = None,
        departments: Iterable[int] | None = None,
    ) -> None:
        self.campaign = campaign
        self.on = on
        self.standing = standing
        self.departments = None if departments is None else frozenset(departments)

    # ── 取數 ──────────────────────────────────────────

    @cached_property
    def _department_rows(self) -> list[tuple]:
        return list(
            Department.objects.order_by("position", "pk").values_list(
                "pk", "code", "name", "short_name", "periods__start_date", "periods__end_date"
            )
        )

    @cached_property
    def lives(self) -> Lives:
        """沒有存續期間的單位左連出來是兩個空，正是「一直存在」。"""
        return Lives((row[0], row[4], row[5]) for row in self._department_rows)

    @cached_property
    def units(self) -> dict[int, Unit]:
        """全部單位，按次序。"""
        return {
            pk: Unit(pk, code, name, label_of(name, short), not self.lives.exists(pk, self.on))
            for pk, code, name, short, _start, _end in self._department_rows
        }

    @cached_property
    def specs(self) -> dict[int, list[MeasureEvidence]]:
        found: dict[int, list[MeasureEvidence]] = {}
        rows = MeasureEvidence.objects.filter(measure__campaign=self.campaign)
        for spec in rows.select_related("form"):
            found.setdefault(spec.measure_id, []).append(spec)
        return found

    @cached_property
    def measures(self) -> dict[int, MeasureName]:
        """查到的各項措施（有已開始的一期，或單位已不在而任務還在的）。"""
        rows = [row[:7] for row in self._rows] + [row[:7] for row in self._left_behind_rows]
        return {row[0]: MeasureName(*row) for row in rows}

    @cached_property
    def _rows(self) -> list[tuple]:
        """已開始的各期，每期每個填報的數一行（沒有數的一行）。

        內容讀不讀得到由 readable_rounds 一處說；讀不到的在 entries 裏就丟掉，不往下傳。
        """
        readable = readable_rounds(self.campaign, self.standing)
        to_assignment = "submission__assignment__"
        rows = Round.objects.filter(
            self._within(to_assignment),
            number=F("submission__round_number"),
            submission__period_start__lte=self.on,
            **_standing(to_assignment, self.campaign),
        ).annotate(
            is_readable=Case(When(pk__in=readable.values("pk"), then=True), default=False),
        )
        return list(
            rows.order_by(
                "submission__period_start", "submission_id", _FIGURES + "position"
            ).values_list(
                *(f"{to_assignment}measure{name}" for name in _MEASURE),
                *(f"submission{name}" for name in _ENTRY),
                "is_readable",
                "narrative",
                "is_nil",
                "nil_reason",
                _FIGURES + "name",
                _FIGURES + "unit",
                "figure_values__hundredths",
            )
        )

    @cached_property
    def entries_by_pk(self) -> dict[int, Entry]:
        found: dict[int, Entry] = {}
        for row in self._rows:
            measure_id, entry_id = row[0], row[7]
            is_readable, *content = row[17:21]
            name, unit, hundredths = row[21:]
            if entry_id not in found:
                found[entry_id] = Entry(measure_id, *row[7:17])
                found[entry_id].content = Content(*content) if is_readable else None
            if is_readable and hundredths is not None:
                found[entry_id].figures.append(Figure(name, unit, hundredths))
        for link in self.links:
            entry = found.get(link.submission_pk)
            if entry is not None:
                is_rejected = link.state == EvidenceLink.State.REJECTED
                (entry.rejected if is_rejected else entry.links).append(link)
        return found

    @cached_property
    def entries(self) -> list[Entry]:
        """已開始的各期，連同讀得到的內容、佐證、數據；按措施、期的次序。"""
        return sorted(
            self.entries_by_pk.values(), key=lambda row: self.measures[row.measure_id].place
        )

    def _within(self, to_assignment: str) -> Q:
        if self.departments is None:
            return Q()
        return Q(**{f"{to_assignment}department__in": self.departments})

    @cached_property
    def links(self) -> list[EvidenceLink]:
        """讀得到的佐證：要查的單位的，加上別處的圖片（看有沒有重複）；按放上去的先後。"""
        to_assignment = "round__submission__assignment__"
        wanted = self._within(to_assignment)
        if self.departments is not None:
            wanted |= Q(file__content_type__startswith="image/")
        rows = (
            readable_links(self.campaign, self.standing)
            .filter(
                wanted,
                CURRENT_ROUND | Q(state=EvidenceLink.State.REJECTED),
                removed_at=None,
                **_standing(to_assignment, self.campaign),
            )
            .annotate(
                submission_pk=F("round__submission_id"),
                round_no=F("round__number"),
                period_name=F("round__submission__name"),
                department_pk=F(f"{to_assignment}department_id"),
                measure_code=F(f"{to_assignment}measure__code"),
            )
            .select_related("file__reading")
            .defer("file__reading__text", "file__reading__search")
            .order_by("added_at", "pk")
        )
        return list(rows)

    @cached_property
    def _left_behind_rows(self) -> list[tuple]:
        gone = [unit.pk for unit in self.units.values() if unit.is_gone]
        if not gone:
            return []
        rows = Assignment.objects.filter(
            self._within(""), measure__campaign=self.campaign, department__in=gone
        )
        columns = [f"measure{name}" for name in _MEASURE]
        return list(rows.in_progress().values_list(*columns, "department_id"))

    @property
    def left_behind(self) -> list[tuple[int, int]]:
        """還在辦、而單位已經不在的任務：（措施、單位）。"""
        return [(row[0], row[7]) for row in self._left_behind_rows]

    # ── 判斷 ──────────────────────────────────────────

    @cached_property
    def counted(self) -> list[Entry]:
        """在分母裏的各期。"""
        return [
            entry
            for entry in self.entries
            if is_counted(
                due_date=entry.due,
                is_handed_in=not entry.is_open,
                is_approved_nil=entry.is_nil and entry.is_accepted,
                department_id=entry.department_id,
                lives=self.lives,
                on=self.on,
            )
        ]

    def held(self, entry: Entry) -> list[Held]:
        """這一期每種佐證要幾份、有幾份作數；一期只算一遍。"""
        if entry.held is None:
            specs = self.specs.get(entry.measure_id, [])
            entry.held = holdings(specs, entry.links, entry.span) if specs else []
        return entry.held

    def tally(self, entry: Entry) -> Tally:
        """這一期的完整度；沒有佐證要求的，看報送本身通過沒有、是不是空話。"""
        if entry.measure_id in self.specs:
            return tally_of(self.held(entry))
        content = entry.content
        sound = entry.is_accepted and content is not None and not says_nothing(content.narrative)
        return Tally(1, int(sound))

    @cached_property
    def faults(self) -> dict[str, list[Fault]]:
        """每一份佐證對它那一種要求的毛病，按規則分開。"""
        found: dict[str, list[Fault]] = {}
        for entry in self.entries:
            if not entry.links or entry.is_nil:
                continue
            specs = {spec.form_id: spec for spec in self.specs.get(entry.measure_id, ())}
            for link in entry.links:
                spec = specs.get(link.form_id)
                for finding in faults_of(spec, link, entry.span) if spec else ():
                    found.setdefault(finding.code, []).append(Fault(entry, link, finding))
        return found

    def place_of(self, link: EvidenceLink) -> str:
        """一份佐證在哪裏：「婚姻登記處 3-01 2026年11月」。"""
        unit = self.units[link.department_pk]
        return f"{unit.label} {link.measure_code} {link.period_name}"
