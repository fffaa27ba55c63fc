"""任務分解表：頁面上篩選出什麼就導出什麼，改好讀回；草擬和已下達的都照頁面上的規矩改。"""

import re
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django import forms
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from campaigns.models import Campaign, Clause, Cycle, Indicator, Objective, Seat
from exchange.cells import (
    Cell,
    Named,
    NotUnderstood,
    choice_reader,
    read_prose,
    read_text,
    read_yes,
    unknown,
    yes,
)
from exchange.kinds import Column, Refused, Scope, SheetKind
from exchange.sheets.common import evidence_forms, evidence_words, parts, read_evidence
from people.models import Department, User
from pingtan_civ.lib.dates import parse_date
from pingtan_civ.lib.numbers import read_int
from tasks import policies
from tasks.breakdown_forms import FiguresField
from tasks.breakdown_query import BreakdownQuery, visible
from tasks.labels import choice_label, seat_label
from tasks.lights import LightRule
from tasks.models import Assignment, MainTask, Measure, Round
from tasks.services import figures
from tasks.services.breakdown import Invalid, Stale, create_measure, current_value, update_measure
from tasks.services.departments import Departments
from workdays.services import calendar

_CODE = re.compile(r"^[A-Za-z]?[\d.]+(?=\s|$)")


def headed(row: Any) -> str:
    """目標和主要任務的寫法：「G1 組織領導有力」。"""
    return f"{row.code} {row.title}" if row else ""


@dataclass
class Names:
    """讀一張表要的全部名單，開始時一次查出。"""

    campaign: Campaign
    today: date
    departments: Departments
    objectives: Named
    tasks: Named
    seats: Named
    people: Named
    forms: Named
    indicators: Named
    clauses: Named

    @classmethod
    def of(cls, campaign: Campaign, today: date) -> "Names":
        objectives = Objective.objects.filter(campaign=campaign, retired_at=None)
        tasks = MainTask.objects.filter(campaign=campaign, retired_at=None)
        seats = Seat.objects.on(today).filter(campaign=campaign).select_related("user")
        people = User.objects.filter(is_active=True, appointments__isnull=False).distinct()
        indicators = Indicator.objects.filter(objective__campaign=campaign, retired_at=None)
        clauses = Clause.objects.filter(
            version__campaign=campaign,
            level=Clause.Level.CLAUSE,
            section_kind=Clause.SectionKind.TASK,
        ).order_by("-version__number", "position")
        latest = {row.code: row for row in reversed(clauses)}
        return cls(
            campaign,
            today,
            Departments.on(today),
            Named((row, [headed(row), row.title, row.code]) for row in objectives),
            Named((row, [headed(row), row.title, row.code]) for row in tasks),
            Named((seat, [seat_label(seat), seat.post, _name(seat.user)]) for seat in seats),
            Named((person, [person.name, person.username]) for person in people),
            evidence_forms(),
            Named((row, [row.code]) for row in indicators),
            Named((row, [code]) for code, row in latest.items()),
        )

    def department(self, name: str) -> Department:
        found = self.departments.find(name)
        if found is None:
            raise unknown(_("單位"), name, self.departments.similar(name))
        return found


def _name(user: User | None) -> str:
    return user.name if user else ""


# ── 各列怎麼讀 ────────────────────────────────────────


def _title(_names: Names, cell: Cell) -> str:
    if not cell.text:
        raise NotUnderstood(_("具體措施不能空着；不要這一行，請整行刪去。"))
    return read_text(_names, cell)


def _objective(names: Names, cell: Cell) -> Objective | None:
    return _headed_one(names.objectives, cell, _("創建目標"))


def _main_task(names: Names, cell: Cell) -> MainTask:
    if not cell.text:
        raise NotUnderstood(_("主要任務不能空着，請從下拉的名單裏選一項。"))
    return _headed_one(names.tasks, cell, _("主要任務"))


def _headed_one(named: Named, cell: Cell, what: str) -> Any:
    """寫全名、標題或編碼都認。"""
    if not cell.text:
        return None
    code = _CODE.match(cell.text)
    found = named.find(cell.text) or (named.find(code.group()) if code else None)
    if found is None:
        raise unknown(what, cell.text, named.near(cell.text))
    return found


def _leader(names: Names, cell: Cell) -> Seat | None:
    return names.seats.pick(cell.text, _("責任領導"))


def _owner(names: Names, cell: Cell) -> User | None:
    return names.people.pick(cell.text, _("人"))


def _clause(names: Names, cell: Cell) -> Clause | None:
    return names.clauses.pick(cell.text, _("方案條款"))


def _lead(names: Names, cell: Cell) -> Department | None:
    return names.department(cell.text) if cell.text else None


def _supporting(names: Names, cell: Cell) -> list[Department]:
    return list(dict.fromkeys(names.department(name) for name in parts(cell)))


def _indicators(names: Names, cell: Cell) -> list[Indicator]:
    found = (names.indicators.pick(code, _("指標編碼")) for code in parts(cell))
    return list(dict.fromkeys(found))


def _due(names: Names, cell: Cell) -> date | None:
    """日期，或「12月底前」這樣的話：沒有寫年份的，取活動期間裏還沒過去的那一年。"""
    if isinstance(cell.value, date):
        return cell.value
    if not cell.text:
        return None
    first, last = names.campaign.start_date, names.campaign.end_date
    try:
        days = [parse_date(cell.text, year) for year in range(first.year, last.year + 1)]
    except ValueError as error:
        raise NotUnderstood(str(error)) from error
    within = [day for day in days if first <= day <= last]
    ahead = [day for day in within if day >= names.today]
    return (ahead or within or days)[0]


def _evidence(names: Names, cell: Cell) -> list[Any]:
    return read_evidence(names.forms, cell)


def _figures(_names: Names, cell: Cell) -> list[Any]:
    lines = "\n".join(parts(cell))
    try:
        return FiguresField(required=False).clean(lines)
    except forms.ValidationError as error:
        raise NotUnderstood(" ".join(error.messages)) from error


def _now(name: str) -> Any:
    """現在的值，比對用。"""
    return lambda row: current_value(row, name)


# ── 各列 ──────────────────────────────────────────────

COLUMNS = (
    Column("code", gettext_lazy("序號"), 8, lambda row: row.code),
    Column(
        "objective", gettext_lazy("創建目標"), 20, lambda row: headed(row.objective),
        "objective", _objective, _now("objective"), lambda names: names.objectives.labels,
    ),
    Column(
        "main_task", gettext_lazy("主要任務"), 20, lambda row: headed(row.main_task),
        "main_task", _main_task, _now("main_task"), lambda names: names.tasks.labels,
    ),
    Column(
        "title", gettext_lazy("具體措施"), 36, lambda row: row.title,
        "title", _title, _now("title"), most=200,
    ),
    Column(
        "requirement", gettext_lazy("要求和完成標準"), 30, lambda row: row.requirement,
        "requirement", read_prose, _now("requirement"), is_prose=True, most=4000,
    ),
    Column(
        "leader", gettext_lazy("責任領導"), 14, lambda row: seat_label(row.accountable_seat),
        "accountable_seat", _leader, _now("accountable_seat"), lambda names: names.seats.labels,
    ),
    Column(
        "lead", gettext_lazy("牽頭科室"), 14,
        lambda row: row.lead_department.name if row.lead_department else "",
        "lead_department", _lead, _now("lead_department"),
        lambda names: [unit.name for unit in names.departments.rows],
    ),
    Column(
        "supporting", gettext_lazy("配合科室"), 20,
        lambda row: "、".join(unit.name for unit in row.supporting_departments.all()),
        "supporting", _supporting, _now("supporting"),
        hint=gettext_lazy("幾個單位用頓號隔開。"),
    ),
    Column(
        "owner", gettext_lazy("責任人"), 10, lambda row: _name(row.owner),
        "owner", _owner, _now("owner"),
        hint=gettext_lazy("寫姓名；有同名的寫賬號。"),
    ),
    Column(
        "due", gettext_lazy("完成時限"), 12, lambda row: row.due_date,
        "due_date", _due, _now("due_date"),
        hint=gettext_lazy("日期，或「12月底前」「第一季度」這樣寫都可以。"),
    ),
    Column(
        "cycle", gettext_lazy("考核週期"), 10, lambda row: choice_label(Cycle, row.cycle),
        "cycle", choice_reader(Cycle, gettext_lazy("週期"), Cycle.ONCE), _now("cycle"),
        lambda names: [str(label) for label in Cycle.labels],
    ),
    Column(
        "indicators", gettext_lazy("對應指標"), 14,
        lambda row: "、".join(each.code for each in row.indicators.all()),
        "indicators", _indicators, _now("indicators"),
        hint=gettext_lazy("寫指標的編碼，用頓號隔開，如 G4.8、G4.9。"),
    ),
    Column(
        "clause", gettext_lazy("方案條款"), 10, lambda row: row.clause.code if row.clause else "",
        "clause", _clause, _now("clause"), hint=gettext_lazy("寫條款的編碼。"),
    ),
    Column(
        "evidence", gettext_lazy("佐證材料"), 22,
        lambda row: evidence_words((each.form, each.count) for each in row.evidence_wanted.all()),
        "evidence", _evidence, _now("evidence"),
        hint=gettext_lazy("如「規範文件2份、實景圖片3份」。"),
    ),
    Column(
        "asks_percent", gettext_lazy("報進度"), 8, lambda row: yes(row.asks_percent),
        "asks_percent", read_yes, _now("asks_percent"), lambda names: [yes(True), yes(False)],
    ),
    Column(
        "figures", gettext_lazy("填報數據"), 18,
        lambda row: "、".join(figures.in_words(figures.wanted(row))),
        "figures", _figures, _now("figures"),
        hint=gettext_lazy("如「培訓場次（次）」，幾項用頓號隔開。"),
    ),
    Column("progress", gettext_lazy("進展情況"), 32, lambda row: row.latest_narrative),
    Column("completion", gettext_lazy("完成情況"), 14, lambda row: completion(row)),
    Column(
        "note", gettext_lazy("備註"), 18, lambda row: row.note,
        "note", read_prose, _now("note"), is_prose=True, most=300,
    ),
)  # fmt: skip


def completion(measure: Measure) -> str:
    if measure.state == Measure.State.ISSUED and measure.asks_percent:
        return _("辦理中 %(percent)d%%") % {"percent": measure.percent}
    return choice_label(Measure.State, measure.state)


def latest_narratives(measures: list[Measure]) -> dict[int, str]:
    """各措施牽頭單位最近一次審核通過的內容：分解表的「進展情況」。一次查詢。"""
    rows = (
        Round.objects.filter(
            decision=Round.Decision.ACCEPTED,
            submission__assignment__measure__in=[measure.pk for measure in measures],
            submission__assignment__role=Assignment.Role.LEAD,
        )
        .order_by("decided_at", "pk")
        .values_list("submission__assignment__measure_id", "narrative")
    )
    return dict(rows)


def with_everything(rows: Any) -> Any:
    """一行要的對象一次取齊。"""
    return rows.select_related(
        "campaign",
        "objective",
        "main_task",
        "lead_department",
        "accountable_seat__user",
        "owner",
        "clause",
    ).prefetch_related("supporting_departments", "evidence_wanted__form", "indicators", "figures")


class BreakdownSheet(SheetKind):
    code = "breakdown"
    title = gettext_lazy("任務分解表")
    columns = COLUMNS
    identity = ("code",)
    needed = ("main_task", "title")
    titles = ("code", "title")
    of_campaign = True
    may_add = True
    frozen = 4
    no_import = gettext_lazy("任務分解表由本活動辦公室編製，活動結束後不再改動。")

    def may_export(self, scope: Scope) -> bool:
        return True

    def may_import(self, scope: Scope) -> bool:
        return scope.campaign is not None and policies.can_break_down(
            scope.standing, scope.campaign
        )

    def listing(self, scope: Scope) -> Any:
        """列表頁的條件和次序；勾選了幾項的只要那幾項。"""
        query = BreakdownQuery.read(scope.params)
        rule = LightRule.on(scope.on, calendar(), scope.campaign.warn_days)
        rows = query.apply(
            visible(scope.standing, scope.campaign), standing=scope.standing, rule=rule
        )
        picked = [read_int(pk) for pk in scope.params.getlist("pick")]
        if any(pk is not None for pk in picked):
            rows = rows.filter(pk__in=[pk for pk in picked if pk is not None])
        return with_everything(rows.order_by(*query.ordering()))

    def dress(self, scope: Scope, rows: list[Measure]) -> None:
        found = latest_narratives(rows)
        for row in rows:
            row.latest_narrative = found.get(row.pk, "")

    def names(self, scope: Scope) -> Names:
        return Names.of(scope.campaign, scope.on)

    def page(self, scope: Scope) -> str:
        return reverse("tasks:breakdown", args=[scope.campaign.code])

    def explain(self) -> list[str]:
        return [
            _("要新增措施，在表的下面添一行，寫明主要任務和具體措施；新增的待下達。"),
            _("已下達的措施有改動的，會通知相關單位。"),
        ]

    def find(self, scope: Scope, keys: list[int]) -> dict[int, Measure]:
        rows = with_everything(visible(scope.standing, scope.campaign).filter(pk__in=keys))
        return {row.pk: row for row in rows}

    def locked(self, scope: Scope, row: Measure) -> str:
        if row.state not in (Measure.State.CLOSED, Measure.State.CANCELLED):
            return ""
        words = {"code": row.code, "state": row.get_state_display()}
        return _("「%(code)s」%(state)s，不能再改，請恢復原樣。") % words

    def known(self, scope: Scope, texts: list[str]) -> set[str]:
        rows = Measure.objects.filter(campaign=scope.campaign, code__in=texts)
        return set(rows.values_list("code", flat=True))

    def lacking(self, cells: dict[str, Cell]) -> dict[str, str]:
        wanted = {
            "title": _("新增的一行要寫明具體措施。"),
            "main_task": _("新增的一行要寫明主要任務。"),
        }
        return {
            key: sentence
            for key, sentence in wanted.items()
            if key not in cells or not (cells[key].text or cells[key].is_formula)
        }

    def change(self, scope: Scope, row: Measure, values: dict[str, Any], at: datetime) -> None:
        try:
            update_measure(
                actor=scope.actor, measure_id=row.pk, values=values, version=row.version, at=at
            )
        except Invalid as refusal:
            raise Refused(refusal.errors) from refusal
        except Stale as refusal:
            raise Refused({"": str(refusal)}) from refusal

    def add(self, scope: Scope, values: dict[str, Any], at: datetime) -> Measure:
        try:
            return create_measure(actor=scope.actor, campaign=scope.campaign, values=values, at=at)
        except Invalid as refusal:
            raise Refused(refusal.errors) from refusal
