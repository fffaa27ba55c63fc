"""一種表：有哪些列、給誰看、誰能改，屏幕上的那一個查詢。各種表在 exchange/sheets/。"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, ClassVar

from django.core.exceptions import PermissionDenied, ValidationError
from django.db.models import Model, QuerySet
from django.http import QueryDict
from django.utils import timezone
from django.utils.translation import gettext as _

from campaigns.models import Campaign
from campaigns.standing import Standing, standing_of
from exchange.cells import Cell, Value, plain, squeezed
from journal.models import Entry
from people.models import User

#: 一次從庫裏取、一次核對這麼多行：再多的表也只佔這麼多內存。
BATCH = 500


@dataclass(frozen=True)
class Scope:
    """誰、哪天、在哪個活動裏、用頁面上的哪些條件。"""

    actor: User
    on: date
    campaign: Campaign | None = None
    params: QueryDict = field(default_factory=lambda: QueryDict(""))

    @property
    def standing(self) -> Standing:
        return standing_of(self.actor, self.on)


@dataclass(frozen=True)
class Column:
    """一列。show 怎麼寫出；read 怎麼讀回（沒有的只供看），讀出的值交給服務的 field。

    current 是現在的值，與讀出的同類，用來看是不是真的改了；most 是最多多少字，0 為不限。
    """

    key: str
    heading: Any
    width: int
    show: Callable[[Any], Value]
    field: str = ""
    read: Callable[[Any, Cell], Any] | None = None
    current: Callable[[Any], Any] | None = None
    options: Callable[[Any], Sequence[str]] | None = None
    hint: Any = ""
    is_prose: bool = False
    only_new: bool = False
    most: int = 0

    @property
    def is_editable(self) -> bool:
        """已有的行裏能改的。"""
        return self.read is not None and not self.only_new

    def words(self, value: Value) -> str:
        """一格的標準寫法：核對有沒有改過，比的是它。"""
        return plain(value) if self.is_prose else squeezed(value)


class Refused(Exception):
    """服務不收這一行。errors：{服務的字段: 一句話}，空的字段名指整行。"""

    def __init__(self, errors: dict[str, str]) -> None:
        super().__init__("；".join(errors.values()))
        self.errors = errors


class SheetKind:
    """一種表。子類說明各處；導出、核對、寫入都只認這裏的方法。"""

    code: ClassVar[str]
    title: ClassVar[Any]
    columns: ClassVar[tuple[Column, ...]]
    #: 這幾列和隱藏的鑰匙要對得上：排序時漏了隱藏列，一看便知。
    identity: ClassVar[tuple[str, ...]] = ()
    #: 認表頭時非有不可的列。
    needed: ClassVar[tuple[str, ...]] = ()
    #: 說錯處時怎麼稱呼一行：這幾列連起來。
    titles: ClassVar[tuple[str, ...]] = ()
    #: 表屬於某一個活動。
    of_campaign: ClassVar[bool] = False
    #: 收不收新增的行。
    may_add: ClassVar[bool] = False
    #: 新增的有話只說一次（一次性密碼）：不能在後台寫入，沒有人聽。
    tells_once: ClassVar[bool] = False
    #: 寫入之前要鎖住哪種行；服務自己核改動次數的不用，為 None。
    model: ClassVar[type[Model] | None] = None
    #: 試寫時這麼多行退回一次，別人不必久等；行與行互相指的要在一段裏。
    portion: ClassVar[int] = 200
    frozen: ClassVar[int] = 2
    most_rows: ClassVar[int] = 60_000
    no_export: ClassVar[Any] = ""
    no_import: ClassVar[Any] = ""

    # 誰

    def may_export(self, scope: Scope) -> bool:
        raise NotImplementedError

    def may_import(self, scope: Scope) -> bool:
        raise NotImplementedError

    def require_export(self, scope: Scope) -> None:
        if not self.may_export(scope):
            raise PermissionDenied(str(self.no_export))

    def require_import(self, scope: Scope) -> None:
        if not self.may_import(scope):
            raise PermissionDenied(str(self.no_import))

    # 出

    def listing(self, scope: Scope) -> Any:
        """屏幕上列的那些，次序也一樣：查詢集，或已在內存裏的列表。"""
        raise NotImplementedError

    def dress(self, scope: Scope, rows: list[Any]) -> None:
        """給一批行配上另查的東西；查詢次數與行數無關。"""

    def names(self, scope: Scope) -> Any:
        """讀回時認名字用的名單，一次查齊；下拉的選項也出自它。"""

    def page(self, scope: Scope) -> str:
        """這種表的列表頁。"""
        raise NotImplementedError

    def explain(self) -> list[str]:
        """導入頁上要說的幾句話。"""
        return []

    # 入

    def find(self, scope: Scope, keys: list[int]) -> dict[int, Any]:
        """此人憑這種表碰得到的行：{主鍵: 行}。"""
        raise NotImplementedError

    def call(self, row: Any) -> str:
        """預覽裏怎麼稱呼這一行。"""
        return str(row)

    def subject(self, row: Any) -> Model:
        """留痕記在哪個對象名下。"""
        return row

    def locked(self, scope: Scope, row: Any) -> str:
        """這一行現在不能改的理由，能改時為空。"""
        return ""

    def known(self, scope: Scope, texts: list[str]) -> set[str]:
        """沒有鑰匙的行裏，第一個標識列已經有主的那些。"""
        return set()

    def lacking(self, cells: dict[str, Cell]) -> dict[str, str]:
        """新增的一行還缺什麼：{列: 一句話}。"""
        return {}

    def change(self, scope: Scope, row: Any, values: dict[str, Any], at: datetime) -> None:
        """改一行，與頁面上改同一個服務。Raises Refused 或服務自己的拒絕。"""
        raise NotImplementedError

    def add(self, scope: Scope, values: dict[str, Any], at: datetime) -> Any:
        raise NotImplementedError

    def welcome(self, names: Any, row: Any) -> None:
        """新增了一行：後面的行要能按名字認得它。"""

    def limits(self, created: int) -> str:
        """一次新增太多時的一句話。"""
        return ""

    # 共用

    def column(self, key: str) -> Column:
        return next(column for column in self.columns if column.key == key)

    @property
    def editable(self) -> list[Column]:
        return [column for column in self.columns if column.is_editable]

    def column_of(self, name: str) -> Column:
        """服務的字段寫在哪一列；沒有對應的寫在第一個能改的列。"""
        found = [column for column in self.columns if column.field == name and column.read]
        return (found or self.editable)[0]

    def who_changed(self, row: Any) -> str:
        """「張三在 11-24 10:05 」；查不到時是「有人」。"""
        entry = Entry.objects.about(self.subject(row)).first()
        if entry is None:
            return _("有人")
        return _("%(who)s在 %(when)s ") % {
            "who": entry.actor_name,
            "when": f"{timezone.localtime(entry.at):%m-%d %H:%M}",
        }


def batches(rows: Any, size: int = BATCH) -> Iterator[list[Any]]:
    """一批一批地取：查詢集用游標，列表用切片。"""
    source = rows.iterator(chunk_size=size) if isinstance(rows, QuerySet) else rows
    batch: list[Any] = []
    for row in source:
        batch.append(row)
        if len(batch) == size:
            yield batch
            batch = []
    if batch:
        yield batch


def size_of(rows: Any) -> int:
    return rows.count() if isinstance(rows, QuerySet) else len(rows)


def by_field(refusal: ValidationError) -> dict[str, str]:
    """服務的 ValidationError 拆成 {字段: 一句話}。"""
    if hasattr(refusal, "error_dict"):
        return {
            "" if name == "__all__" else name: " ".join(messages)
            for name, messages in refusal.message_dict.items()
        }
    return {"": " ".join(refusal.messages)}


def form_errors(form: Any) -> dict[str, str]:
    """表單的錯處，同上。"""
    return {
        "" if name == "__all__" else name: " ".join(errors) for name, errors in form.errors.items()
    }


_kinds: dict[str, SheetKind] = {}


def register_kind(kind: SheetKind) -> None:
    """登記一種表。應用啟動時調用。"""
    _kinds[kind.code] = kind


def kind_of(code: str) -> SheetKind | None:
    return _kinds.get(code)


def all_kinds() -> list[SheetKind]:
    return list(_kinds.values())
