"""等着某人辦的推薦的事：表決、核查異議、往下走一步、推薦。菜單上的數字和工作台的待辦同出一處。"""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import date

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.urls import reverse

from campaigns.standing import Standing
from people.kinship import kin_of
from pingtan_civ.lib.working_days import WorkingCalendar
from recommendations import clocks, policies
from recommendations.models import Ballot, Candidate, Programme, PublicityObjection, Recusal
from recommendations.reminding.acts import Act, Facts, office_act

State = Programme.State


@dataclass(frozen=True)
class Duty:
    """一件：哪個項目、什麼事、哪天為止、去哪裏辦。"""

    act: Act
    programme: Programme
    due: date | None
    url: str


def to_vote(standing: Standing) -> QuerySet[Candidate]:
    """等此人表決的對象：這一輪還沒投、不用迴避的。與 Meeting.recusals_of 同一規則，由測試守住。"""
    seated = [pk for pk in standing.seats if policies.is_voter(standing, pk)]
    mine = Ballot.objects.filter(
        candidate=OuterRef("pk"), voter=standing.user_id, round=OuterRef("programme__vote_round")
    )
    declared = Recusal.objects.filter(candidate=OuterRef("pk"), user=standing.user_id)
    return (
        Candidate.objects.filter(
            ~Exists(mine),
            ~Exists(declared),
            state=Candidate.State.BALLOTED,
            programme__state=State.VOTING,
            programme__campaign__in=seated,
        )
        .exclude(person=standing.user_id)
        .exclude(nominated_by=standing.user_id)
        .exclude(department__in=kin_of(standing.departments))
    )


def to_check(standing: Standing) -> QuerySet[PublicityObjection]:
    """等此人核查、認定的異議；登記的人和被反映的一方迴避。"""
    above = [pk for pk in standing.seats if policies.can_see_drafts(standing, pk)]
    return (
        PublicityObjection.objects.filter(
            state=PublicityObjection.State.OPEN, candidate__programme__campaign__in=above
        )
        .exclude(recorded_by=standing.user_id)
        .exclude(candidate__department__in=standing.departments)
        .exclude(candidate__person=standing.user_id)
    )


def _of_state(state: str) -> QuerySet[Candidate]:
    return Candidate.objects.filter(programme=OuterRef("pk"), state=state)


def _office_turn(standing: Standing) -> Q:
    """輪到辦公室走一步，與 acts.office_act 同一規則；公示期滿前的、等批覆的沒有人在等它，不算。"""
    offices = [pk for pk in standing.seats if standing.is_office(pk)]
    is_over = Q(publicity_end__lt=standing.on, is_disputed=False)
    is_due = (
        Q(state=State.OPEN, apply_by__lt=standing.on)
        | Q(state=State.VOTING, voted_at__isnull=False)
        | Q(state=State.VOTING, is_balloting=False)
        | (Q(state=State.PUBLICITY) & (is_over | Q(is_listed=False)))
    )
    return Q(campaign__in=offices) & is_due


def _with_duties(standing: Standing) -> QuerySet[Programme]:
    """進行中的項目，各有沒有等着此人的事。一次查詢。"""
    votes = to_vote(standing).filter(programme=OuterRef("pk"))
    checks = to_check(standing).filter(candidate__programme=OuterRef("pk"))
    unsettled = PublicityObjection.objects.filter(
        candidate__programme=OuterRef("pk"), state=PublicityObjection.State.OPEN
    )
    return Programme.objects.running().annotate(
        has_votes=Exists(votes),
        has_checks=Exists(checks),
        is_balloting=Exists(_of_state(Candidate.State.BALLOTED)),
        is_listed=Exists(_of_state(Candidate.State.PASSED)),
        is_disputed=Exists(unsettled),
    )


def waiting(standing: Standing) -> QuerySet[Programme]:
    """等着此人辦的項目；推薦是自願的，不算。"""
    due = Q(has_votes=True) | Q(has_checks=True) | _office_turn(standing)
    return _with_duties(standing).filter(due)


def duties(
    standing: Standing, campaign_ids: Collection[int], calendar: WorkingCalendar
) -> list[Duty]:
    """此人在這些活動裏的推薦的事。一次查詢。"""
    nominated = Candidate.objects.filter(
        programme=OuterRef("pk"), department__in=standing.headed
    ).exclude(state=Candidate.State.WITHDRAWN)
    rows = (
        _with_duties(standing)
        .filter(campaign__in=campaign_ids)
        .annotate(has_nominated=Exists(nominated))
        .order_by("apply_by", "pk")
    )
    return [duty for row in rows for duty in _duties_of(row, standing, calendar)]


def all_duties(
    standing: Standing, campaign_ids: Collection[int], calendar: WorkingCalendar
) -> list[Duty]:
    """這些活動的推薦裏等着辦的，不論輪到誰；誰還沒有表決不說，看不到的異議不列。

    一次查詢；有沒查清的異議、此人看得到異議的，多一次。
    """
    rows = list(_with_duties(standing).filter(campaign__in=campaign_ids).order_by("pk"))
    found = [duty for row in rows if (duty := _turn_of(row, standing.on, calendar))]
    disputed = [
        row.pk
        for row in rows
        if row.is_disputed and policies.can_see_drafts(standing, row.campaign_id)
    ]
    return found + [
        Duty(
            Act.CHECK,
            row.candidate.programme,
            clocks.objection_due(row, calendar),
            row.candidate.get_absolute_url(),
        )
        for row in (_objections_seen(standing, disputed) if disputed else ())
    ]


def _turn_of(row: Programme, on: date, calendar: WorkingCalendar) -> Duty | None:
    """走到這一步，等的是什麼、到哪天；只等查清異議的沒有。"""
    url = row.get_absolute_url()
    if row.state == State.OPEN and row.apply_by >= on:
        return Duty(Act.NOMINATE, row, row.apply_by, url)
    facts = _facts_of(row)
    if row.state == State.VOTING and facts.is_balloting and not facts.is_all_voted:
        return Duty(Act.VOTE, row, clocks.vote_due(row, calendar), url)
    act = office_act(row, facts, on)
    if act == Act.END:
        return Duty(act, row, row.publicity_end, url)
    if act == Act.ANSWER:
        return Duty(act, row, clocks.answer_due(row, calendar), url)
    return Duty(act, row, clocks.step_due(row, calendar), url) if act else None


def _facts_of(row: Programme) -> Facts:
    return Facts(row.is_balloting, row.is_listed, row.voted_at is not None, row.is_disputed)


def _objections_seen(
    standing: Standing, programmes: Collection[int]
) -> QuerySet[PublicityObjection]:
    """沒查清的異議裏此人看得到的，與 policies.can_see_objections 同一規則。"""
    return (
        PublicityObjection.objects.filter(
            state=PublicityObjection.State.OPEN, candidate__programme__in=programmes
        )
        .exclude(candidate__department__in=standing.departments)
        .exclude(candidate__person=standing.user_id)
        .select_related("candidate__programme")
        .defer("content", "candidate__deeds")
        .order_by("pk")
    )


def _duties_of(row: Programme, standing: Standing, calendar: WorkingCalendar) -> Iterator[Duty]:
    url = row.get_absolute_url()
    if row.has_votes:
        vote = reverse("recommendations:vote", args=[row.pk])
        yield Duty(Act.VOTE, row, clocks.vote_due(row, calendar), vote)
    if row.has_checks:
        yield Duty(Act.CHECK, row, row.publicity_end, url)
    if standing.is_office(row.campaign_id):
        act = office_act(row, _facts_of(row), standing.on)
        if act == Act.ANSWER:
            yield Duty(act, row, clocks.answer_due(row, calendar), url)
        elif act not in (None, Act.END):
            yield Duty(act, row, clocks.step_due(row, calendar), url)
    is_open = row.state == State.OPEN and row.apply_by >= standing.on
    if is_open and standing.headed and not row.has_nominated:
        nominate = reverse("recommendations:nominate", args=[row.pk])
        yield Duty(Act.NOMINATE, row, row.apply_by, nominate)
