"""分解表的表單：一項措施的字段，和批量辦理各自要填的。"""

from datetime import date
from typing import Any

from django import forms
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from campaigns.models import Campaign, Clause, Cycle, EvidenceForm, Indicator, Objective, Seat
from people.models import Department, User
from tasks.labels import seat_label
from tasks.models import MainTask, Measure
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
    "reason",
)
_BAD_DATE = _("請寫成 2026-12-10 這樣的日期，並確認有這一天。")
_BAD_CHOICE = _("這一項已不能選，請從列出的選一個。")


class DateField(forms.DateField):
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


class PickMany(forms.ModelMultipleChoiceField):
    widget = forms.CheckboxSelectMultiple

    def __init__(self, queryset: Any, *, label_from: Any = str, **kwargs: Any) -> None:
        self._label_from = label_from
        kwargs.setdefault("required", False)
        kwargs.setdefault("error_messages", {"invalid_choice": _BAD_CHOICE})
        super().__init__(queryset, **kwargs)

    def label_from_instance(self, obj: Any) -> str:
        return self._label_from(obj)


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
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self.measure = measure
        self._add_plan_fields(campaign)
        self._add_people_fields(campaign, today)
        self.forms_of_evidence = list(EvidenceForm.objects.filter(is_active=True))
        for form in self.forms_of_evidence:
            self.fields[f"evidence_{form.pk}"] = _count_field(form)
        if measure is None or measure.state == Measure.State.DRAFT:
            del self.fields["reason"]
        if only:
            self._keep(only)
        self.order_fields(_ORDER)

    def _add_plan_fields(self, campaign: Campaign) -> None:
        tasks = MainTask.objects.filter(campaign=campaign, retired_at=None)
        self.fields["main_task"] = Pick(
            tasks,
            label=_("主要任務"),
            required=True,
            error_messages={
                "required": _("請選定屬於哪一項主要任務。"),
                "invalid_choice": _BAD_CHOICE,
            },
        )
        objectives = Objective.objects.filter(campaign=campaign, retired_at=None)
        self.fields["objective"] = Pick(objectives, label=_("工作目標"))
        indicators = (
            Indicator.objects.filter(objective__campaign=campaign, retired_at=None)
            .select_related("clause", "objective")
            .order_by("objective__number", "position")
        )
        self.fields["indicators"] = PickMany(indicators, label=_("對應指標"))
        clauses = Clause.objects.filter(
            version__campaign=campaign,
            level=Clause.Level.CLAUSE,
            section_kind=Clause.SectionKind.TASK,
        ).order_by("-version__number", "position")
        self.fields["clause"] = Pick(clauses, label=_("方案條款"), empty_label=_("（不對應）"))

    def _add_people_fields(self, campaign: Campaign, today: date) -> None:
        departments = Department.objects.existing(today)
        if self.measure and self.measure.pk:
            # 已撤併的單位還在名下時，也要能原樣保存。
            held = [self.measure.lead_department_id, *_supporting_ids(self.measure)]
            departments = Department.objects.filter(
                Q(pk__in=departments.values("pk")) | Q(pk__in=held)
            )
        self.fields["lead_department"] = Pick(departments, label=_("牽頭單位"))
        self.fields["supporting"] = PickMany(departments, label=_("配合單位"))
        seats = Seat.objects.on(today).filter(campaign=campaign).select_related("user")
        self.fields["accountable_seat"] = Pick(seats, label=_("責任領導"), label_from=seat_label)
        people = User.objects.filter(is_active=True, appointments__isnull=False).distinct()
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
        if self.evidence_fields:
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
        label=form.name,
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


class UploadForm(forms.Form):
    file = forms.FileField(
        label=_("改好的任務分解表（.xlsx）"),
        widget=forms.ClearableFileInput(attrs={"accept": ".xlsx"}),
        error_messages={
            "required": _("請選擇要讀回的 .xlsx 文件。"),
            "empty": _("這個文件是空的，請重新選擇。"),
        },
    )
