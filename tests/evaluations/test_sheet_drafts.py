"""評分表的草稿：填了的字存在服務端，換臺電腦接着填；不算分；兩個人同時填互不蓋掉。"""

from collections.abc import Callable
from datetime import date, timedelta

import pytest
from django.test import Client

from evaluations.models import Score, SheetDraft
from evaluations.services import rounds
from people.models import User
from tests import factories as make
from tests.cast import Cast
from tests.evaluations import round_stage as stage
from tests.evaluations.round_stage import Phase
from tests.evaluations.test_round_pages import blanks, field

SignIn = Callable[[User], Client]


@pytest.fixture
def sheet(cast: Cast) -> stage.Sheet:
    return stage.sheet_of(stage.round_at(cast, Phase.SELF), cast.registry)


def opened(client: Client, sheet: stage.Sheet, **query: str) -> dict[str, object]:
    page = client.get(sheet.get_absolute_url(), query)
    return blanks(page) | {"version": page.context["version"], "stage": page.context["stage"]}


def draft_url(sheet: stage.Sheet) -> str:
    return f"{sheet.get_absolute_url()}draft/"


def test_a_draft_is_shown_again_anywhere_and_never_counted(
    cast: Cast, sheet: stage.Sheet, signed_in: SignIn
) -> None:
    clerk, head = signed_in(cast.clerk), signed_in(cast.head)
    reason = field(sheet, "2.2", "reason")
    sent = opened(clerk, sheet) | {field(sheet, "1.1", "is_met"): "1", reason: "只寫了一半"}

    kept = clerk.post(draft_url(sheet), sent)
    again = signed_in(cast.clerk).get(sheet.get_absolute_url())

    assert kept.json()["version"].startswith("1.")
    assert blanks(again)[reason] == "只寫了一半"
    assert "草稿還沒有記進評分表" in again.content.decode()
    assert set(SheetDraft.objects.get().typed) == {
        str(stage.number_of(sheet, number)) for number in ("1.1", "2.2")
    }
    assert not Score.objects.exists()
    said = head.get(sheet.get_absolute_url()).content.decode()
    assert f"{cast.clerk}" in said
    assert "也填過1.1、2.2，存成草稿" in said
    assert "只寫了一半" not in said


def test_saving_uses_the_draft_up_and_goes_to_the_next_unfinished(
    cast: Cast, sheet: stage.Sheet, signed_in: SignIn
) -> None:
    clerk, address = signed_in(cast.clerk), sheet.get_absolute_url()
    sent = opened(clerk, sheet) | {field(sheet, "1.1", "is_met"): "1"}
    told = clerk.post(address, sent | {"action": "draft"}, follow=True).content.decode()
    assert "草稿已保存，還沒有記進評分表。" in told
    assert "已填 0/4" in told

    saved = clerk.post(f"{address}?open=all", opened(clerk, sheet))

    assert saved.url == f"{address}?open=all#line-{stage.number_of(sheet, '1.2')}"
    assert stage.score_of(sheet, "1.1", "self").points == 10
    assert SheetDraft.objects.get().typed == {}
    # 別處開着的舊頁，自動保存不會把草稿又寫回來。
    assert clerk.post(draft_url(sheet), sent).status_code == 409


def test_two_of_one_unit_lose_nothing_and_are_told(
    cast: Cast, sheet: stage.Sheet, signed_in: SignIn
) -> None:
    clerk, head = signed_in(cast.clerk), signed_in(cast.head)
    times, reason = field(sheet, "1.2", "occurrences"), field(sheet, "1.2", "reason")
    mine = opened(clerk, sheet) | {times: "3", reason: "經辦人寫的"}
    theirs = opened(head, sheet) | {times: "1", reason: "負責人寫的"}
    assert "登記員己" not in clerk.post(draft_url(sheet), mine).json()["note"]
    assert "登記員己" in head.post(draft_url(sheet), theirs).json()["note"]
    assert head.post(sheet.get_absolute_url(), theirs).status_code == 302

    # 換一臺電腦打開：草稿還在，旁邊是負責人存的。
    shown = signed_in(cast.clerk).get(sheet.get_absolute_url())
    assert blanks(shown)[reason] == "經辦人寫的"
    assert "處長戊後來存過這一條：8.00 分" in shown.content.decode()
    # 舊頁直接保存：不蓋，說清楚，字還在頁上、也在草稿裏；看過再保存才以它為準。
    refused = clerk.post(sheet.get_absolute_url(), mine)
    assert refused.status_code == 422
    assert "處長戊後來存過這一條" in refused.content.decode()
    assert stage.score_of(sheet, "1.2", "self").reason == "負責人寫的"
    again = blanks(refused) | {"version": refused.context["version"], "stage": "self"}
    assert again[reason] == "經辦人寫的"
    assert clerk.post(sheet.get_absolute_url(), again).status_code == 302
    assert stage.score_of(sheet, "1.2", "self").reason == "經辦人寫的"


def test_one_person_at_two_computers_sees_both(
    cast: Cast, sheet: stage.Sheet, signed_in: SignIn
) -> None:
    there, here = signed_in(cast.clerk), signed_in(cast.clerk)
    step = field(sheet, "2.1", "step")
    old = opened(here, sheet)
    there.post(draft_url(sheet), opened(there, sheet) | {step: "A"})

    assert here.post(draft_url(sheet), old | {step: "B"}).status_code == 409
    answer = here.post(sheet.get_absolute_url(), old | {step: "B", "action": "draft"})

    assert answer.status_code == 409
    assert "您在另一處的草稿裏填的是：評為 A" in answer.content.decode()
    again = blanks(answer) | {"version": answer.context["version"], "action": "draft"}
    assert again[step] == "B"
    assert here.post(sheet.get_absolute_url(), again).status_code == 302
    assert opened(there, sheet)[step] == "B"


def test_what_cannot_be_read_stays_in_the_draft_until_discarded(
    cast: Cast, sheet: stage.Sheet, signed_in: SignIn
) -> None:
    clerk, times = signed_in(cast.clerk), field(sheet, "1.2", "occurrences")
    address = sheet.get_absolute_url()

    assert clerk.post(address, opened(clerk, sheet) | {times: "三次"}).status_code == 422
    assert opened(clerk, sheet)[times] == "三次"
    # 存過草稿的、沒有改的再存一遍，不算衝突；別人的草稿丟不掉。
    signed_in(cast.head).post(address, {"action": "discard"})
    assert opened(clerk, sheet)[times] == "三次"
    clerk.post(address, {"action": "discard"})
    assert times not in opened(clerk, sheet)


def test_a_page_of_a_stage_gone_by_is_not_saved_as_the_next(
    cast: Cast, sheet: stage.Sheet, signed_in: SignIn
) -> None:
    clerk, office = signed_in(cast.clerk), signed_in(cast.office)
    reason = field(sheet, "1.1", "reason")
    sent = opened(clerk, sheet) | {reason: "沒來得及存"}
    clerk.post(draft_url(sheet), sent)
    later = stage.START + timedelta(hours=1)
    rounds.advance_round(actor=cast.office, round_id=sheet.round_id, at=later, reason="時間到了")

    late = clerk.post(sheet.get_absolute_url(), sent | {reason: "改了一句"})

    assert late.status_code == 409
    assert "理由 改了一句" in late.content.decode()
    assert "理由 沒來得及存" in clerk.get(sheet.get_absolute_url()).content.decode()
    assert clerk.post(draft_url(sheet), sent).status_code == 409
    first = opened(office, sheet)
    assert (
        office.post(draft_url(sheet), first | {reason: "初評", "stage": "self"}).status_code == 409
    )
    assert office.post(draft_url(sheet), first | {reason: "初評"}).status_code == 200
    assert SheetDraft.objects.get(stage="first").by == cast.office
    # 別人不能往這張表存草稿，被考的單位也看不到有人在初評。
    assert signed_in(cast.neighbour).post(draft_url(sheet), first).status_code == 403
    assert "存成草稿" not in clerk.get(sheet.get_absolute_url()).content.decode()


def test_more_matters_than_the_form_had_are_kept(
    cast: Cast, sheet: stage.Sheet, signed_in: SignIn
) -> None:
    clerk = signed_in(cast.clerk)
    matters = {field(sheet, "8.1", f"matter_{place}"): f"第{place}件" for place in range(5)}
    clerk.post(draft_url(sheet), opened(clerk, sheet) | matters)

    assert opened(clerk, sheet).items() >= matters.items()


@pytest.mark.parametrize(("query", "count"), [("", 1), ("all", 5), ("none", 0)])
def test_the_items_open_as_the_address_says(
    cast: Cast, sheet: stage.Sheet, signed_in: SignIn, query: str, count: int
) -> None:
    page = signed_in(cast.clerk).get(sheet.get_absolute_url(), {"open": query})

    blocks = page.context["blocks"]
    assert sum(block.is_open for block in blocks) == min(count, len(blocks))


def test_a_scored_line_cannot_be_emptied_and_says_so(
    cast: Cast, sheet: stage.Sheet, signed_in: SignIn
) -> None:
    clerk, met = signed_in(cast.clerk), field(sheet, "1.1", "is_met")
    clerk.post(sheet.get_absolute_url(), opened(clerk, sheet) | {met: "1"})

    answer = clerk.post(sheet.get_absolute_url(), opened(clerk, sheet) | {met: ""})

    assert "這一條評過了，不能空着；要改就填上新的。" in answer.content.decode()


def test_what_was_ticked_and_every_matter_is_told_when_it_came_too_late(
    cast: Cast, sheet: stage.Sheet, signed_in: SignIn
) -> None:
    row = make.HonourFactory(
        name="全省先進集體", department=cast.registry, granted_date=date(2026, 10, 9)
    )
    clerk = signed_in(cast.clerk)
    typed = {field(sheet, "8.1", f"pick{row.pk}"): "on", field(sheet, "8.1", "matter_4"): "第五件"}
    clerk.post(draft_url(sheet), opened(clerk, sheet) | typed)
    rounds.advance_round(
        actor=cast.office, round_id=sheet.round_id, at=stage.START, reason="時間到了"
    )

    said = dict(clerk.get(sheet.get_absolute_url()).context["left_over"])["8.1"]

    assert "全省先進集體" in said
    assert "第五件" in said


@pytest.mark.parametrize("seen", ["9" * 30, "9" * 5000, "-1", "二"])
def test_a_version_nobody_gave_out_is_not_an_error(
    cast: Cast, sheet: stage.Sheet, signed_in: SignIn, seen: str
) -> None:
    clerk = signed_in(cast.clerk)
    sent = {field(sheet, "1.1", "reason"): "寫了", field(sheet, "1.1", "seen"): seen}

    assert clerk.post(draft_url(sheet), opened(clerk, sheet) | sent).status_code == 200


def test_the_last_bonus_can_be_taken_away(
    cast: Cast, sheet: stage.Sheet, signed_in: SignIn
) -> None:
    """加分填了又去掉，是沒有記錄；不能去掉的，撤銷了的榮譽就再也改不了。"""
    clerk, address = signed_in(cast.clerk), sheet.get_absolute_url()
    matter, step = field(sheet, "8.1", "matter_0"), field(sheet, "8.1", "step_0")
    clerk.post(address, opened(clerk, sheet) | {matter: "文明單位", step: "省級"})
    assert stage.score_of(sheet, "8.1", "self").points == 3

    answer = clerk.post(address, opened(clerk, sheet) | {matter: "", step: ""})

    assert answer.status_code == 302
    now = stage.score_of(sheet, "8.1", "self")
    assert (now.points, now.finding) == (0, {})
    assert clerk.post(address, opened(clerk, sheet)).status_code == 302
    assert stage.score_of(sheet, "8.1", "self") == now
