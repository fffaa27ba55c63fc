"""進展：單位的填報頁和辦公室的已審、退回中。讀回的只有本單位自己還開着的草稿。

報出要負責人初審、辦公室審核，都在頁面上辦；Excel 只填草稿，辦公室不改單位報的內容。
"""

from dataclasses import replace
from datetime import datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.db.models import F
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from exchange.cells import Cell, NotUnderstood, read_prose, read_yes, yes
from exchange.kinds import Column, Refused, Scope, SheetKind
from pingtan_civ.lib.numbers import read_int
from tasks import inbox
from tasks.labels import choice_label
from tasks.models import Measure, Round, Submission
from tasks.services import figures
from tasks.services.handing_in import Conflict, draft_of, save_draft
from tasks.work_forms import FigureField, PercentField, figure_text

HISTORY, RETURNED = "history", "returned"


def _measure(row: Round) -> Measure:
    return row.submission.assignment.measure


def _percent(_names: Any, cell: Cell) -> int | None:
    try:
        return PercentField().clean(cell.text)
    except ValidationError as error:
        raise NotUnderstood(" ".join(error.messages)) from error


def _figures(_names: Any, cell: Cell) -> dict[str, int]:
    """一行一項：「培訓場次（次）：12」。"""
    found = {}
    for line in filter(None, (line.strip() for line in cell.text.splitlines())):
        label, mark, number = line.replace(":", "：").rpartition("：")
        if not mark:
            raise NotUnderstood(
                _("「%(line)s」看不懂，請寫成「數據項：數」，一行一項。") % {"line": line[:60]}
            )
        try:
            value = FigureField(label=label.strip()).clean(number)
        except ValidationError as error:
            raise NotUnderstood(" ".join(error.messages)) from error
        if value is not None:
            found[label.strip()] = value
    return found


def _figure_lines(row: Round) -> str:
    """要填的每一項一行，沒有填的留着冒號等人填。"""
    values = {value.figure_id: value.hundredths for value in row.figure_values.all()}
    wanted = list(_measure(row).figures.all())
    labels = figures.in_words([(figure.name, figure.unit) for figure in wanted])
    return "\n".join(
        f"{label}：{figure_text(values[figure.pk]) if figure.pk in values else ''}"
        for figure, label in zip(wanted, labels, strict=True)
    )


COLUMNS = (
    Column("code", gettext_lazy("任務編號"), 9, lambda row: _measure(row).code),
    Column("title", gettext_lazy("具體措施"), 32, lambda row: _measure(row).title),
    Column(
        "department", gettext_lazy("單位"), 14, lambda row: row.submission.assignment.department.name
    ),
    Column("period", gettext_lazy("期"), 12, lambda row: row.submission.name),
    Column("due", gettext_lazy("報送時限"), 12, lambda row: row.submission.due_date),
    Column(
        "state", gettext_lazy("狀態"), 10,
        lambda row: choice_label(Submission.State, row.submission.state),
    ),
    Column("round", gettext_lazy("輪次"), 6, lambda row: row.number),
    Column(
        "percent", gettext_lazy("完成進度"), 9, lambda row: row.percent, "percent", _percent,
        hint=gettext_lazy("0 至 100 的整數；不報進度的措施留空。"),
    ),
    Column(
        "narrative", gettext_lazy("本期做了什麼"), 44, lambda row: row.narrative,
        "narrative", read_prose, is_prose=True, most=4000,
        hint=gettext_lazy("寫事實和數字；報出時不超過 500 字。"),
    ),
    Column(
        "problems", gettext_lazy("存在的問題"), 24, lambda row: row.problems,
        "problems", read_prose, is_prose=True, most=4000,
    ),
    Column(
        "needs", gettext_lazy("需要協調的事"), 24, lambda row: row.needs,
        "needs", read_prose, is_prose=True, most=4000,
    ),
    Column(
        "figures", gettext_lazy("填報數據"), 22, _figure_lines, "figures", _figures, is_prose=True,
        hint=gettext_lazy("一行一項，在冒號後面填數。"),
    ),
    Column(
        "is_nil", gettext_lazy("零報告"), 8, lambda row: yes(row.is_nil), "is_nil", read_yes,
        lambda row: row.is_nil, lambda names: [yes(True), yes(False)],
    ),
    Column(
        "nil_reason", gettext_lazy("零報告理由"), 22, lambda row: row.nil_reason,
        "nil_reason", read_prose, is_prose=True, most=300,
    ),
    Column("reason", gettext_lazy("退回的理由"), 24, lambda row: row.back_reason),
)  # fmt: skip


class ProgressSheet(SheetKind):
    code = "progress"
    title = gettext_lazy("進展填報表")
    columns = COLUMNS
    identity = ("code", "period")
    needed = ("code", "narrative")
    titles = ("code", "title", "period")
    of_campaign = True
    frozen = 2
    no_export = gettext_lazy("審核由本活動辦公室辦理，已審的清單也只給辦公室。")
    no_import = gettext_lazy("進展由各單位的人填報；您今天不在任何單位任職。")

    def may_export(self, scope: Scope) -> bool:
        return not self._is_history(scope) or scope.standing.is_office(scope.campaign)

    def may_import(self, scope: Scope) -> bool:
        return bool(scope.standing.departments)

    def _is_history(self, scope: Scope) -> bool:
        return scope.params.get("list") == HISTORY

    def listing(self, scope: Scope) -> Any:
        if self._is_history(scope):
            rows = inbox.decided_rounds(
                scope.campaign,
                returned=scope.params.get("state") == RETURNED,
                department=read_int(scope.params.get("unit")),
            )
            return self._complete(rows)
        reports = inbox.reports_of(scope.standing, scope.campaign, scope.on)
        order = [
            row.pk for rows in (reports.due, reports.waiting, reports.accepted) for row in rows
        ]
        found = {row.submission_id: row for row in self._current(order)}
        return [found[pk] for pk in order]

    def _current(self, submissions: list[int]) -> Any:
        rows = Round.objects.filter(
            submission__in=submissions, number=F("submission__round_number")
        )
        return self._complete(rows)

    @staticmethod
    def _complete(rows: Any) -> Any:
        return rows.select_related(
            "submission__assignment__measure__campaign", "submission__assignment__department"
        ).prefetch_related("figure_values", "submission__assignment__measure__figures")

    def dress(self, scope: Scope, rows: list[Round]) -> None:
        """退回的理由：這一輪自己的，或（正在補報的）上一輪的。"""
        last = dict(
            Round.objects.filter(submission__in={row.submission_id for row in rows})
            .exclude(decision__in=["", Round.Decision.ACCEPTED])
            .order_by("number")
            .values_list("submission_id", "reason")
        )
        for row in rows:
            row.back_reason = row.reason or last.get(row.submission_id, "")

    def page(self, scope: Scope) -> str:
        name = "tasks:review-history" if self._is_history(scope) else "tasks:my-reports"
        return reverse(name, args=[scope.campaign.code])

    def explain(self) -> list[str]:
        return [
            _("只填本單位還沒報出的各期，存為草稿；報出、初審仍在頁面上辦。"),
            _("佐證材料不在表裏，請在填報頁上傳。"),
        ]

    def find(self, scope: Scope, keys: list[int]) -> dict[int, Round]:
        """本單位各期的當前一輪。"""
        rows = Round.objects.filter(
            pk__in=keys,
            number=F("submission__round_number"),
            submission__assignment__measure__campaign=scope.campaign,
            submission__assignment__department__in=scope.standing.departments,
        )
        return {row.pk: row for row in self._complete(rows)}

    def locked(self, scope: Scope, row: Round) -> str:
        if row.submission.state == Submission.State.OPEN:
            return ""
        return _("這一期已經報出，不能再改，請恢復原樣；要改請負責人退回。")

    def call(self, row: Round) -> str:
        return f"{_measure(row)} {row.submission.name}"

    def subject(self, row: Round) -> Any:
        return row.submission

    def who_changed(self, row: Round) -> str:
        """草稿不留痕，所以看是誰存的。"""
        return str(row.saved_by) if row.saved_by else _("有人")

    def change(self, scope: Scope, row: Round, values: dict[str, Any], at: datetime) -> None:
        measure = _measure(row)
        if values.get("percent") is not None and not measure.asks_percent:
            raise Refused({"percent": _("這項措施不報進度，請把這一格清空。")})
        if "figures" in values:
            values = values | {"figures": self._by_key(measure, values["figures"])}
        draft = replace(draft_of(row), **values)
        try:
            save_draft(
                actor=scope.actor,
                submission_id=row.submission_id,
                draft=draft,
                version=row.version,
                at=at,
            )
        except Conflict as refusal:
            raise Refused({"": str(refusal)}) from refusal

    @staticmethod
    def _by_key(measure: Measure, given: dict[str, int]) -> dict[int, int]:
        wanted = list(measure.figures.all())
        labels = figures.in_words([(figure.name, figure.unit) for figure in wanted])
        keys = {label: figure.pk for figure, label in zip(wanted, labels, strict=True)}
        keys |= {figure.name: figure.pk for figure in wanted}
        strange = [label for label in given if label not in keys]
        if strange:
            words = {"label": strange[0][:60], "known": "、".join(labels) or _("（沒有）")}
            raise Refused(
                {"figures": _("這項措施不報「%(label)s」；要報的是：%(known)s。") % words}
            )
        return {keys[label]: value for label, value in given.items()}
