"""考核結果的通報：照定稿排成公文，先等次後名次，說清失分多的方面和下一步整改什麼。

公佈以前（和公佈以後的舊版）是徵求意見稿，標題上寫明；公佈了的落公佈的日子，說異議怎樣處理的。
"""

import json
from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from django.utils.timezone import localtime

from campaigns.naming import signature_of
from evaluations.models import AssessmentRound, Objection, ResultSnapshot, objection_window
from evaluations.sheets import RankGroup, SheetView, consequences, frozen_sheets, rank_sheets
from journal.services import source_script
from pingtan_civ.lib.dates import date_range, long_date
from pingtan_civ.lib.numerals import to_chinese
from pingtan_civ.lib.scoring import ZERO, fixed
from reports.papers.words import Says, close_up, converter
from reports.rendering import Block, Column, Heading, OfficialDocument, Paragraph, Table
from reports.rendering.document import Script

MOST_COMMON = 5
"""「失分較多的方面」最多列幾條。"""
NUMBER_LINE = "〔{year}〕　　號"
"""文號由局裏編，印出來留着填。"""
_DECIDED = {
    Objection.State.UPHELD: "成立",
    Objection.State.PARTLY: "部分成立",
    Objection.State.REJECTED: "不成立",
}
_GRANTED = {Objection.State.UPHELD, Objection.State.PARTLY}
COLUMNS = (("等次", 22.0), ("名次", 16.0), ("單位", 54.0), ("總分", 22.0), ("較上次", 42.0))
FIRST_COLUMNS = (("等次", 28.0), ("名次", 22.0), ("單位", 72.0), ("總分", 34.0))


def bulletin_of(
    round_: AssessmentRound, snapshot: ResultSnapshot, *, script: Script = "hant"
) -> OfficialDocument:
    """一版定稿變成通報；繁體照原文，簡體整份一起轉，人名不動。"""
    says = converter(script)
    body, views = json.loads(snapshot.body), frozen_sheets(snapshot)
    is_final = is_issued(round_, snapshot)
    day = localtime(round_.published_at if is_final else snapshot.made_at).date()
    handled = list(_objections(round_)) if is_final else []
    window = [] if is_final else list(_window(round_))
    with source_script():
        signature = signature_of(round_.campaign)
        blocks = tuple(_blocks(body, views, handled, window, says))
    draft = "" if is_final else "（徵求意見稿）"
    return OfficialDocument(
        title=says(f"關於{body['round']['title']}結果的通報{draft}"),
        place_line=says(NUMBER_LINE.format(year=day.year)) if is_final else None,
        salutation=says("各科室、各窗口單位："),
        blocks=blocks,
        signature=says(signature),
        date=day,
        script=script,
    )


def is_issued(round_: AssessmentRound, snapshot: ResultSnapshot) -> bool:
    """可以發出去的：結果公佈了，而且是最後一版。別的都是徵求意見稿。"""
    if round_.published_at is None:
        return False
    return not round_.snapshots.filter(edition__gt=snapshot.edition).exists()


def _blocks(
    body: Mapping[str, Any],
    views: list[SheetView],
    handled: list[Block],
    window: list[Block],
    says: Says,
) -> Iterator[Block]:
    held = body["round"]
    period = date_range(
        date.fromisoformat(held["period_start"]), date.fromisoformat(held["period_end"])
    )
    yield Paragraph(
        says(
            f"按照《{close_up(body['scheme']['title'])}》，領導小組對各單位{period}的創建工作進行了考核，"
            f"參加考核的單位有{len(views)}個。現將結果通報如下。"
        )
    )
    sections: list[tuple[str, list[Block]]] = [
        ("考核結果", list(_results(views))),
        ("負面清單的後果", list(_negative(views))),
        ("異議處理情況", handled),
        ("失分較多的方面", list(_common(views))),
        ("下一步整改重點", list(_next(views))),
        ("異議的提出", window),
    ]
    for number, (title, blocks) in enumerate(
        ((title, blocks) for title, blocks in sections if blocks), start=1
    ):
        yield Heading(1, says(f"{to_chinese(number)}、{title}"))
        yield from (_said(block, says) for block in blocks)


def _said(block: Block, says: Says) -> Block:
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
    """第一次考核沒有上次可比，不印那一欄。"""
    compared = [row.compared_in(fixed) for row in group.rows]
    last = len(COLUMNS) if any(compared) else len(COLUMNS) - 1
    columns = tuple(
        Column(title, width, "left" if title == "單位" else "center")
        for title, width in (COLUMNS if any(compared) else FIRST_COLUMNS)
    )
    rows = tuple(
        (
            row.view.grade,
            str(row.rank),
            row.view.department,
            fixed(row.view.total),
            close_up(words) or "—",
        )[:last]
        for row, words in zip(group.rows, compared, strict=True)
    )
    return Table(f"{group.profile}考核結果", columns, rows)


def _negative(views: list[SheetView]) -> Iterator[Block]:
    """已認定的事對結果的後果。通報只說後果，不說是什麼事；待認定的不進通報。"""
    if any(view.result.veto for view in views):
        yield Paragraph("負面清單扣的分不在各條之內，在總分之外另扣；上表所列總分已經扣過。")
    for view in views:
        if found := consequences(view):
            yield Paragraph(f"{view.department}：{close_up('；'.join(found))}。")


def _common(views: list[SheetView]) -> Iterator[Block]:
    """幾個單位都失分的內容，合計失分多的在前。"""
    lost: dict[tuple[str, str], list[Decimal]] = {}
    for view in views:
        for line in view.lines:
            if line.lost > ZERO:
                lost.setdefault((line.number, line.text), []).append(line.lost)
    ordered = sorted(lost.items(), key=lambda item: (-sum(item[1], ZERO), item[0]))
    for (_number, text), points in ordered[:MOST_COMMON]:
        total = fixed(sum(points, ZERO))
        yield Paragraph(f"{text}：{len(points)}個單位失分，失分合計{total}分。")


def _next(views: list[SheetView]) -> Iterator[Block]:
    for view in views:
        if view.gaps:
            worst = "；".join(f"{line.text}（失{fixed(line.lost)}分）" for line in view.gaps[:3])
            yield Paragraph(f"{view.department}：{worst}。")


def _window(round_: AssessmentRound) -> Iterator[Block]:
    """徵求意見稿：異議期裏說怎樣提；過了異議期不再說。"""
    if round_.phase == AssessmentRound.Phase.FEEDBACK:
        day = long_date(objection_window(round_))
        yield Paragraph(f"對結果有異議的，由單位負責人在{day}以前逐條提出並附材料。")


def _objections(round_: AssessmentRound) -> Iterator[Block]:
    """公佈的通報：異議期裏提了幾件、怎樣裁定。"""
    rows = Objection.objects.filter(sheet__round=round_).exclude(state=Objection.State.WITHDRAWN)
    states = Counter(rows.order_by().values_list("state", flat=True))
    if not states:
        yield Paragraph("異議期內各單位沒有提出異議。")
        return
    decided = "，".join(
        f"{label}{states[state]}件" for state, label in _DECIDED.items() if states[state]
    )
    changed = "；成立和部分成立的，得分已據以調整" if _GRANTED & states.keys() else ""
    yield Paragraph(f"異議期內收到異議{states.total()}件，已由領導小組裁定：{decided}{changed}。")
