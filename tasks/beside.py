"""一項措施、一份進展、一份彙報的頁旁邊，上層應用要放的一塊（督辦的批示框）。

tasks 和 reports 不認識它們上面的應用：上層在啟動時登記怎樣做這一塊，下面的頁只管擺出來。
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.db.models import Model
from django.http import HttpRequest


@dataclass(frozen=True)
class Beside:
    """旁邊的一塊：用哪個模板、裏面的內容；link 不為空時頁首有個按鈕通到它（文字, 網址, 圖標）。"""

    template: str
    content: Any
    link: tuple[str, str, str] | None = None


Builder = Callable[[HttpRequest, Any], Beside | None]
_builders: dict[type[Model], list[Builder]] = {}


def register_panel(model: type[Model], build: Builder) -> None:
    """登記：看 model 的一行時，旁邊放什麼；不該放時 build 返回 None。重複登記只算一次。"""
    builders = _builders.setdefault(model, [])
    if build not in builders:
        builders.append(build)


def panels_beside(request: HttpRequest, subject: Model) -> list[Beside]:
    """這一頁旁邊的各塊，按登記的先後。"""
    built = (build(request, subject) for build in _builders.get(type(subject), []))
    return [panel for panel in built if panel is not None]
