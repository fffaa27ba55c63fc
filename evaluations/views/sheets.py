"""評分表：自評、初評、定分並列。"""

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from evaluations import policies
from evaluations.sheets import explain, sheets_of
from evaluations.views.round_doors import (
    crumbs_to,
    round_or_404,
    sheet_in,
    standing_of_request,
)


@require_GET
def sheet(request: HttpRequest, code: str, department_id: int) -> HttpResponse:
    round_ = round_or_404(request, code)
    standing = standing_of_request(request)
    found = sheet_in(round_, department_id)
    if not policies.can_see_sheet(standing, round_, department_id):
        raise PermissionDenied(_("評分表只有本單位、辦公室和領導看得到。"))
    (view,) = sheets_of(round_, [found])
    context = {
        "round": round_,
        "sheet": found,
        "view": view,
        "said": explain(view),
        "crumbs": crumbs_to(round_, (found.department_name, "")),
    }
    return render(request, "evaluations/sheet_page.html", context)
