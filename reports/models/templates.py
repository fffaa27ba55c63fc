"""局裏自己的 Word 模板：上級換了格式，辦公室自己傳一份，不必找人改程序。"""

from django.db import models
from django.utils.translation import gettext_lazy as _

from campaigns.models import Campaign
from people.models import User


class PaperTemplate(models.Model):
    """一份帶佔位符的 .docx。paper 是給哪一種文件用的：彙報的種類，或 paper_kinds 登記的 template.code。

    上傳時就核對佔位符；換新的一份是新的一行，舊的停用，用它印過的仍查得到。
    """

    campaign = models.ForeignKey(
        Campaign, verbose_name=_("創建活動"), on_delete=models.CASCADE, related_name="templates"
    )
    paper = models.CharField(_("用於"), max_length=40)
    name = models.CharField(_("模板名稱"), max_length=80)
    content = models.BinaryField(_("文件"))
    sha256 = models.CharField(_("哈希"), max_length=64)
    file_name = models.CharField(_("文件名"), max_length=200)
    placeholders = models.JSONField(_("佔位符"), default=list)
    uploaded_at = models.DateTimeField(_("上傳時間"))
    uploaded_by = models.ForeignKey(
        User, verbose_name=_("上傳人"), on_delete=models.PROTECT, related_name="+"
    )
    retired_at = models.DateTimeField(_("停用時間"), null=True, blank=True)

    class Meta:
        verbose_name = _("Word 模板")
        verbose_name_plural = _("Word 模板")
        ordering = ["paper", "-uploaded_at", "-pk"]

    def __str__(self) -> str:
        return self.name
