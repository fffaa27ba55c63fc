"""催報台：每格一個狀態，辦公室自己的在最前面，篩選在網址裏，查詢次數固定。"""

import re
from collections.abc import Callable
from datetime import date, datetime
from uuid import uuid4

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from campaigns.models import Campaign
from desk.standings import progress_of
from people.models import Department, User
from tasks.chase_board import Board, build_board
from tasks.chase_query import ChaseQuery
from tasks.chase_stand import Stand
from tasks.lights import LightRule
from tasks.models import Assignment, Chase, Measure, Round, Submission
from tests import factories as make
from tests.cast import TODAY, Cast
from workdays.services import calendar

SignIn = Callable[[User], Client]


def slot(cast: Cast, department: Department | None = None, **kwargs: object) -> Submission:
    """一項措施上一個單位的一期；默認由婚姻登記處牽頭。"""
    role = kwargs.pop("role", "lead")
    state = kwargs.pop("assignment_state", "acknowledged")
    measure = kwargs.pop("measure", None) or make.MeasureFactory(
        campaign=cast.campaign, lead_department=cast.registry, issued=True
    )
    assignment = make.AssignmentFactory(
        measure=measure, department=department or cast.registry, role=role, state=state
    )
    return make.SubmissionFactory(assignment=assignment, **kwargs)


def board_of(cast: Cast, **conditions: object) -> Board:
    rule = LightRule.on(TODAY, calendar(), cast.campaign.warn_days)
    return build_board(ChaseQuery(**conditions), cast.campaign, rule)


def chased(row: Submission, by: User, at: datetime, **kwargs: object) -> Chase:
    return Chase.objects.create(submission=row, batch=uuid4(), at=at, by=by, **kwargs)


def url(cast: Cast) -> str:
    return reverse("tasks:chase-board", args=[cast.campaign.code])


def shown(sign_in: SignIn, cast: Cast, words: str = "") -> str:
    answer = sign_in(cast.office).get(url(cast) + words)
    assert answer.status_code == 200
    return answer.content.decode()


# ── 一格一個狀態 ──────────────────────────────────────


@pytest.mark.parametrize(
    ("kwargs", "stand", "words"),
    [
        ({"due_date": date(2026, 11, 18)}, Stand.OPEN, "未報，逾期 3 個工作日"),
        ({"due_date": TODAY}, Stand.OPEN, "未報，今天截止"),
        ({"due_date": date(2026, 11, 25)}, Stand.OPEN, "未報，剩 2 個工作日"),
        ({"assignment_state": "issued"}, Stand.UNSIGNED, "未簽收，剩 2 個工作日"),
        (
            {"assignment_state": "issued", "due_date": date(2026, 11, 20)},
            Stand.OPEN,
            "未報（未簽收），逾期 1 個工作日",
        ),
        ({"submitted": True}, Stand.SUBMITTED, "待初審，已等 3 個工作日，報送時限剩 2 個工作日"),
        (
            {"endorsed": True},
            Stand.ENDORSED,
            "待審核，等辦公室審核，已等 2 個工作日，時限 5 個工作日",
        ),
    ],
)
def test_each_cell_says_where_the_report_is_and_how_old(
    cast: Cast, kwargs: dict, stand: Stand, words: str
) -> None:
    slot(cast, **kwargs)

    item = board_of(cast).items[0]

    assert (item.stand, item.words) == (stand, words)


def test_a_returned_report_is_told_from_a_first_one(cast: Cast) -> None:
    row = slot(cast, round_number=2, due_date=date(2026, 11, 26))
    Round.objects.create(
        submission=row, number=2, opened_at=make.moment(2026, 11, 20), due_date=row.due_date
    )

    assert board_of(cast).items[0].words == "退回待重報，剩 3 個工作日"


def test_accepted_and_nil_reports_are_shown_in_their_period(cast: Cast) -> None:
    slot(cast, accepted=True)
    slot(cast, accepted=True, by={"clerk": cast.clerk}, by__is_nil=True)

    stands = [item.stand for item in board_of(cast, period="2026-11").items]

    assert stands == [Stand.ACCEPTED, Stand.NIL]


def test_what_has_not_begun_is_not_owed(cast: Cast) -> None:
    slot(cast, period_start=date(2026, 12, 1), due_date=date(2026, 12, 25))

    assert board_of(cast).items == []
    assert [item.stand for item in board_of(cast, period="2026-12").items] == [Stand.LATER]


@pytest.mark.parametrize("state", [Campaign.State.DRAFT, Campaign.State.CLOSED])
def test_nothing_is_owed_when_the_campaign_is_not_running(cast: Cast, state: str) -> None:
    slot(cast)
    cast.campaign.state = state
    cast.campaign.save()

    assert board_of(cast).owed == []


def test_suspended_work_is_not_owed(cast: Cast) -> None:
    slot(cast, assignment_state="suspended")
    row = slot(cast)
    Measure.objects.filter(pk=row.assignment.measure_id).update(state="suspended")

    assert board_of(cast).owed == []


def test_overdue_here_is_overdue_everywhere(cast: Cast) -> None:
    """P9：簽收過期、辦公室審核過期，都不算單位逾期。"""
    late = slot(cast, due_date=date(2026, 11, 20))
    unsigned = slot(cast, assignment_state="issued")
    Assignment.objects.filter(pk=unsigned.assignment_id).update(
        acknowledge_due_date=date(2026, 11, 18)
    )
    slot(cast, endorsed=True, due_date=date(2026, 11, 1))

    board = board_of(cast)

    assert [item.pk for item in board.items if item.is_overdue] == [late.pk]
    assert (board.tally.owed, board.tally.overdue) == (2, 1)


def test_the_lead_and_the_supporting_slot_are_told_apart(cast: Cast, signed_in: SignIn) -> None:
    lead = slot(cast)
    slot(cast, cast.bureau_office, measure=lead.assignment.measure, role="supporting")

    page = shown(signed_in, cast)

    assert "婚姻登記處 " in page
    assert "局辦公室（配合） " in page
    assert page.count("ch--sup") == 1


# ── 辦公室自己的在最前面 ──────────────────────────────


def test_the_offices_own_waiting_comes_first_with_its_limit(cast: Cast, signed_in: SignIn) -> None:
    old = slot(cast, endorsed=True)
    old.rounds.update(endorsed_at=make.moment(2026, 11, 13))
    slot(cast, endorsed=True)
    slot(cast)

    page = shown(signed_in, cast)

    assert "等辦公室審核的 2 件，最久的已等 6 個工作日，時限 5 個工作日。" in page
    assert "其中 1 件超過時限" in page
    assert page.index("等辦公室審核的 2 件") < page.index('<table class="ch-grid">')
    assert reverse("tasks:review-inbox", args=[cast.campaign.code]) in page


def test_what_waits_for_the_office_cannot_be_ticked(cast: Cast, signed_in: SignIn) -> None:
    waiting = slot(cast, endorsed=True)
    owed = slot(cast)

    page = shown(signed_in, cast)

    assert re.findall(r'name="pick" value="(\d+)"', page) == [str(owed.pk)] * 2
    assert f"/submissions/{waiting.pk}/chases/" not in page or "待審核" in page


# ── 只看欠報的、期、篩選 ──────────────────────────────


def test_only_units_and_measures_that_owe_are_listed_unless_asked(cast: Cast) -> None:
    slot(cast)
    slot(cast, cast.funeral_home, accepted=True)

    few, whole = board_of(cast), board_of(cast, whole=True)

    assert [row.name for row in few.rows] == ["婚姻登記處"]
    assert [row.name for row in whole.rows] == ["婚姻登記處", "殯儀館"]
    assert (len(few.columns), len(whole.columns)) == (1, 2)
    assert "這一期沒有要報的" in whole.rows[1].cells


def test_the_period_narrows_the_board(cast: Cast) -> None:
    old = slot(
        cast,
        label="2026-09",
        period_start=date(2026, 9, 1),
        period_end=date(2026, 9, 30),
        due_date=date(2026, 9, 25),
    )
    now = slot(cast)

    def owed(period: str) -> list[int]:
        return [item.pk for item in board_of(cast, period=period).owed]

    assert owed("owed") == [old.pk, now.pk]
    assert owed("now") == [now.pk]
    assert owed("2026-09") == [old.pk]
    assert owed("2026-Q3") == [old.pk]
    assert owed("2026-Q4") == [now.pk]


def test_the_filters_narrow_what_is_owed(cast: Cast, now: datetime) -> None:
    late = slot(cast, due_date=date(2026, 11, 20))
    near = slot(cast, cast.bureau_office, role="supporting")
    back = slot(cast, round_number=2)
    chased(late, cast.office, make.moment(2026, 11, 20))

    def owed(**conditions: object) -> set[int]:
        return {item.pk for item in board_of(cast, **conditions).owed}

    assert owed(overdue=True) == {late.pk}
    assert owed(unit=cast.bureau_office.pk) == {near.pk}
    assert owed(role="supporting") == {near.pk}
    assert owed(role="lead") == {late.pk, back.pk}
    assert owed(state=("returned",)) == {back.pk}
    assert owed(task=late.assignment.measure.main_task_id) == {late.pk}
    assert owed(objective=99) == set()
    assert owed(since=date(2026, 11, 20)) == {near.pk, back.pk}
    assert owed(since=date(2026, 11, 23)) == {late.pk, near.pk, back.pk}


def test_an_overdue_report_not_signed_for_is_found_by_either_word(cast: Cast) -> None:
    row = slot(cast, assignment_state="issued", due_date=date(2026, 11, 20))

    for state in ("open", "unsigned"):
        assert [item.pk for item in board_of(cast, state=(state,)).owed] == [row.pk]


def test_the_filters_are_in_the_address_and_can_be_cleared(cast: Cast, signed_in: SignIn) -> None:
    slot(cast)

    page = shown(signed_in, cast, f"?unit={cast.registry.pk}&state=open&overdue=1")

    assert "沒有符合條件的" in page
    assert "清除篩選" in page
    assert f'name="unit" value="{cast.registry.pk}"' in page


def test_words_that_cannot_be_read_are_said(cast: Cast, signed_in: SignIn) -> None:
    slot(cast)

    page = shown(signed_in, cast, "?period=2026-99&unit=x&since=昨天&role=boss")

    assert "網址裏有看不懂的條件" in page


def test_a_measure_without_an_indicator_has_its_own_column(cast: Cast) -> None:
    plain, marked = slot(cast), slot(cast)
    objective = make.ObjectiveFactory(campaign=cast.campaign)
    indicators = [make.IndicatorFactory(objective=objective) for _each in range(2)]
    marked.assignment.measure.indicators.add(*indicators)

    board = board_of(cast, by="indicator")

    codes = [column.code for column in board.columns]
    assert codes == [*(indicator.code for indicator in indicators), "—"]
    assert [column.tally.owed for column in board.columns] == [1, 1, 1]
    assert board.tally.owed == 2
    assert board.picked([], [indicators[0].pk]) == [marked.pk]
    assert set(board.picked([cast.registry.pk], [])) == {plain.pk, marked.pk}


# ── 最近一次催 ────────────────────────────────────────


def test_the_last_chase_and_its_answer_are_told(cast: Cast, signed_in: SignIn) -> None:
    row = slot(cast)
    chased(row, cast.officer, make.moment(2026, 11, 18), answer="月底前報。")
    chased(row, cast.office, make.moment(2026, 11, 20, 15, 6), channel="phone", answer="週五前報。")

    page = shown(signed_in, cast)

    assert "最近催過：11月20日 15:06 主任丙 電話，答覆：週五前報。" in page
    assert "11月20日 電話" in page


def test_the_phone_list_puts_the_most_overdue_unit_first(cast: Cast) -> None:
    slot(cast, due_date=date(2026, 11, 20))
    slot(cast, cast.funeral_home, due_date=date(2026, 10, 20))
    slot(cast, cast.bureau_office)

    assert [unit.name for unit in board_of(cast).lists] == ["殯儀館", "婚姻登記處", "局辦公室"]


# ── 誰看得到 ──────────────────────────────────────────


def test_only_the_office_sees_the_board(cast: Cast, signed_in: SignIn) -> None:
    for user in (cast.leader, cast.head, cast.clerk, cast.admin):
        assert signed_in(user).get(url(cast)).status_code == 403
    assert signed_in(cast.officer).get(url(cast)).status_code == 200


def test_a_closed_campaign_can_be_looked_at_but_not_chased(cast: Cast, signed_in: SignIn) -> None:
    row = slot(cast)
    Campaign.objects.filter(pk=cast.campaign.pk).update(state="closed")
    browser = signed_in(cast.office)

    assert "活動不在進行中" in browser.get(url(cast)).content.decode()
    answer = browser.post(url(cast) + "send/", {"pick": row.pk})
    assert answer.status_code == 403


def test_the_desk_leads_here_and_counts_the_same(cast: Cast, signed_in: SignIn) -> None:
    for due in (date(2026, 11, 18), date(2026, 11, 20), date(2026, 11, 30)):
        row = slot(cast, due_date=due)
        Measure.objects.filter(pk=row.assignment.measure_id).update(owed_date=due)
    rule = LightRule.on(TODAY, calendar(), cast.campaign.warn_days)
    progress = progress_of(cast.campaign, rule, cast.office)

    answer = signed_in(cast.office).get(progress.overdue_url)

    assert progress.overdue == len(answer.context["board"].columns) == 2


def test_an_empty_board_says_all_is_in(cast: Cast, signed_in: SignIn) -> None:
    page = shown(signed_in, cast)

    assert "這一期都報齊了" in page


# ── 六十個單位、一百五十項措施 ────────────────────────


def crowd(cast: Cast, units: int, measures: int) -> None:
    """每項措施一個牽頭、三個配合；有欠的、有等審核的，欠的都催過。"""
    submissions = Submission.objects.bulk_create(
        Submission(
            assignment=row,
            label="2026-11",
            name="2026年11月",
            period_start=date(2026, 11, 1),
            period_end=date(2026, 11, 30),
            due_date=date(2026, 11, 20),
            first_due_date=date(2026, 11, 20),
            state="endorsed" if n % 5 == 0 else "open",
        )
        for n, row in enumerate(crowd_of_assignments(cast, units, measures))
    )
    waiting = [row for row in submissions if row.state == "endorsed"]
    moments = {"opened_at": make.moment(2026, 11, 1), "submitted_at": make.moment(2026, 11, 10)}
    Round.objects.bulk_create(
        Round(
            submission=row,
            number=1,
            due_date=row.due_date,
            endorsed_at=make.moment(2026, 11, 11),
            **moments,
        )
        for row in waiting
    )
    Chase.objects.bulk_create(
        Chase(submission=row, batch=uuid4(), at=make.moment(2026, 11, 20), by=cast.office)
        for row in submissions
        if row.state == "open"
    )


def crowd_of_assignments(cast: Cast, units: int, measures: int) -> list[Assignment]:
    departments = Department.objects.bulk_create(
        Department(code=f"crowd{n}", name=f"單位{n}", position=10 + n) for n in range(units)
    )
    task = make.MainTaskFactory(campaign=cast.campaign)
    rows = Measure.objects.bulk_create(
        Measure(
            campaign=cast.campaign,
            main_task=task,
            code=f"9-{n:03d}",
            position=n,
            title=f"措施{n}",
            lead_department=departments[n % units],
            due_date=date(2026, 12, 10),
            state="issued",
        )
        for n in range(measures)
    )
    return Assignment.objects.bulk_create(
        Assignment(
            measure=row,
            department=departments[(n + shift) % units],
            role="supporting" if shift else "lead",
            state="acknowledged",
            due_date=row.due_date,
            issued_at=make.moment(2026, 3, 10),
        )
        for n, row in enumerate(rows)
        for shift in range(4)
    )


@pytest.mark.parametrize("words", ["", "?whole=1", "?by=indicator", "?by=indicator&whole=1"])
def test_sixty_units_by_a_hundred_and_fifty_measures_cost_the_same_few_queries(
    cast: Cast, signed_in: SignIn, words: str
) -> None:
    slot(cast).assignment.measure.indicators.add(
        make.IndicatorFactory(objective=make.ObjectiveFactory(campaign=cast.campaign))
    )
    browser = signed_in(cast.office)
    browser.get(url(cast) + words)
    with CaptureQueriesContext(connection) as few:
        browser.get(url(cast) + words)
    crowd(cast, 60, 150)

    with CaptureQueriesContext(connection) as many:
        page = browser.get(url(cast) + words).content.decode()

    assert page.count('<tr><th scope="row">') == 61
    assert len(many) == len(few) <= 12


# ── 催過的不再算進去；催辦單與一鍵催同一範圍 ──────────────


def test_the_press_counts_only_what_was_not_chased_this_working_day(
    cast: Cast, signed_in: SignIn
) -> None:
    first, second = slot(cast, due_date=date(2026, 11, 20)), slot(cast, due_date=TODAY)
    chased(first, cast.office, make.moment(2026, 11, 23, 9))

    assert "催逾期和臨期的 1 份" in shown(signed_in, cast)
    chased(second, cast.office, make.moment(2026, 11, 23, 9))
    page = shown(signed_in, cast)

    assert "逾期和臨期的 2 份今天都催過了" in page
    assert 'name="all"' not in page


def test_papers_and_group_text_take_what_the_press_takes(cast: Cast, signed_in: SignIn) -> None:
    slot(cast, due_date=date(2026, 11, 20))
    slot(cast, due_date=date(2026, 12, 25))

    page = shown(signed_in, cast)

    assert "催辦單（1 份）" in page
    assert "群文本（1 份）" in page
    for name in ("paper", "group"):
        given = reverse(f"tasks:chase-{name}", args=[cast.campaign.code])
        few, whole = (signed_in(cast.office).get(given + words) for words in ("", "?all=1"))
        assert [len(answer.context["plan"].rows) for answer in (few, whole)] == [1, 2]
        assert "全部 2 份" in few.content.decode()
        assert "只要逾期和臨期的 1 份" in whole.content.decode()


def test_the_office_is_told_what_comes_to_its_limit_today(cast: Cast, signed_in: SignIn) -> None:
    row = slot(cast, endorsed=True)
    row.rounds.update(endorsed_at=make.moment(2026, 11, 16))

    page = shown(signed_in, cast)

    assert f"{row.assignment.measure.code} 今天到期" in page
    assert "c-note--warn ch-ours" in page


def test_a_period_without_overdue_points_to_the_earlier_ones(cast: Cast, signed_in: SignIn) -> None:
    slot(cast)
    slot(
        cast,
        label="2026-09",
        period_start=date(2026, 9, 1),
        period_end=date(2026, 9, 30),
        due_date=date(2026, 9, 25),
    )

    page = shown(signed_in, cast, "?period=now")

    assert "本期沒有逾期；另有 1 份往期逾期" in page
    assert 'href="?overdue=1"' in page


def test_the_fullest_view_stays_within_twelve_queries(cast: Cast, signed_in: SignIn) -> None:
    slot(cast)
    slot(cast, cast.funeral_home, endorsed=True)
    browser = signed_in(cast.office)
    words = "?period=now&by=indicator&whole=1"
    browser.get(url(cast) + words)

    with CaptureQueriesContext(connection) as seen:
        browser.get(url(cast) + words)

    assert len(seen) <= 12, "\n".join(query["sql"][:120] for query in seen.captured_queries)
