"""幾個人同一刻評同一條、評分和審定同時：一條只有一個當前的分，定稿之後沒有分溜進去。"""

import pytest

from evaluations.models import ResultSnapshot, Score
from evaluations.services import rounds
from evaluations.services.rounds import Mark
from evaluations.sheets import frozen_sheets, read_sheets
from pingtan_civ.lib.scoring import Finding
from tasks.models import WrongState
from tests.cast import Cast
from tests.concurrency.together import split, together
from tests.evaluations import round_stage as stage
from tests.evaluations.round_stage import Phase

pytestmark = pytest.mark.django_db(transaction=True)


def test_two_scorers_leave_one_current_score_and_both_readable(cast: Cast) -> None:
    found = stage.round_at(cast, Phase.CHECK)
    sheet = stage.sheet_of(found, cast.registry)
    key = stage.number_of(sheet, "1.2")

    def score(actor: object, times: int) -> int:
        return rounds.save_first_scores(
            actor=actor,
            sheet_id=sheet.pk,
            marks={key: Mark(Finding(occurrences=times), reason=f"發現 {times} 處")},
            at=stage.START,
        )

    done, refused = split(together(lambda: score(cast.office, 1), lambda: score(cast.officer, 2)))

    assert (done, refused) == ([1, 1], [])
    rows = Score.objects.filter(sheet=sheet, criterion=key, stage="first")
    assert rows.count() == 2
    assert rows.filter(replaced_at__isnull=True).count() == 1


def test_of_two_stale_pages_one_is_told(cast: Cast) -> None:
    found = stage.round_at(cast, Phase.CHECK)
    sheet = stage.sheet_of(found, cast.registry)
    key = stage.number_of(sheet, "1.2")

    def score(actor: object, times: int) -> int:
        return rounds.save_first_scores(
            actor=actor,
            sheet_id=sheet.pk,
            marks={key: Mark(Finding(occurrences=times), reason="有問題", seen=0)},
            at=stage.START,
        )

    done, refused = split(together(lambda: score(cast.office, 1), lambda: score(cast.officer, 2)))

    assert done == [1]
    assert [type(each) for each in refused] == [rounds.RefusedMarks]


def test_no_score_slips_in_while_the_chair_decides(cast: Cast) -> None:
    found = stage.round_at(cast, Phase.DECISION)
    sheet = stage.sheet_of(found, cast.registry)

    def decide() -> ResultSnapshot:
        return rounds.decide_round(actor=cast.leader, round_id=found.pk, at=stage.START)

    def change() -> int:
        return rounds.save_final_scores(
            actor=cast.deputy,
            sheet_id=sheet.pk,
            marks=stage.marks(sheet, {"2.1": Finding(step="A")}, "整改到位"),
            at=stage.START,
        )

    done, refused = split(together(decide, change, decide))

    (snapshot,) = ResultSnapshot.objects.all()
    (frozen,) = frozen_sheets(snapshot, {cast.registry.pk})
    (live,) = read_sheets(stage.fresh(found), [sheet])
    assert frozen == live
    assert {type(each) for each in refused} == {WrongState}
    assert len(done) in (1, 2)
