"""一次寫入、讀出很多行：只在量大到 ORM 的寫法太慢時用（每夜幾十萬條提醒記錄）。

bulk_create 每行要造一個對象、逐列過一遍字段的整理，比數據庫自己寫入還慢幾倍。這裏 PostgreSQL
用 COPY，SQLite 用一句 INSERT … VALUES；不返回主鍵，不發信號，也不問默認值：每一列都要給。
"""

from collections.abc import Iterable, Iterator, Sequence
from io import StringIO
from itertools import chain, count, islice
from typing import Any

from django.db import connections, models, router
from django.db.backends.base.base import BaseDatabaseWrapper

#: 一句帶多少個值：SQLite 最多認三萬兩千來個。
MOST_VALUES = 30_000
_numbers = count(1)
_ESCAPED = str.maketrans({"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r"})


def insert_rows(
    model: type[models.Model], names: Sequence[str], rows: Iterable[Sequence[Any]]
) -> int:
    """把 rows 寫進 model 的表，names 是字段名；返回行數。

    值要已是各列的類型：文字、整數、日期、真假或 None。
    """
    connection = connections[router.db_for_write(model)]
    known = {field.name: field for field in model._meta.concrete_fields}
    fields = [known[name] for name in names]
    quote = connection.ops.quote_name
    table, columns = quote(model._meta.db_table), ", ".join(quote(f.column) for f in fields)
    if connection.vendor == "postgresql":
        return _copy(connection, table, columns, rows)
    return _insert(connection, table, columns, fields, rows)


def _copy(
    connection: BaseDatabaseWrapper, table: str, columns: str, rows: Iterable[Sequence[Any]]
) -> int:
    written = StringIO()
    total = 0
    for row in rows:
        written.write("\t".join(map(_copied, row)))
        written.write("\n")
        total += 1
    written.seek(0)
    # 游標的 COPY 不經 Django，撞了約束也要換成 Django 的異常。
    with connection.cursor() as cursor, connection.wrap_database_errors:
        cursor.copy_expert(f"COPY {table} ({columns}) FROM STDIN", written)
    return total


def _copied(value: Any) -> str:
    """一個值在 COPY 裏的寫法。"""
    if value is None:
        return "\\N"
    return value.translate(_ESCAPED) if isinstance(value, str) else str(value)


def _insert(
    connection: BaseDatabaseWrapper,
    table: str,
    columns: str,
    fields: Sequence[models.Field],
    rows: Iterable[Sequence[Any]],
) -> int:
    dates = [n for n, field in enumerate(fields) if isinstance(field, models.DateField)]
    # 表名、列名都出自模型，值全是參數。
    head = f"INSERT INTO {table} ({columns}) VALUES "  # noqa: S608
    one = f"({', '.join(['%s'] * len(fields))})"
    size, total, left = MOST_VALUES // len(fields), 0, iter(rows)
    with connection.cursor() as cursor:
        while batch := [list(row) for row in islice(left, size)]:
            for row in batch:
                for n in dates:
                    row[n] = connection.ops.adapt_datefield_value(row[n])
            cursor.execute(head + ", ".join([one] * len(batch)), list(chain.from_iterable(batch)))
            total += len(batch)
    return total


def read_in_order(rows: models.QuerySet, columns: Sequence[str], chunk: int) -> Iterator[Any]:
    """按第一列排好，邊讀邊給，內存不隨行數增加。

    PostgreSQL 的游標不肯用幾個進程一起算（DECLARE CURSOR 不並行）：在事務裏就先算進一張
    臨時表，再從那裏一段段讀，事務完了它自己消失。
    """
    connection = connections[rows.db]
    if connection.vendor != "postgresql" or not connection.in_atomic_block:
        return rows.order_by(columns[0]).values_list(*columns).iterator(chunk_size=chunk)
    return _read_aside(connection, rows.order_by().values_list(*columns), len(columns), chunk)


def _read_aside(
    connection: BaseDatabaseWrapper, rows: models.QuerySet, width: int, chunk: int
) -> Iterator[Any]:
    """名字、列名都是這裏自己起的，值全是參數。"""
    sql, params = rows.query.sql_with_params()
    name = f"found_{next(_numbers)}"
    names = ", ".join(f"c{n}" for n in range(width))
    with connection.cursor() as cursor:
        cursor.execute(f"CREATE TEMP TABLE {name} ({names}) ON COMMIT DROP AS {sql}", params)
    with connection.chunked_cursor() as cursor:
        cursor.execute(f"SELECT {names} FROM {name} ORDER BY c0")  # noqa: S608
        while batch := cursor.fetchmany(chunk):
            yield from batch
