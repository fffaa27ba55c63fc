"""上傳 .xlsx 任務分解表：逐格核對，全對才寫，一處不對一行也不寫。"""

import io
from collections.abc import Callable
from datetime import date

import openpyxl
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from campaigns.models import Objective, PlanDraft
from journal.models import Entry
from people.models import User
from tasks.models import MainTask, Measure
from tasks.services.departments import Departments
from tests.cast import TODAY, Cast
from tests.factories import DepartmentFactory, SeatFactory, UserFactory

SignIn = Callable[[User], Client]
HEAD = ["序號", "工作目標", "主要任務", "具體措施", "牽頭單位", "配合單位", "責任領導", "責任人",
        "完成時限", "報送週期"]  # fmt: skip
GOOD = [
    [1, "服務規範", "改進管理", "公開辦事程序", "婚姻登記處", "局辦公室", "局長", "登記員己",
     "2026-12-10", "每月"],
    [2, "服務規範", "改進管理", "設置便民服務點", "殡仪馆", "", "", "某外人", "", ""],
]  # fmt: skip


def sheet(*rows: list[object]) -> bytes:
    book, packed = openpyxl.Workbook(), io.BytesIO()
    for row in [HEAD, *rows]:
        book.active.append(row)
    book.save(packed)
    return packed.getvalue()


def send(client: Client, cast: Cast, data: bytes) -> str:
    url = reverse("tasks:plan-import", args=[cast.campaign.code])
    answer = client.post(url, {"file": SimpleUploadedFile("分解表.xlsx", data)}, follow=True)
    return answer.content.decode()


def save(client: Client, cast: Cast) -> None:
    url = reverse("tasks:plan-table-save", args=[cast.campaign.code])
    assert client.post(url).status_code == 302


def test_a_good_table_becomes_draft_measures(cast: Cast, signed_in: SignIn) -> None:
    client = signed_in(cast.office)
    assert "可以導入 2 項措施" in send(client, cast, sheet(*GOOD))

    save(client, cast)

    first, second = Measure.objects.order_by("position")
    assert (first.lead_department, first.due_date) == (cast.registry, date(2026, 12, 10))
    assert list(first.supporting_departments.all()) == [cast.bureau_office]
    assert (first.cycle, first.owner, first.accountable_seat.post) == (
        "monthly",
        cast.clerk,
        "局長",
    )
    assert second.lead_department == cast.funeral_home
    assert "某外人" in second.note
    assert MainTask.objects.get().title == "改進管理"
    assert Objective.objects.get().title == "服務規範"
    assert Entry.objects.filter(action="tasks.table_imported").count() == 1


def test_an_unknown_unit_is_named_with_its_cell_and_the_nearest(
    cast: Cast, signed_in: SignIn
) -> None:
    row = [*GOOD[0]]
    row[4] = "婚姻登記所"
    client = signed_in(cast.office)

    page = send(client, cast, sheet(GOOD[1], row))
    save(client, cast)

    assert "E3" in page
    assert "單位名單裏沒有「婚姻登記所」；相近的有：婚姻登記處" in page
    assert not Measure.objects.exists()
    assert not MainTask.objects.exists()
    assert PlanDraft.objects.exists()


@pytest.mark.parametrize(
    ("column", "value", "words"),
    [(8, "2029-01-01", "不在活動期內"), (8, "看情況", "看不出"), (9, "隨時", "看不出週期")],
)
def test_a_wrong_cell_stops_the_whole_table(
    cast: Cast, signed_in: SignIn, column: int, value: str, words: str
) -> None:
    row = [*GOOD[0]]
    row[column] = value
    client = signed_in(cast.office)

    page = send(client, cast, sheet(row, GOOD[1]))
    save(client, cast)

    assert words in page
    assert not Measure.objects.exists()


def test_the_same_table_twice_doubles_nothing(cast: Cast, signed_in: SignIn) -> None:
    client = signed_in(cast.office)
    send(client, cast, sheet(*GOOD))
    save(client, cast)

    page = send(client, cast, sheet(*GOOD))
    save(client, cast)

    assert "已有，不重複建" in page
    assert Measure.objects.count() == 2


def test_a_double_click_on_save_writes_once(cast: Cast, signed_in: SignIn) -> None:
    client = signed_in(cast.office)
    send(client, cast, sheet(*GOOD))

    save(client, cast)
    save(client, cast)

    assert Measure.objects.count() == 2


def test_names_match_across_scripts_and_with_the_usual_trimmings(cast: Cast) -> None:
    DepartmentFactory(code="social_affairs", name="社會事務科", short_name="社事科")
    units = Departments.on(TODAY)

    names = [
        "社會事務科",
        "社会事务科",
        "社事科",
        "縣民政局社會事務科",
        "社會事務",
        "social_affairs",
    ]
    assert {unit.name for unit in map(units.find, names)} == {"社會事務科"}
    assert units.find("社會救助科") is None
    assert units.find("") is None


def test_a_post_that_changed_hands_means_the_one_who_holds_it_now(
    cast: Cast, signed_in: SignIn
) -> None:
    """表裏寫的是職務，前任的席位排在前面也不掛到他名下。"""
    post = {"campaign": cast.campaign, "role": "deputy", "post": "分管社會事務的副局長"}
    SeatFactory(**post, user=UserFactory(name="前任"), end_date=date(2026, 6, 1), position=1)
    holder = SeatFactory(
        **post, user=UserFactory(name="現任"), start_date=date(2026, 6, 2), position=2
    )
    client = signed_in(cast.office)
    row = [*GOOD[0]]
    row[HEAD.index("責任領導")] = "分管社會事務的副局長"

    send(client, cast, sheet(row))
    save(client, cast)

    assert Measure.objects.get().accountable_seat == holder
