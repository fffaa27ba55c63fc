"""工作台上的一票否決：等領導認定的、確認解除的，等本單位說明的。一次查詢。"""

from collections.abc import Iterable

from django.db.models import Exists, OuterRef, Q
from django.urls import reverse
from django.utils.translation import gettext as _

from campaigns.standing import Standing
from desk.todo import LISTED, Todo, waited_for
from evaluations.clocks import veto_due
from evaluations.models import VetoEvent, VetoEventQuerySet, VetoRelease
from pingtan_civ.lib.dates import near_date
from supervision.register import rule_on
from tasks.lights import Light
from workdays.services import calendar

State = VetoEvent.State


def veto_rows(standing: Standing, campaign_ids: list[int]) -> VetoEventQuerySet:
    """等此人認定的事、確認的解除，與 policies 同一規則：登記、提出的人和本單位的人迴避；

    還有本單位沒有自報、也還沒有說明的；主管部門已認定的才有期限（clocks.is_statement_awaited）。
    """
    me, own = standing.user_id, Q(department__in=standing.departments)
    led = [pk for pk in campaign_ids if standing.is_leader(pk)]
    proposed = VetoRelease.objects.filter(
        event=OuterRef("pk"), state=VetoRelease.State.PENDING
    ).exclude(proposed_by=me)
    pending = Q(state=State.PENDING)
    to_decide = (pending & ~Q(reported_by=me)) | (Q(state=State.UPHELD) & Exists(proposed))
    to_state = pending & Q(is_self_reported=False, stated_at__isnull=True)
    return VetoEvent.objects.filter(
        (Q(item__campaign__in=led) & ~own & to_decide)
        | (Q(item__campaign__in=campaign_ids) & own & to_state)
    )


def veto_todos(rows: VetoEventQuerySet, standing: Standing) -> Iterable[Todo]:
    rows = rows.with_everything().order_by("reported_at", "pk")
    return [
        _statement(event, standing)
        if event.department_id in standing.departments
        else _decision(event, standing)
        for event in rows[:LISTED]
    ]


def _statement(event: VetoEvent, standing: Standing) -> Todo:
    rule, due = rule_on(standing.on, calendar()), event.report_due_date
    return Todo(
        light=rule.of_due(due) if due else Light.WARN,
        note="",
        label=rule.note(due) if due else _("待說明"),
        title=str(event),
        why=_why(event, standing),
        verb=_("寫單位說明"),
        url=reverse("evaluations:veto-statement", args=[event.pk]),
        due=due,
        campaign_id=event.item.campaign_id,
    )


def _decision(event: VetoEvent, standing: Standing) -> Todo:
    is_pending = event.is_pending
    due = veto_due(event, calendar()) if is_pending else None
    light = rule_on(standing.on, calendar()).of_due(due) if due else Light.WARN
    return Todo(
        light=waited_for(light),
        note="",
        label=_("待認定") if is_pending else _("待確認解除"),
        title=str(event),
        why=_why(event, standing),
        verb=_("作出決定") if is_pending else _("確認解除"),
        url=reverse("evaluations:veto-decide", args=[event.pk])
        if is_pending
        else event.get_absolute_url(),
        due=due,
        campaign_id=event.item.campaign_id,
    )


def _why(event: VetoEvent, standing: Standing) -> str:
    return _("負面清單 · %(day)s發生 · %(text)s") % {
        "day": near_date(event.date_of_event, standing.on),
        "text": event.description[:60],
    }
