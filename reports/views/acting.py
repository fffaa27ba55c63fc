"""各頁共用的：辦一件事、拒絕時說一句、回到哪裏。"""

from collections.abc import Callable

from django.core.exceptions import ValidationError
from django.forms import Form
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_http_methods

from pingtan_civ import ui
from pingtan_civ.form_pages import Done, FormPage, form_page
from reports import services
from reports.models import Report

GET_OR_POST = require_http_methods(["GET", "POST"])


def at_paragraph(report: Report, paragraph_pk: int | None, *, opened: bool = False) -> str:
    """回到這一段；對全文的回到意見一欄。"""
    query = f"?at={paragraph_pk}" if opened and paragraph_pk else ""
    return f"{report.get_absolute_url()}{query}#{f'p{paragraph_pk}' if paragraph_pk else 'remarks'}"


def form_at(
    request: HttpRequest, report: Report, page: FormPage, form: Form, act: Callable[[], Done]
) -> HttpResponse:
    """一張表單一頁；不再是草稿的，回到這份彙報說清為什麼。"""
    try:
        return form_page(request, page, form, act)
    except services.AlreadyIssued as refusal:
        return refuse(request, report, refusal)


def perform(
    request: HttpRequest, report: Report, act: Callable[[], object], *, then: str
) -> HttpResponse:
    try:
        act()
    except (services.AlreadyIssued, ValidationError) as refusal:
        return refuse(request, report, refusal)
    return redirect(then)


def refuse(request: HttpRequest, report: Report, refusal: Exception) -> HttpResponse:
    """此刻不能這樣辦：回到這份彙報，說清為什麼。"""
    words = " ".join(getattr(refusal, "messages", None) or [str(refusal)])
    ui.say(request, words, level=ui.messages.ERROR)
    return redirect(report)
