"""把各部分看一遍：讀庫裏的行、問一下隊列、看一眼磁盤，交給 parts 判定。查詢次數固定。"""

import shutil
from datetime import datetime, timedelta
from pathlib import Path

from django.conf import settings
from django.db import Error as AnyDatabaseError
from django.db.models import Count, Min, Q
from django.utils import timezone
from django.utils.translation import gettext as _

from health import broker, parts
from health.models import Heartbeat
from health.parts import MailFacts, Part, Report, State
from health.services import BEAT, WORKER
from journal.models import Delivery, Entry
from tasks.models import ReminderRun
from workdays.services import calendar


def examine(at: datetime) -> Report:
    """此刻的全部狀況。數據庫連不上時只報得出不靠它的幾項。"""
    outside = [parts.broker(broker.problem(), is_files=broker.is_files()), *_disks()]
    try:
        inside = _inside(at)
    except AnyDatabaseError:
        return Report(at, (parts.database(_("連不上。")), *outside))
    return Report(at, (parts.database(), *inside[:2], *outside[:1], *inside[2:], *outside[1:]))


def _inside(at: datetime) -> list[Part]:
    today = timezone.localdate(at)
    beats = dict(Heartbeat.objects.values_list("name", "at"))
    worker = parts.worker(beats.get(WORKER), at)
    waiting = _waiting(at)
    unsealed = Entry.objects.unsealed().aggregate(count=Count("pk"), oldest=Min("at"))
    return [
        worker,
        parts.beat(beats.get(BEAT), at, worker.state == State.OK),
        parts.mail(_mail(at), at),
        parts.deliveries(waiting["count"], waiting["oldest"], at),
        _reminders(at),
        parts.seal(unsealed["count"], unsealed["oldest"], at),
        parts.calendar(calendar().published_through, today),
    ]


def _waiting(at: datetime) -> dict[str, object]:
    """到了時間還沒發的。郵件停用之後剩下的不算積壓。"""
    rows = Delivery.objects.due(at).order_by()
    if not settings.MAIL_ENABLED:
        rows = rows.exclude(channel=Delivery.Channel.MAIL)
    return rows.aggregate(count=Count("pk"), oldest=Min("next_attempt_at"))


def _mail(at: datetime) -> MailFacts:
    mails = Delivery.objects.filter(channel=Delivery.Channel.MAIL).order_by()
    failing = mails.filter(
        Q(state=Delivery.State.WAITING) | Q(state=Delivery.State.SENDING), attempts__gt=0
    ).exclude(last_error="")
    counts = failing.aggregate(count=Count("pk"), oldest=Min("notice__created_at"))
    given_up = mails.filter(
        state=Delivery.State.GIVEN_UP, next_attempt_at__gte=at - timedelta(days=1)
    )
    latest = failing.order_by("-pk").values_list("last_error", flat=True)[:1]
    return MailFacts(
        is_enabled=settings.MAIL_ENABLED,
        last_sent=mails.filter(state=Delivery.State.SENT)
        .order_by("-pk")
        .values_list("sent_at", flat=True)
        .first(),
        failing=counts["count"],
        oldest_failing=counts["oldest"],
        reason=next(iter(latest), "") if counts["count"] else "",
        given_up=given_up.count(),
    )


def _reminders(at: datetime) -> Part:
    finished = ReminderRun.objects.exclude(finished_at=None).order_by("-on", "-number")
    on, finished_at = finished.values_list("on", "finished_at").first() or (None, None)
    return parts.reminders(on, finished_at, at, calendar())


def _disks() -> list[Part]:
    """數據和佐證所在的盤；同一個盤只說一次。"""
    found: dict[int, Part] = {}
    places = [(_("磁盤"), Path(settings.VAR_DIR)), (_("佐證的磁盤"), Path(settings.MEDIA_ROOT))]
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
