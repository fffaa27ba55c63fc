"""權限表：每個網址 × 每個角色得到什麼；讀法見 tests/test_access.py。"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile

from tests.evaluations.scheme_stage import EDITING, MOVING

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
    """草稿（彙報、考核辦法）的編輯頁：辦公室能改；領導看得見草稿但不能改（403）；旁人不知道有它（404）。"""
    return Row(OFFICE, 404, method, special={"leader": 403, "deputy": 403})


def own_page(allowed: Iterable[str], method: str = "get", **data: Any) -> Row:
    """某個單位的督辦單、責任書、考察、異議的一步：看得見而不能辦的 403；旁的單位不知道有它（404）。"""
    seeing = dict.fromkeys((ABOVE | OWN) - set(allowed), 403)
    return Row(frozenset(allowed), 404, method, data, seeing)


def round_page(allowed: Iterable[str], method: str = "get", **data: Any) -> Row:
    """一次考核的一步：單位的人都知道有它（403），不在單位、不在領導小組的不知道（404）。"""
    return Row(frozenset(allowed), 403, method, data, {"admin": 404})


# 不登錄也能打開的。
OPEN = {"people:sign-in", "display:switch", "agenda:feed", "health:healthz", "health:livez"}
# 沒有這個數時對誰都是 404；它的權限與報告同一道門，由 tests/reports 另測。
ELSEWHERE = {"reports:report-figure", "reports:report-picture"}

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
    "evaluations:honour": get(ALL),
    "evaluations:honour-file": get(ALL),
    "evaluations:honour-file-add": post(MANAGERS),
    "evaluations:honour-file-remove": post(MANAGERS),
    "evaluations:negative-list": get(ALL),
    "evaluations:negative-list-seed": post(OFFICE),
    "evaluations:veto-item-create": get(OFFICE),
    "evaluations:veto-item-edit": get(OFFICE),
    "evaluations:veto-item-retire": post(OFFICE),
    "evaluations:veto-list": get(ALL),
    "evaluations:veto-export": get(ALL),
    "evaluations:veto-create": get(OFFICE | OWN | {"neighbour", "helper"}),
    "evaluations:veto-detail": get(ABOVE | OWN, 404),
    "evaluations:veto-edit": own_page(OFFICE),
    "evaluations:veto-statement": own_page(OWN),
    "evaluations:veto-decide": own_page({"leader", "deputy"}),
    "evaluations:veto-release": own_page(OFFICE),
    "evaluations:veto-release-settle": own_page({"leader", "deputy"}),
    "evaluations:veto-release-withdraw": own_page(OFFICE, "post"),
    "evaluations:veto-file-add": own_page(OFFICE | OWN, "post"),
    "evaluations:veto-file": get(ABOVE | OWN, 404),
    "evaluations:veto-file-thumb": get(ABOVE | OWN, 404),
    "evaluations:veto-file-remove": own_page(OFFICE | {"clerk"}, "post"),
    "evaluations:inquiry-list": get(ABOVE),
    "evaluations:inquiry-create": get(OFFICE),
    "evaluations:inquiry-detail": get(ABOVE, 404),
    "evaluations:inquiry-letter": get(ABOVE, 404),
    "evaluations:inquiry-file": get(ABOVE, 404),
    "evaluations:inquiry-file-remove": Row(
        OFFICE, 404, "post", special={"leader": 403, "deputy": 403}
    ),
    "evaluations:inquiry-withdraw": Row(OFFICE, 404, special={"leader": 403, "deputy": 403}),
    "evaluations:letter-list": get(ALL),
    "evaluations:letter-draft-all": post(OFFICE),
    "evaluations:letter-send-all": get(OFFICE),
    "evaluations:letter-print-all": get(ABOVE | OWN, 404),
    "evaluations:letter": get(ABOVE | OWN, 404),
    "evaluations:letter-paper": get(ABOVE | OWN, 404),
    "evaluations:letter-terms": own_page(OFFICE),
    "evaluations:letter-send": own_page(OFFICE, "post"),
    "evaluations:letter-sign": own_page({"head"}, "post", seen="x"),
    "evaluations:letter-return": own_page(OFFICE | {"head"}),
    "evaluations:letter-void": own_page(OFFICE),
    "evaluations:letter-supplement": own_page(OFFICE, "post"),
    "evaluations:letter-acknowledge": own_page({"head"}, "post"),
    "evaluations:scheme-list": get(ALL),
    "evaluations:scheme": get(ALL),
    "evaluations:scheme-export": get(ALL),
    "evaluations:scheme-copy": get(OFFICE),
    "evaluations:scheme-create": get(OFFICE),
    "evaluations:scheme-import": get(OFFICE),
    **{f"evaluations:scheme-{page}": draft_page() for page in EDITING},
    **{f"evaluations:scheme-{page}": draft_page("post") for page in MOVING},
    "evaluations:round-list": get(ALL),
    "evaluations:round-create": get(OFFICE),
    "evaluations:round": round_page(ALL - {"admin"}),
    "evaluations:round-schedule": round_page(OFFICE),
    "evaluations:round-pack": round_page(OFFICE),
    "evaluations:round-start": round_page(OFFICE, "post"),
    "evaluations:round-advance": round_page(OFFICE, "post"),
    "evaluations:round-figures": round_page(OFFICE, "post"),
    "evaluations:round-decide": round_page({"leader"}, "post"),
    "evaluations:round-publish": round_page({"leader"}, "post"),
    "evaluations:result": round_page(ABOVE),
    "evaluations:bulletin": round_page(ABOVE),
    "evaluations:unit-scoring": round_page({"helper"}),
    "evaluations:unit-scoring-draft": round_page({"helper"}, "post"),
    "evaluations:sheet": round_page(ABOVE | OWN),
    "evaluations:sheet-draft": round_page(OWN, "post"),
    "evaluations:sheet-export": round_page(ABOVE | OWN),
    "evaluations:collected": round_page(ABOVE),
    # 這次考核還在自評，問卷和意見初評起才記得；辦公室記得了的另測。
    "evaluations:collected-add": round_page(()),
    **{
        f"evaluations:{kind}-{page}": round_page(ABOVE if page == "paper" else ())
        for kind in ("survey", "opinion")
        for page in ("correct", "withdraw", "paper")
    },
    "evaluations:self-return": round_page(OFFICE, "post"),
    "evaluations:self-withdraw": round_page({"head"}, "post"),
    "evaluations:round-return": round_page({"leader"}, "post"),
    "evaluations:figure": round_page(ABOVE | OWN),
    "evaluations:visit-list": round_page(ALL - {"admin"}),
    "evaluations:visit-create": round_page(OFFICE),
    "evaluations:visit-draw": round_page(OFFICE),
    "evaluations:visit": own_page(ABOVE | OWN),
    "evaluations:visit-photo": own_page(ABOVE | OWN),
    "evaluations:visit-photo-thumb": own_page(ABOVE | OWN),
    "evaluations:visit-photo-remove": own_page(OFFICE, "post"),
    "reports:report-list": get(ALL),
    "reports:report-create": get(OFFICE),
    "reports:outline-list": get(OFFICE),
    "reports:outline-create": get(OFFICE),
    "reports:outline": get(OFFICE),
    "reports:outline-act": post(OFFICE),
    "reports:report-detail": get(ABOVE, 404),
    "reports:report-preview": get(ABOVE, 404),
    "reports:report-download": get(ABOVE, 404),
    "reports:template-list": get(OFFICE),
    "reports:template-starter": get(OFFICE),
    "reports:template-file": get(OFFICE),
    "reports:template-retire": post(OFFICE),
    "reports:report-settings": draft_page(),
    "reports:report-recompile": draft_page("post"),
    "reports:report-discard": draft_page(),
    "reports:report-submit": draft_page(),
    "reports:report-review": get(ABOVE, 404),
    "reports:report-return": get(ABOVE, 404),
    "reports:report-issue": get(ABOVE, 404),
    "reports:report-wording": get(ABOVE, 404),
    "reports:report-history": get(ABOVE, 404),
    "reports:figures-update": draft_page("post"),
    "reports:material-insert": draft_page("post"),
    "reports:comment-add": get(ABOVE, 404),
    "reports:comment-reply": get(ABOVE, 404),
    "reports:comment-settle": post(ABOVE, 404),
    "reports:suggestion": get(ABOVE, 404),
    "reports:paragraph-history": get(ABOVE, 404),
    "reports:paragraph-suggest": Row(
        frozenset({"leader", "deputy"}), 404, special=dict.fromkeys(OFFICE, 403)
    ),
    "reports:report-correct": draft_page(),
    "reports:paragraph": draft_page(),
    "reports:paragraph-act": draft_page("post"),
    "reports:paragraph-add": draft_page(),
    "reports:paper-list": get(ALL),
    "reports:breakdown-paper": get(ALL),
    "reports:chase-paper": get(OFFICE),
    "reports:chase-recorded": get(OWN | ABOVE),
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
    "evaluations:objection-withdraw": own_page({"head"}, "post"),
    "evaluations:objection-files": own_page(
        {"head"}, "post", file=lambda: SimpleUploadedFile("a.jpg", b"x")
    ),
    "evaluations:objection-answer": own_page(OFFICE),
    "evaluations:objection-decide": own_page({"leader"}),
    "evaluations:objection-file": get(ABOVE | OWN, 404),
    "evaluations:objection-file-thumb": get(ABOVE | OWN, 404),
    "evaluations:rectify": Row(OFFICE, 403, special={"admin": 404}),
    "recommendations:programme-list": get(ALL),
    "recommendations:programme": get(ALL),
    "recommendations:programme-create": get(OFFICE),
    "recommendations:programme-edit": get(OFFICE),
    "recommendations:programme-cancel": get(OFFICE),
    "recommendations:programme-open": post(OFFICE),
    "recommendations:condition-create": get(OFFICE),
    "recommendations:condition-edit": get(OFFICE),
    "recommendations:condition-remove": post(OFFICE),
    "recommendations:conditions-copy": get(OFFICE),
    "recommendations:nominate": get(OFFICE | {"head", "neighbour"}),
    "recommendations:vote-open": post(OFFICE),
    "recommendations:vote": get({"leader", "deputy"}),
    "recommendations:vote-close": get(OFFICE),
    "recommendations:recuse": own_page({"leader", "deputy"}),
    "recommendations:publicity-start": get(OFFICE),
    "recommendations:publicity-notice": get(ALL),
    "recommendations:submit": get(OFFICE),
    "recommendations:candidate": get(ABOVE | OWN, 404),
    "recommendations:candidate-form": get(ABOVE | OWN, 404),
    "recommendations:deeds": own_page(OFFICE | {"head"}),
    "recommendations:withdraw": own_page(OFFICE | {"head"}),
    "recommendations:exclude": get(OFFICE),
    "recommendations:rule": own_page(OFFICE),
    "recommendations:file-add": own_page(
        OFFICE | {"head"}, "post", file=lambda: SimpleUploadedFile("a.jpg", b"x")
    ),
    "recommendations:file-reuse": own_page(OFFICE | {"head"}),
    "recommendations:file": get(ABOVE | OWN, 404),
    "recommendations:file-thumb": get(ABOVE | OWN, 404),
    "recommendations:file-remove": own_page(OFFICE | {"head"}, "post"),
    "recommendations:objection-create": get(ALL),
    "recommendations:objection-decide": get(ABOVE),
    "recommendations:answer": get(OFFICE),
    "supervision:order-list": get(ALL),
    "supervision:order-export": get(ALL),
    "supervision:rectification-list": get(ALL),
    "supervision:instructions": get(ALL),
    "supervision:order-create": get(OFFICE),
    "supervision:order-detail": get(ABOVE | OWN, 404),
    "supervision:order-notice": get(ABOVE | OWN, 404),
    "supervision:order-edit": own_page(OFFICE),
    "supervision:order-issue": own_page(OFFICE, "post"),
    "supervision:order-cancel": own_page(OFFICE),
    "supervision:order-suspend": own_page(OFFICE),
    "supervision:order-resume": own_page(OFFICE),
    "supervision:order-acknowledge": own_page(OWN, "post"),
    "supervision:order-answer": own_page(OWN),
    "supervision:answer-draft": own_page(OWN, "post"),
    "supervision:order-sign": own_page({"head"}, "post", round=1),
    "supervision:order-give-back": own_page({"head"}),
    "supervision:extension": own_page(OWN),
    "supervision:extension-decide": own_page(OFFICE),
    "supervision:extension-withdraw": own_page(OWN, "post"),
    "supervision:order-read": own_page({"leader"}, "post"),
    "supervision:order-redo": own_page({"leader"}),
    "supervision:order-send-back": own_page(OFFICE),
    "supervision:order-close": own_page(OFFICE),
    "supervision:file-add": own_page(
        OFFICE | OWN, "post", file=lambda: SimpleUploadedFile("a.jpg", b"x")
    ),
    "supervision:file": own_page(OWN),
    "supervision:file-thumb": own_page(OWN),
    "supervision:file-remove": own_page(OWN, "post"),
    "supervision:instruct-measure": get({"leader", "deputy"}),
    "supervision:instruct-submission": get({"leader", "deputy"}),
    "supervision:instruct-report": Row(
        frozenset({"leader", "deputy"}), 404, special={"office": 403}
    ),
}
