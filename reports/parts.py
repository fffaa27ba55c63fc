"""段落的零件：一章的標題、一個計數、一個單位的原文、一個出處。各種內容都用它們拼。"""

from collections.abc import Iterable, Iterator
from dataclasses import replace

from pingtan_civ.lib.dates import long_date
from reports import prose
from reports.material import (
    Material,
    department_of,
    item_of_measure,
    item_of_submission,
    measure_of,
)
from reports.outline import Chapter
from reports.paper import Figure, Item, Paragraph, Section, Source, sha256_of, share_of
from tasks.models import Measure, Round

TABLE_NAME = "任務分解表"
NOTHING_ISSUED = "尚未下達具體措施。"


def chapter_section(material: Material, chapter: Chapter, paragraphs: list[Paragraph]) -> Section:
    """一章的標題：方案裏該類一節的標題，沒有就用提綱的。"""
    clause = material.headings.get(chapter.section_kind)
    return Section(
        chapter.key,
        1,
        prose.typeset(clause.heading) if clause else chapter.heading,
        tuple(paragraphs),
        clause.pk if clause else None,
    )


def counted(
    material: Material, key: str, owner: str, measures: list[Measure], opening: str
) -> Paragraph:
    """「分解措施10項，已辦結5項，其餘正在辦理，本期報送並審核通過6件。」為零的不寫，每個數有清單。"""
    if not measures:
        return Paragraph(key, NOTHING_ISSUED, "figures", table_source(material))
    closed = [row for row in measures if material.is_closed(row)]
    rounds = [row for measure in measures for row in material.by_measure.get(measure.pk, [])]
    total = count(f"{key}.measures", owned(owner, "措施數"), "項", map(item_of_measure, measures))
    figures, parts = [total], [f"{opening}{total.phrase}"]
    if closed:
        done = count(f"{key}.closed", owned(owner, "已辦結"), "項", map(item_of_measure, closed))
        figures.append(done)
        parts.append(f"已辦結{done.phrase}")
    if len(closed) < len(measures):
        parts.append("其餘正在辦理" if closed else "正在辦理")
    if rounds:
        items = (item_of_submission(round_.submission) for round_ in rounds)
        reports = count(f"{key}.accepted", owned(owner, "報送並審核通過"), "件", items)
        figures.append(reports)
        parts.append(f"本期報送並審核通過{reports.phrase}")
    text = f"{'，'.join(parts)}。"
    return Paragraph(key, text, "figures", table_source(material), tuple(figures))


def owned(owner: str, name: str) -> str:
    return f"{owner[:100]}：{name}" if owner else name


def count(key: str, label: str, unit: str, items: Iterable[Item]) -> Figure:
    """一個計數：值就是清單的條數，兩者不會不同。"""
    rows = tuple(items)
    return Figure(key, label, str(len(rows)), unit, rows)


def share(key: str, label: str, items: Iterable[Item]) -> Figure:
    """一個比例：清單是全部，寫明了說明（note）的是其中算進去的；印出前後都能從清單重算。"""
    rows = tuple(items)
    return Figure(key, label, share_of(rows), "%", rows, "share")


def told(rounds: Iterable[Round]) -> list[Round]:
    """有話可說的：不是零報告，寫了文字。"""
    return [row for row in rounds if not row.is_nil and prose.tidy(row.narrative)]


def narrative(round_: Round, material: Material) -> Paragraph:
    """一個單位一期審核通過的原文；同一單位同一措施期內不止一期的，寫明是哪一期。

    原文已說到這一期的（「2026年10月受理…」）、已說了的數（「受理投訴19件」）都不再寫一遍。
    """
    department, submission = department_of(round_), round_.submission
    name = department.name
    same = [
        row
        for row in material.by_measure[measure_of(round_).pk]
        if row.submission.assignment_id == submission.assignment_id and not row.is_nil
    ]
    said = prose.tidy(round_.narrative)
    if len(same) > 1 and submission.name not in said:
        text = prose.ended(f"{name}（{submission.name}）：{said}")
    else:
        text = prose.attributed(name, department.short_name, round_.narrative)
    figures = tuple(reported_figures(round_))
    if unsaid := [row for row in figures if not prose.says_figure(text, row.label, row.phrase)]:
        numbers = prose.listed([f"{figure.label}{figure.phrase}" for figure in unsaid])
        text = f"{text}報送數據：{numbers}。"
    source = source_of(round_, round_.narrative)
    return Paragraph(f"round.{submission.pk}", text, sources=(source,), figures=figures)


def narratives(rounds: Iterable[Round], material: Material) -> list[Paragraph]:
    """各件的原文，依次；同一措施同一期幾個單位報的一字不差、又沒有填數的，合成一段。

    「婚姻登記處、殯儀館均報告：投訴登記表已啟用。」來源一個不少。
    """
    alike: dict[tuple[object, ...], list[Round]] = {}
    for row in rounds:
        said, department = prose.ended(prose.tidy(row.narrative)), department_of(row)
        # 話裏說到自己的、填了數的，各說各的。
        own = department.name in said or (
            bool(department.short_name) and department.short_name in said
        )
        own = own or f"round.{row.submission_id}" in material.extras.apart
        apart = row.pk if own or row.figure_values.all() else None
        key = (measure_of(row).pk, row.submission.name, said, apart)
        alike.setdefault(key, []).append(row)
    return [
        _shared([narrative(row, material) for row in rows], "narrative") for rows in alike.values()
    ]


def all_quoted(material: Material, name: str) -> list[Paragraph]:
    """各單位反映的問題、需要協調的事項；一字不差的合成一段。"""
    alike: dict[tuple[str, str], list[Paragraph]] = {}
    for row in material.accepted:
        if prose.tidy(getattr(row, name)):
            said, one = prose.ended(prose.tidy(getattr(row, name))), quoted(row, name)
            apart = one.key if one.key in material.extras.apart else ""
            alike.setdefault((said, apart), []).append(one)
    return [_shared(rows, name) for rows in alike.values()]


def _shared(rows: list[Paragraph], name: str) -> Paragraph:
    """說的一字不差的幾段合成一段；來源的單位照先後，一個單位只列一次。"""
    first, *others = rows
    if not others:
        return first
    sources = tuple(source for row in rows for source in row.sources)
    units = list(dict.fromkeys(source.department for source in sources))
    if len(units) == 1:
        return replace(first, sources=sources)
    return replace(first, text=prose.shared(units, first.text, name), sources=sources)


def reported_figures(round_: Round) -> Iterator[Figure]:
    """單位填報的數，原樣引用，不相加：有的是率，有的是累計，加起來就錯了。"""
    for value in round_.figure_values.all():
        yield Figure(
            key=f"round.{round_.submission_id}.{value.figure_id}",
            label=value.figure.name,
            value=prose.amount(value.hundredths),
            unit=value.figure.unit,
            items=(item_of_submission(round_.submission),),
            kind="reported",
        )


def quoted(round_: Round, name: str) -> Paragraph:
    department, said = department_of(round_), getattr(round_, name)
    text = prose.ended(f"{department.name}：{prose.tidy(said)}")
    key = f"{name}.{round_.submission_id}"
    return Paragraph(key, text, sources=(source_of(round_, said),))


def source_of(round_: Round, text: str) -> Source:
    submission, measure = round_.submission, measure_of(round_)
    name = department_of(round_).name
    return Source(
        label=f"{name}，{measure.code} {prose.typeset(measure.title)}，{submission.name}"[:300],
        department=name,
        round_id=round_.pk,
        submission_id=submission.pk,
        text_sha256=sha256_of(text),
    )


def table_source(material: Material) -> tuple[Source, ...]:
    return (Source(f"{TABLE_NAME}，截至{long_date(material.span.day)}"),)
