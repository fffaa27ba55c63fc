"""佈景：一份各種規則、各種評分方都有的辦法，和用服務走到某一步的一次考核。

窗口單位（婚姻登記處、殯儀館）一類，局辦公室一類；共同 40 分，各類 60 分。
"""

from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from campaigns.models import Campaign
from evaluations.models import (
    AssessmentRound,
    Criterion,
    CriterionStep,
    Grade,
    Profile,
    ProfileDepartment,
    Scheme,
    Score,
    Section,
    Sheet,
)
from evaluations.services import rounds
from evaluations.services.rounds import Mark, RoundPlan
from people.models import Department, User
from pingtan_civ.lib.scoring import Finding, Matter
from tests.cast import Cast
from tests.factories import DepartmentFactory, moment
from workdays.services import calendar

START = moment(2026, 11, 23)
MET, NOT_MET = Finding(is_met=True), Finding(is_met=False)
Phase = AssessmentRound.Phase


def criterion(section: Section, number: str, full: int, **values: Any) -> Criterion:
    steps = values.pop("steps", ())
    row = Criterion.objects.create(
        section=section, number=number, text=f"測評內容 {number}", full_hundredths=full, **values
    )
    for position, step in enumerate(steps):
        CriterionStep.objects.create(criterion=row, position=position, **step)
    return row


def scheme(campaign: Campaign, by: User, *, members: dict[str, list[Department]]) -> Scheme:
    """共同部分：1.1 達標（辦公室）、1.2 扣分（辦公室，可不適用）、1.3 按時報送（系統）、
    1.4 群眾意見（問卷）；各類部分：x.1 分檔（考核組）、x.2 按比例（辦公室）；加分、扣分各一條。
    """
    found = Scheme.objects.create(
        campaign=campaign,
        year=2026,
        title="2026年考核辦法",
        state=Scheme.State.IN_FORCE,
        bonus_cap_hundredths=500,
        penalty_cap_hundredths=1000,
        created_by=by,
        created_at=START,
        adopted_by=by,
        adopted_at=START,
    )
    for name, at_least, is_failing in [
        ("優秀", 9000, False),
        ("良好", 8000, False),
        ("合格", 6000, False),
        ("不合格", 0, True),
    ]:
        Grade.objects.create(
            scheme=found, name=name, at_least_hundredths=at_least, is_failing=is_failing
        )
    _common_part(found)
    for place, (name, units) in enumerate(members.items(), start=2):
        _own_part(found, place, name, units)
    _extra_parts(found)
    return found


def _common_part(found: Scheme) -> None:
    common = Section.objects.create(scheme=found, number="1", title="共同部分")
    criterion(common, "1.1", 1000, rule="binary")
    criterion(common, "1.2", 1000, rule="deduct_each", each_hundredths=200, may_not_apply=True)
    criterion(common, "1.3", 1000, rule="pro_rata", scorer="system", figure="on_time_rate")
    criterion(
        common,
        "1.4",
        1000,
        rule="steps",
        scorer="survey",
        steps=[
            {"label": "滿意", "points_hundredths": 1000, "at_least_hundredths": 9000},
            {"label": "較滿意", "points_hundredths": 600, "at_least_hundredths": 8000},
        ],
    )


def _own_part(found: Scheme, place: int, name: str, units: list[Department]) -> None:
    profile = Profile.objects.create(scheme=found, name=name, position=place)
    for unit in units:
        ProfileDepartment.objects.create(scheme=found, profile=profile, department=unit)
    own = Section.objects.create(
        scheme=found, number=str(place), title=name, profile=profile, position=place
    )
    criterion(
        own,
        f"{place}.1",
        4000,
        rule="bands",
        scorer="inspection",
        steps=[
            {"label": label, "percent_hundredths": percent}
            for label, percent in [("A", 10000), ("B", 6600), ("C", 3300), ("D", 0)]
        ],
    )
    criterion(own, f"{place}.2", 2000, rule="pro_rata")


def _extra_parts(found: Scheme) -> None:
    bonus = Section.objects.create(
        scheme=found, number="8", title="加分", part=Section.Part.BONUS, position=8
    )
    criterion(
        bonus,
        "8.1",
        500,
        rule="bonus_steps",
        steps=[
            {"label": "省級", "points_hundredths": 300},
            {"label": "市級", "points_hundredths": 200},
        ],
    )
    penalty = Section.objects.create(
        scheme=found, number="9", title="扣分", part=Section.Part.PENALTY, position=9
    )
    criterion(penalty, "9.1", 0, rule="penalty", each_hundredths=300)


def scored_by(department: Department, *numbers: str) -> None:
    """這幾條改由這個單位評。"""
    Criterion.objects.filter(number__in=numbers).update(
        scorer="department", scoring_department=department
    )


def more_sheets(found: AssessmentRound, count: int) -> list[Sheet]:
    """再添幾個窗口單位的表，看查詢次數隨不隨單位多。"""
    profile = found.sheets.order_by("pk").first().profile
    units = [DepartmentFactory(kind="window") for _number in range(count)]
    return [
        Sheet.objects.create(
            round=found, department=unit, department_name=unit.name, profile=profile
        )
        for unit in units
    ]


def members_of(cast: Cast) -> dict[str, list[Department]]:
    return {"窗口單位": [cast.registry, cast.funeral_home], "業務科室": [cast.bureau_office]}


def plan(**changes: Any) -> RoundPlan:
    values: dict[str, Any] = {
        "kind": "quarterly",
        "period_start": date(2026, 10, 1),
        "period_end": date(2026, 12, 31),
        "phases": tuple(rounds.propose_phases(date(2026, 11, 23), calendar())),
    }
    return RoundPlan(**values | changes)


def planned(cast: Cast, at: datetime = START, **changes: Any) -> AssessmentRound:
    if not Scheme.objects.exists():
        scheme(cast.campaign, cast.office, members=members_of(cast))
    return rounds.plan_round(actor=cast.office, campaign=cast.campaign, plan=plan(**changes), at=at)


SELF_FINDINGS = {
    "1.1": MET,
    "1.2": Finding(occurrences=0),
    "2.1": Finding(step="A"),
    "3.1": Finding(step="A"),
    "2.2": Finding(done=Decimal(9), planned=Decimal(10)),
    "3.2": Finding(done=Decimal(9), planned=Decimal(10)),
}
FIRST_FINDINGS = {
    "1.1": MET,
    "1.2": Finding(occurrences=1),
    "1.4": Finding(value=Decimal("92.5")),
    "2.1": Finding(step="B"),
    "3.1": Finding(step="A"),
    "2.2": Finding(done=Decimal(8), planned=Decimal(10)),
    "3.2": Finding(done=Decimal(9), planned=Decimal(10)),
    "8.1": Finding(matters=(Matter("全省先進", "省級"),)),
    "9.1": Finding(matters=(Matter("通報批評", times=1),)),
}


def marks(sheet: Sheet, findings: dict[str, Finding], reason: str = "") -> dict[int, Mark]:
    """按編號填的一份評分，只取這張表有的；問卷的一條，有理由的都說收回多少份。"""

    def asked(number: str) -> bool:
        return number == "1.4" and bool(reason)

    ids = dict(
        Criterion.objects.filter(section__scheme=sheet.round.scheme_id).values_list("number", "pk")
    )
    own = {row.number for row in rounds.scoring.criteria_of(sheet)}
    return {
        ids[number]: Mark(finding, reason=f"{reason}，收回問卷 120 份" if asked(number) else reason)
        for number, finding in findings.items()
        if number in own
    }


def number_of(sheet: Sheet, number: str) -> int:
    return Criterion.objects.get(section__scheme=sheet.round.scheme_id, number=number).pk


def sheet_of(round_: AssessmentRound, department: Department) -> Sheet:
    return Sheet.objects.select_related("round__campaign", "round__scheme", "profile").get(
        round=round_, department=department
    )


def score_of(sheet: Sheet, number: str, stage: str) -> Score:
    return Score.objects.get(
        sheet=sheet, criterion__number=number, stage=stage, replaced_at__isnull=True
    )


def round_at(cast: Cast, phase: str, at: datetime = START, **changes: Any) -> AssessmentRound:
    """一次考核，走到 phase：自評人人提交，初評全部評完。"""
    found = planned(cast, at, **changes)
    if phase == Phase.PLANNED:
        return found
    rounds.start_round(actor=cast.office, round_id=found.pk, at=at)
    if phase == Phase.SELF:
        return fresh(found)
    for sheet, head in _heads(cast, found):
        rounds.save_self_scores(
            actor=head, sheet_id=sheet.pk, marks=marks(sheet, SELF_FINDINGS), at=at
        )
        rounds.submit_self(actor=head, sheet_id=sheet.pk, at=at)
    rounds.advance_round(actor=cast.office, round_id=found.pk, at=at)
    if phase == Phase.CHECK:
        return fresh(found)
    for sheet, _head in _heads(cast, found):
        rounds.save_first_scores(
            actor=cast.office,
            sheet_id=sheet.pk,
            marks=marks(sheet, FIRST_FINDINGS, "核查記錄在案"),
            at=at,
        )
    while (found := fresh(found)).phase not in (phase, Phase.DECISION):
        rounds.advance_round(actor=cast.office, round_id=found.pk, at=at)
    if phase in (found.phase, Phase.VISIT, Phase.OPINION):
        return found
    rounds.decide_round(actor=cast.leader, round_id=found.pk, at=at)
    if phase == Phase.FEEDBACK:
        return fresh(found)
    if phase == Phase.PUBLISHED:
        return publish(cast, found, at)
    rounds.advance_round(actor=cast.office, round_id=found.pk, at=at + timedelta(days=30))
    return fresh(found)


def publish(cast: Cast, found: AssessmentRound, at: datetime = START) -> AssessmentRound:
    """從反饋走到公佈，只給領導小組。"""
    later = at + timedelta(days=30)
    rounds.advance_round(actor=cast.office, round_id=found.pk, at=later)
    rounds.publish_round(actor=cast.leader, round_id=found.pk, is_open_to_all=False, at=later)
    return fresh(found)


def _heads(cast: Cast, round_: AssessmentRound) -> list[tuple[Sheet, User]]:
    pairs = [
        (cast.registry, cast.head),
        (cast.funeral_home, cast.neighbour),
        (cast.bureau_office, cast.helper_head),
    ]
    return [(sheet_of(round_, unit), head) for unit, head in pairs]


def fresh(round_: AssessmentRound) -> AssessmentRound:
    return AssessmentRound.objects.select_related("campaign", "scheme").get(pk=round_.pk)
