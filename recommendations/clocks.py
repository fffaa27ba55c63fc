"""推薦的事輪到人之後，最遲哪天辦。只是日期的算術；申報截止、公示期限定在庫裏。"""

from datetime import date

from django.utils.timezone import localdate

from pingtan_civ.lib.working_days import WorkingCalendar
from recommendations.models import Programme, PublicityObjection

HAND_DAYS = 5
"""輪到誰（表決、提交表決、開始公示、報送、核查異議）幾個工作日內辦，與責任書一樣。"""
ANSWER_DAYS = 20
"""報送以後多少個工作日還沒有批覆，就該問一問上級。"""


def turned_on(programme: Programme) -> date:
    """哪天走到這一步的。"""
    return localdate(programme.turned_at or programme.created_at)


def hand_due(since: date, calendar: WorkingCalendar) -> date:
    return calendar.add(since, HAND_DAYS)


def step_due(programme: Programme, calendar: WorkingCalendar) -> date:
    """辦公室往下走一步：申報的從截止起，公示的從期滿起，別的從走到這一步起。"""
    state = Programme.State(programme.state)
    if state == Programme.State.OPEN:
        return hand_due(programme.apply_by, calendar)
    if state == Programme.State.PUBLICITY:
        return hand_due(programme.publicity_end, calendar)
    return hand_due(turned_on(programme), calendar)


def vote_due(programme: Programme, calendar: WorkingCalendar) -> date:
    """表決：從提交（再投的從上一輪結束）起。"""
    return hand_due(turned_on(programme), calendar)


def objection_due(objection: PublicityObjection, calendar: WorkingCalendar) -> date:
    """核查異議：從登記起；公示期滿以前查清就不耽誤報送，所以不早於期滿。"""
    end = objection.candidate.programme.publicity_end
    return max(end, hand_due(localdate(objection.recorded_at), calendar))


def answer_due(programme: Programme, calendar: WorkingCalendar) -> date:
    """上級何時批覆不由本局定；到這天還沒有，去問。"""
    return calendar.add(turned_on(programme), ANSWER_DAYS)
