"""公文存成一個網頁文件：樣式寫在文件裏，不用聯網，沒有腳本；打印出來仍是 A4。

給不便裝 Word 的人看，也供讀屏軟件讀。版式照標準的字體、字號和次序，不求逐行一致。
"""

from base64 import b64encode
from collections.abc import Iterator
from html import escape

from reports.rendering import layout
from reports.rendering.document import (
    Annex,
    Block,
    BulletinHead,
    Heading,
    OfficialDocument,
    PageBreak,
    Paragraph,
    Picture,
    RedHead,
    Run,
    Table,
)
from reports.rendering.pictures import UnreadablePicture, absent_sentence, prepare
from reports.rendering.text import break_title, clean, one_line
from reports.rendering.word_styles import ALTERNATIVES, FACES

_LANGUAGES = {"hant": "zh-Hant", "hans": "zh-Hans"}


def to_html(document: OfficialDocument) -> str:
    """一個自足的網頁。照片寫在裏面；讀不出的在原處說一句話。"""
    return "\n".join(_page(document)) + "\n"


def _page(document: OfficialDocument) -> Iterator[str]:
    yield f'<!DOCTYPE html>\n<html lang="{_LANGUAGES[document.script]}">\n<head>'
    yield '<meta charset="utf-8"><meta name="viewport" content="width=device-width">'
    yield f"<title>{_text(document.title)}</title>"
    yield f"<style>{_styles(document.script)}</style>\n</head>\n<body><main>"
    yield from _head(document)
    yield from _front(document)
    for block in document.body:
        yield from _block(block, document)
    yield from _attachments(document)
    for block in document.closing:
        yield from _block(block, document)
    yield from _signature(document)
    for position, annex in enumerate(document.annexes, start=1):
        yield from _annex(annex, document.annex_mark(position), document)
    yield from _notes(document)
    yield from _imprint(document)
    yield "</main></body>\n</html>"


def _text(raw: str | None) -> str:
    return escape(one_line(raw or ""))


def _lines(title: str) -> str:
    lines = break_title(title, layout.TITLE_CHARACTERS_PER_LINE, layout.TITLE_MOST_LINES)
    return "<br>".join(escape(line) for line in lines)


def _head(document: OfficialDocument) -> Iterator[str]:
    match document.head:
        case RedHead() as head:
            yield f'<header><p class="mark">{_text(head.mark)}</p>'
            signer = document.label("signer")
            right = f"<span>{signer}<i>{_text(head.signer)}</i></span>" if head.signer else ""
            kind = "ends" if right else "number"
            yield f'<p class="{kind} rule"><span>{_text(head.number)}</span>{right}</p></header>'
        case BulletinHead() as head:
            yield f'<header><p class="mark">{_text(head.name)}</p>'
            yield f'<p class="number">{_text(head.issue)}</p>'
            unit, day = _text(head.unit), _text(head.day)
            yield f'<p class="ends rule"><span>{unit}</span><span>{day}</span></p></header>'


def _front(document: OfficialDocument) -> Iterator[str]:
    if document.title:
        yield f"<h1>{_lines(document.title)}</h1>"
    if document.place_line:
        yield f'<p class="place">{_text(document.place_line)}</p>'
    if document.salutation:
        yield f'<p class="flush">{_text(document.salutation)}</p>'


def _block(block: Block, document: OfficialDocument) -> Iterator[str]:
    match block:
        case Heading():
            level = block.level + 1
            yield f"<h{level}>{_text(block.text)}</h{level}>"
        case Paragraph():
            yield from _paragraph(block, document)
        case Table():
            yield from _table(block)
        case Picture():
            yield _picture(block)
        case PageBreak():
            yield '<div class="break"></div>'


def _paragraph(block: Paragraph, document: OfficialDocument) -> Iterator[str]:
    lines = ["".join(map(_run, line)) for line in block.lines()]
    known = {note.number for note in document.sources}
    links = ",".join(f'<a href="#s{n}">{n}</a>' for n in block.source_refs if n in known)
    for position, line in enumerate(lines, start=1):
        marks = f"<sup>[{links}]</sup>" if links and position == len(lines) else ""
        yield f"<p>{line}{marks}</p>"


def _run(run: Run) -> str:
    text = escape(run.text)
    text = f"<b>{text}</b>" if run.bold else text
    return text if run.face == "body" else f'<span class="{run.face}">{text}</span>'


def _table(block: Table) -> Iterator[str]:
    caption = f"<caption>{_text(block.caption)}</caption>" if block.caption else ""
    heads = "".join(f'<th scope="col">{_cell(column.title)}</th>' for column in block.columns)
    yield f'<div class="table"><table>{caption}<thead><tr>{heads}</tr></thead><tbody>'
    for row in block.rows:
        cells = zip(block.columns, row, strict=True)
        yield "<tr>" + "".join(f'<td class="{c.align}">{_cell(t)}</td>' for c, t in cells) + "</tr>"
    yield "</tbody></table></div>"


def _cell(text: str) -> str:
    return escape(clean(text)).replace("\n", "<br>")


def _picture(block: Picture) -> str:
    try:
        prepared = prepare(block)
    except UnreadablePicture:
        return f'<p class="absent">{escape(absent_sentence(block.caption))}</p>'
    kind = "png" if prepared.suffix == "png" else "jpeg"
    data, caption = b64encode(prepared.data).decode(), _text(block.caption)
    picture = f'<img alt="{caption}" src="data:image/{kind};base64,{data}">'
    return f"<figure>{picture}<figcaption>{caption}</figcaption></figure>"


def _attachments(document: OfficialDocument) -> Iterator[str]:
    names = document.attachment_names
    if not names:
        return
    label = document.label("annex")
    if len(names) == 1:
        yield f'<p class="gap">{label}：{_text(names[0])}</p>'
        return
    rows = "".join(f"<li>{_text(name)}</li>" for name in names)
    yield f'<div class="list gap"><span>{label}：</span><ol>{rows}</ol></div>'


def _signature(document: OfficialDocument) -> Iterator[str]:
    lines = [_text(document.signature), document.date_text]
    if any(lines):
        kind = "sign sealed" if document.has_seal_place else "sign"
        yield f'<p class="{kind}">{"<br>".join(line for line in lines if line)}</p>'


def _annex(annex: Annex, mark: str, document: OfficialDocument) -> Iterator[str]:
    yield f'<section class="annex"><p class="hei flush">{mark}</p>'
    yield f'<h2 class="title">{_lines(annex.title)}</h2>'
    for block in annex.blocks:
        yield from _block(block, document)
    yield "</section>"


def _notes(document: OfficialDocument) -> Iterator[str]:
    if document.sources:
        yield f'<section class="annex notes"><h2>{document.label("sources")}</h2><dl>'
        for note in document.sources:
            yield f'<dt id="s{note.number}">[{note.number}]</dt><dd>{_text(note.text)}</dd>'
        yield "</dl></section>"


def _imprint(document: OfficialDocument) -> Iterator[str]:
    if document.imprint is None:
        return
    yield '<footer class="imprint">'
    if document.copied_text:
        yield f"<p>{document.label('copied')}{_text(document.copied_text)}</p>"
    printed_by, day = _text(document.imprint.printed_by), document.printed_text
    yield f'<p class="ends"><span>{printed_by}</span><span>{day}</span></p></footer>'


def _styles(script: str) -> str:
    faces = FACES[script]
    stack = {
        role: ",".join(f'"{name}"' for name in (face, *ALTERNATIVES[face])) + ",serif"
        for role in ("body", "kai", "hei", "title")
        if (face := getattr(faces, role))
    }
    size, line = layout.SIZE_3_PT, layout.LINE_PT
    margins = (
        f"{layout.MARGIN_TOP_MM}mm {layout.MARGIN_RIGHT_MM}mm "
        f"{layout.MARGIN_BOTTOM_MM}mm {layout.MARGIN_LEFT_MM}mm"
    )
    return f"""
@page{{size:A4;margin:{margins}}}
body{{margin:0;background:#e9e9e6;color:#000;font:{size}pt/{line}pt {stack["body"]}}}
main{{box-sizing:border-box;max-width:{layout.PAGE_WIDTH_MM}mm;margin:1rem auto;background:#fff;
padding:{margins}}}
p{{margin:0;text-indent:2em;text-align:justify}} h1,h2,h3,h4,h5{{margin:0;font-weight:400}}
h1,.title{{font:{layout.SIZE_2_PT}pt/{layout.TITLE_LINE_PT}pt {stack["title"]};text-align:center}}
h1{{margin-bottom:{line}pt}} .title{{margin:{line}pt 0}}
h2:not(.title),h3,h4,h5{{font-size:{size}pt;line-height:{line}pt;text-indent:2em}}
h2:not(.title),.hei,caption,th{{font-family:{stack["hei"]};font-weight:400}}
h3,.kai,.place,i{{font-family:{stack["kai"]};font-style:normal}}
.place,.number,.absent{{text-align:center;text-indent:0}} .place{{margin-bottom:{line}pt}}
.flush{{text-indent:0}} .gap{{margin-top:{line}pt}}
.mark{{color:#{layout.RED};font:{layout.MARK_MOST_PT}pt/1.2 {stack["title"]};text-align:center;
text-indent:0;margin:{layout.BULLETIN_TOP_MM}mm 0 {line}pt}}
.rule{{border-bottom:{layout.RED_RULE_PT}pt solid #{layout.RED};margin-bottom:{2 * line}pt}}
.ends{{display:flex;justify-content:space-between;gap:1em;text-indent:0;padding:0 1em}}
.sign{{text-align:center;text-indent:0;width:max-content;max-width:100%;
margin:{line}pt 2em 0 auto}} .sealed{{margin:{2 * line}pt 4em {line}pt auto}}
.list{{display:flex;padding-left:2em}} .list ol{{margin:0;padding-left:1.5em}}
.table{{overflow-x:auto;margin:.5em 0}} table{{border-collapse:collapse;width:100%;
font-size:{layout.SIZE_SMALL_4_PT}pt;line-height:{layout.TABLE_LINE_PT}pt}}
caption{{font-size:{layout.SIZE_4_PT}pt;line-height:{line}pt}} thead{{display:table-header-group}}
tr{{break-inside:avoid}} th,td{{border:.5pt solid #000;padding:2pt 3pt}}
.center{{text-align:center}} .right{{text-align:right}}
figure{{margin:0 0 1em;text-align:center;break-inside:avoid}} img{{max-width:100%;
max-height:{layout.PICTURE_MAX_HEIGHT_PT}pt}} figcaption,.absent{{font-size:{layout.SIZE_4_PT}pt}}
.annex{{margin-top:3em;border-top:1px dashed #999;padding-top:1em}}
dl{{display:grid;grid-template-columns:3em 1fr;font-size:{layout.SIZE_4_PT}pt;
line-height:{layout.SOURCE_LINE_PT}pt}} dd{{margin:0}} sup{{line-height:0;font-size:.6em}}
.imprint{{margin-top:3em;border:solid #000;border-width:{layout.IMPRINT_THICK_MM}mm 0;
font-size:{layout.SIZE_4_PT}pt}} .imprint p{{text-indent:0;padding:0 1em}}
.imprint p+p{{border-top:{layout.IMPRINT_THIN_MM}mm solid #000}}
@media screen and (max-width:640px){{main{{padding:1.5rem 1rem;margin:0}} .mark{{font-size:9vw}}}}
@media print{{body{{background:none}} main{{padding:0;margin:0;max-width:none}}
.annex,.break{{break-before:page;border:0;margin:0;padding:0}}}}
"""
