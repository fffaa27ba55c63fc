"""報送和批覆：公示期滿、異議查清，名單連同來龍去脈凍成一份文字報上去；上級怎樣批覆照實記下。"""

import json
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from campaigns.standing import chairs_of, standing_of
from evaluations.models import Honour
from evaluations.services.honours import record_honour
from evaluations.services.rounds.freezing import canonical, hash_of
from journal.models import Entry
from people.models import DemonstrationStatus, Department, User
from people.services import add_demonstration_status
from pingtan_civ.lib.dates import long_date
from recommendations import policies
from recommendations.dossier import compose
from recommendations.models import Answer, Candidate, Programme, PublicityObjection, Submittal
from recommendations.services.publicity import refuse_unmet
from recommendations.services.telling import (
    concerned,
    day_of,
    locked_candidate,
    locked_programme,
    note,
    office,
    permit_managing,
)
from tasks.models import WrongState

State = Candidate.State
SEAL = "報送材料的哈希"
"""留痕裏這一項的名字：改了定稿又改哈希的，與它對不上。"""


@transaction.atomic
def submit(*, actor: User, programme_id: int, at: datetime, document_number: str = "") -> Submittal:
    """報送上級：公示最後一天過完、異議都認定了才行；凍結當時的一切。

    Raises PermissionDenied、WrongState（哪一樣還不到）。
    """
    programme = locked_programme(programme_id)
    permit_managing(actor, programme, at)
    rows = list(programme.candidates.filter(state=State.PASSED).with_everything())
    if words := before_submitting(programme, rows, at):
        raise WrongState(words)
    refuse_unmet(programme, rows, at)
    body = canonical(
        compose(programme, rows, day_of(at))
        | {
            "document_number": document_number.strip(),
            "made_by": actor.name,
            "made_at": at.isoformat(),
        }
    )
    submittal = Submittal.objects.create(
        programme=programme,
        document_number=document_number.strip(),
        body=body,
        sha256=hash_of(body),
        made_by=actor,
        made_at=at,
    )
    Candidate.objects.filter(pk__in=[row.pk for row in rows]).update(state=State.SUBMITTED)
    programme.move(Programme.State.SUBMITTED, at=at)
    programme.save(update_fields=["state", "turned_at"])
    people = [person for row in rows for person in concerned(row, at)]
    note(
        actor=actor,
        programme=programme,
        action="submitted",
        at=at,
        summary=gettext_lazy("「%(programme)s」%(count)d 個對象報送%(authority)s"),
        count=len(rows),
        authority=programme.authority,
        changes={SEAL: ["", submittal.sha256]},
        notify=[*chairs_of(programme.campaign, day_of(at)), *people],
    )
    return submittal


def before_submitting(programme: Programme, rows: list[Candidate], at: datetime) -> str:
    """現在為什麼還不能報送，該做什麼；能報送的為空。"""
    words = programme.refusal(Programme.State.PUBLICITY)
    return words or "".join(refusals(programme, rows, at))


def refusals(programme: Programme, rows: list[Candidate], at: datetime) -> list[str]:
    """現在為什麼還不能報送；能報送的為空。"""
    if not rows:
        return [_("名單上沒有對象了，不能報送；可以中止這個項目，寫明原因。")]
    found = []
    waiting = PublicityObjection.objects.filter(
        candidate__programme=programme, state=PublicityObjection.State.OPEN
    ).count()
    if waiting:
        said = _("還有 %(count)d 件異議沒有查清，認定以後才能報送。")
        found.append(said % {"count": waiting})
    if not programme.is_publicity_over(day_of(at)):
        said = _("公示到 %(day)s 為止，那一天過完才能報送。")
        found.append(said % {"day": long_date(programme.publicity_end)})
    return found


# ── 批覆 ──────────────────────────────────────────────


@transaction.atomic
def record_answer(
    *, actor: User, candidate_id: int, values: Mapping[str, Any], at: datetime
) -> Answer:
    """記上級的批覆；同意的記入榮譽台賬（as_site 時也記為示範點）。全部批覆了項目就走完。

    Raises PermissionDenied、WrongState、ValidationError。
    """
    candidate = locked_candidate(candidate_id)
    programme = candidate.programme
    candidate.require(State.SUBMITTED)
    if not policies.can_answer(standing_of(actor, day_of(at)), candidate):
        raise PermissionDenied(_("上級的批覆由本活動辦公室記載，活動要在進行中。"))
    facts = dict(values)
    as_site = facts.pop("as_site", False)
    answer = Answer(candidate=candidate, recorded_by=actor, recorded_at=at, **facts)
    _check_answer(answer, programme, at)
    if answer.is_granted:
        answer.honour = _honour(actor, answer, at)
        if as_site and not candidate.person_id:
            answer.status = _status(actor, answer, at)
    answer.save()
    candidate.state = State.GRANTED if answer.is_granted else State.NOT_GRANTED
    candidate.save(update_fields=["state"])
    note(
        actor=actor,
        programme=programme,
        action="answered",
        at=at,
        summary=gettext_lazy("%(candidate)s：%(state)s"),
        target=candidate,
        state=State(candidate.state).label,
        reason=answer.note,
        notify=[*concerned(candidate, at), *office(programme, at)],
    )
    if not programme.candidates.filter(state=State.SUBMITTED).exists():
        programme.move(Programme.State.ANSWERED, at=at)
        programme.save(update_fields=["state", "turned_at"])
    return answer


def _check_answer(answer: Answer, programme: Programme, at: datetime) -> None:
    errors = {}
    if answer.answered_date > day_of(at):
        errors["answered_date"] = _("批覆日期還沒有到，請核對。")
    elif answer.answered_date < day_of(programme.submittal.made_at):
        errors["answered_date"] = _("批覆日期早於報送日期（%(day)s），請核對。") % {
            "day": long_date(day_of(programme.submittal.made_at))
        }
    if answer.is_granted and not answer.honour_name.strip():
        errors["honour_name"] = _("寫明上級給的稱號，照批覆的原話。")
    if not answer.is_granted:
        answer.honour_name = ""
    if errors:
        raise ValidationError(errors)


def _honour(actor: User, answer: Answer, at: datetime) -> Honour:
    candidate, programme = answer.candidate, answer.candidate.programme
    is_bureau = candidate.department.kind == Department.Kind.BUREAU
    return record_honour(
        actor=actor,
        values={
            "name": answer.honour_name.strip(),
            "level": programme.level,
            "granted_by": programme.authority,
            "granted_date": answer.answered_date,
            "document_number": answer.document_number,
            "department": None if candidate.person or is_bureau else candidate.department,
            "person": candidate.person,
            "campaign": programme.campaign,
        },
        at=at,
    )


def _status(actor: User, answer: Answer, at: datetime) -> DemonstrationStatus:
    candidate = answer.candidate
    return add_demonstration_status(
        actor=actor,
        department_id=candidate.department_id,
        values={
            "level": candidate.programme.level,
            "granted_by": candidate.programme.authority,
            "document_number": answer.document_number,
            "start_date": answer.answered_date,
        },
        at=at,
    )


# ── 驗 ────────────────────────────────────────────────


def verify_submittals() -> Iterator[tuple[str, str]]:
    """逐份核對：（叫什麼，哪裏不對）；對的第二項為空。留痕裏有而定稿不見了的也說出來。"""
    noted: dict[int, set[str]] = {}
    rows = Entry.objects.filter(action="recommendations.submitted")
    for programme_id, changes in rows.values_list("target_id", "changes"):
        for _old, sha256 in [changes[SEAL]] if SEAL in changes else []:
            noted.setdefault(programme_id, set()).add(sha256)
    for submittal in Submittal.objects.select_related("programme").order_by("pk").iterator():
        yield str(submittal), _fault(submittal, noted.pop(submittal.programme_id, set()))
    for programme in Programme.objects.filter(pk__in=noted).order_by("pk"):
        yield programme.title, _("留痕裏記了報送，報送材料不見了。")


def _fault(submittal: Submittal, noted: set[str]) -> str:
    if hash_of(submittal.body) != submittal.sha256:
        return _("內容與哈希不符，報送材料被改過。")
    if noted != {submittal.sha256}:
        return _("哈希與留痕裏記的不符，報送材料被換過。")
    content = json.loads(submittal.body)
    if content["programme"]["id"] != submittal.programme_id:
        return _("內容是另一個項目的，報送材料被換過。")
    if content["document_number"] != submittal.document_number:
        return _("文號與內容不符，被改過。")
    return ""
