"""等着某人辦的事有幾件：菜單上的數字與打開的清單同出一處。"""

from dataclasses import dataclass
from datetime import date, timedelta

from django.db.models import F, Q, QuerySet

from campaigns.models import Campaign
from campaigns.standing import Standing
from people.models import User
from pingtan_civ.lib.counting import count_together
from tasks.models import Assignment, ChangeRequest, Round, Submission, in_progress

FILL_IN_WINDOW = timedelta(days=30)
"""離時限一個月以內的才算等着填報；更早也能填，只是不催。"""
RECENT = 12
"""審核通過的只列最近這麼多件。"""


def to_review(standing: Standing, campaign: Campaign) -> QuerySet[Submission]:
    """辦公室待審核的報送（活動進行中、措施在辦）。"""
    rows = (
        Submission.objects.in_campaign(campaign)
        .in_progress()
        .filter(state=Submission.State.ENDORSED)
    )
    return rows if standing.is_office(campaign) else rows.none()


def to_endorse(standing: Standing, campaign: Campaign) -> QuerySet[Submission]:
    """待初審：本單位別人報出的；與 policies.can_endorse 同一規則。"""
    mine = Q(department_id__in=standing.headed) | Q(
        by_colleague=True, department_id__in=standing.clerked
    )
    rounds = (
        Round.objects.alias(department_id=F("submission__assignment__department_id"))
        .filter(mine, number=F("submission__round_number"))
        .exclude(submitted_by=standing.user_id)
    )
    return (
        Submission.objects.in_campaign(campaign)
        .in_progress()
        .filter(state=Submission.State.SUBMITTED, pk__in=rounds.values("submission_id"))
    )


def to_fill_in(standing: Standing, campaign: Campaign, on: date) -> QuerySet[Submission]:
    """本單位該填報的：被退回的，已逾期的，本期已開始且一個月內到期的。"""
    coming = Q(period_start__lte=on, due_date__lte=on + FILL_IN_WINDOW)
    return (
        Submission.objects.in_campaign(campaign)
        .of(standing.departments)
        .owed()
        .filter(coming | Q(round_number__gt=1))
    )


@dataclass(frozen=True)
class Reports:
    """本單位的填報頁上列的：待填報的、已報出在審的、最近審核通過的。"""

    due: QuerySet[Submission]
    waiting: QuerySet[Submission]
    accepted: QuerySet[Submission]


def reports_of(standing: Standing, campaign: Campaign, on: date) -> Reports:
    """填報頁和它的導出同問這裏；急的在前，通過的新的在前、只列最近幾件。"""
    due = to_fill_in(standing, campaign, on).select_related(
        "assignment__measure__campaign", "assignment__department"
    )
    handed_in = (
        Submission.objects.in_campaign(campaign)
        .of(standing.departments)
        .exclude(state=Submission.State.OPEN)
        .select_related("assignment__measure__campaign", "assignment__department")
    )
    accepted = handed_in.filter(state=Submission.State.ACCEPTED)
    return Reports(
        due=due.order_by("due_date", "assignment__measure__position", "pk"),
        waiting=handed_in.exclude(state=Submission.State.ACCEPTED).order_by("due_date", "pk"),
        accepted=accepted.order_by("-accepted_at", "-pk")[:RECENT],
    )


def decided_rounds(
    campaign: Campaign, *, returned: bool, department: int | None = None
) -> QuerySet[Round]:
    """已審：審核通過的那一輪，新的在前。退回中：剛被辦公室退回、單位還沒補報的，急的在前。"""
    rows = Round.objects.filter(submission__assignment__measure__campaign=campaign).select_related(
        "submission__assignment__measure", "submission__assignment__department", "decided_by"
    )
    if department:
        rows = rows.filter(submission__assignment__department=department)
    if not returned:
        return rows.filter(decision=Round.Decision.ACCEPTED).order_by("-decided_at", "-pk")
    return rows.filter(
        decision=Round.Decision.SENT_BACK,
        number=F("submission__round_number") - 1,
        submission__state=Submission.State.OPEN,
    ).order_by("submission__due_date", "pk")


def to_acknowledge(standing: Standing, campaign: Campaign) -> QuerySet[Assignment]:
    """本單位待簽收的任務。"""
    return (
        Assignment.objects.of(standing.departments)
        .in_progress()
        .filter(state=Assignment.State.ISSUED, measure__campaign=campaign)
    )


def to_decide(standing: Standing, campaign: Campaign) -> QuerySet[ChangeRequest]:
    """辦公室待裁定的異議和延期；中止着的先不列，恢復後再裁定。"""
    rows = ChangeRequest.objects.filter(
        in_progress("assignment__"),
        assignment__measure__campaign=campaign,
        state=ChangeRequest.State.PENDING,
    )
    return rows if standing.is_office(campaign) else rows.none()


def waiting_lists(standing: Standing, campaign: Campaign, on: date) -> dict[str, QuerySet]:
    """等着此人辦的各類清單；與本人無關的類別不在其中。"""
    lists: dict[str, QuerySet] = {}
    if standing.is_office(campaign):
        lists["reviews"] = to_review(standing, campaign)
        lists["requests"] = to_decide(standing, campaign)
    if standing.departments:
        lists["endorsements"] = to_endorse(standing, campaign)
        lists["reports"] = to_fill_in(standing, campaign, on)
        lists["acknowledgements"] = to_acknowledge(standing, campaign)
    return lists


def waiting_counts(standing: Standing, campaign: Campaign, on: date) -> dict[str, int]:
    """各類待辦的件數，一次查詢。"""
    kinds = ["reviews", "requests", "endorsements", "reports", "acknowledgements"]
    anchor = User.objects.filter(pk=standing.user_id)
    lists = waiting_lists(standing, campaign, on)
    return dict.fromkeys(kinds, 0) | count_together(anchor, **lists)
