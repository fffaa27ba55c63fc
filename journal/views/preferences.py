"""消息設置：本人定站內以外發到哪裏、每日提醒幾點發。"""

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from journal import services
from journal.forms import PreferenceForm
from journal.models import Preference
from pingtan_civ import ui
from pingtan_civ.form_pages import posted
from pingtan_civ.lib import clock


@require_http_methods(["GET", "POST"])
def preferences(request: HttpRequest) -> HttpResponse:
    wish = Preference.objects.filter(user=request.user).first() or Preference(user=request.user)
    offers = _offers()
    form = PreferenceForm(posted(request), instance=wish, offers=offers)
    if request.method == "POST" and form.is_valid():
        services.update_preferences(actor=request.user, values=form.cleaned_data, at=clock.now())
        ui.say(request, _("消息設置已保存，從下一條消息起照辦。"))
        return redirect("journal:preferences")
    context = {
        "form": form,
        "lacks_mail": "mail" in offers and not request.user.email,
        "lacks_phone": "sms" in offers and not request.user.phone,
        "only_here": not offers,
    }
    return render(request, "journal/preferences_page.html", context)


def _offers() -> frozenset[str]:
    """這台服務器配好了哪些渠道。"""
    offers = {"mail"} if settings.MAIL_ENABLED else set()
    return frozenset(offers | ({"sms"} if services.sms_gateway() else set()))
