"""選範圍的表單。條件在網址裏，預覽可以收藏、可以發給別人看。"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from campaigns.models import Campaign, Indicator, Objective
from campaigns.standing import Standing
from evidence.packing import policies
from evidence.packing.periods import periods_of
from evidence.packing.scope import HANS, HANT, Scope
from people.forms import DateField
from people.models import Department


@dataclass(frozen=True)
class Branch:
    """一個目標和它下面的指標，連同勾沒勾。"""

    objective: Objective
    is_ticked: bool
    leaves: list[tuple[Indicator, bool]]

    @property
    def is_open(self) -> bool:
        return any(ticked for _indicator, ticked in self.leaves)


class PackForm(forms.Form):
    """全不勾目標、指標是全部；全不勾單位是（本人能做的）全部。"""

    objective = forms.TypedMultipleChoiceField(coerce=int, required=False)
    indicator = forms.TypedMultipleChoiceField(coerce=int, required=False)
    department = forms.TypedMultipleChoiceField(
        label=_("單位"),
        coerce=int,
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=_("不勾就是全部。選了單位，只收這些單位的材料，也只看它們承擔的指標。"),
    )
    period = forms.ChoiceField(
        label=_("時期"), required=False, help_text=_("選了報送期，下面的起止日期就不用填。")
    )
    start = DateField(label=_("從"), required=False)
    end = DateField(label=_("到"), required=False)
    script = forms.ChoiceField(
        label=_("字形"),
        required=False,
        choices=[(HANT, _("繁體")), (HANS, _("簡體"))],
        widget=forms.RadioSelect,
        help_text=_("文件夾名、目錄、說明都用這種字形；上傳的文件內容不動。"),
    )

    def __init__(
        self,
        data: Any,
        *,
        campaign: Campaign,
        standing: Standing,
        indicators: list[Indicator],
        departments: Iterable[Department],
        script: str,
    ) -> None:
        super().__init__(data, initial={"script": script})
        self.campaign, self.standing, self.indicators = campaign, standing, indicators
        self.periods = periods_of(campaign)
        self.fields["script"].is_needed = True
        self.fields["objective"].choices = [
            (each.objective_id, each.objective.code) for each in indicators
        ]
        self.fields["indicator"].choices = [(each.pk, each.code) for each in indicators]
        self.fields["department"].choices = [(unit.pk, unit.name) for unit in departments]
        self.fields["period"].choices = [
            ("", _("按下面的起止日期；不填是活動全程")),
            *((label, period.name) for label, period in self.periods.items()),
        ]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        start, end = cleaned.get("start"), cleaned.get("end")
        if not cleaned.get("period") and start and end and end < start:
            self.add_error("end", _("結束日期早於開始日期，請改正其中一個。"))
        return cleaned

    @property
    def scope(self) -> Scope:
        chosen = self.cleaned_data
        period = self.periods.get(chosen["period"])
        start, end = (period.start, period.end) if period else (chosen["start"], chosen["end"])
        scope = Scope(
            campaign_id=self.campaign.pk,
            start=start or min(self.campaign.start_date, end or self.campaign.start_date),
            end=end or max(self.campaign.end_date, start or self.campaign.end_date),
            script=chosen["script"] or HANT,
            objectives=tuple(sorted(set(chosen["objective"]))),
            indicators=tuple(sorted(set(chosen["indicator"]))),
            departments=tuple(sorted(set(chosen["department"]))),
        )
        if policies.can_pack_all(self.standing, self.campaign):
            return scope
        return scope.within(self.standing.headed)

    def branches(self) -> Iterator[Branch]:
        """目標和指標的樹，頁面照着畫勾選框。"""
        ticked = {name: set(self[name].value() or ()) for name in ("objective", "indicator")}
        groups: dict[int, list[Indicator]] = {}
        for each in self.indicators:
            groups.setdefault(each.objective_id, []).append(each)
        for key, rows in groups.items():
            leaves = [(row, str(row.pk) in ticked["indicator"]) for row in rows]
            yield Branch(rows[0].objective, str(key) in ticked["objective"], leaves)
