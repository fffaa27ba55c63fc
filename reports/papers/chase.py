"""催辦單：一個單位一張，字與催報台上的相同（tasks.chase_papers），後附回執，排成公文。"""

from collections.abc import Callable
from datetime import date

from reports import prose
from reports.papers.words import Says, converter
from reports.rendering import Annex, Column, OfficialDocument, Paragraph, Table
from reports.rendering.document import Script
from tasks.chase_papers import Paper, PaperRow

TITLE, SLIP = "催辦通知單", "催辦回執"
#: 欄名、欄寬（毫米）、取哪一樣；合計是版心的寬。
COLUMNS: tuple[tuple[str, float, Callable[[PaperRow], str]], ...] = (
    ("任務", 49.0, lambda row: f"{row.code} {prose.typeset(row.title)}"),
    ("分工", 14.0, lambda row: row.role),
    ("報送期", 27.0, lambda row: row.period),
    ("應辦", 14.0, lambda row: row.wanted),
    ("時限", 24.0, lambda row: row.due),
    ("逾期\n工作日", 16.0, lambda row: row.overdue),
)
NUMBER_MM = 12.0
LABEL_MM, FILL_MM = 40.0, 116.0
WRITING_LINES, SIGNING_LINES = 8, 3


def chase_document(paper: Paper, *, day: date, script: Script = "hant") -> OfficialDocument:
    """一張催辦單。paper 要在 source_script() 裏做好：公文先有繁體，再整份轉簡體。"""
    says = converter(script)
    return OfficialDocument(
        title=says(TITLE),
        salutation=says(f"{paper.unit}："),
        blocks=(Paragraph(says(paper.body)), _table(paper, says), _slip(paper, says)),
        attachments=(says(SLIP),),
        signature=says(paper.issuer),
        date=day,
        script=script,
    )


def _table(paper: Paper, says: Says) -> Table:
    columns = (
        Column(says("序號"), NUMBER_MM, "center"),
        *(
            Column(says(title), width, "left" if title == "任務" else "center")
            for title, width, _cell in COLUMNS
        ),
    )
    rows = tuple(
        (str(number), *(says(cell(row)) for _title, _width, cell in COLUMNS))
        for number, row in enumerate(paper.rows, 1)
    )
    return Table(says("附表：尚未辦理的事項"), columns, rows)


def _slip(paper: Paper, says: Says) -> Annex:
    """回執：單位已填好，其餘留給被催的單位手寫。"""
    rows = [
        ("單位", paper.unit),
        ("收到時間", "　　　　年　　月　　日"),
        ("未辦原因", "\n" * WRITING_LINES),
        ("預計辦理時間", "\n"),
        ("經辦人", ""),
        ("單位負責人", "\n" * SIGNING_LINES + "簽字：　　　　　　　　　年　　月　　日"),
    ]
    columns = (Column(says("項目"), LABEL_MM, "center"), Column(says("內容"), FILL_MM))
    table = Table("", columns, tuple((says(label), says(text)) for label, text in rows))
    return Annex(says(SLIP), (table,))
