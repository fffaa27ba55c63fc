"""任務分解表的寫入：新增一項措施，改動一項措施；已下達的，改動傳到各單位。"""

from collections.abc import Iterable
from datetime import date, datetime
from typing import Any

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from campaigns.evidence_specs import copies, identity, recounted, requirements_of
from campaigns.models import Campaign, Cycle
from campaigns.standing import standing_of
from journal.models import Entry
from journal.services import Message, record, source_script
from people.models import Department, User
from people.services import holders
from pingtan_civ.lib.dates import long_date
from tasks import policies
from tasks.models import Measure, MeasureEvidence, WrongState
from tasks.services import figures
from tasks.services.codes import next_measure_codes
from tasks.services.deadlines import fit_submissions
from tasks.services.issuing import refresh_measure, sync_assignments

#: 可改的字段和它們的叫法。前一組在措施這一行上，後一組是它名下的清單。
SCALARS = {
    "title": gettext_lazy("具體措施"),
    "requirement": gettext_lazy("要求和完成標準"),
    "main_task": gettext_lazy("主要任務"),
    "objective": gettext_lazy("工作目標"),
    "clause": gettext_lazy("出處"),
    "lead_department": gettext_lazy("牽頭單位"),
    "accountable_seat": gettext_lazy("責任領導"),
    "owner": gettext_lazy("責任人"),
    "due_date": gettext_lazy("完成時限"),
    "cycle": gettext_lazy("報送週期"),
    "asks_percent": gettext_lazy("填報進度百分比"),
    "note": gettext_lazy("備註"),
}
LISTS = {
    "supporting": gettext_lazy("配合單位"),
    "indicators": gettext_lazy("對應指標"),
    "evidence": gettext_lazy("佐證材料"),
    "figures": gettext_lazy("填報數據"),
}
LABELS = SCALARS | LISTS
#: 這些改了，已下達的單位要知道。
_TOLD = {
    "title",
    "requirement",
    "owner",
    "due_date",
    "cycle",
    "evidence",
    "figures",
    "asks_percent",
}
_EDITABLE = (Measure.State.DRAFT, Measure.State.ISSUED, Measure.State.SUSPENDED)
_MAX_COUNT = 99

Values = dict[str, Any]
Changes = dict[str, list[str]]


class Stale(Exception):
    """打開之後別人先改過了；參數是一句話，說是誰、何時。"""


class Invalid(Exception):
    """填的不能用。errors：{字段: 一句話}。"""

    def __init__(self, errors: dict[str, str]) -> None:
        super().__init__("；".join(errors.values()))
        self.errors = errors


# ── 兩個入口 ──────────────────────────────────────────


@transaction.atomic
def create_measure(*, actor: User, campaign: Campaign, values: Values, at: datetime) -> Measure:
    """新增一項待下達的措施，編號接着本任務的往下排。

    values 的鍵見 LABELS，值是對象（單位、席位、指標的列表、[(數據項, 單位)]）；佐證材料是
    [{要求}]（鍵見 campaigns.evidence_specs.FIELDS），或只改份數的 [(佐證形式, 份數)]。

    選了對應指標而沒有另定佐證的，照指標要的。
    Raises PermissionDenied、Invalid（缺主要任務或名稱，或填的不屬於本活動）。
    """
    # 鎖活動這一行：兩個人同時新增，編號不會相同。
    campaign = Campaign.objects.select_for_update().get(pk=campaign.pk)
    permit(actor, campaign, at)
    if not values.get("main_task"):
        raise Invalid({"main_task": _("請選定屬於哪一項主要任務。")})
    code, position = next_measure_codes(campaign).take(values["main_task"])
    measure = Measure(campaign=campaign, code=code, position=position)
    values = _with_evidence(measure, values)
    errors = _errors(measure, values, at)
    if errors:
        raise Invalid(errors)
    _set_scalars(measure, values)
    measure.save()
    _write_lists(measure, values)
    with source_script():
        record(
            actor=actor,
            action="tasks.measure_created",
            target=measure,
            at=at,
            summary=_("新增措施「%(title)s」，待下達。") % {"title": measure.title},
        )
    return measure


@transaction.atomic
def update_measure(
    *,
    actor: User,
    measure_id: int,
    values: Values,
    at: datetime,
    version: int | None = None,
    reason: str = "",
) -> Measure:
    """改一項措施。values 只需帶要改的字段；version 是打開時的改動次數，None 表示不核對。

    已下達的：換單位則撤舊派新，改時限或週期則各期報送跟着走，並知會各單位。
    什麼也沒改時不留痕。Raises PermissionDenied、Stale、WrongState（已辦結、已撤銷）、Invalid。
    """
    measure = locked(measure_id)
    permit(actor, measure.campaign, at)
    if version is not None and measure.version != version:
        raise Stale(_who_changed(measure))
    apply_changes(actor, measure, values, at, reason)
    return measure


def change_deadline(
    *,
    actor: User,
    measure_id: int,
    due_date: date,
    reason: str,
    at: datetime,
    version: int | None = None,
) -> Measure:
    """改完成時限（延期或提前），理由必填，單位會看到。其餘同 update_measure。"""
    if not reason.strip():
        raise Invalid({"reason": _("寫明為什麼改時限，單位要看到。")})
    return update_measure(
        actor=actor,
        measure_id=measure_id,
        values={"due_date": due_date},
        at=at,
        version=version,
        reason=reason,
    )


def locked(measure_id: int) -> Measure:
    return (
        Measure.objects.select_for_update(of=("self",))
        .select_related("campaign", "main_task", "objective", "lead_department")
        .get(pk=measure_id)
    )


def permit(actor: User, campaign: Campaign, at: datetime) -> None:
    if not policies.can_break_down(standing_of(actor, timezone.localdate(at)), campaign):
        raise PermissionDenied(_("任務分解表由本活動辦公室編製，活動結束後不再改動。"))


def _who_changed(measure: Measure) -> str:
    entry = Entry.objects.about(measure).first()
    if entry is None:
        return _("「%(code)s」剛有別的改動，您填的還沒有保存。") % {"code": measure.code}
    return _("%(who)s 在 %(when)s 改過「%(code)s」，您填的還沒有保存。") % {
        "who": entry.actor_name,
        "when": f"{timezone.localtime(entry.at):%m-%d %H:%M}",
        "code": measure.code,
    }


# ── 改動 ──────────────────────────────────────────────


def apply_changes(
    actor: User, measure: Measure, values: Values, at: datetime, reason: str = ""
) -> Changes:
    """把 values 寫進已鎖住、已核過權限的一行；返回 {字段: [舊, 新]}，沒有改動時為空。"""
    if measure.state not in _EDITABLE:
        raise WrongState(
            _("「%(code)s」%(state)s，不再改動。")
            % {"code": measure.code, "state": measure.get_state_display()}
        )
    values = _with_evidence(measure, _without_lead(measure, values))
    changes = differences(measure, values)
    if not changes:
        return {}
    errors = _errors(measure, {key: values[key] for key in changes}, at)
    if errors:
        raise Invalid(errors)
    old_due = measure.due_date
    _set_scalars(measure, {key: values[key] for key in changes if key in SCALARS})
    measure.version += 1
    measure.save(update_fields=[*(set(changes) & set(SCALARS)), "version"])
    _write_lists(measure, {key: values[key] for key in changes if key in LISTS})
    if measure.state == Measure.State.ISSUED:
        carry_through(actor, measure, set(changes), old_due, at)
    refresh_measure(measure)
    _record_change(actor, measure, changes, at, reason)
    return changes


def carry_through(
    actor: User, measure: Measure, changed: set[str], old_due: date | None, at: datetime
) -> None:
    """已下達措施的改動傳到各單位的任務和報送。"""
    if changed & {"lead_department", "supporting"}:
        sync_assignments(actor=actor, measure=measure, at=at)
    if changed & {"due_date", "cycle"}:
        fit_submissions(measure, old_due=old_due, at=at)


def _without_lead(measure: Measure, values: Values) -> Values:
    """牽頭單位不再列為配合單位：把配合的改成牽頭，就是從配合裏拿出來。"""
    if not {"lead_department", "supporting"} & values.keys():
        return values
    lead = values.get("lead_department", measure.lead_department)
    supporting = values.get("supporting")
    if supporting is None:
        supporting = list(measure.supporting_departments.all())
    return values | {"supporting": [row for row in supporting if row != lead]}


def _with_evidence(measure: Measure, values: Values) -> Values:
    """佐證要求變成 MeasureEvidence；新對應上的指標要的、措施還沒要的，也要上。

    人另改過佐證要求的照他定的，不再添。
    """
    held = current_value(measure, "evidence") if measure.pk else []
    wanted = held
    if "evidence" in values:
        wanted = _specs(values["evidence"], held)
        values = values | {"evidence": wanted}
    linked = {row.pk for row in current_value(measure, "indicators")} if measure.pk else set()
    fresh = [row.pk for row in values.get("indicators", []) if row.pk not in linked]
    if not fresh or _identity("evidence", wanted) != _identity("evidence", held):
        return values
    known = {spec.form_id for spec in held}
    added = [spec for spec in requirements_of(fresh) if spec.form_id not in known]
    return values | {"evidence": [*held, *copies(added, MeasureEvidence)]} if added else values


def _specs(value: list[Any], held: list[MeasureEvidence]) -> list[MeasureEvidence]:
    """要求寫全的照寫；只給（形式, 份數）的，別的要求照原來的不動。"""
    found = []
    for each in value:
        if isinstance(each, MeasureEvidence):
            found.append(each)
            continue
        [values] = [each] if isinstance(each, dict) else recounted([each], held)
        found.append(MeasureEvidence(**values))
    return found


@source_script()
def differences(measure: Measure, values: Values) -> Changes:
    """{字段: [舊, 新]}，只有真的不同的；按是不是同一個比，文字只供留痕。"""
    changes = {}
    for name, new in values.items():
        old = current_value(measure, name)
        if _identity(name, old) == _identity(name, new):
            continue
        words = [in_words(name, old), in_words(name, new)]
        if words[0] == words[1]:
            # 換成同名的另一個：留痕裏要看得出換過。
            words[1] = _("%(name)s（同名的另一個）") % {"name": words[1]}
        changes[name] = words
    return changes


def _identity(name: str, value: Any) -> Any:
    """比較用的：是哪一個，不是叫什麼。兩個王芳是兩個人。"""
    if name == "evidence":
        return sorted((identity(spec) for spec in value), key=str)
    if name == "figures":
        return list(value)
    if name in LISTS:
        return sorted(row.pk for row in value)
    if isinstance(value, str):
        return value.strip()
    return "" if value is None else getattr(value, "pk", value)


def current_value(measure: Measure, name: str) -> Any:
    if name == "supporting":
        return list(measure.supporting_departments.all())
    if name == "indicators":
        return list(measure.indicators.all())
    if name == "evidence":
        return list(measure.evidence_wanted.select_related("form"))
    if name == "figures":
        return figures.wanted(measure)
    return getattr(measure, name)


def in_words(name: str, value: Any) -> str:
    """留痕裏的寫法：日期寫 2026-12-10，單位寫名字，清單用頓號。"""
    if value is None:
        return ""
    if name == "evidence":
        rows = sorted(value, key=lambda spec: (spec.form.position, spec.form_id))
        return "；".join(spec.line for spec in rows)
    if name == "figures":
        return "、".join(figures.in_words(value))
    if name in LISTS:
        return "、".join(sorted(str(row) for row in value))
    if name == "cycle":
        return str(dict(Cycle.choices).get(value, value))
    if isinstance(value, bool):
        return _("是") if value else _("否")
    return value.isoformat() if isinstance(value, date) else str(value)


def _set_scalars(measure: Measure, values: Values) -> None:
    for name in SCALARS.keys() & values.keys():
        value = values[name]
        setattr(measure, name, value.strip() if isinstance(value, str) else value)


def _write_lists(measure: Measure, values: Values) -> None:
    if "supporting" in values:
        rows = [row for row in values["supporting"] if row != measure.lead_department]
        measure.supporting_departments.set(rows)
    if "indicators" in values:
        measure.indicators.set(values["indicators"])
    if "evidence" in values:
        measure.evidence_wanted.all().delete()
        MeasureEvidence.objects.bulk_create(
            copies(values["evidence"], MeasureEvidence, measure=measure)
        )
    if "figures" in values:
        figures.write(measure, values["figures"])


# ── 查驗 ──────────────────────────────────────────────


def _errors(measure: Measure, values: Values, at: datetime) -> dict[str, str]:
    errors = _text_errors(values) | _foreign_errors(measure, values)
    if measure.state == Measure.State.ISSUED:
        if "lead_department" in values and not values["lead_department"]:
            errors["lead_department"] = _("已下達的措施要有牽頭單位。")
        if "due_date" in values and not values["due_date"]:
            errors["due_date"] = _("已下達的措施要有完成時限。")
    if "figures" in values and (problem := figures.problem(measure, values["figures"])):
        errors["figures"] = problem
    due = values.get("due_date")
    if due and (problem := _due_error(measure, due, at)):
        errors["due_date"] = problem
    return errors


def _text_errors(values: Values) -> dict[str, str]:
    errors = {}
    if "title" in values:
        title = (values["title"] or "").strip()
        if not title:
            errors["title"] = _("請寫明具體措施。")
        elif len(title) > 200:
            errors["title"] = _("具體措施最多 200 字，詳細的寫在「要求和完成標準」裏。")
    if len(values.get("note") or "") > 300:
        errors["note"] = _("備註最多 300 字。")
    if "cycle" in values and values["cycle"] not in Cycle.values:
        errors["cycle"] = _("沒有這種報送週期，請從列出的選一個。")
    if any(not 1 <= spec.count <= _MAX_COUNT for spec in values.get("evidence", [])):
        errors["evidence"] = _("佐證份數應在 1 至 %(most)d 之間。") % {"most": _MAX_COUNT}
    return errors


def _due_error(measure: Measure, due: date, at: datetime) -> str:
    campaign = measure.campaign
    if due > campaign.end_date:
        return _("完成時限晚於活動結束日 %(end)s，請改早。") % {"end": long_date(campaign.end_date)}
    if due < campaign.start_date:
        return _("完成時限早於活動開始日 %(start)s，請改晚。") % {
            "start": long_date(campaign.start_date)
        }
    if measure.state == Measure.State.ISSUED and due < timezone.localdate(at):
        return _("已下達的措施，時限不能改到今天之前。")
    return ""


def _foreign_errors(measure: Measure, values: Values) -> dict[str, str]:
    """別的活動的任務、目標、席位、指標不能混進來。"""
    owners = {
        "main_task": lambda row: row.campaign_id,
        "objective": lambda row: row.campaign_id,
        "accountable_seat": lambda row: row.campaign_id,
        "clause": lambda row: row.version.campaign_id,
    }
    sentence = _("不屬於本活動，請從列出的選一個。")
    errors = {
        name: sentence
        for name, owner in owners.items()
        if values.get(name) and owner(values[name]) != measure.campaign_id
    }
    if "main_task" in values and not values["main_task"]:
        errors["main_task"] = _("請選定屬於哪一項主要任務。")
    if any(
        row.objective.campaign_id != measure.campaign_id for row in values.get("indicators", [])
    ):
        errors["indicators"] = sentence
    return errors


# ── 留痕 ──────────────────────────────────────────────


@source_script()
def _record_change(
    actor: User, measure: Measure, changes: Changes, at: datetime, reason: str
) -> None:
    fields = _("、").join(str(LABELS[name]) for name in LABELS if name in changes)
    tell = measure.state == Measure.State.ISSUED and _TOLD & changes.keys()
    record(
        actor=actor,
        action="tasks.deadline_changed"
        if set(changes) == {"due_date"}
        else "tasks.measure_changed",
        target=measure,
        at=at,
        summary=_("修改了%(fields)s。") % {"fields": fields},
        reason=reason,
        changes=changes,
        notify=staff_on(measure, at) if tell else (),
        message=_change_message(measure, changes, fields, reason) if tell else None,
    )


def _change_message(measure: Measure, changes: Changes, fields: str, reason: str) -> Message:
    if "due_date" in changes:
        title = _("%(code)s 的完成時限改為 %(due)s：%(title)s") % {
            "code": measure.code,
            "due": long_date(measure.due_date),
            "title": measure.title,
        }
    else:
        title = _("%(code)s 的%(fields)s有改動：%(title)s") % {
            "code": measure.code,
            "fields": fields,
            "title": measure.title,
        }
    lines = [f"{LABELS[name]}：{old or '—'} → {new or '—'}" for name, (old, new) in changes.items()]
    return Message(
        title=title,
        body="\n".join(filter(None, [reason, *lines])),
        url=measure.get_absolute_url(),
    )


def staff_on(measure: Measure, at: datetime) -> list[User]:
    """在辦這項措施的各單位當日在任的人。"""
    departments = measure.assignments.live().values_list("department_id", flat=True)
    return unique(holders(list(departments), timezone.localdate(at)).values())


def unique(groups: Iterable[Iterable[User]]) -> list[User]:
    return list({person.pk: person for group in groups for person in group}.values())


def existing_departments(day: date) -> list[Department]:
    """當日存在的單位，按排序。"""
    return list(Department.objects.existing(day))
