"""上傳文件的查驗：憑內容認種類，收的給出指紋，不收的說一句話。

    inspected = inspect(file, name, max_bytes=…)
    if inspected.is_picture:
        file, inspected = normalise_picture(file)     # pingtan_civ/lib/images.py

文件分塊讀一遍，再大也不整個進內存；圖片在這裏只認種類，解碼和重編在 images 裏。
"""

import hashlib
import io
import re
from collections.abc import Iterator
from typing import BinaryIO

from django.utils.translation import gettext as _

from pingtan_civ.lib.numbers import megabytes
from pingtan_civ.lib.office_files import office_kind
from pingtan_civ.lib.pdf_files import check_pdf
from pingtan_civ.lib.upload_kinds import (
    CONTENT_TYPES,
    KIND_NAMES,
    OFFICE_ZIP,
    OLE,
    PICTURES,
    Inspected,
    RefusedUpload,
    declared_kind,
    refused,
    sniff,
)
from pingtan_civ.lib.zip_shape import is_archive

__all__ = ["Inspected", "RefusedUpload", "inspect"]

_CHUNK = 1 << 18
_HEAD = 1 << 13
# 跨塊的記號不能漏：每塊帶上前一塊的尾巴再找。
_OVERLAP = 64


def _utf16(text: str) -> bytes:
    return re.escape(text.encode("utf-16-le"))


# 舊版辦公文件的目錄裏有這些名字；加了密碼的新版文件也裝在同樣的外殼裏。
_OLE_SIGNS = re.compile(
    b"(?P<encrypted>%s)|(?P<macro>%s|%s)|(?P<doc>%s)|(?P<xls>%s|%s)|(?P<ppt>%s)"
    % tuple(
        map(
            _utf16,
            (
                "EncryptedPackage",
                *("_VBA_PROJECT", "_xlm_"),
                "WordDocument",
                *("Workbook", "Book\0"),
                "PowerPoint Document",
            ),
        )
    )
)
#: 圖片裏夾着網頁或程序：看圖的看不出，瀏覽器和服務器卻可能認作網頁。
_PICTURE_SIGNS = re.compile(rb"(?i)(?P<polyglot><script[\s>]|<!doctype html|<html[\s>]|<\?php\s)")
_NOTHING = re.compile(rb"(?!)")


def inspect(file: BinaryIO, name: str, *, max_bytes: int) -> Inspected:
    """查驗一個上傳的文件；name 只用來核對擴展名。讀完後 file 回到開頭。

    抛出 RefusedUpload：種類不收、空的、過大、損壞、帶密碼、帶宏或會自己動的、夾帶別的、炸彈，或名不副實。
    """
    size = _size(file, max_bytes)
    file.seek(0)
    kind = sniff(file.read(_HEAD))
    signs = _PICTURE_SIGNS if kind in PICTURES else _OLE_SIGNS if kind == OLE else _NOTHING
    sha256, sign = _read_through(file, signs)
    if kind == OFFICE_ZIP:
        kind = office_kind(file, size)
    if sign or kind not in CONTENT_TYPES:
        raise refused(sign or kind)
    _refuse_a_wrong_name(name, kind)
    if kind == "pdf":
        check_pdf(file, size)
    if (kind == "pdf" or kind in PICTURES) and is_archive(file):
        raise refused("polyglot")
    file.seek(0)
    return Inspected(kind, CONTENT_TYPES[kind], size, sha256)


def _size(file: BinaryIO, max_bytes: int) -> int:
    size = file.seek(0, io.SEEK_END)
    if size is None:  # Django 的 UploadedFile 等包裝不一定返回位置
        size = file.tell()
    if size == 0:
        raise refused("empty")
    if size > max_bytes:
        raise RefusedUpload(
            _("這個文件有 %(size).1f MB，超過 %(limit).0f MB 的上限，請壓縮或拆分後再傳。")
            % {"size": megabytes(size), "limit": max_bytes / 1_048_576}
        )
    return size


def _read_through(file: BinaryIO, signs: re.Pattern[bytes]) -> tuple[str, str | None]:
    """讀一遍：算指紋，同時找記號。返回指紋和最要緊的那個記號（帶密碼先於舊格式）。"""
    digest, found, tail = hashlib.sha256(), set(), b""
    for chunk in _chunks(file):
        digest.update(chunk)
        if signs is not _NOTHING:
            found |= {match.lastgroup for match in signs.finditer(tail + chunk)}
            tail = chunk[-_OVERLAP:]
    order = [sign for sign in signs.groupindex if sign in found]
    return digest.hexdigest(), order[0] if order else None


def _chunks(file: BinaryIO) -> Iterator[bytes]:
    file.seek(0)
    while chunk := file.read(_CHUNK):
        yield chunk


def _refuse_a_wrong_name(name: str, kind: str) -> None:
    """名與實不符的請人改名；圖片之間不計較（微信常把各種圖片都叫 .jpg），反正要重編。"""
    declared = declared_kind(name)
    if not declared or declared == kind or (declared in PICTURES and kind in PICTURES):
        return
    raise RefusedUpload(
        _("文件名是 .%(declared)s，內容其實是 %(kind)s，請改回正確的名稱再傳。")
        % {"declared": declared[:12], "kind": KIND_NAMES[kind]}
    )
