"""督辦：領導批示和辦公室交辦的事，編號、限時、領辦、反饋、銷號。

一事一單。退回不是狀態，是新的一輪，有自己的時限和理由；逾期由日期當場算出，從不存庫。
"""

from collections.abc import Collection
from datetime import date

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Exists, F, OuterRef, Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from campaigns.models import Campaign, Seat
from campaigns.standing import Standing
from people.models import Department, User
from reports.models import Report
from supervision.wording import RECTIFICATION, SUPERVISION, Wording
from tasks.labels import choice_label
from tasks.models import EvidenceFile, Measure, Submission, WrongState

LONGEST_LIMIT = 250
"""時限最多這麼多個工作日，約一年；再長就不叫督辦了。"""


class Terms(models.Model):
    """一個活動的督辦規則。沒有這一行時用各字段的默認值（見 terms_of）。"""

    campaign = models.OneToOneField(
        Campaign, on_delete=models.CASCADE, related_name="supervision_terms"
    )
    mark = models.CharField(
        _("發文代字"),
        max_length=20,
        default="平民創督",
        help_text=_("編號的開頭，如「平民創督」。"),
    )
    rectification_mark = models.CharField(
        _("整改通知書代字"),
        max_length=20,
        default="平民創整",
        help_text=_("整改通知書另編號，如「平民創整」。"),
    )
    answer_days = models.PositiveSmallIntegerField(
        _("默認辦理時限"),
        default=5,
        validators=[MinValueValidator(1), MaxValueValidator(LONGEST_LIMIT)],
        help_text=_("批示沒有寫時限時，多少個工作日內反饋。"),
    )
    rectification_days = models.PositiveSmallIntegerField(
        _("默認整改時限"),
        default=10,
        validators=[MinValueValidator(1), MaxValueValidator(LONGEST_LIMIT)],
        help_text=_("下達整改通知書後，多少個工作日內改好並報送。"),
    )
    acknowledge_days = models.PositiveSmallIntegerField(
        _("領辦時限"),
        default=1,
        validators=[MinValueValidator(1), MaxValueValidator(LONGEST_LIMIT)],
        help_text=_("交辦後多少個工作日內領辦。"),
    )
    review_days = models.PositiveSmallIntegerField(
        _("審定時限"),
        default=3,
        validators=[MinValueValidator(1), MaxValueValidator(LONGEST_LIMIT)],
        help_text=_("反饋後領導閱示、辦公室審定（整改的復查）各在多少個工作日內。"),
    )

    class Meta:
        verbose_name = _("督辦規則")
        verbose_name_plural = _("督辦規則")

    def __str__(self) -> str:
        return f"{self.campaign} {self._meta.verbose_name}"

    def mark_of(self, source: str) -> str:
        """這一種單子的發文代字：督辦和整改各編各的號。"""
        return self.rectification_mark if source == Order.Source.RECTIFICATION else self.mark

    def days_of(self, source: str) -> int:
        """這一種單子沒有另定時限時，幾個工作日。"""
        if source == Order.Source.RECTIFICATION:
            return self.rectification_days
        return self.answer_days


class InstructionQuerySet(models.QuerySet["Instruction"]):
    def addressed_to(self, standing: Standing) -> "InstructionQuerySet":
        """此人今天該讀反饋的批示：坐着當時那個席位的人；席位空着時歸組長。"""
        return self.filter(addressed(standing))


def addressed(standing: Standing, path: str = "") -> Q:
    """批示的反饋今天歸此人讀。path 是走到 Instruction 的路，如 "instruction__"。

    席位按（活動、席位、職務）認：交接之後同一席位的現任即是繼任者；與 readers_of 同一規則。
    """
    seated = Seat.objects.on(standing.on).filter(
        campaign=OuterRef(f"{path}campaign"),
        role=OuterRef(f"{path}seat__role"),
        post=OuterRef(f"{path}seat__post"),
        user__is_active=True,
    )
    chaired = [pk for pk, roles in standing.seats.items() if Seat.Role.CHAIR in roles]
    return Q(Exists(seated.filter(user=standing.user_id))) | (
        Q(**{f"{path}campaign__in": chaired}) & ~Q(Exists(seated))
    )


def late(on: date) -> Q:
    """逾期未反饋的：活動進行中才算，結束了的不再有人欠着。標籤、篩選、排序都用這一條。"""
    return Q(state__in=Order.UNANSWERED, due_date__lt=on, campaign__state=Campaign.State.ACTIVE)


class Instruction(models.Model):
    """批示：領導在一項措施、一份進展或一份情況彙報上寫的一句話。寫下即成督辦單。

    seat 是當時的席位，seat_post 是當時的職務：換了人，反饋給繼任者，字上仍是當時的名字。
    """

    campaign = models.ForeignKey(Campaign, on_delete=models.PROTECT, related_name="instructions")
    text = models.TextField(_("批示"))
    by = models.ForeignKey(
        User, verbose_name=_("批示人"), on_delete=models.PROTECT, related_name="+"
    )
    seat = models.ForeignKey(Seat, on_delete=models.PROTECT, related_name="+")
    seat_post = models.CharField(_("當時的職務"), max_length=60)
    at = models.DateTimeField(_("批示時間"))
    measure = models.ForeignKey(
        Measure, on_delete=models.PROTECT, null=True, blank=True, related_name="instructions"
    )
    submission = models.ForeignKey(
        Submission, on_delete=models.PROTECT, null=True, blank=True, related_name="instructions"
    )
    report = models.ForeignKey(
        Report, on_delete=models.PROTECT, null=True, blank=True, related_name="instructions"
    )

    objects = InstructionQuerySet.as_manager()

    class Meta:
        verbose_name = _("批示")
        verbose_name_plural = _("批示")
        ordering = ["-at", "-pk"]
        constraints = [
            models.CheckConstraint(
                condition=(
                    Q(measure__isnull=False, submission__isnull=True, report__isnull=True)
                    | Q(measure__isnull=True, submission__isnull=False, report__isnull=True)
                    | Q(measure__isnull=True, submission__isnull=True, report__isnull=False)
                ),
                name="instruction_on_exactly_one",
                violation_error_message=_("批示只能寫在一處：一項措施、一份進展或一份彙報。"),
            ),
        ]

    def __str__(self) -> str:
        return self.text[:40]

    @property
    def signed(self) -> str:
        """「局長 游某某」；姓名就是職務的不重複。"""
        name = str(self.by)
        return self.seat_post if name in self.seat_post else f"{self.seat_post} {name}"


class OrderQuerySet(models.QuerySet["Order"]):
    def visible_to(self, standing: Standing) -> "OrderQuerySet":
        """此人看得見的督辦單；與 policies.can_see 同一規則，兩者一致由測試守住。"""
        office = [pk for pk in standing.seats if standing.is_office(pk)]
        chaired = [pk for pk in standing.seats if standing.is_chair(pk)]
        led = [pk for pk in standing.seats if standing.is_leader(pk)]
        seen = Q(campaign__in=office) | Q(instruction__by=standing.user_id, campaign__in=led)
        numbered = Q(campaign__in=chaired) | Q(lead_department__in=standing.departments)
        for campaign_id, departments in standing.charges.items():
            numbered |= Q(campaign=campaign_id, lead_department__in=departments)
        through = Order.supporting_departments.through.objects
        supported = through.filter(department_id__in=standing.departments).values("order_id")
        numbered |= Q(pk__in=supported)
        mine = Q(instruction__isnull=False) & addressed(standing, "instruction__")
        return self.filter(seen | mine | (numbered & Q(number__isnull=False)))

    def running(self) -> "OrderQuerySet":
        """還在辦的：活動進行中，沒有辦結、中止、撤銷。"""
        return self.filter(state__in=Order.LIVE, campaign__state=Campaign.State.ACTIVE)

    def overdue(self, on: date) -> "OrderQuerySet":
        """逾期未反饋。"""
        return self.filter(late(on))

    def with_everything(self) -> "OrderQuerySet":
        """一行要寫的東西一次取出。"""
        return self.select_related(
            "campaign",
            "lead_department",
            "accountable_seat__user",
            "instruction__by",
            "instruction__seat",
            "measure__campaign",
            "submission",
            "report",
            "current__submitted_by",
            "current__signed_by",
        ).defer("report__snapshot")


class Order(models.Model):
    """督辦單：一件事、一個承辦單位、一個時限。號在交辦時才給，草擬的廢了不留空號。"""

    class State(models.TextChoices):
        DRAFT = "draft", _("待交辦")
        ISSUED = "issued", _("已交辦")
        ACCEPTED = "accepted", _("已領辦")
        ANSWERED = "answered", _("已反饋")
        CLOSED = "closed", _("已辦結")
        SUSPENDED = "suspended", _("已中止")
        CANCELLED = "cancelled", _("已撤銷")

    class Source(models.TextChoices):
        OFFICE = "office", _("辦公室交辦")
        INSTRUCTION = "instruction", _("領導批示")
        CHASE = "chase", _("催辦逾期轉來")
        RECTIFICATION = "rectify", _("考核整改")

    class Urgency(models.TextChoices):
        NORMAL = "normal", _("一般")
        URGENT = "urgent", _("加急")
        TOP = "top", _("特急")

    IN_HAND = (State.ISSUED, State.ACCEPTED)
    UNANSWERED = (State.DRAFT, State.ISSUED, State.ACCEPTED)
    LIVE = (State.DRAFT, State.ISSUED, State.ACCEPTED, State.ANSWERED)

    campaign = models.ForeignKey(
        Campaign, verbose_name=_("創建活動"), on_delete=models.PROTECT, related_name="orders"
    )
    mark = models.CharField(_("發文代字"), max_length=20, blank=True)
    year = models.PositiveSmallIntegerField(_("年份"))
    number = models.PositiveIntegerField(_("號"), null=True, blank=True)
    title = models.CharField(_("督辦事項"), max_length=200)
    demand = models.TextField(_("辦理要求"), blank=True)
    source = models.CharField(_("來源"), max_length=12, choices=Source, default=Source.OFFICE)
    instruction = models.OneToOneField(
        Instruction, on_delete=models.PROTECT, null=True, blank=True, related_name="order"
    )
    lead_department = models.ForeignKey(
        Department,
        verbose_name=_("承辦單位"),
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="orders",
    )
    supporting_departments = models.ManyToManyField(
        Department, verbose_name=_("配合單位"), blank=True, related_name="supported_orders"
    )
    accountable_seat = models.ForeignKey(
        Seat,
        verbose_name=_("責任領導"),
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
    )
    urgency = models.CharField(_("緊急程度"), max_length=8, choices=Urgency, default=Urgency.NORMAL)
    limit_days = models.PositiveSmallIntegerField(_("辦理時限（工作日）"), null=True, blank=True)
    due_date = models.DateField(_("辦理時限"), null=True, blank=True)
    first_due_date = models.DateField(_("原定時限"), null=True, blank=True)
    extended_times = models.PositiveSmallIntegerField(_("延期次數"), default=0)
    measure = models.ForeignKey(
        Measure,
        verbose_name=_("任務"),
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="orders",
    )
    submission = models.ForeignKey(
        Submission,
        verbose_name=_("進展"),
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="orders",
    )
    report = models.ForeignKey(
        Report,
        verbose_name=_("情況彙報"),
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="orders",
    )
    state = models.CharField(_("狀態"), max_length=10, choices=State, default=State.DRAFT)
    current = models.ForeignKey(
        "Round", on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    created_at = models.DateTimeField(_("起草時間"))
    created_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    issued_at = models.DateTimeField(_("交辦時間"), null=True, blank=True)
    issued_by = models.ForeignKey(
        User, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    acknowledge_due_date = models.DateField(_("領辦時限"), null=True, blank=True)
    acknowledged_at = models.DateTimeField(_("領辦時間"), null=True, blank=True)
    acknowledged_by = models.ForeignKey(
        User, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    suspended_at = models.DateTimeField(_("中止時間"), null=True, blank=True)
    suspended_from = models.CharField(_("中止前的狀態"), max_length=10, choices=State, blank=True)
    closed_at = models.DateTimeField(_("銷號時間"), null=True, blank=True)
    version = models.PositiveIntegerField(_("改動次數"), default=0, editable=False)

    objects = OrderQuerySet.as_manager()

    class Meta:
        verbose_name = _("督辦單")
        verbose_name_plural = _("督辦單")
        ordering = ["-year", F("number").desc(nulls_first=True), "-pk"]
        constraints = [
            models.UniqueConstraint(fields=["mark", "year", "number"], name="order_number_once"),
            models.CheckConstraint(
                condition=Q(number__isnull=False) | Q(state__in=["draft", "cancelled"]),
                name="order_numbered_when_issued",
            ),
            models.CheckConstraint(
                condition=Q(number__isnull=True)
                | (Q(lead_department__isnull=False) & Q(due_date__isnull=False)),
                name="order_issued_is_complete",
            ),
        ]
        indexes = [
            models.Index(fields=["state", "due_date"], name="order_owed"),
            models.Index(fields=["lead_department", "state"], name="order_dept_state"),
        ]

    def __str__(self) -> str:
        return f"{self.full_number} {self.title}"

    def get_absolute_url(self) -> str:
        return reverse("supervision:order-detail", args=[self.pk])

    @property
    def full_number(self) -> str:
        """「平民創督〔2026〕3號」；年份用六角括號、不寫「第」、號不補零（GB/T 9704 7.2.5）。"""
        if self.number is None:
            return _now("（未編號）")
        words = {"mark": self.mark, "year": self.year, "number": self.number}
        return _now("%(mark)s〔%(year)d〕%(number)d號") % words

    @property
    def words(self) -> Wording:
        """這張單子的叫法：整改單有自己的一套字。"""
        return RECTIFICATION if self.is_rectification else SUPERVISION

    @property
    def is_rectification(self) -> bool:
        return self.source == self.Source.RECTIFICATION

    @property
    def state_label(self) -> str:
        label = self.words.states.get(self.state)
        return str(label) if label else choice_label(self.State, self.state)

    @property
    def is_live(self) -> bool:
        return self.state in self.LIVE

    @property
    def is_extended(self) -> bool:
        return bool(self.first_due_date and self.due_date != self.first_due_date)

    def require(self, *states: str) -> None:
        """在這幾種狀態裏、活動進行中才往下走。Raises WrongState，說明現在是什麼。"""
        if not self.campaign.is_open:
            raise WrongState(_now("這個活動不在進行中，督辦單只能看，不能再辦。"))
        if self.state not in states:
            words = {"number": self.full_number, "state": self.state_label}
            raise WrongState(
                _now("%(number)s 現在是「%(state)s」，不能辦這一步；請刷新看看。") % words
            )


class Round(models.Model):
    """督辦單的一輪：反饋了什麼、誰寫的、誰簽發、領導怎麼看、辦公室怎麼定。簽發後不再改動。"""

    class Decision(models.TextChoices):
        NONE = "", _("未定")
        CLOSED = "closed", _("准予銷號")
        SENT_BACK = "sent_back", _("退回重辦")
        REDO = "redo", _("領導要求再辦")
        GIVEN_BACK = "given_back", _("負責人退回修改")
        REASSIGNED = "reassigned", _("改派")

    class Verdict(models.TextChoices):
        NONE = "", _("未閱")
        SEEN = "seen", _("已閱")
        SATISFIED = "satisfied", _("滿意")

    BACK = (Decision.SENT_BACK, Decision.REDO)

    order = models.ForeignKey(Order, on_delete=models.PROTECT, related_name="rounds")
    number = models.PositiveSmallIntegerField(_("輪次"))
    opened_at = models.DateTimeField(_("開始時間"))
    limit_days = models.PositiveSmallIntegerField(_("本輪時限（工作日）"), null=True, blank=True)
    due_date = models.DateField(_("本輪時限"), null=True, blank=True)
    text = models.TextField(_("辦理情況"), blank=True)
    version = models.PositiveIntegerField(_("保存次數"), default=0)
    saved_at = models.DateTimeField(_("保存時間"), null=True, blank=True)
    saved_by = models.ForeignKey(
        User, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    submitted_at = models.DateTimeField(_("送簽時間"), null=True, blank=True)
    submitted_by = models.ForeignKey(
        User, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    by_colleague = models.BooleanField(_("由同事復核"), default=False)
    signed_at = models.DateTimeField(_("簽發時間"), null=True, blank=True)
    signed_by = models.ForeignKey(
        User, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    review_due_date = models.DateField(_("審定時限"), null=True, blank=True)
    verdict = models.CharField(
        _("領導意見"), max_length=10, choices=Verdict, default=Verdict.NONE, blank=True
    )
    verdict_words = models.CharField(_("領導的話"), max_length=300, blank=True)
    verdict_at = models.DateTimeField(_("閱示時間"), null=True, blank=True)
    verdict_by = models.ForeignKey(
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

    class Meta:
        verbose_name = _("督辦輪次")
        verbose_name_plural = _("督辦輪次")
        ordering = ["order", "number"]
        constraints = [
            models.UniqueConstraint(fields=["order", "number"], name="order_round_once"),
        ]

    def __str__(self) -> str:
        return f"{self.order} 第 {self.number} 輪"

    @property
    def is_late(self) -> bool:
        """逾期只是一個記號：簽發日（北京時間）晚於本輪時限。"""
        return bool(
            self.signed_at and self.due_date and timezone.localdate(self.signed_at) > self.due_date
        )

    @property
    def hands(self) -> tuple[int | None, int | None]:
        """送簽、簽發過這一輪的人：審定時要迴避。"""
        return self.submitted_by_id, self.signed_by_id

    @property
    def waits_for_signature(self) -> bool:
        return self.submitted_at is not None and self.signed_at is None


class Attachment(models.Model):
    """一份文件掛在督辦單上：round 為空是辦公室的附件，否則是那一輪反饋的佐證。"""

    order = models.ForeignKey(Order, on_delete=models.PROTECT, related_name="attachments")
    round = models.ForeignKey(
        Round, on_delete=models.PROTECT, null=True, blank=True, related_name="evidence"
    )
    file = models.ForeignKey(EvidenceFile, on_delete=models.PROTECT, related_name="+")
    name = models.CharField(_("文件名"), max_length=200)
    added_at = models.DateTimeField(_("上傳時間"))
    added_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    removed_at = models.DateTimeField(_("撤下時間"), null=True, blank=True)

    class Meta:
        verbose_name = _("督辦附件和佐證")
        verbose_name_plural = _("督辦附件和佐證")
        ordering = ["order", "pk"]
        indexes = [models.Index(fields=["round", "removed_at"], name="order_evidence_round")]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return reverse("supervision:file", args=[self.pk])


class Extension(models.Model):
    """到不了時限的，在時限之前報進展和原因，申請延期；由辦公室裁定，原時限留着。"""

    class State(models.TextChoices):
        PENDING = "pending", _("待裁定")
        APPROVED = "approved", _("同意")
        REFUSED = "refused", _("不同意")
        WITHDRAWN = "withdrawn", _("已撤回")

    order = models.ForeignKey(Order, on_delete=models.PROTECT, related_name="extensions")
    round = models.ForeignKey(Round, on_delete=models.PROTECT, related_name="extensions")
    progress = models.TextField(_("目前進展"))
    reason = models.TextField(_("不能按時辦結的原因"))
    previous_date = models.DateField(_("原時限"))
    proposed_date = models.DateField(_("申請延至"))
    requested_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    requested_at = models.DateTimeField(_("提出時間"))
    state = models.CharField(_("狀態"), max_length=10, choices=State, default=State.PENDING)
    granted_date = models.DateField(_("准予延至"), null=True, blank=True)
    decision_reason = models.TextField(_("裁定理由"), blank=True)
    decided_at = models.DateTimeField(_("裁定時間"), null=True, blank=True)
    decided_by = models.ForeignKey(
        User, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )

    class Meta:
        verbose_name = _("督辦延期")
        verbose_name_plural = _("督辦延期")
        ordering = ["-requested_at", "-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["order"], condition=Q(state="pending"), name="order_extension_one_pending"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.order} {self.proposed_date}"


def terms_of(campaign: Campaign) -> Terms:
    """活動的督辦規則；沒有另定時用默認的。"""
    return Terms.objects.filter(campaign=campaign).first() or Terms(campaign=campaign)


def readers_of(instruction: Instruction, on: date) -> list[User]:
    """反饋今天給誰讀：坐着批示時那個席位的人；席位空着時是組長。與 addressed 同一規則。"""
    seats = Seat.objects.on(on).filter(campaign=instruction.campaign_id, user__is_active=True)
    same = seats.filter(role=instruction.seat.role, post=instruction.seat.post)
    found = list(same.select_related("user"))
    if not found:
        found = list(seats.filter(role=Seat.Role.CHAIR).select_related("user"))
    return [seat.user for seat in found]


def office_is_tied(order: Order, hands: Collection[int | None], on: date) -> bool:
    """辦公室在任的人都經過手（送簽、簽發了反饋，或申請了延期），沒有一個能定；這時由組長來。"""
    seats = Seat.objects.on(on).filter(
        campaign=order.campaign_id, role__in=Seat.OFFICE_ROLES, user__is_active=True
    )
    return set(seats.order_by().values_list("user", flat=True)) <= set(hands)
