"""佐證：收什麼、不收什麼、誰能看、原樣不差。"""

import hashlib
import io
import re
from collections.abc import Callable
from datetime import datetime

import pytest
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from PIL import Image

from people.models import User
from tasks.models import EvidenceFile, EvidenceLink, Submission
from tasks.services import handing_in, issuing, review
from tasks.services.handing_in import Draft, current_round
from tests import factories as make
from tests.cast import Cast
from tests.lib import make_files

SignIn = Callable[[User], Client]


@pytest.fixture
def submission(cast: Cast, now: datetime) -> Submission:
    measure = make.MeasureFactory(
        campaign=cast.campaign, lead_department=cast.registry, asks_percent=False
    )
    issuing.issue_measures(actor=cast.office, measure_ids=[measure.pk], at=now)
    return Submission.objects.get()


def upload(client: Client, row: Submission, name: str, data: bytes) -> object:
    return client.post(
        reverse("tasks:evidence-add", args=[row.pk]), {"file": SimpleUploadedFile(name, data)}
    )


def body(response: object) -> bytes:
    return b"".join(response.streaming_content)


def hand_in(cast: Cast, row: Submission, now: datetime, until: str) -> None:
    handing_in.submit(
        actor=cast.clerk,
        submission_id=row.pk,
        draft=Draft(narrative="公示欄已設。"),
        version=current_round(row).version,
        at=now,
    )
    if until in ("endorsed", "accepted"):
        handing_in.endorse(actor=cast.head, submission_id=row.pk, at=now)
    if until == "accepted":
        review.accept(actor=cast.office, submission_id=row.pk, at=now)


# ── 收 ────────────────────────────────────────────────


def test_an_uploaded_file_comes_back_as_a_row_ready_for_its_caption(
    signed_in: SignIn, cast: Cast, submission: Submission
) -> None:
    response = upload(signed_in(cast.clerk), submission, "收費表.docx", make_files.word())

    link = EvidenceLink.objects.get()
    html = response.content.decode()
    assert response.status_code == 200
    assert html.startswith("<li") or "<li" in html
    assert f'name="caption_{link.pk}"' in html
    assert "收費表.docx" in html


def test_a_file_of_several_chunks_arrives_whole(
    signed_in: SignIn, cast: Cast, submission: Submission
) -> None:
    data = make_files.pdf(extra=bytes(range(256)) * 800)  # 約 200 KB，多於一塊
    client = signed_in(cast.clerk)
    upload(client, submission, "方案.pdf", data)
    link = EvidenceLink.objects.select_related("file").get()

    got = body(client.get(link.get_absolute_url()))

    assert len(data) > 200_000
    assert hashlib.sha256(got).hexdigest() == hashlib.sha256(data).hexdigest() == link.file.sha256


def test_a_twelve_megapixel_phone_picture_is_turned_shrunk_and_loses_its_place(
    signed_in: SignIn, cast: Cast, submission: Submission
) -> None:
    data = make_files.picture(
        make_files.scene(4000, 3000, noise=2),
        quality=95,
        exif=make_files.exif(taken="2026:11:20 10:30:00", orientation=6, gps=True),
    )
    client = signed_in(cast.clerk)
    upload(client, submission, "大廳.jpg", data)
    link = EvidenceLink.objects.select_related("file").get()

    got = body(client.get(link.get_absolute_url()))

    image = Image.open(io.BytesIO(got))
    assert image.width < image.height
    assert len(got) <= 2_000_000
    assert dict(image.getexif()) == {}
    assert f"{link.file.captured_at:%Y-%m-%d}" == "2026-11-20"


def test_the_same_content_is_stored_once_and_listed_once(
    signed_in: SignIn, cast: Cast, submission: Submission
) -> None:
    client = signed_in(cast.clerk)
    for name in ("一.docx", "二.docx"):
        upload(client, submission, name, DOCUMENT)

    assert EvidenceFile.objects.count() == 1
    assert [link.name for link in EvidenceLink.objects.all()] == ["一.docx"]


DOCUMENT = make_files.word("同一份")

BAD = {
    "a text in a picture's name": ("大廳.jpg", "就是一段字".encode(), "純文本"),
    "a macro document": (
        "表.docx",
        make_files.package("application/vnd.ms-word.document.macroEnabled.main+xml"),
        "宏",
    ),
    "a bomb": (
        "表.docx",
        make_files.package(body=b"\0" * 20_000_000),
        "異常龐大",
    ),
    "an svg": ("圖.svg", b"<svg xmlns='http://www.w3.org/2000/svg'/>", "SVG"),
    "a web page": ("頁.pdf", b"<!doctype html><script>1</script>", "網頁"),
    "an archive": ("包.zip", make_files.archive({"a.txt": b"a"}), "壓縮包"),
    "a program": ("表.docx", b"MZ" + b"\0" * 200, "程序"),
    "an old document": ("舊.doc", make_files.ole("WordDocument"), "另存為 .docx"),
    "a cut picture": (
        "大廳.jpg",
        make_files.picture(make_files.scene())[:1500],
        "損壞",
    ),
    "nothing": ("空.pdf", b"", "空的"),
}


@pytest.mark.parametrize("case", BAD)
def test_a_bad_file_is_refused_with_what_to_do(
    signed_in: SignIn, cast: Cast, submission: Submission, case: str
) -> None:
    name, data, word = BAD[case]

    response = upload(signed_in(cast.clerk), submission, name, data)

    assert 400 <= response.status_code < 500
    assert response["Content-Type"].startswith("text/plain")
    assert word in response.content.decode()
    assert not EvidenceLink.objects.exists()


def test_a_file_over_the_limit_is_refused(
    signed_in: SignIn, cast: Cast, submission: Submission, settings: object
) -> None:
    settings.UPLOAD_MAX_MB = 1

    response = upload(
        signed_in(cast.clerk), submission, "大.pdf", make_files.pdf(extra=b"x" * 1_100_000)
    )

    assert response.status_code == 422
    assert "1 MB" in response.content.decode()


def test_an_upload_without_a_file_is_a_plain_sentence(
    signed_in: SignIn, cast: Cast, submission: Submission
) -> None:
    response = signed_in(cast.clerk).post(reverse("tasks:evidence-add", args=[submission.pk]))

    assert response.status_code == 400
    assert "沒有收到文件" in response.content.decode()


def test_without_script_one_refused_file_does_not_take_the_others_with_it(
    signed_in: SignIn, cast: Cast, submission: Submission
) -> None:
    files = [
        SimpleUploadedFile("收費表.docx", make_files.word()),
        SimpleUploadedFile("記錄.txt", "一段字".encode()),
    ]

    response = signed_in(cast.clerk).post(
        submission.get_absolute_url(),
        {"version": "0", "narrative": "做了。", "action": "submit", "file": files},
    )

    html = response.content.decode()
    submission.refresh_from_db()
    assert (response.status_code, submission.state) == (422, Submission.State.OPEN)
    assert "「記錄.txt」沒有收下" in html
    assert [link.name for link in EvidenceLink.objects.all()] == ["收費表.docx"]
    assert "做了。" in html


@pytest.mark.parametrize("who", ["office", "neighbour", "leader", "admin"])
def test_nobody_else_uploads(
    signed_in: SignIn, cast: Cast, submission: Submission, who: str
) -> None:
    response = upload(signed_in(getattr(cast, who)), submission, "表.docx", make_files.word())

    assert response.status_code == 403
    assert not EvidenceFile.objects.exists()


def test_a_report_handed_in_takes_no_more_files(
    signed_in: SignIn, cast: Cast, submission: Submission, now: datetime
) -> None:
    hand_in(cast, submission, now, "submitted")

    response = upload(signed_in(cast.clerk), submission, "表.docx", make_files.word())

    assert response.status_code == 409


# ── 說明與撤下 ────────────────────────────────────────


@pytest.fixture
def link(signed_in: SignIn, cast: Cast, submission: Submission) -> EvidenceLink:
    picture = make_files.picture(make_files.scene())
    upload(signed_in(cast.clerk), submission, "大廳 公示欄.jpg", picture)
    return EvidenceLink.objects.get()


def test_form_and_caption_are_saved_with_the_report(
    signed_in: SignIn, cast: Cast, submission: Submission, link: EvidenceLink
) -> None:
    signed_in(cast.clerk).post(
        submission.get_absolute_url(),
        {
            "version": "0",
            "action": "save",
            f"caption_{link.pk}": "大廳入口",
            f"form_{link.pk}": str(link.form_id or ""),
        },
    )

    link.refresh_from_db()
    assert link.caption == "大廳入口"


@pytest.mark.parametrize("value", ["999999", "x", "-1"])
def test_a_form_that_does_not_exist_is_never_stored(
    signed_in: SignIn, cast: Cast, submission: Submission, link: EvidenceLink, value: str
) -> None:
    known = link.form_id

    signed_in(cast.clerk).post(
        submission.get_absolute_url(),
        {"version": "0", "action": "save", f"caption_{link.pk}": "", f"form_{link.pk}": value},
    )

    link.refresh_from_db()
    assert link.form_id in (known, None)


def test_removing_without_script_keeps_what_was_typed(
    signed_in: SignIn, cast: Cast, submission: Submission, link: EvidenceLink
) -> None:
    signed_in(cast.clerk).post(
        submission.get_absolute_url(),
        {"version": "0", "narrative": "寫了一半", "action": f"remove-{link.pk}"},
    )

    link.refresh_from_db()
    assert link.removed_at is not None
    assert current_round(submission).narrative == "寫了一半"


def test_removing_in_place_answers_with_nothing_to_show(
    signed_in: SignIn, cast: Cast, link: EvidenceLink
) -> None:
    client = signed_in(cast.clerk)
    url = reverse("tasks:evidence-remove", args=[link.pk])

    response = client.post(url, headers={"HX-Request": "true"})

    assert (response.status_code, response.content) == (200, b"")
    assert client.get(link.get_absolute_url()).status_code == 404


def test_a_piece_already_handed_in_stays_as_a_record(
    signed_in: SignIn, cast: Cast, submission: Submission, link: EvidenceLink, now: datetime
) -> None:
    hand_in(cast, submission, now, "submitted")

    response = signed_in(cast.clerk).post(reverse("tasks:evidence-remove", args=[link.pk]))

    link.refresh_from_db()
    assert response.status_code == 409
    assert link.removed_at is None


@pytest.mark.parametrize("who", ["office", "neighbour"])
def test_nobody_else_removes(signed_in: SignIn, cast: Cast, link: EvidenceLink, who: str) -> None:
    response = signed_in(getattr(cast, who)).post(reverse("tasks:evidence-remove", args=[link.pk]))

    assert response.status_code == 403


# ── 看 ────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("who", "until", "status"),
    [
        ("clerk", "", 200),
        ("office", "", 403),
        ("neighbour", "submitted", 403),
        ("office", "submitted", 403),
        ("office", "endorsed", 200),
        ("deputy", "endorsed", 200),
        ("admin", "endorsed", 403),
        ("neighbour", "endorsed", 403),
        ("neighbour", "accepted", 200),
    ],
)
def test_evidence_opens_to_each_person_at_its_stage(
    signed_in: SignIn,
    cast: Cast,
    submission: Submission,
    link: EvidenceLink,
    now: datetime,
    who: str,
    until: str,
    status: int,
) -> None:
    if until:
        hand_in(cast, submission, now, until)
    client = signed_in(getattr(cast, who))

    got = [
        client.get(link.get_absolute_url()).status_code,
        client.get(reverse("tasks:evidence-thumb", args=[link.pk])).status_code,
    ]

    assert got == [status, status]


def test_a_person_without_a_post_finds_nothing(
    signed_in: SignIn, cast: Cast, submission: Submission, link: EvidenceLink, now: datetime
) -> None:
    hand_in(cast, submission, now, "accepted")

    assert signed_in(make.UserFactory()).get(link.get_absolute_url()).status_code == 404


def test_a_visitor_is_sent_to_sign_in(client: Client, link: EvidenceLink) -> None:
    assert client.get(link.get_absolute_url()).status_code == 302


def test_a_download_has_its_chinese_name_and_can_do_nothing(
    signed_in: SignIn, cast: Cast, link: EvidenceLink
) -> None:
    response = signed_in(cast.clerk).get(link.get_absolute_url())

    assert response["Content-Disposition"].startswith("attachment; filename*=utf-8''%E5%A4%A7")
    assert response["Content-Type"] == "image/jpeg"
    assert response["X-Content-Type-Options"] == "nosniff"
    assert "sandbox" in response["Content-Security-Policy"]
    assert "private" in response["Cache-Control"]


def test_only_pictures_and_pdf_open_in_the_browser(
    signed_in: SignIn, cast: Cast, submission: Submission, link: EvidenceLink
) -> None:
    client = signed_in(cast.clerk)
    upload(client, submission, "表.docx", make_files.word())
    document = EvidenceLink.objects.get(name="表.docx")

    picture = client.get(link.get_absolute_url(), {"inline": "1"})
    word = client.get(document.get_absolute_url(), {"inline": "1"})

    assert picture["Content-Disposition"].startswith("inline")
    assert word["Content-Disposition"].startswith("attachment")


def test_an_unchanged_file_is_not_sent_again(
    signed_in: SignIn, cast: Cast, link: EvidenceLink
) -> None:
    client = signed_in(cast.clerk)
    tag = client.get(link.get_absolute_url())["ETag"]

    assert client.get(link.get_absolute_url(), headers={"If-None-Match": tag}).status_code == 304


def test_a_server_in_front_may_send_the_bytes(
    signed_in: SignIn, cast: Cast, link: EvidenceLink, settings: object
) -> None:
    settings.ACCEL_REDIRECT = "/protected/"

    response = signed_in(cast.clerk).get(link.get_absolute_url())

    assert response["X-Accel-Redirect"] == f"/protected/{link.file.path}"
    assert response.content == b""


#: 代發時 nginx 自己留着、自己寫的頭（1.22 實試）；別的一律丟掉。
KEPT_BY_NGINX = {
    *("content-type", "content-disposition", "cache-control", "set-cookie", "expires"),
    *("content-length", "etag", "last-modified", "accept-ranges", "x-accel-redirect", "vary"),
}


@pytest.mark.parametrize("inline", ["", "1"])
def test_the_documented_server_hands_over_every_header(
    signed_in: SignIn, cast: Cast, link: EvidenceLink, settings: object, inline: str
) -> None:
    """docs/production.md 裏的 location 要把應用定下的頭一個不少地補上。"""
    settings.ACCEL_REDIRECT, settings.SECURE_HSTS_SECONDS = "/protected/", 3600
    settings.SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    text = (settings.BASE_DIR / "docs" / "production.md").read_text(encoding="utf-8")
    location = text.split("location /protected/ {")[1].split("\n    }")[0]
    added = dict(re.findall(r"add_header ([\w-]+) (\S+);", location))

    response = signed_in(cast.clerk).get(link.get_absolute_url(), {"inline": inline}, secure=True)

    wanted = {name for name in response.headers if name.lower() not in KEPT_BY_NGINX}
    assert {"Content-Security-Policy", "Strict-Transport-Security"} <= wanted == set(added)
    assert added == {name: f"$upstream_http_{name.lower().replace('-', '_')}" for name in wanted}
    assert "internal;" in location


def test_a_file_missing_from_the_store_is_not_an_error_page_of_ours(
    signed_in: SignIn, cast: Cast, link: EvidenceLink
) -> None:
    default_storage.delete(link.file.path)
    client = signed_in(cast.clerk)

    assert client.get(link.get_absolute_url()).status_code == 404


def test_a_thumbnail_is_small_and_made_once(
    signed_in: SignIn, cast: Cast, link: EvidenceLink
) -> None:
    client = signed_in(cast.clerk)
    url = reverse("tasks:evidence-thumb", args=[link.pk])
    first = body(client.get(url))
    default_storage.delete(link.file.path)

    again = body(client.get(url))

    assert max(Image.open(io.BytesIO(first)).size) <= 480
    assert again == first


def test_a_document_has_no_thumbnail(signed_in: SignIn, cast: Cast, submission: Submission) -> None:
    client = signed_in(cast.clerk)
    upload(client, submission, "表.docx", make_files.word())
    link = EvidenceLink.objects.get()

    assert client.get(reverse("tasks:evidence-thumb", args=[link.pk])).status_code == 404
