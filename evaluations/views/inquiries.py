"""徵詢函：列表、發一張、記答覆和收復函、下載公文、撤回。只給辦公室和領導看。"""

from io import BytesIO

from django.core.exceptions import ValidationError
from django.http import FileResponse, Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import (
    require_GET,
    require_http_methods,
    require_POST,
    require_safe,
)

from campaigns.current import campaign_or_404
from evaluations import policies
from evaluations.forms_vetoes import InquiryForm, RepliesForm, WithdrawForm
from evaluations.inquiry_letter import letter_of
from evaluations.inquiry_pages import heading, rows_of
from evaluations.models import AuthorityInquiry, InquiryAnswer, InquiryFile
from evaluations.services import inquiries as services
from evaluations.services import inquiry_files
from evaluations.views.veto_doors import (
    at_its_field,
    inquiry_or_404,
    maintained_campaign,
    put_at_its_field,
    require,
)
from journal.models import Entry
from pingtan_civ import ui
from pingtan_civ.form_pages import Done, FormPage, form_page, posted
from pingtan_civ.lib import clock
from pingtan_civ.lib.media_types import DOCX, PDF
from pingtan_civ.lib.script import simplify
from pingtan_civ.lib.uploads import RefusedUpload
from reports.rendering import MissingGlyphs, RenderingFailed, to_docx, to_pdf
from tasks.views.doors import standing_of_request
from tasks.views.evidence import send_original


@require_GET
def inquiry_list(request: HttpRequest, campaign_code: str) -> HttpResponse:
    campaign = campaign_or_404(request, campaign_code)
    standing = standing_of_request(request)
    require(
        policies.sees_all_vetoes(standing, campaign),
        _("徵詢函涉及許多單位，只給辦公室和領導看。"),
    )
    rows = rows_of(campaign, standing.on)
    listed = campaign.veto_items.filter(retired_at__isnull=True).exclude(authority="")
    context = {
        "campaign": campaign,
        "rows": rows,
        "heading": heading(rows),
        "authorities": list(dict.fromkeys(listed.values_list("authority", flat=True))),
        "can_ask": policies.can_maintain_negative_list(standing, campaign),
    }
    return render(request, "evaluations/inquiry_list_page.html", context)


@require_http_methods(["GET", "POST"])
def inquiry_create(request: HttpRequest, campaign_code: str) -> HttpResponse:
    """?authority= 先選好這個機關認定的各項。"""
    campaign = maintained_campaign(request, campaign_code)
    form = InquiryForm(
        posted(request),
        campaign=campaign,
        on=clock.today(),
        authority=request.GET.get("authority", "")[:80],
    )

    def act() -> Done:
        clean = form.cleaned_data
        inquiry = services.ask_authority(
            actor=request.user,
            campaign=campaign,
            authority=clean["authority"],
            items=clean["items"],
            departments=clean["departments"],
            period=(clean["period_start"], clean["period_end"]),
            days=clean["days"],
            at=clock.now(),
        )
        said = _("徵詢函已登記，請下載打印、用印後送出；答覆記在這一頁。")
        return said, inquiry.get_absolute_url()

    url = reverse("evaluations:inquiry-list", args=[campaign.code])
    page = FormPage(
        title=_("發徵詢函"),
        submit=_("登記並生成公文"),
        back=url,
        crumbs=[(_("徵詢函"), url)],
        intro=_("一張函問一個機關。沒有答覆的單位一直是「未確認」，不會當作「無」。"),
    )
    return form_page(request, page, form, at_its_field(form, act))


@require_http_methods(["GET", "POST"])
def inquiry_detail(request: HttpRequest, pk: int) -> HttpResponse:
    """一張函和它的答覆；辦公室在這裏記答覆。"""
    inquiry = inquiry_or_404(request, pk)
    standing = standing_of_request(request)
    can_record = inquiry.withdrawn_at is None and policies.can_maintain_negative_list(
        standing, inquiry.campaign
    )
    require(can_record or request.method == "GET", _("答覆由本活動辦公室記。"))
    form = RepliesForm(
        posted(request),
        request.FILES or None,
        answers=_answers_of(inquiry),
        initial={"answered_date": clock.today()},
    )
    if request.method == "POST" and form.is_valid() and _keep(request, inquiry, form):
        ui.say(request, _("答覆已保存。"))
        return redirect(inquiry)
    return _show(request, inquiry, form, can_record=can_record)


def _answers_of(inquiry: AuthorityInquiry) -> list[InquiryAnswer]:
    return list(inquiry.answers.select_related("department", "item", "event__item"))


def _keep(request: HttpRequest, inquiry: AuthorityInquiry, form: RepliesForm) -> bool:
    """先收復函，再記答覆；不收的寫在它說的那一項上，填過的都還在。"""
    clean, who = form.cleaned_data, {"actor": request.user, "inquiry_id": inquiry.pk}
    try:
        if paper := clean["paper"]:
            inquiry_files.attach(**who, file=paper, name=paper.name, at=clock.now())
        services.record_replies(
            **who,
            replies=form.replies(),
            answered_date=clean["answered_date"],
            document_number=clean["document_number"],
            at=clock.now(),
        )
    except RefusedUpload as refusal:
        form.add_error("paper", refusal.sentence)
    except ValidationError as refusal:
        put_at_its_field(form, refusal)
    return not form.errors


def _show(
    request: HttpRequest,
    inquiry: AuthorityInquiry,
    form: RepliesForm,
    *,
    can_record: bool,
    refusal: str = "",
    status: int = 200,
) -> HttpResponse:
    listed = reverse("evaluations:inquiry-list", args=[inquiry.campaign.code])
    today, units = clock.today(), form.units
    context = {
        "inquiry": inquiry,
        "items": list(inquiry.items.all()),
        "form": form,
        "units": units,
        "answered": sum(all(row.answer for row, *_cell in cells) for _unit, cells in units),
        "is_untouched": not any(row.answer for row in form.answers),
        "files": inquiry.files.filter(removed_at__isnull=True).select_related("file"),
        "is_overdue": inquiry.due_date < today,
        "can_record": can_record,
        "refusal": refusal,
        "crumbs": [(_("徵詢函"), listed), (str(inquiry), "")],
        "story": [
            {
                "title": _("%(who)s：%(what)s") % {"who": entry.actor_name, "what": entry.summary},
                "when": ui.moment(entry.at, today),
                "text": entry.reason,
            }
            for entry in Entry.objects.about(inquiry)[:60]
        ],
    }
    return render(request, "evaluations/inquiry_page.html", context, status=status)


@require_GET
def inquiry_letter(request: HttpRequest, pk: int) -> HttpResponse:
    """徵詢函，Word 或 PDF，繁簡兩體；排不成的回到函的頁，說明原因。"""
    inquiry = inquiry_or_404(request, pk)
    format_ = request.GET.get("format", "docx")
    if format_ not in ("docx", "pdf"):
        raise Http404(_("格式是 Word 或 PDF。"))
    script = "hans" if request.GET.get("script") == "hans" else "hant"
    document = letter_of(inquiry, script=script)
    name = f"徵詢函 {inquiry.authority} {inquiry.asked_date}".replace("/", "／")
    name = f"{simplify(name) if script == 'hans' else name}.{format_}"
    if format_ == "docx":
        return _file(to_docx(document), name, DOCX)
    try:
        data = to_pdf(document)
    except (MissingGlyphs, RenderingFailed) as error:
        form = RepliesForm(answers=_answers_of(inquiry))
        return _show(request, inquiry, form, can_record=False, refusal=str(error), status=422)
    return _file(data, name, PDF)


def _file(data: bytes, name: str, content_type: str) -> FileResponse:
    return FileResponse(BytesIO(data), as_attachment=True, filename=name, content_type=content_type)


def _paper_or_404(request: HttpRequest, pk: int) -> InquiryFile:
    rows = InquiryFile.objects.select_related("file")
    found = get_object_or_404(rows, pk=pk, removed_at__isnull=True)
    found.inquiry = inquiry_or_404(request, found.inquiry_id)
    return found


@require_safe
def inquiry_file(request: HttpRequest, pk: int) -> HttpResponseBase:
    """復函的原件。"""
    found = _paper_or_404(request, pk)
    return send_original(request, found.file, found.name)


@require_POST
def inquiry_file_remove(request: HttpRequest, pk: int) -> HttpResponse:
    found = _paper_or_404(request, pk)
    inquiry_files.detach(actor=request.user, file_id=pk, at=clock.now())
    ui.say(request, _("已撤下「%(name)s」。") % {"name": found.name})
    return redirect(found.inquiry)


@require_http_methods(["GET", "POST"])
def inquiry_withdraw(request: HttpRequest, pk: int) -> HttpResponse:
    inquiry = inquiry_or_404(request, pk)
    maintained_campaign(request, inquiry.campaign.code)
    form = WithdrawForm(posted(request))

    def act() -> Done:
        services.withdraw_inquiry(
            actor=request.user,
            inquiry_id=pk,
            reason=form.cleaned_data["reason"],
            at=clock.now(),
        )
        return _("徵詢函已撤回，記錄留着。"), inquiry.get_absolute_url()

    listed = reverse("evaluations:inquiry-list", args=[inquiry.campaign.code])
    page = FormPage(
        title=_("撤回徵詢函"),
        submit=_("撤回"),
        back=inquiry.get_absolute_url(),
        crumbs=[(_("徵詢函"), listed), (str(inquiry), inquiry.get_absolute_url())],
        danger=True,
    )
    return form_page(request, page, form, at_its_field(form, act))
