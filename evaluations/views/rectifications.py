"""從評分表下達整改。"""

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from evaluations.models import Sheet, SiteVisit
from evaluations.services.rectifications import order_rectification, permit_ordering
from evaluations.sheets import SheetLine, SheetView, frozen_sheets, latest_snapshot
from evaluations.views.round_doors import crumbs_to, sheet_or_404
from pingtan_civ.form_pages import Done, form_page, posted
from pingtan_civ.lib import clock
from pingtan_civ.lib.dates import long_date
from pingtan_civ.lib.numbers import read_int
from pingtan_civ.lib.scoring import show
from supervision.forms import OrderForm
from supervision.models import Order, terms_of
from supervision.views.doors import careful
from supervision.views.orders import opening_page
from supervision.wording import RECTIFICATION

SOURCE = Order.Source.RECTIFICATION
TITLE_LIMIT = 200


@require_http_methods(["GET", "POST"])
def rectify(request: HttpRequest, code: str, department_id: int) -> HttpResponse:
    """?criterion= 是哪一條，?visit= 是哪次考察；都沒有寫的是整張表。先照查到的寫好，可以改。"""
    sheet = sheet_or_404(request, code, department_id)
    round_ = sheet.round
    visit = _visit(request, sheet)
    permit_ordering(request.user, sheet, clock.now(), visit)
    line, found = None, _from_visit(visit)
    if visit is None:
        (view,) = frozen_sheets(latest_snapshot(round_), {department_id})
        line = _line(request, view)
        found = _of_line(sheet, line) if line else _whole(sheet, view)
    form = OrderForm(
        posted(request),
        campaign=round_.campaign,
        today=clock.today(),
        words=RECTIFICATION,
        initial=_initial(sheet, *found),
    )
    page = opening_page(RECTIFICATION)
    page.back = sheet.get_absolute_url()
    page.crumbs = crumbs_to(round_, (sheet.department_name, page.back))
    page.intro = _("一單一事。下達時給編號，單位收到通知；改好後由辦公室復查、銷號。")

    def act() -> Done:
        is_draft = "draft" in request.POST
        order = order_rectification(
            actor=request.user,
            sheet=sheet,
            criterion_id=line.criterion_id if line else None,
            matter=form.matter(source=SOURCE),
            visit=visit,
            at=clock.now(),
            is_draft=is_draft,
        )
        words = (
            _("已保存，還沒有下達，只有辦公室看得見。")
            if is_draft
            else _("已下達 %(number)s，%(unit)s將收到通知。")
            % {"number": order.full_number, "unit": order.lead_department}
        )
        return words, order.get_absolute_url()

    return form_page(request, page, form, careful(form, act))


def _line(request: HttpRequest, view: SheetView) -> SheetLine | None:
    """哪一條；不在這張表上的回 404。"""
    pk = read_int(request.GET.get("criterion"), low=1)
    if pk is None:
        return None
    if pk not in view.by_criterion:
        raise Http404
    return view.by_criterion[pk]


def _visit(request: HttpRequest, sheet: Sheet) -> SiteVisit | None:
    """哪次考察；不是考察這個單位的回 404。"""
    pk = read_int(request.GET.get("visit"), low=1)
    return get_object_or_404(sheet.visits, pk=pk) if pk else None


def _from_visit(visit: SiteVisit | None) -> tuple[str, str]:
    if visit is None:
        return "", ""
    day = long_date(visit.date)
    return visit.notes, _("%(day)s實地考察發現，請改到位。") % {"day": day}


def _initial(sheet: Sheet, title: str, demand: str) -> dict[str, Any]:
    return {
        "title": title[:TITLE_LIMIT],
        "demand": demand,
        "lead_department": sheet.department_id,
        "limit_days": terms_of(sheet.round.campaign).days_of(SOURCE),
        "urgency": Order.Urgency.NORMAL,
    }


def _of_line(sheet: Sheet, line: SheetLine) -> tuple[str, str]:
    found = line.result.reason or line.result.why
    words = {"round": sheet.round.title, "number": line.number, "text": line.text}
    return (
        _("%(text)s：%(found)s") % {"text": line.text, "found": found},
        _("%(round)s %(number)s「%(text)s」扣了分，請對照改到位。") % words,
    )


def _whole(sheet: Sheet, view: SheetView) -> tuple[str, str]:
    words = {
        "round": sheet.round.title,
        "total": show(view.total),
        "grade": view.grade,
    }
    gaps = [
        _("%(number)s %(text)s（少 %(lost)s 分）")
        % {"number": line.number, "text": line.text, "lost": show(line.lost)}
        for line in view.gaps
    ]
    demand = _("先改丟分最多的：%(gaps)s。") % {"gaps": "；".join(gaps)} if gaps else ""
    return _("%(round)s得 %(total)s 分，評為「%(grade)s」") % words, demand
