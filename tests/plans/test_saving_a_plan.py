"""保存方案：原文一字不差，目標、指標、任務、措施一次建好。"""

from datetime import datetime

import pytest
from django.core.exceptions import PermissionDenied

from campaigns.models import (
    Campaign,
    Clause,
    Cycle,
    Indicator,
    Objective,
    PlanDraft,
    PlanVersion,
)
from campaigns.services.plan import SamePlan
from campaigns.services.plan_drafts import DraftGone, start_draft
from journal.models import Entry, Notice
from tasks.models import MainTask, Measure
from tasks.services.plan import EmptyPlan, Imported, PlanMoved, import_plan
from tests.cast import Cast
from tests.plans.documents import REAL, SMALL


def take_in(cast: Cast, text: str, now: datetime, **how: object) -> Imported:
    draft = start_draft(
        actor=cast.office,
        campaign_id=cast.campaign.pk,
        source_name="貼入",
        source_text=text,
        at=now,
    )
    return import_plan(
        actor=cast.office, campaign_id=cast.campaign.pk, draft_id=draft.pk, at=now, **how
    )


def test_the_real_document_is_kept_word_for_word(cast: Cast, now: datetime) -> None:
    take_in(cast, REAL, now)

    version = PlanVersion.objects.get()
    rows = version.clauses.order_by("position")
    printed = "".join(
        row.mark + (row.heading or "") + (row.text if row.level == "clause" else "") + row.separator
        for row in rows
    )
    body = REAL[REAL.index("根據《") : REAL.index("0推薦閱讀")]
    assert "".join(printed.split()) == "".join(body.split())
    assert version.source_text == REAL
    assert 144 <= rows.filter(level=Clause.Level.CLAUSE).count() <= 152


def test_the_printed_marks_stay_with_their_gaps(cast: Cast, now: datetime) -> None:
    take_in(cast, REAL, now)

    sections = Clause.objects.filter(level=Clause.Level.SECTION).order_by("position")
    assert [row.mark for row in sections] == ["", "一、", "三、", "四、", "五、"]
    tasks = Clause.objects.filter(level="item", section_kind="task").order_by("position")
    assert [row.mark for row in tasks] == ["1、", "2.", "3.", "4.", "5.", "6."]


def test_objectives_and_indicators_start_from_the_suggestions(cast: Cast, now: datetime) -> None:
    take_in(cast, REAL, now)

    goals = Objective.objects.filter(campaign=cast.campaign)
    assert [goal.code for goal in goals] == ["G1", "G2", "G3", "G4", "G5", "G6"]
    petition = Indicator.objects.get(clause__text="全系統無群體性上訪事件")
    assert petition.is_veto_like
    assert petition.cycle == Cycle.MONTHLY
    assert petition.standard == "群體性上訪事件為 0"
    wanted = petition.evidence_requirements.values_list("form__code", flat=True)
    assert set(wanted) == {"dept_opinion", "ledger"}


def test_an_unknown_clause_starts_from_its_wording(cast: Cast, now: datetime) -> None:
    take_in(cast, SMALL, now)

    calm = Indicator.objects.get(clause__text__startswith="全縣無重大火災事故")
    plain = Indicator.objects.get(clause__text__startswith="窗口服務")
    assert calm.is_veto_like
    assert not plain.is_veto_like
    assert plain.cycle == Cycle.YEARLY


def test_main_tasks_follow_the_task_section(cast: Cast, now: datetime) -> None:
    imported = take_in(cast, REAL, now)

    tasks = MainTask.objects.filter(campaign=cast.campaign)
    assert [task.code for task in tasks] == ["T1", "T2", "T3", "T4", "T5", "T6"]
    assert tasks[2].title == "改進行業管理,實現規範服務"
    assert imported.tasks == 6
    assert not Measure.objects.exists()


def test_draft_measures_take_what_the_document_says(cast: Cast, now: datetime) -> None:
    imported = take_in(cast, SMALL, now, with_measures=True)

    signs = Measure.objects.get(title__contains="公開辦事程序")
    assert imported.measures == Measure.objects.count() == 2
    assert signs.state == Measure.State.DRAFT
    assert signs.code == "1-01"
    assert signs.lead_department == cast.registry
    assert list(signs.supporting_departments.all()) == [cast.bureau_office]
    assert signs.due_date.isoformat() == "2026-06-30"
    assert signs.clause.code == "T1.1"


def test_a_department_nobody_knows_is_left_for_the_office(cast: Cast, now: datetime) -> None:
    take_in(cast, SMALL.replace("婚姻登記處", "檔案館"), now, with_measures=True)

    signs = Measure.objects.get(title__contains="公開辦事程序")
    assert signs.lead_department is None
    assert "檔案館" in signs.note


def test_the_real_document_gives_one_measure_for_each_task_clause(
    cast: Cast, now: datetime
) -> None:
    take_in(cast, REAL, now, with_measures=True)

    clauses = Clause.objects.filter(level="clause", section_kind="task")
    measures = Measure.objects.order_by("position")
    assert measures.count() == clauses.count()
    assert len({measure.code for measure in measures}) == measures.count()
    assert measures[0].objective.code == "G1"


def test_importing_is_on_the_record_and_the_office_is_told(cast: Cast, now: datetime) -> None:
    imported = take_in(cast, SMALL, now)

    entry = Entry.objects.get(action="campaigns.plan_imported")
    assert entry.summary == imported.sentence
    assert [n.recipient for n in Notice.objects.all()] == [cast.officer]
    assert not PlanDraft.objects.exists()


def test_the_same_document_twice_changes_nothing(cast: Cast, now: datetime) -> None:
    take_in(cast, REAL, now)
    before = (Clause.objects.count(), Indicator.objects.count(), Entry.objects.count())

    with pytest.raises(SamePlan, match="一字不差"):
        take_in(cast, REAL + "\n\n", now)

    assert (Clause.objects.count(), Indicator.objects.count(), Entry.objects.count()) == before
    assert PlanVersion.objects.count() == 1


def test_the_second_of_two_imports_is_told(cast: Cast, now: datetime) -> None:
    mine = start_draft(
        actor=cast.officer,
        campaign_id=cast.campaign.pk,
        source_name="",
        source_text=SMALL,
        at=now,
    )
    take_in(cast, REAL, now)

    with pytest.raises(PlanMoved, match="主任丙"):
        import_plan(
            actor=cast.officer,
            campaign_id=cast.campaign.pk,
            draft_id=mine.pk,
            at=now,
            based_on=0,
        )

    assert PlanVersion.objects.count() == 1
    assert PlanDraft.objects.filter(pk=mine.pk).exists()


def test_a_double_click_saves_once(cast: Cast, now: datetime) -> None:
    draft = start_draft(
        actor=cast.office,
        campaign_id=cast.campaign.pk,
        source_name="",
        source_text=SMALL,
        at=now,
    )
    ask = {"actor": cast.office, "campaign_id": cast.campaign.pk, "draft_id": draft.pk, "at": now}
    import_plan(**ask)

    with pytest.raises(DraftGone):
        import_plan(**ask)

    assert PlanVersion.objects.count() == 1


def test_nothing_left_is_nothing_to_save(cast: Cast, now: datetime) -> None:
    draft = start_draft(
        actor=cast.office,
        campaign_id=cast.campaign.pk,
        source_name="",
        source_text="一、工作目標",
        at=now,
    )
    draft.adjustments = [{"op": "drop", "row": "0"}]
    draft.save()

    with pytest.raises(EmptyPlan):
        import_plan(actor=cast.office, campaign_id=cast.campaign.pk, draft_id=draft.pk, at=now)

    assert not PlanVersion.objects.exists()


@pytest.mark.parametrize("who", ["head", "clerk", "neighbour", "leader", "admin"])
def test_only_the_office_imports(cast: Cast, now: datetime, who: str) -> None:
    with pytest.raises(PermissionDenied):
        start_draft(
            actor=getattr(cast, who),
            campaign_id=cast.campaign.pk,
            source_name="",
            source_text=SMALL,
            at=now,
        )

    assert not PlanDraft.objects.exists()


def test_a_closed_campaign_takes_no_plan(cast: Cast, now: datetime) -> None:
    Campaign.objects.update(state=Campaign.State.CLOSED)

    with pytest.raises(PermissionDenied):
        take_in(cast, SMALL, now)

    assert not PlanVersion.objects.exists()
