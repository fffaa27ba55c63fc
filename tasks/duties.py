"""該為哪件事找哪個人：提醒引擎與各個來源之間的約定。

引擎（tasks.services.reminders）問每個來源「這些人今天該被找的事」，剔去已記錄的，每人合成一份；
到寫成話的時候再問來源「這幾件怎麼說」。報送、簽收、審核由 tasks 自己提供，督辦、考核由各自的應用
登記進來（register_source，時限的種類另用 tasks.tracks.register_track）；tasks 不認識它上面的應用。
"""

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import NamedTuple, Protocol

from pingtan_civ.lib.working_days import WorkingCalendar
from tasks.rungs import Ladder, Track


class Call(NamedTuple):
    """該找某人的一件事。

    (track, subject_id, due, step, person_id) 是提醒記錄的唯一鍵：同一件事、同一時限、同一級、同一人
    只提醒一次；准予延期（due 變了）、退回重辦（subject_id 是新的一輪）之後從頭算。
    subject_id 在一個 track 裏唯一：報送是 Round 的主鍵，督辦是它那一輪的主鍵。
    """

    person_id: int
    campaign_id: int
    track: str
    subject_id: int
    due: date
    step: int
    level: str
    capacity: str
    """以什麼身份被找，來源自定；寫句子時用。"""
    rank: int = 0
    """一人同一件事有幾種身份時，留 rank 小的。"""
    is_blocking: bool = False
    """別人正等着他，排在前面。"""

    @property
    def key(self) -> tuple[str, int]:
        return self.track, self.subject_id

    def urgency(self, on: date) -> tuple[bool, bool, date, int]:
        """排序用：擋着別人的在前，逾期的在前，久的在前；每週一覽在最後。"""
        if self.track == Track.WEEKLY:
            return True, True, date.max, self.subject_id
        return not self.is_blocking, self.due >= on, self.due, self.subject_id


@dataclass(frozen=True, slots=True)
class Line:
    """一件事寫成的話，和直達辦理那一頁的站內鏈接。"""

    sentence: str
    url: str
    matter: str = ""
    """哪一項的編號（措施編號、督辦單號），命令的 JSON 裏用。"""
    department: str = ""
    """哪個單位的，同上。"""


class Ladders(Protocol):
    """各活動的階梯：ladders.of(campaign_id, track)。"""

    def of(self, campaign_id: int, track: str) -> Ladder: ...


@dataclass(frozen=True)
class Scope:
    """問的範圍。people 為 None 是所有人；only 給定時只看這些 (track, subject_id)。"""

    on: date
    calendar: WorkingCalendar
    ladders: Ladders
    people: frozenset[int] | None = None
    only: frozenset[tuple[str, int]] | None = None
    unrecorded: bool = False
    """只要還沒提醒過的（這一級或更後的沒有記錄）。來源可以不理會，引擎會再剔一遍。"""

    def wants(self, person_id: int) -> bool:
        return self.people is None or person_id in self.people

    def subjects(self, track: str) -> list[int] | None:
        """這條階梯上只看哪些；None 是不限。"""
        if self.only is None:
            return None
        return [subject for name, subject in self.only if name == track]


class Source(Protocol):
    """提醒的一個來源。查詢次數固定，不隨件數增加；只讀。

    人只從 scope.people 裏找：一次只問一段人。件數多的來源自己剔去已記錄的，並按人的編號
    先後給（寫上 is_ordered = True），引擎就邊讀邊寫，不再剔、不再排。
    """

    tracks: Collection[str]

    def calls(self, scope: Scope) -> Iterable[Call]:
        """這些人今天走到某一級的事：活動進行中、任務在辦、當日在任的人。"""
        ...

    def lines(self, calls: Collection[Call], scope: Scope) -> Mapping[Call, Line]:
        """寫成話；此刻已經不必辦的不在返回裏。"""
        ...

    def people(self, campaign_id: int, on: date) -> Collection[int]:
        """這個活動裏可能被找的人，領導小組的除外：預覽只算這些人。多幾個無妨。"""
        ...


_sources: list[Source] = []


def register_source(source: Source) -> None:
    """應用啟動時登記一個來源；重複登記只算一次。"""
    if source not in _sources:
        _sources.append(source)


def sources() -> tuple[Source, ...]:
    return tuple(_sources)


WeeklyPart = Callable[[Collection[int], date, WorkingCalendar], Mapping[int, str]]
"""每週一覽裏的一句：給定各活動，說出有事的那些（活動 → 一句話）；都沒有事的不在返回裏。"""

_weekly_parts: list[WeeklyPart] = []


def register_weekly(part: WeeklyPart) -> None:
    """應用啟動時登記：每週一覽裏添一句自己的。重複登記只算一次。"""
    if part not in _weekly_parts:
        _weekly_parts.append(part)


def weekly_parts() -> tuple[WeeklyPart, ...]:
    return tuple(_weekly_parts)
