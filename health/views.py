"""運行狀況：給人看的頁（自己會變紅），給機器問的 /healthz 與 /livez。"""

import smtplib
import time

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.contrib.messages import constants
from django.core.exceptions import PermissionDenied
from django.core.mail import get_connection
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST, require_safe
from django.views.decorators.vary import vary_on_headers

from campaigns.standing import standing_of
from health import policies
from health.checks import examine
from health.parts import State
from journal import doorbell
from journal.channels import bounded
from pingtan_civ import ui
from pingtan_civ.lib import clock
from workdays.services import calendar

#: 機器問得再勤，幾秒之內也只查一遍。
FRESH_SECONDS = 5.0
MAIL_SECONDS = 5
REMINDING = "tasks.jobs.remind_due"
_remembered: tuple[float, dict[str, object]] | None = None


@never_cache
@vary_on_headers("HX-Request")
@require_GET
def status(request: HttpRequest) -> HttpResponse:
    """各部分活沒活着；頁面每二十秒自己來取一次。"""
    _permit(request)
    now = clock.now()
    report = examine(now)
    context = {
        "report": report,
        "bad": report.having(State.BAD),
        "warn": report.having(State.WARN),
        "now": now,
        "mail_enabled": settings.MAIL_ENABLED,
    }
    page = "health/status_page.html"
    return render(request, f"{page}#parts" if request.htmx else page, context)


@require_POST
def check_mail(request: HttpRequest) -> HttpResponse:
    """當場連一下郵件服務器，不發信。"""
    _permit(request)
    if not settings.MAIL_ENABLED:
        ui.say(request, _("沒有配置郵件，請管理員先設好。"), level=constants.WARNING)
        return redirect("health:status")
    try:
        with bounded.deadline(MAIL_SECONDS), get_connection(timeout=MAIL_SECONDS):
            pass
    except smtplib.SMTPAuthenticationError:
        sentence = _("連上了郵件服務器，但賬號或密碼不對，請管理員檢查。")
        ui.say(request, sentence, level=constants.ERROR)
    except (OSError, smtplib.SMTPException):
        sentence = _("連不上郵件服務器，請管理員檢查地址和網絡。")
        ui.say(request, sentence, level=constants.ERROR)
    else:
        ui.say(request, _("郵件服務器有應答。"))
    return redirect("health:status")


@require_POST
def remind_now(request: HttpRequest) -> HttpResponse:
    """請後台補跑今天的提醒；跑過的人不會再收到。"""
    _permit(request)
    if not calendar().is_working(clock.today()):
        sentence = _("今天不上班，不發提醒；下一個工作日早上自動跑。")
        ui.say(request, sentence, level=constants.WARNING)
    elif doorbell.ring(REMINDING):
        ui.say(request, _("已交給後台補跑，跑完本頁自動更新；收過的人不會再收到。"))
    else:
        sentence = _("後台叫不應，沒有補跑。請先把「後台處理進程」和「消息隊列」修好。")
        ui.say(request, sentence, level=constants.ERROR)
    return redirect("health:status")


def _permit(request: HttpRequest) -> None:
    if not policies.can_see_health(standing_of(request.user, clock.today())):
        raise PermissionDenied(_("運行狀況只有辦公室和管理員可以看。"))


@never_cache
@login_not_required
@require_safe
def healthz(request: HttpRequest) -> JsonResponse:
    """能不能幹活：數據庫不通是 503 down；別的不正常是 200 degraded，頁面仍能用。"""
    global _remembered
    memo = _remembered
    if memo is None or time.monotonic() > memo[0]:
        memo = (time.monotonic() + FRESH_SECONDS, _answer())
        _remembered = memo
    return JsonResponse(memo[1], status=503 if memo[1]["status"] == "down" else 200)


def forget_answer() -> None:
    """下次重新查；測試用。"""
    global _remembered
    _remembered = None


def _answer() -> dict[str, object]:
    report = examine(clock.now())
    found = {part.key: "off" if part.state == State.OFF else part.state for part in report.parts}
    if found["database"] == State.BAD:
        overall = "down"
    else:
        overall = "degraded" if report.having(State.BAD) else "ok"
    return {"status": overall, "parts": found}


@never_cache
@login_not_required
@require_safe
def livez(request: HttpRequest) -> HttpResponse:
    """這個進程還活着嗎：什麼也不查。"""
    return HttpResponse("ok", content_type="text/plain")
