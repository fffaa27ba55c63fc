"""組織架構和賬號名單列的是哪些：頁面和導出同問一處。"""

from dataclasses import dataclass
from datetime import date

from django.db.models import Prefetch, QuerySet

from people.models import Appointment, DemonstrationStatus, Department, User
from people.tree import Node, department_tree, in_tree_order
from pingtan_civ.lib.script import search_key


@dataclass(frozen=True)
class ListedDepartments:
    """左邊的樹、右邊的行；closed 是已撤併的主鍵，existing 是現有幾個。"""

    tree: list[Node]
    rows: list[tuple[Department, list[Appointment]]]
    closed: frozenset[int]
    existing: int


def list_departments(on: date, query: str, *, show_closed: bool) -> ListedDepartments:
    existing = set(Department.objects.existing(on).values_list("pk", flat=True))
    departments = list(departments_with_people(on))
    closed = frozenset(row.pk for row in departments if row.pk not in existing)
    if not show_closed:
        departments = [row for row in departments if row.pk in existing]
    tree = department_tree(departments)
    rows = matching(in_tree_order(tree), query)
    return ListedDepartments(tree, rows, closed, len(existing))


def departments_with_people(on: date) -> QuerySet[Department]:
    """單位、當日的示範點身份和在任的人；查三次，與單位多少無關。"""
    posts = Appointment.objects.on(on).filter(user__is_active=True).select_related("user")
    statuses = DemonstrationStatus.objects.on(on)
    return Department.objects.prefetch_related(
        Prefetch("appointments", queryset=posts, to_attr="posts"),
        Prefetch("demonstration_statuses", queryset=statuses, to_attr="demonstrations"),
    )


def matching(
    departments: list[Department], query: str
) -> list[tuple[Department, list[Appointment]]]:
    """搜單位得整個單位，搜人只得此人；繁簡、大小寫、全半角都一樣。"""
    wanted = search_key(query)
    rows = []
    for department in departments:
        names = (department.name, department.short_name, department.code)
        if any(wanted in search_key(name) for name in names):
            rows.append((department, department.posts))
            continue
        posts = [
            post
            for post in department.posts
            if wanted in search_key(f"{post.user.name} {post.post} {post.user.username}")
        ]
        if posts:
            rows.append((department, posts))
    return rows


#: 名單的三種看法。
ACTIVE, IDLE, INACTIVE = "active", "idle", "inactive"


def people_with_posts(on: date) -> QuerySet[User]:
    """人和當日的職務；查兩次，與人數無關。"""
    posts = Appointment.objects.on(on).select_related("department")
    return User.objects.prefetch_related(
        Prefetch("appointments", queryset=posts, to_attr="posts_today")
    )


def list_people(on: date, query: str, show: str) -> list[User]:
    return [person for person in people_with_posts(on) if _matches(person, query, show)]


def _matches(person: User, query: str, show: str) -> bool:
    if person.is_active == (show == INACTIVE):
        return False
    if show == IDLE and person.posts_today:
        return False
    titles = " ".join(post.title for post in person.posts_today)
    return search_key(query) in search_key(f"{person.name} {person.username} {titles}")
