"""從材料庫取用：一份已採用的佐證再用到別的措施、期或活動，不必再傳一遍。"""

from datetime import datetime

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.utils.translation import gettext as _

from campaigns.models import Campaign
from campaigns.standing import standing_of
from journal.services import record, source_script
from people.models import User
from tasks import policies
from tasks.models import EvidenceLink, Round, Submission, WrongState
from tasks.services.evidence import refuse_too_many
from tasks.services.handing_in import current_round, locked_submission, permit_filling


@transaction.atomic
def reuse_evidence(*, actor: User, submission_id: int, link_id: int, at: datetime) -> EvidenceLink:
    """把 link_id 這一份掛到 submission_id 的當前一輪，等辦公室另行認定。

    誰能填這一期誰才能取用；只取本單位已採用的。這一輪已有同一份內容時返回已有的那一處，
    連點兩下不會掛兩處。採不採用、日期合不合，在這裏從頭看。
    Raises PermissionDenied、WrongState、RefusedUpload（這一期掛滿了）。
    """
    submission = locked_submission(submission_id)
    permit_filling(actor, submission, at)
    source = _source(actor, submission, link_id, at)
    round_ = current_round(submission)
    existing = round_.evidence.filter(file=source.file_id, removed_at__isnull=True).first()
    if existing:
        return existing
    refuse_too_many(submission)
    return _link(actor, submission, round_, source, at)


def _source(actor: User, submission: Submission, link_id: int, at: datetime) -> EvidenceLink:
    rows = EvidenceLink.objects.select_related("round__submission__assignment__measure__campaign")
    source = rows.filter(pk=link_id).first()
    if source is None or not _may_take(actor, source, at):
        raise PermissionDenied(_("這份材料您看不到，請從材料庫裏另選一份。"))
    if source.round.submission.assignment.department_id != submission.assignment.department_id:
        raise PermissionDenied(_("只能取用本單位的材料；別的單位的請他們自己報送。"))
    is_good = (
        source.removed_at is None
        and source.state == EvidenceLink.State.ACCEPTED
        and source.round.decision == Round.Decision.ACCEPTED
    )
    if not is_good:
        raise WrongState(_("這份材料還沒有採用，或已經撤下，不能取用；請另選一份，或直接上傳。"))
    return source


def _may_take(actor: User, source: EvidenceLink, at: datetime) -> bool:
    campaign = source.round.submission.assignment.measure.campaign
    is_visible = Campaign.objects.visible_to(actor, at.date()).filter(pk=campaign.pk).exists()
    return is_visible and policies.can_read_evidence(standing_of(actor, at.date()), source)


@source_script()
def _link(
    actor: User, submission: Submission, round_: Round, source: EvidenceLink, at: datetime
) -> EvidenceLink:
    link = EvidenceLink.objects.create(
        round=round_,
        file_id=source.file_id,
        form_id=source.form_id,
        name=source.name,
        caption=source.caption,
        number=source.number,
        dated=source.dated,
        position=round_.evidence.count(),
        origin=source,
        added_at=at,
        added_by=actor,
    )
    taken = source.round.submission
    words = {
        "name": source.name,
        "code": taken.assignment.measure.code,
        "period": "" if taken.label == "once" else f" {taken.name}",
    }
    record(
        actor=actor,
        action="evidence.reused",
        target=link,
        topic=submission.assignment.measure,
        at=at,
        summary=_("從 %(code)s%(period)s 取用佐證「%(name)s」。") % words,
    )
    return link
