"""評分單位那一頁的草稿：各張評分表上此人的草稿擺回頁上，誰也在評，過了時候還沒有保存的。"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from django.utils.translation import gettext as _

from evaluations.forms_marks import MarkForm
from evaluations.models import AssessmentRound, Score, Sheet, SheetDraft
from evaluations.services.unit_scoring import version_of
from evaluations.sheet_draft import Colleague

FIRST = Score.Stage.FIRST
#: 同事填過的最多列幾條，其餘說個數。
NAMED = 5
Numbers = Mapping[tuple[int, str], str]
"""（表, 測評內容）→「1.1 殯儀館」：歸此人評的各條。"""


@dataclass(frozen=True)
class AcrossDrafts:
    """這次考核初評一欄裏的草稿：自己的（一張表一份），和別人的。"""

    mine: Mapping[int, SheetDraft] = field(default_factory=dict)
    others: tuple[SheetDraft, ...] = ()

    def typed_of(self, sheet_id: int, criterion_id: int) -> Mapping[str, str]:
        """自己在這一條填的；沒有填的為空。"""
        draft = self.mine.get(sheet_id)
        return draft.typed.get(str(criterion_id), {}) if draft else {}

    def version_on(self, sheets: Collection[int]) -> int:
        return version_of(draft for pk, draft in self.mine.items() if pk in sheets)

    def saved_at(self, sheets: Collection[int]) -> datetime | None:
        """這幾張表裏最近一次存的。"""
        return max(
            (draft.saved_at for pk, draft in self.mine.items() if pk in sheets), default=None
        )

    def colleagues(self, numbers: Numbers) -> list[Colleague]:
        """也填過這幾條的人，一人一句；與它們不相干的不說。"""
        found: dict[int, tuple[SheetDraft, list[str]]] = {}
        for draft in self.others:
            shared = [numbers[key] for key in _keys(draft) if key in numbers]
            if shared:
                _last, said = found.get(draft.by_id, (draft, []))
                # 別人的照存的先後取出，後一份就是最近的。
                found[draft.by_id] = draft, said + shared
        return [
            Colleague(draft.by, draft.saved_at, _listed(said)) for draft, said in found.values()
        ]


def _keys(draft: SheetDraft) -> list[tuple[int, str]]:
    return [(draft.sheet_id, key) for key in draft.typed]


def _listed(said: list[str]) -> str:
    words = {"some": "、".join(said[:NAMED]), "count": len(said)}
    return (_("%(some)s等 %(count)d 條") if len(said) > NAMED else "%(some)s") % words


def across_key(round_: AssessmentRound) -> str:
    """這份草稿在會話和本機裏的名字。"""
    return f"scoring-{round_.pk}"


def drafts_across(round_: AssessmentRound, user_id: int) -> AcrossDrafts:
    """一次查詢。"""
    rows = list(SheetDraft.objects.filter(sheet__round=round_, stage=FIRST).select_related("by"))
    mine = {row.sheet_id: row for row in rows if row.by_id == user_id}
    return AcrossDrafts(mine, tuple(row for row in rows if row.by_id != user_id and row.typed))


FormsBySheet = dict[int, tuple[Sheet, dict[int, MarkForm]]]
"""{表: （表, {測評內容: 小表單}）}。"""
