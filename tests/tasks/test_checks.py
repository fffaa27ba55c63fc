"""自動核對的每條規則，各有一例通過、一例不通過。"""

from dataclasses import replace
from datetime import date

import pytest

from tasks.checks import Check, EvidenceFacts, RoundFacts, Severity, check_round, passes
from tests.factories import moment

PHOTO = EvidenceFacts("大廳.jpg", form_id=3, is_picture=True, captured_at=moment(2026, 11, 10))
GOOD = RoundFacts(
    narrative="收費公示欄已設在大廳入口，內容與物價批覆一致。",
    is_nil=False,
    percent=60,
    last_percent=40,
    is_late=False,
    period_start=date(2026, 11, 1),
    period_end=date(2026, 11, 30),
    wanted={3: ("實景圖片", 1)},
    evidence=(PHOTO,),
)


def test_a_good_round_passes_every_check() -> None:
    assert passes(check_round(GOOD))


@pytest.mark.parametrize(
    ("facts", "severity", "word"),
    [
        (replace(GOOD, is_late=True), Severity.WARN, "逾期"),
        (replace(GOOD, narrative="已做。"), Severity.WARN, "3 字"),
        (replace(GOOD, percent=30), Severity.BAD, "低於"),
        (replace(GOOD, wanted={3: ("實景圖片", 2)}), Severity.BAD, "要 2 份"),
        (replace(GOOD, is_nil=True), Severity.WARN, "零報告"),
        (
            replace(GOOD, evidence=(replace(PHOTO, used_elsewhere=("3-04",)),)),
            Severity.WARN,
            "3-04",
        ),
        (
            replace(GOOD, evidence=(replace(PHOTO, captured_at=moment(2026, 9, 1)),)),
            Severity.WARN,
            "不在本期內",
        ),
    ],
)
def test_each_fault_is_named_and_keeps_the_round_out_of_bulk_acceptance(
    facts: RoundFacts, severity: Severity, word: str
) -> None:
    found = check_round(facts)

    faults = [check for check in found if check.severity != Severity.OK]
    assert faults == [Check(severity, faults[0].text)]
    assert word in faults[0].text
    assert not passes(found)
