"""公示、報送、批覆：辦公室的三張表單。"""

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from pingtan_civ.form_pages import Done, FormPage, posted
from pingtan_civ.lib import clock
from pingtan_civ.lib.dates import long_date
from recommendations import policies
from recommendations.forms import AnswerForm, PublicityForm, SubmitForm
from recommendations.models import Candidate, Programme
from recommendations.services import publicity, submitting
from recommendations.views.candidates import candidate_form
from recommendations.views.doors import (
    candidate_or_404,
    managed_programme,
    require,
    standing_of_request,
)
from recommendations.views.programmes import programme_form

GET_OR_POST = require_http_methods(["GET", "POST"])


@GET_OR_POST
def publicity_start(request: HttpRequest, pk: int) -> HttpResponse:
    row = managed_programme(request, pk)
    today = clock.today()
    form = PublicityForm(posted(request), initial={"start": today})

    def act() -> Done:
        found = publicity.start_publicity(
            actor=request.user, programme_id=pk, plan=form.plan(), at=clock.now()
        )
        words = _("已開始公示，到 %(day)s 為止；公示稿在項目頁上。")
        return words % {"day": long_date(found.publicity_end)}, row.get_absolute_url()

    words = _("公示 %(days)d 個工作日，從次日起數；今天開始的到 %(day)s 為止。公示以後全局可見。")
    page = FormPage(
        title=_("開始公示"),
        submit=_("開始公示"),
        back="",
        intro=words
        % {
            "days": row.publicity_days,
            "day": long_date(publicity.last_day(today, row.publicity_days)),
        },
    )
    return programme_form(request, row, page, form, act, publicity.before_publicity(row))


@GET_OR_POST
def submit(request: HttpRequest, pk: int) -> HttpResponse:
    row = managed_programme(request, pk)
    form = SubmitForm(posted(request))

    def act() -> Done:
        submitting.submit(
            actor=request.user,
            programme_id=pk,
            document_number=form.cleaned_data["document_number"],
            at=clock.now(),
        )
        return _("已記為報送，當時的材料已定稿。"), row.get_absolute_url()

    page = FormPage(
        title=_("報送%(authority)s") % {"authority": row.authority},
        submit=_("報送"),
        back="",
        warning=_("報送以後名單和材料定稿，不能再改；推薦表請先打印、簽字、蓋章。"),
    )
    listed = list(row.candidates.filter(state=Candidate.State.PASSED))
    refusal = submitting.before_submitting(row, listed, clock.now())
    return programme_form(request, row, page, form, act, refusal)


@GET_OR_POST
def answer(request: HttpRequest, pk: int) -> HttpResponse:
    row = candidate_or_404(request, pk)
    require(
        policies.can_manage(standing_of_request(request), row.programme.campaign),
        _("上級的批覆由本活動辦公室記載，活動要在進行中。"),
    )
    form = AnswerForm(posted(request), candidate=row)

    def act() -> Done:
        submitting.record_answer(
            actor=request.user, candidate_id=pk, values=form.cleaned_data, at=clock.now()
        )
        return _("批覆已記下；批覆的文件在下面上傳。"), row.get_absolute_url()

    page = FormPage(
        title=_("記上級的批覆"),
        submit=_("保存"),
        back="",
        warning=_("保存以後不能改；同意的同時記入榮譽台賬。"),
    )
    refusal = row.programme.refusal(
        Programme.State.SUBMITTED, Programme.State.ANSWERED
    ) or row.refusal(Candidate.State.SUBMITTED)
    return candidate_form(request, row, page, form, act, refusal)
