"""confined.run 的另一半：在子進程裏作為腳本運行，給自己套上限制，再調用那一個函數。

只用標準庫，不裝 Django，啟動二三十毫秒。腳本的標準輸入是要做的事，標準輸出寫結果。
"""

import base64
import importlib
import json
import os
import pickle
import resource
import sys
import types
from typing import Any

#: 寫結果，最多這麼多字節；別的文件也不許寫得更大。
MOST_WRITTEN = 64 << 20
_MOST_OPEN_FILES = 256


def encode(value: Any) -> Any:
    """結果經 JSON 交回（不用 pickle：父進程不該信一個可能已被攻破的子進程）；bytes 另包一層。"""
    if isinstance(value, bytes):
        return {"base64": base64.b64encode(value).decode("ascii")}
    raise TypeError(f"結果裏有交不回去的 {type(value).__name__}。")


def limit(seconds: int, megabytes: int) -> None:
    """到了就由內核停下：處理器秒數、地址空間、能寫多大的文件。"""
    for kind, most in (
        (resource.RLIMIT_CPU, seconds),
        (resource.RLIMIT_AS, megabytes << 20),
        (resource.RLIMIT_FSIZE, MOST_WRITTEN),
        (resource.RLIMIT_CORE, 0),  # 崩了也不留下內存的副本
        (resource.RLIMIT_NOFILE, _MOST_OPEN_FILES),
    ):
        hard = resource.getrlimit(kind)[1]
        most = most if hard == resource.RLIM_INFINITY else min(most, hard)
        resource.setrlimit(kind, (most, most))


def _find(target: str, paths: list[str], bare: dict[str, str]) -> Any:
    """target 是「模塊:函數」。bare 裏的包不執行它的 __init__（我們的那個會裝起 Celery）。"""
    sys.path[:] = paths
    for name, folder in bare.items():
        package = types.ModuleType(name)
        package.__path__ = [folder]
        sys.modules[name] = package
    module, __, function = target.partition(":")
    found: Any = importlib.import_module(module)
    for part in function.split("."):
        found = getattr(found, part)
    return found


def main() -> None:
    # 解碼器有時往標準輸出寫警告，不能混進結果裏。
    answer = os.fdopen(os.dup(1), "w", encoding="ascii")
    os.dup2(2, 1)
    request = pickle.load(sys.stdin.buffer)  # noqa: S301  父進程寫的
    limit(request["seconds"], request["megabytes"])
    try:
        function = _find(request["target"], request["paths"], request["bare"])
        told = json.dumps({"result": function(*request["args"])}, default=encode)
    except MemoryError:
        told = json.dumps({"memory": True})
    except Exception as error:
        told = json.dumps({"error": type(error).__name__, "text": str(error)[:2000]})
    answer.write(told)
    answer.close()
    # 不等解釋器拆東西：要交的已經交了。
    os._exit(0)


if __name__ == "__main__":
    main()
