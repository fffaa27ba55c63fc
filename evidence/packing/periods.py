"""可以選的報送期：活動所在的各年、半年、季、月。頁面和命令行用同一份。"""

from campaigns.models import Campaign, Cycle
from pingtan_civ.lib.periods import Period, periods

_CYCLES = (Cycle.YEARLY, Cycle.HALF_YEARLY, Cycle.QUARTERLY, Cycle.MONTHLY)


def periods_of(campaign: Campaign) -> dict[str, Period]:
    """{代號: 期}，如「2026-Q4」。"""
    return {
        period.label: period
        for cycle in _CYCLES
        for period in periods(cycle, campaign.start_date, campaign.end_date)
    }
