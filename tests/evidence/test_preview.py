"""一份文件的頁：傳來的東西只在鎖住的回應裏打開，辦公文件排出讀到的字。"""

from collections.abc import Callable

import pytest
from django.test import Client
from django.urls import reverse

from evidence.library_file import Block, blocks_of
from people.models import User
from tests.cast import Cast
from tests.evidence import files, stage

SignedIn = Callable[[User], Client]


def test_lines_with_tabs_become_tables() -> None:
    found = blocks_of("通知\n事項\t金額\n工本費\t9\t免\n\n落款")

    table = (("事項", "金額", ""), ("工本費", "9", "免"))
    assert found == [Block(text="通知"), Block(rows=table), Block(text="落款")]


@pytest.mark.parametrize(
    ("extension", "data", "tag"),
    [("jpg", files.picture(), "<img class"), ("pdf", files.pdf("Notice"), "<iframe")],
)
def test_pictures_and_pdfs_open_from_the_guarded_address(
    cast: Cast, signed_in: SignedIn, extension: str, data: bytes, tag: str
) -> None:
    file = files.stored(data, extension)
    link = stage.link(cast, stage.submission(cast), f"材料.{extension}", file=file)
    client = signed_in(cast.neighbour)

    page = client.get(reverse("evidence:file", args=[file.pk])).content.decode()
    original = client.get(link.get_absolute_url(), {"inline": "1"})

    assert f'src="{link.get_absolute_url()}?inline=1"' in page.split(tag)[1]
    assert f'href="{link.get_absolute_url()}"' in page
    assert "default-src 'none'" in original["Content-Security-Policy"]
    assert original["X-Frame-Options"] == ("SAMEORIGIN" if extension == "pdf" else "DENY")


def test_an_office_file_is_shown_as_the_words_in_it(cast: Cast, signed_in: SignedIn) -> None:
    text = "<b>會議</b>記錄\n姓名\t簽到\n張三\t到"
    link = stage.link(cast, stage.submission(cast), "簽到.docx", text=text)
    file = link.file
    file.extension, file.content_type = "docx", "application/octet-stream"
    file.save()

    page = signed_in(cast.office).get(reverse("evidence:file", args=[file.pk])).content.decode()

    assert "&lt;b&gt;會議&lt;/b&gt;記錄" in page
    assert "<td>張三</td>" in page
    assert "<iframe" not in page


def test_a_file_not_read_yet_says_so(cast: Cast, signed_in: SignedIn) -> None:
    file = files.stored(files.docx("還沒讀"), "docx")
    stage.link(cast, stage.submission(cast), "新傳的.docx", file=file)

    page = signed_in(cast.office).get(reverse("evidence:file", args=[file.pk])).content.decode()

    assert "裏面的文字還在讀" in page


def test_a_draft_replaced_before_the_head_passed_it_stays_with_its_unit(
    cast: Cast, signed_in: SignedIn
) -> None:
    """報出之前換下的一份，連名字也只有本單位知道。"""
    row = stage.submission(cast)
    draft = stage.link(cast, row, "會議室內部名單.docx")
    draft.removed_at = draft.added_at
    draft.save()
    link = stage.link(cast, row, "公示欄.jpg", replaces=draft)
    url = reverse("evidence:file", args=[link.file_id])

    pages = {
        person: signed_in(person).get(url).content.decode() for person in (cast.office, cast.clerk)
    }

    assert "會議室內部名單" not in pages[cast.office]
    assert "會議室內部名單" in pages[cast.clerk]
