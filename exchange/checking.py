"""逐行核對讀回的表：哪些格改了、改成什麼，哪些不行、怎麼改；改了的交給服務。

先篩（sift）：整份讀一遍，只看不鎖，沒動過的行就此放過，要寫的先記在臨時文件裏。再辦要寫的那些，
有兩種走法：試寫（preview）寫完一段就退回，服務會拒絕的地方預覽時就說得出來；真寫（apply）是一個
事務，先鎖住要改的行再比對，有一格不行就一格也不寫。幾萬行裏改了三百行，鎖着的只是寫那三百行的工夫。
"""

import pickle
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from datetime import date, datetime
from itertools import islice
from typing import Any

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.utils import translation
from django.utils.translation import gettext as _

from exchange.cells import Cell, NotUnderstood, is_same
from exchange.kinds import BATCH, Column, Refused, Scope, SheetKind, by_field
from exchange.reading import Sheet, SheetRow
from exchange.stamps import Stamp, read_stamp
from exchange.writing import campaign_code, words_of
from people.models import User
from tasks.models import WrongState

#: 預覽裏最多列這麼多行改動、這麼多處錯；再多的只報數。
SHOWN, MOST_ERRORS = 300, 3_000

#: 報進度：辦了幾行、共幾行、正在做什麼。
Tell = Callable[[int, int, str], None]


@dataclass(frozen=True)
class CellChange:
    heading: str
    old: str
    new: str


@dataclass(frozen=True)
class RowChange:
    """一行的改動，給預覽看。"""

    row: int
    name: str
    is_new: bool
    cells: list[CellChange]


@dataclass(frozen=True)
class CellError:
    """寫在格旁的一句話。name 是這一行自己叫什麼，照表裏寫的。"""

    address: str
    row: int
    name: str
    heading: str
    value: str
    message: str


@dataclass
class Findings:
    """核對的結果。有 errors 就一格也不寫。"""

    changed: int = 0
    created: int = 0
    unchanged: int = 0
    faults: int = 0
    cells: int = 0
    changes: list[RowChange] = field(default_factory=list)
    errors: list[CellError] = field(default_factory=list)
    #: 新增的對象，只留有話只說一次的：幾萬行措施都留着，內存就滿了。
    made: list[Any] = field(default_factory=list)

    def to_json(self) -> dict[str, Any]:
        """存進庫裏的：不含新增的對象（其中可能有一次性密碼）。"""
        found = asdict(
            Findings(
                self.changed,
                self.created,
                self.unchanged,
                self.faults,
                self.cells,
                self.changes,
                self.errors,
            )
        )
        del found["made"]
        return found


class _TakenBack(Exception):
    """只為退回事務。"""


def silent(_done: int, _total: int, _step: str) -> None:
    """沒有人在聽。"""


def preview(sheet: Sheet, scope: Scope, *, at: datetime, tell: Tell = silent) -> Findings:
    """核對並試寫，什麼也不留下。"""
    run = _Run(sheet, scope, at)
    with run.sifted(tell) as waiting:
        done = 0
        for portion in waiting.portions(run.kind.portion):
            with _taken_back():
                run.write(portion)
            done += len(portion)
            tell(done, waiting.count, _("正在試寫改動，寫完就退回"))
    return run.finished()


@contextmanager
def prepared(
    sheet: Sheet, scope: Scope, *, at: datetime, tell: Tell = silent
) -> Iterator[Callable[[], Findings]]:
    """篩好了等着真寫：返回的函數在調用者的事務裏重新核對並寫入。

    結果裏 faults 不為零時，調用者要退回事務。
    """
    run = _Run(sheet, scope, at)
    with run.sifted(tell) as waiting:

        def write() -> Findings:
            run.lock(waiting.keys)
            done = 0
            for portion in waiting.portions(BATCH):
                run.write(portion)
                done += len(portion)
                tell(done, waiting.count, _("正在寫入，一起成或一起不成"))
            return run.finished()

        yield write


@contextmanager
def _taken_back() -> Iterator[None]:
    try:
        with transaction.atomic():
            yield
            raise _TakenBack
    except _TakenBack:
        pass


class _Waiting:
    """篩出來要寫的行：記在臨時文件裏，只有鑰匙在內存。"""

    def __init__(self, file: Any) -> None:
        self._file = file
        self.count = 0
        self.keys: list[int] = []

    def add(self, row: SheetRow) -> None:
        pickle.dump(row, self._file)
        self.count += 1
        if _is_key(row.key):
            self.keys.append(int(row.key))

    def portions(self, size: int) -> Iterator[list[SheetRow]]:
        self._file.seek(0)
        for first in range(0, self.count, size):
            count = min(size, self.count - first)
            # 我們自己剛寫的臨時文件。
            yield [pickle.load(self._file) for _each in range(count)]  # noqa: S301


def _in_batches(rows: Iterator[SheetRow]) -> Iterator[list[SheetRow]]:
    while batch := list(islice(rows, BATCH)):
        yield batch


@dataclass
class _Known:
    """一行在系統裏現在的樣子；words 是照導出時的文字寫的。"""

    row: Any
    words: list[str]


class _Run:
    """走一趟。"""

    def __init__(self, sheet: Sheet, scope: Scope, at: datetime) -> None:
        self.sheet, self.scope, self.at = sheet, scope, at
        self.kind: SheetKind = sheet.kind
        self.code = campaign_code(scope)
        self.names = self.kind.names(scope)
        self.places = {column.key: place for place, column in enumerate(self.kind.columns)}
        self.found = Findings()
        #: 篩的時候看出來的：哪把鑰匙在哪一行，哪一行和前面的哪一行是同一項。
        self.seen: dict[int, int] = {}
        self.twins: dict[int, int] = {}

    @contextmanager
    def sifted(self, tell: Tell) -> Iterator[_Waiting]:
        """整份讀一遍，沒動過的行數清就放過，別的留着辦。不鎖，也不開事務。"""
        with tempfile.TemporaryFile() as file:
            waiting, done = _Waiting(file), 0
            for batch in _in_batches(self.sheet.rows()):
                present = self._present(batch)
                for row in batch:
                    if self._is_untouched(row, present):
                        self.found.unchanged += 1
                    else:
                        waiting.add(row)
                done += len(batch)
                tell(done, max(self.sheet.row_count, done), _("正在逐行核對"))
            yield waiting

    def _is_untouched(self, row: SheetRow, present: dict[str, _Known]) -> bool:
        known = present.get(row.key)
        stamp = known and self._stamp(row, known)
        if not known or not stamp:
            return False
        first = self.seen.setdefault(known.row.pk, row.number)
        if first != row.number:
            self.twins[row.number] = first
            return False
        return self._mismatch(row, known) is None and not self._touched(row, known, stamp)

    def lock(self, keys: list[int]) -> None:
        """按主鍵的次序鎖住要改的行：兩份表同時寫不會互相等死，比對之後別人也改不了。"""
        if self.kind.model is None:
            return
        rows = self.kind.model._default_manager.select_for_update().order_by("pk")
        ordered = sorted(keys)
        for first in range(0, len(ordered), BATCH):
            wanted = ordered[first : first + BATCH]
            list(rows.filter(pk__in=wanted).values_list("pk", flat=True))

    def write(self, rows: list[SheetRow]) -> None:
        for first in range(0, len(rows), BATCH):
            batch = rows[first : first + BATCH]
            present = self._present(batch)
            taken = self._taken(batch)
            for row in batch:
                if row.key:
                    self._existing(row, present)
                else:
                    self._new(row, taken)

    def finished(self) -> Findings:
        if sentence := self.kind.limits(self.found.created):
            self._error(SheetRow(self.sheet.heading_row, {}), self.kind.columns[0], sentence)
        return self.found

    def _present(self, rows: list[SheetRow]) -> dict[str, _Known]:
        keys = [int(row.key) for row in rows if _is_key(row.key)]
        found = self.kind.find(self.scope, keys) if keys else {}
        objects = list(found.values())
        self.kind.dress(self.scope, objects)
        # 校驗是照導出時的繁簡算的，標籤也要照那時的寫。
        with translation.override(self.sheet.language or translation.get_language()):
            return {
                str(pk): _Known(
                    each, words_of(self.kind, [column.show(each) for column in self.kind.columns])
                )
                for pk, each in found.items()
            }

    def _taken(self, rows: list[SheetRow]) -> set[str]:
        if not self.kind.identity:
            return set()
        first = self.kind.identity[0]
        texts = [row.text(first) for row in rows if not row.key and row.text(first)]
        return self.kind.known(self.scope, texts) if texts else set()

    # 已有的一行

    def _existing(self, row: SheetRow, present: dict[str, _Known]) -> None:
        known = present.get(row.key)
        stamp = known and self._stamp(row, known)
        if not known or not stamp:
            self._error(
                row,
                None,
                _(
                    "這一行末尾的隱藏列對不上：可能是從別的表貼來的，也可能您現在看不到這一項。"
                    "請重新導出再改。"
                ),
            )
            return
        if row.number in self.twins:
            sentence = _("這一行和第 %(row)d 行是同一項；要新增，請把這一行末尾隱藏的兩列清空。")
            self._error(row, None, sentence % {"row": self.twins[row.number]})
            return
        if (place := self._mismatch(row, known)) is not None:
            column = self.kind.columns[place]
            self._error(
                row,
                column,
                _(
                    "「%(heading)s」和隱藏的系統編號對不上（系統裏是「%(words)s」）：可能改過它，"
                    "或排序時漏了隱藏列。請恢復原樣，或重新導出再改。"
                )
                % {"heading": column.heading, "words": known.words[place]},
            )
            return
        self._compare(row, known, stamp)

    def _mismatch(self, row: SheetRow, known: _Known) -> int | None:
        for key in self.kind.identity:
            place = self.places[key]
            cell = row.cells.get(key)
            if cell and not is_same(self.kind.columns[place].words(cell.value), known.words[place]):
                return place
        return None

    def _stamp(self, row: SheetRow, known: _Known) -> Stamp | None:
        return read_stamp(row.stamp, kind=self.kind.code, campaign=self.code, pk=known.row.pk)

    def _touched(self, row: SheetRow, known: _Known, stamp: Stamp) -> list[Column]:
        return [
            column for column in self.kind.editable if self._is_touched(column, row, known, stamp)
        ]

    def _compare(self, row: SheetRow, known: _Known, stamp: Stamp) -> None:
        touched = self._touched(row, known, stamp)
        if not touched:
            self.found.unchanged += 1
            return
        if sentence := self._moved(known, stamp):
            self._error(row, touched[0], sentence)
            return
        if sentence := self.kind.locked(self.scope, known.row):
            self._error(row, touched[0], sentence)
            return
        before = self.found.faults
        values, changed = self._read(row, touched, known.row)
        if self.found.faults > before:
            return
        if not changed:
            self.found.unchanged += 1
            return
        at = changed[0]
        if self._write(row, lambda: self.kind.change(self.scope, known.row, values, self.at), at):
            self.found.changed += 1
            cells = [
                CellChange(
                    str(column.heading),
                    known.words[self.places[column.key]],
                    _shown(row, column, values),
                )
                for column in changed
            ]
            self._keep(RowChange(row.number, self.kind.call(known.row), False, cells))

    def _is_touched(self, column: Column, row: SheetRow, known: _Known, stamp: Stamp) -> bool:
        """人動過，而且和系統裏現在的不同。沒動過的格，怎麼寫都不算改。"""
        cell = row.cells.get(column.key)
        if cell is None:
            return False
        if cell.is_formula:
            return True
        place = self.places[column.key]
        words = column.words(cell.value)
        if stamp.holds(place, words) or words == known.words[place]:
            return False
        return column.is_prose or not is_same(words, known.words[place])

    def _moved(self, known: _Known, stamp: Stamp) -> str:
        """導出之後這一行又改過：說是誰、何時、哪幾列。"""
        moved = [
            str(column.heading)
            for column in self.kind.editable
            if not stamp.holds(self.places[column.key], known.words[self.places[column.key]])
        ]
        if not moved:
            return ""
        words = {"who": self.kind.who_changed(known.row), "columns": "、".join(moved)}
        return (
            _(
                "這份表導出之後，%(who)s改過「%(columns)s」，您的改動會蓋掉它。"
                "請重新導出，在新的一份裏改這一行。"
            )
            % words
        )

    # 新增的一行

    def _new(self, row: SheetRow, taken: set[str]) -> None:
        if not self.kind.may_add:
            self._error(row, None, _("這種表不能新增行；請刪去這一行，或恢復末尾隱藏的兩列。"))
            return
        if taken and row.text(self.kind.identity[0]) in taken:
            column = self.kind.column(self.kind.identity[0])
            sentence = _("「%(text)s」已有這一項，但這一行丟了隱藏的系統編號。請重新導出再改。")
            self._error(row, column, sentence % {"text": row.text(column.key)})
            return
        before = self.found.faults
        for key, sentence in self.kind.lacking(row.cells).items():
            self._error(row, self.kind.column(key), sentence)
        filled = [
            column
            for column in self.kind.columns
            if column.read and (row.text(column.key) or _is_formula(row, column))
        ]
        values, _changed = self._read(row, filled, None)
        if self.found.faults > before:
            return
        made: list[Any] = []
        if self._write(row, lambda: made.append(self.kind.add(self.scope, values, self.at))):
            self.found.created += 1
            if self.kind.tells_once:
                self.found.made += made
            self.kind.welcome(self.names, made[0])
            cells = [
                CellChange(str(column.heading), "", _shown(row, column, values))
                for column in filled
            ]
            self._keep(RowChange(row.number, self.kind.call(made[0]), True, cells))

    # 共用

    def _read(
        self, row: SheetRow, columns: list[Column], current: Any
    ) -> tuple[dict[str, Any], list[Column]]:
        """讀出的值，和其中真的不同於現在的列。"""
        values, changed = {}, []
        for column in columns:
            cell = row.cells[column.key]
            try:
                if cell.is_formula:
                    raise NotUnderstood(_("這一格是公式，系統不計算，請改成文字。"))
                _check_length(column, cell)
                value = column.read(self.names, cell)
            except NotUnderstood as problem:
                self._error(row, column, str(problem))
                continue
            if current is not None and _is_current(column, current, value):
                continue
            values[column.field or column.key] = value
            changed.append(column)
        return values, changed

    def _write(self, row: SheetRow, act: Callable[[], Any], at: Column | None = None) -> bool:
        """交給服務；被拒絕的寫回對應的格，說的是整行時寫在 at，為假。"""
        try:
            with transaction.atomic():
                act()
        except Refused as refusal:
            self._refused(row, refusal.errors, at)
        except ValidationError as refusal:
            self._refused(row, by_field(refusal), at)
        except (PermissionDenied, WrongState) as refusal:
            self._refused(row, {"": str(refusal)}, at)
        else:
            return True
        return False

    def _refused(self, row: SheetRow, errors: dict[str, str], at: Column | None) -> None:
        for name, sentence in errors.items():
            self._error(row, self.kind.column_of(name) if name else at, sentence)

    def _keep(self, change: RowChange) -> None:
        self.found.cells += len(change.cells)
        if len(self.found.changes) < SHOWN:
            self.found.changes.append(change)

    def _error(self, row: SheetRow, column: Column | None, sentence: str) -> None:
        self.found.faults += 1
        if len(self.found.errors) >= MOST_ERRORS:
            return
        at = column or self._first_shown()
        self.found.errors.append(
            CellError(
                address=self.sheet.address(at.key, row.number),
                row=row.number,
                name=" ".join(filter(None, map(row.text, self.kind.titles))),
                heading=str(column.heading) if column else "",
                value=_("（公式）") if _is_formula(row, at) else row.text(at.key)[:200],
                message=sentence,
            )
        )

    def _first_shown(self) -> Column:
        """說的是整行時，寫在第一個在表裏的必要列上。"""
        keys = [*self.kind.needed, *self.sheet.columns]
        return self.kind.column(next(key for key in keys if key in self.sheet.columns))


def _is_key(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) <= 18


def _is_formula(row: SheetRow, column: Column) -> bool:
    cell = row.cells.get(column.key)
    return bool(cell and cell.is_formula)


def _check_length(column: Column, cell: Cell) -> None:
    count = len(column.words(cell.value))
    if column.most and count > column.most:
        raise NotUnderstood(
            _("「%(heading)s」最多 %(most)d 字，現有 %(count)d 字，請刪短。")
            % {"heading": column.heading, "most": column.most, "count": count}
        )


def _shown(row: SheetRow, column: Column, values: dict[str, Any]) -> str:
    """預覽裏寫的新值：日子寫讀成了哪一天，別的照人寫的。"""
    value = values.get(column.field or column.key)
    return value.isoformat() if isinstance(value, date) else row.text(column.key)[:500]


def _is_current(column: Column, row: Any, value: Any) -> bool:
    """讀出的就是現在的值：換一種寫法（12月10日）不算改。"""
    if column.current:
        return _identity(column.current(row)) == _identity(value)
    shown = column.show(row)
    return shown == value and type(shown) is type(value)


def _identity(value: Any) -> Any:
    """比是不是同一個，不比叫什麼；清單不計次序。"""
    if isinstance(value, (list, tuple)):
        return sorted((_identity(each) for each in value), key=str)
    if isinstance(value, str):
        return value.strip()
    return "" if value is None else getattr(value, "pk", value)


def secrets_of(found: Findings) -> list[tuple[str, str, str]]:
    """新開的賬號：（姓名, 賬號, 一次性密碼）。只在內存裏，從不存。"""
    return [
        (made.name, made.username, made.one_time_password)
        for made in found.made
        if isinstance(made, User)
    ]
