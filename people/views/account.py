"""登錄、退出和我的賬號。"""

import json
from typing import Any

from django.conf import settings
from django.contrib.auth import update_session_auth_hash
from django.contrib.auth.views import LoginView
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from people import services
from people.forms import ContactForm, PasswordForm, SignInForm
from pingtan_civ.form_pages import FormPage, form_page, posted
from pingtan_civ.lib import clock

DEMO_ACCOUNTS = "demo-accounts.json"


class SignInView(LoginView):
    template_name = "people/sign_in_page.html"
    authentication_form = SignInForm
    redirect_authenticated_user = True

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(first_visit=first_visit(), **kwargs)


def first_visit() -> list[str]:
    """樣例裝好後給新來的人三句話：用誰的賬號登錄、試什麼。絕不寫出密碼。"""
    path = settings.VAR_DIR / DEMO_ACCOUNTS
    try:
        accounts = json.loads(path.read_text(encoding="utf-8"))
        names = {str(row["role"]): str(row["username"]) for row in reversed(accounts)}
    except (OSError, ValueError, TypeError, KeyError):
        return []

    office, clerk, head = (
        next((name for role, name in names.items() if word in role), "")
        for word in ("辦公室", "經辦", "負責人")
    )
    if not (office and clerk and head):
        return []
    place = f"{settings.VAR_DIR.name}/{DEMO_ACCOUNTS}"
    return [
        _("樣例賬號和密碼在安裝文件夾的 %(file)s 裏，密碼是本機隨機生成的。") % {"file": place},
        _("先用辦公室的賬號 %(user)s 登錄：看總覽、分解任務、下達、審核、編彙報。")
        % {"user": office},
        _("再用 %(clerk)s（經辦人）填報一項，用 %(head)s（負責人）初審，回到辦公室審核通過。")
        % {"clerk": clerk, "head": head},
    ]


@require_http_methods(["GET", "POST"])
def my_account(request: HttpRequest) -> HttpResponse:
    """自己的職務、席位和聯繫方式。"""
    form = ContactForm(posted(request), instance=request.user)
    if request.method == "POST":
        page = FormPage(title=_("聯繫方式"), submit=_("保存"), back=reverse("people:my-account"))
        return form_page(request, page, form, lambda: _save_contact(request, form))
    today = clock.today()
    posts = request.user.appointments.on(today).select_related("department")
    # 席位屬於上層的 campaigns；這裏只經反向關係讀，不引入它。
    seats = request.user.seats.on(today).select_related("campaign")
    return render(
        request, "people/my_account_page.html", {"form": form, "posts": posts, "seats": seats}
    )


def _save_contact(request: HttpRequest, form: ContactForm) -> tuple[str, str]:
    services.update_own_contact(
        actor=request.user,
        phone=form.cleaned_data["phone"],
        email=form.cleaned_data["email"],
        at=clock.now(),
    )
    return _("聯繫方式已保存。"), reverse("people:my-account")


@sensitive_post_parameters()
@require_http_methods(["GET", "POST"])
def change_password(request: HttpRequest) -> HttpResponse:
    form = PasswordForm(request.user, posted(request))
    must = request.user.must_change_password
    page = FormPage(
        title=_("修改密碼"),
        submit=_("修改密碼"),
        back=reverse("people:my-account"),
        warning=_("您用的是別人給的初始密碼，改成自己的以後才能打開別的頁面。") if must else "",
    )

    def act() -> tuple[str, str]:
        user = services.change_own_password(
            actor=request.user, password=form.cleaned_data["new_password"], at=clock.now()
        )
        update_session_auth_hash(request, user)
        return _("密碼已修改，下次登錄用新密碼。"), settings.LOGIN_REDIRECT_URL

    return form_page(request, page, form, act)
