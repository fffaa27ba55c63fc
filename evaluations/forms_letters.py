"""目標責任書的表單。"""

from django import forms
from django.utils.translation import gettext_lazy as _


class TermsForm(forms.Form):
    """補充條款。"""

    terms = forms.CharField(
        label=_("補充條款"),
        required=False,
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 8}),
        help_text=_("雙方另外約定的事，一行一條；沒有就留空。"),
    )


class LetterReasonForm(forms.Form):
    """退回、作廢的理由。"""

    use_required_attribute = False

    reason = forms.CharField(
        label=_("理由"),
        max_length=500,
        widget=forms.Textarea(attrs={"rows": 4}),
        error_messages={"required": _("寫明理由，對方要據此修改。")},
    )
