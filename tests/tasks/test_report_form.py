"""填報的表單：存、報、衝突、登錄過期，填過的字一個不丟。"""

from collections.abc import Callable
from datetime import date, datetime
from uuid import uuid4

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from campaigns.models import EvidenceForm
from journal.models import Entry
from people.models import User
from tasks.models import Chase, EvidenceLink, Measure, MeasureFigure, Submission
from tasks.services import handing_in, issuing, review
from tasks.services.handing_in import Draft, current_round, draft_of
from tasks.services.review import EvidenceVerdict
from tests import factories as make
from tests.cast import Cast
from tests.lib import make_files

SignIn = Callable[[User], Client]
TEXT = "收費公示欄已設在大廳入口，公示收費 14 項。"


@pytest.fixture
def submission(cast: Cast, now: datetime) -> Submission:
    measure = make.MeasureFactory(campaign=cast.campaign, lead_department=cast.registry)
    MeasureFigure.objects.create(measure=measure, name="公示收費", unit="項")
    issuing.issue_measures(actor=cast.office, measure_ids=[measure.pk], at=now)
    return Submission.objects.get()


@pytest.fixture
def figure(submission: Submission) -> MeasureFigure:
    return MeasureFigure.objects.get()


def typed(submission: Submission, **more: object) -> dict[str, object]:
    figure = MeasureFigure.objects.get()
    return {
        "version": "0.page",
        "narrative": TEXT,
        "percent": "60",
        f"figure_{figure.pk}": "14",
        "action": "submit",
        **more,
    }


def post(client: Client, row: Submission, **more: object) -> object:
    return client.post(row.get_absolute_url(), typed(row, **more))


def state(row: Submission) -> str:
    row.refresh_from_db()
    return row.state


def photo(name: str = "大廳.jpg") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, make_files.picture(make_files.scene()))


# ── 存與報 ────────────────────────────────────────────


def test_a_clerk_hands_in_and_the_next_page_says_who_is_next(
    signed_in: SignIn, cast: Cast, submission: Submission
) -> None:
    client = signed_in(cast.clerk)

    response = post(client, submission)

    assert response.status_code == 302
    assert state(submission) == Submission.State.SUBMITTED
    assert "等負責人初審" in client.get(response["Location"]).content.decode()
    values = dict(current_round(submission).figure_values.values_list("figure__name", "hundredths"))
    assert values == {"公示收費": 1400}


def test_a_draft_is_kept_without_being_handed_in(
    signed_in: SignIn, cast: Cast, submission: Submission
) -> None:
    client = signed_in(cast.clerk)

    post(client, submission, action="save", percent="")

    html = client.get(submission.get_absolute_url()).content.decode()
    assert state(submission) == Submission.State.OPEN
    assert TEXT in html
    assert "草稿已保存，還沒有提交。" in html


@pytest.mark.parametrize(
    ("field", "value", "sentence"),
    [
        ("narrative", "", "寫一兩句本期做了什麼"),
        ("narrative", "字" * 501, "請刪去 1 字"),
        ("percent", "", "填寫到目前為止的完成進度"),
        ("percent", "八十", "完成進度填 0 至 100 的整數"),
        ("percent", "101", "完成進度填 0 至 100 的整數"),
        ("percent", "-5", "完成進度填 0 至 100 的整數"),
        ("figure", "", "沒有發生就填 0"),
        ("figure", "十四", "要填數字"),
        ("figure", "1.234", "最多填兩位小數"),
        ("figure", "-1", "超出可填的範圍"),
        ("figure", "1e20", "超出可填的範圍"),
        ("figure", "NaN", "超出可填的範圍"),
    ],
)
def test_a_wrong_field_is_named_and_everything_else_is_kept(
    signed_in: SignIn,
    cast: Cast,
    submission: Submission,
    figure: MeasureFigure,
    field: str,
    value: str,
    sentence: str,
) -> None:
    name = f"figure_{figure.pk}" if field == "figure" else field

    response = post(signed_in(cast.clerk), submission, **{name: value, "problems": "人手不足。"})

    html = response.content.decode()
    assert (response.status_code, state(submission)) == (422, Submission.State.OPEN)
    assert sentence in html
    assert 'class="c-errsum"' in html
    assert "人手不足。" in html
    assert current_round(submission).problems == "人手不足。"


def test_an_error_beside_the_upload_keeps_the_uploaded_evidence(
    signed_in: SignIn, cast: Cast, submission: Submission
) -> None:
    response = post(signed_in(cast.clerk), submission, percent="", file=[photo()])

    link = EvidenceLink.objects.get()
    assert response.status_code == 422
    assert f'id="file-{link.pk}"' in response.content.decode()


@pytest.mark.parametrize(
    ("percent", "kept"), [("８０％", 80), (" 80 % ", 80), ("0", 0), ("100", 100)]
)
def test_a_percent_is_understood_however_it_is_typed(
    signed_in: SignIn, cast: Cast, submission: Submission, percent: str, kept: int
) -> None:
    post(signed_in(cast.clerk), submission, percent=percent)

    assert current_round(submission).percent == kept


@pytest.mark.parametrize(("text", "kept"), [("12.5", 1250), ("1,200", 120000), ("０．０５", 5)])
def test_a_figure_is_kept_to_the_hundredth(
    signed_in: SignIn,
    cast: Cast,
    submission: Submission,
    figure: MeasureFigure,
    text: str,
    kept: int,
) -> None:
    post(signed_in(cast.clerk), submission, **{f"figure_{figure.pk}": text})

    assert current_round(submission).figure_values.get().hundredths == kept


def test_line_breaks_count_once_as_on_the_page(
    signed_in: SignIn, cast: Cast, submission: Submission
) -> None:
    text = "\r\n".join(["字" * 49] * 10)  # 490 字加 9 個換行，恰 499

    post(signed_in(cast.clerk), submission, narrative=text)

    assert state(submission) == Submission.State.SUBMITTED
    assert len(current_round(submission).narrative) == 499


def test_nothing_happened_is_an_answer_when_the_reason_is_given(
    signed_in: SignIn, cast: Cast, submission: Submission, figure: MeasureFigure
) -> None:
    empty = {"narrative": "", "percent": "", f"figure_{figure.pk}": "", "is_nil": "on"}
    client = signed_in(cast.clerk)

    without = post(client, submission, **empty)
    version = f"{current_round(submission).version}.page"
    post(client, submission, **empty, nil_reason="本期無婚姻登記培訓計劃。", version=version)

    assert "請寫明理由" in without.content.decode()
    assert state(submission) == Submission.State.SUBMITTED


def test_a_lower_percent_must_be_explained(
    signed_in: SignIn, cast: Cast, submission: Submission
) -> None:
    Measure.objects.update(percent=70)
    client = signed_in(cast.clerk)

    refused = post(client, submission)
    version = f"{current_round(submission).version}.page"
    post(client, submission, problems="兩項收費名稱要重新核對。", version=version)

    assert "低於已核定的 70%" in refused.content.decode()
    assert state(submission) == Submission.State.SUBMITTED


def test_pressing_submit_twice_shows_the_same_success_and_hands_in_once(
    signed_in: SignIn, cast: Cast, submission: Submission
) -> None:
    client = signed_in(cast.clerk)

    first, second = post(client, submission), post(client, submission)

    assert (first.status_code, second.status_code) == (302, 302)
    assert first["Location"] == second["Location"]
    assert Entry.objects.filter(action="tasks.submitted").count() == 1


def test_pressing_save_twice_is_no_conflict_with_oneself(
    signed_in: SignIn, cast: Cast, submission: Submission
) -> None:
    client = signed_in(cast.clerk)

    answers = [post(client, submission, action="save").status_code for _press in range(2)]

    assert answers == [302, 302]
    assert current_round(submission).version == 1


def test_a_department_of_one_is_told_beforehand(
    signed_in: SignIn, cast: Cast, now: datetime
) -> None:
    measure = make.MeasureFactory(
        campaign=cast.campaign, lead_department=cast.funeral_home, asks_percent=False
    )
    issuing.issue_measures(actor=cast.office, measure_ids=[measure.pk], at=now)
    row = Submission.objects.get(assignment__measure=measure)
    client = signed_in(cast.neighbour)
    form = client.get(row.get_absolute_url()).content.decode()

    client.post(row.get_absolute_url(), {"version": "0", "narrative": TEXT, "action": "submit"})

    assert "本單位只有一人，報出即視為初審" in form
    assert state(row) == Submission.State.ENDORSED


# ── 自動保存與衝突 ────────────────────────────────────


def autosave(client: Client, row: Submission, **more: object) -> object:
    return client.post(reverse("tasks:submission-draft", args=[row.pk]), typed(row, **more))


def test_autosave_answers_with_the_time_and_the_new_version(
    signed_in: SignIn, cast: Cast, submission: Submission
) -> None:
    answer = autosave(signed_in(cast.clerk), submission).json()

    assert answer == {"saved_at": "09:00", "version": "1.page"}
    assert current_round(submission).narrative == TEXT


def test_autosave_keeps_the_rest_when_one_number_cannot_be_read(
    signed_in: SignIn, cast: Cast, submission: Submission
) -> None:
    answer = autosave(signed_in(cast.clerk), submission, percent="八十")

    assert answer.status_code == 200
    assert current_round(submission).narrative == TEXT


def test_an_answer_lost_on_the_way_is_no_conflict(
    signed_in: SignIn, cast: Cast, submission: Submission
) -> None:
    client = signed_in(cast.clerk)
    autosave(client, submission)

    again = autosave(client, submission, narrative=TEXT + "又補一句。")

    assert again.json()["version"] == "2.page"
    assert current_round(submission).narrative.endswith("又補一句。")


def test_a_second_window_of_the_same_person_is_a_conflict(
    signed_in: SignIn, cast: Cast, submission: Submission
) -> None:
    client = signed_in(cast.clerk)
    autosave(client, submission)

    other = autosave(client, submission, version="0.other", narrative="另一個窗口寫的。")

    assert other.status_code == 409
    assert current_round(submission).narrative == TEXT


def test_two_people_see_both_texts_side_by_side_and_lose_neither(
    signed_in: SignIn, cast: Cast, submission: Submission
) -> None:
    post(signed_in(cast.head), submission, action="save", narrative="處長寫的。")

    response = post(signed_in(cast.clerk), submission, version="0.mine", narrative="登記員寫的。")

    html = response.content.decode()
    assert response.status_code == 409
    assert "處長戊 在 09:00 保存過" in html
    assert "處長" in html
    assert "登記員寫的。</textarea>" in html
    assert draft_of(current_round(submission)).narrative == "處長寫的。"


def test_after_looking_the_second_person_may_save(
    signed_in: SignIn, cast: Cast, submission: Submission
) -> None:
    post(signed_in(cast.head), submission, action="save", narrative="處長寫的。")
    client = signed_in(cast.clerk)
    post(client, submission, version="0.mine", narrative="登記員寫的。", action="save")

    post(client, submission, version="1.mine", narrative="兩人合寫的。", action="save")

    assert current_round(submission).narrative == "兩人合寫的。"


def test_a_conflict_leaves_the_captions_of_the_other_alone(
    signed_in: SignIn, cast: Cast, submission: Submission
) -> None:
    head, clerk = signed_in(cast.head), signed_in(cast.clerk)
    post(head, submission, action="save", file=[photo()])
    link = EvidenceLink.objects.get()
    caption = f"caption_{link.pk}"
    post(head, submission, action="save", version="1.page", narrative="改", **{caption: "處長的"})

    post(clerk, submission, action="save", version="0.x", narrative="另", **{caption: "登記員的"})

    link.refresh_from_db()
    assert link.caption == "處長的"


@pytest.mark.parametrize(
    "said", [{"caption": "舊窗口的"}, {"number": "嵐民〔2026〕1號"}, {"dated": "2026-11-02"}]
)
def test_a_stale_window_does_not_overwrite_what_is_said_of_a_piece(
    signed_in: SignIn, cast: Cast, submission: Submission, said: dict[str, str]
) -> None:
    """只改了說明、文號、日期也算保存過一次：別的窗口再存要先對照，兩邊寫的都還在。"""
    client = signed_in(cast.clerk)
    post(client, submission, action="save", file=[photo()])
    link = EvidenceLink.objects.get()
    piece = {f"caption_{link.pk}": "", f"number_{link.pk}": "", f"dated_{link.pk}": ""}
    first = {f"{name}_{link.pk}": "2026-11-05" for name in said}
    stale = piece | {f"{name}_{link.pk}": value for name, value in said.items()}
    post(client, submission, action="save", version="1.page", **piece | first)

    automatic = autosave(client, submission, version="1.other", **stale)
    answer = post(client, submission, action="save", version="1.other", **stale)
    html = answer.content.decode()

    assert (automatic.status_code, answer.status_code) == (409, 409)
    assert "保存過這份填報，您的內容沒有覆蓋它" in html
    [difference] = answer.context["differences"]
    assert (difference.fill, difference.target in html) == ("2026-11-05", True)
    [value] = said.values()
    assert f'value="{value}"' in html
    assert str(EvidenceLink.objects.values_list(*said).get()[0]) == "2026-11-05"

    post(client, submission, action="save", version="2.other", **stale)

    assert str(EvidenceLink.objects.values_list(*said).get()[0]) == value


def test_what_was_typed_after_a_colleague_handed_in_is_given_back(
    signed_in: SignIn, cast: Cast, submission: Submission
) -> None:
    post(signed_in(cast.head), submission)

    response = post(signed_in(cast.clerk), submission, action="save", narrative="登記員寫的。")

    html = response.content.decode()
    assert response.status_code == 409
    assert "這一期已經報出" in html
    assert "登記員寫的。" in html


def test_autosave_after_handing_in_stops_instead_of_overwriting(
    signed_in: SignIn, cast: Cast, submission: Submission
) -> None:
    post(signed_in(cast.clerk), submission)

    assert autosave(signed_in(cast.clerk), submission, narrative="改").status_code == 409


# ── 登錄過期 ──────────────────────────────────────────


def test_a_dead_session_gives_the_words_back_with_the_way_to_sign_in(
    client: Client, submission: Submission
) -> None:
    response = post(client, submission)

    html = response.content.decode()
    assert response.status_code == 401
    assert TEXT in html
    assert f"next={submission.get_absolute_url()}" in html
    assert current_round(submission).narrative == ""


def test_opening_the_form_signed_out_leads_to_sign_in_and_back(
    client: Client, submission: Submission
) -> None:
    response = client.get(submission.get_absolute_url())

    assert response.status_code == 302
    assert response["Location"].endswith(f"?next={submission.get_absolute_url()}")


def test_autosave_signed_out_is_sent_to_sign_in(client: Client, submission: Submission) -> None:
    assert autosave(client, submission).status_code == 302


# ── 誰能填，誰能看 ────────────────────────────────────


@pytest.mark.parametrize("who", ["office", "neighbour", "leader", "admin", "helper"])
def test_only_the_department_fills_in(
    signed_in: SignIn, cast: Cast, submission: Submission, who: str
) -> None:
    client = signed_in(getattr(cast, who))

    answers = (post(client, submission).status_code, autosave(client, submission).status_code)

    assert answers == (403, 403)
    assert 'name="narrative"' not in client.get(submission.get_absolute_url()).content.decode()


def test_a_submission_of_nobody_is_not_found(
    signed_in: SignIn, cast: Cast, submission: Submission
) -> None:
    stranger = make.UserFactory()

    assert signed_in(stranger).get(submission.get_absolute_url()).status_code == 404
    assert signed_in(cast.clerk).get("/submissions/999999/").status_code == 404


def test_a_suspended_measure_is_not_filled_in(
    signed_in: SignIn, cast: Cast, submission: Submission
) -> None:
    Measure.objects.update(state=Measure.State.SUSPENDED)

    response = post(signed_in(cast.clerk), submission)

    assert response.status_code == 409
    assert "已中止" in response.content.decode()


def test_readers_see_the_rounds_and_their_difference(
    signed_in: SignIn, cast: Cast, submission: Submission, now: datetime
) -> None:
    _sent_back(cast, submission, now)
    round_ = current_round(submission)
    handing_in.submit(
        actor=cast.clerk,
        submission_id=submission.pk,
        draft=Draft(
            narrative=TEXT + "批覆文號已補。", percent=60, figures=draft_of(round_).figures
        ),
        version=round_.version,
        at=now,
    )
    html = signed_in(cast.clerk).get(submission.get_absolute_url()).content.decode()

    assert "<ins>批覆文號已補。</ins>" in html
    assert "缺少批覆文號。" in html


def test_each_reader_is_led_to_what_he_may_do(
    signed_in: SignIn, cast: Cast, submission: Submission, now: datetime
) -> None:
    post(signed_in(cast.clerk), submission)
    url = submission.get_absolute_url()
    head = signed_in(cast.head).get(url).content.decode()
    clerk = signed_in(cast.clerk).get(url).content.decode()
    handing_in.endorse(actor=cast.head, submission_id=submission.pk, at=now)
    office = signed_in(cast.office).get(url).content.decode()

    assert (
        reverse("tasks:endorse-inbox", args=[cast.campaign.code]) + f"?item={submission.pk}" in head
    )
    assert "去初審" not in clerk
    assert (
        reverse("tasks:review-inbox", args=[cast.campaign.code]) + f"?item={submission.pk}"
        in office
    )


# ── 退回之後 ──────────────────────────────────────────


def _sent_back(cast: Cast, row: Submission, now: datetime, *, rejected: int = 0) -> None:
    figure = MeasureFigure.objects.get()
    handing_in.submit(
        actor=cast.clerk,
        submission_id=row.pk,
        draft=Draft(narrative=TEXT, percent=60, figures={figure.pk: 1400}),
        version=current_round(row).version,
        at=now,
    )
    handing_in.endorse(actor=cast.head, submission_id=row.pk, at=now)
    verdicts = {rejected: EvidenceVerdict(False, "看不清單位名稱。")} if rejected else {}
    review.send_back(
        actor=cast.office,
        submission_id=row.pk,
        reason="缺少批覆文號。",
        verdicts=verdicts,
        at=now,
    )
    row.refresh_from_db()


def test_a_returned_report_says_why_and_keeps_all_but_the_rejected_evidence(
    signed_in: SignIn, cast: Cast, submission: Submission, now: datetime
) -> None:
    client = signed_in(cast.clerk)
    other = SimpleUploadedFile("收費表.docx", make_files.word("收費"))
    post(client, submission, action="save", file=[photo(), other])
    rejected = EvidenceLink.objects.get(name="大廳.jpg")
    _sent_back(cast, submission, now, rejected=rejected.pk)

    html = client.get(submission.get_absolute_url()).content.decode()

    kept = current_round(submission).evidence.values_list("name", flat=True)
    assert list(kept) == ["收費表.docx"]
    assert "缺少批覆文號。" in html
    assert "不採用「大廳.jpg」：看不清單位名稱。" in html
    assert TEXT in html


def february(submission: Submission) -> Submission:
    """同一任務二月的一期，已通過。"""
    month = {"period_start": date(2026, 2, 1), "name": "2026年2月", "label": "2026-02"}
    return make.SubmissionFactory(assignment=submission.assignment, accepted=True, **month)


def test_the_last_period_stands_beside_the_form(
    signed_in: SignIn, cast: Cast, submission: Submission
) -> None:
    february(submission)

    html = signed_in(cast.clerk).get(submission.get_absolute_url()).content.decode()

    assert "上期所報（2026年2月）" in html
    assert "辦事程序和收費標準已在大廳公開。" in html


def test_the_form_asks_the_database_no_more_with_more_evidence(
    signed_in: SignIn,
    cast: Cast,
    submission: Submission,
    figure: MeasureFigure,
    now: datetime,
    django_assert_max_num_queries: Callable,
) -> None:
    """上期、催辦、填報數據都有的一份。"""
    client = signed_in(cast.clerk)
    current_round(february(submission)).figure_values.create(figure=figure, hundredths=1400)
    Chase.objects.create(submission=submission, batch=uuid4(), at=now, by=cast.office)
    round_ = current_round(submission)
    make.EvidenceLinkFactory(round=round_, added_by=cast.clerk)
    client.get(submission.get_absolute_url())
    with django_assert_max_num_queries(12) as few:
        html = client.get(submission.get_absolute_url()).content.decode()
    for _count in range(15):
        make.EvidenceLinkFactory(round=round_, added_by=cast.clerk)

    with django_assert_max_num_queries(12) as many:
        client.get(submission.get_absolute_url())

    assert "上期所報（2026年2月）" in html
    assert "答覆催辦" in html
    assert len(many) == len(few)


def test_the_form_says_which_evidence_is_short_and_takes_the_report_with_a_reason(
    signed_in: SignIn, cast: Cast, submission: Submission
) -> None:
    form = EvidenceForm.objects.get(code="stats_table")
    submission.assignment.measure.evidence_wanted.create(form=form, count=1)
    client = signed_in(cast.clerk)

    html = client.get(submission.get_absolute_url()).content.decode()
    asked = post(client, submission)

    assert "還差 1 份" in html
    assert asked.status_code == 422
    assert "佐證還沒齊：統計表格還差 1 份" in asked.content.decode()
    assert state(submission) == "open"

    post(client, submission, gap_reason="系統月底才出表，下月補。")

    assert state(submission) == "submitted"
    assert current_round(submission).gap_reason == "系統月底才出表，下月補。"
