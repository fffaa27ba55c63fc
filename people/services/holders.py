"""人員與任職的查詢和變更。"""

from collections.abc import Iterable
from datetime import date

from django.db.models import QuerySet

from people.models import Appointment, User


def holders(
    department_ids: Iterable[int], on: date, *, role: str | None = None
) -> dict[int, list[User]]:
    """各單位當日在任的人（可只要負責人或經辦人），停用的賬號不算。一次查詢。"""
    posts = _posts(department_ids, on)
    if role:
        posts = posts.filter(role=role)
    found: dict[int, list[User]] = {}
    for post in posts:
        people = found.setdefault(post.department_id, [])
        if post.user not in people:
            people.append(post.user)
    return found


def _posts(department_ids: Iterable[int], on: date) -> QuerySet[Appointment]:
    return (
        Appointment.objects.on(on)
        .filter(department_id__in=list(department_ids), user__is_active=True)
        .select_related("user")
        .order_by("position", "pk")
    )


def heads_of(department_id: int, on: date) -> list[User]:
    return holders([department_id], on, role=Appointment.Role.HEAD).get(department_id, [])


def staff_of(department_id: int, on: date) -> list[User]:
    """單位裏當日在任的所有人（負責人和經辦人）。"""
    return holders([department_id], on).get(department_id, [])


def heads_and_staff(department_id: int, on: date) -> tuple[list[User], list[User]]:
    """（負責人，連同經辦人的所有人），同 heads_of、staff_of，合成一次查詢。"""
    posts = list(_posts([department_id], on))
    heads = [post.user for post in posts if post.role == Appointment.Role.HEAD]
    return list(dict.fromkeys(heads)), list(dict.fromkeys(post.user for post in posts))
