"""標記：與上一份已印發的相比，這一段是新的、改過的，還是延期、整改的。"""

from collections.abc import Iterable

from django.utils.translation import gettext_lazy as _

MARKS = {
    "new": _("本期新增"),
    "extended": _("延期"),
    "rectified": _("整改"),
    "updated": _("有更新"),
}
"""代碼 → 標記的名稱；次序就是並列時的先後。"""


def labels_of(codes: Iterable[str]) -> list[str]:
    """一段的各個標記，按上面的次序；認不得的代碼不列。"""
    held = set(codes)
    return [str(label) for code, label in MARKS.items() if code in held]
