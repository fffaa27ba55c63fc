"""一台真的 SMTP 服務器：信的兩個部分、信頭，和它變壞時每一行記下什麼。"""

from collections.abc import Iterator
from datetime import timedelta
from email.message import EmailMessage
from typing import Any

import pytest

from journal.models import Delivery, Notice
from journal.services import Message, Tally, announce, deliver_waiting
from tests.cast import Cast
from tests.factories import UserFactory, moment
from tests.mail_server import Server, smtp_server

AT = moment(2026, 11, 23)
MINUTE = timedelta(minutes=1)
PATIENCE = 0.4
DIGEST = Message(
    title="每日提醒（11月23日）：1 件已過時限，1 件將到時限",
    body="3-04 大廳整治，逾期 2 個工作日。\n/submissions/7/\n\n3-05 培訓，今天截止。\n/submissions/8/",
    kind=Notice.Kind.DIGEST,
    key="digest:2026-11-23",
)
CHASE = Message(
    title="催辦 3-04：大廳整治",
    body="請今天下班前報出 <缺照片> & 說明。",
    url="/tasks/2026/3-04/",
    kind=Notice.Kind.CHASE,
)


@pytest.fixture
def server(settings: Any) -> Iterator[Server]:
    settings.EMAIL_BACKEND = "journal.channels.smtp.BoundedBackend"
    settings.EMAIL_TIMEOUT = PATIENCE
    settings.SITE_URL = "https://wenming.example.test"
    settings.DEFAULT_FROM_EMAIL = "文明創建 <wenming@example.test>"
    with smtp_server() as server:
        settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", server.port
        yield server


@pytest.fixture(autouse=True)
def no_rechecks(monkeypatch: pytest.MonkeyPatch) -> None:
    """這裏只看信怎麼走；要不要發由 tests/tasks 查。"""
    monkeypatch.setattr("journal.services.rechecking._rechecks", {})


def part(letter: EmailMessage, kind: str) -> str:
    return letter.get_body((kind,)).get_content()


def test_a_digest_arrives_whole_in_text_and_in_html(cast: Cast, server: Server) -> None:
    announce(message=DIGEST, recipients=[cast.clerk], at=AT)

    assert deliver_waiting(at=AT) == Tally(sent=1)

    [letter] = server.letters
    assert letter.get_content_type() == "multipart/alternative"
    assert [row.get_content_type() for row in letter.iter_parts()] == ["text/plain", "text/html"]
    assert letter["Subject"].strip() == f"【文明創建】{DIGEST.title}"
    assert letter["To"] == "clerk@example.test"
    assert letter["Message-ID"] == Delivery.objects.get().message_id
    assert letter["Auto-Submitted"] == "auto-generated"
    for kind in ("plain", "html"):
        text = part(letter, kind)
        assert "3-04 大廳整治，逾期 2 個工作日。" in text
        assert "https://wenming.example.test/submissions/7/" in text
        assert "https://wenming.example.test/submissions/8/" in text
        assert "https://wenming.example.test/notices/settings/" in text


def test_a_chase_is_escaped_in_html_and_leads_to_its_form(cast: Cast, server: Server) -> None:
    announce(message=CHASE, recipients=[cast.clerk], at=AT)

    deliver_waiting(at=AT)

    [letter] = server.letters
    assert "請今天下班前報出 <缺照片> & 說明。" in part(letter, "plain")
    assert "請今天下班前報出 &lt;缺照片&gt; &amp; 說明。" in part(letter, "html")
    assert 'href="https://wenming.example.test/tasks/2026/3-04/"' in part(letter, "html")


def test_the_letter_fetches_nothing_and_follows_nobody(cast: Cast, server: Server) -> None:
    announce(message=CHASE, recipients=[cast.clerk], at=AT)

    deliver_waiting(at=AT)

    html = part(server.letters[0], "html")
    assert "<img" not in html
    assert "<script" not in html
    assert "src=" not in html
    assert "url(" not in html


def test_several_letters_share_one_connection(cast: Cast, server: Server) -> None:
    announce(message=CHASE, recipients=[cast.clerk, cast.head, cast.office], at=AT)

    assert deliver_waiting(at=AT) == Tally(sent=3)
    assert server.connections == 1


@pytest.mark.parametrize(
    ("mode", "reason"),
    [
        ("refuse", "郵件服務器現在不提供服務（代碼 421）。"),
        ("refuse_recipient", "郵件服務器拒收這個地址，請核對收件人的郵箱。"),
        ("refuse_message", "郵件服務器沒有收下這封信（代碼 554）。"),
        ("hang", "郵件服務器 0.4 秒內沒有收完這封信。"),
        ("hang_greeting", "郵件服務器 0.4 秒內沒有收完這封信。"),
        ("drip", "郵件服務器 0.4 秒內沒有收完這封信。"),
        ("close", "郵件服務器中斷了連接。"),
        ("close_after", "郵件服務器中斷了連接。"),
    ],
)
def test_whatever_the_server_does_is_written_down_and_tried_again(
    cast: Cast, server: Server, mode: str, reason: str
) -> None:
    announce(message=CHASE, recipients=[cast.clerk], at=AT)
    server.mode = mode

    bad = deliver_waiting(at=AT)
    row = Delivery.objects.get()
    server.mode = "accept"
    good = deliver_waiting(at=AT + 2 * MINUTE)

    assert (bad, good) == (Tally(postponed=1), Tally(sent=1))
    assert (row.state, row.attempts, row.last_error) == (Delivery.State.WAITING, 1, reason)
    assert server.letters[-1]["Message-ID"] == row.message_id


def test_a_letter_taken_without_an_answer_comes_again_under_the_same_id(
    cast: Cast, server: Server
) -> None:
    """服務器收下了卻沒說：分不清，再發一次；Message-ID 相同，收信那邊認得出是同一封。"""
    announce(message=CHASE, recipients=[cast.clerk], at=AT)
    server.mode = "close_after"

    deliver_waiting(at=AT)
    server.mode = "accept"
    deliver_waiting(at=AT + 2 * MINUTE)

    first, second = server.letters
    assert first["Message-ID"] == second["Message-ID"]


def test_a_hanging_server_stops_the_batch_after_two_tries(cast: Cast, server: Server) -> None:
    announce(message=CHASE, recipients=[UserFactory() for _n in range(6)], at=AT)
    server.mode = "drip"

    tally = deliver_waiting(at=AT)

    assert tally == Tally(postponed=2, stopped_early=True)
    assert server.letters == []
