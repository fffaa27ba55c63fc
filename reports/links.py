"""來源和清單各條通向哪裏。目標頁自有權限，看不到的人在那裏被拒。"""

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


def url_of_item(item: paper.Item, campaign_code: str) -> str:
    """清單的一條：審核通過的報送看原件；任務和沒報來的看任務；席位看領導小組。"""
    if item.kind == "submission":
        return reverse("tasks:submission", args=[item.id])
    if item.kind == "seat":
        return reverse("campaigns:leading-group", args=[campaign_code])
    return reverse("tasks:measure-detail", args=[campaign_code, item.code])
