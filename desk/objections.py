"""工作台上的考核異議：等着本人答覆、裁定的各一條。一次查詢。"""

from collections.abc import Iterable, Sequence

from django.utils.timezone import localdate
from django.utils.translation import gettext as _

from campaigns.standing import Standing
from desk.todo import LISTED, Todo
from evaluations.models import AssessmentRound, Objection
from evaluations.objection_inbox import OPEN_PHASES, waiting
from evaluations.objection_page import WARN_DAYS, due_of, light_of
from pingtan_civ.lib.dates import near_date
from tasks.lights import LightRule
from workdays.services import calendar


def objection_todos(standing: Standing, rounds: Sequence[AssessmentRound]) -> Iterable[Todo]:
    """燈號按「答覆異議」階段的截止。rounds 是在走的各次考核；沒有一次到了異議的階段就不查。"""
    open_rounds = [row.pk for row in rounds if row.phase in OPEN_PHASES]
    if not open_rounds:
        return []
    rule = LightRule.on(standing.on, calendar(), WARN_DAYS)
    rows = waiting(standing).filter(sheet__round__in=open_rounds).with_everything().with_due()
    # 活動只要編號，成文的依據、落款不取。
    campaign = "sheet__round__campaign"
    rows = rows.defer(f"{campaign}__theme", f"{campaign}__basis", f"{campaign}__signature")
    return [_todo(row, rule) for row in rows[:LISTED]]


def _todo(row: Objection, rule: LightRule) -> Todo:
    light, _note = light_of(row, rule)
    due = due_of(row)
    words = {
        "round": row.sheet.round.title,
        "day": near_date(localdate(row.filed_at), rule.today),
        "age": rule.calendar.between(localdate(row.filed_at), rule.today),
    }
    is_filed = row.state == Objection.State.FILED
    return Todo(
        light=light,
        note="",
        label=rule.note(due) if due else "",
        title=str(row),
        why=_("%(round)s · %(day)s提出，已等 %(age)d 個工作日。") % words
        if words["age"]
        else _("%(round)s · 今天提出。") % words,
        verb=_("答覆") if is_filed else _("裁定"),
        url=row.get_absolute_url(),
        due=due,
        campaign_id=row.sheet.round.campaign_id,
    )
