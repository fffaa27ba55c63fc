"""組織與人員的表單：只管把填的東西收拾乾淨，能不能辦由服務說了算。"""

import re
from datetime import date
from typing import Any

from axes.handlers.proxy import AxesProxyHandler
from django import forms
from django.conf import settings
from django.contrib.auth.forms import AuthenticationForm
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db.models import Prefetch, Q
from django.utils.translation import gettext_lazy as _

from people.models import Appointment, DemonstrationStatus, Department, User
from pingtan_civ.lib.dates import sensible_day
from pingtan_civ.lib.numbers import read_int

PHONE = re.compile(r"^(1\d{10}|0\d{2,3}-?\d{7,8}(-\d{1,6})?)$")


class DateInput(forms.DateInput):
    """瀏覽器自帶的日期控件，存 ISO 格式。"""

    input_type = "date"

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(format="%Y-%m-%d", **kwargs)


class DateField(forms.DateField):
    widget = DateInput
    default_validators = [sensible_day]
    default_error_messages = {
        "required": _("填寫日期。"),
        "invalid": _("日期應寫成 2026-11-23 這樣。"),
    }


class ReasonField(forms.CharField):
    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("max_length", 200)
        kwargs.setdefault("label", _("依據或原因"))
        kwargs.setdefault("error_messages", {"required": _("填寫原因，記錄上要能查到。")})
        super().__init__(**kwargs)


class PersonField(forms.ModelChoiceField):
    """選一個在用的賬號，後面括注現任職務，同名的人也分得清。"""

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("label", _("人員"))
        kwargs.setdefault("empty_label", _("選擇人員"))
        kwargs.setdefault("error_messages", {"required": _("選擇一個人。")})
        super().__init__(queryset=User.objects.none(), **kwargs)

    def offer(self, on: date, *, without: int | None = None, also: int | None = None) -> None:
        """also：現在選着的那一個，停用了也列出，免得保存別處時把他抹去。"""
        posts = Appointment.objects.on(on).select_related("department")
        self.queryset = (
            User.objects.filter(Q(is_active=True) | Q(pk=also))
            .exclude(pk=without)
            .prefetch_related(Prefetch("appointments", queryset=posts, to_attr="posts_today"))
        )

    def label_from_instance(self, user: User) -> str:
        posts = "、".join(post.title for post in user.posts_today)
        return f"{user.name}（{posts or user.username}）"


class HolderField(PersonField):
    """選一個人，寫明職務，不寫賬號名：沒有職務的系統管理員不列。"""

    def offer(self, on: date, *, without: int | None = None, also: int | None = None) -> None:
        super().offer(on, without=without, also=also)
        held = Q(pk__in=Appointment.objects.values("user"))
        self.queryset = self.queryset.filter(held | Q(is_staff=False) | Q(pk=also))

    def label_from_instance(self, user: User) -> str:
        posts = "、".join(post.title for post in user.posts_today)
        if not posts:
            return user.name
        # 沒有姓名、以職務稱呼的賬號，職務不寫兩遍。
        return posts if user.name in posts else f"{user.name}（{posts}）"


class SeveralField(forms.ModelMultipleChoiceField):
    """選幾個。不是編號的直接當作沒有這一項，不拿去問數據庫（過大的數它裝不下）。"""

    def clean(self, value: Any) -> Any:
        if isinstance(value, (list, tuple)):
            for key in map(str, value):
                if read_int(key) is None:
                    sentence = self.error_messages["invalid_choice"]
                    raise ValidationError(
                        sentence, code="invalid_choice", params={"value": key[:20]}
                    )
        return super().clean(value)


class SignInForm(AuthenticationForm):
    """登錄。錯了說還能試幾次；不說是賬號不對還是密碼不對。"""

    def clean_username(self) -> str:
        return self.cleaned_data["username"].strip()

    def get_invalid_login_error(self) -> ValidationError:
        credentials = {"username": self.cleaned_data.get("username")}
        failures = AxesProxyHandler.get_failures(self.request, credentials)
        left = max(settings.AXES_FAILURE_LIMIT - failures, 0)
        return ValidationError(
            _("賬號或密碼不對。再錯 %(left)d 次將鎖定 15 分鐘。"),
            code="invalid_login",
            params={"left": left},
        )


class ContactForm(forms.ModelForm):
    """本人改自己的聯繫方式。"""

    class Meta:
        model = User
        fields = ["phone", "email"]
        labels = {"email": _("郵箱")}
        help_texts = {"email": _("填了就把提醒也發到這裏；不填只有站內消息。")}
        error_messages = {"email": {"invalid": _("郵箱應寫成 name@example.com 這樣。")}}
        widgets = {
            "phone": forms.TextInput(attrs={"inputmode": "tel", "autocomplete": "tel"}),
            "email": forms.EmailInput(attrs={"autocomplete": "email"}),
        }

    def clean_phone(self) -> str:
        phone = re.sub(r"[\s　]", "", self.cleaned_data["phone"])
        if phone and not PHONE.match(phone):
            raise ValidationError(_("手機號應為 11 位數字，固定電話寫成 0591-24310000 這樣。"))
        return phone


class UserForm(ContactForm):
    """開戶或改別人的信息。賬號開了就不再改。"""

    class Meta(ContactForm.Meta):
        fields = ["username", "name", "phone", "email", "position"]
        labels = {"username": _("賬號"), "email": _("郵箱")}
        help_texts = {
            "username": _("登錄用，字母、數字和 . _ - @，例如 hunyin01。"),
            "email": _("填了就把提醒也發到這裏；不填只有站內消息。"),
        }
        error_messages = {
            "username": {
                "unique": _("這個賬號已有人用，請換一個。"),
                "invalid": _("賬號只能用字母、數字和 . _ - @ +。"),
                "required": _("填寫賬號。"),
            },
            "name": {"required": _("填寫姓名。")},
            "email": {"invalid": _("郵箱應寫成 name@example.com 這樣。")},
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.pk:
            del self.fields["username"]


class PasswordForm(forms.Form):
    """改自己的密碼。強度按 AUTH_PASSWORD_VALIDATORS 查。"""

    old_password = forms.CharField(
        label=_("現在的密碼"),
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
        error_messages={"required": _("填寫現在的密碼。")},
    )
    new_password = forms.CharField(
        label=_("新密碼"),
        strip=False,
        help_text=_("至少 10 位，不能全是數字，不要用姓名、賬號或常見的密碼。"),
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
        error_messages={"required": _("填寫新密碼。")},
    )
    again = forms.CharField(
        label=_("再輸一遍新密碼"),
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
        error_messages={"required": _("再輸一遍新密碼。")},
    )

    def __init__(self, user: User, *args: Any, **kwargs: Any) -> None:
        self.user = user
        super().__init__(*args, **kwargs)

    def clean_old_password(self) -> str:
        old = self.cleaned_data["old_password"]
        if not self.user.check_password(old):
            raise ValidationError(_("現在的密碼不對。"))
        return old

    def clean_new_password(self) -> str:
        new = self.cleaned_data["new_password"]
        if new == self.cleaned_data.get("old_password"):
            raise ValidationError(_("新密碼與原來的一樣，請換一個。"))
        validate_password(new, self.user)
        return new

    def clean_again(self) -> str:
        again, new = self.cleaned_data["again"], self.cleaned_data.get("new_password")
        if new and again != new:
            raise ValidationError(_("兩遍輸的新密碼不一樣，請重輸。"))
        return again


class ReasonForm(forms.Form):
    reason = ReasonField()


class DepartmentForm(forms.ModelForm):
    class Meta:
        model = Department
        fields = ["name", "short_name", "code", "kind", "parent", "position", "note"]
        help_texts = {
            "short_name": _("名稱長時，表格裏用簡稱。"),
            "code": _("導入導出時認單位用，字母、數字和連字符，例如 marriage-registry。"),
            "position": _("小的在前。"),
        }
        error_messages = {
            "parent": {"invalid_choice": _("上級請從列出的單位裏選，不能是它自己。")},
            "name": {"unique": _("已有同名的單位，請換一個名稱。"), "required": _("填寫名稱。")},
            "code": {
                "unique": _("這個代碼已有單位在用，請換一個。"),
                "invalid": _("代碼只能用字母、數字、連字符和下劃線。"),
                "required": _("填寫代碼。"),
            },
        }

    def __init__(self, *args: Any, on: date, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        parents = Department.objects.existing(on)
        if self.instance.pk:
            parents = parents.exclude(pk=self.instance.pk)
        self.fields["parent"].queryset = parents
        self.fields["parent"].empty_label = _("（沒有上級）")

    def clean_name(self) -> str:
        return " ".join(self.cleaned_data["name"].split())


class NewDepartmentForm(DepartmentForm):
    start_date = DateField(
        label=_("設立日期"), required=False, help_text=_("不知道就留空，視為一直存在。")
    )
    reason = ReasonField(required=False, label=_("設立依據"))


class PeriodForm(forms.Form):
    start_date = DateField(label=_("起始日期"), required=False)
    end_date = DateField(label=_("終止日期"), required=False, help_text=_("留空表示至今。"))
    reason = ReasonField(required=False, label=_("依據"))

    def clean(self) -> dict[str, Any]:
        start, end = self.cleaned_data.get("start_date"), self.cleaned_data.get("end_date")
        if start and end and end < start:
            self.add_error("end_date", _("終止日期早於起始日期，請改正其中一個。"))
        return super().clean()


class CloseDepartmentForm(forms.Form):
    end_date = DateField(label=_("最後一天"), help_text=_("次日起不再計入，也不能再分派任務。"))
    merged_into = forms.ModelChoiceField(
        label=_("併入"),
        queryset=Department.objects.none(),
        required=False,
        empty_label=_("（撤銷，不併入別處）"),
    )
    reason = ReasonField(label=_("依據"))

    def __init__(self, *args: Any, department: Department, on: date, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        others = Department.objects.existing(on).exclude(pk=department.pk)
        self.fields["merged_into"].queryset = others


class DemonstrationForm(forms.ModelForm):
    start_date = DateField(label=_("授予日期"))
    end_date = DateField(label=_("有效期至"), required=False, help_text=_("沒有期限就留空。"))

    class Meta:
        model = DemonstrationStatus
        fields = ["level", "granted_by", "document_number", "start_date", "end_date"]
        error_messages = {
            "level": {"required": _("選擇級別。")},
            "granted_by": {"required": _("填寫授予機關。")},
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["level"].choices = [("", _("選擇級別")), *DemonstrationStatus.Level.choices]

    def clean(self) -> dict[str, Any]:
        start, end = self.cleaned_data.get("start_date"), self.cleaned_data.get("end_date")
        if start and end and end < start:
            self.add_error("end_date", _("終止日期早於起始日期，請改正其中一個。"))
        return super().clean()

    def _post_clean(self) -> None:
        """單位由網址定，模型的檢查留給服務做，錯誤不報兩遍。"""


class EndForm(forms.Form):
    """終止一件有起止的事。"""

    end_date = DateField(label=_("最後一天"))
    reason = ReasonField()

    def __init__(self, *args: Any, start: date | None = None, **kwargs: Any) -> None:
        self.start = start
        super().__init__(*args, **kwargs)

    def clean_end_date(self) -> date:
        end = self.cleaned_data["end_date"]
        if self.start and end < self.start:
            raise ValidationError(_("終止日期早於起始日期，請改正其中一個。"))
        return end


class AppointForm(forms.ModelForm):
    user = PersonField()
    start_date = DateField(label=_("任職開始"), help_text=_("當天起有權限。"))
    end_date = DateField(
        label=_("任職終止"), required=False, help_text=_("不定期就留空；終止當天仍有權限。")
    )

    class Meta:
        model = Appointment
        fields = ["user", "role", "post", "start_date", "end_date", "is_primary", "position"]
        help_texts = {
            "role": _("負責人初審和對外報出，經辦人填報。"),
            "is_primary": _("兼任幾個職務時，以主要職務稱呼。"),
            "position": _("小的在前。"),
        }

    def __init__(self, *args: Any, on: date, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["user"].offer(on)

    def clean(self) -> dict[str, Any]:
        start, end = self.cleaned_data.get("start_date"), self.cleaned_data.get("end_date")
        if start and end and end < start:
            self.add_error("end_date", _("終止日期早於起始日期，請改正其中一個。"))
        return super().clean()

    def _post_clean(self) -> None:
        """單位由網址定，起止已在上面查過；模型的檢查留給服務做，錯誤不報兩遍。"""


class HandOverForm(forms.Form):
    """交接：一次辦完前任的終止和後任的開始。"""

    successor = PersonField(label=_("繼任者"))
    last_day = DateField(label=_("前任最後一天"), help_text=_("繼任者自次日起任職，中間不空不重。"))
    reason = ReasonField(required=False)

    def __init__(
        self, *args: Any, on: date, current: int | None, start: date | None = None, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.start = start
        self.fields["successor"].offer(on, without=current)

    def clean_last_day(self) -> date:
        last_day = self.cleaned_data["last_day"]
        if self.start and last_day < self.start:
            raise ValidationError(_("這一天前任還沒有開始任職，請改晚一些。"))
        return last_day
