"""留痕和通知是大家看的：不管辦的人用繁用簡，存下的都是原文；回答他本人的仍用他的。"""

from collections.abc import Callable
from datetime import date, datetime

import pytest
from django.test import Client
from django.utils import translation

from journal.models import Entry, Notice
from people.models import User
from reports.models import Report
from reports.services import compiling
from tasks.models import ChangeRequest, Measure, Submission, WrongState
from tasks.services import bulk, handing_in, issuing, requests, review
from tasks.services.breakdown import Invalid, update_measure
from tests import factories as make
from tests.cast import Cast

SignIn = Callable[[User], Client]


@pytest.fixture
def measure(cast: Cast) -> Measure:
    return make.MeasureFactory(
        campaign=cast.campaign,
        lead_department=cast.registry,
        code="3-04",
        title="公開收費標準",
        due_date=date(2026, 12, 10),
    )


def stored() -> str:
    """庫裏的每一句話。"""
    entries = Entry.objects.values_list("summary", "actor_name", "changes")
    notices = Notice.objects.values_list("title", "body")
    return "\n".join(str(row) for row in [*entries, *notices])


def assert_all_in_the_source_script() -> None:
    words = stored()
    simplified = {
        char
        for char in "这报审单负责务达异议请内标准时发给还没个说项从实办导补级计"
        if char in words
    }
    assert (simplified, words != "") == (set(), True), words


def test_issuing_from_a_simplified_page_writes_traditional_lines(
    cast: Cast, signed_in: SignIn, measure: Measure
) -> None:
    client = signed_in(cast.office)
    client.cookies["django_language"] = "zh-hans"

    page = client.post(
        f"/tasks/{cast.campaign.code}/bulk/",
        {"act": "issue", "pick": measure.pk, "confirm": 1},
        follow=True,
    ).content.decode()

    assert "下達給" in Entry.objects.about(measure).first().summary
    assert "由貴單位牽頭" in Notice.objects.filter(recipient=cast.clerk).get().title
    assert "任务分解" in page
    assert_all_in_the_source_script()


def test_a_whole_round_in_simplified_leaves_traditional_words(
    cast: Cast, now: datetime, measure: Measure
) -> None:
    draft = handing_in.Draft(narrative="已公開。", percent=100)
    with translation.override("zh-hans"):
        issuing.issue_measures(actor=cast.office, measure_ids=[measure.pk], at=now)
        submission = Submission.objects.get()
        assignment = submission.assignment
        requests.acknowledge(actor=cast.clerk, assignment_id=assignment.pk, at=now)
        asked = requests.ask_extension(
            actor=cast.clerk,
            submission_id=submission.pk,
            proposed_date=date(2026, 12, 20),
            reason="要等批覆",
            at=now,
        )
        requests.decide_request(
            actor=cast.office, request_id=asked.pk, is_approved=True, reason="可", at=now
        )
        for _round in range(2):
            handing_in.submit(
                actor=cast.clerk, submission_id=submission.pk, draft=draft, version=0, at=now
            )
            handing_in.endorse(actor=cast.head, submission_id=submission.pk, at=now)
            if submission.rounds.count() == 1:
                review.send_back(
                    actor=cast.office, submission_id=submission.pk, reason="補", at=now
                )
        review.accept(actor=cast.office, submission_id=submission.pk, at=now)
        review.close_out(actor=cast.office, measure_id=measure.pk, at=now)

    assert_all_in_the_source_script()
    assert submission.rounds.count() == 2


def test_changes_and_pauses_in_simplified_leave_traditional_words(
    cast: Cast, now: datetime, measure: Measure
) -> None:
    with translation.override("zh-hans"):
        issuing.issue_measures(actor=cast.office, measure_ids=[measure.pk], at=now)
        changes = {"asks_percent": False, "cycle": "monthly", "due_date": date(2026, 12, 21)}
        update_measure(actor=cast.office, measure_id=measure.pk, values=changes, at=now)
        requests.raise_objection(
            actor=cast.clerk,
            assignment_id=measure.assignments.get().pk,
            reason="非本科室職責",
            at=now,
        )
        bulk.suspend(actor=cast.office, measure_ids=[measure.pk], reason="等通知", at=now)
        bulk.resume(actor=cast.office, measure_ids=[measure.pk], reason="接着辦", at=now)
        bulk.cancel(actor=cast.office, measure_ids=[measure.pk], reason="不辦了", at=now)

    assert_all_in_the_source_script()
    assert ChangeRequest.objects.exists()


def test_a_bulletin_written_in_simplified_is_recorded_in_traditional(
    cast: Cast, now: datetime
) -> None:
    cover = compiling.Settings(
        title="情況彙報", period_start=date(2026, 10, 1), period_end=date(2026, 12, 31)
    )

    with translation.override("zh-hans"):
        report = compiling.create_report(
            actor=cast.office, campaign=cast.campaign, settings=cover, at=now
        )
        compiling.discard(actor=cast.office, report_id=report.pk, at=now)

    assert_all_in_the_source_script()
    assert report.script == Report.Script.HANT


def test_a_refusal_is_said_in_the_script_of_the_one_who_asked(
    cast: Cast, now: datetime, measure: Measure
) -> None:
    with translation.override("zh-hans"):
        with pytest.raises(Invalid, match="请写明具体措施"):
            update_measure(actor=cast.office, measure_id=measure.pk, values={"title": ""}, at=now)
        issuing.issue_measures(actor=cast.office, measure_ids=[measure.pk], at=now)
        submission = Submission.objects.get()
        with pytest.raises(WrongState, match="不在待初审"):
            handing_in.endorse(actor=cast.head, submission_id=submission.pk, at=now)
        assert translation.get_language() == "zh-hans"
