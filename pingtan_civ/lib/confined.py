"""在關得住的子進程裏運行一個函數：打開別人傳來的文件這類事，慢了、大了、崩了都不連累網頁。

    try:
        pages = confined.run("pingtan_civ.lib.pdf_text:read", path, seconds=20, megabytes=512)
    except confined.TooMuch as stopped:     # 超過秒數或內存；stopped.sentence 是給人看的一句話
        …
    except confined.Failed as failure:      # 函數自己抛了異常，或進程崩了；failure.kind 是異常名
        …

- 函數寫成「模塊:函數」，或直接給模塊頂層的函數。它所在的模塊**不要引入 Django**：子進程裏沒有配置，
  也不連數據庫，引入只會慢。pingtan_civ 這個包的 __init__ 在子進程裏不執行。
- 參數可以是任何能 pickle 的；文件給路徑，不給內容。結果只能是 JSON 裝得下的（數、字、列表、字典）和
  bytes，一共不超過 64 MB；日期自己寫成字。
- 子進程拿不到我們的環境變量（密鑰、數據庫地址），不是從網頁進程 fork 的，一次一個，用完就沒了。
"""

import base64
import json
import os
import pickle
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO

from django.utils.translation import gettext as _

from pingtan_civ.lib import confined_child

_PACKAGE = Path(__file__).resolve().parent.parent
_BARE = {_PACKAGE.name: str(_PACKAGE)}
#: 機器忙時，一秒處理器時間要等上幾秒鐘。
_PATIENCE = 3
_ENVIRONMENT = {
    "PATH": "/usr/bin:/bin",
    "LANG": "C.UTF-8",
    # 每個線程一塊的內存池會把地址空間佔滿，還沒用就到了上限。
    "MALLOC_ARENA_MAX": "2",
    "OMP_NUM_THREADS": "1",
}


class TooMuch(Exception):
    """到了時間或內存的上限，已停下。sentence 是可以直接給人看的一句話。"""

    def __init__(self, sentence: str) -> None:
        super().__init__(sentence)
        self.sentence = sentence


class Failed(Exception):
    """函數抛了異常（kind 是異常的名字，text 是它的話），或子進程崩了（kind 為 "crash"）。"""

    def __init__(self, kind: str, text: str = "") -> None:
        super().__init__(f"{kind}: {text}")
        self.kind, self.text = kind, text


def run(
    target: str | Callable[..., Any],
    *args: Any,
    seconds: int = 20,
    megabytes: int = 512,
    wait: float | None = None,
) -> Any:
    """在子進程裏調用 target(*args)，返回它的結果。

    seconds 是處理器時間，megabytes 是地址空間；wait 是最多等多久（秒），默認是 seconds 的三倍。
    Raises TooMuch、Failed。
    """
    name = target if isinstance(target, str) else f"{target.__module__}:{target.__qualname__}"
    request = {
        "target": name,
        "args": args,
        "seconds": seconds,
        "megabytes": megabytes,
        "paths": [path for path in sys.path if path] + [str(_PACKAGE.parent)],
        "bare": _BARE,
    }
    with tempfile.TemporaryFile() as asked, tempfile.TemporaryFile() as told:
        pickle.dump(request, asked)
        asked.seek(0)
        code = _spawn(asked, told, seconds * _PATIENCE if wait is None else wait)
        told.seek(0)
        answer = _read(told.read(confined_child.MOST_WRITTEN)) if code == 0 else {}
    if code is None or code in (-signal.SIGXCPU, -signal.SIGKILL):
        raise TooMuch(_too_slow(seconds))
    if code == -signal.SIGXFSZ or answer.get("memory"):
        raise TooMuch(_too_big(megabytes))
    if "result" in answer:
        return answer["result"]
    raise Failed(str(answer.get("error", "crash")), str(answer.get("text", code)))


@contextmanager
def upload_on_disk(file: BinaryIO) -> Iterator[str]:
    """上傳的文件在哪裏，子進程按路徑讀；上傳時已落在臨時文件裏的不再抄一遍。"""
    if hasattr(file, "temporary_file_path"):
        yield file.temporary_file_path()
        return
    with tempfile.NamedTemporaryFile() as copy:
        file.seek(0)
        shutil.copyfileobj(file, copy)
        copy.flush()
        yield copy.name


def _spawn(asked: Any, told: Any, wait: float) -> int | None:
    """跑完返回退出碼；等不到的連同它的子孫一併殺掉，返回 None。"""
    process = subprocess.Popen(  # noqa: S603  只運行我們自己的腳本
        [sys.executable, "-I", "-S", "-B", confined_child.__file__],
        stdin=asked,
        stdout=told,
        stderr=subprocess.DEVNULL,
        cwd="/",
        env=_ENVIRONMENT,
        start_new_session=True,
    )
    try:
        return process.wait(wait)
    except subprocess.TimeoutExpired:
        return None
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def _read(data: bytes) -> dict[str, Any]:
    """子進程的話不可輕信：不是我們約好的樣子，就當它崩了。"""
    try:
        answer = json.loads(data, object_hook=_decode)
    except (ValueError, RecursionError):
        return {}
    return answer if isinstance(answer, dict) else {}


def _decode(value: dict[str, Any]) -> Any:
    if value.keys() == {"base64"}:
        return base64.b64decode(value["base64"])
    return value


def _too_slow(seconds: int) -> str:
    return _(
        "打開這個文件用了 %(seconds)d 秒還沒有完，已經停下；請拆成幾個小一些的，或另存一份再傳。"
    ) % {"seconds": seconds}


def _too_big(megabytes: int) -> str:
    return _(
        "打開這個文件要用的內存超過 %(megabytes)d MB，已經停下；請拆成幾個小一些的，或另存一份再傳。"
    ) % {"megabytes": megabytes}
