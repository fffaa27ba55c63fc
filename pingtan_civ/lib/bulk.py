"""一次寫入很多行：只在量大到 bulk_create 太慢時用（每夜幾十萬條提醒記錄）。

bulk_create 每行要造一個對象、逐列過一遍字段的整理，比數據庫自己寫入還慢幾倍。這裏是兩種
數據庫都懂的一句 INSERT … VALUES；不返回主鍵，不發信號，也不問默認值：每一列都要給。
"""

from collections.abc import Iterable, Sequence
from itertools import chain, islice
from typing import Any

from django.db import connections, models, router

#: 一句帶多少個值：SQLite 最多認三萬兩千來個。
MOST_VALUES = 30_000


def insert_rows(
    model: type[models.Model], names: Sequence[str], rows: Iterable[Sequence[Any]]
) -> int:
    """把 rows 寫進 model 的表，names 是字段名；返回行數。值要已是各列的類型。"""
    connection = connections[router.db_for_write(model)]
    known_fields = {field.name: field for field in model._meta.concrete_fields}
    fields = [known_fields[name] for name in names]
    quote, adapt = connection.ops.quote_name, connection.ops.adapt_datefield_value
    dates = [n for n, field in enumerate(fields) if isinstance(field, models.DateField)]
    columns = ", ".join(quote(field.column) for field in fields)
    # 表名、列名都出自模型，值全是參數。
    head = f"INSERT INTO {quote(model._meta.db_table)} ({columns}) VALUES "  # noqa: S608
    one = f"({', '.join(['%s'] * len(fields))})"
    size, written, left = MOST_VALUES // len(fields), 0, iter(rows)
    known: dict[Any, Any] = {}
    with connection.cursor() as cursor:
        while batch := [list(row) for row in islice(left, size)]:
            for row in batch:
                for n in dates:
                    day = row[n]
                    if day not in known:
                        known[day] = adapt(day)
                    row[n] = known[day]
            cursor.execute(head + ", ".join([one] * len(batch)), list(chain.from_iterable(batch)))
            written += len(batch)
    return written
