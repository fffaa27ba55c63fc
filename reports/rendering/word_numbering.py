"""Word 裏標題的序號：真正的多級列表，辦公室插一個標題，後面的自己重排。

公文發出時序號已寫定（見 document），所以只在 Word 數出來正好是寫定的那個數時才交給它數；
數不出來的，序號留在文字裏，那一段不編號：印出的與簽發的一個字也不差。
"""

from dataclasses import dataclass, field

from docx.document import Document as WordDocument
from docx.opc.constants import CONTENT_TYPE as CT
from docx.opc.constants import RELATIONSHIP_TYPE as RT
from docx.opc.packuri import PackURI
from docx.opc.part import Part
from docx.oxml.ns import nsdecls, qn
from lxml import etree

from pingtan_civ.lib.numerals import to_chinese
from reports.rendering import layout
from reports.rendering.word_styles import Faces, fonts_xml
from reports.rendering.word_xml import add, insert, make

#: 各級的數法和寫法（7.3.3）；%1 是第一級的數。
LEVELS = (
    ("chineseCountingThousand", "%1、"),
    ("chineseCountingThousand", "（%2）"),
    ("decimal", "%3."),
    ("decimal", "（%4）"),
)
#: 樣式自帶的那個列表，和不編號。
FIRST, NO_LIST = 1, 0
#: 一百以上 Word 各版本寫法不一（一百零一、一百〇一），不交給它數。
_MOST = 99


def written(level: int, number: int) -> str:
    """這一級第幾個標題，序號印成什麼。"""
    counting, text = LEVELS[level - 1]
    shown = str(number) if counting == "decimal" else to_chinese(number)
    return text.replace(f"%{level}", shown)


@dataclass(slots=True)
class _Run:
    """從某一級起重新數的一段：用哪個列表，各級數到幾。"""

    top: int
    list_id: int
    counts: dict[int, int] = field(default_factory=dict)

    def next(self, level: int) -> int | None:
        """這一級的下一個數；上級還沒有、下級已經數過的，各家軟件數得不同，為空。"""
        if level not in self.counts and any(deeper > level for deeper in self.counts):
            return None
        return self.counts.get(level, 0) + 1

    def count(self, level: int) -> None:
        kept = {above: number for above, number in self.counts.items() if above <= level}
        self.counts = kept | {level: kept.get(level, 0) + 1}


class HeadingNumbers:
    """寫到哪個標題，Word 的列表就數到哪裏。"""

    def __init__(self) -> None:
        self._runs: list[_Run] = []
        #: 各列表從第幾級起重新數。
        self._tops: list[int] = []

    def begin(self) -> None:
        """附件另起：裏面的標題從頭數。"""
        self._runs.clear()

    def split(self, level: int, text: str) -> tuple[int, str]:
        """標題交給哪個列表編號，餘下寫什麼字；不編號的，字照原樣。"""
        while self._runs and self._runs[-1].top > level:
            self._runs.pop()
        run = self._runs[-1] if self._runs else None
        number = run.next(level) if run else None
        if run is None or number is None or not _begins(text, level, number):
            if not _begins(text, level, 1):
                return NO_LIST, text
            run, number = self._restart(level), 1
        run.count(level)
        return run.list_id, text[len(written(level, number)) :]

    def _restart(self, level: int) -> _Run:
        """從這一級起另數；數到更高一級時，接着原來的數。"""
        while self._runs and self._runs[-1].top >= level:
            self._runs.pop()
        self._tops.append(level)
        self._runs.append(_Run(level, len(self._tops)))
        return self._runs[-1]

    def add_to(self, word: WordDocument, faces: Faces) -> None:
        """把列表寫進文件，標題的樣式連上它；一個標題都沒有編號的，不帶列表。"""
        if not self._tops:
            return
        part = Part(
            PackURI("/word/numbering.xml"), CT.WML_NUMBERING,
            _numbering_xml(faces, self._tops).encode(), word.part.package,
        )  # fmt: skip
        word.part.relate_to(part, RT.NUMBERING)
        for level in range(1, len(LEVELS) + 1):
            style = word.styles.element.get_by_id(f"Heading{level}")
            style.find(f"{qn('w:pPr')}/{qn('w:widowControl')}").addnext(_number(FIRST, level))


def number_paragraph(paragraph: etree._Element, list_id: int, level: int) -> None:
    """這一段用哪個列表；第一個列表由樣式帶着，不必寫。"""
    if list_id != FIRST:
        insert(paragraph.find(qn("w:pPr")), _number(list_id, level))


def _number(list_id: int, level: int) -> etree._Element:
    properties = make("numPr")
    add(properties, "ilvl", val=level - 1)
    add(properties, "numId", val=list_id)
    return properties


def _begins(text: str, level: int, number: int) -> bool:
    """標題是不是以這個序號起頭，後面還有字；「1.5萬元」的 1 不是序號。"""
    rest = text.removeprefix(written(level, number))
    return number <= _MOST and rest != text and rest != "" and not rest[0].isdigit()


def _numbering_xml(faces: Faces, tops: list[int]) -> str:
    first = round(layout.INDENT_CHARACTERS * layout.CHARACTER_PT * layout.TWIPS_PER_PT)
    levels = "".join(
        f'<w:lvl w:ilvl="{index}"><w:start w:val="1"/><w:numFmt w:val="{counting}"/>'
        f'<w:pStyle w:val="Heading{index + 1}"/><w:suff w:val="nothing"/>'
        f'<w:lvlText w:val="{text}"/><w:lvlJc w:val="left"/>'
        f'<w:pPr><w:ind w:left="0" w:firstLineChars="{layout.INDENT_CHARACTERS * 100}"'
        f' w:firstLine="{first}"/></w:pPr><w:rPr>{fonts_xml(getattr(faces, face))}</w:rPr></w:lvl>'
        for index, ((counting, text), face) in enumerate(
            zip(LEVELS, ("hei", "kai", "body", "body"), strict=True)
        )
    )
    lists = "".join(
        f'<w:num w:numId="{list_id}"><w:abstractNumId w:val="1"/>'
        + ("" if list_id == FIRST else _restarts(top))
        + "</w:num>"
        for list_id, top in enumerate(tops, start=FIRST)
    )
    return (
        f'<?xml version="1.0" encoding="UTF-8" standalone="yes"?><w:numbering {nsdecls("w")}>'
        '<w:abstractNum w:abstractNumId="1"><w:multiLevelType w:val="multilevel"/>'
        f"{levels}</w:abstractNum>{lists}</w:numbering>"
    )


def _restarts(top: int) -> str:
    return "".join(
        f'<w:lvlOverride w:ilvl="{index}"><w:startOverride w:val="1"/></w:lvlOverride>'
        for index in range(top - 1, len(LEVELS))
    )
