"""督辦台賬：網址裏的條件讀成一個值，列表、計數、導出都用它，所以總是一致。"""

import re
from dataclasses import dataclass, field, fields, replace
from datetime import date
from typing import Any
from urllib.parse import urlencode

from django.db.models import (
    BooleanField,
    Case,
    Count,
    ExpressionWrapper,
    IntegerField,
    Prefetch,
    Q,
    Value,
    When,
)
from django.http import QueryDict

from campaigns.models import Campaign
from campaigns.standing import Standing
from pingtan_civ.lib.numbers import read_int
from pingtan_civ.lib.script import search_key
from pingtan_civ.lib.working_days import WorkingCalendar
from supervision import policies
from supervision.models import Order, OrderQuerySet, Round, addressed, late
from supervision.wording import RECTIFICATION, SUPERVISION, Wording
from tasks.lights import Light, LightRule
from tasks.search_words import spellings

PAGE_SIZE = 30
WARN_DAYS = 2
"""督辦的時限短，剩 2 個工作日以內才算臨期；照任務的 5 天，一交辦就是黃的。"""
LONGEST_SEARCH = 60
LARGEST = 10**9
FULL_NUMBER = re.compile(r".*[〔\[(](?P<year>[0-9]{4})[〕\])](?P<number>[0-9]{1,9})")

STATES = [*Order.State.values]


@dataclass(frozen=True)
class RegisterQuery:
    """一組條件。ignored 是讀不懂而沒有用上的參數名，要告訴人；only 是這一頁只列的來源（整改台賬）。"""

    year: int | None = None
    campaign: int | None = None
    state: str = ""
    department: int | None = None
    source: str = ""
    overdue: bool = False
    mine: bool = False
    q: str = ""
    page: int = 1
    ignored: tuple[str, ...] = field(default=(), compare=False)
    only: str = field(default="", compare=False)

    @classmethod
    def read(cls, data: QueryDict, *, only: str = "") -> "RegisterQuery":
        ignored: list[str] = []

        def number(name: str) -> int | None:
            found = read_int(data.get(name), low=1, high=LARGEST)
            if found is None and data.get(name):
                ignored.append(name)
            return found

        def one(name: str, allowed: list[str]) -> str:
            found = data.get(name, "")
            if found and found not in allowed:
                ignored.append(name)
                return ""
            return found

        return cls(
            year=number("year"),
            campaign=number("campaign"),
            state=one("state", STATES),
            department=number("department"),
            source=one("source", Order.Source.values),
            overdue=one("overdue", ["1"]) == "1",
            mine=one("mine", ["1"]) == "1",
            q=search_words(data.get("q", "")),
            page=number("page") or 1,
            ignored=tuple(ignored),
            only=only,
        )

    def as_dict(self) -> dict[str, Any]:
        """只含與默認不同的條件。"""
        found = {
            each.name: getattr(self, each.name)
            for each in fields(self)
            if each.compare and getattr(self, each.name) != each.default
        }
        return {name: 1 if value is True else value for name, value in found.items()}

    def url(self, **changes: Any) -> str:
        changes.setdefault("page", 1)
        words = urlencode(replace(self, **changes).as_dict())
        return f"?{words}" if words else "?"

    @property
    def export_url(self) -> str:
        """導出只有一個地址，整改台賬的導出寫明來源。"""
        return replace(self, source=self.only or self.source).url()

    @property
    def words(self) -> Wording:
        source = self.only or self.source
        return RECTIFICATION if source == Order.Source.RECTIFICATION else SUPERVISION

    @property
    def is_filtered(self) -> bool:
        return replace(self, page=1) != RegisterQuery()

    def apply(self, rows: OrderQuerySet, standing: Standing) -> OrderQuerySet:
        """篩選；rows 已經過 visible_to。"""
        pairs = {
            "year": self.year,
            "campaign_id": self.campaign,
            "state": self.state or None,
            "lead_department_id": self.department,
            "source": self.source or None,
        }
        rows = rows.filter(**{key: value for key, value in pairs.items() if value is not None})
        if self.overdue:
            rows = rows.overdue(standing.on)
        if self.mine:
            rows = rows.filter(instructed_by(standing))
        for word in self.q.split()[:5]:
            rows = rows.filter(mentioning(word))
        return rows.order_by(_urgency(standing.on), *Order._meta.ordering)


def _urgency(on: date) -> Case:
    """台賬的先後：逾期的，在辦的，辦完、停下的；各自號大的在前。"""
    running = Q(state__in=Order.LIVE, campaign__state=Campaign.State.ACTIVE)
    return Case(
        When(late(on), then=Value(0)),
        When(running, then=Value(1)),
        default=Value(2),
        output_field=IntegerField(),
    )


def search_words(text: str) -> str:
    return text.replace("\x00", "").strip()[:LONGEST_SEARCH]


def instructed_by(standing: Standing) -> Q:
    """本人批示的，和接任席位後歸本人讀的。"""
    return Q(instruction__isnull=False) & (
        Q(instruction__by=standing.user_id) | addressed(standing, "instruction__")
    )


def mentioning(word: str) -> Q:
    """提到這個詞的：事項、要求、承辦單位、批示的字，或者就是這個號；繁簡皆可。"""
    found = Q()
    for spelling in spellings(word):
        found |= (
            Q(title__icontains=spelling)
            | Q(demand__icontains=spelling)
            | Q(lead_department__name__icontains=spelling)
            | Q(instruction__text__icontains=spelling)
        )
    return found | _numbered(search_key(word).rstrip("号"))


def _numbered(text: str) -> Q:
    """「3」「3號」是各年的 3 號；「平民創督〔2026〕3號」（抄下來的括號不論）只是那一年的。"""
    if full := FULL_NUMBER.fullmatch(text):
        return Q(year=int(full["year"]), number=int(full["number"]))
    number = read_int(text, low=1, high=LARGEST)
    return Q(number=number) if number else Q(pk=None)


# ── 一行 ──────────────────────────────────────────────


@dataclass(frozen=True)
class Row:
    """台賬的一行。"""

    order: Order
    light: Light
    note: str
    days_late: int
    answer: Round | None
    returned: int

    @property
    def is_overdue(self) -> bool:
        return self.light == Light.BAD

    @property
    def tag(self) -> str:
        return state_tag(self.order, self.light)


def rule_on(today: date, calendar: WorkingCalendar) -> LightRule:
    return LightRule.on(today, calendar, WARN_DAYS)


def light_of(order: Order, rule: LightRule) -> Light:
    """一張督辦單的燈：只看承辦單位的時限；反饋之後等的是上級，不再紅。"""
    if order.state == Order.State.CLOSED:
        return Light.DONE
    if order.state in (Order.State.SUSPENDED, Order.State.CANCELLED) or not order.campaign.is_open:
        return Light.STOP
    if order.state == Order.State.ANSWERED:
        return Light.OK
    return rule.of_due(order.due_date)


def state_tag(order: Order, light: Light) -> str:
    """燈旁邊的流程標籤；燈已經說了的（已辦結、已中止）不再說一遍。"""
    label = order.state_label
    return "" if label == light.label or order.state == Order.State.CLOSED else label


def note_of(order: Order, rule: LightRule) -> str:
    """跟在燈後面的小字。"""
    if order.state not in Order.UNANSWERED or not order.campaign.is_open:
        return ""
    return rule.words_after_light(order.due_date)


def with_answers(rows: OrderQuerySet, standing: Standing) -> OrderQuerySet:
    """連同簽發過的各輪（新的在前），以及反饋是不是歸此人讀。"""
    signed = (
        Round.objects.filter(signed_at__isnull=False)
        .select_related("signed_by")
        .order_by("-number")
    )
    return (
        rows.with_everything()
        .prefetch_related(Prefetch("rounds", queryset=signed, to_attr="signed_rounds"))
        .annotate(
            is_addressed=ExpressionWrapper(
                Q(instruction__isnull=False) & addressed(standing, "instruction__"),
                output_field=BooleanField(),
            ),
        )
    )


def row_of(order: Order, rule: LightRule, standing: Standing) -> Row:
    """order 出自 with_answers。反饋的內容只給看得到的人。"""
    last = order.signed_rounds[0] if order.signed_rounds else None
    is_readable = last and policies.can_read_answer(
        standing, order, last, is_reader=order.is_addressed
    )
    light = light_of(order, rule)
    return Row(
        order=order,
        light=light,
        note=note_of(order, rule),
        days_late=rule.days_late(order.due_date) if light == Light.BAD else 0,
        answer=last if is_readable else None,
        returned=sum(each.decision in Round.BACK for each in order.signed_rounds),
    )


def counts(rows: OrderQuerySet, on: date) -> dict[str, int]:
    """標籤上的數，一次查詢。rows 是看得見的全部。"""
    running = Q(state__in=Order.LIVE, campaign__state=Campaign.State.ACTIVE)
    return rows.aggregate(
        all=Count("pk"),
        running=Count("pk", filter=running),
        overdue=Count("pk", filter=late(on)),
        **{state: Count("pk", filter=Q(state=state)) for state in STATES},
    )
