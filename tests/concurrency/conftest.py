"""幾個人同一刻辦同一件事：真的線程，各有自己的連接，兩種數據庫都跑。"""

import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.db import connection, connections


@pytest.fixture(scope="module", autouse=True)
def own_database(
    django_db_setup: None, django_db_blocker: object, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[None]:
    """SQLite 的內存庫由各線程共用同一份緩存，鎖法與真實的不同，所以換成一個文件。

    PostgreSQL 用原來的測試庫；清表之後的初始數據由 tests/conftest.py 放回去。
    """
    with django_db_blocker.unblock():
        if connection.vendor == "sqlite":
            yield from _in_a_file(tmp_path_factory.mktemp("concurrency") / "portal.sqlite3")
        else:
            yield


def _in_a_file(path: Path) -> Iterator[None]:
    connection.ensure_connection()
    memory, settings = connection.connection, connections.settings["default"]
    name = settings["NAME"]
    with sqlite3.connect(path) as copy:
        memory.backup(copy)
    copy.close()
    connection.connection, settings["NAME"] = None, str(path)
    yield
    connection.close()
    connection.connection, settings["NAME"] = memory, name


@pytest.fixture(autouse=True)
def nobody_hears_the_bell(monkeypatch: pytest.MonkeyPatch) -> None:
    """測試裏的門鈴會當場辦完後台的活；這裏量的是這幾個人，不要別人插手。"""
    monkeypatch.setattr("journal.doorbell.ring", lambda job, **kwargs: True)
