"""一個推薦項目的頁要的事實：走到哪一步，名單上各有幾項條件滿足，下一步還差什麼，此人能辦什麼。"""

from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

from django.db.models import Count, Q
from django.utils.translation import gettext as _

from campaigns.standing import Standing
from pingtan_civ import ui
from pingtan_civ.lib.dates import date_range, long_date, near_date
from recommendations import policies, story
from recommendations.conditions import Finding, examine
from recommendations.meeting import Meeting, Tally
from recommendations.models import (
    Candidate,
    Condition,
    Programme,
    PublicityObjection,
    Submittal,
)
from recommendations.models.programmes import Fraction
from recommendations.services.submitting import refusals

State = Programme.State
_UNCHECKED = Q(objections__state=PublicityObjection.State.OPEN)
SHOWN_STEPS = (State.DRAFT, State.OPEN, State.VOTING, State.PUBLICITY, State.SUBMITTED)
#: 對象狀態 → 標籤的樣子。
CANDIDATE_TAGS = {
    Candidate.State.BALLOTED: "act",
    Candidate.State.PASSED: "ok",
    Candidate.State.SUBMITTED: "act",
    Candidate.State.GRANTED: "gold",
    Candidate.State.REJECTED: "warn",
    Candidate.State.NOT_PASSED: "warn",
    Candidate.State.EXCLUDED: "warn",
    Candidate.State.NOT_GRANTED: "warn",
}


@dataclass(frozen=True)
class Row:
    """名單上的一行。findings 空着的是此人看不到條件。"""

    candidate: Candidate
    findings: tuple[Finding, ...]
    tally: Tally | None
    is_own: bool
    open_objections: int = 0

    @property
    def kind_of_tag(self) -> str:
        return CANDIDATE_TAGS.get(self.candidate.state, "plain")

    @property
    def unmet(self) -> list[Finding]:
        return [finding for finding in self.findings if not finding.is_passed]

    @property
    def met_words(self) -> str:
        words = {"met": len(self.findings) - len(self.unmet), "all": len(self.findings)}
        return _("%(met)d / %(all)d 項滿足") % words


@dataclass(frozen=True)
class Step:
    """辦公室的下一步：說明、還差什麼、一個按鈕。is_post 的直接辦，別的先打開一張表單。"""

    words: str
    blockers: tuple[str, ...] = ()
    view: str = ""
    label: str = ""
    is_post: bool = False


class ProgrammePage:
    """一個項目對某個人、某一刻的樣子。"""

    def __init__(self, programme: Programme, standing: Standing, at: datetime) -> None:
        self.programme, self.standing, self.at = programme, standing, at

    # 名單

    @cached_property
    def candidates(self) -> list[Candidate]:
        rows = list(
            self.programme.candidates.visible_to(self.standing)
            .exclude(state=Candidate.State.WITHDRAWN)
            .with_everything()
            .annotate(open_objections=Count("objections", filter=_UNCHECKED))
        )
        for row in rows:
            row.programme = self.programme
        return rows

    @cached_property
    def _whole(self) -> list[Candidate]:
        return [
            row for row in self.candidates if policies.can_see_whole_candidate(self.standing, row)
        ]

    @cached_property
    def conditions(self) -> list[Condition]:
        return list(self.programme.conditions.select_related("round"))

    @cached_property
    def findings(self) -> dict[int, tuple[Finding, ...]]:
        """申報時現查；提交表決以後看當時凍住的。"""
        waiting = [row for row in self._whole if row.state == Candidate.State.NOMINATED]
        found = (
            examine(self.programme, waiting, self.standing.on, self.conditions) if waiting else {}
        )
        frozen = {row.pk: [Finding.from_json(each) for each in row.examined] for row in self._whole}
        return {pk: tuple(rows) for pk, rows in (frozen | found).items()}

    @cached_property
    def meeting(self) -> Meeting:
        balloted = [row for row in self.candidates if row.state == Candidate.State.BALLOTED]
        return Meeting(self.programme, balloted, self.standing.on)

    @property
    def is_voting(self) -> bool:
        is_open = self.programme.state == State.VOTING and self.programme.campaign.is_open
        return is_open and bool(self.meeting.candidates)

    def _tally(self, row: Candidate) -> Tally | None:
        if not policies.can_see_votes(self.standing, self.programme.campaign_id):
            return None
        if row.state == Candidate.State.BALLOTED:
            return self.meeting.tally(row)
        return Tally.from_json(row.tally) if row.tally else None

    @cached_property
    def rows(self) -> list[Row]:
        return [
            Row(
                row,
                self.findings.get(row.pk, ()),
                self._tally(row),
                policies.is_own(self.standing, row),
                self._open_objections(row),
            )
            for row in self.candidates
        ]

    def _open_objections(self, row: Candidate) -> int:
        """等着核查的異議；看不到異議的人不知道有。"""
        return row.open_objections if policies.can_see_objections(self.standing, row) else 0

    @cached_property
    def shows_conditions(self) -> bool:
        return any(row.findings for row in self.rows)

    @cached_property
    def shows_votes(self) -> bool:
        return any(row.tally for row in self.rows)

    @property
    def is_whole_list(self) -> bool:
        """此人看到的正好是公示的名單。"""
        return self.programme.is_public and all(row.is_on_list for row in self.candidates)

    @property
    def on_list(self) -> list[Candidate]:
        """公示、報送的名單。"""
        return [row for row in self.candidates if row.is_on_list]

    # 步驟

    @property
    def steps(self) -> list[tuple[str, str, str]]:
        programme = self.programme
        if programme.state == State.CANCELLED:
            return []
        state = State.SUBMITTED if programme.state == State.ANSWERED else programme.state
        here = SHOWN_STEPS.index(State(state))
        found = []
        for place, step in enumerate(SHOWN_STEPS[:-1]):
            mark = "done" if place < here else "now" if place == here else ""
            label = _("擬訂") if step == State.DRAFT else str(step.label)
            found.append((label, self._step_note(step), mark))
        sent = programme.state in (State.SUBMITTED, State.ANSWERED)
        found.append((_("報送"), "", "done" if sent else ""))
        answered = programme.state == State.ANSWERED
        found.append((_("上級批覆"), "", "done" if answered else "now" if sent else ""))
        return found

    def _step_note(self, step: str) -> str:
        programme, today = self.programme, self.standing.on
        if step == State.OPEN:
            return _("%(day)s截止") % {"day": near_date(programme.apply_by, today)}
        if step == State.PUBLICITY and programme.publicity_end:
            return _("到%(day)s") % {"day": near_date(programme.publicity_end, today)}
        return ""

    @cached_property
    def can_manage(self) -> bool:
        return policies.can_manage(self.standing, self.programme.campaign)

    @property
    def can_nominate(self) -> bool:
        is_late = self.standing.on > self.programme.apply_by
        return policies.can_open_nomination(self.standing, self.programme) and (
            self.can_manage or not is_late
        )

    @cached_property
    def to_vote(self) -> list[Candidate]:
        """等此人表決的。"""
        if not self.is_voting or self.standing.user_id not in self.meeting.voters:
            return []
        me = self.standing.user_id
        return [
            row
            for row in self.meeting.candidates
            if me not in self.meeting.recusals_of(row) and not self.meeting.choice_of(row, me)
        ]

    @property
    def is_voter(self) -> bool:
        return self.is_voting and policies.is_voter(self.standing, self.programme.campaign_id)

    @cached_property
    def step(self) -> Step | None:
        """辦公室的下一步；別人、走完了的沒有。"""
        builders = {
            State.DRAFT: self._opening,
            State.OPEN: self._ballot,
            State.VOTING: self._closing,
            State.PUBLICITY: self._submission,
            State.SUBMITTED: self._answers,
        }
        build = builders.get(State(self.programme.state))
        return build() if build and self.can_manage else None

    def _opening(self) -> Step:
        blockers = []
        if not self.conditions:
            blockers.append(_("還沒有條件；至少定一項。"))
        if self.programme.apply_by < self.standing.on:
            blockers.append(_("申報截止已經過了，請先改到今天以後。"))
        words = _("發佈以後各單位負責人收到通知，條件不再改。")
        return Step(words, tuple(blockers), "recommendations:programme-open", _("發佈"), True)

    def _ballot(self) -> Step:
        waiting = [row for row in self.rows if row.candidate.state == Candidate.State.NOMINATED]
        able = [row for row in waiting if not row.unmet]
        blockers = []
        if self.standing.on <= self.programme.apply_by:
            day = {"day": long_date(self.programme.apply_by)}
            blockers.append(_("申報到 %(day)s 為止，過了這天才能提交表決。") % day)
        if not able:
            blockers.append(_("還沒有一個對象滿足全部條件。"))
        words = _("%(able)d 個進入表決，%(unable)d 個條件不符的不進。") % {
            "able": len(able),
            "unable": len(waiting) - len(able),
        }
        return Step(words, tuple(blockers), "recommendations:vote-open", _("提交表決"), True)

    def _closing(self) -> Step:
        if not self.is_voting:
            if self.on_list:
                words = _("表決通過 %(count)d 個，可以公示了。") % {"count": len(self.on_list)}
                return Step(words, (), "recommendations:publicity-start", _("開始公示"))
            return Step(_("沒有表決通過的對象；可以中止這個項目，寫明原因。"))
        short = self._short_of_voters()
        words = _("人數夠了就可以結束；結束以後不能再改票。")
        return Step(words, tuple(short), "recommendations:vote-close", _("結束表決"))

    def _short_of_voters(self) -> list[str]:
        """到會人數不夠的：還沒表決的是同一些人的，幾個對象合成一句。"""
        waiting: dict[tuple[str, ...], list[str]] = {}
        for row in self.rows:
            is_balloted = row.candidate.state == Candidate.State.BALLOTED
            if is_balloted and not row.tally.has_quorum:
                waiting.setdefault(row.tally.absent, []).append(str(row.candidate))
        return [
            _("%(candidates)s到會人數不夠，還沒表決的：%(absent)s。")
            % {
                "candidates": names[0]
                if len(names) == 1
                else _("%(first)s等 %(count)d 個") % {"first": names[0], "count": len(names)},
                "absent": "、".join(absent),
            }
            for absent, names in waiting.items()
        ]

    def _submission(self) -> Step:
        if words := refusals(self.programme, self.on_list, self.at):
            return Step(_("公示期滿、異議查清以後報送。"), tuple(words))
        said = _("公示期滿，沒有待查的異議，可以報送%(authority)s。")
        said %= {"authority": self.programme.authority}
        return Step(said, (), "recommendations:submit", _("報送"))

    def _answers(self) -> Step:
        left = [str(row) for row in self.on_list if row.state == Candidate.State.SUBMITTED]
        return Step(
            _("等上級批覆；收到以後在各對象的頁上記下：%(names)s。") % {"names": "、".join(left)}
        )

    @cached_property
    def story(self) -> list[story.Moment]:
        """給看得到全部對象的人。"""
        if not policies.can_see_drafts(self.standing, self.programme.campaign_id):
            return []
        own = [row.candidate.pk for row in self.rows if row.is_own]
        return story.of_programme(self.programme, self.standing.on, kept_from=own)

    @cached_property
    def submittal(self) -> Submittal | None:
        if self.programme.state not in (State.SUBMITTED, State.ANSWERED):
            return None
        rows = Submittal.objects.defer("body").select_related("made_by")
        return rows.filter(programme=self.programme).first()

    @property
    def can_cancel(self) -> bool:
        return self.can_manage and self.programme.state in (State.DRAFT, *Programme.RUNNING)

    @property
    def facts(self) -> list[tuple[str, object]]:
        row = self.programme
        publicity = date_range(row.publicity_start, row.publicity_end) if row.publicity_end else ""
        held = [
            (_("公示在哪裏"), row.publicity_place),
            (_("受理異議"), row.publicity_contact),
        ]
        return [
            (_("級別"), row.get_level_display()),
            (_("報送機關"), row.authority),
            (_("依據"), row.basis),
            (_("推薦誰"), row.whom_words),
            *([(_("同一單位"), _("可以按不同類別各推薦一次"))] if row.may_repeat_kinds else []),
            (_("名額"), _("%(count)d 個") % {"count": row.quota}),
            (_("申報截止"), ui.date_and_weekday(row.apply_by)),
            (_("到會人數"), Fraction(row.quorum).label),
            (_("通過票數"), Fraction(row.pass_mark).label),
            (_("公示"), publicity or _("%(days)d 個工作日") % {"days": row.publicity_days}),
            *(held if publicity else []),
        ]
