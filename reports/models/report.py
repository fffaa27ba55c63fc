"""彙報：編報的人在彙集來的文字上改，簽發後凍結。

彙集的原文（composed_text）與編報的人的改動（text）分開存：重新彙集只動前者，從不蓋掉後者。
"""

from datetime import datetime

from django.db import models
from django.db.models import F, Q
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from campaigns.models import Campaign, Clause
from campaigns.standing import Standing
from people.models import User
from reports.models.outlines import Outline
from tasks.models import Round


class ReportQuerySet(models.QuerySet["Report"]):
    def visible_to(self, standing: Standing, campaign: Campaign) -> "ReportQuerySet":
        """草稿給辦公室和組長、副組長；已印發的局內人人可看；作廢的誰也不列。"""
        rows = self.filter(campaign=campaign).exclude(state=Report.State.DISCARDED)
        if standing.is_office(campaign) or standing.is_leader(campaign):
            return rows
        if standing.is_admin or standing.departments or standing.seats.get(campaign.pk):
            return rows.filter(state=Report.State.ISSUED)
        return rows.none()


class Report(models.Model):
    """一份彙報、簡報或通報。草稿可改，審核後等簽發；印發之後文字、數據和來源都凍結在 snapshot 裏。

    同一活動同一種類一年一套期號（number）。發文字號 document_number 由發文代字、年份、期號而來，
    印發時定下（GB/T 9704 7.2.5）；沒有代字的種類只有期號。
    """

    class Kind(models.TextChoices):
        SITUATION = "situation", _("情況彙報")
        MONTHLY = "monthly", _("月報")
        QUARTERLY = "quarterly", _("季報")
        BULLETIN = "bulletin", _("工作簡報")
        TOPICAL = "topical", _("專題彙報")
        NOTICE = "notice", _("通報")
        MEETING = "meeting", _("會議材料")

    class State(models.TextChoices):
        DRAFT = "draft", _("草稿")
        REVIEWED = "reviewed", _("已審核")
        ISSUED = "issued", _("已印發")
        DISCARDED = "discarded", _("已作廢")

    class Script(models.TextChoices):
        HANT = "hant", _("繁體")
        HANS = "hans", _("簡體")

    campaign = models.ForeignKey(Campaign, on_delete=models.PROTECT, related_name="reports")
    kind = models.CharField(_("種類"), max_length=12, choices=Kind, default=Kind.SITUATION)
    outline = models.ForeignKey(
        Outline,
        verbose_name=_("提綱"),
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="reports",
    )
    chapters = models.JSONField(_("各章"), default=list, blank=True, editable=False)
    title = models.CharField(_("標題"), max_length=200)
    salutation = models.CharField(
        _("主送機關"), max_length=60, blank=True, help_text=_("例如：縣委文明委。可以不寫。")
    )
    signature = models.CharField(
        _("落款單位"), max_length=60, blank=True, help_text=_("例如：平潭縣民政局。")
    )
    period_start = models.DateField(_("期初"))
    period_end = models.DateField(_("期末"))
    cutoff_at = models.DateTimeField(_("數據截止"))
    script = models.CharField(_("默認字形"), max_length=4, choices=Script, default=Script.HANT)
    state = models.CharField(_("狀態"), max_length=10, choices=State, default=State.DRAFT)
    head_text = models.CharField(
        _("發文機關標志"),
        max_length=40,
        blank=True,
        help_text=_("紅頭上的字，如「平潭縣民政局文件」。不寫就不印紅頭。"),
    )
    copied_to = models.CharField(
        _("抄送"), max_length=200, blank=True, help_text=_("印在末頁版記裏；不寫就不印。")
    )
    has_seal_place = models.BooleanField(_("留出蓋章的位置"), default=False)
    prints_marks = models.BooleanField(
        _("印出標記"), default=False, help_text=_("段末印「（本期新增）」「（延期）」一類。")
    )
    annexes = models.JSONField(_("附件"), default=list, blank=True)
    year = models.PositiveSmallIntegerField(_("編號年份"), null=True, blank=True)
    number = models.PositiveIntegerField(_("期號"), null=True, blank=True)
    document_number = models.CharField(_("發文字號"), max_length=40, blank=True)
    edition = models.PositiveSmallIntegerField(_("版次"), default=1)
    supersedes = models.ForeignKey(
        "self",
        verbose_name=_("取代"),
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="corrections",
    )
    correction_note = models.CharField(_("更正說明"), max_length=300, blank=True)
    version = models.PositiveIntegerField(_("改動次數"), default=0, editable=False)
    created_at = models.DateTimeField(_("建立時間"))
    created_by = models.ForeignKey(
        User, verbose_name=_("建立人"), on_delete=models.PROTECT, related_name="+"
    )
    saved_at = models.DateTimeField(_("保存時間"))
    submitted_at = models.DateTimeField(_("送審時間"), null=True, blank=True)
    submitted_by = models.ForeignKey(
        User,
        verbose_name=_("送審人"),
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
    )
    reviewed_at = models.DateTimeField(_("審核時間"), null=True, blank=True)
    reviewed_by = models.ForeignKey(
        User,
        verbose_name=_("審核人"),
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
    )
    signed_name = models.CharField(
        _("紙上簽發人"),
        max_length=40,
        blank=True,
        help_text=_("領導在紙上簽發的，登記他的姓名；在平台上簽發的不填。"),
    )
    signed_on = models.DateField(_("紙上簽發日期"), null=True, blank=True)
    issued_at = models.DateTimeField(_("印發時間"), null=True, blank=True)
    issued_by = models.ForeignKey(
        User,
        verbose_name=_("簽發人"),
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
    )
    snapshot = models.JSONField(_("印發時的全文"), null=True, blank=True, editable=False)
    sha256 = models.CharField(_("全文哈希"), max_length=64, blank=True, editable=False)

    objects = ReportQuerySet.as_manager()

    class Meta:
        verbose_name = _("彙報")
        verbose_name_plural = _("彙報")
        ordering = ["-created_at", "-pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(period_end__gte=F("period_start")),
                name="report_period_in_order",
                violation_error_message=_("期末早於期初，請改正其中一個。"),
            ),
            models.CheckConstraint(
                condition=~Q(state="issued")
                | (Q(number__isnull=False) & Q(snapshot__isnull=False) & ~Q(sha256="")),
                name="report_issued_is_frozen",
            ),
            models.CheckConstraint(
                condition=Q(number__isnull=True) | Q(year__isnull=False),
                name="report_numbered_in_a_year",
            ),
            models.UniqueConstraint(
                fields=["campaign", "kind", "year", "number"], name="report_number_once"
            ),
            models.UniqueConstraint(
                fields=["document_number"],
                condition=~Q(document_number=""),
                name="report_document_number_once",
            ),
            models.UniqueConstraint(
                fields=["supersedes"],
                condition=~Q(state="discarded"),
                name="report_corrected_once",
            ),
        ]

    def __str__(self) -> str:
        return self.title

    def get_absolute_url(self) -> str:
        return reverse("reports:report-detail", args=[self.campaign.code, self.pk])

    @property
    def is_draft(self) -> bool:
        return self.state == self.State.DRAFT

    @property
    def is_issued(self) -> bool:
        return self.state == self.State.ISSUED

    @property
    def is_reviewed(self) -> bool:
        """審核通過，文字已鎖定，等領導簽發。"""
        return self.state == self.State.REVIEWED

    @property
    def is_submitted(self) -> bool:
        """送審了，等着審核；此時仍是草稿，意見和建議在這一段提。"""
        return self.is_draft and self.submitted_at is not None

    @property
    def stage(self) -> int:
        """走到哪一步：0 草稿、1 待審核、2 待簽發、3 已印發。"""
        if self.is_issued:
            return 3
        return 2 if self.is_reviewed else int(self.is_submitted)

    @property
    def stage_name(self) -> str | Promise:
        if self.state == self.State.DISCARDED:
            return self.State.DISCARDED.label
        return STAGES[self.stage]


STAGES = (_("草稿"), _("待審核"), _("待簽發"), _("已印發"))


class Section(models.Model):
    """彙報的一章（一級）或一節（二級）；開頭沒有標題的一段是零級。編號印時才排。"""

    report = models.ForeignKey(Report, on_delete=models.CASCADE, related_name="sections")
    key = models.CharField(max_length=60)
    heading = models.CharField(_("標題"), max_length=220, blank=True)
    level = models.PositiveSmallIntegerField(_("層級"), default=1)
    position = models.PositiveIntegerField(_("次序"), default=0)
    clause = models.ForeignKey(
        Clause, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    held_by = models.ForeignKey(
        User,
        verbose_name=_("誰在改"),
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
    )
    held_until = models.DateTimeField(_("佔用到"), null=True, blank=True)

    class Meta:
        verbose_name = _("章節")
        verbose_name_plural = _("章節")
        ordering = ["position", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["report", "key"], name="report_section_once"),
        ]

    def __str__(self) -> str:
        return self.heading or str(_("開頭"))

    def is_held_against(self, user_id: int, at: datetime) -> bool:
        """此刻正由別人佔着；過了時間的不算，誰都可以接着改。"""
        if self.held_by_id is None or self.held_by_id == user_id:
            return False
        return self.held_until is not None and self.held_until > at


class Paragraph(models.Model):
    """一段。composed_text 是彙集來的，text 是要印的；人改過的，重新彙集不再動它。"""

    class Kind(models.TextChoices):
        TEXT = "text", _("文字")
        FIGURES = "figures", _("數據")
        MISSING = "missing", _("報送名單")

    section = models.ForeignKey(Section, on_delete=models.CASCADE, related_name="paragraphs")
    key = models.CharField(max_length=80)
    kind = models.CharField(_("種類"), max_length=10, choices=Kind, default=Kind.TEXT)
    position = models.PositiveIntegerField(_("次序"), default=0)
    composed_text = models.TextField(_("彙集的原文"), blank=True)
    text = models.TextField(_("正文"), blank=True)
    marks = models.JSONField(_("標記"), default=list, blank=True)
    prior_text = models.TextField(_("上一期的寫法"), blank=True)
    is_own = models.BooleanField(_("辦公室自己加的"), default=False)
    is_edited = models.BooleanField(_("改過"), default=False)
    is_left_out = models.BooleanField(_("不採用"), default=False)
    is_stale = models.BooleanField(_("改後來源又更新"), default=False)
    is_withdrawn = models.BooleanField(_("來源已撤回"), default=False)
    version = models.PositiveIntegerField(_("保存次數"), default=0)
    edited_at = models.DateTimeField(_("改動時間"), null=True, blank=True)
    edited_by = models.ForeignKey(
        User, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )

    class Meta:
        verbose_name = _("段落")
        verbose_name_plural = _("段落")
        ordering = ["position", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["section", "key"], name="report_paragraph_once"),
        ]

    def __str__(self) -> str:
        return self.text[:40]

    @property
    def needs_attention(self) -> bool:
        """印發前要看一眼：改過之後來源變了或撤了。"""
        return not self.is_left_out and (self.is_stale or self.is_withdrawn)


class ParagraphSource(models.Model):
    """一段文字的一個出處。單位名稱存當時的：日後改名，舊文仍印舊名。"""

    paragraph = models.ForeignKey(Paragraph, on_delete=models.CASCADE, related_name="sources")
    position = models.PositiveSmallIntegerField(default=0)
    round = models.ForeignKey(
        Round, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    clause = models.ForeignKey(
        Clause, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    label = models.CharField(_("出處"), max_length=300)
    department_name = models.CharField(_("單位"), max_length=60, blank=True)
    text_sha256 = models.CharField(_("所用文字的哈希"), max_length=64, blank=True)

    class Meta:
        verbose_name = _("來源")
        verbose_name_plural = _("來源")
        ordering = ["position", "pk"]

    def __str__(self) -> str:
        return self.label


class Figure(models.Model):
    """文中的一個數，和它背後的清單（截止那一刻的樣子，日後也不變）。

    kind 為 count 時 value 就是 items 的條數；share 時是有說明的占全部的百分比；
    reported 時是單位報來的數，原樣引用。
    quoted 是文中現在寫的樣子（「11項」）；與 phrase 不同，說明人改過之後數據又變了。
    """

    class Kind(models.TextChoices):
        COUNT = "count", _("計數")
        REPORTED = "reported", _("單位填報")
        SHARE = "share", _("比例")

    paragraph = models.ForeignKey(Paragraph, on_delete=models.CASCADE, related_name="figures")
    key = models.CharField(max_length=80)
    kind = models.CharField(max_length=10, choices=Kind, default=Kind.COUNT)
    position = models.PositiveSmallIntegerField(default=0)
    label = models.CharField(_("名稱"), max_length=120)
    value = models.CharField(_("數值"), max_length=40)
    unit = models.CharField(_("單位"), max_length=20, blank=True)
    quoted = models.CharField(_("文中寫法"), max_length=60)
    items = models.JSONField(_("清單"), default=list)

    class Meta:
        verbose_name = _("數據")
        verbose_name_plural = _("數據")
        ordering = ["position", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["paragraph", "key"], name="report_figure_once"),
        ]

    def __str__(self) -> str:
        return f"{self.label} {self.phrase}"

    @property
    def phrase(self) -> str:
        return f"{self.value}{self.unit}"

    @property
    def short_label(self) -> str:
        """在自己那一節裏不必再說是哪一節的。"""
        return self.label.rpartition("：")[2]

    @property
    def is_stale(self) -> bool:
        return self.quoted != self.phrase
