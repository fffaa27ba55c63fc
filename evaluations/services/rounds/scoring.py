"""評分：單位自評、各評分方初評、領導小組改定分。改分是新的一行，舊的留着。

評的是查到的事實，得多少分由規則算。扣了分的、低於自評的、改了定分的要寫理由；
沒有改動的行不寫新的一行；別人剛改過的行不覆蓋，說出來。
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime
from decimal import Decimal

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from campaigns.standing import standing_of
from evaluations import policies
from evaluations.collecting import is_derived
from evaluations.findings import (
    UnreadableFinding,
    from_json,
    is_percentage,
    outcome_of,
    to_json,
)
from evaluations.models import (
    AssessmentRound,
    Criterion,
    Opinion,
    Questionnaire,
    Score,
    Scorer,
    Sheet,
    SheetDraft,
    SiteVisit,
)
from evaluations.services.rounds.marks import Mark, Marks
from evaluations.services.rounds.picks import Picks
from evaluations.services.rounds.telling import day_of, note, office
from evaluations.sheets import SELF_SCORED
from evaluations.sheets.reading import domain_of, place_of
from people.models import User
from people.services import heads_of
from pingtan_civ.lib.scoring import HUNDRED, ZERO, Finding, Outcome, Part, Rule, show
from tasks.models import WrongState

Phase, Stage = AssessmentRound.Phase, Score.Stage
AGREED = gettext_lazy("同意單位自評。")
"""照自評填時替評分人寫的理由；分與自評不一樣的，它不算理由。"""
COLLECTED = re.compile(r"[0-9０-９一二三四五六七八九十百千萬]\s*份")
"""「收回 120 份」：問卷的結果要說出收回多少份。"""
SOURCED = (Scorer.AUTHORITY, Scorer.SURVEY)
OPTIONAL = (Criterion.Rule.BONUS_STEPS, Criterion.Rule.PENALTY)
"""加分、扣分沒有就不用評。"""
REASON_LIMIT = 500
NOT_APPLICABLE = Outcome(ZERO, "")


class RefusedMarks(Exception):
    """有幾條不能這樣評：errors 為 {測評內容的主鍵: 怎麼改}。一條也沒有存。"""

    def __init__(self, errors: dict[int, str]) -> None:
        super().__init__("；".join(errors.values()))
        self.errors = errors


class SelfUnfinished(WrongState):
    """自評還沒有填完，不能提交：missing 是缺的各條，按表的次序。填過的已經存好。"""

    def __init__(self, missing: list[Criterion]) -> None:
        self.missing = missing
        optional = [row.number for row in missing if row.may_not_apply]
        words = {
            "count": len(missing),
            "numbers": "、".join(row.number for row in missing),
            "optional": "、".join(optional),
        }
        said = _("填過的已保存。還有 %(count)d 條沒有自評：%(numbers)s。填好再提交。") % words
        if optional:
            said += _("其中 %(optional)s 確實不涉及的，可以註明不適用。") % words
        super().__init__(said)


Objection = Callable[[Criterion, Rule, Mark, Outcome], str]
"""這一條為什麼不能這樣評；可以的返回空。"""


@transaction.atomic
def save_self_scores(*, actor: User, sheet_id: int, marks: Marks, at: datetime) -> int:
    """單位填自評，提交以前可以反覆改。返回改了幾條。

    Raises PermissionDenied、WrongState、RefusedMarks。
    """
    sheet = locked_sheet(sheet_id)
    _permit_self(actor, sheet, at)
    return write_marks(actor, sheet, Stage.SELF, marks, at, _refuse_self)


def _permit_self(actor: User, sheet: Sheet, at: datetime) -> set[int]:
    standing = standing_of(actor, day_of(at))
    if sheet.department_id not in standing.departments:
        raise PermissionDenied(_("自評由%(unit)s自己填。") % {"unit": sheet.department_name})
    if not policies.can_self_score(standing, sheet):
        raise WrongState(_("自評已經提交或截止，現在不能改；有疑問請問創建辦。"))
    return {row.pk for row in criteria_of(sheet) if row.scorer in SELF_SCORED}


def _refuse_self(criterion: Criterion, rule: Rule, mark: Mark, outcome: Outcome) -> str:
    if criterion.scorer not in SELF_SCORED:
        return _("這一條由%(scorer)s評，單位不自評。") % {"scorer": criterion.get_scorer_display()}
    if mark.finding and any(matter.is_concealed for matter in mark.finding.matters):
        return _("是不是隱瞞不報由創建辦認定，自評不填。")
    return ""


@transaction.atomic
def submit_self(*, actor: User, sheet_id: int, at: datetime) -> Sheet:
    """單位負責人提交自評，告訴辦公室。Raises PermissionDenied、WrongState、SelfUnfinished。"""
    sheet = locked_sheet(sheet_id)
    standing = standing_of(actor, day_of(at))
    if sheet.department_id not in standing.headed:
        raise PermissionDenied(_("自評由%(unit)s負責人提交。") % {"unit": sheet.department_name})
    if not policies.can_submit_self(standing, sheet):
        raise WrongState(_("自評已經提交或截止，不用再提交。"))
    if missing := self_missing(sheet):
        raise SelfUnfinished(missing)
    sheet.hand_in(by=actor, at=at)
    sheet.save(update_fields=Sheet.SELF_FIELDS)
    note(
        actor=actor,
        round_=sheet.round,
        action="self_submitted",
        at=at,
        target=sheet,
        url=sheet.get_absolute_url(),
        summary=gettext_lazy("%(unit)s提交了%(round)s的自評。"),
        notify=office(sheet.round, at),
        unit=sheet.department_name,
    )
    return sheet


def self_missing(sheet: Sheet) -> list[Criterion]:
    """要自評而還沒有自評的各條，按表的次序。"""
    scored = Score.objects.filter(sheet=sheet, stage=Stage.SELF, replaced_at=None)
    done = set(scored.values_list("criterion_id", flat=True))
    return [
        row
        for row in criteria_of(sheet)
        if row.pk not in done and row.scorer in SELF_SCORED and row.scoring_rule().part is Part.BASE
    ]


@transaction.atomic
def return_self(*, actor: User, sheet_id: int, reason: str, at: datetime) -> Sheet:
    """辦公室把提交了的自評退回單位補正，寫明為什麼：自評階段裏，或材料初評還沒有走完。

    材料初評裏，過期未交的（含自評階段退回而沒有再交的）也由這裏開放補填。

    Raises PermissionDenied、WrongState。
    """
    sheet = locked_sheet(sheet_id)
    if not policies.can_run_round(standing_of(actor, day_of(at)), sheet.round):
        raise PermissionDenied(_("自評由本活動辦公室退回。"))
    if not policies.can_be_returned(sheet):
        raise WrongState(_("自評還沒有提交，或材料初評已過，不能退回。"))
    is_late = sheet.is_past_due
    if not reason.strip():
        raise WrongState(_("開放補填要寫明為什麼。") if is_late else _("退回要寫明為什麼。"))
    said = gettext_lazy("%(round)s：%(unit)s的自評退回補正，改好重新提交。")
    if is_late:
        said = gettext_lazy("%(round)s：%(unit)s過期未交的自評開放補填，填好提交。")
    sheet.give_back(at=at)
    sheet.save(update_fields=Sheet.SELF_FIELDS)
    note(
        actor=actor,
        round_=sheet.round,
        action="self_reopened" if is_late else "self_returned",
        at=at,
        target=sheet,
        url=sheet.get_absolute_url(),
        summary=said,
        reason=reason.strip(),
        notify=heads_of(sheet.department_id, day_of(at)),
        unit=sheet.department_name,
    )
    return sheet


@transaction.atomic
def withdraw_self(*, actor: User, sheet_id: int, at: datetime) -> Sheet:
    """單位負責人撤回提交了的自評，改好再交；自評階段沒走完才行。告訴辦公室。

    Raises PermissionDenied、WrongState。
    """
    sheet = locked_sheet(sheet_id)
    standing = standing_of(actor, day_of(at))
    if sheet.department_id not in standing.headed:
        raise PermissionDenied(_("自評由%(unit)s負責人撤回。") % {"unit": sheet.department_name})
    if not policies.can_withdraw_self(standing, sheet):
        raise WrongState(_("自評還沒有提交，或自評階段已過；要改的請創建辦退回補正。"))
    sheet.take_back()
    sheet.save(update_fields=Sheet.SELF_FIELDS)
    note(
        actor=actor,
        round_=sheet.round,
        action="self_withdrawn",
        at=at,
        target=sheet,
        url=sheet.get_absolute_url(),
        summary=gettext_lazy("%(unit)s撤回了%(round)s的自評，改好再交。"),
        notify=office(sheet.round, at),
        unit=sheet.department_name,
    )
    return sheet


@transaction.atomic
def save_first_scores(*, actor: User, sheet_id: int, marks: Marks, at: datetime) -> int:
    """初評：各條由辦法寫明的評分方評。返回改了幾條。

    Raises PermissionDenied（迴避，或一條也不歸他評）、WrongState、RefusedMarks。
    """
    sheet = locked_sheet(sheet_id)
    keys = _permit_first(actor, sheet, at)
    own = _points_of(sheet, Stage.SELF)
    asked = [row for row in criteria_of(sheet) if row.pk in keys and row.pk in marks]
    collected = collected_refusals(sheet, asked)

    def refuse(criterion: Criterion, rule: Rule, mark: Mark, outcome: Outcome) -> str:
        if criterion.pk not in keys:
            return _("這一條由%(scorer)s評，不歸您評。") % {
                "scorer": criterion.get_scorer_display()
            }
        return collected.get(criterion.pk) or _unreasoned(
            criterion, rule, mark, outcome, own.get(criterion.pk)
        )

    return write_marks(actor, sheet, Stage.FIRST, marks, at, refuse)


def collected_refusals(sheet: Sheet, criteria: list[Criterion]) -> dict[int, str]:
    """憑問卷和主管部門意見評的各條，現在為什麼不能由人填：問卷已經算出，或還沒有答覆。"""
    derived = [row.pk for row in criteria if is_derived(row)]
    asked = [row.pk for row in criteria if row.scorer == Scorer.AUTHORITY]
    found: dict[int, str] = {}
    if derived:
        rows = Questionnaire.objects.current().filter(sheet=sheet, criterion__in=derived)
        said = _("這一條照記下的問卷算，要改請更正問卷。")
        found |= dict.fromkeys(rows.values_list("criterion_id", flat=True), said)
    if asked:
        waiting = Opinion.objects.current().filter(sheet=sheet, criterion__in=asked, answer="")
        for key, authority in waiting.values_list("criterion_id", "authority"):
            found[key] = _(
                "%(authority)s還沒有答覆，是「未確認」，不能當作沒有意見；收到答覆、記下以後再評。"
            ) % {"authority": authority}
    return found


def _permit_first(actor: User, sheet: Sheet, at: datetime) -> set[int]:
    standing = standing_of(actor, day_of(at))
    if policies.is_recused(standing, sheet.department_id):
        raise PermissionDenied(_("本單位的評分要迴避，請由別人來評。"))
    if sheet.round.phase not in policies.FIRST_PHASES:
        raise WrongState(_("現在不在初評階段，不能評分。"))
    teams = teams_of(actor, sheet)
    allowed = {
        row.pk
        for row in criteria_of(sheet)
        if policies.can_score_criterion(standing, sheet, row, teams)
    }
    if not allowed:
        raise PermissionDenied(_("這張表裏沒有歸您評的。"))
    return allowed


def _unreasoned(
    criterion: Criterion, rule: Rule, mark: Mark, outcome: Outcome, own: Decimal | None
) -> str:
    """缺的那個理由；寫了的、不用寫的為空。問卷的結果要說出收回多少份。"""
    if criterion.scorer == Scorer.SURVEY and not COLLECTED.search(mark.reason):
        return _("寫明哪次問卷、收回多少份，如「12月群眾滿意度問卷，收回 120 份」。")
    reason = mark.reason.strip()
    if reason and (reason != str(AGREED) or outcome.points == own):
        return ""
    if criterion.scorer in SOURCED:
        return _("寫明這個結果的來源（哪個部門、哪份文件、哪次問卷）。")
    if mark.is_not_applicable:
        return _("寫明為什麼不適用。")
    if rule.part is Part.BASE and outcome.points < rule.full:
        return _("扣了 %(points)s 分，寫明理由；理由隨結果反饋給單位。") % {
            "points": show(rule.full - outcome.points)
        }
    if rule.part is Part.PENALTY and outcome.points:
        return _("扣分要寫明理由。")
    if own is not None and outcome.points < own:
        return _("比自評少 %(points)s 分，寫明理由。") % {"points": show(own - outcome.points)}
    return ""


@transaction.atomic
def save_final_scores(*, actor: User, sheet_id: int, marks: Marks, at: datetime) -> int:
    """領導小組審定時改分：每改一條都要寫理由。沒有改的，定分就是初評的分。返回改了幾條。

    Raises PermissionDenied、WrongState、RefusedMarks。
    """
    sheet = locked_sheet(sheet_id)
    _permit_final(actor, sheet, at)
    return write_marks(actor, sheet, Stage.FINAL, marks, at, refuse_final)


def _permit_final(actor: User, sheet: Sheet, at: datetime) -> set[int]:
    standing = standing_of(actor, day_of(at))
    if policies.is_recused(standing, sheet.department_id):
        raise PermissionDenied(_("本單位的評分要迴避，請由別人來評。"))
    if not standing.is_leader(sheet.round.campaign_id):
        raise PermissionDenied(_("定分由組長和副組長來改。"))
    if not policies.can_set_final(standing, sheet.round, sheet.department_id):
        raise WrongState(_("現在不在審定階段，不能改定分。"))
    return {row.pk for row in criteria_of(sheet)}


def refuse_final(criterion: Criterion, rule: Rule, mark: Mark, outcome: Outcome) -> str:
    return "" if mark.reason.strip() else _("改定分要寫明理由。")


# ── 共用 ──────────────────────────────────────────────


def permit_scoring(actor: User, sheet: Sheet, stage: str, at: datetime) -> set[int]:
    """此人此刻在這一欄能填的各條。表要已鎖住。Raises PermissionDenied、WrongState。"""
    permit = {Stage.SELF: _permit_self, Stage.FIRST: _permit_first, Stage.FINAL: _permit_final}
    return permit[Stage(stage)](actor, sheet, at)


def locked_sheet(sheet_id: int) -> Sheet:
    """鎖住一張評分表：同一張表的評分一件一件存；考核往下走時鎖全部的表，不會兩頭錯開。

    考核走到哪一步，要等到鎖以後再讀：等鎖的時候它可能剛往下走了一步。
    """
    rows = Sheet.objects.select_for_update(of=("self",)).select_related("profile")
    sheet = rows.get(pk=sheet_id)
    rounds = AssessmentRound.objects.select_related("campaign", "scheme")
    sheet.round = rounds.get(pk=sheet.round_id)
    return sheet


def criteria_of(sheet: Sheet) -> list[Criterion]:
    """這張表要考的各條，按表的次序，檔次已取好。"""
    rows = (
        Criterion.objects.filter(section__scheme=sheet.round.scheme_id)
        .select_related("section__parent")
        .prefetch_related("steps")
    )
    own = (None, sheet.profile_id)
    return [row for row in sorted(rows, key=place_of) if domain_of(row).profile_id in own]


def teams_of(actor: User, sheet: Sheet) -> set[int]:
    """此人在不在考察這個單位的考核組裏。"""
    rows = SiteVisit.objects.filter(team=actor, sheet=sheet)
    return {sheet.department_id} if rows.exists() else set()


def _points_of(sheet: Sheet, stage: str) -> dict[int, Decimal]:
    rows = Score.objects.filter(sheet=sheet, stage=stage, replaced_at=None, is_not_applicable=False)
    return {row.criterion_id: row.points for row in rows}


def write_marks(
    actor: User, sheet: Sheet, stage: str, marks: Marks, at: datetime, refuse: Objection
) -> int:
    """存下改動了的各條；有一條不行就一條也不存。"""
    criteria = {row.pk: row for row in criteria_of(sheet)}
    rows = Score.objects.filter(sheet=sheet, stage=stage, criterion__in=list(marks))
    held = {row.criterion_id: row for row in rows if row.replaced_at is None}
    seen = {row.pk: row for row in rows}
    changed = {
        key: _emptied(criteria.get(key), mark, held.get(key))
        for key, mark in marks.items()
        if not _is_untouched(mark, held.get(key), seen)
    }
    picks = Picks.of(sheet, stage, changed, criteria)
    errors: dict[int, str] = {}
    fresh: list[Score] = []
    for key, given in changed.items():
        current = held.get(key)
        mark, refused = picks.settled(criteria.get(key), given)
        sentence, outcome = _outcome(criteria.get(key), mark, refuse)
        sentence = refused or sentence
        if mark.is_blank and current:
            sentence = _("這一條評過了，不能空着；要改就填上新的。")
        if not sentence and mark.seen is not None and mark.seen != (current.pk if current else 0):
            sentence = _("這一條剛被別人改過，請刷新看看再評。")
        if sentence:
            errors[key] = sentence
            continue
        fresh.append(
            Score(
                sheet=sheet,
                criterion_id=key,
                stage=stage,
                finding={} if mark.is_not_applicable else to_json(mark.finding),
                is_not_applicable=mark.is_not_applicable,
                hundredths=int(outcome.points.scaleb(2)),
                reason=mark.reason.strip(),
                by=actor,
                at=at,
            )
        )
    if errors:
        raise RefusedMarks(errors)
    put_scores(fresh, at)
    _use_up_draft(actor, sheet, stage, marks, at)
    if fresh:
        _note_scores(actor, sheet, stage, fresh, criteria, at)
    return len(fresh)


def _use_up_draft(actor: User, sheet: Sheet, stage: str, marks: Marks, at: datetime) -> None:
    """保存了的各條從此人的草稿裏拿掉；別人的草稿不動。"""
    for draft in SheetDraft.objects.filter(sheet=sheet, stage=stage, by=actor):
        left = {key: row for key, row in draft.typed.items() if int(key) not in marks}
        draft.keep(left, at=at)
        draft.save(update_fields=SheetDraft.KEPT)


def put_scores(fresh: list[Score], at: datetime) -> None:
    """寫下新的評分，被改的各行記上被改的時間。表要已鎖住。"""
    changed: dict[tuple[int, str], list[int]] = {}
    for score in fresh:
        changed.setdefault((score.sheet_id, score.stage), []).append(score.criterion_id)
    for (sheet_id, stage), criteria in changed.items():
        Score.objects.filter(
            sheet=sheet_id, stage=stage, criterion__in=criteria, replaced_at=None
        ).update(replaced_at=at)
    Score.objects.bulk_create(fresh)


def _is_untouched(mark: Mark, current: Score | None, seen: Mapping[int, Score]) -> bool:
    """與打開頁面時一樣（或沒有評過又沒有填）：不算改動，也就不會蓋掉別人剛改的。"""
    was = current if mark.seen is None else seen.get(mark.seen)
    if was is None:
        return mark.is_blank and not mark.reason.strip()
    return (
        was.is_not_applicable == mark.is_not_applicable
        and was.reason == mark.reason.strip()
        and (mark.is_not_applicable or was.finding == to_json(mark.finding))
    )


def _emptied(criterion: Criterion | None, mark: Mark, current: Score | None) -> Mark:
    """加分、扣分評過又全部去掉的，是沒有記錄，不是沒有評；基本分的不能空着。"""
    is_extra = criterion is not None and criterion.rule in OPTIONAL
    return replace(mark, finding=Finding()) if is_extra and current and mark.is_blank else mark


def _outcome(criterion: Criterion | None, mark: Mark, refuse: Objection) -> tuple[str, Outcome]:
    """（不行的話說為什麼，得分）。"""
    if criterion is None:
        return _("這一條不在這張表上，請刷新看看。"), NOT_APPLICABLE
    if len(mark.reason.strip()) > REASON_LIMIT:
        return (
            _("理由最多 %(limit)d 字，請寫短些。") % {"limit": REASON_LIMIT},
            NOT_APPLICABLE,
        )
    rule, outcome = criterion.scoring_rule(), NOT_APPLICABLE
    if mark.is_not_applicable:
        if not criterion.may_not_apply:
            return _("辦法沒有說這一條可以不適用。"), outcome
        if not mark.reason.strip():
            return _("寫明為什麼不適用。"), outcome
    elif mark.finding is None:
        return _("填上查到的情況，或清空理由。"), outcome
    else:
        try:
            outcome = outcome_of(rule, from_json(to_json(mark.finding)))
        except UnreadableFinding:
            return _("填的與這一條的計分規則對不上，請核對。"), outcome
        if sentence := _impossible(criterion, rule, mark.finding):
            return sentence, outcome
    return refuse(criterion, rule, mark, outcome), outcome


def _impossible(criterion: Criterion, rule: Rule, finding: Finding) -> str:
    """百分數過了 100 的，是填錯了。"""
    value = finding.value
    if value is None or value <= HUNDRED or not is_percentage(rule, criterion.text):
        return ""
    return _("這一條是百分數，填 0 到 100，如 93.5；現在填的是 %(value)s。") % {
        "value": show(value)
    }


def _note_scores(
    actor: User,
    sheet: Sheet,
    stage: str,
    fresh: list[Score],
    criteria: Mapping[int, Criterion],
    at: datetime,
) -> None:
    numbers = "、".join(criteria[score.criterion_id].number for score in fresh)
    note(
        actor=actor,
        round_=sheet.round,
        action=f"scored_{stage}",
        at=at,
        target=sheet,
        summary=gettext_lazy("%(round)s：%(unit)s%(stage)s %(count)d 條（%(numbers)s）。"),
        unit=sheet.department_name,
        stage=Stage(stage).label,
        count=len(fresh),
        numbers=numbers,
    )
