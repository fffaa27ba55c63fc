"""催過的經過：何時、誰、怎樣催的，說了什麼，誰讀了，怎樣答覆。"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from django.urls import reverse
from django.utils.translation import gettext as _

from campaigns.standing import Standing
from journal.models import Notice
from people.models import Appointment
from pingtan_civ import ui
from pingtan_civ.lib.dates import moment
from tasks import policies
from tasks.models import Chase, Submission
from tasks.services.chase_words import key_of

MOST_NAMES = 6


@dataclass
class Step:
    """一次催辦，時間線組件的一條。"""

    title: str
    when: Any
    state: str
    text: str
    meta: str
    tags: list[tuple[str, str]] = field(default_factory=list)


def chases_of(rows: QuerySet[Chase]) -> QuerySet[Chase]:
    """連同要寫出來的一切，新的在前。"""
    return rows.select_related(
        "submission__assignment__department",
        "submission__assignment__measure__campaign",
        "by",
        "answered_by",
    ).order_by("-at", "-pk")


def steps(rows: Iterable[Chase], standing: Standing, today: date) -> list[Step]:
    """同一次、同一種方式、同一單位的合成一條。至多兩次查詢。"""
    groups: dict[tuple[UUID, str, int], list[Chase]] = {}
    for row in rows:
        key = (row.batch, row.channel, row.submission.assignment.department_id)
        groups.setdefault(key, []).append(row)
    reads = _reads({batch for batch, channel, _unit in groups if channel == Chase.Channel.NOTICE})
    return [
        _step(group, reads.get(key[0], {}).get(key[2], []), standing, today)
        for key, group in groups.items()
    ]


def _step(group: list[Chase], told: list[Notice], standing: Standing, today: date) -> Step:
    first = group[0]
    unit = first.submission.assignment.department.name
    words = {"unit": unit, "how": first.get_channel_display(), "who": first.by}
    if first.spoken_to:
        words["to"] = first.spoken_to
        title = _("%(who)s電話催%(unit)s，%(to)s接聽") % words
    else:
        title = _("%(who)s催%(unit)s") % words
    may_see = policies.can_see_chases(standing, first.submission)
    return Step(
        title=title,
        when=ui.moment(first.at, today),
        state="ok" if first.answer else "warn",
        text=_("「%(words)s」") % {"words": first.words} if first.words else "",
        meta=_aftermath(group, told, today) if may_see else "",
        tags=[(_channel_words(first), "plain"), *_items(group)],
    )


def _channel_words(chase: Chase) -> str:
    """「站內通知」「工作群：創建工作群、窗口群」。"""
    how = chase.get_channel_display()
    return _("%(how)s：%(groups)s") % {"how": how, "groups": chase.groups} if chase.groups else how


def _items(group: list[Chase]) -> list[tuple[str, str]]:
    codes = list(dict.fromkeys(row.submission.assignment.measure.code for row in group))
    found = [(code, "plain") for code in codes[:MOST_NAMES]]
    if len(codes) > MOST_NAMES:
        found.append((_("等 %(count)d 項") % {"count": len(codes)}, "plain"))
    return found


def _aftermath(group: list[Chase], told: list[Notice], today: date) -> str:
    """「處長戊 11月20日 15:40 已讀，登記員己未讀；未答覆」。"""
    parts = [_read_words(notice, today) for notice in told[:MOST_NAMES]]
    answers = dict.fromkeys(_answer_words(row, today) for row in group if row.answer)
    said = "；".join(answers) if answers else _("未答覆")
    return "；".join(["，".join(parts), said] if parts else [said])


def _read_words(notice: Notice, today: date) -> str:
    words: dict[str, Any] = {"who": notice.recipient}
    if notice.read_at is None:
        return _("%(who)s未讀") % words
    return _("%(who)s %(when)s 已讀") % (words | {"when": moment(notice.read_at, today=today)})


def _answer_words(row: Chase, today: date) -> str:
    words = {
        "answer": row.answer,
        "when": moment(row.answered_at or row.at, today=today),
        "who": row.answered_by or row.spoken_to,
    }
    return _("%(who)s %(when)s 答覆：%(answer)s") % words


def _reads(batches: set[UUID]) -> dict[UUID, dict[int, list[Notice]]]:
    """{次: {單位: 各人的通知}}。單位按收件人的任職分。"""
    if not batches:
        return {}
    keys = {key_of(batch): batch for batch in batches}
    notices = list(
        Notice.objects.filter(key__in=keys).select_related("recipient").order_by("recipient_id")
    )
    units: dict[int, set[int]] = {}
    people = {notice.recipient_id for notice in notices}
    posts = Appointment.objects.filter(user__in=people).order_by()
    for user_id, unit in posts.values_list("user_id", "department_id"):
        units.setdefault(user_id, set()).add(unit)
    found: dict[UUID, dict[int, list[Notice]]] = {}
    for notice in notices:
        for unit in units.get(notice.recipient_id, ()):
            by_unit = found.setdefault(keys[notice.key or ""], {})
            by_unit.setdefault(unit, []).append(notice)
    return found


# ── 答覆 ──────────────────────────────────────────────


def latest_unanswered(submission: Any) -> QuerySet:
    """一期最近一次還沒有答覆的催辦是哪一次；submission 是編號，或外層查詢的 OuterRef。"""
    rows = Chase.objects.filter(submission=submission, answer="").order_by("-at", "-pk")
    return rows.values("batch")[:1]


def answer_url(standing: Standing, submissions: Iterable[Submission]) -> str:
    """措施頁上「答覆催辦」去哪裏：本單位最近一次還沒有答覆的；沒有時為空。一次查詢。"""
    mine = [
        row.pk
        for row in submissions
        if policies.can_answer_chase(standing, row) and row.state == Submission.State.OPEN
    ]
    if not mine:
        return ""
    batch = (
        Chase.objects.filter(submission__in=mine, answer="")
        .order_by("-at", "-pk")
        .values_list("batch", flat=True)
        .first()
    )
    return reverse("tasks:chase-received", args=[batch]) if batch else ""
