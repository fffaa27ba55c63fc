"""公文排版（Word、PDF），對同樣篇幅、同一個庫寫的裸文件。"""

import pytest

from benchmarks import documents

pytestmark = pytest.mark.bench


def test_typesetting_beside_a_bare_document() -> None:
    lines = documents.compare()

    print("\n公文（一百頁上下、40 張表、60 張照片）")
    for line in lines:
        print(f"  {line}")
    assert len(lines) == 6
