"""推薦的各種時限：叫什麼、從哪天數起、默認的階梯。「承辦人」是輪到辦的人。"""

from enum import StrEnum

from django.utils.translation import gettext_lazy as _

from evaluations.reminding.tracks import BELOW_THE_LEADERS, TO_THE_CHAIR, WATCHED, doers
from tasks.rungs import Audience, Level, rungs_of
from tasks.tracks import TrackKind


class Track(StrEnum):
    """鑰匙：異議是 PublicityObjection，其餘是 Programme。"""

    NOMINATE = "rec_nominate"
    VOTE = "rec_vote"
    STEP = "rec_step"
    OBJECTION = "rec_objected"
    ANSWER = "rec_answer"


#: 規則頁上排在考核之後。
_PLACE = 3

KINDS = (
    TrackKind(
        track=Track.NOMINATE,
        place=_PLACE,
        label=_("推薦申報"),
        noun=_("推薦"),
        intro=_("數到申報截止。承辦人是還沒有推薦的單位的負責人；推薦是自願的，過期不催。"),
        rungs=(*rungs_of(Audience.DOER, -3, 0, level=Level.REMIND),),
        audiences=(Audience.DOER,),
    ),
    TrackKind(
        track=Track.VOTE,
        place=_PLACE,
        label=_("推薦表決"),
        noun=_("表決"),
        intro=_("數到提交表決之後第 5 個工作日。承辦人是還沒有表決的領導小組成員，迴避的不找。"),
        rungs=(*doers(-3, -1), *WATCHED, *TO_THE_CHAIR),
        audiences=BELOW_THE_LEADERS,
    ),
    TrackKind(
        track=Track.STEP,
        place=_PLACE,
        label=_("推薦往下走"),
        noun=_("推薦的一步"),
        intro=_(
            "提交表決、結束表決、開始公示、報送，各數到輪到之後第 5 個工作日；公示期滿數到最後一天。承辦人是創建辦。"
        ),
        rungs=(*doers(-3, -1), *TO_THE_CHAIR),
        audiences=(Audience.DOER, Audience.CHAIR),
    ),
    TrackKind(
        track=Track.OBJECTION,
        place=_PLACE,
        label=_("公示異議"),
        noun=_("公示異議"),
        intro=_(
            "數到登記之後第 5 個工作日，不早於公示期滿。承辦人是能認定的人：創建辦和組長、副組長，登記的人和被反映的一方除外。"
        ),
        rungs=(*doers(-3, -1), *WATCHED, *rungs_of(Audience.CHAIR, 3, level=Level.URGE, every=5)),
        audiences=BELOW_THE_LEADERS,
    ),
    TrackKind(
        track=Track.ANSWER,
        place=_PLACE,
        label=_("上級批覆"),
        noun=_("批覆"),
        intro=_("數到報送之後第 20 個工作日；還沒有批覆，創建辦該問一問。"),
        rungs=(*rungs_of(Audience.OFFICE, 0, level=Level.REMIND, every=10),),
        audiences=(Audience.OFFICE, Audience.CHAIR),
    ),
)
