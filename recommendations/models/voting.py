"""記名表決：領導小組的成員對每個對象投同意、不同意或棄權；該迴避的不投。"""

from django.db import models
from django.utils.translation import gettext_lazy as _

from people.models import User
from recommendations.models.candidates import Candidate


class Ballot(models.Model):
    """一個人對一個對象在一輪裏的一票。結束表決以前可以改，改的留在經過裏。"""

    class Choice(models.TextChoices):
        AGREE = "agree", _("同意")
        AGAINST = "against", _("不同意")
        ABSTAIN = "abstain", _("棄權")

    candidate = models.ForeignKey(Candidate, on_delete=models.PROTECT, related_name="ballots")
    round = models.PositiveSmallIntegerField(_("第幾輪"), default=1)
    voter = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    seat = models.CharField(_("當時的席位"), max_length=80)
    choice = models.CharField(_("表決"), max_length=8, choices=Choice)
    at = models.DateTimeField(_("表決時間"))

    class Meta:
        verbose_name = _("一票")
        verbose_name_plural = _("表決")
        ordering = ["candidate", "round", "at", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["candidate", "round", "voter"],
                name="ballot_once_a_voter",
                violation_error_message=_("您已對這個對象表決過。"),
            )
        ]

    def __str__(self) -> str:
        return f"{self.candidate} {self.voter} {self.get_choice_display()}"


class Recusal(models.Model):
    """自己聲明的迴避，寫明理由。本人、本單位的不用聲明，由任職算出。"""

    candidate = models.ForeignKey(Candidate, on_delete=models.PROTECT, related_name="recusals")
    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    reason = models.CharField(_("迴避的理由"), max_length=200)
    at = models.DateTimeField(_("聲明時間"))

    class Meta:
        verbose_name = _("聲明迴避")
        verbose_name_plural = _("聲明迴避")
        ordering = ["candidate", "at", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["candidate", "user"], name="recusal_once_a_voter")
        ]

    def __str__(self) -> str:
        return f"{self.candidate} {self.user}"
