"""讀上傳的方案文件：.txt、.docx、.xlsx → 文字。讀不了的，用一句話說清該怎麼辦。"""

from pingtan_civ.lib.plan.breakdown import ParsedBreakdown, as_text, read_breakdown
from pingtan_civ.lib.plan.encoding import decode
from pingtan_civ.lib.plan.package import (
    MAX_BYTES,
    UnreadablePlan,
    check_upload,
    open_package,
)
from pingtan_civ.lib.plan.word import read_docx

__all__ = [
    "MAX_BYTES",
    "MAX_CHARACTERS",
    "ParsedBreakdown",
    "UnreadablePlan",
    "check_upload",
    "read_breakdown",
    "read_plan",
]

MAX_CHARACTERS = 1_000_000


def read_plan(data: bytes, filename: str) -> str:
    """文件的文字，保留換行。表格攤成一行一句；要按列讀，用 read_breakdown。

    Raises UnreadablePlan：空、過大、加密、損壞、二進制、不是所說的格式。
    """
    suffix = check_upload(data, filename)
    if suffix == ".docx":
        with open_package(data) as package:
            text = read_docx(package)
    elif suffix == ".xlsx":
        text = as_text(read_breakdown(data))
    else:
        text = decode(data)
    if not text.strip():
        raise UnreadablePlan("文件裏沒有文字，請換一個文件或直接貼入文字。")
    if len(text) > MAX_CHARACTERS:
        raise UnreadablePlan("文件超過一百萬字，不像一份方案；請只上傳方案正文。")
    return text
