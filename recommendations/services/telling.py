"""考核推薦的每一步留痕並告訴該知道的人：與所講的改動寫在同一個事務裏。"""

from collections.abc import Iterable
from datetime import date, datetime
from typing import Any

from django.core.exceptions import PermissionDenied
from django.utils.functional import Promise
from django.utils.timezone import localdate
from django.utils.translation import gettext as _

from campaigns.standing import office_members, standing_of
from journal.models import Entry
from journal.services import Message, record, source_script
from people.models import User
from people.services import heads_of
from recommendations import policies
from recommendations.meeting import voters_of
from recommendations.models import Candidate, Programme
from tasks.models import WrongState
from tasks.services.handing_in import Incomplete

Sentence = str | Promise
REASON_LIMIT = 500


def day_of(at: datetime) -> date:
    return localdate(at)


def locked_programme(programme_id: int) -> Programme:
    """先鎖項目再鎖對象，處處如此；鎖到了再讀，等鎖的時候別人可能剛辦了一步。"""
    Programme.objects.select_for_update().only("pk").get(pk=programme_id)
    return Programme.objects.select_related("campaign").get(pk=programme_id)


def locked_candidate(candidate_id: int) -> Candidate:
    """鎖住項目和這個對象。"""
    row = Candidate.objects.only("programme_id").get(pk=candidate_id)
    programme = locked_programme(row.programme_id)
    Candidate.objects.select_for_update().only("pk").get(pk=candidate_id)
    candidate = Candidate.objects.with_everything().get(pk=candidate_id)
    candidate.programme = programme
    return candidate


def require_running(programme: Programme) -> None:
    """活動在進行中才辦得了。Raises WrongState。"""
    if not programme.campaign.is_open:
        raise WrongState(_("這個活動不在進行中，推薦不再辦理；內容照舊可看。"))


def permit_managing(actor: User, programme: Programme, at: datetime) -> None:
    """Raises PermissionDenied、WrongState（活動已結束）。"""
    require_running(programme)
    if not policies.can_manage(standing_of(actor, day_of(at)), programme.campaign):
        raise PermissionDenied(_("推薦項目由本活動辦公室擬訂和推進。"))


def require_reason(reason: str, sentence: str, limit: int = REASON_LIMIT) -> str:
    """收拾好的理由。Raises Incomplete，寫在 reason 上。"""
    found = reason.strip()
    if not found:
        raise Incomplete({"reason": sentence})
    if len(found) > limit:
        words = {"limit": limit, "count": len(found)}
        raise Incomplete({"reason": _("最多 %(limit)d 字，現有 %(count)d 字，請刪短。") % words})
    return found


@source_script()
def note(
    *,
    actor: User | None,
    programme: Programme,
    action: str,
    at: datetime,
    summary: Sentence,
    title: Sentence = "",
    reason: str = "",
    notify: Iterable[User] = (),
    changes: dict[str, list[Any]] | None = None,
    target: Any = None,
    url: str = "",
    **words: Any,
) -> Entry:
    """留一筆痕，並給 notify 各一條消息；話裏的 %(programme)s、%(candidate)s 在這裏填上。"""
    filled = {"programme": programme.title, "candidate": target, **words}
    said = str(summary) % filled
    return record(
        actor=actor,
        action=f"recommendations.{action}",
        target=target or programme,
        topic=programme,
        at=at,
        summary=said,
        reason=reason,
        changes=changes,
        notify=notify,
        message=Message(
            title=str(title) % filled if title else said,
            body=reason,
            url=url or (target or programme).get_absolute_url(),
        ),
    )


def office(programme: Programme, at: datetime) -> list[User]:
    return office_members(programme.campaign, day_of(at))


def concerned(candidate: Candidate, at: datetime) -> list[User]:
    """一個對象的事告訴誰：推薦的人、單位負責人、本人。"""
    people = [candidate.nominated_by, *heads_of(candidate.department_id, day_of(at))]
    if candidate.person:
        people.append(candidate.person)
    return list({person.pk: person for person in people}.values())


def voters(programme: Programme, at: datetime) -> list[User]:
    """當日有表決權的人。"""
    return [voter.user for voter in voters_of(programme.campaign, day_of(at)).values()]
