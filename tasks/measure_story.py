"""一項措施的經過：留痕裏的每一步，以及提醒和催辦，寫成看得懂的話。"""

from dataclasses import dataclass
from datetime import date
from itertools import groupby
from typing import Any

from django.core.paginator import Page, Paginator
from django.db.models import Q
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from campaigns.standing import Standing
from journal.models import Entry
from pingtan_civ import ui
from tasks.chase_history import chases_of
from tasks.chase_history import steps as chase_steps
from tasks.models import Assignment, ChangeRequest, Chase, Measure, Reminder, Round, Submission
from tasks.rungs import Track
from tasks.services.breakdown import LABELS
from tasks.services.deadlines import OF_ROUND
from tasks.services.reminder_words import reached_words
from tasks.services.review import EVIDENCE_ACCEPTED, FINDINGS_WITHDRAWN
from workdays.services import calendar

PAGE_SIZE = 20
#: 上傳、撤下、取用佐證太碎，且文件名屬未報出的內容，不列在經過裏（後台的留痕裏有）。
TOO_FINE = (
    "tasks.evidence_added",
    "tasks.evidence_removed",
    "tasks.evidence_replaced",
    "evidence.reused",
)
CHASED = "tasks.chase"
SHAPES = {
    "tasks.accepted": "done",
    "tasks.closed_out": "done",
    "tasks.endorsed": "ok",
    "tasks.submitted": "ok",
    "tasks.acknowledged": "ok",
    "tasks.sent_back": "warn",
    "tasks.given_back": "warn",
    "tasks.cancelled": "stop",
}
REMINDERS_SHOWN = 6
CHASES_READ, CHASES_SHOWN = 60, 6


@dataclass(frozen=True)
class Step:
    """經過的一步，時間線組件的一條。"""

    title: str
    when: SafeString | str = ""
    state: str = "todo"
    text: str = ""
    meta: str = ""
    tags: tuple[tuple[str, str], ...] = ()


class Story:
    """某人看到的經過。departments 是 {報送或申請的主鍵: 單位主鍵}，用來判斷理由給不給看。"""

    def __init__(
        self,
        measure: Measure,
        standing: Standing,
        today: date,
        submissions: list[Submission],
        requests: list[ChangeRequest],
    ) -> None:
        self.measure = measure
        self.standing = standing
        self.today = today
        self.departments = {
            ("tasks.submission", row.pk): row.assignment.department_id for row in submissions
        } | {("tasks.changerequest", row.pk): row.assignment.department_id for row in requests}

    def page(self, number: object) -> Page:
        """一頁經過，新的在前；頁碼不對時給最近的一頁。"""
        entries = Entry.objects.about(self.measure).exclude(action__in=TOO_FINE)
        page = Paginator(entries, PAGE_SIZE).get_page(number)
        page.object_list = [self._step(entry) for entry in page.object_list]
        return page

    def _step(self, entry: Entry) -> Step:
        return Step(
            # 誰辦的寫在最前面：「審核通過」是誰通過的，一眼看見。
            title=_("%(who)s：%(what)s") % {"who": entry.actor_name, "what": entry.summary}
            if entry.actor_name
            else entry.summary,
            when=ui.moment(entry.at, self.today),
            state=SHAPES.get(entry.action, "warn" if entry.action.startswith(CHASED) else "todo"),
            text=entry.reason if self._may_read_reason(entry) else "",
            meta=self._meta(entry),
        )

    def _meta(self, entry: Entry) -> str:
        """改了什麼；審核的是對各份佐證的認定（本單位和過問的上級看）。"""
        if entry.target_type == "tasks.measure":
            return changed_words(entry.changes)
        words = _judgement_words(entry.changes)
        department_id = self.departments.get((entry.target_type, entry.target_id))
        if not words or department_id is None:
            return ""
        is_seen = department_id in self.standing.departments or self.standing.oversees(
            self.measure.campaign_id, department_id
        )
        return words if is_seen else ""

    def _may_read_reason(self, entry: Entry) -> bool:
        """退回、申請的理由是單位與上級之間的話；本單位內部的退回連辦公室也不看。"""
        if not entry.reason:
            return False
        department_id = self.departments.get((entry.target_type, entry.target_id))
        if department_id is None:
            return entry.target_type == "tasks.measure" or self._is_inside()
        if department_id in self.standing.departments:
            return True
        if entry.action == "tasks.given_back":
            return False
        return self.standing.oversees(self.measure.campaign_id, department_id)

    def _is_inside(self) -> bool:
        campaign_id = self.measure.campaign_id
        return self.standing.is_office(campaign_id) or self.standing.is_chair(campaign_id)

    # 催辦和提醒

    def chases(self) -> list[Any]:
        """辦公室的催辦（方式、話、讀沒讀、答覆）和系統的提醒，各自新的在前。"""
        rows = chases_of(Chase.objects.filter(submission__assignment__measure=self.measure))
        found = chase_steps(rows[:CHASES_READ], self.standing, self.today)
        return [*found[:CHASES_SHOWN], *self._reminders()]

    def _reminders(self) -> list[Step]:
        tasks = Assignment.objects.filter(measure=self.measure).order_by().values("pk")
        rounds = Round.objects.filter(submission__assignment__in=tasks).order_by().values("pk")
        rows = (
            Reminder.objects.filter(
                Q(track__in=OF_ROUND, subject_id__in=rounds)
                | Q(track=Track.ACKNOWLEDGE, subject_id__in=tasks)
            )
            .select_related("person")
            .order_by("-on", "track", "due_date", "person__position", "pk")[: REMINDERS_SHOWN * 8]
        )
        steps, days = [], calendar()
        # 同一天同一個時限，不論各人走的是哪一級，離時限是一樣遠的，合成一條。
        for key, group in groupby(rows, key=lambda r: (r.on, r.track, r.due_date)):
            on, track, due = key
            names = list(dict.fromkeys(str(row.person) for row in group))
            what = reached_words(track, due, on, days, today=self.today)
            steps.append(
                Step(
                    title=_("系統提醒：%(what)s") % {"what": what},
                    when=ui.short_date(on),
                    state="bad" if on > due else "warn",
                    text=_("已通知%(names)s。") % {"names": "、".join(names)},
                )
            )
        return steps[:REMINDERS_SHOWN]


def changed_words(changes: dict[str, Any]) -> str:
    """改了什麼，舊的在前：「完成時限：2026-12-10 → 2026-12-20」。"""
    labels = LABELS | {"state": _("狀態")}
    return "；".join(
        f"{labels.get(name, name)}：{pair[0] or '—'} → {pair[1] or '—'}"
        for name, pair in changes.items()
        if isinstance(pair, list) and len(pair) == 2
    )


def _judgement_words(changes: dict[str, list[str]]) -> str:
    if found := changes.get(EVIDENCE_ACCEPTED):
        return _("採用佐證：%(list)s") % {"list": found[1]}
    if found := changes.get(FINDINGS_WITHDRAWN):
        return _("撤回前的認定：%(list)s") % {"list": found[0]}
    return ""
