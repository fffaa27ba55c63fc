"""批量通過：哪些全部核對通過，哪些要逐份看，抽看哪幾份。"""

import zlib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from django.utils.translation import gettext as _

from campaigns.standing import Standing
from tasks import policies
from tasks.checks import Severity
from tasks.review_facts import gather, last_percents
from tasks.review_page import Waiting

AT_ONCE = 100
"""一次最多批量通過這麼多份，其餘下一次再來。"""

SAMPLE_ONE_IN = 10
SAMPLE_AT_MOST = 5


@dataclass(frozen=True)
class Candidate:
    """待審的一份：faults 為空即全部核對通過。is_sample 建議抽看。"""

    row: Waiting
    evidence: int
    faults: list[str]
    is_sample: bool = False


@dataclass(frozen=True)
class Sorted:
    """分成兩堆：可以批量通過的、要逐份看的。"""

    passing: list[Candidate]
    others: list[Candidate]


def sort_waiting(standing: Standing, rows: Iterable[Waiting]) -> Sorted:
    """對全部待審的自動核對一遍，固定三次查詢。本人報出或初審的歸入要別人看的。"""
    rows = list(rows)
    materials = gather(row.round for row in rows)
    last = last_percents(row.round for row in rows)
    found = []
    for row in rows:
        checks = materials.checks(row.round, last[row.round.pk])
        faults = [check.text for check in checks if check.severity != Severity.OK]
        if not policies.can_review(standing, row.round):
            faults.insert(0, _("您報出或初審過，要由同事審核。"))
        found.append(Candidate(row, len(materials.links.get(row.round.pk, [])), faults))
    passing = [each for each in found if not each.faults][:AT_ONCE]
    picked = sample([each.row.pk for each in passing], standing.on)
    return Sorted(
        passing=[Candidate(each.row, each.evidence, [], each.row.pk in picked) for each in passing],
        others=[each for each in found if each.faults],
    )


def sample(keys: list[int], on: date) -> set[int]:
    """建議抽看的幾份：十抽一，至少一份、至多五份；同一天打開總是同樣幾份，換一天就換。"""
    count = min(SAMPLE_AT_MOST, -(-len(keys) // SAMPLE_ONE_IN))
    return set(sorted(keys, key=lambda key: zlib.crc32(f"{on}:{key}".encode()))[:count])
