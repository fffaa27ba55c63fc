"""編製頁要的樣子：提綱、正文各段、右邊的來源和數據。幾次查詢，與段落多少無關。"""

from dataclasses import dataclass, field
from functools import cached_property

from django.db.models import Prefetch
from django.urls import reverse

from reports import paper
from reports.links import Link, link_of_source
from reports.material import Span, newly_accepted
from reports.models import Figure, Paragraph, ParagraphSource, Report
from reports.paper import Piece, pieces
from reports.prose import find_phrase
from tasks.models import Round


@dataclass
class Row:
    """正文的一段。"""

    paragraph: Paragraph
    report: Report
    is_first: bool = False
    is_last: bool = False

    @cached_property
    def pieces(self) -> list[Piece]:
        return pieces(self.paragraph.text, list(self.paragraph.figures.all()))

    @cached_property
    def sources(self) -> list[Link]:
        code = self.report.campaign.code
        return [link_of_source(source, code) for source in self.paragraph.sources.all()]

    @cached_property
    def figures(self) -> list[Figure]:
        return list(self.paragraph.figures.all())

    @cached_property
    def stale_figures(self) -> list[Figure]:
        """文中寫着舊數的。"""
        return [
            figure
            for figure in self.figures
            if figure.is_stale and find_phrase(self.paragraph.text, figure.quoted) >= 0
        ]

    @cached_property
    def lost_source(self) -> bool:
        """彙集之後，審核通過又被撤回了；重新彙集就會去掉或標明。"""
        return not self.paragraph.is_withdrawn and any(
            source.round and source.round.decision != Round.Decision.ACCEPTED
            for source in self.paragraph.sources.all()
        )

    @property
    def has_no_count(self) -> bool:
        """彙集的數據段而一個數也沒有，即「尚未下達具體措施」。"""
        row = self.paragraph
        is_counted = row.kind == Paragraph.Kind.FIGURES and not row.is_edited
        return is_counted and not row.is_left_out and not self.figures

    @property
    def needs_attention(self) -> bool:
        if self.paragraph.is_left_out:
            return False
        changed = self.lost_source or bool(self.stale_figures)
        return changed or self.paragraph.needs_attention

    @property
    def url(self) -> str:
        return reverse(
            "reports:paragraph", args=[self.report.campaign.code, self.report.pk, self.paragraph.pk]
        )


@dataclass
class Part:
    """提綱的一節和它的各段。"""

    pk: int
    key: str
    level: int
    heading: str
    number: str = ""
    rows: list[Row] = field(default_factory=list)
    inner: "list[Part]" = field(default_factory=list)

    @property
    def printed(self) -> str:
        return f"{self.number}{self.heading}"

    @property
    def attention(self) -> int:
        return sum(row.needs_attention for row in self.rows)

    @property
    def state(self) -> str:
        """提綱旁的圖形：要看一眼、還沒有文字、齊了。"""
        if self.attention:
            return "warn"
        if not self.rows:  # 只有標題的一章，看它下面各節
            return "done" if any(part.state == "done" for part in self.inner) else "todo"
        printed = [row for row in self.rows if not row.paragraph.is_left_out]
        told = any(row.paragraph.kind == Paragraph.Kind.TEXT for row in printed)
        needs_words = self.key.startswith("task.")
        return (
            "done"
            if told or (not needs_words and any(not row.has_no_count for row in printed))
            else "todo"
        )

    @property
    def has_no_measure(self) -> bool:
        """一項工作目標，還沒有一項措施落在它名下。"""
        is_objective = self.key.startswith("objective.")
        return is_objective and any(row.has_no_count for row in self.rows)

    @property
    def figures(self) -> list[Figure]:
        return [figure for row in self.rows for figure in row.figures]


@dataclass
class Editor:
    report: Report
    parts: list[Part]
    newly_accepted: int

    @property
    def outline(self) -> list[Part]:
        """有標題、印得出來的各節。"""
        return [part for part in self.parts if part.number]

    @property
    def rows(self) -> list[Row]:
        return [row for part in self.parts for row in part.rows]

    @property
    def left_out(self) -> list[Row]:
        return [row for row in self.rows if row.paragraph.is_left_out]

    @property
    def attention(self) -> int:
        return sum(part.attention for part in self.parts)

    @property
    def filled(self) -> int:
        return sum(part.state == "done" for part in self.outline)

    def row(self, pk: int | None) -> Row | None:
        return next((row for row in self.rows if row.paragraph.pk == pk), None)


def editor_of(report: Report) -> Editor:
    span = Span(report.period_start, report.period_end, report.cutoff_at)
    parts = _parts(report)
    return Editor(report, parts, newly_accepted(report.campaign, span))


def _parts(report: Report) -> list[Part]:
    parts = [
        Part(row.pk, row.key, row.level, row.heading)
        for row in report.sections.order_by("position", "pk")
    ]
    by_section = {part.pk: part for part in parts}
    for paragraph in paragraphs_of(report):
        by_section[paragraph.section_id].rows.append(Row(paragraph, report))
    for part in parts:
        if part.rows:
            part.rows[0].is_first = part.rows[-1].is_last = True
    _number(parts)
    _nest(parts)
    return [part for part in parts if part.rows or part.level == 1]


def paragraphs_of(report: Report) -> "list[Paragraph]":
    """全部段落，連同來源和數據（不帶清單）。"""
    rows = Paragraph.objects.filter(section__report=report).order_by("position", "pk")
    return list(
        rows.select_related("edited_by").prefetch_related(
            Prefetch("sources", ParagraphSource.objects.select_related("round")),
            Prefetch("figures", Figure.objects.defer("items")),
        )
    )


def _nest(parts: list[Part]) -> None:
    """二級的節歸到它的章下。"""
    chapter: Part | None = None
    for part in parts:
        if part.level < 2:
            chapter = part
        elif chapter and part.rows:
            chapter.inner.append(part)


def _number(parts: list[Part]) -> None:
    """與印出來的編號同一規則：全部不採用的節不編號。"""
    kept = tuple(
        paper.Section(
            key=part.key,
            level=part.level,
            paragraphs=tuple(
                paper.Paragraph(row.paragraph.key, "")
                for row in part.rows
                if not row.paragraph.is_left_out
            ),
        )
        for part in parts
    )
    numbers = {section.key: section.number for section in paper.number_sections(kept)}
    for part in parts:
        part.number = numbers.get(part.key, "")
