"""人員：賬號名單頁上列的那些，連同職務。新增的人開設賬號，一次性密碼導入後顯示一次。

沒有職務的人填上單位就是任命；有職務的換崗要定交接和終止日期，在頁面上辦。
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from exchange.cells import Cell, Named, choice_reader, read_day, read_number, read_text, yes
from exchange.kinds import Column, Refused, Scope, SheetKind
from exchange.sheets.common import filled_form
from people import policies, services
from people.forms import UserForm
from people.listing import ACTIVE, list_people, people_with_posts
from people.models import Appointment, Department, User
from tasks.labels import choice_label

#: 一次最多新開這麼多個賬號：密碼要當面告訴本人，再多也念不完。
MOST_NEW = 50
_ACCOUNT = ("username", "name", "phone", "email", "position")
_POST = ("department", "role", "post", "start_date")


@dataclass
class Names:
    departments: Named


def _post(row: User) -> Appointment | None:
    """主要的職務；沒有的為 None。"""
    posts = sorted(row.posts_today, key=lambda post: (not post.is_primary, post.position, post.pk))
    return posts[0] if posts else None


def _of_post(name: str) -> Any:
    def show(row: User) -> Any:
        post = _post(row)
        return getattr(post, name) if post else ""

    return show


def _department(row: User) -> str:
    post = _post(row)
    return post.department.name if post else ""


def _role(row: User) -> str:
    post = _post(row)
    return choice_label(Appointment.Role, post.role) if post else ""


def _others(row: User) -> str:
    first = _post(row)
    return "、".join(post.title for post in row.posts_today if post != first)


def _read_department(names: Names, cell: Cell) -> Department | None:
    return names.departments.pick(cell.text, _("單位"))


COLUMNS = (
    Column(
        "username", gettext_lazy("賬號"), 14, lambda row: row.username, "username", read_text,
        only_new=True, most=150,
        hint=gettext_lazy("新增的人填，字母、數字和 . _ - @；開了就不再改。"),
    ),
    Column(
        "name", gettext_lazy("姓名"), 12, lambda row: row.name, "name", read_text,
        lambda row: row.name, most=40,
    ),
    Column(
        "phone", gettext_lazy("手機號"), 15, lambda row: row.phone, "phone", read_text,
        lambda row: row.phone, most=20,
    ),
    Column(
        "email", gettext_lazy("郵箱"), 24, lambda row: row.email, "email", read_text,
        lambda row: row.email, most=254,
    ),
    Column(
        "position", gettext_lazy("排序"), 8, lambda row: row.position, "position", read_number,
        lambda row: row.position, hint=gettext_lazy("小的在前；名單按領導次序排。"),
    ),
    Column(
        "department", gettext_lazy("單位"), 18, _department, "department", _read_department,
        options=lambda names: names.departments.labels,
        hint=gettext_lazy("沒有職務的人填上單位，就是從「任職開始」那天起任命。換崗在頁面上辦。"),
    ),
    Column(
        "role", gettext_lazy("角色"), 10, _role, "role",
        choice_reader(Appointment.Role, gettext_lazy("角色"), Appointment.Role.CLERK),
        options=lambda names: [str(label) for label in Appointment.Role.labels],
        hint=gettext_lazy("負責人初審和對外報出，經辦人填報。不填就是經辦人。"),
    ),
    Column("post", gettext_lazy("職務名稱"), 14, _of_post("post"), "post", read_text, most=40),
    Column(
        "start_date", gettext_lazy("任職開始"), 12, lambda row: _of_post("start_date")(row) or "",
        "start_date", read_day, hint=gettext_lazy("不填就是導入的當天。"),
    ),
    Column("others", gettext_lazy("兼任"), 24, _others),
    Column("is_active", gettext_lazy("在用"), 8, lambda row: yes(row.is_active)),
)  # fmt: skip


class PeopleSheet(SheetKind):
    code = "people"
    title = gettext_lazy("人員名單")
    columns = COLUMNS
    model = User
    identity = ("username",)
    needed = ("username", "name")
    titles = ("username", "name")
    may_add = True
    tells_once = True
    most_rows = 2_000
    no_export = no_import = gettext_lazy("只有領導小組辦公室和管理員可以維護單位和人員。")

    def may_export(self, scope: Scope) -> bool:
        return policies.can_maintain_organisation(scope.actor, scope.on)

    may_import = may_export

    def listing(self, scope: Scope) -> list[User]:
        return list_people(
            scope.on, scope.params.get("q", "").strip(), scope.params.get("show", ACTIVE)
        )

    def names(self, scope: Scope) -> Names:
        rows = Department.objects.existing(scope.on)
        return Names(Named((row, [row.name, row.short_name, row.code]) for row in rows))

    def page(self, scope: Scope) -> str:
        return reverse("people:person-list")

    def explain(self) -> list[str]:
        return [
            _("新增一行就是開設一個賬號，一次最多 %(most)d 個；一次性密碼導入後只顯示一次。")
            % {"most": MOST_NEW},
            _("沒有職務的人填上單位就是任命；換崗、兼任、免職、停用在頁面上辦。"),
        ]

    def find(self, scope: Scope, keys: list[int]) -> dict[int, User]:
        return {row.pk: row for row in people_with_posts(scope.on).filter(pk__in=keys)}

    def known(self, scope: Scope, texts: list[str]) -> set[str]:
        return set(User.objects.filter(username__in=texts).values_list("username", flat=True))

    def limits(self, created: int) -> str:
        if created <= MOST_NEW:
            return ""
        return _("一次最多新開 %(most)d 個賬號，這份有 %(count)d 個，請分成幾份。") % {
            "most": MOST_NEW,
            "count": created,
        }

    def change(self, scope: Scope, row: User, values: dict[str, Any], at: datetime) -> None:
        account = {key: value for key, value in values.items() if key in _ACCOUNT}
        post = {key: value for key, value in values.items() if key in _POST}
        if account:
            form = filled_form(UserForm, row, account)
            services.update_user(actor=scope.actor, user_id=row.pk, values=form.cleaned_data, at=at)
        if post and row.posts_today:
            sentence = _(
                "已有職務的人換崗，要定交接和終止日期，請在單位的頁面上辦；這一格請恢復原樣。"
            )
            raise Refused({next(iter(post)): sentence})
        if post:
            self._appoint(scope, row, post, at)

    def add(self, scope: Scope, values: dict[str, Any], at: datetime) -> User:
        account = {key: value for key, value in values.items() if key in _ACCOUNT}
        form = filled_form(UserForm, None, account)
        person, password = services.create_user(actor=scope.actor, values=form.cleaned_data, at=at)
        person.one_time_password = password
        post = {key: value for key, value in values.items() if key in _POST}
        if post:
            self._appoint(scope, person, post, at)
        return person

    @staticmethod
    def _appoint(scope: Scope, person: User, post: dict[str, Any], at: datetime) -> None:
        if not post.get("department"):
            raise Refused({"department": _("寫了職務，也要寫明是哪個單位的。")})
        services.appoint(
            actor=scope.actor,
            user=person,
            department=post["department"],
            role=post.get("role") or Appointment.Role.CLERK,
            post=post.get("post", ""),
            start_date=post.get("start_date") or scope.on,
            at=at,
        )
