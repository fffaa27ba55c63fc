"""審閱：送審、審核、簽發；意見和改字建議；一節一個人改；歷次文字；材料和用語。"""

from collections.abc import Callable
from datetime import date, datetime, timedelta

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.test import Client
from django.urls import reverse

from journal.models import Entry, Notice
from people.models import User
from people.services.departments import update_department
from reports import services
from reports.annexes import annex_kinds
from reports.difference import changes
from reports.drafts import paper_of
from reports.editor import editor_of
from reports.issue_checks import all_checks
from reports.models import Comment, Paragraph, ParagraphText, Report, Suggestion
from reports.wording import Glossary, glossary_of, hints_of
from tests.cast import Cast
from tests.reports.stage import (
    SENTENCE,
    Stage,
    draft,
    lay_out,
    paragraph,
    reviewed,
    sign,
    told,
    version_of,
)

SignIn = Callable[[User], Client]
MINUTE = timedelta(minutes=1)


@pytest.fixture
def stage(cast: Cast) -> Stage:
    return lay_out(cast)


@pytest.fixture
def report(stage: Stage, now: datetime) -> Report:
    return draft(stage.cast, now)


def url(report: Report, view: str = "report-detail", *more: object) -> str:
    return reverse(f"reports:{view}", args=[report.campaign.code, report.pk, *more])


def edit(who: User, row: Paragraph, text: str, at: datetime, **given: object) -> Paragraph:
    version = Paragraph.objects.values_list("version", flat=True).get(pk=row.pk)
    values = {"actor": who, "paragraph_id": row.pk, "text": text, "version": version, "at": at}
    return services.edit_paragraph(**values | given)


def told_to(title: str) -> set[str]:
    rows = Notice.objects.filter(title__startswith=title)
    return set(rows.values_list("recipient__username", flat=True))


# —— 送審、審核、簽發 ——


def test_the_sender_does_not_review_and_review_locks_the_text(
    stage: Stage, report: Report, now: datetime
) -> None:
    cast, given = stage.cast, {"report_id": report.pk, "version": 0, "at": now}
    services.submit_for_review(actor=cast.office, **given)

    for who in (cast.office, cast.officer, cast.head):
        with pytest.raises(PermissionDenied):
            services.pass_review(actor=who, **given)
    services.pass_review(actor=cast.deputy, **given)

    with pytest.raises(services.AlreadyIssued, match="文字已鎖定"):
        edit(cast.office, told(report, stage.opened), "再改。", now)
    assert told_to("請審核") == {"leader", "deputy"}
    assert told_to("待簽發") == {"leader", "office", "officer"}


def test_sending_back_opens_the_draft_again_with_the_reason(
    stage: Stage, report: Report, now: datetime
) -> None:
    reviewed(stage.cast, report, now)
    with pytest.raises(ValidationError, match="寫明為什麼"):
        services.send_back(actor=stage.cast.leader, report_id=report.pk, reason=" ", at=now)

    services.send_back(actor=stage.cast.leader, report_id=report.pk, reason="補數據。", at=now)

    edit(stage.cast.office, told(report, stage.opened), "改好了。", now)
    assert Entry.objects.get(action="reports.sent_back").reason == "補數據。"
    assert told_to("退回修改") == {"office", "officer"}
    with pytest.raises(ValidationError, match="還沒有審核通過"):
        sign(stage.cast.leader, report, now)


def test_a_paper_signature_is_registered_by_the_office_and_dates_the_paper(
    stage: Stage, report: Report, now: datetime
) -> None:
    reviewed(stage.cast, report, now)
    later = now + timedelta(days=3)
    wrong = (date(2026, 11, 27), "還沒有到"), (date(2026, 11, 22), "才開始編"), (None, "哪一天")
    for day, words in wrong:
        with pytest.raises(ValidationError, match=words):
            sign(stage.cast.officer, report, later, signed_name="副組長乙", signed_on=day)

    with pytest.raises(ValidationError, match="2026年11月24日的組長、副組長是組長甲、副組長乙"):
        sign(stage.cast.officer, report, later, signed_name="張三", signed_on=date(2026, 11, 24))

    issued = sign(
        stage.cast.officer, report, later, signed_name="副組長乙", signed_on=date(2026, 11, 24)
    )

    printed = paper_of(issued)
    assert (printed.signer, printed.day) == ("副組長乙", "2026-11-24")
    assert "登記 副組長乙" in Entry.objects.get(action="reports.issued").summary


def test_signing_on_the_portal_freezes_who_signed(
    stage: Stage, report: Report, now: datetime
) -> None:
    issued = sign(stage.cast.leader, reviewed(stage.cast, report, now), now)

    assert paper_of(issued).signer == "組長甲"


def test_reviewed_and_submitted_papers_wait_on_the_desks(
    stage: Stage, report: Report, now: datetime, signed_in: SignIn
) -> None:
    given = {"report_id": report.pk, "version": 0, "at": now}
    services.submit_for_review(actor=stage.cast.officer, **given)
    home = reverse("desk:home")
    waiting = signed_in(stage.cast.leader).get(home).content.decode()
    services.pass_review(actor=stage.cast.office, **given)
    signing = signed_in(stage.cast.deputy).get(home).content.decode()
    clerk = signed_in(stage.cast.clerk).get(home).content.decode()

    assert "幹事丁 11月23日送審" in waiting
    assert "主任丙 11月23日審核通過" in signing
    assert report.title not in clerk


# —— 意見和建議 ——


def test_a_comment_keeps_its_words_when_the_paragraph_changes(
    stage: Stage, report: Report, now: datetime
) -> None:
    cast, row = stage.cast, told(report, stage.opened)
    given = {"report_id": report.pk, "paragraph_id": row.pk, "at": now}
    comment = services.add_comment(actor=cast.leader, body="寫得再實些。", **given)
    edit(cast.office, row, "改過了。", now)
    services.reply(actor=cast.officer, comment_id=comment.pk, body="已改。", at=now)
    services.settle(actor=cast.office, comment_id=comment.pk, at=now)

    comment.refresh_from_db()
    assert SENTENCE in comment.quote
    assert comment.settled_by == cast.office
    assert told_to("有新的意見") == {"office", "officer"}
    assert told_to("有人答覆意見") == told_to("您的意見已辦結") == {"leader"}
    with pytest.raises(PermissionDenied):
        services.add_comment(actor=cast.head, body="我也說一句。", **given)
    Paragraph.objects.filter(pk=row.pk).delete()
    assert Comment.objects.get(pk=comment.pk).quote == comment.quote


def suggest(stage: Stage, row: Paragraph, text: str, at: datetime) -> Suggestion:
    return services.suggest(
        actor=stage.cast.leader,
        paragraph_id=row.pk,
        text=text,
        reason="更準確。",
        base_text=row.text,
        at=at,
    )


def test_a_suggestion_changes_nothing_until_it_is_taken(
    stage: Stage, report: Report, now: datetime, signed_in: SignIn
) -> None:
    row = told(report, stage.opened)
    text = row.text.replace("大廳", "服務大廳")
    suggestion = suggest(stage, row, text, now)
    browser, place = signed_in(stage.cast.office), url(report, "suggestion", suggestion.pk)
    page = browser.get(place).content.decode()
    assert Paragraph.objects.get(pk=row.pk).text == row.text

    browser.post(place, {"take": "1"})

    assert "<ins>" in page
    assert "（加入）</span>服務<span" in page
    assert Paragraph.objects.get(pk=row.pk).text == text
    assert told_to("您的改字建議已採納") == {"leader"}
    assert row.texts.last().cause == ParagraphText.Cause.SUGGESTED


def test_a_suggestion_outlives_the_withdrawal_of_what_it_was_about(
    stage: Stage, report: Report, now: datetime
) -> None:
    """來源撤回後重新彙集：待處理的建議還在，沒有出處的原文不再印。"""
    row = told(report, stage.opened)
    suggestion = suggest(stage, row, "改得更準確。", now)
    stage.opened.rounds.update(decision="", decided_at=None)

    services.recompile(actor=stage.cast.office, report_id=report.pk, at=now)

    assert Suggestion.objects.get().pk == suggestion.pk
    kept = Paragraph.objects.get(pk=row.pk)
    assert (kept.is_withdrawn, kept.is_left_out) == (True, True)
    assert all(row.text not in part.text for part in paper_of(report).paragraphs())


def test_a_suggestion_on_older_words_is_not_laid_over_newer_ones(
    stage: Stage, report: Report, now: datetime, signed_in: SignIn
) -> None:
    row = told(report, stage.opened)
    suggestion = suggest(stage, row, "領導的話。", now)
    edit(stage.cast.officer, row, "幹事後來的話。", now)
    browser, place = signed_in(stage.cast.office), url(report, "suggestion", suggestion.pk)

    refused = browser.post(place, {"take": "1"})
    page = refused.content.decode()

    assert refused.status_code == 422
    assert all(words in page for words in (SENTENCE, "領導的話。", "幹事後來的話。"))
    assert Paragraph.objects.get(pk=row.pk).text == "幹事後來的話。"
    browser.post(place, {"merge": "1", "merged": "合在一起的話。", "version": 1})
    assert Paragraph.objects.get(pk=row.pk).text == "合在一起的話。"


def test_declining_needs_a_word_and_tells_the_leader(
    stage: Stage, report: Report, now: datetime
) -> None:
    suggestion = suggest(stage, told(report, stage.opened), "領導的話。", now)
    given = {"actor": stage.cast.office, "suggestion_id": suggestion.pk, "at": now}
    with pytest.raises(ValidationError, match="為什麼不採納"):
        services.decline_suggestion(note="", **given)

    services.decline_suggestion(note="與原文不符。", **given)

    assert Notice.objects.get(title__startswith="您的改字建議沒有採納").body == "與原文不符。"
    with pytest.raises(ValidationError, match="已經處理過"):
        services.take_suggestion(**given)


# —— 一節一個人改 ——


def test_an_open_section_is_kept_from_others_until_it_is_let_go(
    stage: Stage, report: Report, now: datetime
) -> None:
    cast, row = stage.cast, told(report, stage.opened)
    services.open_for_editing(actor=cast.office, paragraph_id=row.pk, at=now)
    other = paragraph(report, "organisation.group")

    with pytest.raises(services.Held, match=r"主任丙正在改.*至 09:10"):
        edit(cast.officer, row, "搶着改。", now)
    for act in (services.leave_out, services.revert, services.open_for_editing):
        with pytest.raises(services.Held):
            act(actor=cast.officer, paragraph_id=told(report, stage.helped).pk, at=now)
    with pytest.raises(services.Held):
        services.recompile(actor=cast.officer, report_id=report.pk, at=now)
    edit(cast.officer, other, "別的一節照改。", now)
    edit(cast.office, row, "寫到一半", now + 9 * MINUTE, is_draft=True)
    with pytest.raises(services.Held, match="至 09:19"):
        edit(cast.officer, row, "再搶。", now + 11 * MINUTE)
    edit(cast.office, row, "寫完了。", now + 12 * MINUTE)
    edit(cast.officer, row, "輪到我。", now + 12 * MINUTE)

    assert Paragraph.objects.get(pk=row.pk).text == "輪到我。"


def test_a_forgotten_section_is_taken_over_when_its_time_is_up(
    stage: Stage, report: Report, now: datetime
) -> None:
    cast, row = stage.cast, told(report, stage.opened)
    services.open_for_editing(actor=cast.office, paragraph_id=row.pk, at=now)

    services.open_for_editing(actor=cast.officer, paragraph_id=row.pk, at=now + 11 * MINUTE)

    with pytest.raises(services.Held, match="幹事丁正在改"):
        edit(cast.office, row, "才回來。", now + 12 * MINUTE)


def test_the_page_says_who_is_writing_and_keeps_what_could_not_be_saved(
    stage: Stage, report: Report, signed_in: SignIn
) -> None:
    row = told(report, stage.opened)
    signed_in(stage.cast.office).get(url(report), {"at": row.pk})
    browser, place = signed_in(stage.cast.officer), url(report, "paragraph", row.pk)

    page = browser.get(url(report), {"at": row.pk})
    in_place = browser.get(place, headers={"HX-Request": "true"}).content.decode()
    typed = browser.post(place, {"text": "我寫的半小時。", "version": 0})
    autosaved = browser.post(
        place, {"text": "我寫的半小時。", "version": 0}, headers={"X-Requested-With": "fetch"}
    )

    assert page.context["chosen"] is None
    assert "主任丙正在改這一節，至 09:10" in page.content.decode()
    assert "主任丙正在改" in in_place
    assert (typed.status_code, autosaved.status_code) == (409, 409)
    assert "我寫的半小時。" in typed.content.decode()


def test_the_list_before_submitting_names_others_at_work_not_oneself(
    stage: Stage, report: Report, signed_in: SignIn
) -> None:
    row = told(report, stage.opened)
    signed_in(stage.cast.office).get(url(report), {"at": row.pk})

    own = signed_in(stage.cast.office).get(url(report, "report-submit")).content.decode()
    others = signed_in(stage.cast.officer).get(url(report, "report-submit")).content.decode()

    assert "正在改" not in own
    assert "主任丙正在改" in others


def test_collapsing_keeps_the_words_and_lets_go(
    stage: Stage, report: Report, signed_in: SignIn
) -> None:
    row, browser = told(report, stage.opened), signed_in(stage.cast.office)
    browser.get(url(report), {"at": row.pk})

    browser.post(
        url(report, "paragraph", row.pk), {"text": "收起也存。", "version": 0, "collapse": "1"}
    )

    row.refresh_from_db()
    assert (row.text, row.section.held_by) == ("收起也存。", None)


# —— 歷次文字 ——


def test_every_saved_text_is_kept_and_a_stretch_of_autosaves_is_one(
    stage: Stage, report: Report, now: datetime, signed_in: SignIn
) -> None:
    cast, row = stage.cast, told(report, stage.opened)
    first = row.text
    for minute, text in enumerate(("一", "一二", "一二三")):
        edit(cast.office, row, text, now + minute * MINUTE, is_draft=True)
    edit(cast.office, row, "一二三", now + 3 * MINUTE)
    edit(cast.office, row, "一二三四", now + 4 * MINUTE, is_draft=True)
    edit(cast.office, row, "一二三四五", now + 15 * MINUTE)
    browser, place = signed_in(cast.office), url(report, "paragraph-history", row.pk)

    page = browser.get(place, {"old": 0, "new": 3}).content.decode()
    browser.post(place, {"number": 0})

    kept = list(row.texts.values_list("text", "cause"))
    assert [text for text, _cause in kept] == [first, "一二三", "一二三四", "一二三四五", first]
    assert [cause for _text, cause in kept[::4]] == ["compiled", "restored"]
    assert "<del>" in page
    row.refresh_from_db()
    assert (row.text, row.is_edited) == (first, False)


def test_recompiled_words_are_kept_once_someone_writes_over_them(
    stage: Stage, report: Report, now: datetime
) -> None:
    row = told(report, stage.opened)
    edit(stage.cast.office, row, "改一次。", now)
    services.revert(actor=stage.cast.office, paragraph_id=row.pk, at=now)
    stage.opened.rounds.update(narrative="來源換了。")
    services.recompile(actor=stage.cast.office, report_id=report.pk, at=now + MINUTE)

    edit(stage.cast.office, row, "再改。", now + MINUTE)

    causes = list(row.texts.values_list("cause", flat=True))
    assert causes == ["compiled", "edited", "compiled", "compiled", "edited"]


# —— 材料 ——


def test_unused_material_goes_into_a_section_with_its_source(
    stage: Stage, report: Report, now: datetime, signed_in: SignIn
) -> None:
    row, office = told(report, stage.opened), stage.cast.office
    assert editor_of(report, now).unused == []
    services.leave_out(actor=office, paragraph_id=row.pk, at=now)
    section = report.sections.get(key="organisation")
    [unused] = editor_of(report, now).unused

    browser = signed_in(office)
    browser.post(url(report, "material-insert"), {"section": section.pk, "round": unused.round.pk})

    placed = section.paragraphs.get(is_own=True)
    assert placed.text == f"婚姻登記處：{SENTENCE}。"
    assert placed.sources.get().round == unused.round
    assert editor_of(report, now).unused == []
    services.recompile(actor=office, report_id=report.pk, at=now + MINUTE)
    assert Paragraph.objects.get(pk=placed.pk).sources.count() == 1
    with pytest.raises(ValidationError, match="已在文中"):
        services.insert_material(
            actor=office, report_id=report.pk, section_id=section.pk,
            round_id=unused.round.pk, at=now,
        )  # fmt: skip


# —— 用語和核對清單 ——

TITLES = ("完善工作機制，健全管理制度", "改進行業管理，實現規範服務")
GLOSSARY = Glossary(
    units=("婚姻登記處", "社會事務科"),
    closed=("老齡工作股",),
    former={"社會福利科": "社會事務科"},
    short={"婚登處": "婚姻登記處"},
    seats=(("組長", "游美髮"), ("副組長", "陳國樑")),
    titles=TITLES,
)


@pytest.mark.parametrize(
    ("text", "found", "better"),
    [
        ("推進其它工作", "其它", "其他"),
        ("截至目前為止已辦結", "截至目前為止", "截至目前"),
        ("落實到位,效果明顯", ",", "，"),
        ("共１２件", "１２", "12"),
        ("問卷 18 份", "卷 18 ", "卷18"),
        ("26年11月辦結", "26年", "2026年"),
        ("平民〔2026〕第3號", "〔2026〕第3號", "〔2026〕3號"),
        ("平民[2026]3號", "[2026]", "〔2026〕"),
        ("平民〔2026〕03號", "〔2026〕03號", "〔2026〕3號"),
        ("1月-3月", "1月-", "1月至"),
        ("約3-5項", "3-", "3—"),
        ("積極參与志願服務", "与", "與"),
        ("婚登處已公開", "婚登處", "婚姻登記處"),
        ("社會福利科已公開", "社會福利科", "社會事務科"),
        ("婚姻登計處已公開", "婚姻登計處", "婚姻登記處"),
        ("老齡工作股已公開", "老齡工作股", None),
        ("組長陳國樑主持", "組長", "副組長"),
        ("副組長陳國梁主持", "陳國梁", "陳國樑"),
        ("「完善工作機制，健全管理體系」", "完善工作機制，健全管理體系", TITLES[0]),
    ],
)
def test_wording_is_hinted_with_what_to_write(text: str, found: str, better: str | None) -> None:
    [hint] = hints_of([Paragraph(text=text)], GLOSSARY)

    assert (hint.found, hint.better) == (found, better)


@pytest.mark.parametrize(
    "text",
    [
        "婚姻登記處、社會事務科已公開，組長游美髮主持。",
        "《關於其它工作的意見》",
        "舉辦「婚登處開放日」活動。",
        f"「{TITLES[1]}」",
        "2026年11月，〔2026〕3號，3—5項，占96.3%。",
    ],
)
def test_what_is_written_well_is_left_alone(text: str) -> None:
    assert hints_of([Paragraph(text=text)], GLOSSARY) == []


def test_one_press_puts_the_suggested_word(
    stage: Stage, report: Report, now: datetime, signed_in: SignIn
) -> None:
    row, browser = told(report, stage.opened), signed_in(stage.cast.office)
    edit(stage.cast.office, row, "公開其它事項，100%按時。", now)
    [hint] = browser.get(url(report, "report-wording")).context["hints"]
    form = {"paragraph": row.pk, "start": hint.start, "found": "其它", "better": "其他"}

    browser.post(url(report, "report-wording"), form)
    browser.post(url(report, "report-wording"), form)

    row.refresh_from_db()
    assert row.text == "公開其他事項，100%按時。"


def test_a_renamed_unit_is_known_by_its_old_name(stage: Stage, now: datetime) -> None:
    update_department(
        actor=stage.cast.admin, department_id=stage.cast.registry.pk,
        values={"name": "婚姻登記中心"}, at=now,
    )  # fmt: skip

    assert glossary_of(stage.cast.campaign, now.date()).former == {"婚姻登記處": "婚姻登記中心"}


def test_the_check_list_names_what_is_left_to_do(
    stage: Stage, report: Report, now: datetime
) -> None:
    cast, row = stage.cast, told(report, stage.opened)
    edit(cast.office, row, "辦結　項，其它工作待補。", now)
    services.leave_out(
        actor=cast.office, paragraph_id=paragraph(report, "reporting.overdue").pk, at=now
    )
    services.add_comment(actor=cast.leader, report_id=report.pk, body="補齊。", at=now)
    suggest(stage, told(report, stage.helped), "領導的話。", now)
    services.open_for_editing(
        actor=cast.officer, paragraph_id=paragraph(report, "organisation.group").pk, at=now
    )

    words = "\n".join(
        check.text for check in all_checks(editor_of(report, now, cast.office.pk), now)
    )

    for expected in (
        "還沒填的地方", "1 條意見還沒有辦結", "1 條改字建議還沒有處理", "幹事丁正在改",
        "用語核對有", "如「其它」",
    ):  # fmt: skip
        assert expected in words


def test_a_unit_left_out_of_the_text_is_named(stage: Stage, report: Report, now: datetime) -> None:
    Paragraph.objects.filter(section__key="reporting").update(is_left_out=True)
    stage.overdue.assignment.department.name = "救助管理站"
    stage.overdue.assignment.department.save()

    words = "\n".join(check.text for check in all_checks(editor_of(report, now), now))

    assert "沒有點到的單位：" in words
    assert "救助管理站" in words


def test_every_annex_is_looked_at_before_submitting(
    stage: Stage, report: Report, now: datetime, signed_in: SignIn
) -> None:
    chosen = [kind.key for kind in annex_kinds()]
    Report.objects.filter(pk=report.pk).update(annexes=[*chosen, "pictures:24"])

    page = signed_in(stage.cast.office).get(url(report, "report-submit"))

    assert page.status_code == 200


# —— 更正版 ——


def test_a_correction_that_corrects_nothing_yet_says_so(
    stage: Stage, report: Report, now: datetime
) -> None:
    original = sign(stage.cast.leader, reviewed(stage.cast, report, now), now)
    fresh = services.correct(
        actor=stage.cast.office, report_id=original.pk, note="更正一處。", at=now
    )

    def says() -> bool:
        checks = all_checks(editor_of(fresh, now), now)
        return any("一字不差" in check.text for check in checks)

    assert says()
    edit(stage.cast.office, told(fresh, stage.opened), "更正後的話。", now)
    assert not says()


def test_a_correction_lists_what_changed(
    stage: Stage, report: Report, now: datetime, signed_in: SignIn
) -> None:
    original = sign(stage.cast.leader, reviewed(stage.cast, report, now), now)
    fresh = services.correct(
        actor=stage.cast.office, report_id=original.pk, note="更正一處。", at=now
    )
    row = told(fresh, stage.opened)
    edit(stage.cast.office, row, row.text.replace("3處", "4處"), now)
    issued = sign(stage.cast.leader, reviewed(stage.cast, fresh, now), now)

    papers = signed_in(stage.cast.head).get(
        reverse("reports:paper-list", args=[stage.cast.campaign.code])
    )
    assert "已被更正版取代" in papers.content.decode()

    page = signed_in(stage.cast.clerk).get(url(issued))

    [changed] = page.context["changed"]
    assert [(part.kind, part.text) for part in changed.changes if part.kind != "same"] == [
        ("del", "3"), ("ins", "4"),
    ]  # fmt: skip
    assert version_of(issued) > 0


def test_a_difference_reads_back_to_both_texts() -> None:
    old, new = "甲乙丙。第12項已辦。\n丁。", "甲乙。第13項已辦結。\n丁。戊。"

    found = changes(old, new)

    assert "".join(part.text for part in found if part.kind != "ins") == old
    assert "".join(part.text for part in found if part.kind != "del") == new
