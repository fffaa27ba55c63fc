"""提醒規則：辦公室改階梯、免打擾、每週一覽；預覽誰會收到什麼。"""

import re
from collections.abc import Callable
from datetime import date, datetime, time

import pytest
from django.core.exceptions import PermissionDenied
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from journal.models import Entry, Notice
from people.models import User
from pingtan_civ.lib.working_days import WorkingCalendar
from tasks.models import Reminder, ReminderPolicy, ReminderStep, Submission
from tasks.rungs import Audience, Level, Rung, Track
from tasks.services.reminder_policy import Hours, loud_from, quiet_until
from tasks.services.reminder_settings import (
    Rules,
    RulesChanged,
    default_rules,
    reset_rules,
    rules_of,
    save_rules,
)
from tasks.services.reminders import send_reminders
from tasks.tracks import track_kinds
from tests import factories as make
from tests.cast import TODAY, Cast
from tests.factories import moment
from tests.tasks.test_reminders import owed, told
from workdays.services import calendar

AT = moment(2026, 11, 23)
SignIn = Callable[[User], Client]
CALENDAR = WorkingCalendar(
    {date(2026, 10, day): False for day in range(1, 8)} | {date(2026, 10, 10): True},
    published_through=date(2026, 12, 31),
)
NIGHT = Hours(time(20), time(8))


def rules(**changes: object) -> Rules:
    default = default_rules()
    values = {
        "steps": default.steps,
        "quiet_from": default.quiet_from,
        "quiet_until": default.quiet_until,
        "weekly_day": default.weekly_day,
    }
    return Rules(**(values | changes))  # type: ignore[arg-type]


def steps_with(*rungs: Rung) -> dict[str, tuple[Rung, ...]]:
    return dict(default_rules().steps) | {Track.REPORT: rungs}


def page_of(cast: Cast, view: str = "policy") -> str:
    return reverse(f"tasks:reminder-{view}", args=[cast.campaign.code])


def typed(client: Client, cast: Cast, **changes: str) -> dict[str, str]:
    """打開頁面，把現有的值原樣填回，再改幾處。"""
    forms = client.get(page_of(cast)).context["forms"]
    data = {"version": str(forms.hours["version"].value())}
    for name in ("quiet_from", "quiet_until", "weekly_day"):
        data[name] = str(forms.hours[name].value())
    for ladder in forms.ladders:
        for bound in ladder.management_form:
            data[bound.html_name] = str(bound.value())
        for form in ladder.forms:
            for bound in form:
                if bound.name != "DELETE":
                    value = bound.value()
                    data[bound.html_name] = "" if value is None else str(value)
    return data | changes


# ── 服務 ──────────────────────────────────────────────


def test_a_campaign_follows_its_own_ladder_and_others_the_default(cast: Cast) -> None:
    other = make.CampaignFactory(name="優質服務年")
    owed(cast, due_date=date(2026, 11, 30))
    theirs = owed(
        cast,
        due_date=date(2026, 11, 30),
        measure__campaign=other,
        measure__main_task=make.MainTaskFactory(campaign=other),
    )
    only_two_before = steps_with(Rung(-2, Audience.DOER, Level.REMIND))
    save_rules(
        actor=cast.office, campaign_id=cast.campaign.pk, version=0, at=AT,
        rules=rules(steps=only_two_before),
    )  # fmt: skip

    assert told(date(2026, 11, 25)) == {"clerk": ("before_3",)}
    assert Reminder.objects.get(person=cast.clerk).subject_id == theirs.rounds.get().pk
    assert told(date(2026, 11, 26)) == {"clerk": ("before_2",)}


def test_every_audience_of_an_odd_ladder_gets_each_step_once(cast: Cast) -> None:
    owed(cast)
    odd = steps_with(
        Rung(1, Audience.DOER, Level.URGE),
        Rung(2, Audience.HEAD, Level.URGE, 2),
        Rung(3, Audience.DOER, Level.SUPERVISE),
        Rung(2, Audience.CHAIR, Level.CIRCULAR),
        Rung(3, Audience.LEADER, Level.SUPERVISE),
    )
    save_rules(
        actor=cast.office, campaign_id=cast.campaign.pk, version=0, at=AT, rules=rules(steps=odd)
    )

    days = [date(2026, 11, 26), date(2026, 11, 27), date(2026, 11, 30), date(2026, 12, 1)]

    assert [told(day) for day in days] == [
        {"clerk": ("after_1",)},
        {"head": ("after_2",), "leader": ("after_2",)},
        {"clerk": ("after_3",), "deputy": ("after_3",)},
        {"head": ("after_4",)},
    ]
    assert [told(day) for day in days] == [{}] * 4


def test_the_journal_says_what_was_changed(cast: Cast) -> None:
    steps = dict(default_rules().steps) | {Track.REVIEW: (Rung(2, Audience.CHAIR, Level.URGE),)}
    save_rules(
        actor=cast.office, campaign_id=cast.campaign.pk, version=0, at=AT,
        rules=rules(steps=steps, quiet_from=time(18), weekly_day=None),
    )  # fmt: skip

    entry = Entry.objects.about(cast.campaign).get()
    assert entry.action == "tasks.reminders_changed"
    for words in (
        "加上「審核逾期第 2 個工作日催組長」",
        "去掉「審核時限當日提醒創建辦」",
        "免打擾改為 18:00 至 08:00",
        "不發每週一覽",
    ):
        assert words in entry.summary


def test_saving_what_is_there_writes_nothing(cast: Cast) -> None:
    saved = save_rules(
        actor=cast.office, campaign_id=cast.campaign.pk, version=0, at=AT, rules=default_rules()
    )

    assert saved is None
    assert not ReminderPolicy.objects.exists()
    assert not Entry.objects.exists()


def test_whoever_opened_the_page_earlier_is_told_of_the_other(cast: Cast) -> None:
    first = rules(weekly_day=2)
    save_rules(actor=cast.office, campaign_id=cast.campaign.pk, version=0, at=AT, rules=first)

    with pytest.raises(RulesChanged):
        save_rules(
            actor=cast.officer, campaign_id=cast.campaign.pk, version=0, at=AT,
            rules=rules(weekly_day=3),
        )  # fmt: skip

    assert rules_of(cast.campaign)[0].weekly_day == 2


@pytest.mark.parametrize("who", ["leader", "head", "admin"])
def test_only_the_office_sets_the_rules(cast: Cast, who: str) -> None:
    with pytest.raises(PermissionDenied):
        reset_rules(actor=getattr(cast, who), campaign_id=cast.campaign.pk, version=0, at=AT)


def test_back_to_the_default(cast: Cast) -> None:
    changed = rules(weekly_day=4, steps=steps_with())
    save_rules(actor=cast.office, campaign_id=cast.campaign.pk, version=0, at=AT, rules=changed)

    reset_rules(actor=cast.office, campaign_id=cast.campaign.pk, version=1, at=AT)

    found, version = rules_of(cast.campaign)
    assert version == 2
    assert found.weekly_day == 0
    assert sorted(map(str, found.steps[Track.REPORT])) == sorted(
        str(Rung(r.offset, str(r.audience), str(r.level), r.repeat_every))
        for r in default_rules().steps[Track.REPORT]
    )


# ── 免打擾 ──────────────────────────────────────────


@pytest.mark.parametrize(
    ("at", "hours", "loud"),
    [
        (moment(2026, 11, 23, 8, 30), {NIGHT}, moment(2026, 11, 23, 8, 30)),
        (moment(2026, 11, 23, 7), {NIGHT}, moment(2026, 11, 23, 8)),
        (moment(2026, 11, 23, 21), {NIGHT}, moment(2026, 11, 24, 8)),
        (moment(2026, 11, 27, 21), {NIGHT}, moment(2026, 11, 30, 8)),
        (moment(2026, 9, 30, 20), {NIGHT}, moment(2026, 10, 8, 8)),
        (moment(2026, 10, 10, 9), {NIGHT}, moment(2026, 10, 10, 9)),
        (moment(2026, 11, 28, 10), set(), moment(2026, 11, 30, 0)),
        (moment(2026, 11, 23, 13), {Hours(time(12), time(14))}, moment(2026, 11, 23, 14)),
        (moment(2026, 11, 23, 3), {Hours(time(8), time(8))}, moment(2026, 11, 23, 3)),
        (moment(2026, 11, 23, 7), {NIGHT, Hours(time(6), time(10))}, moment(2026, 11, 23, 10)),
    ],
)
def test_outside_the_site_waits_for_a_working_hour(
    at: datetime, hours: set[Hours], loud: datetime
) -> None:
    assert loud_from(hours, at, CALENDAR) == loud


def test_mail_of_a_digest_waits_while_the_site_does_not(cast: Cast) -> None:
    owed(cast)
    send_reminders(on=date(2026, 11, 25), at=moment(2026, 11, 25, 6))

    notice = Notice.objects.get(recipient=cast.clerk)
    assert notice.created_at == moment(2026, 11, 25, 6)
    assert notice.deliveries.get().next_attempt_at == moment(2026, 11, 25, 8)


def test_the_quietest_of_several_campaigns_decides(cast: Cast) -> None:
    other = make.CampaignFactory(name="優質服務年")
    ReminderPolicy.objects.create(campaign=other, quiet_from=time(18), quiet_until=time(10))
    with CaptureQueriesContext(connection) as queries:
        found = quiet_until([cast.campaign, other], moment(2026, 11, 23, 19))

    assert found == moment(2026, 11, 24, 10)
    assert len(queries) <= 2
    assert quiet_until([], moment(2026, 11, 23, 23)) == moment(2026, 11, 23, 23)


# ── 頁面 ──────────────────────────────────────────────


def test_the_page_reads_each_step_as_a_sentence(cast: Cast, signed_in: SignIn) -> None:
    page = signed_in(cast.office).get(page_of(cast)).content.decode()

    assert "報送時限前 7 個工作日提醒承辦人" in page
    assert "報送逾期第 4 個工作日請創建辦轉督辦單" in page
    assert "審核逾期第 5 個工作日催組長，以後每 5 個工作日一次" in page


def folds(page: str) -> list[bool]:
    """各條階梯攤開沒有。"""
    return [bool(mark) for mark in re.findall(r'p-rulesbox" id="\w+"( open)?', page)]


def test_the_ladders_are_folded_and_say_what_they_hold(cast: Cast, signed_in: SignIn) -> None:
    page = signed_in(cast.office).get(page_of(cast)).content.decode()

    assert folds(page) == [False] * len(track_kinds())
    assert "4 級，時限當日到逾期第 5 個工作日，告訴組長、創建辦" in page


def test_the_names_of_the_ladders_follow_the_script(cast: Cast, signed_in: SignIn) -> None:
    client = signed_in(cast.office)
    client.cookies["django_language"] = "zh-hans"

    page = client.get(page_of(cast)).content.decode()

    assert "<h2>办公室审核</h2>" in page
    assert "<h2>填报和初审</h2>" in page


def test_a_ladder_with_unsaved_or_wrong_steps_is_open(cast: Cast, signed_in: SignIn) -> None:
    client = signed_in(cast.office)
    edited = typed(client, cast, **{"acknowledge-0-days": "2"})
    wrong = typed(client, cast, **{"review-1-days": "七"})

    pages = [
        client.post(page_of(cast), edited | {"action": "edit"}),
        client.post(page_of(cast), wrong),
    ]

    assert [folds(page.content.decode())[:4] for page in pages] == [
        [False, True, False, False],
        [False, False, True, False],
    ]


def test_a_ladder_without_steps_says_so(cast: Cast, signed_in: SignIn) -> None:
    client = signed_in(cast.office)
    removed = {f"review-{number}-DELETE": "on" for number in range(4)}
    client.post(page_of(cast), typed(client, cast, **removed))

    assert "沒有設，不提醒" in client.get(page_of(cast)).content.decode()


def test_the_office_adds_changes_and_removes_steps(cast: Cast, signed_in: SignIn) -> None:
    client = signed_in(cast.office)
    data = typed(client, cast, **{
        "report-0-days": "5", "report-1-DELETE": "on", "quiet_from": "19:00", "weekly_day": "",
        "review-4-side": "before", "review-4-days": "2", "review-4-audience": "office",
    })  # fmt: skip

    answer = client.post(page_of(cast), data, follow=True)

    assert "提醒規則已保存" in answer.content.decode()
    policy = ReminderPolicy.objects.get()
    assert (policy.quiet_from, policy.weekly_day, policy.version) == (time(19), None, 1)
    doer = policy.steps.filter(track="report", audience="doer", offset__lt=0)
    assert sorted(doer.values_list("offset", flat=True)) == [-5, -1]
    assert policy.steps.filter(track="review", offset=-2, audience="office").exists()
    assert ReminderStep.objects.filter(track="acknowledge").count() == 9


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"report-0-days": "31"}, "填 1 至 30 個工作日。"),
        ({"report-0-days": ""}, "填 1 至 30 個工作日。"),
        ({"report-0-days": "七"}, "填一個整數。"),
        ({"report-0-days": "3"}, "同一天已有一級告訴同一種人，請改其中一個。"),
        ({"report-0-repeat_every": "99"}, "填 0 至 60"),
        ({"report-0-audience": "nobody"}, "從列出的選一個。"),
        ({"review-0-audience": "doer"}, "從列出的選一個。"),
        ({"quiet_from": "25:00"}, "請寫成 20:00 這樣的時刻。"),
        ({"version": "9"}, "別人改過提醒規則"),
    ],
)
def test_a_wrong_step_is_explained_and_nothing_is_lost(
    cast: Cast, signed_in: SignIn, changes: dict[str, str], words: str
) -> None:
    client = signed_in(cast.office)

    answer = client.post(page_of(cast), typed(client, cast, weekly_day="3", **changes))

    page = answer.content.decode()
    assert answer.status_code == 200
    assert words in page
    assert '<option value="3" selected>' in page
    assert not ReminderPolicy.objects.exists()


def test_the_button_brings_the_default_back(cast: Cast, signed_in: SignIn) -> None:
    client = signed_in(cast.office)
    client.post(page_of(cast), typed(client, cast, weekly_day="3"))

    stale = client.post(page_of(cast, "reset"), {"version": "0"}, follow=True)
    fresh = client.post(page_of(cast, "reset"), {"version": "1"}, follow=True)

    assert "別人改過提醒規則" in stale.content.decode()
    assert "已恢復默認的提醒規則。" in fresh.content.decode()
    assert rules_of(cast.campaign)[0].weekly_day == 0


# ── 預覽 ──────────────────────────────────────────────


def test_the_preview_says_who_would_get_what_and_writes_nothing(
    cast: Cast, signed_in: SignIn
) -> None:
    owed(cast)

    page = signed_in(cast.office).get(page_of(cast, "preview"), {"on": "2026-11-25"})

    preview = page.context["preview"]
    assert [each.person for each in preview.recipients] == [cast.clerk]
    assert "今天截止" in page.content.decode()
    assert not Notice.objects.exists()
    assert not Reminder.objects.exists()


def test_the_preview_counts_the_gravest_level_first(cast: Cast, signed_in: SignIn) -> None:
    for due in (date(2026, 11, 25), date(2026, 11, 24)):
        owed(cast, due_date=due)

    page = signed_in(cast.office).get(page_of(cast, "preview"), {"on": "2026-11-25"})

    counts = page.context["preview"].counts
    assert [(label, count) for label, _tone, count in counts] == [("催辦", 2), ("提醒", 1)]


def test_what_was_reached_on_an_earlier_day_is_not_previewed_again(
    cast: Cast, signed_in: SignIn
) -> None:
    owed(cast, due_date=date(2026, 11, 27))

    page = signed_in(cast.office).get(page_of(cast, "preview"), {"on": "2026-11-25"})

    assert page.context["preview"].recipients == []
    assert "那天沒有人會收到提醒" in page.content.decode()


def test_the_preview_agrees_with_what_is_then_sent(cast: Cast, signed_in: SignIn) -> None:
    for due in (date(2026, 11, 20), date(2026, 11, 24), date(2026, 11, 26)):
        owed(cast, due_date=due)
    owed(cast, endorsed=True, by={"clerk": cast.clerk, "head": cast.head})
    for day in (TODAY, date(2026, 11, 24)):
        told(day)
    page = signed_in(cast.office).get(page_of(cast, "preview"), {"on": "2026-11-25"})
    foreseen = {
        each.person.username: len(each.lines) for each in page.context["preview"].recipients
    }

    sent = send_reminders(on=date(2026, 11, 25), at=moment(2026, 11, 25, 8, 30)).sent

    assert foreseen == {plan.person.username: len(plan.lines) for plan in sent} != {}


@pytest.mark.parametrize(
    ("on", "words"),
    [
        ("2026-11-22", "請選今天起兩個月以內的日子。"),
        ("不知道", "看不出是哪一天"),
        ("2027-03-01", "兩個月以內"),
    ],
)
def test_an_odd_day_is_explained(cast: Cast, signed_in: SignIn, on: str, words: str) -> None:
    page = signed_in(cast.office).get(page_of(cast, "preview"), {"on": on})

    assert words in page.content.decode()
    assert page.context["preview"].day == date(2026, 11, 30)


def test_a_rest_day_previews_the_next_working_day(cast: Cast, signed_in: SignIn) -> None:
    page = signed_in(cast.office).get(page_of(cast, "preview"), {"on": "2026-11-28"})

    assert page.context["preview"].day == date(2026, 11, 30)


def test_previewing_more_reports_asks_no_more_questions(cast: Cast, signed_in: SignIn) -> None:
    client = signed_in(cast.office)
    owed(cast)
    client.get(page_of(cast, "preview"), {"on": "2026-11-25"})
    with CaptureQueriesContext(connection) as few:
        client.get(page_of(cast, "preview"), {"on": "2026-11-25"})
    for _number in range(20):
        owed(cast)
    with CaptureQueriesContext(connection) as many:
        client.get(page_of(cast, "preview"), {"on": "2026-11-25"})

    assert len(few) == len(many)
    assert Submission.objects.count() == 21
    assert calendar().is_working(date(2026, 11, 25))


# ── 還沒有保存的規則 ──────────────────────────────────


def test_the_preview_shows_what_was_edited_before_it_is_saved(
    cast: Cast, signed_in: SignIn
) -> None:
    owed(cast, due_date=date(2026, 11, 27))
    client = signed_in(cast.office)
    saved = client.get(page_of(cast, "preview"), {"on": "2026-11-25"}).context["preview"]
    edited = typed(client, cast, **{"report-1-days": "2"})

    page = client.post(page_of(cast, "preview"), edited | {"on": "2026-11-25"})

    assert saved.recipients == []
    assert [each.person for each in page.context["preview"].recipients] == [cast.clerk]
    assert "還沒有保存" in page.content.decode()
    assert not ReminderPolicy.objects.exists()


def test_going_back_from_the_preview_keeps_the_edits_unsaved(cast: Cast, signed_in: SignIn) -> None:
    client = signed_in(cast.office)
    previewed = client.post(page_of(cast, "preview"), typed(client, cast, weekly_day="3"))
    carried = dict(previewed.context["carried"])

    page = client.post(page_of(cast), carried | {"action": "edit"}).content.decode()

    assert '<option value="3" selected>' in page
    assert "這裏改過的還沒有保存。" in page
    assert not ReminderPolicy.objects.exists()


def test_a_wrong_step_is_not_previewed_but_explained(cast: Cast, signed_in: SignIn) -> None:
    client = signed_in(cast.office)

    page = client.post(page_of(cast, "preview"), typed(client, cast, **{"report-0-days": "31"}))

    assert "填 1 至 30 個工作日。" in page.content.decode()
    assert "preview" not in page.context


def test_the_default_is_asked_about_before_it_returns(cast: Cast, signed_in: SignIn) -> None:
    client = signed_in(cast.office)
    client.post(page_of(cast), typed(client, cast, weekly_day="3"))

    page = client.get(page_of(cast, "reset")).content.decode()

    assert "改過的不保留" in page
    assert rules_of(cast.campaign)[0].weekly_day == 3


def test_the_chase_board_leads_to_the_rules(cast: Cast, signed_in: SignIn) -> None:
    board = reverse("tasks:chase-board", args=[cast.campaign.code])

    assert page_of(cast) in signed_in(cast.office).get(board).content.decode()
