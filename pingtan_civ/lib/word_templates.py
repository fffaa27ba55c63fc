"""局裏自己的 Word 模板：核對佔位符、填進數據。在 confined.run 的子進程裏運行，不引入 Django。

模板是別人寫的程序，所以只認一個很小的語言：{{ 名稱 }}、{{ 章.標題 }}、for、if、少數過濾器。
調用、賦值、算術、雙下劃線的屬性一概不認，不必指望沙箱；沙箱是第二道。核對的結果是代碼和參數，
給人看的話由 reports.templating 來說：[{"code": …, "word": …, "near": …, "where": …}]。
"""

import difflib
import io
import re
from collections.abc import Iterator
from typing import Any

from docx.oxml.ns import qn
from docx.shared import Emu, Pt
from docxtpl import DocxTemplate
from jinja2 import StrictUndefined, TemplateError, TemplateSyntaxError, nodes
from jinja2.sandbox import ImmutableSandboxedEnvironment
from lxml import etree

Problem = dict[str, str]
#: 一個名稱底下有什麼：文字是 None，照片是 PHOTO，清單是其中一項的各個名稱。
Shape = dict[str, Any]
#: 照片的記號：Shape 裏標明這個名稱是照片；用到了照片的模板，used 裏也有它。
PHOTO = "照片"
#: 數據裏的一張照片：排好了的 JPEG 或 PNG、說明、印多大（磅）。模板只能整張放，取不到裏面的東西。
PHOTO_KEYS = frozenset({"photo", "words", "width", "height"})

FILTERS = ("default", "first", "join", "last", "length", "trim", "upper")
_ALLOWED = (
    nodes.Template, nodes.Output, nodes.TemplateData, nodes.Name, nodes.Getattr, nodes.Const,
    nodes.For, nodes.If, nodes.CondExpr, nodes.Compare, nodes.Operand, nodes.And, nodes.Or,
    nodes.Not, nodes.Filter,
)  # fmt: skip
_LOOP = {"index", "first", "last", "length"}
#: 嵌套幾層：章、段、附件裏的表、行、格，夠用；再深就是要拖垮機器。
MOST_DEEP = 5
MOST_PROBLEMS = 20
#: 打開文件就會到別處取內容的域；DDE 已由文件查驗擋下。
_FETCHING = re.compile(r"\b(?:INCLUDETEXT|INCLUDEPICTURE|LINK|DATABASE|IMPORT|RD)\b", re.I)
_W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_OPENING = re.compile(r"\{[{%#]")
_RAW = re.compile(r"\{\{\s*[rp]\s")
_WORDS = re.compile(r"<[^>]+>")
_SHOWN = 40


def check(path: str, shape: Shape, sample: dict[str, Any]) -> dict[str, Any]:
    """{"problems": […], "used": 用到的佔位符}。沒有問題的，用樣例數據試填一遍。"""
    template = DocxTemplate(path)
    template.init_docx()
    problems, used = [], []
    for where, xml in _parts(template):
        found = _Checker(shape, where)
        problems += found.check(xml)
        used += found.used
    problems += list(_fetching(template))
    if not problems:
        problems = _try(path, sample)
    return {"problems": problems[:MOST_PROBLEMS], "used": list(dict.fromkeys(used))}


def fill(path: str, context: dict[str, Any]) -> bytes:
    """填好的 .docx。"""
    template = DocxTemplate(path)
    ready = _with_photos(context, template)
    template.render(ready, jinja_env=environment(), autoescape=True)
    _settle_photos(template)
    target = io.BytesIO()
    template.save(target)
    return target.getvalue()


def environment() -> ImmutableSandboxedEnvironment:
    found = ImmutableSandboxedEnvironment(undefined=StrictUndefined, autoescape=True)
    found.globals.clear()
    found.filters = {name: found.filters[name] for name in FILTERS}
    found.tests = {}
    return found


def _try(path: str, sample: dict[str, Any]) -> list[Problem]:
    """試填。換成文字就完整的，是照片放錯了地方（域、公式、圖的說明裏）。"""
    if not _is_whole(path, sample) and _is_whole(path, _without_photos(sample)):
        return [_problem("photo_place")]
    return _trouble(path, sample)


def _is_whole(path: str, sample: dict[str, Any]) -> bool:
    """填好的正文是不是一份嚴格完整的 XML；docxtpl 讀時會自己修補，這裏不修補。"""
    template = DocxTemplate(path)
    template.render_init()
    try:
        etree.fromstring(template.build_xml(_with_photos(sample, template), environment()).encode())
    except etree.XMLSyntaxError:
        return False
    except TemplateError:
        return True  # 是別的錯，由試填說
    return True


def _trouble(path: str, sample: dict[str, Any]) -> list[Problem]:
    """標記放錯了地方（跨了表格的行）時，填出來的不是一份完整的文件。"""
    try:
        data = fill(path, sample)
        DocxTemplate(io.BytesIO(data)).get_docx()
    except TemplateError as error:
        return [_problem("broken", str(error)[:_SHOWN])]
    except (etree.XMLSyntaxError, ValueError, KeyError, AttributeError):
        return [_problem("misplaced")]
    return []


# ── 照片 ──────────────────────────────────────────────

#: 放進去的照片的名字，憑它認出來；模板自己的圖不動。
_NAME = "照片頁的照片"
#: 表格的一格左右各留這麼寬。
_CELL_INSET = Pt(5.4)


class _Photo:
    """一張照片。寫進模板就是嵌在這一處的圖；沒有別的屬性可取。"""

    def __init__(self, template: DocxTemplate, value: dict[str, Any]) -> None:
        self._template, self._value = template, value

    def __html__(self) -> str:
        value = self._value
        inline = self._template.current_rendering_part.new_pic_inline(
            io.BytesIO(value["photo"]), Pt(value["width"]), Pt(value["height"])
        )
        inline.docPr.set("name", _NAME)
        inline.docPr.set("descr", value["words"])
        drawing = etree.tostring(inline, encoding="unicode")
        return (
            f"</w:t></w:r><w:r><w:drawing>{drawing}</w:drawing></w:r>"
            '<w:r><w:t xml:space="preserve">'
        )

    __str__ = __html__

    def __repr__(self) -> str:
        return PHOTO


def _is_photo(value: Any) -> bool:
    return isinstance(value, dict) and value.keys() == PHOTO_KEYS


def _with_photos(value: Any, template: DocxTemplate) -> Any:
    if _is_photo(value):
        return _Photo(template, value)
    if isinstance(value, dict):
        return {name: _with_photos(each, template) for name, each in value.items()}
    return [_with_photos(each, template) for each in value] if isinstance(value, list) else value


def _without_photos(value: Any) -> Any:
    if _is_photo(value):
        return value["words"]
    if isinstance(value, dict):
        return {name: _without_photos(each) for name, each in value.items()}
    return [_without_photos(each) for each in value] if isinstance(value, list) else value


def _settle_photos(template: DocxTemplate) -> None:
    """放得下、看得全：不寬於模板的版心和所在的格；那一段不用固定行距，也不縮進。"""
    widest = min(
        (
            Emu(each.page_width - (each.left_margin or 0) - (each.right_margin or 0))
            for each in template.docx.sections
            if each.page_width
        ),
        default=None,
    )
    for inline in template.docx.element.body.iter(qn("wp:inline")):
        if inline.docPr.get("name") == _NAME:
            _narrow(inline, _room(inline, widest))
            paragraph = next(inline.iterancestors(qn("w:p")))
            _loosen(paragraph.get_or_add_pPr())


def _room(inline: Any, widest: int | None) -> int | None:
    """這一處有多寬；表格的一格寫明了寬的，照格。"""
    for cell in inline.iterancestors(qn("w:tc")):
        if cell.width:
            return max(cell.width - 2 * _CELL_INSET, 1)
    return widest


def _narrow(inline: Any, room: int | None) -> None:
    width, height = inline.extent.cx, inline.extent.cy
    if room is None or width <= room:
        return
    size = Emu(room), Emu(max(int(height * room / width), 1))
    inline.extent.cx, inline.extent.cy = size
    shape = inline.graphic.graphicData.pic.spPr
    shape.cx, shape.cy = size


def _loosen(properties: Any) -> None:
    """固定行距會把照片裁成一行高。"""
    spacing = properties.get_or_add_spacing()
    for name in ("w:line", "w:lineRule"):
        spacing.attrib.pop(qn(name), None)
    spacing.set(qn("w:line"), "240")
    spacing.set(qn("w:lineRule"), "auto")
    indent = properties.get_or_add_ind()
    for name in ("w:firstLine", "w:firstLineChars", "w:hanging", "w:hangingChars"):
        indent.attrib.pop(qn(name), None)
    indent.set(qn("w:firstLine"), "0")
    indent.set(qn("w:firstLineChars"), "0")


# ── 核對 ──────────────────────────────────────────────


def _parts(template: DocxTemplate) -> Iterator[tuple[str, str]]:
    """正文、頁眉、頁腳、腳註：（在哪裏, 整理過的 XML）。"""
    yield "", template.get_xml()
    for uri in (template.HEADER_URI, template.FOOTER_URI):
        for _key, part in template.get_headers_footers(uri):
            yield "header" if uri == template.HEADER_URI else "footer", template.get_part_xml(part)
    for part in template.docx.part.package.parts:
        if part.content_type.endswith("footnotes+xml"):
            yield "footnote", part.blob.decode("utf-8", "replace")
    properties = template.docx.core_properties
    for name in ("author", "comments", "identifier", "language", "subject", "title"):
        yield "properties", getattr(properties, name) or ""


def _fetching(template: DocxTemplate) -> Iterator[Problem]:
    for part in template.docx.part.package.parts:
        if not part.content_type.endswith("+xml") or not str(part.partname).startswith("/word/"):
            continue
        root = etree.fromstring(part.blob, etree.XMLParser(resolve_entities=False))
        codes = "".join(node.text or "" for node in root.iter(f"{_W}instrText"))
        codes += " ".join(node.get(f"{_W}instr", "") for node in root.iter(f"{_W}fldSimple"))
        if found := _FETCHING.search(codes):
            yield _problem("fetching", found.group())


def _problem(code: str, word: str = "", near: str = "", where: str = "") -> Problem:
    return {"code": code, "word": word, "near": near, "where": where}


class _Checker:
    """讀一個部件裏的標記，逐個名稱核對。"""

    def __init__(self, shape: Shape, where: str) -> None:
        self.shape, self.where = shape, where
        self.used: list[str] = []
        self.problems: list[Problem] = []
        self.paragraphs: list[str] = []

    def check(self, xml: str) -> list[Problem]:
        plain = _WORDS.sub("", xml)
        if not _OPENING.search(plain):
            return []
        if _RAW.search(plain):
            return [_problem("raw", where=self.where)]
        source = DocxTemplate.patch_xml(None, xml)
        source = re.sub(r"<w:p([ >])", r"\n<w:p\1", source)
        self.paragraphs = source.split("\n")
        try:
            tree = environment().parse(source)
        except TemplateSyntaxError as error:
            return [_problem("syntax", self._unknown_filter(error), where=self._at(error.lineno))]
        self._walk(tree, dict(self.shape), 0)
        return self.problems

    def _unknown_filter(self, error: TemplateSyntaxError) -> str:
        return (error.message or "")[:_SHOWN]

    def _at(self, number: int | None) -> str:
        """出錯的那一段文字；頁眉頁腳裏的說明是在哪裏。"""
        at = min(max((number or 1) - 1, 0), len(self.paragraphs) - 1)
        # 獨佔一段的 for 已去掉段落的殼，接在上一段後面；只取上一段自己的。
        source = self.paragraphs[at]
        own = _WORDS.sub("", source.partition("</w:p>")[0]).strip()
        text = own or _WORDS.sub("", source).strip()
        return text[:_SHOWN] or self.where

    def _add(self, code: str, node: nodes.Node, word: str = "", near: str = "") -> None:
        self.problems.append(_problem(code, word, near, self._at(node.lineno)))

    def _walk(self, node: nodes.Node, scope: Shape, depth: int) -> None:
        if not isinstance(node, _ALLOWED):
            self._add("forbidden", node, type(node).__name__)
            return
        match node:
            case nodes.For():
                self._loop(node, scope, depth + 1)
            case nodes.Output():
                for part in node.nodes:
                    if self._shape_of(part, scope) == PHOTO:
                        self._photo(part, scope)
                        continue
                    self._walk(part, scope, depth)
                    if isinstance(self._shape_of(part, scope), dict):
                        self._add("list_as_text", part, _said(part))
            case nodes.Name() | nodes.Getattr():
                self._name(node, scope)
                if self._shape_of(node, scope) == PHOTO:
                    self._add("photo_alone", node, _said(node))
            case nodes.Filter() if node.name not in FILTERS:
                self._add("filter", node, node.name, _nearest(node.name, FILTERS))
            case _:
                for child in node.iter_child_nodes():
                    self._walk(child, scope, depth)

    def _photo(self, node: Any, scope: Shape) -> None:
        """照片只在正文裏放得下：頁眉、頁腳、腳註、文件屬性裏不放。"""
        self._name(node, scope)
        if self.where:
            self.problems.append(_problem("photo_place", where=self.where))
        self.used.append(PHOTO)

    def _loop(self, node: nodes.For, scope: Shape, depth: int) -> None:
        if depth > MOST_DEEP or node.recursive:
            self._add("deep", node)
            return
        self._walk(node.iter, scope, depth)
        inside = self._shape_of(node.iter, scope)
        if not isinstance(node.target, nodes.Name):
            self._add("forbidden", node, "Tuple")
            return
        if not isinstance(inside, dict) and not self.problems:
            self._add("not_a_list", node, _said(node.iter))
        item = inside.get("", inside) if isinstance(inside, dict) else {}
        inner = {**scope, node.target.name: item, "loop": dict.fromkeys(_LOOP)}
        for child in (*node.body, *node.else_):
            self._walk(child, inner, depth)

    def _name(self, node: nodes.Name | nodes.Getattr, scope: Shape) -> None:
        if isinstance(node, nodes.Name):
            if node.name.startswith("_"):
                self._add("forbidden", node, node.name)
            elif node.name not in scope:
                self._add("unknown", node, node.name, _nearest(node.name, scope))
            elif node.name in self.shape:
                self.used.append(node.name)
            return
        if node.attr.startswith("_"):
            self._add("forbidden", node, node.attr)
            return
        if not isinstance(node.node, nodes.Name | nodes.Getattr):
            self._add("forbidden", node, node.attr)
            return
        before = len(self.problems)
        self._name(node.node, scope)
        if len(self.problems) > before:
            return
        owner = self._shape_of(node.node, scope)
        if not isinstance(owner, dict) or node.attr not in owner:
            names = owner if isinstance(owner, dict) else ()
            near = _nearest(node.attr, names)
            self._add("unknown", node, _said(node), f"{_said(node.node)}.{near}" if near else "")

    def _shape_of(self, node: nodes.Node, scope: Shape) -> Any:
        """這個表達式底下有什麼；文字和不認得的為 None。"""
        if isinstance(node, nodes.Name):
            return scope.get(node.name)
        if isinstance(node, nodes.Getattr):
            owner = self._shape_of(node.node, scope)
            return owner.get(node.attr) if isinstance(owner, dict) else None
        return None


def _said(node: nodes.Node) -> str:
    if isinstance(node, nodes.Getattr):
        return f"{_said(node.node)}.{node.attr}"
    return node.name if isinstance(node, nodes.Name) else ""


def _nearest(word: str, names: Any) -> str:
    """最像的一個；一個字也對不上的為空。"""
    known = [name for name in names if name]
    return next(iter(difflib.get_close_matches(word, known, n=1, cutoff=0.4)), "")
