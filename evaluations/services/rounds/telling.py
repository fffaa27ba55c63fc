"""考核的每一步留痕並告訴該知道的人：與所講的改動寫在同一個事務裏。"""

from collections.abc import Iterable
from datetime import date, datetime
from typing import Any

from django.utils.functional import Promise
from django.utils.timezone import localdate

from campaigns.standing import office_members
from evaluations.models import AssessmentRound, Sheet
from journal.models import Entry
from journal.services import Message, announce_each, record, source_script
from people.models import Appointment, User
from people.services import holders

Sentence = str | Promise


@source_script()
def note(
    *,
    actor: User | None,
    round_: AssessmentRound,
    action: str,
    at: datetime,
    summary: Sentence,
    reason: str = "",
    notify: Iterable[Any] = (),
    changes: dict[str, list[Any]] | None = None,
    url: str = "",
    target: Sheet | None = None,
    **words: Any,
) -> Entry:
    """留一筆痕，並給 notify 各一條消息；%(round)s 在話裏是這次考核的名稱。"""
    said = str(summary) % {"round": round_.title, **words}
    return record(
        actor=actor,
        action=f"evaluations.{action}",
        target=target or round_,
        topic=round_,
        at=at,
        summary=said,
        reason=reason,
        changes=changes,
        notify=notify,
        message=Message(title=said, body=reason, url=url or round_.get_absolute_url()),
    )


@source_script()
def tell_departments(
    *,
    round_: AssessmentRound,
    sheets: Iterable[Sheet],
    title: Sentence,
    at: datetime,
    entry: Entry,
    only_heads: bool = False,
    **words: Any,
) -> None:
    """給各單位在任的人各一條，鏈接到本單位的評分表；%(unit)s 是單位的名稱。"""
    rows = list(sheets)
    role = Appointment.Role.HEAD if only_heads else None
    people = holders([sheet.department_id for sheet in rows], day_of(at), role=role)
    messages = [
        (
            person,
            Message(
                title=str(title) % {"round": round_.title, "unit": sheet.department_name, **words},
                url=sheet_url(round_, sheet),
            ),
        )
        for sheet in rows
        for person in people.get(sheet.department_id, [])
    ]
    announce_each(messages=messages, at=at, entry=entry)


def sheet_url(round_: AssessmentRound, sheet: Sheet) -> str:
    sheet.round = round_
    return sheet.get_absolute_url()


def day_of(at: datetime) -> date:
    return localdate(at)


def office(round_: AssessmentRound, at: datetime) -> list[User]:
    return office_members(round_.campaign, day_of(at))
