"""考核辦法的一生：擬一份，照去年的抄一份，從 Excel 讀一份；查過無誤就啟用，舊的停用。"""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, gettext_noop

from campaigns.models import Campaign
from campaigns.standing import standing_of
from evaluations import policies
from evaluations.models import Scheme, Section, hundredths_of
from evaluations.schemes import SchemeTree, problems, read_tree
from evaluations.services.scheme_rows import write_tree
from journal.services import Message, record, source_script
from people.models import Appointment, User
from people.services import holders
from pingtan_civ.lib.scoring import show

#: 留痕寫什麼；鍵是動作，前面的應用名不寫。
SUMMARIES = {
    "scheme_drafted": gettext_noop("擬訂考核辦法「%(scheme)s」。"),
    "scheme_copied": gettext_noop("照「%(source)s」複製成考核辦法「%(scheme)s」。"),
    "scheme_imported": gettext_noop("從「%(source)s」導入考核辦法「%(scheme)s」。"),
    "scheme_changed": gettext_noop("改了考核辦法「%(scheme)s」。"),
    "scheme_discarded": gettext_noop("刪去考核辦法的草稿「%(scheme)s」。"),
    "scheme_adopted": gettext_noop("啟用考核辦法「%(scheme)s」。"),
    "scheme_replaced": gettext_noop("啟用考核辦法「%(scheme)s」，原來的一版停用。"),
    "scheme_section_saved": gettext_noop("考核辦法「%(scheme)s」：保存測評項目 %(part)s。"),
    "scheme_section_removed": gettext_noop("考核辦法「%(scheme)s」：刪去測評項目 %(part)s。"),
    "scheme_section_moved": gettext_noop("考核辦法「%(scheme)s」：挪動測評項目 %(part)s。"),
    "scheme_criterion_saved": gettext_noop("考核辦法「%(scheme)s」：保存測評內容 %(part)s。"),
    "scheme_criterion_removed": gettext_noop("考核辦法「%(scheme)s」：刪去測評內容 %(part)s。"),
    "scheme_criterion_moved": gettext_noop("考核辦法「%(scheme)s」：挪動測評內容 %(part)s。"),
    "scheme_profiles_saved": gettext_noop("考核辦法「%(scheme)s」：保存計分類別和單位。"),
    "scheme_grades_saved": gettext_noop("考核辦法「%(scheme)s」：保存等次。"),
}
_NAMES = {
    "title": gettext_lazy("名稱"),
    "full": gettext_lazy("基本分總分"),
    "bonus_cap": gettext_lazy("加分封頂"),
    "penalty_cap": gettext_lazy("扣分上限"),
    "note": gettext_lazy("說明"),
}
#: 拒絕啟用時先說這麼多處，其餘的頁上都列着。
SAID = 3


@transaction.atomic
def create_scheme(
    *, actor: User, campaign_id: int, values: Mapping[str, Any], at: datetime
) -> Scheme:
    """擬一份空的草稿。values 的鍵：year title full bonus_cap penalty_cap note。Raises PermissionDenied、ValidationError。"""
    campaign = _office_of(actor, campaign_id, at)
    scheme = _open(campaign, actor, at, **values)
    tell(actor, scheme, "scheme_drafted", at)
    return scheme


@transaction.atomic
def copy_scheme(*, actor: User, scheme_id: int, year: int, title: str, at: datetime) -> Scheme:
    """照一份抄出新的草稿：同一年的是下一版，別的年度從那一年的下一版編起。"""
    source = Scheme.objects.select_related("campaign").get(pk=scheme_id)
    campaign = _office_of(actor, source.campaign_id, at)
    tree = replace(read_tree(source), title=title)
    scheme = _fill(campaign, actor, year, tree, at, copied_from=source)
    tell(actor, scheme, "scheme_copied", at, source=source)
    return scheme


@transaction.atomic
def import_scheme(
    *, actor: User, campaign_id: int, year: int, tree: SchemeTree, source: str, at: datetime
) -> Scheme:
    """把讀好的一整份寫成新的草稿。source 是文件名，記入留痕。"""
    campaign = _office_of(actor, campaign_id, at)
    scheme = _fill(campaign, actor, year, tree, at)
    tell(actor, scheme, "scheme_imported", at, source=source)
    return scheme


@transaction.atomic
def update_scheme(
    *, actor: User, scheme_id: int, values: Mapping[str, Any], at: datetime
) -> Scheme:
    """改名稱、總分、封頂和說明（鍵同上，不改年度）。沒有真改就不留痕。"""
    scheme = draft_of(actor, scheme_id, at)
    before = {name: getattr(scheme, name) for name in values}
    for name, value in _stored(values).items():
        setattr(scheme, name, value)
    if changes := _changes(before, values):
        scheme.full_clean()
        scheme.save(update_fields=list(_stored(values)))
        tell(actor, scheme, "scheme_changed", at, changes=changes)
    return scheme


@transaction.atomic
def discard_scheme(*, actor: User, scheme_id: int, at: datetime) -> Campaign:
    """刪去一份草稿。還沒有人照它評過，刪了不失什麼；啟用過的不能刪。"""
    scheme = draft_of(actor, scheme_id, at)
    if scheme.copies.exists():
        raise ValidationError(_("另有草稿是照這一份抄的，先啟用或刪去那一份。"))
    tell(actor, scheme, "scheme_discarded", at)
    # 測評項目護着計分類別，先刪項目。
    Section.objects.filter(scheme=scheme).delete()
    scheme.delete()
    return scheme.campaign


@transaction.atomic
def adopt_scheme(*, actor: User, scheme_id: int, at: datetime) -> Scheme:
    """啟用：先查一遍，有一處不對就不啟用；同一年原來使用的一版隨之停用，知會參加考核的單位。

    Raises PermissionDenied、ValidationError。
    """
    scheme = draft_of(actor, scheme_id, at)
    tree = read_tree(scheme)
    if found := problems(tree):
        sentences = [str(each) for each in found[:SAID]]
        if len(found) > SAID:
            sentences.append(_("共 %(count)d 處要改，都列在辦法頁上。") % {"count": len(found)})
        raise ValidationError(sentences)
    retired = Scheme.objects.in_force(scheme.campaign, scheme.year)
    if retired:
        retired.retire()
        retired.save(update_fields=["state"])
    scheme.adopt(actor=actor, at=at)
    scheme.save(update_fields=["state", "adopted_by", "adopted_at"])
    action = "scheme_replaced" if retired else "scheme_adopted"
    tell(actor, scheme, action, at, notify=_assessed(tree, at))
    return scheme


# ── 進門 ──────────────────────────────────────────────


def draft_of(actor: User, scheme_id: int, at: datetime) -> Scheme:
    """鎖住一份可以改的草稿。Raises PermissionDenied、ValidationError（已啟用）。

    先鎖活動再鎖辦法：同一活動的兩份同時啟用，後一份等前一份。
    """
    scheme = Scheme.objects.get(pk=scheme_id)
    _office_of(actor, scheme.campaign_id, at)
    scheme = Scheme.objects.select_for_update().select_related("campaign").get(pk=scheme_id)
    if not scheme.is_draft:
        raise ValidationError(_("這份考核辦法已經啟用，一個字也不能改。要修改，先複製成下一版。"))
    return scheme


def _office_of(actor: User, campaign_id: int, at: datetime) -> Campaign:
    campaign = Campaign.objects.select_for_update().get(pk=campaign_id)
    standing = standing_of(actor, timezone.localdate(at))
    if not policies.can_manage_schemes(standing, campaign):
        raise PermissionDenied(_("考核辦法由本活動的辦公室擬訂，活動結束後不再改。"))
    return campaign


def _fill(
    campaign: Campaign, actor: User, year: int, tree: SchemeTree, at: datetime, **more: Any
) -> Scheme:
    scheme = _open(
        campaign,
        actor,
        at,
        year=year,
        title=tree.title,
        full=tree.full,
        bonus_cap=tree.bonus_cap,
        penalty_cap=tree.penalty_cap,
        note=tree.note,
        **more,
    )
    write_tree(scheme, tree)
    return scheme


def _open(campaign: Campaign, actor: User, at: datetime, **values: Any) -> Scheme:
    """建一份草稿，版次接着這一年的最後一版。"""
    scheme = Scheme(campaign=campaign, created_by=actor, created_at=at, **_stored(values))
    last = Scheme.objects.filter(campaign=campaign, year=scheme.year).order_by("-version").first()
    scheme.version = last.version + 1 if last else 1
    scheme.full_clean()
    scheme.save()
    return scheme


def _stored(values: Mapping[str, Any]) -> dict[str, Any]:
    """分數換成庫裏的整數。"""
    found = {}
    for name, value in values.items():
        if name in ("full", "bonus_cap", "penalty_cap"):
            name, value = f"{name}_hundredths", None if value is None else hundredths_of(value)
        found[name] = value
    return found


@source_script()
def _changes(before: Mapping[str, Any], after: Mapping[str, Any]) -> dict[str, list[str]]:
    return {
        str(_NAMES[name]): [_said(before[name]), _said(value)]
        for name, value in after.items()
        if before[name] != value
    }


def _said(value: Any) -> str:
    if isinstance(value, Decimal):
        return show(value)
    return "" if value is None else str(value)


def _assessed(tree: SchemeTree, at: datetime) -> list[User]:
    """參加考核的各單位的負責人：要讓他們知道按什麼考。"""
    units = [each.pk for profile in tree.profiles for each in profile.departments]
    heads = holders(units, timezone.localdate(at), role=Appointment.Role.HEAD)
    return [person for people in heads.values() for person in people]


@source_script()
def tell(
    actor: User,
    scheme: Scheme,
    action: str,
    at: datetime,
    *,
    changes: dict[str, list[str]] | None = None,
    notify: Iterable[User] = (),
    **words: Any,
) -> None:
    """記一筆；words 是句子裏的別的詞。"""
    summary = _(SUMMARIES[action]) % {"scheme": scheme, **words}
    record(
        actor=actor,
        action=f"evaluations.{action}",
        target=scheme,
        at=at,
        summary=summary,
        changes=changes,
        notify=notify,
        message=Message(title=summary, url=scheme.get_absolute_url()),
    )
