"""數的是哪一種時限：叫什麼、告訴得了誰、默認的階梯。

一種時限一個 TrackKind，由管它的應用在啟動時登記（register_track），連同找人的來源
（tasks.duties.register_source）；規則頁、預覽、留痕和提醒引擎都從這裏取，不認得具體是哪一種。
這裏只有任務自己的三種。
"""

from collections.abc import Collection
from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from tasks.rungs import Audience, Level, Rung, Track, rungs_of


@dataclass(frozen=True)
class TrackKind:
    """一種時限。"""

    track: str
    """存進庫裏的代碼，至多 12 個字母。"""
    label: str | Promise
    """規則頁上這一條階梯的標題。"""
    noun: str | Promise
    """「報送逾期第 4 個工作日」裏的「報送」。"""
    intro: str | Promise
    """從哪天數起、承辦人是誰。"""
    rungs: tuple[Rung, ...]
    """默認的階梯。"""
    audiences: tuple[Audience, ...] = tuple(Audience)
    """規則頁上可以告訴誰。"""
    place: int = 0
    """規則頁上排在哪裏，小的在前；相同的按登記的先後。"""


_kinds: dict[str, TrackKind] = {}


def register_track(kind: TrackKind) -> None:
    """應用啟動時登記一種時限。重複登記只算一次。"""
    _kinds.setdefault(kind.track, kind)


def track_kinds() -> Collection[TrackKind]:
    return sorted(_kinds.values(), key=lambda kind: kind.place)


def noun_of(track: str) -> str:
    """這種時限數的是什麼；沒有登記的（停用的應用留下的記錄）寫「時限」。"""
    kind = _kinds.get(track)
    return str(kind.noun if kind else _("時限"))


def default_rungs() -> dict[str, tuple[Rung, ...]]:
    """各種時限默認的階梯。"""
    return {track: kind.rungs for track, kind in _kinds.items()}


#: 報送：時限前 7、3、1 個工作日，當日，逾期頭三個工作日天天到人到負責人，第 4 個工作日
#: 起到責任領導並請辦公室轉督辦，第 10 個工作日到組長並請辦公室列入通報。
_OWN = (
    TrackKind(
        track=Track.REPORT,
        label=_("填報和初審"),
        noun=_("報送"),
        intro=_("數到各期的報送時限。承辦人是輪到辦的人：待填報的填報人，待初審的初審人。"),
        rungs=(
            *rungs_of(Audience.DOER, -7, -3, -1, 0, level=Level.REMIND),
            *rungs_of(Audience.DOER, 1, 2, 3, 4, level=Level.URGE, every=5),
            *rungs_of(Audience.HEAD, 1, 2, 3, 4, level=Level.URGE, every=5),
            *rungs_of(Audience.LEADER, 4, level=Level.SUPERVISE, every=5),
            *rungs_of(Audience.OFFICE, 4, level=Level.SUPERVISE),
            *rungs_of(Audience.CHAIR, 10, level=Level.CIRCULAR, every=5),
            *rungs_of(Audience.OFFICE, 10, level=Level.CIRCULAR),
        ),
    ),
    TrackKind(
        track=Track.ACKNOWLEDGE,
        label=_("簽收"),
        noun=_("簽收"),
        intro=_("數到簽收時限。"),
        rungs=(
            *rungs_of(Audience.DOER, 1, 2, 3, 4, level=Level.URGE, every=5),
            *rungs_of(Audience.HEAD, 1, 2, 3, 4, level=Level.URGE, every=5),
            *rungs_of(Audience.OFFICE, 4, level=Level.SUPERVISE),
        ),
    ),
    TrackKind(
        track=Track.REVIEW,
        label=_("辦公室審核"),
        noun=_("審核"),
        intro=_("創建辦收到後要在審核時限內審完，自己逾期也一樣被催。"),
        audiences=(Audience.OFFICE, Audience.CHAIR),
        rungs=(
            *rungs_of(Audience.OFFICE, 0, level=Level.REMIND),
            *rungs_of(Audience.OFFICE, 1, 4, level=Level.URGE, every=5),
            *rungs_of(Audience.CHAIR, 5, level=Level.URGE, every=5),
        ),
    ),
)
for _kind in _OWN:
    register_track(_kind)
