"""表決的人和票：誰有表決權，誰對哪個對象要迴避，各對象得了多少票。

頁面、結束表決和報送的定稿都從這裏取；對象再多，查庫的次數不變。

- 有表決權的是領導小組當日在任的組長、副組長、成員。
- 迴避的不算應到，也不算到會：推薦的本人、推薦人、在這個單位或它的上下級單位任職的（不限幾級）、
  聲明迴避的。
- 局機關不算哪個單位的上級：全局作為一個行業申報時人人在內，不因任職迴避，別的照樣迴避。
"""

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import Any

from django.db.models import FilteredRelation, Q, Value
from django.utils.translation import gettext as _

from campaigns.models import Campaign, Seat
from people.kinship import Lineage
from people.models import Department, User
from recommendations.models import Ballot, Candidate, Programme, Recusal, reaches
from recommendations.models.programmes import needed
from recommendations.policies import VOTING_ROLES

Choice = Ballot.Choice


@dataclass(frozen=True)
class Voter:
    user: User
    seat: str

    @property
    def name(self) -> str:
        return self.user.name


Voters = dict[int, Voter]


def voters_of(campaign: Campaign, on: date) -> Voters:
    """當日有表決權的人，一人一票；兼幾個席位的算排在前面的那個。"""
    return voters_in([campaign.pk], on)[campaign.pk]


def voters_in(campaign_ids: Collection[int], on: date) -> dict[int, Voters]:
    """各活動的，同 voters_of。一次查詢。"""
    rows = (
        Seat.objects.on(on)
        .filter(campaign__in=list(campaign_ids), role__in=VOTING_ROLES, user__is_active=True)
        .select_related("user")
    )
    order = {role: place for place, role in enumerate(VOTING_ROLES)}
    found: dict[int, Voters] = {pk: {} for pk in campaign_ids}
    for seat in sorted(rows, key=lambda row: (order[row.role], row.position, row.pk)):
        words = f"{seat.get_role_display()} {seat.post}"
        found[seat.campaign_id].setdefault(seat.user_id, Voter(seat.user, words))
    return found


@dataclass(frozen=True)
class Vote:
    """一個人的一票，名稱記當時的。"""

    name: str
    seat: str
    choice: str


@dataclass(frozen=True)
class Tally:
    """一個對象在一輪裏的表決。eligible 是不用迴避的，present 是表決了的。"""

    round: int
    eligible: int
    present: int
    agree: int
    against: int
    abstain: int
    quorum_needed: int
    pass_needed: int
    has_quorum: bool
    is_passed: bool
    votes: tuple[Vote, ...]
    recused: tuple[tuple[str, str], ...]
    absent: tuple[str, ...]

    def to_json(self) -> dict[str, Any]:
        names = ("round", "eligible", "present", "agree", "against", "abstain")
        more = ("quorum_needed", "pass_needed", "has_quorum", "is_passed")
        return {name: getattr(self, name) for name in (*names, *more)} | {
            "votes": [
                {"name": row.name, "seat": row.seat, "choice": row.choice} for row in self.votes
            ],
            "recused": [{"name": name, "reason": reason} for name, reason in self.recused],
            "absent": list(self.absent),
        }

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> "Tally":
        return cls(
            **data
            | {
                "votes": tuple(Vote(**row) for row in data["votes"]),
                "recused": tuple((row["name"], row["reason"]) for row in data["recused"]),
                "absent": tuple(data["absent"]),
            }
        )


class Records:
    """幾個活動裏這些對象的表決要的記錄：各取一次，對象、項目再多也是三次查詢。"""

    def __init__(
        self, campaign_ids: Collection[int], candidates: Collection[Candidate], on: date
    ) -> None:
        self.campaign_ids, self.candidates, self.on = campaign_ids, candidates, on

    @cached_property
    def voters(self) -> dict[int, Voters]:
        return voters_in(self.campaign_ids, self.on)

    @cached_property
    def _posts(self) -> tuple[Lineage, dict[int, set[int]]]:
        """單位的樹，和各單位裏有表決權的人：單位和任職一次取。"""
        people = {pk for voters in self.voters.values() for pk in voters}
        current = Q(
            Q(appointments__start_date__isnull=True) | Q(appointments__start_date__lte=self.on),
            Q(appointments__end_date__isnull=True) | Q(appointments__end_date__gte=self.on),
            appointments__user__in=people,
        )
        units = Department.objects.annotate(
            post=FilteredRelation("appointments", condition=current)
        ).order_by()
        links, posts = set(), defaultdict(set)
        for pk, parent, kind, person in units.values_list("pk", "parent_id", "kind", "post__user"):
            links.add((pk, parent, kind))
            if person:
                posts[pk].add(person)
        return Lineage(links), posts

    def colleagues_of(self, department_id: int) -> set[int]:
        """有表決權的人裏，在這個單位或它的上下級單位任職的。"""
        lineage, posts = self._posts
        return {person for unit in lineage.kin(department_id) for person in posts.get(unit, ())}

    @cached_property
    def _said(self) -> list[tuple[int, int, int, str, str]]:
        """各人說過的：（對象, 第幾輪, 誰, 票, 迴避的理由）；聲明迴避的輪次為 0。票和聲明一次取。"""
        ballots = Ballot.objects.filter(candidate__in=self.candidates).order_by()
        declared = Recusal.objects.filter(candidate__in=self.candidates).order_by()
        rows = ballots.values_list("candidate", "round", "voter", "choice", Value(""))
        return list(
            rows.union(
                declared.values_list("candidate", Value(0), "user", Value(""), "reason"), all=True
            )
        )

    @cached_property
    def declared(self) -> dict[int, dict[int, str]]:
        """對象 → 聲明迴避的人 → 理由。"""
        found: dict[int, dict[int, str]] = defaultdict(dict)
        for candidate, vote_round, person, _choice, reason in self._said:
            if not vote_round:
                found[candidate][person] = reason
        return found

    @cached_property
    def ballots(self) -> dict[tuple[int, int], dict[int, str]]:
        """（對象, 第幾輪）→ 各人的票。"""
        found: dict[tuple[int, int], dict[int, str]] = defaultdict(dict)
        for candidate, vote_round, person, choice, _reason in self._said:
            if vote_round:
                found[candidate, vote_round][person] = choice
        return found


class Meeting:
    """一個項目此刻的表決。programme.campaign 要先取好。幾個項目一起看的，共用一份 records。"""

    def __init__(
        self,
        programme: Programme,
        candidates: Collection[Candidate],
        on: date,
        records: Records | None = None,
    ) -> None:
        self.programme, self.candidates, self.on = programme, list(candidates), on
        self._records = records or Records([programme.campaign_id], self.candidates, on)

    @property
    def voters(self) -> Voters:
        return self._records.voters[self.programme.campaign_id]

    def _ballots(self, candidate: Candidate) -> dict[int, str]:
        return self._records.ballots[candidate.pk, self.programme.vote_round]

    def recusals_of(self, candidate: Candidate) -> dict[int, str]:
        """對這個對象要迴避的人 → 為什麼。與 inbox.to_vote 同一規則。"""
        related = self._records.colleagues_of(candidate.department_id)
        found = dict(self._records.declared[candidate.pk])
        found |= dict.fromkeys(related, _("在本單位或其上下級單位任職"))
        found[candidate.nominated_by_id] = _("是推薦人")
        if candidate.person_id:
            found[candidate.person_id] = _("推薦的就是本人")
        return {pk: reason for pk, reason in found.items() if pk in self.voters}

    def waiting_for(self, candidate: Candidate) -> list[int]:
        """還等着誰表決：不用迴避、這一輪還沒投的。"""
        done = self._ballots(candidate).keys() | self.recusals_of(candidate).keys()
        return [pk for pk in self.voters if pk not in done]

    @property
    def absent(self) -> list[int]:
        """還有對象沒表決的人。"""
        found = [pk for row in self.candidates for pk in self.waiting_for(row)]
        return list(dict.fromkeys(found))

    def choice_of(self, candidate: Candidate, user_id: int) -> str:
        """此人這一輪投的；還沒投的為空。"""
        return self._ballots(candidate).get(user_id, "")

    def tally(self, candidate: Candidate) -> Tally:
        recused = self.recusals_of(candidate)
        able = {pk: voter for pk, voter in self.voters.items() if pk not in recused}
        cast = {pk: choice for pk, choice in self._ballots(candidate).items() if pk in able}
        counts = {choice: 0 for choice in Choice.values}
        for choice in cast.values():
            counts[choice] += 1
        present, agree = len(cast), counts[Choice.AGREE]
        has_quorum = reaches(present, len(able), self.programme.quorum)
        return Tally(
            round=self.programme.vote_round,
            eligible=len(able),
            present=present,
            agree=agree,
            against=counts[Choice.AGAINST],
            abstain=counts[Choice.ABSTAIN],
            quorum_needed=needed(len(able), self.programme.quorum),
            pass_needed=needed(present, self.programme.pass_mark),
            has_quorum=has_quorum,
            is_passed=has_quorum and reaches(agree, present, self.programme.pass_mark),
            votes=tuple(Vote(able[pk].name, able[pk].seat, cast[pk]) for pk in able if pk in cast),
            recused=tuple((self.voters[pk].name, reason) for pk, reason in recused.items()),
            absent=tuple(able[pk].name for pk in able if pk not in cast),
        )
