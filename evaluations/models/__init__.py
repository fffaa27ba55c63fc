"""考核評價：辦法、責任書、榮譽。一個概念一個文件，都從這裏取。"""

from evaluations.models.honours import Honour, HonourQuerySet
from evaluations.models.letters import (
    LetterSignature,
    LetterText,
    TargetLetter,
    TargetLetterQuerySet,
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
)

__all__ = [
    "Criterion",
    "CriterionStep",
    "Grade",
    "Honour",
    "HonourQuerySet",
    "LetterSignature",
    "LetterText",
    "Method",
    "Profile",
    "ProfileDepartment",
    "Scheme",
    "SchemeQuerySet",
    "Scorer",
    "Section",
    "Standard",
    "SystemFigure",
    "TargetLetter",
    "TargetLetterQuerySet",
]
