"""推薦項目：擬、改、定條件、抄條件、發佈、中止。條件發佈以前改，發佈以後不改。"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.db.models import Max
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from campaigns.models import Campaign
from campaigns.standing import standing_of
from journal.changes import apply_changes
from people.models import Appointment, Department, User
from people.services import holders
from pingtan_civ.lib.dates import near_date
from recommendations import policies
from recommendations.models import Condition, Programme
from recommendations.services.telling import (
    concerned,
    day_of,
    locked_programme,
    note,
    office,
    permit_managing,
    require_reason,
    voters,
)
from tasks.models import WrongState

State, Kind = Programme.State, Condition.Kind


@transaction.atomic
def draft_programme(
    *, actor: User, campaign: Campaign, values: Mapping[str, Any], at: datetime
) -> Programme:
    """擬一個項目。Raises PermissionDenied、ValidationError。"""
    if not policies.can_manage(standing_of(actor, day_of(at)), campaign):
        raise PermissionDenied(_("推薦項目由本活動辦公室擬訂，活動要在進行中。"))
    programme = Programme(campaign=campaign, created_by=actor, created_at=at, **values)
    _check(programme)
    programme.save()
    note(
        actor=actor,
        programme=programme,
        action="programme_drafted",
        at=at,
        summary=gettext_lazy("擬訂推薦項目「%(programme)s」"),
    )
    return programme


@transaction.atomic
def revise_programme(
    *, actor: User, programme_id: int, values: Mapping[str, Any], at: datetime
) -> Programme:
    """改項目；申報以後只能改申報截止，而且只能往後。Raises PermissionDenied、WrongState、ValidationError。"""
    programme = locked_programme(programme_id)
    permit_managing(actor, programme, at)
    programme.require(State.DRAFT, State.OPEN)
    before = programme.apply_by
    changes = apply_changes(programme, values)
    if not changes:
        return programme
    if programme.state == State.OPEN:
        _only_later(changes, before, programme)
    _check(programme)
    programme.save(update_fields=list(values))
    is_open = programme.state == State.OPEN
    note(
        actor=actor,
        programme=programme,
        action="programme_revised",
        at=at,
        summary=gettext_lazy("改了推薦項目「%(programme)s」的%(fields)s"),
        fields="、".join(changes),
        changes=changes,
        notify=_heads(at) if is_open else (),
    )
    return programme


def _only_later(changes: Mapping[str, Any], before: Any, programme: Programme) -> None:
    label = str(Programme._meta.get_field("apply_by").verbose_name)
    if set(changes) - {label} or programme.apply_by < before:
        raise ValidationError(
            {"apply_by": _("已經發佈，各單位照它申報：只能把申報截止往後推，別的不能再改。")}
        )


def _check(programme: Programme) -> None:
    programme.full_clean()
    unknown = set(programme.kinds) - set(Programme.Whom.values)
    if not programme.kinds or unknown:
        raise ValidationError({"kinds": _("選推薦誰，至少一種。")})


# ── 條件 ──────────────────────────────────────────────


@transaction.atomic
def put_condition(
    *,
    actor: User,
    programme_id: int,
    values: Mapping[str, Any],
    at: datetime,
    condition_id: int | None = None,
) -> Condition:
    """加一項條件，或改一項。Raises PermissionDenied、WrongState、ValidationError。"""
    programme = _locked_draft(actor, programme_id, at)
    if condition_id is None:
        last = programme.conditions.aggregate(last=Max("position"))["last"] or 0
        condition = Condition(programme=programme, position=last + 1)
    else:
        condition = _condition_of(programme, condition_id)
    changes = apply_changes(condition, values)
    if condition.pk and not changes:
        return condition
    _check_condition(condition)
    is_new = condition.pk is None
    condition.save()
    note(
        actor=actor,
        programme=programme,
        action="condition_added" if is_new else "condition_changed",
        at=at,
        summary=gettext_lazy("推薦條件：%(text)s"),
        text=condition.text,
        changes={} if is_new else changes,
    )
    return condition


def _locked_draft(actor: User, programme_id: int, at: datetime) -> Programme:
    programme = locked_programme(programme_id)
    permit_managing(actor, programme, at)
    if programme.state != State.DRAFT:
        raise WrongState(_("條件在發佈以前定；已經發佈的不再改，各單位照它申報。"))
    return programme


def _condition_of(programme: Programme, condition_id: int) -> Condition:
    """Raises WrongState（等鎖的時候別人去掉了）。"""
    condition = programme.conditions.filter(pk=condition_id).first()
    if condition is None:
        raise WrongState(_("這一項條件剛由別人去掉了，請刷新看看。"))
    return condition


def _check_condition(condition: Condition) -> None:
    """種類要的那一樣要填；round 要是本活動的。"""
    errors: dict[str, str] = {}
    kind = condition.kind
    is_of_round = kind in (Kind.MINIMUM_SCORE, Kind.GRADE_AT_LEAST)
    round_ = condition.round
    if is_of_round and round_ is None:
        errors["round"] = _("選一次考核。")
    elif round_ and round_.campaign_id != condition.programme.campaign_id:
        errors["round"] = _("選本活動的考核。")
    if kind == Kind.MINIMUM_SCORE and not condition.points_hundredths:
        errors["points"] = _("寫明至少幾分。")
    if kind == Kind.GRADE_AT_LEAST and not condition.grade:
        errors["grade"] = _("寫明最低哪一等，照考核辦法的等次名稱。")
    if kind == Kind.TITLED_SHARE and not condition.share_hundredths:
        errors["share"] = _("寫明至少百分之幾。")
    if kind in (Kind.TITLED_SHARE, Kind.HOLDS_TITLE) and not condition.level:
        errors["level"] = _("選最低哪一級。")
    if condition.is_waivable and kind in Condition.NEVER_WAIVED:
        errors["is_waivable"] = _("一票否決和重複申報的條件不能豁免。")
    if errors:
        raise ValidationError(errors)
    condition.full_clean()


@transaction.atomic
def remove_condition(
    *, actor: User, programme_id: int, condition_id: int, at: datetime
) -> Programme:
    """去掉一項條件；發佈以前。Raises PermissionDenied、WrongState。"""
    programme = _locked_draft(actor, programme_id, at)
    condition = _condition_of(programme, condition_id)
    condition.delete()
    note(
        actor=actor,
        programme=programme,
        action="condition_removed",
        at=at,
        summary=gettext_lazy("去掉推薦條件：%(text)s"),
        text=condition.text,
    )
    return programme


COPIED = (
    "kind", "applies_to", "text", "points_hundredths", "grade", "share_hundredths", "level",
    "counted", "is_waivable",
)  # fmt: skip


@transaction.atomic
def copy_conditions(*, actor: User, programme_id: int, source_id: int, at: datetime) -> int:
    """抄另一個項目的條件，返回抄了幾項；這裏已有的同一句不重複抄。

    哪次考核不抄：那是去年的，看分數、等次的條件改指本活動最近的一次。
    Raises PermissionDenied、WrongState。
    """
    programme = _locked_draft(actor, programme_id, at)
    source = Programme.objects.get(pk=source_id)
    have = set(programme.conditions.values_list("text", flat=True))
    latest = programme.campaign.rounds.order_by("-period_end", "-pk").first()
    position = programme.conditions.aggregate(last=Max("position"))["last"] or 0
    rows = []
    for old in source.conditions.all():
        if old.text in have or (old.round_id and latest is None):
            continue
        position += 1
        values = {name: getattr(old, name) for name in COPIED}
        round_ = latest if old.round_id else None
        rows.append(Condition(programme=programme, position=position, round=round_, **values))
    Condition.objects.bulk_create(rows)
    note(
        actor=actor,
        programme=programme,
        action="conditions_copied",
        at=at,
        summary=gettext_lazy("抄入「%(source)s」的 %(count)d 項條件"),
        source=source.title,
        count=len(rows),
    )
    return len(rows)


# ── 發佈、中止 ────────────────────────────────────────


@transaction.atomic
def open_programme(*, actor: User, programme_id: int, at: datetime) -> Programme:
    """發佈：各單位負責人收到通知，開始推薦；此後條件不再改。

    Raises PermissionDenied、WrongState（沒有條件，或申報截止已過）。
    """
    programme = locked_programme(programme_id)
    permit_managing(actor, programme, at)
    programme.require(State.DRAFT)
    if not programme.conditions.exists():
        raise WrongState(_("還沒有條件；至少定一項，各單位才知道憑什麼推薦。"))
    if programme.apply_by < day_of(at):
        raise WrongState(_("申報截止已經過了，請先改到今天以後。"))
    programme.move(State.OPEN, at=at)
    programme.save(update_fields=["state", "turned_at"])
    note(
        actor=actor,
        programme=programme,
        action="programme_opened",
        at=at,
        summary=gettext_lazy("發佈推薦項目「%(programme)s」，%(due)s前申報"),
        title=gettext_lazy("%(programme)s：請在 %(due)s前推薦"),
        due=near_date(programme.apply_by, day_of(at)),
        notify=_heads(at),
    )
    return programme


def _heads(at: datetime) -> list[User]:
    """當日存在的各單位的負責人。"""
    on = day_of(at)
    units = Department.objects.existing(on).exclude(kind=Department.Kind.BUREAU)
    found = holders(units.values_list("pk", flat=True), on, role=Appointment.Role.HEAD)
    return [person for people in found.values() for person in people]


@transaction.atomic
def cancel_programme(*, actor: User, programme_id: int, reason: str, at: datetime) -> Programme:
    """中止：名單、表決都留着，不再往下走；還在辦的各方收到通知。

    Raises PermissionDenied、WrongState、Incomplete。"""
    programme = locked_programme(programme_id)
    permit_managing(actor, programme, at)
    programme.require(State.DRAFT, *Programme.RUNNING)
    reason = require_reason(reason, _("寫明為什麼中止，推薦過的單位要知道。"))
    told = _told_of_the_end(programme, at)
    programme.move(State.CANCELLED, at=at)
    programme.save(update_fields=["state", "turned_at"])
    note(
        actor=actor,
        programme=programme,
        action="programme_cancelled",
        at=at,
        summary=gettext_lazy("中止推薦項目「%(programme)s」"),
        reason=reason,
        notify=told,
    )
    return programme


def _told_of_the_end(programme: Programme, at: datetime) -> list[User]:
    """中止告訴誰：還在辦的各方。申報時是各單位負責人；推薦了的各方；表決以後是表決的人。"""
    if programme.state == State.DRAFT:
        return []
    rows = programme.candidates.live().with_everything()
    people = [person for row in rows for person in concerned(row, at)]
    people += _heads(at) if programme.state == State.OPEN else voters(programme, at)
    return [*people, *office(programme, at)]
