"""算一張評分表：每一行、合計、等次怎樣得來。查詢次數固定，與單位、條數無關。"""

import json
from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from operator import attrgetter
from typing import Any

from django.utils.translation import gettext as _

from evaluations.eligibility import Block, blocks_of
from evaluations.findings import from_json, outcome_of
from evaluations.models import (
    AssessmentRound,
    Criterion,
    Grade,
    Scheme,
    Score,
    Scorer,
    Section,
    Sheet,
)
from evaluations.sheets.frozen import frozen_sheets, latest_snapshot, previous_results
from evaluations.sheets.sources import Sources, sources_of
from evaluations.sheets.values import (
    Entry,
    EvidenceItem,
    Gap,
    Previous,
    SheetLine,
    SheetView,
    StepView,
    Veto,
)
from evidence.completeness import links_by_indicator
from pingtan_civ.lib.scoring import ZERO, Line, Outcome, Part, add_up
from tasks.specification import Span

Phase, Stage = AssessmentRound.Phase, Score.Stage
SELF_SCORED = (Scorer.OFFICE, Scorer.INSPECTION, Scorer.DEPARTMENT)
"""要單位自評的：憑材料、看現場的。系統取數、主管部門、問卷的單位評不了，自評的合計裏不算。"""


def read_sheets(
    round_: AssessmentRound,
    sheets: Collection[Sheet],
    *,
    with_evidence: bool = True,
    with_previous: bool = True,
) -> list[SheetView]:
    """這些評分表現在的樣子，按 sheets 的次序。查詢次數固定，與單位、條數無關。

    這是沒有定稿的活數；定稿之後的頁面讀 frozen_sheets。不要佐證的（排名）少查幾次，
    問卷和主管部門的意見也不取；不比上一次的少查一次。

    負面清單的事看考核期的最後一天還攔不攔，一次查詢：考核期以後才出的事算到下一次考核，
    考核期以後解除的這一次照算。哪天審定、哪天打開頁面都不影響。
    """
    rows = list(sheets)
    book = _Book(round_)
    scores = _current_scores([sheet.pk for sheet in rows])
    departments = [sheet.department_id for sheet in rows]
    evidence = book.evidence(departments) if with_evidence else {}
    previous = previous_results(round_) if with_previous else {}
    blocks = blocks_of(departments, round_.period_end)
    collecting = book.criteria if with_evidence else ()
    sources = sources_of(rows, collecting, _findings(scores))
    return [
        book.view(
            sheet,
            scores.get(sheet.pk, {}),
            (evidence, sources),
            previous.get(sheet.department_id),
            blocks[sheet.department_id],
        )
        for sheet in rows
    ]


Scores = dict[tuple[int, str], tuple]
"""（測評內容、階段）→ 一行評分。"""


def _findings(scores: Mapping[int, Scores]) -> Iterable[tuple[int, int, Mapping[str, Any]]]:
    """（表、測評內容、查到的事實），引了榮譽的要用。"""
    for sheet_id, rows in scores.items():
        for (criterion_id, _stage), row in rows.items():
            yield sheet_id, criterion_id, row[1]


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


Evidence = Mapping[tuple[int, int], tuple[EvidenceItem, ...]]
"""（單位、測評內容）→ 採用了的佐證。"""


class _Book:
    """一次考核所用的辦法：各條、規則、等次，一次取好；同樣的事實只算一遍。"""

    def __init__(self, round_: AssessmentRound) -> None:
        self.round = round_
        self.scheme = round_.scheme
        self.grades = list(Grade.objects.filter(scheme=self.scheme))
        rows = Criterion.objects.filter(section__scheme=self.scheme)
        rows = rows.select_related("section__parent", "scoring_department")
        found = sorted(rows.with_steps(), key=lambda each: place_of(each[0]))
        self.criteria = [row for row, _steps in found]
        self.rules = {row.pk: row.scoring_rule(steps) for row, steps in found}
        self._outcomes: dict[tuple[int, str], Outcome] = {}
        self._provable: set[int] = set()
        """連着指標、查得到材料的各條；沒有取佐證時是空的，說不出有沒有材料。"""
        self._frames: dict[int, list[tuple[Criterion, dict[str, Any]]]] = {}

    def criteria_of(self, profile_id: int) -> list[tuple[Criterion, dict[str, Any]]]:
        """這一類單位要考的各條，連同一行裏不隨單位變的部分。"""
        if profile_id not in self._frames:
            self._frames[profile_id] = [
                (row, self._frame(row))
                for row in self.criteria
                if domain_of(row).profile_id in (None, profile_id)
            ]
        return self._frames[profile_id]

    def _frame(self, row: Criterion) -> dict[str, Any]:
        rule, domain, section = self.rules[row.pk], domain_of(row), row.section
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
        proof: tuple[Evidence, Sources],
        previous: Previous | None,
        blocks: Iterable[Block],
    ) -> SheetView:
        evidence, sources = proof
        lines = tuple(
            _confirmed(
                replace(
                    self._line(
                        sheet, row, frame, scores, evidence.get((sheet.department_id, row.pk), ())
                    ),
                    sources=sources.get((sheet.pk, row.pk), ()),
                ),
                is_over=self.round.phase in COUNTED_FROM,
            )
            for row, frame in self.criteria_of(sheet.profile_id)
        )
        vetoes = tuple(veto_of(block) for block in blocks)
        return SheetView(
            department_id=sheet.department_id,
            department=sheet.department_name,
            profile=sheet.profile.name,
            lines=lines,
            previous=previous,
            is_self_submitted=sheet.self_submitted_at is not None,
            vetoes=vetoes,
            **_summed(lines, self.scheme, self.grades, vetoes),
        )

    def _line(
        self,
        sheet: Sheet,
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
            result=final or first or self._missing(sheet, row, own, evidence),
            evidence=evidence,
        )

    def _missing(
        self, sheet: Sheet, row: Criterion, own: Entry | None, evidence: Collection[EvidenceItem]
    ) -> Entry:
        """沒有評分的一格。加分、扣分沒有記錄不算缺；缺的按 gap_of 說是怎麼回事。"""
        outcome = self._outcome(row.pk, {})
        if not outcome.is_missing:
            return Entry(outcome.points, outcome.why)
        found = gap_of(
            row.scorer,
            is_submitted=sheet.self_submitted_at is not None or own is not None,
            lacks_material=row.pk in self._provable and not evidence,
        )
        is_over = self.round.phase in COUNTED_FROM
        return Entry(
            outcome.points,
            gap_sentence(found, is_over=is_over),
            is_missing=True,
            gap=found if is_over else Gap.WAITING,
        )

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
        self._provable = {criterion_id for criterion_id, _indicator in pairs}
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


# ── 沒有評分的一條，是怎麼回事 ────────────────────────

COUNTED_FROM = (Phase.DECISION, Phase.FEEDBACK, Phase.ANSWER, Phase.PUBLISHED)
"""到了審定還沒有評的按 0 分計；此前是待評。"""


def gap_of(scorer: str, *, is_submitted: bool, lacks_material: bool) -> Gap:
    """一條沒有評分出在哪裏：不歸單位報的、單位交了而且有材料的，都是評分方還沒有評。

    單位沒有交自評的先說沒有提交；交了、而該條要查的材料一件也沒有的，才說沒有材料。
    """
    if scorer not in SELF_SCORED:
        return Gap.UNSCORED
    if not is_submitted:
        return Gap.UNSUBMITTED
    if scorer == Scorer.OFFICE and lacks_material:
        return Gap.NO_MATERIAL
    return Gap.UNSCORED


def _confirmed(line: SheetLine, *, is_over: bool) -> SheetLine:
    """沒有評、又在等主管部門答覆的，說是未確認。"""
    if not line.result.is_missing or not line.is_unconfirmed:
        return line
    said = gap_sentence(Gap.UNCONFIRMED, is_over=is_over)
    gap = Gap.UNCONFIRMED if is_over else Gap.WAITING
    return replace(line, result=replace(line.result, why=said, gap=gap))


def gap_sentence(gap: Gap, *, is_over: bool) -> str:
    """沒有評分的一句話；審定時隨定稿凍結。"""
    why = {
        Gap.UNSCORED: _("評分方還沒有評"),
        Gap.UNSUBMITTED: _("單位未提交自評"),
        Gap.NO_MATERIAL: _("沒有材料"),
        Gap.UNCONFIRMED: _("主管部門沒有答覆，未確認"),
    }[gap]
    if is_over:
        return _("%(why)s，按 0 分計。") % {"why": why}
    return _("%(why)s，待評。") % {"why": why}


def with_lines(
    view: SheetView, lines: tuple[SheetLine, ...], scheme: Scheme, grades: Collection[Grade]
) -> SheetView:
    """換了幾行的一張表：合計、等次隨之重算，別的（連同定稿時的負面清單）不動。"""
    return replace(view, lines=lines, **_summed(lines, scheme, grades, view.vetoes))


def veto_of(block: Block) -> Veto:
    return Veto(
        event_id=block.event_id,
        campaign_id=block.campaign_id,
        effect=block.effect,
        points=block.points,
        grade=block.grade,
        sentence=block.sentence,
        is_confirmed=block.is_confirmed,
    )


def _summed(
    lines: Iterable[SheetLine],
    scheme: Scheme,
    grades: Collection[Grade],
    vetoes: Collection[Veto],
) -> dict[str, Any]:
    """三欄的合計，總分所屬的等次和定的等次。負面清單的扣分只進總分，不進自評、初評兩欄。"""
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
            veto=_deducted(vetoes) if name == "result" else ZERO,
        )
        for name, entry_of in columns.items()
    }
    earned = grade_of(totals["result"].total, grades)
    grade = capped(earned, vetoes, grades)
    return totals | {
        "earned_grade": earned.name if earned else "",
        "unmatched_grades": tuple(sorted(_ceilings(vetoes) - {grade.name for grade in grades})),
        "grade": grade.name if grade else "",
        "grade_at_least": grade.at_least if grade else ZERO,
        "is_failing": bool(grade and grade.is_failing),
    }


def domain_of(row: Criterion) -> Section:
    """一條所在的測評項目；只歸哪一類單位，由它說。"""
    return row.section.parent or row.section


def place_of(row: Criterion) -> tuple:
    """表上的次序。"""
    domain, section = domain_of(row), row.section
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


def _deducted(vetoes: Iterable[Veto]) -> Decimal:
    """已認定的各件合計扣幾分；不是扣分的為 0。"""
    return sum((veto.points for veto in vetoes if veto.is_confirmed), ZERO)


def capped(earned: Grade | None, vetoes: Iterable[Veto], grades: Iterable[Grade]) -> Grade | None:
    """按負面清單封頂以後定的等次，只降不升。辦法裏沒有的等次封不了，見 unmatched_grades。"""
    if earned is None:
        return None
    ceilings = _ceilings(vetoes)
    candidates = [grade for grade in grades if grade.name in ceilings]
    return min([earned, *candidates], key=lambda grade: grade.at_least)


def _ceilings(vetoes: Iterable[Veto]) -> set[str]:
    return {veto.grade for veto in vetoes if veto.is_confirmed and veto.grade}


def sheets_of(
    round_: AssessmentRound,
    sheets: Collection[Sheet],
    *,
    with_evidence: bool = True,
    with_previous: bool = True,
) -> list[SheetView]:
    """給人看的評分表：定稿了的讀定稿，沒有定稿的現算。"""
    if round_.is_frozen and (snapshot := latest_snapshot(round_)):
        return frozen_sheets(snapshot, {sheet.department_id for sheet in sheets})
    return read_sheets(round_, sheets, with_evidence=with_evidence, with_previous=with_previous)
