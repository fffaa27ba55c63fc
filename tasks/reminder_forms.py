"""提醒規則的表單：每條階梯一組，一級一行；另有免打擾和每週一覽。"""

from typing import Any

from django import forms
from django.forms import BaseFormSet, formset_factory
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from tasks.models import ReminderStep
from tasks.rungs import Audience, Level, Rung
from tasks.services.reminder_settings import Rules
from tasks.services.reminder_words import audience_label, rung_words, when_words
from tasks.tracks import TrackKind, track_kinds

BEFORE, ON, AFTER = "before", "on", "after"
SIDES = [(BEFORE, _("時限前")), (ON, _("時限當日")), (AFTER, _("逾期第"))]
#: 每組後面留一行空的，沒有腳本也能加。
SPARE = 1
MOST_STEPS = 40
_WEEK = [("", _("不發"))] + [
    (str(n), name)
    for n, name in enumerate(
        [_("週一"), _("週二"), _("週三"), _("週四"), _("週五"), _("週六"), _("週日")]
    )
]
_BAD_CHOICE = {"invalid_choice": _("從列出的選一個。"), "required": _("選一個。")}


class StepForm(forms.Form):
    """階梯的一級。"""

    side = forms.ChoiceField(label=_("何時"), choices=SIDES, error_messages=_BAD_CHOICE)
    days = forms.IntegerField(
        label=_("幾個工作日"),
        required=False,
        widget=forms.TextInput(attrs={"inputmode": "numeric", "size": 3, "maxlength": 3}),
        error_messages={"invalid": _("填一個整數。")},
    )
    audience = forms.ChoiceField(label=_("告訴誰"), error_messages=_BAD_CHOICE)
    level = forms.ChoiceField(label=_("級別"), choices=Level.choices, error_messages=_BAD_CHOICE)
    repeat_every = forms.IntegerField(
        label=_("以後每幾個工作日一次"),
        required=False,
        widget=forms.TextInput(attrs={"inputmode": "numeric", "size": 3, "maxlength": 3}),
        error_messages={"invalid": _("填一個整數。")},
    )

    def __init__(self, *args: Any, kind: TrackKind, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.track = kind.track
        self.fields["audience"].choices = [
            (each.value, audience_label(each)) for each in kind.audiences
        ]
        self.sentence = self.initial.get("sentence", "")
        for name, field in self.fields.items():
            if name != "DELETE":
                is_choice = isinstance(field, forms.ChoiceField)
                field.widget.attrs["class"] = "form-select" if is_choice else "form-control"
        if not self.initial:
            # 後面空着的行：不選「何時」就是不加。
            self.fields["side"].choices = [("", _("（不加）")), *SIDES]
            self.fields["audience"].initial = kind.audiences[0].value
            self.fields["level"].initial = Level.REMIND.value

    def clean(self) -> dict[str, Any]:
        super().clean()
        side, days = self.cleaned_data.get("side"), self.cleaned_data.get("days")
        if "days" not in self.errors and side in (BEFORE, AFTER):
            most = -ReminderStep.EARLIEST if side == BEFORE else ReminderStep.LATEST
            if days is None or not 1 <= days <= most:
                self.add_error("days", gettext("填 1 至 %(most)d 個工作日。") % {"most": most})
        every = self.cleaned_data.get("repeat_every")
        if every is not None and not 0 <= every <= ReminderStep.LATEST:
            words = gettext("填 0 至 %(most)d，0 或留空表示只這一次。")
            self.add_error("repeat_every", words % {"most": ReminderStep.LATEST})
        return self.cleaned_data

    @property
    def reading(self) -> str:
        """這一行讀作什麼；改過還沒有保存的，讀改過的。"""
        if self.is_bound and self.is_valid() and self.cleaned_data.get("side"):
            return rung_words(self.track, self.rung)
        return self.sentence

    @property
    def rung(self) -> Rung:
        data = self.cleaned_data
        sign = {BEFORE: -1, ON: 0, AFTER: 1}[data["side"]]
        return Rung(
            sign * (data["days"] or 0), data["audience"], data["level"], data["repeat_every"] or 0
        )


class StepFormSet(BaseFormSet):
    """一條階梯。同一天不能有兩級告訴同一種人。"""

    track: str
    saved: list[Rung]

    def clean(self) -> None:
        seen: set[tuple[int, str]] = set()
        for form in self.forms:
            if form.errors or not self._is_kept(form):
                continue
            key = (form.rung.offset, form.rung.audience)
            if key in seen:
                form.add_error("days", gettext("同一天已有一級告訴同一種人，請改其中一個。"))
            seen.add(key)

    @property
    def is_unfolded(self) -> bool:
        """平常收着；填得不對、改過還沒有保存的，攤開給人看。"""
        return self.is_bound and (not self.is_valid() or self.has_changed())

    @property
    def digest(self) -> str:
        """收着時說的一句：幾級，從什麼時候到什麼時候，告訴哪些人。"""
        if not self.saved:
            return gettext("沒有設，不提醒")
        who = sorted({rung.audience for rung in self.saved}, key=Audience.values.index)
        words = {
            "count": len(self.saved),
            "first": when_words(self.saved[0].offset),
            "last": when_words(self.saved[-1].offset),
            "who": "、".join(audience_label(each) for each in who),
        }
        if len(self.saved) == 1:
            return gettext("1 級：%(first)s，告訴%(who)s") % words
        return gettext("%(count)d 級，%(first)s到%(last)s，告訴%(who)s") % words

    def _is_kept(self, form: StepForm) -> bool:
        is_deleted = form.cleaned_data.get("DELETE", False)
        return not is_deleted and (form in self.initial_forms or form.has_changed())

    @property
    def rungs(self) -> list[Rung]:
        return [form.rung for form in self.forms if self._is_kept(form)]


class HoursForm(forms.Form):
    """免打擾和每週一覽，和這一頁打開時的版次。"""

    quiet_from = forms.TimeField(
        label=_("免打擾從"),
        widget=forms.TimeInput(format="%H:%M", attrs={"type": "time"}),
        error_messages={"invalid": _("請寫成 20:00 這樣的時刻。"), "required": _("填時刻。")},
    )
    quiet_until = forms.TimeField(
        label=_("到（次日）"),
        widget=forms.TimeInput(format="%H:%M", attrs={"type": "time"}),
        error_messages={"invalid": _("請寫成 08:00 這樣的時刻。"), "required": _("填時刻。")},
    )
    weekly_day = forms.ChoiceField(
        label=_("創建辦每週一覽"),
        required=False,
        choices=_WEEK,
        error_messages=_BAD_CHOICE,
    )
    version = forms.IntegerField(widget=forms.HiddenInput)


class ResetForm(forms.Form):
    """恢復默認之前再問一聲；version 是打開時的版次。"""

    version = forms.IntegerField(widget=forms.HiddenInput, required=False)


class RulesForms:
    """一頁上的全部表單。"""

    def __init__(self, rules: Rules, version: int, data: Any = None) -> None:
        self.hours = HoursForm(
            data,
            initial={
                "quiet_from": rules.quiet_from,
                "quiet_until": rules.quiet_until,
                "weekly_day": "" if rules.weekly_day is None else str(rules.weekly_day),
                "version": version,
            },
        )
        self.ladders = [_formset(kind, rules, data) for kind in track_kinds()]

    def is_valid(self) -> bool:
        return all([self.hours.is_valid(), *(ladder.is_valid() for ladder in self.ladders)])

    @property
    def all_forms(self) -> list[forms.Form]:
        return [self.hours, *(form for ladder in self.ladders for form in ladder.forms)]

    @property
    def rules(self) -> Rules:
        hours = self.hours.cleaned_data
        return Rules(
            steps={ladder.track: ladder.rungs for ladder in self.ladders},
            quiet_from=hours["quiet_from"],
            quiet_until=hours["quiet_until"],
            weekly_day=int(hours["weekly_day"]) if hours["weekly_day"] else None,
        )


def _formset(kind: TrackKind, rules: Rules, data: Any) -> StepFormSet:
    rungs = sorted(rules.steps.get(kind.track, ()), key=lambda rung: (rung.offset, _order(rung)))
    made = formset_factory(
        StepForm, formset=StepFormSet, extra=SPARE, can_delete=True, max_num=MOST_STEPS,
        absolute_max=MOST_STEPS,
    )  # fmt: skip
    formset = made(
        data, prefix=str(kind.track), initial=[_initial(kind.track, rung) for rung in rungs],
        form_kwargs={"kind": kind},
    )  # fmt: skip
    formset.track, formset.title, formset.intro = str(kind.track), kind.label, kind.intro
    formset.saved = rungs
    return formset


def _order(rung: Rung) -> int:
    return Audience.values.index(rung.audience)


def _initial(track: str, rung: Rung) -> dict[str, Any]:
    return {
        "side": BEFORE if rung.offset < 0 else AFTER if rung.offset else ON,
        "days": abs(rung.offset) or None,
        "audience": str(rung.audience),
        "level": str(rung.level),
        "repeat_every": rung.repeat_every or None,
        "sentence": rung_words(track, rung),
    }
