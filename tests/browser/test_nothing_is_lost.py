"""寫了半小時的字：斷網、登錄過期、兩個人同改、連點兩下，都不丟也不重。"""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import PHONE
from tests.browser.stage import Work, give_work
from tests.browser.walk import SignIn, said
from tests.live import Site

pytestmark = pytest.mark.browser

CLERK, HEAD = "ngo-clerk", "ngo-head"
TITLES = ["登錄過期", "過期提交", "斷網", "兩人同改", "連點兩下", "別處登錄"]
PAUSE = 4000  # 停筆三秒就存，多撥一秒


@pytest.fixture(scope="module")
def work(live_site: Site) -> dict[str, Work]:
    return {each.title: each for each in give_work(live_site, "ngo", TITLES)}


def open_form(page: Page, work: Work) -> None:
    """打開填報頁；時鐘由測試撥，不用真的等三秒。"""
    page.clock.install()
    page.goto(work.form)


def write(page: Page, words: str) -> None:
    page.get_by_label("本期做了什麼").fill(words)
    page.clock.run_for(PAUSE)


def status(page: Page, words: str | re.Pattern[str]) -> None:
    expect(page.locator("[data-autosave-status]")).to_have_text(words)


def sign_in_again(page: Page, site: Site, username: str) -> None:
    page.locator("input[name=username]").fill(username)
    page.locator("input[name=password]").fill(site.accounts[username]["password"])
    page.keyboard.press("Enter")


def test_a_dead_session_keeps_the_words_until_the_clerk_is_back(
    sign_in: SignIn, live_site: Site, work: dict[str, Work]
) -> None:
    page = sign_in(CLERK, viewport=PHONE)
    open_form(page, work["登錄過期"])
    page.context.clear_cookies(name="sessionid")
    write(page, "登錄過期前寫的一句。")
    status(page, re.compile("登錄已過期"))

    page.goto(work["登錄過期"].form)
    sign_in_again(page, live_site, CLERK)
    page.get_by_role("button", name="恢復").click()

    expect(page.get_by_label("本期做了什麼")).to_have_value("登錄過期前寫的一句。")
    status(page, re.compile("草稿.*自動保存"))
    page.reload()
    expect(page.get_by_label("本期做了什麼")).to_have_value("登錄過期前寫的一句。")
    expect(page.get_by_role("button", name="恢復")).to_have_count(0)


def test_handing_in_with_a_dead_session_gives_the_words_back(
    sign_in: SignIn, live_site: Site, work: dict[str, Work]
) -> None:
    page = sign_in(CLERK, expected="status of 401")
    page.goto(work["過期提交"].form)
    page.get_by_role("button", name="20%").click()
    page.get_by_label("本期做了什麼").fill("提交時才發現登錄過期。")
    page.context.clear_cookies(name="sessionid")

    page.get_by_role("button", name="提交初審").click()

    expect(page.get_by_role("heading", level=1)).to_have_text("登錄已過期，這次沒有存下")
    expect(page.get_by_text("提交時才發現登錄過期。")).to_be_visible()
    page.get_by_role("link", name="重新登錄").click()
    sign_in_again(page, live_site, CLERK)
    page.get_by_role("button", name="恢復").click()
    page.get_by_role("button", name="提交初審").click()
    said(page, "進展已提交，等負責人初審。")
    expect(page.get_by_text("提交時才發現登錄過期。")).to_be_visible()


def test_a_form_left_open_over_a_new_sign_in_still_hands_in_its_words(
    sign_in: SignIn, live_site: Site, work: dict[str, Work]
) -> None:
    page = sign_in(CLERK, expected="status of 403")
    page.goto(work["別處登錄"].form)
    page.get_by_role("button", name="20%").click()
    page.context.clear_cookies(name="sessionid")
    other = page.context.new_page()
    other.goto("/")
    sign_in_again(other, live_site, CLERK)
    other.wait_for_url("**/desk/**")
    page.get_by_label("本期做了什麼").fill("另一個窗口重新登錄之後交的。")

    page.get_by_role("button", name="提交初審").click()

    expect(page.get_by_role("heading", level=1)).to_have_text("頁面放得太久，這次沒有提交")
    page.get_by_role("link", name="重新打開表單").click()
    page.get_by_role("button", name="恢復").click()
    page.get_by_role("button", name="提交初審").click()
    said(page, "進展已提交，等負責人初審。")


def test_words_written_offline_are_sent_once_when_the_line_is_back(
    sign_in: SignIn, work: dict[str, Work]
) -> None:
    page = sign_in(CLERK, expected="ERR_INTERNET_DISCONNECTED")
    open_form(page, work["斷網"])
    sent: list[str] = []
    page.on("requestfinished", lambda request: sent.append(request.url))
    page.context.set_offline(True)
    write(page, "下鄉途中斷網時寫的。")
    status(page, re.compile("連不上服務器"))

    page.context.set_offline(False)

    status(page, re.compile("草稿.*自動保存"))
    page.clock.run_for(60_000)
    assert [url for url in sent if url.endswith("/draft/")] == [
        page.url.removesuffix("/") + "/draft/"
    ]
    page.reload()
    expect(page.get_by_label("本期做了什麼")).to_have_value("下鄉途中斷網時寫的。")


def test_two_people_on_one_draft_are_told_and_neither_is_overwritten(
    sign_in: SignIn, work: dict[str, Work]
) -> None:
    clerk = sign_in(CLERK)
    head = sign_in(HEAD, expected="status of 409")
    clerk.goto(work["兩人同改"].form)
    open_form(head, work["兩人同改"])
    clerk.get_by_label("本期做了什麼").fill("經辦人寫的。")
    clerk.get_by_role("button", name="保存草稿").click()
    said(clerk, "草稿已保存，還沒有提交。")

    write(head, "負責人寫的。")

    expect(head.get_by_role("alert")).to_contain_text("別人")
    expect(head.get_by_label("本期做了什麼")).to_have_value("負責人寫的。")
    clerk.reload()
    expect(clerk.get_by_label("本期做了什麼")).to_have_value("經辦人寫的。")
    head.get_by_role("button", name="保存草稿").click()
    beside = head.get_by_role("alert", name="內容衝突")
    expect(beside).to_contain_text("經辦人寫的。")
    expect(head.get_by_label("本期做了什麼")).to_have_value("負責人寫的。")
    head.get_by_role("button", name="用這一份").click()
    head.get_by_role("button", name="保存草稿").click()
    said(head, "草稿已保存，還沒有提交。")
    expect(head.get_by_label("本期做了什麼")).to_have_value("經辦人寫的。")


def test_two_clicks_hand_in_once(sign_in: SignIn, work: dict[str, Work]) -> None:
    page = sign_in(CLERK)
    page.goto(work["連點兩下"].form)
    page.get_by_role("button", name="20%").click()
    page.get_by_label("本期做了什麼").fill("連點了兩下。")

    page.get_by_role("button", name="提交初審").dblclick()

    said(page, "進展已提交，等負責人初審。")
    expect(page.get_by_role("region", name=re.compile(r"第 \d+ 輪"))).to_have_count(1)
    page.goto(work["連點兩下"].url)
    expect(page.locator("#story").get_by_text("報出")).to_have_count(1)
