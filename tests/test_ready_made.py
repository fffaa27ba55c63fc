"""照抄的庫和從頭遷移的一樣；遷移、模型一變就換一份，別的代碼變了不換。"""

from pathlib import Path

import pytest
from django.apps import apps
from django.core.management import call_command
from django.db import connection

from tasks.models import ReviewPhrase
from tests import ready_made
from tests.cast import assemble


def test_what_a_migration_test_left_is_put_back(transactional_db: None) -> None:
    seeded = ReviewPhrase.objects.count()
    with connection.cursor() as cursor:
        cursor.execute("CREATE TABLE left_behind (id integer)")
    ReviewPhrase.objects.all().delete()

    done = ready_made.put_back(connection)

    assert done
    assert not has("left_behind")
    assert ReviewPhrase.objects.count() == seeded > 0


def test_emptying_leaves_no_row(transactional_db: None) -> None:
    cast = assemble()

    call_command("flush", interactive=False, inhibit_post_migrate=True, verbosity=0)

    kept = [model for model in apps.get_models() if model._meta.db_table in ready_made.KEPT]
    assert not type(cast.clerk).objects.exists()
    assert [m for m in apps.get_models() if m._meta.managed and m.objects.exists()] in ([], kept)


def has(table: str) -> bool:
    return table in connection.introspection.table_names()


@pytest.mark.parametrize(
    ("changed", "another"),
    [
        ("tasks/migrations/0002_more.py", True),
        ("tasks/models/measure.py", True),
        ("pingtan_civ/settings.py", True),
        ("tasks/services/issuing.py", False),
        ("tests/settings.py", False),
    ],
)
def test_only_what_shapes_the_tables_asks_for_another_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, changed: str, another: bool
) -> None:
    monkeypatch.setattr(ready_made, "ROOT", tmp_path)
    for package in ("tasks", "pingtan_civ", "tests"):
        (tmp_path / package).mkdir()
        (tmp_path / package / "__init__.py").touch()
    before = ready_made.schema_name.__wrapped__()

    (tmp_path / changed).parent.mkdir(parents=True, exist_ok=True)
    (tmp_path / changed).write_text("改了", encoding="utf-8")

    assert (ready_made.schema_name.__wrapped__() != before) == another
