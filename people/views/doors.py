"""進門的判斷和本應用各頁共用的小事。"""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _

from people import policies
from people.models import Department, User
from pingtan_civ.lib import clock


def maintainers_only(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """只讓辦公室和管理員打開；別人看到一句話和 403。服務裏還會再查一遍。"""

    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if not policies.can_maintain_organisation(request.user, clock.today()):
            raise PermissionDenied(_("只有領導小組辦公室和管理員可以維護單位和人員。"))
        return view(request, *args, **kwargs)

    return guarded


def department_crumbs(department: Department) -> list[tuple[str, str]]:
    return [
        (_("組織架構"), reverse("people:organisation")),
        (department.name, department.get_absolute_url()),
    ]


def person_crumbs(person: User | None = None) -> list[tuple[str, str]]:
    crumbs = [
        (_("組織架構"), reverse("people:organisation")),
        (_("賬號"), reverse("people:person-list")),
    ]
    if person:
        crumbs.append((person.name, reverse("people:person-detail", args=[person.pk])))
    return crumbs
