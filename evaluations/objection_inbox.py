"""等着某人辦的異議：菜單上的數字和工作台的待辦同出一處。"""

from django.db.models import Exists, F, OuterRef, Q, QuerySet

from campaigns.models import Seat
from campaigns.standing import Standing
from evaluations.models import AssessmentRound, Objection, ObjectionQuerySet

State = Objection.State
OPEN_PHASES = (AssessmentRound.Phase.FEEDBACK, AssessmentRound.Phase.ANSWER)
"""可以有異議等着的階段。"""


def to_answer(standing: Standing) -> Q:
    """辦公室的：待答覆的，給分的人迴避；辦公室只有他一個人時仍由他寫。"""
    offices = [pk for pk in standing.seats if standing.is_office(pk)]
    others = _seated(standing, *Seat.OFFICE_ROLES).exclude(user=OuterRef("score__by"))
    mine = ~Q(score__by=standing.user_id) | Q(score__isnull=True) | ~Exists(others)
    return Q(state=State.FILED, sheet__round__campaign__in=offices) & mine


def to_decide(standing: Standing) -> Q:
    """組長的：待裁定的；組長給過分、寫過答覆的，歸副組長。"""
    chaired = [pk for pk in standing.seats if standing.is_chair(pk)]
    led = [pk for pk in standing.seats if standing.is_leader(pk)]
    free_chairs = (
        _seated(standing, Seat.Role.CHAIR)
        .exclude(user=OuterRef("score__by"))
        .exclude(user=OuterRef("answered_by"))
    )
    hands_off = (~Q(score__by=standing.user_id) | Q(score__isnull=True)) & ~Q(
        answered_by=standing.user_id
    )
    due_here = Q(sheet__round__campaign__in=chaired) | (
        Q(sheet__round__campaign__in=led) & ~Exists(free_chairs)
    )
    return Q(state=State.ANSWERED) & due_here & hands_off


def _seated(standing: Standing, *roles: str) -> QuerySet[Seat]:
    return Seat.objects.on(standing.on).filter(
        campaign=OuterRef("sheet__round__campaign"), role__in=roles, user__is_active=True
    )


def waiting(standing: Standing) -> ObjectionQuerySet:
    """等着此人答覆、裁定的異議，先提的在前；本單位的迴避，結果公佈了的不算。"""
    return (
        Objection.objects.filter(to_answer(standing) | to_decide(standing))
        .filter(sheet__round__phase__in=OPEN_PHASES)
        .exclude(sheet__department__in=standing.departments)
        .order_by(F("filed_at").asc(), "pk")
    )
