"""問卷和主管部門的意見：記一份、更正一份、撤下一份。

更正是新的一行，舊的連同誰記的、什麼時候、為什麼改都留着。問卷算得出事實的，初評的分隨之重算，
也是新的一行評分：改分記錄裏看得到。
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, TypeVar

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from campaigns.standing import standing_of
from evaluations import policies
from evaluations.collecting import COLLECTED, finding_of, is_derived, pooled, sheets_words
from evaluations.findings import outcome_of, to_json
from evaluations.models import Collected, Criterion, Opinion, Questionnaire, Score, Sheet
from evaluations.services.rounds.scoring import criteria_of, locked_sheet, put_scores
from evaluations.services.rounds.telling import day_of, note
from journal.changes import apply_changes
from journal.services import source_script
from people.models import User
from tasks.models import WrongState

Row = TypeVar("Row", bound=Collected)
Stage = Score.Stage
Values = Mapping[str, Any]


@transaction.atomic
def record_collected(
    *, actor: User, sheet_id: int, criterion_id: int, values: Values, at: datetime
) -> Collected:
    """記一次問卷，或一個機關的意見。Raises PermissionDenied、WrongState、ValidationError。"""
    sheet, criterion = _opened(actor, sheet_id, criterion_id, at)
    row = COLLECTED[criterion.scorer](sheet=sheet, criterion=criterion, by=actor, at=at, **values)
    _check(row, at)
    row.save()
    _note(actor, row, "recorded", gettext_lazy("%(round)s：%(unit)s %(number)s 記了%(row)s。"), at)
    _rescore(actor, sheet, criterion, at)
    return row


@transaction.atomic
def correct_collected(
    *, actor: User, model: type[Row], row_id: int, values: Values, reason: str, at: datetime
) -> Row:
    """更正：寫明為什麼。沒有真改的不記。Raises PermissionDenied、WrongState、ValidationError。"""
    old, criterion = _current(actor, model, row_id, at)
    if not reason.strip():
        raise ValidationError({"reason": _("寫明為什麼更正，記錄上要能查到。")})
    fresh = _copy(old, actor, reason, at)
    changes = apply_changes(fresh, values)
    if not changes:
        return old
    _check(fresh, at)
    _replace(old, fresh, at)
    said = gettext_lazy("%(round)s：%(unit)s %(number)s 更正%(row)s。")
    _note(actor, fresh, "corrected", said, at, changes=changes)
    _rescore(actor, old.sheet, criterion, at)
    return fresh


@transaction.atomic
def withdraw_collected(
    *, actor: User, model: type[Row], row_id: int, reason: str, at: datetime
) -> Row:
    """撤下記錯了的一份：不再作數，記錄留着。Raises PermissionDenied、WrongState、ValidationError。"""
    old, criterion = _current(actor, model, row_id, at)
    if not reason.strip():
        raise ValidationError({"reason": _("寫明為什麼撤下，記錄上要能查到。")})
    fresh = _copy(old, actor, reason, at)
    fresh.is_withdrawn = True
    _replace(old, fresh, at)
    _note(
        actor, fresh, "withdrawn", gettext_lazy("%(round)s：%(unit)s %(number)s 撤下%(row)s。"), at
    )
    _rescore(actor, old.sheet, criterion, at)
    return fresh


def _opened(actor: User, sheet_id: int, criterion_id: int, at: datetime) -> tuple[Sheet, Criterion]:
    """鎖住表，問過權限：評得了這一條的人記這一條的問卷和意見。"""
    sheet = locked_sheet(sheet_id)
    found = [row for row in criteria_of(sheet) if row.pk == criterion_id]
    if not found or found[0].scorer not in COLLECTED:
        raise WrongState(_("這一條不憑問卷或主管部門的意見評，請刷新看看。"))
    standing = standing_of(actor, day_of(at))
    if policies.is_recused(standing, sheet.department_id):
        raise PermissionDenied(_("本單位的評分要迴避，請由別人來記。"))
    if not standing.is_office(sheet.round.campaign_id):
        raise PermissionDenied(_("問卷和主管部門的意見由本活動辦公室記。"))
    if sheet.round.phase not in policies.FIRST_PHASES:
        raise WrongState(_("現在不在初評階段，問卷和意見不能再改。"))
    return sheet, found[0]


def _current(actor: User, model: type[Row], row_id: int, at: datetime) -> tuple[Row, Criterion]:
    where = model.objects.get(pk=row_id)
    sheet, criterion = _opened(actor, where.sheet_id, where.criterion_id, at)
    # 等鎖的時候別人可能剛更正過，鎖住以後再讀。
    row: Any = model.objects.get(pk=row_id)
    if not row.is_current:
        raise WrongState(_("這一份剛被更正或撤下了，請刷新看看。"))
    row.sheet = sheet
    return row, criterion


def _copy(old: Row, actor: User, reason: str, at: datetime) -> Row:
    return type(old)(
        sheet=old.sheet,
        criterion=old.criterion,
        by=actor,
        at=at,
        reason=reason.strip(),
        replaces=old,
        **old.facts(),
    )


def _replace(old: Collected, fresh: Collected, at: datetime) -> None:
    old.replaced_at = at
    old.save(update_fields=["replaced_at"])
    fresh.save()


def _check(row: Collected, at: datetime) -> None:
    row.full_clean(exclude=["sheet", "criterion", "by", "replaces"])
    today = day_of(at)
    if isinstance(row, Questionnaire):
        if row.held_date > today:
            raise ValidationError({"held_date": _("調查日期還沒有到，請核對。")})
        total = sum(each["number"] for each in row.counts)
        if total != row.valid:
            words = {"total": total, "valid": row.valid}
            raise ValidationError(
                {"valid": _("各項加起來是 %(total)d 份，有效的寫了 %(valid)d 份，請核對。") % words}
            )
    if isinstance(row, Opinion):
        if row.asked_date > today:
            raise ValidationError({"asked_date": _("發函日期還沒有到，請核對。")})
        if row.answered_date and row.answered_date > today:
            raise ValidationError({"answered_date": _("答覆日期還沒有到，請核對。")})


def _rescore(actor: User, sheet: Sheet, criterion: Criterion, at: datetime) -> None:
    """問卷變了，初評的那一格照合起來的數重算；一次也不剩的，回到沒有評。"""
    if not is_derived(criterion):
        return
    rows = list(Questionnaire.objects.current().filter(sheet=sheet, criterion=criterion))
    finding = finding_of(criterion.rule, pooled(rows))
    if finding is None:
        held = Score.objects.filter(
            sheet=sheet, criterion=criterion, stage=Stage.FIRST, replaced_at=None
        )
        held.update(replaced_at=at)
        return
    outcome = outcome_of(criterion.scoring_rule(), finding)
    with source_script():
        reason = sheets_words(rows)
    put_scores(
        [
            Score(
                sheet=sheet,
                criterion=criterion,
                stage=Stage.FIRST,
                finding=to_json(finding),
                hundredths=int(outcome.points.scaleb(2)),
                reason=reason,
                by=actor,
                at=at,
            )
        ],
        at,
    )


def _note(
    actor: User,
    row: Collected,
    action: str,
    summary: Any,
    at: datetime,
    changes: dict[str, list[Any]] | None = None,
) -> None:
    sheet = row.sheet
    with source_script():
        said = str(row)
    note(
        actor=actor,
        round_=sheet.round,
        action=f"{row._meta.model_name}_{action}",
        at=at,
        target=sheet,
        summary=summary,
        reason=row.reason,
        changes=changes,
        unit=sheet.department_name,
        number=row.criterion.number,
        row=said,
    )
