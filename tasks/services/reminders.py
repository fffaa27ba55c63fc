"""到期提醒：每人每個工作日至多一份，只說輪到他辦的事。

問的是「N 個工作日內到期或已逾期，而這一級還沒記錄」，不是「恰好還有 N 天」：
漏跑幾天，下次只發最近的一級，錯過的記作已過，不會成堆補發；重跑不重發。
"""

import logging
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from itertools import groupby

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from journal.models import Notice
from journal.services import Message, announce, register_recheck
from people.models import User
from pingtan_civ.lib.dates import short_date
from pingtan_civ.lib.working_days import WorkingCalendar
from tasks.ladder import track_of
from tasks.models import Assignment, Reminder, Submission
from tasks.services.reminder_calls import Call, outstanding_calls
from workdays.services import calendar as working_calendar

logger = logging.getLogger(__name__)

#: 一份提醒最多列多少件；再多的只說件數，請到工作台看。
MOST_LINES = 30


@dataclass(frozen=True)
class Line:
    """提醒裏的一件事：到了哪一級，以及因漏跑而略過的各級。"""

    call: Call
    step: str
    skipped: tuple[str, ...] = ()


@dataclass(frozen=True)
class DigestPlan:
    """某人今天該收到的一份提醒。lines 不會為空，最擋別人的在前。"""

    person: User
    on: date
    lines: tuple[Line, ...]

    @property
    def message(self) -> Message:
        return digest_message([line.call for line in self.lines], self.on)


@dataclass(frozen=True)
class Outcome:
    """一次提醒的結果。sent 是這次真正寫下的；別的進程剛寫過的不在內。"""

    on: date
    is_working: bool
    plans: list[DigestPlan] = field(default_factory=list)
    sent: list[DigestPlan] = field(default_factory=list)


def plan_reminders(on: date, calendar: WorkingCalendar) -> list[DigestPlan]:
    """這天誰該收到什麼。只讀不寫；非工作日、今天已收過的人都不在內。

    查詢次數固定，不隨報送的件數增加。
    """
    if not calendar.is_working(on):
        return []
    calls = outstanding_calls(on, calendar)
    recorded = _recorded(calls)
    told = _told(on)
    lines = [
        line for call in calls if call.person.pk not in told and (line := _line(call, recorded))
    ]
    lines.sort(key=lambda line: (*_rank(line.call.person), *line.call.urgency))
    return [
        DigestPlan(person, on, tuple(group))
        for person, group in groupby(lines, key=lambda line: line.call.person)
    ]


def send_reminders(*, on: date, at: datetime, dry_run: bool = False) -> Outcome:
    """給該提醒的人各寫一條通知並記下走到的級別；郵件由投遞任務隨後發出。

    每人一個事務：提醒記錄和通知一起成。兩個進程同時跑，唯一約束只讓一個成。
    非工作日什麼也不發，留到下一個工作日。
    """
    calendar = working_calendar()
    if not calendar.is_working(on):
        return Outcome(on, is_working=False)
    plans = plan_reminders(on, calendar)
    sent = [] if dry_run else [plan for plan in plans if _send(plan, at)]
    return Outcome(on, is_working=True, plans=plans, sent=sent)


def recheck_digest(notice: Notice, at: datetime) -> Message | None:
    """臨發前再看一遍：還欠着的才說，都辦了就不發。

    郵件耽擱到第二天的，剩餘天數按發出那天算。
    """
    reminders = list(Reminder.objects.filter(notice=notice).values_list("round", "step", "on"))
    if not reminders:
        return None
    on = max(reminders[0][2], timezone.localdate(at))
    promised = {(round_id, track_of(step)) for round_id, step, _on in reminders}
    calls = [
        call
        for call in outstanding_calls(
            on, working_calendar(), only={round_id for round_id, _track in promised}
        )
        if call.person.pk == notice.recipient_id and (call.round.pk, call.track) in promised
    ]
    calls.sort(key=lambda call: call.urgency)
    return digest_message(calls, on) if calls else None


def register() -> None:
    """應用啟動時調用：投遞「每日提醒」之前都再核對一次。"""
    register_recheck(Notice.Kind.DIGEST, recheck_digest)


def digest_message(calls: Sequence[Call], on: date) -> Message:
    """一份提醒的話。calls 已排好序。"""
    overdue = sum(call.is_overdue for call in calls)
    counts = {"day": short_date(on), "overdue": overdue, "soon": len(calls) - overdue}
    if not overdue:
        title = _("每日提醒（%(day)s）：%(soon)d 件將到時限") % counts
    elif overdue == len(calls):
        title = _("每日提醒（%(day)s）：%(overdue)d 件已過時限") % counts
    else:
        title = _("每日提醒（%(day)s）：%(overdue)d 件已過時限，%(soon)d 件將到時限") % counts
    return Message(title=title, body=_body(calls), kind=Notice.Kind.DIGEST, key=day_key(on))


def day_key(on: date) -> str:
    """每人每個工作日一份：通知的唯一標識。"""
    return f"digest:{on.isoformat()}"


def _body(calls: Sequence[Call]) -> str:
    """一件一段，鏈接獨佔一行；涉及幾個活動時寫明是哪一個。"""
    several = len({call.measure.campaign_id for call in calls}) > 1
    parts = [
        f"{call.sentence}{f'〔{call.measure.campaign.name}〕' if several else ''}\n{call.url}"
        for call in calls[:MOST_LINES]
    ]
    rest = len(calls) - MOST_LINES
    if rest > 0:
        more = _("另有 %(count)d 件，請到工作台查看。") % {"count": rest}
        parts.append(f"{more}\n{settings.LOGIN_REDIRECT_URL}")
    return "\n\n".join(parts)


def _rank(person: User) -> tuple[int, str, int]:
    return person.position, person.name, person.pk


def _line(call: Call, recorded: set[tuple[int, str, int]]) -> Line | None:
    """這件事今天要不要說：現在這一級沒記錄過才說；更早而沒記錄的，隨這次記作已過。"""
    fresh = [code for code in call.codes if (call.round.pk, code, call.person.pk) not in recorded]
    if not fresh or fresh[-1] != call.codes[-1]:
        return None
    return Line(call, fresh[-1], tuple(fresh[:-1]))


def _told(on: date) -> set[int]:
    """今天已經收過提醒的人。"""
    return set(Notice.objects.filter(key=day_key(on)).values_list("recipient_id", flat=True))


def _recorded(calls: Sequence[Call]) -> set[tuple[int, str, int]]:
    """在辦事項已記錄的級別。按狀態而不按編號取：編號多了，SQL 參數會超過數據庫的上限。"""
    if not calls:
        return set()
    rows = Reminder.objects.filter(person__in={call.person.pk for call in calls}).filter(
        ~Q(round__submission__state=Submission.State.ACCEPTED)
        | Q(round__submission__assignment__state=Assignment.State.ISSUED)
    )
    return set(rows.order_by().values_list("round_id", "step", "person_id"))


def _send(plan: DigestPlan, at: datetime) -> bool:
    """寫下一個人的提醒；別的進程已寫過則不動，返回 False。"""
    try:
        return _write(plan, at)
    except IntegrityError:
        logger.info("%s 給 %s 的提醒已由別的進程寫下。", plan.on, plan.person.pk)
        return False


@transaction.atomic
def _write(plan: DigestPlan, at: datetime) -> bool:
    notices = announce(message=plan.message, recipients=[plan.person], at=at)
    if not notices:
        return False
    rows = [
        Reminder(round=line.call.round, step=step, person=plan.person, on=plan.on, notice=notice)
        for line in plan.lines
        for step, notice in [*((code, None) for code in line.skipped), (line.step, notices[0])]
    ]
    Reminder.objects.bulk_create(rows)
    return True
