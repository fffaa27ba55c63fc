"""評分表上的依據：測評標準、檔次值多少分、到哪裏補佐證、填到哪裏；異議期裏提異議的門。"""

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from campaigns.models import EvidenceForm
from evaluations.models import Criterion
from people.models import User
from tests import factories as make
from tests.cast import Cast
from tests.evaluations import round_stage as stage
from tests.evaluations.round_stage import Phase

SignIn = Callable[[User], Client]
Counter = Callable[..., object]


def with_a_standard(number: str) -> Criterion:
    row = Criterion.objects.get(number=number)
    standard = row.standards.create(number="1", text="窗口公開辦事指南", second_method="field")
    standard.forms.add(EvidenceForm.objects.get(code="photo"))
    return row


def test_each_line_says_what_is_asked_and_where_evidence_is_added(
    cast: Cast, signed_in: SignIn
) -> None:
    found = stage.round_at(cast, Phase.SELF)
    row = with_a_standard("2.1")
    work = make.SubmissionFactory(
        assignment__department=cast.registry, assignment__measure__issued=True,
        assignment__measure__campaign=cast.campaign,
    )  # fmt: skip
    indicator = make.IndicatorFactory(objective__campaign=cast.campaign)
    work.assignment.measure.indicators.add(indicator)
    row.indicators.add(indicator)
    address = stage.sheet_of(found, cast.registry).get_absolute_url()

    page = signed_in(cast.clerk).get(address).content.decode()

    assert "窗口公開辦事指南" in page
    assert "材料審核、實地考察 · 實景圖片" in page
    assert "A 40 分，B 26.4 分，C 13.2 分，D 0 分" in page
    assert f'href="{work.get_absolute_url()}"' in page
    assert reverse("evidence:library") in page
    assert found.scheme.get_absolute_url() in page
    above = signed_in(cast.office).get(address).content.decode()
    assert "窗口公開辦事指南" in above
    assert "去補" not in above


def test_the_sheet_opens_where_something_is_left_to_fill(cast: Cast, signed_in: SignIn) -> None:
    found = stage.round_at(cast, Phase.SELF)
    sheet = stage.sheet_of(found, cast.registry)
    head = signed_in(cast.head)

    def blocks() -> list[tuple[str, str, bool]]:
        page = head.get(sheet.get_absolute_url())
        return [(each.domain.number, each.words, each.is_open) for each in page.context["blocks"]]

    before = blocks()
    stage.rounds.save_self_scores(
        actor=cast.head,
        sheet_id=sheet.pk,
        marks=stage.marks(sheet, {"1.1": stage.MET, "1.2": stage.SELF_FINDINGS["1.2"]}),
        at=stage.START,
    )

    assert before == [
        ("1", "已填 0/2", True),
        ("2", "已填 0/2", False),
        ("8", "有就填，沒有不用填", False),
        ("9", "有就填，沒有不用填", False),
    ]
    assert blocks()[:2] == [("1", "已填 2/2", False), ("2", "已填 0/2", True)]
    assert head.get(sheet.get_absolute_url()).context["progress"].filled == 2


def test_a_matter_keeps_its_fields_together(cast: Cast, signed_in: SignIn) -> None:
    found = stage.round_at(cast, Phase.CHECK)
    page = signed_in(cast.office).get(stage.sheet_of(found, cast.registry).get_absolute_url())

    (form,) = (
        row.form for block in page.context["blocks"] for row in block.rows
        if row.line.number == "9.1"
    )  # fmt: skip

    groups = [[bound.name for bound in group] for group in form.matters]
    assert groups == [
        [f"matter_{place}", f"times_{place}", f"is_concealed_{place}"] for place in (0, 1)
    ]
    assert page.content.decode().count('<fieldset class="rd-matter">') == 4


def test_the_head_is_told_of_the_result_while_the_window_is_open(
    cast: Cast, signed_in: SignIn, clock: Any
) -> None:
    found = stage.round_at(cast, Phase.FEEDBACK)
    sheet = stage.sheet_of(found, cast.registry)
    row = Criterion.objects.get(number="2.1")
    door = reverse("evaluations:objection-create", args=[found.code, cast.registry.pk])
    head, clerk = signed_in(cast.head), signed_in(cast.clerk)

    desk = head.get("/desk/").content.decode()
    assert "婚姻登記處的結果已反饋" in desk
    assert "前可提異議" in desk
    assert f'href="{door}"' in head.get(found.get_absolute_url()).content.decode()
    assert f"{door}?criterion={row.pk}" in head.get(sheet.get_absolute_url()).content.decode()
    assert "結果已反饋" not in clerk.get("/desk/").content.decode()
    assert door not in clerk.get(found.get_absolute_url()).content.decode()

    clock.move_to(stage.START + timedelta(days=30))
    assert "結果已反饋" not in head.get("/desk/").content.decode()
    assert door not in head.get(found.get_absolute_url()).content.decode()


@pytest.mark.parametrize("who", ["clerk", "office"])
def test_the_guides_take_a_fixed_number_of_queries(
    cast: Cast, signed_in: SignIn, django_assert_max_num_queries: Counter, who: str
) -> None:
    found = stage.round_at(cast, Phase.SELF)
    for row in Criterion.objects.all():
        with_a_standard(row.number)
    client = signed_in(getattr(cast, who))
    address = stage.sheet_of(found, cast.registry).get_absolute_url()
    client.get(found.get_absolute_url())

    with django_assert_max_num_queries(14):
        client.get(address)


def test_evidence_is_sent_to_what_falls_due_first_within_the_period(
    cast: Cast, signed_in: SignIn
) -> None:
    found = stage.round_at(cast, Phase.SELF)
    row = Criterion.objects.get(number="2.1")
    indicator = make.IndicatorFactory(objective__campaign=cast.campaign)
    row.indicators.add(indicator)
    rows = []
    for day in (date(2026, 12, 20), date(2026, 11, 30), date(2026, 8, 31)):
        work = make.SubmissionFactory(
            assignment__department=cast.registry, assignment__measure__issued=True,
            assignment__measure__campaign=cast.campaign,
            period_start=day.replace(day=1), period_end=day, due_date=day,
        )  # fmt: skip
        work.assignment.measure.indicators.add(indicator)
        rows.append(work)
    late, soon, before = (work.get_absolute_url() for work in rows)

    page = signed_in(cast.clerk).get(stage.sheet_of(found, cast.registry).get_absolute_url())

    # 先登記的不一定先到期；考核期以前的一期補了也不算這一次的。
    assert f'href="{soon}"' in page.content.decode()
    assert f'href="{late}"' not in page.content.decode()
    assert f'href="{before}"' not in page.content.decode()
