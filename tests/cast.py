"""劇中人：每個測試都是一小段戲，角色在這裏一次排定。

leader 組長 · deputy 副組長（分管婚姻登記處）· office 辦公室主任 · officer 辦公室人員 ·
head 婚姻登記處負責人 · clerk 婚姻登記處經辦人 · neighbour 殯儀館負責人 ·
helper 配合單位（局辦公室）經辦人 · admin 管理員 · stranger 未登錄。
"""

from dataclasses import dataclass
from datetime import date

from campaigns.models import Campaign, Seat
from campaigns.standing import Standing, standing_of
from people.models import Appointment, Department, User
from tests import factories as make

TODAY = date(2026, 11, 23)
NAMES = {
    "leader": "組長甲",
    "deputy": "副組長乙",
    "office": "主任丙",
    "officer": "幹事丁",
    "head": "處長戊",
    "clerk": "登記員己",
    "neighbour": "館長庚",
    "helper": "文員辛",
    "helper_head": "主任壬",
}


@dataclass
class Cast:
    campaign: Campaign
    registry: Department
    funeral_home: Department
    bureau_office: Department
    leader: User
    deputy: User
    office: User
    officer: User
    head: User
    clerk: User
    neighbour: User
    helper: User
    helper_head: User
    admin: User

    def standing(self, user: User, on: date = TODAY) -> Standing:
        return standing_of(User.objects.get(pk=user.pk), on)


def assemble() -> Cast:
    """排好一個進行中的活動和它的人。"""
    campaign = make.CampaignFactory()
    registry = make.DepartmentFactory(
        code="marriage_registry", name="婚姻登記處", kind=Department.Kind.WINDOW
    )
    funeral_home = make.DepartmentFactory(
        code="funeral_home", name="殯儀館", kind=Department.Kind.WINDOW
    )
    bureau_office = make.DepartmentFactory(code="office", name="局辦公室")
    people = {key: make.UserFactory(username=key, name=name) for key, name in NAMES.items()}
    admin = make.UserFactory(username="admin", name="管理員", is_staff=True, is_superuser=True)
    head, clerk = Appointment.Role.HEAD, Appointment.Role.CLERK
    for key, department, role in [
        ("head", registry, head),
        ("clerk", registry, clerk),
        ("neighbour", funeral_home, head),
        ("helper", bureau_office, clerk),
        ("helper_head", bureau_office, head),
    ]:
        make.AppointmentFactory(user=people[key], department=department, role=role)
    for key, role, post in [
        ("leader", Seat.Role.CHAIR, "局長"),
        ("deputy", Seat.Role.DEPUTY, "副局長"),
        ("office", Seat.Role.OFFICE_DIRECTOR, "創建辦主任"),
        ("officer", Seat.Role.OFFICE_STAFF, "創建辦幹事"),
    ]:
        seat = make.SeatFactory(campaign=campaign, role=role, post=post, user=people[key])
        if role == Seat.Role.DEPUTY:
            seat.departments.add(registry)
    return Cast(
        campaign=campaign,
        registry=registry,
        funeral_home=funeral_home,
        bureau_office=bureau_office,
        admin=admin,
        **people,
    )
