"""佈景：用業務服務把婚姻登記處的責任書辦到某一步。"""

from datetime import date, datetime

from evaluations.models import Criterion, Grade, Profile, ProfileDepartment, Scheme, TargetLetter
from evaluations.services import letter_signing as signing
from evaluations.services import letters as services
from people.models import Department
from tasks.models import Assignment, Measure
from tests import factories as make
from tests.cast import Cast

YEAR = 2026
STATES = ("draft", "issued", "head_signed", "in_force")


def duty(cast: Cast, unit: Department | None = None, **values: object) -> Assignment:
    """一項下達的任務；對應一項指標，責任領導是副組長的席位。"""
    seat = cast.campaign.seats.get(user=cast.deputy)
    values.setdefault("code", f"8-{Measure.objects.count() + 1:02d}")
    measure = make.MeasureFactory(
        campaign=cast.campaign,
        lead_department=unit or cast.registry,
        accountable_seat=seat,
        issued=True,
        **values,
    )
    measure.indicators.add(make.IndicatorFactory(objective__campaign=cast.campaign))
    return make.AssignmentFactory(measure=measure)


def letter(cast: Cast, at: datetime, upto: str = "issued") -> TargetLetter:
    """辦到 upto：draft、issued、head_signed、in_force。沒有任務的先下達一項。"""
    if not Assignment.objects.filter(department=cast.registry).exists():
        duty(cast, code="3-04", title="公開辦事程序")
    services.draft_letters(actor=cast.office, campaign=cast.campaign, year=YEAR, at=at)
    found = TargetLetter.objects.get(department=cast.registry, parent=None)
    if upto != "draft":
        services.send_letter(actor=cast.office, letter_id=found.pk, at=at)
    return sign_upto(cast, found, at, upto)


def supplement(
    cast: Cast, at: datetime, upto: str = "issued", parent: TargetLetter | None = None
) -> TargetLetter:
    """簽訂之後時限改了：對它的補充書，辦到 upto。"""
    parent = parent or letter(cast, at, "in_force")
    Assignment.objects.filter(department=cast.registry).update(due_date=date(2026, 12, 25))
    found = services.draft_supplement(actor=cast.office, letter_id=parent.pk, at=at)
    if upto != "draft":
        services.send_letter(actor=cast.office, letter_id=found.pk, at=at)
    return sign_upto(cast, found, at, upto)


def sign_upto(cast: Cast, row: TargetLetter, at: datetime, upto: str) -> TargetLetter:
    for actor in (cast.head, cast.leader)[: max(STATES.index(upto) - 1, 0)]:
        sign(row, actor, at)
    return fresh(row)


def sign(row: TargetLetter, actor: object, at: datetime) -> TargetLetter:
    """照此刻的文本簽。"""
    seen = fresh(row).text.sha256
    return signing.sign_letter(actor=actor, letter_id=row.pk, seen=seen, at=at)


def fresh(row: TargetLetter) -> TargetLetter:
    return TargetLetter.objects.with_everything().get(pk=row.pk)


def scheme(cast: Cast, at: datetime, *members: Department) -> Scheme:
    """使用中的辦法：共同部分 40 分，窗口另有 60 分；90 分以上優秀。"""
    row = Scheme.objects.create(
        campaign=cast.campaign,
        year=YEAR,
        title="2026年度考核辦法",
        state=Scheme.State.IN_FORCE,
        created_by=cast.office,
        created_at=at,
        adopted_by=cast.office,
        adopted_at=at,
    )
    windows = Profile.objects.create(scheme=row, name="窗口單位")
    for unit in members:
        ProfileDepartment.objects.create(scheme=row, profile=windows, department=unit)
    for number, profile, points in (("1", None, 4000), ("2", windows, 6000)):
        section = row.sections.create(
            number=number, title=f"測評項目{number}", profile=profile, position=int(number)
        )
        Criterion.objects.create(
            section=section, number=f"{number}.1", text="群眾滿意", full_hundredths=points
        )
    for name, limit in (("優秀", 9000), ("合格", 6000), ("不合格", 0)):
        Grade.objects.create(scheme=row, name=name, at_least_hundredths=limit)
    return row
