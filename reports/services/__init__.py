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
    edit_paragraph,
    leave_out,
    move,
    restore,
    revert,
    update_figures,
)
from reports.services.issuing import Changed, correct, is_intact, issue
from reports.services.opening import AlreadyIssued

__all__ = [
    "AlreadyIssued",
    "Changed",
    "Conflict",
    "Settings",
    "add_paragraph",
    "change_settings",
    "correct",
    "create_report",
    "discard",
    "edit_paragraph",
    "is_intact",
    "issue",
    "leave_out",
    "move",
    "recompile",
    "restore",
    "revert",
    "update_figures",
]
