"""考核的提醒：自評、評分、考察、審定、責任書、異議、徵詢、一票否決，各是提醒引擎的一種時限。

tracks 是各種時限和默認的階梯；matters 找出此刻等着人辦的事，連同它的時限和該找的人；
source 按階梯找人、寫成話。日程也從 matters 取，所以提醒、日程說的是同一件事、同一天。
"""

from evaluations.reminding.acts import WORDS, Act
from evaluations.reminding.matters import Asked, Matter, find
from evaluations.reminding.source import AssessmentSource
from evaluations.reminding.tracks import KINDS
from evaluations.reminding.weekly import assessment_week

__all__ = [
    "KINDS",
    "WORDS",
    "Act",
    "Asked",
    "AssessmentSource",
    "Matter",
    "assessment_week",
    "find",
]
