"""規則的名冊：每條規則是一個小函數，吃事實，吐毛病；名字、說明都登記在這裏。"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext as _

from evidence.checkup.facts import Entry, Facts, Fault
from tasks.models import EvidenceLink, Submission
from tasks.specification import Level


@dataclass(frozen=True, slots=True)
class Mark:
    """查出的一處：多要緊、哪條規則、一句話、怎麼辦，說的是哪個單位、措施、哪一期、哪份佐證。"""

    level: Level
    code: str
    sentence: str
    cure: str
    department_id: int
    measure_id: int
    entry: Entry | None = None
    link_id: int | None = None


Check = Callable[[Facts], Iterable[Mark]]


@dataclass(frozen=True)
class Rule:
    """一條規則。label 是篩選和導出裏的名字；說明和出處在函數的文檔裏。"""

    code: str
    label: str | Promise
    check: Check


RULES: dict[str, Rule] = {}


def rule(code: str, label: str | Promise) -> Callable[[Check], Check]:
    """登記一條規則；登記的先後就是列出的先後。"""

    def register(check: Check) -> Check:
        RULES[code] = Rule(code, label, check)
        return check

    return register


def mark(
    level: Level,
    code: str,
    entry: Entry,
    sentence: str,
    cure: str,
    link: EvidenceLink | None = None,
) -> Mark:
    """說的是某一期報送（或其中一份佐證）的一處。"""
    return Mark(
        level,
        code,
        sentence,
        cure,
        entry.department_id,
        entry.measure_id,
        entry,
        link.pk if link else None,
    )


def of_pieces(faults: Iterable[Fault]) -> Iterator[Mark]:
    """一份佐證的毛病寫成一處；話是 tasks.specification 說的，這裏只加上是哪一份。"""
    for fault in faults:
        found = fault.finding
        words = {"name": fault.link.name, "fault": found.sentence}
        yield mark(
            found.level,
            found.code,
            fault.entry,
            _("「%(name)s」%(fault)s") % words,
            found.cure,
            fault.link,
        )


def how_to_add(entry: Entry) -> str:
    """補一份佐證，這一期走到這一步該怎麼辦。"""
    if entry.is_open:
        return _("補傳之後報出。")
    if entry.state == Submission.State.SUBMITTED:
        return _("請負責人退回，補傳之後再報。")
    if entry.state == Submission.State.ENDORSED:
        return _("審核時退回，請單位補齊。")
    return _("請創建辦補要材料，由單位補交。")
