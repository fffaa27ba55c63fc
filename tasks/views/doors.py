"""進門：取得此人看得見的那一項，看不見的與不存在的一樣回 404。"""

from django.http import Http404, HttpRequest, QueryDict
from django.shortcuts import get_object_or_404
from django.urls import NoReverseMatch, reverse
from django.utils.http import url_has_allowed_host_and_scheme

from campaigns.current import campaign_or_404, remember_campaign
from campaigns.standing import Standing, standing_of
from pingtan_civ.lib import clock
from tasks import policies
from tasks.lights import LightRule
from tasks.models import Assignment, ChangeRequest, Measure, Submission
from workdays.services import calendar


def standing_of_request(request: HttpRequest) -> Standing:
    return standing_of(request.user, clock.today())


def light_rule(measure: Measure) -> LightRule:
    return LightRule.on(clock.today(), calendar(), measure.campaign.warn_days)


def measure_or_404(request: HttpRequest, campaign_code: str, code: str) -> Measure:
    campaign = campaign_or_404(request, campaign_code)
    visible = Measure.objects.visible_to(standing_of_request(request), campaign).select_related(
        "main_task",
        "objective",
        "clause__parent__parent",
        "lead_department",
        "accountable_seat__user",
        "owner",
    )
    measure = get_object_or_404(visible, code=code)
    measure.campaign = campaign
    return measure


def assignment_or_404(request: HttpRequest, pk: int) -> Assignment:
    rows = Assignment.objects.select_related("measure__campaign", "department")
    assignment = get_object_or_404(rows, pk=pk)
    enter(request, assignment.measure)
    return assignment


def submission_or_404(request: HttpRequest, pk: int) -> Submission:
    submission = get_object_or_404(Submission.objects.with_measure(), pk=pk)
    enter(request, submission.assignment.measure)
    return submission


def change_request_or_404(request: HttpRequest, pk: int) -> ChangeRequest:
    rows = ChangeRequest.objects.select_related(
        "assignment__measure__campaign",
        "assignment__department",
        "submission",
        "proposed_department",
        "requested_by",
    )
    found = get_object_or_404(rows, pk=pk)
    enter(request, found.assignment.measure)
    return found


def enter(request: HttpRequest, measure: Measure) -> None:
    """網址裏沒有活動代碼的頁：看得見才進，外殼隨之切到這一項所屬的活動。"""
    if not policies.can_see_measure(standing_of_request(request), measure):
        raise Http404
    remember_campaign(request, measure.campaign)


def optional_url(name: str, *args: object, fragment: str = "") -> str:
    """某頁的網址；還沒有這一頁時為空，模板據此不畫那個按鈕。"""
    try:
        return reverse(name, args=args) + fragment
    except NoReverseMatch:
        return ""


def posted(request: HttpRequest) -> QueryDict | None:
    """交來的表單；空的 POST 也是交了。"""
    return request.POST if request.method == "POST" else None


def back_to(request: HttpRequest, default: str) -> str:
    """表單裏帶的 back（從哪一頁點的），只認本站的路徑。"""
    wanted = request.POST.get("back", "")
    is_ours = wanted.startswith("/") and url_has_allowed_host_and_scheme(
        wanted, allowed_hosts={request.get_host()}, require_https=request.is_secure()
    )
    return wanted if is_ours else default
