"""上傳文件的種類：憑開頭的字節認，不憑文件名；收哪幾種，不收的請人怎麼辦。"""

from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext_lazy as _

from pingtan_civ.lib.media_types import DOCX, PDF, PPTX, XLSX


class RefusedUpload(Exception):
    """不收這個文件；sentence 是可以直接給上傳者看的一句話。"""

    def __init__(self, sentence: str) -> None:
        super().__init__(sentence)
        self.sentence = sentence


@dataclass(frozen=True)
class Inspected:
    """驗過的文件：種類以內容為準；圖片另有寬高和拍攝時間（帶時區，沒有則為 None）。"""

    extension: str
    content_type: str
    size: int
    sha256: str
    width: int | None = None
    height: int | None = None
    captured_at: datetime | None = None

    @property
    def is_picture(self) -> bool:
        return self.extension in PICTURES


PICTURES = frozenset({"jpg", "png", "webp", "heic"})
OFFICE = frozenset({"docx", "xlsx", "pptx"})
CONTENT_TYPES = {
    "pdf": PDF,
    "docx": DOCX,
    "xlsx": XLSX,
    "pptx": PPTX,
    "jpg": "image/jpeg",
    "png": "image/png",
    "webp": "image/webp",
    "heic": "image/heic",
}
KIND_NAMES = {
    "pdf": _("PDF 文件"),
    "docx": _("Word 文檔"),
    "xlsx": _("Excel 工作簿"),
    "pptx": _("PPT 演示文稿"),
    "jpg": _("JPG 圖片"),
    "png": _("PNG 圖片"),
    "webp": _("WebP 圖片"),
    "heic": _("HEIC 圖片"),
}
_OTHER_NAMES = {
    "jpeg": "jpg",
    "jpe": "jpg",
    "jfif": "jpg",
    "heif": "heic",
    "hif": "heic",
}

# 種類代號：收的見 CONTENT_TYPES；"office" 要拆開 ZIP 再認，"ole" 要看裏面的目錄。
OFFICE_ZIP = "office"
OLE = "ole"

ADVICE = {
    "unknown": _("看不出這是什麼文件，請另存為 PDF、Word、Excel、PPT 或圖片後再傳。"),
    "empty": _("這個文件是空的，請檢查後重新選擇。"),
    "zip": _("壓縮包不能直接上傳，請解壓後把裏面的文件逐個選中再傳。"),
    "exe": _("程序文件不能上傳，請只傳 PDF、Word、Excel、PPT 或圖片。"),
    "html": _("網頁文件不能上傳，請在瀏覽器裏打印成 PDF 再傳。"),
    "svg": _("SVG 圖片可能帶有程序，不能上傳，請另存為 PNG 或 JPG 再傳。"),
    "text": _("純文本不能作為佐證，請粘貼到 Word 裏另存為 .docx，或直接寫在報送文字中。"),
    "picture": _("這種圖片格式不能上傳，請另存為 JPG 或 PNG 再傳。"),
    "media": _("暫不收視頻和音頻，請截取畫面存為圖片，或在文字中寫明存放位置。"),
    "doc": _("這是舊版 Word 文檔，請在 Word 裏另存為 .docx 再傳。"),
    "xls": _("這是舊版 Excel 表格，請在 Excel 裏另存為 .xlsx 再傳。"),
    "ppt": _("這是舊版演示文稿，請在 PowerPoint 裏另存為 .pptx 再傳。"),
    "ole": _("這是舊版辦公文件，請另存為 .docx、.xlsx、.pptx 或 PDF 再傳。"),
    "ofd": _("OFD 版式文件請先在閱讀器裏導出為 PDF 再傳。"),
    "odf": _("OpenDocument 文件請另存為 .docx、.xlsx 或 .pptx 再傳。"),
    "encrypted": _("這個文件設了密碼，別人打不開，請取消密碼後另存再傳。"),
    "encrypted_pdf": _("這份 PDF 加了密碼或權限限制，請去掉限制後另存再傳。"),
    "macro": _("這個文件帶有宏，可能夾帶程序，請另存為不帶宏的 .docx、.xlsx 或 .pptx 再傳。"),
    "object": _(
        "這個文件裏嵌着別的程序的對象或控件（OLE、ActiveX），打開時可能運行程序；"
        "請把它們粘貼成圖片，或導出為 PDF 再傳。"
    ),
    "program_inside": _("這個文件裏夾着程序文件，不能接收；請在 Office 裏刪去插入的附件再傳。"),
    "nested": _("這個文件裏套着壓縮包或網頁，不能接收；請刪去插入的附件，附件另行上傳。"),
    "external": _(
        "這個文件打開時會到別處取模板、圖片或數據，內容可能隨時變；"
        "請在 Office 裏斷開鏈接、嵌入圖片後另存，或導出為 PDF 再傳。"
    ),
    "connection": _(
        "這份表格連着外面的數據（查詢和連接），打開時會去取數，內容可能隨時變；"
        "請在 Excel 的「數據 → 查詢和連接」裏逐條刪除，或全選複製、粘貼成數值到新表，另存再傳。"
    ),
    "bomb": _(
        "這個文件解開後異常龐大，不能接收（上限 %(unpacked)d MB、%(ratio)d 倍、%(entries)d 件）；"
        "如確需報送，請導出為 PDF 再傳。"
    ),
    "crooked_zip": _(
        "這個文件的結構不合規範，別的軟件可能讀出別的內容；請用 Office 打開另存再傳。"
    ),
    "polyglot": _(
        "這個文件前後接着另一種文件（壓縮包、網頁或程序），不能接收；請打開後另存一份再傳。"
    ),
    "pdf_late": _("這份 PDF 的開頭夾着別的內容，請在閱讀器裏另存，或打印成 PDF 再傳。"),
    "pdf_script": _("這份 PDF 帶有腳本（JavaScript），不能接收；請把它打印成 PDF 再傳。"),
    "pdf_launch": _(
        "這份 PDF 會啟動別的程序、打開附件或往外提交，不能接收；請把它打印成 PDF 再傳。"
    ),
    "pdf_attachment": _(
        "這份 PDF 裏夾帶着附件，不能接收（電子發票自帶的 XML 除外）；"
        "請把它打印成 PDF 再傳，附件另行上傳。"
    ),
    "pdf_media": _("這份 PDF 裏嵌着音視頻或動畫，不能接收；請把它打印成 PDF 再傳。"),
    "pdf_form": _(
        "這份 PDF 是動態表單（XFA），換一個閱讀器內容就可能不一樣；請填好之後打印成 PDF 再傳。"
    ),
    "pdf_bomb": _(
        "這份 PDF 解開後異常龐大（上限 %(streams)d 個對象流、%(unpacked)d MB），不能接收；"
        "請拆成幾份，或打印成 PDF 再傳。"
    ),
    "pdf_odd": _("這份 PDF 用了少見的壓法，查不清裏面有什麼；請把它打印成 PDF 再傳。"),
    "damaged": _("這個文件已經損壞或沒有傳完整，請打開確認後重新保存、再傳一次。"),
    "huge_picture": _(
        "這張圖片的尺寸過大（%(width)d×%(height)d），請縮小到 %(megapixels)d 百萬像素以內、"
        "邊長 %(side)d 像素以內再傳。"
    ),
    "slow_picture": _(
        "打開這張圖片要超過 %(seconds)d 秒或 %(megabytes)d MB 內存，不能接收；"
        "請用看圖軟件打開，另存為 JPG 再傳。"
    ),
    "infected": _("查毒時發現這個文件帶有病毒（%(virus)s），沒有收下；請殺毒後重新製作再傳。"),
    "no_scanner": _("查毒服務這會兒不通，文件沒有收下；請稍後再傳，一直不行請告訴管理員。"),
    "busy": _("這會兒傳圖片的人多，還沒有輪到這一張；沒有收下，請過一分鐘再傳。"),
}


def refused(reason: str, **facts: object) -> RefusedUpload:
    """ADVICE 裏某一條的異常，供 raise；句子裏要填的數由 facts 給。"""
    sentence = str(ADVICE[reason])
    return RefusedUpload(sentence % facts if facts else sentence)


_ZIP_START = (b"PK\x03\x04", b"PK\x05\x06", b"PK\x07\x08")
_STARTS: tuple[tuple[tuple[bytes, ...], str], ...] = (
    ((b"%PDF-", b"\xef\xbb\xbf%PDF-"), "pdf"),
    ((b"\xff\xd8\xff",), "jpg"),
    ((b"\x89PNG\r\n\x1a\n",), "png"),
    ((_ZIP_START[0],), OFFICE_ZIP),
    ((b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1",), OLE),
    ((*_ZIP_START[1:], b"Rar!\x1a\x07", b"7z\xbc\xaf\x27\x1c", b"\x1f\x8b", b"BZh"), "zip"),
    ((b"\xfd7zXZ\x00", b"MSCF", b"!<arch>"), "zip"),
    ((b"MZ", b"\x7fELF", b"#!", b"\xca\xfe\xba\xbe", b"\xcf\xfa\xed\xfe"), "exe"),
    ((b"L\x00\x00\x00\x01\x14\x02\x00",), "exe"),
    ((b"GIF87a", b"GIF89a", b"BM", b"II*\x00", b"MM\x00*", b"8BPS"), "picture"),
    ((b"ID3", b"\xff\xfb", b"OggS", b"fLaC", b"\x1aE\xdf\xa3", b"FLV"), "media"),
)
_HEIC_BRANDS = (b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1")
_HTML_SIGNS = (
    b"<!doctype html",
    b"<html",
    b"<head",
    b"<body",
    b"<script",
    b"<iframe",
    b"mime-version:",
)


def sniff(head: bytes) -> str:
    """憑開頭（至少幾 KB）認種類：返回要收的種類代號，或 ADVICE 裏的某一條。"""
    for starts, kind in _STARTS:
        if head.startswith(starts):
            return kind
    if head[:4] == b"RIFF":
        return "webp" if head[8:12] == b"WEBP" else "media"
    if head[4:8] == b"ftyp":
        return _iso_media(head)
    return _text_kind(head)


def _iso_media(head: bytes) -> str:
    """手機的 HEIC 照片和視頻共用一種外殼，靠品牌字段區分。"""
    length = min(int.from_bytes(head[:4], "big"), 256)
    brands = [head[8:12], *(head[at : at + 4] for at in range(16, length, 4))]
    if head[8:12] in (b"avif", b"avis") or b"avif" in brands:
        return "picture"
    return "heic" if any(brand in _HEIC_BRANDS for brand in brands) else "media"


def _text_kind(head: bytes) -> str:
    if b"%PDF-" in head[:2048]:
        return "pdf_late"
    start = head.lstrip(b"\xef\xbb\xbf\r\n\t ")[:4096].lower()
    if b"<svg" in start:
        return "svg"
    if any(sign in start for sign in _HTML_SIGNS):
        return "html"
    if head[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return "text"
    return "unknown" if b"\x00" in head else _decodable(head[:4096])


def _decodable(head: bytes) -> str:
    for encoding in ("utf-8", "gb18030"):
        # 末尾可能切斷半個字，去掉最多三個字節再試。
        for cut in range(4):
            try:
                head[: len(head) - cut].decode(encoding)
            except UnicodeDecodeError:
                continue
            return "text"
    return "unknown"


def declared_kind(name: str) -> str:
    """文件名自稱的種類（小寫，jpeg 與 jpg 等同名的歸一）；沒有擴展名則為空。"""
    __, dot, suffix = name.replace("\\", "/").rsplit("/", 1)[-1].rpartition(".")
    extension = suffix.strip().lower() if dot else ""
    return _OTHER_NAMES.get(extension, extension)
