"""催辦的另一半：電話、書面、工作群記一筆，以及單位的答覆。"""

from collections.abc import Iterable
from datetime import datetime, timedelta
from uuid import UUID

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from campaigns.models import Campaign
from campaigns.standing import office_members, standing_of
from journal.models import Entry
from journal.services import Message, announce, record, source_script
from people.models import User
from tasks import policies
from tasks.models import Chase, Measure, Submission, WrongState
from tasks.services.chasing import ChasePlan, is_done_before, plan_chase, write_chases

ANSWERED = "tasks.chase_answered"
#: 瀏覽器和服務器的鐘略有出入，不為此拒絕剛打的電話。
_CLOCK_SKEW = timedelta(minutes=5)


@transaction.atomic
def record_chase(
    *,
    actor: User,
    submission_ids: Iterable[int],
    channel: str,
    words: str,
    at: datetime,
    batch: UUID,
) -> ChasePlan:
    """記下一次已經辦了的催辦（書面催辦單已送、話已發到工作群）：留痕，不另發通知。

    其間已報出的不記，在返回的 refused 裏。batch 相同的第二次什麼也不做。
    Raises PermissionDenied：不是本活動辦公室的人。
    """
    ids = set(submission_ids)
    if is_done_before(actor, ids, at, batch):
        return ChasePlan(is_repeat=True)
    plan = plan_chase(submission_ids=ids, at=at, confirmed=True)
    write_chases(actor=actor, rows=plan.rows, channel=channel, words=words, at=at, batch=batch)
    return plan


def check_called_at(called_at: datetime, now: datetime) -> None:
    """電話只補記當天的，也不能是還沒到的時候。Raises ValidationError。"""
    if called_at > now + _CLOCK_SKEW:
        raise ValidationError(_("打電話的時間還沒到，請改成現在或更早。"))
    if timezone.localdate(called_at) != timezone.localdate(now):
        raise ValidationError(_("只補記當天的電話；更早的請在說的話裏寫明是哪天。"))


@transaction.atomic
def note_call(
    *,
    actor: User,
    submission_ids: Iterable[int],
    spoken_to: str,
    words: str,
    answer: str,
    called_at: datetime,
    at: datetime,
    batch: UUID,
) -> ChasePlan:
    """記下一次催辦電話：誰接的、說了什麼、怎樣答覆。不另發通知。

    Raises PermissionDenied；ValidationError：時間不對，或選的都已經報出。
    """
    check_called_at(called_at, at)
    ids = set(submission_ids)
    if is_done_before(actor, ids, at, batch):
        return ChasePlan(is_repeat=True)
    plan = plan_chase(submission_ids=ids, at=at, confirmed=True)
    if not plan.rows:
        raise ValidationError(list(plan.refused.values()) or [_("請至少勾選一項。")])
    write_chases(
        actor=actor,
        rows=plan.rows,
        channel=Chase.Channel.PHONE,
        words=words,
        at=at,
        batch=batch,
        spoken_to=spoken_to,
        answer=answer,
        happened_at=called_at,
    )
    if answer:
        _record_spoken_answer(actor, plan.rows, spoken_to, answer, at)
    return plan


@source_script()
def _record_spoken_answer(
    actor: User, rows: list[Submission], spoken_to: str, answer: str, at: datetime
) -> None:
    """答覆是單位與辦公室之間的話：記在報送上，旁人看不到（催辦那一條人人可見）。"""
    first = {row.assignment.measure_id: row for row in reversed(rows)}
    for row in first.values():
        words = {"unit": row.assignment.department.name, "to": spoken_to}
        record(
            actor=actor,
            action=ANSWERED,
            target=row,
            topic=row.assignment.measure,
            at=at,
            summary=_("%(unit)s在電話裏答覆催辦（%(to)s）。") % words,
            reason=answer,
        )


# ── 答覆 ──────────────────────────────────────────────


@transaction.atomic
def answer_chases(
    *, actor: User, chase_ids: Iterable[int], answer: str, at: datetime
) -> list[Chase]:
    """單位答覆催辦，告訴催的人（他已不在辦公室的，告訴辦公室）。答覆不影響提醒。

    可以再答覆，以後一次為準，前面的在留痕裏。返回答覆了的；已報出、中止的不用答覆，不在內。
    Raises PermissionDenied：不是本單位的人；WrongState：一項也不用答覆了。
    """
    chosen = Chase.objects.filter(pk__in=set(chase_ids))
    rows = list(
        # 站內和工作群一起催的是兩行，一句話答覆了兩行。
        Chase.objects.select_for_update(of=("self",))
        .filter(batch__in=chosen.values("batch"), submission__in=chosen.values("submission"))
        .select_related(
            "submission__assignment__measure__campaign", "submission__assignment__department", "by"
        )
        .order_by("pk")
    )
    standing = standing_of(actor, timezone.localdate(at))
    if not all(policies.can_answer_chase(standing, row.submission) for row in rows):
        raise PermissionDenied(_("只有被催單位的人能答覆。"))
    rows = [row for row in rows if awaits_answer(row)]
    if not rows:
        raise WrongState(_("這次催的都已經報出或不再辦理，不用答覆了。"))
    for row in rows:
        row.answer, row.answered_at, row.answered_by = answer, at, actor
    Chase.objects.bulk_update(rows, ["answer", "answered_at", "answered_by"])
    _tell_the_chasers(actor, rows, answer, at)
    return rows


def awaits_answer(row: Chase) -> bool:
    """還欠着的才要答覆：待填報、任務在辦、活動進行中。"""
    assignment = row.submission.assignment
    return (
        row.submission.state == Submission.State.OPEN
        and assignment.is_live
        and assignment.measure.state == Measure.State.ISSUED
        and assignment.measure.campaign.state == Campaign.State.ACTIVE
    )


@source_script()
def _tell_the_chasers(actor: User, rows: list[Chase], answer: str, at: datetime) -> None:
    """每項措施一條留痕；每個催的人一條通知，幾項合在一起。"""
    entries: dict[int, Entry] = {}
    by_chaser: dict[User, list[Chase]] = {}
    for row in rows:
        assignment = row.submission.assignment
        if assignment.measure_id not in entries:
            entries[assignment.measure_id] = record(
                actor=actor,
                action=ANSWERED,
                target=row.submission,
                topic=assignment.measure,
                at=at,
                summary=_("%(unit)s答覆催辦。") % {"unit": assignment.department.name},
                reason=answer,
            )
        by_chaser.setdefault(row.by, []).append(row)
    for chaser, mine in by_chaser.items():
        announce(
            message=_answer_message(mine, answer),
            recipients=_ears(chaser, mine[0], actor, at),
            at=at,
            entry=entries[mine[0].submission.assignment.measure_id],
        )


def _ears(chaser: User, row: Chase, actor: User, at: datetime) -> list[User]:
    """該知道答覆的人：催的人還在辦公室就是他，否則辦公室的人。"""
    office = office_members(row.submission.assignment.measure.campaign, timezone.localdate(at))
    people = [chaser] if chaser in office else office
    return [person for person in people if person != actor]


def _answer_message(rows: list[Chase], answer: str) -> Message:
    first = rows[0].submission
    words = {
        "unit": first.assignment.department.name,
        "code": first.assignment.measure.code,
        "count": len({row.submission_id for row in rows}),
        "answer": answer,
    }
    if words["count"] == 1:
        title = _("%(unit)s答覆催辦 %(code)s：%(answer)s") % words
    else:
        title = _("%(unit)s答覆催辦（%(count)d 項）：%(answer)s") % words
    return Message(title=title, body=answer, url=reverse("tasks:chase-history", args=[first.pk]))
