"""下達到單位的任務、每期的報送、每一輪交來的東西，以及提醒。"""

from datetime import datetime

from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from campaigns.models import Campaign
from campaigns.standing import Standing
from people.models import Department, User
from tasks.models.plan import Measure, MeasureFigure


class WrongState(Exception):
    """此刻不能這樣辦：別人已先辦了，或順序不對。參數是給人看的一句話。"""


def in_progress(path: str = "") -> Q:
    """還在進行：活動進行中、措施已下達、任務在辦。path 是走到 Assignment 的路，如 "assignment__"。

    清單按它取，服務按它（tasks.services.handing_in.require_in_progress）攔，兩處同一規則。
    """
    return Q(
        **{
            f"{path}state__in": Assignment.LIVE,
            f"{path}measure__state": Measure.State.ISSUED,
            f"{path}measure__campaign__state": Campaign.State.ACTIVE,
        }
    )


class AssignmentQuerySet(models.QuerySet["Assignment"]):
    def live(self) -> "AssignmentQuerySet":
        """還在辦的（已下達、已簽收、有異議待定）。"""
        return self.filter(state__in=Assignment.LIVE)

    def in_progress(self) -> "AssignmentQuerySet":
        """在辦，而且措施、活動都在進行。"""
        return self.filter(in_progress())

    def of(self, department_ids: frozenset[int]) -> "AssignmentQuerySet":
        return self.filter(department_id__in=department_ids)


class Assignment(models.Model):
    """一項措施下達到一個單位：牽頭一個，配合若干。各有自己的時限和報送。"""

    class Role(models.TextChoices):
        LEAD = "lead", _("牽頭")
        SUPPORTING = "supporting", _("配合")

    class State(models.TextChoices):
        ISSUED = "issued", _("待簽收")
        ACKNOWLEDGED = "acknowledged", _("辦理中")
        OBJECTED = "objected", _("有異議")
        SUSPENDED = "suspended", _("已中止")
        CANCELLED = "cancelled", _("已撤銷")
        CLOSED = "closed", _("已辦結")

    LIVE = (State.ISSUED, State.ACKNOWLEDGED, State.OBJECTED)

    measure = models.ForeignKey(Measure, on_delete=models.PROTECT, related_name="assignments")
    department = models.ForeignKey(
        Department, verbose_name=_("單位"), on_delete=models.PROTECT, related_name="assignments"
    )
    role = models.CharField(_("分工"), max_length=12, choices=Role)
    state = models.CharField(_("狀態"), max_length=12, choices=State, default=State.ISSUED)
    due_date = models.DateField(_("完成時限"))
    issued_at = models.DateTimeField(_("下達時間"))
    acknowledge_due_date = models.DateField(_("簽收時限"), null=True, blank=True)
    acknowledged_at = models.DateTimeField(_("簽收時間"), null=True, blank=True)
    acknowledged_by = models.ForeignKey(
        User,
        verbose_name=_("簽收人"),
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
    )
    closed_at = models.DateTimeField(_("銷號時間"), null=True, blank=True)

    objects = AssignmentQuerySet.as_manager()

    class Meta:
        verbose_name = _("下達到單位的任務")
        verbose_name_plural = _("下達到單位的任務")
        ordering = ["measure", "role", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["measure", "department"], name="assignment_once_per_department"
            ),
            models.UniqueConstraint(
                fields=["measure"],
                condition=Q(role="lead") & ~Q(state="cancelled"),
                name="assignment_one_lead",
            ),
        ]
        indexes = [models.Index(fields=["department", "state"], name="assignment_dept_state")]

    def __str__(self) -> str:
        return f"{self.measure.code} {self.department}"

    @property
    def is_live(self) -> bool:
        return self.state in self.LIVE

    def require_in_progress(self) -> None:
        """還在進行才往下走（與 in_progress 同一規則）。Raises WrongState，說明為什麼。"""
        measure = self.measure
        if measure.state != Measure.State.ISSUED or not self.is_live:
            stopped = measure if measure.state != Measure.State.ISSUED else self
            raise WrongState(
                _("這項任務%(state)s，現在不能辦這一步；有疑問請問創建辦。")
                % {"state": stopped.get_state_display()}
            )
        if not measure.campaign.is_open:
            raise WrongState(_("這個活動不在進行中，現在不能辦這一步；有疑問請問創建辦。"))

    def acknowledge(self, *, by: User, at: datetime) -> None:
        if self.state != self.State.ISSUED:
            raise WrongState(_("這項任務已經簽收或已有異議，不用再簽收。"))
        self.state = self.State.ACKNOWLEDGED
        self.acknowledged_at, self.acknowledged_by = at, by
        self.save(update_fields=["state", "acknowledged_at", "acknowledged_by"])

    def object(self) -> None:
        if self.state not in (self.State.ISSUED, self.State.ACKNOWLEDGED):
            raise WrongState(_("這項任務現在不能提異議：已有異議待定，或已經辦結、中止。"))
        self.state = self.State.OBJECTED
        self.save(update_fields=["state"])


class SubmissionQuerySet(models.QuerySet["Submission"]):
    def owed(self) -> "SubmissionQuerySet":
        """該報而還沒報出來的：待填報，任務在辦，措施已下達，活動進行中。"""
        return self.in_progress().filter(state=Submission.State.OPEN)

    def in_progress(self) -> "SubmissionQuerySet":
        """所屬任務在辦，措施已下達，活動進行中：可以報、初審、審核。"""
        return self.filter(in_progress("assignment__"))

    def of(self, department_ids: frozenset[int]) -> "SubmissionQuerySet":
        return self.filter(assignment__department_id__in=department_ids)

    def with_measure(self) -> "SubmissionQuerySet":
        """連同任務、單位、措施、活動一次取出。"""
        return self.select_related("assignment__measure__campaign", "assignment__department")

    def in_campaign(self, campaign: Campaign) -> "SubmissionQuerySet":
        return self.filter(assignment__measure__campaign=campaign)


class Submission(models.Model):
    """一個單位對一項任務一期的報送。退回不是狀態，是新的一輪；報送重新待填報。"""

    class State(models.TextChoices):
        OPEN = "open", _("待填報")
        SUBMITTED = "submitted", _("待初審")
        ENDORSED = "endorsed", _("待審核")
        ACCEPTED = "accepted", _("審核通過")

    assignment = models.ForeignKey(Assignment, on_delete=models.PROTECT, related_name="submissions")
    label = models.CharField(_("期"), max_length=12)
    name = models.CharField(_("期名"), max_length=30)
    period_start = models.DateField(_("期初"))
    period_end = models.DateField(_("期末"))
    due_date = models.DateField(_("報送時限"), db_index=True)
    first_due_date = models.DateField(_("原定時限"))
    state = models.CharField(_("狀態"), max_length=10, choices=State, default=State.OPEN)
    round_number = models.PositiveSmallIntegerField(_("當前輪次"), default=1)
    accepted_at = models.DateTimeField(_("審核通過時間"), null=True, blank=True)

    objects = SubmissionQuerySet.as_manager()

    class Meta:
        verbose_name = _("報送")
        verbose_name_plural = _("報送")
        ordering = ["due_date", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["assignment", "label"], name="submission_once_per_period"
            ),
        ]
        indexes = [models.Index(fields=["state", "due_date"], name="submission_owed")]

    def __str__(self) -> str:
        return f"{self.assignment} {self.name}"

    def get_absolute_url(self) -> str:
        return reverse("tasks:submission", args=[self.pk])

    def move(self, old: "Submission.State", new: "Submission.State", sentence: str) -> None:
        """狀態走一步；不在原狀態時拒絕，sentence 說明該怎麼辦。"""
        if self.state != old:
            raise WrongState(sentence)
        self.state = new
        self.save(update_fields=["state"])


class RoundQuerySet(models.QuerySet["Round"]):
    def readable_by(self, standing: Standing, campaign: Campaign) -> "RoundQuerySet":
        """此人讀得到內容的各輪；與 policies.can_read_round 同一規則，兩者一致由測試守住。"""
        return self.filter(
            read_before_acceptance(standing, campaign) | Q(decision=Round.Decision.ACCEPTED),
            submission__assignment__measure__in=Measure.objects.visible_to(standing, campaign),
        )


def read_before_acceptance(standing: Standing, campaign: Campaign, to_round: str = "") -> Q:
    """審核通過之前就讀得到的：本單位的，或初審之後歸自己過問的。to_round 是到輪的路徑。"""
    department = f"{to_round}submission__assignment__department__in"
    seen_above = Q(**{f"{to_round}endorsed_at__isnull": False})
    if not (standing.is_office(campaign) or standing.is_chair(campaign)):
        seen_above &= Q(**{department: standing.charge_of(campaign)})
    return Q(**{department: standing.departments}) | seen_above


class Round(models.Model):
    """一輪：填了什麼、誰報的、誰初審、怎麼定的、為什麼。報出後內容不再改動。"""

    class Decision(models.TextChoices):
        NONE = "", _("未定")
        ACCEPTED = "accepted", _("審核通過")
        SENT_BACK = "sent_back", _("辦公室退回")
        GIVEN_BACK = "given_back", _("負責人退回")

    submission = models.ForeignKey(Submission, on_delete=models.PROTECT, related_name="rounds")
    number = models.PositiveSmallIntegerField(_("輪次"))
    opened_at = models.DateTimeField(_("開始時間"))
    due_date = models.DateField(_("本輪時限"))
    narrative = models.TextField(_("做了什麼"), blank=True)
    problems = models.TextField(_("存在問題"), blank=True)
    needs = models.TextField(_("需要協調"), blank=True)
    percent = models.PositiveSmallIntegerField(_("進度"), null=True, blank=True)
    is_nil = models.BooleanField(_("本期零報告"), default=False)
    nil_reason = models.CharField(_("零報告理由"), max_length=300, blank=True)
    gap_reason = models.CharField(
        _("佐證不齊的說明"),
        max_length=300,
        blank=True,
        help_text=_("佐證沒有交齊也可以報出，說明為什麼；初審和審核的人看得到。"),
    )
    version = models.PositiveIntegerField(_("保存次數"), default=0)
    saved_at = models.DateTimeField(_("保存時間"), null=True, blank=True)
    saved_by = models.ForeignKey(
        User, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    submitted_at = models.DateTimeField(_("報出時間"), null=True, blank=True)
    submitted_by = models.ForeignKey(
        User, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    by_colleague = models.BooleanField(
        _("由同事復核"),
        default=False,
        help_text=_("報出的人就是唯一的負責人時，由本單位另一位同事復核，仍不自己審自己。"),
    )
    endorsed_at = models.DateTimeField(_("初審時間"), null=True, blank=True)
    endorsed_by = models.ForeignKey(
        User, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    decision = models.CharField(
        _("結果"), max_length=10, choices=Decision, default=Decision.NONE, blank=True
    )
    decided_at = models.DateTimeField(_("決定時間"), null=True, blank=True)
    decided_by = models.ForeignKey(
        User, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    reason = models.TextField(_("理由"), blank=True)

    objects = RoundQuerySet.as_manager()

    class Meta:
        verbose_name = _("輪次")
        verbose_name_plural = _("輪次")
        ordering = ["submission", "number"]
        constraints = [
            models.UniqueConstraint(fields=["submission", "number"], name="round_number_once"),
            models.CheckConstraint(
                condition=Q(percent__isnull=True) | Q(percent__lte=100),
                name="round_percent_at_most_100",
                violation_error_message=_("進度應在 0 至 100 之間。"),
            ),
        ]
        indexes = [
            models.Index(fields=["endorsed_at"], name="round_endorsed"),
            models.Index(fields=["decision", "decided_at"], name="round_decided"),
        ]

    def __str__(self) -> str:
        return f"{self.submission} 第 {self.number} 輪"

    @property
    def is_late(self) -> bool:
        """逾期只是一個記號：報出日（北京時間）晚於本輪時限。"""
        return bool(self.submitted_at and timezone.localdate(self.submitted_at) > self.due_date)


class FigureValue(models.Model):
    """一輪裏填報的一個數，存整數百分之一（精確，跨庫求和不失真）。"""

    round = models.ForeignKey(Round, on_delete=models.CASCADE, related_name="figure_values")
    figure = models.ForeignKey(MeasureFigure, on_delete=models.PROTECT, related_name="values")
    hundredths = models.BigIntegerField(_("數值（百分之一）"))

    class Meta:
        verbose_name = _("填報數據")
        verbose_name_plural = _("填報數據")
        constraints = [
            models.UniqueConstraint(fields=["round", "figure"], name="figure_value_once"),
        ]

    def __str__(self) -> str:
        return f"{self.figure.name} {self.hundredths / 100:g}"


class ChangeRequest(models.Model):
    """單位提出的異議（非本科室職責）或延期申請，由辦公室帶理由裁定。"""

    class Kind(models.TextChoices):
        OBJECTION = "objection", _("異議")
        EXTENSION = "extension", _("延期")

    class State(models.TextChoices):
        PENDING = "pending", _("待裁定")
        APPROVED = "approved", _("同意")
        REFUSED = "refused", _("不同意")
        WITHDRAWN = "withdrawn", _("已撤回")

    assignment = models.ForeignKey(
        Assignment, on_delete=models.PROTECT, related_name="change_requests"
    )
    submission = models.ForeignKey(
        Submission, on_delete=models.PROTECT, null=True, blank=True, related_name="change_requests"
    )
    kind = models.CharField(_("類別"), max_length=10, choices=Kind)
    state = models.CharField(_("狀態"), max_length=10, choices=State, default=State.PENDING)
    reason = models.TextField(_("理由"))
    proposed_department = models.ForeignKey(
        Department,
        verbose_name=_("建議改由"),
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
    )
    proposed_date = models.DateField(_("申請延至"), null=True, blank=True)
    previous_date = models.DateField(_("原時限"), null=True, blank=True)
    requested_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    requested_at = models.DateTimeField(_("提出時間"))
    decided_by = models.ForeignKey(
        User, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    decided_at = models.DateTimeField(_("裁定時間"), null=True, blank=True)
    decision_reason = models.TextField(_("裁定理由"), blank=True)
    granted_date = models.DateField(_("准予延至"), null=True, blank=True)

    class Meta:
        verbose_name = _("異議和延期")
        verbose_name_plural = _("異議和延期")
        ordering = ["-requested_at", "-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["assignment", "kind"],
                condition=Q(state="pending"),
                name="change_request_one_pending",
            ),
        ]
        # 每一頁的菜單都要數待裁定的有幾件；它們總是很少，先從這裏找起。
        indexes = [models.Index(fields=["state", "requested_at"], name="change_request_waiting")]

    def __str__(self) -> str:
        return f"{self.assignment} {self.get_kind_display()}"
