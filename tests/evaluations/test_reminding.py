"""考核的事也到期提醒：該找的人、該說的話；辦了、換人、停了、不欠的都算得對。"""

from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta

import pytest
from django.test import Client
from django.urls import reverse

from campaigns.models import Campaign, Seat
from campaigns.services.seats import hand_over_seat
from evaluations.models import AssessmentRound, Criterion, RoundPhase, TargetLetter
from evaluations.reminding import KINDS, AssessmentSource
from evaluations.services import letter_signing, rounds, vetoes
from evaluations.services.inquiries import withdraw_inquiry
from journal.models import Notice
from people.models import Appointment, User
from people.services import hand_over_appointment
from tasks.duties import sources
from tasks.models import Reminder
from tasks.rungs import Rung
from tasks.services.reminder_settings import default_rules, save_rules
from tasks.services.reminders import DigestPlan, recheck_digest, send_reminders
from tasks.tracks import default_rungs
from tests import factories as make
from tests.cast import Cast
from tests.evaluations import letter_stage, objection_stage
from tests.evaluations import remind_stage as scenes
from tests.evaluations import round_stage as stage
from tests.evaluations.remind_stage import SCENES, Scene
from tests.evaluations.round_stage import START, Phase
from tests.factories import moment
from workdays.services import calendar

SignIn = Callable[[User], Client]
EVERY = pytest.mark.parametrize("scene", SCENES.values(), ids=SCENES)


def sent(on: date) -> list[DigestPlan]:
    return send_reminders(on=on, at=moment(on.year, on.month, on.day, 8, 30)).sent


def lines(plans: list[DigestPlan], person: User, track: str) -> list[str]:
    """對他說的、這種時限的幾句。"""
    own = [plan for plan in plans if plan.person == person]
    return [line.sentence for plan in own for line in plan.lines if line.call.track == track]


def step(on: date, person: User, track: str) -> str:
    """那天他在這種時限上收到的一級；沒有收到為空。"""
    rows = Reminder.objects.filter(on=on, person=person, track=track)
    if (row := rows.order_by("pk").first()) is None:
        return ""
    side = "before" if row.step < 0 else "after"
    return f"{side}_{abs(row.step)}" if row.step else "on_day"


def audience(track: str) -> set[str]:
    rows = Reminder.objects.filter(track=track)
    return set(rows.values_list("person__username", flat=True))


def test_the_source_and_its_tracks_are_known_to_the_engine() -> None:
    [source] = [each for each in sources() if isinstance(each, AssessmentSource)]

    assert source.tracks == tuple(kind.track for kind in KINDS)


@EVERY
def test_what_is_owed_climbs_the_ladder_and_is_said_once(cast: Cast, scene: Scene) -> None:
    scene.lay(cast)
    due, doer = scene.due(), getattr(cast, scene.doer)

    found, words = {}, []
    for place in scene.steps:
        day = calendar().add(due, place) if place else due
        plans = sent(day)
        found[place] = step(day, doer, scene.track)
        words += lines(plans, doer, scene.track)
    again = sent(day)

    assert found == scene.steps
    assert again == []
    assert all(scene.words in sentence for sentence in words)
    assert not audience(scene.track) & scene.strangers


@EVERY
def test_what_is_done_meanwhile_is_said_no_more(cast: Cast, scene: Scene) -> None:
    scene.lay(cast)
    day, doer = calendar().add(scene.due(), 1), getattr(cast, scene.doer)
    told = lines(sent(day), doer, scene.track)
    notice = Notice.objects.get(recipient=doer, key__startswith="digest:")

    scene.act(cast)
    still = recheck_digest(notice, moment(day.year, day.month, day.day, 12))

    assert told
    assert still is None or not any(sentence in still.body for sentence in told)
    later = sent(calendar().add(day, 7))
    assert not set(told) & set(lines(later, doer, scene.track))


def test_a_closed_campaign_reminds_nobody(cast: Cast) -> None:
    scenes.visit(cast)
    scenes.inquiry(cast)
    scenes.event(cast, date_confirmed=date(2026, 11, 16))
    letter_stage.letter(cast, START)

    before = sent(date(2026, 12, 10))
    Campaign.objects.update(state="closed")

    assert before
    assert sent(date(2026, 12, 17)) == []


# ── 各種時限找誰 ──────────────────────────────────────


def test_a_late_self_score_reaches_the_head_the_office_and_the_deputy(cast: Cast) -> None:
    stage.round_at(cast, Phase.SELF)
    due = date(2026, 11, 27)

    first = sent(calendar().add(due, 1))
    later = sent(calendar().add(due, 5))

    assert "本單位還沒有提交，請督促填好，由您提交。" in "".join(
        lines(first, cast.head, "self_score")
    )
    assert "婚姻登記處還沒有提交，請催辦。" in "".join(lines(first, cast.office, "self_score"))
    [above] = lines(later, cast.deputy, "self_score")
    assert "婚姻登記處還沒有提交，請過問。" in above


def test_the_office_walks_on_the_day_after_the_self_scores_close(cast: Cast) -> None:
    stage.round_at(cast, Phase.SELF)

    on_the_last_day = sent(date(2026, 11, 27))
    after = sent(date(2026, 11, 30))

    assert lines(on_the_last_day, cast.office, "round_phase") == []
    assert "「單位自評」，時限11月30日，請辦完，進入下一階段。" in "".join(
        lines(after, cast.office, "round_phase")
    )


def test_a_unit_that_scores_others_is_called_until_it_has(cast: Cast) -> None:
    stage.scheme(cast.campaign, cast.office, members=stage.members_of(cast))
    Criterion.objects.filter(number="1.1").update(
        scorer="department", scoring_department=cast.bureau_office
    )
    found = stage.round_at(cast, Phase.SELF)
    rounds.advance_round(actor=cast.office, round_id=found.pk, at=START, reason="催過")

    [said] = lines(sent(date(2026, 12, 8)), cast.helper, "round_phase")
    for unit in (cast.registry, cast.funeral_home):
        sheet = stage.sheet_of(found, unit)
        marks = stage.marks(sheet, {"1.1": stage.MET})
        rounds.save_first_scores(actor=cast.helper, sheet_id=sheet.pk, marks=marks, at=START)

    assert "請評完本單位負責的幾條" in said
    assert lines(sent(date(2026, 12, 9)), cast.helper, "round_phase") == []


def test_the_chair_decides_and_publishes_and_the_office_watches(cast: Cast) -> None:
    found = stage.round_at(cast, Phase.DECISION)
    late = calendar().add(RoundPhase.objects.get(phase=Phase.DECISION).due_date, 1)

    plans = sent(late)
    AssessmentRound.objects.update(phase=Phase.ANSWER)
    answer = sent(calendar().add(RoundPhase.objects.get(phase=Phase.ANSWER).due_date, 1))
    AssessmentRound.objects.update(phase=Phase.PUBLISHED)

    [said] = lines(plans, cast.leader, "round_phase")
    assert said.endswith(f"{found.title}的結果，時限{scenes_day(Phase.DECISION)}，請審定。")
    assert "組長還沒有審定，請催辦。" in "".join(lines(plans, cast.officer, "round_phase"))
    assert "請公佈。" in "".join(lines(answer, cast.leader, "round_phase"))
    assert sent(date(2027, 2, 1)) == []


def scenes_day(phase: str) -> str:
    day = RoundPhase.objects.get(phase=phase).due_date
    return f"{day.month}月{day.day}日"


def test_a_visit_nobody_can_make_is_told_to_the_office(cast: Cast) -> None:
    scenes.visit(cast)
    User.objects.filter(pk=cast.neighbour.pk).update(is_active=False)

    [said] = lines(sent(date(2026, 12, 9)), cast.office, "site_visit")

    assert said.endswith("考核組沒有能辦的人在任，請創建辦聯絡。")


def test_a_letter_goes_from_the_head_to_the_chair_and_back_to_the_office(cast: Cast) -> None:
    letter = letter_stage.letter(cast, START, "head_signed")

    [to_the_chair] = lines(sent(date(2026, 11, 30)), cast.leader, "letter")
    letter_signing.return_letter(
        actor=cast.leader, letter_id=letter.pk, reason="指標寫錯。", at=moment(2026, 11, 30)
    )
    [to_the_office] = lines(sent(date(2026, 12, 7)), cast.officer, "letter")

    assert "1號（婚姻登記處），時限11月30日，請簽訂" in to_the_chair
    assert "退回的目標責任書〔2026〕1號（婚姻登記處），時限12月7日，請修改後再送簽。" in (
        to_the_office
    )
    assert lines(sent(date(2026, 12, 8)), cast.leader, "letter") == []


def test_the_successor_is_called_to_sign(cast: Cast) -> None:
    letter_stage.letter(cast, START)
    successor = make.UserFactory(username="new_head", name="新處長")
    hand_over_appointment(
        actor=cast.office,
        appointment_id=Appointment.objects.get(user=cast.head).pk,
        successor=successor,
        last_day=date(2026, 11, 25),
        at=moment(2026, 11, 25),
    )

    plans = sent(date(2026, 11, 30))

    assert len(lines(plans, successor, "letter")) == 1
    assert lines(plans, cast.head, "letter") == []


def test_the_new_chair_decides(cast: Cast) -> None:
    stage.round_at(cast, Phase.DECISION)
    due = RoundPhase.objects.get(phase=Phase.DECISION).due_date
    successor = make.UserFactory(username="new_chair", name="新局長")
    hand_over_seat(
        actor=cast.office,
        seat_id=Seat.objects.get(user=cast.leader).pk,
        successor=successor,
        last_day=due - timedelta(days=1),
        at=moment(due.year, due.month, due.day - 1),
    )

    plans = sent(due)

    assert len(lines(plans, successor, "round_phase")) == 1
    assert lines(plans, cast.leader, "round_phase") == []


def test_an_objection_is_answered_by_another_and_decided_by_the_chair(cast: Cast) -> None:
    row = objection_stage.objection(cast, START)
    due = RoundPhase.objects.get(phase=Phase.ANSWER).due_date

    plans = sent(due)
    objection_stage.answer(cast, row, START)
    [said] = lines(sent(calendar().add(due, 1)), cast.leader, "objection")

    assert len(lines(plans, cast.officer, "objection")) == 1
    assert lines(plans, cast.office, "objection") == []  # 分是他給的，迴避
    assert said.endswith("請裁定。")
    objection_stage.decide(cast, row, START)
    assert "objection" not in {
        line.call.track
        for plan in sent(calendar().add(due, 2))
        for line in plan.lines
    }  # fmt: skip


def test_a_withdrawn_inquiry_is_chased_no_more(cast: Cast) -> None:
    scenes.inquiry(cast)
    pk = cast.campaign.inquiries.get().pk
    withdraw_inquiry(actor=cast.office, inquiry_id=pk, reason="發錯了", at=START)

    assert sent(date(2026, 12, 8)) == []


def test_the_leaders_judge_once_the_unit_has_spoken(cast: Cast) -> None:
    """主管部門已認定的，等單位在自報期限裏說話；說了，從那天起數審核時限。"""
    event = scenes.event(cast, date_confirmed=date(2026, 11, 16))
    vetoes.state_case(actor=cast.head, event_id=event.pk, text="已滅火。", at=moment(2026, 11, 24))

    plans = sent(date(2026, 12, 1))

    [said] = lines(plans, cast.leader, "veto")
    assert "時限12月1日，請作出決定。" in said
    assert len(lines(plans, cast.deputy, "veto")) == 1
    assert lines(plans, cast.clerk, "veto") == []


def test_the_release_waits_for_another_than_its_proposer(cast: Cast) -> None:
    event = scenes.event(cast, date_confirmed=date(2026, 11, 16))
    vetoes.uphold(actor=cast.leader, event_id=event.pk, confirmed={"document_number": "嵐應急〔2026〕3號"},
        reason="屬實。", at=START,
    )  # fmt: skip
    vetoes.propose_release(
        actor=cast.office, event_id=event.pk, reason="已整改。", no_paper_reason="電話告知。",
        at=START,
    )  # fmt: skip

    [said] = lines(sent(date(2026, 11, 30)), cast.leader, "veto")

    assert "婚姻登記處發生重大安全責任事故" in said
    assert "的解除動議" in said
    assert said.endswith("請確認解除，不同意的寫明理由。")


def test_the_work_of_the_office_itself_stands_before_what_it_watches(cast: Cast) -> None:
    scenes.inquiry(cast)
    stage.round_at(cast, Phase.SELF)

    [plan] = [plan for plan in sent(date(2026, 12, 8)) if plan.person == cast.officer]

    tracks = [line.call.track for line in plan.lines if line.step != "weekly"]
    assert tracks[:2] == ["round_phase", "inquiry"]
    assert set(tracks[2:]) == {"self_score"}


def test_the_link_leads_to_the_form(cast: Cast, signed_in: SignIn) -> None:
    scenes.event(cast, date_confirmed=date(2026, 11, 16))
    [plan] = [plan for plan in sent(date(2026, 12, 16)) if plan.person == cast.clerk]

    answer = signed_in(cast.clerk).get(plan.lines[0].url)

    assert answer.status_code == 200
    assert "單位說明" in answer.content.decode()


def test_a_letter_is_said_with_its_whole_link(cast: Cast, signed_in: SignIn) -> None:
    letter_stage.letter(cast, START)
    [plan] = [plan for plan in sent(date(2026, 11, 30)) if plan.person == cast.head]

    assert plan.lines[0].url == f"{TargetLetter.objects.get().get_absolute_url()}#sign"


# ── 規則 ──────────────────────────────────────────────


def test_the_rules_page_offers_every_track_and_previews_it(cast: Cast, signed_in: SignIn) -> None:
    stage.round_at(cast, Phase.SELF)
    client = signed_in(cast.office)

    rules = client.get(reverse("tasks:reminder-policy", args=[cast.campaign.code]))
    preview = client.get(
        reverse("tasks:reminder-preview", args=[cast.campaign.code]), {"on": "2026-11-27"}
    ).content.decode()

    text = rules.content.decode()
    assert all(str(kind.label) in text and str(kind.intro) in text for kind in KINDS)
    # 沒有下達任務的單位也在預覽裏。
    assert "館長庚" in preview
    assert "考核的自評，時限11月27日，請填好，由負責人提交。" in preview


def test_a_changed_ladder_is_followed(cast: Cast) -> None:
    letter_stage.letter(cast, START)
    steps = default_rungs() | {
        "letter": (Rung(-2, "doer", "remind"), Rung(2, "office", "circular"))
    }
    rules = replace(default_rules(), steps=steps)
    save_rules(actor=cast.office, campaign_id=cast.campaign.pk, rules=rules, version=0, at=START)

    early = sent(date(2026, 11, 26))
    late = sent(date(2026, 12, 2))

    assert len(lines(early, cast.head, "letter")) == 1
    assert "請列入通報。" in "".join(lines(late, cast.office, "letter"))
    assert lines(late, cast.head, "letter") == []


# ── 每週一覽 ──────────────────────────────────────────


def test_the_weekly_overview_counts_the_open_work_of_assessment(cast: Cast) -> None:
    stage.round_at(cast, Phase.SELF)
    scenes.inquiry(cast)
    letter_stage.letter(cast, START)

    [plan] = [plan for plan in sent(date(2026, 11, 30)) if plan.person == cast.officer]
    [said] = [line.sentence for line in plan.lines if line.step == "weekly"]

    assert said == "本週一覽：考核等着辦的 5 件（其中逾期 3）：自評 3，考核 1，簽訂 1。"


def test_a_week_with_nothing_but_assessment_has_an_overview_too(cast: Cast) -> None:
    scenes.event(cast, by="clerk")

    [plan] = [plan for plan in sent(date(2026, 11, 23)) if plan.person == cast.officer]

    assert [line.sentence for line in plan.lines] == [
        "本週一覽：考核等着辦的 1 件（其中逾期 0）：認定 1。"
    ]
