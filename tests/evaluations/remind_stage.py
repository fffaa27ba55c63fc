"""佈景：考核裏各種等着人辦的事，各一件，連同它的時限、輪到的人和怎樣算辦了。"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date

from evaluations.models import Objection, RoundPhase, TargetLetter
from evaluations.reminding.tracks import Track
from evaluations.services import rounds, vetoes, visits
from evaluations.services.inquiries import Reply, ask_authority, record_replies
from evaluations.services.visits import VisitPlan
from tests import factories as make
from tests.cast import TODAY, Cast
from tests.evaluations import letter_stage, objection_stage
from tests.evaluations import round_stage as stage
from tests.evaluations.round_stage import START, Phase

LATE = {-3: "before_3", 0: "on_day", 1: "after_1", 5: "after_3"}
"""離時限幾個工作日 → 那天走到哪一級；頭三天逾期之後漏跑的，只補最近的一級。"""


@dataclass(frozen=True)
class Scene:
    """一件：怎樣佈置、哪天到期、輪到誰、怎樣辦了、對他說什麼。"""

    track: Track
    lay: Callable[[Cast], None]
    due: Callable[[], date]
    doer: str
    act: Callable[[Cast], object]
    words: str
    steps: dict[int, str] = field(default_factory=lambda: LATE)

    @property
    def strangers(self) -> set[str]:
        """一件也不欠、不督促的人；自評三個單位都欠。"""
        others = set() if self.track == Track.SELF else {"neighbour", "helper", "helper_head"}
        return {"admin", *others} - {self.doer}


def phase_due(phase: str) -> Callable[[], date]:
    return lambda: RoundPhase.objects.get(phase=phase).due_date


def submit_self(cast: Cast) -> None:
    sheet = stage.sheet_of(stage.AssessmentRound.objects.get(), cast.registry)
    given = stage.marks(sheet, stage.SELF_FINDINGS)
    rounds.save_self_scores(actor=cast.head, sheet_id=sheet.pk, marks=given, at=START)
    rounds.submit_self(actor=cast.head, sheet_id=sheet.pk, at=START)


def advance(cast: Cast) -> None:
    round_id = stage.AssessmentRound.objects.get().pk
    rounds.advance_round(actor=cast.office, round_id=round_id, at=START, reason="照此辦")


def visit(cast: Cast) -> None:
    sheet = stage.sheet_of(stage.round_at(cast, Phase.SELF), cast.registry)
    team = VisitPlan(date=date(2026, 12, 9), team=(cast.neighbour,))
    visits.plan_visit(actor=cast.office, sheet_id=sheet.pk, plan=team, at=START)


def finish_visit(cast: Cast) -> None:
    pk = visits.SiteVisit.objects.get().pk
    visits.record_visit(
        actor=cast.neighbour, visit_id=pk, notes="秩序井然。", at=START, is_done=True
    )


def inquiry(cast: Cast) -> None:
    ask_authority(
        actor=cast.office,
        campaign=cast.campaign,
        authority="平潭縣公安局",
        items=[make.VetoItemFactory(campaign=cast.campaign)],
        departments=[cast.registry, cast.funeral_home],
        period=(date(2025, 11, 23), TODAY),
        days=10,
        at=START,
    )


def reply(cast: Cast) -> None:
    asked = cast.campaign.inquiries.get()
    record_replies(
        actor=cast.office,
        inquiry_id=asked.pk,
        replies={row.pk: Reply("clear", "") for row in asked.answers.all()},
        answered_date=TODAY,
        document_number="",
        at=START,
    )


def event(cast: Cast, by: str = "office", **values: object) -> vetoes.VetoEvent:
    facts = {"description": "鍋爐房起火。", "date_of_event": date(2026, 6, 1)}
    return vetoes.register_event(
        actor=getattr(cast, by),
        item=make.VetoItemFactory(campaign=cast.campaign),
        department=cast.registry,
        values=facts | values,
        at=START,
    )


def state_case(cast: Cast) -> None:
    pk = vetoes.VetoEvent.objects.get().pk
    vetoes.state_case(actor=cast.head, event_id=pk, text="已滅火。", at=START)


SCENES = {
    "self": Scene(
        Track.SELF,
        lambda cast: stage.round_at(cast, Phase.SELF),
        phase_due(Phase.SELF),
        "clerk",
        submit_self,
        "考核的自評，時限11月27日，請填好，由負責人提交。",
    ),
    "phase": Scene(
        Track.PHASE,
        lambda cast: stage.round_at(cast, Phase.CHECK),
        phase_due(Phase.CHECK),
        "officer",
        advance,
        "「材料初評」，時限12月8日，請辦完，進入下一階段。",
    ),
    "visit": Scene(
        Track.VISIT,
        visit,
        lambda: date(2026, 12, 9),
        "neighbour",
        finish_visit,
        "到婚姻登記處實地考察，時限12月9日，請前往考察，記錄現場情況。",
    ),
    "letter": Scene(
        Track.LETTER,
        lambda cast: letter_stage.letter(cast, START),
        lambda: date(2026, 11, 30),
        "head",
        lambda cast: letter_stage.sign(TargetLetter.objects.get(), cast.head, START),
        "目標責任書〔2026〕1號，時限11月30日，請簽訂，不同意的寫明理由退回。",
        {-3: "", -1: "before_1"} | {place: LATE[place] for place in (0, 1, 5)},
    ),
    "objection": Scene(
        Track.OBJECTION,
        lambda cast: objection_stage.objection(cast, START),
        phase_due(Phase.ANSWER),
        "officer",
        lambda cast: objection_stage.answer(cast, Objection.objects.get(), START),
        "婚姻登記處對2026年第四季度考核 1.2 的異議，時限",
    ),
    "inquiry": Scene(
        Track.INQUIRY,
        inquiry,
        lambda: date(2026, 12, 7),
        "officer",
        reply,
        "向平潭縣公安局的徵詢函，2 個單位沒有答覆，時限12月7日，請打電話催問，得到答覆即登記。",
        {-3: "", 0: "", 1: "after_1", 5: "", 7: "after_6"},
    ),
    "statement": Scene(
        Track.VETO,
        lambda cast: event(cast, date_confirmed=date(2026, 11, 16)),
        lambda: date(2026, 12, 16),
        "clerk",
        state_case,
        "發生重大安全責任事故",
    ),
    "decision": Scene(
        Track.VETO,
        lambda cast: event(cast, by="clerk"),
        lambda: date(2026, 11, 30),
        "leader",
        lambda cast: vetoes.dismiss(
            actor=cast.leader, event_id=vetoes.VetoEvent.objects.get().pk, reason="查無實據。",
            at=START,
        ),
        "請作出決定。",
    ),
}  # fmt: skip
