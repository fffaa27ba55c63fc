"""評分單位那一頁的草稿：與評分表同一份，換臺電腦接着填，不算分，誰也蓋不掉誰。"""

from collections.abc import Callable

import pytest
from django.test import Client
from django.urls import reverse

from evaluations.models import AssessmentRound, Score, SheetDraft
from people.models import User
from tests.cast import Cast
from tests.evaluations import round_stage as stage
from tests.evaluations.round_stage import Phase
from tests.evaluations.test_round_pages import blanks, field
from tests.evaluations.test_unit_scoring import address, checking

SignIn = Callable[[User], Client]
__all__ = ["checking"]


def draft_url(round_: AssessmentRound) -> str:
    return reverse("evaluations:unit-scoring-draft", args=[round_.code])


def opened(client: Client, round_: AssessmentRound) -> dict[str, str]:
    """打開時頁上的字，照瀏覽器交回來的樣子。"""
    page = client.get(address(round_))
    found = {"version": page.context["version"]}
    for cell in page.context["page"].cells:
        for bound in cell.form:
            if value := bound.value() if bound.value() is not None else "":
                found[bound.html_name] = str(value)
        found[f"{cell.form.prefix}-seen"] = str(cell.form["seen"].value())
    return found


def names(client: Client, round_: AssessmentRound, name: str) -> list[str]:
    """這一欄在各單位那一行的名字。"""
    cells = client.get(address(round_)).context["page"].cells
    return [f"{cell.form.prefix}-{name}" for cell in cells]


def test_a_draft_is_shown_again_anywhere_and_never_counted(
    cast: Cast, signed_in: SignIn, checking: AssessmentRound
) -> None:
    helper = signed_in(cast.helper)
    reason, _other = names(helper, checking, "reason")

    kept = helper.post(draft_url(checking), opened(helper, checking) | {reason: "只寫了一半"})
    again = signed_in(cast.helper).get(address(checking))

    assert kept.json()["version"].startswith("1.")
    [cell] = again.context["page"].drafted
    assert cell.form["reason"].value() == "只寫了一半"
    assert "草稿還沒有記進評分表" in again.content.decode()
    assert not Score.objects.filter(stage="first").exclude(by=None).exists()
    # 同一份：單獨打開那張評分表也在；別人看得到有人在評，看不到寫了什麼。
    assert blanks(helper.get(cell.sheet.get_absolute_url()))[
        field(cell.sheet, "1.1", "reason")
    ] == ("只寫了一半")
    said = signed_in(cast.helper_head).get(address(checking)).content.decode()
    assert f"{cast.helper}" in said
    assert f"也填過1.1 {cell.sheet.department_name}，存成草稿" in said
    assert "只寫了一半" not in said


def test_saving_uses_the_drafts_up(
    cast: Cast, signed_in: SignIn, checking: AssessmentRound
) -> None:
    helper = signed_in(cast.helper)
    met = dict.fromkeys(names(helper, checking, "is_met"), "1")
    sent = opened(helper, checking) | met
    told = helper.post(address(checking), sent | {"action": "draft"}, follow=True)
    assert "草稿已保存，還沒有記進評分表。" in told.content.decode()
    assert "已評 0/2" in told.content.decode()

    assert helper.post(address(checking), opened(helper, checking)).status_code == 302

    assert Score.objects.filter(criterion__number="1.1", stage="first").count() == 2
    assert [row.typed for row in SheetDraft.objects.all()] == [{}, {}]
    # 別處開着的舊頁，自動保存不會把草稿又寫回來。
    assert helper.post(draft_url(checking), sent).status_code == 409


def test_one_person_at_two_computers_sees_both(
    cast: Cast, signed_in: SignIn, checking: AssessmentRound
) -> None:
    there, here = signed_in(cast.helper), signed_in(cast.helper)
    first, second = names(here, checking, "reason")
    old = opened(here, checking)
    there.post(draft_url(checking), opened(there, checking) | {first: "那邊寫的"})

    # 改的是另一個單位的一行，也不會把那邊寫的抹掉。
    assert here.post(draft_url(checking), old | {second: "這邊"}).status_code == 409
    mine = old | {first: "這邊寫的", "action": "draft"}
    answer = here.post(address(checking), mine)

    assert answer.status_code == 409
    assert "您在另一處的草稿裏填的是：理由 那邊寫的" in answer.content.decode()
    assert answer.context["page"].cells[0].form["reason"].value() == "這邊寫的"
    again = mine | {"version": answer.context["version"]}
    assert here.post(address(checking), again).status_code == 302
    assert opened(there, checking)[first] == "這邊寫的"


def test_a_sheet_opened_beside_it_is_the_other_computer(
    cast: Cast, signed_in: SignIn, checking: AssessmentRound
) -> None:
    helper = signed_in(cast.helper)
    old = opened(helper, checking)
    [reason, _other] = names(helper, checking, "reason")
    sheet = helper.get(address(checking)).context["page"].cells[0].sheet
    page = helper.get(sheet.get_absolute_url())
    sent = blanks(page) | {"version": page.context["version"], "stage": "first"}
    helper.post(
        f"{sheet.get_absolute_url()}draft/", sent | {field(sheet, "1.1", "reason"): "表上寫的"}
    )

    assert helper.post(draft_url(checking), old | {reason: "頁上寫的"}).status_code == 409
    assert opened(helper, checking)[reason] == "表上寫的"


def test_two_of_one_unit_lose_nothing(
    cast: Cast, signed_in: SignIn, checking: AssessmentRound
) -> None:
    helper, head = signed_in(cast.helper), signed_in(cast.helper_head)
    met, other = names(helper, checking, "is_met")
    reason = met.replace("is_met", "reason")
    mine = opened(helper, checking) | {met: "0", reason: "我查到的"}
    assert head.post(address(checking), opened(head, checking) | {met: "1"}).status_code == 302

    refused = helper.post(address(checking), mine | {other: "1"})

    assert refused.status_code == 422
    assert f"{cast.helper_head}後來存過這一條：10.00 分" in refused.content.decode()
    assert opened(helper, checking)[reason] == "我查到的"
    again = mine | {
        cell.form["seen"].html_name: cell.form["seen"].value()
        for cell in refused.context["page"].cells
    }
    assert helper.post(address(checking), again).status_code == 302
    first = Score.objects.filter(criterion__number="1.1", stage="first", replaced_at=None)
    assert [row.reason for row in first] == ["我查到的"]


def test_a_draft_is_discarded_only_by_its_owner_and_only_these_lines(
    cast: Cast, signed_in: SignIn, checking: AssessmentRound
) -> None:
    helper = signed_in(cast.helper)
    reason, _other = names(helper, checking, "reason")
    helper.post(draft_url(checking), opened(helper, checking) | {reason: "寫了"})
    draft = SheetDraft.objects.get(by=cast.helper)
    elsewhere = {"reason": "考察組裏填的", "seen": "0"}
    SheetDraft.objects.update(typed=draft.typed | {"999999": elsewhere})

    signed_in(cast.helper_head).post(address(checking), {"action": "discard"})
    assert opened(helper, checking)[reason] == "寫了"
    helper.post(draft_url(checking), opened(helper, checking) | {reason: "改了"})
    helper.post(address(checking), {"action": "discard"})

    assert SheetDraft.objects.get(by=cast.helper).typed == {"999999": elsewhere}


def test_what_came_too_late_is_told(
    cast: Cast, signed_in: SignIn, checking: AssessmentRound
) -> None:
    helper = signed_in(cast.helper)
    reason, _other = names(helper, checking, "reason")
    sent = opened(helper, checking) | {reason: "沒來得及存"}
    helper.post(draft_url(checking), sent)
    AssessmentRound.objects.update(phase=Phase.DECISION)

    late = helper.post(address(checking), sent | {reason: "改了一句"})

    assert late.status_code == 409
    assert "理由 改了一句" in late.content.decode()
    assert "理由 沒來得及存" in helper.get(address(checking)).content.decode()
    assert helper.post(draft_url(checking), sent).status_code == 409
    assert signed_in(cast.neighbour).post(draft_url(checking), sent).status_code == 403


@pytest.mark.parametrize("count", [0, 20])
def test_keeping_a_draft_asks_no_more_of_many_units(
    cast: Cast,
    signed_in: SignIn,
    checking: AssessmentRound,
    count: int,
    django_assert_max_num_queries: Callable[..., object],
) -> None:
    """只鎖、只寫改了的那張表。"""
    stage.more_sheets(checking, count)
    helper = signed_in(cast.helper)
    sent = opened(helper, checking)
    reason = names(helper, checking, "reason")[0]

    with django_assert_max_num_queries(30):
        assert helper.post(draft_url(checking), sent | {reason: "寫了"}).status_code == 200
