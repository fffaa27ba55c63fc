"""測試數據：值寫明、讀得懂；有名字的情形用 trait。"""

from datetime import date, datetime
from zoneinfo import ZoneInfo

import factory
from factory.django import DjangoModelFactory

from campaigns import models as campaigns
from evaluations import models as evaluations
from evaluations.services.veto_items import event_of
from people import models as people
from tasks import models as tasks

BEIJING = ZoneInfo("Asia/Shanghai")


def moment(year: int, month: int, day: int, hour: int = 9, minute: int = 0) -> datetime:
    """北京時間的一個時刻。"""
    return datetime(year, month, day, hour, minute, tzinfo=BEIJING)


class UserFactory(DjangoModelFactory):
    class Meta:
        model = people.User

    username = factory.Sequence(lambda n: f"user{n}")
    name = factory.Sequence(lambda n: f"人員{n}")
    email = factory.LazyAttribute(lambda user: f"{user.username}@example.test")


class DepartmentFactory(DjangoModelFactory):
    class Meta:
        model = people.Department

    code = factory.Sequence(lambda n: f"dept{n}")
    name = factory.Sequence(lambda n: f"科室{n}")
    kind = people.Department.Kind.SECTION
    position = factory.Sequence(lambda n: n)


class AppointmentFactory(DjangoModelFactory):
    class Meta:
        model = people.Appointment

    user = factory.SubFactory(UserFactory)
    department = factory.SubFactory(DepartmentFactory)
    role = people.Appointment.Role.CLERK


class CampaignFactory(DjangoModelFactory):
    class Meta:
        model = campaigns.Campaign

    code = factory.Sequence(lambda n: f"pt2026-{n}" if n else "pt2026")
    name = "2026年度文明行業創建"
    theme = "真情暖人心、滿意在民政"
    start_date = date(2026, 3, 2)
    end_date = date(2027, 3, 31)
    state = campaigns.Campaign.State.ACTIVE


class SeatFactory(DjangoModelFactory):
    class Meta:
        model = campaigns.Seat

    campaign = factory.SubFactory(CampaignFactory)
    role = campaigns.Seat.Role.MEMBER
    post = "科長"
    user = factory.SubFactory(UserFactory)


class PlanVersionFactory(DjangoModelFactory):
    class Meta:
        model = campaigns.PlanVersion

    campaign = factory.SubFactory(CampaignFactory)
    number = factory.Sequence(lambda n: n + 1)
    title = "平潭縣民政局文明行業創建情況彙報"
    source_text = "三、工作目標"
    source_sha256 = factory.Sequence(lambda n: f"{n:064d}")
    imported_at = moment(2026, 3, 2)
    imported_by = factory.SubFactory(UserFactory)


class ClauseFactory(DjangoModelFactory):
    class Meta:
        model = campaigns.Clause

    version = factory.SubFactory(PlanVersionFactory)
    level = campaigns.Clause.Level.CLAUSE
    section_kind = campaigns.Clause.SectionKind.OBJECTIVE
    code = factory.Sequence(lambda n: f"G4.{n + 1}")
    text = "群眾滿意率高"
    position = factory.Sequence(lambda n: n)


class ObjectiveFactory(DjangoModelFactory):
    class Meta:
        model = campaigns.Objective

    campaign = factory.SubFactory(CampaignFactory)
    number = factory.Sequence(lambda n: n + 1)
    code = factory.LazyAttribute(lambda o: f"G{o.number}")
    title = "加強民主管理,機關作風改進"


class IndicatorFactory(DjangoModelFactory):
    class Meta:
        model = campaigns.Indicator

    objective = factory.SubFactory(ObjectiveFactory)
    clause = factory.SubFactory(
        ClauseFactory, version__campaign=factory.SelfAttribute("...objective.campaign")
    )
    code = factory.SelfAttribute("clause.code")


class MainTaskFactory(DjangoModelFactory):
    class Meta:
        model = tasks.MainTask

    campaign = factory.SubFactory(CampaignFactory)
    number = factory.Sequence(lambda n: n + 1)
    code = factory.LazyAttribute(lambda o: f"T{o.number}")
    title = "改進行業管理,實現規範服務"


class MeasureFactory(DjangoModelFactory):
    """一項待下達的措施；issued=True 時已下達給牽頭單位（不經服務，直接擺好行）。"""

    class Meta:
        model = tasks.Measure

    class Params:
        issued = factory.Trait(
            state=tasks.Measure.State.ISSUED,
            issued_at=moment(2026, 3, 10),
            start_date=date(2026, 3, 10),
            owed_date=factory.SelfAttribute("due_date"),
        )

    campaign = factory.SubFactory(CampaignFactory)
    main_task = factory.SubFactory(MainTaskFactory, campaign=factory.SelfAttribute("..campaign"))
    code = factory.Sequence(lambda n: f"3-{n + 1:02d}")
    position = factory.Sequence(lambda n: n)
    title = factory.Sequence(lambda n: f"公開辦事程序和收費標準{n}")
    due_date = date(2026, 12, 10)
    lead_department = factory.SubFactory(DepartmentFactory)


class AssignmentFactory(DjangoModelFactory):
    class Meta:
        model = tasks.Assignment

    measure = factory.SubFactory(MeasureFactory, issued=True)
    department = factory.SelfAttribute("measure.lead_department")
    role = tasks.Assignment.Role.LEAD
    state = tasks.Assignment.State.ACKNOWLEDGED
    due_date = factory.SelfAttribute("measure.due_date")
    issued_at = moment(2026, 3, 10)


class SubmissionFactory(DjangoModelFactory):
    """一期報送和它的第一輪。trait：submitted（待初審）、endorsed（待審核）、accepted（通過）。"""

    class Meta:
        model = tasks.Submission
        skip_postgeneration_save = True

    class Params:
        submitted = factory.Trait(state=tasks.Submission.State.SUBMITTED)
        endorsed = factory.Trait(state=tasks.Submission.State.ENDORSED)
        accepted = factory.Trait(
            state=tasks.Submission.State.ACCEPTED, accepted_at=moment(2026, 11, 20)
        )

    assignment = factory.SubFactory(AssignmentFactory)
    label = "2026-11"
    name = "2026年11月"
    period_start = date(2026, 11, 1)
    period_end = date(2026, 11, 30)
    due_date = date(2026, 11, 25)
    first_due_date = factory.SelfAttribute("due_date")

    @factory.post_generation
    def by(self, create: bool, people: dict | None, **kwargs: object) -> None:
        """by={"clerk": …, "head": …, "office": …}：按狀態補齊第一輪的經手人。"""
        people = people or {}
        order = ["open", "submitted", "endorsed", "accepted"]
        reached = order.index(str(self.state))
        values: dict[str, object] = {"narrative": "", "percent": None}
        if reached >= 1:
            values |= {
                "narrative": "辦事程序和收費標準已在大廳公開。",
                "percent": 60,
                "submitted_at": moment(2026, 11, 18),
                "submitted_by": people.get("clerk") or UserFactory(),
            }
        if reached >= 2:
            values |= {
                "endorsed_at": moment(2026, 11, 19),
                "endorsed_by": people.get("head") or UserFactory(),
            }
        if reached >= 3:
            values |= {
                "decision": tasks.Round.Decision.ACCEPTED,
                "decided_at": moment(2026, 11, 20),
                "decided_by": people.get("office") or UserFactory(),
            }
        tasks.Round.objects.create(
            submission=self,
            number=1,
            opened_at=moment(2026, 11, 1),
            due_date=self.due_date,
            **(values | kwargs),
        )


class EvidenceFileFactory(DjangoModelFactory):
    class Meta:
        model = tasks.EvidenceFile

    sha256 = factory.Sequence(lambda n: f"{n:064x}")
    size = 1024
    content_type = "image/jpeg"
    extension = "jpg"
    path = factory.LazyAttribute(lambda f: f"evidence/{f.sha256[:2]}/{f.sha256}.jpg")
    stored_at = moment(2026, 11, 18)


class EvidenceLinkFactory(DjangoModelFactory):
    class Meta:
        model = tasks.EvidenceLink

    round = factory.LazyFunction(lambda: SubmissionFactory().rounds.get())
    file = factory.SubFactory(EvidenceFileFactory)
    name = "大廳公示欄.jpg"
    added_at = moment(2026, 11, 18)
    added_by = factory.SubFactory(UserFactory)


class HonourFactory(DjangoModelFactory):
    """一項榮譽，默認授給本局。"""

    class Meta:
        model = evaluations.Honour

    name = factory.Sequence(lambda n: f"福建省文明行業{n}")
    level = evaluations.Honour.Level.PROVINCE
    granted_by = "中共福建省委、福建省人民政府"
    granted_date = date(2024, 2, 1)


class VetoItemFactory(DjangoModelFactory):
    """負面清單的一項，默認一年之內不得推薦。"""

    class Meta:
        model = evaluations.VetoItem

    campaign = factory.SubFactory(CampaignFactory)
    text = factory.Sequence(lambda n: f"無重大安全責任事故{n or ''}")
    event_text = factory.LazyAttribute(lambda item: event_of(item.text))
    authority = "應急管理部門"


class VetoEventFactory(DjangoModelFactory):
    """一件事：默認半年前發生，待認定。upheld：已由領導小組認定。"""

    class Meta:
        model = evaluations.VetoEvent

    class Params:
        upheld = factory.Trait(
            state=evaluations.VetoEvent.State.UPHELD,
            date_confirmed=factory.SelfAttribute("date_of_event"),
            decided_by=factory.SubFactory(UserFactory),
            decided_at=moment(2026, 6, 10),
            decision_reason="有認定文書。",
        )

    item = factory.SubFactory(VetoItemFactory)
    department = factory.SubFactory(DepartmentFactory)
    description = "鍋爐房起火，燒傷一人。"
    date_of_event = date(2026, 6, 1)
    reported_by = factory.SubFactory(UserFactory)
    reported_at = moment(2026, 6, 2)
