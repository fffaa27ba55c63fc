"""取用：填報時從材料庫選，或從一份文件用到別處。"""

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from evidence.library import LONGEST
from evidence.library_reuse import candidates, judged
from evidence.services.reuse import reuse_evidence
from evidence.views.doors import campaigns_of, file_or_404
from pingtan_civ import ui
from pingtan_civ.lib import clock
from pingtan_civ.lib.numbers import read_int
from pingtan_civ.lib.uploads import RefusedUpload
from tasks.models import EvidenceLink, Round, Submission, WrongState
from tasks.services.handing_in import permit_filling
from tasks.views.doors import standing_of_request, submission_or_404

#: 一頁最多列這麼多候選；再多的用查找。
MOST = 60
GET_OR_POST = require_http_methods(["GET", "POST"])


@GET_OR_POST
def reuse(request: HttpRequest, pk: int) -> HttpResponse:
    """填報的那一期從材料庫選幾份。不能填這一期的人不能取用。"""
    submission = submission_or_404(request, pk)
    try:
        permit_filling(request.user, submission, clock.now())
    except WrongState as refusal:
        ui.say(request, str(refusal), level=ui.messages.WARNING)
        return redirect(submission)
    if request.method == "POST":
        keys = [key for text in request.POST.getlist("link") if (key := read_int(text, low=1))]
        return _take(request, submission, keys)
    everything = request.GET.get("all") == "1"
    q = request.GET.get("q", "").replace("\x00", "").strip()[:LONGEST]
    links = candidates(
        submission,
        standing_of_request(request),
        campaigns_of(request),
        everything=everything,
        q=q,
    )
    context = {
        "submission": submission,
        "measure": submission.assignment.measure,
        "rows": judged(submission, links, MOST),
        "everything": everything,
        "q": q,
        "most": MOST,
        "crumbs": [
            (submission.assignment.measure.code, submission.assignment.measure.get_absolute_url()),
            (_("填報進展"), submission.get_absolute_url()),
            (_("從材料庫取用"), ""),
        ],
    }
    return render(request, "evidence/library_reuse_page.html", context)


def _take(request: HttpRequest, submission: Submission, keys: list[int]) -> HttpResponse:
    if not keys:
        ui.say(request, _("還沒有選：先勾選要用的材料。"), level=ui.messages.WARNING)
        return redirect("evidence:reuse", pk=submission.pk)
    taken, refusals = 0, []
    for key in keys:
        try:
            reuse_evidence(
                actor=request.user, submission_id=submission.pk, link_id=key, at=clock.now()
            )
            taken += 1
        except (WrongState, PermissionDenied, RefusedUpload) as refusal:
            refusals.append(str(refusal))
    if taken:
        ui.say(request, _taken_words(taken))
    for sentence in dict.fromkeys(refusals):
        ui.say(request, sentence, level=ui.messages.WARNING)
    return redirect(submission.get_absolute_url() + "#files")


def _taken_words(count: int) -> str:
    said = _("取用了 %(count)d 份，在這裏認不認由審核另定。")
    return said % {"count": count}


@GET_OR_POST
def file_reuse(request: HttpRequest, pk: int) -> HttpResponse:
    """一份文件用到別處：列出本單位正在填報的各期，選一期。"""
    file, links = file_or_404(request, pk)
    standing = standing_of_request(request)
    if not standing.departments:
        raise PermissionDenied(_("取用材料由各單位的人在填報時辦。"))
    good = {
        link.round.submission.assignment.department_id: link
        for link in reversed(links)
        if _is_takeable(link)
        and link.round.submission.assignment.department_id in standing.departments
    }
    if request.method == "POST":
        return _use(request, good)
    targets = (
        Submission.objects.owed()
        .of(frozenset(good))
        .with_measure()
        .exclude(pk__in=[link.round.submission_id for link in links if link.removed_at is None])
    )
    context = {
        "file": file,
        "main": links[0],
        "targets": list(targets.order_by("due_date", "pk")[:MOST]),
        "is_own": bool(good),
        "crumbs": [
            (_("佐證材料"), reverse("evidence:library")),
            (links[0].name, reverse("evidence:file", args=[pk])),
            (_("用到別處"), ""),
        ],
    }
    return render(request, "evidence/library_file_reuse_page.html", context)


def _is_takeable(link: EvidenceLink) -> bool:
    return (
        link.removed_at is None
        and link.state == EvidenceLink.State.ACCEPTED
        and link.round.decision == Round.Decision.ACCEPTED
    )


def _use(request: HttpRequest, good: dict[int, EvidenceLink]) -> HttpResponse:
    key = read_int(request.POST.get("submission"), low=1)
    if key is None:
        ui.say(request, _("還沒有選：先選用到哪一期。"), level=ui.messages.WARNING)
        return redirect(request.path)
    submission = submission_or_404(request, key)
    source = good.get(submission.assignment.department_id)
    if source is None:
        raise PermissionDenied(_("只能取用本單位已採用的材料。"))
    try:
        reuse_evidence(actor=request.user, submission_id=key, link_id=source.pk, at=clock.now())
    except (WrongState, RefusedUpload) as refusal:
        ui.say(request, str(refusal), level=ui.messages.WARNING)
        return redirect(request.path)
    ui.say(request, _taken_words(1))
    return redirect(submission.get_absolute_url() + "#files")
