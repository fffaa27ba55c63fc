"""按名字認單位：方案和表格裏寫的名字，對上系統裏的科室和窗口單位。繁簡、全半角不論。"""

import difflib
import re
from collections.abc import Iterable
from datetime import date

from people.models import Department
from pingtan_civ.lib.script import search_key

# 「縣民政局社會事務科」與「社會事務」說的是同一個單位，去掉頭尾再比一次。
_HEAD = re.compile(r"^(?:[^局]{0,6}(?:民政局|本局)|局)(?=.{2})")
_TAIL = re.compile(r"(?<=.{2})(?:科室|股室|科|股|室|处)$")
_SIMILAR = 3


class Departments:
    """當日存在的全部單位，一次查出。"""

    def __init__(self, rows: Iterable[Department]) -> None:
        self.rows = list(rows)
        self._exact: dict[str, Department] = {}
        loose: dict[str, set[int]] = {}
        by_pk = {row.pk: row for row in self.rows}
        for row in self.rows:
            for name in filter(None, [row.name, row.short_name, row.code]):
                self._exact.setdefault(_key(name), row)
                loose.setdefault(_bare(name), set()).add(row.pk)
        self._loose = {key: by_pk[next(iter(pks))] for key, pks in loose.items() if len(pks) == 1}

    @classmethod
    def on(cls, day: date) -> "Departments":
        return cls(Department.objects.existing(day))

    def find(self, name: str) -> Department | None:
        """名稱、簡稱完全相同的；否則去掉「縣民政局」「科」這類頭尾後唯一相同的。"""
        return self._exact.get(_key(name)) or self._loose.get(_bare(name))

    def similar(self, name: str) -> list[str]:
        """名字相近的幾個，供人挑選。"""
        names = {_bare(row.name): row.name for row in self.rows}
        close = difflib.get_close_matches(_bare(name), names, n=_SIMILAR, cutoff=0.4)
        return [names[key] for key in close]


def _key(name: str) -> str:
    return search_key(name).replace(" ", "")


def _bare(name: str) -> str:
    return _TAIL.sub("", _HEAD.sub("", _key(name)))
