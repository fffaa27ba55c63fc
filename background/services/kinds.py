"""各種任務：怎麼辦，結果能不能給，是在哪一頁要的。各應用啟動時登記。"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Any

from background.models import Job


def _nothing(_job: Job, _on: date) -> str:
    return ""


@dataclass(frozen=True)
class Kind:
    """一種任務。

    run：辦它，(job, progress) → Outcome。
    refusal：這一天為什麼不能把結果給要它的人，一句話；能給的為空。做的時候有權，過幾天職務變了，
    手裏的舊結果也不能再給。
    page：在哪一頁要的，網址；那一頁他現在去不了的為空。
    is_one_step：是一個事務，開始了就停不下來，取消不得，免得說了取消其實寫進去了。
    """

    run: Callable[..., Any]
    refusal: Callable[[Job, date], str] = _nothing
    page: Callable[[Job, date], str] = _nothing
    is_one_step: bool = False


KINDS: dict[str, Kind] = {}
_UNKNOWN = Kind(run=_nothing)


def register_job(kind: str, handling: Kind) -> None:
    KINDS[kind] = handling


def handling_of(job: Job) -> Kind:
    """沒有登記的（程序升級之前要的）：沒有別的規矩，也辦不了。"""
    return KINDS.get(job.kind, _UNKNOWN)
