"""另定了提醒規則的活動補上考核的階梯，清單各項補上出了的是什麼事，

一個單位一個答覆的抄到每一種情形；都退得回去。
"""

from datetime import date
from typing import Any

from evaluations import reminding as assessing
from recommendations import reminding as recommending
from tasks.models import ReminderPolicy
from tasks.rungs import Ladder
from tasks.services.reminder_policy import ladders_of
from tests import factories as make
from tests.cast import Cast

OLD = [
    ("evaluations", "0007_objections"),
    ("recommendations", "0003_candidate_place_once"),
    ("tasks", "0014_tracks_are_registered"),
]
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
        kind.track: Ladder(kind.rungs).rungs for kind in (*assessing.KINDS, *recommending.KINDS)
    }


class Vetoes:
    """殯儀館答「無」，登記處答「有情況」而且登記了刑事案件，辦公室沒有答。"""

    def __init__(self, cast: Cast) -> None:
        self.campaign, self.units = cast.campaign.pk, [cast.registry.pk, cast.funeral_home.pk]
        self.silent, self.who = cast.bureau_office.pk, cast.office.pk

    def plant(self, old: Any) -> None:
        policies = old.get_model("tasks", "ReminderPolicy").objects
        self.policy = policies.create(campaign_id=self.campaign).pk
        self.items = items_of_old(old, self.campaign)
        event = old.get_model("evaluations", "VetoEvent").objects.create(
            item=self.items[0], department_id=self.units[0], description="酒駕", date_of_event=DAY,
            reported_by_id=self.who, reported_at=make.moment(2026, 11, 23),
        )  # fmt: skip
        self.event = event.pk
        inquiry = inquiry_of_old(old, self.campaign, self.who, self.items[:2])
        told = {"inquiry": inquiry, "answered_date": DAY, "recorded_by_id": self.who}
        answers = old.get_model("evaluations", "InquiryAnswer").objects
        first, second = self.units
        answers.create(department_id=first, answer="event", event=event, note="見函", **told)
        answers.create(department_id=second, answer="clear", **told)
        answers.create(department_id=self.silent, inquiry=inquiry)

    def assert_upgraded(self, new: Any) -> None:
        assert_seeded(ReminderPolicy.objects.get(pk=self.policy))
        worded = new.get_model("evaluations", "VetoItem").objects.values_list("event_text", "text")
        assert list(worded) == [
            ("發生刑事案件", "無刑事案件"),
            ("存在髒亂差現象", "無髒亂差現象"),
            ("发生食品安全事故", "发生食品安全事故"),
        ]
        first, second = (item.pk for item in self.items[:2])
        found = new.get_model("evaluations", "InquiryAnswer").objects.values_list(
            "department", "item", "answer", "event", "note"
        )
        assert set(found) == {
            (self.units[0], first, "event", self.event, "見函"),
            (self.units[0], second, "event", None, "見函"),
            (self.units[1], first, "clear", None, ""),
            (self.units[1], second, "clear", None, ""),
            (self.silent, first, "", None, ""),
            (self.silent, second, "", None, ""),
        }

    def assert_back(self, back: Any) -> None:
        rows = back.get_model("evaluations", "InquiryAnswer").objects
        assert set(rows.values_list("department", "answer", "event")) == {
            (self.units[0], "event", self.event),
            (self.units[1], "clear", None),
            (self.silent, "", None),
        }
        policy = back.get_model("tasks", "ReminderPolicy").objects.get(pk=self.policy)
        assert not policy.steps.exists()
