"""徵詢函列表的行：問了幾個單位、幾個答全了、到沒到時限。"""

from dataclasses import dataclass
from datetime import date

from django.db.models import Count, Q
from django.utils.translation import gettext as _

from campaigns.models import Campaign
from evaluations.models import AuthorityInquiry
from tasks.lights import Light, LightRule
from workdays.services import calendar

WARN_DAYS = 3


@dataclass(frozen=True)
class InquiryRow:
    inquiry: AuthorityInquiry
    asked: int
    missing: int
    events: int
    light: Light
    note: str
    label: str

    @property
    def answered(self) -> int:
        """各種情形都有了答覆的單位。"""
        return self.asked - self.missing


def rows_of(campaign: Campaign, on: date) -> list[InquiryRow]:
    """一個活動的全部徵詢函，新的在前。"""
    rule = LightRule.on(on, calendar(), WARN_DAYS)
    rows = campaign.inquiries.annotate(
        asked=Count("answers__department", distinct=True),
        missing=Count("answers__department", filter=Q(answers__answer=""), distinct=True),
        events=Count("answers", filter=Q(answers__answer="event")),
    )
    return [_row(row, rule) for row in rows.order_by("-asked_date", "-pk")]


def _row(row: AuthorityInquiry, rule: LightRule) -> InquiryRow:
    light, note, label = rule.of_due(row.due_date), rule.words_after_light(row.due_date), ""
    if row.withdrawn_at:
        light, note, label = Light.STOP, "", _("已撤回")
    elif not row.missing:
        light, note, label = Light.DONE, "", _("已答覆")
    elif light == Light.OK:
        label = _("等答覆")
    return InquiryRow(row, row.asked, row.missing, row.events, light, note, label)


def heading(rows: list[InquiryRow]) -> str:
    """頁首的一句話：還有幾個沒確認。"""
    missing = sum(row.missing for row in rows if not row.inquiry.withdrawn_at)
    if not rows:
        return ""
    if not missing:
        return _("發出的徵詢都有了答覆。")
    return _("還有 %(count)s 個單位次沒有答覆完，都是「未確認」，不當作「無」。") % {
        "count": missing
    }
