"""一條沒有評分，話要說對：還沒評的是待評，不說成單位沒有材料；審定時凍結，舊定稿照舊。"""

import json
from collections.abc import Callable

from django.core.management import call_command
from django.test import Client

from evaluations.models import Criterion
from evaluations.services import rounds
from evaluations.sheets import Gap, explain, frozen_sheets, latest_snapshot, read_sheets
from people.models import User
from tests import factories as make
from tests.cast import Cast
from tests.evaluations import round_stage as stage
from tests.evaluations.round_stage import Phase

SignIn = Callable[[User], Client]


def gaps(cast: Cast, found: stage.AssessmentRound) -> dict[str, tuple[str, str]]:
    (view,) = read_sheets(found, [stage.sheet_of(found, cast.registry)])
    return {
        line.number: (line.result.gap, line.result.why)
        for line in view.lines
        if line.result.is_missing
    }


def unscored(cast: Cast, *, submitted: bool) -> stage.AssessmentRound:
    """走到審定，一條也沒有初評。"""
    found = stage.round_at(cast, Phase.CHECK if submitted else Phase.SELF)
    while (found := stage.fresh(found)).phase != Phase.DECISION:
        rounds.advance_round(actor=cast.office, round_id=found.pk, at=stage.START, reason="先走")
    return found


def test_while_scoring_goes_on_a_line_waits(cast: Cast, signed_in: SignIn) -> None:
    found = stage.round_at(cast, Phase.CHECK)
    sheet = stage.sheet_of(found, cast.registry)

    assert gaps(cast, found)["1.1"] == (Gap.WAITING, "評分方還沒有評，待評。")
    page = signed_in(cast.office).get(sheet.get_absolute_url())
    said = page.content.decode()
    assert "待評" in said
    assert "按 0 分計" not in said
    assert "預計等次" not in said
    assert "為什麼是" not in said
    result = signed_in(cast.office).get(f"{found.get_absolute_url()}result/").content.decode()
    assert "3 個單位還沒有評完" in result
    assert "不合格" not in result


def test_at_the_decision_the_reason_is_the_true_one(cast: Cast) -> None:
    found = unscored(cast, submitted=True)
    row = Criterion.objects.get(number="1.1")
    row.indicators.add(make.IndicatorFactory(objective__campaign=cast.campaign))

    said = gaps(cast, found)

    assert said["1.1"] == (Gap.NO_MATERIAL, "沒有材料，按 0 分計。")
    assert said["2.2"] == (Gap.UNSCORED, "評分方還沒有評，按 0 分計。")
    assert said["1.4"] == (Gap.UNSCORED, "評分方還沒有評，按 0 分計。")


def test_who_handed_in_nothing_is_told_so(cast: Cast) -> None:
    said = gaps(cast, unscored(cast, submitted=False))

    assert said["1.1"] == (Gap.UNSUBMITTED, "單位未提交自評，按 0 分計。")
    assert said["1.4"][0] == Gap.UNSCORED


def test_the_reason_is_frozen_and_an_old_edition_reads_as_before(cast: Cast) -> None:
    found = unscored(cast, submitted=False)
    rounds.decide_round(actor=cast.leader, round_id=found.pk, at=stage.START, reason="先定")
    snapshot = latest_snapshot(stage.fresh(found))

    frozen = frozen_sheets(snapshot, {cast.registry.pk})[0]
    assert any("單位未提交自評，按 0 分計。" in sentence for sentence in explain(frozen))
    body = json.loads(snapshot.body)
    for each in body["sheets"]:
        for line in each["sheet"]["lines"]:
            for name in ("self_entry", "first", "final", "result"):
                if line[name]:
                    del line[name]["gap"]
    snapshot.body = json.dumps(body)
    old = frozen_sheets(snapshot, {cast.registry.pk})[0]
    assert [line.result.gap_words for line in old.missing] == ["缺，0"] * len(old.missing)
    assert not old.is_waiting
    call_command("verify_results")
