"""導出：行少的當場給，行多的在後台做好等下載。"""

import hashlib
import os
import tempfile
from datetime import date, datetime

from django.http import QueryDict
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from background.models import Job
from background.services import JobRefused, Outcome, Progress, order_job
from campaigns.models import Campaign
from exchange.kinds import Scope, SheetKind, kind_of, size_of
from exchange.models import LARGE_ROWS
from exchange.writing import Tell, campaign_code, write_workbook
from journal.services import source_script
from people.models import User

JOB = "exchange.export"


def is_large(kind: SheetKind, scope: Scope) -> bool:
    return size_of(kind.listing(scope)) > LARGE_ROWS


def file_name(kind: SheetKind, scope: Scope) -> str:
    campaign = scope.campaign.name if scope.campaign and kind.of_campaign else ""
    return f"{campaign}{kind.title}{scope.on:%Y%m%d}.xlsx"


def export_now(kind: SheetKind, scope: Scope, *, at: datetime) -> str:
    """寫到一個臨時文件，返回它的路徑；用完由調用者刪去。"""
    return _write(kind, scope, at)


def _write(kind: SheetKind, scope: Scope, at: datetime, tell: Tell | None = None) -> str:
    handle, path = tempfile.mkstemp(suffix=".xlsx")
    os.close(handle)
    try:
        write_workbook(kind, scope, path, at=at, tell=tell)
    except BaseException:
        os.unlink(path)
        raise
    return path


def order_export(kind: SheetKind, scope: Scope, *, at: datetime) -> Job:
    """在後台導出。同一分鐘裏同樣的條件只做一份。"""
    query = scope.params.urlencode()
    code, language = campaign_code(scope), translation.get_language() or ""
    mark = hashlib.sha256(f"{query}|{language}".encode()).hexdigest()[:24]
    with source_script():
        title = _("導出%(title)s") % {"title": kind.title}
    return order_job(
        owner=scope.actor,
        kind=JOB,
        key=f"{kind.code}:{code}:{mark}:{at:%Y%m%d%H%M}",
        title=title,
        at=at,
        params={"kind": kind.code, "campaign": code, "query": query, "language": language},
    )


def run_export(job: Job, progress: Progress) -> Outcome:
    """後台導出的一件；此刻還有沒有權看，再問一遍。"""
    at = timezone.localtime(job.started_at)
    if sentence := refusal(job, at.date()):
        raise JobRefused(sentence)
    kind, scope = _asked(job, at.date())
    with translation.override(job.params["language"] or translation.get_language()):
        path = _write(kind, scope, at, progress.tell)
        return Outcome(path, file_name(kind, scope), is_temporary=True)


def refusal(job: Job, on: date) -> str:
    """這一天此人能不能拿到這份導出；能的為空。"""
    kind, scope = _asked(job, on)
    is_allowed = kind is not None and kind.may_export(scope)
    return "" if is_allowed else _("您現在沒有權限導出這種表。")


def page(job: Job, on: date) -> str:
    """導出的那一頁列表，條件照舊。"""
    if refusal(job, on):
        return ""
    kind, scope = _asked(job, on)
    query = job.params["query"]
    return f"{kind.page(scope)}?{query}" if query else kind.page(scope)


def _asked(job: Job, on: date) -> tuple[SheetKind | None, Scope]:
    params = QueryDict(job.params["query"])
    return kind_of(job.params["kind"]), scope_of(job.owner, on, job.params["campaign"], params)


def scope_of(actor: User, on: date, campaign: str, params: QueryDict | None = None) -> Scope:
    """後台裏重新認一遍：此人看不見的活動當作沒有。"""
    visible = Campaign.objects.visible_to(actor, on)
    found = visible.filter(code=campaign).first() if campaign else None
    return Scope(actor, on, found, params if params is not None else QueryDict(""))
