"""抽籤：拿着種子能重抽，名單的次序不影響，各單位機會均等。"""

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from pingtan_civ.lib.drawing import draw

keys = st.lists(st.integers(1, 10_000), unique=True, max_size=30)


@given(st.text(), keys, st.integers(0, 40), st.randoms())
def test_the_same_seed_draws_the_same_units(
    seed: str, pool: list[int], count: int, shuffler: object
) -> None:
    mixed = list(pool)
    shuffler.shuffle(mixed)  # type: ignore[attr-defined]

    picked = draw(seed, pool, count)

    assert picked == draw(seed, mixed, count)
    assert len(picked) == len(set(picked)) == min(count, len(pool))
    assert set(picked) <= set(pool)


def test_every_unit_is_as_likely_as_another() -> None:
    counts = Counter(key for seed in range(3000) for key in draw(str(seed), range(10), 1))

    assert all(230 < counts[key] < 370 for key in range(10))


def test_the_order_is_written_down_for_good() -> None:
    assert draw("2026-Q4", [1, 2, 3, 4, 5], 2) == [2, 3]
