"""評分單位把自己負責的幾條，在各單位的表上一次評完；沒有評完的，草稿隨時存到服務端。

草稿就是各張評分表的草稿（SheetDraft）：在這一頁填的，打開那張表也在，反過來也一樣。
這一頁的版本是各張表的保存次數之和：次數只增不減，和沒有變就是哪一張也沒有變。
"""

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime

from django.db import transaction
from django.utils.timezone import localtime
from django.utils.translation import gettext as _

from evaluations.models import Score, SheetDraft
from evaluations.services.rounds import Mark, RefusedMarks, save_first_scores
from evaluations.services.rounds.drafting import Typed
from evaluations.services.rounds.scoring import locked_sheet, permit_scoring
from people.models import User

FIRST = Score.Stage.FIRST
Held = dict[int, SheetDraft]
"""{表: 此人在它初評一欄的草稿}；沒有存過的表不在裏面。"""


class RefusedAcross(Exception):
    """有幾條不能這樣評：errors 為 {（表, 測評內容）: 怎麼改}。哪張表也沒有存。"""

    def __init__(self, errors: dict[tuple[int, int], str]) -> None:
        super().__init__("；".join(errors.values()))
        self.errors = errors


class StaleAcross(Exception):
    """此人在另一處（另一臺電腦、另一個窗口，或某張評分表上）存過草稿；held 是現在庫裏的。"""

    def __init__(self, held: Held) -> None:
        saved_at = max(draft.saved_at for draft in held.values())
        super().__init__(
            _("您 %(when)s 在另一處存過這幾條的草稿，這裏填的沒有覆蓋它，請對照後再保存。")
            % {"when": f"{localtime(saved_at):%H:%M}"}
        )
        self.held = held


@transaction.atomic
def save_across(*, actor: User, marks: Mapping[int, Mapping[int, Mark]], at: datetime) -> int:
    """{表: {測評內容: 評分}} 照初評的規矩一張一張存，有一條不行就一張也不存。返回改了幾條。

    表按次序鎖，兩個人同時評不會互相等死。Raises PermissionDenied、WrongState、RefusedAcross。
    """
    errors: dict[tuple[int, int], str] = {}
    changed = 0
    for sheet_id in sorted(marks):
        try:
            changed += save_first_scores(
                actor=actor, sheet_id=sheet_id, marks=marks[sheet_id], at=at
            )
        except RefusedMarks as refusal:
            errors |= {(sheet_id, key): sentence for key, sentence in refusal.errors.items()}
    if errors:
        raise RefusedAcross(errors)
    return changed


def version_of(drafts: Iterable[SheetDraft]) -> int:
    """這一頁的版本。"""
    return sum(draft.version for draft in drafts)


@transaction.atomic
def save_draft_across(
    *,
    actor: User,
    typed: Mapping[int, Typed],
    lines: Mapping[int, Collection[int]],
    version: int,
    at: datetime,
) -> Held:
    """存下此人在這一頁填了的字，返回存好的各張表的草稿；內容一樣的表不動。

    typed 為 {表: {測評內容: 填的字}}，lines 為 {表: 頁上的各條}：頁上沒有的各條，草稿照留。
    version 是打開時看到的版本，對不上就拋 StaleAcross，哪一張也不存。
    表按次序鎖，只鎖要改的。Raises PermissionDenied、WrongState、StaleAcross。
    """
    held = _held(actor, lines)
    wanted = {pk: _laid_over(held.get(pk), typed.get(pk, {}), lines[pk]) for pk in sorted(lines)}
    changed = [pk for pk, rows in wanted.items() if rows != _typed_of(held.get(pk))]
    if not changed:
        return held
    sheets = [locked_sheet(pk) for pk in changed]
    # 鎖到以後再讀一遍：等鎖的時候另一處可能剛存過。
    held = _held(actor, lines)
    if held and version_of(held.values()) != version:
        raise StaleAcross(held)
    for sheet in sheets:
        allowed = permit_scoring(actor, sheet, FIRST, at)
        draft = held.setdefault(sheet.pk, SheetDraft(sheet=sheet, stage=FIRST, by=actor))
        on_page = {str(key) for key in lines[sheet.pk]}
        kept = {
            key: row
            for key, row in wanted[sheet.pk].items()
            if key not in on_page or int(key) in allowed
        }
        draft.keep(kept, at=at)
        draft.save()
    return held


@transaction.atomic
def discard_draft_across(
    *, actor: User, lines: Mapping[int, Collection[int]], at: datetime
) -> None:
    """此人不要這一頁各條的草稿了；同一張表上別的各條、別人的草稿都不動。"""
    for pk in sorted(_held(actor, lines)):
        locked_sheet(pk)
        draft = SheetDraft.objects.get(sheet=pk, stage=FIRST, by=actor)
        left = _laid_over(draft, {}, lines[pk])
        if left != draft.typed:
            draft.keep(left, at=at)
            draft.save(update_fields=SheetDraft.KEPT)


def _held(actor: User, sheets: Collection[int]) -> Held:
    rows = SheetDraft.objects.filter(sheet__in=list(sheets), stage=FIRST, by=actor)
    return {row.sheet_id: row for row in rows}


def _typed_of(draft: SheetDraft | None) -> dict[str, dict[str, str]]:
    return draft.typed if draft else {}


def _laid_over(
    draft: SheetDraft | None, typed: Typed, lines: Collection[int]
) -> dict[str, dict[str, str]]:
    """頁上的各條照交來的，頁上沒有的照舊。"""
    on_page = {str(key) for key in lines}
    kept = {key: row for key, row in _typed_of(draft).items() if key not in on_page}
    return kept | {key: dict(row) for key, row in typed.items()}
