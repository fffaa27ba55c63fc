"""投遞：把等着的發出去。行是真相，誰認領到誰發；慢的、壞的服務器不拖住任何人。"""

import logging
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import zip_longest

from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from journal import doorbell, policies
from journal.channels.failures import NotSent
from journal.channels.lanes import Lane, lane_for
from journal.models import Delivery, Gateway
from journal.services.rechecking import verdict_on
from journal.services.recording import DELIVER_JOB, Message, Person, record
from journal.services.script import source_script

logger = logging.getLogger(__name__)

#: 認領之後多久沒有結果就算丟了（進程被殺）。
LEASE = timedelta(minutes=10)
#: 每次未成之後隔幾分鐘再試；用完即放棄，並寫明原因。
PAUSES = (1, 5, 30, 120, 480)
#: 一批每條路最多幾條、一共最多忙多久。
BATCH = 2000
BUDGET_SECONDS = 240
#: 一條路連續幾次不通，這一批就不再走它：多半是停了，下一分鐘再試。
GIVE_WAY_AFTER = 2
#: 別的進程這麼久之內在這條路上認領的，當它正在發（一次發送有總時限，超過的多半被殺了）。
IN_USE = timedelta(seconds=30)


@dataclass(frozen=True)
class Tally:
    """一批投遞的結果。"""

    sent: int = 0
    cancelled: int = 0
    postponed: int = 0
    given_up: int = 0
    uncertain: int = 0
    stopped_early: bool = False

    def plus(self, state: str, count: int = 1) -> "Tally":
        name = {
            Delivery.State.SENT: "sent",
            Delivery.State.CANCELLED: "cancelled",
            Delivery.State.WAITING: "postponed",
            Delivery.State.GIVEN_UP: "given_up",
            Delivery.State.UNCERTAIN: "uncertain",
        }[Delivery.State(state)]
        return replace(self, **{name: getattr(self, name) + count})


@source_script()
def deliver_waiting(*, at: datetime, limit: int = BATCH) -> Tally:
    """發出等着的，每條路最多 limit 條。可以同時跑、重複跑：每一行只有認領到的人發。

    沒有配置郵件時郵件不動，別的照發。進程在發出之後、記下之前被殺：郵件和通用接口
    租約過期後再發一次，標識相同，對方認得出；群機器人認不出，記作「結果不明」，由人決定。
    記下的原因用原文。
    """
    lost = _settle_lost(at)
    return _Batch(at).run(limit).plus(Delivery.State.UNCERTAIN, lost)


@transaction.atomic
def retry_deliveries(*, actor: Person, deliveries: QuerySet[Delivery], at: datetime) -> int:
    """把放棄了的、結果不明的重新排上，從頭計次數；返回條數。發過的、取消的不動。

    Raises PermissionDenied：看不到發件台的人。
    """
    if not policies.can_see_outbox(actor, timezone.localdate(at)):
        raise PermissionDenied(_("發件台給辦公室和系統管理員看。您自己的消息在「消息」裏。"))
    resendable = deliveries.filter(state__in=Delivery.RESENDABLE).order_by("pk")
    found = list(
        resendable.select_for_update(of=("self",)).select_related("notice__recipient", "gateway")
    )
    for delivery in found:
        delivery.state, delivery.attempts, delivery.next_attempt_at = (
            Delivery.State.WAITING,
            0,
            at,
        )
        delivery.save(update_fields=["state", "attempts", "next_attempt_at"])
        with source_script():
            words = {
                "who": delivery.notice.recipient or delivery.gateway,
                "channel": delivery.get_channel_display(),
            }
            summary = _("重新發送給「%(who)s」的%(channel)s。") % words
        record(actor=actor, action="journal.retried", target=delivery, summary=summary, at=at)
    if found:
        transaction.on_commit(lambda: doorbell.ring(DELIVER_JOB))
    return len(found)


class _Road:
    """一條路上這一批要發的，它連續幾次不通，是不是已經讓給了別的進程。"""

    def __init__(self, gateway: Gateway | None, waiting: list[int]) -> None:
        self.gateway = gateway
        self.lane: Lane = lane_for(gateway)
        self.waiting = waiting
        self.failures = 0
        self.is_left = False

    @property
    def is_blocked(self) -> bool:
        return self.failures >= GIVE_WAY_AFTER

    def leave_if_in_use(self, at: datetime) -> bool:
        """別的進程正在這條路上，就由它發：慢的服務器佔住一個進程，不能把幾個都佔住。"""
        if not self.is_left:
            sending = Delivery.objects.filter(
                gateway=self.gateway,
                state=Delivery.State.SENDING,
                lease_until__gt=at + LEASE - IN_USE,
            )
            self.is_left = sending.order_by().exists()
        return self.is_left


class _Batch:
    """一批投遞：各條路輪流，誰不通誰讓開。"""

    def __init__(self, at: datetime) -> None:
        self._at = at
        self._started = time.monotonic()

    def run(self, limit: int) -> Tally:
        tally = Tally()
        roads = _roads(self._at, limit)
        try:
            for road, pk in _take_turns(roads):
                if self._is_overtime() or road.is_blocked:
                    tally = replace(tally, stopped_early=True)
                elif road.leave_if_in_use(self._now()):
                    continue
                elif delivery := _claim(pk, self._now()):
                    tally = tally.plus(self._settle(delivery, road))
        finally:
            for road in roads:
                road.lane.hang_up()
        return tally

    def _now(self) -> datetime:
        """批次開始的時刻加上已用的時間：租約從認領那一刻算，不從開始算。"""
        return self._at + timedelta(seconds=time.monotonic() - self._started)

    def _is_overtime(self) -> bool:
        return time.monotonic() - self._started > BUDGET_SECONDS

    def _settle(self, delivery: Delivery, road: _Road) -> str:
        """發、取消或推遲一條，返回結果狀態。一條出錯不影響其餘。"""
        if delivery.attempts > len(PAUSES) + 1:
            # 每次認領後進程都被殺的一行：不記結果也要有個頭。
            reason = _("發送時多次中斷，沒有結果。")
            return _finish(delivery, Delivery.State.GIVEN_UP, last_error=reason)
        try:
            verdict = verdict_on(delivery, self._now())
            if verdict.until:
                return _put_back(delivery, verdict.until)
            if verdict.message is None:
                return _finish(delivery, Delivery.State.CANCELLED, last_error=verdict.why_not)
            self._send(delivery, verdict.message, road)
        except NotSent as failure:
            return self._postpone(delivery, failure)
        except Exception as error:
            # 不論何種錯都要記在這一行上並繼續：一行壞數據不能擋住全局的投遞。
            logger.warning("投遞 %s 出錯：%s", delivery.pk, type(error).__name__, exc_info=True)
            return self._postpone(delivery, NotSent(_("發送時系統出錯，詳情在運行日誌裏。")))
        return _finish(delivery, Delivery.State.SENT, sent_at=self._now(), last_error="")

    def _send(self, delivery: Delivery, message: Message, road: _Road) -> None:
        try:
            road.lane.send(delivery, message, self._now())
        except NotSent as failure:
            road.failures = road.failures + 1 if failure.unreachable else 0
            logger.warning("投遞 %s 未成：%s", delivery.pk, failure)
            raise
        road.failures = 0

    def _postpone(self, delivery: Delivery, failure: NotSent) -> str:
        reason = str(failure)
        if failure.maybe_sent and _forgets(delivery.gateway):
            reason = _("%(reason)s對方可能已經收到，請先到群裏看一眼再決定是否重發。")
            words = {"reason": str(failure)}
            return _finish(delivery, Delivery.State.UNCERTAIN, last_error=reason % words)
        if delivery.attempts > len(PAUSES):
            return _finish(delivery, Delivery.State.GIVEN_UP, last_error=reason)
        again = self._now() + timedelta(minutes=PAUSES[delivery.attempts - 1])
        return _finish(delivery, Delivery.State.WAITING, next_attempt_at=again, last_error=reason)


def _forgets(gateway: Gateway | None) -> bool:
    """這條路認不出重複：至多發一次，結果不明的交給人。"""
    return gateway is not None and not gateway.tells_repeats_apart


def _settle_lost(at: datetime) -> int:
    """認領了卻沒有下文、而對方又認不出重複的：不再自動發。"""
    forgetful = [kind for kind in Gateway.Kind if kind != Gateway.Kind.WEBHOOK]
    lost = Delivery.objects.filter(
        state=Delivery.State.SENDING, lease_until__lt=at, gateway__kind__in=forgetful
    )
    reason = _("發送時中斷，不知道對方收到沒有，請先到群裏看一眼再決定是否重發。")
    return lost.update(state=Delivery.State.UNCERTAIN, lease_until=None, last_error=reason)


def _roads(at: datetime, limit: int) -> list[_Road]:
    """有東西要發的各條路。一條路上積壓再多，也佔不了別的路的名額。"""
    due = Delivery.objects.due(at)
    if not settings.MAIL_ENABLED:
        due = due.exclude(channel=Delivery.Channel.MAIL)
    used = list(due.order_by().values_list("gateway", flat=True).distinct())
    gateways = Gateway.objects.in_bulk([key for key in used if key])
    return [
        _Road(
            gateways.get(key),
            list(due.filter(gateway=key).values_list("pk", flat=True)[:limit]),
        )
        for key in used
    ]


def _take_turns(roads: list[_Road]) -> Iterator[tuple[_Road, int]]:
    """每條路發一條，輪着來。"""
    for turn in zip_longest(*(road.waiting for road in roads)):
        yield from ((road, pk) for road, pk in zip(roads, turn, strict=True) if pk)


def _claim(pk: int, at: datetime) -> Delivery | None:
    """認領一行：一條帶條件的 UPDATE，兩個進程同時來只有一個改得到。"""
    lease = at + LEASE
    due = Delivery.objects.due(at).filter(pk=pk)
    delivery = due.select_related("notice__recipient", "gateway").first()
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
    ).update(**{"state": state, "lease_until": None, "address": delivery.address, **values})
    return state


def _put_back(delivery: Delivery, until: datetime) -> str:
    """還沒到本人選的鐘點，或在免打擾時段裏：放回去，不算一次。"""
    return _finish(
        delivery,
        Delivery.State.WAITING,
        next_attempt_at=until,
        attempts=delivery.attempts - 1,
    )
