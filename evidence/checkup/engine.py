"""把全部規則跑一遍，連同完整度，給頁面、導出和命令。"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from urllib.parse import urlencode

from django.urls import reverse
from django.utils.translation import gettext as _

from campaigns.models import Campaign
from campaigns.standing import Standing
from evidence.checkup.facts import Entry, Facts, Unit
from evidence.checkup.rules import RULES, Mark
from evidence.completeness import Tally
from tasks.models import Submission
from tasks.specification import Level

LEVELS = (Level.ERROR, Level.WARNING, Level.HINT)


def run(
    campaign: Campaign,
    *,
    on: date,
    standing: Standing | None = None,
    departments: Iterable[int] | None = None,
) -> "Checkup":
    """體檢一個活動（或其中幾個單位）。查詢次數固定，與單位、措施、期數無關。

    standing 是看的人；None 是命令行，與創建辦讀到的一樣多。
    """
    return Checkup(Facts(campaign, on, standing, departments))


@dataclass(frozen=True)
class Filter:
    """看哪些：規則、工作目標、期；空的不限。"""

    rule: str = ""
    objective: int | None = None
    period: str = ""


class Checkup:
    """一次體檢的結果。"""

    def __init__(self, facts: Facts) -> None:
        self.facts = facts

    @cached_property
    def marks(self) -> list[Mark]:
        """全部毛病：按單位、輕重、措施、期的次序。"""
        found = [each for rule in RULES.values() for each in rule.check(self.facts)]
        return sorted(found, key=self._place)

    def _place(self, each: Mark) -> tuple:
        return (
            self._unit_places[each.department_id],
            LEVELS.index(each.level),
            self.facts.measures[each.measure_id].place,
            each.entry.start if each.entry else date.min,
            each.entry.pk if each.entry else 0,
        )

    @cached_property
    def _unit_places(self) -> dict[int, int]:
        return {pk: place for place, pk in enumerate(self.facts.units)}

    def matching(self, chosen: Filter) -> list[Mark]:
        """符合條件的毛病。"""
        return [
            each
            for each in self.marks
            if (not chosen.rule or each.code == chosen.rule)
            and self._is_in(chosen, each.measure_id, each.entry)
        ]

    def _is_in(self, chosen: Filter, measure_id: int, entry: Entry | None) -> bool:
        if chosen.objective and self.facts.measures[measure_id].objective_id != chosen.objective:
            return False
        return not chosen.period or (entry is not None and entry.label == chosen.period)

    def tallies(self, chosen: Filter | None = None) -> dict[int, Tally]:
        """各單位的完整度（不分規則），有分母的單位才有。"""
        chosen = chosen or Filter()
        found: dict[int, Tally] = defaultdict(Tally)
        for entry in self.facts.counted:
            if self._is_in(chosen, entry.measure_id, entry):
                found[entry.department_id].add(self.facts.tally(entry))
        return dict(found)

    def measure_tallies(self, department_id: int, chosen: Filter) -> dict[int, Tally]:
        """一個單位各項措施的完整度。"""
        found: dict[int, Tally] = defaultdict(Tally)
        for entry in self.facts.counted:
            is_own = entry.department_id == department_id
            if is_own and self._is_in(chosen, entry.measure_id, entry):
                found[entry.measure_id].add(self.facts.tally(entry))
        return dict(found)

    @cached_property
    def units(self) -> list[Unit]:
        """有報送或有毛病的單位，按次序。"""
        present = {entry.department_id for entry in self.facts.counted}
        present |= {each.department_id for each in self.marks}
        return [unit for pk, unit in self.facts.units.items() if pk in present]

    # 去哪裏改

    def url_of(self, each: Mark) -> str:
        """直接到能改的那一頁：該審的到審核，填報中的到填報的那一份，其餘到那一期或那項措施。"""
        campaign = self.facts.campaign
        if each.entry is None:
            name = "tasks:measure-edit" if self._is_office else "tasks:measure-detail"
            return reverse(name, args=[campaign.code, self.facts.measures[each.measure_id].code])
        if self._is_to_review(each.entry):
            return f"{reverse('tasks:review-inbox', args=[campaign.code])}?item={each.entry.pk}"
        if self._is_to_ask(each):
            return self._request_url(each.entry)
        url = reverse("tasks:submission", args=[each.entry.pk])
        return f"{url}#file-{each.link_id}" if each.link_id and each.entry.is_open else url

    def action_of(self, each: Mark) -> str:
        """按鈕上的兩三個字，與 url_of 去的地方一致。"""
        if each.entry is None:
            return _("改分工") if self._is_office else _("看任務")
        if self._is_to_review(each.entry):
            return _("去審核")
        if self._is_to_ask(each):
            return _("要材料")
        return _("去填報") if self._is_to_fill(each.entry) else _("看這一期")

    @property
    def _is_office(self) -> bool:
        standing = self.facts.standing
        return standing is None or standing.is_office(self.facts.campaign)

    def _is_to_review(self, entry: Entry) -> bool:
        return self._is_office and entry.state == Submission.State.ENDORSED

    def _is_to_ask(self, each: Mark) -> bool:
        """已通過的那一期還缺，單位不能再改：由辦公室補要。"""
        can_ask = self._is_office and self.facts.campaign.is_open
        return can_ask and each.level == Level.ERROR and each.entry.is_accepted

    def _request_url(self, entry: Entry) -> str:
        url = reverse("evidence:request-create", args=[self.facts.campaign.code])
        known = {
            "departments": entry.department_id,
            "asked_from": entry.start.isoformat(),
            "asked_to": entry.end.isoformat(),
        }
        return f"{url}?{urlencode(known)}"

    def _is_to_fill(self, entry: Entry) -> bool:
        standing = self.facts.standing
        is_own = standing is not None and entry.department_id in standing.departments
        return is_own and entry.is_open
