"""本機回環地址上一台真的 S3 兼容服務（moto），整個測試過程只開一次。"""

import os
import secrets
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator

import pytest
from django.core.files.storage import storages

from pingtan_civ.lib.bucket import BucketStorage
from pingtan_civ.lib.storage import WholeFileStorage
from tests.live import free_port

#: 起得來一般兩三秒；再慢就是起不來了。
START_SECONDS = 60
KEYS = {"access_key": "key", "secret_key": "secret"}


@pytest.fixture(scope="session")
def s3_server() -> Iterator[str]:
    port = free_port()
    clean = {key: value for key, value in os.environ.items() if not key.startswith("AWS_")}
    process = subprocess.Popen(
        [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env=clean,
    )
    address = f"http://127.0.0.1:{port}"
    try:
        _wait_for(address, process)
        yield address
    finally:
        process.terminate()
        process.wait(10)


def _wait_for(address: str, process: "subprocess.Popen[bytes]") -> None:
    pause = threading.Event()
    until = time.monotonic() + START_SECONDS
    while time.monotonic() < until and process.poll() is None:
        try:
            with urllib.request.urlopen(f"{address}/moto-api/", timeout=2):  # noqa: S310
                return
        except (urllib.error.URLError, OSError):
            pause.wait(0.05)
    raise AssertionError("本機的 S3 服務沒有起來。")


@pytest.fixture
def bucket(s3_server: str, settings: object) -> BucketStorage:
    """默認存儲換成桶；每個測試一個新桶。"""
    name = f"evidence-{secrets.token_hex(4)}"
    options = {"bucket_name": name, "endpoint_url": s3_server, "region_name": "cn-north-1", **KEYS}
    made = BucketStorage(**options)
    made.connection.create_bucket(
        Bucket=name, CreateBucketConfiguration={"LocationConstraint": "cn-north-1"}
    )
    settings.STORAGES = {
        **settings.STORAGES,
        "default": {
            "BACKEND": "pingtan_civ.lib.bucket.BucketStorage",
            "OPTIONS": {**options, "location": "wenming"},
        },
    }
    return storages["default"]


@pytest.fixture
def folder(settings: object, tmp_path: object) -> WholeFileStorage:
    """默認存儲是一個空的本機文件夾。"""
    settings.MEDIA_ROOT = str(tmp_path)
    return storages["default"]
