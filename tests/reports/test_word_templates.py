"""辦公室自己的 Word 模板：佔位符一個個核對，別有用心的一份也不收，收下的填得出來。"""

from collections.abc import Callable
from datetime import datetime
from io import BytesIO

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from docx import Document
from docx.opc.constants import RELATIONSHIP_TYPE as RT

from people.models import User
from pingtan_civ.lib import word_templates
from reports import paper_kinds as register
from reports.models import PaperTemplate, Report
from reports.paper_kinds import PaperFamily, PaperGroup, PaperKind, PaperRow, Shelf
from reports.placeholders import TemplateFields
from reports.templating import UnusableTemplate, check_template, sentence_of, starter
from tests.cast import Cast
from tests.reports.stage import draft, lay_out

SignIn = Callable[[User], Client]
KIND: TemplateFields = register.template_kind("situation").template
SHAPE, SAMPLE = KIND.shape, KIND.context(KIND.sample())


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
    assert "附件" in texts
    assert [cell.text for cell in filled.tables[0].rows[1].cells] == ["1", "首接責任"]


def test_a_file_without_a_placeholder_is_refused() -> None:
    with pytest.raises(UnusableTemplate, match="一個佔位符也沒有"):
        check_template(word("沒有。"), KIND)


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
