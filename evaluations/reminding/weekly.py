"""每週一覽裏考核的一句：還有幾件等着人辦，各是什麼，幾件逾期。"""

from collections import Counter
from collections.abc import Collection, Mapping
from datetime import date

from django.utils.translation import gettext as _

from evaluations.reminding.acts import WORDS, Act
from evaluations.reminding.matters import Asked, Matter, find
from pingtan_civ.lib.working_days import WorkingCalendar


def assessment_week(
    campaign_ids: Collection[int], on: date, calendar: WorkingCalendar
) -> Mapping[int, str]:
    found: dict[int, list[Matter]] = {}
    for matter in find(Asked(on, calendar)):
        # 主管部門答覆的日子還沒到，不欠誰。
        is_early = matter.act == Act.PHONE and matter.due >= on
        if matter.campaign_id in campaign_ids and not is_early:
            found.setdefault(matter.campaign_id, []).append(matter)
    return {campaign: _sentence(matters, on) for campaign, matters in found.items()}


def _sentence(matters: Collection[Matter], on: date) -> str:
    kinds = Counter(matter.act for matter in matters)
    words = {
        "count": len(matters),
        "late": sum(matter.due < on for matter in matters),
        "kinds": "，".join(f"{WORDS[act].kind} {kinds[act]}" for act in Act if kinds[act]),
    }
    return _("考核等着辦的 %(count)d 件（其中逾期 %(late)d）：%(kinds)s。") % words
