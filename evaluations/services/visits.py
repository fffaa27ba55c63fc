"""實地考察：抽籤、安排、到現場記下所見、辦完。抽籤的種子和名單都留着，可以重抽核對。"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import BinaryIO

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from campaigns.standing import standing_of
from evaluations import policies
from evaluations.models import AssessmentRound, Sheet, SiteVisit, VisitDraw, VisitPhoto
from evaluations.services.rounds.telling import day_of, note
from people.models import User
from people.services import holders, staff_of
from pingtan_civ.lib.dates import near_date
from pingtan_civ.lib.drawing import draw
from pingtan_civ.lib.uploads import RefusedUpload
from tasks.models import WrongState
from tasks.services.evidence import receive

Phase = AssessmentRound.Phase
MOST_PHOTOS = 30
NOTES_LIMIT = 2000
VISITING = (Phase.SELF, *policies.FIRST_PHASES)
"""可以安排考察的階段：暗訪可以早，自評階段就去。"""


@dataclass(frozen=True)
class VisitPlan:
    """哪天去、誰去、暗訪不暗訪。"""

    date: date
    team: tuple[User, ...]
    is_covert: bool = False


@transaction.atomic
def draw_visits(
    *,
    actor: User,
    round_id: int,
    sheet_ids: Collection[int],
    count: int,
    plan: VisitPlan,
    seed: str,
    at: datetime,
) -> VisitDraw:
    """從這些單位裏抽 count 個去看，記下種子、名單、抽中的。

    抽中的單位自己的人那一家不去，由其餘的人去。Raises PermissionDenied、ValidationError。
    """
    round_ = _permitted(actor, round_id, at)
    pool = list(round_.sheets.filter(pk__in=sheet_ids).order_by("department_id"))
    if not 1 <= count <= len(pool):
        raise ValidationError({"count": _("抽幾個應在 1 至 %(most)d 之間。") % {"most": len(pool)}})
    teams = _teams(pool, plan.team, at)
    by_unit = {sheet.department_id: sheet for sheet in pool}
    picked = draw(seed, by_unit, count)
    drawn = VisitDraw.objects.create(
        round=round_,
        seed=seed,
        pool=[[sheet.department_id, sheet.department_name] for sheet in pool],
        picked=picked,
        by=actor,
        at=at,
    )
    for key in picked:
        _arrange(actor, by_unit[key], replace(plan, team=teams[key]), at, drawn)
    note(
        actor=actor,
        round_=round_,
        action="visits_drawn",
        at=at,
        summary=gettext_lazy("%(round)s抽籤：%(pool)d 個單位裏抽中 %(count)d 個，種子 %(seed)s。"),
        notify=plan.team,
        url=list_url(round_),
        pool=len(pool),
        count=count,
        seed=seed,
    )
    return drawn


@transaction.atomic
def plan_visit(*, actor: User, sheet_id: int, plan: VisitPlan, at: datetime) -> SiteVisit:
    """安排去一個單位。明查的告訴單位，暗訪的不說。Raises PermissionDenied、ValidationError。"""
    sheet = Sheet.objects.get(pk=sheet_id)
    sheet.round = round_ = _permitted(actor, sheet.round_id, at)
    visit = _arrange(actor, sheet, plan, at, None)
    told = [] if plan.is_covert else staff_of(sheet.department_id, day_of(at))
    note(
        actor=actor,
        round_=round_,
        action="visit_planned",
        at=at,
        summary=gettext_lazy("%(round)s：%(day)s到%(unit)s實地考察。"),
        notify=[*plan.team, *told],
        url=visit.get_absolute_url(),
        day=near_date(plan.date, day_of(at)),
        unit=sheet.department_name,
    )
    return visit


def _permitted(actor: User, round_id: int, at: datetime) -> AssessmentRound:
    rows = AssessmentRound.objects.select_for_update(of=("self",)).select_related("campaign")
    round_ = rows.get(pk=round_id)
    if not policies.can_run_round(standing_of(actor, day_of(at)), round_):
        raise PermissionDenied(_("考察由本活動辦公室安排，活動要在進行中。"))
    if round_.phase not in VISITING:
        raise ValidationError(_("現在不是安排考察的時候：開始自評以後、審定以前才行。"))
    return round_


def _arrange(
    actor: User, sheet: Sheet, plan: VisitPlan, at: datetime, drawn: VisitDraw | None
) -> SiteVisit:
    _check_team(sheet, plan.team, at)
    visit = SiteVisit.objects.create(
        sheet=sheet,
        draw=drawn,
        date=plan.date,
        is_covert=plan.is_covert,
        created_by=actor,
        created_at=at,
    )
    visit.team.set(plan.team)
    return visit


def _teams(pool: list[Sheet], team: tuple[User, ...], at: datetime) -> dict[int, tuple[User, ...]]:
    """名單上每個單位抽中了由誰去：考核組裏不是它的人。

    有一家沒有人能去的，抽籤以前就說；抽了再說，等於可以重抽到合意的為止。
    """
    own = holders([sheet.department_id for sheet in pool], day_of(at))
    found = {
        sheet.department_id: tuple(
            person for person in team if person not in own.get(sheet.department_id, [])
        )
        for sheet in pool
    }
    stranded = [sheet.department_name for sheet in pool if not found[sheet.department_id]]
    if stranded:
        raise ValidationError(
            {
                "team": _("抽中%(units)s時沒有人能去：選的都是它的人，要迴避。請再選別的單位的人。")
                % {"units": "、".join(stranded)}
            }
        )
    return found


def recused_for(sheet: Sheet, on: date) -> list[User]:
    """去這個單位考察要迴避的人：它當日在任的人。"""
    return holders([sheet.department_id], on).get(sheet.department_id, [])


def _check_team(sheet: Sheet, team: Iterable[User], at: datetime) -> None:
    """考核組不能有被考察單位的人。"""
    own = recused_for(sheet, day_of(at))
    recused = [person.name for person in team if person in own]
    if recused:
        raise ValidationError(
            {
                "team": _("%(names)s是%(unit)s的人，要迴避，請換人。")
                % {"names": "、".join(recused), "unit": sheet.department_name}
            }
        )


@transaction.atomic
def record_visit(
    *, actor: User, visit_id: int, notes: str, at: datetime, is_done: bool = False
) -> SiteVisit:
    """記下現場情況；is_done 是辦完了，之後不再改，被考察的單位看得到。

    Raises PermissionDenied、WrongState、ValidationError。
    """
    visit = _open_visit(actor, visit_id, at)
    notes = notes.strip()
    if len(notes) > NOTES_LIMIT:
        raise ValidationError(
            {"notes": _("最多 %(limit)d 字，請寫短些。") % {"limit": NOTES_LIMIT}}
        )
    if is_done and not notes:
        raise ValidationError({"notes": _("寫下現場看到的情況，再辦完。")})
    visit.notes = notes
    if is_done:
        visit.done_at, visit.done_by = at, actor
    visit.save(update_fields=["notes", "done_at", "done_by"])
    if is_done:
        note(
            actor=actor,
            round_=visit.sheet.round,
            action="visit_done",
            at=at,
            summary=gettext_lazy("%(round)s：到%(unit)s的實地考察辦完。"),
            notify=staff_of(visit.sheet.department_id, day_of(at)),
            url=visit.get_absolute_url(),
            unit=visit.sheet.department_name,
        )
    return visit


def add_photo(*, actor: User, visit_id: int, file: BinaryIO, name: str, at: datetime) -> VisitPhoto:
    """現場拍的一張：與佐證走同一條路（轉正、壓小、去位置），同一張只掛一次。

    Raises RefusedUpload、PermissionDenied、WrongState。
    """
    _open_visit(actor, visit_id, at, locked=False)
    received = receive(file, name)
    with transaction.atomic():
        visit = _open_visit(actor, visit_id, at)
        stored = received.keep(at)
        here = visit.photos.filter(removed_at__isnull=True)
        if existing := here.filter(file=stored).first():
            return existing
        if here.count() >= MOST_PHOTOS:
            raise RefusedUpload(_("已有 %(most)d 張，不能再加。") % {"most": MOST_PHOTOS})
        return VisitPhoto.objects.create(
            visit=visit, file=stored, name=received.name, added_at=at, added_by=actor
        )


@transaction.atomic
def remove_photo(*, actor: User, photo_id: int, at: datetime) -> VisitPhoto:
    """撤下一張，辦完以前；文件和記錄都留着。Raises PermissionDenied、WrongState。"""
    photo = VisitPhoto.objects.get(pk=photo_id)
    _open_visit(actor, photo.visit_id, at)
    if photo.removed_at is None:
        photo.removed_at = at
        photo.save(update_fields=["removed_at"])
    return photo


def _open_visit(actor: User, visit_id: int, at: datetime, *, locked: bool = True) -> SiteVisit:
    rows = SiteVisit.objects.select_related("sheet__round__campaign")
    if locked:
        rows = rows.select_for_update(of=("self",))
    visit = rows.get(pk=visit_id)
    is_on_team = visit.team.filter(pk=actor.pk).exists()
    standing = standing_of(actor, day_of(at))
    if not policies.can_record_visit(standing, visit, is_on_team=is_on_team):
        if visit.done_at is not None:
            raise WrongState(_("這次考察已經辦完，不能再改。"))
        raise PermissionDenied(_("現場情況由考核組來記，本單位的人要迴避。"))
    return visit


def list_url(round_: AssessmentRound) -> str:
    return reverse("evaluations:visit-list", args=[round_.code])
