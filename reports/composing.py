"""把材料編成各章的段落：全按規則，不添一句沒有出處的話，每段都帶着自己的來源。

同樣的材料總編出同樣的文字。key 固定，重新彙集時憑它認出是哪一段。
"""

from collections.abc import Iterable, Iterator
from dataclasses import replace

from django.utils.timezone import localtime
from django.utils.translation import gettext_lazy as _

from campaigns.models import Seat
from pingtan_civ.lib.dates import long_date
from reports import prose
from reports.annexes import build
from reports.flows import Flow, flow_of, register_flow
from reports.marks import mark
from reports.material import (
    Material,
    Unreported,
    department_of,
    item_of_seat,
    item_of_submission,
    item_of_unreported,
    measure_of,
)
from reports.outline import Chapter, built_in
from reports.paper import Figure, Paper, Paragraph, Section, Source
from reports.parts import (
    all_quoted,
    chapter_section,
    count,
    counted,
    narratives,
    source_of,
    table_source,
    told,
)
from tasks.models import Measure, Round

GROUP_NAME = "領導小組名單"
_OFFICE_POSTS = ("創建辦主任", "辦公室主任", "領導小組辦公室主任")


def compose(material: Material, chapters: Iterable[Chapter]) -> list[Section]:
    """各章節，先後為印出的次序；還沒有編號。流入的內容已不在的一章不印。"""
    sections = [
        section
        for chapter in chapters
        if (flow := flow_of(chapter.flow))
        for section in flow.compose(flow.scoped(material, chapter), chapter)
    ]
    return list(_apart(sections))


def _apart(sections: list[Section]) -> Iterator[Section]:
    """同一份內容流進兩章的，第二次出現的 key 後面加序號：重新彙集時憑 key 認段，不能重。"""
    known: dict[str, int] = {}

    def once(key: str) -> str:
        known[key] = known.get(key, 0) + 1
        return key if known[key] == 1 else f"{key[:76]}~{known[key]}"

    for section in sections:
        paragraphs = (replace(row, key=once(f"p.{row.key}")[2:]) for row in section.paragraphs)
        yield replace(section, key=once(section.key), paragraphs=tuple(paragraphs))


def paper_of(
    material: Material,
    kind: str = "",
    chapters: Iterable[Chapter] | None = None,
    annexes: Iterable[str] = (),
) -> Paper:
    """不存庫，直接編成一份可以排版的文件（命令行用）。chapters 默認為內置的提綱。"""
    span, kind = material.span, kind or material.kind
    sections = compose(material, chapters or built_in(kind))
    marks = mark(sections, material)
    sections = [
        replace(
            section,
            paragraphs=tuple(
                replace(row, marks=marks[row.key].codes if row.key in marks else ())
                for row in section.paragraphs
            ),
        )
        for section in sections
    ]
    return Paper(
        title=default_title(material),
        campaign=material.campaign.name,
        period=(span.start.isoformat(), span.end.isoformat()),
        period_name=prose.period_words(span.start, span.end),
        cutoff=localtime(span.cutoff).isoformat(),
        day=span.day.isoformat(),
        signature=material.unit,
        sections=tuple(sections),
        kind=kind,
        annexes=build(material, annexes, sections),
    ).numbered()


def default_title(material: Material) -> str:
    """方案本身就以彙報為題的（本局即是），沿用；否則由活動名稱而來。"""
    plan = material.plan.title if material.plan else ""
    return title_from(plan, material.campaign.name, material.kind)


def title_from(plan_title: str, campaign_name: str, kind: str = "situation") -> str:
    """情況彙報沿用方案的題目；別的種類把題目裏的「情況彙報」換成自己的名目。"""
    name = _plain(campaign_name)
    if plan_title.endswith(("彙報", "匯報", "汇报")):
        title = prose.typeset(plan_title)
        if kind == "situation":
            return title
        name = prose.without_report_word(title)
    return prose.TITLES[kind].format(name=name)


def _plain(name: str) -> str:
    """活動名稱排進公文時的寫法。"""
    return prose.typeset(name).replace(" ", "")


# —— 各章 ——


def _preface(material: Material, chapter: Chapter) -> Iterator[Section]:
    """依據、活動、期間、截止日。"""
    campaign, span = material.campaign, material.span
    name = _plain(campaign.name)
    opening = prose.OPENINGS.get(material.kind, prose.OPENINGS["situation"]).format(
        name=name,
        period=prose.period_beside(name, prose.period_words(span.start, span.end)),
        tasks="".join(prose.quoted(task.title) for task in material.main_tasks),
    )
    day = long_date(span.day)
    text = f"{prose.basis_words(campaign.basis)}{opening}，數據截至{day}。"
    source = Source(f"活動信息：{campaign.name}")
    yield Section(chapter.key, 0, paragraphs=(Paragraph("preface", text, sources=(source,)),))


def _principles(material: Material, chapter: Chapter) -> Iterator[Section]:
    """主題、重點，和方案的各條原則（用原文的標題）。"""
    campaign, paragraphs = material.campaign, []
    parts = []
    if campaign.theme:
        parts.append(f"以「{prose.typeset(campaign.theme)}」為主題")
    if material.focus_areas:
        parts.append(f"以{prose.listed(material.focus_areas)}為重點")
    if parts:
        source = Source(f"活動信息：{campaign.name}")
        text = f"創建工作{'，'.join(parts)}。"
        paragraphs.append(Paragraph("principle.theme", text, sources=(source,)))
    if material.principles:
        headings = "；".join(
            prose.typeset(clause.heading.rstrip("。.")) for clause in material.principles
        )
        sources = tuple(
            Source(f"方案原文：{prose.typeset(clause.heading)}", clause_id=clause.pk)
            for clause in material.principles
        )
        text = f"工作中堅持：{headings}。"
        paragraphs.append(Paragraph("principle.headings", text, sources=sources))
    yield chapter_section(material, chapter, paragraphs)


def _objectives(material: Material, chapter: Chapter) -> Iterator[Section]:
    """總數，再逐項目標；文字在主要任務裏，這裏只指明在哪一節，不重複。"""
    yield chapter_section(
        material,
        chapter,
        [counted(material, "objective.all", "", material.measures, "共下達措施")],
    )
    for objective in material.objectives:
        measures = [row for row in material.measures if row.objective_id == objective.pk]
        key = f"objective.{objective.code}"
        title = prose.typeset(objective.title)
        paragraphs = [counted(material, f"{key}.figures", title, measures, "對應措施")]
        if under := _told_under(material, measures):
            headings = "".join(prose.quoted(title) for title in under)
            text = f"具體進展見主要任務部分{headings}。"
            paragraphs.append(Paragraph(f"{key}.where", text, sources=table_source(material)))
        yield Section(key, 2, title, tuple(paragraphs), objective.clause_id)


def _told_under(material: Material, measures: list[Measure]) -> list[str]:
    """這些措施審核通過的文字，落在哪幾項主要任務之下。"""
    found = {
        row.main_task_id
        for row in measures
        if any(not round_.is_nil for round_ in material.by_measure.get(row.pk, []))
    }
    return [prose.typeset(task.title) for task in material.main_tasks if task.pk in found]


def _tasks(material: Material, chapter: Chapter) -> Iterator[Section]:
    """逐項主要任務：一段數據，然後是各單位審核通過的原文，牽頭在前。"""
    yield chapter_section(material, chapter, [])
    for task in material.main_tasks:
        measures = [row for row in material.measures if row.main_task_id == task.pk]
        key = f"task.{task.code}"
        rounds = material.by_task.get(task.pk, [])
        title = prose.typeset(task.title)
        paragraphs = [counted(material, f"{key}.figures", title, measures, "分解措施")]
        paragraphs += narratives(told(rounds), material)
        yield Section(key, 2, title, tuple(paragraphs), task.clause_id)


def _leading_group(material: Material, chapter: Chapter) -> Iterator[Section]:
    """由席位編成：誰任組長、副組長，成員多少，辦公室主任是誰。"""
    role, parts, figures = Seat.Role, [], []
    if chairs := _people(material, role.CHAIR):
        parts.append(f"由{prose.listed(chairs)}任組長")
    if deputies := _people(material, role.DEPUTY):
        parts.append(f"{prose.listed(deputies)}任副組長")
    if members := _held(material, role.MEMBER):
        figures.append(
            count("organisation.members", "領導小組成員", "人", map(item_of_seat, members))
        )
        parts.append(f"成員{figures[0].phrase}")
    if _held(material, role.OFFICE_DIRECTOR):
        parts.append(_office_words(_people(material, role.OFFICE_DIRECTOR)))
    paragraphs = []
    if parts:
        text = f"創建工作領導小組{'，'.join(parts)}。"
        source = Source(f"{GROUP_NAME}，{long_date(material.span.day)}")
        paragraphs.append(
            Paragraph("organisation.group", text, sources=(source,), figures=tuple(figures))
        )
    yield chapter_section(material, chapter, paragraphs)


def _held(material: Material, role: str) -> list[Seat]:
    return [seat for seat in material.seats if seat.role == role]


def _office_words(directors: list[str]) -> str:
    """「下設辦公室，社會事務科科長林某任辦公室主任」；只知道是「創建辦主任」的，不說主任任主任。"""
    named = [words for words in directors if words not in _OFFICE_POSTS]
    return f"下設辦公室，{prose.listed(named)}任辦公室主任" if named else "下設辦公室"


def _people(material: Material, role: str) -> list[str]:
    """「局長游美髮」；賬號以職務為名的、席位空缺的，只寫職務。"""
    found = []
    for seat in _held(material, role):
        name = str(seat.user or "")
        found.append(seat.post if not name or name in seat.post else f"{seat.post}{name}")
    return found


def _problems(material: Material, chapter: Chapter) -> Iterator[Section]:
    """單位報來並審核通過的問題，和需要協調的事項；只有一類的不分節，都沒有時整章不印。"""
    found = []
    for name, heading in (("problems", "各單位反映的問題"), ("needs", "需要協調解決的事項")):
        if paragraphs := all_quoted(material, name):
            found.append((name, heading, paragraphs))
    if len(found) == 1:
        ((name, heading, paragraphs),) = found
        shown = chapter.heading if name == "problems" else heading
        yield Section(chapter.key, 1, shown, tuple(paragraphs))
        return
    yield chapter_section(material, chapter, [])
    for name, heading, paragraphs in found:
        yield Section(f"problems.{name}", 2, heading, tuple(paragraphs))


def _reporting_counts(material: Material, chapter: Chapter) -> Iterator[Section]:
    """只說到期應報多少、通過多少、零報告，不點名。"""
    yield chapter_section(material, chapter, [_reported(material), *_nil(material)])


def _nil(material: Material) -> Iterator[Paragraph]:
    nil = [round_ for round_ in material.accepted if round_.is_nil]
    if nil:
        items = [item_of_submission(row.submission, row.nil_reason) for row in nil]
        figure = count("reporting.nil", "零報告", "件", items)
        reasons = "；".join(_nil_words(round_) for round_ in nil)
        text = f"零報告{figure.phrase}：{reasons}。"
        sources = tuple(source_of(round_, round_.nil_reason) for round_ in nil)
        yield Paragraph("reporting.nil", text, "missing", sources, (figure,))


def _reporting(material: Material, chapter: Chapter) -> Iterator[Section]:
    """到期應報多少、通過多少、零報告，以及點名：未報的、退回的、在審的、未到時限的。"""
    paragraphs = [_reported(material), *_nil(material)]
    paragraphs += [
        _named(why, material)
        for why in (Unreported.EARLIER, Unreported.OVERDUE, Unreported.SENT_BACK)
        if _rows(material, why)
    ]
    if waiting := _waiting(material):
        paragraphs.append(waiting)
    if _rows(material, Unreported.NOT_DUE):
        paragraphs.append(_not_due(material))
    yield chapter_section(material, chapter, paragraphs)


_WHY_WORDS = {
    Unreported.EARLIER: "往期逾期未報",
    Unreported.OVERDUE: "逾期未報",
    Unreported.SENT_BACK: "退回待補報",
    Unreported.ENDORSING: "待初審",
    Unreported.WAITING: "待審核",
    Unreported.NOT_DUE: "未到時限、尚未報送",
}


def _rows(material: Material, why: str) -> list[Unreported]:
    return [row for row in material.unreported if row.why == why]


def _reported(material: Material) -> Paragraph:
    """「截至…，本期到期應報5件，其中審核通過3件。另有2件未到時限。」往期的不在其內。"""
    source, day = table_source(material), long_date(material.span.day)
    done = [(row.submission, item_of_submission(row.submission)) for row in material.accepted]
    todo = [
        (row.submission, item_of_unreported(row, _WHY_WORDS[row.why]))
        for row in material.unreported
        if row.why != Unreported.EARLIER
    ]
    if not done and not todo:
        return Paragraph("reporting.all", "本期沒有應報送的事項。", "figures", source)
    due = [item for submission, item in [*done, *todo] if material.is_due(submission)]
    passed = [item for submission, item in done if material.is_due(submission)]
    later = [item for submission, item in [*done, *todo] if not material.is_due(submission)]
    early = [item for submission, item in done if not material.is_due(submission)]
    figures = []
    text = f"截至{day}，本期尚無到期應報的事項。"
    if due:
        figures.append(count("reporting.due", "本期到期應報", "件", due))
        text = f"截至{day}，本期到期應報{figures[-1].phrase}，"
        if len(passed) == len(due):
            text += "已全部報送並審核通過。"
        elif passed:
            figures.append(count("reporting.accepted", "到期並審核通過", "件", passed))
            text += f"其中審核通過{figures[-1].phrase}。"
        else:
            text += "尚無審核通過的。"
    if later:
        figures.append(count("reporting.later", "未到時限", "件", later))
        text += f"另有{figures[-1].phrase}未到時限"
        if early:
            figures.append(count("reporting.early", "提前報送並審核通過", "件", early))
            text += f"，其中已提前報送並審核通過{figures[-1].phrase}"
        text += "。"
    return Paragraph("reporting.all", text, "figures", source, tuple(figures))


def _named(why: str, material: Material) -> Paragraph:
    """「逾期未報2件：殯儀館（「…」「…」）。」按單位歸在一起。"""
    figure = _unreported_count(why, material)
    text = f"{figure.label}{figure.phrase}：{_units(_rows(material, why))}。"
    return Paragraph(f"reporting.{why}", text, "missing", table_source(material), (figure,))


def _waiting(material: Material) -> Paragraph | None:
    """「待初審1件、待審核2件，涉及殯儀館。」負責人那裏的和辦公室這裏的分開數，只說是哪些單位。"""
    whys = [why for why in (Unreported.ENDORSING, Unreported.WAITING) if _rows(material, why)]
    if not whys:
        return None
    figures = tuple(_unreported_count(why, material) for why in whys)
    counts = "、".join(f"{figure.label}{figure.phrase}" for figure in figures)
    text = f"{counts}，涉及{_unit_names(material, *whys)}。"
    return Paragraph("reporting.waiting", text, "missing", table_source(material), figures)


def _not_due(material: Material) -> Paragraph:
    """還沒到時限的只說是哪些單位，不逐項點名；逐項在清單裏。"""
    figure = _unreported_count(Unreported.NOT_DUE, material)
    text = f"{figure.label}{figure.phrase}：{_unit_names(material, Unreported.NOT_DUE)}。"
    return Paragraph("reporting.not_due", text, "missing", table_source(material), (figure,))


def _unit_names(material: Material, *whys: str) -> str:
    rows = [row for row in material.unreported if row.why in whys]
    units = dict.fromkeys(row.submission.assignment.department.name for row in rows)
    return prose.listed(list(units))


def _unreported_count(why: str, material: Material) -> Figure:
    words = _WHY_WORDS[why]
    items = [item_of_unreported(row, words) for row in _rows(material, why)]
    return count(f"reporting.{why}", words, "件", items)


def _units(rows: list[Unreported]) -> str:
    """「殯儀館（「改善骨灰寄存條件」）」；同一措施不止一期的寫一次，往期的在清單裏看。"""
    by_unit: dict[str, list[str]] = {}
    for row in rows:
        assignment = row.submission.assignment
        titles = by_unit.setdefault(assignment.department.name, [])
        titles.append(prose.quoted(assignment.measure.title))
    return "，".join(
        f"{unit}（{''.join(dict.fromkeys(titles))}）" for unit, titles in by_unit.items()
    )


def _nil_words(round_: Round) -> str:
    reason = prose.tidy(round_.nil_reason).replace("\n", "，").rstrip("。.；;，,")
    title = prose.quoted(measure_of(round_).title)
    return f"{department_of(round_).name}（{title}{'，' if reason else ''}{reason}）"


for _flow in (
    Flow("preface", _("開頭"), _("依據、活動、期間和截止日。"), _preface, 10),
    Flow("principles", _("主題和原則"), _("活動的主題、重點和方案的各條原則。"), _principles, 20),
    Flow("objectives", _("工作目標"), _("逐項目標的措施數和辦理情況。"), _objectives, 30),
    Flow("tasks", _("主要任務"), _("逐項任務的數據和各單位審核通過的文字。"), _tasks, 40),
    Flow("leading_group", _("組織領導"), _("領導小組和辦公室的組成。"), _leading_group, 50),
    Flow("problems", _("存在問題"), _("各單位反映的問題和需要協調的事項。"), _problems, 60),
    Flow("reporting", _("報送情況"), _("應報、已報、零報告，點名未報的單位。"), _reporting, 70),
    Flow(
        "reporting_counts",
        _("報送概況"),
        _("應報、已報、零報告的數，不點名。"),
        _reporting_counts,
        75,
    ),
):
    register_flow(_flow)
