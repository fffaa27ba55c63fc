"""編製頁要的樣子：提綱、正文各段、右邊的來源、數據、意見和材料。幾次查詢，與段落多少無關。"""

from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property

from django.db.models import Count, Exists, Prefetch, QuerySet, Subquery, Value
from django.urls import reverse

from reports import paper
from reports.links import Link, link_of_source
from reports.marks import labels_of
from reports.models import (
    Comment,
    Figure,
    Paragraph,
    ParagraphSource,
    Report,
    Section,
    Suggestion,
)
from reports.paper import Piece, pieces
from reports.prose import find_phrase
from reports.unused import Unused, accepted_of
from tasks.models import Round


@dataclass(frozen=True)
class Thread:
    """一條意見和它的答覆。"""

    comment: Comment
    replies: list[Comment]


@dataclass(frozen=True)
class Remarks:
    """一份彙報的意見和待處理的改字建議；右邊欄、閱讀頁和核對清單都用它。"""

    threads: list[Thread]
    suggestions: list[Suggestion]

    @cached_property
    def open(self) -> list[Thread]:
        return [thread for thread in self.threads if thread.comment.is_open]

    @cached_property
    def settled(self) -> list[Thread]:
        return [thread for thread in self.threads if not thread.comment.is_open]

    @property
    def waiting(self) -> int:
        """等着辦的：沒辦結的意見，沒處理的建議。"""
        return len(self.open) + len(self.suggestions)

    @cached_property
    def by_paragraph(self) -> Counter[int]:
        """每一段有幾條等着辦的。"""
        ids = [thread.comment.paragraph_id for thread in self.open if thread.comment.paragraph_id]
        return Counter([*ids, *(row.paragraph_id for row in self.suggestions)])


def remarks_of(
    report: Report, *, has_comments: bool = True, has_suggestions: bool = True
) -> Remarks:
    rows = list(report.comments.select_related("author", "settled_by")) if has_comments else []
    replies: dict[int, list[Comment]] = {}
    for row in rows:
        if row.reply_to_id:
            replies.setdefault(row.reply_to_id, []).append(row)
    pending = Suggestion.objects.filter(
        paragraph__section__report=report, state=Suggestion.State.PENDING
    ).select_related("author", "paragraph__section")
    return Remarks(
        [Thread(row, replies.get(row.pk, [])) for row in rows if not row.reply_to_id],
        list(pending) if has_suggestions else [],
    )


@dataclass
class Row:
    """正文的一段。"""

    paragraph: Paragraph
    report: Report
    is_first: bool = False
    is_last: bool = False
    waiting: int = 0
    """等着辦的意見和建議。"""

    @property
    def marks(self) -> list[str]:
        return labels_of(self.paragraph.marks)

    @cached_property
    def inserted(self) -> bool:
        """辦公室從材料裏放進來的，有來源；不同於自己寫的。"""
        return self.paragraph.is_own and bool(self.sources)

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

    def fact_label(self, figure: Figure) -> str:
        """分得清是誰的寫法。"""
        units = [source.department_name for source in self.paragraph.sources.all()]
        if figure.kind == Figure.Kind.REPORTED and units and units[0]:
            return f"{units[0]}：{figure.short_label}"
        return figure.label

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
    held_by: str = ""
    held_until: datetime | None = None
    rows: list[Row] = field(default_factory=list)
    inner: "list[Part]" = field(default_factory=list)

    @property
    def printed(self) -> str:
        return f"{self.number}{self.heading}"

    @property
    def takes_own_words(self) -> bool:
        """辦公室可以自己加一段：有文字的節，和還空着、底下沒有小節的章（簡報的經驗交流）。"""
        return bool(self.rows) or not self.inner

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

    @property
    def facts(self) -> list[tuple[str, Figure]]:
        """右邊欄的各個數。一節裏同名的，單位填報的補上單位，其餘寫全名。"""
        named = Counter(figure.short_label for figure in self.figures)
        return [
            (
                row.fact_label(figure) if named[figure.short_label] > 1 else figure.short_label,
                figure,
            )
            for row in self.rows
            for figure in row.figures
        ]


@dataclass(frozen=True)
class Waiting:
    """等着辦的：沒辦結的意見幾條，沒處理的建議幾條。"""

    comments: int = 0
    suggestions: int = 0


@dataclass
class Editor:
    report: Report
    parts: list[Part]
    newly_accepted: int
    remarks: Remarks
    unused: list[Unused]
    waiting: Waiting

    @property
    def places(self) -> list[Part]:
        """材料能放進去的各節：沒有別人正在改的。"""
        return [part for part in self.parts if part.heading and not part.held_by]

    @property
    def stale(self) -> int:
        """寫着舊數的有幾處。"""
        rows = (row for row in self.rows if not row.paragraph.is_left_out)
        return sum(len(row.stale_figures) for row in rows)

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


def editor_of(
    report: Report, now: datetime, viewer: int = 0, *, with_remarks: bool = True
) -> Editor:
    """viewer 是看的人：自己佔着的一節不算別人在改。核對清單只要意見的條數，不必取全部意見。"""
    sections = list(_sections(report))
    remarks = _remarks_beside(report, sections) if with_remarks else Remarks([], [])
    parts = _parts(report, [_part(row, now, viewer) for row in sections], remarks)
    printed = [
        row.paragraph for part in parts for row in part.rows if not row.paragraph.is_left_out
    ]
    accepted = accepted_of(report, printed, now)
    first = sections[0] if sections else None
    waiting = Waiting(first.open_comments or 0, first.suggestions or 0) if first else Waiting()
    return Editor(report, parts, accepted.newly, remarks, accepted.unused, waiting)


def _sections(report: Report) -> QuerySet[Section]:
    """各節；順帶數意見和待處理的建議，沒有的就不必再查。"""
    pending = Suggestion.objects.filter(
        paragraph__section__report=report, state=Suggestion.State.PENDING
    )
    opened = report.comments.filter(reply_to__isnull=True, settled_at__isnull=True)
    return (
        report.sections.select_related("held_by")
        .annotate(
            has_comments=Exists(report.comments.all()),
            open_comments=_number(opened),
            suggestions=_number(pending),
        )
        .order_by("position", "pk")
    )


def _number(rows: QuerySet) -> Subquery:
    """有幾行；沒有時是空的。"""
    one_group = rows.order_by().annotate(whole=Value(1)).values("whole")
    return Subquery(one_group.annotate(n=Count("pk")).values("n"))


def _remarks_beside(report: Report, sections: list[Section]) -> Remarks:
    first = sections[0] if sections else None
    if first is None:
        return remarks_of(report)
    return remarks_of(
        report, has_comments=first.has_comments, has_suggestions=bool(first.suggestions)
    )


def _part(row: Section, now: datetime, viewer: int) -> Part:
    part = Part(row.pk, row.key, row.level, row.heading)
    if row.is_held_against(viewer, now):
        part.held_by, part.held_until = str(row.held_by), row.held_until
    return part


def _parts(report: Report, parts: list[Part], remarks: Remarks) -> list[Part]:
    by_section = {part.pk: part for part in parts}
    for paragraph in paragraphs_of(report):
        waiting = remarks.by_paragraph[paragraph.pk]
        row = Row(paragraph, report, waiting=waiting)
        by_section[paragraph.section_id].rows.append(row)
    for part in parts:
        if part.rows:
            part.rows[0].is_first = part.rows[-1].is_last = True
    _give_numbers(parts)
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


def _give_numbers(parts: list[Part]) -> None:
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
