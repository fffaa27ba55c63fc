"""一份文件：預覽、用在哪裏、來歷。傳來的內容只在鎖住的回應裏打開，這一頁只排出讀到的字。"""

from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from evidence.library import with_places
from evidence.library_file import history_of, preview_of, uses_of
from evidence.views.doors import campaigns_of, file_or_404, is_told
from tasks.models import EvidenceLink
from tasks.views.doors import standing_of_request


@require_GET
def file(request: HttpRequest, pk: int) -> HttpResponse:
    found, links = file_or_404(request, pk)
    uses = uses_of(links)
    main = next((use for use in uses if use.state == EvidenceLink.State.ACCEPTED), uses[0])
    standing = standing_of_request(request)
    context = {
        "file": found,
        "reading": getattr(found, "reading", None),
        "main": main,
        "original": main.get_absolute_url(),
        "preview": preview_of(found),
        "uses": uses,
        "history": history_of(links, _mentioned(request, links)),
        "reuse_url": reverse("evidence:file-reuse", args=[pk]) if standing.departments else "",
        "crumbs": [(_("佐證材料"), reverse("evidence:library")), (main.name, "")],
    }
    return render(request, "evidence/preview_page.html", context)


def _mentioned(request: HttpRequest, links: list[EvidenceLink]) -> dict[int, EvidenceLink]:
    """來歷裏提到的別的佐證：取自哪裏、替換了誰、被誰替換；看不到的不取。"""
    keys = [link.pk for link in links]
    named = {key for link in links for key in (link.origin_id, link.replaces_id) if key}
    standing = standing_of_request(request)
    visible = EvidenceLink.objects.readable_across(standing, campaigns_of(request))
    found = with_places(visible.filter(Q(pk__in=named) | Q(replaces__in=keys)))
    return {link.pk: link for link in found if is_told(link, standing.departments)}
