"""消息設置：管站內以外發到哪裏、幾點發；站內一條也不少。"""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.core import mail

from journal.channels import vault
from journal.models import Delivery, Entry, Gateway, Notice, Preference
from journal.services import Message, Tally, announce, deliver_waiting, register_recheck
from tests.cast import Cast
from tests.factories import moment

PAGE = "/notices/settings/"
EARLY = moment(2026, 11, 23, 8)
DIGEST = Message("每日提醒", body="一件。", kind=Notice.Kind.DIGEST, key="digest:2026-11-23")


@pytest.fixture(autouse=True)
def no_rechecks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("journal.services.rechecking._rechecks", {})


def wish(cast: Cast, **values: Any) -> Preference:
    return Preference.objects.create(user=cast.clerk, **values)


def with_sms() -> Gateway:
    secrets = vault.seal({"url": "https://sms.example.test/"})
    return Gateway.objects.create(kind="webhook", scope="personal", name="短信", sealed=secrets)


def test_the_page_says_that_nothing_gets_lost(cast: Cast, signed_in: Callable) -> None:
    page = signed_in(cast.clerk).get(PAGE).content.decode()

    assert "站內消息一直開着" in page
    assert "下面怎麼選都不會漏事" in page


def test_mail_turned_off_leaves_the_notice_in_the_portal(cast: Cast, signed_in: Callable) -> None:
    signed_in(cast.clerk).post(PAGE, {"digest_hour": "8"})

    announce(message=Message("退回"), recipients=[cast.clerk], at=EARLY)

    assert Notice.objects.unread(cast.clerk).count() == 1
    assert Delivery.objects.count() == 0
    assert Entry.objects.get().changes == {"發郵件": ["是", "否"]}


def test_the_digest_waits_for_the_chosen_hour(cast: Cast) -> None:
    wish(cast, digest_hour=10)
    announce(message=DIGEST, recipients=[cast.clerk], at=EARLY)

    assert deliver_waiting(at=moment(2026, 11, 23, 9)) == Tally()
    assert deliver_waiting(at=moment(2026, 11, 23, 10)) == Tally(sent=1)


def test_other_messages_do_not_wait(cast: Cast) -> None:
    wish(cast, digest_hour=18)

    announce(message=Message("退回"), recipients=[cast.clerk], at=EARLY)

    assert deliver_waiting(at=EARLY) == Tally(sent=1)


def test_a_digest_written_after_the_hour_goes_at_once(cast: Cast) -> None:
    wish(cast, digest_hour=9)

    announce(message=DIGEST, recipients=[cast.clerk], at=moment(2026, 11, 23, 15))

    assert deliver_waiting(at=moment(2026, 11, 23, 15)) == Tally(sent=1)


def test_what_was_done_while_it_waited_is_not_sent(cast: Cast) -> None:
    """P4 又晚又空的提醒：到點再看一遍，都辦了就不發，少了的只說剩下的。"""
    wish(cast, digest_hour=10)
    announce(message=DIGEST, recipients=[cast.clerk], at=EARLY)
    register_recheck(Notice.Kind.DIGEST, lambda notice, at: None)

    assert deliver_waiting(at=moment(2026, 11, 23, 10)) == Tally(cancelled=1)
    assert mail.outbox == []


def test_a_letter_delayed_by_a_dead_server_tells_the_state_of_its_own_moment(
    cast: Cast,
) -> None:
    """P4 又晚又空的提醒：耽擱到下午的，說的是下午的話。"""
    announce(message=DIGEST, recipients=[cast.clerk], at=EARLY)
    told: list[datetime] = []

    def now_one(notice: Notice, at: datetime) -> Message:
        told.append(at)
        return Message("只剩半件", kind=notice.kind)

    register_recheck(Notice.Kind.DIGEST, now_one)
    late = moment(2026, 11, 23, 16)

    deliver_waiting(at=late)

    assert told[0] - late < timedelta(minutes=1)
    assert "只剩半件" in mail.outbox[0].subject


def test_a_later_hour_chosen_today_moves_todays_digest(cast: Cast, signed_in: Callable) -> None:
    announce(message=DIGEST, recipients=[cast.clerk], at=EARLY)
    signed_in(cast.clerk).post(PAGE, {"mail": "on", "digest_hour": "11"})

    assert deliver_waiting(at=moment(2026, 11, 23, 10)) == Tally()
    assert deliver_waiting(at=moment(2026, 11, 23, 11)) == Tally(sent=1)


def test_an_earlier_hour_chosen_today_moves_it_too(cast: Cast, signed_in: Callable) -> None:
    wish(cast, digest_hour=18)
    announce(message=DIGEST, recipients=[cast.clerk], at=EARLY)

    signed_in(cast.clerk).post(PAGE, {"mail": "on", "digest_hour": "8"})

    assert deliver_waiting(at=moment(2026, 11, 23, 9, 1)) == Tally(sent=1)


def test_an_hour_changed_under_the_hand_is_seen_at_the_moment_of_sending(cast: Cast) -> None:
    announce(message=DIGEST, recipients=[cast.clerk], at=EARLY)
    wish(cast, digest_hour=12)

    first = deliver_waiting(at=EARLY)
    row = Delivery.objects.get()

    assert first == Tally(postponed=1)
    assert (row.state, row.attempts) == (Delivery.State.WAITING, 0)
    assert row.next_attempt_at == moment(2026, 11, 23, 12)


def test_yesterdays_digest_waits_for_no_hour(cast: Cast) -> None:
    wish(cast, digest_hour=18)
    announce(message=DIGEST, recipients=[cast.clerk], at=EARLY)

    assert deliver_waiting(at=EARLY + timedelta(days=1)) == Tally(sent=1)


def test_a_channel_turned_off_meanwhile_is_cancelled_with_the_reason(cast: Cast) -> None:
    announce(message=Message("退回"), recipients=[cast.clerk], at=EARLY)
    wish(cast, mail=False)

    assert deliver_waiting(at=EARLY) == Tally(cancelled=1)
    assert "關掉這個渠道，站內照常收到" in Delivery.objects.get().last_error


def test_text_messages_are_offered_only_where_there_is_a_gateway(
    cast: Cast, signed_in: Callable
) -> None:
    browser = signed_in(cast.clerk)

    before = browser.get(PAGE).content.decode()
    with_sms()
    after = browser.get(PAGE).content.decode()

    assert 'name="sms"' not in before
    assert 'name="sms"' in after
    assert "您還沒有填手機號" in after


@pytest.mark.parametrize("hour", ["7", "19", "", "九", "9" * 30, "8.5"])
def test_an_hour_outside_the_day_is_refused_in_words(
    cast: Cast, signed_in: Callable, hour: str
) -> None:
    answer = signed_in(cast.clerk).post(PAGE, {"mail": "on", "digest_hour": hour})

    assert answer.status_code == 200
    assert answer.context["form"].errors["digest_hour"]
    assert Preference.objects.count() == 0


def test_a_landline_gets_no_text_message(cast: Cast) -> None:
    with_sms()
    wish(cast, mail=False, sms=True)
    cast.clerk.phone = "0591-24310000"
    cast.clerk.save(update_fields=["phone"])

    announce(message=DIGEST, recipients=[cast.clerk], at=EARLY)

    assert Delivery.objects.count() == 0


def test_many_people_cost_a_fixed_number_of_questions(
    cast: Cast, django_assert_num_queries: Callable
) -> None:
    everyone = [cast.clerk, cast.head, cast.office, cast.officer, cast.leader, cast.deputy]
    with_sms()
    # 查重、寫通知、設置、短信渠道、寫投遞，加兩個保存點。
    with django_assert_num_queries(9):
        announce(message=DIGEST, recipients=everyone[:2], at=EARLY)
    later = Message("每日提醒", kind=Notice.Kind.DIGEST, key="digest:2026-11-24")
    with django_assert_num_queries(9):
        announce(message=later, recipients=everyone, at=EARLY)
