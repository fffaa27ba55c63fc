"""措施表單：用着的都保得住，同名的分得清，要填報哪些數由辦公室定。"""

from collections.abc import Callable
from datetime import date, datetime

import pytest
from django.http import QueryDict
from django.test import Client

from campaigns.models import EvidenceForm
from journal.models import Entry, Notice
from people.models import User
from tasks.breakdown_forms import ROW_FIELDS, MeasureForm, initial_of
from tasks.models import FigureValue, MainTask, Measure, MeasureEvidence, MeasureFigure, Submission
from tasks.services import handing_in, issuing
from tasks.services.breakdown import Invalid, create_measure, update_measure
from tests import factories as make
from tests.cast import TODAY, Cast
from tests.factories import moment

SignIn = Callable[[User], Client]
TRAINING, COMPLAINTS = ("培訓場次", "次"), ("受理（含線上）投訴", "件")


@pytest.fixture
def measure(cast: Cast) -> Measure:
    return make.MeasureFactory(
        campaign=cast.campaign,
        lead_department=cast.registry,
        code="3-04",
        due_date=date(2026, 12, 10),
    )


def sent_back(cast: Cast, measure: Measure, only: tuple[str, ...] = (), **typed: str) -> QueryDict:
    """打開表單、原樣保存時瀏覽器送回的：下拉框裏沒有的值，瀏覽器送不出來。"""
    form = MeasureForm(
        campaign=cast.campaign, today=TODAY, measure=measure, only=only, initial=initial_of(measure)
    )
    data = QueryDict(mutable=True)
    for name, field in form.fields.items():
        value = form[name].value()
        values = value if isinstance(value, list) else [value]
        if hasattr(field, "queryset"):
            offered = {str(key) for key, _label in field.choices}
            values = [one for one in values if str(one) in offered]
        if value is not False:
            data.setlist(name, ["" if one is None else str(one) for one in values])
    for name, value in typed.items():
        data[name] = value
    return data


def save(client: Client, cast: Cast, data: QueryDict, **headers: str) -> str:
    response = client.post(f"/tasks/{cast.campaign.code}/3-04/edit/", data, headers=headers)
    return response.content.decode()


# ── 用着的都保得住 ────────────────────────────────────


def held_but_gone(cast: Cast, measure: Measure) -> dict[str, object]:
    """措施上的席位已卸任、目標和指標已不用、責任人已停用、佐證形式已停用。"""
    seat = make.SeatFactory(
        campaign=cast.campaign,
        role="deputy",
        user=make.UserFactory(),
        end_date=date(2026, 10, 1),
    )
    owner = make.UserFactory(is_active=False)
    objective = make.ObjectiveFactory(campaign=cast.campaign, retired_at=moment(2026, 10, 1))
    form = EvidenceForm.objects.filter(is_active=True).first()
    MeasureEvidence.objects.create(measure=measure, form=form, count=3)
    EvidenceForm.objects.filter(pk=form.pk).update(is_active=False)
    indicator = make.IndicatorFactory(objective=objective, retired_at=moment(2026, 10, 1))
    measure.indicators.add(indicator)
    held = {"objective": objective, "accountable_seat": seat, "owner": owner}
    Measure.objects.filter(pk=measure.pk).update(**held)
    measure.refresh_from_db()
    return held


def test_saving_a_note_keeps_all_the_measure_holds_though_it_has_ended(
    cast: Cast, signed_in: SignIn, measure: Measure
) -> None:
    held = held_but_gone(cast, measure)

    save(signed_in(cast.office), cast, sent_back(cast, measure, note="只改備註"))

    measure.refresh_from_db()
    assert {name: getattr(measure, name) for name in held} == held
    assert (measure.indicators.count(), measure.evidence_wanted.get().count) == (1, 3)
    assert Entry.objects.about(measure).get().changes == {"note": ["", "只改備註"]}


def test_the_row_form_keeps_them_too(cast: Cast, signed_in: SignIn, measure: Measure) -> None:
    held = held_but_gone(cast, measure)
    data = sent_back(cast, measure, only=ROW_FIELDS, title="行內改了名")

    save(signed_in(cast.office), cast, data, **{"HX-Request": "true"})

    measure.refresh_from_db()
    assert measure.title == "行內改了名"
    assert {name: getattr(measure, name) for name in held} == held


def test_a_measure_of_a_retired_task_can_still_be_saved(
    cast: Cast, signed_in: SignIn, measure: Measure
) -> None:
    MainTask.objects.update(retired_at=moment(2026, 10, 1))

    save(signed_in(cast.office), cast, sent_back(cast, measure, note="只改備註"))

    measure.refresh_from_db()
    assert measure.note == "只改備註"


def test_what_has_ended_is_not_offered_to_another_measure(cast: Cast, measure: Measure) -> None:
    held = held_but_gone(cast, measure)
    other = make.MeasureFactory(campaign=cast.campaign, lead_department=cast.registry)

    form = MeasureForm(campaign=cast.campaign, today=TODAY, measure=other)

    offered = {name: list(form.fields[name].queryset) for name in held}
    assert [name for name in held if held[name] in offered[name]] == []


def test_saving_a_long_requirement_untouched_changes_nothing(
    cast: Cast, signed_in: SignIn, measure: Measure
) -> None:
    Measure.objects.update(requirement="一、公開。\n二、更新。")
    measure.refresh_from_db()
    data = sent_back(cast, measure, requirement="一、公開。\r\n二、更新。")

    save(signed_in(cast.office), cast, data)

    assert not Entry.objects.about(measure).exists()


# ── 同名的分得清 ──────────────────────────────────────


def test_two_people_of_one_name_are_two_people(cast: Cast, now: datetime, measure: Measure) -> None:
    first, second = make.UserFactory(name="王芳"), make.UserFactory(name="王芳")
    Measure.objects.update(owner=first)

    update_measure(actor=cast.office, measure_id=measure.pk, values={"owner": second}, at=now)

    measure.refresh_from_db()
    assert measure.owner == second
    assert Entry.objects.about(measure).get().changes == {"owner": ["王芳", "王芳（同名的另一個）"]}


# ── 填報數據 ──────────────────────────────────────────


def names(measure: Measure) -> list[tuple[str, str]]:
    return list(measure.figures.values_list("name", "unit"))


def ask(cast: Cast, measure: Measure, at: datetime, *rows: tuple[str, str]) -> None:
    update_measure(actor=cast.office, measure_id=measure.pk, values={"figures": list(rows)}, at=at)


def report(cast: Cast, measure: Measure, at: datetime) -> Submission:
    """下達，經辦人填了數、報出。"""
    issuing.issue_measures(actor=cast.office, measure_ids=[measure.pk], at=at)
    submission = Submission.objects.get(assignment__measure=measure)
    values = {figure.pk: 1200 for figure in measure.figures.all()}
    draft = handing_in.Draft(narrative="已開展。", percent=50, figures=values)
    handing_in.submit(actor=cast.clerk, submission_id=submission.pk, draft=draft, version=0, at=at)
    return submission


def test_the_office_asks_for_figures_one_per_line(
    cast: Cast, signed_in: SignIn, measure: Measure
) -> None:
    typed = "培訓場次（次）\r\n\r\n 受理（含線上）投訴 (件) \r\n經費"

    save(signed_in(cast.office), cast, sent_back(cast, measure, figures=typed))

    assert names(measure) == [TRAINING, COMPLAINTS, ("經費", "")]
    assert Entry.objects.about(measure).get().changes == {
        "figures": ["", "培訓場次（次）、受理（含線上）投訴（件）、經費"]
    }


def test_the_clerk_is_asked_for_them_and_told(
    cast: Cast, now: datetime, measure: Measure, signed_in: SignIn
) -> None:
    issuing.issue_measures(actor=cast.office, measure_ids=[measure.pk], at=now)

    ask(cast, measure, now, TRAINING)

    submission = Submission.objects.get()
    page = signed_in(cast.clerk).get(f"/submissions/{submission.pk}/").content.decode()
    assert "培訓場次" in page
    assert "填報數據" in Notice.objects.filter(recipient=cast.clerk).latest("pk").title


def test_saved_again_untouched_they_stay_the_same_rows(
    cast: Cast, now: datetime, signed_in: SignIn, measure: Measure
) -> None:
    ask(cast, measure, now, TRAINING, COMPLAINTS)
    before = list(measure.figures.values_list("pk", flat=True))
    measure.refresh_from_db()

    save(signed_in(cast.office), cast, sent_back(cast, measure, note="備註"))

    assert list(measure.figures.values_list("pk", flat=True)) == before


def test_a_new_measure_can_ask_at_once(cast: Cast, now: datetime) -> None:
    task = make.MainTaskFactory(campaign=cast.campaign)

    made = create_measure(
        actor=cast.office,
        campaign=cast.campaign,
        values={"main_task": task, "title": "培訓", "figures": [TRAINING]},
        at=now,
    )

    assert names(made) == [TRAINING]


def test_nothing_reported_yet_a_figure_may_be_renamed_or_dropped(
    cast: Cast, now: datetime, measure: Measure
) -> None:
    ask(cast, measure, now, TRAINING, COMPLAINTS)

    ask(cast, measure, now, ("培訓人次", "人次"))

    assert names(measure) == [("培訓人次", "人次")]


@pytest.mark.parametrize("rows", [[], [("培訓人次", "次")], [("培訓場次", "場")]])
def test_a_figure_with_values_is_not_dropped_renamed_or_measured_anew(
    cast: Cast, now: datetime, measure: Measure, rows: list[tuple[str, str]]
) -> None:
    ask(cast, measure, now, TRAINING)
    report(cast, measure, now)

    with pytest.raises(Invalid, match="「培訓場次（次）」已有單位填了數"):
        ask(cast, measure, now, *rows)

    assert names(measure) == [TRAINING]
    assert FigureValue.objects.get().hundredths == 1200


def test_beside_a_figure_with_values_another_may_be_added(
    cast: Cast, now: datetime, measure: Measure
) -> None:
    ask(cast, measure, now, TRAINING)
    report(cast, measure, now)

    ask(cast, measure, now, COMPLAINTS, TRAINING)

    assert names(measure) == [COMPLAINTS, TRAINING]
    assert FigureValue.objects.get().figure == MeasureFigure.objects.get(name="培訓場次")


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ("（次）", "看不懂，請寫成「培訓場次（次）」這樣"),
        ("培訓場次（次", "看不懂，請寫成「培訓場次（次）」這樣"),
        ("培訓場次（次）\n培訓場次（場）", "「培訓場次」寫了兩次"),
        ("字" * 61, "名稱 1 至 60 字"),
        ("經費（" + "元" * 21 + "）", "單位最多 20 字"),
        ("\n".join(f"第{n}項" for n in range(11)), "最多填報 10 項數據"),
    ],
)
def test_a_line_that_makes_no_sense_is_said_at_the_field(
    cast: Cast, signed_in: SignIn, measure: Measure, typed: str, words: str
) -> None:
    page = save(signed_in(cast.office), cast, sent_back(cast, measure, figures=typed))

    assert words in page
    assert typed.splitlines()[0] in page
    assert not measure.figures.exists()
