"""每一頁的簡體：系統自己的話全是簡體，剩下的繁體只能是庫裏的數據。"""

import re
from collections.abc import Callable, Iterator
from functools import lru_cache
from html.parser import HTMLParser

import pytest
from django.apps import apps
from django.db.models import CharField, TextField
from django.test import Client

from people.models import User
from pingtan_civ.lib.script import simplify
from tests.test_access import TABLE, Stage
from tests.test_access import stage as stage
from tools.catalogue import HAN

SPOKEN = {"aria-label", "title", "placeholder", "alt", "data-copied"}
SILENT = {"script", "style", "code"}
VOID = {"br", "hr", "img", "input", "link", "meta", "source", "use", "wbr", "path"}
#: 存着系統的話的，和隨系統給出的參考數據：都應隨頁面轉，不算數據。
OURS = {
    "journal.entry",
    "journal.notice",
    "journal.delivery",
    "agenda.calendarchange",
    "campaigns.evidenceform",
    "tasks.reviewphrase",
}


class Words(HTMLParser):
    """一頁上給人看的字，連同讀屏的；繁簡按鈕寫的是對方的字，標着 lang 的是原文，不算。"""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: list[str] = []
        self._open: list[tuple[str, bool]] = []
        self.feed(page)

    @property
    def _is_silent(self) -> bool:
        return bool(self._open) and self._open[-1][1]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = {name: value or "" for name, value in attrs}
        is_silent = (
            self._is_silent
            or tag in SILENT
            or "c-icobtn--word" in values.get("class", "")
            or values.get("lang", "zh-Hans") != "zh-Hans"
        )
        if not is_silent:
            self.found += [values[name] for name in SPOKEN & values.keys()]
        if tag not in VOID:
            self._open.append((tag, is_silent))

    def handle_endtag(self, tag: str) -> None:
        while self._open and self._open.pop()[0] != tag:
            pass

    def handle_data(self, data: str) -> None:
        if not self._is_silent and HAN.search(data):
            self.found.append(data.strip())


def stored_texts() -> Iterator[str]:
    for model in apps.get_models():
        if model._meta.label_lower in OURS:
            continue
        names = [
            each.name
            for each in model._meta.concrete_fields
            if isinstance(each, CharField | TextField) and not each.choices
        ]
        for row in model.objects.values_list(*names) if names else []:
            yield from (text.strip() for text in row if text and HAN.search(text))


def data() -> re.Pattern[str]:
    """庫裏的字，長的優先；一段話在頁上可能斷成幾行，標題可能只說前半句。"""
    whole = {text.strip() for text in stored_texts()}
    parts = whole | {part.strip() for text in whole for part in re.split(r"[\n,，]", text)}
    parts -= {""}
    return re.compile("|".join(map(re.escape, sorted(parts, key=len, reverse=True))))


@lru_cache(maxsize=4096)
def is_simplified(text: str) -> bool:
    return simplify(text) == text


@pytest.mark.either_database
@pytest.mark.django_db
@pytest.mark.parametrize("username", ["office", "admin", "clerk"])
def test_no_word_of_the_system_stays_traditional(
    stage: Stage, signed_in: Callable[[User], Client], username: str
) -> None:
    client = signed_in(getattr(stage.cast, username))
    client.cookies["django_language"] = "zh-hans"
    known = data()
    left = {}

    for name, row in TABLE.items():
        if row.method != "get" or username not in row.allowed:
            continue
        answer = client.get(stage.url(name), row.fresh_data())
        if answer.status_code != 200 or "text/html" not in answer.get("Content-Type", ""):
            continue
        for text in Words(answer.content.decode()).found:
            ours = known.sub("", text)
            if not is_simplified(ours):
                left.setdefault(ours, name)

    assert left == {}
