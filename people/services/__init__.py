"""人員與任職的查詢和變更。"""

from journal.changes import apply_changes, shown
from people.services.accounts import (
    activate_user,
    change_own_password,
    create_user,
    deactivate_user,
    reset_password,
    update_own_contact,
    update_user,
)
from people.services.appointments import appoint, end_appointment, hand_over_appointment
from people.services.departments import (
    add_demonstration_status,
    add_period,
    close_department,
    create_department,
    end_demonstration_status,
    update_department,
)
from people.services.holders import heads_and_staff, heads_of, holders, staff_of
from people.services.permission import Refused, require_lock_out

__all__ = [
    "Refused",
    "activate_user",
    "add_demonstration_status",
    "add_period",
    "apply_changes",
    "appoint",
    "change_own_password",
    "close_department",
    "create_department",
    "create_user",
    "deactivate_user",
    "end_appointment",
    "end_demonstration_status",
    "hand_over_appointment",
    "heads_and_staff",
    "heads_of",
    "holders",
    "require_lock_out",
    "reset_password",
    "shown",
    "staff_of",
    "update_department",
    "update_own_contact",
    "update_user",
]
