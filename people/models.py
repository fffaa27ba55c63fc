"""誰是誰：人員、科室樹（有存續期間）、任職（會換人）。"""

from datetime import date

from django.contrib.auth.models import AbstractUser, UserManager
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import F, Q
from django.urls import reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _


class DatedQuerySet(models.QuerySet):
    """有起止日期的行。終止日期當天仍有效；為空表示至今。"""

    def on(self, day: date) -> "DatedQuerySet":
        return self.filter(
            Q(start_date__isnull=True) | Q(start_date__lte=day),
            Q(end_date__isnull=True) | Q(end_date__gte=day),
        )


class Dated(models.Model):
    """起止日期。權限跟着當日在任的人走，歷史保留當時的名字。"""

    start_date = models.DateField(_("起始日期"), null=True, blank=True)
    end_date = models.DateField(_("終止日期"), null=True, blank=True)

    objects = DatedQuerySet.as_manager()

    class Meta:
        abstract = True

    def clean(self) -> None:
        super().clean()
        if self.start_date and self.end_date and self.end_date < self.start_date:
            raise ValidationError({"end_date": _("終止日期早於起始日期，請改正其中一個。")})

    def is_current(self, day: date) -> bool:
        return (not self.start_date or self.start_date <= day) and (
            not self.end_date or self.end_date >= day
        )


class User(AbstractUser):
    """系統裏的一個人。憑任職和席位獲得權限，不憑賬號本身。"""

    first_name = None
    last_name = None
    name = models.CharField(_("姓名"), max_length=40)
    phone = models.CharField(_("手機號"), max_length=20, blank=True)
    position = models.PositiveSmallIntegerField(
        _("排序"), default=100, help_text=_("小的在前；名單按領導次序排，不按拼音。")
    )

    must_change_password = models.BooleanField(
        _("下次登錄要改密碼"),
        default=False,
        help_text=_("別人給的初始密碼只用一次；改成自己的之前，別的頁面都打不開。"),
    )

    objects = UserManager()
    REQUIRED_FIELDS = ["name"]

    class Meta:
        verbose_name = _("人員")
        verbose_name_plural = _("人員")
        ordering = ["position", "name", "pk"]

    def __str__(self) -> str:
        return self.name or self.username

    def get_full_name(self) -> str:
        return self.name

    def get_short_name(self) -> str:
        return self.name

    def title_on(self, day: date) -> str:
        """留痕用的稱呼：「社會事務科負責人 王某」；姓名就是職務的不重複。會查詢一次任職。"""
        post = (
            self.appointments.on(day)
            .select_related("department")
            .order_by("-is_primary", "position", "pk")
            .first()
        )
        if post is None:
            return self.name
        return post.title if self.name in post.title else f"{post.title} {self.name}"


class DepartmentQuerySet(models.QuerySet["Department"]):
    def existing(self, on: date) -> "DepartmentQuerySet":
        """當日存在的科室和窗口單位（分母按存續期間算）。"""
        return self.filter(
            Q(periods__isnull=True)
            | (
                (Q(periods__start_date__isnull=True) | Q(periods__start_date__lte=on))
                & (Q(periods__end_date__isnull=True) | Q(periods__end_date__gte=on))
            )
        ).distinct()


#: 創建活動的辦公室人人也叫它「辦公室」。單位的簡稱若就是這三個字，話裏分不清說的是哪一個。
SHARED_NAMES = frozenset({"辦公室", "办公室"})


def unit_label(name: str, short_name: str) -> str:
    """一個單位在話裏的稱呼；取的是幾列值、不是 Department 的地方也用它。"""
    return name if not short_name or short_name in SHARED_NAMES else short_name


class Department(models.Model):
    """一個科室或窗口單位。名稱隨便叫（科、股、室、處），類別才決定規則。"""

    class Kind(models.TextChoices):
        BUREAU = "bureau", _("局機關")
        SECTION = "section", _("科室")
        WINDOW = "window", _("窗口單位")
        BODY = "body", _("黨群組織")

    code = models.SlugField(_("代碼"), max_length=40, unique=True)
    name = models.CharField(_("名稱"), max_length=60, unique=True)
    short_name = models.CharField(_("簡稱"), max_length=20, blank=True)
    kind = models.CharField(_("類別"), max_length=10, choices=Kind, default=Kind.SECTION)
    parent = models.ForeignKey(
        "self",
        verbose_name=_("上級"),
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="children",
    )
    position = models.PositiveSmallIntegerField(_("排序"), default=100)
    note = models.CharField(_("備註"), max_length=200, blank=True)

    objects = DepartmentQuerySet.as_manager()

    class Meta:
        verbose_name = _("科室和單位")
        verbose_name_plural = _("科室和單位")
        ordering = ["position", "pk"]
        constraints = [
            models.CheckConstraint(
                condition=~Q(parent=F("id")),
                name="department_not_its_own_parent",
                violation_error_message=_("上級不能是它自己，請另選一個。"),
            ),
        ]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return reverse("people:department-detail", args=[self.pk])

    @property
    def label(self) -> str:
        """話裏怎麼稱呼：有簡稱用簡稱；簡稱與創建活動的辦公室同名的，用全稱。"""
        return unit_label(self.name, self.short_name)

    def clean(self) -> None:
        super().clean()
        ancestor, seen = self.parent, {self.pk}
        while ancestor:
            if ancestor.pk in seen:
                raise ValidationError({"parent": _("這樣會繞成一圈：上級不能是自己的下級。")})
            seen.add(ancestor.pk)
            ancestor = ancestor.parent


class DepartmentPeriod(Dated):
    """一段存續期間。撤併後再恢復就有兩段；沒有任何一段表示一直存在。"""

    department = models.ForeignKey(
        Department, verbose_name=_("單位"), on_delete=models.CASCADE, related_name="periods"
    )
    reason = models.CharField(_("依據"), max_length=200, blank=True)

    class Meta:
        verbose_name = _("存續期間")
        verbose_name_plural = _("存續期間")
        ordering = ["start_date"]

    def __str__(self) -> str:
        return f"{self.department} {self.start_date or ''}—{self.end_date or ''}"


class DemonstrationStatus(Dated):
    """示範點：上級授予的身份，有級別、授予機關和起止日期，不是單位的類別。"""

    class Level(models.TextChoices):
        NATIONAL = "national", _("國家級")
        PROVINCE = "province", _("省級")
        CITY = "city", _("市級")
        COUNTY = "county", _("縣級")

    department = models.ForeignKey(
        Department,
        verbose_name=_("單位"),
        on_delete=models.PROTECT,
        related_name="demonstration_statuses",
    )
    level = models.CharField(_("級別"), max_length=10, choices=Level)
    granted_by = models.CharField(_("授予機關"), max_length=80)
    document_number = models.CharField(_("文號"), max_length=60, blank=True)

    class Meta:
        verbose_name = _("示範點")
        verbose_name_plural = _("示範點")
        ordering = ["-start_date"]

    def __str__(self) -> str:
        words = {"department": self.department, "level": self.get_level_display()}
        return gettext("%(department)s %(level)s示範點") % words


class Appointment(Dated):
    """某人在某單位任某職。一人可任數職，職務會換人：事情跟着職務走。"""

    class Role(models.TextChoices):
        HEAD = "head", _("負責人")
        CLERK = "clerk", _("經辦人")

    user = models.ForeignKey(
        User, verbose_name=_("人員"), on_delete=models.PROTECT, related_name="appointments"
    )
    department = models.ForeignKey(
        Department, verbose_name=_("單位"), on_delete=models.PROTECT, related_name="appointments"
    )
    role = models.CharField(_("角色"), max_length=10, choices=Role, default=Role.CLERK)
    post = models.CharField(
        _("職務名稱"),
        max_length=40,
        blank=True,
        help_text=_("例如：科長、聯絡員。留空則用角色名。"),
    )
    is_primary = models.BooleanField(_("主要職務"), default=True)
    position = models.PositiveSmallIntegerField(_("排序"), default=100)

    class Meta:
        verbose_name = _("任職")
        verbose_name_plural = _("任職")
        ordering = ["position", "pk"]
        indexes = [models.Index(fields=["department", "role"], name="appointment_dept_role")]

    def __str__(self) -> str:
        return f"{self.title} {self.user}"

    @property
    def title(self) -> str:
        """「社會事務科科長」。"""
        return f"{self.department.name}{self.post or self.get_role_display()}"
