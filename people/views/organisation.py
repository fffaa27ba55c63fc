"""組織架構：人人可看。樹在左，各單位當日在任的人在右。"""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from journal.models import Entry
from people import policies
from people.listing import list_departments
from people.models import Appointment, Department
from pingtan_civ.lib import clock

ENTRIES_SHOWN = 20


@require_GET
def organisation(request: HttpRequest) -> HttpResponse:
    today, query = clock.today(), request.GET.get("q", "").strip()
    show_closed = request.GET.get("closed") == "1"
    listed = list_departments(today, query, show_closed=show_closed)
    context = {
        "tree": listed.tree,
        "rows": listed.rows,
        "query": query,
        "closed": listed.closed,
        "closed_count": len(listed.closed),
        "show_closed": show_closed,
        "count": listed.existing,
        "today": today,
        "may_maintain": policies.can_maintain_organisation(request.user, today),
    }
    return render(request, "people/organisation_page.html", context)


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
