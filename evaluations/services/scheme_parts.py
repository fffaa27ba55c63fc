"""改草稿的一處：測評項目、測評內容、計分類別、等次。"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Max, QuerySet
from django.utils.translation import gettext as _

from evaluations.models import Criterion, Profile, ProfileDepartment, Section
from evaluations.schemes import CriterionLine, GradeLine, ProfileLine, SectionNode
from evaluations.services.scheme_rows import (
    criterion_values,
    fill_criteria,
    write_grades,
    write_members,
)
from evaluations.services.schemes import draft_of, tell
from people.models import User

# ── 測評項目 ──────────────────────────────────────────


@transaction.atomic
def save_section(
    *,
    actor: User,
    scheme_id: int,
    node: SectionNode,
    at: datetime,
    parent_id: int | None = None,
    section_id: int | None = None,
) -> Section:
    """加一項或改一項；下面的內容不動。parent_id 只在加測評指標（第二層）時給。

    計入哪一塊、屬哪一類、對應哪個目標，下一層隨上一層。
    Raises PermissionDenied、ValidationError。
    """
    scheme = draft_of(actor, scheme_id, at)
    if section_id:
        section = Section.objects.select_related("parent").get(pk=section_id, scheme=scheme)
    else:
        siblings = Section.objects.filter(scheme=scheme, parent=parent_id)
        section = Section(scheme=scheme, position=_next(siblings))
        if parent_id:
            section.parent = Section.objects.get(pk=parent_id, scheme=scheme, parent=None)
    section.number, section.title = node.number, node.title
    if section.parent:
        section.part, section.profile = section.parent.part, section.parent.profile
    else:
        _place(section, node)
    section.full_clean()
    section.save()
    if section_id:
        Section.objects.filter(parent=section).update(part=section.part, profile=section.profile)
    tell(actor, scheme, "scheme_section_saved", at, part=section)
    return section


def _place(section: Section, node: SectionNode) -> None:
    section.part = node.part.value
    section.objective_id = node.objective.pk if node.objective else None
    section.profile = None
    if node.profile:
        section.profile = Profile.objects.get(scheme=section.scheme, name=node.profile)


@transaction.atomic
def remove_section(*, actor: User, scheme_id: int, section_id: int, at: datetime) -> None:
    """刪去一項，連同下面的指標、內容和標準。"""
    scheme = draft_of(actor, scheme_id, at)
    section = Section.objects.get(pk=section_id, scheme=scheme)
    tell(actor, scheme, "scheme_section_removed", at, part=section)
    section.delete()


@transaction.atomic
def move_section(*, actor: User, scheme_id: int, section_id: int, up: bool, at: datetime) -> None:
    scheme = draft_of(actor, scheme_id, at)
    section = Section.objects.get(pk=section_id, scheme=scheme)
    siblings = list(Section.objects.filter(scheme=scheme, parent=section.parent_id))
    if _swap(siblings, section, up):
        tell(actor, scheme, "scheme_section_moved", at, part=section)


# ── 測評內容 ──────────────────────────────────────────


@transaction.atomic
def save_criterion(
    *,
    actor: User,
    scheme_id: int,
    section_id: int,
    line: CriterionLine,
    at: datetime,
    criterion_id: int | None = None,
) -> Criterion:
    """加一條或改一條，連同檔次、標準和指標；section_id 換了就是挪到那一項的末尾。

    Raises PermissionDenied、ValidationError。
    """
    scheme = draft_of(actor, scheme_id, at)
    section = Section.objects.get(pk=section_id, scheme=scheme)
    held = Criterion.objects.filter(section__scheme=scheme)
    row = held.get(pk=criterion_id) if criterion_id else Criterion()
    if held.filter(number=line.number).exclude(pk=row.pk).exists():
        raise ValidationError({"number": _("這個編號別的測評內容已經用過，請換一個。")})
    if row.section_id != section.pk:
        row.section, row.position = section, _next(Criterion.objects.filter(section=section))
    for name, value in criterion_values(line).items():
        setattr(row, name, value)
    row.full_clean()
    row.save()
    row.steps.all().delete()
    row.standards.all().delete()
    row.indicators.clear()
    fill_criteria([(row, line)])
    tell(actor, scheme, "scheme_criterion_saved", at, part=row.number)
    return row


@transaction.atomic
def remove_criterion(*, actor: User, scheme_id: int, criterion_id: int, at: datetime) -> None:
    scheme = draft_of(actor, scheme_id, at)
    row = Criterion.objects.get(pk=criterion_id, section__scheme=scheme)
    tell(actor, scheme, "scheme_criterion_removed", at, part=row)
    row.delete()


@transaction.atomic
def move_criterion(
    *, actor: User, scheme_id: int, criterion_id: int, up: bool, at: datetime
) -> None:
    scheme = draft_of(actor, scheme_id, at)
    row = Criterion.objects.get(pk=criterion_id, section__scheme=scheme)
    if _swap(list(Criterion.objects.filter(section=row.section_id)), row, up):
        tell(actor, scheme, "scheme_criterion_moved", at, part=row.number)


# ── 類別和等次 ────────────────────────────────────────


@transaction.atomic
def save_profiles(
    *, actor: User, scheme_id: int, lines: Sequence[ProfileLine], at: datetime
) -> None:
    """整張保存計分類別和單位。帶主鍵的是原有的一類；沒有列出的刪去，還有項目屬於它的不能刪。"""
    scheme = draft_of(actor, scheme_id, at)
    held = {each.pk: each for each in Profile.objects.filter(scheme=scheme)}
    kept = {line.pk for line in lines}
    for pk, profile in held.items():
        if pk not in kept:
            _require_unused(profile)
            profile.delete()
    ProfileDepartment.objects.filter(scheme=scheme).delete()
    pairs = []
    for place, line in enumerate(lines):
        profile = held.get(line.pk) or Profile(scheme=scheme)
        profile.name, profile.position = line.name, place
        profile.full_clean()
        profile.save()
        pairs.append((profile, line))
    write_members(scheme, pairs)
    tell(actor, scheme, "scheme_profiles_saved", at)


def _require_unused(profile: Profile) -> None:
    section = profile.sections.first()
    if section:
        raise ValidationError(
            _("「%(profile)s」還有測評項目「%(section)s」只考它，先把那些項目刪去或改成別的類別。")
            % {"profile": profile, "section": section}
        )


@transaction.atomic
def save_grades(*, actor: User, scheme_id: int, lines: Sequence[GradeLine], at: datetime) -> None:
    """整張保存等次。"""
    scheme = draft_of(actor, scheme_id, at)
    scheme.grades.all().delete()
    write_grades(scheme, lines)
    tell(actor, scheme, "scheme_grades_saved", at)


# ── 次序 ──────────────────────────────────────────────


def _next(siblings: QuerySet) -> int:
    last = siblings.aggregate(last=Max("position"))["last"]
    return 0 if last is None else last + 1


def _swap(siblings: list[Any], row: Section | Criterion, up: bool) -> bool:
    """與前一個或後一個換位，次序重編成 0、1、2……；已在頭尾的不動，返回動了沒有。"""
    place = siblings.index(row)
    other = place - 1 if up else place + 1
    if not 0 <= other < len(siblings):
        return False
    siblings[place], siblings[other] = siblings[other], siblings[place]
    for position, each in enumerate(siblings):
        each.position = position
    type(row).objects.bulk_update(siblings, ["position"])
    return True
