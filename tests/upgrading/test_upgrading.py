"""升級：舊版本裏的數據搬得過來，也退得回去。遷移一趟很慢，各個故事同走一趟，按先後上車下車。"""

from collections.abc import Callable
from typing import Any

from django.db import connection
from django.db.migrations.recorder import MigrationRecorder

from tests.cast import Cast
from tests.upgrading import reminders, signature, vetoes
from tests.upgrading.reminders import Reminders
from tests.upgrading.signature import Signature
from tests.upgrading.vetoes import Vetoes

FIRST_UNDONE = ("tasks", "0006_say_reminder_steps_in_columns")


def test_what_older_versions_hold_is_carried_over_and_goes_back(
    migrate: Callable[..., Any], cast: Cast
) -> None:
    """從今天退到最早的一站，一站一站往上各種下舊數據，到今天看；再一站一站退，各看退回的。"""
    stories = [
        (reminders.OLD, Reminders(cast)),
        (signature.OLD, Signature(cast)),
        (vetoes.OLD, Vetoes(cast)),
    ]
    for stop, story in stories:
        story.plant(migrate(stop))

    new = migrate()

    for _stop, story in stories:
        story.assert_upgraded(new)
    for stop, story in reversed(stories):
        story.assert_back(migrate(stop))
    left = MigrationRecorder(connection).applied_migrations()
    assert FIRST_UNDONE not in left, "沒有退到最早的一站"
