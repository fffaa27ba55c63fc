"""到期提醒：每人每個工作日至多一份，只說輪到他辦的事。

問的是「N 個工作日內到期或已逾期，而這一級還沒記錄」，不是「恰好還有 N 天」：
漏跑幾天，下次只發最近的一級，更早的都算已過，不會成堆補發；重跑不重發。
人分成幾段，一段一個事務（tasks.services.reminder_runs）；這裏管一段人怎麼算、怎麼寫。
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from functools import cached_property
from heapq import merge, nsmallest
from itertools import groupby, islice

from django.conf import settings
from django.utils import timezone
from django.utils.translation import gettext as _

from campaigns.models import Campaign
from journal.models import Notice
from journal.services import (
    Message,
    announce_each,
    register_reading,
    register_recheck,
    source_script,
)
from people.models import User
from pingtan_civ.lib.bulk import insert_rows
from pingtan_civ.lib.dates import short_date
from pingtan_civ.lib.working_days import WorkingCalendar
from tasks.duties import Call, Line, Scope, register_source, sources
from tasks.models import Reminder
from tasks.rungs import Track, step_code
from tasks.services import reminder_runs
from tasks.services.reminder_calls import TaskDuties
from tasks.services.reminder_policy import Policies, load_policies, loud_from
from tasks.services.reminder_records import unrecorded
from tasks.services.reminder_roster import among
from tasks.services.reminder_weekly import WeeklyDuties
from workdays.services import calendar as working_calendar

#: 一份提醒最多列多少件；再多的只說件數，請到工作台看。
MOST_LINES = 30
_KEY = "digest:"
#: 存在消息裏的只有最急的一件，給消息列表看：打開消息、發郵件時再按那一刻寫全
#: （read_digest、recheck_digest）。一夜兩萬份，每份多存一件就多取、多寫兩萬句話。
STORED_LINES = 1
#: 幾百人一批地寫。
FLUSH = 500


@dataclass(frozen=True)
class PlannedLine:
    """提醒裏的一件事：誰的哪一級（call），寫成的話（sentence、url、matter、department）。"""

    call: Call
    line: Line

    @property
    def step(self) -> str:
        """級的名字：before_3、on_day、after_4、review_after_1、weekly。"""
        return step_code(self.call.track, self.call.step)

    @property
    def sentence(self) -> str:
        return self.line.sentence

    @property
    def url(self) -> str:
        return self.line.url


@dataclass(frozen=True)
class DigestPlan:
    """某人這天的一份提醒。lines 不會為空，最擋別人的在前。message 是發出去的樣子。"""

    person: User
    on: date
    lines: tuple[PlannedLine, ...]
    message: Message


@dataclass(frozen=True)
class Outcome:
    """一次提醒的結果。sent 是這次真正寫下的；別的進程剛寫過的不在內。"""

    on: date
    is_working: bool
    plans: list[DigestPlan] = field(default_factory=list)
    sent: list[DigestPlan] = field(default_factory=list)


@dataclass(frozen=True)
class Draft:
    """一個人的一份，還沒寫成話。calls 不分先後。"""

    person: User
    calls: Sequence[Call]


Teller = Callable[[DigestPlan], None]


class Engine:
    """某一天的提醒：日曆、各活動的規則和名稱只取一次，一段一段人地算。"""

    def __init__(
        self,
        on: date,
        *,
        calendar: WorkingCalendar | None = None,
        policies: Policies | None = None,
    ) -> None:
        self.on = on
        self.calendar = calendar or working_calendar()
        self.policies = policies or load_policies()

    @cached_property
    def campaigns(self) -> dict[int, str]:
        active = Campaign.objects.filter(state=Campaign.State.ACTIVE).order_by()
        return dict(active.values_list("pk", "name"))

    def batches(self, people: Iterable[int]) -> Iterator[list[Draft]]:
        """這段人裏今天還沒收過、又有事該說的，幾百人一批。邊讀邊給，內存不隨人數增加。"""
        wanted = frozenset(people)
        told = Notice.objects.filter(among("recipient", sorted(wanted)), key=day_key(self.on))
        wanted -= set(told.order_by().values_list("recipient_id", flat=True))
        if not wanted:
            return
        scope = Scope(self.on, self.calendar, self.policies, wanted, unrecorded=True)
        own = (list(calls) for _person, calls in groupby(_calls(scope), key=person_of))
        while batch := {calls[0].person_id: calls for calls in islice(own, FLUSH)}:
            persons = User.objects.filter(pk__in=batch, is_active=True)
            yield [
                Draft(person, batch[person.pk])
                for person in sorted(persons, key=lambda each: (each.position, each.name, each.pk))
            ]

    def drafts(self, people: Iterable[int]) -> list[Draft]:
        return [draft for batch in self.batches(people) for draft in batch]

    def plans(self, drafts: Collection[Draft]) -> list[DigestPlan]:
        """寫成話，每一件都寫。"""
        lines = self._lines([call for draft in drafts for call in draft.calls])
        plans = []
        for draft in drafts:
            ready = sorted(
                (call for call in draft.calls if call in lines), key=lambda c: c.urgency(self.on)
            )
            if ready:
                message = self._message(ready, len(ready), lines, MOST_LINES)
                planned = tuple(PlannedLine(call, lines[call]) for call in ready)
                plans.append(DigestPlan(draft.person, self.on, planned, message))
        return plans

    def write(self, drafts: Collection[Draft], at: datetime) -> list[Draft]:
        """寫下通知和提醒記錄，返回真正寫下的。在調用者的事務裏。"""
        top = {
            draft.person.pk: nsmallest(
                STORED_LINES, draft.calls, key=lambda call: call.urgency(self.on)
            )
            for draft in drafts
        }
        with source_script():
            lines = self._lines([call for calls in top.values() for call in calls])
            letters: dict[datetime, list[tuple[User, Message]]] = {}
            for draft in drafts:
                ready = [call for call in top[draft.person.pk] if call in lines]
                message = self._message(ready, len(draft.calls), lines, STORED_LINES, draft.calls)
                moment = self.loud_from(draft.calls, at)
                letters.setdefault(moment, []).append((draft.person, message))
        notices: dict[int, int] = {}
        for moment, group in sorted(letters.items()):
            written = announce_each(messages=group, at=at, not_before=moment)
            notices |= {notice.recipient_id: notice.pk for notice in written}
        sent = [draft for draft in drafts if draft.person.pk in notices]
        insert_rows(
            Reminder,
            ("track", "subject_id", "due_date", "step", "person", "on"),
            (
                (call.track, call.subject_id, call.due, call.step, call.person_id, self.on)
                for draft in sent
                for call in draft.calls
            ),
        )
        return sent

    def message_of(self, calls: Collection[Call]) -> Message | None:
        """這幾件此刻怎麼說；都不必辦了為 None。"""
        lines = self._lines(calls)
        ready = sorted(lines, key=lambda call: call.urgency(self.on))
        return self._message(ready, len(ready), lines, MOST_LINES) if ready else None

    def _lines(self, calls: Collection[Call]) -> dict[Call, Line]:
        scope = Scope(self.on, self.calendar, self.policies)
        found: dict[Call, Line] = {}
        for source in sources():
            own = [call for call in calls if call.track in source.tracks]
            if own:
                found |= source.lines(own, scope)
        return found

    def _message(
        self,
        calls: Sequence[Call],
        total: int,
        lines: Mapping[Call, Line],
        limit: int,
        everything: Sequence[Call] = (),
    ) -> Message:
        everything = everything or calls
        several = len({call.campaign_id for call in everything}) > 1
        parts = []
        for call in calls[:limit]:
            name = self.campaigns.get(call.campaign_id, "") if several else ""
            parts.append(
                f"{lines[call].sentence}{f'〔{name}〕' if name else ''}\n{lines[call].url}"
            )
        if rest := total - len(parts):
            more = _("另有 %(count)d 件，請到工作台查看。") % {"count": rest}
            parts.append(f"{more}\n{settings.LOGIN_REDIRECT_URL}")
        return Message(
            title=_title(everything, self.on),
            body="\n\n".join(parts),
            kind=Notice.Kind.DIGEST,
            key=day_key(self.on),
        )

    def loud_from(self, calls: Collection[Call], at: datetime) -> datetime:
        """這幾件所屬的活動都不在免打擾時段裏的最早時刻。"""
        campaigns = {call.campaign_id for call in calls}
        hours = frozenset(self.policies.of_campaign(pk).hours for pk in campaigns)
        if (hours, at) not in self._moments:
            self._moments[hours, at] = loud_from(hours, at, self.calendar)
        return self._moments[hours, at]

    @cached_property
    def _moments(self) -> dict[tuple[frozenset, datetime], datetime]:
        return {}


def plan_reminders(on: date, calendar: WorkingCalendar) -> list[DigestPlan]:
    """這天誰該收到什麼。只讀不寫；非工作日、今天已收過的人都不在內。"""
    plans: list[DigestPlan] = []
    if calendar.is_working(on):
        engine = Engine(on, calendar=calendar)
        for people in reminder_runs.everyone():
            for batch in engine.batches(people):
                plans += engine.plans(batch)
    return plans


def send_reminders(*, on: date, at: datetime, dry_run: bool = False) -> Outcome:
    """提醒，並說清給誰發了什麼：Outcome.plans 是算出來的，sent 是這次真正寫下的。

    每一份都留在內存裏：給命令和測試用；夜裏的大批量用 run_reminders，一段一段地過。
    """
    calendar = working_calendar()
    if not calendar.is_working(on):
        return Outcome(on, is_working=False)
    if dry_run:
        return Outcome(on, is_working=True, plans=plan_reminders(on, calendar))
    sent: list[DigestPlan] = []
    run_reminders(on=on, at=at, tell=sent.append)
    return Outcome(on, is_working=True, plans=sent, sent=sent)


def run_reminders(*, on: date, at: datetime, tell: Teller | None = None) -> reminder_runs.Tally:
    """給該提醒的人各寫一條通知並記下走到的級別；郵件由投遞任務隨後發出。

    幾個進程可以同時跑同一天，各領各的一段人；進程被殺只退回它手上那一段。非工作日什麼也
    不發，留到下一個工作日。tell 給定時，每寫下一份（提交之後）說一聲。
    """
    calendar = working_calendar()
    if not calendar.is_working(on):
        return reminder_runs.Tally()
    engine = Engine(on, calendar=calendar)

    def remind(people: Collection[int]) -> reminder_runs.Done:
        count, lines, plans = 0, 0, list[DigestPlan]()
        for batch in engine.batches(people):
            sent = engine.write(batch, at)
            count, lines = count + len(sent), lines + sum(len(draft.calls) for draft in sent)
            with source_script():
                plans += engine.plans(sent) if tell else []
        return reminder_runs.Done(count, lines, plans)

    def done(result: reminder_runs.Done) -> None:
        for plan in result.plans if tell else []:
            tell(plan)

    return reminder_runs.work(on=on, at=at, remind=remind, done=done)


def recheck_digest(notice: Notice, at: datetime) -> Message | None:
    """臨發前再看一遍：還欠着的才說，都辦了就不發。

    郵件耽擱到第二天的，剩餘天數按發出那天算。
    """
    promised, on = _promised(notice)
    if not promised:
        return None
    engine = Engine(max(on, timezone.localdate(at)))
    calls = _still_owed(engine, notice.recipient_id, promised)
    with source_script():
        message = engine.message_of(calls) if calls else None
    return message and replace(message, not_before=engine.loud_from(calls, at))


def read_digest(notice: Notice, at: datetime) -> Message | None:
    """打開消息時寫全：還欠着的逐件列出，其後辦了的只說件數；都辦了就這樣說。"""
    promised, on = _promised(notice)
    if not promised:
        return None
    engine = Engine(max(on, timezone.localdate(at)))
    calls = _still_owed(engine, notice.recipient_id, promised)
    count, done = len(promised), len(promised) - len(calls)
    with source_script():
        message = engine.message_of(calls) if calls else None
        if message is None:
            body = _("這份提醒裏的 %(count)d 件都不用再辦了。") % {"count": count}
        elif done:
            words = _("這份提醒原有 %(count)d 件，其中 %(done)d 件不用再辦了，下面是還要辦的。")
            body = f"{words % {'count': count, 'done': done}}\n\n{message.body}"
        else:
            body = message.body
    return Message(title=notice.title, body=body, kind=notice.kind)


def register() -> None:
    """應用啟動時調用：登記自己的來源；「每日提醒」打開時、投遞前都按那一刻重寫。"""
    register_source(TaskDuties())
    register_source(WeeklyDuties())
    register_recheck(Notice.Kind.DIGEST, recheck_digest)
    register_reading(Notice.Kind.DIGEST, read_digest)


def day_key(on: date) -> str:
    """每人每個工作日一份：通知的唯一標識。"""
    return f"{_KEY}{on.isoformat()}"


def person_of(call: Call) -> int:
    return call.person_id


def _calls(scope: Scope) -> Iterator[Call]:
    """各來源的事，按人的先後；一人同一件事有幾種身份的，只留最該他辦的那一種。"""
    wanted = None if scope.only is None else {track for track, _subject in scope.only}
    streams: list[Iterable[Call]] = []
    for source in sources():
        if wanted is not None and wanted.isdisjoint(source.tracks):
            continue
        calls = source.calls(scope)
        if not getattr(source, "is_ordered", False):
            kept = (call for call in calls if scope.wants(call.person_id))
            calls = sorted(unrecorded(kept) if scope.unrecorded else kept, key=person_of)
        streams.append(calls)
    for _person, calls in groupby(merge(*streams, key=person_of), key=person_of):
        best: dict[tuple[str, int], Call] = {}
        for call in calls:
            if call.key not in best or call.rank < best[call.key].rank:
                best[call.key] = call
        yield from best.values()


def _promised(notice: Notice) -> tuple[frozenset[tuple[str, int]], date]:
    """這條通知當時說了哪些事、是哪天的。"""
    if not (notice.key or "").startswith(_KEY):
        return frozenset(), date.min
    on = date.fromisoformat(str(notice.key).removeprefix(_KEY))
    rows = Reminder.objects.filter(person=notice.recipient_id, on=on).order_by()
    return frozenset(rows.values_list("track", "subject_id")), on


def _still_owed(engine: Engine, person: int, promised: frozenset[tuple[str, int]]) -> list[Call]:
    scope = Scope(
        engine.on, engine.calendar, engine.policies, people=frozenset({person}), only=promised
    )
    return [call for call in _calls(scope) if call.key in promised and scope.wants(call.person_id)]


def _title(calls: Collection[Call], on: date) -> str:
    """「每日提醒（11月23日）：1 件已過時限，2 件將到時限」；只有一覽時就說一覽。"""
    duties = [call for call in calls if call.track != Track.WEEKLY]
    overdue = sum(call.due < on for call in duties)
    counts = {"day": short_date(on), "overdue": overdue, "soon": len(duties) - overdue}
    if not duties:
        return _("每週一覽（%(day)s）") % counts
    if not overdue:
        return _("每日提醒（%(day)s）：%(soon)d 件將到時限") % counts
    if overdue == len(duties):
        return _("每日提醒（%(day)s）：%(overdue)d 件已過時限") % counts
    return _("每日提醒（%(day)s）：%(overdue)d 件已過時限，%(soon)d 件將到時限") % counts
