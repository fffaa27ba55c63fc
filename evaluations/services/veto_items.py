"""負面清單：從方案列入、加一項、改一項、停用。"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.db.models import Max
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from campaigns.models import Campaign, Indicator
from campaigns.standing import standing_of
from evaluations import policies
from evaluations.models import VetoItem
from journal.changes import apply_changes
from journal.services import record, source_script
from people.models import User
from pingtan_civ.lib.script import search_key, simplify

#: 條款裏的詞 → 該問哪個主管部門；只是起始值，辦公室可以改。方案是簡體的也認得。
AUTHORITIES = (
    ("上訪", "信訪部門"),
    ("違法違紀", "紀檢監察機關"),
    ("刑事", "公安機關"),
    ("安全", "應急管理部門"),
    ("計劃生育", "衛生健康部門"),
    ("黃賭毒", "公安機關"),
    ("邪教", "公安機關"),
    ("污染", "生態環境部門"),
)
#: 方案的要求 → 出了的是什麼事；各款的說法不同，逐款寫定。
EVENTS = {
    "無違反職業道德和誠信被投訴現象": "因違反職業道德和誠信被投訴",
    "全系統無群體性上訪事件": "發生群體性上訪事件",
    "無嚴重違法違紀問題": "發生嚴重違法違紀問題",
    "無刑事案件": "發生刑事案件",
    "無重大安全責任事故": "發生重大安全責任事故",
    "無違反計劃生育問題": "發生違反計劃生育問題",
    "無「黃賭毒」和邪教活動": "發生「黃賭毒」或邪教活動",
    "無髒亂差現象": "存在髒亂差現象",
    "無污染事故發生": "發生污染事故",
}
#: 像「無髒亂差現象」：寫法像一票否決，實際發現一次扣一次。
SOFT = "無髒亂差現象"
SOFT_POINTS_HUNDREDTHS = 100


@transaction.atomic
def seed_from_plan(*, actor: User, campaign: Campaign, at: datetime) -> list[VetoItem]:
    """把方案裏「無……」的各款列入清單，返回這次新列的；列過的（含停用的）不再列。

    一票否決類的列作「不得推薦」，「無髒亂差現象」列作扣分。Raises PermissionDenied。
    """
    _permit(actor, campaign, at)
    Campaign.objects.select_for_update().get(pk=campaign.pk)
    listed = set(campaign.veto_items.values_list("indicator", flat=True))
    texts = set(campaign.veto_items.values_list("text", flat=True))
    events = set(campaign.veto_items.values_list("event_text", flat=True))
    rows = (
        Indicator.objects.filter(objective__campaign=campaign, retired_at__isnull=True)
        .select_related("clause")
        .order_by("objective__number", "position", "pk")
    )
    wanted = [
        row
        for row in rows
        if (row.is_veto_like or search_key(row.clause.text) == search_key(SOFT))
        and row.pk not in listed
        and row.clause.text not in texts
        and event_of(row.clause.text) not in events
    ]
    first = _next_position(campaign)
    added = [_item_of(campaign, row, first + number) for number, row in enumerate(wanted)]
    VetoItem.objects.bulk_create(added)
    if added:
        with source_script():
            record(
                actor=actor,
                action="evaluations.veto_items_seeded",
                target=campaign,
                at=at,
                summary=_("從方案列入負面清單 %(count)s 項。") % {"count": len(added)},
            )
    return added


def event_of(clause: str) -> str:
    """方案的要求說成出了的事：無重大安全責任事故 → 發生重大安全責任事故。只是起始值，可以改。"""
    key = search_key(clause)
    known = (event for text, event in EVENTS.items() if search_key(text) == key)
    event = next(known, "") or _turned(clause)
    return simplify(event) if simplify(clause) == clause else event


def _turned(clause: str) -> str:
    """表上沒有的：「無」換成「發生」，說現象的換成「存在」；不是「無……」的照原文。"""
    before, _no, what = clause.replace("无", "無").rstrip("、，。；,;. ").partition("無")
    if not what:
        return clause
    happened = "存在" if what.endswith(("現象", "现象")) else "發生"
    return ("" if before.startswith("全") else before) + happened + what


def _item_of(campaign: Campaign, indicator: Indicator, position: int) -> VetoItem:
    text = indicator.clause.text
    key = search_key(text)
    is_soft = not indicator.is_veto_like
    effect = VetoItem.Effect.POINTS_DEDUCTED if is_soft else VetoItem.Effect.NOT_ELIGIBLE
    return VetoItem(
        campaign=campaign,
        indicator=indicator,
        event_text=event_of(text),
        text=text,
        authority=next((name for word, name in AUTHORITIES if search_key(word) in key), ""),
        effect=effect,
        points_hundredths=SOFT_POINTS_HUNDREDTHS if is_soft else 0,
        position=position,
    )


def _next_position(campaign: Campaign) -> int:
    last = campaign.veto_items.aggregate(last=Max("position"))["last"]
    return 0 if last is None else last + 1


@transaction.atomic
def add_item(
    *, actor: User, campaign: Campaign, values: Mapping[str, Any], at: datetime
) -> VetoItem:
    """在清單末尾加一項。Raises PermissionDenied、ValidationError。"""
    _permit(actor, campaign, at)
    item = VetoItem(campaign=campaign, position=_next_position(campaign), **values)
    item.full_clean()
    item.save()
    _record(actor, item, "veto_item_added", gettext_lazy("負面清單加一項：%(item)s。"), at)
    return item


@transaction.atomic
def update_item(*, actor: User, item_id: int, values: Mapping[str, Any], at: datetime) -> VetoItem:
    """改一項；出過事的只能改認定機關。Raises PermissionDenied、ValidationError。"""
    item = _locked(item_id)
    _permit(actor, item.campaign, at)
    _require_listed(item)
    rules = any(getattr(item, name) != new for name, new in values.items() if name != "authority")
    if rules and item.events.exists():
        raise ValidationError(
            _("這一項已有登記的事件，只能改認定機關；別的要改，請停用這一項，另列一項。")
        )
    changes = apply_changes(item, values)
    if not changes:
        return item
    item.full_clean()
    item.save(update_fields=list(values))
    _record(
        actor, item, "veto_item_changed", gettext_lazy("修改負面清單的「%(item)s」。"), at, changes
    )
    return item


@transaction.atomic
def retire_item(*, actor: User, item_id: int, at: datetime) -> VetoItem:
    """停用一項：不再登記新的事，已登記的照舊算數。Raises PermissionDenied、ValidationError。"""
    item = _locked(item_id)
    _permit(actor, item.campaign, at)
    _require_listed(item)
    item.retired_at = at
    item.save(update_fields=["retired_at"])
    _record(actor, item, "veto_item_retired", gettext_lazy("停用負面清單的「%(item)s」。"), at)
    return item


def _locked(item_id: int) -> VetoItem:
    rows = VetoItem.objects.select_for_update(of=("self",)).select_related("campaign")
    return rows.get(pk=item_id)


def _require_listed(item: VetoItem) -> None:
    if item.retired_at:
        raise ValidationError(_("這一項已停用；要恢復請另列一項。"))


def _permit(actor: User, campaign: Campaign, at: datetime) -> None:
    standing = standing_of(actor, timezone.localdate(at))
    if not policies.can_maintain_negative_list(standing, campaign):
        raise PermissionDenied(_("負面清單由本活動辦公室在活動結束前維護。"))


def _record(
    actor: User,
    item: VetoItem,
    action: str,
    summary: Promise,
    at: datetime,
    changes: dict[str, list[Any]] | None = None,
) -> None:
    with source_script():
        record(
            actor=actor,
            action=f"evaluations.{action}",
            target=item,
            topic=item.campaign,
            at=at,
            summary=str(summary) % {"item": item},
            changes=changes,
        )
