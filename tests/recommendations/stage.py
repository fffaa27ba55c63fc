"""佈景：一個推薦項目和它的對象，走到某一步。成員兩席：婚姻登記處負責人、殯儀館負責人。"""

from datetime import date, datetime
from typing import Any

from campaigns.standing import forget_standing
from people.models import Department
from recommendations.models import Candidate, Condition, Programme
from recommendations.services import publicity, submitting, voting
from tests import factories as make
from tests.cast import Cast
from tests.factories import moment

APPLY_BY = date(2026, 11, 20)
AT = moment(2026, 11, 23)
PUBLICITY_ENDS = date(2026, 11, 30)
AFTER = moment(2026, 12, 1)
Kind, State = Condition.Kind, Programme.State


def programme(cast: Cast, state: str = "open", *, members: bool = True, **values: Any) -> Programme:
    defaults: dict[str, Any] = {
        "title": "推薦2026年度省級文明行業創建示範點",
        "level": "province",
        "authority": "福建省民政廳",
        "basis": "閩民〔2026〕12號",
        "kinds": Programme.Whom.values,
        "quota": 5,
        "apply_by": APPLY_BY,
    }
    found = Programme.objects.create(
        campaign=cast.campaign,
        created_by=cast.office,
        created_at=AT,
        state=state,
        **defaults | values,
    )
    if members:
        seat_members(cast)
    return found


def seat_members(cast: Cast) -> None:
    """婚姻登記處和殯儀館的負責人都是領導小組成員。"""
    for user in (cast.head, cast.neighbour):
        if not user.seats.exists():
            make.SeatFactory(campaign=cast.campaign, role="member", post="成員", user=user)
            forget_standing(user)


def condition(programme: Programme, kind: str, **values: Any) -> Condition:
    defaults = {"text": Kind(kind).label, "position": programme.conditions.count()}
    return Condition.objects.create(programme=programme, kind=kind, **defaults | values)


def candidate(
    cast: Cast, programme: Programme, department: Department | None = None, **values: Any
) -> Candidate:
    unit = department or cast.registry
    defaults: dict[str, Any] = {
        "kind": "window",
        "department_name": unit.name,
        "deeds": "全年辦理登記 1,286 對，群眾評價滿意率 99%。",
        "nominated_by": cast.office,
        "nominated_at": AT,
    }
    return Candidate.objects.create(programme=programme, department=unit, **defaults | values)


def confirmed(candidate: Candidate, condition: Condition, cast: Cast) -> None:
    candidate.rulings.create(
        condition=condition, outcome="met", reason="紀檢監察室書面意見", by=cast.office, at=AT
    )


def voting_on(cast: Cast, *units: Department, **values: Any) -> tuple[Programme, list[Candidate]]:
    """在表決的項目；一項辦公室確認的條件，各對象都確認了。"""
    found = programme(cast, **values)
    asked = condition(found, Kind.MANUAL, text="領導班子無違紀")
    rows = [candidate(cast, found, unit) for unit in units or (cast.registry,)]
    for row in rows:
        confirmed(row, asked, cast)
    voting.open_vote(actor=cast.office, programme_id=found.pk, at=AT)
    return fresh(found), [fresh(row) for row in rows]


def vote(cast: Cast, programme: Programme, choices: dict[str, dict[Candidate, str]]) -> None:
    """choices 是 {劇中人: {對象: 票}}。"""
    for who, votes in choices.items():
        voting.cast(
            actor=getattr(cast, who),
            programme_id=programme.pk,
            choices={row.pk: choice for row, choice in votes.items()},
            vote_round=fresh(programme).vote_round,
            at=AT,
        )


def passed(cast: Cast, *units: Department, **values: Any) -> tuple[Programme, list[Candidate]]:
    """組長、副組長都同意，殯儀館的負責人也同意（自己單位的迴避）。"""
    found, rows = voting_on(cast, *units, **values)
    for who in ("leader", "deputy", "head", "neighbour"):
        own = {"head": cast.registry, "neighbour": cast.funeral_home}.get(who)
        votes = {row: "agree" for row in rows if row.department != own}
        if votes:
            vote(cast, found, {who: votes})
    voting.close_vote(actor=cast.office, programme_id=found.pk, at=AT)
    return fresh(found), [fresh(row) for row in rows]


PLAN = publicity.Plan(start=AT.date(), place="局公示欄", contact="0591-24310000 局辦公室")


def in_publicity(
    cast: Cast, *units: Department, **values: Any
) -> tuple[Programme, list[Candidate]]:
    found, rows = passed(cast, *units, **values)
    publicity.start_publicity(actor=cast.office, programme_id=found.pk, plan=PLAN, at=AT)
    return fresh(found), [fresh(row) for row in rows]


def submitted(
    cast: Cast, *units: Department, at: datetime = AFTER, **values: Any
) -> tuple[Programme, list[Candidate]]:
    found, rows = in_publicity(cast, *units, **values)
    submitting.submit(
        actor=cast.office, programme_id=found.pk, at=at, document_number="嵐民〔2026〕45號"
    )
    return fresh(found), [fresh(row) for row in rows]


REPORT = publicity.Report(
    content="上月登記窗口排隊兩小時，沒有人引導。",
    channel="phone",
    received=AT.date(),
    name="林先生",
)


def fresh(row: Any) -> Any:
    rows = type(row).objects
    if isinstance(row, Candidate):
        rows = rows.with_everything()
    elif isinstance(row, Programme):
        rows = rows.select_related("campaign")
    return rows.get(pk=row.pk)
