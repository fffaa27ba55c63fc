"""一個人今天的身份：任職與席位合成一個值，權限判斷都問它。

每次請求只查一次庫（任職和席位合在一起），結果記在 user 對象上。
"""

from collections.abc import Hashable
from dataclasses import dataclass, field
from datetime import date
from functools import lru_cache
from typing import NamedTuple

from django.db import connection
from django.db.models import BigIntegerField, F, Value

from campaigns.models import Campaign, Seat
from people.models import Appointment, User
from pingtan_civ.lib.counting import REMEMBERED, Statement, written


class Post(NamedTuple):
    """在一個單位的任職。"""

    role: str
    department_id: int
    unit: str
    post: str

    @property
    def title(self) -> str:
        """「社會事務科科長」，與 Appointment.title 同；角色名隨頁面的繁簡。"""
        return f"{self.unit}{self.post or Appointment.Role(self.role).label}"


class Place(NamedTuple):
    """領導小組的一個席位；副組長分管幾個單位就有幾個。"""

    role: str
    department_id: int | None
    campaign_id: int
    state: str


@dataclass(frozen=True)
class Standing:
    """某人在某日的身份。權限跟着當日在任的人走。"""

    user_id: int
    on: date
    is_admin: bool
    headed: frozenset[int]
    clerked: frozenset[int]
    seats: dict[int, frozenset[str]] = field(default_factory=dict)
    charges: dict[int, frozenset[int]] = field(default_factory=dict)
    closed: frozenset[int] = frozenset()
    main_post: "Post | None" = None
    """本人在單位的職務；兼幾職的是主要的那個。"""

    @property
    def departments(self) -> frozenset[int]:
        """本人所在的單位（任負責人或經辦人）。"""
        return self.headed | self.clerked

    @property
    def identity(self) -> tuple[Hashable, ...]:
        """這個人這一天的身份，可作字典的鍵：兩個身份相同，能辦、能看的就相同。"""
        seats = frozenset(self.seats.items())
        charges = frozenset(self.charges.items())
        who = (self.user_id, self.on, self.is_admin, self.headed, self.clerked)
        return (*who, seats, charges, self.closed)

    def _has(self, campaign: Campaign | int, *roles: str) -> bool:
        key = campaign if isinstance(campaign, int) else campaign.pk
        return bool(self.seats.get(key, frozenset()) & set(roles))

    def is_office(self, campaign: Campaign | int) -> bool:
        """領導小組辦公室的人：管任務分解、審核、彙報。"""
        return self._has(campaign, *Seat.OFFICE_ROLES)

    def is_chair(self, campaign: Campaign | int) -> bool:
        return self._has(campaign, Seat.Role.CHAIR)

    def is_deputy(self, campaign: Campaign | int) -> bool:
        return self._has(campaign, Seat.Role.DEPUTY)

    def is_leader(self, campaign: Campaign | int) -> bool:
        """組長或副組長。"""
        return self._has(campaign, *Seat.LEADER_ROLES)

    def charge_of(self, campaign: Campaign | int) -> frozenset[int]:
        """副組長分管的單位。"""
        return self.charges.get(campaign if isinstance(campaign, int) else campaign.pk, frozenset())

    def oversees(self, campaign: Campaign | int, department_id: int) -> bool:
        """看得到該單位已報送內容的上級：辦公室、組長，或分管它的副組長。"""
        return (
            self.is_office(campaign)
            or self.is_chair(campaign)
            or department_id in self.charge_of(campaign)
        )

    @property
    def is_any_office(self) -> bool:
        return any(roles & set(Seat.OFFICE_ROLES) for roles in self.seats.values())


def standing_of(user: User, on: date) -> Standing:
    """查出（並在本次請求內記住）某人當日的身份。"""
    remembered = getattr(user, "_standing", None)
    if remembered is not None and remembered.on == on:
        return remembered
    posts, seated = _places(user, on) if user.is_active else ([], [])
    seats: dict[int, set[str]] = {}
    charges: dict[int, set[int]] = {}
    closed: set[int] = set()
    for role, department_id, campaign_id, state in seated:
        seats.setdefault(campaign_id, set()).add(role)
        if state == Campaign.State.CLOSED:
            closed.add(campaign_id)
        if department_id and role == Seat.Role.DEPUTY:
            charges.setdefault(campaign_id, set()).add(department_id)
    standing = Standing(
        user_id=user.pk,
        on=on,
        is_admin=user.is_active and user.is_superuser,
        headed=frozenset(p.department_id for p in posts if p.role == Appointment.Role.HEAD),
        clerked=frozenset(p.department_id for p in posts if p.role == Appointment.Role.CLERK),
        seats={key: frozenset(value) for key, value in seats.items()},
        charges={key: frozenset(value) for key, value in charges.items()},
        closed=frozenset(closed),
        main_post=posts[0] if posts else None,
    )
    user._standing = standing
    return standing


def _places(user: User, on: date) -> tuple[list[Post], list[Place]]:
    """當日的任職（主要的在前）和席位。合成一次查詢：每一頁都要問。"""
    mine, seated = [], []
    with connection.cursor() as cursor:
        cursor.execute(*_statement(user.pk, on))
        rows = cursor.fetchall()
    for role, unit, campaign, words, post, is_main, position, pk in rows:
        if campaign is None:
            mine.append((not is_main, position, pk, Post(role, unit, words, post)))
        else:
            seated.append(Place(role, unit, campaign, words))
    return [post for *_order, post in sorted(mine)], seated


@lru_cache(maxsize=REMEMBERED)
def _statement(user_id: int, on: date) -> Statement:
    """同一人同一天的每一頁都是這一句，而寫出它比執行它還慢。記住的是語句，身份每次現查。"""
    columns = ("role", "unit", "campaign", "words", "post", "is_main", "position", "pk")
    posts = (
        Appointment.objects.on(on)
        .filter(user=user_id)
        .annotate(unit=F("department_id"), campaign=Value(None, BigIntegerField()))
        .annotate(words=F("department__name"), is_main=F("is_primary"))
    )
    seats = (
        Seat.objects.on(on)
        .filter(user=user_id)
        .annotate(unit=F("departments__id"), words=F("campaign__state"), is_main=Value(False))
    )
    posts, seats = (rows.order_by().values_list(*columns) for rows in (posts, seats))
    return written(posts.union(seats, all=True))


def forget_standing(user: User) -> None:
    """身份剛變（測試或本人改了席位）時重新查。"""
    user._standing = None


def office_members(campaign: Campaign, on: date) -> list[User]:
    """活動辦公室當日在任的人。"""
    return _seated(campaign, on, Seat.OFFICE_ROLES)


def chairs_of(campaign: Campaign, on: date) -> list[User]:
    """組長。"""
    return _seated(campaign, on, (Seat.Role.CHAIR,))


def leaders_of(campaign: Campaign, department_id: int, on: date) -> list[User]:
    """分管某單位的副組長；沒有人分管時是組長。"""
    seats = Seat.objects.on(on).filter(
        campaign=campaign, role=Seat.Role.DEPUTY, departments=department_id, user__is_active=True
    )
    found = [seat.user for seat in seats.select_related("user")]
    return found or chairs_of(campaign, on)


def _seated(campaign: Campaign, on: date, roles: tuple[str, ...]) -> list[User]:
    seats = (
        Seat.objects.on(on)
        .filter(campaign=campaign, role__in=roles, user__is_active=True)
        .select_related("user")
    )
    return list({seat.user_id: seat.user for seat in seats}.values())
