"""提醒寫成話：以什麼身份、急不急、什麼事、請他做什麼，和直達的鏈接。"""

from collections.abc import Collection
from datetime import date
from functools import lru_cache
from typing import Any

from django.urls import get_script_prefix, reverse
from django.utils.translation import gettext as _

from people.models import unit_label
from pingtan_civ.lib.dates import near_date
from pingtan_civ.lib.working_days import WorkingCalendar
from tasks.duties import Call, Line, Scope
from tasks.lights import LightRule
from tasks.models import Assignment, Round
from tasks.rungs import Audience, Level, Rung, Track, position
from tasks.tracks import noun_of


class Capacity:
    """以什麼身份被找。一人同時有幾種身份時按最前面的說，不重複。"""

    DOER = "doer"
    SIGNER = "signer"
    ENDORSER = "endorser"
    REVIEWER = "reviewer"
    SIGNING_HEAD = "signing_head"
    HEAD = "head"
    STAND_IN = "stand_in"
    OFFICE = "office"
    LEADER = "leader"
    CHAIR = "chair"


#: 各身份按哪一種人的階梯走；次序就是一人有幾種身份時的先後。
AUDIENCES: dict[str, str] = {
    Capacity.DOER: Audience.DOER.value,
    Capacity.SIGNER: Audience.DOER.value,
    Capacity.ENDORSER: Audience.DOER.value,
    Capacity.REVIEWER: Audience.OFFICE.value,
    Capacity.SIGNING_HEAD: Audience.HEAD.value,
    Capacity.HEAD: Audience.HEAD.value,
    Capacity.STAND_IN: Audience.DOER.value,
    Capacity.OFFICE: Audience.OFFICE.value,
    Capacity.LEADER: Audience.LEADER.value,
    Capacity.CHAIR: Audience.CHAIR.value,
}
RANK = {capacity: rank for rank, capacity in enumerate(AUDIENCES)}
#: 別人正等着他的。
BLOCKING = frozenset({Capacity.ENDORSER, Capacity.REVIEWER})
#: 在報送頁辦的；其餘在措施頁（草稿不給上級看）。
AT_THE_REPORT = frozenset({Capacity.DOER, Capacity.ENDORSER, Capacity.REVIEWER, Capacity.HEAD})
#: 引號裏的引號用『』。
_INNER_QUOTES = str.maketrans("「」", "『』")


def write_lines(calls: Collection[Call], scope: Scope) -> dict[Call, Line]:
    """報送、簽收、審核的話。兩次查詢，不論多少件；已經沒有了的（撤下的期）不在返回裏。"""
    texts = _texts(calls)
    notes = {due: _note(due, scope.on, scope.calendar) for due in {call.due for call in calls}}
    found = {}
    for call in calls:
        text = texts.get((call.track == Track.ACKNOWLEDGE, call.subject_id))
        if text is not None:
            found[call] = _line(call, text, notes[call.due], scope.on)
    return found


def _texts(calls: Collection[Call]) -> dict[tuple[bool, int], dict[str, Any]]:
    """各件的文字，鍵是（是不是簽收，編號）。"""
    unsigned = {call.subject_id for call in calls if call.track == Track.ACKNOWLEDGE}
    rounds = {call.subject_id for call in calls if call.track != Track.ACKNOWLEDGE}
    found: dict[tuple[bool, int], dict[str, Any]] = {}
    if unsigned:
        rows = Assignment.objects.filter(pk__in=unsigned).order_by()
        for row in rows.values("pk", *_of_task("").values()):
            found[True, row["pk"]] = {
                "pk": row["pk"], **{name: row[path] for name, path in _of_task("").items()}
            }  # fmt: skip
    if rounds:
        columns = _of_task("submission__assignment__") | {
            "number": "number", "period": "submission__name", "submission": "submission_id",
        }  # fmt: skip
        for row in Round.objects.filter(pk__in=rounds).order_by().values("pk", *columns.values()):
            found[False, row["pk"]] = {name: row[path] for name, path in columns.items()}
    return found


def _of_task(path: str) -> dict[str, str]:
    return {
        "role": f"{path}role",
        "department": f"{path}department__name",
        "short_name": f"{path}department__short_name",
        "code": f"{path}measure__code",
        "title": f"{path}measure__title",
        "campaign": f"{path}measure__campaign__code",
    }


def _line(call: Call, text: dict[str, Any], note: str, on: date) -> Line:
    words = {
        "note": note,
        "what": _what(call, text),
        "due": near_date(call.due, on),
        "department": unit_label(text["department"], text["short_name"]),
    }
    if call.capacity in AT_THE_REPORT:
        url = _report_url(get_script_prefix()) % text["submission"]
    else:
        url = reverse("tasks:measure-detail", args=[text["campaign"], text["code"]])
    return Line(
        sentence=_sentence(call) % words + _warning(call),
        url=url,
        matter=text["code"],
        department=text["department"],
    )


@lru_cache(maxsize=8)
def _report_url(prefix: str) -> str:
    """報送頁的網址，編號留作 %d：一夜幾萬條，逐條反查太慢。prefix 只用來區分站點掛在哪裏。"""
    return reverse("tasks:submission", args=[0]).replace("%", "%%").replace("/0/", "/%d/")


def _what(call: Call, text: dict[str, Any]) -> str:
    title = text["title"].translate(_INNER_QUOTES)
    measure = f"{text['code']}「{title}」"
    if call.track == Track.ACKNOWLEDGE:
        return measure
    parts = [text["period"]]
    if text["role"] == Assignment.Role.SUPPORTING:
        parts.append(_("配合"))
    if text["number"] > 1:
        parts.append(_("退回後第 %(number)d 輪") % {"number": text["number"]})
    return f"{measure}（{'，'.join(parts)}）"


def _sentence(call: Call) -> str:
    """各身份的話。取用時才翻譯。"""
    if call.capacity == Capacity.STAND_IN:
        return _("%(note)s：%(department)s的%(what)s，該單位沒有在任的人可提醒，請創建辦聯絡。")
    if call.track == Track.ACKNOWLEDGE:
        return _of_signing(call)
    if call.track == Track.REVIEW:
        return _of_review(call)
    if call.capacity == Capacity.DOER:
        return _("%(note)s：%(what)s，時限%(due)s，請填報。")
    if call.capacity == Capacity.ENDORSER:
        return _("%(note)s：%(what)s已報出，時限%(due)s，等您初審。")
    if call.capacity == Capacity.HEAD:
        return _("%(note)s：%(what)s本單位尚未報出，時限%(due)s，請督促。")
    return _of_report_above(call)


def _of_report_above(call: Call) -> str:
    """給辦公室的，請他辦升級那一步；給領導的，說明升到了哪一步。都不自動下達。"""
    if call.capacity == Capacity.OFFICE:
        if call.level == Level.SUPERVISE:
            return _("%(note)s：%(department)s的%(what)s尚未報出，請轉督辦單。")
        if call.level == Level.CIRCULAR:
            return _("%(note)s：%(department)s的%(what)s仍未報出，請列入通報。")
        return _("%(note)s：%(department)s的%(what)s尚未報出，請催辦。")
    if call.level == Level.SUPERVISE:
        return _("%(note)s：%(department)s的%(what)s尚未報出，請過問；已請創建辦轉督辦單。")
    if call.level == Level.CIRCULAR:
        return _("%(note)s：%(department)s的%(what)s仍未報出，請過問；已請創建辦列入通報。")
    return _("%(note)s：%(department)s的%(what)s尚未報出，請過問。")


def _of_signing(call: Call) -> str:
    if call.capacity in (Capacity.SIGNER, Capacity.SIGNING_HEAD):
        return _("%(note)s：%(what)s，應於%(due)s前簽收，請簽收或提出異議。")
    if call.capacity == Capacity.OFFICE and call.level == Level.SUPERVISE:
        return _("%(note)s：%(department)s還沒有簽收%(what)s，請轉督辦單。")
    if call.capacity == Capacity.OFFICE and call.level == Level.CIRCULAR:
        return _("%(note)s：%(department)s還沒有簽收%(what)s，請列入通報。")
    if call.capacity == Capacity.OFFICE:
        return _("%(note)s：%(department)s還沒有簽收%(what)s，請催辦。")
    return _("%(note)s：%(department)s還沒有簽收%(what)s，請過問。")


def _of_review(call: Call) -> str:
    if call.capacity == Capacity.REVIEWER:
        return _("審核%(note)s：%(department)s的%(what)s，應於%(due)s前審核，請審核。")
    return _("審核%(note)s：%(department)s的%(what)s，創建辦還沒有審核，請過問。")


def _warning(call: Call) -> str:
    """辦公室把後兩級也發給辦事的人時，說明下一步是什麼。"""
    if AUDIENCES[call.capacity] not in (Audience.DOER, Audience.HEAD):
        return ""
    if call.capacity == Capacity.STAND_IN:
        return ""
    if call.level == Level.SUPERVISE:
        return _("再不辦將轉督辦單。")
    return _("再不辦將列入通報。") if call.level == Level.CIRCULAR else ""


def _note(due: date, on: date, calendar: WorkingCalendar) -> str:
    if due > on and calendar.between(on, due) == 0:
        return _("今天是最後一個工作日")
    return LightRule(today=on, warn_until=on, calendar=calendar).note(due)


def reached_words(
    track: str, due: date, on: date, calendar: WorkingCalendar, *, today: date
) -> str:
    """那一天提醒時離時限多遠：「報送時限 12月11日，還有 3 個工作日」「簽收逾期第 1 個工作日」。

    按 on 那天現數，不用走到的那一級：一級要到下一級才過，中間哪天發都可能。
    """
    if track == Track.WEEKLY:
        return _("每週一覽")
    here = position(due, on, calendar)
    words = {
        "what": noun_of(track),
        "number": abs(here),
        "due": near_date(due, today),
    }
    if here < 0:
        return _("%(what)s時限 %(due)s，還有 %(number)s 個工作日") % words
    if here > 0:
        return _("%(what)s逾期第 %(number)s 個工作日") % words
    return _("%(what)s今天到期") % words


def audience_label(audience: str) -> str:
    """告訴的是哪一種人。辦公室在話裏一律稱「創建辦」：局裏另有一個「局辦公室」。"""
    return _("創建辦") if audience == Audience.OFFICE else str(Audience(audience).label)


def rung_words(track: str, rung: Rung) -> str:
    """階梯的一級寫成一句話：「報送逾期第 4 個工作日請創建辦轉督辦單」。"""
    words = {
        "what": noun_of(track),
        "days": abs(rung.offset),
        "act": _act_words(rung),
        "every": rung.repeat_every,
    }
    if rung.offset < 0:
        sentence = _("%(what)s時限前 %(days)d 個工作日%(act)s")
    elif rung.offset:
        sentence = _("%(what)s逾期第 %(days)d 個工作日%(act)s")
    else:
        sentence = _("%(what)s時限當日%(act)s")
    again = _("，以後每 %(every)d 個工作日一次") if rung.repeat_every else ""
    return (sentence + again) % words


def when_words(offset: int) -> str:
    """「時限前 3 個工作日」「時限當日」「逾期第 4 個工作日」。"""
    if offset == 0:
        return _("時限當日")
    said = _("時限前 %(days)d 個工作日") if offset < 0 else _("逾期第 %(days)d 個工作日")
    return said % {"days": abs(offset)}


def _act_words(rung: Rung) -> str:
    """提醒誰、請誰辦什麼。"""
    who = {"who": audience_label(rung.audience)}
    if rung.level == Level.REMIND:
        return _("提醒%(who)s") % who
    if rung.level == Level.URGE:
        return _("催%(who)s") % who
    if rung.audience == Audience.OFFICE:
        return _("請創建辦轉督辦單") if rung.level == Level.SUPERVISE else _("請創建辦列入通報")
    if rung.level == Level.SUPERVISE:
        return _("告訴%(who)s將轉督辦單") % who
    return _("告訴%(who)s將列入通報") % who
