"""舊的清單和答覆：各項補上出了的是什麼事，一個單位一個答覆的抄到每一種情形，再能退回去。"""

from datetime import date

import pytest
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

from tests import factories as make
from tests.cast import Cast

OLD = [("evaluations", "0008_seed_reminder_steps")]
NEW = [("evaluations", "0012_answers_name_their_item")]
DAY = date(2026, 11, 23)


def migrate(to: list[tuple[str, str]]) -> object:
    MigrationExecutor(connection).migrate(to)
    return MigrationExecutor(connection).loader.project_state(to).apps


@pytest.mark.django_db(transaction=True)
def test_old_items_are_worded_and_answers_copied_and_both_go_back(cast: Cast) -> None:
    """殯儀館答「無」，登記處答「有情況」而且登記了刑事案件，辦公室沒有答。"""
    campaign, units = cast.campaign.pk, [cast.registry.pk, cast.funeral_home.pk]
    silent, who = cast.bureau_office.pk, cast.office.pk
    old = migrate(OLD)
    items = [
        old.get_model("evaluations", "VetoItem").objects.create(campaign_id=campaign, text=text)
        for text in ("無刑事案件", "無髒亂差現象", "发生食品安全事故")
    ]
    event = old.get_model("evaluations", "VetoEvent").objects.create(
        item=items[0], department_id=units[0], description="酒駕", date_of_event=DAY,
        reported_by_id=who, reported_at=make.moment(2026, 11, 23),
    )  # fmt: skip
    inquiry = old.get_model("evaluations", "AuthorityInquiry").objects.create(
        campaign_id=campaign, authority="公安局", period_start=DAY, period_end=DAY,
        asked_date=DAY, due_date=DAY, asked_by_id=who,
    )  # fmt: skip
    inquiry.items.set(items[:2])
    told = {"inquiry": inquiry, "answered_date": DAY, "recorded_by_id": who}
    answers = old.get_model("evaluations", "InquiryAnswer").objects
    answers.create(department_id=units[0], answer="event", event=event, note="見函", **told)
    answers.create(department_id=units[1], answer="clear", **told)
    answers.create(department_id=silent, inquiry=inquiry)

    new = migrate(NEW)

    assert list(
        new.get_model("evaluations", "VetoItem").objects.values_list("event_text", "text")
    ) == [
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
    migrate(NEW)
