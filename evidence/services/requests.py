"""要材料：辦公室為一項指標、一段時期向單位要佐證。要之前看看有沒有，要過的不再要。

成了就是一項一次性的措施（Measure.is_request），下達、簽收、提醒、審核都走原來的路。
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from campaigns.models import Campaign, EvidenceForm, EvidenceSpec, Indicator
from campaigns.standing import standing_of
from journal.services import record, source_script
from people.models import Department, User
from pingtan_civ.lib.dates import long_date
from tasks import policies
from tasks.models import Assignment, MainTask, Measure, MeasureEvidence, Submission
from tasks.services.breakdown import Invalid, create_measure
from tasks.services.issuing import issue_measures

BASIS_LIMIT = 300


@dataclass(frozen=True)
class Wish:
    """要什麼：憑什麼要、哪項指標、哪些單位、哪段時期、什麼形式、何時交。"""

    basis: str
    indicator: Indicator
    departments: tuple[Department, ...]
    asked_from: date
    asked_to: date
    forms: tuple[EvidenceForm, ...]
    due_date: date
    note: str = ""


@dataclass(frozen=True)
class Already:
    """這個單位這項指標這段時期已經在報、報過，或已經要過。"""

    department: Department
    submission: Submission

    @property
    def measure(self) -> Measure:
        return self.submission.assignment.measure


class Duplicate(Exception):
    """有的單位已經要過或已在報：found 說是哪一份，好去看，不再要一遍。"""

    def __init__(self, found: list[Already]) -> None:
        super().__init__(_("同一單位、同一指標、同一時期的材料已經要過或正在報，不能再要一遍。"))
        self.found = found


def already_asked(
    indicator: Indicator, departments: Iterable[Department], start: date, end: date
) -> list[Already]:
    """這些單位裏，這項指標在這段時期已有着落的：在辦、已通過的報送，含要過的材料。"""
    units = {row.pk: row for row in departments}
    live = Q(assignment__state__in=Assignment.LIVE) | Q(state=Submission.State.ACCEPTED)
    rows = (
        Submission.objects.filter(
            live,
            assignment__department__in=units,
            assignment__measure__indicators=indicator,
            assignment__measure__state__in=[Measure.State.ISSUED, Measure.State.CLOSED],
            period_start__lte=end,
            period_end__gte=start,
        )
        .exclude(assignment__state=Assignment.State.CANCELLED)
        .with_measure()
        .order_by("-assignment__measure__is_request", "period_start", "pk")
    )
    found: dict[int, Already] = {}
    for row in rows:
        unit = row.assignment.department_id
        found.setdefault(unit, Already(units[unit], row))
    return list(found.values())


@transaction.atomic
def ask_for_evidence(*, actor: User, campaign: Campaign, wish: Wish, at: datetime) -> list[Measure]:
    """向各單位要材料：一個單位一項措施，當即下達；有一個不能要就都不要。

    Raises PermissionDenied、Invalid（{字段: 一句話}）、Duplicate（已經要過）。
    """
    # 鎖活動這一行：兩個人同時要同一份，後一個看得見前一個的。
    campaign = Campaign.objects.select_for_update().get(pk=campaign.pk)
    if not policies.can_break_down(standing_of(actor, at.date()), campaign):
        raise PermissionDenied(_("要材料由本活動辦公室辦，活動要在進行中。"))
    errors = why_not(campaign, wish, at.date())
    if errors:
        raise Invalid(errors)
    already = already_asked(wish.indicator, wish.departments, wish.asked_from, wish.asked_to)
    if already:
        raise Duplicate(already)
    return [_ask(actor, campaign, wish, unit, at) for unit in wish.departments]


def why_not(campaign: Campaign, wish: Wish, on: date) -> dict[str, str]:
    """還不能要的理由：{字段: 一句話}。"""
    errors = {}
    if not campaign.is_open:
        errors["indicator"] = _("這個活動不在進行中，不能要材料。")
    elif wish.indicator.objective.campaign_id != campaign.pk:
        errors["indicator"] = _("這項指標不屬於本活動，請從列出的選一個。")
    elif _main_task(campaign, wish.indicator) is None:
        errors["indicator"] = _("本活動還沒有主要任務，先在「方案與目標」裏導入方案。")
    if not wish.basis.strip():
        errors["basis"] = _("寫明依據：哪份文件、哪一條、誰的要求。沒有依據的材料不要。")
    if wish.asked_to < wish.asked_from:
        errors["asked_to"] = _("時期的末尾早於開頭，請對調或改正。")
    if wish.due_date < on:
        errors["due_date"] = _("交的日期已經過了，請改到今天或以後。")
    elif wish.due_date > campaign.end_date:
        errors["due_date"] = _("交的日期晚於活動結束日 %(end)s，請改早。") % {
            "end": long_date(campaign.end_date)
        }
    return errors


def _ask(actor: User, campaign: Campaign, wish: Wish, unit: Department, at: datetime) -> Measure:
    values = {
        "title": _title(wish),
        "requirement": wish.note.strip(),
        "main_task": _main_task(campaign, wish.indicator),
        "objective": wish.indicator.objective,
        "clause": wish.indicator.clause,
        "lead_department": unit,
        "due_date": wish.due_date,
        "asks_percent": False,
        "indicators": [wish.indicator],
        "evidence": _specs(wish),
    }
    measure = create_measure(actor=actor, campaign=campaign, values=values, at=at)
    measure.is_request = True
    measure.basis = wish.basis.strip()[:BASIS_LIMIT]
    measure.asked_from, measure.asked_to = wish.asked_from, wish.asked_to
    measure.save(update_fields=["is_request", "basis", "asked_from", "asked_to"])
    issued = issue_measures(actor=actor, measure_ids=[measure.pk], at=at)
    if issued.refused:
        raise Invalid({"due_date": issued.refused[measure.pk]})
    _record(actor, measure, wish, unit, at)
    return issued.measures[0]


def _specs(wish: Wish) -> list[MeasureEvidence]:
    """要的各種形式。指標對這種形式定過要求的照它，沒定過的要一份，日期落在所要的時期內。"""
    known = {spec.form_id: spec for spec in wish.indicator.evidence_requirements.all()}
    copied = [
        field.name for field in EvidenceSpec._meta.get_fields() if field.name not in ("id", "form")
    ]
    found = []
    for form in wish.forms:
        spec = known.get(form.pk)
        values = {name: getattr(spec, name) for name in copied} if spec else {}
        window = {"window": EvidenceSpec.Window.PERIOD}
        found.append(MeasureEvidence(form=form, **(values | window)))
    return found


@source_script()
def _title(wish: Wish) -> str:
    words = {
        "code": wish.indicator.code,
        "text": wish.indicator.clause.text.strip()[:60],
        "start": long_date(wish.asked_from),
        "end": long_date(wish.asked_to),
    }
    return (_("補交材料：%(code)s %(text)s（%(start)s至%(end)s）") % words)[:200]


def _main_task(campaign: Campaign, indicator: Indicator) -> MainTask | None:
    """歸在哪項主要任務下：對應這項指標的措施所屬的，其次同一目標的，再不然第一項。"""
    tasks = MainTask.objects.filter(campaign=campaign, retired_at__isnull=True)
    for which in (
        {"measures__indicators": indicator},
        {"measures__objective": indicator.objective},
    ):
        found = tasks.filter(**which).order_by("number", "pk").first()
        if found:
            return found
    return tasks.order_by("number", "pk").first()


@source_script()
def _record(actor: User, measure: Measure, wish: Wish, unit: Department, at: datetime) -> None:
    record(
        actor=actor,
        action="evidence.asked",
        target=measure,
        at=at,
        summary=_("向%(unit)s要「%(code)s」的材料。")
        % {"unit": unit.name, "code": wish.indicator.code},
        reason=measure.basis,
    )
