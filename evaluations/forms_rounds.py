"""考核的表單：擬一次考核、改日程、往下走、公佈。"""

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

from django import forms
from django.utils.functional import Promise
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from campaigns.models import Campaign
from evaluations.models import AssessmentRound
from evaluations.services.rounds import PhaseDates, RoundPlan
from evaluations.services.rounds.planning import (
    OPTIONAL,
    WORKING_DAYS,
    already_planned,
    doubts_of,
    period_for,
    phase_faults,
)
from people.forms import DateField
from pingtan_civ.lib.periods import periods

Kind, Phase = AssessmentRound.Kind, AssessmentRound.Phase
NOTE_LIMIT, MOST_OBJECTION_DAYS = 300, 30


class PhasesForm(forms.Form):
    """各階段的起止。

    排得下、但多半不是本意的日子（見 doubts_of），寫在那一項上，改了日子頭一次看見的先不存；
    看過再按一次就存。doubted 記着頁上已經說過哪些。
    """

    doubted = forms.CharField(required=False, widget=forms.HiddenInput)

    def __init__(
        self,
        *args: Any,
        phases: Iterable[PhaseDates],
        fixed: Iterable[str] = (),
        period: tuple[date, date] | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        closed, self.period, self.proposed = set(fixed), period, tuple(phases)
        for each in self.proposed:
            for name, label, day in _ends(each):
                self.fields[name] = DateField(
                    label=label, initial=day, disabled=each.phase in closed
                )

    @property
    def pairs(self) -> tuple[tuple[str, str], ...]:
        """各階段的開始和截止並排。"""
        names = [name.removesuffix("_start") for name in self.fields if name.endswith("_start")]
        return tuple((f"{name}_start", f"{name}_due") for name in names)

    def phases(self) -> tuple[PhaseDates, ...]:
        clean = self.cleaned_data
        return tuple(
            PhaseDates(phase, clean[f"{phase}_start"], clean[f"{phase}_due"])
            for phase in WORKING_DAYS
            if clean.get(f"{phase}_start") and clean.get(f"{phase}_due")
        )

    def clean(self) -> dict[str, Any]:
        """日子不對的與別的錯一起說，不等別的改完。"""
        clean = super().clean()
        faults = phase_faults(self.phases())
        for name, sentence in faults.items():
            self.add_error(name, sentence)
        if not faults:
            self._say_doubts(self.phases(), self.period_of(clean), clean.get("doubted", ""))
        return clean

    def period_of(self, _values: Mapping[str, Any]) -> tuple[date, date] | None:
        """考的是哪天到哪天；None 不核對。"""
        return self.period

    def show_doubts(self) -> None:
        """還沒有交的表單，照擬好的日子說。"""
        if not self.is_bound:
            self._say_doubts(self.proposed, self.period_of(self.initial), None)

    def _say_doubts(
        self, phases: Iterable[PhaseDates], period: tuple[date, date] | None, seen: str | None
    ) -> None:
        doubts = doubts_of(tuple(phases), *period) if period else {}
        told = "|".join(f"{name}:{sentence}" for name, sentence in doubts.items())
        self.initial["doubted"] = told
        if seen is not None and told:
            self.data = self.data.copy()
            self.data["doubted"] = told
        for name, sentence in doubts.items():
            if name not in self.fields:
                continue
            if seen in (None, told):
                self.fields[name].help_text = format_html(
                    '<span class="u-warn">{}</span>', sentence
                )
            else:
                words = {"doubt": sentence}
                self.add_error(name, _("%(doubt)s確實要這樣，再按一次就存。") % words)


def _ends(each: PhaseDates) -> list[tuple[str, str, date]]:
    words = {"phase": Phase(each.phase).label}
    return [
        (f"{each.phase}_start", _("%(phase)s開始") % words, each.start_date),
        (f"{each.phase}_due", _("%(phase)s截止") % words, each.due_date),
    ]


class RoundForm(PhasesForm):
    """擬一次考核。考核期從活動所在的月、季、半年、年裏選；日子照工作日推算好，可以改。"""

    period = forms.ChoiceField(label=gettext_lazy("考核期"))
    title = forms.CharField(
        label=gettext_lazy("名稱"),
        max_length=100,
        required=False,
        help_text=gettext_lazy("留空時按考核期取名，如「2026年第四季度考核」。"),
    )
    start_date = DateField(
        label=gettext_lazy("自評從哪天開始"),
        help_text=gettext_lazy("以後各階段從這天起按工作日推算。"),
    )
    objection_days = forms.IntegerField(
        label=gettext_lazy("異議期（工作日）"),
        min_value=1,
        max_value=MOST_OBJECTION_DAYS,
        initial=5,
        error_messages={
            "max_value": gettext_lazy("異議期最多 %(limit_value)d 個工作日。"),
            "min_value": gettext_lazy("異議期最少 %(limit_value)d 個工作日。"),
            "invalid": gettext_lazy("異議期填整數，是幾個工作日。"),
        },
    )
    has_visit = forms.BooleanField(label=gettext_lazy("設實地考察"), required=False, initial=True)
    has_opinion = forms.BooleanField(
        label=gettext_lazy("設問卷和徵求意見"), required=False, initial=True
    )

    def __init__(self, *args: Any, campaign: Campaign, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.campaign = campaign
        self.fields["period"].choices = _period_choices(campaign)
        self.show_doubts()

    def period_of(self, values: Mapping[str, Any]) -> tuple[date, date] | None:
        # 起排各階段時期別還沒有核對，選項以外的不認。
        chosen = values.get("period")
        if not chosen or not self.fields["period"].valid_value(chosen):
            return None
        _kind, period = read_period(self.campaign, chosen)
        return period.start, period.end

    def phases(self) -> tuple[PhaseDates, ...]:
        skipped = skipped_in(self.cleaned_data)
        return tuple(each for each in super().phases() if each.phase not in skipped)

    def clean(self) -> dict[str, Any]:
        clean = super().clean()
        if clean.get("period"):
            kind, period = read_period(self.campaign, clean["period"])
            if standing := already_planned(self.campaign, kind, period.start):
                self.add_error(None, _already(standing))
        return clean

    def plan(self) -> RoundPlan:
        clean = self.cleaned_data
        kind, period = read_period(self.campaign, clean["period"])
        return RoundPlan(
            kind=kind,
            period_start=period.start,
            period_end=period.end,
            phases=self.phases(),
            title=clean["title"],
            objection_days=clean["objection_days"],
        )


def _already(round_: AssessmentRound) -> SafeString:
    """「2026年度考核已經擬過」，帶上去它那裏的鏈接。"""
    return format_html(
        '{} <a href="{}">{}</a>',
        _("%(round)s已經擬過。") % {"round": round_},
        round_.get_absolute_url(),
        _("打開它"),
    )


def skipped_in(clean: Mapping[str, Any]) -> list[str]:
    """不設的階段。"""
    return [phase for phase in OPTIONAL if not clean.get(f"has_{phase}")]


def _period_choices(campaign: Campaign) -> list[tuple[str | Promise, Any]]:
    groups: list[tuple[str | Promise, Any]] = [("", _("選擇考核期"))]
    for kind in (Kind.QUARTERLY, Kind.MONTHLY, Kind.HALF_YEARLY, Kind.YEARLY):
        found = periods(kind, campaign.start_date, campaign.end_date)
        groups.append(
            (Kind(kind).label, [(f"{kind}:{each.end.isoformat()}", each.name) for each in found])
        )
    groups.append((f"{Kind.TERM}:{campaign.end_date.isoformat()}", Kind.TERM.label))
    return groups


def read_period(campaign: Campaign, value: str) -> tuple[str, Any]:
    """選項的值 → （種類、考核期）。"""
    kind, _colon, day = value.partition(":")
    return kind, period_for(campaign, kind, date.fromisoformat(day))


def default_period(campaign: Campaign, on: date) -> str:
    """默認是今天所在的季度。"""
    if not campaign.start_date <= on <= campaign.end_date:
        return ""
    return f"{Kind.QUARTERLY}:{period_for(campaign, Kind.QUARTERLY, on).end.isoformat()}"


class ReasonForm(forms.Form):
    """往下走；還有沒辦完的，寫了理由才走。"""

    reason = forms.CharField(required=False, max_length=NOTE_LIMIT)


class PublishForm(forms.Form):
    is_open_to_all = forms.BooleanField(required=False)
