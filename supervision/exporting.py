"""督辦台賬導出 Excel：篩選出什麼就導出什麼。一律寫成文字，公式和鏈接都不認。"""

import io
from collections.abc import Callable, Iterable, Mapping
from datetime import date, datetime

import xlsxwriter
from django.utils.timezone import localtime
from django.utils.translation import gettext_lazy
from xlsxwriter.format import Format
from xlsxwriter.worksheet import Worksheet

from journal.services import source_script
from supervision.register import Row
from supervision.wording import RECTIFICATION, Wording
from tasks.labels import choice_label, seat_label
from tasks.services.excel.writing import A3, OPTIONS, lay_out_for_print, sheet_formats, write_text

Value = str | date | int | None


def _day(at: datetime | None) -> date | None:
    return localtime(at).date() if at else None


def _instruction(row: Row) -> str:
    found = row.order.instruction
    return found.text if found else ""


def _verdict(row: Row) -> str:
    """批示的領導看過沒有；退回重辦之後的一輪重新等他看。"""
    if row.answer is None or row.order.instruction is None or not row.answer.verdict:
        return ""
    return choice_label(type(row.answer).Verdict, row.answer.verdict)


#: （表頭, 列寬, 怎樣取值）。
COLUMNS: list[tuple[object, int, Callable[[Row], Value]]] = [
    (gettext_lazy("編號"), 20, lambda r: r.order.full_number),
    (gettext_lazy("督辦事項"), 32, lambda r: r.order.title),
    (gettext_lazy("來源"), 12, lambda r: choice_label(type(r.order).Source, r.order.source)),
    (
        gettext_lazy("批示人"),
        14,
        lambda r: r.order.instruction.signed if r.order.instruction else "",
    ),
    (gettext_lazy("批示內容"), 28, _instruction),
    (gettext_lazy("辦理要求"), 28, lambda r: r.order.demand),
    (gettext_lazy("承辦單位"), 14, lambda r: str(r.order.lead_department or "")),
    (
        gettext_lazy("配合單位"),
        16,
        lambda r: "、".join(unit.name for unit in r.order.supporting_departments.all()),
    ),
    (gettext_lazy("責任領導"), 14, lambda r: seat_label(r.order.accountable_seat)),
    (gettext_lazy("緊急程度"), 9, lambda r: choice_label(type(r.order).Urgency, r.order.urgency)),
    (gettext_lazy("交辦日期"), 12, lambda r: _day(r.order.issued_at)),
    (gettext_lazy("原定時限"), 12, lambda r: r.order.first_due_date),
    (gettext_lazy("辦理時限"), 12, lambda r: r.order.due_date),
    (gettext_lazy("延期次數"), 9, lambda r: r.order.extended_times),
    (gettext_lazy("狀態"), 10, lambda r: r.order.state_label),
    (gettext_lazy("燈號"), 9, lambda r: r.light.label),
    (gettext_lazy("逾期工作日"), 10, lambda r: r.days_late),
    (gettext_lazy("領辦日期"), 12, lambda r: _day(r.order.acknowledged_at)),
    (gettext_lazy("最近反饋日期"), 12, lambda r: _day(r.answer.signed_at) if r.answer else None),
    (gettext_lazy("最近反饋"), 44, lambda r: r.answer.text if r.answer else ""),
    (gettext_lazy("閱示結果"), 10, _verdict),
    (gettext_lazy("閱示日期"), 12, lambda r: _day(r.answer.verdict_at) if r.answer else None),
    (gettext_lazy("退回次數"), 9, lambda r: r.returned),
    (gettext_lazy("銷號日期"), 12, lambda r: _day(r.order.closed_at)),
    (gettext_lazy("關聯任務"), 24, lambda r: str(r.order.measure or "")),
    (gettext_lazy("創建活動"), 22, lambda r: r.order.campaign.name),
]


#: 整改台賬上叫法不同的表頭。
RECTIFYING: Mapping[str, object] = {
    "督辦事項": RECTIFICATION.matter,
    "辦理要求": RECTIFICATION.demand,
    "承辦單位": gettext_lazy("整改單位"),
    "交辦日期": gettext_lazy("下達日期"),
    "辦理時限": gettext_lazy("整改時限"),
    "領辦日期": gettext_lazy("簽收日期"),
    "最近反饋日期": gettext_lazy("最近報送日期"),
    "最近反饋": gettext_lazy("最近整改情況"),
    "退回次數": gettext_lazy("再改次數"),
}


def headings(words: Wording) -> list[str]:
    """各列的表頭，照這一種單子的叫法。"""
    with source_script():
        names = [str(heading) for heading, _width, _value in COLUMNS]
    renamed = RECTIFYING if words is RECTIFICATION else {}
    return [
        str(renamed.get(name, heading))
        for name, (heading, _width, _value) in zip(names, COLUMNS, strict=True)
    ]


def write_register(rows: Iterable[Row], *, words: Wording, today: date) -> bytes:
    """寫成一份 .xlsx。words：這一種單子的叫法。"""
    buffer = io.BytesIO()
    name, titles = str(words.register), headings(words)
    with xlsxwriter.Workbook(buffer, OPTIONS) as book:
        book.set_properties({"title": name, "author": ""})
        formats = sheet_formats(book)
        sheet = book.add_worksheet(name)
        for index, (_heading, width, _value) in enumerate(COLUMNS):
            sheet.set_column(index, index, width)
            sheet.write_string(0, index, titles[index], formats["head"])
        for number, row in enumerate(rows, 1):
            for index, (_heading, _width, value) in enumerate(COLUMNS):
                _write(sheet, number, index, value(row), formats)
        sheet.freeze_panes(1, 2)
        lay_out_for_print(sheet, f"{name}（{today:%Y-%m-%d}）", paper=A3)
    return buffer.getvalue()


def _write(
    sheet: Worksheet, row: int, column: int, value: Value, formats: Mapping[str, Format]
) -> None:
    if isinstance(value, date):
        sheet.write_datetime(row, column, value, formats["date"])
    elif isinstance(value, int):
        sheet.write_number(row, column, value, formats["text"])
    else:
        write_text(sheet, row, column, value or "", formats)
