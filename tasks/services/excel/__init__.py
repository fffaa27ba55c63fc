"""任務分解表的 Excel：導出去，改好，讀回來。全有或全無，錯處寫在格旁。"""

from tasks.services.excel.applying import apply_sheet
from tasks.services.excel.checking import CheckedSheet, check_sheet
from tasks.services.excel.reading import UnreadableSheet, read_sheet
from tasks.services.excel.returning import annotated_copy
from tasks.services.excel.writing import write_sheet

__all__ = [
    "CheckedSheet",
    "UnreadableSheet",
    "annotated_copy",
    "apply_sheet",
    "check_sheet",
    "read_sheet",
    "write_sheet",
]
