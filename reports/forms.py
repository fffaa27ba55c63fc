"""彙報的表單。"""

from datetime import date

from django import forms
from django.utils.translation import gettext_lazy as _

from people.forms import DateField
from pingtan_civ.lib.periods import period_of
from reports.models import Report
from reports.services import Settings
from reports.services.editing import TEXT_LIMIT


class DateInput(forms.DateInput):
    input_type = "date"

    def __init__(self) -> None:
        super().__init__(format="%Y-%m-%d")


class ReportForm(forms.ModelForm):
    """標題、期間、主送、落款。"""

    class Meta:
        model = Report
        fields = ("title", "period_start", "period_end", "salutation", "signature", "script")
        widgets = {
            "period_start": DateInput(),
            "period_end": DateInput(),
            "script": forms.RadioSelect,
        }
        field_classes = {"period_start": DateField, "period_end": DateField}
        labels = {"period_start": _("期間從"), "period_end": _("期間到")}
        help_texts = {
            "period_start": _("彙集報送所屬時段與這一期間有重合、並已審核通過的內容。"),
            "script": _("下載時仍可另選。"),
        }

    def clean(self) -> dict[str, object]:
        cleaned = super().clean()
        start, end = cleaned.get("period_start"), cleaned.get("period_end")
        if start and end and end < start:
            self.add_error("period_end", _("期末早於期初，請改正其中一個。"))
        return cleaned

    def _get_validation_exclusions(self) -> set[str]:
        # 期間由 clean 核對並寫明是哪一欄；約束再報一遍就重複了。
        return super()._get_validation_exclusions() | {"period_start", "period_end"}

    @property
    def settings(self) -> Settings:
        return Settings(**{name: self.cleaned_data[name] for name in self.Meta.fields})


def default_period(today: date, start: date, end: date) -> tuple[date, date]:
    """默認本季度；活動不在本季度進行時，取活動的起止。"""
    quarter = period_of("quarterly", today)
    if quarter.end < start or quarter.start > end:
        return start, end
    return quarter.start, quarter.end


class ParagraphForm(forms.Form):
    """一段的文字。version 是打開時看到的保存次數。"""

    text = forms.CharField(
        label=_("這一段的文字"),
        max_length=TEXT_LIMIT,
        strip=True,
        widget=forms.Textarea(attrs={"rows": 7}),
        error_messages={
            "required": _("這一段是空的。不要這一段的話，請取消後用「不採用」。"),
        },
    )
    version = forms.IntegerField(min_value=0, widget=forms.HiddenInput)

    def clean_text(self) -> str:
        return self.cleaned_data["text"].replace("\r\n", "\n")


class NewParagraphForm(forms.Form):
    text = forms.CharField(
        label=_("這一段的文字"),
        max_length=TEXT_LIMIT,
        widget=forms.Textarea(attrs={"rows": 7}),
        help_text=_("辦公室自己寫的段落沒有來源，頁面上會標明。"),
    )


class CorrectionForm(forms.Form):
    note = forms.CharField(
        label=_("更正什麼"),
        max_length=200,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("印在更正版開頭，例如：第三部分「培訓5場」更正為「培訓6場」。"),
    )


class VersionForm(forms.Form):
    """送審、審核、簽發：頁上看到的改動次數。"""

    version = forms.IntegerField(min_value=0, widget=forms.HiddenInput)


class PaperSignatureForm(VersionForm):
    """領導在紙上簽了，辦公室登記。"""

    signed_name = forms.CharField(
        label=_("簽發人"), max_length=40, help_text=_("在紙上簽字的領導，寫姓名。")
    )
    signed_on = DateField(label=_("簽發日期"), widget=DateInput(), help_text=_("印作成文日期。"))


class SendBackForm(forms.Form):
    reason = forms.CharField(
        label=_("為什麼退回"),
        max_length=500,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text=_("寫明要改什麼，辦公室每個人都收到。"),
    )


class CommentForm(forms.Form):
    """對一段的意見；對全文的沒有引文。"""

    quote = forms.CharField(
        label=_("針對的文字"),
        max_length=200,
        required=False,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text=_("留下要說的那幾個字就行；這一段日後再改，引文不變。"),
    )
    body = forms.CharField(
        label=_("意見"), max_length=1000, widget=forms.Textarea(attrs={"rows": 4})
    )


class ReplyForm(forms.Form):
    body = forms.CharField(
        label=_("答覆"), max_length=1000, widget=forms.Textarea(attrs={"rows": 4})
    )


class SuggestionForm(forms.Form):
    """在原文上直接改；base_text 是打開時的文字，提交時憑它看得出改了哪裏。"""

    text = forms.CharField(
        label=_("改成"),
        max_length=TEXT_LIMIT,
        widget=forms.Textarea(attrs={"rows": 8, "data-grow": ""}),
        help_text=_("直接在上面改；正文不動，辦公室看得到改了哪幾個字，採納了才換。"),
    )
    reason = forms.CharField(label=_("為什麼這樣改"), max_length=300, required=False)
    base_text = forms.CharField(widget=forms.HiddenInput, required=False, strip=False)


class DecisionForm(forms.Form):
    """採納或不採納；正文又改過的，由人定下合併後的文字。"""

    merged = forms.CharField(
        label=_("採納後的文字"),
        max_length=TEXT_LIMIT,
        required=False,
        widget=forms.Textarea(attrs={"rows": 8, "data-grow": ""}),
    )
    note = forms.CharField(
        label=_("處理說明"),
        max_length=300,
        required=False,
        help_text=_("不採納時寫一句為什麼，提建議的領導看得到。"),
    )
    version = forms.IntegerField(min_value=0, widget=forms.HiddenInput, required=False)
