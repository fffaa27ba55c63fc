"""科室和窗口單位：組織架構頁上列的那些。撤併、恢復和示範點身份要依據，在頁面上辦。"""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from exchange.cells import Cell, Named, choice_reader, read_day, read_number, read_text
from exchange.kinds import Column, Scope, SheetKind
from exchange.sheets.common import filled_form
from people import policies, services
from people.forms import DepartmentForm, NewDepartmentForm
from people.listing import departments_with_people, list_departments
from people.models import Appointment, Department
from tasks.labels import choice_label


@dataclass
class Names:
    departments: Named


def _parent(names: Names, cell: Cell) -> Department | None:
    return names.departments.pick(cell.text, _("上級單位"))


def _people(row: Department, role: str) -> str:
    return "、".join(post.user.name for post in row.posts if post.role == role)


COLUMNS = (
    Column(
        "code", gettext_lazy("代碼"), 18, lambda row: row.code, "code", read_text, only_new=True,
        hint=gettext_lazy("新增的單位填，字母、數字和連字符；定下後不在這裏改。"), most=40,
    ),
    Column(
        "name", gettext_lazy("名稱"), 22, lambda row: row.name, "name", read_text,
        lambda row: row.name, most=60,
    ),
    Column(
        "short_name", gettext_lazy("簡稱"), 12, lambda row: row.short_name,
        "short_name", read_text, lambda row: row.short_name, most=20,
    ),
    Column(
        "kind", gettext_lazy("類別"), 10, lambda row: choice_label(Department.Kind, row.kind),
        "kind",
        choice_reader(Department.Kind, gettext_lazy("類別"), Department.Kind.SECTION),
        lambda row: row.kind, lambda names: [str(label) for label in Department.Kind.labels],
    ),
    Column(
        "parent", gettext_lazy("上級"), 20, lambda row: row.parent.name if row.parent else "",
        "parent", _parent, lambda row: row.parent, lambda names: names.departments.labels,
    ),
    Column(
        "position", gettext_lazy("排序"), 8, lambda row: row.position, "position", read_number,
        lambda row: row.position, hint=gettext_lazy("小的在前。"),
    ),
    Column(
        "note", gettext_lazy("備註"), 24, lambda row: row.note, "note", read_text,
        lambda row: row.note, most=200,
    ),
    Column(
        "start_date", gettext_lazy("設立日期"), 12, lambda row: "", "start_date", read_day,
        only_new=True, hint=gettext_lazy("只用於新增的單位；不知道就留空。"),
    ),
    Column(
        "reason", gettext_lazy("設立依據"), 20, lambda row: "", "reason", read_text,
        only_new=True, most=200, hint=gettext_lazy("只用於新增的單位。"),
    ),
    Column(
        "heads", gettext_lazy("負責人"), 14, lambda row: _people(row, Appointment.Role.HEAD)
    ),
    Column(
        "clerks", gettext_lazy("經辦人"), 18, lambda row: _people(row, Appointment.Role.CLERK)
    ),
    Column(
        "demonstration", gettext_lazy("示範點"), 14,
        lambda row: "、".join(each.get_level_display() for each in row.demonstrations),
    ),
)  # fmt: skip


class DepartmentSheet(SheetKind):
    code = "departments"
    title = gettext_lazy("科室和單位")
    columns = COLUMNS
    model = Department
    identity = ("code",)
    needed = ("code", "name")
    titles = ("code", "name")
    may_add = True
    # 新設的單位可以是同一份表裏別的單位的上級。
    portion = most_rows = 2_000
    no_import = gettext_lazy("只有領導小組辦公室和管理員可以維護單位和人員。")

    def may_export(self, scope: Scope) -> bool:
        return True

    def may_import(self, scope: Scope) -> bool:
        return policies.can_maintain_organisation(scope.actor, scope.on)

    def listing(self, scope: Scope) -> list[Department]:
        listed = list_departments(
            scope.on,
            scope.params.get("q", "").strip(),
            show_closed=scope.params.get("closed") == "1",
        )
        rows = [department for department, _posts in listed.rows]
        parents = Department.objects.in_bulk([row.parent_id for row in rows if row.parent_id])
        for row in rows:
            row.parent = parents.get(row.parent_id)
        return rows

    def names(self, scope: Scope) -> Names:
        rows = Department.objects.existing(scope.on)
        return Names(Named((row, [row.name, row.short_name, row.code]) for row in rows))

    def welcome(self, names: Names, row: Department) -> None:
        names.departments.add(row, [row.name, row.short_name, row.code])

    def page(self, scope: Scope) -> str:
        return reverse("people:organisation")

    def explain(self) -> list[str]:
        return [
            _("要新增單位，在表的下面添一行，寫明代碼、名稱和類別。"),
            _("撤併、恢復、示範點和任免要有依據，仍在頁面上辦。"),
        ]

    def find(self, scope: Scope, keys: list[int]) -> dict[int, Department]:
        rows = departments_with_people(scope.on).filter(pk__in=keys).select_related("parent")
        return {row.pk: row for row in rows}

    def known(self, scope: Scope, texts: list[str]) -> set[str]:
        rows = Department.objects.filter(code__in=texts)
        return set(rows.values_list("code", flat=True))

    def change(self, scope: Scope, row: Department, values: dict[str, Any], at: datetime) -> None:
        form = filled_form(DepartmentForm, row, values, on=scope.on)
        services.update_department(
            actor=scope.actor, department_id=row.pk, values=form.cleaned_data, at=at
        )

    def add(self, scope: Scope, values: dict[str, Any], at: datetime) -> Department:
        form = filled_form(NewDepartmentForm, None, values, on=scope.on)
        given = dict(form.cleaned_data)
        start_date: date | None = given.pop("start_date")
        reason = given.pop("reason")
        return services.create_department(
            actor=scope.actor, values=given, start_date=start_date, reason=reason, at=at
        )
