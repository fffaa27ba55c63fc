"""異議：單位負責人在異議期裏逐條提出，辦公室寫答覆、提意見，領導小組裁定。

有爭議的分由誰給的，誰就不能一個人答覆、裁定（policies）。裁定改了分就出下一版定稿，
原來的那一版和那一次評分都留着。鎖的次序處處一樣：先評分表，再考核，最後異議。
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from typing import Any, BinaryIO

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from campaigns.models import Seat
from campaigns.standing import office_members, standing_of
from evaluations import policies
from evaluations.models import (
    AssessmentRound,
    Objection,
    ObjectionFile,
    ResultSnapshot,
    Score,
    Sheet,
    objection_window,
)
from evaluations.services.rounds import Mark, RefusedMarks, revise_final
from evaluations.services.rounds.phases import locked_round
from evaluations.services.rounds.scoring import locked_sheet
from evaluations.services.rounds.telling import day_of
from evaluations.sheets import SheetLine, frozen_sheets, latest_snapshot
from journal.services import Message, record, source_script
from people.models import User
from people.services import staff_of
from pingtan_civ.lib.dates import long_date
from pingtan_civ.lib.uploads import RefusedUpload
from tasks.models import EvidenceLink, WrongState
from tasks.models.evidence import EvidenceLinkQuerySet
from tasks.services.evidence import Received, receive
from tasks.services.handing_in import Incomplete

State, Outcome = Objection.State, Objection.Outcome
Phase = AssessmentRound.Phase
REASON_LIMIT, DECISION_LIMIT, MOST_FILES = 1000, 500, 20
Upload = tuple[BinaryIO, str]
NO_REASON = gettext_lazy("寫明為什麼不同意，憑什麼事實。")
NO_ANSWER = gettext_lazy("寫明查了什麼、憑什麼，單位和領導小組都要看。")
NO_DECISION = gettext_lazy("寫明裁定的理由，單位要看到。")


@dataclass(frozen=True)
class Claim:
    """異議的內容：對哪一條，為什麼，認為應得多少（可以不寫），憑哪些已採用的佐證。"""

    criterion_id: int
    reason: str
    points: Decimal | None = None
    link_ids: Collection[int] = ()


def file_objection(
    *, actor: User, sheet_id: int, claim: Claim, at: datetime, files: Iterable[Upload] = ()
) -> Objection:
    """單位負責人對一條提出異議，告訴辦公室。文件先在事務外看過、落盤，再一起登記。

    Raises PermissionDenied、WrongState（不在異議期，或這一條提過了）、Incomplete、RefusedUpload。
    """
    sheet = Sheet.objects.select_related("round__campaign").get(pk=sheet_id)
    permit_filing(actor, sheet, at)
    received = [receive(file, name) for file, name in files]
    with transaction.atomic():
        sheet = locked_sheet(sheet_id)
        permit_filing(actor, sheet, at)
        return _file(actor, sheet, claim, received, at)


def permit_filing(actor: User, sheet: Sheet, at: datetime) -> None:
    """此刻此人能不能對這張表提異議。Raises PermissionDenied、WrongState。"""
    if not policies.can_object(standing_of(actor, day_of(at)), sheet):
        raise PermissionDenied(_("異議由%(unit)s負責人提出。") % {"unit": sheet.department_name})
    last = objection_window(sheet.round)
    if last is None:
        raise WrongState(_("結果審定、反饋以後才能提異議。"))
    if sheet.round.phase != Phase.FEEDBACK or day_of(at) > last:
        raise WrongState(
            _("異議期到 %(day)s 為止，現在不能再提；確有問題的，請向創建辦書面說明。")
            % {"day": long_date(last)}
        )


def _file(
    actor: User, sheet: Sheet, claim: Claim, received: list[Received], at: datetime
) -> Objection:
    snapshot = latest_snapshot(sheet.round)
    line = line_of(snapshot, sheet, claim.criterion_id)
    if line is None:
        raise WrongState(_("這一條不在這張表上，請刷新看看。"))
    _check(claim, line)
    if claim.criterion_id in objected_in(sheet):
        raise WrongState(_("這一條已經提過異議，一條只提一次；要補充的請補佐證。"))
    links = _links(sheet, claim.link_ids)
    if len(links) + len(received) > MOST_FILES:
        raise RefusedUpload(_("一件異議最多附 %(most)d 件佐證。") % {"most": MOST_FILES})
    objection = Objection.objects.create(
        sheet=sheet,
        criterion_id=claim.criterion_id,
        score_id=line.result.score_id or None,
        before=snapshot,
        claimed_hundredths=None if claim.points is None else int(claim.points.scaleb(2)),
        reason=claim.reason.strip(),
        filed_by=actor,
        filed_at=at,
    )
    _keep_links(objection, links, actor, at)
    _keep_files(objection, received, actor, at)
    _note(
        actor,
        objection,
        "objection_filed",
        at,
        gettext_lazy("%(unit)s對%(round)s的 %(number)s 提出異議。"),
        title=gettext_lazy("請答覆：%(unit)s對%(round)s的 %(number)s 提出異議"),
        reason=objection.reason,
        notify=_office(objection, at),
    )
    return objection


def objected_in(sheet: Sheet) -> set[int]:
    """這張表上提過異議的各條；撤回的不算，可以再提。"""
    rows = Objection.objects.filter(sheet=sheet).exclude(state=State.WITHDRAWN).order_by()
    return set(rows.values_list("criterion_id", flat=True))


def line_of(snapshot: ResultSnapshot, sheet: Sheet, criterion_id: int) -> SheetLine | None:
    """一版定稿裏這張表的這一條。"""
    views = frozen_sheets(snapshot, {sheet.department_id})
    return views[0].by_criterion.get(criterion_id) if views else None


def _check(claim: Claim, line: SheetLine) -> None:
    errors: dict[str, str] = {}
    if not claim.reason.strip():
        errors["reason"] = str(NO_REASON)
    elif len(claim.reason) > REASON_LIMIT:
        errors["reason"] = _too_long(claim.reason, REASON_LIMIT)
    if claim.points is not None and claim.points <= line.result.points:
        errors["points"] = _("現在得 %(points)s 分，認為應得的要比它高。") % {
            "points": line.result.points
        }
    elif claim.points is not None and line.full and claim.points > max(line.full, Decimal(0)):
        errors["points"] = _("這一條最多 %(full)s 分。") % {"full": line.full}
    if errors:
        raise Incomplete(errors)


def _too_long(text: str, limit: int) -> str:
    words = {"limit": limit, "count": len(text)}
    return _("最多 %(limit)d 字，現有 %(count)d 字，請刪短。") % words


def citable_links(sheet: Sheet) -> EvidenceLinkQuerySet:
    """本單位在考核期裏報送、已採用的佐證，可以引為異議的憑據。"""
    round_ = sheet.round
    return (
        EvidenceLink.objects.standing_now()
        .filter(
            state=EvidenceLink.State.ACCEPTED,
            round__submission__assignment__department=sheet.department_id,
            round__submission__assignment__measure__campaign=round_.campaign_id,
            round__submission__period_end__range=(round_.period_start, round_.period_end),
        )
        .select_related("file", "round__submission__assignment__measure")
        .order_by("-round__submission__period_end", "pk")
    )


def _links(sheet: Sheet, ids: Collection[int]) -> list[EvidenceLink]:
    return list(citable_links(sheet).filter(pk__in=ids)) if ids else []


def _keep_links(objection: Objection, links: list[EvidenceLink], actor: User, at: datetime) -> None:
    for link in links:
        ObjectionFile.objects.get_or_create(
            objection=objection,
            file=link.file,
            defaults={"link": link, "name": link.name, "added_at": at, "added_by": actor},
        )


def _keep_files(objection: Objection, received: list[Received], actor: User, at: datetime) -> None:
    for each in received:
        ObjectionFile.objects.get_or_create(
            objection=objection,
            file=each.keep(at),
            defaults={"name": each.name, "added_at": at, "added_by": actor},
        )


def add_files(
    *, actor: User, objection_id: int, files: Iterable[Upload], at: datetime
) -> Objection:
    """答覆以前補佐證。Raises PermissionDenied、WrongState、RefusedUpload。"""
    _permit_adding(actor, Objection.objects.with_everything().get(pk=objection_id), at)
    received = [receive(file, name) for file, name in files]
    with transaction.atomic():
        objection = locked_objection(objection_id)
        _permit_adding(actor, objection, at)
        if objection.files.count() + len(received) > MOST_FILES:
            raise RefusedUpload(_("一件異議最多附 %(most)d 件佐證。") % {"most": MOST_FILES})
        _keep_files(objection, received, actor, at)
        return objection


def _permit_adding(actor: User, objection: Objection, at: datetime) -> None:
    _permit_own(actor, objection, at)
    objection.require(State.FILED)


@transaction.atomic
def withdraw_objection(*, actor: User, objection_id: int, at: datetime) -> Objection:
    """單位撤回還沒裁定的；異議期裏還可以再提。Raises PermissionDenied、WrongState。"""
    objection = locked_objection(objection_id)
    _permit_own(actor, objection, at)
    objection.require(*Objection.OPEN)
    objection.state, objection.withdrawn_at = State.WITHDRAWN, at
    objection.save(update_fields=["state", "withdrawn_at"])
    _note(
        actor,
        objection,
        "objection_withdrawn",
        at,
        gettext_lazy("%(unit)s撤回對%(round)s %(number)s 的異議。"),
        notify=_office(objection, at),
    )
    return objection


def _permit_own(actor: User, objection: Objection, at: datetime) -> None:
    if not policies.can_object(standing_of(actor, day_of(at)), objection.sheet):
        raise PermissionDenied(
            _("這件異議由%(unit)s負責人提出，也由他補充、撤回。")
            % {"unit": objection.sheet.department_name}
        )


# ── 答覆和裁定 ────────────────────────────────────────


@transaction.atomic
def answer_objection(
    *, actor: User, objection_id: int, proposal: str, answer: str, at: datetime
) -> Objection:
    """辦公室查過以後寫答覆、提意見，請領導小組裁定；裁定以前可以再改。

    Raises PermissionDenied（含迴避）、WrongState、Incomplete。
    """
    objection = locked_objection(objection_id)
    permit_answering(actor, objection, at)
    objection.require(*Objection.OPEN)
    errors: dict[str, str] = {}
    if proposal not in Outcome.values:
        errors["proposal"] = _("選成立、部分成立或不成立。")
    if not answer.strip():
        errors["answer"] = str(NO_ANSWER)
    elif len(answer) > REASON_LIMIT:
        errors["answer"] = _too_long(answer, REASON_LIMIT)
    if errors:
        raise Incomplete(errors)
    objection.state, objection.proposal, objection.answer = State.ANSWERED, proposal, answer.strip()
    objection.answered_by, objection.answered_at = actor, at
    objection.save(update_fields=["state", "proposal", "answer", "answered_by", "answered_at"])
    _note(
        actor,
        objection,
        "objection_answered",
        at,
        gettext_lazy("答覆%(unit)s對 %(number)s 的異議，意見是%(outcome)s。"),
        title=gettext_lazy("請裁定：%(unit)s對%(round)s %(number)s 的異議"),
        reason=objection.answer,
        notify=deciders(objection, at),
        outcome=Outcome(proposal).label,
    )
    return objection


def permit_answering(actor: User, objection: Objection, at: datetime) -> None:
    """Raises PermissionDenied，說明是不歸他，還是要迴避。"""
    standing = standing_of(actor, day_of(at))
    if policies.can_answer_objection(
        standing, objection, is_office_tied=is_office_tied(objection, at)
    ):
        return
    if not standing.is_office(objection.sheet.round.campaign_id):
        raise PermissionDenied(_("異議由本活動辦公室答覆。"))
    raise PermissionDenied(_("這一條的分是您給的，或是您本單位的，請辦公室的另一位來答覆。"))


def is_office_tied(objection: Objection, at: datetime) -> bool:
    """辦公室的人都給過這個分或是本單位的人：沒有一個不用迴避。"""
    return not any(
        policies.can_answer_objection(standing_of(person, day_of(at)), objection)
        for person in office_members(objection.sheet.round.campaign, day_of(at))
    )


@transaction.atomic
def decide_objection(
    *,
    actor: User,
    objection_id: int,
    outcome: str,
    reason: str,
    at: datetime,
    mark: Mark | None = None,
) -> Objection:
    """領導小組裁定。成立、部分成立的按 mark 改定分、出下一版定稿；不成立的維持原分。

    Raises PermissionDenied（含迴避）、WrongState（還沒答覆，或剛由別人裁定）、Incomplete。
    """
    row = Objection.objects.select_related("sheet").get(pk=objection_id)
    round_ = locked_round(row.sheet.round_id)
    objection = _locked(objection_id)
    permit_deciding(actor, objection, at)
    objection.require(State.ANSWERED)
    if round_.phase not in (Phase.FEEDBACK, Phase.ANSWER):
        raise WrongState(_("結果已經公佈，異議不能再裁定。"))
    _check_decision(outcome, reason, mark)
    if outcome in Objection.GRANTED:
        _amend(actor, objection, mark, reason.strip(), at)
    objection.state, objection.decision_reason = State(outcome), reason.strip()
    objection.decided_by, objection.decided_at = actor, at
    objection.save()
    _note(
        actor,
        objection,
        "objection_decided",
        at,
        gettext_lazy("%(unit)s對%(round)s %(number)s 的異議裁定為%(outcome)s。"),
        reason=objection.decision_reason,
        notify=[
            *staff_of(objection.sheet.department_id, day_of(at)),
            *_office(objection, at),
        ],
        outcome=Outcome(outcome).label,
    )
    return objection


def permit_deciding(actor: User, objection: Objection, at: datetime) -> None:
    """Raises PermissionDenied，說明是不歸他，還是要迴避。"""
    standing = standing_of(actor, day_of(at))
    if policies.can_decide_objection(
        standing, objection, is_chair_tied=is_chair_tied(objection, at)
    ):
        return
    if not standing.is_leader(objection.sheet.round.campaign_id):
        raise PermissionDenied(_("異議由領導小組裁定。"))
    if standing.is_deputy(objection.sheet.round.campaign_id):
        raise PermissionDenied(_("異議由組長裁定；組長要迴避時由副組長裁定。"))
    raise PermissionDenied(_("這一條的分或答覆出自您，或是您本單位的，請副組長裁定。"))


def is_chair_tied(objection: Objection, at: datetime) -> bool:
    """組長要迴避，或席位空着。"""
    return not any(
        policies.can_decide_objection(standing_of(person, day_of(at)), objection)
        for person in _leaders(objection, at, Seat.Role.CHAIR)
    )


def deciders(objection: Objection, at: datetime) -> list[User]:
    """該裁定的人：組長；他要迴避時是不用迴避的副組長。"""
    is_tied = is_chair_tied(objection, at)
    return [
        person
        for person in _leaders(objection, at, *Seat.LEADER_ROLES)
        if policies.can_decide_objection(
            standing_of(person, day_of(at)), objection, is_chair_tied=is_tied
        )
    ]


def _leaders(objection: Objection, at: datetime, *roles: str) -> list[User]:
    seats = Seat.objects.on(day_of(at)).filter(
        campaign=objection.sheet.round.campaign_id, role__in=roles, user__is_active=True
    )
    return list({seat.user_id: seat.user for seat in seats.select_related("user")}.values())


def _check_decision(outcome: str, reason: str, mark: Mark | None) -> None:
    errors: dict[str, str] = {}
    if outcome not in Outcome.values:
        errors["outcome"] = _("選成立、部分成立或不成立。")
    if not reason.strip():
        errors["reason"] = str(NO_DECISION)
    elif len(reason) > DECISION_LIMIT:
        errors["reason"] = _too_long(reason, DECISION_LIMIT)
    if outcome in Objection.GRANTED and (mark is None or mark.is_blank):
        errors["outcome"] = _("改了的事實還沒有填，分數由它算出；維持原分的請選不成立。")
    if errors:
        raise Incomplete(errors)


def _amend(actor: User, objection: Objection, mark: Mark, reason: str, at: datetime) -> None:
    """按查實的事實改定分，出下一版；不因提異議把分改低。"""
    line = objection.criterion_id
    before = objection.score.points if objection.score else Decimal(0)
    try:
        snapshot = revise_final(
            actor=actor,
            sheet_id=objection.sheet_id,
            marks={line: replace(mark, reason=reason)},
            reason=_edition_reason(objection),
            at=at,
        )
    except RefusedMarks as refusal:
        raise Incomplete({"finding": refusal.errors[line]}) from refusal
    score = Score.objects.get(
        sheet=objection.sheet_id, criterion=line, stage=Score.Stage.FINAL, replaced_at=None
    )
    if not score.is_not_applicable and score.points <= before:
        raise Incomplete(
            {
                "finding": _("這樣算下來是 %(points)s 分，不比原來的 %(before)s 分高；請核對事實。")
                % {"points": score.points, "before": before}
            }
        )
    objection.new_score, objection.after = score, snapshot


@source_script()
def _edition_reason(objection: Objection) -> str:
    return _("%(unit)s對 %(number)s 的異議成立，改定分。") % {
        "unit": objection.sheet.department_name,
        "number": objection.criterion.number,
    }


# ── 共用 ──────────────────────────────────────────────


def locked_objection(objection_id: int) -> Objection:
    """鎖住評分表再鎖異議。"""
    row = Objection.objects.only("sheet_id").get(pk=objection_id)
    locked_sheet(row.sheet_id)
    return _locked(objection_id)


def _locked(objection_id: int) -> Objection:
    """評分表已鎖住；等鎖的時候別人可能剛辦了一步，鎖到了再讀。"""
    Objection.objects.select_for_update().only("pk").get(pk=objection_id)
    return Objection.objects.with_everything().get(pk=objection_id)


def _office(objection: Objection, at: datetime) -> list[User]:
    return office_members(objection.sheet.round.campaign, day_of(at))


@source_script()
def _note(
    actor: User,
    objection: Objection,
    action: str,
    at: datetime,
    summary: Any,
    *,
    title: Any = "",
    reason: str = "",
    notify: Iterable[User] = (),
    **words: Any,
) -> None:
    """留一筆痕，並給 notify 各一條消息；title 空着時用 summary。"""
    filled = {
        "unit": objection.sheet.department_name,
        "round": objection.sheet.round.title,
        "number": objection.criterion.number,
        **words,
    }
    said = str(summary) % filled
    record(
        actor=actor,
        action=f"evaluations.{action}",
        target=objection,
        topic=objection.sheet.round,
        at=at,
        summary=said,
        reason=reason,
        notify=notify,
        message=Message(
            title=str(title) % filled if title else said,
            body=reason,
            url=objection.get_absolute_url(),
        ),
    )
