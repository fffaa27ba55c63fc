"""評分表、台賬導出 Excel：與屏幕上同樣的行、同樣的篩選，看不到的不導出，像公式的只是文字。"""

from collections.abc import Callable
from io import BytesIO

import openpyxl
from django.test import Client
from django.urls import reverse
from openpyxl import Workbook

from evaluations.models import Criterion, VetoEvent
from evaluations.sheets import explain, read_sheets
from people.models import User
from tests import factories as make
from tests.cast import Cast
from tests.evaluations import round_stage as stage
from tests.evaluations.round_stage import Phase

SignIn = Callable[[User], Client]
EVIL = '=HYPERLINK("http://x","點")'


def book_of(client: Client, address: str) -> Workbook:
    answer = client.get(address)
    assert answer.status_code == 200
    return openpyxl.load_workbook(BytesIO(b"".join(answer.streaming_content)))


def export_of(sheet: object) -> str:
    return reverse("evaluations:sheet-export", args=[sheet.round.code, sheet.department_id])


def test_the_sheet_is_exported_as_it_stands_on_the_screen(cast: Cast, signed_in: SignIn) -> None:
    found = stage.round_at(cast, Phase.DECISION)
    Criterion.objects.filter(number="1.1").update(text=EVIL)
    make.VetoEventFactory(
        department=cast.registry, upheld=True, item__effect="points", item__points_hundredths=500
    )
    sheet = stage.sheet_of(found, cast.registry)
    office = signed_in(cast.office)
    (view,) = read_sheets(found, [sheet])
    page = office.get(sheet.get_absolute_url())

    book = book_of(office, export_of(sheet))

    assert export_of(sheet) in page.content.decode()
    rows = list(book["評分表"].values)
    shown = [row.line.number for block in page.context["blocks"] for row in block.rows]
    assert [row[0] for row in rows[1:-2]] == shown
    line = view.by_criterion[stage.number_of(sheet, "2.1")]
    assert rows[1 + shown.index("2.1")][2:10] == (
        line.text,
        40,
        40,
        26.4,
        26.4,
        line.result.why,
        "核查記錄在案",
        line.scorer_words,
    )
    assert (rows[-2][2], rows[-2][6]) == ("負面清單", -5)
    assert (rows[-1][2], rows[-1][6], rows[-1][7]) == ("總分", 73.22, "等次：合格")
    said = [row[0] for row in book["為什麼是這個分"].values]
    assert said[1:] == explain(view)
    cell = next(cell for row in book["評分表"].iter_rows() for cell in row if cell.value == EVIL)
    assert (cell.data_type, cell.quotePrefix) == ("s", True)


def test_a_unit_exports_no_first_score_before_it_is_told(cast: Cast, signed_in: SignIn) -> None:
    found = stage.round_at(cast, Phase.DECISION)
    sheet = stage.sheet_of(found, cast.registry)

    book = book_of(signed_in(cast.head), export_of(sheet))

    rows = list(book["評分表"].values)
    assert book.sheetnames == ["評分表"]
    assert {(row[5], row[6], row[10]) for row in rows[1:]} == {("", "", "")}
    assert "核查記錄在案" not in str(rows)
    assert "等次" not in str(rows)
    assert signed_in(cast.neighbour).get(export_of(sheet)).status_code == 403


def test_the_register_exports_what_its_filters_show(cast: Cast, signed_in: SignIn) -> None:
    for unit, text in ((cast.registry, EVIL), (cast.registry, "+1"), (cast.funeral_home, "一般")):
        make.VetoEventFactory(
            department=unit, description=text, upheld=True, item__campaign=cast.campaign
        )
    make.VetoEventFactory(department=cast.registry, item__campaign=cast.campaign)
    address = reverse("evaluations:veto-list")
    query = f"?state=upheld&department={cast.registry.pk}"
    office = signed_in(cast.office)
    page = office.get(address + query)

    sheet = book_of(office, page.context["query"].export_url).active

    rows = list(sheet.values)
    shown = [row.event for row in page.context["rows"]]
    assert [row[0] for row in rows[1:]] == [event.item.event_text for event in shown]
    assert [row[2] for row in rows[1:]] == [event.description for event in shown]
    assert rows[1][4:6] == ("已認定", "不得推薦")
    cells = [cell for row in sheet.iter_rows() for cell in row if cell.value in (EVIL, "+1")]
    assert all(cell.data_type == "s" and cell.quotePrefix for cell in cells)
    assert len(cells) == 2


def test_everyone_exports_his_own_and_too_many_are_refused(
    cast: Cast, signed_in: SignIn, monkeypatch
) -> None:
    for unit in (cast.registry, cast.funeral_home):
        make.VetoEventFactory(department=unit, item__campaign=cast.campaign)
    address = reverse("evaluations:veto-export")

    sheet = book_of(signed_in(cast.head), address).active
    assert [row[1] for row in sheet.values][1:] == ["婚姻登記處"]
    monkeypatch.setattr("evaluations.views.vetoes.MOST_ROWS", 1)
    refused = signed_in(cast.office).get(address, follow=True)

    assert "篩選出來的超過 1 件，一次導不完" in refused.content.decode()
    assert VetoEvent.objects.count() == 2
