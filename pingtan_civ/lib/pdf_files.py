"""PDF 的查驗：會自己動的（腳本、啟動程序、提交表單）、動態表單、夾帶文件的、加了密碼的不收。

只找記號，不解析整份文件：名字可以寫成 /J#61vaScript，也可以藏在壓縮過的對象流裏，兩處都找。
對象流逐個解開看，解開的總量有上限。夾帶的只有數據 XML（電子發票自帶的）的，交子進程看過才收。
"""

import re
import zlib
from collections import Counter
from typing import BinaryIO

from pingtan_civ.lib import confined
from pingtan_civ.lib.upload_kinds import refused

_CHUNK = 1 << 18
#: 跨塊的記號不能漏：每塊帶上前一塊的尾巴再找。
_OVERLAP = 256
# 掃描儀和閱讀器會在文件末尾多寫一點東西，結束標記不一定在最後一行。
_TAIL = 1 << 14
#: 對象流：最多解多少個、一個解到多大、一共解到多大。五十兆的正常文件實測不到兩千個。
_MAX_STREAMS = 5_000
_MAX_STREAM_BYTES = 16_000_000
_MAX_TOTAL_BYTES = 256_000_000
_MAX_DICTIONARY_BYTES = 1 << 14
_END = rb"(?=[\s/<>\[\]()%]|$)"


def _name(text: str) -> bytes:
    """一個 PDF 名字的寫法：每個字母都可以寫成 #xx。"""
    letters = (f"(?:{ch}|#{ord(ch):02x}|#{ord(ch):02X})" for ch in text)
    return "".join(letters).encode("ascii")


def _names(*texts: str) -> bytes:
    return b"|".join(map(_name, texts))


_SIGNS = re.compile(
    b"/(?:(?P<encrypted_pdf>%s\\s*(?:\\d+\\s+\\d+\\s+R|<<))|(?P<pdf_script>%s)%s|(?P<pdf_launch>%s)%s"
    b"|(?P<pdf_attachment>%s)%s|(?P<pdf_media>%s)%s|(?P<pdf_form>%s)%s"
    b"|(?P<spec>%s)%s|(?P<stream>%s)%s)"
    % (
        _name("Encrypt"),
        _names("JavaScript"),
        _END,
        _names("Launch", "SubmitForm", "ImportData", "GoToE"),
        _END,
        _names("EmbeddedFiles", "EmbeddedFile", "FileAttachment"),
        _END,
        _names("RichMedia", "RichMediaContent"),
        _END,
        _name("XFA"),
        _END,
        _name("EF"),
        _END,
        _name("ObjStm"),
        _END,
    )
)
#: 說哪一條，按要緊的先後。
_ORDER = ("encrypted_pdf", "pdf_script", "pdf_launch", "pdf_media", "pdf_form")
#: 附件：打開整份 PDF 數一遍、看一遍，最多用多少處理器秒、多少內存。
_SECONDS, _MEGABYTES = 10, 512
_BEGIN = re.compile(rb"stream\r?\n")
_FILTER = re.compile(rb"/(?:%s)\s*(\[[^\]]*\]|/[^\s/<>\[\]()]+)" % _name("Filter"))
_FLATE = re.compile(rb"\[?\s*/(?:%s|%s)\s*\]?" % (_name("FlateDecode"), _name("Fl")))
_PREDICTOR = re.compile(rb"/(?:%s)\s+(?!1\b)\d" % _name("Predictor"))


def check_pdf(file: BinaryIO, size: int) -> None:
    """Raises RefusedUpload。"""
    found, streams = _scan(file)
    _refuse(found)
    file.seek(max(0, size - _TAIL))
    if b"%%EOF" not in file.read(_TAIL):
        raise refused("damaged")
    budget = _MAX_TOTAL_BYTES
    for position in streams:
        text = _inflated(file, position, min(budget, _MAX_STREAM_BYTES))
        budget -= len(text)
        if budget <= 0:
            raise _too_much()
        inside = Counter(match.lastgroup for match in _SIGNS.finditer(text))
        _refuse(inside)
        found += inside
    if found["pdf_attachment"] or found["spec"]:
        _check_attachments(file, found["spec"])


def _check_attachments(file: BinaryIO, specs: int) -> None:
    """數據 XML 之外的附件不收；數不清、打不開的也不收。"""
    try:
        with confined.upload_on_disk(file) as path:
            harmless = confined.run(
                "pingtan_civ.lib.pdf_attachments:are_harmless",
                *(path, specs),
                seconds=_SECONDS,
                megabytes=_MEGABYTES,
            )
    except (confined.TooMuch, confined.Failed) as stopped:
        raise refused("pdf_attachment") from stopped
    if not harmless:
        raise refused("pdf_attachment")


def _refuse(found: Counter[str | None]) -> None:
    for reason in _ORDER:
        if found[reason]:
            raise refused(reason)


def _too_much() -> Exception:
    return refused("pdf_bomb", streams=_MAX_STREAMS, unpacked=_MAX_TOTAL_BYTES // 1_000_000)


def _scan(file: BinaryIO) -> tuple[Counter[str | None], list[int]]:
    """分塊找一遍：各種記號各有幾處，對象流各在哪裏。"""
    found: Counter[str | None] = Counter()
    streams: list[int] = []
    file.seek(0)
    begins, tail, last = 0, b"", -1
    while chunk := file.read(_CHUNK):
        text = tail + chunk
        for match in _SIGNS.finditer(text):
            at = begins - len(tail) + match.start()
            if at <= last:
                continue  # 兩塊重疊處，上一塊已見過
            last = at
            found[match.lastgroup] += 1
            if match.lastgroup == "stream":
                streams.append(at)
        if len(streams) > _MAX_STREAMS:
            raise _too_much()
        begins += len(chunk)
        tail = text[-_OVERLAP:]
    return found, streams


def _inflated(file: BinaryIO, position: int, most: int) -> bytes:
    """解開一個對象流。沒有壓縮的已在原文裏找過；用了別的壓法的，說不準裏面是什麼，不收。"""
    before = min(position, _MAX_DICTIONARY_BYTES)
    file.seek(position - before)
    window = file.read(before + _MAX_DICTIONARY_BYTES)
    begin = _BEGIN.search(window, before)
    if begin is None:
        return b""  # 只是正文裏提到這個詞
    dictionary = window[max(0, window.rfind(b"obj", 0, before)) : begin.start()]
    filters = _FILTER.search(dictionary)
    if filters is None:
        return b""
    if not _FLATE.fullmatch(filters.group(1).strip()) or _PREDICTOR.search(dictionary):
        raise refused("pdf_odd")
    file.seek(position - before + begin.end())
    return _flate(file, most)


def _flate(file: BinaryIO, most: int) -> bytes:
    inflator, pieces, total = zlib.decompressobj(), [], 0
    try:
        while not inflator.eof and total <= most:
            data = inflator.unconsumed_tail or file.read(1 << 14)
            if not data:
                break
            pieces.append(inflator.decompress(data, most + 1 - total))
            total += len(pieces[-1])
    except zlib.error as error:
        raise refused("damaged") from error
    if total > most:
        raise _too_much()
    return b"".join(pieces)
