"""催：一個活動的提醒規則（是數據，辦公室可以改），以及每一次人工的催辦和答覆。"""

from datetime import time

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from campaigns.models import Campaign
from journal.models import Entry
from people.models import User
from tasks.models.work import Submission


class ReminderPolicy(models.Model):
    """一個活動的提醒規則。沒有這一行的活動用默認的（tasks.tracks）。"""

    campaign = models.OneToOneField(
        Campaign, on_delete=models.CASCADE, related_name="reminder_policy"
    )
    quiet_from = models.TimeField(
        _("免打擾開始"),
        default=time(20, 0),
        help_text=_("從這時起不發郵件、短信和群消息；站內消息照常。"),
    )
    quiet_until = models.TimeField(
        _("免打擾結束"),
        default=time(8, 0),
        help_text=_("壓下的到這時再發；發之前再看一遍，已經辦了的不發。"),
    )
    weekly_day = models.PositiveSmallIntegerField(
        _("辦公室每週一覽"),
        null=True,
        blank=True,
        default=0,
        validators=[MaxValueValidator(6)],
        help_text=_("星期幾給辦公室一份全局：還欠多少、逾期多少。遇休息日順延；留空則不發。"),
    )
    version = models.PositiveIntegerField(_("改動次數"), default=0, editable=False)
    changed_at = models.DateTimeField(_("改動時間"), null=True, blank=True, editable=False)

    class Meta:
        verbose_name = _("提醒規則")
        verbose_name_plural = _("提醒規則")

    def __str__(self) -> str:
        return f"{self.campaign} {self._meta.verbose_name}"


class ReminderStep(models.Model):
    """提醒階梯的一級：哪一條階梯、離時限幾個工作日、告訴誰、是提醒還是催辦。"""

    class Track(models.TextChoices):
        """數的是哪一個時限：任務自己的幾種。別的應用的各自登記（tasks.tracks）。"""

        REPORT = "report", _("填報和初審")
        ACKNOWLEDGE = "acknowledge", _("簽收")
        REVIEW = "review", _("辦公室審核")
        WEEKLY = "weekly", _("每週一覽")

    class Audience(models.TextChoices):
        """告訴誰，按當日在任的人。"""

        DOER = "doer", _("承辦人")
        HEAD = "head", _("單位負責人")
        LEADER = "leader", _("責任領導")
        CHAIR = "chair", _("組長")
        OFFICE = "office", _("辦公室")

    class Level(models.TextChoices):
        """升級：提醒 → 催辦 → 督辦單 → 通報。後兩級請辦公室辦，不自動下達。"""

        REMIND = "remind", _("提醒")
        URGE = "urge", _("催辦")
        SUPERVISE = "supervise", _("轉督辦單")
        CIRCULAR = "circular", _("列入通報")

    EARLIEST, LATEST = -30, 60

    policy = models.ForeignKey(ReminderPolicy, on_delete=models.CASCADE, related_name="steps")
    track = models.CharField(_("時限"), max_length=12)
    offset = models.SmallIntegerField(
        _("工作日"),
        validators=[MinValueValidator(EARLIEST), MaxValueValidator(LATEST)],
        help_text=_("負數是時限之前，0 是當日，正數是逾期第幾個工作日。"),
    )
    repeat_every = models.PositiveSmallIntegerField(
        _("以後每幾個工作日一次"), default=0, help_text=_("0 表示只這一次。")
    )
    audience = models.CharField(_("告訴誰"), max_length=10, choices=Audience)
    level = models.CharField(_("級別"), max_length=10, choices=Level, default=Level.REMIND)

    class Meta:
        verbose_name = _("提醒的一級")
        verbose_name_plural = _("提醒階梯")
        ordering = ["track", "offset", "audience"]
        constraints = [
            models.UniqueConstraint(
                fields=["policy", "track", "offset", "audience"],
                name="reminder_step_once",
                violation_error_message=_("同一天已有一級告訴同一種人，請改其中一個。"),
            ),
            models.CheckConstraint(
                condition=Q(offset__range=(-30, 60)),
                name="reminder_step_within_reach",
                violation_error_message=_("離時限的工作日數應在 -30 到 60 之間。"),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.track} {self.offset:+d} {self.get_audience_display()}"


class Reminder(models.Model):
    """已提醒過的記錄：同一件事、同一時限、同一級、同一人只有一次。

    問的是「N 個工作日內到期或已逾期、且這一級還沒記錄」，所以漏跑一次不丟，重跑不重；漏跑時
    略過的各級不另記：記了後面的一級，前面的就都算已過。准予延期（due_date 變了）、退回重辦
    （subject_id 是新的一輪）之後從頭算。

    說它的那一份就是此人當日的每日提醒（Notice.key 是 digest:on），不另存指向通知的外鍵。
    subject_id 是什麼看 track：report、review 是 Round，acknowledge 是 Assignment，weekly 是
    Campaign，別的應用的（如 supervision）由它的來源自定。所以不是外鍵。
    """

    track = models.CharField(_("時限"), max_length=12)
    subject_id = models.BigIntegerField(_("哪一件"))
    due_date = models.DateField(_("當時的時限"))
    step = models.SmallIntegerField(
        _("級"), help_text=_("負數是時限之前，0 是當日，正數是逾期第幾個工作日。")
    )
    # 人從不真刪（PROTECT），一夜寫幾十萬行，不必讓數據庫逐行再核一遍。
    person = models.ForeignKey(
        User, on_delete=models.PROTECT, related_name="+", db_index=False, db_constraint=False
    )
    on = models.DateField(_("日期"))

    class Meta:
        verbose_name = _("提醒記錄")
        verbose_name_plural = _("提醒記錄")
        ordering = ["-on", "-pk"]
        constraints = [
            # 人在級之前：問「這人這事有沒有這一級或更後的記錄」只看這一處索引。
            models.UniqueConstraint(
                fields=["track", "subject_id", "due_date", "person", "step"],
                name="reminder_once",
            ),
        ]
        indexes = [models.Index(fields=["person", "on"], name="reminder_of_day")]

    def __str__(self) -> str:
        return f"{self.on} {self.person} {self.track} {self.step:+d}"


class ReminderRun(models.Model):
    """一天裏的一遍提醒。沒跑完的後來的接着跑；跑完了再來的是新的一遍，只補後來才到的。"""

    on = models.DateField(_("日期"))
    number = models.PositiveSmallIntegerField(_("第幾遍"))
    started_at = models.DateTimeField(_("開始時間"))
    finished_at = models.DateTimeField(_("跑完時間"), null=True, blank=True)

    class Meta:
        verbose_name = _("提醒的一遍")
        verbose_name_plural = _("提醒的各遍")
        ordering = ["-on", "-number"]
        constraints = [
            models.UniqueConstraint(fields=["on", "number"], name="reminder_run_once"),
        ]

    def __str__(self) -> str:
        return f"{self.on} 第 {self.number} 遍"


class ReminderSlice(models.Model):
    """一遍裏的一段人，由一個進程認領：鎖着它寫完這些人的提醒才記 done_at。

    進程中途被殺，這一段整個回滾，別的進程或下一次接着做；一段裏不會有人寫了一半。
    """

    run = models.ForeignKey(ReminderRun, on_delete=models.CASCADE, related_name="slices")
    first_person = models.BigIntegerField(_("從誰"))
    last_person = models.BigIntegerField(_("到誰"))
    done_at = models.DateTimeField(_("做完時間"), null=True, blank=True)
    people = models.PositiveIntegerField(_("提醒了幾人"), default=0)
    lines = models.PositiveIntegerField(_("共幾件"), default=0)

    class Meta:
        verbose_name = _("提醒的一段")
        verbose_name_plural = _("提醒的各段")
        ordering = ["run", "first_person"]
        constraints = [
            models.UniqueConstraint(fields=["run", "first_person"], name="reminder_slice_once"),
        ]

    def __str__(self) -> str:
        return f"{self.run} {self.first_person}–{self.last_person}"


class Chase(models.Model):
    """催一個單位的一期報送：何時、誰、怎樣催的，對方怎樣答覆。

    一次催幾項就有幾行，batch 相同；站內通知的 key 是 chase:{batch}，臨發前據此再核對。
    """

    class Channel(models.TextChoices):
        NOTICE = "notice", _("站內通知")
        PHONE = "phone", _("電話")
        PAPER = "paper", _("書面催辦單")
        GROUP = "group", _("工作群")

    submission = models.ForeignKey(Submission, on_delete=models.PROTECT, related_name="chases")
    round_number = models.PositiveSmallIntegerField(_("當時的輪次"), default=1)
    batch = models.UUIDField(_("同一次"), db_index=True)
    channel = models.CharField(_("方式"), max_length=10, choices=Channel, default=Channel.NOTICE)
    at = models.DateTimeField(_("時間"))
    by = models.ForeignKey(
        User, verbose_name=_("催辦人"), on_delete=models.PROTECT, related_name="+"
    )
    words = models.TextField(_("催辦的話"), blank=True)
    groups = models.TextField(
        _("哪些工作群"), blank=True, help_text=_("發到工作群的，當時各群的名稱，用頓號隔開。")
    )
    spoken_to = models.CharField(_("接聽人"), max_length=40, blank=True)
    answer = models.TextField(_("答覆"), blank=True)
    answered_at = models.DateTimeField(_("答覆時間"), null=True, blank=True)
    answered_by = models.ForeignKey(
        User,
        verbose_name=_("答覆人"),
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
    )
    entry = models.ForeignKey(
        Entry, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )

    class Meta:
        verbose_name = _("催辦記錄")
        verbose_name_plural = _("催辦記錄")
        ordering = ["-at", "-pk"]
        indexes = [models.Index(fields=["submission", "-at"], name="chase_latest")]

    def __str__(self) -> str:
        return f"{self.at:%Y-%m-%d} {self.get_channel_display()} {self.submission}"
