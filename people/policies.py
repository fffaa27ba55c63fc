"""組織與人員：誰可以維護。只回答是或否。

本應用不認識領導小組，所以「辦公室的人也可以維護」由上層登記進來
（campaigns.apps），與 journal.register_recheck 是同一種做法。
"""

from collections.abc import Callable
from datetime import date

from people.models import Appointment, User

Maintains = Callable[[User, date], bool]
_maintainers: list[Maintains] = []


def register_maintainer(check: Maintains) -> None:
    """登記一條「誰還可以維護組織」的判斷；重複登記只算一次。"""
    if check not in _maintainers:
        _maintainers.append(check)


def can_maintain_organisation(user: User, on: date) -> bool:
    """設單位、任免、開停賬號：管理員，或上層登記的人（未結束活動的辦公室）。"""
    if not user.is_active:
        return False
    return user.is_superuser or any(check(user, on) for check in _maintainers)


def can_govern_account(user: User, account: User, on: date) -> bool:
    """改別人的賬號：能維護組織的人；管理員的賬號只有管理員能動，免得借它越權。"""
    if account.is_superuser or account.is_staff:
        return user.is_active and user.is_superuser
    return can_maintain_organisation(user, on)


def can_lock_out(user: User, account: User, on: date) -> bool:
    """重置密碼、停用賬號：握有審批職責的人（負責人、組長、副組長、辦公室）只有管理員能動。

    重置的人看得到一次性密碼，就能以他的名義初審、審核；辦公室因此不能拿到這些人的賬號。
    """
    if user.is_active and user.is_superuser:
        return True
    return can_govern_account(user, account, on) and not _decides(account, on)


def _decides(account: User, on: date) -> bool:
    # 席位屬於上層的 campaigns；這裏只經反向關係讀，不引入它。
    seats = account.seats.on(on)
    if seats.filter(role__in=seats.model.STEERING_ROLES).exists():
        return True
    return account.appointments.on(on).filter(role=Appointment.Role.HEAD).exists()
