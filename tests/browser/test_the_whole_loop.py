"""驗收的那個故事：新來的人在瀏覽器裏，從粘貼方案一直辦到情況彙報。

網頁、worker 都是真的；DATABASE_URL、REDIS_URL 決定跑在 SQLite 還是 PostgreSQL 和 Redis 上。
"""

import re
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.conftest import PHONE
from tests.browser.walk import Axe, SignIn, looks_right, photo_from_a_phone, said
from tests.live import ROOT, Site

pytestmark = pytest.mark.browser

PLAN = ROOT / "campaigns" / "sample" / "situation-report.txt"
NAME = "文明行業創建（試走）"
FOOTER = "推薦閱讀"
#: 分解三項：編號、牽頭、配合、完成時限、週期。
BROKEN_DOWN = [
    ("4-01", "婚姻登記處", ["社會事務科"], "2026-11-30", "一次性"),
    ("4-05", "殯儀館", [], "2026-12-18", "每月"),
    ("5-01", "社會福利院", ["工青婦組織"], "2026-12-25", "一次性"),
]
CHAPTER = "加強環境建設,營造文明氛圍"
SENTENCE = "登記大廳新設老花鏡、飲水機和母嬰室三處便民角，方便群眾四百二十七人次。"


def test_a_newcomer_takes_the_plan_from_paste_to_report(
    sign_in: SignIn, axe: Axe, live_site: Site
) -> None:
    office = sign_in("office1")
    code = start_a_campaign(office, axe)
    paste_the_plan(office, axe, code)
    save_the_plan(office, axe)
    break_down_and_issue(office, axe, code)


def start_a_campaign(page: Page, axe: Axe) -> str:
    """建立活動，領導小組照搬，開始。返回活動代碼。"""
    page.get_by_role("link", name="創建活動", exact=True).click()
    page.get_by_role("link", name="建立活動").click()
    page.get_by_label("名稱").fill(NAME)
    page.get_by_label("結束日期").fill("2026-12-31")
    looks_right(page, axe, "建立創建活動")
    page.get_by_role("button", name="建立活動").click()
    said(page, f"已建立「{NAME}」。按下面四步做，第一步先核對領導小組。")
    page.get_by_role("link", name="開始活動").click()
    page.get_by_role("button", name="開始活動").click()
    said(page, "活動已開始，領導小組的人將收到通知。")
    page.get_by_role("link", name="看領導小組").click()
    expect(page.get_by_text("游美髮").first).to_be_visible()
    looks_right(page, axe, "創建工作領導小組")
    page.go_back()
    looks_right(page, axe, re.compile(f"{NAME}\\s*進行中"))
    return page.url.rstrip("/").rpartition("/")[2]


def paste_the_plan(page: Page, axe: Axe, code: str) -> None:
    """粘貼原文，核對讀出的樹；頁腳先留下一行看看，再捨去。"""
    page.locator(".p-next").get_by_role("link", name="導入方案").click()
    looks_right(page, axe, "導入方案")
    page.get_by_label("方案原文").fill(PLAN.read_text(encoding="utf-8"))
    page.get_by_role("button", name="讀取並核對").click()
    looks_right(page, axe, "核對方案結構")
    footer = page.locator(".p-row").filter(has_text=FOOTER)
    dropped = page.locator(".p-row.is-dropped")
    expect(dropped).to_have_count(6)
    footer.first.get_by_role("button", name="留下").click()
    expect(dropped).to_have_count(5)
    kept = page.locator(".p-row:not(.is-dropped)").filter(has_text=FOOTER)
    kept.get_by_role("link", name=re.compile("^調整")).click()
    page.get_by_role("button", name="不導入這一款").click()
    expect(dropped).to_have_count(6)
    assert counts(page) == {"節": 5, "工作目標": 6, "主要任務": 6, "不導入的行": 6}


def counts(page: Page) -> dict[str, int]:
    """核對頁頂上的數。"""
    wanted = ("節", "工作目標", "主要任務", "不導入的行")
    terms = page.locator(".p-plan__counts dt").all_inner_texts()
    numbers = page.locator(".p-plan__counts dd").all_inner_texts()
    return {term: int(number) for term, number in zip(terms, numbers) if term in wanted}


def save_the_plan(page: Page, axe: Axe) -> None:
    page.get_by_label("同時為任務的每一款擬一項待下達的措施（42 項）").check()
    page.get_by_role("button", name="保存方案").click()
    said(page, re.compile("已保存方案第 1 版：.*6 個目標、.*6 項主要任務。另擬了 42 項待下達的措施。"))
    looks_right(page, axe, "方案與目標")


def break_down_and_issue(page: Page, axe: Axe, code: str) -> None:
    """在分解表裏就地改三行，選中，下達；缺牽頭的那些還在待下達。"""
    page.get_by_role("link", name="任務分解", exact=True).click()
    looks_right(page, axe, "任務分解")
    expect(page.locator(".c-views [aria-current]")).to_have_text(re.compile(r"全部\s*42"))
    for measure in BROKEN_DOWN:
        break_down(page, *measure)
    for number, *_rest in BROKEN_DOWN:
        page.get_by_label(f"選擇 {number}").check()
    page.get_by_role("button", name="下達", exact=True).click()
    dialog = page.get_by_role("dialog", name="下達 3 項措施？")
    dialog.get_by_role("button", name="下達").click()
    said(page, "已下達 3 項，各單位已收到通知。")


def break_down(
    page: Page, number: str, lead: str, supporting: list[str], due: str, cycle: str
) -> None:
    page.get_by_role("link", name=f"修改 {number}").click()
    form = page.get_by_role("form", name=f"修改 {number}")
    form.get_by_label("牽頭單位").select_option(lead)
    form.get_by_label("完成時限").fill(due)
    form.get_by_label("報送週期").select_option(cycle)
    picked = form.get_by_role("group", name="配合單位")
    for name in supporting:
        picked.get_by_label(name).check()
    form.get_by_role("button", name="保存").click()
    said(page, f"{number} 已保存。")
    expect(line(page, number)).to_contain_text(lead)
    expect(line(page, number)).not_to_contain_text("缺")


def line(page: Page, number: str) -> Locator:
    return page.locator("tr[id^=m-]").filter(has=page.get_by_role("link", name=f"修改 {number}"))
