"""權限表的戲台：每個網址要的參數，都指到婚姻登記處的東西。"""

from dataclasses import dataclass
from io import BytesIO
from typing import Any
from uuid import uuid4

from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.urls import reverse
from PIL import Image

from background.models import Job
from campaigns.models import EvidenceSet, Seat
from evaluations.models import Score
from exchange.services import importing
from journal.channels import vault
from journal.models import Gateway, Notice
from people.models import Appointment
from reports import services
from reports.models import Outline, PaperTemplate, Paragraph
from supervision.models import Attachment
from tasks.models import ChangeRequest, Chase, EvidenceLink, Round, Submission
from tests import factories as make
from tests.cast import Cast
from tests.evaluations import letter_stage, objection_stage, round_access
from tests.evaluations.scheme_stage import scheme_keys
from tests.evaluations.stage import veto_keys
from tests.exchange.stage import desk
from tests.recommendations import access as recommendation_access
from tests.reports.stage import draft
from tests.supervision import stage as supervision_stage

Keys = dict[str, dict[str, Any]]
"""{網址名或應用名: 網址要的參數}；沒有列出的網址用它所屬應用的。"""


@dataclass
class Stage:
    cast: Cast
    keys: Keys

    def url(self, name: str) -> str:
        app = name.split(":")[0]
        return reverse(name, kwargs=self.keys.get(name, self.keys.get(app, {})))


def lay(cast: Cast) -> Stage:
    """婚姻登記處（外加別的單位幾樣）各處都有東西的一台戲。"""
    code = {"campaign_code": cast.campaign.code}
    plan = plan_keys(cast, code)
    keys = people_keys(cast) | campaign_keys(cast, code) | plan | work_keys(cast, code)
    feed = {"agenda:feed": {"key": "no-such-key"}}
    keys |= checkup_keys(cast, code) | report_keys(cast, code) | order_keys(cast)
    keys |= veto_keys(cast, code, evidence_of(Round.objects.first(), cast).file)
    keys |= round_access.keys(cast, evidence_of(Round.objects.first(), cast).file)
    keys |= objection_keys(cast)
    keys |= recommendation_access.keys(cast, code, evidence_of(Round.objects.first(), cast).file)
    # 考核用的是先有的那份辦法，所以在它們後面。
    keys |= scheme_keys(cast)
    return Stage(cast, keys | exchange_keys(cast) | feed | {"evidence:pack": code})


def people_keys(cast: Cast) -> Keys:
    status = cast.registry.demonstration_statuses.create(level="province", granted_by="省民政廳")
    appointment = {"pk": Appointment.objects.get(user=cast.clerk).pk}
    notice = Notice.objects.create(
        recipient=cast.clerk, title="新任務", created_at=make.moment(2026, 11, 20)
    )
    gateway = {"pk": gateway_beyond_reach().pk}
    path = default_storage.save("results/job", ContentFile(b"x"))
    job = Job.objects.create(
        owner=cast.clerk, kind="x", key="x", title="導出", state=Job.State.DONE, file=path,
        file_name="表.xlsx", ordered_at=make.moment(2026, 11, 20),
    )  # fmt: skip
    registry, clerk = {"pk": cast.registry.pk}, {"pk": cast.clerk.pk}
    persons = ("detail", "edit", "reset-password", "deactivate", "activate")
    return {
        "background:job-list": {},
        "background": {"pk": job.pk},
        "journal:notice": {"pk": notice.pk},
        "journal:gateway-create": {"kind": "wecom"},
        "journal:gateway-edit": gateway,
        "journal:gateway-try": gateway,
        "people:demonstration-end": {"pk": status.pk},
        "people:appointment-end": appointment,
        "people:appointment-hand-over": appointment,
        **{f"people:department-{page}": registry for page in ("detail", "edit", "close")},
        **{f"people:{page}": registry for page in ("period-add", "demonstration-add", "appoint")},
        **{f"people:person-{page}": clerk for page in persons},
    }


def gateway_beyond_reach() -> Gateway:
    """一個連不上的渠道：試發立即被拒，不出本機。"""
    secrets = vault.seal({"url": "http://127.0.0.1:1/"})
    return Gateway.objects.create(kind="webhook", name="接口", sealed=secrets)


def checkup_keys(cast: Cast, code: dict[str, Any]) -> Keys:
    registry = code | {"pk": cast.registry.pk}
    return {
        "evidence:checkup": code,
        "evidence:checkup-export": code,
        "evidence:checkup-department": registry,
        "evidence:checkup-department-export": registry,
    }


def campaign_keys(cast: Cast, code: dict[str, Any]) -> Keys:
    seat = code | {"pk": Seat.objects.get(user=cast.deputy).pk}
    return {
        "campaigns": code,
        "campaigns:campaign-list": {},
        "campaigns:campaign-create": {},
        "campaigns:evidence-sets": {},
        "campaigns:evidence-set-create": {},
        "campaigns:evidence-set-edit": {"pk": EvidenceSet.objects.first().pk},
        **{f"campaigns:seat-{page}": seat for page in ("edit", "end", "hand-over")},
    }


def plan_keys(cast: Cast, code: dict[str, Any]) -> Keys:
    version = make.PlanVersionFactory(campaign=cast.campaign, imported_by=cast.office)
    section = make.ClauseFactory(version=version, level="section", code="S3", text="")
    item = make.ClauseFactory(version=version, level="item", code="G4", parent=section)
    clause = make.ClauseFactory(version=version, code="G4.8", parent=item)
    indicator = make.IndicatorFactory(
        objective=make.ObjectiveFactory(campaign=cast.campaign), clause=clause
    )
    return {
        "tasks:plan-version": code | {"number": version.number},
        "tasks:indicator-edit": code | {"pk": indicator.pk},
    }


def work_keys(cast: Cast, code: dict[str, Any]) -> Keys:
    measure = make.MeasureFactory(
        campaign=cast.campaign, lead_department=cast.registry, code="3-04", issued=True
    )
    measure.supporting_departments.add(cast.bureau_office)
    assignment = make.AssignmentFactory(measure=measure)
    make.AssignmentFactory(measure=measure, department=cast.bureau_office, role="supporting")
    waiting = make.SubmissionFactory(
        assignment=assignment, endorsed=True, by={"clerk": cast.clerk, "head": cast.head}
    )
    still_open = make.SubmissionFactory(assignment=assignment, label="2026-12")
    evidence = evidence_of(waiting.rounds.get(), cast)
    link, file = {"pk": evidence.pk}, {"pk": evidence.file_id}
    request = {"pk": request_for(still_open, cast).pk}
    measure_pages, own = ("detail", "edit", "close-out"), {"pk": assignment.pk}
    return {
        "tasks": code,
        "tasks:current": {},
        "tasks:review-withdraw": code | {"pk": waiting.pk},
        **{f"tasks:measure-{page}": code | {"code": measure.code} for page in measure_pages},
        **{f"tasks:{page}": own for page in ("acknowledge", "objection", "extension")},
        **{f"tasks:evidence-{page}": link for page in ("file", "thumb", "remove")},
        "tasks:evidence-add": {"pk": still_open.pk},
        "tasks:evidence-check": {"pk": still_open.pk},
        "evidence:checkup-current": {},
        "evidence:library": {},
        "evidence:unlinked": {},
        "evidence:file": file,
        "evidence:file-reuse": file,
        "evidence:reuse": {"pk": still_open.pk},
        "evidence": code,
        "tasks:chase-unit": code | {"pk": cast.registry.pk},
        "tasks:chase-phone": code | {"pk": cast.registry.pk},
        "tasks:chase-history": {"pk": still_open.pk},
        "tasks:chase-received": {"batch": chase_of(still_open, cast).batch},
        "reports:chase-recorded": {"batch": chase_of(still_open, cast, channel="paper").batch},
        "tasks:submission": {"pk": waiting.pk},
        "tasks:submission-draft": {"pk": still_open.pk},
        "tasks:request-decide": request,
        "tasks:request-withdraw": request,
    }


def evidence_of(round_: Round, cast: Cast) -> EvidenceLink:
    """一張真在存儲裏的照片，掛在這一輪上。"""
    picture = BytesIO()
    Image.new("RGB", (40, 30), "white").save(picture, "JPEG")
    path = default_storage.save("evidence/access.jpg", ContentFile(picture.getvalue()))
    return make.EvidenceLinkFactory(round=round_, added_by=cast.clerk, file__path=path)


def request_for(submission: Submission, cast: Cast) -> ChangeRequest:
    return ChangeRequest.objects.create(
        assignment=submission.assignment,
        submission=submission,
        kind="extension",
        reason="公示欄未到貨",
        previous_date=submission.due_date,
        proposed_date=submission.assignment.due_date,
        requested_by=cast.clerk,
        requested_at=make.moment(2026, 11, 20),
    )


def chase_of(submission: Submission, cast: Cast, channel: str = "notice") -> Chase:
    return Chase.objects.create(
        submission=submission,
        batch=uuid4(),
        channel=channel,
        at=make.moment(2026, 11, 20),
        by=cast.office,
    )


def word_template(cast: Cast) -> PaperTemplate:
    return PaperTemplate.objects.create(
        campaign=cast.campaign,
        paper="situation",
        name="樣本",
        content=b"PK",
        sha256="0" * 64,
        file_name="樣本.docx",
        uploaded_at=make.moment(2026, 11, 20),
        uploaded_by=cast.office,
    )


def report_keys(cast: Cast, code: dict[str, Any]) -> Keys:
    report = draft(cast, make.moment(2026, 11, 23))
    one = code | {"pk": report.pk}
    outline = Outline.objects.create(campaign=cast.campaign, kind="notice", name="簡")
    kept = code | {"pk": outline.pk}
    section = report.sections.first()
    text = Paragraph.objects.filter(section__report=report).first()
    paragraph = one | {"paragraph_pk": text.pk}
    template = code | {"template_pk": word_template(cast).pk}
    pages = (
        *("detail", "settings", "recompile", "discard", "submit", "review", "return", "issue"),
        *("correct", "preview", "wording", "history"),
    )
    at = make.moment(2026, 11, 23)
    comment = services.add_comment(actor=cast.leader, report_id=report.pk, body="再短些。", at=at)
    suggested = services.suggest(
        actor=cast.leader, paragraph_id=text.pk, text="改。", reason="", base_text=text.text, at=at
    )
    return letter_keys(cast) | {
        "reports": code,
        "evaluations": code,
        "evaluations:current": {},
        "evaluations:honour-list": {},
        "evaluations:honour-create": {},
        **{f"reports:report-{page}": one for page in (*pages, "download")},
        "reports:report-figure": one | {"key": "none"},
        "reports:outline": kept,
        "reports:outline-act": kept | {"act": "default"},
        "reports:report-picture": one | {"sha256": "none"},
        "reports:template-starter": code | {"paper": "situation"},
        "reports:template-file": template,
        "reports:template-retire": template,
        "reports:figures-update": one,
        "reports:material-insert": one,
        "reports:comment-add": one,
        **{
            f"reports:comment-{act}": one | {"comment_pk": comment.pk}
            for act in ("reply", "settle")
        },
        "reports:suggestion": one | {"suggestion_pk": suggested.pk},
        "reports:paragraph-history": paragraph,
        "reports:paragraph-suggest": paragraph,
        "reports:paragraph": paragraph,
        "reports:paragraph-act": paragraph | {"act": "leave-out"},
        "reports:paragraph-add": one | {"section_pk": section.pk},
    }


def letter_keys(cast: Cast) -> Keys:
    """婚姻登記處的責任書：前任負責人簽訂的一份，和送了簽的補充書。"""
    at = make.moment(2026, 11, 20)
    former = make.AppointmentFactory(department=cast.registry, role="head", end_date=at.date()).user
    letter = letter_stage.letter(cast, at)
    for who in (former, cast.leader):
        letter_stage.sign(letter, who, at)
    supplement = {"pk": letter_stage.supplement(cast, at, parent=letter).pk}
    pages = ("paper", "terms", "send", "sign", "return", "void", "supplement")
    return {
        "evaluations:letter": supplement,
        "evaluations:letter-acknowledge": {"pk": letter.pk},
        **{f"evaluations:letter-{page}": supplement for page in pages},
    }


def objection_keys(cast: Cast) -> Keys:
    """婚姻登記處在反饋階段提的一件，附一張照片，辦公室已答覆；分是系統取的，誰也不用迴避。"""
    at = make.moment(2026, 11, 23)
    sheet = objection_stage.sheet(cast, kind="monthly")
    objection = objection_stage.objection(cast, at, found=sheet)
    Score.objects.filter(pk=objection.score_id).update(by=None)
    waiting = objection_stage.objection(cast, at, found=objection.sheet, number="2.1")
    Score.objects.filter(pk=waiting.score_id).update(by=None)
    objection_stage.answer(cast, waiting, at)
    file = objection.files.create(
        file=evidence_of(Round.objects.first(), cast).file,
        name="補簽.jpg",
        added_at=at,
        added_by=cast.head,
    )
    sheet = {"code": objection.sheet.round.code, "department_id": cast.registry.pk}
    one = {"pk": objection.pk}
    return {
        "evaluations:objection-list": {},
        "evaluations:objection-create": sheet,
        "evaluations:rectify": sheet,
        "evaluations:objection-decide": {"pk": waiting.pk},
        **{f"evaluations:objection-{step}": one for step in ("withdraw", "files", "answer")},
        "evaluations:objection": one,
        "evaluations:objection-file": {"pk": file.pk},
        "evaluations:objection-file-thumb": {"pk": file.pk},
    }


def exchange_keys(cast: Cast) -> Keys:
    """辦公室傳的一份榮譽台賬，有一格不對。"""
    table = desk(cast, "honours")
    make.HonourFactory(name="省文明單位")
    data = table.edited(table.exported(), 2, 級別="宇宙")
    at = make.moment(2026, 11, 23)
    upload = table.uploaded(data, at)
    importing.check(upload=upload, at=at)
    honours = {"kind": "honours"}
    return {
        "exchange": {"pk": upload.pk},
        "exchange:export": honours,
        "exchange:import": honours,
    }


def order_keys(cast: Cast) -> Keys:
    """婚姻登記處的兩張：一張組長批示的，正在寫反饋、申請了延期；一張送了簽。"""
    at = make.moment(2026, 11, 23)
    order = supervision_stage.instruct(cast, at, "accepted")
    waiting = supervision_stage.order(cast, at, "submitted")
    extension = supervision_stage.ask_extension(cast, order, at)
    picture = evidence_of(Round.objects.first(), cast).file
    attachment = Attachment.objects.create(
        order=order,
        round=order.current,
        file=picture,
        name="公示欄.jpg",
        added_at=at,
        added_by=cast.clerk,
    )
    one, file = {"pk": order.pk}, {"pk": attachment.pk}
    submission = Submission.objects.first()
    report = Paragraph.objects.first().section.report
    return {
        "supervision": one,
        **{f"supervision:{page}": {} for page in ("order-list", "order-export", "order-create")},
        "supervision:rectification-list": {},
        "supervision:instructions": {},
        "supervision:order-sign": {"pk": waiting.pk},
        "supervision:order-give-back": {"pk": waiting.pk},
        "supervision:extension-decide": {"pk": extension.pk},
        "supervision:extension-withdraw": {"pk": extension.pk},
        **{f"supervision:{page}": file for page in ("file", "file-thumb", "file-remove")},
        "supervision:instruct-measure": {"pk": submission.assignment.measure_id},
        "supervision:instruct-submission": {"pk": submission.pk},
        "supervision:instruct-report": {"pk": report.pk},
    }
