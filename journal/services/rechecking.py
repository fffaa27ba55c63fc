"""臨發前再問一次：還要發嗎、發給誰、現在該怎麼說、是不是還沒到時候。"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from django.utils import timezone
from django.utils.translation import gettext as _

from journal.models import Delivery, Notice, Preference
from journal.services.recording import Message
from journal.services.routing import mail_address, preferences_of, sms_address, wanted_hour

# 上層登記「這條通知還需要嗎、現在該怎麼說」。返回 None 即不再發。
# 發到工作群的通知沒有收件人（recipient 為空）。
Recheck = Callable[[Notice, datetime], Message | None]
_rechecks: dict[str, Recheck] = {}


def register_recheck(kind: str, recheck: Recheck) -> None:
    """登記某類通知臨發前的再核對。應用啟動時調用一次。"""
    _rechecks[kind] = recheck


def current_message(notice: Notice, at: datetime) -> Message | None:
    """臨發時該說的話；None 表示其間已經辦了，不必再發。"""
    recheck = _rechecks.get(notice.kind)
    if recheck is None:
        return Message(title=notice.title, body=notice.body, url=notice.url, kind=notice.kind)
    return recheck(notice, at)


@dataclass(frozen=True)
class Verdict:
    """發（message）、等（until）或不發（why_not），三者居一。"""

    message: Message | None = None
    until: datetime | None = None
    why_not: str = ""


def verdict_on(delivery: Delivery, at: datetime) -> Verdict:
    """這一刻怎麼辦。地址換了的，順手換成新的。"""
    notice = delivery.notice
    if delivery.gateway and not delivery.gateway.is_active:
        return Verdict(why_not=_("這個渠道已停用。"))
    if notice.recipient_id is not None:
        wish = preferences_of([notice.recipient_id])[notice.recipient_id]
        if why_not := _unwanted(delivery, wish):
            return Verdict(why_not=why_not)
        if until := _too_early(notice, wish, at):
            return Verdict(until=until)
        delivery.address = _address(delivery, wish)
    message = current_message(notice, at)
    if message is None:
        return Verdict(why_not=_("其間已經辦了，不必再發。"))
    if message.not_before and message.not_before > at:
        # 重試、停了一夜再起的，都可能輪到半夜才發。
        return Verdict(until=message.not_before)
    return Verdict(message)


def _unwanted(delivery: Delivery, wish: Preference) -> str:
    """收件人這邊的緣故；空的就是要發。"""
    person = delivery.notice.recipient
    by_mail = delivery.channel == Delivery.Channel.MAIL
    if not person.is_active:
        return _("收件人的賬號已停用。")
    if not (wish.mail if by_mail else wish.sms):
        return _("收件人已在消息設置裏關掉這個渠道，站內照常收到。")
    if not _address(delivery, wish):
        return _("收件人沒有郵箱了。") if by_mail else _("收件人沒有手機號了。")
    return ""


def _address(delivery: Delivery, wish: Preference) -> str:
    if delivery.channel == Delivery.Channel.MAIL:
        return mail_address(delivery.notice.recipient, wish)
    return sms_address(delivery.notice, wish)


def _too_early(notice: Notice, wish: Preference, at: datetime) -> datetime | None:
    """當天的每日提醒，本人把鐘點改晚了。隔天才輪到的不再等。"""
    if timezone.localdate(notice.created_at) != timezone.localdate(at):
        return None
    until = wanted_hour(notice, wish, at)
    return until if until > at else None
