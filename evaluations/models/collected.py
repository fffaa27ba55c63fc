"""問卷和徵求意見：一張評分表的一條，辦公室從外面收來的事實。

Questionnaire 問卷（一次一行，同一條的幾次按份數合計）；Opinion 主管部門的意見（一個機關一行）。
更正是新的一行，舊的留着（replaced_at），與評分一樣；撤下也是新的一行（is_withdrawn）。
"""

from typing import Any, TypeVar

from django.db import models
from django.db.models import F, Q
from django.urls import reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from evaluations.models.rounds import Sheet
from evaluations.models.schemes import Criterion
from people.models import User
from pingtan_civ.lib.dates import long_date
from pingtan_civ.lib.satisfaction import Counts, Option, Tally
from tasks.models import EvidenceFile

Row = TypeVar("Row", bound="Collected")


class CollectedQuerySet(models.QuerySet[Row]):
    def current(self) -> "CollectedQuerySet[Row]":
        """現在作數的：沒有被更正，也沒有撤下。"""
        return self.filter(replaced_at__isnull=True, is_withdrawn=False)


class Collected(models.Model):
    """收來的一份：誰記的、憑什麼（掃描件），更正過的說為什麼。"""

    sheet = models.ForeignKey(Sheet, on_delete=models.PROTECT, related_name="%(class)ss")
    criterion = models.ForeignKey(Criterion, on_delete=models.PROTECT, related_name="%(class)ss")
    file = models.ForeignKey(
        EvidenceFile,
        verbose_name=_("掃描件"),
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
    )
    file_name = models.CharField(_("掃描件"), max_length=200, blank=True)
    by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField(_("記錄時間"))
    reason = models.CharField(_("為什麼更正或撤下"), max_length=300, blank=True)
    replaces = models.OneToOneField(
        "self", on_delete=models.PROTECT, null=True, blank=True, related_name="replaced_by"
    )
    replaced_at = models.DateTimeField(_("被更正的時間"), null=True, blank=True)
    is_withdrawn = models.BooleanField(_("已撤下"), default=False)

    objects = CollectedQuerySet.as_manager()

    FACTS: tuple[str, ...] = ()
    """更正時抄過去、可以改的各項。"""

    class Meta:
        abstract = True

    @property
    def is_current(self) -> bool:
        return self.replaced_at is None and not self.is_withdrawn

    @property
    def opens_in_place(self) -> bool:
        return self.file is not None and (self.file.is_picture or self.file.extension == "pdf")

    def facts(self) -> dict[str, Any]:
        return {name: getattr(self, name) for name in self.FACTS}


class Questionnaire(Collected):
    """一次問卷。counts 是各選項的份數，連同當時怎樣計：[{label, counts, number}]。"""

    class Way(models.TextChoices):
        ON_SITE = "on_site", _("現場發放")
        PHONE = "phone", _("電話")
        SCAN = "scan", _("掃碼")
        OTHER = "other", _("其他")

    held_date = models.DateField(_("調查日期"))
    way = models.CharField(_("方式"), max_length=8, choices=Way, default=Way.ON_SITE)
    place = models.CharField(_("地點或對象"), max_length=80, blank=True)
    given_out = models.PositiveIntegerField(_("發出（份）"))
    returned = models.PositiveIntegerField(_("收回（份）"))
    valid = models.PositiveIntegerField(_("有效（份）"))
    counts = models.JSONField(_("各項份數"), default=list)

    FACTS = (
        "held_date",
        "way",
        "place",
        "given_out",
        "returned",
        "valid",
        "counts",
        "file",
        "file_name",
    )

    class Meta:
        verbose_name = _("問卷")
        verbose_name_plural = _("問卷")
        ordering = ["held_date", "pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(returned__lte=F("given_out")),
                name="survey_returned_at_most_given",
                violation_error_message=_("收回的比發出的多，請核對。"),
            ),
            models.CheckConstraint(
                condition=Q(valid__lte=F("returned")),
                name="survey_valid_at_most_returned",
                violation_error_message=_("有效的比收回的多，請核對。"),
            ),
        ]
        indexes = [models.Index(fields=["sheet", "criterion"], name="survey_sheet_criterion")]

    def __str__(self) -> str:
        words = {
            "day": long_date(self.held_date),
            "way": self.get_way_display(),
            "count": self.valid,
        }
        return gettext("%(day)s%(way)s的問卷（有效 %(count)d 份）") % words

    def get_absolute_url(self) -> str:
        return reverse("evaluations:survey-paper", args=[self.pk])

    @property
    def tally(self) -> Tally:
        counts = tuple(
            (Option(row["label"], Counts(row["counts"])), row["number"]) for row in self.counts
        )
        return Tally(self.given_out, self.returned, self.valid, counts)


class Opinion(Collected):
    """主管部門對一個單位這一條的意見。沒有答覆的是「未確認」，不是「沒有意見」。"""

    class Answer(models.TextChoices):
        NONE = "", _("未確認")
        CLEAR = "clear", _("沒有意見")
        NOTED = "noted", _("有意見")

    authority = models.CharField(_("徵求意見的機關"), max_length=80)
    asked_date = models.DateField(_("發函日期"))
    answer = models.CharField(_("答覆"), max_length=6, choices=Answer, blank=True)
    answered_date = models.DateField(_("答覆日期"), null=True, blank=True)
    document_number = models.CharField(_("復函文號"), max_length=60, blank=True)
    content = models.CharField(_("意見內容"), max_length=300, blank=True)

    FACTS = (
        "authority",
        "asked_date",
        "answer",
        "answered_date",
        "document_number",
        "content",
        "file",
        "file_name",
    )

    class Meta:
        verbose_name = _("主管部門的意見")
        verbose_name_plural = _("主管部門的意見")
        ordering = ["asked_date", "pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(answer="", answered_date__isnull=True)
                | (~Q(answer="") & Q(answered_date__isnull=False)),
                name="opinion_answer_has_a_date",
                violation_error_message=_("有答覆的寫答覆日期；沒有答覆的不寫。"),
            ),
            models.CheckConstraint(
                condition=Q(answered_date__isnull=True) | Q(answered_date__gte=F("asked_date")),
                name="opinion_answered_after_asked",
                violation_error_message=_("答覆日期早於發函日期，請改正其中一個。"),
            ),
            models.CheckConstraint(
                condition=~Q(answer="noted") | ~Q(content=""),
                name="opinion_noted_says_what",
                violation_error_message=_("有意見的寫明是什麼意見。"),
            ),
        ]
        indexes = [models.Index(fields=["sheet", "criterion"], name="opinion_sheet_criterion")]

    def __str__(self) -> str:
        return gettext("%(authority)s的意見（%(answer)s）") % {
            "authority": self.authority,
            "answer": self.get_answer_display(),
        }

    def get_absolute_url(self) -> str:
        return reverse("evaluations:opinion-paper", args=[self.pk])

    @property
    def is_unconfirmed(self) -> bool:
        return not self.answer
