import hashlib
import io

import pytest

from pingtan_civ.lib.images import normalise_picture
from pingtan_civ.lib.uploads import Inspected, RefusedUpload, inspect
from tests.lib import make_files as make

LIMIT = 50 * 1_048_576


def check(data: bytes, name: str, max_bytes: int = LIMIT) -> Inspected:
    return inspect(io.BytesIO(data), name, max_bytes=max_bytes)


def refusal(data: bytes, name: str, max_bytes: int = LIMIT) -> str:
    with pytest.raises(RefusedUpload, match=r"。$") as caught:
        check(data, name, max_bytes)
    return caught.value.sentence


@pytest.mark.parametrize(
    ("data", "name", "extension"),
    [
        (make.pdf(), "總結.pdf", "pdf"),
        (make.word(), "總結.docx", "docx"),
        (make.excel(), "台賬.XLSX", "xlsx"),
        (make.powerpoint(), "彙報.pptx", "pptx"),
        (make.picture(make.scene()), "照片.JPEG", "jpg"),
        (make.picture(make.scene(), "PNG"), "截圖.png", "png"),
        (make.picture(make.scene(), "WEBP"), "a.webp", "webp"),
        (make.picture(make.scene(), "HEIF"), "IMG_0001.HEIC", "heic"),
        (make.pdf(), "沒有擴展名", "pdf"),
        (make.picture(make.scene(), "PNG"), "微信圖片.jpg", "png"),
    ],
)
def test_the_kinds_a_bureau_uses_are_taken(data, name, extension):
    found = check(data, name)

    assert found.extension == extension
    assert found.size == len(data)
    assert found.sha256 == hashlib.sha256(data).hexdigest()
    assert found.is_picture == (extension in ("jpg", "png", "webp", "heic"))


def test_the_file_is_handed_back_at_its_beginning():
    file = io.BytesIO(make.pdf())

    inspect(file, "a.pdf", max_bytes=LIMIT)

    assert file.tell() == 0


@pytest.mark.parametrize(
    ("data", "name", "says"),
    [
        (b"", "a.pdf", "空的"),
        (make.ole("Root Entry", "WordDocument"), "a.doc", "在 Word 裏另存為 .docx"),
        (make.ole("Root Entry", "Workbook"), "a.xls", "在 Excel 裏另存為 .xlsx"),
        (make.ole("Root Entry", "PowerPoint Document"), "a.ppt", "另存為 .pptx"),
        (make.ole("Root Entry"), "a.wps", "舊版辦公文件"),
        (make.ole("Root Entry", "EncryptedPackage"), "a.docx", "設了密碼"),
        (make.ole("EncryptedPackage", "WordDocument"), "a.docx", "設了密碼"),
        (make.archive({"a.txt": b"x"}), "a.zip", "壓縮包"),
        (make.archive({"a.txt": b"x"}), "a.docx", "壓縮包"),
        (make.archive({}), "a.zip", "壓縮包"),
        (b"Rar!\x1a\x07\x01\x00" + b"x" * 99, "a.rar", "壓縮包"),
        (b"7z\xbc\xaf\x27\x1c" + b"x" * 99, "a.7z", "壓縮包"),
        (b"MZ\x90\x00" + b"\0" * 99, "照片.jpg", "程序文件"),
        (b"\x7fELF" + b"\0" * 99, "a.pdf", "程序文件"),
        (b"#!/bin/sh\nrm x\n", "a.pdf", "程序文件"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "a.svg", "SVG"),
        (b"\xef\xbb\xbf<?xml version='1.0'?>\n<SVG/>", "a.png", "SVG"),
        (b"\n\n<!DOCTYPE HTML><p>", "a.jpg", "網頁"),
        (b"<script>1</script>", "a.pdf", "網頁"),
        ("會議記錄".encode(), "a.txt", "純文本"),
        ("會議記錄".encode("gb18030"), "a.csv", "純文本"),
        ("會議記錄".encode("utf-16"), "a.txt", "純文本"),
        (b"GIF89a" + b"\0" * 99, "a.gif", "另存為 JPG 或 PNG"),
        (b"BM" + b"\0" * 99, "a.bmp", "另存為 JPG 或 PNG"),
        (b"\0\0\0\x18ftypavif" + b"\0" * 99, "a.avif", "另存為 JPG 或 PNG"),
        (b"\0\0\0\x18ftypmp42\0\0\0\0isomavc1", "a.mp4", "視頻"),
        (b"RIFF\0\0\0\0WAVEfmt ", "a.wav", "視頻和音頻"),
        (make.archive({"OFD.xml": b"<a/>", "Doc_0/Document.xml": b"<a/>"}), "a.ofd", "OFD"),
        (make.archive({"META-INF/manifest.xml": b"", "content.xml": b""}), "a.odt", "OpenDocument"),
        (b"\0\1\2\3" * 50, "a.bin", "看不出"),
    ],
)
def test_other_kinds_are_refused_with_what_to_do(data, name, says):
    assert says in refusal(data, name)


def test_a_word_file_called_jpg_is_sent_back_to_be_renamed():
    assert refusal(make.word(), "現場.jpg") == (
        "文件名是 .jpg，內容其實是 Word 文檔，請改回正確的名稱再傳。"
    )


def test_a_picture_called_pdf_is_sent_back_to_be_renamed():
    assert "內容其實是 PNG 圖片" in refusal(make.picture(make.scene(), "PNG"), "掃描件.pdf")


def test_a_file_over_the_limit_is_refused_with_both_figures():
    data = make.pdf(b"x" * 3_000_000)

    assert "有 2.9 MB，超過 2 MB 的上限" in refusal(data, "a.pdf", max_bytes=2 * 1_048_576)


def test_a_file_a_little_over_the_limit_is_not_said_to_equal_it():
    data = make.pdf(b"x" * 2 * 1_048_576)

    assert "有 2.1 MB，超過 2 MB 的上限" in refusal(data, "a.pdf", max_bytes=2 * 1_048_576)


@pytest.mark.parametrize(
    "extra", [b"trailer<</Encrypt 5 0 R>>", b"<</Type/XRef/Encrypt<</V 4>>>>", b"/Encrypt\n12 0 R"]
)
def test_a_locked_pdf_is_refused(extra):
    assert "加了密碼" in refusal(make.pdf(extra), "a.pdf")


def test_the_lock_is_found_even_across_two_chunks():
    head = make.pdf(b"x" * ((1 << 18) - 45) + b"/Encrypt 5 0 R")

    assert "加了密碼" in refusal(head, "a.pdf")


def test_a_pdf_that_only_speaks_of_encryption_is_taken():
    assert (
        check(make.pdf(b"(see /Encryption and /Encrypt in the text)"), "a.pdf").extension == "pdf"
    )


def test_half_a_pdf_is_refused():
    assert "沒有傳完整" in refusal(make.pdf(b"x" * 9000)[:5000], "a.pdf")


@pytest.mark.parametrize(
    "data",
    [
        make.package(extra={"word/vbaProject.bin": b"x"}),
        make.package("application/vnd.ms-word.document.macroEnabled.main+xml"),
        make.package(extra={"xl/macrosheets/VBA_1.xml": b"x"}),
    ],
)
def test_macros_are_refused_whatever_the_file_is_called(data):
    assert "帶有宏" in refusal(data, "a.docx")


def test_a_renamed_macro_part_is_betrayed_by_its_content_type():
    types = (
        b"<Types><Override PartName='/word/document.xml' ContentType='x.wordprocessingml.document."
        b"main+xml'/><Override PartName='/word/a.bin' ContentType='application/vnd.ms-office.vbaProject'"
        b"/></Types>"
    )

    data = make.archive({"[Content_Types].xml": types, "word/document.xml": b"<a/>"})

    assert "帶有宏" in refusal(data, "a.docx")


def test_a_zip_bomb_in_docx_clothing_is_refused_unopened():
    data = make.package(extra={"word/media/image1.xml": b"\0" * 20_000_000})

    assert len(data) < 30_000
    assert "異常龐大" in refusal(data, "a.docx")


def test_a_package_of_too_many_parts_is_refused():
    data = make.package(extra={f"word/{n}.xml": b"" for n in range(10_001)})

    assert "異常龐大" in refusal(data, "a.docx")


@pytest.mark.parametrize(
    "types",
    [
        b"<!DOCTYPE a [<!ENTITY b 'c'>]><Types>&b;</Types>",
        b"<Types",
        b"\xff\xfe\x00",
    ],
)
def test_a_package_with_a_poisoned_list_of_parts_is_refused(types):
    assert "損壞" in refusal(make.archive({"[Content_Types].xml": types}), "a.docx")


def test_a_body_that_declares_entities_is_refused():
    body = b"<?xml version='1.0'?><!DOCTYPE a [<!ENTITY b 'c'>]><document>&b;</document>"

    assert "損壞" in refusal(make.package(body=body), "a.docx")


@pytest.mark.parametrize("keep", [30, 2000, -30])
def test_half_a_word_file_is_refused(keep):
    assert "損壞" in refusal(make.word()[:keep], "a.docx")


def test_a_word_file_whose_body_is_scratched_is_refused():
    data = bytearray(make.package(body=b"".join(b"<p>%d</p>" % n for n in range(5000))))
    data[600:620] = b"\xff" * 20

    assert "損壞" in refusal(bytes(data), "a.docx")


def test_a_package_locked_by_zip_password_is_refused():
    data = bytearray(make.package())
    for sign, at in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        start = data.find(sign)
        data[start + at] |= 1

    assert "設了密碼" in refusal(bytes(data), "a.docx")


def test_a_package_of_an_unknown_kind_is_refused():
    assert "看不出" in refusal(make.package("application/vnd.ms-visio.drawing.main+xml"), "a.vsdx")


def test_a_large_file_is_read_in_small_pieces(tmp_path):
    path = tmp_path / "large.pdf"
    with path.open("wb") as target:
        target.write(make.pdf())
        target.seek(200_000_000)
        target.write(b"\n%%EOF\n")

    class Watched(io.BufferedReader):
        largest = 0

        def read(self, size=-1):
            assert size is not None
            assert size > 0
            Watched.largest = max(Watched.largest, size)
            return super().read(size)

    with Watched(io.FileIO(path)) as file:
        found = inspect(file, "large.pdf", max_bytes=300_000_000)

    assert found.size == 200_000_007
    assert Watched.largest <= 1 << 18


def test_a_wrapper_whose_seek_returns_nothing_works_too():
    class Wrapper:
        """如 Django 的 UploadedFile：方法轉給裏面的文件，seek 可能不返回位置。"""

        def __init__(self, data: bytes) -> None:
            self.file = io.BytesIO(data)

        def seek(self, *args: int) -> None:
            self.file.seek(*args)

        def __getattr__(self, name: str) -> object:
            return getattr(self.file, name)

    assert inspect(Wrapper(make.word()), "a.docx", max_bytes=LIMIT).extension == "docx"
    assert normalise_picture(Wrapper(make.picture(make.scene())))[1].width == 800


@pytest.mark.parametrize(
    "name", ["", ".", "a.", "目錄/子目錄/a.pdf", "C:\\a\\b.pdf", "a.b.PDF ", "x" * 5000]
)
def test_odd_names_do_no_harm(name):
    assert check(make.pdf(), name).extension == "pdf"
