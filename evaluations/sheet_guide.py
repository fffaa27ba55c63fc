"""評分表上每一條的依據：測評標準、怎樣計分，和沒有佐證時本單位到哪裏去補。"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date

from django.db.models import F, OuterRef, Subquery
from django.urls import reverse
from django.utils.text import Truncator
from django.utils.translation import gettext as _

from evaluations.models import Standard
from evaluations.scheme_page import StandardCell
from evaluations.schemes import rule_words, standards_of
from evaluations.sheets import SheetLine
from pingtan_civ.lib.scoring import Rule, RuleKind, Step
from tasks.models import Measure, Submission

TITLE_CHARS = 20


@dataclass(frozen=True)
class Place:
    """去哪裏補佐證：一句話和網址。"""

    words: str
    url: str


@dataclass(frozen=True)
class Guide:
    """一條的依據。place 只在此人能去補、而且還沒有佐證時有。"""

    standards: tuple[StandardCell, ...]
    rule: str
    place: Place | None = None


Guides = dict[int, Guide]
"""測評內容 → 依據。"""


def guides_of(
    lines: Collection[SheetLine],
    *,
    asked_of: int | None = None,
    period: tuple[date, date] = (date.min, date.max),
) -> Guides:
    """這些條的依據。asked_of：此人替哪個單位補佐證；period：考核期，期外的補了不算。

    查詢次數固定，與條數無關。
    """
    keys = [line.criterion_id for line in lines]
    bare = [line.criterion_id for line in lines if not line.evidence] if asked_of else []
    places = _places(bare, asked_of, period) if asked_of and bare else {}
    library = Place(_("佐證材料庫"), reverse("evidence:library"))
    standards = _standards(keys)
    return {
        line.criterion_id: Guide(
            standards=tuple(standards.get(line.criterion_id, ())),
            rule=rule_words(_rule(line)),
            place=places.get(line.criterion_id, library) if line.criterion_id in bare else None,
        )
        for line in lines
    }


def _rule(line: SheetLine) -> Rule:
    steps = (Step(each.label, each.points, each.percent, each.at_least) for each in line.steps)
    return Rule(RuleKind(line.rule), line.full, line.each, tuple(steps))


def _standards(criteria: Collection[int]) -> Mapping[int, list[StandardCell]]:
    """一次查詢。"""
    found = standards_of(Standard.objects.filter(criterion__in=criteria))
    return {key: [StandardCell(line) for line in lines] for key, lines in found.items()}


def _places(
    criteria: Collection[int], department_id: int, period: tuple[date, date]
) -> dict[int, Place]:
    """對應這一條的、考核期裏本單位最先到期而還沒報的一期；都報了的，去那項任務的頁。一次查詢。"""
    links = Measure.indicators.through.objects.filter(
        indicator__criteria__in=list(criteria), measure__assignments__department=department_id
    ).exclude(measure__state=Measure.State.DRAFT)
    first, last = period
    owed = (
        Submission.objects.owed()
        .filter(
            assignment__measure=OuterRef("measure"),
            assignment__department=department_id,
            period_start__lte=last,
            period_end__gte=first,
        )
        .order_by("due_date", "pk")
    )
    rows = links.annotate(
        submission=Subquery(owed.values("pk")[:1]),
        period=Subquery(owed.values("name")[:1]),
        due=Subquery(owed.values("due_date")[:1]),
    ).values_list(
        "indicator__criteria",
        "measure__campaign__code",
        "measure__code",
        "measure__title",
        "submission",
        "period",
    )
    found: dict[int, Place] = {}
    for criterion_id, *facts in rows.order_by(F("due").asc(nulls_last=True), "measure"):
        found.setdefault(criterion_id, _place(*facts))
    return found


def _place(campaign: str, code: str, title: str, submission: int | None, period: str) -> Place:
    words = {"code": code, "title": Truncator(title).chars(TITLE_CHARS), "period": period}
    if submission is None:
        address = reverse("tasks:measure-detail", args=[campaign, code])
        return Place(_("任務 %(code)s %(title)s") % words, address)
    address = reverse("tasks:submission", args=[submission])
    return Place(_("%(code)s %(title)s（%(period)s填報）") % words, address)
