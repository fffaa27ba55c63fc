"""評分單位的一頁：本單位負責的幾條，對各單位一起評。"""

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods

from evaluations.services.unit_scoring import RefusedAcross, save_across
from evaluations.unit_scoring import UnitScoring, scores_lines
from evaluations.views.round_doors import crumbs_to, round_or_404, standing_of_request
from pingtan_civ import ui
from pingtan_civ.form_pages import posted
from pingtan_civ.lib import clock
from tasks.models import WrongState


@require_http_methods(["GET", "POST"])
def unit_scoring(request: HttpRequest, code: str) -> HttpResponse:
    round_ = round_or_404(request, code)
    standing = standing_of_request(request)
    if not scores_lines(standing, round_):
        raise PermissionDenied(_("考核辦法沒有指定本單位評分。"))
    page = UnitScoring.read(standing, round_, posted(request))
    refusal = ""
    if request.method == "POST":
        try:
            if _save(request, page):
                return redirect("evaluations:unit-scoring", code)
        except WrongState as stopped:
            refusal = str(stopped)
    context = {
        "round": round_,
        "page": page,
        "refusal": refusal,
        "crumbs": crumbs_to(round_, (_("本單位評的各條"), "")),
    }
    status = 409 if refusal else 422 if page.faulty else 200
    return render(request, "evaluations/unit_scoring_page.html", context, status=status)


def _save(request: HttpRequest, page: UnitScoring) -> bool:
    """存好了說一句；存不了的把怎麼改寫在那一行上。"""
    if not page.cells:
        raise WrongState(_("現在不在初評階段，不能評分。"))
    marks = page.marks()
    if marks is None:
        return False
    try:
        changed = save_across(actor=request.user, marks=marks, at=clock.now())
    except RefusedAcross as refusal:
        page.refuse(refusal.errors.items())
        return False
    words = ngettext("已保存 %(count)d 條。", "已保存 %(count)d 條。", changed) % {"count": changed}
    ui.say(request, words if changed else _("沒有改動。"))
    return True
