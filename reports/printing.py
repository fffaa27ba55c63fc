"""把一份彙報（Paper）變成可以排版的公文：繁體照原文，簡體整份一起轉。"""

import re
from collections.abc import Callable, Iterator
from datetime import date

from pingtan_civ.lib.script import simplify
from reports.paper import Paper
from reports.rendering import Block, Heading, OfficialDocument, Paragraph, SourceNote
from reports.rendering.document import Script

_QUOTED_TITLE = re.compile(r"《[^《》\n]{1,80}》")
DRAFT_MARK = "草稿"


def document_of(
    printed: Paper, *, script: Script = "hant", with_sources: bool = False, is_draft: bool = False
) -> OfficialDocument:
    """排版用的公文。with_sources 時每段末尾標出處，文後附來源說明。"""
    says = _converter(printed, script)
    notes = _notes(printed) if with_sources else {}
    period = f"（{printed.period_name}{'，' + DRAFT_MARK if is_draft else ''}）"
    return OfficialDocument(
        title=says(printed.title),
        place_line=says(period),
        salutation=says(f"{printed.salutation.rstrip('：:')}：") if printed.salutation else None,
        blocks=tuple(_blocks(printed, says, notes)),
        signature=says(printed.signature) or None,
        date=date.fromisoformat(printed.day),
        script=script,
        sources=tuple(SourceNote(number, says(label)) for label, number in notes.items()),
    )


def _blocks(printed: Paper, says: Callable[[str], str], notes: dict[str, int]) -> Iterator[Block]:
    if printed.correction:
        yield Paragraph(says(printed.correction))
    for section in printed.sections:
        if section.level:
            yield Heading(section.level, says(section.printed))
        for paragraph in section.paragraphs:
            refs = [notes[source.label] for source in paragraph.sources if source.label in notes]
            yield Paragraph(says(paragraph.text), source_refs=tuple(dict.fromkeys(refs)))


def _notes(printed: Paper) -> dict[str, int]:
    """各條來源編一個號；同一來源只列一次。"""
    labels = dict.fromkeys(
        source.label for paragraph in printed.paragraphs() for source in paragraph.sources
    )
    return {label: number for number, label in enumerate(labels, 1)}


def _converter(printed: Paper, script: Script) -> Callable[[str], str]:
    """轉簡體時人名和《》裏的題名一字不動。"""
    if script == "hant":
        return lambda text: text
    texts = "\n".join([printed.title, *(paragraph.text for paragraph in printed.paragraphs())])
    keep = (*printed.names, *dict.fromkeys(_QUOTED_TITLE.findall(texts)))
    return lambda text: simplify(text, keep, quotes=True)
