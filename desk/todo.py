"""工作台待辦清單的一條。"""

from dataclasses import dataclass
from datetime import date

from tasks.lights import Light

LISTED = 12
"""每類最多列出的條數；數字仍是全部，多的到各自的清單裏看。"""

URGENCY = {Light.BAD: 0, Light.WARN: 1, Light.OK: 2, Light.TODO: 3}


def waited_for(light: Light) -> Light:
    """有人在等的：沒到時限也亮黃燈，過了時限才紅。"""
    return light if light == Light.BAD else Light.WARN


@dataclass(frozen=True)
class Todo:
    """燈、為什麼、一個直達表單的動作。"""

    light: Light
    note: str
    title: str
    why: str
    verb: str
    url: str
    due: date | None = None
    label: str = ""
    campaign_id: int = 0

    @property
    def is_alarming(self) -> bool:
        return self.light == Light.BAD

    @property
    def order(self) -> tuple[int, date]:
        return URGENCY.get(self.light, 3), self.due or date.max
