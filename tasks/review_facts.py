"""自動核對要的事實：佐證、要求、上次的進度。一份還是一百份，查庫的次數一樣。"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime

from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext as _

from tasks.checks import Check, EvidenceFacts, RoundFacts, check_round
from tasks.evidence_check import period_of
from tasks.models import Assignment, EvidenceLink, MeasureEvidence, Round
from tasks.specification import Finding, faults_of


@dataclass
class Materials:
    """幾輪報送的佐證、這些佐證還用在哪裏，以及各措施要什麼佐證。"""

    links: dict[int, list[EvidenceLink]] = field(default_factory=lambda: defaultdict(list))
    uses: dict[int, dict[int, str]] = field(default_factory=lambda: defaultdict(dict))
    wanted: dict[int, list[MeasureEvidence]] = field(default_factory=lambda: defaultdict(list))

    def used_elsewhere(self, link: EvidenceLink, round_: Round) -> tuple[str, ...]:
        """同一份內容還用在哪些別的任務（採用着，或正一起等審核），按編號；取用來的不算。"""
        uses = {} if link.origin_id else self.uses.get(link.file_id, {})
        mine = round_.submission.assignment_id
        return tuple(sorted({code for pk, code in uses.items() if pk != mine}))

    def faults(self, link: EvidenceLink, round_: Round) -> list[Finding]:
        """一份佐證不合要求的地方。"""
        spec = self.spec(link, round_)
        return faults_of(spec, link, period_of(round_.submission)) if spec else []

    def spec(self, link: EvidenceLink, round_: Round) -> MeasureEvidence | None:
        """這一份照哪一條要求。"""
        wanted = self.wanted.get(round_.submission.assignment.measure_id, [])
        return next((row for row in wanted if row.form_id == link.form_id), None)

    def checks(self, round_: Round, last_percent: int | None) -> list[Check]:
        """對這一輪的自動核對。"""
        return check_round(self._facts(round_, last_percent))

    def _facts(self, round_: Round, last_percent: int | None) -> RoundFacts:
        submission = round_.submission
        measure_id = submission.assignment.measure_id
        return RoundFacts(
            narrative=round_.narrative,
            is_nil=round_.is_nil,
            percent=round_.percent,
            last_percent=last_percent,
            is_late=is_late(round_),
            period_start=submission.period_start,
            period_end=submission.period_end,
            wanted={
                row.form_id: (_(row.form.name), row.count)
                for row in self.wanted.get(measure_id, [])
            },
            evidence=tuple(
                self._evidence_facts(link, round_) for link in self.links.get(round_.pk, [])
            ),
            gap_reason=round_.gap_reason,
        )

    def _evidence_facts(self, link: EvidenceLink, round_: Round) -> EvidenceFacts:
        faults = self.faults(link, round_)
        return EvidenceFacts(
            name=link.name,
            form_id=link.form_id,
            is_picture=link.file.is_picture,
            captured_at=_local(link.file.captured_at),
            used_elsewhere=self.used_elsewhere(link, round_),
            faults=tuple(each.sentence for each in faults),
            is_dated_out=any(each.code == "out_of_window" for each in faults),
        )


def gather(rounds: Iterable[Round]) -> Materials:
    """查出幾輪報送的佐證和要求，固定兩次查詢。每一輪的 submission.assignment 要已取出。"""
    rounds = list(rounds)
    keys = {round_.pk for round_ in rounds}
    materials = Materials()
    links = (
        EvidenceLink.objects.filter(removed_at=None)
        .filter(Q(round__in=keys) | _accepted_beside(keys))
        .select_related(
            "file__reading",
            "form",
            "added_by",
            "replaces",
            "round__submission__assignment__measure",
        )
        .order_by("position", "pk")
    )
    for link in links:
        if link.round_id in keys:
            materials.links[link.round_id].append(link)
        if link.origin_id is None:
            assignment = link.round.submission.assignment
            materials.uses[link.file_id][assignment.pk] = assignment.measure.code
    measures = {round_.submission.assignment.measure_id for round_ in rounds}
    for row in MeasureEvidence.objects.filter(measure__in=measures).select_related("form"):
        materials.wanted[row.measure_id].append(row)
    return materials


def _accepted_beside(keys: set[int]) -> Q:
    """同一份內容在同一活動的別處現在採用着的。

    別處還沒審的、已退回的、撤銷了的任務、往年活動的都證明不了重複。
    """
    campaign = "round__submission__assignment__measure__campaign"
    mine = EvidenceLink.objects.filter(round__in=keys, removed_at=None).order_by()
    return Q(
        file__in=mine.values("file"),
        state=EvidenceLink.State.ACCEPTED,
        round__decision=Round.Decision.ACCEPTED,
        round__number=F("round__submission__round_number"),
        round__submission__assignment__state__in=(*Assignment.LIVE, Assignment.State.CLOSED),
        **{f"{campaign}__in": mine.values(campaign)},
    )


def last_percents(rounds: Iterable[Round]) -> dict[int, int | None]:
    """各輪要與之比的進度：{Round.pk: 進度}。

    牽頭單位比措施的已核定進度；配合單位比自己最近一次通過的，沒有通過過的不比。
    """
    rounds = list(rounds)
    supporting = {
        round_.submission.assignment_id
        for round_ in rounds
        if round_.submission.assignment.role == Assignment.Role.SUPPORTING
    }
    accepted = Round.objects.filter(
        submission__assignment__in=supporting,
        decision=Round.Decision.ACCEPTED,
        percent__isnull=False,
    ).order_by("decided_at", "pk")
    known = dict(accepted.values_list("submission__assignment", "percent"))
    return {
        round_.pk: known.get(round_.submission.assignment_id)
        if round_.submission.assignment.role == Assignment.Role.SUPPORTING
        else round_.submission.assignment.measure.percent
        for round_ in rounds
    }


def is_late(round_: Round) -> bool:
    """逾期報出：按北京時間的日期比，早上八點以前報的不會算成前一天。"""
    return bool(round_.submitted_at and timezone.localdate(round_.submitted_at) > round_.due_date)


def _local(moment: datetime | None) -> datetime | None:
    return timezone.localtime(moment) if moment else None
