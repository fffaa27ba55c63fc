"""新編一份時期間填什麼：月報是上個月，季報是上一季，別的接着上一份同類的。"""

from datetime import date, timedelta

from campaigns.models import Campaign
from pingtan_civ.lib.periods import period_of
from reports.models import Report

_WHOLE = {Report.Kind.MONTHLY: "monthly", Report.Kind.QUARTERLY: "quarterly"}
_SINCE = (Report.Kind.BULLETIN, Report.Kind.NOTICE, Report.Kind.MEETING, Report.Kind.TOPICAL)


def default_period(campaign: Campaign, kind: str, today: date) -> tuple[date, date]:
    """月報、季報取上一個整期；簡報、通報、會議材料、專題從上一份同類的次日到今天；情況彙報取本季度。

    活動還沒有開始（或早已結束）的，取活動的起止。
    """
    start, end = _usual(campaign, kind, today)
    if end < campaign.start_date or start > campaign.end_date:
        return campaign.start_date, campaign.end_date
    return start, end


def _usual(campaign: Campaign, kind: str, today: date) -> tuple[date, date]:
    if kind in _WHOLE:
        this = period_of(_WHOLE[Report.Kind(kind)], today)
        last = period_of(_WHOLE[Report.Kind(kind)], this.start - timedelta(days=1))
        return last.start, last.end
    quarter = period_of("quarterly", today)
    if kind not in _SINCE:
        return quarter.start, quarter.end
    issued = Report.objects.filter(campaign=campaign, kind=kind, state=Report.State.ISSUED)
    last_end = issued.order_by("-period_end").values_list("period_end", flat=True).first()
    if last_end and last_end < today:
        return last_end + timedelta(days=1), today
    return quarter.start, today
