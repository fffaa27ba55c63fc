"""實地考察的表單：抽籤、安排、記現場情況。"""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from evaluations.models import AssessmentRound, Sheet
from evaluations.services.visits import NOTES_LIMIT, VisitPlan
from people.forms import DateField, SeveralField
from people.models import User


class PeopleField(SeveralField):
    """選幾個在用的賬號。"""

    def label_from_instance(self, user: User) -> str:
        return f"{user.name}（{user.username}）"


class PlanForm(forms.Form):
    """哪天去、誰去、暗訪不暗訪。"""

    date = DateField(label=_("考察日期"))
    team = PeopleField(
        label=_("考核組"),
        queryset=User.objects.filter(is_active=True),
        widget=forms.CheckboxSelectMultiple,
        help_text=_("被考察單位的人要迴避，不能選。"),
        error_messages={"required": _("選去的人。")},
    )
    is_covert = forms.BooleanField(
        label=_("暗訪"), required=False, help_text=_("不打招呼；辦完以前被考察的單位看不到。")
    )

    def __init__(self, *args: Any, round_: AssessmentRound, on: date, **kwargs: Any) -> None:
        kwargs.setdefault("initial", {"date": on})
        super().__init__(*args, **kwargs)
        self.sheets = Sheet.objects.filter(round=round_).order_by("department__position", "pk")

    def plan(self) -> VisitPlan:
        clean = self.cleaned_data
        return VisitPlan(clean["date"], tuple(clean["team"]), clean["is_covert"])


class _SheetField(forms.ModelChoiceField):
    def label_from_instance(self, sheet: Sheet) -> str:
        return sheet.department_name


class _SheetsField(SeveralField):
    def label_from_instance(self, sheet: Sheet) -> str:
        return sheet.department_name


class VisitForm(PlanForm):
    """安排去一個單位。"""

    sheet = _SheetField(label=_("單位"), queryset=Sheet.objects.none(), empty_label=_("選擇單位"))
    field_order = ["sheet", "date", "team", "is_covert"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["sheet"].queryset = self.sheets


class DrawForm(PlanForm):
    """從幾個單位裏抽籤。"""

    pool = _SheetsField(
        label=_("參加抽籤的單位"),
        queryset=Sheet.objects.none(),
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": _("至少選一個單位。")},
    )
    count = forms.IntegerField(label=_("抽幾個"), min_value=1, initial=1)
    field_order = ["pool", "count", "date", "team", "is_covert"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["pool"].queryset = self.sheets
        self.fields["pool"].initial = self.sheets


class NotesForm(forms.Form):
    notes = forms.CharField(
        label=_("現場情況"),
        required=False,
        max_length=NOTES_LIMIT,
        widget=forms.Textarea(attrs={"rows": 6}),
        help_text=_("看到什麼、哪一條不符，一條一條寫。"),
    )
