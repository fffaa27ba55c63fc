"""公示期內的異議：誰反映什麼，查了沒有，成立不成立。一件沒有查清，整個項目不能報送。"""

from django.db import models
from django.db.models import F, Q
from django.urls import reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from people.models import User
from recommendations.models.candidates import Candidate


class PublicityObjection(models.Model):
    """對一個公示對象的一件異議。反映人的姓名和聯繫方式只有辦公室和組長、副組長看得到。"""

    class Channel(models.TextChoices):
        LETTER = "letter", _("來信")
        PHONE = "phone", _("電話")
        VISIT = "visit", _("來訪")
        ONLINE = "online", _("本平台")

    class State(models.TextChoices):
        OPEN = "open", _("待核查")
        UPHELD = "upheld", _("成立")
        DISMISSED = "dismissed", _("不成立")

    candidate = models.ForeignKey(Candidate, on_delete=models.PROTECT, related_name="objections")
    is_anonymous = models.BooleanField(_("匿名"), default=False)
    name = models.CharField(_("反映人"), max_length=40, blank=True)
    contact = models.CharField(_("聯繫方式"), max_length=80, blank=True)
    channel = models.CharField(_("怎樣反映的"), max_length=8, choices=Channel)
    received_date = models.DateField(_("收到日期"))
    content = models.TextField(_("反映的問題"), max_length=1000)
    recorded_by = models.ForeignKey(
        User, verbose_name=_("登記人"), on_delete=models.PROTECT, related_name="+"
    )
    recorded_at = models.DateTimeField(_("登記時間"))
    state = models.CharField(_("狀態"), max_length=10, choices=State, default=State.OPEN)
    finding = models.TextField(_("核查情況和理由"), max_length=1000, blank=True)
    decided_by = models.ForeignKey(
        User,
        verbose_name=_("認定人"),
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
    )
    decided_at = models.DateTimeField(_("認定時間"), null=True, blank=True)

    class Meta:
        verbose_name = _("公示異議")
        verbose_name_plural = _("公示異議")
        ordering = ["received_date", "pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(decided_by__isnull=True) | ~Q(decided_by=F("recorded_by")),
                name="publicity_objection_decided_by_another",
                violation_error_message=_("登記的人不能自己認定，請另一位來。"),
            ),
            models.CheckConstraint(
                condition=Q(state="open", decided_by__isnull=True)
                | (~Q(state="open") & Q(decided_by__isnull=False, decided_at__isnull=False)),
                name="publicity_objection_decided_by_someone",
            ),
            models.CheckConstraint(
                condition=Q(is_anonymous=False) | Q(name=""),
                name="publicity_objection_anonymous_has_no_name",
                violation_error_message=_("匿名的不登記姓名。"),
            ),
        ]

    def __str__(self) -> str:
        return gettext("對%(candidate)s的異議") % {"candidate": self.candidate}

    def get_absolute_url(self) -> str:
        return f"{self.candidate.get_absolute_url()}#objection-{self.pk}"

    def get_decide_url(self) -> str:
        return reverse("recommendations:objection-decide", args=[self.pk])

    @property
    def is_open(self) -> bool:
        return self.state == self.State.OPEN
