"""編報：彙集、修改、簽發、更正。視圖和命令只經這裏改數據。"""

from reports.services.compiling import (
    Settings,
    change_settings,
    create_report,
    discard,
    recompile,
)
from reports.services.editing import (
    Conflict,
    add_paragraph,
    close_paragraph,
    edit_paragraph,
    leave_out,
    move,
    open_for_editing,
    replace_words,
    restore,
    restore_text,
    revert,
    update_all_figures,
    update_figures,
)
from reports.services.holding import Held
from reports.services.inserting import insert_material
from reports.services.issuing import correct, is_intact, issue
from reports.services.opening import AlreadyIssued
from reports.services.remarks import (
    Moved,
    add_comment,
    decline_suggestion,
    reply,
    settle,
    suggest,
    take_suggestion,
)
from reports.services.reviewing import Changed, pass_review, send_back, submit_for_review

__all__ = [
    "AlreadyIssued",
    "Changed",
    "Conflict",
    "Held",
    "Moved",
    "Settings",
    "add_comment",
    "add_paragraph",
    "change_settings",
    "close_paragraph",
    "correct",
    "create_report",
    "decline_suggestion",
    "discard",
    "edit_paragraph",
    "insert_material",
    "is_intact",
    "issue",
    "leave_out",
    "move",
    "open_for_editing",
    "pass_review",
    "recompile",
    "replace_words",
    "reply",
    "restore",
    "restore_text",
    "revert",
    "send_back",
    "settle",
    "submit_for_review",
    "suggest",
    "take_suggestion",
    "update_all_figures",
    "update_figures",
]
