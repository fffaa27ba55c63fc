"""工作台上的目標責任書：等着本人簽訂的，和退回辦公室要修改的。一次查詢。"""

from collections.abc import Iterable

from django.utils.timezone import localdate
from django.utils.translation import gettext as _

from campaigns.standing import Standing
from desk.todo import LISTED, Todo
from evaluations.models import TargetLetter
from pingtan_civ.lib.dates import near_date
from tasks.lights import Light
from workdays.services import calendar


def letter_todos(standing: Standing, campaign_ids: list[int]) -> Iterable[Todo]:
    """有人在等，一律黃燈；旁邊寫等了幾個工作日。"""
    rows = TargetLetter.objects.waiting_for(standing).filter(campaign__in=campaign_ids)
    rows = rows.select_related("department", "text").order_by("moved_at", "pk")
    return [_todo(letter, standing) for letter in rows[:LISTED]]


def _todo(letter: TargetLetter, standing: Standing) -> Todo:
    moved = localdate(letter.moved_at)
    words = {
        "letter": letter,
        "unit": letter.department,
        "day": near_date(moved, standing.on),
        "days": calendar().between(moved, standing.on),
        "reason": letter.text.reason,
    }
    if letter.is_draft:
        why = _("%(letter)s · %(unit)s · %(day)s退回：%(reason)s") % words
    elif letter.state == TargetLetter.State.ISSUED:
        why = _("%(letter)s · %(unit)s · 創建辦 %(day)s送簽。") % words
    else:
        why = _("%(letter)s · %(unit)s · 單位負責人 %(day)s已簽。") % words
    return Todo(
        light=Light.WARN,
        note="",
        label=_("已等 %(days)d 個工作日") % words,
        title=f"{letter.department}{letter.title}",
        why=why,
        verb=_("修改再送") if letter.is_draft else _("簽訂"),
        url=letter.get_absolute_url(),
        due=moved,
        campaign_id=letter.campaign_id,
    )
