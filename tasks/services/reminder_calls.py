"""某日有哪些事該找哪些人：報送、簽收、初審、審核，各按當日在任的人算。

只讀，查詢次數固定。是否已經提醒過不在這裏管。
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from enum import IntEnum

from django.db.models import F, OuterRef, QuerySet, Subquery
from django.utils import timezone
from django.utils.translation import gettext as _

from campaigns.models import Seat
from people.models import Appointment, Department, User
from people.services import holders
from pingtan_civ.lib.dates import short_date
from pingtan_civ.lib.working_days import WorkingCalendar
from tasks import ladder
from tasks.lights import LightRule
from tasks.models import Assignment, Measure, Round, Submission, in_progress


class Capacity(IntEnum):
    """以什麼身份被找。一人同時有幾種身份時按最前面的說，不重複。"""

    DOER = 1
    SIGNER = 2
    ENDORSER = 3
    HEAD = 4
    REVIEWER = 5
    STAND_IN = 6
    LEADER = 7


#: 各身份從哪一級開始被找（見 tasks.ladder）。
FIRST_STEP = {
    Capacity.DOER: -7,
    Capacity.SIGNER: 1,
    Capacity.ENDORSER: -1,
    Capacity.HEAD: 1,
    Capacity.REVIEWER: 1,
    Capacity.STAND_IN: -7,
    Capacity.LEADER: 4,
}
#: 辦公室審核逾期不必天天說：第 1、4 個工作日，以後每 5 個。
REVIEWER_SKIPS = (2, 3)
TRACKS = {Capacity.SIGNER: ladder.ACKNOWLEDGE, Capacity.REVIEWER: ladder.REVIEW}
#: 在措施頁辦的。
AT_THE_MEASURE = (Capacity.SIGNER, Capacity.STAND_IN, Capacity.LEADER)
#: 引號裏的引號用『』。
_INNER_QUOTES = str.maketrans("「」", "『』")
#: 別人正等着他的。
BLOCKING = (Capacity.ENDORSER, Capacity.REVIEWER)


@dataclass(frozen=True)
class Call:
    """該為某一輪找某人。due 是這件事自己的時限：報送、簽收或審核的。"""

    person: User
    capacity: Capacity
    round: Round
    due: date
    on: date
    note: str
    steps: tuple[int, ...]

    @property
    def submission(self) -> Submission:
        return self.round.submission

    @property
    def assignment(self) -> Assignment:
        return self.submission.assignment

    @property
    def measure(self) -> Measure:
        return self.assignment.measure

    @property
    def track(self) -> str:
        return TRACKS.get(self.capacity, ladder.REPORT)

    @property
    def codes(self) -> tuple[str, ...]:
        """走過的各級的標識，最後一個是現在這一級。"""
        return tuple(ladder.step_code(self.track, step, self.due) for step in self.steps)

    @property
    def is_overdue(self) -> bool:
        return self.due < self.on

    @property
    def urgency(self) -> tuple[bool, date, bool, int, int]:
        """排序用：逾期的在前，久的在前，別人正等着的在前。"""
        return (
            not self.is_overdue,
            self.due,
            self.capacity not in BLOCKING,
            self.measure.position,
            self.round.pk,
        )

    @property
    def url(self) -> str:
        """直達辦理的那一頁：填報、審核在報送頁，簽收和過問在措施頁（草稿不給上級看）。"""
        if self.capacity in AT_THE_MEASURE:
            return self.measure.get_absolute_url()
        return self.submission.get_absolute_url()

    @property
    def sentence(self) -> str:
        """一句話：急不急、什麼事、請他做什麼。"""
        return _SENTENCES[self.capacity] % {
            "note": self.note,
            "what": self._what(),
            "due": short_date(self.due),
            "department": self.assignment.department.label,
        }

    def _what(self) -> str:
        title = self.measure.title.translate(_INNER_QUOTES)
        measure = f"{self.measure.code}「{title}」"
        if self.capacity == Capacity.SIGNER:
            return measure
        parts = [self.submission.name]
        if self.assignment.role == Assignment.Role.SUPPORTING:
            parts.append(_("配合"))
        if self.round.number > 1:
            parts.append(_("退回後第 %(number)d 輪") % {"number": self.round.number})
        return f"{measure}（{'，'.join(parts)}）"


class _Sentences:
    """各身份的話。取用時才翻譯。"""

    def __getitem__(self, capacity: Capacity) -> str:
        return {
            Capacity.DOER: _("%(note)s：%(what)s，時限%(due)s，請填報。"),
            Capacity.SIGNER: _("%(note)s：%(what)s，應於%(due)s前簽收，請簽收或提出異議。"),
            Capacity.ENDORSER: _("%(note)s：%(what)s已報出，時限%(due)s，等您初審。"),
            Capacity.HEAD: _("%(note)s：%(what)s本單位尚未報出，時限%(due)s，請督促。"),
            Capacity.REVIEWER: _(
                "審核%(note)s：%(department)s的%(what)s，應於%(due)s前審核，請審核。"
            ),
            Capacity.STAND_IN: _(
                "%(note)s：%(department)s的%(what)s，該單位沒有在任的人可提醒，請辦公室聯絡。"
            ),
            Capacity.LEADER: _("%(note)s：%(department)s的%(what)s尚未報出，請過問。"),
        }[capacity]


_SENTENCES = _Sentences()


def outstanding_calls(
    on: date, calendar: WorkingCalendar, *, only: Iterable[int] | None = None
) -> list[Call]:
    """這天走到某一級的全部事項。only 給定時只看這些輪次（臨發前核對用）。"""
    duties = [*_reporting(on, calendar, only), *_reviewing(only), *_unsigned(on, only)]
    roster = _Roster(duties, on)
    found: dict[tuple[int, int, str], Call] = {}
    for duty in duties:
        for call in duty.calls(roster, on, calendar):
            # 一人在同一件事上有幾種身份，只留最該他辦的那一種。
            key = (call.person.pk, call.round.pk, call.track)
            if key not in found or call.capacity < found[key].capacity:
                found[key] = call
    return list(found.values())


# ── 有哪些事 ──────────────────────────────────────────


@dataclass(frozen=True)
class _Duty:
    """一輪上等着人辦的一件事。"""

    round: Round
    kind: str

    @property
    def assignment(self) -> Assignment:
        return self.round.submission.assignment

    def due(self, calendar: WorkingCalendar) -> date:
        if self.kind == ladder.ACKNOWLEDGE:
            return self.assignment.acknowledge_due_date
        if self.kind == ladder.REVIEW:
            received = timezone.localdate(self.round.endorsed_at)
            return calendar.add(received, self.assignment.measure.campaign.review_days)
        return self.round.due_date

    def calls(self, roster: "_Roster", on: date, calendar: WorkingCalendar) -> Iterator[Call]:
        due = self.due(calendar)
        reached = ladder.reached(due, on, calendar)
        note = _note(due, on, calendar)
        for capacity, person in roster.answerable(self):
            steps = tuple(step for step in reached if _applies(capacity, step))
            if steps:
                yield Call(person, capacity, self.round, due, on, note, steps)


def _applies(capacity: Capacity, step: int) -> bool:
    if capacity == Capacity.REVIEWER and step in REVIEWER_SKIPS:
        return False
    return step >= FIRST_STEP[capacity]


def _note(due: date, on: date, calendar: WorkingCalendar) -> str:
    if due > on and calendar.between(on, due) == 0:
        return _("今天是最後一個工作日")
    return LightRule(today=on, warn_until=on, calendar=calendar).note(due)


def _rounds(only: Iterable[int] | None) -> QuerySet[Round]:
    rounds = Round.objects.filter(in_progress("submission__assignment__"))
    if only is not None:
        rounds = rounds.filter(pk__in=list(only))
    return (
        rounds.select_related(
            "submission__assignment__department",
            "submission__assignment__measure__campaign",
            "submission__assignment__measure__owner",
            "submission__assignment__measure__accountable_seat__user",
        )
        .defer("narrative", "problems", "needs", "reason")
        .order_by("pk")
    )


def _reporting(on: date, calendar: WorkingCalendar, only: Iterable[int] | None) -> Iterator[_Duty]:
    """待填報和待初審的當前一輪，時限已近或已過。"""
    states = (Submission.State.OPEN, Submission.State.SUBMITTED)
    rounds = _rounds(only).filter(
        number=F("submission__round_number"),
        submission__state__in=states,
        submission__period_start__lte=on,
        due_date__lt=ladder.horizon(on, calendar),
    )
    return (_Duty(round_, ladder.REPORT) for round_ in rounds)


def _reviewing(only: Iterable[int] | None) -> Iterator[_Duty]:
    """初審後等辦公室審核的；是否超過審核時限由階梯判斷。"""
    rounds = _rounds(only).filter(
        number=F("submission__round_number"),
        submission__state=Submission.State.ENDORSED,
        endorsed_at__isnull=False,
    )
    return (_Duty(round_, ladder.REVIEW) for round_ in rounds)


def _unsigned(on: date, only: Iterable[int] | None) -> Iterator[_Duty]:
    """過了簽收時限還沒簽收的任務；掛在它第一期報送的第一輪上。"""
    first = (
        Submission.objects.filter(assignment=OuterRef("submission__assignment"))
        .order_by("period_start", "pk")
        .values("pk")[:1]
    )
    rounds = _rounds(only).filter(
        number=1,
        submission=Subquery(first),
        submission__assignment__state=Assignment.State.ISSUED,
        submission__assignment__acknowledge_due_date__lt=on,
    )
    return (_Duty(round_, ladder.ACKNOWLEDGE) for round_ in rounds)


# ── 該找誰 ────────────────────────────────────────────


class _Roster:
    """當日在任的人：一次取齊，逐件只查內存。"""

    def __init__(self, duties: list[_Duty], on: date) -> None:
        departments = {duty.assignment.department_id for duty in duties}
        campaigns = {duty.assignment.measure.campaign_id for duty in duties}
        self.on = on
        self.existing = frozenset(
            Department.objects.existing(on).order_by("pk").values_list("pk", flat=True)
        )
        self._heads = holders(departments, on, role=Appointment.Role.HEAD)
        self._clerks = holders(departments, on, role=Appointment.Role.CLERK)
        self._office: dict[int, list[User]] = {}
        self._chairs: dict[int, list[User]] = {}
        self._deputies: dict[tuple[int, int], list[User]] = {}
        seats = Seat.objects.on(on).filter(campaign__in=campaigns, user__is_active=True)
        for seat in seats.select_related("user").prefetch_related("departments"):
            self._seat(seat)

    def _seat(self, seat: Seat) -> None:
        if seat.role in Seat.OFFICE_ROLES:
            self._office.setdefault(seat.campaign_id, []).append(seat.user)
        elif seat.role == Seat.Role.CHAIR:
            self._chairs.setdefault(seat.campaign_id, []).append(seat.user)
        elif seat.role == Seat.Role.DEPUTY:
            for department in seat.departments.all():
                key = (seat.campaign_id, department.pk)
                self._deputies.setdefault(key, []).append(seat.user)

    def answerable(self, duty: _Duty) -> Iterator[tuple[Capacity, User]]:
        """這件事該找的人和身份。"""
        if duty.kind == ladder.REVIEW:
            pairs = self._reviewers(duty.round)
        elif duty.assignment.department_id not in self.existing:
            # 單位已撤併，沒有人會再辦：只告訴辦公室，由它改派。
            pairs = self._or_office(Capacity.DOER, [], duty.assignment)
        elif duty.kind == ladder.ACKNOWLEDGE:
            pairs = self._signers(duty.assignment)
        elif duty.round.submission.state == Submission.State.SUBMITTED:
            pairs = self._endorsers(duty.round)
        else:
            pairs = self._reporters(duty.assignment)
        return pairs

    def _reporters(self, assignment: Assignment) -> Iterator[tuple[Capacity, User]]:
        """填報：責任人（須仍在該單位），否則經辦人，都沒有則負責人。"""
        heads = self._heads.get(assignment.department_id, [])
        clerks = self._clerks.get(assignment.department_id, [])
        owner = assignment.measure.owner
        doers = [owner] if owner and owner in [*heads, *clerks] else clerks or heads
        yield from self._or_office(Capacity.DOER, doers, assignment)
        for head in heads:
            yield Capacity.HEAD, head
        for leader in self._leaders(assignment):
            yield Capacity.LEADER, leader

    def _endorsers(self, round_: Round) -> Iterator[tuple[Capacity, User]]:
        """初審：負責人，本人報出的迴避；唯一的負責人報出的由經辦人復核。"""
        assignment = round_.submission.assignment
        heads = self._heads.get(assignment.department_id, [])
        others = [head for head in heads if head.pk != round_.submitted_by_id]
        if not others and round_.by_colleague:
            clerks = self._clerks.get(assignment.department_id, [])
            others = [clerk for clerk in clerks if clerk.pk != round_.submitted_by_id]
        yield from self._or_office(Capacity.ENDORSER, others, assignment)

    def _signers(self, assignment: Assignment) -> Iterator[tuple[Capacity, User]]:
        heads = self._heads.get(assignment.department_id, [])
        people = [*self._clerks.get(assignment.department_id, []), *heads]
        return self._or_office(Capacity.SIGNER, people, assignment)

    def _reviewers(self, round_: Round) -> Iterator[tuple[Capacity, User]]:
        """審核：本活動辦公室的人，報出或初審過這一輪的人迴避。"""
        hands = (round_.submitted_by_id, round_.endorsed_by_id)
        office = self._office.get(round_.submission.assignment.measure.campaign_id, [])
        return ((Capacity.REVIEWER, person) for person in office if person.pk not in hands)

    def _or_office(
        self, capacity: Capacity, people: list[User], assignment: Assignment
    ) -> Iterator[tuple[Capacity, User]]:
        """單位裏沒有人可找時告訴辦公室，事情不能無聲無息地沒人管。"""
        if people:
            return ((capacity, person) for person in people)
        office = self._office.get(assignment.measure.campaign_id, [])
        return ((Capacity.STAND_IN, person) for person in office)

    def _leaders(self, assignment: Assignment) -> list[User]:
        """責任領導：措施上指明且在任的；否則分管該單位的副組長；再沒有則組長。"""
        seat = assignment.measure.accountable_seat
        if seat and seat.user and seat.user.is_active and seat.is_current(self.on):
            return [seat.user]
        campaign = assignment.measure.campaign_id
        deputies = self._deputies.get((campaign, assignment.department_id), [])
        return deputies or self._chairs.get(campaign, [])
