"""評分表的草稿：一人在一張表的一欄一份，存下來的只是他填了的字，不算分。"""

from datetime import datetime

from django.db import models
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from evaluations.models.rounds import Score, Sheet
from people.models import User


class SheetDraft(models.Model):
    """某人在一張評分表的一欄（自評、初評、定分）填了而沒有保存的字。

    typed 為 {測評內容的主鍵: {欄名: 填的字}}，只記與保存過的不一樣的各條，連同打開時那一條的
    評分（seen）：別人後來改了，打開時看得出。保存之後 typed 清空，行還在，version 只增不減。
    """

    sheet = models.ForeignKey(Sheet, on_delete=models.CASCADE, related_name="drafts")
    stage = models.CharField(_("階段"), max_length=6, choices=Score.Stage)
    by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    typed = models.JSONField(_("填的字"), default=dict, blank=True)
    version = models.PositiveIntegerField(_("保存次數"), default=0)
    saved_at = models.DateTimeField(_("保存時間"))

    KEPT = ("typed", "version", "saved_at")

    class Meta:
        verbose_name = _("評分表草稿")
        verbose_name_plural = _("評分表草稿")
        ordering = ["saved_at", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["sheet", "stage", "by"], name="draft_once_a_person")
        ]

    def __str__(self) -> str:
        return _now("%(sheet)s的%(stage)s草稿（%(who)s）") % {
            "sheet": self.sheet,
            "stage": self.get_stage_display(),
            "who": self.by,
        }

    def keep(self, typed: dict[str, dict[str, str]], *, at: datetime) -> None:
        self.typed, self.saved_at = typed, at
        self.version += 1
