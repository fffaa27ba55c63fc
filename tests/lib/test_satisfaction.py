"""滿意率：按份數合計，不了解的不計入分母；選項怎樣計由辦法說。"""

from decimal import Decimal

import pytest

from pingtan_civ.lib.satisfaction import (
    USUAL,
    Counts,
    Option,
    Tally,
    UnreadableOptions,
    pool,
    read_options,
)


def tally(*numbers: int) -> Tally:
    return Tally(100, 90, sum(numbers), tuple(zip(USUAL, numbers, strict=True)))


def test_the_share_leaves_out_those_who_do_not_know() -> None:
    assert tally(50, 15, 3, 2).share == Decimal("95.59")
    assert tally(0, 0, 0, 9).share is None


def test_several_are_pooled_by_sheets_not_by_averaging_shares() -> None:
    small, large = tally(10, 0, 10, 0), tally(190, 0, 10, 0)

    both = pool([small, large])

    assert both == pool([large, small])
    assert (both.valid, both.share) == (220, Decimal("90.91"))


def test_the_scheme_says_how_an_option_counts() -> None:
    assert read_options("") == USUAL
    assert read_options("很好＋、一般, 說不清－".replace(", ", "，")) == (
        Option("很好", Counts.SATISFIED),
        Option("一般"),
        Option("說不清", Counts.IGNORED),
    )


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("好＋、壞、壞", "twice"),
        ("好、壞", "one-sided"),
        ("好＋、不清楚－", "one-sided"),
        ("＋、壞", "long"),
        ("、".join(f"好{n}＋" for n in range(9)), "many"),
    ],
)
def test_options_that_cannot_be_read_are_refused(text: str, code: str) -> None:
    with pytest.raises(UnreadableOptions, match=code):
        read_options(text)
