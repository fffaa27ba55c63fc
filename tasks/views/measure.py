"""一項措施的頁和銷號。"""

from typing import Any

from django.core.exceptions import PermissionDenied, ValidationError
from django.forms import Form
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from campaigns.models import Clause
from pingtan_civ.form_pages import Done, FormPage, form_page
from pingtan_civ.lib import clock
from pingtan_civ.ui import chinese_date
from tasks import policies
from tasks.beside import panels_beside
from tasks.chase_history import answer_url
from tasks.measure_page import MeasurePage, asked_words
from tasks.measure_story import Story
from tasks.models import ChangeRequest, Measure, WrongState
from tasks.services import review
from tasks.views.doors import (
    light_rule,
    measure_or_404,
    optional_url,
    posted,
    standing_of_request,
)
from tasks.work_forms import DecisionForm, ExtensionForm, ObjectionForm

CONTEXT_SHOWN = 60
"""引文前後各帶多少字，看得出上下文而不淹沒原句。"""


@require_GET
def detail(request: HttpRequest, campaign_code: str, code: str) -> HttpResponse:
    measure = measure_or_404(request, campaign_code, code)
    standing = standing_of_request(request)
    page = MeasurePage(measure, standing, light_rule(measure))
    submissions = [row for slot in page.slots for row in slot.submissions]
    story = Story(measure, standing, page.today, submissions, page.requests)
    context = {
        "measure": measure,
        "page": page,
        "crumbs": measure_crumbs(measure),
        "quote": _quote(measure.clause),
        "plan_url": optional_url("tasks:plan", campaign_code),
        "indicators": measure.indicators.select_related("clause").order_by("position", "pk"),
        "wanted": measure.evidence_wanted.select_related("form"),
        "figures": measure.figures.all(),
        "facts": _facts(measure, page),
        "story": story.page(request.GET.get("page")),
        "chases": story.chases(),
        "beside": panels_beside(request, measure),
        **_actions(measure, page),
    }
    return render(request, "tasks/measure_detail.html", context)


def measure_crumbs(measure: Measure, *more: tuple[str, str]) -> list[tuple[str, str]]:
    code = measure.campaign.code
    crumbs = [(_("任務分解"), reverse("tasks:breakdown", args=[code]))]
    if measure.objective:
        query = f"?objective={measure.objective.code}"
        crumbs.append((str(measure.objective), reverse("tasks:breakdown", args=[code]) + query))
    crumbs.append((measure.code, measure.get_absolute_url() if more else ""))
    return [*crumbs, *more]


def _quote(clause: Clause | None) -> dict[str, str] | None:
    """方案原文：整條裏標出這一款，一字不改；太長時前後截短，以省略號標明。"""
    if clause is None:
        return None
    parents = [row for row in (clause.parent and clause.parent.parent, clause.parent) if row]
    source = " ".join(f"{row.mark}{row.heading}" for row in parents if row.mark or row.heading)
    before, text, after = "", clause.text or clause.heading, ""
    whole = clause.parent.text if clause.parent else ""
    if text and text in whole and text != whole:
        before, _found, after = whole.partition(text)
    if len(before) > CONTEXT_SHOWN:
        before = "……" + before[-CONTEXT_SHOWN:]
    if len(after) > CONTEXT_SHOWN:
        after = after[:CONTEXT_SHOWN] + "……"
    return {"before": before, "text": text, "after": after, "source": source or clause.code}


def _facts(measure: Measure, page: MeasurePage) -> list[tuple[str, object]]:
    supporting = [
        slot.assignment.department.name
        for slot in page.slots
        if slot.assignment.role == "supporting" and slot.assignment.state != "cancelled"
    ] or [department.name for department in measure.supporting_departments.all()]
    seat = measure.accountable_seat
    facts: list[tuple[str, object]] = [
        (_("牽頭單位"), measure.lead_department),
        (_("配合單位"), "、".join(supporting)),
        (_("責任領導"), " ".join(dict.fromkeys([seat.post, str(seat.user or "")])) if seat else ""),
        (_("責任人"), measure.owner),
        (_("開始日期"), chinese_date(measure.start_date)),
        (_("完成時限"), chinese_date(measure.due_date)),
        (_("報送週期"), measure.get_cycle_display()),
        (_("工作目標"), measure.objective),
        (_("主要任務"), measure.main_task),
    ]
    return [*facts, (_("備註"), measure.note)] if measure.note else facts


def _actions(measure: Measure, page: MeasurePage) -> dict[str, Any]:
    """此人此刻能辦的事；按鈕和對話框都由它決定。"""
    code, today = measure.campaign.code, page.today
    is_editor = policies.can_break_down(page.standing, measure.campaign)
    is_issued = measure.state == Measure.State.ISSUED
    mine = page.own_slots[0] if page.own_slots else None
    pending = [row for row in page.requests if row.state == ChangeRequest.State.PENDING]
    return {
        "mine": mine,
        "is_office": page.standing.is_office(measure.campaign),
        "edit_url": optional_url("tasks:measure-edit", code, measure.code) if is_editor else "",
        "bulk_url": optional_url("tasks:breakdown-bulk", code) if is_editor else "",
        "answer_url": answer_url(page.standing, mine.submissions) if mine else "",
        "can_chase": is_issued and bool(page.gaps or page.waiting_for),
        "close_out_url": reverse("tasks:measure-close-out", args=[code, measure.code])
        if is_editor and page.can_close_out
        else "",
        "pending": [_pending(row, page, is_editor) for row in pending],
        "settled": [row for row in page.requests if row.state != ChangeRequest.State.PENDING],
        "objection_form": mine
        and ObjectionForm(auto_id="ob-%s", assignment=mine.assignment, today=today),
        "extension_form": mine
        and mine.open_periods
        and ExtensionForm(auto_id="ex-%s", periods=period_choices(mine.open_periods)),
    }


def _pending(row: ChangeRequest, page: MeasurePage, is_editor: bool) -> dict[str, Any]:
    return {
        "row": row,
        "anchor": f"dlg-decide-{row.pk}",
        "title": _("裁定%(unit)s的%(kind)s")
        % {"unit": row.assignment.department.name, "kind": row.get_kind_display()},
        "words": asked_words(row),
        "is_own": row.assignment.department_id in page.standing.departments,
        "form": DecisionForm(auto_id=f"de{row.pk}-%s", change_request=row, today=page.today)
        if is_editor
        else None,
    }


def period_choices(submissions: list[Any]) -> list[tuple[int, str]]:
    """申請延期可選的各期：「2026年11月（11月25日 週三截止）」。"""
    return [
        (
            row.pk,
            _("%(period)s（%(due)s截止）")
            % {"period": row.name, "due": f"{row.due_date:%Y-%m-%d}"},
        )
        for row in submissions
    ]


@require_http_methods(["GET", "POST"])
def close_out(request: HttpRequest, campaign_code: str, code: str) -> HttpResponse:
    """銷號前再說一遍：誰會知道、不能再報。"""
    measure = measure_or_404(request, campaign_code, code)
    if not policies.can_break_down(standing_of_request(request), measure.campaign):
        raise PermissionDenied(_("只有本活動辦公室能銷號。"))
    page = FormPage(
        title=_("銷號 %(code)s") % {"code": measure.code},
        submit=_("銷號"),
        back=measure.get_absolute_url(),
        intro=measure.title,
        warning=_("銷號後進度記為 100%，各單位不再報送，並通知牽頭和配合單位。"),
        crumbs=[*measure_crumbs(measure)[:-1], (measure.code, measure.get_absolute_url())],
    )
    form = Form(posted(request))
    return form_page(request, page, form, lambda: _close(request, measure))


def _close(request: HttpRequest, measure: Measure) -> Done:
    try:
        review.close_out(actor=request.user, measure_id=measure.pk, at=clock.now())
    except WrongState as refusal:
        raise ValidationError(str(refusal)) from refusal
    return _("已銷號，牽頭和配合單位將收到通知。"), measure.get_absolute_url()
