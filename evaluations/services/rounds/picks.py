"""加分：引了台賬的，是什麼事、哪一檔由台賬定，一項榮譽在一次考核裏只計一處；
同一件事在一張表上也只計一處，各級的只留最高的一級。
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import partial

from django.utils.translation import gettext as _

from evaluations.findings import honours_in
from evaluations.honour_picks import Counted, belonging, counted, place_words, step_for
from evaluations.models import Criterion, Honour, Score, Sheet
from evaluations.services.rounds.marks import Mark, Marks
from pingtan_civ.lib.scoring import Matter

Criteria = Mapping[int, Criterion]


def matters_of(mark: Mark) -> tuple[Matter, ...]:
    return mark.finding.matters if mark.finding else ()


def picked(mark: Mark) -> list[int]:
    return [each.honour for each in matters_of(mark) if each.honour]


def is_bonus(criterion: Criterion | None) -> bool:
    return criterion is not None and criterion.rule == Criterion.Rule.BONUS_STEPS


@dataclass(frozen=True)
class Picks:
    """這一批改動了的加分，和這次考核裏已經計在哪裏的。沒有加分的不查。"""

    sheet: Sheet
    marks: Marks = field(default_factory=dict)
    criteria: Criteria = field(default_factory=dict)
    honours: Mapping[int, Honour] = field(default_factory=dict)
    counted: Counted = field(default_factory=Counted)
    allowed: frozenset[int] = frozenset()
    held: Mapping[int, set[int]] = field(default_factory=dict)
    """測評內容 → 這張表上已經引了的。"""

    @classmethod
    def of(cls, sheet: Sheet, stage: str, marks: Marks, criteria: Criteria) -> "Picks":
        """marks 只是要寫下的：沒有動的各條，計着的還是存着的。表要已鎖住。"""
        bonuses = {key: mark for key, mark in marks.items() if is_bonus(criteria.get(key))}
        if not any(matters_of(mark) for mark in bonuses.values()):
            return cls(sheet)
        wanted = {honour for mark in bonuses.values() for honour in picked(mark)}
        # 一個人的榮譽可以計在兩個單位：鎖住這幾項，同時評的兩張表才不會各計一次。
        honours = Honour.objects.select_for_update().in_bulk(wanted) if wanted else {}
        belong = belonging(sheet.round, [sheet]).get(sheet.department_id, ()) if wanted else ()
        held: dict[int, set[int]] = {}
        rows = Score.objects.filter(sheet=sheet, criterion__in=list(bonuses), replaced_at=None)
        for key, finding in rows.values_list("criterion_id", "finding") if wanted else ():
            held.setdefault(key, set()).update(honours_in(finding))
        return cls(
            sheet=sheet,
            marks=bonuses,
            criteria=criteria,
            honours=honours,
            counted=counted(sheet.round, stage),
            allowed=frozenset(row.pk for row in belong),
            held=held,
        )

    def settled(self, criterion: Criterion | None, mark: Mark) -> tuple[Mark, str]:
        """（什麼事、哪一檔照台賬寫好的評分, 不行的話說為什麼）。"""
        if criterion is None or not is_bonus(criterion) or mark.finding is None:
            return mark, ""
        labels = [step.label for step in criterion.steps.all()]
        matters: list[Matter] = []
        for each in mark.finding.matters:
            if not each.honour:
                matters.append(each)
                continue
            if sentence := self._refusal(criterion, each):
                return mark, sentence
            honour = self.honours[each.honour]
            step = step_for(str(honour.get_level_display()), labels) or each.step
            matters.append(replace(each, matter=honour.matter, step=step))
        sentence = self._counted_twice(criterion, [each.matter for each in matters])
        return replace(mark, finding=replace(mark.finding, matters=tuple(matters))), sentence

    def _refusal(self, criterion: Criterion, matter: Matter) -> str:
        honour = self.honours.get(matter.honour)
        if honour is None:
            return _("「%(name)s」不在榮譽台賬裏，請刷新看看。") % {"name": matter.matter}
        words = {"name": honour.name, "unit": self.sheet.department_name}
        if honour.revoked_date:
            return _("「%(name)s」已經撤銷，不能加分，請去掉。") % words
        if honour.pk not in self.allowed and honour.pk not in self.held.get(criterion.pk, ()):
            return _("「%(name)s」不是考核期裏授給%(unit)s的，不能在這裏加分，請去掉。") % words
        if places := self._elsewhere(criterion, honour.pk):
            return _(
                "「%(name)s」在這次考核裏已經計入 %(places)s，一項榮譽只計一處，請只留一處。"
            ) % (words | {"places": places})
        return ""

    def _elsewhere(self, criterion: Criterion, honour_id: int) -> str:
        """別處計了它的：這一批裏別的條，和這一批以外已經存着的。"""
        found = [
            place_words(place, self.sheet.pk)
            for place in self.counted.honours.get(honour_id, ())
            if place.sheet_id != self.sheet.pk or place.criterion_id not in self.marks
        ]
        return "、".join([*found, *self._beside(criterion, lambda mark: honour_id in picked(mark))])

    def _counted_twice(self, criterion: Criterion, names: list[str]) -> str:
        """同一件事在這張表上別的一條也計了：各級的只取最高，不能兩條各計一級。"""
        for name in dict.fromkeys(names):
            found = [
                place.number
                for place in self.counted.matters.get((self.sheet.pk, name), ())
                if place.criterion_id not in self.marks
            ]
            found += self._beside(criterion, partial(self._is_named, name))
            if found:
                return _(
                    "「%(name)s」在這張表的 %(places)s 已經計了，同一項只取最高的一級、"
                    "只計一處：請留最高的一處，別處去掉。"
                ) % {"name": name, "places": "、".join(found)}
        return ""

    def _beside(self, criterion: Criterion, is_there: Callable[[Mark], bool]) -> list[str]:
        """這一批裏也有它的別的條的編號，按表的次序。"""
        return [
            other.number
            for key, other in self.criteria.items()
            if key != criterion.pk and key in self.marks and is_there(self.marks[key])
        ]

    def _is_named(self, name: str, mark: Mark) -> bool:
        return name in {
            self.honours[each.honour].matter if each.honour in self.honours else each.matter
            for each in matters_of(mark)
        }
