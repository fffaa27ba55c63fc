"""驗收的那個故事：新來的人在瀏覽器裏，從粘貼方案一直辦到情況彙報。

網頁、worker 都是真的；DATABASE_URL、REDIS_URL 決定跑在 SQLite 還是 PostgreSQL 和 Redis 上。
"""

import re
from email import message_from_bytes
from email.policy import default
from io import BytesIO
from pathlib import Path
from urllib.parse import urlsplit

import docx
import pytest
from PIL import Image
from playwright.sync_api import Locator, Page, expect

from tests.browser.conftest import PHONE
from tests.browser.walk import (
    GPS,
    Axe,
    SignIn,
    looks_right,
    photo_from_a_phone,
    row_of,
    said,
    wait_until,
)
from tests.lib.word_text import printed_paragraphs
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
NUMBER, TITLE = "4-01", "各級民政部門特別是窗口單位要重視服務環境建設"
ADDRESS = "hundeng@example.test"
#: Django 把郵件寫進文件時用的分隔線。
BETWEEN_LETTERS = b"-" * 79
CHAPTER = "加強環境建設，營造文明氛圍"
SENTENCE = "登記大廳新設老花鏡、飲水機和母嬰室三處便民角，方便群眾四百二十七人次。"


def test_a_newcomer_takes_the_plan_from_paste_to_report(
    sign_in: SignIn, axe: Axe, live_site: Site
) -> None:
    clerk = sign_in("marriage-registry-clerk", viewport=PHONE, has_touch=True)
    leave_an_address(clerk)
    office = sign_in("office1")
    code = start_a_campaign(office, axe)
    paste_the_plan(office, axe, code)
    save_the_plan(office, axe)
    break_down_and_issue(office, axe, code)
    acknowledge(clerk, axe)
    assert letters(live_site, f"/tasks/{code}/{NUMBER}/") == 1
    report = hand_in(clerk, axe)
    endorse(sign_in("marriage-registry-head"), axe)
    accept(office, axe)
    assert letters(live_site, "進展審核通過", report) == 1
    issue_the_report(office, sign_in("chair"), axe)
    word = download(office, "Word（繁體）")
    assert chapter_of(word, SENTENCE) == ["三、主要任務", f"（四）{CHAPTER}"]
    assert download(office, "PDF（繁體）").read_bytes().startswith(b"%PDF")


def start_a_campaign(page: Page, axe: Axe) -> str:
    """建立活動，領導小組照搬，開始。返回活動代碼。"""
    page.get_by_role("link", name="創建活動", exact=True).click()
    page.get_by_role("link", name="建立活動").click()
    page.get_by_label("名稱").fill(NAME)
    page.get_by_label("結束日期").fill("2026-12-31")
    looks_right(page, axe, "建立創建活動")
    page.get_by_role("button", name="建立活動").click()
    said(page, f"已建立「{NAME}」，正在籌備。接着照下面的步驟辦。")
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
    return {
        term: int(number) for term, number in zip(terms, numbers, strict=True) if term in wanted
    }


def save_the_plan(page: Page, axe: Axe) -> None:
    page.get_by_label("同時為任務的每一款擬一項待下達的措施（42 項）").check()
    page.get_by_role("button", name="保存方案").click()
    said(
        page,
        re.compile("已保存方案第 1 版：.*6 個目標、.*6 項主要任務。另擬了 42 項待下達的措施。"),
    )
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


# ── 經辦人，在手機上 ──────────────────────────────────


def leave_an_address(page: Page) -> None:
    """留下郵箱，消息才會也發到信箱。"""
    page.goto("/account/")
    page.get_by_label("郵箱").fill(ADDRESS)
    page.get_by_role("button", name="保存").click()
    said(page, "已保存")


def acknowledge(page: Page, axe: Axe) -> None:
    """從消息進到任務，簽收。"""
    page.goto("/desk/")
    looks_right(page, axe, re.compile(r"^您有 \d+ 件事要辦$"))
    page.get_by_role("link", name=re.compile("^消息，\\d+ 條未讀")).click()
    looks_right(page, axe, "消息")
    page.get_by_role("link", name=re.compile(f"^新任務 {NUMBER} 由貴單位牽頭")).first.click()
    looks_right(page, axe, TITLE)
    page.get_by_role("button", name="簽收").click()
    said(page, f"已簽收 {NUMBER}，請按時填報進展。")
    expect(row_of(page, "婚姻登記處")).to_contain_text("婚姻登記處經辦人簽收")


def letters(site: Site, *words: str) -> int:
    """worker 發到經辦人信箱、帶這些話的郵件有幾封；最多等半分鐘。"""

    def count() -> int:
        files = (site.var / "outbox").glob("*.log")
        pieces = [piece for path in files for piece in path.read_bytes().split(BETWEEN_LETTERS)]
        return sum(
            all(word in letter for word in (ADDRESS, *words)) for letter in map(plain, pieces)
        )

    return wait_until(count)


def plain(letter: bytes) -> str:
    """收件人和正文，不管它怎樣編碼。"""
    message = message_from_bytes(letter.strip(), policy=default)
    body = message.get_body(("plain",))
    return f"{message['To']}\n{body.get_content() if body else ''}"


def hand_in(page: Page, axe: Axe) -> str:
    """寫一段、傳一張照片，提交初審。返回這一份的網址。"""
    page.get_by_role("link", name="填報進展").last.click()
    looks_right(page, axe, "填報進展")
    page.get_by_role("button", name="40%").click()
    page.get_by_label("本期做了什麼").fill(SENTENCE)
    expect(page.get_by_text(f"已寫 {len(SENTENCE)} 字，最多 500 字")).to_be_visible()
    photo = {"name": "便民角.jpg", "mimeType": "image/jpeg", "buffer": photo_from_a_phone()}
    page.locator(".c-drop input[multiple]").set_input_files([photo])
    file = page.locator("#files > li")
    file.get_by_label("便民角.jpg 的形式").select_option("實景圖片")
    file.get_by_label("便民角.jpg 的說明").fill("大廳東側的便民角")
    # 邊傳邊核對：要兩張，只有一張；寫明原因也能交。
    check = page.get_by_role("region", name="佐證齊不齊")
    expect(check).to_contain_text("實景圖片 2 張：還差")
    # 剛傳完的核對還在換進來，頁面會動：用鍵盤打開，不怕點偏。
    page.locator("summary", has_text="佐證交不齊").press("Enter")
    page.get_by_label("佐證交不齊的原因").fill("另一處還在施工，完工後補拍。")
    looks_right(page, axe, "填報進展")
    page.get_by_role("button", name="提交初審").click()
    said(page, "一次性進展已提交，等負責人初審。")
    return urlsplit(page.url).path


# ── 負責人初審，辦公室審核 ────────────────────────────


def endorse(page: Page, axe: Axe) -> None:
    page.get_by_role("link", name=re.compile("^部門初審")).first.click()
    looks_right(page, axe, "部門初審")
    expect(page.get_by_text(SENTENCE)).to_be_visible()
    photo = page.get_by_role("img", name="大廳東側的便民角")
    expect(photo).to_be_visible()
    assert is_upright_and_nowhere(page.request.get(photo.get_attribute("src")).body())
    page.get_by_role("button", name="初審通過").click()
    said(page, f"{NUMBER} 一次性進展已初審通過，送辦公室審核。")


def is_upright_and_nowhere(photo: bytes) -> bool:
    """收下的照片：轉正了，不到 2 MB，沒有位置。"""
    with Image.open(BytesIO(photo)) as picture:
        is_upright = picture.width < picture.height
        return is_upright and len(photo) < 2 * 1024 * 1024 and not picture.getexif().get_ifd(GPS)


def accept(page: Page, axe: Axe) -> None:
    page.get_by_role("link", name=re.compile("^進展審核")).click()
    looks_right(page, axe, "進展審核")
    expect(page.get_by_role("region", name="待審 1 份")).to_be_visible()
    expect(page.get_by_text(SENTENCE)).to_be_visible()
    page.get_by_label("看得到單位名稱").check()
    page.get_by_label("看得清在做什麼").check()
    page.get_by_role("button", name="通過", exact=True).click()
    said(page, f"{NUMBER} 婚姻登記處一次性進展已通過，單位將收到通知。")
    expect(page.get_by_role("heading", name="今天的事都辦完了")).to_be_visible()


# ── 情況彙報 ──────────────────────────────────────────


def issue_the_report(page: Page, chair: Page, axe: Axe) -> None:
    """彙集本季度的，看到經辦人那一句，送審；組長審核、簽發。"""
    page.get_by_role("link", name="彙報", exact=True).click()
    looks_right(page, axe, "彙報")
    page.get_by_role("link", name="編製", exact=True).click()
    looks_right(page, axe, "編製情況彙報")
    page.get_by_role("button", name="彙集並開始編輯").click()
    said(page, "已彙集到此刻為止審核通過的內容。")
    expect(page.get_by_role("article", name="正文")).to_contain_text(SENTENCE)
    looks_right(page, axe, "平潭縣民政局文明行業創建情況彙報")
    address = page.url
    page.get_by_role("link", name="送審", exact=True).click()
    looks_right(page, axe, "送審")
    page.get_by_role("button", name="送審", exact=True).click()
    said(page, "已送審，辦公室主任和領導收到通知。審核通過以前還可以照意見修改。")
    looks_right(page, axe, "平潭縣民政局文明行業創建情況彙報")
    review_and_sign(chair, address, axe)
    page.goto(address)
    looks_right(page, axe, "平潭縣民政局文明行業創建情況彙報")


def review_and_sign(page: Page, address: str, axe: Axe) -> None:
    page.goto(address)
    page.get_by_role("link", name="審核", exact=True).click()
    looks_right(page, axe, "審核")
    page.get_by_role("button", name="審核通過").click()
    said(page, "已審核通過，文字已鎖定，等領導簽發。")
    page.get_by_role("link", name="簽發", exact=True).click()
    looks_right(page, axe, "簽發")
    page.get_by_role("button", name="簽發", exact=True).click()
    said(page, "已簽發為第 1 期，全文和數據已凍結，領導小組和各單位已收到通知。")


def download(page: Page, name: str) -> Path:
    if page.get_by_role("link", name=name).is_hidden():
        page.locator("summary").filter(has_text="導出").click()
    with page.expect_download() as waiting:
        page.get_by_role("link", name=name).click()
    return waiting.value.path()


def chapter_of(word: Path, sentence: str) -> list[str]:
    """這句話在 Word 文件裏歸哪一章、哪一節：往上最近的各級標題。"""
    headings: dict[int, str] = {}
    for paragraph, printed in printed_paragraphs(docx.Document(str(word))):
        level = re.fullmatch(r"Heading ?(\d)", paragraph.style.name, re.IGNORECASE)
        if level:
            depth = int(level[1])
            headings = {key: text for key, text in headings.items() if key < depth}
            headings[depth] = printed
        elif sentence in printed:
            return [headings[depth] for depth in sorted(headings)]
    return []
