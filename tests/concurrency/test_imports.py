"""讀回一份表的同一刻，別人在頁面上改同一行：不蓋掉，也不白鎖着別的行。"""

from collections.abc import Callable
from contextlib import nullcontext
from datetime import datetime, timedelta
from threading import Event, Thread
from typing import Any

import pytest
from django.db import connection, connections, transaction

from background.models import Job
from background.services import Progress, running
from campaigns.models import Cycle, Indicator
from campaigns.services.indicators import update_indicator
from evaluations.models import Honour
from evaluations.services.honours import update_honour
from exchange import checking
from exchange.kinds import kind_of
from exchange.models import Upload
from exchange.services import importing
from people.models import Department, User
from people.services import update_department, update_user
from tests.cast import Cast
from tests.concurrency.together import LONGEST_SECONDS
from tests.exchange.stage import desk, set_the_stage, texts

pytestmark = pytest.mark.django_db(transaction=True)
Edit = Callable[[Cast, datetime], object]


def rename_the_funeral_home(cast: Cast, now: datetime) -> object:
    row = Department.objects.get(name="殯儀館")
    values = {"note": "頁上改的"}
    return update_department(actor=cast.officer, department_id=row.pk, values=values, at=now)


def move_the_clerk(cast: Cast, now: datetime) -> object:
    return update_user(actor=cast.officer, user_id=cast.clerk.pk, values={"position": 7}, at=now)


def annotate_the_honour(cast: Cast, now: datetime) -> object:
    row = Honour.objects.get(name="省文明行業")
    return update_honour(actor=cast.officer, honour_id=row.pk, values={"note": "頁上改的"}, at=now)


def restate_the_indicator(cast: Cast, now: datetime) -> object:
    row = Indicator.objects.get(clause__code="G9.1")
    # 頁面上這張表單總是整張交，所以週期也照表裏的寫。
    values = {name: getattr(row, name) for name in ("measurable", "is_veto_like")}
    return update_indicator(
        actor=cast.officer,
        indicator_id=row.pk,
        values=values | {"cycle": Cycle.MONTHLY, "standard": "頁上改的"},
        evidence=[],
        at=now,
    )


#: 什麼表、哪一行、表裏改哪一格，同一刻頁面上改的是另一格，改的值在哪裏看。
RACES: list[tuple[str, str, dict[str, str], Edit, Callable[[Cast], object], object]] = [
    (
        "departments", "殯儀館", {"簡稱": "殯"}, rename_the_funeral_home,
        lambda cast: Department.objects.get(name="殯儀館").note, "頁上改的",
    ),
    (
        "people", "登記員己", {"郵箱": "new@example.test"}, move_the_clerk,
        lambda cast: User.objects.get(pk=cast.clerk.pk).position, 7,
    ),
    (
        "honours", "省文明行業", {"級別": "市級"}, annotate_the_honour,
        lambda cast: Honour.objects.get(name="省文明行業").note, "頁上改的",
    ),
    (
        "indicators", "G9.1", {"週期": "每月"}, restate_the_indicator,
        lambda cast: Indicator.objects.get(clause__code="G9.1").standard, "頁上改的",
    ),
]  # fmt: skip


@pytest.mark.parametrize(("code", "anchor", "cells", "edit", "look", "kept"), RACES)
def test_an_edit_between_comparing_and_writing_is_not_overwritten(
    cast: Cast, now: datetime, monkeypatch: pytest.MonkeyPatch, code: str, anchor: str,
    cells: dict[str, str], edit: Edit, look: Callable[[Cast], object], kept: object,
) -> None:  # fmt: skip
    """比對過了、還沒寫，別人在頁面上改同一行：等導入寫完再改，兩邊的都在。"""
    set_the_stage(cast)
    upload = checked(cast, code, anchor, cells, now)
    other = Thread(target=in_own_connection, args=(lambda: edit(cast, now),), daemon=True)
    kind = type(kind_of(code))
    change = kind.change

    def slowly(*args: Any) -> None:
        other.start()
        if connection.vendor == "postgresql":
            until_done_or_blocked(other)
        change(*args)

    monkeypatch.setattr(kind, "change", slowly)
    found = importing.apply(upload=upload, at=now)
    other.join(LONGEST_SECONDS)

    assert not other.is_alive()
    assert (found.changed, found.errors) == (1, [])
    assert look(cast) == kept
    monkeypatch.undo()
    [heading], [value] = cells.keys(), cells.values()
    assert value in texts(desk(cast, code).exported(), heading)


def in_own_connection(job: Callable[[], object]) -> None:
    try:
        job()
    finally:
        connections.close_all()


def until_done_or_blocked(thread: Thread) -> None:
    """它改完了（就是沒有攔住），或確實被鎖攔住了。"""
    while thread.is_alive():
        thread.join(0.02)
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1 FROM pg_locks WHERE NOT granted")
            if cursor.fetchone():
                return


def test_an_edit_not_yet_seen_when_the_sheet_was_checked_is_told(cast: Cast, now: datetime) -> None:
    set_the_stage(cast)
    upload = checked(cast, "honours", "省文明行業", {"級別": "市級"}, now)
    annotate_the_honour(cast, now)

    found = importing.apply(upload=upload, at=now)

    assert "您的改動會蓋掉它" in found.errors[0].message
    assert Honour.objects.get(name="省文明行業").level == "province"
    assert Upload.objects.get().state == Upload.State.CHECKED


def checked(cast: Cast, code: str, anchor: str, cells: dict[str, Any], now: datetime) -> Upload:
    table = desk(cast, code)
    data = table.exported()
    upload = table.uploaded(table.edited(data, table.row_of(data, anchor), **cells), now)
    importing.check(upload=upload, at=now)
    return upload


def test_only_the_rows_to_be_written_are_read_inside_the_transaction(
    cast: Cast, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    """核對整份不在事務裏：SQLite 一次只許一個人寫，不能讓別人等着讀完幾萬行。"""
    set_the_stage(cast)
    upload = checked(cast, "honours", "省文明行業", {"備註": "改"}, now)
    looked: list[tuple[bool, int]] = []
    present = checking._Run._present

    def noting(run: Any, rows: list[Any]) -> Any:
        looked.append((connection.in_atomic_block, len(rows)))
        return present(run, rows)

    monkeypatch.setattr(checking._Run, "_present", noting)

    found = importing.apply(upload=upload, at=now)

    assert (found.changed, found.unchanged) == (1, 2)
    assert looked == [(False, 3), (True, 1)]


def test_a_long_transaction_renews_its_lease_from_beside_it(
    cast: Cast, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    """事務裏寫的別人看不到，所以另用一個連接續租、報進度。SQLite 只許一個人寫，所以不開事務看。"""
    monkeypatch.setattr(running, "BEAT", timedelta(milliseconds=10))
    job = Job.objects.create(
        owner=cast.office, kind="x", key="x", title="導入", ordered_at=now,
        state=Job.State.RUNNING, lease="mine", lease_until=now + running.LEASE,
    )  # fmt: skip
    beats, enough = [], Event()

    def clock() -> datetime:
        beats.append(1)
        if len(beats) > 3:
            enough.set()
        return now + timedelta(minutes=4)

    with Progress(job, clock).apart() as note:
        note(7, 10, "正在寫入")
        with transaction.atomic() if connection.vendor == "postgresql" else nullcontext():
            assert enough.wait(LONGEST_SECONDS)
            job.refresh_from_db()

    assert job.lease_until == now + timedelta(minutes=4) + running.LEASE
    assert (job.done, job.total, job.step) == (7, 10, "正在寫入")
