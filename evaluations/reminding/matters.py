"""考核裏此刻等着人辦的事：哪一件、哪天為止、輪到誰、誰該督促。只讀，查詢次數固定。

先一次數出各類有沒有，沒有的不再查；有的各查一次，當日在任的人三次。
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from typing import Any

from django.db.models import Count, Exists, F, OuterRef, Prefetch, Q, QuerySet
from django.urls import reverse
from django.utils.translation import gettext as _

from campaigns.models import Campaign
from campaigns.standing import Standing
from evaluations import clocks, policies
from evaluations.inbox import unscored
from evaluations.models import (
    AssessmentRound,
    AuthorityInquiry,
    Objection,
    RoundPhase,
    Sheet,
    SiteVisit,
    TargetLetter,
    VetoEvent,
    VetoRelease,
)
from evaluations.objection_inbox import OPEN_PHASES
from evaluations.reminding.acts import Act
from evaluations.reminding.roster import People, Roster, without
from evaluations.reminding.tracks import Track
from people.models import Department, User
from pingtan_civ.lib.counting import count_together
from pingtan_civ.lib.working_days import WorkingCalendar
from tasks.duties import Scope
from tasks.rungs import Audience

Phase = AssessmentRound.Phase
_OVER = (Phase.PLANNED, Phase.PUBLISHED)


@dataclass(frozen=True)
class Asked:
    """問的範圍。standing 給定時只看與此人有關的單位和活動的；only 給定時只看這些 (track, 編號)。"""

    on: date
    calendar: WorkingCalendar
    standing: Standing | None = None
    only: frozenset[tuple[str, int]] | None = None

    @classmethod
    def of(cls, scope: Scope) -> "Asked":
        return cls(scope.on, scope.calendar, only=scope.only)

    def near(self, unit: str, campaign: str) -> Q:
        """與此人有關的：本單位的，或有席位的活動的。"""
        if self.standing is None:
            return Q()
        return Q(**{f"{unit}__in": self.standing.departments}) | self.seated(campaign)

    def seated(self, campaign: str) -> Q:
        return Q(**{f"{campaign}__in": self.standing.seats}) if self.standing else Q()

    def of_track(self, track: str) -> Q:
        if self.only is None:
            return Q()
        return Q(pk__in=[subject for name, subject in self.only if name == track])


@dataclass(frozen=True)
class Matter:
    """一件：輪到的人（doers）、督促的人（heads 本單位負責人、watchers 創建辦、leaders 領導）。

    who 是對督促的人說的「誰」；audience 是輪到的人走階梯的哪一種人。
    """

    track: StrEnum
    subject_id: int
    act: StrEnum
    campaign_id: int
    due: date
    what: str
    who: str
    url: str
    doers: People
    heads: People = ()
    watchers: People = ()
    leaders: People = ()
    chairs: People = ()
    audience: str = Audience.DOER
    topic: tuple[str, int] = ("", 0)
    """留痕裏的（類別, 編號）。"""


@dataclass
class _Rows:
    """找到的各類行。"""

    sheets: list[Sheet] = field(default_factory=list)
    phases: list[RoundPhase] = field(default_factory=list)
    visits: list[SiteVisit] = field(default_factory=list)
    letters: list[TargetLetter] = field(default_factory=list)
    objections: list[Objection] = field(default_factory=list)
    inquiries: list[AuthorityInquiry] = field(default_factory=list)
    events: list[VetoEvent] = field(default_factory=list)
    scorers: dict[int, set[int]] = field(default_factory=dict)
    """考核 → 還有幾條沒評完的評分單位。"""

    @property
    def is_empty(self) -> bool:
        return not any(vars(self).values())

    @property
    def units(self) -> set[int]:
        own = [*self.sheets, *self.letters, *self.events]
        about = [*self.visits, *self.objections]
        found = {row.department_id for row in own} | {row.sheet.department_id for row in about}
        return found.union(*self.scorers.values())

    @property
    def campaigns(self) -> set[int]:
        rounds = [row.round for row in (*self.sheets, *self.phases)]
        rounds += [row.sheet.round for row in (*self.visits, *self.objections)]
        rows = [*rounds, *self.letters, *self.inquiries, *(event.item for event in self.events)]
        return {row.campaign_id for row in rows}


def find(asked: Asked) -> list[Matter]:
    """全部等着辦的，進行中的活動的。"""
    rows = _read(asked)
    if rows.is_empty:
        return []
    roster = Roster(asked.on, rows.units, rows.campaigns)
    return [
        *(_self_score(row, roster) for row in rows.sheets),
        *(each for row in rows.phases for each in _phase(row, rows.scorers, roster, asked)),
        *(_visit(row, roster) for row in rows.visits),
        *(_letter(row, roster, asked.calendar) for row in rows.letters),
        *(_objection(row, roster) for row in rows.objections),
        *(_inquiry(row, roster) for row in rows.inquiries),
        *(each for row in rows.events for each in _veto(row, roster, asked)),
    ]


# ── 各類的行 ──────────────────────────────────────────


def _read(asked: Asked) -> _Rows:
    wanted = _wanted(asked)
    anchor = User.objects.filter(pk__in=User.objects.order_by("pk").values("pk")[:1])
    counts = count_together(anchor, **wanted)
    rows = _Rows(**{name: list(found) for name, found in wanted.items() if counts[name]})
    first = [row.round_id for row in rows.phases if row.phase in policies.FIRST_PHASES]
    for round_id, unit in unscored(first) if first else ():
        rows.scorers.setdefault(round_id, set()).add(unit)
    return rows


def _wanted(asked: Asked) -> dict[str, QuerySet]:
    return {
        "sheets": _sheets(asked),
        "phases": _phases(asked),
        "visits": _visits(asked),
        "letters": _letters(asked),
        "objections": _objections(asked),
        "inquiries": _inquiries(asked),
        "events": _events(asked),
    }


def _active(path: str) -> Q:
    return Q(**{f"{path}__state": Campaign.State.ACTIVE})


def _sheets(asked: Asked) -> QuerySet[Sheet]:
    """還沒提交的自評，和材料初評裏退回補正、開放補填的；時限是所在階段的截止。"""
    due = RoundPhase.objects.filter(round=OuterRef("round"), phase=OuterRef("round__phase"))
    return (
        Sheet.objects.open_to_units()
        .filter(
            _active("round__campaign"),
            asked.of_track(Track.SELF),
            asked.near("department", "round__campaign"),
        )
        .annotate(due=due.values("due_date")[:1])
        .select_related("round", "department")
        .order_by("pk")
    )


def _phases(asked: Asked) -> QuerySet[RoundPhase]:
    """各次考核當前的階段；自評、異議期還沒截止的，輪不到創建辦。"""
    waiting = Q(round__phase__in=(Phase.SELF, Phase.FEEDBACK), due_date__gte=asked.on)
    pending = Objection.objects.open().filter(sheet__round=OuterRef("round"))
    return (
        RoundPhase.objects.filter(
            _active("round__campaign"),
            asked.of_track(Track.PHASE),
            phase=F("round__phase"),
        )
        .exclude(round__phase__in=_OVER)
        .exclude(waiting)
        .annotate(has_open=Exists(pending))
        .select_related("round")
        .order_by("pk")
    )


def _visits(asked: Asked) -> QuerySet[SiteVisit]:
    on_team = Q(team=asked.standing.user_id) if asked.standing else Q()
    near = on_team | asked.seated("sheet__round__campaign") if asked.standing else Q()
    rows = SiteVisit.objects.filter(
        _active("sheet__round__campaign"),
        asked.of_track(Track.VISIT),
        near,
        done_at__isnull=True,
    ).exclude(sheet__round__phase__in=(*OPEN_PHASES, *_OVER))
    team = User.objects.filter(is_active=True).order_by("pk")
    return (
        rows.select_related("sheet__round", "sheet__department")
        .prefetch_related(Prefetch("team", team))
        .order_by("pk")
        .distinct()
    )


def _letters(asked: Asked) -> QuerySet[TargetLetter]:
    """待簽的，和送過簽又退回來的。"""
    state = TargetLetter.State
    return (
        TargetLetter.objects.filter(
            Q(state__in=(state.ISSUED, state.HEAD_SIGNED))
            | Q(state=state.DRAFT, number__isnull=False),
            _active("campaign"),
            asked.of_track(Track.LETTER),
            asked.near("department", "campaign"),
        )
        .select_related("department", "text")
        .prefetch_related("text__signatures")
        .order_by("pk")
    )


def _objections(asked: Asked) -> QuerySet[Objection]:
    due = RoundPhase.objects.filter(round=OuterRef("sheet__round"), phase=Phase.ANSWER)
    return (
        Objection.objects.open()
        .filter(
            _active("sheet__round__campaign"),
            asked.of_track(Track.OBJECTION),
            asked.seated("sheet__round__campaign"),
            sheet__round__phase__in=OPEN_PHASES,
        )
        .annotate(due=due.values("due_date")[:1])
        .select_related("sheet__round", "sheet__department", "criterion", "score")
        .order_by("pk")
    )


def _inquiries(asked: Asked) -> QuerySet[AuthorityInquiry]:
    """還有單位沒得到答覆的。"""
    return (
        AuthorityInquiry.objects.filter(
            asked.of_track(Track.INQUIRY),
            asked.seated("campaign"),
            _active("campaign"),
            withdrawn_at__isnull=True,
        )
        .annotate(left=Count("answers__department", filter=Q(answers__answer=""), distinct=True))
        .filter(left__gt=0)
        .order_by("pk")
    )


def _events(asked: Asked) -> QuerySet[VetoEvent]:
    """待認定的，和有解除動議待確認的（一件事至多一份在等）。"""
    pending = VetoRelease.objects.filter(event=OuterRef("pk"), state=VetoRelease.State.PENDING)
    return (
        VetoEvent.objects.annotate(
            release=pending.values("pk")[:1],
            proposed_at=pending.values("proposed_at")[:1],
            proposed_by=pending.values("proposed_by")[:1],
        )
        .filter(
            Q(state=VetoEvent.State.PENDING)
            | Q(state=VetoEvent.State.UPHELD, release__isnull=False),
            _active("item__campaign"),
            asked.of_track(Track.VETO),
            asked.near("department", "item__campaign"),
        )
        .select_related("item__campaign", "department")
        .order_by("pk")
    )


# ── 一行成一件 ────────────────────────────────────────


def _self_score(row: Sheet, roster: Roster) -> Matter:
    unit, campaign = row.department_id, row.round.campaign_id
    heads, clerks = roster.heads(unit), roster.clerks(unit)
    return Matter(
        track=Track.SELF,
        subject_id=row.pk,
        act=Act.SELF,
        campaign_id=campaign,
        due=row.due,
        what=_("%(round)s的自評") % {"round": row.round.title},
        who=row.department.label,
        url=row.get_absolute_url(),
        doers=clerks or heads,
        heads=heads,
        watchers=roster.office(campaign),
        leaders=roster.in_charge(campaign, unit),
        chairs=roster.chairs(campaign),
        topic=_topic(row.round),
    )


def _phase(
    row: RoundPhase, scorers: dict[int, set[int]], roster: Roster, asked: Asked
) -> Iterator[Matter]:
    round_ = row.round
    office, chairs = roster.office(round_.campaign_id), roster.chairs(round_.campaign_id)
    label = round_.get_phase_display()

    def matter(act: Act, who: str, doers: People, due: date = row.due_date) -> Matter:
        words = {"round": round_.title, "phase": label}
        of_result = act in (Act.DECIDE, Act.PUBLISH)
        said = _("%(round)s的結果") if of_result else _("%(round)s的「%(phase)s」")
        return Matter(
            track=Track.PHASE,
            subject_id=row.pk,
            act=act,
            campaign_id=round_.campaign_id,
            due=due,
            what=said % words,
            who=who,
            url=round_.get_absolute_url(),
            doers=doers,
            watchers=() if act == Act.RUN else office,
            chairs=chairs,
            topic=_topic(round_),
        )

    if round_.phase == Phase.DECISION:
        yield matter(Act.DECIDE, _("組長"), chairs)
    elif round_.phase == Phase.ANSWER:
        if not row.has_open:
            yield matter(Act.PUBLISH, _("組長"), chairs)
    elif round_.phase in policies.FIRST_PHASES:
        yield matter(Act.RUN, _("創建辦"), office)
        labels = _labels(scorers.get(round_.pk, ()))
        for unit, name in labels.items():
            yield matter(Act.SCORE, name, roster.staff(unit))
    else:
        due = clocks.after_the_phase(row.due_date, asked.calendar)
        yield matter(Act.RUN, _("創建辦"), office, due)


def _labels(units: Iterable[int]) -> dict[int, str]:
    """評分單位的簡稱；沒有指定評分單位的辦法不查。"""
    ids = list(units)
    return {row.pk: row.label for row in Department.objects.filter(pk__in=ids)} if ids else {}


def _visit(row: SiteVisit, roster: Roster) -> Matter:
    """考核組裏停用了賬號的、調到被考察單位的除外。"""
    campaign = row.sheet.round.campaign_id
    team = tuple(person.pk for person in row.team.all())
    return Matter(
        track=Track.VISIT,
        subject_id=row.pk,
        act=Act.VISIT,
        campaign_id=campaign,
        due=row.date,
        what=_("%(round)s到%(unit)s實地考察")
        % {"round": row.sheet.round.title, "unit": row.sheet.department.label},
        who=_("考核組"),
        url=row.get_absolute_url(),
        doers=without(team, roster.staff(row.sheet.department_id)),
        watchers=roster.office(campaign),
        chairs=roster.chairs(campaign),
        topic=_topic(row.sheet.round),
    )


def _letter(row: TargetLetter, roster: Roster, calendar: WorkingCalendar) -> Matter:
    campaign, unit = row.campaign_id, row.department_id
    words = {"letter": row, "unit": row.department.label}
    office, chairs = roster.office(campaign), roster.chairs(campaign)
    act, who, doers, watchers = Act.SIGN, row.department.label, roster.heads(unit), office
    what, url = str(row), f"{row.get_absolute_url()}#sign"
    if row.is_draft:
        act, who, doers, watchers = Act.RESEND, _("創建辦"), office, ()
        what, url = _("退回的%(letter)s（%(unit)s）") % words, row.get_absolute_url()
    elif row.state == TargetLetter.State.HEAD_SIGNED:
        signed = [each.user_id for each in row.text.signatures.all()]
        who, doers = _("組長"), without(chairs, signed)
        what = _("%(letter)s（%(unit)s）") % words
    return Matter(
        track=Track.LETTER,
        subject_id=row.pk,
        act=act,
        campaign_id=campaign,
        due=clocks.letter_due(row, calendar),
        what=what,
        who=who,
        url=url,
        doers=doers,
        watchers=watchers,
        leaders=roster.in_charge(campaign, unit) if row.state == row.State.ISSUED else (),
        chairs=chairs,
        topic=_topic(row),
    )


def _objection(row: Objection, roster: Roster) -> Matter:
    """與 policies 同一規則：給分的、寫答覆的、本單位的迴避；都要迴避時歸下一順位。"""
    campaign = row.sheet.round.campaign_id
    own = roster.staff(row.sheet.department_id)
    gave = (row.score.by_id if row.score else None,)
    office, chairs = without(roster.office(campaign), own), without(roster.chairs(campaign), own)
    words = {
        "unit": row.sheet.department.label,
        "number": row.criterion.number,
        "round": row.sheet.round.title,
    }
    act, who, view = Act.ANSWER, _("創建辦"), "objection-answer"
    doers = without(office, gave) or office
    if row.state == Objection.State.ANSWERED:
        act, who, view = Act.RULE, _("領導小組"), "objection-decide"
        hands = (*gave, row.answered_by_id)
        deputies = without(roster.deputies(campaign), own)
        doers = without(chairs, hands) or without(deputies, hands)
    return Matter(
        track=Track.OBJECTION,
        subject_id=row.pk,
        act=act,
        campaign_id=campaign,
        due=row.due,
        what=_("%(unit)s對%(round)s %(number)s 的異議") % words,
        who=who,
        url=reverse(f"evaluations:{view}", args=[row.pk]),
        doers=doers,
        watchers=() if act == Act.ANSWER else roster.office(campaign),
        chairs=roster.chairs(campaign),
        topic=_topic(row.sheet.round),
    )


def _inquiry(row: AuthorityInquiry, roster: Roster) -> Matter:
    return Matter(
        track=Track.INQUIRY,
        subject_id=row.pk,
        act=Act.PHONE,
        campaign_id=row.campaign_id,
        due=row.due_date,
        what=_("%(inquiry)s，%(count)d 個單位沒有答覆") % {"inquiry": row, "count": row.left},
        who=_("創建辦"),
        url=row.get_absolute_url(),
        doers=roster.office(row.campaign_id),
        chairs=roster.chairs(row.campaign_id),
        audience=Audience.OFFICE,
        topic=_topic(row),
    )


def _veto(row: VetoEvent, roster: Roster, asked: Asked) -> Iterator[Matter]:
    """等單位說明的，和等領導決定的：同一件事，各歸各的人，各有各的時限。"""
    if clocks.is_statement_awaited(row):
        yield _statement(row, roster)
    words = {"unit": row.department.label, "item": row.item}
    if row.is_pending:
        yield Matter(
            act=Act.JUDGE,
            due=clocks.veto_due(row, asked.calendar),
            what=str(row),
            who=_("領導小組"),
            url=reverse("evaluations:veto-decide", args=[row.pk]),
            doers=_judges(row, roster, row.reported_by_id),
            **_of_event(row, roster),
        )
    elif row.release:
        yield Matter(
            act=Act.RELEASE,
            due=clocks.release_due(row.proposed_at, row, asked.calendar),
            what=_("%(unit)s%(item)s的解除動議") % words,
            who=_("領導小組"),
            url=reverse("evaluations:veto-release-settle", args=[row.release]),
            doers=_judges(row, roster, row.proposed_by),
            **_of_event(row, roster),
        )


def _statement(row: VetoEvent, roster: Roster) -> Matter:
    unit, campaign = row.department_id, row.item.campaign_id
    return Matter(
        act=Act.STATE,
        due=row.report_due_date,
        what=_("%(item)s一事") % {"item": row.item},
        who=row.department.label,
        url=reverse("evaluations:veto-statement", args=[row.pk]),
        doers=roster.clerks(unit) or roster.heads(unit),
        heads=roster.heads(unit),
        leaders=without(roster.in_charge(campaign, unit), roster.staff(unit)),
        **_of_event(row, roster),
    )


def _of_event(row: VetoEvent, roster: Roster) -> dict[str, Any]:
    campaign, own = row.item.campaign_id, roster.staff(row.department_id)
    return {
        "track": Track.VETO,
        "subject_id": row.pk,
        "campaign_id": campaign,
        "watchers": without(roster.office(campaign), own),
        "chairs": without(roster.chairs(campaign), own),
        "topic": _topic(row),
    }


def _judges(row: VetoEvent, roster: Roster, hand: int) -> People:
    """組長和分管的副組長；登記、提出的人（hand）和本單位的人迴避，都要迴避時是別的副組長。"""
    campaign, unit = row.item.campaign_id, row.department_id
    hidden = (roster.staff(unit), (hand,))
    first = (*roster.chairs(campaign), *roster.in_charge(campaign, unit))
    return without(first, *hidden) or without(roster.leaders(campaign), *hidden)


def _topic(row: Any) -> tuple[str, int]:
    return row._meta.label_lower, row.pk
