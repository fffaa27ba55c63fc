"""用語核對：單位和人的名稱、方案裏的題目、公文裏常寫錯的詞。只提示，從不攔人。

常寫錯的詞在 reports/terms/words.toml，是數據，不改程序就能添。
"""

import re
import tomllib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date
from difflib import SequenceMatcher
from functools import cache
from pathlib import Path

from django.db.models import Q, Value
from django.utils.translation import gettext as _

from campaigns.models import Campaign, Seat
from journal.models import Entry
from journal.services import source_script
from people.models import SHARED_NAMES, Department
from pingtan_civ.lib.script import simplified_slips
from reports.models import Paragraph
from reports.prose import typeset
from tasks.models import MainTask

TERMS = Path(__file__).parent / "terms" / "words.toml"
_TITLED = re.compile(r"《[^《》\n]{1,80}》")
_QUOTED = re.compile(r"「([^「」\n]{4,80})」")
ALIKE = 0.75
"""「…」裏的與方案的題目像到這個程度而不相同，多半是記錯了題目。"""
_FULL = str.maketrans(",;:!?", "，；：！？")
_HALF = {code: code - 0xFEE0 for code in range(0xFF10, 0xFF5B)}


@dataclass(frozen=True)
class Hint:
    """一處：在哪一段第幾個字、寫成什麼、建議什麼、為什麼。better 為 None 的只提醒，由人改。"""

    paragraph: Paragraph
    start: int
    found: str
    better: str | None
    why: str

    @property
    def before(self) -> str:
        return self.paragraph.text[max(0, self.start - 12) : self.start]

    @property
    def after(self) -> str:
        end = self.start + len(self.found)
        return self.paragraph.text[end : end + 12]


@dataclass(frozen=True)
class _Form:
    find: re.Pattern[str]
    right: str
    change: str
    why: str

    def better(self, found: re.Match[str]) -> str:
        if self.change == "full":
            return found[0].translate(_FULL)
        if self.change == "half":
            return found[0].translate(_HALF)
        return found.expand(self.right)


@cache
def _forms() -> tuple[_Form, ...]:
    """詞和寫法都成一條規則；長的在前，「截至目前為止」先於「截至」。"""
    data = tomllib.loads(TERMS.read_text(encoding="utf-8"))
    words = sorted(data["word"], key=lambda row: -len(row["wrong"]))
    return (
        *(
            _Form(re.compile(re.escape(row["wrong"])), row["right"], "", row.get("why", ""))
            for row in words
        ),
        *(
            _Form(re.compile(row["find"]), row.get("right", ""), row.get("change", ""), row["why"])
            for row in data["form"]
        ),
    )


@dataclass(frozen=True)
class Glossary:
    """這個活動此刻的名稱：單位、舊名、簡稱，領導小組各人的席位，方案的題目。"""

    units: tuple[str, ...] = ()
    closed: tuple[str, ...] = ()
    former: dict[str, str] = field(default_factory=dict)
    short: dict[str, str] = field(default_factory=dict)
    seats: tuple[tuple[str, str], ...] = ()
    titles: tuple[str, ...] = ()


def glossary_of(campaign: Campaign, day: date) -> Glossary:
    existing = Department.objects.existing(day).order_by().values("pk")
    rows = list(Department.objects.annotate(lives=Q(pk__in=existing)).order_by("position", "pk"))
    living = {row.pk for row in rows if row.lives}
    by_pk = {row.pk: row for row in rows}
    short = {
        row.short_name: row.name
        for row in rows
        if row.pk in living and len(row.short_name) > 1 and row.short_name not in SHARED_NAMES
    }
    units = tuple(row.name for row in rows if row.pk in living)
    seats = Seat.objects.on(day).filter(campaign=campaign, user__isnull=False)
    tasks = MainTask.objects.filter(campaign=campaign).order_by().annotate(place=Value(0))
    goals = campaign.objectives.order_by().annotate(place=Value(1))
    titles = tasks.values_list("title", "place", "number").union(
        goals.values_list("title", "place", "number")
    )
    return Glossary(
        units=units,
        closed=tuple(row.name for row in rows if row.pk not in living),
        former=_former_names(by_pk, {*units, *short}),
        short={name: full for name, full in short.items() if name not in units},
        seats=tuple(
            (_ROLE_WORDS[Seat.Role(role)], name)
            for role, name in seats.values_list("role", "user__name")
        ),
        titles=tuple(dict.fromkeys(typeset(row[0]) for row in titles.order_by("place", "number"))),
    )


@source_script()
def _former_names(units: dict[int, Department], taken: set[str]) -> dict[str, str]:
    """單位的舊名：改名時留痕裏記着。現在別的單位正用着的不算。"""
    entries = Entry.objects.filter(
        target_type="people.department", action="people.department_changed"
    )
    label = str(Department._meta.get_field("name").verbose_name)
    found = {}
    for pk, changes in entries.values_list("target_id", "changes"):
        old = str((changes.get(label) or [""])[0])
        unit = units.get(pk)
        if unit and len(old) > 1 and old not in taken:
            found[old] = unit.name
    return found


def hints_of(paragraphs: Iterable[Paragraph], glossary: Glossary) -> list[Hint]:
    """各段的提示，依文中先後；同一處只提一次。"""
    found: list[Hint] = []
    for row in paragraphs:
        text, end = row.text, 0
        titled = [match.span() for match in _TITLED.finditer(text)]
        for start, word, better, why in sorted(_of_text(text, glossary), key=lambda hit: hit[:2]):
            inside = any(first <= start < last for first, last in titled)
            if inside or start < end or word == better:
                continue
            found.append(Hint(row, start, word, better, why))
            end = start + max(len(word), 1)
    return found


Hit = tuple[int, str, str | None, str]


def _of_text(text: str, glossary: Glossary) -> Iterator[Hit]:
    for form in _forms():
        for match in form.find.finditer(text):
            yield match.start(), match[0], form.better(match), form.why
    for at, character, right in simplified_slips(text):
        yield at, character, right, _("繁體裏夾着簡體字。")
    yield from _of_units(text, glossary)
    yield from _of_people(text, glossary)
    yield from _of_titles(text, glossary)


def _places(word: str, text: str) -> Iterator[int]:
    at = text.find(word)
    while at >= 0:
        yield at
        at = text.find(word, at + len(word))


def _of_units(text: str, glossary: Glossary) -> Iterator[Hit]:
    covered = _covered(text, glossary.units)
    titled = [range(*match.span()) for match in _QUOTED.finditer(text)]
    for names, spared, why in (
        (glossary.former, covered, _("單位已改名。")),
        # 「救助站開放日」一類的名稱裏，簡稱是名稱的一部分。
        (glossary.short, [*covered, *titled], _("公文裏用全稱。")),
    ):
        for name, full in names.items():
            for at in _places(name, text):
                if not any(at in span for span in spared):
                    yield at, name, full, why
    for name in glossary.closed:
        for at in _places(name, text):
            if not any(at in span for span in covered):
                yield at, name, None, _("這個單位已撤銷，請核對。")
    for name in glossary.units:
        yield from _misspelt(text, name, _("單位名稱寫錯了一個字。"))


def _covered(text: str, names: Iterable[str]) -> list[range]:
    """全稱所在的各處：裏面的簡稱、別名不再提。"""
    return [range(at, at + len(name)) for name in names for at in _places(name, text)]


def _misspelt(text: str, name: str, why: str) -> Iterator[Hit]:
    """錯了中間一個字的名稱。首尾不同的不算：「縣辦公室」不是「局辦公室」寫錯了。"""
    size = len(name)
    if size < 4:
        return
    for at in range(len(text) - size + 1):
        word = text[at : at + size]
        if word == name or word[0] != name[0] or word[-1] != name[-1]:
            continue
        if sum(one != other for one, other in zip(word, name, strict=True)) == 1:
            yield at, word, name, why


_ROLE_WORDS = {
    Seat.Role.CHAIR: "組長",
    Seat.Role.DEPUTY: "副組長",
    Seat.Role.MEMBER: "成員",
    Seat.Role.OFFICE_DIRECTOR: "辦公室主任",
    Seat.Role.OFFICE_STAFF: "辦公室人員",
}
"""文件裏的叫法，不隨界面的繁簡。"""
_ROLES = "副組長|組長|成員|辦公室主任|辦公室人員"


def _of_people(text: str, glossary: Glossary) -> Iterator[Hit]:
    """「副組長王某」而王某是組長；「組長王謀」而組長叫王某。"""
    roles: dict[str, set[str]] = {}
    for role, name in glossary.seats:
        roles.setdefault(name, set()).add(role)
    for name, held in roles.items():
        for match in re.finditer(rf"({_ROLES}){re.escape(name)}", text):
            if match[1] not in held and len(held) == 1:
                why = _("%(name)s現在是%(role)s。") % {"name": name, "role": next(iter(held))}
                yield match.start(1), match[1], next(iter(held)), why
    for role, name in glossary.seats:
        if len(name) < 3:
            continue
        for match in re.finditer(rf"(?<!副){role}([一-鿿]{{{len(name)}}})", text):
            word = match[1]
            wrong = sum(one != other for one, other in zip(word, name, strict=True))
            if wrong == 1 and word not in roles:
                why = _("%(role)s是%(name)s。") % {"role": role, "name": name}
                yield match.start(1), word, name, why


def _of_titles(text: str, glossary: Glossary) -> Iterator[Hit]:
    """「…」裏寫的與方案的題目很像而不相同。"""
    inner = {title.translate(str.maketrans("「」", "『』")): title for title in glossary.titles}
    for match in _QUOTED.finditer(text):
        word = match[1]
        if word in inner:
            continue
        near = max(inner, key=lambda title: _alike(word, title), default="")
        if near and _alike(word, near) >= ALIKE:
            yield match.start(1), word, near, _("與方案裏的題目不一致。")


def _alike(one: str, other: str) -> float:
    matcher = SequenceMatcher(None, one, other, autojunk=False)
    return matcher.ratio() if matcher.real_quick_ratio() >= ALIKE else 0.0
