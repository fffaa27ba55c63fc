"""修訂的方案：未變的連同指標和措施保留，改寫的標出，刪去的停用而不刪除。"""

from datetime import datetime

import pytest

from campaigns.models import EvidenceForm, Indicator, Objective, PlanVersion
from campaigns.services.indicators import update_indicator
from campaigns.services.plan_changes import word_parts
from campaigns.services.plan_drafts import start_draft
from journal.models import Entry
from tasks.models import MainTask, Measure
from tasks.services.plan import Imported, import_plan
from tests.cast import Cast
from tests.plans.documents import REAL, SMALL

GONE = "2、加強培訓。每季度組織一次禮儀培訓。\n"


def take_in(cast: Cast, text: str, now: datetime, **how: object) -> Imported:
    draft = start_draft(
        actor=cast.office,
        campaign_id=cast.campaign.pk,
        source_name="修訂稿",
        source_text=text,
        at=now,
    )
    return import_plan(
        actor=cast.office, campaign_id=cast.campaign.pk, draft_id=draft.pk, at=now, **how
    )


@pytest.fixture
def first(cast: Cast, now: datetime) -> Imported:
    return take_in(cast, SMALL, now, with_measures=True)


def test_what_did_not_change_keeps_its_indicator_and_points_to_the_new_text(
    cast: Cast, now: datetime, first: Imported
) -> None:
    indicator = Indicator.objects.get(clause__text="辦事指南齊全")
    Indicator.objects.filter(pk=indicator.pk).update(standard="每個窗口一份", cycle="monthly")

    take_in(cast, SMALL.replace("全縣無重大火災事故", "全縣無重大火災、交通事故"), now)

    indicator.refresh_from_db()
    assert indicator.standard == "每個窗口一份"
    assert indicator.cycle == "monthly"
    assert indicator.clause.version.number == 2
    assert indicator.reworded_at is None


def test_a_reworded_clause_keeps_its_indicator_and_is_flagged(
    cast: Cast, now: datetime, first: Imported
) -> None:
    indicator = Indicator.objects.get(clause__text="全縣無重大火災事故")

    take_in(cast, SMALL.replace("全縣無重大火災事故", "全縣無重大火災、交通事故"), now)

    indicator.refresh_from_db()
    assert indicator.clause.text == "全縣無重大火災、交通事故"
    assert indicator.reworded_at == now
    assert indicator.retired_at is None


def test_the_office_says_it_is_another_clause_after_all(
    cast: Cast, now: datetime, first: Imported
) -> None:
    old = Indicator.objects.get(clause__text="全縣無重大火災事故")

    imported = take_in(
        cast, SMALL.replace("全縣無重大火災事故", "全縣無重大火災、交通事故"), now, pairs=[]
    )

    old.refresh_from_db()
    new = Indicator.objects.get(clause__text="全縣無重大火災、交通事故")
    assert old.retired_at == now
    assert new.pk != old.pk
    assert imported.saved.changes.counts["gone"] == 1


def test_what_is_gone_is_retired_not_deleted_and_its_measures_stay(
    cast: Cast, now: datetime, first: Imported
) -> None:
    measure = Measure.objects.get(title__contains="禮儀培訓")

    take_in(cast, SMALL.replace(GONE, ""), now)

    measure.refresh_from_db()
    assert measure.clause.version.number == 1
    assert measure.main_task.retired_at == now
    assert MainTask.objects.filter(retired_at__isnull=True).count() == 1
    assert PlanVersion.objects.get(number=1).clauses.filter(text__contains="禮儀培訓").exists()


def test_measures_follow_their_clause_when_it_moves(
    cast: Cast, now: datetime, first: Imported
) -> None:
    measure = Measure.objects.get(title__contains="禮儀培訓")
    code = measure.code
    moved = SMALL.replace("1、規範服務", "1、改善環境。整治窗口環境。\n2、規範服務").replace(
        "2、加強培訓", "3、加強培訓"
    )

    take_in(cast, moved, now, with_measures=True)

    measure.refresh_from_db()
    assert measure.clause.code == "T3.1"
    assert measure.main_task.code == "T3"
    assert measure.code == code
    assert Measure.objects.count() == 3
    assert len(set(Measure.objects.values_list("code", flat=True))) == 3


def test_objectives_renumbered_in_the_new_text_keep_their_rows(
    cast: Cast, now: datetime, first: Imported
) -> None:
    calm = Objective.objects.get(title="平安有序")
    swapped = SMALL.replace(
        "1、窗口服務規範。窗口服務群眾滿意率達到90%以上；辦事指南齊全。\n"
        "2、平安有序。全縣無重大火災事故。",
        "1、平安有序。全縣無重大火災事故。\n"
        "2、窗口服務規範。窗口服務群眾滿意率達到90%以上；辦事指南齊全。",
    )

    imported = take_in(cast, swapped, now)

    calm.refresh_from_db()
    assert calm.code == "G1"
    assert [row.code for row in Objective.objects.order_by("number")] == ["G1", "G2"]
    counts = imported.saved.changes.counts
    assert (counts["added"], counts["reworded"], counts["gone"]) == (0, 0, 0)


def test_an_objective_taken_out_leaves_its_code_to_the_next(
    cast: Cast, now: datetime, first: Imported
) -> None:
    calm = Objective.objects.get(title="平安有序")

    take_in(
        cast,
        SMALL.replace("2、平安有序。全縣無重大火災事故。", "2、環境整潔。大廳衛生每日保潔。"),
        now,
    )

    calm.refresh_from_db()
    assert calm.retired_at == now
    assert calm.code == "G2-v1"
    assert Objective.objects.get(code="G2").title == "環境整潔"


def test_three_versions_of_the_real_document_stay_consistent(cast: Cast, now: datetime) -> None:
    take_in(cast, REAL, now, with_measures=True)
    shorter = REAL.replace("無刑事案件、", "").replace("無刑事案件,", "")
    take_in(cast, shorter, now)

    imported = take_in(cast, REAL + "\n4、每季度通報一次創建進展。\n", now)

    active = Indicator.objects.filter(retired_at__isnull=True)
    assert active.count() == imported.saved.indicator_count
    assert all(row.clause.version_id == imported.saved.version.pk for row in active)
    measures = Measure.objects.select_related("clause")
    assert {row.clause.version_id for row in measures} == {imported.saved.version.pk}


def test_objectives_made_by_hand_are_claimed_by_title_or_step_aside(
    cast: Cast, now: datetime
) -> None:
    claimed = Objective.objects.create(
        campaign=cast.campaign, number=1, code="G1", title="平安有序"
    )
    own = Objective.objects.create(campaign=cast.campaign, number=2, code="G2", title="節約能源")

    take_in(cast, SMALL, now)

    claimed.refresh_from_db()
    own.refresh_from_db()
    assert (claimed.code, claimed.clause.code) == ("G2", "G2")
    assert (own.code, own.retired_at) == ("G3", None)


def test_going_over_a_reworded_indicator_clears_the_flag(
    cast: Cast, now: datetime, first: Imported
) -> None:
    take_in(cast, SMALL.replace("全縣無重大火災事故", "全縣無重大火災、交通事故"), now)
    indicator = Indicator.objects.get(reworded_at__isnull=False)
    photo = EvidenceForm.objects.get(code="photo")

    update_indicator(
        actor=cast.office,
        indicator_id=indicator.pk,
        values={
            "cycle": "monthly",
            "measurable": "yes",
            "is_veto_like": True,
            "standard": "火災、交通事故為 0",
        },
        evidence=[{"form": photo, "count": 2}],
        at=now,
    )

    indicator.refresh_from_db()
    assert indicator.reworded_at is None
    assert [str(row) for row in indicator.evidence_requirements.all()] == ["實景圖片 2"]
    changes = Entry.objects.get(action="campaigns.indicator_changed").changes
    assert changes["cycle"] == ["yearly", "monthly"]
    assert changes["evidence"][1] == "實景圖片 2 張"


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("群眾滿意率高", "群眾滿意率達到90%以上"),
        ("無刑事案件", "無重大刑事案件"),
        ("", "新的一款"),
        ("辦事程序公開、規範、效率高", "辦事流程公開透明、規範、高效"),
    ],
)
def test_marked_words_give_back_both_texts(old: str, new: str) -> None:
    parts = word_parts(old, new)

    assert "".join(part.text for part in parts if part.op != "new") == old
    assert "".join(part.text for part in parts if part.op != "gone") == new
