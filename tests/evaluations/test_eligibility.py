"""負面清單攔不攔：回溯期、隱瞞、待認定、解除、扣分加倍；沒有答覆的從不當作「無」。"""

from collections.abc import Callable
from datetime import date, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evaluations.eligibility import block_of, blocks_of, unanswered
from evaluations.models import InquiryAnswer, VetoEvent, VetoItem
from evaluations.services.inquiries import Reply, ask_authority, record_replies, withdraw_inquiry
from pingtan_civ.lib.look_back import months_after
from tests import factories as make
from tests.cast import TODAY, Cast

ONE = timedelta(days=1)
State = VetoEvent.State


def event(**values: object) -> VetoEvent:
    """不存庫的一件已認定的事。"""
    item = values.pop("item", VetoItem(event_text="發生刑事案件", look_back_months=12))
    happened = values.setdefault("date_of_event", date(2026, 6, 1))
    values = {"pk": 1, "state": State.UPHELD, "date_confirmed": happened} | values
    return VetoEvent(item=item, **values)


@given(on=st.dates(date(2015, 1, 1), date(2040, 12, 31)), months=st.sampled_from([12, 24]))
def test_one_day_inside_the_window_blocks_and_one_day_outside_does_not(
    on: date, months: int
) -> None:
    item = VetoItem(event_text="發生刑事案件", look_back_months=months)
    start = months_after(on, -months)

    assert block_of(event(item=item, date_of_event=start), on)
    assert block_of(event(item=item, date_of_event=start - ONE), on) is None


def test_the_block_says_until_when_and_then_ends() -> None:
    happened = event()
    block = block_of(happened, TODAY)

    assert block.until == date(2027, 6, 1)
    assert block.sentence == "2026年6月1日發生刑事案件，2027年6月1日以前不得推薦。"
    assert block.is_confirmed
    assert block.stops_recommendation
    assert block_of(happened, block.until)
    assert block_of(happened, block.until + ONE) is None


def test_what_has_not_happened_yet_does_not_block() -> None:
    assert block_of(event(date_of_event=TODAY + ONE), TODAY) is None


def test_a_concealed_event_counts_from_the_day_it_was_confirmed() -> None:
    found_out = {"date_of_event": date(2025, 3, 1), "date_confirmed": date(2026, 9, 1)}

    assert block_of(event(**found_out), TODAY) is None
    block = block_of(event(**found_out, is_concealed=True), TODAY)

    assert block.since == date(2026, 9, 1)
    assert "（隱瞞不報）" in block.sentence


def test_a_concealed_event_nobody_confirmed_yet_blocks_without_an_end() -> None:
    hidden = event(
        state=State.PENDING, date_of_event=date(2020, 1, 1), date_confirmed=None, is_concealed=True
    )

    block = block_of(hidden, TODAY)

    assert block.until is None
    assert not block.is_confirmed


def test_concealing_doubles_the_deduction() -> None:
    item = VetoItem(
        event_text="存在髒亂差現象", effect="points", points_hundredths=250, look_back_months=12
    )

    assert block_of(event(item=item), TODAY).points == Decimal("2.5")
    doubled = block_of(event(item=item, is_concealed=True), TODAY)
    assert doubled.points == 5
    assert "扣 5 分" in doubled.sentence
    assert not doubled.stops_recommendation


def test_a_cap_names_the_grade() -> None:
    item = VetoItem(event_text="被投訴", effect="grade_capped", grade="合格", look_back_months=12)

    block = block_of(event(item=item), TODAY)

    assert block.grade == "合格"
    assert "等次不高於「合格」" in block.sentence


def test_pending_is_neither_clear_nor_confirmed() -> None:
    block = block_of(event(state=State.PENDING, date_confirmed=None), TODAY)

    assert not block.is_confirmed
    assert "待認定" in block.sentence


def test_dismissed_never_blocks_and_released_stops_on_its_day() -> None:
    released = event(state=State.RELEASED, released_date=date(2026, 10, 1))

    assert block_of(event(state=State.DISMISSED), TODAY) is None
    assert block_of(released, date(2026, 9, 30))
    assert block_of(released, date(2026, 10, 1)) is None


def test_each_department_gets_its_own_in_one_query(
    cast: Cast, django_assert_num_queries: Callable
) -> None:
    for _number in range(3):
        make.VetoEventFactory(department=cast.registry, upheld=True, item__campaign=cast.campaign)
    make.VetoEventFactory(department=cast.bureau_office, item__campaign=cast.campaign)

    with django_assert_num_queries(1):
        found = blocks_of([cast.registry.pk, cast.funeral_home.pk], TODAY)

    assert {pk: len(blocks) for pk, blocks in found.items()} == {
        cast.registry.pk: 3,
        cast.funeral_home.pk: 0,
    }


# 徵詢


@pytest.fixture
def item(cast: Cast) -> VetoItem:
    make.VetoItemFactory(campaign=cast.campaign, text="無髒亂差現象", authority="")
    return make.VetoItemFactory(campaign=cast.campaign, text="無重大安全責任事故")


def ask(cast: Cast, item: VetoItem, at: datetime, **values: object) -> int:
    asked = {"units": [cast.registry], "days": 5} | values
    return ask_authority(
        actor=cast.office,
        campaign=cast.campaign,
        authority="應急管理部門",
        items=[item],
        departments=asked["units"],
        period=(date(2025, 11, 23), TODAY),
        days=asked["days"],
        at=at,
    ).pk


def reply(cast: Cast, inquiry_id: int, at: datetime, answer: str) -> None:
    record_replies(
        actor=cast.office,
        inquiry_id=inquiry_id,
        replies={
            row.pk: Reply(answer)
            for row in InquiryAnswer.objects.filter(inquiry=inquiry_id, department=cast.registry)
        },
        answered_date=at.date(),
        document_number="",
        at=at,
    )


def sentences(cast: Cast, on: date = TODAY) -> list[str]:
    return [
        gap.sentence for gap in unanswered(cast.campaign, [cast.registry.pk], on)[cast.registry.pk]
    ]


def test_what_nobody_asked_is_not_confirmed(cast: Cast, item: VetoItem) -> None:
    assert sentences(cast) == ["是否發生重大安全責任事故，未確認：還沒有徵詢應急管理部門。"]


def test_what_nobody_answered_is_not_confirmed(cast: Cast, item: VetoItem, now: datetime) -> None:
    ask(cast, item, now)

    assert sentences(cast) == [
        "是否發生重大安全責任事故，未確認：已徵詢應急管理部門，等2026年11月30日前答覆。"
    ]
    assert sentences(cast, date(2026, 12, 1)) == [
        "是否發生重大安全責任事故，未確認：應急管理部門逾期沒有答覆（時限2026年11月30日）。"
    ]


def test_an_answer_confirms_and_only_for_the_unit_asked(
    cast: Cast, item: VetoItem, now: datetime
) -> None:
    reply(cast, ask(cast, item, now), now, "clear")

    assert sentences(cast) == []
    others = unanswered(cast.campaign, [cast.funeral_home.pk], TODAY)
    assert len(others[cast.funeral_home.pk]) == 1


def test_an_answer_with_an_event_waits_for_the_event(
    cast: Cast, item: VetoItem, now: datetime
) -> None:
    reply(cast, ask(cast, item, now), now, "event")
    assert "還沒有登記事件" in sentences(cast)[0]

    happened = make.VetoEventFactory(item=item, department=cast.registry)
    InquiryAnswer.objects.update(event=happened)

    assert sentences(cast) == []


def test_the_newest_inquiry_counts_and_a_withdrawn_or_old_one_does_not(
    cast: Cast, item: VetoItem, now: datetime
) -> None:
    reply(cast, ask(cast, item, now), now, "clear")
    again = ask(cast, item, now + ONE)
    assert len(sentences(cast, TODAY + ONE)) == 1

    withdraw_inquiry(actor=cast.office, inquiry_id=again, reason="發錯了", at=now + ONE)

    assert sentences(cast, TODAY + ONE) == []
    assert "還沒有徵詢" in sentences(cast, date(2027, 11, 24))[0]


def test_unanswered_takes_the_same_queries_however_many(
    cast: Cast, item: VetoItem, now: datetime, django_assert_max_num_queries: Callable
) -> None:
    units = [make.DepartmentFactory() for _number in range(20)]
    for _number in range(3):
        ask(cast, item, now, units=units)

    with django_assert_max_num_queries(3):
        found = unanswered(cast.campaign, [unit.pk for unit in units], TODAY)

    assert all(len(gaps) == 1 for gaps in found.values())
