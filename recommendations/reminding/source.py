"""登記給提醒引擎的來源，和每週一覽裏的一句。"""

from collections.abc import Collection, Mapping
from datetime import date

from django.utils.translation import gettext as _

from evaluations.reminding import Asked, Matter
from evaluations.reminding.source import MatterSource
from evaluations.reminding.weekly import overview
from people.models import Appointment, Department
from people.services import holders
from pingtan_civ.lib.working_days import WorkingCalendar
from recommendations.models import Programme
from recommendations.reminding.acts import WORDS, Act
from recommendations.reminding.matters import find
from recommendations.reminding.tracks import KINDS

#: 自願的、還沒到時候的、要等上級的，不算欠着。
_NOT_OWED = (Act.NOMINATE, Act.END)


class RecommendationSource(MatterSource):
    """推薦申報、表決、往下走一步、公示異議、批覆。"""

    tracks: Collection[str] = tuple(str(kind.track) for kind in KINDS)
    words = WORDS
    own_work = (Act.NOMINATE, Act.END, Act.ANSWER)

    def find(self, asked: Asked) -> list[Matter]:
        return find(asked)

    def people(self, campaign_id: int, on: date) -> Collection[int]:
        """申報的時候，各單位的負責人；別的都在領導小組裏。"""
        rows = Programme.objects.running().filter(campaign=campaign_id)
        if not rows.filter(state=Programme.State.OPEN).exists():
            return set()
        units = Department.objects.existing(on).values_list("pk", flat=True)
        found = holders(units, on, role=Appointment.Role.HEAD)
        return {person.pk for people in found.values() for person in people}


def recommendation_week(
    campaign_ids: Collection[int], on: date, calendar: WorkingCalendar
) -> Mapping[int, str]:
    matters = [row for row in find(Asked(on, calendar)) if row.act not in _NOT_OWED]
    matters = [row for row in matters if row.act != Act.ANSWER or row.due < on]
    said = _("推薦等着辦的 %(count)d 件（其中逾期 %(late)d）：%(kinds)s。")
    return overview(matters, WORDS, campaign_ids, on, said)
