"""一次查詢數幾個清單：每一頁的菜單都要幾個數，不必各查一次。"""

from django.db.models import Count, QuerySet, Subquery, Value
from django.db.models.functions import Coalesce


def count_together(anchor: QuerySet, **lists: QuerySet) -> dict[str, int]:
    """各清單的條數。anchor 是任意一個恰好一行的查詢，只借它掛子查詢。"""
    if not lists:
        return {}
    row = anchor.order_by().values_list(*[_counted(rows) for rows in lists.values()]).get()
    return dict(zip(lists, row, strict=True))


def _counted(rows: QuerySet) -> Coalesce:
    counted = rows.order_by().annotate(all=Value(1)).values("all").annotate(n=Count("pk"))
    return Coalesce(Subquery(counted.values("n")), 0)
