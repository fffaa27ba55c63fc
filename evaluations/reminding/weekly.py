"""每週一覽裏考核的一句：還有幾件等着人辦，各是什麼，幾件逾期。"""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from datetime import date

from django.utils.translation import gettext as _

from evaluations.reminding.acts import WORDS, Act, Words
from evaluations.reminding.matters import Asked, Matter, find
from pingtan_civ.lib.working_days import WorkingCalendar


def assessment_week(
    campaign_ids: Collection[int], on: date, calendar: WorkingCalendar
) -> Mapping[int, str]:
    # 主管部門答覆的日子還沒到，不欠誰。
    matters = [row for row in find(Asked(on, calendar)) if row.act != Act.PHONE or row.due < on]
    said = _("考核等着辦的 %(count)d 件（其中逾期 %(late)d）：%(kinds)s。")
    return overview(matters, WORDS, campaign_ids, on, said)


def overview(
    matters: Iterable[Matter],
    words: Mapping[str, Words],
    campaign_ids: Collection[int],
    on: date,
    said: str,
) -> Mapping[int, str]:
    """各活動一句：幾件，逾期幾件，各是什麼。"""
    found: dict[int, list[Matter]] = {}
    for matter in matters:
        if matter.campaign_id in campaign_ids:
            found.setdefault(matter.campaign_id, []).append(matter)
    return {campaign: _sentence(rows, words, on, said) for campaign, rows in found.items()}


def _sentence(matters: Collection[Matter], words: Mapping[str, Words], on: date, said: str) -> str:
    kinds = Counter(matter.act for matter in matters)
    return said % {
        "count": len(matters),
        "late": sum(matter.due < on for matter in matters),
        "kinds": "，".join(f"{words[act].kind} {kinds[act]}" for act in words if kinds[act]),
    }
