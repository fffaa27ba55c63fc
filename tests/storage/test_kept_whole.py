"""文件存在本機文件夾或桶裏，一樣地收、一樣地發，一個字節不差。"""

import io
import urllib.request
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from django.core.files.base import ContentFile, File
from django.test import Client
from django.urls import reverse

from people.models import User
from pingtan_civ.lib.stored import on_disk
from tasks.models import EvidenceLink, Submission
from tasks.services import issuing
from tests import factories as make
from tests.cast import Cast
from tests.lib import make_files
from tests.tasks.test_evidence import body, upload

SignIn = Callable[[User], Client]
DOCUMENT = make_files.pdf(bytes(range(256)) * 1200)


@pytest.fixture(params=["folder", "bucket"])
def store(request: pytest.FixtureRequest) -> object:
    return request.getfixturevalue(request.param)


@pytest.fixture
def submission(cast: Cast, now: datetime) -> Submission:
    measure = make.MeasureFactory(campaign=cast.campaign, lead_department=cast.registry)
    issuing.issue_measures(actor=cast.office, measure_ids=[measure.pk], at=now)
    return Submission.objects.get()


def kept(client: Client, submission: Submission, name: str, data: bytes) -> EvidenceLink:
    assert upload(client, submission, name, data).status_code == 200
    return EvidenceLink.objects.select_related("file").latest("pk")


def test_a_document_is_kept_once_and_comes_back_byte_for_byte(
    signed_in: SignIn, cast: Cast, submission: Submission, store: object
) -> None:
    client = signed_in(cast.clerk)
    link = kept(client, submission, "方案.pdf", DOCUMENT)
    upload(client, submission, "方案（又一份）.pdf", DOCUMENT)

    response = client.get(link.get_absolute_url(), {"inline": "1"})

    assert body(response) == DOCUMENT
    assert response["Content-Length"] == str(len(DOCUMENT))
    assert [name for name, _size in store.walk()] == [link.file.path]


def test_a_part_is_sent_when_a_part_is_asked_for(
    signed_in: SignIn, cast: Cast, submission: Submission, store: object
) -> None:
    client = signed_in(cast.clerk)
    link = kept(client, submission, "方案.pdf", DOCUMENT)

    response = client.get(
        link.get_absolute_url(), {"inline": "1"}, headers={"Range": "bytes=1000-300000"}
    )

    assert response.status_code == 206
    assert response["Content-Range"] == f"bytes 1000-300000/{len(DOCUMENT)}"
    assert body(response) == DOCUMENT[1000:300_001]


def test_a_picture_has_its_small_version(
    signed_in: SignIn, cast: Cast, submission: Submission, store: object
) -> None:
    client = signed_in(cast.clerk)
    link = kept(client, submission, "大廳.jpg", make_files.picture(make_files.scene()))
    address = reverse("tasks:evidence-thumb", args=[link.pk])

    first, second = (body(client.get(address)) for _ in range(2))

    assert first == second
    assert first.startswith(b"\xff\xd8")
    assert len([name for name, _size in store.walk() if name.startswith("thumbnails/")]) == 1


def test_saving_under_a_name_already_there_replaces_it_whole(store: object) -> None:
    store.save("evidence/aa/half.pdf", ContentFile(DOCUMENT[:100]))

    name = store.save("evidence/aa/half.pdf", ContentFile(DOCUMENT))

    assert name == "evidence/aa/half.pdf"
    assert b"".join(store.read(name)) == DOCUMENT
    assert list(store.walk()) == [(name, len(DOCUMENT))]


def test_a_child_process_opens_it_by_a_path_on_this_machine(store: object) -> None:
    store.save("evidence/aa/a.pdf", ContentFile(DOCUMENT))

    with on_disk("evidence/aa/a.pdf") as path:
        assert Path(path).read_bytes() == DOCUMENT
    with pytest.raises(FileNotFoundError), on_disk("evidence/aa/none.pdf"):
        pass


def test_a_file_gone_from_the_store_is_said_plainly(
    signed_in: SignIn, cast: Cast, submission: Submission, store: object
) -> None:
    client = signed_in(cast.clerk)
    link = kept(client, submission, "方案.pdf", DOCUMENT)
    store.delete(link.file.path)

    response = client.get(link.get_absolute_url())

    assert response.status_code == 404
    assert "不在存儲裏" in response.content.decode()


# ── 只在桶裏 ───────────────────────────────────────────


def test_a_download_is_handed_over_for_a_minute_under_its_chinese_name(
    signed_in: SignIn, cast: Cast, submission: Submission, bucket: object
) -> None:
    client = signed_in(cast.clerk)
    link = kept(client, submission, "實施方案.pdf", DOCUMENT)

    response = client.get(link.get_absolute_url())

    assert response.status_code == 302
    assert "no-store" in response["Cache-Control"]
    asked = parse_qs(urlsplit(response["Location"]).query)
    assert asked["X-Amz-Expires"] == ["60"]
    assert "%E5%AF%A6%E6%96%BD" in asked["response-content-disposition"][0]


def test_the_address_handed_over_leads_to_the_same_bytes(bucket: object) -> None:
    bucket.save("evidence/aa/a.pdf", ContentFile(DOCUMENT))
    address = bucket.handover(
        "evidence/aa/a.pdf",
        disposition="attachment; filename*=utf-8''%E6%96%B9.pdf",
        content_type="application/pdf",
        seconds=60,
    )

    with urllib.request.urlopen(address, timeout=10) as answer:  # noqa: S310
        assert answer.read() == DOCUMENT
        assert answer.headers["Content-Disposition"].endswith("%E6%96%B9.pdf")


def test_where_people_cannot_reach_the_bucket_the_site_passes_the_bytes_on(
    signed_in: SignIn, cast: Cast, submission: Submission, bucket: object, settings: object
) -> None:
    there = settings.STORAGES["default"]
    options = {**there["OPTIONS"], "can_handover": False}
    settings.STORAGES = {**settings.STORAGES, "default": {**there, "OPTIONS": options}}
    client = signed_in(cast.clerk)
    link = kept(client, submission, "方案.pdf", DOCUMENT)

    assert body(client.get(link.get_absolute_url())) == DOCUMENT


def test_a_stranger_is_refused_before_any_address_is_made(
    signed_in: SignIn, cast: Cast, submission: Submission, bucket: object
) -> None:
    link = kept(signed_in(cast.clerk), submission, "方案.pdf", DOCUMENT)

    response = signed_in(cast.neighbour).get(link.get_absolute_url())

    assert response.status_code == 403
    assert "Location" not in response


def test_a_head_request_tells_the_size_without_an_address(
    signed_in: SignIn, cast: Cast, submission: Submission, bucket: object
) -> None:
    client = signed_in(cast.clerk)
    link = kept(client, submission, "方案.pdf", DOCUMENT)

    response = client.head(link.get_absolute_url())

    assert (response.status_code, response["Content-Length"]) == (200, str(len(DOCUMENT)))


def test_a_large_file_goes_up_in_parts_and_appears_at_once(bucket: object) -> None:
    data = bytes(range(256)) * (20 << 12)  # 20 MB，分段傳

    bucket.save("results/large", ContentFile(data))

    assert bucket.size("results/large") == len(data)
    assert b"".join(bucket.read("results/large", 19_000_000, 1000)) == data[19_000_000:19_001_000]


# ── 只在本機 ───────────────────────────────────────────


def test_a_write_that_breaks_off_leaves_the_old_one_and_nothing_half(folder: object) -> None:
    class Broken(io.BytesIO):
        def read(self, size: int | None = -1) -> bytes:
            raise OSError("磁盤滿了")

    folder.save("evidence/aa/a.pdf", ContentFile(DOCUMENT))

    with pytest.raises(OSError, match="磁盤滿了"):
        folder.save("evidence/aa/a.pdf", File(Broken(b"x")))

    assert b"".join(folder.read("evidence/aa/a.pdf")) == DOCUMENT
    assert [name for name, _size in folder.walk()] == ["evidence/aa/a.pdf"]


def test_what_a_killed_process_left_goes_with_the_name_it_was_for(folder: object) -> None:
    for name in ("results/7-a", "results/77-a"):
        left = Path(folder.path(f"incoming/{name.replace('/', '~')}~0123"))
        left.parent.mkdir(exist_ok=True)
        left.write_bytes(b"half")

    folder.delete("results/7-a")

    assert [name for name, _size in folder.walk()] == ["incoming/results~77-a~0123"]
