"""目標責任書：一個單位一年一份，領導小組和單位雙方簽訂。

    TargetLetter 責任書，或對它的補充書（parent）
      └─ LetterText 送簽的一稿：凍結的內容和哈希；被退回後再送簽是新的一稿
           └─ LetterSignature 簽訂：誰、當時的姓名職務、何時、所簽文本的哈希

擬訂中的沒有文本，內容隨任務分解現編；送簽起只認文本，簽了的一個字也不改。
"""

from datetime import datetime

from django.db import models
from django.db.models import Exists, OuterRef, Q
from django.urls import reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from campaigns.models import Campaign
from campaigns.standing import Standing
from people.models import Department, User
from reports.paper import fingerprint


class TargetLetterQuerySet(models.QuerySet["TargetLetter"]):
    def visible_to(self, standing: Standing) -> "TargetLetterQuerySet":
        """辦公室和組長、副組長看本活動全部；單位看本單位送過簽的。"""
        above = [pk for pk in standing.seats if standing.is_office(pk) or standing.is_leader(pk)]
        own = Q(department__in=standing.departments, number__isnull=False)
        return self.filter(Q(campaign__in=above) | own)

    def waiting_for(self, standing: Standing) -> "TargetLetterQuerySet":
        """等着此人簽訂的，和退回辦公室要修改的；與 policies 同一規則。"""
        state = TargetLetter.State
        chaired = [pk for pk in standing.seats if standing.is_chair(pk)]
        offices = [pk for pk in standing.seats if standing.is_office(pk)]
        signed = LetterSignature.objects.filter(text=OuterRef("text"), user=standing.user_id)
        to_sign = Q(state=state.ISSUED, department__in=standing.headed) | (
            Q(state=state.HEAD_SIGNED, campaign__in=chaired) & ~Exists(signed)
        )
        returned = Q(state=state.DRAFT, number__isnull=False, campaign__in=offices)
        return self.filter(to_sign | returned, campaign__state=Campaign.State.ACTIVE)

    def standing_papers(self) -> "TargetLetterQuerySet":
        """作廢的不算。"""
        return self.exclude(state=TargetLetter.State.VOID)

    def with_everything(self) -> "TargetLetterQuerySet":
        return self.select_related("campaign", "department", "parent", "text").prefetch_related(
            "text__signatures"
        )


class TargetLetter(models.Model):
    """一份責任書；有 parent 的是補充書。號在第一次送簽時給，一年一本簿子，不留空號。"""

    class State(models.TextChoices):
        DRAFT = "draft", _("擬訂中")
        ISSUED = "issued", _("待單位簽訂")
        HEAD_SIGNED = "head_signed", _("待組長簽訂")
        IN_FORCE = "in_force", _("已簽訂")
        VOID = "void", _("已作廢")

    #: 還沒辦完的：一份責任書同時只辦一份補充書。
    OPEN = (State.DRAFT, State.ISSUED, State.HEAD_SIGNED)

    campaign = models.ForeignKey(
        Campaign,
        verbose_name=_("創建活動"),
        on_delete=models.PROTECT,
        related_name="target_letters",
    )
    department = models.ForeignKey(
        Department, verbose_name=_("單位"), on_delete=models.PROTECT, related_name="+"
    )
    year = models.PositiveSmallIntegerField(_("年度"))
    parent = models.ForeignKey(
        "self",
        verbose_name=_("所補充的責任書"),
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="supplements",
    )
    number = models.PositiveIntegerField(_("編號"), null=True, blank=True)
    state = models.CharField(_("狀態"), max_length=12, choices=State, default=State.DRAFT)
    moved_at = models.DateTimeField(_("到這一步的時間"))
    terms = models.TextField(
        _("補充條款"),
        max_length=2000,
        blank=True,
        help_text=_("雙方另外約定的事，一行一條；沒有就留空。"),
    )
    text = models.ForeignKey(
        "LetterText",
        verbose_name=_("最近送簽的文本"),
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
    )
    created_by = models.ForeignKey(
        User, verbose_name=_("擬訂人"), on_delete=models.PROTECT, related_name="+"
    )
    created_at = models.DateTimeField(_("擬訂時間"))

    objects = TargetLetterQuerySet.as_manager()

    class Meta:
        verbose_name = _("目標責任書")
        verbose_name_plural = _("目標責任書")
        ordering = ["-year", "department__position", "department_id", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["campaign", "department", "year"],
                condition=Q(parent__isnull=True) & ~Q(state="void"),
                name="letter_once_per_department",
                violation_error_message=_("這個單位本年度已有一份責任書。"),
            ),
            models.UniqueConstraint(
                fields=["parent"],
                condition=Q(state__in=["draft", "issued", "head_signed"]),
                name="letter_one_open_supplement",
                violation_error_message=_("這份責任書已有一份補充書在辦，先辦完那一份。"),
            ),
            models.UniqueConstraint(fields=["year", "number"], name="letter_number_once"),
            models.CheckConstraint(
                condition=Q(state__in=["draft", "void"])
                | Q(number__isnull=False, text__isnull=False),
                name="letter_sent_has_number_and_text",
            ),
        ]
        indexes = [models.Index(fields=["state", "department"], name="letter_waiting")]

    def __str__(self) -> str:
        return self.full_number or f"{self.department} {self.title}"

    def get_absolute_url(self) -> str:
        return reverse("evaluations:letter", args=[self.pk])

    def move(self, state: "TargetLetter.State", at: datetime) -> None:
        self.state, self.moved_at = state, at

    @property
    def full_number(self) -> str:
        """「目標責任書〔2026〕3號」；還沒有送過簽的為空。"""
        if self.number is None:
            return ""
        return gettext("目標責任書〔%(year)d〕%(number)d號") % {
            "year": self.year,
            "number": self.number,
        }

    @property
    def title(self) -> str:
        words = {"year": self.year}
        if self.parent_id:
            return gettext("%(year)d年度創建工作目標責任書補充書") % words
        return gettext("%(year)d年度創建工作目標責任書") % words

    @property
    def is_draft(self) -> bool:
        return self.state == self.State.DRAFT

    @property
    def is_in_force(self) -> bool:
        return self.state == self.State.IN_FORCE

    @property
    def is_returned(self) -> bool:
        """送過簽、被退回來的。"""
        return self.is_draft and self.text_id is not None


class LetterText(models.Model):
    """送簽的一稿。寫下就不再改；退回的理由記在它上面。"""

    letter = models.ForeignKey(TargetLetter, on_delete=models.PROTECT, related_name="texts")
    edition = models.PositiveSmallIntegerField(_("第幾稿"))
    content = models.JSONField(_("內容"))
    sha256 = models.CharField(_("哈希"), max_length=64)
    sent_at = models.DateTimeField(_("送簽時間"))
    sent_by = models.ForeignKey(
        User, verbose_name=_("送簽人"), on_delete=models.PROTECT, related_name="+"
    )
    returned_at = models.DateTimeField(_("退回時間"), null=True, blank=True)
    returned_by = models.ForeignKey(
        User,
        verbose_name=_("退回人"),
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
    )
    reason = models.TextField(_("退回理由"), blank=True)

    class Meta:
        verbose_name = _("責任書文本")
        verbose_name_plural = _("責任書文本")
        ordering = ["letter", "edition"]
        constraints = [
            models.UniqueConstraint(fields=["letter", "edition"], name="letter_text_once"),
            models.CheckConstraint(
                condition=Q(returned_at__isnull=True, returned_by__isnull=True, reason="")
                | (Q(returned_at__isnull=False, returned_by__isnull=False) & ~Q(reason="")),
                name="letter_text_returned_with_reason",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.letter} {self.edition}"

    @property
    def is_intact(self) -> bool:
        """內容還是送簽時的內容。"""
        return fingerprint(self.content) == self.sha256


class LetterSignature(models.Model):
    """一次簽訂，或接任的負責人知悉。姓名、職務照當時的寫下，以後改名、離任都不動它。"""

    class Role(models.TextChoices):
        HEAD = "head", _("單位負責人")
        CHAIR = "chair", _("組長")
        SUCCESSOR = "successor", _("接任知悉")

    PARTIES = (Role.HEAD, Role.CHAIR)

    text = models.ForeignKey(LetterText, on_delete=models.PROTECT, related_name="signatures")
    role = models.CharField(_("身份"), max_length=10, choices=Role)
    user = models.ForeignKey(
        User, verbose_name=_("簽訂人"), on_delete=models.PROTECT, related_name="+"
    )
    name = models.CharField(_("當時的姓名"), max_length=40)
    post = models.CharField(_("當時的職務"), max_length=110)
    sha256 = models.CharField(_("所簽文本的哈希"), max_length=64)
    at = models.DateTimeField(_("時間"))

    class Meta:
        verbose_name = _("責任書簽訂")
        verbose_name_plural = _("責任書簽訂")
        ordering = ["at", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["text", "role"],
                condition=Q(role__in=["head", "chair"]),
                name="letter_each_party_signs_once",
            ),
            models.UniqueConstraint(
                fields=["text", "user"],
                name="letter_nobody_signs_both_sides",
                violation_error_message=_("同一個人不能代表雙方簽訂。"),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.post} {self.name}"

    @property
    def signed_as(self) -> str:
        """「婚姻登記處處長 李某」；姓名裏已帶着職務時只寫姓名。"""
        if not self.post or self.name in self.post or self.post in self.name:
            return self.name if self.post in self.name else self.post
        return f"{self.post} {self.name}"
