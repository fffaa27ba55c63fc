"""體檢不洩露：看得到的人不同，查得出的也不同；完整度老實。"""

from datetime import date

import pytest

from evidence.checkup import run
from evidence.checkup.engine import Checkup
from evidence.checkup.policies import can_see_checkup, can_see_department, scope_of
from people.models import User
from tasks.models import Assignment, EvidenceLink, Measure, Submission
from tests.cast import TODAY, Cast
from tests.evidence.checkup_stage import attach, measure, report

pytestmark = pytest.mark.django_db


def seen_by(cast: Cast, user: User) -> Checkup:
    standing = cast.standing(user)
    return run(
        cast.campaign, on=TODAY, standing=standing, departments=scope_of(standing, cast.campaign)
    )


def sentences(checkup: Checkup) -> list[str]:
    return [each.sentence for each in checkup.marks]


def test_who_sees_whose(cast: Cast) -> None:
    campaign = cast.campaign
    everyone = {
        key: scope_of(cast.standing(getattr(cast, key)), campaign)
        for key in ("office", "officer", "leader", "deputy", "clerk", "neighbour", "admin")
    }

    assert everyone == {
        "office": None,
        "officer": None,
        "leader": None,
        "deputy": {cast.registry.pk},
        "clerk": {cast.registry.pk},
        "neighbour": {cast.funeral_home.pk},
        "admin": frozenset(),
    }
    assert not can_see_checkup(cast.standing(cast.admin), campaign)
    assert can_see_checkup(cast.standing(cast.neighbour), campaign)
    assert not can_see_department(cast.standing(cast.neighbour), campaign, cast.registry.pk)


def test_a_draft_is_checked_for_its_own_department_only(cast: Cast) -> None:
    """填報中的自己先查一遍；辦公室讀不到，也就查不出。"""
    draft = report(measure(cast, norm_doc={"needs_number": True}), state=Submission.State.OPEN)
    attach(draft, state=EvidenceLink.State.PENDING, name="草稿.pdf")

    assert sentences(seen_by(cast, cast.clerk)) == ["「草稿.pdf」沒有文號。"]
    assert sentences(seen_by(cast, cast.office)) == []
    assert sentences(seen_by(cast, cast.deputy)) == []
    assert sentences(run(cast.campaign, on=TODAY)) == []


def test_what_waits_inside_the_department_is_not_called_missing_outside(cast: Cast) -> None:
    report(measure(cast, norm_doc={}), submitted=True)

    assert sentences(seen_by(cast, cast.office)) == []
    assert sentences(seen_by(cast, cast.head)) == ["規範文件缺 1 份（要 1 份）。"]


def test_a_repeat_is_told_only_when_both_ends_may_be_read(cast: Cast) -> None:
    """別的單位還沒審核通過的圖，本單位不知道有它。"""
    one = attach(report(measure(cast)), "photo")
    other = report(measure(cast, of=cast.funeral_home), endorsed=True)
    attach(other, "photo", file=one.file, state=EvidenceLink.State.PENDING)

    assert sentences(seen_by(cast, cast.clerk)) == []
    assert len(seen_by(cast, cast.office).marks) == 2
    [mine] = seen_by(cast, cast.neighbour).marks
    assert mine.department_id == cast.funeral_home.pk


def test_empty_entries_are_nought_per_cent(cast: Cast) -> None:
    """空報送審核通過了也是 0 %，有沒有佐證要求都一樣。"""
    report(measure(cast, norm_doc={}), by__narrative="無")
    report(measure(cast), by__narrative="略")

    checkup = run(cast.campaign, on=TODAY)

    assert checkup.tallies()[cast.registry.pk].percent == 0
    assert {each.code for each in checkup.marks} == {"empty_report", "evidence_missing"}


def test_full_is_a_hundred_and_never_more(cast: Cast) -> None:
    one = report(measure(cast, norm_doc={}))
    for _each in range(3):
        attach(one)
    report(measure(cast))

    tally = run(cast.campaign, on=TODAY).tallies()[cast.registry.pk]

    assert (tally.wanted, tally.counted, tally.percent) == (2, 2, 100)


def test_a_closed_department_leaves_the_denominator_from_its_date(cast: Cast) -> None:
    row = measure(cast, norm_doc={})
    october = {"period_start": date(2026, 10, 1), "period_end": date(2026, 10, 31)}
    report(row, label="10", due_date=date(2026, 10, 25), **october)
    report(row)
    assert run(cast.campaign, on=TODAY).tallies()[cast.registry.pk].wanted == 2

    cast.registry.periods.create(end_date=date(2026, 11, 10))
    assert run(cast.campaign, on=TODAY).tallies()[cast.registry.pk].wanted == 1
    assert run(cast.campaign, on=date(2026, 11, 10)).tallies()[cast.registry.pk].wanted == 2


def test_an_approved_nil_report_leaves_the_denominator(cast: Cast) -> None:
    row = measure(cast, norm_doc={})
    report(row, by__is_nil=True, by__nil_reason="本期沒有安排。")
    assert run(cast.campaign, on=TODAY).tallies() == {}

    report(measure(cast, norm_doc={}), endorsed=True, by__is_nil=True)
    assert run(cast.campaign, on=TODAY).tallies()[cast.registry.pk].percent == 0


def test_work_taken_back_is_not_checked(cast: Cast) -> None:
    one, other = (report(measure(cast, norm_doc={})) for _each in range(2))
    Assignment.objects.filter(pk=one.assignment_id).update(state=Assignment.State.CANCELLED)
    Measure.objects.filter(assignments=other.assignment).update(state=Measure.State.SUSPENDED)

    checkup = run(cast.campaign, on=TODAY)

    assert (checkup.marks, checkup.tallies()) == ([], {})


def test_each_finding_leads_to_where_it_is_mended(cast: Cast) -> None:
    waiting = report(measure(cast, norm_doc={}), endorsed=True)
    office, head = (seen_by(cast, user) for user in (cast.office, cast.head))
    assert office.url_of(office.marks[0]) == f"/reviews/{cast.campaign.code}/?item={waiting.pk}"
    assert head.url_of(head.marks[0]) == f"/submissions/{waiting.pk}/"

    draft = report(measure(cast, norm_doc={"needs_number": True}), state=Submission.State.OPEN)
    piece = attach(draft, state=EvidenceLink.State.PENDING)
    clerk = seen_by(cast, cast.clerk)
    [found] = [each for each in clerk.marks if each.link_id == piece.pk]
    assert clerk.url_of(found) == f"/submissions/{draft.pk}/#file-{piece.pk}"


def test_what_an_accepted_report_lacks_is_asked_for(cast: Cast) -> None:
    """已通過的單位不能再改：辦公室點過去就是要材料，單位和時期先填好；單位自己只能看。"""
    accepted = report(measure(cast, norm_doc={}))
    office, head = (seen_by(cast, user) for user in (cast.office, cast.head))
    [lack] = [each for each in office.marks if each.entry.pk == accepted.pk]

    url = office.url_of(lack)

    assert office.action_of(lack) == "要材料"
    assert url.startswith(f"/evidence/library/requests/{cast.campaign.code}/new/?")
    assert f"departments={cast.registry.pk}" in url
    assert f"asked_from={accepted.period_start}" in url
    assert head.action_of(head.marks[0]) == "看這一期"
