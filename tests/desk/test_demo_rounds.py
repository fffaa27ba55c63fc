"""樣例的考核：有使用中的辦法就演一次走完的、一次正在自評的；沒有就不演。"""

from datetime import date

from desk.demo.rounds import play_rounds
from evaluations.models import AssessmentRound, Objection
from evaluations.services.rounds import verify_snapshots
from evaluations.sheets import frozen_sheets, latest_snapshot
from tests.cast import TODAY, Cast
from tests.evaluations import round_stage as stage


def test_without_a_scheme_nothing_is_played(cast: Cast) -> None:
    play_rounds(cast.campaign, TODAY)

    assert not AssessmentRound.objects.exists()


def test_one_round_is_finished_and_one_is_under_way(cast: Cast) -> None:
    stage.scheme(cast.campaign, cast.office, members=stage.members_of(cast))

    play_rounds(cast.campaign, TODAY)

    last, running = AssessmentRound.objects.order_by("period_start")
    assert (last.code, last.phase) == ("2026-Q3", "published")
    assert last.published_at.date() < TODAY
    views = frozen_sheets(latest_snapshot(last))
    assert {view.grade for view in views} & {"優秀", "良好", "合格"}
    assert not any(view.missing for view in views)
    assert [fault for _snapshot, fault in verify_snapshots()] == [""]
    objection = Objection.objects.get()
    assert (objection.sheet.round, objection.state) == (last, "rejected")
    assert (running.code, running.phase) == ("2026-Q4", "self")
    assert running.phases.get(phase="self").due_date >= date(2026, 11, 23)
    assert running.sheets.filter(self_submitted_at__isnull=False).count() == 1
