"""兩稿文字的差別：先一句一句對，改過的句子裏再一字一字對。"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher

from reports.paper import Paper, Paragraph

SAME, ADDED, REMOVED = "same", "ins", "del"
_SENTENCE = re.compile(r"[^。！？；\n]*[。！？；\n]?")
_TOKEN = re.compile(r"\d+(?:\.\d+)?|[A-Za-z]+|.", re.DOTALL)
FINE = 1500
"""改過的一截不超過這麼多字才逐字對：再長的，逐字的差別也沒有人看得過來。"""


@dataclass(frozen=True)
class Change:
    """一截文字：不變、加入或刪去。"""

    kind: str
    text: str


def changes(old: str, new: str) -> list[Change]:
    """把 old 改成 new 的各截，依次排開。相鄰的同類併在一起。"""
    found: list[Change] = []
    for tag, before, after in _matched(_split(_SENTENCE, old), _split(_SENTENCE, new)):
        if tag == "replace" and len(before) <= FINE and len(after) <= FINE:
            for inner, was, now in _matched(_split(_TOKEN, before), _split(_TOKEN, after)):
                _put(found, inner, was, now)
        else:
            _put(found, tag, before, after)
    return found


def _split(pattern: re.Pattern[str], text: str) -> list[str]:
    return [piece for piece in pattern.findall(text) if piece]


def _matched(old: Sequence[str], new: Sequence[str]) -> list[tuple[str, str, str]]:
    matcher = SequenceMatcher(None, old, new, autojunk=False)
    return [
        (tag, "".join(old[i1:i2]), "".join(new[j1:j2]))
        for tag, i1, i2, j1, j2 in matcher.get_opcodes()
    ]


def _put(found: list[Change], tag: str, before: str, after: str) -> None:
    parts = [(SAME, after)] if tag == "equal" else [(REMOVED, before), (ADDED, after)]
    for kind, text in parts:
        if not text:
            continue
        if found and found[-1].kind == kind:
            found[-1] = Change(kind, found[-1].text + text)
        else:
            found.append(Change(kind, text))


@dataclass(frozen=True)
class ChangedParagraph:
    """兩版之間改了的一段，和它在哪一節。"""

    place: str
    changes: list[Change]


def changed_between(old: Paper, new: Paper) -> list[ChangedParagraph]:
    """更正版比原件改了哪些段落：改寫的、新增的、刪去的，依印出的次序。"""
    before = {
        row.key: (section.heading, row) for section in old.sections for row in section.paragraphs
    }
    after = [(section.heading, row) for section in new.sections for row in section.paragraphs]
    kept = {row.key for _place, row in after}
    found = [
        ChangedParagraph(place, changes(_text(before.get(row.key)), row.text))
        for place, row in after
        if _text(before.get(row.key)) != row.text
    ]
    gone = [
        ChangedParagraph(place, changes(row.text, ""))
        for key, (place, row) in before.items()
        if key not in kept
    ]
    return found + gone


def _text(found: tuple[str, Paragraph] | None) -> str:
    return found[1].text if found else ""
