"""報送、簽收、初審、審核：某日這些人該為哪些事被找。只讀，查詢次數固定。

先由數據庫把「走到某一級而還沒記錄」的挑出來，連着人一起；這裏只判斷他以什麼身份被找。
句子不在這裏寫（tasks.services.reminder_words）：真要說的才去取文字。
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import date
from functools import cached_property
from heapq import merge
from typing import Any

from django.db.models import Case, Exists, F, OuterRef, Q, QuerySet, When
from django.utils import timezone

from campaigns.models import Seat
from people.models import Appointment, User
from pingtan_civ.lib.bulk import read_in_order
from tasks.duties import Call, Line, Scope
from tasks.models import Assignment, Round, Submission, in_progress
from tasks.rungs import Audience, Track, latest_due, position
from tasks.services.reminder_policy import Policies, load_policies
from tasks.services.reminder_records import StepNow, settled, without_record
from tasks.services.reminder_roster import (
    MANY,
    Panel,
    Panels,
    Unit,
    among,
    empty_departments,
    gone_departments,
    panels_of,
    units_of,
)
from tasks.services.reminder_words import AUDIENCES, BLOCKING, RANK, Capacity, write_lines

REPORT, ACKNOWLEDGE, REVIEW = Track.REPORT.value, Track.ACKNOWLEDGE.value, Track.REVIEW.value
DOER, HEAD, LEADER, CHAIR, OFFICE = (
    Audience.DOER.value,
    Audience.HEAD.value,
    Audience.LEADER.value,
    Audience.CHAIR.value,
    Audience.OFFICE.value,
)
#: 初審是別人報出來才輪到的，不必提前一週就說。
ENDORSER_FIRST = -1
#: 一次從數據庫取多少行。
CHUNK = 2_000

# 從輪次、從任務走到各處的路。
_TASK = "submission__assignment__"
_POST = "department__appointments__"
_SEAT = "measure__campaign__seats__"

#: 各席位在查詢裏按哪幾種人的階梯剔；別的席位是責任領導。
_AMONG = {
    Seat.Role.OFFICE_DIRECTOR.value: (OFFICE,),
    Seat.Role.OFFICE_STAFF.value: (OFFICE,),
    Seat.Role.CHAIR.value: (LEADER, CHAIR),
}
_Place = tuple[int, str, bool]
_Found = tuple[Call, bool]


class TaskDuties:
    """報送、簽收、審核這三種時限（tasks.duties.Source）。"""

    tracks: Collection[str] = (REPORT, ACKNOWLEDGE, REVIEW)
    is_ordered = True

    def calls(self, scope: Scope) -> Iterator[Call]:
        return _Finder(scope).calls()

    def lines(self, calls: Collection[Call], scope: Scope) -> Mapping[Call, Line]:
        return write_lines(calls, scope)

    def people(self, campaign_id: int, on: date) -> Collection[int]:
        """有任務的單位裏的人。"""
        tasks = Assignment.objects.live().filter(measure__campaign=campaign_id)
        posts = Appointment.objects.on(on).filter(
            department__in=tasks.order_by().values("department"), user__is_active=True
        )
        return set(posts.order_by().values_list("user_id", flat=True))


class _Finder:
    """一段人的一次查找。"""

    def __init__(self, scope: Scope) -> None:
        self.scope, self.on = scope, scope.on
        ladders = scope.ladders
        self.policies = ladders if isinstance(ladders, Policies) else load_policies()
        self.people = _people_of(scope)
        self.wanted = frozenset(self.people)
        self._positions: dict[date, int] = {}
        self._places: dict[tuple[str, int, date, str, tuple[str, ...]], _Place | None] = {}

    def calls(self) -> Iterator[Call]:
        """按人的先後。各查詢都按人排好，並着往前讀，內存裏只有正在說的這幾個人。"""
        streams: list[Iterator[_Found]] = []
        if self.units:
            streams += [self._open(), self._handed_in(), self._unsigned()]
        if self.panels.by_campaign:
            streams += [self._escalated(), self._stood_in()]
            streams += [self._unsigned_above(), self._reviews()]
        return settled(merge(*streams, key=_person_of))

    # 當日在任的人

    @cached_property
    def units(self) -> Mapping[int, Unit]:
        return units_of(self.people, self.on)

    @cached_property
    def panels(self) -> Panels:
        return panels_of(self.people, self.on)

    @cached_property
    def seated(self) -> list[int]:
        """這些人裏有席位的。"""
        return sorted(set(self.people).intersection(self.panels.seats.values()))

    @cached_property
    def gone(self) -> frozenset[int]:
        return gone_departments(self.on)

    @cached_property
    def empty(self) -> frozenset[int]:
        return empty_departments(self.on)

    # 單位裏的人

    def _open(self) -> Iterator[_Found]:
        """待填報：該填的人；逾期之後還有負責人。"""
        rows = self._rounds((Submission.State.OPEN,), DOER, HEAD)
        if rows is None:
            return
        clerks = Appointment.objects.on(self.on).filter(
            department=OuterRef(f"{_TASK}department"),
            role=Appointment.Role.CLERK,
            user__is_active=True,
        )
        # 有經辦人的單位，負責人到了他自己的級才算；先在庫裏剔去，不然每晚都要取出來再丟掉。
        rows = rows.filter(
            self._appointed(_TASK),
            Q(**{f"{_TASK}{_POST}role": Appointment.Role.CLERK})
            | (self._due_by(REPORT, "due_date", HEAD) or Q(pk=None))
            | Q(**{f"{_TASK}measure__owner": F(f"{_TASK}{_POST}user")})
            | ~Exists(clerks),
        )
        rows = self._fresh(rows, REPORT, _TASK, person=f"{_TASK}{_POST}user", among=(DOER, HEAD))
        columns = (*_post(_TASK), "pk", "due_date", *_where(_TASK), f"{_TASK}measure__owner_id")
        doers: dict[tuple[int, int | None], list[int]] = {}
        for person, role, subject, due, campaign, department, owner in self._read(rows, columns):
            key = (department, owner)
            if key not in doers:
                doers[key] = self._unit(department).doers(owner)
            if person in doers[key]:
                capacity = Capacity.DOER
            elif role == Appointment.Role.HEAD.value:
                capacity = Capacity.HEAD
            else:
                continue
            call = self._call(capacity, REPORT, person, campaign, subject, due, (DOER, HEAD))
            if call:
                yield call

    def _handed_in(self) -> Iterator[_Found]:
        """已報出等初審：只找該初審的人。"""
        rows = self._rounds((Submission.State.SUBMITTED,), DOER, first=ENDORSER_FIRST)
        if rows is None:
            return
        rows = rows.filter(
            self._appointed(_TASK),
            Q(**{f"{_TASK}{_POST}role": Appointment.Role.HEAD}) | Q(by_colleague=True),
        )
        rows = self._fresh(rows, REPORT, _TASK, person=f"{_TASK}{_POST}user", among=(DOER,))
        columns = (*_post(_TASK), "pk", "due_date", *_where(_TASK), "submitted_by", "by_colleague")
        for person, _role, subject, due, campaign, department, by, colleague in self._read(
            rows, columns
        ):
            if person not in self._unit(department).endorsers(by, colleague):
                continue
            call = self._call(Capacity.ENDORSER, REPORT, person, campaign, subject, due, (DOER,))
            if call:
                yield call

    def _unsigned(self) -> Iterator[_Found]:
        """沒有簽收的任務：單位裏的人都可以簽。"""
        rows = self._assignments(DOER, HEAD)
        if rows is None:
            return
        rows = rows.filter(self._appointed(""))
        rows = self._fresh(rows, ACKNOWLEDGE, "", person=f"{_POST}user", among=(DOER, HEAD))
        columns = (*_post(""), "pk", "acknowledge_due_date", *_where(""))
        for person, role, subject, due, campaign, department in self._read(rows, columns):
            # 沒有經辦人時，負責人就是簽收的人。
            is_head = role == Appointment.Role.HEAD.value and self._unit(department).clerks
            capacity = Capacity.SIGNING_HEAD if is_head else Capacity.SIGNER
            call = self._call(capacity, ACKNOWLEDGE, person, campaign, subject, due, (DOER, HEAD))
            if call:
                yield call

    # 有席位的人

    def _escalated(self) -> Iterator[_Found]:
        """逾期到了責任領導、組長、辦公室的級。"""
        rows = self._rounds((Submission.State.OPEN,), LEADER, CHAIR, OFFICE)
        if rows is None:
            return
        seat = f"{_TASK}{_SEAT}"
        mine = (
            Q(**{f"{seat}role__in": [*Seat.OFFICE_ROLES, Seat.Role.CHAIR]})
            | Q(**{f"{_TASK}measure__accountable_seat": F(f"{seat}pk")})
            | Q(**{f"{seat}role": Seat.Role.DEPUTY})
        )
        rows = rows.filter(self._seated(_TASK), mine)
        # 各種席位只按自己的階梯剔，不然辦公室的級會讓領導的每晚都取出來再丟掉。
        own = [(Q(**{f"{seat}role": role}), among) for role, among in _AMONG.items()]
        rows = self._fresh(rows, REPORT, _TASK, person=f"{seat}user", among=(LEADER,), own=own)
        columns = (
            f"{seat}user_id", f"{seat}role", "pk", "due_date", *_where(_TASK),
            f"{_TASK}measure__accountable_seat",
        )  # fmt: skip
        for person, role, subject, due, campaign, department, seat_id in self._read(rows, columns):
            among = _AMONG.get(role, (LEADER,))
            for capacity in self._above(person, campaign, department, seat_id):
                call = self._call(capacity, REPORT, person, campaign, subject, due, among)
                if call:
                    yield call

    def _above(
        self, person: int, campaign: int, department: int, seat_id: int | None
    ) -> Iterator[str]:
        """這人在這件事上是哪幾種領導。"""
        panel = self._panel(campaign)
        accountable = self.panels.seats.get(seat_id) if seat_id else None
        if person in panel.office:
            yield Capacity.OFFICE
        if person in panel.leaders(department, accountable):
            yield Capacity.LEADER
        if person in panel.chairs:
            yield Capacity.CHAIR

    def _stood_in(self) -> Iterator[_Found]:
        """單位撤併了，或沒有人能填、能初審：告訴辦公室，事情不能無聲無息地沒人管。"""
        states = (Submission.State.OPEN, Submission.State.SUBMITTED)
        rows = self._rounds(states, DOER, gone=True)
        if rows is None:
            return
        others = Appointment.objects.on(self.on).filter(
            ~Q(user=OuterRef("submitted_by")),
            department=OuterRef(f"{_TASK}department"),
            user__is_active=True,
        )
        stuck = (
            Q(submission__state=Submission.State.SUBMITTED)
            & ~Exists(others.filter(role=Appointment.Role.HEAD))
            & (Q(by_colleague=False) | ~Exists(others.filter(role=Appointment.Role.CLERK)))
        )
        rows = rows.filter(
            self._seated(_TASK, *Seat.OFFICE_ROLES),
            Q(**{f"{_TASK}department__in": self.gone | self.empty}) | stuck,
        )
        columns = (f"{_TASK}{_SEAT}user_id", "pk", "due_date", *_where(_TASK))
        for person, subject, due, campaign, _department in self._read(rows, columns):
            call = self._call(Capacity.STAND_IN, REPORT, person, campaign, subject, due)
            if call:
                yield call

    def _unsigned_above(self) -> Iterator[_Found]:
        """沒有簽收的：單位裏沒有人可找時告訴辦公室；到了辦公室、領導的級也告訴他們。"""
        rows = self._assignments(DOER, LEADER, CHAIR, OFFICE, gone=True)
        if rows is None:
            return
        rows = rows.filter(self._seated("", *Seat.STEERING_ROLES))
        nobody = self.gone | self.empty
        columns = (
            f"{_SEAT}user_id", "pk", "acknowledge_due_date", *_where(""), "measure__accountable_seat",
        )  # fmt: skip
        for person, subject, due, campaign, department, seat_id in self._read(rows, columns):
            capacities = list(self._above(person, campaign, department, seat_id))
            if department in nobody:
                capacities = [Capacity.STAND_IN] if Capacity.OFFICE in capacities else []
            for capacity in capacities:
                call = self._call(capacity, ACKNOWLEDGE, person, campaign, subject, due)
                if call:
                    yield call

    def _reviews(self) -> Iterator[_Found]:
        """等辦公室審核的：辦公室的人（報出、初審過這一輪的迴避），再久則組長。"""
        first = self._first(REVIEW, OFFICE, CHAIR)
        if first is None or not self._has(REVIEW):
            return
        rows = Round.objects.filter(
            in_progress(_TASK),
            self._only(REVIEW),
            self._seated(_TASK, *Seat.OFFICE_ROLES, Seat.Role.CHAIR),
            number=F("submission__round_number"),
            submission__state=Submission.State.ENDORSED,
            endorsed_at__isnull=False,
        )
        columns = (
            f"{_TASK}{_SEAT}user_id", "pk", "endorsed_at", *_where(_TASK),
            f"{_TASK}measure__campaign__review_days", "submitted_by", "endorsed_by",
        )  # fmt: skip
        dues: dict[tuple[date, int], date] = {}
        for person, subject, at, campaign, _department, days, *hands in self._read(rows, columns):
            received = timezone.localdate(at)
            if (received, days) not in dues:
                dues[received, days] = self.scope.calendar.add(received, days)
            due = dues[received, days]
            panel = self._panel(campaign)
            capacities = [
                Capacity.REVIEWER if person in panel.office and person not in hands else "",
                Capacity.CHAIR if person in panel.chairs else "",
            ]
            for capacity in filter(None, capacities):
                call = self._call(capacity, REVIEW, person, campaign, subject, due)
                if call:
                    yield call

    # 一件事

    def _call(
        self,
        capacity: str,
        track: str,
        person: int,
        campaign: int,
        subject: int,
        due: date,
        among: tuple[str, ...] = (),
    ) -> _Found | None:
        """這人這事此刻該不該找；後一項是查詢裏已經剔淨，不必再查記錄。"""
        place = self._place(track, campaign, due, capacity, among)
        if place is None:
            return None
        step, level, is_sure = place
        call = Call(
            person, campaign, track, subject, due, step, level, capacity,
            RANK[capacity], capacity in BLOCKING,
        )  # fmt: skip
        return call, is_sure or not self.scope.unrecorded

    def _place(
        self, track: str, campaign: int, due: date, capacity: str, among: tuple[str, ...]
    ) -> _Place | None:
        """此刻走到的（級，級別，查詢裏已剔淨）；沒輪到則為 None。同樣的只算一次。

        among 是查詢裏一起比過的幾種人：查詢按其中最晚的一級剔，走得比它早的就拿不準。
        """
        key = (track, campaign, due, capacity, among)
        if key in self._places:
            return self._places[key]
        if due not in self._positions:
            self._positions[due] = position(due, self.on, self.scope.calendar)
        at, ladder = self._positions[due], self.policies.of(campaign, track)
        reached = ladder.reached(AUDIENCES[capacity], at)
        if reached is None or (capacity == Capacity.ENDORSER and reached.step < ENDORSER_FIRST):
            found = None
        else:
            steps = [other.step for each in among if (other := ladder.reached(each, at))]
            found = (reached.step, str(reached.level), steps != [] and max(steps) == reached.step)
        self._places[key] = found
        return found

    def _unit(self, department: int) -> Unit:
        return self.units.get(department) or Unit()

    def _panel(self, campaign: int) -> Panel:
        return self.panels.by_campaign.get(campaign) or Panel()

    # 查詢的各部分

    def _rounds(
        self, states: tuple[str, ...], *audiences: str, first: int | None = None, gone: bool = False
    ) -> QuerySet[Round] | None:
        """進行中的、當前一輪、時限已近到這些人的第一級的；根本不必問的為 None。"""
        bound = self._due_by(REPORT, "due_date", *audiences, first=first)
        if bound is None or not self._has(REPORT):
            return None
        rows = Round.objects.filter(
            in_progress(_TASK),
            bound,
            self._only(REPORT),
            number=F("submission__round_number"),
            submission__state__in=states,
            submission__period_start__lte=self.on,
        ).order_by()
        return (
            rows if gone or not self.gone else rows.exclude(**{f"{_TASK}department__in": self.gone})
        )

    def _assignments(self, *audiences: str, gone: bool = False) -> QuerySet[Assignment] | None:
        """進行中而沒有簽收的任務。"""
        bound = self._due_by(ACKNOWLEDGE, "acknowledge_due_date", *audiences)
        if bound is None or not self._has(ACKNOWLEDGE):
            return None
        rows = Assignment.objects.filter(
            in_progress(), bound, self._only(ACKNOWLEDGE), state=Assignment.State.ISSUED
        ).order_by()
        return rows if gone or not self.gone else rows.exclude(department__in=self.gone)

    def _fresh(
        self,
        rows: QuerySet,
        track: str,
        task: str,
        *,
        person: str,
        among: tuple[str, ...],
        own: Sequence[tuple[Q, tuple[str, ...]]] = (),
    ) -> QuerySet:
        """只留沒記錄過的（臨發前核對時不剔）。"""
        if not self.scope.unrecorded:
            return rows
        due = "due_date" if task else "acknowledge_due_date"
        steps = StepNow(self.scope, self.policies, track, due, f"{task}measure__campaign")
        now = Case(
            *(When(condition, then=steps.of(*each)) for condition, each in own),
            default=steps.of(*among),
        )
        return without_record(rows, track, subject="pk", due=due, person=person, step=now)

    def _read(self, rows: QuerySet, columns: tuple[str, ...]) -> Iterator[tuple[Any, ...]]:
        """按人排好，邊讀邊給。columns 的第一列是人。"""
        if len(self.people) > MANY:
            found = read_in_order(rows, columns, CHUNK)
        else:
            found = rows.order_by(columns[0]).values_list(*columns).iterator(chunk_size=CHUNK)
        wanted = self.wanted
        return (row for row in found if row[0] in wanted)

    def _first(self, track: str, *audiences: str) -> int | None:
        """各活動的階梯裏，這幾種人最早從哪一級找起。"""
        ladders = self.policies.all_ladders(track)
        steps = [ladder.first_step(*audiences) for ladder in ladders]
        return min((step for step in steps if step is not None), default=None)

    def _due_by(self, track: str, due: str, *audiences: str, first: int | None = None) -> Q | None:
        """時限近到這幾種人的第一級；沒有這樣的級為 None。"""
        step = self._first(track, *audiences)
        if step is None:
            return None
        step = step if first is None else max(first, step)
        return Q(**{f"{due}__lte": latest_due(step, self.on, self.scope.calendar)})

    def _has(self, track: str) -> bool:
        """給定了只看哪些，而其中沒有這一種的，不必問。"""
        return self.scope.subjects(track) != []

    def _only(self, track: str) -> Q:
        subjects = self.scope.subjects(track)
        return Q() if subjects is None else Q(pk__in=subjects)

    def _appointed(self, task: str) -> Q:
        """連上這些人當日的任職。"""
        return among(f"{task}{_POST}user", self.people) & _current(f"{task}{_POST}", self.on)

    def _seated(self, task: str, *roles: str) -> Q:
        """連上這些人當日的席位。"""
        seat = Q(**{f"{task}{_SEAT}user__in": self.seated}) & _current(f"{task}{_SEAT}", self.on)
        return seat & Q(**{f"{task}{_SEAT}role__in": roles}) if roles else seat


def _person_of(found: _Found) -> int:
    return found[0].person_id


def _people_of(scope: Scope) -> list[int]:
    if scope.people is not None:
        return sorted(scope.people)
    everyone = User.objects.filter(is_active=True).order_by()
    return list(everyone.values_list("pk", flat=True))


def _current(path: str, on: date) -> Q:
    """同 people.models.DatedQuerySet.on，走在關聯上。"""
    started = Q(**{f"{path}start_date__isnull": True}) | Q(**{f"{path}start_date__lte": on})
    not_over = Q(**{f"{path}end_date__isnull": True}) | Q(**{f"{path}end_date__gte": on})
    return started & not_over


def _post(task: str) -> tuple[str, str]:
    return f"{task}{_POST}user_id", f"{task}{_POST}role"


def _where(task: str) -> tuple[str, str]:
    return f"{task}measure__campaign_id", f"{task}department_id"
