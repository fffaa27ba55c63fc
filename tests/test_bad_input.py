"""別人能在網址、參數、表單和 Cookie 裏寫任何東西：每一頁都說清楚或說沒有，從不出錯（500）。

SQLite 容得下的，PostgreSQL 未必（NUL、落單的代理字符、過大的整數），所以兩種庫上都要跑。
"""

import re
from collections.abc import Callable, Iterator
from datetime import date

import pytest
from django import forms
from django.db import transaction
from django.http import HttpResponse, QueryDict
from django.test import Client, RequestFactory
from django.urls import get_resolver

from people.forms import DateField, SeveralField
from people.models import Department
from pingtan_civ.lib.numbers import read_int
from pingtan_civ.middleware import clean_data
from reports.forms import ReportForm
from tasks.breakdown_forms import DateField as BreakdownDateField
from tasks.models import Submission
from tasks.work_forms import day_field
from tests.test_access import Stage, all_names, stage

__all__ = ["stage"]

LONG_NUMBER = "9" * 5000
ODD = {"office": ["a\x00b²", LONG_NUMBER, "9999-12-31"], "clerk": ["9" * 21], "admin": ["9" * 21]}
"""辦公室打得開的頁最多，各種怪值都試；其餘角色試最容易出錯的一種。"""
PARAMETERS = [
    "at",
    "back",
    "closed",
    "edit",
    "format",
    "inline",
    "item",
    "kind",
    "missing",
    "next",
    "on",
    "page",
    "parent",
    "q",
    "role",
    "script",
    "show",
    "sources",
    "state",
    "task",
    "touched",
    "unit",
    "user",
    "pick",
    "view",
    "lead",
    "supporting",
    "leader",
    "objective",
    "light",
    "due_from",
    "due_to",
    "sort",
    "indicator",
    "department",
    "campaign",
    "number",
    "channel",
    "person",
    "day",
    "by",
    "period",
    "measure",
    "overdue",
    "since",
    "whole",
    "month",
    "whose",
    "year",
    "source",
    "mine",
    "submission",
    "report",
    "profile",
    "section",
]
ELSEWHERE = [
    "/tasks/{code}/%00/",
    "/tasks/{code}/%00/edit/",
    "/reports/{code}/%00/",
    "/tasks/%00/",
    "/submissions/99999999999999999999/",
    "/evidence/99999999999999999999/",
    "/org/departments/99999999999999999999/",
    "/notices/" + LONG_NUMBER + "/",
    "/chasing/%00/",
    "/chasing/{code}/units/99999999999999999999/",
    "/submissions/99999999999999999999/chases/",
    "/chases/00000000-0000-0000-0000-000000000000/",
    "/calendar/" + "x" * 5000 + ".ics",
    "/calendar/%00.ics",
    "/recommendations/99999999999999999999/",
    "/recommendations/candidates/99999999999999999999/",
    "/recommendations/objections/99999999999999999999/",
    "/recommendations/files/99999999999999999999/",
    "/supervision/99999999999999999999/",
    "/schemes/99999999999999999999/",
    "/supervision/files/99999999999999999999/",
    "/supervision/instruct/measure/99999999999999999999/",
]


def addresses(stage: Stage) -> list[str]:
    found = [stage.url(name) for name in sorted(all_names(get_resolver()))]
    still_open = Submission.objects.get(label="2026-12")
    odd = [path.format(code=stage.cast.campaign.code) for path in ELSEWHERE]
    return [*found, still_open.get_absolute_url(), *odd]


def answers(
    stage: Stage, client: Client, method: str, odd: list[str]
) -> Iterator[tuple[str, str, HttpResponse]]:
    """每個網址 × 每種怪值各問一次；留下的改動都撤掉。"""
    for url in addresses(stage):
        names = fields_of(client, url) if method == "post" else PARAMETERS
        for value in odd:
            mark = transaction.savepoint()
            answer = getattr(client, method)(url, dict.fromkeys(names, value))
            if answer.streaming:
                b"".join(answer.streaming_content)
            transaction.savepoint_rollback(mark)
            yield url, value[:20], answer


EXTRA_FIELDS = [
    "all",
    "batch",
    "column",
    "items",
    "record",
    "seen",
    "send",
    "unit",
    "words",
    "action",
    "item",
    "act",
    "pick",
    "ids",
    "row",
    "confirm",
    "back",
    "version",
    "based_on",
    "pair",
    "has_pairs",
    "with_measures",
    "reason",
    "narrative",
    "percent",
    "caption_1",
    "form_1",
    "op",
    "key",
    "value",
    "text",
    "through",
    "name",
    "next",
    "q",
    "state",
    "verdict_1",
]


def fields_of(client: Client, url: str) -> list[str]:
    """頁上有的字段，加上各處直接從 POST 裏讀的。"""
    mark = transaction.savepoint()
    answer = client.get(url)
    transaction.savepoint_rollback(mark)
    is_page = answer.headers.get("Content-Type", "").startswith("text/html")
    if answer.streaming or answer.status_code != 200 or not is_page:
        return EXTRA_FIELDS
    names = set(re.findall(r'name="([^"]+)"', answer.content.decode()))
    return sorted((names - {"csrfmiddlewaretoken"}) | set(EXTRA_FIELDS))


@pytest.mark.django_db
@pytest.mark.parametrize("role", ["office", "clerk", "admin"])
@pytest.mark.parametrize("method", ["get", "post"])
def test_no_page_breaks_on_odd_input(
    stage: Stage, signed_in: Callable[..., Client], role: str, method: str
) -> None:
    client = signed_in(getattr(stage.cast, role))
    client.raise_request_exception = False

    broken = {
        (url, value)
        for url, value, answer in answers(stage, client, method, ODD[role])
        if answer.status_code >= 500
    }

    assert broken == set()


@pytest.mark.django_db
@pytest.mark.parametrize("path", ["/tasks/{code}/%00/", "/tasks/%00/", "/org/%00/"])
def test_an_address_with_a_null_byte_does_not_exist(
    stage: Stage, signed_in: Callable[..., Client], path: str
) -> None:
    cast = stage.cast
    answer = signed_in(cast.office).get(path.format(code=cast.campaign.code))

    assert answer.status_code == 404


def test_a_cookie_with_a_null_byte_is_no_session(db: None) -> None:
    client = Client()
    client.cookies["sessionid"] = "a\x00bcdefghijkl"

    assert client.get("/desk/").status_code == 302


@pytest.mark.parametrize("bad", ["\x00", "\ud800"])
def test_what_the_database_cannot_store_is_taken_out_of_what_was_typed(bad: str) -> None:
    data = QueryDict(mutable=True)
    data.setlist(f"cap{bad}tion_1", [f"大廳{bad}公示欄", "照舊"])

    cleaned = clean_data(data)

    assert cleaned.getlist("caption_1") == ["大廳公示欄", "照舊"]
    with pytest.raises(AttributeError):
        cleaned["caption_1"] = "改"


def test_ordinary_text_is_left_alone(rf: RequestFactory) -> None:
    data = rf.post("/", {"text": "𠮷野家 😀\n第二行"}).POST

    assert clean_data(data) is data


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("0", 0),
        ("007", 7),
        ("12", 12),
        (str(2**63 - 1), 2**63 - 1),
        (str(2**63), None),
        (LONG_NUMBER, None),
        ("", None),
        (None, None),
        ("-1", None),
        ("²", None),
        ("٣", None),
        ("1e9", None),
        (" 1", None),
    ],
)
def test_only_plain_whole_numbers_within_bounds_are_read(
    text: str | None, number: int | None
) -> None:
    assert read_int(text) == number


def test_a_number_outside_the_given_bounds_is_not_read() -> None:
    assert read_int("5", 1, 10) == 5
    assert read_int("0", 1, 10) is None
    assert read_int("11", 1, 10) is None


FIELDS: list[forms.Field] = [
    DateField(),
    BreakdownDateField(),
    day_field("時限"),
    *(ReportForm.base_fields[name] for name in ("period_start", "period_end")),
]


@pytest.mark.parametrize("field", FIELDS)
@pytest.mark.parametrize("text", ["9999-12-31", "2101-01-01", "1989-12-31", "0001-01-01"])
def test_a_date_no_calendar_reaches_is_refused(field: forms.DateField, text: str) -> None:
    with pytest.raises(forms.ValidationError, match="請檢查年份"):
        field.clean(text)


@pytest.mark.parametrize("field", FIELDS)
def test_a_sensible_date_is_taken(field: forms.DateField) -> None:
    assert field.clean("2026-12-10") == date(2026, 12, 10)


@pytest.mark.parametrize("key", ["9" * 21, LONG_NUMBER, "²", "-1", "abc"])
def test_a_key_that_cannot_exist_is_no_choice(db: None, key: str) -> None:
    field = SeveralField(queryset=Department.objects.all())

    with pytest.raises(forms.ValidationError) as caught:
        field.clean([key])

    assert len(caught.value.messages[0]) < 80
