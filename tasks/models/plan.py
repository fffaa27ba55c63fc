"""主要任務與具體措施：任務分解表的行。"""

from datetime import date

from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from campaigns.models import (
    Campaign,
    Clause,
    Cycle,
    EvidenceSpec,
    Indicator,
    Objective,
    Seat,
)
from campaigns.standing import Standing
from people.models import Department, User


class MainTask(models.Model):
    """主要任務，如 T3「改進行業管理,實現規範服務」。"""

    campaign = models.ForeignKey(Campaign, on_delete=models.PROTECT, related_name="main_tasks")
    number = models.PositiveSmallIntegerField(_("序"))
    code = models.CharField(_("編碼"), max_length=20)
    title = models.CharField(_("標題"), max_length=200)
    clause = models.ForeignKey(
        Clause, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    retired_at = models.DateTimeField(_("不再列入的時間"), null=True, blank=True)

    class Meta:
        verbose_name = _("主要任務")
        verbose_name_plural = _("主要任務")
        ordering = ["number", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["campaign", "code"], name="main_task_code_once"),
        ]

    def __str__(self) -> str:
        return f"{self.code} {self.title}"


class MeasureQuerySet(models.QuerySet["Measure"]):
    def visible_to(self, standing: Standing, campaign: Campaign) -> "MeasureQuerySet":
        """草擬中的措施只有辦公室、組長副組長看得見；下達後局內人人可見。"""
        rows = self.filter(campaign=campaign)
        if standing.is_office(campaign) or standing.is_leader(campaign):
            return rows
        if standing.is_admin or standing.departments or standing.seats.get(campaign.pk):
            return rows.exclude(state=Measure.State.DRAFT)
        return rows.none()

    def concerning(self, department_ids: frozenset[int]) -> "MeasureQuerySet":
        """由這些單位牽頭或配合的。"""
        supporting = Measure.supporting_departments.through.objects.filter(
            department_id__in=department_ids
        )
        return self.filter(
            Q(lead_department__in=department_ids) | Q(pk__in=supporting.values("measure_id"))
        )

    def counted(self) -> "MeasureQuerySet":
        """計入分母的：已下達或已辦結（草擬、中止、撤銷不計）。"""
        return self.filter(Measure.COUNTED)


class Measure(models.Model):
    """一項具體措施：任務分解表的一行。牽頭單位對結果負責，配合單位各有自己的一欄。

    owed_date 與 behind_date 是隨辦理同一事務維護的日期事實（不是燈號）：
    owed_date 牽頭單位下一次該報而未報的時限；behind_date 從哪天起算落後於序時進度。
    由 tasks.services.issuing.refresh_measure 一處維護，命令 check_measures 可核對。
    """

    class State(models.TextChoices):
        DRAFT = "draft", _("待下達")
        ISSUED = "issued", _("辦理中")
        SUSPENDED = "suspended", _("已中止")
        CANCELLED = "cancelled", _("已撤銷")
        CLOSED = "closed", _("已辦結")

    COUNTED = Q(state__in=[State.ISSUED, State.CLOSED])

    campaign = models.ForeignKey(Campaign, on_delete=models.PROTECT, related_name="measures")
    main_task = models.ForeignKey(
        MainTask, verbose_name=_("主要任務"), on_delete=models.PROTECT, related_name="measures"
    )
    objective = models.ForeignKey(
        Objective,
        verbose_name=_("工作目標"),
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="measures",
    )
    indicators = models.ManyToManyField(
        Indicator, verbose_name=_("對應指標"), blank=True, related_name="measures"
    )
    clause = models.ForeignKey(
        Clause,
        verbose_name=_("出處"),
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
    )
    code = models.CharField(_("編號"), max_length=20)
    position = models.PositiveIntegerField(_("次序"), default=0)
    title = models.CharField(_("具體措施"), max_length=200)
    requirement = models.TextField(_("要求和完成標準"), blank=True)
    lead_department = models.ForeignKey(
        Department,
        verbose_name=_("牽頭單位"),
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="led_measures",
    )
    supporting_departments = models.ManyToManyField(
        Department, verbose_name=_("配合單位"), blank=True, related_name="supported_measures"
    )
    accountable_seat = models.ForeignKey(
        Seat,
        verbose_name=_("責任領導"),
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
    )
    owner = models.ForeignKey(
        User,
        verbose_name=_("責任人"),
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="owned_measures",
    )
    start_date = models.DateField(_("開始日期"), null=True, blank=True)
    due_date = models.DateField(_("完成時限"), null=True, blank=True)
    cycle = models.CharField(_("報送週期"), max_length=12, choices=Cycle, default=Cycle.ONCE)
    # 補要材料（evidence）：不是分解出來的措施，是辦公室為一項指標、一段時期向單位要佐證。
    is_request = models.BooleanField(_("補要材料"), default=False, editable=False)
    basis = models.CharField(_("依據"), max_length=300, blank=True)
    asked_from = models.DateField(_("材料所屬時期起"), null=True, blank=True)
    asked_to = models.DateField(_("材料所屬時期止"), null=True, blank=True)
    asks_percent = models.BooleanField(_("填報進度百分比"), default=True)
    note = models.CharField(_("備註"), max_length=300, blank=True)
    state = models.CharField(_("狀態"), max_length=10, choices=State, default=State.DRAFT)
    issued_at = models.DateTimeField(_("下達時間"), null=True, blank=True)
    closed_at = models.DateTimeField(_("銷號時間"), null=True, blank=True)
    percent = models.PositiveSmallIntegerField(_("已核定進度"), default=0)
    owed_date = models.DateField(_("下次報送時限"), null=True, blank=True, editable=False)
    behind_date = models.DateField(_("落後起算日"), null=True, blank=True, editable=False)
    version = models.PositiveIntegerField(_("改動次數"), default=0, editable=False)

    objects = MeasureQuerySet.as_manager()

    class Meta:
        verbose_name = _("具體措施")
        verbose_name_plural = _("任務分解")
        ordering = ["position", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["campaign", "code"],
                name="measure_code_once",
                violation_error_message=_("這個編號已有別的措施在用，請換一個。"),
            ),
            models.CheckConstraint(
                condition=Q(percent__lte=100), name="measure_percent_at_most_100"
            ),
            models.CheckConstraint(
                condition=~Q(state="issued")
                | (Q(lead_department__isnull=False) & Q(due_date__isnull=False)),
                name="measure_issued_needs_lead_and_deadline",
                violation_error_message=_("下達前要定好牽頭單位和完成時限。"),
            ),
        ]
        indexes = [
            models.Index(fields=["campaign", "state", "owed_date"], name="measure_owed"),
            models.Index(fields=["campaign", "position"], name="measure_position"),
            models.Index(fields=["campaign", "due_date"], name="measure_due"),
            # 分解表默認按目標分組、組內按次序翻頁。
            models.Index(fields=["campaign", "objective", "position"], name="measure_grouped"),
            # 總覽和分解表的計數只看這幾列，數據庫不必翻到行裏去。
            models.Index(
                fields=[
                    "campaign",
                    "lead_department",
                    "objective",
                    "main_task",
                    "accountable_seat",
                    "state",
                    "owed_date",
                    "behind_date",
                ],
                name="measure_counting",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.code} {self.title}"

    def get_absolute_url(self) -> str:
        return reverse("tasks:measure-detail", args=[self.campaign.code, self.code])

    def is_due_by(self, day: date) -> bool:
        return bool(self.owed_date and self.owed_date <= day)


class MeasureEvidence(EvidenceSpec):
    """一項措施要的一種佐證。草擬時取自所對應的指標，可再調整。"""

    measure = models.ForeignKey(Measure, on_delete=models.CASCADE, related_name="evidence_wanted")

    class Meta(EvidenceSpec.Meta):
        verbose_name = _("佐證要求")
        verbose_name_plural = _("佐證要求")
        constraints = [
            models.UniqueConstraint(fields=["measure", "form"], name="measure_evidence_form_once"),
        ]


class MeasureFigure(models.Model):
    """措施要求填報的一個數，如「培訓場次（次）」。"""

    measure = models.ForeignKey(Measure, on_delete=models.CASCADE, related_name="figures")
    name = models.CharField(_("數據項"), max_length=60)
    unit = models.CharField(_("單位"), max_length=20, blank=True)
    position = models.PositiveSmallIntegerField(_("次序"), default=0)

    class Meta:
        verbose_name = _("數據項")
        verbose_name_plural = _("數據項")
        ordering = ["position", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["measure", "name"], name="measure_figure_once"),
        ]

    def __str__(self) -> str:
        return f"{self.name}（{self.unit}）" if self.unit else self.name
