"""佐證：上傳、查看、下載、撤下。文件只經權限判斷發出。"""

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe
from django_htmx.http import trigger_client_event

from pingtan_civ.lib import clock
from pingtan_civ.lib.media_types import PDF
from pingtan_civ.lib.sending import send_stored
from pingtan_civ.lib.uploads import RefusedUpload
from tasks import policies
from tasks.models import EvidenceFile, EvidenceLink, WrongState
from tasks.report_page import evidence_part
from tasks.services import evidence as services
from tasks.services.thumbnails import thumbnail_path
from tasks.views.doors import standing_of_request, submission_or_404
from tasks.work_forms import read_descriptions

#: 能在瀏覽器裏直接看的；別的只許下載。
VIEWABLE = {"image/jpeg", "image/png", PDF}


@require_POST
def evidence_add(request: HttpRequest, pk: int) -> HttpResponse:
    """後台逐件上傳：收下回一段 <li>，不收回一句話（由 upload.js 寫在那一件旁邊）。

    ?replaces=編號 是「換一份」：換下那一份。
    """
    row = submission_or_404(request, pk)
    file = request.FILES.get("file")
    if file is None:
        return sentence(_("沒有收到文件，請重新選擇。"), 400)
    replaces = request.GET.get("replaces", "")
    try:
        link = services.add_evidence(
            actor=request.user,
            submission_id=pk,
            file=file,
            name=file.name,
            replaces_id=int(replaces) if _is_key(replaces) else None,
            at=clock.now(),
        )
    except RefusedUpload as refusal:
        return sentence(refusal.sentence, 422)
    except WrongState as refusal:
        return sentence(str(refusal), 409)
    except PermissionDenied as refusal:
        return sentence(str(refusal), 403)
    link = _links().get(pk=link.pk)
    part = evidence_part(row, [link])
    context = {"row": part.row(link), "upload_url": reverse("tasks:evidence-add", args=[pk])}
    return render(request, "tasks/evidence_row.html", context)


def _is_key(text: str) -> bool:
    return text.isascii() and text.isdecimal() and len(text) < 12


@require_POST
def evidence_check(request: HttpRequest, pk: int) -> HttpResponse:
    """邊填邊核對（htmx）：按表單上此刻寫的算，什麼也不存。"""
    row = submission_or_404(request, pk)
    if not policies.can_fill_in(standing_of_request(request), row):
        raise PermissionDenied(_("只有填報單位的人能核對這一期。"))
    links = list(
        EvidenceLink.objects.filter(
            round__submission=row, round__number=row.round_number, removed_at=None
        ).select_related("file__reading", "form")
    )
    described = read_descriptions(request.POST, row.period_end.year)
    part = evidence_part(row, links, described=described)
    context = {"part": part, "submission": row, "is_live": True}
    return render(request, "tasks/evidence_check.html", context)


def sentence(text: str, status: int) -> HttpResponse:
    """一句純文本的話：upload.js 把它寫在那一件旁邊。"""
    return HttpResponse(text, status=status, content_type="text/plain; charset=utf-8")


@require_POST
def evidence_remove(request: HttpRequest, pk: int) -> HttpResponse:
    """撤下一件；局部刷新時回空內容，那一行隨之消失。"""
    link = _readable_or_refuse(request, pk)
    try:
        services.remove_evidence(
            actor=request.user,
            link_id=link.pk,
            reason=request.POST.get(f"why_{link.pk}", ""),
            at=clock.now(),
        )
    except WrongState as refusal:
        return sentence(str(refusal), 409)
    if request.htmx:
        return trigger_client_event(HttpResponse(""), "evidence:changed")
    return redirect(link.round.submission.get_absolute_url())


@require_safe
def evidence_file(request: HttpRequest, pk: int) -> HttpResponseBase:
    """原件。"""
    link = _readable_or_refuse(request, pk)
    return send_original(request, link.file, link.name)


@require_safe
def evidence_thumb(request: HttpRequest, pk: int) -> HttpResponseBase:
    """縮略圖；不是圖片的沒有。"""
    return send_thumbnail(request, _readable_or_refuse(request, pk).file)


def _links() -> "EvidenceLink.objects":
    return EvidenceLink.objects.select_related(
        "file__reading", "form", "round__submission__assignment__measure__campaign"
    )


def _readable_or_refuse(request: HttpRequest, pk: int) -> EvidenceLink:
    """看不見這項措施的回 404；看得見措施而還不能看這一輪內容的回 403。"""
    link = get_object_or_404(_links(), pk=pk, removed_at__isnull=True)
    standing = standing_of_request(request)
    if not policies.can_see_measure(standing, link.round.submission.assignment.measure):
        raise Http404
    if not policies.can_read_round(standing, link.round):
        raise PermissionDenied(_("這份佐證還在辦理中，審核通過後才能看。"))
    if not policies.can_read_evidence(standing, link):
        raise PermissionDenied(_("這份佐證沒有採用，只有報送單位和領導小組看得到。"))
    return link


def send_original(request: HttpRequest, file: EvidenceFile, name: str) -> HttpResponseBase:
    """發出原件；看不看得由調用者問過。?inline=1 時圖片和 PDF 在瀏覽器裏打開，其餘一律下載。"""
    inline = request.GET.get("inline") == "1" and file.content_type in VIEWABLE
    return send_stored(
        request,
        path=file.path,
        name=name,
        content_type=file.content_type,
        tag=file.sha256,
        inline=inline,
    )


def send_thumbnail(request: HttpRequest, file: EvidenceFile) -> HttpResponseBase:
    """發出縮略圖；看不看得由調用者問過。"""
    if not file.is_picture:
        raise Http404
    try:
        path = thumbnail_path(file)
    except OSError as error:
        raise Http404 from error
    return send_stored(
        request,
        path=path,
        name=f"{file.sha256[:12]}.jpg",
        content_type="image/jpeg",
        tag=f"{file.sha256}-small",
        inline=True,
    )
