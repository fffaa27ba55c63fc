"""目標責任書寫什麼：從任務分解、指標和考核辦法編出來，比對兩次編的差別，再疊加起來。

內容是幾張清單（Facts），每行有自己的 key：責任書凍結全部清單，補充書只凍結有變的行，
所以「現在有效的約定」＝責任書＋各份已簽訂的補充書，依次疊加。
都是要凍結進文本的話，一律用原文（繁體），不經翻譯。
"""

from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import asdict, dataclass
from datetime import date
from typing import Any

from django.db.models import Prefetch
from django.utils.timezone import localdate

from campaigns.models import Campaign, Indicator
from campaigns.naming import signature_of
from evaluations.models import Criterion, Grade, ProfileDepartment, Scheme, Section, TargetLetter
from journal.services import source_script
from pingtan_civ.lib.scoring import show
from tasks.models import Assignment, Measure

Row = dict[str, Any]
Facts = dict[str, list[Row]]

#: 清單的名字，印的次序；都要有，沒有行的是空表。
LISTS = ("duties", "indicators", "scheme", "weights", "grades")
#: 責任領導換了人，由接任者承接，不算變更。
NOT_COMPARED = frozenset({"leader_name"})


@dataclass(frozen=True)
class Change:
    """一行的變化：before 為空是增加的，after 為空是去掉的。"""

    list: str
    key: str
    before: Row | None
    after: Row | None

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


def compose(
    campaign: Campaign, year: int, department_ids: Collection[int] | None = None
) -> dict[int, Facts]:
    """各單位此刻的內容；department_ids 不給時是這一年有任務的各單位。查詢次數固定。"""
    assignments = _assignments(campaign, year, department_ids)
    units = department_ids or {row.department_id for row in assignments}
    found: dict[int, Facts] = {pk: {name: [] for name in LISTS} for pk in units}
    for row in assignments:
        _add_duty(found[row.department_id], row)
    scheme = Scheme.objects.in_force(campaign, year)
    if scheme is not None:
        with source_script():
            _add_scheme(found, scheme)
    return found


def _assignments(
    campaign: Campaign, year: int, department_ids: Collection[int] | None
) -> list[Assignment]:
    """這一年裏要辦的：年底前下達，時限不早於年初；中止、撤銷的和補要材料不算。"""
    rows = Assignment.objects.filter(
        measure__campaign=campaign,
        measure__is_request=False,
        measure__state__in=[Measure.State.ISSUED, Measure.State.CLOSED],
        state__in=[*Assignment.LIVE, Assignment.State.CLOSED],
        issued_at__year__lte=year,
        due_date__year__gte=year,
    )
    if department_ids is not None:
        rows = rows.filter(department__in=department_ids)
    rows = rows.select_related("measure__accountable_seat__user")
    indicators = Indicator.objects.select_related("clause")
    rows = rows.prefetch_related(Prefetch("measure__indicators", queryset=indicators))
    return list(rows.order_by("role", "measure__position", "measure_id"))


def _add_duty(facts: Facts, assignment: Assignment) -> None:
    measure, seat = assignment.measure, assignment.measure.accountable_seat
    facts["duties"].append(
        {
            "key": measure.code,
            "title": measure.title,
            "role": assignment.role,
            "due": assignment.due_date.isoformat(),
            "leader": seat.post if seat else "",
            "leader_name": seat.user.name if seat and seat.user else "",
        }
    )
    listed = {row["key"] for row in facts["indicators"]}
    facts["indicators"] += [
        {"key": indicator.code, "text": indicator.clause.text}
        for indicator in measure.indicators.all()
        if indicator.code not in listed and indicator.retired_at is None
    ]


def _add_scheme(found: dict[int, Facts], scheme: Scheme) -> None:
    """考核辦法的那幾張清單；不屬任何計分類別的單位只寫明不列入考核。"""
    members = dict(
        ProfileDepartment.objects.filter(scheme=scheme).values_list("department_id", "profile_id")
    )
    grades = [
        {"key": grade.name, "at_least": show(grade.at_least)}
        for grade in Grade.objects.filter(scheme=scheme)
    ]
    weights = _weights(scheme)
    for department_id, facts in found.items():
        is_assessed = department_id in members
        facts["scheme"] = [
            {
                "key": "scheme",
                "title": str(scheme),
                "is_assessed": is_assessed,
                "full": show(scheme.full),
                "bonus_cap": "" if scheme.bonus_cap is None else show(scheme.bonus_cap),
            }
        ]
        if is_assessed:
            own = weights[None] + weights[members[department_id]]
            facts["weights"] = [row for _place, row in sorted(own, key=lambda pair: pair[0])]
            facts["grades"] = grades


Place = tuple[int, ...]


def _weights(scheme: Scheme) -> dict[int | None, list[tuple[Place, Row]]]:
    """計分類別 → 它的各條（None 是人人都考的）：（在辦法裏的次序, 行）。下一層的類別隨上一層。"""
    sections = {row.pk: row for row in Section.objects.filter(scheme=scheme)}
    found: dict[int | None, list[tuple[Place, Row]]] = defaultdict(list)
    for criterion in Criterion.objects.filter(section__scheme=scheme):
        section = sections[criterion.section_id]
        top = sections.get(section.parent_id, section)
        within = (0, 0) if section is top else (section.position, section.pk)
        place = (top.position, top.pk, *within, criterion.position, criterion.pk)
        row = {
            "key": f"{section.number}/{criterion.number}",
            "number": criterion.number,
            "section": top.title,
            "part": top.part,
            "text": criterion.text,
            "points": show(criterion.full),
        }
        found[top.profile_id].append((place, row))
    return found


# ── 比對和疊加 ────────────────────────────────────────


def diff(old: Facts, new: Facts) -> list[Change]:
    """從 old 到 new 變了哪些行，按清單、按原來的次序；增加的在後。"""
    changes = []
    for name in LISTS:
        before = {row["key"]: row for row in old.get(name, [])}
        after = {row["key"]: row for row in new.get(name, [])}
        for key in dict.fromkeys([*before, *after]):
            pair = before.get(key), after.get(key)
            if _compared(pair[0]) != _compared(pair[1]):
                changes.append(Change(name, key, *pair))
    return changes


def _compared(row: Row | None) -> Row | None:
    return row and {key: value for key, value in row.items() if key not in NOT_COMPARED}


def overlay(facts: Facts, changes: Iterable[Change]) -> Facts:
    """在 facts 上疊加一組變化，得到新的內容。"""
    rows = {name: {row["key"]: row for row in facts.get(name, [])} for name in LISTS}
    for change in changes:
        if change.after is None:
            rows[change.list].pop(change.key, None)
        else:
            rows[change.list][change.key] = change.after
    return {name: list(found.values()) for name, found in rows.items()}


def agreed(letter: TargetLetter, supplements: Iterable[TargetLetter]) -> Facts:
    """雙方現在的約定：責任書加上各份已簽訂的補充書（letter、supplements 的 text 已取出）。"""
    facts = letter.text.content["facts"]
    for supplement in sorted(supplements, key=lambda row: row.moved_at):
        facts = overlay(facts, changes_in(supplement.text.content))
    return facts


def changes_in(content: dict[str, Any]) -> list[Change]:
    """補充書的文本裏寫的變化。"""
    return [Change(**row) for row in content["changes"]]


def in_force_supplements(letter_ids: Collection[int]) -> dict[int, list[TargetLetter]]:
    """各份責任書已簽訂的補充書，一次查詢。"""
    rows = TargetLetter.objects.filter(
        parent__in=letter_ids, state=TargetLetter.State.IN_FORCE
    ).select_related("text")
    found: dict[int, list[TargetLetter]] = defaultdict(list)
    for row in rows:
        found[row.parent_id].append(row)
    return found


def changes_since(
    letter: TargetLetter, signed: Iterable[TargetLetter] | None = None
) -> list[Change]:
    """已簽訂的責任書與此刻的任務、分值相比，變了什麼。letter 的 campaign、text 已取出。

    signed 是已簽訂的補充書，手上有的交進來就不再查。
    """
    if signed is None:
        signed = in_force_supplements([letter.pk])[letter.pk]
    facts = compose(letter.campaign, letter.year, {letter.department_id})[letter.department_id]
    return diff(agreed(letter, signed), facts)


# ── 一份的全文 ────────────────────────────────────────


@source_script()
def content_of(letter: TargetLetter) -> dict[str, Any]:
    """擬訂中的一份此刻的全文；送簽時凍結的就是它。letter 的 campaign、department、parent 已取出。"""
    campaign = letter.campaign
    content = {
        "kind": "letter" if letter.parent is None else "supplement",
        "number": letter.full_number,
        "title": letter.title,
        "campaign": campaign.name,
        "year": letter.year,
        "group": signature_of(campaign).removesuffix("辦公室"),
        "unit": letter.department.name,
        "terms": letter.terms,
    }
    if letter.parent is None:
        year_start, year_end = date(letter.year, 1, 1), date(letter.year, 12, 31)
        return content | {
            "basis": campaign.basis,
            "start": max(campaign.start_date, year_start).isoformat(),
            "end": min(campaign.end_date, year_end).isoformat(),
            "facts": compose(campaign, letter.year, {letter.department_id})[letter.department_id],
        }
    return content | {
        "parent": {
            "number": letter.parent.full_number,
            "sha256": letter.parent.text.sha256,
            "signed_on": localdate(letter.parent.moved_at).isoformat(),
        },
        "changes": [change.as_json() for change in changes_since(letter.parent)],
    }
