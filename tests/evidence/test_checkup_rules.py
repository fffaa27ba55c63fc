"""體檢的規則：每一條有一幕不合的、一幕合的。"""

from collections.abc import Callable
from datetime import date

import pytest
from django.conf import settings

from campaigns.models import EvidenceRequirement
from evidence.checkup import RULES, run
from evidence.checkup.repeats import NEAR_BITS, near_pairs
from tasks.models import (
    Assignment,
    EvidenceLink,
    FigureValue,
    FileReading,
    MeasureFigure,
    Round,
    Submission,
)
from tasks.specification import Level
from tests import factories as make
from tests.cast import TODAY, Cast
from tests.evidence.checkup_stage import attach, measure, read, report
from tests.factories import moment

pytestmark = pytest.mark.django_db
Window = EvidenceRequirement.Window
Scene = Callable[[Cast, bool], None]
SCENES: dict[str, Scene] = {}
OCTOBER = {
    "label": "2026-10",
    "name": "2026年10月",
    "period_start": date(2026, 10, 1),
    "period_end": date(2026, 10, 31),
    "due_date": date(2026, 10, 25),
}


def scene(code: str) -> Callable[[Scene], Scene]:
    """一條規則的一幕；bad 為真時演不合的。"""

    def register(play: Scene) -> Scene:
        SCENES[code] = play
        return play

    return register


@scene("evidence_missing")
def _(cast: Cast, bad: bool) -> None:
    one = report(measure(cast, norm_doc={"count": 2}))
    attach(one)
    attach(one, state=EvidenceLink.State.REJECTED if bad else EvidenceLink.State.ACCEPTED)


@scene("closed_incomplete")
def _(cast: Cast, bad: bool) -> None:
    one = report(measure(cast, norm_doc={}))
    if not bad:
        attach(one)
    Assignment.objects.update(state=Assignment.State.CLOSED)


@scene("rejected_not_replaced")
def _(cast: Cast, bad: bool) -> None:
    one = report(measure(cast, norm_doc={}))
    refused = attach(one, state=EvidenceLink.State.REJECTED, reason="看不清公章。")
    if not bad:
        attach(one, replaces=refused)


@scene("empty_report")
def _(cast: Cast, bad: bool) -> None:
    report(measure(cast), by__narrative="同上。" if bad else "已在大廳公開辦事程序。")


@scene("narrative_too_long")
def _(cast: Cast, bad: bool) -> None:
    report(measure(cast), by__narrative="字" * (501 if bad else 500))


@scene("nil_without_reason")
def _(cast: Cast, bad: bool) -> None:
    reason = "無" if bad else "本期沒有安排培訓。"
    report(measure(cast), endorsed=True, by__is_nil=True, by__nil_reason=reason)


@scene("out_of_window")
def _(cast: Cast, bad: bool) -> None:
    one = report(measure(cast, norm_doc={"window": Window.PERIOD}))
    attach(one, dated=date(2026, 10, 31) if bad else date(2026, 11, 1))


@scene("number_missing")
def _(cast: Cast, bad: bool) -> None:
    one = report(measure(cast, norm_doc={"needs_number": True}))
    attach(one, number="" if bad else "嵐民〔2026〕12號")


@scene("date_missing")
def _(cast: Cast, bad: bool) -> None:
    one = report(measure(cast, norm_doc={"needs_date": True}))
    attach(one, dated=None if bad else date(2026, 11, 3))


@scene("too_long")
def _(cast: Cast, bad: bool) -> None:
    one = report(measure(cast, report={}))
    read(attach(one, "report"), characters=501 if bad else 500)


@scene("too_big")
def _(cast: Cast, bad: bool) -> None:
    one = report(measure(cast, photo={"max_megabytes": 2}))
    attach(one, "photo", file=make.EvidenceFileFactory(size=2 * 1_048_576 + bad))


@scene("not_a_picture")
def _(cast: Cast, bad: bool) -> None:
    kind = "application/pdf" if bad else "image/jpeg"
    one = report(measure(cast, photo={}))
    attach(one, "photo", file=make.EvidenceFileFactory(content_type=kind))


@scene("unreadable")
def _(cast: Cast, bad: bool) -> None:
    one = attach(report(measure(cast)))
    if bad:
        read(one, state=FileReading.State.FAILED, problem="文件加了密碼。")
    else:
        read(one)


@scene("caption_missing")
def _(cast: Cast, bad: bool) -> None:
    attach(report(measure(cast)), "photo", caption=" " if bad else "志願者在大廳引導")


@scene("unticked")
def _(cast: Cast, bad: bool) -> None:
    one = report(measure(cast, photo={"ticks": "看得到單位名稱\n看得到日期"}))
    ticks = [{"text": "看得到單位名稱", "ok": True}, {"text": "看得到日期", "ok": not bad}]
    attach(one, "photo", ticks=ticks)


@scene("same_picture")
def _(cast: Cast, bad: bool) -> None:
    """一張圖兩處用：寫明取自哪裏的不算。"""
    one = attach(report(measure(cast)), "photo")
    other = report(measure(cast, of=cast.funeral_home))
    attach(other, "photo", file=one.file, origin=None if bad else one)


@scene("near_picture")
def _(cast: Cast, bad: bool) -> None:
    one, other = report(measure(cast)), report(measure(cast, of=cast.funeral_home))
    flipped = 0b11111 if bad else 0b111111
    read(attach(one, "photo"), picture_hash=f"{0x00FF00FF00FF00FF:016x}")
    read(attach(other, "photo"), picture_hash=f"{0x00FF00FF00FF00FF ^ flipped:016x}")


@scene("figures_differ")
def _(cast: Cast, bad: bool) -> None:
    for count in (300, 500 if bad else 300):
        row = measure(cast)
        figure = MeasureFigure.objects.create(measure=row, name="培訓場次", unit="次")
        round_ = report(row).rounds.get()
        FigureValue.objects.create(round=round_, figure=figure, hundredths=count)


@scene("same_words")
def _(cast: Cast, bad: bool) -> None:
    row = measure(cast)
    report(row, **OCTOBER, by__narrative="公開收費標準十四項。")
    report(row, by__narrative="公開收費標準 十四項。" if bad else "又公開了三項收費標準。")


@scene("department_gone")
def _(cast: Cast, bad: bool) -> None:
    make.AssignmentFactory(measure=measure(cast))
    cast.registry.periods.create(end_date=date(2026, 11, 22 if bad else 23))


def codes(cast: Cast) -> list[str]:
    return [each.code for each in run(cast.campaign, on=TODAY).marks]


def test_every_rule_has_its_scene() -> None:
    assert SCENES.keys() == RULES.keys()
    assert all(rule.check.__doc__ and rule.label for rule in RULES.values())


def test_every_rule_is_in_the_handbook() -> None:
    handbook = (settings.BASE_DIR / "docs" / "checkup.md").read_text(encoding="utf-8")

    assert [rule.code for rule in RULES.values() if f"| {rule.label} |" not in handbook] == []


@pytest.mark.parametrize("code", SCENES)
def test_what_is_wrong_is_found(cast: Cast, code: str) -> None:
    SCENES[code](cast, True)

    found = [each for each in run(cast.campaign, on=TODAY).marks if each.code == code]

    assert found
    assert all(each.sentence.endswith(("。", "）")) and each.cure for each in found)


@pytest.mark.parametrize("code", SCENES)
def test_what_is_sound_is_left_alone(cast: Cast, code: str) -> None:
    SCENES[code](cast, False)

    assert code not in codes(cast)


def test_a_report_not_yet_due_owes_nothing(cast: Cast) -> None:
    open_ = report(measure(cast, norm_doc={}), state=Submission.State.OPEN)
    assert codes(cast) == []

    Submission.objects.filter(pk=open_.pk).update(due_date=TODAY)
    [found] = run(cast.campaign, on=TODAY).marks
    assert found.sentence == "到期未報，規範文件缺 1 份（要 1 份）。"


def test_what_waits_for_the_review_is_not_called_missing(cast: Cast) -> None:
    """等辦公室審的，材料自身沒有毛病就不說缺；有毛病的照說。"""
    row = measure(cast, norm_doc={"needs_number": True})
    one = report(row, endorsed=True)
    piece = attach(one, state=EvidenceLink.State.PENDING, number="嵐民〔2026〕12號")
    assert codes(cast) == []

    EvidenceLink.objects.filter(pk=piece.pk).update(number="")
    assert codes(cast) == ["number_missing", "evidence_missing"]


def test_the_same_document_may_prove_several_things(cast: Cast) -> None:
    """一份文件證明幾項措施是常事，只查圖片。"""
    one = attach(report(measure(cast)))
    attach(report(measure(cast)), file=one.file)

    assert codes(cast) == []


def test_a_picture_refused_or_taken_down_is_not_a_repeat(cast: Cast) -> None:
    one = attach(report(measure(cast)), "photo")
    attach(report(measure(cast)), "photo", file=one.file, removed_at=moment(2026, 11, 20))
    attach(report(measure(cast)), "photo", file=one.file, state=EvidenceLink.State.REJECTED)

    assert "same_picture" not in codes(cast)


def test_each_end_of_a_repeat_names_the_other(cast: Cast) -> None:
    first, second = measure(cast), measure(cast, of=cast.funeral_home)
    one = attach(report(first), "photo")
    attach(report(second), "photo", file=one.file)

    here, there = run(cast.campaign, on=TODAY).marks

    assert f"殯儀館 {second.code} 2026年11月" in here.sentence
    assert f"婚姻登記處 {first.code} 2026年11月" in there.sentence


def test_blank_pages_are_not_near_each_other() -> None:
    assert list(near_pairs([0, 1, (1 << 64) - 1])) == []


def test_every_near_pair_is_found_though_not_every_pair_is_tried() -> None:
    """與兩兩相比的結果一樣。"""
    seed = 0x9E3779B97F4A7C15
    hashes = []
    for number in range(60):
        seed = (seed * 6364136223846793005 + 1442695040888963407) % (1 << 64)
        hashes += [seed, seed ^ (0b1011 << number % 50), seed ^ (1 << number % 64)]
    hashes = list(dict.fromkeys(hashes))

    found = {pair for pair in near_pairs(hashes) if pair[0] != pair[1]}

    assert found == {
        (one, other)
        for one in hashes
        for other in hashes
        if one < other and (one ^ other).bit_count() <= NEAR_BITS
    }
    assert len(found) >= 120


def test_evidence_of_a_round_sent_back_is_past(cast: Cast) -> None:
    """退回之後看新的一輪；上一輪不採用的還沒有換，說一聲。"""
    one = report(measure(cast, norm_doc={"needs_number": True}), endorsed=True)
    attach(one, state=EvidenceLink.State.REJECTED, reason="沒有公章。")
    Round.objects.update(decision=Round.Decision.SENT_BACK)
    make_next(one)

    found = run(cast.campaign, on=TODAY, standing=cast.standing(cast.clerk)).marks

    assert [each.code for each in found] == ["rejected_not_replaced"]
    assert found[0].level == Level.ERROR


def make_next(submission: Submission) -> None:
    Submission.objects.filter(pk=submission.pk).update(state=Submission.State.OPEN, round_number=2)
    Round.objects.create(
        submission=submission,
        number=2,
        opened_at=moment(2026, 11, 20),
        due_date=submission.due_date,
    )


def test_the_attachments_were_all_refused(cast: Cast) -> None:
    one = report(measure(cast))
    attach(one, state=EvidenceLink.State.REJECTED)

    assert codes(cast) == ["empty_report"]
