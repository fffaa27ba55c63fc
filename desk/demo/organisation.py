"""樣例的單位、人員和領導小組。單位類別依方案所提，除組長外一律以職務稱呼。"""

from dataclasses import dataclass
from datetime import date

from campaigns.models import Campaign, FocusArea, Seat
from desk.demo.accounts import Person
from people.models import Appointment, DemonstrationStatus, Department, User

BUREAU = "bureau"
GROUP_OFFICE = "領導小組辦公室"


@dataclass(frozen=True)
class Unit:
    code: str
    name: str
    short_name: str
    kind: Department.Kind
    parent: str = BUREAU
    head_post: str = "負責人"

    @property
    def slug(self) -> str:
        return self.code.replace("_", "-")


SECTION, WINDOW, BODY = Department.Kind.SECTION, Department.Kind.WINDOW, Department.Kind.BODY
UNITS = [
    Unit("office", "局辦公室", "局辦", SECTION),
    Unit("party_branch", "局黨支部", "黨支部", BODY),
    Unit("discipline", "紀檢監察室", "紀檢", BODY),
    Unit("personnel", "人事科", "人事", SECTION),
    Unit("finance", "規劃財務科", "財務", SECTION),
    Unit("mass_orgs", "工青婦組織", "工青婦", BODY),
    Unit("social_relief", "社會救助科", "救助科", SECTION),
    Unit("elderly_children", "養老服務和兒童福利科", "養老兒福", SECTION),
    Unit("social_affairs", "社會事務科", "事務科", SECTION),
    Unit("grassroots", "基層政權和社區建設科", "基政科", SECTION),
    Unit("ngo", "社會組織管理科", "社管科", SECTION),
    Unit("marriage_registry", "婚姻登記處", "婚登處", WINDOW, "social_affairs"),
    Unit("funeral_home", "殯儀館", "", WINDOW, "social_affairs"),
    Unit("welfare_home", "社會福利院", "福利院", WINDOW, "elderly_children"),
    Unit("relief_station", "救助管理站", "救助站", WINDOW, "social_relief"),
]
WINDOWS = ["marriage_registry", "funeral_home", "welfare_home", "relief_station"]

# 副組長：用戶名 → （職務，分管單位）
DEPUTIES = {
    "deputy1": (
        "副局長（分管社會事務）",
        ["social_affairs", "marriage_registry", "funeral_home", "ngo", "grassroots", "office"],
    ),
    "deputy2": (
        "副局長（分管救助養老）",
        [
            "social_relief",
            "relief_station",
            "elderly_children",
            "welfare_home",
            "finance",
            "personnel",
            "mass_orgs",
        ],
    ),
}
FOCUS_AREAS = ["養老助孤", "婚姻登記", "殯儀服務"]


def people() -> list[Person]:
    """樣例的全部賬號。婚姻登記處排在各單位之前：登錄頁請新來的人拿它試。"""
    bureau = "平潭縣民政局"
    found = [Person("chair", "游美髮", "組長", bureau, 1)]
    for position, (username, (post, _charge)) in enumerate(DEPUTIES.items(), 2):
        found.append(Person(username, post, "副組長", bureau, position))
    found.append(Person("office1", "創建辦主任", "辦公室", GROUP_OFFICE, 5))
    found.append(Person("office2", "創建辦幹事", "辦公室", GROUP_OFFICE, 6))
    order = sorted(enumerate(UNITS), key=lambda pair: pair[1].code != "marriage_registry")
    for index, unit in order:
        position = 10 + index * 2
        head, clerk = f"{unit.slug}-head", f"{unit.slug}-clerk"
        found.append(Person(head, f"{unit.name}負責人", "負責人", unit.name, position))
        found.append(Person(clerk, f"{unit.name}經辦人", "經辦人", unit.name, position + 1))
    found.append(Person("admin", "系統管理員", "管理員", "", 200, is_admin=True))
    return found


def lay_out_departments(users: dict[str, User], since: date) -> dict[str, Department]:
    """建好科室樹和各人的任職。"""
    bureau = Department.objects.create(
        code=BUREAU, name="平潭縣民政局", kind=Department.Kind.BUREAU, position=0
    )
    departments = {BUREAU: bureau}
    for index, unit in enumerate(UNITS, 1):
        departments[unit.code] = Department.objects.create(
            code=unit.code,
            name=unit.name,
            short_name=unit.short_name,
            kind=unit.kind,
            parent=departments[unit.parent],
            position=index * 10,
        )
    _appoint(users, departments, since)
    DemonstrationStatus.objects.create(
        department=departments["marriage_registry"],
        level=DemonstrationStatus.Level.PROVINCE,
        granted_by="省級文明行業創建主管部門（樣例）",
        start_date=since,
    )
    return departments


def _appoint(users: dict[str, User], departments: dict[str, Department], since: date) -> None:
    head, clerk = Appointment.Role.HEAD, Appointment.Role.CLERK
    posts = [(BUREAU, "chair", head, "局長", 1)]
    posts += [
        (BUREAU, username, head, post, position)
        for position, (username, (post, _charge)) in enumerate(DEPUTIES.items(), 2)
    ]
    for unit in UNITS:
        posts.append((unit.code, f"{unit.slug}-head", head, "", 1))
        posts.append((unit.code, f"{unit.slug}-clerk", clerk, "", 2))
    Appointment.objects.bulk_create(
        [
            Appointment(
                department=departments[code],
                user=users[username],
                role=role,
                post=post,
                position=position,
                start_date=since,
            )
            for code, username, role, post, position in posts
        ]
    )


def open_campaign(year: int) -> Campaign:
    """本年度的創建活動；主題、重點、依據照方案原文。"""
    campaign = Campaign.objects.create(
        code=f"pt{year}",
        name=f"{year} 年度文明行業創建",
        theme="真情暖人心、滿意在民政",
        basis="《福建省「十二五」期間精神文明創建工作規劃綱要》和縣委文明委有關精神",
        start_date=date(year, 1, 5),
        end_date=date(year + 1, 3, 31),
        state=Campaign.State.ACTIVE,
    )
    FocusArea.objects.bulk_create(
        [
            FocusArea(campaign=campaign, name=name, position=position)
            for position, name in enumerate(FOCUS_AREAS)
        ]
    )
    return campaign


def seat_the_leading_group(
    campaign: Campaign, users: dict[str, User], departments: dict[str, Department]
) -> None:
    """局長為組長，副局長為副組長，各科室負責人為成員，下設辦公室（方案五、1）。"""
    since = campaign.start_date
    role = Seat.Role

    def seat(kind: Seat.Role, post: str, username: str, position: int) -> Seat:
        return Seat.objects.create(
            campaign=campaign,
            role=kind,
            post=post,
            user=users[username],
            position=position,
            start_date=since,
        )

    seat(role.CHAIR, "局長", "chair", 1)
    for position, (username, (post, charge)) in enumerate(DEPUTIES.items(), 2):
        deputy = seat(role.DEPUTY, post, username, position)
        deputy.departments.set([departments[code] for code in charge])
    seat(role.OFFICE_DIRECTOR, "創建辦主任", "office1", 10)
    seat(role.OFFICE_STAFF, "創建辦幹事", "office2", 11)
    for position, unit in enumerate(UNITS, 20):
        seat(role.MEMBER, f"{unit.name}負責人", f"{unit.slug}-head", position)
