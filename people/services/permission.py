"""寫之前先問可不可以。"""

from datetime import date

from django.core.exceptions import PermissionDenied, ValidationError
from django.utils.translation import gettext as _

from people import policies
from people.models import User


class Refused(ValidationError):
    """此刻不能這樣辦。參數是給人看的一句話：為什麼、該怎麼辦。"""


def require_maintainer(actor: User, on: date) -> None:
    if not policies.can_maintain_organisation(actor, on):
        raise PermissionDenied(_("只有領導小組辦公室和管理員可以維護單位和人員。"))


def require_governor(actor: User, account: User, on: date) -> None:
    require_maintainer(actor, on)
    if not policies.can_govern_account(actor, account, on):
        raise PermissionDenied(_("管理員的賬號只有管理員可以改動。"))


def require_lock_out(actor: User, account: User, on: date) -> None:
    require_governor(actor, account, on)
    if not policies.can_lock_out(actor, account, on):
        raise PermissionDenied(
            _("負責人、組長、副組長和辦公室的賬號，只有系統管理員可以重置密碼或停用。")
        )
