"""要材料的表單：只管收拾乾淨，能不能要由服務說了算。"""

from datetime import date
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from campaigns.models import Campaign, EvidenceForm, Indicator
from evidence.services.requests import BASIS_LIMIT, Wish
from people.forms import SeveralField
from people.models import Department
from tasks.work_forms import ProseField, day_field


class IndicatorField(forms.ModelChoiceField):
    def label_from_instance(self, row: Indicator) -> str:
        return f"{row.code} {row.clause.text[:60]}"


class FormsField(SeveralField):
    def label_from_instance(self, row: EvidenceForm) -> str:
        return _(row.name)


class RequestForm(forms.Form):
    """一次要材料。"""

    use_required_attribute = False

    basis = forms.CharField(
        label=gettext_lazy("依據"),
        max_length=BASIS_LIMIT,
        help_text=gettext_lazy("哪份文件、哪一條、誰的要求，單位會看到。"),
        error_messages={
            "required": gettext_lazy("寫明依據：哪份文件、哪一條、誰的要求。沒有依據的材料不要。"),
            "max_length": gettext_lazy("依據最多 %(limit_value)d 字，寫文件名和條款即可。"),
        },
    )
    indicator = IndicatorField(
        label=gettext_lazy("為哪項指標"),
        queryset=Indicator.objects.none(),
        empty_label=gettext_lazy("選一項指標"),
    )
    departments = SeveralField(
        label=gettext_lazy("向哪些單位要"),
        queryset=Department.objects.none(),
        widget=forms.CheckboxSelectMultiple,
    )
    asked_from = day_field(gettext_lazy("材料所屬時期，從"), required=True)
    asked_to = day_field(gettext_lazy("到"), required=True)
    kinds = FormsField(
        label=gettext_lazy("要哪些形式"),
        queryset=EvidenceForm.objects.none(),
        widget=forms.CheckboxSelectMultiple,
        help_text=gettext_lazy("指標定過份數和要求的照它，沒定過的各要一份。"),
    )
    due_date = day_field(gettext_lazy("何時交"), required=True)
    note = ProseField(
        label=gettext_lazy("說明"),
        limit=500,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=gettext_lazy("還要說清的，如要看得到單位名稱。"),
    )
    seen = forms.CharField(required=False, widget=forms.HiddenInput)

    def __init__(self, *args: Any, campaign: Campaign, today: date, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        indicators = Indicator.objects.filter(
            objective__campaign=campaign, retired_at__isnull=True
        ).select_related("objective", "clause")
        self.fields["indicator"].queryset = indicators.order_by(
            "objective__number", "position", "pk"
        )
        self.fields["departments"].queryset = Department.objects.existing(today).exclude(
            kind=Department.Kind.BUREAU
        )
        self.fields["kinds"].queryset = EvidenceForm.objects.filter(is_active=True)

    def wish(self) -> Wish:
        values = self.cleaned_data
        return Wish(
            basis=values["basis"],
            indicator=values["indicator"],
            departments=tuple(values["departments"]),
            asked_from=values["asked_from"],
            asked_to=values["asked_to"],
            forms=tuple(values["kinds"]),
            due_date=values["due_date"],
            note=values["note"],
        )

    def choice_key(self) -> str:
        """看過的是哪一組：換了指標、單位或時期，要再看一遍已有什麼。"""
        values = self.cleaned_data
        units = "-".join(str(row.pk) for row in values["departments"])
        return f"{values['indicator'].pk}:{units}:{values['asked_from']}:{values['asked_to']}"
