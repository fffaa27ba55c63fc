"""辦公室自己的 Word 模板：佔位符一個個核對，別有用心的一份也不收，收下的填得出來。"""

from collections.abc import Callable
from datetime import datetime
from io import BytesIO
from zipfile import ZipFile

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from docx import Document
from docx.document import Document as WordDocument
from docx.opc.constants import RELATIONSHIP_TYPE as RT
from docx.oxml.ns import qn
from docx.shared import Mm, Pt
from PIL import Image
from PIL.ExifTags import IFD, Base

from people.models import User
from pingtan_civ.lib import word_templates
from reports import paper_kinds as register
from reports import templating
from reports.models import PaperTemplate, Report
from reports.paper_kinds import PaperFamily, PaperGroup, PaperKind, PaperRow, Shelf
from reports.placeholders import TemplateFields
from reports.rendering import Annex, OfficialDocument, Picture, UnreadablePicture, layout
from reports.rendering.pictures import absent_sentence
from reports.templating import (
    UnusableTemplate,
    check_template,
    fill_template,
    ready,
    sentence_of,
    starter,
)
from tests.cast import Cast
from tests.reports.stage import draft, lay_out

SignIn = Callable[[User], Client]
KIND: TemplateFields = register.template_kind("situation").template
SHAPE, SAMPLE = KIND.shape, ready(KIND.context(KIND.sample()))


def word(*texts: str, field: str = "") -> bytes:
    document = Document()
    for text in texts:
        document.add_paragraph(text)
    if field:
        run = document.add_paragraph().add_run()._r
        code = run.makeelement(f"{{{run.nsmap['w']}}}instrText")
        code.text = field
        run.append(code)
    target = BytesIO()
    document.save(target)
    return target.getvalue()


def problems(data: bytes) -> str:
    """在本進程裏核對（每次另起進程太慢；另起的那條路由別的測試走）。"""
    found = word_templates.check(BytesIO(data), SHAPE, SAMPLE)
    return "".join(sentence_of(each) for each in found["problems"])


@pytest.mark.parametrize(
    ("texts", "told"),
    [
        (["{{ 標提 }}"], "沒有「標提」這個佔位符，是不是「標題」？"),
        (["{%p for 章 in 各章 %}", "{{ 章.標提 }}", "{%p endfor %}"], "是不是「章.標題」？"),
        (["{{ cycler }}"], "沒有「cycler」這個佔位符，請照下面的表改。"),
        (["前一段", "{{ 標題 }"], "「{{ 標題 }」這一段：標記寫得不完整"),
        (["{%p for 章 in 各章 %}", "{{ 章.標題 }}"], "for、if 後面要有 endfor"),
        (["{{ 各章 }}"], "「各章」是一個清單"),
        (["{% for 字 in 標題 %}{{ 字 }}{% endfor %}"], "「標題」不是清單"),
        (["{{ 標題|tojson }}"], "不認得「|tojson」"),
        (["{{r 標題 }}"], "請改成 {{ }}"),
    ],
)
def test_a_mistake_is_named_with_what_to_write(texts: list[str], told: str) -> None:
    assert told in problems(word(*texts))


@pytest.mark.parametrize(
    "text",
    [
        "{{ ''.__class__.__mro__[1].__subclasses__() }}",
        "{{ 標題.__class__ }}",
        "{{ 標題._x }}",
        "{% for x in range(10**9) %}a{% endfor %}",
        "{{ 'a' * 999999999 }}",
        "{% set a = 標題 %}{{ a }}",
        "{% include '/etc/passwd' %}",
        "{% macro a() %}{% endmacro %}{{ a() }}",
        "{{ 標題.format(1) }}",
        "{{ 標題['x'] }}",
    ],
)
def test_nothing_but_names_loops_and_conditions_is_taken(text: str) -> None:
    assert "用了不許的寫法" in problems(word(text))


def test_loops_nested_too_deep_and_fields_that_fetch_are_refused() -> None:
    opened = "".join(f"{{% for a{n} in 各章 %}}" for n in range(7))

    assert "循環套循環" in problems(word(opened + "{{ 標題 }}" + "{% endfor %}" * 7))
    field = 'INCLUDEPICTURE "http://example.org/a.png"'
    assert "到別處取內容的域" in problems(word("{{ 標題 }}", field=field))


def test_what_people_wrote_is_filled_in_as_text() -> None:
    values = SAMPLE | {"標題": "<w:p/>{{ 落款 }}&「題」"}

    filled = word_templates.fill(BytesIO(word("{{ 標題 }}", "{{ 日期 }}")), values)

    told = [paragraph.text for paragraph in Document(BytesIO(filled)).paragraphs]
    assert told == ["<w:p/>{{ 落款 }}&「題」", "2026年12月1日"]


def test_the_starter_passes_its_own_check_in_the_child_and_fills_tables() -> None:
    data = starter(KIND)

    assert "各附件" in check_template(data, KIND)
    filled = Document(BytesIO(word_templates.fill(BytesIO(data), SAMPLE)))
    texts = [paragraph.text for paragraph in filled.paragraphs]
    assert "一、工作目標" in texts
    assert "附件1" in texts
    assert [name for name, _extent in photos(filled)] == ["窗口服務大廳"]
    assert [cell.text for cell in filled.tables[0].rows[1].cells] == ["1", "首接責任"]


def test_a_file_without_a_placeholder_is_refused() -> None:
    with pytest.raises(UnusableTemplate, match="一個佔位符也沒有"):
        check_template(word("沒有。"), KIND)


# —— 照片 ——


def photo(width: int = 3000, height: int = 1000) -> bytes:
    """一張帶拍攝信息（地點）的照片。"""
    image, exif, target = Image.new("RGB", (width, height), "navy"), Image.Exif(), BytesIO()
    exif.get_ifd(IFD.GPSInfo)[1] = "N"
    exif[Base.Make] = "SecretCamera"
    image.save(target, "JPEG", exif=exif)
    return target.getvalue()


def pictured(*images: object) -> OfficialDocument:
    made = tuple(Picture(image, f"照片{number}") for number, image in enumerate(images, 1))
    return OfficialDocument(title="題", blocks=(Annex("實景圖片", made),))


def in_loop(*texts: str) -> bytes:
    opened, closed = (
        ("{%p for 件 in 各附件 %}", "{%p for 圖 in 件.各照片 %}"),
        ("{%p endfor %}",) * 2,
    )
    return word(*opened, *texts, *closed)


def photos(document: WordDocument) -> list[tuple[str, tuple[int, int]]]:
    """（替代文字, 寬高）。"""
    found = document.element.body.iter(qn("wp:inline"))
    return [(each.docPr.get("descr"), (each.extent.cx, each.extent.cy)) for each in found]


def test_photos_are_placed_within_the_type_area_without_where_they_were_taken() -> None:
    context = ready(KIND.context(pictured(photo(), photo(900, 2700))))
    paper = Document(BytesIO(in_loop("{{ 圖.照片 }}", "{{ 圖.說明 }}")))
    section = paper.sections[0]
    section.left_margin = section.right_margin = section.page_width // 3
    paper.paragraphs[2].paragraph_format.line_spacing = Pt(28.95)
    paper.paragraphs[2].paragraph_format.first_line_indent = Pt(32)
    target = BytesIO()
    paper.save(target)

    data = word_templates.fill(target, context)

    filled = Document(BytesIO(data))
    (wide, tall), room = [size for _words, size in photos(filled)], section.page_width // 3
    assert [words for words, _size in photos(filled)] == ["照片1", "照片2"]
    assert wide[0] == pytest.approx(room, rel=0.01)
    assert wide[0] == pytest.approx(wide[1] * 3, rel=0.01)
    expected = [each * 12700 for each in layout.fit_picture(900, 2700)]
    assert tall == pytest.approx(expected, rel=0.01)
    holder = next(each for each in filled.paragraphs if each._p.findall(f".//{qn('wp:inline')}"))
    assert holder.paragraph_format.line_spacing == 1.0
    assert holder.paragraph_format.first_line_indent == 0
    with ZipFile(BytesIO(data)) as packed:
        media = [packed.read(name) for name in packed.namelist() if "media/" in name]
    assert len(media) == 2
    assert not [
        each for each in media if b"SecretCamera" in each or Image.open(BytesIO(each)).getexif()
    ]


def test_a_photo_in_a_table_is_no_wider_than_its_cell() -> None:
    paper = Document()
    table = paper.add_table(rows=3, cols=2)
    table.autofit = False
    for cell in table._cells:
        cell.width = Mm(50)
    for row, text in enumerate(("{%tr for 件 in 各附件 %}", "", "{%tr endfor %}")):
        table.cell(row, 0).text = text
    table.cell(1, 0).text = "{% for 圖 in 件.各照片 %}{{ 圖.照片 }}{% endfor %}"
    target = BytesIO()
    paper.save(target)
    assert word_templates.check(target, SHAPE, SAMPLE)["problems"] == []

    filled = word_templates.fill(target, ready(KIND.context(pictured(photo()))))

    (_words, (width, _height)) = photos(Document(BytesIO(filled)))[0]
    assert Mm(40) < width < Mm(50)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("{{ 圖.照片|upper }}", "「圖.照片」是照片，只能單獨寫成 {{ 圖.照片 }}"),
        ("{% if 圖.照片 %}有{% endif %}", "「圖.照片」是照片"),
        ("{% if 圖.照片 == '' %}有{% endif %}", "「圖.照片」是照片"),
        ("{% for x in 圖.照片 %}{{ x }}{% endfor %}", "「圖.照片」是照片"),
        ("{{ 圖.照片.photo }}", "沒有「圖.照片.photo」這個佔位符"),
        ("{{ 圖.照片._value }}", "用了不許的寫法"),
        ("{{ 圖.照片('/etc/passwd') }}", "用了不許的寫法"),
        ("{{ 件.各照片 }}", "「件.各照片」是一個清單"),
    ],
)
def test_a_photo_is_only_placed_whole(text: str, told: str) -> None:
    assert told in problems(in_loop(text))


@pytest.mark.parametrize(
    ("place", "where"),
    [
        ("header", "頁眉裏"),
        ("footer", "頁腳裏"),
        ("field", "域、公式、圖的說明裏"),
        ("alternative", "域、公式、圖的說明裏"),
    ],
)
def test_a_photo_outside_the_text_is_refused_with_a_sentence(place: str, where: str) -> None:
    every = "{% for 件 in 各附件 %}{% for 圖 in 件.各照片 %}{{ 圖.照片 }}{% endfor %}{% endfor %}"
    if place == "field":
        data = word("{{ 標題 }}", field=every)
    else:
        paper = Document()
        paper.add_paragraph("{{ 標題 }}")
        if place == "alternative":
            paper.add_picture(BytesIO(photo(30, 20)))
            next(paper.element.body.iter(qn("wp:docPr"))).set("descr", every)
        else:
            getattr(paper.sections[0], place).paragraphs[0].text = every
        target = BytesIO()
        paper.save(target)
        data = target.getvalue()

    told = problems(data)
    assert told == f"{where}放不了照片，照片只能單獨放在正文的一段或表格的一格裏。"


def broken() -> bytes:
    raise OSError


def test_photos_are_read_only_for_templates_that_place_them(cast: Cast, now: datetime) -> None:
    document = pictured(broken)
    plain, placing = word("{{ 標題 }}"), in_loop("{{ 圖.照片 }}")
    kept = [
        PaperTemplate(paper="situation", content=data, placeholders=check_template(data, KIND))
        for data in (plain, placing)
    ]

    assert Document(BytesIO(fill_template(kept[0], document))).paragraphs[0].text == "題"
    with pytest.raises(UnreadablePicture, match="照片1"):
        fill_template(kept[1], document)
    marked = Document(BytesIO(fill_template(kept[1], document, missing="mark")))
    assert marked.paragraphs[0].text == absent_sentence("照片1")


def test_too_many_photos_are_refused_with_a_way_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(templating, "MOST_PHOTO_BYTES", 100)

    with pytest.raises(UnusableTemplate, match="請按標準版式導出"):
        ready(KIND.context(pictured(photo())))


def test_the_page_says_how_to_place_photos(cast: Cast, signed_in: SignIn, place: str) -> None:
    page = signed_in(cast.office).get(place).content.decode()

    assert "{%p for 圖 in 件.各照片 %}" in page
    assert "{{ 圖.照片 }}" in page
    assert "不能放在頁眉、頁腳、腳註裏" in page


# —— 種類登記在一處 ——


def test_every_kind_is_registered_once_and_stored_codes_stand() -> None:
    keys = [kind.key for kind in register.paper_kinds()]
    codes = [kind.template.code for kind in register.template_kinds()]

    assert len(set(keys)) == len(keys)
    assert {"report-situation", "breakdown", "order", "letter", "candidate-form"} <= set(keys)
    # 庫裏的 PaperTemplate.paper 存的就是這幾個。
    assert codes == list(Report.Kind.values)


def test_a_kind_registered_once_is_on_the_list_and_takes_templates(
    cast: Cast, signed_in: SignIn, place: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    kind = PaperKind(
        "trial", "試製的單子", "", PaperGroup.TASKS, template=TemplateFields("stored-trial")
    )
    shelf = Shelf([PaperRow("試製的第一張", "/")], 1)
    family = PaperFamily(
        "trial", lambda: [kind], lambda standing, campaign, limit: {"trial": shelf}
    )
    monkeypatch.setattr(register, "_families", dict(register._families))
    register.register_papers(family)
    browser = signed_in(cast.office)

    answer = send(browser, place, word("{{ 標題 }}"), paper="stored-trial")
    listed = browser.get(reverse("reports:paper-list", args=[cast.campaign.code]))

    assert answer.status_code == 302
    assert PaperTemplate.objects.get().paper == "stored-trial"
    assert "試製的單子" in browser.get(place).content.decode()
    assert "試製的第一張" in listed.content.decode()


# —— 頁 ——


@pytest.fixture
def place(cast: Cast) -> str:
    return reverse("reports:template-list", args=[cast.campaign.code])


def send(
    browser: Client,
    place: str,
    data: bytes,
    name: str = "樣子",
    file: str = "a.docx",
    paper: str = "situation",
):
    upload = SimpleUploadedFile(file, data)
    return browser.post(place, {"paper": paper, "name": name, "file": upload})


def test_the_office_uploads_uses_replaces_and_retires(
    cast: Cast, signed_in: SignIn, place: str, now: datetime
) -> None:
    lay_out(cast)
    report, browser = draft(cast, now), signed_in(cast.office)

    assert send(browser, place, word("甲：{{ 標題 }}")).status_code == 302
    first = PaperTemplate.objects.get()
    download = reverse("reports:report-download", args=[cast.campaign.code, report.pk])
    made = browser.get(download, {"template": first.pk, "script": "hans"})
    filled = Document(BytesIO(b"".join(made.streaming_content)))
    assert filled.paragraphs[0].text == "甲：平潭县民政局文明行业创建情况汇报"

    send(browser, place, word("乙：{{ 標題 }}"))
    first.refresh_from_db()
    second = PaperTemplate.objects.get(retired_at=None)
    assert first.retired_at
    original = reverse("reports:template-file", args=[cast.campaign.code, first.pk])
    assert b"".join(browser.get(original).streaming_content) == bytes(first.content)

    browser.post(reverse("reports:template-retire", args=[cast.campaign.code, second.pk]))
    assert not PaperTemplate.objects.filter(retired_at=None).exists()
    assert "停用的 2 份" in browser.get(place).content.decode()


def test_a_refused_file_leaves_nothing_and_says_every_place(
    cast: Cast, signed_in: SignIn, place: str
) -> None:
    browser = signed_in(cast.office)
    linked = Document()
    linked.add_paragraph("{{ 標題 }}")
    linked.part.relate_to(
        "http://example.org/a.dotm",
        f"{RT.STYLES.rpartition('/')[0]}/attachedTemplate",
        is_external=True,
    )
    outside = BytesIO()
    linked.save(outside)

    two = send(browser, place, word("{{ 標提 }}", "{{ 落歀 }}")).content.decode()
    assert "是不是「標題」" in two
    assert "是不是「落款」" in two
    assert 'value="樣子"' in two
    for data, name in ((outside.getvalue(), "a.docx"), (word("{{ 標題 }}"), "a.docm")):
        answer = send(browser, place, data, file=name)
        assert answer.status_code == 200
        assert "id_file_error" in answer.content.decode()
    assert not PaperTemplate.objects.exists()
