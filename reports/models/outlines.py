"""提綱和版式：各種文件有哪幾章、每章流入什麼、紅頭和附件的默認。是數據，辦公室在頁上改。"""

from django.db import models
from django.utils.translation import gettext_lazy as _

from campaigns.models import Campaign


class Outline(models.Model):
    """一個活動裏一種文件的一份提綱。kind 的取值見 Report.Kind。

    沒有存過的種類用內置的（reports.outline.OUTLINES）；彙報建立時把各章抄一份，日後改提綱不動它。
    """

    campaign = models.ForeignKey(
        Campaign, verbose_name=_("創建活動"), on_delete=models.CASCADE, related_name="outlines"
    )
    kind = models.CharField(_("文件種類"), max_length=12)
    name = models.CharField(_("提綱名稱"), max_length=60)
    is_default = models.BooleanField(_("默認用這一份"), default=False)
    mark = models.CharField(
        _("發文代字"),
        max_length=20,
        blank=True,
        help_text=_("發文字號的開頭，如「平民創報」；不寫就只編期號。"),
    )
    head_text = models.CharField(_("發文機關標志"), max_length=40, blank=True)
    copied_to = models.CharField(_("抄送"), max_length=200, blank=True)
    annexes = models.JSONField(_("附件"), default=list, blank=True)
    version = models.PositiveIntegerField(_("改動次數"), default=0, editable=False)
    retired_at = models.DateTimeField(_("停用時間"), null=True, blank=True)

    class Meta:
        verbose_name = _("彙報提綱")
        verbose_name_plural = _("彙報提綱")
        ordering = ["kind", "-is_default", "name", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["campaign", "kind", "name"],
                name="report_outline_once",
                violation_error_message=_("這一種文件已有同名的提綱，請換個名稱。"),
            ),
            models.UniqueConstraint(
                fields=["campaign", "kind"],
                condition=models.Q(is_default=True),
                name="report_outline_one_default",
            ),
        ]

    def __str__(self) -> str:
        return self.name


class OutlineChapter(models.Model):
    """提綱的一章。flow 是流入的內容（reports.flows 登記的代碼）。"""

    outline = models.ForeignKey(Outline, on_delete=models.CASCADE, related_name="rows")
    key = models.SlugField(max_length=40)
    heading = models.CharField(_("標題"), max_length=60, blank=True)
    flow = models.CharField(_("流入什麼"), max_length=40)
    section_kind = models.CharField(_("用方案哪一類的標題"), max_length=20, blank=True)
    position = models.PositiveSmallIntegerField(_("次序"), default=0)

    class Meta:
        verbose_name = _("提綱的一章")
        verbose_name_plural = _("提綱的一章")
        ordering = ["position", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["outline", "key"], name="report_chapter_once"),
        ]

    def __str__(self) -> str:
        return self.heading or self.key
