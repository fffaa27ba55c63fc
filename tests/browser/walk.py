"""各個故事共用的幾步：看一看這一頁合不合格、把橫着拍的照片做出來。"""

import re
from collections.abc import Callable
from io import BytesIO
from threading import Event
from typing import Any

from PIL import Image, ImageDraw
from playwright.sync_api import Locator, Page, expect

Axe = Callable[[Page], list[str]]
#: 參數同 conftest 的 sign_in：用戶名，和瀏覽器窗口的選項。
SignIn = Callable[..., Page]

ROTATED = 6  # EXIF：相機豎着拿，畫面存成橫的
ORIENTATION, TAKEN_AT, GPS = 0x0112, 0x9003, 0x8825


def fits(page: Page) -> bool:
    """沒有橫向滾動條，內容完了頁面也就完了（底下沒有一大片空白可滾）。"""
    return page.evaluate(
        """() => {
            const page = document.documentElement;
            const end = document.body.getBoundingClientRect().bottom + scrollY;
            return page.scrollWidth <= innerWidth
                && page.scrollHeight <= Math.max(innerHeight, Math.ceil(end)) + 1;
        }"""
    )


def looks_right(page: Page, axe: Axe, heading: str | re.Pattern[str]) -> None:
    """標題是這一句，無障礙檢查全過，也不橫着溢出。

    從頂上看：滾到一半時頂欄正壓着某一個輸入框，axe 只量它露出來的一條，說它太小。
    """
    expect(page.get_by_role("heading", level=1)).to_have_text(heading)
    page.evaluate("scrollTo({top: 0, behavior: 'instant'})")
    settle(page)
    assert (axe(page), fits(page)) == ([], True), page.url


def settle(page: Page) -> None:
    """等過渡動畫走完：走到一半的顏色不是給人看的顏色。"""
    page.evaluate("Promise.all(document.getAnimations().map(each => each.finished.catch(() => 0)))")


def said(page: Page, sentence: str | re.Pattern[str]) -> None:
    """辦完之後頁面說的那句話。"""
    expect(
        page.locator("[role=status], [role=alert], .c-toast").filter(has_text=sentence).first
    ).to_be_visible()


def row_of(page: Page, words: str) -> Locator:
    return page.locator("tbody tr").filter(has_text=words)


def photo_from_a_phone() -> bytes:
    """一張 1200 萬像素的手機照片：豎着拿、帶位置和拍攝時間。"""
    picture = Image.new("RGB", (4000, 3000), "#b7d3c6")
    drawing = ImageDraw.Draw(picture)
    for x in range(0, 4000, 200):
        drawing.rectangle((x, 600, x + 120, 2400), fill=(90 + x // 40, 120, 160))
    exif = Image.Exif()
    exif[ORIENTATION] = ROTATED
    exif.get_ifd(0x8769)[TAKEN_AT] = "2026:11:20 15:04:05"
    gps: dict[int, Any] = {1: "N", 2: (25.0, 30.0, 12.0), 3: "E", 4: (119.0, 47.0, 30.0)}
    exif.get_ifd(GPS).update(gps)
    file = BytesIO()
    picture.save(file, "JPEG", quality=90, exif=exif)
    return file.getvalue()


def wait_until(look: Callable[[], int], seconds: float = 30) -> int:
    """別的進程辦的事看不見回執：隔一會兒看一眼，看到了就走，到時還沒有就算了。"""
    found = look()
    for _glance in range(int(seconds * 10)):
        if found:
            break
        Event().wait(0.1)
        found = look()
    return found
