"""站內收件箱：未讀在前，打開即已讀，別人的看不見。"""

from collections.abc import Callable

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from journal.models import Notice
from journal.services import Message, announce
from tests.cast import Cast
from tests.factories import moment


def tell(cast: Cast, title: str, *, day: int = 20, read: bool = False, **words: str) -> Notice:
    [notice] = announce(
        message=Message(title, **words), recipients=[cast.clerk], at=moment(2026, 11, day)
    )
    if read:
        Notice.objects.filter(pk=notice.pk).update(read_at=moment(2026, 11, day, 12))
    return notice


def test_unread_comes_first_then_the_newest(cast: Cast, signed_in: Callable) -> None:
    tell(cast, "舊的未讀", day=10)
    tell(cast, "新的已讀", day=22, read=True)
    tell(cast, "新的未讀", day=21)

    page = signed_in(cast.clerk).get("/notices/").content.decode()

    assert page.index("新的未讀") < page.index("舊的未讀") < page.index("新的已讀")
    assert "有 2 條未讀" in page


def test_only_the_unread_on_request(cast: Cast, signed_in: Callable) -> None:
    tell(cast, "看過了", read=True)
    tell(cast, "沒看過")

    page = signed_in(cast.clerk).get("/notices/?show=unread").content.decode()

    assert "沒看過" in page
    assert "看過了" not in page


def test_an_empty_inbox_says_what_will_come(cast: Cast, signed_in: Callable) -> None:
    browser = signed_in(cast.clerk)

    empty = browser.get("/notices/").content.decode()
    tell(cast, "看過了", read=True)
    all_read = browser.get("/notices/?show=unread").content.decode()

    assert "還沒有消息" in empty
    assert "消息都看過了" in all_read
    assert "全部標為已讀" not in all_read


def test_opening_marks_it_read_and_leads_to_the_form(cast: Cast, signed_in: Callable) -> None:
    notice = tell(cast, "退回了一份進展", url="/submissions/7/")

    response = signed_in(cast.clerk).get(f"/notices/{notice.pk}/")

    notice.refresh_from_db()
    assert (response.status_code, response["Location"]) == (302, "/submissions/7/")
    assert notice.read_at == moment(2026, 11, 23)


def test_opening_again_keeps_the_first_reading(cast: Cast, signed_in: Callable) -> None:
    notice = tell(cast, "開會", read=True)

    signed_in(cast.clerk).get(f"/notices/{notice.pk}/")

    notice.refresh_from_db()
    assert notice.read_at == moment(2026, 11, 20, 12)


def test_a_digest_lists_its_lines_with_a_link_each(cast: Cast, signed_in: Callable) -> None:
    notice = tell(
        cast, "每日提醒", body="逾期：甲。\n/submissions/7/\n\n<b>乙</b>\n/submissions/8/"
    )

    browser = signed_in(cast.clerk)
    inbox = browser.get("/notices/").content.decode()
    page = browser.get(f"/notices/{notice.pk}/").content.decode()

    assert "逾期：甲。 &lt;b&gt;乙&lt;/b&gt;" in inbox
    assert 'href="/submissions/7/"' in page
    assert 'href="/submissions/8/"' in page
    assert "&lt;b&gt;乙&lt;/b&gt;" in page


def test_a_neighbour_does_not_see_it(cast: Cast, signed_in: Callable) -> None:
    notice = tell(cast, "退回了一份進展")
    browser = signed_in(cast.neighbour)

    assert browser.get(f"/notices/{notice.pk}/").status_code == 404
    assert "退回了一份進展" not in browser.get("/notices/").content.decode()
    notice.refresh_from_db()
    assert notice.read_at is None


def test_a_stranger_is_asked_to_sign_in(cast: Cast, client: object) -> None:
    response = client.get("/notices/")

    assert response.status_code == 302
    assert "next=/notices/" in response["Location"]


def test_marking_all_read_spares_what_came_since(cast: Cast, signed_in: Callable) -> None:
    seen, mine = tell(cast, "看到的"), signed_in(cast.clerk)
    fresh = tell(cast, "剛到的", day=23)

    response = mine.post(
        "/notices/read/", {"through": moment(2026, 11, 22).isoformat()}, follow=True
    )

    seen.refresh_from_db()
    fresh.refresh_from_db()
    assert seen.read_at == moment(2026, 11, 23)
    assert fresh.read_at is None
    assert "已把 1 條消息標為已讀。" in response.content.decode()


def test_marking_all_read_leaves_others_alone(cast: Cast, signed_in: Callable) -> None:
    notice = tell(cast, "登記員的")

    signed_in(cast.neighbour).post("/notices/read/")

    notice.refresh_from_db()
    assert notice.read_at is None


@pytest.mark.parametrize("through", ["", "昨天", "2026-99-99T00:00", "2026-11-23T00:00"])
def test_a_strange_moment_means_now(cast: Cast, signed_in: Callable, through: str) -> None:
    notice = tell(cast, "看到的")

    signed_in(cast.clerk).post("/notices/read/", {"through": through})

    notice.refresh_from_db()
    assert notice.read_at is not None


def test_marking_all_read_needs_a_post(cast: Cast, signed_in: Callable) -> None:
    assert signed_in(cast.clerk).get("/notices/read/").status_code == 405


@pytest.mark.parametrize("page", ["0", "-1", "999", "abc"])
def test_a_strange_page_number_shows_a_page(cast: Cast, signed_in: Callable, page: str) -> None:
    for number in range(25):
        tell(cast, f"消息{number}")

    assert signed_in(cast.clerk).get(f"/notices/?page={page}").status_code == 200


def test_queries_do_not_grow_with_the_notices(cast: Cast, signed_in: Callable) -> None:
    browser = signed_in(cast.clerk)
    tell(cast, "第一條")
    with CaptureQueriesContext(connection) as few:
        browser.get("/notices/")
    for number in range(45):
        tell(cast, f"消息{number}")

    with CaptureQueriesContext(connection) as many:
        browser.get("/notices/")

    assert len(few) == len(many) <= 16
