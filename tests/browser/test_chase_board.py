"""催報台不碰鼠標：方向鍵走格，空格勾選，回車打開；勾了、看過、發出去，單位答覆。"""

import re
from io import BytesIO

import pytest
from playwright.sync_api import Page, expect
from pypdf import PdfReader

from tests.browser.conftest import PHONE
from tests.browser.stage import CAMPAIGN, Work, give_work
from tests.browser.walk import SignIn, said
from tests.live import Site

pytestmark = pytest.mark.browser

BOARD = f"/chasing/{CAMPAIGN}/"
AT = "document.activeElement.closest('td')"
WHERE = f"() => [{AT}.parentElement.rowIndex, {AT}.cellIndex]"


@pytest.fixture(scope="module")
def work(live_site: Site) -> list[Work]:
    return give_work(live_site, "ngo", ["催報甲", "催報乙"])


def cell(page: Page, work: Work) -> object:
    return page.get_by_role("link", name=re.compile(f"{work.code} {work.title}：")).first


def ticked(page: Page) -> int:
    return page.locator('[data-grid] input[name="pick"]:checked').count()


def test_arrows_walk_the_cells_and_space_ticks(sign_in: SignIn, work: list[Work]) -> None:
    page = sign_in("office1")
    page.goto(BOARD)
    first = cell(page, work[0])
    first.focus()
    row, column = page.evaluate(WHERE)

    page.keyboard.press("ArrowRight")
    expect(cell(page, work[1])).to_be_focused()
    assert page.evaluate(WHERE) == [row, column + 1]
    page.keyboard.press("ArrowLeft")
    expect(first).to_be_focused()

    page.keyboard.press(" ")
    assert ticked(page) == 1
    expect(page.get_by_role("region", name="批量操作")).to_contain_text("已選 1 格")
    page.keyboard.press(" ")
    assert ticked(page) == 0
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile(r"/submissions/\d+/chases/"))


def test_arrows_reach_every_cell_in_reading_order_where_none_is_ahead(
    sign_in: SignIn, work: list[Work]
) -> None:
    page = sign_in("office1")
    page.goto(f"{BOARD}?overdue=1")
    cells = page.locator("[data-cell]")
    many = cells.count()
    assert many > 1
    cells.first.focus()

    for index in range(1, many):
        page.keyboard.press("ArrowRight")
        expect(cells.nth(index)).to_be_focused()
    page.keyboard.press("ArrowRight")
    expect(cells.nth(many - 1)).to_be_focused()
    for index in reversed(range(many - 1)):
        page.keyboard.press("ArrowLeft")
        expect(cells.nth(index)).to_be_focused()
    page.keyboard.press("ArrowUp")
    expect(cells.first).to_be_focused()


def test_arrows_leave_the_boxes_of_rows_and_columns(sign_in: SignIn, work: list[Work]) -> None:
    page = sign_in("office1")
    page.goto(BOARD)
    row = page.locator("[data-grid] tbody tr").filter(has=cell(page, work[0]))

    row.locator("[data-all-row]").focus()
    page.keyboard.press("ArrowRight")
    expect(row.locator("[data-cell]").first).to_be_focused()
    column = page.locator("[data-all-col]").first
    column.focus()
    page.keyboard.press("ArrowDown")

    assert page.evaluate(f"() => {AT}.cellIndex") == 1


def test_a_link_skips_to_the_table(sign_in: SignIn, work: list[Work]) -> None:
    page = sign_in("office1")
    page.goto(BOARD)

    page.get_by_role("link", name="跳到表格").focus()
    page.keyboard.press("Enter")

    expect(page.locator("[data-cell]").first).to_be_focused()


def test_only_one_cell_is_on_the_way_of_tab(sign_in: SignIn, work: list[Work]) -> None:
    page = sign_in("office1")
    page.goto(BOARD)

    assert page.locator("[data-cell][tabindex='0']").count() == 1
    assert page.locator("[data-grid] input[name=pick]:not([tabindex='-1'])").count() == 0
    cell(page, work[1]).focus()
    assert page.locator("[data-cell][tabindex='0']").count() == 1


def test_a_row_is_ticked_as_a_whole_and_shows_when_it_is_not(
    sign_in: SignIn, work: list[Work]
) -> None:
    page = sign_in("office1")
    page.goto(BOARD)
    row = page.locator("[data-grid] tbody tr").filter(has=cell(page, work[0]))
    head = row.locator("[data-all-row]")
    many = row.locator('input[name="pick"]').count()

    head.check()
    assert ticked(page) == many >= 2
    row.locator('input[name="pick"]').first.uncheck()

    assert head.evaluate("box => [box.checked, box.indeterminate]") == [False, True]


def test_the_whole_matrix_is_printed_across_the_paper(sign_in: SignIn) -> None:
    page = sign_in("office1")
    page.goto(BOARD)
    codes = page.locator("[data-grid] thead [data-col] a").all_inner_texts()

    paper = PdfReader(BytesIO(page.pdf(prefer_css_page_size=True)))

    words = "".join(sheet.extract_text() for sheet in paper.pages)
    assert len(codes) > 12
    assert [code for code in codes if code not in words] == []
    assert all(sheet.mediabox.width > sheet.mediabox.height for sheet in paper.pages)
    assert page.locator(".ch-paperparts").count() == 0


def test_the_office_chases_and_the_unit_answers(sign_in: SignIn, work: list[Work]) -> None:
    page = sign_in("office1")
    page.goto(BOARD)
    for each in work:
        cell(page, each).focus()
        page.keyboard.press(" ")
    page.get_by_role("region", name="批量操作").get_by_role(
        "button", name="催辦", exact=True
    ).click()
    page.get_by_role("button", name="請今天下班前報送。").click()
    expect(page.locator(".ch-letter").first).to_contain_text("請今天下班前報送。")
    page.get_by_role("button", name="按上面的話發送").click()
    said(page, re.compile("已催辦 2 份，通知了 2 人。"))

    clerk = sign_in("ngo-clerk")
    clerk.goto(work[0].url)
    clerk.get_by_role("link", name="答覆催辦").click()
    clerk.get_by_role("button", name="明天報。").click()
    clerk.get_by_role("button", name="答覆", exact=True).click()
    said(clerk, "已答覆 2 項，催的人會收到通知。")

    page.reload()
    expect(cell(page, work[0])).to_have_attribute("aria-label", re.compile("答覆：明天報。"))


def test_the_phone_has_room_for_a_thumb(sign_in: SignIn, work: list[Work]) -> None:
    page = sign_in("office1", viewport=PHONE)
    page.goto(BOARD)
    lists = page.locator(".ch-lists details")
    for index in range(lists.count()):
        lists.nth(index).evaluate("each => each.open = true")

    boxes = page.locator(".ch-lists .ch-tick").evaluate_all(
        "all => all.map(each => each.getBoundingClientRect()).map(r => Math.min(r.width, r.height))"
    )

    assert len(boxes) > 1
    assert min(boxes) >= 44


def test_without_a_script_the_boxes_still_chase(sign_in: SignIn, work: list[Work]) -> None:
    page = sign_in("office2", java_script_enabled=False)
    page.goto(BOARD)
    expect(page.get_by_text("已選")).to_be_hidden()
    page.locator('[data-grid] input[name="pick"]').first.check()
    page.get_by_role("region", name="批量操作").get_by_role("button", name="群文本").click()

    expect(page.get_by_label("催報文本")).to_have_value(re.compile("【催報】"))
