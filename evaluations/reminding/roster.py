"""某日在任的人：這些單位的，和這些活動的領導小組的。取一次，逐件只查內存。只記編號。"""

from collections.abc import Collection
from datetime import date
from functools import cached_property

from campaigns.models import Seat
from people.models import Appointment, Department

People = tuple[int, ...]


class Roster:
    """三次查詢，用到才查。"""

    def __init__(self, on: date, units: Collection[int], campaigns: Collection[int]) -> None:
        self.on, self._asked, self._campaigns = on, units, campaigns

    @cached_property
    def _posts(self) -> dict[tuple[int, str], list[int]]:
        """撤併了的單位沒有人。"""
        existing = Department.objects.existing(self.on).order_by().values("pk")
        posts = Appointment.objects.on(self.on).filter(
            department__in=list(self._asked), user__is_active=True
        )
        found: dict[tuple[int, str], list[int]] = {}
        for unit, role, person in (
            posts.filter(department__in=existing)
            .order_by("position", "pk")
            .values_list("department_id", "role", "user_id")
        ):
            found.setdefault((unit, role), []).append(person)
        return found

    @cached_property
    def _seats(self) -> list[tuple[int, str, int, int | None]]:
        seats = Seat.objects.on(self.on).filter(
            campaign__in=list(self._campaigns), user__is_active=True
        )
        rows = seats.order_by("pk").values_list("campaign_id", "role", "user_id", "departments")
        return list(rows)

    def heads(self, unit: int) -> People:
        return _once(self._posts.get((unit, Appointment.Role.HEAD), ()))

    def clerks(self, unit: int) -> People:
        return _once(self._posts.get((unit, Appointment.Role.CLERK), ()))

    def staff(self, unit: int) -> People:
        return _once([*self.heads(unit), *self.clerks(unit)])

    def office(self, campaign: int) -> People:
        return self._seated(campaign, *Seat.OFFICE_ROLES)

    def chairs(self, campaign: int) -> People:
        return self._seated(campaign, Seat.Role.CHAIR)

    def leaders(self, campaign: int) -> People:
        return self._seated(campaign, *Seat.LEADER_ROLES)

    def deputies(self, campaign: int) -> People:
        return self._seated(campaign, Seat.Role.DEPUTY)

    def in_charge(self, campaign: int, unit: int | None) -> People:
        """分管這個單位的副組長；沒有人分管的是組長。"""
        found = [
            person
            for place, role, person, charge in self._seats
            if (place, role) == (campaign, Seat.Role.DEPUTY) and unit is not None and charge == unit
        ]
        return _once(found) or self.chairs(campaign)

    def _seated(self, campaign: int, *roles: str) -> People:
        return _once(
            [
                person
                for place, role, person, _charge in self._seats
                if place == campaign and role in roles
            ]
        )


def _once(people: Collection[int]) -> People:
    return tuple(dict.fromkeys(people))


def without(people: People, *left_out: Collection[int | None]) -> People:
    """迴避的除外；一人只列一次。"""
    hidden = {person for group in left_out for person in group}
    return _once([person for person in people if person not in hidden])
