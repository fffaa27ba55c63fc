"""提綱的表單：一章一行，可加、可去、可上下移，整份一起保存。

「加一章」「去掉」「上移」「下移」是同一張表單的按鈕（name=step）：只重排各行再給回來，什麼也不保存，
沒有腳本也能用，鍵盤也按得到。
"""

import re
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.forms import BaseFormSet, formset_factory
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from campaigns.models import Clause
from reports.annex_fields import WithAnnexes
from reports.flows import flow_of, flows
from reports.models import Outline, OutlineChapter
from reports.outline import Chapter
from reports.services.outlines import MOST_CHAPTERS, OutlineSettings

PREFIX = "chapters"
FIELDS = ("key", "heading", "flow", "section_kind")
_STEP = re.compile(r"(add|remove|up|down)(?:-(\d{1,3}))?", re.ASCII)


class NewOutlineForm(forms.Form):
    name = forms.CharField(label=_("提綱名稱"), max_length=60)


class OutlineForm(WithAnnexes, forms.ModelForm):
    """名稱、發文代字、紅頭、抄送、默認附件。version 是打開時看到的改動次數。"""

    annexes = forms.MultipleChoiceField(
        label=_("默認帶的附件"), required=False, widget=forms.CheckboxSelectMultiple
    )
    version = forms.IntegerField(min_value=0, widget=forms.HiddenInput)

    class Meta:
        model = Outline
        fields = ("name", "mark", "head_text", "copied_to", "annexes")
        help_texts = {
            "mark": _("發文字號的開頭，如「平民創報」；簽發時按年編號，不重不漏。不寫就只編期號。"),
            "head_text": _("紅頭上的字，如「平潭縣民政局文件」。不寫就不印紅頭。"),
            "copied_to": _("印在末頁版記裏；不寫就不印。"),
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.initial.setdefault("version", self.instance.version)
        self.offer_annexes()

    def _get_validation_exclusions(self) -> set[str]:
        # 同名由服務在鎖裏查，一處說。
        return super()._get_validation_exclusions() | {"name"}

    @property
    def settings(self) -> OutlineSettings:
        return OutlineSettings(**{name: self.cleaned_data[name] for name in self.Meta.fields})


class ChapterForm(forms.Form):
    """一章：標題、流入什麼、標題用不用方案裏的。"""

    use_required_attribute = False

    key = forms.SlugField(max_length=40, required=False, widget=forms.HiddenInput)
    heading = forms.CharField(label=_("標題"), max_length=60, required=False)
    flow = forms.ChoiceField(
        label=_("流入什麼"),
        error_messages={"required": _("選定這一章流入什麼；自己寫的選「辦公室自己寫」。")},
    )
    section_kind = forms.ChoiceField(label=_("標題照方案"), required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        known = [(flow.key, flow.label) for flow in flows()]
        self.fields["flow"].choices = [("", gettext("選一種")), *known]
        self.fields["section_kind"].choices = [
            ("", gettext("不照方案")),
            *Clause.SectionKind.choices,
        ]
        # 開頭一段沒有標題，照方案的也不必寫，由 clean 管；都不標「選填」，頁上說一次。
        self.fields["heading"].is_needed = self.fields["section_kind"].is_needed = True

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        is_named = cleaned.get("heading") or cleaned.get("section_kind")
        if not is_named and cleaned.get("flow") not in (None, "", "preface"):
            self.add_error("heading", gettext("寫上這一章的標題，或選照方案的標題。"))
        return cleaned

    @property
    def hint(self) -> str:
        flow = flow_of(str(self["flow"].value() or ""))
        return str(flow.hint) if flow else ""

    @property
    def chapter(self) -> Chapter:
        return Chapter(**{name: self.cleaned_data.get(name) or "" for name in FIELDS})


class ChapterFormSet(BaseFormSet):
    """各章。整行空着的不算；行數由人加減，都當新的。"""

    def initial_form_count(self) -> int:
        return 0

    def total_form_count(self) -> int:
        return super().total_form_count() if self.is_bound else len(self.initial or ())

    def clean(self) -> None:
        if not any(form.has_changed() for form in self.forms):
            raise ValidationError(gettext("提綱至少要有一章。"))

    @property
    def chapters(self) -> list[Chapter]:
        return [form.chapter for form in self.forms if form.has_changed()]


def chapter_formset(*, data: Any = None, rows: list[dict[str, str]] | None = None) -> BaseFormSet:
    kind = formset_factory(
        ChapterForm,
        formset=ChapterFormSet,
        extra=0,
        max_num=MOST_CHAPTERS,
        absolute_max=MOST_CHAPTERS,
    )
    initial = None if data is not None else (rows or [{}])
    return kind(data, prefix=PREFIX, initial=initial)


def rows_of(chapters: list[OutlineChapter]) -> list[dict[str, str]]:
    return [{name: getattr(row, name) for name in FIELDS} for row in chapters]


def step_of(data: Any) -> tuple[str, int] | None:
    """按的是不是重排各行的按鈕：（加、去掉、上移、下移, 第幾行）。"""
    found = _STEP.fullmatch(str(data.get("step", "")))
    return (found[1], int(found[2] or 0)) if found else None


def stepped(data: Any, step: tuple[str, int]) -> list[dict[str, str]]:
    """按了一下按鈕之後的各行；已經寫的都還在。"""
    verb, place = step
    total = str(data.get(f"{PREFIX}-TOTAL_FORMS", "0"))
    size = min(int(total), MOST_CHAPTERS) if re.fullmatch(r"\d{1,3}", total, re.ASCII) else 0
    rows = [
        {name: data.get(f"{PREFIX}-{index}-{name}", "") for name in FIELDS} for index in range(size)
    ]
    if verb == "add":
        return [*rows, {}][:MOST_CHAPTERS]
    if not 0 <= place < len(rows):
        return rows
    if verb == "remove":
        return [row for index, row in enumerate(rows) if index != place]
    other = place + (1 if verb == "down" else -1)
    if 0 <= other < len(rows):
        rows[place], rows[other] = rows[other], rows[place]
    return rows
