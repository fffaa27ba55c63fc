"""實地考察的表單：抽籤、安排、記現場情況。"""

from collections.abc import Collection
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

    def offer(self, campaign: Campaign, on: date, *, recused: Collection[User] = ()) -> None:
        posts = Appointment.objects.on(on).select_related("department")
        seats = campaign.seats.on(on)
        chairs = seats.filter(role=Seat.Role.CHAIR).values("user")
        able = Q(pk__in=posts.values("user")) | Q(pk__in=seats.values("user"))
        self.queryset = (
            User.objects.filter(able, is_active=True)
            .exclude(pk__in=chairs.exclude(user=None))
            .exclude(pk__in=[person.pk for person in recused])
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
        error_messages={"required": _("選去的人。")},
    )
    is_covert = forms.BooleanField(
        label=_("暗訪"), required=False, help_text=_("不打招呼；辦完以前被考察的單位看不到。")
    )

    def __init__(
        self,
        *args: Any,
        round_: AssessmentRound,
        on: date,
        recused: Collection[User] = (),
        **kwargs: Any,
    ) -> None:
        kwargs.setdefault("initial", {"date": on})
        super().__init__(*args, **kwargs)
        self.fields["team"].offer(round_.campaign, on, recused=recused)
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


class UnitForm(forms.Form):
    """先選去哪個單位：它的人要迴避，選好了才知道誰能去。"""

    sheet = _SheetField(
        label=_("單位"),
        queryset=Sheet.objects.none(),
        empty_label=_("選擇單位"),
        help_text=_("這個單位自己的人要迴避，選好以後只列能去的人。"),
        error_messages={"required": _("選去哪個單位。")},
    )

    def __init__(self, *args: Any, round_: AssessmentRound, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        rows = Sheet.objects.filter(round=round_)
        self.fields["sheet"].queryset = rows.order_by("department__position", "pk")


class VisitForm(PlanForm):
    """安排去一個單位：不列要迴避的人，說出不列誰、為什麼。"""

    field_order = ["date", "team", "is_covert"]

    def __init__(self, *args: Any, sheet: Sheet, recused: Collection[User], **kwargs: Any) -> None:
        super().__init__(*args, recused=recused, **kwargs)
        words = {"unit": sheet.department_name, "names": "、".join(map(str, recused))}
        hint = (
            _("%(names)s是%(unit)s的人，要迴避，沒有列出；組長審定結果，不去考察。")
            if recused
            else _("組長審定結果，不去考察，沒有列出。")
        )
        self.fields["team"].help_text = hint % words
        self.fields["team"].error_messages["invalid_choice"] = _(
            "選的人裏有要迴避或已不在任的，請照列出的重選。"
        )


class DrawForm(PlanForm):
    """從幾個單位裏抽籤。"""

    pool = _SheetsField(
        label=_("參加抽籤的單位"),
        queryset=Sheet.objects.none(),
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": _("至少選一個單位。")},
    )
    count = forms.IntegerField(label=_("抽幾個"), min_value=1, initial=1)
    team = TeamField(
        label=_("考核組"),
        help_text=_("抽中自己單位的，那一家他不去，由其餘的人去；組長審定結果，不去考察。"),
        error_messages={"required": _("選去的人。")},
    )
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
