"""標記：與同一活動同一種類上一份已印發的相比，這一段是新的、改過的，還是延期、整改的。

彙集時定下，存在 Paragraph.marks（代碼），印發時隨文凍結。整改由上層的應用經 register_marker 說明。
"""

from django.utils.translation import gettext_lazy as _

NEW, EXTENDED, RECTIFIED, UPDATED = "new", "extended", "rectified", "updated"

MARKS = {
    NEW: _("本期新增"),
    EXTENDED: _("延期"),
    RECTIFIED: _("整改"),
    UPDATED: _("有更新"),
}
"""代碼 → 標記的名稱；次序就是並列時的先後。"""


def labels_of(codes: list[str] | tuple[str, ...]) -> list[str]:
    """一段的各個標記，按上面的次序；認不得的代碼不列。"""
    return [str(label) for code, label in MARKS.items() if code in codes]
