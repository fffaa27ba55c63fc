"""勾選 → 預覽 → 發送：預覽與存下的一字不差；催誰、不催誰；重發、臨發前再看一遍。"""

import re
from collections.abc import Callable
from datetime import date, datetime, timedelta
from uuid import uuid4

import pytest
from django.core.exceptions import PermissionDenied
from django.test import Client
from django.urls import reverse

from journal.letters import paragraphs
from journal.models import Delivery, Entry, Gateway, Notice
from journal.services import current_message, deliver_waiting
from people.models import Appointment, User
from tasks.models import Assignment, Chase, Measure, Round, Submission
from tasks.services import chasing, handing_in, issuing, requests
from tasks.services.chasing import ChasePlan, chase_submissions
from tasks.services.deadlines import is_untouched
from tests import factories as make
from tests.cast import Cast
from tests.factories import moment
from tests.tasks.test_chase_board import slot

SignIn = Callable[[User], Client]


def board_url(cast: Cast) -> str:
    return reverse("tasks:chase-board", args=[cast.campaign.code])


def send_url(cast: Cast) -> str:
    return reverse("tasks:chase-send", args=[cast.campaign.code])


def press(cast: Cast, rows: list[Submission], at: datetime, **kwargs: object) -> ChasePlan:
    values = {"words": "請抓緊。", "batch": uuid4()} | kwargs
    return chase_submissions(
        actor=cast.office, submission_ids=[row.pk for row in rows], at=at, **values
    )


def notices() -> dict[str, Notice]:
    return {row.recipient.username: row for row in Notice.objects.filter(kind="chase")}


def hidden(page: str) -> dict[str, str]:
    """預覽頁上帶着的隱藏字段。"""
    names = ("ids", "batch", "seen", "back")
    return {name: re.search(rf'name="{name}" value="([^"]*)"', page)[1] for name in names}


# ── 服務 ──────────────────────────────────────────────


def test_one_chase_row_for_each_report_one_notice_for_each_person(
    cast: Cast, now: datetime
) -> None:
    rows = [slot(cast), slot(cast), slot(cast, cast.bureau_office, role="supporting")]
    batch = uuid4()

    plan = press(cast, rows, now, batch=batch)

    assert len(plan.rows) == 3
    assert Chase.objects.filter(batch=batch, channel="notice", by=cast.office).count() == 3
    assert set(notices()) == {"head", "clerk", "helper", "helper_head"}
    assert {row.key for row in notices().values()} == {f"chase:{batch}"}
    assert Entry.objects.filter(action=chasing.ACTION).count() == 3
    assert all(row.entry_id for row in Chase.objects.all())


def test_the_same_batch_twice_is_sent_once(cast: Cast, now: datetime) -> None:
    row, batch = slot(cast), uuid4()
    press(cast, [row], now, batch=batch)

    again = press(cast, [row], now, batch=batch, confirmed=True)

    assert again.is_repeat
    assert (Chase.objects.count(), Notice.objects.filter(kind="chase").count()) == (1, 2)


@pytest.mark.parametrize(
    ("kwargs", "words"),
    [
        ({"submitted": True}, "已經報出，在等本單位初審"),
        ({"endorsed": True}, "在等辦公室審核，不能催單位"),
        ({"accepted": True}, "已經審核通過"),
        ({"period_start": date(2026, 12, 1)}, "才開始，現在不催"),
        ({"assignment_state": "suspended"}, "已中止，沒有可催的"),
    ],
)
def test_what_is_not_owed_is_refused_by_name(
    cast: Cast, now: datetime, kwargs: dict, words: str
) -> None:
    row = slot(cast, **kwargs)

    plan = press(cast, [row], now)

    assert words in plan.refused[row.pk]
    assert "婚姻登記處" in plan.refused[row.pk]
    assert not Chase.objects.exists()
    assert notices() == {}


@pytest.mark.parametrize("channel", Chase.Channel.values)
def test_once_a_working_day_by_whatever_channel_unless_confirmed(
    cast: Cast, now: datetime, channel: str
) -> None:
    row = slot(cast)
    Chase.objects.create(
        submission=row, batch=uuid4(), at=now - timedelta(hours=1), by=cast.office, channel=channel
    )

    assert press(cast, [row], now).again == [row]
    assert press(cast, [row], now, confirmed=True).rows == [row]
    assert press(cast, [row], now + timedelta(days=1)).rows == [row]


def test_another_unit_of_the_same_measure_may_still_be_chased_that_day(
    cast: Cast, now: datetime
) -> None:
    lead = slot(cast)
    helper = slot(cast, cast.bureau_office, measure=lead.assignment.measure, role="supporting")
    press(cast, [lead], now)

    assert press(cast, [lead, helper], now).rows == [helper]


def test_where_nobody_is_in_office_the_programme_office_is_told(cast: Cast, now: datetime) -> None:
    Appointment.objects.filter(department=cast.registry).update(end_date=date(2026, 11, 1))
    row = slot(cast)

    press(cast, [row], now)

    assert set(notices()) == {"officer"}
    assert "婚姻登記處沒有在任的人，請創建辦聯絡" in notices()["officer"].body


def test_only_the_office_of_that_campaign_chases(cast: Cast, now: datetime) -> None:
    other = make.MeasureFactory(campaign=make.CampaignFactory(code="else"), issued=True)
    foreign = make.SubmissionFactory(assignment__measure=other)

    with pytest.raises(PermissionDenied):
        press(cast, [foreign], now)
    with pytest.raises(PermissionDenied):
        chase_submissions(
            actor=cast.leader,
            submission_ids=[slot(cast).pk],
            words="",
            at=now,
            batch=uuid4(),
        )


def test_chasing_from_the_breakdown_leaves_the_same_rows(cast: Cast, now: datetime) -> None:
    row = slot(cast)

    chasing.chase(
        actor=cast.office, measure_ids=[row.assignment.measure_id], words="請報。", at=now
    )

    chase = Chase.objects.get()
    assert (chase.submission, chase.words, chase.channel) == (row, "請報。", "notice")
    assert notices()["clerk"].key == f"chase:{chase.batch}"


# ── 預覽和發送 ────────────────────────────────────────


def test_the_preview_shows_exactly_what_will_be_stored(
    cast: Cast, now: datetime, signed_in: SignIn
) -> None:
    rows = [slot(cast), slot(cast, due_date=date(2026, 11, 20))]
    browser = signed_in(cast.office)
    words = {"words": "請今天下班前報送。", "seen": "", "preview": "1"}
    pick = {"pick": "-".join(str(row.pk) for row in rows)}

    seen = browser.post(send_url(cast), pick | words)
    letters = {each["person"].username: each["message"] for each in seen.context["letters"]}
    answer = browser.post(
        send_url(cast), hidden(seen.content.decode()) | words | hidden_seen(seen) | {"send": "1"}
    )

    assert answer.status_code == 302
    stored = {name: (row.title, row.body) for name, row in notices().items()}
    assert stored == {name: (each.title, each.body) for name, each in letters.items()}
    assert "請今天下班前報送。" in stored["clerk"][1]


def hidden_seen(answer: object) -> dict[str, str]:
    return {"seen": answer.context["seen"]}


def test_changed_words_are_shown_once_more_before_they_go(cast: Cast, signed_in: SignIn) -> None:
    browser, row = signed_in(cast.office), slot(cast)
    seen = hidden(browser.post(send_url(cast), {"pick": row.pk}).content.decode())

    answer = browser.post(send_url(cast), seen | {"words": "改了的話。", "send": "1"})

    page = answer.content.decode()
    assert "還沒有發送。" in page
    assert "改了的話。" in page
    assert notices() == {}
    browser.post(send_url(cast), hidden(page) | {"words": "改了的話。", "send": "1"})
    assert "改了的話。" in notices()["clerk"].body


def test_who_handed_in_between_preview_and_sending_is_left_out_and_said(
    cast: Cast, signed_in: SignIn
) -> None:
    browser, rows = signed_in(cast.office), [slot(cast), slot(cast)]
    pick = {"pick": [row.pk for row in rows]}
    seen = hidden(browser.post(send_url(cast), pick).content.decode())
    Submission.objects.filter(pk=rows[0].pk).update(state="submitted")

    page = browser.post(
        send_url(cast), seen | {"words": "", "send": "1"}, follow=True
    ).content.decode()

    assert "已催辦 1 份，通知了 2 人。" in page
    assert f"「{rows[0].assignment.measure.code}」已經報出" in page
    assert [chase.submission for chase in Chase.objects.all()] == [rows[1]]


def test_pressing_twice_sends_once(cast: Cast, signed_in: SignIn) -> None:
    browser, row = signed_in(cast.office), slot(cast)
    seen = hidden(browser.post(send_url(cast), {"pick": row.pk}).content.decode())
    data = seen | {"words": "", "send": "1"}

    browser.post(send_url(cast), data)
    page = browser.post(send_url(cast), data, follow=True).content.decode()

    assert "這一次已經辦過，沒有重複。" in page
    assert Chase.objects.count() == 1


def test_whole_rows_columns_and_the_page_can_be_chosen(
    cast: Cast, now: datetime, signed_in: SignIn
) -> None:
    near, far = slot(cast), slot(cast, due_date=date(2027, 3, 1))
    other = slot(cast, cast.bureau_office, measure=near.assignment.measure, role="supporting")
    browser = signed_in(cast.office)

    def chosen(**data: object) -> set[str]:
        answer = browser.post(send_url(cast), data)
        return {*hidden(answer.content.decode())["ids"].split(",")}

    assert chosen(unit=cast.registry.pk) == {str(near.pk), str(far.pk)}
    assert chosen(column=near.assignment.measure_id) == {str(near.pk), str(other.pk)}
    assert chosen(all="owed") == {str(near.pk), str(far.pk), str(other.pk)}
    assert chosen(all="near") == {str(near.pk), str(other.pk)}
    assert chosen(all="owed", back="role=supporting") == {str(other.pk)}


def test_foreign_odd_and_thousands_of_ids_do_no_harm(cast: Cast, signed_in: SignIn) -> None:
    other = make.MeasureFactory(campaign=make.CampaignFactory(code="else"), issued=True)
    foreign = make.SubmissionFactory(assignment__measure=other)
    browser, row = signed_in(cast.office), slot(cast)

    none = browser.post(send_url(cast), {"pick": [foreign.pk, "x", "9" * 40, "-1"]}, follow=True)
    many = browser.post(
        send_url(cast), {"ids": ",".join([str(row.pk), *map(str, range(10**6, 10**6 + 20000))])}
    )

    assert "還沒有選中任何一項" in none.content.decode()
    assert hidden(many.content.decode())["ids"] == str(row.pk)


def test_words_that_are_too_long_are_kept_and_said(cast: Cast, signed_in: SignIn) -> None:
    browser, row = signed_in(cast.office), slot(cast)
    seen = hidden(browser.post(send_url(cast), {"pick": row.pk}).content.decode())

    answer = browser.post(send_url(cast), seen | {"words": "字" * 301, "send": "1"})

    assert answer.status_code == 422
    assert "最多 300 字，現有 301 字" in answer.content.decode()
    assert "字" * 301 in answer.content.decode()
    assert notices() == {}


def test_chased_today_goes_again_only_when_ticked_and_seen(
    cast: Cast, now: datetime, signed_in: SignIn
) -> None:
    browser, row = signed_in(cast.office), slot(cast)
    press(cast, [row], now - timedelta(minutes=30))
    page = browser.post(send_url(cast), {"pick": row.pk}).content.decode()
    assert "選中的現在都不催" in page

    ticked = {"words": "", "confirmed": "on"}
    page = browser.post(send_url(cast), hidden(page) | ticked | {"preview": "1"}).content.decode()
    browser.post(send_url(cast), hidden(page) | ticked | {"send": "1"})

    assert Chase.objects.filter(submission=row).count() == 2


def test_the_preview_costs_the_same_for_one_and_for_many(
    cast: Cast, signed_in: SignIn, django_assert_max_num_queries: Callable
) -> None:
    browser, rows = signed_in(cast.office), [slot(cast) for _each in range(12)]
    browser.get(board_url(cast))

    with django_assert_max_num_queries(12) as one:
        browser.post(send_url(cast), {"pick": rows[0].pk})
    with django_assert_max_num_queries(12) as many:
        browser.post(send_url(cast), {"pick": [row.pk for row in rows]})

    assert len(many) == len(one)


# ── 工作群 ────────────────────────────────────────────


def test_the_group_is_offered_only_where_there_is_one(
    cast: Cast, now: datetime, signed_in: SignIn
) -> None:
    browser, row = signed_in(cast.office), slot(cast)
    assert "同時發到工作群" not in browser.post(send_url(cast), {"pick": row.pk}).content.decode()
    group = Gateway.objects.create(kind=Gateway.Kind.WECOM, name="創建工作群", sealed="")

    page = browser.post(send_url(cast), {"pick": row.pk}).content.decode()
    assert "同時發到工作群" in page
    assert "最近一次沒有發到" not in page
    press(cast, [row], now, group_ids=[group.pk])

    posted = Notice.objects.get(gateway=group)
    assert row.assignment.measure.code in posted.body
    assert posted.key == f"chase:{Chase.objects.first().batch}"
    assert sorted(Chase.objects.values_list("channel", flat=True)) == ["group", "notice"]


def two_groups() -> list[Gateway]:
    return [
        Gateway.objects.create(kind=Gateway.Kind.WECOM, name=name, sealed="")
        for name in ("創建工作群", "窗口群")
    ]


def test_the_sender_chooses_which_groups(cast: Cast, signed_in: SignIn) -> None:
    browser, row, (first, second) = signed_in(cast.office), slot(cast), two_groups()
    asked = browser.post(send_url(cast), {"pick": row.pk})
    wanted = {"words": "請今天報。", "to_group": "on", "groups": [second.pk]}
    typed = hidden(asked.content.decode()) | wanted

    page = browser.post(send_url(cast), typed | {"preview": "1"})
    browser.post(send_url(cast), typed | hidden(page.content.decode()) | {"send": "1"})

    assert asked.context["form"]["groups"].initial == [first.pk, second.pk]
    assert page.context["group_names"] == "窗口群"
    assert [notice.gateway for notice in Notice.objects.filter(recipient=None)] == [second]
    assert Chase.objects.get(channel="group").groups == "窗口群"
    summaries = Entry.objects.filter(action=chasing.ACTION).values_list("summary", flat=True)
    assert [words for words in summaries if "催辦（工作群：窗口群）" in words]
    history = browser.get(reverse("tasks:chase-history", args=[row.pk])).content.decode()
    assert "工作群：窗口群" in history


def test_no_group_ticked_is_said_and_nothing_is_sent(cast: Cast, signed_in: SignIn) -> None:
    browser, row = signed_in(cast.office), slot(cast)
    two_groups()
    seen = hidden(browser.post(send_url(cast), {"pick": row.pk}).content.decode())

    typed = seen | {"words": "請今天報。", "to_group": "on", "send": "1"}
    answer = browser.post(send_url(cast), typed)

    assert answer.status_code == 422
    assert "請至少勾選一個工作群" in answer.content.decode()
    assert "請今天報。" in answer.content.decode()
    assert not Chase.objects.exists()


def test_another_choice_of_groups_is_shown_again_before_it_is_sent(
    cast: Cast, signed_in: SignIn
) -> None:
    browser, row, (first, second) = signed_in(cast.office), slot(cast), two_groups()
    both = {"words": "", "to_group": "on", "groups": [first.pk, second.pk]}
    page = browser.post(send_url(cast), {"pick": row.pk}).content.decode()
    page = browser.post(send_url(cast), hidden(page) | both | {"preview": "1"}).content.decode()

    answer = browser.post(send_url(cast), hidden(page) | both | {"groups": [first.pk], "send": "1"})

    assert "還沒有發送。" in answer.content.decode()
    assert not Chase.objects.exists()


def test_a_group_that_failed_is_marked_before_it_is_chosen(
    cast: Cast, now: datetime, signed_in: SignIn
) -> None:
    Gateway.objects.create(
        kind="wecom", name="創建工作群", sealed="", tested_at=now, test_error="連不上。"
    )

    page = signed_in(cast.office).post(send_url(cast), {"pick": slot(cast).pk}).content.decode()

    assert "「創建工作群」最近一次沒有發到，請管理員檢查。" in page


def test_a_chase_at_night_leaves_the_site_only_in_the_morning(
    cast: Cast, signed_in: SignIn
) -> None:
    row, night = slot(cast), moment(2026, 11, 23, 21)

    press(cast, [row], night)

    waiting = Delivery.objects.filter(notice__kind=Notice.Kind.CHASE)
    assert {each.next_attempt_at for each in waiting} == {moment(2026, 11, 24, 8)}
    assert {each.created_at for each in Notice.objects.filter(kind=Notice.Kind.CHASE)} == {night}


# ── 臨發前再看一遍 ────────────────────────────────────


def test_a_chase_that_failed_all_evening_waits_out_the_night(cast: Cast, now: datetime) -> None:
    """重試的時刻落在半夜，也不在半夜發。"""
    press(cast, [slot(cast)], now)
    waiting = Delivery.objects.filter(notice__recipient=cast.clerk)
    night = moment(2026, 11, 24, 2)
    waiting.update(attempts=3, next_attempt_at=night, last_error="郵件服務器中斷了連接。")

    deliver_waiting(at=night)

    delivery = waiting.get()
    assert delivery.state == Delivery.State.WAITING
    assert (delivery.next_attempt_at, delivery.attempts) == (moment(2026, 11, 24, 8), 3)

    deliver_waiting(at=moment(2026, 11, 24, 8))

    assert waiting.get().state == Delivery.State.SENT


def test_a_group_post_waits_out_the_night_as_well(cast: Cast, now: datetime) -> None:
    group = Gateway.objects.create(kind="wecom", name="創建工作群", sealed="")
    press(cast, [slot(cast)], now, group_ids=[group.pk])
    posted = Notice.objects.get(kind=Notice.Kind.CHASE, recipient=None)

    message = current_message(posted, moment(2026, 11, 24, 2))

    assert message.not_before == moment(2026, 11, 24, 8)


@pytest.fixture
def work(cast: Cast, now: datetime) -> list[Submission]:
    """真下達的兩項，催過一次。"""
    measures = [
        make.MeasureFactory(campaign=cast.campaign, lead_department=cast.registry)
        for _each in range(2)
    ]
    issuing.issue_measures(
        actor=cast.office, measure_ids=[measure.pk for measure in measures], at=now
    )
    rows = list(Submission.objects.order_by("pk"))
    press(cast, rows, now)
    return rows


def hand_in(row: Submission, clerk: User, at: datetime) -> None:
    draft = handing_in.Draft(narrative="已辦。", percent=50)
    handing_in.submit(actor=clerk, submission_id=row.pk, draft=draft, version=0, at=at)


def test_what_was_handed_in_meanwhile_is_dropped_from_the_mail(
    cast: Cast, work: list[Submission], now: datetime
) -> None:
    hand_in(work[0], cast.clerk, now)

    message = current_message(notices()["clerk"], now)

    first, second = (row.assignment.measure.code for row in work)
    assert (first in message.body, second in message.title) == (False, True)


def test_nothing_is_mailed_when_nothing_is_left(
    cast: Cast, work: list[Submission], now: datetime
) -> None:
    for row in work:
        hand_in(row, cast.clerk, now)

    deliver_waiting(at=now + timedelta(minutes=1))

    states = Delivery.objects.filter(notice__kind="chase").values_list("state", flat=True)
    assert set(states) == {"cancelled"}


def test_nothing_is_mailed_to_who_left_the_post(
    cast: Cast, work: list[Submission], now: datetime
) -> None:
    Appointment.objects.filter(user=cast.clerk).update(end_date=date(2026, 11, 22))

    assert current_message(notices()["clerk"], now) is None
    assert current_message(notices()["head"], now) is not None


def test_a_granted_extension_and_a_new_round_are_not_chased_by_the_old_letter(
    cast: Cast, work: list[Submission], now: datetime
) -> None:
    asked = requests.ask_extension(
        actor=cast.clerk,
        submission_id=work[0].pk,
        proposed_date=date(2026, 12, 30),
        reason="公示欄未到貨",
        at=now + timedelta(minutes=5),
    )
    requests.decide_request(
        actor=cast.office,
        request_id=asked.pk,
        is_approved=True,
        granted_date=date(2026, 12, 30),
        reason="同意",
        at=now + timedelta(minutes=6),
    )
    Submission.objects.filter(pk=work[1].pk).update(round_number=2)

    assert current_message(notices()["clerk"], now + timedelta(minutes=7)) is None


def test_a_suspended_measure_is_not_chased_by_the_old_letter(
    cast: Cast, work: list[Submission], now: datetime
) -> None:
    Measure.objects.update(state="suspended")

    assert current_message(notices()["clerk"], now) is None


def test_a_period_that_was_chased_is_not_taken_away_when_the_deadline_moves(
    cast: Cast, now: datetime
) -> None:
    row = slot(cast)
    press(cast, [row], now)

    assert not is_untouched(row)
    assert Round.objects.filter(submission=row).exists()


def test_who_chased_a_moment_earlier_is_said_to_the_second(
    cast: Cast, now: datetime, signed_in: SignIn
) -> None:
    browser, row = signed_in(cast.office), slot(cast)
    seen = hidden(browser.post(send_url(cast), {"pick": row.pk}).content.decode())
    press(cast, [row], now)

    page = browser.post(send_url(cast), seen | {"words": "", "send": "1"}, follow=True)

    assert "有 1 份本工作日已經催過，沒有重複催。" in page.content.decode()
    assert Chase.objects.count() == 1


def test_who_has_not_signed_is_asked_to_sign(cast: Cast, now: datetime) -> None:
    row = slot(cast, due_date=date(2026, 12, 25))
    Assignment.objects.filter(pk=row.assignment_id).update(
        state="issued", acknowledge_due_date=date(2026, 11, 20)
    )

    press(cast, [row], now)

    body = notices()["clerk"].body
    assert "還沒有簽收，簽收時限 11月20日，已逾期 1 個工作日" in body
    assert "12月25日" not in body


def test_the_words_for_the_group_are_in_the_preview(cast: Cast, signed_in: SignIn) -> None:
    browser, row = signed_in(cast.office), slot(cast)
    Gateway.objects.create(kind=Gateway.Kind.WECOM, name="創建工作群", sealed="")
    seen = hidden(browser.post(send_url(cast), {"pick": row.pk}).content.decode())

    page = browser.post(send_url(cast), seen | {"words": "請今天報。", "to_group": "on"})

    assert "發到工作群的" in page.content.decode()
    assert "【催報】" in page.content.decode()


def test_a_chase_of_several_counts_what_to_hand_in_and_what_to_sign(
    cast: Cast, now: datetime
) -> None:
    rows = [slot(cast), *(slot(cast, assignment_state="issued") for _each in range(2))]

    press(cast, rows, now)

    assert notices()["clerk"].title == "催辦：1 項沒有報送，2 項沒有簽收"


def test_a_notice_of_several_names_each_link_by_its_act(
    cast: Cast, now: datetime, signed_in: SignIn
) -> None:
    owed, unsigned = slot(cast), slot(cast, assignment_state="issued")
    batch = uuid4()
    press(cast, [owed, unsigned], now, batch=batch)
    notice = notices()["clerk"]

    parts = paragraphs(notice.body)
    page = signed_in(cast.clerk).get(reverse("journal:notice", args=[notice.pk])).content.decode()

    assert {(part.verb, part.url) for part in parts if part.url} == {
        ("填報進展", owed.get_absolute_url()),
        ("簽收", unsigned.assignment.measure.get_absolute_url()),
        ("答覆催辦", reverse("tasks:chase-received", args=[batch])),
    }
    assert "去辦理" not in page
    assert "填報進展<span" in page
    assert "/submissions/" not in notice.preview
