"""公示和異議：公示期滿、異議查清了才能報送；登記的人不自己認定，成立的取消推薦。"""

from dataclasses import dataclass
from datetime import date, datetime

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from campaigns.models import Seat
from campaigns.standing import Standing, office_members, standing_of
from journal.services import source_script
from people.models import User
from pingtan_civ.lib.dates import date_range, long_date
from recommendations import policies
from recommendations.conditions import examine, unmet_words
from recommendations.dossier import compose_notice
from recommendations.models import Candidate, Programme, PublicityObjection
from recommendations.services.candidates import put_out
from recommendations.services.telling import (
    concerned,
    day_of,
    locked_candidate,
    locked_programme,
    note,
    permit_managing,
)
from tasks.models import WrongState
from tasks.services.handing_in import Incomplete
from workdays.services import calendar

State, ObjectionState = Candidate.State, PublicityObjection.State
TEXT_LIMIT = 1000
FURTHEST_DAYS = 60


@dataclass(frozen=True)
class Plan:
    """公示怎樣辦。最後一天按工作日數出。"""

    start: date
    place: str
    contact: str


def last_day(start: date, days: int) -> date:
    """公示的最後一天：從次日起數夠工作日，那一天也算在內。"""
    return calendar().add(start, days)


@transaction.atomic
def start_publicity(*, actor: User, programme_id: int, plan: Plan, at: datetime) -> Programme:
    """表決通過的開始公示，全局可見。Raises PermissionDenied、WrongState、Incomplete。"""
    programme = locked_programme(programme_id)
    permit_managing(actor, programme, at)
    if words := before_publicity(programme):
        raise WrongState(words)
    rows = list(programme.candidates.filter(state=State.PASSED).with_everything())
    refuse_unmet(programme, rows, at)
    _check_plan(plan, at)
    programme.publicity_start = plan.start
    programme.publicity_end = last_day(plan.start, programme.publicity_days)
    programme.publicity_place = plan.place.strip()
    programme.publicity_contact = plan.contact.strip()
    programme.notice = compose_notice(programme, rows)
    programme.move(Programme.State.PUBLICITY, at=at)
    programme.save()
    people = [person for row in rows for person in concerned(row, at)]
    note(
        actor=actor,
        programme=programme,
        action="publicity_started",
        at=at,
        summary=gettext_lazy("「%(programme)s」公示 %(period)s"),
        period=date_range(programme.publicity_start, programme.publicity_end),
        notify=people,
    )
    return programme


def before_publicity(programme: Programme) -> str:
    """現在為什麼還不能開始公示，該做什麼；能開始的為空。"""
    if words := programme.refusal(Programme.State.VOTING):
        return words
    states = set(programme.candidates.values_list("state", flat=True))
    if State.BALLOTED in states:
        return _("表決還沒有結束，結束以後再公示。")
    if State.PASSED not in states:
        return _("沒有表決通過的對象，不能公示；可以中止這個項目，寫明原因。")
    return ""


def _check_plan(plan: Plan, at: datetime) -> None:
    errors = {}
    ahead = (plan.start - day_of(at)).days
    if ahead < 0:
        errors["start"] = _("公示不能從過去的日子算起。")
    elif ahead > FURTHEST_DAYS:
        errors["start"] = _("離今天太遠，請核對年份和月份。")
    if not plan.place.strip():
        errors["place"] = _("寫明公示在哪裏，例如：局公示欄、縣政府網站。")
    if not plan.contact.strip():
        errors["contact"] = _("寫明受理異議的電話和地址。")
    if errors:
        raise Incomplete(errors)


def refuse_unmet(programme: Programme, rows: list[Candidate], at: datetime) -> None:
    """再查一遍：表決以後出了一票否決的事的，先取消它再往下走。Raises WrongState。"""
    found = examine(programme, rows, day_of(at))
    for candidate in rows:
        if words := unmet_words(found[candidate.pk]):
            said = _("%(candidate)s現在有條件不滿足（%(why)s）；先取消對它的推薦，或等查清。")
            raise WrongState(said % {"candidate": candidate, "why": words})


# ── 異議 ──────────────────────────────────────────────


@dataclass(frozen=True)
class Report:
    """反映的內容：誰（可以匿名）、怎樣、哪天收到、反映什麼。"""

    content: str
    channel: str
    received: date
    is_anonymous: bool = False
    name: str = ""
    contact: str = ""


@transaction.atomic
def record_objection(
    *, actor: User, candidate_id: int, report: Report, at: datetime
) -> PublicityObjection:
    """登記一件公示期內的異議，告訴辦公室和領導（被反映的一方除外）。

    收到的日子要在公示期內；期內收到、過後補登的也收，報送以前都收。
    Raises PermissionDenied、WrongState、Incomplete。
    """
    candidate = locked_candidate(candidate_id)
    programme = candidate.programme
    standing = standing_of(actor, day_of(at))
    if words := before_objecting(candidate, standing):
        raise WrongState(words)
    if not policies.can_object(standing, candidate):
        raise PermissionDenied(_("公示的名單上才能提異議。"))
    _check_report(programme, report, at)
    objection = PublicityObjection.objects.create(
        candidate=candidate,
        is_anonymous=report.is_anonymous,
        name="" if report.is_anonymous else report.name.strip(),
        contact=report.contact.strip(),
        channel=report.channel,
        received_date=report.received,
        content=report.content.strip(),
        recorded_by=actor,
        recorded_at=at,
    )
    note(
        actor=actor,
        programme=programme,
        action="objection_recorded",
        at=at,
        summary=gettext_lazy("登記一件對%(candidate)s的公示異議"),
        title=gettext_lazy("請核查：對%(candidate)s的公示異議"),
        target=candidate,
        url=objection.get_absolute_url(),
        notify=deciders(candidate, at),
    )
    return objection


def before_objecting(candidate: Candidate, standing: Standing) -> str:
    """現在為什麼還不能（不能再）提異議；能提的為空。"""
    programme = candidate.programme
    words = programme.refusal(Programme.State.PUBLICITY) or candidate.refusal(State.PASSED)
    if words or standing.is_office(programme.campaign_id):
        return words
    if standing.on < programme.publicity_start:
        said = _("公示從 %(day)s 開始，到那天再反映。")
        return said % {"day": long_date(programme.publicity_start)}
    if programme.is_publicity_over(standing.on):
        said = _("公示到 %(day)s 為止，已經期滿；期內反映過的，請創建辦補登。")
        return said % {"day": long_date(programme.publicity_end)}
    return ""


def _check_report(programme: Programme, report: Report, at: datetime) -> None:
    errors = {}
    start, end = programme.publicity_start, programme.publicity_end
    if not start <= report.received <= end:
        errors["received"] = _("公示期是 %(period)s，不是這期間收到的不按公示異議辦。") % {
            "period": date_range(start, end)
        }
    elif report.received > day_of(at):
        errors["received"] = _("收到日期還沒有到，請核對。")
    if not report.content.strip():
        errors["content"] = _("寫明反映的是什麼事，何時、何地、誰。")
    elif len(report.content) > TEXT_LIMIT:
        errors["content"] = _too_long(report.content)
    if not report.is_anonymous and not report.name.strip():
        errors["name"] = _("寫反映人的姓名；不願留名的選匿名。")
    if errors:
        raise Incomplete(errors)


def _too_long(text: str) -> str:
    words = {"limit": TEXT_LIMIT, "count": len(text)}
    return _("最多 %(limit)d 字，現有 %(count)d 字，請刪短。") % words


def deciders(candidate: Candidate, at: datetime) -> list[User]:
    """能核查、認定的人：辦公室和組長、副組長，被反映的一方除外。"""
    campaign, on = candidate.programme.campaign, day_of(at)
    seats = Seat.objects.on(on).filter(
        campaign=campaign, role__in=Seat.LEADER_ROLES, user__is_active=True
    )
    people = [*office_members(campaign, on), *(seat.user for seat in seats.select_related("user"))]
    return [
        person
        for person in {person.pk: person for person in people}.values()
        if policies.can_see_objections(standing_of(person, on), candidate)
    ]


@transaction.atomic
def decide_objection(
    *, actor: User, objection_id: int, is_upheld: bool, finding: str, at: datetime
) -> PublicityObjection:
    """認定一件異議；成立的取消推薦。登記的人和被反映的一方不能認定。

    Raises PermissionDenied、WrongState（別人剛認定）、Incomplete。
    """
    row = PublicityObjection.objects.only("candidate_id").get(pk=objection_id)
    candidate = locked_candidate(row.candidate_id)
    objection = PublicityObjection.objects.select_for_update().get(pk=objection_id)
    objection.candidate = candidate
    if not objection.is_open:
        raise WrongState(_("這件異議剛由別人認定了，請刷新看看。"))
    _permit_deciding(actor, objection, at)
    if not finding.strip():
        raise Incomplete({"finding": _("寫明查了什麼、查到什麼、憑什麼認定。")})
    if len(finding) > TEXT_LIMIT:
        raise Incomplete({"finding": _too_long(finding)})
    objection.state = ObjectionState.UPHELD if is_upheld else ObjectionState.DISMISSED
    objection.finding, objection.decided_by, objection.decided_at = finding.strip(), actor, at
    objection.save()
    note(
        actor=actor,
        programme=candidate.programme,
        action="objection_decided",
        at=at,
        summary=gettext_lazy("對%(candidate)s的公示異議認定為%(outcome)s"),
        target=candidate,
        outcome=ObjectionState(objection.state).label,
        reason=objection.finding,
        notify=[*deciders(candidate, at), objection.recorded_by],
    )
    if is_upheld and candidate.state == State.PASSED:
        with source_script():
            reason = _("公示期內的異議查實成立（%(day)s收到）。") % {
                "day": long_date(objection.received_date)
            }
        put_out(candidate, actor=actor, reason=reason, at=at)
    return objection


def _permit_deciding(actor: User, objection: PublicityObjection, at: datetime) -> None:
    if policies.can_decide_objection(standing_of(actor, day_of(at)), objection):
        return
    if objection.recorded_by_id == actor.pk:
        raise PermissionDenied(_("這件異議是您登記的，請辦公室的另一位或組長、副組長來認定。"))
    raise PermissionDenied(_("異議由辦公室和組長、副組長認定，被反映的一方迴避。"))
