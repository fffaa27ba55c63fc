"""徵詢函：按 GB/T 9704 排成 Word 和 PDF，後附答覆單，主管部門填好、蓋章退回。"""

from campaigns.naming import signature_of
from evaluations.models import AuthorityInquiry
from journal.services import source_script
from pingtan_civ.lib.dates import long_date
from reports.papers.words import Says, close_up, converter
from reports.rendering import Annex, Column, OfficialDocument, Paragraph, Run, Table
from reports.rendering.document import Script

TITLE = "關於徵詢有關單位負面清單情形的函"
SLIP = "徵詢情況答覆單"
COLUMNS = (
    ("序號", 14.0),
    ("單位", 36.0),
    ("情形", 46.0),
    ("有或無", 16.0),
    ("有的請寫明時間、事由和認定文號", 44.0),
)


def letter_of(inquiry: AuthorityInquiry, *, script: Script = "hant") -> OfficialDocument:
    """一張徵詢函變成公文；繁體照原文，簡體整份一起轉。"""
    says = converter(script)
    with source_script():
        signature = signature_of(inquiry.campaign)
    return OfficialDocument(
        title=says(TITLE),
        salutation=says(f"{inquiry.authority}："),
        blocks=(*_body(inquiry, says), _slip(inquiry, says)),
        attachments=(says(SLIP),),
        signature=says(signature),
        date=inquiry.asked_date,
        script=script,
    )


def _body(inquiry: AuthorityInquiry, says: Says) -> list[Paragraph]:
    start, end = long_date(inquiry.period_start), long_date(inquiry.period_end)
    items = "；".join(
        f"（{number}）{item.event_text}" for number, item in enumerate(inquiry.items.all(), start=1)
    )
    parts = [
        (
            "",
            f"根據{close_up(inquiry.campaign.name)}考核推薦工作需要，現就附件所列單位在{start}至{end}期間"
            "有無下列情形徵詢貴單位意見，請予支持。",
        ),
        ("一、徵詢內容：", f"{items}。"),
        (
            "二、答覆方式：",
            "請在答覆單上逐個單位、逐種情形填寫「有」或「無」，有的寫明時間、事由和認定文號，"
            "加蓋公章後退回。",
        ),
        (
            "三、答覆時限：",
            f"請於{long_date(inquiry.due_date)}前答覆。逾期未答覆的，我們按「未確認」處理，不視為「無」。",
        ),
    ]
    return [
        Paragraph(runs=(*((Run(says(head), face="hei"),) if head else ()), Run(says(text))))
        for head, text in parts
    ]


def _slip(inquiry: AuthorityInquiry, says: Says) -> Annex:
    asked = inquiry.answers.select_related("department", "item")
    rows = tuple(
        (str(number), says(row.department.name), says(row.item.event_text), "", "\n")
        for number, row in enumerate(asked, start=1)
    )
    columns = tuple(
        Column(says(title), width, "left" if width > 40 else "center") for title, width in COLUMNS
    )
    closing = Paragraph(says("填表單位（蓋章）：　　　　　　年　　月　　日"))
    return Annex(says(SLIP), (Table(caption="", columns=columns, rows=rows), closing))
