"""督辦通知單、整改通知書：按 GB/T 9704 排成 Word 和 PDF，後附反饋單，單位填好、簽字、蓋章交回。"""

from collections.abc import Iterator
from dataclasses import dataclass

from django.utils.timezone import localtime

from campaigns.naming import signature_of
from journal.services import source_script
from pingtan_civ.lib.dates import long_date
from reports.papers.words import Says, converter
from reports.rendering import (
    Annex,
    Column,
    OfficialDocument,
    Paragraph,
    Run,
    Table,
)
from reports.rendering.document import Script
from reports.rendering.layout import lines_in_cell
from supervision.models import Order

#: 反饋單裏留給人手寫的空行數；事項寫得長時辦理情況讓幾行，整張表仍在一頁裏。
WRITING_LINES, FEWEST_LINES, SIGNING_LINES = 11, 5, 3
LABEL_MM, FILL_MM = 34.0, 122.0


def notice_of(order: Order, *, script: Script = "hant") -> OfficialDocument:
    """一張已交辦的督辦單變成公文；繁體照原文，簡體整份一起轉，人名不動。"""
    says = converter(script)
    unit, paper = order.lead_department.name, _paper_of(order)
    with source_script():
        title, signature = str(order.words.notice), signature_of(order.campaign)
    urgency = "" if order.urgency == Order.Urgency.NORMAL else f"（{_URGENCY[order.urgency]}）"
    return OfficialDocument(
        title=says(title),
        place_line=says(f"{_number(order)}{urgency}"),
        salutation=says(f"{unit}："),
        blocks=(*_paragraphs(paper, says), _slip(order, paper, says)),
        attachments=(says(paper.slip),),
        signature=says(signature),
        date=localtime(order.issued_at).date(),
        script=script,
    )


_URGENCY = {Order.Urgency.URGENT: "加急", Order.Urgency.TOP: "特急"}


def _number(order: Order) -> str:
    return f"{order.mark}〔{order.year}〕{order.number}號"


@dataclass(frozen=True)
class Paper:
    """一種通知上的字：正文各段（段首的小標題用黑體接排，一般的一張單子不過一頁）和反饋單各欄。"""

    body: list[tuple[str, str]]
    slip: str
    matter: str
    unit: str
    due: str
    answer: str
    office: str


def _paper_of(order: Order) -> Paper:
    return _rectification(order) if order.is_rectification else _supervision(order)


def _paragraphs(paper: Paper, says: Says) -> Iterator[Paragraph]:
    for heading, text in paper.body:
        head = (Run(says(heading), face="hei"),) if heading else ()
        yield Paragraph(runs=(*head, Run(says(text))))


def _supervision(order: Order) -> Paper:
    opening = "現將下列事項交由你單位辦理，請抓緊落實，按時書面反饋。"
    if order.instruction:
        day = long_date(localtime(order.instruction.at).date())
        who = order.instruction.signed.replace(" ", "")
        words = order.instruction.text.strip().rstrip("。")
        opening = f"{day}，{who}批示：「{words}。」現交由你單位辦理，請抓緊落實，按時書面反饋。"
    demand = _demand(order, "按有關規定和任務分解的要求辦理。")
    acknowledge = long_date(order.acknowledge_due_date)
    answering = (
        "一事一單，由單位主要負責人簽字並加蓋公章。不能按時辦結的，"
        "應當在時限屆滿之前書面報告進展和原因，並申請延期。"
    )
    return Paper(
        body=[
            ("", opening),
            ("一、督辦事項：", _sentence(_matter(order))),
            ("二、辦理要求：", demand),
            ("三、辦理時限：", f"{acknowledge}前領辦，{_limit(order, '反饋辦理情況')}。"),
            ("四、反饋要求：", answering),
        ],
        slip="督辦事項反饋單",
        matter="督辦事項",
        unit="承辦單位",
        due="反饋時限",
        answer="辦理情況",
        office="辦公室意見",
    )


def _rectification(order: Order) -> Paper:
    acknowledge = long_date(order.acknowledge_due_date)
    answering = (
        "逐條寫明整改措施和結果，附整改前後的照片，由單位主要負責人簽字並加蓋公章。"
        "本辦公室收到後復查，改到位的銷號，不到位的另定時限再改。不能按時改好的，"
        "應當在時限屆滿之前書面報告進展和原因，並申請延期。"
    )
    return Paper(
        body=[
            ("", "經考核檢查，你單位存在下列問題。請抓緊整改，按時書面報送整改情況。"),
            ("一、存在問題：", _sentence(order.title)),
            ("二、整改要求：", _demand(order, "對照考核辦法逐條改到位。")),
            ("三、整改時限：", f"{acknowledge}前簽收，{_limit(order, '改好並報送整改情況')}。"),
            ("四、報送要求：", answering),
        ],
        slip="整改情況反饋單",
        matter="存在問題",
        unit="整改單位",
        due="整改時限",
        answer="整改措施和結果",
        office="復查意見",
    )


def _demand(order: Order, otherwise: str) -> str:
    supporting = "、".join(unit.name for unit in order.supporting_departments.all())
    demand = _sentence(order.demand or otherwise)
    return f"{demand}由{supporting}配合。" if supporting else demand


def _matter(order: Order) -> str:
    """批示的題目是批示的第一句話，要說明是在哪一項任務上批示的。"""
    if order.instruction and order.measure:
        return f"{order.title}（涉及{order.measure.code}「{order.measure.title}」）"
    return order.title


def _sentence(text: str) -> str:
    """公文裏一段話要有句號；本來就有標點的不加。"""
    plain = text.strip()
    return plain if plain.endswith(("。", "！", "？", "；", "：")) else f"{plain}。"


def _limit(order: Order, act: str) -> str:
    due = long_date(order.due_date)
    if order.is_extended:
        return f"原定{long_date(order.first_due_date)}，現定於{due}前{act}"
    days = f"（{order.limit_days}個工作日）" if order.limit_days else ""
    return f"{due}前{act}{days}"


def _slip(order: Order, paper: Paper, says: Says) -> Annex:
    """反饋單：編號、事項、時限已填好，其餘留空。"""
    taken = lines_in_cell(order.title, FILL_MM) - 1
    blank = "\n" * max(WRITING_LINES - taken, FEWEST_LINES)
    sign = "\n" * SIGNING_LINES
    rows = [
        ("編號", _number(order)),
        (paper.matter, order.title),
        (paper.unit, order.lead_department.name),
        (paper.due, long_date(order.due_date)),
        (paper.answer, blank),
        ("單位主要負責人意見", f"{sign}簽字（蓋章）：　　　　　　　　　年　　月　　日"),
        (paper.office, f"{sign}簽字：　　　　　　　　　年　　月　　日"),
    ]
    table = Table(
        caption="",
        columns=(
            Column(says("項目"), LABEL_MM, "center"),
            Column(says("內容"), FILL_MM),
        ),
        rows=tuple((says(label), says(value)) for label, value in rows),
    )
    return Annex(says(paper.slip), (table,))
