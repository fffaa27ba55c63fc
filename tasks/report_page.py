"""填報一期的頁：表單旁邊要看的東西，以及已報出各輪的對照。時間是參數，不寫庫。"""

from dataclasses import dataclass, field
from datetime import date
from typing import Any

from django.db.models import Prefetch
from django.utils.translation import gettext as _

from campaigns.standing import Standing
from people.models import User
from people.services import heads_of, staff_of
from pingtan_civ import ui
from tasks import policies
from tasks.comparison import Comparison, compare
from tasks.evidence_check import Checked, check, period_of
from tasks.models import EvidenceLink, Measure, MeasureEvidence, Round, Submission
from tasks.services.handing_in import Draft, draft_of
from tasks.work_forms import evidence_forms, figure_text

#: 接受的擴展名，供文件選擇框過濾；真正認的是內容。
ACCEPT = ".pdf,.docx,.xlsx,.pptx,.jpg,.jpeg,.png,.webp,.heic,.heif,image/*"


def rounds_of(submission: Submission) -> list[Round]:
    """各輪連同佐證和數據，先後為序；回指的外鍵接好，判權限時不再查庫。"""
    links = EvidenceLink.objects.select_related("file__reading", "form")
    rounds = list(
        submission.rounds.select_related("submitted_by", "endorsed_by", "decided_by", "saved_by")
        .prefetch_related(Prefetch("evidence", queryset=links), "figure_values__figure")
        .order_by("number")
    )
    for round_ in rounds:
        round_.submission = submission
    return rounds


def live_evidence(round_: Round) -> list[EvidenceLink]:
    """一輪裏沒有撤下的佐證。"""
    return [link for link in round_.evidence.all() if link.removed_at is None]


def readable_evidence(standing: Standing, round_: Round) -> list[EvidenceLink]:
    """一輪裏此人看得到的佐證。"""
    return [link for link in live_evidence(round_) if policies.can_read_evidence(standing, link)]


def figure_words(round_: Round) -> list[str]:
    """填報的數據寫成話：「培訓場次 12次」。"""
    return [
        f"{value.figure.name} {figure_text(value.hundredths)}{value.figure.unit}"
        for value in round_.figure_values.all()
    ]


# ── 表單旁邊 ──────────────────────────────────────────


@dataclass
class EvidencePart:
    """填報表單的佐證一欄：要什麼、已傳的各份、核對的結果，以及上一輪不採用、還沒有換的。"""

    specs: list[MeasureEvidence]
    links: list[EvidenceLink]
    checked: Checked
    choices: list[tuple[int, str]]
    rejected: list[EvidenceLink] = field(default_factory=list)
    bad_dates: dict[int, str] = field(default_factory=dict)

    @property
    def rows(self) -> list[dict[str, Any]]:
        """已傳的各份，evidence_row.html 的上下文。"""
        return [self.row(link) for link in self.links]

    def row(self, link: EvidenceLink) -> dict[str, Any]:
        bad = self.bad_dates.get(link.pk, "")
        return {
            "link": link,
            "choices": self.choices,
            "faults": self.checked.faults.get(link.pk, []),
            "dated": bad or (link.dated.isoformat() if link.dated else ""),
            "is_bad_date": bool(bad),
        }


def evidence_part(
    submission: Submission,
    links: list[EvidenceLink],
    rejected: list[EvidenceLink] = (),
    bad_dates: dict[int, str] | None = None,
) -> EvidencePart:
    """兩次查詢（要求、形式）；links 連同 file.reading 要已取出。"""
    specs = list(submission.assignment.measure.evidence_wanted.select_related("form"))
    return EvidencePart(
        specs=specs,
        links=links,
        checked=check(specs, links, period_of(submission)),
        choices=evidence_forms([spec.form_id for spec in specs]),
        rejected=list(rejected),
        bad_dates=bad_dates or {},
    )


def to_replace(rounds: list[Round]) -> list[EvidenceLink]:
    """以前各輪不採用、後來還沒有換過的；隔了一次單位內部的退回也還在。"""
    links = [link for round_ in rounds for link in live_evidence(round_)]
    replaced = {link.replaces_id for link in links}
    return [
        link
        for link in links
        if link.state == EvidenceLink.State.REJECTED
        and link.pk not in replaced
        and link.round_id != rounds[-1].pk
    ]


def previous_round(submission: Submission) -> Round | None:
    """同一單位上一期最近報出的一輪，寫這一期時放在旁邊參考。"""
    return (
        Round.objects.filter(
            submission__assignment=submission.assignment_id,
            submission__period_start__lt=submission.period_start,
            submitted_at__isnull=False,
        )
        .select_related("submission")
        .prefetch_related("figure_values__figure")
        .order_by("-submission__period_start", "-number")
        .first()
    )


def next_readers(user: User, department_id: int, on: date) -> str:
    """交上去之後輪到誰，與 services.handing_in.submit 同一規則。"""
    heads = [str(head) for head in heads_of(department_id, on) if head != user]
    if heads:
        words = {"names": "、".join(heads)}
        return _("提交後由%(names)s初審，再報辦公室審核。") % words
    if any(person != user for person in staff_of(department_id, on)):
        return _("您是本單位唯一的負責人，提交後由同事復核，再報辦公室審核。")
    return _("本單位只有一人，報出即視為初審，直接報辦公室審核。")


# ── 衝突 ──────────────────────────────────────────────


@dataclass(frozen=True)
class Difference:
    """一個字段，您寫的與庫裏的不一樣。"""

    label: str
    theirs: str
    comparison: Comparison
    field: str = ""


def differences(mine: Draft, stored: Round, measure: Measure) -> list[Difference]:
    """逐字段對照本頁上寫的與庫裏現存的，只列不一樣的。"""
    theirs = draft_of(stored)
    rows = [
        ("narrative", _("本期做了什麼"), mine.narrative, theirs.narrative),
        ("problems", _("存在的問題"), mine.problems, theirs.problems),
        ("needs", _("需要協調的事"), mine.needs, theirs.needs),
        ("percent", _("完成進度"), _percent(mine.percent), _percent(theirs.percent)),
        ("", _("零報告"), _yes(mine.is_nil), _yes(theirs.is_nil)),
        ("nil_reason", _("零報告理由"), mine.nil_reason, theirs.nil_reason),
        ("gap_reason", _("佐證交不齊的原因"), mine.gap_reason, theirs.gap_reason),
    ]
    for figure in measure.figures.all():
        pair = [draft.figures.get(figure.pk) for draft in (mine, theirs)]
        texts = ["" if value is None else figure_text(value) for value in pair]
        rows.append((f"figure_{figure.pk}", str(figure), *texts))
    return [
        Difference(label, other, compare(other, own), name)
        for name, label, own, other in rows
        if own != other
    ]


def _percent(value: int | None) -> str:
    return "" if value is None else str(value)


def _yes(value: bool) -> str:
    return _("是") if value else _("否")


# ── 已報出的各輪 ──────────────────────────────────────


@dataclass
class RoundView:
    """一輪給人看的樣子：內容、佐證、與上一輪的不同。"""

    round: Round
    figures: list[str]
    evidence: list[EvidenceLink]
    shows_ticks: bool = False
    change: Comparison | None = None
    added: list[str] = field(default_factory=list)
    removed: list[str] = field(default_factory=list)


def round_views(standing: Standing, rounds: list[Round]) -> list[RoundView]:
    """看得到而且已報出的各輪，新的在前，各與前一輪對照。"""
    shown = [
        round_
        for round_ in rounds
        if round_.submitted_at and policies.can_read_round(standing, round_)
    ]
    pairs = zip([None, *shown], shown, strict=False)
    return [_view(standing, round_, earlier) for earlier, round_ in pairs][::-1]


def _view(standing: Standing, round_: Round, earlier: Round | None) -> RoundView:
    links = readable_evidence(standing, round_)
    shows_ticks = policies.can_read_ticks(standing, round_)
    view = RoundView(round_, figure_words(round_), links, shows_ticks)
    if earlier is None:
        return view
    change = compare(_said(earlier), _said(round_))
    view.change = None if change.is_same else change
    before = {link.file_id: link.name for link in readable_evidence(standing, earlier)}
    now = {link.file_id: link.name for link in links}
    view.added = [name for key, name in now.items() if key not in before]
    view.removed = [name for key, name in before.items() if key not in now]
    return view


def _said(round_: Round) -> str:
    return round_.nil_reason if round_.is_nil else round_.narrative


def steps(submission: Submission, rounds: list[Round]) -> list[tuple[str, Any, str]]:
    """步驟條：填報、初審、審核，走到哪一步。"""
    last = rounds[-1]
    states = Submission.State
    order = [states.OPEN, states.SUBMITTED, states.ENDORSED, states.ACCEPTED]
    reached = order.index(states(submission.state))
    marks = ["done" if index < reached else "now" if index == reached else "" for index in range(3)]
    return [
        (_("填報"), ui.moment(last.submitted_at) if last.submitted_at else "", marks[0]),
        (_("單位初審"), ui.moment(last.endorsed_at) if last.endorsed_at else "", marks[1]),
        (_("辦公室審核"), ui.moment(last.decided_at) if last.decided_at else "", marks[2]),
    ]
