"""房子的樣子由測試守住：依賴方向、外鍵方向、遷移齊全、模板乾淨、文件不過長。"""

import ast
import re
import subprocess
import sys
from functools import cache
from io import StringIO
from pathlib import Path

import pytest
from django.apps import apps
from django.conf import settings
from django.core.management import call_command
from django.template.loader import get_template

from pingtan_civ.lib import media_types

ROOT = Path(__file__).resolve().parent.parent
LAYERS = [
    "workdays",
    "journal",
    "background",
    "people",
    "campaigns",
    "tasks",
    "reports",
    "supervision",
    "evidence",
    "evaluations",
    "recommendations",
    "exchange",
    "agenda",
    "health",
    "desk",
]
LONGEST_FUNCTION = 50
LONGEST_FILE = 600


@cache
def tracked() -> list[Path]:
    """項目自己的文件（已入庫的，和將要入庫的）。"""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    ).stdout.splitlines()
    return [ROOT / name for name in listed if (ROOT / name).is_file()]


def ours(suffix: str) -> list[Path]:
    return [
        path
        for path in tracked()
        if path.suffix == suffix and "vendor" not in path.parts and "migrations" not in path.parts
    ]


def name(path: Path) -> str:
    return str(path.relative_to(ROOT))


def templates() -> list[Path]:
    return [
        path for path in ours(".html") if "templates" in path.parts and "tests" not in path.parts
    ]


def functions(path: Path) -> list[ast.FunctionDef]:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    return [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)]


def test_imports_run_one_way() -> None:
    """另起進程：import-linter 設日誌時停用已有的記錄器，後面驗日誌的測試就什麼也看不到。"""
    check = "import sys; from importlinter.cli import lint_imports; sys.exit(lint_imports(no_cache=True))"
    command = [sys.executable, "-c", check]
    outcome = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)

    assert outcome.returncode == 0, outcome.stdout


def test_foreign_keys_run_the_same_way() -> None:
    rank = {label: index for index, label in enumerate(LAYERS)}
    wrong = [
        f"{model._meta.label}.{field.name} → {field.related_model._meta.label}"
        for model in apps.get_models()
        if model._meta.app_label in rank
        for field in model._meta.get_fields()
        if (field.many_to_one or field.one_to_one or field.many_to_many)
        and field.concrete
        and field.related_model._meta.label != settings.AUTH_USER_MODEL
        and rank.get(field.related_model._meta.app_label, -1) > rank[model._meta.app_label]
    ]

    assert wrong == []


@pytest.mark.django_db
def test_no_migration_is_missing() -> None:
    out = StringIO()

    call_command("makemigrations", check=True, dry_run=True, verbosity=0, stdout=out)

    assert out.getvalue() == ""


def test_migrations_are_named_for_what_they_do() -> None:
    nameless = [
        name(path)
        for path in tracked()
        if "migrations" in path.parts and re.search(r"_auto_|_alter_.*_and_more", path.name)
    ]

    assert nameless == []


def test_every_template_loads() -> None:
    broken = {}
    for path in templates():
        inside = str(path).split("/templates/", 1)[1]
        try:
            get_template(inside)
        except Exception as error:
            broken[inside] = str(error)

    assert broken == {}


INLINE = re.compile(
    r"<style\b|<script(?![^>]*\bsrc=)|\son[a-z]+\s*=\s*[\"']|\sstyle\s*=|javascript:"
)


def test_templates_hold_no_inline_script_or_style() -> None:
    """郵件除外：郵件客戶端不認樣式表，也不受網站的內容安全策略管。"""
    found = [
        f"{name(path)}:{number} {line.strip()[:80]}"
        for path in templates()
        if path.parent.name != "mail"
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1)
        if INLINE.search(line)
    ]

    assert found == []


def test_nothing_is_marked_safe_without_a_reason() -> None:
    unexplained = [
        f"{name(path)}:{number}"
        for path in templates()
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1)
        if re.search(r"\|\s*safe\b|autoescape off", line) and "{#" not in line
    ]

    assert unexplained == []


def test_pages_take_nothing_from_other_hosts() -> None:
    found = [
        f"{name(path)}:{number}"
        for path in [*templates(), *ours(".css"), *ours(".js")]
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1)
        if re.search(r"(src|href|url\()\s*=?\s*[\"'(]?(https?:)?//", line)
    ]

    assert found == []


def test_media_types_of_files_are_written_once() -> None:
    types = {media_types.DOCX, media_types.XLSX, media_types.PPTX, media_types.PDF}
    written = [
        f"{name(path)}:{node.lineno}"
        for path in ours(".py")
        if path.parts[len(ROOT.parts)] not in {"tests", "benchmarks"}
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Constant) and node.value in types
    ]

    assert [place.partition(":")[0] for place in written] == ["pingtan_civ/lib/media_types.py"]


def test_functions_stay_short() -> None:
    long = [
        f"{name(path)}:{node.lineno} {node.name}（{node.end_lineno - node.lineno + 1} 行）"
        for path in ours(".py")
        for node in functions(path)
        if node.end_lineno - node.lineno + 1 > LONGEST_FUNCTION
    ]

    assert long == []


def test_files_stay_short() -> None:
    long = [
        f"{name(path)}（{count} 行）"
        for path in [*ours(".py"), *ours(".js"), *ours(".html")]
        if (count := len(path.read_text(encoding="utf-8").splitlines())) > LONGEST_FILE
    ]

    assert long == []


def test_every_function_of_ours_is_annotated() -> None:
    bare = [
        f"{name(path)}:{node.lineno} {node.name}"
        for path in ours(".py")
        if path.parts[len(ROOT.parts)] not in {"tests", "benchmarks"}
        for node in functions(path)
        if node.returns is None
    ]

    assert bare == []


def test_every_test_runs_and_asserts() -> None:
    skipping = re.compile(r"pytest\.skip|mark\.skip|mark\.xfail|importorskip")
    skipped = [
        name(path)
        for path in ours(".py")
        if "tests" in path.parts
        and path != Path(__file__)
        and skipping.search(path.read_text(encoding="utf-8"))
    ]
    blind = [
        f"{name(path)}:{node.lineno} {node.name}"
        for path in ours(".py")
        if path.name.startswith("test_")
        for node in functions(path)
        if node.name.startswith("test_") and not asserts(node)
    ]

    assert (skipped, blind) == ([], [])


def asserts(node: ast.FunctionDef) -> bool:
    words = {"raises", "expect", "warns"}
    return any(
        isinstance(part, ast.Assert)
        or (isinstance(part, ast.Attribute) and part.attr in words)
        or (isinstance(part, ast.Name) and (part.id in words or "assert_" in part.id))
        for part in ast.walk(node)
    )


# 拆開寫，免得這一行自己被查出來。
FOREIGN = re.compile(
    "/" + r"(?:work|root|home/\w+)/\w|" + r"pypi\.(?:org|python)|files\.pythonhosted"
)


def test_no_path_of_a_machine_or_registry_host_is_committed() -> None:
    found = [
        f"{name(path)}:{number} {line.strip()[:80]}"
        for path in tracked()
        if path.suffix
        in {".py", ".md", ".txt", ".toml", ".html", ".js", ".css", ".sh", ".json", ""}
        and "vendor" not in path.parts
        for number, line in enumerate(
            path.read_text(encoding="utf-8", errors="replace").splitlines(), 1
        )
        if FOREIGN.search(line)
    ]

    assert found == []


def test_only_the_edges_ask_what_time_it_is() -> None:
    """時間是參數：只有視圖、命令、定時任務這些入口可以取當前時間。"""
    entrance = re.compile(
        r"/(views|management|jobs|admin|templatetags|display)|context\.py|current\.py|lib/clock\.py"
        r"|desk/demo/|ui\.py|standing\.py|middleware\.py|workdays/services\.py"
    )
    clock = re.compile(r"timezone\.now\(|clock\.(now|today)\(|date\.today\(|datetime\.now\(")
    wrong = [
        f"{name(path)}:{number}"
        for path in ours(".py")
        if path.parts[len(ROOT.parts)] in {*LAYERS, "pingtan_civ"}
        and not entrance.search("/" + name(path))
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1)
        if clock.search(line)
    ]

    assert wrong == []
