"""工作台上的目標責任書：等着本人簽訂的。一次查詢；退回辦公室的看菜單上的數和消息。"""

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
    """有人在等，一律黃燈；旁邊寫等了幾個工作日。不當負責人、組長的不必查。"""
    if not (standing.headed or any(map(standing.is_chair, standing.seats))):
        return []
    rows = TargetLetter.objects.waiting_for(standing).filter(campaign__in=campaign_ids)
    rows = rows.exclude(state=TargetLetter.State.DRAFT).select_related("department")
    rows = rows.order_by("moved_at", "pk")
    return [_todo(letter, standing) for letter in rows[:LISTED]]


def _todo(letter: TargetLetter, standing: Standing) -> Todo:
    moved = localdate(letter.moved_at)
    words = {
        "letter": letter,
        "unit": letter.department,
        "day": near_date(moved, standing.on),
        "days": calendar().between(moved, standing.on),
    }
    if letter.state == TargetLetter.State.ISSUED:
        why = _("%(letter)s · %(unit)s · 創建辦 %(day)s送簽。") % words
    else:
        why = _("%(letter)s · %(unit)s · 單位負責人 %(day)s已簽。") % words
    return Todo(
        light=Light.WARN,
        note="",
        label=_("已等 %(days)d 個工作日") % words,
        title=f"{letter.department}{letter.title}",
        why=why,
        verb=_("簽訂"),
        url=letter.get_absolute_url(),
        due=moved,
        campaign_id=letter.campaign_id,
    )
