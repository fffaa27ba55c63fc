"""催辦的話：通知怎樣寫、時限怎樣說；臨發之前再看一遍還要不要說。"""

from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import date, datetime
from uuid import UUID

from django.conf import settings
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from campaigns.standing import standing_of
from journal.models import Notice
from journal.services import Message, register_recheck
from people.models import Department
from pingtan_civ.lib.dates import long_date, near_date
from tasks.lights import days_late
from tasks.models import Assignment, ChangeRequest, Chase, Submission
from tasks.services.chase_people import letters_for
from tasks.services.reminder_policy import quiet_until
from workdays.services import calendar

_KEY = "chase:"


def key_of(batch: UUID) -> str:
    """同一次催辦的通知，一人一條：通知的唯一標識。"""
    return f"{_KEY}{batch}"


def batch_of(key: str | None) -> UUID | None:
    """key_of 的反面；不是催辦的標識時為 None。"""
    try:
        return UUID((key or "").removeprefix(_KEY)) if (key or "").startswith(_KEY) else None
    except ValueError:
        return None


def chase_message(
    rows: Sequence[Submission],
    words: str,
    on: date,
    batch: UUID,
    stand_in: Collection[int] = frozenset(),
) -> Message:
    """一人收到的一條：一項的打開就是答覆那一頁；幾項的列在正文裏，每項下面一行是動作和鏈接。

    stand_in 是沒有人在任的單位：他不是欠着的人，是辦公室的人，請他聯絡。
    """
    measures = {row.assignment.measure_id: row.assignment.measure for row in rows}
    lines = [words] if words else []
    for row in sorted(rows, key=lambda each: (limit_of(each, on), each.pk)):
        is_stand_in = row.assignment.department_id in stand_in
        lines.append(line_of(row, on, is_stand_in=is_stand_in))
        if len(measures) > 1:
            verb, url = act_on(row, on)
            url = row.assignment.measure.get_absolute_url() if is_stand_in else url
            lines.append(f"{_('查看') if is_stand_in else verb} {url}")
    only = rows[0].assignment.measure
    is_asked = any(row.assignment.department_id not in stand_in for row in rows)
    answer = reverse("tasks:chase-received", args=[batch])
    if is_asked:
        lines.append(_("收到後請答覆一句，何時能辦。"))
        lines += [f"{_('答覆催辦')} {answer}"] if len(measures) > 1 else []
    title = (
        _("催辦 %(code)s：%(title)s") % {"code": only.code, "title": only.title}
        if len(measures) == 1
        else _title_of_several(rows, on)
    )
    return Message(
        title=title,
        body="\n".join(lines),
        url=(answer if is_asked else only.get_absolute_url()) if len(measures) == 1 else "",
        kind=Notice.Kind.CHASE,
        key=key_of(batch),
    )


def _title_of_several(rows: Sequence[Submission], on: date) -> str:
    signing = {row.assignment.measure_id for row in rows if is_to_sign(row, on)}
    owing = {row.assignment.measure_id for row in rows} - signing
    words = {"owing": len(owing), "signing": len(signing)}
    if not signing:
        return _("催辦：%(owing)d 項沒有報送") % words
    if not owing:
        return _("催辦：%(signing)d 項沒有簽收") % words
    return _("催辦：%(owing)d 項沒有報送，%(signing)d 項沒有簽收") % words


def line_of(row: Submission, on: date, *, is_stand_in: bool = False) -> str:
    """一項一行：「3-04 公開收費標準（2026年11月，時限 11月20日，已逾期 1 個工作日）」。"""
    measure = row.assignment.measure
    what = f"{measure.code} {measure.title}（{row.name}，{when_words(row, on)}）"
    if not is_stand_in:
        return what
    unit = {"unit": row.assignment.department.name, "what": what}
    return _("%(unit)s沒有在任的人，請創建辦聯絡：%(what)s") % unit


def is_to_sign(row: Submission, on: date) -> bool:
    """還沒到報送時限、也還沒簽收的：催的是簽收，與催報台上的「未簽收」同一規則。"""
    is_unsigned = row.assignment.state == Assignment.State.ISSUED and row.round_number == 1
    return is_unsigned and row.due_date >= on


def act_on(row: Submission, on: date) -> tuple[str, str]:
    """單位對這一份要辦的（動作，到哪裏辦）。"""
    if is_to_sign(row, on):
        return _("簽收"), row.assignment.measure.get_absolute_url()
    return _("填報進展"), row.get_absolute_url()


def limit_of(row: Submission, on: date) -> date:
    """催的是哪一天：等簽收的是簽收時限，其餘是報送時限。"""
    signing = row.assignment.acknowledge_due_date if is_to_sign(row, on) else None
    return signing or row.due_date


def when_words(row: Submission, on: date) -> str:
    when = _limit_words(limit_of(row, on), on)
    return _("還沒有簽收，簽收%(when)s") % {"when": when} if is_to_sign(row, on) else when


def _limit_words(due: date, on: date) -> str:
    words: dict[str, object] = {"due": near_date(due, on)}
    if due < on:
        words |= {"days": days_late(due, on, calendar())}
        return _("時限 %(due)s，已逾期 %(days)d 個工作日") % words
    return _("時限 %(due)s") % words


def group_text(rows: Sequence[Submission], words: str, on: date) -> str:
    """發到工作群的一段話：按單位分行，帶時限和填報的網址；只有人人可見的字。"""
    first = rows[0].assignment.measure.campaign
    lines = [_("【催報】%(name)s（截至%(day)s）") % {"name": first.name, "day": long_date(on)}]
    lines += [words] if words else []
    units = by_department(rows, on)
    # 欠得最久的單位在前：群裏的人只看頭幾行。
    for unit, mine in sorted(units, key=lambda pair: limit_of(pair[1][0], on)):
        lines.append(f"\n{unit.name}：")
        lines += [f"{number}. {line_of(row, on)}" for number, row in enumerate(mine, start=1)]
    url = settings.SITE_URL + reverse("tasks:my-reports", args=[first.code])
    return "\n".join([*lines, "", _("請登錄辦理：%(url)s") % {"url": url}])


def by_department(
    rows: Sequence[Submission], on: date
) -> list[tuple[Department, list[Submission]]]:
    """按單位分，單位按次序；一個單位裏時限早的在前。"""
    found: dict[int, tuple[Department, list[Submission]]] = {}
    for row in sorted(rows, key=lambda each: (limit_of(each, on), each.pk)):
        department = row.assignment.department
        found.setdefault(department.pk, (department, []))[1].append(row)
    return sorted(found.values(), key=lambda pair: (pair[0].position, pair[0].pk))


# ── 臨發之前 ──────────────────────────────────────────


def recheck_chase(notice: Notice, at: datetime) -> Message | None:
    """其間報出的、准予延期的、中止的不再說；都辦了、或人已離任，就不發；免打擾時段裏再等等。"""
    batch = batch_of(notice.key)
    if batch is None:
        return as_written(notice)
    on = timezone.localdate(at)
    asked = Chase.objects.filter(batch=batch)
    if notice.recipient_id is not None:
        standing = standing_of(notice.recipient, on)
        if not standing.is_any_office:  # 一次催幾千份時，各人只看自己單位的
            asked = asked.filter(submission__assignment__department__in=standing.departments)
    chases = {chase.submission_id: chase for chase in asked}
    words = next((chase.words for chase in chases.values()), "")
    rows = _still_owed(chases)
    if not rows:
        return None
    earliest = quiet_until({row.assignment.measure.campaign_id for row in rows}, at)
    if notice.recipient_id is None:  # 發到工作群的
        text = group_text(rows, words, on)
        return replace(as_written(notice), body=text, not_before=earliest)
    letter = next(
        (each for each in letters_for(rows, on) if each.person.pk == notice.recipient_id),
        None,
    )
    if letter is None:
        return None
    message = chase_message(letter.rows, words, on, batch, letter.stand_in)
    return replace(message, not_before=earliest)


def as_written(notice: Notice) -> Message:
    return Message(
        title=notice.title, body=notice.body, url=notice.url, kind=notice.kind, key=notice.key
    )


def _still_owed(chases: dict[int, Chase]) -> list[Submission]:
    """還是催的那一輪、還欠着、之後沒有准予延期的。"""
    rows = (
        Submission.objects.owed()
        .filter(pk__in=chases)
        .with_measure()
        .select_related("assignment__measure__owner")
        .order_by("assignment__role", "due_date", "pk")
    )
    granted = ChangeRequest.objects.filter(
        submission__in=chases,
        kind=ChangeRequest.Kind.EXTENSION,
        state=ChangeRequest.State.APPROVED,
    ).values_list("submission_id", "decided_at")
    extended = {pk for pk, decided_at in granted if decided_at > chases[pk].at}
    return [
        row
        for row in rows
        if row.pk not in extended and row.round_number == chases[row.pk].round_number
    ]


def register() -> None:
    """應用啟動時調用：投遞「催辦」之前都再核對一次。"""
    register_recheck(Notice.Kind.CHASE, recheck_chase)
