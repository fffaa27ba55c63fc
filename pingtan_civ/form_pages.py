"""一張表單一頁的頁：填、查、辦、說一句、走。各應用的視圖共用。"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from django.core.exceptions import ValidationError
from django.forms import BaseForm
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from pingtan_civ import ui

Done = tuple[ui.Text, str]


@dataclass
class FormPage:
    """頁上除表單以外的字。more 裏的字段收在「更多設置」下面，出錯時自動展開。"""

    title: ui.Text
    submit: ui.Text
    back: str
    intro: ui.Text = ""
    warning: ui.Text = ""
    crumbs: list[tuple[ui.Text, str]] = field(default_factory=list)
    more: tuple[str, ...] = ()
    danger: bool = False
    pairs: tuple[tuple[str, str], ...] = ()
    """並排的兩項，如一個階段的開始和截止；手機上仍一上一下。"""
    other: tuple[str, ui.Text] | None = None
    """另一個提交鈕：（名字, 文字），如「先存着，不交辦」。"""


def posted(request: HttpRequest) -> Any:
    """交來的內容；GET 時為 None。空的 POST 也是交了，要說出缺什麼。"""
    return request.POST if request.method == "POST" else None


def form_page(
    request: HttpRequest, page: FormPage, form: BaseForm, act: Callable[[], Done]
) -> HttpResponse:
    """GET 給出表單；POST 通過後調用 act，它返回（說的話，去哪裏）。

    act 拋出的 ValidationError（服務的拒絕）寫在表單上方，填過的都還在。
    """
    if request.method == "POST" and form.is_valid():
        try:
            words, url = act()
        except ValidationError as refusal:
            for sentence in refusal.messages:
                form.add_error(None, sentence)
        else:
            if words:
                ui.say(request, words)
            return redirect(url)
    return render(request, "form_page.html", _context(page, form))


def _context(page: FormPage, form: BaseForm) -> dict[str, Any]:
    follows = dict(page.pairs)
    skipped = {*page.more, *follows.values()}
    shown = [
        [form[name] for name in (bound.name, follows.get(bound.name)) if name]
        for bound in form
        if bound.name not in skipped
    ]
    folded = [form[name] for name in page.more if name in form.fields]
    return {
        "page": page,
        "form": form,
        "shown": shown,
        "folded": folded,
        "unfold": any(bound.errors for bound in folded),
        "crumbs": [*page.crumbs, (page.title, "")] if page.crumbs else [],
    }
