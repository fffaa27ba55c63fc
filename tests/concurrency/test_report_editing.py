"""幾個人同時改一份彙報：一節只有一個人拿得到，各改各的節都存得下，審核與修改不交錯。"""

from datetime import datetime

import pytest

from reports import services
from reports.models import Paragraph, Report, Section, Suggestion
from tests.cast import Cast
from tests.concurrency.together import split, together
from tests.reports import stage

pytestmark = pytest.mark.django_db(transaction=True)


def test_one_of_two_opening_a_section_at_once_gets_it(cast: Cast, now: datetime) -> None:
    scene = stage.lay_out(cast)
    report = stage.draft(cast, now)
    rows = [stage.told(report, scene.opened), stage.told(report, scene.helped)]

    def open_(who: object, row: Paragraph) -> object:
        return services.open_for_editing(actor=who, paragraph_id=row.pk, at=now)

    done, refused = split(
        together(lambda: open_(cast.office, rows[0]), lambda: open_(cast.officer, rows[1]))
    )

    assert [type(error) for error in refused] == [services.Held]
    assert Section.objects.filter(held_by__isnull=False).count() == len(done) == 1


def test_two_sections_are_written_at_once_and_both_are_kept(cast: Cast, now: datetime) -> None:
    scene = stage.lay_out(cast)
    report = stage.draft(cast, now)
    mine, other = stage.told(report, scene.opened), stage.paragraph(report, "organisation.group")

    def write(who: object, row: Paragraph, text: str) -> object:
        return services.edit_paragraph(
            actor=who, paragraph_id=row.pk, text=text, version=0, at=now, is_draft=True
        )

    _done, refused = split(
        together(
            lambda: write(cast.office, mine, "我的。"), lambda: write(cast.officer, other, "他的。")
        )
    )

    assert refused == []
    assert set(Paragraph.objects.filter(version=1).values_list("text", flat=True)) == {
        "我的。", "他的。",
    }  # fmt: skip
    assert Report.objects.get().version == 2


def test_a_suggestion_is_decided_once(cast: Cast, now: datetime) -> None:
    scene = stage.lay_out(cast)
    row = stage.told(stage.draft(cast, now), scene.opened)
    pending = services.suggest(
        actor=cast.leader, paragraph_id=row.pk, text="改。", reason="", base_text=row.text, at=now
    )
    given = {"suggestion_id": pending.pk, "at": now}

    done, refused = split(
        together(
            lambda: services.take_suggestion(actor=cast.office, **given),
            lambda: services.decline_suggestion(actor=cast.officer, note="不改。", **given),
        )
    )

    assert len(done) == len(refused) == 1
    taken = Suggestion.objects.get().state == Suggestion.State.TAKEN
    assert (Paragraph.objects.get(pk=row.pk).text == "改。") == taken
