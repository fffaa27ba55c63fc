"""核對存儲：不見的、變了的、多出來的，一個一個說清楚；什麼也不動。"""

import json
from datetime import datetime
from io import StringIO

import pytest
from django.core.files.base import ContentFile
from django.core.management import call_command

from pingtan_civ.lib.bucket import BucketStorage
from tasks.models import EvidenceFile
from tasks.services.evidence import receive
from tests.lib import make_files
from tests.live import free_port
from tests.storage.conftest import KEYS


@pytest.fixture(params=["folder", "bucket"])
def store(request: pytest.FixtureRequest, db: None) -> object:
    return request.getfixturevalue(request.param)


def keep(text: bytes, now: datetime) -> EvidenceFile:
    return receive(ContentFile(make_files.pdf(b"%" + text)), "文.pdf").keep(now)


def verified(*options: str) -> tuple[int, str]:
    out, code = StringIO(), 0
    try:
        call_command("verify_files", *options, stdout=out)
    except SystemExit as stopped:
        code = int(stopped.code)
    return code, out.getvalue()


def test_all_in_order_is_said_and_ends_well(store: object, now: datetime) -> None:
    keep(b"one", now)
    keep(b"two", now)

    assert verified() == (0, "核對了 2 個文件，都在，都與收下時一樣。\n")


def test_what_is_missing_altered_or_nobodys_is_listed_and_left_alone(
    store: object, now: datetime
) -> None:
    gone, changed, fine = (keep(text, now) for text in (b"gone", b"changed", b"fine"))
    store.delete(gone.path)
    store.save(changed.path, ContentFile(b"x" * changed.size))
    store.save("evidence/zz/stray.pdf", ContentFile(b"x"))

    code, said = verified()

    assert code == 1
    assert f"不見了：{gone.path}。從備份裏找回" in said
    assert f"內容變了：{changed.path}。與收下時不是同一個文件" in said
    assert "沒有誰在用：evidence/zz/stray.pdf。" in said
    assert fine.path not in said
    assert "核對了 3 個文件，有 3 處不對" in said
    assert store.exists("evidence/zz/stray.pdf")


def test_a_bucket_out_of_reach_is_said_of_each_file(
    bucket: BucketStorage, db: None, now: datetime
) -> None:
    """桶不在了（連不上也一樣）：一個一個說讀不出，命令走完，不中途倒下。"""
    one, other = keep(b"one", now), keep(b"other", now)
    bucket.bucket.objects.delete()
    bucket.bucket.delete()

    code, said = verified()

    assert code == 1
    assert f"讀不出：{one.path}。檢查磁盤（或對象存儲）通不通" in said
    assert f"讀不出：{other.path}。" in said
    assert "存儲裏還有哪些文件沒有看成" in said
    assert "核對了 2 個文件，有 3 處不對" in said


def test_a_bucket_nobody_answers_for_is_an_os_error() -> None:
    silent = BucketStorage(
        bucket_name="none", endpoint_url=f"http://127.0.0.1:{free_port()}", **KEYS
    )

    with pytest.raises(OSError, match="Could not connect"):
        list(silent.read("a.pdf"))
    with pytest.raises(OSError, match="Could not connect"):
        list(silent.walk())


def test_machines_get_one_json_line_each(folder: object, db: None, now: datetime) -> None:
    gone = keep(b"gone", now)
    folder.delete(gone.path)

    code, said = verified("--json")

    lines = [json.loads(line) for line in said.splitlines()]
    assert code == 1
    assert (lines[0]["trouble"], lines[0]["path"]) == ("missing", gone.path)
    assert lines[1] == {"checked": 1, "found": {"missing": 1}}
