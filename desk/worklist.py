"""工作台：等着這個人辦的事，按緊急程度排成一張清單。有的各類一次查詢。"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import date, datetime
from functools import reduce
from itertools import groupby
from operator import or_

from django.db.models import F, Min, OuterRef, Q, QuerySet, Subquery
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from campaigns.models import Campaign
from campaigns.standing import Standing
from desk.inquiries import inquiry_rows, inquiry_todos
from desk.letters import letter_rows, letter_todos
from desk.objections import objection_todos
from desk.orders import order_rows, order_todos
from desk.recommendations import recommendation_todos
from desk.reports import report_rows, report_todos
from desk.rounds import round_todos
from desk.todo import LISTED, Todo
from desk.vetoes import veto_rows, veto_todos
from evaluations.inbox import under_way
from people.models import User
from pingtan_civ.lib.counting import count_together
from pingtan_civ.lib.dates import long_date, near_date
from recommendations.models import Programme
from tasks import inbox
from tasks.lights import Light, LightRule
from tasks.models import Assignment, ChangeRequest, Chase, Measure, Round, Submission

Rules = dict[int, LightRule]
"""活動的主鍵 → 它的燈號規則：各活動的臨期天數可以不同。"""


def todo_list(
    standing: Standing, campaigns: list[Campaign], rules: Rules, at: datetime, *, shown: Campaign
) -> list[Todo]:
    """此人在各進行中的活動裏的全部待辦，急的在前。

    shown 是頁頭上的活動：還有別的活動的事時，每條寫明是哪一個。
    """
    todos: list[Todo] = []
    offices = [campaign for campaign in campaigns if standing.is_office(campaign)]
    if campaigns and (standing.departments or standing.seats):
        todos += _waiting(standing, campaigns, offices, rules, at)
    if any(campaign != shown for campaign in campaigns):
        names = {campaign.pk: campaign.name for campaign in campaigns}
        todos = [replace(todo, why=f"{names[todo.campaign_id]} · {todo.why}") for todo in todos]
    return sorted(todos, key=lambda todo: todo.order)


def _waiting(
    standing: Standing,
    campaigns: list[Campaign],
    offices: list[Campaign],
    rules: Rules,
    at: datetime,
) -> Iterable[Todo]:
    """先一次數出各類有沒有，沒有的不再查。"""
    campaign_ids = [campaign.pk for campaign in campaigns]
    going, lists = under_way(campaign_ids), _lists(standing, campaigns, offices)
    held = count_together(User.objects.filter(pk=standing.user_id), **lists)
    rounds = list(going) if held["rounds"] else []
    makers: dict[str, Callable[[], Iterable[Todo]]] = {
        "reviews": lambda: _reviews(standing, offices, rules, at),
        "requests": lambda: _requests(standing, offices),
        "endorsements": lambda: _endorsements(standing, campaigns, rules),
        "reports": lambda: _reports(standing, campaigns, rules),
        "acknowledgements": lambda: _acknowledgements(standing, campaigns, rules),
        "orders": lambda: order_todos(lists["orders"], standing),
        "letters": lambda: letter_todos(lists["letters"], standing),
        "vetoes": lambda: veto_todos(lists["vetoes"], standing),
        "inquiries": lambda: inquiry_todos(lists["inquiries"], standing),
        "rounds": lambda: [*round_todos(standing, rounds), *objection_todos(standing, rounds)],
        "papers": lambda: report_todos(lists["papers"], standing),
        "programmes": lambda: recommendation_todos(standing, campaign_ids),
    }
    for name, make in makers.items():
        if held.get(name):
            yield from make()


def _lists(
    standing: Standing, campaigns: list[Campaign], offices: list[Campaign]
) -> dict[str, QuerySet]:
    """各類的清單，只數有沒有。"""
    campaign_ids = [campaign.pk for campaign in campaigns]
    lists: dict[str, QuerySet] = {}
    if offices:
        lists["reviews"] = _together(offices, lambda c: inbox.to_review(standing, c))
        lists["requests"] = _together(offices, lambda c: inbox.to_decide(standing, c))
    if standing.departments:
        lists |= {
            "endorsements": _together(campaigns, lambda c: inbox.to_endorse(standing, c)),
            "reports": _together(campaigns, lambda c: inbox.to_fill_in(standing, c, standing.on)),
            "acknowledgements": _together(campaigns, lambda c: inbox.to_acknowledge(standing, c)),
        }
    programmes = Programme.objects.running().filter(campaign__in=campaign_ids)
    return lists | {
        "orders": order_rows(standing, campaign_ids),
        "letters": letter_rows(standing, campaign_ids),
        "vetoes": veto_rows(standing, campaign_ids),
        "inquiries": inquiry_rows(standing, campaign_ids),
        "rounds": under_way(campaign_ids),
        "papers": report_rows(standing, campaign_ids),
        "programmes": programmes,
    }


def _together(campaigns: list[Campaign], rows_of: Callable[[Campaign], QuerySet]) -> QuerySet:
    """各活動的同一類清單合成一個查詢。"""
    return reduce(or_, [rows_of(campaign) for campaign in campaigns])


def _light(rule: LightRule, due: date | None) -> Light:
    return rule.of_due(due) if due else Light.TODO


def _reviews(
    standing: Standing, campaigns: list[Campaign], rules: Rules, at: datetime
) -> Iterable[Todo]:
    """一個活動的待審核合成一條：審核頁一件接一件，不必逐件點進去。"""
    of_id = {campaign.pk: campaign for campaign in campaigns}
    waiting = (
        Round.objects.filter(
            submission__in=_together(campaigns, lambda c: inbox.to_review(standing, c)),
            number=F("submission__round_number"),
        )
        .order_by("submission__assignment__measure__campaign", "endorsed_at")
        .values_list(
            "submission__assignment__measure__campaign_id",
            "endorsed_at",
            "submission__assignment__department__name",
        )
    )
    for pk, rows in groupby(waiting, key=lambda row: row[0]):
        yield _review(of_id[pk], [row[1:] for row in rows], rules[pk], at)


def _review(
    campaign: Campaign, waiting: list[tuple[datetime, str]], rule: LightRule, at: datetime
) -> Todo:
    oldest = timezone.localdate(waiting[0][0])
    due = rule.calendar.add(oldest, campaign.review_days)
    units = list(dict.fromkeys(unit for _moment, unit in waiting))
    return Todo(
        light=_light(rule, due),
        note="",
        label=_("%(count)s 份待審") % {"count": len(waiting)},
        title=_("%(count)s 份進展待審核") % {"count": len(waiting)},
        why=_("最早一份已等 %(days)s 個工作日，來自%(units)s。")
        % {
            "days": rule.calendar.between(oldest, at.date()),
            "units": "、".join(units[:3]) + (_("等單位") if len(units) > 3 else ""),
        },
        verb=_("開始審核"),
        url=reverse("tasks:review-inbox", args=[campaign.code]),
        due=due,
        campaign_id=campaign.pk,
    )


def _requests(standing: Standing, campaigns: list[Campaign]) -> Iterable[Todo]:
    rows = _together(campaigns, lambda c: inbox.to_decide(standing, c)).select_related(
        "assignment__measure__campaign", "assignment__department", "submission"
    )
    for row in rows.order_by("requested_at")[:LISTED]:
        measure = row.assignment.measure
        is_extension = row.kind == ChangeRequest.Kind.EXTENSION
        words = {
            "unit": row.assignment.department.name,
            "code": measure.code,
            "date": long_date(row.proposed_date) if row.proposed_date else "",
            "reason": row.reason,
        }
        # 有人等着答覆，一律黃燈：紅黃綠說的是任務的時限，不是這份申請。
        yield Todo(
            light=Light.WARN,
            note="",
            label=_("待裁定"),
            title=measure.title,
            why=(
                _("任務 %(code)s · %(unit)s申請延至 %(date)s：%(reason)s")
                if is_extension
                else _("任務 %(code)s · %(unit)s提出異議：%(reason)s")
            )
            % words,
            verb=_("裁定"),
            url=f"{reverse('tasks:review-requests', args=[measure.campaign.code])}?item={row.pk}",
            due=row.submission.due_date if row.submission else row.assignment.due_date,
            campaign_id=measure.campaign_id,
        )


def _endorsements(standing: Standing, campaigns: list[Campaign], rules: Rules) -> Iterable[Todo]:
    rounds = Round.objects.filter(
        submission__in=_together(campaigns, lambda c: inbox.to_endorse(standing, c)),
        number=F("submission__round_number"),
    ).select_related(
        "submission__assignment__measure__campaign",
        "submission__assignment__department",
        "submitted_by",
    )
    for round_ in rounds.order_by("submission__due_date", "submission")[:LISTED]:
        row = round_.submission
        measure = row.assignment.measure
        rule = rules[measure.campaign_id]
        yield Todo(
            light=_light(rule, row.due_date),
            note="",
            label=rule.note(row.due_date),
            title=_("%(title)s：%(period)s進展")
            % {"title": measure.title, "period": _period_words(row)},
            why=_("任務 %(code)s · %(who)s %(day)s提交，等您初審。")
            % {
                "code": measure.code,
                "who": round_.submitted_by,
                "day": near_date(timezone.localdate(round_.submitted_at), rule.today),
            },
            verb=_("初審"),
            url=f"{reverse('tasks:endorse-inbox', args=[measure.campaign.code])}?item={row.pk}",
            due=row.due_date,
            campaign_id=measure.campaign_id,
        )


def _reports(standing: Standing, campaigns: list[Campaign], rules: Rules) -> Iterable[Todo]:
    rows = _together(campaigns, lambda c: inbox.to_fill_in(standing, c, standing.on))
    rows = rows.with_measure().annotate(
        chased_at=_unanswered("submission"), returned_for=_reason_of_return()
    )
    for row in rows.order_by("due_date", "pk")[:LISTED]:
        yield _report(row, rules[row.assignment.measure.campaign_id])


def _report(row: Submission, rule: LightRule) -> Todo:
    measure = row.assignment.measure
    is_returned = row.returned_for is not None
    light = _light(rule, row.due_date)
    words = {
        "code": measure.code,
        "due": near_date(row.due_date, rule.today),
        "reason": row.returned_for,
    }
    return Todo(
        light=Light.WARN if is_returned and light != Light.BAD else light,
        note="",
        label=_("已退回，待修改")
        if is_returned and row.due_date >= rule.today
        else rule.note(row.due_date),
        title=_("%(title)s：%(period)s進展")
        % {"title": measure.title, "period": _period_words(row)},
        why=(
            _("任務 %(code)s · 退回理由：%(reason)s %(due)s前重報。")
            if is_returned
            else _("任務 %(code)s · %(due)s截止。")
        )
        % words
        + _chased_words(row.chased_at, rule),
        verb=_("修改重報") if is_returned else _("填報進展"),
        url=row.get_absolute_url(),
        due=row.due_date,
        campaign_id=measure.campaign_id,
    )


def _acknowledgements(
    standing: Standing, campaigns: list[Campaign], rules: Rules
) -> Iterable[Todo]:
    """待簽收的說簽收時限，按它排；任務的最終時限在措施頁上。"""
    rows = _together(campaigns, lambda c: inbox.to_acknowledge(standing, c)).select_related(
        "measure__campaign", "department"
    )
    rows = rows.annotate(chased_at=_unanswered("submission__assignment"))
    for row in rows.order_by("acknowledge_due_date", "pk")[:LISTED]:
        rule, due = rules[row.measure.campaign_id], row.acknowledge_due_date
        yield Todo(
            light=_light(rule, due),
            note="",
            label=_("簽收%(when)s") % {"when": rule.note(due)} if due else _("待簽收"),
            title=row.measure.title,
            why=_signing_words(row, due, rule) + _chased_words(row.chased_at, rule),
            verb=_("簽收"),
            url=row.measure.get_absolute_url(),
            due=due,
            campaign_id=row.measure.campaign_id,
        )


def _signing_words(row: Assignment, due: date | None, rule: LightRule) -> str:
    words = {
        "code": row.measure.code,
        "unit": row.department.name,
        "role": row.get_role_display(),
        "due": near_date(due, rule.today) if due else "",
    }
    if due is None:
        return _("任務 %(code)s · %(unit)s%(role)s，請儘快簽收。") % words
    return _("任務 %(code)s · %(unit)s%(role)s，%(due)s前簽收。") % words


def _unanswered(path: str) -> Subquery:
    """最近一次還沒有答覆的催辦是什麼時候；path 是從催辦走到這一行的路。"""
    chases = Chase.objects.filter(
        **{path: OuterRef("pk")}, answer="", round_number=F("submission__round_number")
    )
    return Subquery(chases.order_by("-at").values("at")[:1])


def _chased_words(at: datetime | None, rule: LightRule) -> str:
    if at is None:
        return ""
    day = timezone.localdate(at)
    if day == rule.today:
        return _("辦公室今天催過，待答覆。")
    return _("辦公室 %(day)s催過，待答覆。") % {"day": near_date(day, rule.today)}


def _period_words(submission: Submission) -> str:
    return "" if submission.label == "once" else submission.name


def _reason_of_return() -> Subquery:
    """緊接在當前輪之前、被退回的那一輪的理由；不是退回來的為 None。"""
    rounds = Round.objects.filter(
        submission=OuterRef("pk"),
        number=OuterRef("round_number") - 1,
        decision__in=[Round.Decision.SENT_BACK, Round.Decision.GIVEN_BACK],
    )
    return Subquery(rounds.values("reason")[:1])


@dataclass(frozen=True)
class OwnRow:
    """「本單位任務」表的一行。"""

    code: str
    title: str
    url: str
    role: str
    is_lead: bool
    due: date | None
    percent: int
    light: Light
    note: str


def own_measures(
    standing: Standing, campaign: Campaign, rule: LightRule, limit: int = 8
) -> list[OwnRow]:
    """本單位牽頭或配合、還在辦的任務，本單位時限近的在前。

    配合單位只看自己那一欄：牽頭單位逾期不算它的。
    """
    rows = (
        Assignment.objects.of(standing.departments)
        .live()
        .filter(measure__campaign=campaign, measure__state=Measure.State.ISSUED)
        .select_related("measure__campaign")
        .annotate(
            next_due=Min(
                "submissions__due_date", filter=Q(submissions__state=Submission.State.OPEN)
            )
        )
        .order_by(F("next_due").asc(nulls_last=True), "measure__position")[:limit]
    )
    return [_own_row(row, rule) for row in rows]


def _own_row(row: Assignment, rule: LightRule) -> OwnRow:
    is_lead = row.role == Assignment.Role.LEAD
    own = rule.of_due(row.next_due) if row.next_due else Light.OK
    return OwnRow(
        code=row.measure.code,
        title=row.measure.title,
        url=row.measure.get_absolute_url(),
        role=row.get_role_display(),
        is_lead=is_lead,
        due=row.next_due,
        percent=row.measure.percent,
        light=rule.of(row.measure) if is_lead else own,
        note=rule.words_after_light(row.next_due) if row.next_due else _("已報齊"),
    )
