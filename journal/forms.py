"""消息設置和渠道的表單：只管把填的東西收拾乾淨。"""

import re
from typing import Any
from urllib.parse import urlsplit

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from journal.models import EARLIEST_HOUR, LATEST_HOUR, Gateway, Preference

#: 從機器人的整條網址裏認出密鑰：管理員多半是整條貼進來的。
INSIDE_ADDRESS = {
    ("wecom", "key"): re.compile(r"[?&]key=([\w-]+)"),
    ("dingtalk", "token"): re.compile(r"[?&]access_token=(\w+)"),
    ("feishu", "token"): re.compile(r"/hook/([\w-]+)"),
}


class PreferenceForm(forms.ModelForm):
    """本人的消息設置。沒有配置的渠道不列。"""

    digest_hour = forms.TypedChoiceField(
        label=_("每日提醒幾點發"),
        coerce=int,
        choices=[(hour, f"{hour}:00") for hour in range(EARLIEST_HOUR, LATEST_HOUR + 1)],
        help_text=_("每個工作日至多一份；到點時再核對一遍，其間辦了的不再說。"),
        error_messages={"invalid_choice": _("選 8 點到 18 點之間的一個整點。")},
    )

    class Meta:
        model = Preference
        fields = ["mail", "sms", "digest_hour"]
        labels = {"mail": _("也發郵件"), "sms": _("也發短信")}
        help_texts = {"sms": _("只發每日提醒和催辦，一件一條的辦理消息不打擾手機。")}

    def __init__(self, *args: Any, offers: frozenset[str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in {"mail", "sms"} - offers:
            del self.fields[name]


class SecretField(forms.CharField):
    """密鑰：只進不出。頁面上從不寫出來，交錯了也不回填。"""

    def __init__(self, **kwargs: Any) -> None:
        attrs = {"autocomplete": "off", "spellcheck": "false"}
        kwargs.setdefault("max_length", 500)
        super().__init__(widget=forms.PasswordInput(attrs=attrs, render_value=False), **kwargs)


#: 添加時的叫法，說清楚能接什麼。
OFFERS = {Gateway.Kind.WEBHOOK: _("短信網關或其他系統（通用接口）")}


def offers() -> list[tuple[str, Any]]:
    """可以添加的各種渠道：（類別, 叫法）。"""
    return [(kind.value, OFFERS.get(kind, kind.label)) for kind in Gateway.Kind]


class GatewayForm(forms.ModelForm):
    """一個渠道。密鑰的各欄由類別決定；改的時候留空就沿用原來的。"""

    #: 類別 → 各欄（名字、標籤、說明、必填）。
    SECRETS: dict[str, list[tuple[str, Any, Any, bool]]] = {
        Gateway.Kind.WECOM: [
            (
                "key",
                _("機器人的 Webhook 地址"),
                _("在群裏「消息推送」或「群機器人」中複製，整條貼進來即可。"),
                True,
            )
        ],
        Gateway.Kind.DINGTALK: [
            (
                "token",
                _("機器人的 Webhook 地址"),
                _("在群設置的「機器人」中複製，整條貼進來即可。"),
                True,
            ),
            (
                "secret",
                _("加簽密鑰"),
                _("安全設置選了「加簽」的才填，以 SEC 開頭；選關鍵詞的，關鍵詞設為「文明創建」。"),
                False,
            ),
        ],
        Gateway.Kind.FEISHU: [
            (
                "token",
                _("機器人的 Webhook 地址"),
                _(
                    "在群設置的「群機器人」中複製，整條貼進來即可。"
                    "安全設置選關鍵詞「文明創建」或 IP，不要選簽名校驗。"
                ),
                True,
            )
        ],
        Gateway.Kind.WEBHOOK: [
            (
                "url",
                _("接口地址"),
                _("以 https:// 或 http:// 開頭。格式見 docs/channels.md。"),
                True,
            ),
            (
                "secret",
                _("簽名密鑰"),
                _("填了就給每條消息簽名，對方據此認出是本平台發的。至少 16 個字符。"),
                False,
            ),
        ],
    }
    forget = forms.BooleanField(label=_("去掉原來的簽名密鑰"), required=False)

    class Meta:
        model = Gateway
        fields = ["name", "scope", "is_active"]
        labels = {"is_active": _("啟用")}
        help_texts = {
            "name": _("發消息時按它選，如「創建工作群」。"),
            "is_active": _("停用後不再發，等着的取消；記錄都還在。"),
        }
        error_messages = {
            "name": {
                "required": _("填寫名稱。"),
                "unique": _("已有一個渠道叫這個名稱，請換一個。"),
            }
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._is_new = self.instance.pk is None
        for name, label, hint, required in self.SECRETS[self.instance.kind]:
            self.fields[name] = SecretField(
                label=label,
                help_text=hint if self._is_new else _("已設置，留空則不改。"),
                required=required and self._is_new,
                error_messages={"required": _("填寫這一項，沒有它發不出去。")},
            )
        if self._is_new:
            del self.fields["is_active"]
        if self._is_new or "secret" not in self.fields:
            del self.fields["forget"]
        if self.instance.kind != Gateway.Kind.WEBHOOK:
            del self.fields["scope"]
        self.order_fields(["name", "scope", "url", "key", "token", "secret", "forget", "is_active"])

    @property
    def secrets(self) -> dict[str, str]:
        """這次填的密鑰；留空的不在內。"""
        names = [name for name, *_rest in self.SECRETS[self.instance.kind]]
        return {name: value for name in names if (value := self.cleaned_data.get(name))}

    @property
    def values(self) -> dict[str, Any]:
        return {name: self.cleaned_data[name] for name in self.Meta.fields if name in self.fields}

    @property
    def forgotten(self) -> frozenset[str]:
        return frozenset({"secret"} if self.cleaned_data.get("forget") else ())

    def clean_key(self) -> str:
        return self._robot_key("key")

    def clean_token(self) -> str:
        return self._robot_key("token")

    def clean_secret(self) -> str:
        value = self.cleaned_data["secret"]
        if not value:
            return value
        if self.instance.kind == Gateway.Kind.DINGTALK and not re.fullmatch(r"[A-Za-z0-9]+", value):
            raise ValidationError(_("加簽密鑰只有字母和數字，以 SEC 開頭，請重新複製。"))
        if self.instance.kind == Gateway.Kind.WEBHOOK and len(value) < 16:
            raise ValidationError(_("簽名密鑰至少 16 個字符，請換一個長的。"))
        return value

    def clean_url(self) -> str:
        value = self.cleaned_data["url"]
        if not value:
            return value
        try:
            parts = urlsplit(value)
            good = parts.scheme in {"http", "https"} and bool(parts.hostname) and parts.port != 0
        except ValueError:
            good = False
        if not good or not value.isascii() or re.search(r"\s", value) or "@" in parts.netloc:
            raise ValidationError(
                _("地址應寫成 https://sms.example.gov.cn/send 這樣，不含空格、漢字和賬號密碼。")
            )
        return value

    def _robot_key(self, name: str) -> str:
        value = self.cleaned_data[name]
        if found := INSIDE_ADDRESS[self.instance.kind, name].search(value):
            value = found[1]
        if value and not re.fullmatch(r"[\w-]+", value, re.ASCII):
            raise ValidationError(_("認不出機器人的密鑰，請把 Webhook 地址整條複製過來。"))
        return value
