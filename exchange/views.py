"""導出和導入的頁：導出；上傳、看改動、確認。別人傳的一律 404。"""

import os
from typing import Any

from django.contrib import messages
from django.http import FileResponse, Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from campaigns.current import campaign_or_404
from campaigns.models import Campaign
from exchange.checking import secrets_of
from exchange.forms import UploadForm
from exchange.kinds import Scope, SheetKind, kind_of
from exchange.models import Upload
from exchange.reading import UnreadableSheet
from exchange.services import exporting, importing
from pingtan_civ import ui
from pingtan_civ.lib import clock
from pingtan_civ.lib.media_types import XLSX

#: 一次當場寫入的改動最多這麼多行；再多的在後台。
AT_ONCE = 300
#: 頁上列這麼多行改動、這麼多處錯，其餘的報數；標出錯處的一份裏都有。
CHANGES_SHOWN, ERRORS_SHOWN = 200, 200
#: 一次性密碼在會話（服務端）裏停留到下一頁，看過即刪。
ONCE = "imported-passwords"


@require_GET
def export(request: HttpRequest, kind: str) -> HttpResponseBase:
    """屏幕上篩選出什麼，就導出什麼，次序也一樣。"""
    found, scope = _asked(request, kind)
    found.require_export(scope)
    at = clock.now()
    if exporting.is_large(found, scope):
        return redirect(exporting.order_export(found, scope, at=at))
    return _sent(exporting.export_now(found, scope, at=at), exporting.file_name(found, scope))


def _sent(path: str, name: str) -> FileResponse:
    """送出一份剛寫好的臨時文件；送完就沒有了。"""
    file = open(path, "rb")  # noqa: SIM115  # 由回應關上
    os.unlink(path)
    response = FileResponse(file, as_attachment=True, filename=name, content_type=XLSX)
    response["X-Content-Type-Options"] = "nosniff"
    response["Cache-Control"] = "private, no-store"
    return response


@require_http_methods(["GET", "POST"])
def upload_new(request: HttpRequest, kind: str) -> HttpResponse:
    """上傳一份：認出、收下、核對，然後去看改動。"""
    found, scope = _asked(request, kind)
    found.require_import(scope)
    form = UploadForm(request.POST or None, request.FILES or None)
    if request.method == "POST":
        form = UploadForm(request.POST, request.FILES)
    if request.method == "GET" or not form.is_valid():
        return _form(request, found, scope, form)
    file = form.cleaned_data["file"]
    try:
        upload = importing.receive(
            actor=request.user,
            kind=found,
            campaign=scope.campaign,
            file=file,
            name=file.name,
            at=clock.now(),
        )
        return _check(upload)
    except UnreadableSheet as refusal:
        form.add_error("file", str(refusal))
        return _form(request, found, scope, form)


def _check(upload: Upload) -> HttpResponse:
    """行少的當場核對，行多的在後台。"""
    if upload.is_large:
        return redirect(importing.order_check(upload, at=clock.now()))
    try:
        importing.check(upload=upload, at=clock.now())
    except UnreadableSheet:
        importing.drop(upload=upload, at=clock.now())
        raise
    return redirect(upload)


@never_cache
@require_GET
def upload(request: HttpRequest, pk: int) -> HttpResponse:
    """改動、錯處、確認；刷新、關了再來都還在。"""
    found = _own_or_404(request, pk)
    kind = importing.kind_of_upload(found)
    scope = _scope(request, found.campaign if kind.of_campaign else None)
    findings = found.findings
    changes, errors = findings.get("changes", []), findings.get("errors", [])
    once = request.session.get(ONCE) or {}
    if once.get("upload") == found.pk:
        del request.session[ONCE]
    context = {
        "upload": found,
        "kind": kind,
        "findings": findings,
        "summary": _summary(findings),
        "changes": changes[:CHANGES_SHOWN],
        "more_changes": _more(findings, min(len(changes), CHANGES_SHOWN)),
        "errors": errors[:ERRORS_SHOWN],
        "more_errors": max(findings.get("faults", 0) - ERRORS_SHOWN, 0),
        "has_changes": bool(findings.get("changed") or findings.get("created")),
        "passwords": once.get("rows", []) if once.get("upload") == found.pk else [],
        "back_url": kind.page(scope),
        "again_url": _import_url(kind, scope),
        "crumbs": _crumbs(kind, scope),
    }
    return render(request, "exchange/upload_page.html", context)


def _summary(findings: dict[str, Any]) -> str:
    """改了幾行、新增幾行、幾行沒有改；沒有的不說。"""
    sentences = {
        "changed": _("改動 %(count)d 行"),
        "created": _("新增 %(count)d 行"),
        "unchanged": _("%(count)d 行沒有改"),
    }
    counts = {name: findings.get(name, 0) for name in sentences}
    said = [sentences[name] % {"count": count} for name, count in counts.items() if count]
    return "，".join(said) or _("表裏沒有要核對的行")


def _more(findings: dict[str, Any], shown: int) -> int:
    return max(findings.get("changed", 0) + findings.get("created", 0) - shown, 0)


@require_POST
def upload_confirm(request: HttpRequest, pk: int) -> HttpResponse:
    """確認：重新核對，全部寫入，或一格不寫。"""
    found = _own_or_404(request, pk)
    try:
        if _takes_long(found):
            return redirect(importing.order_apply(found, at=clock.now()))
        result = importing.apply(upload=found, at=clock.now())
    except (importing.Gone, UnreadableSheet) as refusal:
        ui.say(request, str(refusal), level=messages.WARNING)
        return redirect(found)
    if result.faults:
        sentence = _("確認時又核對了一遍，有 %(count)d 處要改，整份都沒有保存。")
        ui.say(request, sentence % {"count": result.faults}, level=messages.WARNING)
        return redirect(found)
    if secrets := secrets_of(result):
        request.session[ONCE] = {"upload": found.pk, "rows": secrets}
    return redirect(found)


def _takes_long(upload: Upload) -> bool:
    """在後台寫入的：行多的、改動多的；有一次性密碼要念的總是當場。"""
    changed, created = (upload.findings.get(each, 0) for each in ("changed", "created"))
    if created and importing.kind_of_upload(upload).tells_once:
        return False
    return changed + created > AT_ONCE or upload.is_large


@require_POST
def upload_drop(request: HttpRequest, pk: int) -> HttpResponse:
    found = _own_or_404(request, pk)
    importing.drop(upload=found, at=clock.now())
    ui.say(request, _("這份表沒有導入，原件已刪去。"))
    kind = importing.kind_of_upload(found)
    return redirect(kind.page(_scope(request, found.campaign)))


@require_GET
def upload_copy(request: HttpRequest, pk: int) -> HttpResponseBase:
    """標出錯處的一份。"""
    found = _own_or_404(request, pk)
    if not found.findings.get("errors"):
        raise Http404(_("這份表沒有要改的地方。"))
    if found.is_large:
        return redirect(importing.order_copy(found, at=clock.now()))
    try:
        path = importing.returned_copy(found)
    except (importing.Gone, UnreadableSheet) as refusal:
        ui.say(request, str(refusal), level=messages.WARNING)
        return redirect(found)
    return _sent(path, importing.copy_name(found))


# ── 進門 ──────────────────────────────────────────────


def _asked(request: HttpRequest, code: str) -> tuple[SheetKind, Scope]:
    kind = kind_of(code)
    if kind is None:
        raise Http404(_("沒有這種表。"))
    campaign = None
    if kind.of_campaign:
        campaign = campaign_or_404(request, request.GET.get("campaign", ""))
    return kind, _scope(request, campaign)


def _scope(request: HttpRequest, campaign: Campaign | None) -> Scope:
    return Scope(request.user, clock.today(), campaign, request.GET)


def _own_or_404(request: HttpRequest, pk: int) -> Upload:
    return get_object_or_404(Upload.objects.select_related("campaign"), pk=pk, owner=request.user)


def _form(request: HttpRequest, kind: SheetKind, scope: Scope, form: UploadForm) -> HttpResponse:
    context = {
        "kind": kind,
        "form": form,
        "explain": kind.explain(),
        "export_url": _export_url(kind, scope),
        "back_url": kind.page(scope),
        "crumbs": _crumbs(kind, scope),
    }
    return render(request, "exchange/import_page.html", context)


def _crumbs(kind: SheetKind, scope: Scope) -> list[tuple[str, str]]:
    return [(str(kind.title), kind.page(scope)), (_("導入 Excel"), "")]


def _export_url(kind: SheetKind, scope: Scope) -> str:
    return reverse("exchange:export", args=[kind.code]) + _campaign_words(scope)


def _import_url(kind: SheetKind, scope: Scope) -> str:
    return reverse("exchange:import", args=[kind.code]) + _campaign_words(scope)


def _campaign_words(scope: Scope) -> str:
    return f"?campaign={scope.campaign.code}" if scope.campaign else ""
