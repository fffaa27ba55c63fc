"""考核的各種時限：叫什麼、從哪天數起、默認的階梯。「承辦人」是輪到辦的人。"""

from enum import StrEnum

from django.utils.translation import gettext_lazy as _

from tasks.rungs import Audience, Level, Rung, rungs_of
from tasks.tracks import TrackKind


class Track(StrEnum):
    """各數各的，鑰匙也各是各的：自評是 Sheet，階段是 RoundPhase，考察是 SiteVisit，
    責任書是 TargetLetter，異議是 Objection，徵詢是 AuthorityInquiry，一票否決是 VetoEvent。
    """

    SELF = "self_score"
    PHASE = "round_phase"
    VISIT = "site_visit"
    LETTER = "letter"
    OBJECTION = "objection"
    INQUIRY = "inquiry"
    VETO = "veto"


def doers(*before: int) -> tuple[Rung, ...]:
    """輪到辦的人：之前幾次，當日，逾期頭三個工作日天天，以後每五個工作日。"""
    return (
        *rungs_of(Audience.DOER, *before, 0, level=Level.REMIND),
        *rungs_of(Audience.DOER, 1, 2, 3, level=Level.URGE, every=5),
    )


WATCHED = tuple(rungs_of(Audience.OFFICE, 1, level=Level.URGE, every=5))
TO_THE_CHAIR = tuple(rungs_of(Audience.CHAIR, 5, level=Level.URGE, every=5))
BELOW_THE_LEADERS = (Audience.DOER, Audience.CHAIR, Audience.OFFICE)

#: 規則頁上排在任務、督辦之後。
_PLACE = 2

KINDS = (
    TrackKind(
        track=Track.SELF,
        place=_PLACE,
        label=_("單位自評"),
        noun=_("自評"),
        intro=_("數到自評階段的截止。承辦人是單位裏填自評的人；提交歸單位負責人。"),
        rungs=(
            *doers(-3, -1),
            *rungs_of(Audience.HEAD, -1, 0, level=Level.REMIND),
            *rungs_of(Audience.HEAD, 1, 2, 3, level=Level.URGE, every=5),
            *WATCHED,
            *rungs_of(Audience.LEADER, 5, level=Level.URGE, every=5),
        ),
    ),
    TrackKind(
        track=Track.PHASE,
        place=_PLACE,
        label=_("考核各階段"),
        noun=_("考核階段"),
        intro=_(
            "數到這一階段的截止。承辦人是輪到辦的人：評分的單位，推進階段的創建辦，審定、公佈的組長。"
        ),
        rungs=(*doers(-3, -1), *WATCHED, *TO_THE_CHAIR),
        audiences=BELOW_THE_LEADERS,
    ),
    TrackKind(
        track=Track.VISIT,
        place=_PLACE,
        label=_("實地考察"),
        noun=_("考察"),
        intro=_("數到考察的那一天。承辦人是考核組的人。"),
        rungs=(*doers(-3, -1), *WATCHED),
        audiences=BELOW_THE_LEADERS,
    ),
    TrackKind(
        track=Track.LETTER,
        place=_PLACE,
        label=_("目標責任書"),
        noun=_("責任書"),
        intro=_(
            "數到輪到之後第 5 個工作日。承辦人是輪到辦的人：待簽的單位負責人、組長，退回之後的創建辦。"
        ),
        rungs=(*doers(-1), *WATCHED, *TO_THE_CHAIR),
        audiences=(Audience.DOER, Audience.LEADER, Audience.CHAIR, Audience.OFFICE),
    ),
    TrackKind(
        track=Track.OBJECTION,
        place=_PLACE,
        label=_("考核異議"),
        noun=_("異議"),
        intro=_("數到答覆異議階段的截止。承辦人是輪到辦的人：寫答覆的創建辦，裁定的組長。"),
        rungs=(*doers(-3, -1), *WATCHED, *rungs_of(Audience.CHAIR, 3, level=Level.URGE, every=5)),
        audiences=BELOW_THE_LEADERS,
    ),
    TrackKind(
        track=Track.INQUIRY,
        place=_PLACE,
        label=_("徵詢函"),
        noun=_("徵詢答覆"),
        intro=_("數到請主管部門答覆的那一天；過了還沒有答覆，創建辦該打電話催問。"),
        rungs=(
            *rungs_of(Audience.OFFICE, 1, level=Level.URGE, every=5),
            *rungs_of(Audience.CHAIR, 10, level=Level.URGE, every=10),
        ),
        audiences=(Audience.OFFICE, Audience.CHAIR),
    ),
    TrackKind(
        track=Track.VETO,
        place=_PLACE,
        label=_("一票否決"),
        noun=_("一票否決"),
        intro=_(
            "單位說明數到自報的期限；認定和確認解除數到登記（有自報期限的是說明或期滿）、提出之後的審核時限。"
        ),
        rungs=(
            *doers(-3, -1),
            *rungs_of(Audience.HEAD, 0, level=Level.REMIND),
            *rungs_of(Audience.HEAD, 1, 2, 3, level=Level.URGE, every=5),
            *WATCHED,
            *TO_THE_CHAIR,
        ),
    ),
)
