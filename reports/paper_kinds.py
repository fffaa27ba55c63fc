"""公文的種類：辦公室出的每一種只在這裏登記一次，這裏不認得上層的應用。

上層的應用在 AppConfig.ready 裏 register_papers，一族幾種。公文一覽、Word 模板都從這裏取：
叫什麼（label）、誰能擬（create）、誰看得見和到哪裏下載（一族的 list_）、模板裏有什麼（template）。
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from django.db.models import TextChoices
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from campaigns.models import Campaign
from campaigns.standing import Standing
from reports.placeholders import TemplateFields


class PaperGroup(TextChoices):
    """一覽上的各類，先後為序。"""

    REPORTS = "reports", _("彙報類")
    TASKS = "tasks", _("任務和催辦")
    SUPERVISION = "supervision", _("督辦和整改")
    ASSESSMENT = "assessment", _("考核")
    RECOMMENDATION = "recommendation", _("推薦")


@dataclass(frozen=True)
class Link:
    label: str | Promise
    url: str


@dataclass(frozen=True)
class PaperRow:
    """一份公文。download 是下載的網址（不帶格式和字形）；沒有排成公文的為空。"""

    title: str
    url: str
    number: str = ""
    day: date | None = None
    state: str = ""
    tone: str = "plain"
    download: str = ""


@dataclass(frozen=True)
class Shelf:
    """一種公文最近的幾份，連同一共幾份。"""

    rows: Sequence[PaperRow] = ()
    total: int = 0

    @property
    def more(self) -> int:
        return max(self.total - len(self.rows), 0)


def _nothing(standing: Standing, campaign: Campaign) -> Link | None:
    return None


@dataclass(frozen=True)
class PaperKind:
    """一種公文：叫什麼、做什麼用、在哪裏新擬（此人不能擬的返回 None）、全部在哪裏看。

    template 不空的，辦公室可以傳自己的 Word 模板，出的應用用 templating.fill_template 填。
    """

    key: str
    label: str | Promise
    hint: str | Promise
    group: PaperGroup
    create: Callable[[Standing, Campaign], Link | None] = _nothing
    full_list: Callable[[Campaign], str] = lambda campaign: ""
    template: TemplateFields | None = None


Lister = Callable[[Standing, Campaign, int], Mapping[str, Shelf]]


@dataclass(frozen=True)
class PaperFamily:
    """一次查得出來的幾種。key 相同的以後登記的為準。

    list_ 按讀者的身份列：不給他看的種類，不返回它，一覽上就沒有。
    """

    key: str
    kinds: Callable[[], Iterable[PaperKind]]
    list_: Lister
    place: int = 100


_families: dict[str, PaperFamily] = {}


def register_papers(family: PaperFamily) -> None:
    """登記一族公文。kinds 是函數：種類的名稱要等翻譯裝好、選項定下才取。"""
    _families[family.key] = family


def paper_kinds() -> list[PaperKind]:
    """登記了的全部種類，先後為序。"""
    families = sorted(_families.values(), key=lambda each: each.place)
    return [kind for family in families for kind in family.kinds()]


def template_kinds() -> list[PaperKind]:
    """能用辦公室自己的 Word 模板的種類。"""
    return [kind for kind in paper_kinds() if kind.template]


def template_kind(code: str) -> PaperKind | None:
    """PaperTemplate.paper 裏存的代碼是哪一種；現在不用模板的是 None。"""
    found = (kind for kind in template_kinds() if kind.template and kind.template.code == code)
    return next(found, None)


@dataclass(frozen=True)
class Shown:
    """一覽上的一種。"""

    kind: PaperKind
    shelf: Shelf
    create: Link | None
    full_list: str


def papers_for(
    standing: Standing, campaign: Campaign, limit: int
) -> list[tuple[PaperGroup, list[Shown]]]:
    """此人看得見的各種，按類分；一類也沒有的仍在，說沒有。一族一次查詢。

    一份也沒有、此人也不能擬的種類不列：旁人不必看一串空的。
    """
    found: dict[PaperGroup, list[Shown]] = {group: [] for group in PaperGroup}
    for family in sorted(_families.values(), key=lambda each: each.place):
        shelves = family.list_(standing, campaign, limit)
        for kind in family.kinds():
            shelf = shelves.get(kind.key)
            if shelf is None:
                continue
            create = kind.create(standing, campaign)
            if shelf.rows or create:
                shown = Shown(kind, shelf, create, kind.full_list(campaign) if shelf.rows else "")
                found[kind.group].append(shown)
    return list(found.items())
