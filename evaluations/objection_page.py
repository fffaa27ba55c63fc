"""一件異議的頁要說的事：走到哪一步、前後兩版各是多少、此人此刻能辦什麼；和清單的篩選。"""

from collections.abc import Callable
from dataclasses import dataclass, fields, replace
from datetime import date, datetime
from decimal import Decimal
from functools import cached_property
from typing import Any
from urllib.parse import urlencode

from django.db.models import Case, IntegerField, Value, When
from django.http import QueryDict
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from campaigns.standing import Standing
from evaluations import policies
from evaluations.models import (
    AssessmentRound,
    Objection,
    ObjectionFile,
    ObjectionQuerySet,
    ResultSnapshot,
)
from evaluations.services.objections import is_chair_tied, is_office_tied
from evaluations.sheets import SheetLine, SheetView, frozen_sheets
from pingtan_civ import ui
from pingtan_civ.lib.numbers import read_int
from pingtan_civ.lib.scoring import show
from pingtan_civ.templatetags.ui import in_script
from tasks.lights import Light, LightRule

Phase, State = AssessmentRound.Phase, Objection.State
WARN_DAYS = 2
"""異議期短，剩 2 個工作日以內算臨期。"""


@dataclass(frozen=True)
class Edition:
    """一版定稿裏的這一張表、這一條。"""

    snapshot: ResultSnapshot
    view: SheetView
    line: SheetLine


@dataclass(frozen=True)
class Comparison:
    """兩版並排的一行。"""

    label: ui.Text
    before: str
    after: str

    @property
    def is_changed(self) -> bool:
        return self.before != self.after


def due_of(objection: Objection) -> date | None:
    """什麼時候以前要答覆、裁定：「答覆異議」階段的截止。answer_due 或 phases 要先取好。"""
    if hasattr(objection, "answer_due"):
        return objection.answer_due
    rows = objection.sheet.round.phases.all()
    return next((row.due_date for row in rows if row.phase == Phase.ANSWER), None)


def light_of(objection: Objection, rule: LightRule) -> tuple[Light, str]:
    """（燈號, 小字）。裁定了的已辦結，撤回的已中止。"""
    if objection.state == State.WITHDRAWN:
        return Light.STOP, ""
    if not objection.is_open:
        return Light.DONE, ""
    due = due_of(objection)
    return (rule.of_due(due), rule.words_after_light(due)) if due else (Light.TODO, "")


class ObjectionPage:
    """一件異議對某個人、某一刻的樣子。"""

    def __init__(
        self, objection: Objection, standing: Standing, rule: LightRule, at: datetime
    ) -> None:
        self.objection, self.standing, self.rule, self.at = objection, standing, rule, at
        self.light, self.light_note = light_of(objection, rule)

    @cached_property
    def before(self) -> Edition:
        return self._edition(self.objection.before)

    @cached_property
    def after(self) -> Edition | None:
        return self._edition(self.objection.after) if self.objection.after else None

    def _edition(self, snapshot: ResultSnapshot) -> Edition:
        sheet = self.objection.sheet
        (view,) = frozen_sheets(snapshot, {sheet.department_id})
        return Edition(snapshot, view, view.by_criterion[self.objection.criterion_id])

    @property
    def editions(self) -> list[Edition]:
        return [self.before, *([self.after] if self.after else [])]

    @property
    def comparison(self) -> list[Comparison]:
        """裁定改了分的，兩版並排；原來的那一版照樣讀得到。"""
        if self.after is None:
            return []
        return [
            Comparison(label, words(self.before), words(self.after)) for label, words in _COMPARED
        ]

    @property
    def facts(self) -> list[tuple[str, object]]:
        row, line = self.objection, self.before.line
        scored = line.result
        return [
            (_("測評內容"), f"{line.number} {line.text}"),
            (_("滿分"), _points_words(line.full) if line.is_base else ""),
            (_("提出時得分"), _points(self.before)),
            (_("怎樣算的"), in_script(scored.why)),
            (_("評分理由"), scored.reason),
            (_("評分人"), scored.by or line.scorer_words),
            (_("異議期"), ui.date_and_weekday(self._due(Phase.FEEDBACK))),
            (_("答覆和裁定"), ui.date_and_weekday(due_of(row))),
        ]

    def _due(self, phase: str) -> date | None:
        rows = self.objection.sheet.round.phases.all()
        return next((row.due_date for row in rows if row.phase == phase), None)

    @property
    def claimed_words(self) -> str:
        claimed = self.objection.claimed
        if claimed is None:
            return ""
        return _("認為應得 %(points)s 分。") % {"points": show(claimed)}

    @property
    def proposal_words(self) -> str:
        return _("意見：%(outcome)s") % {"outcome": self.objection.get_proposal_display()}

    @cached_property
    def files(self) -> list[ObjectionFile]:
        return list(self.objection.files.select_related("file"))

    @property
    def steps(self) -> list[tuple[str, object, str]]:
        row = self.objection
        if row.state == State.WITHDRAWN:
            shown = [(_("提出"), row.filed_at), (_("撤回"), row.withdrawn_at)]
        else:
            shown = [
                (_("提出"), row.filed_at),
                (_("辦公室答覆"), row.answered_at),
                (_("領導小組裁定"), row.decided_at),
            ]
        first = next((place for place, (_label, at) in enumerate(shown) if not at), len(shown))
        return [
            (
                label,
                ui.moment(at, self.standing.on) if at else "",
                "done" if at else "now" if place == first else "",
            )
            for place, (label, at) in enumerate(shown)
        ]

    # 能辦什麼

    @cached_property
    def _is_running(self) -> bool:
        phase = self.objection.sheet.round.phase
        return self.objection.is_open and phase in (Phase.FEEDBACK, Phase.ANSWER)

    @cached_property
    def can_withdraw(self) -> bool:
        return self._is_running and policies.can_object(self.standing, self.objection.sheet)

    @property
    def can_add_files(self) -> bool:
        return self.can_withdraw and self.objection.state == State.FILED

    @cached_property
    def can_answer(self) -> bool:
        """不用迴避的先答；都要迴避時才去看是不是辦公室的人都要迴避。"""
        if not self._is_running:
            return False
        row, me = self.objection, self.standing
        return policies.can_answer_objection(me, row) or (
            policies.can_answer_objection(me, row, is_office_tied=True)
            and is_office_tied(row, self.at)
        )

    @cached_property
    def can_decide(self) -> bool:
        row, me = self.objection, self.standing
        if not self._is_running or row.state != State.ANSWERED:
            return False
        return policies.can_decide_objection(me, row) or (
            policies.can_decide_objection(me, row, is_chair_tied=True)
            and is_chair_tied(row, self.at)
        )

    @property
    def recusal(self) -> str:
        """本來歸他辦而要迴避的，說明為什麼沒有按鈕。"""
        row, me = self.objection, self.standing
        is_named = me.is_office(row.sheet.round.campaign_id) or me.is_leader(
            row.sheet.round.campaign_id
        )
        if not self._is_running or not is_named or self.can_answer or self.can_decide:
            return ""
        if policies.gave_the_score(me, row):
            return _("這一條的分是您給的，答覆和裁定由別人來辦。")
        if policies.is_recused(me, row.sheet.department_id):
            return _("這是您本單位的異議，答覆和裁定由別人來辦。")
        return ""


def _points(edition: Edition) -> str:
    entry = edition.line.result
    return _("不適用") if entry.is_not_applicable else _points_words(entry.points)


def _points_words(points: Decimal) -> str:
    return _("%(points)s 分") % {"points": show(points)}


_COMPARED: list[tuple[Any, Callable[[Edition], str]]] = [
    (gettext_lazy("這一條得分"), _points),
    (gettext_lazy("怎樣算的"), lambda edition: in_script(edition.line.result.why)),
    (gettext_lazy("理由"), lambda edition: edition.line.result.reason or "—"),
    (gettext_lazy("總分"), lambda edition: _points_words(edition.view.total)),
    (gettext_lazy("等次"), lambda edition: edition.view.grade),
]


# ── 清單 ──────────────────────────────────────────────


@dataclass(frozen=True)
class ObjectionQuery:
    """網址裏的條件；讀不懂的不用。"""

    round: str = ""
    state: str = ""
    department: int | None = None
    page: int = 1

    @classmethod
    def read(cls, data: QueryDict) -> "ObjectionQuery":
        state = data.get("state", "")
        return cls(
            round=data.get("round", "").replace("\x00", "")[:40],
            state=state if state in ("open", *State.values) else "",
            department=read_int(data.get("department"), low=1, high=10**9),
            page=read_int(data.get("page"), low=1, high=10**6) or 1,
        )

    def as_dict(self) -> dict[str, Any]:
        return {
            each.name: value
            for each in fields(self)
            if (value := getattr(self, each.name)) != each.default
        }

    def url(self, **changes: Any) -> str:
        changes.setdefault("page", 1)
        words = urlencode(replace(self, **changes).as_dict())
        return f"?{words}" if words else "?"

    @property
    def is_filtered(self) -> bool:
        return replace(self, page=1) != ObjectionQuery()

    def apply(self, rows: ObjectionQuerySet) -> ObjectionQuerySet:
        """篩選；rows 已經過 visible_to。沒有裁定的在前。"""
        if self.round:
            rows = rows.filter(sheet__round__code=self.round)
        if self.department:
            rows = rows.filter(sheet__department=self.department)
        if self.state == "open":
            rows = rows.open()
        elif self.state:
            rows = rows.filter(state=self.state)
        waiting = When(state__in=Objection.OPEN, then=Value(0))
        urgency = Case(waiting, default=Value(1), output_field=IntegerField())
        return rows.order_by(urgency, *Objection._meta.ordering)
