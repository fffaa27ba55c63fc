"""佐證要求作為值：抄一份、合成一份、比一比。指標、措施、常用要求三處共用。"""

from collections.abc import Iterable
from typing import Any, TypeVar

from campaigns.models import (
    EvidenceForm,
    EvidenceRequirement,
    EvidenceSet,
    EvidenceSetLine,
    EvidenceSpec,
)

Spec = TypeVar("Spec", bound=EvidenceSpec)

FIELDS = (
    "form",
    "count",
    "window",
    "window_months",
    "needs_number",
    "needs_date",
    "max_characters",
    "max_megabytes",
    "ticks",
    "note",
)
"""一條佐證要求的全部內容。"""

STRICT = (EvidenceSpec.Window.PERIOD, EvidenceSpec.Window.YEAR, EvidenceSpec.Window.MONTHS)
"""從嚴到寬的材料日期。"""


def values_of(spec: EvidenceSpec) -> dict[str, Any]:
    """{字段: 值}，不連它屬於誰。"""
    return {name: getattr(spec, name) for name in FIELDS}


def recounted(
    pairs: Iterable[tuple[EvidenceForm, int]], held: Iterable[EvidenceSpec]
) -> list[dict[str, Any]]:
    """只給（形式, 份數）時的全部要求：別的照原來的不動，新添的形式別無要求。"""
    before = {spec.form_id: values_of(spec) for spec in held}
    return [before.get(form.pk, {}) | {"form": form, "count": count} for form, count in pairs]


def copies(specs: Iterable[EvidenceSpec], model: type[Spec], **owner: Any) -> list[Spec]:
    """照抄成另一處的要求（還沒有存）；owner 是它屬於誰。"""
    return [model(**values_of(spec), **owner) for spec in specs]


def identity(spec: EvidenceSpec) -> tuple[Any, ...]:
    """比較兩條是不是一樣用的。"""
    values = values_of(spec)
    values["form"] = spec.form_id
    values["ticks"] = "\n".join(spec.tick_lines)
    return tuple(values.values())


def merged(specs: Iterable[EvidenceSpec]) -> list[EvidenceSpec]:
    """幾項指標都要同一種佐證時合成一條，處處取嚴的：份數取多，日期取窄，要看的都看。"""
    found: dict[int, EvidenceSpec] = {}
    for spec in specs:
        held = found.get(spec.form_id)
        found[spec.form_id] = _stricter(held, spec) if held else spec
    return sorted(found.values(), key=lambda row: (row.form.position, row.form_id))


def _stricter(one: EvidenceSpec, other: EvidenceSpec) -> EvidenceSpec:
    window = next((each for each in STRICT if each in (one.window, other.window)), one.window)
    months = [row.window_months for row in (one, other) if row.window == window]
    return type(one)(
        form=one.form,
        count=max(one.count, other.count),
        window=window,
        window_months=_least(months),
        needs_number=one.needs_number or other.needs_number,
        needs_date=one.needs_date or other.needs_date,
        max_characters=_least([one.max_characters, other.max_characters]),
        max_megabytes=_least([one.max_megabytes, other.max_megabytes]),
        ticks="\n".join(dict.fromkeys([*one.tick_lines, *other.tick_lines])),
        note=one.note or other.note,
    )


def _least(limits: list[int | None]) -> int | None:
    return min((limit for limit in limits if limit), default=None)


class UsualSpecs:
    """起草時各種佐證通常怎麼要：照「起草時照它」的那一組，那一組裏沒有的只要一份。"""

    def __init__(self) -> None:
        lines = EvidenceSetLine.objects.filter(evidence_set__is_usual=True)
        by_form = {line.form_id: line for line in lines}
        self._specs: dict[str, EvidenceSpec] = {}
        for form in EvidenceForm.objects.filter(is_active=True):
            spec = by_form.get(form.pk, EvidenceSetLine())
            spec.form = form
            self._specs[form.code] = spec

    def of(self, codes: Iterable[str], model: type[Spec], **owner: Any) -> list[Spec]:
        """這幾種佐證的要求（還沒有存）；不認得、停用了的形式略過。"""
        wanted = [self._specs[code] for code in dict.fromkeys(codes) if code in self._specs]
        return copies(wanted, model, **owner)


def requirements_of(indicator_ids: Iterable[int]) -> list[EvidenceRequirement]:
    """這些指標要的佐證，同一種合成一條。"""
    rows = EvidenceRequirement.objects.filter(indicator__in=list(indicator_ids))
    return merged(rows.select_related("form").order_by("indicator__position", "pk"))


def usable_sets() -> list[EvidenceSet]:
    """可選用的常用要求，按排序。"""
    return list(EvidenceSet.objects.filter(is_active=True))
