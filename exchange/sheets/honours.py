"""榮譽台賬：列表頁上篩選出的那些；原有的台賬照表頭貼進來就能導入。"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from campaigns.models import Campaign
from evaluations import policies
from evaluations.forms import HonourForm
from evaluations.honours import HonourQuery
from evaluations.models import Honour
from evaluations.services.honours import record_honour, update_honour
from exchange.cells import Cell, Named, choice_reader, read_day, read_text
from exchange.kinds import Column, Scope, SheetKind
from exchange.sheets.common import filled_form
from people.models import Department, User
from pingtan_civ.lib.numbers import read_int
from tasks.labels import choice_label


@dataclass
class Names:
    departments: Named
    people: Named
    campaigns: Named


def _department(names: Names, cell: Cell) -> Department | None:
    return names.departments.pick(cell.text, _("單位"))


def _person(names: Names, cell: Cell) -> User | None:
    return names.people.pick(cell.text, _("人"))


def _campaign(names: Names, cell: Cell) -> Campaign | None:
    return names.campaigns.pick(cell.text, _("創建活動"))


def _name(row: Any) -> str:
    return row.name if row else ""


COLUMNS = (
    Column(
        "number", gettext_lazy("編號"), 7, lambda row: row.pk,
        hint=gettext_lazy("系統的編號；新增的留空。"),
    ),
    Column(
        "name", gettext_lazy("榮譽名稱"), 32, lambda row: row.name, "name", read_text,
        lambda row: row.name, most=100,
    ),
    Column(
        "level", gettext_lazy("級別"), 9, lambda row: choice_label(Honour.Level, row.level),
        "level", choice_reader(Honour.Level, gettext_lazy("級別")), lambda row: row.level,
        lambda names: [str(label) for label in Honour.Level.labels],
    ),
    Column(
        "granted_by", gettext_lazy("授予機關"), 28, lambda row: row.granted_by,
        "granted_by", read_text, lambda row: row.granted_by, most=80,
    ),
    Column(
        "granted_date", gettext_lazy("授予日期"), 12, lambda row: row.granted_date,
        "granted_date", read_day, lambda row: row.granted_date,
        hint=gettext_lazy("寫明年份；只知道月份的，寫「2024年2月」就記作當月最後一天。"),
    ),
    Column(
        "document_number", gettext_lazy("文號"), 20, lambda row: row.document_number,
        "document_number", read_text, lambda row: row.document_number, most=60,
    ),
    Column(
        "department", gettext_lazy("獲獎單位"), 18, lambda row: _name(row.department),
        "department", _department, lambda row: row.department,
        hint=gettext_lazy("授給本局的，單位和個人都留空。"),
    ),
    Column(
        "person", gettext_lazy("獲獎個人"), 12, lambda row: _name(row.person),
        "person", _person, lambda row: row.person,
        hint=gettext_lazy("寫姓名；有同名的寫賬號。"),
    ),
    Column(
        "campaign", gettext_lazy("創建活動"), 22, lambda row: _name(row.campaign),
        "campaign", _campaign, lambda row: row.campaign,
        lambda names: names.campaigns.labels,
    ),
    Column(
        "note", gettext_lazy("備註"), 24, lambda row: row.note, "note", read_text,
        lambda row: row.note, most=200,
    ),
    Column(
        "series", gettext_lazy("同一項榮譽的名稱"), 18, lambda row: row.series, "series", read_text,
        lambda row: row.series, most=60,
        hint=gettext_lazy("各級先後授予的同一項寫同一個名稱；加分只取最高的一級。"),
    ),
    Column(
        "revoked_date", gettext_lazy("撤銷日期"), 12, lambda row: row.revoked_date,
        "revoked_date", read_day, lambda row: row.revoked_date,
    ),
)  # fmt: skip


class HonourSheet(SheetKind):
    code = "honours"
    title = gettext_lazy("榮譽台賬")
    columns = COLUMNS
    model = Honour
    identity = ("number",)
    needed = ("name", "granted_by")
    titles = ("name",)
    may_add = True
    no_import = gettext_lazy("榮譽台賬由領導小組辦公室和管理員記載。")

    def may_export(self, scope: Scope) -> bool:
        return True

    def may_import(self, scope: Scope) -> bool:
        return policies.can_record_honours(scope.standing)

    def listing(self, scope: Scope) -> Any:
        return HonourQuery.read(scope.params).apply(Honour.objects.with_recipients())

    def names(self, scope: Scope) -> Names:
        people = User.objects.filter(is_active=True)
        campaigns = Campaign.objects.exclude(state=Campaign.State.DRAFT)
        return Names(
            Named((row, [row.name, row.short_name]) for row in Department.objects.all()),
            Named((row, [row.name, row.username]) for row in people),
            Named((row, [row.name, row.code]) for row in campaigns),
        )

    def page(self, scope: Scope) -> str:
        return reverse("evaluations:honour-list")

    def explain(self) -> list[str]:
        return [
            _("要新增，在表的下面添一行，寫明榮譽名稱、級別、授予機關和授予日期。"),
            _("原有的台賬：把列名改成導出的這些，整列貼進來即可。"),
        ]

    def find(self, scope: Scope, keys: list[int]) -> dict[int, Honour]:
        return {row.pk: row for row in Honour.objects.with_recipients().filter(pk__in=keys)}

    def known(self, scope: Scope, texts: list[str]) -> set[str]:
        numbers = [number for text in texts if (number := read_int(text)) is not None]
        rows = Honour.objects.filter(pk__in=numbers)
        return {str(pk) for pk in rows.values_list("pk", flat=True)}

    def change(self, scope: Scope, row: Honour, values: dict[str, Any], at: datetime) -> None:
        form = filled_form(HonourForm, row, values, on=scope.on)
        update_honour(actor=scope.actor, honour_id=row.pk, values=form.cleaned_data, at=at)

    def add(self, scope: Scope, values: dict[str, Any], at: datetime) -> Honour:
        form = filled_form(HonourForm, None, values, on=scope.on)
        return record_honour(actor=scope.actor, values=form.cleaned_data, at=at)
