"""瀏覽器測試的公用件：一個真在跑的站點，一個真的 Chromium，axe 的無障礙檢查。

def test_…(sign_in, axe):
    page = sign_in("office1")
    page.goto("/desk/")
    assert axe(page) == []
"""

import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from tests.live import Site, running_site

AXE = Path(__file__).resolve().parent.parent / "vendor" / "axe.min.js"
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
DESKTOP = {"width": 1440, "height": 900}
PHONE = {"width": 390, "height": 844}
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]


@pytest.fixture(scope="session")
def live_site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """一個測試進程裏的各個故事共用的站點。"""
    with demo_site(tmp_path_factory.mktemp("site")) as site:
        yield site


@contextmanager
def demo_site(var: Path) -> Iterator[Site]:
    """裝好樣例、網頁和真的 worker 都在跑的站點；DATABASE_URL、REDIS_URL 決定跑在什麼上面。

    worker 發出的郵件是 site.var / "outbox" 裏的一個個文件。
    """
    outbox = var / "outbox"
    outbox.mkdir()
    with running_site(
        var,
        database_url=os.environ.get("DATABASE_URL", ""),
        redis_url=own_queue(os.environ.get("REDIS_URL", "")),
        # django-environ 去掉路徑的第一個斜線，絕對路徑要寫兩個。
        EMAIL_URL=f"filemail:///{outbox}",
    ) as site:
        yield site


def own_queue(url: str) -> str:
    """兩個測試進程各跑一個站點，隊列也要各是各的：往後挪到自己的一個庫號。"""
    number = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
    head, _slash, database = url.rpartition("/")
    return f"{head}/{int(database) + number}" if url else ""


def chromium() -> str:
    path = shutil.which("chromium") or shutil.which("chromium-browser")
    assert path, "這台機器沒有 Chromium，請先安裝（apt-get install chromium）。"
    return path


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """一個測試進程一個瀏覽器。

    同步的 playwright 在本線程裏跑着事件循環，Django 因此以為自己在異步代碼裏，不肯連庫；
    同一進程裏用 live_server 的測試要連，所以告訴它不要緊。
    """
    with pytest.MonkeyPatch.context() as patch, sync_playwright() as playwright:
        patch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "true")
        browser = playwright.chromium.launch(executable_path=chromium(), args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture
def open_context(browser: Browser, live_site: Site) -> Iterator[Callable[..., BrowserContext]]:
    """開一個乾淨的瀏覽器窗口；測完關掉，並要求控制台沒有報錯。

    expected 是故意弄出來的那種（斷網、409…）：控制台裏帶這個詞的一行不算。
    """
    contexts: list[BrowserContext] = []
    errors: list[str] = []

    def open_one(expected: str = "\0", **options: object) -> BrowserContext:
        options = {"viewport": DESKTOP, "locale": "zh-TW"} | options
        context = browser.new_context(base_url=live_site.url, **options)
        context.set_default_timeout(15_000)
        context.on("weberror", lambda error: errors.append(str(error.error)))
        context.on(
            "console",
            lambda line: (
                line.type == "error" and expected not in line.text and errors.append(line.text)
            ),
        )
        contexts.append(context)
        return context

    yield open_one
    for context in contexts:
        context.close()
    assert but_aborted(errors) == []


def but_aborted(errors: list[str]) -> list[str]:
    """離開頁面時還沒有回來的請求被瀏覽器取消，htmx 記兩行（先 afterRequest 再 sendAbort）；那不是錯。"""
    found: list[str] = []
    for line in errors:
        if "htmx:sendAbort" not in line:
            found.append(line)
        elif found and "htmx:afterRequest" in found[-1]:
            found.pop()
    return found


@pytest.fixture
def sign_in(open_context: Callable[..., BrowserContext], live_site: Site) -> Callable[..., Page]:
    """以樣例的某個賬號登錄，返回已在工作台的頁面；名字後可加視口等選項。"""

    def enter(username: str, **options: object) -> Page:
        page = open_context(**options).new_page()
        page.goto("/")
        page.fill("input[name=username]", username)
        page.fill("input[name=password]", live_site.accounts[username]["password"])
        page.press("input[name=password]", "Enter")
        page.wait_for_url("**/desk/**")
        return page

    return enter


@pytest.fixture(scope="session")
def axe() -> Callable[[Page], list[str]]:
    """這一頁違反的無障礙規則（WCAG 2.2 AA），一條一行；沒有就是空的。"""
    source = AXE.read_text(encoding="utf-8")

    def check(page: Page) -> list[str]:
        if not page.evaluate("'axe' in window"):
            page.evaluate(source)
        found = page.evaluate(
            "rules => axe.run(document,"
            " {runOnly: {type: 'tag', values: rules}, resultTypes: ['violations']})",
            RULES,
        )
        return [
            f"{violation['id']}：{violation['help']} {node['target']}"
            for violation in found["violations"]
            for node in violation["nodes"]
        ]

    return check
