"""指標的要求：週期、口徑、佐證、是否一票否決類。原文不在這裏改，只隨方案的新一版改。"""

from datetime import datetime
from typing import Any

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.utils.translation import gettext as _

from campaigns import policies
from campaigns.evidence_specs import identity
from campaigns.models import EvidenceRequirement, Indicator
from campaigns.standing import standing_of
from journal.services import record, source_script
from people.models import User

_FIELDS = ("cycle", "measurable", "is_veto_like", "standard")


@transaction.atomic
def update_indicator(
    *,
    actor: User,
    indicator_id: int,
    values: dict[str, Any],
    evidence: list[dict[str, Any]],
    at: datetime,
) -> Indicator:
    """改一項指標的要求並留痕。values 的鍵是 cycle、measurable、is_veto_like、standard；
    evidence 是各種佐證的要求（鍵見 evidence_specs.FIELDS），不在其中的不再要。已有的措施不受影響。

    措辭修訂的標記隨之消去：辦公室看過了。
    Raises PermissionDenied：不是本活動辦公室的人，或活動已結束。
    """
    indicator = (
        Indicator.objects.select_for_update(of=("self",))
        .select_related("objective__campaign", "clause")
        .get(pk=indicator_id)
    )
    campaign = indicator.objective.campaign
    if not policies.can_edit_indicators(standing_of(actor, at.date()), campaign):
        raise PermissionDenied(_("只有本活動辦公室的人可以改指標的要求。"))
    changes = {
        name: [getattr(indicator, name), values[name]]
        for name in _FIELDS
        if getattr(indicator, name) != values[name]
    }
    for name in _FIELDS:
        setattr(indicator, name, values[name])
    was_reworded, indicator.reworded_at = indicator.reworded_at is not None, None
    indicator.save(update_fields=[*_FIELDS, "reworded_at"])
    changes |= _want(indicator, evidence)
    if changes or was_reworded:
        with source_script():
            record(
                actor=actor,
                action="campaigns.indicator_changed",
                target=indicator,
                topic=campaign,
                summary=_("改了指標 %(code)s 的要求：%(text)s")
                % {"code": indicator.code, "text": indicator.clause.text[:60]},
                at=at,
                changes=changes,
            )
    return indicator


def _want(indicator: Indicator, evidence: list[dict[str, Any]]) -> dict[str, list[Any]]:
    """佐證要求換成新的；返回留痕用的前後對照。"""
    before = list(indicator.evidence_requirements.select_related("form"))
    after = [EvidenceRequirement(indicator=indicator, **values) for values in evidence]
    after.sort(key=lambda row: (row.form.position, row.form_id))
    if sorted(map(identity, before), key=str) == sorted(map(identity, after), key=str):
        return {}
    indicator.evidence_requirements.all().delete()
    EvidenceRequirement.objects.bulk_create(after)
    with source_script():
        return {"evidence": ["；".join(row.line for row in rows) for rows in (before, after)]}
