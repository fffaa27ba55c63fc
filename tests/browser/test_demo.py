"""新來的人照首頁說的做：每個角色的賬號都進得去，頁面無障礙，手機上不橫向滾動。"""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page

from tests.browser.conftest import DESKTOP, PHONE
from tests.live import Site

pytestmark = pytest.mark.browser

EACH_ROLE = ["chair", "deputy1", "office1", "marriage-registry-head", "marriage-registry-clerk"]


def test_the_demo_says_where_the_page_and_the_accounts_are(live_site: Site) -> None:
    assert any("demo-accounts.json" in line for line in live_site.said)
    assert any(f"請打開 {live_site.url}/" in line for line in live_site.said)


@pytest.mark.parametrize("username", EACH_ROLE)
@pytest.mark.parametrize("viewport", [DESKTOP, PHONE], ids=["desktop", "phone"])
def test_each_role_signs_in_and_finds_a_clean_page(
    sign_in: Callable[..., Page],
    axe: Callable[[Page], list[str]],
    username: str,
    viewport: dict[str, int],
) -> None:
    page = sign_in(username, viewport=viewport)

    width = page.evaluate("document.documentElement.scrollWidth")

    assert axe(page) == []
    assert width <= viewport["width"]
