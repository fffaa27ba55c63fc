"""升級：另定了提醒規則的活動補上考核的階梯，清單各項補上出了的是什麼事，

一個單位一個答覆的抄到每一種情形；都退得回去。遷移一趟很慢，合在一個故事裏。
"""

from collections.abc import Callable
from datetime import date
from typing import Any

from evaluations.reminding import KINDS
from tasks.models import ReminderPolicy
from tasks.rungs import Ladder
from tasks.services.reminder_policy import ladders_of
from tests import factories as make
from tests.cast import Cast

OLD = [("evaluations", "0007_objections")]
DAY = date(2026, 11, 23)


def items_of_old(old: Any, campaign: int) -> list[Any]:
    texts = ("無刑事案件", "無髒亂差現象", "发生食品安全事故")
    items = old.get_model("evaluations", "VetoItem").objects
    return [items.create(campaign_id=campaign, text=text) for text in texts]


def inquiry_of_old(old: Any, campaign: int, who: int, items: list[Any]) -> Any:
    inquiry = old.get_model("evaluations", "AuthorityInquiry").objects.create(
        campaign_id=campaign, authority="公安局", period_start=DAY, period_end=DAY,
        asked_date=DAY, due_date=DAY, asked_by_id=who,
    )  # fmt: skip
    inquiry.items.set(items)
    return inquiry


def assert_seeded(policy: ReminderPolicy) -> None:
    """補上的就是默認的。"""
    seeded = ladders_of(policy.steps.all())
    assert {track: ladder.rungs for track, ladder in seeded.items()} == {
        kind.track: Ladder(kind.rungs).rungs for kind in KINDS
    }


def test_ladders_are_added_items_worded_answers_copied_and_all_go_back(
    migrate: Callable[..., Any], cast: Cast
) -> None:
    """殯儀館答「無」，登記處答「有情況」而且登記了刑事案件，辦公室沒有答。"""
    campaign, units = cast.campaign.pk, [cast.registry.pk, cast.funeral_home.pk]
    silent, who = cast.bureau_office.pk, cast.office.pk
    old = migrate(OLD)
    policy = ReminderPolicy.objects.create(campaign=cast.campaign)
    items = items_of_old(old, campaign)
    event = old.get_model("evaluations", "VetoEvent").objects.create(
        item=items[0], department_id=units[0], description="酒駕", date_of_event=DAY,
        reported_by_id=who, reported_at=make.moment(2026, 11, 23),
    )  # fmt: skip
    inquiry = inquiry_of_old(old, campaign, who, items[:2])
    told = {"inquiry": inquiry, "answered_date": DAY, "recorded_by_id": who}
    answers = old.get_model("evaluations", "InquiryAnswer").objects
    answers.create(department_id=units[0], answer="event", event=event, note="見函", **told)
    answers.create(department_id=units[1], answer="clear", **told)
    answers.create(department_id=silent, inquiry=inquiry)

    new = migrate()

    assert_seeded(policy)
    worded = new.get_model("evaluations", "VetoItem").objects.values_list("event_text", "text")
    assert list(worded) == [
        ("發生刑事案件", "無刑事案件"),
        ("存在髒亂差現象", "無髒亂差現象"),
        ("发生食品安全事故", "发生食品安全事故"),
    ]
    first, second = (item.pk for item in items[:2])
    found = new.get_model("evaluations", "InquiryAnswer").objects.values_list(
        "department", "item", "answer", "event", "note"
    )
    assert set(found) == {
        (units[0], first, "event", event.pk, "見函"),
        (units[0], second, "event", None, "見函"),
        (units[1], first, "clear", None, ""),
        (units[1], second, "clear", None, ""),
        (silent, first, "", None, ""),
        (silent, second, "", None, ""),
    }
    back = migrate(OLD).get_model("evaluations", "InquiryAnswer").objects
    assert set(back.values_list("department", "answer", "event")) == {
        (units[0], "event", event.pk),
        (units[1], "clear", None),
        (silent, "", None),
    }
    assert not policy.steps.exists()
