"""一條消息說的是哪一處的事（如哪個創建活動）。留痕不認識活動，由上層的應用登記怎樣查。"""

from collections.abc import Callable, Iterable

from journal.models import Notice

Namer = Callable[[list[Notice]], dict[int, str]]
_namers: list[Namer] = []


def register_namer(namer: Namer) -> None:
    """登記一個查法：給一頁消息，返回 消息的主鍵 → 名稱；不必說明的不列。"""
    if namer not in _namers:
        _namers.append(namer)


def name_places(notices: Iterable[Notice]) -> None:
    """給一頁消息各掛上 place，沒有要說明的為空。查詢次數與條數無關。"""
    rows = list(notices)
    names: dict[int, str] = {}
    for namer in _namers:
        names |= namer(rows)
    for row in rows:
        row.place = names.get(row.pk, "")
