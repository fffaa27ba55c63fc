"""導出再讀回：沒改就零處改動；改了哪幾格就只動哪幾格。每種表都一樣。"""

from collections.abc import Iterator
from datetime import date, datetime
from typing import Any

import pytest
from django.apps import apps
from django.utils import translation
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from campaigns.models import EvidenceRequirement
from exchange.kinds import all_kinds
from journal.models import Entry
from tasks.models import Measure, Round
from tests import factories as make
from tests.cast import Cast, assemble
from tests.exchange.stage import EDITOR, KINDS, changed, desk, set_the_stage, texts

NOW = make.moment(2026, 11, 23)
APPS = ("people", "campaigns", "tasks", "evaluations")


@pytest.fixture
def stage(cast: Cast) -> Iterator[Cast]:
    set_the_stage(cast)
    return cast


def everything() -> dict[str, list[dict[str, Any]]]:
    """四個應用的每一行每一列：什麼都沒動，前後就一模一樣。"""
    models = [model for name in APPS for model in apps.get_app_config(name).get_models()]
    return {model.__name__: list(model.objects.order_by("pk").values()) for model in models}


def differences(
    before: dict[str, list[dict[str, Any]]], after: dict[str, list[dict[str, Any]]]
) -> set[str]:
    """哪張表的哪個字段變了。"""
    found = set()
    for name, rows in after.items():
        old = {row["id"]: row for row in before[name]}
        for row in rows:
            known = old.get(row["id"])
            if known is None:
                found.add(f"+{name}")
            else:
                found |= {f"{name}.{key}" for key in row if row[key] != known[key]}
    return found


@pytest.mark.parametrize("code", KINDS)
@pytest.mark.parametrize("language", ["zh-hant", "zh-hans"])
def test_an_untouched_sheet_changes_nothing(stage: Cast, code: str, language: str) -> None:
    table = desk(stage, code)
    with translation.override(language):
        data = table.exported("show=idle" if code == "people" else "")
    before = everything()

    found = table.applied(data, NOW)

    assert (found.changed, found.created, found.errors) == (0, 0, [])
    assert found.unchanged >= 1
    assert everything() == before
    assert not Entry.objects.exists()


@pytest.mark.parametrize("code", KINDS)
def test_a_sheet_saved_again_by_another_program_changes_nothing(stage: Cast, code: str) -> None:
    """openpyxl 重存一遍：格式、字符串的存法都變了，內容沒變。"""
    table = desk(stage, code)

    found = table.preview(table.edited(table.exported(), 1), NOW)

    assert (found.changed, found.created, found.errors) == (0, 0, [])


EDITS: list[tuple[str, dict[str, Any], set[str]]] = [
    ("breakdown", {"具體措施": "公開收費標準和依據"}, {"Measure.title"}),
    ("breakdown", {"要求和完成標準": "一、上牆；\n三、上網。"}, {"Measure.requirement"}),
    ("breakdown", {"牽頭科室": "殯儀館"}, {"Measure.lead_department_id"}),
    ("breakdown", {"完成時限": "12月底前"}, {"Measure.due_date"}),
    ("breakdown", {"完成時限": date(2026, 12, 21)}, {"Measure.due_date"}),
    ("breakdown", {"考核週期": "每月"}, {"Measure.cycle"}),
    ("breakdown", {"報進度": "否"}, {"Measure.asks_percent"}),
    ("breakdown", {"責任人": None}, {"Measure.owner_id"}),
    ("breakdown", {"備註": "丙"}, {"Measure.note"}),
    ("indicators", {"週期": "每月"}, {"Indicator.cycle"}),
    ("indicators", {"一票否決類": "是"}, {"Indicator.is_veto_like"}),
    ("indicators", {"衡量口徑": "每季度一次"}, {"Indicator.standard"}),
    ("departments", {"簡稱": "婚登"}, {"Department.short_name"}),
    ("departments", {"上級": "局辦公室"}, {"Department.parent_id"}),
    ("people", {"手機號": 13900000000}, {"User.phone"}),
    ("people", {"郵箱": "new@example.test"}, {"User.email"}),
    ("honours", {"級別": "国家级"}, {"Honour.level"}),
    ("honours", {"授予日期": "2024年3月1日"}, {"Honour.granted_date"}),
    ("honours", {"獲獎單位": "殡仪馆"}, {"Honour.department_id"}),
    ("progress", {"本期做了什麼": "公示收費 14 項。"}, {"Round.narrative"}),
    ("progress", {"完成進度": "８０％"}, {"Round.percent"}),
]
ANCHOR = {
    "breakdown": "公開收費標準",
    "indicators": "G9.1",
    "departments": "婚姻登記處",
    "people": "登記員己",
    "honours": "省文明行業",
    "progress": "5-01",
}
#: 記着誰、何時、第幾次改的，隨改動而變。
BOOKKEEPING = {
    "Measure.version", "Round.version", "Round.saved_at", "Round.saved_by_id",
}  # fmt: skip


@pytest.mark.parametrize(("code", "cells", "fields"), EDITS)
def test_only_what_was_edited_changes(
    stage: Cast, code: str, cells: dict[str, Any], fields: set[str]
) -> None:
    table = desk(stage, code)
    data = table.exported()
    data = table.edited(data, table.row_of(data, ANCHOR[code]), **cells)
    before = everything()

    shown = table.preview(data, NOW)
    assert everything() == before
    found = table.applied(data, NOW)

    assert (shown.errors, found.errors) == ([], [])
    assert (found.changed, found.created, len(shown.changes[0].cells)) == (1, 0, 1)
    assert differences(before, everything()) - BOOKKEEPING == fields


def test_lists_change_as_well(stage: Cast) -> None:
    table = desk(stage, "breakdown")
    data = table.exported()
    row = table.row_of(data, "公開收費標準")
    data = table.edited(
        data, row, 配合科室="殯儀館，局辦公室", 佐證材料="說明報告3份", 對應指標="G9.0、G9.2",
        填報數據="公示項數（項）、更正項數（項）",
    )  # fmt: skip

    found = table.applied(data, NOW)

    assert found.errors == []
    measure = Measure.objects.get(code="3-04")
    assert set(measure.supporting_departments.all()) == {stage.funeral_home, stage.bureau_office}
    assert [(row.form.name, row.count) for row in measure.evidence_wanted.all()] == [
        ("說明報告", 3)
    ]
    assert [row.code for row in measure.indicators.order_by("code")] == ["G9.0", "G9.2"]
    assert [str(row) for row in measure.figures.all()] == ["公示項數（項）", "更正項數（項）"]


def test_a_changed_count_keeps_the_rest_of_the_specification(stage: Cast) -> None:
    """表裏只寫形式和份數；日期範圍、文號、審核要看的不在表裏，不能因此丟了。"""
    requirement = EvidenceRequirement.objects.first()
    EvidenceRequirement.objects.filter(pk=requirement.pk).update(
        window=EvidenceRequirement.Window.YEAR, needs_number=True, ticks="看得到單位名稱"
    )
    table = desk(stage, "indicators")
    data = table.exported()
    row = table.row_of(data, requirement.indicator.code)
    data = table.edited(data, row, 佐證要求=f"{requirement.form.name}5份")

    assert table.applied(data, NOW).errors == []

    [kept] = requirement.indicator.evidence_requirements.filter(form=requirement.form)
    assert (kept.count, kept.window, kept.needs_number, kept.ticks) == (
        5, EvidenceRequirement.Window.YEAR, True, "看得到單位名稱",
    )  # fmt: skip


def test_figures_are_filled_in_by_their_names(stage: Cast) -> None:
    table = desk(stage, "progress")
    data = table.exported()
    row = table.row_of(data, "5-01")
    assert texts(data, "填報數據") == ["培訓場次（次）："]

    table.applied(table.edited(data, row, 填報數據="培訓場次（次）：12.5"), NOW)

    assert Round.objects.get().figure_values.get().hundredths == 1250


NEW: list[tuple[str, dict[str, Any], set[str]]] = [
    (
        "breakdown",
        {"主要任務": "T3", "具體措施": "新添的一項", "牽頭科室": "婚姻登記", "完成時限": "12月底前"},
        {"+Measure"},
    ),
    ("departments", {"代碼": "charity", "名稱": "慈善科", "上級": "局辦公室"}, {"+Department"}),
    ("people", {"賬號": "newcomer", "姓名": "新來的"}, {"+User"}),
    (
        "people",
        {"賬號": "newcomer", "姓名": "新來的", "單位": "殯儀館", "角色": "负责人"},
        {"+User", "+Appointment"},
    ),
    (
        "honours",
        {"榮譽名稱": "全國文明單位", "級別": "國家級", "授予機關": "中央文明委", "授予日期": "2025-05-01"},
        {"+Honour"},
    ),
]  # fmt: skip


@pytest.mark.parametrize(("code", "cells", "fields"), NEW)
def test_a_row_without_a_key_is_new(
    stage: Cast, code: str, cells: dict[str, Any], fields: set[str]
) -> None:
    table = desk(stage, code)
    data = table.exported()
    data = table.edited(data, len(texts(data, next(iter(cells)))) + 3, **cells)
    before = everything()

    found = table.applied(data, NOW)

    assert found.errors == []
    assert (found.changed, found.created) == (0, 1)
    assert differences(before, everything()) == fields


@pytest.mark.parametrize("code", KINDS)
def test_rows_taken_out_of_the_sheet_stay_in_the_system(stage: Cast, code: str) -> None:
    table = desk(stage, code)
    before = everything()

    found = table.applied(_without_rows(table.exported()), NOW)

    assert (found.changed, found.created, found.unchanged, found.errors) == (0, 0, 0, [])
    assert everything() == before


def _without_rows(data: bytes) -> bytes:
    return changed(data, lambda sheet: sheet.delete_rows(2, 1000))


def test_the_kinds_are_all_here() -> None:
    assert [kind.code for kind in all_kinds()] == list(KINDS)
    assert set(EDITOR) == set(KINDS)


WORDS = st.text(
    alphabet=st.characters(codec="utf-8", exclude_categories=["Cs", "Cc", "Cn", "Co"]),
    min_size=1,
    max_size=30,
).filter(lambda text: text.strip() == text and text)
PROSE = st.text(alphabet="甲乙=+-@ \n，。1a\"'<&>％", max_size=60).map(str.strip)


class AnyWords(TestCase):
    """什麼字都原樣往返：像公式的、有換行的、全角的、生僻的。"""

    @given(title=WORDS, note=PROSE, honour=WORDS)
    @settings(max_examples=8)
    def test_whatever_is_written_comes_back_the_same(
        self, title: str, note: str, honour: str
    ) -> None:
        cast = assemble()
        make.MeasureFactory(campaign=cast.campaign, title=title, note=note, requirement=note)
        make.HonourFactory(name=honour, note=title)
        at: datetime = NOW
        for code in ("breakdown", "honours"):
            table = desk(cast, code)
            found = table.preview(table.exported(), at)
            assert (found.changed, found.created, found.errors) == (0, 0, [])
