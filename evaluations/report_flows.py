"""考核、榮譽流進彙報的內容和附件。

彙報印發後局內人人可看：沒有公佈的考核一個分也不寫；公佈了而沒有定為全局可見的，只說考核過幾個單位。
"""

from collections.abc import Iterator

from django.db.models import Q
from django.urls import reverse
from django.utils.timezone import localtime
from django.utils.translation import gettext_lazy as _

from evaluations.models import AssessmentRound, Honour, Objection, Rectification
from evaluations.sheets import RankGroup, frozen_sheets, latest_snapshot, rank_sheets
from pingtan_civ.lib.dates import long_date
from pingtan_civ.lib.scoring import fixed
from reports import prose
from reports.annexes import AnnexKind, register_annex
from reports.flows import Flow, register_flow
from reports.links import register_item
from reports.marks import Touched, register_marker
from reports.material import Material, department_of, measure_of
from reports.outline import Chapter
from reports.paper import AnnexPaper, Figure, Item, Paragraph, Section, Source, TablePaper
from reports.parts import chapter_section, count
from reports.telling import register_decisions
from supervision.models import Order

Phase = AssessmentRound.Phase


def register() -> None:
    register_flow(
        Flow("honours", _("獲得榮譽"), _("期內上級授予的榮譽，級別高的在前。"), _honours, 92)
    )
    register_flow(
        Flow("results", _("考核結果"), _("期內已公佈的考核：各等次的單位。"), _results, 94)
    )
    register_annex(
        AnnexKind(
            "results", _("考核結果表"), _("期內公佈的考核，等次、名次、總分。"), _result_annex, 20
        )
    )
    register_annex(
        AnnexKind("honours", _("榮譽一覽表"), _("期內上級授予的榮譽。"), _honour_annex, 30)
    )
    register_decisions("evaluations", _waiting)
    register_marker("evaluations", rectified)
    register_item("honour", lambda item, code: reverse("evaluations:honour-list"))
    register_item("round", lambda item, code: reverse("evaluations:round", args=[item.code]))
    register_item("result", lambda item, code: reverse("evaluations:result", args=[item.code]))


# —— 榮譽 ——


def _granted(material: Material) -> list[Honour]:
    """期內授予本活動（或沒有寫明活動）的，截止時沒有撤銷；級別高的在前。"""
    span = material.span
    rows = Honour.objects.filter(
        Q(campaign=material.campaign) | Q(campaign__isnull=True),
        granted_date__range=(span.start, min(span.end, span.day)),
    ).exclude(revoked_date__lte=span.day)
    order = list(Honour.Level.values)
    found = rows.with_recipients()
    return sorted(found, key=lambda row: (order.index(row.level), row.granted_date, row.pk))


def _whom(row: Honour, material: Material) -> str:
    if row.person_id or row.department_id:
        return str(row.person or row.department)
    return material.unit or "本局"


def _honours(material: Material, chapter: Chapter) -> Iterator[Section]:
    """先說幾項、各級幾項，再逐項：誰、何時、由誰授予什麼。"""
    rows = _granted(material)
    paragraphs = []
    if rows:
        total = _honour_count("honours.all", "本期獲得上級榮譽", rows, material)
        figures, text = [total], f"本期獲得上級榮譽{total.phrase}"
        levels = dict.fromkeys(row.level for row in rows)
        if len(levels) > 1:
            for level in levels:
                same = [row for row in rows if row.level == level]
                words = _LEVELS[level]
                figures.append(_honour_count(f"honours.{level}", words, same, material))
            each = prose.listed([f"{figure.label}{figure.phrase}" for figure in figures[1:]])
            text += f"，其中{each}"
        source = (Source(f"榮譽台賬，截至{long_date(material.span.day)}"),)
        paragraphs.append(Paragraph("honours.all", f"{text}。", "figures", source, tuple(figures)))
        paragraphs += [_honour(row, material) for row in rows]
    yield chapter_section(material, chapter, paragraphs)


_LEVELS = {
    Honour.Level.COUNTY: "縣級",
    Honour.Level.CITY: "市級",
    Honour.Level.PROVINCE: "省級",
    Honour.Level.NATIONAL: "國家級",
}


def _honour_count(key: str, label: str, rows: list[Honour], material: Material) -> Figure:
    items = (
        Item(
            kind="honour",
            id=row.pk,
            title=row.name,
            department=_whom(row, material),
            note=f"{row.granted_by}，{long_date(row.granted_date)}",
        )
        for row in rows
    )
    return count(key, label, "項", items)


def _honour(row: Honour, material: Material) -> Paragraph:
    number = f"（{row.document_number}）" if row.document_number else ""
    text = (
        f"{long_date(row.granted_date)}，{_whom(row, material)}獲{row.granted_by}授予"
        f"{_LEVELS[row.level]}榮譽{prose.quoted(row.name)}{number}。"
    )
    source = Source(f"榮譽台賬：{row.name}"[:300], department=_whom(row, material))
    return Paragraph(f"honours.{row.pk}", text, sources=(source,))


def _honour_annex(material: Material, number: int) -> AnnexPaper | None:
    rows = _granted(material)
    if not rows:
        return None
    table = TablePaper(
        "",
        ("級別", "榮譽名稱", "獲得者", "授予機關", "授予日期"),
        (16, 50, 32, 34, 24),
        tuple(
            (
                _LEVELS[row.level],
                row.name,
                _whom(row, material),
                row.granted_by,
                f"{row.granted_date.year}.{row.granted_date.month}.{row.granted_date.day}",
            )
            for row in rows
        ),
    )
    return AnnexPaper("honours", "榮譽一覽表", (f"本期共獲得上級榮譽{len(rows)}項。",), (table,))


# —— 考核 ——


def _published(material: Material) -> list[AssessmentRound]:
    """期內公佈、截止時已公佈的。"""
    rows = AssessmentRound.objects.filter(
        campaign=material.campaign,
        phase=Phase.PUBLISHED,
        published_at__lte=material.span.cutoff,
    ).order_by("period_end", "pk")
    return [row for row in rows if material.span.has(row.published_at)]


def _ranked(round_: AssessmentRound) -> list[RankGroup]:
    return rank_sheets(frozen_sheets(latest_snapshot(round_)))


def _results(material: Material, chapter: Chapter) -> Iterator[Section]:
    paragraphs = [_result(row) for row in _published(material)]
    yield chapter_section(material, chapter, paragraphs)


def _result(round_: AssessmentRound) -> Paragraph:
    """「…已於…公佈，考核單位11個。窗口單位：優秀2個（…），合格3個（…）。」"""
    groups, key = _ranked(round_), f"results.{round_.pk}"
    rows = [row for group in groups for row in group.rows]
    is_open = round_.is_open_to_all
    total = count(
        key, f"{round_.title}：考核單位", "個", (_item(row, round_, is_open) for row in rows)
    )
    day = long_date(localtime(round_.published_at).date())
    figures, text = [total], f"{round_.title}結果已於{day}公佈，參加考核的單位{total.phrase}。"
    if is_open:
        for number, group in enumerate(groups):
            parts = []
            for place, tier in enumerate(group.tiers):
                label = f"{group.profile}：{tier.grade}"
                items = [_item(row, round_, True) for row in tier.rows]
                figures.append(count(f"{key}.{number}.{place}", label, "個", items))
                names = prose.listed([row.view.department for row in tier.rows])
                parts.append(f"{tier.grade}{figures[-1].phrase}（{names}）")
            text += f"{group.profile}：{'，'.join(parts)}。"
    source = Source(f"{round_.title}定稿，{day}公佈")
    return Paragraph(key, text, "figures", (source,), tuple(figures))


def _item(row: object, round_: AssessmentRound, is_open: bool) -> Item:
    note = f"{row.view.grade}，{fixed(row.view.total)}分，第{row.rank}名" if is_open else ""
    return Item(kind="result", id=round_.pk, code=round_.code, title=row.view.department, note=note)


def _result_annex(material: Material, number: int) -> AnnexPaper | None:
    """只印定為全局可見的；別的考核的分不進附件。"""
    tables = [
        TablePaper(
            f"{round_.title}（{group.profile}）",
            ("等次", "名次", "單位", "總分"),
            (30, 24, 72, 30),
            tuple(
                (row.view.grade, str(row.rank), row.view.department, fixed(row.view.total))
                for row in group.rows
            ),
        )
        for round_ in _published(material)
        if round_.is_open_to_all
        for group in _ranked(round_)
    ]
    if not tables:
        return None
    rows = sum(len(table.rows) for table in tables)
    return AnnexPaper("results", "考核結果表", (f"列入考核結果的單位共{rows}個。",), tuple(tables))


def _waiting(material: Material) -> Iterator[Paragraph]:
    """等領導小組審定、公佈的考核，和等裁定的異議。只說到哪一步，不說分。"""
    if material.only is not None:
        return
    rows = list(
        AssessmentRound.objects.filter(
            campaign=material.campaign, phase__in=(Phase.DECISION, Phase.ANSWER)
        ).order_by("period_end", "pk")
    )
    words = {
        Phase.DECISION: "評分已齊，待領導小組審定",
        Phase.ANSWER: "異議期已滿，待答覆異議並公佈",
    }
    for row in rows:
        source = Source(f"{row.title}，{words[row.phase]}")
        text = f"{row.title}：{words[row.phase]}。"
        yield Paragraph(f"decisions.round{row.pk}", text, sources=(source,))
    objections = list(
        Objection.objects.filter(
            sheet__round__campaign=material.campaign,
            state=Objection.State.ANSWERED,
            filed_at__lte=material.span.cutoff,
        ).select_related("sheet__round")
    )
    if objections:
        items = (
            Item(
                kind="round",
                id=row.sheet.round_id,
                code=row.sheet.round.code,
                title=row.sheet.round.title,
                department=row.sheet.department_name,
            )
            for row in objections
        )
        figure = count("decisions.objections", "已答覆、待領導小組裁定的考核異議", "件", items)
        names = prose.listed(list(dict.fromkeys(row.sheet.department_name for row in objections)))
        text = f"{figure.label}{figure.phrase}，由{names}提出。"
        source = Source(f"考核異議，截至{long_date(material.span.day)}")
        yield Paragraph("decisions.objections", text, "text", (source,), (figure,))


def rectified(material: Material) -> Touched:
    """期內下達或銷號的考核整改：整改的那一條對應哪些指標，就是該單位這些指標的措施。"""
    rows = Rectification.objects.filter(
        order__campaign=material.campaign,
        order__issued_at__lte=material.span.cutoff,
        criterion__isnull=False,
    ).exclude(order__state=Order.State.CANCELLED)
    pairs = {
        (measure, unit)
        for issued, closed, unit, measure in rows.values_list(
            "order__issued_at",
            "order__closed_at",
            "sheet__department",
            "criterion__indicators__measures",
        )
        if material.span.has(issued) or material.span.has(closed)
    }
    found = {
        round_.submission_id
        for round_ in material.accepted
        if (measure_of(round_).pk, department_of(round_).pk) in pairs
    }
    return set(), found
