"""子進程裏運行的幾個函數：好的、慢的、大的、崩的。不引入 Django。"""

import os
import signal
import sys


def add(left: int, right: int) -> int:
    return left + right


def surroundings() -> dict[str, object]:
    return {
        "secrets": [name for name in os.environ if "SECRET" in name or "DATABASE" in name],
        "heavy": [name for name in ("django", "celery") if name in sys.modules],
        "group": os.getpgid(0) == os.getpid(),
    }


def spin() -> None:
    while True:
        pass


def swell() -> int:
    return len(bytearray(1 << 30))


def chatter() -> str:
    os.write(1, b"decoder: warning\n")
    return "內容"


def flood(path: str) -> None:
    with open(path, "wb") as target:
        while True:
            target.write(b"x" * (1 << 20))


def crash() -> None:
    os.kill(os.getpid(), signal.SIGSEGV)


def refuse() -> None:
    raise ValueError("頁數不對")


def parcel() -> dict[str, object]:
    return {"data": bytes(range(256)), "words": ["佐證", 2.5, None]}


def secret_object() -> object:
    return object()
