"""一次查詢數幾個清單：每一頁的菜單都要幾個數，不必各查一次。"""

from collections.abc import Callable, Hashable
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from django.db import DEFAULT_DB_ALIAS, connection
from django.db.models import Count, QuerySet, Subquery, Value
from django.db.models.functions import Coalesce

Lists = dict[str, QuerySet]
Statement = tuple[str, tuple[Any, ...]]
"""寫好的一句查詢和它的參數。"""
REMEMBERED = 2048
"""記住幾句寫好的查詢：一人一天一句，一個縣局用不到這麼多。"""


def count_together(anchor: QuerySet, **lists: QuerySet) -> dict[str, int]:
    """各清單的條數。anchor 是任意一個恰好一行的查詢，只借它掛子查詢。"""
    if not lists:
        return {}
    return dict(zip(lists, _together(anchor, lists).get(), strict=True))


@dataclass(frozen=True)
class Counting:
    """要數的幾個清單。build 給出 anchor 和各清單；寫法只由 key 決定的，查詢語句才記得住。

    寫出這樣一句查詢比執行它還慢（幾十個條件），而同一人同一天的每一頁都是同一句。
    記住的是語句，不是數：數每次都現查。
    """

    key: Hashable
    build: Callable[[], tuple[QuerySet, Lists]] = field(compare=False)

    def numbers(self) -> dict[str, int]:
        """各清單此刻的條數，一次查詢。"""
        names, sql, params = _statement(self)
        with connection.cursor() as cursor:
            cursor.execute(sql, params)
            return dict(zip(names, cursor.fetchone(), strict=True))


@lru_cache(maxsize=REMEMBERED)
def _statement(counting: Counting) -> tuple[tuple[str, ...], str, tuple[Any, ...]]:
    anchor, lists = counting.build()
    return tuple(lists), *written(_together(anchor, lists))


def written(rows: QuerySet) -> Statement:
    """把查詢寫成語句，供記住了反覆用。"""
    sql, params = rows.query.get_compiler(DEFAULT_DB_ALIAS).as_sql()
    return sql, tuple(params)


def _together(anchor: QuerySet, lists: Lists) -> QuerySet:
    return anchor.order_by().values_list(*[_counted(rows) for rows in lists.values()])


def _counted(rows: QuerySet) -> Coalesce:
    counted = rows.order_by().annotate(all=Value(1)).values("all").annotate(n=Count("pk"))
    return Coalesce(Subquery(counted.values("n")), 0)
