"""配置：寫錯的值在啟動時用一句話說清楚；文檔裏的表與代碼一致。"""

import re
import runpy
import stat
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured

ROOT = Path(__file__).resolve().parent.parent
SETTINGS = ROOT / "pingtan_civ" / "settings.py"
READS = re.compile(
    r'env(?:_bool|_int|_list|_storage|_clamav|_secret|_secret_or_none|_url|_choice|_day|\.str|\.url|\.db_url|\.email_url)\(\s*"([A-Z_]+)"'
)
# 這兩個由演示命令和 Makefile 讀，不在 settings.py 裏。
ELSEWHERE = {"PORT", "PYTHON"}


@pytest.fixture(autouse=True)
def nothing_set(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """從空的環境開始，文件寫到臨時文件夾。"""
    for name in variables():
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("VAR_DIR", str(tmp_path))


def variables() -> set[str]:
    return set(READS.findall(SETTINGS.read_text(encoding="utf-8")))


def start(monkeypatch: pytest.MonkeyPatch, **environment: str) -> dict[str, Any]:
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    return runpy.run_path(str(SETTINGS))


LONG_SECRET = "k" * 40


@pytest.mark.parametrize(
    ("environment", "sentence"),
    [
        ({"DEBUG": "maybe"}, "DEBUG 應為 true 或 false，現在是「maybe」"),
        ({"UPLOAD_MAX_MB": "0"}, "UPLOAD_MAX_MB 應為 1 到 500 之間的整數"),
        ({"UPLOAD_MAX_MB": "五十"}, "UPLOAD_MAX_MB 應為 1 到 500 之間的整數"),
        ({"STORAGE_URL": "gs://bucket"}, "STORAGE_URL 應以 s3:// 開頭"),
        ({"STORAGE_URL": "s3://bucket?endpont=http://a"}, "只認 endpoint、region 和 handover"),
        ({"STORAGE_URL": "s3://bucket?endpoint=127.0.0.1"}, "endpoint 應以 http:// 或 https://"),
        ({"STORAGE_URL": "s3://b", "ACCEL_REDIRECT": "/x/"}, "只能設一個"),
        ({"CLAMAV_ADDRESS": "localhost"}, "CLAMAV_ADDRESS 應寫成 127.0.0.1:3310"),
        ({"SESSION_HOURS": "-1"}, "SESSION_HOURS 應為 1 到 72 之間的整數"),
        ({"DATABASE_URL": "mysql://localhost/a"}, "DATABASE_URL 應以 postgres://"),
        ({"REDIS_URL": "localhost:6379"}, "REDIS_URL 應以 redis://"),
        ({"EMAIL_URL": "mail.example"}, "EMAIL_URL 應以 smtp://"),
        ({"SITE_URL": "wenming.example"}, "SITE_URL 應以 http://"),
        ({"SECRET_KEY": "short"}, "SECRET_KEY 太短"),
        ({"CHANNEL_KEY": "short"}, "CHANNEL_KEY 太短"),
        ({"DATABASE_URL": "postgres://u@h/d"}, "沒有設置 SECRET_KEY"),
        ({"TODAY": "2026-02-30"}, "TODAY 應寫成 2026-11-23 這樣的日期"),
        ({"LOG_LEVEL": "loud"}, "LOG_LEVEL 應為 DEBUG、INFO"),
        ({"ALLOWED_HOSTS": ""}, "ALLOWED_HOSTS 是空的"),
        ({"ALLOWED_HOSTS": " , "}, "ALLOWED_HOSTS 是空的"),
        ({"DATABASE_URL": "postgres://u:p@h:70000/d"}, "DATABASE_URL 的主機或端口寫錯了"),
        ({"DATABASE_URL": "postgres://u:p@h:port/d"}, "DATABASE_URL 的主機或端口寫錯了"),
        ({"DATABASE_URL": "postgres:d"}, "DATABASE_URL 裏沒有主機名"),
        ({"REDIS_URL": "redis://h:0/0"}, "REDIS_URL 裏沒有主機名或端口為 0"),
        ({"REDIS_URL": "redis://h:6379x/0"}, "REDIS_URL 的主機或端口寫錯了"),
        ({"REDIS_URL": "redis:/x"}, "REDIS_URL 裏沒有主機名"),
        ({"SITE_URL": "https://"}, "SITE_URL 裏沒有主機名"),
        ({"EMAIL_URL": "smtp://"}, "EMAIL_URL 裏沒有主機名"),
        ({"EMAIL_URL": "smtp+tls://a:b@mail:99999"}, "EMAIL_URL 的主機或端口寫錯了"),
        ({"DATABASE_URL": "postgres://u@h/d", "SECRET_KEY": "k" * 40}, "沒有設置 REDIS_URL"),
        ({"VAR_DIR": "/proc/nowhere"}, "請換一個可寫的文件夾"),
    ],
)
def test_a_wrong_value_stops_the_start_with_a_sentence(
    monkeypatch: pytest.MonkeyPatch, environment: dict[str, str], sentence: str
) -> None:
    with pytest.raises(ImproperlyConfigured) as caught:
        start(monkeypatch, **environment)

    assert sentence in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_wrong_address_is_not_repeated_with_its_password(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with pytest.raises(ImproperlyConfigured) as caught:
        start(monkeypatch, DATABASE_URL="postgres://u:hidden-word@h:x/d")

    assert "hidden-word" not in str(caught.value)


@pytest.mark.parametrize(
    "environment",
    [
        {"DATABASE_URL": "postgres:///wenming"},
        {"DATABASE_URL": "sqlite:////tmp/a.sqlite3"},
        {"DATABASE_URL": "postgres://u:p@[::1]:5432/wenming"},
        {"REDIS_URL": "redis://:p@cache/0"},
        {"EMAIL_URL": "consolemail://"},
        {"ALLOWED_HOSTS": "wenming.example,"},
    ],
)
def test_a_right_address_is_taken(
    monkeypatch: pytest.MonkeyPatch, environment: dict[str, str]
) -> None:
    common = {"SECRET_KEY": LONG_SECRET, "ALLOW_FILE_BROKER": "true"}

    found = start(monkeypatch, **common, **environment)

    assert "" not in found["ALLOWED_HOSTS"]
    assert found["DATABASES"]["default"]["ENGINE"]


def test_with_nothing_set_it_runs_embedded(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    found = start(monkeypatch)

    assert found["DATABASES"]["default"]["ENGINE"].endswith("sqlite3")
    assert found["DATABASES"]["default"]["NAME"] == tmp_path / "portal.sqlite3"
    assert found["CELERY_BROKER_URL"] == "filesystem://"
    assert (found["DEBUG"], found["MAIL_ENABLED"], found["TODAY"]) == (False, False, "")


def test_the_secret_key_is_made_once_and_kept_private(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    first = start(monkeypatch)["SECRET_KEY"]
    second = start(monkeypatch)["SECRET_KEY"]

    assert first == second
    assert len(first) >= 50
    assert stat.S_IMODE((tmp_path / "secret-key").stat().st_mode) == 0o600


def test_the_same_code_runs_on_postgresql_and_redis(monkeypatch: pytest.MonkeyPatch) -> None:
    found = start(
        monkeypatch,
        DATABASE_URL="postgres://u:p@db:5432/wenming",
        REDIS_URL="redis://cache:6379/0",
        SECRET_KEY=LONG_SECRET,
        SITE_URL="https://wenming.example",
        EMAIL_URL="smtp+tls://a:b@mail.example:587",
    )

    database = found["DATABASES"]["default"]
    assert (database["ENGINE"].rsplit(".", 1)[1], database["NAME"]) == ("postgresql", "wenming")
    assert found["CELERY_BROKER_URL"] == "redis://cache:6379/0"
    assert found["SESSION_COOKIE_SECURE"]
    assert found["SECURE_HSTS_SECONDS"] > 0
    assert (found["MAIL_ENABLED"], found["EMAIL_HOST"]) == (True, "mail.example")


def test_every_variable_is_documented_and_every_documented_one_is_read() -> None:
    table = (ROOT / "docs" / "configuration.md").read_text(encoding="utf-8")
    documented = set(re.findall(r"^\| `([A-Z_]+)`", table, re.MULTILINE))

    assert documented == variables() | ELSEWHERE


def test_manage_says_one_sentence_instead_of_a_traceback(tmp_path: Path) -> None:
    result = subprocess.run(
        [sys.executable, "manage.py", "check"],
        cwd=ROOT,
        env={"PATH": "", "VAR_DIR": str(tmp_path), "DEBUG": "maybe"},
        capture_output=True,
        text=True,
        check=False,
    )

    assert result.returncode == 1
    assert result.stderr.strip() == "環境變量 DEBUG 應為 true 或 false，現在是「maybe」。"


def test_no_password_or_key_stands_in_the_repository() -> None:
    source = SETTINGS.read_text(encoding="utf-8")

    assert "insecure" not in source
    assert re.search(r"SECRET_KEY\s*=\s*[\"']", source) is None


def test_a_bucket_is_read_from_its_address(monkeypatch: pytest.MonkeyPatch) -> None:
    address = "s3://key:se%2Fcret@wenming/portal?endpoint=https://storage.example:9000&handover=no"

    found = start(monkeypatch, STORAGE_URL=address)["STORAGES"]["default"]

    assert found["BACKEND"] == "pingtan_civ.lib.bucket.BucketStorage"
    assert found["OPTIONS"] == {
        "bucket_name": "wenming",
        "location": "portal",
        "access_key": "key",
        "secret_key": "se/cret",
        "endpoint_url": "https://storage.example:9000",
        "region_name": None,
        "path_style": True,
        "can_handover": False,
    }


def test_a_local_folder_does_not_pay_for_the_bucket() -> None:
    look = (
        "import django, sys; django.setup();"
        "from django.core.files.storage import default_storage as d; d.is_local;"
        "print('boto3' in sys.modules or 'storages' in sys.modules)"
    )

    said = subprocess.run(
        [sys.executable, "-c", look],
        cwd=ROOT,
        env={"PATH": "/usr/bin:/bin", "DJANGO_SETTINGS_MODULE": "tests.settings"},
        capture_output=True,
        text=True,
        check=True,
    )

    assert said.stdout == "False\n"
