"""把材料編成各章的段落：全按規則，不添一句沒有出處的話，每段都帶着自己的來源。

同樣的材料總編出同樣的文字。key 固定，重新彙集時憑它認出是哪一段。
"""

from collections.abc import Callable, Iterable, Iterator

from django.utils.timezone import localtime

from campaigns.models import Seat
from pingtan_civ.lib.dates import long_date
from reports import prose
from reports.material import (
    Material,
    Unreported,
    department_of,
    item_of_measure,
    item_of_seat,
    item_of_submission,
    item_of_unreported,
    measure_of,
)
from reports.outline import OUTLINES, Chapter
from reports.paper import Figure, Item, Paper, Paragraph, Section, Source, sha256_of
from tasks.models import Measure, Round

TABLE_NAME = "任務分解表"
GROUP_NAME = "領導小組名單"


def compose(material: Material, kind: str = "situation") -> list[Section]:
    """各章節，先後為印出的次序；還沒有編號。"""
    return [
        section for chapter in OUTLINES[kind] for section in _FLOWS[chapter.flow](material, chapter)
    ]


def paper_of(material: Material, kind: str = "situation") -> Paper:
    """不存庫，直接編成一份可以排版的彙報（命令行用）。"""
    span = material.span
    return Paper(
        title=default_title(material),
        campaign=material.campaign.name,
        period=(span.start.isoformat(), span.end.isoformat()),
        period_name=prose.period_words(span.start, span.end),
        cutoff=localtime(span.cutoff).isoformat(),
        day=span.day.isoformat(),
        signature=material.unit,
        sections=tuple(compose(material, kind)),
    ).numbered()


def default_title(material: Material) -> str:
    """方案本身就以彙報為題的（本局即是），沿用；否則由活動名稱而來。"""
    return title_from(material.plan.title if material.plan else "", material.campaign.name)


def title_from(plan_title: str, campaign_name: str) -> str:
    if plan_title.endswith(("彙報", "匯報", "汇报")):
        return plan_title
    return f"{campaign_name.replace(' ', '')}情況彙報"


# —— 各章 ——


def _preface(material: Material, chapter: Chapter) -> Iterator[Section]:
    """依據、活動、期間、截止日。"""
    campaign, span = material.campaign, material.span
    text = (
        f"{prose.basis_words(campaign.basis)}現將{campaign.name.replace(' ', '')}"
        f"（{prose.period_words(span.start, span.end)}）情況彙報如下，數據截至{long_date(span.day)}。"
    )
    source = Source(f"活動信息：{campaign.name}")
    yield Section(chapter.key, 0, paragraphs=(Paragraph("preface", text, sources=(source,)),))


def _principles(material: Material, chapter: Chapter) -> Iterator[Section]:
    """主題、重點，和方案的各條原則（用原文的標題）。"""
    campaign, paragraphs = material.campaign, []
    parts = []
    if campaign.theme:
        parts.append(f"以「{campaign.theme}」為主題")
    if material.focus_areas:
        parts.append(f"以{prose.listed(material.focus_areas)}為重點")
    if parts:
        source = Source(f"活動信息：{campaign.name}")
        text = f"創建工作{'，'.join(parts)}。"
        paragraphs.append(Paragraph("principle.theme", text, sources=(source,)))
    if material.principles:
        headings = "；".join(clause.heading.rstrip("。.") for clause in material.principles)
        sources = tuple(
            Source(f"方案原文：{clause.heading}", clause_id=clause.pk)
            for clause in material.principles
        )
        text = f"工作中堅持：{headings}。"
        paragraphs.append(Paragraph("principle.headings", text, sources=sources))
    yield _chapter(material, chapter, paragraphs)


def _objectives(material: Material, chapter: Chapter) -> Iterator[Section]:
    """總數，再逐項目標；文字在主要任務裏，這裏只指明在哪一節，不重複。"""
    yield _chapter(
        material,
        chapter,
        [_counted(material, "objective.all", "", material.measures, "共下達措施")],
    )
    for objective in material.objectives:
        measures = [row for row in material.measures if row.objective_id == objective.pk]
        key = f"objective.{objective.code}"
        paragraphs = [_counted(material, f"{key}.figures", objective.title, measures, "對應措施")]
        if told := _told_under(material, measures):
            headings = "".join(f"「{title}」" for title in told)
            text = f"具體進展見主要任務部分{headings}。"
            paragraphs.append(Paragraph(f"{key}.where", text, sources=_table_source(material)))
        yield Section(key, 2, objective.title, tuple(paragraphs), objective.clause_id)


def _told_under(material: Material, measures: list[Measure]) -> list[str]:
    """這些措施審核通過的文字，落在哪幾項主要任務之下。"""
    told = {
        row.main_task_id
        for row in measures
        if any(not round_.is_nil for round_ in material.by_measure.get(row.pk, []))
    }
    return [task.title for task in material.main_tasks if task.pk in told]


def _tasks(material: Material, chapter: Chapter) -> Iterator[Section]:
    """逐項主要任務：一段數據，然後是各單位審核通過的原文，牽頭在前。"""
    yield _chapter(material, chapter, [])
    for task in material.main_tasks:
        measures = [row for row in material.measures if row.main_task_id == task.pk]
        key = f"task.{task.code}"
        rounds = material.by_task.get(task.pk, [])
        paragraphs = [_counted(material, f"{key}.figures", task.title, measures, "分解措施")]
        told = [round_ for round_ in rounds if not round_.is_nil and prose.tidy(round_.narrative)]
        paragraphs += [_narrative(round_, material) for round_ in told]
        yield Section(key, 2, task.title, tuple(paragraphs), task.clause_id)


def _leading_group(material: Material, chapter: Chapter) -> Iterator[Section]:
    """由席位編成：誰任組長、副組長，成員多少，辦公室主任是誰。"""
    role, parts, figures = Seat.Role, [], []
    if chairs := _people(material, role.CHAIR):
        parts.append(f"由{prose.listed(chairs)}任組長")
    if deputies := _people(material, role.DEPUTY):
        parts.append(f"{prose.listed(deputies)}任副組長")
    if members := _held(material, role.MEMBER):
        figures.append(
            _count("organisation.members", "領導小組成員", "人", map(item_of_seat, members))
        )
        parts.append(f"成員{figures[0].phrase}")
    if directors := _people(material, role.OFFICE_DIRECTOR):
        parts.append(f"下設辦公室，{prose.listed(directors)}任辦公室主任")
    paragraphs = []
    if parts:
        text = f"創建工作領導小組{'，'.join(parts)}。"
        source = Source(f"{GROUP_NAME}，{long_date(material.span.day)}")
        paragraphs.append(
            Paragraph("organisation.group", text, sources=(source,), figures=tuple(figures))
        )
    yield _chapter(material, chapter, paragraphs)


def _held(material: Material, role: str) -> list[Seat]:
    return [seat for seat in material.seats if seat.role == role]


def _people(material: Material, role: str) -> list[str]:
    """「局長游美髮」；賬號以職務為名的、席位空缺的，只寫職務。"""
    found = []
    for seat in _held(material, role):
        name = str(seat.user or "")
        found.append(seat.post if not name or name in seat.post else f"{seat.post}{name}")
    return found


def _problems(material: Material, chapter: Chapter) -> Iterator[Section]:
    """單位報來並審核通過的問題，和需要協調的事項；都沒有時整章不印。"""
    yield _chapter(material, chapter, [])
    for name, heading in (("problems", "各單位反映的問題"), ("needs", "需要協調解決的事項")):
        rounds = [row for row in material.accepted if prose.tidy(getattr(row, name))]
        paragraphs = tuple(_quoted(round_, name) for round_ in rounds)
        yield Section(f"problems.{name}", 2, heading, paragraphs)


def _reporting(material: Material, chapter: Chapter) -> Iterator[Section]:
    """應報多少、通過多少、零報告，以及點名：逾期未報、退回待補報、待審核。"""
    paragraphs = [_reported(material)]
    nil = [round_ for round_ in material.accepted if round_.is_nil]
    if nil:
        items = [item_of_submission(row.submission, row.nil_reason) for row in nil]
        figure = _count("reporting.nil", "零報告", "件", items)
        reasons = "；".join(_nil_words(round_) for round_ in nil)
        text = f"零報告{figure.phrase}：{reasons}。"
        sources = tuple(_source(round_, round_.nil_reason) for round_ in nil)
        paragraphs.append(Paragraph("reporting.nil", text, "missing", sources, (figure,)))
    for why, words in _WHY_WORDS.items():
        rows = [row for row in material.unreported if row.why == why]
        if rows:
            paragraphs.append(_named(why, words, rows, material))
    yield _chapter(material, chapter, paragraphs)


_WHY_WORDS = {
    Unreported.OVERDUE: "逾期未報",
    Unreported.SENT_BACK: "退回待補報",
    Unreported.WAITING: "已報待審核",
}


def _reported(material: Material) -> Paragraph:
    accepted = [item_of_submission(row.submission) for row in material.accepted]
    waiting = [item_of_unreported(row, _WHY_WORDS[row.why]) for row in material.unreported]
    source = _table_source(material)
    if not accepted and not waiting:
        return Paragraph("reporting.all", "本期沒有應報送的事項。", "figures", source)
    due = _count("reporting.due", "本期應報和已報", "件", [*accepted, *waiting])
    done = _count("reporting.accepted", "本期審核通過", "件", accepted)
    text = f"本期到期應報和已經報送的共{due.phrase}，其中審核通過{done.phrase}。"
    if not waiting:
        text = f"本期應報送{due.phrase}，已全部報送並審核通過。"
    return Paragraph("reporting.all", text, "figures", source, (due, done))


def _named(why: str, words: str, rows: list[Unreported], material: Material) -> Paragraph:
    """「逾期未報2件：殯儀館（3-02、3-05）。」按單位歸在一起。"""
    by_unit: dict[str, list[str]] = {}
    for row in rows:
        assignment = row.submission.assignment
        codes = by_unit.setdefault(assignment.department.name, [])
        codes.append(assignment.measure.code)
    figure = _count(
        f"reporting.{why}", words, "件", [item_of_unreported(row, words) for row in rows]
    )
    units = "，".join(
        f"{unit}（{prose.listed(list(dict.fromkeys(codes)))}）" for unit, codes in by_unit.items()
    )
    text = f"{words}{figure.phrase}：{units}。"
    return Paragraph(f"reporting.{why}", text, "missing", _table_source(material), (figure,))


def _nil_words(round_: Round) -> str:
    reason = prose.tidy(round_.nil_reason).replace("\n", "，").rstrip("。.；;，,")
    code = measure_of(round_).code
    return f"{department_of(round_).name}（{code}{'，' if reason else ''}{reason}）"


_FLOWS: dict[str, Callable[[Material, Chapter], Iterator[Section]]] = {
    "preface": _preface,
    "principles": _principles,
    "objectives": _objectives,
    "tasks": _tasks,
    "leading_group": _leading_group,
    "problems": _problems,
    "reporting": _reporting,
}


# —— 段落的零件 ——


def _chapter(material: Material, chapter: Chapter, paragraphs: list[Paragraph]) -> Section:
    """一章的標題：方案裏該類一節的標題，沒有就用提綱的。"""
    clause = material.headings.get(chapter.section_kind)
    return Section(
        chapter.key,
        1,
        clause.heading if clause else chapter.heading,
        tuple(paragraphs),
        clause.pk if clause else None,
    )


def _counted(
    material: Material, key: str, owner: str, measures: list[Measure], opening: str
) -> Paragraph:
    """「分解措施10項，已辦結5項，審核通過報送6件。」三個數各有清單。"""
    if not measures:
        return Paragraph(key, "尚未下達具體措施。", "figures", _table_source(material))
    closed = [row for row in measures if material.is_closed(row)]
    rounds = [row for measure in measures for row in material.by_measure.get(measure.pk, [])]
    figures = (
        _count(f"{key}.measures", _of(owner, "措施數"), "項", map(item_of_measure, measures)),
        _count(f"{key}.closed", _of(owner, "已辦結"), "項", map(item_of_measure, closed)),
        _count(
            f"{key}.accepted",
            _of(owner, "審核通過報送"),
            "件",
            (item_of_submission(round_.submission) for round_ in rounds),
        ),
    )
    total, done, reports = (figure.phrase for figure in figures)
    text = f"{opening}{total}，已辦結{done}，本期審核通過報送{reports}。"
    return Paragraph(key, text, "figures", _table_source(material), figures)


def _of(owner: str, name: str) -> str:
    return f"{owner[:100]}：{name}" if owner else name


def _count(key: str, label: str, unit: str, items: Iterable[Item]) -> Figure:
    """一個計數：值就是清單的條數，兩者不會不同。"""
    rows = tuple(items)
    return Figure(key, label, str(len(rows)), unit, rows)


def _narrative(round_: Round, material: Material) -> Paragraph:
    """一個單位一期審核通過的原文；同一單位同一措施期內不止一期的，寫明是哪一期。"""
    department, submission = department_of(round_), round_.submission
    name = department.name
    told = [
        row
        for row in material.by_measure[measure_of(round_).pk]
        if row.submission.assignment_id == submission.assignment_id and not row.is_nil
    ]
    if len(told) > 1:
        text = prose.ended(f"{name}（{submission.name}）：{prose.tidy(round_.narrative)}")
    else:
        text = prose.attributed(name, department.short_name, round_.narrative)
    figures = tuple(_reported_figures(round_))
    if figures:
        numbers = prose.listed([f"{figure.label}{figure.phrase}" for figure in figures])
        text = f"{text}報送數據：{numbers}。"
    source = _source(round_, round_.narrative)
    return Paragraph(f"round.{submission.pk}", text, sources=(source,), figures=figures)


def _reported_figures(round_: Round) -> Iterator[Figure]:
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


def _quoted(round_: Round, name: str) -> Paragraph:
    department, said = department_of(round_), getattr(round_, name)
    text = prose.ended(f"{department.name}：{prose.tidy(said)}")
    key = f"{name}.{round_.submission_id}"
    return Paragraph(key, text, sources=(_source(round_, said),))


def _source(round_: Round, text: str) -> Source:
    submission, measure = round_.submission, measure_of(round_)
    name = department_of(round_).name
    return Source(
        label=f"{name}，{measure.code} {measure.title}，{submission.name}"[:300],
        department=name,
        round_id=round_.pk,
        submission_id=submission.pk,
        text_sha256=sha256_of(text),
    )


def _table_source(material: Material) -> tuple[Source, ...]:
    return (Source(f"{TABLE_NAME}，截至{long_date(material.span.day)}"),)
