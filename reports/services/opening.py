"""改之前：鎖住這一份，查身份，查是不是還能改，查有沒有別人正在改這一節。"""

from datetime import datetime

from django.core.exceptions import PermissionDenied
from django.utils.timezone import localtime
from django.utils.translation import gettext as _

from campaigns.standing import standing_of
from people.models import User
from reports import policies
from reports.models import Paragraph, Report
from reports.services.holding import refuse_held


class AlreadyIssued(Exception):
    """已經審核、印發或作廢，不能再改。參數是給人看的一句話。"""


def locked(report_id: int) -> Report:
    """鎖住一份。同一份的各種改動依次進行，審核、簽發與修改不會交錯。"""
    return (
        Report.objects.select_for_update(of=("self",)).select_related("campaign").get(pk=report_id)
    )


def open_draft(actor: User, report_id: int, at: datetime) -> Report:
    """鎖住一份草稿。

    Raises PermissionDenied、AlreadyIssued。
    """
    report = locked(report_id)
    if not policies.can_compile(standing_of(actor, localtime(at).date()), report.campaign):
        raise PermissionDenied(_("只有本活動辦公室能編製彙報。"))
    refuse_closed(report)
    return report


def refuse_closed(report: Report) -> None:
    """不是草稿的，說清為什麼不能改、要改怎麼辦。"""
    if report.is_issued:
        raise AlreadyIssued(_("這份彙報已經印發，文字和數據都已凍結；要改請出更正版。"))
    if report.is_reviewed:
        raise AlreadyIssued(_("這份彙報已審核通過，文字已鎖定；要改請先「退回修改」。"))
    if not report.is_draft:
        raise AlreadyIssued(_("這份彙報已經作廢，請回到列表另編一份。"))


def open_paragraph(actor: User, paragraph_id: int, at: datetime) -> Paragraph:
    """鎖住一段所在的彙報，再取這一段；別人正在改這一節的不給。

    Raises Held，其餘同 open_draft。
    """
    report_id = Paragraph.objects.values_list("section__report_id", flat=True).get(pk=paragraph_id)
    report = open_draft(actor, report_id, at)
    paragraph = Paragraph.objects.select_related("section__held_by", "edited_by").get(
        pk=paragraph_id
    )
    paragraph.section.report = report
    refuse_held(paragraph.section, actor, at)
    return paragraph


def touch(report: Report, at: datetime) -> None:
    """記下又改了一次。"""
    report.version += 1
    report.saved_at = at
    report.save(update_fields=["version", "saved_at"])
