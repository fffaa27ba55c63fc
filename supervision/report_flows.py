"""督辦、整改流進彙報的內容：期內交辦、下達、銷號的，等着領導小組定的，和整改的標記。

彙報印發後局內人人可看，督辦單不是：批示轉來的只寫單號和單位，不寫事由（那是領導的話）。
"""

from collections.abc import Iterator

from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from pingtan_civ.lib.dates import long_date
from reports import prose
from reports.flows import Flow, register_flow
from reports.links import register_item
from reports.marks import Touched, register_marker
from reports.material import Material
from reports.outline import Chapter
from reports.paper import Item, Paragraph, Section, Source
from reports.parts import chapter_section, count
from reports.telling import register_decisions
from supervision.models import Extension, Order


def register() -> None:
    register_flow(
        Flow(
            "orders", _("督辦和整改"), _("期內交辦的督辦單、整改通知書，和已銷號的。"), _orders, 90
        )
    )
    register_marker("supervision", rectified)
    register_decisions("supervision", _waiting)
    register_item("order", lambda item, code: reverse("supervision:order-detail", args=[item.id]))


def _in_hand(material: Material) -> list[Order]:
    """截止前編了號、不是已撤銷的；只說幾項任務的專題，只取那幾項名下的。"""
    rows = Order.objects.filter(
        campaign=material.campaign, number__isnull=False, issued_at__lte=material.span.cutoff
    ).exclude(state=Order.State.CANCELLED)
    if material.only is not None:
        rows = rows.filter(
            Q(measure__main_task__in=material.only)
            | Q(submission__assignment__measure__main_task__in=material.only)
        )
    return list(rows.select_related("lead_department").order_by("mark", "year", "number"))


def _orders(material: Material, chapter: Chapter) -> Iterator[Section]:
    """期內交辦和下達的逐件列單號、單位、時限、辦理狀態；期內銷號的另計。"""
    rows, span = _in_hand(material), material.span
    fresh = [row for row in rows if span.has(row.issued_at)]
    groups = (
        ("orders.issued", "本期交辦督辦單", [row for row in fresh if not row.is_rectification]),
        ("orders.rectify", "本期下達整改通知書", [row for row in fresh if row.is_rectification]),
    )
    paragraphs = [_listed(key, words, group, material) for key, words, group in groups if group]
    if closed := [row for row in rows if span.has(row.closed_at)]:
        figure = count("orders.closed", "本期辦結銷號", "件", map(item_of_order, closed))
        numbers = prose.listed([_number(row) for row in closed])
        text = f"本期辦結銷號{figure.phrase}：{numbers}。"
        paragraphs.append(Paragraph("orders.closed", text, "figures", _source(material), (figure,)))
    yield chapter_section(material, chapter, paragraphs)


def _listed(key: str, words: str, rows: list[Order], material: Material) -> Paragraph:
    figure = count(key, words, "件", map(item_of_order, rows))
    text = f"{words}{figure.phrase}：{'；'.join(_told(row, material) for row in rows)}。"
    return Paragraph(key, text, "figures", _source(material), (figure,))


def _told(row: Order, material: Material) -> str:
    """「平民創督〔2026〕4號「福利院公示欄內容過期」由福利院承辦，時限2026年11月27日」。"""
    title = "" if row.instruction_id else prose.quoted(row.title)
    verb = "整改" if row.is_rectification else "承辦"
    unit = row.lead_department.name
    if row.closed_at and row.closed_at <= material.span.cutoff:
        return f"{_number(row)}{title}由{unit}{verb}，已銷號"
    return f"{_number(row)}{title}由{unit}{verb}，時限{long_date(row.due_date)}"


def _number(row: Order) -> str:
    return f"{row.mark}〔{row.year}〕{row.number}號"


def _source(material: Material) -> tuple[Source, ...]:
    return (Source(f"督辦台賬、整改台賬，截至{long_date(material.span.day)}"),)


def item_of_order(row: Order) -> Item:
    return Item(
        kind="order",
        id=row.pk,
        title=_number(row) if row.instruction_id else f"{_number(row)} {row.title}",
        department=row.lead_department.name if row.lead_department else "",
        note=str(row.state_label),
    )


def _waiting(material: Material) -> Iterator[Paragraph]:
    """反饋已到、等領導閱示或審定的，和督辦延期待裁定的。"""
    answered = [row for row in _in_hand(material) if row.state == Order.State.ANSWERED]
    if answered:
        key = "decisions.orders"
        figure = count(key, "已反饋、待審定的督辦單", "件", map(item_of_order, answered))
        told = prose.listed([f"{_number(row)}（{row.lead_department.name}）" for row in answered])
        text = f"{figure.label}{figure.phrase}：{told}。"
        yield Paragraph(key, text, "text", _source(material), (figure,))
    asked = Extension.objects.filter(
        order__campaign=material.campaign,
        state=Extension.State.PENDING,
        requested_at__lte=material.span.cutoff,
    ).select_related("order__lead_department")
    asked = [] if material.only is not None else list(asked)
    if asked:
        key = "decisions.order_extensions"
        figure = count(key, "待裁定的督辦延期", "件", (item_of_order(row.order) for row in asked))
        told = prose.listed(
            [
                f"{_number(row.order)}（{row.order.lead_department.name}）申請延至"
                f"{long_date(row.proposed_date)}"
                for row in asked
            ]
        )
        text = f"{figure.label}{figure.phrase}：{told}。"
        yield Paragraph(key, text, "text", _source(material), (figure,))


def rectified(material: Material) -> Touched:
    """期內下達或銷號的整改單所指的措施和報送。"""
    rows = Order.objects.filter(
        campaign=material.campaign,
        source=Order.Source.RECTIFICATION,
        issued_at__lte=material.span.cutoff,
    ).exclude(state=Order.State.CANCELLED)
    found = [
        (measure, submission)
        for measure, submission, issued, closed in rows.values_list(
            "measure_id", "submission_id", "issued_at", "closed_at"
        )
        if material.span.has(issued) or material.span.has(closed)
    ]
    measures = {measure for measure, _submission in found if measure}
    return measures, {submission for _measure, submission in found if submission}
