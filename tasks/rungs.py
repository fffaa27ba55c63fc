"""提醒階梯是數據：離時限幾個工作日、告訴誰、升到哪一級。只是日期的算術，不讀庫。

position 是「現在離時限幾個工作日」：負數在時限之前，0 是當日，正數是逾期第幾個工作日。
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta

from pingtan_civ.lib.working_days import WorkingCalendar
from tasks.models import ReminderStep

Audience, Level, Track = ReminderStep.Audience, ReminderStep.Level, ReminderStep.Track
#: 逾期兩年（五百個工作日）以後不再升級：那不是提醒能解決的。
LAST_POSITION = 500


@dataclass(frozen=True, slots=True)
class Rung:
    """階梯的一級。repeat_every 為 0 表示只這一次，否則以後每幾個工作日再一次。"""

    offset: int
    audience: str
    level: str
    repeat_every: int = 0


@dataclass(frozen=True, slots=True)
class Reached:
    """現在走到的一級：step 是它離時限的工作日數（重複的那次寫實際的數）。"""

    step: int
    level: str


class Ladder:
    """一條階梯。建好後不變，可在線程間共用。"""

    def __init__(self, rungs: Iterable[Rung]) -> None:
        self.rungs = tuple(sorted(rungs, key=lambda rung: (rung.offset, rung.audience)))

    @property
    def earliest(self) -> int:
        """最早提前幾個工作日（負數）；空的階梯為 0。"""
        return min((rung.offset for rung in self.rungs), default=0)

    def reached(self, audience: str, position: int) -> Reached | None:
        """這種人現在走到哪一級；還沒輪到他則為 None。最近的一級算數，更早的都算已過。"""
        found: Reached | None = None
        position = min(position, LAST_POSITION)
        for rung in self.rungs:
            if rung.audience != audience or rung.offset > position:
                continue
            step = rung.offset
            if rung.repeat_every:
                step += (position - rung.offset) // rung.repeat_every * rung.repeat_every
            if found is None or step >= found.step:
                found = Reached(step, rung.level)
        return found

    def first_step(self, *audiences: str) -> int | None:
        """這幾種人最早從哪一級找起；都不找則為 None。"""
        return min((r.offset for r in self.rungs if r.audience in audiences), default=None)

    def steps(self, *audiences: str) -> list[int]:
        """這幾種人會走到的各級；重複的逐次列出。給數據庫比較用。"""
        found = set()
        for rung in self.rungs:
            if rung.audience in audiences:
                last = LAST_POSITION if rung.repeat_every else rung.offset
                found |= set(range(rung.offset, last + 1, rung.repeat_every or 1))
        return sorted(found)


def position(due: date, on: date, calendar: WorkingCalendar) -> int:
    """on 這天離 due 幾個工作日。

    時限落在休息日時，之前的最後一個工作日就是「當日」：那是最後能報的工作日。
    """
    if on > due:
        return max(calendar.between(due, on), 1)
    return -max(calendar.between(on, calendar.previous_working(due)), 0)


def latest_due(step: int, on: date, calendar: WorkingCalendar) -> date:
    """position 的反面：on 這天走到了 step 的，時限最晚是哪一天。"""
    if step <= 0:
        return calendar.add(on, 1 - step) - timedelta(days=1)
    if step == 1:
        return on - timedelta(days=1)
    return calendar.add(calendar.previous_working(on), 1 - step) - timedelta(days=1)


def step_code(track: str, step: int) -> str:
    """一級的名字，給人和程序讀：before_3、on_day、after_4、review_after_1、weekly。"""
    if track == Track.WEEKLY:
        return str(Track.WEEKLY)
    side = "before" if step < 0 else "after"
    name = f"{side}_{abs(step)}" if step else "on_day"
    return name if track == Track.REPORT else f"{_PREFIXES.get(track, track)}_{name}"


_PREFIXES = {Track.ACKNOWLEDGE: "ack"}


def rungs_of(audience: str, *offsets: int, level: str, every: int = 0) -> list[Rung]:
    """告訴同一種人的幾級；every 用在最後一級上。"""
    last = offsets[-1]
    return [
        Rung(offset, audience, level, every if offset == last else 0) for offset in sorted(offsets)
    ]
