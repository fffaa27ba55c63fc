"""進門：取得此人看得見的那一次考核；看不見的與不存在的一樣回 404。"""

from django.db.models import Exists, OuterRef
from django.http import Http404, HttpRequest
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.translation import gettext as _

from campaigns.current import remember_campaign
from campaigns.standing import Standing, standing_of
from evaluations import policies
from evaluations.models import (
    AssessmentRound,
    Opinion,
    Questionnaire,
    Score,
    Sheet,
    SheetDraft,
    SiteVisit,
)
from pingtan_civ.lib import clock

Crumbs = list[tuple[str, str]]


def standing_of_request(request: HttpRequest) -> Standing:
    return standing_of(request.user, clock.today())


def round_or_404(request: HttpRequest, code: str) -> AssessmentRound:
    rows = AssessmentRound.objects.select_related("campaign", "scheme")
    round_ = get_object_or_404(rows, code=code)
    if not policies.can_see_round(standing_of_request(request), round_):
        raise Http404
    remember_campaign(request, round_.campaign)
    return round_


def sheet_or_404(request: HttpRequest, code: str, department_id: int) -> Sheet:
    """一次考核裏一個單位的表，連同考核一次取出；看得見這次考核的人才進得來。

    另問清此人在不在考察它的考核組裏，有沒有草稿、改分、問卷、意見：沒有的不再查。
    """
    rows = Sheet.objects.select_related(
        "round__campaign", "round__scheme", "profile", "self_submitted_by"
    )
    rows = rows.annotate(**_sides(request.user.pk))
    sheet = get_object_or_404(rows, round__code=code, department=department_id)
    if not policies.can_see_round(standing_of_request(request), sheet.round):
        raise Http404
    remember_campaign(request, sheet.round.campaign)
    return sheet


def _sides(user_id: int) -> dict[str, Exists]:
    own = OuterRef("pk")
    return {
        "is_on_team": Exists(SiteVisit.objects.filter(sheet=own, team=user_id)),
        "has_drafts": Exists(SheetDraft.objects.filter(sheet=own)),
        "has_changes": Exists(Score.objects.filter(sheet=own, replaced_at__isnull=False)),
        "has_surveys": Exists(Questionnaire.objects.current().filter(sheet=own)),
        "has_opinions": Exists(Opinion.objects.current().filter(sheet=own)),
    }


def list_crumb() -> tuple[str, str]:
    return _("考核"), reverse("evaluations:round-list")


def crumbs_to(round_: AssessmentRound, *more: tuple[str, str]) -> Crumbs:
    return [list_crumb(), (round_.title, round_.get_absolute_url() if more else ""), *more]
