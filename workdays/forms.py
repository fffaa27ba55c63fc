from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from pingtan_civ.lib.holiday_notice import UnreadableNotice, read_notice


class ImportYearForm(forms.Form):
    """導入一年的放假安排；錯在哪一行，一次說全。"""

    year = forms.IntegerField(label=_("年份"), min_value=2004, max_value=2100)
    text = forms.CharField(
        label=_("放假安排"),
        widget=forms.Textarea(attrs={"rows": 16, "cols": 90}),
        max_length=50_000,
        help_text=_(
            "粘貼國務院辦公廳的放假通知全文；也可以每行一天，寫成「日期,類別,名稱」，"
            "類別是放假、調休上班或本地停辦。"
        ),
    )
    source = forms.CharField(
        label=_("依據"),
        max_length=200,
        help_text=_("通知的文號，如：國辦發明電〔2026〕×號。"),
    )

    def clean(self) -> dict[str, object]:
        cleaned = super().clean() or {}
        if cleaned.get("text") and cleaned.get("year"):
            try:
                read_notice(cleaned["text"], cleaned["year"])
            except UnreadableNotice as error:
                raise ValidationError({"text": error.problems[:20]})
        return cleaned
