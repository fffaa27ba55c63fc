"""佈景：反饋階段的一次考核，婚姻登記處對 1.2 提出異議，辦到某一步。"""

from datetime import datetime
from typing import Any

from evaluations.models import Objection, Sheet
from evaluations.services import objections
from evaluations.services.objections import Claim
from evaluations.services.rounds import Mark
from pingtan_civ.lib.scoring import Finding
from tests.cast import Cast
from tests.evaluations import round_stage as stage

STATES = ("filed", "answered", "decided")
NONE_FOUND = Mark(finding=Finding(occurrences=0))
GRADE_A = Mark(finding=Finding(step="A"))
REASON = "那一份當天已經補簽，有照片。"


def sheet(cast: Cast, phase: str = "feedback", **changes: Any) -> Sheet:
    return stage.sheet_of(stage.round_at(cast, phase, **changes), cast.registry)


def claim(found: Sheet, number: str = "1.2", **changes: Any) -> Claim:
    values = {"criterion_id": stage.number_of(found, number), "reason": REASON}
    return Claim(**values | changes)


def objection(
    cast: Cast, at: datetime, upto: str = "filed", found: Sheet | None = None, **changes: Any
) -> Objection:
    found = found or sheet(cast)
    row = objections.file_objection(
        actor=cast.head, sheet_id=found.pk, claim=claim(found, **changes), at=at
    )
    if STATES.index(upto) >= 1:
        answer(cast, row, at)
    if STATES.index(upto) >= 2:
        decide(cast, row, at)
    return fresh(row)


def answer(cast: Cast, row: Objection, at: datetime, **changes: Any) -> Objection:
    """1.2 的分是辦公室主任給的，由幹事答覆。"""
    values = {"actor": cast.officer, "proposal": "upheld", "answer": "查了原件，確已補簽。"}
    return objections.answer_objection(objection_id=row.pk, at=at, **values | changes)


def decide(cast: Cast, row: Objection, at: datetime, **changes: Any) -> Objection:
    values = {
        "actor": cast.leader,
        "outcome": "upheld",
        "reason": "同意，改為沒有發現問題。",
        "mark": NONE_FOUND,
    }
    return objections.decide_objection(objection_id=row.pk, at=at, **values | changes)


def fresh(row: Objection) -> Objection:
    return Objection.objects.with_everything().get(pk=row.pk)
