"""提綱：新建、照抄、改各章、定默認、停用。已建立的彙報各有自己抄下的各章，改提綱不動它們。"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.db.models import QuerySet
from django.utils.timezone import localtime
from django.utils.translation import gettext as _

from campaigns.models import Campaign
from campaigns.standing import standing_of
from journal.services import record, source_script
from people.models import User
from reports import policies
from reports.models import Outline, OutlineChapter, Report
from reports.outline import ANNEXES, Chapter, chapters_of

MOST_CHAPTERS = 30


class OutlineChanged(ValidationError):
    """打開之後別人先改了。outline 是庫裏現在的樣子。"""

    def __init__(self, outline: Outline) -> None:
        super().__init__(
            _(
                "您打開之後，別人改過這份提綱，您的還沒有保存。看看下面別人改成了什麼，再按一次保存。"
            )
        )
        self.outline = outline


@dataclass(frozen=True)
class OutlineSettings:
    """一份提綱除各章以外的。"""

    name: str
    mark: str = ""
    head_text: str = ""
    copied_to: str = ""
    annexes: list[str] = field(default_factory=list)


@transaction.atomic
def create_outline(
    *,
    actor: User,
    campaign: Campaign,
    kind: str,
    name: str,
    at: datetime,
    source: Outline | None = None,
) -> Outline:
    """照內置的（source 為空）或另一份抄一份，再改。Raises PermissionDenied、ValidationError（同名）。"""
    _permit(actor, campaign, at)
    Campaign.objects.select_for_update().get(pk=campaign.pk)
    _check_name(campaign.pk, kind, name)
    outline = Outline.objects.create(
        campaign=campaign,
        kind=kind,
        name=name,
        head_text=source.head_text if source else "",
        copied_to=source.copied_to if source else "",
        annexes=source.annexes if source else list(ANNEXES.get(kind, ())),
    )
    _write(outline, chapters_of(source, kind))
    words = {"kind": Report.Kind(kind).label, "name": name}
    _record(actor, outline, "outline_created", at, _("新建%(kind)s的提綱「%(name)s」。") % words)
    return outline


@transaction.atomic
def save_outline(
    *,
    actor: User,
    outline_id: int,
    version: int,
    settings: OutlineSettings,
    chapters: Sequence[Chapter],
    at: datetime,
) -> Outline:
    """整份保存。version 是打開時看到的改動次數。

    Raises PermissionDenied、OutlineChanged（別人先改了）、ValidationError（同名，或一章也沒有）。
    """
    outline = _locked(actor, outline_id, at)
    if outline.version != version:
        raise OutlineChanged(outline)
    if not chapters:
        raise ValidationError(_("提綱至少要有一章。"))
    if len(chapters) > MOST_CHAPTERS:
        raise ValidationError(_("一份提綱最多 %(most)d 章。") % {"most": MOST_CHAPTERS})
    _check_name(outline.campaign_id, outline.kind, settings.name, outline.pk)
    _check_mark(settings.mark)
    before = _as_words(outline)
    for name, value in asdict(settings).items():
        setattr(outline, name, value)
    outline.version += 1
    outline.save()
    outline.rows.all().delete()
    _write(outline, chapters)
    after = _as_words(outline)
    changes = {name: [before[name], after[name]] for name in before if before[name] != after[name]}
    if changes:
        words = {"name": outline.name}
        sentence = _("修改提綱「%(name)s」，已建立的彙報不動。") % words
        _record(actor, outline, "outline_changed", at, sentence, changes)
    return outline


@transaction.atomic
def set_default(*, actor: User, outline_id: int, at: datetime) -> Outline:
    """編這一種文件時默認用它。Raises PermissionDenied、ValidationError（已停用）。"""
    outline = _locked(actor, outline_id, at)
    if outline.retired_at:
        raise ValidationError(_("這份提綱已停用，先恢復，再設為默認。"))
    if not outline.is_default:
        _same_kind(outline).filter(is_default=True).update(is_default=False)
        outline.is_default = True
        outline.save(update_fields=["is_default"])
        words = {"kind": Report.Kind(outline.kind).label, "name": outline.name}
        sentence = _("%(kind)s默認用提綱「%(name)s」。") % words
        _record(actor, outline, "outline_default", at, sentence)
    return outline


@transaction.atomic
def clear_default(*, actor: User, outline_id: int, at: datetime) -> Outline:
    """改回默認用內置的。"""
    outline = _locked(actor, outline_id, at)
    if outline.is_default:
        outline.is_default = False
        outline.save(update_fields=["is_default"])
        words = {"kind": Report.Kind(outline.kind).label}
        sentence = _("%(kind)s改回默認用內置的提綱。") % words
        _record(actor, outline, "outline_default", at, sentence)
    return outline


@transaction.atomic
def retire(*, actor: User, outline_id: int, at: datetime) -> Outline:
    """停用：不再列出供選；用它建立的彙報照舊。"""
    outline = _locked(actor, outline_id, at)
    if outline.retired_at is None:
        outline.retired_at, outline.is_default = at, False
        outline.save(update_fields=["retired_at", "is_default"])
        sentence = _("停用提綱「%(name)s」。") % {"name": outline.name}
        _record(actor, outline, "outline_retired", at, sentence)
    return outline


@transaction.atomic
def revive(*, actor: User, outline_id: int, at: datetime) -> Outline:
    """恢復停用的一份。"""
    outline = _locked(actor, outline_id, at)
    if outline.retired_at:
        outline.retired_at = None
        outline.save(update_fields=["retired_at"])
        sentence = _("恢復提綱「%(name)s」。") % {"name": outline.name}
        _record(actor, outline, "outline_revived", at, sentence)
    return outline


def _permit(actor: User, campaign: Campaign, at: datetime) -> None:
    if not policies.can_compile(standing_of(actor, localtime(at).date()), campaign):
        raise PermissionDenied(_("只有本活動辦公室能改彙報的提綱。"))


def _locked(actor: User, outline_id: int, at: datetime) -> Outline:
    """先鎖活動再取提綱：定默認、停用、改名依次進行。"""
    campaign_id = Outline.objects.values_list("campaign_id", flat=True).get(pk=outline_id)
    campaign = Campaign.objects.select_for_update().get(pk=campaign_id)
    _permit(actor, campaign, at)
    outline = Outline.objects.get(pk=outline_id)
    outline.campaign = campaign
    return outline


def _same_kind(outline: Outline) -> QuerySet[Outline]:
    return Outline.objects.filter(campaign_id=outline.campaign_id, kind=outline.kind)


def _check_name(campaign_id: int, kind: str, name: str, pk: int | None = None) -> None:
    same = Outline.objects.filter(campaign_id=campaign_id, kind=kind, name=name).exclude(pk=pk)
    if same.exists():
        raise ValidationError({"name": _("這一種文件已有同名的提綱，請換個名稱。")})


def _check_mark(mark: str) -> None:
    """期號的發號簿以 report/ 開頭，發文代字不能與它相混。"""
    if "/" in mark:
        raise ValidationError({"mark": _("發文代字裏不能有「/」，請只寫代字，如「平民創報」。")})


def _write(outline: Outline, chapters: Sequence[Chapter]) -> None:
    """各章按先後寫下；key 空着的、重的，另編一個。"""
    taken: set[str] = set()
    rows = []
    for position, chapter in enumerate(chapters):
        key, number = chapter.key or f"c{position + 1}", 1
        while key in taken:
            number += 1
            key = f"{chapter.key or f'c{position + 1}'}-{number}"
        taken.add(key)
        values = asdict(replace(chapter, key=key))
        values.pop("scope")
        rows.append(OutlineChapter(outline=outline, position=position, **values))
    OutlineChapter.objects.bulk_create(rows)


def _as_words(outline: Outline) -> dict[str, str]:
    """留痕裏寫的前後：各章寫成一行。"""
    rows = outline.rows.order_by("position", "pk")
    return {
        "name": outline.name,
        "mark": outline.mark,
        "head_text": outline.head_text,
        "copied_to": outline.copied_to,
        "annexes": "、".join(outline.annexes),
        "chapters": "；".join(f"{row.heading or row.section_kind}（{row.flow}）" for row in rows),
    }


@source_script()
def _record(
    actor: User,
    outline: Outline,
    action: str,
    at: datetime,
    summary: str,
    changes: dict[str, list[str]] | None = None,
) -> None:
    record(
        actor=actor,
        action=f"reports.{action}",
        target=outline,
        at=at,
        summary=str(summary),
        changes=changes,
    )
