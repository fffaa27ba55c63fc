"""把 Word 文件讀回來，連自動編號的序號：讀到的就是印出的。"""

from collections.abc import Iterator

from docx.document import Document
from docx.opc.constants import RELATIONSHIP_TYPE as RT
from docx.text.paragraph import Paragraph
from lxml import etree

from pingtan_civ.lib.word_numbering import Numbering


def printed_paragraphs(word: Document) -> Iterator[tuple[Paragraph, str]]:
    """正文各段和它印出的字；標題帶上 Word 數出的序號。"""
    lists = [
        etree.fromstring(relation.target_part.blob)
        for relation in word.part.rels.values()
        if relation.reltype == RT.NUMBERING
    ]
    numbers = Numbering(lists[0] if lists else None, word.styles.element)
    for paragraph in word.paragraphs:
        yield paragraph, numbers.mark(paragraph._p) + paragraph.text
