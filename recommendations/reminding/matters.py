"""推薦裏此刻等着人辦的事：哪一件、哪天為止、輪到誰、誰該督促。只讀，查詢次數固定。"""

from collections import defaultdict
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from functools import cached_property

from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext as _

from evaluations.reminding import Asked, Matter
from evaluations.reminding.roster import People, Roster, without
from people.models import Department
from recommendations import clocks
from recommendations.meeting import Meeting, Records
from recommendations.models import Candidate, Programme, PublicityObjection
from recommendations.reminding.acts import Act, Facts, office_act
from recommendations.reminding.tracks import Track
from tasks.rungs import Audience

State = Programme.State
#: 話裏最多列幾個人，其餘說個數。
NAMED = 3


def find(asked: Asked) -> list[Matter]:
    """全部等着辦的，進行中的活動的。"""
    if asked.only is not None and not {name for name, _pk in asked.only} & set(Track):
        return []
    found = _Found(asked)
    matters = [each for row in found.programmes for each in _of_programme(row, found)]
    matters += [_objection(row, found) for row in found.objections]
    if asked.only is None:
        return matters
    return [row for row in matters if (row.track, row.subject_id) in asked.only]


def _asked_programmes(asked: Asked) -> list[Programme]:
    rows = Programme.objects.running().select_related("campaign").order_by("pk")
    if asked.standing is not None:
        own = Q(state=State.OPEN) if asked.standing.headed else Q(pk__in=[])
        rows = rows.filter(own | asked.seated("campaign"))
    return list(rows)


@dataclass
class _Found:
    """在辦的項目和它們要的事實；用到才查，各查一次。"""

    asked: Asked
    programmes: list[Programme] = field(init=False)

    def __post_init__(self) -> None:
        self.programmes = _asked_programmes(self.asked)

    def _in(self, *states: str) -> list[Programme]:
        return [row for row in self.programmes if row.state in states]

    @cached_property
    def _called(self) -> list[Programme]:
        """申報截止以前的。"""
        return [row for row in self._in(State.OPEN) if row.apply_by >= self.asked.on]

    @cached_property
    def _units(self) -> list[int]:
        """可以推薦的單位：各單位推薦本單位；撤併了的沒有負責人。"""
        if not self._called:
            return []
        if self.asked.standing is not None:
            return list(self.asked.standing.headed)
        units = Department.objects.exclude(kind=Department.Kind.BUREAU).order_by()
        return list(units.values_list("pk", flat=True))

    @cached_property
    def _nominated(self) -> dict[int, set[int]]:
        found: dict[int, set[int]] = defaultdict(set)
        if self._called:
            rows = Candidate.objects.filter(programme__in=self._called).order_by()
            rows = rows.exclude(state=Candidate.State.WITHDRAWN)
            for programme, unit in rows.values_list("programme", "department"):
                found[programme].add(unit)
        return found

    def heads_to_nominate(self, programme: Programme) -> People:
        if programme not in self._called:
            return ()
        units = [unit for unit in self._units if unit not in self._nominated[programme.pk]]
        return without([head for unit in units for head in self.roster.heads(unit)])

    @cached_property
    def _candidates(self) -> dict[int, list[Candidate]]:
        """在表決的、在名單上的。"""
        found: dict[int, list[Candidate]] = defaultdict(list)
        going = self._in(State.VOTING, State.PUBLICITY)
        wanted = (Candidate.State.BALLOTED, Candidate.State.PASSED)
        rows = Candidate.objects.filter(programme__in=going, state__in=wanted)
        for row in rows.order_by("pk") if going else ():
            found[row.programme_id].append(row)
        return found

    def balloted(self, programme: Programme) -> list[Candidate]:
        rows = self._candidates[programme.pk]
        return [row for row in rows if row.state == Candidate.State.BALLOTED]

    @cached_property
    def _records(self) -> Records:
        voting = self._in(State.VOTING)
        rows = [row for programme in voting for row in self.balloted(programme)]
        return Records({row.campaign_id for row in voting}, rows, self.asked.on)

    def meeting(self, programme: Programme) -> Meeting:
        rows = self.balloted(programme)
        return Meeting(programme, rows, self.asked.on, self._records)

    @cached_property
    def objections(self) -> list[PublicityObjection]:
        going = self._in(State.PUBLICITY)
        rows = PublicityObjection.objects.filter(
            candidate__programme__in=going, state=PublicityObjection.State.OPEN
        )
        rows = rows.select_related("candidate__programme").order_by("pk")
        return list(rows) if going else []

    def facts(self, programme: Programme, absent: Collection[int]) -> Facts:
        rows = self._candidates[programme.pk]
        return Facts(
            is_balloting=bool(self.balloted(programme)),
            is_listed=any(row.state == Candidate.State.PASSED for row in rows),
            is_all_voted=not absent,
            is_disputed=any(row.candidate.programme_id == programme.pk for row in self.objections),
        )

    @cached_property
    def roster(self) -> Roster:
        units = {*self._units, *(row.candidate.department_id for row in self.objections)}
        return Roster(self.asked.on, units, {row.campaign_id for row in self.programmes})


def _of_programme(row: Programme, found: _Found) -> Iterator[Matter]:
    words = {"programme": row.title}
    if heads := found.heads_to_nominate(row):
        yield _matter(
            row,
            found,
            Track.NOMINATE,
            Act.NOMINATE,
            due=row.apply_by,
            what=_("「%(programme)s」的申報") % words,
            doers=heads,
            url=reverse("recommendations:nominate", args=[row.pk]),
        )
    is_voting = row.state == State.VOTING and bool(found.balloted(row))
    meeting = found.meeting(row) if is_voting else None
    absent = meeting.absent if meeting else []
    if absent:
        campaign = row.campaign_id
        yield _matter(
            row,
            found,
            Track.VOTE,
            Act.VOTE,
            due=clocks.vote_due(row, found.asked.calendar),
            what=_("「%(programme)s」的表決") % words,
            who=_names([meeting.voters[pk].name for pk in absent]),
            doers=tuple(absent),
            watchers=found.roster.office(campaign),
            chairs=found.roster.chairs(campaign),
            url=reverse("recommendations:vote", args=[row.pk]),
        )
    act = office_act(row, found.facts(row, absent), found.asked.on)
    if act is not None:
        yield _office_matter(row, act, found)


def _office_matter(row: Programme, act: Act, found: _Found) -> Matter:
    calendar, campaign = found.asked.calendar, row.campaign_id
    due = clocks.step_due(row, calendar)
    if act == Act.END:
        due = row.publicity_end
    elif act == Act.ANSWER:
        due = clocks.answer_due(row, calendar)
    is_answer = act == Act.ANSWER
    return _matter(
        row,
        found,
        Track.ANSWER if is_answer else Track.STEP,
        act,
        due=due,
        what=(_("「%(programme)s」的公示") if act == Act.END else "「%(programme)s」")
        % {"programme": row.title},
        who=_("創建辦"),
        doers=found.roster.office(campaign),
        chairs=() if act == Act.END else found.roster.chairs(campaign),
        audience=Audience.OFFICE if is_answer else Audience.DOER,
    )


def _objection(row: PublicityObjection, found: _Found) -> Matter:
    """與 policies.can_decide_objection 同一規則：登記的人和被反映的一方迴避。"""
    candidate, roster = row.candidate, found.roster
    programme = candidate.programme
    campaign = programme.campaign_id
    own = (roster.staff(candidate.department_id), (candidate.person_id,))
    able = (*roster.office(campaign), *roster.leaders(campaign))
    return _matter(
        programme,
        found,
        Track.OBJECTION,
        Act.CHECK,
        due=clocks.objection_due(row, found.asked.calendar),
        what=str(row),
        who=_("創建辦和組長、副組長"),
        subject_id=row.pk,
        doers=without(able, *own, (row.recorded_by_id,)),
        watchers=without(roster.office(campaign), *own),
        chairs=without(roster.chairs(campaign), *own),
        url=row.get_decide_url(),
    )


def _matter(row: Programme, found: _Found, track: Track, act: Act, **values: object) -> Matter:
    defaults = {
        "subject_id": row.pk,
        "campaign_id": row.campaign_id,
        "who": "",
        "url": row.get_absolute_url(),
        "topic": (row._meta.label_lower, row.pk),
    }
    return Matter(track=track, act=act, **defaults | values)


def _names(names: list[str]) -> str:
    words = {"names": "、".join(names[:NAMED]), "count": len(names)}
    return (_("%(names)s等 %(count)d 人") if len(names) > NAMED else "%(names)s") % words
