"""導入 .xlsx 任務分解表：先核對每一格，全部說得通才一次寫入，否則一行也不寫。"""

from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import Max
from django.utils import timezone
from django.utils.translation import gettext as _

from campaigns.models import Campaign, Cycle, Objective, PlanDraft, Seat
from campaigns.services.plan_drafts import DraftGone
from campaigns.standing import office_members, standing_of
from journal.services import record, source_script
from people.models import Department, User
from pingtan_civ.lib.dates import long_date
from pingtan_civ.lib.plan.breakdown import ParsedBreakdown
from pingtan_civ.lib.script import search_key
from tasks import policies
from tasks.models import MainTask, Measure
from tasks.services.codes import next_measure_codes
from tasks.services.departments import Departments

_TITLE, _NOTE = 200, 300


class TableRefused(Exception):
    """表裏還有要改的地方，一行也沒有寫入。"""


@dataclass(frozen=True)
class TableProblem:
    """一處要改的地方：哪一行、哪一格、原來寫的什麼、怎麼改。"""

    row: int
    cell: str
    value: str
    message: str


@dataclass
class TableRow:
    """核對過的一行。exists 表示分解表裏已有同一任務下的同名措施。"""

    row: int
    objective: str
    task: str
    title: str
    requirement: str
    lead: Department | None
    lead_name: str
    supporting: list[Department]
    supporting_names: list[str]
    due: date | None
    due_text: str
    cycle: str
    leader: str
    owner: str
    note: str
    exists: bool = False
    problems: list[TableProblem] = field(default_factory=list)

    @property
    def cycle_label(self) -> str:
        return str(Cycle(self.cycle).label)


@dataclass
class TablePreview:
    title: str
    sheet: str
    rows: list[TableRow]
    problems: list[TableProblem]

    @property
    def fresh(self) -> list[TableRow]:
        return [row for row in self.rows if not row.exists]

    @property
    def can_save(self) -> bool:
        return bool(self.fresh) and not self.problems


def table_json(parsed: ParsedBreakdown) -> dict[str, Any]:
    """讀出的表，存進草稿。每格記着自己的地址，報錯時用得上。"""
    return {
        "title": parsed.title,
        "sheet": parsed.sheet,
        "problems": [
            {"row": p.line, "cell": p.cell, "message": p.message} for p in parsed.problems
        ],
        "rows": [
            {
                "row": row.row,
                "cells": {key: [cell.text, cell.address] for key, cell in row.cells.items()},
                "lead": row.proposals.lead,
                "supporting": list(row.proposals.supporting),
                "due": row.proposals.due,
                "cycle": row.proposals.cycle,
            }
            for row in parsed.rows
        ],
    }


def check_table(draft: PlanDraft, today: date) -> TablePreview:
    """逐行核對：單位認得嗎、時限在活動期內嗎、是不是已經有了。不寫庫。"""
    table = draft.table or {"title": "", "sheet": "", "rows": [], "problems": []}
    departments = Departments.on(today)
    existing = {
        (search_key(task), search_key(title))
        for task, title in Measure.objects.filter(campaign=draft.campaign).values_list(
            "main_task__title", "title"
        )
    }
    rows = [_row(entry, table["title"], departments, draft.campaign) for entry in table["rows"]]
    for row in rows:
        key = (search_key(row.task), search_key(row.title))
        row.exists = key in existing
        existing.add(key)  # 表裏自己重複的，也只建一項
    read = {entry["row"]: entry["cells"] for entry in table["rows"]}
    problems = [
        TableProblem(
            p["row"], p["cell"], _value_at(read.get(p["row"], {}), p["cell"]), p["message"]
        )
        for p in table["problems"]
    ]
    problems += [problem for row in rows for problem in row.problems]
    problems.sort(key=lambda problem: (problem.row, problem.cell))
    return TablePreview(table["title"], table["sheet"], rows, problems)


@transaction.atomic
def import_table(*, actor: User, campaign_id: int, draft_id: int, at: datetime) -> str:
    """把核對無誤的表寫成目標、任務和待下達的措施，留痕並知會辦公室其他人。返回一句話。

    Raises PermissionDenied、DraftGone（草稿已保存或放棄）、TableRefused（還有要改的地方）。
    """
    campaign = Campaign.objects.select_for_update().get(pk=campaign_id)
    if not policies.can_break_down(standing_of(actor, timezone.localdate(at)), campaign):
        raise PermissionDenied(_("只有本活動辦公室的人可以導入任務分解表，活動結束後不能再導入。"))
    draft = PlanDraft.objects.filter(pk=draft_id, campaign=campaign, user=actor).first()
    if draft is None:
        raise DraftGone(_("這份草稿已經保存或放棄了，請重新導入。"))
    draft.campaign = campaign
    table = check_table(draft, timezone.localdate(at))
    if table.problems:
        raise TableRefused(
            _("表裏還有 %(count)d 處要改，一行也沒有寫入。改好後重新上傳。")
            % {"count": len(table.problems)}
        )
    if not table.fresh:
        raise TableRefused(_("表裏的措施分解表裏都有了，沒有新的可寫入。"))
    measures = _write(table, campaign, timezone.localdate(at))
    with source_script():
        record(
            actor=actor,
            action="tasks.table_imported",
            target=campaign,
            summary=_sentence(table, measures),
            at=at,
            notify=office_members(campaign, timezone.localdate(at)),
        )
    draft.delete()
    return _sentence(table, measures)


def _sentence(table: TablePreview, measures: list[Measure]) -> str:
    return _(
        "已從任務分解表導入 %(count)d 項措施，都是待下達；已有的 %(skipped)d 項沒有重複建。"
    ) % {"count": len(measures), "skipped": len(table.rows) - len(measures)}


# ── 核對 ──────────────────────────────────────────────


def _row(
    entry: dict[str, Any], sheet_title: str, departments: Departments, campaign: Campaign
) -> TableRow:
    cells = {key: text for key, (text, _address) in entry["cells"].items()}
    measure, task, objective = (cells.get(k, "").strip() for k in ("measure", "task", "objective"))
    title = measure or task or objective
    row = TableRow(
        row=entry["row"],
        objective=_heading(objective) if title != objective else "",
        # 沒有任務一列的表，任務就用目標或表名頂上：措施總要掛在一項任務之下。
        task=_heading((task if measure else "") or objective or sheet_title or _unnamed()),
        title=title if len(title) <= _TITLE else f"{title[: _TITLE - 1]}…",
        requirement=title if len(title) > _TITLE else "",
        lead=None,
        lead_name=entry["lead"] or "",
        supporting=[],
        supporting_names=entry["supporting"],
        due=_date(entry["due"]),
        due_text=cells.get("due", ""),
        cycle=entry["cycle"] if entry["cycle"] in Cycle.values else Cycle.ONCE,
        leader=cells.get("leader", ""),
        owner=cells.get("owner", ""),
        note=cells.get("note", ""),
    )
    _match_departments(row, entry["cells"], departments)
    if row.due and not campaign.start_date <= row.due <= campaign.end_date:
        address = entry["cells"].get("due", ["", ""])[1]
        row.problems.append(TableProblem(row.row, address, row.due_text, _outside(campaign)))
    return row


@source_script()
def _unnamed() -> str:
    """表和行都沒寫任務時，任務的名稱；要存下來，所以用原文。"""
    return _("任務分解表")


def _outside(campaign: Campaign) -> str:
    return _("完成時限不在活動期內（%(start)s至%(end)s），請改正。") % {
        "start": long_date(campaign.start_date),
        "end": long_date(campaign.end_date),
    }


def _match_departments(
    row: TableRow, cells: dict[str, list[str]], departments: Departments
) -> None:
    for name in filter(None, [row.lead_name, *row.supporting_names]):
        found = departments.find(name)
        if found is None:
            row.problems.append(
                TableProblem(row.row, _address_of(cells, name), name, _unknown(name, departments))
            )
        elif name == row.lead_name:
            row.lead = found
        elif found != row.lead and found not in row.supporting:
            row.supporting.append(found)


def _unknown(name: str, departments: Departments) -> str:
    similar = departments.similar(name)
    if not similar:
        return _("單位名單裏沒有「%(name)s」；改成名單裏的名稱，或先在組織架構裏建立它。") % {
            "name": name
        }
    return _("單位名單裏沒有「%(name)s」；相近的有：%(similar)s。") % {
        "name": name,
        "similar": "、".join(similar),
    }


def _address_of(cells: dict[str, list[str]], name: str) -> str:
    """寫着這個單位的那一格。"""
    keys = ("lead", "joint", "supporting")
    found = (cells[key][1] for key in keys if key in cells and name in cells[key][0])
    return next(found, "")


def _value_at(cells: dict[str, list[str]], address: str) -> str:
    return next((text for text, where in cells.values() if where == address), "")


def _heading(text: str) -> str:
    return text.replace("\n", "")[:_TITLE]


def _date(due: str | None) -> date | None:
    try:
        return date.fromisoformat(due) if due else None
    except ValueError:
        return None


# ── 寫入 ──────────────────────────────────────────────


def _write(table: TablePreview, campaign: Campaign, today: date) -> list[Measure]:
    rows = table.fresh
    objectives = _headings(Objective, campaign, [row.objective for row in rows], "G")
    tasks = _headings(MainTask, campaign, [row.task for row in rows], "T")
    codes = next_measure_codes(campaign)
    people = _People(campaign, today)
    measures = []
    for row in rows:
        task = tasks[search_key(row.task)]
        code, position = codes.take(task)
        seat, owner, note = people.place(row)
        measures.append(
            Measure(
                campaign=campaign,
                main_task=task,
                objective=objectives.get(search_key(row.objective)),
                code=code,
                position=position,
                title=row.title,
                requirement=row.requirement,
                lead_department=row.lead,
                accountable_seat=seat,
                owner=owner,
                due_date=row.due,
                cycle=row.cycle,
                note=note[:_NOTE],
            )
        )
    Measure.objects.bulk_create(measures)
    through = Measure.supporting_departments.through
    through.objects.bulk_create(
        through(measure_id=measure.pk, department_id=department.pk)
        for measure, row in zip(measures, rows, strict=True)
        for department in row.supporting
    )
    return measures


def _headings(
    model: type[Objective] | type[MainTask], campaign: Campaign, titles: list[str], letter: str
) -> dict[str, Any]:
    """標題 → 目標或任務；沒有的新建，排在已有的後面。"""
    rows = model.objects.filter(campaign=campaign, retired_at__isnull=True)
    known = {search_key(row.title): row for row in rows}
    number = model.objects.filter(campaign=campaign).aggregate(last=Max("number"))["last"] or 0
    used = set(model.objects.filter(campaign=campaign).values_list("code", flat=True))
    fresh: list[Any] = []
    for title in dict.fromkeys(filter(None, titles)):
        if search_key(title) in known:
            continue
        number += 1
        while f"{letter}{number}" in used:
            number += 1
        row = model(campaign=campaign, number=number, code=f"{letter}{number}", title=title)
        known[search_key(title)] = row
        fresh.append(row)
    model.objects.bulk_create(fresh)
    return known


class _People:
    """表裏寫的責任領導、責任人，按姓名或職務認；認不出的寫進備註，不擋導入。"""

    def __init__(self, campaign: Campaign, today: date) -> None:
        # 只認當日在任的：同一職務換過人，歸現任，不歸前任。
        seats = Seat.objects.on(today).filter(campaign=campaign, role__in=Seat.LEADER_ROLES)
        self._seats: dict[str, Seat] = {}
        for seat in seats.select_related("user"):
            names = [seat.post, seat.user.name if seat.user else ""]
            for name in filter(None, names):
                self._seats.setdefault(search_key(name), seat)
        self._users: dict[str, list[User]] = {}
        for user in User.objects.filter(is_active=True):
            self._users.setdefault(search_key(user.name), []).append(user)

    @source_script()
    def place(self, row: TableRow) -> tuple[Seat | None, User | None, str]:
        seat = self._seats.get(search_key(row.leader)) if row.leader else None
        users = self._users.get(search_key(row.owner), []) if row.owner else []
        owner = users[0] if len(users) == 1 else None  # 重名的不猜
        notes = [row.note]
        if row.leader and seat is None:
            notes.append(_("責任領導：%(name)s") % {"name": row.leader})
        if row.owner and owner is None:
            notes.append(_("責任人：%(name)s") % {"name": row.owner})
        return seat, owner, "；".join(filter(None, notes))
