"""打包：從存儲一段一段讀出來，邊核對哈希邊寫進 zip，不佔內存，也不寫第二遍。

照片、PDF、Office 文件本來就壓過，照原樣存；文字才壓縮。
"""

import hashlib
from collections.abc import Callable, Iterator
from datetime import date
from zipfile import ZIP_DEFLATED, ZIP_STORED

from django.core.files.storage import default_storage
from django.utils.translation import gettext as _
from zipstream import ZipStream

from evidence.packing.index import contents_page
from evidence.packing.material import Pack, Piece
from evidence.packing.papers import contents_document, contents_sheet, gaps_sheet
from evidence.packing.reading import Reader
from evidence.packing.words import CONTENTS, EXPLANATION, GAPS, MANIFEST

_TEXTS = (".txt", ".html", ".sha256")
_BOM = "\ufeff"

#: 放完一份說一聲：放了幾份、這一份叫什麼。
Tell = Callable[[int, str], None]


class Broken(Exception):
    """存儲裏的一份文件不在了或壞了；參數是給人看的一句話。"""


def stream(pack: Pack, day: date, tell: Tell) -> Iterator[bytes]:
    """整個包的字節。Raises Broken。"""
    archive = ZipStream(compress_type=ZIP_STORED)
    made = dict(_made(pack, day))
    made[f"{pack.says(MANIFEST)}.sha256"] = _manifest(pack, made)
    for path, data in made.items():
        method = ZIP_DEFLATED if path.endswith(_TEXTS) else ZIP_STORED
        archive.add(data, path, compress_type=method)
    pieces = list(pack.pieces())
    with Reader([piece.stored for piece in pieces], default_storage.open) as reader:
        for done, piece in enumerate(pieces):
            archive.add(_checked(reader, piece, done, tell), piece.path, size=piece.size)
        yield from archive


def _made(pack: Pack, day: date) -> Iterator[tuple[str, bytes]]:
    """我們寫的各個文件：目錄、缺項清單，各文件夾的說明。"""
    contents, gaps = pack.says(CONTENTS), pack.says(GAPS)
    yield f"{contents}.html", contents_page(pack, day).encode()
    yield f"{contents}.xlsx", contents_sheet(pack)
    yield f"{contents}.docx", contents_document(pack, day)
    yield f"{gaps}.xlsx", gaps_sheet(pack)
    for folder in pack.folders():
        # 記事本憑 BOM 認出 UTF-8，按 Windows 的習慣換行。
        text = _BOM + folder.explanation.replace("\n", "\r\n") + "\r\n"
        yield f"{folder.path}/{pack.says(EXPLANATION)}.txt", text.encode()


def _manifest(pack: Pack, made: dict[str, bytes]) -> bytes:
    """sha256sum 的格式；佐證的哈希就是庫裏登記的。"""
    lines = [f"{hashlib.sha256(data).hexdigest()}  {path}" for path, data in made.items()]
    lines += [f"{piece.sha256}  {piece.path}" for piece in pack.pieces()]
    return "".join(f"{line}\n" for line in lines).encode()


def _checked(reader: Reader, piece: Piece, done: int, tell: Tell) -> Iterator[bytes]:
    """reader 讀到的正是這一份：zip 按放進去的次序取。"""
    tell(done, piece.title)
    try:
        yield from reader.next_file()
    except FileNotFoundError as error:
        raise Broken(_sentence(_("不在存儲裏"), piece)) from error
    if reader.digest != piece.sha256:
        raise Broken(_sentence(_("與上傳時的不一樣，可能已經損壞"), piece))


def _sentence(what: str, piece: Piece) -> str:
    values = {"title": piece.title, "unit": piece.unit, "period": piece.period, "what": what}
    return (
        _(
            "「%(title)s」（%(unit)s，%(period)s）%(what)s，資料包沒有做成。"
            "請告訴管理員從備份裏恢復這份文件，再生成一次。"
        )
        % values
    )
