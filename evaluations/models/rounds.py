"""一次考核：按哪一版辦法、考哪一段、走到哪一步；每個單位一張評分表，每一分都留着來歷。

AssessmentRound 考核 ─ RoundPhase 各階段的起止
   ├─ Sheet 評分表（一個單位一張）─ Score 一條的一次評分（自評、初評、定分；只增不改）
   └─ ResultSnapshot 定稿（一版；凍結分數、規則、佐證哈希和當時的名稱）
"""

from datetime import datetime
from decimal import Decimal

from django.db import models
from django.db.models import F, Q
from django.urls import reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from campaigns.models import Campaign
from evaluations.models.schemes import Criterion, Profile, Scheme, points_of
from people.models import Department, User


class AssessmentRound(models.Model):
    """一次考核。用的辦法是啟用過的一版，開始後不換。"""

    class Kind(models.TextChoices):
        MONTHLY = "monthly", _("月度考核")
        QUARTERLY = "quarterly", _("季度考核")
        HALF_YEARLY = "half_yearly", _("半年考核")
        YEARLY = "yearly", _("年度考核")
        TERM = "term", _("總評")

    class Phase(models.TextChoices):
        """先後為序。考核可以不設實地考察、徵求意見兩步，其餘都有。"""

        PLANNED = "planned", _("籌備")
        SELF = "self", _("單位自評")
        CHECK = "check", _("材料初評")
        VISIT = "visit", _("實地考察")
        OPINION = "opinion", _("問卷和徵求意見")
        DECISION = "decision", _("領導小組審定")
        FEEDBACK = "feedback", _("反饋和異議")
        ANSWER = "answer", _("答覆異議")
        PUBLISHED = "published", _("已公佈")

    campaign = models.ForeignKey(
        Campaign, verbose_name=_("創建活動"), on_delete=models.PROTECT, related_name="rounds"
    )
    scheme = models.ForeignKey(
        Scheme, verbose_name=_("考核辦法"), on_delete=models.PROTECT, related_name="rounds"
    )
    code = models.SlugField(_("代碼"), max_length=40, unique=True)
    title = models.CharField(_("名稱"), max_length=100)
    kind = models.CharField(_("種類"), max_length=12, choices=Kind)
    period_start = models.DateField(_("考核期起"))
    period_end = models.DateField(_("考核期止"))
    phase = models.CharField(_("階段"), max_length=10, choices=Phase, default=Phase.PLANNED)
    objection_days = models.PositiveSmallIntegerField(_("異議期（工作日）"), default=5)
    created_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField(_("建立時間"))
    published_at = models.DateTimeField(_("公佈時間"), null=True, blank=True)
    is_open_to_all = models.BooleanField(
        _("全局可見"), default=False, help_text=_("不選時結果只給領導小組，各單位只看自己的。")
    )

    class Meta:
        verbose_name = _("考核")
        verbose_name_plural = _("考核")
        ordering = ["-period_end", "-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["campaign", "kind", "period_start"], name="round_once_a_period"
            ),
            models.CheckConstraint(
                condition=Q(period_end__gte=F("period_start")),
                name="round_period_forward",
                violation_error_message=_("考核期止早於考核期起，請改正其中一個。"),
            ),
        ]

    def __str__(self) -> str:
        return self.title

    def get_absolute_url(self) -> str:
        return reverse("evaluations:round", args=[self.code])

    @property
    def is_frozen(self) -> bool:
        """審定之後：分數只隨異議的裁定改，改一次出一版定稿。"""
        return self.phase in (self.Phase.FEEDBACK, self.Phase.ANSWER, self.Phase.PUBLISHED)


class RoundPhase(models.Model):
    """一個階段的起止。ended_at 是真正走完的時候。"""

    round = models.ForeignKey(AssessmentRound, on_delete=models.CASCADE, related_name="phases")
    phase = models.CharField(_("階段"), max_length=10, choices=AssessmentRound.Phase)
    start_date = models.DateField(_("開始"))
    due_date = models.DateField(_("截止"))
    ended_at = models.DateTimeField(_("完成時間"), null=True, blank=True)

    class Meta:
        verbose_name = _("考核階段")
        verbose_name_plural = _("考核階段")
        ordering = ["start_date", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["round", "phase"], name="phase_once_a_round"),
            models.CheckConstraint(
                condition=Q(due_date__gte=F("start_date")),
                name="phase_dates_forward",
                violation_error_message=_("截止早於開始，請改正其中一個。"),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.round} {self.get_phase_display()}"


class SheetQuerySet(models.QuerySet["Sheet"]):
    def open_to_units(self) -> "SheetQuerySet":
        """單位還要交自評的：自評階段裏沒有提交的，材料初評裏退回補正、開放補填的。"""
        phase = AssessmentRound.Phase
        returned = Q(round__phase=phase.CHECK, self_returned_at__isnull=False)
        return self.filter(Q(round__phase=phase.SELF) | returned, self_submitted_at__isnull=True)


class Sheet(models.Model):
    """一個單位在一次考核裏的評分表。名稱記當時的，單位後來改名不影響。"""

    round = models.ForeignKey(AssessmentRound, on_delete=models.PROTECT, related_name="sheets")
    department = models.ForeignKey(
        Department, verbose_name=_("單位"), on_delete=models.PROTECT, related_name="sheets"
    )
    department_name = models.CharField(_("單位名稱"), max_length=60)
    profile = models.ForeignKey(
        Profile, verbose_name=_("計分類別"), on_delete=models.PROTECT, related_name="+"
    )
    self_submitted_at = models.DateTimeField(_("自評提交時間"), null=True, blank=True)
    self_submitted_by = models.ForeignKey(
        User, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )

    self_returned_at = models.DateTimeField(_("自評退回補正的時間"), null=True, blank=True)

    SELF_FIELDS = ("self_submitted_at", "self_submitted_by", "self_returned_at")

    objects = SheetQuerySet.as_manager()

    class Meta:
        verbose_name = _("評分表")
        verbose_name_plural = _("評分表")
        ordering = ["department__position", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["round", "department"], name="sheet_once_a_department")
        ]

    def __str__(self) -> str:
        return gettext("%(round)s %(department)s") % {
            "round": self.round,
            "department": self.department_name,
        }

    def get_absolute_url(self) -> str:
        return reverse("evaluations:sheet", args=[self.round.code, self.department_id])

    def hand_in(self, *, by: User, at: datetime) -> None:
        """提交自評；退回過的就此補正完。"""
        self.self_submitted_at, self.self_submitted_by, self.self_returned_at = at, by, None

    def give_back(self, *, at: datetime) -> None:
        """退回補正，或過期未交的開放補填：材料初評裏憑 self_returned_at 還能改。

        自評階段裏退回的，那一階段走完時清掉（phases.advance_round）：過期未交的都一樣。
        """
        self.self_submitted_at, self.self_submitted_by, self.self_returned_at = None, None, at

    @property
    def is_past_due(self) -> bool:
        """過了自評階段還沒有提交，也沒有開放補填：單位不能再填，要創建辦開放。"""
        is_waiting = self.self_submitted_at is None and self.self_returned_at is None
        return is_waiting and self.round.phase == AssessmentRound.Phase.CHECK

    def take_back(self) -> None:
        """單位撤回。"""
        self.self_submitted_at = self.self_submitted_by = None


class Score(models.Model):
    """一條測評內容的一次評分。改分是新的一行，舊的留着（replaced_at），所以每一分都有來歷。

    finding 是查到的事實（evaluations.findings 讀寫），hundredths 是按規則算出的分。
    by 為空是系統取的數。
    """

    class Stage(models.TextChoices):
        SELF = "self", _("自評")
        FIRST = "first", _("初評")
        FINAL = "final", _("定分")

    sheet = models.ForeignKey(Sheet, on_delete=models.PROTECT, related_name="scores")
    criterion = models.ForeignKey(Criterion, on_delete=models.PROTECT, related_name="scores")
    stage = models.CharField(_("階段"), max_length=6, choices=Stage)
    finding = models.JSONField(_("查到的事實"), default=dict, blank=True)
    is_not_applicable = models.BooleanField(_("不適用"), default=False)
    hundredths = models.IntegerField(_("得分（百分之一）"), default=0)
    reason = models.CharField(_("理由"), max_length=500, blank=True)
    by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    at = models.DateTimeField(_("評分時間"))
    replaced_at = models.DateTimeField(_("被改的時間"), null=True, blank=True)

    class Meta:
        verbose_name = _("評分")
        verbose_name_plural = _("評分")
        ordering = ["at", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["sheet", "criterion", "stage"],
                condition=Q(replaced_at__isnull=True),
                name="score_one_current",
            )
        ]
        indexes = [models.Index(fields=["sheet", "stage"], name="score_sheet_stage")]

    def __str__(self) -> str:
        return f"{self.sheet} {self.criterion.number} {self.get_stage_display()}"

    @property
    def points(self) -> Decimal:
        return points_of(self.hundredths)

    def replace(self, at: datetime) -> None:
        self.replaced_at = at


class ResultSnapshot(models.Model):
    """一次考核的一版定稿：全部評分表連同規則、佐證哈希、當時的名稱，一個哈希封住。

    異議改了分就出下一版，前一版照樣讀得到。
    """

    round = models.ForeignKey(AssessmentRound, on_delete=models.PROTECT, related_name="snapshots")
    edition = models.PositiveSmallIntegerField(_("版次"))
    body = models.TextField(_("內容（規範 JSON）"))
    sha256 = models.CharField(_("哈希"), max_length=64)
    reason = models.CharField(_("為什麼出這一版"), max_length=300, blank=True)
    made_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    made_at = models.DateTimeField(_("定稿時間"))

    class Meta:
        verbose_name = _("考核定稿")
        verbose_name_plural = _("考核定稿")
        ordering = ["round", "edition"]
        constraints = [
            models.UniqueConstraint(fields=["round", "edition"], name="snapshot_edition_once")
        ]

    def __str__(self) -> str:
        return gettext("%(round)s第 %(edition)s 版定稿") % {
            "round": self.round,
            "edition": self.edition,
        }
