"""驗收的又一個故事：樣例的一次年度考核，五個角色從自評走到公佈；一件異議改了一條的分。

經辦人在手機上自評 → 負責人提交 → 辦公室初評 → 副組長實地考察 → 組長審定 → 負責人提異議 →
辦公室答覆、組長裁定 → 公佈。異議期是五個工作日：站點停下來，換一天再開，數據還是那一份。
"""

import re
from collections.abc import Iterator
from decimal import Decimal

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import PHONE, demo_site
from tests.browser.walk import Axe, SignIn, looks_right, photo_from_a_phone, said
from tests.live import Site

pytestmark = pytest.mark.browser

UNIT, CODE = "婚姻登記處", "marriage-registry"
ROUND = "2026年度考核"
AFTER_THE_WINDOW = "2026-12-01"
WITHOUT = "按日程往下走，缺項按 0 分計"
GRADED = (
    *("1.1", "1.2", "1.3", "2.1", "2.2", "2.3", "3.1.1", "3.1.2", "3.2.2"),
    *("4.1", "4.2", "4.3", "8.1"),
)
"""自評裏評檔的各條。"""
A, B = 1, 2
"""評檔的下拉框裏第幾項；第 0 項是沒有評。"""


@pytest.fixture(scope="module")
def live_site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """這個故事要換日子，另用一個站點。"""
    with demo_site(tmp_path_factory.mktemp("year")) as site:
        yield site


def test_a_yearly_round_from_self_assessment_to_publication(
    sign_in: SignIn, axe: Axe, live_site: Site
) -> None:
    # 少寫一條理由的那一次保存，回來的是 422。
    office = sign_in("office1", expected="422")
    chair, head = sign_in("chair"), sign_in(f"{CODE}-head")
    address = plan_the_round(office, axe)
    self_assess(sign_in(f"{CODE}-clerk", viewport=PHONE, has_touch=True), axe)
    submit(head)
    first_check(office, axe, address)
    visit(office, sign_in("deputy1", viewport=PHONE, has_touch=True), axe, address)
    decide(office, chair, axe, address)
    before = total(head, address)
    object_to_a_line(head, axe)
    answer_it(sign_in("office2"), axe)
    decide_it(chair, axe)
    # 5 分的一條從 B（66%）改回 A，多 1.7 分；不適用的 3.2.1、8.4 共 9 分，折算成 100 分是 1.87。
    assert total(head, address) - before == Decimal("1.87")
    live_site.on_day(AFTER_THE_WINDOW)
    publish(sign_in("office1"), sign_in("chair"), axe, address)
    a_veto_stops_a_recommendation(sign_in("chair"), axe)
    assert "全部相符" in live_site.manage("verify_results")


def plan_the_round(page: Page, axe: Axe) -> str:
    """擬年度考核，開始自評。返回它的網址。"""
    page.get_by_role("link", name="考核評分", exact=True).click()
    page.get_by_role("link", name="擬一次考核").click()
    looks_right(page, axe, "擬一次考核")
    page.get_by_label("考核期").select_option(label="2026年度")
    page.get_by_role("button", name="擬定").click()
    looks_right(page, axe, ROUND)
    page.get_by_role("button", name="開始自評").click()
    said(page, "自評已開始，各單位收到了消息。")
    return page.url


def open_sheet(page: Page, address: str) -> None:
    page.goto(address)
    page.get_by_role("link", name=UNIT, exact=True).click()


def unfold(page: Page) -> None:
    """展開收着的各個項目。"""
    folded = page.locator("details.rd-domain:not([open]) > summary")
    while folded.count():
        folded.first.click()


def self_assess(page: Page, axe: Axe) -> None:
    """經辦人從工作台的待辦進來，在手機上逐條填；沒保存就離開，回來還在。"""
    page.get_by_role("link", name=re.compile(ROUND)).first.click()
    looks_right(page, axe, f"{UNIT}評分表")
    page.get_by_label("1.1 評為", exact=True).select_option(index=A)
    expect(page.locator("[data-autosave-status]")).to_contain_text("自動保存", timeout=15_000)
    page.reload()
    expect(page.get_by_text("草稿還沒有記進評分表")).to_be_visible()
    expect(page.get_by_label("1.1 評為", exact=True)).to_have_value("A")
    unfold(page)
    looks_right(page, axe, f"{UNIT}評分表")
    for number in GRADED:
        page.get_by_label(f"{number} 評為", exact=True).select_option(index=A)
    for number in ("3.3.1", "4.4", "8.3"):
        page.get_by_label(f"{number} 發現幾次", exact=True).fill("0")
    page.locator("tbody", has_text="3.2.1").get_by_label("不適用").check()
    page.get_by_label("3.2.1 理由", exact=True).fill("登記處沒有信訪積案。")
    page.get_by_label("5.1 得分", exact=True).fill("2")
    page.get_by_label("5.2 完成", exact=True).fill("4")
    page.get_by_label("5.2 應完成", exact=True).fill("5")
    page.get_by_role("button", name="保存", exact=True).click()
    said(page, f"已保存 {len(GRADED) + 6} 條。")


def submit(page: Page) -> None:
    page.reload()
    page.get_by_role("link", name=re.compile(ROUND)).first.click()
    page.get_by_role("button", name="保存並提交").click()
    said(page, "自評已提交")


def step(page: Page, address: str, name: str, reason: str = "") -> None:
    """考核往下走一步；還有沒辦完的，寫上理由。"""
    page.goto(address)
    if reason:
        page.get_by_label(re.compile("^未(完成進入|評完就審定)")).fill(reason)
    page.get_by_role("button", name=name).click()


def first_check(page: Page, axe: Axe, address: str) -> None:
    """照自評填，1.2 評低一檔並寫理由。"""
    step(page, address, "進入「材料初評」", WITHOUT)
    said(page, "進入「材料初評」。")
    open_sheet(page, address)
    page.get_by_role("link", name="未評的照自評填").click()
    looks_right(page, axe, f"{UNIT}評分表")
    unfold(page)
    page.get_by_label("1.2 評為", exact=True).select_option(index=B)
    page.get_by_role("button", name="保存", exact=True).click()
    said(page, "還沒有保存")
    page.get_by_label("1.2 理由", exact=True).fill("責任清單缺一個崗位。")
    page.get_by_role("button", name="保存", exact=True).click()
    said(page, "已保存")


def visit(office: Page, deputy: Page, axe: Axe, address: str) -> None:
    """辦公室安排去看婚姻登記處；副組長在手機上拍照、記情況、評現場的幾條。"""
    step(office, address, "進入「實地考察」", WITHOUT)
    office.get_by_role("link", name="實地考察").click()
    office.get_by_role("link", name="安排考察").click()
    office.get_by_label("單位", exact=True).select_option(label=UNIT)
    office.get_by_role("button", name="下一步").click()
    office.get_by_label("副局長（分管社會事務）").check()
    looks_right(office, axe, f"安排到{UNIT}考察")
    office.get_by_role("button", name="安排").click()
    deputy.reload()
    deputy.get_by_role("link", name=re.compile(f"到{UNIT}實地考察")).first.click()
    deputy.get_by_label("現場情況").fill("便民設施齊全，")
    deputy.get_by_label("拍照或選文件").set_input_files(
        {"name": "大廳.jpg", "mimeType": "image/jpeg", "buffer": photo_from_a_phone()}
    )
    deputy.get_by_role("button", name="上傳").click()
    expect(deputy.get_by_label("現場情況")).to_have_value("便民設施齊全，")
    deputy.get_by_label("現場情況").fill("便民設施齊全，意見箱沒有鑰匙。")
    deputy.get_by_role("button", name="寫好，辦完").click()
    deputy.get_by_role("link", name="到評分表評分").click()
    unfold(deputy)
    deputy.get_by_label("4.4 發現幾次", exact=True).fill("1")
    deputy.get_by_label("4.4 理由", exact=True).fill("意見箱沒有鑰匙。")
    deputy.get_by_label("8.1 評為", exact=True).select_option(index=A)
    looks_right(deputy, axe, f"{UNIT}評分表")
    deputy.get_by_role("button", name="保存", exact=True).click()
    said(deputy, "已保存 2 條。")


def decide(office: Page, chair: Page, axe: Axe, address: str) -> None:
    """徵求意見，送領導小組，有沒評的，組長寫了理由審定。"""
    step(office, address, "進入「問卷和徵求意見」", WITHOUT)
    open_sheet(office, address)
    unfold(office)
    office.get_by_label("8.2 數值", exact=True).fill("93.5")
    office.get_by_label("8.2 來源", exact=True).fill("12月群眾滿意度問卷，收回 120 份。")
    office.get_by_role("button", name="保存", exact=True).click()
    said(office, "已保存 1 條。")
    step(office, address, "進入「領導小組審定」", WITHOUT)
    chair.goto(address)
    looks_right(chair, axe, ROUND)
    step(chair, address, "審定", "缺項按 0 分計")
    said(chair, "已審定，結果反饋給各單位。")


def total(page: Page, address: str) -> Decimal:
    """本單位評分表側欄上的得分。"""
    open_sheet(page, address)
    return Decimal(page.locator(".c-kpi__n").first.inner_text().split()[0])


def object_to_a_line(page: Page, axe: Axe) -> None:
    """工作台上說結果反饋了，從那裏進評分表，在那一條上提。"""
    page.goto("/desk/")
    page.get_by_role("link", name=re.compile(f"{UNIT}的結果已反饋")).first.click()
    looks_right(page, axe, f"{UNIT}評分表")
    page.get_by_role("link", name="提異議 1.2", exact=True).click()
    expect(page.get_by_label("對哪一條").locator("option:checked")).to_contain_text("1.2 ")
    page.get_by_label("認為應得").fill("5")
    page.get_by_label("理由").fill("責任清單 6 月已補上，見 6 月的佐證。")
    looks_right(page, axe, "提異議")
    page.get_by_role("button", name="提出異議").click()
    looks_right(page, axe, f"{UNIT}對 1.2 的異議")


def answer_it(page: Page, axe: Axe) -> None:
    """給分的主任迴避，由另一位辦公室的人答覆。"""
    page.get_by_role("link", name="考核異議").click()
    page.get_by_role("link", name=re.compile("^1.2 領導體制")).click()
    page.get_by_role("link", name="答覆").click()
    page.get_by_label("成立", exact=True).check()
    page.get_by_label("答覆", exact=True).fill("已查，責任清單確於 6 月補上，建議改為 A。")
    looks_right(page, axe, "答覆異議")
    page.get_by_role("button", name="報領導小組裁定").click()


def decide_it(page: Page, axe: Axe) -> None:
    page.get_by_role("link", name="考核異議").click()
    page.get_by_role("link", name=re.compile("^1.2 領導體制")).click()
    page.get_by_role("link", name="裁定").click()
    page.get_by_label("成立", exact=True).check()
    page.get_by_label("1.2 評為", exact=True).select_option(index=A)
    page.get_by_label("裁定理由").fill("同意辦公室意見。")
    looks_right(page, axe, "裁定異議")
    page.get_by_role("button", name="裁定").click()
    expect(page.get_by_text("第 2 版定稿")).to_be_visible()
    looks_right(page, axe, f"{UNIT}對 1.2 的異議")


def publish(office: Page, chair: Page, axe: Axe, address: str) -> None:
    """過了異議期才能往下走；組長公佈，結果頁和通報都在。"""
    step(office, address, "進入「答覆異議」")
    step(chair, address, "公佈結果")
    chair.get_by_role("link", name="結果").click()
    looks_right(chair, axe, f"{ROUND}結果")
    expect(chair.get_by_role("link", name="第 1 版", exact=True)).to_be_visible()


def a_veto_stops_a_recommendation(page: Page, axe: Axe) -> None:
    """樣例的推薦項目裏，救助管理站出過一票否決的事：條件逐條寫着，沒有進表決。"""
    page.get_by_role("link", name=re.compile("^考核推薦")).first.click()
    page.get_by_role("link", name=re.compile("^推薦2026年度")).click()
    looks_right(page, axe, re.compile("^推薦2026年度"))
    page.get_by_role("link", name=re.compile("救助管理站")).first.click()
    looks_right(page, axe, re.compile("救助管理站"))
    expect(page.get_by_text("發生重大安全責任事故").first).to_be_visible()
    expect(page.get_by_text(re.compile("以前不得推薦")).first).to_be_visible()
