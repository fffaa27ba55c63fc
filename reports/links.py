"""來源和清單各條通向哪裏。目標頁自有權限，看不到的人在那裏被拒。"""

from collections.abc import Callable
from dataclasses import dataclass

from django.urls import reverse

from reports import paper
from reports.models import ParagraphSource


@dataclass(frozen=True)
class Link:
    label: str
    url: str = ""


def link_of_source(source: ParagraphSource | paper.Source, campaign_code: str) -> Link:
    """草稿的一行或快照裏的一條，都行。"""
    submission_id = getattr(source, "submission_id", None)
    if submission_id is None and getattr(source, "round", None):
        submission_id = source.round.submission_id
    if submission_id:
        return Link(source.label, reverse("tasks:submission", args=[submission_id]))
    if source.clause_id:
        return Link(source.label, reverse("tasks:plan", args=[campaign_code]))
    return Link(source.label)


Address = Callable[[paper.Item, str], str]
"""（清單的一條, 活動代碼）→ 網址。"""

_addresses: dict[str, Address] = {
    "submission": lambda item, code: reverse("tasks:submission", args=[item.id]),
    "seat": lambda item, code: reverse("campaigns:leading-group", args=[code]),
    "unit": lambda item, code: reverse("people:department-detail", args=[item.id]),
    "evidence": lambda item, code: reverse("tasks:evidence-file", args=[item.id]),
}


def register_item(kind: str, address: Address) -> None:
    """上層的應用說明它的一種清單條目打開哪一頁；同名的以後一次為準。"""
    _addresses[kind] = address


def url_of_item(item: paper.Item, campaign_code: str) -> str:
    """清單的一條：審核通過的報送看原件；任務和沒報來的看任務；席位看領導小組。"""
    if address := _addresses.get(item.kind):
        return address(item, campaign_code)
    if not item.code:
        return reverse("tasks:breakdown", args=[campaign_code])
    return reverse("tasks:measure-detail", args=[campaign_code, item.code])
