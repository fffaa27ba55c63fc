"""查出的寫成現成的字：哪個單位、哪項措施、哪一期、哪條規則、去哪裏改。頁面、導出、命令共用。"""

from dataclasses import dataclass

from evidence.checkup.engine import Checkup
from evidence.checkup.rules import RULES, Mark


@dataclass(frozen=True, slots=True)
class Line:
    """一處，全是字。"""

    level: str
    level_label: str
    code: str
    rule: str
    unit_id: int
    unit: str
    measure: str
    title: str
    period: str
    sentence: str
    cure: str
    url: str
    action: str


def line_of(checkup: Checkup, each: Mark) -> Line:
    measure = checkup.facts.measures[each.measure_id]
    return Line(
        level=each.level.value,
        level_label=str(each.level.label),
        code=each.code,
        rule=str(RULES[each.code].label),
        unit_id=each.department_id,
        unit=checkup.facts.units[each.department_id].name,
        measure=measure.code,
        title=measure.title,
        period=each.entry.period if each.entry else "",
        sentence=each.sentence,
        cure=each.cure,
        url=checkup.url_of(each),
        action=checkup.action_of(each),
    )
