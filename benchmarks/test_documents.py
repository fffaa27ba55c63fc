"""公文排版（Word、PDF），對同樣篇幅的裸 python-docx 文件。"""

import pytest

from benchmarks import documents

pytestmark = pytest.mark.bench


def test_typesetting_beside_a_bare_document() -> None:
    lines = documents.compare(paragraphs=200)

    print("\n公文（200 段、40 張表、60 張照片）")
    for line in lines:
        print(f"  {line}")
    assert len(lines) == 2
