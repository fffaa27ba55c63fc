"""表決的人和票：誰有表決權，誰對哪個對象要迴避，各對象得了多少票。

頁面、結束表決和報送的定稿都從這裏取；對象再多，查庫的次數不變。

- 有表決權的是領導小組當日在任的組長、副組長、成員。
- 迴避的不算應到，也不算到會：本人、在這個單位或它的下屬單位任職的、聲明迴避的。
- 全局作為一個行業申報時人人在內，不因任職迴避，聲明的照樣迴避。
"""

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import Any

from django.utils.translation import gettext as _

from campaigns.models import Campaign, Seat
from people.models import Appointment, Department, User
from recommendations.models import Ballot, Candidate, Programme, Recusal, reaches
from recommendations.models.programmes import needed
from recommendations.policies import VOTING_ROLES

Choice = Ballot.Choice
#: 任職的單位和它的三級上級；與 inbox.to_vote 一樣深，局裏的單位沒有更深的。
UNIT_AND_ABOVE = (
    "department_id",
    "department__parent_id",
    "department__parent__parent_id",
    "department__parent__parent__parent_id",
)


@dataclass(frozen=True)
class Voter:
    user: User
    seat: str

    @property
    def name(self) -> str:
        return self.user.name


def voters_of(campaign: Campaign, on: date) -> dict[int, Voter]:
    """當日有表決權的人，一人一票；兼幾個席位的算排在前面的那個。"""
    rows = (
        Seat.objects.on(on)
        .filter(campaign=campaign, role__in=VOTING_ROLES, user__is_active=True)
        .select_related("user")
    )
    order = {role: place for place, role in enumerate(VOTING_ROLES)}
    found: dict[int, Voter] = {}
    for seat in sorted(rows, key=lambda row: (order[row.role], row.position, row.pk)):
        words = f"{seat.get_role_display()} {seat.post}"
        found.setdefault(seat.user_id, Voter(seat.user, words))
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


class Meeting:
    """一個項目此刻的表決。programme.campaign 要先取好。"""

    def __init__(self, programme: Programme, candidates: Collection[Candidate], on: date) -> None:
        self.programme, self.candidates, self.on = programme, list(candidates), on

    @cached_property
    def voters(self) -> dict[int, Voter]:
        return voters_of(self.programme.campaign, self.on)

    @cached_property
    def _posts(self) -> dict[int, set[int]]:
        """單位 → 在那裏或它的下屬單位任職的有表決權的人。"""
        found: dict[int, set[int]] = defaultdict(set)
        rows = Appointment.objects.on(self.on).filter(user__in=self.voters)
        for person, *units in rows.values_list("user_id", *UNIT_AND_ABOVE):
            for unit in units:
                found[unit].add(person)
        return found

    @cached_property
    def _declared(self) -> dict[int, dict[int, str]]:
        found: dict[int, dict[int, str]] = defaultdict(dict)
        for row in Recusal.objects.filter(candidate__in=self.candidates):
            found[row.candidate_id][row.user_id] = row.reason
        return found

    @cached_property
    def _ballots(self) -> dict[int, list[Ballot]]:
        found: dict[int, list[Ballot]] = defaultdict(list)
        rows = Ballot.objects.filter(candidate__in=self.candidates, round=self.programme.vote_round)
        for row in rows:
            found[row.candidate_id].append(row)
        return found

    def recusals_of(self, candidate: Candidate) -> dict[int, str]:
        """對這個對象要迴避的人 → 為什麼。"""
        found: dict[int, str] = {}
        if candidate.department.kind != Department.Kind.BUREAU:
            own = self._posts[candidate.department_id]
            found |= dict.fromkeys(own, _("在本單位或其下屬單位任職"))
        if candidate.person_id in self.voters:
            found[candidate.person_id] = _("推薦的就是本人")
        declared = self._declared[candidate.pk]
        return {pk: reason for pk, reason in (declared | found).items() if pk in self.voters}

    def choice_of(self, candidate: Candidate, user_id: int) -> str:
        """此人這一輪投的；還沒投的為空。"""
        mine = (row.choice for row in self._ballots[candidate.pk] if row.voter_id == user_id)
        return next(mine, "")

    def tally(self, candidate: Candidate) -> Tally:
        recused = self.recusals_of(candidate)
        able = {pk: voter for pk, voter in self.voters.items() if pk not in recused}
        cast = {row.voter_id: row for row in self._ballots[candidate.pk] if row.voter_id in able}
        counts = {choice: 0 for choice in Choice.values}
        for row in cast.values():
            counts[row.choice] += 1
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
            votes=tuple(
                Vote(able[pk].name, able[pk].seat, cast[pk].choice) for pk in able if pk in cast
            ),
            recused=tuple((self.voters[pk].name, reason) for pk, reason in recused.items()),
            absent=tuple(able[pk].name for pk in able if pk not in cast),
        )
