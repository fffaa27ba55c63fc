"""進展審核的收件箱：誰能看、看到什麼、決定之後去哪裏。"""

from collections.abc import Callable

import pytest
from django.test import Client

from journal.models import Notice
from people.models import User
from tasks.models import Assignment, EvidenceLink, ReviewPhrase, Round, Submission
from tasks.services import review
from tests.cast import Cast
from tests.factories import (
    AssignmentFactory,
    CampaignFactory,
    EvidenceFileFactory,
    EvidenceLinkFactory,
    MeasureFactory,
    SubmissionFactory,
    moment,
)

URL = "/reviews/pt2026/"
SignIn = Callable[[User], Client]


@pytest.fixture(autouse=True)
def named(cast: Cast) -> None:
    cast.campaign.code = "pt2026"
    cast.campaign.save(update_fields=["code"])


def waiting(cast: Cast, *, day: int = 19, **more: object) -> Submission:
    """婚姻登記處一份待審核的，11 月 day 日初審。"""
    assignment = AssignmentFactory(
        measure=MeasureFactory(campaign=cast.campaign, lead_department=cast.registry, issued=True)
    )
    submission = SubmissionFactory(
        assignment=assignment,
        endorsed=True,
        by={"clerk": cast.clerk, "head": cast.head},
        **more,
    )
    submission.rounds.update(endorsed_at=moment(2026, 11, day))
    return submission


def evidence_of(submission: Submission, **more: object) -> EvidenceLink:
    return EvidenceLinkFactory(round=submission.rounds.latest("number"), **more)


def post(client: Client, submission: Submission, **data: object):
    return client.post(f"{URL}?item={submission.pk}", data)


# ── 誰能看 ────────────────────────────────────────────


@pytest.mark.parametrize("who", ["head", "clerk", "leader", "deputy", "admin", "neighbour"])
def test_only_the_office_opens_the_inbox(cast: Cast, signed_in: SignIn, who: str) -> None:
    client = signed_in(getattr(cast, who))

    statuses = {
        client.get(URL + tail).status_code for tail in ("", "bulk/", "requests/", "history/")
    }

    assert statuses == {403}


def test_a_stranger_is_asked_to_sign_in(cast: Cast, client: Client) -> None:
    assert client.get(URL).status_code == 302


def test_nothing_waiting_says_so(cast: Cast, signed_in: SignIn) -> None:
    page = signed_in(cast.office).get(URL)

    assert "今天的事都辦完了" in page.content.decode()


# ── 看到什麼 ──────────────────────────────────────────


def test_the_longest_wait_comes_first_and_is_open(cast: Cast, signed_in: SignIn) -> None:
    late, early = waiting(cast, day=20), waiting(cast, day=11)

    queue = signed_in(cast.office).get(URL).context["queue"]

    assert [row.pk for row in queue.rows] == [early.pk, late.pk]
    assert queue.current.pk == early.pk
    assert [(row.days, row.is_over) for row in queue.rows] == [(8, True), (1, False)]


def test_what_was_said_last_period_stands_beside_what_is_said_now(
    cast: Cast, signed_in: SignIn
) -> None:
    submission = waiting(cast)
    submission.rounds.update(narrative="開展教育 5 場。")
    SubmissionFactory(
        assignment=submission.assignment,
        accepted=True,
        label="2026-10",
        name="2026年10月",
        period_start=moment(2026, 10, 1).date(),
        period_end=moment(2026, 10, 31).date(),
        by__narrative="開展教育 3 場。",
        by__percent=70,
    )

    page = signed_in(cast.office).get(URL).content.decode()

    assert "2026年10月 · 70%" in page
    assert "<ins>5</ins>" in page
    assert "<del>3</del>" in page


def test_after_a_send_back_the_changes_since_stand_first(
    cast: Cast, signed_in: SignIn, now: object
) -> None:
    submission = waiting(cast)
    kept, gone = evidence_of(submission), evidence_of(submission, name="舊照片.jpg")
    review.send_back(
        actor=cast.office,
        submission_id=submission.pk,
        reason="缺少收費批覆文號。",
        verdicts={gone.pk: review.EvidenceVerdict(is_accepted=False, reason="照片不清。")},
        at=moment(2026, 11, 20),
    )
    hand_in_again(cast, submission, narrative="批覆文號為嵐價〔2026〕3號。")
    evidence_of(submission, name="批覆.pdf")

    item = signed_in(cast.officer).get(URL).context["item"]

    beside = item.since_last_round
    assert (beside.round.reason, beside.added, beside.removed) == (
        "缺少收費批覆文號。",
        ["批覆.pdf"],
        ["舊照片.jpg"],
    )
    assert [link.reason for link in beside.rejected] == ["照片不清。"]
    assert kept.name in [each.link.name for each in item.evidence]


def hand_in_again(cast: Cast, submission: Submission, narrative: str) -> None:
    submission.rounds.filter(number=2).update(
        narrative=narrative,
        percent=70,
        submitted_at=moment(2026, 11, 21),
        submitted_by=cast.clerk,
        endorsed_at=moment(2026, 11, 21, 10),
        endorsed_by=cast.head,
    )
    Submission.objects.filter(pk=submission.pk).update(state=Submission.State.ENDORSED)


def test_what_the_head_gave_back_inside_stays_inside(cast: Cast, signed_in: SignIn) -> None:
    submission = waiting(cast)
    submission.rounds.update(
        endorsed_at=None, endorsed_by=None, narrative="初稿", decision=Round.Decision.GIVEN_BACK
    )
    Submission.objects.filter(pk=submission.pk).update(round_number=2)
    Round.objects.create(
        submission=submission, number=2, opened_at=moment(2026, 11, 20), due_date="2026-11-25"
    )
    hand_in_again(cast, submission, narrative="定稿，辦事程序已上牆。")

    page = signed_in(cast.office).get(URL)

    assert page.context["item"].since_last_round is None
    assert "初稿" not in page.content.decode()


def accepted_beside(cast: Cast, one: Submission, **more: object) -> EvidenceLink:
    """one 掛着的一份內容，在別的一項任務裏已經採用。"""
    file = EvidenceFileFactory()
    evidence_of(one, file=file)
    campaign = more.pop("campaign", cast.campaign)
    measure = MeasureFactory(campaign=campaign, lead_department=cast.funeral_home, issued=True)
    other = SubmissionFactory(assignment=AssignmentFactory(measure=measure), accepted=True)
    values = {"state": EvidenceLink.State.ACCEPTED, "file": file, **more}
    return EvidenceLinkFactory(round=other.rounds.get(), **values)


def test_the_same_file_accepted_for_another_task_is_pointed_out(
    cast: Cast, signed_in: SignIn
) -> None:
    one = waiting(cast, day=11)
    beside = accepted_beside(cast, one)

    page = signed_in(cast.office).get(f"{URL}?item={one.pk}").content.decode()

    code = beside.round.submission.assignment.measure.code
    assert f"同一份文件已在 {code} 採用" in page


@pytest.mark.parametrize("case", ["not passed", "withdrawn", "stopped", "last year", "reused"])
def test_what_does_not_stand_beside_it_is_not_a_repeat(
    cast: Cast, signed_in: SignIn, case: str
) -> None:
    """別處還沒通過、已撤下、任務撤銷了、是往年的活動，或明說是從這裏取用去的。"""
    one = waiting(cast, day=11)
    beside = accepted_beside(
        cast, one, **({"campaign": CampaignFactory()} if case == "last year" else {})
    )
    round_ = beside.round
    if case == "not passed":
        Round.objects.filter(pk=round_.pk).update(decision=Round.Decision.SENT_BACK)
    elif case == "withdrawn":
        EvidenceLink.objects.filter(pk=beside.pk).update(removed_at=moment(2026, 11, 20))
    elif case == "stopped":
        Assignment.objects.filter(pk=round_.submission.assignment_id).update(
            state=Assignment.State.CANCELLED
        )
    elif case == "reused":
        EvidenceLink.objects.filter(pk=beside.pk).update(origin=evidence_of(one))

    page = signed_in(cast.office).get(f"{URL}?item={one.pk}").content.decode()

    assert "同一份文件已在" not in page
    assert "別的任務沒有採用過" in page


def test_a_piece_taken_on_purpose_is_one_fact_with_many_uses(cast: Cast, signed_in: SignIn) -> None:
    one = waiting(cast, day=11)
    source = accepted_beside(cast, one)
    one.rounds.get().evidence.update(origin=source)

    page = signed_in(cast.office).get(f"{URL}?item={one.pk}").content.decode()

    assert "同一份文件已在" not in page
    assert "從材料庫取用，一事多用" in page


def test_phrases_come_from_data(cast: Cast, signed_in: SignIn) -> None:
    waiting(cast)
    ReviewPhrase.objects.create(text="請附物價批覆", position=1)
    ReviewPhrase.objects.filter(text__startswith="數字前後不一致").update(is_active=False)

    page = signed_in(cast.office).get(URL).content.decode()

    assert "請附物價批覆" in page
    assert "數字前後不一致" not in page


@pytest.mark.parametrize("item", ["999999", "abc", "٣", "9" * 40])
def test_an_item_that_is_not_waiting_says_so(cast: Cast, signed_in: SignIn, item: str) -> None:
    waiting(cast)

    page = signed_in(cast.office).get(URL, {"item": item})

    assert page.status_code == 200
    assert "已不在待審核" in page.content.decode()


def test_the_number_of_queries_does_not_grow(
    cast: Cast, signed_in: SignIn, django_assert_max_num_queries: Callable
) -> None:
    client = signed_in(cast.office)
    evidence_of(waiting(cast))
    client.get(URL)
    with django_assert_max_num_queries(12) as one:
        client.get(URL)
    for _more in range(29):
        evidence_of(waiting(cast))

    with django_assert_max_num_queries(12) as many:
        client.get(URL)

    assert len(many) == len(one)


# ── 決定 ──────────────────────────────────────────────


def test_accepting_opens_the_next_one(cast: Cast, signed_in: SignIn) -> None:
    first, second = waiting(cast, day=11), waiting(cast)

    page = post(signed_in(cast.office), first, action="accept", reason="")

    first.refresh_from_db()
    assert first.state == Submission.State.ACCEPTED
    assert page.url == f"{URL}?item={second.pk}"


def test_after_the_last_one_the_first_comes_round_again(cast: Cast, signed_in: SignIn) -> None:
    first, second = waiting(cast, day=11), waiting(cast)

    page = post(signed_in(cast.office), second, action="accept")

    assert page.url == f"{URL}?item={first.pk}"


def test_the_message_carries_the_undo(cast: Cast, signed_in: SignIn) -> None:
    submission = waiting(cast)
    client = signed_in(cast.office)

    page = client.post(f"{URL}?item={submission.pk}", {"action": "accept"}, follow=True)

    assert f'action="{URL}{submission.pk}/withdraw/"' in page.content.decode()


def test_sending_back_tells_the_clerk_every_reason(cast: Cast, signed_in: SignIn) -> None:
    submission = waiting(cast)
    link = evidence_of(submission, name="大廳.jpg")

    post(
        signed_in(cast.office),
        submission,
        action="send_back",
        reason="佐證不足。",
        due_date="2026-11-30",
        **{f"verdict_{link.pk}": "rejected", f"why_{link.pk}": "看不出單位和日期。"},
    )

    submission.refresh_from_db()
    body = Notice.objects.filter(recipient=cast.clerk).latest("pk").body
    assert (submission.state, str(submission.due_date)) == ("open", "2026-11-30")
    assert "佐證不足。" in body
    assert "大廳.jpg：看不出單位和日期。" in body


def test_the_new_deadline_is_three_working_days_unless_said(cast: Cast, signed_in: SignIn) -> None:
    submission = waiting(cast)

    post(signed_in(cast.office), submission, action="send_back", reason="佐證不足。")

    submission.refresh_from_db()
    assert str(submission.due_date) == "2026-11-26"


@pytest.mark.parametrize(
    ("data", "said"),
    [
        ({"reason": "  "}, "填寫退回理由"),
        ({"reason": "字" * 501}, "現有 501 字"),
        ({"reason": "佐證不足。", "due_date": "2026-11-20"}, "已經過去"),
        ({"reason": "佐證不足。", "due_date": "下週"}, "看不出是哪一天"),
    ],
)
def test_a_wrong_send_back_keeps_what_was_typed(
    cast: Cast, signed_in: SignIn, data: dict[str, str], said: str
) -> None:
    submission = waiting(cast)
    link = evidence_of(submission)
    typed = {f"verdict_{link.pk}": "rejected", f"why_{link.pk}": "照片太暗看不清"}

    page = post(signed_in(cast.office), submission, action="send_back", **data, **typed)

    submission.refresh_from_db()
    body = page.content.decode()
    assert (page.status_code, submission.state) == (422, "endorsed")
    assert said in body
    assert data["reason"].strip() in body
    assert "照片太暗看不清" in body


def test_a_reason_for_evidence_has_its_limit_too(cast: Cast, signed_in: SignIn) -> None:
    submission = waiting(cast)
    link = evidence_of(submission)
    typed = {f"verdict_{link.pk}": "rejected", f"why_{link.pk}": "字" * 301}

    page = post(signed_in(cast.office), submission, action="accept", **typed)

    assert page.status_code == 422
    assert "現有 301 字" in page.content.decode()


@pytest.mark.parametrize("action", ["accept", "send_back"])
def test_evidence_turned_down_needs_a_reason(cast: Cast, signed_in: SignIn, action: str) -> None:
    submission = waiting(cast)
    link = evidence_of(submission)

    page = post(
        signed_in(cast.office),
        submission,
        action=action,
        reason="請換照片。",
        **{f"verdict_{link.pk}": "rejected"},
    )

    assert page.status_code == 422
    assert page.context["form"].errors[f"why_{link.pk}"] == [
        "說明這份佐證為什麼不採用、要換成什麼。"
    ]


def test_accepting_does_not_mind_the_deadline_box(cast: Cast, signed_in: SignIn) -> None:
    submission = waiting(cast)

    post(signed_in(cast.office), submission, action="accept", due_date="下週")

    submission.refresh_from_db()
    assert submission.state == Submission.State.ACCEPTED


def test_accepting_with_one_piece_turned_down_tells_the_clerk(
    cast: Cast, signed_in: SignIn
) -> None:
    submission = waiting(cast)
    link = evidence_of(submission, name="大廳.jpg")

    post(
        signed_in(cast.office),
        submission,
        action="accept",
        **{f"verdict_{link.pk}": "rejected", f"why_{link.pk}": "下次請拍近一些。"},
    )

    link.refresh_from_db()
    assert link.state == EvidenceLink.State.REJECTED
    assert "下次請拍近一些。" in Notice.objects.filter(recipient=cast.clerk).latest("pk").body


def test_a_colleague_was_faster(cast: Cast, signed_in: SignIn, now: object) -> None:
    taken, other = waiting(cast, day=11), waiting(cast)
    client = signed_in(cast.office)
    review.accept(actor=cast.officer, submission_id=taken.pk, at=now)

    page = client.post(
        f"{URL}?item={taken.pk}", {"action": "send_back", "reason": "太簡單。"}, follow=True
    )

    taken.refresh_from_db()
    assert taken.state == Submission.State.ACCEPTED
    assert "剛由幹事丁辦了：審核通過。" in page.content.decode()
    assert page.context["queue"].current.pk == other.pk


def test_nobody_reviews_his_own_report(cast: Cast, signed_in: SignIn) -> None:
    submission = waiting(cast)
    submission.rounds.update(submitted_by=cast.officer)
    client = signed_in(cast.officer)

    page = client.get(URL)
    refused = post(client, submission, action="accept")

    submission.refresh_from_db()
    assert "不能由您自己審核" in page.content.decode()
    assert 'value="accept"' not in page.content.decode()
    assert (refused.status_code, submission.state) == (403, "endorsed")


def test_an_item_of_another_campaign_is_not_found(cast: Cast, signed_in: SignIn) -> None:
    elsewhere = SubmissionFactory(endorsed=True)

    assert post(signed_in(cast.office), elsewhere, action="accept").status_code == 404


@pytest.mark.parametrize("who", ["head", "clerk", "leader", "admin"])
def test_only_the_office_decides(cast: Cast, signed_in: SignIn, who: str) -> None:
    submission = waiting(cast)

    page = post(signed_in(getattr(cast, who)), submission, action="accept")

    submission.refresh_from_db()
    assert (page.status_code, submission.state) == (403, "endorsed")


# ── 看的不是最新一輪 ──────────────────────────────────


def test_a_decision_on_a_round_already_replaced_is_not_carried_out(
    signed_in: SignIn, cast: Cast
) -> None:
    submission = waiting(cast)
    client, url = signed_in(cast.officer), f"{URL}?item={submission.pk}"
    assert 'name="round" value="1"' in client.get(url).content.decode()
    again = review.send_back(
        actor=cast.office, submission_id=submission.pk, reason="補照片", at=moment(2026, 11, 23)
    )
    Submission.objects.update(state=Submission.State.ENDORSED)
    Round.objects.filter(pk=again.pk).update(
        submitted_at=moment(2026, 11, 23),
        submitted_by=cast.clerk,
        endorsed_at=moment(2026, 11, 23),
        endorsed_by=cast.head,
    )

    response = client.post(url, {"action": "accept", "reason": "", "round": "1"}, follow=True)

    submission.refresh_from_db()
    page = response.content.decode()
    assert submission.state == Submission.State.ENDORSED
    assert "請看過第 2 輪再定" in page
    assert 'name="round" value="2"' in page


@pytest.mark.parametrize("seen", ["", "1", "一", "9" * 30])
def test_a_decision_on_the_round_seen_or_without_one_is_carried_out(
    signed_in: SignIn, cast: Cast, seen: str
) -> None:
    submission = waiting(cast)

    signed_in(cast.officer).post(
        f"{URL}?item={submission.pk}", {"action": "accept", "reason": "", "round": seen}
    )

    submission.refresh_from_db()
    assert submission.state == Submission.State.ACCEPTED
