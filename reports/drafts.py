"""把草稿的各行讀成可以印的一份（Paper）；已印發的直接讀快照。"""

from dataclasses import replace

from django.db.models import Prefetch
from django.utils.timezone import localtime

from reports import paper
from reports.annexes import annexes_of
from reports.material import names_in
from reports.models import Paragraph, ParagraphSource, Report
from reports.paper import Paper
from reports.prose import find_phrase, period_words


def paper_of(report: Report) -> Paper:
    """要印的內容：印發的出自快照，與庫裏後來的任何改動無關。"""
    if report.is_issued:
        return Paper.from_json(report.snapshot)
    return read_draft(report)


def read_draft(report: Report, *, with_annexes: bool = True) -> Paper:
    """草稿現在的樣子：不採用的段落不在其內，編號已排好；附件照此刻的材料現編。"""
    paragraphs: dict[int, list[paper.Paragraph]] = {}
    rows = (
        Paragraph.objects.filter(section__report=report, is_left_out=False)
        .order_by("position", "pk")
        .prefetch_related(
            Prefetch("sources", ParagraphSource.objects.select_related("round")), "figures"
        )
    )
    for row in rows:
        paragraphs.setdefault(row.section_id, []).append(_paragraph(row))
    sections = tuple(
        paper.Section(
            key=row.key,
            level=row.level,
            heading=row.heading,
            paragraphs=tuple(paragraphs.get(row.pk, ())),
            clause_id=row.clause_id,
        )
        for row in report.sections.order_by("position", "pk")
    )
    return Paper(
        title=report.title,
        campaign=report.campaign.name,
        period=(report.period_start.isoformat(), report.period_end.isoformat()),
        period_name=period_words(report.period_start, report.period_end),
        cutoff=localtime(report.cutoff_at).isoformat(),
        day=localtime(report.cutoff_at).date().isoformat(),
        salutation=report.salutation,
        signature=report.signature,
        number=report.number,
        edition=report.edition,
        correction=report.correction_note,
        sections=sections,
        kind=report.kind,
        document_number=report.document_number,
        head_text=report.head_text,
        copied_to=report.copied_to,
        has_seal_place=report.has_seal_place,
        prints_marks=report.prints_marks,
        annexes=annexes_of(report, sections) if with_annexes else (),
    ).numbered()


def with_names(printed: Paper) -> Paper:
    """記下文中的人名（轉簡體時不動）；印發時與全文一起凍結。"""
    texts = [paragraph.text for paragraph in printed.paragraphs()]
    for annex in printed.annexes:
        texts += annex.texts
        texts += [cell for table in annex.tables for row in table.rows for cell in row]
        texts += [picture.caption for picture in annex.pictures]
    return replace(printed, names=names_in("\n".join([*texts, printed.title])))


def _paragraph(row: Paragraph) -> paper.Paragraph:
    return paper.Paragraph(
        key=row.key,
        text=row.text,
        kind=row.kind,
        is_edited=row.is_edited or row.is_own,
        marks=tuple(row.marks),
        sources=tuple(
            paper.Source(
                label=source.label,
                department=source.department_name,
                round_id=source.round_id,
                submission_id=source.round.submission_id if source.round else None,
                clause_id=source.clause_id,
                text_sha256=source.text_sha256,
            )
            for source in row.sources.all()
        ),
        figures=tuple(
            paper.Figure(
                key=figure.key,
                label=figure.label,
                value=figure.value,
                unit=figure.unit,
                kind=figure.kind,
                quoted=figure.quoted,
                items=tuple(paper.Item(**item) for item in figure.items),
            )
            for figure in row.figures.all()
            if find_phrase(row.text, figure.quoted) >= 0
        ),
    )
