"""等着人辦的是哪一樣：在日程上叫什麼，怎樣說；輪到創建辦的是哪一步。不查庫。"""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from django.utils.translation import gettext_lazy as _

from evaluations.reminding.acts import Words
from recommendations.models import Programme

State = Programme.State


class Act(StrEnum):
    NOMINATE = "nominate"
    VOTE = "vote"
    PUT = "put"
    CLOSE = "close"
    SHOW = "show"
    STOP = "stop"
    CHECK = "check"
    END = "end"
    SEND = "send"
    ANSWER = "answer"


WORDS: dict[Act, Words] = {
    Act.NOMINATE: Words(
        _("推薦申報"), _("本單位還沒有推薦，符合條件的請推薦，不推薦的不用辦"), _("還沒有推薦")
    ),
    Act.VOTE: Words(_("推薦表決"), _("請您表決，該迴避的請聲明"), _("還沒有表決")),
    Act.PUT: Words(_("提交表決"), _("請核對各項條件，提交表決"), _("還沒有提交表決")),
    Act.CLOSE: Words(_("結束表決"), _("該表決的都表決了，請結束表決"), _("還沒有結束表決")),
    Act.SHOW: Words(_("開始公示"), _("請開始公示"), _("還沒有公示")),
    Act.STOP: Words(_("中止推薦"), _("名單上沒有對象了，請寫明原因中止"), _("還沒有中止")),
    Act.CHECK: Words(_("公示異議"), _("請核查、認定，查清以前不能報送"), _("還沒有認定")),
    Act.END: Words(_("公示期滿"), _("請核對收到的異議都登記了，期滿即可報送"), _("還沒有核對")),
    Act.SEND: Words(_("推薦報送"), _("公示期滿，請報送"), _("還沒有報送")),
    Act.ANSWER: Words(_("上級批覆"), _("請問一問批覆，收到即記下"), _("還沒有記下批覆")),
}


@dataclass(frozen=True)
class Facts:
    """一個項目此刻的樣子：有沒有在表決的、在名單上的、還等着誰的票、沒查清的異議。"""

    is_balloting: bool = False
    is_listed: bool = False
    is_all_voted: bool = False
    is_disputed: bool = False


def office_act(programme: Programme, facts: Facts, on: date) -> Act | None:
    """輪到創建辦的一步；輪不到的為 None。與 inbox.waiting 同一規則。"""
    state = programme.state
    if state == State.OPEN:
        return Act.PUT if programme.apply_by < on else None
    if state == State.VOTING and facts.is_balloting:
        return Act.CLOSE if facts.is_all_voted else None
    if state == State.VOTING:
        return Act.SHOW if facts.is_listed else Act.STOP
    if state == State.PUBLICITY:
        if not facts.is_listed:
            return Act.STOP
        if not programme.is_publicity_over(on):
            return Act.END
        return None if facts.is_disputed else Act.SEND
    return Act.ANSWER if state == State.SUBMITTED else None
