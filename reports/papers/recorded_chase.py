"""記下了的催辦單：照送達那一天的情形重寫，之後的簽收、延期、退回、報出都不改它。

庫裏沒有存紙上的原樣，任務的題目、單位的名稱和落款照現在的；輪次、時限、簽收沒有照那時的。
"""

from collections.abc import Sequence
from datetime import date, datetime

from django.utils.timezone import localtime

from journal.services import source_script
from tasks.chase_papers import Paper, papers_of
from tasks.models import Assignment, ChangeRequest, Chase, Round, Submission

Span = tuple[datetime, date]


@source_script()
def recorded_papers(chases: Sequence[Chase]) -> list[Paper]:
    """一次書面催辦的各張，一個單位一張。chases 是同一次的，連同措施、活動取好。"""
    moved, rounds, objected = _extensions(chases), _rounds(chases), _objections(chases)
    rows = {}
    for chase in chases:
        row = chase.submission
        row.due_date = _due_date(chase, rounds.get(row.pk, {}), moved.get(row.pk, []))
        row.assignment.state = _state(chase, objected.get(row.assignment_id, []))
        row.round_number = chase.round_number
        rows[row.pk] = row
    campaign = chases[0].submission.assignment.measure.campaign
    return papers_of(list(rows.values()), campaign, localtime(chases[0].at).date())


def _due_date(chase: Chase, rounds: dict[int, Span], moved: list[Span]) -> date:
    """那一輪那時的時限：送達以後、下一輪以前准予了延期的，是延期以前的。"""
    row: Submission = chase.submission
    following = rounds.get(chase.round_number + 1)
    for decided_at, before in moved:
        if decided_at > chase.at and (following is None or decided_at < following[0]):
            return before
    own = rounds.get(chase.round_number)
    return own[1] if own else row.due_date


def _state(chase: Chase, objected: list[tuple[datetime, datetime | None]]) -> str:
    """那時簽收了沒有；提着異議、等着裁定的不催簽收。"""
    assignment = chase.submission.assignment
    signed_at = assignment.acknowledged_at
    if signed_at is None:
        is_signed = assignment.state == Assignment.State.ACKNOWLEDGED
    else:
        is_signed = signed_at <= chase.at
    is_objected = any(
        asked <= chase.at and (decided is None or decided > chase.at) for asked, decided in objected
    )
    if is_signed or is_objected:
        return Assignment.State.ACKNOWLEDGED
    return Assignment.State.ISSUED


def _extensions(chases: Sequence[Chase]) -> dict[int, list[Span]]:
    """{報送: [(准予的時刻, 原來的時限)]}，先的在前。"""
    rows = ChangeRequest.objects.filter(
        submission__in=[chase.submission_id for chase in chases],
        kind=ChangeRequest.Kind.EXTENSION,
        state=ChangeRequest.State.APPROVED,
        previous_date__isnull=False,
    ).order_by("decided_at", "pk")
    found: dict[int, list[Span]] = {}
    for key, decided_at, before in rows.values_list("submission", "decided_at", "previous_date"):
        found.setdefault(key, []).append((decided_at, before))
    return found


def _rounds(chases: Sequence[Chase]) -> dict[int, dict[int, Span]]:
    """{報送: {輪次: (開始的時刻, 時限)}}。"""
    rows = Round.objects.filter(submission__in=[chase.submission_id for chase in chases])
    found: dict[int, dict[int, Span]] = {}
    listed = rows.order_by().values_list("submission", "number", "opened_at", "due_date")
    for key, number, opened_at, due in listed:
        found.setdefault(key, {})[number] = (opened_at, due)
    return found


def _objections(chases: Sequence[Chase]) -> dict[int, list[tuple[datetime, datetime | None]]]:
    """{任務: [(提出, 裁定)]}。"""
    rows = ChangeRequest.objects.filter(
        assignment__in=[chase.submission.assignment_id for chase in chases],
        kind=ChangeRequest.Kind.OBJECTION,
    ).order_by()
    found: dict[int, list[tuple[datetime, datetime | None]]] = {}
    for key, asked, decided in rows.values_list("assignment", "requested_at", "decided_at"):
        found.setdefault(key, []).append((asked, decided))
    return found
