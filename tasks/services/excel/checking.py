"""核對讀回的表：哪些格改了、改成什麼，哪些看不懂。只算不寫。"""

from dataclasses import dataclass, field
from datetime import date
from typing import Any

from django.utils.crypto import constant_time_compare
from django.utils.translation import gettext as _

from campaigns.models import Campaign
from pingtan_civ.lib.script import search_key
from tasks.models import Measure
from tasks.services.breakdown import LABELS, Values
from tasks.services.excel.columns import EDITABLE, cell_value, signature, with_everything
from tasks.services.excel.reading import Cell, Sheet, SheetRow
from tasks.services.excel.understanding import NotUnderstood, Understanding


@dataclass(frozen=True)
class CellChange:
    """一格的改動，給預覽看。"""

    label: str
    old: str
    new: str


@dataclass
class RowChange:
    """一行的改動。measure 為空的是新增的一行。"""

    row: SheetRow
    measure: Measure | None
    values: Values
    cells: list[CellChange]


@dataclass(frozen=True)
class CellError:
    """寫在格旁的一句話。"""

    address: str
    row: int
    message: str
    value: str = ""


@dataclass
class CheckedSheet:
    """核對的結果。有 errors 就一格也不寫。absent 是表裏沒有而系統裏有的項數。"""

    sheet: Sheet
    changes: list[RowChange] = field(default_factory=list)
    errors: list[CellError] = field(default_factory=list)
    unchanged: int = 0

    @property
    def edited(self) -> list[RowChange]:
        return [change for change in self.changes if change.measure]

    @property
    def created(self) -> list[RowChange]:
        return [change for change in self.changes if change.measure is None]


def check_sheet(campaign: Campaign, sheet: Sheet, *, today: date) -> CheckedSheet:
    """逐行核對。沒改的格不動；刪去的行不影響系統裏的措施。查詢次數不隨行數增長。"""
    rows = with_everything(Measure.objects.filter(campaign=campaign))
    checker = _Checker(campaign, CheckedSheet(sheet), list(rows), Understanding.of(campaign, today))
    for row in sheet.rows:
        checker.check(row)
    return checker.result


class _Checker:
    def __init__(
        self,
        campaign: Campaign,
        result: CheckedSheet,
        measures: list[Measure],
        understanding: Understanding,
    ) -> None:
        self.campaign = campaign
        self.result = result
        self.by_pk = {str(measure.pk): measure for measure in measures}
        self.by_code = {measure.code: measure for measure in measures}
        self.understand = understanding
        self.seen: dict[str, int] = {}

    def check(self, row: SheetRow) -> None:
        if not row.text("id"):
            self._check_new(row)
            return
        measure = self._find(row)
        if measure is None:
            return
        changed = [key for key in EDITABLE if key in row.cells and self._differs(key, row, measure)]
        if not changed:
            self.result.unchanged += 1
            return
        if measure.state in (Measure.State.CLOSED, Measure.State.CANCELLED):
            self._error(
                row,
                changed[0],
                _("「%(code)s」%(state)s，不能再改，請恢復原樣。")
                % {"code": measure.code, "state": measure.get_state_display()},
            )
            return
        values = self._values(row, changed, measure)
        self.result.changes.append(
            RowChange(row, measure, values, self._cells(row, changed, measure))
        )

    def _find(self, row: SheetRow) -> Measure | None:
        """憑隱藏的三列找到這一行；對不上的說明原因。"""
        pk, version = row.text("id"), row.text("version")
        measure = self.by_pk.get(pk)
        number = (
            int(version) if version.isascii() and version.isdigit() and len(version) < 9 else -1
        )
        genuine = measure is not None and constant_time_compare(
            row.text("signature"), signature(self.campaign.pk, measure.pk, number)
        )
        if measure is None or not genuine:
            self._error(
                row,
                "title",
                _("這一行的隱藏列對不上本活動，可能來自別的表或已被刪除。請重新導出再改。"),
            )
            return None
        if pk in self.seen:
            self._error(
                row,
                "title",
                _("這一行和第 %(row)d 行是同一項；要新增，請把末尾隱藏的三列清空。")
                % {"row": self.seen[pk]},
            )
            return None
        self.seen[pk] = row.number
        if measure.version != number:
            self._error(
                row,
                "title",
                _(
                    "這份表導出之後「%(code)s」又改過（別人改的，或您自己導入過），請重新導出，再改這一行。"
                )
                % {"code": measure.code},
            )
            return None
        return measure

    def _check_new(self, row: SheetRow) -> None:
        if row.text("code") in self.by_code:
            sentence = _("「%(code)s」已有這一項，但這一行丟了隱藏的系統編號，請重新導出再改。")
            self._error(row, "code", sentence % {"code": row.text("code")})
            return
        if not row.text("title"):
            self._error(row, "title", _("新增的一行要寫明具體措施。"))
        if not row.text("main_task"):
            self._error(row, "main_task", _("新增的一行要寫明主要任務。"))
        if not (row.text("title") and row.text("main_task")):
            return
        filled = [key for key in EDITABLE if row.text(key) or self._is_formula(row, key)]
        values = self._values(row, filled, None)
        cells = [CellChange(str(EDITABLE[key].heading), "", row.text(key)) for key in filled]
        self.result.changes.append(RowChange(row, None, values, cells))

    def _differs(self, key: str, row: SheetRow, measure: Measure) -> bool:
        """與導出時的那一格比，不是與字段比：沒動過的格怎麼寫都不算改。"""
        if self._is_formula(row, key):
            return True
        old = cell_value(key, measure)
        cell = row.cells[key]
        if isinstance(old, date) or isinstance(cell.value, date):
            return old != cell.value and (str(old or "") != cell.text)
        if key in ("title", "note"):
            return " ".join(str(old or "").split()) != " ".join(cell.text.split())
        return search_key(str(old or "")) != search_key(cell.text)

    @staticmethod
    def _is_formula(row: SheetRow, key: str) -> bool:
        cell = row.cells.get(key)
        return bool(cell and cell.is_formula)

    def _values(self, row: SheetRow, keys: list[str], measure: Measure | None) -> Values:
        values: Values = {}
        for key in keys:
            cell: Cell = row.cells[key]
            try:
                if cell.is_formula:
                    raise NotUnderstood(_("這一格是公式，系統不計算，請改成文字。"))
                values[EDITABLE[key].name] = self.understand.read(key, cell, measure)
            except NotUnderstood as problem:
                self._error(row, key, str(problem))
        return values

    def _cells(self, row: SheetRow, keys: list[str], measure: Measure) -> list[CellChange]:
        return [
            CellChange(
                label=str(EDITABLE[key].heading),
                old=_words(cell_value(key, measure)),
                new=row.text(key),
            )
            for key in keys
        ]

    def _error(self, row: SheetRow, key: str, message: str) -> None:
        address = self.result.sheet.address(key, row.number)
        self.result.errors.append(CellError(address, row.number, message, row.text(key)))


def _words(value: Any) -> str:
    return value.isoformat() if isinstance(value, date) else str(value or "")


def key_of(name: str) -> str:
    """措施的字段 → 表裏的列；服務的拒絕要寫回對應的格。"""
    return next((key for key, column in EDITABLE.items() if column.name == name), "title")


def label_of(name: str) -> str:
    return str(LABELS.get(name, name))
