"""催辦的表單：說的話、電話記錄、答覆。"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from django import forms
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from tasks.services.chase_notes import check_called_at

WORDS_LIMIT = 300
ANSWER_LIMIT = 200
SPOKEN_TO_LIMIT = 40
PHRASES = (
    gettext_lazy("請今天下班前報送。"),
    gettext_lazy("有困難的請先答覆何時能報。"),
    gettext_lazy("請單位負責人過問，把好初審關。"),
    gettext_lazy("再不報送的將轉督辦單。"),
)
ANSWER_PHRASES = (
    gettext_lazy("今天下班前報。"),
    gettext_lazy("明天報。"),
    gettext_lazy("週五前報。"),
    gettext_lazy("材料已齊，正在初審。"),
)


class LineField(forms.CharField):
    """一段短話：換行先併成一個字符再數；空白和看不見的字符不算話。"""

    def __init__(self, *, limit: int, sentence: Any, **kwargs: Any) -> None:
        super().__init__(
            max_length=limit,
            error_messages={"required": sentence}
            | {
                "max_length": gettext_lazy(
                    "最多 %(limit_value)d 字，現有 %(show_value)d 字，請刪短。"
                )
            },
            **kwargs,
        )

    def to_python(self, value: Any) -> str:
        return super().to_python(value).replace("\r\n", "\n").replace("\r", "\n")


def _text(rows: int) -> forms.Textarea:
    return forms.Textarea(attrs={"rows": rows, "class": "ta-s"})


def read_batch(text: str | None) -> UUID:
    """表單帶回的這一次的標識；沒帶或不像樣的當作新的一次。"""
    try:
        return UUID(text or "")
    except ValueError:
        return uuid4()


class ChaseWordsForm(forms.Form):
    """預覽頁上可改的：說的話、催過的再不再催、發不發工作群。"""

    words = LineField(
        label=gettext_lazy("催辦的話"),
        required=False,
        limit=WORDS_LIMIT,
        sentence="",
        widget=_text(3),
        help_text=gettext_lazy("寫在每個人那一條的最前面。"),
    )
    confirmed = forms.BooleanField(
        label=gettext_lazy("本工作日已經催過的，也再催一次"), required=False
    )
    to_group = forms.BooleanField(label=gettext_lazy("同時發到工作群"), required=False)
    groups = forms.TypedMultipleChoiceField(
        label=gettext_lazy("發到哪些工作群"),
        coerce=int,
        required=False,
        widget=forms.CheckboxSelectMultiple,
        error_messages={
            "invalid_choice": gettext_lazy("有一個工作群剛剛停用了，請看清其餘的再發。")
        },
    )

    def __init__(
        self, *args: Any, has_again: bool, groups: Sequence[tuple[int, str]], **kwargs: Any
    ) -> None:
        """groups 是可以發的工作群（主鍵, 名稱），預先都勾着；只有一個時不必挑。"""
        super().__init__(*args, **kwargs)
        self._groups = dict(groups)
        if not has_again:
            del self.fields["confirmed"]
        if not groups:
            del self.fields["to_group"]
        if len(groups) < 2:
            del self.fields["groups"]
            return
        chooser = self.fields["groups"]
        chooser.choices, chooser.initial, chooser.is_needed = groups, [*self._groups], True

    def clean(self) -> dict[str, Any]:
        super().clean()
        is_offered = "groups" in self.fields and "groups" not in self.errors
        if is_offered and self.cleaned_data.get("to_group") and not self.chosen_groups:
            words = _("請至少勾選一個工作群；都不發的，去掉「同時發到工作群」。")
            self.add_error("groups", words)
        return self.cleaned_data

    @property
    def chosen_groups(self) -> dict[int, str]:
        """要發的工作群：主鍵 → 名稱。沒有勾「同時發到工作群」時為空。"""
        if not self.cleaned_data.get("to_group"):
            return {}
        wanted = self.cleaned_data.get("groups", []) if "groups" in self.fields else self._groups
        return {pk: name for pk, name in self._groups.items() if pk in wanted}


class ItemsForm(forms.Form):
    """說的是其中哪幾項；choices 是（主鍵, 叫法），預先都勾着。"""

    items = forms.MultipleChoiceField(
        label=gettext_lazy("說的是哪幾項"),
        widget=forms.CheckboxSelectMultiple,
        error_messages={
            "required": gettext_lazy("請至少勾選一項。"),
            "invalid_choice": gettext_lazy("有一項已經報出或不在列，請重新勾選。"),
        },
    )

    def __init__(self, *args: Any, choices: Sequence[tuple[int, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["items"].choices = [(str(pk), label) for pk, label in choices]
        self.fields["items"].initial = [str(pk) for pk, _label in choices]

    def chosen(self) -> list[int]:
        return [int(pk) for pk in self.cleaned_data["items"]]


class PhoneForm(ItemsForm):
    """記一個催辦電話。items 是報送的主鍵。"""

    spoken_to = LineField(
        label=gettext_lazy("接聽人"),
        limit=SPOKEN_TO_LIMIT,
        sentence=gettext_lazy("請寫明誰接的電話。"),
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    called_at = forms.DateTimeField(
        label=gettext_lazy("打電話的時間"),
        widget=forms.DateTimeInput(format="%Y-%m-%dT%H:%M", attrs={"type": "datetime-local"}),
        input_formats=["%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%d %H:%M"],
        help_text=gettext_lazy("可以補記今天早些時候的電話。"),
        error_messages={
            "required": gettext_lazy("請寫明打電話的時間。"),
            "invalid": gettext_lazy("請寫成 2026-11-23 09:30 這樣的時間。"),
        },
    )
    words = LineField(
        label=gettext_lazy("說了什麼"),
        required=False,
        limit=WORDS_LIMIT,
        sentence="",
        widget=_text(2),
    )
    answer = LineField(
        label=gettext_lazy("對方的答覆"),
        required=False,
        limit=ANSWER_LIMIT,
        sentence="",
        widget=_text(2),
        help_text=gettext_lazy("例如：週五前報。"),
    )
    batch = forms.CharField(widget=forms.HiddenInput, required=False)

    def __init__(self, *args: Any, now: datetime, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._now = now
        self.fields["called_at"].initial = timezone.localtime(now)
        self.fields["batch"].initial = uuid4()

    def clean_called_at(self) -> datetime:
        check_called_at(self.cleaned_data["called_at"], self._now)
        return self.cleaned_data["called_at"]

    def clean_batch(self) -> UUID:
        return read_batch(self.cleaned_data["batch"])


class AnswerForm(ItemsForm):
    """答覆催辦：一句話，答覆勾選的幾項。items 是催辦記錄的主鍵。"""

    answer = LineField(
        label=gettext_lazy("答覆"),
        limit=ANSWER_LIMIT,
        sentence=gettext_lazy("請寫一句何時能報，例如：週五前報。"),
        widget=_text(2),
        help_text=gettext_lazy("一句話即可。答覆了仍照常提醒，報出為止。"),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["items"].label = _("答覆哪幾項")
