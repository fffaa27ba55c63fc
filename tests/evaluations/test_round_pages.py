"""考核的頁：在表上填自評、初評，單位在反饋以前看不到初評，結果先等次後名次。"""

import json
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from io import StringIO

import pytest
from django.core.management import call_command
from django.test import Client
from django.urls import reverse

from evaluations.bulletin import bulletin_of
from evaluations.models import AssessmentRound, ResultSnapshot, Score, Sheet
from evaluations.services import rounds
from evaluations.sheets import latest_snapshot
from people.models import User
from pingtan_civ.lib.scoring import Finding
from tests import factories as make
from tests.cast import Cast
from tests.evaluations import round_stage as stage
from tests.evaluations.round_stage import Phase

SignIn = Callable[[User], Client]
Counter = Callable[..., object]


def url(name: str, round_: AssessmentRound, *args: object) -> str:
    return reverse(f"evaluations:{name}", args=[round_.code, *args])


def blanks(page: object) -> dict[str, object]:
    """頁上各小表單現在的值，照瀏覽器那樣交回去。"""
    found: dict[str, object] = {}
    for block in page.context["blocks"]:
        for row in block.rows:
            for bound in row.form or ():
                value = bound.value()
                if value is not None and value is not False:
                    found[bound.html_name] = value
    return found


def field(sheet: Sheet, number: str, name: str) -> str:
    return f"c{stage.number_of(sheet, number)}-{name}"


def test_the_office_plans_a_round_from_proposed_dates(cast: Cast, signed_in: SignIn) -> None:
    stage.scheme(cast.campaign, cast.office, members=stage.members_of(cast))
    office = signed_in(cast.office)
    address = reverse("evaluations:round-create")
    form = office.get(address).context["form"]
    sent = {bound.html_name: bound.value() for bound in form}
    sent = {name: value for name, value in sent.items() if value not in (None, "")}

    again = office.post(address, sent | {"propose": "1", "start_date": "2026-12-01"})
    assert again.context["form"]["check_start"].value() == date(2026, 12, 8)
    assert not AssessmentRound.objects.exists()
    wrong = office.post(address, sent | {"check_due": "2026-11-01", "objection_days": "31"})
    assert "截止早於開始" in wrong.content.decode()
    assert "異議期最多 30 個工作日。" in wrong.content.decode()
    assert office.post(address, sent).status_code == 302

    found = AssessmentRound.objects.get()
    twice = office.post(address, sent | {"objection_days": "x"}).content.decode()
    assert f'已經擬過。 <a href="{found.get_absolute_url()}">' in twice
    assert "異議期填整數" in twice
    assert (
        "這以後的工作和材料算不進這次考核" in office.get(found.get_absolute_url()).content.decode()
    )
    assert (found.code, found.phases.count()) == ("2026-Q4", 7)
    assert office.post(url("round-start", found)).status_code == 302
    assert stage.fresh(found).phase == Phase.SELF


def test_a_unit_fills_in_its_sheet_and_hands_it_in(cast: Cast, signed_in: SignIn) -> None:
    found = stage.round_at(cast, Phase.SELF)
    sheet = stage.sheet_of(found, cast.registry)
    address = sheet.get_absolute_url()
    head = signed_in(cast.head)
    sent = blanks(head.get(address))
    sent |= {
        field(sheet, "1.1", "is_met"): "1",
        field(sheet, "1.2", "is_not_applicable"): "on",
        field(sheet, "1.2", "reason"): "本單位沒有收費項目",
        field(sheet, "2.1", "step"): "A",
        field(sheet, "2.2", "done"): "9",
    }

    half = head.post(address, sent | {"submit": "1"})
    assert half.status_code == 422
    assert "兩個數都要填" in half.content.decode()
    assert (
        head.post(address, sent | {field(sheet, "2.2", "planned"): "10", "submit": "1"}).status_code
        == 302
    )

    sheet.refresh_from_db()
    assert sheet.self_submitted_by == cast.head
    assert stage.score_of(sheet, "2.2", "self").points == 18
    assert stage.score_of(sheet, "1.2", "self").is_not_applicable
    assert "填自評" not in head.get("/desk/").content.decode()


def test_what_is_missing_keeps_what_was_typed(cast: Cast, signed_in: SignIn) -> None:
    found = stage.round_at(cast, Phase.SELF)
    sheet = stage.sheet_of(found, cast.registry)
    head = signed_in(cast.head)
    sent = blanks(head.get(sheet.get_absolute_url())) | {field(sheet, "1.1", "is_met"): "1"}

    answer = head.post(sheet.get_absolute_url(), sent | {"submit": "1"})

    assert answer.status_code == 409
    said = answer.content.decode()
    assert "還有 3 條沒有自評：1.2、2.1、2.2。" in said
    assert "其中 1.2 確實不涉及的，可以註明不適用。" in said
    assert f'href="#line-{stage.number_of(sheet, "2.1")}"' in said
    assert "可自評的 80 分中得 10.00 分" in said
    assert stage.score_of(sheet, "1.1", "self").points == 10
    # 照回來的頁接着填，不會說成被別人改過。
    again = blanks(answer) | {field(sheet, "2.1", "step"): "A"}
    assert head.post(sheet.get_absolute_url(), again).status_code == 302


def test_the_office_scores_on_the_sheet_and_a_deduction_asks_for_its_reason(
    cast: Cast, signed_in: SignIn
) -> None:
    found = stage.round_at(cast, Phase.CHECK)
    sheet = stage.sheet_of(found, cast.registry)
    address = sheet.get_absolute_url()
    office = signed_in(cast.office)
    sent = blanks(office.get(f"{address}?fill=self"))
    assert sent[field(sheet, "1.1", "is_met")] == "1"
    assert sent[field(sheet, "2.2", "reason")] == "同意單位自評。"
    sent |= {
        field(sheet, "1.2", "occurrences"): "1",
        field(sheet, "8.1", "matter_0"): "全省先進",
        field(sheet, "8.1", "step_0"): "省級",
    }

    refused = office.post(address, sent)
    assert refused.status_code == 422
    assert "扣了 2 分，寫明理由" in refused.content.decode()
    assert 'value="全省先進"' in refused.content.decode()
    sent[field(sheet, "1.2", "reason")] = "抽查 20 件，1 件缺簽名"
    assert office.post(address, sent).status_code == 302

    assert stage.score_of(sheet, "1.2", "first").points == 8
    assert stage.score_of(sheet, "8.1", "first").points == 3
    assert stage.score_of(sheet, "2.2", "first").reason == "同意單位自評。"
    assert "比自評少 2" in office.get(address).content.decode()


def test_the_unit_sees_the_first_scores_only_after_the_decision(
    cast: Cast, signed_in: SignIn
) -> None:
    found = stage.round_at(cast, Phase.DECISION)
    sheet = stage.sheet_of(found, cast.registry)
    clerk = signed_in(cast.clerk)

    before = clerk.get(sheet.get_absolute_url()).content.decode()
    rounds.decide_round(actor=cast.leader, round_id=found.pk, at=stage.START)
    after = clerk.get(sheet.get_absolute_url()).content.decode()

    assert "核查記錄在案" not in before
    assert "78.22" not in before
    assert "核查記錄在案" in after
    assert "為什麼是 78.22 分" in after
    assert clerk.get(url("result", found)).status_code == 403


def test_a_scoring_unit_sees_only_the_lines_it_scores(cast: Cast, signed_in: SignIn) -> None:
    stage.scheme(cast.campaign, cast.office, members=stage.members_of(cast))
    stage.Criterion.objects.filter(number="1.1").update(
        scorer="department", scoring_department=cast.bureau_office
    )
    found = stage.round_at(cast, Phase.SELF)
    rounds.advance_round(actor=cast.office, round_id=found.pk, at=stage.START, reason="催過")
    sheet = stage.sheet_of(found, cast.registry)
    helper = signed_in(cast.helper)

    page = helper.get(sheet.get_absolute_url())

    shown = [row.line.number for block in page.context["blocks"] for row in block.rows]
    assert shown == ["1.1"]
    assert "本單位負責的幾條待評" in helper.get("/desk/").content.decode()
    assert signed_in(cast.neighbour).get(sheet.get_absolute_url()).status_code == 403


def test_a_leader_changes_a_score_and_the_chair_decides_and_publishes(
    cast: Cast, signed_in: SignIn
) -> None:
    found = stage.round_at(cast, Phase.DECISION)
    sheet = stage.sheet_of(found, cast.registry)
    chair = signed_in(cast.leader)
    sent = blanks(chair.get(sheet.get_absolute_url())) | {
        field(sheet, "2.1", "step"): "A",
        field(sheet, "2.1", "reason"): "整改到位",
    }

    assert "結果待審定" in chair.get("/desk/").content.decode()
    assert chair.post(sheet.get_absolute_url(), sent).status_code == 302
    assert "擬定的結果" in chair.get(url("result", found)).content.decode()
    assert chair.post(url("round-decide", found)).status_code == 302

    page = chair.get(url("result", found)).content.decode()
    assert "第 1 版定稿" in page
    assert page.index("優秀") < page.index("合格")
    early = signed_in(cast.office).post(url("round-advance", found))
    assert (early.status_code, "異議期到" in early.content.decode()) == (409, True)


def test_an_open_result_is_for_everybody(cast: Cast, signed_in: SignIn) -> None:
    found = stage.round_at(cast, Phase.PUBLISHED)
    neighbour = signed_in(cast.neighbour)
    assert neighbour.get(url("result", found)).status_code == 403

    AssessmentRound.objects.update(is_open_to_all=True)

    assert neighbour.get(url("result", found)).status_code == 200
    assert neighbour.get(stage.sheet_of(found, cast.registry).get_absolute_url()).status_code == 200


def test_the_older_edition_stays_readable(cast: Cast, signed_in: SignIn) -> None:
    found = stage.round_at(cast, Phase.ANSWER)
    sheet = stage.sheet_of(found, cast.registry)
    rounds.revise_final(
        actor=cast.leader,
        sheet_id=sheet.pk,
        marks=stage.marks(sheet, {"2.1": Finding(step="A")}, "異議成立"),
        reason="異議成立",
        at=stage.START,
    )
    office = signed_in(cast.office)

    newest = office.get(url("result", found)).content.decode()
    older = office.get(url("result", found) + "?edition=1").content.decode()

    assert "第 2 版定稿" in newest
    assert "這是舊的一版" in older
    assert "78.22" in older
    assert office.get(url("result", found) + "?edition=9").status_code == 404


def test_a_failing_unit_wears_no_medal_and_a_gain_is_not_red(cast: Cast, signed_in: SignIn) -> None:
    found = stage.round_at(cast, Phase.CHECK)
    sheet = stage.sheet_of(found, cast.registry)
    better = stage.marks(sheet, {"2.2": Finding(done=Decimal(10), planned=Decimal(10))}, "補了")
    rounds.save_first_scores(actor=cast.office, sheet_id=sheet.pk, marks=better, at=stage.START)
    office = signed_in(cast.office)
    assert "diff diff--up" in office.get(sheet.get_absolute_url()).content.decode()
    while stage.fresh(found).phase != Phase.DECISION:
        rounds.advance_round(actor=cast.office, round_id=found.pk, at=stage.START, reason="先走")

    page = office.get(url("result", found)).content.decode()

    assert "不合格" in page
    assert "md-ring" not in page
    assert "3 個單位還有沒評的條目" in page
    whole = office.get(found.get_absolute_url()).content.decode()
    assert "未評完 3" in whole
    assert "不合格" not in whole


def test_everybody_reads_what_goes_on_and_who_is_next(cast: Cast, signed_in: SignIn) -> None:
    found = stage.round_at(cast, Phase.FEEDBACK)

    for person in (cast.leader, cast.office, cast.head):
        page = signed_in(person).get(found.get_absolute_url()).content.decode()
        assert (
            "異議期到11月30日，單位負責人在評分表上逐條提；之後由辦公室進入「答覆異議」。" in page
        )
    own = signed_in(cast.head).get(found.get_absolute_url()).content.decode()
    assert "78.22" in own
    assert "殯儀館" not in own


def test_the_opinion_phase_says_what_is_due(cast: Cast, signed_in: SignIn) -> None:
    found = stage.round_at(cast, Phase.OPINION)
    sheet = stage.sheet_of(found, cast.registry)
    key = stage.number_of(sheet, "1.4")
    Score.objects.filter(sheet=sheet, criterion=key, stage="first").update(replaced_at=stage.START)

    page = signed_in(cast.office).get(found.get_absolute_url()).content.decode()

    assert "還有 1 個單位待填" in page
    assert "2/3" in page
    assert f'href="{sheet.get_absolute_url()}#line-{key}"' in page
    assert reverse("evaluations:inquiry-list", args=[cast.campaign.code]) in page


def test_the_bulletin_is_a_draft_until_it_is_published(cast: Cast) -> None:
    found = stage.round_at(cast, Phase.FEEDBACK)
    draft = bulletin_of(found, latest_snapshot(found))
    found = stage.publish(cast, found)
    final = bulletin_of(found, latest_snapshot(found))

    drafted, issued = ("".join(paper.texts()) for paper in (draft, final))
    assert draft.title.endswith("通報（徵求意見稿）")
    assert (draft.place_line, draft.date) == (None, date(2026, 11, 23))
    assert "在2026年11月30日以前逐條提出並附材料" in drafted
    assert final.title == "關於2026年第四季度考核結果的通報"
    assert (final.place_line, final.date) == ("〔2026〕　　號", date(2026, 12, 23))
    assert "逐條提出" not in issued
    assert "異議期內各單位沒有提出異議。" in issued
    assert "個單位失分，失分合計" in issued
    assert "丟" not in issued
    assert "78.22" in issued
    assert "較上次" not in issued  # 第一次考核，沒有可比的
    assert "2026 年" not in issued


@pytest.mark.parametrize("script", ["hant", "hans"])
def test_the_bulletin_is_a_paper(cast: Cast, signed_in: SignIn, script: str) -> None:
    found = stage.round_at(cast, Phase.FEEDBACK)
    office = signed_in(cast.office)

    for format_, mark in (("docx", b"PK"), ("pdf", b"%PDF")):
        answer = office.get(f"{url('bulletin', found)}?format={format_}&script={script}")
        assert b"".join(answer.streaming_content).startswith(mark)


def test_the_commands_say_what_the_pages_say(cast: Cast) -> None:
    found = stage.round_at(cast, Phase.FEEDBACK)
    out = StringIO()
    call_command("assess", round=found.code, json=True, stdout=out)
    said = json.loads(out.getvalue())
    plain = StringIO()
    call_command("assess", round=found.code, stdout=plain)
    verified = StringIO()
    call_command("verify_results", stdout=verified)

    registry = next(row for row in said["departments"] if row["department"] == "婚姻登記處")
    assert (registry["total"], registry["grade"]) == ("78.22", "合格")
    line = next(row for row in registry["lines"] if row["number"] == "2.1")
    assert (line["points"], line["full"], line["rule"], line["source"], line["reason"]) == (
        "26.40",
        "40.00",
        "bands",
        "inspection",
        "核查記錄在案",
    )
    assert "婚姻登記處 78.22 分 合格" in plain.getvalue()
    assert "全部相符" in verified.getvalue()

    ResultSnapshot.objects.update(sha256="0" * 64)
    with pytest.raises(SystemExit):
        call_command("verify_results", stdout=StringIO(), stderr=StringIO())


@pytest.mark.parametrize("phase", [Phase.SELF, Phase.CHECK, Phase.DECISION, Phase.FEEDBACK])
def test_the_pages_take_few_queries(
    cast: Cast, signed_in: SignIn, django_assert_max_num_queries: Counter, phase: str
) -> None:
    found = stage.round_at(cast, phase)
    stage.more_sheets(found, 20)
    sheet = stage.sheet_of(found, cast.registry)
    office = signed_in(cast.office)
    # 頭一次要在會話裏記住選的是哪個活動。
    office.get(found.get_absolute_url())

    for address, most in [
        (reverse("evaluations:round-list"), 12),
        (found.get_absolute_url(), 12),
        # 沒有問卷、意見、草稿、改分的；可以引榮譽的，多一次。
        (sheet.get_absolute_url(), 14),
        (url("result", found), 13),
    ]:
        with django_assert_max_num_queries(most):
            assert office.get(address).status_code == 200


def test_the_office_packs_what_the_round_tests(cast: Cast, signed_in: SignIn) -> None:
    round_ = stage.round_at(cast, "check")
    indicator = make.IndicatorFactory(objective__campaign=cast.campaign)
    round_.scheme.sections.first().criteria.first().indicators.add(indicator)
    office = signed_in(cast.office)

    page = office.get(url("round-pack", round_), follow=True)

    scope = page.context["scope"]
    assert scope.indicators == (indicator.pk,)
    assert (scope.start, scope.end) == (round_.period_start, round_.period_end)


def test_doubtful_dates_are_said_at_the_field_before_they_are_saved(
    cast: Cast, signed_in: SignIn
) -> None:
    stage.scheme(cast.campaign, cast.office, members=stage.members_of(cast))
    office, address = signed_in(cast.office), reverse("evaluations:round-create")
    form = office.get(address).context["form"]
    doubt = "這以後的工作和材料算不進這次考核"
    # 今天就開始考這個季度：推算好的日子旁邊先說。
    assert doubt in form.fields["self_start"].help_text
    sent = {bound.html_name: bound.value() for bound in form}
    sent = {name: value for name, value in sent.items() if value not in (None, "")}

    early = sent | {"self_start": "2026-09-21", "self_due": "2026-09-25"}
    first = office.post(address, early)
    assert first.context["form"].errors["self_start"] == [
        "考核期10月1日才開始，自評9月21日就開始：還沒有可評的。確實要這樣，再按一次就存。".replace(
            "考核期", "考核期 "
        ).replace("自評", "自評 ")
    ]
    assert not AssessmentRound.objects.exists()
    seen = early | {"doubted": first.context["form"]["doubted"].value()}
    assert office.post(address, seen).status_code == 302

    found = AssessmentRound.objects.get()
    schedule = office.get(url("round-schedule", found)).context["form"]
    assert "還沒有可評的" in schedule.fields["self_start"].help_text
    held = {bound.html_name: bound.value() for bound in schedule}
    one_day = {name: "2027-01-05" for name in held if name != "doubted"}
    again = office.post(url("round-schedule", found), held | one_day)
    assert "各階段都排在 2027年1月5日這一天" in str(again.context["form"].errors)
