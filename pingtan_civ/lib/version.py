"""本系統的版本：CHANGELOG.md 的第一個標題，別處不再寫一遍。"""

import re
from functools import cache
from pathlib import Path

CHANGELOG = Path(__file__).resolve().parents[2] / "CHANGELOG.md"


@cache
def version() -> str:
    """「1.0.0」；沒有變更記錄時為空。"""
    try:
        text = CHANGELOG.read_text(encoding="utf-8")
    except OSError:
        return ""
    found = re.search(r"^##? +\[?v?([0-9][\w.\-]*)", text, re.MULTILINE)
    return found[1] if found else ""
