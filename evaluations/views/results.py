"""結果：先等次、後名次，各類單位分開排；通報。"""

from django.core.exceptions import PermissionDenied
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from evaluations import policies
from evaluations.bulletin import bulletin_of, is_issued
from evaluations.models import AssessmentRound, ResultSnapshot
from evaluations.result_page import objections_of
from evaluations.sheets import frozen_sheets, rank_sheets, read_sheets, seen_by
from evaluations.views.files import attachment
from evaluations.views.round_doors import crumbs_to, round_or_404, standing_of_request
from pingtan_civ.lib.media_types import DOCX, PDF
from pingtan_civ.lib.numbers import read_int
from pingtan_civ.lib.script import simplify
from reports.rendering import MissingGlyphs, RenderingFailed, to_docx, to_pdf


@require_GET
def result(request: HttpRequest, code: str) -> HttpResponse:
    """定稿了的看定稿（默認最新一版，舊版也讀得到）；審定以前辦公室和領導看擬定的。"""
    return _show(request, _result_round(request, code))


def _result_round(request: HttpRequest, code: str) -> AssessmentRound:
    round_ = round_or_404(request, code)
    if not policies.sees_whole_round(standing_of_request(request), round_):
        raise PermissionDenied(_("結果還沒有公開；各單位看自己的評分表。"))
    return round_


def _show(
    request: HttpRequest, round_: AssessmentRound, *, refusal: str = "", status: int = 200
) -> HttpResponse:
    standing = standing_of_request(request)
    editions = list(round_.snapshots.defer("body").order_by("edition")) if round_.is_frozen else []
    snapshot = _edition(request, round_, editions)
    views = (
        frozen_sheets(snapshot)
        if snapshot
        else read_sheets(
            round_,
            round_.sheets.select_related("profile").order_by("department__position", "pk"),
            with_evidence=False,
        )
    )
    waiting = [view.department for view in views if view.is_waiting]
    lacking = [] if snapshot else [view.department for view in views if view.missing]
    context = {
        "round": round_,
        "waiting": waiting,
        "lacking": lacking,
        "snapshot": snapshot,
        "editions": editions,
        "is_issued": bool(editions) and is_issued(round_, snapshot),
        "is_latest": bool(editions) and snapshot == editions[-1],
        "groups": [] if waiting else rank_sheets(seen_by(standing, round_, views)),
        "objections": objections_of(standing, round_),
        "crumbs": crumbs_to(round_, (_("結果"), "")),
        "refusal": refusal,
    }
    return render(request, "evaluations/result_page.html", context, status=status)


def _edition(
    request: HttpRequest, round_: AssessmentRound, editions: list[ResultSnapshot]
) -> ResultSnapshot | None:
    if not editions:
        return None
    wanted = read_int(request.GET.get("edition"), low=1, high=9999) or editions[-1].edition
    found = next((each for each in editions if each.edition == wanted), None)
    if found is None:
        raise Http404
    return found


@require_GET
def bulletin(request: HttpRequest, code: str) -> HttpResponse | FileResponse:
    """通報，Word 或 PDF，繁簡兩體；照定稿排，還沒審定的沒有。"""
    round_ = _result_round(request, code)
    snapshot = _edition(request, round_, list(round_.snapshots.order_by("edition")))
    format_ = request.GET.get("format", "docx")
    if snapshot is None or format_ not in ("docx", "pdf"):
        raise Http404(_("審定之後才有通報；格式是 Word 或 PDF。"))
    script = "hans" if request.GET.get("script") == "hans" else "hant"
    document = bulletin_of(round_, snapshot, script=script)
    draft = "" if is_issued(round_, snapshot) else "（徵求意見稿）"
    name = f"{round_.title}結果通報{draft}.{format_}"
    name = simplify(name) if script == "hans" else name
    if format_ == "docx":
        return attachment(to_docx(document), name, DOCX)
    try:
        return attachment(to_pdf(document), name, PDF)
    except (MissingGlyphs, RenderingFailed) as error:
        return _show(request, round_, refusal=str(error), status=422)
