"""核對凍結了的東西：每一種一個函數，逐份說出叫什麼、哪裏不對（對的為空）。命令 verify_results 跑一遍。"""

from collections.abc import Callable, Iterator

from evaluations.services.rounds import verify_snapshots

Verdicts = Iterator[tuple[str, str]]
"""（這一份叫什麼，哪裏不對；對的為空）。"""


def snapshots() -> Verdicts:
    for snapshot, fault in verify_snapshots():
        yield str(snapshot), fault


CHECKS: dict[str, Callable[[], Verdicts]] = {"考核定稿": snapshots}
"""要核對的各種；新的一種在這裏加一行。"""
