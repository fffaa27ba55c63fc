"""報送和批覆：報上去的是一份封住的文字；上級同意不同意照實記下。"""

import json
from typing import Any

from django.db import models
from django.utils.functional import cached_property
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from evaluations.models import Honour
from people.models import DemonstrationStatus, User
from recommendations.models.candidates import Candidate
from recommendations.models.programmes import Programme


class Submittal(models.Model):
    """一次報送：名單、條件、表決、公示、事蹟、材料的哈希和當時的名稱，一個哈希封住。"""

    programme = models.OneToOneField(Programme, on_delete=models.PROTECT, related_name="submittal")
    document_number = models.CharField(_("報送文號"), max_length=60, blank=True)
    body = models.TextField(_("內容（規範 JSON）"))
    sha256 = models.CharField(_("哈希"), max_length=64)
    made_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    made_at = models.DateTimeField(_("報送時間"))

    class Meta:
        verbose_name = _("推薦報送")
        verbose_name_plural = _("推薦報送")
        ordering = ["-made_at", "-pk"]

    def __str__(self) -> str:
        return gettext("%(programme)s的報送材料") % {"programme": self.programme}

    @cached_property
    def content(self) -> dict[str, Any]:
        return json.loads(self.body)


class Answer(models.Model):
    """上級對一個對象的批覆。同意的同時記入榮譽台賬；本局只記載。"""

    candidate = models.OneToOneField(Candidate, on_delete=models.PROTECT, related_name="answer")
    is_granted = models.BooleanField(_("上級同意"))
    answered_date = models.DateField(_("批覆日期"))
    document_number = models.CharField(_("文號"), max_length=60, blank=True)
    honour_name = models.CharField(_("稱號"), max_length=100, blank=True)
    note = models.CharField(_("說明"), max_length=300, blank=True)
    recorded_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    recorded_at = models.DateTimeField(_("記載時間"))
    honour = models.OneToOneField(
        Honour, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    status = models.OneToOneField(
        DemonstrationStatus, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )

    class Meta:
        verbose_name = _("上級批覆")
        verbose_name_plural = _("上級批覆")
        ordering = ["candidate"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(is_granted=True) | models.Q(honour__isnull=True),
                name="answer_honour_only_when_granted",
            )
        ]

    def __str__(self) -> str:
        return f"{self.candidate} {self.answered_date}"
