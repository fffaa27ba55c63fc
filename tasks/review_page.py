"""審核和初審的收件箱：排隊的清單，以及正看的這一份。時間是參數，不寫庫。"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime

from django.db.models import F, Prefetch, Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from campaigns.models import Campaign
from campaigns.standing import Standing
from tasks import policies
from tasks.checks import Check
from tasks.comparison import Comparison, compare
from tasks.lights import Light, LightRule
from tasks.models import (
    Assignment,
    EvidenceLink,
    FigureValue,
    Measure,
    MeasureEvidence,
    Round,
    Submission,
)
from tasks.review_facts import Materials, gather, is_late
from tasks.specification import Finding
from tasks.work_forms import figure_text

WINDOW = 60
"""清單一次最多列這麼多份，正看的居中；更多的用上一份、下一份走到。"""

REWRITTEN_BELOW = 0.3
"""新文裏沿用舊文的字不到三成，算重寫。"""


# ── 排隊的清單 ────────────────────────────────────────


@dataclass(frozen=True)
class Waiting:
    """排隊的一份。days 是已等的工作日，is_over 表示超過辦公室自己的審核時限。"""

    pk: int
    code: str
    title: str
    unit: str
    period: str
    since: datetime
    days: int
    is_over: bool
    round: Round

    @property
    def name(self) -> str:
        return f"{self.code} {self.unit} {self.period}"


@dataclass
class Queue:
    """等着辦的全部，等得久的在前；index 是正看的那一份，沒有時為 -1。"""

    rows: list[Waiting]
    index: int = -1

    @classmethod
    def opened_at(cls, rows: list[Waiting], wanted: int | None) -> "Queue":
        """打開 wanted 那一份；沒有指明時打開第一份，指明而不在其中的一份也不打開。"""
        keys = [row.pk for row in rows]
        if wanted is None:
            return cls(rows, 0 if rows else -1)
        return cls(rows, keys.index(wanted) if wanted in keys else -1)

    @property
    def current(self) -> Waiting | None:
        return self.rows[self.index] if self.index >= 0 else None

    @property
    def previous(self) -> Waiting | None:
        return self.rows[self.index - 1] if self.index > 0 else None

    @property
    def next(self) -> Waiting | None:
        return self.rows[self.index + 1] if 0 <= self.index < len(self.rows) - 1 else None

    @property
    def after_this(self) -> int | None:
        """辦完這一份之後打開哪一份：下一份，到了末尾就回到最前面。"""
        if self.next:
            return self.next.pk
        first = self.rows[0].pk if self.rows else None
        return None if self.current and first == self.current.pk else first

    @property
    def number(self) -> int:
        return self.index + 1

    @property
    def total(self) -> int:
        return len(self.rows)

    @property
    def _start(self) -> int:
        return max(0, min(self.index - WINDOW // 2, self.total - WINDOW))

    @property
    def window(self) -> list[Waiting]:
        return self.rows[self._start : self._start + WINDOW]

    @property
    def before(self) -> int:
        """窗口之前還有幾份。"""
        return self._start

    @property
    def after(self) -> int:
        """窗口之後還有幾份。"""
        return max(0, self.total - self._start - WINDOW)


def waiting_rows(
    submissions: QuerySet[Submission], campaign: Campaign, rule: LightRule, since: str
) -> list[Waiting]:
    """把待辦的報送列成清單，一次查詢。since 是從哪一刻起算等待（Round 的字段名）。"""
    rounds = (
        Round.objects.filter(number=F("submission__round_number"), submission__in=submissions)
        .select_related("submission__assignment__measure", "submission__assignment__department")
        .order_by(since, "submission_id")
    )
    return [_waiting(round_, campaign, rule, since) for round_ in rounds]


def _waiting(round_: Round, campaign: Campaign, rule: LightRule, since: str) -> Waiting:
    submission = round_.submission
    assignment = submission.assignment
    assignment.measure.campaign = campaign
    moment = getattr(round_, since)
    days = rule.calendar.between(timezone.localdate(moment), rule.today)
    return Waiting(
        pk=submission.pk,
        code=assignment.measure.code,
        title=assignment.measure.title,
        unit=assignment.department.name,
        period=submission.name,
        since=moment,
        days=max(days, 0),
        is_over=days > campaign.review_days,
        round=round_,
    )


# ── 正看的這一份 ──────────────────────────────────────


@dataclass(frozen=True)
class Change:
    """一處文字左右對照。"""

    label: str
    comparison: Comparison

    @property
    def is_rewritten(self) -> bool:
        """幾乎全是新寫的：逐字標出只會滿篇是線，不如直接看。"""
        if not self.comparison.old:
            return False
        kept = sum(len(each.text) for each in self.comparison.new if not each.is_changed)
        return kept < REWRITTEN_BELOW * sum(len(each.text) for each in self.comparison.new)


@dataclass(frozen=True)
class Beside:
    """與另一輪左右對照：標題、各處文字、佐證增減、那一輪不採用的佐證。"""

    round: Round
    heading: str
    changes: list[Change]
    rejected: list[EvidenceLink] = field(default_factory=list)
    added: list[str] = field(default_factory=list)
    removed: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Figure:
    """一個填報的數，連同上次的。"""

    name: str
    value: str
    last: str


@dataclass(frozen=True)
class Evidence:
    """一份佐證和它的查重結果。number 是第幾份。"""

    number: int
    link: EvidenceLink
    used_elsewhere: tuple[str, ...]
    spec: MeasureEvidence | None = None
    faults: tuple[Finding, ...] = ()

    @property
    def tick_lines(self) -> list[str]:
        """審核時要逐條看的；沒有要求的這種佐證沒有。"""
        return self.spec.tick_lines if self.spec else []

    @property
    def replaced_name(self) -> str:
        """換下的是哪一份；報出之前就撤下的只有填的人知道，不說。"""
        old = self.link.replaces
        return old.name if old and old.removed_at is None else ""

    @property
    def is_viewable(self) -> bool:
        """瀏覽器裏能直接看。"""
        return self.link.file.is_picture or self.link.file.extension == "pdf"


@dataclass
class Item:
    """正看的一份：本輪內容，與上一輪、上一期的對照，核對、佐證。"""

    round: Round
    heading: str
    figures: list[Figure]
    since_last_round: Beside | None
    since_last_period: Beside | None
    checks: list[Check]
    evidence: list[Evidence]
    light: Light
    light_note: str
    is_late: bool

    @property
    def submission(self) -> Submission:
        return self.round.submission

    @property
    def measure(self) -> Measure:
        return self.submission.assignment.measure

    @property
    def requirement(self) -> list[str]:
        """完成標準，一行一條。"""
        return [line.strip() for line in self.measure.requirement.splitlines() if line.strip()]

    @property
    def endorsed_alone(self) -> bool:
        """單位只有一人，報出即視為初審。"""
        return bool(self.round.endorsed_by_id) and (
            self.round.endorsed_by_id == self.round.submitted_by_id
        )

    @property
    def faults(self) -> int:
        return sum(check.severity != "ok" for check in self.checks)


def build_item(standing: Standing, waiting: Waiting, rule: LightRule) -> Item:
    """取齊一份要看的全部，固定四次查詢（各輪、數據、佐證、要求）。"""
    assignment = waiting.round.submission.assignment
    rounds = _rounds_around(waiting.pk, assignment)
    now = next(each for each in rounds if each.pk == waiting.round.pk)
    prior = _prior_round(standing, rounds, now)
    last = _last_period(rounds, now)
    materials = gather(each for each in (now, prior) if each)
    return Item(
        round=now,
        heading=heading(now),
        figures=_figures(now, prior or last),
        since_last_round=_beside_round(prior, now, materials) if prior else None,
        since_last_period=_beside_period(last, now) if last else None,
        checks=materials.checks(now, _last_percent(assignment, rounds)),
        evidence=_evidence(now, materials),
        light=rule.of(assignment.measure),
        light_note=rule.note_of(assignment.measure),
        is_late=is_late(now),
    )


def _rounds_around(submission_id: int, assignment: Assignment) -> list[Round]:
    """這一期的各輪，以及同一單位以前各期通過的那一輪。"""
    values = FigureValue.objects.select_related("figure").order_by("figure__position", "figure_id")
    rounds = (
        Round.objects.filter(
            Q(submission=submission_id)
            | Q(submission__assignment=assignment, decision=Round.Decision.ACCEPTED)
        )
        .select_related("submission", "submitted_by", "endorsed_by", "decided_by")
        .prefetch_related(Prefetch("figure_values", queryset=values))
        .order_by("submission__period_start", "number")
    )
    found = list(rounds)
    for round_ in found:
        round_.submission.assignment = assignment
    return found


def _prior_round(standing: Standing, rounds: Iterable[Round], now: Round) -> Round | None:
    """這一期最近被退回的、此人看得到的一輪；單位內部退回的辦公室看不到。"""
    earlier = [
        each
        for each in rounds
        if each.submission_id == now.submission_id
        and each.number < now.number
        and each.submitted_at
        and policies.can_read_round(standing, each)
    ]
    return earlier[-1] if earlier else None


def _last_period(rounds: Iterable[Round], now: Round) -> Round | None:
    earlier = [
        each
        for each in rounds
        if each.decision == Round.Decision.ACCEPTED
        and each.submission.period_start < now.submission.period_start
    ]
    return earlier[-1] if earlier else None


def _last_percent(assignment: Assignment, rounds: Iterable[Round]) -> int | None:
    """與 review_facts.last_percents 同一規則，用現成的各輪。"""
    if assignment.role == Assignment.Role.LEAD:
        return assignment.measure.percent
    accepted = [
        each
        for each in rounds
        if each.decision == Round.Decision.ACCEPTED and each.percent is not None
    ]
    return max(accepted, key=lambda each: each.decided_at).percent if accepted else None


def _beside_round(prior: Round, now: Round, materials: Materials) -> Beside:
    before = {link.file_id: link.name for link in materials.links.get(prior.pk, [])}
    after = {link.file_id: link.name for link in materials.links.get(now.pk, [])}
    return Beside(
        round=prior,
        heading=_("第 %(number)s 輪") % {"number": prior.number} + _percent_words(prior),
        changes=_changes(prior, now),
        rejected=[
            link
            for link in materials.links.get(prior.pk, [])
            if link.state == EvidenceLink.State.REJECTED
        ],
        added=[name for key, name in after.items() if key not in before],
        removed=[name for key, name in before.items() if key not in after],
    )


def _beside_period(last: Round, now: Round) -> Beside:
    return Beside(round=last, heading=heading(last), changes=_changes(last, now)[:1])


def _changes(old: Round, new: Round) -> list[Change]:
    """說明總要對照；問題、協調有不同才列。"""
    pairs = [
        (_("存在問題"), old.problems, new.problems),
        (_("需要協調"), old.needs, new.needs),
        (_("佐證交不齊的原因"), old.gap_reason, new.gap_reason),
    ]
    first = Change("", compare(said(old), said(new)))
    others = [Change(label, compare(one, other)) for label, one, other in pairs if one != other]
    return [first, *others]


def said(round_: Round) -> str:
    """本輪的正文：說明，或零報告的理由。"""
    if round_.is_nil:
        return _("零報告。%(reason)s") % {"reason": round_.nil_reason}
    return round_.narrative


def heading(round_: Round) -> str:
    """「2026年11月 · 80%」。"""
    return round_.submission.name + _percent_words(round_)


def _percent_words(round_: Round) -> str:
    return "" if round_.percent is None else f" · {round_.percent}%"


def _figures(now: Round, compared: Round | None) -> list[Figure]:
    last = {value.figure_id: value for value in compared.figure_values.all()} if compared else {}
    return [
        Figure(
            name=str(value.figure),
            value=figure_text(value.hundredths),
            last=figure_text(last[value.figure_id].hundredths) if value.figure_id in last else "",
        )
        for value in now.figure_values.all()
    ]


def _evidence(now: Round, materials: Materials) -> list[Evidence]:
    return [
        Evidence(
            number,
            link,
            materials.used_elsewhere(link, now),
            materials.spec(link, now),
            tuple(materials.faults(link, now)),
        )
        for number, link in enumerate(materials.links.get(now.pk, []), 1)
    ]
