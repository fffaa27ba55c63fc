from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse, HttpResponseBadRequest, HttpResponseRedirect
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from pingtan_civ.display.preferences import CHOICES

YEAR = 365 * 24 * 3600


@login_not_required
@require_POST
def switch(request: HttpRequest) -> HttpResponse:
    """換一種顯示方式，記一年，回到原來的頁面。沒有登錄也可以換。"""
    name, value = request.POST.get("name", ""), request.POST.get("value", "")
    cookie, allowed = CHOICES.get(name, ("", ()))
    if value not in allowed:
        return HttpResponseBadRequest(_("沒有這種顯示方式，請回到上一頁重新選擇。"))
    response = (
        HttpResponse(status=204)
        if request.headers.get("X-Requested-With") == "fetch"
        else HttpResponseRedirect(safe_next(request))
    )
    response.set_cookie(
        cookie, value, max_age=YEAR, samesite="Lax", httponly=True, secure=settings.HTTPS
    )
    return response


def safe_next(request: HttpRequest) -> str:
    """切換後回到哪裏。只回本站的地址，防止被借去跳轉到別的網站。"""
    wanted = request.POST.get("next", "")
    if url_has_allowed_host_and_scheme(
        wanted, allowed_hosts={request.get_host()}, require_https=request.is_secure()
    ):
        return wanted
    return "/"
