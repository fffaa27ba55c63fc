"""運行狀況：各進程的心跳。"""

from django.db import models
from django.utils.translation import gettext_lazy as _


class Heartbeat(models.Model):
    """一個進程最近一次報到：worker 是執行了任務，beat 是發出了任務。"""

    name = models.CharField(_("名稱"), max_length=40, unique=True)
    at = models.DateTimeField(_("最近一次"))
    detail = models.CharField(_("說明"), max_length=200, blank=True)

    class Meta:
        verbose_name = _("心跳")
        verbose_name_plural = _("心跳")
        ordering = ["name"]

    def __str__(self) -> str:
        return f"{self.name} {self.at:%Y-%m-%d %H:%M}"
