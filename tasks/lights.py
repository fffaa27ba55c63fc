"""燈號：由日期和狀態當場算出，從不存庫。全站只有這一處規則。

綠 正常；黃 臨期（剩餘工作日不多，或比序時進度落後）；紅 逾期；灰環 未開始；
藍勾 已辦結；灰方 已中止。
"""

from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING

from django.db.models import Q
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from pingtan_civ.lib.working_days import WorkingCalendar

if TYPE_CHECKING:
    from tasks.models import Measure


class Light(StrEnum):
    """值即樣式 c-light--… 的後綴。"""

    DONE = "done"
    OK = "ok"
    WARN = "warn"
    BAD = "bad"
    TODO = "todo"
    STOP = "stop"

    @property
    def label(self) -> str:
        return str(LABELS[self])


LABELS = {
    Light.DONE: gettext_lazy("已辦結"),
    Light.OK: gettext_lazy("正常"),
    Light.WARN: gettext_lazy("臨期"),
    Light.BAD: gettext_lazy("逾期"),
    Light.TODO: gettext_lazy("未開始"),
    Light.STOP: gettext_lazy("已中止"),
}


@dataclass(frozen=True)
class LightRule:
    """某活動某日的燈號規則：今天、以及「臨期」從哪一天算起。"""

    today: date
    warn_until: date
    calendar: WorkingCalendar

    @classmethod
    def on(cls, today: date, calendar: WorkingCalendar, warn_days: int) -> "LightRule":
        return cls(today, calendar.add(today, warn_days), calendar)

    def of_due(self, due_date: date | None) -> Light:
        """只看一個時限（一次報送、一張督辦單）的燈。"""
        if due_date is None:
            return Light.TODO
        if due_date < self.today:
            return Light.BAD
        return Light.WARN if due_date <= self.warn_until else Light.OK

    def of(self, measure: "Measure") -> Light:
        """一項具體措施的燈。"""
        state = measure.State
        if measure.state == state.CLOSED:
            return Light.DONE
        if measure.state in (state.SUSPENDED, state.CANCELLED):
            return Light.STOP
        if measure.state == state.DRAFT or not measure.owed_date:
            return Light.TODO if measure.state == state.DRAFT else self._when_nothing_owed(measure)
        light = self.of_due(measure.owed_date)
        if light == Light.OK and self._is_behind(measure):
            return Light.WARN
        return light

    def _when_nothing_owed(self, measure: "Measure") -> Light:
        return Light.WARN if self._is_behind(measure) else Light.OK

    def _is_behind(self, measure: "Measure") -> bool:
        return bool(measure.behind_date and measure.behind_date <= self.today)

    def note_of(self, measure: "Measure") -> str:
        """燈號後面的小字，與 of() 說的是同一個原因：只因進度落後而黃的，不說還剩幾天。"""
        light = self.of(measure)
        if light not in (Light.OK, Light.WARN, Light.BAD):
            return ""
        if light == Light.WARN and self.of_due(measure.owed_date) != Light.WARN:
            return _("進度落後 %(points)d%%") % {"points": self.points_behind(measure)}
        return self.words_after_light(measure.owed_date)

    def points_behind(self, measure: "Measure") -> int:
        """比序時進度少幾個百分點。"""
        whole = (measure.due_date - measure.start_date).days
        gone = min((self.today - measure.start_date).days, whole)
        return max(gone * 100 // whole - measure.percent, 0)

    def matching(self, light: Light) -> Q:
        """與 of() 同一規則的查詢條件（用於篩選和計數）；兩者一致由測試守住。"""
        issued = Q(state="issued")
        overdue = Q(owed_date__lt=self.today)
        near = Q(owed_date__gte=self.today, owed_date__lte=self.warn_until)
        behind = Q(behind_date__isnull=False, behind_date__lte=self.today)
        later = Q(owed_date__gt=self.warn_until) | Q(owed_date__isnull=True)
        ahead = Q(behind_date__isnull=True) | Q(behind_date__gt=self.today)
        return {
            Light.DONE: Q(state="closed"),
            Light.STOP: Q(state__in=["suspended", "cancelled"]),
            Light.TODO: Q(state="draft"),
            Light.BAD: issued & overdue,
            Light.WARN: issued & (near | (later & behind)),
            Light.OK: issued & later & ahead,
        }[light]

    def note(self, due_date: date | None) -> str:
        """「剩 4 個工作日」「今天截止」「逾期 3 個工作日」。"""
        if due_date is None:
            return ""
        if due_date < self.today:
            return _("逾期 %(days)s") % {"days": self.words_after_light(due_date)}
        return self.words_after_light(due_date)

    def days_late(self, due_date: date) -> int:
        """過了時限幾個工作日；頁面、通知、催辦單、表格說的都是這一個數。"""
        return days_late(due_date, self.today, self.calendar)

    def days_left(self, due_date: date) -> int:
        """離時限還有幾個工作日；過了的是負數，與 days_late 同一個數。"""
        if due_date < self.today:
            return -self.days_late(due_date)
        return self.calendar.between(self.today, due_date)

    def words_after_light(self, due_date: date | None) -> str:
        """跟在燈號後面的小字；燈已經說了「逾期」，這裏只說多久。"""
        if due_date is None:
            return ""
        if due_date == self.today:
            return _("今天截止")
        if due_date > self.today:
            return _("剩 %(days)s 個工作日") % {"days": self.days_left(due_date)}
        return _("%(days)s 個工作日") % {"days": self.days_late(due_date)}


def days_late(due_date: date, today: date, calendar: WorkingCalendar) -> int:
    """due_date 已過，到 today 過了幾個工作日；休息日裏不增加，剛過也算 1。"""
    return max(calendar.between(due_date, today), 1)


def behind_date(
    *, start: date | None, due: date | None, percent: int, behind_points: int
) -> date | None:
    """從哪天起算「落後」：序時進度比已核定進度多出 behind_points 個百分點的那一天。

    序時進度按自然日勻速。進度已足以到期也不落後時返回 None。
    """
    if not start or not due or due <= start:
        return None
    threshold = percent + behind_points
    if threshold > 100:
        return None
    return start + timedelta(days=-(-(due - start).days * threshold // 100))
