"""表決：提交、投票、聲明迴避、結束。條件不符的不進表決；同票而名額不夠的再投一輪。"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import Max
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from campaigns.standing import standing_of
from journal.services import source_script
from people.models import User
from pingtan_civ.lib.dates import long_date
from recommendations import policies
from recommendations.conditions import examine, is_eligible, unmet_words
from recommendations.meeting import Meeting, Tally
from recommendations.models import Ballot, Candidate, Programme, Recusal
from recommendations.services.telling import (
    concerned,
    day_of,
    locked_candidate,
    locked_programme,
    note,
    office,
    permit_managing,
    require_reason,
    require_running,
    voters,
)
from tasks.models import WrongState
from tasks.services.handing_in import Incomplete

State = Candidate.State


@transaction.atomic
def open_vote(*, actor: User, programme_id: int, at: datetime) -> Programme:
    """提交表決：條件都滿足（或豁免）的進表決，不符的退出並寫明哪一項；有表決權的人收到通知。

    查到的條件當時就凍在對象上。Raises PermissionDenied、WrongState（還在申報期，或一個也不符）。
    """
    programme = locked_programme(programme_id)
    permit_managing(actor, programme, at)
    programme.require(Programme.State.OPEN)
    if day_of(at) <= programme.apply_by:
        raise WrongState(
            _("申報到 %(day)s 為止，過了這天才能提交表決；各單位照這個日子推薦。")
            % {"day": long_date(programme.apply_by)}
        )
    able, unable = _examined(programme, at)
    if not able:
        raise WrongState(_("沒有一個對象滿足全部條件，不能提交表決；逐條看過，或者中止這個項目。"))
    for candidate in unable:
        candidate.leave(State.REJECTED, actor=actor, reason=candidate.settled_reason, at=at)
        candidate.save()
        _tell_rejected(actor, candidate, at)
    for candidate in able:
        candidate.state = State.BALLOTED
        candidate.save(update_fields=["state", "examined"])
    programme.move(Programme.State.VOTING, at=at)
    programme.save(update_fields=["state", "turned_at"])
    note(
        actor=actor,
        programme=programme,
        action="vote_opened",
        at=at,
        summary=gettext_lazy("「%(programme)s」提交表決，%(count)d 個對象"),
        title=gettext_lazy("請表決：%(programme)s，%(count)d 個對象"),
        count=len(able),
        notify=voters(programme, at),
    )
    return programme


@source_script()
def _examined(programme: Programme, at: datetime) -> tuple[list[Candidate], list[Candidate]]:
    """（滿足的，不滿足的）；查到的寫在 examined，不滿足的理由寫在 settled_reason。"""
    waiting = programme.candidates.filter(state=State.NOMINATED).select_for_update(of=("self",))
    rows = list(waiting.select_related("department", "person", "nominated_by"))
    found = examine(programme, rows, day_of(at))
    able, unable = [], []
    for candidate in rows:
        candidate.programme = programme
        findings = found[candidate.pk]
        candidate.examined = [finding.to_json() for finding in findings]
        if is_eligible(findings):
            able.append(candidate)
        else:
            candidate.settled_reason = unmet_words(findings)[:2000]
            unable.append(candidate)
    return able, unable


def _tell_rejected(actor: User, candidate: Candidate, at: datetime) -> None:
    note(
        actor=actor,
        programme=candidate.programme,
        action="rejected",
        at=at,
        summary=gettext_lazy("%(candidate)s條件不符，不進表決"),
        target=candidate,
        reason=candidate.settled_reason,
        notify=concerned(candidate, at),
    )


# ── 投票和迴避 ────────────────────────────────────────


@transaction.atomic
def cast(
    *,
    actor: User,
    programme_id: int,
    choices: Mapping[int, str],
    vote_round: int,
    at: datetime,
) -> Programme:
    """對幾個對象各投一票；結束以前可以改，改的留在經過裏。choices 是 {對象: 同意、不同意、棄權}。

    vote_round 是打開表決票時的那一輪：上一輪的票不算進再投的這一輪。
    Raises PermissionDenied（沒有表決權，或要迴避）、WrongState、Incomplete。
    """
    programme = locked_programme(programme_id)
    require_running(programme)
    programme.require(Programme.State.VOTING)
    if not policies.is_voter(standing_of(actor, day_of(at)), programme.campaign_id):
        raise PermissionDenied(_("由領導小組的組長、副組長和成員表決，不能代投。"))
    if vote_round != programme.vote_round:
        said = _("第 %(old)d 輪已經結束，現在是第 %(new)d 輪；請刷新，看清名單再表決。")
        raise WrongState(said % {"old": vote_round, "new": programme.vote_round})
    rows = programme.candidates.filter(pk__in=choices).select_related("department")
    meeting = Meeting(programme, rows, day_of(at))
    _check_choices(actor, meeting, choices)
    changes = {}
    for candidate in meeting.candidates:
        old, new = meeting.choice_of(candidate, actor.pk), choices[candidate.pk]
        if old == new:
            continue
        Ballot.objects.update_or_create(
            candidate=candidate,
            round=programme.vote_round,
            voter=actor,
            defaults={"choice": new, "at": at, "seat": meeting.voters[actor.pk].seat},
        )
        changes[str(candidate)] = _choice_words(old, new)
    if changes:
        note(
            actor=actor,
            programme=programme,
            action="voted",
            at=at,
            summary=gettext_lazy("表決「%(programme)s」的 %(count)d 個對象"),
            count=len(changes),
            changes=changes,
        )
    tell_when_all_voted(programme, at)
    return programme


def tell_when_all_voted(programme: Programme, at: datetime) -> None:
    """這一輪該表決的都表決了：告訴辦公室可以結束，一輪只說一次。"""
    if programme.state != Programme.State.VOTING or programme.voted_at is not None:
        return
    rows = programme.candidates.filter(state=State.BALLOTED)
    if not rows or Meeting(programme, rows, day_of(at)).absent:
        return
    programme.voted_at = at
    programme.save(update_fields=["voted_at"])
    note(
        actor=None,
        programme=programme,
        action="all_voted",
        at=at,
        summary=gettext_lazy("「%(programme)s」該表決的都表決了，請結束表決"),
        notify=office(programme, at),
    )


@source_script()
def _choice_words(old: str, new: str) -> list[str]:
    before = Ballot.Choice(old).label if old else ""
    return [str(before), str(Ballot.Choice(new).label)]


def _check_choices(actor: User, meeting: Meeting, choices: Mapping[int, str]) -> None:
    errors: dict[str, str] = {}
    if set(choices) - {candidate.pk for candidate in meeting.candidates}:
        raise WrongState(_("名單變了，請刷新看看再表決。"))
    for candidate in meeting.candidates:
        candidate.programme = meeting.programme
        candidate.require(State.BALLOTED)
        reason = meeting.recusals_of(candidate).get(actor.pk)
        if reason:
            words = {"candidate": candidate, "reason": reason}
            raise PermissionDenied(_("您對%(candidate)s要迴避（%(reason)s），不能表決。") % words)
        if choices[candidate.pk] not in Ballot.Choice.values:
            errors[f"choice_{candidate.pk}"] = _("選同意、不同意或棄權。")
    if errors:
        raise Incomplete(errors)


@transaction.atomic
def recuse(*, actor: User, candidate_id: int, reason: str, at: datetime) -> Recusal:
    """聲明對一個對象迴避；投過的不再算數。Raises PermissionDenied、WrongState、Incomplete。"""
    candidate = locked_candidate(candidate_id)
    programme = candidate.programme
    require_running(programme)
    programme.require(Programme.State.VOTING)
    candidate.require(State.BALLOTED)
    if not policies.is_voter(standing_of(actor, day_of(at)), programme.campaign_id):
        raise PermissionDenied(_("有表決權的人才聲明迴避。"))
    reason = require_reason(reason, _("寫明為什麼迴避，例如有親屬關係。"), 200)
    found, is_new = Recusal.objects.get_or_create(
        candidate=candidate, user=actor, defaults={"reason": reason, "at": at}
    )
    if is_new:
        note(
            actor=actor,
            programme=programme,
            action="recused",
            at=at,
            summary=gettext_lazy("聲明對%(candidate)s迴避"),
            target=candidate,
            reason=reason,
            notify=office(programme, at),
        )
        tell_when_all_voted(programme, at)
    return found


# ── 結束 ──────────────────────────────────────────────


@dataclass
class Outcome:
    """一輪表決的結果：通過的（得票多的在前）、同票要再投的、沒有通過的。"""

    passed: list[Candidate] = field(default_factory=list)
    tied: list[Candidate] = field(default_factory=list)
    failed: list[tuple[Candidate, str]] = field(default_factory=list)


def sort_out(tallies: Mapping[Candidate, Tally], places: int) -> Outcome:
    """按票數分出通過、同票、沒有通過。places 是還剩幾個名額；不查庫。"""
    outcome = Outcome()
    over = sorted(
        (candidate for candidate, tally in tallies.items() if tally.is_passed),
        key=lambda candidate: (-tallies[candidate].agree, candidate.pk),
    )
    outcome.failed = [
        (candidate, _failure(tally)) for candidate, tally in tallies.items() if not tally.is_passed
    ]
    if len(over) <= places:
        outcome.passed = over
        return outcome
    line = tallies[over[places - 1]].agree if places > 0 else None
    above = [row for row in over if line is not None and tallies[row].agree > line]
    level = [row for row in over if tallies[row].agree == line]
    if len(above) + len(level) > places:
        outcome.passed, outcome.tied = above, level
    else:
        outcome.passed = above + level
    kept = {*outcome.passed, *outcome.tied}
    outcome.failed += [(row, _("同意票排在名額以外。")) for row in over if row not in kept]
    return outcome


def _failure(tally: Tally) -> str:
    words = {
        "present": tally.present,
        "eligible": tally.eligible,
        "needed": tally.quorum_needed,
        "agree": tally.agree,
        "mark": tally.pass_needed,
    }
    if not tally.has_quorum:
        said = _("應到 %(eligible)d 人，到會 %(present)d 人，不夠 %(needed)d 人，表決不成立。")
        return said % words
    return _("到會 %(present)d 人，同意 %(agree)d 票，不夠 %(mark)d 票。") % words


@transaction.atomic
def close_vote(*, actor: User, programme_id: int, at: datetime, reason: str = "") -> Programme:
    """結束這一輪：算出通過的、按同意票排好；同票而名額不夠的再投一輪。

    人數不夠的要寫明為什麼仍結束，寫了才算不通過。Raises PermissionDenied、WrongState、Incomplete。
    """
    programme = locked_programme(programme_id)
    permit_managing(actor, programme, at)
    if words := before_closing(programme):
        raise WrongState(words)
    rows = programme.candidates.filter(state=State.BALLOTED).select_for_update(of=("self",))
    meeting = Meeting(programme, rows.with_everything(), day_of(at))
    with source_script():
        tallies = {candidate: meeting.tally(candidate) for candidate in meeting.candidates}
    short = [str(row) for row, tally in tallies.items() if not tally.has_quorum]
    if short and not reason.strip():
        said = _(
            "%(names)s到會的人數還不夠。再等等，或者寫明為什麼現在結束（人數不夠的算不通過）。"
        )
        raise Incomplete({"reason": said % {"names": "、".join(short)}})
    done = programme.candidates.filter(state=State.PASSED).count()
    with source_script():
        outcome = sort_out(tallies, programme.quota - done)
    _settle(actor, programme, outcome, tallies, at)
    _note_closing(actor, programme, outcome, reason.strip(), at)
    return programme


def before_closing(programme: Programme) -> str:
    """現在為什麼沒有表決可投、可結束；有的為空。"""
    if words := programme.refusal(Programme.State.VOTING):
        return words
    if programme.candidates.filter(state=State.BALLOTED).exists():
        return ""
    return _("表決已經結束，沒有在表決的對象；有通過的由辦公室開始公示，沒有的中止。")


def _settle(
    actor: User,
    programme: Programme,
    outcome: Outcome,
    tallies: Mapping[Candidate, Tally],
    at: datetime,
) -> None:
    # 前幾輪通過後又取消的仍佔着它的名次，不讓後來的與別人同號。
    last = programme.candidates.aggregate(last=Max("place"))["last"] or 0
    for place, candidate in enumerate(outcome.passed, last + 1):
        candidate.state, candidate.place = State.PASSED, place
        candidate.tally = tallies[candidate].to_json()
        candidate.save(update_fields=["state", "place", "tally"])
    for candidate, why in outcome.failed:
        candidate.tally = tallies[candidate].to_json()
        candidate.leave(State.NOT_PASSED, actor=actor, reason=why, at=at)
        candidate.save()
    for candidate in outcome.tied:
        candidate.tally = tallies[candidate].to_json()
        candidate.save(update_fields=["tally"])
    programme.vote_round += bool(outcome.tied)
    programme.turned_at, programme.voted_at = at, None
    programme.save(update_fields=["vote_round", "turned_at", "voted_at"])


def _note_closing(
    actor: User, programme: Programme, outcome: Outcome, reason: str, at: datetime
) -> None:
    said = gettext_lazy("「%(programme)s」表決結束：通過 %(passed)d 個，未通過 %(failed)d 個")
    told = [*office(programme, at), *voters(programme, at)]
    if outcome.tied:
        said = gettext_lazy(
            "「%(programme)s」%(tied)s同票而名額不夠，再投一輪；已通過 %(passed)d 個"
        )
    elif not outcome.passed:
        said = gettext_lazy("「%(programme)s」表決結束：沒有新通過的，未通過 %(failed)d 個")
    note(
        actor=actor,
        programme=programme,
        action="vote_closed",
        at=at,
        summary=said,
        reason=reason,
        passed=len(outcome.passed),
        failed=len(outcome.failed),
        tied="、".join(map(str, outcome.tied)),
        notify=told,
    )
    for candidate in [*outcome.passed, *(row for row, _why in outcome.failed)]:
        candidate.programme = programme
        note(
            actor=actor,
            programme=programme,
            action="vote_settled",
            at=at,
            summary=gettext_lazy("%(candidate)s：%(state)s"),
            target=candidate,
            state=State(candidate.state).label,
            reason=candidate.settled_reason,
            notify=concerned(candidate, at),
        )
