"""編報：兩個人各改一節，斷網寫的不丟，材料拖進一節，領導改字、辦公室採納。"""

import re

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.stage import CAMPAIGN
from tests.browser.walk import Axe, SignIn, looks_right, said

pytestmark = pytest.mark.browser

PAUSE = 4000  # 停筆三秒就存，多撥一秒
TITLE = "平潭縣民政局文明行業創建情況彙報"


def row_with(page: Page, words: str) -> Locator:
    return page.locator(".r-para").filter(has_text=words).first


def open_row(page: Page, words: str) -> Locator:
    row = row_with(page, words)
    row.hover()
    row.get_by_role("link", name="修改", exact=True).click()
    box = page.get_by_label("這一段的文字")
    expect(box).to_be_visible()
    return box


def test_a_draft_is_written_by_two_and_marked_by_a_leader(sign_in: SignIn, axe: Axe) -> None:
    office = sign_in("office1", expected="ERR_INTERNET_DISCONNECTED")
    office.goto(f"/reports/{CAMPAIGN}/new/")
    office.get_by_role("button", name="彙集並開始編輯").click()
    said(office, "已彙集到此刻為止審核通過的內容。")
    address = office.url
    office.clock.install()
    office.goto(address)

    box = open_row(office, "創建工作以")
    looks_right(office, axe, TITLE)
    second = sign_in("office2")
    second.goto(address)
    expect(second.locator(".r-held")).to_contain_text("創建辦主任正在改這一節")
    open_row(second, "共下達措施")  # 別的一節照改
    looks_right(second, axe, TITLE)

    office.context.set_offline(True)
    box.press("End")
    box.type("斷網時寫的。")
    office.clock.run_for(PAUSE)
    status = office.locator(".is-open [data-autosave-status]")
    expect(status).to_contain_text("已存在本機")
    office.context.set_offline(False)
    office.clock.run_for(PAUSE * 6)
    expect(status).to_contain_text("自動保存")
    office.get_by_role("button", name="收起").click()
    expect(row_with(office, "斷網時寫的。")).to_be_visible()

    drop_material(office)
    leader = sign_in("chair")
    suggest(leader, address, axe)
    office.goto(address)
    office.get_by_role("link", name=re.compile("採納或不採納")).click()
    looks_right(office, axe, re.compile("的改字建議$"))
    office.get_by_role("button", name="採納", exact=True).click()
    expect(row_with(office, "有網時定的。")).to_be_visible()


def drop_material(page: Page) -> None:
    """不採用的一段成了材料；拖到另一節，來源跟着走。"""
    row = row_with(page, "局辦公室：每項任務")
    row.hover()
    row.get_by_role("button", name="不採用").click()
    material = page.locator("[data-drag]").filter(has_text="局辦公室：每項任務")
    expect(material).to_be_visible()
    material.drag_to(page.locator("[data-drop]").filter(has_text="提高認識").first)
    placed = page.locator("section").filter(has_text="提高認識").locator(".r-para")
    expect(placed.filter(has_text="局辦公室：每項任務")).to_contain_text("選入")


def suggest(page: Page, address: str, axe: Axe) -> None:
    page.goto(address)
    looks_right(page, axe, TITLE)
    row = row_with(page, "斷網時寫的。")
    row.hover()
    row.get_by_role("link", name="改字建議").click()
    box = page.get_by_label("改成")
    box.fill(box.input_value().replace("斷網時寫的。", "有網時定的。"))
    looks_right(page, axe, "改字建議")
    page.get_by_role("button", name="提交建議").click()
    said(page, "建議已交辦公室，採納不採納您都會收到通知。")
