"""工作台上的目標責任書：等着本人簽訂的，和退回創建辦等修改再送的。一次查詢。"""

from collections.abc import Iterable

from django.utils.timezone import localdate
from django.utils.translation import gettext as _

from campaigns.standing import Standing
from desk.todo import LISTED, Todo, waited_for
from evaluations.clocks import letter_due
from evaluations.models import TargetLetter, TargetLetterQuerySet
from pingtan_civ.lib.dates import near_date
from supervision.register import rule_on
from workdays.services import calendar


def letter_rows(standing: Standing, campaign_ids: list[int]) -> TargetLetterQuerySet:
    return TargetLetter.objects.waiting_for(standing).filter(campaign__in=campaign_ids)


def letter_todos(rows: TargetLetterQuerySet, standing: Standing) -> Iterable[Todo]:
    """旁邊寫等了幾個工作日；時限與提醒同一算法。"""
    rows = rows.select_related("department", "text").order_by("moved_at", "pk")
    return [_todo(letter, standing) for letter in rows[:LISTED]]


def _today(letter: TargetLetter) -> str:
    return _("今天退回") if letter.is_draft else _("今天送簽")


def _todo(letter: TargetLetter, standing: Standing) -> Todo:
    moved, due = localdate(letter.moved_at), letter_due(letter, calendar())
    words = {
        "letter": letter,
        "unit": letter.department,
        "day": near_date(moved, standing.on),
        "days": calendar().between(moved, standing.on),
        "reason": letter.text.reason if letter.text else "",
    }
    if letter.is_draft:
        why = _("%(letter)s · %(unit)s · %(day)s退回：%(reason)s") % words
    elif letter.state == TargetLetter.State.ISSUED:
        why = _("%(letter)s · %(unit)s · 創建辦 %(day)s送簽。") % words
    else:
        why = _("%(letter)s · %(unit)s · 單位負責人 %(day)s已簽。") % words
    return Todo(
        light=waited_for(rule_on(standing.on, calendar()).of_due(due)),
        note="",
        label=_("已等 %(days)d 個工作日") % words if words["days"] else _today(letter),
        title=f"{letter.department}{letter.title}",
        why=why,
        verb=_("修改再送") if letter.is_draft else _("簽訂"),
        url=letter.get_absolute_url(),
        due=due,
        campaign_id=letter.campaign_id,
    )
