"""工作日曆的頁：先看後存；單日改動、文件、寫錯的都說清楚。"""

from collections.abc import Callable
from datetime import date, datetime
from io import BytesIO

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse
from openpyxl import Workbook

from agenda.models import CalendarChange
from people.models import User
from tests.agenda.test_calendar_changes import NOTICE_2027, issue
from tests.cast import Cast
from workdays.models import CalendarDay
from workdays.services import calendar

IMPORT = "agenda:calendar-import"
VALUES = {"year": 2027, "text": NOTICE_2027, "source": "國辦發明電〔2026〕7號"}
CSV = "日期,類別,名稱\n2027-01-01,放假,元旦\n2027-10-01,放假,國慶節\n2027-10-09,調休上班,\n"


@pytest.fixture
def admin(cast: Cast, signed_in: Callable[[User], Client]) -> Client:
    return signed_in(cast.admin)


def again(answer: HttpResponse) -> dict[str, object]:
    """預覽之後表單裏的內容，連同看過的摘要。"""
    form = answer.context["form"]
    values = {name: form.data.get(name, "") for name in form.fields if name != "file"}
    # 瀏覽器交文字框裏的換行是 \r\n。
    return {key: str(value).replace("\n", "\r\n") for key, value in values.items()}


def test_the_first_step_only_shows_what_would_change(
    admin: Client, cast: Cast, now: datetime
) -> None:
    issue(cast, now)

    answer = admin.post(reverse(IMPORT), VALUES)

    assert "將記入 20 天，其中" in answer.content.decode()
    assert not CalendarDay.objects.filter(date__year=2027).exists()


def test_the_second_step_saves_what_was_seen(admin: Client) -> None:
    seen = again(admin.post(reverse(IMPORT), VALUES))

    answer = admin.post(reverse(IMPORT), seen | {"save": "1"}, follow=True)

    assert "已保存：改動 20 天" in answer.content.decode()
    assert not calendar().is_estimate(date(2027, 2, 14))


def test_what_was_edited_after_the_preview_is_shown_again(admin: Client) -> None:
    seen = again(admin.post(reverse(IMPORT), VALUES))
    edited = seen | {"text": NOTICE_2027.replace("10月9日", "9月26日"), "save": "1"}

    answer = admin.post(reverse(IMPORT), edited)

    assert "將記入" in answer.content.decode()
    assert not CalendarChange.objects.exists()


def test_what_does_not_add_up_is_told_at_the_field_and_nothing_is_lost(admin: Client) -> None:
    bad = VALUES | {"text": "一、元旦：1月1日至3日放假，共9天。"}

    page = admin.post(reverse(IMPORT), bad).content.decode()

    assert "數出來是 3 天" in page
    assert "共9天" in page
    assert "國辦發明電〔2026〕7號" in page


def sheet() -> bytes:
    book, content = Workbook(), BytesIO()
    for line in CSV.splitlines():
        book.active.append(line.split(","))
    book.save(content)
    return content.getvalue()


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("安排.csv", CSV.encode()),
        ("安排.csv", CSV.encode("gb18030")),
        ("安排.csv", b"\xef\xbb\xbf" + CSV.encode()),
        ("安排.xlsx", sheet()),
    ],
    ids=["utf-8", "gbk", "bom", "xlsx"],
)
def test_a_file_becomes_text_that_is_seen_and_saved(
    admin: Client, name: str, content: bytes
) -> None:
    values = {"year": 2027, "source": "國辦", "file": SimpleUploadedFile(name, content)}

    seen = again(admin.post(reverse(IMPORT), values))
    admin.post(reverse(IMPORT), seen | {"save": "1"})

    days = CalendarDay.objects.filter(date__year=2027)
    assert sorted(f"{day.date:%m-%d} {day.kind}" for day in days) == [
        "01-01 holiday",
        "10-01 holiday",
        "10-09 make_up",
    ]


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"\x00\x01\x02", "看不懂文件的編碼"),
        (b"PK\x03\x04 broken", "這個 Excel 文件讀不了"),
        ("2027-13-01,放假,\n2027-01-02,放假,".encode(), "第 1 行"),
    ],
)
def test_a_bad_file_gets_one_sentence(admin: Client, content: bytes, sentence: str) -> None:
    name = "安排.xlsx" if content.startswith(b"PK") else "安排.csv"
    values = {"year": 2027, "source": "國辦", "file": SimpleUploadedFile(name, content)}

    page = admin.post(reverse(IMPORT), values).content.decode()

    assert sentence in page


def test_a_single_day_is_seen_then_saved(admin: Client) -> None:
    url = reverse("agenda:calendar-day")
    values = {"day": "2026-11-25", "kind": "local_closure", "name": "颱風停辦", "source": ""}

    seen = again(admin.post(url, values))
    admin.post(url, seen | {"save": "1"})

    assert not calendar().is_working(date(2026, 11, 25))
    assert CalendarChange.objects.get().summary == "2026年11月25日本地停辦（颱風停辦）。"


def test_a_typhoon_closes_several_days_at_once(admin: Client) -> None:
    url = reverse("agenda:calendar-day")
    values = {"day": "2026-11-25", "until": "2026-11-27", "kind": "local_closure"}

    seen = again(admin.post(url, values | {"name": "颱風停辦"}))
    admin.post(url, seen | {"save": "1"})

    closed = [date(2026, 11, day) for day in (25, 26, 27)]
    assert not any(calendar().is_working(day) for day in closed)
    said = CalendarChange.objects.get().summary
    assert said == "2026年11月25日至2026年11月27日本地停辦（颱風停辦）。"


@pytest.mark.parametrize(
    ("until", "sentence"),
    [("2026-11-24", "最後一天不能早於第一天。"), ("2027-11-24", "一次最多記 31 天")],
)
def test_a_range_that_makes_no_sense_is_told(admin: Client, until: str, sentence: str) -> None:
    values = {"day": "2026-11-25", "until": until, "kind": "local_closure"}

    page = admin.post(reverse("agenda:calendar-day"), values).content.decode()

    assert sentence in page
    assert not CalendarChange.objects.exists()


def test_either_text_or_file_is_wanted_and_the_package_is_not_named(admin: Client) -> None:
    form = admin.get(reverse(IMPORT)).content.decode()
    days = admin.get(reverse("agenda:working-days")).content.decode()

    assert "（選填）" not in form
    assert "國務院辦公廳放假通知" in days
    assert "chinesecalendar" not in days


def test_a_day_is_put_back_to_normal(admin: Client) -> None:
    url = reverse("agenda:calendar-day")

    seen = again(admin.post(url, {"day": "2026-02-14", "kind": "clear", "name": "", "source": ""}))
    admin.post(url, seen | {"save": "1"})

    assert not calendar().is_working(date(2026, 2, 14))


def test_everyone_sees_the_calendar_but_only_an_administrator_the_buttons(
    cast: Cast, signed_in: Callable[[User], Client], admin: Client
) -> None:
    url = reverse("agenda:working-days")

    pages = [client.get(url).content.decode() for client in (signed_in(cast.clerk), admin)]

    assert ["導入一年的安排" in page for page in pages] == [False, True]
    assert "國慶節調休" in pages[0]


def test_a_year_without_a_notice_says_so(admin: Client) -> None:
    page = admin.get(reverse("agenda:working-days"), {"year": "2027"}).content.decode()

    assert "該年度放假安排尚未公佈，暫按推算。" in page


def test_the_page_costs_a_fixed_number_of_queries(
    admin: Client, django_assert_max_num_queries: object
) -> None:
    admin.get(reverse("agenda:working-days"))

    with django_assert_max_num_queries(12):
        answer = admin.get(reverse("agenda:working-days"))

    assert answer.status_code == 200
