"""推薦表和公示稿，Word 或 PDF，繁簡兩體。"""

from collections.abc import Callable
from io import BytesIO

from django.http import FileResponse, Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from pingtan_civ.lib import clock
from pingtan_civ.lib.media_types import DOCX, PDF
from pingtan_civ.lib.script import simplify
from recommendations.candidate_page import CandidatePage
from recommendations.dossier import compose_notice, content_of
from recommendations.models import Candidate, Programme
from recommendations.paper import candidate_form as form_of
from recommendations.paper import publicity_notice as notice_of
from recommendations.views.candidates import show_candidate
from recommendations.views.doors import candidate_or_404, programme_or_404, standing_of_request
from recommendations.views.programmes import show_programme
from reports.rendering import (
    MissingGlyphs,
    OfficialDocument,
    RenderingFailed,
    to_docx,
    to_pdf,
)
from reports.rendering.document import Script

Refuse = Callable[[str], HttpResponse]


@require_GET
def candidate_form(request: HttpRequest, pk: int) -> HttpResponseBase:
    """推薦表：看得見全部材料的人。報送了的照定稿。"""
    row = candidate_or_404(request, pk)
    standing = standing_of_request(request)
    if not CandidatePage(row, standing, clock.now()).has_paper:
        raise Http404
    content = content_of(row.programme, [row], standing.on)
    document = form_of(content, content["candidates"][0], script=_script(request))

    def refuse(words: str) -> HttpResponse:
        return show_candidate(request, row, refusal=words, status=422)

    return _send(request, document, f"推薦表 {row}", refuse)


@require_GET
def publicity_notice(request: HttpRequest, pk: int) -> HttpResponseBase:
    """公示稿：公示了的，人人可看；照開始公示時貼出去的那一張。"""
    row = programme_or_404(request, pk)
    if not row.is_public:
        words = _("公示以後才有公示稿。") + row.refusal(*Programme.PUBLIC)
        return show_programme(request, row, refusal=words, status=409)
    # 公示稿不凍結的時候開始的公示，只有現在的名單可排。
    listed = row.candidates.filter(state__in=Candidate.ON_LIST).with_everything()
    document = notice_of(row.notice or compose_notice(row, listed), script=_script(request))

    def refuse(words: str) -> HttpResponse:
        return show_programme(request, row, refusal=words, status=422)

    return _send(request, document, f"公示稿 {row.title}", refuse)


def _script(request: HttpRequest) -> Script:
    return "hans" if request.GET.get("script") == "hans" else "hant"


def _send(
    request: HttpRequest, document: OfficialDocument, name: str, refuse: Refuse
) -> HttpResponseBase:
    format_ = request.GET.get("format", "docx")
    if format_ not in ("docx", "pdf"):
        raise Http404(_("沒有這種格式，請選 Word 或 PDF。"))
    name = name.replace("/", "／").replace("\\", "＼")
    name = f"{simplify(name) if document.script == 'hans' else name}.{format_}"
    if format_ == "docx":
        return _file(to_docx(document), name, DOCX)
    try:
        return _file(to_pdf(document), name, PDF)
    except (MissingGlyphs, RenderingFailed) as error:
        return refuse(str(error))


def _file(data: bytes, name: str, content_type: str) -> FileResponse:
    return FileResponse(BytesIO(data), as_attachment=True, filename=name, content_type=content_type)
