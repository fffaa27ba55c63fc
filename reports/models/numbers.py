"""發號簿：各種編號的文書共用，督辦單、整改單、責任書和彙報都從這裏取號。"""

from django.db import models
from django.utils.translation import gettext_lazy as _


class NumberBook(models.Model):
    """同一代字同一年一行。取號時鎖住它，號不重也不漏（reports.numbering）。"""

    mark = models.CharField(_("發文代字"), max_length=40)
    year = models.PositiveSmallIntegerField(_("年份"))
    last_number = models.PositiveIntegerField(_("已發到"), default=0)

    class Meta:
        verbose_name = _("發號簿")
        verbose_name_plural = _("發號簿")
        constraints = [
            models.UniqueConstraint(fields=["mark", "year"], name="number_book_once"),
        ]

    def __str__(self) -> str:
        return f"{self.mark}〔{self.year}〕{self.last_number}"
