"""一個推薦對象的頁要的事實：條件逐條、事蹟和佐證、表決、異議、批覆，此人能辦什麼。"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

from django.utils.html import format_html
from django.utils.translation import gettext as _

from campaigns.standing import Standing
from pingtan_civ import ui
from recommendations import policies, story
from recommendations.conditions import Finding, Verdict, examine
from recommendations.meeting import Meeting, Tally
from recommendations.models import (
    Answer,
    Attachment,
    Ballot,
    Candidate,
    Condition,
    Programme,
    PublicityObjection,
    Ruling,
)
from recommendations.programme_page import CANDIDATE_TAGS
from recommendations.services.candidates import outcomes_of

State, Part = Candidate.State, Attachment.Part
#: 結論 → 燈的樣子。
LIGHTS = {
    Verdict.MET: "ok",
    Verdict.WAIVED: "warn",
    Verdict.NOT_CONFIRMED: "todo",
    Verdict.NOT_MET: "bad",
}


@dataclass(frozen=True)
class ConditionRow:
    """一項條件：查得怎樣、辦公室認定了什麼、此人能不能認定。"""

    finding: Finding
    can_rule: bool = False
    ruling: Ruling | None = None

    @property
    def light(self) -> str:
        return LIGHTS[Verdict(self.finding.verdict)]


class CandidatePage:
    """一個對象對某個人、某一刻的樣子。candidate 由 with_everything 取好。"""

    def __init__(self, candidate: Candidate, standing: Standing, at: datetime) -> None:
        self.candidate, self.standing, self.at = candidate, standing, at
        self.programme = candidate.programme

    @cached_property
    def sees_whole(self) -> bool:
        return policies.can_see_whole_candidate(self.standing, self.candidate)

    # 條件

    @cached_property
    def conditions(self) -> list[ConditionRow]:
        if not self.sees_whole:
            return []
        if not policies.can_rule(self.standing, self.candidate):
            return [ConditionRow(finding) for finding in self._findings]
        rows = {row.pk: row for row in self._conditions}
        return [
            ConditionRow(
                finding,
                can_rule=bool(outcomes_of(rows[finding.condition_id])),
                ruling=self._rulings.get(finding.condition_id),
            )
            for finding in self._findings
        ]

    @cached_property
    def _conditions(self) -> list[Condition]:
        return list(self.programme.conditions.select_related("round"))

    @cached_property
    def _rulings(self) -> dict[int, Ruling]:
        return {row.condition_id: row for row in self.candidate.rulings.select_related("by")}

    @cached_property
    def _findings(self) -> list[Finding]:
        if self.candidate.state == State.NOMINATED:
            found = examine(self.programme, [self.candidate], self.standing.on, self._conditions)
            return found[self.candidate.pk]
        return [Finding.from_json(each) for each in self.candidate.examined]

    @property
    def is_frozen(self) -> bool:
        """條件是提交表決時凍住的。"""
        return self.candidate.state != State.NOMINATED

    @property
    def unmet(self) -> list[ConditionRow]:
        return [row for row in self.conditions if not row.finding.is_passed]

    # 材料

    @cached_property
    def _files(self) -> list[Attachment]:
        rows = self.candidate.files.filter(removed_at__isnull=True).select_related("file")
        for row in rows:
            row.candidate = self.candidate
        return [row for row in rows if policies.can_read_file(self.standing, row)]

    def _part(self, part: str) -> list[Attachment]:
        return [row for row in self._files if row.part == part]

    @property
    def deeds_files(self) -> list[Attachment]:
        return self._part(Part.DEEDS)

    @property
    def objection_files(self) -> list[Attachment]:
        return self._part(Part.OBJECTION)

    @property
    def answer_files(self) -> list[Attachment]:
        return self._part(Part.ANSWER)

    def _can_attach(self, part: str) -> bool:
        return policies.can_attach(self.standing, self.candidate, part)

    @cached_property
    def can_attach_deeds(self) -> bool:
        return self._can_attach(Part.DEEDS)

    @cached_property
    def can_attach_objection(self) -> bool:
        return self._can_attach(Part.OBJECTION)

    @cached_property
    def can_attach_answer(self) -> bool:
        return self._can_attach(Part.ANSWER)

    # 表決

    @cached_property
    def _meeting(self) -> Meeting:
        return Meeting(self.programme, [self.candidate], self.standing.on)

    @cached_property
    def tally(self) -> Tally | None:
        if not policies.can_see_votes(self.standing, self.programme.campaign_id):
            return None
        if self.candidate.state == State.BALLOTED:
            return self._meeting.tally(self.candidate)
        return Tally.from_json(self.candidate.tally) if self.candidate.tally else None

    @property
    def votes(self) -> Iterable[tuple[str, str, str]]:
        """（姓名, 席位, 票）；席位是當時的。"""
        labels = dict(Ballot.Choice.choices)
        return [(row.name, row.seat, labels[row.choice]) for row in self.tally.votes]

    @cached_property
    def can_vote(self) -> bool:
        return self._is_balloting and self.standing.user_id not in self._recusals

    @cached_property
    def _is_balloting(self) -> bool:
        return policies.can_recuse(self.standing, self.candidate)

    @cached_property
    def _recusals(self) -> dict[int, str]:
        return self._meeting.recusals_of(self.candidate)

    @property
    def recusal(self) -> str:
        """此人為什麼要迴避；不用的為空。"""
        return self._recusals.get(self.standing.user_id, "") if self._is_balloting else ""

    # 異議、批覆

    @cached_property
    def objections(self) -> list[tuple[PublicityObjection, bool]]:
        """（異議, 此人能不能認定）；只有辦公室、組長、副組長看得到內容。公示以前沒有。"""
        is_after_publicity = self.programme.publicity_end is not None
        if not (is_after_publicity and policies.can_see_objections(self.standing, self.candidate)):
            return []
        rows = self.candidate.objections.select_related("recorded_by", "decided_by")
        found = []
        for row in rows:
            row.candidate = self.candidate
            found.append((row, policies.can_decide_objection(self.standing, row)))
        return found

    @cached_property
    def answer(self) -> Answer | None:
        if self.candidate.state not in (State.GRANTED, State.NOT_GRANTED):
            return None
        return Answer.objects.filter(candidate=self.candidate).select_related("honour").first()

    # 能辦什麼

    @cached_property
    def can_edit(self) -> bool:
        return policies.can_edit_candidate(self.standing, self.candidate)

    @property
    def can_exclude(self) -> bool:
        return policies.can_exclude(self.standing, self.candidate)

    @property
    def can_object(self) -> bool:
        return policies.can_object(self.standing, self.candidate)

    @property
    def can_answer(self) -> bool:
        return policies.can_answer(self.standing, self.candidate)

    @property
    def has_paper(self) -> bool:
        return self.sees_whole and self.candidate.state != State.WITHDRAWN

    @cached_property
    def story(self) -> list[story.Moment]:
        """經過裏有異議：只給看得到異議的人。"""
        if not policies.can_see_objections(self.standing, self.candidate):
            return []
        return story.of_candidate(self.candidate, self.standing.on)

    @property
    def is_office(self) -> bool:
        return self.standing.is_office(self.programme.campaign_id)

    @property
    def kind_of_tag(self) -> str:
        return CANDIDATE_TAGS.get(State(self.candidate.state), "plain")

    @property
    def facts(self) -> list[tuple[str, object]]:
        row = self.candidate
        found = [
            (_("項目"), self.programme.title),
            (_("類別"), row.get_kind_display()),
            (_("單位"), row.department_name),
        ]
        if row.person_id:
            found += [(_("姓名"), row.person_name), (_("職務"), row.person_post)]
        if self.sees_whole:
            found.append(
                (_("推薦人"), format_html("{} {}", row.nominated_by, ui.moment(row.nominated_at)))
            )
        return found

    @property
    def is_in_publicity(self) -> bool:
        return self.programme.state == Programme.State.PUBLICITY and self.candidate.is_on_list
