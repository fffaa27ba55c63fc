"""填報、異議、延期、裁定的表單。"""

import re
import unicodedata
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from people.models import Department
from pingtan_civ.lib.dates import parse_date, sensible_day
from tasks.models import Assignment, ChangeRequest, Measure, MeasureFigure
from tasks.services.describing import Description
from tasks.services.handing_in import NARRATIVE_LIMIT, Draft

#: 填報數據的上限，遠大於一個縣會報的數，又存得進整數列。
LARGEST = Decimal(10) ** 12


class ProseField(forms.CharField):
    """一段話。limit 只用來計數和提示：草稿寫超了也要存下，報出時才管。

    瀏覽器用 CRLF 換行而人只數一個，所以先換成 LF，字數才與頁面上數的一樣。
    """

    widget = forms.Textarea

    def __init__(self, *, limit: int = 0, **kwargs: Any) -> None:
        super().__init__(required=False, strip=True, **kwargs)
        self.max_length = limit or None

    def validate(self, value: Any) -> None:
        """缺不缺由服務說：required 在這裏只決定標不標「（選填）」。"""

    def to_python(self, value: Any) -> str:
        text = super().to_python(value)
        return text.replace("\r\n", "\n").replace("\r", "\n")


class PercentField(forms.CharField):
    """完成進度，0 至 100 的整數；「80％」「８０」都認。"""

    widget = forms.TextInput(
        attrs={"inputmode": "numeric", "autocomplete": "off", "class": "form-control"}
    )

    def clean(self, value: Any) -> int | None:
        text = _plain(value).rstrip("%").strip()
        if not text:
            return None
        if not re.fullmatch(r"\d{1,3}", text, re.ASCII) or int(text) > 100:
            raise ValidationError(_("完成進度填 0 至 100 的整數，例如 80。"))
        return int(text)


class FigureField(forms.CharField):
    """一個數，最多兩位小數；clean 之後是整數百分之一（存庫的樣子）。"""

    widget = forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off"})

    def clean(self, value: Any) -> int | None:
        text = _plain(value).replace(",", "")
        if not text:
            return None
        try:
            number = Decimal(text)
        except InvalidOperation:
            raise ValidationError(
                _("「%(label)s」要填數字，例如 12 或 12.5。") % {"label": self.label}
            )
        if not number.is_finite() or number < 0 or number > LARGEST:
            raise ValidationError(
                _("「%(label)s」超出可填的範圍，請核對。") % {"label": self.label}
            )
        if number != round(number, 2):
            raise ValidationError(_("「%(label)s」最多填兩位小數。") % {"label": self.label})
        return int(number * 100)


def _plain(value: Any) -> str:
    """全角數字和標點換成半角，去掉空白。"""
    return re.sub(r"\s", "", unicodedata.normalize("NFKC", str(value or "")))


def figure_text(hundredths: int) -> str:
    """存庫的百分之一變回人寫的數：1250 → 12.5。"""
    whole, rest = divmod(hundredths, 100)
    return f"{whole}.{rest:02d}".rstrip("0").rstrip(".")


class ReportForm(forms.Form):
    """填報一期進展。不要進度或數據的措施沒有那些字段。"""

    use_required_attribute = False

    percent = PercentField(label=gettext_lazy("完成進度"), required=True)
    narrative = ProseField(
        label=gettext_lazy("本期做了什麼"),
        limit=NARRATIVE_LIMIT,
        help_text=gettext_lazy(
            "寫事實和數字，不寫過程和認識。例如：公示收費 14 項，更正名稱 2 項。"
        ),
        widget=forms.Textarea(attrs={"rows": 6}),
    )
    problems = ProseField(
        label=gettext_lazy("存在的問題"), widget=forms.Textarea(attrs={"rows": 2, "class": "ta-s"})
    )
    needs = ProseField(
        label=gettext_lazy("需要協調的事"),
        help_text=gettext_lazy("要辦公室或領導出面的，寫明找誰、辦什麼。"),
        widget=forms.Textarea(attrs={"rows": 2, "class": "ta-s"}),
    )
    is_nil = forms.BooleanField(label=gettext_lazy("本期確實沒有進展，報零報告"), required=False)
    nil_reason = ProseField(
        label=gettext_lazy("零報告理由"),
        help_text=gettext_lazy("說明為什麼本期沒有進展、下期怎麼安排。"),
        widget=forms.Textarea(attrs={"rows": 2, "class": "ta-s"}),
        limit=300,
    )

    gap_reason = ProseField(
        label=gettext_lazy("佐證交不齊的原因"),
        help_text=gettext_lazy("寫明缺什麼、為什麼、何時能補。初審和審核的人會看到。"),
        widget=forms.Textarea(attrs={"rows": 2, "class": "ta-s"}),
        limit=300,
    )

    def __init__(
        self, *args: Any, measure: Measure, figures: list[MeasureFigure], **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.fields["narrative"].required = True
        # 佐證沒交齊時才要寫，由頁面說；不標「選填」。
        self.fields["gap_reason"].is_needed = True
        if measure.asks_percent:
            self.fields["percent"].help_text = _(
                "已核定 %(last)s%%。按完成標準估算到目前為止的進度，填整數。"
            ) % {"last": measure.percent}
        else:
            del self.fields["percent"]
        self.percent_choices = [step for step in range(10, 101, 10) if step >= measure.percent][:4]
        self.figures = figures
        for figure in figures:
            self.fields[f"figure_{figure.pk}"] = FigureField(label=str(figure), required=True)

    def figure_fields(self) -> list[forms.BoundField]:
        return [self[f"figure_{figure.pk}"] for figure in self.figures]

    @staticmethod
    def initial_of(draft: Draft) -> dict[str, Any]:
        values = {f"figure_{pk}": figure_text(value) for pk, value in draft.figures.items()}
        return {
            "percent": "" if draft.percent is None else str(draft.percent),
            "narrative": draft.narrative,
            "problems": draft.problems,
            "needs": draft.needs,
            "is_nil": draft.is_nil,
            "nil_reason": draft.nil_reason,
            "gap_reason": draft.gap_reason,
            **values,
        }

    def clean_nil_reason(self) -> str:
        reason = self.cleaned_data["nil_reason"]
        if len(reason) > 300:
            raise ValidationError(
                _("零報告理由超過 300 字，現有 %(count)s 字，請刪短。") % {"count": len(reason)}
            )
        return reason

    def clean_gap_reason(self) -> str:
        reason = self.cleaned_data["gap_reason"]
        if len(reason) > 300:
            raise ValidationError(
                _("佐證交不齊的原因超過 300 字，現有 %(count)s 字，請刪短。")
                % {"count": len(reason)}
            )
        return reason

    def draft(self, stored: Draft) -> Draft:
        """填好的內容；讀不懂的那幾處沿用庫裏的，別處照存。"""
        self.is_valid()
        clean = self.cleaned_data
        figures = {
            pk: value
            for pk, value in stored.figures.items()
            if f"figure_{pk}" in self.fields and f"figure_{pk}" in self.errors
        }
        for figure in self.figures:
            value = clean.get(f"figure_{figure.pk}")
            if value is not None:
                figures[figure.pk] = value
        percent = clean.get("percent", stored.percent if "percent" in self.errors else None)
        return Draft(
            narrative=clean.get("narrative", stored.narrative),
            problems=clean.get("problems", stored.problems),
            needs=clean.get("needs", stored.needs),
            percent=percent,
            is_nil=clean.get("is_nil", False),
            nil_reason=clean.get("nil_reason", stored.nil_reason),
            gap_reason=clean.get("gap_reason", stored.gap_reason),
            figures=figures,
        )

    def add_problems(self, errors: dict[str, str]) -> None:
        """把服務說的「還缺什麼」寫到對應的字段；同一字段已有讀不懂的錯誤時不再說缺。"""
        for name, sentence in errors.items():
            if name not in self.errors:
                self.add_error(name if name in self.fields else None, sentence)


@dataclass(frozen=True)
class Described:
    """表單裏各份佐證填的：讀懂的（descriptions），和看不懂的日期（bad_dates：{編號: 原樣}）。"""

    descriptions: dict[int, Description] = field(default_factory=dict)
    bad_dates: dict[int, str] = field(default_factory=dict)


def read_descriptions(data: Any, year: int) -> Described:
    """表單裏每份佐證的形式、說明、文號、材料日期（form_編號、caption_編號……）。

    year 用來補全沒有寫年份的日期。看不懂的日期不存，原樣留在表單上讓人改。
    """
    found, bad = {}, {}
    for name in data:
        match = re.fullmatch(r"caption_(\d{1,12})", name, re.ASCII)
        if not match:
            continue
        key = match[1]
        form = str(data.get(f"form_{key}", ""))
        form_id = int(form) if re.fullmatch(r"\d{1,9}", form, re.ASCII) else None
        typed = data.get(f"dated_{key}")
        day = _read_day(typed, year)
        if day is None and str(typed or "").strip():
            bad[int(key)] = str(typed)
        found[int(key)] = Description(
            form_id,
            str(data[name]),
            number=data.get(f"number_{key}"),
            dated=day,
            has_date=typed is not None and int(key) not in bad,
        )
    return Described(found, bad)


def _read_day(typed: Any, year: int) -> date | None:
    """材料日期；空着或看不懂為 None。"""
    try:
        day = parse_date(str(typed), year) if str(typed or "").strip() else None
        if day:
            sensible_day(day)
    except (ValueError, ValidationError):
        return None
    return day


def day_field(label: Any, **kwargs: Any) -> forms.DateField:
    return forms.DateField(
        label=label,
        widget=forms.DateInput(attrs={"type": "date", "class": "w-date"}, format="%Y-%m-%d"),
        validators=[sensible_day],
        error_messages={"invalid": gettext_lazy("看不出是哪一天，請寫成 2026-12-21 這樣。")},
        **kwargs,
    )


class ObjectionForm(forms.Form):
    """提異議：為什麼不屬本單位職責，建議改由誰。"""

    use_required_attribute = False

    reason = ProseField(
        label=gettext_lazy("理由"),
        help_text=gettext_lazy("寫明依據，如「三定」規定中的職責條款。"),
        widget=forms.Textarea(attrs={"rows": 4}),
    )
    proposed_department = forms.ModelChoiceField(
        label=gettext_lazy("建議改由"),
        queryset=Department.objects.none(),
        required=False,
        empty_label=gettext_lazy("不建議，由辦公室定"),
    )

    def __init__(self, *args: Any, assignment: Assignment, today: date, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["reason"].required = True
        self.fields["proposed_department"].queryset = _departments(today, assignment)


class ExtensionForm(forms.Form):
    """申請延期：哪一期、延到哪天、為什麼。"""

    use_required_attribute = False

    submission = forms.ChoiceField(
        label=gettext_lazy("哪一期"),
        error_messages={"invalid_choice": gettext_lazy("這一期已經報出，請刷新本頁再選。")},
    )
    proposed_date = day_field(gettext_lazy("延期至"))
    reason = ProseField(
        label=gettext_lazy("理由"),
        help_text=gettext_lazy("寫明卡在哪裏、已經做了什麼、延到那天為什麼能完成。"),
        widget=forms.Textarea(attrs={"rows": 4}),
    )

    def __init__(self, *args: Any, periods: list[tuple[int, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["reason"].required = True
        self.fields["submission"].choices = periods
        if len(periods) == 1:
            self.fields["submission"].widget = forms.HiddenInput()
            self.fields["submission"].initial = periods[0][0]


class DecisionForm(forms.Form):
    """裁定一份異議或延期，理由必填。"""

    use_required_attribute = False

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
    new_department = forms.ModelChoiceField(
        label=gettext_lazy("改由"),
        queryset=Department.objects.none(),
        required=False,
        empty_label=gettext_lazy("請選擇"),
        help_text=gettext_lazy("同意牽頭單位的異議，要同時定新的牽頭單位。"),
    )
    reason = ProseField(
        label=gettext_lazy("理由"), widget=forms.Textarea(attrs={"rows": 3, "class": "ta-s"})
    )

    def __init__(
        self, *args: Any, change_request: ChangeRequest, today: date, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.fields["reason"].required = True
        if change_request.kind == ChangeRequest.Kind.OBJECTION:
            del self.fields["granted_date"]
            field = self.fields["new_department"]
            field.queryset = _departments(today, change_request.assignment)
            field.initial = change_request.proposed_department_id
            if change_request.assignment.role == Assignment.Role.SUPPORTING:
                field.empty_label = _("不改由別的單位")
                field.help_text = _("同意後該單位不再配合；可以另選一個單位配合。")
        else:
            del self.fields["new_department"]
            self.fields["granted_date"].initial = change_request.proposed_date

    def clean(self) -> dict[str, Any]:
        """沒有選裁定時把缺的理由一併說出來，不讓人改一處再退回來一次；其餘由服務說。"""
        if "decision" in self.errors and not self.cleaned_data.get("reason"):
            self.add_error("reason", _("填寫「%(label)s」。") % {"label": self["reason"].label})
        return self.cleaned_data


def _departments(today: date, assignment: Assignment) -> Any:
    return Department.objects.existing(today).exclude(pk=assignment.department_id)
