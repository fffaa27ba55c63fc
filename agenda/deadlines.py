"""哪天有什麼到期：月曆和日曆訂閱共用。一種時限一個函數，列在 SOURCES 裏。

添一種：寫一個 `(Scope) -> Iterator[Deadline]` 的函數，查詢次數固定、只讀，
加進 SOURCES；整個活動的計數在 agenda.tallies。
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date

from django.db.models import F, OuterRef, Q, QuerySet, Subquery
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from campaigns.models import Campaign
from campaigns.standing import Standing
from evaluations import reminding as assessment
from evaluations.reminding import Asked, Matter
from evaluations.reminding.acts import Words
from people.models import Appointment
from pingtan_civ.lib.working_days import WorkingCalendar
from recommendations import reminding as recommendation
from recommendations.inbox import Duty, all_duties
from supervision.models import Order, OrderQuerySet
from tasks.lights import Light, LightRule
from tasks.models import Assignment, Measure, Round, Submission, in_progress


@dataclass(frozen=True)
class Scope:
    """看哪些：誰、哪些活動、哪些單位、從哪天到哪天。

    departments 為 None 是全部單位；is_mine 只要輪到本人辦的（與提醒同一規則）。
    first、last 為 None 是不限。
    """

    standing: Standing
    campaigns: tuple[Campaign, ...]
    calendar: WorkingCalendar
    departments: frozenset[int] | None = None
    is_mine: bool = False
    first: date | None = None
    last: date | None = None

    def within(self, field: str) -> Q:
        """某個日期字段在範圍之內。"""
        limits = {f"{field}__gte": self.first, f"{field}__lte": self.last}
        return Q(**{key: day for key, day in limits.items() if day})

    def holds(self, day: date) -> bool:
        return (not self.first or self.first <= day) and (not self.last or day <= self.last)

    def rule(self, campaign: Campaign) -> LightRule:
        return LightRule.on(self.standing.on, self.calendar, campaign.warn_days)


Topic = tuple[str, int]
"""留痕裏的（類別, 編號）：這件事的經過在哪裏找。"""


@dataclass(frozen=True, slots=True)
class Deadline:
    """一個到期：哪天、要辦什麼（kind）、哪一件、去哪裏辦。只有標題，沒有填報的內容。"""

    on: date
    kind: str | Promise
    title: str
    detail: str
    url: str
    light: Light
    uid: str
    campaign: Campaign
    topic: Topic

    @property
    def urgency(self) -> tuple[bool, str, str]:
        return self.light != Light.BAD, self.title, self.uid


SIGN, REPORT, ENDORSE, REVIEW = _("簽收"), _("填報"), _("初審"), _("審核")
SUPERVISION = _("督辦")
RECOMMENDATION = _("推薦")


def to_sign(scope: Scope) -> Iterator[Deadline]:
    """待簽收的任務。"""
    rows = Assignment.objects.in_progress().filter(
        scope.within("acknowledge_due_date"),
        state=Assignment.State.ISSUED,
        acknowledge_due_date__isnull=False,
        measure__campaign__in=scope.campaigns,
    )
    if scope.departments is not None:
        rows = rows.of(scope.departments)
    for row in rows.select_related("measure__campaign", "department").order_by("pk"):
        yield _about(
            scope,
            row,
            kind=SIGN,
            on=row.acknowledge_due_date,
            url=row.measure.get_absolute_url(),
            uid=f"sign-{row.pk}",
        )


def to_report(scope: Scope) -> Iterator[Deadline]:
    """待填報和待初審的各期。"""
    current = Round.objects.filter(submission=OuterRef("pk"), number=OuterRef("round_number"))
    rows = (
        Submission.objects.in_progress()
        .filter(
            scope.within("due_date"),
            state__in=[Submission.State.OPEN, Submission.State.SUBMITTED],
            assignment__measure__campaign__in=scope.campaigns,
        )
        .with_measure()
        .annotate(
            submitted_by=Subquery(current.values("submitted_by")[:1]),
            by_colleague=Subquery(current.values("by_colleague")[:1]),
        )
        .order_by("pk")
    )
    if scope.departments is not None:
        rows = rows.of(scope.departments)
    found = list(rows)
    at_post = _owners_at_post(scope, found) if scope.is_mine else frozenset()
    for row in found:
        if scope.is_mine and not _is_mine(scope.standing, row, at_post):
            continue
        is_open = row.state == Submission.State.OPEN
        yield _about(
            scope,
            row.assignment,
            kind=REPORT if is_open else ENDORSE,
            on=row.due_date,
            url=row.get_absolute_url(),
            uid=f"report-{row.pk}",
            period=row.name,
        )


def _is_mine(standing: Standing, row: Submission, at_post: frozenset[tuple[int, int]]) -> bool:
    """輪到本人：待填報的是責任人（沒有定的是經辦人）和負責人；待初審的與 can_endorse 同一規則。"""
    department, owner = row.assignment.department_id, row.assignment.measure.owner_id
    if row.state == Submission.State.SUBMITTED:
        if row.submitted_by == standing.user_id:
            return False
        return department in standing.headed or (
            bool(row.by_colleague) and department in standing.clerked
        )
    if department in standing.headed or owner == standing.user_id:
        return True
    return (owner, department) not in at_post


def _owners_at_post(scope: Scope, rows: list[Submission]) -> frozenset[tuple[int, int]]:
    """責任人裏今天仍在該單位的：(人, 單位)。不在了的，事情回到經辦人名下。"""
    posts = Appointment.objects.on(scope.standing.on).filter(
        department__in={row.assignment.department_id for row in rows},
        user__in={row.assignment.measure.owner_id for row in rows} - {None},
        user__is_active=True,
    )
    return frozenset(posts.values_list("user_id", "department_id"))


def to_review(scope: Scope) -> Iterator[Deadline]:
    """辦公室待審核的：初審之後若干個工作日，隨工作日曆現算。本人報出、初審過的迴避。"""
    standing = scope.standing
    campaigns = list(scope.campaigns)
    if scope.is_mine:
        campaigns = [row for row in campaigns if standing.is_office(row)]
    elif scope.departments is not None:
        return  # 已經報出去了，不在單位手上
    rows = waiting_for_review(campaigns).select_related(
        "submission__assignment__measure__campaign", "submission__assignment__department"
    )
    if scope.is_mine:
        rows = rows.exclude(submitted_by=standing.user_id).exclude(endorsed_by=standing.user_id)
    for row in rows:
        submission = row.submission
        days = submission.assignment.measure.campaign.review_days
        due = scope.calendar.add(timezone.localdate(row.endorsed_at), days)
        if scope.holds(due):
            yield _about(
                scope,
                submission.assignment,
                kind=REVIEW,
                on=due,
                url=submission.get_absolute_url(),
                uid=f"review-{row.pk}",
                period=submission.name,
            )


def waiting_for_review(campaigns: list[Campaign]) -> QuerySet[Round]:
    """這些活動裏初審過、等辦公室審核的當前一輪。"""
    return (
        Round.objects.filter(
            in_progress("submission__assignment__"),
            number=F("submission__round_number"),
            submission__state=Submission.State.ENDORSED,
            submission__assignment__measure__campaign__in=campaigns,
            endorsed_at__isnull=False,
        )
        .defer("narrative", "problems", "needs", "reason")
        .order_by("pk")
    )


def _about(
    scope: Scope,
    assignment: Assignment,
    *,
    kind: str | Promise,
    on: date,
    url: str,
    uid: str,
    period: str = "",
) -> Deadline:
    measure = assignment.measure
    parts = [assignment.department.label, period]
    return Deadline(
        on=on,
        kind=kind,
        title=f"{measure.code} {measure.title}",
        detail=" ".join(part for part in parts if part),
        url=url,
        light=scope.rule(measure.campaign).of_due(on),
        uid=uid,
        campaign=measure.campaign,
        topic=(Measure._meta.label_lower, measure.pk),
    )


def to_answer(scope: Scope) -> Iterator[Deadline]:
    """還沒反饋的督辦單；只要輪到本人辦的時，是本單位承辦的。"""
    departments = scope.standing.departments if scope.is_mine else scope.departments
    for order in unanswered(scope, departments).select_related("campaign", "lead_department"):
        yield Deadline(
            on=order.due_date,
            kind=order.words.kind,
            title=f"{order.full_number} {order.title}",
            detail=order.lead_department.label if order.lead_department else "",
            url=order.get_absolute_url(),
            light=scope.rule(order.campaign).of_due(order.due_date),
            uid=f"supervision-{order.pk}",
            campaign=order.campaign,
            topic=(Order._meta.label_lower, order.pk),
        )


def unanswered(scope: Scope, departments: frozenset[int] | None) -> OrderQuerySet:
    """這些活動（和單位）還沒反饋、有時限的督辦單。"""
    rows = Order.objects.running().filter(
        scope.within("due_date"),
        state__in=Order.IN_HAND,
        due_date__isnull=False,
        campaign__in=scope.campaigns,
    )
    if departments is not None:
        rows = rows.filter(lead_department__in=departments)
    return rows.order_by("pk")


def assessment_work(scope: Scope) -> Iterator[Deadline]:
    """考核裏輪到本人辦的：自評、評分、考察、審定、責任書、異議、徵詢、一票否決，與提醒同一規則。

    單位的、整個活動的不列：結果公佈以前，誰給誰評分、誰被考察不給旁人看。
    """
    return _matters(scope, assessment.find, assessment.WORDS)


def recommendation_work(scope: Scope) -> Iterator[Deadline]:
    """推薦的申報、表決、往下走一步、公示異議、批覆：輪到本人辦的，與提醒同一規則；整個活動的。

    單位的不列。整個活動的只說項目走到哪一步：誰還沒有表決不說，異議只給看得到它的人。
    """
    if scope.is_mine or scope.departments is not None:
        yield from _matters(scope, recommendation.find, recommendation.WORDS)
        return
    campaigns = {row.pk: row for row in scope.campaigns}
    for duty in recommendations_due(scope):
        programme = duty.programme
        campaign = campaigns[programme.campaign_id]
        yield Deadline(
            on=duty.due,
            kind=recommendation.WORDS[duty.act].kind,
            title=programme.title,
            detail="",
            url=duty.url,
            light=scope.rule(campaign).of_due(duty.due),
            uid=f"recommendation-{duty.act}-{programme.pk}",
            campaign=campaign,
            topic=(programme._meta.label_lower, programme.pk),
        )


def recommendations_due(scope: Scope) -> list[Duty]:
    """整個活動的推薦裏等着辦的，在範圍之內的。"""
    campaigns = [row.pk for row in scope.campaigns]
    found = all_duties(scope.standing, campaigns, scope.calendar)
    return [duty for duty in found if duty.due and scope.holds(duty.due)]


def _matters(
    scope: Scope, find: Callable[[Asked], list[Matter]], words: Mapping[str, Words]
) -> Iterator[Deadline]:
    if not scope.is_mine:
        return
    me, campaigns = scope.standing.user_id, {row.pk: row for row in scope.campaigns}
    for matter in find(Asked(scope.standing.on, scope.calendar, standing=scope.standing)):
        campaign = campaigns.get(matter.campaign_id)
        is_owed = me in matter.doers or me in matter.heads
        if campaign and is_owed and scope.holds(matter.due):
            yield Deadline(
                on=matter.due,
                kind=words[matter.act].kind,
                title=matter.what,
                detail=matter.who,
                url=matter.url,
                light=scope.rule(campaign).of_due(matter.due),
                uid=f"{matter.track}-{matter.act}-{matter.subject_id}",
                campaign=campaign,
                topic=matter.topic,
            )


SOURCES: tuple[Callable[[Scope], Iterator[Deadline]], ...] = (
    to_sign,
    to_report,
    to_review,
    to_answer,
    assessment_work,
    recommendation_work,
)


def deadlines(scope: Scope) -> list[Deadline]:
    """範圍內的全部到期，按日子，逾期的在前。"""
    if not scope.campaigns:
        return []
    found = [row for source in SOURCES for row in source(scope)]
    return sorted(found, key=lambda row: (row.on, *row.urgency))
