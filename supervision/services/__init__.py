"""督辦的各步：一步一個函數，鎖、問、改、記。"""

from supervision.services.answering import (
    ANSWER_LIMIT,
    StaleAnswer,
    acknowledge,
    give_back,
    permit_answering,
    save_answer,
    sign_answer,
    submit_answer,
)
from supervision.services.deciding import close_order, give_verdict, redo, send_back
from supervision.services.extending import (
    ask_extension,
    decide_extension,
    permit_deciding,
    withdraw_extension,
)
from supervision.services.instructing import TEXT_LIMIT, about, give_instruction, limit_within
from supervision.services.orders import (
    Limit,
    Matter,
    cancel_order,
    change_order,
    create_order,
    issue_order,
    just_opened,
    resume_order,
    suspend_order,
)
from supervision.services.recalculating import move_limits

__all__ = [
    "ANSWER_LIMIT",
    "TEXT_LIMIT",
    "Limit",
    "Matter",
    "StaleAnswer",
    "about",
    "acknowledge",
    "ask_extension",
    "cancel_order",
    "change_order",
    "close_order",
    "create_order",
    "decide_extension",
    "give_back",
    "give_instruction",
    "give_verdict",
    "issue_order",
    "just_opened",
    "limit_within",
    "move_limits",
    "permit_answering",
    "permit_deciding",
    "redo",
    "resume_order",
    "save_answer",
    "send_back",
    "sign_answer",
    "submit_answer",
    "suspend_order",
    "withdraw_extension",
]
