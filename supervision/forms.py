"""督辦的表單：只管把填的東西收拾乾淨，能不能辦由服務說了算。"""

from datetime import date
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from campaigns.models import Campaign, Seat
from campaigns.standing import Standing
from people.forms import SeveralField
from people.models import Department
from supervision.models import LONGEST_LIMIT, Order, Round
from supervision.services import ANSWER_LIMIT, TEXT_LIMIT, Limit, Matter
from supervision.wording import SUPERVISION, Wording
from tasks.labels import seat_label
from tasks.work_forms import ProseField, day_field


def days_field(**kwargs: Any) -> forms.IntegerField:
    """幾個工作日。"""
    return forms.IntegerField(
        min_value=1,
        max_value=LONGEST_LIMIT,
        required=False,
        widget=forms.NumberInput(attrs={"inputmode": "numeric", "class": "w-pp"}),
        error_messages={
            "invalid": gettext_lazy("填幾個工作日，例如 5。"),
            "min_value": gettext_lazy("至少 1 個工作日。"),
            "max_value": gettext_lazy("最多 %(limit_value)s 個工作日，約一年。"),
        },
        **kwargs,
    )


def prose(label: Any, *, rows: int = 3, limit: int = 0, **kwargs: Any) -> ProseField:
    attrs = {"rows": rows, "class": "ta-s"}
    return ProseField(label=label, limit=limit, widget=forms.Textarea(attrs=attrs), **kwargs)


class SeatField(forms.ModelChoiceField):
    def label_from_instance(self, seat: Seat) -> str:
        return seat_label(seat)


class LimitFields(forms.Form):
    """時限：幾個工作日，或一個日期。"""

    limit_days = days_field(
        label=gettext_lazy("幾個工作日"), help_text=gettext_lazy("從交辦次日起算，與日期填一樣。")
    )
    due_date = day_field(
        gettext_lazy("或到哪一天"), required=False, help_text=gettext_lazy("那一天下班前報來。")
    )

    @property
    def limit(self) -> Limit:
        return Limit(self.cleaned_data.get("limit_days"), self.cleaned_data.get("due_date"))


class OrderForm(LimitFields):
    """一張督辦單。承辦單位可以先空着，交辦時要有。"""

    use_required_attribute = False

    title = forms.CharField(
        label=gettext_lazy("督辦事項"),
        max_length=200,
        help_text=gettext_lazy("一單一事，寫清楚。"),
    )
    demand = prose(
        gettext_lazy("辦理要求"),
        rows=4,
        limit=1000,
        help_text=gettext_lazy("辦到什麼程度、交什麼佐證。"),
    )
    lead_department = forms.ModelChoiceField(
        label=gettext_lazy("承辦單位"),
        queryset=Department.objects.none(),
        required=False,
        empty_label=gettext_lazy("選一個單位"),
        help_text=gettext_lazy("先存着不交辦的可以空着。"),
    )
    supporting_departments = SeveralField(
        label=gettext_lazy("配合單位"),
        queryset=Department.objects.none(),
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )
    accountable_seat = SeatField(
        label=gettext_lazy("責任領導"),
        queryset=Seat.objects.none(),
        required=False,
        empty_label=gettext_lazy("不指定，按分管"),
    )
    urgency = forms.ChoiceField(label=gettext_lazy("緊急程度"), choices=Order.Urgency.choices)
    version = forms.IntegerField(widget=forms.HiddenInput, required=False)
    field_order = [
        "title",
        "demand",
        "lead_department",
        "limit_days",
        "due_date",
        "urgency",
        "supporting_departments",
        "accountable_seat",
    ]

    def __init__(
        self,
        *args: Any,
        campaign: Campaign,
        today: date,
        words: Wording = SUPERVISION,
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        title, demand = self.fields["title"], self.fields["demand"]
        title.label, demand.label = words.matter, words.demand
        title.error_messages["required"] = _("寫明%(matter)s，一單一事。") % {
            "matter": words.matter
        }
        units = Department.objects.existing(today).exclude(kind=Department.Kind.BUREAU)
        self.fields["lead_department"].queryset = units
        self.fields["supporting_departments"].queryset = units
        self.fields["accountable_seat"].queryset = (
            Seat.objects.on(today)
            .filter(campaign=campaign, role__in=Seat.LEADER_ROLES)
            .select_related("user")
        )

    @staticmethod
    def initial_of(order: Order) -> dict[str, Any]:
        return {
            "title": order.title,
            "demand": order.demand,
            "lead_department": order.lead_department_id,
            "supporting_departments": list(order.supporting_departments.all()),
            "accountable_seat": order.accountable_seat_id,
            "urgency": order.urgency,
            "limit_days": order.limit_days,
            "due_date": None if order.limit_days else order.due_date,
            "version": order.version,
        }

    def clean_demand(self) -> str:
        return _short_enough(self.cleaned_data["demand"], 1000)

    def matter(self, **links: Any) -> Matter:
        """填好的內容；來源和關聯由調用者給。"""
        clean = self.cleaned_data
        unit, seat = clean["lead_department"], clean["accountable_seat"]
        return Matter(
            title=clean["title"],
            demand=clean["demand"],
            limit=self.limit,
            lead_department_id=unit.pk if unit else None,
            supporting_ids=[row.pk for row in clean["supporting_departments"]],
            accountable_seat_id=seat.pk if seat else None,
            urgency=clean["urgency"],
            **links,
        )


class InstructionForm(forms.Form):
    """批示：一句話。單位和時限可以不填，按默認的。"""

    use_required_attribute = False

    text = prose(
        gettext_lazy("批示"),
        limit=TEXT_LIMIT,
        help_text=gettext_lazy("寫下即成督辦單，反饋回到您這裏。"),
    )
    department = forms.ModelChoiceField(
        label=gettext_lazy("交給"), queryset=Department.objects.none(), required=False
    )
    days = days_field(label=gettext_lazy("幾個工作日內反饋"))

    def __init__(
        self,
        *args: Any,
        campaign: Campaign,
        standing: Standing,
        default_id: int | None,
        **kwargs: Any,
    ) -> None:
        kwargs.setdefault("auto_id", "instruct-%s")
        super().__init__(*args, **kwargs)
        units = Department.objects.existing(standing.on).exclude(kind=Department.Kind.BUREAU)
        if not standing.is_chair(campaign):
            units = units.filter(pk__in=standing.charge_of(campaign))
        self.fields["text"].required = True
        self.fields["department"].queryset = units
        self.fields["department"].initial = default_id
        self.fields["department"].empty_label = _("默認的單位") if default_id else _("由辦公室定")


class AnswerForm(forms.Form):
    """反饋辦理情況。"""

    use_required_attribute = False

    text = ProseField(
        label=gettext_lazy("辦理情況"),
        limit=ANSWER_LIMIT,
        help_text=gettext_lazy("先說結果，再說辦了什麼、還差什麼。寫事實和數字。"),
        widget=forms.Textarea(attrs={"rows": 10}),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["text"].required = True


class SeenRound(forms.Form):
    """頁面上看的是哪一輪：決定只對那一輪算數。沒有寫的當作看的是舊的，不會誤定。"""

    round = forms.IntegerField(
        widget=forms.HiddenInput,
        required=False,
        min_value=1,
        max_value=32_000,
        error_messages={"invalid": gettext_lazy("請刷新這一頁，再辦這一步。")},
    )

    @property
    def seen(self) -> int:
        return self.cleaned_data.get("round") or 0


class ReasonForm(SeenRound):
    """寫明理由。"""

    use_required_attribute = False

    reason = prose(gettext_lazy("理由"), limit=500)

    def __init__(self, *args: Any, label: str = "", hint: str = "", **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["reason"].required = True
        self.fields["reason"].label = label or self.fields["reason"].label
        self.fields["reason"].help_text = hint

    def clean_reason(self) -> str:
        return _short_enough(self.cleaned_data["reason"], 500)


class BackForm(LimitFields, ReasonForm):
    """退回重辦、再辦：還差什麼，再給多久。"""

    field_order = ["reason", "limit_days", "due_date", "round"]


class VerdictForm(SeenRound):
    """領導閱示。"""

    verdict = forms.ChoiceField(
        choices=[(value, label) for value, label in Round.Verdict.choices if value],
        error_messages={
            "required": gettext_lazy("選「已閱」或「滿意」；不滿意請選「再辦」。"),
            "invalid_choice": gettext_lazy("選「已閱」或「滿意」；不滿意請選「再辦」。"),
        },
    )
    words = forms.CharField(max_length=300, required=False)


class CloseForm(SeenRound):
    """銷號時的一句結論，可以不寫。"""

    words = prose(gettext_lazy("結論"), limit=300)

    def __init__(self, *args: Any, label: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["words"].label = label

    def clean_words(self) -> str:
        return _short_enough(self.cleaned_data["words"], 300)


class ExtensionForm(forms.Form):
    """申請延期：進展、原因、延到哪天。"""

    use_required_attribute = False

    progress = prose(
        gettext_lazy("目前進展"), limit=500, help_text=gettext_lazy("到今天為止辦到哪一步。")
    )
    reason = prose(gettext_lazy("不能按時辦結的原因"), limit=500)
    proposed_date = day_field(gettext_lazy("延期至"))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["progress"].required = self.fields["reason"].required = True

    def clean_progress(self) -> str:
        return _short_enough(self.cleaned_data["progress"], 500)

    def clean_reason(self) -> str:
        return _short_enough(self.cleaned_data["reason"], 500)


class ExtensionDecisionForm(ReasonForm):
    """裁定延期。"""

    decision = forms.ChoiceField(
        label=gettext_lazy("裁定"),
        choices=[("approve", gettext_lazy("同意")), ("refuse", gettext_lazy("不同意"))],
        widget=forms.RadioSelect,
        error_messages={"required": gettext_lazy("請選擇同意或不同意。")},
    )
    granted_date = day_field(
        gettext_lazy("准予延至"),
        required=False,
        help_text=gettext_lazy("可以比申請的早。不同意時不用填。"),
    )
    field_order = ["decision", "granted_date", "reason"]


def _short_enough(text: str, limit: int) -> str:
    if len(text) > limit:
        words = {"limit": limit, "count": len(text)}
        raise forms.ValidationError(_("最多 %(limit)d 字，現有 %(count)d 字，請刪短。") % words)
    return text
