"""幾個線程在同一道閘前等齊，一起開跑。"""

from collections.abc import Callable
from threading import Barrier, Thread

from django.db import connections

LONGEST_SECONDS = 30


def together(*jobs: Callable[[], object]) -> list[object]:
    """各在自己的線程、自己的連接裏辦一件事；返回各自的結果，拋出的錯也算結果。"""
    gate = Barrier(len(jobs))
    outcomes: list[object] = [None] * len(jobs)

    def run(place: int, job: Callable[[], object]) -> None:
        try:
            connections["default"].ensure_connection()
            gate.wait(LONGEST_SECONDS)
            outcomes[place] = job()
        except Exception as error:
            outcomes[place] = error
        finally:
            connections.close_all()

    threads = [Thread(target=run, args=pair, daemon=True) for pair in enumerate(jobs)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(LONGEST_SECONDS)
    assert not any(thread.is_alive() for thread in threads), (
        "有一個線程沒有結束：多半是互相等死了。"
    )
    return outcomes


def split(outcomes: list[object]) -> tuple[list[object], list[Exception]]:
    """（辦成的結果，拋出的錯）。"""
    failed = [each for each in outcomes if isinstance(each, Exception)]
    return [each for each in outcomes if not isinstance(each, Exception)], failed
