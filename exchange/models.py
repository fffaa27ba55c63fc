"""讀回的一份表：傳上來的原件、核對的結果，等人確認。"""

from django.conf import settings
from django.db import models
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from campaigns.models import Campaign


class Upload(models.Model):
    """一份傳上來、還沒有（或已經）寫進系統的 Excel。

    原件留着，登錄過期、換電腦、關了頁面都不丟；確認時重新核對一遍。寫進去了、不要了或過期了，
    原件刪去，只留這一行。findings 是 checking.Findings。
    """

    class State(models.TextChoices):
        WAITING = "waiting", _("正在核對")
        CHECKED = "checked", _("待確認")
        DONE = "done", _("已導入")
        DROPPED = "dropped", _("沒有導入")

    OPEN = (State.WAITING, State.CHECKED)

    kind = models.CharField(_("什麼表"), max_length=20)
    campaign = models.ForeignKey(
        Campaign,
        verbose_name=_("創建活動"),
        on_delete=models.CASCADE,
        null=True,
        blank=True,
        related_name="+",
    )
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("誰傳的"),
        on_delete=models.PROTECT,
        related_name="+",
    )
    file = models.CharField(_("原件"), max_length=200, blank=True)
    name = models.CharField(_("文件名"), max_length=200)
    size = models.PositiveBigIntegerField(_("字節數"), default=0)
    rows = models.PositiveIntegerField(_("行數"), default=0)
    exported_at = models.DateTimeField(_("導出時間"), null=True, blank=True)
    state = models.CharField(_("狀態"), max_length=10, choices=State, default=State.WAITING)
    problem = models.CharField(_("為什麼讀不了"), max_length=500, blank=True)
    findings = models.JSONField(_("核對的結果"), default=dict, blank=True)
    uploaded_at = models.DateTimeField(_("上傳時間"))
    checked_at = models.DateTimeField(_("核對時間"), null=True, blank=True)
    done_at = models.DateTimeField(_("導入時間"), null=True, blank=True)
    expires_at = models.DateTimeField(_("原件留到"))

    class Meta:
        verbose_name = _("導入的表格")
        verbose_name_plural = _("導入的表格")
        ordering = ["-uploaded_at", "-pk"]
        indexes = [models.Index(fields=["owner", "state"], name="upload_owner_state")]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return reverse("exchange:upload", args=[self.pk])

    @property
    def is_open(self) -> bool:
        return self.state in self.OPEN

    @property
    def is_large(self) -> bool:
        """行多的在後台辦，有進度條。"""
        return self.rows > LARGE_ROWS


#: 多過這麼多行的導出、核對和寫入都在後台辦。
LARGE_ROWS = 2_000
