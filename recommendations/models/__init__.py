"""考核推薦：項目、條件、對象、表決、公示和異議、報送和批覆。一個概念一個文件，都從這裏取。"""

from recommendations.models.candidates import (
    Attachment,
    Candidate,
    CandidateQuerySet,
    Ruling,
)
from recommendations.models.objections import PublicityObjection
from recommendations.models.programmes import (
    Condition,
    Fraction,
    Programme,
    ProgrammeQuerySet,
    reaches,
)
from recommendations.models.submittals import Answer, Submittal
from recommendations.models.voting import Ballot, Recusal

__all__ = [
    "Answer",
    "Attachment",
    "Ballot",
    "Candidate",
    "CandidateQuerySet",
    "Condition",
    "Fraction",
    "Programme",
    "ProgrammeQuerySet",
    "PublicityObjection",
    "Recusal",
    "Ruling",
    "Submittal",
    "reaches",
]
