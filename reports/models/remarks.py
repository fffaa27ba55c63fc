"""審閱：領導和辦公室的意見、修改建議，和每一段的歷次文字。"""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from people.models import User
from reports.models.report import Paragraph, Report


class Comment(models.Model):
    """對一段（或全文）的一條意見。段落後來沒有了，意見和當時的引文仍在。"""

    report = models.ForeignKey(Report, on_delete=models.CASCADE, related_name="comments")
    paragraph = models.ForeignKey(
        Paragraph, on_delete=models.SET_NULL, null=True, blank=True, related_name="comments"
    )
    quote = models.CharField(_("針對的文字"), max_length=200, blank=True)
    reply_to = models.ForeignKey(
        "self", on_delete=models.CASCADE, null=True, blank=True, related_name="replies"
    )
    body = models.TextField(_("意見"), max_length=1000)
    author = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField(_("時間"))
    settled_at = models.DateTimeField(_("辦結時間"), null=True, blank=True)
    settled_by = models.ForeignKey(
        User, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )

    class Meta:
        verbose_name = _("審閱意見")
        verbose_name_plural = _("審閱意見")
        ordering = ["created_at", "pk"]

    def __str__(self) -> str:
        return self.body[:40]

    @property
    def is_open(self) -> bool:
        return self.settled_at is None


class Suggestion(models.Model):
    """一處修改建議：原文、改成什麼、為什麼；編報的人採納或不採納，都留着。"""

    class State(models.TextChoices):
        PENDING = "pending", _("待處理")
        TAKEN = "taken", _("已採納")
        DECLINED = "declined", _("未採納")

    paragraph = models.ForeignKey(Paragraph, on_delete=models.CASCADE, related_name="suggestions")
    base_text = models.TextField(_("建議時的原文"))
    text = models.TextField(_("建議改成"))
    reason = models.CharField(_("為什麼這樣改"), max_length=300, blank=True)
    author = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField(_("時間"))
    state = models.CharField(_("狀態"), max_length=10, choices=State, default=State.PENDING)
    decided_at = models.DateTimeField(_("處理時間"), null=True, blank=True)
    decided_by = models.ForeignKey(
        User, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    note = models.CharField(_("處理說明"), max_length=300, blank=True)

    class Meta:
        verbose_name = _("修改建議")
        verbose_name_plural = _("修改建議")
        ordering = ["created_at", "pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(state="pending") | Q(decided_at__isnull=False),
                name="report_suggestion_decided_when",
            ),
        ]

    def __str__(self) -> str:
        return self.text[:40]


class ParagraphText(models.Model):
    """一段的一次文字。第 0 次是最初彙集的；同一人接連的自動保存併在一行。"""

    class Cause(models.TextChoices):
        COMPILED = "compiled", _("彙集")
        EDITED = "edited", _("修改")
        SUGGESTED = "suggested", _("採納建議")
        RESTORED = "restored", _("恢復")

    paragraph = models.ForeignKey(Paragraph, on_delete=models.CASCADE, related_name="texts")
    number = models.PositiveIntegerField(_("第幾次"))
    text = models.TextField(_("文字"))
    cause = models.CharField(_("怎樣來的"), max_length=10, choices=Cause, default=Cause.EDITED)
    saved_at = models.DateTimeField(_("時間"))
    saved_by = models.ForeignKey(
        User, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    is_open = models.BooleanField(
        _("還在續寫"), default=False, help_text=_("自動保存的；同一人接着寫的併進這一行。")
    )

    class Meta:
        verbose_name = _("歷次文字")
        verbose_name_plural = _("歷次文字")
        ordering = ["number", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["paragraph", "number"], name="report_text_once"),
        ]

    def __str__(self) -> str:
        return f"{self.number} {self.text[:40]}"
