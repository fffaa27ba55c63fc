"""負面清單在某一天攔不攔：哪些事還在回溯期內、有什麼後果、哪些情形還沒有人確認過。

推薦、評分都從這裏取，別處不另算。

- 從申報日往前數回溯期，頭尾兩天都算在內；月底怎麼數見 pingtan_civ/lib/look_back.py。
- 以發生日期為準；隱瞞不報的以認定日期為準，還沒認定的一直攔着。
- 不成立的不攔；解除的從解除那天起不攔；待認定的也列，is_confirmed 為 False：
  不能當作沒有，也不能當作已經認定。
- 沒有答覆的徵詢、沒有問過的情形都是「未確認」，從不當作「無」。
"""

from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.utils.translation import gettext as _

from campaigns.models import Campaign
from evaluations.models import InquiryAnswer, VetoEvent, VetoItem
from pingtan_civ.lib.dates import long_date
from pingtan_civ.lib.look_back import is_within, last_day_within, months_after
from pingtan_civ.lib.scoring import show

CONCEALED_TIMES = 2
"""隱瞞不報的，扣分加倍。"""

COUNTED = (VetoEvent.State.PENDING, VetoEvent.State.UPHELD, VetoEvent.State.RELEASED)


@dataclass(frozen=True)
class Block:
    """一件還在回溯期內的事和它的後果。until 為 None 的，認定之後才起算。"""

    item: str
    effect: str
    points: Decimal
    grade: str
    since: date
    until: date | None
    sentence: str
    is_confirmed: bool
    stops_recommendation: bool
    event_id: int
    campaign_id: int
    url: str


@dataclass(frozen=True)
class Unanswered:
    """一種還沒有人確認過的情形。asked_date 為 None 的是還沒有徵詢。"""

    item: str
    authority: str
    asked_date: date | None
    due_date: date | None
    sentence: str
    url: str


def basis_of(event: VetoEvent) -> date | None:
    """回溯期從哪一天起算；隱瞞不報、還沒認定的為 None。"""
    return event.date_confirmed if event.is_concealed else event.date_of_event


def block_of(event: VetoEvent, on: date) -> Block | None:
    """這件事在 on 那天攔不攔；不攔的為 None。event.item 要先取好，這裏不查庫。

    隱瞞不報、在 on 之後才認定的，on 那天還沒認定，照樣攔着：認定得晚不能變成沒有。
    """
    item, basis = event.item, basis_of(event)
    if event.state not in COUNTED or event.date_of_event > on:
        return None
    if event.released_date and event.released_date <= on:
        return None
    until = last_day_within(basis, item.look_back_months) if basis else None
    if until and on > until:
        return None
    times = CONCEALED_TIMES if event.is_concealed else 1
    return Block(
        item=item.event_text,
        effect=item.effect,
        points=item.points * times,
        grade=item.grade,
        since=basis or event.date_of_event,
        until=until,
        sentence=_sentence(event, until),
        is_confirmed=not event.is_pending,
        stops_recommendation=item.stops_recommendation,
        event_id=event.pk,
        campaign_id=item.campaign_id,
        url=event.get_absolute_url(),
    )


def blocks_of(department_ids: Collection[int], on: date) -> dict[int, list[Block]]:
    """各單位在 on 那天還攔着的事，一次查詢；每個問到的單位都有一項，沒有事的是空表。"""
    found: dict[int, list[Block]] = {pk: [] for pk in department_ids}
    rows = VetoEvent.objects.filter(
        department__in=found, state__in=COUNTED, date_of_event__lte=on
    ).select_related("item")
    for event in rows:
        if block := block_of(event, on):
            found[event.department_id].append(block)
    return found


def effect_words(item: VetoItem, *, is_concealed: bool = False) -> str:
    """「不得推薦」「等次不高於合格」「扣 5 分」。"""
    times = CONCEALED_TIMES if is_concealed else 1
    return words_of(item.effect, item.grade, item.points * times)


def words_of(effect: str, grade: str, points: Decimal) -> str:
    """同上，給只記了後果、等次、扣幾分的用（points 已按瞞報加倍）。"""
    if effect == VetoItem.Effect.GRADE_CAPPED:
        return _("等次不高於「%(grade)s」") % {"grade": grade}
    if effect == VetoItem.Effect.POINTS_DEDUCTED:
        return _("扣 %(points)s 分") % {"points": show(points)}
    return str(VetoItem.Effect(effect).label)


def _sentence(event: VetoEvent, until: date | None) -> str:
    words = {
        "date": long_date(event.date_of_event),
        "item": event.item.event_text,
        "effect": effect_words(event.item, is_concealed=event.is_concealed),
        "until": long_date(until) if until else "",
        "concealed": _("（隱瞞不報）") if event.is_concealed else "",
    }
    if event.is_pending and until is None:
        return _("%(date)s%(item)s%(concealed)s一事待認定；認定前不能視為沒有。") % words
    if event.is_pending:
        return (
            _("%(date)s%(item)s%(concealed)s一事待認定；認定成立的，%(until)s以前%(effect)s。")
            % words
        )
    return _("%(date)s%(item)s%(concealed)s，%(until)s以前%(effect)s。") % words


def unanswered(
    campaign: Campaign, department_ids: Collection[int], on: date
) -> dict[int, list[Unanswered]]:
    """各單位在 on 那天還沒有確認過的情形，兩次查詢；都確認了的是空表。

    清單上寫明認定機關的每一項都要有人確認：看回溯期內發出的、問到這一項和這個單位的最近
    一次徵詢，答了「無」，或答了「有情況」而且登記了事件，才算確認。
    """
    items = list(
        campaign.veto_items.filter(retired_at__isnull=True)
        .exclude(authority="")
        .order_by("position", "pk")
    )
    last = _last_answers(campaign, department_ids, on)
    return {
        pk: [gap for item in items if (gap := _gap(item, last[pk, item.pk], on))]
        for pk in department_ids
    }


Last = dict[tuple[int, int], InquiryAnswer | None]


def _last_answers(campaign: Campaign, department_ids: Iterable[int], on: date) -> Last:
    """（單位、清單項目）→ 最近一次徵詢裏它的那一格。"""
    rows = (
        InquiryAnswer.objects.filter(
            department__in=department_ids,
            inquiry__campaign=campaign,
            inquiry__withdrawn_at__isnull=True,
            inquiry__asked_date__range=(months_after(on, -max(VetoItem.LookBack.values)), on),
        )
        .select_related("inquiry", "item")
        .order_by("inquiry__asked_date", "inquiry__pk")
    )
    found: Last = defaultdict(lambda: None)
    for row in rows:
        if is_within(row.inquiry.asked_date, on, row.item.look_back_months):
            found[row.department_id, row.item_id] = row
    return found


def _gap(item: VetoItem, row: InquiryAnswer | None, on: date) -> Unanswered | None:
    is_answered = row is not None and row.answer and row.answered_date <= on
    if is_answered and (row.answer == InquiryAnswer.Answer.CLEAR or row.event_id):
        return None
    words = {"item": item.event_text, "authority": item.authority}
    if row is None:
        sentence = _("是否%(item)s，未確認：還沒有徵詢%(authority)s。") % words
        return Unanswered(item.event_text, item.authority, None, None, sentence, "")
    inquiry = row.inquiry
    words |= {"authority": inquiry.authority, "due": long_date(inquiry.due_date)}
    if is_answered:
        sentence = _("是否%(item)s，未確認：%(authority)s答覆有情況，還沒有登記事件。") % words
    elif inquiry.due_date < on:
        sentence = _("是否%(item)s，未確認：%(authority)s逾期沒有答覆（時限%(due)s）。") % words
    else:
        sentence = _("是否%(item)s，未確認：已徵詢%(authority)s，等%(due)s前答覆。") % words
    return Unanswered(
        item.event_text,
        inquiry.authority,
        inquiry.asked_date,
        inquiry.due_date,
        sentence,
        inquiry.get_absolute_url(),
    )
