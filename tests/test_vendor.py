"""第三方前端庫：只用清單上的，一個字節也沒改過。"""

import hashlib
import json
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
FOLDERS = [ROOT / "static" / "vendor", ROOT / "tests" / "vendor"]


def manifest(folder: Path) -> list[dict[str, str]]:
    return json.loads((folder / "manifest.json").read_text(encoding="utf-8"))


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.parent.name)
def test_every_vendored_file_is_the_one_listed(folder: Path) -> None:
    listed = {entry["file"]: entry["sha256"] for entry in manifest(folder)}

    found = {name: hashlib.sha256((folder / name).read_bytes()).hexdigest() for name in listed}

    assert found == listed


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.parent.name)
def test_nothing_unlisted_is_vendored(folder: Path) -> None:
    entries = manifest(folder)
    expected = {"manifest.json"} | {
        entry[key] for entry in entries for key in ("file", "licence_file")
    }

    assert {path.name for path in folder.iterdir()} == expected


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.parent.name)
def test_every_vendored_file_names_its_version_and_licence(folder: Path) -> None:
    for entry in manifest(folder):
        licence = (folder / entry["licence_file"]).read_text(encoding="utf-8")

        assert entry["package"]
        assert entry["version"]
        assert entry["licence"]
        assert len(licence) > 200


def test_no_vendored_script_points_at_a_source_map() -> None:
    for path in (ROOT / "static" / "vendor").glob("*.js"):
        assert b"sourceMappingURL" not in path.read_bytes()
