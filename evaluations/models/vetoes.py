"""負面清單與一票否決：清單上有哪幾項、哪個單位出了什麼事、主管部門怎麼答覆。

一件事怎樣影響推薦和得分，在 evaluations/eligibility.py 一處算。
"""

from datetime import date, datetime
from decimal import Decimal

from django.db import models
from django.db.models import F, Q
from django.urls import reverse
from django.utils.timezone import localdate
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from campaigns.models import Campaign, Indicator
from campaigns.standing import Standing
from evaluations.models.schemes import points_of
from people.models import Department, User
from pingtan_civ.lib.look_back import months_after
from tasks.models import EvidenceFile

REPORT_WITHIN_MONTHS = 1
"""主管部門認定之後，單位要在一個月內自報；逾期不報算隱瞞，扣分加倍。"""


class VetoItem(models.Model):
    """負面清單上的一項：出了這樣的事，回溯期內有什麼後果。

    event_text 說出了的是什麼事（發生重大安全責任事故），各處的句子都用它；text 是它依據的要求，
    多是方案裏「無……」的一款（無重大安全責任事故），沒有依據的空着。
    出過事的一項不再改（由服務守住），要改就停用、另列一項；停用的不刪，已認定的事照舊算數。
    """

    class Effect(models.TextChoices):
        NOT_ELIGIBLE = "not_eligible", _("不得推薦")
        GRADE_CAPPED = "grade_capped", _("等次封頂")
        POINTS_DEDUCTED = "points", _("扣分")
        TITLE_SUSPENDED = "suspended", _("建議上報中止稱號")
        TITLE_REVOKED = "revoked", _("建議上報撤銷稱號")

    class LookBack(models.IntegerChoices):
        YEAR = 12, _("12 個月")
        TWO_YEARS = 24, _("24 個月")

    STOPPING = (Effect.NOT_ELIGIBLE, Effect.TITLE_SUSPENDED, Effect.TITLE_REVOKED)

    campaign = models.ForeignKey(
        Campaign, verbose_name=_("創建活動"), on_delete=models.PROTECT, related_name="veto_items"
    )
    indicator = models.ForeignKey(
        Indicator,
        verbose_name=_("方案指標"),
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="veto_items",
    )
    event_text = models.CharField(_("情形"), max_length=200)
    text = models.CharField(_("依據"), max_length=200, blank=True)
    authority = models.CharField(_("認定機關"), max_length=80, blank=True)
    look_back_months = models.PositiveSmallIntegerField(
        _("回溯期"), choices=LookBack, default=LookBack.YEAR
    )
    effect = models.CharField(_("後果"), max_length=12, choices=Effect, default=Effect.NOT_ELIGIBLE)
    grade = models.CharField(_("最高等次"), max_length=20, blank=True)
    points_hundredths = models.PositiveIntegerField(_("扣分（百分之一）"), default=0)
    position = models.PositiveSmallIntegerField(_("排序"), default=0)
    retired_at = models.DateTimeField(_("停用時間"), null=True, blank=True)

    class Meta:
        verbose_name = _("負面清單的一項")
        verbose_name_plural = _("負面清單")
        ordering = ["position", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["campaign", "event_text"],
                condition=Q(retired_at__isnull=True),
                name="veto_item_once",
                violation_error_message=_("清單上已有這一項。"),
            ),
            models.CheckConstraint(
                condition=Q(look_back_months__in=[12, 24]), name="veto_looks_back_1_or_2_years"
            ),
            models.CheckConstraint(
                condition=(Q(effect="grade_capped") & ~Q(grade=""))
                | (~Q(effect="grade_capped") & Q(grade="")),
                name="veto_cap_names_its_grade",
                violation_error_message=_("後果是「等次封頂」時寫明最高等次；不是時不寫。"),
            ),
            models.CheckConstraint(
                condition=Q(effect="points", points_hundredths__gt=0)
                | (~Q(effect="points") & Q(points_hundredths=0)),
                name="veto_deduction_has_points",
                violation_error_message=_("後果是「扣分」時寫明扣幾分；不是時不寫。"),
            ),
        ]

    def __str__(self) -> str:
        return self.event_text

    def get_absolute_url(self) -> str:
        return reverse("evaluations:negative-list", args=[self.campaign.code])

    @property
    def source(self) -> str:
        """依據哪一款：「方案 G4.15：無重大安全責任事故」。indicator 要先取好。"""
        if self.indicator:
            words = {"code": self.indicator.code, "text": self.text}
            return gettext("方案 %(code)s：%(text)s") % words
        return self.text

    @property
    def points(self) -> Decimal:
        return points_of(self.points_hundredths)

    @property
    def stops_recommendation(self) -> bool:
        return self.effect in self.STOPPING


class VetoEventQuerySet(models.QuerySet["VetoEvent"]):
    def visible_to(self, standing: Standing) -> "VetoEventQuerySet":
        """此人看得見的事；與 policies.can_see_veto 同一規則，兩者一致由測試守住。

        本單位的人看本單位的，辦公室和領導看全部；管理員不因管理而看。
        """
        above = [pk for pk in standing.seats if standing.is_office(pk) or standing.is_leader(pk)]
        return self.filter(Q(item__campaign__in=above) | Q(department__in=standing.departments))

    def waiting(self) -> "VetoEventQuerySet":
        return self.filter(state=VetoEvent.State.PENDING)

    def with_everything(self) -> "VetoEventQuerySet":
        """一行要寫的東西一次取出。"""
        return self.select_related(
            "item__campaign", "item__indicator", "department", "reported_by", "decided_by"
        )


class VetoEvent(models.Model):
    """一個單位的一件事：從登記、認定，到不成立或解除。什麼時候都不刪。"""

    class State(models.TextChoices):
        PENDING = "pending", _("待認定")
        UPHELD = "upheld", _("已認定")
        DISMISSED = "dismissed", _("不成立")
        RELEASED = "released", _("已解除")

    item = models.ForeignKey(
        VetoItem, verbose_name=_("清單項目"), on_delete=models.PROTECT, related_name="events"
    )
    department = models.ForeignKey(
        Department, verbose_name=_("單位"), on_delete=models.PROTECT, related_name="veto_events"
    )
    description = models.TextField(_("事由"), max_length=1000)
    date_of_event = models.DateField(_("發生日期"))
    date_confirmed = models.DateField(_("認定日期"), null=True, blank=True)
    authority = models.CharField(_("認定機關"), max_length=80, blank=True)
    document_number = models.CharField(_("認定文號"), max_length=60, blank=True)
    is_self_reported = models.BooleanField(_("單位自報"), default=False)
    is_concealed = models.BooleanField(_("隱瞞不報"), default=False)
    reported_by = models.ForeignKey(
        User, verbose_name=_("登記人"), on_delete=models.PROTECT, related_name="+"
    )
    reported_at = models.DateTimeField(_("登記時間"))
    statement = models.TextField(_("單位說明"), max_length=1000, blank=True)
    stated_by = models.ForeignKey(
        User, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    stated_at = models.DateTimeField(_("說明時間"), null=True, blank=True)
    state = models.CharField(_("狀態"), max_length=10, choices=State, default=State.PENDING)
    decided_by = models.ForeignKey(
        User,
        verbose_name=_("決定人"),
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
    )
    decided_at = models.DateTimeField(_("決定時間"), null=True, blank=True)
    decision_reason = models.TextField(_("決定理由"), max_length=500, blank=True)
    released_date = models.DateField(_("解除日期"), null=True, blank=True)

    objects = VetoEventQuerySet.as_manager()

    class Meta:
        verbose_name = _("負面清單事件")
        verbose_name_plural = _("負面清單事件")
        ordering = ["-date_of_event", "-pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(state="pending", decided_at__isnull=True)
                | (~Q(state="pending") & Q(decided_at__isnull=False, decided_by__isnull=False)),
                name="veto_decided_by_someone",
            ),
            models.CheckConstraint(
                condition=Q(decided_by__isnull=True) | ~Q(decided_by=F("reported_by")),
                name="veto_not_decided_by_its_reporter",
                violation_error_message=_("登記的人不能決定自己登記的事，請由另一位領導決定。"),
            ),
            models.CheckConstraint(
                condition=~Q(state__in=["upheld", "released"]) | Q(date_confirmed__isnull=False),
                name="veto_upheld_on_a_date",
            ),
            models.CheckConstraint(
                condition=Q(date_confirmed__isnull=True)
                | Q(date_confirmed__gte=F("date_of_event")),
                name="veto_confirmed_after_event",
                violation_error_message=_("認定日期早於發生日期，請改正其中一個。"),
            ),
            models.CheckConstraint(
                condition=Q(state="released", released_date__isnull=False)
                | (~Q(state="released") & Q(released_date__isnull=True)),
                name="veto_released_on_a_date",
            ),
        ]
        indexes = [
            models.Index(fields=["department", "state"], name="veto_department_state"),
        ]

    def __str__(self) -> str:
        words = {"unit": self.department, "item": self.item}
        if self.is_pending:
            return gettext("%(unit)s%(item)s（待認定）") % words
        if self.state == self.State.DISMISSED:
            return gettext("%(unit)s%(item)s（不成立）") % words
        return gettext("%(unit)s%(item)s") % words

    def get_absolute_url(self) -> str:
        return reverse("evaluations:veto-detail", args=[self.pk])

    @property
    def is_pending(self) -> bool:
        return self.state == self.State.PENDING

    @property
    def report_due_date(self) -> date | None:
        """單位最遲哪天自報；主管部門還沒認定的沒有期限。"""
        return self.date_confirmed and months_after(self.date_confirmed, REPORT_WITHIN_MONTHS)

    @property
    def was_reported_in_time(self) -> bool:
        """自報了，而且在期限之內。"""
        due = self.report_due_date
        return self.is_self_reported and (due is None or localdate(self.reported_at) <= due)

    def decide(self, state: str, *, actor: User, reason: str, at: datetime) -> None:
        self.state, self.decision_reason = state, reason
        self.decided_by, self.decided_at = actor, at


class VetoRelease(models.Model):
    """一次解除的動議：一人提出，另一人定。不同意的留着，可以再提。"""

    class State(models.TextChoices):
        PENDING = "pending", _("待確認")
        CONFIRMED = "confirmed", _("同意解除")
        REFUSED = "refused", _("不同意")
        WITHDRAWN = "withdrawn", _("已撤回")

    event = models.ForeignKey(VetoEvent, on_delete=models.PROTECT, related_name="releases")
    reason = models.TextField(_("解除理由"), max_length=500)
    no_paper_reason = models.CharField(_("沒有處理結果的原因"), max_length=300, blank=True)
    proposed_by = models.ForeignKey(
        User, verbose_name=_("提出人"), on_delete=models.PROTECT, related_name="+"
    )
    proposed_at = models.DateTimeField(_("提出時間"))
    state = models.CharField(_("狀態"), max_length=10, choices=State, default=State.PENDING)
    decided_by = models.ForeignKey(
        User,
        verbose_name=_("確認人"),
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
    )
    decided_at = models.DateTimeField(_("確認時間"), null=True, blank=True)
    decision_reason = models.TextField(_("意見"), max_length=500, blank=True)

    class Meta:
        verbose_name = _("解除動議")
        verbose_name_plural = _("解除動議")
        ordering = ["-proposed_at", "-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["event"], condition=Q(state="pending"), name="veto_release_one_pending"
            ),
            models.CheckConstraint(
                condition=Q(state__in=["pending", "withdrawn"], decided_by__isnull=True)
                | Q(state__in=["confirmed", "refused"], decided_by__isnull=False),
                name="veto_release_decided_by_someone",
            ),
            models.CheckConstraint(
                condition=Q(decided_by__isnull=True) | ~Q(decided_by=F("proposed_by")),
                name="veto_release_by_two_persons",
                violation_error_message=_("解除要兩個人：提出的人不能自己確認。"),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.event} {self.get_state_display()}"


class VetoFile(models.Model):
    """一份文件掛在一件事上：認定文書、處理結果。撤下的留着記錄。"""

    class Kind(models.TextChoices):
        FINDING = "finding", _("認定文書")
        RESULT = "result", _("處理結果、復查意見")
        OTHER = "other", _("其他材料")

    event = models.ForeignKey(VetoEvent, on_delete=models.PROTECT, related_name="files")
    kind = models.CharField(_("材料種類"), max_length=8, choices=Kind, default=Kind.OTHER)
    file = models.ForeignKey(EvidenceFile, on_delete=models.PROTECT, related_name="+")
    name = models.CharField(_("文件名"), max_length=200)
    added_at = models.DateTimeField(_("上傳時間"))
    added_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    removed_at = models.DateTimeField(_("撤下時間"), null=True, blank=True)

    class Meta:
        verbose_name = _("負面清單事件的材料")
        verbose_name_plural = _("負面清單事件的材料")
        ordering = ["event", "pk"]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return reverse("evaluations:veto-file", args=[self.pk])


class AuthorityInquiryQuerySet(models.QuerySet["AuthorityInquiry"]):
    def visible_to(self, standing: Standing) -> "AuthorityInquiryQuerySet":
        """徵詢函一張問許多單位，只給辦公室和領導看。"""
        above = [pk for pk in standing.seats if standing.is_office(pk) or standing.is_leader(pk)]
        return self.filter(campaign__in=above)

    def overdue(self, on: date) -> "AuthorityInquiryQuerySet":
        """過了時限還有單位沒有答覆的。"""
        return self.filter(
            due_date__lt=on,
            withdrawn_at__isnull=True,
            campaign__state=Campaign.State.ACTIVE,
            pk__in=InquiryAnswer.objects.filter(answer="").values("inquiry"),
        )


class AuthorityInquiry(models.Model):
    """徵詢函：請一個主管部門說明這些單位在這段時期有沒有清單上的這幾種情形。"""

    campaign = models.ForeignKey(
        Campaign, verbose_name=_("創建活動"), on_delete=models.PROTECT, related_name="inquiries"
    )
    authority = models.CharField(_("徵詢機關"), max_length=80)
    items = models.ManyToManyField(VetoItem, verbose_name=_("徵詢的情形"), related_name="inquiries")
    period_start = models.DateField(_("時期從"))
    period_end = models.DateField(_("到"))
    asked_date = models.DateField(_("發函日期"))
    due_date = models.DateField(_("請於此日前答覆"))
    asked_by = models.ForeignKey(
        User, verbose_name=_("經辦人"), on_delete=models.PROTECT, related_name="+"
    )
    withdrawn_at = models.DateTimeField(_("撤回時間"), null=True, blank=True)

    objects = AuthorityInquiryQuerySet.as_manager()

    class Meta:
        verbose_name = _("徵詢函")
        verbose_name_plural = _("徵詢函")
        ordering = ["-asked_date", "-pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(period_end__gte=F("period_start")),
                name="inquiry_period_runs_forward",
                violation_error_message=_("時期的止日早於起日，請改正其中一個。"),
            ),
            models.CheckConstraint(
                condition=Q(due_date__gte=F("asked_date")), name="inquiry_due_after_asked"
            ),
        ]

    def __str__(self) -> str:
        return gettext("向%(authority)s的徵詢函") % {"authority": self.authority}

    def get_absolute_url(self) -> str:
        return reverse("evaluations:inquiry-detail", args=[self.pk])


class InquiryAnswer(models.Model):
    """徵詢函問到的一個單位的一種情形，和對它的答覆。沒有答覆的是「未確認」，不是「無」。"""

    class Answer(models.TextChoices):
        NONE = "", _("未確認")
        CLEAR = "clear", _("無")
        EVENT = "event", _("有情況")

    inquiry = models.ForeignKey(AuthorityInquiry, on_delete=models.PROTECT, related_name="answers")
    department = models.ForeignKey(
        Department, verbose_name=_("單位"), on_delete=models.PROTECT, related_name="+"
    )
    item = models.ForeignKey(
        VetoItem, verbose_name=_("情形"), on_delete=models.PROTECT, related_name="+"
    )
    answer = models.CharField(_("答覆"), max_length=6, choices=Answer, blank=True)
    answered_date = models.DateField(_("答覆日期"), null=True, blank=True)
    document_number = models.CharField(_("復函文號"), max_length=60, blank=True)
    note = models.CharField(_("說明"), max_length=300, blank=True)
    recorded_by = models.ForeignKey(
        User, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    event = models.ForeignKey(
        VetoEvent,
        verbose_name=_("登記的事件"),
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="answers",
    )

    class Meta:
        verbose_name = _("徵詢答覆")
        verbose_name_plural = _("徵詢答覆")
        ordering = ["inquiry", "department__position", "department", "item__position", "item"]
        constraints = [
            models.UniqueConstraint(
                fields=["inquiry", "department", "item"], name="inquiry_asks_once_per_item"
            ),
            models.CheckConstraint(
                condition=Q(answer="", answered_date__isnull=True, recorded_by__isnull=True)
                | (~Q(answer="") & Q(answered_date__isnull=False, recorded_by__isnull=False)),
                name="inquiry_answer_has_a_date",
            ),
            models.CheckConstraint(
                condition=Q(event__isnull=True) | Q(answer="event"),
                name="inquiry_event_only_when_there_is_one",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.department}{self.item}：{self.get_answer_display()}"


class InquiryFile(models.Model):
    """主管部門蓋了章的復函，掛在徵詢函上。撤下的留着記錄。"""

    inquiry = models.ForeignKey(AuthorityInquiry, on_delete=models.PROTECT, related_name="files")
    file = models.ForeignKey(EvidenceFile, on_delete=models.PROTECT, related_name="+")
    name = models.CharField(_("文件名"), max_length=200)
    added_at = models.DateTimeField(_("上傳時間"))
    added_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    removed_at = models.DateTimeField(_("撤下時間"), null=True, blank=True)

    class Meta:
        verbose_name = _("復函")
        verbose_name_plural = _("復函")
        ordering = ["inquiry", "pk"]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return reverse("evaluations:inquiry-file", args=[self.pk])
