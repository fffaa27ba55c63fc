"""考核評價：辦法、考核、榮譽。一個概念一個文件，都從這裏取。"""

from evaluations.models.collected import (
    Collected,
    Opinion,
    Questionnaire,
)
from evaluations.models.drafts import (
    SheetDraft,
)
from evaluations.models.honours import (
    Honour,
    HonourFile,
    HonourQuerySet,
)
from evaluations.models.letters import (
    LetterSignature,
    LetterText,
    TargetLetter,
    TargetLetterQuerySet,
)
from evaluations.models.objections import (
    Objection,
    ObjectionFile,
    ObjectionQuerySet,
    objection_window,
)
from evaluations.models.rectifications import (
    Rectification,
)
from evaluations.models.rounds import (
    AssessmentRound,
    ResultSnapshot,
    RoundPhase,
    Score,
    Sheet,
)
from evaluations.models.schemes import (
    Criterion,
    CriterionStep,
    Grade,
    Method,
    Profile,
    ProfileDepartment,
    Scheme,
    SchemeQuerySet,
    Scorer,
    Section,
    Standard,
    SystemFigure,
    hundredths_of,
    points_of,
)
from evaluations.models.vetoes import (
    AuthorityInquiry,
    AuthorityInquiryQuerySet,
    InquiryAnswer,
    InquiryFile,
    VetoEvent,
    VetoEventQuerySet,
    VetoFile,
    VetoItem,
    VetoRelease,
)
from evaluations.models.visits import (
    SiteVisit,
    VisitDraw,
    VisitPhoto,
)

__all__ = [
    "AssessmentRound",
    "AuthorityInquiry",
    "AuthorityInquiryQuerySet",
    "Collected",
    "Criterion",
    "CriterionStep",
    "Grade",
    "Honour",
    "HonourFile",
    "HonourQuerySet",
    "InquiryAnswer",
    "InquiryFile",
    "LetterSignature",
    "LetterText",
    "Method",
    "Objection",
    "ObjectionFile",
    "ObjectionQuerySet",
    "Opinion",
    "Profile",
    "ProfileDepartment",
    "Questionnaire",
    "Rectification",
    "ResultSnapshot",
    "RoundPhase",
    "Scheme",
    "SchemeQuerySet",
    "Score",
    "Scorer",
    "Section",
    "Sheet",
    "SheetDraft",
    "SiteVisit",
    "Standard",
    "SystemFigure",
    "TargetLetter",
    "TargetLetterQuerySet",
    "VetoEvent",
    "VetoEventQuerySet",
    "VetoFile",
    "VetoItem",
    "VetoRelease",
    "VisitDraw",
    "VisitPhoto",
    "hundredths_of",
    "objection_window",
    "points_of",
]
