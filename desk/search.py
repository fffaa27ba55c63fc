"""全站搜索：任務、進展、佐證、督辦單、考核推薦、方案條款、單位和人員；繁簡都找得到，看不見的找不到。"""

from collections.abc import Iterable
from dataclasses import dataclass

from django.db.models import F, Q, QuerySet
from django.urls import reverse
from django.utils.translation import gettext as _

from campaigns.models import Campaign, Clause
from campaigns.standing import Standing
from people.models import Department, User
from recommendations.models import Candidate, Programme
from supervision.models import Order
from supervision.register import mentioning
from tasks.models import EvidenceLink, Measure, Round
from tasks.search_words import spellings

LISTED = 10
SHORTEST = 2
CONTEXT = 24


@dataclass(frozen=True)
class Piece:
    text: str
    is_hit: bool = False


@dataclass(frozen=True)
class Hit:
    """找到的一條：標題、所在、命中處前後的文字。"""

    title: tuple[Piece, ...]
    detail: str
    excerpt: tuple[Piece, ...]
    url: str


@dataclass(frozen=True)
class Group:
    name: str
    count: int
    hits: tuple[Hit, ...]

    @property
    def more(self) -> int:
        return self.count - len(self.hits)


def search(query: str, standing: Standing, campaign: Campaign | None) -> list[Group]:
    """按類返回找到的；什麼也沒有的類不返回。"""
    words = spellings(query)
    groups = [_departments(words), _people(words)]
    if campaign:
        groups = [
            _measures(words, standing, campaign),
            _rounds(words, standing, campaign),
            _evidence(words, standing, campaign),
            _orders(query, words, standing, campaign),
            _programmes(words, standing, campaign),
            _candidates(words, standing, campaign),
            _clauses(words, campaign),
            *groups,
        ]
    return [group for group in groups if group.count]


def _contains(words: Iterable[str], *fields: str) -> Q:
    found = Q()
    for word in words:
        for field in fields:
            found |= Q(**{f"{field}__icontains": word})
    return found


def _group(name: str, rows: QuerySet, hits: Iterable[Hit]) -> Group:
    shown = tuple(hits)
    count = len(shown) if len(shown) < LISTED else rows.count()
    return Group(name, count, shown)


def _measures(words: list[str], standing: Standing, campaign: Campaign) -> Group:
    rows = (
        Measure.objects.visible_to(standing, campaign)
        .filter(_contains(words, "title", "code", "requirement", "lead_department__name"))
        .select_related("campaign", "lead_department")
    )
    hits = (
        Hit(
            marked(row.title, words),
            f"{row.code} · {row.lead_department or _('未定牽頭單位')}",
            excerpt(row.requirement, words),
            row.get_absolute_url(),
        )
        for row in rows[:LISTED]
    )
    return _group(_("任務"), rows, hits)


def _rounds(words: list[str], standing: Standing, campaign: Campaign) -> Group:
    rows = (
        Round.objects.readable_by(standing, campaign)
        .filter(_contains(words, "narrative", "problems", "needs"))
        .filter(number=F("submission__round_number"))
        .select_related("submission__assignment__measure", "submission__assignment__department")
        .order_by("-submission__due_date", "-pk")
    )
    hits = (
        Hit(
            marked(row.submission.assignment.measure.title, words),
            f"{row.submission.assignment.department} · {row.submission.name}",
            excerpt(f"{row.narrative} {row.problems} {row.needs}", words),
            row.submission.get_absolute_url(),
        )
        for row in rows[:LISTED]
    )
    return _group(_("進展"), rows, hits)


def _evidence(words: list[str], standing: Standing, campaign: Campaign) -> Group:
    rows = (
        EvidenceLink.objects.readable_by(standing, campaign)
        .filter(
            _contains(words, "name", "caption"),
            removed_at=None,
            round__number=F("round__submission__round_number"),
        )
        .select_related(
            "round__submission__assignment__measure", "round__submission__assignment__department"
        )
        .order_by("-added_at", "-pk")
    )
    hits = (
        Hit(
            marked(row.name, words),
            f"{row.round.submission.assignment.department} · "
            f"{row.round.submission.assignment.measure.code}",
            excerpt(row.caption, words),
            row.get_absolute_url(),
        )
        for row in rows[:LISTED]
    )
    return _group(_("佐證"), rows, hits)


def _orders(query: str, words: list[str], standing: Standing, campaign: Campaign) -> Group:
    """與督辦台賬同一範圍、同一找法：事項、承辦單位、批示的字和號。"""
    rows = (
        Order.objects.visible_to(standing)
        .filter(mentioning(query), campaign=campaign)
        .with_everything()
        .order_by(*Order._meta.ordering)
    )
    hits = (
        Hit(
            marked(row.title, words),
            f"{row.full_number} · {row.lead_department or _('還沒有承辦單位')}",
            excerpt(f"{row.instruction.text if row.instruction else ''} {row.demand}", words),
            row.get_absolute_url(),
        )
        for row in rows[:LISTED]
    )
    return _group(_("督辦單"), rows, hits)


def _programmes(words: list[str], standing: Standing, campaign: Campaign) -> Group:
    """推薦項目：名稱、依據、報送機關；擬訂中的只有辦公室和領導找得到。"""
    rows = (
        Programme.objects.visible_to(standing)
        .filter(_contains(words, "title", "basis", "authority"), campaign=campaign)
        .order_by(*Programme._meta.ordering)
    )
    hits = (
        Hit(
            marked(row.title, words),
            f"{row.get_state_display()} · {_('報送%(authority)s') % {'authority': row.authority}}",
            excerpt(row.basis, words),
            row.get_absolute_url(),
        )
        for row in rows[:LISTED]
    )
    return _group(_("推薦項目"), rows, hits)


def _candidates(words: list[str], standing: Standing, campaign: Campaign) -> Group:
    """推薦對象：單位、姓名、事蹟；公示以前只有推薦的單位和領導小組找得到，撤回了的不列。"""
    rows = (
        Candidate.objects.visible_to(standing)
        .exclude(state=Candidate.State.WITHDRAWN)
        .filter(
            _contains(words, "department_name", "person_name", "deeds"),
            programme__campaign=campaign,
        )
        .select_related("programme")
        .order_by("-programme__apply_by", "-programme", "pk")
    )
    hits = (
        Hit(
            marked(str(row), words),
            f"{row.programme} · {row.get_state_display()}",
            excerpt(row.deeds, words),
            row.get_absolute_url(),
        )
        for row in rows[:LISTED]
    )
    return _group(_("推薦對象"), rows, hits)


def _clauses(words: list[str], campaign: Campaign) -> Group:
    latest = campaign.plan_versions.order_by("-number").values("pk")[:1]
    rows = Clause.objects.filter(
        _contains(words, "text", "heading"), version=latest, level=Clause.Level.CLAUSE
    ).order_by("position")
    plan = reverse("tasks:plan", args=[campaign.code])
    hits = (
        Hit(marked(row.text, words), row.code, (), f"{plan}#{row.code}") for row in rows[:LISTED]
    )
    return _group(_("方案條款"), rows, hits)


def _departments(words: list[str]) -> Group:
    rows = Department.objects.filter(_contains(words, "name", "short_name"))
    hits = (
        Hit(marked(row.name, words), row.get_kind_display(), (), row.get_absolute_url())
        for row in rows[:LISTED]
    )
    return _group(_("單位"), rows, hits)


def _people(words: list[str]) -> Group:
    rows = User.objects.filter(_contains(words, "name"), is_active=True)
    url = reverse("people:organisation")
    hits = (Hit(marked(row.name, words), "", (), url) for row in rows[:LISTED])
    return _group(_("人員"), rows, hits)


def marked(text: str, words: Iterable[str]) -> tuple[Piece, ...]:
    """把命中的字標出來。"""
    found = _first(text, words)
    if not found:
        return (Piece(text),)
    start, end = found
    pieces = (Piece(text[:start]), Piece(text[start:end], True), Piece(text[end:]))
    return tuple(piece for piece in pieces if piece.text)


def excerpt(text: str, words: Iterable[str]) -> tuple[Piece, ...]:
    """命中處前後各一小段；沒有命中時為空。"""
    text = " ".join(text.split())
    found = _first(text, words)
    if not found:
        return ()
    start, end = found
    before = text[max(0, start - CONTEXT) : start]
    after = text[end : end + CONTEXT]
    return (
        Piece(("…" if start > CONTEXT else "") + before),
        Piece(text[start:end], True),
        Piece(after + ("…" if end + CONTEXT < len(text) else "")),
    )


def _first(text: str, words: Iterable[str]) -> tuple[int, int] | None:
    lowered = text.lower()
    places = [(lowered.find(word.lower()), len(word)) for word in words]
    places = [(at, length) for at, length in places if at >= 0]
    if not places:
        return None
    at, length = min(places)
    return at, at + length
