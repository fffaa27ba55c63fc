"""本次請求說的是哪個活動：網址裏有就用網址的，否則用上次選的，否則用最近進行中的。"""

from datetime import date
from functools import lru_cache

from django.http import HttpRequest
from django.shortcuts import get_object_or_404

from campaigns.models import Campaign
from people.models import User
from pingtan_civ.lib import clock
from pingtan_civ.lib.counting import REMEMBERED, Statement, written

SESSION_KEY = "campaign"


def open_campaigns(user: User, on: date) -> list[Campaign]:
    """此人看得見的活動，進行中的在前，新的在前。"""
    campaigns = Campaign.objects.raw(*_statement(user.pk, user.is_superuser, on))
    order = {Campaign.State.ACTIVE: 0, Campaign.State.DRAFT: 1, Campaign.State.CLOSED: 2}
    return sorted(campaigns, key=lambda campaign: order[campaign.state])


@lru_cache(maxsize=REMEMBERED)
def _statement(user_id: int, is_superuser: bool, on: date) -> Statement:
    """每一頁都是這一句，寫出它比執行它還慢；記住的是語句，活動每次現查。"""
    return written(Campaign.objects.visible_to(User(pk=user_id, is_superuser=is_superuser), on))


def current_campaign(request: HttpRequest) -> Campaign | None:
    """本次請求的活動；一次請求只算一次。"""
    if not hasattr(request, "_campaign"):
        request._campaigns = open_campaigns(request.user, clock.today())
        match = request.resolver_match
        code = (match.kwargs.get("campaign_code") if match else None) or request.session.get(
            SESSION_KEY
        )
        chosen = [campaign for campaign in request._campaigns if campaign.code == code]
        request._campaign = (chosen or request._campaigns or [None])[0]
    return request._campaign


def remember_campaign(request: HttpRequest, campaign: Campaign) -> None:
    """下次打開沒有寫明活動的頁面時，仍是這一個。"""
    if request.session.get(SESSION_KEY) != campaign.code:
        request.session[SESSION_KEY] = campaign.code


def campaign_or_404(request: HttpRequest, code: str) -> Campaign:
    """網址裏寫明的活動；本人看不見的與不存在的一樣回 404。順便記住它。

    外殼的活動切換本來就要查一遍可見的活動，所以先用那一份，不多查一次。
    """
    campaign = current_campaign(request)
    if campaign is None or campaign.code != code:
        visible = Campaign.objects.visible_to(request.user, clock.today())
        campaign = get_object_or_404(visible, code=code)
    remember_campaign(request, campaign)
    return campaign
