"""兩個人同時辦同一件事：辦成一次，另一個得到一句話，不出錯也不重複。"""

from datetime import datetime
from hashlib import sha256
from io import BytesIO

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage

from campaigns.models import PlanVersion
from campaigns.services.plan_drafts import DraftGone, start_draft
from journal.models import Entry, Notice
from people.models import Appointment, User
from reports.models import Report
from reports.services import AlreadyIssued
from tasks.models import Assignment, EvidenceFile, EvidenceLink, Measure, Submission, WrongState
from tasks.services import evidence, handing_in, issuing, review
from tasks.services.handing_in import Conflict, Draft
from tasks.services.plan import PlanMoved, import_plan
from tests import factories as make
from tests.cast import Cast
from tests.concurrency.together import split, together
from tests.lib import make_files
from tests.plans.documents import SMALL
from tests.reports import stage

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def measure(cast: Cast) -> Measure:
    """待下達：婚姻登記處牽頭，局辦公室配合。"""
    row = make.MeasureFactory(campaign=cast.campaign, lead_department=cast.registry)
    row.supporting_departments.add(cast.bureau_office)
    return row


@pytest.fixture
def submission(cast: Cast, measure: Measure, now: datetime) -> Submission:
    issuing.issue_measures(actor=cast.office, measure_ids=[measure.pk], at=now)
    return Submission.objects.get(assignment__department=cast.registry)


def count(action: str) -> int:
    return Entry.objects.filter(action=action).count()


def test_two_clerks_hand_in_one_round_once(
    cast: Cast, submission: Submission, now: datetime
) -> None:
    colleague = make.AppointmentFactory(department=cast.registry, role=Appointment.Role.CLERK).user

    def hand_in(person: object, words: str) -> object:
        draft = Draft(narrative=words, percent=60)
        return handing_in.submit(
            actor=person, submission_id=submission.pk, draft=draft, version=0, at=now
        )

    done, refused = split(
        together(lambda: hand_in(cast.clerk, "甲寫的。"), lambda: hand_in(colleague, "乙寫的。"))
    )

    assert len(done) == count("tasks.submitted") == 1
    assert [type(error) for error in refused] in ([WrongState], [Conflict])
    kept = handing_in.current_round(submission)
    assert (kept.narrative, kept.submitted_by) == (done[0].narrative, done[0].submitted_by)


def test_one_clerk_pressing_twice_hands_in_once_and_sees_no_error(
    cast: Cast, submission: Submission, now: datetime
) -> None:
    def press() -> object:
        draft = Draft(narrative="收費公示欄已設在大廳。", percent=60)
        return handing_in.submit(
            actor=cast.clerk, submission_id=submission.pk, draft=draft, version=0, at=now
        )

    done, refused = split(together(press, press, press))

    assert (len(done), refused) == (3, [])
    assert count("tasks.submitted") == 1


def test_two_of_the_office_accept_once_and_the_other_is_told_who(
    cast: Cast, submission: Submission, now: datetime
) -> None:
    draft = Draft(narrative="收費公示欄已設在大廳。", percent=60)
    handing_in.submit(actor=cast.clerk, submission_id=submission.pk, draft=draft, version=0, at=now)
    handing_in.endorse(actor=cast.head, submission_id=submission.pk, at=now)

    done, refused = split(
        together(
            lambda: review.accept(actor=cast.office, submission_id=submission.pk, at=now),
            lambda: review.accept(actor=cast.officer, submission_id=submission.pk, at=now),
        )
    )

    assert len(done) == count("tasks.accepted") == 1
    assert [type(error) for error in refused] == [WrongState]
    assert str(done[0].decided_by) in str(refused[0])
    assert Notice.objects.filter(entry__action="tasks.accepted", recipient=cast.clerk).count() == 1


def test_a_double_click_issues_a_measure_once(cast: Cast, measure: Measure, now: datetime) -> None:
    def press() -> object:
        return issuing.issue_measures(actor=cast.office, measure_ids=[measure.pk], at=now)

    done, refused = split(together(press, press))

    assert refused == []
    assert sorted(len(result.measures) for result in done) == [0, 1]
    assert "已經下達過" in next(iter([r for r in done if r.refused])).refused[measure.pk]
    assert Assignment.objects.count() == Submission.objects.count() == 2
    assert count("tasks.issued") == 2


def test_one_file_sent_twice_is_kept_and_shown_once(
    cast: Cast, submission: Submission, now: datetime
) -> None:
    data = make_files.picture(make_files.scene())

    def send() -> object:
        return evidence.add_evidence(
            actor=cast.clerk,
            submission_id=submission.pk,
            file=BytesIO(data),
            name="大廳公示欄.jpg",
            at=now,
        )

    done, refused = split(together(send, send, send))

    assert refused == []
    assert len({link.pk for link in done}) == EvidenceLink.objects.count() == 1
    stored = EvidenceFile.objects.get()
    folder = stored.path.rpartition("/")[0]
    alike = [name for name in default_storage.listdir(folder)[1] if stored.sha256 in name]
    assert alike == [stored.path.rpartition("/")[2]]
    assert default_storage.size(stored.path) == stored.size


class Watched(BytesIO):
    """一邊被讀，一邊看存放處有沒有出現半個文件。"""

    seen: set[str] = frozenset()

    def read(self, size: int | None = -1) -> bytes:
        folders = (
            default_storage.listdir("evidence")[0] if default_storage.exists("evidence") else []
        )
        self.seen |= {
            name for folder in folders for name in default_storage.listdir(f"evidence/{folder}")[1]
        }
        return super().read(size)


def test_nobody_sees_half_a_file(cast: Cast, submission: Submission, now: datetime) -> None:
    file = Watched(make_files.pdf(b"%" + b"half a file" * 20_000))

    link = evidence.add_evidence(
        actor=cast.clerk, submission_id=submission.pk, file=file, name="制度.pdf", at=now
    )

    assert link.file.path.rpartition("/")[2] not in file.seen
    assert default_storage.size(link.file.path) == link.file.size


def test_a_file_cut_short_is_not_taken_for_the_whole(
    cast: Cast, submission: Submission, now: datetime
) -> None:
    data = make_files.pdf(b"%cut short")
    path = f"evidence/{sha256(data).hexdigest()[:2]}/{sha256(data).hexdigest()}.pdf"
    default_storage.save(path, ContentFile(data[:20]))

    link = evidence.add_evidence(
        actor=cast.clerk, submission_id=submission.pk, file=BytesIO(data), name="制度.pdf", at=now
    )

    assert link.file.path == path
    with default_storage.open(path) as kept:
        assert kept.read() == data


def test_two_people_saving_a_plan_make_one_version(cast: Cast, now: datetime) -> None:
    drafts = {
        person: start_draft(
            actor=person,
            campaign_id=cast.campaign.pk,
            source_name="",
            source_text=SMALL,
            at=now,
        )
        for person in (cast.office, cast.officer)
    }

    def save(person: object) -> object:
        return import_plan(
            actor=person,
            campaign_id=cast.campaign.pk,
            draft_id=drafts[person].pk,
            based_on=0,
            with_measures=True,
            at=now,
        )

    done, refused = split(together(lambda: save(cast.office), lambda: save(cast.officer)))

    assert len(done) == PlanVersion.objects.count() == 1
    assert [type(error) for error in refused] == [PlanMoved]
    codes = list(Measure.objects.values_list("code", flat=True))
    assert len(codes) == len(set(codes)) > 0


def test_a_double_click_saves_a_plan_once(cast: Cast, now: datetime) -> None:
    draft = start_draft(
        actor=cast.office,
        campaign_id=cast.campaign.pk,
        source_name="",
        source_text=SMALL,
        at=now,
    )

    def press() -> object:
        return import_plan(
            actor=cast.office, campaign_id=cast.campaign.pk, draft_id=draft.pk, at=now
        )

    done, refused = split(together(press, press))

    assert len(done) == PlanVersion.objects.count() == 1
    assert [type(error) for error in refused] == [DraftGone]


def test_two_leaders_issue_a_report_once(cast: Cast, now: datetime) -> None:
    stage.lay_out(cast)
    report = stage.reviewed(cast, stage.draft(cast, now), now)

    def sign(person: User) -> object:
        return stage.sign(person, report, now)

    done, refused = split(together(lambda: sign(cast.leader), lambda: sign(cast.deputy)))

    assert len(done) == count("reports.issued") == 1
    assert [type(error) for error in refused] == [AlreadyIssued]
    kept = Report.objects.get()
    assert (kept.number, kept.sha256) == (1, done[0].sha256)


def test_two_reports_issued_together_get_two_numbers(cast: Cast, now: datetime) -> None:
    stage.lay_out(cast)
    first, second = (stage.reviewed(cast, stage.draft(cast, now), now) for _each in range(2))

    def sign(report: Report) -> object:
        return stage.sign(cast.leader, report, now)

    done, refused = split(together(lambda: sign(first), lambda: sign(second)))

    assert refused == []
    assert sorted(report.number for report in done) == [1, 2]
