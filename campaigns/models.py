"""答應了什麼：創建活動、領導小組席位、方案原文、工作目標與指標。"""

from datetime import date

from django.core.validators import RegexValidator
from django.db import models
from django.db.models import F, Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from campaigns import spec_words
from people.models import Dated, Department, User


class Cycle(models.TextChoices):
    """多久報一次。"""

    ONCE = "once", _("一次性")
    MONTHLY = "monthly", _("每月")
    QUARTERLY = "quarterly", _("每季度")
    HALF_YEARLY = "half_yearly", _("每半年")
    YEARLY = "yearly", _("每年")


class CampaignQuerySet(models.QuerySet["Campaign"]):
    def visible_to(self, user: User, on: date) -> "CampaignQuerySet":
        """草擬中的只有其辦公室、組長副組長和管理員看得見，其餘人人可見。"""
        if user.is_superuser:
            return self
        seated = Seat.objects.on(on).filter(user=user, role__in=Seat.STEERING_ROLES)
        return self.filter(~Q(state=Campaign.State.DRAFT) | Q(pk__in=seated.values("campaign")))

    def open(self) -> "CampaignQuerySet":
        return self.filter(state=Campaign.State.ACTIVE)


class Campaign(models.Model):
    """一次創建活動：有主題、重點、依據、起止和領導小組。"""

    class State(models.TextChoices):
        DRAFT = "draft", _("籌備中")
        ACTIVE = "active", _("進行中")
        CLOSED = "closed", _("已結束")

    code = models.CharField(
        _("代碼"),
        max_length=30,
        unique=True,
        validators=[
            RegexValidator(
                r"^[a-z0-9][a-z0-9-]*$", _("代碼只能用小寫字母、數字和連字符，例如 pt2026。")
            )
        ],
        help_text=_("出現在網址裏，例如 pt2026；定下後不再改。"),
    )
    name = models.CharField(_("名稱"), max_length=80)
    theme = models.CharField(_("主題"), max_length=120, blank=True)
    basis = models.TextField(_("依據"), blank=True)
    signature = models.CharField(
        _("落款單位"),
        max_length=60,
        blank=True,
        help_text=_("催辦單和督辦通知單上的落款。留空則用本局名稱加「創建工作領導小組辦公室」。"),
    )
    start_date = models.DateField(_("開始日期"))
    end_date = models.DateField(_("結束日期"))
    state = models.CharField(_("狀態"), max_length=10, choices=State, default=State.DRAFT)
    report_day = models.PositiveSmallIntegerField(
        _("每期報送日"), default=25, help_text=_("每期最後一個月的幾號報送，1 至 28。")
    )
    warn_days = models.PositiveSmallIntegerField(
        _("臨期天數"), default=5, help_text=_("剩多少個工作日以內算臨期。")
    )
    behind_points = models.PositiveSmallIntegerField(
        _("落後百分點"), default=20, help_text=_("比序時進度落後多少個百分點算臨期。")
    )
    acknowledge_days = models.PositiveSmallIntegerField(
        _("簽收時限"), default=3, help_text=_("下達後多少個工作日內簽收。")
    )
    review_days = models.PositiveSmallIntegerField(
        _("審核時限"), default=5, help_text=_("辦公室收到後多少個工作日內審核。")
    )
    created_at = models.DateTimeField(_("建立時間"), null=True, blank=True, editable=False)

    objects = CampaignQuerySet.as_manager()

    class Meta:
        verbose_name = _("創建活動")
        verbose_name_plural = _("創建活動")
        ordering = ["-start_date", "-pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(end_date__gte=F("start_date")),
                name="campaign_ends_after_start",
                violation_error_message=_("結束日期早於開始日期，請改正其中一個。"),
            ),
            models.CheckConstraint(
                condition=Q(report_day__range=(1, 28)),
                name="campaign_report_day_in_every_month",
                violation_error_message=_("每期報送日應在 1 至 28 之間。"),
            ),
        ]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return reverse("campaigns:campaign-detail", args=[self.code])

    @property
    def is_open(self) -> bool:
        return self.state == self.State.ACTIVE


class FocusArea(models.Model):
    """活動的一個重點，如「養老助孤」。"""

    campaign = models.ForeignKey(Campaign, on_delete=models.CASCADE, related_name="focus_areas")
    name = models.CharField(_("重點"), max_length=40)
    position = models.PositiveSmallIntegerField(_("排序"), default=0)

    class Meta:
        verbose_name = _("重點")
        verbose_name_plural = _("重點")
        ordering = ["position", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["campaign", "name"], name="focus_area_once"),
        ]

    def __str__(self) -> str:
        return self.name


class Seat(Dated):
    """領導小組的一個席位。席位按職務設，人可以換；空缺時只顯示職務。"""

    class Role(models.TextChoices):
        CHAIR = "chair", _("組長")
        DEPUTY = "deputy", _("副組長")
        MEMBER = "member", _("成員")
        OFFICE_DIRECTOR = "office_director", _("辦公室主任")
        OFFICE_STAFF = "office_staff", _("辦公室人員")

    OFFICE_ROLES = (Role.OFFICE_DIRECTOR, Role.OFFICE_STAFF)
    LEADER_ROLES = (Role.CHAIR, Role.DEPUTY)
    STEERING_ROLES = OFFICE_ROLES + LEADER_ROLES

    campaign = models.ForeignKey(Campaign, on_delete=models.CASCADE, related_name="seats")
    role = models.CharField(_("席位"), max_length=20, choices=Role)
    post = models.CharField(
        _("職務"), max_length=60, help_text=_("例如：局長、分管社會事務的副局長。")
    )
    user = models.ForeignKey(
        User,
        verbose_name=_("人員"),
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="seats",
    )
    departments = models.ManyToManyField(
        Department, verbose_name=_("分管單位"), blank=True, related_name="seats_in_charge"
    )
    position = models.PositiveSmallIntegerField(_("排序"), default=100)

    class Meta:
        verbose_name = _("領導小組席位")
        verbose_name_plural = _("領導小組席位")
        ordering = ["position", "pk"]
        indexes = [models.Index(fields=["user", "role"], name="seat_user_role")]

    def __str__(self) -> str:
        return f"{self.get_role_display()} {self.user or self.post}"


class PlanVersion(models.Model):
    """方案的一次導入。原文一字不動；修訂就是新的一版。"""

    campaign = models.ForeignKey(Campaign, on_delete=models.PROTECT, related_name="plan_versions")
    number = models.PositiveSmallIntegerField(_("版次"))
    title = models.CharField(_("標題"), max_length=200)
    source_name = models.CharField(_("來源"), max_length=200, blank=True)
    source_text = models.TextField(_("原文"))
    source_sha256 = models.CharField(_("原文哈希"), max_length=64)
    imported_at = models.DateTimeField(_("導入時間"))
    imported_by = models.ForeignKey(
        User, verbose_name=_("導入人"), on_delete=models.PROTECT, related_name="+"
    )

    class Meta:
        verbose_name = _("方案版本")
        verbose_name_plural = _("方案版本")
        ordering = ["-number"]
        constraints = [
            models.UniqueConstraint(fields=["campaign", "number"], name="plan_version_number"),
            models.UniqueConstraint(
                fields=["campaign", "source_sha256"], name="plan_version_once_per_text"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.title}（第 {self.number} 版）"


class Clause(models.Model):
    """方案原文的一節、一條或一款。序號照印，文字不改。"""

    class Level(models.TextChoices):
        SECTION = "section", _("節")
        ITEM = "item", _("條")
        CLAUSE = "clause", _("款")

    class SectionKind(models.TextChoices):
        BASIS = "basis", _("依據")
        PRINCIPLE = "principle", _("原則")
        OBJECTIVE = "objective", _("工作目標")
        TASK = "task", _("主要任務")
        ORGANISATION = "organisation", _("組織領導")
        OTHER = "other", _("其他")

    version = models.ForeignKey(PlanVersion, on_delete=models.CASCADE, related_name="clauses")
    parent = models.ForeignKey(
        "self", on_delete=models.CASCADE, null=True, blank=True, related_name="children"
    )
    level = models.CharField(_("層級"), max_length=10, choices=Level)
    section_kind = models.CharField(_("類別"), max_length=15, choices=SectionKind)
    code = models.CharField(_("編碼"), max_length=20)
    mark = models.CharField(_("印出的序號"), max_length=20, blank=True)
    heading = models.CharField(_("標題"), max_length=200, blank=True)
    text = models.TextField(_("原文"), blank=True)
    separator = models.CharField(_("其後的標點"), max_length=4, blank=True)
    line = models.PositiveIntegerField(_("行"), default=0)
    position = models.PositiveIntegerField(_("次序"))

    class Meta:
        verbose_name = _("方案條款")
        verbose_name_plural = _("方案條款")
        ordering = ["version", "position"]
        constraints = [
            models.UniqueConstraint(fields=["version", "code"], name="clause_code_once"),
        ]

    def __str__(self) -> str:
        return f"{self.code} {self.heading or self.text[:30]}"


class Objective(models.Model):
    """工作目標，如 G1「組織領導有力,創建工作紮實」。"""

    campaign = models.ForeignKey(Campaign, on_delete=models.PROTECT, related_name="objectives")
    number = models.PositiveSmallIntegerField(_("序"))
    code = models.CharField(_("編碼"), max_length=20)
    title = models.CharField(_("標題"), max_length=200)
    clause = models.ForeignKey(
        Clause, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    retired_at = models.DateTimeField(_("不再列入的時間"), null=True, blank=True)

    class Meta:
        verbose_name = _("工作目標")
        verbose_name_plural = _("工作目標")
        ordering = ["number", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["campaign", "code"], name="objective_code_once"),
        ]

    def __str__(self) -> str:
        return f"{self.code} {self.title}"


class EvidenceForm(models.Model):
    """佐證材料的一種形式，如「規範文件」「實景圖片」。是數據，辦公室可以增改。"""

    code = models.SlugField(_("代碼"), max_length=30, unique=True)
    name = models.CharField(_("名稱"), max_length=30, unique=True)
    guidance = models.CharField(_("要求"), max_length=200, blank=True)
    max_characters = models.PositiveIntegerField(_("字數上限"), null=True, blank=True)
    is_picture = models.BooleanField(_("是圖片"), default=False)
    asks_number = models.BooleanField(
        _("填報時問文號"),
        default=False,
        help_text=_("不勾的收在「補充文號、日期」裏，要填還可以填。"),
    )
    asks_date = models.BooleanField(
        _("填報時問材料日期"),
        default=False,
        help_text=_("不勾的收在「補充文號、日期」裏，要填還可以填。"),
    )
    position = models.PositiveSmallIntegerField(_("排序"), default=100)
    is_active = models.BooleanField(_("可選用"), default=True)

    class Meta:
        verbose_name = _("佐證形式")
        verbose_name_plural = _("佐證形式")
        ordering = ["position", "pk"]

    def __str__(self) -> str:
        return self.name


class Indicator(models.Model):
    """目標之下要證明的一款：報送週期、要什麼佐證、是否一票否決類。文字在條款裏。"""

    class Measurable(models.TextChoices):
        YES = "yes", _("可量化")
        PARTLY = "partly", _("部分可量化")
        NO = "no", _("定性")

    objective = models.ForeignKey(Objective, on_delete=models.PROTECT, related_name="indicators")
    code = models.CharField(_("編碼"), max_length=20)
    clause = models.ForeignKey(Clause, on_delete=models.PROTECT, related_name="+")
    position = models.PositiveIntegerField(_("次序"), default=0)
    cycle = models.CharField(_("週期"), max_length=12, choices=Cycle, default=Cycle.YEARLY)
    measurable = models.CharField(
        _("可量化"), max_length=10, choices=Measurable, default=Measurable.PARTLY
    )
    is_veto_like = models.BooleanField(_("一票否決類"), default=False)
    standard = models.CharField(_("衡量口徑"), max_length=200, blank=True)
    retired_at = models.DateTimeField(_("不再列入的時間"), null=True, blank=True)
    reworded_at = models.DateTimeField(_("措辭修訂時間"), null=True, blank=True)

    class Meta:
        verbose_name = _("指標")
        verbose_name_plural = _("指標")
        ordering = ["position", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["objective", "code"], name="indicator_code_once"),
        ]

    def __str__(self) -> str:
        return f"{self.code} {self.clause.text[:40]}"


class EvidenceSpec(models.Model):
    """要一種佐證時的全部要求：形式、份數、材料日期落在哪一段、要不要文號、多大、審核時看什麼。

    機器看得出的（份數、日期、文號、字數、大小）上傳時就看；看不出的寫在 ticks 裏，一行一條，
    由審核的人逐條勾。留空的不限。
    """

    class Window(models.TextChoices):
        """材料日期要落在哪一段。"""

        ANY = "any", _("不限")
        PERIOD = "period", _("報送期內")
        YEAR = "year", _("報送期所在的年度內")
        MONTHS = "months", _("報送期末之前若干個月內")

    form = models.ForeignKey(
        EvidenceForm, verbose_name=_("形式"), on_delete=models.PROTECT, related_name="+"
    )
    count = models.PositiveSmallIntegerField(_("份數"), default=1)
    window = models.CharField(_("材料日期"), max_length=10, choices=Window, default=Window.ANY)
    window_months = models.PositiveSmallIntegerField(_("幾個月內"), null=True, blank=True)
    needs_number = models.BooleanField(_("要有文號"), default=False)
    needs_date = models.BooleanField(_("要註明材料日期"), default=False)
    max_characters = models.PositiveIntegerField(
        _("字數上限"), null=True, blank=True, help_text=_("留空時按這種形式通常的上限。")
    )
    max_megabytes = models.PositiveSmallIntegerField(_("每份不超過多少 MB"), null=True, blank=True)
    ticks = models.TextField(
        _("審核時逐條看"), blank=True, help_text=_("一行一條，如「看得到單位名稱」。")
    )
    note = models.CharField(_("補充說明"), max_length=200, blank=True)

    class Meta:
        abstract = True
        ordering = ["form__position", "pk"]

    def __str__(self) -> str:
        return f"{self.form} {self.count}"

    @property
    def tick_lines(self) -> list[str]:
        """審核的人要逐條勾的。"""
        return [line.strip() for line in self.ticks.splitlines() if line.strip()]

    @property
    def wants_date(self) -> bool:
        """沒有材料日期就不合要求。"""
        return self.needs_date or self.window != self.Window.ANY

    @property
    def heading(self) -> str:
        """「實景圖片 2 張」。form 要已取出，下同。"""
        return spec_words.heading(self)

    @property
    def details(self) -> str:
        """份數以外的要求；沒有為空。"""
        return spec_words.details(self)

    @property
    def line(self) -> str:
        """要的是什麼，一行話。"""
        return spec_words.in_one_line(self)


class EvidenceRequirement(EvidenceSpec):
    """一項指標要的一種佐證。"""

    indicator = models.ForeignKey(
        Indicator, on_delete=models.CASCADE, related_name="evidence_requirements"
    )

    class Meta(EvidenceSpec.Meta):
        verbose_name = _("佐證要求")
        verbose_name_plural = _("佐證要求")
        constraints = [
            models.UniqueConstraint(
                fields=["indicator", "form"], name="indicator_evidence_form_once"
            ),
            models.CheckConstraint(
                condition=Q(count__gte=1),
                name="indicator_evidence_at_least_one",
                violation_error_message=_("份數至少為 1；不需要就刪去這一行。"),
            ),
        ]


class EvidenceSet(models.Model):
    """一組常用的佐證要求，如「培訓類」「制度類」：定指標時整組選用，選用之後可再改。"""

    name = models.CharField(_("名稱"), max_length=40, unique=True)
    note = models.CharField(_("用在哪裏"), max_length=200, blank=True)
    position = models.PositiveSmallIntegerField(_("排序"), default=100)
    is_active = models.BooleanField(_("可選用"), default=True)
    is_usual = models.BooleanField(
        _("起草時照它"),
        default=False,
        help_text=_("導入方案、擬措施時，各種佐證的要求照這一組起草。只能有一組。"),
    )

    class Meta:
        verbose_name = _("常用佐證要求")
        verbose_name_plural = _("常用佐證要求")
        ordering = ["position", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["is_usual"],
                condition=Q(is_usual=True),
                name="evidence_set_one_usual",
                violation_error_message=_("已有一組是起草時照用的，先把那一組的勾去掉。"),
            ),
        ]

    def __str__(self) -> str:
        return self.name


class EvidenceSetLine(EvidenceSpec):
    """常用要求裏的一種佐證。"""

    evidence_set = models.ForeignKey(EvidenceSet, on_delete=models.CASCADE, related_name="lines")

    class Meta(EvidenceSpec.Meta):
        verbose_name = _("佐證要求")
        verbose_name_plural = _("佐證要求")
        constraints = [
            models.UniqueConstraint(fields=["evidence_set", "form"], name="evidence_set_form_once"),
        ]


class PlanDraft(models.Model):
    """一次還沒有保存的導入：原文、人作的調整、打開時的版次。每人每個活動至多一份。

    放在庫裏而不放在瀏覽器裏：斷線、換電腦、登錄過期都不丟。adjustments 是依次重放的
    調整（見 pingtan_civ.lib.plan.adjust）；table 不為空時導入的是任務分解表。
    """

    campaign = models.ForeignKey(Campaign, on_delete=models.CASCADE, related_name="plan_drafts")
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="+")
    source_name = models.CharField(_("來源"), max_length=200, blank=True)
    source_text = models.TextField(_("原文"), blank=True)
    adjustments = models.JSONField(_("調整"), default=list, blank=True)
    table = models.JSONField(_("任務分解表"), null=True, blank=True)
    saved_at = models.DateTimeField(_("保存時間"))

    class Meta:
        verbose_name = _("方案草稿")
        verbose_name_plural = _("方案草稿")
        ordering = ["-saved_at"]
        constraints = [
            models.UniqueConstraint(fields=["campaign", "user"], name="plan_draft_one_each"),
        ]

    def __str__(self) -> str:
        return f"{self.campaign} {self.source_name}"
