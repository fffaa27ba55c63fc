"""推薦的提醒：申報、表決、往下走一步、公示異議、批覆，各是提醒引擎的一種時限。

tracks 是各種時限和默認的階梯；acts 是各樣怎麼說，輪到創建辦走哪一步；matters 找出此刻等着人辦的事；
source 登記給提醒引擎。日程也從 matters 取，所以提醒、日程說的是同一件事、同一天。
"""

from recommendations.reminding.acts import WORDS, Act, Facts, office_act
from recommendations.reminding.matters import find
from recommendations.reminding.source import RecommendationSource, recommendation_week
from recommendations.reminding.tracks import KINDS

__all__ = [
    "KINDS",
    "WORDS",
    "Act",
    "Facts",
    "RecommendationSource",
    "find",
    "office_act",
    "recommendation_week",
]
