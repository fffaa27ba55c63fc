"""投遞：把等着的郵件發出去。行是真相，誰認領到誰發；慢的、壞的服務器不拖住任何人。"""

import logging
import smtplib
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from django.conf import settings
from django.core.mail import get_connection
from django.core.mail.backends.base import BaseEmailBackend
from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from journal import doorbell, letters
from journal.models import Delivery, Notice
from journal.services.recording import DELIVER_JOB, Message, Person, record
from journal.services.script import source_script

logger = logging.getLogger(__name__)

#: 認領之後多久沒有結果就算丟了（進程被殺），可由別人重發；同一封信的 Message-ID 不變。
LEASE = timedelta(minutes=10)
#: 每次未成之後隔幾分鐘再試；用完即放棄，並寫明原因。
PAUSES = (1, 5, 30, 120, 480)
#: 一批最多幾封、最多忙多久。
BATCH = 200
BUDGET_SECONDS = 240
#: 連續幾次連不上就停下這一批：服務器多半停了，下一分鐘再試。
GIVE_WAY_AFTER = 2

# 臨發前再問一次：上層登記「這條通知還需要嗎、現在該怎麼說」。返回 None 即不再發。
Recheck = Callable[[Notice, datetime], Message | None]
_rechecks: dict[str, Recheck] = {}


@dataclass(frozen=True)
class Tally:
    """一批投遞的結果。"""

    sent: int = 0
    cancelled: int = 0
    postponed: int = 0
    given_up: int = 0
    stopped_early: bool = False

    def plus(self, state: str) -> "Tally":
        name = {
            Delivery.State.SENT: "sent",
            Delivery.State.CANCELLED: "cancelled",
            Delivery.State.WAITING: "postponed",
            Delivery.State.GIVEN_UP: "given_up",
        }[Delivery.State(state)]
        return replace(self, **{name: getattr(self, name) + 1})


def register_recheck(kind: str, recheck: Recheck) -> None:
    """登記某類通知臨發前的再核對。應用啟動時調用一次。"""
    _rechecks[kind] = recheck


def current_message(notice: Notice, at: datetime) -> Message | None:
    """臨發時該說的話；None 表示其間已經辦了，不必再發。"""
    recheck = _rechecks.get(notice.kind)
    if recheck is None:
        return Message(title=notice.title, body=notice.body, url=notice.url, kind=notice.kind)
    return recheck(notice, at)


def deliver_waiting(*, at: datetime, limit: int = BATCH) -> Tally:
    """發出等着的郵件，最多 limit 封。可以同時跑、重複跑：每一行只有認領到的人發。

    沒有配置郵件時什麼也不做。進程在發出之後、記下之前被殺，租約過期後會再發一次，
    Message-ID 相同，收信的服務器認得出是同一封。
    """
    if not settings.MAIL_ENABLED:
        return Tally()
    return _Batch(at).run(limit)


@transaction.atomic
def retry_deliveries(*, actor: Person, deliveries: QuerySet[Delivery], at: datetime) -> int:
    """把放棄了的郵件重新排上，從頭計次數；返回封數。發過的、取消的不動。"""
    given_up = deliveries.filter(state=Delivery.State.GIVEN_UP)
    found = list(given_up.select_for_update())
    for delivery in found:
        delivery.state, delivery.attempts, delivery.next_attempt_at = (
            Delivery.State.WAITING,
            0,
            at,
        )
        delivery.save(update_fields=["state", "attempts", "next_attempt_at"])
        with source_script():
            summary = _("重新發送給 %(address)s 的郵件。") % {"address": delivery.address}
        record(actor=actor, action="journal.retried", target=delivery, summary=summary, at=at)
    if found:
        transaction.on_commit(lambda: doorbell.ring(DELIVER_JOB))
    return len(found)


class _Batch:
    """一批投遞：共用一個連接，記着連續幾次連不上。"""

    def __init__(self, at: datetime) -> None:
        self._at = at
        self._started = time.monotonic()
        self._connection: BaseEmailBackend | None = None
        self._unreachable = 0

    def run(self, limit: int) -> Tally:
        tally = Tally()
        waiting = list(Delivery.objects.due(self._at).values_list("pk", flat=True)[:limit])
        try:
            for pk in waiting:
                if self._should_give_way():
                    return replace(tally, stopped_early=True)
                if delivery := _claim(pk, self._now()):
                    tally = tally.plus(self._settle(delivery))
        finally:
            self._hang_up()
        return tally

    def _now(self) -> datetime:
        """批次開始的時刻加上已用的時間：租約從認領那一刻算，不從開始算。"""
        return self._at + timedelta(seconds=time.monotonic() - self._started)

    def _should_give_way(self) -> bool:
        overtime = time.monotonic() - self._started > BUDGET_SECONDS
        return overtime or self._unreachable >= GIVE_WAY_AFTER

    def _settle(self, delivery: Delivery) -> str:
        """發、取消或推遲一封，返回結果狀態。一封出錯不影響其餘。"""
        if delivery.attempts > len(PAUSES) + 1:
            # 每次認領後進程都被殺的一行：不記結果也要有個頭。
            reason = _("發送時多次中斷，沒有結果。")
            return _finish(delivery, Delivery.State.GIVEN_UP, last_error=reason)
        try:
            why_not, message = _still_wanted(delivery, self._now())
            if message is None:
                return _finish(delivery, Delivery.State.CANCELLED, last_error=why_not)
            self._send(delivery, message)
        except Exception as error:
            # 不論何種錯都要記在這一行上並繼續：一行壞數據不能擋住全局的郵件。
            return self._postpone(delivery, error)
        self._unreachable = 0
        sent_at = self._now()
        return _finish(delivery, Delivery.State.SENT, sent_at=sent_at, last_error="")

    def _send(self, delivery: Delivery, message: Message) -> None:
        if self._connection is None:
            self._connection = get_connection()
        letter = letters.compose(message, delivery)
        letter.connection = self._connection
        letter.send()

    def _postpone(self, delivery: Delivery, error: Exception) -> str:
        self._hang_up()
        self._unreachable = self._unreachable + 1 if _is_unreachable(error) else 0
        reason = _reason(error)
        known = isinstance(error, (smtplib.SMTPException, OSError))
        logger.warning("投遞 %s 未成：%r", delivery.message_id, error, exc_info=not known)
        if delivery.attempts > len(PAUSES):
            return _finish(delivery, Delivery.State.GIVEN_UP, last_error=reason)
        again = self._now() + timedelta(minutes=PAUSES[delivery.attempts - 1])
        return _finish(delivery, Delivery.State.WAITING, next_attempt_at=again, last_error=reason)

    def _hang_up(self) -> None:
        """連接出錯後不再用它；關不上也無妨。"""
        connection, self._connection = self._connection, None
        if connection is not None:
            try:
                connection.close()
            except (smtplib.SMTPException, OSError) as error:
                logger.info("關閉郵件連接：%r", error)


def _claim(pk: int, at: datetime) -> Delivery | None:
    """認領一行：一條帶條件的 UPDATE，兩個進程同時來只有一個改得到。"""
    lease = at + LEASE
    due = Delivery.objects.due(at).filter(pk=pk)
    delivery = due.select_related("notice__recipient").first()
    if delivery is None:
        return None
    mine = due.filter(attempts=delivery.attempts, state=delivery.state).update(
        state=Delivery.State.SENDING, lease_until=lease, attempts=delivery.attempts + 1
    )
    if not mine:
        return None
    delivery.state, delivery.lease_until = Delivery.State.SENDING, lease
    delivery.attempts += 1
    return delivery


def _finish(delivery: Delivery, state: str, **values: object) -> str:
    """記下結果；租約已被別人接走的不動，以別人的為準。"""
    Delivery.objects.filter(
        pk=delivery.pk, state=Delivery.State.SENDING, attempts=delivery.attempts
    ).update(state=state, lease_until=None, address=delivery.address, **values)
    return state


def _still_wanted(delivery: Delivery, at: datetime) -> tuple[str, Message | None]:
    """還要發嗎：人在不在、郵箱在不在、事辦了沒有。郵箱換了就發到新的。"""
    person = delivery.notice.recipient
    if not person.is_active:
        return _("收件人的賬號已停用。"), None
    if not person.email:
        return _("收件人沒有郵箱了。"), None
    delivery.address = person.email
    return _("其間已經辦了，不必再發。"), current_message(delivery.notice, at)


def _is_unreachable(error: Exception) -> bool:
    """是服務器的問題，不是這一封信的問題。"""
    return isinstance(
        error,
        (smtplib.SMTPConnectError, smtplib.SMTPServerDisconnected, smtplib.SMTPAuthenticationError),
    ) or (isinstance(error, OSError) and not isinstance(error, smtplib.SMTPException))


def _reason(error: Exception) -> str:
    """給管理員看的一句話。"""
    if isinstance(error, smtplib.SMTPAuthenticationError):
        return _("郵件服務器不接受賬號或密碼，請檢查 EMAIL_URL。")
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        return _("郵件服務器拒收這個地址，請核對收件人的郵箱。")
    if isinstance(error, smtplib.SMTPSenderRefused):
        return _("郵件服務器不接受發件地址，請檢查 MAIL_FROM。")
    if isinstance(error, TimeoutError) or "timed out" in str(error):
        return _("郵件服務器 %(seconds)s 秒內沒有回應。") % {"seconds": settings.EMAIL_TIMEOUT}
    if isinstance(error, (smtplib.SMTPConnectError, smtplib.SMTPServerDisconnected)):
        return _("郵件服務器中斷了連接。")
    if isinstance(error, smtplib.SMTPResponseException):
        return _("郵件服務器沒有收下這封信（代碼 %(code)s）。") % {"code": error.smtp_code}
    if isinstance(error, OSError):
        return _("連不上郵件服務器，請檢查 EMAIL_URL 和網絡。")
    return _("寫這封信時系統出錯，詳情在運行日誌裏。")
