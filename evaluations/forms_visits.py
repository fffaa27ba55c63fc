"""實地考察的表單：抽籤、安排、記現場情況。"""

from datetime import date
from typing import Any

from django import forms
from django.db.models import F, Min, Prefetch, Q
from django.utils.translation import gettext_lazy as _

from campaigns.models import Campaign, Seat
from evaluations.models import AssessmentRound, Sheet
from evaluations.services.visits import NOTES_LIMIT, VisitPlan
from people.forms import DateField, SeveralField
from people.models import Appointment, User


class TeamField(SeveralField):
    """選考核組的人：今天在單位任職，或在領導小組、辦公室有席位的；寫明職務。

    組長審定結果，不去考察；沒有職務的（系統管理員）也不去。
    """

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(
            queryset=User.objects.none(), widget=forms.CheckboxSelectMultiple, **kwargs
        )

    def offer(self, campaign: Campaign, on: date) -> None:
        posts = Appointment.objects.on(on).select_related("department")
        seats = campaign.seats.on(on)
        chairs = seats.filter(role=Seat.Role.CHAIR).values("user")
        able = Q(pk__in=posts.values("user")) | Q(pk__in=seats.values("user"))
        self.queryset = (
            User.objects.filter(able, is_active=True)
            .exclude(pk__in=chairs.exclude(user=None))
            .annotate(place=Min("appointments__department__position"))
            .order_by(F("place").asc(nulls_last=True), "pk")
            .prefetch_related(
                Prefetch("appointments", queryset=posts, to_attr="posts_today"),
                Prefetch("seats", queryset=seats, to_attr="seats_today"),
            )
        )

    def label_from_instance(self, user: User) -> str:
        posts = [post.title for post in user.posts_today] or [row.post for row in user.seats_today]
        words = "、".join(filter(None, posts))
        if not words:
            return user.name
        # 沒有姓名、以職務稱呼的賬號，職務不寫兩遍。
        return words if user.name in words else f"{user.name}（{words}）"


class PlanForm(forms.Form):
    """哪天去、誰去、暗訪不暗訪。"""

    date = DateField(label=_("考察日期"))
    team = TeamField(
        label=_("考核組"),
        help_text=_("去的單位自己的人要迴避，由別的單位的人去。"),
        error_messages={"required": _("選去的人。")},
    )
    is_covert = forms.BooleanField(
        label=_("暗訪"), required=False, help_text=_("不打招呼；辦完以前被考察的單位看不到。")
    )

    def __init__(self, *args: Any, round_: AssessmentRound, on: date, **kwargs: Any) -> None:
        kwargs.setdefault("initial", {"date": on})
        super().__init__(*args, **kwargs)
        self.fields["team"].offer(round_.campaign, on)
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
