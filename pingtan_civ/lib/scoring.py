"""考核計分的算術：一條一條怎樣得分，一張表怎樣合計。純函數，不碰數據庫。

預覽、評分表、導出、定稿的快照都調這裏，所以永遠是同一個數。分數全用 Decimal，
保留兩位、四捨五入只在 to_points 一處；輸入的先後不影響結果。

八種計分規則取自各地考評細則（見 docs/decisions/eight-rules-score-everything.md）。
"""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from enum import StrEnum

from django.utils.translation import gettext as _

CENT = Decimal("0.01")
ZERO = Decimal("0.00")
HUNDRED = Decimal(100)


class RuleKind(StrEnum):
    """計分規則。"""

    BINARY = "binary"
    PRO_RATA = "pro_rata"
    DEDUCT_EACH = "deduct_each"
    BANDS = "bands"
    STEPS = "steps"
    BONUS_STEPS = "bonus_steps"
    PENALTY = "penalty"
    MANUAL = "manual"


class Part(StrEnum):
    """這一條算在哪裏：基本分之內，還是另加、另扣。"""

    BASE = "base"
    BONUS = "bonus"
    PENALTY = "penalty"


PART_OF = {RuleKind.BONUS_STEPS: Part.BONUS, RuleKind.PENALTY: Part.PENALTY}
"""只能用在加分、扣分裏的規則；其餘規則都算基本分。"""


@dataclass(frozen=True)
class Step:
    """一檔：名稱，和得多少分。

    points 是分數；percent 是滿分的百分之幾（狀態描述法的 A/B/C/D），兩樣寫一樣。
    at_least 是按數值分檔時這一檔的下限（含）。
    """

    label: str
    points: Decimal | None = None
    percent: Decimal | None = None
    at_least: Decimal | None = None

    def worth(self, full: Decimal) -> Decimal:
        if self.percent is not None:
            return to_points(full * self.percent / HUNDRED)
        return self.points if self.points is not None else ZERO


@dataclass(frozen=True)
class Rule:
    """一條的計分辦法。

    full 是滿分；加分條裏是本條封頂，扣分條裏是本條最多扣多少，0 表示不設上限。
    each 是每發生一次扣多少（正數）。
    """

    kind: RuleKind
    full: Decimal
    each: Decimal = ZERO
    steps: tuple[Step, ...] = ()

    @property
    def part(self) -> Part:
        return PART_OF.get(self.kind, Part.BASE)

    def step(self, label: str) -> Step:
        """按名稱找一檔。Raises KeyError：辦法裏沒有這一檔。"""
        for step in self.steps:
            if step.label == label:
                return step
        raise KeyError(label)


@dataclass(frozen=True)
class Matter:
    """加分、扣分的一件事。同一件事（matter 相同）得了幾級的獎，只算最高的一級。

    honour 是從榮譽台賬裏選的那一項的號，0 是手寫的；怎樣算分與它無關。
    """

    matter: str
    step: str = ""
    times: int = 1
    is_concealed: bool = False
    honour: int = 0


@dataclass(frozen=True)
class Finding:
    """評分人查到的事實。按規則只用其中一兩樣；points 只給憑印象打分的那種。"""

    is_met: bool | None = None
    done: Decimal | None = None
    planned: Decimal | None = None
    occurrences: int | None = None
    step: str = ""
    value: Decimal | None = None
    points: Decimal | None = None
    matters: tuple[Matter, ...] = ()


@dataclass(frozen=True)
class Outcome:
    """一條的得分和怎樣得來的。扣分條的 points 是負數。"""

    points: Decimal
    why: str
    is_missing: bool = False


@dataclass(frozen=True)
class Line:
    """合計用的一行。不適用的不計入，基本分按比例折算。"""

    part: Part
    full: Decimal
    points: Decimal
    is_applicable: bool = True


@dataclass(frozen=True)
class Total:
    """一張表的合計，每一步都留着，好說清「為什麼是 86.4 分」。

    base 是折算以後的基本分；earned、applicable 是折算以前的得分和適用的滿分。
    bonus、penalty 已經封頂，penalty 是負數。沒有一條適用時 base 為 0。
    veto 是負面清單扣的分，負數，在總分和各條的扣分之外，不受 penalty 的上限管。
    """

    full: Decimal
    earned: Decimal
    applicable: Decimal
    base: Decimal
    bonus_before_cap: Decimal
    bonus: Decimal
    penalty_before_cap: Decimal
    penalty: Decimal
    total: Decimal
    veto: Decimal = ZERO

    @property
    def is_rescaled(self) -> bool:
        return self.applicable != self.full


def to_points(value: Decimal) -> Decimal:
    """分數保留兩位，四捨五入。全平台只在這裏取捨。"""
    return value.quantize(CENT, rounding=ROUND_HALF_UP)


def show(points: Decimal) -> str:
    """寫在句子裏的分數：去掉末尾的零，至少留整數。"""
    text = f"{points.normalize():f}"
    return "0" if text == "-0" else text


def fixed(points: Decimal) -> str:
    """寫在公文和表裏的分數：一律兩位小數，上下對得齊。"""
    return f"{to_points(points):.2f}"


def score(rule: Rule, finding: Finding | None) -> Outcome:
    """一條得多少分、為什麼。沒有評的按 0 分計，為什麼沒有由評分表說（sheets/reading.py）。

    Raises KeyError when the finding names a step the rule does not have,
    ValueError when it lacks the fact the rule needs or the fact is impossible.
    """
    if finding is None:
        return _missing(rule)
    return _SCORERS[rule.kind](rule, finding)


def _missing(rule: Rule) -> Outcome:
    if rule.part is not Part.BASE:
        return Outcome(ZERO, _("沒有記錄。"))
    return Outcome(ZERO, "", is_missing=True)


def _binary(rule: Rule, finding: Finding) -> Outcome:
    if finding.is_met is None:
        raise ValueError("is_met")
    if finding.is_met:
        return Outcome(rule.full, _("達到要求，得滿分。"))
    return Outcome(ZERO, _("沒有達到要求，不得分。"))


def _pro_rata(rule: Rule, finding: Finding) -> Outcome:
    """完成多少得多少，超額不多得。計劃為 0 時沒有比例可算，不能用這條規則。"""
    done, planned = finding.done, finding.planned
    if done is None or not planned or planned < 0 or done < 0:
        raise ValueError("done/planned")
    share = min(done / planned, Decimal(1))
    points = to_points(rule.full * share)
    why = _("完成 %(done)s，應完成 %(planned)s，按比例得 %(points)s 分。") % {
        "done": show(done),
        "planned": show(planned),
        "points": show(points),
    }
    return Outcome(points, why)


def _deduct_each(rule: Rule, finding: Finding) -> Outcome:
    times = finding.occurrences
    if times is None or times < 0:
        raise ValueError("occurrences")
    if not times:
        return Outcome(rule.full, _("沒有發現問題，得滿分。"))
    lost = rule.each * times
    points = max(rule.full - lost, ZERO)
    words = {"times": times, "each": show(rule.each), "lost": show(min(lost, rule.full))}
    if lost >= rule.full:
        return Outcome(points, _("發現 %(times)s 次，每次扣 %(each)s 分，扣完為止。") % words)
    return Outcome(points, _("發現 %(times)s 次，每次扣 %(each)s 分，共扣 %(lost)s 分。") % words)


def _bands(rule: Rule, finding: Finding) -> Outcome:
    step = rule.step(finding.step)
    points = step.worth(rule.full)
    words = {"step": step.label, "points": show(points)}
    if step.percent is None:
        return Outcome(points, _("評為「%(step)s」，得 %(points)s 分。") % words)
    words["percent"] = show(step.percent)
    return Outcome(
        points, _("評為「%(step)s」，得滿分的 %(percent)s%%，即 %(points)s 分。") % words
    )


def _steps(rule: Rule, finding: Finding) -> Outcome:
    """按數值落在哪一檔給分；一檔也夠不上的不得分。"""
    if finding.value is None:
        raise ValueError("value")
    reached = [
        step for step in rule.steps if step.at_least is not None and finding.value >= step.at_least
    ]
    words = {"value": show(finding.value)}
    if not reached:
        return Outcome(ZERO, _("數值 %(value)s，沒有達到最低一檔，不得分。") % words)
    step = max(reached, key=lambda each: each.at_least or ZERO)
    points = step.worth(rule.full)
    words |= {"step": step.label, "points": show(points)}
    return Outcome(points, _("數值 %(value)s，屬「%(step)s」，得 %(points)s 分。") % words)


def _bonus_steps(rule: Rule, finding: Finding) -> Outcome:
    """同一件事只取最高的一級，各事相加，本條封頂。"""
    best: dict[str, Step] = {}
    for matter in finding.matters:
        step = rule.step(matter.step)
        held = best.get(matter.matter)
        if held is None or step.worth(rule.full) > held.worth(rule.full):
            best[matter.matter] = step
    if not best:
        return Outcome(ZERO, _("沒有記錄。"))
    parts = [
        _("%(matter)s（%(step)s）%(points)s 分")
        % {"matter": name, "step": step.label, "points": show(step.worth(rule.full))}
        for name, step in sorted(best.items())
    ]
    earned = sum((step.worth(rule.full) for step in best.values()), ZERO)
    points, said = earned, _("、").join(parts)
    if rule.full and earned > rule.full:
        points = rule.full
        said = _("%(parts)s，合計超過封頂，按 %(cap)s 分計") % {
            "parts": said,
            "cap": show(rule.full),
        }
    return Outcome(points, said + "。")


def _penalty(rule: Rule, finding: Finding) -> Outcome:
    """每件事按次數或檔次扣；隱瞞不報的加倍。"""
    parts, lost = [], ZERO
    for matter in sorted(finding.matters, key=lambda each: (each.matter, each.step)):
        if matter.times < 0:
            raise ValueError("times")
        one = rule.step(matter.step).worth(rule.full) if matter.step else rule.each
        taken = one * matter.times * (2 if matter.is_concealed else 1)
        words = {"matter": matter.matter, "points": show(taken)}
        said = _("%(matter)s扣 %(points)s 分（隱瞞不報，加倍）") if matter.is_concealed else None
        parts.append((said or _("%(matter)s扣 %(points)s 分")) % words)
        lost += taken
    if not parts:
        return Outcome(ZERO, _("沒有記錄。"))
    said = _("、").join(parts)
    if rule.full and lost > rule.full:
        lost = rule.full
        said = _("%(parts)s，合計超過上限，按扣 %(cap)s 分計") % {
            "parts": said,
            "cap": show(rule.full),
        }
    return Outcome(-lost if lost else ZERO, said + "。")


def _manual(rule: Rule, finding: Finding) -> Outcome:
    if finding.points is None or not 0 <= finding.points <= rule.full:
        raise ValueError("points")
    points = to_points(finding.points)
    return Outcome(points, _("評分人給 %(points)s 分。") % {"points": show(points)})


_SCORERS = {
    RuleKind.BINARY: _binary,
    RuleKind.PRO_RATA: _pro_rata,
    RuleKind.DEDUCT_EACH: _deduct_each,
    RuleKind.BANDS: _bands,
    RuleKind.STEPS: _steps,
    RuleKind.BONUS_STEPS: _bonus_steps,
    RuleKind.PENALTY: _penalty,
    RuleKind.MANUAL: _manual,
}


def add_up(
    lines: Iterable[Line],
    *,
    full: Decimal,
    bonus_cap: Decimal | None = None,
    penalty_cap: Decimal | None = None,
    veto: Decimal = ZERO,
) -> Total:
    """一張表的總分：基本分按適用的滿分折算到 full，加分、扣分各自封頂後相加。

    veto 是負面清單扣幾分（正數），另外減去，不封頂。總分不低於 0。cap 為 None 是不封頂。
    """
    earned = applicable = bonus = penalty = ZERO
    for line in lines:
        if line.part is Part.BONUS:
            bonus += line.points
        elif line.part is Part.PENALTY:
            penalty += line.points
        elif line.is_applicable:
            earned += line.points
            applicable += line.full
    if applicable == full:
        base = earned
    elif applicable:
        base = to_points(earned * full / applicable)
    else:
        base = ZERO
    capped_bonus = bonus if bonus_cap is None else min(bonus, bonus_cap)
    capped_penalty = penalty if penalty_cap is None else max(penalty, -penalty_cap)
    return Total(
        full=full,
        earned=earned,
        applicable=applicable,
        base=base,
        bonus_before_cap=bonus,
        bonus=capped_bonus,
        penalty_before_cap=penalty,
        penalty=capped_penalty,
        total=max(base + capped_bonus + capped_penalty - veto, ZERO),
        veto=-veto if veto else ZERO,
    )
