"""一票否決的事：台賬、登記或自報、說明、決定、解除、材料。"""

from collections.abc import Iterable
from typing import Any

from django.core.exceptions import PermissionDenied, ValidationError
from django.core.files.uploadedfile import UploadedFile
from django.core.paginator import Paginator
from django.http import FileResponse, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import (
    require_GET,
    require_http_methods,
    require_POST,
    require_safe,
)

from campaigns.current import campaign_or_404, current_campaign
from campaigns.models import Campaign
from evaluations import forms_vetoes as forms
from evaluations import policies
from evaluations.exporting import write_vetoes
from evaluations.models import InquiryAnswer, VetoEvent, VetoFile, VetoRelease
from evaluations.services import veto_files
from evaluations.services import vetoes as services
from evaluations.veto_page import VetoPage
from evaluations.veto_register import VetoQuery, counts, row_of
from evaluations.views.files import attachment
from evaluations.views.veto_doors import at_its_field, crumbs_to, event_or_404, require
from pingtan_civ import ui
from pingtan_civ.form_pages import Done, FormPage, form_page, posted
from pingtan_civ.lib import clock
from pingtan_civ.lib.dates import long_date
from pingtan_civ.lib.media_types import XLSX
from pingtan_civ.lib.numbers import read_int
from pingtan_civ.lib.uploads import RefusedUpload
from tasks.breakdown_page import Chip, Choice, Tab
from tasks.labels import choice_label
from tasks.views.doors import standing_of_request
from tasks.views.evidence import send_original, send_thumbnail

PER_PAGE = 50
MOST_ROWS = 5000
"""一次最多導出幾件。"""


@require_GET
def veto_list(request: HttpRequest) -> HttpResponse:
    """看得見的事，篩選都在網址裏。"""
    standing, query = standing_of_request(request), VetoQuery.read(request.GET)
    visible = VetoEvent.objects.visible_to(standing)
    page = Paginator(query.apply(visible).with_everything(), PER_PAGE).get_page(query.page)
    tally = counts(visible)
    campaign = current_campaign(request)
    context = {
        "query": query,
        "page": page,
        "rows": [row_of(event, standing.on) for event in page],
        "tally": tally,
        "tabs": _tabs(query, tally),
        "chips": _chips(query, visible) if tally["all"] else [],
        "carried": [(name, value) for name, value in query.as_dict().items() if name != "q"],
        "campaign": campaign,
        "can_register": campaign is not None and policies.can_open_veto_form(standing, campaign),
        "is_office": campaign is not None and standing.is_office(campaign),
    }
    return render(request, "evaluations/veto_list_page.html", context)


@require_GET
def veto_export(request: HttpRequest) -> HttpResponse | FileResponse:
    """導出 Excel：與台賬同一組條件、同一個查詢。"""
    standing, query = standing_of_request(request), VetoQuery.read(request.GET)
    found = query.apply(VetoEvent.objects.visible_to(standing)).with_everything()
    events = list(found[: MOST_ROWS + 1])
    if len(events) > MOST_ROWS:
        said = _("篩選出來的超過 %(most)d 件，一次導不完；請先按年份或單位篩一下再導出。")
        ui.say(request, said % {"most": MOST_ROWS}, level=ui.messages.WARNING)
        return redirect(reverse("evaluations:veto-list") + query.url())
    data = write_vetoes((row_of(event, standing.on) for event in events), today=standing.on)
    return attachment(data, f"{_('一票否決台賬')}-{standing.on:%Y%m%d}.xlsx", XLSX)


def _tabs(query: VetoQuery, tally: dict[str, int]) -> list[Tab]:
    tabs = [Tab(_("全部"), query.url(state=""), tally["all"], not query.state)]
    for state in VetoEvent.State.values:
        label = choice_label(VetoEvent.State, state)
        is_bad = state == VetoEvent.State.PENDING
        tabs.append(
            Tab(label, query.url(state=state), tally[state], query.state == state, bad=is_bad)
        )
    return tabs


def _chips(query: VetoQuery, visible: Any) -> list[Chip]:
    """單位、情形、年份只列台賬裏有的。"""
    facts = list(
        visible.order_by("item__position", "item")
        .values_list(
            "item", "item__event_text", "department", "department__name", "date_of_event__year"
        )
        .distinct()
    )
    units = {unit: name for _item, _text, unit, name, _year in facts}
    items = {item: text for item, text, *_rest in facts}
    years = sorted({row[-1] for row in facts}, reverse=True)
    return [
        _chip(_("單位"), query, "department", units.items()),
        _chip(_("情形"), query, "item", items.items()),
        _chip(_("年份"), query, "year", [(year, str(year)) for year in years]),
    ]


def _chip(label: str, query: VetoQuery, name: str, pairs: Iterable[tuple[int, str]]) -> Chip:
    chosen = getattr(query, name)
    pairs = list(pairs)
    value = dict(pairs).get(chosen, str(chosen)) if chosen else ""
    options = [Choice(text, query.url(**{name: key}), key == chosen) for key, text in pairs]
    return Chip(label, value, query.url(**{name: None}), options, minor=False)


# 登記和更正


@require_http_methods(["GET", "POST"])
def veto_create(request: HttpRequest, campaign_code: str) -> HttpResponse:
    """辦公室登記任何單位的，單位的人自報本單位的；?answer= 是據以登記的徵詢答覆。"""
    campaign = campaign_or_404(request, campaign_code)
    standing = standing_of_request(request)
    require(
        policies.can_open_veto_form(standing, campaign),
        _("事件由辦公室登記，或由本單位的人自報。"),
    )
    answer = _answer_of(request, campaign)
    form = forms.VetoEventForm(
        posted(request), campaign=campaign, on=standing.on, initial=_initial(answer)
    )
    is_office = standing.is_office(campaign)
    if not is_office:
        form.only_own(standing.departments)

    def act() -> Done:
        event = services.register_event(
            actor=request.user,
            item=form.cleaned_data["item"],
            department=form.cleaned_data["department"],
            values=form.facts(),
            answer=answer,
            at=clock.now(),
        )
        return _("已登記：%(event)s，待認定。認定文書傳在下面。") % {
            "event": event
        }, event.get_absolute_url()

    url = reverse("evaluations:veto-list")
    page = FormPage(
        title=_("登記事件") if is_office else _("自報事件"),
        submit=_("登記") if is_office else _("自報"),
        back=url,
        crumbs=[(_("一票否決台賬"), url)],
        intro=""
        if is_office
        else _("主管部門認定後一個月內自報；隱瞞不報的，扣分加倍，並從認定之日起算回溯期。"),
    )
    return form_page(request, page, form, at_its_field(form, act))


def _answer_of(request: HttpRequest, campaign: Campaign) -> InquiryAnswer | None:
    """網址裏寫的那份「有情況」的答覆；不是辦公室、不是這個活動的、登記過的都不用。"""
    pk = read_int(request.GET.get("answer"), low=1)
    if pk is None or not standing_of_request(request).is_office(campaign):
        return None
    rows = InquiryAnswer.objects.select_related("inquiry").filter(
        inquiry__campaign=campaign, answer=InquiryAnswer.Answer.EVENT, event__isnull=True
    )
    return rows.filter(pk=pk).first()


def _initial(answer: InquiryAnswer | None) -> dict[str, Any]:
    if answer is None:
        return {}
    return {
        "department": answer.department_id,
        "item": answer.item_id,
        "authority": answer.inquiry.authority,
        "document_number": answer.document_number,
        "description": answer.note,
    }


@require_http_methods(["GET", "POST"])
def veto_edit(request: HttpRequest, pk: int) -> HttpResponse:
    event = event_or_404(request, pk)
    standing = standing_of_request(request)
    require(policies.can_correct_veto(standing, event), _("登記的內容由辦公室在認定以前更正。"))
    form = forms.VetoEventForm(
        posted(request), instance=event, campaign=event.item.campaign, on=standing.on
    )
    form.facts_only()

    def act() -> Done:
        services.correct_event(actor=request.user, event_id=pk, values=form.facts(), at=clock.now())
        return _("登記的內容已更正，改動留在經過裏。"), event.get_absolute_url()

    return _form(request, event, _("更正登記"), _("保存"), form, act)


@require_http_methods(["GET", "POST"])
def veto_statement(request: HttpRequest, pk: int) -> HttpResponse:
    event = event_or_404(request, pk)
    require(
        policies.can_state_on_veto(standing_of_request(request), event),
        _("說明由涉及的單位在領導小組決定以前寫。"),
    )
    form = forms.StatementForm(posted(request), initial={"text": event.statement})

    def act() -> Done:
        services.state_case(
            actor=request.user, event_id=pk, text=form.cleaned_data["text"], at=clock.now()
        )
        return _("說明已報辦公室和領導。"), event.get_absolute_url()

    return _form(request, event, _("寫單位說明"), _("報送"), form, act)


# 決定和解除


@require_http_methods(["GET", "POST"])
def veto_decide(request: HttpRequest, pk: int) -> HttpResponse:
    event = event_or_404(request, pk)
    require(
        policies.can_decide_veto(standing_of_request(request), event),
        _("由組長或副組長決定；登記的人和本單位的人迴避。"),
    )
    initial = {
        "date_confirmed": event.date_confirmed,
        "authority": event.authority or event.item.authority,
        "document_number": event.document_number,
        "is_concealed": event.is_concealed,
    }
    form = forms.VetoDecisionForm(posted(request), initial=initial)
    form.fields["is_concealed"].help_text = _reporting_words(event)

    def act() -> Done:
        who = {"actor": request.user, "event_id": pk, "at": clock.now()}
        reason = form.cleaned_data["reason"]
        if form.is_upheld:
            services.uphold(**who, confirmed=form.confirmed(), reason=reason)
            return _("已認定，辦公室和該單位會收到通知。"), event.get_absolute_url()
        services.dismiss(**who, reason=reason)
        return _("已定為不成立，辦公室和該單位會收到通知。"), event.get_absolute_url()

    warning = ""
    if not event.statement and not event.is_self_reported:
        warning = _("單位還沒有寫說明。")
    return _form(request, event, _("作出決定"), _("決定"), form, act, event.description, warning)


def _reporting_words(event: VetoEvent) -> str:
    """自報得及不及時：決定是不是隱瞞的依據。"""
    if event.was_reported_in_time:
        return _("該單位按時自報，不能算隱瞞不報。")
    if event.is_self_reported:
        return _("該單位遲了自報（應在 %(due)s前），請判斷是否隱瞞。") % {
            "due": long_date(event.report_due_date)
        }
    return _("該單位沒有自報。認定後一個月內不報的，可以定為隱瞞不報：扣分加倍，從認定之日起算。")


@require_http_methods(["GET", "POST"])
def veto_release(request: HttpRequest, pk: int) -> HttpResponse:
    event = event_or_404(request, pk)
    require(
        policies.can_propose_release(standing_of_request(request), event),
        _("已認定的事才能解除，由辦公室提出。"),
    )
    form = forms.ReleaseForm(posted(request), request.FILES or None)

    def act() -> Done:
        clean, who = form.cleaned_data, {"actor": request.user, "event_id": pk, "at": clock.now()}
        if paper := clean["paper"]:
            _take_result(who, paper)
        services.propose_release(
            **who, reason=clean["reason"], no_paper_reason=clean["no_paper_reason"]
        )
        return _("已提出解除，等組長或副組長確認。"), event.get_absolute_url()

    intro = _("解除要兩個人：您提出，由組長或副組長確認。")
    return _form(request, event, _("提出解除"), _("提出"), form, act, intro)


def _take_result(who: dict[str, Any], paper: UploadedFile) -> None:
    """先收處理結果，再提出；不收的寫在那一項上。"""
    try:
        veto_files.attach(**who, file=paper, name=paper.name, kind=VetoFile.Kind.RESULT)
    except RefusedUpload as refusal:
        raise ValidationError({"paper": refusal.sentence}) from refusal


@require_http_methods(["GET", "POST"])
def release_settle(request: HttpRequest, pk: int) -> HttpResponse:
    release = _release_or_404(request, pk)
    require(
        policies.can_confirm_release(standing_of_request(request), release),
        _("由組長或副組長確認；提出的人和本單位的人迴避。"),
    )
    event = release.event
    form = forms.ReleaseDecisionForm(posted(request))

    def act() -> Done:
        is_agreed = form.cleaned_data["decision"] == "agree"
        services.settle_release(
            actor=request.user,
            release_id=pk,
            is_agreed=is_agreed,
            reason=form.cleaned_data["reason"],
            at=clock.now(),
        )
        said = _("已解除，從今天起不再影響。") if is_agreed else _("不同意解除，仍按已認定算。")
        return said, event.get_absolute_url()

    intro = _("%(who)s提出：%(reason)s") % {"who": release.proposed_by, "reason": release.reason}
    if release.no_paper_reason:
        intro += "\n" + _("沒有處理結果：%(reason)s") % {"reason": release.no_paper_reason}
    return _form(request, event, _("確認解除"), _("決定"), form, act, intro)


@require_POST
def release_withdraw(request: HttpRequest, pk: int) -> HttpResponse:
    release = _release_or_404(request, pk)
    try:
        services.withdraw_release(actor=request.user, release_id=pk, at=clock.now())
    except ValidationError as refusal:
        return _refused(request, release.event, refusal.messages[0], 409)
    ui.say(request, _("解除的動議已撤回。"))
    return redirect(release.event)


def _release_or_404(request: HttpRequest, pk: int) -> VetoRelease:
    release = get_object_or_404(VetoRelease.objects.select_related("proposed_by"), pk=pk)
    release.event = event_or_404(request, release.event_id)
    return release


def _form(
    request: HttpRequest,
    event: VetoEvent,
    title: str,
    submit: str,
    form: Any,
    act: Any,
    intro: str = "",
    warning: str = "",
) -> HttpResponse:
    page = FormPage(
        title=title,
        submit=submit,
        back=event.get_absolute_url(),
        crumbs=crumbs_to(event),
        intro=intro,
        warning=warning,
    )
    return form_page(request, page, form, at_its_field(form, act))


# 一件事和它的材料


@require_GET
def veto_detail(request: HttpRequest, pk: int) -> HttpResponse:
    return _show(request, event_or_404(request, pk))


def _show(
    request: HttpRequest, event: VetoEvent, *, refusal: str = "", status: int = 200
) -> HttpResponse:
    page = VetoPage(event, standing_of_request(request))
    context = {
        "event": event,
        "page": page,
        "story": page.story(),
        "refusal": refusal,
        "crumbs": [crumbs_to(event)[0], (str(event), "")],
    }
    return render(request, "evaluations/veto_page.html", context, status=status)


def _refused(request: HttpRequest, event: VetoEvent, refusal: str, status: int) -> HttpResponse:
    """此刻不能這樣辦：給出這件事現在的樣子，說清為什麼。"""
    return _show(request, event_or_404(request, event.pk), refusal=refusal, status=status)


@require_POST
def veto_file_add(request: HttpRequest, pk: int) -> HttpResponse:
    event = event_or_404(request, pk)
    require(
        policies.can_attach_to_veto(standing_of_request(request), event),
        _("材料由辦公室加，涉及的單位在認定以前也可以加。"),
    )
    file = request.FILES.get("file")
    if file is None:
        return _refused(request, event, _("沒有收到文件，請重新選擇。"), 400)
    kind = request.POST.get("kind", "")
    try:
        veto_files.attach(
            actor=request.user,
            event_id=pk,
            file=file,
            name=file.name,
            at=clock.now(),
            kind=kind if kind in VetoFile.Kind.values else VetoFile.Kind.OTHER,
        )
    except RefusedUpload as refusal:
        return _refused(request, event, refusal.sentence, 422)
    return redirect(event)


def _file_or_404(request: HttpRequest, pk: int) -> VetoFile:
    rows = VetoFile.objects.select_related("file")
    found = get_object_or_404(rows, pk=pk, removed_at__isnull=True)
    found.event = event_or_404(request, found.event_id)
    return found


@require_safe
def veto_file(request: HttpRequest, pk: int) -> HttpResponseBase:
    found = _file_or_404(request, pk)
    return send_original(request, found.file, found.name)


@require_safe
def veto_file_thumb(request: HttpRequest, pk: int) -> HttpResponseBase:
    return send_thumbnail(request, _file_or_404(request, pk).file)


@require_POST
def veto_file_remove(request: HttpRequest, pk: int) -> HttpResponse:
    found = _file_or_404(request, pk)
    try:
        veto_files.detach(actor=request.user, file_id=pk, at=clock.now())
    except PermissionDenied as refusal:
        return _refused(request, found.event, str(refusal), 403)
    ui.say(request, _("已撤下「%(name)s」。") % {"name": found.name})
    return redirect(found.event)
