"""填報一期的頁：表單旁邊要看的東西，以及已報出各輪的對照。時間是參數，不寫庫。"""

from dataclasses import dataclass, field
from datetime import date
from typing import Any
from uuid import UUID

from django.db.models import OuterRef, Prefetch, Q, QuerySet, Subquery
from django.utils.translation import gettext as _

from campaigns.models import EvidenceForm
from campaigns.standing import Standing
from people.models import User
from people.services import heads_and_staff
from pingtan_civ import ui
from pingtan_civ.lib.numbers import LARGEST_KEY
from tasks import policies
from tasks.chase_history import latest_unanswered
from tasks.comparison import Comparison, compare
from tasks.evidence_check import Checked, check, period_of
from tasks.models import (
    EvidenceLink,
    FigureValue,
    Measure,
    MeasureEvidence,
    Round,
    Submission,
)
from tasks.services.describing import Description, apply_description, selectable_forms
from tasks.services.handing_in import Draft, draft_of
from tasks.work_forms import Described, figure_text

#: 接受的擴展名，供文件選擇框過濾；真正認的是內容。
ACCEPT = ".pdf,.docx,.xlsx,.pptx,.jpg,.jpeg,.png,.webp,.heic,.heif,image/*"


@dataclass(frozen=True)
class Rounds:
    """一期報送的各輪（先後為序），連同旁邊要看的：上一期最近報出的一輪、還沒有答覆的催辦。"""

    own: list[Round]
    previous: Round | None = None
    unanswered: UUID | None = None

    @property
    def submission(self) -> Submission:
        return self.own[-1].submission

    @property
    def current(self) -> Round:
        return self.own[-1]


def rounds_of(submission_id: int) -> Rounds | None:
    """三次查詢：各輪（連同措施、單位、活動）、佐證、數據；沒有這一期時為 None。

    各輪的 submission 是同一個對象，回指的外鍵都接好，判權限時不再查庫。
    """
    if submission_id > LARGEST_KEY:
        return None
    links = EvidenceLink.objects.filter(round__submission=submission_id)
    values = FigureValue.objects.select_related("figure").order_by("figure__position", "figure_id")
    found = list(
        Round.objects.filter(Q(submission=submission_id) | Q(pk__in=_previous(submission_id)))
        .select_related(
            "submission__assignment__measure__campaign",
            "submission__assignment__department",
            "submitted_by",
            "endorsed_by",
            "decided_by",
            "saved_by",
        )
        .prefetch_related(
            Prefetch(
                "evidence",
                queryset=links.select_related("file__reading", "form").order_by("position", "pk"),
            ),
            Prefetch("figure_values", queryset=values),
        )
        .annotate(unanswered=Subquery(latest_unanswered(OuterRef("submission"))))
        .order_by("number")
    )
    own = [round_ for round_ in found if round_.submission_id == submission_id]
    if not own:
        return None
    for round_ in own:
        round_.submission = own[-1].submission
    previous = [round_ for round_ in found if round_.submission_id != submission_id]
    return Rounds(own, previous[0] if previous else None, own[-1].unanswered)


def _previous(submission_id: int) -> QuerySet:
    """同一單位上一期最近報出的一輪，寫這一期時放在旁邊參考。"""
    this = Submission.objects.filter(pk=submission_id)
    return (
        Round.objects.filter(
            submission__assignment__in=this.order_by().values("assignment"),
            submission__period_start__lt=this.values("period_start")[:1],
            submitted_at__isnull=False,
        )
        .order_by("-submission__period_start", "-number")
        .values("pk")[:1]
    )


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
    forms: list[EvidenceForm]
    rejected: list[EvidenceLink] = field(default_factory=list)
    bad_dates: dict[int, str] = field(default_factory=dict)

    @property
    def rows(self) -> list[dict[str, Any]]:
        """已傳的各份，evidence_row.html 的上下文。"""
        return [self.row(link) for link in self.links]

    def row(self, link: EvidenceLink) -> dict[str, Any]:
        """文號、材料日期只向用得着的要：要求裏要的，或這種形式通常有的；別的收起來。"""
        bad = self.bad_dates.get(link.pk, "")
        spec = next((spec for spec in self.specs if spec.form_id == link.form_id), None)
        form = link.form if link.form_id else None
        return {
            "link": link,
            "asks_number": bool((spec and spec.needs_number) or (form and form.asks_number)),
            "asks_date": bool(bad or (spec and spec.wants_date) or (form and form.asks_date)),
            "choices": self._choices(link),
            "faults": self.checked.faults.get(link.pk, []),
            "dated": bad or (link.dated.isoformat() if link.dated else ""),
            "is_bad_date": bool(bad),
        }

    def _choices(self, link: EvidenceLink) -> list[EvidenceForm]:
        """可選的形式；這一份現有的停用了也留着，不然一保存就丟了。"""
        held = [link.form] if link.form_id else []
        return [*self.forms, *(form for form in held if form not in self.forms)]


def evidence_part(
    submission: Submission,
    links: list[EvidenceLink],
    *,
    rejected: list[EvidenceLink] = (),
    described: Described | None = None,
) -> EvidencePart:
    """兩次查詢（要求、形式）；links 連同 form、file.reading 要已取出。

    described 是表單上此刻寫的，照它核對，不存。
    """
    measure_id = submission.assignment.measure_id
    specs = list(MeasureEvidence.objects.filter(measure=measure_id).select_related("form"))
    wanted = {spec.form_id for spec in specs}
    forms = sorted(selectable_forms(measure_id), key=lambda form: form.pk not in wanted)
    if described:
        _describe(links, described.descriptions, forms)
    return EvidencePart(
        specs=specs,
        links=links,
        checked=check(specs, links, period_of(submission)),
        forms=forms,
        rejected=list(rejected),
        bad_dates=described.bad_dates if described else {},
    )


def _describe(
    links: list[EvidenceLink], descriptions: dict[int, Description], forms: list[EvidenceForm]
) -> None:
    by_key = {form.pk: form for form in forms}
    for link in links:
        if link.pk in descriptions:
            apply_description(link, descriptions[link.pk], by_key)
            # 換了形式時 Django 丟掉了取好的那一個，接回來，不再逐份去查。
            if link.form_id in by_key:
                link.form = by_key[link.form_id]


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


def next_readers(user: User, department_id: int, on: date) -> str:
    """交上去之後輪到誰，與 services.handing_in.submit 同一規則。"""
    heads, staff = heads_and_staff(department_id, on)
    names = [str(head) for head in heads if head != user]
    if names:
        return _("提交後由%(names)s初審，再報辦公室審核。") % {"names": "、".join(names)}
    if any(person != user for person in staff):
        return _("您是本單位唯一的負責人，提交後由同事復核，再報辦公室審核。")
    return _("本單位只有一人，報出即視為初審，直接報辦公室審核。")


# ── 衝突 ──────────────────────────────────────────────


@dataclass(frozen=True)
class Difference:
    """一個字段，您寫的與庫裏的不一樣。

    target 是它的控件在頁面上的 id，填入 fill 就是「用這一份」；不能這樣填的為空。
    """

    label: str
    comparison: Comparison
    target: str = ""
    fill: str = ""


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
        Difference(label, compare(other, own), f"id_{name}" if name else "", other)
        for name, label, own, other in rows
        if own != other
    ]


def described_as(link: EvidenceLink) -> dict[str, tuple[str, str, str]]:
    """一份佐證的形式、說明、文號、材料日期：{控件 id 的前半: (名稱, 給人看的, 填回控件的)}。"""
    day = link.dated.isoformat() if link.dated else ""
    form = _(link.form.name) if link.form_id else ""
    return {
        "form": (_("形式"), form, str(link.form_id or "")),
        "cap": (_("說明"), link.caption, link.caption),
        "number": (_("文號"), link.number, link.number),
        "dated": (_("材料日期"), day, day),
    }


def evidence_differences(
    stored: dict[int, dict[str, tuple[str, str, str]]], links: list[EvidenceLink]
) -> list[Difference]:
    """各份佐證，本頁上寫的（links）與庫裏的（stored：{編號: described_as}）不一樣的。"""
    return [
        Difference(
            _("「%(name)s」的%(label)s") % {"name": link.name, "label": label},
            compare(stored[link.pk][key][1], own),
            f"{key}-{link.pk}",
            stored[link.pk][key][2],
        )
        for link in links
        for key, (label, own, _fill) in described_as(link).items()
        if own != stored[link.pk][key][1]
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
