"""進門：取得此人看得見的那一件事、那一張函；看不見的與不存在的一樣回 404。"""

from collections.abc import Callable

from django.core.exceptions import PermissionDenied, ValidationError
from django.forms import BaseForm
from django.http import HttpRequest
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.translation import gettext as _

from campaigns.current import campaign_or_404, remember_campaign
from campaigns.models import Campaign
from evaluations import policies
from evaluations.models import AuthorityInquiry, VetoEvent
from pingtan_civ.form_pages import Done
from tasks.views.doors import standing_of_request


def event_or_404(request: HttpRequest, pk: int) -> VetoEvent:
    rows = VetoEvent.objects.visible_to(standing_of_request(request)).with_everything()
    event = get_object_or_404(rows, pk=pk)
    remember_campaign(request, event.item.campaign)
    return event


def inquiry_or_404(request: HttpRequest, pk: int) -> AuthorityInquiry:
    rows = AuthorityInquiry.objects.visible_to(standing_of_request(request))
    inquiry = get_object_or_404(rows.select_related("campaign", "asked_by"), pk=pk)
    remember_campaign(request, inquiry.campaign)
    return inquiry


def maintained_campaign(request: HttpRequest, code: str) -> Campaign:
    """辦公室在維護清單和徵詢函的活動。"""
    campaign = campaign_or_404(request, code)
    require(
        policies.can_maintain_negative_list(standing_of_request(request), campaign),
        _("負面清單和徵詢函由本活動辦公室在活動結束前維護。"),
    )
    return campaign


def require(is_allowed: bool, sentence: str) -> None:
    if not is_allowed:
        raise PermissionDenied(sentence)


def crumbs_to(event: VetoEvent) -> list[tuple[str, str]]:
    """到這件事為止，都可點。"""
    listed = (_("一票否決台賬"), reverse("evaluations:veto-list"))
    return [listed, (str(event), event.get_absolute_url())]


def at_its_field(form: BaseForm, act: Callable[[], Done]) -> Callable[[], Done]:
    """服務的拒絕寫在它說的那一項上，填過的都還在。"""

    def wrapped() -> Done:
        try:
            return act()
        except ValidationError as refusal:
            put_at_its_field(form, refusal)
            raise ValidationError([]) from refusal

    return wrapped


def put_at_its_field(form: BaseForm, refusal: ValidationError) -> None:
    if not hasattr(refusal, "error_dict"):
        form.add_error(None, refusal)
        return
    for name, errors in refusal.error_dict.items():
        form.add_error(name if name in form.fields else None, errors)
