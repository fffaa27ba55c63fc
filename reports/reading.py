"""閱讀頁要的樣子：編好號的各節，每段帶着可點的數和來源。"""

from dataclasses import dataclass

from reports.drafts import paper_of
from reports.links import Link, link_of_source
from reports.models import Report
from reports.paper import Paper, Piece, Section, pieces


@dataclass(frozen=True)
class ReadParagraph:
    pieces: list[Piece]
    sources: list[Link]
    is_edited: bool


@dataclass(frozen=True)
class ReadSection:
    section: Section
    paragraphs: list[ReadParagraph]


@dataclass(frozen=True)
class Reading:
    paper: Paper
    sections: list[ReadSection]


def reading_of(report: Report) -> Reading:
    printed = paper_of(report)
    code = report.campaign.code
    return Reading(
        printed,
        [
            ReadSection(
                section,
                [
                    ReadParagraph(
                        pieces(row.text, list(row.figures)),
                        [link_of_source(source, code) for source in row.sources],
                        row.is_edited,
                    )
                    for row in section.paragraphs
                ],
            )
            for section in printed.sections
        ],
    )
