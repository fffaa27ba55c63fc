"""評分表的草稿：填了的字隨時存到服務端，換一臺電腦接着填；不算分，也不留痕。

與任務的填報同一個約定（docs/frontend.md「自動保存」）：版本對不上的不覆蓋，說出來。
保存評分時把存好了的各條從草稿裏拿掉。
"""

from collections.abc import Mapping
from datetime import datetime

from django.db import transaction
from django.utils.timezone import localtime
from django.utils.translation import gettext as _

from evaluations.models import Sheet, SheetDraft
from evaluations.services.rounds.scoring import locked_sheet, permit_scoring
from people.models import User

Typed = Mapping[str, Mapping[str, str]]
"""{測評內容的主鍵: {欄名: 填的字}}；主鍵是字符串，與存下來的一樣。"""


class StaleDraft(Exception):
    """此人在另一處（另一臺電腦、另一個窗口）存過這份草稿；draft 是現在庫裏的，絕不覆蓋它。"""

    def __init__(self, draft: SheetDraft) -> None:
        super().__init__(
            _("您 %(when)s 在另一處存過這張表的草稿，這裏填的沒有覆蓋它，請對照後再保存。")
            % {"when": f"{localtime(draft.saved_at):%H:%M}"}
        )
        self.draft = draft


@transaction.atomic
def save_draft(
    *, actor: User, sheet_id: int, stage: str, typed: Typed, version: int, at: datetime
) -> SheetDraft:
    """存下此人在這一欄填了的字，不歸他填的各條不要。

    version 是打開時看到的保存次數，對不上就拋 StaleDraft；內容與庫裏一樣的不算。
    Raises PermissionDenied、WrongState、StaleDraft。
    """
    sheet = locked_sheet(sheet_id)
    allowed = permit_scoring(actor, sheet, stage, at)
    wanted = {key: dict(row) for key, row in typed.items() if int(key) in allowed}
    draft = _held(actor, sheet, stage) or SheetDraft(sheet=sheet, stage=stage, by=actor)
    if draft.typed == wanted:
        return draft
    if draft.version != version:
        raise StaleDraft(draft)
    return _put(draft, wanted, at)


@transaction.atomic
def discard_draft(*, actor: User, sheet_id: int, stage: str, at: datetime) -> None:
    """此人不要自己的草稿了；別人的動不了。"""
    sheet = locked_sheet(sheet_id)
    draft = _held(actor, sheet, stage)
    if draft and draft.typed:
        _put(draft, {}, at)


def _held(actor: User, sheet: Sheet, stage: str) -> SheetDraft | None:
    return SheetDraft.objects.filter(sheet=sheet, stage=stage, by=actor).first()


def _put(draft: SheetDraft, typed: dict[str, dict[str, str]], at: datetime) -> SheetDraft:
    draft.keep(typed, at=at)
    draft.save()
    return draft
