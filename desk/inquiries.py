"""工作台上的徵詢函：過了時限還有單位沒有答覆的，創建辦該打電話催問。一次查詢。"""

from collections.abc import Iterable

from django.db.models import Count, Q
from django.utils.translation import gettext as _

from campaigns.standing import Standing
from desk.todo import LISTED, Todo
from evaluations.models import AuthorityInquiry, AuthorityInquiryQuerySet
from pingtan_civ.lib.dates import near_date
from tasks.lights import Light
from workdays.services import calendar


def inquiry_rows(standing: Standing, campaign_ids: list[int]) -> AuthorityInquiryQuerySet:
    offices = [pk for pk in campaign_ids if standing.is_office(pk)]
    return AuthorityInquiry.objects.overdue(standing.on).filter(campaign__in=offices)


def inquiry_todos(rows: AuthorityInquiryQuerySet, standing: Standing) -> Iterable[Todo]:
    left = Count("answers__department", filter=Q(answers__answer=""), distinct=True)
    rows = rows.annotate(left=left).order_by("due_date", "pk")
    return [_todo(inquiry, standing) for inquiry in rows[:LISTED]]


def _todo(inquiry: AuthorityInquiry, standing: Standing) -> Todo:
    days = max(calendar().between(inquiry.due_date, standing.on), 1)
    words = {
        "count": inquiry.left,
        "asked": near_date(inquiry.asked_date, standing.on),
        "due": near_date(inquiry.due_date, standing.on),
    }
    return Todo(
        light=Light.BAD,
        note="",
        label=_("逾期 %(days)d 個工作日") % {"days": days},
        title=_("打電話催問：%(inquiry)s") % {"inquiry": inquiry},
        why=_("%(asked)s發函，應於%(due)s前答覆，%(count)d 個單位還沒有答覆。") % words,
        verb=_("記答覆"),
        url=inquiry.get_absolute_url(),
        due=inquiry.due_date,
        campaign_id=inquiry.campaign_id,
    )
