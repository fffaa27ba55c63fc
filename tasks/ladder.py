"""提醒的階梯：某日走到了哪幾級。只是日期的算術，不讀庫。

時限前 7、3、1 個工作日；當日；逾期第 1、2、3、4 個工作日；以後每 5 個工作日一次。
級別用工作日偏移量表示：負數在時限之前，0 是當日，正數是逾期第幾個工作日。
"""

from datetime import date

from pingtan_civ.lib.working_days import WorkingCalendar

BEFORE = (-7, -3, -1)
AFTER_DAILY = (1, 2, 3, 4)
THEN_EVERY = 5
#: 三條階梯：報送、簽收、辦公室審核。同一輪裏各走各的。
REPORT, ACKNOWLEDGE, REVIEW = "", "ack_", "review_"
#: 提醒最早提前多少個工作日。
EARLIEST = -BEFORE[0]


def reached(due: date, on: date, calendar: WorkingCalendar) -> list[int]:
    """到 on 這天為止走過的各級，從早到晚；最後一個就是現在這一級。

    時限落在休息日時，之前的最後一個工作日就是「當日」：那是最後能報的工作日。
    """
    if on > due:
        return [*BEFORE, 0, *_overdue_steps(max(calendar.between(due, on), 1))]
    left = calendar.between(on, calendar.previous_working(due))
    steps = [step for step in BEFORE if -step >= left]
    return [*steps, 0] if left <= 0 else steps


def _overdue_steps(days: int) -> list[int]:
    daily = [step for step in AFTER_DAILY if step <= days]
    return daily + list(range(AFTER_DAILY[-1] + THEN_EVERY, days + 1, THEN_EVERY))


def horizon(on: date, calendar: WorkingCalendar) -> date:
    """時限早於這一天的才可能輪到提醒。"""
    return calendar.add(on, EARLIEST + 1)


def step_code(track: str, step: int, due: date) -> str:
    """記錄用的標識，如 before_3@2026-12-11。帶上時限：准予延期後，新時限的各級從頭算。"""
    side = "before" if step < 0 else "after"
    name = f"{side}_{abs(step)}" if step else "on_day"
    return f"{track}{name}@{due.isoformat()}"


def track_of(code: str) -> str:
    """step_code 的反面：是哪一條階梯（報送為空）。"""
    return next((track for track in (ACKNOWLEDGE, REVIEW) if code.startswith(track)), REPORT)
