"""評分單位把自己負責的幾條，在各單位的表上一次評完。"""

from collections.abc import Mapping
from datetime import datetime

from django.db import transaction

from evaluations.services.rounds import Mark, RefusedMarks, save_first_scores
from people.models import User


class RefusedAcross(Exception):
    """有幾條不能這樣評：errors 為 {（表, 測評內容）: 怎麼改}。哪張表也沒有存。"""

    def __init__(self, errors: dict[tuple[int, int], str]) -> None:
        super().__init__("；".join(errors.values()))
        self.errors = errors


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
