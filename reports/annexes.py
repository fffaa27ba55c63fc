"""附件：任務分解表、考核結果、榮譽、照片頁。用代碼登記，印發時連內容一起凍結。

上層的應用在 AppConfig.ready 裏 register_annex；build 只讀數據，截止時刻在 material.span 裏。
"""

from collections.abc import Callable
from dataclasses import dataclass

from django.utils.functional import Promise

from reports.material import Material
from reports.paper import AnnexPaper


@dataclass(frozen=True)
class AnnexKind:
    """一種附件。build 沒有可印的內容時返回 None，那一件不印、不編號。"""

    key: str
    label: str | Promise
    hint: str | Promise
    build: Callable[[Material], AnnexPaper | None]
    place: int = 100


_kinds: dict[str, AnnexKind] = {}


def register_annex(kind: AnnexKind) -> None:
    """登記一種附件；同一代碼以後一次為準。"""
    _kinds[kind.key] = kind


def annex_kinds() -> list[AnnexKind]:
    return sorted(_kinds.values(), key=lambda kind: kind.place)


def annex_kind(key: str) -> AnnexKind | None:
    return _kinds.get(key)
