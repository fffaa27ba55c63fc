"""佐證：文件按內容只存一份，可掛在多處；認不認按每一處定。"""

from django.db import models
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from campaigns.models import Campaign, EvidenceForm, Indicator
from campaigns.standing import Standing
from people.models import User
from tasks.models.work import Round, read_before_acceptance


class EvidenceFile(models.Model):
    """一份文件的內容。以 SHA-256 為準只存一次，存在網站目錄之外，只經權限判斷發出。"""

    sha256 = models.CharField(max_length=64, unique=True)
    size = models.PositiveBigIntegerField(_("字節數"))
    content_type = models.CharField(_("類型"), max_length=100)
    extension = models.CharField(_("擴展名"), max_length=10)
    path = models.CharField(_("存放處"), max_length=200)
    width = models.PositiveIntegerField(null=True, blank=True)
    height = models.PositiveIntegerField(null=True, blank=True)
    captured_at = models.DateTimeField(_("拍攝時間"), null=True, blank=True)
    stored_at = models.DateTimeField(_("存入時間"))

    class Meta:
        verbose_name = _("佐證文件")
        verbose_name_plural = _("佐證文件")

    def __str__(self) -> str:
        return self.sha256[:12]

    @property
    def is_picture(self) -> bool:
        return self.content_type.startswith("image/")


class EvidenceLinkQuerySet(models.QuerySet["EvidenceLink"]):
    def readable_by(self, standing: Standing, campaign: Campaign) -> "EvidenceLinkQuerySet":
        """此人看得到的佐證；與 policies.can_read_evidence 同一規則，兩者一致由測試守住。"""
        return self.filter(
            read_before_acceptance(standing, campaign, "round__")
            | models.Q(state=EvidenceLink.State.ACCEPTED),
            round__in=Round.objects.readable_by(standing, campaign),
        )


class EvidenceLink(models.Model):
    """一份文件掛在一輪報送上：形式、說明，以及辦公室認不認、為什麼不認。"""

    class State(models.TextChoices):
        PENDING = "pending", _("待審核")
        ACCEPTED = "accepted", _("採用")
        REJECTED = "rejected", _("不採用")

    round = models.ForeignKey(Round, on_delete=models.PROTECT, related_name="evidence")
    file = models.ForeignKey(EvidenceFile, on_delete=models.PROTECT, related_name="links")
    indicator = models.ForeignKey(
        Indicator,
        verbose_name=_("指標"),
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="evidence",
        help_text=_("留空表示對應本措施的全部指標。"),
    )
    form = models.ForeignKey(
        EvidenceForm,
        verbose_name=_("形式"),
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
    )
    name = models.CharField(_("文件名"), max_length=200)
    caption = models.CharField(_("說明"), max_length=200, blank=True)
    position = models.PositiveSmallIntegerField(_("次序"), default=0)
    state = models.CharField(_("審核"), max_length=10, choices=State, default=State.PENDING)
    reason = models.CharField(_("理由"), max_length=300, blank=True)
    added_at = models.DateTimeField(_("上傳時間"))
    added_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    removed_at = models.DateTimeField(_("撤下時間"), null=True, blank=True)

    objects = EvidenceLinkQuerySet.as_manager()

    class Meta:
        verbose_name = _("佐證")
        verbose_name_plural = _("佐證")
        ordering = ["round", "position", "pk"]
        indexes = [models.Index(fields=["round", "removed_at"], name="evidence_round")]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return reverse("tasks:evidence-file", args=[self.pk])


class ReviewPhrase(models.Model):
    """退回時常用的話，是數據，辦公室可以增改。"""

    text = models.CharField(_("常用語"), max_length=200, unique=True)
    for_evidence = models.BooleanField(_("用於佐證"), default=False)
    position = models.PositiveSmallIntegerField(_("排序"), default=100)
    is_active = models.BooleanField(_("可選用"), default=True)

    class Meta:
        verbose_name = _("退回常用語")
        verbose_name_plural = _("退回常用語")
        ordering = ["position", "pk"]

    def __str__(self) -> str:
        return self.text
