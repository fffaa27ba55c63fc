"""進度、下期、新增、延期、風險：由任務和報送的數編成的各章，每個數帶着清單。"""

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta

from django.utils.timezone import localtime
from django.utils.translation import gettext_lazy as _

from people.models import Department
from pingtan_civ.lib.dates import long_date
from reports import prose
from reports.flows import Flow, register_flow
from reports.material import (
    Material,
    Unreported,
    department_of,
    item_of_measure,
    item_of_submission,
    item_of_unit,
    item_of_unreported,
)
from reports.outline import Chapter
from reports.paper import Figure, Item, Paragraph, Section, Source
from reports.parts import NOTHING_ISSUED, chapter_section, count, counted, share, table_source
from tasks.models import ChangeRequest, Measure, Submission

SOON_DAYS = 7
"""時限在這麼多天之內、還沒有報來的，算臨期。"""
MOST_TITLES = 10
"""下期應完成的措施，不超過這麼多項時逐項寫出名稱。"""
LATE = (Unreported.EARLIER, Unreported.OVERDUE)
EXTENSION_SOURCE = "延期申請和裁定"


# —— 進度 ——


def _progress(material: Material, chapter: Chapter) -> Iterator[Section]:
    """措施總數、牽頭單位、辦結和占比；本期報送多少、通過多少、逾期多少。"""
    paragraphs = [_measures(material)]
    if material.measures and (row := _passed(material)):
        paragraphs.append(row)
    yield chapter_section(material, chapter, paragraphs)


def _measures(material: Material) -> Paragraph:
    source, day = table_source(material), long_date(material.span.day)
    if not material.measures:
        return Paragraph("progress.all", NOTHING_ISSUED, "figures", source)
    closed = [row for row in material.measures if material.is_closed(row)]
    fresh = [row for row in closed if material.span.has(row.closed_at)]
    leads = {row.lead_department_id: row.lead_department for row in material.measures}
    units = [unit for unit in leads.values() if unit]
    total = count("progress.measures", "下達措施", "項", map(item_of_measure, material.measures))
    figures, text = [total], f"截至{day}，{_opening(material)}{total.phrase}"
    if units:
        figures.append(count("progress.units", "牽頭單位", "個", map(item_of_unit, units)))
        text += (
            f"，由{figures[-1].phrase}單位牽頭" if len(units) > 1 else f"，由{units[0].name}牽頭"
        )
        if len(units) == 1:
            figures.pop()
    text += "；"
    if not closed:
        return Paragraph("progress.all", f"{text}均在辦理。", "figures", source, tuple(figures))
    done = count("progress.closed", "已辦結", "項", map(item_of_measure, closed))
    figures.append(done)
    text += f"已辦結{done.phrase}"
    if len(closed) < len(material.measures):
        notes = (
            item_of_measure(row, "已辦結" if material.is_closed(row) else "")
            for row in material.measures
        )
        rate = share("progress.closed_share", "辦結率", notes)
        figures.append(rate)
        text += f"，佔{rate.phrase}"
    if fresh and material.last:
        figures.append(count("progress.fresh", "本期辦結", "項", map(item_of_measure, fresh)))
        text += f"，其中本期辦結{figures[-1].phrase}"
    if running := [row for row in material.measures if not material.is_closed(row)]:
        left = count("progress.running", "正在辦理", "項", map(item_of_measure, running))
        figures.append(left)
        text += f"；正在辦理{left.phrase}"
    return Paragraph("progress.all", f"{text}。", "figures", source, tuple(figures))


def _opening(material: Material) -> str:
    """全部任務的說「共下達措施」；專題只說選定的幾項。"""
    if material.only is None:
        return "共下達措施"
    return "該項任務共分解措施" if len(material.main_tasks) == 1 else "上述任務共分解措施"


def _passed(material: Material) -> Paragraph | None:
    """「本期報送並審核通過20件，其中零報告1件；逾期未報3件，涉及救助管理站、福利院。」"""
    figures, parts = [], []
    if material.accepted:
        items = (item_of_submission(row.submission) for row in material.accepted)
        passed = count("progress.accepted", "本期報送並審核通過", "件", items)
        figures.append(passed)
        parts.append(f"本期報送並審核通過{passed.phrase}")
    if late := _late(material):
        items = (item_of_unreported(row, "逾期未報") for row in late)
        overdue = count("progress.overdue", "逾期未報", "件", items)
        units = dict.fromkeys(row.submission.assignment.department.name for row in late)
        figures.append(overdue)
        parts.append(f"逾期未報{overdue.phrase}，涉及{prose.listed(list(units))}")
    if not parts:
        return None
    source = table_source(material)
    text = f"{'；'.join(parts)}。"
    return Paragraph("progress.reported", text, "figures", source, tuple(figures))


def _late(material: Material) -> list[Unreported]:
    return [row for row in material.unreported if row.why in LATE]


def _task_figures(material: Material, chapter: Chapter) -> Iterator[Section]:
    """逐項主要任務一句：分解幾項、辦結幾項、本期通過幾件。"""
    paragraphs = []
    for task in material.main_tasks:
        measures = [row for row in material.measures if row.main_task_id == task.pk]
        if measures:
            title = prose.typeset(task.title)
            opening = f"{title}：分解措施"
            paragraphs.append(counted(material, f"figures.{task.code}", title, measures, opening))
    yield chapter_section(material, chapter, paragraphs)


# —— 下期 ——


def _next_due(material: Material, chapter: Chapter) -> Iterator[Section]:
    """下一期到時限的報送按單位列數，和應當完成的措施；都沒有時整章不印。"""
    start, end = material.span.next
    period = prose.period_words(start, end)
    source = (Source(f"任務分解表的報送時限和完成時限，{period}"),)
    paragraphs = []
    if material.upcoming:
        paragraphs.append(_upcoming(material, period, source))
    ending = [
        row
        for row in material.measures
        if row.due_date and start <= row.due_date <= end and not material.is_closed(row)
    ]
    if ending:
        paragraphs.append(_ending(ending, period, source))
    yield chapter_section(material, chapter, paragraphs)


def _upcoming(material: Material, period: str, source: tuple[Source, ...]) -> Paragraph:
    by_unit: dict[Department, list[Submission]] = {}
    for row in material.upcoming:
        by_unit.setdefault(row.assignment.department, []).append(row)
    total = _due_count("next.reports", f"{period}到期應報", material.upcoming)
    each = [
        _due_count(f"next.unit{unit.pk}", f"{period}到期應報：{unit.name}", rows)
        for unit, rows in by_unit.items()
    ]
    if len(each) == 1:
        text = f"{period}到期應報的有{total.phrase}，由{next(iter(by_unit)).name}報送。"
        return Paragraph("next.reports", text, "figures", source, (total,))
    words = prose.listed(
        [f"{unit.name}{figure.phrase}" for unit, figure in zip(by_unit, each, strict=True)]
    )
    text = f"{period}到期應報的有{total.phrase}：{words}。"
    return Paragraph("next.reports", text, "figures", source, (total, *each))


def _due_count(key: str, label: str, rows: list[Submission]) -> Figure:
    items = (
        Item(
            kind="unreported",
            id=row.pk,
            code=row.assignment.measure.code,
            title=row.assignment.measure.title,
            department=row.assignment.department.name,
            period=row.name,
            note=f"時限{long_date(row.due_date)}",
        )
        for row in rows
    )
    return count(key, label, "件", items)


def _ending(measures: list[Measure], period: str, source: tuple[Source, ...]) -> Paragraph:
    """應完成的措施：不多的逐項寫出名稱，多的按牽頭單位寫數，名稱在清單裏。"""
    label = f"{period}應完成的措施"
    total = count("next.ending", label, "項", map(item_of_measure, measures))
    if len(measures) <= MOST_TITLES:
        text = f"{label}有{total.phrase}：{_by_lead(measures)}。"
        return Paragraph("next.ending", text, "figures", source, (total,))
    by_unit: dict[Department | None, list[Measure]] = {}
    for row in measures:
        by_unit.setdefault(row.lead_department, []).append(row)
    figures, words = [total], []
    for unit, rows in by_unit.items():
        name, pk = (unit.name, unit.pk) if unit else ("未定牽頭單位", 0)
        items = map(item_of_measure, rows)
        figures.append(count(f"next.ending{pk}", f"{label}：{name}", "項", items))
        words.append(f"{name}{figures[-1].phrase}")
    text = f"{label}有{total.phrase}，按牽頭單位分：{prose.listed(words)}。"
    return Paragraph("next.ending", text, "figures", source, tuple(figures))


def _by_lead(measures: list[Measure]) -> str:
    """「婚姻登記處「…」「…」，殯儀館「…」」：同一單位的歸在一起。"""
    by_unit: dict[str, list[str]] = {}
    for row in measures:
        name = row.lead_department.name if row.lead_department else "未定牽頭單位"
        by_unit.setdefault(name, []).append(prose.quoted(row.title))
    return "，".join(f"{unit}{''.join(titles)}" for unit, titles in by_unit.items())


# —— 新增和延期 ——


def _new_since(material: Material, chapter: Chapter) -> Iterator[Section]:
    """上一份同類文件截止以來：新下達的、新辦結的、新審核通過的。沒有上一份的從期初算。"""
    since = material.since
    words = f"{long_date(localtime(since).date())}以來，" if since else "本期"
    if since is None and "以來" in chapter.heading:
        chapter = replace(chapter, heading="本期新增")

    def is_new(at: datetime | None) -> bool:
        if at is None or at > material.span.cutoff:
            return False
        return at > since if since else localtime(at).date() >= material.span.start

    issued = [row for row in material.measures if is_new(row.issued_at)]
    closed = [row for row in material.measures if is_new(row.closed_at)]
    passed = [row for row in material.accepted if is_new(row.decided_at)]
    figures, parts = [], []
    if issued:
        figures.append(count("new.issued", "新下達措施", "項", map(item_of_measure, issued)))
        parts.append(f"新下達措施{figures[-1].phrase}")
    if closed:
        figures.append(count("new.closed", "新辦結措施", "項", map(item_of_measure, closed)))
        parts.append(f"新辦結措施{figures[-1].phrase}")
    if passed:
        items = (item_of_submission(row.submission) for row in passed)
        units = dict.fromkeys(department_of(row).name for row in passed)
        figures.append(count("new.accepted", "新通過審核", "件", items))
        parts.append(f"新通過審核{figures[-1].phrase}，涉及{prose.listed(list(units))}")
    paragraphs = []
    if parts:
        text = f"{words}{'；'.join(parts)}。"
        source = table_source(material)
        paragraphs.append(Paragraph("new.all", text, "figures", source, tuple(figures)))
    yield chapter_section(material, chapter, paragraphs)


def _extensions(material: Material, chapter: Chapter) -> Iterator[Section]:
    """期內批准的延期，逐件寫明由哪天延到哪天。"""
    rows = material.extensions
    paragraphs = []
    if rows:
        figure = count("extensions.all", "批准延期", "件", map(_item_of_extension, rows))
        told = "；".join(_extended(row) for row in rows)
        text = f"本期批准延期{figure.phrase}：{told}。"
        source = Source(f"{EXTENSION_SOURCE}，截至{long_date(material.span.day)}")
        paragraphs.append(Paragraph("extensions.all", text, "figures", (source,), (figure,)))
    yield chapter_section(material, chapter, paragraphs)


def _item_of_extension(row: ChangeRequest) -> Item:
    measure = row.assignment.measure
    return Item(
        kind="unreported",
        id=row.submission_id or row.assignment_id,
        code=measure.code,
        title=measure.title,
        department=row.assignment.department.name,
        period=row.submission.name if row.submission else "",
        note=f"延至{long_date(row.granted_date)}",
    )


def _extended(row: ChangeRequest) -> str:
    unit, title = row.assignment.department.name, prose.quoted(row.assignment.measure.title)
    origin = f"由{long_date(row.previous_date)}" if row.previous_date else ""
    return f"{unit}{title}{origin}延至{long_date(row.granted_date)}"


# —— 逾期與風險 ——


def _overdue_risk(material: Material, chapter: Chapter) -> Iterator[Section]:
    """按責任單位點名：逾期未報、退回待補報、時限將到、過了完成時限還沒辦結的。"""
    groups = list(_risks(material))
    units = dict.fromkeys(unit for group in groups for unit in group[3])
    paragraphs = [
        paragraph for unit in units if (paragraph := _risk_of(material, unit, groups)) is not None
    ]
    if not paragraphs:
        text = f"截至{long_date(material.span.day)}，沒有逾期未報、退回待補報和臨近時限的事項。"
        paragraphs = [Paragraph("risk.none", text, "missing", table_source(material))]
    yield chapter_section(material, chapter, paragraphs)


Risk = tuple[str, str, str, dict[Department, list[tuple[Item, str]]]]
"""（代碼, 說法, 量詞, {單位: [(清單的一條, 題目)]}）。"""


def _risks(material: Material) -> Iterator[Risk]:
    day = material.span.day
    soon = day + timedelta(days=SOON_DAYS)
    of_why = {
        "late": ("逾期未報", lambda row: row.why in LATE),
        "back": ("退回待補報", lambda row: row.why == Unreported.SENT_BACK),
        "soon": (
            f"{SOON_DAYS}日內到期",
            lambda row: row.why == Unreported.NOT_DUE and row.submission.due_date <= soon,
        ),
    }
    for code, (words, test) in of_why.items():
        found: dict[Department, list[tuple[Item, str]]] = {}
        for row in material.unreported:
            if test(row):
                assignment = row.submission.assignment
                item = item_of_unreported(row, f"時限{long_date(row.submission.due_date)}")
                found.setdefault(assignment.department, []).append((item, assignment.measure.title))
        yield code, words, "件", found
    past: dict[Department, list[tuple[Item, str]]] = {}
    for row in material.measures:
        if (
            row.due_date
            and row.due_date < day
            and row.lead_department
            and not material.is_closed(row)
        ):
            item = item_of_measure(row, f"完成時限{long_date(row.due_date)}")
            past.setdefault(row.lead_department, []).append((item, row.title))
    yield "past", "過了完成時限、尚未辦結的措施", "項", past


def _risk_of(material: Material, unit: Department, groups: list[Risk]) -> Paragraph | None:
    figures, parts, named = [], [], set()
    for code, words, measure_word, found in groups:
        if rows := found.get(unit):
            key, label = f"risk.{code}{unit.pk}", f"{unit.name}：{words}"
            figure = count(key, label, measure_word, (item for item, _title in rows))
            titles = dict.fromkeys(prose.quoted(title) for _item, title in rows)
            fresh = "".join(title for title in titles if title not in named)
            named |= titles.keys()
            figures.append(figure)
            parts.append(f"{words}{figure.phrase}{fresh or '，即上述任務'}")
    if not parts:
        return None
    text = f"{unit.name}：{'；'.join(parts)}。"
    source = table_source(material)
    return Paragraph(f"risk.unit{unit.pk}", text, "missing", source, tuple(figures))


for _flow in (
    Flow("progress", _("總體進度"), _("措施總數、辦結率、本期通過和逾期的件數。"), _progress, 32),
    Flow("task_figures", _("各項任務進度"), _("逐項主要任務一句話的數據。"), _task_figures, 34),
    Flow("next_due", _("下期安排"), _("下一期到期應報的和應完成的措施。"), _next_due, 80),
    Flow("new_since", _("本期新增"), _("上一份同類文件以來新下達、辦結、通過的。"), _new_since, 82),
    Flow("extensions", _("延期情況"), _("期內批准的延期，由哪天延到哪天。"), _extensions, 84),
    Flow(
        "overdue_risk",
        _("逾期與風險"),
        _("按責任單位點名：逾期、退回、臨期、過了完成時限的。"),
        _overdue_risk,
        76,
    ),
):
    register_flow(_flow)
