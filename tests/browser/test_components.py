"""在真實的 Chromium 裏：組件無障礙、各寬度不溢出、填的字不丟、文件一件一件傳。"""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.cast import Cast
from tests.gallery import views

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

ROOT = Path(__file__).resolve().parent.parent.parent
AXE = (ROOT / "tests/vendor/axe.min.js").read_text(encoding="utf-8")
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]


@pytest.fixture
def gallery(settings) -> None:
    settings.ROOT_URLCONF = "tests.gallery.urls"
    configured = settings.TEMPLATES[0]
    settings.TEMPLATES = [
        {**configured, "DIRS": [*configured["DIRS"], ROOT / "tests/gallery/templates"]}
    ]
    views.SAVED.clear()


@pytest.fixture
def page(gallery: None, browser: Browser, live_server, cast: Cast, client) -> Iterator[Page]:
    """經辦人的瀏覽器；頁面上任何腳本錯誤都算失敗。"""
    client.force_login(cast.clerk, backend="django.contrib.auth.backends.ModelBackend")
    context = browser.new_context(base_url=live_server.url)
    cookie = client.cookies["sessionid"].value
    context.add_cookies([{"name": "sessionid", "value": cookie, "url": live_server.url}])
    opened = context.new_page()
    problems: list[str] = []
    opened.on("pageerror", lambda error: problems.append(str(error)))
    opened.on(
        "console",
        lambda said: problems.append(said.text) if "Content Security" in said.text else None,
    )
    opened.clock.install()
    yield opened
    context.close()
    assert problems == []


def violations(page: Page) -> list[str]:
    page.evaluate(AXE)
    found = page.evaluate(
        "rules => axe.run(document, {runOnly: rules})"
        ".then(r => r.violations.map(v => v.id + ' ' + v.nodes.map(n => n.html).join(' ')))",
        RULES,
    )
    return list(found)


@pytest.mark.parametrize("address", ["/gallery/", "/gallery/form/", "/gallery/sign-in/", "/none/"])
def test_pages_are_accessible_and_fit(page: Page, live_server, address: str) -> None:
    found = {}
    for theme in ("light", "dark"):
        page.context.add_cookies([{"name": "theme", "value": theme, "url": live_server.url}])
        for width in (1440, 390, 320):
            page.set_viewport_size({"width": width, "height": 900})
            page.goto(address)
            fits = page.evaluate("document.documentElement.scrollWidth <= innerWidth")
            found[theme, width] = violations(page) + ([] if fits else ["橫向溢出"])

    assert not any(found.values()), found


def test_typed_words_reach_the_server_and_the_version_follows(page: Page) -> None:
    page.goto("/gallery/form/")

    page.fill("#id_problems", "網上欄目需開通")
    page.clock.run_for(4000)
    page.get_by_text("草稿 14:32 自動保存").wait_for()

    assert views.SAVED["problems"] == "網上欄目需開通"
    assert page.input_value("[name=version]") == "2"
    assert page.evaluate("Object.keys(localStorage)") == []


def test_words_typed_offline_stay_and_are_sent_when_back(page: Page) -> None:
    page.goto("/gallery/form/")
    page.context.set_offline(True)
    page.fill("#id_problems", "斷網時寫的")
    page.clock.run_for(4000)
    page.get_by_text("連不上服務器").wait_for()
    kept = page.evaluate("Object.keys(localStorage).length")

    page.context.set_offline(False)
    page.get_by_text("草稿 14:32 自動保存").wait_for()

    assert kept == 1
    assert views.SAVED["problems"] == "斷網時寫的"


def test_an_unsent_draft_is_offered_and_restored(page: Page) -> None:
    page.goto("/gallery/form/")
    page.fill("#id_problems", "過期")
    page.clock.run_for(4000)
    page.get_by_text("登錄已過期").wait_for()

    page.goto("/gallery/form/")
    page.get_by_role("button", name="恢復").click()

    assert page.input_value("#id_problems") == "過期"


def test_a_discarded_draft_does_not_come_back(page: Page) -> None:
    page.goto("/gallery/form/")
    page.fill("#id_problems", "過期")
    page.clock.run_for(4000)
    page.get_by_text("登錄已過期").wait_for()
    page.goto("/gallery/form/")

    page.get_by_role("button", name="丟棄").click()
    page.goto("/gallery/form/")

    assert page.get_by_text("發現一份未保存的草稿").count() == 0


def test_a_conflict_stops_saving_and_overwrites_nothing(page: Page) -> None:
    page.goto("/gallery/form/")
    page.fill("#id_problems", "衝突")
    page.clock.run_for(4000)
    page.get_by_text("這份內容剛被別人改過").wait_for()
    views.SAVED.clear()

    page.fill("#id_problems", "再寫一句")
    page.clock.run_for(30000)

    assert views.SAVED == {}
    assert page.input_value("#id_problems") == "再寫一句"


def test_each_file_tells_its_own_fate(page: Page) -> None:
    page.goto("/gallery/form/")

    page.locator(".c-drop input[multiple]").set_input_files(
        [
            {"name": "現場.jpg", "mimeType": "image/jpeg", "buffer": b"x" * 9000},
            {"name": "病毒.exe", "mimeType": "application/octet-stream", "buffer": b"x" * 90},
            {"name": "空.txt", "mimeType": "text/plain", "buffer": b""},
        ]
    )
    page.get_by_text("這種格式不能作為佐證。").wait_for()

    assert page.locator("#files > li").count() == 3
    assert page.get_by_role("button", name="重試").count() == 0
    assert page.get_by_role("button", name="換一個文件").count() == 2
    assert page.get_by_text("這個文件是空的，請換一個。").is_visible()


def test_the_counter_counts_characters_not_code_units(page: Page) -> None:
    page.goto("/gallery/form/")

    page.fill("#id_narrative", "𠮷" * 21)

    assert page.inner_text("#id_narrative_count") == "已寫 21 字，超出 1 字，最多 20 字"


def test_keys_work_but_never_while_typing(page: Page) -> None:
    page.goto("/gallery/")
    page.keyboard.press("/")
    page.keyboard.type("r")
    while_typing = page.evaluate("document.querySelector('#send-back').open")

    page.locator("h1").click()
    page.keyboard.press("r")

    assert while_typing is False
    assert page.evaluate("document.querySelector('#send-back').open") is True


def test_selecting_some_rows_shows_how_many(page: Page) -> None:
    page.goto("/gallery/")
    hidden_at_first = page.locator("#bulk").is_hidden()

    page.locator("[data-row]").first.check()

    assert hidden_at_first
    assert page.inner_text("#bulk [data-n]") == "1"
    assert page.evaluate("document.querySelector('[data-all]').indeterminate")


def test_the_theme_changes_in_place_and_is_remembered(page: Page) -> None:
    page.goto("/gallery/")

    page.locator("[data-display=theme]").first.click()
    expect(page.locator("html")).to_have_attribute("data-bs-theme", "dark")
    page.goto("/gallery/form/")

    assert page.evaluate("document.documentElement.dataset.bsTheme") == "dark"


def test_mistakes_get_the_focus_and_lead_to_the_field(page: Page) -> None:
    page.goto("/gallery/form/")
    page.get_by_role("button", name="提交初審").click()
    expect(page.locator(".c-errsum")).to_be_focused()

    page.get_by_role("link", name="填寫「完成進度」。").click()

    assert page.evaluate("document.activeElement.id || location.hash.slice(1)") == "id_percent"
    assert page.title().startswith("有 ")


def test_the_menu_opens_on_a_phone_without_scripts(
    gallery: None, browser: Browser, live_server, cast: Cast, client
) -> None:
    client.force_login(cast.clerk, backend="django.contrib.auth.backends.ModelBackend")
    context = browser.new_context(
        base_url=live_server.url,
        java_script_enabled=False,
        viewport={"width": 390, "height": 800},
    )
    cookie = client.cookies["sessionid"].value
    context.add_cookies([{"name": "sessionid", "value": cookie, "url": live_server.url}])
    plain = context.new_page()
    plain.goto("/gallery/")
    closed = plain.locator("#side").is_hidden()

    plain.get_by_role("button", name="打開菜單").click()

    assert closed
    assert plain.locator("#side").is_visible()
    context.close()
