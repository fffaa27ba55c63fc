"""佐證要求的表單：一種佐證一行，可加、可去、可整組選用。指標、常用要求、措施三處共用。

「加一行」「去掉」「選用」都是同一張表單的按鈕（name=step），交到同一個網址，重排各行再給
回來，什麼也不保存：沒有腳本時整頁回來，有腳本時 htmx 只換這一塊。
"""

import re
from collections.abc import Iterable, Mapping
from typing import Any

from django import forms
from django.forms import BaseFormSet, formset_factory
from django.urls import reverse
from django.utils.text import format_lazy
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from campaigns.evidence_specs import FIELDS, usable_sets, values_of
from campaigns.models import EvidenceForm, EvidenceSetLine, EvidenceSpec

PREFIX = "spec"
MOST_ROWS = 30
MOST_COUNT, MOST_MONTHS, MOST_CHARACTERS, MOST_MEGABYTES = 99, 120, 100_000, 500
_STEP = re.compile(r"(add|use|indicators|remove)(?:-(\d{1,3}))?", re.ASCII)


class NumberField(forms.IntegerField):
    """一個不大的正整數，出錯時說得出範圍。"""

    def __init__(self, *, least: int, most: int, **kwargs: Any) -> None:
        sentence = format_lazy(_("請填 {least} 至 {most} 的整數。"), least=least, most=most)
        super().__init__(
            min_value=least,
            max_value=most,
            widget=forms.TextInput(
                attrs={"inputmode": "numeric", "autocomplete": "off", "maxlength": 6}
            ),
            error_messages=dict.fromkeys(("invalid", "min_value", "max_value"), sentence),
            **kwargs,
        )


class SpecForm(forms.Form):
    """要一種佐證的全部要求。"""

    use_required_attribute = False

    form = forms.ChoiceField(
        label=_("形式"),
        error_messages={
            "required": _("選定要哪一種佐證；不要這一行就點「去掉」。"),
            "invalid_choice": _("這種佐證已不能選，請從列出的選一種。"),
        },
    )
    count = NumberField(label=_("份數"), least=1, most=MOST_COUNT, initial=1)
    window = forms.ChoiceField(
        label=_("材料日期"), choices=EvidenceSpec.Window, initial=EvidenceSpec.Window.ANY
    )
    window_months = NumberField(label=_("幾個月內"), least=1, most=MOST_MONTHS, required=False)
    needs_number = forms.BooleanField(label=_("要有文號"), required=False)
    needs_date = forms.BooleanField(label=_("要註明材料日期"), required=False)
    max_characters = NumberField(label=_("字數上限"), least=1, most=MOST_CHARACTERS, required=False)
    max_megabytes = NumberField(
        label=_("每份不超過多少 MB"), least=1, most=MOST_MEGABYTES, required=False
    )
    ticks = forms.CharField(
        label=_("審核時逐條看"),
        required=False,
        max_length=1000,
        help_text=_("一行一條，如「看得到單位名稱」。"),
        widget=forms.Textarea(attrs={"rows": 2, "class": "ta-s"}),
    )
    note = forms.CharField(label=_("補充說明"), required=False, max_length=200)

    def __init__(self, *args: Any, choices: list[EvidenceForm], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.known = {str(row.pk): row for row in choices}
        names = [(pk, gettext(row.name)) for pk, row in self.known.items()]
        self.fields["form"].choices = [("", gettext("選擇形式")), *names]
        # 只在選了「若干個月內」時要填，由 clean 管；不標「選填」。
        self.fields["window_months"].is_needed = True
        # 數着字數的框太高；這裏一行一條，不用數。
        self.fields["ticks"].max_length = None

    def clean_form(self) -> EvidenceForm:
        return self.known[self.cleaned_data["form"]]

    def clean_ticks(self) -> str:
        lines = self.cleaned_data["ticks"].splitlines()
        return "\n".join(line.strip() for line in lines if line.strip())

    def clean(self) -> dict[str, Any]:
        super().clean()
        by_months = self.cleaned_data.get("window") == EvidenceSpec.Window.MONTHS
        months = self.cleaned_data.get("window_months")
        if by_months and not months and "window_months" not in self.errors:
            self.add_error("window_months", gettext("寫明是幾個月內，如 12。"))
        if not by_months:
            self.cleaned_data["window_months"] = None
            self.errors.pop("window_months", None)
        return self.cleaned_data

    @property
    def has_more(self) -> bool:
        """收在「更多要求」裏的填了什麼，或填錯了：要展開。"""
        names = ("max_characters", "max_megabytes", "note")
        return any(self[name].value() or self[name].errors for name in names)


class SpecFormSet(BaseFormSet):
    """各種佐證的要求。全空的一行不算；同一種佐證只能有一行。

    各行都當新的：行數由人加減，從庫裏來的和剛加的沒有分別。
    """

    def initial_form_count(self) -> int:
        return 0

    def total_form_count(self) -> int:
        return super().total_form_count() if self.is_bound else len(self.initial or ())

    def clean(self) -> None:
        seen: set[int] = set()
        for form in self.forms:
            chosen = form.cleaned_data.get("form")
            if chosen is None:
                continue
            if chosen.pk in seen:
                form.add_error("form", gettext("這種佐證上面已有一行，請合成一行，或改選別的。"))
            seen.add(chosen.pk)

    @property
    def wanted(self) -> list[dict[str, Any]]:
        """填好的各條要求，鍵同 evidence_specs.FIELDS。"""
        return [
            {name: form.cleaned_data[name] for name in FIELDS}
            for form in self.forms
            if form.has_changed()
        ]


def spec_formset(
    *, data: Any = None, rows: Iterable[Mapping[str, Any]] = (), held: Iterable[int] = ()
) -> SpecFormSet:
    """各行的表單。rows 是打開時的各行（沒有時給一空行）；held 是現在用着的形式，停用的也要能原樣存。"""
    choices = [row for row in EvidenceForm.objects.all() if row.is_active or row.pk in set(held)]
    kind = formset_factory(
        SpecForm, formset=SpecFormSet, extra=0, max_num=MOST_ROWS, absolute_max=MOST_ROWS
    )
    # 交來的各行一律照新行看：同庫裏比出「沒有改」的一行會被當成空行，一保存就丟了。
    initial = None if data is not None else list(rows) or [{}]
    return kind(data, prefix=PREFIX, initial=initial, form_kwargs={"choices": choices})


def rows_of(specs: Iterable[EvidenceSpec]) -> list[dict[str, Any]]:
    """庫裏的要求 → 各行的初始值。"""
    return [values_of(spec) | {"form": str(spec.form_id)} for spec in specs]


def typed_rows(data: Any) -> list[dict[str, Any]]:
    """交來的各行，原樣（不管對不對）。"""
    total = str(data.get(f"{PREFIX}-TOTAL_FORMS", "0"))
    count = min(int(total), MOST_ROWS) if re.fullmatch(r"\d{1,3}", total, re.ASCII) else 0
    return [
        {name: data.get(f"{PREFIX}-{index}-{name}", "") for name in FIELDS}
        for index in range(count)
    ]


def step_of(data: Any) -> tuple[str, int] | None:
    """按的是不是重排各行的按鈕：（加、用、去掉, 第幾行）。"""
    found = _STEP.fullmatch(str(data.get("step", "")))
    return (found[1], int(found[2] or 0)) if found else None


def stepped_rows(data: Any, step: tuple[str, int]) -> list[dict[str, Any]]:
    """按了一下按鈕之後的各行；已經寫的都還在。選用的一組裏，已有一行的那種佐證不動。"""
    verb, number = step
    rows = typed_rows(data)
    if verb == "remove":
        return [row for index, row in enumerate(rows) if index != number]
    if verb == "use":
        return with_specs(rows, _lines_of(data.get("evidence_set", "")))
    return [*rows, {}][:MOST_ROWS]


def with_specs(rows: list[dict[str, Any]], specs: Iterable[EvidenceSpec]) -> list[dict[str, Any]]:
    """接上幾條要求：空行去掉，已有一行的那種佐證不動。"""
    written = [row for row in rows if str(row.get("form", ""))]
    held = {str(row["form"]) for row in written}
    fresh = [row for row in rows_of(specs) if row["form"] not in held]
    return [*written, *fresh][:MOST_ROWS]


def _lines_of(set_id: Any) -> list[EvidenceSetLine]:
    if not re.fullmatch(r"\d{1,9}", str(set_id), re.ASCII):
        return []
    return list(
        EvidenceSetLine.objects.filter(
            evidence_set=int(set_id), evidence_set__is_active=True, form__is_active=True
        ).select_related("form")
    )


def as_typed(form: forms.BaseForm, data: Any) -> dict[str, Any]:
    """表單裏已經寫的，原樣；重排各行時別處填的不丟。"""
    return {
        name: field.widget.value_from_datadict(data, {}, form.add_prefix(name))
        for name, field in form.fields.items()
    }


def spec_context(formset: SpecFormSet, step: tuple[str, int] | None = None) -> dict[str, Any]:
    """components/spec_rows.html 要的。剛按過按鈕的，焦點落在加的那一行，去掉的落在標題。"""
    if step and step[0] != "remove" and formset.forms:
        formset.forms[-1].fields["form"].widget.attrs["autofocus"] = True
    return {
        "specs": formset,
        "sets": usable_sets(),
        "is_full": len(formset.forms) >= MOST_ROWS,
        "is_removed": bool(step) and step[0] == "remove",
        "maintain": reverse("campaigns:evidence-sets"),
    }
