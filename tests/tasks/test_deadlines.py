"""時限和日期事實：什麼時候能下達，縮短、重新交辦後各期怎麼走，活動改動後重算。"""

from datetime import date, datetime

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from campaigns.models import Campaign
from campaigns.services import campaign as campaigns
from tasks.lights import behind_date
from tasks.models import Measure, Submission
from tasks.services import breakdown, checking, handing_in, issuing, review
from tasks.services.deadlines import shortened
from tasks.services.handing_in import Draft
from tests import factories as make
from tests.cast import Cast
from tests.factories import moment


def drafted(cast: Cast, **values: object) -> Measure:
    return make.MeasureFactory(
        **{"campaign": cast.campaign, "lead_department": cast.registry} | values
    )


def issued(cast: Cast, at: datetime, **values: object) -> Measure:
    measure = drafted(cast, **values)
    issuing.issue_measures(actor=cast.office, measure_ids=[measure.pk], at=at)
    measure.refresh_from_db()
    return measure


def change(cast: Cast, measure: Measure, at: datetime, **values: object) -> None:
    breakdown.update_measure(actor=cast.office, measure_id=measure.pk, values=values, at=at)


# ── 下達 ──────────────────────────────────────────────


def test_nothing_is_issued_before_the_campaign_starts(cast: Cast, now: datetime) -> None:
    Campaign.objects.update(state=Campaign.State.DRAFT)
    measure = drafted(cast)

    result = issuing.issue_measures(actor=cast.office, measure_ids=[measure.pk], at=now)

    assert result.refused == {measure.pk: "活動還沒開始，先在活動頁點「開始」再下達。"}
    assert not measure.assignments.exists()


@pytest.mark.parametrize(
    ("due", "is_issued"), [(date(2026, 11, 22), False), (date(2026, 11, 23), True)]
)
def test_a_deadline_already_past_is_not_issued(
    cast: Cast, now: datetime, due: date, is_issued: bool
) -> None:
    measure = drafted(cast, due_date=due)

    result = issuing.issue_measures(actor=cast.office, measure_ids=[measure.pk], at=now)

    assert bool(result.measures) == is_issued
    assert is_issued or "已經過了，改到今天或以後再下達" in result.refused[measure.pk]


# ── 改時限 ────────────────────────────────────────────


def sent_back(cast: Cast, due: date, at: datetime) -> Submission:
    """按月報的第一期（時限已過）被退回，另定了補報時限。"""
    measure = issued(cast, moment(2026, 9, 1), cycle="monthly", due_date=date(2026, 12, 31))
    submission = measure.assignments.get().submissions.order_by("due_date").first()
    draft = Draft(narrative="已辦", percent=50)
    handing_in.submit(actor=cast.clerk, submission_id=submission.pk, draft=draft, version=0, at=at)
    handing_in.endorse(actor=cast.head, submission_id=submission.pk, at=at)
    review.send_back(
        actor=cast.office, submission_id=submission.pk, reason="補", due_date=due, at=at
    )
    return submission


def test_an_earlier_deadline_leaves_a_returned_rounds_own_date(cast: Cast, now: datetime) -> None:
    submission = sent_back(cast, date(2026, 12, 4), now)

    change(cast, submission.assignment.measure, now, due_date=date(2026, 12, 25))

    submission.refresh_from_db()
    assert submission.due_date == date(2026, 12, 4)


def test_an_earlier_deadline_cuts_a_returned_rounds_later_date(cast: Cast, now: datetime) -> None:
    submission = sent_back(cast, date(2026, 12, 18), now)

    change(cast, submission.assignment.measure, now, due_date=date(2026, 12, 11))

    submission.refresh_from_db()
    round_ = submission.rounds.get(number=submission.round_number)
    assert submission.due_date == round_.due_date == date(2026, 12, 11)


@pytest.mark.parametrize(
    ("own", "limit", "expected"),
    [
        (date(2026, 12, 31), date(2026, 12, 10), date(2026, 12, 10)),
        (date(2026, 12, 4), date(2026, 12, 10), date(2026, 12, 4)),
        (date(2026, 12, 4), date(2026, 11, 1), date(2026, 11, 23)),
        (date(2026, 10, 9), date(2026, 10, 1), date(2026, 10, 9)),
    ],
    ids=["cut", "already earlier", "never before today", "overdue gains nothing"],
)
def test_a_shortened_date_is_neither_past_nor_later(own: date, limit: date, expected: date) -> None:
    assert shortened(own, limit, date(2026, 11, 23)) == expected


def test_a_department_put_back_gets_the_deadline_of_today(cast: Cast) -> None:
    measure = drafted(cast)
    measure.supporting_departments.add(cast.bureau_office)
    issuing.issue_measures(actor=cast.office, measure_ids=[measure.pk], at=moment(2026, 10, 1))

    change(cast, measure, moment(2026, 10, 2), supporting=[])
    change(cast, measure, moment(2026, 10, 3), due_date=date(2027, 2, 26))
    change(cast, measure, moment(2026, 12, 20), supporting=[cast.bureau_office])

    slot = measure.assignments.get(department=cast.bureau_office)
    submission = slot.submissions.get()
    assert submission.due_date == slot.due_date == date(2027, 2, 26)
    assert submission.rounds.get().due_date == date(2027, 2, 26)


# ── 活動改動之後 ──────────────────────────────────────


def close(cast: Cast, at: datetime) -> None:
    campaigns.close_campaign(actor=cast.office, campaign_id=cast.campaign.pk, reason="收尾", at=at)


def test_closing_and_reopening_keeps_the_stored_dates_true(cast: Cast, now: datetime) -> None:
    measure = issued(cast, now)

    close(cast, now)
    measure.refresh_from_db()
    assert (measure.owed_date, checking.wrong_facts()) == (None, [])

    campaigns.reopen_campaign(
        actor=cast.office, campaign_id=cast.campaign.pk, reason="還有事", at=now
    )
    measure.refresh_from_db()
    assert (measure.owed_date, checking.wrong_facts()) == (measure.due_date, [])


def test_another_threshold_moves_the_day_work_counts_as_behind(cast: Cast, now: datetime) -> None:
    measure = issued(cast, now, due_date=date(2027, 3, 1))

    campaigns.update_campaign(
        actor=cast.office,
        campaign_id=cast.campaign.pk,
        values={"behind_points": 60},
        focus_areas=[],
        at=now,
    )

    measure.refresh_from_db()
    assert measure.behind_date == behind_date(
        start=measure.start_date, due=measure.due_date, percent=0, behind_points=60
    )
    assert checking.wrong_facts() == []


def test_refreshing_a_whole_campaign_takes_few_queries(cast: Cast, now: datetime) -> None:
    for _each in range(30):
        issued(cast, now)
    Measure.objects.update(owed_date=None, behind_date=None)

    with CaptureQueriesContext(
        connection,
    ) as queries:
        checking.refresh_campaign(cast.campaign)

    assert len(queries) <= 8
    assert checking.wrong_facts() == []
