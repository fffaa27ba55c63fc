"""資料包測試的一台戲：三項指標，四份文件，一份掛在兩項上，一份不採用，一項指標空着。"""

import hashlib
import io
import zipfile
from dataclasses import dataclass
from datetime import date, datetime

from django.core.files.base import ContentFile
from django.core.files.storage import default_storage

from background.models import Job
from background.services import run_job
from campaigns.models import Campaign, EvidenceForm, EvidenceRequirement, Indicator
from evidence.packing.scope import Scope
from evidence.packing.services import order_pack
from people.models import Department, User
from tasks.models import EvidenceFile, EvidenceLink, Round, Submission
from tests import factories as make
from tests.cast import Cast
from tests.factories import moment

NOW = moment(2026, 11, 26, 9)
SPAN = (date(2026, 1, 1), date(2026, 12, 31))


@dataclass
class Stage:
    cast: Cast
    notice: Indicator
    photo: Indicator
    empty: Indicator
    submission: Submission
    shared: EvidenceLink

    @property
    def campaign(self) -> Campaign:
        return self.cast.campaign


def lay_out(cast: Cast) -> Stage:
    objective = make.ObjectiveFactory(campaign=cast.campaign, number=4)
    texts = {"G4.1": "辦事程序公開", "G4.2": "窗口服務規範", "G4.3": "群眾滿意率高"}
    notice, photo, empty = (
        make.IndicatorFactory(objective=objective, code=code, clause__text=text, position=number)
        for number, (code, text) in enumerate(texts.items())
    )
    for indicator, form in ((notice, "norm_doc"), (photo, "photo"), (empty, "report")):
        EvidenceRequirement.objects.create(
            indicator=indicator, form=EvidenceForm.objects.get(code=form)
        )
    submission = accepted(cast, cast.registry, notice, photo)
    shared = attach(submission, b"shared", name="公開目錄.pdf", form="norm_doc")
    attach(submission, b"hall", name="大廳.jpg", indicator=photo, form="photo")
    attach(submission, b"list", name="收費標準.pdf", indicator=notice, form="norm_doc")
    attach(submission, b"blurred", name="看不清.jpg", form="photo", state="rejected")
    accepted(cast, cast.funeral_home, empty)
    return Stage(cast, notice, photo, empty, submission, shared)


def accepted(cast: Cast, department: Department, *indicators: Indicator) -> Submission:
    """一期審核通過的報送，對應這幾項指標。"""
    measure = make.MeasureFactory(campaign=cast.campaign, lead_department=department, issued=True)
    measure.indicators.set(indicators)
    return make.SubmissionFactory(assignment=make.AssignmentFactory(measure=measure), accepted=True)


def attach(
    submission: Submission, content: bytes, *, form: str, name: str, **values: object
) -> EvidenceLink:
    """掛上一份真有內容的文件；內容一樣的只存一份。"""
    return make.EvidenceLinkFactory(
        round=submission.rounds.get(number=submission.round_number),
        file=stored(content, name),
        name=name,
        form=EvidenceForm.objects.get(code=form),
        **{"state": EvidenceLink.State.ACCEPTED, "dated": date(2026, 11, 18), **values},
    )


def stored(content: bytes, name: str) -> EvidenceFile:
    sha256 = hashlib.sha256(content).hexdigest()
    existing = EvidenceFile.objects.filter(sha256=sha256).first()
    if existing:
        return existing
    extension = name.rsplit(".", 1)[1]
    path = f"evidence/{sha256[:2]}/{sha256}.{extension}"
    if not default_storage.exists(path):
        default_storage.save(path, ContentFile(content))
    return make.EvidenceFileFactory(
        sha256=sha256,
        size=len(content),
        path=path,
        extension=extension,
        content_type="image/jpeg" if extension == "jpg" else "application/pdf",
    )


def scope_of(campaign: Campaign, **values: object) -> Scope:
    return Scope(**{"campaign_id": campaign.pk, "start": SPAN[0], "end": SPAN[1], **values})


def order(actor: User, campaign: Campaign, at: datetime = NOW, **values: object) -> Job:
    return order_pack(
        actor=User.objects.get(pk=actor.pk),
        campaign=campaign,
        scope=scope_of(campaign, **values),
        at=at,
    )


def built(actor: User, campaign: Campaign, **values: object) -> zipfile.ZipFile:
    """要一份、辦完、打開。"""
    job = run_job(order(actor, campaign, **values).pk, now=lambda: NOW)
    assert job.state == Job.State.DONE, job.error
    return zipfile.ZipFile(io.BytesIO(default_storage.open(job.file).read()))


def evidence_in(archive: zipfile.ZipFile) -> list[str]:
    """文件夾裏的佐證，不含我們寫的目錄和說明。"""
    return [name for name in archive.namelist() if "/" in name and not name.endswith(".txt")]


def narrate(submission: Submission, text: str) -> None:
    Round.objects.filter(submission=submission).update(narrative=text)
