"""創建活動和領導小組的表單。"""

from datetime import date
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from campaigns.models import Campaign, EvidenceSet, Seat
from campaigns.services.campaign import RESERVED, propose_code
from campaigns.services.seats import Candidate
from people.forms import DateField, PersonField, SeveralField
from people.models import Department

THRESHOLDS = {
    "report_day": (1, 28),
    "warn_days": (0, 30),
    "behind_points": (1, 100),
    "acknowledge_days": (1, 30),
    "review_days": (1, 30),
}
LONGEST_FOCUS = 40


class CampaignForm(forms.ModelForm):
    """修改活動。"""

    start_date = DateField(label=_("開始日期"))
    end_date = DateField(label=_("結束日期"))
    focus_areas = forms.CharField(
        label=_("重點"),
        required=False,
        help_text=_("一行一個，例如：養老助孤。"),
        widget=forms.Textarea(attrs={"rows": 4}),
    )

    class Meta:
        model = Campaign
        fields = [
            "name",
            "theme",
            "focus_areas",
            "basis",
            "signature",
            "start_date",
            "end_date",
            *THRESHOLDS,
        ]
        widgets = {"basis": forms.Textarea(attrs={"rows": 3})}
        help_texts = {
            "theme": _("例如：真情暖人心、滿意在民政。"),
            "basis": _("依據哪些文件，彙報開頭會用到。"),
        }
        error_messages = {"name": {"required": _("填寫名稱。")}}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, (low, high) in THRESHOLDS.items():
            field = self.fields[name]
            field.min_value, field.max_value = low, high
            field.widget.attrs |= {"min": low, "max": high, "inputmode": "numeric"}
        if self.instance.pk:
            self.initial["focus_areas"] = "\n".join(
                self.instance.focus_areas.values_list("name", flat=True)
            )

    def clean_focus_areas(self) -> list[str]:
        lines = [" ".join(line.split()) for line in self.cleaned_data["focus_areas"].splitlines()]
        names = list(dict.fromkeys(line for line in lines if line))
        for name in names:
            if len(name) > LONGEST_FOCUS:
                raise ValidationError(
                    _("「%(name)s…」太長，一個重點最多 40 字。"), params={"name": name[:12]}
                )
        return names

    def clean(self) -> dict[str, Any]:
        super().clean()
        self._check_dates()
        self._check_thresholds()
        return self.cleaned_data

    def _check_dates(self) -> None:
        start, end = self.cleaned_data.get("start_date"), self.cleaned_data.get("end_date")
        if start and end and end < start:
            self.add_error("end_date", _("結束日期早於開始日期，請改正其中一個。"))

    def _check_thresholds(self) -> None:
        for name, (low, high) in THRESHOLDS.items():
            value = self.cleaned_data.get(name)
            if value is not None and not low <= value <= high:
                words = _("應在 %(low)d 至 %(high)d 之間。") % {"low": low, "high": high}
                self.add_error(name, words)

    @property
    def values(self) -> dict[str, Any]:
        """交給服務的模型字段。"""
        extra = {"focus_areas", "copy_from"}
        return {key: value for key, value in self.cleaned_data.items() if key not in extra}


class NewCampaignForm(CampaignForm):
    """新建活動。代碼留空就自動擬定；默認沿用最近一個活動的領導小組。"""

    copy_from = forms.ModelChoiceField(
        label=_("領導小組沿用自"),
        queryset=Campaign.objects.none(),
        required=False,
        empty_label=_("（不沿用，另行設置）"),
    )

    class Meta(CampaignForm.Meta):
        fields = [
            "name",
            "code",
            "theme",
            "focus_areas",
            "basis",
            "signature",
            "start_date",
            "end_date",
            "copy_from",
            *THRESHOLDS,
        ]
        error_messages = {
            "name": {"required": _("填寫名稱。")},
            "code": {"unique": _("這個代碼已有活動在用，請換一個。")},
        }

    def __init__(self, *args: Any, sources: Any, today: date, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["copy_from"].queryset = sources
        self.fields["code"].required = False
        self.fields["code"].help_text = _("出現在網址裏，例如 pt2026；留空自動擬定，定下後不再改。")
        last = sources.first()
        self.initial |= {
            "copy_from": last,
            "signature": last.signature if last else "",
            "start_date": today,
            "code": propose_code(today),
        }
        self.order_fields(self.Meta.fields)

    def clean_code(self) -> str:
        code = self.cleaned_data["code"].strip().lower()
        if code in RESERVED:
            raise ValidationError(_("這個詞另有用處，請換一個代碼。"))
        return code

    def clean(self) -> dict[str, Any]:
        super().clean()
        start = self.cleaned_data.get("start_date")
        if start and self.cleaned_data.get("code") == "":
            self.cleaned_data["code"] = propose_code(start)
        return self.cleaned_data


class DepartmentsField(SeveralField):
    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("label", _("分管單位"))
        kwargs.setdefault("required", False)
        kwargs.setdefault("help_text", _("副組長看得到分管單位報上來的內容。"))
        super().__init__(
            queryset=Department.objects.none(), widget=forms.CheckboxSelectMultiple, **kwargs
        )


class SeatForm(forms.ModelForm):
    """調整席位：職務、排序、分管單位；空缺時可以選人。"""

    user = PersonField(required=False, empty_label=_("（暫缺，只顯示職務）"))
    departments = DepartmentsField()

    class Meta:
        model = Seat
        fields = ["post", "user", "departments", "position"]
        help_texts = {"position": _("小的在前。")}
        error_messages = {"post": {"required": _("填寫職務，空缺時頁面上只顯示它。")}}

    def __init__(self, *args: Any, on: date, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["departments"].queryset = Department.objects.existing(on).exclude(
            kind=Department.Kind.BUREAU
        )
        if self.instance.user_id:
            del self.fields["user"]
        else:
            self.fields["user"].offer(on)
        if self.instance.pk and self.instance.role in Seat.OFFICE_ROLES:
            del self.fields["departments"]

    @property
    def values(self) -> dict[str, Any]:
        return {key: value for key, value in self.cleaned_data.items() if key != "departments"}

    @property
    def chosen_departments(self) -> list[Department]:
        return list(self.cleaned_data.get("departments", []))


class NewSeatForm(SeatForm):
    start_date = DateField(label=_("開始日期"), help_text=_("當天起有權限。"))
    end_date = DateField(label=_("終止日期"), required=False, help_text=_("不定期就留空。"))

    class Meta(SeatForm.Meta):
        fields = ["role", "post", "user", "departments", "start_date", "end_date", "position"]
        help_texts = {
            "role": _("辦公室管任務分解、審核和彙報；副組長看分管單位；成員知情。"),
            "position": _("小的在前。"),
        }
        error_messages = SeatForm.Meta.error_messages | {"role": {"required": _("選擇席位。")}}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["role"].choices = [("", _("選擇席位")), *Seat.Role.choices]

    def clean(self) -> dict[str, Any]:
        start, end = self.cleaned_data.get("start_date"), self.cleaned_data.get("end_date")
        if start and end and end < start:
            self.add_error("end_date", _("終止日期早於起始日期，請改正其中一個。"))
        return super().clean()


class FillMembersForm(forms.Form):
    """勾選要補的單位；科室默認勾上，窗口單位和黨群組織由辦公室定。"""

    departments = forms.TypedMultipleChoiceField(
        label=_("補為成員的單位"),
        coerce=int,
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": _("至少勾選一個單位。")},
    )

    def __init__(self, *args: Any, offered: list[Candidate], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["departments"]
        field.choices = [(c.department.pk, self._words(c)) for c in offered]
        field.initial = [
            c.department.pk for c in offered if c.department.kind == Department.Kind.SECTION
        ]

    @staticmethod
    def _words(candidate: Candidate) -> str:
        head = candidate.head.name if candidate.head else _("負責人暫缺，先設虛位")
        return f"{candidate.department.name}（{head}）"


class EvidenceSetForm(forms.ModelForm):
    """一組常用佐證要求的名稱和用處；各種佐證在各行裏（campaigns.spec_forms）。"""

    use_required_attribute = False
    # 不經模型的校驗：只有一組能勾，由服務讓原來的一組讓出，不在這裏攔。
    is_usual = forms.BooleanField(
        label=_("起草時照它"),
        required=False,
        help_text=_("導入方案、擬措施時，各種佐證的要求照這一組起草；原來照用的那一組隨之讓出。"),
    )

    class Meta:
        model = EvidenceSet
        fields = ["name", "note", "position", "is_active"]
        error_messages = {
            "name": {
                "required": _("給這一組起個名字，如「培訓類」。"),
                "unique": _("已有一組叫這個名字，請改一個。"),
            },
            "position": {"required": _("填一個數，小的排在前。")},
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.initial.setdefault("is_usual", self.instance.is_usual)
