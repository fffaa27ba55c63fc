"""承辦單位的事：領辦、寫反饋、送簽、簽發、退回修改、申請延期。"""

import secrets
from datetime import date
from typing import Any

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.timezone import localtime
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from people.models import User
from people.services import heads_of, staff_of
from pingtan_civ import ui
from pingtan_civ.form_pages import Done, FormPage, posted
from pingtan_civ.lib import clock
from pingtan_civ.lib.dates import long_date
from pingtan_civ.lib.numbers import read_int
from pingtan_civ.lib.uploads import RefusedUpload
from pingtan_civ.saved_pages import (
    expected_version,
    forget_version,
    page_token,
    remember_version,
)
from supervision import policies, services
from supervision.forms import (
    AnswerForm,
    ExtensionDecisionForm,
    ExtensionForm,
    ReasonForm,
    SeenRound,
)
from supervision.models import Extension, Order, Round
from supervision.services import StaleAnswer
from supervision.services.attaching import attach, detach
from supervision.views.doors import (
    crumbs_to,
    order_form,
    order_or_404,
    own_order,
    page_of,
    refused,
    typed_words,
)
from tasks.models import WrongState
from tasks.report_page import ACCEPT
from tasks.services.handing_in import Incomplete
from tasks.views.doors import standing_of_request

GET_OR_POST = require_http_methods(["GET", "POST"])
Failed = list[tuple[str, str]]


@require_POST
def acknowledge(request: HttpRequest, pk: int) -> HttpResponse:
    order = own_order(request, pk)
    try:
        services.acknowledge(actor=request.user, order_id=pk, at=clock.now())
    except WrongState as refusal:
        return refused(request, pk, refusal)
    words = {**vars(order.words), "number": order.full_number}
    ui.say(request, _("已%(acknowledge)s %(number)s，請按時%(give)s。") % words)
    return redirect(order)


# 登錄過期時也要進到這裏：交上來的字要還給他，不能被一個跳轉吃掉。
@login_not_required
@never_cache
@GET_OR_POST
def answer(request: HttpRequest, pk: int) -> HttpResponse:
    """寫反饋。沒有腳本也能存、能傳、能送簽；有腳本時自動保存、逐件上傳。"""
    if not request.user.is_authenticated:
        return _signed_out(request)
    order = own_order(request, pk)
    if request.method == "POST":
        return _take(request, order)
    try:
        services.permit_answering(request.user, order, clock.now())
    except WrongState as refusal:
        return refused(request, pk, refusal)
    form = AnswerForm(initial={"text": order.current.text})
    return _fill(request, order, form, secrets.token_hex(4))


@require_POST
def answer_draft(request: HttpRequest, pk: int) -> HttpResponse:
    """自動保存（約定見 docs/frontend.md）：別人改過或已送簽時回 409，不覆蓋。"""
    order = own_order(request, pk)
    try:
        round_ = _save(request, order, AnswerForm(request.POST))
    except WrongState as refusal:
        return JsonResponse({"error": str(refusal)}, status=409)
    version = remember_version(request, _key(round_), round_.version)
    return JsonResponse({"saved_at": f"{localtime(clock.now()):%H:%M}", "version": version})


def _key(round_: Round) -> str:
    return f"order-{round_.pk}"


def _text(form: AnswerForm) -> str:
    """填的字；寫超了也要存下，送簽時才管。"""
    form.is_valid()
    return form.cleaned_data.get("text", "")


def _version(request: HttpRequest, round_: Round) -> int:
    is_own = round_.saved_by_id == request.user.pk
    return expected_version(request, _key(round_), round_.version, is_own=is_own)


def _save(request: HttpRequest, order: Order, form: AnswerForm) -> Round:
    return services.save_answer(
        actor=request.user,
        order_id=order.pk,
        text=_text(form),
        version=_version(request, order.current),
        at=clock.now(),
    )


def _take(request: HttpRequest, order: Order) -> HttpResponse:
    """收下一次提交：先收文件、存草稿，再談送簽。哪一步不成，前面的都已存下。"""
    form, token = AnswerForm(request.POST), page_token(request) or secrets.token_hex(4)
    wants_submit = request.POST.get("action") == "submit"
    try:
        failed = _take_files(request, order)
        order.current = _save(request, order, form)
        _remove(request, order)
    except StaleAnswer as conflict:
        order.current = conflict.round
        return _fill(request, order, form, token, status=409, conflict=str(conflict))
    except WrongState as refusal:
        if not wants_submit:
            return refused(request, order.pk, refusal)
        failed = []
    remember_version(request, _key(order.current), order.current.version)
    for name, why in failed:
        form.add_error(None, _("「%(name)s」沒有收下：%(why)s") % {"name": name, "why": why})
    if form.errors:
        return _fill(request, order, form, token, status=422)
    if wants_submit:
        return _submit(request, order, form, token)
    ui.say(request, _("草稿已保存，還沒有送簽。"))
    return redirect("supervision:order-answer", order.pk)


def _take_files(request: HttpRequest, order: Order) -> Failed:
    failed: Failed = []
    for file in request.FILES.getlist("file"):
        try:
            attach(actor=request.user, order_id=order.pk, file=file, name=file.name, at=clock.now())
        except RefusedUpload as refusal:
            failed.append((file.name, refusal.sentence))
    return failed


def _remove(request: HttpRequest, order: Order) -> None:
    """沒有腳本時的「移除」：是同一張表單的一個按鈕，別處填的不丟。"""
    verb, _sep, number = request.POST.get("action", "").partition("-")
    pk = read_int(number) if verb == "remove" else None
    if pk and order.attachments.filter(pk=pk, round=order.current).exists():
        detach(actor=request.user, attachment_id=pk, at=clock.now())


def _submit(request: HttpRequest, order: Order, form: AnswerForm, token: str) -> HttpResponse:
    try:
        round_ = services.submit_answer(
            actor=request.user,
            order_id=order.pk,
            text=_text(form),
            version=_version(request, order.current),
            at=clock.now(),
        )
    except Incomplete as refusal:
        for name, sentence in refusal.errors.items():
            form.add_error(name, sentence)
        return _fill(request, order, form, token, status=422)
    except StaleAnswer as conflict:
        order.current = conflict.round
        return _fill(request, order, form, token, status=409, conflict=str(conflict))
    except WrongState as refusal:
        return refused(request, order.pk, refusal)
    forget_version(request, _key(round_))
    ui.say(request, _submitted_words(round_))
    return redirect(order)


def _submitted_words(round_: Round) -> str:
    if round_.signed_at:
        given = {"give": round_.order.words.give}
        return _("已%(give)s。本單位只有一人，送簽即簽發，辦公室和有關領導將收到通知。") % given
    if round_.by_colleague:
        return _("已送簽，等本單位同事復核。")
    return _("已送簽，等負責人簽發。")


def _fill(
    request: HttpRequest,
    order: Order,
    form: AnswerForm,
    token: str,
    *,
    status: int = 200,
    conflict: str = "",
) -> HttpResponse:
    page = page_of(request, order)
    context = {
        "order": order,
        "page": page,
        "form": form,
        "version": f"{order.current.version}.{token}",
        "conflict": conflict,
        "theirs": order.current.text if conflict else "",
        "files": page.current.files,
        "next_step": _next_step(request.user, order, page.today),
        "accept": ACCEPT,
        "upload_limit": settings.UPLOAD_MAX_MB,
        "crumbs": [*crumbs_to(order), (str(order.words.report), "")],
    }
    return render(request, "supervision/answer_page.html", context, status=status)


def _next_step(user: User, order: Order, today: date) -> str:
    """送簽之後給誰看，與 services.submit_answer 同一規則。"""
    heads = [head for head in heads_of(order.lead_department_id, today) if head != user]
    if heads:
        names = "、".join(map(str, heads[:2]))
        return _("送簽後由%(names)s簽發，報辦公室。") % {"names": names}
    if any(person != user for person in staff_of(order.lead_department_id, today)):
        return _("您是唯一的負責人，送簽後由本單位同事復核，再報辦公室。")
    return _("本單位只有您一人，送簽即簽發，直接報辦公室。")


def _signed_out(request: HttpRequest) -> HttpResponse:
    """登錄過期。打開頁面的去登錄；交表單的先把他寫的字還給他。"""
    if request.method == "GET":
        return redirect_to_login(request.get_full_path())
    context = {
        "typed": typed_words(request),
        "has_files": bool(request.FILES),
        "sign_in": redirect_to_login(request.path).url,
    }
    return render(request, "tasks/submission_expired.html", context, status=401)


# ── 簽發 ──────────────────────────────────────────────


def _seen(request: HttpRequest) -> int:
    """頁面上看的是第幾輪；沒有寫的當作看的是舊的，不會誤定。"""
    form = SeenRound(request.POST)
    return form.seen if form.is_valid() else 0


@require_POST
def sign(request: HttpRequest, pk: int) -> HttpResponse:
    order = own_order(request, pk)
    try:
        services.sign_answer(
            actor=request.user, order_id=pk, round_number=_seen(request), at=clock.now()
        )
    except WrongState as refusal:
        return refused(request, pk, refusal)
    words = {"number": order.full_number, "report": order.words.report}
    ui.say(request, _("已簽發 %(number)s 的%(report)s，辦公室和有關領導將收到通知。") % words)
    return redirect(order)


@GET_OR_POST
def give_back(request: HttpRequest, pk: int) -> HttpResponse:
    """負責人退回修改。"""
    order = own_order(request, pk)
    if not policies.can_sign(standing_of_request(request), order, order.current):
        raise PermissionDenied(
            _("%(report)s由單位負責人簽發或退回，不能退回自己送簽的。")
            % {"report": order.words.report}
        )
    form = ReasonForm(
        posted(request),
        hint=_("寫明要改什麼，經辦人據此修改。"),
        initial={"round": order.current.number},
    )
    page = FormPage(
        title=_("退回修改"),
        submit=_("退回"),
        back=order.get_absolute_url(),
        intro=order.title,
        warning=_("只退給本單位的經辦人，時限不變。"),
    )

    def act() -> Done:
        services.give_back(
            actor=request.user,
            order_id=pk,
            round_number=form.seen,
            reason=form.cleaned_data["reason"],
            at=clock.now(),
        )
        return _("已退回，經辦人將收到通知。"), page.back

    return order_form(request, order, page, form, act)


# ── 延期 ──────────────────────────────────────────────


@GET_OR_POST
def extension(request: HttpRequest, pk: int) -> HttpResponse:
    order = own_order(request, pk)
    form = ExtensionForm(posted(request))
    page = FormPage(
        title=_("申請延期"),
        submit=_("提交申請"),
        back=order.get_absolute_url(),
        intro=order.title,
        warning=_("要在時限之前申請，由辦公室裁定；裁定之前仍按原時限計算。"),
    )

    def act() -> Done:
        services.ask_extension(actor=request.user, order_id=pk, at=clock.now(), **form.cleaned_data)
        return _("延期申請已提交，辦公室將收到通知並裁定。"), page.back

    return order_form(request, order, page, form, act)


def _extension_or_404(request: HttpRequest, pk: int) -> Extension:
    row = get_object_or_404(Extension.objects.select_related("requested_by"), pk=pk)
    row.order = order_or_404(request, row.order_id)
    return row


@GET_OR_POST
def extension_decide(request: HttpRequest, pk: int) -> HttpResponse:
    row = _extension_or_404(request, pk)
    order = row.order
    services.permit_deciding(request.user, row, clock.now())
    initial: dict[str, Any] = {"granted_date": row.proposed_date}
    form = ExtensionDecisionForm(
        posted(request), initial=initial, label=_("裁定理由"), hint=_("單位要看到。")
    )
    words = {
        "who": row.requested_by,
        "progress": row.progress,
        "reason": row.reason,
        "due": long_date(order.due_date),
        "day": long_date(row.proposed_date),
    }
    page = FormPage(
        title=_("裁定延期"),
        submit=_("裁定"),
        back=order.get_absolute_url(),
        intro=order.title,
        warning="\n".join(
            [
                _("現在的時限是 %(due)s，%(who)s申請延至 %(day)s。") % words,
                _("進展：%(progress)s") % words,
                _("原因：%(reason)s") % words,
            ]
        ),
    )

    def act() -> Done:
        services.decide_extension(
            actor=request.user,
            extension_id=pk,
            is_approved=form.cleaned_data["decision"] == "approve",
            reason=form.cleaned_data["reason"],
            granted_date=form.cleaned_data["granted_date"],
            at=clock.now(),
        )
        return _("已裁定，承辦單位將收到通知。"), page.back

    return order_form(request, order, page, form, act)


@require_POST
def extension_withdraw(request: HttpRequest, pk: int) -> HttpResponse:
    order = own_order(request, _extension_or_404(request, pk).order_id)
    try:
        services.withdraw_extension(actor=request.user, extension_id=pk, at=clock.now())
    except WrongState as refusal:
        return refused(request, order.pk, refusal)
    ui.say(request, _("已撤回延期申請。"))
    return redirect(order)
