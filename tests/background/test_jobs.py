"""後台任務：要一件、辦一件、取消、被殺之後別人接着辦；別人的看不到。"""

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from io import UnsupportedOperation
from pathlib import Path

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.test import Client
from django.urls import reverse

from background.models import Job
from background.services import (
    JobRefused,
    Kind,
    Outcome,
    Progress,
    cancel_job,
    kinds,
    order_job,
    register_job,
    running,
    sweep,
)
from background.services import run_job as run
from background.services.flow import Flow
from tests import factories as make
from tests.factories import moment

pytestmark = pytest.mark.django_db
NOW = moment(2026, 11, 26, 9)


@pytest.fixture
def kind(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> str:
    """一種寫出一個文件的任務。"""
    monkeypatch.setattr(kinds, "KINDS", {})

    def write(job: Job, progress: Progress) -> Outcome:
        progress.tell(1, 2, "寫第一行")
        path = tmp_path / "out"
        path.write_text(str(job.params), encoding="utf-8")
        return Outcome(str(path), "結果.txt", {"rows": 2})

    register_job("write", Kind(write))
    return "write"


def order(owner: object, kind: str, key: str = "a", at: datetime = NOW, **params: object) -> Job:
    return order_job(owner=owner, kind=kind, key=key, title="寫一個文件", at=at, params=params)


def at(moment_: datetime) -> object:
    return lambda: moment_


def test_a_job_is_done_and_its_result_kept_for_a_week(kind: str) -> None:
    job = order(make.UserFactory(), kind, year=2026)
    done = run(job.pk, now=at(NOW))
    assert (done.state, done.percent, done.result) == (Job.State.DONE, 100, {"rows": 2})
    assert default_storage.open(done.file).read().decode() == "{'year': 2026}"
    assert order(job.owner, kind) == done
    assert run(job.pk, now=at(NOW)) is None
    sweep(NOW + timedelta(days=8))
    assert Job.objects.get(pk=job.pk).file == ""
    assert not default_storage.exists(done.file)


def test_the_same_wish_twice_is_one_job(kind: str) -> None:
    owner = make.UserFactory()
    first = order(owner, kind)
    assert order(owner, kind) == first
    assert order(owner, kind, key="b") != first
    assert order(make.UserFactory(), kind) != first


def test_a_refusal_is_told_and_not_tried_again(kind: str) -> None:
    def refuse(_job: Job, _progress: Progress) -> Outcome:
        raise JobRefused("這個活動還沒有指標，請先定指標。")

    register_job("refuse", Kind(refuse))
    job = run(order(make.UserFactory(), "refuse").pk, now=at(NOW))
    assert (job.state, job.error) == (Job.State.FAILED, "這個活動還沒有指標，請先定指標。")
    assert run(job.pk, now=at(NOW)) is None


def test_an_accident_is_tried_three_times(kind: str) -> None:
    def fall(_job: Job, _progress: Progress) -> Outcome:
        raise OSError("磁盤滿了")

    register_job("fall", Kind(fall))
    pk = order(make.UserFactory(), "fall").pk
    assert [run(pk, now=at(NOW)).state for _ in range(3)] == ["waiting", "waiting", "failed"]
    assert "告訴管理員" in Job.objects.get(pk=pk).error


def test_a_killed_worker_loses_its_lease(kind: str) -> None:
    """領走之後再沒有消息：五分鐘後別人從頭辦；原來那個醒來時什麼也不能再寫。"""
    job = order(make.UserFactory(), kind)
    late = running._claim(job.pk, NOW)
    assert run(job.pk, now=at(NOW + timedelta(minutes=4))) is None
    done = run(job.pk, now=at(NOW + timedelta(minutes=6)))
    assert done.state == Job.State.DONE
    with pytest.raises(running.Stopped):
        Progress(late, at(NOW + timedelta(minutes=7))).tell(1, 2)
    assert running._finish(late, Outcome(), NOW) is None


def test_a_cancelled_job_stops_at_the_next_word(kind: str) -> None:
    owner = make.UserFactory()

    def cancelled_halfway(job: Job, progress: Progress) -> Outcome:
        assert cancel_job(job=job, at=NOW)
        progress.tell(1, 2)
        raise AssertionError("取消之後還在辦")

    register_job("halfway", Kind(cancelled_halfway))
    job = order(owner, "halfway")
    assert run(job.pk, now=at(NOW)) is None
    assert Job.objects.get(pk=job.pk).state == Job.State.CANCELLED
    assert not cancel_job(job=job, at=NOW)


def test_the_sweep_rings_for_the_idle_only(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    rung: list[int] = []
    monkeypatch.setattr(running.doorbell, "ring", lambda _job, job_id: rung.append(job_id))
    waiting = order(make.UserFactory(), kind)
    held = order(make.UserFactory(), kind)
    running._claim(held.pk, NOW)
    sweep(NOW + timedelta(minutes=1))
    assert rung == [waiting.pk]
    sweep(NOW + timedelta(minutes=6))
    assert rung == [waiting.pk, waiting.pk, held.pk]


def test_pages_of_a_job(client: Client, kind: str) -> None:
    owner = make.UserFactory()
    job = order(owner, kind)
    client.force_login(owner)
    page = client.get(job.get_absolute_url())
    assert "排隊中" in page.content.decode()
    assert 'hx-trigger="every 2s"' in page.content.decode()
    run(job.pk, now=at(NOW))
    part = client.get(job.get_absolute_url(), headers={"HX-Request": "true"}).content.decode()
    assert "做好了" in part
    assert "every 2s" not in part
    assert "結果.txt" in client.get(reverse("background:job-list")).content.decode()
    answer = client.get(reverse("background:job-file", args=[job.pk]))
    assert b"".join(answer.streaming_content) == b"{}"
    assert "attachment" in answer["Content-Disposition"]


def test_a_job_is_its_owners_alone(client: Client, kind: str) -> None:
    job = order(make.UserFactory(), kind)
    run(job.pk, now=at(NOW))
    client.force_login(make.UserFactory(is_superuser=True, is_staff=True))
    for name in ("job", "job-file"):
        assert client.get(reverse(f"background:{name}", args=[job.pk])).status_code == 404
    assert client.post(reverse("background:job-cancel", args=[job.pk])).status_code == 404


def test_a_result_is_kept_from_who_may_not_have_it_any_more(client: Client, kind: str) -> None:
    """能不能下載按此刻問，頁上不再給按鈕，也說得出為什麼；回去的路還在。"""
    owner = make.UserFactory()
    client.force_login(owner)
    job = order(owner, kind)
    run(job.pk, now=at(NOW))
    write = kinds.KINDS[kind].run
    gone = Kind(write, refusal=lambda _job, _on: "您的職務變了。", page=lambda _job, _on: "/pack/")
    register_job(kind, gone)

    page = client.get(job.get_absolute_url()).content.decode()
    address = reverse("background:job-file", args=[job.pk])
    part = client.get(address, headers={"Range": "bytes=0-1"})

    assert "您的職務變了。" in page
    assert address not in page
    assert 'href="/pack/"' in page
    assert [client.get(address).status_code, client.head(address).status_code] == [403, 403]
    assert part.status_code == 403
    assert "您的職務變了。" in client.get(address).content.decode()


def flowing(pieces: Iterator[bytes]) -> Callable[[Job, Progress], Outcome]:
    return lambda _job, _progress: Outcome(name="長.bin", content=pieces)


def kept_results() -> list[str]:
    return default_storage.listdir("results")[1] if default_storage.exists("results") else []


def test_a_result_made_piece_by_piece_is_written_once(kind: str) -> None:
    register_job("flow", Kind(flowing(iter([b"ab", b"", b"cde"]))))
    done = run(order(make.UserFactory(), "flow").pk, now=at(NOW))
    assert (done.file_name, done.file_size) == ("長.bin", 5)
    assert default_storage.open(done.file).read() == b"abcde"


def test_a_result_that_stops_halfway_leaves_nothing(kind: str) -> None:
    def pieces() -> Iterator[bytes]:
        yield b"ab"
        raise JobRefused("第二份文件壞了。")

    before = kept_results()
    register_job("flow", Kind(flowing(pieces())))
    job = run(order(make.UserFactory(), "flow").pk, now=at(NOW))
    assert (job.state, job.error) == (Job.State.FAILED, "第二份文件壞了。")
    assert kept_results() == before


def test_the_half_written_result_of_a_killed_worker_is_cleared(kind: str) -> None:
    """kill -9 來不及收拾：接手的人先刪去那半截。"""
    job = order(make.UserFactory(), kind)
    killed = running._claim(job.pk, NOW)
    half = default_storage.save(f"results/{job.pk}-{killed.lease}", ContentFile(b"half"))
    done = run(job.pk, now=at(NOW + timedelta(minutes=6)))
    assert default_storage.exists(done.file)
    assert not default_storage.exists(half)


def test_the_half_written_result_of_a_job_cancelled_and_killed_is_cleared(kind: str) -> None:
    """取消了，辦的人也被殺了：誰也不再接手，巡查在租約過後收拾。"""
    job = order(make.UserFactory(), kind)
    killed = running._claim(job.pk, NOW)
    half = default_storage.save(f"results/{job.pk}-{killed.lease}", ContentFile(b"half"))
    cancel_job(job=job, at=NOW)

    sweep(NOW + timedelta(minutes=4))
    assert default_storage.exists(half)
    sweep(NOW + timedelta(minutes=6))

    assert not default_storage.exists(half)


def test_what_is_written_in_one_step_cannot_be_cancelled_halfway(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    """說了「已取消」，就真的沒有寫。"""
    monkeypatch.setattr(kinds, "KINDS", {})
    seen: list[str] = []

    def write(job: Job, progress: Progress) -> Outcome:
        url = reverse("background:job-cancel", args=[job.pk])
        seen.append(client.post(url, follow=True).content.decode())
        return Outcome(result={"rows": 1})

    register_job("write-at-once", Kind(write, is_one_step=True))
    owner = make.UserFactory()
    client.force_login(owner)
    job = order(owner, "write-at-once")

    done = run(job.pk, now=at(NOW))

    assert "停不下來" in seen[0]
    assert reverse("background:job-cancel", args=[job.pk]) not in seen[0]
    assert done is not None
    assert done.state == Job.State.DONE


def test_a_flow_is_read_by_size_too() -> None:
    """對象存儲不取一段段，按字節數要。"""
    flow = Flow(iter([b"abc", b"defg"]))
    assert flow.seek(0) == 0
    assert [flow.read(2), flow.read(4), flow.tell(), flow.read(), flow.read(1)] == [
        b"ab", b"cdef", 6, b"g", b"",
    ]  # fmt: skip
    with pytest.raises(UnsupportedOperation):
        flow.seek(0)
