"""誰打得開哪一頁：一張表，每個網址 × 每個角色 × 本單位和外單位。表裏漏了網址就不通過。

表中的對象都屬婚姻登記處（head、clerk 本單位，neighbour 外單位，helper 配合單位）。
「能」指得到頁面或辦成、或被指出該改什麼；不能的得到 403（知道有、不讓辦）或 404（不知道有）；
沒登錄的一律被帶去登錄。
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

import pytest
from django.db import transaction
from django.http import HttpResponse
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse

from campaigns.models import Seat
from journal.models import Notice
from people.models import Appointment
from tasks.models import ChangeRequest
from tests import factories as make
from tests.cast import Cast

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
    data: tuple[tuple[str, Any], ...] = ()


def get(allowed: Iterable[str], refused: int = 403) -> Row:
    return Row(frozenset(allowed), refused)


def post(allowed: Iterable[str], refused: int = 403, **data: Any) -> Row:
    return Row(frozenset(allowed), refused, "post", tuple(data.items()))


# 不登錄也能打開的。
OPEN = {"people:sign-in", "display:switch"}

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
    "journal:notices": get(ALL),
    "journal:notices-read": post(ALL),
    "journal:notice": get({"clerk"}, 404),
    "campaigns:campaign-list": get(ALL),
    "campaigns:campaign-create": get(MANAGERS | {"leader"}),
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
    "tasks:plan-preview": get(OFFICE),
    "tasks:plan-adjust": post(OFFICE),
    "tasks:plan-undo": post(OFFICE),
    "tasks:plan-differences": get(OFFICE),
    "tasks:plan-save": post(OFFICE),
    "tasks:plan-discard": post(OFFICE),
    "tasks:plan-table": get(OFFICE),
    "tasks:plan-table-save": post(OFFICE),
    "tasks:review-inbox": get(OFFICE),
    "tasks:endorse-inbox": get({"head", "clerk", "neighbour", "helper"}),
    "tasks:current": get(ALL),
    "tasks:breakdown": get(ALL),
    "tasks:measure-new": get(OFFICE),
    "tasks:breakdown-bulk": post(OFFICE),
    "tasks:breakdown-import": get(OFFICE),
    "tasks:breakdown-export": get(ALL),
    "tasks:measure-edit": get(OFFICE),
    "tasks:measure-detail": get(ALL),
    "tasks:measure-close-out": post(OFFICE),
    "tasks:my-reports": get({"head", "clerk", "neighbour", "helper"}),
    "tasks:submission": get(ALL),
    "tasks:submission-draft": post(OWN),
    "tasks:evidence-add": post(OWN),
    "tasks:evidence-file": get(OWN | ABOVE, 404),
    "tasks:evidence-thumb": get(OWN | ABOVE, 404),
    "tasks:evidence-remove": post(OWN),
    "tasks:acknowledge": post(OWN),
    "tasks:objection": get(OWN),
    "tasks:extension": get(OWN),
    "tasks:request-decide": get(OFFICE),
    "tasks:request-withdraw": post(OWN),
    "evaluations:current": get(ALL),
    "evaluations:overview": get(ALL),
}


@dataclass
class Stage:
    """戲台：各網址要的編號。"""

    cast: Cast
    keys: dict[str, dict[str, Any]]

    def url(self, name: str) -> str:
        app = name.split(":")[0]
        return reverse(name, kwargs=self.keys.get(name, self.keys.get(app, {})))


@pytest.fixture
def stage(cast: Cast) -> Stage:
    code = {"campaign_code": cast.campaign.code}
    version = make.PlanVersionFactory(campaign=cast.campaign, imported_by=cast.office)
    objective = make.ObjectiveFactory(campaign=cast.campaign)
    section = make.ClauseFactory(version=version, level="section", code="S3", text="")
    item = make.ClauseFactory(version=version, level="item", code="G4", parent=section)
    clause = make.ClauseFactory(version=version, code="G4.8", parent=item)
    indicator = make.IndicatorFactory(objective=objective, clause=clause)
    measure = make.MeasureFactory(
        campaign=cast.campaign, lead_department=cast.registry, code="3-04", issued=True
    )
    measure.supporting_departments.add(cast.bureau_office)
    assignment = make.AssignmentFactory(measure=measure)
    make.AssignmentFactory(measure=measure, department=cast.bureau_office, role="supporting")
    waiting = make.SubmissionFactory(
        assignment=assignment, endorsed=True, by={"clerk": cast.clerk, "head": cast.head}
    )
    link = make.EvidenceLinkFactory(round=waiting.rounds.get(), added_by=cast.clerk)
    still_open = make.SubmissionFactory(assignment=assignment, label="2026-12")
    request = ChangeRequest.objects.create(
        assignment=assignment,
        submission=still_open,
        kind="extension",
        reason="公示欄未到貨",
        proposed_date=measure.due_date,
        requested_by=cast.clerk,
        requested_at=make.moment(2026, 11, 20),
    )
    notice = Notice.objects.create(
        recipient=cast.clerk, title="新任務", created_at=make.moment(2026, 11, 20)
    )
    seat = Seat.objects.get(user=cast.deputy)
    post_ = Appointment.objects.get(user=cast.clerk)
    status = cast.registry.demonstration_statuses.create(level="province", granted_by="省民政廳")
    registry, clerk = {"pk": cast.registry.pk}, {"pk": cast.clerk.pk}
    person_pages = ("detail", "edit", "reset-password", "deactivate", "activate")
    keys: dict[str, dict[str, Any]] = {
        "campaigns": code,
        "tasks": code,
        "evaluations": code,
        "evaluations:current": {},
        "tasks:current": {},
        "tasks:plan-version": code | {"number": version.number},
        "tasks:indicator-edit": code | {"pk": indicator.pk},
        "campaigns:campaign-list": {},
        "campaigns:campaign-create": {},
        "campaigns:seat-edit": code | {"pk": seat.pk},
        "campaigns:seat-end": code | {"pk": seat.pk},
        "campaigns:seat-hand-over": code | {"pk": seat.pk},
        "journal:notice": {"pk": notice.pk},
        "people:demonstration-end": {"pk": status.pk},
        "people:appointment-end": {"pk": post_.pk},
        "people:appointment-hand-over": {"pk": post_.pk},
        **{f"people:department-{page}": registry for page in ("detail", "edit", "close")},
        **{f"people:{page}": registry for page in ("period-add", "demonstration-add", "appoint")},
        **{f"people:person-{page}": clerk for page in person_pages},
        **{
            f"tasks:measure-{page}": code | {"code": measure.code}
            for page in ("detail", "edit", "close-out")
        },
        "tasks:submission": {"pk": waiting.pk},
        "tasks:submission-draft": {"pk": still_open.pk},
        "tasks:evidence-add": {"pk": still_open.pk},
        **{f"tasks:evidence-{page}": {"pk": link.pk} for page in ("file", "thumb", "remove")},
        **{f"tasks:{page}": {"pk": assignment.pk} for page in ("acknowledge", "objection")},
        "tasks:extension": {"pk": assignment.pk},
        "tasks:request-decide": {"pk": request.pk},
        "tasks:request-withdraw": {"pk": request.pk},
    }
    return Stage(cast, keys)


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
    answer = getattr(client, row.method)(url, dict(row.data))
    transaction.savepoint_rollback(mark)
    return answer


def outcome(answer: HttpResponse) -> str:
    if answer.status_code == 302 and answer.url.startswith(SIGN_IN):
        return "sign in"
    return str(answer.status_code) if answer.status_code in (403, 404) else "allowed"


def test_every_address_is_in_the_table() -> None:
    assert all_names(get_resolver()) == set(TABLE) | OPEN


@pytest.mark.parametrize("name", TABLE)
def test_each_role_gets_what_the_table_says(
    stage: Stage, signed_in: Callable[..., Client], name: str
) -> None:
    row, url = TABLE[name], stage.url(name)
    expected = {r: "allowed" if r in row.allowed else str(row.refused) for r in ROLES}

    found = {role: outcome(ask(signed_in(getattr(stage.cast, role)), row, url)) for role in ROLES}

    # 退出登錄之後回到登錄頁，那正是「能」。
    if name == "people:sign-out":
        expected = dict.fromkeys(ROLES, "sign in")
    assert found == expected
    assert outcome(ask(Client(), row, url)) == "sign in"
