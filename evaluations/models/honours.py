"""榮譽台賬：上級授予的榮譽。本局只記載，不授予。"""

from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from campaigns.models import Campaign
from people.models import DemonstrationStatus, Department, User
from tasks.models import EvidenceFile


class HonourQuerySet(models.QuerySet["Honour"]):
    def with_recipients(self) -> "HonourQuerySet":
        """連同得獎的單位、個人和活動一次取出。"""
        return self.select_related("department", "person", "campaign")

    def with_files(self) -> "HonourQuerySet":
        """連同沒有撤下的證書、文件，另一次查詢。"""
        held = HonourFile.objects.filter(removed_at__isnull=True).select_related("file")
        return self.prefetch_related(models.Prefetch("files", held, to_attr="held_files"))


class Honour(models.Model):
    """一項上級授予的榮譽：授給本局、一個單位或一個人。本局只記載，不授予。

    department 與 person 都空着的是授給本局的。上級撤銷了的記 revoked_date，不刪。
    """

    Level = DemonstrationStatus.Level

    class Whom(models.TextChoices):
        BUREAU = "bureau", _("本局")
        DEPARTMENT = "department", _("單位")
        PERSON = "person", _("個人")

    name = models.CharField(_("榮譽名稱"), max_length=100)
    series = models.CharField(
        _("同一項榮譽的名稱"),
        max_length=60,
        blank=True,
        help_text=_(
            "市級、省級等各級先後授予的同一項，都寫同一個名稱，例如：文明單位；"
            "考核加分只取最高的一級。沒有的不填。"
        ),
    )
    level = models.CharField(_("級別"), max_length=10, choices=DemonstrationStatus.Level)
    granted_by = models.CharField(_("授予機關"), max_length=80)
    granted_date = models.DateField(_("授予日期"))
    document_number = models.CharField(_("文號"), max_length=60, blank=True)
    department = models.ForeignKey(
        Department,
        verbose_name=_("獲獎單位"),
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="honours",
    )
    person = models.ForeignKey(
        User,
        verbose_name=_("獲獎個人"),
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="honours",
    )
    campaign = models.ForeignKey(
        Campaign,
        verbose_name=_("創建活動"),
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="honours",
    )
    revoked_date = models.DateField(_("撤銷日期"), null=True, blank=True)
    note = models.CharField(_("備註"), max_length=200, blank=True)

    objects = HonourQuerySet.as_manager()

    class Meta:
        verbose_name = _("榮譽")
        verbose_name_plural = _("榮譽台賬")
        ordering = ["-granted_date", "-pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(department__isnull=True) | Q(person__isnull=True),
                name="honour_to_one_recipient",
                violation_error_message=_("獲獎的或是單位，或是個人，請只選一個。"),
            ),
            models.CheckConstraint(
                condition=Q(revoked_date__isnull=True)
                | Q(revoked_date__gte=models.F("granted_date")),
                name="honour_revoked_after_granted",
                violation_error_message=_("撤銷日期早於授予日期，請改正其中一個。"),
            ),
        ]
        indexes = [models.Index(fields=["level", "-granted_date"], name="honour_level_date")]

    def __str__(self) -> str:
        return gettext("%(level)s「%(name)s」") % {
            "level": self.get_level_display(),
            "name": self.name,
        }

    def get_absolute_url(self) -> str:
        return reverse("evaluations:honour", args=[self.pk])

    @property
    def matter(self) -> str:
        """加分時算作哪一件事：各級授予的同一項是一件。"""
        return self.series or self.name

    @property
    def whom(self) -> str:
        if self.person_id:
            return self.Whom.PERSON
        return self.Whom.DEPARTMENT if self.department_id else self.Whom.BUREAU

    @property
    def recipient(self) -> str:
        """授給誰。"""
        return str(self.person or self.department or gettext("本局"))


class HonourFile(models.Model):
    """一份證書或文件掛在一項榮譽上。誰看得到榮譽，誰就看得到；撤下的留着記錄。"""

    class Kind(models.TextChoices):
        CERTIFICATE = "certificate", _("證書、牌匾照片")
        DOCUMENT = "document", _("授予文件")
        OTHER = "other", _("其他材料")

    honour = models.ForeignKey(Honour, on_delete=models.PROTECT, related_name="files")
    kind = models.CharField(_("材料種類"), max_length=12, choices=Kind, default=Kind.CERTIFICATE)
    file = models.ForeignKey(EvidenceFile, on_delete=models.PROTECT, related_name="+")
    name = models.CharField(_("文件名"), max_length=200)
    added_at = models.DateTimeField(_("上傳時間"))
    added_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    removed_at = models.DateTimeField(_("撤下時間"), null=True, blank=True)

    class Meta:
        verbose_name = _("榮譽的證書和文件")
        verbose_name_plural = _("榮譽的證書和文件")
        ordering = ["honour", "pk"]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return reverse("evaluations:honour-file", args=[self.pk])
