"""取用的候選：本單位已採用的、這一期可能用得上的材料，並先說出合不合這一期的要求。"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass

from django.db.models import Case, When
from django.utils.translation import gettext as _

from campaigns.models import Campaign, EvidenceSpec, Indicator
from campaigns.standing import Standing
from evidence.library import LibraryQuery, of_indicators, readable, with_places
from pingtan_civ.lib.script import search_key
from tasks.evidence_check import check, period_of
from tasks.models import EvidenceLink, Round, Submission
from tasks.models.evidence import EvidenceLinkQuerySet
from tasks.specification import Finding, Level, Span, faults_of


def counterparts(indicators: Collection[Indicator], campaigns: Iterable[Campaign]) -> set[int]:
    """各活動裏說的是同一件事的指標：條款的文字一樣（繁簡、標點寬窄不論）。"""
    wanted = {search_key(row.clause.text) for row in indicators if row.clause.text.strip()}
    rows = Indicator.objects.filter(objective__campaign__in=[row.pk for row in campaigns])
    texts = rows.order_by().values_list("pk", "clause__text") if wanted else []
    same = {pk for pk, text in texts if search_key(text) in wanted}
    return same | {row.pk for row in indicators}


def accepted_of(
    department_ids: Collection[int], standing: Standing, campaigns: Iterable[Campaign]
) -> EvidenceLinkQuerySet:
    """這些單位在各活動裏已採用的材料，只含看得到的。"""
    return readable(standing, campaigns).filter(
        round__submission__assignment__department__in=department_ids,
        state=EvidenceLink.State.ACCEPTED,
        round__decision=Round.Decision.ACCEPTED,
    )


#: 逐份對照的至多這麼多處；再早的用查找。
LOOKED_AT = 300


@dataclass(frozen=True)
class Candidate:
    """一份候選，和它對這一期的要求有什麼毛病。"""

    link: EvidenceLink
    faults: list[Finding]
    is_wanted: bool
    """這一期要的就有這種形式。"""
    fills: bool = False
    """合要求，而且正缺這一種。"""

    @property
    def rank(self) -> int:
        """排在第幾等：正缺的、合要求的、要而有毛病的、沒有要的。"""
        if self.fills:
            return 0
        if self.is_wanted:
            return 2 if self.faults else 1
        return 3


def candidates(
    submission: Submission,
    standing: Standing,
    campaigns: list[Campaign],
    *,
    everything: bool,
    q: str = "",
) -> EvidenceLinkQuerySet:
    """這一期可以取用的。everything 為假時只列對應同樣指標的。"""
    own = [submission.assignment.department_id]
    links = accepted_of(own, standing, campaigns).exclude(round__submission=submission)
    if not everything:
        mapped = submission.assignment.measure.indicators.select_related("clause")
        links = links.filter(of_indicators(counterparts(list(mapped), campaigns)))
    links = LibraryQuery(q=q).apply(links)
    return links.exclude(file__in=_held(submission).values("file"))


def judged(submission: Submission, links: EvidenceLinkQuerySet, most: int) -> list[Candidate]:
    """取出並逐份對照這一期的要求，正缺的排最前；同一份文件只留最近採用的一處。"""
    specs = list(submission.assignment.measure.evidence_wanted.select_related("form"))
    period = period_of(submission)
    needs = check(specs, _held(submission).select_related("file__reading", "form"), period).needs
    missing = {need.spec.form_id for need in needs if not need.is_met}
    # 正缺的先取：逐份對照的只有這麼多處，舊的也不能漏。
    links = links.alias(is_other=Case(When(form__in=missing, then=0), default=1))
    once: dict[int, EvidenceLink] = {}
    ordered = links.order_by("is_other", "-added_at", "-pk")
    for link in with_places(ordered, "file__reading")[:LOOKED_AT]:
        once.setdefault(link.file_id, link)
    by_form = {spec.form_id: spec for spec in specs}
    found = [_judge(link, by_form, missing, period) for link in once.values()]
    found.sort(key=lambda each: (each.rank, -each.link.pk))
    return found[:most]


def _held(submission: Submission) -> EvidenceLinkQuerySet:
    """這一輪已經掛着的。"""
    return EvidenceLink.objects.filter(
        round__submission=submission,
        round__number=submission.round_number,
        removed_at__isnull=True,
    )


def _judge(
    link: EvidenceLink,
    specs: dict[int, EvidenceSpec],
    missing: set[int],
    period: Span,
) -> Candidate:
    if link.form_id in specs:
        faults = faults_of(specs[link.form_id], link, period)
        return Candidate(link, faults, True, not faults and link.form_id in missing)
    hint = Finding(Level.HINT, "not_wanted", _("這一期沒有要這種形式的材料。"))
    return Candidate(link, [hint] if specs else [], False)
