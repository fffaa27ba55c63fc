"""體檢的戲台：擺好一期報送和它的佐證，不經服務。"""

from campaigns.models import EvidenceForm
from people.models import Department
from tasks.models import (
    Assignment,
    EvidenceFile,
    EvidenceLink,
    FileReading,
    Measure,
    MeasureEvidence,
    Submission,
)
from tests import factories as make
from tests.cast import Cast


def measure(cast: Cast, *, of: Department | None = None, **wanted: dict) -> Measure:
    """一項已下達的措施；wanted 是 {形式代碼: 要求}。"""
    row = make.MeasureFactory(
        campaign=cast.campaign, lead_department=of or cast.registry, issued=True
    )
    for code, values in wanted.items():
        form = EvidenceForm.objects.get(code=code)
        MeasureEvidence.objects.create(measure=row, form=form, **values)
    return row


def report(row: Measure, **values: object) -> Submission:
    """這項措施的一期報送，默認審核通過。"""
    assignment = Assignment.objects.filter(measure=row).first() or make.AssignmentFactory(
        measure=row
    )
    if not {"submitted", "endorsed", "state"} & values.keys():
        values = {"accepted": True} | values
    return make.SubmissionFactory(assignment=assignment, **values)


def attach(
    submission: Submission, code: str = "norm_doc", *, file: EvidenceFile | None = None, **values
) -> EvidenceLink:
    """掛一份佐證，默認採用。"""
    if file is None:
        kind = {} if code == "photo" else {"content_type": "application/pdf", "extension": "pdf"}
        file = make.EvidenceFileFactory(**kind)
    return make.EvidenceLinkFactory(
        round=submission.rounds.get(number=submission.round_number),
        form=EvidenceForm.objects.get(code=code),
        file=file,
        **{"state": EvidenceLink.State.ACCEPTED, "caption": "辦事大廳公示欄", **values},
    )


def read(link: EvidenceLink, **values: object) -> FileReading:
    """後台讀過這份文件。"""
    return FileReading.objects.create(file=link.file, **{"state": FileReading.State.DONE, **values})
