"""每個角色的每一頁：寬屏、手機、最窄，深淺兩色，繁簡兩體，都無障礙、不溢出、不夾繁體字。"""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Page

from pingtan_civ.lib.script import simplify
from tests.browser.conftest import DESKTOP, PHONE
from tests.browser.stage import CAMPAIGN, chase_one, give_work
from tests.browser.walk import Axe, SignIn, fits, settle
from tests.live import Site

pytestmark = pytest.mark.browser

NARROW = {"width": 320, "height": 640}
COMMON = [
    "/desk/",
    f"/overview/{CAMPAIGN}/",
    f"/tasks/{CAMPAIGN}/",
    "/notices/",
    "/calendar/",
]
PAGES = {
    "chair": [
        *COMMON,
        f"/tasks/{CAMPAIGN}/2-01/",
        f"/reports/{CAMPAIGN}/",
        f"/reports/{CAMPAIGN}/1/",
        f"/reports/{CAMPAIGN}/3/",
        f"/reports/{CAMPAIGN}/3/review/",
        f"/campaigns/{CAMPAIGN}/leading-group/",
        "/supervision/",
        "/supervision/instructions/",
        "/supervision/3/",
        "/supervision/3/redo/",
    ],
    "office1": [
        *COMMON,
        f"/tasks/{CAMPAIGN}/?view=closed&group=none&q=沒有這樣的任務",
        f"/tasks/{CAMPAIGN}/new/",
        f"/sheets/breakdown/import/?campaign={CAMPAIGN}",
        "/honours/",
        "/honours/new/",
        f"/schemes/of/{CAMPAIGN}/",
        f"/schemes/of/{CAMPAIGN}/new/",
        f"/schemes/of/{CAMPAIGN}/import/",
        "/schemes/1/",
        "/schemes/1/copy/",
        "/rounds/",
        "/rounds/new/",
        "/rounds/2026-Q4/",
        "/rounds/2026-Q4/schedule/",
        "/rounds/2026-Q4/sheets/13/",
        "/rounds/2026-Q3/result/",
        "/rounds/2026-Q3/sheets/13/",
        f"/negative-list/{CAMPAIGN}/",
        f"/negative-list/{CAMPAIGN}/new/",
        "/vetoes/",
        "/vetoes/1/",
        f"/inquiries/in/{CAMPAIGN}/",
        "/inquiries/1/",
        f"/letters/{CAMPAIGN}/",
        "/letter/16/",
        "/objections/",
        "/supervision/rectifications/",
        f"/tasks/{CAMPAIGN}/2-01/",
        f"/tasks/{CAMPAIGN}/2-01/edit/",
        f"/chasing/{CAMPAIGN}/",
        f"/chasing/{CAMPAIGN}/?by=indicator&whole=1",
        f"/chasing/{CAMPAIGN}/?unit=999999",
        f"/chasing/{CAMPAIGN}/papers/",
        f"/chasing/{CAMPAIGN}/group-text/",
        f"/chasing/{CAMPAIGN}/units/{{unit}}/",
        f"/chasing/{CAMPAIGN}/units/{{unit}}/call/",
        "/submissions/{open}/chases/",
        f"/reviews/{CAMPAIGN}/",
        f"/reviews/{CAMPAIGN}/bulk/",
        f"/reviews/{CAMPAIGN}/requests/",
        f"/reviews/{CAMPAIGN}/history/",
        f"/reports/{CAMPAIGN}/new/",
        f"/reports/{CAMPAIGN}/1/preview/",
        f"/reports/{CAMPAIGN}/1/history/",
        f"/reports/{CAMPAIGN}/3/",
        f"/reports/{CAMPAIGN}/3/settings/",
        f"/reports/{CAMPAIGN}/3/wording/",
        f"/reports/{CAMPAIGN}/?kind=notice",
        f"/reports/{CAMPAIGN}/outlines/",
        f"/reports/{CAMPAIGN}/templates/",
        f"/papers/{CAMPAIGN}/",
        "/campaigns/",
        "/campaigns/new/",
        f"/campaigns/{CAMPAIGN}/",
        f"/campaigns/{CAMPAIGN}/reminders/",
        f"/campaigns/{CAMPAIGN}/reminders/preview/",
        f"/campaigns/{CAMPAIGN}/plan/",
        f"/campaigns/{CAMPAIGN}/plan/import/",
        "/org/",
        "/org/people/",
        "/search/?q=投訴",
        "/outbox/",
        "/outbox/?state=given_up&channel=mail&person=沒有這個人",
        "/notices/settings/",
        "/calendar/?month=2026-12&whose=all&day=2026-12-25",
        "/calendar/working-days/",
        "/health/",
        "/supervision/",
        "/supervision/?q=沒有這樣的督辦",
        "/supervision/new/",
        "/supervision/1/",
        "/supervision/2/edit/",
    ],
    "admin": [
        "/outbox/",
        "/outbox/channels/",
        "/outbox/channels/new/dingtalk/",
    ],
    "party-branch-clerk": ["/rounds/2026-Q4/scoring/"],
    "relief-station-head": [
        *COMMON,
        f"/endorsements/{CAMPAIGN}/",
        "/submissions/{done}/",
        f"/tasks/{CAMPAIGN}/{{code}}/",
        "/supervision/",
        "/supervision/2/",
    ],
    "relief-station-clerk": [
        *COMMON,
        f"/reports-due/{CAMPAIGN}/",
        "/submissions/{open}/",
        "/submissions/{open}/chases/",
        "/chases/{batch}/",
        f"/tasks/{CAMPAIGN}/{{code}}/",
        "/account/",
        "/schemes/1/?profile=2",
        "/calendar/?month=2027-02",
        "/calendar/subscribe/",
        "/rounds/2026-Q4/sheets/16/",
        "/supervision/2/",
        "/supervision/2/answer/",
    ],
}
#: 界面自己的字：菜單、表頭、面板標題、按鈕、字段名。數據（標題、佐證形式的名稱）照原字，不算。
SHELL_WORDS = """() => [...document.querySelectorAll(
    ".c-nav span, .c-tabbar span, thead th, .c-panel__h h2, .btn, .form-label, .c-views a"
)].filter((each) => each.closest("[lang]").lang === "zh-Hans" && !each.closest(".p-counts"))
  .flatMap((each) => [...each.childNodes].filter((node) => node.nodeType === 3))
  .map((node) => node.textContent.trim()).filter(Boolean)"""


@pytest.fixture(scope="module")
def places(live_site: Site) -> dict[str, object]:
    """網址裏要填的編號：救助管理站待填而催過的一份、已報出的一份。"""
    waiting = give_work(live_site, "relief-station", ["逐頁查看：待填"])[0]
    done = give_work(live_site, "relief-station", ["逐頁查看：已報"], upto="endorsed")[0]
    batch, unit = chase_one(live_site, waiting.pk)
    return {
        "open": waiting.pk,
        "done": done.pk,
        "code": waiting.code,
        "batch": batch,
        "unit": unit,
    }


@pytest.mark.parametrize("username", PAGES)
def test_every_page_of_a_role_is_sound(
    sign_in: SignIn, axe: Axe, places: dict[str, object], username: str
) -> None:
    page = sign_in(username)
    addresses = [address.format(**places) for address in PAGES[username]]

    problems = [
        f"{address} {problem}"
        for address in addresses
        for problem in [*in_each_width_and_theme(page, axe, address)]
    ]
    switch_to_simplified(page)
    problems += [
        f"{address} 簡體 {problem}"
        for address in addresses
        for problem in in_simplified(page, address)
    ]

    assert problems == [], "\n".join(problems)


def in_each_width_and_theme(page: Page, axe: Axe, address: str) -> Iterator[str]:
    page.set_viewport_size(DESKTOP)
    answer = page.goto(address)
    if answer.status != 200:
        yield f"打不開：{answer.status}"
        return
    yield from overflow(page)
    yield from axe(page)
    page.set_viewport_size(PHONE)
    page.evaluate("document.documentElement.dataset.bsTheme = 'dark'")
    settle(page)
    yield from overflow(page)
    yield from (f"深色手機 {each}" for each in axe(page))
    page.set_viewport_size(NARROW)
    yield from overflow(page)


def overflow(page: Page) -> list[str]:
    return [] if fits(page) else [f"在 {page.viewport_size['width']} 寬時溢出或底下空白"]


def switch_to_simplified(page: Page) -> None:
    page.set_viewport_size(DESKTOP)
    page.goto("/desk/")
    page.get_by_role("button", name="改用简体字").click()
    page.wait_for_selector("html[lang=zh-Hans]")


def in_simplified(page: Page, address: str) -> Iterator[str]:
    page.set_viewport_size(NARROW)
    page.goto(address)
    yield from overflow(page)
    yield from (word for word in page.evaluate(SHELL_WORDS) if simplify(word) != word)
