"""我的單位要報的：待簽收、待填報、已報出的走到哪一步。"""

from dataclasses import dataclass
from datetime import date

from django.db.models import OuterRef, Subquery
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from campaigns.current import campaign_or_404
from tasks import inbox
from tasks.lights import Light, LightRule
from tasks.measure_page import note_after
from tasks.models import Assignment, Round, Submission
from tasks.views.doors import standing_of_request
from workdays.services import calendar


@dataclass(frozen=True)
class Due:
    """一件要填報的：燈、時限，被退回的帶着理由。"""

    submission: Submission
    light: Light
    note: str
    reason: str

    @property
    def note_after_light(self) -> str:
        """「逾期」已由燈說了，後面只跟天數。"""
        return note_after(self.light, self.note)


@dataclass(frozen=True)
class ToSign:
    """一件待簽收的：簽收時限的燈。"""

    assignment: Assignment
    light: Light
    note: str

    @property
    def url(self) -> str:
        return self.assignment.measure.get_absolute_url()

    @property
    def note_after_light(self) -> str:
        return note_after(self.light, self.note)


@require_GET
def my_reports(request: HttpRequest, campaign_code: str) -> HttpResponse:
    campaign = campaign_or_404(request, campaign_code)
    standing = standing_of_request(request)
    rule = LightRule.on(standing.on, calendar(), campaign.warn_days)
    to_sign = inbox.to_acknowledge(standing, campaign).select_related(
        "measure__campaign", "department"
    )
    reports = inbox.reports_of(standing, campaign, standing.on)
    context = {
        "campaign": campaign,
        "to_sign": [_to_sign(row, rule) for row in to_sign.order_by("acknowledge_due_date", "pk")],
        "due": [_due(row, rule) for row in _with_last_round(reports.due)],
        "waiting": reports.waiting,
        "accepted": reports.accepted,
        "has_post": bool(standing.departments),
        "several": len(standing.departments) > 1,
        "next_start": _next_start(standing.departments, campaign.pk, standing.on),
    }
    return render(request, "tasks/my_reports.html", context)


def _with_last_round(rows: "Submission.objects") -> "Submission.objects":
    """被退回的帶上一輪的理由。"""
    last = Round.objects.filter(submission=OuterRef("pk")).exclude(decision="").order_by("-number")
    return rows.annotate(
        back_reason=Subquery(last.values("reason")[:1]),
        back_decision=Subquery(last.values("decision")[:1]),
    )


def _due(row: Submission, rule: LightRule) -> Due:
    return Due(row, rule.of_due(row.due_date), rule.note(row.due_date), row.back_reason or "")


def _to_sign(row: Assignment, rule: LightRule) -> ToSign:
    due = row.acknowledge_due_date
    return ToSign(row, rule.of_due(due), rule.note(due))


def _next_start(departments: frozenset[int], campaign_id: int, on: date) -> date | None:
    """下一期從哪天開始填，都報完時告訴人。"""
    return (
        Submission.objects.owed()
        .of(departments)
        .filter(assignment__measure__campaign=campaign_id, period_start__gt=on)
        .order_by("period_start")
        .values_list("period_start", flat=True)
        .first()
    )
