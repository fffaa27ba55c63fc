"""工作台上的一票否決：等領導認定的、確認解除的。一次查詢；徵詢逾期的數在菜單上。"""

from collections.abc import Iterable

from django.db.models import Exists, OuterRef, Q
from django.urls import reverse
from django.utils.translation import gettext as _

from campaigns.models import Campaign
from campaigns.standing import Standing
from desk.todo import LISTED, Todo
from evaluations.models import VetoEvent, VetoRelease
from pingtan_civ.lib.dates import near_date
from tasks.lights import Light


def veto_todos(standing: Standing, campaigns: list[Campaign]) -> Iterable[Todo]:
    led = [campaign.pk for campaign in campaigns if standing.is_leader(campaign)]
    return _to_decide(standing, led) if led else []


def _to_decide(standing: Standing, campaign_ids: list[int]) -> Iterable[Todo]:
    """等此人認定的事、確認的解除；與 policies 同一規則：登記、提出的人和本單位的人迴避。"""
    me = standing.user_id
    proposed = VetoRelease.objects.filter(
        event=OuterRef("pk"), state=VetoRelease.State.PENDING
    ).exclude(proposed_by=me)
    pending = Q(state=VetoEvent.State.PENDING) & ~Q(reported_by=me)
    rows = (
        VetoEvent.objects.filter(item__campaign__in=campaign_ids)
        .exclude(department__in=standing.departments)
        .filter(pending | (Q(state=VetoEvent.State.UPHELD) & Exists(proposed)))
        .with_everything()
        .order_by("reported_at", "pk")
    )
    for event in rows[:LISTED]:
        is_pending = event.is_pending
        yield Todo(
            light=Light.WARN,
            note="",
            label=_("待認定") if is_pending else _("待確認解除"),
            title=str(event),
            why=_("負面清單 · %(day)s發生 · %(text)s")
            % {
                "day": near_date(event.date_of_event, standing.on),
                "text": event.description[:60],
            },
            verb=_("認定或不成立") if is_pending else _("確認解除"),
            url=reverse("evaluations:veto-decide", args=[event.pk])
            if is_pending
            else event.get_absolute_url(),
            campaign_id=event.item.campaign_id,
        )
