"""掛在一件事、一張函上的文件：收文件走填報佐證同一條路，同一份內容只掛一次。"""

from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _

from people.models import User
from pingtan_civ.lib.uploads import RefusedUpload
from tasks.services.evidence import Received

MOST_FILES = 20


def hang(
    files: Any, received: Received, *, actor: User, at: datetime, **about: str
) -> tuple[Any, bool]:
    """掛上一份，返回（那一行, 是不是新掛的）。files 是 event.files 這樣的反向集合，先鎖好主人。

    about 是這一份的種類之類；同一份內容當兩種材料，是兩行。

    Raises RefusedUpload：件數滿了。
    """
    stored = received.keep(at)
    here = files.filter(removed_at__isnull=True)
    if existing := here.filter(file=stored, **about).first():
        return existing, False
    if here.count() >= MOST_FILES:
        raise RefusedUpload(
            _("已有 %(most)d 件，不能再加；同類的請合成一份再傳。") % {"most": MOST_FILES}
        )
    row = files.create(file=stored, name=received.name, added_at=at, added_by=actor, **about)
    return row, True
