"""把各部分看一遍：讀庫裏的行、問一下隊列、看一眼磁盤，交給 parts 判定。查詢次數固定。"""

import shutil
from datetime import date, datetime, timedelta
from pathlib import Path

from django.conf import settings
from django.db import Error as AnyDatabaseError
from django.db.models import Count, Max, Min, Q
from django.utils import timezone
from django.utils.translation import gettext as _

from campaigns.models import Campaign
from health import broker, parts
from health.models import Heartbeat
from health.parts import MailFacts, Part, Report, State
from health.services import BEAT, SEAL, WORKER
from journal.models import Delivery, Entry, Gateway
from journal.services import soundness
from pingtan_civ.lib import virus_scan
from pingtan_civ.lib.stored import store
from pingtan_civ.templatetags.ui import in_script
from tasks.models import ReminderRun
from workdays.services import calendar


def examine(at: datetime) -> Report:
    """此刻的全部狀況。數據庫連不上時只報得出不靠它的幾項。"""
    outside = [parts.broker(broker.problem(), is_files=broker.is_files()), _scanner(), *_disks()]
    try:
        inside = _inside(at)
    except AnyDatabaseError:
        return Report(at, (parts.database(_("連不上。")), *outside))
    return Report(at, (parts.database(), *inside[:2], *outside[:1], *inside[2:], *outside[1:]))


def _inside(at: datetime) -> list[Part]:
    today = timezone.localdate(at)
    beats = dict(Heartbeat.objects.values_list("name", "at"))
    worker = parts.worker(beats.get(WORKER), at)
    is_alive, waiting = worker.state == State.OK, _waiting(at)
    return [
        worker,
        parts.beat(beats.get(BEAT), at, is_alive),
        parts.mail(_mail(at), at),
        *_gateways(),
        parts.deliveries(waiting["count"], waiting["oldest"], at),
        _reminders(at),
        parts.seal(Entry.objects.unsealed().count(), beats.get(SEAL), at, is_alive),
        parts.calendar(calendar().published_through, today, _needed_through()),
    ]


def _waiting(at: datetime) -> dict[str, object]:
    """到了時間還沒發的。郵件停用之後剩下的不算積壓。"""
    rows = Delivery.objects.due(at).order_by()
    if not settings.MAIL_ENABLED:
        rows = rows.exclude(channel=Delivery.Channel.MAIL)
    return rows.aggregate(count=Count("pk"), oldest=Min("next_attempt_at"))


def _mail(at: datetime) -> MailFacts:
    mails = Delivery.objects.filter(channel=Delivery.Channel.MAIL).order_by()
    is_retried = Q(state__in=[Delivery.State.WAITING, Delivery.State.SENDING], attempts__gt=0) & ~Q(
        last_error=""
    )
    is_given_up = Q(state=Delivery.State.GIVEN_UP, next_attempt_at__gte=at - timedelta(days=1))
    counts = mails.filter(is_retried | is_given_up).aggregate(
        failing=Count("pk", filter=is_retried),
        oldest=Min("notice__created_at", filter=is_retried),
        given_up=Count("pk", filter=is_given_up),
    )
    reason = ""
    if counts["failing"]:
        reason = mails.filter(is_retried).order_by("-pk").values_list("last_error", flat=True)[0]
    return MailFacts(
        is_enabled=settings.MAIL_ENABLED,
        last_sent=mails.filter(state=Delivery.State.SENT)
        .order_by("-pk")
        .values_list("sent_at", flat=True)
        .first(),
        failing=counts["failing"],
        oldest_failing=counts["oldest"],
        reason=str(in_script(reason)),
        given_up=counts["given_up"],
    )


def _gateways() -> list[Part]:
    """啟用着的工作群和短信網關，一個一項。"""
    return [
        parts.gateway(each.gateway.pk, each.gateway.name, each.at, str(in_script(each.reason)))
        for each in soundness(Gateway.objects.filter(is_active=True))
    ]


def _needed_through() -> date | None:
    """進行中的活動最晚的一天；沒有為空。"""
    return Campaign.objects.filter(state=Campaign.State.ACTIVE).aggregate(last=Max("end_date"))[
        "last"
    ]


def _reminders(at: datetime) -> Part:
    finished = ReminderRun.objects.exclude(finished_at=None).order_by("-on", "-number")
    on, finished_at = finished.values_list("on", "finished_at").first() or (None, None)
    return parts.reminders(on, finished_at, at, calendar())


def _scanner() -> Part:
    is_configured, is_alive = bool(settings.CLAMAV_ADDRESS), False
    if is_configured:
        try:
            virus_scan.ping()
            is_alive = True
        except virus_scan.Unavailable:
            is_alive = False
    return parts.scanner(
        is_configured=is_configured, is_alive=is_alive, is_required=settings.CLAMAV_REQUIRED
    )


def _disks() -> list[Part]:
    """數據和佐證所在的盤；同一個盤只說一次。"""
    found: dict[int, Part] = {}
    places = [(_("磁盤"), Path(settings.VAR_DIR))]
    if store.is_local:  # 存在桶裏的，容量由桶的監控管
        places.append((_("佐證的磁盤"), Path(settings.MEDIA_ROOT)))
    for name, folder in places:
        existing = next(each for each in (folder, *folder.parents) if each.exists())
        usage, key = shutil.disk_usage(existing), f"disk{len(found) or ''}"
        if (device := existing.stat().st_dev) not in found:
            used = _database_words() if not found else ""
            found[device] = parts.disk(name, usage.free, usage.total, key=key, used=used)
    return list(found.values())


def _database_words() -> str:
    """內嵌的數據庫是一個文件，說出多大；PostgreSQL 的由它自己的監控管。"""
    file = Path(str(settings.DATABASES["default"]["NAME"]))
    if not settings.EMBEDDED or not file.is_file():
        return ""
    return _("數據庫文件 %(size)s。") % {"size": parts.size(file.stat().st_size)}
