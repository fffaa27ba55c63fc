"""一期彙報的材料：期內審核通過的、還沒報來的、計入的任務。查詢次數不隨數據增長。

期內指報送所屬的那一段與彙報期間有重合；截止之後才審核通過的不算。
"""

from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from functools import cached_property

from django.db.models import F, Prefetch, Q, QuerySet
from django.utils.timezone import localtime

from campaigns.models import Campaign, Clause, Objective, PlanVersion, Seat
from people.models import Department, User
from people.naming import bureau_name
from pingtan_civ.lib.periods import MONTHS, period_of
from reports.models import Report
from reports.paper import Item, Paper, Section
from tasks.models import (
    Assignment,
    ChangeRequest,
    FigureValue,
    MainTask,
    Measure,
    Round,
    Submission,
)

_LONGEST_NEXT = 31
_COUNTED_STATES = (Measure.State.ISSUED, Measure.State.CLOSED)


@dataclass(frozen=True)
class Span:
    """彙報的期間（首尾都算）和數據截止的一刻。"""

    start: date
    end: date
    cutoff: datetime

    @property
    def day(self) -> date:
        return localtime(self.cutoff).date()

    @property
    def next(self) -> tuple[date, date]:
        """下一期：接着本期末，整月、整季的取下一個整期；別的取同樣長的一段，至多三十一天。"""
        start = self.end + timedelta(days=1)
        for cycle in MONTHS:
            this = period_of(cycle, self.start)
            if (this.start, this.end) == (self.start, self.end):
                return start, period_of(cycle, start).end
        return start, start + min(self.end - self.start, timedelta(days=_LONGEST_NEXT - 1))

    def has(self, at: datetime | None) -> bool:
        """這一刻在本期之內、截止之前。"""
        return at is not None and at <= self.cutoff and self.covers(localtime(at).date())

    def covers(self, day: date) -> bool:
        return self.start <= day <= self.end


@dataclass
class Unreported:
    """該報而沒有審核通過的一件，和它為什麼還沒有。

    依次是：往期逾期未報、逾期未報、退回待補報、待初審、待審核、未到時限。往期的屬於彙報期間之前。
    """

    EARLIER, OVERDUE, SENT_BACK = "earlier", "overdue", "sent_back"
    ENDORSING, WAITING, NOT_DUE = "endorsing", "waiting", "not_due"

    submission: Submission
    why: str


class Extras:
    """不是每種文件都用的材料：誰用到才查，查一次，各章共用。"""

    def __init__(
        self, campaign: Campaign, span: Span, kind: str, supersedes: int | None = None
    ) -> None:
        self.campaign, self.span, self.kind, self.supersedes = campaign, span, kind, supersedes
        self.rectified: tuple[set[int], set[int]] | None = None
        #: 草稿裏辦公室改過、不採用的段落的 key：重新彙集時不與別的單位合成一段。
        self.apart: frozenset[str] = frozenset()

    @cached_property
    def last_report(self) -> Report | None:
        """同一活動同一種類上一份已印發的；更正版不與它所更正的比。"""
        issued = Report.objects.filter(
            campaign=self.campaign,
            kind=self.kind,
            state=Report.State.ISSUED,
            issued_at__lte=self.span.cutoff,
        )
        return issued.exclude(pk=self.supersedes).order_by("-issued_at", "-pk").first()

    @cached_property
    def last(self) -> Paper | None:
        return Paper.from_json(self.last_report.snapshot) if self.last_report else None

    @cached_property
    def extensions(self) -> list[ChangeRequest]:
        """期內、截止前批准的延期。

        只算批准了的：批准之前原時限照走，申請還不是延期；沒有裁定的在 pending，列入提請決定的事項。
        """
        rows = ChangeRequest.objects.filter(
            kind=ChangeRequest.Kind.EXTENSION,
            state=ChangeRequest.State.APPROVED,
            decided_at__lte=self.span.cutoff,
            granted_date__isnull=False,
        )
        found = self._requests(rows)
        return [row for row in found if self.span.has(row.decided_at)]

    @cached_property
    def pending(self) -> list[ChangeRequest]:
        """截止時還沒有裁定的異議和延期申請。"""
        rows = ChangeRequest.objects.filter(
            state=ChangeRequest.State.PENDING, requested_at__lte=self.span.cutoff
        )
        return self._requests(rows)

    def _requests(self, rows: QuerySet[ChangeRequest]) -> list[ChangeRequest]:
        related = ("assignment__measure", "assignment__department", "submission")
        return list(
            rows.filter(assignment__measure__campaign=self.campaign)
            .filter(assignment__measure__state__in=_COUNTED_STATES)
            .select_related(*related, "proposed_department")
            .order_by("assignment__measure__position", "assignment__role", "pk")
        )

    @cached_property
    def sent_back(self) -> set[int]:
        """期內被退回過的報送。"""
        rows = Round.objects.filter(
            decision=Round.Decision.SENT_BACK,
            decided_at__lte=self.span.cutoff,
            submission__assignment__measure__campaign=self.campaign,
        ).values_list("submission_id", "decided_at")
        return {pk for pk, at in rows if self.span.has(at)}

    @cached_property
    def upcoming(self) -> list[Submission]:
        """下一期到時限、還沒有審核通過的報送。"""
        return list(
            Submission.objects.filter(
                assignment__measure__campaign=self.campaign,
                assignment__measure__state=Measure.State.ISSUED,
                assignment__state__in=Assignment.LIVE,
                due_date__range=self.span.next,
            )
            .exclude(state=Submission.State.ACCEPTED)
            .select_related("assignment__measure", "assignment__department")
            .order_by(
                "assignment__department__position",
                "assignment__department_id",
                "assignment__measure__position",
                "due_date",
                "pk",
            )
        )


@dataclass
class Material:
    campaign: Campaign
    span: Span
    focus_areas: list[str]
    plan: PlanVersion | None
    headings: dict[str, Clause]
    principles: list[Clause]
    objectives: list[Objective]
    main_tasks: list[MainTask]
    measures: list[Measure]
    accepted: list[Round]
    unreported: list[Unreported]
    seats: list[Seat]
    unit: str = ""
    kind: str = "situation"
    extras: Extras | None = None
    only: frozenset[int] | None = None
    """只說這幾項主要任務（專題）；空着的不限。"""
    sections: tuple[Section, ...] = ()
    """編好的各章；附件要用到正文時才有。"""
    by_task: dict[int, list[Round]] = field(init=False, default_factory=dict)
    by_measure: dict[int, list[Round]] = field(init=False, default_factory=dict)
    """從 accepted 分出來的；不收、不抄，換一份材料就重分一次，免得一件記兩遍。"""

    def __post_init__(self) -> None:
        for round_ in self.accepted:
            measure = measure_of(round_)
            self.by_task.setdefault(measure.main_task_id, []).append(round_)
            self.by_measure.setdefault(measure.pk, []).append(round_)

    @property
    def last(self) -> Paper | None:
        return self.extras.last if self.extras else None

    @property
    def since(self) -> datetime | None:
        """上一期的截止時刻；沒有上一期的為空。"""
        report = self.extras.last_report if self.extras else None
        return report.cutoff_at if report else None

    @property
    def extensions(self) -> list[ChangeRequest]:
        return [row for row in self.extras.extensions if self.takes(row.assignment.measure)]

    @property
    def pending(self) -> list[ChangeRequest]:
        return [row for row in self.extras.pending if self.takes(row.assignment.measure)]

    @property
    def upcoming(self) -> list[Submission]:
        return [row for row in self.extras.upcoming if self.takes(row.assignment.measure)]

    def takes(self, measure: Measure) -> bool:
        return self.only is None or measure.main_task_id in self.only

    def narrowed(self, codes: tuple[str, ...]) -> "Material":
        """只留這幾項主要任務的（編碼）。"""
        tasks = [task for task in self.main_tasks if task.code in codes]
        only = frozenset(task.pk for task in tasks)
        return replace(
            self,
            main_tasks=tasks,
            only=only,
            measures=[row for row in self.measures if row.main_task_id in only],
            accepted=[row for row in self.accepted if measure_of(row).main_task_id in only],
            unreported=[
                row
                for row in self.unreported
                if row.submission.assignment.measure.main_task_id in only
            ],
        )

    def is_due(self, submission: Submission) -> bool:
        """截止之日已過時限。當天到期的還有一天，不算。"""
        return submission.due_date < self.span.day

    def is_closed(self, measure: Measure) -> bool:
        """截止時已辦結；之後才銷號的不算。"""
        closed = measure.state == Measure.State.CLOSED
        return closed and (measure.closed_at is None or measure.closed_at <= self.span.cutoff)


def measure_of(round_: Round) -> Measure:
    return round_.submission.assignment.measure


def department_of(round_: Round) -> Department:
    return round_.submission.assignment.department


def gather(
    campaign: Campaign, span: Span, kind: str = "situation", supersedes: int | None = None
) -> Material:
    """查出一期彙報的全部材料。"""
    plan = campaign.plan_versions.first()
    headings, principles = _plan_clauses(plan)
    return Material(
        campaign=campaign,
        span=span,
        focus_areas=[area.name for area in campaign.focus_areas.all()],
        plan=plan,
        headings=headings,
        principles=principles,
        objectives=list(campaign.objectives.filter(retired_at__isnull=True)),
        main_tasks=_main_tasks(campaign),
        measures=_measures(campaign, span),
        accepted=list(accepted_rounds(campaign, span)),
        unreported=_unreported(campaign, span),
        seats=_seats(campaign, span.day),
        unit=bureau_name(),
        kind=kind,
        extras=Extras(campaign, span, kind, supersedes),
    )


def accepted_rounds(campaign: Campaign, span: Span) -> QuerySet[Round]:
    """期內、截止前審核通過的各輪：按措施次序，牽頭在前，配合在後。已中止、撤銷的措施不列。"""
    values = FigureValue.objects.select_related("figure").order_by("figure__position", "pk")
    return (
        Round.objects.filter(
            decision=Round.Decision.ACCEPTED,
            decided_at__lte=span.cutoff,
            number=F("submission__round_number"),
            submission__assignment__measure__campaign=campaign,
            submission__assignment__measure__state__in=_COUNTED_STATES,
            submission__period_start__lte=span.end,
            submission__period_end__gte=span.start,
        )
        .select_related("submission__assignment__measure", "submission__assignment__department")
        .prefetch_related(Prefetch("figure_values", queryset=values))
        .order_by(
            "submission__assignment__measure__position",
            "submission__assignment__measure_id",
            "submission__assignment__role",
            "submission__assignment__department__position",
            "submission__assignment_id",
            "submission__period_start",
            "pk",
        )
    )


def newly_accepted(campaign: Campaign, span: Span) -> int:
    """截止之後又審核通過了幾件：重新彙集就能納入。"""
    return Round.objects.filter(
        decision=Round.Decision.ACCEPTED,
        decided_at__gt=span.cutoff,
        submission__assignment__measure__campaign=campaign,
        submission__assignment__measure__state__in=_COUNTED_STATES,
        submission__period_start__lte=span.end,
        submission__period_end__gte=span.start,
    ).count()


def _plan_clauses(plan: PlanVersion | None) -> tuple[dict[str, Clause], list[Clause]]:
    """各類的第一節，和原則一節裏有標題的各條。"""
    if plan is None:
        return {}, []
    rows = list(plan.clauses.exclude(level=Clause.Level.CLAUSE).order_by("position"))
    headings: dict[str, Clause] = {}
    for row in rows:
        if row.level == Clause.Level.SECTION and row.heading:
            headings.setdefault(row.section_kind, row)
    principles = [
        row
        for row in rows
        if row.level == Clause.Level.ITEM
        and row.section_kind == Clause.SectionKind.PRINCIPLE
        and row.heading
    ]
    return headings, principles


def _main_tasks(campaign: Campaign) -> list[MainTask]:
    """列着的主要任務；不再列入而名下還有措施的也在，免得審核通過的文字沒有地方放。"""
    rows = campaign.main_tasks.filter(Q(retired_at__isnull=True) | Q(measures__isnull=False))
    return list(rows.distinct())


def _measures(campaign: Campaign, span: Span) -> list[Measure]:
    rows = campaign.measures.counted().filter(
        Q(issued_at__isnull=True) | Q(issued_at__lte=span.cutoff)
    )
    return list(rows.select_related("lead_department").order_by("position", "pk"))


def _seats(campaign: Campaign, day: date) -> list[Seat]:
    seats = Seat.objects.on(day).filter(campaign=campaign).select_related("user")
    return sorted(seats, key=lambda s: (Seat.Role.values.index(s.role), s.position, s.pk))


def _unreported(campaign: Campaign, span: Span) -> list[Unreported]:
    """期內該報而沒有審核通過的，和往期逾期至今仍未報的。"""
    rows = (
        Submission.objects.filter(
            assignment__measure__campaign=campaign,
            assignment__measure__state=Measure.State.ISSUED,
            assignment__state__in=Assignment.LIVE,
            period_start__lte=span.end,
        )
        .filter(Q(period_end__gte=span.start) | Q(state=Submission.State.OPEN))
        .exclude(state=Submission.State.ACCEPTED, accepted_at__lte=span.cutoff)
        .select_related("assignment__measure", "assignment__department")
        .prefetch_related(Prefetch("rounds", queryset=Round.objects.order_by("number")))
        .order_by(
            "assignment__department__position",
            "assignment__department_id",
            "assignment__measure__position",
            "period_start",
            "pk",
        )
    )
    found = ((row, _why(row, span)) for row in rows)
    return [Unreported(row, why) for row, why in found if why]


def _why(submission: Submission, span: Span) -> str:
    """為什麼還沒有；空串表示不列。截止時刻就是彙集的此刻，所以狀態看現在的。"""
    if submission.state == Submission.State.SUBMITTED:
        return Unreported.ENDORSING
    if submission.state != Submission.State.OPEN:
        return Unreported.WAITING
    is_late = submission.due_date < span.day
    if submission.period_end < span.start:
        return Unreported.EARLIER if is_late else ""
    decided = [round_ for round_ in submission.rounds.all() if round_.decision]
    if decided and decided[-1].decision == Round.Decision.SENT_BACK:
        return Unreported.SENT_BACK
    return Unreported.OVERDUE if is_late else Unreported.NOT_DUE


def item_of_measure(measure: Measure, note: str = "") -> Item:
    lead = measure.lead_department
    return Item(
        kind="measure",
        id=measure.pk,
        code=measure.code,
        title=measure.title,
        department=lead.name if lead else "",
        note=note,
    )


def item_of_submission(submission: Submission, note: str = "") -> Item:
    measure = submission.assignment.measure
    return Item(
        kind="submission",
        id=submission.pk,
        code=measure.code,
        title=measure.title,
        department=submission.assignment.department.name,
        period=submission.name,
        note=note,
    )


def item_of_unreported(row: Unreported, note: str) -> Item:
    """沒有審核通過的一件：內容旁人還不能看，所以通向任務而不是報送。"""
    return replace(item_of_submission(row.submission, note), kind="unreported")


def item_of_unit(department: Department, note: str = "") -> Item:
    return Item(kind="unit", id=department.pk, title=department.name, note=note)


def item_of_seat(seat: Seat) -> Item:
    return Item(kind="seat", id=seat.pk, title=seat.post, department=str(seat.user or ""))


def names_in(text: str) -> tuple[str, ...]:
    """文中出現的人名，轉簡體時一字不動。以職務為名的賬號（如「婚姻登記處負責人」）不算人名。"""
    names = User.objects.exclude(name="").values_list("name", flat=True).distinct().order_by("name")
    return tuple(name for name in names if _is_personal(name) and name in text)


_POSTS = ("長", "主任", "幹事", "書記", "負責人", "經辦人", "科員", "專員")


def _is_personal(name: str) -> bool:
    return "·" in name or (2 <= len(name) <= 4 and not name.endswith(_POSTS))
