"""辦公室自己的 Word 模板裏有哪些佔位符、樣例是什麼。哪種公文能用模板，登記在 paper_kinds。

公文都先變成 OfficialDocument（它本來就這樣印），context_of 再變成模板裏的各個名稱。
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from io import BytesIO
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from PIL import Image

from pingtan_civ.lib.word_templates import PHOTO
from reports.rendering import (
    Annex,
    BulletinHead,
    Column,
    Heading,
    OfficialDocument,
    Paragraph,
    Picture,
    RedHead,
    Table,
)
from reports.rendering.text import clean, one_line

Context = dict[str, Any]


@dataclass(frozen=True)
class Placeholder:
    """一個佔位符。inside 不空的是清單，要用 for 取；每項的名稱在其中，空名稱說明每項本身是文字。

    is_photo 的是一張照片，只能整張放。
    """

    name: str
    hint: str | Promise
    example: str = ""
    inside: tuple["Placeholder", ...] = ()
    is_photo: bool = False

    @property
    def shape(self) -> Any:
        if not self.inside:
            return PHOTO if self.is_photo else None
        if not self.inside[0].name:
            return {"": None}
        return {each.name: each.shape for each in self.inside}


_CELL = Placeholder("", _("一格的文字"), "婚姻登記處")
_CAPTION = Placeholder("", _("一張照片的說明"), "窗口服務大廳")
_TEXTS = (Placeholder("文字", _("這一段的文字"), "窗口全部實行首接責任制。"),)
COMMON = (
    Placeholder("標題", _("文件的標題"), "平潭縣民政局文明行業創建情況彙報"),
    Placeholder("發文機關標志", _("紅頭上的字；沒有定的為空"), "平潭縣民政局文件"),
    Placeholder("發文字號", _("發文字號；還沒有編的為空"), "平民創報〔2026〕3號"),
    Placeholder("簽發人", _("上行文的簽發人；沒有的為空"), "林某某"),
    Placeholder("期號", _("簡報的期號"), "第3期"),
    Placeholder("期間", _("標題下的一行"), "（2026年第四季度）"),
    Placeholder("主送", _("主送機關，帶冒號"), "縣委文明委："),
    Placeholder("落款", _("落款單位"), "平潭縣民政局"),
    Placeholder("日期", _("成文日期"), "2026年12月1日"),
    Placeholder("抄送", _("抄送機關"), "縣委宣傳部，縣文明辦。"),
    Placeholder(
        "各章",
        _("正文的各章，依次"),
        inside=(
            Placeholder("標題", _("帶編號的標題；開頭沒有標題的一章為空"), "一、工作目標"),
            Placeholder("級別", _("幾級標題：1 或 2；沒有標題的是 0"), "1"),
            Placeholder("各段", _("這一章的各段"), inside=_TEXTS),
        ),
    ),
    Placeholder(
        "各附件",
        _("各件附件，依次"),
        inside=(
            Placeholder("標識", _("「附件」和序號"), "附件1"),
            Placeholder("標題", _("附件的標題"), "任務分解表"),
            Placeholder("各段", _("附件裏的文字"), inside=_TEXTS),
            Placeholder(
                "各表",
                _("附件裏的表"),
                inside=(
                    Placeholder("標題", _("表的標題"), "表1　任務分解表"),
                    Placeholder("欄名", _("表頭的各格"), inside=(_CELL,)),
                    Placeholder(
                        "各行",
                        _("表的各行"),
                        inside=(Placeholder("各格", _("這一行的各格"), inside=(_CELL,)),),
                    ),
                ),
            ),
            Placeholder("各圖", _("只要照片的說明、不放照片時用它"), inside=(_CAPTION,)),
            Placeholder(
                "各照片",
                _("附件裏的照片，依次"),
                inside=(
                    Placeholder(
                        "照片",
                        _("照片，單獨放一段或一格"),
                        is_photo=True,
                    ),
                    Placeholder("說明", _("照片的說明"), "窗口服務大廳"),
                ),
            ),
        ),
    ),
)


def context_of(document: OfficialDocument) -> Context:
    """一份公文裏的各個名稱；字形已隨公文轉好。"""
    head = document.head
    copied = document.copied_text
    return {
        "標題": one_line(document.title),
        "發文機關標志": one_line(_mark(head)),
        "發文字號": one_line(head.number) if isinstance(head, RedHead) else "",
        "簽發人": one_line(head.signer) if isinstance(head, RedHead) else "",
        "期號": one_line(head.issue) if isinstance(head, BulletinHead) else "",
        "期間": one_line(document.place_line or ""),
        "主送": one_line(document.salutation or ""),
        "落款": one_line(document.signature or ""),
        "日期": document.date_text,
        "抄送": copied,
        "各章": _chapters(document),
        "各附件": [
            _annex(annex, document.annex_mark(position))
            for position, annex in enumerate(document.annexes, 1)
        ],
    }


def _mark(head: RedHead | BulletinHead | None) -> str:
    if isinstance(head, RedHead):
        return head.mark
    return head.name if isinstance(head, BulletinHead) else ""


def _chapters(document: OfficialDocument) -> list[Context]:
    chapters: list[Context] = []
    for block in document.body:
        if isinstance(block, Heading):
            chapters.append({"標題": one_line(block.text), "級別": block.level, "各段": []})
        elif isinstance(block, Paragraph):
            if not chapters:
                chapters.append({"標題": "", "級別": 0, "各段": []})
            chapters[-1]["各段"] += _texts(block)
    return chapters


def _texts(block: Paragraph) -> list[Context]:
    return [{"文字": "".join(run.text for run in line)} for line in block.lines()]


def _annex(annex: Annex, mark: str) -> Context:
    blocks = annex.blocks
    pictures = [block for block in blocks if isinstance(block, Picture)]
    return {
        "標識": mark,
        "標題": one_line(annex.title),
        "各段": [t for block in blocks if isinstance(block, Paragraph) for t in _texts(block)],
        "各表": [
            {
                "標題": one_line(block.caption),
                "欄名": [clean(column.title) for column in block.columns],
                "各行": [{"各格": [clean(cell) for cell in row]} for row in block.rows],
            }
            for block in blocks
            if isinstance(block, Table)
        ],
        "各圖": [one_line(block.caption) for block in pictures],
        # 照片本身到填的時候才讀（templating.ready）。
        "各照片": [{"照片": block, "說明": one_line(block.caption)} for block in pictures],
    }


def _blank() -> bytes:
    target = BytesIO()
    Image.new("RGB", (40, 30), "white").save(target, "PNG")
    return target.getvalue()


def sample() -> OfficialDocument:
    """上傳時試填的樣例。"""
    table = Table(
        "表1", (Column("序號", 20), Column("措施", 100)), (("1", "首接責任"), ("2", "公開"))
    )
    return OfficialDocument(
        title="平潭縣民政局文明行業創建情況彙報",
        place_line="（2026年第四季度）",
        salutation="縣委文明委：",
        blocks=(
            Paragraph("按照方案，現將有關情況彙報如下。"),
            Heading(1, "一、工作目標"),
            Paragraph("窗口全部實行首接責任制。"),
            Annex("任務分解表", (Paragraph("說明。"), table)),
            Annex("實景圖片", (Picture(_blank, "窗口服務大廳"),)),
        ),
        signature="平潭縣民政局",
        date=date(2026, 12, 1),
        head=RedHead("平潭縣民政局文件", "平民創報〔2026〕3號", "林某某"),
    )


@dataclass(frozen=True)
class TemplateFields:
    """一種公文的模板。code 是 PaperTemplate.paper 裏存的代碼，也在網址裏，定了就不改。"""

    code: str
    placeholders: tuple[Placeholder, ...] = COMMON
    context: Callable[[OfficialDocument], Context] = context_of
    sample: Callable[[], OfficialDocument] = sample

    @property
    def shape(self) -> dict[str, Any]:
        return {each.name: each.shape for each in self.placeholders}
