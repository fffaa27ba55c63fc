"""查條件要用的事實：每樣一次查詢，用到才查，對象再多次數不變。"""

import json
from collections import defaultdict
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import cached_property

from django.db.models import Max, OuterRef, Q, Subquery
from django.urls import reverse

from evaluations.eligibility import Block, Unanswered, blocks_of, unanswered
from evaluations.models import Honour, ResultSnapshot
from people.models import DemonstrationStatus, Department
from recommendations.models import Candidate, Condition, Programme, Ruling
from supervision.models import Order

#: 級別從高到低；數小的高。
RANK = {level: place for place, level in enumerate(DemonstrationStatus.Level.values)}


def at_least(level: str, wanted: str) -> bool:
    """這一級不低於要的那一級。"""
    return RANK[level] <= RANK[wanted]


@dataclass(frozen=True)
class FrozenSheet:
    """定稿裏一個單位的總分和等次。"""

    department: str
    total: Decimal
    grade: str
    grade_at_least: Decimal
    url: str


@dataclass(frozen=True)
class Result:
    """一次考核最新一版定稿裏，條件要看的那幾樣。"""

    sheets: dict[int, FrozenSheet]
    grades: dict[str, Decimal]


class Facts:
    """一次查條件的全部事實。"""

    def __init__(
        self,
        programme: Programme,
        candidates: Collection[Candidate],
        conditions: Collection[Condition],
        on: date,
    ) -> None:
        self.programme, self.candidates, self.conditions = programme, candidates, conditions
        self.on = on
        self.department_ids = {candidate.department_id for candidate in candidates}

    # ── 單位和稱號 ──

    @cached_property
    def units(self) -> dict[int, Department]:
        """當日存在的單位。"""
        return {unit.pk: unit for unit in Department.objects.existing(self.on)}

    @cached_property
    def _children(self) -> dict[int | None, list[Department]]:
        found: dict[int | None, list[Department]] = defaultdict(list)
        for unit in self.units.values():
            found[unit.parent_id].append(unit)
        return found

    def below(self, department_id: int) -> list[Department]:
        """各層下屬單位，自上而下。"""
        found = list(self._children[department_id])
        for unit in found:
            found += self._children[unit.pk]
        return found

    def above(self, department_id: int) -> Iterator[int]:
        """各級上級，自下而上，連同自己。"""
        pk: int | None = department_id
        while pk is not None:
            yield pk
            unit = self.units.get(pk)
            pk = unit.parent_id if unit else None

    @cached_property
    def _statuses(self) -> dict[int, list[DemonstrationStatus]]:
        found: dict[int, list[DemonstrationStatus]] = defaultdict(list)
        for row in DemonstrationStatus.objects.on(self.on).select_related("department"):
            found[row.department_id].append(row)
        return found

    def holds(self, department_id: int, level: str) -> bool:
        return any(at_least(row.level, level) for row in self._statuses[department_id])

    def titles_of(self, department_id: int, level: str) -> str:
        """有的稱號，連成一句。"""
        held = [row for row in self._statuses[department_id] if at_least(row.level, level)]
        return "、".join(str(row) for row in held)

    @cached_property
    def _honours(self) -> dict[int, list[Honour]]:
        people = [row.person_id for row in self.candidates if row.person_id]
        found: dict[int, list[Honour]] = defaultdict(list)
        rows = Honour.objects.filter(person__in=people, granted_date__lte=self.on)
        for row in rows.filter(Q(revoked_date__isnull=True) | Q(revoked_date__gt=self.on)):
            found[row.person_id].append(row)
        return found

    def honours_of(self, person_id: int, level: str) -> str:
        held = [row for row in self._honours[person_id] if at_least(row.level, level)]
        return "、".join(str(row) for row in held)

    # ── 考核 ──

    @cached_property
    def results(self) -> dict[int, Result]:
        """條件指到的考核的最新一版定稿；沒有審定的不在裏面。"""
        rounds = {row.round_id for row in self.conditions if row.round_id}
        last = ResultSnapshot.objects.filter(round=OuterRef("round")).order_by()
        last = last.values("round").annotate(last=Max("edition")).values("last")
        rows = ResultSnapshot.objects.filter(round__in=rounds, edition=Subquery(last))
        return {row.round_id: self._result(json.loads(row.body)) for row in rows}

    def _result(self, body: dict) -> Result:
        code = body["round"]["code"]
        sheets = [each["sheet"] for each in body["sheets"]]
        return Result(
            sheets={
                sheet["department_id"]: FrozenSheet(
                    department=sheet["department"],
                    total=Decimal(sheet["result"]["total"]),
                    grade=sheet["grade"],
                    grade_at_least=Decimal(sheet["grade_at_least"]),
                    url=reverse("evaluations:sheet", args=[code, sheet["department_id"]]),
                )
                for sheet in sheets
                if sheet["department_id"] in self.department_ids
            },
            grades={row["name"]: Decimal(row["at_least"]) for row in body["scheme"]["grades"]},
        )

    # ── 負面清單、整改、重複申報、認定 ──

    @cached_property
    def blocks(self) -> dict[int, list[Block]]:
        """從申報截止日往前數攔着的；截止以後到今天新出的也算。"""
        found = blocks_of(self.department_ids, self.programme.apply_by)
        if self.on > self.programme.apply_by:
            for pk, rows in blocks_of(self.department_ids, self.on).items():
                known = {row.url for row in found[pk]}
                found[pk] += [row for row in rows if row.url not in known]
        return found

    @cached_property
    def unanswered(self) -> dict[int, list[Unanswered]]:
        """主管部門還沒有確認的；徵詢往往在申報截止以後才發，所以看到今天為止。"""
        return unanswered(self.programme.campaign, self.department_ids, self.on)

    @cached_property
    def rectifications(self) -> dict[int, list[Order]]:
        rows = Order.objects.filter(
            source=Order.Source.RECTIFICATION,
            state__in=(*Order.LIVE, Order.State.SUSPENDED),
            number__isnull=False,
            lead_department__in=self.department_ids,
        )
        found: dict[int, list[Order]] = defaultdict(list)
        for row in rows.order_by("pk"):
            found[row.lead_department_id].append(row)
        return found

    @cached_property
    def _industries(self) -> list[Candidate]:
        """同一活動、同一級別裏作為行業整體申報的，不限這一個項目。"""
        return list(
            Candidate.objects.live()
            .filter(
                kind=Candidate.Kind.INDUSTRY,
                programme__campaign=self.programme.campaign_id,
                programme__level=self.programme.level,
            )
            .exclude(programme__state=Programme.State.CANCELLED)
            .order_by("pk")
        )

    def whole_industry_of(self, candidate: Candidate) -> Candidate | None:
        """把這個單位包含在內、已整體申報的行業。"""
        chain = set(self.above(candidate.department_id))
        return next(
            (
                row
                for row in self._industries
                if row.pk != candidate.pk and row.department_id in chain
            ),
            None,
        )

    @cached_property
    def rulings(self) -> dict[tuple[int, int], Ruling]:
        rows = Ruling.objects.filter(candidate__in=self.candidates).select_related("by")
        return {(row.candidate_id, row.condition_id): row for row in rows}
