"""把前端庫取進倉庫：python tools/vendor.py（維護者用，需要 npm）。

只按下表的名字和版本取，去掉 sourcemap 註釋，連同許可證存好，並記下校驗和。
頁面從不引用外部地址；升級就是改這張表、重跑、讀差異、提交。
"""

import hashlib
import json
import re
import subprocess
import tarfile
import tempfile
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parent.parent


class Library(NamedTuple):
    package: str
    version: str
    source: str
    licence_file: str
    licence: str
    folder: str
    file: str


LIBRARIES = (
    Library(
        "htmx.org", "2.0.11", "dist/htmx.min.js", "LICENSE", "0BSD", "static/vendor", "htmx.min.js"
    ),
    Library("axe-core", "4.14.1", "axe.min.js", "LICENSE", "MPL-2.0", "tests/vendor", "axe.min.js"),
)


def fetch(library: Library, into: Path) -> tuple[bytes, bytes]:
    """從 npm 取一個包，返回文件與許可證。"""
    subprocess.run(  # noqa: S603
        ["npm", "pack", "--silent", f"{library.package}@{library.version}"],  # noqa: S607
        cwd=into,
        check=True,
    )
    archive = next(into.glob(f"{library.package}-{library.version}.tgz"))
    with tarfile.open(archive) as tar:
        script = tar.extractfile(f"package/{library.source}").read()
        licence = tar.extractfile(f"package/{library.licence_file}").read()
    return re.sub(rb"\n?//# sourceMappingURL=.*\s*$", b"", script), licence


def save(library: Library, script: bytes, licence: bytes) -> dict[str, str]:
    """寫入倉庫，返回清單裏的一條。"""
    folder = ROOT / library.folder
    folder.mkdir(parents=True, exist_ok=True)
    licence_name = f"{library.file.split('.')[0]}.LICENSE.txt"
    (folder / library.file).write_bytes(script)
    (folder / licence_name).write_bytes(licence)
    return {
        "package": library.package,
        "version": library.version,
        "file": library.file,
        "sha256": hashlib.sha256(script).hexdigest(),
        "licence": library.licence,
        "licence_file": licence_name,
    }


def main() -> None:
    manifests: dict[str, list[dict[str, str]]] = {}
    for library in LIBRARIES:
        with tempfile.TemporaryDirectory() as folder:
            entry = save(library, *fetch(library, Path(folder)))
        manifests.setdefault(library.folder, []).append(entry)
    for folder, entries in manifests.items():
        text = json.dumps(entries, ensure_ascii=False, indent=2) + "\n"
        (ROOT / folder / "manifest.json").write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
