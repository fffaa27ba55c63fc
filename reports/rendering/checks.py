"""印之前的核對：缺字、打不開的照片。每個問題一句話，由頁面顯示給編報的人。"""

from collections.abc import Iterable
from pathlib import Path

from reports.rendering.document import Annex, OfficialDocument, Picture
from reports.rendering.fonts import missing_characters, missing_sentence
from reports.rendering.pictures import UnreadablePicture, prepare


def check(document: OfficialDocument, folders: Iterable[Path] | None = None) -> list[str]:
    """這份文件排成 PDF 會有什麼問題；沒有問題時返回空表。"""
    problems = []
    missing = missing_characters("".join(document.texts()), document.script, folders)
    if missing:
        problems.append(missing_sentence(missing))
    for picture in pictures_in(document):
        try:
            prepare(picture)
        except UnreadablePicture as error:
            problems.append(str(error))
    return problems


def pictures_in(document: OfficialDocument) -> list[Picture]:
    inner = [b for annex in document.annexes for b in annex.blocks if not isinstance(b, Annex)]
    return [block for block in (*document.body, *inner) if isinstance(block, Picture)]
