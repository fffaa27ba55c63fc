"""重拍 README 頂上的那張圖：跑起一份新裝的樣例，以創建辦主任登錄，截工作台。

用法（在項目根目錄）：python -m tools.screenshot [用戶名 網址 文件]
"""

import sys
import tempfile
from pathlib import Path

from playwright.sync_api import sync_playwright

from tests.browser.conftest import DESKTOP, FLAGS, chromium
from tests.live import Site, running_site

TARGET = Path("docs/img/desk.png")


def shoot(site: Site, username: str, address: str, target: Path) -> None:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium(), args=FLAGS)
        page = browser.new_page(base_url=site.url, viewport=DESKTOP, locale="zh-TW")
        page.goto("/")
        page.fill("input[name=username]", username)
        page.fill("input[name=password]", site.accounts[username]["password"])
        page.press("input[name=password]", "Enter")
        page.wait_for_url("**/desk/**")
        page.goto(address)
        page.wait_for_load_state("networkidle")
        page.screenshot(path=target)
        browser.close()


def main() -> None:
    given = sys.argv[1:] or ["office1", "/desk/", str(TARGET)]
    username, address, target = given
    with tempfile.TemporaryDirectory() as folder, running_site(Path(folder)) as site:
        shoot(site, username, address, Path(target))


if __name__ == "__main__":
    main()
