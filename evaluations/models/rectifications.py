"""考核整改：評分表上的一條、一次實地考察，或整張表，下達了哪張整改單。

怎樣簽收、整改、復查、銷號，走督辦的一套（docs/decisions/a-rectification-is-an-order.md），這裏只記來處。
"""

from django.db import models
from django.utils.translation import gettext_lazy as _

from evaluations.models.rounds import Sheet
from evaluations.models.schemes import Criterion
from evaluations.models.visits import SiteVisit
from supervision.models import Order


class Rectification(models.Model):
    """一張整改單出自哪張評分表，哪一條或哪次考察；都空着的是整張表（等次要整改的）。"""

    order = models.OneToOneField(Order, on_delete=models.PROTECT, related_name="rectification")
    sheet = models.ForeignKey(Sheet, on_delete=models.PROTECT, related_name="rectifications")
    criterion = models.ForeignKey(
        Criterion, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    visit = models.ForeignKey(
        SiteVisit, on_delete=models.PROTECT, null=True, blank=True, related_name="rectifications"
    )

    class Meta:
        verbose_name = _("考核整改")
        verbose_name_plural = _("考核整改")
        ordering = ["-order"]

    def __str__(self) -> str:
        return str(self.order)
