"""投遞：一封只發一次，壞的服務器不拖住人，辦了的不再發。"""

import smtplib
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from io import StringIO

import pytest
from django.core import mail
from django.core.mail.backends.locmem import EmailBackend
from django.core.management import CommandError, call_command

from journal import services
from journal.models import Delivery, Entry, Gateway, Notice
from journal.services import (
    Message,
    Tally,
    announce,
    deliver_waiting,
    delivering,
    post_to_group,
    rechecking,
    record,
)
from people.models import User
from tests.cast import Cast
from tests.factories import UserFactory, moment

AT = moment(2026, 11, 23)
MINUTE = timedelta(minutes=1)


@pytest.fixture
def letter(cast: Cast) -> Delivery:
    announce(
        message=Message("退回了一份進展", body="缺前後對比照片。", url="/submissions/7/"),
        recipients=[cast.clerk],
        at=AT,
    )
    return Delivery.objects.get()


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Callable[[Exception | None], None]:
    """郵件服務器：server(錯誤) 讓它壞掉，server(None) 修好。"""
    send = EmailBackend.send_messages

    def becomes(error: Exception | None) -> None:
        def broken(self: EmailBackend, messages: list) -> int:
            raise error

        monkeypatch.setattr(EmailBackend, "send_messages", broken if error else send)

    return becomes


@pytest.fixture
def recheck() -> Iterator[Callable[[object], None]]:
    """臨發前的核對：recheck(函數) 換成自己的，測完還原。"""
    kept = dict(rechecking._rechecks)
    yield lambda function: services.register_recheck(Notice.Kind.EVENT, function)
    rechecking._rechecks.clear()
    rechecking._rechecks.update(kept)


def test_a_mail_says_what_why_and_where(letter: Delivery, settings: object) -> None:
    settings.SITE_URL = "https://wenming.example.test"

    tally = deliver_waiting(at=AT)

    [sent] = mail.outbox
    letter.refresh_from_db()
    assert tally == Tally(sent=1)
    assert sent.subject == "【文明創建】退回了一份進展"
    assert "缺前後對比照片。" in sent.body
    assert "https://wenming.example.test/submissions/7/" in sent.body
    assert sent.extra_headers["Message-ID"] == letter.message_id
    assert sent.message()["Message-ID"] == letter.message_id
    assert (letter.state, letter.attempts) == (Delivery.State.SENT, 1)


def test_links_on_their_own_line_become_whole_addresses(cast: Cast, settings: object) -> None:
    settings.SITE_URL = "https://wenming.example.test"
    announce(
        message=Message("每日提醒", body="請填報 1/2 項。\n/submissions/7/\n\n//evil.test/x"),
        recipients=[cast.clerk],
        at=AT,
    )

    deliver_waiting(at=AT)

    lines = mail.outbox[0].body.splitlines()
    assert "https://wenming.example.test/submissions/7/" in lines
    assert "請填報 1/2 項。" in lines
    assert "//evil.test/x" in lines


def test_a_line_break_in_a_title_cannot_add_a_header(cast: Cast) -> None:
    announce(message=Message("退回\nBcc: all@example.test"), recipients=[cast.clerk], at=AT)

    deliver_waiting(at=AT)

    assert mail.outbox[0].subject == "【文明創建】退回 Bcc: all@example.test"
    assert mail.outbox[0].recipients() == ["clerk@example.test"]


@pytest.mark.usefixtures("letter")
def test_running_again_sends_nothing_more() -> None:
    """P5 重發：任務重跑、隊列重投，已發的不再發。"""
    deliver_waiting(at=AT)
    deliver_waiting(at=AT + 20 * MINUTE)

    assert len(mail.outbox) == 1


def test_only_one_of_two_workers_gets_the_row(letter: Delivery) -> None:
    """P5 重發：兩個 worker 同時來，只有一個認領得到。"""
    first = delivering._claim(letter.pk, AT)
    second = delivering._claim(letter.pk, AT)

    assert first is not None
    assert second is None
    assert deliver_waiting(at=AT) == Tally()


def test_a_worker_killed_while_sending_is_relieved_with_the_same_message_id(
    letter: Delivery,
) -> None:
    delivering._claim(letter.pk, AT)

    assert deliver_waiting(at=AT + 9 * MINUTE) == Tally()
    assert deliver_waiting(at=AT + 11 * MINUTE) == Tally(sent=1)
    assert mail.outbox[0].extra_headers["Message-ID"] == letter.message_id


def test_a_slow_server_keeps_one_worker_busy_and_not_all_of_them(cast: Cast) -> None:
    """別的進程正等着郵件服務器：這一個不跟着等，留着手辦別的；那一個被殺了，半分鐘後接上。"""
    announce(message=Message("開會"), recipients=[cast.clerk, cast.head], at=AT)
    delivering._claim(Delivery.objects.first().pk, AT)

    meanwhile = deliver_waiting(at=AT + timedelta(seconds=20))
    after = deliver_waiting(at=AT + timedelta(seconds=31))

    assert (meanwhile, after) == (Tally(), Tally(sent=1))


def test_a_busy_mail_server_leaves_the_group_road_free(cast: Cast) -> None:
    announce(message=Message("開會"), recipients=[cast.clerk, cast.head], at=AT)
    delivering._claim(Delivery.objects.first().pk, AT)
    group = Gateway.objects.create(kind="wecom", name="創建工作群", sealed="")
    post_to_group(gateway=group, message=Message("開會"), at=AT)

    deliver_waiting(at=AT + timedelta(seconds=1))

    tried = Delivery.objects.exclude(state=Delivery.State.SENDING).filter(attempts=1)
    assert [delivery.channel for delivery in tried] == [Delivery.Channel.GROUP]


def test_the_late_result_of_a_lost_lease_changes_nothing(letter: Delivery) -> None:
    slow = delivering._claim(letter.pk, AT)
    deliver_waiting(at=AT + 11 * MINUTE)

    delivering._finish(slow, Delivery.State.WAITING, last_error="太慢。")

    letter.refresh_from_db()
    assert (letter.state, letter.last_error) == (Delivery.State.SENT, "")


def test_a_row_that_kills_every_worker_is_given_up(letter: Delivery) -> None:
    Delivery.objects.update(attempts=6)

    tally = deliver_waiting(at=AT)

    letter.refresh_from_db()
    assert tally == Tally(given_up=1)
    assert letter.last_error == "發送時多次中斷，沒有結果。"


def test_a_dead_server_is_tried_with_growing_pauses_then_given_up(
    letter: Delivery, server: Callable
) -> None:
    server(ConnectionRefusedError())
    at, waits = AT, []

    for _attempt in range(6):
        deliver_waiting(at=at)
        letter.refresh_from_db()
        assert deliver_waiting(at=at + timedelta(seconds=30)) == Tally()
        waits.append(round((letter.next_attempt_at - at) / MINUTE))
        at = letter.next_attempt_at + timedelta(seconds=1)

    assert waits[:5] == [1, 5, 30, 120, 480]
    assert letter.state == Delivery.State.GIVEN_UP
    assert letter.last_error == "連不上郵件服務器，請檢查 EMAIL_URL 和網絡。"
    assert mail.outbox == []


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (TimeoutError(), "秒內沒有收完這封信"),
        (smtplib.SMTPAuthenticationError(535, b"no"), "不接受賬號或密碼"),
        (smtplib.SMTPRecipientsRefused({}), "拒收這個地址"),
        (smtplib.SMTPSenderRefused(550, b"no", "x"), "不接受發件地址"),
        (smtplib.SMTPServerDisconnected("closed: timed out"), "秒內沒有收完這封信"),
        (smtplib.SMTPServerDisconnected("bye"), "中斷了連接"),
        (smtplib.SMTPDataError(554, b"spam"), "沒有收下這封信（代碼 554）"),
        (ValueError("?"), "系統出錯"),
    ],
)
def test_every_failure_has_a_plain_reason(
    letter: Delivery, server: Callable, error: Exception, reason: str
) -> None:
    server(error)

    assert deliver_waiting(at=AT) == Tally(postponed=1)
    letter.refresh_from_db()
    assert reason in letter.last_error


def test_a_dead_server_stops_the_batch_and_comes_back_later(cast: Cast, server: Callable) -> None:
    announce(message=Message("開會"), recipients=[UserFactory() for _n in range(5)], at=AT)
    server(TimeoutError())

    tally = deliver_waiting(at=AT)
    server(None)
    later = deliver_waiting(at=AT + 2 * MINUTE)

    assert tally == Tally(postponed=2, stopped_early=True)
    assert later == Tally(sent=5)


def test_one_refused_address_does_not_hold_up_the_others(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    announce(message=Message("開會"), recipients=[cast.clerk, cast.head, cast.office], at=AT)
    send = EmailBackend.send_messages

    def picky(self: EmailBackend, messages: list) -> int:
        if messages[0].to == ["head@example.test"]:
            raise smtplib.SMTPRecipientsRefused({})
        return send(self, messages)

    monkeypatch.setattr(EmailBackend, "send_messages", picky)

    assert deliver_waiting(at=AT) == Tally(sent=2, postponed=1)


def test_a_batch_has_a_limit(cast: Cast) -> None:
    announce(message=Message("開會"), recipients=[UserFactory() for _n in range(5)], at=AT)

    assert deliver_waiting(at=AT, limit=3) == Tally(sent=3)


def test_what_is_settled_meanwhile_is_cancelled(letter: Delivery, recheck: Callable) -> None:
    recheck(lambda notice, at: None)

    assert deliver_waiting(at=AT) == Tally(cancelled=1)
    letter.refresh_from_db()
    assert letter.last_error == "其間已經辦了，不必再發。"
    assert mail.outbox == []


@pytest.mark.usefixtures("letter")
def test_the_words_are_those_of_the_moment_of_sending(recheck: Callable) -> None:
    def now_one(notice: Notice, at: datetime) -> Message:
        return Message("只剩 1 件", body="剩下這件。")

    recheck(now_one)

    deliver_waiting(at=AT)

    assert "只剩 1 件" in mail.outbox[0].subject
    assert "剩下這件。" in mail.outbox[0].body


@pytest.mark.usefixtures("letter")
def test_a_faulty_recheck_delays_only_its_own_mail(cast: Cast, recheck: Callable) -> None:
    announce(message=Message("催辦", kind=Notice.Kind.CHASE), recipients=[cast.head], at=AT)

    def faulty(notice: Notice, at: datetime) -> None:
        raise KeyError("?")

    recheck(faulty)

    assert deliver_waiting(at=AT) == Tally(sent=1, postponed=1)


@pytest.mark.parametrize(
    ("values", "why"),
    [({"is_active": False}, "賬號已停用"), ({"email": ""}, "沒有郵箱了")],
)
def test_people_who_are_gone_get_no_mail(letter: Delivery, values: dict, why: str) -> None:
    User.objects.filter(username="clerk").update(**values)

    assert deliver_waiting(at=AT) == Tally(cancelled=1)
    letter.refresh_from_db()
    assert why in letter.last_error


@pytest.mark.usefixtures("letter")
def test_a_new_address_is_used() -> None:
    User.objects.filter(username="clerk").update(email="new@example.test")

    deliver_waiting(at=AT)

    assert mail.outbox[0].to == ["new@example.test"]
    assert Delivery.objects.get().address == "new@example.test"


def test_without_mail_settings_nothing_moves(letter: Delivery, settings: object) -> None:
    settings.MAIL_ENABLED = False
    out = StringIO()

    call_command("deliver_notices", stdout=out)

    letter.refresh_from_db()
    assert letter.state == Delivery.State.WAITING
    assert "沒有設置 EMAIL_URL" in out.getvalue()


def test_the_administrator_tries_again_what_was_given_up(
    cast: Cast, letter: Delivery, signed_in: Callable
) -> None:
    Delivery.objects.update(state=Delivery.State.GIVEN_UP, attempts=6, last_error="連不上。")
    browser = signed_in(cast.admin)
    page = "/admin/journal/delivery/"

    listed = browser.get(page).content.decode()
    browser.post(page, {"action": "try_again", "index": 0, "_selected_action": [letter.pk]})

    letter.refresh_from_db()
    assert "連不上。" in listed
    assert (letter.state, letter.attempts) == (Delivery.State.WAITING, 0)
    assert Entry.objects.get().actor == cast.admin
    assert deliver_waiting(at=AT) == Tally(sent=1)


def test_the_outbox_can_only_be_looked_at(
    cast: Cast, letter: Delivery, signed_in: Callable
) -> None:
    browser = signed_in(cast.admin)

    assert browser.get("/admin/journal/delivery/add/").status_code == 403
    assert browser.post(f"/admin/journal/delivery/{letter.pk}/delete/").status_code == 403
    assert (
        "缺前後對比照片"
        not in browser.get(f"/admin/journal/delivery/{letter.pk}/change/").content.decode()
    )


# ── 命令 ──────────────────────────────────────────────


@pytest.mark.usefixtures("letter", "clock")
def test_the_deliver_notices_command_counts() -> None:
    out = StringIO()

    call_command("deliver_notices", stdout=out)

    assert "已發 1 條，不再需要 0 條，稍後再試 0 條，放棄 0 條，結果不明 0 條。" in out.getvalue()


def test_seal_and_verify_commands(cast: Cast) -> None:
    record(actor=cast.office, action="x", target=cast.campaign, summary="下達了任務。", at=AT)
    sealed, verified = StringIO(), StringIO()

    call_command("seal_journal", stdout=sealed)
    call_command("verify_journal", stdout=verified)

    assert "封存了 1 條留痕。" in sealed.getvalue()
    assert "留痕完好：共封存 1 條" in verified.getvalue()


def test_verify_lists_what_is_broken_and_fails(cast: Cast) -> None:
    record(actor=cast.office, action="x", target=cast.campaign, summary="下達了任務。", at=AT)
    services.seal_entries()
    Entry.objects.update(summary="什麼也沒發生。")
    out = StringIO()

    with pytest.raises(CommandError, match="1 處對不上") as failed:
        call_command("verify_journal", stdout=out)

    assert failed.value.returncode == 1
    assert "什麼也沒發生。" in out.getvalue()
    assert "被改過" in out.getvalue()
