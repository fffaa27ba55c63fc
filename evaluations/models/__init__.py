"""考核評價：辦法、榮譽。一個概念一個文件，都從這裏取。"""

from evaluations.models.honours import Honour, HonourQuerySet
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

__all__ = [
    "Criterion",
    "CriterionStep",
    "Grade",
    "Honour",
    "HonourQuerySet",
    "Method",
    "Profile",
    "ProfileDepartment",
    "Scheme",
    "SchemeQuerySet",
    "Scorer",
    "Section",
    "Standard",
    "SystemFigure",
    "hundredths_of",
    "points_of",
]
