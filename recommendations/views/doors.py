"""進門：取得此人看得見的那個項目、那個對象；看不見的與不存在的一樣回 404。"""

from collections.abc import Callable

from django.core.exceptions import PermissionDenied, ValidationError
from django.forms import BaseForm
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.translation import gettext as _

from campaigns.current import remember_campaign
from campaigns.models import Campaign
from campaigns.standing import Standing, standing_of
from pingtan_civ.form_pages import Done, FormPage, form_page
from pingtan_civ.lib import clock
from pingtan_civ.lib.uploads import RefusedUpload
from recommendations import policies
from recommendations.models import Candidate, Programme
from tasks.models import WrongState
from tasks.services.handing_in import Incomplete

Crumbs = list[tuple[str, str]]


def standing_of_request(request: HttpRequest) -> Standing:
    return standing_of(request.user, clock.today())


def programme_or_404(request: HttpRequest, pk: int) -> Programme:
    rows = Programme.objects.visible_to(standing_of_request(request))
    programme = get_object_or_404(rows.select_related("campaign"), pk=pk)
    remember_campaign(request, programme.campaign)
    return programme


def managed_programme(request: HttpRequest, pk: int) -> Programme:
    """辦公室在推進的項目。"""
    programme = programme_or_404(request, pk)
    require(
        policies.can_manage(standing_of_request(request), programme.campaign),
        _("推薦項目由本活動辦公室擬訂和推進，活動要在進行中。"),
    )
    return programme


def candidate_or_404(request: HttpRequest, pk: int) -> Candidate:
    rows = Candidate.objects.visible_to(standing_of_request(request)).with_everything()
    candidate = get_object_or_404(rows, pk=pk)
    remember_campaign(request, candidate.programme.campaign)
    return candidate


def require(is_allowed: bool, sentence: str) -> None:
    if not is_allowed:
        raise PermissionDenied(sentence)


def list_crumb(campaign: Campaign) -> tuple[str, str]:
    return _("考核推薦"), reverse("recommendations:programme-list", args=[campaign.code])


def crumbs_to(programme: Programme, *more: tuple[str, str]) -> Crumbs:
    here = (programme.title, programme.get_absolute_url() if more else "")
    return [list_crumb(programme.campaign), here, *more]


def crumbs_to_candidate(candidate: Candidate, *more: tuple[str, str]) -> Crumbs:
    here = (str(candidate), candidate.get_absolute_url() if more else "")
    return crumbs_to(candidate.programme, here, *more)


def at_its_field(form: BaseForm, act: Callable[[], Done]) -> Callable[[], Done]:
    """服務的拒絕寫在它說的那一項上；時機不對、文件不收的寫在上方。填過的都還在。"""

    def wrapped() -> Done:
        try:
            return act()
        except Incomplete as refusal:
            for name, sentence in refusal.errors.items():
                form.add_error(name if name in form.fields else None, sentence)
        except WrongState as refusal:
            form.add_error(None, str(refusal))
        except RefusedUpload as refusal:
            form.add_error(None, refusal.sentence)
        except ValidationError as refusal:
            _put(form, refusal)
        raise ValidationError([])

    return wrapped


def _put(form: BaseForm, refusal: ValidationError) -> None:
    if not hasattr(refusal, "error_dict"):
        form.add_error(None, refusal)
        return
    for name, errors in refusal.error_dict.items():
        form.add_error(name if name in form.fields else None, errors)


def timely_form(
    request: HttpRequest, page: FormPage, form: BaseForm, act: Callable[[], Done], refusal: str
) -> HttpResponse:
    """一張表單；此刻不能辦的（refusal）交來也不辦，說清為什麼，填過的都還在。"""
    if not refusal:
        return form_page(request, page, form, at_its_field(form, act))
    form.is_valid()
    form.add_error(None, refusal)
    response = form_page(request, page, form, act)
    response.status_code = 409
    return response
