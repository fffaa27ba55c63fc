"""費時的事（打包、導出、導入、讀文件）：一行一件，有狀態、有租約，誰都可以接着辦。"""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _


class JobQuerySet(models.QuerySet["Job"]):
    def alive(self) -> "JobQuerySet":
        """還沒有結果的。"""
        return self.filter(state__in=Job.ALIVE)


class Job(models.Model):
    """一件後台任務：誰要的、要什麼、辦到哪裏、結果在哪裏。

    行是真的，隊列只是門鈴：進程被殺，租約過了由巡查請別人從頭再辦。key 說明要的是什麼：
    同一個人要同樣的東西，還在辦或結果還在的就用那一件，不另開一件。
    """

    class State(models.TextChoices):
        WAITING = "waiting", _("排隊中")
        RUNNING = "running", _("正在辦")
        DONE = "done", _("已完成")
        FAILED = "failed", _("未完成")
        CANCELLED = "cancelled", _("已取消")

    ALIVE = (State.WAITING, State.RUNNING)

    kind = models.CharField(_("種類"), max_length=40)
    key = models.CharField(_("要的是什麼"), max_length=120)
    title = models.CharField(_("名稱"), max_length=200)
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("誰要的"),
        on_delete=models.PROTECT,
        related_name="+",
    )
    params = models.JSONField(_("內容"), default=dict, blank=True)
    state = models.CharField(_("狀態"), max_length=10, choices=State, default=State.WAITING)
    step = models.CharField(_("正在做什麼"), max_length=200, blank=True)
    done = models.PositiveIntegerField(_("已辦"), default=0)
    total = models.PositiveIntegerField(_("共"), default=0)
    error = models.CharField(_("為什麼沒成"), max_length=500, blank=True)
    result = models.JSONField(_("結果"), default=dict, blank=True)
    file = models.CharField(_("結果文件"), max_length=200, blank=True)
    file_name = models.CharField(_("文件名"), max_length=200, blank=True)
    file_size = models.PositiveBigIntegerField(_("字節數"), default=0)
    attempts = models.PositiveSmallIntegerField(_("試過幾次"), default=0)
    lease = models.CharField(max_length=32, blank=True, editable=False)
    lease_until = models.DateTimeField(_("租約到"), null=True, blank=True, editable=False)
    ordered_at = models.DateTimeField(_("提出時間"))
    started_at = models.DateTimeField(_("開始時間"), null=True, blank=True)
    finished_at = models.DateTimeField(_("辦完時間"), null=True, blank=True)
    expires_at = models.DateTimeField(_("結果留到"), null=True, blank=True)

    objects = JobQuerySet.as_manager()

    class Meta:
        verbose_name = _("後台任務")
        verbose_name_plural = _("後台任務")
        ordering = ["-ordered_at", "-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["owner", "kind", "key"],
                condition=Q(state__in=["waiting", "running"]),
                name="job_once_at_a_time",
            ),
        ]
        indexes = [models.Index(fields=["state", "lease_until"], name="job_waiting")]

    def __str__(self) -> str:
        return self.title

    def get_absolute_url(self) -> str:
        return reverse("background:job", args=[self.pk])

    @property
    def is_alive(self) -> bool:
        return self.state in self.ALIVE

    @property
    def percent(self) -> int:
        """辦了百分之幾；還不知道共幾件時為 0，沒辦完不到 100。"""
        if self.state == self.State.DONE:
            return 100
        return min(99, self.done * 100 // self.total) if self.total else 0
