"""工作台上的彙報：等此人審核的、等領導簽發的，退回創建辦修改的。一次查詢。"""

from collections.abc import Iterable

from django.db.models import Q, QuerySet
from django.utils.timezone import localdate
from django.utils.translation import gettext as _

from campaigns.standing import Standing
from desk.todo import LISTED, Todo
from pingtan_civ.lib.dates import near_date
from reports.models import Report
from reports.policies import is_reviewer
from tasks.lights import Light

State = Report.State


def report_rows(standing: Standing, campaign_ids: list[int]) -> QuerySet[Report]:
    """與 reports.policies 同一規則：送審的人自己不審；簽發是領導的事，紙上簽的辦公室登記。"""
    reviewing = [pk for pk in campaign_ids if is_reviewer(standing, pk)]
    seated = [pk for pk in campaign_ids if standing.is_leader(pk) or standing.is_office(pk)]
    to_review = Q(campaign__in=reviewing, state=State.DRAFT, submitted_at__isnull=False)
    return Report.objects.defer("snapshot").filter(
        (to_review & ~Q(submitted_by=standing.user_id))
        | Q(campaign__in=seated, state=State.REVIEWED)
    )


def report_todos(rows: QuerySet[Report], standing: Standing) -> Iterable[Todo]:
    rows = rows.select_related("campaign", "submitted_by", "reviewed_by")
    return [_todo(report, standing) for report in rows.order_by("submitted_at", "pk")[:LISTED]]


def _todo(report: Report, standing: Standing) -> Todo:
    moved_at = report.reviewed_at or report.submitted_at
    words = {
        "kind": report.get_kind_display(),
        "who": report.reviewed_by or report.submitted_by,
        "day": near_date(localdate(moved_at), standing.on) if moved_at else "",
    }
    if report.is_submitted:
        label, verb = _("待審核"), _("審核")
        why = _("%(kind)s · %(who)s %(day)s送審。") % words
    elif standing.is_leader(report.campaign_id):
        label, verb = _("待簽發"), _("簽發")
        why = _("%(kind)s · %(who)s %(day)s審核通過，文字已鎖定。") % words
    else:
        label, verb = _("待簽發"), _("登記紙上簽發")
        why = _("%(kind)s · %(who)s %(day)s審核通過；領導在平台簽發，或紙上簽了由您登記。") % words
    return Todo(
        light=Light.WARN,
        note="",
        label=label,
        title=report.title,
        why=why,
        verb=verb,
        url=report.get_absolute_url(),
        campaign_id=report.campaign_id,
    )
