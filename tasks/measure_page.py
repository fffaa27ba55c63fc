"""一項措施的頁面上要說的事：各單位的一欄、每期的進展、佐證、申請。

從庫裏一次取齊（查詢次數固定，與期數、輪數無關），在內存裏排成現成的行；看不看得到一輪的
內容只問 policies.can_read_round。時間是參數。
"""

from dataclasses import dataclass, field
from functools import cached_property

from django.db.models import Prefetch
from django.utils.translation import gettext as _

from campaigns.models import Campaign
from campaigns.standing import Standing
from pingtan_civ.lib.dates import long_date, near_date
from pingtan_civ.lib.periods import ONCE
from tasks import policies
from tasks.lights import Light, LightRule
from tasks.models import (
    Assignment,
    ChangeRequest,
    EvidenceLink,
    FigureValue,
    Measure,
    Round,
    Submission,
)
from tasks.work_forms import figure_text


@dataclass
class Slot:
    """一個單位的一欄：辦到哪裏，下一期何時交，還差哪幾期。"""

    assignment: Assignment
    submissions: list[Submission]
    light: Light
    light_note: str
    is_own: bool
    missing: list[Submission]
    has_checkup: bool
    """看的人看得到這個單位的佐證體檢（與 evidence.checkup.policies 同一範圍）。"""

    @property
    def accepted(self) -> int:
        return sum(row.state == Submission.State.ACCEPTED for row in self.submissions)

    @property
    def total(self) -> int:
        return len(self.submissions)

    @property
    def to_fill_in(self) -> Submission | None:
        """現在就能填的最早一期。"""
        return self.missing[0] if self.missing else None

    @property
    def open_periods(self) -> list[Submission]:
        return [row for row in self.submissions if row.state == Submission.State.OPEN]

    @property
    def missing_names(self) -> str:
        return "、".join(row.name for row in self.missing)


@dataclass
class Period:
    """進展記錄的一條：某單位某一期，辦到哪一步，看得到的話報了什麼。"""

    submission: Submission
    shape: str
    title: str
    tags: list[tuple[str, str]]
    note: str = ""
    is_gap: bool = False
    round: Round | None = None
    figures: list[str] = field(default_factory=list)
    evidence_count: int = 0
    earlier: list[Round] = field(default_factory=list)
    is_hidden: bool = False


class MeasurePage:
    """一項措施對某個人、某一天的樣子。"""

    def __init__(self, measure: Measure, standing: Standing, rule: LightRule) -> None:
        self.measure = measure
        self.standing = standing
        self.rule = rule
        self.today = rule.today

    # 取數

    @cached_property
    def assignments(self) -> list[Assignment]:
        """牽頭在前；每個單位連同各期、各輪、佐證、數據一次取出。"""
        links = EvidenceLink.objects.filter(removed_at__isnull=True).select_related("file", "form")
        values = FigureValue.objects.select_related("figure").order_by("figure__position", "pk")
        rounds = (
            Round.objects.select_related("submitted_by", "endorsed_by", "decided_by")
            .prefetch_related(
                Prefetch("evidence", queryset=links), Prefetch("figure_values", queryset=values)
            )
            .order_by("number")
        )
        submissions = Submission.objects.prefetch_related(
            Prefetch("rounds", queryset=rounds)
        ).order_by("period_start", "pk")
        rows = (
            self.measure.assignments.select_related("department", "acknowledged_by")
            .prefetch_related(Prefetch("submissions", queryset=submissions))
            .order_by("role", "department__position", "pk")
        )
        return self._tied(list(rows))

    def _tied(self, assignments: list[Assignment]) -> list[Assignment]:
        """把回指的外鍵接到手裏的對象上，判權限時不再查庫。"""
        for assignment in assignments:
            assignment.measure = self.measure
            for submission in assignment.submissions.all():
                submission.assignment = assignment
                for round_ in submission.rounds.all():
                    round_.submission = submission
        return assignments

    @cached_property
    def requests(self) -> list[ChangeRequest]:
        rows = ChangeRequest.objects.filter(assignment__measure=self.measure).select_related(
            "assignment__department",
            "submission",
            "proposed_department",
            "requested_by",
            "decided_by",
        )
        return [row for row in rows if self._may_see(row)]

    def _may_see(self, request: ChangeRequest) -> bool:
        """申請的理由是單位與辦公室之間的話，本單位和管着它的上級看得到。"""
        department_id = request.assignment.department_id
        return department_id in self.standing.departments or self.standing.oversees(
            self.measure.campaign_id, department_id
        )

    # 各單位

    @cached_property
    def slots(self) -> list[Slot]:
        return [self._slot(assignment) for assignment in self.assignments]

    def _slot(self, assignment: Assignment) -> Slot:
        submissions = list(assignment.submissions.all())
        missing = [row for row in submissions if self._is_missing(row)]
        light, note = self._light_of(assignment, submissions)
        return Slot(
            assignment=assignment,
            submissions=submissions,
            light=light,
            light_note=note,
            is_own=policies.is_own(self.standing, assignment),
            missing=missing,
            has_checkup=policies.is_own(self.standing, assignment)
            or self.standing.oversees(self.measure.campaign_id, assignment.department_id),
        )

    def _is_missing(self, submission: Submission) -> bool:
        """該報未報：本期已開始而待填報，任務在辦。"""
        return (
            submission.state == Submission.State.OPEN
            and submission.assignment.is_live
            and self.measure.state == Measure.State.ISSUED
            and submission.period_start <= self.today
        )

    def _light_of(self, assignment: Assignment, submissions: list[Submission]) -> tuple[Light, str]:
        if assignment.state == Assignment.State.CLOSED:
            return Light.DONE, ""
        if not assignment.is_live or self.measure.state != Measure.State.ISSUED:
            return Light.STOP, ""
        if self.measure.campaign.state != Campaign.State.ACTIVE:
            # 活動不在進行時什麼都不欠，單位的燈與頁頭的同一規則（owed_date 這時也是空的）。
            return self.light, ""
        waiting = [row for row in submissions if row.state == Submission.State.OPEN]
        if not waiting:
            return Light.OK, _("已報齊")
        due = min(row.due_date for row in waiting)
        light = self.rule.of_due(due)
        return light, note_after(light, self.rule.note(due))

    @cached_property
    def own_slots(self) -> list[Slot]:
        return [slot for slot in self.slots if slot.is_own and slot.assignment.is_live]

    @cached_property
    def waiting_for(self) -> list[Slot]:
        """牽頭單位要知道的：配合單位裏還有誰沒報。"""
        return [
            slot
            for slot in self.slots
            if slot.missing and slot.assignment.role == Assignment.Role.SUPPORTING
        ]

    @cached_property
    def gaps(self) -> list[Submission]:
        """牽頭單位該報未報的各期。"""
        return [
            row
            for slot in self.slots
            if slot.assignment.role == Assignment.Role.LEAD
            for row in slot.missing
        ]

    @cached_property
    def can_close_out(self) -> bool:
        """在辦的各單位，每一期都已審核通過（與 services.review.close_out 同一條件）。"""
        live = [slot for slot in self.slots if slot.assignment.is_live]
        return (
            self.measure.state == Measure.State.ISSUED
            and bool(live)
            and all(slot.accepted == slot.total for slot in live)
        )

    # 進展

    @cached_property
    def periods(self) -> list[Period]:
        """已開始的各期，新的在前。"""
        rows = [
            row
            for assignment in self.assignments
            for row in assignment.submissions.all()
            if row.period_start <= self.today or row.state != Submission.State.OPEN
        ]
        rows = [row for row in rows if row.assignment.is_live or self._is_kept(row)]
        rows.sort(key=lambda row: (row.period_start, row.due_date), reverse=True)
        return [self._period(row) for row in rows]

    def _is_kept(self, submission: Submission) -> bool:
        """不再由某單位辦理的，只留它交過的。"""
        return (
            submission.state != Submission.State.OPEN
            or submission.round_number > 1
            or submission.assignment.state == Assignment.State.CLOSED
        )

    @cached_property
    def later_count(self) -> int:
        """還沒開始的期數。"""
        return sum(
            row.period_start > self.today and row.state == Submission.State.OPEN
            for assignment in self.assignments
            if assignment.is_live
            for row in assignment.submissions.all()
        )

    def _period(self, submission: Submission) -> Period:
        rounds = list(submission.rounds.all())
        shown = self._shown_round(submission, rounds)
        is_gap = self._is_missing(submission)
        period = Period(
            submission=submission,
            shape=self._shape(submission),
            title=self._title(submission, shown),
            tags=self._tags(submission, rounds),
            note=self._due_note(submission) if is_gap else "",
            is_gap=is_gap,
            round=shown,
            is_hidden=shown is None and submission.state != Submission.State.OPEN,
        )
        if shown:
            period.figures = [
                f"{value.figure.name} {figure_text(value.hundredths)}{value.figure.unit}"
                for value in shown.figure_values.all()
            ]
            period.evidence_count = len(self._readable(shown))
        period.earlier = [
            row
            for row in reversed(rounds)
            if row != shown and row.submitted_at and policies.can_read_round(self.standing, row)
        ]
        return period

    def _shown_round(self, submission: Submission, rounds: list[Round]) -> Round | None:
        """最近一輪已報出而且此人看得到的；正在寫的草稿不在這裏露出。"""
        readable = [
            row
            for row in rounds
            if row.submitted_at and policies.can_read_round(self.standing, row)
        ]
        current = [row for row in readable if row.number == submission.round_number]
        return (current or readable[-1:] or [None])[-1]

    def _shape(self, submission: Submission) -> str:
        if submission.state == Submission.State.ACCEPTED:
            return Light.DONE
        if submission.state == Submission.State.OPEN:
            return (
                self.rule.of_due(submission.due_date)
                if self._is_missing(submission)
                else Light.STOP
            )
        return Light.OK

    def _title(self, submission: Submission, shown: Round | None) -> str:
        unit, period = submission.assignment.department.name, period_words(submission)
        words = {"period": period, "unit": f"{unit} " if period else unit}
        if submission.state == Submission.State.OPEN and submission.round_number == 1:
            return _("%(unit)s%(period)s進展未報") % words
        if submission.state == Submission.State.OPEN:
            return _("%(unit)s%(period)s進展待補報") % words
        if shown and shown.is_nil:
            return _("%(unit)s%(period)s零報告") % words
        before = self._percent_before(submission)
        if shown and shown.percent is not None:
            words |= {"before": before, "now": shown.percent}
            return _("%(unit)s%(period)s進展：%(before)s%% → %(now)s%%") % words
        return _("%(unit)s%(period)s進展") % words

    def _percent_before(self, submission: Submission) -> int:
        """同一單位上一次審核通過的進度；沒有時從 0 起。"""
        earlier = [
            round_.percent
            for row in submission.assignment.submissions.all()
            if row.period_start < submission.period_start
            for round_ in row.rounds.all()
            if round_.decision == Round.Decision.ACCEPTED and round_.percent is not None
        ]
        return earlier[-1] if earlier else 0

    def _tags(self, submission: Submission, rounds: list[Round]) -> list[tuple[str, str]]:
        tags = []
        if submission.state != Submission.State.OPEN:
            tags.append((submission.get_state_display(), ""))
        back = sum(
            row.decision in (Round.Decision.SENT_BACK, Round.Decision.GIVEN_BACK) for row in rounds
        )
        if back:
            kind = "warn" if submission.state == Submission.State.OPEN else "plain"
            tags.append((_("退回 %(count)s 次") % {"count": back}, kind))
        if rounds and rounds[-1].is_late:
            tags.append((_("逾期報出"), "plain"))
        if submission.assignment.role == Assignment.Role.SUPPORTING:
            tags.append((submission.assignment.get_role_display(), "plain"))
        return tags

    def _due_note(self, submission: Submission) -> str:
        return _("應於 %(day)s前填報，%(left)s") % {
            "day": near_date(submission.due_date, self.today),
            "left": self.rule.note(submission.due_date),
        }

    # 佐證

    def _readable(self, round_: Round) -> list[EvidenceLink]:
        links = round_.evidence.all()
        return [link for link in links if policies.can_read_evidence(self.standing, link)]

    @cached_property
    def evidence(self) -> list[EvidenceLink]:
        """看得到的佐證，新的在前；同一份文件在幾輪裏只列最近一次。"""
        seen: set[int] = set()
        found = []
        for period in self.periods:
            shown = [period.round] if period.round else []
            for round_ in [*shown, *period.earlier]:
                for link in self._readable(round_):
                    if link.file_id not in seen:
                        seen.add(link.file_id)
                        link.round = round_
                        found.append(link)
        return found

    # 進度

    @property
    def light(self) -> Light:
        return self.rule.of(self.measure)

    @property
    def light_note(self) -> str:
        """燈號後的小字：說的是牽頭單位最近一期的時限。"""
        return self.rule.note_of(self.measure)

    @cached_property
    def expected(self) -> int | None:
        """按自然日勻速，今天應達到的進度。"""
        start, due = self.measure.start_date, self.measure.due_date
        if not start or not due or due <= start:
            return None
        return min(max(round((self.today - start).days * 100 / (due - start).days), 0), 100)

    @property
    def bar(self) -> str:
        """進度條的顏色：比序時進度落後的黃，逾期的紅。"""
        return str(self.light) if self.light in (Light.WARN, Light.BAD) else ""


def note_after(light: Light, words: str) -> str:
    """跟在燈後面的小字：「逾期」已由燈說了，不再重複。"""
    return words.removeprefix(_("逾期")).strip() if light == Light.BAD else words


def period_words(submission: Submission) -> str:
    """放在「進展」前面的期名；只報一次的沒有期可說。"""
    return "" if submission.label == ONCE else submission.name


def asked_words(row: ChangeRequest) -> str:
    """申請說的是什麼，一段話。"""
    if row.kind == ChangeRequest.Kind.EXTENSION:
        words = {
            "period": period_words(row.submission) if row.submission else "",
            "old": long_date(row.previous_date),
            "new": long_date(row.proposed_date),
            "reason": row.reason,
        }
        if not words["period"]:
            return _("申請把完成時限由 %(old)s 延至 %(new)s。理由：%(reason)s") % words
        return _("申請把%(period)s的時限由 %(old)s 延至 %(new)s。理由：%(reason)s") % words
    words = {"unit": row.proposed_department or _("未寫明"), "reason": row.reason}
    return _("認為不屬本單位職責，建議改由：%(unit)s。理由：%(reason)s") % words
