"""考核：擬、開始、自評、初評、審定、定稿、公佈。各步都留痕，並告訴該知道的人。"""

from evaluations.services.rounds.drafting import StaleDraft, discard_draft, save_draft
from evaluations.services.rounds.freezing import (
    decide_round,
    reissue,
    revise_final,
    verify_snapshots,
)
from evaluations.services.rounds.phases import (
    advance_round,
    publish_round,
    refresh_figures,
    return_round,
    start_round,
)
from evaluations.services.rounds.planning import (
    AlreadyPlanned,
    PhaseDates,
    RoundPlan,
    plan_round,
    propose_phases,
    revise_phases,
)
from evaluations.services.rounds.remaining import Remaining, Unfinished, unfinished, unsettled
from evaluations.services.rounds.scoring import (
    Mark,
    RefusedMarks,
    SelfUnfinished,
    return_self,
    save_final_scores,
    save_first_scores,
    save_self_scores,
    submit_self,
    withdraw_self,
)

__all__ = [
    "AlreadyPlanned",
    "Mark",
    "PhaseDates",
    "RefusedMarks",
    "Remaining",
    "RoundPlan",
    "SelfUnfinished",
    "StaleDraft",
    "Unfinished",
    "advance_round",
    "decide_round",
    "discard_draft",
    "plan_round",
    "propose_phases",
    "publish_round",
    "refresh_figures",
    "reissue",
    "return_round",
    "return_self",
    "revise_final",
    "revise_phases",
    "save_draft",
    "save_final_scores",
    "save_first_scores",
    "save_self_scores",
    "start_round",
    "submit_self",
    "unfinished",
    "unsettled",
    "verify_snapshots",
    "withdraw_self",
]
