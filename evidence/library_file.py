"""一份文件的頁：裏面的內容怎樣排、用在哪裏、怎樣來的、換過什麼。只排，不查庫。"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby

from django.utils.translation import gettext as _

from evidence.library import once_per_submission
from tasks.models import EvidenceFile, EvidenceLink, FileReading

#: 頁上最多排出這麼多字；其餘請下載。
SHOWN_CHARACTERS = 20_000


@dataclass(frozen=True)
class Block:
    """內容的一塊：一段話，或一張表的各行。"""

    text: str = ""
    rows: tuple[tuple[str, ...], ...] = ()


def blocks_of(text: str) -> list[Block]:
    """讀出的文字排成段和表：連着帶製表符的行是一張表（見 reading_formats）。"""
    found = []
    for is_table, lines in groupby(text.split("\n"), key=lambda line: "\t" in line):
        if is_table:
            found.append(Block(rows=_even(tuple(line.rstrip("\t").split("\t")) for line in lines)))
        else:
            found += [Block(text=line) for line in lines if line.strip()]
    return found


def _even(rows: Iterable[tuple[str, ...]]) -> tuple[tuple[str, ...], ...]:
    """各行補成一樣寬，缺的格留空。"""
    listed = list(rows)
    width = max(map(len, listed))
    return tuple(row + ("",) * (width - len(row)) for row in listed)


@dataclass(frozen=True)
class Preview:
    """預覽：kind 是 picture、pdf、text 之一；blocks 是讀出的內容，note 是讀不出或沒讀全的一句。"""

    kind: str
    blocks: list[Block]
    note: str
    is_cut: bool


def preview_of(file: EvidenceFile) -> Preview:
    kind = "picture" if file.is_picture else "pdf" if file.extension == "pdf" else "text"
    reading = getattr(file, "reading", None)
    text = reading.text if reading else ""
    return Preview(
        kind=kind,
        blocks=[] if file.is_picture else blocks_of(text[:SHOWN_CHARACTERS]),
        note=_note(file, reading),
        is_cut=len(text) > SHOWN_CHARACTERS,
    )


def _note(file: EvidenceFile, reading: FileReading | None) -> str:
    if file.is_picture:
        return ""
    if reading is None or reading.state == FileReading.State.WAITING:
        return _("裏面的文字還在讀，一兩分鐘後再來看。")
    if reading.state == FileReading.State.DONE and not reading.text:
        return _("裏面沒有讀得出的文字，多半是掃描件；查找時只認文件名、說明和文號。")
    return reading.problem


# ── 用在哪裏、怎樣來的 ────────────────────────────────


def uses_of(links: list[EvidenceLink]) -> list[EvidenceLink]:
    """在用的各處，同一期只列最後一輪的；新的在前。"""
    live = [link for link in links if link.removed_at is None]
    return once_per_submission(live)


@dataclass(frozen=True)
class Event:
    """來歷裏的一件事。items 給 components/timeline.html。"""

    at: datetime
    title: str
    text: str = ""
    state: str = "todo"

    @property
    def when(self) -> datetime:
        return self.at


def history_of(links: list[EvidenceLink], known: dict[int, EvidenceLink]) -> list[Event]:
    """這份文件的來歷，新的在前。known：links 提到的別的佐證裏看得到的。"""
    found = [event for link in _firsts(links) for event in _events(link, known)]
    return sorted(found, key=lambda event: event.at, reverse=True)


def _firsts(links: list[EvidenceLink]) -> list[EvidenceLink]:
    """退回重報時帶到新一輪的不算又傳一次：同一期、同一刻傳的只說最後一輪的那一處。"""
    found: dict[tuple[int, datetime], EvidenceLink] = {}
    for link in sorted(links, key=lambda each: each.round.number):
        found[link.round.submission_id, link.added_at] = link
    return list(found.values())


def _events(link: EvidenceLink, known: dict[int, EvidenceLink]) -> Iterator[Event]:
    place = place_of(link)
    yield Event(link.added_at, _arrival(link, known, place))
    for later in known.values():
        if later.replaces_id == link.pk:
            words = {"who": later.added_by, "name": later.name, "place": place}
            yield Event(later.added_at, _("%(who)s用「%(name)s」替換了它（%(place)s）。") % words)
    if link.removed_at:
        words = {"who": link.removed_by or _("本單位"), "place": place}
        said = _("%(who)s從%(place)s撤下。") % words
        yield Event(link.removed_at, said, link.removed_reason, "stop")
    if link.state != EvidenceLink.State.PENDING and link.round.decided_at:
        yield _verdict(link, place)


def _arrival(link: EvidenceLink, known: dict[int, EvidenceLink], place: str) -> str:
    words = {"who": link.added_by, "place": place}
    if link.origin_id:
        source = known.get(link.origin_id)
        words["source"] = place_of(source) if source else _("材料庫")
        return _("%(who)s從%(source)s取用到%(place)s。") % words
    if link.replaces_id:
        replaced = known.get(link.replaces_id)
        words["name"] = _("「%(name)s」") % {"name": replaced.name} if replaced else _("原來的一份")
        return _("%(who)s傳到%(place)s，替換了%(name)s。") % words
    return _("%(who)s傳到%(place)s。") % words


def _verdict(link: EvidenceLink, place: str) -> Event:
    is_accepted = link.state == EvidenceLink.State.ACCEPTED
    words = {"who": link.round.decided_by or _("辦公室"), "place": place}
    said = _("%(who)s在%(place)s採用了它。") if is_accepted else _("%(who)s在%(place)s沒有採用它。")
    state = "done" if is_accepted else "bad"
    return Event(link.round.decided_at, said % words, link.reason, state)


def place_of(link: EvidenceLink) -> str:
    """「3-04 2026年11月（婚姻登記處）」"""
    submission = link.round.submission
    period = "" if submission.label == "once" else f" {submission.name}"
    return _("%(code)s%(period)s（%(unit)s）") % {
        "code": submission.assignment.measure.code,
        "period": period,
        "unit": submission.assignment.department.name,
    }
