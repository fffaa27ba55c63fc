"""審核時逐條看：勾了什麼連原話存下，沒勾完要再確認一次，毛病擺在旁邊，經過裏看得到。"""

from collections.abc import Callable
from datetime import date, datetime

import pytest
from django.test import Client
from django.urls import reverse

from campaigns.models import EvidenceForm
from journal.models import Entry
from people.models import User
from tasks.models import EvidenceLink, Submission
from tasks.services import review
from tasks.services.handing_in import current_round
from tests import factories as make
from tests.cast import Cast

SignIn = Callable[[User], Client]
LINES = "看得到單位名稱\n看得清在做什麼"


@pytest.fixture
def submission(cast: Cast) -> Submission:
    measure = make.MeasureFactory(
        campaign=cast.campaign, lead_department=cast.registry, issued=True
    )
    photo = EvidenceForm.objects.get(code="photo")
    measure.evidence_wanted.create(form=photo, count=1, window="period", ticks=LINES)
    return make.SubmissionFactory(
        assignment__measure=measure, endorsed=True, by={"clerk": cast.clerk, "head": cast.head}
    )


@pytest.fixture
def link(submission: Submission) -> EvidenceLink:
    return make.EvidenceLinkFactory(
        round=current_round(submission),
        form=EvidenceForm.objects.get(code="photo"),
        number="嵐民〔2026〕12號",
        dated=date(2026, 11, 3),
    )


def url(cast: Cast, row: Submission) -> str:
    return reverse("tasks:review-inbox", args=[cast.campaign.code]) + f"?item={row.pk}"


def answer(link: EvidenceLink, **more: object) -> dict[str, object]:
    return {
        "action": "accept",
        "round": 1,
        "reason": "",
        f"verdict_{link.pk}": "accepted",
        f"why_{link.pk}": "",
        **more,
    }


def test_the_page_asks_each_line_and_shows_number_date_and_faults(
    cast: Cast, signed_in: SignIn, submission: Submission, link: EvidenceLink
) -> None:
    EvidenceLink.objects.update(dated=date(2026, 9, 3))

    html = signed_in(cast.office).get(url(cast, submission)).content.decode()

    assert f'name="ticks_{link.pk}"' in html
    assert "看得清在做什麼" in html
    assert "嵐民〔2026〕12號" in html
    assert "材料日期 2026年9月3日 不在 2026年11月1日 至 2026年11月30日 之內。" in html


def test_what_was_seen_is_kept_in_the_words_of_the_day(
    cast: Cast, signed_in: SignIn, submission: Submission, link: EvidenceLink
) -> None:
    signed_in(cast.office).post(
        url(cast, submission), answer(link, **{f"ticks_{link.pk}": LINES.split()})
    )

    link.refresh_from_db()
    assert link.state == "accepted"
    assert link.ticks == [
        {"text": "看得到單位名稱", "ok": True},
        {"text": "看得清在做什麼", "ok": True},
    ]


def test_an_unticked_piece_is_accepted_only_after_saying_so(
    cast: Cast, signed_in: SignIn, submission: Submission, link: EvidenceLink
) -> None:
    client = signed_in(cast.office)
    typed = answer(link, **{f"ticks_{link.pk}": ["看得到單位名稱"]})

    asked = client.post(url(cast, submission), typed)
    submission.refresh_from_db()
    before = submission.state
    client.post(url(cast, submission), typed | {"confirm_unticked": "on"})

    html = asked.content.decode()
    assert asked.status_code == 422
    said = "還沒有勾「看得清在做什麼」，看到了就勾上。"
    # 上方的一條連到那一份的各條，各條旁邊也有這句話。
    assert f'<a href="#id_ticks_{link.pk}">「大廳公示欄.jpg」逐條看：{said}</a>' in html
    assert (
        f'id="id_ticks_{link.pk}" tabindex="-1" aria-describedby="id_ticks_{link.pk}_error"' in html
    )
    assert html.count(said) == 2
    assert html.count('aria-invalid="true"') == 3
    assert before == "endorsed"
    submission.refresh_from_db()
    link.refresh_from_db()
    assert submission.state == "accepted"
    assert [tick["ok"] for tick in link.ticks] == [True, False]


def test_a_tick_is_never_counted_for_another_line(
    cast: Cast, signed_in: SignIn, submission: Submission, link: EvidenceLink
) -> None:
    """打開之後要求改了次序：勾的是看到的那一條，不是排在那個位置的一條。"""
    client = signed_in(cast.office)
    page = client.get(url(cast, submission)).context["form"]
    first = page.fields[f"ticks_{link.pk}"].choices[0][0]
    submission.assignment.measure.evidence_wanted.update(ticks="看得清在做什麼\n看得到單位名稱")

    client.post(
        url(cast, submission), answer(link, confirm_unticked="on", **{f"ticks_{link.pk}": [first]})
    )

    link.refresh_from_db()
    assert link.ticks == [
        {"text": "看得清在做什麼", "ok": False},
        {"text": "看得到單位名稱", "ok": True},
    ]


def test_a_line_taken_away_meanwhile_is_said_and_nothing_is_decided(
    cast: Cast, signed_in: SignIn, submission: Submission, link: EvidenceLink
) -> None:
    submission.assignment.measure.evidence_wanted.update(ticks="看得清在做什麼")

    page = signed_in(cast.office).post(
        url(cast, submission), answer(link, **{f"ticks_{link.pk}": ["看得到單位名稱"]})
    )

    submission.refresh_from_db()
    assert (page.status_code, submission.state) == (422, "endorsed")
    assert "「看得到單位名稱」已不在要求裏" in page.content.decode()


def test_a_rejected_piece_needs_no_ticks_only_its_reason(
    cast: Cast, signed_in: SignIn, submission: Submission, link: EvidenceLink
) -> None:
    typed = answer(link, **{f"verdict_{link.pk}": "rejected", f"why_{link.pk}": "看不清。"})

    signed_in(cast.office).post(url(cast, submission), typed)

    link.refresh_from_db()
    assert (link.state, link.reason) == ("rejected", "看不清。")


def test_a_missing_reason_is_said_beside_the_piece_and_led_to(
    cast: Cast, signed_in: SignIn, submission: Submission, link: EvidenceLink
) -> None:
    typed = answer(link, **{f"verdict_{link.pk}": "rejected"})

    html = signed_in(cast.office).post(url(cast, submission), typed).content.decode()

    why = f"id_why_{link.pk}"
    assert f'<a href="#{why}">' in html
    assert f'id="{why}_error"' in html
    assert html.count('aria-invalid="true"') == 1


def test_all_that_is_missing_is_said_at_once(
    cast: Cast, signed_in: SignIn, submission: Submission, link: EvidenceLink
) -> None:
    other = make.EvidenceLinkFactory(round=link.round, name="糊.jpg", form=link.form)
    typed = answer(link) | {f"verdict_{other.pk}": "rejected", f"why_{other.pk}": "長" * 301}
    third = make.EvidenceLinkFactory(round=link.round, name="另.jpg")
    typed |= {f"verdict_{third.pk}": "rejected", f"why_{third.pk}": " "}

    page = signed_in(cast.office).post(url(cast, submission), typed)

    problems = {name: len(said) for name, said in page.context["form"].errors.items()}
    assert problems == {
        f"ticks_{link.pk}": 1,
        "confirm_unticked": 1,
        f"why_{other.pk}": 1,
        f"why_{third.pk}": 1,
    }


def test_a_withdrawn_acceptance_is_looked_at_anew_and_the_story_keeps_what_was_ticked(
    cast: Cast, signed_in: SignIn, submission: Submission, link: EvidenceLink, now: datetime
) -> None:
    """勾過的是那一次看到的：撤回之後要重新勾，原話留在經過裏，不採用的理由也在。"""
    other = make.EvidenceLinkFactory(round=link.round, name="糊.jpg", form=link.form)
    ticks = (("看得到單位名稱", True), ("看得清在做什麼", False))
    verdicts = {
        link.pk: review.EvidenceVerdict(True, ticks=ticks),
        other.pk: review.EvidenceVerdict(False, "看不清。", ticks=ticks[1:]),
    }
    review.accept(actor=cast.office, submission_id=submission.pk, verdicts=verdicts, at=now)
    review.withdraw_acceptance(actor=cast.office, submission_id=submission.pk, at=now)

    page = signed_in(cast.office).get(url(cast, submission))
    story = submission.assignment.measure.get_absolute_url() + "?tab=story"
    own, stranger = (
        signed_in(user).get(story).content.decode() for user in (cast.clerk, cast.neighbour)
    )

    assert [row.ticks for row in EvidenceLink.objects.order_by("pk")] == [[], []]
    assert page.context["form"][f"ticks_{link.pk}"].value() is None
    assert (
        "撤回前的認定：大廳公示欄.jpg（嵐民〔2026〕12號，2026年11月3日；看過：看得到單位名稱" in own
    )
    assert "糊.jpg（不採用：看不清。；沒勾：看得清在做什麼）" in own
    assert "撤回前的認定" not in stranger


def test_the_story_says_what_was_accepted_to_those_above_and_not_to_strangers(
    cast: Cast, signed_in: SignIn, submission: Submission, link: EvidenceLink, now: datetime
) -> None:
    verdict = review.EvidenceVerdict(
        True, ticks=(("看得到單位名稱", True), ("看得清在做什麼", False))
    )
    review.accept(
        actor=cast.office, submission_id=submission.pk, verdicts={link.pk: verdict}, at=now
    )
    page = submission.assignment.measure.get_absolute_url() + "?tab=story"

    own = signed_in(cast.clerk).get(page).content.decode()
    stranger = signed_in(cast.neighbour).get(page).content.decode()
    shown = signed_in(cast.clerk).get(submission.get_absolute_url()).content.decode()

    words = "大廳公示欄.jpg（嵐民〔2026〕12號，2026年11月3日；看過：看得到單位名稱；沒勾：看得清在做什麼）"
    assert Entry.objects.get(action="tasks.accepted").changes["evidence_accepted"] == ["", words]
    assert words in own
    assert words not in stranger
    assert "沒有勾：看得清在做什麼" in shown


def test_bulk_acceptance_leaves_pieces_with_faults_to_be_seen_one_by_one(
    cast: Cast, signed_in: SignIn, submission: Submission, link: EvidenceLink
) -> None:
    EvidenceLink.objects.update(dated=date(2026, 9, 3))

    page = signed_in(cast.office).get(reverse("tasks:review-bulk", args=[cast.campaign.code]))

    assert "不在 2026年11月1日" in page.content.decode()


def test_the_reason_for_a_gap_is_before_the_reviewer(
    cast: Cast, signed_in: SignIn, submission: Submission, link: EvidenceLink
) -> None:
    round_ = current_round(submission)
    round_.gap_reason = "證書還在報批，下月補。"
    round_.save()

    html = signed_in(cast.office).get(url(cast, submission)).content.decode()

    assert "證書還在報批，下月補。" in html
    assert "單位說明了佐證為什麼交不齊" in html


def test_thirty_pieces_cost_no_more_questions(
    cast: Cast, signed_in: SignIn, submission: Submission, django_assert_max_num_queries: Callable
) -> None:
    photo = EvidenceForm.objects.get(code="photo")
    for _number in range(30):
        make.EvidenceLinkFactory(round=current_round(submission), form=photo)
    client = signed_in(cast.office)
    client.get(url(cast, submission))

    with django_assert_max_num_queries(12):
        client.get(url(cast, submission))


def test_a_draft_taken_down_before_the_report_went_out_is_not_named(
    cast: Cast, signed_in: SignIn, submission: Submission, link: EvidenceLink
) -> None:
    """不採用而換下的說是哪一份；報出之前換下的，審核的人本來沒有看過。"""
    old = make.EvidenceLinkFactory(round=link.round, name="換下的.jpg", state="rejected")
    EvidenceLink.objects.filter(pk=link.pk).update(replaces=old)
    client = signed_in(cast.office)

    before = client.get(url(cast, submission)).content.decode()
    EvidenceLink.objects.filter(pk=old.pk).update(removed_at=old.added_at)
    after = client.get(url(cast, submission)).content.decode()

    assert "換下了「換下的.jpg」" in before
    assert "換下的.jpg" not in after


def test_what_the_reviewer_ticked_is_between_the_unit_and_those_above(
    cast: Cast, signed_in: SignIn, submission: Submission, link: EvidenceLink, now: datetime
) -> None:
    verdict = review.EvidenceVerdict(True, ticks=(("看得清在做什麼", False),))
    review.accept(
        actor=cast.office, submission_id=submission.pk, verdicts={link.pk: verdict}, at=now
    )

    pages = [
        signed_in(person).get(submission.get_absolute_url()).content.decode()
        for person in (cast.clerk, cast.leader, cast.neighbour)
    ]

    assert [link.name in page for page in pages] == [True] * 3
    assert ["沒有勾：看得清在做什麼" in page for page in pages] == [True, True, False]
