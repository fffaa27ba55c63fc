"""壓縮包的外形：只看目錄和各件的頭，不解壓，就擋下炸彈、重疊、加密、越界的名字和拼接的東西。

先自己讀結尾的目錄記錄，目錄不大才交給 zipfile：一個 50 MB 的假目錄能讓它造出上百萬個對象。
"""

import struct
import zipfile
from typing import BinaryIO

from django.conf import settings

from pingtan_civ.lib.upload_kinds import RefusedUpload, refused

#: 正常的辦公文件遠不到這些數：實測壓縮炸彈在千倍以上，表格的 XML 一般在五十倍以內。
MAX_ENTRIES = 10_000
MAX_RATIO = 200
#: 小文件的比例沒有意義：幾百字節的 XML 重複起來很容易過百倍。
_RATIO_MATTERS_ABOVE = 5_000_000
_MAX_DIRECTORY_BYTES = 4_000_000
_END = struct.Struct("<4s4H2LH")
_END_SIGN, _END64_SIGN = b"PK\x05\x06", b"PK\x06\x07"
_LOCAL = struct.Struct("<4s5H3L2H")
_LOCAL_SIGN = b"PK\x03\x04"
_TAIL = _END.size + 0xFFFF


def entries(archive: zipfile.ZipFile, file: BinaryIO, size: int) -> list[zipfile.ZipInfo]:
    """目錄裏的各件，按在文件裏的先後。Raises RefusedUpload、BadZipFile。"""
    found = sorted(archive.infolist(), key=lambda info: info.header_offset)
    if any(info.flag_bits & 0x1 for info in found):
        raise refused("encrypted")
    _refuse_bombs(found, size)
    names = [info.filename for info in found]
    if len(set(names)) < len(names) or any(map(_is_unsafe, names)):
        raise refused("crooked_zip")
    _refuse_overlaps(found, file, archive.start_dir)
    return found


def open_archive(file: BinaryIO, size: int) -> zipfile.ZipFile:
    """打開之前先看結尾：目錄多大、有幾件，後面有沒有接着別的。"""
    start = max(0, size - _TAIL)
    file.seek(start)
    tail = file.read(_TAIL)
    at = tail.rfind(_END_SIGN)
    if at < 0 or len(tail) - at < _END.size:
        raise refused("damaged")
    __, __, __, __, count, length, offset, comment = _END.unpack_from(tail, at)
    if count > MAX_ENTRIES or length > _MAX_DIRECTORY_BYTES:
        raise refused("bomb", **limits())
    if tail[max(0, at - 20) :][:4] == _END64_SIGN:
        raise refused("crooked_zip")
    if tail[at + _END.size + comment :].strip(b"\0") or offset + length != start + at:
        raise refused("polyglot")
    return zipfile.ZipFile(file)


def is_archive(file: BinaryIO) -> bool:
    """別的種類（PDF、圖片）的文件，是不是同時也是一個能打開的壓縮包。"""
    try:
        size = file.seek(0, 2) or file.tell()
        file.seek(max(0, size - _TAIL))
        if _END_SIGN not in file.read(_TAIL):
            return False
        with open_archive(file, size) as archive:
            return bool(archive.infolist())
    except RefusedUpload:
        # 像而不合規矩的，也不必猜別的軟件會不會把它當壓縮包打開。
        return _looks_like_one(file, size)
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError):
        return False


def limits() -> dict[str, int]:
    return {
        "entries": MAX_ENTRIES,
        "ratio": MAX_RATIO,
        "unpacked": settings.UPLOAD_MAX_UNPACKED_MB,
    }


def _looks_like_one(file: BinaryIO, size: int) -> bool:
    file.seek(max(0, size - _TAIL))
    tail = file.read(_TAIL)
    at = tail.rfind(_END_SIGN)
    if len(tail) - at < _END.size:
        return False
    length = _END.unpack_from(tail, at)[5]
    return length > 0 and tail[max(0, at - length) :][:4] == b"PK\x01\x02"


def _refuse_bombs(found: list[zipfile.ZipInfo], size: int) -> None:
    """目錄謊報大小的，讀的時候會在所報之處斷開，也解不出更多。"""
    total = sum(info.file_size for info in found)
    is_lopsided = total > _RATIO_MATTERS_ABOVE and total > size * MAX_RATIO
    most = settings.UPLOAD_MAX_UNPACKED_MB * 1_000_000
    if len(found) > MAX_ENTRIES or total > most or is_lopsided:
        raise refused("bomb", **limits())
    # 規範只許不壓縮和 deflate；別的解法要的內存由文件自己說了算。
    if any(info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED) for info in found):
        raise refused("crooked_zip")


def _is_unsafe(name: str) -> bool:
    """會解到別處去的名字。規範的部件名只用正斜槓，沒有盤符和控制字符。"""
    parts = name.split("/")
    return (
        name.startswith("/")
        or ".." in parts
        or any(ch in name for ch in '\\:*?"<>|')
        or not name.isprintable()
    )


def _refuse_overlaps(found: list[zipfile.ZipInfo], file: BinaryIO, directory: int) -> None:
    """各件一件接一件，不許共用同一段字節（重疊炸彈），頭裏的名字要與目錄相同。"""
    free_from = 0
    for number, info in enumerate(found):
        file.seek(info.header_offset)
        head = file.read(_LOCAL.size)
        if len(head) < _LOCAL.size or head[:4] != _LOCAL_SIGN:
            raise refused("damaged")
        name_length, extra_length = _LOCAL.unpack(head)[-2:]
        name = file.read(name_length)
        if info.header_offset < free_from or (number == 0 and info.header_offset):
            raise refused("crooked_zip")
        if name != info.orig_filename.encode("utf-8" if info.flag_bits & 0x800 else "cp437"):
            raise refused("crooked_zip")
        begins = info.header_offset + _LOCAL.size + name_length + extra_length
        free_from = begins + info.compress_size
    if free_from > directory:
        raise refused("crooked_zip")
