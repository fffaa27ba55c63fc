"""填報一期的頁：表單旁邊要看的東西，以及已報出各輪的對照。時間是參數，不寫庫。"""

from collections import Counter
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from django.utils.translation import gettext as _

from campaigns.standing import Standing
from people.models import User
from people.services import heads_of, staff_of
from pingtan_civ import ui
from tasks import policies
from tasks.comparison import Comparison, compare
from tasks.models import EvidenceLink, Measure, Round, Submission
from tasks.services.handing_in import Draft, draft_of
from tasks.work_forms import evidence_forms, figure_text

#: 接受的擴展名，供文件選擇框過濾；真正認的是內容。
ACCEPT = ".pdf,.docx,.xlsx,.pptx,.jpg,.jpeg,.png,.webp,.heic,.heif,image/*"


def rounds_of(submission: Submission) -> list[Round]:
    """各輪連同佐證和數據，先後為序；回指的外鍵接好，判權限時不再查庫。"""
    rounds = list(
        submission.rounds.select_related("submitted_by", "endorsed_by", "decided_by", "saved_by")
        .prefetch_related("evidence__file", "evidence__form", "figure_values__figure")
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


def evidence_row(link: EvidenceLink, choices: list[tuple[int, str]] | None = None) -> dict:
    """一件已傳的佐證，evidence_row.html 的上下文。choices 是可選的形式。"""
    if choices is None:
        wanted = link.round.submission.assignment.measure.evidence_wanted
        choices = evidence_forms(list(wanted.values_list("form_id", flat=True)))
    return {"link": link, "choices": choices}


@dataclass(frozen=True)
class Wanted:
    """要交的一種佐證：要幾份，這一輪已有幾份。"""

    form_id: int
    name: str
    guidance: str
    count: int
    have: int

    @property
    def is_met(self) -> bool:
        return self.have >= self.count

    @property
    def missing(self) -> int:
        """還缺幾份。"""
        return max(self.count - self.have, 0)


def wanted_evidence(measure: Measure, links: list[EvidenceLink]) -> list[Wanted]:
    have = Counter(link.form_id for link in links)
    return [
        Wanted(row.form_id, row.form.name, row.form.guidance, row.count, have[row.form_id])
        for row in measure.evidence_wanted.select_related("form")
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
    view = RoundView(round_, figure_words(round_), links)
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
