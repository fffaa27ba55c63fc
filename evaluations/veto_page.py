"""一件事的頁上要說的事：走到哪一步、影響什麼、經過、此人此刻能辦什麼。"""

from dataclasses import dataclass
from functools import cached_property

from django.utils.translation import gettext as _

from campaigns.standing import Standing
from evaluations import policies
from evaluations.eligibility import effect_words
from evaluations.models import VetoEvent, VetoFile, VetoRelease
from evaluations.veto_register import VetoRow, row_of
from journal.models import Entry
from pingtan_civ import ui
from pingtan_civ.lib.dates import long_date, moment

State = VetoEvent.State
STORY_SIZE = 60
SHAPES = {
    "evaluations.veto_reported": "warn",
    "evaluations.veto_upheld": "bad",
    "evaluations.veto_dismissed": "done",
    "evaluations.veto_release_confirmed": "done",
    "evaluations.veto_release_refused": "warn",
    "evaluations.veto_release_withdrawn": "stop",
}


@dataclass(frozen=True)
class Step:
    """經過的一步，時間線組件的一條。"""

    title: str
    when: object
    state: str
    text: str


class VetoPage:
    """一件事對某個人、某一天的樣子。"""

    def __init__(self, event: VetoEvent, standing: Standing) -> None:
        self.event = event
        self.standing = standing
        self.today = standing.on

    @cached_property
    def row(self) -> VetoRow:
        return row_of(self.event, self.today)

    @cached_property
    def releases(self) -> list[VetoRelease]:
        """解除的動議，新的在前；回指接好。"""
        rows = list(self.event.releases.select_related("proposed_by", "decided_by"))
        for row in rows:
            row.event = self.event
        return rows

    @property
    def pending_release(self) -> VetoRelease | None:
        return next((row for row in self.releases if row.state == "pending"), None)

    @cached_property
    def files(self) -> list[tuple[VetoFile, bool]]:
        """（材料, 此人能不能撤下）。"""
        rows = self.event.files.filter(removed_at__isnull=True).select_related("file")
        return [(row, policies.can_detach_from_veto(self.standing, row)) for row in rows]

    @property
    def file_kinds(self) -> list[tuple[str, str]]:
        return VetoFile.Kind.choices

    # 能辦什麼

    @property
    def can_correct(self) -> bool:
        return policies.can_correct_veto(self.standing, self.event)

    @property
    def can_state(self) -> bool:
        return policies.can_state_on_veto(self.standing, self.event)

    @property
    def can_decide(self) -> bool:
        return policies.can_decide_veto(self.standing, self.event)

    @property
    def can_attach(self) -> bool:
        return policies.can_attach_to_veto(self.standing, self.event)

    @property
    def can_propose(self) -> bool:
        return self.pending_release is None and policies.can_propose_release(
            self.standing, self.event
        )

    @property
    def can_confirm(self) -> bool:
        release = self.pending_release
        return bool(release) and policies.can_confirm_release(self.standing, release)

    @property
    def can_withdraw(self) -> bool:
        release = self.pending_release
        return bool(release) and release.proposed_by_id == self.standing.user_id

    @property
    def waiting_words(self) -> str:
        """在等誰。"""
        if self.event.is_pending and not self.can_decide:
            return _("等組長或副組長決定；登記的人和本單位的人迴避。")
        if self.pending_release and not self.can_confirm:
            return _("等組長或副組長確認；提出的人和本單位的人迴避。")
        return ""

    # 事實和經過

    @property
    def facts(self) -> list[tuple[str, object]]:
        event, item = self.event, self.event.item
        facts: list[tuple[str, object]] = [
            (_("單位"), event.department),
            (_("情形"), item.event_text),
            (_("依據"), item.source),
            (_("後果"), effect_words(item, is_concealed=event.is_concealed)),
            (_("回溯期"), item.get_look_back_months_display()),
            (_("發生日期"), long_date(event.date_of_event)),
            (_("認定日期"), event.date_confirmed and long_date(event.date_confirmed)),
            (_("認定機關"), event.authority or item.authority),
            (_("認定文號"), event.document_number),
            (_("怎樣得知"), self._source),
        ]
        if event.decided_at:
            facts.append((_("決定"), self._decision))
        return [*facts, (_("創建活動"), item.campaign.name)]

    @property
    def _source(self) -> str:
        event = self.event
        words = {"who": event.reported_by, "when": moment(event.reported_at, today=self.today)}
        if event.is_self_reported:
            return _("單位自報（%(who)s，%(when)s）") % words
        return _("辦公室登記（%(who)s，%(when)s）") % words

    @property
    def _decision(self) -> str:
        event = self.event
        words = {"who": event.decided_by, "when": moment(event.decided_at, today=self.today)}
        if event.state == State.DISMISSED:
            return _("不成立（%(who)s，%(when)s）") % words
        return _("認定（%(who)s，%(when)s）") % words

    def story(self) -> list[Step]:
        """經過，新的在前。"""
        return [
            Step(
                title=_("%(who)s：%(what)s") % {"who": entry.actor_name, "what": entry.summary},
                when=ui.moment(entry.at, self.today),
                state=SHAPES.get(entry.action, "todo"),
                text=entry.reason,
            )
            for entry in Entry.objects.about(self.event)[:STORY_SIZE]
        ]
