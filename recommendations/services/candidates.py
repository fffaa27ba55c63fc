"""推薦對象：推薦、改事蹟、加減材料、撤回、逐條確認和豁免、取消。"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import BinaryIO

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from campaigns.standing import standing_of
from people.models import Appointment, Department, User
from pingtan_civ.lib.dates import long_date
from pingtan_civ.lib.uploads import RefusedUpload
from recommendations import policies
from recommendations.models import Attachment, Candidate, Condition, Programme, Ruling
from recommendations.models.candidates import DEEDS_LIMIT
from recommendations.services.telling import (
    concerned,
    day_of,
    locked_candidate,
    locked_programme,
    note,
    office,
    permit_managing,
    require_reason,
    voters,
)
from recommendations.services.voting import tell_when_all_voted
from tasks.models import EvidenceFile, EvidenceLink, WrongState
from tasks.models.evidence import EvidenceLinkQuerySet
from tasks.services.evidence import Received, receive
from tasks.services.handing_in import Incomplete

State, Part = Candidate.State, Attachment.Part
MOST_FILES = 20
Upload = tuple[BinaryIO, str]


@dataclass(frozen=True)
class Nomination:
    """推薦誰、憑什麼事蹟。佐證推薦以後加。"""

    kind: str
    department_id: int
    deeds: str
    person_id: int | None = None


@transaction.atomic
def nominate(*, actor: User, programme_id: int, nomination: Nomination, at: datetime) -> Candidate:
    """推薦一個對象，告訴辦公室（和本人）。佐證在推薦以後加。

    Raises PermissionDenied、WrongState（不在申報期）、Incomplete（含已推薦過的）。
    """
    programme = locked_programme(programme_id)
    _permit_nominating(actor, programme, nomination.department_id, at)
    department = Department.objects.get(pk=nomination.department_id)
    person, post = _named(nomination, at)
    _check(programme, nomination, person)
    _refuse_repeated(programme, nomination)
    candidate = Candidate(
        programme=programme,
        kind=nomination.kind,
        department=department,
        department_name=department.name,
        person=person,
        person_name=person.name if person else "",
        person_post=post,
        deeds=nomination.deeds.strip(),
        nominated_by=actor,
        nominated_at=at,
    )
    candidate.full_clean()
    candidate.save()
    note(
        actor=actor,
        programme=programme,
        action="nominated",
        at=at,
        summary=gettext_lazy("推薦%(candidate)s參加「%(programme)s」"),
        target=candidate,
        notify=[*office(programme, at), *([person] if person else [])],
    )
    return candidate


def _permit_nominating(actor: User, programme: Programme, department_id: int, at: datetime) -> None:
    programme.require(Programme.State.OPEN)
    standing = standing_of(actor, day_of(at))
    if not policies.can_nominate(standing, programme, department_id):
        raise PermissionDenied(_("由單位負責人推薦本單位和本單位的人，辦公室也可以推薦。"))
    is_late = day_of(at) > programme.apply_by
    if is_late and not policies.can_manage(standing, programme.campaign):
        raise WrongState(too_late(programme))


def too_late(programme: Programme) -> str:
    words = {"day": long_date(programme.apply_by)}
    return _("申報到 %(day)s 為止；確要補報的，請向創建辦說明，由辦公室推薦。") % words


def _named(nomination: Nomination, at: datetime) -> tuple[User | None, str]:
    """推薦個人時那個人和他在這個單位的職務。"""
    if nomination.kind != Candidate.Kind.PERSON or nomination.person_id is None:
        return None, ""
    posts = Appointment.objects.on(day_of(at)).select_related("user", "department")
    post = posts.filter(
        user=nomination.person_id, department=nomination.department_id, user__is_active=True
    ).first()
    if post is None:
        raise Incomplete({"person": _("選一位現在在這個單位任職的人。")})
    return post.user, post.title


def _check(programme: Programme, nomination: Nomination, person: User | None) -> None:
    errors: dict[str, str] = {}
    if nomination.kind not in programme.kinds:
        errors["kind"] = _("這個項目不推薦這一類。")
    if nomination.kind == Candidate.Kind.PERSON and person is None:
        errors["person"] = _("推薦個人時選一個人。")
    errors |= _deeds_errors(nomination.deeds)
    if errors:
        raise Incomplete(errors)


def _refuse_repeated(programme: Programme, nomination: Nomination) -> None:
    """一個項目裏一個單位、一個人只推薦一次，不論類別；項目寫明可以的，不同類別各一次。

    項目已鎖住，兩人同時推薦的後一個看得到前一個。Raises Incomplete，說出是哪一份推薦。
    """
    rows = programme.candidates.exclude(state=State.WITHDRAWN).select_related("nominated_by")
    if nomination.person_id is not None:
        found, name = rows.filter(person=nomination.person_id).first(), "person"
    else:
        rows = rows.filter(person__isnull=True, department=nomination.department_id)
        if programme.may_repeat_kinds:
            rows = rows.filter(kind=nomination.kind)
        found, name = rows.first(), "department"
    if found is None:
        return
    said = _(
        "%(candidate)s已在名單上：%(day)s由%(who)s按「%(kind)s」推薦，不用再推薦；"
        "要換類別、換事蹟的，改那一份，或者撤回以後重新推薦。"
    )
    words = {
        "candidate": found,
        "day": long_date(day_of(found.nominated_at)),
        "who": found.nominated_by,
        "kind": found.get_kind_display(),
    }
    raise Incomplete({name: said % words})


def _deeds_errors(deeds: str) -> dict[str, str]:
    text = deeds.strip()
    if not text:
        return {"deeds": _("寫主要事蹟：做了什麼、有什麼成效，用數字和事實說話。")}
    if len(text) > DEEDS_LIMIT:
        words = {"limit": DEEDS_LIMIT, "count": len(text)}
        return {"deeds": _("最多 %(limit)d 字，現有 %(count)d 字，請刪短。") % words}
    return {}


@transaction.atomic
def revise_deeds(*, actor: User, candidate_id: int, deeds: str, at: datetime) -> Candidate:
    """改主要事蹟；提交表決以前。Raises PermissionDenied、WrongState、Incomplete。"""
    candidate = locked_candidate(candidate_id)
    _permit_editing(actor, candidate, at)
    if errors := _deeds_errors(deeds):
        raise Incomplete(errors)
    before, candidate.deeds = candidate.deeds, deeds.strip()
    if before == candidate.deeds:
        return candidate
    candidate.save(update_fields=["deeds"])
    note(
        actor=actor,
        programme=candidate.programme,
        action="deeds_revised",
        at=at,
        summary=gettext_lazy("改了%(candidate)s的主要事蹟"),
        target=candidate,
        changes={"主要事蹟": [before, candidate.deeds]},
    )
    return candidate


def _permit_editing(actor: User, candidate: Candidate, at: datetime) -> None:
    candidate.require(State.NOMINATED)
    candidate.programme.require(Programme.State.OPEN)
    if not policies.can_edit_candidate(standing_of(actor, day_of(at)), candidate):
        raise PermissionDenied(
            _("%(unit)s的推薦由單位負責人和辦公室改。") % {"unit": candidate.department_name}
        )


@transaction.atomic
def withdraw(*, actor: User, candidate_id: int, reason: str, at: datetime) -> Candidate:
    """撤回推薦；提交表決以前，撤了還可以再推薦。Raises PermissionDenied、WrongState、Incomplete。"""
    candidate = locked_candidate(candidate_id)
    _permit_editing(actor, candidate, at)
    reason = require_reason(reason, _("寫明為什麼撤回。"))
    candidate.leave(State.WITHDRAWN, actor=actor, reason=reason, at=at)
    candidate.save(update_fields=["state", "settled_by", "settled_at", "settled_reason"])
    note(
        actor=actor,
        programme=candidate.programme,
        action="withdrawn",
        at=at,
        summary=gettext_lazy("撤回對%(candidate)s的推薦"),
        target=candidate,
        reason=reason,
        notify=[*office(candidate.programme, at), *concerned(candidate, at)],
    )
    return candidate


@transaction.atomic
def exclude(*, actor: User, candidate_id: int, reason: str, at: datetime) -> Candidate:
    """提交表決以後、報送以前取消一個（出了一票否決的事、本人放棄）。

    Raises PermissionDenied、WrongState、Incomplete。
    """
    candidate = locked_candidate(candidate_id)
    permit_managing(actor, candidate.programme, at)
    candidate.require(State.BALLOTED, State.PASSED)
    candidate.programme.require(Programme.State.VOTING, Programme.State.PUBLICITY)
    reason = require_reason(reason, _("寫明為什麼取消，單位和本人要看到。"))
    put_out(candidate, actor=actor, reason=reason, at=at)
    tell_when_all_voted(candidate.programme, at)
    return candidate


def put_out(candidate: Candidate, *, actor: User, reason: str, at: datetime) -> None:
    """取消一個對象，告訴有關的人和表決的人；鎖和權限由調用者管。"""
    candidate.leave(State.EXCLUDED, actor=actor, reason=reason, at=at)
    candidate.save(update_fields=["state", "settled_by", "settled_at", "settled_reason"])
    note(
        actor=actor,
        programme=candidate.programme,
        action="excluded",
        at=at,
        summary=gettext_lazy("取消對%(candidate)s的推薦"),
        target=candidate,
        reason=reason,
        notify=[
            *office(candidate.programme, at),
            *concerned(candidate, at),
            *voters(candidate.programme, at),
        ],
    )


# ── 逐條認定 ──────────────────────────────────────────


@transaction.atomic
def rule(
    *,
    actor: User,
    candidate_id: int,
    condition_id: int,
    outcome: str,
    reason: str,
    at: datetime,
) -> Ruling:
    """對一項條件確認或豁免，寫明理由；提交表決以前可以再改，改的留在經過裏。

    Raises PermissionDenied（含迴避）、WrongState、Incomplete。
    """
    candidate = locked_candidate(candidate_id)
    permit_managing(actor, candidate.programme, at)
    candidate.require(State.NOMINATED)
    candidate.programme.require(Programme.State.OPEN)
    if not policies.can_rule(standing_of(actor, day_of(at)), candidate):
        raise PermissionDenied(_("這是您本單位或您本人的推薦，請辦公室的另一位來認定。"))
    condition = candidate.programme.conditions.get(pk=condition_id)
    _check_ruling(condition, outcome)
    reason = require_reason(reason, _("寫明憑什麼這樣認定。"), 300)
    values = {"outcome": outcome, "reason": reason, "by": actor, "at": at}
    ruling, _created = Ruling.objects.update_or_create(
        candidate=candidate, condition=condition, defaults=values
    )
    note(
        actor=actor,
        programme=candidate.programme,
        action="condition_ruled",
        at=at,
        summary=gettext_lazy("%(candidate)s「%(text)s」：%(outcome)s"),
        target=candidate,
        text=condition.text,
        outcome=Ruling.Outcome(outcome).label,
        reason=reason,
        notify=concerned(candidate, at),
    )
    return ruling


def _check_ruling(condition: Condition, outcome: str) -> None:
    if outcome not in outcomes_of(condition):
        raise Incomplete({"outcome": _refusal(condition)})


def outcomes_of(condition: Condition) -> list[str]:
    """這一項辦公室能怎樣認定：系統查不了的確認；寫明可以豁免的豁免。"""
    found = []
    if condition.kind == Condition.Kind.MANUAL:
        found += [Ruling.Outcome.MET, Ruling.Outcome.NOT_MET]
    if condition.is_waivable and condition.kind not in Condition.NEVER_WAIVED:
        found.append(Ruling.Outcome.WAIVED)
    return [str(each) for each in found]


def _refusal(condition: Condition) -> str:
    if condition.kind in Condition.NEVER_WAIVED:
        return _("一票否決和重複申報的條件不能豁免。")
    if not outcomes_of(condition):
        return _("這一項由系統查，也沒有定為可以豁免，不能人工認定。")
    return _("選一種認定。")


# ── 材料 ──────────────────────────────────────────────


def citable_links(candidate: Candidate) -> EvidenceLinkQuerySet:
    """本單位在這個活動裏已採用的佐證，可以附在推薦後面。"""
    return (
        EvidenceLink.objects.standing_now()
        .filter(
            state=EvidenceLink.State.ACCEPTED,
            round__submission__assignment__department=candidate.department_id,
            round__submission__assignment__measure__campaign=candidate.programme.campaign_id,
        )
        .select_related("file", "round__submission__assignment__measure")
        .order_by("-round__submission__period_end", "pk")
    )


def attach(
    *,
    actor: User,
    candidate_id: int,
    part: str,
    at: datetime,
    files: Iterable[Upload] = (),
    link_ids: Collection[int] = (),
) -> Candidate:
    """加材料：新傳的，或取自已採用的佐證。Raises PermissionDenied、RefusedUpload。"""
    _permit_attaching(actor, Candidate.objects.with_everything().get(pk=candidate_id), part, at)
    received = [receive(file, name) for file, name in files]
    with transaction.atomic():
        candidate = locked_candidate(candidate_id)
        _permit_attaching(actor, candidate, part, at)
        links = list(citable_links(candidate).filter(pk__in=link_ids)) if link_ids else []
        added = _keep(candidate, part, received, links, actor, at)
        if added:
            note(
                actor=actor,
                programme=candidate.programme,
                action="file_added",
                at=at,
                summary=gettext_lazy("%(candidate)s加材料：%(names)s"),
                target=candidate,
                names="、".join(row.name for row in added),
            )
        return candidate


def _permit_attaching(actor: User, candidate: Candidate, part: str, at: datetime) -> None:
    if not policies.can_attach(standing_of(actor, day_of(at)), candidate, part):
        raise PermissionDenied(
            _("事蹟佐證在提交表決以前由單位負責人和辦公室加；核查材料、批覆由辦公室加。")
        )


def _keep(
    candidate: Candidate,
    part: str,
    received: list[Received],
    links: list[EvidenceLink],
    actor: User,
    at: datetime,
) -> list[Attachment]:
    """掛上；同一份內容已在的不重複。Raises RefusedUpload。"""
    here = candidate.files.filter(part=part, removed_at__isnull=True)
    rows: list[tuple[EvidenceFile, str, EvidenceLink | None]] = [
        (each.keep(at), each.name, None) for each in received
    ]
    rows += [(link.file, link.name, link) for link in links]
    held = set(here.values_list("file", flat=True))
    if len(held | {file.pk for file, _name, _link in rows}) > MOST_FILES:
        raise RefusedUpload(
            _("最多附 %(most)d 件，請挑最能說明問題的；同類的請合成一份。") % {"most": MOST_FILES}
        )
    added = []
    for file, name, link in rows:
        if file.pk in held:
            continue
        held.add(file.pk)
        added.append(
            Attachment.objects.create(
                candidate=candidate,
                part=part,
                file=file,
                link=link,
                name=name,
                added_at=at,
                added_by=actor,
            )
        )
    return added


@transaction.atomic
def detach(*, actor: User, file_id: int, at: datetime) -> Attachment:
    """撤下一件；文件和記錄都留着。Raises PermissionDenied。"""
    found = Attachment.objects.get(pk=file_id)
    candidate = locked_candidate(found.candidate_id)
    _permit_attaching(actor, candidate, found.part, at)
    found = candidate.files.get(pk=file_id)
    if found.removed_at is None:
        found.removed_at = at
        found.save(update_fields=["removed_at"])
        note(
            actor=actor,
            programme=candidate.programme,
            action="file_removed",
            at=at,
            summary=gettext_lazy("%(candidate)s撤下材料：%(name)s"),
            target=candidate,
            name=found.name,
        )
    return found
