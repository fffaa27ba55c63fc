"""改工作日曆的表單：導入一年的安排，記一天。"""

import hashlib
import json
from datetime import date

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from agenda.notice_files import MAX_BYTES, UnreadableFile, read_file
from people.forms import DateField
from pingtan_civ.lib.holiday_notice import UnreadableNotice, read_notice
from workdays.models import CalendarDay

#: 「恢復平常」不是一種日子，是刪去記錄。
CLEAR = "clear"
MOST_PROBLEMS = 20
#: 一次最多記連着的幾天。
MOST_DAYS = 31


class SeenForm(forms.Form):
    """先看後存：seen 是看過的那一份的摘要，看過之後又改了的要再看一遍。"""

    seen = forms.CharField(required=False, widget=forms.HiddenInput, max_length=64)

    @property
    def digest(self) -> str:
        values = {key: str(value) for key, value in self.cleaned_data.items() if key != "seen"}
        return hashlib.sha256(json.dumps(values, sort_keys=True).encode()).hexdigest()

    @property
    def is_seen(self) -> bool:
        return self.cleaned_data["seen"] == self.digest


class ImportYearForm(SeenForm):
    """導入一年的放假安排；錯在哪一行，一次說全。"""

    year = forms.IntegerField(label=gettext_lazy("年份"), min_value=2004, max_value=2100)
    text = forms.CharField(
        label=gettext_lazy("放假安排"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 12}),
        max_length=50_000,
        help_text=gettext_lazy(
            "粘貼國務院辦公廳的放假通知全文；也可以每行一天，寫成「日期,類別,名稱」，"
            "類別是放假、調休上班或本地停辦。"
        ),
    )
    file = forms.FileField(
        label=gettext_lazy("或選文件"),
        required=False,
        help_text=gettext_lazy("通知全文 .txt，或表格 .csv、.xlsx。選了文件就以文件為準。"),
    )
    source = forms.CharField(
        label=gettext_lazy("依據"),
        max_length=200,
        help_text=gettext_lazy("通知的文號，如：國辦發明電〔2026〕×號。"),
    )

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)
        # 兩欄填一欄，都不能說「選填」。
        self.fields["text"].is_needed = self.fields["file"].is_needed = True

    def clean_file(self) -> None:
        """文件讀成文字，放進文字框：看過的就是將要存的。"""
        file = self.cleaned_data.get("file")
        if file:
            try:
                self.from_file = read_file(file.name, file.read(MAX_BYTES + 1))
            except UnreadableFile as error:
                raise ValidationError(str(error))

    def clean(self) -> dict[str, object]:
        cleaned = super().clean() or {}
        text = getattr(self, "from_file", "") or cleaned.get("text", "")
        # 瀏覽器交文字框時換行變成兩個字符、頭尾空白不留；先收拾好，看過的摘要才對得上。
        cleaned["text"] = text.replace("\r\n", "\n").strip()
        if self.errors:
            return cleaned
        if not cleaned["text"]:
            raise ValidationError({"text": _("粘貼通知全文，或選一個文件。")})
        try:
            read_notice(cleaned["text"], cleaned["year"])
        except UnreadableNotice as error:
            field = "file" if getattr(self, "from_file", "") else "text"
            raise ValidationError({field: error.problems[:MOST_PROBLEMS]})
        return cleaned

    def kept(self) -> "ImportYearForm":
        """看過一遍之後的表單：文件的內容已在文字框裏。"""
        return ImportYearForm(
            {
                "year": self.cleaned_data["year"],
                "text": self.cleaned_data["text"],
                "source": self.cleaned_data["source"],
                "seen": self.digest,
            }
        )


class DayForm(SeenForm):
    """記一天或連着幾天：颱風停辦、臨時放假或上班，或恢復平常。"""

    day = DateField(label=gettext_lazy("日期"))
    until = DateField(
        label=gettext_lazy("到哪一天"),
        required=False,
        help_text=gettext_lazy("連着幾天的填最後一天；只有一天的不用填。"),
    )
    kind = forms.ChoiceField(
        label=gettext_lazy("這一天"),
        choices=[
            (CalendarDay.Kind.LOCAL_CLOSURE, gettext_lazy("本地停辦")),
            (CalendarDay.Kind.HOLIDAY, gettext_lazy("放假")),
            (CalendarDay.Kind.MAKE_UP, gettext_lazy("調休上班")),
            (CLEAR, gettext_lazy("恢復平常")),
        ],
        widget=forms.RadioSelect,
        initial=CalendarDay.Kind.LOCAL_CLOSURE,
    )
    name = forms.CharField(
        label=gettext_lazy("名稱"),
        max_length=60,
        required=False,
        help_text=gettext_lazy("如：颱風停辦。"),
    )
    source = forms.CharField(
        label=gettext_lazy("依據"),
        max_length=200,
        required=False,
        help_text=gettext_lazy("通知的文號或說明，便於日後查對。"),
    )

    def clean_until(self) -> date | None:
        first, last = self.cleaned_data.get("day"), self.cleaned_data["until"]
        if first and last and last < first:
            raise ValidationError(_("最後一天不能早於第一天。"))
        if first and last and (last - first).days >= MOST_DAYS:
            raise ValidationError(_("一次最多記 %(count)d 天，請分幾次記。") % {"count": MOST_DAYS})
        return last

    def kept(self) -> "DayForm":
        values = {key: self.cleaned_data[key] for key in ("kind", "name", "source")}
        days = {key: self.cleaned_data[key] for key in ("day", "until")}
        shown = {key: day.isoformat() if day else "" for key, day in days.items()}
        return DayForm({**values, **shown, "seen": self.digest})
