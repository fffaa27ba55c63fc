"""留痕與通知是同一根脊樑：誰在何時做了什麼，以及必須讓誰知道。"""

import hashlib
import json
import re
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

#: 每日提醒可以選在幾點到幾點發。
EARLIEST_HOUR, LATEST_HOUR = 8, 18
# 獨佔一行的站內鏈接：以單個「/」開頭、沒有空白；前面可以有一個動作，如「簽收 /measures/…」。
LINK = re.compile(r"^[ \t]*(?:(\w{1,8}) )?(/(?!/)\S*)[ \t]*$", re.MULTILINE)


class EntryQuerySet(models.QuerySet["Entry"]):
    def about(self, topic: models.Model) -> "EntryQuerySet":
        """某件事的全部留痕，新的在前。"""
        return self.filter(topic_type=topic._meta.label_lower, topic_id=topic.pk).order_by(
            "-at", "-pk"
        )

    def unsealed(self) -> "EntryQuerySet":
        return self.filter(sequence__isnull=True).order_by("pk")


class Entry(models.Model):
    """一條留痕：只增不改。寫入後由封存任務按先後編號並以哈希相連，改一條即被查出。

    target 是被改動的那一行；topic 是人們會在哪一頁上找這段經過（例如一次填報的
    topic 是它所屬的具體措施）。
    """

    at = models.DateTimeField(_("時間"), db_index=True)
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("經辦"),
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
    )
    actor_name = models.CharField(_("當時的姓名和職務"), max_length=120)
    action = models.CharField(_("動作"), max_length=60)
    target_type = models.CharField(_("對象類別"), max_length=60)
    target_id = models.BigIntegerField(_("對象編號"))
    topic_type = models.CharField(_("所屬類別"), max_length=60)
    topic_id = models.BigIntegerField(_("所屬編號"))
    summary = models.CharField(_("經過"), max_length=500)
    reason = models.TextField(_("理由"), blank=True)
    changes = models.JSONField(_("改動"), default=dict, blank=True)
    sequence = models.BigIntegerField(_("封存序號"), null=True, unique=True, editable=False)
    previous_hash = models.CharField(max_length=64, blank=True, editable=False)
    hash = models.CharField(_("封存哈希"), max_length=64, blank=True, editable=False)

    objects = EntryQuerySet.as_manager()

    class Meta:
        verbose_name = _("留痕")
        verbose_name_plural = _("留痕")
        ordering = ["-at", "-pk"]
        indexes = [
            models.Index(fields=["topic_type", "topic_id", "-at"], name="entry_topic"),
            models.Index(fields=["target_type", "target_id", "-at"], name="entry_target"),
        ]

    def __str__(self) -> str:
        return f"{timezone.localtime(self.at):%Y-%m-%d %H:%M} {self.actor_name} {self.summary}"

    def sealed_content(self) -> str:
        """參與哈希的內容，逐字節固定。"""
        return json.dumps(
            [
                self.sequence,
                self.previous_hash,
                int(self.at.timestamp() * 1_000_000),
                self.actor_id,
                self.actor_name,
                self.action,
                self.target_type,
                self.target_id,
                self.topic_type,
                self.topic_id,
                self.summary,
                self.reason,
                self.changes,
            ],
            ensure_ascii=False,
            sort_keys=True,
        )

    def computed_hash(self) -> str:
        return hashlib.sha256(self.sealed_content().encode()).hexdigest()


class ChainHead(models.Model):
    """封存鏈的末端。只有一行；封存時鎖住它，兩個封存任務不會編出同一個序號。"""

    sequence = models.BigIntegerField(default=0)
    hash = models.CharField(max_length=64, blank=True)

    class Meta:
        verbose_name = _("封存鏈")
        verbose_name_plural = _("封存鏈")

    def __str__(self) -> str:
        return f"{self.sequence} {self.hash[:12]}"


class GatewayQuerySet(models.QuerySet["Gateway"]):
    def for_groups(self) -> "GatewayQuerySet":
        """可以往裏發群消息的。"""
        return self.filter(is_active=True, scope=Gateway.Scope.GROUP)

    def for_people(self) -> "GatewayQuerySet":
        """可以發給個人的（短信），先配置的優先。"""
        return self.filter(is_active=True, scope=Gateway.Scope.PERSONAL).order_by("pk")


class Gateway(models.Model):
    """通往平台之外的一個渠道：一個工作群的機器人，或短信網關。只有管理員配置。

    密鑰加密存在 sealed 裏，只在發送的那一刻解開（journal.channels.vault）；
    頁面、日誌、留痕和報錯裏都不出現。
    """

    class Kind(models.TextChoices):
        WECOM = "wecom", _("企業微信群機器人")
        DINGTALK = "dingtalk", _("釘釘群機器人")
        FEISHU = "feishu", _("飛書群機器人")
        WEBHOOK = "webhook", _("通用接口")

    class Scope(models.TextChoices):
        GROUP = "group", _("工作群")
        PERSONAL = "personal", _("個人短信")

    kind = models.CharField(_("類別"), max_length=10, choices=Kind)
    scope = models.CharField(_("發給誰"), max_length=10, choices=Scope, default=Scope.GROUP)
    name = models.CharField(_("名稱"), max_length=40, unique=True)
    sealed = models.TextField(_("密鑰"), editable=False)
    is_active = models.BooleanField(_("啟用"), default=True)
    tested_at = models.DateTimeField(_("最近一次測試"), null=True, blank=True, editable=False)
    test_error = models.CharField(_("測試未成的原因"), max_length=300, blank=True, editable=False)

    objects = GatewayQuerySet.as_manager()

    class Meta:
        verbose_name = _("渠道")
        verbose_name_plural = _("渠道")
        ordering = ["scope", "name"]
        constraints = [
            models.CheckConstraint(
                condition=Q(scope="group") | Q(kind="webhook"),
                name="only_webhooks_reach_one_person",
                violation_error_message=_("群機器人只能發到工作群；短信請選「通用接口」。"),
            ),
        ]

    def __str__(self) -> str:
        return self.name

    def __repr__(self) -> str:
        return f"<Gateway {self.pk} {self.kind}>"

    @property
    def tells_repeats_apart(self) -> bool:
        """同一條發兩次，對方認得出嗎。通用接口按標識認；群機器人不認，所以結果不明的不自動重發。"""
        return self.kind == self.Kind.WEBHOOK


class NoticeQuerySet(models.QuerySet["Notice"]):
    def for_person(self, user: Any) -> "NoticeQuerySet":
        return self.filter(recipient=user)

    def unread(self, user: Any) -> "NoticeQuerySet":
        return self.filter(recipient=user, read_at__isnull=True)

    def unread_first(self) -> "NoticeQuerySet":
        """沒讀的在前，各自新的在前。"""
        seen = models.ExpressionWrapper(
            Q(read_at__isnull=False), output_field=models.BooleanField()
        )
        return self.annotate(seen=seen).order_by("seen", "-created_at", "-pk")


class Notice(models.Model):
    """必須讓某人知道的一件事。與它所講的改動寫在同一個事務裏；投遞是之後的事。

    發到工作群的沒有收件人，有 gateway；兩者必居其一。
    """

    class Kind(models.TextChoices):
        EVENT = "event", _("辦理消息")
        CHASE = "chase", _("催辦")
        DIGEST = "digest", _("每日提醒")

    recipient = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("收件人"),
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="notices",
    )
    gateway = models.ForeignKey(
        Gateway,
        verbose_name=_("工作群"),
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="notices",
    )
    entry = models.ForeignKey(
        Entry,
        verbose_name=_("來由"),
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="notices",
    )
    kind = models.CharField(_("類別"), max_length=10, choices=Kind, default=Kind.EVENT)
    title = models.CharField(_("標題"), max_length=200)
    body = models.TextField(_("內容"), blank=True)
    url = models.CharField(_("鏈接"), max_length=300, blank=True)
    created_at = models.DateTimeField(_("時間"))
    read_at = models.DateTimeField(_("閱讀時間"), null=True, blank=True)
    key = models.CharField(  # noqa: DJ001  空值不參與唯一約束
        _("唯一標識"),
        max_length=120,
        null=True,
        blank=True,
        help_text=_("同一人同一標識只會有一條，重複執行的任務靠它不重發。"),
    )

    objects = NoticeQuerySet.as_manager()

    class Meta:
        verbose_name = _("通知")
        verbose_name_plural = _("通知")
        ordering = ["-created_at", "-pk"]
        constraints = [
            models.UniqueConstraint(fields=["recipient", "key"], name="notice_once_per_key"),
            models.UniqueConstraint(fields=["gateway", "key"], name="notice_once_per_group_key"),
            models.CheckConstraint(
                condition=Q(recipient__isnull=False, gateway__isnull=True)
                | Q(recipient__isnull=True, gateway__isnull=False),
                name="notice_to_a_person_or_a_group",
            ),
        ]
        indexes = [
            models.Index(
                fields=["recipient"], name="notice_unread", condition=Q(read_at__isnull=True)
            ),
            models.Index(fields=["recipient", "-created_at"], name="notice_inbox"),
            models.Index(fields=["-created_at"], name="notice_outbox"),
        ]

    def __str__(self) -> str:
        return self.title

    def get_absolute_url(self) -> str:
        return reverse("journal:notice", args=[self.pk])

    @property
    def preview(self) -> str:
        """列表裏的一兩行：正文去掉獨佔一行的站內鏈接。"""
        lines = (line.strip() for line in LINK.sub("", self.body).splitlines())
        return " ".join(filter(None, lines))


class DeliveryQuerySet(models.QuerySet["Delivery"]):
    def due(self, at: datetime) -> "DeliveryQuerySet":
        """該發而沒人在發的：等待中且到了時間，或發到一半租約過期的。"""
        return self.filter(
            Q(state=Delivery.State.WAITING, next_attempt_at__lte=at)
            | Q(state=Delivery.State.SENDING, lease_until__lt=at)
        ).order_by("next_attempt_at", "pk")


class Delivery(models.Model):
    """一條通知經一個渠道的投遞。行是真相，消息隊列只是門鈴。"""

    class Channel(models.TextChoices):
        MAIL = "mail", _("郵件")
        SMS = "sms", _("短信")
        GROUP = "group", _("群消息")

    class State(models.TextChoices):
        WAITING = "waiting", _("等待發送")
        SENDING = "sending", _("發送中")
        SENT = "sent", _("已發送")
        CANCELLED = "cancelled", _("不再需要")
        GIVEN_UP = "given_up", _("放棄")
        UNCERTAIN = "uncertain", _("結果不明")

    RESENDABLE = (State.GIVEN_UP, State.UNCERTAIN)

    notice = models.ForeignKey(
        Notice, verbose_name=_("通知"), on_delete=models.PROTECT, related_name="deliveries"
    )
    channel = models.CharField(_("渠道"), max_length=10, choices=Channel)
    gateway = models.ForeignKey(
        Gateway,
        verbose_name=_("經由"),
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="deliveries",
    )
    address = models.CharField(_("地址"), max_length=254)
    state = models.CharField(_("狀態"), max_length=10, choices=State, default=State.WAITING)
    attempts = models.PositiveSmallIntegerField(_("次數"), default=0)
    next_attempt_at = models.DateTimeField(_("下次發送"))
    lease_until = models.DateTimeField(_("租約到期"), null=True, blank=True)
    sent_at = models.DateTimeField(_("發出時間"), null=True, blank=True)
    message_id = models.CharField(_("消息標識"), max_length=120, unique=True)
    last_error = models.CharField(_("最近一次未成的原因"), max_length=300, blank=True)

    objects = DeliveryQuerySet.as_manager()

    class Meta:
        verbose_name = _("投遞")
        verbose_name_plural = _("投遞")
        ordering = ["-pk"]
        constraints = [
            models.UniqueConstraint(fields=["notice", "channel"], name="delivery_once_per_channel"),
            models.CheckConstraint(
                condition=Q(channel="mail", gateway__isnull=True)
                | (~Q(channel="mail") & Q(gateway__isnull=False)),
                name="delivery_knows_its_way",
            ),
        ]
        indexes = [models.Index(fields=["state", "next_attempt_at"], name="delivery_due")]

    def __str__(self) -> str:
        return f"{self.get_channel_display()} {self.address} {self.get_state_display()}"


class Preference(models.Model):
    """一個人的消息設置：除站內以外還發到哪裏、每日提醒幾點發。

    站內消息不在其中：它關不掉，該辦的事因此不會漏。
    """

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL,
        verbose_name=_("人員"),
        on_delete=models.CASCADE,
        related_name="preference",
    )
    mail = models.BooleanField(_("發郵件"), default=True)
    sms = models.BooleanField(_("發短信"), default=False)
    digest_hour = models.PositiveSmallIntegerField(_("每日提醒幾點發"), default=EARLIEST_HOUR)

    class Meta:
        verbose_name = _("消息設置")
        verbose_name_plural = _("消息設置")
        constraints = [
            models.CheckConstraint(
                condition=Q(digest_hour__gte=EARLIEST_HOUR, digest_hour__lte=LATEST_HOUR),
                name="digest_in_office_hours",
                violation_error_message=_("每日提醒在 8 點到 18 點之間發。"),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user} {self.digest_hour}:00"
