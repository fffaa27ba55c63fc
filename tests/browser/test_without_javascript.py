"""關掉腳本的瀏覽器：每件主要的事照樣辦得成，只是多翻幾頁。"""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import DESKTOP, PHONE
from tests.browser.stage import CAMPAIGN, Work, give_work
from tests.browser.walk import SignIn, fits, photo_from_a_phone, said
from tests.live import Site

pytestmark = pytest.mark.browser

CLERK, HEAD = "grassroots-clerk", "grassroots-head"
TITLE = "沒有腳本也辦得成"
WORDS = "村規民約已在六個村公示。"


def sign_in_plainly(sign_in: SignIn, username: str, **options: object) -> Page:
    """沒有腳本的瀏覽器；填錯的表單帶着 422 回來，是故意的。"""
    return sign_in(username, expected="status of 422", java_script_enabled=False, **options)


@pytest.fixture(scope="module")
def work(live_site: Site) -> Work:
    return give_work(live_site, "grassroots", [TITLE], upto="issued")[0]


def test_a_report_goes_from_acknowledging_to_acceptance(sign_in: SignIn, work: Work) -> None:
    clerk = sign_in_plainly(sign_in, CLERK, viewport=PHONE)
    hand_in_with_two_files(clerk, work)
    head = sign_in_plainly(sign_in, HEAD, viewport=PHONE)
    send_back_without_a_reason(head, work)
    head.get_by_role("button", name="初審通過").click()
    said(head, f"{work.code} 一次性進展已初審通過，送辦公室審核。")

    office = sign_in_plainly(sign_in, "office1")
    office.goto(f"/reviews/{CAMPAIGN}/?item={work.pk}")
    expect(office.get_by_text(WORDS)).to_be_visible()
    office.get_by_role("button", name="通過", exact=True).click()

    said(office, f"{work.code} 基層政權和社區建設科一次性進展已通過，單位將收到通知。")
    clerk.goto(work.form)
    expect(clerk.get_by_role("main")).to_contain_text("通過")


def hand_in_with_two_files(page: Page, work: Work) -> None:
    """簽收，填報，選兩件文件（一件不收）；補齊之後連點兩下提交。"""
    page.goto(work.url)
    page.get_by_role("button", name="簽收").click()
    said(page, f"已簽收 {work.code}")
    page.get_by_role("link", name="填報進展").last.click()
    page.get_by_label("本期做了什麼").fill(WORDS)
    page.locator(".c-drop input[multiple]").set_input_files(
        [
            {"name": "公示.jpg", "mimeType": "image/jpeg", "buffer": photo_from_a_phone()},
            {"name": "名單.exe", "mimeType": "application/octet-stream", "buffer": b"MZ" * 99},
        ]
    )
    page.get_by_role("button", name="提交初審").last.click()
    expect(page.get_by_role("alert").first).to_contain_text("名單.exe")
    expect(page.get_by_label("本期做了什麼")).to_have_value(WORDS)
    expect(page.get_by_label("公示.jpg 的說明")).to_be_visible()
    page.get_by_label("完成進度").fill("60")
    page.get_by_label("公示.jpg 的說明").fill("公示欄")
    assert fits(page)
    page.get_by_role("button", name="提交初審").last.dblclick()
    said(page, "進展已提交，等負責人初審。")
    expect(page.get_by_role("region", name=re.compile(r"第 \d+ 輪"))).to_have_count(1)


def send_back_without_a_reason(page: Page, work: Work) -> None:
    """退回要寫理由；沒寫的留在原頁說清楚。"""
    page.goto(f"/endorsements/{CAMPAIGN}/?item={work.pk}")
    expect(page.get_by_text(WORDS)).to_be_visible()
    page.get_by_role("button", name="退回修改").click()
    expect(page.get_by_role("alert").first).to_contain_text("理由")
    assert fits(page)


def test_the_breakdown_filters_edits_and_issues(sign_in: SignIn, live_site: Site) -> None:
    page = sign_in_plainly(sign_in, "office1", viewport=DESKTOP)
    page.goto(f"/tasks/{CAMPAIGN}/")
    total = page.locator("tr[id^=m-]").count()
    page.get_by_label("搜索措施、編號、單位").fill("投訴")
    page.get_by_role("button", name="查找").click()
    found = page.locator("tr[id^=m-]")
    expect(found.first).to_contain_text("投訴")
    assert 0 < found.count() < total

    page.get_by_role("link", name=re.compile("^修改 ")).first.click()
    page.get_by_role("button", name="保存").click()
    page.wait_for_url(f"**/tasks/{CAMPAIGN}/**")
    page.locator("input[name=pick]").first.check()
    page.get_by_role("button", name="催辦").click()
    expect(page.get_by_role("heading", level=1)).to_have_text(re.compile("^催辦 1 項措施？"))
    page.get_by_role("link", name="取消").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("任務分解")


def test_the_script_and_the_theme_change_by_button(sign_in: SignIn) -> None:
    page = sign_in_plainly(sign_in, "office2")
    page.goto("/notices/")

    page.get_by_role("button", name="改用简体字").click()

    expect(page.locator("html")).to_have_attribute("lang", "zh-Hans")
    expect(page.get_by_role("link", name="任务分解")).to_be_visible()
    expect(page).to_have_url(re.compile("/notices/$"))
    page.get_by_role("button", name="深色显示").click()
    expect(page.locator("html")).to_have_attribute("data-bs-theme", "dark")
    page.get_by_role("button", name="改用繁體字").click()
    expect(page.get_by_role("link", name="任務分解")).to_be_visible()


def test_a_phone_opens_and_leaves_the_menu(sign_in: SignIn) -> None:
    page = sign_in_plainly(sign_in, CLERK, viewport=PHONE)
    page.get_by_role("button", name="打開菜單").click()

    page.get_by_role("navigation", name="功能").get_by_role("link", name="組織架構").click()

    expect(page.get_by_role("heading", level=1)).to_have_text("組織架構")
