"""工作台上的考核：填自評、評分、去考察、審定、公佈，等着本人的各一條。"""

from collections.abc import Iterable, Sequence

from django.utils.translation import gettext as _

from campaigns.standing import Standing
from desk.todo import Todo
from evaluations.inbox import Duty, Kind, waiting
from evaluations.models import AssessmentRound
from pingtan_civ.lib.dates import near_date
from supervision.register import rule_on
from tasks.lights import Light, LightRule
from workdays.services import calendar


def round_todos(standing: Standing, rounds: Sequence[AssessmentRound]) -> Iterable[Todo]:
    """等着此人辦的考核的事；rounds 是在走的各次考核。"""
    rule = rule_on(standing.on, calendar())
    return [_todo(duty, rule) for duty in waiting(standing, rounds)]


def _todo(duty: Duty, rule: LightRule) -> Todo:
    title, verb = _words(duty)
    why = _("考核 · %(phase)s") % {"phase": duty.round.get_phase_display()}
    if duty.kind == Kind.FEEDBACK:
        why = _("%(day)s前可提異議。") % {"day": near_date(duty.due, rule.today)}
    return Todo(
        light=rule.of_due(duty.due) if duty.due else Light.TODO,
        note="",
        label=rule.note(duty.due) if duty.due else "",
        title=title,
        why=why,
        verb=verb,
        url=duty.url,
        due=duty.due,
        campaign_id=duty.round.campaign_id,
    )


def _words(duty: Duty) -> tuple[str, str]:
    """（事, 按鈕的動詞）。"""
    words = {"round": duty.round.title, "unit": duty.unit}
    return {
        Kind.SELF: (_("%(round)s：%(unit)s自評") % words, _("填自評")),
        Kind.SCORE: (_("%(round)s：本單位負責的幾條待評") % words, _("去評分")),
        Kind.RUN: (_("%(round)s：評分，進入下一階段") % words, _("去辦")),
        Kind.VISIT: (_("%(round)s：到%(unit)s實地考察") % words, _("記錄現場情況")),
        Kind.DECIDE: (_("%(round)s：結果待審定") % words, _("審定")),
        Kind.FEEDBACK: (_("%(round)s：%(unit)s的結果已反饋") % words, _("看結果")),
        Kind.PUBLISH: (_("%(round)s：結果待公佈") % words, _("公佈")),
    }[duty.kind]
