"""一次考核的頁要的事實：走到哪一步、各單位自評和初評做到哪裏、此人能辦什麼。"""

from collections import Counter
from dataclasses import dataclass
from datetime import date

from django.db.models import Count, Prefetch, Q, prefetch_related_objects
from django.urls import reverse
from django.utils.timezone import localdate
from django.utils.translation import gettext as _

from campaigns.models import Indicator
from campaigns.standing import Standing
from evaluations import policies
from evaluations.models import AssessmentRound, Criterion, Score, Sheet
from evaluations.services.rounds.remaining import OPTIONAL
from evaluations.sheets import SheetView, sheets_of
from evaluations.unit_scoring import scores_lines
from evidence.packing.scope import Scope
from pingtan_civ.lib.dates import near_date

Phase = AssessmentRound.Phase


@dataclass(frozen=True)
class SheetRow:
    """一個單位一行。first、wanted 是初評評了幾條、共幾條（系統取的也算）。"""

    sheet: Sheet
    url: str
    own_scored: int
    first: int
    wanted: int
    is_own: bool
    view: SheetView | None = None
    """送審以後的總分和等次；還看不到的為空。"""

    @property
    def self_words(self) -> str:
        at = self.sheet.self_submitted_at
        if self.sheet.self_returned_at and not at:
            is_check = self.sheet.round.phase == Phase.CHECK
            return _("待補交") if is_check else _("退回補正，未交")
        if at:
            return _("%(day)s提交") % {"day": near_date(at, localdate(at))}
        return _("填了 %(count)d 條") % {"count": self.own_scored} if self.own_scored else _("未填")

    @property
    def is_partial(self) -> bool:
        """等着審定而還有沒評的：此刻的等次說明不了什麼。"""
        is_decided = self.sheet.round.is_frozen
        return bool(self.view and self.view.missing and not is_decided)

    @property
    def grade(self) -> str:
        """定的或擬的等次；還沒評完的不說等次。"""
        if self.view is None:
            return ""
        return _("未評完") if self.is_partial else self.view.grade

    @property
    def is_whole(self) -> bool:
        return self.first >= self.wanted


@dataclass(frozen=True)
class Can:
    """此人在這一頁能辦的。"""

    run: bool
    decide: bool
    see_all: bool
    see_first: bool


def can_of(standing: Standing, round_: AssessmentRound) -> Can:
    return Can(
        run=policies.can_run_round(standing, round_),
        decide=policies.can_decide_round(standing, round_),
        see_all=policies.sees_whole_round(standing, round_),
        see_first=policies.can_see_first_scores(standing, round_),
    )


def steps_of(round_: AssessmentRound, today: date) -> list[tuple[str, str, str]]:
    """步驟條：（階段, 日子, 狀態）。"""
    order = list(Phase)
    here = order.index(Phase(round_.phase))
    found = []
    for row in sorted(round_.phases.all(), key=lambda row: order.index(Phase(row.phase))):
        place = order.index(Phase(row.phase))
        state = "done" if place < here else "now" if place == here else ""
        note = (
            _("%(day)s完成") % {"day": near_date(row.ended_at, today)}
            if row.ended_at
            else _("%(day)s截止") % {"day": near_date(row.due_date, today)}
        )
        found.append((row.get_phase_display(), note, state))
    published = round_.published_at
    day = _("%(day)s公佈") % {"day": near_date(published, today)} if published else ""
    found.append((Phase.PUBLISHED.label, day, "done" if published else ""))
    return found


def pack_url(round_: AssessmentRound) -> str:
    """這次考核的迎檢資料包：辦法所考的指標（沒有連着的就是全部）、考核期裏的佐證。"""
    tested = Indicator.objects.filter(
        criteria__section__scheme=round_.scheme_id, objective__campaign=round_.campaign_id
    )
    indicators = tuple(tested.order_by("pk").values_list("pk", flat=True).distinct())
    scope = Scope(round_.campaign_id, round_.period_start, round_.period_end, indicators=indicators)
    page = reverse("evidence:pack", args=[round_.campaign.code])
    return f"{page}?{scope.as_query()}"


def due_of(round_: AssessmentRound) -> date | None:
    """現在這個階段的截止。"""
    rows = (row.due_date for row in round_.phases.all() if row.phase == round_.phase)
    return next(rows, None)


def rows_of(standing: Standing, round_: AssessmentRound, *, is_scorer: bool) -> list[SheetRow]:
    """看得到的各單位：看得到全部的人看全部；評分科室看要它評的；單位看自己的。"""
    sheets = Sheet.objects.filter(round=round_).select_related("department", "profile")
    if not policies.sees_whole_round(standing, round_) and not is_scorer:
        sheets = sheets.filter(department__in=standing.departments)
    sheets = sheets.annotate(
        own_scored=Count("scores", filter=_current(Score.Stage.SELF)),
        first=Count(
            "scores", filter=_current(Score.Stage.FIRST) & _required("scores__criterion__")
        ),
    )
    if policies.sees_whole_round(standing, round_):
        # 全部的表別處還要用（還差什麼），記在考核上，不查第二遍。
        prefetch_related_objects([round_], Prefetch("sheets", sheets))
        sheets = round_.sheets.all()
    views = _views(standing, round_, list(sheets))
    wanted = {} if views else _wanted(round_)
    found = []
    for sheet in sheets:
        sheet.round = round_
        view = views.get(sheet.department_id)
        found.append(
            SheetRow(
                sheet=sheet,
                url=sheet.get_absolute_url(),
                own_scored=sheet.own_scored,
                first=sheet.first,
                wanted=sum(line.rule not in OPTIONAL for line in view.lines)
                if view
                else wanted.get(None, 0) + wanted.get(sheet.profile_id, 0),
                is_own=sheet.department_id in standing.departments,
                view=view,
            )
        )
    return found


def _views(
    standing: Standing, round_: AssessmentRound, sheets: list[Sheet]
) -> dict[int, SheetView]:
    """送審以後各單位的總分和等次：審定以前只給看得到全部的人，審定以後單位看自己的。"""
    is_decided = round_.is_frozen
    if not is_decided and round_.phase != Phase.DECISION:
        return {}
    if not policies.can_see_first_scores(standing, round_):
        return {}
    views = sheets_of(round_, sheets, with_evidence=False, with_previous=False)
    return {view.department_id: view for view in views}


def tiers_of(rows: list[SheetRow]) -> list[tuple[str, int]]:
    """（等次, 幾個單位），高的在前，沒評完的在後。"""
    judged = [row for row in rows if row.view]
    counts = Counter(row.grade for row in judged)
    heights = {row.grade: row.view.grade_at_least for row in judged if not row.is_partial}
    return sorted(counts.items(), key=lambda item: -heights.get(item[0], -1))


def scores_others(standing: Standing, round_: AssessmentRound) -> bool:
    """本單位是這份辦法裏的評分單位，而且到了初評。"""
    return round_.phase in policies.FIRST_PHASES and scores_lines(standing, round_)


@dataclass(frozen=True)
class Door:
    """單位的人在這一頁能辦的一樣：字和網址。"""

    label: str
    url: str


def doors_of(
    standing: Standing, round_: AssessmentRound, rows: list[SheetRow], *, is_scorer: bool
) -> list[Door]:
    """評分單位去評負責的各條；異議期裏本單位負責人提異議。"""
    found = []
    if is_scorer:
        address = reverse("evaluations:unit-scoring", args=[round_.code])
        found.append(Door(_("評本單位負責的各條"), address))
    due = due_of(round_)
    if round_.phase == Phase.FEEDBACK and due and standing.on <= due:
        for row in rows:
            if policies.can_object(standing, row.sheet):
                key = [round_.code, row.sheet.department_id]
                found.append(Door(_("提異議"), reverse("evaluations:objection-create", args=key)))
    return found


def _current(stage: str) -> Q:
    return Q(scores__stage=stage, scores__replaced_at__isnull=True)


def _required(path: str = "") -> Q:
    """一定要評的：基本分的各條。"""
    return ~Q(**{f"{path}rule__in": OPTIONAL})


def _wanted(round_: AssessmentRound) -> dict[int | None, int]:
    """各類單位要評幾條；None 是共同部分。"""
    rows = Criterion.objects.filter(_required(), section__scheme=round_.scheme_id).order_by()
    found: dict[int | None, int] = {}
    for own, parent in rows.values_list("section__profile_id", "section__parent__profile_id"):
        key = parent or own
        found[key] = found.get(key, 0) + 1
    return found
