"""公文排版每秒幾頁、最多佔多少內存：我們的 Word、PDF，對同樣篇幅、同一個庫寫的裸文件。

用法：python -m benchmarks.documents [段數]，默認一百頁、40 張表、60 張照片。
每一樣各在自己的進程裏做，內存是那個進程（連同它起的排版進程）的最高值，減去只引入庫的。
"""

import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path

import django
from PIL import Image

SENTENCE = (
    "緊緊圍繞全區工作中心，健全首接責任、一次告知、限時辦結等管理規程，為群眾多辦好事實事。" * 4
)
TABLES, ROWS, PICTURES = 40, 12, 60
#: 這麼多段，連表和照片共一百頁上下。
PARAGRAPHS = 200
KINDS = ("docx", "bare docx", "pdf", "bare typst")


@dataclass(frozen=True)
class Made:
    """一樣：用了幾秒（處理器時間）、歷時幾秒、最多多少 MB、幾頁（Word 的頁數同排成的 PDF）。"""

    cpu: float
    wall: float
    megabytes: float
    pages: int

    @property
    def pages_per_second(self) -> float:
        return self.pages / self.wall


def compare(paragraphs: int = PARAGRAPHS) -> list[str]:
    """四樣各一行，再說兩個比值。"""
    with tempfile.TemporaryDirectory() as folder:
        for number in range(PICTURES):
            (Path(folder) / f"{number}.jpg").write_bytes(_photo(number))
        made = {kind: _apart(kind, paragraphs, folder) for kind in KINDS}
    pages = made["pdf"].pages
    lines = [
        f"{kind}：{pages / each.wall:.0f} 頁/秒（{each.wall:.2f} s，處理器 {each.cpu:.2f} s），"
        f"內存最高 {each.megabytes:.0f} MB"
        for kind, each in made.items()
    ]
    for ours, bare in (("docx", "bare docx"), ("pdf", "bare typst")):
        times = made[ours].wall / made[bare].wall
        memory = made[ours].megabytes / max(made[bare].megabytes, 1)
        lines.append(f"{ours}：歷時 {times:.2f} ×、內存 {memory:.2f} × {bare}，{pages} 頁")
    return lines


def _photo(number: int) -> bytes:
    target = BytesIO()
    Image.effect_noise((1600, 1200), 40 + number).convert("RGB").save(target, "JPEG", quality=80)
    return target.getvalue()


def _apart(kind: str, paragraphs: int, folder: str) -> Made:
    """另起一個進程做一遍。"""
    command = [sys.executable, "-m", "benchmarks.documents", "--one", kind, str(paragraphs), folder]
    told = subprocess.run(command, check=True, capture_output=True, timeout=600)  # noqa: S603
    return Made(**json.loads(told.stdout.splitlines()[-1]))


def _one(kind: str, paragraphs: int, folder: Path) -> None:
    make = {"docx": _ours, "pdf": _ours, "bare docx": _bare_docx, "bare typst": _bare_typst}[kind]
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "pingtan_civ.settings")
    django.setup()
    import typst  # noqa: F401  引入庫用的內存不算

    from reports import rendering  # noqa: F401

    idle, cpu, started = _peak(), sum(os.times()[:4]), time.perf_counter()
    target = folder / f"made.{'docx' if 'docx' in kind else 'pdf'}"
    make(target, paragraphs, folder)
    wall, cpu = time.perf_counter() - started, sum(os.times()[:4]) - cpu
    peak = max(_peak() - idle, _peak(resource.RUSAGE_CHILDREN))
    sys.stdout.write(
        json.dumps({"cpu": cpu, "wall": wall, "megabytes": peak, "pages": _pages(target)}) + "\n"
    )


def _peak(who: int = resource.RUSAGE_SELF) -> float:
    return resource.getrusage(who).ru_maxrss / 1024


def _pages(path: Path) -> int:
    from pypdf import PdfReader

    return len(PdfReader(path).pages) if path.suffix == ".pdf" else 0


def _ours(target: Path, paragraphs: int, folder: Path) -> None:
    from reports.rendering import (
        Column,
        OfficialDocument,
        Paragraph,
        Picture,
        Table,
        write_docx,
        write_pdf,
    )

    columns = (Column("一", 50), Column("二", 50), Column("三", 50))
    table = Table("任務分解表", columns, (("健全首接責任",) * 3,) * ROWS)
    document = OfficialDocument(
        title="平潭縣民政局文明行業創建情況彙報",
        blocks=(
            *(Paragraph(SENTENCE) for _paragraph in range(paragraphs)),
            *(table for _table in range(TABLES)),
            *(Picture(folder / f"{number}.jpg", "實景圖片") for number in range(PICTURES)),
        ),
    )
    if target.suffix == ".docx":
        with target.open("wb") as file:
            write_docx(document, file)
    else:
        with tempfile.TemporaryDirectory() as root:
            write_pdf(document, Path(root), folders=()).replace(target)


def _bare_docx(target: Path, paragraphs: int, folder: Path) -> None:
    """同樣的內容，什麼版式也不設。表格逐格填，如同一般人的寫法。"""
    from docx import Document
    from docx.shared import Mm

    word = Document()
    for _paragraph in range(paragraphs):
        word.add_paragraph(SENTENCE)
    for _table in range(TABLES):
        table = word.add_table(ROWS + 1, 3)
        for row in table.rows:
            for cell in row.cells:
                cell.text = "健全首接責任"
    for number in range(PICTURES):
        word.add_picture(str(folder / f"{number}.jpg"), Mm(120))
    word.save(target)


def _bare_typst(target: Path, paragraphs: int, folder: Path) -> None:
    """同樣的內容，一份最簡單的 typst，字體相同。"""
    import typst

    from reports.rendering.fonts import BUNDLED_FAMILY, BUNDLED_FOLDER

    cells = "[健全首接責任]," * 3 * (ROWS + 1)
    source = [f'#set page("a4"); #set text(font: "{BUNDLED_FAMILY}", size: 16pt)']
    source += [SENTENCE + "\n"] * paragraphs
    source += [f"#table(columns: 3, {cells})"] * TABLES
    source += [f'#image("{number}.jpg", width: 120mm)' for number in range(PICTURES)]
    (folder / "bare.typ").write_text("\n".join(source), "utf-8")
    typst.compile(folder / "bare.typ", output=target, font_paths=[BUNDLED_FOLDER])


def main() -> None:
    if sys.argv[1:2] == ["--one"]:
        _one(sys.argv[2], int(sys.argv[3]), Path(sys.argv[4]))
        return
    for line in compare(int(sys.argv[1]) if len(sys.argv) > 1 else PARAGRAPHS):
        print(line)


if __name__ == "__main__":
    main()
