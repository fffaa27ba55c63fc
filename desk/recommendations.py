"""工作台上的考核推薦：等着表決、核查異議、往下走一步的各一條，和可以推薦的。一次查詢。"""

from collections.abc import Iterable, Sequence

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from campaigns.standing import Standing
from desk.todo import LISTED, Todo, waited_for
from recommendations.inbox import Duty, duties
from recommendations.reminding import Act
from supervision.register import rule_on
from tasks.lights import Light, LightRule
from workdays.services import calendar


def recommendation_todos(standing: Standing, campaign_ids: Sequence[int]) -> Iterable[Todo]:
    days = calendar()
    rule = rule_on(standing.on, days)
    return [_todo(duty, rule) for duty in duties(standing, campaign_ids, days)[:LISTED]]


def _todo(duty: Duty, rule: LightRule) -> Todo:
    """有人在等的黃燈，過了時限的紅燈；推薦是自願的、批覆要等上級的，不亮燈，只寫截止。"""
    title, why, verb = _words(duty)
    is_late = duty.due is not None and duty.due < rule.today
    is_free = duty.act == Act.NOMINATE or (duty.act == Act.ANSWER and not is_late)
    return Todo(
        light=Light.TODO if is_free else waited_for(rule.of_due(duty.due)),
        note="",
        label=_label(duty, rule, is_late=is_late),
        title=title,
        why=why,
        verb=verb,
        url=duty.url,
        due=duty.due,
        campaign_id=duty.programme.campaign_id,
    )


def _label(duty: Duty, rule: LightRule, *, is_late: bool) -> str:
    if duty.act == Act.ANSWER and not is_late:
        return _("等批覆")
    return rule.note(duty.due) if duty.due else _("待辦")


_WORDS = {
    Act.NOMINATE: (
        gettext_lazy("%(programme)s：可以推薦本單位"),
        gettext_lazy("考核推薦 · 自願推薦，條件寫在項目頁上。"),
        gettext_lazy("推薦"),
    ),
    Act.VOTE: (
        gettext_lazy("%(programme)s：待您表決"),
        gettext_lazy("考核推薦 · 記名表決，結束以前可以改。"),
        gettext_lazy("表決"),
    ),
    Act.PUT: (
        gettext_lazy("%(programme)s：申報已截止，待提交表決"),
        gettext_lazy("考核推薦 · 條件都滿足的進入表決。"),
        gettext_lazy("去提交"),
    ),
    Act.CLOSE: (
        gettext_lazy("%(programme)s：都表決了，待結束"),
        gettext_lazy("考核推薦 · 該表決的都表決了，結束以後才能公示。"),
        gettext_lazy("去結束"),
    ),
    Act.SHOW: (
        gettext_lazy("%(programme)s：表決完了，待公示"),
        gettext_lazy("考核推薦 · 公示期滿才能報送%(authority)s。"),
        gettext_lazy("去公示"),
    ),
    Act.STOP: (
        gettext_lazy("%(programme)s：名單上沒有對象了"),
        gettext_lazy("考核推薦 · 不能再往下走，請寫明原因中止。"),
        gettext_lazy("去看"),
    ),
    Act.CHECK: (
        gettext_lazy("%(programme)s：公示異議待核查"),
        gettext_lazy("考核推薦 · 查清以前不能報送%(authority)s。"),
        gettext_lazy("核查"),
    ),
    Act.SEND: (
        gettext_lazy("%(programme)s：公示期滿，待報送"),
        gettext_lazy("考核推薦 · 沒有待查的異議，可以報送%(authority)s。"),
        gettext_lazy("去報送"),
    ),
    Act.ANSWER: (
        gettext_lazy("%(programme)s：上級批覆待記下"),
        gettext_lazy("考核推薦 · 已報送%(authority)s，收到批覆即逐個記下。"),
        gettext_lazy("去記"),
    ),
}
"""各步在待辦裏怎樣說：（事, 為什麼, 按鈕的動詞）。"""


def _words(duty: Duty) -> tuple[str, str, str]:
    """（事, 為什麼, 按鈕的動詞）。"""
    words = {"programme": duty.programme.title, "authority": duty.programme.authority}
    title, why, verb = (str(each) for each in _WORDS[duty.act])
    return title % words, why % words, verb
