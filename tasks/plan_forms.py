"""方案導入的表單：貼入或上傳、一步調整、一項指標的要求。"""

from typing import Any

from django import forms
from django.core.files.uploadedfile import UploadedFile
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from campaigns.models import Indicator
from pingtan_civ.lib.plan.adjust import LEVELS
from pingtan_civ.lib.plan.breakdown import ParsedBreakdown, read_breakdown
from pingtan_civ.lib.plan.package import UnreadablePlan
from pingtan_civ.lib.plan.readers import MAX_BYTES, read_plan
from pingtan_civ.lib.plan.types import Kind

#: 貼入的上限：再長就不像一份方案，請用文件。
PASTE_LIMIT = 200_000
_OPERATIONS = ("kind", "level", "split", "merge", "drop", "keep", "heading", "title")
_NUMERIC = {"split", "heading"}


class _EitherText(forms.CharField):
    """二者給一樣就行：不標「選填」，單獨空着也不算錯。"""

    def validate(self, value: str) -> None:
        """是否兩樣都沒有給，由表單一起看。"""


class _EitherFile(forms.FileField):
    def validate(self, value: UploadedFile | None) -> None:
        """見 _EitherText。"""


class PlanSourceForm(forms.Form):
    """貼入文字，或上傳一份文件；二者給一樣。"""

    use_required_attribute = False
    text = _EitherText(
        label=gettext_lazy("貼入方案原文"),
        strip=False,
        widget=forms.Textarea(attrs={"rows": 14, "spellcheck": "false"}),
        help_text=gettext_lazy(
            "從 Word 或網頁複製過來即可，序號、分段照原樣；頁腳和鏈接下一步再去。"
        ),
    )
    file = _EitherFile(
        label=gettext_lazy("或上傳文件"),
        allow_empty_file=True,
        widget=forms.FileInput(attrs={"accept": ".txt,.docx,.xlsx"}),
        help_text=gettext_lazy(
            "可傳 .txt、.docx，或 .xlsx 任務分解表，不超過 20 MB；同時貼了文字的，以文件為準。"
        ),
    )

    def __init__(self, *args: Any, year: int, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._year = year
        self.source_name = ""
        self.source_text = ""
        self.table: ParsedBreakdown | None = None

    def clean_text(self) -> str:
        text = self.cleaned_data["text"].replace("\r\n", "\n").replace("\x00", "")
        if len(text) > PASTE_LIMIT:
            raise forms.ValidationError(
                _("貼入的文字有 %(count)d 字，超過 %(limit)d 字；請存成 .docx 或 .txt 上傳。")
                % {"count": len(text), "limit": PASTE_LIMIT}
            )
        return text

    def clean_file(self) -> UploadedFile | None:
        upload = self.cleaned_data["file"]
        if upload:
            self._read(upload)
        return upload

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        if self.errors or cleaned.get("file"):
            return cleaned
        if not cleaned.get("text", "").strip():
            self.add_error("text", _("貼入方案的文字，或選一個文件，再繼續。"))
        self.source_name, self.source_text = _("貼入的文字"), cleaned.get("text", "")
        return cleaned

    def _read(self, upload: UploadedFile) -> None:
        if upload.size > MAX_BYTES:
            raise forms.ValidationError(
                _("文件超過 %(limit)d MB，請只上傳方案正文。")
                % {"limit": MAX_BYTES // 1024 // 1024}
            )
        data, self.source_name = upload.read(), upload.name
        try:
            if upload.name.lower().endswith(".xlsx"):
                self.table = read_breakdown(data, self._year)
            else:
                self.source_text = read_plan(data, upload.name).replace("\x00", "")
        except UnreadablePlan as error:
            raise forms.ValidationError(str(error)) from error


class AdjustForm(forms.Form):
    """一步調整，見 pingtan_civ.lib.plan.adjust。"""

    op = forms.ChoiceField(choices=[(name, name) for name in _OPERATIONS])
    row = forms.CharField(required=False, max_length=20)
    value = forms.CharField(required=False, max_length=200)

    def operation(self) -> dict[str, Any]:
        op, value = self.cleaned_data["op"], self.cleaned_data["value"]
        operation: dict[str, Any] = {"op": op, "row": self.cleaned_data["row"]}
        if value:
            operation["value"] = int(value) if op in _NUMERIC else value
        return operation

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        op, value = cleaned.get("op"), cleaned.get("value", "")
        allowed = {"kind": {str(kind) for kind in Kind}, "level": set(LEVELS)}
        wrong = (op in _NUMERIC and not value.isascii()) or (op in _NUMERIC and not value.isdigit())
        if wrong or (op in allowed and value not in allowed[op]):
            self.add_error("value", _("從給出的選項裏選一個。"))
        return cleaned


class IndicatorForm(forms.ModelForm):
    """一項指標的週期、口徑、是否一票否決類；要哪些佐證在各行裏（campaigns.spec_forms）。"""

    class Meta:
        model = Indicator
        fields = ["cycle", "measurable", "is_veto_like", "standard"]
        labels = {"cycle": gettext_lazy("報送週期")}
