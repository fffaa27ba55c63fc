"""消息說的是哪個創建活動：活動不止一個時才寫出來。"""

from campaigns.models import Campaign
from evaluations.models import AuthorityInquiry, TargetLetter, VetoEvent
from journal.models import Notice
from recommendations.models import Programme
from reports.models import Report
from supervision.models import Order
from tasks.models import Measure

#: 留痕的所屬類別 → 由編號查活動的寫法。
_PATHS = {
    Campaign: "pk",
    Measure: "campaign",
    Report: "campaign",
    Order: "campaign",
    VetoEvent: "item__campaign",
    AuthorityInquiry: "campaign",
    TargetLetter: "campaign",
    Programme: "campaign",
}


def campaign_names(notices: list[Notice]) -> dict[int, str]:
    """消息的主鍵 → 活動名稱。只有一個活動時為空；每日提醒沒有來由，不列。"""
    names = dict(Campaign.objects.values_list("pk", "name"))
    if len(names) < 2:
        return {}
    found: dict[int, str] = {}
    for model, path in _PATHS.items():
        topics = {
            notice.pk: notice.entry.topic_id
            for notice in notices
            if notice.entry and notice.entry.topic_type == model._meta.label_lower
        }
        if topics:
            rows = model.objects.filter(pk__in=topics.values())
            campaign_of = dict(rows.values_list("pk", path))
            found |= {
                pk: names[campaign_of[topic]]
                for pk, topic in topics.items()
                if topic in campaign_of
            }
    return found
