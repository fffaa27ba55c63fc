"""領導小組一頁要的樣子：組長、副組長、辦公室、成員，以及歷次調整。不查庫。"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from django.utils.translation import gettext as _

from campaigns.models import Seat


@dataclass(frozen=True)
class LeadingGroup:
    chairs: list[Seat]
    deputies: list[Seat]
    office: list[Seat]
    members: list[Seat]
    coming: list[Seat]
    past: list[Seat]

    @property
    def sections(self) -> list[tuple[str, str, list[Seat], bool]]:
        """（小標題，新增時的席位種類，各席，要不要列「單位」）；都沒有單位的不列一欄橫線。"""
        role = Seat.Role
        sections = [
            (role.CHAIR.label, role.CHAIR.value, self.chairs),
            (role.DEPUTY.label, role.DEPUTY.value, self.deputies),
            (_("辦公室"), role.OFFICE_STAFF.value, self.office),
            (role.MEMBER.label, role.MEMBER.value, self.members),
        ]
        return [
            (label, value, seats, any(seat.departments.all() for seat in seats))
            for label, value, seats in sections
        ]

    @property
    def is_empty(self) -> bool:
        return not (self.chairs or self.deputies or self.office or self.members)


def leading_group_of(seats: Iterable[Seat], on: date) -> LeadingGroup:
    seats = sorted(seats, key=lambda s: (Seat.Role.values.index(s.role), s.position, s.pk))
    current = [seat for seat in seats if seat.is_current(on)]

    def having(*roles: str) -> list[Seat]:
        return [seat for seat in current if seat.role in roles]

    past = [seat for seat in seats if seat.end_date and seat.end_date < on]
    return LeadingGroup(
        chairs=having(Seat.Role.CHAIR),
        deputies=having(Seat.Role.DEPUTY),
        office=having(*Seat.OFFICE_ROLES),
        members=having(Seat.Role.MEMBER),
        coming=[seat for seat in seats if seat.start_date and seat.start_date > on],
        past=sorted(past, key=lambda seat: seat.end_date, reverse=True),
    )
