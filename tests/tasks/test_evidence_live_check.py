"""填報時的佐證：邊填邊核對，缺了說明也能交，換一份、移除都留着原來的。"""

from collections.abc import Callable
from datetime import date, datetime

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from campaigns.models import EvidenceForm
from journal.models import Entry
from people.models import User
from tasks.models import EvidenceLink, Submission
from tasks.services import evidence, handing_in, issuing, review
from tasks.services.handing_in import Draft, current_round
from tests import factories as make
from tests.cast import Cast
from tests.lib import make_files

SignIn = Callable[[User], Client]


@pytest.fixture
def submission(cast: Cast, now: datetime) -> Submission:
    measure = make.MeasureFactory(
        campaign=cast.campaign, lead_department=cast.registry, asks_percent=False
    )
    for code, values in {
        "norm_doc": {"needs_number": True, "needs_date": True},
        "photo": {"count": 2, "window": "period"},
    }.items():
        measure.evidence_wanted.create(form=EvidenceForm.objects.get(code=code), **values)
    issuing.issue_measures(actor=cast.office, measure_ids=[measure.pk], at=now)
    return Submission.objects.get()


def form_id(code: str) -> int:
    return EvidenceForm.objects.get(code=code).pk


def add(cast: Cast, row: Submission, now: datetime, name: str, **more: object) -> EvidenceLink:
    """一份內容各不相同的佐證。"""
    data = make_files.pdf(extra=name.encode())
    upload = SimpleUploadedFile(name, data)
    return evidence.add_evidence(
        actor=cast.clerk, submission_id=row.pk, file=upload, name=name, at=now, **more
    )


def live(row: Submission) -> list[EvidenceLink]:
    return list(current_round(row).evidence.filter(removed_at=None))


# ── 上傳時先填好 ──────────────────────────────────────


def test_the_number_is_read_from_the_name_and_the_date_from_the_picture(
    cast: Cast, submission: Submission, now: datetime
) -> None:
    taken = make_files.exif(taken="2026:11:20 07:30:00")
    picture = make_files.picture(make_files.scene(80, 60), exif=taken)

    paper = add(cast, submission, now, "通知（嵐民[2026]12号）.pdf")
    photo = evidence.add_evidence(
        actor=cast.clerk,
        submission_id=submission.pk,
        file=SimpleUploadedFile("大廳.jpg", picture),
        name="大廳.jpg",
        at=now,
    )

    assert (paper.number, paper.dated) == ("嵐民〔2026〕12號", None)
    assert (photo.number, photo.dated) == ("", date(2026, 11, 20))


# ── 邊填邊核對 ────────────────────────────────────────


def test_what_is_typed_is_checked_at_once_and_not_saved(
    cast: Cast, signed_in: SignIn, submission: Submission, now: datetime
) -> None:
    link = add(cast, submission, now, "方案.pdf")
    client = signed_in(cast.clerk)
    url = reverse("tasks:evidence-check", args=[submission.pk])
    typed = {f"caption_{link.pk}": "", f"form_{link.pk}": form_id("norm_doc")}

    bare = client.post(url, typed | {f"dated_{link.pk}": ""}).content.decode()
    full = client.post(
        url, typed | {f"number_{link.pk}": "嵐民〔2026〕12號", f"dated_{link.pk}": "2026-11-02"}
    ).content.decode()

    assert "還差 1 份，有 1 份要改" in bare
    assert ("沒有文號。" in bare, "沒有註明材料日期。" in bare) == (True, True)
    assert 'hx-swap-oob="true"' in bare
    assert "沒有文號" not in full
    assert "規範文件 1 份</b>：已齊" in full
    assert "實景圖片 2 張</b>：還差 2 張" in full
    link.refresh_from_db()
    assert (link.form_id, link.number) == (None, "")


def test_the_page_says_the_same_without_a_script(
    cast: Cast, signed_in: SignIn, submission: Submission, now: datetime
) -> None:
    add(cast, submission, now, "方案.pdf", form_id=form_id("norm_doc"))

    html = signed_in(cast.clerk).get(submission.get_absolute_url()).content.decode()

    assert "還差 1 份，有 1 份要改" in html
    assert "沒有文號。" in html
    assert "填上文號，如「嵐民〔2026〕12號」。" in html


def test_number_and_date_are_saved_with_the_draft_and_a_strange_date_is_kept_to_be_mended(
    cast: Cast, signed_in: SignIn, submission: Submission, now: datetime
) -> None:
    link = add(cast, submission, now, "方案.pdf", dated=date(2026, 11, 1))
    fields = {
        "version": "0.page",
        "narrative": "公示欄已設。",
        "action": "save",
        f"caption_{link.pk}": "方案",
        f"form_{link.pk}": form_id("norm_doc"),
        f"number_{link.pk}": " 嵐民〔2026〕12號 ",
        f"dated_{link.pk}": "上個月",
    }
    client = signed_in(cast.clerk)

    wrong = client.post(submission.get_absolute_url(), fields)
    link.refresh_from_db()
    kept = (link.number, link.dated)
    client.post(
        submission.get_absolute_url(),
        fields | {"version": "1.page", f"dated_{link.pk}": "2026年11月3日"},
    )

    assert wrong.status_code == 422
    assert 'value="上個月"' in wrong.content.decode()
    assert kept == ("嵐民〔2026〕12號", date(2026, 11, 1))
    link.refresh_from_db()
    assert link.dated == date(2026, 11, 3)


def test_a_nil_report_owes_no_evidence(
    cast: Cast, signed_in: SignIn, submission: Submission
) -> None:
    fields = {
        "version": "0.page",
        "is_nil": "on",
        "nil_reason": "本期沒有應辦事項。",
        "action": "submit",
    }

    signed_in(cast.clerk).post(submission.get_absolute_url(), fields)

    submission.refresh_from_db()
    assert submission.state == "submitted"


def test_a_saved_draft_is_never_held_up_by_faults(
    cast: Cast, signed_in: SignIn, submission: Submission, now: datetime
) -> None:
    add(cast, submission, now, "方案.pdf", form_id=form_id("norm_doc"))

    answer = signed_in(cast.clerk).post(
        submission.get_absolute_url(),
        {"version": "0.page", "narrative": "公示欄已設。", "action": "save"},
    )

    assert answer.status_code == 302
    assert current_round(submission).narrative == "公示欄已設。"


# ── 換一份、移除 ──────────────────────────────────────


def test_a_piece_is_replaced_and_the_old_one_stays_on_record(
    cast: Cast, signed_in: SignIn, submission: Submission, now: datetime
) -> None:
    old = add(
        cast,
        submission,
        now,
        "舊.pdf",
        form_id=form_id("norm_doc"),
        caption="收費目錄",
        number="甲",
    )
    upload = SimpleUploadedFile("新.pdf", make_files.pdf(extra=b"new"))

    signed_in(cast.clerk).post(
        reverse("tasks:evidence-add", args=[submission.pk]) + f"?replaces={old.pk}",
        {"file": upload},
    )

    [fresh] = live(submission)
    old.refresh_from_db()
    assert (fresh.replaces, fresh.caption, fresh.number) == (old, "收費目錄", "甲")
    assert (old.removed_by, old.removed_reason) == (cast.clerk, "換成「新.pdf」")
    assert Entry.objects.filter(action="tasks.evidence_replaced").count() == 1


def test_without_a_script_the_new_file_comes_with_the_form(
    cast: Cast, signed_in: SignIn, submission: Submission, now: datetime
) -> None:
    old = add(cast, submission, now, "舊.pdf")
    upload = SimpleUploadedFile("新.pdf", make_files.pdf(extra=b"new"))

    signed_in(cast.clerk).post(
        submission.get_absolute_url(), {"action": "save", f"replace_{old.pk}": upload}
    )

    assert [link.replaces_id for link in live(submission)] == [old.pk]


def test_a_rejected_piece_of_an_earlier_round_is_replaced_in_the_new_one(
    cast: Cast, signed_in: SignIn, submission: Submission, now: datetime
) -> None:
    old = add(
        cast, submission, now, "糊.pdf", form_id=form_id("norm_doc"), number="嵐民〔2026〕1號"
    )
    send_back(cast, submission, now, old)
    client = signed_in(cast.clerk)
    url = reverse("tasks:evidence-add", args=[submission.pk]) + f"?replaces={old.pk}"
    before = client.get(submission.get_absolute_url()).content.decode()

    first = client.post(url, {"file": SimpleUploadedFile("清.pdf", make_files.pdf(extra=b"1"))})
    second = client.post(url, {"file": SimpleUploadedFile("再.pdf", make_files.pdf(extra=b"2"))})

    [fresh] = live(Submission.objects.get())
    after = client.get(submission.get_absolute_url()).content.decode()
    old.refresh_from_db()
    assert "退回時不採用" in before
    assert "退回時不採用" not in after
    assert (first.status_code, second.status_code) == (200, 409)
    assert (fresh.replaces, fresh.number) == (old, "嵐民〔2026〕1號")
    assert (old.removed_at, old.state) == (None, "rejected")


def test_replacing_the_replacement_keeps_the_rejected_one_settled(
    cast: Cast, signed_in: SignIn, submission: Submission, now: datetime
) -> None:
    """替不採用的補了一份，傳錯了再換一份：不採用的那一份不能又說成沒有換。"""
    old = add(cast, submission, now, "糊.pdf")
    send_back(cast, submission, now, old)
    wrong = add(cast, submission, now, "傳錯的.pdf", replaces_id=old.pk)

    right = add(cast, submission, now, "清楚的.pdf", replaces_id=wrong.pk)

    html = signed_in(cast.clerk).get(submission.get_absolute_url()).content.decode()
    wrong.refresh_from_db()
    assert "退回時不採用" not in html
    assert live(Submission.objects.get()) == [right]
    assert (right.replaces, wrong.removed_reason) == (old, "換成「清楚的.pdf」")


def send_back(cast: Cast, row: Submission, now: datetime, rejected: EvidenceLink) -> None:
    handing_in.submit(
        actor=cast.clerk,
        submission_id=row.pk,
        draft=Draft(narrative="公示欄已設。"),
        version=current_round(row).version,
        at=now,
    )
    handing_in.endorse(actor=cast.head, submission_id=row.pk, at=now)
    review.send_back(
        actor=cast.office,
        submission_id=row.pk,
        reason="請補。",
        verdicts={rejected.pk: review.EvidenceVerdict(False, "看不清。")},
        at=now,
    )


def test_a_rejected_piece_is_still_to_be_replaced_after_the_head_gives_the_report_back(
    cast: Cast, signed_in: SignIn, submission: Submission, now: datetime
) -> None:
    old = add(cast, submission, now, "糊.pdf")
    send_back(cast, submission, now, old)
    handing_in.submit(
        actor=cast.clerk,
        submission_id=submission.pk,
        draft=Draft(narrative="公示欄已設好。"),
        version=0,
        at=now,
    )
    handing_in.give_back(actor=cast.head, submission_id=submission.pk, reason="再看看。", at=now)

    html = signed_in(cast.clerk).get(submission.get_absolute_url()).content.decode()

    assert f'data-replaces="file-{old.pk}"' in html


def test_replacing_with_the_very_same_file_changes_nothing(
    cast: Cast, signed_in: SignIn, submission: Submission, now: datetime
) -> None:
    old = add(cast, submission, now, "同.pdf")
    same = SimpleUploadedFile("同.pdf", make_files.pdf(extra="同.pdf".encode()))

    answer = signed_in(cast.clerk).post(
        reverse("tasks:evidence-add", args=[submission.pk]) + f"?replaces={old.pk}", {"file": same}
    )

    assert (answer.status_code, live(submission)) == (422, [old])
    assert "一模一樣" in answer.content.decode()


def test_a_piece_of_another_report_cannot_be_replaced_from_here(
    cast: Cast, submission: Submission, now: datetime
) -> None:
    other = make.EvidenceLinkFactory(state="rejected")

    with pytest.raises(handing_in.WrongState):
        add(cast, submission, now, "新.pdf", replaces_id=other.pk)

    assert live(submission) == []


def test_taking_a_piece_away_keeps_who_and_why(
    cast: Cast, signed_in: SignIn, submission: Submission, now: datetime
) -> None:
    link = add(cast, submission, now, "錯.pdf")

    signed_in(cast.clerk).post(
        reverse("tasks:evidence-remove", args=[link.pk]), {f"why_{link.pk}": "傳錯了"}
    )

    link.refresh_from_db()
    assert (link.removed_by, link.removed_reason) == (cast.clerk, "傳錯了")
    assert Entry.objects.get(action="tasks.evidence_removed").reason == "傳錯了"


def test_the_next_round_keeps_number_and_date(
    cast: Cast, submission: Submission, now: datetime
) -> None:
    bad = add(cast, submission, now, "糊.pdf")
    add(cast, submission, now, "清.pdf", number="嵐民〔2026〕1號", dated=date(2026, 11, 2))

    send_back(cast, submission, now, bad)

    [kept] = live(Submission.objects.get())
    assert (kept.number, kept.dated) == ("嵐民〔2026〕1號", date(2026, 11, 2))


def test_number_and_date_are_asked_only_where_they_are_wanted(
    cast: Cast, signed_in: SignIn, submission: Submission, now: datetime
) -> None:
    """照片有日期的要求而沒有文號的，問日期；證書這種形式通常有日期；別的收起來，寫過的露在外面。"""
    photo = add(cast, submission, now, "照片.pdf", form_id=form_id("photo"))
    document = add(cast, submission, now, "通知.pdf", form_id=form_id("norm_doc"))
    award = add(cast, submission, now, "證書.pdf", form_id=form_id("certificate"))
    plain = add(cast, submission, now, "報告.pdf", form_id=form_id("report"), number="12號")

    page = signed_in(cast.clerk).get(submission.get_absolute_url())
    rows = {
        row["link"]: (row["asks_number"], row["asks_date"]) for row in page.context["part"].rows
    }
    html = page.content.decode()

    assert rows == {
        photo: (False, True),
        document: (True, True),
        award: (False, True),
        plain: (False, False),
    }
    assert f'id="more-{document.pk}"' not in html
    assert '<summary>補充文號、日期 <span class="u-3">12號</span></summary>' in html
    assert html.count("<summary>補充文號</summary>") == 2
    assert html.count('name="number_') == html.count('name="dated_') == 4


def test_a_form_chosen_later_opens_the_number_it_wants(
    cast: Cast, signed_in: SignIn, submission: Submission, now: datetime
) -> None:
    link = add(cast, submission, now, "通知.pdf")
    said = {f"form_{link.pk}": form_id("norm_doc"), f"caption_{link.pk}": ""}

    url = reverse("tasks:evidence-check", args=[submission.pk])
    html = signed_in(cast.clerk).post(url, said).content.decode()

    assert html.count(f'data-opens="more-{link.pk}"') == 2


def test_a_retired_form_stays_with_the_piece_that_has_it(
    cast: Cast, signed_in: SignIn, submission: Submission, now: datetime
) -> None:
    """停用的形式：已經是它的那一份照樣留着，別的一份不能再選它；措施自己要的停用了也能選。"""
    survey = form_id("survey")
    held = add(cast, submission, now, "問卷.pdf", form_id=survey)
    other = add(cast, submission, now, "別的.pdf")
    EvidenceForm.objects.filter(code__in=["survey", "norm_doc"]).update(is_active=False)
    client = signed_in(cast.clerk)
    fields = {"version": "0.page", "narrative": "公示欄已設。", "action": "save"}
    for link in (held, other):
        fields |= {f"form_{link.pk}": survey, f"caption_{link.pk}": "新寫的說明"}

    html = client.get(submission.get_absolute_url()).content.decode()
    client.post(submission.get_absolute_url(), fields)

    chosen = f'<option value="{survey}" selected>問卷（已停用）</option>'
    assert html.count(chosen) == html.count("問卷（已停用）") == 1
    assert {(link.form_id, link.caption) for link in live(submission)} == {
        (survey, "新寫的說明"),
        (None, "新寫的說明"),
    }

    fields |= {"version": "1.page", f"form_{other.pk}": form_id("norm_doc")}
    client.post(submission.get_absolute_url(), fields)

    assert {link.form_id for link in live(submission)} == {survey, form_id("norm_doc")}


# ── 快慢 ──────────────────────────────────────────────


def test_thirty_pieces_cost_no_more_questions(
    cast: Cast,
    signed_in: SignIn,
    submission: Submission,
    django_assert_max_num_queries: Callable,
) -> None:
    round_ = current_round(submission)
    for _number in range(30):
        make.EvidenceLinkFactory(round=round_, added_by=cast.clerk)
    client = signed_in(cast.clerk)
    client.get(submission.get_absolute_url())

    with django_assert_max_num_queries(12):
        client.get(submission.get_absolute_url())
    with django_assert_max_num_queries(12):
        client.post(reverse("tasks:evidence-check", args=[submission.pk]))


@pytest.mark.parametrize("action", ["save", "submit"])
def test_a_piece_replaced_in_another_tab_costs_nothing_else_on_the_form(
    cast: Cast, signed_in: SignIn, submission: Submission, now: datetime, action: str
) -> None:
    """另一個窗口先換了：這份文件沒收要說出來，不能不聲不響地交上去；別處寫的照存。"""
    old = add(cast, submission, now, "舊.pdf")
    add(cast, submission, now, "先換的.pdf", replaces_id=old.pk)
    late = SimpleUploadedFile("後換的.pdf", make_files.pdf(extra=b"late"))
    fields = {
        "version": "0.page",
        "narrative": "公示欄已設。",
        "gap_reason": "照片下週補。",
        "action": action,
        f"replace_{old.pk}": late,
    }

    answer = signed_in(cast.clerk).post(submission.get_absolute_url(), fields)

    submission.refresh_from_db()
    assert (answer.status_code, submission.state) == (422, "open")
    assert "「後換的.pdf」沒有收下：要換的那一份已經換過或撤下了" in answer.content.decode()
    assert current_round(submission).narrative == "公示欄已設。"
