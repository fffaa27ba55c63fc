"""附件：任務分解表、考核結果、榮譽、照片頁、來源說明。用代碼登記，印發時連內容一起凍結。

上層的應用在 AppConfig.ready 裏 register_annex；build 只讀數據，截止時刻在 material.span 裏。
選定的一件寫成代碼，照片頁可以帶張數：「pictures:24」。
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from reports import prose
from reports.marks import PRINTED, of_measure
from reports.material import Material, Span, gather
from reports.models import Report
from reports.paper import AnnexPaper, Section, TablePaper
from tasks.models import Measure

Build = Callable[[Material, int], AnnexPaper | None]
"""（材料, 張數）→ 一件；張數只有照片頁用。"""


@dataclass(frozen=True)
class AnnexKind:
    """一種附件。build 沒有可印的內容時返回 None，那一件不印、不編號。"""

    key: str
    label: str | Promise
    hint: str | Promise
    build: Build
    place: int = 100
    most: int = 0
    """可以選張數的，最多幾張；0 不能選。"""
    usual: int = 0
    """不選張數時印幾張。"""


_kinds: dict[str, AnnexKind] = {}


def register_annex(kind: AnnexKind) -> None:
    """登記一種附件；同一代碼以後一次為準。"""
    _kinds[kind.key] = kind


def annex_kinds() -> list[AnnexKind]:
    return sorted(_kinds.values(), key=lambda kind: kind.place)


def annex_kind(key: str) -> AnnexKind | None:
    return _kinds.get(split_key(key)[0])


def split_key(chosen: str) -> tuple[str, int]:
    """「pictures:24」→（pictures, 24）；沒有寫張數的為 0。"""
    key, _mark, number = chosen.partition(":")
    return key, int(number) if number.isascii() and number.isdigit() else 0


def build(
    material: Material, keys: Iterable[str], sections: Iterable[Section] = ()
) -> tuple[AnnexPaper, ...]:
    """依選定的先後編出各件附件；停用的、沒有內容的不列。"""
    full = replace(material, sections=tuple(sections))
    found = []
    for chosen in keys:
        kind, number = annex_kind(chosen), split_key(chosen)[1]
        if kind and (made := kind.build(full, min(number, kind.most) if kind.most else 0)):
            found.append(made)
    return tuple(found)


def annexes_of(
    report: Report, sections: Iterable[Section] = (), *, only_pictures: bool = False
) -> tuple[AnnexPaper, ...]:
    """一份草稿的附件，照它的期間和截止；沒有選附件的不查。only_pictures 只編帶照片的。"""
    chosen = [
        key
        for key in report.annexes
        if not only_pictures or ((kind := annex_kind(key)) and kind.most)
    ]
    if not chosen:
        return ()
    span = Span(report.period_start, report.period_end, report.cutoff_at)
    material = gather(report.campaign, span, report.kind, report.supersedes_id)
    if codes := {
        code
        for row in report.chapters
        if row["flow"] != "highlights"
        for code in row.get("scope", ())
    }:
        material = material.narrowed(tuple(codes))
    return build(material, chosen, sections)


# —— 本應用自己的兩種 ——


def _breakdown(material: Material, number: int) -> AnnexPaper | None:
    """任務分解表：逐項措施，末一欄是標記；後附按牽頭單位的合計。"""
    if not material.measures:
        return None
    rows = tuple(_breakdown_row(row, material) for row in material.measures)
    listed = TablePaper(
        "",
        ("編號", "具體措施", "牽頭單位", "完成時限", "狀態", "標記"),
        (14, 52, 30, 26, 16, 18),
        rows,
    )
    return AnnexPaper(
        "breakdown",
        "任務分解表",
        (f"本表共列措施{len(rows)}項。",),
        (listed, _by_unit(material)),
    )


def _breakdown_row(measure: Measure, material: Material) -> tuple[str, ...]:
    lead, due = measure.lead_department, measure.due_date
    return (
        measure.code,
        prose.typeset(measure.title),
        lead.name if lead else "",
        f"{due.year}.{due.month}.{due.day}" if due else "",
        "已辦結" if material.is_closed(measure) else "辦理中",
        "、".join(PRINTED[code] for code in of_measure(measure, material)),
    )


def _by_unit(material: Material) -> TablePaper:
    by_unit: dict[str, list[Measure]] = {}
    for row in material.measures:
        by_unit.setdefault(row.lead_department.name if row.lead_department else "未定", []).append(
            row
        )
    rows = []
    for unit, measures in by_unit.items():
        closed = sum(material.is_closed(row) for row in measures)
        passed = sum(len(material.by_measure.get(row.pk, ())) for row in measures)
        rows.append((unit, len(measures), closed, passed))
    total = ("合計", *(sum(row[place] for row in rows) for place in (1, 2, 3)))
    return TablePaper(
        "各牽頭單位合計",
        ("牽頭單位", "措施", "已辦結", "本期報送並審核通過"),
        (58, 27, 27, 44),
        tuple(tuple(str(cell) for cell in row) for row in (*rows, total)),
    )


def _sources(material: Material, number: int) -> AnnexPaper | None:
    """來源說明：正文各段的出處，依出現的先後各列一次。"""
    labels = dict.fromkeys(
        source.label
        for section in material.sections
        for paragraph in section.paragraphs
        for source in paragraph.sources
    )
    if not labels:
        return None
    rows = tuple((str(place), label) for place, label in enumerate(labels, 1))
    table = TablePaper("", ("序號", "出處"), (16, 140), rows)
    return AnnexPaper("sources", "來源說明", (f"正文所據的出處共{len(rows)}條。",), (table,))


for _kind in (
    AnnexKind(
        "breakdown",
        _("任務分解表"),
        _("逐項措施的牽頭、時限、狀態和標記，後附各單位合計。"),
        _breakdown,
        10,
    ),
    AnnexKind("sources", _("來源說明"), _("正文各段的出處，各列一次。"), _sources, 90),
):
    register_annex(_kind)
