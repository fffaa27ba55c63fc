"""佐證材料庫：一份文件一行，找得到，只見看得見的用處。"""

from collections.abc import Callable
from datetime import date

import pytest
from django.test import Client
from django.urls import reverse
from pytest_django import DjangoAssertNumQueries

from campaigns.models import EvidenceForm
from evidence.library_unlinked import unlinked_files
from people.models import User
from supervision.models import Attachment
from tasks import policies
from tasks.models import EvidenceLink, Round
from tests import factories as make
from tests.cast import Cast
from tests.evidence import stage
from tests.factories import moment
from tests.supervision import stage as supervision_stage

SignedIn = Callable[[User], Client]
URL = "/evidence/library/"


def found(client: Client, **conditions: object) -> list[str]:
    """列出的文件名，按頁上的先後。"""
    response = client.get(URL, conditions)
    assert response.status_code == 200
    return [row.link.name for row in response.context["rows"]]


# ── 誰看得見 ──────────────────────────────────────────


def test_the_list_is_what_each_policy_says_one_by_one(cast: Cast) -> None:
    """跨活動的一個條件，與逐件問 can_read_evidence 一樣，每個角色都比。"""
    other = stage.last_year()
    for campaign in (cast.campaign, other):
        for department in (cast.registry, cast.funeral_home):
            for state in ("open", "submitted", "endorsed", "accepted"):
                row = stage.submission(cast, department, campaign=campaign, state=state)
                for verdict in EvidenceLink.State.values:
                    stage.link(cast, row, state=verdict)
    rows = EvidenceLink.objects.select_related("round__submission__assignment__measure")
    people = ("office", "leader", "deputy", "head", "clerk", "neighbour", "helper", "admin")
    for key in people:
        standing = cast.standing(getattr(cast, key))
        seen = set(EvidenceLink.objects.readable_across(standing, [cast.campaign, other]))

        assert seen == {row for row in rows if policies.can_read_evidence(standing, row)}, key


def test_own_work_is_seen_at_once_and_by_a_neighbour_when_accepted(
    cast: Cast, signed_in: SignedIn
) -> None:
    stage.link(cast, stage.submission(cast, state="open"), "還在填.jpg")
    stage.link(cast, stage.submission(cast), "已採用.jpg")
    stage.link(cast, stage.submission(cast), "沒採用.jpg", state=EvidenceLink.State.REJECTED)

    assert found(signed_in(cast.clerk)) == ["沒採用.jpg", "已採用.jpg", "還在填.jpg"]
    assert found(signed_in(cast.office)) == ["沒採用.jpg", "已採用.jpg"]
    assert found(signed_in(cast.neighbour)) == ["已採用.jpg"]


def test_a_shared_file_tells_a_neighbour_only_of_the_use_he_may_see(
    cast: Cast, signed_in: SignedIn
) -> None:
    """同一份文件一處採用、一處還在填：旁單位的列表、數目、詳情、查找都只有採用的那一處。"""
    seen = stage.link(cast, stage.submission(cast), "採用.jpg")
    stage.link(
        cast,
        stage.submission(cast, state="open"),
        "內部稿.jpg",
        file=seen.file,
        caption="不外傳",
        number="密一號",
    )
    client = signed_in(cast.neighbour)
    page = client.get(reverse("evidence:file", args=[seen.file_id]))

    assert found(client) == ["採用.jpg"]
    assert client.get(URL).context["rows"][0].more == 0
    assert (
        found(client, q="內部稿") == found(client, q="不外傳") == found(client, number="密") == []
    )
    assert found(client, state="pending") == []
    assert len(page.context["uses"]) == 1
    assert "內部稿" not in page.content.decode()
    assert found(signed_in(cast.clerk), q="內部稿") == ["內部稿.jpg"]


def test_words_inside_an_unreadable_file_find_nothing(cast: Cast, signed_in: SignedIn) -> None:
    row = stage.submission(cast, state="open")
    link = stage.link(cast, row, "草稿.docx", text="尚未公開的收費調整")

    assert found(signed_in(cast.neighbour), q="收費調整") == []
    assert found(signed_in(cast.office), q="收費調整") == []
    assert found(signed_in(cast.clerk), q="收費調整") == ["草稿.docx"]
    guessed = reverse("evidence:file", args=[link.file_id])
    assert signed_in(cast.neighbour).get(guessed).status_code == 404


def test_a_guessed_address_and_an_unknown_one_answer_alike(cast: Cast, signed_in: SignedIn) -> None:
    link = stage.link(cast, stage.submission(cast, state="open"))
    client = signed_in(cast.neighbour)

    for key in (link.file_id, 999_999):
        assert client.get(reverse("evidence:file", args=[key])).status_code == 404
        assert client.get(reverse("evidence:file-reuse", args=[key])).status_code == 404


def test_an_administrator_sees_no_more_than_a_neighbour(cast: Cast, signed_in: SignedIn) -> None:
    stage.link(cast, stage.submission(cast, state="endorsed"), "待審.jpg")
    stage.link(cast, stage.submission(cast), "採用.jpg")

    assert found(signed_in(cast.admin)) == ["採用.jpg"]


# ── 找 ────────────────────────────────────────────────


@pytest.mark.parametrize("typed", ["收费公示", "收費公示", "收費 公示", "收費公示欄"])
def test_a_name_is_found_in_both_scripts(cast: Cast, signed_in: SignedIn, typed: str) -> None:
    stage.link(cast, stage.submission(cast), "大廳收費公示欄.jpg")
    stage.link(cast, stage.submission(cast), "別的.jpg")

    assert found(signed_in(cast.office), q=typed) == ["大廳收費公示欄.jpg"]


@pytest.mark.parametrize("typed", ["婚姻登记", "婚姻登記", "嵐民〔2026〕12號", "岚民〔2026〕12号"])
def test_words_inside_are_found_and_marked(cast: Cast, signed_in: SignedIn, typed: str) -> None:
    text = "嵐民〔2026〕12號\n關於規範婚姻\n登記服務的通知"
    stage.link(cast, stage.submission(cast), "通知.pdf", text=text)

    response = signed_in(cast.office).get(URL, {"q": typed})

    pieces = response.context["rows"][0].excerpt
    assert [piece for piece in pieces if piece.is_hit]
    assert "<mark>" in response.content.decode()


def test_what_people_typed_is_shown_as_text(cast: Cast, signed_in: SignedIn) -> None:
    evil = "<script>alert(1)</script>收費"
    link = stage.link(cast, stage.submission(cast), evil, caption=evil, text=evil)
    client = signed_in(cast.office)

    listed = client.get(URL, {"q": "收費"}).content.decode()
    page = client.get(reverse("evidence:file", args=[link.file_id])).content.decode()

    assert "<script>alert" not in listed + page
    assert "&lt;script&gt;" in listed
    assert "&lt;script&gt;" in page


def test_every_condition_narrows(cast: Cast, signed_in: SignedIn) -> None:
    about = stage.indicator(cast.campaign)
    form = EvidenceForm.objects.filter(is_active=True).first()
    wanted = stage.link(
        cast,
        stage.submission(cast, about=about, period_start=date(2026, 10, 1)),
        "要找的.docx",
        form=form,
        number="嵐民〔2026〕12號",
        dated=date(2026, 11, 5),
    )
    stage.link(
        cast,
        stage.submission(
            cast,
            cast.funeral_home,
            campaign=stage.last_year(),
            label="2025-11",
            period_start=date(2025, 11, 1),
            period_end=date(2025, 11, 30),
        ),
        "別的.docx",
        dated=date(2025, 11, 5),
    )
    measure = wanted.round.submission.assignment.measure
    measure.objective = about.objective
    measure.save()
    client = signed_in(cast.clerk)

    for conditions in [
        {"campaign": cast.campaign.pk},
        {"department": cast.registry.pk},
        {"indicator": about.pk},
        {"objective": about.objective_id},
        {"period": "2026"},
        {"period": "2026-10"},
        {"form": form.pk},
        {"number": "岚民"},
        {"since": "2026-01-01"},
        {"since": "2026-11-05", "until": "2026-11-05"},
        {"q": "要找"},
    ]:
        assert found(client, **conditions) == ["要找的.docx"], conditions
    assert len(found(client)) == 2
    assert found(client, period="2026-09") == []
    assert found(client, until="2024-12-31") == []


def test_an_indicator_named_on_the_piece_counts_alone(cast: Cast, signed_in: SignedIn) -> None:
    """一件寫明證明哪項指標的，不算在同一措施的別的指標上。"""
    one, other = stage.indicator(cast.campaign), stage.indicator(cast.campaign)
    row = stage.submission(cast, about=one)
    row.assignment.measure.indicators.add(other)
    stage.link(cast, row, "只證明一項.jpg", indicator=one)

    assert found(signed_in(cast.office), indicator=one.pk) == ["只證明一項.jpg"]
    assert found(signed_in(cast.office), indicator=other.pk) == []


def test_conditions_not_understood_are_told_and_left_out(cast: Cast, signed_in: SignedIn) -> None:
    stage.link(cast, stage.submission(cast))
    bad = {"campaign": "x", "period": "2026-13", "since": "昨天", "state": "?", "page": "0"}

    response = signed_in(cast.office).get(URL, bad)

    assert set(response.context["query"].ignored) == set(bad)
    assert "看不懂的條件" in response.content.decode()
    assert len(response.context["rows"]) == 1


# ── 一份一行 ──────────────────────────────────────────


def test_a_file_used_three_times_is_listed_once(cast: Cast, signed_in: SignedIn) -> None:
    first = stage.link(cast, stage.submission(cast))
    for _number in range(2):
        stage.link(cast, stage.submission(cast), file=first.file)

    response = signed_in(cast.office).get(URL)

    (row,) = response.context["rows"]
    assert (len(row.uses), row.more) == (2, 1)
    assert "還有 1 處在用" in response.content.decode()


def test_a_round_sent_back_does_not_count_twice(cast: Cast, signed_in: SignedIn) -> None:
    row = stage.submission(cast, state="endorsed")
    link = stage.link(cast, row)
    row.round_number = 2
    row.state = row.State.OPEN
    row.save()
    Round.objects.create(
        submission=row, number=2, opened_at=moment(2026, 11, 21), due_date=row.due_date
    )
    stage.link(cast, row, file=link.file)

    page = signed_in(cast.clerk).get(reverse("evidence:file", args=[link.file_id]))

    assert [use.round.number for use in page.context["uses"]] == [2]


def test_removed_pieces_are_not_listed(cast: Cast, signed_in: SignedIn) -> None:
    stage.link(cast, stage.submission(cast), removed_at=moment(2026, 11, 21))

    assert found(signed_in(cast.clerk)) == []


# ── 沒有用到的 ────────────────────────────────────────


def test_files_used_nowhere_are_listed_for_the_office(cast: Cast, signed_in: SignedIn) -> None:
    """報送、督辦都不用的才算；報出之前撤下的不說名稱。"""
    removed = {"removed_at": moment(2026, 11, 22), "removed_by": cast.clerk}
    told = stage.link(cast, stage.submission(cast), "撤下的.jpg", **removed)
    untold = stage.link(cast, stage.submission(cast, state="open"), "沒報過.jpg", **removed)
    stage.link(cast, stage.submission(cast), "在用.jpg")
    order = supervision_stage.instruct(cast, moment(2026, 11, 23), "accepted")
    attached = make.EvidenceFileFactory()
    Attachment.objects.create(
        order=order, file=attached, name="督辦附件.jpg", added_at=moment(2026, 11, 23),
        added_by=cast.office,
    )  # fmt: skip

    page = signed_in(cast.office).get(reverse("evidence:unlinked"))

    assert set(unlinked_files()) == {told.file, untold.file}
    assert "撤下的.jpg" in page.content.decode()
    assert "沒報過" not in page.content.decode()
    assert signed_in(cast.clerk).get(reverse("evidence:unlinked")).status_code == 403


# ── 查詢次數 ──────────────────────────────────────────


@pytest.mark.parametrize("conditions", [{}, {"q": "公示"}, {"department": 1, "period": "2026"}])
def test_the_number_of_queries_does_not_grow(
    cast: Cast,
    signed_in: SignedIn,
    django_assert_max_num_queries: DjangoAssertNumQueries,
    conditions: dict[str, object],
) -> None:
    about = stage.indicator(cast.campaign)
    for _number in range(12):
        link = stage.link(cast, stage.submission(cast, about=about), text="公示欄的字")
        stage.link(cast, stage.submission(cast), file=link.file)
    for person in (cast.office, cast.clerk, cast.neighbour, cast.deputy):
        client = signed_in(person)
        client.get(URL)
        with django_assert_max_num_queries(12):
            client.get(URL, conditions)
        with django_assert_max_num_queries(12):
            client.get(reverse("evidence:file", args=[link.file_id]))
    client = signed_in(cast.office)
    client.get(URL)
    with django_assert_max_num_queries(12):
        client.get(reverse("evidence:unlinked"))
