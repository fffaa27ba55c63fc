"""目標責任書的頁：一份的樣子、經過、此人能辦什麼；台賬一行一個單位。查詢次數固定。"""

from dataclasses import dataclass
from functools import cached_property
from typing import Any

from django.urls import reverse
from django.utils.timezone import localdate
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from campaigns.models import Campaign
from campaigns.standing import Standing, chairs_of
from evaluations import policies
from evaluations.letter_content import (
    Change,
    agreed,
    changes_since,
    compose,
    content_of,
    diff,
)
from evaluations.letter_paper import change_table, paper_of
from evaluations.models import LetterSignature, LetterText, TargetLetter
from journal.models import Entry
from people.models import Appointment, Department, User
from people.services import holders
from pingtan_civ import ui
from pingtan_civ.lib.dates import long_date, moment
from reports.papers.words import converter
from reports.rendering import Heading, OfficialDocument, Paragraph, Table
from reports.rendering.document import Script
from workdays.services import calendar

State = TargetLetter.State
STORY_SIZE = 60
SHAPES = {
    "evaluations.letter_sent": "ok",
    "evaluations.letter_signed": "done",
    "evaluations.letter_returned": "warn",
    "evaluations.letter_voided": "stop",
}


@dataclass(frozen=True)
class Step:
    """經過的一步，時間線組件的一條。"""

    title: str
    when: object = ""
    state: str = "todo"
    text: str = ""


@dataclass(frozen=True)
class Piece:
    """紙面上的一塊，供屏幕照樣排。kind：heading、paragraph、table、annex。"""

    kind: str
    text: str = ""
    table: Table | None = None


def pieces_of(document: OfficialDocument) -> list[Piece]:
    found = [_piece(block) for block in (*document.body, *document.closing)]
    for place, annex in enumerate(document.annexes, start=1):
        found.append(Piece("annex", f"{document.annex_mark(place)}　{annex.title}"))
        found += [_piece(inner) for inner in annex.blocks]
    return found


def _piece(block: Any) -> Piece:
    match block:
        case Heading(text=text):
            return Piece("heading", text)
        case Paragraph(text=text):
            return Piece("paragraph", text)
    return Piece("table", table=block)


def page_script() -> Script:
    return "hans" if get_language() == "zh-hans" else "hant"


def waiting_words(letter: TargetLetter, heads: list[User], chairs: list[User]) -> str:
    """在等誰：一句話。"""
    match letter.state:
        case State.ISSUED:
            names = "、".join(map(str, heads)) or _("還沒有負責人在任")
            return _("等%(unit)s簽訂（%(names)s）") % {"unit": letter.department, "names": names}
        case State.HEAD_SIGNED:
            names = "、".join(map(str, chairs)) or _("組長空缺")
            return _("等組長簽訂（%(names)s）") % {"names": names}
        case State.DRAFT if letter.is_returned:
            return _("已退回，等創建辦修改後再送簽")
        case State.DRAFT:
            return _("等創建辦送簽")
    return ""


# ── 一份 ──────────────────────────────────────────────


@dataclass(frozen=True)
class Actions:
    """此人此刻能辦的事；按鈕都由它決定。"""

    edit: bool = False
    send: bool = False
    void: bool = False
    sign: bool = False
    give_back: bool = False
    acknowledge: bool = False
    supplement: bool = False


class LetterPage:
    """一份責任書對某個人、某一天的樣子。letter 出自 with_everything。"""

    def __init__(self, letter: TargetLetter, standing: Standing) -> None:
        self.letter = letter
        self.standing = standing

    @cached_property
    def sees_draft(self) -> bool:
        return policies.can_see_all_letters(self.standing, self.letter.campaign)

    @cached_property
    def signatures(self) -> list[LetterSignature]:
        return list(self.letter.text.signatures.all()) if self.letter.text else []

    @cached_property
    def content(self) -> dict[str, Any]:
        """擬訂中的給上面的人看此刻編出來的；單位看的、送過簽的都是凍結的那一稿。"""
        letter = self.letter
        if letter.text is None or (letter.is_draft and self.sees_draft):
            return content_of(letter)
        return letter.text.content

    @cached_property
    def document(self) -> OfficialDocument:
        return paper_of(self.content, self.signatures_on_paper, script=page_script())

    @property
    def signatures_on_paper(self) -> list[LetterSignature]:
        """退回修改之後，上一稿的簽訂不印在新的一稿上。"""
        return [] if self.letter.is_draft else self.signatures

    @property
    def pieces(self) -> list[Piece]:
        return pieces_of(self.document)

    @cached_property
    def is_intact(self) -> bool:
        return self.letter.text is None or self.letter.text.is_intact

    @property
    def returned(self) -> LetterText | None:
        return self.letter.text if self.letter.is_returned else None

    @cached_property
    def _signers(self) -> set[int]:
        return {row.user_id for row in self.signatures}

    @cached_property
    def can(self) -> Actions:
        letter, standing = self.letter, self.standing
        if not letter.campaign.is_open:
            return Actions()
        office = policies.can_manage_letters(standing, letter.campaign)
        is_main = letter.parent_id is None
        return Actions(
            edit=office and letter.is_draft,
            send=office and letter.is_draft,
            void=office and letter.is_draft,
            sign=self.is_intact and policies.can_sign_letter(standing, letter, self._signers),
            give_back=policies.can_return_letter(standing, letter, self._signers),
            acknowledge=bool(self.successors)
            and policies.can_note_succession(standing, letter, self._signers),
            supplement=office and bool(self.changes) and is_main and not self.open_supplement,
        )

    @property
    def heads(self) -> list[User]:
        unit = self.letter.department_id
        return holders([unit], self.standing.on, role=Appointment.Role.HEAD).get(unit, [])

    @property
    def chairs(self) -> list[User]:
        return chairs_of(self.letter.campaign, self.standing.on)

    @property
    def waiting_words(self) -> str:
        heads = self.heads if self.letter.state == State.ISSUED else []
        chairs = self.chairs if self.letter.state == State.HEAD_SIGNED else []
        words = waiting_words(self.letter, heads, chairs)
        if not words:
            return ""
        days = days_since(self.letter, self.standing)
        if not days:
            return _("%(words)s。") % {"words": words}
        return _("%(words)s，已 %(days)d 個工作日。") % {"words": words, "days": days}

    # 變化和補充

    @cached_property
    def supplements(self) -> list[TargetLetter]:
        rows = self.letter.supplements.standing_papers().select_related("text", "department")
        rows = rows.order_by("pk")
        return [row for row in rows if row.number or self.sees_draft]

    @property
    def open_supplement(self) -> TargetLetter | None:
        return next((row for row in self.supplements if row.state in TargetLetter.OPEN), None)

    @cached_property
    def changes(self) -> list[Change]:
        """簽訂之後變了什麼；只給上面的人看，單位從補充書上看。"""
        letter = self.letter
        if not (self.sees_draft and letter.is_in_force and letter.parent_id is None):
            return []
        return changes_since(letter, [row for row in self.supplements if row.is_in_force])

    @cached_property
    def redrawn(self) -> list[Change]:
        """退回之後任務、分值改了什麼：與退回的那一稿比；全文總是按此刻的生成。"""
        if not (self.returned and self.sees_draft):
            return []
        if self.letter.parent_id:
            return []
        return diff(self.letter.text.content["facts"], self.content["facts"])

    @property
    def redrawn_table(self) -> Table:
        return change_table(self.redrawn, converter(page_script()))

    @property
    def duties_url(self) -> str:
        """改這個單位牽頭的任務和時限的地方。"""
        url = reverse("tasks:breakdown", args=[self.letter.campaign.code])
        return f"{url}?lead={self.letter.department_id}"

    @property
    def change_table(self) -> Table:
        return change_table(self.changes, converter(page_script()))

    # 承接

    @cached_property
    def successors(self) -> list[str]:
        """簽的負責人已不在任：現在由誰、自哪天起承接。"""
        if not self.letter.is_in_force:
            return []
        posts = Appointment.objects.on(self.standing.on).filter(
            department=self.letter.department_id, role=Appointment.Role.HEAD, user__is_active=True
        )
        rows = list(posts.select_related("user", "department").order_by("position", "pk"))
        head = LetterSignature.Role.HEAD
        signed = {row.user_id for row in self.signatures if row.role == head}
        if any(row.user_id in signed for row in rows):
            return []
        noted = {row.user_id: row for row in self.signatures}
        return [self._succession_words(row, noted.get(row.user_id)) for row in rows]

    def _succession_words(self, post: Appointment, noted: LetterSignature | None) -> str:
        who = post.title if post.user.name in post.title else f"{post.title} {post.user.name}"
        words = {"who": who, "day": long_date(post.start_date) if post.start_date else ""}
        said = (
            _("由現任%(who)s承接，自 %(day)s起。") % words
            if post.start_date
            else _("由現任%(who)s承接。") % words
        )
        if noted:
            return said + _("%(when)s 已知悉。") % {
                "when": moment(noted.at, today=self.standing.on)
            }
        return said + _("還沒有知悉；不知悉也照樣承接。")

    # 步驟、經過、信息

    @property
    def steps(self) -> list[tuple[str, object, str]]:
        letter, role = self.letter, LetterSignature.Role
        signed = {} if letter.is_draft else {row.role: row.at for row in self.signatures}
        sent = None if letter.is_draft or not letter.text else letter.text.sent_at
        shown = [
            (_("送簽"), sent),
            (_("單位負責人簽訂"), signed.get(role.HEAD)),
            (_("組長簽訂"), signed.get(role.CHAIR)),
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

    def story(self) -> list[Step]:
        """經過，新的在前。"""
        return [
            Step(
                title=_("%(who)s：%(what)s") % {"who": entry.actor_name, "what": entry.summary},
                when=ui.moment(entry.at, self.standing.on),
                state=SHAPES.get(entry.action, "todo"),
                text=entry.reason,
            )
            for entry in Entry.objects.about(self.letter)[:STORY_SIZE]
        ]

    @property
    def facts(self) -> list[tuple[str, object]]:
        letter, today = self.letter, self.standing.on
        facts: list[tuple[str, object]] = [
            (_("編號"), letter.full_number),
            (_("單位"), letter.department.name),
            (_("年度"), letter.year),
            (_("創建活動"), letter.campaign.name),
        ]
        if letter.text and not letter.is_draft:
            facts.append((_("第幾稿"), letter.text.edition))
            facts.append((_("文本校驗值"), letter.text.sha256))
        for row in self.signatures if not letter.is_draft else []:
            words = {"who": row.signed_as, "when": moment(row.at, today=today)}
            facts.append((row.get_role_display(), _("%(who)s，%(when)s") % words))
        return facts


def days_since(letter: TargetLetter, standing: Standing) -> int:
    """到這一步有幾個工作日了。"""
    return calendar().between(localdate(letter.moved_at), standing.on)


# ── 台賬 ──────────────────────────────────────────────


@dataclass(frozen=True)
class Line:
    """台賬的一行：一個單位的責任書和它的補充書；還沒有擬的 letter 為空。"""

    department: Department
    letter: TargetLetter | None
    supplements: list[TargetLetter]
    waiting: str
    days: int
    differs: int

    @property
    def open_supplement(self) -> TargetLetter | None:
        return next((row for row in self.supplements if row.state in TargetLetter.OPEN), None)


def lines_of(campaign: Campaign, year: int, standing: Standing) -> list[Line]:
    """看得見的各單位一行；辦公室和領導另看得到有任務而沒有責任書的，和簽後有變化的。"""
    letters = list(
        TargetLetter.objects.visible_to(standing)
        .standing_papers()
        .filter(campaign=campaign, year=year)
        .select_related("department", "text")
    )
    for letter in letters:
        letter.campaign = campaign
    mains = {row.department_id: row for row in letters if row.parent_id is None}
    supplements: dict[int, list[TargetLetter]] = {}
    for row in letters:
        if row.parent_id:
            supplements.setdefault(row.parent_id, []).append(row)
    facts = {}
    if policies.can_see_all_letters(standing, campaign):
        facts = compose(campaign, year)
    units = Department.objects.filter(pk__in={*mains, *facts}).order_by("position", "pk")
    heads = holders(mains, standing.on, role=Appointment.Role.HEAD)
    chairs = chairs_of(campaign, standing.on)
    found = []
    for unit in units:
        letter = mains.get(unit.pk)
        own = supplements.get(letter.pk, []) if letter else []
        in_hand = next((row for row in own if row.state in TargetLetter.OPEN), letter)
        found.append(
            Line(
                department=unit,
                letter=letter,
                supplements=own,
                waiting=waiting_words(in_hand, heads.get(unit.pk, []), chairs) if in_hand else "",
                days=days_since(in_hand, standing) if in_hand else 0,
                differs=_differs(letter, own, facts.get(unit.pk)) if facts else 0,
            )
        )
    return found


def _differs(
    letter: TargetLetter | None, supplements: list[TargetLetter], facts: dict[str, Any] | None
) -> int:
    """簽訂之後變了幾處；已有補充書在辦的不再數。"""
    if letter is None or not letter.is_in_force:
        return 0
    if any(row.state in TargetLetter.OPEN for row in supplements):
        return 0
    signed = [row for row in supplements if row.is_in_force]
    return len(diff(agreed(letter, signed), facts or {}))
