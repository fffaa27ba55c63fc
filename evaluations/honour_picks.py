"""評加分時可以引的榮譽：台賬裏授給這個單位（或它當時在任的人）、在考核期裏、沒有撤銷的。

引了哪一項，記在評分查到的事實裏（Matter.honour）；什麼事、哪一檔由台賬定，不由人寫。
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from evaluations.findings import honours_in
from evaluations.models import AssessmentRound, Criterion, Honour, Score, Sheet
from evaluations.sheets import Paper, SheetLine
from evaluations.sheets.sources import honour_source
from people.models import Appointment
from pingtan_civ.lib.scoring import RuleKind

Stage = Score.Stage


@dataclass(frozen=True)
class Place:
    """一項榮譽在這次考核裏計在哪裏。"""

    sheet_id: int
    department: str
    criterion_id: int
    number: str


@dataclass(frozen=True)
class Offer:
    """加分條下可選的一項。step 是與它的級別對得上的那一檔；對不上的為空，要人選。

    elsewhere 是這次考核裏已經計了它的別的一條，「8.2」；is_known 為假的不在可選的之列
    （撤銷了、改了日期的），只因為已經引了才列出。
    """

    honour_id: int
    name: str
    matter: str
    step: str
    level: str = ""
    sentence: str = ""
    papers: tuple[Paper, ...] = ()
    elsewhere: str = ""
    is_known: bool = True


def step_for(level: str, labels: Iterable[str]) -> str:
    """級別對得上的那一檔：正好同名的，或只有一檔帶着它（「受省級表彰」）。對不上的為空。"""
    labels = list(labels)
    if level in labels:
        return level
    found = [label for label in labels if level in label]
    return found[0] if len(found) == 1 else ""


def belonging(round_: AssessmentRound, sheets: Collection[Sheet]) -> dict[int, list[Honour]]:
    """單位 → 考核期裏授給它和它當日在任的人的榮譽，先得的在前。三次查詢，與單位數無關。"""
    units = {sheet.department_id for sheet in sheets}
    period = (round_.period_start, round_.period_end)
    rows = Honour.objects.filter(granted_date__range=period, revoked_date=None)
    rows = rows.exclude(department=None, person=None).with_recipients().with_files()
    honours = list(rows.order_by("granted_date", "pk"))
    people = {row.person_id for row in honours if row.person_id}
    posts: dict[int, list[Appointment]] = defaultdict(list)
    if people:
        for post in Appointment.objects.filter(user__in=people, department__in=units):
            posts[post.user_id].append(post)
    found: dict[int, list[Honour]] = defaultdict(list)
    for row in honours:
        held = [p.department_id for p in posts[row.person_id] if p.is_current(row.granted_date)]
        for unit in dict.fromkeys([row.department_id] if row.department_id else held):
            if unit in units:
                found[unit].append(row)
    return found


@dataclass(frozen=True)
class Counted:
    """這次考核裏計了的：榮譽 → 哪幾處；（表、什麼事）→ 哪幾處。"""

    honours: dict[int, list[Place]] = field(default_factory=dict)
    matters: dict[tuple[int, str], list[Place]] = field(default_factory=dict)


def counted(round_: AssessmentRound, stage: str) -> Counted:
    """自評只看自評；初評、定分看算數的那一格。一次查詢。"""
    rows = Score.objects.filter(
        sheet__round=round_, criterion__rule=Criterion.Rule.BONUS_STEPS, replaced_at=None
    )
    stages = [Stage.SELF] if stage == Stage.SELF else [Stage.FIRST, Stage.FINAL]
    held: dict[tuple[int, int], tuple[Place, dict[str, Any]]] = {}
    for sheet_id, unit, key, number, finding in (
        # 定分排在初評後面，蓋過它。
        rows.filter(stage__in=stages)
        .order_by("-stage", "pk")
        .values_list(
            "sheet_id", "sheet__department_name", "criterion_id", "criterion__number", "finding"
        )
    ):
        held[sheet_id, key] = Place(sheet_id, unit, key, number), finding
    found = Counted(defaultdict(list), defaultdict(list))
    for place, finding in held.values():
        for honour in honours_in(finding):
            found.honours[honour].append(place)
        for name in {row["matter"] for row in finding.get("matters", ())}:
            found.matters[place.sheet_id, name].append(place)
    return found


def place_words(place: Place, sheet_id: int) -> str:
    """計在哪裏：本單位的只說哪一條，別的單位的連單位一起說。"""
    return place.number if place.sheet_id == sheet_id else f"{place.department} {place.number}"


@dataclass(frozen=True)
class Register:
    """評這幾張表時用的台賬：各單位可引的，和已經計了的。"""

    honours: dict[int, list[Honour]] = field(default_factory=dict)
    counted: Counted = field(default_factory=Counted)

    @classmethod
    def of(
        cls,
        round_: AssessmentRound,
        sheets: Collection[Sheet],
        stage: str,
        lines: Iterable[SheetLine],
    ) -> "Register":
        """沒有加分條的不查。"""
        if not any(line.rule == RuleKind.BONUS_STEPS for line in lines):
            return cls()
        honours = belonging(round_, sheets)
        return cls(honours, counted(round_, stage) if honours else Counted())

    def offers(self, sheet: Sheet, line: SheetLine) -> Sequence[Offer]:
        if line.rule != RuleKind.BONUS_STEPS:
            return ()
        labels = [step.label for step in line.steps]
        return tuple(
            self._offer(sheet, line, honour, labels)
            for honour in self.honours.get(sheet.department_id, ())
        )

    def _offer(self, sheet: Sheet, line: SheetLine, honour: Honour, labels: list[str]) -> Offer:
        level, said = str(honour.get_level_display()), honour_source(honour)
        places = (
            *self.counted.honours.get(honour.pk, ()),
            # 同一項在這張表上別的一條計了別的級別。
            *self.counted.matters.get((sheet.pk, honour.matter), ()),
        )
        others = [
            place_words(place, sheet.pk)
            for place in dict.fromkeys(places)
            if (place.sheet_id, place.criterion_id) != (sheet.pk, line.criterion_id)
        ]
        return Offer(
            honour_id=honour.pk,
            name=honour.name,
            matter=honour.matter,
            step=step_for(level, labels),
            level=level,
            sentence=said.sentence,
            papers=said.papers,
            elsewhere="、".join(others),
        )
