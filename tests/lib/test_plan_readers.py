"""讀文件：讀得了的讀對，讀不了的用一句話說清。"""

import io
import struct
import zipfile
from pathlib import Path

import docx
import pytest
from docx.oxml import parse_xml
from docx.oxml.ns import nsdecls, qn
from openpyxl import Workbook

from pingtan_civ.lib.plan import package as gate
from pingtan_civ.lib.plan import parse_plan
from pingtan_civ.lib.plan.readers import UnreadablePlan, read_breakdown, read_plan

SAMPLE = Path(__file__).resolve().parents[2] / "campaigns" / "sample" / "situation-report.txt"
TRADITIONAL = SAMPLE.read_text(encoding="utf-8")
SIMPLIFIED = (Path(__file__).parent / "plans" / "linjiang.txt").read_text(encoding="utf-8")
SHORT = "一、工作目標\n1、提高服務水平。\n"


def refusal(data: bytes, name: str) -> str:
    with pytest.raises(UnreadablePlan) as caught:
        read_plan(data, name)
    sentence = str(caught.value)
    assert sentence.endswith("。")
    assert sentence.count("。") == 1
    return sentence


def word(*paragraphs: str) -> bytes:
    document = docx.Document()
    for text in paragraphs:
        document.add_paragraph(text)
    return saved(document)


def saved(document) -> bytes:
    stream = io.BytesIO()
    document.save(stream)
    return stream.getvalue()


def repacked(data: bytes, **changed: bytes) -> bytes:
    """換掉包裏的部件；鍵裏的 __ 代表 /，_xml 代表 .xml。"""
    new = {key.replace("__", "/").replace("_xml", ".xml"): value for key, value in changed.items()}
    stream = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as source, zipfile.ZipFile(stream, "w", 8) as target:
        for name in {*source.namelist(), *new}:
            target.writestr(name, new.get(name) if name in new else source.read(name))
    return stream.getvalue()


def sheet(rows, merged=()) -> bytes:
    book = Workbook()
    for row in rows:
        book.active.append(row)
    for area in merged:
        book.active.merge_cells(area)
    stream = io.BytesIO()
    book.save(stream)
    return stream.getvalue()


# ——文本的編碼——


@pytest.mark.parametrize(
    ("encoding", "text"),
    [
        ("utf-8", TRADITIONAL),
        ("utf-8-sig", TRADITIONAL),
        ("utf-16", TRADITIONAL),
        ("utf-16-le", TRADITIONAL),
        ("utf-16-be", SIMPLIFIED),
        ("gb18030", SIMPLIFIED),
        ("gb18030", TRADITIONAL),
        ("big5hkscs", TRADITIONAL.replace("极", "極").replace("与", "與").replace("·", "．")),
        ("gb18030", "一、工作目标\n1、提高服务水平。\n"),
        ("big5", SHORT),
        ("utf-16-le", SHORT),
        ("utf-8", "plain ASCII"),
    ],
)
def test_text_in_every_usual_encoding_is_read(encoding, text):
    assert read_plan(text.encode(encoding, errors="ignore"), "方案.txt") == text.encode(
        encoding, errors="ignore"
    ).decode(encoding)


def test_a_utf8_file_with_a_broken_byte_is_still_utf8():
    data = TRADITIONAL.encode()

    text = read_plan(data[:300] + b"\xff" + data[300:], "a.txt")

    assert "婚姻登記" in text


@pytest.mark.parametrize("name", ["a.txt", "a", "a.TXT", "A.TEXT", "C:\\方案\\a.txt"])
def test_the_name_of_a_text_file_may_vary(name):
    assert read_plan(SHORT.encode(), name) == SHORT


# ——拒絕——


@pytest.mark.parametrize("data", [b"", b"  \r\n\t ", b"\x00\x00"])
def test_an_empty_file_is_refused(data):
    assert "空的" in refusal(data, "a.txt")


@pytest.mark.parametrize(
    "data", [bytes(range(256)) * 20, b"\x7fELF\x02\x01" + b"\x00\x90" * 500, b"\x00\x01\x02" * 99]
)
def test_a_binary_file_is_refused(data):
    assert "不是文本" in refusal(data, "a.txt")


def test_a_file_too_large_is_refused(monkeypatch):
    monkeypatch.setattr(gate, "MAX_BYTES", 1024 * 1024)

    assert "1 MB" in refusal(b"a" * (1024 * 1024 + 1), "a.txt")


def test_a_text_too_long_is_refused():
    assert "一百萬字" in refusal("字".encode() * 1_000_001, "a.txt")


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"%PDF-1.7 ...", "PDF"),
        (b"{\\rtf1 x}", "RTF"),
        (b"\xff\xd8\xff\xe0 jpeg", "圖片"),
        (b"\x89PNG\r\n\x1a\n", "圖片"),
        (b"Rar!\x1a\x07", "壓縮包"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\x00" * 600, ".doc"),
    ],
)
def test_other_formats_are_named_with_the_remedy(data, words):
    assert words in refusal(data, "a.txt")


@pytest.mark.parametrize("name", ["a.docx", "a.xlsx"])
def test_an_encrypted_office_file_is_refused(name):
    data = (
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\x00" * 512 + "EncryptedPackage".encode("utf-16-le")
    )

    assert "密碼" in refusal(data, name)


def test_an_encrypted_entry_is_refused():
    data = bytearray(word("一、工作目標"))
    position = 0
    while (position := data.find(b"PK\x01\x02", position)) >= 0:
        struct.pack_into("<H", data, position + 8, 1)
        position += 4

    assert "密碼" in refusal(bytes(data), "a.docx")


@pytest.mark.parametrize("name", ["a.doc", "a.wps", "a.pdf", "a.exe"])
def test_an_unknown_extension_is_refused(name):
    assert ".docx" in refusal(SHORT.encode(), name)


def test_a_text_named_docx_is_refused():
    assert "內容卻不是" in refusal(SHORT.encode(), "a.docx")


def test_a_sheet_named_docx_is_refused():
    assert "內容卻是 .xlsx" in refusal(sheet([["具體措施", "牽頭單位"]]), "a.docx")


def test_a_word_file_named_txt_is_refused():
    assert "內容卻是 .docx" in refusal(word("文字"), "a.txt")


def test_a_bare_zip_is_refused():
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as package:
        package.writestr("a.txt", "x")

    assert "壓縮包" in refusal(stream.getvalue(), "a.docx")


def test_a_cut_off_word_file_is_refused():
    assert "損壞" in refusal(word("文字")[:2000], "a.docx")


def test_a_word_file_with_a_broken_part_is_refused():
    assert "損壞" in refusal(repacked(word("文字"), word__document_xml=b"<w:document"), "a.docx")


def test_a_damaged_stream_is_refused():
    data = bytearray(word("文字" * 500))
    with zipfile.ZipFile(io.BytesIO(bytes(data))) as package:
        start = package.getinfo("word/document.xml").header_offset
    data[start + 60 : start + 200] = b"\x00" * 140

    assert "損壞" in refusal(bytes(data), "a.docx")


def test_a_zip_bomb_in_word_clothing_is_refused():
    data = repacked(word("文字"), word__document_xml=b"<a>" + b" " * 30_000_000)

    assert "大得不正常" in refusal(data, "a.docx")


def test_a_package_of_countless_entries_is_refused(monkeypatch):
    monkeypatch.setattr(gate, "MAX_ENTRIES", 5)

    assert "大得不正常" in refusal(word("文字"), "a.docx")


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_a_word_file_with_entities_is_refused(encoding):
    evil = (
        f'<?xml version="1.0" encoding="{encoding}"?>'
        '<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]><x>&a;</x>'
    )
    data = repacked(word("文字"), word__document_xml=evil.encode(encoding))

    assert "實體" in refusal(data, "a.docx")


def test_a_sheet_with_entities_is_refused():
    evil = b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "aaaa">]><x>&a;</x>'
    data = repacked(sheet([["具體措施", "牽頭單位"]]), xl__workbook_xml=evil)

    assert "實體" in refusal(data, "a.xlsx")


def test_a_word_file_without_words_is_refused():
    assert "沒有文字" in refusal(word(""), "a.docx")


# ——Word——


def test_word_paragraphs_come_in_order_with_tables_between():
    document = docx.Document()
    document.add_paragraph("一、工作目標")
    table = document.add_table(rows=1, cols=2)
    table.cell(0, 0).text, table.cell(0, 1).text = "甲", "乙"
    document.add_paragraph("二、主要任務")

    text = read_plan(saved(document), "a.docx")

    assert text.split("\n") == ["一、工作目標", "甲　乙", "二、主要任務"]


def numbered(document, text: str, number: int, level: int) -> None:
    properties = document.add_paragraph(text)._p.get_or_add_pPr()
    properties.append(
        parse_xml(
            f'<w:numPr {nsdecls("w")}><w:ilvl w:val="{level}"/><w:numId w:val="{number}"/></w:numPr>'
        )
    )


def level(index: int, form: str, text: str) -> str:
    return (
        f'<w:lvl w:ilvl="{index}"><w:start w:val="1"/><w:numFmt w:val="{form}"/>'
        f'<w:lvlText w:val="{text}"/></w:lvl>'
    )


def test_words_own_numbering_is_printed_again():
    document = docx.Document()
    numbering = document.part.numbering_part.element
    for child in list(numbering):
        numbering.remove(child)
    levels = (
        level(0, "chineseCountingThousand", "%1、")
        + level(1, "chineseCounting", "（%2）")
        + level(2, "decimal", "%3.")
    )
    numbering.append(
        parse_xml(f'<w:abstractNum {nsdecls("w")} w:abstractNumId="7">{levels}</w:abstractNum>')
    )
    numbering.append(
        parse_xml(f'<w:num {nsdecls("w")} w:numId="9"><w:abstractNumId w:val="7"/></w:num>')
    )
    for text, depth in [
        ("工作目標", 0),
        ("服務優質", 1),
        ("隊伍優良", 1),
        ("主要任務", 0),
        ("完善制度", 1),
        ("建立台賬。", 2),
        ("公開指南。", 2),
    ]:
        numbered(document, text, 9, depth)

    text = read_plan(saved(document), "a.docx")

    assert text.split("\n") == [
        "一、工作目標", "（一）服務優質", "（二）隊伍優良",
        "二、主要任務", "（一）完善制度", "1.建立台賬。", "2.公開指南。",
    ]  # fmt: skip


def test_deleted_revisions_are_not_read():
    document = docx.Document()
    paragraph = document.add_paragraph("一、工作目標")
    paragraph._p.append(
        parse_xml(f"<w:del {nsdecls('w')}><w:r><w:delText>舊字</w:delText></w:r></w:del>")
    )
    paragraph._p.append(parse_xml(f"<w:ins {nsdecls('w')}><w:r><w:t>任務</w:t></w:r></w:ins>"))

    assert read_plan(saved(document), "a.docx") == "一、工作目標任務"


def test_a_breakdown_table_inside_word_is_flattened_with_its_tags():
    document = docx.Document()
    document.add_paragraph("二、主要任務")
    table = document.add_table(rows=3, cols=4)
    rows = [
        ["工作任務", "具體措施", "責任單位", "完成時限"],
        ["規範服務", "公開辦事指南", "辦公室、婚姻登記處", "6月底前"],
        ["規範服務", "設立投訴台", "辦公室", "9月底前"],
    ]
    for row, texts in zip(table.rows, rows, strict=True):
        for cell, text in zip(row.cells, texts, strict=True):
            cell.text = text
    table.cell(1, 0).merge(table.cell(2, 0)).text = "規範服務"

    plan = parse_plan(read_plan(saved(document), "a.docx"), year=2027)

    (item,) = plan.sections[0].items
    assert (item.mark, item.heading) == ("（一）", "規範服務")
    assert [c.mark for c in item.clauses] == ["1、", "2、"]
    assert item.clauses[0].proposals.lead == "辦公室"
    assert item.clauses[0].proposals.supporting == ("婚姻登記處",)
    assert item.clauses[1].proposals.due == "2027-09-30"


def test_the_document_as_word_parses_like_the_text():
    plan = parse_plan(read_plan(word(*TRADITIONAL.split("\n")), "a.docx"))

    assert plan == parse_plan(TRADITIONAL)


def test_word_strict_names_are_understood():
    data = word("一、工作目標")
    with zipfile.ZipFile(io.BytesIO(data)) as package:
        part = package.read("word/document.xml")
    strict = part.replace(
        b"http://schemas.openxmlformats.org/wordprocessingml/2006/main",
        b"http://purl.oclc.org/ooxml/wordprocessingml/main",
    )

    assert read_plan(repacked(data, word__document_xml=strict), "a.docx") == "一、工作目標"
    assert qn("w:p").endswith("p")


# ——任務分解表——

HEADINGS = [
    "序號", "創建目標", "主要任務", "具體措施", "責任領導", "牽頭科室", "配合科室", "責任人",
    "完成時限", "考核週期", "分值", "佐證材料", "備註",
]  # fmt: skip
ROW = [
    1, "提升服務", "規範窗口", "公開辦事指南", "分管副局長", "婚姻登記處", "辦公室、人事科", "處長",
    "2027年3月15日前", "每季度", 5, "實景圖片", "",
]  # fmt: skip


def test_a_breakdown_is_read_by_its_headings_with_addresses():
    found = read_breakdown(sheet([["2027年任務分解表"], HEADINGS, ROW]))

    (row,) = found.rows
    assert found.title == "2027年任務分解表"
    assert row.cells["measure"].text == "公開辦事指南"
    assert row.cells["measure"].address == "D3"
    assert row.proposals.lead == "婚姻登記處"
    assert row.proposals.supporting == ("辦公室", "人事科")
    assert (row.proposals.due, row.proposals.cycle) == ("2027-03-15", "quarterly")
    assert (row.proposals.leader, row.proposals.owner) == ("分管副局長", "處長")
    assert found.problems == ()


def test_merged_cells_are_filled_down_and_blank_ones_are_not():
    rows = [
        ["主要任務", "具體措施", "牽頭單位"],
        ["規範窗口", "公開指南", "辦公室"],
        [None, "設投訴台", None],
        [None, "回訪", None],
    ]

    found = read_breakdown(sheet(rows, ["A2:A4"]))

    assert [row.text("task") for row in found.rows] == ["規範窗口"] * 3
    assert found.rows[2].cells["task"].address == "A2"
    assert [row.proposals.lead for row in found.rows] == ["辦公室", None, None]


@pytest.mark.parametrize(
    "headings",
    [
        ["工作任务", "具体措施", "责任单位", "完成时限"],
        ["重點工作", "工 作\n措施", "責任單位（首位為牽頭）", "完成時間"],
        ["目標任務", "具體內容", "責任科室", "時限要求"],
    ],
)
def test_headings_are_known_in_both_scripts_and_many_wordings(headings):
    found = read_breakdown(sheet([headings, ["甲", "乙", "辦公室、人事科", "12月底前"]]), 2027)

    proposals = found.rows[0].proposals
    assert (proposals.lead, proposals.supporting) == ("辦公室", ("人事科",))
    assert proposals.due == "2027-12-31"


def test_the_heading_row_may_stand_lower():
    found = read_breakdown(sheet([[]] * 15 + [["說明文字"], HEADINGS, ROW]))

    assert found.rows[0].row == 18


def test_totals_and_blank_rows_are_passed_over():
    found = read_breakdown(sheet([HEADINGS, ROW, [], ["合計"], ["填表人：某某"]]))

    assert [row.row for row in found.rows] == [2]


def test_dates_and_whole_numbers_are_shown_as_people_write_them():
    from datetime import datetime

    row = [*ROW]
    row[8], row[10] = datetime(2027, 6, 30), 5.0  # noqa: DTZ001  單元格裏的日期沒有時區

    found = read_breakdown(sheet([HEADINGS, row])).rows[0]

    assert (found.proposals.due, found.text("points")) == ("2027-06-30", "5")


@pytest.mark.parametrize(
    ("column", "value", "address"),
    [(8, "儘快", "I2"), (8, "2月30日", "I2"), (9, "看情況", "J2"), (10, "五", "K2")],
)
def test_a_bad_cell_is_reported_with_its_address(column, value, address):
    row = [*ROW]
    row[column] = value

    (problem,) = read_breakdown(sheet([HEADINGS, row]), 2027).problems

    assert (problem.line, problem.cell) == (2, address)
    assert problem.message.endswith("。")


def test_a_row_without_a_task_is_reported():
    (problem,) = read_breakdown(sheet([HEADINGS, [1] + [None] * 4 + ["辦公室"]])).problems

    assert problem.cell == "A2"


def test_a_heading_without_rows_is_reported():
    assert len(read_breakdown(sheet([HEADINGS])).problems) == 1


def test_a_sheet_without_known_headings_is_refused():
    assert "表頭" in refusal(sheet([["姓名", "電話"], ["甲", "1"]]), "a.xlsx")


def test_a_word_file_is_no_breakdown():
    with pytest.raises(UnreadablePlan, match=r"不是 \.xlsx"):
        read_breakdown(word("文字"))


def test_a_merge_over_the_whole_sheet_is_refused():
    data = sheet([HEADINGS, ROW], ["A1:B2"])
    with zipfile.ZipFile(io.BytesIO(data)) as package:
        part = package.read("xl/worksheets/sheet1.xml").replace(b"A1:B2", b"A1:XFD1048576")

    assert "合併" in refusal(repacked(data, xl__worksheets__sheet1_xml=part), "a.xlsx")


def test_a_cell_far_away_does_not_blow_up_the_table():
    data = sheet([HEADINGS, ROW])
    with zipfile.ZipFile(io.BytesIO(data)) as package:
        part = package.read("xl/worksheets/sheet1.xml").replace(
            b"</sheetData>", b'<row r="1048576"><c r="XFD1048576"/></row></sheetData>'
        )

    assert len(read_breakdown(repacked(data, xl__worksheets__sheet1_xml=part)).rows) == 1


def test_a_table_of_too_many_rows_is_refused(monkeypatch):
    from pingtan_civ.lib.plan import breakdown

    monkeypatch.setattr(breakdown, "MAX_ROWS", 3)

    assert "3 行" in refusal(sheet([HEADINGS, ROW, ROW, ROW]), "a.xlsx")


def test_a_breakdown_read_as_a_plan_is_a_tree():
    second = [*ROW]
    second[0], second[3] = 2, "設立群眾投訴台"

    plan = parse_plan(read_plan(sheet([["任務分解方案"], HEADINGS, ROW, second]), "a.xlsx"), 2027)

    (section,) = plan.sections
    (item,) = section.items
    assert (section.heading, item.heading) == ("提升服務", "規範窗口")
    assert [c.proposals.lead for c in item.clauses] == ["婚姻登記處"] * 2
