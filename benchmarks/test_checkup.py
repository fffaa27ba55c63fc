"""體檢：兩萬張圖找看上去一樣的，用不着兩兩相比；六十個單位、三年的報送一頁數完。"""

import random
import time
from collections import Counter
from itertools import combinations

import pytest

from evidence.checkup.repeats import NEAR_BITS, near_pairs

pytestmark = pytest.mark.bench
PICTURES = 20_000
SAMPLE = 2_000
TWINS = 500


def hashes(count: int) -> list[int]:
    """count 張圖的指紋，其中每一百張有幾張是另一張改動幾位得來的。"""
    dice = random.Random(2026)  # noqa: S311
    found = [dice.getrandbits(64) for _each in range(count - TWINS)]
    for original in found[:TWINS]:
        flips = dice.sample(range(64), dice.randint(1, NEAR_BITS))
        found.append(original ^ sum(1 << bit for bit in flips))
    return found


def seconds(job: object) -> tuple[float, list]:
    start = time.perf_counter()
    found = [pair for pair in job() if pair[0] != pair[1]]
    return time.perf_counter() - start, found


def test_twenty_thousand_pictures_are_not_compared_in_pairs() -> None:
    rows = hashes(PICTURES)
    sample = rows[:SAMPLE]

    spent, found = seconds(lambda: near_pairs(rows))
    by_pairs, _all = seconds(
        lambda: (
            (one, other)
            for one, other in combinations(sample, 2)
            if (one ^ other).bit_count() <= NEAR_BITS
        )
    )

    whole = by_pairs * (PICTURES / SAMPLE) ** 2
    print(f"\n{PICTURES:,} 張圖：分段 {spent:.2f} 秒，兩兩相比約 {whole:.0f} 秒")
    print(f"　　找出 {len(found)} 對")
    assert len(found) >= TWINS
    assert max(Counter(one for one, _other in found).values()) < SAMPLE
    assert spent < whole / 10
