"""考核結果的通報：照定稿排成公文，先等次後名次，說清丟分多的地方和下一步補什麼。"""

import json
from collections.abc import Callable, Iterator, Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from django.utils.timezone import localtime

from campaigns.naming import signature_of
from evaluations.models import AssessmentRound, ResultSnapshot
from evaluations.sheets import RankGroup, SheetView, consequences, frozen_sheets, rank_sheets
from journal.services import source_script
from people.models import User
from pingtan_civ.lib.dates import date_range
from pingtan_civ.lib.numerals import to_chinese
from pingtan_civ.lib.scoring import ZERO, show
from pingtan_civ.lib.script import simplify
from reports.rendering import Block, Column, Heading, OfficialDocument, Paragraph, Table
from reports.rendering.document import Script

MOST_COMMON = 5
"""「丟分較多的」最多列幾條。"""
COLUMNS = (("等次", 22.0), ("名次", 16.0), ("單位", 54.0), ("總分", 22.0), ("較上次", 42.0))


def bulletin_of(
    round_: AssessmentRound, snapshot: ResultSnapshot, *, script: Script = "hant"
) -> OfficialDocument:
    """一版定稿變成通報；繁體照原文，簡體整份一起轉，人名不動。"""
    says = _converter(script)
    body, views = json.loads(snapshot.body), frozen_sheets(snapshot)
    with source_script():
        signature = signature_of(round_.campaign)
        blocks = tuple(_blocks(body, views, says))
    return OfficialDocument(
        title=says(f"關於{body['round']['title']}結果的通報"),
        salutation=says("各科室、各窗口單位："),
        blocks=blocks,
        signature=says(signature),
        date=localtime(snapshot.made_at).date(),
        script=script,
    )


def _converter(script: Script) -> Callable[[str], str]:
    if script == "hant":
        return lambda text: text
    names = tuple(User.objects.order_by().values_list("name", flat=True))
    return lambda text: simplify(text, names, quotes=True)


def _blocks(
    body: Mapping[str, Any], views: list[SheetView], says: Callable[[str], str]
) -> Iterator[Block]:
    held = body["round"]
    period = date_range(
        date.fromisoformat(held["period_start"]), date.fromisoformat(held["period_end"])
    )
    yield Paragraph(
        says(
            f"按照《{body['scheme']['title']}》，領導小組對各單位{period}的創建工作進行了考核，"
            f"參加考核的單位有{len(views)}個。現將結果通報如下。"
        )
    )
    sections: list[tuple[str, list[Block]]] = [
        ("考核結果", list(_results(views))),
        ("負面清單的後果", list(_negative(views))),
        ("丟分較多的方面", list(_common(views))),
        ("下一步要求", list(_next(views))),
    ]
    for number, (title, blocks) in enumerate(
        ((title, blocks) for title, blocks in sections if blocks), start=1
    ):
        yield Heading(1, says(f"{to_chinese(number)}、{title}"))
        yield from (_said(block, says) for block in blocks)


def _said(block: Block, says: Callable[[str], str]) -> Block:
    if isinstance(block, Paragraph):
        return Paragraph(says(block.text))
    if isinstance(block, Table):
        return Table(
            says(block.caption),
            tuple(Column(says(each.title), each.width_mm, each.align) for each in block.columns),
            tuple(tuple(says(cell) for cell in row) for row in block.rows),
        )
    return block


def _results(views: list[SheetView]) -> Iterator[Block]:
    for group in rank_sheets(views):
        tiers = "；".join(
            f"{tier.grade}{len(tier.rows)}個（{'、'.join(row.view.department for row in tier.rows)}）"
            for tier in group.tiers
        )
        yield Paragraph(f"{group.profile}：{tiers}。")
        yield _table(group)


def _table(group: RankGroup) -> Table:
    columns = tuple(
        Column(title, width, "left" if title == "單位" else "center") for title, width in COLUMNS
    )
    rows = tuple(
        (
            row.view.grade,
            str(row.rank),
            row.view.department,
            show(row.view.total),
            row.compared or "—",
        )
        for row in group.rows
    )
    return Table(f"{group.profile}考核結果", columns, rows)


def _negative(views: list[SheetView]) -> Iterator[Block]:
    """已認定的事對結果的後果。通報只說後果，不說是什麼事；待認定的不進通報。"""
    for view in views:
        if found := consequences(view):
            yield Paragraph(f"{view.department}：{'；'.join(found)}。")


def _common(views: list[SheetView]) -> Iterator[Block]:
    """幾個單位都丟分的內容，合計丟分多的在前。"""
    lost: dict[tuple[str, str], list[Decimal]] = {}
    for view in views:
        for line in view.lines:
            if line.lost > ZERO:
                lost.setdefault((line.number, line.text), []).append(line.lost)
    ordered = sorted(lost.items(), key=lambda item: (-sum(item[1], ZERO), item[0]))
    for (_number, text), points in ordered[:MOST_COMMON]:
        yield Paragraph(f"{text}：{len(points)}個單位丟分，共丟{show(sum(points, ZERO))}分。")


def _next(views: list[SheetView]) -> Iterator[Block]:
    for view in views:
        if view.gaps:
            worst = "；".join(f"{line.text}（少{show(line.lost)}分）" for line in view.gaps[:3])
            yield Paragraph(f"{view.department}重點補：{worst}。")
    yield Paragraph("對結果有異議的，在異議期內逐條提出並附材料。")
