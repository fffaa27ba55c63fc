"""別的單位還沒通過的一份佐證：哪條路都看不到它的名字，更拿不到它的內容。"""

import hashlib
import io
from collections.abc import Callable
from zipfile import ZipFile

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse

from people.models import User
from tasks.models import EvidenceLink
from tests.cast import Cast
from tests.evidence import stage
from tests.factories import EvidenceFileFactory

pytestmark = pytest.mark.django_db
SignIn = Callable[[User], Client]
#: 查的是前兩個字；後面的字在頁上出現，就是漏了。
WORD, NAME, CONTENT = "內部", "優撫對象名單", b"%PDF-1.4 secret list"
STRANGERS = ["neighbour", "helper", "admin"]


@pytest.fixture
def secret(cast: Cast) -> EvidenceLink:
    digest = hashlib.sha256(CONTENT).hexdigest()
    path = f"evidence/{digest[:2]}/{digest}.pdf"
    default_storage.save(path, ContentFile(CONTENT))
    file = EvidenceFileFactory(
        sha256=digest, path=path, extension="pdf", content_type="application/pdf"
    )
    row = stage.submission(cast, about=stage.indicator(cast.campaign), state="endorsed")
    return stage.link(
        cast, row, f"{WORD}{NAME}.pdf", file=file, state="pending", caption=WORD + NAME
    )


def body(response: HttpResponse) -> bytes:
    return b"".join(response.streaming_content) if response.streaming else response.content


@pytest.mark.parametrize("who", STRANGERS)
@pytest.mark.parametrize("in_front", ["", "/protected/"])
def test_the_address_of_the_file_gives_nothing(
    cast: Cast, signed_in: SignIn, secret: EvidenceLink, settings: object, who: str, in_front: str
) -> None:
    """整個、一段、只問頭、說自己有過（知道哈希也不行），由 nginx 代發的也一樣。"""
    settings.ACCEL_REDIRECT = in_front
    client = signed_in(getattr(cast, who))
    address = secret.get_absolute_url()
    told = {"Range": "bytes=0-9"}, {"If-None-Match": f'"{secret.file.sha256}"'}

    answers = [
        client.get(address),
        client.get(address, {"inline": "1"}),
        client.head(address),
        *(client.get(address, headers=each) for each in told),
        client.get(reverse("tasks:evidence-thumb", args=[secret.pk])),
        client.get(reverse("evidence:file", args=[secret.file_id])),
        client.get(reverse("evidence:file-reuse", args=[secret.file_id])),
    ]

    assert {each.status_code for each in answers} <= {403, 404}
    assert not [each for each in answers if "X-Accel-Redirect" in each]
    assert not [
        each for each in answers if CONTENT in body(each) or NAME in str(body(each), "utf8")
    ]


@pytest.mark.parametrize("prefix", ["/protected/", "/media/", "/static/", "/evidence/"])
def test_a_guessed_place_is_no_address(
    cast: Cast, signed_in: SignIn, secret: EvidenceLink, settings: object, prefix: str
) -> None:
    """知道存在哪裏也沒有用，連本單位的人也只有那一個口子。"""
    settings.ACCEL_REDIRECT = "/protected/"

    answer = signed_in(cast.clerk).get(prefix + secret.file.path)

    assert answer.status_code == 404
    assert "X-Accel-Redirect" not in answer


@pytest.mark.parametrize("who", STRANGERS)
def test_no_page_search_or_export_names_it(
    cast: Cast, signed_in: SignIn, secret: EvidenceLink, who: str
) -> None:
    client = signed_in(getattr(cast, who))
    code, submission = cast.campaign.code, secret.round.submission
    measure = submission.assignment.measure
    pages = [
        reverse("evidence:library"),
        reverse("evidence:library") + f"?q={WORD}",
        reverse("evidence:unlinked"),
        reverse("evidence:checkup", args=[code]),
        reverse("evidence:checkup-export", args=[code]),
        reverse("evidence:checkup-department", args=[code, cast.registry.pk]),
        reverse("evidence:checkup-department-export", args=[code, cast.registry.pk]),
        reverse("evidence:pack", args=[code]) + f"?period=2026&department={cast.registry.pk}",
        reverse("evidence:request-list", args=[code]),
        reverse("tasks:submission", args=[submission.pk]),
        reverse("tasks:measure-detail", args=[code, measure.code]),
        reverse("tasks:review-inbox", args=[code]) + f"?item={submission.pk}",
        reverse("exchange:export", args=["progress"]) + f"?campaign={code}",
        reverse("desk:search") + f"?q={WORD}",
    ]

    said = {page: client.get(page) for page in pages}

    for page, answer in said.items():
        assert answer.status_code in (200, 302, 403, 404), page
        assert NAME not in shown(answer), page


def shown(answer: HttpResponse) -> str:
    """頁上的字；表格是壓縮過的，拆開看。"""
    data = body(answer)
    if data.startswith(b"PK"):
        archive = ZipFile(io.BytesIO(data))
        data = b"".join(map(archive.read, archive.namelist()))
    return data.decode()


def test_its_own_people_see_it_on_the_same_roads(
    cast: Cast, signed_in: SignIn, secret: EvidenceLink
) -> None:
    """上面的路是通的：本單位的人和辦公室走得到。"""
    for person in (cast.clerk, cast.office):
        client = signed_in(person)
        assert body(client.get(secret.get_absolute_url())) == CONTENT
        found = client.get(reverse("evidence:library"), {"q": WORD}).content.decode()
        assert NAME in found
