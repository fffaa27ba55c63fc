"""把 .venv 裏裝着的、requirements*.txt 用得着的每個包的確切版本寫進 constraints.txt。

升級依賴的做法：改 requirements.txt，裝好，測試通過，再運行 make pins，一起提交。
"""

import re
import sys
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
NAME = re.compile(r"^([A-Za-z0-9][A-Za-z0-9._-]*)(?:\[([^\]]*)\])?")
HEADER = "# 由 make pins 生成，不要手改。左邊全部直接和間接依賴的確切版本。\n"


def canonical(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def listed(path: Path) -> list[str]:
    """一個清單文件裏寫明的依賴（含 -r 引入的）。"""
    found: list[str] = []
    for line in path.read_text(encoding="utf-8").splitlines():
        line = line.split(" #")[0].strip()
        if line.startswith("-r "):
            found += listed(path.parent / line[3:].strip())
        elif line and not line.startswith("#"):
            found.append(line)
    return found


def closure(requirements: list[str]) -> dict[str, str]:
    """名稱 → 確切寫法。只為別的系統準備、這裏沒裝的不列。"""
    pins: dict[str, str] = {}
    waiting = list(requirements)
    seen: set[str] = set()
    while waiting:
        requirement = waiting.pop()
        match = NAME.match(requirement)
        if match is None or requirement in seen:
            continue
        seen.add(requirement)
        try:
            found = distribution(match[1])
        except PackageNotFoundError:
            continue
        extras = {part.strip() for part in (match[2] or "").split(",") if part.strip()}
        pins[canonical(match[1])] = f"{found.name}=={found.version}"
        waiting += [line for line in found.requires or [] if wanted(line, extras)]
    return pins


def wanted(requirement: str, extras: set[str]) -> bool:
    """附加功能（extra）的依賴只在點名要了時才算。"""
    match = re.search(r"extra\s*==\s*['\"]([^'\"]+)['\"]", requirement)
    return match is None or canonical(match[1]) in {canonical(extra) for extra in extras}


def main() -> None:
    pins = closure(listed(ROOT / "requirements-dev.txt"))
    lines = [pins[name] for name in sorted(pins)]
    (ROOT / "constraints.txt").write_text(HEADER + "\n".join(lines) + "\n", encoding="utf-8")
    sys.stdout.write(f"constraints.txt：{len(lines)} 個包。\n")


if __name__ == "__main__":
    main()
