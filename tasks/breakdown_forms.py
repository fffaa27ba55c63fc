"""分解表的表單：一項措施的字段，和批量辦理各自要填的。"""

import re
from datetime import date
from typing import Any

from django import forms
from django.db.models import Q, QuerySet
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from campaigns.models import Campaign, Clause, Cycle, EvidenceForm, Indicator, Objective, Seat
from campaigns.spec_forms import PREFIX, SpecFormSet, rows_of, spec_formset
from people.forms import SeveralField
from people.models import Department, User
from pingtan_civ.lib.dates import sensible_day
from tasks.labels import seat_label
from tasks.models import MainTask, Measure
from tasks.services import figures
from tasks.services.breakdown import Values

#: 行內展開時只改這些；其餘的在整頁裏改。
ROW_FIELDS = (
    "title",
    "lead_department",
    "supporting",
    "accountable_seat",
    "owner",
    "due_date",
    "cycle",
    "evidence",
    "figures",
    "reason",
)
_BAD_DATE = _("請寫成 2026-12-10 這樣的日期，並確認有這一天。")
_BAD_CHOICE = _("這一項已不能選，請從列出的選一個。")
#: 一行一項數據：名稱，末尾可以用括號寫單位；括號要成對。
_FIGURE = re.compile(
    r"(?P<name>[^（()）]+(?:[（(][^（()）]+[)）][^（()）]+)*)(?:[（(](?P<unit>[^（()）]+)[)）])?"
)


class DateField(forms.DateField):
    default_validators = [sensible_day]

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("widget", forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"}))
        kwargs.setdefault("input_formats", ["%Y-%m-%d", "%Y/%m/%d", "%Y年%m月%d日"])
        kwargs.setdefault("error_messages", {"invalid": _BAD_DATE, "required": _("請填日期。")})
        super().__init__(**kwargs)


class Pick(forms.ModelChoiceField):
    """從列表中選一個；選項標什麼由 label_from 給。"""

    def __init__(self, queryset: Any, *, label_from: Any = str, **kwargs: Any) -> None:
        self._label_from = label_from
        kwargs.setdefault("empty_label", _("（未定）"))
        kwargs.setdefault("required", False)
        kwargs.setdefault("error_messages", {"invalid_choice": _BAD_CHOICE})
        super().__init__(queryset, **kwargs)

    def label_from_instance(self, obj: Any) -> str:
        return self._label_from(obj)


class PickMany(SeveralField):
    widget = forms.CheckboxSelectMultiple

    def __init__(self, queryset: Any, *, label_from: Any = str, **kwargs: Any) -> None:
        self._label_from = label_from
        kwargs.setdefault("required", False)
        kwargs.setdefault("error_messages", {"invalid_choice": _BAD_CHOICE})
        super().__init__(queryset, **kwargs)

    def label_from_instance(self, obj: Any) -> str:
        return self._label_from(obj)


class FiguresField(forms.CharField):
    """每行一項數據：「培訓場次（次）」→ ("培訓場次", "次")。空行不算。"""

    def to_python(self, value: Any) -> Any:
        rows = []
        for line in super().to_python(value).splitlines():
            text = " ".join(line.split())
            if not text:
                continue
            found = _FIGURE.fullmatch(text)
            if found is None:
                sentence = gettext("「%(line)s」看不懂，請寫成「培訓場次（次）」這樣，一行一項。")
                raise forms.ValidationError(sentence % {"line": text[:80]})
            rows.append((found["name"].strip(), (found["unit"] or "").strip()))
        return rows

    def prepare_value(self, value: Any) -> Any:
        return "\n".join(figures.in_words(value)) if isinstance(value, list) else value


class MeasureForm(forms.Form):
    """一項措施。only 給定時只留那些字段（行內編輯）。"""

    title = forms.CharField(
        label=_("具體措施"),
        max_length=200,
        error_messages={
            "required": _("請寫明具體措施。"),
            "max_length": _("具體措施最多 200 字，詳細的寫在「要求和完成標準」裏。"),
        },
    )
    requirement = forms.CharField(
        label=_("要求和完成標準"),
        required=False,
        max_length=4000,
        widget=forms.Textarea(attrs={"rows": 4}),
    )
    cycle = forms.ChoiceField(
        label=_("報送週期"), choices=Cycle, error_messages={"invalid_choice": _BAD_CHOICE}
    )
    due_date = DateField(label=_("完成時限"), required=False)
    asks_percent = forms.BooleanField(label=_("填報進度百分比"), required=False)
    figures = FiguresField(
        label=_("填報數據"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text=_("每次報送要填的數，每行一項：數據項（單位），如「培訓場次（次）」。"),
    )
    note = forms.CharField(label=_("備註"), required=False, max_length=300)
    reason = forms.CharField(
        label=_("改動的原因"),
        required=False,
        max_length=300,
        help_text=_("已下達的任務，單位會看到這句話。"),
    )
    version = forms.IntegerField(widget=forms.HiddenInput, required=False)
    back = forms.CharField(widget=forms.HiddenInput, required=False)

    def __init__(
        self,
        *args: Any,
        campaign: Campaign,
        today: date,
        measure: Measure | None = None,
        only: tuple[str, ...] = (),
        specs: list[dict[str, Any]] | None = None,
        **kwargs: Any,
    ) -> None:
        """specs 是佐證要求各行（按過「加一行」一類的）；不給就取措施現有的。"""
        super().__init__(*args, **kwargs)
        self.measure = measure
        self.held = _held(measure)
        self._add_plan_fields(campaign)
        self._add_people_fields(campaign, today)
        self.specs: SpecFormSet | None = None
        self.forms_of_evidence: list[EvidenceForm] = []
        if "evidence" in only:
            self._add_counts()
        elif not self.is_bound or f"{PREFIX}-TOTAL_FORMS" in self.data:
            rows = rows_of(measure.evidence_wanted.all()) if measure else []
            self.specs = spec_formset(
                data=self.data if self.is_bound else None,
                rows=specs if specs is not None else rows,
                held=self.held.get("evidence", []),
            )
        if measure is None or measure.state == Measure.State.DRAFT:
            del self.fields["reason"]
        if only:
            self._keep(only)
        self.order_fields(_ORDER)

    def _add_counts(self) -> None:
        """行內只改各種佐證的份數，別的要求在整頁裏改。"""
        active = EvidenceForm.objects.filter(is_active=True)
        self.forms_of_evidence = list(self._with_held(active, "evidence"))
        for form in self.forms_of_evidence:
            self.fields[f"evidence_{form.pk}"] = _count_field(form)

    def is_valid(self) -> bool:
        """連同佐證要求各行一起查，一次說全。"""
        return all([super().is_valid(), self.specs is None or self.specs.is_valid()])

    @property
    def all_forms(self) -> list[forms.BaseForm]:
        """錯誤清單要看的全部。"""
        return [self, *(self.specs.forms if self.specs else ())]

    def _with_held(self, choices: QuerySet[Any], name: str) -> QuerySet[Any]:
        """可選的，加上這項措施現在用着的：已撤併、卸任、停用的也要能原樣保存，不在保存時被抹去。"""
        held = self.held.get(name, [])
        rows = choices.model._default_manager.filter(
            Q(pk__in=choices.order_by().values("pk")) | Q(pk__in=held)
        )
        return rows.order_by(*choices.query.order_by) if choices.query.order_by else rows

    def _add_plan_fields(self, campaign: Campaign) -> None:
        tasks = MainTask.objects.filter(campaign=campaign, retired_at=None)
        self.fields["main_task"] = Pick(
            self._with_held(tasks, "main_task"),
            label=_("主要任務"),
            required=True,
            error_messages={
                "required": _("請選定屬於哪一項主要任務。"),
                "invalid_choice": _BAD_CHOICE,
            },
        )
        objectives = Objective.objects.filter(campaign=campaign, retired_at=None)
        objectives = self._with_held(objectives, "objective")
        self.fields["objective"] = Pick(objectives, label=_("工作目標"))
        indicators = Indicator.objects.filter(
            objective__campaign=campaign, retired_at=None
        ).order_by("objective__number", "position")
        indicators = self._with_held(indicators, "indicators")
        self.fields["indicators"] = PickMany(
            indicators.select_related("clause", "objective"), label=_("對應指標")
        )
        clauses = Clause.objects.filter(
            version__campaign=campaign,
            level=Clause.Level.CLAUSE,
            section_kind=Clause.SectionKind.TASK,
        ).order_by("-version__number", "position")
        clauses = self._with_held(clauses, "clause")
        self.fields["clause"] = Pick(clauses, label=_("方案條款"), empty_label=_("（不對應）"))

    def _add_people_fields(self, campaign: Campaign, today: date) -> None:
        existing = Department.objects.existing(today)
        leads = self._with_held(existing, "lead_department")
        self.fields["lead_department"] = Pick(leads, label=_("牽頭單位"))
        supporting = self._with_held(existing, "supporting")
        self.fields["supporting"] = PickMany(supporting, label=_("配合單位"))
        seats = self._with_held(
            Seat.objects.on(today).filter(campaign=campaign), "accountable_seat"
        ).select_related("user")
        self.fields["accountable_seat"] = Pick(seats, label=_("責任領導"), label_from=seat_label)
        people = User.objects.filter(is_active=True, appointments__isnull=False)
        people = self._with_held(people, "owner")
        self.fields["owner"] = Pick(people, label=_("責任人"))

    def _keep(self, only: tuple[str, ...]) -> None:
        kept = {*only, "version", "back"}
        for name in list(self.fields):
            if name.split("_")[0] == "evidence" and "evidence" in kept:
                continue
            if name not in kept:
                del self.fields[name]

    @property
    def evidence_fields(self) -> list[forms.BoundField]:
        return [self[name] for name in self.fields if name.startswith("evidence_")]

    def values(self) -> Values:
        """services.breakdown 要的樣子；表單上沒有的字段不帶，也就不改。"""
        skip = ("version", "back", "reason")
        values = {
            name: value
            for name, value in self.cleaned_data.items()
            if name not in skip and not name.startswith("evidence_")
        }
        for name in ("supporting", "indicators"):
            if name in values:
                values[name] = list(values[name])
        if "requirement" in values:
            # 瀏覽器送回的換行是兩個字符，存的是一個：沒改過的不算改。
            values["requirement"] = values["requirement"].replace("\r\n", "\n")
        if self.specs:
            values["evidence"] = self.specs.wanted
        elif self.evidence_fields:
            values["evidence"] = [
                (form, count)
                for form in self.forms_of_evidence
                if (count := self.cleaned_data.get(f"evidence_{form.pk}"))
            ]
        return values

    def show_errors(self, errors: dict[str, str]) -> None:
        """把服務的拒絕寫回對應的字段；沒有對應的寫在上方。"""
        for name, sentence in errors.items():
            self.add_error(name if name in self.fields else None, sentence)


_ORDER = [
    "main_task",
    "title",
    "requirement",
    "objective",
    "lead_department",
    "supporting",
    "accountable_seat",
    "owner",
    "due_date",
    "cycle",
]


def _count_field(form: EvidenceForm) -> forms.IntegerField:
    return forms.IntegerField(
        label=gettext(form.name),
        required=False,
        min_value=0,
        max_value=99,
        error_messages={
            "invalid": _("份數請填整數。"),
            "min_value": _("份數不能是負數。"),
            "max_value": _("份數最多 99。"),
        },
        widget=forms.NumberInput(attrs={"inputmode": "numeric"}),
    )


def _supporting_ids(measure: Measure) -> list[int]:
    return list(measure.supporting_departments.values_list("pk", flat=True))


def _held(measure: Measure | None) -> dict[str, list[Any]]:
    """措施現在用着的：{字段: 主鍵}。"""
    if measure is None or not measure.pk:
        return {}
    singles = ("main_task", "objective", "clause", "lead_department", "accountable_seat", "owner")
    return {
        **{name: [getattr(measure, f"{name}_id")] for name in singles},
        "supporting": _supporting_ids(measure),
        "indicators": list(measure.indicators.values_list("pk", flat=True)),
        "evidence": list(measure.evidence_wanted.values_list("form_id", flat=True)),
    }


def initial_of(measure: Measure) -> dict[str, Any]:
    """打開時各字段的值。"""
    counts = {f"evidence_{row.form_id}": row.count for row in measure.evidence_wanted.all()}
    return {
        "main_task": measure.main_task_id,
        "title": measure.title,
        "requirement": measure.requirement,
        "objective": measure.objective_id,
        "indicators": list(measure.indicators.values_list("pk", flat=True)),
        "clause": measure.clause_id,
        "lead_department": measure.lead_department_id,
        "supporting": _supporting_ids(measure),
        "accountable_seat": measure.accountable_seat_id,
        "owner": measure.owner_id,
        "due_date": measure.due_date,
        "cycle": measure.cycle,
        "asks_percent": measure.asks_percent,
        "figures": figures.wanted(measure),
        "note": measure.note,
        "version": measure.version,
        **counts,
    }


# ── 批量 ──────────────────────────────────────────────


class NothingForm(forms.Form):
    """只要確認，不用填什麼。"""


class ChaseForm(forms.Form):
    words = forms.CharField(
        label=_("催辦說明"),
        required=False,
        max_length=300,
        widget=forms.Textarea(attrs={"rows": 3}),
        error_messages={"max_length": _("催辦說明最多 300 字。")},
    )
    confirmed = forms.BooleanField(label=_("本工作日已經催過的，也再催一次"), required=False)


class ReasonForm(forms.Form):
    reason = forms.CharField(
        label=_("理由"),
        max_length=300,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("單位會看到，並記入留痕。"),
        error_messages={
            "required": _("請寫明理由，單位要看到。"),
            "max_length": _("理由最多 300 字。"),
        },
    )


class DeadlineForm(ReasonForm):
    due_date = DateField(label=_("新的完成時限"))
    field_order = ["due_date", "reason"]


class LeadForm(forms.Form):
    reason = forms.CharField(label=_("理由"), required=False, max_length=300)

    def __init__(self, *args: Any, today: date, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["lead_department"] = Pick(
            Department.objects.existing(today),
            label=_("新的牽頭單位"),
            required=True,
            empty_label=_("請選擇"),
            error_messages={"required": _("請選定牽頭單位。"), "invalid_choice": _BAD_CHOICE},
        )
        self.order_fields(["lead_department", "reason"])


class LeaderForm(forms.Form):
    def __init__(self, *args: Any, campaign: Campaign, today: date, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["accountable_seat"] = Pick(
            Seat.objects.on(today).filter(campaign=campaign).select_related("user"),
            label=_("責任領導"),
            required=True,
            label_from=seat_label,
            empty_label=_("請選擇"),
            error_messages={"required": _("請選定責任領導。"), "invalid_choice": _BAD_CHOICE},
        )
