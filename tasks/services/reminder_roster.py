"""某日在任的人：這一段人所在單位的同事，和他們有席位的活動的領導小組。只記編號。"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date

from django.db.models import Q

from campaigns.models import Campaign, Seat
from people.models import Appointment, Department

#: 人多了不逐個列編號（一句 SQL 帶一萬個參數），只寫頭尾，中間不要的由調用者剔去。
MANY = 500


def among(path: str, people: Sequence[int]) -> Q:
    """path 所指的人在這些人裏；people 已排好。人多時也包括編號夾在中間的別人。"""
    if len(people) > MANY:
        return Q(**{f"{path}__pk__range": (people[0], people[-1])})
    return Q(**{f"{path}__in": people})


@dataclass
class Unit:
    """一個單位當日在任的人，按任職的次序。"""

    heads: list[int] = field(default_factory=list)
    clerks: list[int] = field(default_factory=list)

    def doers(self, owner: int | None) -> list[int]:
        """填報：責任人（須仍在該單位），否則經辦人，都沒有則負責人。"""
        if owner is not None and (owner in self.heads or owner in self.clerks):
            return [owner]
        return self.clerks or self.heads

    def endorsers(self, submitted_by: int | None, by_colleague: bool) -> list[int]:
        """初審：負責人，本人報出的迴避；唯一的負責人報出的由經辦人復核。"""
        others = [person for person in self.heads if person != submitted_by]
        if not others and by_colleague:
            others = [person for person in self.clerks if person != submitted_by]
        return others


def units_of(people: Sequence[int], on: date) -> dict[int, Unit]:
    """這些人所在的各單位，連同單位裏別的在任的人。一次查詢。"""
    here = Appointment.objects.on(on).filter(among("user", people))
    posts = (
        Appointment.objects.on(on)
        .filter(department__in=here.values("department"), user__is_active=True)
        .order_by("position", "pk")
    )
    units: dict[int, Unit] = {}
    for department, role, person in posts.values_list("department_id", "role", "user_id"):
        unit = units.setdefault(department, Unit())
        same = unit.heads if role == Appointment.Role.HEAD else unit.clerks
        if person not in same:
            same.append(person)
    return units


def gone_departments(on: date) -> frozenset[int]:
    """當日已不存在的單位（撤併了）。一次查詢。"""
    existing = Department.objects.existing(on).order_by().values("pk")
    return frozenset(Department.objects.exclude(pk__in=existing).values_list("pk", flat=True))


def empty_departments(on: date) -> frozenset[int]:
    """一個在任的人也沒有的單位。一次查詢。"""
    posts = Appointment.objects.on(on).filter(user__is_active=True)
    vacant = Department.objects.exclude(pk__in=posts.order_by().values("department"))
    return frozenset(vacant.values_list("pk", flat=True))


@dataclass
class Panel:
    """一個活動的領導小組裏當日在任的人。"""

    office: set[int] = field(default_factory=set)
    chairs: set[int] = field(default_factory=set)
    deputies: dict[int, set[int]] = field(default_factory=dict)
    """單位 → 分管它的副組長。"""

    def leaders(self, department: int, accountable: int | None) -> set[int]:
        """責任領導：措施上指明且在任的；否則分管該單位的副組長；再沒有則組長。"""
        if accountable is not None:
            return {accountable}
        return self.deputies.get(department) or self.chairs


@dataclass
class Panels:
    """這些人有席位的各活動。seats 是 {席位: 坐着的人}，只有在任的。"""

    by_campaign: dict[int, Panel] = field(default_factory=dict)
    seats: dict[int, int] = field(default_factory=dict)


def panels_of(people: Sequence[int], on: date) -> Panels:
    """這些人有席位的進行中的活動，各自的領導小組。一次查詢。"""
    here = Seat.objects.on(on).filter(among("user", people), campaign__state=Campaign.State.ACTIVE)
    seats = (
        Seat.objects.on(on)
        .filter(campaign__in=here.order_by().values("campaign"), user__is_active=True)
        .order_by("pk")
        .values_list("pk", "campaign_id", "role", "user_id", "departments")
    )
    found = Panels()
    for pk, campaign, role, person, department in seats:
        panel = found.by_campaign.setdefault(campaign, Panel())
        found.seats[pk] = person
        if role in Seat.OFFICE_ROLES:
            panel.office.add(person)
        elif role == Seat.Role.CHAIR:
            panel.chairs.add(person)
        elif role == Seat.Role.DEPUTY and department:
            panel.deputies.setdefault(department, set()).add(person)
    return found
