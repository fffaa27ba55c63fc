"""創建活動和領導小組的頁。方案導入的頁在 plan_views.py。"""

from datetime import timedelta

from django.core.exceptions import PermissionDenied
from django.db.models import Count, Q
from django.forms import Form
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from campaigns import policies
from campaigns.current import campaign_or_404
from campaigns.forms import (
    CampaignForm,
    FillMembersForm,
    NewCampaignForm,
    NewSeatForm,
    SeatForm,
)
from campaigns.leading_group import leading_group_of
from campaigns.models import Campaign, Seat
from campaigns.naming import signature_of
from campaigns.services import campaign as campaign_services
from campaigns.services import seats as seat_services
from campaigns.standing import Standing, standing_of
from campaigns.steps import steps_of
from journal.models import Entry
from people.forms import EndForm, HandOverForm, ReasonForm
from pingtan_civ import ui
from pingtan_civ.form_pages import Done, FormPage, form_page, posted
from pingtan_civ.lib import clock

GET_OR_POST = require_http_methods(["GET", "POST"])
MORE = ("report_day", "warn_days", "behind_points", "acknowledge_days", "review_days")


def _standing(request: HttpRequest) -> Standing:
    return standing_of(request.user, clock.today())


def _managed(request: HttpRequest, code: str) -> Campaign:
    """能管的活動；看得見而不能管的人得到 403。"""
    campaign = campaign_or_404(request, code)
    if not policies.can_manage_campaign(_standing(request), campaign):
        raise PermissionDenied(_("只有本活動的辦公室和管理員可以這樣辦。"))
    return campaign


def _crumbs(campaign: Campaign, *, group: bool = False) -> list[tuple[str, str]]:
    crumbs = [
        (_("創建活動"), reverse("campaigns:campaign-list")),
        (campaign.name, campaign.get_absolute_url()),
    ]
    return [*crumbs, (_("領導小組"), _group_url(campaign))] if group else crumbs


def _group_url(campaign: Campaign) -> str:
    return reverse("campaigns:leading-group", args=[campaign.code])


@require_GET
def campaign_list(request: HttpRequest) -> HttpResponse:
    today = clock.today()
    # 措施屬於上層的 tasks；這裏只經反向關係數一數。
    counts = {
        "issued": Count("measures", filter=~Q(measures__state__in=["draft", "cancelled"])),
        "done": Count("measures", filter=Q(measures__state="closed")),
    }
    campaigns = Campaign.objects.visible_to(request.user, today)
    context = {
        "campaigns": campaigns.annotate(**counts).prefetch_related("focus_areas"),
        "may_create": policies.can_create_campaign(_standing(request)),
    }
    return render(request, "campaigns/campaign_list_page.html", context)


@GET_OR_POST
def campaign_create(request: HttpRequest) -> HttpResponse:
    if not policies.can_create_campaign(_standing(request)):
        raise PermissionDenied(_("只有領導小組辦公室、組長和管理員可以建立創建活動。"))
    today = clock.today()
    sources = Campaign.objects.visible_to(request.user, today)
    form = NewCampaignForm(posted(request), sources=sources, today=today)
    page = FormPage(
        title=_("建立創建活動"),
        submit=_("建立活動"),
        back=reverse("campaigns:campaign-list"),
        crumbs=[(_("創建活動"), reverse("campaigns:campaign-list"))],
        intro=_("先籌備：只有辦公室、組長副組長和管理員看得見，開始之後才人人可見。"),
        more=MORE,
    )

    def act() -> Done:
        campaign = campaign_services.create_campaign(
            actor=request.user,
            values=form.values,
            focus_areas=form.cleaned_data["focus_areas"],
            copy_from=form.cleaned_data["copy_from"],
            at=clock.now(),
        )
        words = _("已建立「%(name)s」，正在籌備。接着照下面的步驟辦。")
        return words % {"name": campaign.name}, campaign.get_absolute_url()

    return form_page(request, page, form, act)


@require_GET
def campaign_detail(request: HttpRequest, campaign_code: str) -> HttpResponse:
    campaign, today = campaign_or_404(request, campaign_code), clock.today()
    steps = steps_of(campaign, today)
    following = next((step for step in steps if not step.is_done), None)
    seats = campaign.seats.on(today).filter(role__in=Seat.STEERING_ROLES).select_related("user")
    context = {
        "campaign": campaign,
        "step_items": [
            (s.label, s.note, "done" if s.is_done else "now" if s is following else "")
            for s in steps
        ],
        "steps": steps,
        "following": following,
        "focus_areas": campaign.focus_areas.all(),
        "seats": sorted(seats, key=lambda s: (Seat.Role.values.index(s.role), s.position, s.pk)),
        "entries": Entry.objects.about(campaign)[:10],
        "signature": signature_of(campaign),
        "may_manage": policies.can_manage_campaign(_standing(request), campaign),
        "may_set_reminders": campaign.state != Campaign.State.CLOSED
        and _standing(request).is_office(campaign),
    }
    return render(request, "campaigns/campaign_detail_page.html", context)


@GET_OR_POST
def campaign_edit(request: HttpRequest, campaign_code: str) -> HttpResponse:
    campaign = _managed(request, campaign_code)
    form = CampaignForm(posted(request), instance=campaign)
    page = FormPage(
        title=_("修改活動信息"),
        submit=_("保存"),
        back=campaign.get_absolute_url(),
        crumbs=_crumbs(campaign),
        intro=_("代碼 %(code)s 定下後不改。") % {"code": campaign.code},
        more=MORE,
    )

    def act() -> Done:
        campaign_services.update_campaign(
            actor=request.user,
            campaign_id=campaign.pk,
            values=form.values,
            focus_areas=form.cleaned_data["focus_areas"],
            at=clock.now(),
        )
        return _("活動信息已保存。"), campaign.get_absolute_url()

    return form_page(request, page, form, act)


@GET_OR_POST
def campaign_start(request: HttpRequest, campaign_code: str) -> HttpResponse:
    campaign = _managed(request, campaign_code)
    form = Form(posted(request))
    page = FormPage(
        title=_("開始活動"),
        submit=_("開始活動"),
        back=campaign.get_absolute_url(),
        crumbs=_crumbs(campaign),
        warning=_("開始後全局人人可見，可以下達任務；領導小組的人會收到通知。"),
    )

    def act() -> Done:
        campaign_services.start_campaign(
            actor=request.user, campaign_id=campaign.pk, at=clock.now()
        )
        return _("活動已開始，領導小組的人將收到通知。"), campaign.get_absolute_url()

    return form_page(request, page, form, act)


@GET_OR_POST
def campaign_close(request: HttpRequest, campaign_code: str) -> HttpResponse:
    campaign = _managed(request, campaign_code)
    form = ReasonForm(posted(request))
    page = FormPage(
        title=_("結束活動"),
        submit=_("結束活動"),
        back=campaign.get_absolute_url(),
        crumbs=_crumbs(campaign),
        warning=_(
            "結束後提醒全部停止，不再接收報送，任務和領導小組不能再改；"
            "內容都保留，人人可查。領導小組和各單位負責人會收到通知。"
        ),
        danger=True,
    )

    def act() -> Done:
        campaign_services.close_campaign(
            actor=request.user, campaign_id=campaign.pk, at=clock.now(), **form.cleaned_data
        )
        return _("活動已結束，提醒已停止。"), campaign.get_absolute_url()

    return form_page(request, page, form, act)


@GET_OR_POST
def campaign_reopen(request: HttpRequest, campaign_code: str) -> HttpResponse:
    campaign = _managed(request, campaign_code)
    form = ReasonForm(posted(request))
    page = FormPage(
        title=_("重新打開活動"),
        submit=_("重新打開"),
        back=campaign.get_absolute_url(),
        crumbs=_crumbs(campaign),
        warning=_("重新打開後提醒恢復，沒有報的會再次提醒。"),
    )

    def act() -> Done:
        campaign_services.reopen_campaign(
            actor=request.user, campaign_id=campaign.pk, at=clock.now(), **form.cleaned_data
        )
        return _("活動已重新打開，提醒恢復。"), campaign.get_absolute_url()

    return form_page(request, page, form, act)


@require_GET
def leading_group(request: HttpRequest, campaign_code: str) -> HttpResponse:
    campaign, today = campaign_or_404(request, campaign_code), clock.today()
    seats = campaign.seats.select_related("user").prefetch_related("departments")
    may_manage = policies.can_manage_campaign(_standing(request), campaign)
    context = {
        "campaign": campaign,
        "group": leading_group_of(seats, today),
        "may_manage": may_manage and campaign.state != Campaign.State.CLOSED,
        "today": today,
    }
    return render(request, "campaigns/leading_group_page.html", context)


@GET_OR_POST
def seat_create(request: HttpRequest, campaign_code: str) -> HttpResponse:
    campaign, today = _managed(request, campaign_code), clock.today()
    role = request.GET.get("role", "")
    initial = {"start_date": today, "role": role if role in Seat.Role.values else ""}
    form = NewSeatForm(posted(request), initial=initial, on=today)
    page = FormPage(
        title=_("增設席位"),
        submit=_("增設席位"),
        back=_group_url(campaign),
        crumbs=_crumbs(campaign, group=True),
        more=("end_date", "position"),
    )

    def act() -> Done:
        seat = seat_services.add_seat(
            actor=request.user,
            campaign_id=campaign.pk,
            values=form.values,
            departments=form.chosen_departments,
            at=clock.now(),
        )
        words = _("已增設%(role)s席位。") % {"role": seat.get_role_display()}
        return words, _group_url(campaign)

    return form_page(request, page, form, act)


@GET_OR_POST
def seat_edit(request: HttpRequest, campaign_code: str, pk: int) -> HttpResponse:
    campaign = _managed(request, campaign_code)
    seat = _seat(campaign, pk)
    form = SeatForm(posted(request), instance=seat, on=clock.today())
    page = FormPage(
        title=_("調整席位"),
        submit=_("保存"),
        back=_group_url(campaign),
        crumbs=_crumbs(campaign, group=True),
        intro=_("%(seat)s。換人請用「交接」，歷任才查得到。") % {"seat": seat},
    )

    def act() -> Done:
        seat_services.update_seat(
            actor=request.user,
            seat_id=pk,
            values=form.values,
            departments=form.chosen_departments,
            at=clock.now(),
        )
        return _("席位已調整。"), _group_url(campaign)

    return form_page(request, page, form, act)


@GET_OR_POST
def seat_end(request: HttpRequest, campaign_code: str, pk: int) -> HttpResponse:
    campaign = _managed(request, campaign_code)
    seat = _seat(campaign, pk)
    form = EndForm(posted(request), start=seat.start_date, initial={"end_date": clock.today()})
    page = FormPage(
        title=_("終止席位"),
        submit=_("終止席位"),
        back=_group_url(campaign),
        crumbs=_crumbs(campaign, group=True),
        intro=str(seat),
        warning=_("次日起此人不再有這個席位的權限。有人接任時請用「交接」，一步辦完。"),
    )

    def act() -> Done:
        seat_services.end_seat(actor=request.user, seat_id=pk, at=clock.now(), **form.cleaned_data)
        return _("席位的終止日期已記下。"), _group_url(campaign)

    return form_page(request, page, form, act)


@GET_OR_POST
def seat_hand_over(request: HttpRequest, campaign_code: str, pk: int) -> HttpResponse:
    campaign, today = _managed(request, campaign_code), clock.today()
    seat = _seat(campaign, pk)
    form = HandOverForm(
        posted(request),
        on=today,
        current=seat.user_id,
        start=seat.start_date,
        initial={"last_day": today - timedelta(days=1)},
    )
    page = FormPage(
        title=_("交接席位"),
        submit=_("交接"),
        back=_group_url(campaign),
        crumbs=_crumbs(campaign, group=True),
        intro=_("現任：%(seat)s。分管單位和責任領導一併轉給繼任者。") % {"seat": seat},
    )

    def act() -> Done:
        new = seat_services.hand_over_seat(
            actor=request.user, seat_id=pk, at=clock.now(), **form.cleaned_data
        )
        words = _("已交接：%(name)s 自 %(day)s 起接任。") % {
            "name": new.user.name,
            "day": new.start_date.isoformat(),
        }
        return words, _group_url(campaign)

    return form_page(request, page, form, act)


@GET_OR_POST
def seats_fill(request: HttpRequest, campaign_code: str) -> HttpResponse:
    campaign, today = _managed(request, campaign_code), clock.today()
    offered = seat_services.candidates(campaign, today)
    if not offered:
        ui.say(request, _("各單位負責人都已在領導小組裏，不用再補。"))
        return redirect(_group_url(campaign))
    form = FillMembersForm(posted(request), offered=offered)
    page = FormPage(
        title=_("按各科室負責人補齊成員"),
        submit=_("補齊成員"),
        back=_group_url(campaign),
        crumbs=_crumbs(campaign, group=True),
        intro=_("已在領導小組裏的人不再列。本人會收到通知。"),
    )

    def act() -> Done:
        seats = seat_services.fill_members(
            actor=request.user,
            campaign_id=campaign.pk,
            department_ids=form.cleaned_data["departments"],
            at=clock.now(),
        )
        return _("已補齊 %(n)d 名成員。") % {"n": len(seats)}, _group_url(campaign)

    return form_page(request, page, form, act)


def _seat(campaign: Campaign, pk: int) -> Seat:
    return get_object_or_404(campaign.seats.select_related("user"), pk=pk)
