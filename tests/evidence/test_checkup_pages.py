"""體檢的頁面：誰看得到什麼、數字等於清單、導出等於頁面、查詢次數固定。"""

import re
from collections.abc import Callable
from datetime import date
from io import BytesIO

import openpyxl
import pytest
from django.test import Client
from django.urls import reverse

from people.models import Appointment
from tasks.models import EvidenceLink, Submission
from tests import factories as make
from tests.cast import Cast
from tests.evidence.checkup_stage import attach, measure, report

pytestmark = pytest.mark.django_db
SignIn = Callable[[object], Client]
MOST = 12


@pytest.fixture
def faulty(cast: Cast) -> None:
    """婚姻登記處缺一份佐證、一張圖沒有說明；殯儀館報空。"""
    report(measure(cast, norm_doc={}))
    attach(report(measure(cast)), "photo", caption="")
    report(measure(cast, of=cast.funeral_home), by__narrative="略")


def whole(cast: Cast) -> str:
    return reverse("evidence:checkup", args=[cast.campaign.code])


def unit(cast: Cast, department: object, name: str = "evidence:checkup-department") -> str:
    return reverse(name, args=[cast.campaign.code, department.pk])


def cells(html: str) -> dict[str, list[str]]:
    """表裏每個單位的三個數。"""
    rows = re.findall(r'<th scope="row"><a class="t"[^>]*>([^<]+)</a>(.*?)</tr>', html, re.S)
    return {name: re.findall(r'<td class="u-num"><[^>]+>(\d+)<', rest) for name, rest in rows}


def sheet(answer: object) -> list[tuple]:
    book = openpyxl.load_workbook(BytesIO(b"".join(answer.streaming_content)))
    return list(book.active.iter_rows(min_row=2, values_only=True))


def test_the_office_sees_every_department(cast: Cast, faulty: None, signed_in: SignIn) -> None:
    html = signed_in(cast.office).get(whole(cast)).content.decode()

    assert cells(html) == {"婚姻登記處": ["1", "0", "1"], "殯儀館": ["1", "0", "0"]}
    assert "2 處錯誤" in html
    assert "33%" in html


def test_the_deputy_goes_straight_to_the_only_one_in_charge(
    cast: Cast, faulty: None, signed_in: SignIn
) -> None:
    answer = signed_in(cast.deputy).get("/evidence/checkup/?level=error", follow=True)

    assert [url for url, _code in answer.redirect_chain] == [
        f"{whole(cast)}?level=error",
        f"{unit(cast, cast.registry)}?level=error",
    ]


def test_one_who_sees_two_sees_only_those(cast: Cast, faulty: None, signed_in: SignIn) -> None:
    make.AppointmentFactory(
        user=cast.clerk, department=cast.funeral_home, role=Appointment.Role.CLERK
    )
    report(measure(cast, of=cast.bureau_office), by__narrative="略")

    html = signed_in(cast.clerk).get(whole(cast)).content.decode()

    assert list(cells(html)) == ["婚姻登記處", "殯儀館"]


def test_a_neighbour_is_told_whom_to_ask(cast: Cast, faulty: None, signed_in: SignIn) -> None:
    neighbour = signed_in(cast.neighbour)

    for name in ("evidence:checkup-department", "evidence:checkup-department-export"):
        answer = neighbour.get(unit(cast, cast.registry, name))
        assert answer.status_code == 403
        assert "只看得到本單位和分管單位的體檢" in answer.content.decode()
    assert neighbour.get(unit(cast, cast.funeral_home)).status_code == 200
    mine = sheet(neighbour.get(reverse("evidence:checkup-export", args=[cast.campaign.code])))
    assert {row[0] for row in mine} == {"殯儀館"}


def test_an_administrator_without_a_seat_sees_nothing(
    cast: Cast, faulty: None, signed_in: SignIn
) -> None:
    admin = signed_in(cast.admin)

    assert admin.get(whole(cast)).status_code == 403
    assert admin.get(unit(cast, cast.registry)).status_code == 403


def test_a_department_reads_its_list(cast: Cast, faulty: None, signed_in: SignIn) -> None:
    html = signed_in(cast.head).get(whole(cast), follow=True).content.decode()

    assert "婚姻登記處：1 處錯誤" in html
    assert "規範文件缺 1 份（要 1 份）。" in html
    assert "請創建辦補要材料，由單位補交。" in html
    one = Submission.objects.get(assignment__measure__evidence_wanted__isnull=False)
    assert f'href="/submissions/{one.pk}/"' in html


def test_nothing_wrong_is_said_so(cast: Cast, signed_in: SignIn) -> None:
    attach(report(measure(cast, norm_doc={})))

    html = signed_in(cast.head).get(unit(cast, cast.registry)).content.decode()

    assert "都合要求" in html
    assert "100" in html


def test_what_still_waits_is_not_called_whole(cast: Cast, signed_in: SignIn) -> None:
    """等審核的沒有不合，也還不作數。"""
    waiting = report(measure(cast, norm_doc={}), endorsed=True)
    attach(waiting, state=EvidenceLink.State.PENDING)

    html = signed_in(cast.head).get(unit(cast, cast.registry)).content.decode()

    assert "沒有查出不合的，還有 1 份未報或等審核" in html
    assert "都合要求" not in html


def test_before_anything_is_due(cast: Cast, signed_in: SignIn) -> None:
    assert "還沒有可查的" in signed_in(cast.office).get(whole(cast)).content.decode()
    assert signed_in(cast.head).get(unit(cast, cast.registry)).status_code == 200


def test_every_number_opens_as_many_findings(cast: Cast, faulty: None, signed_in: SignIn) -> None:
    """表裏每個數點開的清單、按規則點開的，都是那麼多條；導出也是。"""
    office = signed_in(cast.office)
    html = office.get(whole(cast)).content.decode()
    cell = r'class="ck-n[^"]*" href="([^"]+)"[^>]*>(\d+)<'

    for url, count in re.findall(cell, html):
        listed = office.get(url.replace("&amp;", "&")).content.decode()
        assert listed.count('<td class="act">') == int(count)
    ruled = re.findall(r'<a href="(\?[^"]*rule=[^"]*)"[^>]*>.*?<span class="r">(\d+)<', html)
    assert len(ruled) == 3
    for url, count in ruled:
        url = url.replace("&amp;", "&")
        found = cells(office.get(whole(cast) + url).content.decode())
        assert sum(int(number) for row in found.values() for number in row) == int(count)
        export = reverse("evidence:checkup-export", args=[cast.campaign.code]) + url
        assert len(sheet(office.get(export))) == int(count)


def test_the_filters_narrow_both_findings_and_completeness(cast: Cast, signed_in: SignIn) -> None:
    objective = make.ObjectiveFactory(campaign=cast.campaign, number=1)
    row = measure(cast, norm_doc={})
    row.objective = objective
    row.save()
    report(row)
    october = {"period_start": date(2026, 10, 1), "period_end": date(2026, 10, 31)}
    report(measure(cast, norm_doc={}), label="2026-10", name="2026年10月", **october)
    office = signed_in(cast.office)

    def found(words: str) -> tuple[list[str], bool]:
        html = office.get(f"{whole(cast)}?{words}").content.decode()
        return cells(html)["婚姻登記處"], "0/1" in html

    assert found(f"objective={objective.pk}") == (["1", "0", "0"], True)
    assert found("period=2026-10") == (["1", "0", "0"], True)
    assert found("rule=same_picture") == (["0", "0", "0"], False)
    nothing = office.get(f"{whole(cast)}?period=none").content.decode()
    assert "沒有符合條件的" in nothing
    assert "都合要求" not in nothing


def test_conditions_nobody_understands_are_told(
    cast: Cast, faulty: None, signed_in: SignIn
) -> None:
    html = signed_in(cast.office).get(f"{whole(cast)}?rule=x&level=y&objective=z&page=0")

    assert "看不懂的條件" in html.content.decode()


def test_the_sheet_is_the_page_and_runs_no_formula(cast: Cast, signed_in: SignIn) -> None:
    row = measure(cast, norm_doc={"needs_number": True})
    row.title = "=HYPERLINK(1)"
    row.save()
    attach(report(row), name="=cmd|calc.pdf")
    office = signed_in(cast.office)

    rows = sheet(
        office.get(unit(cast, cast.registry, "evidence:checkup-department-export") + "?level=error")
    )

    shown = office.get(unit(cast, cast.registry) + "?level=error").content.decode()
    assert [row[6] for row in rows] == [
        "「=cmd|calc.pdf」沒有文號。",
        "規範文件缺 1 份（要 1 份）。",
    ]
    assert all(row[6] in shown and row[7] in shown for row in rows)
    assert rows[0][4] == "=HYPERLINK(1)"


def test_queries_do_not_grow(
    cast: Cast, faulty: None, signed_in: SignIn, django_assert_max_num_queries: Callable
) -> None:
    cast.funeral_home.periods.create(end_date=date(2026, 11, 20))

    def spent(user: object, url: str) -> int:
        client = signed_in(user)
        client.get(url)
        with django_assert_max_num_queries(MOST) as found:
            assert client.get(url).status_code == 200
        return len(found)

    def all_spent() -> list[int]:
        return [
            spent(cast.office, whole(cast)),
            spent(cast.leader, whole(cast)),
            spent(cast.deputy, unit(cast, cast.registry)),
            spent(cast.head, unit(cast, cast.registry)),
            spent(cast.clerk, unit(cast, cast.registry)),
        ]

    before = all_spent()
    for number in range(6):
        row = measure(cast, of=(cast.registry, cast.funeral_home)[number % 2], photo={"count": 3})
        for month in (8, 9, 10):
            one = report(
                row,
                label=f"2026-{month:02d}",
                period_start=date(2026, month, 1),
                period_end=date(2026, month, 28),
            )
            attach(one, "photo")
    assert all_spent() == before


def test_a_large_campaign_is_counted_once_for_a_while(
    cast: Cast,
    faulty: None,
    signed_in: SignIn,
    monkeypatch: pytest.MonkeyPatch,
    django_assert_max_num_queries: Callable,
) -> None:
    """記住的與新數的一樣；看得到什麼不同的人各記各的。"""
    monkeypatch.setattr("tasks.remembered.LARGE", 0)
    office = signed_in(cast.office)
    first = cells(office.get(whole(cast)).content.decode())

    with django_assert_max_num_queries(MOST):
        office.get(whole(cast))
    with django_assert_max_num_queries(8):
        again = cells(office.get(whole(cast)).content.decode())

    assert again == first
    mine = signed_in(cast.neighbour).get(whole(cast), follow=True).content.decode()
    assert "婚姻登記處" not in mine


@pytest.mark.parametrize(
    ("who", "is_shown"), [("office", True), ("clerk", True), ("neighbour", False)]
)
def test_the_task_leads_to_the_checkup_of_its_units_one_may_see(
    cast: Cast, faulty: None, signed_in: SignIn, who: str, is_shown: bool
) -> None:
    row = Submission.objects.filter(assignment__department=cast.registry).first()
    page = reverse("tasks:measure-detail", args=[cast.campaign.code, row.assignment.measure.code])
    client = signed_in(getattr(cast, who))

    html = client.get(page).content.decode()

    assert (unit(cast, cast.registry) in html) == is_shown
    assert (client.get(unit(cast, cast.registry)).status_code == 200) == is_shown


@pytest.mark.parametrize("who", ["office", "head", "clerk"])
def test_the_desk_leads_to_the_checkup(
    cast: Cast, faulty: None, signed_in: SignIn, who: str
) -> None:
    content = signed_in(getattr(cast, who)).get(reverse("desk:home")).content.decode()

    assert f'href="{whole(cast)}"' in content.split('id="main"')[1]
