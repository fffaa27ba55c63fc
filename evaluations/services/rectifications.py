"""從評分表下達整改：開一張整改單，記下它出自哪張表、哪一條。"""

from datetime import datetime
from typing import Any

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.utils.timezone import localdate
from django.utils.translation import gettext as _

from campaigns.standing import standing_of
from evaluations import policies
from evaluations.models import Rectification, Sheet, SiteVisit
from people.models import User
from supervision.models import Order
from supervision.services import Matter, create_order, issue_order, just_opened


@transaction.atomic
def order_rectification(
    *,
    actor: User,
    sheet: Sheet,
    criterion_id: int | None,
    matter: Matter,
    at: datetime,
    visit: SiteVisit | None = None,
    is_draft: bool = False,
) -> Order:
    """開單（連點兩下算一張）、記來處，除非只是先存着，隨即下達。

    Raises PermissionDenied、WrongState、Incomplete。
    """
    permit_ordering(actor, sheet, at, visit)
    values: dict[str, Any] = {
        "actor": actor,
        "campaign": sheet.round.campaign,
        "matter": matter,
        "at": at,
    }
    order = just_opened(**values) or create_order(**values)
    Rectification.objects.get_or_create(
        order=order,
        defaults={"sheet": sheet, "criterion_id": criterion_id, "visit": visit},
    )
    return order if is_draft else issue_order(actor=actor, order_id=order.pk, at=at)


def permit_ordering(actor: User, sheet: Sheet, at: datetime, visit: SiteVisit | None) -> None:
    """Raises PermissionDenied。分數沒有審定、考察沒有辦完以前，不從這裏告訴單位。"""
    is_visit_done = visit is not None and visit.done_at is not None
    standing = standing_of(actor, localdate(at))
    if not policies.can_order_rectification(standing, sheet, is_visit_done=is_visit_done):
        raise PermissionDenied(_("結果審定或考察辦完以後，由本活動辦公室下達整改。"))
