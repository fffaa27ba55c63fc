"""電話、催辦單、群文本各記一筆；單位答覆，催的人知道；措施頁上看得到讀沒讀。"""

import re
from collections.abc import Callable
from datetime import date, datetime, timedelta
from uuid import UUID, uuid4

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from campaigns.models import Seat
from campaigns.standing import Standing
from journal.models import Entry, Notice
from people.models import Department, User
from tasks import policies
from tasks.models import Assignment, Chase, Submission, WrongState
from tasks.services import chase_notes
from tasks.services.chasing import chase_submissions
from tests import factories as make
from tests.cast import Cast
from tests.tasks.test_chase_board import chased, slot

SignIn = Callable[[User], Client]


def unit_url(cast: Cast, name: str = "unit") -> str:
    return reverse(f"tasks:chase-{name}", args=[cast.campaign.code, cast.registry.pk])


def page_url(cast: Cast, name: str) -> str:
    return reverse(f"tasks:chase-{name}", args=[cast.campaign.code])


def press(cast: Cast, rows: list[Submission], at: datetime) -> UUID:
    batch = uuid4()
    chase_submissions(
        actor=cast.office,
        submission_ids=[row.pk for row in rows],
        words="請說明何時能報。",
        at=at,
        batch=batch,
    )
    return batch


# ── 電話 ──────────────────────────────────────────────


def call(row: Submission, **changes: object) -> dict[str, object]:
    return {
        "items": [row.pk],
        "spoken_to": "處長戊",
        "called_at": "2026-11-23T08:40",
        "words": "請抓緊補報。",
        "answer": "週五前報。",
        "batch": str(uuid4()),
    } | changes


def test_a_phone_call_is_noted_with_who_answered_and_what_was_promised(
    cast: Cast, signed_in: SignIn
) -> None:
    row = slot(cast)

    page = signed_in(cast.office).post(unit_url(cast, "phone"), call(row), follow=True)

    chase = Chase.objects.get()
    assert (chase.channel, chase.spoken_to, chase.answer) == ("phone", "處長戊", "週五前報。")
    assert (chase.at, chase.answered_at) == (make.moment(2026, 11, 23, 8, 40),) * 2
    told = dict(Entry.objects.values_list("action", "summary"))
    assert told["tasks.chased"] == "催辦（電話）：婚姻登記處（2026年11月）。"
    assert told["tasks.chase_answered"] == "婚姻登記處在電話裏答覆催辦（處長戊）。"
    assert not Notice.objects.exists()
    assert "主任丙電話催婚姻登記處，處長戊接聽" in page.content.decode()


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"called_at": "2026-11-23T10:30"}, "打電話的時間還沒到"),
        ({"called_at": "2026-11-20T10:30"}, "只補記當天的電話"),
        ({"called_at": "9999-12-31T23:59"}, "打電話的時間還沒到"),
        ({"called_at": "昨天"}, "請寫成 2026-11-23 09:30 這樣的時間。"),
        ({"spoken_to": " "}, "請寫明誰接的電話。"),
        ({"spoken_to": "長" * 41}, "最多 40 字，現有 41 字"),
        ({"items": []}, "請至少勾選一項。"),
        ({"items": ["999999"]}, "有一項已經報出或不在列"),
        ({"answer": "字" * 201}, "最多 200 字"),
    ],
)
def test_a_call_noted_wrongly_is_explained_and_kept(
    cast: Cast, signed_in: SignIn, changes: dict, words: str
) -> None:
    row = slot(cast)

    page = signed_in(cast.office).post(unit_url(cast, "phone"), call(row, **changes))

    assert words in page.content.decode()
    assert "請抓緊補報。" in page.content.decode()
    assert not Chase.objects.exists()


def test_noting_the_same_call_twice_keeps_one(cast: Cast, signed_in: SignIn) -> None:
    data, browser = call(slot(cast)), signed_in(cast.office)

    browser.post(unit_url(cast, "phone"), data)
    page = browser.post(unit_url(cast, "phone"), data, follow=True)

    assert Chase.objects.count() == 1
    assert "這一次已經辦過" in page.content.decode()


def test_a_call_about_what_is_already_in_is_refused(cast: Cast, now: datetime) -> None:
    row = slot(cast, submitted=True)

    with pytest.raises(ValidationError, match="已經報出"):
        chase_notes.note_call(
            actor=cast.office,
            submission_ids=[row.pk],
            spoken_to="處長戊",
            words="",
            answer="",
            called_at=now,
            at=now,
            batch=uuid4(),
        )


def test_the_phone_page_has_nothing_to_note_where_nothing_is_owed(
    cast: Cast, signed_in: SignIn
) -> None:
    page = signed_in(cast.office).get(unit_url(cast, "phone"), follow=True).content.decode()

    assert "婚姻登記處現在沒有欠報的。" in page


# ── 催辦單和群文本 ────────────────────────────────────


def test_a_paper_for_each_unit_lists_what_it_owes(cast: Cast, signed_in: SignIn) -> None:
    Department.objects.create(code="bureau", name="平潭縣民政局", kind="bureau")
    late = slot(cast, due_date=date(2026, 11, 18))
    slot(cast, cast.bureau_office, role="supporting")
    slot(cast, endorsed=True)

    page = signed_in(cast.office).get(page_url(cast, "paper")).content.decode()

    assert page.count("<article") == 2
    assert "你單位有1項進展尚未報送，其中1項已逾期" in page
    assert f"{late.assignment.measure.code} {late.assignment.measure.title}" in page
    assert '<td class="s">11月18日</td><td>3</td>' in page
    assert "平潭縣民政局創建工作領導小組辦公室" in page
    assert "催 辦 回 執" in page


def test_delivering_a_paper_is_recorded_as_a_chase(cast: Cast, signed_in: SignIn) -> None:
    browser, row = signed_in(cast.office), slot(cast)
    page = browser.post(page_url(cast, "paper"), {"pick": row.pk}).content.decode()
    assert not Chase.objects.exists()
    fields = re.findall(r'type="hidden" name="(ids|batch|back)" value="([^"]*)"', page)

    for _press in range(2):
        browser.post(page_url(cast, "paper"), dict(fields) | {"record": "1"})

    chase = Chase.objects.get()
    assert (chase.channel, chase.submission, chase.by) == ("paper", row, cast.office)
    assert not Notice.objects.exists()


def test_what_came_in_meanwhile_is_not_recorded_as_chased(cast: Cast, signed_in: SignIn) -> None:
    browser, rows = signed_in(cast.office), [slot(cast), slot(cast)]
    Submission.objects.filter(pk=rows[0].pk).update(state="submitted")
    data = {"ids": ",".join(str(row.pk) for row in rows), "record": "1"}

    page = browser.post(page_url(cast, "group"), data, follow=True).content.decode()

    assert [chase.submission for chase in Chase.objects.all()] == [rows[1]]
    assert "已記下 1 份的催辦。" in page
    assert "已經報出" in page


def test_the_group_text_goes_unit_by_unit_with_deadlines_and_the_link(
    cast: Cast, signed_in: SignIn, settings: object
) -> None:
    first = slot(cast, due_date=date(2026, 11, 20))
    second = slot(cast, cast.bureau_office, role="supporting")

    page = signed_in(cast.office).get(page_url(cast, "group"))

    code, other = first.assignment.measure, second.assignment.measure
    assert page.context["text"] == (
        "【催報】2026年度文明行業創建（截至2026年11月23日）\n"
        "\n婚姻登記處：\n"
        f"1. {code.code} {code.title}（2026年11月，時限 11月20日，已逾期 1 個工作日）\n"
        "\n局辦公室：\n"
        f"1. {other.code} {other.title}（2026年11月，時限 11月25日）\n"
        f"\n請登錄辦理：{settings.SITE_URL}/reports-due/{cast.campaign.code}/"
    )
    assert "readonly" in page.content.decode()


def test_sending_to_the_group_is_recorded(cast: Cast, signed_in: SignIn) -> None:
    row = slot(cast)

    signed_in(cast.office).post(page_url(cast, "group"), {"ids": row.pk, "record": "1"})

    assert Chase.objects.get().channel == "group"


@pytest.mark.parametrize("name", ["paper", "group"])
def test_where_nothing_is_owed_there_is_nothing_to_print(
    cast: Cast, signed_in: SignIn, name: str
) -> None:
    page = signed_in(cast.office).get(page_url(cast, name), follow=True).content.decode()

    assert "沒有可寫的" in page


# ── 一個單位、一份報送 ────────────────────────────────


def test_the_page_of_a_unit_says_what_it_owes_and_whom_to_call(
    cast: Cast, now: datetime, signed_in: SignIn
) -> None:
    User.objects.filter(pk=cast.head.pk).update(phone="13800000000")
    row = slot(cast, due_date=date(2026, 11, 20))
    press(cast, [row], now)

    page = signed_in(cast.office).get(unit_url(cast)).content.decode()

    assert "婚姻登記處欠報 1 份，其中 1 份逾期" in page
    assert 'href="tel:13800000000"' in page
    assert "主任丙催婚姻登記處" in page


def test_the_page_of_a_unit_costs_the_same_for_one_chase_and_for_many(
    cast: Cast, now: datetime, signed_in: SignIn
) -> None:
    browser, rows = signed_in(cast.office), [slot(cast) for _each in range(6)]
    press(cast, rows[:1], now - timedelta(days=3))
    browser.get(unit_url(cast))
    with CaptureQueriesContext(connection) as few:
        browser.get(unit_url(cast))
    for days in range(1, 3):
        press(cast, rows, now - timedelta(days=days))

    with CaptureQueriesContext(connection) as many:
        browser.get(unit_url(cast))

    assert len(many) == len(few)


def test_all_chases_of_a_report_stand_on_one_page(
    cast: Cast, now: datetime, signed_in: SignIn
) -> None:
    row = slot(cast)
    chased(row, cast.office, now - timedelta(days=4), channel="paper")
    press(cast, [row], now)
    url = reverse("tasks:chase-history", args=[row.pk])

    for user in (cast.office, cast.head, cast.clerk, cast.leader, cast.deputy):
        page = signed_in(user).get(url).content.decode()
        assert "催過 2 次" in page
        assert "書面催辦單" in page
    for user in (cast.neighbour, cast.helper, cast.admin):
        assert signed_in(user).get(url).status_code == 403


# ── 答覆 ──────────────────────────────────────────────


def received(batch: UUID) -> str:
    return reverse("tasks:chase-received", args=[batch])


def test_the_unit_answers_in_a_line_and_the_chaser_is_told(
    cast: Cast, now: datetime, signed_in: SignIn
) -> None:
    rows = [slot(cast), slot(cast)]
    batch = press(cast, rows, now)
    items = list(Chase.objects.values_list("pk", flat=True))

    page = signed_in(cast.clerk).post(
        received(batch), {"items": items, "answer": "週五前報。"}, follow=True
    )

    assert "已答覆 2 項，催的人會收到通知。" in page.content.decode()
    assert set(Chase.objects.values_list("answer", "answered_by")) == {
        ("週五前報。", cast.clerk.pk)
    }
    told = Notice.objects.get(recipient=cast.office)
    assert told.title == "婚姻登記處答覆催辦（2 項）：週五前報。"
    assert Entry.objects.filter(action="tasks.chase_answered").count() == 2
    assert signed_in(cast.office).get(told.url).status_code == 200


def test_one_answer_serves_the_notice_and_the_group_of_the_same_chase(
    cast: Cast, now: datetime
) -> None:
    row = slot(cast)
    batch = press(cast, [row], now)
    group = chased(row, cast.office, now, channel="group")
    Chase.objects.filter(pk=group.pk).update(batch=batch)

    chase_notes.answer_chases(actor=cast.clerk, chase_ids=[group.pk], answer="明天報。", at=now)

    assert set(Chase.objects.values_list("channel", "answer")) == {
        ("notice", "明天報。"),
        ("group", "明天報。"),
    }
    title = Notice.objects.get(recipient=cast.office).title
    assert title == f"婚姻登記處答覆催辦 {row.assignment.measure.code}：明天報。"


def test_the_notice_leads_to_the_answer(cast: Cast, now: datetime, signed_in: SignIn) -> None:
    row = slot(cast)
    batch = press(cast, [row], now)
    browser = signed_in(cast.clerk)

    notice = Notice.objects.get(recipient=cast.clerk, kind="chase")
    assert browser.get(reverse("journal:notice", args=[notice.pk])).url == received(batch)
    for url in (row.assignment.measure.get_absolute_url(), row.get_absolute_url()):
        assert received(batch) in browser.get(url).content.decode()
    page = browser.get(received(batch)).content.decode()
    assert "辦公室催報 1 項，等您填報或答覆" in page
    assert row.get_absolute_url() in page


def test_an_answer_can_be_renewed_and_the_first_stays_in_the_journal(
    cast: Cast, now: datetime
) -> None:
    press(cast, [slot(cast)], now)
    chase = Chase.objects.get()

    for words in ("週五前報。", "改為下週一報。"):
        chase_notes.answer_chases(actor=cast.head, chase_ids=[chase.pk], answer=words, at=now)

    chase.refresh_from_db()
    assert chase.answer == "改為下週一報。"
    reasons = Entry.objects.filter(action="tasks.chase_answered").values_list("reason", flat=True)
    assert set(reasons) == {"週五前報。", "改為下週一報。"}


def test_an_answer_does_not_hide_what_is_owed(cast: Cast, now: datetime, signed_in: SignIn) -> None:
    row = slot(cast, due_date=date(2026, 11, 20))
    press(cast, [row], now)
    chase_notes.answer_chases(
        actor=cast.head, chase_ids=[Chase.objects.get().pk], answer="週五前報。", at=now
    )

    page = signed_in(cast.office).get(page_url(cast, "board")).content.decode()

    assert "1 個單位欠報 1 份，其中 1 份逾期" in page
    assert "答覆：週五前報。" in page


def test_only_people_of_the_chased_unit_answer(
    cast: Cast, now: datetime, signed_in: SignIn
) -> None:
    batch = press(cast, [slot(cast)], now)
    chase = Chase.objects.get()

    for user in (cast.neighbour, cast.helper, cast.office, cast.leader, cast.admin):
        with pytest.raises(PermissionDenied):
            chase_notes.answer_chases(actor=user, chase_ids=[chase.pk], answer="好。", at=now)
        answer = signed_in(user).post(received(batch), {"items": [chase.pk], "answer": "好。"})
        assert answer.status_code == 403
    assert signed_in(cast.office).get(received(batch)).status_code == 200
    assert signed_in(cast.neighbour).get(received(batch)).status_code == 403
    assert signed_in(cast.clerk).get(received(uuid4())).status_code == 404


def test_each_unit_sees_and_answers_only_its_own(
    cast: Cast, now: datetime, signed_in: SignIn
) -> None:
    mine, theirs = slot(cast), slot(cast, cast.bureau_office, role="supporting")
    batch = press(cast, [mine, theirs], now)
    foreign = Chase.objects.get(submission=theirs).pk

    browser = signed_in(cast.clerk)
    page = browser.get(received(batch)).content.decode()
    answer = browser.post(received(batch), {"items": [foreign], "answer": "好。"})

    assert theirs.assignment.measure.title not in page
    assert answer.status_code == 422
    assert not Chase.objects.exclude(answer="").exists()


@pytest.mark.parametrize("words", ["", "  ", "字" * 201])
def test_an_answer_must_say_something_short(
    cast: Cast, now: datetime, signed_in: SignIn, words: str
) -> None:
    batch = press(cast, [slot(cast)], now)
    chase = Chase.objects.get()

    answer = signed_in(cast.clerk).post(received(batch), {"items": [chase.pk], "answer": words})

    assert answer.status_code == 422
    assert not Chase.objects.exclude(answer="").exists()


def test_nothing_is_left_to_answer_once_it_is_in(
    cast: Cast, now: datetime, signed_in: SignIn
) -> None:
    row = slot(cast)
    batch = press(cast, [row], now)
    Submission.objects.filter(pk=row.pk).update(state="submitted")
    chase = Chase.objects.get()

    with pytest.raises(WrongState, match="不用答覆了"):
        chase_notes.answer_chases(actor=cast.clerk, chase_ids=[chase.pk], answer="好。", at=now)
    page = signed_in(cast.clerk).get(received(batch)).content.decode()
    assert "這次催的都辦了" in page


def test_when_the_chaser_left_the_office_the_office_is_told(cast: Cast, now: datetime) -> None:
    press(cast, [slot(cast)], now)
    Seat.objects.filter(user=cast.office).update(end_date=date(2026, 11, 22))

    chase_notes.answer_chases(
        actor=cast.clerk, chase_ids=[Chase.objects.get().pk], answer="好。", at=now
    )

    told = Notice.objects.filter(kind="event").values_list("recipient__username", flat=True)
    assert list(told) == ["officer"]


# ── 措施頁 ────────────────────────────────────────────


def test_the_measure_page_tells_who_read_the_chase_and_who_answered(
    cast: Cast, now: datetime, signed_in: SignIn
) -> None:
    row = slot(cast)
    press(cast, [row], now)
    Notice.objects.filter(recipient=cast.head).update(read_at=make.moment(2026, 11, 23, 15, 40))
    url = row.assignment.measure.get_absolute_url()

    page = signed_in(cast.office).get(url).content.decode()

    assert "主任丙催婚姻登記處" in page
    assert "「請說明何時能報。」" in page
    assert "處長戊 今天 15:40 已讀" in page
    assert "登記員己未讀" in page
    assert "未答覆" in page


def test_a_neighbour_does_not_see_who_read_or_answered(
    cast: Cast, now: datetime, signed_in: SignIn
) -> None:
    row = slot(cast)
    press(cast, [row], now)
    chase_notes.answer_chases(
        actor=cast.clerk, chase_ids=[Chase.objects.get().pk], answer="家中有事。", at=now
    )
    signed_in(cast.office).post(unit_url(cast, "phone"), call(row, answer="家中有事。"))

    page = signed_in(cast.neighbour).get(row.assignment.measure.get_absolute_url())

    assert "家中有事。" not in page.content.decode()
    assert "未讀" not in page.content.decode()


def test_a_unit_fetches_only_its_own_of_a_large_batch(
    cast: Cast, now: datetime, signed_in: SignIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = [slot(cast), slot(cast, cast.funeral_home), slot(cast, cast.bureau_office)]
    batch = press(cast, rows, now)
    seen: list[Submission] = []
    judge = policies.can_see_chases

    def watched(standing: Standing, submission: Submission) -> bool:
        seen.append(submission)
        return judge(standing, submission)

    monkeypatch.setattr(policies, "can_see_chases", watched)

    assert signed_in(cast.clerk).get(received(batch)).status_code == 200
    assert seen == [rows[0]]


def test_paper_and_group_text_ask_to_sign_by_the_signing_limit(
    cast: Cast, signed_in: SignIn
) -> None:
    late = slot(cast, cast.bureau_office, role="supporting", due_date=date(2026, 11, 18))
    waiting = slot(cast, assignment_state="issued", due_date=date(2026, 12, 25))
    Assignment.objects.filter(pk=waiting.assignment_id).update(
        acknowledge_due_date=date(2026, 11, 20)
    )
    browser = signed_in(cast.office)

    text = browser.get(page_url(cast, "group")).context["text"]
    papers = browser.get(page_url(cast, "paper")).context["papers"]

    assert "還沒有簽收，簽收時限 11月20日，已逾期 1 個工作日" in text
    assert text.index("局辦公室：") < text.index("婚姻登記處：")
    mine = next(paper for paper in papers if paper.unit == "婚姻登記處")
    assert "你單位有1項任務尚未簽收，其中1項已逾期（見附表）。請及時簽收" in mine.body
    assert [(row.wanted, row.due, row.overdue) for row in mine.rows] == [("簽收", "11月20日", "1")]
    assert late.assignment.measure.title not in str(mine.rows)


def test_after_answering_the_page_says_the_report_is_still_owed(
    cast: Cast, now: datetime, signed_in: SignIn
) -> None:
    batch = press(cast, [slot(cast)], now)
    browser = signed_in(cast.clerk)

    page = browser.post(
        received(batch), {"items": [Chase.objects.get().pk], "answer": "明天報。"}, follow=True
    ).content.decode()

    assert "已答覆，還等您填報 1 項" in page


def test_the_desk_says_a_chase_waits_for_an_answer(
    cast: Cast, now: datetime, signed_in: SignIn
) -> None:
    rows = [slot(cast), slot(cast, assignment_state="issued")]
    browser = signed_in(cast.clerk)
    browser.get("/desk/")
    with CaptureQueriesContext(connection) as before:
        browser.get("/desk/")
    press(cast, rows, now)

    with CaptureQueriesContext(connection) as after:
        page = browser.get("/desk/").content.decode()

    assert page.count("辦公室今天催過，待答覆。") == 3
    assert len(after) == len(before)
    Chase.objects.update(answer="明天報。")
    assert "待答覆" not in browser.get("/desk/").content.decode()
