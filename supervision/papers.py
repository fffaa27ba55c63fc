"""公文一覽上的督辦通知單和整改通知書。"""

from collections.abc import Iterator, Mapping

from django.db.models import Case, Count, F, IntegerField, Value, When, Window
from django.db.models.functions import RowNumber
from django.urls import reverse
from django.utils.timezone import localtime
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from campaigns.models import Campaign
from campaigns.standing import Standing
from reports.paper_kinds import (
    Link,
    PaperFamily,
    PaperGroup,
    PaperKind,
    PaperRow,
    Shelf,
    register_papers,
)
from supervision.models import Order
from supervision.policies import can_open_order
from supervision.wording import RECTIFICATION, SUPERVISION

ORDER, RECTIFY = "order", "rectification"
_SOURCE = f"?source={Order.Source.RECTIFICATION}"


def _kinds() -> Iterator[PaperKind]:
    yield PaperKind(
        key=ORDER,
        label=SUPERVISION.notice,
        hint=gettext_lazy("領導批示和辦公室交辦的事項，一事一單，限時反饋，後附反饋單。"),
        group=PaperGroup.SUPERVISION,
        create=lambda standing, campaign: _create(standing, campaign, ""),
        full_list=lambda campaign: reverse("supervision:order-list"),
    )
    yield PaperKind(
        key=RECTIFY,
        label=RECTIFICATION.notice,
        hint=gettext_lazy("考核檢查發現的問題，限期整改，後附整改情況反饋單。"),
        group=PaperGroup.SUPERVISION,
        create=lambda standing, campaign: _create(standing, campaign, _SOURCE),
        full_list=lambda campaign: reverse("supervision:rectification-list"),
    )


def _create(standing: Standing, campaign: Campaign, query: str) -> Link | None:
    if not can_open_order(standing, campaign):
        return None
    return Link(_("新擬"), reverse("supervision:order-create") + query)


def _list(standing: Standing, campaign: Campaign, limit: int) -> Mapping[str, Shelf]:
    """督辦和整改各自最近的幾份，一次查詢；撤銷的不列。"""
    split = Case(
        When(source=Order.Source.RECTIFICATION, then=Value(1)),
        default=Value(0),
        output_field=IntegerField(),
    )
    newest = [F("year").desc(), F("number").desc(nulls_first=True), F("pk").desc()]
    rows = (
        Order.objects.visible_to(standing)
        .filter(campaign=campaign)
        .exclude(state=Order.State.CANCELLED)
        .annotate(split=split)
        .annotate(
            place=Window(RowNumber(), partition_by=F("split"), order_by=newest),
            total=Window(Count("pk"), partition_by=F("split")),
        )
        .filter(place__lte=limit)
        .select_related("lead_department")
        .order_by("place")
    )
    found: dict[str, list[Order]] = {ORDER: [], RECTIFY: []}
    for row in rows:
        found[RECTIFY if row.is_rectification else ORDER].append(row)
    return {
        key: Shelf([_row(each) for each in kept], kept[0].total if kept else 0)
        for key, kept in found.items()
    }


def _row(row: Order) -> PaperRow:
    is_numbered = row.number is not None
    unit = f"{row.lead_department.name}：" if row.lead_department else ""
    return PaperRow(
        title=f"{unit}{row.title}",
        url=row.get_absolute_url(),
        number=row.full_number if is_numbered else "",
        day=localtime(row.issued_at or row.created_at).date(),
        state=row.state_label,
        tone="ok" if row.state == Order.State.CLOSED else "plain" if is_numbered else "act",
        download=reverse("supervision:order-notice", args=[row.pk]) if is_numbered else "",
    )


def register() -> None:
    register_papers(PaperFamily("supervision", _kinds, _list, 30))
