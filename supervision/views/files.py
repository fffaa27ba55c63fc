"""督辦的附件和佐證：上傳、查看、撤下，以及督辦通知單。文件只經權限判斷發出。"""

from io import BytesIO

from django.core.exceptions import PermissionDenied
from django.http import (
    FileResponse,
    Http404,
    HttpRequest,
    HttpResponse,
    HttpResponseBase,
)
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST, require_safe

from journal.services import source_script
from pingtan_civ import ui
from pingtan_civ.lib import clock
from pingtan_civ.lib.media_types import DOCX, PDF
from pingtan_civ.lib.script import simplify
from pingtan_civ.lib.uploads import RefusedUpload
from reports.rendering import MissingGlyphs, RenderingFailed, to_docx, to_pdf
from supervision import policies
from supervision.models import Attachment, Order
from supervision.notice import notice_of
from supervision.services.attaching import attach, detach
from supervision.views.doors import order_or_404, page_of, refused, show_order
from tasks.models import WrongState
from tasks.views.doors import standing_of_request
from tasks.views.evidence import send_original, send_thumbnail, sentence


@require_POST
def file_add(request: HttpRequest, pk: int) -> HttpResponse:
    """後台逐件上傳：收下回一段 <li>，不收回一句話；沒有腳本時回到單子。"""
    order_or_404(request, pk)
    file = request.FILES.get("file")
    is_plain = request.POST.get("plain") == "1"
    words, status = _("沒有收到文件，請重新選擇。"), 400
    if file is not None:
        try:
            added = attach(
                actor=request.user, order_id=pk, file=file, name=file.name, at=clock.now()
            )
        except RefusedUpload as refusal:
            words, status = refusal.sentence, 422
        except (WrongState, PermissionDenied) as refusal:
            words, status = str(refusal), 403 if isinstance(refusal, PermissionDenied) else 409
        else:
            if is_plain:
                return redirect("supervision:order-detail", pk)
            return render(request, "supervision/file_row.html", {"file": added})
    if not is_plain:
        return sentence(words, status)
    return show_order(request, order_or_404(request, pk), refusal=words, status=status)


def _readable_or_refuse(request: HttpRequest, pk: int) -> Attachment:
    """看不見單子的回 404；看得見而還不能看這一輪內容的回 403。"""
    rows = Attachment.objects.select_related("file", "round")
    found = get_object_or_404(rows, pk=pk, removed_at__isnull=True)
    order = order_or_404(request, found.order_id)
    is_reader = page_of(request, order).is_reader
    standing = standing_of_request(request)
    if not policies.can_read_file(standing, order, found, is_reader=is_reader):
        raise PermissionDenied(_("這份佐證還在辦理中，負責人簽發之後才給上級看。"))
    return found


@require_safe
def file(request: HttpRequest, pk: int) -> HttpResponseBase:
    found = _readable_or_refuse(request, pk)
    return send_original(request, found.file, found.name)


@require_safe
def file_thumb(request: HttpRequest, pk: int) -> HttpResponseBase:
    return send_thumbnail(request, _readable_or_refuse(request, pk).file)


@require_POST
def file_remove(request: HttpRequest, pk: int) -> HttpResponse:
    """撤下一件；局部刷新時回空內容，那一行隨之消失。"""
    found = _readable_or_refuse(request, pk)
    try:
        detach(actor=request.user, attachment_id=pk, at=clock.now())
    except WrongState as refusal:
        return refused(request, found.order_id, refusal)
    if request.htmx:
        return HttpResponse("")
    ui.say(request, _("已撤下「%(name)s」。") % {"name": found.name})
    is_answer = found.round_id is not None
    return redirect(
        "supervision:order-answer" if is_answer else "supervision:order-detail", found.order_id
    )


@require_GET
def notice(request: HttpRequest, pk: int) -> HttpResponse:
    """督辦通知單，Word 或 PDF，繁簡兩體；還沒交辦的沒有。"""
    order = order_or_404(request, pk)
    format_ = request.GET.get("format", "docx")
    if order.number is None or format_ not in ("docx", "pdf"):
        raise Http404(_("交辦之後才有通知單；格式是 Word 或 PDF。"))
    script = "hans" if request.GET.get("script") == "hans" else "hant"
    document = notice_of(order, script=script)
    name = f"{_name(order, script)}.{format_}"
    if format_ == "docx":
        return _file(to_docx(document), name, DOCX)
    try:
        return _file(to_pdf(document), name, PDF)
    except (MissingGlyphs, RenderingFailed) as error:
        return show_order(request, order, refusal=str(error), status=422)


def _name(order: Order, script: str) -> str:
    with source_script():
        title = str(order.words.notice)
    name = f"{title} {order.mark}〔{order.year}〕{order.number}號".replace("/", "／")
    return simplify(name) if script == "hans" else name


def _file(data: bytes, name: str, content_type: str) -> FileResponse:
    return FileResponse(BytesIO(data), as_attachment=True, filename=name, content_type=content_type)
