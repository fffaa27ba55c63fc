"""六十天，跨國慶和調休的週末：隨機漏跑、退回、延期、中止、換人、半途崩潰。

該提醒的都在當天、或漏跑之後的第一次提醒到；沒有一次重複；辦了的不提醒。
對照的答案由 tests/walk/oracle.py 另算。真的 worker、真的 Redis 和郵件服務器見 tests/faults。
"""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.core import mail
from django.db import connection
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from journal.models import Notice
from journal.services import deliver_waiting
from tasks.models import Reminder, Submission
from tasks.services.reminders import send_reminders
from tests.walk import oracle
from tests.walk.stage import DAYS, EVENTS, World, at, build, days, happen, is_working
from workdays.services import calendar


class PowerCut(BaseException):
    """寫到一半停電：不是程序自己接得住的錯。"""


@contextmanager
def power_cut(after: int) -> Iterator[None]:
    """再寫 after 條通知或提醒記錄之後停電：那一條語句根本沒有到數據庫。"""
    left = after

    def cut(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        nonlocal left
        if sql.startswith("INSERT") and ("journal_notice" in sql or "tasks_reminder" in sql):
            left -= 1
            if left < 0:
                raise PowerCut
        return execute(sql, params, many, context)

    with connection.execute_wrapper(cut):
        yield


happenings = st.tuples(st.sampled_from(sorted(EVENTS)), st.integers(0, 39))
a_day = st.fixed_dictionaries(
    {
        "before": st.lists(happenings, max_size=3),
        "runs": st.sampled_from(["yes", "yes", "yes", "no", "twice", "crash", "crash then again"]),
        "crash_after": st.integers(0, 4),
        "between": st.lists(happenings, max_size=2),
    }
)


class SixtyDays(TestCase):
    @settings(max_examples=2, phases=[Phase.generate])
    @given(
        dues=st.lists(st.integers(2, DAYS - 5), min_size=20, max_size=30),
        script=st.lists(a_day, min_size=DAYS, max_size=DAYS),
    )
    def test_every_duty_is_reminded_in_time_and_none_twice(
        self, dues: list[int], script: list[dict[str, Any]]
    ) -> None:
        world = build(dues, units_with_mail=4)

        for day, plan in zip(days(), script, strict=True):
            for kind, number in plan["before"]:
                happen(world, kind, number, at(day, 8, 0))
            run_the_job(world, day, plan)
            for kind, number in plan["between"]:
                happen(world, kind, number, at(day, 8, 40))
            mail.outbox.clear()
            deliver_waiting(at=at(day, 9, 0), limit=10_000)
            check_letters(day)

        assert written_twice() == []


def run_the_job(world: World, day: Any, plan: dict[str, Any]) -> None:
    """照劇本跑（或不跑）當天的提醒，每跑一次對一次答案。"""
    if plan["runs"] == "no":
        return
    if plan["runs"].startswith("crash"):
        wanted, before = oracle.expected(world, day), written()
        try:
            with power_cut(plan["crash_after"]):
                send_reminders(on=day, at=at(day))
        except PowerCut:
            pass
        assert written() - before <= wanted
        if plan["runs"] == "crash":
            return
    told = set(Notice.objects.filter(key=f"digest:{day}").values_list("recipient_id", flat=True))
    wanted = {row for row in oracle.expected(world, day) if row[0] not in told}
    for _ in range(2 if plan["runs"] == "twice" else 1):
        before = written()
        send_reminders(on=day, at=at(day))
        assert written() - before == wanted
        wanted = set()


def written() -> set[oracle.Told]:
    """已提醒到人的。"""
    return oracle.recorded(Reminder.objects.filter(track="report"))


def check_letters(day: Any) -> None:
    """發出的信只說還欠着的；每人至多一封，都寄到了該寄的人。"""
    owed = [
        row.assignment.measure.code
        for row in Submission.objects.exclude(state=Submission.State.ACCEPTED).select_related(
            "assignment__measure"
        )
        if row.state != Submission.State.ENDORSED
    ]
    digests = [letter for letter in mail.outbox if "每日提醒" in letter.subject]
    people = [letter.to[0] for letter in digests]
    assert len(people) == len(set(people))
    for letter in digests:
        assert any(f"{code}「" in letter.body for code in owed) or "審核" in letter.body


def written_twice() -> list[object]:
    """同一件、同一時限、同一級、同一人記了兩次的，和一天收到兩份的。"""
    rows = Reminder.objects.values_list("track", "subject_id", "due_date", "step", "person")
    digests = Notice.objects.filter(kind=Notice.Kind.DIGEST).values_list("recipient", "key")
    return [row for group in (rows, digests) for row, count in Counter(group).items() if count > 1]


def test_the_walk_crosses_the_holiday_and_a_make_up_saturday() -> None:
    """戲台的日曆抄自通知；這裏對一遍系統的，抄錯了就不通過。"""
    wrong = [day for day in days() if is_working(day) != calendar().is_working(day)]

    assert wrong == []
