"""佐證：文件按內容只存一份，可掛在多處；認不認按每一處定。"""

from collections.abc import Iterable

from django.db import models
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from campaigns.models import Campaign, EvidenceForm, Indicator
from campaigns.standing import Standing
from people.models import User
from tasks.models.plan import Measure
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

    def readable_across(
        self, standing: Standing, campaigns: Iterable[Campaign]
    ) -> "EvidenceLinkQuerySet":
        """此人在這些活動裏看得到的佐證：逐個活動同 readable_by，合成一個條件。"""
        accepted = models.Q(
            state=EvidenceLink.State.ACCEPTED, round__decision=Round.Decision.ACCEPTED
        )
        measure = "round__submission__assignment__measure"
        found = models.Q(pk__in=[])
        for campaign in campaigns:
            visible = Measure.objects.visible_to(standing, campaign).order_by()
            found |= models.Q(**{f"{measure}__in": visible.values("pk")}) & (
                read_before_acceptance(standing, campaign, "round__") | accepted
            )
        return self.filter(found)

    def standing_now(self) -> "EvidenceLinkQuerySet":
        """現在作數的：沒有撤下，在當前一輪；不採用的留在它那一輪，也列。"""
        current = models.Q(round__number=models.F("round__submission__round_number"))
        return self.filter(
            current | models.Q(state=EvidenceLink.State.REJECTED), removed_at__isnull=True
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
    number = models.CharField(
        _("文號"), max_length=60, blank=True, help_text=_("如「嵐民〔2026〕12號」。")
    )
    dated = models.DateField(
        _("材料日期"), null=True, blank=True, help_text=_("成文、拍攝或活動的日期。")
    )
    ticks = models.JSONField(
        _("審核時勾過的"), default=list, blank=True, help_text=_("[{text: 要求, ok: 真假}…]")
    )
    origin = models.ForeignKey(
        "self",
        verbose_name=_("取自"),
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="reuses",
        help_text=_("從別的措施、期或活動已採用的佐證裏取用的；在這裏認不認另定。"),
    )
    replaces = models.ForeignKey(
        "self",
        verbose_name=_("替換了"),
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="replaced_by",
    )
    removed_at = models.DateTimeField(_("撤下時間"), null=True, blank=True)
    removed_by = models.ForeignKey(
        User, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    removed_reason = models.CharField(_("為什麼撤下"), max_length=200, blank=True)

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


class FileReading(models.Model):
    """一份文件裏的字和圖的指紋：後台讀出來，供查找、核字數、找相同的圖。

    search 是轉成簡體、小寫的文字，繁簡都搜得到（見 reading.normalised）。讀不出的記 problem。
    """

    class State(models.TextChoices):
        WAITING = "waiting", _("待讀")
        DONE = "done", _("已讀")
        FAILED = "failed", _("讀不出")

    file = models.OneToOneField(EvidenceFile, on_delete=models.CASCADE, related_name="reading")
    state = models.CharField(_("狀態"), max_length=10, choices=State, default=State.WAITING)
    text = models.TextField(_("文字"), blank=True)
    search = models.TextField(_("查找用"), blank=True, editable=False)
    characters = models.PositiveIntegerField(_("字數"), null=True, blank=True)
    pages = models.PositiveIntegerField(_("頁數"), null=True, blank=True)
    picture_hash = models.CharField(_("圖的指紋"), max_length=16, blank=True, db_index=True)
    problem = models.CharField(_("為什麼讀不出"), max_length=200, blank=True)
    attempts = models.PositiveSmallIntegerField(_("試過幾次"), default=0)
    lease_until = models.DateTimeField(null=True, blank=True, editable=False)
    read_at = models.DateTimeField(_("讀出時間"), null=True, blank=True)

    class Meta:
        verbose_name = _("文件內容")
        verbose_name_plural = _("文件內容")
        indexes = [models.Index(fields=["state", "lease_until"], name="file_reading_waiting")]

    def __str__(self) -> str:
        return str(self.file)


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
