"""留痕與通知：寫一次，該知道的人各一條。"""

from datetime import UTC

import pytest
from celery import Celery
from django.core import mail
from django.db import connection, transaction

from journal import doorbell, services
from journal.models import Delivery, Entry, Notice
from journal.services import Message, announce, record, recording
from people.models import User
from pingtan_civ.celery import app
from tests.cast import Cast
from tests.factories import UserFactory, moment

AT = moment(2026, 11, 23)


def test_a_record_tells_each_person_once_and_not_the_actor(cast: Cast) -> None:
    record(
        actor=cast.office,
        action="tasks.issued",
        target=cast.campaign,
        summary="下達了任務。",
        at=AT,
        notify=[cast.clerk, cast.clerk, cast.office, cast.head, None],
    )

    assert {notice.recipient for notice in Notice.objects.all()} == {cast.clerk, cast.head}
    assert Delivery.objects.filter(address="clerk@example.test").count() == 1


def test_disabled_accounts_and_people_without_mail(cast: Cast) -> None:
    gone = UserFactory(is_active=False)
    paper = UserFactory(email="")

    announce(message=Message("開會"), recipients=[gone, paper], at=AT)

    assert Notice.objects.get().recipient == paper
    assert not Delivery.objects.exists()


def test_the_entry_keeps_the_name_and_post_of_that_day_in_beijing(cast: Cast) -> None:
    cast.clerk.appointments.update(start_date="2026-11-24")

    entry = record(
        actor=cast.clerk,
        action="tasks.saved",
        target=cast.campaign,
        summary="保存了草稿。",
        at=moment(2026, 11, 24, 7).astimezone(UTC),
    )

    assert entry.actor_name == "婚姻登記處經辦人 登記員己"


def test_words_too_long_for_the_column_are_cut_not_refused(cast: Cast) -> None:
    User.objects.filter(pk=cast.office.pk).update(name="丙" * 40)
    cast.registry.name = "婚" * 60
    cast.registry.save()
    cast.clerk.appointments.update(post="員" * 40)
    cast.clerk.name = "己" * 40

    entry = record(
        actor=cast.clerk,
        action="tasks.saved",
        target=cast.campaign,
        summary="改" * 900,
        at=AT,
        notify=[cast.head],
    )

    assert len(entry.actor_name) == 120
    assert len(entry.summary) == 500
    assert Notice.objects.get().title.endswith("…")


def test_the_same_key_makes_one_notice(cast: Cast) -> None:
    message = Message("每日提醒", key="digest:2026-11-23")

    first = announce(message=message, recipients=[cast.clerk], at=AT)
    second = announce(message=message, recipients=[cast.clerk, cast.head], at=AT)

    assert [notice.recipient for notice in first] == [cast.clerk]
    assert [notice.recipient for notice in second] == [cast.head]
    assert Notice.objects.count() == Delivery.objects.count() == 2


def test_when_another_process_writes_first_only_the_rest_is_delivered(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    message = Message("每日提醒", key="digest:2026-11-23")
    ask = Notice.objects.filter
    rival = {"written": False}

    def blind(**query: object) -> object:
        """查過之後、寫入之前，別的進程寫了一條。"""
        found = ask(**query)
        if not rival["written"] and "key__in" in query:
            rival["written"] = True
            list(found)
            Notice.objects.create(
                recipient=cast.clerk, title="每日提醒", created_at=AT, key=message.key
            )
            return found.none()
        return found

    monkeypatch.setattr(recording.Notice.objects, "filter", blind)

    fresh = announce(message=message, recipients=[cast.clerk, cast.head], at=AT)

    assert [notice.recipient for notice in fresh] == [cast.head]
    assert Notice.objects.count() == 2
    assert Delivery.objects.get().notice.recipient == cast.head


def test_without_mail_nothing_is_queued(cast: Cast, settings: object) -> None:
    settings.MAIL_ENABLED = False

    announce(message=Message("開會"), recipients=[cast.clerk], at=AT)

    assert Notice.objects.exists()
    assert not Delivery.objects.exists()


# ── 門鈴 ──────────────────────────────────────────────


@pytest.fixture
def bell(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    rings: list[str] = []
    monkeypatch.setattr(doorbell, "_silent_until", 0.0)
    monkeypatch.setattr(doorbell, "_publish", lambda job, kwargs: rings.append(job))
    return rings


def test_the_bell_rings_after_the_commit(
    cast: Cast, bell: list[str], django_capture_on_commit_callbacks: object
) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        announce(message=Message("開會"), recipients=[cast.clerk], at=AT)
        assert bell == []

    assert bell == ["journal.jobs.deliver_waiting"]


def test_the_bell_stays_silent_when_the_work_is_rolled_back(cast: Cast, bell: list[str]) -> None:
    with transaction.atomic():
        announce(message=Message("開會"), recipients=[cast.clerk], at=AT)
        transaction.set_rollback(True)

    assert bell == []
    assert not Notice.objects.exists()
    assert not [hook for hook in connection.run_on_commit if hook[0]]


def test_a_broken_queue_is_swallowed_and_left_alone_for_a_while(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    tries: list[str] = []

    def broken(job: str, kwargs: dict) -> None:
        tries.append(job)
        raise ConnectionRefusedError

    monkeypatch.setattr(doorbell, "_silent_until", 0.0)
    monkeypatch.setattr(doorbell, "_publish", broken)

    assert doorbell.ring("journal.jobs.deliver_waiting") is False
    assert doorbell.ring("journal.jobs.deliver_waiting") is False
    assert tries == ["journal.jobs.deliver_waiting"]


@pytest.mark.usefixtures("clock")
def test_the_bell_makes_the_mail_go(
    cast: Cast, monkeypatch: pytest.MonkeyPatch, django_capture_on_commit_callbacks: object
) -> None:
    monkeypatch.setattr(doorbell, "_silent_until", 0.0)

    with django_capture_on_commit_callbacks(execute=True):
        announce(message=Message("開會"), recipients=[cast.clerk], at=AT)

    assert [letter.to for letter in mail.outbox] == [["clerk@example.test"]]


def test_a_ring_nobody_answers_does_not_wait_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    """停了一夜的 worker 重開時，不必把積下的鈴聲一一辦過。"""
    queue_app = Celery(broker="memory://", set_as_current=False)
    monkeypatch.setattr(doorbell, "current_app", queue_app)
    monkeypatch.setattr(doorbell, "_silent_until", 0.0)

    assert doorbell.ring("journal.jobs.deliver_waiting")

    with queue_app.connection_for_read() as broker, broker.SimpleQueue("celery") as queue:
        message = queue.get(block=False)
        message.ack()
    assert message.headers["task"] == "journal.jobs.deliver_waiting"
    assert message.headers["expires"]


def test_every_round_on_the_timetable_lapses_before_the_next() -> None:
    lapses = {name: entry["options"]["expires"] for name, entry in app.conf.beat_schedule.items()}

    assert lapses == {
        "remind-each-morning": 1800,
        "deliver-waiting": 60,
        "seal-journal": 60,
        "pulse": 60,
        "settle-calendar": 60,
        "sweep-jobs": 60,
        "read-files": 60,
        "forget-uploads": 1800,
    }


# ── 封存 ──────────────────────────────────────────────


@pytest.fixture
def sealed(cast: Cast) -> list[Entry]:
    for number in range(5):
        record(
            actor=cast.office,
            action="tasks.issued",
            target=cast.campaign,
            summary=f"下達了第 {number} 項任務。",
            at=AT,
            changes={"due_date": [None, "2026-11-25"], "percent": [1.5, 2]},
        )
    services.seal_entries(limit=3)
    services.seal_entries()
    return list(Entry.objects.order_by("sequence"))


def test_an_untouched_chain_is_whole(sealed: list[Entry]) -> None:
    assert [entry.sequence for entry in sealed] == [1, 2, 3, 4, 5]
    assert services.seal_entries() == 0
    assert services.broken_entries() == []
    assert services.sealed_through() == (5, sealed[-1].hash)


def test_a_changed_entry_is_named(sealed: list[Entry]) -> None:
    Entry.objects.filter(pk=sealed[2].pk).update(summary="什麼也沒發生。")

    [broken] = services.broken_entries()

    assert (broken.sequence, broken.entry) == (3, sealed[2])
    assert "被改過" in broken.problem


@pytest.mark.parametrize(("gone", "sequence"), [([1], 2), ([4], 5), ([1, 2], 2), ([3, 4], 4)])
def test_deleted_entries_are_missed_wherever_they_were(
    sealed: list[Entry], gone: list[int], sequence: int
) -> None:
    Entry.objects.filter(pk__in=[sealed[index].pk for index in gone]).delete()

    [broken] = services.broken_entries()

    assert broken.sequence == sequence
    assert "已被刪除" in broken.problem


def test_deleting_them_all_is_noticed(sealed: list[Entry]) -> None:
    Entry.objects.all().delete()

    [broken] = services.broken_entries()

    assert broken.problem == "從這一條到第 5 條已被刪除。"


def test_a_rewritten_last_entry_does_not_match_the_end(sealed: list[Entry]) -> None:
    last = sealed[-1]
    last.summary = "另一種說法。"
    Entry.objects.filter(pk=last.pk).update(summary=last.summary, hash=last.computed_hash())

    [broken] = services.broken_entries()

    assert "末端哈希" in broken.problem


def test_an_entry_slipped_in_behind_the_end_is_noticed(sealed: list[Entry]) -> None:
    last = sealed[-1]
    last.pk, last.sequence, last.previous_hash = None, 6, last.hash
    last.hash = last.computed_hash()
    last.save(force_insert=True)

    [broken] = services.broken_entries()

    assert broken.sequence == 6
