"""推薦的材料：看、加、取自已採用的佐證、撤下。"""

from collections.abc import Callable
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from pingtan_civ import ui
from pingtan_civ.form_pages import Done, FormPage, posted
from pingtan_civ.lib import clock
from pingtan_civ.lib.uploads import RefusedUpload
from recommendations import policies
from recommendations.forms import LinksForm
from recommendations.models import Attachment, Candidate
from recommendations.services import candidates as services
from recommendations.views.candidates import before_the_vote, candidate_form, show_candidate
from recommendations.views.doors import candidate_or_404, require, standing_of_request
from tasks.views.evidence import send_original, send_thumbnail

Part = Attachment.Part


def _attachment(request: HttpRequest, pk: int) -> Attachment:
    """看得見對象而不該看這一件的，與不存在的一樣。"""
    found = get_object_or_404(
        Attachment.objects.select_related("file"), pk=pk, removed_at__isnull=True
    )
    found.candidate = candidate_or_404(request, found.candidate_id)
    if not policies.can_read_file(standing_of_request(request), found):
        raise Http404
    return found


@require_safe
def file(request: HttpRequest, pk: int) -> HttpResponseBase:
    found = _attachment(request, pk)
    return send_original(request, found.file, found.name)


@require_safe
def file_thumb(request: HttpRequest, pk: int) -> HttpResponseBase:
    return send_thumbnail(request, _attachment(request, pk).file)


@require_POST
def file_add(request: HttpRequest, pk: int) -> HttpResponse:
    row = candidate_or_404(request, pk)
    part = request.POST.get("part", Part.DEEDS)
    if part not in Part.values:
        raise Http404
    uploads = [(file, file.name) for file in request.FILES.getlist("file")]
    require(
        policies.can_attach(standing_of_request(request), row, part),
        _("事蹟佐證在提交表決以前由單位負責人和辦公室加；核查材料、批覆由辦公室加。"),
    )
    if not uploads:
        return show_candidate(request, row, refusal=_("先選一個文件。"), status=422)
    return _press(
        request,
        row,
        lambda: services.attach(
            actor=request.user, candidate_id=pk, part=part, files=uploads, at=clock.now()
        ),
        _("已加 %(count)d 件。") % {"count": len(uploads)},
    )


@require_POST
def file_remove(request: HttpRequest, pk: int) -> HttpResponse:
    found = _attachment(request, pk)
    return _press(
        request,
        found.candidate,
        lambda: services.detach(actor=request.user, file_id=pk, at=clock.now()),
        _("已撤下「%(name)s」。") % {"name": found.name},
    )


def _press(
    request: HttpRequest, row: Candidate, act: Callable[[], Any], words: str
) -> HttpResponse:
    try:
        act()
    except RefusedUpload as refusal:
        return show_candidate(request, row, refusal=refusal.sentence, status=422)
    ui.say(request, words)
    return redirect(row)


@require_http_methods(["GET", "POST"])
def file_reuse(request: HttpRequest, pk: int) -> HttpResponse:
    """取自本單位已採用的佐證。"""
    row = candidate_or_404(request, pk)
    require(
        policies.is_nominator(standing_of_request(request), row.programme, row.department_id),
        _("提交表決以前，由單位負責人和辦公室加。"),
    )
    form = LinksForm(posted(request), citable=services.citable_links(row))

    def act() -> Done:
        services.attach(
            actor=request.user,
            candidate_id=pk,
            part=Part.DEEDS,
            link_ids=[link.pk for link in form.cleaned_data["links"]],
            at=clock.now(),
        )
        return _("已附上。"), row.get_absolute_url()

    page = FormPage(title=_("取用已採用的佐證"), submit=_("附上"), back="")
    return candidate_form(request, row, page, form, act, before_the_vote(row))
