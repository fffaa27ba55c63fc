"""工作日曆的底本：哪些日子與「週一至週五上班」不同。"""

import re

from django.db import models
from django.utils.translation import gettext_lazy as _


class CalendarDay(models.Model):
    """與平常不同的一天：國務院公佈的放假日、調休上班日，或本地停辦日（如颱風）。

    表裏沒有的日子按週末規則。時限怎樣數見 pingtan_civ/lib/working_days.py。
    """

    class Kind(models.TextChoices):
        HOLIDAY = "holiday", _("放假")
        MAKE_UP = "make_up", _("調休上班")
        LOCAL_CLOSURE = "local_closure", _("本地停辦")

    date = models.DateField(_("日期"), unique=True)
    kind = models.CharField(_("類別"), max_length=20, choices=Kind)
    name = models.CharField(
        _("名稱"), max_length=60, blank=True, help_text=_("如：國慶節、颱風停辦")
    )
    source = models.CharField(
        _("依據"), max_length=200, blank=True, help_text=_("通知的文號或說明，便於日後查對。")
    )
    imported_at = models.DateTimeField(_("錄入時間"), null=True, blank=True, editable=False)

    class Meta:
        verbose_name = _("日曆日")
        verbose_name_plural = _("放假與調休")
        ordering = ["date"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(kind__in=["holiday", "make_up", "local_closure"]),
                name="workdays_calendarday_kind_known",
                violation_error_message=_("類別只能是放假、調休上班或本地停辦。"),
            )
        ]

    def __str__(self) -> str:
        return f"{self.date:%Y-%m-%d} {self.get_kind_display()}"

    @property
    def shown_source(self) -> str:
        """給人看的依據：初始數據抄自哪個軟件包，不必說。"""
        is_seed = re.fullmatch(r"國務院辦公廳放假通知（chinesecalendar [\d.]+）", self.source)
        return str(_("國務院辦公廳放假通知")) if is_seed else self.source

    @property
    def is_working(self) -> bool:
        """只有調休上班日要上班。"""
        return self.kind == self.Kind.MAKE_UP
