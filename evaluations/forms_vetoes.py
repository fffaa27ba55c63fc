"""負面清單、事件、徵詢函的表單：只管把填的東西收拾乾淨，能不能辦由服務說了算。"""

from collections.abc import Iterable
from datetime import date
from decimal import Decimal
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from campaigns.models import Campaign
from evaluations.models import AuthorityInquiry, InquiryAnswer, VetoEvent, VetoItem
from evaluations.services.inquiries import DEFAULT_DAYS, Reply
from people.forms import DateField, ReasonField, SeveralField
from people.models import Department
from pingtan_civ.lib.look_back import months_after

LONGEST_DAYS = 60


def prose(label: Any, *, limit: int, required: str = "", **kwargs: Any) -> forms.CharField:
    """一段話。required 是沒填時的一句話；空着的是選填。"""
    return forms.CharField(
        label=label,
        max_length=limit,
        required=bool(required),
        widget=forms.Textarea(attrs={"rows": 4, "class": "ta-s"}),
        error_messages={"required": required},
        **kwargs,
    )


class VetoItemForm(forms.ModelForm):
    """清單上的一項。"""

    use_required_attribute = False

    points = forms.DecimalField(
        label=_("扣幾分"),
        required=False,
        min_value=Decimal("0.01"),
        max_value=100,
        decimal_places=2,
        widget=forms.TextInput(attrs={"inputmode": "decimal", "class": "w-pp"}),
        help_text=_("後果是「扣分」時填；隱瞞不報的加倍。"),
        error_messages={
            "invalid": _("填一個數，例如 2 或 0.5。"),
            "min_value": _("扣分要大於 0。"),
            "max_value": _("最多扣 %(limit_value)s 分。"),
            "max_decimal_places": _("最多兩位小數。"),
        },
    )

    class Meta:
        model = VetoItem
        fields = ["event_text", "text", "authority", "look_back_months", "effect", "grade"]
        help_texts = {
            "event_text": _(
                "寫成出了的事，例如：發生重大安全責任事故。登記、通知和徵詢函都用這句話。"
            ),
            "text": _("方案或文件的要求，例如：無重大安全責任事故。沒有的不填。"),
            "authority": _("由哪個部門認定，例如：公安機關。填了的要徵詢它，沒有答覆算未確認。"),
            "look_back_months": _("從申報那天往前數。"),
            "effect": _("稱號由上級授予，本局只能建議上報。"),
            "grade": _("後果是「等次封頂」時填，照考核辦法的等次名稱，例如：合格。"),
        }
        error_messages = {"event_text": {"required": _("寫明是哪一種情形。")}}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.pk and self.instance.points_hundredths:
            self.initial["points"] = f"{self.instance.points.normalize():f}"

    def clean(self) -> dict[str, Any]:
        """只留與後果相合的：改了後果，原來的等次或分數不再算數。"""
        clean = super().clean()
        effect = clean.get("effect")
        if effect != VetoItem.Effect.GRADE_CAPPED:
            clean["grade"] = ""
        elif not clean.get("grade"):
            self.add_error("grade", _("寫明最高到哪一等。"))
        points = clean.get("points") if effect == VetoItem.Effect.POINTS_DEDUCTED else None
        if effect == VetoItem.Effect.POINTS_DEDUCTED and not points and "points" not in self.errors:
            self.add_error("points", _("寫明扣幾分。"))
        clean["points_hundredths"] = int((points or 0) * 100)
        return clean

    def values(self) -> dict[str, Any]:
        return {name: value for name, value in self.cleaned_data.items() if name != "points"}

    def _post_clean(self) -> None:
        """模型的檢查留給服務做，錯誤不報兩遍。"""


class VetoEventForm(forms.ModelForm):
    """一件事的事實。"""

    use_required_attribute = False

    date_of_event = DateField(label=_("發生日期"))
    date_confirmed = DateField(
        label=_("認定日期"), required=False, help_text=_("主管部門還沒有認定的，先空着。")
    )
    description = prose(_("事由"), limit=1000, required=_("寫明何時、何地、什麼事、什麼後果。"))

    class Meta:
        model = VetoEvent
        fields = [
            "item",
            "department",
            "date_of_event",
            "description",
            "date_confirmed",
            "authority",
            "document_number",
            "is_concealed",
        ]
        labels = {"item": _("情形"), "is_concealed": _("單位隱瞞不報，由別處查出")}
        help_texts = {
            "authority": _("例如：平潭縣公安局。"),
            "document_number": _("認定文書的文號，例如：嵐公〔2026〕12號。"),
        }
        error_messages = {
            "item": {"required": _("選一種情形。")},
            "department": {"required": _("選一個單位。")},
        }

    def __init__(self, *args: Any, campaign: Campaign, on: date, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["item"].queryset = campaign.veto_items.filter(retired_at__isnull=True)
        self.fields["item"].empty_label = _("選一種情形")
        units = Department.objects.existing(on).exclude(kind=Department.Kind.BUREAU)
        self.fields["department"].queryset = units
        self.fields["department"].empty_label = _("選一個單位")

    def only_own(self, departments: Iterable[int]) -> None:
        """單位自報：只能報本單位的；是不是隱瞞不由自己說。"""
        units = self.fields["department"].queryset.filter(pk__in=departments)
        self.fields["department"].queryset = units
        self.fields["department"].empty_label = None
        del self.fields["is_concealed"]

    def facts_only(self) -> None:
        """更正：哪一項、哪個單位不能換，換了就是另一件事。"""
        del self.fields["item"], self.fields["department"]

    def facts(self) -> dict[str, Any]:
        return {k: v for k, v in self.cleaned_data.items() if k not in ("item", "department")}

    def _post_clean(self) -> None:
        """模型的檢查留給服務做，錯誤不報兩遍。"""


class StatementForm(forms.Form):
    use_required_attribute = False

    text = prose(
        _("單位說明"),
        limit=1000,
        required=_("寫明經過、原因和已採取的措施。"),
        help_text=_("領導小組決定之前可以重寫，每次寫的都留着。"),
    )


class VetoDecisionForm(forms.Form):
    """認定，或不成立。"""

    use_required_attribute = False

    decision = forms.ChoiceField(
        label=_("決定"),
        choices=[("uphold", _("認定")), ("dismiss", _("不成立"))],
        widget=forms.RadioSelect,
        error_messages={"required": _("請選擇「認定」或「不成立」。")},
    )
    date_confirmed = DateField(
        label=_("認定日期"), required=False, help_text=_("主管部門認定的日子。不成立時不用填。")
    )
    authority = forms.CharField(label=_("認定機關"), max_length=80, required=False)
    document_number = forms.CharField(label=_("認定文號"), max_length=60, required=False)
    is_concealed = forms.BooleanField(label=_("單位隱瞞不報"), required=False)
    reason = prose(_("理由"), limit=500, required=_("寫明決定的理由。"))

    def clean(self) -> dict[str, Any]:
        clean = super().clean()
        is_missing = not clean.get("date_confirmed") and "date_confirmed" not in self.errors
        if clean.get("decision") == "uphold" and is_missing:
            self.add_error("date_confirmed", _("寫明主管部門哪天認定的。"))
        return clean

    @property
    def is_upheld(self) -> bool:
        return self.cleaned_data["decision"] == "uphold"

    def confirmed(self) -> dict[str, Any]:
        names = ("date_confirmed", "authority", "document_number", "is_concealed")
        return {name: self.cleaned_data[name] for name in names}


class ReleaseForm(forms.Form):
    use_required_attribute = False

    reason = prose(
        _("解除理由"),
        limit=500,
        required=_("寫明為什麼解除，例如整改驗收、主管部門撤銷認定。"),
    )
    paper = forms.FileField(
        label=_("處理結果或復查意見"),
        required=False,
        help_text=_("整改驗收、復查的意見，或處理決定，掃描件或照片。已在材料裏的不用再傳。"),
        error_messages={"empty": _("這個文件是空的，請重新選擇。")},
    )
    no_paper_reason = forms.CharField(label=_("沒有的，為什麼沒有"), max_length=300, required=False)


class ReleaseDecisionForm(forms.Form):
    use_required_attribute = False

    decision = forms.ChoiceField(
        label=_("意見"),
        choices=[("agree", _("同意解除")), ("refuse", _("不同意"))],
        widget=forms.RadioSelect,
        error_messages={"required": _("請選擇同意或不同意。")},
    )
    reason = prose(_("理由"), limit=500, help_text=_("不同意的，寫明理由。"))


class WithdrawForm(forms.Form):
    reason = ReasonField(label=_("撤回原因"))


class UnitsField(SeveralField):
    widget = forms.CheckboxSelectMultiple


class InquiryForm(forms.ModelForm):
    """一張徵詢函。"""

    use_required_attribute = False

    items = UnitsField(
        label=_("徵詢的情形"),
        queryset=VetoItem.objects.none(),
        error_messages={"required": _("至少選一種情形。")},
    )
    departments = UnitsField(
        label=_("徵詢的單位"),
        queryset=Department.objects.none(),
        error_messages={"required": _("至少選一個單位。")},
    )
    period_start = DateField(label=_("時期從"))
    period_end = DateField(label=_("到"))
    days = forms.IntegerField(
        label=_("幾個工作日內答覆"),
        min_value=1,
        max_value=LONGEST_DAYS,
        initial=DEFAULT_DAYS,
        widget=forms.NumberInput(attrs={"inputmode": "numeric", "class": "w-pp"}),
        error_messages={
            "required": _("填幾個工作日，例如 10。"),
            "invalid": _("填幾個工作日，例如 10。"),
            "min_value": _("至少 1 個工作日。"),
            "max_value": _("最多 %(limit_value)s 個工作日。"),
        },
    )

    class Meta:
        model = AuthorityInquiry
        fields = ["authority", "items", "departments", "period_start", "period_end"]
        help_texts = {"authority": _("主送機關的全稱，例如：平潭縣公安局。")}
        error_messages = {"authority": {"required": _("寫明向哪個部門徵詢。")}}

    def __init__(
        self, *args: Any, campaign: Campaign, on: date, authority: str = "", **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        items = campaign.veto_items.filter(retired_at__isnull=True)
        units = Department.objects.existing(on).exclude(kind=Department.Kind.BUREAU)
        self.fields["items"].queryset = items
        self.fields["departments"].queryset = units
        asked = items.filter(authority=authority) if authority else items.none()
        self.initial = {
            "authority": authority,
            "items": list(asked),
            "departments": list(units),
            "period_start": months_after(on, -12),
            "period_end": on,
        }

    def clean(self) -> dict[str, Any]:
        clean = super().clean()
        start, end = clean.get("period_start"), clean.get("period_end")
        if start and end and end < start:
            self.add_error("period_end", _("止日早於起日，請改正其中一個。"))
        return clean

    def _post_clean(self) -> None:
        """模型的檢查留給服務做，錯誤不報兩遍。"""


class RepliesForm(forms.Form):
    """一張函的答覆：每個單位、每種情形一格，沒有答覆的留「未確認」。"""

    use_required_attribute = False

    rest_is_clear = forms.BooleanField(
        label=_("復函寫明其餘各項均無：還是「未確認」的都記作「無」"), required=False
    )
    answered_date = DateField(label=_("答覆日期"))
    document_number = forms.CharField(label=_("復函文號"), max_length=60, required=False)
    paper = forms.FileField(
        label=_("復函"),
        required=False,
        help_text=_("蓋了章的復函或答覆單，掃描件或照片。"),
        error_messages={"empty": _("這個文件是空的，請重新選擇。")},
    )

    def __init__(self, *args: Any, answers: list[InquiryAnswer], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.answers = answers
        for row in answers:
            asked = {"unit": row.department, "item": row.item}
            self.fields[f"answer_{row.pk}"] = forms.ChoiceField(
                label=_("%(unit)s%(item)s的答覆") % asked,
                choices=InquiryAnswer.Answer.choices,
                required=False,
                initial=row.answer,
                widget=forms.Select(attrs={"class": "form-select form-select-sm"}),
            )
            self.fields[f"note_{row.pk}"] = forms.CharField(
                label=_("%(unit)s%(item)s的說明") % asked,
                max_length=300,
                required=False,
                initial=row.note,
                widget=forms.TextInput(
                    attrs={
                        "class": "form-control form-control-sm",
                        "placeholder": _("說明（選填）"),
                    }
                ),
            )

    @property
    def units(self) -> list[tuple[Department, list[tuple[InquiryAnswer, Any, Any]]]]:
        """（單位, 它的各格：答覆、選的、說明）。"""
        found: dict[Department, list[tuple[InquiryAnswer, Any, Any]]] = {}
        for row in self.answers:
            cell = row, self[f"answer_{row.pk}"], self[f"note_{row.pk}"]
            found.setdefault(row.department, []).append(cell)
        return list(found.items())

    def replies(self) -> dict[int, Reply]:
        clean = self.cleaned_data
        rest = InquiryAnswer.Answer.CLEAR if clean["rest_is_clear"] else ""
        return {
            row.pk: Reply(clean[f"answer_{row.pk}"] or rest, clean[f"note_{row.pk}"])
            for row in self.answers
        }
