"""一張督辦單的頁上要說的事：走到哪一步、各輪反饋、經過、此人此刻能辦什麼。

從庫裏一次取齊（查詢次數固定，與輪數無關）；看不看得到一輪的內容只問 policies。
"""

from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

from django.utils.translation import gettext as _

from campaigns.standing import Standing
from journal.models import Entry
from pingtan_civ import ui
from supervision import policies
from supervision.models import Attachment, Extension, Order, Round, office_is_tied, readers_of
from supervision.register import light_of, note_of, state_tag
from tasks.labels import seat_label
from tasks.lights import Light, LightRule

State = Order.State
STORY_SIZE = 60
SHAPES = {
    "supervision.answered": "ok",
    "supervision.acknowledged": "ok",
    "supervision.read": "done",
    "supervision.closed": "done",
    "supervision.sent_back": "warn",
    "supervision.redo": "warn",
    "supervision.given_back": "warn",
    "supervision.cancelled": "stop",
    "supervision.suspended": "stop",
}
SAID_ALREADY = ("supervision.instructed", "supervision.issued")
#: 單位內部的話，外面的人只看得到有這一步，看不到理由。
INSIDE = ("supervision.given_back", "supervision.submitted")


@dataclass(frozen=True)
class Step:
    """經過的一步，時間線組件的一條。"""

    title: str
    when: object = ""
    state: str = "todo"
    text: str = ""


@dataclass(frozen=True)
class Actions:
    """此人此刻能辦的事；按鈕都由它決定。"""

    issue: bool = False
    edit: bool = False
    cancel: bool = False
    suspend: bool = False
    resume: bool = False
    acknowledge: bool = False
    answer: bool = False
    extend: bool = False
    decide: bool = False
    sign: bool = False
    verdict: bool = False
    review: bool = False
    close: bool = False
    attach: bool = False


class OrderPage:
    """一張督辦單對某個人、某一天的樣子。"""

    def __init__(self, order: Order, standing: Standing, rule: LightRule) -> None:
        self.order = order
        self.standing = standing
        self.rule = rule
        self.today = rule.today

    @cached_property
    def readers(self) -> list:
        """今天該讀反饋的領導。"""
        return readers_of(self.order.instruction, self.today) if self.order.instruction else []

    @cached_property
    def is_reader(self) -> bool:
        return self.standing.user_id in {person.pk for person in self.readers}

    @cached_property
    def is_office_tied(self) -> bool:
        """辦公室的人都經過手等着審定的反饋：由組長審定、銷號。"""
        order = self.order
        if order.state != State.ANSWERED or (order.instruction and not self.current.verdict):
            return False
        return office_is_tied(order, self.current.hands, self.today)

    @cached_property
    def is_own(self) -> bool:
        return policies.is_own(self.standing, self.order)

    @property
    def light(self) -> Light:
        return light_of(self.order, self.rule)

    @property
    def light_note(self) -> str:
        return note_of(self.order, self.rule)

    @property
    def state_tag(self) -> str:
        return state_tag(self.order, self.light)

    # 各輪

    @cached_property
    def rounds(self) -> list[Round]:
        """簽發過、此人看得到的各輪，新的在前；回指接好。"""
        rows = list(
            self.order.rounds.select_related(
                "submitted_by", "signed_by", "decided_by", "verdict_by", "saved_by"
            ).order_by("-number")
        )
        for row in rows:
            row.order = self.order
            row.files = [each for each in self._files if each.round_id == row.pk]
        return rows

    @cached_property
    def _files(self) -> list[Attachment]:
        rows = self.order.attachments.filter(removed_at__isnull=True)
        return list(rows.select_related("file", "added_by").order_by("pk"))

    @property
    def attachments(self) -> list[Attachment]:
        """辦公室的附件。"""
        return [each for each in self._files if each.round_id is None]

    @cached_property
    def answers(self) -> list[Round]:
        """簽發過的，看得到內容的；正等此人閱示的一輪已寫在閱示框裏，不再重複。"""
        return [
            row
            for row in self.rounds
            if row.signed_at
            and not (self.can.verdict and row == self.current)
            and policies.can_read_answer(self.standing, self.order, row, is_reader=self.is_reader)
        ]

    @cached_property
    def has_hidden_answer(self) -> bool:
        return any(row.signed_at for row in self.rounds) and not (self.answers or self.can.verdict)

    @cached_property
    def current(self) -> Round:
        return next(row for row in self.rounds if row.pk == self.order.current_id)

    @cached_property
    def to_sign(self) -> Round | None:
        """等着本單位負責人簽發的一輪，本單位的人看得到。"""
        waits = self.order.state == State.ACCEPTED and self.current.waits_for_signature
        return self.current if waits and self.is_own else None

    def _is_ours(self, at: datetime) -> bool:
        """單子到了現在的單位之後的事；改派之前是原單位內部的話。"""
        moved = [row.decided_at for row in self.rounds if row.decision == "reassigned"]
        return not moved or at > max(moved)

    @cached_property
    def returned(self) -> Round | None:
        """緊接在當前輪之前、被退回的那一輪：理由要寫在最前面。"""
        before = [row for row in self.rounds if row.number == self.current.number - 1]
        if self.order.state not in Order.IN_HAND or not before:
            return None
        last = before[0]
        if last.decision in Round.BACK or (
            last.decision == Round.Decision.GIVEN_BACK and self.is_own
        ):
            return last
        return None

    # 延期

    @cached_property
    def extensions(self) -> list[Extension]:
        """申請的話是單位與辦公室之間的，承辦單位和上級看得到。"""
        unit = self.order.lead_department_id
        if not (self.is_own or self.standing.oversees(self.order.campaign_id, unit)):
            return []
        rows = list(self.order.extensions.select_related("requested_by", "decided_by"))
        if self.standing.oversees(self.order.campaign_id, unit):
            return rows
        return [row for row in rows if self._is_ours(row.requested_at)]

    @property
    def pending(self) -> Extension | None:
        return next((row for row in self.extensions if row.state == "pending"), None)

    @cached_property
    def _is_decided_above(self) -> bool:
        """辦公室只有申請延期的那個人：由組長裁定。"""
        if self.pending is None:
            return False
        asker, me = self.pending.requested_by_id, self.standing
        is_concerned = me.user_id == asker or me.is_chair(self.order.campaign_id)
        return is_concerned and office_is_tied(self.order, [asker], self.today)

    @property
    def _can_decide(self) -> bool:
        return bool(self.pending) and policies.can_decide_extension(
            self.standing, self.order, self.pending, is_office_tied=self._is_decided_above
        )

    @property
    def decider_words(self) -> str:
        """待裁定的延期由誰定；平常是辦公室，不必說。"""
        if self.pending and self._is_decided_above:
            return _("辦公室只有申請的這一位，由組長裁定。")
        is_mine = self.pending and self.pending.requested_by_id == self.standing.user_id
        if is_mine and policies.can_manage(self.standing, self.order.campaign):
            return _("您自己申請的，由辦公室的另一位裁定。")
        return ""

    # 能辦什麼

    @cached_property
    def can(self) -> Actions:
        order, standing = self.order, self.standing
        if not order.campaign.is_open:
            return Actions()
        office = policies.can_manage(standing, order.campaign)
        in_hand = order.state in Order.IN_HAND
        answered = order.state == State.ANSWERED
        writing = self.is_own and order.state == State.ACCEPTED and not self.current.submitted_at
        review = answered and policies.can_review(
            standing, order, self.current, is_office_tied=self.is_office_tied
        )
        seen = order.instruction is None or bool(self.current.verdict)
        return Actions(
            issue=office and order.state == State.DRAFT,
            edit=office and (in_hand or order.state == State.DRAFT),
            cancel=office and (order.is_live or order.state == State.SUSPENDED),
            suspend=office and in_hand,
            resume=office and order.state == State.SUSPENDED,
            acknowledge=self.is_own and order.state == State.ISSUED,
            answer=writing,
            extend=self._can_extend(in_hand),
            decide=in_hand and self._can_decide,
            sign=bool(self.to_sign) and policies.can_sign(standing, order, self.current),
            verdict=answered and self.is_reader and not self.current.verdict,
            review=review,
            close=review and seen,
            attach=office and order.is_live and not self.is_own,
        )

    def _can_extend(self, in_hand: bool) -> bool:
        return (
            self.is_own
            and in_hand
            and not self.current.submitted_at
            and self.today <= self.order.due_date
            and self.pending is None
        )

    @cached_property
    def waiting_words(self) -> str:
        """在等誰：一句話，人人看得懂現在卡在哪裏。"""
        order, unit = self.order, self.order.lead_department
        if self.can.verdict:
            return ""
        if order.state == State.DRAFT:
            return _("等辦公室定下承辦單位和時限後交辦。")
        if order.state == State.ISSUED:
            return _("等%(unit)s%(acknowledge)s。") % {
                "unit": unit,
                "acknowledge": order.words.acknowledge,
            }
        if order.state == State.ACCEPTED and self.current.waits_for_signature:
            return _("%(unit)s已擬好%(report)s，等負責人簽發。") % {
                "unit": unit,
                "report": order.words.report,
            }
        if order.state == State.ACCEPTED:
            return _("%(unit)s正在辦理。") % {"unit": unit}
        if order.state != State.ANSWERED:
            return ""
        if order.instruction and not self.current.verdict:
            names = "、".join(str(person) for person in self.readers)
            return _("等%(who)s閱示。") % {"who": names or _("組長")}
        if self.is_office_tied:
            words = {"report": order.words.report, "settle": order.words.settle}
            return _("辦公室的人都送簽或簽發過這份%(report)s，由組長%(settle)s。") % words
        if order.is_rectification:
            return _("等辦公室復查、銷號。")
        return _("等辦公室審定、銷號。")

    # 步驟和經過

    @property
    def steps(self) -> list[tuple[str, object, str]]:
        """步驟條：交辦、領辦、反饋、領導閱示（批示的才有）、銷號。"""
        order, now = self.order, self.current
        days = [
            (order.words.issue, order.issued_at, True),
            (order.words.acknowledge, order.acknowledged_at, True),
            (order.words.answer, now.signed_at, True),
            (_("領導閱示"), now.verdict_at, bool(order.instruction)),
            (order.words.sign_off, order.closed_at, True),
        ]
        shown = [(label, at) for label, at, wanted in days if wanted]
        first = next((index for index, (_label, at) in enumerate(shown) if not at), len(shown))
        return [
            (
                label,
                ui.moment(at, self.today) if at else "",
                "done" if at else "now" if index == first and order.is_live else "",
            )
            for index, (label, at) in enumerate(shown)
        ]

    def story(self) -> list[Step]:
        """經過，新的在前。"""
        entries = Entry.objects.about(self.order)[:STORY_SIZE]
        return [
            Step(
                title=_("%(who)s：%(what)s") % {"who": entry.actor_name, "what": entry.summary},
                when=ui.moment(entry.at, self.today),
                state=SHAPES.get(entry.action, "todo"),
                text=self._reason(entry),
            )
            for entry in entries
        ]

    def _reason(self, entry: Entry) -> str:
        if entry.action in INSIDE and not (self.is_own and self._is_ours(entry.at)):
            return ""
        if entry.action.startswith("supervision.extension") and not self.extensions:
            return ""
        # 批示的話已寫在那一句裏，要求已寫在頁上，不再重複。
        return "" if entry.action in SAID_ALREADY else entry.reason

    @property
    def facts(self) -> list[tuple[str, object]]:
        order = self.order
        supporting = "、".join(unit.name for unit in order.supporting_departments.all())
        limit = ui.date_and_weekday(order.due_date) if order.due_date else ""
        facts: list[tuple[str, object]] = [
            (_("編號"), order.full_number),
            (_("來源"), order.get_source_display()),
            (_("承辦單位"), order.lead_department),
            (_("配合單位"), supporting),
            (_("責任領導"), seat_label(order.accountable_seat)),
            (_("緊急程度"), order.get_urgency_display()),
            (_("交辦時間"), ui.moment(order.issued_at, self.today) if order.issued_at else ""),
            (
                _("%(acknowledge)s時限") % vars(order.words),
                ui.date_and_weekday(order.acknowledge_due_date),
            ),
            (_("辦理時限"), limit),
        ]
        if order.is_extended:
            facts.append((_("原定時限"), ui.date_and_weekday(order.first_due_date)))
        if order.extended_times:
            facts.append((_("延期"), _("%(count)d 次") % {"count": order.extended_times}))
        facts.append((_("創建活動"), order.campaign.name))
        return facts
