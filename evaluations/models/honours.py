"""榮譽台賬：上級授予的榮譽。本局只記載，不授予。"""

from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from campaigns.models import Campaign
from people.models import DemonstrationStatus, Department, User


class HonourQuerySet(models.QuerySet["Honour"]):
    def with_recipients(self) -> "HonourQuerySet":
        """連同得獎的單位、個人和活動一次取出。"""
        return self.select_related("department", "person", "campaign")


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
        return reverse("evaluations:honour-edit", args=[self.pk])

    @property
    def whom(self) -> str:
        if self.person_id:
            return self.Whom.PERSON
        return self.Whom.DEPARTMENT if self.department_id else self.Whom.BUREAU

    @property
    def recipient(self) -> str:
        """授給誰。"""
        return str(self.person or self.department or gettext("本局"))
