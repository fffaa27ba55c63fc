"""一個單位的上下級：它自己、各級上級、各級下屬，不限幾級。

局機關不在裏面：人人都在它下面，從它走就人人都是一家。同級的兩個科室不是上下級。
數據庫裏的查法（Kin）和內存裏的走法（Lineage）是同一規則，兩者一致由測試守住。
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator

from django.db.models.expressions import RawSQL

from people.models import Department

Link = tuple[int, int | None, str]
"""單位的（編號, 上級, 類別）。"""

# UNION（不是 UNION ALL）：庫裏萬一繞成一圈，也走得完。
_WALK = """
WITH RECURSIVE
own(id, parent_id) AS (
    SELECT id, parent_id FROM {table} WHERE id IN ({marks}) AND kind <> '{bureau}'
),
up(id, parent_id) AS (
    SELECT id, parent_id FROM own
    UNION
    SELECT unit.id, unit.parent_id FROM {table} unit JOIN up ON unit.id = up.parent_id
    WHERE unit.kind <> '{bureau}'
),
down(id) AS (
    SELECT id FROM own
    UNION
    SELECT unit.id FROM {table} unit JOIN down ON unit.parent_id = down.id
    WHERE unit.kind <> '{bureau}'
)
SELECT id FROM up UNION SELECT id FROM down
"""


def kin_of(department_ids: Collection[int]) -> RawSQL | list[int]:
    """這些單位和它們的上下級，給 `department__in=` 用；不另查一次。SQLite、PostgreSQL 都是這一句。"""
    ids = sorted(department_ids)
    if not ids:
        return []
    words = {"table": Department._meta.db_table, "bureau": Department.Kind.BUREAU.value}
    # 拼進去的只有表名、類別的代碼和佔位符，編號走參數。
    sql = _WALK.format(marks=", ".join(["%s"] * len(ids)), **words)
    return RawSQL(sql, ids)  # noqa: S611


class Lineage:
    """取好的一棵樹，在內存裏走。不查庫。"""

    def __init__(self, links: Iterable[Link]) -> None:
        self._parents = {pk: parent for pk, parent, kind in links if kind != Department.Kind.BUREAU}
        self._children: dict[int, list[int]] = defaultdict(list)
        for pk, parent in self._parents.items():
            if parent in self._parents:
                self._children[parent].append(pk)

    def kin(self, department_id: int) -> frozenset[int]:
        """它自己和它的上下級；局機關、不認得的單位為空。"""
        if department_id not in self._parents:
            return frozenset()
        return frozenset([*self._above(department_id), *self._below(department_id)])

    def _above(self, pk: int | None) -> Iterator[int]:
        seen: set[int] = set()
        while pk in self._parents and pk not in seen:
            seen.add(pk)
            yield pk
            pk = self._parents[pk]

    def _below(self, pk: int) -> Collection[int]:
        found = {pk: None}
        waiting = [pk]
        while waiting:
            fresh = [child for child in self._children[waiting.pop()] if child not in found]
            found |= dict.fromkeys(fresh)
            waiting += fresh
        return found
