"""考核辦法：考什麼、各占多少分、怎樣計分、由誰評。

    Scheme 辦法（一個活動一年一份，改一次出一個版本）
      ├─ Profile 計分類別（窗口單位、業務科室 ……）─ ProfileDepartment 哪些單位屬於它
      ├─ Grade 等次（優秀 90 分以上 ……）
      └─ Section 測評項目 ─ Section 測評指標 ─ Criterion 測評內容（得分的一條）
                                              ├─ Standard 測評標準（方法、佐證形式）
                                              └─ CriterionStep 檔次

分數在庫裏是整數的百分之一（docs/decisions/figures-are-integer-hundredths.md）；
怎樣得分、怎樣合計在 pingtan_civ/lib/scoring.py。
"""

from collections.abc import Iterable
from datetime import datetime
from decimal import Decimal

from django.db import models
from django.db.models import F, Q
from django.urls import reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from campaigns.models import Campaign, Clause, EvidenceForm, Indicator, Objective
from people.models import Department, User
from pingtan_civ.lib.scoring import Part as ScoredPart
from pingtan_civ.lib.scoring import Rule as ScoringRule
from pingtan_civ.lib.scoring import RuleKind, Step, to_points


class Method(models.TextChoices):
    """測評方法：憑什麼判斷。"""

    PAPERS = "papers", _("材料審核")
    FIELD = "field", _("實地考察")
    SURVEY = "survey", _("問卷調查")
    OPINION = "opinion", _("徵求意見")
    HEARING = "hearing", _("聽取匯報")
    MEDIA = "media", _("網絡（電話、媒體）調查")
    OVERALL = "overall", _("整體觀察")
    SYSTEM = "system", _("系統取數")


class Scorer(models.TextChoices):
    """誰評這一條。單位自評之外，沒有人評自己。"""

    OFFICE = "office", _("創建辦")
    INSPECTION = "inspection", _("考核組")
    DEPARTMENT = "department", _("指定科室")
    AUTHORITY = "authority", _("主管部門")
    SURVEY = "survey", _("問卷統計")
    SYSTEM = "system", _("系統取數")


class SystemFigure(models.TextChoices):
    """系統自己知道的數，評分時自動填入，後面附着名單。"""

    ON_TIME_RATE = "on_time_rate", _("按時報送率（%）")
    ACCEPTED_SHARE = "accepted_share", _("審核通過率（%）")
    COMPLETENESS = "completeness", _("佐證完整度（%）")
    DONE_SHARE = "done_share", _("措施辦結率（%）")


def points_of(hundredths: int) -> Decimal:
    """庫裏的整數百分之一 → 分。"""
    return Decimal(hundredths).scaleb(-2)


def hundredths_of(points: Decimal) -> int:
    """分 → 庫裏的整數百分之一。"""
    return int(to_points(points).scaleb(2))


class SchemeQuerySet(models.QuerySet["Scheme"]):
    def in_force(self, campaign: Campaign, year: int) -> "Scheme | None":
        """這一年正在使用的版本；還沒有啟用的為 None。"""
        return self.filter(campaign=campaign, year=year, state=Scheme.State.IN_FORCE).first()


class Scheme(models.Model):
    """考核辦法的一個版本。擬訂中可以改；啟用以後一個字也不改，要改先抄出下一版。"""

    class State(models.TextChoices):
        DRAFT = "draft", _("擬訂中")
        IN_FORCE = "in_force", _("使用中")
        RETIRED = "retired", _("已停用")

    campaign = models.ForeignKey(
        Campaign,
        verbose_name=_("創建活動"),
        on_delete=models.PROTECT,
        related_name="schemes",
    )
    year = models.PositiveSmallIntegerField(_("年度"))
    version = models.PositiveSmallIntegerField(_("版次"), default=1)
    title = models.CharField(_("名稱"), max_length=100)
    state = models.CharField(_("狀態"), max_length=10, choices=State, default=State.DRAFT)
    full_hundredths = models.PositiveIntegerField(_("基本分總分（百分之一）"), default=10000)
    bonus_cap_hundredths = models.PositiveIntegerField(
        _("加分封頂（百分之一）"), null=True, blank=True
    )
    penalty_cap_hundredths = models.PositiveIntegerField(
        _("扣分上限（百分之一）"), null=True, blank=True
    )
    note = models.TextField(_("說明"), max_length=2000, blank=True)
    copied_from = models.ForeignKey(
        "self",
        verbose_name=_("抄自"),
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="copies",
    )
    created_by = models.ForeignKey(
        User, verbose_name=_("擬訂人"), on_delete=models.PROTECT, related_name="+"
    )
    created_at = models.DateTimeField(_("建立時間"))
    adopted_by = models.ForeignKey(
        User,
        verbose_name=_("啟用人"),
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
    )
    adopted_at = models.DateTimeField(_("啟用時間"), null=True, blank=True)

    objects = SchemeQuerySet.as_manager()

    class Meta:
        verbose_name = _("考核辦法")
        verbose_name_plural = _("考核辦法")
        ordering = ["-year", "-version"]
        constraints = [
            models.UniqueConstraint(
                fields=["campaign", "year", "version"], name="scheme_version_once"
            ),
            models.UniqueConstraint(
                fields=["campaign", "year"],
                condition=Q(state="in_force"),
                name="scheme_one_in_force",
                violation_error_message=_("這一年已有一份使用中的考核辦法。"),
            ),
            models.CheckConstraint(
                condition=Q(adopted_at__isnull=False) | Q(state="draft"),
                name="scheme_adopted_by_someone",
            ),
            models.CheckConstraint(
                condition=Q(full_hundredths__gt=0),
                name="scheme_full_is_positive",
                violation_error_message=_("總分要大於 0。"),
            ),
        ]

    def __str__(self) -> str:
        return gettext("%(title)s（第 %(version)s 版）") % {
            "title": self.title,
            "version": self.version,
        }

    def get_absolute_url(self) -> str:
        return reverse("evaluations:scheme", args=[self.pk])

    def adopt(self, *, actor: User, at: datetime) -> None:
        """啟用。合計對不對由服務先查過。"""
        self.state, self.adopted_by, self.adopted_at = self.State.IN_FORCE, actor, at

    def retire(self) -> None:
        self.state = self.State.RETIRED

    @property
    def is_draft(self) -> bool:
        return self.state == self.State.DRAFT

    @property
    def full(self) -> Decimal:
        return points_of(self.full_hundredths)

    @property
    def bonus_cap(self) -> Decimal | None:
        return None if self.bonus_cap_hundredths is None else points_of(self.bonus_cap_hundredths)

    @property
    def penalty_cap(self) -> Decimal | None:
        cap = self.penalty_cap_hundredths
        return None if cap is None else points_of(cap)


class Profile(models.Model):
    """計分類別：同一張共同的表之外，這類單位另有自己的一塊（例如共同 40 分、本類 60 分）。"""

    scheme = models.ForeignKey(Scheme, on_delete=models.CASCADE, related_name="profiles")
    name = models.CharField(_("名稱"), max_length=40)
    position = models.PositiveSmallIntegerField(_("排序"), default=0)

    class Meta:
        verbose_name = _("計分類別")
        verbose_name_plural = _("計分類別")
        ordering = ["position", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["scheme", "name"],
                name="profile_name_once",
                violation_error_message=_("已有同名的計分類別，請換一個名稱。"),
            )
        ]

    def __str__(self) -> str:
        return self.name


class ProfileDepartment(models.Model):
    """一個單位按哪一類計分。一份辦法裏只屬一類；不屬任何一類的不參加考核。"""

    scheme = models.ForeignKey(Scheme, on_delete=models.CASCADE, related_name="+")
    profile = models.ForeignKey(Profile, on_delete=models.CASCADE, related_name="members")
    department = models.ForeignKey(
        Department, verbose_name=_("單位"), on_delete=models.PROTECT, related_name="+"
    )

    class Meta:
        verbose_name = _("參加考核的單位")
        verbose_name_plural = _("參加考核的單位")
        constraints = [
            models.UniqueConstraint(
                fields=["scheme", "department"],
                name="department_in_one_profile",
                violation_error_message=_("一個單位只能按一類計分。"),
            )
        ]

    def __str__(self) -> str:
        return f"{self.profile} {self.department}"


class Grade(models.Model):
    """等次：總分到了 at_least 就屬這一等。最低的一等下限是 0。"""

    scheme = models.ForeignKey(Scheme, on_delete=models.CASCADE, related_name="grades")
    name = models.CharField(_("等次"), max_length=20)
    at_least_hundredths = models.PositiveIntegerField(_("下限（百分之一）"))
    is_failing = models.BooleanField(_("要整改"), default=False)

    class Meta:
        verbose_name = _("等次")
        verbose_name_plural = _("等次")
        ordering = ["-at_least_hundredths"]
        constraints = [
            models.UniqueConstraint(fields=["scheme", "name"], name="grade_name_once"),
            models.UniqueConstraint(
                fields=["scheme", "at_least_hundredths"], name="grade_limit_once"
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def at_least(self) -> Decimal:
        return points_of(self.at_least_hundredths)


class Section(models.Model):
    """測評項目（第一層）或測評指標（第二層，可以沒有）。

    profile 空着的人人都考（共同部分）；填了的只考那一類。下一層隨上一層。
    """

    class Part(models.TextChoices):
        BASE = ScoredPart.BASE.value, _("基本分")
        BONUS = ScoredPart.BONUS.value, _("加分")
        PENALTY = ScoredPart.PENALTY.value, _("扣分")

    scheme = models.ForeignKey(Scheme, on_delete=models.CASCADE, related_name="sections")
    parent = models.ForeignKey(
        "self", on_delete=models.CASCADE, null=True, blank=True, related_name="children"
    )
    part = models.CharField(_("計入"), max_length=10, choices=Part, default=Part.BASE)
    profile = models.ForeignKey(
        Profile,
        verbose_name=_("計分類別"),
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="sections",
    )
    number = models.CharField(_("編號"), max_length=20)
    title = models.CharField(_("名稱"), max_length=200)
    objective = models.ForeignKey(
        Objective,
        verbose_name=_("工作目標"),
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
    )
    position = models.PositiveSmallIntegerField(_("排序"), default=0)

    class Meta:
        verbose_name = _("測評項目")
        verbose_name_plural = _("測評項目")
        ordering = ["position", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["scheme", "number"],
                name="section_number_once",
                violation_error_message=_("這個編號已經用過，請換一個。"),
            ),
            models.CheckConstraint(
                condition=Q(parent__isnull=True) | ~Q(parent=F("id")), name="section_not_own_parent"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.number} {self.title}"


class CriterionQuerySet(models.QuerySet["Criterion"]):
    def with_steps(self) -> list[tuple["Criterion", list[Step]]]:
        """各條和它的檔次，一次查詢：一檔連出一行，合起來一條一份。次序隨意。"""
        names = {f"step_{name}": F(f"steps__{name}") for name in (*_STEP_FACTS, "pk")}
        rows = self.annotate(**names).order_by("steps__position", "steps__pk")
        found: dict[int, tuple[Criterion, list[Step]]] = {}
        for row in rows:
            _criterion, steps = found.setdefault(row.pk, (row, []))
            if row.step_pk:
                facts = {name: getattr(row, f"step_{name}") for name in _STEP_FACTS}
                steps.append(CriterionStep(**facts).as_step())
        return list(found.values())


_STEP_FACTS = ("label", "points_hundredths", "percent_hundredths", "at_least_hundredths")


class Criterion(models.Model):
    """測評內容：得分的最小一條。一條只有一個計分規則、一個評分方。

    indicators 是它所考的計劃指標：評分時從這些指標的佐證打開材料。
    """

    class Rule(models.TextChoices):
        BINARY = RuleKind.BINARY.value, _("達到得滿分，否則 0 分")
        PRO_RATA = RuleKind.PRO_RATA.value, _("按完成比例")
        DEDUCT_EACH = RuleKind.DEDUCT_EACH.value, _("每次扣分，扣完為止")
        BANDS = RuleKind.BANDS.value, _("分檔評定（A/B/C/D）")
        STEPS = RuleKind.STEPS.value, _("按數值分檔")
        BONUS_STEPS = RuleKind.BONUS_STEPS.value, _("按級別加分，同一事只取最高")
        PENALTY = RuleKind.PENALTY.value, _("按次扣分（另扣）")
        MANUAL = RuleKind.MANUAL.value, _("評分人給分，註明理由")

    section = models.ForeignKey(Section, on_delete=models.CASCADE, related_name="criteria")
    number = models.CharField(_("編號"), max_length=20)
    text = models.CharField(_("測評內容"), max_length=500)
    full_hundredths = models.PositiveIntegerField(_("分值（百分之一）"))
    rule = models.CharField(_("計分規則"), max_length=12, choices=Rule, default=Rule.BANDS)
    each_hundredths = models.PositiveIntegerField(_("每次扣（百分之一）"), default=0)
    scorer = models.CharField(_("評分方"), max_length=12, choices=Scorer, default=Scorer.OFFICE)
    scoring_department = models.ForeignKey(
        Department,
        verbose_name=_("評分科室"),
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
    )
    figure = models.CharField(_("系統數"), max_length=20, choices=SystemFigure, blank=True)
    may_not_apply = models.BooleanField(_("可以不適用"), default=False)
    indicators = models.ManyToManyField(
        Indicator, verbose_name=_("計劃指標"), blank=True, related_name="criteria"
    )
    survey_options = models.CharField(
        _("問卷選項"),
        max_length=120,
        blank=True,
        help_text=_(
            "用頓號隔開；計入滿意的後面寫「＋」，不計入分母的寫「－」，例如：很好＋、好＋、一般、"
            "說不清－。不填的是：滿意＋、基本滿意＋、不滿意、不了解－。"
        ),
    )
    note = models.CharField(_("說明"), max_length=300, blank=True)
    position = models.PositiveSmallIntegerField(_("排序"), default=0)

    objects = CriterionQuerySet.as_manager()

    class Meta:
        verbose_name = _("測評內容")
        verbose_name_plural = _("測評內容")
        ordering = ["position", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["section", "number"],
                name="criterion_number_once",
                violation_error_message=_("這個編號已經用過，請換一個。"),
            ),
            models.CheckConstraint(
                condition=Q(scorer="department", scoring_department__isnull=False)
                | (~Q(scorer="department") & Q(scoring_department__isnull=True)),
                name="criterion_names_its_scorer",
                violation_error_message=_("評分方是「指定科室」時，請選評分科室；不是時不選。"),
            ),
            models.CheckConstraint(
                condition=(Q(scorer="system") & ~Q(figure=""))
                | (~Q(scorer="system") & Q(figure="")),
                name="criterion_names_its_figure",
                violation_error_message=_("評分方是「系統取數」時，請選用哪個數；不是時不選。"),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.number} {self.text}"

    @property
    def full(self) -> Decimal:
        return points_of(self.full_hundredths)

    def scoring_rule(self, steps: Iterable[Step] | None = None) -> ScoringRule:
        """交給 lib.scoring 的計分辦法。steps 沒有給的，檔次要先用 prefetch_related 取好。"""
        if steps is None:
            steps = (step.as_step() for step in self.steps.all())
        return ScoringRule(
            kind=RuleKind(self.rule),
            full=self.full,
            each=points_of(self.each_hundredths),
            steps=tuple(steps),
        )


class CriterionStep(models.Model):
    """一檔：名稱和得分。得分寫分數，或寫滿分的百分之幾，兩樣只寫一樣。"""

    criterion = models.ForeignKey(Criterion, on_delete=models.CASCADE, related_name="steps")
    label = models.CharField(_("檔次"), max_length=60)
    points_hundredths = models.PositiveIntegerField(_("分數（百分之一）"), null=True, blank=True)
    percent_hundredths = models.PositiveIntegerField(
        _("滿分的百分之幾（百分之一）"), null=True, blank=True
    )
    at_least_hundredths = models.BigIntegerField(_("數值下限（百分之一）"), null=True, blank=True)
    position = models.PositiveSmallIntegerField(_("排序"), default=0)

    class Meta:
        verbose_name = _("檔次")
        verbose_name_plural = _("檔次")
        ordering = ["position", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["criterion", "label"], name="step_label_once"),
            models.CheckConstraint(
                condition=Q(points_hundredths__isnull=True, percent_hundredths__isnull=False)
                | Q(points_hundredths__isnull=False, percent_hundredths__isnull=True),
                name="step_points_or_percent",
                violation_error_message=_("每一檔寫分數或滿分的百分之幾，只寫一樣。"),
            ),
            models.CheckConstraint(
                condition=Q(percent_hundredths__isnull=True) | Q(percent_hundredths__lte=10000),
                name="step_percent_to_100",
                violation_error_message=_("百分比不超過 100。"),
            ),
        ]

    def __str__(self) -> str:
        return self.label

    def as_step(self) -> Step:
        return Step(
            label=self.label,
            points=_points_or_none(self.points_hundredths),
            percent=_points_or_none(self.percent_hundredths),
            at_least=_points_or_none(self.at_least_hundredths),
        )


class Standard(models.Model):
    """測評標準：一條內容下編了號的具體要求，各有測評方法和佐證形式。"""

    criterion = models.ForeignKey(Criterion, on_delete=models.CASCADE, related_name="standards")
    number = models.CharField(_("編號"), max_length=20)
    text = models.CharField(_("測評標準"), max_length=500)
    method = models.CharField(_("測評方法"), max_length=10, choices=Method, default=Method.PAPERS)
    second_method = models.CharField(_("另一方法"), max_length=10, choices=Method, blank=True)
    forms = models.ManyToManyField(
        EvidenceForm, verbose_name=_("佐證形式"), blank=True, related_name="+"
    )
    clause = models.ForeignKey(
        Clause,
        verbose_name=_("方案條文"),
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
    )
    position = models.PositiveSmallIntegerField(_("排序"), default=0)

    class Meta:
        verbose_name = _("測評標準")
        verbose_name_plural = _("測評標準")
        ordering = ["position", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["criterion", "number"], name="standard_number_once")
        ]

    def __str__(self) -> str:
        return f"{self.number} {self.text}"


def _points_or_none(hundredths: int | None) -> Decimal | None:
    return None if hundredths is None else points_of(hundredths)
