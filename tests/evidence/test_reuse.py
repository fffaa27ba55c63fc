"""從材料庫取用：已採用的再用到別處，認不認另定；誰能填這一期誰才能取用。"""

from collections.abc import Callable
from datetime import date, datetime

import pytest
from django.core.exceptions import PermissionDenied
from django.test import Client
from django.urls import reverse
from pytest_django import DjangoAssertNumQueries

from campaigns.models import EvidenceForm
from evidence.services.reuse import reuse_evidence
from journal.models import Entry
from people.models import User
from tasks.models import EvidenceLink, MeasureEvidence, Submission, WrongState
from tests.cast import Cast
from tests.evidence import stage
from tests.factories import moment

SignedIn = Callable[[User], Client]


def take(cast: Cast, row: Submission, link: EvidenceLink, now: datetime) -> EvidenceLink:
    return reuse_evidence(actor=cast.clerk, submission_id=row.pk, link_id=link.pk, at=now)


def test_an_accepted_piece_is_used_elsewhere_and_judged_anew(cast: Cast, now: datetime) -> None:
    source = stage.link(
        cast,
        stage.submission(cast),
        number="嵐民〔2026〕12號",
        dated=date(2026, 11, 5),
        caption="公示",
    )
    row = stage.submission(cast, state="open")

    made = take(cast, row, source, now)

    assert (made.file, made.origin, made.round) == (source.file, source, row.rounds.get())
    assert (made.state, made.number, made.dated) == ("pending", source.number, source.dated)
    assert source.name in Entry.objects.get(action="evidence.reused").summary


def test_taking_it_twice_makes_one_use(cast: Cast, now: datetime) -> None:
    source = stage.link(cast, stage.submission(cast))
    row = stage.submission(cast, state="open")

    assert take(cast, row, source, now) == take(cast, row, source, now)


def test_last_years_piece_is_a_candidate_this_year(
    cast: Cast, now: datetime, signed_in: SignedIn
) -> None:
    """去年活動裏說同一件事的指標，材料今年可以取用；材料日期不在期內的說出來。"""
    text = "收費公示率達到百分之百"
    before = stage.last_year()
    old = stage.submission(cast, campaign=before, about=stage.indicator(before, text))
    form = EvidenceForm.objects.filter(is_active=True, is_picture=False).first()
    source = stage.link(cast, old, "去年的.docx", form=form, dated=date(2025, 11, 5))
    row = stage.submission(cast, about=stage.indicator(cast.campaign, text), state="open")
    MeasureEvidence.objects.create(
        measure=row.assignment.measure, form=form, window=MeasureEvidence.Window.PERIOD
    )

    response = signed_in(cast.clerk).get(reverse("evidence:reuse", args=[row.pk]))

    (candidate,) = response.context["rows"]
    assert candidate.link == source
    assert [fault.code for fault in candidate.faults] == ["out_of_window"]
    assert "不在 2026年11月1日" in response.content.decode()


def test_what_is_still_missing_comes_first(cast: Cast, signed_in: SignedIn) -> None:
    """正缺的、合要求而已經夠的、要而有毛病的、沒有要的；新舊在其次。"""
    kinds = ("photo", "norm_doc", "minutes", "survey")
    photo, document, minutes, survey = (EvidenceForm.objects.get(code=code) for code in kinds)
    day = date(2026, 11, 5)
    taken = stage.submission(cast)
    row = stage.submission(cast, state="open")
    for form in (photo, document, minutes):
        MeasureEvidence.objects.create(
            measure=row.assignment.measure, form=form, needs_number=form == minutes
        )
    missing = stage.link(cast, taken, "正缺.jpg", form=photo, dated=day)
    faulty = stage.link(cast, taken, "沒文號.docx", form=minutes)
    enough = stage.link(cast, taken, "已夠.docx", form=document)
    other = stage.link(cast, taken, "沒有要.docx", form=survey)
    stage.link(cast, row, "已掛.docx", form=document, state="pending")

    url = reverse("evidence:reuse", args=[row.pk]) + "?all=1"
    page = signed_in(cast.clerk).get(url)

    assert [each.link for each in page.context["rows"]] == [missing, enough, faulty, other]
    assert page.content.decode().count("正缺這一種") == 1


def test_only_own_accepted_pieces_are_offered(cast: Cast, signed_in: SignedIn) -> None:
    about = stage.indicator(cast.campaign)
    good = stage.link(cast, stage.submission(cast, about=about), "可以.jpg")
    stage.link(cast, stage.submission(cast, about=about, state="endorsed"), "待審.jpg")
    stage.link(cast, stage.submission(cast, about=about), "沒採用.jpg", state="rejected")
    stage.link(cast, stage.submission(cast, cast.funeral_home, about=about), "別的單位.jpg")
    stage.link(cast, stage.submission(cast), "別的指標.jpg")
    row = stage.submission(cast, about=about, state="open")
    client, url = signed_in(cast.clerk), reverse("evidence:reuse", args=[row.pk])

    def offered(**query: str) -> set[str]:
        return {each.link.name for each in client.get(url, query).context["rows"]}

    assert offered() == {"可以.jpg"}
    assert offered(all="1") == {"可以.jpg", "別的指標.jpg"}
    assert offered(all="1", q="指标") == {"別的指標.jpg"}
    client.post(url, {"link": [good.pk]})
    assert offered() == set()


def test_the_picker_uses_what_is_ticked(cast: Cast, signed_in: SignedIn) -> None:
    sources = [stage.link(cast, stage.submission(cast)) for _number in range(2)]
    row = stage.submission(cast, state="open")
    url = reverse("evidence:reuse", args=[row.pk])

    signed_in(cast.clerk).post(url, {"link": [source.pk for source in sources]})

    held = row.rounds.get().evidence.all()
    assert {link.origin for link in held} == set(sources)


def test_nothing_ticked_is_said(cast: Cast, signed_in: SignedIn) -> None:
    row = stage.submission(cast, state="open")
    url = reverse("evidence:reuse", args=[row.pk])

    response = signed_in(cast.clerk).post(url, {"link": ["x"]}, follow=True)

    assert "先勾選要用的材料" in response.content.decode()


def test_the_report_form_leads_to_the_library(cast: Cast, signed_in: SignedIn) -> None:
    row = stage.submission(cast, state="open")

    page = signed_in(cast.clerk).get(row.get_absolute_url()).content.decode()

    assert reverse("evidence:reuse", args=[row.pk]) in page


def test_from_a_file_to_one_of_the_open_periods(cast: Cast, signed_in: SignedIn) -> None:
    source = stage.link(cast, stage.submission(cast))
    row = stage.submission(cast, state="open")
    elsewhere = stage.submission(cast, cast.funeral_home, state="open")
    client, url = signed_in(cast.clerk), reverse("evidence:file-reuse", args=[source.file_id])

    targets = client.get(url).context["targets"]
    response = client.post(url, {"submission": row.pk})

    assert targets == [row]
    assert response.url.startswith(row.get_absolute_url())
    assert row.rounds.get().evidence.get().origin == source
    assert client.post(url, {"submission": elsewhere.pk}).status_code == 403


# ── 不許的 ────────────────────────────────────────────


def test_who_may_not_fill_in_may_not_take(cast: Cast, now: datetime, signed_in: SignedIn) -> None:
    source = stage.link(cast, stage.submission(cast))
    row = stage.submission(cast, state="open")

    for person in (cast.office, cast.neighbour, cast.admin):
        with pytest.raises(PermissionDenied):
            reuse_evidence(actor=person, submission_id=row.pk, link_id=source.pk, at=now)
    url = reverse("evidence:reuse", args=[row.pk])
    assert signed_in(cast.neighbour).get(url).status_code == 403
    assert signed_in(cast.neighbour).post(url, {"link": source.pk}).status_code == 403


def test_a_neighbours_piece_is_not_taken(cast: Cast, now: datetime) -> None:
    source = stage.link(cast, stage.submission(cast, cast.funeral_home))
    row = stage.submission(cast, state="open")

    with pytest.raises(PermissionDenied, match="本單位"):
        take(cast, row, source, now)


def test_a_piece_not_accepted_or_removed_is_not_taken(cast: Cast, now: datetime) -> None:
    row = stage.submission(cast, state="open")
    for source in (
        stage.link(cast, stage.submission(cast, state="endorsed")),
        stage.link(cast, stage.submission(cast), removed_at=moment(2026, 11, 21)),
    ):
        with pytest.raises(WrongState, match="還沒有採用"):
            take(cast, row, source, now)


def test_a_piece_nobody_has_is_refused_like_one_unseen(cast: Cast, now: datetime) -> None:
    row = stage.submission(cast, state="open")

    with pytest.raises(PermissionDenied, match="看不到"):
        reuse_evidence(actor=cast.clerk, submission_id=row.pk, link_id=999_999, at=now)


def test_a_period_already_sent_takes_nothing_more(
    cast: Cast, now: datetime, signed_in: SignedIn
) -> None:
    source = stage.link(cast, stage.submission(cast))
    row = stage.submission(cast, state="submitted")

    with pytest.raises(WrongState, match="已經報出"):
        take(cast, row, source, now)
    response = signed_in(cast.clerk).get(reverse("evidence:reuse", args=[row.pk]))
    assert response.url == row.get_absolute_url()


# ── 來歷 ──────────────────────────────────────────────


def test_the_story_of_a_file_is_told_in_plain_words(cast: Cast, signed_in: SignedIn) -> None:
    source = stage.link(cast, stage.submission(cast), "原件.jpg")
    row = stage.submission(cast, state="open")
    take(cast, row, source, moment(2026, 11, 21))
    newer = stage.link(cast, stage.submission(cast), "新版.jpg", replaces=source)
    client = signed_in(cast.clerk)

    story = [
        event.title
        for event in client.get(reverse("evidence:file", args=[source.file_id])).context["history"]
    ]
    newer_story = client.get(reverse("evidence:file", args=[newer.file_id])).context["history"]

    assert any("取用到" in title for title in story)
    assert any("用「新版.jpg」替換了它" in title for title in story)
    assert any("採用了它" in title for title in story)
    assert any("替換了「原件.jpg」" in event.title for event in newer_story)


def test_the_picker_asks_a_fixed_number_of_questions(
    cast: Cast, signed_in: SignedIn, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    about = stage.indicator(cast.campaign)
    for _number in range(10):
        stage.link(cast, stage.submission(cast, about=about))
    row = stage.submission(cast, about=about, state="open")
    client, url = signed_in(cast.clerk), reverse("evidence:reuse", args=[row.pk])
    client.get(url)

    with django_assert_max_num_queries(12):
        client.get(url)


def test_a_full_report_takes_no_more_from_the_library_either(
    cast: Cast, now: datetime, signed_in: SignedIn, settings: object
) -> None:
    settings.EVIDENCE_MAX_FILES = 1
    row = stage.submission(cast, state="open")
    held = stage.link(cast, row)
    source = stage.link(cast, stage.submission(cast))

    answer = signed_in(cast.clerk).post(
        reverse("evidence:reuse", args=[row.pk]), {"link": [source.pk]}, follow=True
    )

    assert "這一期已經掛了 1 份佐證" in answer.content.decode()
    assert list(row.rounds.get().evidence.all()) == [held]


def test_what_was_taken_is_not_told_before_the_report_is_out(
    cast: Cast, now: datetime, signed_in: SignedIn
) -> None:
    """取用了什麼是還沒報出的內容：措施頁的經過人人看得見，不能列出來。"""
    source = stage.link(cast, stage.submission(cast), "先進個人名單.docx")
    row = stage.submission(cast, state="open")
    take(cast, row, source, now)

    page = signed_in(cast.neighbour).get(row.assignment.measure.get_absolute_url())

    assert page.status_code == 200
    assert source.name not in page.content.decode()
