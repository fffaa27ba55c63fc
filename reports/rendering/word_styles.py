"""Word 文件的樣式、字體表和設置。樣式用 Word 自帶的名稱，各語言版本的 Word 都會顯示成自己的叫法。

正文即「正文文本」、標題即「標題 1」至「標題 4」：辦公室改稿時套樣式就行，導航窗格也認得。
"""

from dataclasses import dataclass
from typing import Any
from xml.sax.saxutils import quoteattr

from docx.document import Document as WordDocument
from docx.opc.constants import RELATIONSHIP_TYPE as RT
from docx.oxml import parse_xml
from docx.oxml.ns import nsdecls

from reports.rendering import layout

TWIPS = layout.TWIPS_PER_PT


@dataclass(frozen=True, slots=True)
class Faces:
    """寫進 Word 的字體名。字體不嵌入：機關電腦上都有。"""

    body: str
    kai: str
    hei: str
    title: str
    song: str = "宋体"


# 繁體不能用 *_GB2312：那幾套字體沒有繁體字。
FACES = {
    "hans": Faces(body="仿宋_GB2312", kai="楷体_GB2312", hei="黑体", title="方正小标宋简体"),
    "hant": Faces(body="仿宋", kai="楷体", hei="黑体", title="方正小标宋_GBK"),
}
# 對方電腦沒有該字體時，Word 依次改用（字體表的 altName）。
ALTERNATIVES = {
    "仿宋_GB2312": ("仿宋", "FangSong", "STFangsong", "FandolFang R"),
    "楷体_GB2312": ("楷体", "KaiTi", "STKaiti", "FandolKai"),
    "仿宋": ("FangSong", "STFangsong", "cwTeXFangSong"),
    "楷体": ("KaiTi", "STKaiti", "AR PL UKai"),
    "黑体": ("SimHei", "Noto Sans CJK SC", "Noto Sans SC"),
    "宋体": ("SimSun", "Noto Serif CJK SC"),
    "方正小标宋简体": ("FZXiaoBiaoSong-B05S", "方正小标宋_GBK", "宋体"),
    "方正小标宋_GBK": ("FZXiaoBiaoSong-B05", "方正小标宋简体", "宋体"),
}
LANGUAGES = {"hant": "zh-TW", "hans": "zh-CN"}


@dataclass(frozen=True, slots=True)
class Style:
    """一個段落樣式。長度以磅計；`indent` 為首行縮進的字數。"""

    id: str
    name: str
    face: str = "body"
    size: float = layout.SIZE_3_PT
    line: float = layout.LINE_PT
    indent: int = 0
    align: str = "both"
    next: str = ""
    outline: int | None = None
    keep_next: bool = False
    spacing: int = layout.CHARACTER_SPACING_TWIPS
    based_on: str = "Normal"
    color: str = "000000"


def paragraph_styles() -> tuple[Style, ...]:
    title: dict[str, Any] = {
        "face": "title", "size": layout.SIZE_2_PT, "line": layout.TITLE_LINE_PT,
        "align": "center", "spacing": 0, "keep_next": True,
    }  # fmt: skip
    table: dict[str, Any] = {
        "size": layout.SIZE_SMALL_4_PT, "line": layout.TABLE_LINE_PT, "spacing": 0,
        "align": "left",
    }  # fmt: skip
    headings = tuple(
        Style(f"Heading{n}", f"heading {n}", face=face, indent=layout.INDENT_CHARACTERS,
              outline=n - 1, keep_next=True, next="BodyText")
        for n, face in enumerate(("hei", "kai", "body", "body"), start=1)
    )  # fmt: skip
    return (
        Style("RedHead", "發文機關標志", color=layout.RED, **(title | {"next": "DocumentNumber"})),
        Style("BulletinHead", "簡報名稱", color=layout.RED, **title),
        Style("DocumentNumber", "發文字號", align="center", next="Title"),
        Style("Title", "Title", next="Salutation", **title),
        Style("Subtitle", "Subtitle", face="kai", align="center", next="Salutation"),
        Style("Salutation", "Salutation", next="BodyText"),
        *headings,
        Style("BodyText", "Body Text", indent=layout.INDENT_CHARACTERS),
        Style("AttachmentList", "附件說明", align="left"),
        Style("Signature", "Signature", align="right", next="Date"),
        Style("Date", "Date", align="right"),
        Style("AnnexMark", "附件標識", face="hei", align="left", keep_next=True),
        Style("AnnexTitle", "附件標題", outline=0, next="BodyText", **title),
        Style("Caption", "caption", face="hei", size=layout.SIZE_4_PT, align="center"),
        Style("PictureCaption", "圖片說明", size=layout.SIZE_4_PT, align="center"),
        # 圖片高於一行，行距不能固定，否則只露出一條。
        Style("Picture", "圖片", line=0, align="center", spacing=0, keep_next=True),
        Style("TableText", "表格文字", **table),
        Style("TableHeading", "表頭", **{**table, "face": "hei", "align": "center"}),
        Style("SourceNote", "來源說明", size=layout.SIZE_4_PT, line=layout.SOURCE_LINE_PT),
        Style("Imprint", "版記", size=layout.SIZE_4_PT, line=layout.IMPRINT_LINE_PT, spacing=0,
              align="left"),
        Style("Anchor", "錨", size=1, line=1, spacing=0),
        Style("FootnoteText", "footnote text", size=layout.FOOTNOTE_PT,
              line=layout.FOOTNOTE_LINE_PT, spacing=0, align="left"),
        Style("Footer", "footer", face="song", size=layout.SIZE_4_PT, line=0, spacing=0),
    )  # fmt: skip


def apply(word: WordDocument, script: str) -> None:
    """把默認模板的樣式全部換成公文的，並去掉用不著的部件（封面縮圖、備用樣式等）。"""
    styles = word.styles.element
    for child in list(styles):
        styles.remove(child)
    for xml in _styles_xml(FACES[script], LANGUAGES[script]):
        styles.append(parse_xml(xml))
    _write_font_table(word, FACES[script])
    _write_settings(word, LANGUAGES[script])
    _drop_leftovers(word)


def fonts_xml(face: str) -> str:
    name = quoteattr(face)
    return (
        f'<w:rFonts w:ascii={name} w:hAnsi={name} w:eastAsia={name} w:cs={name} w:hint="eastAsia"/>'
    )


def _styles_xml(faces: Faces, language: str) -> list[str]:
    size = round(layout.SIZE_3_PT * 2)
    defaults = (
        f"<w:docDefaults {nsdecls('w')}><w:rPrDefault><w:rPr>{fonts_xml(faces.body)}"
        f'<w:sz w:val="{size}"/><w:szCs w:val="{size}"/>'
        f'<w:lang w:val="en-US" w:eastAsia="{language}" w:bidi="ar-SA"/></w:rPr></w:rPrDefault>'
        "<w:pPrDefault/></w:docDefaults>"
    )
    normal = Style("Normal", "Normal", based_on="")
    return [
        defaults,
        _style_xml(normal, faces, default=True),
        f'<w:style {nsdecls("w")} w:type="character" w:default="1" w:styleId="DefaultParagraphFont">'
        '<w:name w:val="Default Paragraph Font"/><w:uiPriority w:val="1"/><w:semiHidden/></w:style>',
        _TABLE_NORMAL.format(ns=nsdecls("w")),
        _TABLE_GRID.format(ns=nsdecls("w"), rule=round(layout.TABLE_RULE_PT * 8)),
        f'<w:style {nsdecls("w")} w:type="numbering" w:default="1" w:styleId="NoList">'
        '<w:name w:val="No List"/><w:semiHidden/></w:style>',
        *(_style_xml(style, faces) for style in paragraph_styles()),
        f'<w:style {nsdecls("w")} w:type="character" w:styleId="FootnoteReference">'
        '<w:name w:val="footnote reference"/><w:rPr><w:vertAlign w:val="superscript"/></w:rPr>'
        "</w:style>",
    ]


def _style_xml(style: Style, faces: Faces, *, default: bool = False) -> str:
    based = f'<w:basedOn w:val="{style.based_on}"/>' if style.based_on else ""
    following = f'<w:next w:val="{style.next}"/>' if style.next else ""
    custom = ' w:customStyle="1"' if not style.name.isascii() else ""
    size = round(style.size * 2)
    return (
        f'<w:style {nsdecls("w")} w:type="paragraph"{custom}'
        f'{" w:default=" + quoteattr("1") if default else ""} w:styleId="{style.id}">'
        f'<w:name w:val="{style.name}"/>{based}{following}<w:qFormat/>'
        f"<w:pPr>{_paragraph_xml(style)}</w:pPr>"
        f"<w:rPr>{fonts_xml(getattr(faces, style.face))}"
        f'<w:b w:val="0"/><w:color w:val="{style.color}"/><w:spacing w:val="{style.spacing}"/>'
        f'<w:kern w:val="0"/><w:sz w:val="{size}"/><w:szCs w:val="{size}"/></w:rPr></w:style>'
    )


def _paragraph_xml(style: Style) -> str:
    """順序依 ECMA-376 的 CT_PPr，錯了 Word 會說文件損壞。"""
    exact = (
        f' w:line="{round(style.line * TWIPS)}" w:lineRule="exact"'
        if style.line
        else ' w:line="240" w:lineRule="auto"'
    )
    # 行距不是一行的（標題、表格、圖片）要脫離網格，否則被撐到整行的倍數。
    off_grid = "" if style.line == layout.LINE_PT else '<w:snapToGrid w:val="0"/>'
    first = round(style.indent * layout.CHARACTER_PT * TWIPS)
    return (
        ("<w:keepNext/>" if style.keep_next else "")
        + '<w:widowControl w:val="0"/><w:overflowPunct w:val="0"/>'
        + '<w:autoSpaceDE w:val="0"/><w:autoSpaceDN w:val="0"/>'
        + off_grid
        + f'<w:spacing w:before="0" w:after="0"{exact}/>'
        + f'<w:ind w:firstLineChars="{style.indent * 100}" w:firstLine="{first}"/>'
        + f'<w:jc w:val="{style.align}"/>'
        + (f'<w:outlineLvl w:val="{style.outline}"/>' if style.outline is not None else "")
    )


_TABLE_NORMAL = (
    '<w:style {ns} w:type="table" w:default="1" w:styleId="TableNormal">'
    '<w:name w:val="Normal Table"/><w:semiHidden/><w:tblPr><w:tblInd w:w="0" w:type="dxa"/>'
    '<w:tblCellMar><w:top w:w="0" w:type="dxa"/><w:left w:w="60" w:type="dxa"/>'
    '<w:bottom w:w="0" w:type="dxa"/><w:right w:w="60" w:type="dxa"/></w:tblCellMar></w:tblPr>'
    "</w:style>"
)
_TABLE_GRID = (
    '<w:style {ns} w:type="table" w:styleId="TableGrid"><w:name w:val="Table Grid"/>'
    '<w:basedOn w:val="TableNormal"/><w:tblPr><w:tblBorders>'
    + "".join(
        f'<w:{side} w:val="single" w:sz="{{rule}}" w:space="0" w:color="000000"/>'
        for side in ("top", "left", "bottom", "right", "insideH", "insideV")
    )
    + "</w:tblBorders></w:tblPr></w:style>"
)


def _write_font_table(word: WordDocument, faces: Faces) -> None:
    names = dict.fromkeys((faces.body, faces.kai, faces.hei, faces.title, faces.song))
    fonts = "".join(
        f"<w:font w:name={quoteattr(name)}>"
        f"<w:altName w:val={quoteattr(','.join(ALTERNATIVES[name]))}/>"
        '<w:charset w:val="86"/><w:family w:val="auto"/><w:pitch w:val="default"/></w:font>'
        for name in names
    )
    xml = f'<?xml version="1.0" encoding="UTF-8" standalone="yes"?><w:fonts {nsdecls("w")}>{fonts}</w:fonts>'
    word.part.part_related_by(RT.FONT_TABLE)._blob = xml.encode()


def _write_settings(word: WordDocument, language: str) -> None:
    """不進「兼容模式」；標點照樣占一字，不擠壓；單雙頁頁腳由頁碼樣式決定。"""
    settings = word.settings.element
    for child in list(settings):
        settings.remove(child)
    uri = "http://schemas.microsoft.com/office/word"
    for xml in (
        f'<w:zoom {nsdecls("w")} w:percent="100"/>',
        f'<w:defaultTabStop {nsdecls("w")} w:val="420"/>',
        f'<w:characterSpacingControl {nsdecls("w")} w:val="compressPunctuation"/>',
        f"<w:compat {nsdecls('w')}><w:spaceForUL/><w:balanceSingleByteDoubleByteWidth/>"
        f'<w:useFELayout/><w:compatSetting w:name="compatibilityMode" w:uri="{uri}" w:val="15"/>'
        "</w:compat>",
        f'<w:themeFontLang {nsdecls("w")} w:val="en-US" w:eastAsia="{language}"/>',
    ):
        settings.append(parse_xml(xml))


_LEFTOVERS = ("stylesWithEffects", "customXml", "numbering", "thumbnail")


def _drop_leftovers(word: WordDocument) -> None:
    for rels in (word.part.rels, word.part.package.rels):
        for key in [k for k, rel in rels.items() if rel.reltype.endswith(_LEFTOVERS)]:
            del rels[key]
