"""各單位審核通過的文字怎樣編排：按任務、按單位、選作經驗的，以及要研究決定的事項。"""

from collections.abc import Callable, Iterator
from dataclasses import replace

from django.utils.translation import gettext_lazy as _

from people.models import Department
from pingtan_civ.lib.dates import long_date
from reports import prose
from reports.flows import Flow, register_flow
from reports.material import Material, department_of
from reports.outline import Chapter
from reports.paper import Item, Paragraph, Section, Source
from reports.parts import all_quoted, chapter_section, count, narrative, narratives, told
from tasks.models import ChangeRequest, Round


def _advances(material: Material, chapter: Chapter) -> Iterator[Section]:
    """逐項主要任務下各單位審核通過的原文；沒有文字的任務不列。只說一項任務的不再分節。"""
    if material.only is not None and len(material.main_tasks) == 1:
        paragraphs = narratives(told(material.accepted), material)
        yield chapter_section(material, chapter, paragraphs)
        return
    yield chapter_section(material, chapter, [])
    for task in material.main_tasks:
        rounds = told(material.by_task.get(task.pk, []))
        if rounds:
            paragraphs = tuple(narratives(rounds, material))
            title = prose.typeset(task.title)
            yield Section(f"advance.{task.code}", 2, title, paragraphs, task.clause_id)


def _by_unit(material: Material, chapter: Chapter) -> Iterator[Section]:
    """一個單位一節，單位名作標題，其下是審核通過的原文；同一措施不止一期的寫明是哪一期。"""
    yield chapter_section(material, chapter, [])
    by_unit: dict[Department, list[Round]] = {}
    for round_ in told(material.accepted):
        by_unit.setdefault(department_of(round_), []).append(round_)
    for unit in sorted(by_unit, key=lambda unit: (unit.position, unit.pk)):
        paragraphs = tuple(_news(round_, material) for round_ in by_unit[unit])
        yield Section(f"unit.{unit.pk}", 2, unit.name, paragraphs)


def _news(round_: Round, material: Material) -> Paragraph:
    """標題裏已有單位名，正文前不再寫，是哪一期照寫；填報的數照樣帶着。"""
    row, unit = narrative(round_, material), department_of(round_).name
    text, period = row.text, round_.submission.name
    if text.startswith(f"{unit}："):
        text = text[len(unit) + 1 :]
    elif text.startswith(f"{unit}（{period}）："):
        text = period + text[len(unit) + len(period) + 2 :]
    return replace(row, text=text)


def _highlights(material: Material, chapter: Chapter) -> Iterator[Section]:
    """建文件時選作經驗的措施，各單位審核通過的原文；沒有選的整章不印。"""
    yield chapter_section(material, chapter, [])
    for measure in material.measures:
        rounds = told(material.by_measure.get(measure.pk, []))
        if measure.code in chapter.scope and rounds:
            paragraphs = tuple(narratives(rounds, material))
            title = prose.typeset(measure.title)
            yield Section(f"highlight.{measure.pk}", 2, title, paragraphs)


def _own(material: Material, chapter: Chapter) -> Iterator[Section]:
    """留一章空的，由辦公室自己寫；沒有寫的不印。"""
    yield chapter_section(material, chapter, [])


# —— 需要決定的 ——

_deciding: dict[str, Callable[[Material], Iterator[Paragraph]]] = {}


def register_decisions(name: str, found: Callable[[Material], Iterator[Paragraph]]) -> None:
    """上層的應用說出還有哪些等着領導小組決定的；同名的以後一次為準。"""
    _deciding[name] = found


def _decisions(material: Material, chapter: Chapter) -> Iterator[Section]:
    """單位提請協調的、異議和延期待裁定的，和上層應用登記的。"""
    paragraphs = all_quoted(material, "needs")
    paragraphs += _pending(material)
    for found in _deciding.values():
        paragraphs += found(material)
    yield chapter_section(material, chapter, paragraphs)


def _pending(material: Material) -> Iterator[Paragraph]:
    kinds = ChangeRequest.Kind
    for kind, words in ((kinds.OBJECTION, "責任單位異議"), (kinds.EXTENSION, "延期申請")):
        rows = [row for row in material.pending if row.kind == kind]
        if not rows:
            continue
        key = f"decisions.{kind}"
        figure = count(key, f"待裁定的{words}", "件", map(_item_of_request, rows))
        said = "；".join(map(_request_words, rows))
        source = Source(f"{words}，尚未裁定")
        yield Paragraph(
            key, f"{figure.label}{figure.phrase}：{said}。", "text", (source,), (figure,)
        )


def _item_of_request(row: ChangeRequest) -> Item:
    measure = row.assignment.measure
    return Item(
        kind="unreported",
        id=row.pk,
        code=measure.code,
        title=measure.title,
        department=row.assignment.department.name,
        note=prose.tidy(row.reason).replace("\n", "，")[:200],
    )


def _request_words(row: ChangeRequest) -> str:
    """「殯儀館就「…」提出，建議改由社會事務科辦理」「救助管理站「…」申請延至…」。"""
    unit, title = row.assignment.department.name, prose.quoted(row.assignment.measure.title)
    if row.kind == ChangeRequest.Kind.EXTENSION:
        until = f"申請延至{long_date(row.proposed_date)}" if row.proposed_date else "申請延期"
        return f"{unit}{title}{until}"
    other = row.proposed_department
    return f"{unit}認為{title}不屬本單位職責" + (f"，建議改由{other.name}辦理" if other else "")


for _flow in (
    Flow("advances", _("各任務的進展"), _("逐項主要任務，各單位審核通過的文字。"), _advances, 42),
    Flow("by_unit", _("各單位動態"), _("一個單位一節，審核通過的文字。"), _by_unit, 44),
    Flow(
        "highlights",
        _("經驗交流"),
        _("編製時選作經驗的幾項措施，審核通過的文字。"),
        _highlights,
        46,
        by="measures",
    ),
    Flow(
        "decisions",
        _("需要決定的事項"),
        _("單位提請協調的，異議、延期、考核等待裁定的。"),
        _decisions,
        64,
    ),
    Flow("own", _("辦公室自己寫"), _("不流入什麼，留一章空的。"), _own, 200),
):
    register_flow(_flow)
