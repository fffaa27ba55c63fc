"""組織架構：人人可看。樹在左，各單位當日在任的人在右。"""

from datetime import date

from django.db.models import Prefetch, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from journal.models import Entry
from people import policies
from people.models import Appointment, DemonstrationStatus, Department
from people.tree import department_tree, in_tree_order
from pingtan_civ.lib import clock
from pingtan_civ.lib.script import search_key

ENTRIES_SHOWN = 20


def departments_with_people(on: date) -> QuerySet[Department]:
    """單位、當日的示範點身份和在任的人；查三次，與單位多少無關。"""
    posts = Appointment.objects.on(on).filter(user__is_active=True).select_related("user")
    statuses = DemonstrationStatus.objects.on(on)
    return Department.objects.prefetch_related(
        Prefetch("appointments", queryset=posts, to_attr="posts"),
        Prefetch("demonstration_statuses", queryset=statuses, to_attr="demonstrations"),
    )


@require_GET
def organisation(request: HttpRequest) -> HttpResponse:
    today, query = clock.today(), request.GET.get("q", "").strip()
    show_closed = request.GET.get("closed") == "1"
    existing = set(Department.objects.existing(today).values_list("pk", flat=True))
    departments = list(departments_with_people(today))
    closed = [row for row in departments if row.pk not in existing]
    if not show_closed:
        departments = [row for row in departments if row.pk in existing]
    tree = department_tree(departments)
    context = {
        "tree": tree,
        "rows": matching(in_tree_order(tree), query),
        "query": query,
        "closed": {row.pk for row in closed},
        "closed_count": len(closed),
        "show_closed": show_closed,
        "count": len(existing),
        "today": today,
        "may_maintain": policies.can_maintain_organisation(request.user, today),
    }
    return render(request, "people/organisation_page.html", context)


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


@require_GET
def department_detail(request: HttpRequest, pk: int) -> HttpResponse:
    today = clock.today()
    department = get_object_or_404(Department.objects.select_related("parent"), pk=pk)
    posts = list(department.appointments.select_related("user").order_by("-start_date", "-pk"))
    for post in posts:
        post.department = department
    context = {
        "department": department,
        "facts": _facts(department),
        "exists": Department.objects.existing(today).filter(pk=pk).exists(),
        "current": sorted(
            (post for post in posts if post.is_current(today)),
            key=lambda post: (post.role != Appointment.Role.HEAD, post.position, post.pk),
        ),
        "coming": [post for post in posts if post.start_date and post.start_date > today],
        "past": [post for post in posts if post.end_date and post.end_date < today],
        "children": Department.objects.existing(today).filter(parent=department),
        "statuses": [
            (status, status.is_current(today)) for status in department.demonstration_statuses.all()
        ],
        "periods": department.periods.all(),
        "entries": Entry.objects.about(department)[:ENTRIES_SHOWN],
        "may_maintain": policies.can_maintain_organisation(request.user, today),
        "today": today,
    }
    return render(request, "people/department_page.html", context)


def _facts(department: Department) -> list[tuple[str, object]]:
    facts = [
        (_("類別"), department.get_kind_display()),
        (_("上級"), department.parent or ""),
        (_("簡稱"), department.short_name),
        (_("代碼"), department.code),
        (_("備註"), department.note),
    ]
    return [(name, value) for name, value in facts if value]
