"""把一格文字讀成系統裏的對象：單位、席位、人、日期、週期、佐證。讀不懂就說清楚。"""

import difflib
import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.utils.translation import gettext as _

from campaigns.models import Campaign, Cycle, EvidenceForm, Objective, Seat
from people.models import User
from pingtan_civ.lib.dates import parse_date
from pingtan_civ.lib.script import search_key
from tasks.labels import seat_label
from tasks.models import MainTask, Measure
from tasks.services.departments import Departments
from tasks.services.excel.columns import headed
from tasks.services.excel.reading import Cell

_SEPARATORS = re.compile(r"[、,，;；\n]+")
_COUNT = re.compile(
    r"^(?P<name>.*?)\s*[×xX*]?\s*(?P<count>\d{1,3})?\s*(?:份|件|張|张|個|个|篇|套)?$"
)
_CODE = re.compile(r"^[A-Za-z]?\d+(?=\s|$)")


class NotUnderstood(Exception):
    """一格讀不懂；參數是寫在格旁的一句話。"""


class Named:
    """按名字找：完全相同的，或（唯一的）別名相同的；找不到時給幾個相近的。"""

    def __init__(self, rows: Iterable[tuple[Any, list[str]]]) -> None:
        self._found: dict[str, list[Any]] = {}
        self._labels: list[str] = []
        for row, names in rows:
            self._labels.append(names[0])
            for name in dict.fromkeys(search_key(name) for name in names if name):
                self._found.setdefault(name, []).append(row)

    def find(self, text: str) -> Any:
        matches = self._found.get(search_key(text), [])
        if len(matches) > 1:
            raise NotUnderstood(
                _("「%(text)s」不止一個，請寫全：%(labels)s。")
                % {"text": text, "labels": "、".join(self.near(text))}
            )
        return matches[0] if matches else None

    def near(self, text: str) -> list[str]:
        keys = {search_key(label): label for label in self._labels}
        close = difflib.get_close_matches(search_key(text), keys, n=3, cutoff=0.4)
        return [keys[key] for key in close] or self._labels[:3]


def _unknown(what: str, text: str, near: list[str]) -> NotUnderstood:
    if near:
        return NotUnderstood(
            _("沒有「%(text)s」這個%(what)s，請改成列表中的%(what)s名稱。是不是：%(near)s？")
            % {"text": text, "what": what, "near": "、".join(near)}
        )
    sentence = _("沒有「%(text)s」這個%(what)s，請改成列表中的%(what)s名稱。")
    return NotUnderstood(sentence % {"text": text, "what": what})


@dataclass
class Understanding:
    """讀一張表要的全部名單，開始時一次查出。"""

    campaign: Campaign
    today: date
    departments: Departments
    objectives: Named
    tasks: Named
    seats: Named
    people: Named
    forms: Named

    @classmethod
    def of(cls, campaign: Campaign, today: date) -> "Understanding":
        objectives = Objective.objects.filter(campaign=campaign, retired_at=None)
        tasks = MainTask.objects.filter(campaign=campaign, retired_at=None)
        seats = Seat.objects.on(today).filter(campaign=campaign).select_related("user")
        people = User.objects.filter(is_active=True, appointments__isnull=False).distinct()
        forms = EvidenceForm.objects.filter(is_active=True)
        return cls(
            campaign,
            today,
            Departments.on(today),
            Named((row, [headed(row), row.title, row.code]) for row in objectives),
            Named((row, [headed(row), row.title, row.code]) for row in tasks),
            Named((seat, [seat_label(seat), seat.post, _name(seat.user)]) for seat in seats),
            Named((person, [person.name]) for person in people),
            Named((form, [form.name]) for form in forms),
        )

    def read(self, key: str, cell: Cell, measure: Measure | None) -> Any:
        """一格的值。Raises NotUnderstood。"""
        return getattr(self, f"_{key}")(cell)

    def _title(self, cell: Cell) -> str:
        if not cell.text:
            raise NotUnderstood(_("具體措施不能空着；不要這一行，請整行刪去。"))
        return " ".join(cell.text.split())

    def _note(self, cell: Cell) -> str:
        return cell.text

    def _objective(self, cell: Cell) -> Objective | None:
        return self._pick(self.objectives, cell, _("創建目標"))

    def _main_task(self, cell: Cell) -> MainTask:
        if not cell.text:
            raise NotUnderstood(_("主要任務不能空着。"))
        return self._pick(self.tasks, cell, _("主要任務"))

    def _pick(self, named: Named, cell: Cell, what: str) -> Any:
        """寫全名、標題或編碼都認。"""
        if not cell.text:
            return None
        code = _CODE.match(cell.text)
        found = named.find(cell.text) or (named.find(code.group()) if code else None)
        if found is None:
            raise _unknown(what, cell.text, named.near(cell.text))
        return found

    def _leader(self, cell: Cell) -> Seat | None:
        if not cell.text:
            return None
        found = self.seats.find(cell.text)
        if found is None:
            raise _unknown(_("責任領導"), cell.text, self.seats.near(cell.text))
        return found

    def _lead(self, cell: Cell) -> Any:
        return self._department(cell.text) if cell.text else None

    def _supporting(self, cell: Cell) -> list[Any]:
        names = [name.strip() for name in _SEPARATORS.split(cell.text) if name.strip()]
        return list(dict.fromkeys(self._department(name) for name in names))

    def _department(self, name: str) -> Any:
        found = self.departments.find(name)
        if found is None:
            raise _unknown(_("單位"), name, self.departments.similar(name))
        return found

    def _owner(self, cell: Cell) -> User | None:
        if not cell.text:
            return None
        found = self.people.find(cell.text)
        if found is None:
            raise _unknown(_("人"), cell.text, self.people.near(cell.text))
        return found

    def _due(self, cell: Cell) -> date | None:
        if isinstance(cell.value, date):
            return cell.value
        if not cell.text:
            return None
        return self._day_in_words(cell.text)

    def _day_in_words(self, text: str) -> date:
        """沒有寫年份的（12月底前），取活動期間裏還沒過去的那一年。"""
        first, last = self.campaign.start_date, self.campaign.end_date
        try:
            days = [parse_date(text, year) for year in range(first.year, last.year + 1)]
        except ValueError as error:
            raise NotUnderstood(
                _("「%(text)s」看不出是哪一天，請寫成 2026-12-10 這樣。") % {"text": text}
            ) from error
        within = [day for day in days if first <= day <= last]
        ahead = [day for day in within if day >= self.today]
        return (ahead or within or days)[0]

    def _cycle(self, cell: Cell) -> str:
        if not cell.text:
            return Cycle.ONCE
        for value, label in Cycle.choices:
            if search_key(str(label)) == search_key(cell.text) or value == cell.text:
                return value
        raise _unknown(_("週期"), cell.text, [str(label) for label in Cycle.labels])

    def _evidence(self, cell: Cell) -> list[tuple[EvidenceForm, int]]:
        wanted: dict[EvidenceForm, int] = {}
        for part in filter(None, (part.strip() for part in _SEPARATORS.split(cell.text))):
            found = _COUNT.match(part)
            name, count = (found["name"], found["count"]) if found else (part, None)
            form = self.forms.find(name)
            if form is None:
                raise _unknown(_("佐證形式"), name, self.forms.near(name))
            wanted[form] = wanted.get(form, 0) + int(count or 1)
        return list(wanted.items())


def _name(user: User | None) -> str:
    return user.name if user else ""
