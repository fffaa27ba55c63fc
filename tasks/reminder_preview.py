"""預覽某一天誰會收到什麼：與真發時同一套算法，只讀不寫。"""

from collections import Counter
from dataclasses import dataclass
from datetime import date, timedelta

from django.utils.translation import gettext as _

from campaigns.models import Campaign, Seat
from people.models import Appointment, User
from pingtan_civ.lib.dates import parse_date
from pingtan_civ.lib.working_days import WorkingCalendar
from tasks.duties import Call, sources
from tasks.rungs import Level, Track, position
from tasks.services.reminder_policy import Policy, load_policies
from tasks.services.reminders import DigestPlan, Draft, Engine, PlannedLine

#: 再遠的預覽沒有意義：其間總有人報送。
FURTHEST = timedelta(days=60)


def read_day(text: str, today: date, calendar: WorkingCalendar) -> tuple[date, str]:
    """要看哪一天，默認下一個週一；不是工作日的順延。第二項是寫得不對時的一句話。"""
    monday = calendar.next_working(today + timedelta(days=7 - today.weekday()))
    if not text.strip():
        return monday, ""
    try:
        day = parse_date(text, today.year)
    except ValueError as problem:
        return monday, str(problem)
    if not today <= day <= today + FURTHEST:
        return monday, _("請選今天起兩個月以內的日子。")
    return calendar.next_working(day), ""


#: 級別的標籤用什麼顏色。
TONES = {Level.REMIND: "plain", Level.URGE: "warn", Level.SUPERVISE: "bad", Level.CIRCULAR: "bad"}


@dataclass(frozen=True)
class Shown:
    """一件事，和它是哪一級。"""

    sentence: str
    label: str
    tone: str
    rank: int
    """級別的先後：列入通報、轉督辦單、催辦、提醒、一覽。"""


@dataclass(frozen=True)
class Recipient:
    """一個人那天收到的、關於本活動的各件；elsewhere 是同一份裏別的活動的件數。"""

    person: User
    post: str
    lines: list[Shown]
    elsewhere: int


class Preview:
    """一個活動某一天的預覽。假定其間的提醒都按時發出，也沒有人再報送。"""

    def __init__(
        self,
        campaign: Campaign,
        day: date,
        today: date,
        calendar: WorkingCalendar,
        policy: Policy | None = None,
    ) -> None:
        """policy 是還沒有保存的規則；不給的照現行的算。"""
        policies = load_policies()
        self.policies = policies.replacing(campaign.pk, policy) if policy else policies
        self.campaign, self.day, self.today = campaign, day, today
        self.calendar = calendar
        self.recipients = self._recipients()

    @property
    def counts(self) -> list[tuple[str, str, int]]:
        """各級別的件數：（名稱，顏色，件數），重的在前，沒有的不列。"""
        kinds = Counter(
            (line.rank, line.label, line.tone) for each in self.recipients for line in each.lines
        )
        return [(label, tone, kinds[rank, label, tone]) for rank, label, tone in sorted(kinds)]

    @property
    def total(self) -> int:
        return sum(len(each.lines) for each in self.recipients)

    def _recipients(self) -> list[Recipient]:
        engine = Engine(self.day, calendar=self.calendar, policies=self.policies)
        drafts = [
            Draft(draft.person, calls)
            for draft in engine.drafts(self._people())
            if (calls := [call for call in draft.calls if self._is_new(call)])
        ]
        plans = engine.plans(drafts)
        plans.sort(key=lambda p: (p.person.position, p.person.name, p.person.pk))
        posts = self._posts(plans)
        found = []
        for plan in plans:
            own = [line for line in plan.lines if line.call.campaign_id == self.campaign.pk]
            if own:
                others = len(plan.lines) - len(own)
                post = posts.get(plan.person.pk, "")
                post = "" if plan.person.name in post else post
                found.append(Recipient(plan.person, post, [_shown(line) for line in own], others))
        return found

    def _is_new(self, call: Call) -> bool:
        """那天才走到的級；之前的工作日就走到的，那時已經說過了。"""
        before = self.calendar.previous_working(self.day - timedelta(days=1))
        if before < self.today:
            return True
        return position(call.due, before, self.calendar) < call.step

    def _people(self) -> set[int]:
        """與本活動有關的人：各來源說得出的，和領導小組裏的。"""
        seats = Seat.objects.on(self.day).filter(campaign=self.campaign, user__is_active=True)
        found = {pk for source in sources() for pk in source.people(self.campaign.pk, self.day)}
        return found.union(seats.order_by().values_list("user_id", flat=True))

    def _posts(self, plans: list[DigestPlan]) -> dict[int, str]:
        """各人的職務，一次查詢。"""
        posts = (
            Appointment.objects.on(self.day)
            .filter(user__in=[plan.person.pk for plan in plans])
            .select_related("department")
            .order_by("is_primary", "-position", "-pk")
        )
        seats = Seat.objects.on(self.day).filter(campaign=self.campaign).exclude(user=None)
        named = {seat.user_id: seat.post or seat.get_role_display() for seat in seats}
        return named | {post.user_id: post.title for post in posts}


def _shown(line: PlannedLine) -> Shown:
    level = Level(line.call.level)
    if line.call.track == Track.WEEKLY:
        return Shown(line.sentence, _("一覽"), TONES[level], rank=1)
    return Shown(line.sentence, str(level.label), TONES[level], -Level.values.index(level))
