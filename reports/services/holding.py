"""佔住一節：一個人在改的時候，別人看得到是誰、到幾點，改不了這一節，別的節照改。

打開一段就佔住它所在的一節，自動保存續時，保存、收起就放開；人走了不管，過時自動放開。
"""

from datetime import datetime, timedelta

from django.core.exceptions import ValidationError
from django.utils.timezone import localtime
from django.utils.translation import gettext as _

from people.models import User
from reports.models import Report, Section

HOLD = timedelta(minutes=10)
"""停筆多久放開：比接一個電話長，比吃一頓飯短。"""


class Held(ValidationError):
    """另一位正在改這一節。"""

    def __init__(self, section: Section) -> None:
        super().__init__(held_words(str(section.held_by), section.heading, section.held_until))
        self.section = section


def held_words(who: str, place: str, until: datetime | None) -> str:
    """「王某正在改「…」這一節，至 10:35。」"""
    return _("%(who)s正在改「%(place)s」這一節，至 %(time)s；等存好了，或到時再辦。") % {
        "who": who,
        "place": place or _("開頭"),
        "time": f"{localtime(until):%H:%M}" if until else "",
    }


def refuse_held(section: Section, actor: User, at: datetime) -> None:
    if section.is_held_against(actor.pk, at):
        raise Held(section)


def refuse_any_held(report: Report, actor: User, at: datetime) -> None:
    """整份要動（重新彙集、審核通過）時：還有別人在改的，等他保存。"""
    rows = report.sections.filter(held_by__isnull=False, held_until__gt=at).exclude(held_by=actor)
    if section := rows.select_related("held_by").first():
        raise Held(section)


def hold(section: Section, actor: User, at: datetime) -> None:
    """佔住或續時；調用前已鎖住彙報、查過沒有別人。"""
    section.held_by, section.held_until = actor, at + HOLD
    section.save(update_fields=["held_by", "held_until"])


def release(section: Section, actor: User) -> None:
    """放開自己佔的；別人接了手的不動。"""
    if section.held_by_id == actor.pk:
        section.held_by, section.held_until = None, None
        section.save(update_fields=["held_by", "held_until"])
