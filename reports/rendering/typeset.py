"""單獨一個進程，排一份 PDF：`python typeset.py 文件夾`。

typst 在進程裡留著前幾次的排版結果，連排幾份大文件會占到半個吉字節；另起進程，排完即還，
一份怪文件排不完時也能到點叫停。這裡不引入 Django，起動約十分之一秒。
"""

import json
import sys
from pathlib import Path

import typst


def main(root: Path) -> None:
    job = json.loads((root / "job.json").read_text("utf-8"))
    typst.compile(
        root / "official.typ",
        output=root / "out.pdf",
        root=root,
        font_paths=typst.Fonts(
            include_system_fonts=False,
            include_embedded_fonts=False,
            font_paths=job["font_folders"],
        ),
        ignore_system_fonts=True,
        format="pdf",
        timestamp=job["timestamp"],
    )


if __name__ == "__main__":
    main(Path(sys.argv[1]))
