"""照抄的庫和從頭遷移的一樣；遷移、模型一變就換一份，別的代碼變了不換。"""

from pathlib import Path

import pytest
from django.apps import apps
from django.core.management import call_command
from django.core.management.color import no_style
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

    tables = [m for m in apps.get_models(include_auto_created=True) if m._meta.managed]
    kept = [model for model in tables if model._meta.db_table in ready_made.KEPT]
    assert not type(cast.clerk).objects.exists()
    assert [m for m in tables if m._base_manager.exists()] in ([], kept)


def test_an_account_that_may_only_create_databases_empties_them_too(
    transactional_db: None,
) -> None:
    with connection.cursor() as cursor:
        # 超級用戶才換得了賬號；SQLite 不分賬號，從來用不着關外鍵。
        if connection.vendor == "postgresql":
            cursor.execute("SET ROLE pg_monitor")
        statements = connection.ops.sql_flush(no_style(), ["people_user"], allow_cascade=True)
        if connection.vendor == "postgresql":
            cursor.execute("RESET ROLE")

    assert any("people_user" in each for each in statements)
    assert not any("session_replication_role" in each for each in statements)


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
