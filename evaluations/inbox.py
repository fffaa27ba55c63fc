"""等着某人辦的考核的事：填自評、評分、去考察、審定、公佈、往下走一步。"""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from django.db.models import Exists, F, OuterRef, Q, QuerySet, Subquery
from django.urls import reverse

from campaigns.standing import Standing
from evaluations import policies
from evaluations.models import AssessmentRound, RoundPhase, Score, Sheet, SiteVisit

Phase = AssessmentRound.Phase


class Kind(StrEnum):
    """哪一樣事。"""

    SELF = "self"
    SCORE = "score"
    RUN = "run"
    VISIT = "visit"
    DECIDE = "decide"
    PUBLISH = "publish"
    FEEDBACK = "feedback"


@dataclass(frozen=True)
class Duty:
    """一件：哪次考核、什麼事、哪天為止、去哪裏辦。unit 是哪個單位的（自評、考察）。"""

    kind: Kind
    round: AssessmentRound
    due: date | None
    url: str
    unit: str = ""


def under_way(campaign_ids: Sequence[int]) -> QuerySet[AssessmentRound]:
    """這些活動裏在走的考核，連同當前階段的截止（due）。"""
    due = RoundPhase.objects.filter(round=OuterRef("pk"), phase=OuterRef("phase"))
    return (
        AssessmentRound.objects.filter(campaign__in=campaign_ids)
        .exclude(phase__in=(Phase.PLANNED, Phase.PUBLISHED))
        .select_related("campaign")
        .annotate(due=Subquery(due.values("due_date")[:1]))
    )


def waiting(standing: Standing, rounds: Sequence[AssessmentRound]) -> list[Duty]:
    """此人在這些考核（under_way 的結果）裏等着辦的。沒有在走的不再查。"""
    found: list[Duty] = []
    for round_ in rounds:
        found += _above(standing, round_)
    if standing.departments:
        found += _own(standing, [row for row in rounds if row.phase in (Phase.SELF, Phase.CHECK)])
        found += _told(standing, [row for row in rounds if row.phase == Phase.FEEDBACK])
        found += _scoring(standing, [row for row in rounds if row.phase in policies.FIRST_PHASES])
    found += _visits(standing, [row for row in rounds if not row.is_frozen])
    return found


def _above(standing: Standing, round_: AssessmentRound) -> Iterator[Duty]:
    """辦公室、組長的。"""
    is_chair = policies.can_decide_round(standing, round_)
    if round_.phase == Phase.DECISION and is_chair:
        yield _duty(Kind.DECIDE, round_)
    elif round_.phase == Phase.ANSWER and is_chair:
        yield _duty(Kind.PUBLISH, round_)
    elif policies.can_run_round(standing, round_) and _is_office_turn(round_, standing.on):
        yield _duty(Kind.RUN, round_)


def _is_office_turn(round_: AssessmentRound, on: date) -> bool:
    """初評的各階段一直是；自評、異議要等截止以後。"""
    if round_.phase in policies.FIRST_PHASES:
        return True
    return round_.phase in (Phase.SELF, Phase.FEEDBACK) and round_.due < on


def _duty(kind: Kind, round_: AssessmentRound) -> Duty:
    return Duty(kind, round_, round_.due, round_.get_absolute_url())


def _own(standing: Standing, rounds: list[AssessmentRound]) -> Iterator[Duty]:
    """本單位還沒提交的自評；到了材料初評，只有退回補正、開放補填的。"""
    if not rounds:
        return
    by_id = {round_.pk: round_ for round_ in rounds}
    rows = Sheet.objects.open_to_units().filter(
        round__in=rounds, department__in=standing.departments
    )
    for sheet in rows:
        sheet.round = by_id[sheet.round_id]
        yield Duty(
            Kind.SELF,
            sheet.round,
            sheet.round.due,
            sheet.get_absolute_url(),
            sheet.department_name,
        )


def _told(standing: Standing, rounds: list[AssessmentRound]) -> Iterator[Duty]:
    """結果反饋給本單位了，負責人在異議期裏可以提異議：不是欠着的事，期滿就沒有這一條。"""
    by_id = {round_.pk: round_ for round_ in rounds if round_.due >= standing.on}
    if not by_id or not standing.headed:
        return
    for sheet in Sheet.objects.filter(round__in=by_id, department__in=standing.headed):
        sheet.round = by_id[sheet.round_id]
        address = sheet.get_absolute_url()
        yield Duty(Kind.FEEDBACK, sheet.round, sheet.round.due, address, sheet.department_name)


def unscored(round_ids: Collection[int]) -> QuerySet[Sheet, tuple[int, int]]:
    """（考核, 評分單位）：辦法指定由這個單位評、還有沒評完的；它自己的表不由它評。一次查詢。"""
    criteria = "round__scheme__sections__criteria"
    scored = Score.objects.filter(
        sheet=OuterRef("pk"),
        criterion=OuterRef(criteria),
        stage=Score.Stage.FIRST,
        replaced_at__isnull=True,
    )
    profile = "round__scheme__sections__profile"
    parent = "round__scheme__sections__parent__profile"
    scorer = f"{criteria}__scoring_department"
    return (
        Sheet.objects.filter(
            Q(**{f"{profile}__isnull": True}) | Q(**{profile: F("profile")}),
            Q(**{f"{parent}__isnull": True}) | Q(**{parent: F("profile")}),
            round__in=round_ids,
            **{f"{scorer}__isnull": False},
        )
        .exclude(**{scorer: F("department")})
        .annotate(is_scored=Exists(scored))
        .filter(is_scored=False)
        .order_by()
        .values_list("round_id", scorer)
        .distinct()
    )


def _scoring(standing: Standing, rounds: list[AssessmentRound]) -> Iterator[Duty]:
    """辦法指定由本單位評、還沒評完的。"""
    if not rounds:
        return
    owing = {
        round_id
        for round_id, unit in unscored([row.pk for row in rounds])
        if unit in standing.departments
    }
    for round_ in rounds:
        if round_.pk in owing:
            address = reverse("evaluations:unit-scoring", args=[round_.code])
            yield Duty(Kind.SCORE, round_, round_.due, address)


def _visits(standing: Standing, rounds: list[AssessmentRound]) -> Iterator[Duty]:
    """本人在考核組裏、還沒辦完的考察。"""
    if not rounds:
        return
    by_id = {round_.pk: round_ for round_ in rounds}
    rows = SiteVisit.objects.filter(
        sheet__round__in=rounds, team=standing.user_id, done_at__isnull=True
    ).select_related("sheet")
    for visit in rows:
        yield Duty(
            Kind.VISIT,
            by_id[visit.sheet.round_id],
            visit.date,
            visit.get_absolute_url(),
            visit.sheet.department_name,
        )
