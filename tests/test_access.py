"""誰打得開哪一頁：一張表，每個網址 × 每個角色 × 本單位和外單位。表裏漏了網址就不通過。

表中的對象都屬婚姻登記處（head、clerk 本單位，neighbour 外單位，helper 配合單位）。
「能」指得到頁面或辦成、或被指出該改什麼；不能的得到 403（知道有、不讓辦）或 404（不知道有）；
沒登錄的一律被帶去登錄。
"""

import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import date
from io import BytesIO
from typing import Any
from uuid import uuid4

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import transaction
from django.http import HttpResponse
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse
from PIL import Image

from background.models import Job
from campaigns.models import EvidenceSet, Seat
from evaluations.models import AssessmentRound, Score
from exchange.services import importing
from journal.channels import vault
from journal.models import Gateway, Notice
from people.models import Appointment
from reports.models import Paragraph
from supervision.models import Attachment
from tasks.models import ChangeRequest, Chase, EvidenceLink, Round, Submission
from tests import factories as make
from tests.cast import Cast
from tests.evaluations import objection_stage, round_stage
from tests.exchange.stage import desk
from tests.reports.stage import draft
from tests.supervision import stage as supervision_stage

ROLES = ("office", "leader", "deputy", "head", "clerk", "neighbour", "helper", "admin")
ALL = frozenset(ROLES)
OFFICE = frozenset({"office"})
MANAGERS = OFFICE | {"admin"}
OWN = frozenset({"head", "clerk"})
ABOVE = frozenset({"office", "leader", "deputy"})
SIGN_IN = "/sign-in/"


@dataclass(frozen=True)
class Row:
    """表的一行。allowed 能打開的角色；refused 其餘角色得到的狀態碼。"""

    allowed: frozenset[str]
    refused: int = 403
    method: str = "get"
    data: dict[str, Any] = field(default_factory=dict)
    special: dict[str, int] = field(default_factory=dict)

    def expected(self, role: str) -> str:
        if role in self.allowed:
            return "allowed"
        return str(self.special.get(role, self.refused))

    def fresh_data(self) -> dict[str, Any]:
        """文件只能讀一遍，每次現做。"""
        return {key: value() if callable(value) else value for key, value in self.data.items()}


def get(allowed: Iterable[str], refused: int = 403) -> Row:
    return Row(frozenset(allowed), refused)


def post(allowed: Iterable[str], refused: int = 403, **data: Any) -> Row:
    return Row(frozenset(allowed), refused, "post", data)


def draft_page(method: str = "get") -> Row:
    """彙報草稿的編輯頁：辦公室能改；領導看得見草稿但不能改（403）；旁人不知道有它（404）。"""
    return Row(OFFICE, 404, method, special={"leader": 403, "deputy": 403})


def order_page(allowed: Iterable[str], method: str = "get", **data: Any) -> Row:
    """督辦單的一步：看得見單子而不能辦的 403；旁的單位不知道有它（404）。"""
    seeing = dict.fromkeys((ABOVE | OWN) - set(allowed), 403)
    return Row(frozenset(allowed), 404, method, data, seeing)


def round_page(allowed: Iterable[str], method: str = "get", **data: Any) -> Row:
    """一次考核的一步：單位的人都知道有它（403），不在單位、不在領導小組的不知道（404）。"""
    return Row(frozenset(allowed), 403, method, data, {"admin": 404})


def visit_page(allowed: Iterable[str], method: str = "get", **data: Any) -> Row:
    """到婚姻登記處的一次明查：本單位和領導看得見，旁的單位不知道有它（404）。"""
    seeing = dict.fromkeys((ABOVE | OWN) - set(allowed), 403)
    return Row(frozenset(allowed), 404, method, data, seeing)


def objection_page(allowed: Iterable[str], method: str = "get", **data: Any) -> Row:
    """考核異議的一步：本單位的人、辦公室和領導看得見而不能辦的 403；別人不知道有它（404）。"""
    seeing = dict.fromkeys((ABOVE | OWN) - set(allowed), 403)
    return Row(frozenset(allowed), 404, method, data, seeing)


# 不登錄也能打開的。
OPEN = {"people:sign-in", "display:switch", "agenda:feed", "health:healthz", "health:livez"}
# 沒有這個數時對誰都是 404；它的權限與報告同一道門，由 tests/reports 另測。
ELSEWHERE = {"reports:report-figure"}

TABLE: dict[str, Row] = {
    "desk:home": get(ALL),
    "desk:search": get(ALL),
    "people:sign-out": post(ALL),
    "people:my-account": get(ALL),
    "people:change-password": get(ALL),
    "people:organisation": get(ALL),
    "people:department-detail": get(ALL),
    "people:department-create": get(MANAGERS),
    "people:department-edit": get(MANAGERS),
    "people:department-close": get(MANAGERS),
    "people:period-add": get(MANAGERS),
    "people:demonstration-add": get(MANAGERS),
    "people:demonstration-end": get(MANAGERS),
    "people:appoint": get(MANAGERS),
    "people:appointment-end": get(MANAGERS),
    "people:appointment-hand-over": get(MANAGERS),
    "people:person-list": get(MANAGERS),
    "people:person-create": get(MANAGERS),
    "people:person-detail": get(MANAGERS),
    "people:person-edit": get(MANAGERS),
    "people:person-reset-password": get(MANAGERS),
    "people:person-deactivate": get(MANAGERS),
    "people:person-activate": get(MANAGERS),
    "background:job-list": get(ALL),
    "background:job": get({"clerk"}, 404),
    "background:job-file": get({"clerk"}, 404),
    "background:job-cancel": post({"clerk"}, 404),
    "journal:notices": get(ALL),
    "journal:notices-read": post(ALL),
    "journal:notice": get({"clerk"}, 404),
    "journal:preferences": get(ALL),
    "journal:outbox": get(MANAGERS),
    "journal:outbox-resend": post(MANAGERS),
    "journal:gateway-list": get({"admin"}),
    "journal:gateway-create": get({"admin"}),
    "journal:gateway-edit": get({"admin"}),
    "journal:gateway-try": post({"admin"}),
    "journal:mail-try": post({"admin"}),
    "campaigns:campaign-list": get(ALL),
    "campaigns:campaign-create": get(MANAGERS | {"leader"}),
    "campaigns:evidence-sets": get(MANAGERS),
    "campaigns:evidence-set-create": get(MANAGERS),
    "campaigns:evidence-set-edit": get(MANAGERS),
    "campaigns:campaign-detail": get(ALL),
    "campaigns:campaign-edit": get(MANAGERS),
    "campaigns:campaign-start": post(MANAGERS),
    "campaigns:campaign-close": get(MANAGERS),
    "campaigns:campaign-reopen": post(MANAGERS),
    "campaigns:leading-group": get(ALL),
    "campaigns:seat-create": get(MANAGERS),
    "campaigns:seats-fill": post(MANAGERS),
    "campaigns:seat-edit": get(MANAGERS),
    "campaigns:seat-end": get(MANAGERS),
    "campaigns:seat-hand-over": get(MANAGERS),
    "tasks:plan": get(ALL),
    "tasks:plan-version": get(ALL),
    "tasks:indicator-edit": get(OFFICE),
    "tasks:plan-import": get(OFFICE),
    "tasks:plan-propose": post(OFFICE),
    "tasks:plan-preview": get(OFFICE),
    "tasks:plan-adjust": post(OFFICE),
    "tasks:plan-undo": post(OFFICE),
    "tasks:plan-differences": get(OFFICE),
    "tasks:plan-save": post(OFFICE),
    "tasks:plan-discard": post(OFFICE),
    "tasks:plan-table": get(OFFICE),
    "tasks:plan-table-save": post(OFFICE),
    "tasks:reminder-policy": get(OFFICE),
    "tasks:reminder-reset": post(OFFICE),
    "tasks:reminder-preview": get(OFFICE),
    "tasks:review-inbox": get(OFFICE),
    "tasks:endorse-inbox": get({"head", "clerk", "neighbour", "helper"}),
    "tasks:chase-board": get(OFFICE),
    "tasks:chase-send": post(OFFICE),
    "tasks:chase-paper": get(OFFICE),
    "tasks:chase-group": get(OFFICE),
    "tasks:chase-unit": get(OFFICE),
    "tasks:chase-phone": get(OFFICE),
    "tasks:chase-history": get(OWN | ABOVE),
    "tasks:chase-received": get(OWN | ABOVE),
    "tasks:current": get(ALL),
    "tasks:breakdown": get(ALL),
    "tasks:measure-new": get(OFFICE),
    "tasks:breakdown-bulk": post(OFFICE),
    "tasks:measure-edit": get(OFFICE),
    "tasks:measure-detail": get(ALL),
    "tasks:measure-close-out": post(OFFICE),
    "tasks:my-reports": get(ALL),
    "tasks:submission": get(ALL),
    "tasks:submission-draft": post(OWN),
    "tasks:evidence-check": post(OWN),
    "tasks:evidence-add": post(OWN, file=lambda: SimpleUploadedFile("a.jpg", b"x")),
    "tasks:evidence-file": get(OWN | ABOVE),
    "tasks:evidence-thumb": get(OWN | ABOVE),
    "tasks:evidence-remove": post(OWN),
    "tasks:acknowledge": post(OWN),
    "tasks:objection": get(OWN),
    "tasks:extension": get(OWN),
    "tasks:request-decide": get(OFFICE),
    "tasks:request-withdraw": post(OWN),
    "tasks:review-withdraw": post(OFFICE),
    "tasks:review-bulk": get(OFFICE),
    "tasks:review-requests": get(OFFICE),
    "tasks:review-history": get(OFFICE),
    "evaluations:current": get(ALL),
    "evaluations:overview": get(ALL),
    "evaluations:honour-list": get(ALL),
    "evaluations:honour-create": get(MANAGERS),
    "evaluations:honour-edit": get(MANAGERS),
    "evaluations:round-list": get(ALL),
    "evaluations:round-create": get(OFFICE),
    "evaluations:round": round_page(ALL - {"admin"}),
    "evaluations:round-schedule": round_page(OFFICE),
    "evaluations:round-start": round_page(OFFICE, "post"),
    "evaluations:round-advance": round_page(OFFICE, "post"),
    "evaluations:round-figures": round_page(OFFICE, "post"),
    "evaluations:round-decide": round_page({"leader"}, "post"),
    "evaluations:round-publish": round_page({"leader"}, "post"),
    "evaluations:result": round_page(ABOVE),
    "evaluations:bulletin": round_page(ABOVE),
    "evaluations:sheet": round_page(ABOVE | OWN),
    "evaluations:self-return": round_page(OFFICE, "post"),
    "evaluations:figure": round_page(ABOVE | OWN),
    "evaluations:visit-list": round_page(ALL - {"admin"}),
    "evaluations:visit-create": round_page(OFFICE),
    "evaluations:visit-draw": round_page(OFFICE),
    "evaluations:visit": visit_page(ABOVE | OWN),
    "evaluations:visit-photo-add": visit_page(
        OFFICE, "post", file=lambda: SimpleUploadedFile("a.jpg", b"x")
    ),
    "evaluations:visit-photo": visit_page(ABOVE | OWN),
    "evaluations:visit-photo-thumb": visit_page(ABOVE | OWN),
    "evaluations:visit-photo-remove": visit_page(OFFICE, "post"),
    "reports:report-list": get(ALL),
    "reports:report-create": get(OFFICE),
    "reports:report-detail": get(ABOVE, 404),
    "reports:report-preview": get(ABOVE, 404),
    "reports:report-download": get(ABOVE, 404),
    "reports:report-settings": draft_page(),
    "reports:report-recompile": draft_page("post"),
    "reports:report-discard": draft_page(),
    "reports:report-issue": draft_page(),
    "reports:report-correct": draft_page(),
    "reports:paragraph": draft_page(),
    "reports:paragraph-act": draft_page("post"),
    "reports:paragraph-add": draft_page(),
    "evidence:checkup-current": get(ALL),
    "evidence:checkup": get(ALL - {"admin"}),
    "evidence:checkup-export": get(ALL - {"admin"}),
    "evidence:checkup-department": get(OWN | ABOVE),
    "evidence:checkup-department-export": get(OWN | ABOVE),
    "evidence:pack": get(ABOVE | {"head", "neighbour"}),
    "exchange:export": get(ALL),
    "exchange:import": get(MANAGERS),
    "exchange:upload": get(OFFICE, 404),
    "exchange:upload-confirm": post(OFFICE, 404),
    "exchange:upload-drop": post(OFFICE, 404),
    "exchange:upload-copy": get(OFFICE, 404),
    "agenda:month": get(ALL),
    "agenda:subscribe": get(ALL),
    "agenda:working-days": get(ALL),
    "agenda:calendar-import": get({"admin"}),
    "agenda:calendar-day": get({"admin"}),
    "health:status": get(MANAGERS),
    "health:mail-check": post(MANAGERS),
    "health:remind-now": post(MANAGERS),
    "evidence:library": get(ALL),
    "evidence:unlinked": get(OFFICE),
    "evidence:file": get(OWN | ABOVE, 404),
    "evidence:file-reuse": Row(OWN, 404, special=dict.fromkeys(ABOVE, 403)),
    "evidence:reuse": get(OWN),
    "evidence:request-list": get(ALL),
    "evidence:request-create": get(OFFICE),
    "evaluations:objection-list": get(ALL),
    "evaluations:objection-create": Row(frozenset({"head"}), 403, special={"admin": 404}),
    "evaluations:objection": get(ABOVE | OWN, 404),
    "evaluations:objection-withdraw": objection_page({"head"}, "post"),
    "evaluations:objection-files": objection_page(
        {"head"}, "post", file=lambda: SimpleUploadedFile("a.jpg", b"x")
    ),
    "evaluations:objection-answer": objection_page(OFFICE),
    "evaluations:objection-decide": objection_page({"leader"}),
    "evaluations:objection-file": get(ABOVE | OWN, 404),
    "evaluations:objection-file-thumb": get(ABOVE | OWN, 404),
    "evaluations:rectify": Row(OFFICE, 403, special={"admin": 404}),
    "supervision:order-list": get(ALL),
    "supervision:order-export": get(ALL),
    "supervision:rectification-list": get(ALL),
    "supervision:instructions": get(ALL),
    "supervision:order-create": get(OFFICE),
    "supervision:order-detail": get(ABOVE | OWN, 404),
    "supervision:order-notice": get(ABOVE | OWN, 404),
    "supervision:order-edit": order_page(OFFICE),
    "supervision:order-issue": order_page(OFFICE, "post"),
    "supervision:order-cancel": order_page(OFFICE),
    "supervision:order-suspend": order_page(OFFICE),
    "supervision:order-resume": order_page(OFFICE),
    "supervision:order-acknowledge": order_page(OWN, "post"),
    "supervision:order-answer": order_page(OWN),
    "supervision:answer-draft": order_page(OWN, "post"),
    "supervision:order-sign": order_page({"head"}, "post", round=1),
    "supervision:order-give-back": order_page({"head"}),
    "supervision:extension": order_page(OWN),
    "supervision:extension-decide": order_page(OFFICE),
    "supervision:extension-withdraw": order_page(OWN, "post"),
    "supervision:order-read": order_page({"leader"}, "post"),
    "supervision:order-redo": order_page({"leader"}),
    "supervision:order-send-back": order_page(OFFICE),
    "supervision:order-close": order_page(OFFICE),
    "supervision:file-add": order_page(
        OFFICE | OWN, "post", file=lambda: SimpleUploadedFile("a.jpg", b"x")
    ),
    "supervision:file": order_page(OWN),
    "supervision:file-thumb": order_page(OWN),
    "supervision:file-remove": order_page(OWN, "post"),
    "supervision:instruct-measure": get({"leader", "deputy"}),
    "supervision:instruct-submission": get({"leader", "deputy"}),
    "supervision:instruct-report": Row(
        frozenset({"leader", "deputy"}), 404, special={"office": 403}
    ),
}


Keys = dict[str, dict[str, Any]]
"""{網址名或應用名: 網址要的參數}；沒有列出的網址用它所屬應用的。"""


@dataclass
class Stage:
    cast: Cast
    keys: Keys

    def url(self, name: str) -> str:
        app = name.split(":")[0]
        return reverse(name, kwargs=self.keys.get(name, self.keys.get(app, {})))


@pytest.fixture
def stage(cast: Cast) -> Stage:
    code = {"campaign_code": cast.campaign.code}
    plan = plan_keys(cast, code)
    keys = people_keys(cast) | campaign_keys(cast, code) | plan | work_keys(cast, code)
    feed = {"agenda:feed": {"key": "no-such-key"}}
    keys |= checkup_keys(cast, code) | report_keys(cast, code) | order_keys(cast)
    keys |= round_keys(cast)
    keys |= objection_keys(cast)
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


def chase_of(submission: Submission, cast: Cast) -> Chase:
    return Chase.objects.create(
        submission=submission, batch=uuid4(), at=make.moment(2026, 11, 20), by=cast.office
    )


def report_keys(cast: Cast, code: dict[str, Any]) -> Keys:
    report = draft(cast, make.moment(2026, 11, 23))
    one = code | {"pk": report.pk}
    section = report.sections.first()
    text = Paragraph.objects.filter(section__report=report).first()
    paragraph = one | {"paragraph_pk": text.pk}
    pages = ("detail", "settings", "recompile", "discard", "issue", "correct", "preview")
    return {
        "reports": code,
        "evaluations": code,
        "evaluations:current": {},
        "evaluations:honour-list": {},
        "evaluations:honour-create": {},
        "evaluations:honour-edit": {"pk": make.HonourFactory(department=cast.registry).pk},
        **{f"reports:report-{page}": one for page in (*pages, "download")},
        "reports:report-figure": one | {"key": "none"},
        "reports:paragraph": paragraph,
        "reports:paragraph-act": paragraph | {"act": "leave-out"},
        "reports:paragraph-add": one | {"section_pk": section.pk},
    }


def round_keys(cast: Cast) -> Keys:
    """一次在自評的考核，安排了到婚姻登記處的明查；一次已經定稿的。"""
    running = round_stage.round_at(cast, "self")
    sheet = round_stage.sheet_of(running, cast.registry)
    at = make.moment(2026, 11, 23)
    visit = sheet.visits.create(date=at.date(), created_by=cast.office, created_at=at)
    photo = visit.photos.create(
        file=evidence_of(Round.objects.first(), cast).file,
        name="大廳.jpg",
        added_at=at,
        added_by=cast.office,
    )
    decided = round_stage.planned(cast, period_start=date(2026, 7, 1), period_end=date(2026, 9, 30))
    AssessmentRound.objects.filter(pk=decided.pk).update(phase="feedback")
    body = {
        "sheets": [],
        "scheme": {"title": "考核辦法"},
        "round": {"title": "考核", "period_start": "2026-07-01", "period_end": "2026-09-30"},
    }
    decided.snapshots.create(edition=1, body=json.dumps(body), made_by=cast.leader, made_at=at)
    one = {"code": running.code}
    unit = one | {"department_id": cast.registry.pk}
    steps = ("schedule", "start", "advance", "figures", "decide", "publish")
    return {
        "evaluations:round-list": {},
        "evaluations:round-create": {},
        "evaluations:round": one,
        **{f"evaluations:round-{step}": one for step in steps},
        **{f"evaluations:{page}": {"code": decided.code} for page in ("result", "bulletin")},
        **{f"evaluations:{page}": unit for page in ("sheet", "self-return")},
        "evaluations:figure": unit | {"name": "on_time_rate"},
        **{f"evaluations:visit-{page}": one for page in ("list", "create", "draw")},
        **{f"evaluations:{page}": {"pk": visit.pk} for page in ("visit", "visit-photo-add")},
        **{
            f"evaluations:visit-photo{page}": {"pk": photo.pk} for page in ("", "-thumb", "-remove")
        },
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


def all_names(resolver: URLResolver, namespace: str = "") -> set[str]:
    """全站的網址名（後台除外，它另有一套）。"""
    found = set()
    for pattern in resolver.url_patterns:
        if isinstance(pattern, URLResolver):
            if pattern.namespace != "admin":
                found |= all_names(pattern, pattern.namespace or namespace)
        elif isinstance(pattern, URLPattern) and pattern.name:
            found.add(f"{namespace}:{pattern.name}" if namespace else pattern.name)
    return found


def ask(client: Client, row: Row, url: str) -> HttpResponse:
    """打開一次，把留下的改動撤掉，好讓下一個角色看到同樣的戲台。"""
    mark = transaction.savepoint()
    answer = getattr(client, row.method)(url, row.fresh_data())
    transaction.savepoint_rollback(mark)
    return answer


def outcome(answer: HttpResponse) -> str:
    if answer.status_code == 302 and answer.url.startswith(SIGN_IN):
        return "sign in"
    return str(answer.status_code) if answer.status_code in (403, 404) else "allowed"


def test_every_address_is_in_the_table() -> None:
    assert all_names(get_resolver()) == set(TABLE) | OPEN | ELSEWHERE


@pytest.mark.parametrize("app", sorted({name.split(":")[0] for name in TABLE}))
def test_each_role_gets_what_the_table_says(
    stage: Stage, signed_in: Callable[..., Client], app: str
) -> None:
    """一個應用的各網址共用一個戲台：每次打開都撤掉留下的改動。"""
    rows = {name: row for name, row in TABLE.items() if name.startswith(f"{app}:")}
    expected = {name: {role: row.expected(role) for role in ROLES} for name, row in rows.items()}
    # 退出登錄之後回到登錄頁，那正是「能」。
    if app == "people":
        expected["people:sign-out"] = dict.fromkeys(ROLES, "sign in")

    found = {name: roles_at(stage, signed_in, name) for name in rows}

    assert found == expected
    strangers = {name: outcome(ask(Client(), row, stage.url(name))) for name, row in rows.items()}
    assert strangers == dict.fromkeys(rows, "sign in")


def roles_at(stage: Stage, signed_in: Callable[..., Client], name: str) -> dict[str, str]:
    """各角色打開這一頁得到什麼。每次重新登錄：「退出」會丟掉會話。"""
    row, url = TABLE[name], stage.url(name)
    return {role: outcome(ask(signed_in(getattr(stage.cast, role)), row, url)) for role in ROLES}
