"""進門：材料庫裏看得到的一份文件；看不到的與不存在的一樣回 404。"""

from django.http import Http404, HttpRequest

from campaigns.current import current_campaign, open_campaigns
from campaigns.models import Campaign
from evidence.library import with_places
from pingtan_civ.lib import clock
from tasks.models import EvidenceFile, EvidenceLink
from tasks.views.doors import standing_of_request


def campaigns_of(request: HttpRequest) -> list[Campaign]:
    """此人看得見的活動；外殼要切換活動，本來就查過一遍。"""
    current_campaign(request)
    rows = getattr(request, "_campaigns", None)
    return open_campaigns(request.user, clock.today()) if rows is None else rows


def readable_links(request: HttpRequest, file: int) -> list[EvidenceLink]:
    """一份文件此人看得到的各處用處（各輪的都算，撤下的也算），新的在前。"""
    links = EvidenceLink.objects.readable_across(
        standing_of_request(request), campaigns_of(request)
    )
    found = with_places(links.filter(file=file), "removed_by", "round__decided_by")
    own = standing_of_request(request).departments
    return [link for link in found.order_by("-added_at", "-pk") if is_told(link, own)]


def is_told(link: EvidenceLink, own: frozenset[int]) -> bool:
    """初審之前就撤下的，只有本單位知道有過。"""
    if link.removed_at is None or link.round.submission.assignment.department_id in own:
        return True
    return bool(link.round.endorsed_at and link.removed_at > link.round.endorsed_at)


def file_or_404(request: HttpRequest, pk: int) -> tuple[EvidenceFile, list[EvidenceLink]]:
    """文件，和此人看得到的用處；一處在用的也看不到就回 404。"""
    links = readable_links(request, pk)
    if not any(link.removed_at is None for link in links):
        raise Http404
    return EvidenceFile.objects.select_related("reading").get(pk=pk), links
