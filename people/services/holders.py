"""人員與任職的查詢和變更。"""

from collections.abc import Iterable
from datetime import date

from people.models import Appointment, User


def holders(
    department_ids: Iterable[int], on: date, *, role: str | None = None
) -> dict[int, list[User]]:
    """各單位當日在任的人（可只要負責人或經辦人），停用的賬號不算。一次查詢。"""
    posts = (
        Appointment.objects.on(on)
        .filter(department_id__in=list(department_ids), user__is_active=True)
        .select_related("user")
        .order_by("position", "pk")
    )
    if role:
        posts = posts.filter(role=role)
    found: dict[int, list[User]] = {}
    for post in posts:
        people = found.setdefault(post.department_id, [])
        if post.user not in people:
            people.append(post.user)
    return found


def heads_of(department_id: int, on: date) -> list[User]:
    return holders([department_id], on, role=Appointment.Role.HEAD).get(department_id, [])


def staff_of(department_id: int, on: date) -> list[User]:
    """單位裏當日在任的所有人（負責人和經辦人）。"""
    return holders([department_id], on).get(department_id, [])
