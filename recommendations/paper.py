"""推薦表和公示稿：報送材料排成公文，Word、PDF 都出自這一份，繁簡兩體。報送了的照定稿排。"""

from collections.abc import Iterator
from datetime import date, datetime

from django.utils.timezone import localtime

from pingtan_civ.lib.dates import date_range, long_date
from pingtan_civ.lib.numerals import to_chinese
from recommendations.conditions import Verdict
from recommendations.dossier import Content, findings_in
from recommendations.models import Condition
from reports.papers.words import Says, close_up, converter
from reports.rendering import Block, Column, Heading, OfficialDocument, Paragraph, Table
from reports.rendering.document import Script

VERDICTS = {
    Verdict.MET: "滿足",
    Verdict.NOT_MET: "不滿足",
    Verdict.NOT_CONFIRMED: "未確認",
    Verdict.WAIVED: "豁免",
}
ASSESSED = (Condition.Kind.MINIMUM_SCORE, Condition.Kind.GRADE_AT_LEAST)
#: 簽字蓋章處留給人手寫的空行。
BLANK = "\n\n\n\n　　　（蓋章）\n　　　年　　月　　日"


def candidate_form(content: Content, row: Content, *, script: Script = "hant") -> OfficialDocument:
    """一個對象的推薦表。content 是報送材料，row 是其中的這一個。"""
    says = converter(script)
    programme = content["programme"]
    parts: list[tuple[str, list[Block]]] = [
        ("主要事蹟", _paragraphs(row["deeds"])),
        ("條件審查", _conditions(row)),
        ("表決情況", [Paragraph(_voted(row))]),
        ("公示情況", [Paragraph(text) for text in _publicity(content, row)]),
        ("佐證材料", [Paragraph(text) for text in _files(row)]),
        ("推薦和審核意見", [_opinions(programme)]),
    ]
    blocks: list[Block] = [_basics(programme, row)]
    for number, (title, found) in enumerate(parts, 1):
        blocks += [Heading(1, f"{to_chinese(number)}、{title}"), *found]
    return OfficialDocument(
        title=says(f"{programme['title'].removeprefix('推薦')}推薦表"),
        blocks=tuple(_said(block, says) for block in blocks),
        place_line=says(_sent(content)),
        script=script,
    )


def _sent(content: Content) -> str:
    if "made_at" not in content:
        return "（未報送，供核對）"
    day = long_date(localtime(datetime.fromisoformat(content["made_at"])).date())
    number = content["document_number"]
    return f"（{number}，{day}報送）" if number else f"（{day}報送）"


def _basics(programme: Content, row: Content) -> Table:
    assessed = [each.reason for each in findings_in(row) if each.kind in ASSESSED]
    facts = [
        ("推薦對象", row["name"]),
        ("類別", row["kind"]),
        ("單位", row["unit"] if row["unit"] != row["name"] else ""),
        ("姓名和職務", f"{row['person']}　{row['post']}" if row["person"] else ""),
        ("推薦級別", programme["level"]),
        ("報送機關", programme["authority"]),
        ("依據", programme["basis"]),
        ("考核結果", close_up("".join(assessed))),
    ]
    columns = (Column("項目", 34, "center"), Column("內容", 122))
    return Table("", columns, tuple(pair for pair in facts if pair[1]))


def _paragraphs(text: str) -> list[Block]:
    return [Paragraph(line) for line in text.splitlines() if line.strip()]


def _conditions(row: Content) -> list[Block]:
    columns = (Column("條件", 52), Column("結論", 18, "center"), Column("依據", 86))
    rows = tuple(
        (
            close_up(each.text),
            VERDICTS[Verdict(each.verdict)],
            close_up(each.reason) + (f"豁免的理由：{each.waiver}" if each.waiver else ""),
        )
        for each in findings_in(row)
    )
    return [Table("", columns, rows)] if rows else [Paragraph("這個項目沒有定條件。")]


def _voted(row: Content) -> str:
    tally = row["tally"]
    if not tally:
        return "尚未表決。"
    recused = f"（另有{len(tally['recused'])}人迴避）" if tally["recused"] else ""
    return (
        f"領導小組記名表決，應到{tally['eligible']}人{recused}，到會{tally['present']}人，"
        f"同意{tally['agree']}票，不同意{tally['against']}票，棄權{tally['abstain']}票，"
        f"{_outcome(row)}。"
    )


def _outcome(row: Content) -> str:
    """票數夠了而排在名額以外的，不寫「通過」。"""
    if not row["tally"]["is_passed"]:
        return "未通過"
    return "通過" if row["place"] else "票數達到規定，排在名額以外，不列入推薦"


def _publicity(content: Content, row: Content) -> Iterator[str]:
    held = content["programme"]["publicity"]
    if not held["end"]:
        yield "尚未公示。"
        return
    period = date_range(date.fromisoformat(held["start"]), date.fromisoformat(held["end"]))
    yield f"{period}在{held['place']}公示，共{held['days']}個工作日。"
    if not _is_settled(content, row):
        yield "公示結果待公示期滿、異議查清後填寫。"
    elif not row["objections"]:
        yield "公示期間沒有收到異議。"
    else:
        for each in row["objections"]:
            day = long_date(date.fromisoformat(each["received"]))
            yield f"{day}收到異議一件，經核查，認定{each['state']}。"


def _is_settled(content: Content, row: Content) -> bool:
    """報送了的，或公示期滿、異議都查清了。查清以前不寫有沒有異議：單位也看得到這張表。"""
    if "made_at" in content:
        return True
    is_over = content["as_of"] > content["programme"]["publicity"]["end"]
    return is_over and not any(each["is_open"] for each in row["objections"])


def _files(row: Content) -> list[str]:
    named = [f"{place}. {each['name']}" for place, each in enumerate(row["files"], 1)]
    return named or ["沒有另附佐證。"]


def _opinions(programme: Content) -> Table:
    """單位先簽，領導小組推薦，上級最後；三處都手寫、蓋章。"""
    titles = ("單位意見", f"{programme['group']}推薦意見", f"{programme['authority']}意見")
    columns = tuple(Column(title, 52) for title in titles)
    return Table("", columns, ((BLANK, BLANK, BLANK),))


def publicity_notice(content: Content, *, script: Script = "hant") -> OfficialDocument:
    """公示稿：擬推薦誰、公示多久、向誰反映。"""
    says = converter(script)
    programme = content["programme"]
    held = programme["publicity"]
    start, end = (date.fromisoformat(held[key]) for key in ("start", "end"))
    basis = f"根據{programme['basis']}，" if programme["basis"] else ""
    rows = content["candidates"]
    texts = [
        f"{basis}經單位推薦、條件審查和領導小組表決，擬向{programme['authority']}"
        f"推薦下列{len(rows)}個對象。現予公示。",
        f"公示期為{date_range(start, end)}，共{held['days']}個工作日。",
        "公示期間對擬推薦對象有異議的，可以來信、來電、來訪反映。反映情況應當實事求是，"
        "提倡實名；反映人的信息依規保密。",
        f"受理電話和地址：{held['contact']}。",
    ]
    return OfficialDocument(
        title=says(f"關於{programme['title']}的公示"),
        blocks=(
            Paragraph(says(texts[0])),
            _said(_named(rows), says),
            *(Paragraph(says(text)) for text in texts[1:]),
        ),
        signature=says(programme["group"]),
        date=start,
        script=script,
    )


def _named(rows: list[Content]) -> Table:
    """名單；有個人的另有職務一欄。"""
    columns = [Column("序號", 16, "center"), Column("對象", 80), Column("類別", 60, "center")]
    cells = [[str(place), row["name"], row["kind"]] for place, row in enumerate(rows, 1)]
    if any(row["post"] for row in rows):
        columns.append(Column("職務", 60))
        cells = [[*cell, row["post"] or "—"] for cell, row in zip(cells, rows, strict=True)]
    return Table("擬推薦名單", tuple(columns), tuple(map(tuple, cells)))


def _said(block: Block, says: Says) -> Block:
    """整塊轉成要的字體。"""
    if isinstance(block, Table):
        return Table(
            says(block.caption),
            tuple(Column(says(each.title), each.width_mm, each.align) for each in block.columns),
            tuple(tuple(says(cell) for cell in row) for row in block.rows),
        )
    if isinstance(block, Heading):
        return Heading(block.level, says(block.text))
    return Paragraph(says(block.text)) if isinstance(block, Paragraph) else block
