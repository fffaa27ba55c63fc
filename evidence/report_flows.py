"""佐證流進彙報的內容：採用了多少，和照片頁。只取審核通過的各輪裏採用的。"""

from collections.abc import Iterator

from django.utils.translation import gettext_lazy as _

from pingtan_civ.lib.dates import long_date
from reports import prose
from reports.annexes import AnnexKind, register_annex
from reports.flows import Flow, register_flow
from reports.material import Material
from reports.outline import Chapter
from reports.paper import AnnexPaper, Item, Paragraph, PicturePaper, Section, Source
from reports.parts import chapter_section, count
from tasks.models import EvidenceLink

USUAL_PICTURES, MOST_PICTURES, MOST_OF_ONE = 12, 60, 2
"""照片頁通常、最多印幾張；一件報送至多取幾張，免得一個單位占滿。"""
PRINTABLE = ("image/jpeg", "image/png")


def register() -> None:
    register_flow(
        Flow("evidence", _("佐證材料"), _("期內採用的佐證幾份，其中照片幾張。"), _evidence, 96)
    )
    register_annex(
        AnnexKind(
            "pictures",
            _("照片頁"),
            _("期內審核通過、採用的照片，依措施的次序，一件報送至多兩張，帶單位和日期的說明。"),
            _pictures,
            40,
            most=MOST_PICTURES,
            usual=USUAL_PICTURES,
        )
    )


def _accepted(material: Material) -> list[EvidenceLink]:
    """期內審核通過的各輪裏採用、沒有撤下的，依措施、報送的次序。"""
    order = {round_.pk: place for place, round_ in enumerate(material.accepted)}
    rows = EvidenceLink.objects.filter(
        round__in=list(order), state=EvidenceLink.State.ACCEPTED, removed_at__isnull=True
    ).select_related(
        "file",
        "round__submission__assignment__measure",
        "round__submission__assignment__department",
    )
    return sorted(rows, key=lambda row: (order[row.round_id], row.position, row.pk))


def _evidence(material: Material, chapter: Chapter) -> Iterator[Section]:
    rows, paragraphs = _accepted(material), []
    if rows:
        total = count("evidence.all", "採用佐證材料", "份", map(_item, rows))
        figures, text = [total], f"本期審核採用佐證材料{total.phrase}"
        if pictures := [row for row in rows if row.file.is_picture]:
            figures.append(count("evidence.pictures", "其中照片", "張", map(_item, pictures)))
            text += f"，其中照片{figures[-1].phrase}"
        source = (Source(f"佐證材料庫，截至{long_date(material.span.day)}"),)
        paragraphs.append(Paragraph("evidence.all", f"{text}。", "figures", source, tuple(figures)))
    yield chapter_section(material, chapter, paragraphs)


def _item(row: EvidenceLink) -> Item:
    submission = row.round.submission
    return Item(
        kind="evidence",
        id=row.pk,
        code=submission.assignment.measure.code,
        title=row.name,
        department=submission.assignment.department.name,
        period=submission.name,
    )


def _pictures(material: Material, number: int) -> AnnexPaper | None:
    """同一張圖只印一次；多出張數的不印，文字裏寫明共有幾張、取了幾張。"""
    limit = number or USUAL_PICTURES
    found: dict[str, EvidenceLink] = {}
    of_one: dict[int, int] = {}
    for row in _accepted(material):
        if row.file.content_type not in PRINTABLE or row.file.sha256 in found:
            continue
        of_one[row.round_id] = of_one.get(row.round_id, 0) + 1
        if of_one[row.round_id] <= MOST_OF_ONE:
            found[row.file.sha256] = row
    if not found:
        return None
    chosen = list(found.items())[:limit]
    pictures = tuple(PicturePaper(sha256, _caption(row)) for sha256, row in chosen)
    rule = f"取自本期審核通過並採用的照片，依措施次序，每件報送至多{MOST_OF_ONE}張，共{len(pictures)}張。"
    return AnnexPaper("pictures", "工作照片", (rule,), pictures=pictures)


def _caption(row: EvidenceLink) -> str:
    """「婚姻登記處：公示欄（2026年11月12日）」；沒有說明的用措施名稱。"""
    submission = row.round.submission
    measure = submission.assignment.measure
    said = prose.tidy(row.caption).replace("\n", "，").rstrip("。；，") or prose.typeset(
        measure.title
    )
    when = long_date(row.dated) if row.dated else submission.name
    unit = submission.assignment.department
    return f"{prose.attributed(unit.name, unit.short_name, said).rstrip('。')}（{when}）"
