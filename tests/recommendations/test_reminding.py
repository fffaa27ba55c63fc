"""推薦的事到期提醒、上日程：找該辦的人，一級只說一次，辦了就停，迴避的不找。"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

import pytest

from evaluations.reminding import Asked
from recommendations.reminding import KINDS, find
from recommendations.reminding.tracks import Track
from recommendations.services import candidates, publicity, submitting, voting
from tasks.models import ReminderPolicy
from tasks.rungs import Ladder
from tasks.services.reminder_policy import ladders_of
from tests.agenda.test_assessment_work import events
from tests.cast import Cast
from tests.evaluations.test_reminding import audience, lines, sent, step
from tests.recommendations import stage
from tests.recommendations.stage import AFTER, AT, fresh
from workdays.services import calendar

LATE = {-3: "before_3", -1: "before_1", 0: "on_day", 1: "after_1", 5: "after_3"}
BEFORE = {-3: "before_3", -1: "before_1", 0: "on_day"}
CALL = date(2026, 12, 10)


def only(cast: Cast) -> Any:
    return cast.campaign.programmes.get()


def put(cast: Cast) -> None:
    programme = stage.programme(cast)
    row = stage.candidate(cast, programme)
    stage.confirmed(row, stage.condition(programme, "manual"), cast)


def voted(cast: Cast) -> None:
    programme, (row,) = stage.voting_on(cast)
    agree(cast, programme, row)


def agree(cast: Cast, programme: Any, row: Any) -> None:
    stage.vote(cast, programme, {who: {row: "agree"} for who in ("leader", "deputy", "neighbour")})


def object_to(cast: Cast) -> None:
    _programme, (row,) = stage.in_publicity(cast)
    publicity.record_objection(actor=cast.officer, candidate_id=row.pk, report=stage.REPORT, at=AT)


def decide(cast: Cast) -> None:
    objection = only(cast).candidates.get().objections.get()
    publicity.decide_objection(
        actor=cast.office, objection_id=objection.pk, is_upheld=False, finding="查無此事", at=AT
    )


def answer(cast: Cast) -> None:
    values = {"is_granted": False, "answered_date": AFTER.date(), "honour_name": ""}
    row = only(cast).candidates.get()
    submitting.record_answer(actor=cast.office, candidate_id=row.pk, values=values, at=AFTER)


def press(act: Callable[..., object], at: Any = AT, **more: Any) -> Callable[[Cast], object]:
    return lambda cast: act(actor=cast.office, programme_id=only(cast).pk, at=at, **more)


@dataclass(frozen=True)
class Scene:
    """一件：怎樣佈置、哪天到期、輪到誰、怎樣辦了、對他說什麼；inert 是不該找的人。"""

    track: Track
    lay: Callable[[Cast], object]
    due: date
    doer: str
    act: Callable[[Cast], object]
    words: str
    inert: set[str]
    steps: dict[int, str] = field(default_factory=lambda: LATE)


UNIT = {"head", "clerk", "helper", "helper_head", "neighbour", "admin"}
SCENES = {
    "nominate": Scene(
        Track.NOMINATE,
        lambda cast: stage.programme(cast, apply_by=CALL),
        CALL,
        "head",
        lambda cast: candidates.nominate(
            actor=cast.head, programme_id=only(cast).pk, at=AT,
            nomination=candidates.Nomination("window", cast.registry.pk, "全年無差錯"),
        ),
        "示範點」的申報，時限12月10日，本單位還沒有推薦，符合條件的請推薦，不推薦的不用辦。",
        {"clerk", "helper", "leader", "office", "admin"},
        {-3: "before_3", -1: "", 0: "on_day", 1: "", 5: ""},
    ),
    "vote": Scene(
        Track.VOTE, stage.voting_on, date(2026, 11, 30), "neighbour",
        lambda cast: agree(cast, only(cast), only(cast).candidates.get()),
        "示範點」的表決，時限11月30日，請您表決，該迴避的請聲明。",
        {"head", "clerk", "helper", "helper_head", "admin"},
    ),
    "put": Scene(
        Track.STEP, put, date(2026, 11, 27), "officer", press(voting.open_vote),
        "時限11月27日，請核對各項條件，提交表決。", UNIT | {"deputy"},
    ),
    "close": Scene(
        Track.STEP, voted, date(2026, 11, 30), "officer", press(voting.close_vote),
        "該表決的都表決了，請結束表決。", UNIT | {"deputy"},
    ),
    "show": Scene(
        Track.STEP, stage.passed, date(2026, 11, 30), "officer",
        press(publicity.start_publicity, plan=stage.PLAN), "請開始公示。", UNIT | {"deputy"},
    ),
    "end": Scene(
        Track.STEP, stage.in_publicity, stage.PUBLICITY_ENDS, "officer",
        press(submitting.submit, AFTER),
        "示範點」的公示，時限11月30日，請核對收到的異議都登記了，期滿即可報送。",
        UNIT | {"leader"}, BEFORE,
    ),
    "send": Scene(
        Track.STEP, stage.in_publicity, date(2026, 12, 7), "officer",
        press(submitting.submit, AFTER), "時限12月7日，公示期滿，請報送。", UNIT | {"deputy"},
    ),
    "objection": Scene(
        Track.OBJECTION, object_to, date(2026, 11, 30), "leader", decide,
        "對婚姻登記處的異議，時限11月30日，請核查、認定，查清以前不能報送。", UNIT,
    ),
    "answer": Scene(
        Track.ANSWER, stage.submitted, date(2026, 12, 29), "officer", answer,
        "請問一問批覆，收到即記下。", UNIT | {"leader", "deputy"},
        {-3: "", 0: "on_day", 1: "", 10: "after_10"},
    ),
}  # fmt: skip


@pytest.mark.parametrize("scene", SCENES.values(), ids=SCENES)
def test_what_is_owed_climbs_the_ladder_once_and_stops_when_done(cast: Cast, scene: Scene) -> None:
    scene.lay(cast)
    doer = getattr(cast, scene.doer)

    found, words = {}, []
    for place in scene.steps:
        day = calendar().add(scene.due, place) if place else scene.due
        plans = sent(day)
        found[place] = step(day, doer, scene.track)
        words += lines(plans, doer, scene.track)
    again = lines(sent(day), doer, scene.track)

    assert found == scene.steps
    assert all(scene.words in sentence for sentence in words)
    assert not again
    assert not audience(scene.track) & scene.inert
    scene.act(cast)
    later = lines(sent(calendar().add(day, 15)), doer, scene.track)
    assert not [sentence for sentence in later if scene.words in sentence]


@pytest.mark.parametrize("name", ["nominate", "vote", "answer"])
def test_it_stands_in_the_calendar_of_who_owes_it(cast: Cast, name: str) -> None:
    scene = SCENES[name]
    scene.lay(cast)
    mine = events(getattr(cast, scene.doer))

    assert any(each.startswith(f"{scene.due:%Y%m%d} ") for each in mine)
    assert events(cast.clerk) == events(cast.admin) == []
    scene.act(cast)
    assert not set(mine) & set(events(getattr(cast, scene.doer)))


def test_a_second_round_is_counted_anew(cast: Cast) -> None:
    programme, rows = stage.voting_on(cast, cast.registry, cast.bureau_office, quota=1)
    for row in rows:
        agree(cast, programme, row)
    stage.vote(cast, programme, {"head": {rows[1]: "against"}})
    later = AT + timedelta(days=2)
    voting.close_vote(actor=cast.office, programme_id=programme.pk, at=later)
    assert fresh(programme).vote_round == 2

    plans = sent(date(2026, 12, 2))

    for who in (cast.leader, cast.neighbour, cast.head):
        [said] = lines(plans, who, Track.VOTE)
        assert "時限12月2日，請您表決" in said


def test_the_weekly_overview_counts_what_waits(cast: Cast) -> None:
    stage.voting_on(cast)
    stage.programme(cast, title="申報中", apply_by=CALL)

    [plan] = [plan for plan in sent(date(2026, 11, 30)) if plan.person == cast.officer]

    weekly = [line.sentence for line in plan.lines if line.step == "weekly"]
    assert weekly == ["本週一覽：推薦等着辦的 1 件（其中逾期 0）：推薦表決 1。"]


def test_many_programmes_ask_no_more(cast: Cast, django_assert_max_num_queries: Callable) -> None:
    for number in range(3):
        stage.programme(cast, title=f"申報{number}", apply_by=CALL)
        stage.voting_on(cast, title=f"表決{number}")
        stage.in_publicity(cast, title=f"公示{number}")
        stage.submitted(cast, title=f"報送{number}")

    with django_assert_max_num_queries(11):
        found = find(Asked(AT.date(), calendar()))
    assert len(found) == 12


def test_a_campaign_with_its_own_rules_gets_the_ladders_and_its_steps_their_day(
    migrate: Callable[..., Any], cast: Cast
) -> None:
    programme, _rows = stage.voting_on(cast)
    migrate([("recommendations", "0003_candidate_place_once")])
    policy = ReminderPolicy.objects.create(campaign=cast.campaign)

    migrate()

    seeded = ladders_of(policy.steps.all())
    assert {track: ladder.rungs for track, ladder in seeded.items()} == {
        kind.track: Ladder(kind.rungs).rungs for kind in KINDS
    }
    assert fresh(programme).turned_at == AT
