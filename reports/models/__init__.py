"""彙報：文件、提綱、審閱、編號、模板。一個概念一個文件，都從這裏取。"""

from reports.models.numbers import NumberBook
from reports.models.outlines import Outline, OutlineChapter
from reports.models.remarks import Comment, ParagraphText, Suggestion
from reports.models.report import (
    STAGES,
    Figure,
    Paragraph,
    ParagraphSource,
    Report,
    ReportQuerySet,
    Section,
)
from reports.models.templates import PaperTemplate

__all__ = [
    "STAGES",
    "Comment",
    "Figure",
    "NumberBook",
    "Outline",
    "OutlineChapter",
    "PaperTemplate",
    "Paragraph",
    "ParagraphSource",
    "ParagraphText",
    "Report",
    "ReportQuerySet",
    "Section",
    "Suggestion",
]
