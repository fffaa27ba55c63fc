"""工作台上的考核推薦：等着表決、核查異議、往下走一步的各一條，和可以推薦的。一次查詢。"""

from collections.abc import Iterable, Sequence

from django.utils.translation import gettext as _

from campaigns.standing import Standing
from desk.todo import LISTED, Todo
from recommendations.inbox import Duty, Kind, duties
from supervision.register import rule_on
from tasks.lights import Light, LightRule
from workdays.services import calendar


def recommendation_todos(standing: Standing, campaign_ids: Sequence[int]) -> Iterable[Todo]:
    rule = rule_on(standing.on, calendar())
    return [_todo(duty, rule) for duty in duties(standing, campaign_ids)[:LISTED]]


def _todo(duty: Duty, rule: LightRule) -> Todo:
    """有人在等的黃燈；推薦是自願的，不亮燈，只寫截止。"""
    title, why, verb = _words(duty)
    is_free = duty.kind == Kind.NOMINATE
    return Todo(
        light=Light.TODO if is_free else Light.WARN,
        note="",
        label=rule.note(duty.due) if is_free else _("待辦"),
        title=title,
        why=why,
        verb=verb,
        url=duty.url,
        due=duty.due,
        campaign_id=duty.programme.campaign_id,
    )


def _words(duty: Duty) -> tuple[str, str, str]:
    """（事, 為什麼, 按鈕的動詞）。"""
    words = {"programme": duty.programme.title, "authority": duty.programme.authority}
    return {
        Kind.VOTE: (
            _("%(programme)s：待您表決") % words,
            _("考核推薦 · 記名表決，結束以前可以改。"),
            _("表決"),
        ),
        Kind.CHECK: (
            _("%(programme)s：公示異議待核查") % words,
            _("考核推薦 · 查清以前不能報送%(authority)s。") % words,
            _("核查"),
        ),
        Kind.RUN: (
            _("%(programme)s：可以走下一步了") % words,
            _("考核推薦 · %(state)s") % {"state": duty.programme.get_state_display()},
            _("去辦"),
        ),
        Kind.NOMINATE: (
            _("%(programme)s：可以推薦本單位") % words,
            _("考核推薦 · 自願推薦，條件寫在項目頁上。"),
            _("推薦"),
        ),
    }[duty.kind]
