"""推薦項目和它的條件：向上級推薦什麼、幾個名額、憑什麼條件。

縣局只推薦，不授予：項目裏沒有命名、授牌、收費、獎金。條件是數據，怎樣查在 recommendations/conditions.py。
"""

from datetime import date, datetime
from decimal import Decimal

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from campaigns.models import Campaign
from campaigns.standing import Standing
from evaluations.models import AssessmentRound, points_of
from people.models import DemonstrationStatus, User
from pingtan_civ.lib.dates import long_date
from tasks.models import WrongState

LONGEST_PUBLICITY = 30


class Fraction(models.TextChoices):
    """多少算夠。「以上」含本數，「過半數」不含。"""

    MORE_THAN_HALF = "half", _("過半數")
    TWO_THIRDS = "two_thirds", _("三分之二以上")
    THREE_QUARTERS = "three_quarters", _("四分之三以上")


def reaches(part: int, whole: int, fraction: str) -> bool:
    """part 在 whole 裏夠不夠這一份；一個人也沒有的不夠。全是整數，沒有四捨五入。"""
    if whole <= 0:
        return False
    if fraction == Fraction.TWO_THIRDS:
        return part * 3 >= whole * 2
    if fraction == Fraction.THREE_QUARTERS:
        return part * 4 >= whole * 3
    return part * 2 > whole


def needed(whole: int, fraction: str) -> int:
    """最少要幾個。"""
    return next((n for n in range(whole + 1) if reaches(n, whole, fraction)), whole + 1)


class ProgrammeQuerySet(models.QuerySet["Programme"]):
    def visible_to(self, standing: Standing) -> "ProgrammeQuerySet":
        """擬訂中的只有辦公室和組長、副組長看得見；發佈以後，看得見活動的人都知道有它。"""
        above = [pk for pk in standing.seats if standing.is_office(pk) or standing.is_leader(pk)]
        return self.filter(~Q(state=Programme.State.DRAFT) | Q(campaign__in=above))

    def running(self) -> "ProgrammeQuerySet":
        """發佈了、還沒有走完的（報送了的等批覆）；活動要在進行中。"""
        going = (*Programme.RUNNING, Programme.State.SUBMITTED)
        return self.filter(state__in=going, campaign__state=Campaign.State.ACTIVE)


class Programme(models.Model):
    """一個推薦項目，如「推薦2026年度省級文明行業創建示範點」。一步一步由辦公室往下走。"""

    class State(models.TextChoices):
        """先後為序。"""

        DRAFT = "draft", _("擬訂中")
        OPEN = "open", _("申報")
        VOTING = "voting", _("表決")
        PUBLICITY = "publicity", _("公示")
        SUBMITTED = "submitted", _("已報送")
        ANSWERED = "answered", _("已批覆")
        CANCELLED = "cancelled", _("已中止")

    class Whom(models.TextChoices):
        INDUSTRY = "industry", _("行業（連同下屬單位）")
        UNIT = "unit", _("單位")
        WINDOW = "window", _("窗口")
        SITE = "site", _("示範點")
        PERSON = "person", _("個人")

    Level = DemonstrationStatus.Level
    RUNNING = (State.OPEN, State.VOTING, State.PUBLICITY)
    PUBLIC = (State.PUBLICITY, State.SUBMITTED, State.ANSWERED)

    campaign = models.ForeignKey(
        Campaign, verbose_name=_("創建活動"), on_delete=models.PROTECT, related_name="programmes"
    )
    title = models.CharField(_("項目名稱"), max_length=100)
    level = models.CharField(_("推薦到哪一級"), max_length=10, choices=DemonstrationStatus.Level)
    authority = models.CharField(_("報送機關"), max_length=80)
    basis = models.CharField(_("依據"), max_length=200, blank=True)
    kinds = models.JSONField(_("推薦誰"), default=list)
    may_repeat_kinds = models.BooleanField(
        _("同一單位可以按不同類別各推薦一次"),
        default=False,
        help_text=_("上級通知寫明可以時才選；不選的，一個單位在這個項目裏只推薦一次。"),
    )
    quota = models.PositiveSmallIntegerField(
        _("名額"), default=1, validators=[MinValueValidator(1), MaxValueValidator(200)]
    )
    apply_by = models.DateField(_("申報截止"))
    publicity_days = models.PositiveSmallIntegerField(
        _("公示幾個工作日"),
        default=5,
        validators=[MinValueValidator(5), MaxValueValidator(LONGEST_PUBLICITY)],
    )
    quorum = models.CharField(
        _("到會人數"), max_length=14, choices=Fraction, default=Fraction.TWO_THIRDS
    )
    pass_mark = models.CharField(
        _("通過票數"), max_length=14, choices=Fraction, default=Fraction.MORE_THAN_HALF
    )
    state = models.CharField(_("狀態"), max_length=10, choices=State, default=State.DRAFT)
    turned_at = models.DateTimeField(_("走到這一步的時間"), null=True, blank=True)
    vote_round = models.PositiveSmallIntegerField(_("第幾輪表決"), default=1)
    voted_at = models.DateTimeField(_("這一輪都表決完的時間"), null=True, blank=True)
    publicity_start = models.DateField(_("公示從"), null=True, blank=True)
    publicity_end = models.DateField(_("公示到"), null=True, blank=True)
    publicity_place = models.CharField(_("公示在哪裏"), max_length=100, blank=True)
    publicity_contact = models.CharField(_("受理異議的電話和地址"), max_length=150, blank=True)
    notice = models.JSONField(_("公示稿"), default=dict, blank=True)
    created_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField(_("建立時間"))

    objects = ProgrammeQuerySet.as_manager()

    class Meta:
        verbose_name = _("推薦項目")
        verbose_name_plural = _("推薦項目")
        ordering = ["-apply_by", "-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["campaign", "title"],
                condition=~Q(state="cancelled"),
                name="programme_once",
                violation_error_message=_("這個活動已有同名的推薦項目，請改名稱。"),
            ),
            models.CheckConstraint(
                condition=Q(publicity_end__isnull=True, publicity_start__isnull=True)
                | Q(publicity_end__gt=models.F("publicity_start")),
                name="programme_publicity_forward",
            ),
            models.CheckConstraint(
                condition=~Q(state__in=["publicity", "submitted", "answered"])
                | Q(publicity_end__isnull=False),
                name="programme_submitted_after_publicity",
            ),
        ]

    def __str__(self) -> str:
        return self.title

    def get_absolute_url(self) -> str:
        return reverse("recommendations:programme", args=[self.pk])

    def move(self, state: str, *, at: datetime) -> None:
        """走到一步；幾天裏該辦從這一刻數起。"""
        self.state, self.turned_at = state, at

    def refusal(self, *states: str) -> str:
        """只在這幾步辦的事，現在為什麼不能辦、該做什麼；能辦的為空。"""
        if self.state in states:
            return ""
        order = [str(each) for each in self.State]
        words = {
            "state": self.get_state_display(),
            "next": _NEXT[self.State(self.state)]
            % {"apply_by": long_date(self.apply_by), "end": self._publicity_end_words},
        }
        if self.state == self.State.CANCELLED:
            return gettext("這個項目%(next)s。") % words
        if order.index(self.state) < max(order.index(each) for each in states):
            return gettext("還沒走到這一步，現在是「%(state)s」：%(next)s。") % words
        return gettext("這一步已經過了，現在是「%(state)s」：%(next)s。") % words

    @property
    def _publicity_end_words(self) -> str:
        return long_date(self.publicity_end) if self.publicity_end else ""

    def require(self, *states: str) -> None:
        """這幾步才辦得了。Raises WrongState，說明為什麼不能辦、該做什麼。"""
        if words := self.refusal(*states):
            raise WrongState(words)

    @property
    def is_public(self) -> bool:
        """公示開始了：公示的名單全局可見。"""
        return self.state in self.PUBLIC

    @property
    def whom_words(self) -> str:
        labels = dict(self.Whom.choices)
        return "、".join(str(labels[kind]) for kind in self.kinds if kind in labels)

    def is_in_publicity(self, on: date) -> bool:
        """公示期內，頭尾兩天都算。"""
        return (
            self.state == self.State.PUBLICITY and self.publicity_start <= on <= self.publicity_end
        )

    def is_publicity_over(self, on: date) -> bool:
        """最後一天過完才算完。"""
        return self.publicity_end is not None and on > self.publicity_end


#: 走到這一步的項目接着該做什麼，接在「現在是……」後面。
_NEXT = {
    Programme.State.DRAFT: _("定好條件、發佈以後各單位才推薦"),
    Programme.State.OPEN: _("申報到 %(apply_by)s 為止，過了這天提交表決"),
    Programme.State.VOTING: _("先結束表決，有通過的再公示"),
    Programme.State.PUBLICITY: _("公示到 %(end)s 為止，期滿、異議查清以後報送"),
    Programme.State.SUBMITTED: _("材料已定稿，等上級批覆，收到即記下"),
    Programme.State.ANSWERED: _("上級已批覆，都辦完了"),
    Programme.State.CANCELLED: _("已經中止，不再往下走；還要推薦的，另擬一個項目"),
}


class Condition(models.Model):
    """項目的一項條件。種類決定系統怎樣查；系統查不了的由辦公室逐個確認。"""

    class Kind(models.TextChoices):
        MINIMUM_SCORE = "score", _("考核總分不低於")
        GRADE_AT_LEAST = "grade", _("考核等次不低於")
        TITLED_SHARE = "share", _("下屬單位中示範點的比例不低於")
        HOLDS_TITLE = "title", _("已有下一級稱號")
        NO_VETO = "no_veto", _("回溯期內沒有一票否決")
        NO_OPEN_RECTIFICATION = "no_rectification", _("沒有未銷號的整改")
        NOT_ALSO_WITHIN = "not_within", _("不與所在行業重複申報")
        MANUAL = "manual", _("辦公室確認")

    class Counted(models.TextChoices):
        ALL = "all", _("全部下屬單位")
        WINDOWS = "windows", _("下屬窗口單位")

    NEVER_WAIVED = (Kind.NO_VETO, Kind.NOT_ALSO_WITHIN)

    programme = models.ForeignKey(Programme, on_delete=models.CASCADE, related_name="conditions")
    kind = models.CharField(_("種類"), max_length=16, choices=Kind)
    applies_to = models.CharField(
        _("對誰"),
        max_length=10,
        choices=Programme.Whom,
        blank=True,
        help_text=_("不選時人人適用。"),
    )
    text = models.CharField(_("條件"), max_length=200, help_text=_("照通知的原話寫。"))
    round = models.ForeignKey(
        AssessmentRound,
        verbose_name=_("哪次考核"),
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
    )
    points_hundredths = models.PositiveIntegerField(_("總分（百分之一）"), default=0)
    grade = models.CharField(_("等次"), max_length=20, blank=True)
    share_hundredths = models.PositiveIntegerField(_("比例（百分之一）"), default=0)
    level = models.CharField(
        _("級別"), max_length=10, choices=DemonstrationStatus.Level, blank=True
    )
    counted = models.CharField(_("算哪些"), max_length=8, choices=Counted, default=Counted.ALL)
    is_waivable = models.BooleanField(
        _("可以豁免"),
        default=False,
        help_text=_("沒有滿足時，辦公室寫明理由可以放行；一票否決和重複申報不能豁免。"),
    )
    position = models.PositiveSmallIntegerField(_("排序"), default=0)

    class Meta:
        verbose_name = _("推薦條件")
        verbose_name_plural = _("推薦條件")
        ordering = ["position", "pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(is_waivable=False) | ~Q(kind__in=["no_veto", "not_within"]),
                name="condition_never_waived",
                violation_error_message=_("一票否決和重複申報的條件不能豁免。"),
            ),
            models.CheckConstraint(
                condition=~Q(kind__in=["score", "grade"]) | Q(round__isnull=False),
                name="condition_names_its_round",
                violation_error_message=_("看分數、等次的條件，寫明是哪次考核。"),
            ),
            models.CheckConstraint(
                condition=Q(share_hundredths__lte=10000), name="condition_share_within_whole"
            ),
        ]

    def __str__(self) -> str:
        return self.text

    @property
    def points(self) -> Decimal:
        return points_of(self.points_hundredths)

    @property
    def share(self) -> Decimal:
        """百分之幾。"""
        return points_of(self.share_hundredths)
