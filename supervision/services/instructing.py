"""批示：領導的一句話當場成為有時限的督辦單，反饋回到他那裏。"""

import re
from dataclasses import dataclass
from datetime import date, datetime

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from campaigns.models import Campaign, Seat
from campaigns.standing import Standing, standing_of
from journal.services import source_script
from people.models import Department, User
from reports.models import Report
from reports.numbering import lock_book
from supervision import policies
from supervision.models import LONGEST_LIMIT, Instruction, Order, terms_of
from supervision.services.orders import SAME_PRESS, Limit, Matter, open_order, put_in_hand
from supervision.services.telling import day_of, office, tell
from tasks.models import Measure, Submission
from tasks.services.handing_in import Incomplete

TEXT_LIMIT = 500
TITLE_LIMIT = 30
SHORTEST_TITLE = 8
_SENTENCE_END = re.compile(r"[。！？；!?;\n]")
_PAUSE = re.compile(r"[，、：,:]")

Subject = Measure | Submission | Report
FIELDS: dict[type, str] = {Measure: "measure", Submission: "submission", Report: "report"}


@dataclass(frozen=True)
class About:
    """批示寫在什麼上：屬哪個活動、題目是什麼、默認交給誰。"""

    campaign: Campaign
    title: str
    department_id: int | None = None
    seat_id: int | None = None
    measure_id: int | None = None


def about(subject: Subject) -> About:
    """一項措施、一份進展、一份彙報各自的默認：措施交牽頭單位，進展交報送單位，彙報待定。"""
    if isinstance(subject, Report):
        return About(subject.campaign, subject.title)
    measure = subject if isinstance(subject, Measure) else subject.assignment.measure
    unit = (
        measure.lead_department_id
        if isinstance(subject, Measure)
        else subject.assignment.department_id
    )
    return About(measure.campaign, measure.title, unit, measure.accountable_seat_id, measure.pk)


@transaction.atomic
def give_instruction(
    *,
    actor: User,
    subject: Subject,
    text: str,
    at: datetime,
    department_id: int | None = None,
    days: int | None = None,
) -> Instruction:
    """批示：存下這句話，開督辦單；有承辦單位的當場交辦，沒有的（彙報上的）由辦公室轉辦。

    辦公室當場收到通知，可以再調整單位和時限。同一句話連點兩次只開一單。
    Raises PermissionDenied、Incomplete。
    """
    today, found = day_of(at), about(subject)
    standing = standing_of(actor, today)
    unit_id = department_id or found.department_id
    if not policies.can_instruct(standing, found.campaign, [found.department_id, department_id]):
        raise PermissionDenied(
            _("批示由組長和副組長來寫，副組長只在分管的單位上，活動要在進行中。")
        )
    terms = terms_of(found.campaign)
    _check(text, days)
    # 在發號簿上排隊：同一人連點兩下，第二下看得見第一下寫的。
    lock_book(terms.mark, today.year)
    written = _already(actor, subject, text.strip(), at)
    if written:
        return written
    seat = _seat_of(standing, found.campaign, unit_id)
    instruction = Instruction.objects.create(
        campaign=found.campaign,
        text=text.strip(),
        by=actor,
        seat=seat,
        seat_post=seat.post,
        at=at,
        **{FIELDS[type(subject)]: subject},
    )
    _open(actor, instruction, subject, found, unit_id, days or terms.answer_days, at)
    return instruction


def _check(text: str, days: int | None) -> None:
    if not text.strip():
        raise Incomplete({"text": _("寫一句要辦什麼。")})
    if len(text) > TEXT_LIMIT:
        raise Incomplete({"text": _("批示最多 %(limit)d 字，請寫短些。") % {"limit": TEXT_LIMIT}})
    if days is not None and not 1 <= days <= LONGEST_LIMIT:
        raise Incomplete(
            {"days": _("時限應在 1 至 %(most)d 個工作日之間。") % {"most": LONGEST_LIMIT}}
        )


def _already(actor: User, subject: Subject, text: str, at: datetime) -> Instruction | None:
    same = Instruction.objects.filter(by=actor, text=text, at__gt=at - SAME_PRESS)
    return same.filter(**{FIELDS[type(subject)]: subject}).first()


def _seat_of(standing: Standing, campaign: Campaign, department_id: int | None) -> Seat:
    """以哪個席位批示：組長席位優先；副組長有幾個席位時用分管該單位的那個。"""
    seats = Seat.objects.on(standing.on).filter(campaign=campaign, user=standing.user_id)
    chaired = seats.filter(role=Seat.Role.CHAIR).first()
    deputies = seats.filter(role=Seat.Role.DEPUTY)
    in_charge = deputies.filter(departments=department_id).first() if department_id else None
    return chaired or in_charge or deputies.first()


def _open(
    actor: User,
    instruction: Instruction,
    subject: Subject,
    found: About,
    unit_id: int | None,
    days: int,
    at: datetime,
) -> None:
    existing = Department.objects.existing(day_of(at)).filter(pk=unit_id) if unit_id else None
    is_placed = bool(existing and existing.exists())
    with source_script():
        demand = _("按批示要求抓緊辦理，並書面反饋結果。")
    order = open_order(
        actor=actor,
        campaign=found.campaign,
        matter=Matter(
            title=title_of(instruction.text),
            demand=demand,
            limit=limit_within(found.campaign, days, day_of(at)),
            lead_department_id=unit_id if is_placed else None,
            accountable_seat_id=found.seat_id,
            source=Order.Source.INSTRUCTION,
            measure_id=found.measure_id,
            submission_id=subject.pk if isinstance(subject, Submission) else None,
            report_id=subject.pk if isinstance(subject, Report) else None,
        ),
        at=at,
        instruction=instruction,
    )
    tell(
        actor=actor,
        order=order,
        action="instructed",
        at=at,
        summary=gettext_lazy("批示：「%(text)s」"),
        title=gettext_lazy("%(post)s批示，已交%(unit)s辦理：「%(title)s」")
        if is_placed
        else gettext_lazy("%(post)s批示，請定承辦單位並交辦：「%(title)s」"),
        reason=instruction.text,
        notify=office(order, at),
        post=instruction.seat_post,
        text=instruction.text,
    )
    if is_placed:
        put_in_hand(actor=actor, order=order, at=at)


def limit_within(campaign: Campaign, days: int, today: date) -> Limit:
    """活動快結束時，默認的天數會越過結束日：那就到結束日為止。"""
    limit = Limit(days=days)
    if limit.due(today) > campaign.end_date:
        return Limit(day=max(campaign.end_date, today))
    return limit


def title_of(text: str) -> str:
    """督辦單的題目：批示的第一句話。同一項措施上的兩個批示，靠它分得開。

    太長的在一個逗號處收住，沒有逗號可收的截斷。
    """
    words = " ".join(_SENTENCE_END.split(text.strip(), maxsplit=1)[0].split()) or text.strip()
    if len(words) <= TITLE_LIMIT:
        return words
    pieces = _PAUSE.split(words[: TITLE_LIMIT + 1])
    kept = words[: TITLE_LIMIT - len(pieces[-1])] if len(pieces) > 1 else ""
    return kept if len(kept) >= SHORTEST_TITLE else f"{words[: TITLE_LIMIT - 1]}…"
