"""不碰鼠標：審核一件接一件，主按鈕 Tab 到得了，焦點落在該落的地方。"""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from tests.browser.stage import CAMPAIGN, Work, give_work
from tests.browser.walk import SignIn, said
from tests.live import Site

pytestmark = pytest.mark.browser

TITLES = ["按鍵甲", "按鍵乙", "按鍵丙"]
FOCUSED = """() => {
    const at = document.activeElement;
    const label = at.getAttribute("aria-label") || at.innerText || at.name || "";
    const ringed = (each) => {
        const style = getComputedStyle(each);
        return style.outlineStyle !== "none" || style.boxShadow !== "none";
    };
    return [label.trim(), ringed(at) || ringed(at.closest("form:focus-within") || at)];
}"""


@pytest.fixture(scope="module")
def work(live_site: Site) -> list[Work]:
    return give_work(live_site, "funeral-home", TITLES, upto="endorsed")


def stops(page: Page, most: int = 90) -> Iterator[tuple[str, bool]]:
    """一下一下按 Tab，停在哪裏、看不看得見焦點。"""
    for _press in range(most):
        page.keyboard.press("Tab")
        yield tuple(page.evaluate(FOCUSED))


def test_the_office_reviews_one_after_another_by_keys(sign_in: SignIn, work: list[Work]) -> None:
    first, second, third = work
    page = sign_in("office1")
    page.goto(f"/reviews/{CAMPAIGN}/?item={first.pk}")
    shown = page.get_by_role("region", name="進展內容")
    expect(shown).to_contain_text("按鍵甲已辦好。")

    page.keyboard.press("j")
    expect(shown).to_contain_text("按鍵乙已辦好。")
    page.keyboard.press("k")
    expect(shown).to_contain_text("按鍵甲已辦好。")
    page.keyboard.press("a")
    said(page, f"{first.code} 殯儀館一次性進展已通過，單位將收到通知。")
    expect(shown).to_contain_text("按鍵乙已辦好。")

    page.keyboard.press("r")
    reason = page.get_by_label("審核意見")
    expect(reason).to_be_focused()
    page.keyboard.type("a k j：請補一張現場照片。")
    expect(shown).to_contain_text("按鍵乙已辦好。")
    page.keyboard.press("Control+Enter")
    said(page, f"{second.code} 殯儀館一次性進展")
    expect(shown).to_contain_text("按鍵丙已辦好。")
    assert third.pk == int(page.url.partition("item=")[2])


def test_the_keys_are_explained_and_stay_quiet_under_the_explanation(
    sign_in: SignIn, work: list[Work]
) -> None:
    page = sign_in("office2")
    page.goto(f"/reviews/{CAMPAIGN}/?item={work[2].pk}")

    page.keyboard.press("?")
    dialog = page.get_by_role("dialog", name="鍵盤操作")
    expect(dialog).to_be_visible()
    page.keyboard.press("k")
    page.keyboard.press("Escape")

    expect(dialog).to_be_hidden()
    assert f"item={work[2].pk}" in page.url


def test_slash_goes_to_the_search_box(sign_in: SignIn) -> None:
    page = sign_in("office1")
    page.keyboard.press("/")

    box = page.get_by_role("searchbox", name="搜索任務、佐證、彙報")
    expect(box).to_be_focused()
    page.keyboard.type("志愿")
    page.keyboard.press("Enter")

    expect(page.get_by_role("main")).to_contain_text("志願服務")


def test_the_first_tab_skips_to_the_text(sign_in: SignIn) -> None:
    page = sign_in("office1")
    page.keyboard.press("Tab")
    skip = page.get_by_role("link", name="跳到正文")
    expect(skip).to_be_focused()
    expect(skip).to_be_in_viewport()

    page.keyboard.press("Enter")

    expect(page.locator("#main")).to_be_focused()


@pytest.mark.parametrize(
    ("username", "address", "action"),
    [
        ("office1", f"/tasks/{CAMPAIGN}/", "新增措施"),
        ("office1", f"/reports/{CAMPAIGN}/", "編製"),
        ("funeral-home-clerk", f"/reports-due/{CAMPAIGN}/", "填報"),
        ("funeral-home-head", f"/endorsements/{CAMPAIGN}/", "初審通過"),
    ],
)
def test_tab_reaches_the_main_action_and_shows_where_it_is(
    sign_in: SignIn, work: list[Work], username: str, address: str, action: str
) -> None:
    page = sign_in(username)
    page.goto(address)
    passed = []
    for label, is_shown in stops(page):
        passed.append((label, is_shown))
        if label.startswith(action):
            break

    assert passed[-1][0].startswith(action)
    assert [label for label, is_shown in passed if not is_shown] == []


def test_editing_a_row_takes_the_focus_in_and_brings_it_back(sign_in: SignIn) -> None:
    page = sign_in("office1")
    page.goto(f"/tasks/{CAMPAIGN}/?group=none")
    link = page.get_by_role("link", name="修改 2-01")
    link.focus()
    page.keyboard.press("Enter")

    form = page.get_by_role("form", name="修改 2-01")
    expect(form.get_by_label("具體措施")).to_be_focused()
    form.get_by_role("link", name="取消").press("Enter")

    expect(form).to_have_count(0)
    expect(link).to_be_focused()
