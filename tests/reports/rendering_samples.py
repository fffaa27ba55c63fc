"""排版測試共用的小樣文。字體只用項目附帶的，任何機器上結果都一樣。"""

from datetime import date
from io import BytesIO

from PIL import Image
from pypdf import PdfReader

from reports.rendering import (
    Annex,
    Column,
    Heading,
    OfficialDocument,
    Paragraph,
    Picture,
    SourceNote,
    Table,
    to_pdf,
)

# 不查系統字體：空的文件夾表示只有附帶的字體。
BARE_MACHINE = ()
HANT = "根據縣委文明委有關精神，我局大力弘揚「為民、務實、創新、奉獻」的民政精神，殯儀服務群眾滿意率達99.3%。"
HANS = "根据县委文明委有关精神，我局大力弘扬“为民、务实、创新、奉献”的民政精神，殡仪服务群众满意率达99.3%。"
# 沒有標點，每字一格，便於數格子。
PLAIN_HAN = "天地玄黃宇宙洪荒日月盈昃辰宿列張寒來暑往秋收冬藏閏餘成歲律呂調陽雲騰致雨露結為霜"
TABLE = Table(
    caption="表1　任務分解表",
    columns=(Column("序號", 15, "center"), Column("措施", 90), Column("完成率", 25, "right")),
    rows=tuple((str(n), "健全首接責任制", "59.5%") for n in range(1, 201)),
)


def photo(width: int = 640, height: int = 480, format: str = "JPEG") -> bytes:
    target = BytesIO()
    Image.new("RGB", (width, height), "#345678").save(target, format)
    return target.getvalue()


def situation_report(script: str = "hant", **changes: object) -> OfficialDocument:
    text = HANT if script == "hant" else HANS
    values = {
        "title": "平潭縣民政局2026年第四季度文明行業創建情況彙報",
        "salutation": "縣委文明委：",
        "blocks": (
            Heading(1, "一、總體進展"),
            Paragraph(text, source_refs=(1,)),
            Heading(2, "（一）改進行業管理"),
            Heading(3, "1.服務承諾"),
            Heading(4, "（1）限時辦結"),
            Paragraph(text),
            Annex("任務分解表", (TABLE,)),
            Annex("實景圖片", (Picture(photo(), "便民設施"),)),
        ),
        "signature": "平潭縣民政局",
        "date": date(2026, 12, 1),
        "script": script,
        "sources": (SourceNote(1, "婚姻登記處，2026年11月報送。"),),
    }
    return OfficialDocument(**(values | changes))


def read_pdf(document: OfficialDocument, **options: object) -> PdfReader:
    return PdfReader(BytesIO(to_pdf(document, folders=BARE_MACHINE, **options)))


def text_of(reader: PdfReader) -> str:
    return "\n".join(page.extract_text() for page in reader.pages)
