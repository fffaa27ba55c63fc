"""封存與核驗：給留痕依次編號並以哈希相連，改一條、刪一條都查得出來。"""

from dataclasses import dataclass

from django.db import transaction
from django.utils.translation import gettext as _

from journal.models import ChainHead, Entry

BATCH = 1000


@dataclass(frozen=True)
class Break:
    """封存鏈上的一處斷裂。entry 為空表示那一條已經不在了。"""

    sequence: int
    problem: str
    entry: Entry | None = None

    def __str__(self) -> str:
        about = f"　{self.entry}" if self.entry else ""
        return f"{self.sequence}　{self.problem}{about}"


@transaction.atomic
def seal_entries(*, limit: int = BATCH) -> int:
    """給尚未封存的留痕依次編號，逐條與上一條的哈希相連。返回這次封存的條數。

    寫留痕時不排隊（否則整個系統的寫入都要等同一把鎖），所以編號和相連放在這裏，
    每分鐘一次；兩個封存任務同時跑時靠鎖住 ChainHead 這一行依次進行。
    """
    ChainHead.objects.get_or_create(pk=1)
    head = ChainHead.objects.select_for_update().get(pk=1)
    entries = list(Entry.objects.unsealed()[:limit])
    if not entries:
        return 0
    for entry in entries:
        entry.sequence = head.sequence + 1
        entry.previous_hash = head.hash
        entry.hash = entry.computed_hash()
        head.sequence, head.hash = entry.sequence, entry.hash
    Entry.objects.bulk_update(entries, ["sequence", "previous_hash", "hash"], batch_size=200)
    head.save(update_fields=["sequence", "hash"])
    return len(entries)


def sealed_through() -> tuple[int, str]:
    """封存到第幾條、末端哈希。抄在紙上另存，整條鏈被重算也對得出來。"""
    head = ChainHead.objects.filter(pk=1).first()
    return (head.sequence, head.hash) if head else (0, "")


def broken_entries() -> list[Break]:
    """核驗封存鏈：內容改過的、接不上的、缺號的、末端被刪的，逐處列出；完好則為空。

    先讀末端再讀到末端為止，核驗時照常可以封存新的，不必鎖。
    """
    sequence, final_hash = sealed_through()
    broken: list[Break] = []
    previous_hash, expected = "", 1
    sealed = Entry.objects.filter(sequence__lte=sequence)
    for entry in sealed.order_by("sequence").iterator(chunk_size=500):
        broken += _missing(expected, entry.sequence)
        gap = entry.sequence != expected
        if problem := _problem(entry, None if gap else previous_hash):
            broken.append(Break(entry.sequence, problem, entry))
        previous_hash, expected = entry.hash, entry.sequence + 1
    broken += _missing(expected, sequence + 1)
    if expected == sequence + 1 and previous_hash != final_hash:
        broken.append(Break(sequence, _("末端哈希與記錄不符，封存鏈可能整段重寫過。")))
    return broken + _beyond_the_end()


def _problem(entry: Entry, previous_hash: str | None) -> str:
    """previous_hash 為 None 時不查相連：前一條缺失已另列一處。"""
    if entry.hash != entry.computed_hash():
        return _("內容與封存時不同，被改過。")
    if previous_hash is not None and entry.previous_hash != previous_hash:
        return _("與前一條接不上。")
    return ""


def _missing(expected: int, found: int) -> list[Break]:
    """從 expected 到 found 之前都不見了；連續缺失合成一處。"""
    if found <= expected:
        return []
    last = found - 1
    if last == expected:
        return [Break(expected, _("這一條已被刪除。"))]
    return [Break(expected, _("從這一條到第 %(last)d 條已被刪除。") % {"last": last})]


def _beyond_the_end() -> list[Break]:
    """編了號卻在鏈末端之後的：繞過封存插入的。一條語句裏比較，不會誤傷正在封存的。"""
    head = ChainHead.objects.filter(pk=1).values("sequence")[:1]
    strays = Entry.objects.filter(sequence__isnull=False)
    if ChainHead.objects.filter(pk=1).exists():
        strays = strays.filter(sequence__gt=head)
    return [
        Break(entry.sequence or 0, _("在封存鏈末端之後，不是經封存寫入的。"), entry)
        for entry in strays.order_by("sequence")
    ]
