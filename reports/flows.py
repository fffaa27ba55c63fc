"""一章裏流入什麼：每一種內容一個函數，用代碼登記，提綱（數據）按代碼取。

任務、目標、領導小組一類本應用自己有的在 composing 登記；考核結果、榮譽、督辦、整改等在上層的應用，
由它們在 AppConfig.ready 裏 register_flow。reports 不認得它們。
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from django.utils.functional import Promise

from reports.material import Material
from reports.outline import Chapter
from reports.paper import Section

Compose = Callable[[Material, Chapter], Iterator[Section]]


@dataclass(frozen=True)
class Flow:
    """一種內容。label 和 hint 給編提綱的人看；place 是選單裏的先後。

    一章的 scope 是建這份文件時選定的幾項：by 為 tasks 的是主要任務（專題），材料先縮到這幾項；
    為 measures 的是具體措施（範例），由 compose 自己取。
    """

    key: str
    label: str | Promise
    hint: str | Promise
    compose: Compose
    place: int = 100
    by: str = "tasks"

    def scoped(self, material: Material, chapter: Chapter) -> Material:
        if chapter.scope and self.by == "tasks":
            return material.narrowed(chapter.scope)
        return material


_flows: dict[str, Flow] = {}


def register_flow(flow: Flow) -> None:
    """登記一種內容；同一代碼以後一次為準。"""
    _flows[flow.key] = flow


def flows() -> list[Flow]:
    return sorted(_flows.values(), key=lambda flow: flow.place)


def flow_of(key: str) -> Flow | None:
    """沒有登記的（停用的應用留下的提綱）為空，那一章不印。"""
    return _flows.get(key)
