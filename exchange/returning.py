"""退回的一份：原來的表不動，錯的格塗紅、加批註，行末寫明怎麼改；改好直接再導入。"""

from dataclasses import asdict
from typing import Any

from django.utils.translation import gettext as _
from openpyxl.utils import coordinate_to_tuple

from exchange import marking
from exchange.marking import Marks
from exchange.reading import DAMAGED, Sheet, UnreadableSheet
from pingtan_civ.lib import confined
from pingtan_civ.lib.script import simplify

#: 子進程最多用多少秒處理器、多少內存。
_SECONDS, _MEGABYTES = 120, 512


def annotated_copy(path: str, target: str, sheet: Sheet, errors: list[dict[str, Any]]) -> None:
    """在 path 這份表上標出 errors，存到 target；在子進程裏做，不佔這裏的內存。

    Raises UnreadableSheet：這份表怪得標不上，或太費時、太佔內存。
    """
    author = _("系統")
    lines: dict[int, list[str]] = {}
    cells: dict[str, list[str]] = {}
    for error in errors:
        heading = sheet.heads[coordinate_to_tuple(error["address"])[1] - 1]
        lines.setdefault(error["row"], []).append(f"【{heading}】{error['message']}")
        cells.setdefault(error["address"], []).append(error["message"])
    places = sheet.columns.values()
    marks = Marks(
        sheet.heading_row,
        min(places) + 1,
        max(places) + 1,
        None if sheet.message_at is None else sheet.message_at + 1,
        {row: "\n".join(each) for row, each in lines.items()},
        {address: "\n".join(each) for address, each in cells.items()},
        author,
        ["系統", simplify("系統")],
    )
    try:
        confined.run(
            marking.mark,
            *(path, target, sheet.part, asdict(marks)),
            seconds=_SECONDS,
            megabytes=_MEGABYTES,
        )
    except confined.TooMuch as stopped:
        raise UnreadableSheet(stopped.sentence) from stopped
    except confined.Failed as failure:
        raise UnreadableSheet(str(DAMAGED)) from failure
