"""異議：單位不同意評分表上的一條。Sheet 評分表 ─ Objection 異議（一條一次）─ ObjectionFile 佐證。"""

from datetime import date
from decimal import Decimal

from django.db import models
from django.db.models import OuterRef, Q, Subquery
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from campaigns.standing import Standing
from evaluations.models.rounds import AssessmentRound, ResultSnapshot, RoundPhase, Score, Sheet
from evaluations.models.schemes import Criterion, points_of
from people.models import User
from tasks.models import EvidenceFile, EvidenceLink, WrongState


class ObjectionQuerySet(models.QuerySet["Objection"]):
    def visible_to(self, standing: Standing) -> "ObjectionQuerySet":
        """此人看得見的；與 policies.can_see_objection 同一規則，兩者一致由測試守住。"""
        above = [pk for pk in standing.seats if standing.is_office(pk) or standing.is_leader(pk)]
        return self.filter(
            Q(sheet__department__in=standing.departments) | Q(sheet__round__campaign__in=above)
        )

    def open(self) -> "ObjectionQuerySet":
        """還沒有裁定的：答覆、裁定完以前結果不能公佈。"""
        return self.filter(state__in=Objection.OPEN)

    def with_due(self) -> "ObjectionQuerySet":
        """連同「答覆異議」階段的截止（answer_due），不必另取各階段。"""
        due = RoundPhase.objects.filter(
            round=OuterRef("sheet__round"), phase=AssessmentRound.Phase.ANSWER
        )
        return self.annotate(answer_due=Subquery(due.values("due_date")[:1]))

    def with_everything(self) -> "ObjectionQuerySet":
        """一行、一頁要寫的東西一次取出；定稿的內容很長，另取。"""
        return self.select_related(
            "sheet__round__campaign",
            "sheet__department",
            "criterion__section",
            "score",
            "new_score",
            "filed_by",
            "answered_by",
            "decided_by",
        )


class Objection(models.Model):
    """對一條的異議。辦公室寫答覆、提意見，領導小組裁定；改了分就出下一版定稿，原來的照樣讀得到。

    score、before 是提出時的那一次評分和那一版定稿；new_score、after 是改了分以後的。
    """

    class Outcome(models.TextChoices):
        UPHELD = "upheld", _("成立")
        PARTLY = "partly", _("部分成立")
        REJECTED = "rejected", _("不成立")

    class State(models.TextChoices):
        FILED = "filed", _("待答覆")
        ANSWERED = "answered", _("待裁定")
        UPHELD = "upheld", _("成立")
        PARTLY = "partly", _("部分成立")
        REJECTED = "rejected", _("不成立")
        WITHDRAWN = "withdrawn", _("已撤回")

    OPEN = (State.FILED, State.ANSWERED)
    GRANTED = (Outcome.UPHELD, Outcome.PARTLY)

    sheet = models.ForeignKey(
        Sheet, verbose_name=_("評分表"), on_delete=models.PROTECT, related_name="objections"
    )
    criterion = models.ForeignKey(
        Criterion, verbose_name=_("測評內容"), on_delete=models.PROTECT, related_name="+"
    )
    score = models.ForeignKey(
        Score, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    before = models.ForeignKey(ResultSnapshot, on_delete=models.PROTECT, related_name="+")
    state = models.CharField(_("狀態"), max_length=10, choices=State, default=State.FILED)
    claimed_hundredths = models.PositiveIntegerField(
        _("認為應得（百分之一）"), null=True, blank=True
    )
    reason = models.TextField(_("理由"), max_length=1000)
    filed_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    filed_at = models.DateTimeField(_("提出時間"))
    withdrawn_at = models.DateTimeField(_("撤回時間"), null=True, blank=True)
    proposal = models.CharField(_("辦公室意見"), max_length=10, choices=Outcome, blank=True)
    answer = models.TextField(_("答覆"), max_length=1000, blank=True)
    answered_by = models.ForeignKey(
        User, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    answered_at = models.DateTimeField(_("答覆時間"), null=True, blank=True)
    decision_reason = models.TextField(_("裁定理由"), max_length=500, blank=True)
    decided_by = models.ForeignKey(
        User, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    decided_at = models.DateTimeField(_("裁定時間"), null=True, blank=True)
    new_score = models.ForeignKey(
        Score, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    after = models.ForeignKey(
        ResultSnapshot, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )

    objects = ObjectionQuerySet.as_manager()

    class Meta:
        verbose_name = _("異議")
        verbose_name_plural = _("異議")
        ordering = ["-filed_at", "-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["sheet", "criterion"],
                condition=~Q(state="withdrawn"),
                name="objection_once_a_line",
            ),
            models.CheckConstraint(
                condition=Q(state__in=["upheld", "partly"], after__isnull=False)
                | (~Q(state__in=["upheld", "partly"]) & Q(after__isnull=True)),
                name="objection_granted_has_edition",
            ),
        ]

    def __str__(self) -> str:
        return gettext("%(department)s對 %(number)s 的異議") % {
            "department": self.sheet.department_name,
            "number": self.criterion.number,
        }

    def get_absolute_url(self) -> str:
        return reverse("evaluations:objection", args=[self.pk])

    @property
    def is_open(self) -> bool:
        return self.state in self.OPEN

    @property
    def claimed(self) -> Decimal | None:
        return None if self.claimed_hundredths is None else points_of(self.claimed_hundredths)

    @property
    def filed_on(self) -> date:
        return timezone.localdate(self.filed_at)

    def require(self, *states: str) -> None:
        """在這幾種狀態裏才往下走。Raises WrongState，說明現在是什麼。"""
        if self.state not in states:
            raise WrongState(
                gettext("這件異議現在是「%(state)s」，不能辦這一步；請刷新看看。")
                % {"state": self.get_state_display()}
            )


class ObjectionFile(models.Model):
    """異議的一件佐證：新傳的，或取自已採用的（link）。"""

    objection = models.ForeignKey(Objection, on_delete=models.PROTECT, related_name="files")
    file = models.ForeignKey(EvidenceFile, on_delete=models.PROTECT, related_name="+")
    link = models.ForeignKey(
        EvidenceLink, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    name = models.CharField(_("文件名"), max_length=200)
    added_at = models.DateTimeField(_("上傳時間"))
    added_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")

    class Meta:
        verbose_name = _("異議的佐證")
        verbose_name_plural = _("異議的佐證")
        ordering = ["objection", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["objection", "file"], name="objection_file_once")
        ]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return reverse("evaluations:objection-file", args=[self.pk])


def objection_window(round_: AssessmentRound) -> date | None:
    """異議期的最後一天（含當天）；還沒到反饋的為 None。一次查詢。"""
    if not round_.is_frozen:
        return None
    rows = round_.phases.filter(phase=AssessmentRound.Phase.FEEDBACK)
    return rows.values_list("due_date", flat=True).first()
