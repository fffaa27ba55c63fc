"""分解表的行和分組：查好、排好、寫好字，模板只管擺。查詢次數不隨行數增長。"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.core.paginator import Page, Paginator
from django.db.models import Exists, OuterRef, Q, Value
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from campaigns import spec_words
from campaigns.models import Campaign, Cycle
from campaigns.standing import Standing
from pingtan_civ import ui
from tasks.breakdown_counts import KEYS, Facets, Option, facets, group_counts
from tasks.breakdown_query import BreakdownQuery
from tasks.labels import choice_label, seat_label
from tasks.lights import Light, LightRule
from tasks.models import Assignment, Measure, MeasureEvidence, Submission
from tasks.models.plan import MeasureQuerySet

PER_PAGE = 50
_DASH = "—"
_BAR = {Light.BAD: "bad", Light.WARN: "warn", Light.DONE: "ok"}


# ── 行 ────────────────────────────────────────────────


@dataclass(frozen=True)
class Row:
    """分解表的一行，全是現成的字和小件；模板只管擺，不再過濾、不再判斷有沒有。"""

    pk: int
    code: str
    title: str
    url: str
    edit_url: str
    origin: str
    lead: str
    supporting: str
    leader: str
    owner: str
    due: SafeString
    next_due: SafeString | str
    cycle: str
    evidence: SafeString | str
    progress: SafeString
    light: SafeString
    cause: str
    tag: SafeString | str
    missing: str
    refusal: str
    can_change: bool
    pick_label: str
    edit_label: str


@dataclass(frozen=True)
class Group:
    """一組的頭和本頁屬於它的行。continued：這一組從上一頁接着來。"""

    key: int | None
    label: str
    total: int
    closed: int
    shown: int
    rows: list[Row]
    continued: bool


_SHOWN = (
    "code",
    "title",
    "main_task__code",
    "main_task__title",
    "objective__code",
    "objective__title",
    "lead_department__name",
    "accountable_seat__post",
    "accountable_seat__user__name",
    "owner__name",
    "start_date",
    "due_date",
    "owed_date",
    "behind_date",
    "cycle",
    "asks_percent",
    "percent",
    "state",
)


def measures_for_rows(rows: MeasureQuerySet) -> MeasureQuerySet:
    """一次取齊一行要的對象，只取要寫出來的字段。"""
    return rows.select_related(
        "objective", "main_task", "lead_department", "accountable_seat__user", "owner"
    ).only(*_SHOWN)


def quiet_causes(measures: Iterable[Measure]) -> dict[int, str]:
    """牽頭單位現在無所欠的措施走到哪一步：{主鍵: 一句話}。一頁沒有這種措施時不查，有則一次查詢。

    「可銷號」與 services.review.close_out 同一條件：報過，而且在辦的各單位各期都審核通過。
    """
    quiet = [row.pk for row in measures if row.state == Measure.State.ISSUED and not row.owed_date]
    if not quiet:
        return {}
    rows = (
        Assignment.objects.filter(measure__in=quiet, state__in=Assignment.LIVE)
        .order_by()
        .values_list("measure_id", "role", "state", "submissions__state")
        .distinct()
    )
    found: dict[int, list[tuple[str, str, str | None]]] = {}
    for measure_id, *row in rows:
        found.setdefault(measure_id, []).append(tuple(row))
    return {measure_id: _quiet_cause(found.get(measure_id, [])) for measure_id in quiet}


def _quiet_cause(rows: list[tuple[str, str, str | None]]) -> str:
    """rows 是各單位的（分工、狀態、某一期的狀態）。"""
    handed_in = {Submission.State.SUBMITTED, Submission.State.ENDORSED}
    periods = {period for _role, _state, period in rows if period}
    if any(role == Assignment.Role.LEAD and period in handed_in for role, _state, period in rows):
        return _("已報出，等審核")
    if periods == {Submission.State.ACCEPTED}:
        return _("各期均已通過，可銷號")
    if any(state == Assignment.State.ISSUED for _role, state, _period in rows):
        return _("待簽收")
    return _("還沒到填報的時候") if Submission.State.ACCEPTED not in periods else ""


@dataclass(frozen=True)
class Supporter:
    name: str
    owes: bool


def supporters_of(measures: Iterable[Measure], today: date) -> dict[int, list[Supporter]]:
    """各措施的配合單位，以及是否還欠着已開始的一期。一次查詢。"""
    owed = Submission.objects.owed().filter(
        assignment__measure=OuterRef("measure_id"),
        assignment__department=OuterRef("department_id"),
        assignment__role=Assignment.Role.SUPPORTING,
        period_start__lte=today,
    )
    # 欠不欠只在牽頭單位已無所欠時才說；一頁沒有這種措施就不問。
    is_asked = any(row.state == Measure.State.ISSUED and not row.owed_date for row in measures)
    through = Measure.supporting_departments.through.objects
    rows = (
        through.filter(measure__in=[measure.pk for measure in measures])
        .annotate(owes=Exists(owed) if is_asked else Value(False))
        .order_by("department__position", "department_id")
        .values_list("measure_id", "department__name", "owes")
    )
    found: dict[int, list[Supporter]] = {}
    for measure_id, name, owes in rows:
        found.setdefault(measure_id, []).append(Supporter(name, owes))
    return found


def evidence_of(measures: Iterable[Measure]) -> dict[int, SafeString]:
    """各措施要的佐證，一種一行：「實景圖片 2 張，報送期內」。一次查詢。"""
    rows = (
        MeasureEvidence.objects.filter(measure__in=[measure.pk for measure in measures])
        .select_related("form")
        .order_by("form__position", "form_id")
    )
    found: dict[int, list[str]] = {}
    for row in rows:
        found.setdefault(row.measure_id, []).append(spec_words.short(row))
    return {
        key: format_html_join(SafeString("<br>"), "{}", ((line,) for line in lines))
        for key, lines in found.items()
    }


def missing_words(measure: Measure) -> str:
    """草擬中的一行還差什麼才能下達。"""
    if measure.state != Measure.State.DRAFT:
        return ""
    missing = []
    if not measure.lead_department_id:
        missing.append(_("牽頭單位"))
    if not measure.due_date:
        missing.append(_("完成時限"))
    return _("缺%(missing)s") % {"missing": _("和").join(missing)} if missing else ""


class RowMaker:
    """把一頁措施寫成行。refusals：剛才的批量辦理裏被拒絕的，{主鍵: 一句話}。"""

    def __init__(
        self,
        campaign: Campaign,
        rule: LightRule,
        refusals: dict[int, str] | None = None,
        group: str = "none",
    ) -> None:
        self.rule = rule
        self.group = group
        self.refusals = refusals or {}
        self.quiet: dict[int, str] = {}
        # 網址前綴和不隨行變的字只備一次，循環裏不再 reverse、不再翻譯。
        self.base = reverse("tasks:breakdown", args=[campaign.code])
        self.pick, self.edit = _("選擇 %(code)s"), _("修改 %(code)s")
        self.undated = format_html('<span class="u-3">{}</span>', _("未定"))
        self.lights = {light: light.label for light in Light}

    def make(self, measures: list[Measure]) -> list[Row]:
        supporters = supporters_of(measures, self.rule.today)
        evidence = evidence_of(measures)
        self.quiet = quiet_causes(measures)
        return [
            self._row(measure, supporters.get(measure.pk, []), evidence.get(measure.pk, ""))
            for measure in measures
        ]

    def _row(
        self, measure: Measure, supporters: list[Supporter], evidence: SafeString | str
    ) -> Row:
        light = self.rule.of(measure)
        drafted = measure.state == Measure.State.DRAFT
        url = f"{self.base}{measure.code}/"
        next_due = measure.owed_date if measure.owed_date != measure.due_date else None
        percent = None if drafted or not measure.asks_percent else measure.percent
        # 走到哪一步；與燈號說的是同一個詞時不重複。
        state_label = choice_label(Measure.State, measure.state)
        return Row(
            pk=measure.pk,
            code=measure.code,
            title=measure.title,
            url=url,
            edit_url=f"{url}edit/",
            origin=self._origin(measure),
            lead=measure.lead_department.name if measure.lead_department else _DASH,
            supporting="、".join(supporter.name for supporter in supporters) or _DASH,
            leader=seat_label(measure.accountable_seat) or _DASH,
            owner=measure.owner.name if measure.owner else "",
            due=ui.short_date(measure.due_date) if measure.due_date else self.undated,
            next_due=ui.short_date(next_due) if next_due else "",
            cycle=choice_label(Cycle, measure.cycle),
            evidence=evidence,
            progress=ui.progress(percent, _BAR.get(light, "")),
            light=ui.light(light.value, self._note(measure, light), self.lights[light]),
            cause=self._cause(measure, supporters),
            tag=ui.tag(state_label) if state_label != self.lights[light] else "",
            missing=missing_words(measure),
            refusal=self.refusals.get(measure.pk, ""),
            can_change=measure.state not in (Measure.State.CLOSED, Measure.State.CANCELLED),
            pick_label=self.pick % {"code": measure.code},
            edit_label=self.edit % {"code": measure.code},
        )

    def _origin(self, measure: Measure) -> str:
        """屬於哪項任務、哪個目標；組頭已經寫了的不再寫。"""
        found = {"task": measure.main_task, "objective": measure.objective}
        return " · ".join(
            f"{row.code} {row.title}" for key, row in found.items() if row and key != self.group
        )

    def _note(self, measure: Measure, light: Light) -> str:
        rule = self.rule
        if light == Light.WARN and (not measure.owed_date or measure.owed_date > rule.warn_until):
            return _("進度落後 %(points)d%%") % {"points": self._points_behind(measure)}
        if light in (Light.OK, Light.WARN, Light.BAD) and measure.owed_date:
            return ui.overdue_words(rule.days_left(measure.owed_date))
        return ""

    def _points_behind(self, measure: Measure) -> int:
        whole = (measure.due_date - measure.start_date).days
        gone = min((self.rule.today - measure.start_date).days, whole)
        return max(gone * 100 // whole - measure.percent, 0)

    def _cause(self, measure: Measure, supporters: list[Supporter]) -> str:
        """牽頭單位已無所欠時，在等誰。"""
        if measure.state != Measure.State.ISSUED or measure.owed_date:
            return ""
        owing = [supporter.name for supporter in supporters if supporter.owes]
        if owing:
            return _("等配合單位%(units)s") % {"units": "、".join(owing)}
        return self.quiet.get(measure.pk, "")


# ── 一頁 ──────────────────────────────────────────────


@dataclass
class Table:
    """一頁分解表。shown 是符合篩選的總數，與標籤上的計數同出一處。"""

    query: BreakdownQuery
    facets: Facets
    groups: list[Group]
    shown: int
    page: Any


def build_table(
    query: BreakdownQuery,
    visible: MeasureQuerySet,
    *,
    campaign: Campaign,
    standing: Standing,
    rule: LightRule,
    refusals: dict[int, str] | None = None,
) -> Table:
    """篩選、計數、分頁、寫成行。"""
    found = facets(visible, campaign=campaign, standing=standing, rule=rule)
    rows = query.apply(visible, standing=standing, rule=rule)
    is_whole = query.view == "all" and not query.is_filtered
    counts = found.counts(query.group) if is_whole else group_counts(rows, query.group)
    order = sorted(counts, key=lambda key: _place(key, query.group, found))
    total = sum(counts.values())
    page = _Counted(rows, PER_PAGE, total).get_page(query.page)
    measures = list(_on_page(measures_for_rows(rows), query, counts, order, page))
    made = RowMaker(campaign, rule, refusals, query.group).make(measures)
    groups = _grouped(query, measures, made, found, counts, order, page.start_index())
    return Table(query, found, groups, total, page)


def _on_page(
    rows: MeasureQuerySet,
    query: BreakdownQuery,
    counts: dict[int | None, int],
    order: list[int | None],
    page: Page,
) -> MeasureQuerySet:
    """本頁的行。各組幾項已經數過，就只在本頁碰到的那一兩組裏排序，不把全表排一遍。"""
    start = max(page.start_index() - 1, 0)
    if query.group == "none":
        return rows.order_by(*query.ordering())[start : start + PER_PAGE]
    before, skipped, touched = 0, 0, []
    for key in order:
        if before + counts[key] <= start:
            skipped = before + counts[key]
        elif before < start + PER_PAGE:
            touched.append(key)
        before += counts[key]
    named = [key for key in touched if key is not None]
    name = KEYS[query.group]
    within = Q(**{f"{name}__in": named}) if len(named) != 1 else Q(**{name: named[0]})
    if None in touched:
        within |= Q(**{f"{name}__isnull": True})
    # 只有一組時不必按組排：索引裏就是這個次序。
    ordering = query.ordering_within() if len(touched) == 1 else query.ordering()
    return rows.filter(within).order_by(*ordering)[start - skipped : start - skipped + PER_PAGE]


class _Counted(Paginator):
    """總數已經由分組計數得出，不再數一遍。"""

    def __init__(self, rows: MeasureQuerySet, per_page: int, total: int) -> None:
        super().__init__(rows, per_page)
        self.count = total


def _grouped(
    query: BreakdownQuery,
    measures: list[Measure],
    rows: list[Row],
    found: Facets,
    counts: dict[int | None, int],
    order: list[int | None],
    start: int,
) -> list[Group]:
    before = 0
    ends: dict[int | None, int] = {}
    for key in order:
        ends[key] = before
        before += counts[key]
    gathered: dict[int | None, list[Row]] = {}
    for measure, row in zip(measures, rows, strict=True):
        gathered.setdefault(_key(measure, query.group), []).append(row)
    return [
        Group(
            key=key,
            label=_group_label(key, query.group, found),
            total=found.groups.get(query.group, {}).get(key, (0, 0))[0],
            closed=found.groups.get(query.group, {}).get(key, (0, 0))[1],
            shown=counts.get(key, 0),
            rows=part,
            continued=start - 1 > ends.get(key, 0) and index == 0,
        )
        for index, (key, part) in enumerate(gathered.items())
    ]


def _key(measure: Measure, group: str) -> int | None:
    return None if group == "none" else getattr(measure, KEYS[group])


def _options(group: str, found: Facets) -> list[Option]:
    return {"objective": found.objectives, "task": found.tasks, "lead": found.leads}.get(group, [])


def _place(key: int | None, group: str, found: Facets) -> int:
    values = [option.value for option in _options(group, found)]
    return values.index(key) if key in values else len(values)


def _group_label(key: int | None, group: str, found: Facets) -> str:
    labels = {option.value: option.label for option in _options(group, found)}
    if key in labels:
        return labels[key]
    return {"objective": _("未對應工作目標"), "lead": _("未定牽頭單位")}.get(group, "")
