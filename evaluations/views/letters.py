"""目標責任書：台賬、一份的頁、各步、紙面。"""

from collections.abc import Callable, Iterator
from io import BytesIO
from zipfile import ZIP_DEFLATED

from django.core.exceptions import PermissionDenied, ValidationError
from django.forms import BaseForm, Form
from django.http import FileResponse, Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST
from zipstream import ZipStream

from campaigns.current import campaign_or_404, remember_campaign
from campaigns.models import Campaign
from evaluations import policies
from evaluations.forms_letters import LetterReasonForm, TermsForm
from evaluations.letter_page import LetterPage, lines_of, page_script
from evaluations.letter_paper import paper_of
from evaluations.models import TargetLetter
from evaluations.services import letter_signing as signing
from evaluations.services import letters as services
from pingtan_civ import ui
from pingtan_civ.form_pages import Done, FormPage, form_page, posted
from pingtan_civ.lib import clock
from pingtan_civ.lib.media_types import DOCX, PDF
from pingtan_civ.lib.numbers import read_int
from pingtan_civ.lib.script import simplify
from reports.rendering import MissingGlyphs, RenderingFailed, to_docx, to_pdf
from reports.rendering.document import Script
from tasks.breakdown_page import Tab
from tasks.models import WrongState
from tasks.views.doors import standing_of_request

GET_OR_POST = require_http_methods(["GET", "POST"])


# ── 台賬 ──────────────────────────────────────────────


@require_GET
def letter_list(request: HttpRequest, campaign_code: str) -> HttpResponse:
    campaign = campaign_or_404(request, campaign_code)
    return _list(request, campaign)


def _list(
    request: HttpRequest, campaign: Campaign, *, refusal: str = "", status: int = 200
) -> HttpResponse:
    standing, year = standing_of_request(request), _year(request, campaign)
    lines = lines_of(campaign, year, standing)
    may_manage = policies.can_manage_letters(standing, campaign) and campaign.is_open
    letters = [line.letter for line in lines if line.letter]
    context = {
        "campaign": campaign,
        "year": year,
        "tabs": _tabs(campaign, year),
        "lines": lines,
        "signed": sum(letter.is_in_force for letter in letters),
        "refusal": refusal,
        "may_manage": may_manage,
        "missing": sum(line.letter is None for line in lines),
        "unsent": sum(letter.is_draft and letter.number is None for letter in letters),
        "printable": any(letter.number for letter in letters),
        "sees_all": policies.can_see_all_letters(standing, campaign),
    }
    return render(request, "evaluations/letter_list_page.html", context, status=status)


def _year(request: HttpRequest, campaign: Campaign) -> int:
    """看哪一年：網址裏寫的，否則今年；總在活動的起止之內。"""
    first, last = campaign.start_date.year, campaign.end_date.year
    given = request.POST.get("year") or request.GET.get("year")
    return read_int(given, low=first, high=last) or max(first, min(clock.today().year, last))


def _tabs(campaign: Campaign, year: int) -> list[Tab]:
    years = range(campaign.end_date.year, campaign.start_date.year - 1, -1)
    if len(years) < 2:
        return []
    return [
        Tab(_("%(year)d年度") % {"year": each}, f"?year={each}", None, each == year)
        for each in years
    ]


def _managed(request: HttpRequest, campaign_code: str) -> Campaign:
    campaign = campaign_or_404(request, campaign_code)
    if not policies.can_manage_letters(standing_of_request(request), campaign):
        raise PermissionDenied(_("目標責任書由本活動辦公室擬訂和送簽。"))
    return campaign


def _list_url(campaign: Campaign, year: int) -> str:
    return f"{reverse('evaluations:letter-list', args=[campaign.code])}?year={year}"


@require_POST
def draft_all(request: HttpRequest, campaign_code: str) -> HttpResponse:
    """給還沒有的單位各擬一份。"""
    campaign = _managed(request, campaign_code)
    year = _year(request, campaign)
    try:
        found = services.draft_letters(
            actor=request.user, campaign=campaign, year=year, at=clock.now()
        )
    except WrongState as refusal:
        return _list(request, campaign, refusal=str(refusal), status=409)
    ui.say(request, _("已擬訂 %(count)d 份，還沒有送簽。") % {"count": len(found)})
    return redirect(_list_url(campaign, year))


@GET_OR_POST
def send_all(request: HttpRequest, campaign_code: str) -> HttpResponse:
    """全部送簽：先說清會告訴誰，再送。"""
    campaign = _managed(request, campaign_code)
    year = _year(request, campaign)
    back = _list_url(campaign, year)
    page = FormPage(
        title=_("全部送簽"),
        submit=_("送簽"),
        back=back,
        crumbs=[(_("目標責任書"), back)],
        warning=_(
            "沒有送過簽的各份一併給號、凍結內容，通知各單位負責人簽訂；單位簽訂之前可以逐份撤回。"
        ),
    )

    def act() -> Done:
        sent, refused = services.send_all(
            actor=request.user, campaign=campaign, year=year, at=clock.now()
        )
        for sentence in refused:
            ui.say(request, sentence, level=ui.messages.WARNING)
        return _("已送簽 %(count)d 份，各單位負責人將收到通知。") % {"count": len(sent)}, back

    try:
        return form_page(request, page, Form(posted(request)), act)
    except WrongState as refusal:
        return _list(request, campaign, refusal=str(refusal), status=409)


@require_GET
def print_all(request: HttpRequest, campaign_code: str) -> HttpResponseBase:
    """看得見的、送過簽的各份 Word，打成一個 zip，供成批打印。"""
    campaign = campaign_or_404(request, campaign_code)
    year, script = _year(request, campaign), page_script()
    rows = TargetLetter.objects.visible_to(standing_of_request(request)).standing_papers()
    letters = list(
        rows.filter(campaign=campaign, year=year, number__isnull=False)
        .with_everything()
        .order_by("number")
    )
    if not letters:
        raise Http404(_("還沒有送過簽的責任書，沒有可打印的。"))
    packed = ZipStream(compress_type=ZIP_DEFLATED)
    for letter in letters:
        packed.add(_word_of(letter, script), f"{_name(letter, script)}.docx")
    name = f"{_('目標責任書')}-{year}.zip"
    return FileResponse(packed, as_attachment=True, filename=name, content_type="application/zip")


def _word_of(letter: TargetLetter, script: Script) -> Iterator[bytes]:
    """輪到這一份才排版：幾百份也是邊排邊下載。"""
    yield to_docx(paper_of(letter.text.content, letter.text.signatures.all(), script=script))


# ── 一份 ──────────────────────────────────────────────


def _letter_or_404(request: HttpRequest, pk: int) -> TargetLetter:
    """看不見的與不存在的一樣回 404。"""
    rows = TargetLetter.objects.visible_to(standing_of_request(request)).with_everything()
    letter = get_object_or_404(rows.select_related("parent__text"), pk=pk)
    remember_campaign(request, letter.campaign)
    return letter


def _managed_letter(request: HttpRequest, pk: int) -> TargetLetter:
    letter = _letter_or_404(request, pk)
    if not policies.can_manage_letters(standing_of_request(request), letter.campaign):
        raise PermissionDenied(_("目標責任書由本活動辦公室擬訂和送簽。"))
    return letter


@require_GET
def letter(request: HttpRequest, pk: int) -> HttpResponse:
    return _show(request, _letter_or_404(request, pk))


def _show(
    request: HttpRequest, letter: TargetLetter, *, refusal: str = "", status: int = 200
) -> HttpResponse:
    page = LetterPage(letter, standing_of_request(request))
    context = {
        "letter": letter,
        "page": page,
        "can": page.can,
        "refusal": refusal,
        "crumbs": [
            (_("目標責任書"), _list_url(letter.campaign, letter.year)),
            (str(letter), ""),
        ],
    }
    return render(request, "evaluations/letter_page.html", context, status=status)


def _press(
    request: HttpRequest, pk: int, act: Callable[[], TargetLetter], words: str
) -> HttpResponse:
    """一個按鈕的一步；此刻不能辦的，給出這一份現在的樣子，說清為什麼。"""
    try:
        done = act()
    except WrongState as refusal:
        return _show(request, _letter_or_404(request, pk), refusal=str(refusal), status=409)
    except ValidationError as refusal:
        sentence = " ".join(refusal.messages)
        return _show(request, _letter_or_404(request, pk), refusal=sentence, status=422)
    ui.say(request, words)
    return redirect(done)


@require_POST
def letter_send(request: HttpRequest, pk: int) -> HttpResponse:
    letter = _managed_letter(request, pk)
    return _press(
        request,
        pk,
        lambda: services.send_letter(actor=request.user, letter_id=pk, at=clock.now()),
        _("已送%(unit)s簽訂，負責人將收到通知。") % {"unit": letter.department},
    )


@require_POST
def letter_sign(request: HttpRequest, pk: int) -> HttpResponse:
    _letter_or_404(request, pk)
    seen = request.POST.get("seen", "")
    return _press(
        request,
        pk,
        lambda: signing.sign_letter(actor=request.user, letter_id=pk, seen=seen, at=clock.now()),
        _("已簽訂，簽訂人、時間和文本校驗值已保存。"),
    )


@require_POST
def letter_acknowledge(request: HttpRequest, pk: int) -> HttpResponse:
    _letter_or_404(request, pk)
    return _press(
        request,
        pk,
        lambda: signing.note_succession(actor=request.user, letter_id=pk, at=clock.now()),
        _("已知悉，由您承接這份責任書。"),
    )


@require_POST
def letter_supplement(request: HttpRequest, pk: int) -> HttpResponse:
    _managed_letter(request, pk)
    return _press(
        request,
        pk,
        lambda: services.draft_supplement(actor=request.user, letter_id=pk, at=clock.now()),
        _("已起草補充書，看過以後送簽。"),
    )


def _letter_form(
    request: HttpRequest, letter: TargetLetter, page: FormPage, form: BaseForm, act: Callable
) -> HttpResponse:
    listed = (_("目標責任書"), _list_url(letter.campaign, letter.year))
    page.crumbs = [listed, (str(letter), letter.get_absolute_url())]
    page.intro = f"{letter.department} · {letter}"

    def wrapped() -> Done:
        act()
        return "", page.back

    try:
        return form_page(request, page, form, wrapped)
    except WrongState as refusal:
        fresh = _letter_or_404(request, letter.pk)
        return _show(request, fresh, refusal=str(refusal), status=409)


@GET_OR_POST
def letter_terms(request: HttpRequest, pk: int) -> HttpResponse:
    letter = _managed_letter(request, pk)
    page = FormPage(title=_("補充條款"), submit=_("保存"), back=letter.get_absolute_url())
    form = TermsForm(posted(request), initial={"terms": letter.terms})

    def act() -> None:
        services.write_terms(
            actor=request.user, letter_id=pk, terms=form.cleaned_data["terms"], at=clock.now()
        )

    return _letter_form(request, letter, page, form, act)


@GET_OR_POST
def letter_return(request: HttpRequest, pk: int) -> HttpResponse:
    """退回修改：單位或組長不同意，或辦公室在單位簽訂之前撤回。"""
    letter = _letter_or_404(request, pk)
    page_now = LetterPage(letter, standing_of_request(request))
    if not page_now.can.give_back:
        raise PermissionDenied(_("由輪到簽訂的一方退回；單位簽訂之前，辦公室也可以撤回。"))
    page = FormPage(
        title=_("退回修改"),
        submit=_("退回"),
        back=letter.get_absolute_url(),
        warning=_("退回後由創建辦修改，編號不變，改好再送簽；已簽的要重新簽。"),
    )
    form = LetterReasonForm(posted(request))

    def act() -> None:
        signing.return_letter(
            actor=request.user, letter_id=pk, reason=form.cleaned_data["reason"], at=clock.now()
        )

    return _letter_form(request, letter, page, form, act)


@GET_OR_POST
def letter_void(request: HttpRequest, pk: int) -> HttpResponse:
    letter = _managed_letter(request, pk)
    page = FormPage(
        title=_("作廢"),
        submit=_("作廢"),
        back=letter.get_absolute_url(),
        warning=_("作廢後不再簽訂；給過的編號留着，不再用。"),
        danger=True,
    )
    form = LetterReasonForm(posted(request))

    def act() -> None:
        services.void_draft(
            actor=request.user, letter_id=pk, reason=form.cleaned_data["reason"], at=clock.now()
        )

    return _letter_form(request, letter, page, form, act)


@require_GET
def letter_paper(request: HttpRequest, pk: int) -> HttpResponseBase:
    """Word 或 PDF，繁簡兩體；擬訂中的印出來沒有編號。"""
    letter = _letter_or_404(request, pk)
    format_ = request.GET.get("format", "docx")
    if format_ not in ("docx", "pdf"):
        raise Http404(_("沒有這種格式，請選 Word 或 PDF。"))
    script: Script = "hans" if request.GET.get("script") == "hans" else "hant"
    page = LetterPage(letter, standing_of_request(request))
    document = paper_of(page.content, page.signatures_on_paper, script=script)
    name = f"{_name(letter, script)}.{format_}"
    if format_ == "docx":
        return _file(to_docx(document), name, DOCX)
    try:
        return _file(to_pdf(document), name, PDF)
    except (MissingGlyphs, RenderingFailed) as error:
        return _show(request, letter, refusal=str(error), status=422)


def _name(letter: TargetLetter, script: Script) -> str:
    number = f"〔{letter.year}〕{letter.number}號" if letter.number else "（擬訂中）"
    name = f"目標責任書{number} {letter.department.name}".replace("/", "／").replace("\\", "＼")
    return simplify(name) if script == "hans" else name


def _file(data: bytes, name: str, content_type: str) -> FileResponse:
    return FileResponse(BytesIO(data), as_attachment=True, filename=name, content_type=content_type)
