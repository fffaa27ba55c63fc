"""做好一份、各處照抄：遷移好的空庫、裝好樣例的站點。從頭遷移一趟要十幾秒，裝樣例又要十幾秒。

名字裏有鑰匙：遷移、模型、依賴的版本（樣例是全部代碼）變了就另做一份，舊的刪掉；做的時候別的進程等着。
SQLite 抄的是 READY_MADE 文件夾裏的文件，PostgreSQL 抄的是同一台服務器上的模板庫。
.ci/run 每次另給一個空的 READY_MADE，所以每次檢查都在兩種庫上各從頭遷移一遍。
"""

import fcntl
import hashlib
import os
import shutil
import sqlite3
import tempfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing, contextmanager
from functools import cache
from importlib.metadata import distributions
from pathlib import Path
from typing import Any
from unittest import mock

import psycopg2
from django.db.backends.base.base import BaseDatabaseWrapper

ROOT = Path(__file__).resolve().parent.parent
NOT_PRODUCT = {"tests", "benchmarks", "tools"}
KEPT = {"django_content_type", "auth_permission"}


def folder() -> Path:
    """放成品的文件夾；不指定時每個工作目錄各有一個。"""
    ours = f"pingtan-ready-made-{os.getuid()}-{_digest([str(ROOT).encode()])}"
    path = Path(os.environ.get("READY_MADE") or Path(tempfile.gettempdir()) / ours)
    path.mkdir(mode=0o700, parents=True, exist_ok=True)
    return path


@cache
def schema_name() -> str:
    """空庫的名字：由遷移、模型、配置和依賴的版本定。"""
    return f"schema_{_digest(_contents(_shapes_the_schema))}"


@cache
def sample_name() -> str:
    """裝好樣例的站點的名字：辦樣例用的是全部代碼。"""
    return f"sample_{_digest(_contents(lambda _path: True))}"


def _shapes_the_schema(path: Path) -> bool:
    return path.name in ("models.py", "settings.py") or path.parent.name in ("migrations", "models")


@contextmanager
def one_at_a_time(name: str) -> Iterator[None]:
    """同類的一個一個來：做的時候、抄的時候，別人不能把它當舊的刪掉。"""
    with (folder() / f"{_kind(name)}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def copy_instead_of_migrating(connection: BaseDatabaseWrapper) -> None:
    """建測試庫時，頭一個進程從頭遷移並留下一份，別的照抄。"""
    from_nothing = connection.creation.create_test_db
    shelf = SQLiteShelf if connection.vendor == "sqlite" else PostgreSQLShelf

    def create_test_db(**options: Any) -> str:
        if options.get("keepdb"):
            return from_nothing(**options)
        name, made = schema_name(), shelf(connection)
        with one_at_a_time(name):
            if not made.has(name):
                created = from_nothing(**options)
                made.keep(name)
                return created
        return made.create(name, lambda: from_nothing(**options))

    connection.creation.create_test_db = create_test_db


def put_back(connection: BaseDatabaseWrapper) -> bool:
    """測試庫換回遷移好的空庫；沒有成品時返回 False，由調用的人自己遷移。"""
    shelf = SQLiteShelf if connection.vendor == "sqlite" else PostgreSQLShelf
    name, made = schema_name(), shelf(connection)
    with one_at_a_time(name):
        if not made.has(name):
            return False
        made.put_back(name)
    return True


def empty_only_what_was_written(connection: BaseDatabaseWrapper) -> None:
    """真提交的測試完了清庫：PostgreSQL 上一句 TRUNCATE 二百張表要好幾秒，只刪寫過的不到一眨眼。

    權限和內容類型是遷移帶的，測試不改，留着；不然每清一次又要重建一遍。
    關外鍵要超級用戶；只能建庫的賬號（.ci/run 也收）照 Django 的來。
    """
    if connection.vendor != "postgresql":
        return
    plain = connection.ops.sql_flush

    def sql_flush(style: Any, tables: Iterable[str], **options: Any) -> list[str]:
        with connection.cursor() as cursor:
            cursor.execute("SELECT current_setting('is_superuser')")
            if cursor.fetchone() != ("on",):
                return plain(style, tables, **options)
        quoted = [f'"{table}"' for table in tables if table not in KEPT]
        # 表名都是 Django 給的，沒有外來的字。
        asked = (f"SELECT '{table}' WHERE EXISTS (SELECT FROM {table})" for table in quoted)  # noqa: S608
        with connection.cursor() as cursor:
            cursor.execute(" UNION ALL ".join(asked))
            written = [row[0] for row in cursor.fetchall()]
        # 外鍵由觸發器查，逐張刪時先關掉；只在這一個事務裏。
        off = "SET LOCAL session_replication_role = replica"
        return [off, *(f"DELETE FROM {table}" for table in written)]  # noqa: S608

    connection.ops.sql_flush = sql_flush


class SQLiteShelf:
    """測試庫在內存裏，成品是文件。"""

    def __init__(self, connection: BaseDatabaseWrapper) -> None:
        self.connection = connection

    def has(self, name: str) -> bool:
        return self._path(name).exists()

    def keep(self, name: str) -> None:
        for old in folder().glob(f"{_kind(name)}_*.sqlite3"):
            old.unlink()
        half = self._path(name).with_suffix(".half")
        self.connection.ensure_connection()
        with closing(sqlite3.connect(half)) as target:
            self.connection.connection.backup(target)
        half.rename(self._path(name))

    def create(self, name: str, make: Callable[[], str]) -> str:
        with _in_place_of_migrating(lambda: self.put_back(name)):
            return make()

    def put_back(self, name: str) -> None:
        self.connection.ensure_connection()
        with closing(sqlite3.connect(self._path(name))) as source:
            source.backup(self.connection.connection)

    def _path(self, name: str) -> Path:
        return folder() / f"{name}.sqlite3"


class PostgreSQLShelf:
    """成品是服務器上的一個庫，測試庫以它為模板。"""

    def __init__(self, connection: BaseDatabaseWrapper) -> None:
        self.connection = connection

    def has(self, name: str) -> bool:
        with self.connection._nodb_cursor() as cursor:
            return is_on_server(cursor, name)

    def keep(self, name: str) -> None:
        made = self.connection.settings_dict["NAME"]
        self.connection.close()  # 有人連着的庫抄不了
        with self.connection._nodb_cursor() as cursor:
            keep_on_server(cursor, name, made)

    def create(self, name: str, make: Callable[[], str]) -> str:
        self.connection.settings_dict["TEST"]["TEMPLATE"] = on_server(name)
        with one_at_a_time(name), _in_place_of_migrating(lambda: None):
            return make()

    def put_back(self, name: str) -> None:
        ours = self.connection.settings_dict["NAME"]
        self.connection.close()
        with self.connection._nodb_cursor() as cursor:
            cursor.execute(f'DROP DATABASE "{ours}" WITH (FORCE)')
            cursor.execute(f'CREATE DATABASE "{ours}" TEMPLATE "{on_server(name)}"')


def on_server(name: str) -> str:
    """這份成品在 PostgreSQL 上的庫名；各個 READY_MADE 各是各的。"""
    return f"ready_{_digest([str(folder()).encode()])}_{name}"


def keep_on_server(cursor: Any, name: str, made: str) -> None:
    """把做好的庫抄成成品，舊的刪掉。"""
    for old in _kept(cursor, name):
        cursor.execute(f'DROP DATABASE "{old}"')
    cursor.execute(f'CREATE DATABASE "{on_server(name)}" TEMPLATE "{made}"')


def is_on_server(cursor: Any, name: str) -> bool:
    return on_server(name) in _kept(cursor, name)


def forget(server: str) -> None:
    """.ci/run 完了收拾：服務器上的成品和文件夾都不留。"""
    with closing(psycopg2.connect(server)) as connection:
        connection.autocommit = True
        cursor = connection.cursor()
        for old in _kept(cursor, ""):
            cursor.execute(f'DROP DATABASE "{old}"')
    shutil.rmtree(folder())


def _kept(cursor: Any, name: str) -> list[str]:
    """這個 READY_MADE 在服務器上的同類成品（name 為空是全部）。"""
    head = on_server(f"{_kind(name)}_" if name else "").replace("_", r"\_")
    cursor.execute("SELECT datname FROM pg_database WHERE datname LIKE %s", [f"{head}%"])
    return [row[0] for row in cursor.fetchall()]


@contextmanager
def _in_place_of_migrating(fill: Callable[[], None]) -> Iterator[None]:
    """create_test_db 裏的那一趟 migrate 換成 fill；它要的另一條命令（緩存表）我們沒有。"""

    def instead(command: str, **_options: object) -> None:
        if command == "migrate":
            fill()

    with mock.patch("django.core.management.call_command", instead):
        yield


def _contents(counts: Callable[[Path], bool]) -> Iterator[bytes]:
    """各個 Python 包裏（測試和工具除外）算數的文件的名字和內容，連同裝了哪些依賴。"""
    packages = {path.parent for path in ROOT.glob("[a-z]*/__init__.py")}
    for package in sorted(packages - {ROOT / name for name in NOT_PRODUCT}):
        for path in sorted(package.rglob("*")):
            if path.is_file() and path.suffix != ".pyc" and counts(path):
                yield str(path.relative_to(ROOT)).encode()
                yield path.read_bytes()
    yield repr(sorted((each.name, each.version) for each in distributions())).encode()


def _kind(name: str) -> str:
    return name.partition("_")[0]


def _digest(texts: Iterable[bytes]) -> str:
    whole = hashlib.sha256()
    for text in texts:
        whole.update(hashlib.sha256(text).digest())
    return whole.hexdigest()[:12]
