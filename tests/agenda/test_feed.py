"""日曆訂閱：地址就是鑰匙；只有本人今天該辦的標題；換崗、停號、停用後什麼也拿不到。"""

from collections.abc import Callable
from datetime import date, datetime, timedelta

import pytest
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse
from icalendar import Calendar, Event

from agenda import services
from agenda.models import CalendarFeed
from journal.models import Entry
from journal.services import record
from people.models import Appointment, User
from tasks.models import Assignment
from tasks.services import issuing, requests, review
from tests import factories as make
from tests.agenda.test_calendar_changes import handed_in, issue
from tests.cast import Cast
from tests.supervision import stage

pytestmark = pytest.mark.usefixtures("clock")
LONG = "健全群眾訴求渠道並公開辦理結果接受監督" * 6


def fetch(key: str, **headers: str) -> HttpResponse:
    return Client().get(reverse("agenda:feed", args=[key]), headers=headers)


def events(key: str) -> list[Event]:
    return list(Calendar.from_ical(fetch(key).content).walk("VEVENT"))


def subscribe(user: User, at: datetime) -> str:
    return services.create_feed(actor=user, at=at)


def test_open_duties_come_as_all_day_events(cast: Cast, now: datetime) -> None:
    measure = issue(cast, now, due_date=date(2026, 12, 10), title="公開收費標準")
    submission = measure.assignments.get().submissions.get()

    found = {str(event["uid"]).split("-")[0]: event for event in events(subscribe(cast.clerk, now))}

    assert {kind: event.decoded("dtstart") for kind, event in found.items()} == {
        "sign": date(2026, 11, 26),
        "report": date(2026, 12, 10),
    }
    report = found["report"]
    assert str(report["summary"]) == f"〔填報〕{measure.code} 公開收費標準"
    assert str(report["url"]).endswith(submission.get_absolute_url())
    assert report.categories == ["填報"]


def test_the_alarm_rings_one_working_day_before(cast: Cast, now: datetime) -> None:
    issue(cast, now, due_date=date(2026, 12, 14))
    [event] = [e for e in events(subscribe(cast.clerk, now)) if "report" in e["uid"]]

    [alarm] = event.walk("VALARM")

    friday = make.moment(2026, 12, 11, 9)
    assert make.moment(2026, 12, 14, 0) + alarm.decoded("trigger") == friday


def test_long_titles_are_folded_at_character_borders(cast: Cast, now: datetime) -> None:
    issue(cast, now, title=LONG[:100])
    content = fetch(subscribe(cast.clerk, now)).content

    lines = content.split(b"\r\n")

    assert max(map(len, lines)) <= 75
    assert all(line.decode("utf-8") is not None for line in lines)
    assert LONG[:100] in str(Calendar.from_ical(content).walk("VEVENT")[0]["summary"])


def test_the_same_event_keeps_its_name_and_its_number_grows(cast: Cast, now: datetime) -> None:
    measure = issue(cast, now, due_date=date(2026, 12, 10))
    key = subscribe(cast.clerk, now)
    before = {str(event["uid"]): event for event in events(key)}
    request = requests.ask_extension(
        actor=cast.clerk,
        submission_id=measure.assignments.get().submissions.get().pk,
        reason="公示欄未到貨",
        proposed_date=date(2026, 12, 18),
        at=now,
    )
    requests.decide_request(
        actor=cast.office, request_id=request.pk, is_approved=True, reason="同意", at=now
    )

    after = {str(event["uid"]): event for event in events(key)}

    [name] = [uid for uid in after if uid.startswith("report")]
    assert before.keys() == after.keys()
    assert after[name].decoded("dtstart") == date(2026, 12, 18)
    assert int(after[name]["sequence"]) > int(before[name]["sequence"])


def test_nothing_changed_answers_304(cast: Cast, now: datetime, clock: object) -> None:
    issue(cast, now)
    key = subscribe(cast.clerk, now)
    first = fetch(key)
    clock.move_to(now + timedelta(hours=4))

    again = fetch(key, if_none_match=first["ETag"])

    assert (again.status_code, again.content) == (304, b"")
    assert first["Last-Modified"] == "Mon, 23 Nov 2026 01:00:00 GMT"


def test_what_is_handed_in_disappears_and_the_office_gets_it(cast: Cast, now: datetime) -> None:
    clerk, office = subscribe(cast.clerk, now), subscribe(cast.office, now)
    submission = handed_in(cast, issue(cast, now), now)

    assert events(clerk) == []
    [event] = events(office)
    assert event.decoded("dtstart") == date(2026, 11, 30)
    assert str(event["url"]).endswith(submission.get_absolute_url())


def test_work_sent_back_comes_back(cast: Cast, now: datetime) -> None:
    submission = handed_in(cast, issue(cast, now), now)
    review.send_back(actor=cast.office, submission_id=submission.pk, reason="密", at=now)

    [event] = events(subscribe(cast.clerk, now))

    assert event.decoded("dtstart") == date(2026, 11, 26)
    assert "密" not in fetch(subscribe(cast.clerk, now)).content.decode()


def test_other_peoples_things_are_never_inside(cast: Cast, now: datetime) -> None:
    issue(cast, now)
    owned = issue(cast, now, owner=cast.head)
    Assignment.objects.filter(measure=owned).update(state=Assignment.State.ACKNOWLEDGED)

    people = {user: events(subscribe(user, now)) for user in (cast.neighbour, cast.leader)}
    mine = [str(event["summary"]) for event in events(subscribe(cast.clerk, now))]

    assert people == {cast.neighbour: [], cast.leader: []}
    assert not any(owned.code in summary for summary in mine)


def test_a_lost_post_and_a_disabled_account_empty_it(cast: Cast, now: datetime) -> None:
    issue(cast, now)
    keys = [subscribe(cast.clerk, now), subscribe(cast.head, now)]
    Appointment.objects.filter(user=cast.clerk).update(end_date=date(2026, 11, 22))
    User.objects.filter(pk=cast.head.pk).update(is_active=False)

    answers = [(fetch(key).status_code, events(key)) for key in keys]

    assert answers == [(200, []), (200, [])]


def test_the_successor_gets_it(cast: Cast, now: datetime) -> None:
    issue(cast, now)
    key = subscribe(cast.officer, now)
    make.AppointmentFactory(user=cast.officer, department=cast.registry)

    assert len(events(key)) == 2


def test_a_new_address_revokes_the_old_one(cast: Cast, now: datetime) -> None:
    old = subscribe(cast.clerk, now)

    new = subscribe(cast.clerk, now)

    assert (fetch(old).status_code, fetch(new).status_code) == (404, 200)
    actions = Entry.objects.order_by("pk").values_list("action", flat=True)
    assert list(actions) == ["agenda.feed_created", "agenda.feed_revoked", "agenda.feed_created"]


@pytest.mark.parametrize("guess", ["a", "A" * 43, "0" * 64, "x" * 5000])
def test_guessing_gets_nothing(cast: Cast, now: datetime, guess: str) -> None:
    subscribe(cast.clerk, now)

    answer = fetch(guess)

    assert answer.status_code == 404
    assert "VCALENDAR" not in answer.content.decode()


def test_the_address_is_long_and_only_its_hash_is_kept(cast: Cast, now: datetime) -> None:
    key = subscribe(cast.clerk, now)

    feed = CalendarFeed.objects.get()

    assert len(key) >= 43
    assert key not in str(vars(feed)) + str(list(Entry.objects.values_list()))


def test_the_address_does_not_reach_the_log(
    cast: Cast, now: datetime, caplog: pytest.LogCaptureFixture
) -> None:
    key = subscribe(cast.clerk, now)
    services.revoke_feed(actor=cast.clerk, at=now)

    answer = fetch(key)

    assert answer["Referrer-Policy"] == "no-referrer"
    assert key not in caplog.text


def test_the_page_shows_the_address_once(
    cast: Cast, now: datetime, signed_in: Callable[[User], Client]
) -> None:
    client, url = signed_in(cast.clerk), reverse("agenda:subscribe")

    shown = client.post(url, {"act": "create"})
    later = client.get(url)

    assert shown.context["address"].endswith(".ics")
    assert shown["Cache-Control"].find("no-store") >= 0
    assert fetch(shown.context["address"].split("/")[-1][:-4]).status_code == 200
    assert ".ics" not in later.content.decode()


def test_the_page_turns_it_off(
    cast: Cast, now: datetime, signed_in: Callable[[User], Client]
) -> None:
    key, client = subscribe(cast.clerk, now), signed_in(cast.clerk)

    client.post(reverse("agenda:subscribe"), {"act": "revoke"})

    assert fetch(key).status_code == 404


def test_the_number_of_queries_is_fixed(
    cast: Cast, now: datetime, django_assert_num_queries: Callable
) -> None:
    key = subscribe(cast.clerk, now)
    for number in range(12):
        issue(cast, now, owner=cast.clerk if number % 2 else None)
    fetch(key)

    with django_assert_num_queries(9):
        found = fetch(key)

    assert found.content.count(b"BEGIN:VEVENT") == 24


def test_a_suspended_measure_is_not_inside(cast: Cast, now: datetime) -> None:
    measure = issue(cast, now)
    key = subscribe(cast.clerk, now)
    issuing.Measure.objects.filter(pk=measure.pk).update(state="suspended")

    assert events(key) == []


def test_an_estimated_year_says_so(cast: Cast, now: datetime) -> None:
    issue(cast, now, due_date=date(2027, 3, 10))

    said = [str(event["description"]) for event in events(subscribe(cast.clerk, now))]

    assert sum("2027年放假安排尚未公佈，暫按推算。" in text for text in said) == 1


def test_an_order_is_there_for_the_unit_that_handles_it_and_no_other(
    cast: Cast, now: datetime
) -> None:
    order = stage.order(cast, now)
    stage.order(cast, now, "draft")

    [event] = events(subscribe(cast.clerk, now))

    assert order.full_number in str(event["SUMMARY"])
    assert event.start == order.due_date
    assert events(subscribe(cast.neighbour, now)) == []


def test_an_order_that_went_on_gets_a_higher_number(cast: Cast, now: datetime) -> None:
    """督辦單的經過記在它自己名下：序號隨之增，改過的時刻是辦理的時刻，不是將來的時限。"""
    order, key = stage.order(cast, now), subscribe(cast.clerk, now)
    [before] = events(key)

    record(actor=None, action="supervision.x", target=order, summary="改了。", at=now)
    [after] = events(key)

    assert int(after["sequence"]) == int(before["sequence"]) + 1 > 1
    assert after.decoded("last-modified") <= now


def test_a_calendar_too_long_for_a_phone_keeps_what_is_nearest_and_says_so(
    cast: Cast, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("agenda.feed.MOST_EVENTS", 1)
    issue(cast, now, due_date=date(2026, 12, 10))

    book = Calendar.from_ical(fetch(subscribe(cast.clerk, now)).content)

    [event] = book.walk("VEVENT")
    assert event.decoded("dtstart") == date(2026, 11, 26)
    assert str(book["x-wr-caldesc"]) == "共 2 件，這裏是離今天最近的 1 件，其餘請到平台看。"
