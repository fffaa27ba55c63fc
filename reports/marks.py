"""標記：與同一活動同一種類上一份已印發的相比，這一段是新的、改過的，還是延期、整改的。

彙集時定下，存在 Paragraph.marks（代碼），印發時隨文凍結。整改由上層的應用經 register_marker 說明。
"""

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from django.utils.translation import gettext_lazy as _

from reports.material import Material, measure_of
from reports.paper import Paragraph, Section
from tasks.models import Measure

NEW, EXTENDED, RECTIFIED, UPDATED = "new", "extended", "rectified", "updated"

MARKS = {
    NEW: _("本期新增"),
    EXTENDED: _("延期"),
    RECTIFIED: _("整改"),
    UPDATED: _("有更新"),
}
"""代碼 → 標記的名稱；次序就是並列時的先後。"""

PRINTED = {NEW: "本期新增", EXTENDED: "延期", RECTIFIED: "整改", UPDATED: "有更新"}
"""印在公文裏的；隨文件的繁簡，不隨界面。"""


def labels_of(codes: list[str] | tuple[str, ...]) -> list[str]:
    """一段的各個標記，按上面的次序；認不得的代碼不列。"""
    return [str(label) for code, label in MARKS.items() if code in codes]


@dataclass(frozen=True)
class Mark:
    """一段的標記；有更新的帶上一期的寫法，供對比。"""

    codes: tuple[str, ...]
    prior_text: str = ""


Touched = tuple[set[int], set[int]]
"""（措施, 報送）：期內整改過的。"""

_markers: dict[str, Callable[[Material], Touched]] = {}


def register_marker(name: str, marker: Callable[[Material], Touched]) -> None:
    """上層的應用說明哪些措施、報送在期內整改過；同名的以後一次為準。"""
    _markers[name] = marker


def mark(sections: Iterable[Section], material: Material) -> dict[str, Mark]:
    """{段落的 key: 標記}；沒有標記的不列。沒有上一期可比時不標新增和更新。"""
    before = {row.key: row for row in material.last.paragraphs()} if material.last else None
    extended = {row.assignment_id for row in material.extensions}
    measures, submissions = _rectified(material)
    rounds = {row.submission_id: row for row in material.accepted}
    found = {}
    for row in (row for section in sections for row in section.paragraphs):
        codes = []
        prior = before.get(row.key) if before is not None else None
        if before is not None and prior is None and row.kind == "text":
            codes.append(NEW)
        told = [rounds[pk] for pk in _submissions(row) if pk in rounds]
        if any(round_.submission.assignment_id in extended for round_ in told):
            codes.append(EXTENDED)
        if any(
            round_.submission_id in submissions or measure_of(round_).pk in measures
            for round_ in told
        ):
            codes.append(RECTIFIED)
        # 「具體進展見…」只是指路，改不改不算更新。
        is_pointer = row.key.endswith(".where")
        if prior is not None and not is_pointer and _differs(prior, row):
            codes.append(UPDATED)
        if codes:
            found[row.key] = Mark(tuple(codes), prior.text if UPDATED in codes else "")
    return found


def of_measure(measure: Measure, material: Material) -> tuple[str, ...]:
    """任務分解表的一行：上一期之後下達的、期內批准延期的、期內整改過的。"""
    codes = []
    since = material.since
    if since and measure.issued_at and measure.issued_at > since:
        codes.append(NEW)
    if any(row.assignment.measure_id == measure.pk for row in material.extensions):
        codes.append(EXTENDED)
    measures, submissions = _rectified(material)
    rounds = material.by_measure.get(measure.pk, ())
    if measure.pk in measures or any(row.submission_id in submissions for row in rounds):
        codes.append(RECTIFIED)
    return tuple(codes)


def _rectified(material: Material) -> Touched:
    """退回後改好通過的，和上層登記的整改；同一份材料只查一次。"""
    extras = material.extras
    if extras.rectified is None:
        measures: set[int] = set()
        submissions = set(extras.sent_back)
        for marker in _markers.values():
            more = marker(material)
            measures |= more[0]
            submissions |= more[1]
        extras.rectified = measures, submissions
    return extras.rectified


def _submissions(row: Paragraph) -> Iterator[int]:
    """這一段是哪幾件報送的原文；計數、名單不算。"""
    if row.kind == "text":
        yield from (source.submission_id for source in row.sources if source.submission_id)


_DATES = re.compile(
    # 跟在活動名稱後面的期間，連括號；年份有時不再說（prose.period_beside）。
    r"（(?:\d{4}年)?(?:第[一二三四]季度|[上下]半年|度"
    r"|\d{1,2}月(?:\d{1,2}日)?(?:至(?:\d{4}年)?(?:\d{1,2}月)?\d{1,2}日)?)）"
    r"|\d{4}年(?:\d{1,2}月(?:\d{1,2}日)?|第?[一二三四]季度|[上下]半年|度)?"
)


def _differs(prior: Paragraph, row: Paragraph) -> bool:
    """單位的原文按哈希比（辦公室潤色過的不算變）；其餘比文字，日期和期名不算。"""
    old = [source.text_sha256 for source in prior.sources if source.text_sha256]
    new = [source.text_sha256 for source in row.sources if source.text_sha256]
    if old and new:
        return old != new
    return _DATES.sub("", prior.text) != _DATES.sub("", row.text)
