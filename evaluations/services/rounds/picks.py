"""加分引了台賬裏的榮譽：是什麼事、哪一檔由台賬定；一項榮譽在一次考核裏只計一處。"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from django.utils.translation import gettext as _

from evaluations.findings import honours_in
from evaluations.honour_picks import Place, belonging, counted, place_words, step_for
from evaluations.models import Criterion, Honour, Score, Sheet
from evaluations.services.rounds.marks import Mark, Marks
from pingtan_civ.lib.scoring import Matter


def picked(mark: Mark) -> list[int]:
    matters = mark.finding.matters if mark.finding else ()
    return [each.honour for each in matters if each.honour]


@dataclass(frozen=True)
class Picks:
    """這一批評分引到的榮譽，和它們在這次考核裏計在哪裏。沒有引的不查。"""

    sheet: Sheet
    marks: Marks = field(default_factory=dict)
    honours: Mapping[int, Honour] = field(default_factory=dict)
    places: Mapping[int, list[Place]] = field(default_factory=dict)
    allowed: frozenset[int] = frozenset()
    held: Mapping[int, set[int]] = field(default_factory=dict)
    """測評內容 → 這張表上已經引了的。"""

    @classmethod
    def of(cls, sheet: Sheet, stage: str, marks: Marks) -> "Picks":
        wanted = {honour for mark in marks.values() for honour in picked(mark)}
        if not wanted:
            return cls(sheet)
        belong = belonging(sheet.round, [sheet]).get(sheet.department_id, ())
        held: dict[int, set[int]] = {}
        rows = Score.objects.filter(sheet=sheet, criterion__in=list(marks), replaced_at=None)
        for key, finding in rows.values_list("criterion_id", "finding"):
            held.setdefault(key, set()).update(honours_in(finding))
        return cls(
            sheet=sheet,
            marks=marks,
            honours=Honour.objects.in_bulk(wanted),
            places=counted(sheet.round, stage),
            allowed=frozenset(row.pk for row in belong),
            held=held,
        )

    def settled(self, criterion: Criterion | None, mark: Mark) -> tuple[Mark, str]:
        """（什麼事、哪一檔照台賬寫好的評分, 不行的話說為什麼）。"""
        if criterion is None or not picked(mark) or mark.finding is None:
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
        return replace(mark, finding=replace(mark.finding, matters=tuple(matters))), ""

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
            for place in self.places.get(honour_id, ())
            if place.sheet_id != self.sheet.pk or place.criterion_id not in self.marks
        ]
        others = [
            key
            for key, mark in self.marks.items()
            if key != criterion.pk and honour_id in picked(mark)
        ]
        rows = Criterion.objects.filter(pk__in=others).order_by("pk") if others else ()
        return "、".join([*found, *(row.number for row in rows)])
