"""每一頁的外殼：菜單、底部標籤欄、當前活動、未讀消息、賬號。

惰性求值：局部刷新（htmx）的回應不畫外殼，也就不為它查庫。
菜單只列本人用得着的頁；還沒有的頁（網址反查不到）自動不列。
"""

from dataclasses import dataclass, replace
from datetime import date
from functools import lru_cache, partial
from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import NoReverseMatch, get_script_prefix, get_urlconf, reverse
from django.utils.functional import Promise, SimpleLazyObject, cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from campaigns.current import current_campaign, open_campaigns
from campaigns.models import Campaign
from campaigns.standing import Standing, standing_of
from evaluations.models import AuthorityInquiry, TargetLetter
from evaluations.objection_inbox import waiting as objections_waiting
from journal.models import Notice
from people.models import User
from pingtan_civ.display.preferences import preferences
from pingtan_civ.lib import clock
from pingtan_civ.lib.counting import Counting, Lists
from pingtan_civ.lib.version import version
from recommendations.inbox import waiting as recommendations_waiting
from supervision.inbox import waiting as supervision_waiting
from supervision.models import Order
from tasks.inbox import waiting_lists

PHONE_TABS = 5


@dataclass(frozen=True)
class NavItem:
    """菜單的一項。count 只數等着本人辦的事。"""

    label: str | Promise
    url: str
    icon: str = ""
    count: int = 0
    current: bool = False


@dataclass(frozen=True)
class Page:
    """菜單裏的一頁。counts 是 Shell._counts 的鍵；also 是算在它名下的其他頁。"""

    view: str
    label: str | Promise
    icon: str
    counts: tuple[str, ...] = ()
    also: tuple[str, ...] = ()


HOME = Page("desk:home", gettext_lazy("工作台"), "home")
OVERVIEW = Page("evaluations:overview", gettext_lazy("創建總覽"), "chart")
NOTICES = Page("journal:notices", gettext_lazy("消息"), "bell")
BREAKDOWN = Page("tasks:breakdown", gettext_lazy("任務分解"), "list")
# 一份報送的頁沒有自己的菜單項：辦公室看它在審核，負責人在初審，經辦人在填報。
SUBMISSION = ("tasks:submission",)
REVIEWS = Page("tasks:review-inbox", gettext_lazy("進展審核"), "inbox", ("reviews",), SUBMISSION)
REQUESTS = Page("tasks:review-requests", gettext_lazy("異議和延期"), "chat", ("requests",))
ENDORSEMENTS = Page(
    "tasks:endorse-inbox", gettext_lazy("部門初審"), "inbox", ("endorsements",), SUBMISSION
)
MY_REPORTS = Page(
    "tasks:my-reports",
    gettext_lazy("填報進展"),
    "edit",
    ("reports", "acknowledgements"),
    SUBMISSION,
)
INBOXES = (REVIEWS, REQUESTS, ENDORSEMENTS, MY_REPORTS)
CHASE_BOARD = Page("tasks:chase-board", gettext_lazy("催報台"), "megaphone")
SUPERVISION = Page("supervision:order-list", gettext_lazy("督辦台賬"), "eye", ("supervision",))
OBJECTIONS = Page("evaluations:objection-list", gettext_lazy("考核異議"), "chat", ("objections",))
RECTIFICATIONS = Page(
    "supervision:rectification-list", gettext_lazy("整改台賬"), "refresh", ("rectifications",)
)
LIBRARY = Page("evidence:library", gettext_lazy("佐證材料"), "folder")
CHECKUP = Page("evidence:checkup", gettext_lazy("佐證體檢"), "shield")
PACK = Page("evidence:pack", gettext_lazy("迎檢資料包"), "down")
EVIDENCE_SETS = Page("campaigns:evidence-sets", gettext_lazy("常用佐證要求"), "clip")
CALENDAR = Page("agenda:month", gettext_lazy("日程"), "cal")
OUTBOX = Page("journal:outbox", gettext_lazy("發件台"), "send")
HEALTH = Page("health:status", gettext_lazy("運行狀況"), "info")
LETTERS = Page(
    "evaluations:letter-list",
    gettext_lazy("目標責任書"),
    "clip",
    ("letters",),
    ("evaluations:letter",),
)
REPORTS = Page("reports:report-list", gettext_lazy("彙報"), "doc")
PAPERS = Page("reports:paper-list", gettext_lazy("公文一覽"), "print")
ORGANISATION = Page("people:organisation", gettext_lazy("組織架構"), "tree")
ROUNDS = Page(
    "evaluations:round-list", gettext_lazy("考核評分"), "score", also=("evaluations:visit",)
)
HONOURS = Page("evaluations:honour-list", gettext_lazy("榮譽台賬"), "star")
VETOES = Page("evaluations:veto-list", gettext_lazy("一票否決台賬"), "shield")
NEGATIVE_LIST = Page("evaluations:negative-list", gettext_lazy("負面清單"), "list")
INQUIRIES = Page(
    "evaluations:inquiry-list",
    gettext_lazy("徵詢函"),
    "send",
    ("inquiries",),
    also=("evaluations:inquiry-detail", "evaluations:inquiry-withdraw"),
)
SCHEMES = Page(
    "evaluations:scheme-list",
    gettext_lazy("考核辦法"),
    "score",
    also=(
        "evaluations:scheme",
        "evaluations:scheme-profiles",
        "evaluations:scheme-grades",
        "evaluations:scheme-criterion-create",
        "evaluations:scheme-criterion-edit",
    ),
)
RECOMMENDATIONS = Page(
    "recommendations:programme-list",
    gettext_lazy("考核推薦"),
    "flag",
    ("recommendations",),
    ("recommendations:programme", "recommendations:candidate", "recommendations:vote"),
)
LEADING_GROUP = Page("campaigns:leading-group", gettext_lazy("領導小組"), "users")
PLAN = Page("tasks:plan", gettext_lazy("方案與目標"), "target")
CAMPAIGNS = Page("campaigns:campaign-list", gettext_lazy("創建活動"), "flag")
ADMIN = Page("admin:index", gettext_lazy("系統管理"), "gear")
ACCOUNT = (
    Page("people:my-account", gettext_lazy("我的賬號"), "user"),
    Page("journal:preferences", gettext_lazy("消息設置"), "bell"),
    Page("people:change-password", gettext_lazy("修改密碼"), "key"),
)


def _known_names() -> tuple[str, ...]:
    """各人的姓名：轉簡體時一字不動。只有簡體頁面上真有系統的句子時才查。"""
    return tuple(User.objects.order_by().values_list("name", flat=True))


def shell(request: HttpRequest) -> dict[str, Any]:
    """上下文：display（繁簡深淺大字）人人都有；shell 只給登錄的人。"""
    context: dict[str, Any] = {
        "display": preferences(request),
        "known_names": SimpleLazyObject(_known_names),
    }
    user = getattr(request, "user", None)
    if user is not None and user.is_authenticated:
        context["shell"] = SimpleLazyObject(lambda: Shell(request))
    return context


def address(view: str, campaign: Campaign | None = None) -> str:
    """某頁的網址，帶當前活動的代碼；沒有這一頁時為空。"""
    return _address(view, campaign.code if campaign else "", get_script_prefix(), get_urlconf())


@lru_cache(maxsize=1024)
def _address(view: str, code: str, prefix: str, urlconf: str | None) -> str:
    """記住結果：一頁的菜單要問六十來次，問不到的那些尤其慢。後兩項只用來區分。"""
    for kwargs in [{"campaign_code": code}, {}] if code else [{}]:
        try:
            return reverse(view, kwargs=kwargs)
        except NoReverseMatch:
            continue
    return ""


def _waiting(
    standing: Standing, campaign: Campaign | None, others: tuple[Campaign, ...], today: date
) -> tuple[QuerySet, Lists]:
    """菜單上要數的清單。只看這幾樣，別的一概不問：語句是按它們記住的。"""
    lists: Lists = {"unread": Notice.objects.unread(standing.user_id)}
    if campaign is not None:
        lists |= waiting_lists(standing, campaign, today)
        if standing.is_office(campaign):
            lists["inquiries"] = AuthorityInquiry.objects.filter(campaign=campaign).overdue(today)
        letters = TargetLetter.objects.waiting_for(standing)
        lists["letters"] = letters.filter(campaign=campaign)
        recommended = recommendations_waiting(standing)
        lists["recommendations"] = recommended.filter(campaign=campaign)
    # 督辦單的清單不分活動，菜單上的數也不分。
    orders = supervision_waiting(standing)
    lists["supervision"] = orders.exclude(source=Order.Source.RECTIFICATION)
    lists["rectifications"] = orders.filter(source=Order.Source.RECTIFICATION)
    lists["objections"] = objections_waiting(standing)
    for other in others:
        found = waiting_lists(standing, other, today)
        lists |= {f"{kind}@{other.pk}": rows for kind, rows in found.items()}
    return User.objects.filter(pk=standing.user_id), lists


class Shell:
    """一個登錄的人看到的外殼。屬性用到才算，一次請求只算一次。"""

    def __init__(self, request: HttpRequest) -> None:
        self.request = request
        self.user = request.user
        self.today = clock.today()

    # 身份與當前活動

    @cached_property
    def standing(self) -> Standing:
        return standing_of(self.user, self.today)

    @cached_property
    def campaign(self) -> Campaign | None:
        return current_campaign(self.request)

    @cached_property
    def is_office(self) -> bool:
        return self.campaign is not None and self.standing.is_office(self.campaign)

    @cached_property
    def is_leader(self) -> bool:
        return self.campaign is not None and self.standing.is_leader(self.campaign)

    @property
    def _sees_all(self) -> bool:
        return self.is_office or self.is_leader or self.standing.is_admin

    @cached_property
    def _counts(self) -> dict[str, int]:
        """菜單上的數字和未讀消息，合成一次查詢。"""
        places = (self.campaign, tuple(self._others), self.today)
        lists = partial(_waiting, self.standing, *places)
        return Counting((self.standing.identity, *places), lists).numbers()

    @cached_property
    def _inbox(self) -> Page | None:
        """當前頁是哪一張待辦清單；不是待辦清單時為空，也就不必去數別的活動。"""
        match = self.request.resolver_match
        pages = (page for page in INBOXES if match and page.view == match.view_name)
        return next(pages, None)

    @cached_property
    def _others(self) -> list[Campaign]:
        if self._inbox is None:
            return []
        return [
            row
            for row in self._open_campaigns
            if row.state == Campaign.State.ACTIVE and row != self.campaign
        ]

    @cached_property
    def elsewhere(self) -> list[NavItem]:
        """另外的活動裏，與當前這張清單同類的還有幾件；沒有的活動不列。"""
        found = []
        for row in self._others:
            count = sum(self._counts.get(f"{kind}@{row.pk}", 0) for kind in self._inbox.counts)
            found.append(NavItem(row.name, address(self._inbox.view, row), count=count))
        return [item for item in found if item.count]

    @property
    def waiting(self) -> dict[str, int]:
        """各類待辦的件數（reviews、requests…），供頁面標籤用，與菜單同一次查詢。"""
        return self._counts

    @property
    def unread(self) -> int:
        return self._counts["unread"]

    # 賬號

    @cached_property
    def name(self) -> str:
        return str(self.user)

    @property
    def initial(self) -> str:
        return self.name[:1]

    @cached_property
    def role(self) -> str:
        """名字下面的小字：席位、職務，或系統管理員。"""
        if self.is_office:
            return _("領導小組辦公室")
        if self.is_leader:
            return _("領導小組")
        if post := self.standing.main_post:
            return post.title
        return _("系統管理員") if self.standing.is_admin else ""

    @cached_property
    def account(self) -> list[NavItem]:
        return self._items(ACCOUNT)

    @property
    def home(self) -> str:
        return address("desk:home") or "/"

    @property
    def search(self) -> str:
        return address("desk:search", self.campaign) or "/search/"

    @property
    def notices(self) -> str:
        return address("journal:notices")

    @property
    def sign_out(self) -> str:
        return address("people:sign-out")

    @property
    def version(self) -> str:
        return version()

    # 創建活動切換

    @cached_property
    def campaigns(self) -> list[NavItem]:
        """可切換的活動。"""
        current, rows = self.campaign, self._open_campaigns
        return [NavItem(row.name, self._campaign_url(row), current=row == current) for row in rows]

    @property
    def _open_campaigns(self) -> list[Campaign]:
        """看得見的活動。current_campaign 已查過一遍，接着用。"""
        rows = getattr(self.request, "_campaigns", None)
        return open_campaigns(self.user, self.today) if rows is None else rows

    @property
    def all_campaigns(self) -> str:
        return address("campaigns:campaign-list")

    def _campaign_url(self, campaign: Campaign) -> str:
        """換活動後仍看同一種頁；這頁只屬於原活動（如某項任務）時去那邊的任務分解。"""
        match = self.request.resolver_match
        if match and set(match.kwargs) == {"campaign_code"}:
            return reverse(match.view_name, kwargs={"campaign_code": campaign.code})
        for view in ("tasks:breakdown", "tasks:plan"):
            if url := address(view, campaign):
                return url
        return campaign.get_absolute_url()

    # 菜單

    @cached_property
    def sections(self) -> list[tuple[str, list[NavItem]]]:
        """側邊菜單：（小標題，各項）。空的節不列。"""
        found = ((heading, self._items(pages)) for heading, pages in self._menu())
        return [(heading, items) for heading, items in found if items]

    def _menu(self) -> list[tuple[str, list[Page]]]:
        return [
            ("", [HOME, OVERVIEW, CALENDAR, NOTICES]),
            (_("任務"), self._task_pages()),
            (_("佐證"), self._evidence_pages()),
            (_("考核"), self._assessment_pages()),
            (_("彙報"), self._report_pages()),
            (_("組織與方案"), [ORGANISATION, LEADING_GROUP, PLAN, CAMPAIGNS, HONOURS]),
            (_("設置"), self._system_pages()),
        ]

    def _task_pages(self) -> list[Page]:
        label = _("任務分解") if self._sees_all else _("我的任務")
        pages = [replace(BREAKDOWN, label=label)]
        if self.is_office:
            pages += [REVIEWS, REQUESTS, CHASE_BOARD]
        return pages + self._department_pages() + [SUPERVISION]

    def _evidence_pages(self) -> list[Page]:
        """體檢給管得着佐證的人看；資料包給辦公室、領導和單位負責人做。"""
        is_above = self.is_office or self.is_leader
        pages = [LIBRARY]
        if is_above or self.standing.departments:
            pages.append(CHECKUP)
        if is_above or self.standing.headed:
            pages.append(PACK)
        return pages

    def _assessment_pages(self) -> list[Page]:
        """辦法、清單人人可看；責任書、台賬給雙方：各單位、辦公室和領導；徵詢函只給辦公室和領導。"""
        is_above = self.is_office or self.is_leader
        pages = [ROUNDS, OBJECTIONS, RECTIFICATIONS, SCHEMES, NEGATIVE_LIST]
        if is_above or self.standing.departments:
            pages = [*pages[:-1], LETTERS, NEGATIVE_LIST, VETOES]
        pages.append(RECOMMENDATIONS)
        return [*pages, INQUIRIES] if is_above else pages

    def _report_pages(self) -> list[Page]:
        """公文一覽給出公文、收公文的人：辦公室、領導和單位負責人。"""
        sees_papers = self.is_office or self.is_leader or self.standing.headed
        return [REPORTS, PAPERS] if sees_papers else [REPORTS]

    def _system_pages(self) -> list[Page]:
        """給辦公室和管理員：各活動共用的常用要求，消息發沒發到、後台活沒活着。"""
        pages = [EVIDENCE_SETS, OUTBOX, HEALTH] if self.is_office or self.standing.is_admin else []
        return pages + ([ADMIN] if self.user.is_staff else [])

    def _department_pages(self) -> list[Page]:
        """本單位的初審和填報。領導兼着單位職務的，有事等着才列出來。"""
        pages = []
        if self.standing.headed:
            pages.append(ENDORSEMENTS)
        if self.standing.departments:
            pages.append(MY_REPORTS)
        if self.is_leader:
            return [page for page in pages if any(self._counts.get(key) for key in page.counts)]
        return pages

    @cached_property
    def tabs(self) -> list[NavItem]:
        """手機底部的標籤欄，最多五項，按角色挑最常用的。"""
        own = self._department_pages()
        pages = [HOME]
        if self._sees_all:
            pages.append(replace(OVERVIEW, label=_("總覽")))
        if self.is_office:
            pages.append(replace(REVIEWS, label=_("審核")))
        elif ENDORSEMENTS in own:
            pages.append(replace(ENDORSEMENTS, label=_("初審")))
        pages.append(replace(BREAKDOWN, label=_("任務")))
        if MY_REPORTS in own and not self.is_office:
            pages.append(replace(MY_REPORTS, label=_("填報")))
        pages += [replace(REPORTS, label=_("彙報")), NOTICES]
        return self._items(pages)[:PHONE_TABS]

    def _items(self, pages: list[Page] | tuple[Page, ...]) -> list[NavItem]:
        items = []
        for page in pages:
            if url := address(page.view, self.campaign):
                count = sum(self._counts.get(name, 0) for name in page.counts)
                items.append(NavItem(page.label, url, page.icon, count, self._is_here(url)))
        return items

    def _is_here(self, url: str) -> bool:
        return url == self._here

    @cached_property
    def _here(self) -> str:
        """當前頁屬於菜單的哪一項：頁面自己說的、名下列明的優先，否則網址前綴最長的那一項。"""
        if said := getattr(self.request, "menu_url", ""):
            return said
        match = self.request.resolver_match
        pages = [page for _heading, group in self._menu() for page in group]
        for page in pages:
            if match and match.view_name in page.also:
                return address(page.view, self.campaign)
        urls = (address(page.view, self.campaign) for page in pages)
        fitting = [url for url in urls if url and self.request.path.startswith(url)]
        return max(fitting, key=len, default="")
