"""指標：方案頁上的各項，週期、口徑、佐證要求可以改；原文只隨方案的新一版改。"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from campaigns import policies
from campaigns.evidence_specs import recounted
from campaigns.models import Cycle, Indicator
from campaigns.services.indicators import update_indicator
from campaigns.services.plan import current_version
from exchange.cells import Cell, Named, choice_reader, read_text, read_yes, yes
from exchange.kinds import Column, Scope, SheetKind
from exchange.sheets.breakdown import headed
from exchange.sheets.common import evidence_forms, evidence_words, read_evidence
from tasks.labels import choice_label
from tasks.services.plan_reading import current_indicators


@dataclass
class Names:
    forms: Named


def _evidence(names: Names, cell: Cell) -> list[Any]:
    return read_evidence(names.forms, cell)


def _wanted(row: Indicator) -> list[Any]:
    return [(each.form, each.count) for each in row.evidence_requirements.all()]


COLUMNS = (
    Column("code", gettext_lazy("編碼"), 9, lambda row: row.code),
    Column("objective", gettext_lazy("工作目標"), 24, lambda row: headed(row.objective)),
    Column("text", gettext_lazy("指標原文"), 48, lambda row: row.clause.text),
    Column(
        "cycle", gettext_lazy("週期"), 10, lambda row: choice_label(Cycle, row.cycle),
        "cycle", choice_reader(Cycle, gettext_lazy("週期"), Cycle.YEARLY), lambda row: row.cycle,
        lambda names: [str(label) for label in Cycle.labels],
    ),
    Column(
        "measurable", gettext_lazy("可量化"), 12,
        lambda row: choice_label(Indicator.Measurable, row.measurable),
        "measurable",
        choice_reader(
            Indicator.Measurable, gettext_lazy("可量化程度"), Indicator.Measurable.PARTLY
        ),
        lambda row: row.measurable,
        lambda names: [str(label) for label in Indicator.Measurable.labels],
    ),
    Column(
        "is_veto_like", gettext_lazy("一票否決類"), 10, lambda row: yes(row.is_veto_like),
        "is_veto_like", read_yes, lambda row: row.is_veto_like,
        lambda names: [yes(True), yes(False)],
    ),
    Column(
        "standard", gettext_lazy("衡量口徑"), 32, lambda row: row.standard,
        "standard", read_text, lambda row: row.standard, most=200,
    ),
    Column(
        "evidence", gettext_lazy("佐證要求"), 26, lambda row: evidence_words(_wanted(row)),
        "evidence", _evidence, _wanted, hint=gettext_lazy("如「規範文件2份、實景圖片3份」。"),
    ),
)  # fmt: skip


class IndicatorSheet(SheetKind):
    code = "indicators"
    title = gettext_lazy("指標表")
    columns = COLUMNS
    model = Indicator
    identity = ("code",)
    needed = ("code", "cycle")
    titles = ("code", "text")
    of_campaign = True
    no_import = gettext_lazy("只有本活動辦公室的人可以改指標的要求。")

    def may_export(self, scope: Scope) -> bool:
        return True

    def may_import(self, scope: Scope) -> bool:
        return scope.campaign is not None and policies.can_edit_indicators(
            scope.standing, scope.campaign
        )

    def listing(self, scope: Scope) -> Any:
        """現行方案裏的各項，按原文的次序。"""
        rows = current_indicators(scope.campaign).filter(
            clause__version=current_version(scope.campaign)
        )
        return rows.order_by("clause__position", "pk")

    def names(self, scope: Scope) -> Names:
        return Names(evidence_forms())

    def page(self, scope: Scope) -> str:
        return reverse("tasks:plan", args=[scope.campaign.code])

    def explain(self) -> list[str]:
        return [
            _("可以改週期、可量化、一票否決類、衡量口徑和佐證要求；原文隨方案的新一版改。"),
            _("已下達的措施不受影響。"),
        ]

    def find(self, scope: Scope, keys: list[int]) -> dict[int, Indicator]:
        return {row.pk: row for row in current_indicators(scope.campaign).filter(pk__in=keys)}

    def change(self, scope: Scope, row: Indicator, values: dict[str, Any], at: datetime) -> None:
        fields = ("cycle", "measurable", "is_veto_like", "standard")
        held = row.evidence_requirements.all()
        update_indicator(
            actor=scope.actor,
            indicator_id=row.pk,
            values={name: values.get(name, getattr(row, name)) for name in fields},
            evidence=recounted(values.get("evidence", _wanted(row)), held),
            at=at,
        )
