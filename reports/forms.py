"""彙報的表單。"""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from people.forms import DateField
from reports.annex_fields import WithAnnexes
from reports.models import Report
from reports.paper_kinds import PaperKind
from reports.services import Settings
from reports.services.editing import TEXT_LIMIT


class DateInput(forms.DateInput):
    input_type = "date"

    def __init__(self) -> None:
        super().__init__(format="%Y-%m-%d")


class ReportForm(WithAnnexes, forms.ModelForm):
    """標題、期間、主送、落款，版式和附件。"""

    annexes = forms.MultipleChoiceField(
        label=_("附件"),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=_("印在正文之後；沒有內容的一件自動不印。簽發時連內容一起凍結。"),
    )

    class Meta:
        model = Report
        fields = (
            "title",
            "period_start",
            "period_end",
            "salutation",
            "signature",
            "script",
            "annexes",
            "head_text",
            "copied_to",
            "has_seal_place",
            "prints_marks",
        )
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

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.offer_annexes()

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


class NewReportForm(ReportForm):
    """新編一份：另選專題說哪幾項主要任務、哪幾項措施作經驗；提綱用得着才有。"""

    tasks = forms.MultipleChoiceField(
        label=_("說哪幾項主要任務"),
        widget=forms.CheckboxSelectMultiple,
        help_text=_("正文、數據和附件都只取這幾項的。"),
        error_messages={"required": _("專題彙報要選定說哪幾項主要任務，請至少勾一項。")},
    )
    highlights = forms.MultipleChoiceField(
        label=_("選作經驗的措施"),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=_("印期內審核通過的原文，期內沒有文字的不印。不選就沒有「經驗交流」一章。"),
    )

    field_order = ("title", "period_start", "period_end", "tasks", "highlights")

    def __init__(
        self,
        *args: Any,
        tasks: list[tuple[str, str]] | None = None,
        highlights: list[tuple[str, str]] | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        for name, choices in (("tasks", tasks), ("highlights", highlights)):
            if choices is None:
                del self.fields[name]
            else:
                self.fields[name].choices = choices

    @property
    def scope(self) -> dict[str, list[str]]:
        """選定的主要任務和措施，都是編碼。"""
        return {name: self.cleaned_data.get(name, []) for name in ("tasks", "highlights")}


class ParagraphForm(forms.Form):
    """一段的文字。version 是打開時看到的保存次數。"""

    text = forms.CharField(
        label=_("這一段的文字"),
        max_length=TEXT_LIMIT,
        strip=True,
        widget=forms.Textarea(attrs={"rows": 7}),
        error_messages={
            "required": _("這一段是空的。不要這一段的話，請按「收起」，再用「不採用」。"),
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


class TemplateForm(forms.Form):
    """上傳一份 Word 模板。"""

    paper = forms.ChoiceField(label=_("用於"))
    name = forms.CharField(
        label=_("模板名稱"),
        max_length=80,
        help_text=_("與在用的同名，就是換上新的一份，舊的停用。"),
    )
    file = forms.FileField(
        label=_("Word 文件（.docx）"),
        widget=forms.ClearableFileInput(attrs={"accept": ".docx"}),
        error_messages={
            "required": _("請選擇要上傳的 .docx 模板。"),
            "empty": _("這個文件是空的，請重新選擇。"),
        },
    )

    def __init__(self, *args: Any, kinds: list[PaperKind], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["paper"].choices = [(kind.template.code, kind.label) for kind in kinds]


class PaperSignatureForm(VersionForm):
    """領導在紙上簽了，辦公室登記。"""

    signed_name = forms.CharField(
        label=_("簽發人"), max_length=40, help_text=_("在紙上簽字的組長或副組長，寫姓名。")
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
