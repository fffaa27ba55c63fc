"""一段的歷次文字、任意兩稿的差別、恢復；整份彙報的經過；用語核對；放進一段材料。"""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.timezone import localtime
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from journal.models import Entry
from pingtan_civ import ui
from pingtan_civ.lib import clock
from pingtan_civ.lib.numbers import read_int
from reports import policies, services
from reports.difference import changes
from reports.editor import paragraphs_of
from reports.models import Paragraph
from reports.views.acting import GET_OR_POST, at_paragraph, perform
from reports.views.doors import (
    crumbs_of,
    editable_report,
    remarkable_report,
    report_url,
    standing_of_request,
)
from reports.wording import glossary_of, hints_of

LISTED = 200


@GET_OR_POST
def paragraph_history(
    request: HttpRequest, campaign_code: str, pk: int, paragraph_pk: int
) -> HttpResponse:
    """?old= 和 ?new= 是對比的兩稿；POST 恢復一稿。"""
    report = remarkable_report(request, campaign_code, pk)
    rows = Paragraph.objects.filter(section__report=report).select_related("section")
    row = get_object_or_404(rows, pk=paragraph_pk)
    may_restore = policies.can_edit(standing_of_request(request), report)
    if request.method == "POST":
        editable_report(request, campaign_code, pk)
        number = read_int(request.POST.get("number")) or 0
        return perform(
            request,
            report,
            lambda: services.restore_text(
                actor=request.user, paragraph_id=row.pk, number=number, at=clock.now()
            ),
            then=at_paragraph(report, row.pk),
        )
    texts = list(row.texts.select_related("saved_by"))
    by_number = {text.number: text for text in texts}
    old, new = (read_int(request.GET.get(name)) for name in ("old", "new"))
    if len(texts) > 1 and (old not in by_number or new not in by_number):
        old, new = texts[-2].number, texts[-1].number
    context = {
        "report": report,
        "paragraph": row,
        "texts": texts[::-1],
        "old": old,
        "new": new,
        "changes": changes(by_number[old].text, by_number[new].text)
        if old in by_number and new in by_number
        else [],
        "may_restore": may_restore,
        "crumbs": crumbs_of(report, _("修改記錄")),
    }
    return render(request, "reports/paragraph_history_page.html", context)


@require_GET
def report_history(request: HttpRequest, campaign_code: str, pk: int) -> HttpResponse:
    """這份彙報的經過：誰在什麼時候做了什麼，新的在上。"""
    report = remarkable_report(request, campaign_code, pk)
    entries = Entry.objects.about(report)[:LISTED]
    context = {
        "report": report,
        "items": [
            {
                "title": entry.summary,
                "when": ui.moment(localtime(entry.at)),
                "text": entry.reason,
                "meta": entry.actor_name,
                "state": "done",
            }
            for entry in entries
        ],
        "crumbs": crumbs_of(report, _("經過")),
    }
    return render(request, "reports/history_page.html", context)


@GET_OR_POST
def report_wording(request: HttpRequest, campaign_code: str, pk: int) -> HttpResponse:
    """用語核對：逐處列出，一按就換；看過不必改的不用管。"""
    report = remarkable_report(request, campaign_code, pk)
    if request.method == "POST":
        editable_report(request, campaign_code, pk)
        return perform(
            request,
            report,
            lambda: services.replace_words(
                actor=request.user,
                paragraph_id=get_object_or_404(
                    Paragraph.objects.filter(section__report=report),
                    pk=read_int(request.POST.get("paragraph")) or 0,
                ).pk,
                start=read_int(request.POST.get("start")) or 0,
                found=request.POST.get("found", ""),
                better=request.POST.get("better", ""),
                at=clock.now(),
            ),
            then=report_url(report, "report-wording"),
        )
    printed = [row for row in paragraphs_of(report) if not row.is_left_out]
    hints = hints_of(printed, glossary_of(report.campaign, clock.today()))
    context = {
        "report": report,
        "hints": hints,
        "may_edit": policies.can_edit(standing_of_request(request), report),
        "crumbs": crumbs_of(report, _("用語核對")),
    }
    return render(request, "reports/wording_page.html", context)


@require_POST
def material_insert(request: HttpRequest, campaign_code: str, pk: int) -> HttpResponse:
    """把一段還沒用上的材料放進一節。"""
    report = editable_report(request, campaign_code, pk)
    section = report.sections.filter(pk=read_int(request.POST.get("section")) or 0).first()
    if section is None:
        ui.say(request, _("請選好放進哪一節。"), level=ui.messages.WARNING)
        return redirect(report)
    placed: list[Paragraph] = []

    def act() -> None:
        placed.append(
            services.insert_material(
                actor=request.user,
                report_id=report.pk,
                section_id=section.pk,
                round_id=read_int(request.POST.get("round")) or 0,
                at=clock.now(),
            )
        )

    answer = perform(request, report, act, then=f"{report.get_absolute_url()}#s{section.pk}")
    if placed:
        answer.headers["Location"] = at_paragraph(report, placed[0].pk)
    return answer
