"""考核辦法的表單：收拾乾淨，拼成 evaluations.schemes 的值；能不能改由服務說了算。

檔次、標準、類別、等次都是「一行一個」：加一行、去掉一行是同一張表單的按鈕（name=step），
只重排不保存，沒有腳本也能用。
"""

import re
from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.forms import BaseFormSet, formset_factory
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from campaigns.models import Campaign, Clause, EvidenceForm, Indicator, Objective
from campaigns.spec_forms import NumberField, as_typed
from evaluations.collecting import options_fault
from evaluations.models import Criterion, Method, Scheme, Scorer, Section, SystemFigure
from evaluations.schemes import (
    STEPPED,
    CriterionLine,
    GradeLine,
    ProfileLine,
    Ref,
    SchemeTree,
    SectionNode,
    StandardLine,
)
from people.forms import SeveralField
from people.models import Department
from pingtan_civ.lib.scoring import ZERO, Part, Rule, RuleKind, Step, show

FIRST_YEAR, LAST_YEAR = 2000, 2100
MOST_ROWS = 60
_STEP = re.compile(r"(steps|standards|rows)-(add|remove)(?:-(\d{1,3}))?", re.ASCII)
#: 要寫檔次的規則，和寫不寫都行的。
_WITH_STEPS = (*STEPPED, RuleKind.PENALTY)


class PointsField(forms.DecimalField):
    """分數或別的數，最多兩位小數。"""

    def __init__(self, *, least: int = 0, most: int = 10_000, **kwargs: Any) -> None:
        sentence = _("請填數字，最多兩位小數，如 3.5。")
        kwargs.setdefault("required", False)
        super().__init__(
            min_value=least,
            max_value=most,
            max_digits=9,
            decimal_places=2,
            widget=forms.TextInput(
                attrs={"inputmode": "decimal", "autocomplete": "off", "maxlength": 12}
            ),
            **kwargs,
        )
        codes = ("invalid", "min_value", "max_value", "max_digits", "max_decimal_places")
        self.error_messages |= dict.fromkeys((*codes, "max_whole_digits"), sentence)

    def prepare_value(self, value: Any) -> Any:
        return show(value) if isinstance(value, Decimal) else value


class RefField(forms.ModelChoiceField):
    """選一個。不是編號的當作沒有這一項；選項上寫什麼由 label 定。"""

    def __init__(self, queryset: Any, **kwargs: Any) -> None:
        super().__init__(queryset, required=False, **kwargs)

    def to_python(self, value: Any) -> Any:
        if value not in self.empty_values and not re.fullmatch(r"\d{1,18}", str(value), re.ASCII):
            raise ValidationError(self.error_messages["invalid_choice"], code="invalid_choice")
        return super().to_python(value)


# ── 一份辦法 ──────────────────────────────────────────


class SchemeForm(forms.Form):
    """名稱、總分、封頂。"""

    title = forms.CharField(label=_("名稱"), max_length=100)
    year = NumberField(label=_("年度"), least=FIRST_YEAR, most=LAST_YEAR)
    full = PointsField(
        label=_("基本分總分"),
        least=1,
        required=True,
        initial=Decimal(100),
        help_text=_("共同部分加本類部分，每一類單位都要正好等於它。不必是 100。"),
    )
    bonus_cap = PointsField(label=_("加分封頂"), help_text=_("加分合計最多算多少分；留空不封頂。"))
    penalty_cap = PointsField(
        label=_("扣分上限"), help_text=_("扣分合計最多扣多少分；留空不設上限。")
    )
    note = forms.CharField(
        label=_("說明"), required=False, max_length=2000, widget=forms.Textarea(attrs={"rows": 3})
    )

    def __init__(self, *args: Any, scheme: Scheme | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if scheme:
            del self.fields["year"]
            for name in self.fields:
                self.initial.setdefault(name, getattr(scheme, name))


class CopyForm(forms.Form):
    """抄到哪一年、叫什麼。"""

    year = NumberField(
        label=_("年度"),
        least=FIRST_YEAR,
        most=LAST_YEAR,
        help_text=_("與原來同一年的，是下一版；別的年度，從那一年編起。"),
    )
    title = forms.CharField(label=_("名稱"), max_length=100)


class SchemeUploadForm(forms.Form):
    file = forms.FileField(
        label=_("考核辦法（.xlsx）"),
        widget=forms.ClearableFileInput(attrs={"accept": ".xlsx"}),
        error_messages={
            "required": _("請選擇要導入的 .xlsx 文件。"),
            "empty": _("這個文件是空的，請重新選擇。"),
        },
    )


# ── 測評項目 ──────────────────────────────────────────


class SectionForm(forms.Form):
    """測評項目；第二層的測評指標只填編號和名稱，別的隨上一層。"""

    number = forms.CharField(label=_("編號"), max_length=20, help_text=_("如 3 或 3.1。"))
    title = forms.CharField(label=_("名稱"), max_length=200)
    part = forms.ChoiceField(label=_("計入"), choices=Section.Part, initial=Section.Part.BASE)
    profile = forms.ChoiceField(label=_("誰來考"), required=False)
    objective = RefField(Objective.objects.none(), label=_("工作目標"), empty_label=_("（不對應）"))

    def __init__(
        self, *args: Any, scheme: Scheme, tree: SchemeTree, is_child: bool, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        if is_child:
            for name in ("part", "profile", "objective"):
                del self.fields[name]
            return
        names = [(each.name, each.name) for each in tree.profiles]
        self.fields["profile"].choices = [("", gettext("共同（人人都考）")), *names]
        self.fields["objective"].queryset = Objective.objects.filter(campaign=scheme.campaign_id)

    def node(self) -> SectionNode:
        clean = self.cleaned_data
        objective = clean.get("objective")
        return SectionNode(
            number=clean["number"],
            title=clean["title"],
            part=Part(clean.get("part", Part.BASE)),
            profile=clean.get("profile", ""),
            objective=Ref(objective.pk, objective.code) if objective else None,
        )


# ── 測評內容 ──────────────────────────────────────────


class CriterionForm(forms.Form):
    """測評內容本身；檔次、標準各在自己的幾行裏。"""

    section = forms.ChoiceField(label=_("屬於"))
    number = forms.CharField(label=_("編號"), max_length=20)
    text = forms.CharField(
        label=_("測評內容"), max_length=500, widget=forms.Textarea(attrs={"rows": 2})
    )
    full = PointsField(
        label=_("分值"),
        required=True,
        help_text=_("加分條、扣分條寫本條的上限，不設上限寫 0。"),
    )
    rule = forms.ChoiceField(label=_("計分規則"), choices=Criterion.Rule)
    each = PointsField(label=_("每次扣多少分"), help_text=_("只在按次扣分的規則裏填。"))
    scorer = forms.ChoiceField(label=_("評分方"), choices=Scorer)
    scoring_department = RefField(
        Department.objects.all(), label=_("評分科室"), empty_label=_("（不指定）")
    )
    figure = forms.ChoiceField(label=_("系統取哪個數"), required=False)
    may_not_apply = forms.BooleanField(
        label=_("可以不適用"),
        required=False,
        help_text=_("沒有這項工作的單位，整條拿掉，餘下的按比例折算。"),
    )
    survey_options = forms.CharField(
        label=_("問卷選項"),
        required=False,
        max_length=120,
        help_text=Criterion._meta.get_field("survey_options").help_text,
    )
    note = forms.CharField(label=_("說明"), required=False, max_length=300)
    indicators = SeveralField(
        Indicator.objects.none(),
        label=_("計劃指標"),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=_("評分時從這些指標的佐證打開材料。留空的，取下面各條標準所依據的條文。"),
    )

    def __init__(self, *args: Any, scheme: Scheme, tree: SchemeTree, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["section"].choices = list(section_choices(tree))
        figures = [("", gettext("（不是系統取數）")), *SystemFigure.choices]
        self.fields["figure"].choices = figures
        self.fields["indicators"].queryset = indicators_of(scheme.campaign)

    def clean(self) -> dict[str, Any]:
        clean = super().clean()
        by_unit = clean.get("scorer") == Scorer.DEPARTMENT
        by_system = clean.get("scorer") == Scorer.SYSTEM
        if by_unit and not clean.get("scoring_department"):
            self.add_error("scoring_department", _("評分方是「指定科室」，請選由哪個科室評。"))
        if by_system and not clean.get("figure"):
            self.add_error("figure", _("評分方是「系統取數」，請選取哪個數。"))
        if sentence := options_fault(clean.get("survey_options", "")):
            self.add_error("survey_options", sentence)
        if clean.get("scorer") != Scorer.SURVEY:
            clean["survey_options"] = ""
        # 換了評分方，原來選的科室、數不再有意義。
        clean["scoring_department"] = clean.get("scoring_department") if by_unit else None
        clean["figure"] = clean.get("figure", "") if by_system else ""
        return clean

    def line(self, steps: Iterable[Step], standards: Iterable[StandardLine]) -> CriterionLine:
        clean = self.cleaned_data
        kind = RuleKind(clean["rule"])
        standards = tuple(standards)
        unit = clean["scoring_department"]
        by_times = kind in (RuleKind.DEDUCT_EACH, RuleKind.PENALTY)
        return CriterionLine(
            number=clean["number"],
            text=clean["text"],
            rule=Rule(
                kind,
                clean["full"],
                each=(clean["each"] or ZERO) if by_times else ZERO,
                steps=tuple(steps) if kind in _WITH_STEPS else (),
            ),
            scorer=clean["scorer"],
            scoring_department=Ref(unit.pk, unit.name) if unit else None,
            figure=clean["figure"],
            may_not_apply=clean["may_not_apply"],
            indicators=tuple(self._indicators(standards)),
            note=clean["note"],
            survey_options=clean["survey_options"],
            standards=standards,
        )

    def _indicators(self, standards: tuple[StandardLine, ...]) -> Iterable[Ref]:
        rows = self.cleaned_data["indicators"]
        if not rows:
            clauses = [each.clause.pk for each in standards if each.clause]
            rows = self.fields["indicators"].queryset.filter(clause__in=clauses)
        return (Ref(row.pk, row.code) for row in rows)


def section_choices(tree: SchemeTree) -> Iterable[tuple[str, str]]:
    for top in tree.sections:
        yield str(top.pk), f"{top.number} {top.title}"
        for sub in top.children:
            yield str(sub.pk), f"　{sub.number} {sub.title}"


def indicators_of(campaign: Campaign) -> Any:
    return (
        Indicator.objects.filter(objective__campaign=campaign, retired_at=None)
        .select_related("clause")
        .order_by("objective__number", "position")
    )


def clauses_of(campaign: Campaign) -> dict[str, Clause]:
    """{主鍵: 條文}：現行各指標所依據的款。"""
    return {str(row.clause_id): row.clause for row in indicators_of(campaign)}


class StepRow(forms.Form):
    """一檔。"""

    use_required_attribute = False

    label = forms.CharField(
        label=_("檔次"),
        max_length=60,
        error_messages={"required": _("填寫檔次的名稱；不要這一行就點「刪除」。")},
    )
    points = PointsField(label=_("得分"))
    percent = PointsField(label=_("或滿分的百分之幾"), most=100)
    at_least = PointsField(label=_("數值下限"), least=-10_000)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in ("points", "percent", "at_least"):
            self.fields[name].is_needed = True

    def clean(self) -> dict[str, Any]:
        clean = super().clean()
        if not self.errors and (clean["points"] is None) == (clean["percent"] is None):
            self.add_error("points", _("每一檔寫分數或滿分的百分之幾，只寫一樣。"))
        return clean

    def value(self) -> Step:
        names = ("label", "points", "percent", "at_least")
        return Step(**{name: self.cleaned_data[name] for name in names})


class StandardRow(forms.Form):
    """一條測評標準。"""

    use_required_attribute = False

    number = forms.CharField(
        label=_("編號"),
        max_length=20,
        error_messages={"required": _("填寫編號；不要這一行就點「刪除」。")},
    )
    text = forms.CharField(
        label=_("測評標準"),
        required=False,
        max_length=500,
        help_text=_("留空的，照所選方案條文的原文。"),
        widget=forms.Textarea(attrs={"rows": 2, "class": "ta-s"}),
    )
    clause = forms.ChoiceField(label=_("依據方案條文"), required=False)
    method = forms.ChoiceField(label=_("測評方法"), choices=Method, initial=Method.PAPERS)
    second_method = forms.ChoiceField(label=_("另一方法"), required=False)
    forms = forms.MultipleChoiceField(
        label=_("佐證形式"), required=False, widget=forms.CheckboxSelectMultiple
    )

    def __init__(
        self,
        *args: Any,
        clauses: Mapping[str, Clause],
        evidence: Mapping[str, EvidenceForm],
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self.clauses, self.evidence = clauses, evidence
        self.fields["clause"].choices = [
            ("", gettext("（不依據條文）")),
            *((pk, f"{row.code} {row.text[:24]}") for pk, row in clauses.items()),
        ]
        self.fields["second_method"].choices = [("", gettext("（沒有）")), *Method.choices]
        self.fields["forms"].choices = [(pk, gettext(row.name)) for pk, row in evidence.items()]

    def clean(self) -> dict[str, Any]:
        clean = super().clean()
        clause = self.clauses.get(clean.get("clause", ""))
        if not clean.get("text") and "text" not in self.errors:
            if clause is None:
                self.add_error("text", _("填寫測評標準，或者選它依據的方案條文。"))
            else:
                clean["text"] = clause.text
        return clean

    def value(self) -> StandardLine:
        clean = self.cleaned_data
        clause = self.clauses.get(clean["clause"])
        return StandardLine(
            number=clean["number"],
            text=clean["text"],
            method=clean["method"],
            second_method=clean["second_method"],
            forms=tuple(
                Ref(row.pk, row.name) for pk, row in self.evidence.items() if pk in clean["forms"]
            ),
            clause=Ref(clause.pk, clause.code) if clause else None,
        )


# ── 類別和等次 ────────────────────────────────────────


class ProfileRow(forms.Form):
    """一類和屬於它的單位。"""

    use_required_attribute = False

    pk = forms.CharField(required=False, max_length=18, widget=forms.HiddenInput)
    name = forms.CharField(
        label=_("計分類別"),
        max_length=40,
        error_messages={"required": _("填寫類別的名稱；不要這一類就點「刪除」。")},
    )
    departments = forms.MultipleChoiceField(
        label=_("哪些單位屬於它"), required=False, widget=forms.CheckboxSelectMultiple
    )

    def __init__(self, *args: Any, units: Mapping[str, Department], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.units = units
        self.fields["departments"].choices = [(pk, row.name) for pk, row in units.items()]

    def value(self) -> ProfileLine:
        clean = self.cleaned_data
        pk = clean["pk"]
        return ProfileLine(
            name=clean["name"],
            departments=tuple(
                Ref(row.pk, row.name)
                for key, row in self.units.items()
                if key in clean["departments"]
            ),
            pk=int(pk) if re.fullmatch(r"\d+", pk, re.ASCII) else None,
        )


class GradeRow(forms.Form):
    """一等。"""

    use_required_attribute = False

    name = forms.CharField(
        label=_("等次"),
        max_length=20,
        error_messages={"required": _("填寫等次的名稱；不要這一行就點「刪除」。")},
    )
    at_least = PointsField(
        label=_("總分下限"),
        required=True,
        error_messages={"required": _("填寫下限；最低的一等寫 0。")},
    )
    is_failing = forms.BooleanField(label=_("要整改"), required=False)

    def value(self) -> GradeLine:
        clean = self.cleaned_data
        return GradeLine(clean["name"], clean["at_least"], clean["is_failing"])


# ── 一行一個 ──────────────────────────────────────────


class RowFormSet(BaseFormSet):
    """各行都當新的；全空的一行不算。名稱之類不能重複的字段由 unique 說。"""

    unique: tuple[str, ...] = ()

    def initial_form_count(self) -> int:
        return 0

    def total_form_count(self) -> int:
        return super().total_form_count() if self.is_bound else len(self.initial or ())

    @property
    def filled(self) -> list[Any]:
        return [form for form in self.forms if form.has_changed()]

    def clean(self) -> None:
        for name in self.unique:
            seen: set[Any] = set()
            for form in self.filled:
                for value in _each(form.cleaned_data.get(name)):
                    if value in seen:
                        form.add_error(name, gettext("上面一行已經用過，請改成各不相同。"))
                        break
                    seen.add(value)

    def values(self) -> list[Any]:
        """各行的值，次序照表上。"""
        return [form.value() for form in self.filled]


def _each(value: Any) -> list[Any]:
    if isinstance(value, list):
        return value
    return [] if value in (None, "") else [value]


class Rows:
    """一組「一行一個」：怎樣開、怎樣重排。"""

    def __init__(
        self, prefix: str, form: type[forms.Form], unique: tuple[str, ...], **kwargs: Any
    ) -> None:
        self.prefix, self.form, self.kwargs = prefix, form, kwargs
        base = type("Set", (RowFormSet,), {"unique": unique})
        self.kind = formset_factory(
            form, formset=base, extra=0, max_num=MOST_ROWS, absolute_max=MOST_ROWS
        )

    def bound(self, data: Any) -> RowFormSet:
        return self.kind(data, prefix=self.prefix, form_kwargs=self.kwargs)

    def fresh(self, rows: Iterable[Mapping[str, Any]]) -> RowFormSet:
        return self.kind(prefix=self.prefix, initial=list(rows) or [{}], form_kwargs=self.kwargs)

    def stepped(self, data: Any, step: tuple[str, str, int]) -> RowFormSet:
        """按了一下按鈕之後的各行；寫過的都在。按的是別的一組時，各行照舊。"""
        rows = self._typed(data)
        which, verb, number = step
        if which == self.prefix and verb == "add":
            rows = [*rows, {}][:MOST_ROWS]
        elif which == self.prefix:
            rows = [row for index, row in enumerate(rows) if index != number]
        return self.fresh(rows)

    def _typed(self, data: Any) -> list[dict[str, Any]]:
        total = str(data.get(f"{self.prefix}-TOTAL_FORMS", "0"))
        count = min(int(total), MOST_ROWS) if re.fullmatch(r"\d{1,3}", total, re.ASCII) else 0
        forms_ = (self.form(prefix=f"{self.prefix}-{n}", **self.kwargs) for n in range(count))
        return [as_typed(each, data) for each in forms_]


def step_of(data: Any) -> tuple[str, str, int] | None:
    """按的是不是重排各行的按鈕：（哪一組, add 或 remove, 第幾行）。"""
    found = _STEP.fullmatch(str(data.get("step", "")))
    return (found[1], found[2], int(found[3] or 0)) if found else None


def step_rows() -> Rows:
    return Rows("steps", StepRow, ("label",))


def standard_rows(scheme: Scheme) -> Rows:
    evidence = {str(row.pk): row for row in EvidenceForm.objects.all()}
    clauses = clauses_of(scheme.campaign)
    return Rows("standards", StandardRow, ("number",), clauses=clauses, evidence=evidence)


def profile_rows(units: Iterable[Department]) -> Rows:
    known = {str(row.pk): row for row in units}
    return Rows("rows", ProfileRow, ("name", "departments"), units=known)


def grade_rows() -> Rows:
    return Rows("rows", GradeRow, ("name", "at_least"))
