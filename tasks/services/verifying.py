"""核對存儲：數據庫記着的每個文件還在不在、變沒變，存儲裏有沒有誰也不用的。只看，不改不刪。

數據庫和存儲都是一批一批地看，內存不隨文件多少增加。
"""

import hashlib
from collections.abc import Callable, Collection, Iterator
from dataclasses import asdict, dataclass
from enum import StrEnum
from itertools import islice

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from background.models import Job
from pingtan_civ.lib.stored import store
from tasks.models import EvidenceFile

_BATCH = 500

Kept = Callable[[Collection[str]], set[str]]
_kept: list[Kept] = []


def register_kept(kept: Kept) -> None:
    """登記：上層應用自己也存文件的，說得出一批名字裏哪些有人用。應用啟動時調用。"""
    if kept not in _kept:
        _kept.append(kept)


class Trouble(StrEnum):
    MISSING = "missing"
    ALTERED = "altered"
    UNREADABLE = "unreadable"
    EXTRA = "extra"

    @property
    def label(self) -> str:
        return str(_LABELS[self])


_LABELS = {
    Trouble.MISSING: gettext_lazy("不見了"),
    Trouble.ALTERED: gettext_lazy("內容變了"),
    Trouble.UNREADABLE: gettext_lazy("讀不出"),
    Trouble.EXTRA: gettext_lazy("沒有誰在用"),
}


@dataclass(frozen=True)
class Finding:
    """一個不對的文件：在存儲裏的名字、怎麼不對、掛在幾處、該怎麼辦。"""

    trouble: Trouble
    path: str
    links: int
    words: str

    def as_dict(self) -> dict[str, object]:
        return {**asdict(self), "label": self.trouble.label}


def verify_files() -> Iterator[Finding]:
    """先逐個核對數據庫記着的，再看存儲裏多出來的；一邊查一邊報。"""
    for file in EvidenceFile.objects.order_by("pk").iterator(_BATCH):
        if trouble := _trouble(file):
            yield _finding(file, trouble)
    try:
        yield from _extra()
    except OSError as error:
        words = _("存儲裏還有哪些文件沒有看成（%(error)s）；檢查通不通、讓不讓看，再核對一次。")
        yield Finding(Trouble.UNREADABLE, "/", 0, words % {"error": str(error)[:200]})


def _trouble(file: EvidenceFile) -> Trouble | None:
    digest, size = hashlib.sha256(), 0
    try:
        for piece in store.read(file.path):
            digest.update(piece)
            size += len(piece)
    except FileNotFoundError:
        return Trouble.MISSING
    except OSError:
        return Trouble.UNREADABLE
    return None if (digest.hexdigest(), size) == (file.sha256, file.size) else Trouble.ALTERED


def _finding(file: EvidenceFile, trouble: Trouble) -> Finding:
    links = file.links.count()
    words = {
        Trouble.MISSING: _("從備份裏找回這個文件，放回原處。"),
        Trouble.ALTERED: _("與收下時不是同一個文件；請查是誰動過，用備份裏的換回。"),
        Trouble.UNREADABLE: _("檢查磁盤（或對象存儲）通不通、讓不讓讀，再核對一次。"),
    }[trouble]
    return Finding(trouble, file.path, links, words)


def _extra() -> Iterator[Finding]:
    names = (name for name, _size in store.walk())
    while batch := tuple(islice(names, _BATCH)):
        known = _known(batch)
        for name in batch:
            if name not in known:
                words = _("上傳到一半中斷的，或登記沒有成的；確認無用後由管理員自己移走。")
                yield Finding(Trouble.EXTRA, name, 0, words)


def _known(names: tuple[str, ...]) -> set[str]:
    """這一批裏有人用的：佐證的原件、縮略圖，還沒過期的後台結果，上層應用登記的。"""
    small = {_hash(name): name for name in names if name.startswith("thumbnails/")}
    originals = EvidenceFile.objects.filter(sha256__in=small).values_list("sha256", flat=True)
    return {
        *EvidenceFile.objects.filter(path__in=names).values_list("path", flat=True),
        *(small[sha256] for sha256 in originals),
        *Job.objects.filter(file__in=names).values_list("file", flat=True),
        *(name for kept in _kept for name in kept(names)),
    }


def _hash(name: str) -> str:
    return name.rpartition("/")[2].partition(".")[0]
