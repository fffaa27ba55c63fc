"""查到的事實 ⇄ JSON：評分存進庫、寫進定稿、再讀出來，都走這裏。讀得嚴，不認識的一律不收。"""

from collections.abc import Callable, Mapping
from dataclasses import fields
from decimal import Decimal, InvalidOperation
from typing import Any

from pingtan_civ.lib.scoring import HUNDRED, Finding, Matter, Outcome, Rule, RuleKind, score


class UnreadableFinding(ValueError):
    """存着的事實讀不懂：多了一項、少了一項，或值的種類不對。"""


FACTS_OF: dict[RuleKind, tuple[str, ...]] = {
    RuleKind.BINARY: ("is_met",),
    RuleKind.PRO_RATA: ("done", "planned"),
    RuleKind.DEDUCT_EACH: ("occurrences",),
    RuleKind.BANDS: ("step",),
    RuleKind.STEPS: ("value",),
    RuleKind.BONUS_STEPS: ("matters",),
    RuleKind.PENALTY: ("matters",),
    RuleKind.MANUAL: ("points",),
}
"""每種規則只看這幾樣事實。"""


def to_json(finding: Finding | None) -> dict[str, Any]:
    """只寫用到的；沒有事實（不適用、還沒評）是空的。小數寫成文字，不經浮點。"""
    if finding is None:
        return {}
    found: dict[str, Any] = {}
    for each in fields(Finding):
        value = getattr(finding, each.name)
        if value != each.default:
            found[each.name] = _written(value)
    return found


def _written(value: Any) -> Any:
    if isinstance(value, Decimal):
        return f"{value.normalize():f}"
    if isinstance(value, tuple):
        return [_written_matter(each) for each in value]
    return value


def _written_matter(each: Matter) -> dict[str, Any]:
    """手寫的不寫 honour：與還沒有台賬可選時存的一模一樣。"""
    found: dict[str, Any] = {
        "matter": each.matter,
        "step": each.step,
        "times": each.times,
        "is_concealed": each.is_concealed,
    }
    return found | {"honour": each.honour} if each.honour else found


def from_json(data: Mapping[str, Any]) -> Finding | None:
    """與 to_json 互逆。Raises UnreadableFinding。"""
    if not isinstance(data, Mapping):
        raise UnreadableFinding(data)
    unknown = data.keys() - _READERS.keys()
    if unknown:
        raise UnreadableFinding(", ".join(sorted(unknown)))
    if not data:
        return None
    return Finding(**{name: _READERS[name](value) for name, value in data.items()})


def honours_in(data: Mapping[str, Any]) -> list[int]:
    """存着的事實裏引了台賬的哪幾項榮譽。"""
    return [row["honour"] for row in data.get("matters", ()) if row.get("honour")]


def outcome_of(rule: Rule, finding: Finding | None) -> Outcome:
    """按規則得多少分。Raises UnreadableFinding：事實與規則對不上。"""
    if finding is not None:
        given = set(to_json(finding))
        if not given <= set(FACTS_OF[rule.kind]):
            raise UnreadableFinding(", ".join(sorted(given)))
    try:
        return score(rule, finding)
    except (KeyError, ValueError) as error:
        raise UnreadableFinding(str(error)) from error


def is_percentage(rule: Rule, text: str) -> bool:
    """按數值分檔、數值是百分數的：檔次上寫着 %，或測評內容說的是什麼率；有一檔過 100 的不是。"""
    if rule.kind is not RuleKind.STEPS:
        return False
    if any(step.at_least is not None and step.at_least > HUNDRED for step in rule.steps):
        return False
    return "率" in text or any("%" in step.label or "％" in step.label for step in rule.steps)


def _exactly(kind: type) -> Callable[[Any], Any]:
    def read(value: Any) -> Any:
        if type(value) is not kind:
            raise UnreadableFinding(value)
        return value

    return read


def _decimal(value: Any) -> Decimal:
    if type(value) is not str:
        raise UnreadableFinding(value)
    try:
        number = Decimal(value)
    except InvalidOperation as error:
        raise UnreadableFinding(value) from error
    if not number.is_finite():
        raise UnreadableFinding(value)
    return number


_MATTER: dict[str, Callable[[Any], Any]] = {
    "matter": _exactly(str),
    "step": _exactly(str),
    "times": _exactly(int),
    "is_concealed": _exactly(bool),
    "honour": _exactly(int),
}


def _matters(value: Any) -> tuple[Matter, ...]:
    if type(value) is not list:
        raise UnreadableFinding(value)
    found = []
    for row in value:
        if not isinstance(row, Mapping) or row.keys() | {"honour"} != _MATTER.keys():
            raise UnreadableFinding(row)
        found.append(Matter(**{name: _MATTER[name](each) for name, each in row.items()}))
    return tuple(found)


_READERS: dict[str, Callable[[Any], Any]] = {
    "is_met": _exactly(bool),
    "done": _decimal,
    "planned": _decimal,
    "occurrences": _exactly(int),
    "step": _exactly(str),
    "value": _decimal,
    "points": _decimal,
    "matters": _matters,
}
