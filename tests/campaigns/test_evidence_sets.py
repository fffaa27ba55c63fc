"""常用佐證要求：辦公室維護，整組保存，起草時照用的只有一組。"""

from collections.abc import Callable

from django.test import Client
from django.urls import reverse

from campaigns.models import EvidenceSet
from journal.models import Entry
from people.models import User
from tests.cast import Cast
from tests.spec_rows import spec_rows

SignIn = Callable[[User], Client]
CREATE = reverse("campaigns:evidence-set-create")


def typed(*rows: dict[str, object], **more: object) -> dict[str, object]:
    plain = {"name": "志願服務類", "note": "", "position": "200", "is_active": "on"}
    return plain | spec_rows(*rows) | more


def test_the_sets_of_such_an_office_are_there_from_the_start(cast: Cast, signed_in: SignIn) -> None:
    page = signed_in(cast.office).get(reverse("campaigns:evidence-sets")).content.decode()

    for name in ("通常要求", "培訓類", "制度類", "窗口服務類", "宣傳類", "統計類", "榮譽類"):
        assert name in page
    assert "實景圖片 2 張，報送期內，審核看：看得到單位名稱；看得到培訓主題" in page


def test_they_are_in_the_menu_of_those_who_maintain_them(cast: Cast, signed_in: SignIn) -> None:
    url, home = reverse("campaigns:evidence-sets"), reverse("people:organisation")
    pages = [
        signed_in(user).get(home).content.decode() for user in (cast.office, cast.admin, cast.clerk)
    ]

    assert [f'href="{url}"' in page for page in pages] == [True, True, False]


def test_the_office_sets_up_a_group(cast: Cast, signed_in: SignIn) -> None:
    signed_in(cast.office).post(CREATE, typed({"form": "photo", "count": "3"}))

    row = EvidenceSet.objects.get(name="志願服務類")
    assert [line.heading for line in row.lines.all()] == ["實景圖片 3 張"]
    entry = Entry.objects.get(action="campaigns.evidence_set_saved")
    assert entry.actor == cast.office
    assert "實景圖片 3 張" in entry.changes["evidence"][1]


def test_only_one_group_is_the_usual_one(cast: Cast, signed_in: SignIn) -> None:
    signed_in(cast.office).post(CREATE, typed({"form": "photo"}, is_usual="on"))

    assert [row.name for row in EvidenceSet.objects.filter(is_usual=True)] == ["志願服務類"]


def test_a_group_of_nothing_or_of_a_known_name_is_refused(cast: Cast, signed_in: SignIn) -> None:
    client = signed_in(cast.office)

    empty = client.post(CREATE, typed({"form": ""}))
    twice = client.post(CREATE, typed({"form": "photo"}, name="培訓類"))

    assert (empty.status_code, twice.status_code) == (422, 422)
    assert "至少要有一種佐證" in empty.content.decode()
    assert "已有一組叫這個名字" in twice.content.decode()
    assert not EvidenceSet.objects.filter(name="志願服務類").exists()


def test_changing_a_group_keeps_its_rows_and_writes_down_what_was(
    cast: Cast, signed_in: SignIn
) -> None:
    row = EvidenceSet.objects.get(name="宣傳類")
    url = reverse("campaigns:evidence-set-edit", args=[row.pk])
    client = signed_in(cast.office)

    added = client.post(url, typed({"form": "photo", "note": "寫到一半"}, step="add"))
    client.post(url, typed({"form": "photo", "count": "1"}, name="宣傳類"))

    assert "寫到一半" in added.content.decode()
    assert [line.heading for line in row.lines.all()] == ["實景圖片 1 張"]
    before, after = Entry.objects.get(action="campaigns.evidence_set_saved").changes["evidence"]
    assert ("說明報告 1 份" in before, "說明報告" in after) == (True, False)


def test_the_list_does_not_ask_once_per_group(
    cast: Cast, signed_in: SignIn, django_assert_max_num_queries: Callable
) -> None:
    client = signed_in(cast.office)

    client.get(reverse("campaigns:evidence-sets"))

    with django_assert_max_num_queries(12):
        client.get(reverse("campaigns:evidence-sets"))
