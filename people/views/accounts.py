"""賬號維護：名單、開戶、改信息、重置密碼、停用和恢復。"""

from django.core.exceptions import PermissionDenied
from django.forms import Form
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods

from journal.models import Entry
from people import policies, services
from people.forms import ReasonForm, UserForm
from people.listing import ACTIVE, IDLE, INACTIVE, list_people
from people.models import User
from people.views.doors import maintainers_only, person_crumbs
from pingtan_civ.form_pages import Done, FormPage, form_page, posted
from pingtan_civ.lib import clock

GET_OR_POST = require_http_methods(["GET", "POST"])
# 一次性密碼在會話（服務端）裏停留到下一頁，看過即刪，刷新就沒有了。
ONCE = "one-time-password"


@require_GET
@maintainers_only
def person_list(request: HttpRequest) -> HttpResponse:
    today, query = clock.today(), request.GET.get("q", "").strip()
    show = request.GET.get("show", ACTIVE)
    context = {
        "rows": list_people(today, query, show),
        "query": query,
        "show": show,
        "views": [(ACTIVE, _("在用")), (IDLE, _("沒有職務")), (INACTIVE, _("已停用"))],
    }
    return render(request, "people/person_list_page.html", context)


@require_GET
@never_cache
@maintainers_only
def person_detail(request: HttpRequest, pk: int) -> HttpResponse:
    person, today = get_object_or_404(User, pk=pk), clock.today()
    posts = list(person.appointments.select_related("department").order_by("-start_date", "-pk"))
    once = request.session.pop(ONCE, None) or {}
    context = {
        "person": person,
        "current": [post for post in posts if post.is_current(today)],
        "others": [post for post in posts if not post.is_current(today)],
        # 席位屬於上層的 campaigns；這裏只經反向關係讀，不引入它。
        "seats": person.seats.on(today).select_related("campaign"),
        "password": once.get("password") if once.get("user") == pk else "",
        "entries": Entry.objects.about(person)[:20],
        "may_govern": policies.can_govern_account(request.user, person, today),
        "may_lock_out": policies.can_lock_out(request.user, person, today),
        "is_self": person == request.user,
        "today": today,
    }
    return render(request, "people/person_page.html", context)


@GET_OR_POST
@maintainers_only
def person_create(request: HttpRequest) -> HttpResponse:
    form = UserForm(posted(request))
    page = FormPage(
        title=_("開設賬號"),
        submit=_("開設賬號"),
        back=reverse("people:person-list"),
        crumbs=person_crumbs(),
        intro=_("開好後給出一個一次性密碼，只顯示一次；本人首次登錄時改成自己的。"),
        more=("position",),
    )

    def act() -> Done:
        person, password = services.create_user(
            actor=request.user, values=form.cleaned_data, at=clock.now()
        )
        return "", _show_once(request, person, password)

    return form_page(request, page, form, act)


@GET_OR_POST
@maintainers_only
def person_edit(request: HttpRequest, pk: int) -> HttpResponse:
    person = _governed(request, pk)
    form = UserForm(posted(request), instance=person)
    page = FormPage(
        title=_("修改人員信息"),
        submit=_("保存"),
        back=_url(person),
        crumbs=person_crumbs(person),
    )

    def act() -> Done:
        services.update_user(
            actor=request.user, user_id=pk, values=form.cleaned_data, at=clock.now()
        )
        return _("人員信息已保存，本人將收到通知。"), _url(person)

    return form_page(request, page, form, act)


@GET_OR_POST
@maintainers_only
def person_reset_password(request: HttpRequest, pk: int) -> HttpResponse:
    person = _may_lock_out(request, pk)
    page = FormPage(
        title=_("重置密碼"),
        submit=_("重置密碼"),
        back=_url(person),
        crumbs=person_crumbs(person),
        warning=_(
            "原密碼立即失效，已登錄的也會退出。請先核實是本人，再把一次性密碼當面或電話告訴他。"
        ),
    )

    def act() -> Done:
        _person, password = services.reset_password(actor=request.user, user_id=pk, at=clock.now())
        return "", _show_once(request, person, password)

    form = Form(posted(request))
    return form_page(request, page, form, act)


@GET_OR_POST
@maintainers_only
def person_deactivate(request: HttpRequest, pk: int) -> HttpResponse:
    person = _may_lock_out(request, pk)
    form = ReasonForm(posted(request))
    page = FormPage(
        title=_("停用賬號"),
        submit=_("停用賬號"),
        back=_url(person),
        crumbs=person_crumbs(person),
        warning=_(
            "停用後立即不能登錄，不再收到提醒，名下職務暫時等於沒有人。記錄都保留，可以恢復。"
        ),
        danger=True,
    )

    def act() -> Done:
        services.deactivate_user(
            actor=request.user, user_id=pk, at=clock.now(), **form.cleaned_data
        )
        return _("賬號已停用。請把他的職務交接給別人。"), _url(person)

    return form_page(request, page, form, act)


@GET_OR_POST
@maintainers_only
def person_activate(request: HttpRequest, pk: int) -> HttpResponse:
    person = _governed(request, pk)
    form = ReasonForm(posted(request))
    page = FormPage(
        title=_("恢復賬號"),
        submit=_("恢復賬號"),
        back=_url(person),
        crumbs=person_crumbs(person),
        intro=_("還在任期內的職務和席位，權限隨即恢復。"),
    )

    def act() -> Done:
        services.activate_user(actor=request.user, user_id=pk, at=clock.now(), **form.cleaned_data)
        return _("賬號已恢復，原密碼照用。"), _url(person)

    return form_page(request, page, form, act)


def _governed(request: HttpRequest, pk: int) -> User:
    person = get_object_or_404(User, pk=pk)
    if not policies.can_govern_account(request.user, person, clock.today()):
        raise PermissionDenied(_("管理員的賬號只有管理員可以改動。"))
    return person


def _may_lock_out(request: HttpRequest, pk: int) -> User:
    person = _governed(request, pk)
    services.require_lock_out(request.user, person, clock.today())
    return person


def _show_once(request: HttpRequest, person: User, password: str) -> str:
    request.session[ONCE] = {"user": person.pk, "password": password}
    return _url(person)


def _url(person: User) -> str:
    return reverse("people:person-detail", args=[person.pk])
