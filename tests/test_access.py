"""誰打得開哪一頁：一張表，每個網址 × 每個角色 × 本單位和外單位。表裏漏了網址就不通過。

表中的對象都屬婚姻登記處（head、clerk 本單位，neighbour 外單位，helper 配合單位）。
「能」指得到頁面或辦成、或被指出該改什麼；不能的得到 403（知道有、不讓辦）或 404（不知道有）；
沒登錄的一律被帶去登錄。
"""

from collections.abc import Callable, Iterator
from copy import deepcopy

import pytest
from django.db import transaction
from django.http import HttpResponse
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver
from pytest_django.plugin import DjangoDbBlocker

from tests.access.stage import Stage, lay
from tests.access.table import ELSEWHERE, OPEN, ROLES, SIGN_IN, TABLE, Row
from tests.cast import assemble


@pytest.fixture(scope="module")
def stage(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[Stage]:
    """一個文件共用的戲台（擺一次要一兩秒）；測完回滾。各個測試留下的改動各自撤掉。"""
    with django_db_blocker.unblock(), transaction.atomic():
        yield lay(assemble())
        transaction.set_rollback(True)


def all_names(resolver: URLResolver, namespace: str = "") -> set[str]:
    """全站的網址名（後台除外，它另有一套）。"""
    found = set()
    for pattern in resolver.url_patterns:
        if isinstance(pattern, URLResolver):
            if pattern.namespace != "admin":
                found |= all_names(pattern, pattern.namespace or namespace)
        elif isinstance(pattern, URLPattern) and pattern.name:
            found.add(f"{namespace}:{pattern.name}" if namespace else pattern.name)
    return found


def ask(client: Client, row: Row, url: str) -> HttpResponse:
    """打開一次，把留下的改動撤掉（會話和 Cookie 也是），好讓下一個角色看到同樣的戲台。"""
    mark, cookies = transaction.savepoint(), deepcopy(client.cookies)
    answer = getattr(client, row.method)(url, row.fresh_data())
    transaction.savepoint_rollback(mark)
    client.cookies = cookies
    return answer


def outcome(answer: HttpResponse) -> str:
    if answer.status_code == 302 and answer.url.startswith(SIGN_IN):
        return "sign in"
    return str(answer.status_code) if answer.status_code in (403, 404) else "allowed"


def test_every_address_is_in_the_table() -> None:
    assert all_names(get_resolver()) == set(TABLE) | OPEN | ELSEWHERE


@pytest.mark.django_db
@pytest.mark.parametrize("app", sorted({name.split(":")[0] for name in TABLE}))
def test_each_role_gets_what_the_table_says(
    stage: Stage, signed_in: Callable[..., Client], app: str
) -> None:
    """各網址共用一個戲台，一個角色登錄一次：每次打開都撤掉留下的改動。"""
    rows = {name: row for name, row in TABLE.items() if name.startswith(f"{app}:")}
    expected = {name: {role: row.expected(role) for role in ROLES} for name, row in rows.items()}
    # 退出登錄之後回到登錄頁，那正是「能」。
    if app == "people":
        expected["people:sign-out"] = dict.fromkeys(ROLES, "sign in")

    clients = {role: signed_in(getattr(stage.cast, role)) for role in ROLES}
    found = {
        name: {role: outcome(ask(clients[role], row, stage.url(name))) for role in ROLES}
        for name, row in rows.items()
    }

    assert found == expected
    stranger = Client()
    strangers = {name: outcome(ask(stranger, row, stage.url(name))) for name, row in rows.items()}
    assert strangers == dict.fromkeys(rows, "sign in")
