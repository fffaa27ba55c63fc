"""措施的編號：全系統只此一處發號。"""

from collections.abc import Iterable

from campaigns.models import Campaign
from tasks.models import MainTask, Measure


class MeasureCodes:
    """措施的編號「3-04」：任務的序號，加它名下的下一個號；用過的不再用。"""

    def __init__(self, used: Iterable[str]) -> None:
        self._used = set(used)

    def take(self, task: MainTask) -> tuple[str, int]:
        """下一個編號和它的次序；發出的就算用過。"""
        number = 1
        while f"{task.number}-{number:02d}" in self._used:
            number += 1
        code = f"{task.number}-{number:02d}"
        self._used.add(code)
        return code, task.number * 1000 + number


def next_measure_codes(campaign: Campaign) -> MeasureCodes:
    """本活動措施編號的發號處。調用者已鎖住活動。"""
    return MeasureCodes(Measure.objects.filter(campaign=campaign).values_list("code", flat=True))
