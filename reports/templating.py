"""局裏自己的 Word 模板：收下時核對，下載時填好，起步的樣本。核對和填寫都在關得住的子進程裏。"""

from io import BytesIO
from typing import Any, Literal

from django.utils.translation import gettext as _
from docx import Document
from docx.oxml.ns import qn
from docx.table import Table as WordTable

from pingtan_civ.lib import confined
from pingtan_civ.lib.word_templates import FILTERS, MOST_DEEP, PHOTO, Problem
from reports.models import PaperTemplate
from reports.paper_kinds import template_kind
from reports.placeholders import Context, TemplateFields
from reports.rendering import (
    Annex,
    Column,
    Heading,
    OfficialDocument,
    Paragraph,
    Picture,
    Table,
    UnreadablePicture,
    to_docx,
)
from reports.rendering.pictures import absent_sentence, prepare
from reports.rendering.text import one_line

CHECK, FILL = "pingtan_civ.lib.word_templates:check", "pingtan_civ.lib.word_templates:fill"
#: 一份模板填一次的上限；一百頁的彙報幾秒鐘、二百多 MB。
SECONDS, MEGABYTES = 30, 700
#: 照片合起來的上限：填好的文件要經結果交回，那裏裝不下更多。
MOST_PHOTO_BYTES = 40_000_000
Missing = Literal["refuse", "mark"]


class UnusableTemplate(Exception):
    """模板不能用。參數是給人看的幾句話，每句一處。"""

    def __init__(self, sentences: list[str]) -> None:
        super().__init__("".join(sentences))
        self.sentences = sentences


def check_template(data: bytes, fields: TemplateFields) -> list[str]:
    """核對並試填；返回用到的佔位符。Raises UnusableTemplate。"""
    sample = ready(fields.context(fields.sample()))
    try:
        with confined.upload_on_disk(BytesIO(data)) as path:
            found = confined.run(
                CHECK, path, fields.shape, sample, seconds=SECONDS, megabytes=MEGABYTES
            )
    except confined.TooMuch as stopped:
        raise UnusableTemplate([stopped.sentence]) from stopped
    except confined.Failed as failure:
        raise UnusableTemplate(
            [_("這份模板打不開或填不出來，請用 Word 另存為 .docx 再傳；也可以從樣本改起。")]
        ) from failure
    if found["problems"]:
        raise UnusableTemplate(list(dict.fromkeys(sentence_of(each) for each in found["problems"])))
    if not found["used"]:
        raise UnusableTemplate(
            [_("這份文件裏一個佔位符也沒有，填不進內容。請照下面的表寫上，例如 {{ 標題 }}。")]
        )
    return list(found["used"])


def fill_template(
    template: PaperTemplate, document: OfficialDocument, *, missing: Missing = "refuse"
) -> bytes:
    """把這份公文填進模板。missing 為 mark 時，讀不出的照片印一句話。

    Raises UnusableTemplate、UnreadablePicture。
    """
    kind = template_kind(template.paper)
    if kind is None:
        raise UnusableTemplate([_("這種文件現在不用模板，請按標準版式導出。")])
    context = kind.template.context(document)
    context = ready(context, missing, has_photos=PHOTO in template.placeholders)
    try:
        with confined.upload_on_disk(BytesIO(bytes(template.content))) as path:
            return confined.run(FILL, path, context, seconds=SECONDS, megabytes=MEGABYTES)
    except confined.TooMuch as stopped:
        raise UnusableTemplate(
            [_("用這份模板填寫超過了時間或內存的上限，請按標準版式導出，或把模板改簡單些。")]
        ) from stopped
    except confined.Failed as failure:
        raise UnusableTemplate(
            [_("用這份模板沒有填成，請按標準版式導出，並檢查模板裏的佔位符。")]
        ) from failure


def ready(context: Context, missing: Missing = "refuse", *, has_photos: bool = True) -> Context:
    """照片讀好、轉正、縮到夠印、去掉拍攝信息；模板沒有用到照片的，一張也不讀。

    Raises UnusableTemplate：照片合起來太大；UnreadablePicture。
    """
    total = 0

    def made(value: Any) -> Any:
        nonlocal total
        if isinstance(value, Picture):
            found = _photo(value, missing) if has_photos else ""
            total += len(found["photo"]) if isinstance(found, dict) else 0
            if total > MOST_PHOTO_BYTES:
                raise UnusableTemplate(
                    [_("照片太多，用模板填不下，請按標準版式導出，或少放幾張照片。")]
                )
            return found
        if isinstance(value, dict):
            return {name: made(each) for name, each in value.items()}
        return [made(each) for each in value] if isinstance(value, list) else value

    return made(context)


def _photo(picture: Picture, missing: Missing) -> dict[str, Any] | str:
    try:
        found = prepare(picture)
    except UnreadablePicture:
        if missing == "refuse":
            raise
        return absent_sentence(picture.caption)
    return {
        "photo": found.data,
        "words": one_line(picture.caption),
        "width": found.width_pt,
        "height": found.height_pt,
    }


def sentence_of(problem: Problem) -> str:
    """一處不對，一句話：在哪裏，是什麼，怎麼改。"""
    word, near = problem["word"], problem["near"]
    values = {"word": word, "near": near, "where": _place(problem["where"])}
    code = problem["code"]
    if code == "unknown" and near:
        return _("%(where)s沒有「%(word)s」這個佔位符，是不是「%(near)s」？") % values
    if code == "filter":
        values["known"] = "、".join(FILTERS)
        return _("%(where)s不認得「|%(word)s」，能用的有 %(known)s。") % values
    if code == "deep":
        values["most"] = str(MOST_DEEP)
        return _("%(where)s循環套循環超過 %(most)s 層，請減少幾層。") % values
    if code == "photo_place" and not values["where"]:
        values["where"] = _("域、公式、圖的說明裏")
    return _SENTENCES.get(code, _SENTENCES["syntax"])() % values


_SENTENCES = {
    "unknown": lambda: _("%(where)s沒有「%(word)s」這個佔位符，請照下面的表改。"),
    "syntax": lambda: _(
        "%(where)s標記寫得不完整或不合規矩。{{ }} 和 {%% %%} 要成對，每個 for、if 後面要有 endfor、endif。"
    ),
    "forbidden": lambda: _(
        "%(where)s用了不許的寫法。模板裏只能寫佔位符、for 和 if，不能調用、賦值、計算，"
        "也不能用下劃線開頭的名稱。"
    ),
    "raw": lambda: _("%(where)s不能用 {{r }} 或 {{p }}，請改成 {{ }}；整段的循環用 {%%p for %%}。"),
    "not_a_list": lambda: _("%(where)s「%(word)s」不是清單，不能放在 for 裏。"),
    "list_as_text": lambda: _("%(where)s「%(word)s」是一個清單，要用 for 逐項取，不能直接寫出來。"),
    "fetching": lambda: _(
        "這份模板裏有打開時到別處取內容的域（%(word)s），不能用。請在 Word 裏刪去這個域再傳。"
    ),
    "misplaced": lambda: _(
        "試填出來的不是一份完整的 Word 文件：for 和 endfor 多半沒有放在同一層。"
        "整段的用 {%%p %%}，表格整行的用 {%%tr %%}，各自獨佔一段或一行。"
    ),
    "photo_place": lambda: _("%(where)s放不了照片，照片只能單獨放在正文的一段或表格的一格裏。"),
    "photo_alone": lambda: _(
        "%(where)s「%(word)s」是照片，只能單獨寫成 {{ %(word)s }}，不能放進 for、if 或加過濾器。"
    ),
    "broken": lambda: _("試填時出了錯（%(word)s），請檢查佔位符。"),
}


def _place(where: str) -> str:
    named = {
        "header": _("頁眉裏"),
        "footer": _("頁腳裏"),
        "footnote": _("腳註裏"),
        "properties": _("文件屬性裏"),
    }
    if where in named:
        return named[where]
    return _("「%(text)s」這一段：") % {"text": where} if where else ""


#: 欄數填的時候才知道的一張表。
_CELLS = Table(
    "",
    (
        Column("{%tc for 格 in 表.欄名 %}", 40),
        Column("{{ 格 }}", 60),
        Column("{%tc endfor %}", 40),
    ),
    (
        ("{%tr for 行 in 表.各行 %}", "", ""),
        ("{%tc for 格 in 行.各格 %}", "{{ 格 }}", "{%tc endfor %}"),
        ("{%tr endfor %}", "", ""),
    ),
)


def starter(fields: TemplateFields) -> bytes:
    """起步的樣本：標準版式，該填的地方都是佔位符，拿去改字體、版面就行。"""
    document = OfficialDocument(
        title="{{ 標題 }}",
        place_line="{{ 期間 }}",
        salutation="{{ 主送 }}",
        blocks=(
            Paragraph("{%p for 章 in 各章 %}"),
            Paragraph("{%p if 章.級別 == 1 %}"),
            Heading(1, "{{ 章.標題 }}"),
            Paragraph("{%p endif %}"),
            Paragraph("{%p if 章.級別 == 2 %}"),
            Heading(2, "{{ 章.標題 }}"),
            Paragraph("{%p endif %}"),
            Paragraph("{%p for 段 in 章.各段 %}"),
            Paragraph("{{ 段.文字 }}"),
            Paragraph("{%p endfor %}"),
            Paragraph("{%p endfor %}"),
            Annex(
                "{{ 件.標題 }}",
                (
                    Paragraph("{%p for 段 in 件.各段 %}"),
                    Paragraph("{{ 段.文字 }}"),
                    Paragraph("{%p endfor %}"),
                    Paragraph("{%p for 表 in 件.各表 %}"),
                    Paragraph("{{ 表.標題 }}"),
                    _CELLS,
                    Paragraph("{%p endfor %}"),
                    Paragraph("{%p for 圖 in 件.各照片 %}"),
                    Paragraph("{{ 圖.照片 }}"),
                    Paragraph("{{ 圖.說明 }}"),
                    Paragraph("{%p endfor %}"),
                ),
            ),
        ),
        signature="{{ 落款 }}",
    )
    return _looped(to_docx(document))


_PHOTO_STYLES = {"{{ 圖.照片 }}": "圖片", "{{ 圖.說明 }}": "圖片說明"}


def _looped(data: bytes) -> bytes:
    """附件的循環要從「附件」的標識那一段之前開始，落款之後補上日期。"""
    word = Document(BytesIO(data))
    for paragraph in word.paragraphs:
        if paragraph.style.name == "附件標識" and paragraph.text:
            before = paragraph.insert_paragraph_before("{%p for 件 in 各附件 %}", style="Body Text")
            before.paragraph_format.page_break_before = False
            paragraph.runs[0].text = "{{ 件.標識 }}"
        elif paragraph.style.name == "附件說明":
            paragraph._p.getparent().remove(paragraph._p)
        elif style := _PHOTO_STYLES.get(paragraph.text):
            paragraph.style = word.styles[style]
        elif paragraph.text == "{{ 落款 }}":
            day = word.add_paragraph("{{ 日期 }}", style="Date")
            day.paragraph_format.right_indent = paragraph.paragraph_format.right_indent
            paragraph._p.addnext(day._p)
    word.add_paragraph("{%p endfor %}", style="Body Text")
    for table in word.tables:
        _let_grow(table)
    target = BytesIO()
    word.save(target)
    return target.getvalue()


def _let_grow(table: WordTable) -> None:
    """欄數填的時候才知道：表與版心等寬，各欄由 Word 按內容分。"""
    table.autofit = True
    table._tbl.tblPr.find(qn("w:tblW")).attrib.update({qn("w:w"): "5000", qn("w:type"): "pct"})
    for width in table._tbl.iter(qn("w:tcW")):
        width.attrib.update({qn("w:w"): "0", qn("w:type"): "auto"})
