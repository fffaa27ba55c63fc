"""批量辦理之前說清楚：會告訴誰，哪些辦不了、為什麼。只算不寫。"""

from dataclasses import dataclass, field
from datetime import date, datetime

from django.utils import timezone
from django.utils.translation import gettext as _

from pingtan_civ.lib.dates import long_date
from tasks.models import Assignment, Measure
from tasks.services.chasing import ChasePlan, owing_units, preview_chase
from tasks.services.issuing import why_not_issuable
from workdays.services import calendar

_SHOWN = 8


@dataclass
class Preview:
    """確認框裏的話。text 說會發生什麼、告訴誰；refused 是辦不了的各行；again 有催過的。"""

    text: str
    refused: list[str] = field(default_factory=list)
    more: int = 0
    again: bool = False
    units: list["Unit"] = field(default_factory=list)


@dataclass(frozen=True)
class Unit:
    """催辦確認框裏的一個單位，可以不勾。"""

    pk: int
    name: str
    is_ticked: bool


def preview(name: str, picked: list[int], at: datetime, chosen: set[int] | None = None) -> Preview:
    """chosen 是催辦時已勾的單位；None 表示還沒有勾過。"""
    found = _chase(picked, at, chosen) if name == "chase" else _other(name, picked, at)
    found.more = max(len(found.refused) - _SHOWN, 0)
    found.refused = found.refused[:_SHOWN]
    return found


def _chase(picked: list[int], at: datetime, chosen: set[int] | None) -> Preview:
    result = preview_chase(measure_ids=picked, at=at)
    if not result.measures:
        text = _("選中的現在都不用催。")
    else:
        text = _(
            "欠報的有%(units)s。將通知勾選單位的責任人（沒有定責任人的是經辦人）和負責人，"
            "每人一條，並記入留痕。"
        ) % {"units": names(result.departments)}
    found = Preview(text, list(result.refused.values()), again=bool(result.again))
    # 本工作日催過的措施也列出單位：勾了「再催一次」時要選得到。
    whole = preview_chase(measure_ids=picked, at=at, confirmed=True) if result.again else result
    found.units = _units(whole.plan, timezone.localdate(at), chosen)
    return found


def _units(plan: ChasePlan, today: date, chosen: set[int] | None) -> list[Unit]:
    """先勾好逾期和臨期的，其餘由人勾；只有一個單位時就勾着。"""
    owing = owing_units(plan, today)
    return [
        Unit(
            pk=each.department.pk,
            name=each.department.name,
            is_ticked=(
                each.is_urgent or len(owing) == 1
                if chosen is None
                else each.department.pk in chosen
            ),
        )
        for each in owing
    ]


def _other(name: str, picked: list[int], at: datetime) -> Preview:
    measures = list(
        Measure.objects.filter(pk__in=picked)
        .select_related("campaign", "lead_department")
        .prefetch_related("supporting_departments")
        .order_by("position", "pk")
    )
    if name == "issue":
        return _issue(measures, at)
    units = list(
        Assignment.objects.filter(
            measure__in=picked, state__in=[*Assignment.LIVE, Assignment.State.SUSPENDED]
        )
        .order_by("department__position", "department_id")
        .values_list("department__name", flat=True)
    )
    told = names(list(dict.fromkeys(units)))
    return Preview(_SENTENCES[name](told))


def _issue(measures: list[Measure], at: datetime) -> Preview:
    on = at.date()
    refused = [reason for measure in measures if (reason := why_not_issuable(measure, on))]
    ready = [measure for measure in measures if not why_not_issuable(measure, on)]
    if not ready:
        return Preview(_("選中的現在都不能下達。"), refused)
    units = [
        department.name
        for measure in ready
        for department in [measure.lead_department, *measure.supporting_departments.all()]
    ]
    sign = calendar().add(at.date(), ready[0].campaign.acknowledge_days)
    text = _(
        "可以下達 %(ready)d 項。將通知%(units)s的負責人和經辦人，請他們在 %(sign)s 前簽收。"
        "下達後不能刪除，只能中止或撤銷。"
    ) % {
        "ready": len(ready),
        "units": names(list(dict.fromkeys(units))),
        "sign": long_date(sign),
    }
    return Preview(text, refused)


def _tell(told: str) -> str:
    if not told:
        return _("選中的都沒有下達，不會通知任何單位。")
    return _("將通知%(units)s的負責人和經辦人。") % {"units": told}


_SENTENCES = {
    "deadline": lambda told: (
        _tell(told) + _("延長的補上缺的各期；提前的，新時限之後還沒人動過的各期撤去。")
    ),
    "lead": lambda told: (
        _tell(told) + _("已下達的從原牽頭單位撤回，重新下達給新的；已交來的材料不動。")
    ),
    "leader": lambda told: _("只改分解表上的責任領導，不通知單位。"),
    "suspend": lambda told: _tell(told) + _("中止後不再提醒、不計入完成率，隨時可以恢復。"),
    "resume": lambda told: _tell(told) + _("各單位的任務回到中止前的一步；時限已過的請一併延期。"),
    "cancel": lambda told: _tell(told) + _("撤銷後留在表上備查，不能恢復。"),
    "delete": lambda told: _("只刪從未下達的；不通知任何人，記入留痕，不能恢復。"),
}


def names(units: list[str]) -> str:
    """列出單位；太多時只列前幾個。"""
    if len(units) <= _SHOWN:
        return "、".join(units)
    return _("%(units)s等 %(count)d 個單位") % {
        "units": "、".join(units[:_SHOWN]),
        "count": len(units),
    }
