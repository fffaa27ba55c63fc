"""實地考察：去哪個單位、誰去、哪天去、看到什麼。抽到哪些單位有記錄，照種子能重抽一遍。"""

from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from evaluations.models.rounds import AssessmentRound, Sheet
from people.models import User
from tasks.models import EvidenceFile


class VisitDraw(models.Model):
    """一次抽籤：從哪些單位裏、用什麼種子、抽中哪些。次序由種子定，誰都可以重算核對。"""

    round = models.ForeignKey(AssessmentRound, on_delete=models.PROTECT, related_name="draws")
    seed = models.CharField(_("種子"), max_length=64)
    pool = models.JSONField(_("參加抽籤的"), help_text=_("[[單位的主鍵, 當時的名稱]…]"))
    picked = models.JSONField(_("抽中的"), help_text=_("[單位的主鍵…]，按抽出的先後"))
    by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField(_("抽籤時間"))

    class Meta:
        verbose_name = _("考察抽籤")
        verbose_name_plural = _("考察抽籤")
        ordering = ["at", "pk"]

    def __str__(self) -> str:
        return gettext("%(round)s抽籤 %(seed)s") % {"round": self.round, "seed": self.seed}


class SiteVisit(models.Model):
    """考核組到一個單位去一次。暗訪的，辦完以前被考察的單位看不到。"""

    sheet = models.ForeignKey(
        Sheet, verbose_name=_("單位"), on_delete=models.PROTECT, related_name="visits"
    )
    draw = models.ForeignKey(
        VisitDraw,
        verbose_name=_("抽籤"),
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="visits",
    )
    date = models.DateField(_("考察日期"))
    is_covert = models.BooleanField(
        _("暗訪"), default=False, help_text=_("不打招呼去看；辦完以前，被考察的單位看不到。")
    )
    team = models.ManyToManyField(User, verbose_name=_("考核組"), related_name="+")
    notes = models.TextField(_("現場情況"), max_length=2000, blank=True)
    created_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField(_("安排時間"))
    done_at = models.DateTimeField(_("辦完時間"), null=True, blank=True)
    done_by = models.ForeignKey(
        User, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )

    class Meta:
        verbose_name = _("實地考察")
        verbose_name_plural = _("實地考察")
        ordering = ["date", "pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(done_at__isnull=True, done_by__isnull=True)
                | Q(done_at__isnull=False, done_by__isnull=False),
                name="visit_done_by_someone",
            )
        ]

    def __str__(self) -> str:
        return gettext("%(department)s %(kind)s") % {
            "department": self.sheet.department_name,
            "kind": gettext("暗訪") if self.is_covert else gettext("實地考察"),
        }

    def get_absolute_url(self) -> str:
        return reverse("evaluations:visit", args=[self.pk])


class VisitPhoto(models.Model):
    """現場拍的一張（或一份材料）。"""

    visit = models.ForeignKey(SiteVisit, on_delete=models.PROTECT, related_name="photos")
    file = models.ForeignKey(EvidenceFile, on_delete=models.PROTECT, related_name="+")
    name = models.CharField(_("文件名"), max_length=200)
    added_at = models.DateTimeField(_("上傳時間"))
    added_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    removed_at = models.DateTimeField(_("撤下時間"), null=True, blank=True)

    class Meta:
        verbose_name = _("現場照片")
        verbose_name_plural = _("現場照片")
        ordering = ["visit", "pk"]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return reverse("evaluations:visit-photo", args=[self.pk])
