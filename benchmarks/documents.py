"""公文排版要多久：我們的 Word、PDF 與同樣篇幅的裸 python-docx 文件相比，只看比值。

用法：python -m benchmarks.documents [段數]，默認 600 段（約 100 頁）、40 張表、60 張照片。
"""

import os
import sys
from collections.abc import Callable
from io import BytesIO

import django
from docx import Document
from PIL import Image

SENTENCE = (
    "緊緊圍繞全區工作中心，健全首接責任、一次告知、限時辦結等管理規程，為群眾多辦好事實事。" * 4
)
TABLES, ROWS, PICTURES = 40, 30, 60


def photo(number: int) -> bytes:
    target = BytesIO()
    Image.new("RGB", (1200, 900), (number * 4 % 256, 90, 120)).save(target, "JPEG")
    return target.getvalue()


def bare(paragraphs: int, photos: list[bytes]) -> bytes:
    """同樣的內容，什麼版式也不設。表格逐格填，如同一般人的寫法。"""
    word = Document()
    for _paragraph in range(paragraphs):
        word.add_paragraph(SENTENCE)
    for _table in range(TABLES):
        table = word.add_table(ROWS + 1, 3)
        for row in table.rows:
            for cell in row.cells:
                cell.text = "健全首接責任"
    for data in photos:
        word.add_picture(BytesIO(data))
    target = BytesIO()
    word.save(target)
    return target.getvalue()


def cpu() -> float:
    """本進程連同已結束的子進程（排 PDF 的）用去的處理器時間。"""
    return sum(os.times()[:4])


def seconds(make: Callable[[], bytes]) -> tuple[float, bytes]:
    """三次中最快的一次，以處理器時間計，不受同機其他程序影響。"""
    best, made = float("inf"), b""
    for _round in range(3):
        start = cpu()
        made = make()
        best = min(best, cpu() - start)
    return best, made


def compare(paragraphs: int) -> list[str]:
    """各種格式一行：幾倍於裸文件。"""
    from reports.rendering import (
        Column,
        OfficialDocument,
        Paragraph,
        Picture,
        Table,
        to_docx,
        to_pdf,
    )

    photos = [photo(number) for number in range(PICTURES)]
    columns = (Column("一", 50), Column("二", 50), Column("三", 50))
    table = Table("任務分解表", columns, (("健全首接責任",) * 3,) * ROWS)
    document = OfficialDocument(
        title="平潭縣民政局文明行業創建情況彙報",
        blocks=(
            *(Paragraph(SENTENCE) for _paragraph in range(paragraphs)),
            *(table for _table in range(TABLES)),
            *(Picture(data, "實景圖片") for data in photos),
        ),
    )
    yardstick, _made = seconds(lambda: bare(paragraphs, photos))
    lines = []
    for name, make in (
        ("docx", lambda: to_docx(document)),
        ("pdf", lambda: to_pdf(document, folders=())),
    ):
        spent, made = seconds(make)
        lines.append(
            f"{name}：{spent / yardstick:.2f} × 裸 python-docx　"
            f"{spent:.2f} s 對 {yardstick:.2f} s，{len(made) // 1024} KB"
        )
    return lines


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "pingtan_civ.settings")
    django.setup()
    for line in compare(int(sys.argv[1]) if len(sys.argv) > 1 else 600):
        print(line)


if __name__ == "__main__":
    main()
