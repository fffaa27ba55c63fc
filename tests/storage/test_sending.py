"""發文件：整個、一段、斷了接着來、只問頭；沒變的不重發。"""

import pytest
from django.core.files.base import ContentFile
from django.http import HttpResponseBase
from django.test import RequestFactory

from pingtan_civ.lib.sending import send_stored

DATA = bytes(range(256)) * 8000  # 2 MB
TAG = '"abc"'


@pytest.fixture(autouse=True)
def file(folder: object) -> None:
    folder.save("results/report.zip", ContentFile(DATA))


def ask(method: str = "get", **headers: str) -> HttpResponseBase:
    names = {f"HTTP_{name.upper()}": value for name, value in headers.items()}
    return send_stored(
        getattr(RequestFactory(), method)("/", **names),
        path="results/report.zip",
        name="迎檢材料.zip",
        content_type="application/zip",
        tag="abc",
    )


def body(response: HttpResponseBase) -> bytes:
    return b"".join(response.streaming_content) if response.streaming else response.content


@pytest.mark.parametrize(
    ("asked", "told", "part"),
    [
        ("bytes=0-99", "bytes 0-99/2048000", slice(0, 100)),
        ("bytes=2047990-", "bytes 2047990-2047999/2048000", slice(2_047_990, None)),
        ("bytes=-500", "bytes 2047500-2047999/2048000", slice(2_047_500, None)),
        ("bytes=100-99999999", "bytes 100-2047999/2048000", slice(100, None)),
        ("bytes=262140-524300", "bytes 262140-524300/2048000", slice(262_140, 524_301)),
    ],
)
def test_a_part_is_exactly_the_part(asked: str, told: str, part: slice) -> None:
    response = ask(range=asked)

    assert (response.status_code, response["Content-Range"]) == (206, told)
    assert response["Content-Length"] == str(len(DATA[part]))
    assert body(response) == DATA[part]


@pytest.mark.parametrize("asked", ["bytes=2048000-", "bytes=9-3", "bytes=-0", "bytes=-", "bytes=x"])
def test_a_part_that_is_not_there_is_refused_with_the_size(asked: str) -> None:
    response = ask(range=asked)

    assert (response.status_code, response["Content-Range"]) == (416, "bytes */2048000")
    assert body(response) == b""


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"range": "bytes=0-1,5-6"},
        {"range": "lines=1-2"},
        {"range": "bytes=0-99", "if_range": '"another"'},
        {"range": "bytes=0-99", "if_range": "Wed, 21 Oct 2026 07:28:00 GMT"},
    ],
)
def test_otherwise_the_whole_is_sent(headers: dict[str, str]) -> None:
    response = ask(**headers)

    assert response.status_code == 200
    assert response["Accept-Ranges"] == "bytes"
    assert response["Content-Length"] == str(len(DATA))
    assert body(response) == DATA


def test_an_interrupted_download_is_taken_up_where_it_broke_off() -> None:
    first = ask()
    half = next(iter(first.streaming_content))
    first.file_to_stream.close()

    rest = ask(range=f"bytes={len(half)}-", if_range=first["ETag"])

    assert rest.status_code == 206
    assert half + body(rest) == DATA


def test_asking_for_the_head_only_tells_everything_but_the_bytes() -> None:
    response = ask("head")

    assert response.status_code == 200
    assert response["Content-Length"] == str(len(DATA))
    assert response["ETag"] == TAG
    assert body(response) == b""


@pytest.mark.parametrize("known", [TAG, f"W/{TAG}", f'"x", {TAG}', "*"])
def test_what_has_not_changed_is_not_sent_again(known: str) -> None:
    assert ask(if_none_match=known).status_code == 304


def test_the_name_arrives_in_chinese() -> None:
    told = ask()["Content-Disposition"]

    assert told == "attachment; filename*=utf-8''%E8%BF%8E%E6%AA%A2%E6%9D%90%E6%96%99.zip"
