"""日程：工作日曆改動的記錄，和每人一個的日曆訂閱。"""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _


class CalendarChange(models.Model):
    """對工作日曆的一次改動：誰、何時、改了哪些日子。

    days 是 [[日期, 原類別, 新類別], …]，空的類別表示表裏沒有這一天；由它可以倒推改動前的日曆。
    settled_at 為空表示還要再核一遍：改動提交的那一刻，別的進程可能正按舊日曆定時限。
    """

    at = models.DateTimeField(_("時間"))
    made_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("經辦"),
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
    )
    summary = models.CharField(_("改動"), max_length=200)
    source = models.CharField(_("依據"), max_length=200, blank=True)
    days = models.JSONField(_("日子"), default=list)
    moved = models.PositiveIntegerField(_("隨之改動的時限"), default=0)
    settled_at = models.DateTimeField(_("核完時間"), null=True, blank=True)

    class Meta:
        verbose_name = _("日曆改動")
        verbose_name_plural = _("日曆改動")
        ordering = ["-at", "-pk"]

    def __str__(self) -> str:
        return self.summary


class CalendarFeed(models.Model):
    """一個人的日曆訂閱：地址就是鑰匙，庫裏只存它的哈希。重新生成後舊的作廢。"""

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="calendar_feeds"
    )
    key_hash = models.CharField(max_length=64, unique=True, editable=False)
    created_at = models.DateTimeField(_("生成時間"))
    revoked_at = models.DateTimeField(_("停用時間"), null=True, blank=True)

    class Meta:
        verbose_name = _("日曆訂閱")
        verbose_name_plural = _("日曆訂閱")
        ordering = ["-created_at", "-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["user"], condition=Q(revoked_at__isnull=True), name="feed_one_per_person"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user} {self.created_at:%Y-%m-%d}"
