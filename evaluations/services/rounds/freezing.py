"""定稿：審定時把全部評分表連同規則、理由、佐證哈希、當時的名稱凍成一份文字，用哈希封住。

異議的裁定改了分就出下一版：只換改了的那幾行，別的行照前一版，前一版照樣讀得到。
"""

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from campaigns.standing import standing_of
from evaluations import policies
from evaluations.models import AssessmentRound, Grade, ResultSnapshot, Score, Sheet
from evaluations.services.rounds.phases import (
    leave,
    locked_round,
    open_feedback,
)
from evaluations.services.rounds.remaining import require_finished
from evaluations.services.rounds.scoring import Marks, locked_sheet, refuse_final, write_marks
from evaluations.services.rounds.telling import day_of, note, office, tell_departments
from evaluations.sheets import (
    SheetLine,
    SheetView,
    Source,
    SourceKind,
    frozen_sheets,
    latest_snapshot,
    plain,
    rank_sheets,
    read_sheets,
    with_lines,
)
from journal.models import Entry
from journal.services import source_script
from people.models import User
from pingtan_civ.lib.dates import near_date
from tasks.models import WrongState

Phase = AssessmentRound.Phase
FORMAT = 4
"""定稿內容的格式；改了寫法就加一，舊的照舊格式讀。

2 添了負面清單的扣分、封頂和各件事；3 添了沒有評分的一條是怎麼回事（Entry.gap）；
4 添了一條的分從哪裏來（SheetLine.sources：榮譽、問卷、主管部門的意見，和所附文件的哈希）。
"""


@transaction.atomic
def decide_round(*, actor: User, round_id: int, at: datetime, reason: str = "") -> ResultSnapshot:
    """組長審定：凍成第 1 版定稿，反饋給各單位，異議期從今天起算。

    Raises PermissionDenied、WrongState、Unfinished（沒有理由而還有沒評的）。
    """
    round_ = locked_round(round_id)
    if not policies.can_decide_round(standing_of(actor, day_of(at)), round_):
        raise PermissionDenied(_("考核結果由組長審定。"))
    if round_.phase != Phase.DECISION:
        raise WrongState(_("現在不在審定階段。"))
    require_finished(round_, reason)
    with source_script():
        views = read_sheets(round_, round_.sheets.select_related("profile"))
    snapshot = _keep(round_, views, actor, at, reason)
    leave(round_, at)
    feedback = open_feedback(round_, at)
    entry = _note_edition(round_, snapshot, actor, at, gettext_lazy("審定%(round)s，定稿。"))
    tell_departments(
        round_=round_,
        sheets=round_.sheets.all(),
        title=gettext_lazy("%(round)s已審定，請%(unit)s核對；有異議的在 %(due)s前提出。"),
        at=at,
        entry=entry,
        due=near_date(feedback.due_date, day_of(at)),
    )
    return snapshot


@transaction.atomic
def revise_final(
    *, actor: User, sheet_id: int, marks: Marks, reason: str, at: datetime
) -> ResultSnapshot:
    """異議成立，領導小組裁定改分：寫下新的定分，出下一版定稿。

    Raises PermissionDenied、WrongState、RefusedMarks。
    """
    sheet = Sheet.objects.get(pk=sheet_id)
    round_ = locked_round(sheet.round_id)
    _permit_revision(actor, round_, at)
    if policies.is_recused(standing_of(actor, day_of(at)), sheet.department_id):
        raise PermissionDenied(_("本單位的評分要迴避，請由別人來裁定。"))
    sheet = locked_sheet(sheet_id)
    if not write_marks(actor, sheet, Score.Stage.FINAL, marks, at, refuse_final):
        raise WrongState(_("分數沒有改動，不用出下一版。"))
    return reissue(actor=actor, round_id=round_.pk, reason=reason, at=at)


@transaction.atomic
def reissue(*, actor: User, round_id: int, reason: str, at: datetime) -> ResultSnapshot:
    """出下一版定稿，寫明為什麼。只換定分改了的行，合計、等次、名次隨之重算。

    Raises PermissionDenied、WrongState。
    """
    round_ = locked_round(round_id)
    _permit_revision(actor, round_, at)
    if not reason.strip():
        raise WrongState(_("出下一版定稿要寫明為什麼。"))
    last = latest_snapshot(round_)
    with source_script():
        live = read_sheets(round_, round_.sheets.select_related("profile"), with_evidence=False)
        views = _amended(round_, frozen_sheets(last), live)
    snapshot = _keep(round_, views, actor, at, reason)
    _note_edition(
        round_,
        snapshot,
        actor,
        at,
        gettext_lazy("%(round)s出第 %(edition)d 版定稿。"),
        notify=office(round_, at),
    )
    return snapshot


def _permit_revision(actor: User, round_: AssessmentRound, at: datetime) -> None:
    if not standing_of(actor, day_of(at)).is_leader(round_.campaign_id):
        raise PermissionDenied(_("定稿以後改分由領導小組裁定。"))
    if not round_.is_frozen:
        raise WrongState(_("審定以後才有定稿可改。"))


def _amended(
    round_: AssessmentRound, frozen: list[SheetView], live: list[SheetView]
) -> list[SheetView]:
    grades = list(Grade.objects.filter(scheme=round_.scheme_id))
    now = {view.department_id: view for view in live}
    return [_amend(view, now[view.department_id], round_, grades) for view in frozen]


def _amend(
    view: SheetView, now: SheetView, round_: AssessmentRound, grades: list[Grade]
) -> SheetView:
    lines = tuple(
        replace(line, final=fresh.final, result=fresh.result, sources=_sources(line, fresh))
        if (fresh := now.by_criterion[line.criterion_id]).result.score_id != line.result.score_id
        else line
        for line in view.lines
    )
    return view if lines == view.lines else with_lines(view, lines, round_.scheme, grades)


def _sources(line: SheetLine, fresh: SheetLine) -> tuple[Source, ...]:
    """榮譽照新的評分：審定時已有的照審定時的，不再引的不留。問卷和意見審定以後不改，照抄。"""
    frozen = {each.row_id: each for each in line.sources if each.kind == SourceKind.HONOUR}
    kept = tuple(each for each in line.sources if each.kind != SourceKind.HONOUR)
    return kept + tuple(frozen.get(each.row_id, each) for each in fresh.sources)


# ── 寫成文字、封住 ────────────────────────────────────


def canonical(body: Mapping[str, Any]) -> str:
    """規範的寫法：鍵排好、不留空白、不轉碼。同樣的內容一定是同樣的文字。"""
    return json.dumps(body, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def hash_of(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def _keep(
    round_: AssessmentRound, views: Iterable[SheetView], actor: User, at: datetime, reason: str
) -> ResultSnapshot:
    last = latest_snapshot(round_)
    edition = last.edition + 1 if last else 1
    body = canonical(
        {
            "format": FORMAT,
            "edition": edition,
            "reason": reason.strip(),
            "made_by": actor.name,
            "made_at": at.isoformat(),
            "round": {
                "campaign": round_.campaign.name,
                "code": round_.code,
                "title": round_.title,
                "kind": round_.kind,
                "period_start": round_.period_start.isoformat(),
                "period_end": round_.period_end.isoformat(),
            },
            "scheme": _scheme_body(round_),
            "sheets": [
                {"rank": row.rank, "sheet": row.view.to_json()}
                for group in rank_sheets(views)
                for row in group.rows
            ],
        }
    )
    return ResultSnapshot.objects.create(
        round=round_,
        edition=edition,
        body=body,
        sha256=hash_of(body),
        reason=reason.strip(),
        made_by=actor,
        made_at=at,
    )


def _scheme_body(round_: AssessmentRound) -> dict[str, Any]:
    scheme = round_.scheme
    return {
        "title": scheme.title,
        "year": scheme.year,
        "version": scheme.version,
        "full": plain(scheme.full),
        "bonus_cap": plain(scheme.bonus_cap),
        "penalty_cap": plain(scheme.penalty_cap),
        "grades": [
            {"name": grade.name, "at_least": plain(grade.at_least), "is_failing": grade.is_failing}
            for grade in Grade.objects.filter(scheme=scheme)
        ],
    }


def _note_edition(
    round_: AssessmentRound,
    snapshot: ResultSnapshot,
    actor: User,
    at: datetime,
    summary: Any,
    notify: Iterable[User] = (),
) -> Entry:
    """哈希同時記進留痕：留痕另有封存，改了定稿又改哈希的也查得出。"""
    return note(
        actor=actor,
        round_=round_,
        action="round_decided",
        at=at,
        summary=summary,
        reason=snapshot.reason,
        notify=notify,
        changes={_edition_key(snapshot.edition): ["", snapshot.sha256]},
        edition=snapshot.edition,
    )


def _edition_key(edition: int) -> str:
    return f"第 {edition} 版定稿的哈希"


# ── 驗 ────────────────────────────────────────────────


def verify_snapshots() -> Iterator[tuple[ResultSnapshot, str]]:
    """逐版重算哈希：（定稿，哪裏不對）；對的第二項為空。"""
    noted: dict[tuple[int, str], set[str]] = {}
    rows = Entry.objects.filter(action="evaluations.round_decided")
    for round_id, changes in rows.values_list("target_id", "changes"):
        for key, (_old, sha256) in changes.items():
            noted.setdefault((round_id, key), set()).add(sha256)
    for snapshot in ResultSnapshot.objects.select_related("round").iterator(chunk_size=20):
        key = (snapshot.round_id, _edition_key(snapshot.edition))
        yield snapshot, _fault(snapshot, noted.get(key, set()))


def _fault(snapshot: ResultSnapshot, noted: set[str]) -> str:
    if hash_of(snapshot.body) != snapshot.sha256:
        return _("內容與哈希不符，定稿被改過。")
    if noted != {snapshot.sha256}:
        return _("哈希與留痕裏記的不符，定稿被換過。")
    if json.loads(snapshot.body)["edition"] != snapshot.edition:
        return _("版次與內容不符，定稿被換過。")
    return ""
